#include <stdio.h>
#include <stdlib.h>
#include <utlist.h>

#include "clock.h"
#include "err.h"
#include "id.h"
#include "matchmaker_metrics.h"
#include "mem.h"
#include "shard_private.h"

struct append {          /* a record on its way into the journal */
    struct shard *shard; /* NULL: the shard that sent it is closed or has begun again */
    enum journal_type type;
    struct append *prev, *next;
};

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
        .fleeting = true,
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

void shard_forget_appends(struct shard *s)
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

void shard_read_back(struct shard *s, int64_t seq)
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

bool shard_append_ours(struct shard *s, struct journal_record *r, const struct buf *transitions)
{
    int rc;

    r->at_ms = shard_now_ms(s);
    r->position = s->position;
    r->published = *publisher_published(s->publisher);
    if (r->type == JOURNAL_SNAPSHOT)
        journal_repeat(&s->ruler.journal, r);
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
    if (!shard_append_ours(s, &r, &s->pending))
        return;
    if (!shard_all_said(s))
        s->decided_seq = r.seq;
    buf_clear(&s->pending);
    s->position_moved = false;
    metrics_add(s->conf.metrics, MM_TICKS, 1);
}

bool shard_all_said(const struct shard *s)
{
    return s->pending.len == 0 && !s->position_moved;
}

/* A part has a place of its own beside the ticks, so that a busy partition gets its snapshot too. */
static void cut_snapshot(struct shard *s)
{
    struct journal_record r;

    if (s->ruler.state != RULER_RULING || s->abdicating || !shard_all_said(s) || !s->begun ||
        s->attempt.phase != ATTEMPT_NONE || (int64_t)s->unread_count > s->conf.ticks_in_flight_max ||
        !snapshot_wanted(&s->snapshot, (size_t)s->conf.snapshot_min_bytes))
        return;
    snapshot_next(&s->snapshot, s->engine);
    ruler_next(&s->ruler, JOURNAL_SNAPSHOT, &r);
    r.part = s->snapshot.number;
    r.last = s->snapshot.whole;
    if (shard_append_ours(s, &r, &s->snapshot.part))
        snapshot_sent(&s->snapshot);
    else
        snapshot_abandon(&s->snapshot);
}

bool shard_wants_to_go(const struct shard *s)
{
    return s->ruler.state == RULER_RULING && !s->abdicating && (s->draining || s->leaving);
}

/* Once all that was taken is finished: what comes after is the successor's. */
static void abdicate(struct shard *s)
{
    static const struct buf nothing = {0};
    struct journal_record r;

    if (!shard_wants_to_go(s) || !shard_all_said(s) || s->unread_count > 0 || !publisher_idle(s->publisher) ||
        s->attempt.phase != ATTEMPT_NONE)
        return;
    ruler_next(&s->ruler, JOURNAL_ABDICATE, &r);
    r.stopping = s->draining;
    s->abdicating = shard_append_ours(s, &r, &nothing);
}

void shard_flush(struct shard *s)
{
    if (may_append(s) && !shard_all_said(s))
        cut_tick(s);
    cut_snapshot(s);
    abdicate(s);
}

void shard_claim(struct shard *s)
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

/* An empty tick, or what is pending anyway: the others hear that somebody rules. */
void shard_heartbeat(struct shard *s)
{
    if (may_append(s))
        cut_tick(s);
}
