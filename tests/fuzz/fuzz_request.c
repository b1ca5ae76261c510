/* A text frame of a player. The start that the gateway makes of it is one that the matchmaker's intake takes. */
#include "fuzz.h"
#include "party.h"
#include "request.h"

static void check_start(json_object *data)
{
    struct mm_command again, c = {.type = MM_START, .ticket_id = "gsm-0-t", .configuration = "default"};
    struct buf value = {0};
    char error[MM_ERROR_SIZE] = "";
    struct party p;

    if (party_read(&p, data, "alice", error) != 0) {
        ASSERT(json_utf8_valid(error, strlen(error)));
        return;
    }
    c.players = p.players;
    c.player_count = p.count;
    mm_command_encode(&c, &value);
    ASSERT(mm_command_parse(&again, "StartMatchmaking", value.data, value.len, error) == 0);
    mm_command_clear(&again);
    party_clear(&p);
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
