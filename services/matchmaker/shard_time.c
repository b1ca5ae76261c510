#include "clock.h"
#include "shard_private.h"

#define LOOK_AGAIN_MS 5   /* what was published may have arrived, an attempt may be over */
#define STALLED_MS    100 /* the journal takes nothing more: nothing that is due can be done */

static int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static int64_t heartbeat_in_ms(const struct shard *s)
{
    return s->ticked_ms + s->conf.silence_ms / 3 - clock_mono_ms();
}

static void see_to_timers(struct shard *s)
{
    if (journal_careful(&s->ruler.journal))
        shard_attempt_state(s);
    else if (attempt_line_empty(s->conf.line))
        shard_run_timers(s);
    shard_attempt_go_on(s);
}

/* An attempt that is announced and not handled must have nothing behind it (J8). */
static bool may_beat(const struct shard *s)
{
    return heartbeat_in_ms(s) <= 0 && s->attempt.phase != ATTEMPT_ANNOUNCED;
}

static int64_t due_in_ms(struct shard *s)
{
    int64_t in_ms = mm_engine_due_ms(s->engine), state_in_ms = s->state_next_ms - clock_mono_ms();

    if (in_ms != INT64_MAX)
        in_ms -= shard_now_ms(s);
    return in_ms > state_in_ms ? in_ms : state_in_ms;
}

/* What is overdue although it was tried just now waits for the journal. */
static int64_t look_in_ms(struct shard *s)
{
    int64_t beat_in_ms = heartbeat_in_ms(s);

    if (beat_in_ms <= 0)
        return STALLED_MS;
    return least(due_in_ms(s), least(beat_in_ms, s->conf.silence_ms / 3));
}

static int64_t rule_on_time(struct shard *s)
{
    see_to_timers(s);
    publisher_pump(s->publisher);
    shard_flush(s);
    if (may_beat(s))
        shard_heartbeat(s);
    if (shard_wants_to_go(s) || !attempt_line_empty(s->conf.line))
        return LOOK_AGAIN_MS;
    return look_in_ms(s);
}

/* J9: rather than to die as the others did. */
static bool park(struct shard *s)
{
    if (!ruler_park(&s->ruler))
        return false;
    log_error(
        "partition_parked partition=%d action=\"mend the matchmaker, then POST /v1/partitions/%d/unpark\": what is "
        "due in its state has killed its last %d rulers",
        (int)s->conf.partition, (int)s->conf.partition, JOURNAL_ATTEMPTS_MAX);
    return true;
}

/* A process that was stopped for a while has not heard a silence; nor has one that cannot reach the broker. */
static int64_t stand_by_on_time(struct shard *s)
{
    int64_t now = clock_mono_ms(), every_ms = s->conf.silence_ms / 3, in_ms;

    if (now - s->looked_ms > 2 * every_ms || !bus_producer_writable(s->conf.producer))
        ruler_heard(&s->ruler, now);
    s->looked_ms = now;
    in_ms = s->draining ? every_ms : ruler_claim_in_ms(&s->ruler, now, s->conf.silence_ms);
    if (in_ms == 0 && !park(s))
        shard_claim(s);
    return in_ms > 0 ? least(in_ms, every_ms) : every_ms;
}

int64_t shard_on_time(struct shard *s)
{
    int64_t in_ms = s->ruler.state == RULER_RULING ? rule_on_time(s) : stand_by_on_time(s);

    in_ms = least(in_ms, views_on_time(s->views));
    return in_ms > 1 ? in_ms : 1;
}
