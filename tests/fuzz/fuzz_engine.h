/*
 * fuzz_engine.h - the engine as the fuzz targets use it: with the default configuration, and with each decision held
 * against what its reader takes.
 */
#ifndef FUZZ_FUZZ_ENGINE_H
#define FUZZ_FUZZ_ENGINE_H

#include "fuzz.h"
#include "mm_engine.h"

#define FUZZ_CATALOG "deploy/config/matchmaking.json"

/* What is decided is written so that it can be read. */
static inline void fuzz_transition(void *arg, const struct mm_transition *t)
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

static inline struct mm_engine *fuzz_engine(void)
{
    static struct mm_catalog *catalog;
    char error[MM_ERROR_SIZE];

    if (catalog == NULL)
        ASSERT(mm_catalog_load(&catalog, FUZZ_CATALOG, 12, error) == 0);
    return mm_engine_new(catalog, 0, fuzz_transition, NULL);
}

#endif
