#include <inttypes.h>
#include <string.h>

#include "clock.h"
#include "decision.h"
#include "id.h"
#include "matchmaker_metrics.h"
#include "shard_private.h"

#define LOG_REPLAY_BYTES 1000000
#define TRIM_AFTER_MS    10000 /* for followers: who is late by less keeps their place */

void shard_set_up(struct shard *s)
{
    s->engine = mm_engine_new(s->conf.catalog, s->conf.partition, shard_on_transition, s);
    s->publisher = publisher_new(&(struct publisher_conf){
        .producer = s->conf.producer,
        .store = s->conf.store,
        .views = s->views,
        .metrics = s->conf.metrics,
        .catalog = s->conf.catalog,
        .source = s->source,
        .partition = s->conf.partition,
        .on_refused = s->conf.on_refused,
        .arg = s->conf.arg,
    });
    s->set_up_ms = clock_mono_ms();
    bus_reader_add(s->conf.journal, TOPIC_JOURNAL, s->conf.partition, BUS_BEGINNING);
}

void shard_tear_down(struct shard *s)
{
    bus_reader_remove(s->conf.journal, TOPIC_JOURNAL, s->conf.partition);
    bus_reader_remove(s->conf.queue, TOPIC_QUEUE, s->conf.partition);
    shard_forget_appends(s);
    attempt_end(s->conf.line, &s->attempt);
    snapshot_abandon(&s->snapshot);
    publisher_free(&s->publisher);
    views_reign_end(s->views);
    mm_engine_free(&s->engine);
}

void shard_restart(struct shard *s)
{
    metrics_add(s->conf.metrics, MM_REPLAYS, 1);
    shard_tear_down(s);
    ruler_restart(&s->ruler, clock_mono_ms());
    buf_clear(&s->pending);
    s->snapshot = (struct snapshot){0};
    s->position = s->trim_offset = s->trimmed = s->decided_seq = 0;
    s->position_moved = s->begun = s->leaving = s->abdicating = false;
    s->unread_count = 0;
    s->refusal = NULL;
    shard_set_up(s);
}

/* We rule no more, and what we hold is what the journal says. */
static void follow_in_place(struct shard *s)
{
    bus_reader_remove(s->conf.queue, TOPIC_QUEUE, s->conf.partition);
    shard_forget_appends(s);
    attempt_end(s->conf.line, &s->attempt);
    publisher_disable(s->publisher);
    views_reign_end(s->views);
    snapshot_abandon(&s->snapshot);
    s->begun = s->leaving = s->abdicating = false;
    s->unread_count = 0;
}

static void step_down(struct shard *s)
{
    bool in_place = s->decided_seq <= s->ruler.journal.seq && shard_all_said(s) && publisher_idle(s->publisher);

    log_warn("stepped_down partition=%d epoch=%lld replay=%s", (int)s->conf.partition, (long long)s->ruler.claim_epoch,
             in_place ? "no" : "yes");
    metrics_add(s->conf.metrics, MM_STEPPED_DOWN, 1);
    if (!in_place) {
        shard_restart(s);
        return;
    }
    ruler_stand_by(&s->ruler, clock_mono_ms());
    follow_in_place(s);
}

static void count_void(struct shard *s, enum journal_verdict verdict)
{
    static const enum mm_metric by_verdict[] = {
        [JOURNAL_VOID_EPOCH] = MM_VOID_EPOCH,
        [JOURNAL_VOID_NONCE] = MM_VOID_NONCE,
        [JOURNAL_VOID_SEQ] = MM_VOID_SEQ,
    };

    if (verdict != JOURNAL_VALID)
        metrics_add(s->conf.metrics, by_verdict[verdict], 1);
}

/* From the last command that was taken, which shows whether it is still the same queue; or an older one's dead
 * letter. */
void shard_read_queue(struct shard *s)
{
    int64_t wanted = publisher_wants_offset(s->publisher), last = s->position - 1;

    s->reading_back = true;
    bus_reader_add(s->conf.queue, TOPIC_QUEUE, s->conf.partition,
                   s->position == 0 ? BUS_BEGINNING : (wanted < last ? wanted : last));
}

void shard_begin(struct shard *s)
{
    s->begun = true;
    if (!s->leaving)
        shard_read_queue(s);
    publisher_enable(s->publisher);
    views_reign(s->views, s->engine, &s->ruler.journal);
}

static void begin_reign(struct shard *s, const struct bus_record *r)
{
    const struct journal *j = &s->ruler.journal;

    s->clock_offset_ms = r->timestamp_ms - clock_mono_ms();
    s->clock_ms = j->at_ms > r->timestamp_ms ? j->at_ms : r->timestamp_ms;
    s->position = j->position;
    s->taken_ms = j->moved_ms;
    s->ticked_ms = clock_mono_ms();
    mm_engine_seed(s->engine, id_hash(s->ruler.nonce, sizeof(s->ruler.nonce)));
    log_info("reign_begin partition=%d epoch=%lld position=%lld waiting=%zu careful=%s", (int)s->conf.partition,
             (long long)j->epoch, (long long)s->position, mm_engine_waiting(s->engine),
             journal_careful(j) ? "yes" : "no");
    s->state_next_ms = 0;
    if (!journal_careful(j)) {
        shard_begin(s);
        return;
    }
    shard_attempt_state(s);
    shard_attempt_go_on(s);
}

/* A valid record that somebody else wrote. What a snapshot says again has been published long ago. */
static void follow(struct shard *s, struct decision **d)
{
    const struct journal_record *r = &(*d)->record;
    struct journal_mark published = r->published;

    for (size_t i = 0; i < (*d)->count; i++)
        mm_engine_restore(s->engine, r->at_ms, &(*d)->transitions[i]);
    if (r->type == JOURNAL_TICK) {
        publisher_add(s->publisher, s->ruler.journal.incarnation, *d, false);
        *d = NULL;
    }
    publisher_mark(s->publisher, &published);
}

/* J7: what a snapshot covers, and is published, is not needed by anybody. */
static void trim(struct shard *s)
{
    int64_t offset = journal_trim_offset(&s->ruler.journal), now = clock_mono_ms();

    if (s->trim_offset <= s->trimmed && offset > s->trimmed) {
        s->trim_offset = offset;
        s->trim_ms = now + TRIM_AFTER_MS;
    }
    if (s->trim_offset <= s->trimmed || now < s->trim_ms)
        return;
    s->trimmed = s->trim_offset;
    bus_trim(s->conf.producer, TOPIC_JOURNAL, s->conf.partition, s->trimmed, NULL, NULL);
}

static void act(struct shard *s, struct decision **d)
{
    shard_read_back(s, (*d)->record.seq);
    if ((*d)->record.type == JOURNAL_TICK) {
        publisher_add(s->publisher, s->ruler.journal.incarnation, *d, true);
        *d = NULL;
    } else if ((*d)->record.last) {
        metrics_add(s->conf.metrics, MM_SNAPSHOTS, 1);
        log_info("snapshot partition=%d waiting=%zu bytes=%zu", (int)s->conf.partition, mm_engine_waiting(s->engine),
                 s->snapshot.part_bytes);
    }
    trim(s);
    shard_flush(s);
    shard_attempt_go_on(s);
}

/* J7: to rule on what is left would be to forget everybody who waits. */
static void refuse(struct shard *s)
{
    bool cut = s->ruler.journal.cut;

    s->refusal = cut ? "refused: its journal does not begin with a snapshot, what was before is lost"
                     : "refused: its journal was emptied, what was in it is lost";
    log_error("journal_refused partition=%d action=\"restore the topic %s; or delete and create it and %s, and restart "
              "the matchmakers, to begin with nothing\": %s",
              (int)s->conf.partition, topic_defs[TOPIC_JOURNAL].name, topic_defs[TOPIC_QUEUE].name,
              cut ? "its first records were deleted by somebody else than the matchmaker"
                  : "it is empty, and was not when this process read it before");
}

static void abdicated(struct shard *s)
{
    log_info("abdicated partition=%d epoch=%lld", (int)s->conf.partition, (long long)s->ruler.claim_epoch);
    follow_in_place(s);
}

/* Void for every reader. If we wrote it we are deposed by our own hand (J3): what we hold is not what the journal
 * says. */
static void on_malformed(struct shard *s, const struct bus_record *r, const char *error)
{
    bool ours = s->ruler.state == RULER_RULING &&
                memmem(r->value, r->value_len, s->ruler.nonce, JOURNAL_NONCE_SIZE - 1) != NULL;

    log_warn_limited(&s->void_log, "journal_record_void partition=%" PRId32 " offset=%" PRId64 " ours=%d reason=\"%s\"",
                     r->partition, r->offset, ours, error);
    metrics_add(s->conf.metrics, MM_VOID_MALFORMED, 1);
    if (ours)
        step_down(s);
}

/* What was read is d, and is ours to keep or to free. */
static void take(struct shard *s, const struct bus_record *r, struct decision **d)
{
    enum journal_verdict verdict;
    enum ruler_step step = ruler_read(&s->ruler, &(*d)->record, r->offset, clock_mono_ms(), &verdict);

    snapshot_read(&s->snapshot, verdict == JOURNAL_VALID ? &(*d)->record : NULL, r->value_len);
    switch (step) {
    case RULER_FOLLOW:
        follow(s, d);
        break;
    case RULER_ACT:
        act(s, d);
        break;
    case RULER_BEGIN:
        begin_reign(s, r);
        break;
    case RULER_ABDICATED:
        abdicated(s);
        break;
    case RULER_STEP_DOWN:
        step_down(s);
        break;
    case RULER_REFUSE:
        refuse(s);
        break;
    case RULER_IGNORE:
        break;
    }
    count_void(s, verdict);
}

void shard_on_journal(struct shard *s, const struct bus_record *r)
{
    char error[MM_ERROR_SIZE];
    struct decision *d = decision_read(r->value, r->value_len, error);

    ruler_begin(&s->ruler, r->offset);
    if (d == NULL) {
        snapshot_read(&s->snapshot, NULL, r->value_len);
        on_malformed(s, r, error);
        return;
    }
    take(s, r, &d);
    decision_free(&d);
}

/* Worth a line when it takes long enough to be noticed. */
static void log_replay(const struct shard *s)
{
    if (s->snapshot.log_bytes >= LOG_REPLAY_BYTES)
        log_info("replayed partition=%d bytes=%zu waiting=%zu took_ms=%" PRId64, (int)s->conf.partition,
                 s->snapshot.log_bytes, mm_engine_waiting(s->engine), clock_mono_ms() - s->set_up_ms);
}

void shard_on_journal_end(struct shard *s, int64_t next_offset)
{
    if (s->ruler.state == RULER_REPLAYING)
        log_replay(s);
    s->replayed = true;
    ruler_begin(&s->ruler, next_offset);
    if (ruler_caught_up(&s->ruler, clock_mono_ms()) == RULER_REFUSE)
        refuse(s);
}

/* The ruler has cut the log where we were reading; or it is another log. */
void shard_on_journal_lost(struct shard *s)
{
    log_warn("journal_place_lost partition=%d action=\"read again from its start\"", (int)s->conf.partition);
    shard_restart(s);
}

/* A new queue's commands are found out when they are read (shard_on_command). */
void shard_on_queue_lost(struct shard *s, enum bus_lost why)
{
    if (why == BUS_LOST_PARTITION)
        shard_read_queue(s);
    else
        bus_reader_add(s->conf.queue, TOPIC_QUEUE, s->conf.partition, BUS_BEGINNING);
}
