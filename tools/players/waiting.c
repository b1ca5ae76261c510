#include "waiting.h"

#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "json.h"
#include "mem.h"
#include "players.h"
#include "why_text.h"

#define ANSWERS_MAX_US 3000000

static bool is_waiting(const struct player *p)
{
    return p->leader == p && p->state == PLAYER_QUEUED && p->ticket[0] != '\0' && p->greeted;
}

static bool was_asked(const struct waiting *w, const struct player *p)
{
    for (size_t i = 0; i < w->count; i++)
        if (w->asked[i] == p)
            return true;
    return false;
}

/* NULL: nobody else waits. */
static struct player *longest(const struct waiting *w, struct swarm *s)
{
    struct player *oldest = NULL;

    for (size_t i = 0; i < s->count; i++) {
        struct player *p = &s->players[i];

        if (is_waiting(p) && !was_asked(w, p) && (oldest == NULL || p->story.started_us < oldest->story.started_us))
            oldest = p;
    }
    return oldest;
}

void waiting_ask(struct waiting *w, struct swarm *s, int64_t now_us)
{
    struct player *p;

    w->until_us = now_us + ANSWERS_MAX_US;
    while (w->count < WAITING_ASKED_MAX && (p = longest(w, s)) != NULL) {
        w->asked[w->count++] = p;
        player_ask_why(p);
    }
}

bool waiting_for_answers(const struct waiting *w, int64_t now_us)
{
    for (size_t i = 0; i < w->count; i++)
        if (w->answers[i] == NULL)
            return now_us < w->until_us;
    return false;
}

/* What it says of why, or else the status as it came. */
static char *answer_text(json_object *data)
{
    struct buf text = {0};
    json_object *why;

    if (json_object_object_get_ex(data, "why", &why))
        why_text(&text, why);
    else
        buf_printf(&text, "%s\n", json_text(data, NULL));
    return buf_take(&text);
}

bool waiting_answer(struct waiting *w, const struct player *p, const char *text, size_t len)
{
    json_object *message = NULL, *data;
    const char *type = "";
    bool is_one = false;

    for (size_t i = 0; i < w->count; i++) {
        if (w->asked[i] != p || w->answers[i] != NULL || json_parse(text, len, &message, NULL) != 0)
            continue;
        (void)json_get_str_opt(message, "$", "type", 0, 64, &type, NULL);
        is_one = strcmp(type, "matchmaking_status") == 0 && json_object_object_get_ex(message, "data", &data);
        if (is_one)
            w->answers[i] = answer_text(data);
        json_object_put(message);
    }
    return is_one;
}

static size_t waiting_players(const struct swarm *s)
{
    size_t n = 0;

    for (size_t i = 0; i < s->count; i++)
        n += s->players[i].state == PLAYER_QUEUED;
    return n;
}

void waiting_print(const struct waiting *w, const struct swarm *s, struct buf *out)
{
    size_t left = waiting_players(s);

    if (left > 0)
        buf_printf(out, "%8zu players still wait\n", left);
    for (size_t i = 0; i < w->count; i++)
        if (w->answers[i] != NULL)
            buf_printf(out, "\n%s, a ticket of %zu, for %.1f s:\n%s", w->asked[i]->story.name, w->asked[i]->party,
                       (double)(s->ended_us - w->asked[i]->story.started_us) / 1e6, w->answers[i]);
}

void waiting_free(struct waiting *w)
{
    for (size_t i = 0; i < w->count; i++)
        free(w->answers[i]);
    *w = (struct waiting){0};
}
