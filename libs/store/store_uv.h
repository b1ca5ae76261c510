/*
 * store_uv.h - hiredis on libuv. Private to libs/store.
 *
 * hiredis' own adapter drops poll errors, so that a refused or reset connection is never reported; this one hands them
 * on.
 */
#ifndef STORE_STORE_UV_H
#define STORE_STORE_UV_H

#include <hiredis/async.h>
#include <uv.h>

/* Before any call-back or command is set. What it allocates is released with the context. */
void store_uv_attach(redisAsyncContext *context, uv_loop_t *loop);

#endif
