#include "dlq_move.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#include "clock.h"
#include "dlq.h"
#include "err.h"
#include "mem.h"
#include "move_progress.h"
#include "safe_text.h"
#include "topic_log.h"

enum { WINDOW = 1000, QUEUE_MAX = 2000, TRIM_EVERY_MS = 200 };

#define WINDOW_BYTES (16 << 20)

struct moving { /* a letter that was sent */
    struct part *part;
    int64_t offset;
    size_t bytes;
    bool stays, confirmed;
    struct moving *prev, *next;
};

struct part { /* of the dead-letter topic */
    struct move *move;
    int32_t number;
    int64_t end; /* what comes later is not ours */
    bool reading, trimming;
    struct moving *line; /* in the order of offsets */
    int64_t safe, trimmed;
    int64_t trim_ms; /* monotonic: when it was last asked for */
};

struct move {
    struct kafka_tool *tool;
    const struct dlq_move_conf *conf;
    struct bus_reader *reader;
    struct bus_producer *producer;
    struct part parts[BUS_PARTITIONS_MAX];
    int64_t total, sent, moved, stayed, events; /* events: whatever happens, for the time-out */
    size_t in_flight, in_flight_bytes;
    int64_t began_ms;
    struct move_progress progress;
    bool stopping; /* nothing more is sent */
    bool failed;   /* printed why */
};

const char *dlq_move_message(const struct dlq_move_conf *conf, const struct letter *l, struct letter_again *out)
{
    const char *why = conf->to == TOPIC_COUNT ? letter_to_source(out, l) : letter_to(out, l, conf->to);

    if (why == NULL && out->message.topic == conf->topic)
        return "it came from the topic it is in";
    return why;
}

void dlq_move_say_stays(const struct letter *l, const char *why)
{
    char id[LETTER_ID_SIZE];
    struct buf source = {0};

    safe_text_line(&source, l->source_topic, strlen(l->source_topic), sizeof(l->source_topic));
    (void)fprintf(stderr, "stays: %s: %s", letter_id(l->record, id), why);
    if (l->value_bytes >= 0 && l->source_offset >= 0)
        (void)fprintf(stderr, "; it is at %s %" PRId64 ":%" PRId64, source.data, l->source_partition, l->source_offset);
    (void)fputc('\n', stderr);
    buf_free(&source);
}

/* ---- how much at once -------------------------------------------------------------------------------------------- */

static bool is_over(const struct move *m)
{
    return m->stopping || (m->conf->max > 0 && m->sent >= m->conf->max);
}

static bool is_early(const struct move *m)
{
    return m->conf->rate > 0 && (double)m->sent >= 1 + m->conf->rate * (double)(clock_mono_ms() - m->began_ms) / 1000;
}

static void set_hold(struct move *m)
{
    bus_reader_hold(m->reader,
                    is_over(m) || is_early(m) || m->in_flight >= WINDOW || m->in_flight_bytes >= WINDOW_BYTES);
}

/* ---- confirmed, deleted ------------------------------------------------------------------------------------------ */

static void advance(struct part *p)
{
    struct moving *head;

    while ((head = p->line) != NULL && head->confirmed) {
        p->safe = head->offset + 1;
        DL_DELETE(p->line, head);
        free(head);
    }
}

static void on_delivered(void *arg, int err, int32_t partition, int64_t offset)
{
    struct moving *l = arg;
    struct move *m = l->part->move;

    (void)partition;
    (void)offset;
    m->in_flight--;
    m->in_flight_bytes -= l->bytes;
    m->events++;
    if (err != 0) {
        if (err != ERR_CLOSED && !m->failed)
            (void)kafka_tool_fail(m->tool, "letter %" PRId32 ":%" PRId64 " was refused: %s", l->part->number, l->offset,
                                  err_str(err));
        m->failed = true;
        return;
    }
    *(l->stays ? &m->stayed : &m->moved) += 1;
    l->confirmed = true;
    advance(l->part);
}

static void on_trimmed(void *arg, int err)
{
    struct part *p = arg;

    p->trimming = false;
    p->move->events++;
    if (err == ERR_CLOSED)
        return;
    if (err != 0) {
        (void)kafka_tool_fail(p->move->tool, "what was sent could not be deleted: it will be sent again");
        p->move->failed = true;
    }
}

static void trim(struct part *p, int64_t now_ms)
{
    if (p->trimming || p->safe <= p->trimmed || now_ms - p->trim_ms < TRIM_EVERY_MS)
        return;
    p->trimming = true;
    p->trimmed = p->safe;
    p->trim_ms = now_ms;
    bus_trim(p->move->producer, p->move->conf->topic, p->number, p->safe, on_trimmed, p);
}

/* ---- sent -------------------------------------------------------------------------------------------------------- */

static void part_read(struct part *p)
{
    if (p->reading)
        bus_reader_remove(p->move->reader, p->move->conf->topic, p->number);
    p->reading = false;
}

static int send_letter(struct move *m, const struct letter *l, struct moving *moving)
{
    struct letter_again again;
    const char *why = dlq_move_message(m->conf, l, &again);
    int rc = why == NULL ? bus_send(m->producer, &again.message, on_delivered, moving) : ERR_INVALID;

    if (rc == ERR_TOO_LARGE)
        why = "it is larger than the topic takes";
    if (why == NULL)
        return rc;
    moving->stays = true;
    rc = letter_put_back(&again, l) ? bus_send(m->producer, &again.message, on_delivered, moving) : ERR_TOO_LARGE;
    dlq_move_say_stays(l, why);
    return rc;
}

static void on_record(void *arg, const struct bus_record *r)
{
    struct move *m = arg;
    struct part *p = &m->parts[r->partition];
    struct moving *moving;
    struct letter l;

    m->events++;
    if (r->offset >= p->end) {
        part_read(p);
        return;
    }
    letter_read(&l, r);
    moving = MEM_NEW(struct moving);
    *moving = (struct moving){.part = p, .offset = r->offset, .bytes = r->value_len};
    if (send_letter(m, &l, moving) != 0) {
        (void)kafka_tool_fail(m->tool, "letter %" PRId32 ":%" PRId64 " can be neither sent nor put back", r->partition,
                              r->offset);
        m->failed = true;
        free(moving);
        return;
    }
    DL_APPEND(p->line, moving);
    m->sent++;
    m->in_flight++;
    m->in_flight_bytes += moving->bytes;
    if (r->offset + 1 >= p->end)
        part_read(p);
    set_hold(m); /* at once: the next one may be too early */
}

static void on_end(void *arg, enum topic_id topic, int32_t partition, int64_t next_offset)
{
    struct move *m = arg;

    (void)topic;
    (void)next_offset;
    part_read(&m->parts[partition]); /* there is nothing more, whatever was there at the start */
}

/* Another redrive, or a purge, was here before us. */
static void on_lost(void *arg, enum topic_id topic, int32_t partition, enum bus_lost why, const char *reason)
{
    struct move *m = arg;

    if (why == BUS_LOST_POSITION) {
        bus_reader_add(m->reader, topic, partition, BUS_BEGINNING);
        return;
    }
    (void)kafka_tool_fail(m->tool, "partition %" PRId32 ": %s", partition, reason);
    m->parts[partition].reading = false;
    m->failed = true;
}

/* ---- until it is done -------------------------------------------------------------------------------------------- */

static int64_t left(const struct move *m)
{
    int64_t n = m->total - m->moved - m->stayed;

    return n > 0 ? n : 0; /* what stays is counted once more by who looks again */
}

/* True when nothing of it is under way. */
static bool see_to_parts(struct move *m, bool *reading)
{
    int64_t now_ms = clock_mono_ms();
    bool idle = m->in_flight == 0;

    *reading = false;
    for (int32_t i = 0; i < topic_defs[m->conf->topic].partitions; i++) {
        struct part *p = &m->parts[i];

        trim(p, now_ms);
        idle = idle && !p->trimming && p->trimmed >= p->safe;
        *reading = *reading || p->reading;
    }
    return idle;
}

static bool is_done(void *arg, int64_t *progress)
{
    struct move *m = arg;
    bool reading, idle = see_to_parts(m, &reading);

    set_hold(m);
    move_progress_show(&m->progress, m->moved + m->stayed, left(m), clock_mono_ms());
    *progress = m->events + (idle && is_early(m) ? clock_mono_ms() : 0); /* it waits by its own will */
    return m->failed || (idle && (!reading || is_over(m)));
}

static void on_state(void *arg, bool ready, const char *reason)
{
    struct move *m = arg;

    (void)snprintf(m->progress.trouble, sizeof(m->progress.trouble), "%s", ready ? "" : reason);
}

static void on_fatal(void *arg, const char *reason)
{
    struct move *m = arg;

    (void)kafka_tool_fail(m->tool, "%s", reason);
    m->failed = true;
}

static int open_clients(struct move *m)
{
    const enum topic_id topics[] = {TOPIC_QUEUE, TOPIC_EVENTS, m->conf->topic,
                                    m->conf->to == TOPIC_COUNT ? m->conf->topic : m->conf->to};
    const struct bus_producer_conf producer = {.bus = &m->tool->bus,
                                               .queue_max_messages = QUEUE_MAX,
                                               .linger_ms = 5,
                                               .topics = topics,
                                               .topic_count = sizeof(topics) / sizeof(topics[0]),
                                               .on_state = on_state,
                                               .on_fatal = on_fatal,
                                               .arg = m};
    const struct bus_reader_conf reader = {.bus = &m->tool->bus,
                                           .name = "letters",
                                           .on_record = on_record,
                                           .on_end = on_end,
                                           .on_lost = on_lost,
                                           .arg = m};
    int rc = bus_producer_open(&m->producer, &m->tool->loop, &producer);

    return rc == 0 ? bus_reader_open(&m->reader, &m->tool->loop, &reader) : rc;
}

static void begin(struct move *m, const struct bus_bounds *bounds)
{
    for (int32_t i = 0; i < topic_defs[m->conf->topic].partitions; i++) {
        struct part *p = &m->parts[i];

        *p = (struct part){.move = m, .number = i, .end = bounds[i].end, .reading = bounds[i].end > bounds[i].start};
        m->total += bounds[i].end - bounds[i].start;
        if (p->reading)
            bus_reader_add(m->reader, m->conf->topic, i, bounds[i].start);
    }
    if (m->conf->max > 0 && m->conf->max < m->total)
        m->total = m->conf->max;
    m->began_ms = clock_mono_ms();
    m->progress.began_ms = m->began_ms;
}

static int run(struct move *m)
{
    bool done = kafka_tool_wait(m->tool, is_done, m);
    bool interrupted = m->tool->interrupted;

    if (!done && interrupted) { /* what is under way arrives, and is deleted */
        m->stopping = true;
        m->tool->interrupted = false;
        done = kafka_tool_wait(m->tool, is_done, m);
    }
    move_progress_end(&m->progress);
    if (!done)
        return kafka_tool_fail(m->tool, "brokers %s: no answer%s%s", m->tool->conf->brokers,
                               m->progress.trouble[0] != '\0' ? ": " : "", m->progress.trouble);
    return m->failed ? 1 : interrupted ? DLQ_INTERRUPTED : 0;
}

static void free_lines(struct move *m)
{
    for (size_t i = 0; i < BUS_PARTITIONS_MAX; i++) {
        struct moving *l;

        while ((l = m->parts[i].line) != NULL) {
            DL_DELETE(m->parts[i].line, l);
            free(l);
        }
    }
}

static bool find_bounds(struct kafka_tool *t, enum topic_id topic, struct bus_bounds *out)
{
    struct topic_log *log = topic_log_open(t);
    bool found = log != NULL && topic_log_bounds(log, topic, out);

    topic_log_close(&log);
    return found;
}

int dlq_move(struct kafka_tool *t, const struct dlq_move_conf *conf, struct dlq_moved *out)
{
    struct move *m = MEM_NEW(struct move);
    struct bus_bounds bounds[BUS_PARTITIONS_MAX];
    int rc = 1;

    m->tool = t;
    m->conf = conf;
    if (find_bounds(t, conf->topic, bounds) && open_clients(m) == 0) {
        begin(m, bounds);
        rc = run(m);
    }
    bus_reader_close(&m->reader);
    bus_producer_close(&m->producer);
    *out = (struct dlq_moved){m->moved, m->stayed, left(m)};
    free_lines(m);
    free(m);
    return rc;
}
