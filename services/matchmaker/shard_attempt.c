#include "clock.h"
#include "matchmaker_metrics.h"
#include "shard_private.h"

#define COMMAND_KEEP_MAX 4194304 /* bytes of a value: what is larger is no command, whatever it says */
#define STATE_EVERY_MS   100     /* so that a careful partition with much due does not hold up the others */

void shard_attempt_state(struct shard *s)
{
    int64_t now = clock_mono_ms();

    if (s->attempt.phase != ATTEMPT_NONE || now < s->state_next_ms || shard_wants_to_go(s))
        return;
    if (s->begun && mm_engine_due_ms(s->engine) > shard_now_ms(s))
        return;
    s->state_next_ms = now + STATE_EVERY_MS;
    attempt_want(s->conf.line, &s->attempt, NULL);
}

void shard_attempt_command(struct shard *s, const struct bus_record *r)
{
    attempt_want(s->conf.line, &s->attempt, bus_record_keep(r, COMMAND_KEEP_MAX));
    shard_attempt_go_on(s);
}

/* The others have died of it: it is not looked at again. */
static bool is_convicted(const struct shard *s, const struct bus_record *command)
{
    return command != NULL && journal_attempts_at(&s->ruler.journal, command->offset) >= JOURNAL_ATTEMPTS_MAX;
}

static void announce(struct shard *s)
{
    static const struct buf nothing = {0};
    struct attempt *a = &s->attempt;
    struct journal_record r;

    ruler_next(&s->ruler, JOURNAL_ATTEMPT, &r);
    r.command = a->command != NULL ? a->command->offset : JOURNAL_STATE;
    if (!shard_append_ours(s, &r, &nothing))
        return;
    a->seq = r.seq;
    a->phase = ATTEMPT_ANNOUNCED;
    metrics_add(s->conf.metrics, MM_ATTEMPTS, 1);
}

/* Only when all we have said before was read back: then the count is right, and nothing of ours is under way but
 * this. */
static void take_turn(struct shard *s)
{
    struct attempt *a = &s->attempt;

    if (!attempt_has_turn(s->conf.line, a) || s->unread_count > 0)
        return;
    if (!is_convicted(s, a->command)) {
        announce(s);
        return;
    }
    a->phase = ATTEMPT_HANDLED;
    shard_convict(s, a->command);
}

static void handle(struct shard *s)
{
    s->attempt.phase = ATTEMPT_HANDLED;
    if (s->attempt.command != NULL) {
        shard_take(s, s->attempt.command);
        return;
    }
    if (!s->begun)
        shard_begin(s);
    shard_run_timers(s);
}

/* Whatever came of it, a tick says so: an attempt with nothing behind it is a death. */
static void finish(struct shard *s)
{
    struct attempt *a = &s->attempt;

    shard_flush(s);
    if (a->command == NULL && s->ruler.next_seq == a->seq + 1)
        shard_heartbeat(s);
    if (shard_all_said(s) && s->unread_count == 0)
        attempt_end(s->conf.line, a);
}

void shard_attempt_go_on(struct shard *s)
{
    struct attempt *a = &s->attempt;

    if (a->phase == ATTEMPT_WAITING && shard_wants_to_go(s))
        attempt_end(s->conf.line, a); /* nothing is said of it yet: it is the successor's */
    if (a->phase == ATTEMPT_WAITING)
        take_turn(s);
    if (a->phase == ATTEMPT_ANNOUNCED && s->ruler.journal.seq >= a->seq)
        handle(s);
    if (a->phase == ATTEMPT_HANDLED)
        finish(s);
}
