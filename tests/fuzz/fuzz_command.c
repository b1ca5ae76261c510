/*
 * A queue record: five lines of headers (ce_type, ce_time, player_id, connection_id, request_id), then the value. What
 * the intake takes is decided on, and what is decided can be read back.
 */
#include "fuzz_engine.h"
#include "intake.h"
#include "utf8.h"

#define NOW_MS 1767322984123

static struct {
    const char *name, *value;
    size_t len;
} headers[] = {{"ce_type", NULL, 0},
               {"ce_time", NULL, 0},
               {"player_id", NULL, 0},
               {"connection_id", NULL, 0},
               {"request_id", NULL, 0}};

#define HEADERS (sizeof(headers) / sizeof(headers[0]))

/* In the place of the one that asks librdkafka. */
int bus_header_text(const struct bus_record *r, const char *name, char *out, size_t out_size)
{
    size_t i = 0;

    (void)r;
    while (strcmp(headers[i].name, name) != 0)
        ASSERT(++i < HEADERS);
    out[0] = '\0';
    if (headers[i].len >= out_size || memchr(headers[i].value, '\0', headers[i].len) != NULL ||
        utf8_prefix(headers[i].value, headers[i].len) < headers[i].len)
        return ERR_INVALID;
    memcpy(out, headers[i].value, headers[i].len);
    out[headers[i].len] = '\0';
    return 0;
}

static void decide(const struct mm_command *c)
{
    struct mm_engine *e = fuzz_engine();

    mm_engine_apply(e, NOW_MS, c);
    mm_engine_apply(e, NOW_MS + 1, c);
    mm_engine_tick(e, NOW_MS + 1000000000, SIZE_MAX);
    ASSERT(mm_engine_waiting(e) == 0);
    mm_engine_free(&e);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct intake in;
    struct bus_record r = {.timestamp_ms = NOW_MS};
    char error[MM_ERROR_SIZE];

    for (size_t i = 0; i < HEADERS; i++)
        headers[i].value = fuzz_line(&data, &size, &headers[i].len);
    r.value = (const char *)data;
    r.value_len = size;
    if (intake_read(&in, &r, error) != 0) {
        fuzz_transition(NULL, &(struct mm_transition){.kind = MM_DEAD_LETTER, .offset = 7, .reason = error});
        return 0;
    }
    decide(&in.command);
    mm_command_clear(&in.command);
    return 0;
}
