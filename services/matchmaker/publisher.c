#include "publisher.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#include "clock.h"
#include "dead_letter.h"
#include "err.h"
#include "event_id.h"
#include "events.h"
#include "log.h"
#include "matchmaker_metrics.h"
#include "mem.h"
#include "observe.h"
#include "waits.h"

struct tick {                /* one valid tick on its way out; freed when sent, delivered and at the head */
    struct publisher *owner; /* NULL: the publisher is gone, only deliveries are awaited */
    struct decision *decision;
    int64_t incarnation;
    size_t next;    /* transition to send next */
    int32_t index;  /* of the first event of transitions[next] in this tick (E1) */
    int32_t resume; /* events of it that are sent already */
    size_t out;     /* sent, not yet delivered */
    bool decided_now;
    bool refused; /* an event was given up: `published` never passes it */
    struct tick *prev, *next_tick;
};

#define LETTERS_MAX       1024
#define LETTERS_MAX_BYTES (16 << 20)

struct letter { /* kept until it is sent */
    struct dead_letter *dead_letter;
    struct letter *prev, *next;
};

struct publisher {
    struct publisher_conf conf;
    bool enabled;
    struct tick *ticks;   /* in journal order */
    struct tick *to_send; /* the first that is not wholly sent */
    struct letter *letters;
    size_t letter_count, letter_bytes;
    int64_t gone_before; /* offset: records that are missing before it will never come */
    struct waits *waits;
    size_t backlog;
    struct journal_mark published;
    struct buf json; /* scratch */
};

static void tick_free(struct tick *t)
{
    decision_free(&t->decision);
    free(t);
}

static void letter_forget(struct publisher *p, struct letter *l)
{
    DL_DELETE(p->letters, l);
    p->letter_count--;
    p->letter_bytes -= dead_letter_bytes(l->dead_letter);
    dead_letter_free(&l->dead_letter);
    free(l);
}

struct publisher *publisher_new(const struct publisher_conf *conf)
{
    struct publisher *p = MEM_NEW(struct publisher);

    p->conf = *conf;
    p->waits = waits_new();
    return p;
}

static void tick_forget(struct publisher *p, struct tick *t)
{
    if (p->to_send == t)
        p->to_send = t->next_tick;
    DL_DELETE2(p->ticks, t, prev, next_tick);
    p->backlog--;
    if (t->out == 0)
        tick_free(t);
    else
        t->owner = NULL; /* its last delivery report frees it */
}

void publisher_free(struct publisher **pp)
{
    struct publisher *p = *pp;

    if (p == NULL)
        return;
    while (p->ticks != NULL)
        tick_forget(p, p->ticks);
    while (p->letters != NULL)
        letter_forget(p, p->letters);
    waits_free(&p->waits);
    buf_free(&p->json);
    free(p);
    *pp = NULL;
}

void publisher_add(struct publisher *p, int64_t incarnation, struct decision *d, bool decided_now)
{
    struct tick *t = MEM_NEW(struct tick);

    *t = (struct tick){.owner = p, .decision = d, .incarnation = incarnation, .decided_now = decided_now};
    DL_APPEND2(p->ticks, t, prev, next_tick);
    p->backlog++;
    if (p->to_send == NULL)
        p->to_send = t;
    publisher_pump(p);
}

void publisher_mark(struct publisher *p, const struct journal_mark *published)
{
    p->published = *published;
    while (p->ticks != NULL && journal_mark_covers(published, p->ticks->decision->record.seq))
        tick_forget(p, p->ticks);
}

/* The head ticks that are wholly sent and delivered are published. */
static void advance(struct publisher *p)
{
    while (p->ticks != NULL && p->ticks != p->to_send && p->ticks->out == 0 && !p->ticks->refused) {
        p->published = (struct journal_mark){p->ticks->decision->record.epoch, p->ticks->decision->record.seq};
        tick_forget(p, p->ticks);
    }
}

static void on_delivered(void *arg, int err, int32_t partition, int64_t offset)
{
    struct tick *t = arg;
    struct publisher *p = t->owner;

    (void)partition;
    (void)offset;
    t->out--;
    if (p == NULL) {
        if (t->out == 0)
            tick_free(t);
    } else if (err == 0) {
        advance(p);
    } else if (err != ERR_CLOSED) {
        t->refused = true;
        log_error("publish_failed partition=%d seq=%lld error=\"%s\"", (int)p->conf.partition,
                  (long long)t->decision->record.seq, err_str(err));
        p->conf.on_refused(p->conf.arg);
    }
}

static int send_message(struct tick *t, const struct bus_message *m)
{
    int rc = bus_send(t->owner->conf.producer, m, on_delivered, t);

    if (rc == ERR_TOO_LARGE) {
        log_error("event_too_large topic=%s bytes=%zu", topic_defs[m->topic].name, m->value_len);
        return 0; /* it would never go: better named here than in the way of everything behind it */
    }
    if (rc == 0)
        t->out++;
    return rc;
}

struct sending {
    struct tick *tick;
    int32_t skip; /* events of this transition that went out before the queue was full */
};

static bool send_event(void *arg, const struct game_event *e)
{
    struct sending *s = arg;
    struct tick *t = s->tick;
    struct publisher *p = t->owner;
    char id_text[EVENT_ID_SIZE], time_text[CLOCK_RFC3339_SIZE];

    if (s->skip > 0) {
        s->skip--;
        return true;
    }
    event_id_format(&e->id, id_text);
    clock_rfc3339(t->decision->record.at_ms, time_text);

    struct bus_header headers[6] = {
        {"ce_id", id_text, strlen(id_text)},
        {"ce_type", e->type, strlen(e->type)},
        {"ce_source", p->conf.source, strlen(p->conf.source)},
        {"ce_time", time_text, strlen(time_text)},
    };
    struct bus_message m = {
        .topic = TOPIC_EVENTS,
        .partition = -1,
        .key = e->key,
        .key_len = strlen(e->key),
        .value = e->json,
        .value_len = e->json_len,
        .headers = headers,
        .header_count = 4,
    };

    if (e->connection_id[0] != '\0')
        headers[m.header_count++] = (struct bus_header){"connection_id", e->connection_id, strlen(e->connection_id)};
    if (e->request_id[0] != '\0')
        headers[m.header_count++] = (struct bus_header){"request_id", e->request_id, strlen(e->request_id)};
    if (send_message(t, &m) != 0)
        return false;
    t->resume++;
    metrics_add(p->conf.metrics, MM_EVENTS, 1);
    return true;
}

static struct letter *find_letter(const struct publisher *p, int64_t offset)
{
    struct letter *l = p->letters;

    while (l != NULL && dead_letter_offset(l->dead_letter) != offset)
        l = l->next;
    return l;
}

/* False: its record may still come. */
static bool give_up_letter(const struct publisher *p, const struct mm_transition *transition)
{
    if (transition->offset >= p->gone_before)
        return false;
    log_error("dead_letter_lost partition=%" PRId32 " offset=%" PRId64 " reason=\"%s\": its record has left the queue",
              p->conf.partition, transition->offset, transition->reason);
    metrics_add(p->conf.metrics, MM_LETTERS_LOST, 1);
    return true;
}

static bool send_dead_letter(struct tick *t, const struct mm_transition *transition)
{
    struct publisher *p = t->owner;
    struct letter *l = find_letter(p, transition->offset);
    const struct dead_letter_to to = {
        .topic = TOPIC_QUEUE_DLQ, .partition = p->conf.partition, .attempts = transition->attempts};

    if (l == NULL)
        return give_up_letter(p, transition); /* else publisher_offer brings it */
    if (dead_letter_send(l->dead_letter, transition->reason, p->conf.producer, &to, on_delivered, t) != 0)
        return false;
    t->out++;
    letter_forget(p, l);
    return true;
}

/* FlexMatch's estimate: of the moment when it is sent. */
static int64_t estimated_wait_ms(const struct publisher *p, const struct mm_transition *t)
{
    double mean_ms = t->kind == MM_TICKET ? waits_mean_ms(p->waits, t->configuration) : -1;

    return mean_ms < 0 ? -1 : (int64_t)mean_ms;
}

static bool send_events(struct tick *t, const struct mm_transition *transition)
{
    struct publisher *p = t->owner;
    struct sending s = {t, t->resume};
    struct events e = {
        .catalog = p->conf.catalog,
        .at_ms = t->decision->record.at_ms,
        .estimated_wait_ms = estimated_wait_ms(p, transition),
        .json = &p->json,
        .emit = send_event,
        .arg = &s,
        .next = {t->incarnation, t->decision->record.epoch, t->decision->record.seq, p->conf.partition, t->index},
    };

    if (!events_of(&e, transition))
        return false;
    t->index = e.next.index;
    return true;
}

static bool send_transition(struct tick *t, const struct mm_transition *transition)
{
    bool dead = transition->kind == MM_DEAD_LETTER;

    if (!(dead ? send_dead_letter : send_events)(t, transition))
        return false;
    if (t->decided_now)
        observe(t->owner->conf.metrics, t->owner->waits, transition, t->decision->record.at_ms);
    return true;
}

/* False: the producer's queue is full, or a dead letter's record is not here yet. */
static bool tick_send(struct tick *t)
{
    for (; t->next < t->decision->count; t->next++) {
        if (!send_transition(t, &t->decision->transitions[t->next]))
            return false;
        t->resume = 0;
    }
    views_add(t->owner->conf.views, t->decision);
    return true;
}

void publisher_pump(struct publisher *p)
{
    while (p->enabled && p->to_send != NULL && tick_send(p->to_send))
        p->to_send = p->to_send->next_tick;
    advance(p);
    waits_write(p->waits, p->conf.store, clock_mono_ms());
}

void publisher_enable(struct publisher *p)
{
    p->enabled = true;
    publisher_pump(p);
}

void publisher_disable(struct publisher *p)
{
    p->enabled = false;
    p->gone_before = 0; /* the next queue's offsets are others */
}

const struct journal_mark *publisher_published(const struct publisher *p)
{
    return &p->published;
}

bool publisher_idle(const struct publisher *p)
{
    return !p->enabled || p->ticks == NULL;
}

size_t publisher_backlog(const struct publisher *p)
{
    return p->backlog;
}

static int64_t first_missing(const struct publisher *p, const struct tick *t)
{
    for (size_t i = t->next; i < t->decision->count; i++) {
        const struct mm_transition *transition = &t->decision->transitions[i];

        if (transition->kind == MM_DEAD_LETTER && transition->offset >= p->gone_before &&
            find_letter(p, transition->offset) == NULL)
            return transition->offset;
    }
    return INT64_MAX;
}

int64_t publisher_wants_offset(const struct publisher *p)
{
    int64_t least = INT64_MAX;

    for (const struct tick *t = p->to_send; t != NULL; t = t->next_tick) {
        int64_t offset = first_missing(p, t);

        if (offset < least)
            least = offset;
    }
    return least;
}

void publisher_offer(struct publisher *p, const struct bus_record *r)
{
    struct letter *l;

    if (find_letter(p, r->offset) != NULL)
        return;
    l = MEM_NEW(struct letter);
    l->dead_letter = dead_letter_keep(r);
    DL_APPEND(p->letters, l);
    p->letter_count++;
    p->letter_bytes += dead_letter_bytes(l->dead_letter);
    publisher_pump(p);
}

void publisher_give_up(struct publisher *p, int64_t before)
{
    if (publisher_wants_offset(p) >= before)
        return;
    p->gone_before = before;
    publisher_pump(p);
}

bool publisher_full(const struct publisher *p)
{
    return p->letter_count >= LETTERS_MAX || p->letter_bytes >= LETTERS_MAX_BYTES;
}
