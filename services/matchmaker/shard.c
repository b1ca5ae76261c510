#include "shard.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#include "clock.h"
#include "decision.h"
#include "err.h"
#include "id.h"
#include "intake.h"
#include "log.h"
#include "matchmaker_metrics.h"
#include "mem.h"
#include "mm_engine.h"
#include "publisher.h"
#include "ruler.h"
#include "snapshot.h"
#include "views.h"

#define TIMERS_A_STEP 64                              /* tickets; each makes one transition or two */
#define TIMERS_A_TURN 1024                            /* of the loop */
#define GOING_LOOK_MS 5                               /* what was published may have arrived */
#define UNREAD_MAX    (SHARD_TICKS_IN_FLIGHT_MAX + 1) /* ticks, and a part of a snapshot */

struct append {          /* a record on its way into the journal */
    struct shard *shard; /* NULL: the shard that sent it is closed or has begun again */
    enum journal_type type;
    struct append *prev, *next;
};

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
    bool draining;
    bool leaving;        /* the group gave the partition to another process */
    bool abdicating;     /* we have appended our last record */
    int64_t trimmed;     /* offset; the log was asked to begin there */
    int64_t looked_ms;   /* monotonic: when we last looked whether somebody rules */
    const char *refusal; /* why nobody may rule here; NULL: no such thing */
    struct snapshot snapshot;
    int64_t part;                     /* of the snapshot under way that was appended last */
    int64_t clock_ms;                 /* the partition's time, as last used; never goes back (J10) */
    int64_t clock_offset_ms;          /* the broker's clock at our reign, less the monotonic one */
    int64_t ticked_ms;                /* monotonic: when the last tick was appended */
    struct append *deliveries;        /* appended, delivery not yet reported */
    struct unread unread[UNREAD_MAX]; /* a ring, oldest at unread_first */
    size_t unread_first, unread_count;
    struct log_limit dead_log, void_log;
};

static int64_t now_ms(struct shard *s)
{
    int64_t now = clock_mono_ms() + s->clock_offset_ms;

    if (now > s->clock_ms)
        s->clock_ms = now;
    return s->clock_ms;
}

/* ---- appending --------------------------------------------------------------------------------------------------- */

static void shard_restart(struct shard *s);

static void on_appended(void *arg, int err, int32_t partition, int64_t offset)
{
    struct append *a = arg;
    struct shard *s = a->shard;

    (void)partition;
    (void)offset;
    if (s != NULL)
        DL_DELETE(s->deliveries, a);
    if (s != NULL && err != 0 && err != ERR_CLOSED) {
        log_error("journal_append_failed partition=%d error=\"%s\"", (int)s->conf.partition, err_str(err));
        if (a->type == JOURNAL_REIGN)
            ruler_claim_failed(&s->ruler, clock_mono_ms());
        else
            shard_restart(s);
    }
    free(a);
}

static int append(struct shard *s, enum journal_type type)
{
    struct append *a = MEM_NEW(struct append);
    const struct bus_message m = {
        .topic = TOPIC_JOURNAL,
        .partition = s->conf.partition,
        .value = s->record.data,
        .value_len = s->record.len,
    };
    int rc;

    *a = (struct append){.shard = s, .type = type};
    rc = bus_send(s->conf.producer, &m, on_appended, a);
    if (rc == 0)
        DL_APPEND(s->deliveries, a);
    else
        free(a);
    return rc;
}

/* After this, reports of what was appended before concern nobody. */
static void forget_appends(struct shard *s)
{
    struct append *a, *next;

    DL_FOREACH_SAFE (s->deliveries, a, next) {
        a->shard = NULL;
    }
    s->deliveries = NULL;
}

static void unread_push(struct shard *s, int64_t seq)
{
    size_t i = (s->unread_first + s->unread_count) % UNREAD_MAX;

    ASSERT(s->unread_count < UNREAD_MAX);
    s->unread[i] = (struct unread){seq, clock_mono_us()};
    s->unread_count++;
}

static void unread_pop(struct shard *s, int64_t seq)
{
    while (s->unread_count > 0 && s->unread[s->unread_first].seq <= seq) {
        double took_s = (double)(clock_mono_us() - s->unread[s->unread_first].appended_us) / 1e6;

        metrics_observe(s->conf.metrics, MM_TICK_ROUND_TRIP, took_s);
        s->unread_first = (s->unread_first + 1) % UNREAD_MAX;
        s->unread_count--;
    }
}

static bool may_append(const struct shard *s)
{
    return s->ruler.state == RULER_RULING && !s->abdicating && (int64_t)s->unread_count < s->conf.ticks_in_flight_max;
}

/* Appends a record of our reign, with our view of the world in its head. False: the producer's queue is full. */
static bool append_ours(struct shard *s, struct journal_record *r, const struct buf *transitions)
{
    int rc;

    r->at_ms = now_ms(s);
    r->position = s->position;
    r->published = *publisher_published(s->publisher);
    buf_clear(&s->record);
    journal_encode(r, transitions->data != NULL ? transitions->data : "", transitions->len, &s->record);
    rc = append(s, r->type);
    ASSERT(rc != ERR_TOO_LARGE); /* what is pending is bounded well below what the topic takes */
    if (rc != 0) {
        ruler_unsent(&s->ruler); /* the next turn tries again */
        return false;
    }
    unread_push(s, r->seq);
    s->ticked_ms = clock_mono_ms();
    return true;
}

/* Appends what was decided since the last tick as one record: it counts whole or not at all. */
static void cut_tick(struct shard *s)
{
    struct journal_record r;

    ruler_next(&s->ruler, JOURNAL_TICK, &r);
    if (!append_ours(s, &r, &s->pending))
        return;
    buf_clear(&s->pending);
    s->position_moved = false;
    metrics_add(s->conf.metrics, MM_TICKS, 1);
}

static bool all_is_said(const struct shard *s)
{
    return s->pending.len == 0 && !s->position_moved;
}

/* A part has a place of its own beside the ticks, so that a busy partition gets its snapshot too. */
static void cut_snapshot(struct shard *s)
{
    struct journal_record r;

    if (s->ruler.state != RULER_RULING || s->abdicating || !all_is_said(s) ||
        (int64_t)s->unread_count > s->conf.ticks_in_flight_max ||
        !snapshot_wanted(&s->snapshot, (size_t)s->conf.snapshot_min_bytes))
        return;
    snapshot_next(&s->snapshot, s->engine);
    ruler_next(&s->ruler, JOURNAL_SNAPSHOT, &r);
    r.part = ++s->part;
    r.last = s->snapshot.whole;
    if (append_ours(s, &r, &s->snapshot.part)) {
        snapshot_sent(&s->snapshot, s->engine);
        s->part = r.last ? 0 : s->part;
    } else {
        s->part--;
    }
}

static bool wants_to_go(const struct shard *s)
{
    return s->ruler.state == RULER_RULING && !s->abdicating && (s->draining || s->leaving);
}

/* Once all that was taken is finished: what comes after is the successor's. */
static void abdicate(struct shard *s)
{
    static const struct buf nothing = {0};
    struct journal_record r;

    if (!wants_to_go(s) || !all_is_said(s) || s->unread_count > 0 || !publisher_idle(s->publisher))
        return;
    ruler_next(&s->ruler, JOURNAL_ABDICATE, &r);
    r.stopping = s->draining;
    s->abdicating = append_ours(s, &r, &nothing);
}

static void flush(struct shard *s)
{
    if (may_append(s) && !all_is_said(s))
        cut_tick(s);
    cut_snapshot(s);
    abdicate(s);
}

static void claim(struct shard *s)
{
    struct journal_record r;
    uint8_t random[(JOURNAL_NONCE_SIZE - 1) / 2];
    char nonce[JOURNAL_NONCE_SIZE];

    id_random(random, sizeof(random));
    for (size_t i = 0; i < sizeof(random); i++)
        snprintf(nonce + 2 * i, 3, "%02x", random[i]);
    ruler_claim(&s->ruler, nonce, s->conf.instance, clock_wall_ms(), &r);
    buf_clear(&s->record);
    journal_encode(&r, "", 0, &s->record);
    if (append(s, JOURNAL_REIGN) != 0)
        ruler_claim_failed(&s->ruler, clock_mono_ms());
}

/* ---- deciding ---------------------------------------------------------------------------------------------------- */

static void on_transition(void *arg, const struct mm_transition *t)
{
    struct shard *s = arg;

    if (s->pending.len > 0)
        buf_str(&s->pending, ",");
    mm_transition_encode(t, &s->pending);
}

static bool pending_is_full(const struct shard *s)
{
    return s->pending.len >= (size_t)s->conf.tick_max_bytes;
}

/* A few tickets at a time, so that a tick stays small however many are due, and so does a turn of the loop. */
static void run_timers(struct shard *s, int64_t max)
{
    int64_t now = now_ms(s);

    for (int64_t n = 0; n < max && mm_engine_due_ms(s->engine) <= now; n += TIMERS_A_STEP) {
        if (pending_is_full(s))
            flush(s);
        if (pending_is_full(s))
            return;
        mm_engine_tick(s->engine, now, TIMERS_A_STEP);
    }
}

static void dead_letter(struct shard *s, const struct bus_record *r, const char *reason)
{
    log_warn_limited(&s->dead_log, "command_malformed partition=%" PRId32 " offset=%" PRId64 " reason=\"%s\"",
                     r->partition, r->offset, reason);
    publisher_offer(s->publisher, r);
    on_transition(s, &(struct mm_transition){.kind = MM_DEAD_LETTER, .offset = r->offset, .reason = reason});
}

static void decide(struct shard *s, const struct bus_record *r)
{
    struct intake in;
    char error[MM_ERROR_SIZE];

    metrics_add(s->conf.metrics, MM_COMMANDS, 1);
    if (r->timestamp_ms > s->clock_ms)
        s->clock_ms = r->timestamp_ms; /* no ticket is younger than the clock */
    if (intake_read(&in, r, error) != 0) {
        dead_letter(s, r, error);
        return;
    }
    run_timers(s, TIMERS_A_STEP); /* what was due before the command happened before it */
    mm_engine_apply(s->engine, now_ms(s), &in.command);
    mm_command_clear(&in.command);
}

void shard_on_command(struct shard *s, const struct bus_record *r)
{
    if (s->ruler.state != RULER_RULING || s->draining || s->leaving || s->abdicating)
        return;
    if (r->offset < s->position) { /* read again for a dead letter that our predecessor did not get to send */
        if (r->offset == publisher_wants_offset(s->publisher))
            publisher_offer(s->publisher, r);
        return;
    }
    decide(s, r);
    s->position = r->offset + 1;
    s->position_moved = true;
    if (pending_is_full(s))
        flush(s);
}

void shard_on_batch(struct shard *s)
{
    flush(s);
}

bool shard_full(const struct shard *s)
{
    return s->ruler.state == RULER_RULING && (pending_is_full(s) || publisher_full(s->publisher));
}

/* ---- what is read back ------------------------------------------------------------------------------------------- */

static void set_up(struct shard *s)
{
    s->engine = mm_engine_new(s->conf.catalog, s->conf.partition, on_transition, s);
    s->publisher = publisher_new(&(struct publisher_conf){
        .producer = s->conf.producer,
        .store = s->conf.store,
        .views = s->views,
        .metrics = s->conf.metrics,
        .source = s->source,
        .partition = s->conf.partition,
        .on_refused = s->conf.on_refused,
        .arg = s->conf.arg,
    });
    bus_reader_add(s->conf.journal, TOPIC_JOURNAL, s->conf.partition, BUS_BEGINNING);
}

static void tear_down(struct shard *s)
{
    bus_reader_remove(s->conf.journal, TOPIC_JOURNAL, s->conf.partition);
    bus_reader_remove(s->conf.queue, TOPIC_QUEUE, s->conf.partition);
    forget_appends(s);
    snapshot_abandon(&s->snapshot, s->engine);
    publisher_free(&s->publisher);
    views_reign_end(s->views);
    mm_engine_free(&s->engine);
}

/* What we hold in memory is ahead of the journal, or of another one, and worth nothing. */
static void shard_restart(struct shard *s)
{
    metrics_add(s->conf.metrics, MM_REPLAYS, 1);
    tear_down(s);
    ruler_restart(&s->ruler, clock_mono_ms());
    buf_clear(&s->pending);
    s->snapshot = (struct snapshot){0};
    s->position = s->trimmed = s->part = 0;
    s->position_moved = s->leaving = s->abdicating = false;
    s->unread_count = 0;
    set_up(s);
}

/* We rule no more, and what we hold is what the journal says. */
static void follow_in_place(struct shard *s)
{
    bus_reader_remove(s->conf.queue, TOPIC_QUEUE, s->conf.partition);
    publisher_disable(s->publisher);
    views_reign_end(s->views);
    snapshot_abandon(&s->snapshot, s->engine);
    s->leaving = s->abdicating = false;
    s->unread_count = 0;
    s->part = 0;
}

static void step_down(struct shard *s)
{
    bool in_place = ruler_unread(&s->ruler) == 0 && all_is_said(s) && publisher_idle(s->publisher);

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

static void read_queue(struct shard *s)
{
    int64_t wanted = publisher_wants_offset(s->publisher);

    bus_reader_add(s->conf.queue, TOPIC_QUEUE, s->conf.partition,
                   s->position == 0 ? BUS_BEGINNING : (wanted < s->position ? wanted : s->position));
}

static void begin_reign(struct shard *s, const struct bus_record *r)
{
    const struct journal *j = &s->ruler.journal;

    s->clock_offset_ms = r->timestamp_ms - clock_mono_ms();
    s->clock_ms = j->at_ms > r->timestamp_ms ? j->at_ms : r->timestamp_ms;
    s->position = j->position;
    s->ticked_ms = clock_mono_ms();
    mm_engine_seed(s->engine, id_hash(s->ruler.nonce, sizeof(s->ruler.nonce)));
    log_info("reign_begin partition=%d epoch=%lld position=%lld waiting=%zu", (int)s->conf.partition,
             (long long)j->epoch, (long long)s->position, mm_engine_waiting(s->engine));
    read_queue(s);
    publisher_enable(s->publisher);
    views_reign(s->views, s->engine, j);
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

/* J7: what two snapshots cover, and is published, is not needed by anybody. */
static void trim(struct shard *s)
{
    int64_t offset = journal_trim_offset(&s->ruler.journal);

    if (offset <= s->trimmed)
        return;
    s->trimmed = offset;
    bus_trim(s->conf.producer, TOPIC_JOURNAL, s->conf.partition, offset);
}

static void act(struct shard *s, struct decision **d)
{
    unread_pop(s, (*d)->record.seq);
    if ((*d)->record.type == JOURNAL_TICK) {
        publisher_add(s->publisher, s->ruler.journal.incarnation, *d, true);
        *d = NULL;
    } else if ((*d)->record.last) {
        metrics_add(s->conf.metrics, MM_SNAPSHOTS, 1);
        log_info("snapshot partition=%d waiting=%zu bytes=%zu", (int)s->conf.partition, mm_engine_waiting(s->engine),
                 s->snapshot.part_bytes);
    }
    trim(s);
    flush(s);
}

static void refuse(struct shard *s)
{
    s->refusal = "refused: its journal does not begin with a snapshot, what was before is lost";
    log_error("journal_refused partition=%d action=\"restore the topic %s, or delete and create it to begin with "
              "nothing\": its first records were deleted by somebody else than the matchmaker",
              (int)s->conf.partition, topic_defs[TOPIC_JOURNAL].name);
}

static void abdicated(struct shard *s)
{
    log_info("abdicated partition=%d epoch=%lld", (int)s->conf.partition, (long long)s->ruler.claim_epoch);
    follow_in_place(s);
}

/* Void for every reader. If we wrote it we are deposed by our own hand (J3): what we hold is not what the journal says. */
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

void shard_on_journal_end(struct shard *s, int64_t next_offset)
{
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

/* Older commands than the queue keeps are too old to be taken (J11); offsets of another log say nothing. */
void shard_on_queue_lost(struct shard *s, const char *reason)
{
    log_error("queue_place_lost partition=%d position=%lld action=\"read from the log's start\": %s",
              (int)s->conf.partition, (long long)s->position, reason);
    s->position = 0;
    bus_reader_add(s->conf.queue, TOPIC_QUEUE, s->conf.partition, BUS_BEGINNING);
}

/* ---- time -------------------------------------------------------------------------------------------------------- */

static int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static int64_t heartbeat_in_ms(const struct shard *s)
{
    return s->ticked_ms + s->conf.silence_ms / 3 - clock_mono_ms();
}

static int64_t rule_on_time(struct shard *s)
{
    int64_t due_in_ms;

    run_timers(s, TIMERS_A_TURN);
    publisher_pump(s->publisher);
    flush(s);
    if (heartbeat_in_ms(s) <= 0 && may_append(s))
        cut_tick(s);
    if (wants_to_go(s))
        return GOING_LOOK_MS;
    due_in_ms = mm_engine_due_ms(s->engine);
    if (due_in_ms != INT64_MAX)
        due_in_ms -= now_ms(s);
    return least(due_in_ms, least(heartbeat_in_ms(s), s->conf.silence_ms / 3));
}

/* A process that was stopped for a while has not heard a silence; nor has one that cannot reach the broker. */
static int64_t stand_by_on_time(struct shard *s)
{
    int64_t now = clock_mono_ms(), every_ms = s->conf.silence_ms / 3, in_ms;

    if (now - s->looked_ms > 2 * every_ms || !bus_producer_ready(s->conf.producer))
        ruler_heard(&s->ruler, now);
    s->looked_ms = now;
    in_ms = s->draining ? every_ms : ruler_claim_in_ms(&s->ruler, now, s->conf.silence_ms);
    if (in_ms == 0)
        claim(s);
    return in_ms > 0 ? least(in_ms, every_ms) : every_ms;
}

int64_t shard_on_time(struct shard *s)
{
    int64_t in_ms = s->ruler.state == RULER_RULING ? rule_on_time(s) : stand_by_on_time(s);

    in_ms = least(in_ms, views_on_time(s->views));
    return in_ms > 1 ? in_ms : 1;
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
    set_up(s);
    return s;
}

void shard_close(struct shard **sp)
{
    struct shard *s = *sp;

    if (s == NULL)
        return;
    tear_down(s);
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
    ruler_assign(&s->ruler, assigned);
    if (s->ruler.state != RULER_RULING || s->abdicating || s->leaving == !assigned)
        return;
    s->leaving = !assigned;
    if (assigned)
        read_queue(s);
    else
        bus_reader_remove(s->conf.queue, TOPIC_QUEUE, s->conf.partition);
    flush(s);
}

void shard_drain(struct shard *s)
{
    s->draining = true;
    flush(s);
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
    return s->ruler.state == RULER_STANDBY && !s->ruler.assigned;
}

bool shard_replayed(const struct shard *s)
{
    return s->ruler.state != RULER_REPLAYING;
}

bool shard_ruling(const struct shard *s)
{
    return s->ruler.state == RULER_RULING;
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
