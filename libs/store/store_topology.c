/* store_topology.c - see store_topology.h. */
#include "store_topology.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "err.h"
#include "id.h"
#include "mem.h"
#include "store_format.h"
#include "store_map.h"

#define TICK_MS   200  /* about */
#define KEEP_MS   5000 /* a node that nobody has a use for */
#define WORDS_MAX 160  /* of a node's own, in a reason */

struct store_topology {
    struct store_topology_conf conf;
    struct store_peer *peers; /* the newest first */
    struct store_map *map;
    int64_t epoch; /* of the map; -1: there is none */
    bool ready, closed;
    uint64_t losses;
    uv_timer_t timer;
    char reason[STORE_REASON_SIZE]; /* reported last */
};

/* ---- are all slots served? -------------------------------------------------------------------------------------- */

static bool peer_ready(const struct store_peer *p)
{
    return p != NULL && store_node_ready(p->node);
}

/* The first slots that are not served, or STORE_SLOTS. */
static unsigned find_hole(const struct store_topology *t)
{
    unsigned slot = 0;

    while (slot < STORE_SLOTS && peer_ready(t->map->owners[slot]))
        slot = store_map_run(t->map, slot) + 1;
    return slot;
}

static void describe_hole(const struct store_topology *t, unsigned first, char out[STORE_REASON_SIZE])
{
    const struct store_peer *p = t->map->owners[first];
    unsigned last = store_map_run(t->map, first);

    if (t->epoch < 0)
        (void)snprintf(out, STORE_REASON_SIZE, "no node of the cluster says who serves what: %.*s", WORDS_MAX,
                       t->peers != NULL && t->peers->reason[0] != '\0' ? t->peers->reason : "none has answered yet");
    else if (p == NULL)
        (void)snprintf(out, STORE_REASON_SIZE, "slots %u-%u are served by nobody", first, last);
    else
        (void)snprintf(out, STORE_REASON_SIZE, "slots %u-%u at %s:%d: %.*s", first, last, p->address.host,
                       p->address.port, WORDS_MAX, p->reason);
}

static void look(struct store_topology *t)
{
    unsigned hole = find_hole(t);
    bool ready = hole == STORE_SLOTS, was_ready = t->ready;
    char reason[STORE_REASON_SIZE] = "ok";

    if (!ready)
        describe_hole(t, hole, reason);
    t->ready = ready;
    if (ready ? was_ready : strcmp(reason, t->reason) == 0)
        return;
    memcpy(t->reason, reason, sizeof(reason));
    t->conf.on_state(t->conf.arg, ready, reason);
}

/* ---- what the nodes say ----------------------------------------------------------------------------------------- */

/* "host", port of a node in CLUSTER SLOTS; an empty host is that of who says it. */
static bool read_address(const struct store_peer *from, const struct store_reply *node, struct store_address *out)
{
    size_t len;
    const char *host = store_reply_str(store_reply_at(node, 0), &len);
    int64_t port = store_reply_int(store_reply_at(node, 1), 0);

    if (host == NULL || len == 0) {
        host = from->address.host;
        len = strlen(host);
    }
    return port <= 65535 && store_address_set(out, host, len, (int)port);
}

/* Ranges of first, last, primary, replicas... False: it is no such thing. */
static bool read_map(const struct store_peer *from, const struct store_reply *reply, struct store_map *map)
{
    for (size_t i = 0; i < store_reply_count(reply); i++) {
        const struct store_reply *range = store_reply_at(reply, i);
        struct store_address address;

        if (!read_address(from, store_reply_at(range, 2), &address) ||
            !store_map_give(map, store_reply_int(store_reply_at(range, 0), -1),
                            store_reply_int(store_reply_at(range, 1), -1),
                            store_topology_peer(from->topology, &address)))
            return false;
    }
    return store_reply_count(reply) > 0;
}

/* Who pauses because the cluster was not well need not wait any longer. */
static void hurry(struct store_topology *t)
{
    for (struct store_peer *p = t->peers; p != NULL; p = p->next)
        store_node_hurry(p->node);
}

static bool any_ready(const struct store_topology *t)
{
    const struct store_peer *p = t->peers;

    while (p != NULL && !peer_ready(p))
        p = p->next;
    return p != NULL;
}

static void on_slots(void *arg, const struct store_reply *reply)
{
    struct store_peer *p = arg;
    struct store_topology *t = p->topology;
    struct store_map *map;

    if (reply == NULL || t->closed || (p->epoch < t->epoch && any_ready(t)))
        return;
    map = MEM_NEW(struct store_map);
    if (!read_map(p, reply, map)) {
        free(map);
        store_node_refuse(p->node, "CLUSTER SLOTS names no node, or one without an address (cluster-announce-ip)");
        return;
    }
    if (memcmp(map, t->map, sizeof(*map)) != 0)
        hurry(t);
    free(t->map);
    t->map = map;
    t->epoch = p->epoch;
    look(t);
    if (!t->closed)
        t->conf.on_change(t->conf.arg);
}

static void on_info(void *arg, const struct store_reply *reply)
{
    static const char epoch[] = "cluster_current_epoch:";
    struct store_peer *p = arg;
    const char *text = store_reply_str(reply, NULL), *error = store_reply_error(reply);
    const char *at = text != NULL ? strstr(text, epoch) : NULL;

    if (reply == NULL || p->topology->closed)
        return;
    if (error != NULL)
        store_node_refuse(p->node, error);
    else if (at == NULL || strstr(text, "cluster_state:ok") == NULL)
        store_node_refuse(p->node, "CLUSTERDOWN it says that the cluster is not well");
    else
        p->epoch = strtoll(at + strlen(epoch), NULL, 10);
}

static void peer_send(struct store_peer *p, store_reply_fn *fn, int argc, const char *const *argv)
{
    size_t len;
    char *command = store_format(argc, argv, NULL, &len);

    store_node_send(p->node, fn, p, command, len);
    free(command);
}

static void peer_ask(void *arg)
{
    const char *info[] = {"CLUSTER", "INFO"}, *slots[] = {"CLUSTER", "SLOTS"};

    peer_send(arg, on_info, 2, info);
    peer_send(arg, on_slots, 2, slots);
}

/* ---- nodes ------------------------------------------------------------------------------------------------------ */

static void on_peer_state(void *arg, bool ready, const char *reason)
{
    struct store_peer *p = arg;
    struct store_topology *t = p->topology;

    if (t->closed)
        return;
    (void)snprintf(p->reason, sizeof(p->reason), "%s", reason);
    t->losses += !ready;
    look(t);
    if (ready && !t->closed)
        t->conf.on_change(t->conf.arg);
}

static struct store_peer *peer_new(struct store_topology *t, const struct store_address *address)
{
    struct store_peer *p = MEM_NEW(struct store_peer);

    p->topology = t;
    p->address = *address;
    (void)snprintf(p->reason, sizeof(p->reason), "not connected yet");
    p->node = store_node_open(&(struct store_node_conf){.loop = t->conf.loop,
                                                        .url = t->conf.url,
                                                        .address = *address,
                                                        .timeout_ms = t->conf.timeout_ms,
                                                        .on_state = on_peer_state,
                                                        .on_probe = peer_ask,
                                                        .arg = p});
    p->next = t->peers;
    t->peers = p;
    return p;
}

struct store_peer *store_topology_peer(struct store_topology *t, const struct store_address *address)
{
    struct store_peer *p = t->peers;

    while (p != NULL && !store_address_same(&p->address, address))
        p = p->next;
    p = p != NULL ? p : peer_new(t, address);
    p->used_ms = clock_mono_ms();
    return p;
}

struct store_peer *store_topology_owner(const struct store_topology *t, unsigned slot)
{
    return t->map->owners[slot];
}

static void on_timer(uv_timer_t *timer);

void store_topology_moved(struct store_topology *t, unsigned slot, const struct store_address *to)
{
    (void)store_map_give(t->map, slot, slot, store_topology_peer(t, to));
    ASSERT(uv_timer_start(&t->timer, on_timer, 0, 0) == 0); /* looks: call-backs do not come from inside this call */
}

/* ---- time ------------------------------------------------------------------------------------------------------- */

static bool owns_slots(const struct store_topology *t, const struct store_peer *p)
{
    unsigned slot = 0;

    while (slot < STORE_SLOTS && t->map->owners[slot] != p)
        slot = store_map_run(t->map, slot) + 1;
    return slot < STORE_SLOTS;
}

static void let_go(struct store_topology *t)
{
    int64_t until_ms = clock_mono_ms() - KEEP_MS;
    struct store_peer **place = &t->peers, *p;

    while ((p = *place) != NULL) {
        if (p->used_ms > until_ms || p->calls > 0 || owns_slots(t, p)) {
            place = &p->next;
            continue;
        }
        *place = p->next;
        store_node_close(&p->node);
        free(p);
    }
}

/* One of those that are ready, each as likely. */
static void ask_anybody(struct store_topology *t)
{
    struct store_peer *chosen = NULL;
    uint64_t count = 0;

    for (struct store_peer *p = t->peers; p != NULL; p = p->next) {
        if (peer_ready(p) && id_random_u64() % ++count == 0)
            chosen = p;
    }
    if (chosen != NULL)
        peer_ask(chosen);
}

static void ask_seeds(struct store_topology *t)
{
    for (size_t i = 0; i < t->conf.url->address_count; i++)
        (void)store_topology_peer(t, &t->conf.url->addresses[i]);
}

static void on_timer(uv_timer_t *timer)
{
    struct store_topology *t = timer->data;
    uint64_t pause_ms = TICK_MS - TICK_MS / 4 + id_random_u64() % (TICK_MS / 2);

    look(t);
    if (t->closed)
        return;
    if (t->ready)
        let_go(t);
    else if (any_ready(t))
        ask_anybody(t);
    else
        ask_seeds(t);
    ASSERT(uv_timer_start(&t->timer, on_timer, pause_ms, 0) == 0);
}

/* ---- life ------------------------------------------------------------------------------------------------------- */

struct store_topology *store_topology_open(const struct store_topology_conf *conf)
{
    struct store_topology *t = MEM_NEW(struct store_topology);

    t->conf = *conf;
    t->map = MEM_NEW(struct store_map);
    t->epoch = -1;
    t->timer.data = t;
    ASSERT(uv_timer_init(conf->loop, &t->timer) == 0);
    ASSERT(uv_timer_start(&t->timer, on_timer, 0, 0) == 0);
    return t;
}

static void on_timer_closed(uv_handle_t *handle)
{
    struct store_topology *t = handle->data;

    while (t->peers != NULL) {
        struct store_peer *p = t->peers;

        t->peers = p->next;
        free(p);
    }
    free(t->map);
    free(t);
}

void store_topology_close(struct store_topology **topology)
{
    struct store_topology *t = *topology;

    *topology = NULL;
    t->closed = true;
    t->ready = false;
    for (struct store_peer *p = t->peers; p != NULL; p = p->next)
        store_node_close(&p->node);
    uv_close((uv_handle_t *)&t->timer, on_timer_closed);
}

bool store_topology_ready(const struct store_topology *t)
{
    return t->ready;
}

uint64_t store_topology_losses(const struct store_topology *t)
{
    return t->losses;
}
