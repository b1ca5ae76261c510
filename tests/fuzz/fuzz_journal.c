/*
 * A journal, one record a line, read as a matchmaker replays it; every readable tick is taken over, as if whoever wrote it
 * had known the ruler's nonce. Then the engine goes on with that state. What it decides can be read by the next one.
 */
#include "decision.h"
#include "fuzz.h"
#include "mem.h"
#include "mm_engine.h"

#define CATALOG "deploy/config/matchmaking.json"

static void on_transition(void *arg, const struct mm_transition *t)
{
    struct buf text = {0};
    struct mm_transition again;
    json_object *root = NULL;
    char error[MM_ERROR_SIZE];

    (void)arg;
    mm_transition_encode(t, &text);
    ASSERT(json_parse(text.data, text.len, &root, error) == 0);
    ASSERT(mm_transition_decode(&again, root, error) == 0);
    mm_transition_clear(&again);
    json_object_put(root);
    buf_free(&text);
}

static const struct mm_catalog *catalog(void)
{
    static struct mm_catalog *loaded;
    char error[MM_ERROR_SIZE];

    if (loaded == NULL)
        ASSERT(mm_catalog_load(&loaded, CATALOG, 12, error) == 0);
    return loaded;
}

/* Returns the tick's time, or now_ms. */
static int64_t replay(struct mm_engine *e, struct journal *j, const char *text, size_t len, int64_t now_ms)
{
    char error[MM_ERROR_SIZE];
    struct decision *d = decision_read(text, len, error);

    if (d == NULL) {
        ASSERT(json_utf8_valid(error, strlen(error)));
        return now_ms;
    }
    (void)journal_read(j, &d->record);
    now_ms = d->record.at_ms > now_ms ? d->record.at_ms : now_ms;
    for (size_t i = 0; i < d->count; i++) {
        on_transition(NULL, &d->transitions[i]);
        mm_engine_restore(e, now_ms, &d->transitions[i]);
    }
    decision_free(&d);
    return now_ms;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct mm_engine *e = mm_engine_new(catalog(), 0, on_transition, NULL);
    struct journal j = {0};
    int64_t now_ms = 0;

    while (size > 0) {
        size_t len;
        const char *line = fuzz_line(&data, &size, &len);

        now_ms = replay(e, &j, line, len, now_ms);
        if (len == 0) /* an empty line: the engine's turn */
            mm_engine_tick(e, now_ms, 64);
    }
    mm_engine_tick(e, now_ms, SIZE_MAX);
    mm_engine_tick(e, now_ms + 1000000000, SIZE_MAX);
    ASSERT(mm_engine_waiting(e) == 0 || mm_engine_due_ms(e) < INT64_MAX);
    mm_engine_free(&e);
    return 0;
}
