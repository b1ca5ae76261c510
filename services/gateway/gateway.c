#include "gateway.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "clock.h"
#include "delivery.h"
#include "departures.h"
#include "err.h"
#include "generation.h"
#include "heartbeat.h"
#include "log.h"
#include "outbox.h"
#include "reaper.h"
#include "requests.h"
#include "session.h"
#include "taking.h"

#define PRODUCE_TIMEOUT_MS 5000
#define REDIS_TIMEOUT_MS   1000
#define PING_TIMER_MAX_MS  1000
#define PING_TIMER_MIN_MS  50
#define FINISH_MAX_MS      4000 /* of a stop: for what is on its way to Kafka */
#define CLOSE_MAX_MS       3000 /* of a stop: for clients to answer the close frame */

static const enum topic_id topics[] = {TOPIC_QUEUE, TOPIC_OUTBOX, TOPIC_METRICS};

/* ---- players ---------------------------------------------------------------------------------------------------- */

static enum refusal on_upgrade(void *arg, const char *player_id)
{
    struct gateway *g = arg;

    if (g->stage != GATEWAY_SERVING)
        return REFUSE_DRAINING;
    if (!id_player_valid(player_id, strlen(player_id)))
        return REFUSE_PLAYER;
    if (!service_ready(g->service))
        return REFUSE_NOT_READY;
    return HASH_CNT(hh_connection, g->by_connection) < g->conf.connections_max ? REFUSE_NONE : REFUSE_FULL;
}

static void on_refused(void *arg, enum refusal why)
{
    gateway_count(arg, (size_t)GW_REFUSALS + why);
}

static void *on_opened(void *arg, struct ws_conn *conn, const char *player_id, const char *last_id)
{
    struct gateway *g = arg;
    struct session *s = session_open(g, conn, player_id);

    (void)snprintf(s->last_id, sizeof(s->last_id), "%s", last_id);
    if (!s->newest)
        return s;
    departures_back(g->departures, s);
    taking_begin(s);
    return s;
}

static void on_message(void *session, const char *data, size_t len, bool binary)
{
    requests_receive(session, data, len, binary);
}

static void on_too_large(void *session)
{
    session_close(session, CLOSE_TOO_LARGE);
}

static bool on_idle(void *session, uint8_t ping[WS_PING_BYTES])
{
    return delivery_ping(session, ping);
}

static void on_pong(void *session, const void *payload, size_t len)
{
    delivery_pong(session, payload, len);
}

static void on_closed(void *session)
{
    struct session *s = session;
    struct gateway *g = s->g;

    if (s->newest)
        departures_gone(g->departures, s);
    requests_drop(s);
    session_gone(s);
}

static const struct ws_handlers ws_handlers = {.on_upgrade = on_upgrade,
                                               .on_refused = on_refused,
                                               .on_opened = on_opened,
                                               .on_message = on_message,
                                               .on_too_large = on_too_large,
                                               .on_idle = on_idle,
                                               .on_pong = on_pong,
                                               .on_closed = on_closed};

static void on_ping_timer(uv_timer_t *timer)
{
    sessions_check_pings(timer->data, clock_mono_ms());
}

/* ---- Redis lost what we wrote ----------------------------------------------------------------------------------- */

void gateway_announce(struct gateway *g)
{
    if (g->stage != GATEWAY_SERVING)
        return;
    log_info("announcing connections=%u", HASH_CNT(hh_connection, g->by_connection));
    taking_all(g->taking);
    departures_announce(g->departures);
}

static void on_generation(void *arg, const char *generation, bool first)
{
    struct gateway *g = arg;

    (void)generation;
    if (!first)
        heartbeat_renew(g->heartbeat);
}

/* ---- open ------------------------------------------------------------------------------------------------------- */

static bool address_is_loopback(const char *address)
{
    struct in_addr v4;
    struct in6_addr v6;

    if (inet_pton(AF_INET, address, &v4) == 1)
        return (ntohl(v4.s_addr) >> 24) == IN_LOOPBACKNET;
    return inet_pton(AF_INET6, address, &v6) == 1 && IN6_IS_ADDR_LOOPBACK(&v6);
}

/* 0, or the one line about the first wrong setting was printed. */
static int settings_check(struct gateway *g)
{
    const struct gateway_conf *conf = &g->conf;
    struct in6_addr address;
    char error[MM_ERROR_SIZE];

    if (inet_pton(AF_INET, conf->ws_address, &address) != 1 && inet_pton(AF_INET6, conf->ws_address, &address) != 1)
        return service_setting_wrong(g->service, "WS_ADDRESS", "must be an IPv4 or IPv6 address");
    if (strcmp(conf->auth_mode, "none") != 0 && !address_is_loopback(conf->ws_address))
        return service_setting_wrong(g->service, "WS_ADDRESS",
                                     "must be a loopback address, unless AUTH_MODE=none lets everybody in");
    if (mm_catalog_load(&g->catalog, conf->matchmaking_file, topic_defs[TOPIC_QUEUE].partitions, error) != 0)
        return service_setting_wrong(g->service, "MATCHMAKING_FILE", error);
    return 0;
}

static void identity_open(struct gateway *g)
{
    const char *instance = service_instance(g->service);

    (void)snprintf(g->id, sizeof(g->id), "%016" PRIx64, id_random_u64());
    (void)snprintf(g->source, sizeof(g->source), "gateway/%s", instance);
    g->slot = (int32_t)(id_hash(instance, strlen(instance)) % (uint64_t)topic_defs[TOPIC_OUTBOX].partitions);
}

static int backend_start(struct gateway *g)
{
    struct backend_conf conf = {.name = "gateway",
                                .service = &g->conf.service,
                                .topics = topics,
                                .topic_count = sizeof(topics) / sizeof(topics[0]),
                                .message_timeout_ms = PRODUCE_TIMEOUT_MS,
                                .redis_timeout_ms = REDIS_TIMEOUT_MS};

    return backend_open(&g->backend, g->service, &conf);
}

static int ws_start(struct gateway *g)
{
    struct ws_conf conf = {.address = g->conf.ws_address,
                           .port = (uint16_t)g->conf.ws_port,
                           .message_max_bytes = (size_t)g->conf.message_max_bytes,
                           .send_queue_max_bytes = (size_t)g->conf.send_queue_max_bytes,
                           .handlers = &ws_handlers,
                           .arg = g};
    int rc = ws_open(&g->ws, service_loop(g->service), &conf);

    if (rc == 0)
        log_info("listening ws_address=%s ws_port=%u slot=%" PRId32 " gateway=%s", conf.address,
                 (unsigned)ws_port(g->ws), g->slot, g->id);
    return rc;
}

static void ping_timer_start(struct gateway *g)
{
    int64_t shortest =
        g->conf.ping_interval_ms < g->conf.pong_timeout_ms ? g->conf.ping_interval_ms : g->conf.pong_timeout_ms;
    int64_t period = shortest / 4;

    period = period < PING_TIMER_MIN_MS ? PING_TIMER_MIN_MS : period > PING_TIMER_MAX_MS ? PING_TIMER_MAX_MS : period;
    ASSERT(uv_timer_init(service_loop(g->service), &g->ping_timer) == 0);
    g->ping_timer.data = g;
    g->ping_timer_open = true;
    uv_timer_start(&g->ping_timer, on_ping_timer, (uint64_t)period, (uint64_t)period);
}

static int gateway_open(struct service *service, void *daemon)
{
    struct gateway *g = daemon;
    int rc;

    g->service = service;
    g->metrics = service_metrics(service);
    identity_open(g);
    if ((rc = settings_check(g)) != 0 || (rc = backend_start(g)) != 0)
        return rc;
    g->refuse_duplicates = strcmp(g->conf.duplicate_connection, "refuse") == 0;
    g->generation = generation_open(service_loop(service), g->backend.store, on_generation, g);
    g->heartbeat = heartbeat_open(g);
    g->taking = taking_open(g);
    g->departures = departures_open(g);
    g->reaper = reaper_open(g);
    if ((rc = outbox_open(&g->outbox, g, &g->backend.bus)) != 0)
        return rc;
    ping_timer_start(g);
    return ws_start(g); /* last: it lets players in */
}

/* ---- stop ------------------------------------------------------------------------------------------------------- */

static void stage_set(struct gateway *g, enum gateway_stage stage)
{
    ASSERT(stage >= g->stage);
    g->stage = stage;
    g->stage_ms = clock_mono_ms();
}

static void gateway_drain(void *daemon)
{
    stage_set(daemon, GATEWAY_FINISHING);
}

static bool stage_done(const struct gateway *g, bool done, int64_t max_ms)
{
    return done || clock_mono_ms() - g->stage_ms > max_ms;
}

/* No player waits for an answer; the rest, figures and leavings, is worth waiting for only when Kafka answers. */
static bool finished(const struct gateway *g)
{
    return g->operations == 0 &&
           (bus_producer_pending(g->backend.producer) == 0 || !bus_producer_writable(g->backend.producer));
}

/* The marks of those who are gone now. */
static bool written(const struct gateway *g)
{
    return store_pending(g->backend.store) == 0 || !store_ready(g->backend.store);
}

static bool gateway_drained(void *daemon)
{
    struct gateway *g = daemon;

    if (g->stage == GATEWAY_FINISHING) {
        if (!stage_done(g, finished(g), FINISH_MAX_MS))
            return false;
        stage_set(g, GATEWAY_CLOSING);
        sessions_close_all(g, CLOSE_GOING_AWAY);
    }
    return stage_done(g, g->by_connection == NULL && written(g), CLOSE_MAX_MS);
}

/* The backend answers what is still open while it closes, so what those answers touch comes after it. What a gateway
 * leaves in Redis is for the others: its heartbeat runs out, and who is not back in time leaves (reaper.h). */
static void gateway_close(void *daemon)
{
    struct gateway *g = daemon;

    stage_set(g, GATEWAY_CLOSING);
    if (g->ws != NULL)
        ws_stop(g->ws);
    generation_close(&g->generation);
    backend_close(&g->backend);
    reaper_close(&g->reaper);
    departures_close(&g->departures);
    taking_close(&g->taking);
    heartbeat_close(&g->heartbeat);
    outbox_close(&g->outbox);
    if (g->ping_timer_open)
        uv_close((uv_handle_t *)&g->ping_timer, NULL);
}

static void gateway_closed(void *daemon)
{
    struct gateway *g = daemon;

    ws_free(&g->ws);
    ASSERT(g->session_count == 0);
    mm_catalog_free(&g->catalog);
    buf_free(&g->scratch);
}

const struct service_hooks gateway_hooks = {.open = gateway_open,
                                            .drain = gateway_drain,
                                            .drained = gateway_drained,
                                            .close = gateway_close,
                                            .closed = gateway_closed};
