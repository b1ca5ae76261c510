/*
 * letters.h - records of game-events that cannot be delivered, on their way to game-events-dlq.
 *
 * End      `finished` is called once for each, when the broker has it. Should the broker refuse one for good, `refused`
 *          is called instead: it stays unfinished, and only a restart tries again.
 * Threads  the loop's.
 */
#ifndef NOTIFIER_LETTERS_H
#define NOTIFIER_LETTERS_H

#include <stddef.h>
#include <stdint.h>

#include "bus.h"
#include "dead_letter.h"

struct letters;

struct letters_conf {
    struct bus_producer *producer;
    void (*finished)(void *arg, void *window, uint64_t ticket);
    void (*refused)(void *arg);
    void *arg;
};

struct letters *letters_new(const struct letters_conf *conf);
void letters_free(struct letters **l); /* after the producer is closed; NULL is fine */

/* Takes the letter. reason is copied. window and ticket are handed back to `finished`. */
void letters_add(struct letters *l, void *window, uint64_t ticket, struct dead_letter *letter, const char *reason);

void letters_drop(struct letters *l, const void *window); /* nothing of it is finished any more */
void letters_pump(struct letters *l);                     /* go on: time has passed */
size_t letters_count(const struct letters *l);
size_t letters_bytes(const struct letters *l);

#endif
