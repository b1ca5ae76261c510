/*
 * A journal, one record a line, read as a matchmaker replays it; every readable tick is taken over, as if whoever wrote
 * it had known the ruler's nonce. Then the engine goes on with that state. What it decides can be read by the next one.
 */
#include "decision.h"
#include "fuzz_engine.h"

struct reader {
    struct mm_engine *engine;
    struct journal journal;
    int64_t offset, now_ms;
};

static void read_record(struct reader *r, const char *text, size_t len)
{
    char error[MM_ERROR_SIZE];
    struct decision *d = decision_read(text, len, error);

    if (d == NULL) {
        ASSERT(json_utf8_valid(error, strlen(error)));
        return;
    }
    (void)journal_read(&r->journal, &d->record, r->offset);
    if (d->record.at_ms > r->now_ms)
        r->now_ms = d->record.at_ms;
    for (size_t i = 0; i < d->count; i++) {
        fuzz_transition(NULL, &d->transitions[i]);
        mm_engine_restore(r->engine, r->now_ms, &d->transitions[i]);
    }
    decision_free(&d);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct reader r = {.engine = fuzz_engine()};

    for (; size > 0; r.offset++) {
        size_t len;
        const char *line = fuzz_line(&data, &size, &len);

        if (len > 0)
            read_record(&r, line, len);
        else /* an empty line: the engine's turn */
            mm_engine_tick(r.engine, r.now_ms, 64);
    }
    mm_engine_tick(r.engine, r.now_ms, SIZE_MAX);
    mm_engine_tick(r.engine, r.now_ms + 1000000000, SIZE_MAX);
    ASSERT(mm_engine_waiting(r.engine) == 0 || mm_engine_due_ms(r.engine) < INT64_MAX);
    mm_engine_free(&r.engine);
    return 0;
}
