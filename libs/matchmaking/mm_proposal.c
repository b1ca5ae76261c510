#include "mm_proposal.h"

#include <stdlib.h>
#include <string.h>

#include "id.h"
#include "mem.h"

static uint64_t hash_of(const char *id)
{
    return id_hash(id, strlen(id));
}

/* ---- copies: one block holds all ---- */

struct block {
    char *next;
};

static const char *copy_text(struct block *b, const char *text)
{
    size_t size = text == NULL ? 1 : strlen(text) + 1;
    char *to = b->next;

    memcpy(to, text == NULL ? "" : text, size);
    b->next += size;
    return to;
}

static size_t text_size(const char *text)
{
    return text == NULL ? 1 : strlen(text) + 1;
}

/* Of teams, players and rules, and of all texts. */
static void measure(const struct mm_transition *t, size_t *arrays, size_t *texts)
{
    *arrays = t->team_count * sizeof(*t->teams) + t->rule_count * sizeof(*t->rules);
    *texts = text_size(t->match_id) + text_size(t->configuration) + text_size(t->backfill_id);
    for (size_t i = 0; i < t->team_count; i++) {
        *arrays += t->teams[i].player_count * sizeof(*t->teams[i].players);
        *texts += text_size(t->teams[i].name);
        for (size_t j = 0; j < t->teams[i].player_count; j++)
            *texts += text_size(t->teams[i].players[j].id) + text_size(t->teams[i].players[j].ticket_id);
    }
    for (size_t i = 0; i < t->rule_count; i++)
        *texts += text_size(t->rules[i].rule);
}

static struct mm_match_player copy_player(struct block *texts, const struct mm_match_player *p)
{
    return (struct mm_match_player){
        .id = copy_text(texts, p->id),
        .ticket_id = copy_text(texts, p->ticket_id),
        .start_ms = p->start_ms,
        .answer = p->answer,
    };
}

static void copy_arrays(struct mm_proposal *p, const struct mm_transition *t, struct block *texts)
{
    struct mm_match_team *teams = (struct mm_match_team *)(void *)(p + 1);
    struct mm_match_player *player = (struct mm_match_player *)(void *)(teams + t->team_count);
    struct mm_tally *rules;

    for (size_t i = 0; i < t->team_count; i++) {
        teams[i] = (struct mm_match_team){copy_text(texts, t->teams[i].name), player, t->teams[i].player_count};
        for (size_t j = 0; j < t->teams[i].player_count; j++)
            *player++ = copy_player(texts, &t->teams[i].players[j]);
    }
    rules = (struct mm_tally *)(void *)player;
    for (size_t i = 0; i < t->rule_count; i++)
        rules[i] = (struct mm_tally){copy_text(texts, t->rules[i].rule), t->rules[i].passed, t->rules[i].failed};
    p->said.teams = teams;
    p->said.team_count = t->team_count;
    p->said.rules = rules;
    p->said.rule_count = t->rule_count;
}

static struct mm_proposal *copy(const struct mm_transition *t)
{
    size_t arrays, text_bytes;
    struct mm_proposal *p;
    struct block texts;

    measure(t, &arrays, &text_bytes);
    p = mem_alloc(sizeof(*p) + arrays + text_bytes);
    p->bytes = sizeof(*p) + arrays + text_bytes;
    texts.next = (char *)(p + 1) + arrays;
    p->said = (struct mm_transition){
        .kind = MM_PROPOSAL,
        .ticket_id = "",
        .configuration = copy_text(&texts, t->configuration),
        .reason = "",
        .message = "",
        .issuer = {"", "", ""},
        .match_id = copy_text(&texts, t->match_id),
        .backfill_id = copy_text(&texts, t->backfill_id),
        .at_ms = t->at_ms,
        .until_ms = t->until_ms,
    };
    copy_arrays(p, t, &texts);
    return p;
}

/* ---- the set of them ---- */

static uint32_t take_number(struct mm_proposals *ps)
{
    if (ps->spare_count > 0)
        return ps->spares[--ps->spare_count];
    if (ps->numbers == ps->numbers_max) {
        ps->numbers_max = ps->numbers_max == 0 ? 16 : 2 * ps->numbers_max;
        ps->by_number = mem_realloc(ps->by_number, ps->numbers_max, sizeof(struct mm_proposal *));
        ps->spares = mem_realloc(ps->spares, ps->numbers_max, sizeof(*ps->spares)); /* all may be spare */
    }
    return ps->numbers++;
}

typedef void table_fn(struct mm_table *table, uint64_t hash, uint32_t number);

/* Calls fn once for each ticket: neighbours have the same one, but for the backfill ticket, which may be in any
 * team. */
static void each_ticket(struct mm_proposals *ps, const struct mm_proposal *p, table_fn *fn)
{
    const char *last = p->said.backfill_id;

    for (size_t i = 0; i < p->said.team_count; i++) {
        for (size_t j = 0; j < p->said.teams[i].player_count; j++) {
            const char *id = p->said.teams[i].players[j].ticket_id;

            if (strcmp(id, last) == 0 || strcmp(id, p->said.backfill_id) == 0)
                continue;
            fn(&ps->tickets, hash_of(id), p->number);
            last = id;
        }
    }
    if (p->said.backfill_id[0] != '\0')
        fn(&ps->tickets, hash_of(p->said.backfill_id), p->number);
}

/* Of two that are due at the same time, whose number is smaller depends on history; their ids do not. */
static uint64_t timer_order(const struct mm_proposal *p)
{
    return hash_of(p->said.match_id) >> 34; /* timers compare orders that are near each other */
}

struct mm_proposal *mm_proposal_add(struct mm_proposals *ps, const struct mm_transition *t)
{
    struct mm_proposal *p = copy(t);

    p->number = take_number(ps);
    ps->by_number[p->number] = p;
    mm_table_add(&ps->matches, hash_of(p->said.match_id), p->number);
    each_ticket(ps, p, mm_table_add);
    mm_timers_set(&ps->timers, p->number, timer_order(p), p->said.until_ms);
    ps->bytes += p->bytes;
    return p;
}

void mm_proposal_take(struct mm_proposals *ps, struct mm_proposal *p)
{
    mm_timers_cancel(&ps->timers, p->number);
    mm_table_remove(&ps->matches, hash_of(p->said.match_id), p->number);
    each_ticket(ps, p, mm_table_remove);
    ps->by_number[p->number] = NULL;
    ps->spares[ps->spare_count++] = p->number;
    ps->bytes -= p->bytes;
}

void mm_proposals_free(struct mm_proposals *ps)
{
    for (uint32_t i = 0; i < ps->numbers; i++)
        free(ps->by_number[i]);
    free(ps->by_number);
    free(ps->spares);
    mm_table_free(&ps->matches);
    mm_table_free(&ps->tickets);
    mm_timers_free(&ps->timers);
    *ps = (struct mm_proposals){0};
}

size_t mm_proposals_bytes(const struct mm_proposals *ps)
{
    return ps->bytes + mm_table_bytes(&ps->matches) + mm_table_bytes(&ps->tickets) + mm_timers_bytes(&ps->timers) +
           ps->numbers_max * (sizeof(struct mm_proposal *) + sizeof(*ps->spares));
}

static bool is_match(const void *owner, uint32_t number, const void *key)
{
    const struct mm_proposals *ps = owner;

    return strcmp(ps->by_number[number]->said.match_id, key) == 0;
}

static bool has_ticket(const void *owner, uint32_t number, const void *key)
{
    const struct mm_proposals *ps = owner;
    const struct mm_transition *t = &ps->by_number[number]->said;

    for (size_t i = 0; i < t->team_count; i++) {
        for (size_t j = 0; j < t->teams[i].player_count; j++)
            if (strcmp(t->teams[i].players[j].ticket_id, key) == 0)
                return true;
    }
    return false;
}

static struct mm_proposal *numbered(const struct mm_proposals *ps, uint32_t number)
{
    return number == MM_TABLE_NONE ? NULL : ps->by_number[number];
}

struct mm_proposal *mm_proposal_find(const struct mm_proposals *ps, const char *match_id)
{
    return numbered(ps, mm_table_find(&ps->matches, hash_of(match_id), is_match, ps, match_id));
}

struct mm_proposal *mm_proposal_of_ticket(const struct mm_proposals *ps, const char *ticket_id)
{
    return numbered(ps, mm_table_find(&ps->tickets, hash_of(ticket_id), has_ticket, ps, ticket_id));
}

struct mm_proposal *mm_proposal_first(const struct mm_proposals *ps)
{
    return numbered(ps, mm_timers_first(&ps->timers));
}

struct mm_proposal *mm_proposal_next(const struct mm_proposals *ps, uint32_t *next)
{
    while (*next < ps->numbers && ps->by_number[*next] == NULL)
        ++*next;
    return *next < ps->numbers ? ps->by_number[(*next)++] : NULL;
}

/* ---- answers ---- */

void mm_proposal_answer(struct mm_proposal *p, const char *ticket_id, const char *player_id, enum mm_answer answer)
{
    for (size_t i = 0; i < p->said.team_count; i++) {
        for (size_t j = 0; j < p->said.teams[i].player_count; j++) {
            struct mm_match_player *player = &p->said.teams[i].players[j];

            if (strcmp(player->ticket_id, ticket_id) == 0 && (player_id == NULL || strcmp(player->id, player_id) == 0))
                player->answer = answer;
        }
    }
}

enum mm_answer mm_proposal_answered(const struct mm_proposal *p, const char *ticket_id)
{
    enum mm_answer sum = MM_ACCEPTED;

    for (size_t i = 0; i < p->said.team_count; i++) {
        for (size_t j = 0; j < p->said.teams[i].player_count; j++) {
            const struct mm_match_player *player = &p->said.teams[i].players[j];

            if (ticket_id != NULL && strcmp(player->ticket_id, ticket_id) != 0)
                continue;
            if (player->answer == MM_REJECTED)
                return MM_REJECTED;
            if (player->answer == MM_NO_ANSWER)
                sum = MM_NO_ANSWER;
        }
    }
    return sum;
}
