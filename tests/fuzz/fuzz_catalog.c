/* matchmaking.json on the first line, the rule set that all of its configurations use on the second. */
#include <stdio.h>

#include "fuzz.h"
#include "mem.h"
#include "mm_catalog.h"
#include "mm_rules.h"

struct text {
    const char *data;
    size_t len;
};

static char *load(void *arg, const char *name, size_t *len, char error[MM_ERROR_SIZE])
{
    const struct text *rules = arg;

    *len = rules->len;
    if (rules->len > 0)
        return mem_strndup(rules->data, rules->len);
    (void)snprintf(error, MM_ERROR_SIZE, "there is no %s", name);
    return NULL;
}

static void check_windows(const struct mm_rules *r)
{
    int64_t wait_ms = 0;

    for (size_t i = 0; i < r->step_count; i++) {
        ASSERT(mm_rules_window(r, wait_ms) >= 0);
        ASSERT(mm_rules_next_step(r, wait_ms) > wait_ms);
        wait_ms = mm_rules_next_step(r, wait_ms);
    }
    ASSERT(mm_rules_next_step(r, INT64_MAX) == INT64_MAX);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct mm_catalog *catalog = NULL;
    char error[MM_ERROR_SIZE];
    struct text rules;
    size_t len;
    const char *text = fuzz_line(&data, &size, &len);

    rules.data = fuzz_line(&data, &size, &rules.len);
    if (mm_catalog_parse(&catalog, text, len, 12, load, &rules, error) != 0) {
        ASSERT(json_utf8_valid(error, strlen(error)));
        return 0;
    }
    for (size_t i = 0; i < catalog->rule_set_count; i++)
        check_windows(catalog->rule_sets[i]);
    mm_catalog_free(&catalog);
    return 0;
}
