/*
 * queue_worker.h - a process that sends to a queue, receives and deletes as a daemon would, and writes down each step,
 * for queue_judge.py. It decides nothing: what a message is to go through stands in its attribute `kind`.
 *
 * Steps    one JSON object a line, each one write(2), so that a killed process leaves whole lines. `at`: wall clock in
 *          milliseconds, which is Redis' and the broker's clock too when all are on one machine. `asked`: when the call
 *          was made whose answer this is.
 *            sent    id, sum, kind, delay, partition, offset    the broker has confirmed it
 *            unsent  id                                         it may be in the log or not
 *            got     asked, visible, id, sum, n, first, sent    n: receive count, sent: the broker's append
 *                                                               time, visible: its time-out
 *            delete, change (visible), purge                    written before it is asked for
 *            deleted, changed, purged                           asked, err, beside what was asked
 *            redis   ready                                      0: what was on its way there has no answer
 *            stats   visible, flight, delayed                   once a second
 *            done                                               all that --count wanted is sent
 *            crash   id                                         the last line of a process
 *          sum: of the body and the attributes (see steps_sum).
 */
#ifndef CHAOS_QUEUE_WORKER_H
#define CHAOS_QUEUE_WORKER_H

#include "backend.h"
#include "queue.h"
#include "service.h"

#define WORKER_CONF(X)                                                                                                 \
    X(steps, STR, "STEPS", "steps", "", 0, 4096, "file to which the steps are appended")                               \
    X(rate, INT, "RATE", "rate", "0", 0, 1000000, "messages sent a second; 0: none")                                   \
    X(count, INT, "COUNT", "count", "0", 0, 100000000, "messages sent in all; 0: no end")                              \
    X(kind, STR, "KIND", "kind", "", 0, 32, "kind of all messages; empty: drawn")                                      \
    X(receivers, INT, "RECEIVERS", "receivers", "4", 0, 64, "receives that wait at the same time")                     \
    X(visibility_ms, INT, "VISIBILITY_MS", "visibility-ms", "4000", 100, 43200000, "visibility time-out")              \
    X(fills, BOOL, "FILLS", "fills", "true", 0, 0, "is a member of the queue's group: fills windows")                  \
    X(window_bytes, INT, "WINDOW_BYTES", "window-bytes", "262144", 1024, 1073741824, "of a partition's window")        \
    X(window_span, INT, "WINDOW_SPAN", "window-span", "2000", 10, 1000000, "of a partition's window, in offsets")      \
    X(seed, INT, "SEED", "seed", "1", 0, INT64_MAX, "of the kinds and of how many are asked for")

struct worker_conf {
    struct service_conf service;
    WORKER_CONF(CONF_FIELD)
};

struct chore;

struct worker {
    struct worker_conf conf;
    struct service *service;
    struct backend backend;
    struct queue *queue;
    uv_timer_t tick;
    uv_signal_t purge_signal; /* SIGUSR2: purge the queue; SIGUSR1: send no more */
    uv_signal_t quiet_signal;
    bool open, quiet;
    uint64_t dice;
    int64_t started_ms; /* wall clock; of the ids */
    int64_t sending_ms; /* monotonic: since when the rate counts; 0: not yet */
    int64_t sent, confirmed;
    int64_t receiving; /* on their way */
    int64_t stats_ms;  /* monotonic, of the last ones */
    struct chore *chores;
};

/* What happens to a message that was received. */
enum deed {
    DEED_DELETE,
    DEED_DELETE_LATE, /* when three quarters of its time are over */
    DEED_LAPSE,       /* the first time nothing; deleted the second time */
    DEED_RELEASE,     /* the first time it is made visible at once; deleted the second time */
    DEED_LENGTHEN,    /* its time is doubled, and it is deleted in the second half */
    DEED_HOLD,        /* as that, for so long that it stands in the way of a window */
    DEED_NEVER,
    DEED_CRASH, /* the process dies */
};

struct kind {
    const char *name;
    size_t weight; /* among those that are drawn */
    enum deed deed;
    int64_t delay_ms;
};

const struct kind *worker_kind(const char *name);      /* NULL: there is none */
const struct kind *worker_draw_kind(struct worker *w); /* by weight */

/* ---- queue_deeds.c ---- */

void deeds_tick(struct worker *w, int64_t now_ms); /* receives more, does what is due */
void deeds_close(struct worker *w);

/* ---- queue_steps.c ---- */

#define STEPS_SUM_SIZE 17

/* The first 16 hexadecimal digits of the SHA-256 of the body and, for each attribute, NUL, name, '=', value. */
const char *steps_sum(char out[STEPS_SUM_SIZE], const void *body, size_t len, const struct bus_header *attributes,
                      size_t count);
int steps_open(const char *path);
/* `do` and the members as JSON text without braces; "" for none. `at` is added. */
void steps_add(const char *what, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
