#include "mm_transition.h"

#include <inttypes.h>

#include "mm_put.h"

const char *const mm_ticket_state_names[MM_TICKET_STATES] = {
    [MM_SEARCHING] = "SEARCHING",
    [MM_CANCELLED] = "CANCELLED",
    [MM_TIMED_OUT] = "TIMED_OUT",
    [MM_FAILED] = "FAILED",
};

const char *const mm_outcome_names[MM_OUTCOMES] = {
    [MM_OUTCOME_REJECTED] = "rejected",
    [MM_OUTCOME_TIMED_OUT] = "timed_out",
};

static void put_issuer(struct buf *out, const struct mm_issuer *issuer)
{
    if (issuer->player_id == NULL || issuer->player_id[0] == '\0')
        return;
    mm_put_str(out, ",\"issuer\":{\"player\":", issuer->player_id);
    mm_put_opt_str(out, ",\"connection\":", issuer->connection_id);
    mm_put_opt_str(out, ",\"request\":", issuer->request_id);
    buf_str(out, "}");
}

static void put_ticket_players(struct buf *out, const struct mm_transition *t)
{
    buf_str(out, ",\"players\":[");
    for (size_t i = 0; i < t->player_count; i++) {
        const char *const *details = t->details != NULL ? &t->details[2 * i] : (const char *const[2]){NULL, NULL};

        mm_put_str(out, i == 0 ? "{\"id\":" : ",{\"id\":", t->players[i].id);
        mm_put_opt_value(out, ",\"attributes\":", details[0], t->players[i].attributes);
        mm_put_opt_value(out, ",\"latency\":", details[1], t->players[i].latency_ms);
        mm_put_opt_str(out, ",\"team\":", t->players[i].team);
        buf_str(out, "}");
    }
    buf_str(out, "]");
}

static void put_place(struct buf *out, const struct mm_transition *t)
{
    if (t->order != 0)
        buf_printf(out, ",\"order\":%" PRIu64, t->order);
    if (t->since_ms != t->start_ms)
        buf_printf(out, ",\"since\":%" PRId64, t->since_ms);
}

static void put_backfill(struct buf *out, const struct mm_transition *t)
{
    if (!t->backfill)
        return;
    buf_str(out, ",\"backfill\":{");
    mm_put_opt_str(out, "\"game_session\":", t->game_session);
    buf_str(out, "}");
}

static void encode_ticket(const struct mm_transition *t, struct buf *out)
{
    mm_put_str(out, "{\"ticket\":", t->ticket_id);
    mm_put_str(out, ",\"state\":", mm_ticket_state_names[t->state]);
    mm_put_str(out, ",\"configuration\":", t->configuration);
    buf_printf(out, ",\"start\":%" PRId64, t->start_ms);
    if (t->state == MM_SEARCHING)
        put_place(out, t);
    mm_put_opt_str(out, ",\"reason\":", t->reason);
    put_ticket_players(out, t);
    put_backfill(out, t);
    put_issuer(out, &t->issuer);
    mm_put_opt_str(out, ",\"match\":", t->match_id);
    buf_str(out, "}");
}

static void put_member(struct buf *out, const struct mm_match_player *p)
{
    mm_put_str(out, "{\"id\":", p->id);
    mm_put_str(out, ",\"ticket\":", p->ticket_id);
    buf_printf(out, ",\"start\":%" PRId64, p->start_ms);
    if (p->answer != MM_NO_ANSWER)
        buf_str(out, p->answer == MM_ACCEPTED ? ",\"accepted\":true" : ",\"accepted\":false");
    mm_put_opt_value(out, ",\"attributes\":", p->attributes_text, p->attributes);
    buf_str(out, "}");
}

static void put_teams(struct buf *out, const struct mm_transition *t)
{
    buf_str(out, ",\"teams\":[");
    for (size_t i = 0; i < t->team_count; i++) {
        mm_put_str(out, i == 0 ? "{\"name\":" : ",{\"name\":", t->teams[i].name);
        buf_str(out, ",\"players\":[");
        for (size_t j = 0; j < t->teams[i].player_count; j++) {
            buf_str(out, j == 0 ? "" : ",");
            put_member(out, &t->teams[i].players[j]);
        }
        buf_str(out, "]}");
    }
    buf_str(out, "]");
    mm_put_opt_str(out, ",\"backfill\":", t->backfill_id);
}

static void put_rules(struct buf *out, const struct mm_transition *t)
{
    if (t->rule_count == 0)
        return;
    buf_str(out, ",\"rules\":[");
    for (size_t i = 0; i < t->rule_count; i++) {
        mm_put_str(out, i == 0 ? "[" : ",[", t->rules[i].rule);
        buf_printf(out, ",%" PRId64 ",%" PRId64 "]", t->rules[i].passed, t->rules[i].failed);
    }
    buf_str(out, "]");
}

static void encode_proposal(const struct mm_transition *t, struct buf *out)
{
    mm_put_str(out, "{\"proposal\":", t->match_id);
    mm_put_str(out, ",\"configuration\":", t->configuration);
    buf_printf(out, ",\"at\":%" PRId64 ",\"until\":%" PRId64, t->at_ms, t->until_ms);
    put_teams(out, t);
    put_rules(out, t);
    put_issuer(out, &t->issuer);
    buf_str(out, "}");
}

static void encode_dropped(const struct mm_transition *t, struct buf *out)
{
    mm_put_str(out, "{\"proposal\":", t->match_id);
    mm_put_str(out, ",\"configuration\":", t->configuration);
    mm_put_str(out, ",\"outcome\":", mm_outcome_names[t->outcome]);
    put_teams(out, t);
    put_issuer(out, &t->issuer);
    buf_str(out, "}");
}

static void encode_match(const struct mm_transition *t, struct buf *out)
{
    mm_put_str(out, "{\"match\":", t->match_id);
    mm_put_str(out, ",\"configuration\":", t->configuration);
    put_teams(out, t);
    if (t->accepted)
        buf_str(out, ",\"accepted\":true");
    put_rules(out, t);
    buf_str(out, "}");
}

static void encode_refused(const struct mm_transition *t, struct buf *out)
{
    mm_put_str(out, "{\"refused\":", t->reason);
    mm_put_str(out, ",\"message\":", t->message);
    mm_put_str(out, ",\"ticket\":", t->ticket_id);
    for (size_t i = 0; i < t->player_count; i++) {
        mm_put_str(out, i == 0 ? ",\"players\":[{\"id\":" : ",{\"id\":", t->players[i].id);
        buf_str(out, i + 1 == t->player_count ? "}]" : "}");
    }
    put_issuer(out, &t->issuer);
    buf_str(out, "}");
}

static void encode_why(const struct mm_transition *t, struct buf *out)
{
    mm_put_opt_value(out, "{\"why\":", t->why_text, t->why);
    mm_put_str(out, ",\"ticket\":", t->ticket_id);
    put_issuer(out, &t->issuer);
    buf_str(out, "}");
}

static void encode_dead_letter(const struct mm_transition *t, struct buf *out)
{
    buf_printf(out, "{\"dead_letter\":%" PRId64, t->offset);
    mm_put_str(out, ",\"reason\":", t->reason);
    if (t->attempts > 0)
        buf_printf(out, ",\"attempts\":%" PRId64, t->attempts);
    buf_str(out, "}");
}

static void encode_redriven(const struct mm_transition *t, struct buf *out)
{
    buf_printf(out, "{\"redriven\":%" PRId64 ",\"at\":%" PRId64 "}", t->offset, t->at_ms);
}

static void encode_ended(const struct mm_transition *t, struct buf *out)
{
    buf_printf(out, "{\"ended\":%" PRId64, t->ended_ms);
    mm_put_str(out, ",\"hashes\":", t->hashes);
    buf_str(out, "}");
}

void mm_transition_encode(const struct mm_transition *t, struct buf *out)
{
    static void (*const by_kind[MM_TRANSITION_KINDS])(const struct mm_transition *, struct buf *) = {
        [MM_TICKET] = encode_ticket, [MM_PROPOSAL] = encode_proposal,       [MM_DROPPED] = encode_dropped,
        [MM_MATCH] = encode_match,   [MM_REFUSED] = encode_refused,         [MM_WHY] = encode_why,
        [MM_ENDED] = encode_ended,   [MM_DEAD_LETTER] = encode_dead_letter, [MM_REDRIVEN] = encode_redriven,
    };

    by_kind[t->kind](t, out);
}
