#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bus.h"
#include "bus_handle.h"
#include "clock.h"
#include "err.h"
#include "log.h"
#include "mem.h"

/*
 * Membership and reading are two handles: the member is assigned nothing as far as librdkafka knows, so that it
 * serves rebalances whatever the records do (hold), and a reader fetches what is ours. With balance_only there is no
 * reader.
 *
 * A broker that stood still may find two of our own requests to join in its buffers and take them for two processes:
 * the one that we hold the answer of is fenced, which is fatal for librdkafka's handle. So we join again, with a new
 * one. Fenced again soon after, there is another process with our instance_id, and only one may stay.
 */

enum { LOOKUP_TIMEOUT_MS = 2000, LOOKUP_PAUSE_US = 250000, METADATA_MAX = 4000, FENCED_AGAIN_MS = 60000 };

enum { GROUP_ID, INSTANCE_ID, BROKERS, EXTRA, CLIENT_ID, TEXT_COUNT };

struct bus_group {
    struct bus_group_conf conf;
    struct bus_conf bus;
    char *texts[TEXT_COUNT]; /* conf's and bus's */
    uv_loop_t *loop;         /* not owned */
    uv_timer_t again;        /* active: the member is to be replaced */
    int64_t fenced_ms;       /* monotonic; 0: never */
    struct bus_handle *member;
    struct bus_reader *reader;                /* NULL: balance_only */
    rd_kafka_topic_partition_list_t *pending; /* ours, but the committed positions are not known yet; or NULL */
    uint64_t owned;                           /* a bit a partition: on_assign was called */
    uint64_t rewinding;                       /* of owned: not read until the broker has said where `since` is */
    uint64_t gone;                            /* of owned: with its topic; nothing is committed */
    uint64_t held;                            /* of owned: not read until it is held no more */
    int64_t since_ms[BUS_PARTITIONS_MAX];
    int64_t committed[BUS_PARTITIONS_MAX]; /* of owned; -1: nothing was */
    int64_t next[BUS_PARTITIONS_MAX];      /* of owned: to be read, maybe BUS_BEGINNING */
    uint64_t generation;                   /* of what is to be looked up: an answer for an older one is void */
    rd_kafka_resp_err_t lookup_fault;      /* of the last one; logged when it is another than before */
    bool joined, failed, stopping;
};

/* A question to the broker about places in the topic: librdkafka writes the answers into the list. */
struct lookup {
    struct bus_group *group;
    uint64_t generation;
    rd_kafka_topic_partition_list_t *list;
    rd_kafka_resp_err_t (*ask)(rd_kafka_t *rk, rd_kafka_topic_partition_list_t *list, int timeout_ms);
    void (*use)(struct bus_group *g, const struct lookup *l);
    rd_kafka_resp_err_t err;
};

static uint64_t bit(int32_t partition)
{
    ASSERT(partition >= 0 && partition < BUS_PARTITIONS_MAX);
    return (uint64_t)1 << partition;
}

/* ---- what is ours ------------------------------------------------------------------------------------------------ */

static void own(struct bus_group *g, const rd_kafka_topic_partition_t *tp)
{
    int64_t offset = tp->offset >= 0 ? tp->offset : -1;
    char *metadata = mem_strndup(tp->metadata != NULL ? tp->metadata : "", tp->metadata_size);

    g->owned |= bit(tp->partition);
    g->committed[tp->partition] = offset;
    g->next[tp->partition] = offset >= 0 ? offset : BUS_BEGINNING;
    if (g->reader != NULL)
        bus_reader_add(g->reader, g->conf.topic, tp->partition, g->next[tp->partition]);
    g->conf.on_assign(g->conf.arg, tp->partition, offset, metadata);
    free(metadata);
}

/* Whoever made a topic grow is told by readiness; what stands on partitions that the table does not know is not
 * ours. */
static bool is_known(const struct bus_group *g, const rd_kafka_topic_partition_t *tp)
{
    return tp->partition < topic_defs[g->conf.topic].partitions;
}

/* A copy without those that the table does not know. */
static rd_kafka_topic_partition_list_t *known_of(const struct bus_group *g, const rd_kafka_topic_partition_list_t *list)
{
    rd_kafka_topic_partition_list_t *known = rd_kafka_topic_partition_list_new(list->cnt);

    for (int i = 0; i < list->cnt; i++)
        if (is_known(g, &list->elems[i]))
            rd_kafka_topic_partition_list_add(known, list->elems[i].topic, list->elems[i].partition);
    return known;
}

static void own_all(struct bus_group *g, const rd_kafka_topic_partition_list_t *list)
{
    for (int i = 0; i < list->cnt; i++)
        own(g, &list->elems[i]);
}

static void disown(struct bus_group *g, int32_t partition)
{
    g->owned &= ~bit(partition);
    g->rewinding &= ~bit(partition);
    g->held &= ~bit(partition);
    if (g->reader != NULL)
        bus_reader_remove(g->reader, g->conf.topic, partition);
    g->conf.on_revoke(g->conf.arg, partition);
}

static void disown_all(struct bus_group *g)
{
    for (int32_t partition = 0; g->owned != 0; partition++) {
        if ((g->owned & bit(partition)) != 0)
            disown(g, partition);
    }
}

/* Without anything to read, what stays ours is not told anew: a rebalance begins by revoking everything. */
static void own_only(struct bus_group *g, const rd_kafka_topic_partition_list_t *list)
{
    uint64_t listed = 0;

    for (int i = 0; i < list->cnt; i++)
        listed |= bit(list->elems[i].partition);
    for (int32_t partition = 0; (g->owned & ~listed) != 0; partition++) {
        if ((g->owned & ~listed & bit(partition)) != 0)
            disown(g, partition);
    }
    for (int i = 0; i < list->cnt; i++) {
        if ((g->owned & bit(list->elems[i].partition)) == 0)
            own(g, &list->elems[i]);
    }
}

/* ---- looking up places: it blocks, so it is done in the thread pool ---------------------------------------------- */

static void set_pending(struct bus_group *g, const rd_kafka_topic_partition_list_t *list)
{
    if (g->pending != NULL)
        rd_kafka_topic_partition_list_destroy(g->pending);
    g->pending = list != NULL ? rd_kafka_topic_partition_list_copy(list) : NULL;
    g->generation++;
}

static void use_committed(struct bus_group *g, const struct lookup *l)
{
    set_pending(g, NULL);
    own_all(g, l->list);
}

/*
 * With the broker's -1 no record is so late. Never beyond what was committed: what was read since may not be dealt
 * with, and its window ends here.
 */
static void go_back(struct bus_group *g, const rd_kafka_topic_partition_t *found)
{
    int64_t here = g->committed[found->partition];
    rd_kafka_topic_partition_t tp = {.partition = found->partition, .offset = found->offset};

    if (tp.offset < 0 || tp.offset > here)
        tp.offset = here;
    disown(g, tp.partition);
    own(g, &tp);
}

static void use_times(struct bus_group *g, const struct lookup *l)
{
    for (int i = 0; i < l->list->cnt && l->generation == g->generation; i++) /* a call-back may ask for more */
        go_back(g, &l->list->elems[i]);
}

static rd_kafka_topic_partition_list_t *rewinding_list(const struct bus_group *g)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(BUS_PARTITIONS_MAX);
    const char *topic = topic_defs[g->conf.topic].name;

    for (int32_t partition = 0; partition < BUS_PARTITIONS_MAX; partition++) {
        if ((g->rewinding & bit(partition)) != 0)
            rd_kafka_topic_partition_list_add(list, topic, partition)->offset = g->since_ms[partition];
    }
    return list;
}

static void lookup_free(struct lookup *l)
{
    rd_kafka_topic_partition_list_destroy(l->list);
    free(l);
}

static void in_pool(rd_kafka_t *rk, void *arg)
{
    struct lookup *l = arg;

    l->err = l->ask(rk, l->list, LOOKUP_TIMEOUT_MS);
    for (int i = 0; l->err == RD_KAFKA_RESP_ERR_NO_ERROR && i < l->list->cnt; i++)
        l->err = l->list->elems[i].err;
    if (l->err != RD_KAFKA_RESP_ERR_NO_ERROR)
        (void)usleep(LOOKUP_PAUSE_US); /* before it is asked again; only this pool thread waits */
}

static void start_lookup(struct bus_group *g);

static void on_looked_up(void *arg, bool closed)
{
    struct lookup *l = arg;
    struct bus_group *g = l->group;

    if (closed) {
        lookup_free(l);
        return;
    }
    if (l->err != RD_KAFKA_RESP_ERR_NO_ERROR && l->err != g->lookup_fault)
        log_warn("kafka_positions topic=%s: %s", topic_defs[g->conf.topic].name, rd_kafka_err2str(l->err));
    g->lookup_fault = l->err;
    if (l->err == RD_KAFKA_RESP_ERR_NO_ERROR && l->generation == g->generation)
        l->use(g, l);
    lookup_free(l);
    start_lookup(g); /* when something is to be looked up still, or again */
}

static void start_lookup(struct bus_group *g)
{
    struct lookup *l;

    if ((g->pending == NULL && g->rewinding == 0) || bus_handle_running(g->member))
        return; /* a running one sees, when it ends, that it is for what was asked before */
    l = MEM_NEW(struct lookup);
    l->group = g;
    l->generation = g->generation;
    l->ask = g->pending != NULL ? rd_kafka_committed : rd_kafka_offsets_for_times;
    l->use = g->pending != NULL ? use_committed : use_times;
    l->list = g->pending != NULL ? rd_kafka_topic_partition_list_copy(g->pending) : rewinding_list(g);
    bus_handle_run(g->member, in_pool, on_looked_up, l);
}

/* ---- events of the member ---------------------------------------------------------------------------------------- */

static void assign_nothing(rd_kafka_t *rk)
{
    rd_kafka_topic_partition_list_t *none = rd_kafka_topic_partition_list_new(0);

    (void)rd_kafka_assign(rk, none); /* answers the rebalance; librdkafka logs a refusal */
    rd_kafka_topic_partition_list_destroy(none);
}

static void on_again(uv_timer_t *timer);

/* What the group gave us. */
static void take_over(struct bus_group *g, const rd_kafka_topic_partition_list_t *list)
{
    rd_kafka_topic_partition_list_t *known = known_of(g, list);

    if (g->reader == NULL) {
        own_only(g, known);
    } else if (known->cnt > 0) {
        set_pending(g, known);
        start_lookup(g);
    }
    rd_kafka_topic_partition_list_destroy(known);
}

static void on_rebalance(struct bus_group *g, rd_kafka_event_t *event)
{
    rd_kafka_t *rk = bus_handle_rk(g->member);
    const rd_kafka_topic_partition_list_t *list = rd_kafka_event_topic_partition_list(event);

    set_pending(g, NULL);
    if (g->reader != NULL || g->stopping)
        disown_all(g);
    if (rd_kafka_event_error(event) != RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS) {
        (void)rd_kafka_assign(rk, NULL);
        return;
    }
    assign_nothing(rk);
    g->joined = true;
    take_over(g, list);
}

/* True: the member will be replaced. */
static bool joins_again(struct bus_group *g)
{
    int64_t now_ms = clock_mono_ms();

    if (g->stopping || (g->fenced_ms != 0 && now_ms - g->fenced_ms < FENCED_AGAIN_MS))
        return false;
    log_warn("kafka_fenced topic=%s action=\"join again\"", topic_defs[g->conf.topic].name);
    g->fenced_ms = now_ms;
    g->joined = false;
    if (g->reader != NULL) { /* without one, what stays ours is not told anew */
        set_pending(g, NULL);
        disown_all(g);
    }
    ASSERT(uv_timer_start(&g->again, on_again, 0, 0) == 0);
    return true;
}

static void on_fatal(struct bus_group *g)
{
    rd_kafka_resp_err_t err;
    char reason[256];

    if (g->failed || uv_is_active((uv_handle_t *)&g->again))
        return;
    err = rd_kafka_fatal_error(bus_handle_rk(g->member), reason, sizeof(reason));
    if (err == RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID && joins_again(g))
        return;
    g->failed = true;
    log_error("kafka_fatal topic=%s: %s", topic_defs[g->conf.topic].name, reason);
    set_pending(g, NULL);
    disown_all(g);
    if (g->conf.on_fatal != NULL)
        g->conf.on_fatal(g->conf.arg, reason);
}

static void on_error(struct bus_group *g, rd_kafka_event_t *event)
{
    if (rd_kafka_event_error_is_fatal(event))
        on_fatal(g);
    else
        log_debug("kafka_error topic=%s: %s", topic_defs[g->conf.topic].name, rd_kafka_event_error_string(event));
}

static void on_event(void *arg, rd_kafka_event_t *event)
{
    struct bus_group *g = arg;

    switch (rd_kafka_event_type(event)) {
    case RD_KAFKA_EVENT_REBALANCE:
        on_rebalance(g, event);
        break;
    case RD_KAFKA_EVENT_OFFSET_COMMIT:
        if (rd_kafka_event_error(event) != RD_KAFKA_RESP_ERR_NO_ERROR)
            log_warn("kafka_commit topic=%s: %s", topic_defs[g->conf.topic].name, rd_kafka_event_error_string(event));
        break;
    case RD_KAFKA_EVENT_ERROR:
        on_error(g, event);
        break;
    default:
        break;
    }
}

/* ---- events of the reader ---------------------------------------------------------------------------------------- */

static void on_record(void *arg, const struct bus_record *r)
{
    struct bus_group *g = arg;

    g->next[r->partition] = r->offset + 1;
    g->conf.on_record(g->conf.arg, r);
}

static void on_batch(void *arg)
{
    struct bus_group *g = arg;

    if (g->conf.on_batch != NULL)
        g->conf.on_batch(g->conf.arg);
}

/* The committed offset is older than the log: what was kept is read, what was not is gone. */
static void lost_position(struct bus_group *g, int32_t partition, const char *reason)
{
    log_error("kafka_position_lost topic=%s partition=%" PRId32 " action=\"read from the log's start\": %s",
              topic_defs[g->conf.topic].name, partition, reason);
    g->committed[partition] = -1;
    g->next[partition] = BUS_BEGINNING;
    bus_reader_add(g->reader, g->conf.topic, partition, BUS_BEGINNING);
}

/* The topic that comes will be another one: where we were in this one must not be committed there. */
static void lost_partition(struct bus_group *g, int32_t partition)
{
    const rd_kafka_topic_partition_t beginning = {.partition = partition, .offset = -1};

    g->gone |= bit(partition);
    disown(g, partition);
    g->gone &= ~bit(partition);
    own(g, &beginning);
}

static void on_lost(void *arg, enum topic_id topic, int32_t partition, enum bus_lost why, const char *reason)
{
    (void)topic;
    if (why == BUS_LOST_POSITION)
        lost_position(arg, partition, reason);
    else
        lost_partition(arg, partition);
}

/* ---- the group --------------------------------------------------------------------------------------------------- */

static const struct bus_handle_ops member_ops = {
    .type = RD_KAFKA_CONSUMER, .events = RD_KAFKA_EVENT_REBALANCE | RD_KAFKA_EVENT_OFFSET_COMMIT, .on_event = on_event};

static int open_reader(struct bus_group *g)
{
    const struct bus_reader_conf conf = {.bus = &g->bus,
                                         .name = topic_defs[g->conf.topic].name,
                                         .on_record = on_record,
                                         .on_batch = on_batch,
                                         .on_lost = on_lost,
                                         .arg = g};

    return bus_reader_open(&g->reader, g->loop, &conf);
}

static void subscribe(struct bus_group *g)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);

    rd_kafka_topic_partition_list_add(list, topic_defs[g->conf.topic].name, RD_KAFKA_PARTITION_UA);
    ASSERT(rd_kafka_subscribe(bus_handle_rk(g->member), list) == RD_KAFKA_RESP_ERR_NO_ERROR);
    rd_kafka_topic_partition_list_destroy(list);
}

static int open_member(struct bus_group *g)
{
    const struct bus_setting settings[] = {
        {"group.id", g->conf.group_id}, {"group.instance.id", g->conf.instance_id}, {NULL, NULL}};
    int rc = bus_handle_open(&g->member, g->loop, g->conf.group_id, &g->bus, settings, &member_ops, g);

    if (rc == 0)
        subscribe(g);
    return rc;
}

static void on_again(uv_timer_t *timer)
{
    struct bus_group *g = timer->data;

    bus_handle_close(&g->member);
    ASSERT(open_member(g) == 0); /* as the first time */
}

static void keep_conf(struct bus_group *g, const struct bus_group_conf *conf)
{
    const char *const texts[TEXT_COUNT] = {[GROUP_ID] = conf->group_id,
                                           [INSTANCE_ID] = conf->instance_id,
                                           [BROKERS] = conf->bus->brokers,
                                           [EXTRA] = conf->bus->extra,
                                           [CLIENT_ID] = conf->bus->client_id};

    for (size_t i = 0; i < TEXT_COUNT; i++)
        g->texts[i] = mem_strdup(texts[i]);
    g->bus = (struct bus_conf){g->texts[BROKERS], g->texts[EXTRA], g->texts[CLIENT_ID]};
    g->conf = *conf;
    g->conf.bus = &g->bus;
    g->conf.group_id = g->texts[GROUP_ID];
    g->conf.instance_id = g->texts[INSTANCE_ID];
}

static void on_closed(uv_handle_t *handle)
{
    struct bus_group *g = handle->data;

    for (size_t i = 0; i < TEXT_COUNT; i++)
        free(g->texts[i]);
    free(g);
}

int bus_group_open(struct bus_group **out, uv_loop_t *loop, const struct bus_group_conf *conf)
{
    struct bus_group *g = MEM_NEW(struct bus_group);
    int rc;

    keep_conf(g, conf);
    g->loop = loop;
    g->again.data = g;
    ASSERT(uv_timer_init(loop, &g->again) == 0);
    rc = open_member(g);
    if (rc == 0 && !conf->balance_only)
        rc = open_reader(g);
    if (rc != 0)
        bus_group_close(&g);
    else
        *out = g;
    return rc;
}

void bus_group_hold(struct bus_group *g, bool hold)
{
    bus_reader_hold(g->reader, hold);
}

/* A paused partition's records would hold up the others in the reader's one queue, so it is not read at all. */
void bus_group_hold_one(struct bus_group *g, int32_t partition, bool hold)
{
    bool held = (g->held & bit(partition)) != 0;

    ASSERT(g->reader != NULL);
    if ((g->owned & ~g->rewinding & bit(partition)) == 0 || held == hold)
        return;
    g->held ^= bit(partition);
    if (hold)
        bus_reader_remove(g->reader, g->conf.topic, partition);
    else
        bus_reader_add(g->reader, g->conf.topic, partition, g->next[partition]);
}

void bus_group_rewind(struct bus_group *g, int32_t partition, int64_t since_ms)
{
    int64_t since = since_ms > 0 ? since_ms : 0; /* below, Kafka gives numbers another meaning */

    ASSERT(g->reader != NULL);
    if ((g->owned & bit(partition)) == 0 || ((g->rewinding & bit(partition)) != 0 && g->since_ms[partition] <= since))
        return;
    bus_reader_remove(g->reader, g->conf.topic, partition);
    g->held &= ~bit(partition);
    g->rewinding |= bit(partition);
    g->since_ms[partition] = since;
    g->generation++;
    start_lookup(g);
}

void bus_group_commit(struct bus_group *g, int32_t partition, int64_t offset, const char *metadata)
{
    rd_kafka_topic_partition_list_t *list;
    rd_kafka_topic_partition_t *tp;

    if ((g->gone & bit(partition)) != 0)
        return;
    list = rd_kafka_topic_partition_list_new(1);
    tp = rd_kafka_topic_partition_list_add(list, topic_defs[g->conf.topic].name, partition);
    g->committed[partition] = offset;
    tp->offset = offset;
    tp->metadata_size = strlen(metadata);
    ASSERT(tp->metadata_size <= METADATA_MAX);
    tp->metadata = mem_strdup(metadata); /* the list frees it */
    (void)rd_kafka_commit_queue(bus_handle_rk(g->member), list, bus_handle_queue(g->member), NULL, NULL);
    rd_kafka_topic_partition_list_destroy(list);
}

void bus_group_stop(struct bus_group *g)
{
    (void)uv_timer_stop(&g->again);
    g->stopping = true;
    set_pending(g, NULL);
    g->rewinding = 0;
    if (!bus_handle_leave(g->member))
        g->failed = true; /* nothing is left to wait for */
}

bool bus_group_stopped(const struct bus_group *g)
{
    return g->failed || rd_kafka_consumer_closed(bus_handle_rk(g->member));
}

bool bus_group_joined(const struct bus_group *g)
{
    return g->joined;
}

void bus_group_close(struct bus_group **group)
{
    struct bus_group *g = *group;

    *group = NULL;
    if (g == NULL)
        return;
    set_pending(g, NULL);
    bus_reader_close(&g->reader);
    bus_handle_close(&g->member);
    uv_close((uv_handle_t *)&g->again, on_closed);
}
