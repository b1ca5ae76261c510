#include <stdlib.h>

#include "bus_group_private.h"
#include "clock.h"
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

enum { FENCED_AGAIN_MS = 60000 };

/* ---- events of the member ---------------------------------------------------------------------------------------- */

static void assign_nothing(rd_kafka_t *rk)
{
    rd_kafka_topic_partition_list_t *none = rd_kafka_topic_partition_list_new(0);

    (void)rd_kafka_assign(rk, none); /* answers the rebalance; librdkafka logs a refusal */
    rd_kafka_topic_partition_list_destroy(none);
}

static void on_again(uv_timer_t *timer);

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

/* What the group gave us. */
static void take_over(struct bus_group *g, const rd_kafka_topic_partition_list_t *list)
{
    rd_kafka_topic_partition_list_t *known = known_of(g, list);

    if (g->reader == NULL) {
        bus_group_own_only(g, known);
    } else if (known->cnt > 0) {
        bus_group_set_pending(g, known);
        bus_group_look_up(g);
    }
    rd_kafka_topic_partition_list_destroy(known);
}

static void on_rebalance(struct bus_group *g, rd_kafka_event_t *event)
{
    rd_kafka_t *rk = bus_handle_rk(g->member);
    const rd_kafka_topic_partition_list_t *list = rd_kafka_event_topic_partition_list(event);

    bus_group_set_pending(g, NULL);
    if (g->reader != NULL || g->stopping)
        bus_group_disown_all(g);
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
        bus_group_set_pending(g, NULL);
        bus_group_disown_all(g);
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
    bus_group_set_pending(g, NULL);
    bus_group_disown_all(g);
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

/* ---- the group --------------------------------------------------------------------------------------------------- */

static const struct bus_handle_ops member_ops = {
    .type = RD_KAFKA_CONSUMER, .events = RD_KAFKA_EVENT_REBALANCE | RD_KAFKA_EVENT_OFFSET_COMMIT, .on_event = on_event};

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
        rc = bus_group_open_reader(g);
    if (rc != 0)
        bus_group_close(&g);
    else
        *out = g;
    return rc;
}

void bus_group_stop(struct bus_group *g)
{
    (void)uv_timer_stop(&g->again);
    g->stopping = true;
    bus_group_set_pending(g, NULL);
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
    bus_group_set_pending(g, NULL);
    bus_reader_close(&g->reader);
    bus_handle_close(&g->member);
    uv_close((uv_handle_t *)&g->again, on_closed);
}
