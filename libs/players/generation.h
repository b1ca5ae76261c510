/*
 * generation.h - is this the Redis we knew? (PROTOCOLS P5, P6)
 *
 * A random value lives in the key "generation"; whoever finds none writes one. When Redis came back empty (or was
 * flushed) the value is another, and every process writes again what it alone knows. The key is read every
 * GENERATION_POLL_MS, and at once when the store has connected again.
 *
 * Cluster   has such a key in every 64 slots ("generation:{N}"), and the generation is a hash of all their values: it
 *           is another one when any server that serves 127 slots in a row came back empty, and the same when slots were
 *           moved, or a replica that had the data took over. One key a server is read each time, all when one has
 *           changed or contact was lost, to any server.
 *
 * Evidence  that a key is missing means something only after generation_contact_ms of unbroken contact in one
 *           generation: a Redis that was away or emptied is no evidence of anything.
 * Threads   the loop's.
 */
#ifndef PLAYERS_GENERATION_H
#define PLAYERS_GENERATION_H

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "store.h"

#define GENERATION_POLL_MS 250
#define GENERATION_GAP_MS  2000 /* between two answers: more breaks the contact, as who stood still watched nothing */
#define GENERATION_SIZE    17   /* 16 hex digits and a NUL */

struct generation;

/* first: the first one this process has seen; no news of a loss. Another one is logged here. May close us. */
typedef void generation_fn(void *arg, const char *generation, bool first);

struct generation *generation_open(uv_loop_t *loop, struct store *store, generation_fn *on_new, void *arg);
void generation_close(struct generation **g); /* before the store is closed; NULL is fine */

const char *generation_now(const struct generation *g); /* the last one seen; "" while none was */

/* For how many milliseconds, up to the last answer, every poll was answered in this generation; -1: the last was not.
 */
int64_t generation_contact_ms(const struct generation *g);

#endif
