#include <string.h>

#include "id.h"
#include "mem.h"
#include "mm_engine_private.h"

/* A record of the journal takes several matches, of which nobody knows how much their players say of themselves. */
#define ATTRIBUTES_MAX_BYTES 262144

struct seating { /* a match that is being written down */
    struct mm_match_player players[MM_MATCH_PLAYERS_MAX];
    struct mm_match_team teams[MM_MATCH_PLAYERS_MAX];
    size_t player_count;
};

static bool sits_in(const struct engine_seat *seat, const struct mm_ticket_player *player, size_t team,
                    const char *team_name)
{
    return seat->ticket->backfill ? strcmp(player->team, team_name) == 0 : seat->team == team;
}

static void seat_ticket(struct seating *s, const struct engine_seat *seat, size_t team)
{
    struct mm_ticket_player players[MM_BACKFILL_PLAYERS_MAX];
    struct mm_match_team *to = &s->teams[team];

    mm_ticket_players(seat->ticket, players);
    for (size_t i = 0; i < seat->ticket->player_count; i++) {
        if (!sits_in(seat, &players[i], team, to->name))
            continue;
        s->players[s->player_count++] = (struct mm_match_player){
            .id = players[i].id,
            .ticket_id = mm_ticket_id(seat->ticket),
            .start_ms = seat->ticket->start_ms,
            .answer = seat->ticket->backfill ? MM_ACCEPTED : MM_NO_ANSWER,
            .attributes_text = players[i].attributes,
        };
        to->player_count++;
    }
}

static void seat_all(struct seating *s, const struct engine_line *line)
{
    s->player_count = 0;
    for (size_t team = 0; team < line->pool->rules->team_count; team++) {
        s->teams[team] = (struct mm_match_team){line->pool->rules->teams[team].name, &s->players[s->player_count], 0};
        for (size_t i = 0; i < line->seat_count; i++)
            if (line->seats[i].ticket->backfill || line->seats[i].team == team)
                seat_ticket(s, &line->seats[i], team);
    }
}

static const char *backfill_of(const struct engine_line *line)
{
    for (size_t i = 0; i < line->seat_count; i++)
        if (line->seats[i].ticket->backfill)
            return mm_ticket_id(line->seats[i].ticket);
    return "";
}

static size_t attributes_bytes(const struct mm_match_team *team)
{
    size_t bytes = 0;

    for (size_t i = 0; i < team->player_count; i++)
        bytes += team->players[i].attributes_text != NULL ? strlen(team->players[i].attributes_text) : 0;
    return bytes;
}

/* What a proposal says of a player, and not a match; and what would be too much. */
static void strip(struct mm_match_team *team, bool attributes_too)
{
    for (size_t i = 0; i < team->player_count; i++) {
        team->players[i].answer = MM_NO_ANSWER;
        if (attributes_too)
            team->players[i].attributes_text = NULL;
    }
}

void engine_emit_match(struct mm_engine *e, struct mm_transition *match)
{
    size_t bytes = 0;

    match->kind = MM_MATCH;
    for (size_t i = 0; i < match->team_count; i++)
        bytes += attributes_bytes(&match->teams[i]);
    for (size_t i = 0; i < match->team_count; i++)
        strip(&match->teams[i], bytes > ATTRIBUTES_MAX_BYTES);
    e->emit(e->emit_arg, match);
}

void engine_match(struct mm_engine *e, int64_t now_ms, const struct engine_line *line)
{
    char match_id[ID_UUID_SIZE];
    struct seating s;
    struct mm_transition t = {
        .match_id = match_id,
        .configuration = line->pool->name,
        .teams = s.teams,
        .team_count = line->pool->rules->team_count,
        .backfill_id = backfill_of(line),
        .rules = line->rules,
        .rule_count = line->rule_count,
    };

    seat_all(&s, line);
    id_uuid_from(e->seed, ++e->matches, match_id);
    if (line->pool->acceptance_timeout_ms > 0) {
        engine_propose(e, now_ms, &t, line);
        return;
    }
    engine_emit_match(e, &t);
    for (size_t i = 0; i < line->seat_count; i++) {
        struct mm_ticket *ticket = line->seats[i].ticket;

        engine_forget(e, now_ms, &ticket);
    }
}
