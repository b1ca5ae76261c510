#include <inttypes.h>

#include "mm_engine_private.h"

static void describe(const struct mm_ticket *t, int64_t now_ms, struct buf *out)
{
    buf_printf(out, "{\"state\":\"%s\",\"age_ms\":%" PRId64 "}", t->proposed ? "REQUIRES_ACCEPTANCE" : "SEARCHING",
               now_ms > t->since_ms ? now_ms - t->since_ms : 0);
}

void engine_describe(struct mm_engine *e, int64_t now_ms, const struct mm_command *c)
{
    const struct mm_ticket *t = mm_ticket_find(&e->pools, c->ticket_id);
    struct buf text = {0};

    if (t == NULL || !mm_ticket_has(t, c->issuer.player_id)) {
        engine_refuse(e, c, "ticket_not_found", "no such ticket is open");
        return;
    }
    describe(t, now_ms, &text);
    e->emit(e->emit_arg, &(struct mm_transition){
                             .kind = MM_WHY, .ticket_id = c->ticket_id, .why_text = text.data, .issuer = c->issuer});
    buf_free(&text);
}
