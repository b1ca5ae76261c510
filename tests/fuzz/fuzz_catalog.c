/* matchmaking.json on the first line, the rule set that all of its configurations use on the second. */
#include <stdio.h>

#include "fuzz.h"
#include "mem.h"
#include "mm_catalog.h"
#include "mm_ruleset.h"

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
    for (size_t i = 0; i < catalog->count; i++) {
        const struct mm_ruleset *r = catalog->configurations[i].rules;

        ASSERT(r->phases[r->phase_count - 1].wait_ms <= catalog->configurations[i].request_timeout_ms);
    }
    mm_catalog_free(&catalog);
    return 0;
}
