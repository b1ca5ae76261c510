/* A text frame of a player. The start that the gateway makes of it is one that the matchmaker's intake takes. */
#include "fuzz.h"
#include "request.h"

static void check_start(json_object *data)
{
    json_object *plain = NULL, *latency = NULL;
    struct mm_player alice = {.id = "alice"};
    struct mm_command again, c = {.type = MM_START,
                                  .ticket_id = "gsm-0-t",
                                  .configuration = "default",
                                  .players = &alice,
                                  .player_count = 1,
                                  .issuer = {"alice", "", ""}};
    struct buf value = {0};
    char error[MM_ERROR_SIZE];

    (void)json_get_object_opt(data, "$", "attributes", &plain, NULL);
    (void)json_get_object_opt(data, "$", "latency_ms", &latency, NULL);
    if (latency != NULL && mm_latency_check(latency, "$", error) == 0)
        alice.latency_ms = latency;
    if (plain != NULL && mm_attributes_from_plain(plain, "$", &alice.attributes, error) != 0)
        alice.attributes = NULL;
    mm_command_encode(&c, &value);
    ASSERT(mm_command_parse(&again, "StartMatchmaking", value.data, value.len, error) == 0);
    mm_command_clear(&again);
    json_object_put(alice.attributes);
    buf_free(&value);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct request r;
    char error[JSON_ERROR_SIZE];
    json_object *id = NULL;

    if (request_parse(&r, (const char *)data, size, error) == FAULT_NONE)
        check_start(r.data);
    else
        ASSERT(json_utf8_valid(error, strlen(error)));
    if (r.request_id[0] != '\0')
        ASSERT(json_parse(r.request_id, strlen(r.request_id), &id, error) == 0);
    json_object_put(id);
    request_clear(&r);
    return 0;
}
