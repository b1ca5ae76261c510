/*
 * shard_private.h - what the five files of a shard share. shard.c: commands in, decisions and life; shard_time.c: time;
 * shard_append.c: what goes into the journal; shard_read.c: what comes back from it; shard_attempt.c: a careful reign's
 * ways.
 */
#ifndef MATCHMAKER_SHARD_PRIVATE_H
#define MATCHMAKER_SHARD_PRIVATE_H

#include "attempt.h"
#include "buf.h"
#include "log.h"
#include "mm_engine.h"
#include "publisher.h"
#include "ruler.h"
#include "shard.h"
#include "snapshot.h"
#include "views.h"

#define UNREAD_MAX (SHARD_TICKS_IN_FLIGHT_MAX + 1) /* ticks, and a part of a snapshot */

struct append;

struct unread { /* our record, appended and not yet read back */
    int64_t seq, appended_us;
};

struct shard {
    struct shard_conf conf;
    char source[32];
    struct ruler ruler;
    struct mm_engine *engine;
    struct publisher *publisher;
    struct views *views;
    struct buf pending;  /* transitions for the next tick, comma separated */
    struct buf record;   /* scratch */
    int64_t position;    /* the next queue offset that the engine has not seen */
    bool position_moved; /* since the last tick */
    int64_t taken_ms;    /* no command before the position was appended later */
    bool reading_back;   /* the queue, from before the position */
    int64_t set_up_ms;   /* monotonic: when the replay began */
    bool replayed;       /* once, at least */
    bool draining;
    bool begun;          /* ruling, and at work: a careful reign has to attempt what is in the state first */
    bool leaving;        /* the group gave the partition to another process */
    bool abdicating;     /* we have appended our last record */
    int64_t decided_seq; /* of our last tick that said anything: until it is back, memory is ahead of the journal */
    int64_t trim_offset; /* where the log may begin, from trim_ms (monotonic) on */
    int64_t trim_ms;
    int64_t trimmed;     /* offset; the log was asked to begin there */
    int64_t looked_ms;   /* monotonic: when we last looked whether somebody rules */
    const char *refusal; /* why nobody may rule here; NULL: no such thing */
    struct snapshot snapshot;
    struct attempt attempt;
    int64_t state_next_ms;            /* monotonic: when the state may be attempted again */
    int64_t clock_ms;                 /* the partition's time, as last used; never goes back (J10) */
    int64_t clock_offset_ms;          /* the broker's clock at our reign, less the monotonic one */
    int64_t ticked_ms;                /* monotonic: when the last tick was appended */
    struct append *deliveries;        /* appended, delivery not yet reported */
    struct unread unread[UNREAD_MAX]; /* a ring, oldest at unread_first */
    size_t unread_first, unread_count;
    struct log_limit dead_log, void_log, repeat_log;
};

int64_t shard_now_ms(struct shard *s); /* the partition's time (J10) */

/* ---- shard_append.c ---- */

/* Appends what may be appended now: what was decided, a part of a snapshot, at last the abdication. */
void shard_flush(struct shard *s);
/* A record of our reign, with our view of the world in its head. False: the producer's queue is full. */
bool shard_append_ours(struct shard *s, struct journal_record *r, const struct buf *transitions);
void shard_heartbeat(struct shard *s);              /* a tick, even an empty one */
void shard_claim(struct shard *s);                  /* a reign */
bool shard_all_said(const struct shard *s);         /* all that was decided is appended */
bool shard_wants_to_go(const struct shard *s);      /* rules, and has to abdicate */
void shard_read_back(struct shard *s, int64_t seq); /* our records up to this one are read back */
void shard_forget_appends(struct shard *s);         /* reports of what was appended before concern nobody any more */

/* ---- shard_read.c ---- */

void shard_set_up(struct shard *s); /* an engine and a publisher that know nothing, and the journal from its start */
void shard_tear_down(struct shard *s);
void shard_restart(struct shard *s); /* what we hold is ahead of the journal, or of another one, and worth nothing */
void shard_read_queue(struct shard *s);
void shard_begin(struct shard *s); /* to work, as a ruler */

/* ---- shard_attempt.c: of a careful reign (J8, J9) ---- */

void shard_attempt_state(struct shard *s);                               /* if anything is due in it */
void shard_attempt_command(struct shard *s, const struct bus_record *r); /* copies it; no attempt may be under way */
void shard_attempt_go_on(struct shard *s);                               /* as far as it goes now; safe to repeat */

/* ---- shard.c ---- */

void shard_run_timers(struct shard *s);                          /* what is due, up to a bound */
void shard_take(struct shard *s, const struct bus_record *r);    /* decides the next command */
void shard_convict(struct shard *s, const struct bus_record *r); /* dead-letters it unread: it has killed enough */

void shard_on_transition(void *shard, const struct mm_transition *t); /* the engine has decided */

#endif
