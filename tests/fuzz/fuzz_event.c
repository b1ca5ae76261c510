/*
 * An event: ce_id on the first line, connection_id and request_id on the next two, then the value; and the first line
 * once more as the metadata of a committed offset. What a player is sent is JSON.
 */
#include "event_id.h"
#include "fuzz.h"
#include "mem.h"
#include "message.h"
#include "utf8.h"

static void check_id(const char *text, size_t len)
{
    char again[EVENT_ID_SIZE];
    struct event_id id;

    if (event_id_parse(text, len, &id) != 0)
        return;
    event_id_format(&id, again); /* an id has one text only */
    ASSERT(strlen(again) == len && memcmp(again, text, len) == 0);
}

static void check_metadata(const char *text)
{
    struct event_seen seen, again;
    char out[4000];

    if (event_seen_parse(&seen, text) != 0)
        return;
    event_seen_format(&seen, out, sizeof(out));
    ASSERT(event_seen_parse(&again, out) == 0 && memcmp(&seen, &again, sizeof(seen)) == 0);
}

static void check_message(const struct event_text *event)
{
    struct buf out = {0};
    char player[ID_PLAYER_MAX + 1], error[JSON_ERROR_SIZE];
    json_object *root = NULL;
    enum message_kind kind = message_of(event, player, &out, error);

    if (kind == MESSAGE_FOR_PLAYER) {
        ASSERT(id_player_valid(player, strlen(player)));
        ASSERT(json_parse(out.data, out.len, &root, error) == 0);
    } else if (kind == MESSAGE_MALFORMED) {
        ASSERT(json_utf8_valid(error, strlen(error)));
    }
    json_object_put(root);
    buf_free(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *texts[3];
    size_t len;

    for (size_t i = 0; i < 3; i++) {
        const char *line = fuzz_line(&data, &size, &len);

        texts[i] = mem_strndup(line, utf8_prefix(line, len)); /* headers that are no text are refused before */
        check_id(texts[i], strlen(texts[i]));
    }
    check_metadata(texts[0]);
    check_message(&(struct event_text){"match_ready", (const char *)data, size, texts[0], texts[1], texts[2]});
    for (size_t i = 0; i < 3; i++)
        free(texts[i]);
    return 0;
}
