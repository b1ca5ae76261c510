/* A document of game-metrics, as far as the pages that show it. */
#include "fuzz.h"
#include "pages.h"

#define NOW_MS 1767323045000

static void check_pages(const struct rollup *r)
{
    struct buf json = {0}, text = {0};
    json_object *root = NULL;

    pages_json(r, NOW_MS, &json);
    pages_prometheus(r, NOW_MS + 60000, &text);
    ASSERT(json_parse(json.data, json.len, &root, NULL) == 0);
    json_object_put(root);
    buf_free(&json);
    buf_free(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct put_metric p;
    char error[JSON_ERROR_SIZE];
    struct rollup *r;

    if (put_metric_parse(&p, (const char *)data, size, NOW_MS, error) != 0) {
        ASSERT(json_utf8_valid(error, strlen(error)));
        return 0;
    }
    r = rollup_new(60, 100);
    for (size_t i = 0; i < p.count; i++) {
        ASSERT(p.data[i].time_ms <= NOW_MS);
        (void)rollup_add(r, &p.data[i]);
    }
    check_pages(r);
    put_metric_free(&p);
    rollup_free(&r);
    return 0;
}
