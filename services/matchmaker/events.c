#include "events.h"

#include "flexmatch.h"
#include "player_events.h"

bool events_emit(struct events *e, const struct game_event *of)
{
    struct game_event whole = *of;

    whole.id = e->next;
    whole.json = e->json->data;
    whole.json_len = e->json->len;
    e->next.index++;
    return e->emit(e->arg, &whole);
}

bool events_of(struct events *e, const struct mm_transition *t)
{
    return player_events_of(e, t) && flexmatch_of(e, t);
}
