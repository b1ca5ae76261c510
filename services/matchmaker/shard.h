/*
 * shard.h - one queue partition: its journal, its pools, its intake (PROTOCOLS 1).
 *
 * The shard reads commands while it rules, lets the pure engine decide, appends what was decided as ticks, and hands
 * what is read back as valid to the publisher. Everything it does follows from records of the journal, in their order.
 *
 *   queue record -> intake -> engine -> pending transitions -> tick -> [journal] -> read back -> publisher
 *
 * Standby   every matchmaker has a shard of every partition and follows its journal; which of them rules is ruler.h's.
 * Hand-over a ruler that stops, or whose partition the group has given to another process, takes no more commands,
 *           finishes what it has, and abdicates.
 *
 * Poison    a reign that follows one that died young is careful (J8): what it handles it announces before, one attempt
 *           at a time in the whole process (attempt.h). A command that killed three is a dead letter; a state that
 *           killed three parks the partition (J9): it is followed, and ruled by nobody until somebody says
 *           shard_unpark.
 *
 * Threads  the loop's. Nothing blocks.
 */
#ifndef MATCHMAKER_SHARD_H
#define MATCHMAKER_SHARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "attempt.h"
#include "buf.h"
#include "bus.h"
#include "metrics.h"
#include "mm_catalog.h"
#include "store.h"

#define SHARD_TICKS_IN_FLIGHT_MAX 64

struct shard;

struct shard_conf {
    struct bus_producer *producer;
    struct bus_reader *journal; /* reads TOPIC_JOURNAL; the shard adds and removes its partition */
    struct bus_reader *queue;   /* reads TOPIC_QUEUE; the same */
    struct store *store;
    const struct mm_catalog *catalog;
    struct metrics *metrics;
    struct attempt_line *line; /* the process's */
    const char *instance;
    int32_t partition;
    int64_t silence_ms;            /* J4: T */
    int64_t ticks_in_flight_max;   /* J5: K */
    int64_t tick_max_bytes;        /* J5: where ticks are cut */
    int64_t snapshot_min_bytes;    /* J7: of the journal, between two snapshots */
    void (*on_refused)(void *arg); /* the broker refuses a record for good: only a restart goes on from `published` */
    void *arg;
};

/* Begins to replay the journal. */
struct shard *shard_open(const struct shard_conf *conf);
void shard_close(struct shard **s); /* NULL is fine. Before the readers and the producer are closed. */

void shard_assign(struct shard *s, bool assigned); /* by the consumer group */

void shard_on_journal(struct shard *s, const struct bus_record *r);
void shard_on_journal_end(struct shard *s, int64_t next_offset); /* caught up */
/* Our place was cut away, or the topic is gone: replays, when it is there. */
void shard_on_journal_lost(struct shard *s);
void shard_on_command(struct shard *s, const struct bus_record *r);
void shard_on_queue_end(struct shard *s, int64_t next_offset); /* dead letters that did not come are gone */
void shard_on_queue_lost(struct shard *s, enum bus_lost why);  /* goes on with what there is, or will be */
void shard_on_batch(struct shard *s); /* the commands of this turn of the loop are in: cut a tick */

void shard_on_generation(struct shard *s, const char *generation); /* of Redis: generation.h */

/* Time has passed. Returns in how many milliseconds it wants to be called again, at the latest. */
int64_t shard_on_time(struct shard *s);

/*
 * Hold the queue until this says no. J5: a whole tick waits for its place in the journal, or many dead letters for
 * theirs. J8: an attempt is under way, and no shard may be given a command.
 */
bool shard_full(const struct shard *s);

void shard_drain(struct shard *s); /* takes no more commands, finishes what was taken, abdicates */
bool shard_drained(const struct shard *s);

bool shard_parked(const struct shard *s);
bool shard_unpark(struct shard *s); /* one more reign; false: it is not parked here */

/* Why a ticket waits (mm_engine_why); false: it does not wait here, or another process rules. */
bool shard_why(struct shard *s, const char *ticket_id, struct buf *out);

/* For /readyz: its state in words; ready: ruling with a journal that answers, standing by for another ruler, or
 * parked. */
const char *shard_state(const struct shard *s);
bool shard_ready(const struct shard *s);
bool shard_ruling(const struct shard *s);
/*
 * Which command of the queue is the next: read, to be handled; safe, that the journal does not speak of. False: another
 * process has to tell. A parked partition's is told by the process that the group gave it to.
 */
bool shard_position(const struct shard *s, int64_t *read, int64_t *safe);
bool shard_replayed(const struct shard *s);  /* it has read its journal once, to the end */
size_t shard_waiting(const struct shard *s); /* tickets in the pools */
size_t shard_pool_bytes(const struct shard *s);
size_t shard_unpublished(const struct shard *s); /* ticks */
size_t shard_unviewed(const struct shard *s);    /* transitions, whoever rules */

#endif
