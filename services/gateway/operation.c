#include "operation.h"

#include <stdlib.h>
#include <string.h>

#include "err.h"
#include "mem.h"
#include "requests.h"

struct operation *operation_begin(struct session *s, const struct request *r, const char *ticket_id)
{
    struct operation *o = MEM_NEW(struct operation);
    size_t len = strlen(ticket_id);

    ASSERT(!s->busy && len <= ID_TICKET_MAX);
    o->s = session_ref(s);
    memcpy(o->ticket_id, ticket_id, len + 1);
    memcpy(o->request_id, r->request_id, sizeof(o->request_id));
    s->busy = true;
    s->g->operations++;
    return o;
}

void operation_end(struct operation *o)
{
    struct session *s = o->s;

    s->busy = false;
    s->g->operations--;
    buf_free(&o->value);
    free(o);
    requests_resume(s);
    session_unref(s);
}

void operation_fail(struct operation *o, enum fault fault)
{
    session_fail(o->s, fault, o->request_id, "");
    operation_end(o);
}
