/* store_uv.c - see store_uv.h. */
#include "store_uv.h"

#include <stdlib.h>

#include "err.h"
#include "mem.h"

struct adapter {
    uv_poll_t poll;
    redisAsyncContext *context; /* owned by hiredis; NULL when it is gone */
    int events;                 /* what poll waits for */
};

static void on_poll(uv_poll_t *poll, int status, int events)
{
    struct adapter *a = poll->data;

    if (status < 0)
        a->events = 0; /* libuv has stopped the poll; a read or write finds out what is wrong */
    if (a->context != NULL && (status < 0 || (events & UV_READABLE) != 0))
        redisAsyncHandleRead(a->context);
    if (a->context != NULL && (status < 0 || (events & UV_WRITABLE) != 0))
        redisAsyncHandleWrite(a->context);
}

/* hiredis asks for the same again after each read: only a change costs system calls. */
static void adapter_wait_for(struct adapter *a, int events)
{
    int rc = 0;

    if (events == a->events)
        return;
    a->events = events;
    if (events == 0)
        rc = uv_poll_stop(&a->poll);
    else
        rc = uv_poll_start(&a->poll, events, on_poll);
    ASSERT(rc == 0);
}

static void add_read(void *data)
{
    struct adapter *a = data;

    adapter_wait_for(a, a->events | UV_READABLE);
}

static void del_read(void *data)
{
    struct adapter *a = data;

    adapter_wait_for(a, a->events & ~UV_READABLE);
}

static void add_write(void *data)
{
    struct adapter *a = data;

    adapter_wait_for(a, a->events | UV_WRITABLE);
}

static void del_write(void *data)
{
    struct adapter *a = data;

    adapter_wait_for(a, a->events & ~UV_WRITABLE);
}

static void on_poll_closed(uv_handle_t *handle)
{
    free(handle->data);
}

static void cleanup(void *data)
{
    struct adapter *a = data;

    a->context = NULL;
    uv_close((uv_handle_t *)&a->poll, on_poll_closed);
}

void store_uv_attach(redisAsyncContext *context, uv_loop_t *loop)
{
    struct adapter *a = MEM_NEW(struct adapter);
    int rc = uv_poll_init(loop, &a->poll, context->c.fd);

    ASSERT(rc == 0);
    a->poll.data = a;
    a->context = context;
    context->ev.data = a;
    context->ev.addRead = add_read;
    context->ev.delRead = del_read;
    context->ev.addWrite = add_write;
    context->ev.delWrite = del_write;
    context->ev.cleanup = cleanup;
}
