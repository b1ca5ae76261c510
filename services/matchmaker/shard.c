#include "shard.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "clock.h"
#include "err.h"
#include "hooks.h"
#include "intake.h"
#include "matchmaker_metrics.h"
#include "mem.h"
#include "shard_private.h"

#define TIMERS_A_COMMAND 64   /* tickets and proposals that are due, seen to before a command */
#define TIMERS_A_TURN    1024 /* of the loop */

int64_t shard_now_ms(struct shard *s)
{
    int64_t now = clock_mono_ms() + s->clock_offset_ms;

    if (now > s->clock_ms)
        s->clock_ms = now;
    return s->clock_ms;
}

/* ---- deciding ---------------------------------------------------------------------------------------------------- */

void shard_on_transition(void *arg, const struct mm_transition *t)
{
    struct shard *s = arg;

    hooks_on_transition(t);
    if (s->pending.len > 0)
        buf_str(&s->pending, ",");
    mm_transition_encode(t, &s->pending);
}

static bool pending_is_full(const struct shard *s)
{
    return s->pending.len >= (size_t)s->conf.tick_max_bytes;
}

/* One at a time, so that a tick stays small however many are due and however large their matches are. */
static void run_timers(struct shard *s, int64_t max)
{
    int64_t now = shard_now_ms(s);

    for (int64_t n = 0; n < max && mm_engine_due_ms(s->engine) <= now; n++) {
        if (pending_is_full(s))
            shard_flush(s);
        if (pending_is_full(s))
            return;
        mm_engine_tick(s->engine, now, 1);
    }
}

void shard_run_timers(struct shard *s)
{
    run_timers(s, TIMERS_A_TURN);
}

static void dead_letter(struct shard *s, const struct bus_record *r, const char *reason, int64_t attempts)
{
    publisher_offer(s->publisher, r);
    shard_on_transition(s, &(struct mm_transition){
                               .kind = MM_DEAD_LETTER, .offset = r->offset, .reason = reason, .attempts = attempts});
}

static void advance(struct shard *s, const struct bus_record *r)
{
    s->position = r->offset + 1;
    s->position_moved = true;
    s->taken_ms = r->timestamp_ms > s->taken_ms ? r->timestamp_ms : s->taken_ms;
    if (pending_is_full(s))
        shard_flush(s);
}

/* No ticket is younger than the clock, and nothing that was taken. */
static void keep_time(struct shard *s, const struct bus_record *r)
{
    if (r->timestamp_ms > s->clock_ms)
        s->clock_ms = r->timestamp_ms;
}

void shard_convict(struct shard *s, const struct bus_record *r)
{
    int64_t attempts = journal_attempts_at(&s->ruler.journal, r->offset);

    log_error("command_convicted partition=%" PRId32 " offset=%" PRId64 " attempts=%" PRId64, r->partition, r->offset,
              attempts);
    metrics_add(s->conf.metrics, MM_COMMANDS, 1);
    keep_time(s, r);
    dead_letter(s, r, "the process died each time while it handled this", attempts);
    advance(s, r);
}

static void repeated(struct shard *s, const struct bus_record *r, const struct mm_origin *o)
{
    metrics_add(s->conf.metrics, MM_REDRIVE_REPEATS, 1);
    log_warn_limited(&s->repeat_log, "redrive_repeated partition=%" PRId32 " offset=%" PRId64 " origin=%" PRId64,
                     r->partition, r->offset, o->offset);
}

static void decide(struct shard *s, const struct bus_record *r)
{
    struct intake in;
    char error[MM_ERROR_SIZE];

    metrics_add(s->conf.metrics, MM_COMMANDS, 1);
    keep_time(s, r);
    if (intake_read(&in, r, error) != 0) {
        log_warn_limited(&s->dead_log, "command_malformed partition=%" PRId32 " offset=%" PRId64 " reason=\"%s\"",
                         r->partition, r->offset, error);
        dead_letter(s, r, error, 0);
        return;
    }
    hooks_on_command(&in.command);
    if (s->attempt.phase == ATTEMPT_NONE)
        run_timers(s, TIMERS_A_COMMAND); /* what was due before the command happened before it */
    if (!mm_engine_apply(s->engine, shard_now_ms(s), &in.command))
        repeated(s, r, &in.command.origin);
    mm_command_clear(&in.command);
}

void shard_take(struct shard *s, const struct bus_record *r)
{
    decide(s, r);
    advance(s, r);
}

/* What stands before the position was appended before it was taken; else somebody has made the topic anew. */
static bool is_other_queue(const struct shard *s, const struct bus_record *r)
{
    return r->offset < s->position && r->timestamp_ms > s->taken_ms;
}

/* Everything in it is new, and what we wanted of the old one is gone. */
static void begin_other_queue(struct shard *s, const struct bus_record *r)
{
    log_error("queue_replaced partition=%" PRId32 " position=%" PRId64 " action=\"read from offset %" PRId64
              " on\": the "
              "topic was deleted and made again",
              r->partition, s->position, r->offset);
    publisher_give_up(s->publisher, s->position);
    s->position = r->offset;
}

/* Older commands than the queue keeps are too old to be taken (J11). */
static void end_reading_back(struct shard *s, const struct bus_record *r)
{
    if (r->offset > s->position)
        log_warn("queue_place_lost partition=%" PRId32 " position=%" PRId64 " offset=%" PRId64 ": what is between has "
                 "expired",
                 r->partition, s->position, r->offset);
    publisher_give_up(s->publisher, r->offset);
    s->reading_back = false;
}

/* A dead letter that our predecessor did not get to send travels with its record. */
static void read_back(struct shard *s, const struct bus_record *r)
{
    publisher_give_up(s->publisher, r->offset);
    if (r->offset == publisher_wants_offset(s->publisher))
        publisher_offer(s->publisher, r);
}

/* Else what comes from the queue is somebody else's to look at. */
static bool reads_commands(const struct shard *s)
{
    return s->ruler.state == RULER_RULING && !s->draining && !s->leaving && !s->abdicating;
}

void shard_on_command(struct shard *s, const struct bus_record *r)
{
    if (!reads_commands(s))
        return;
    if (is_other_queue(s, r))
        begin_other_queue(s, r);
    if (r->offset < s->position) {
        read_back(s, r);
        return;
    }
    if (s->reading_back)
        end_reading_back(s, r);
    if (journal_careful(&s->ruler.journal)) {
        shard_attempt_command(s, r);
        return;
    }
    ASSERT(attempt_line_empty(s->conf.line)); /* else the queue is held */
    shard_take(s, r);
}

/* Nobody knows when the next command comes, and what was decided after a dead letter waits behind it. But only who has
 * looked at all that was read can say that it did not come. */
void shard_on_queue_end(struct shard *s, int64_t next_offset)
{
    if (reads_commands(s))
        publisher_give_up(s->publisher, next_offset);
}

void shard_on_batch(struct shard *s)
{
    shard_flush(s);
}

bool shard_full(const struct shard *s)
{
    return s->ruler.state == RULER_RULING &&
           (pending_is_full(s) || publisher_full(s->publisher) || s->attempt.phase != ATTEMPT_NONE);
}

/* ---- life -------------------------------------------------------------------------------------------------------- */

struct shard *shard_open(const struct shard_conf *conf)
{
    struct shard *s = MEM_NEW(struct shard);

    ASSERT(conf->ticks_in_flight_max <= SHARD_TICKS_IN_FLIGHT_MAX);
    s->conf = *conf;
    snprintf(s->source, sizeof(s->source), "matchmaker/%d", (int)conf->partition);
    s->views = views_new(&(struct view_target){conf->store, conf->catalog, conf->partition}, conf->metrics);
    ruler_init(&s->ruler, clock_mono_ms());
    shard_set_up(s);
    return s;
}

void shard_close(struct shard **sp)
{
    struct shard *s = *sp;

    if (s == NULL)
        return;
    shard_tear_down(s);
    views_free(&s->views);
    buf_free(&s->pending);
    buf_free(&s->record);
    free(s);
    *sp = NULL;
}

void shard_on_generation(struct shard *s, const char *generation)
{
    views_generation(s->views, generation);
}

/* J4: losing the partition deposes nobody; but a ruler makes way, because the other process has read the journal. */
void shard_assign(struct shard *s, bool assigned)
{
    ruler_assign(&s->ruler, assigned, clock_mono_ms());
    if (s->ruler.state != RULER_RULING || s->abdicating || s->leaving == !assigned)
        return;
    s->leaving = !assigned;
    if (assigned && s->begun)
        shard_read_queue(s);
    else if (!assigned)
        bus_reader_remove(s->conf.queue, TOPIC_QUEUE, s->conf.partition);
    shard_flush(s);
}

void shard_drain(struct shard *s)
{
    s->draining = true;
    shard_flush(s);
}

bool shard_drained(const struct shard *s)
{
    return s->ruler.state != RULER_RULING && views_idle(s->views);
}

/* A ruler writes at least every silence_ms / 3. One that could not for longer waits for the journal. */
static bool is_stalled(const struct shard *s)
{
    return s->ruler.state == RULER_RULING && clock_mono_ms() - s->ticked_ms > s->conf.silence_ms;
}

bool shard_parked(const struct shard *s)
{
    return s->ruler.state == RULER_PARKED;
}

bool shard_unpark(struct shard *s)
{
    if (!ruler_unpark(&s->ruler))
        return false;
    log_warn("partition_unparked partition=%d", (int)s->conf.partition);
    return true;
}

bool shard_why(struct shard *s, const char *ticket_id, struct buf *out)
{
    return s->ruler.state == RULER_RULING && mm_engine_why(s->engine, shard_now_ms(s), ticket_id, out);
}

const char *shard_state(const struct shard *s)
{
    if (s->refusal != NULL)
        return s->refusal;
    return is_stalled(s) ? "waiting for its journal" : ruler_state_str(s->ruler.state);
}

bool shard_ready(const struct shard *s)
{
    if (s->ruler.state == RULER_RULING)
        return !is_stalled(s);
    return shard_parked(s) || (s->ruler.state == RULER_STANDBY && (s->ruler.living || !s->ruler.assigned));
}

bool shard_replayed(const struct shard *s)
{
    return s->replayed;
}

bool shard_ruling(const struct shard *s)
{
    return s->ruler.state == RULER_RULING;
}

bool shard_position(const struct shard *s, int64_t *read, int64_t *safe)
{
    bool ruling = s->ruler.state == RULER_RULING;

    *safe = s->ruler.journal.position;
    *read = ruling ? s->position : *safe;
    return ruling || (shard_parked(s) && s->ruler.assigned);
}

size_t shard_waiting(const struct shard *s)
{
    return mm_engine_waiting(s->engine);
}

size_t shard_pool_bytes(const struct shard *s)
{
    return mm_engine_bytes(s->engine);
}

size_t shard_unpublished(const struct shard *s)
{
    return publisher_backlog(s->publisher);
}

size_t shard_unviewed(const struct shard *s)
{
    return views_backlog(s->views);
}
