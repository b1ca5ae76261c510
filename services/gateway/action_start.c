/* start_matchmaking: check, claim the players in Redis (PROTOCOLS P7), write the command, answer when Kafka has it
 * (P8).
 */
#include <string.h>

#include "actions.h"
#include "claiming.h"
#include "clock.h"
#include "command.h"
#include "delivery.h"
#include "err.h"
#include "messages.h"
#include "operation.h"
#include "party.h"
#include "ticket_id.h"

#define CLAIM_TTL_MS          60000 /* the matchmaker extends it when it has the ticket */
#define CONFIGURATION_MAX     128   /* bytes */
#define CONFIGURATION_DEFAULT "default"

struct start {
    const char *configuration, *ticket_id; /* ticket_id NULL: make one */
    struct party party;
};

static int ticket_id_check(const char *id, char *error)
{
    if (id == NULL)
        return 0;
    if (!id_ticket_valid(id, strlen(id)))
        return json_fail(error, "$.data.ticket_id", "must be 1 to %d characters of a-z A-Z 0-9 - .", ID_TICKET_MAX);
    if (ticket_id_reserved(id))
        return json_fail(error, "$.data.ticket_id", "must not begin with \"" TICKET_ID_PREFIX "\"");
    return 0;
}

static int start_read(struct start *st, json_object *data, const char *self, char error[MM_ERROR_SIZE])
{
    *st = (struct start){.configuration = CONFIGURATION_DEFAULT};
    if (json_get_str_opt(data, "$.data", "configuration", 1, CONFIGURATION_MAX, &st->configuration, error) != 0 ||
        json_get_str_opt(data, "$.data", "ticket_id", 1, ID_TICKET_MAX, &st->ticket_id, error) != 0 ||
        ticket_id_check(st->ticket_id, error) != 0)
        return ERR_INVALID;
    return party_read(&st->party, data, self, error);
}

/* The claims now name a ticket that may never exist; the next start replaces it, or they expire. */
static void start_failed(struct operation *o)
{
    started_remove(&o->s->tickets, o->ticket_id);
    session_fail(o->s, FAULT_UNAVAILABLE, o->request_id, "");
    delivery_answered(o->s);
    operation_end(o);
}

static void on_queued(void *arg, int err, int32_t partition, int64_t offset)
{
    struct operation *o = arg;
    struct buf *out = &o->s->g->scratch;

    (void)partition;
    (void)offset;
    command_count(o->s->g, err);
    if (err != 0) {
        start_failed(o);
        return;
    }
    buf_clear(out);
    message_queued(out, o->request_id, o->ticket_id, o->configuration->name);
    session_send(o->s, out);
    delivery_answered(o->s);
    operation_end(o);
}

static void start_send(struct operation *o)
{
    struct session *s = o->s;
    int err = command_send(s->g,
                           &(struct command){.type = MM_START,
                                             .partition = o->partition,
                                             .key = o->configuration->name,
                                             .value = &o->value,
                                             .issuer = {s->player, s->id, o->request_id}},
                           on_queued, o);

    if (err != 0) {
        command_count(s->g, err);
        start_failed(o);
        return;
    }
    s->answering = true; /* a match may be found before the report of the delivery is here */
    started_add(&s->tickets, o->ticket_id, o->partition, clock_mono_ms());
}

/* Of another player's ticket nobody is told but that there is one. */
static void start_refused(struct operation *o, const struct claiming_end *e)
{
    struct session_fault f = {.fault = e->took == CLAIM_AWAY ? FAULT_PLAYER_NOT_CONNECTED : FAULT_ALREADY_QUEUED,
                              .request_id = o->request_id,
                              .text = ""};

    if (strcmp(e->player, o->s->player) != 0) {
        f.player_id = e->player;
    } else {
        f.ticket_id = e->t->ticket_id;
        f.configuration = e->t->configuration;
    }
    session_error(o->s, &f);
    operation_end(o);
}

static void on_claimed(void *arg, bool ok, const struct claiming_end *e)
{
    struct operation *o = arg;

    if (!ok)
        operation_fail(o, FAULT_UNAVAILABLE);
    else if (e->took != CLAIM_TAKEN)
        start_refused(o, e);
    else
        start_send(o);
}

static void start_encode(struct operation *o, const struct party *p)
{
    mm_command_encode(&(struct mm_command){.type = MM_START,
                                           .ticket_id = o->ticket_id,
                                           .configuration = o->configuration->name,
                                           .players = p->players,
                                           .player_count = p->count},
                      &o->value);
}

static void start_begin(struct session *s, const struct request *r, const struct start *st,
                        const struct mm_configuration *configuration)
{
    char made[ID_TICKET_MAX + 1];
    struct operation *o;
    struct claim claim;

    ticket_id_new(made, configuration->partition);
    o = operation_begin(s, r, st->ticket_id != NULL ? st->ticket_id : made);
    o->configuration = configuration;
    o->partition = configuration->partition;
    start_encode(o, &st->party);
    claim = (struct claim){configuration->name, o->ticket_id, o->partition, CLAIM_TTL_MS, NULL};
    if (claiming_begin(s->g->backend.store, &st->party, s->player, &claim, on_claimed, o) != 0)
        operation_fail(o, FAULT_UNAVAILABLE);
}

void action_start(struct session *s, struct request *r)
{
    char error[MM_ERROR_SIZE] = "";
    const struct mm_configuration *configuration;
    struct start st;

    if (start_read(&st, r->data, s->player, error) != 0) {
        session_fail(s, FAULT_INVALID_REQUEST, r->request_id, error);
        return;
    }
    configuration = mm_catalog_find(s->g->catalog, st.configuration);
    if (configuration == NULL)
        session_fail(s, FAULT_UNKNOWN_CONFIGURATION, r->request_id, "");
    else
        start_begin(s, r, &st, configuration);
    party_clear(&st.party);
}
