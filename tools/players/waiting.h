/*
 * waiting.h - who still waits at the end of a run, and why: asked of the matchmaker for those who wait longest.
 */
#ifndef PLAYERS_WAITING_H
#define PLAYERS_WAITING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "buf.h"

struct player;
struct swarm;

#define WAITING_ASKED_MAX 3

struct waiting { /* {0}: nobody was asked */
    const struct player *asked[WAITING_ASKED_MAX];
    char *answers[WAITING_ASKED_MAX]; /* owned; NULL: none yet */
    size_t count;
    int64_t until_us;
};

void waiting_ask(struct waiting *w, struct swarm *s, int64_t now_us);
bool waiting_for_answers(const struct waiting *w, int64_t now_us);                            /* not for ever */
bool waiting_answer(struct waiting *w, const struct player *p, const char *text, size_t len); /* true: it is one */
void waiting_print(const struct waiting *w, const struct swarm *s, struct buf *out);
void waiting_free(struct waiting *w);

#endif
