/* accept_match: the answer to a potential match, for the player's open ticket. */
#include <string.h>

#include "actions.h"
#include "asking.h"
#include "err.h"
#include "operation.h"
#include "tickets.h"

/* No player answers for another: of a party each for itself. */
static void accept_send(struct operation *o, const char *ticket_id)
{
    const struct mm_player self = {.id = o->s->player};

    ask_matchmaker(o,
                   &(struct mm_command){.type = MM_ACCEPT,
                                        .ticket_id = ticket_id,
                                        .players = &self,
                                        .player_count = 1,
                                        .accepts = o->accepts,
                                        .match_id = o->match_id},
                   "");
}

static void on_claim(void *arg, bool ok, const struct claim_read *c)
{
    struct operation *o = arg;

    if (!ok) {
        operation_fail(o, FAULT_UNAVAILABLE);
    } else if (!id_ticket_valid(c->ticket_id, strlen(c->ticket_id)) ||
               !partition_is_used(o->s->g->catalog, c->partition)) {
        operation_fail(o, FAULT_MATCH_NOT_FOUND);
    } else {
        o->partition = c->partition;
        accept_send(o, c->ticket_id);
    }
}

static int match_id_read(json_object *data, const char **id, char error[MM_ERROR_SIZE])
{
    if (json_get_str(data, "$.data", "match_id", 1, ID_UUID_SIZE - 1, id, error) != 0)
        return ERR_INVALID;
    return id_uuid_valid(*id, strlen(*id)) ? 0 : json_fail(error, "$.data.match_id", "must be a match id");
}

void action_accept(struct session *s, struct request *r)
{
    char error[MM_ERROR_SIZE];
    const char *match_id;
    struct operation *o;
    bool accepts;

    if (match_id_read(r->data, &match_id, error) != 0 ||
        json_get_bool(r->data, "$.data", "accept", &accepts, error) != 0) {
        session_fail(s, FAULT_INVALID_REQUEST, r->request_id, error);
        return;
    }
    o = operation_begin(s, r, "");
    o->accepts = accepts;
    memcpy(o->match_id, match_id, ID_UUID_SIZE);
    if (claim_read(s->g->backend.store, s->player, on_claim, o) != 0)
        operation_fail(o, FAULT_UNAVAILABLE);
}
