#include "outbox.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "delivery.h"
#include "err.h"
#include "json.h"
#include "log.h"
#include "mem.h"
#include "taking.h"

#define REREAD_MS     1000
#define TYPE_REPLACED "replaced"

struct outbox {
    struct gateway *g;
    struct service_dep *dep;
    struct bus_reader *reader;
    uv_timer_t reread_timer; /* runs after the place was lost */
    bool known;              /* the position */
    bool lost;               /* it was known before: something may have been missed */
    struct log_limit bad_log;
};

/* ---- records ---------------------------------------------------------------------------------------------------- */

static void outbox_bad(struct outbox *o, const struct bus_record *r, const char *reason)
{
    gateway_count(o->g, GW_OUTBOX_BAD);
    log_warn_limited(&o->bad_log, "outbox_record_bad partition=%" PRId32 " offset=%" PRId64 " reason=\"%s\"",
                     r->partition, r->offset, reason);
}

/* A Redis stream's; one of another shape would spoil the removal of all that are acknowledged with it. */
static bool is_inbox_id(const char *text)
{
    static const char digits[] = "0123456789";
    size_t first = strspn(text, digits), second = text[first] == '-' ? strspn(text + first + 1, digits) : 0;

    return first >= 1 && first < 20 && second >= 1 && second < 20 && text[first + 1 + second] == '\0';
}

/* NULL, or what is wrong with it. Only a look: the notifier made the JSON, but bad UTF-8 would end the connection. */
static const char *push_read(const struct bus_record *r, struct push *push)
{
    if (bus_header_text(r, "ce_id", push->event_id, sizeof(push->event_id)) != 0 || push->event_id[0] == '\0')
        return "no ce_id header, or one that cannot be read";
    if (bus_header_text(r, "inbox_id", push->inbox_id, sizeof(push->inbox_id)) != 0 ||
        (push->inbox_id[0] != '\0' && !is_inbox_id(push->inbox_id)))
        return "the inbox_id header cannot be read";
    if (r->value_len > INBOX_MESSAGE_MAX_BYTES)
        return "the value is larger than a message may be";
    if (r->value_len < 2 || r->value[0] != '{' || r->value[r->value_len - 1] != '}' ||
        !json_utf8_valid(r->value, r->value_len))
        return "the value is not a JSON object";
    return NULL;
}

static void outbox_message(struct outbox *o, struct session *s, const struct bus_record *r)
{
    struct push push = {0};
    const char *fault = push_read(r, &push);

    if (fault != NULL) {
        outbox_bad(o, r, fault);
        return;
    }
    gateway_count(o->g, GW_PUSHED);
    push.frame = frame_new(r->value, r->value_len);
    delivery_push(s, &push);
}

static bool is_replaced(const struct bus_record *r)
{
    size_t len;
    const char *type = bus_header_get(r, "ce_type", &len);

    return type != NULL && len == strlen(TYPE_REPLACED) && memcmp(type, TYPE_REPLACED, len) == 0;
}

/* Most records may be for others: those are passed over cheaply. */
static void on_record(void *arg, const struct bus_record *r)
{
    struct outbox *o = arg;
    struct session *s;
    size_t gateway_len, connection_len;
    const char *gateway = bus_header_get(r, "gateway", &gateway_len);
    const char *connection = bus_header_get(r, "connection", &connection_len);

    if (gateway == NULL || connection == NULL) {
        outbox_bad(o, r, "no gateway or connection header");
        return;
    }
    if (gateway_len != sizeof(o->g->id) - 1 || memcmp(gateway, o->g->id, gateway_len) != 0) {
        gateway_count(o->g, GW_OUTBOX_IGNORED);
        return;
    }
    s = session_find(o->g, connection, connection_len);
    if (s == NULL || s->state == SESSION_CLOSING) {
        gateway_count(o->g, GW_OUTBOX_IGNORED);
    } else if (is_replaced(r)) {
        gateway_count(o->g, GW_OUTBOX_REPLACED);
        session_close(s, CLOSE_REPLACED);
    } else {
        outbox_message(o, s, r);
    }
}

void outbox_tell_replaced(struct gateway *g, const char *player, const struct presence *other)
{
    struct buf *value = &g->scratch;
    char id[ID_UUID_SIZE], time_text[CLOCK_RFC3339_SIZE];
    int err;

    if (other->slot < 0 || other->slot >= topic_defs[TOPIC_OUTBOX].partitions)
        return;
    id_uuid(id);
    clock_rfc3339(clock_wall_ms(), time_text);
    buf_clear(value);
    buf_str(value, "{\"type\":\"" TYPE_REPLACED "\",\"player_id\":");
    buf_json_cstr(value, player);
    buf_str(value, "}");

    const struct bus_header headers[] = {
        {"ce_id", id, strlen(id)},
        {"ce_type", TYPE_REPLACED, strlen(TYPE_REPLACED)},
        {"ce_source", g->source, strlen(g->source)},
        {"ce_time", time_text, strlen(time_text)},
        {"gateway", other->gateway, strlen(other->gateway)},
        {"connection", other->connection, strlen(other->connection)},
    };

    err = bus_send(g->backend.producer,
                   &(struct bus_message){.topic = TOPIC_OUTBOX,
                                         .partition = other->slot,
                                         .key = player,
                                         .key_len = strlen(player),
                                         .value = value->data,
                                         .value_len = value->len,
                                         .headers = headers,
                                         .header_count = sizeof(headers) / sizeof(headers[0])},
                   NULL, NULL);
    if (err != 0)
        log_warn("replaced_not_told connection=%s error=\"%s\"", other->connection, err_str(err));
}

/* ---- the place -------------------------------------------------------------------------------------------------- */

static void on_end(void *arg, enum topic_id topic, int32_t partition, int64_t next_offset)
{
    struct outbox *o = arg;

    (void)topic;
    if (o->known)
        return;
    o->known = true;
    log_info("outbox_position partition=%" PRId32 " offset=%" PRId64, partition, next_offset);
    service_dep_set(o->dep, true, "reading");
    if (o->lost)
        taking_all(o->g->taking);
}

static void outbox_read(struct outbox *o)
{
    bus_reader_add(o->reader, TOPIC_OUTBOX, o->g->slot, BUS_END);
}

static void on_reread(uv_timer_t *timer)
{
    outbox_read(timer->data);
}

static void on_lost(void *arg, enum topic_id topic, int32_t partition, enum bus_lost why, const char *reason)
{
    struct outbox *o = arg;

    (void)topic;
    (void)partition;
    (void)why;
    o->lost = o->lost || o->known;
    o->known = false;
    service_dep_set(o->dep, false, reason);
    uv_timer_start(&o->reread_timer, on_reread, REREAD_MS, 0);
}

/* ---- life ------------------------------------------------------------------------------------------------------- */

int outbox_open(struct outbox **out, struct gateway *g, const struct bus_conf *bus)
{
    struct outbox *o = MEM_NEW(struct outbox);
    struct bus_reader_conf conf = {
        .bus = bus, .name = "outbox", .on_record = on_record, .on_end = on_end, .on_lost = on_lost, .arg = o};
    int rc;

    o->g = g;
    o->dep = service_dep_add(g->service, "outbox");
    o->reread_timer.data = o;
    ASSERT(uv_timer_init(service_loop(g->service), &o->reread_timer) == 0);
    *out = o;
    rc = bus_reader_open(&o->reader, service_loop(g->service), &conf);
    if (rc == 0)
        outbox_read(o);
    return rc;
}

static void on_timer_closed(uv_handle_t *timer)
{
    free(timer->data);
}

void outbox_close(struct outbox **o)
{
    if (*o == NULL)
        return;
    bus_reader_close(&(*o)->reader);
    uv_close((uv_handle_t *)&(*o)->reread_timer, on_timer_closed);
    *o = NULL;
}
