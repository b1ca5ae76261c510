#include "mm_engine_private.h"

#include "id.h"
#include "mm_rules.h"

static size_t team_of(const struct mm_ticket *t, struct mm_match_player players[MM_TICKET_PLAYERS_MAX])
{
    const char *id = mm_ticket_id(t), *details = mm_ticket_details(t);

    for (size_t i = 0; i < t->player_count; i++) {
        id = mm_ticket_next_player(id);
        players[i] = (struct mm_match_player){
            .id = id, .ticket_id = mm_ticket_id(t), .start_ms = t->start_ms, .attributes_text = details};
        details = mm_ticket_next_player(mm_ticket_next_player(details));
    }
    return t->player_count;
}

static void match(struct mm_engine *e, int64_t now_ms, struct mm_ticket *older, struct mm_ticket *newer)
{
    struct mm_match_player first[MM_TICKET_PLAYERS_MAX], second[MM_TICKET_PLAYERS_MAX];
    char match_id[ID_UUID_SIZE];
    struct mm_match_team teams[] = {
        {older->pool->rules->team_names[0], first, team_of(older, first)},
        {older->pool->rules->team_names[1], second, team_of(newer, second)},
    };

    id_uuid_from(e->seed, ++e->matches, match_id);
    e->emit(e->emit_arg, &(struct mm_transition){
                             .kind = MM_MATCH,
                             .match_id = match_id,
                             .configuration = older->pool->name,
                             .teams = teams,
                             .team_count = 2,
                         });
    engine_forget(e, now_ms, &older);
    engine_forget(e, now_ms, &newer);
}

/* A partner whose time-out is due, though no tick came to see it, ends here: nobody is matched after their time-out. */
static struct mm_ticket *find_partner(struct mm_engine *e, int64_t now_ms, const struct mm_ticket *t)
{
    double window = mm_rules_window(t->pool->rules, now_ms - t->since_ms);
    struct mm_ticket *partner = mm_ticket_partner(&e->pools, t, window);

    while (partner != NULL && engine_is_expired(partner, now_ms)) {
        engine_end(e, now_ms, partner, &engine_timed_out, NULL);
        partner = mm_ticket_partner(&e->pools, t, window);
    }
    return partner;
}

/* When there is something to do about t next: its window widens, or its time is over. */
static void schedule(struct mm_engine *e, int64_t now_ms, struct mm_ticket *t)
{
    int64_t expiry_ms = mm_ticket_expiry_ms(t);
    int64_t step_ms = t->indexed ? mm_rules_next_step(t->pool->rules, now_ms - t->since_ms) : INT64_MAX;

    if (step_ms < INT64_MAX && t->since_ms + step_ms < expiry_ms)
        mm_ticket_wake(&e->pools, t, t->since_ms + step_ms);
    else
        mm_ticket_wake(&e->pools, t, expiry_ms);
}

void engine_search(struct mm_engine *e, int64_t now_ms, struct mm_ticket *t)
{
    struct mm_ticket *partner = t->indexed ? find_partner(e, now_ms, t) : NULL;

    if (partner != NULL)
        match(e, now_ms, partner, t);
    else
        schedule(e, now_ms, t);
}
