/* store_cluster.c - see store_cluster.h. */
#include "store_cluster.h"

#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "clock.h"
#include "err.h"
#include "mem.h"
#include "store_redirect.h"
#include "store_topology.h"

#define TICK_MS       10 /* while something waits */
#define PAUSE_MS      10 /* before a call goes on that nobody could do, or that was sent about */
#define REDIRECTS_MAX 3  /* without a pause */

struct call {
    TAILQ_ENTRY(call) entry; /* of a lane; no list's while it is sent */
    struct lane *lane;
    struct store_cluster_call what;
    uint64_t number; /* in the order of the calls */
    int64_t deadline_ms;
    int redirects;
    bool asks; /* goes there with ASKING, whoever has the slot */
    struct store_address there;
};
TAILQ_HEAD(calls, call);

struct lane {
    struct store_cluster *cluster;
    unsigned slot;
    struct store_peer *at; /* where the sent ones are */
    size_t sent;
    struct calls back, waiting; /* came back; were never sent */
    bool stopped;               /* something came back: nothing is sent until the rest is answered */
    bool careful;               /* keys of the slot are on their way: one at a time */
    bool
        lost; /* all are answered with NULL, as soon as those that were sent are; what comes meanwhile is refused, as it
                  would be done before what is lost is repeated */
    bool telling; /* inside a call-back: not to be freed */
    int64_t pause_until_ms;
};

struct store_cluster {
    struct store_conf conf;
    struct store_topology *topology;
    struct lane *by_slot[STORE_SLOTS]; /* NULL: nothing is unanswered */
    size_t pending, queued;            /* all; those of them that wait in a lane */
    uint64_t numbers;
    bool closed;
    uv_timer_t timer;
};

/* ---- lanes ------------------------------------------------------------------------------------------------------ */

static struct lane *lane_of(struct store_cluster *c, unsigned slot)
{
    struct lane *l = c->by_slot[slot];

    if (l != NULL)
        return l;
    l = MEM_NEW(struct lane);
    l->cluster = c;
    l->slot = slot;
    TAILQ_INIT(&l->back);
    TAILQ_INIT(&l->waiting);
    c->by_slot[slot] = l;
    return l;
}

static struct call *lane_first(const struct lane *l)
{
    /* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): it does not see that what was removed is not there any more */
    return TAILQ_FIRST(&l->back) != NULL ? TAILQ_FIRST(&l->back) : TAILQ_FIRST(&l->waiting);
}

static void lane_free_when_done(struct lane *l)
{
    if (l->telling || l->sent > 0 || lane_first(l) != NULL)
        return;
    l->cluster->by_slot[l->slot] = NULL;
    free(l);
}

static void lane_remove(struct lane *l, struct call *c)
{
    TAILQ_REMOVE(TAILQ_FIRST(&l->back) == c ? &l->back : &l->waiting, c, entry);
    l->cluster->queued--;
}

/* The call is in no list. */
static void call_answer(struct call *c, const struct store_reply *reply)
{
    bool outermost = !c->lane->telling;

    c->lane->cluster->pending--;
    c->lane->telling = true;
    if (c->what.fn != NULL)
        c->what.fn(c->what.arg, reply);
    if (outermost)
        c->lane->telling = false;
    free(c->what.command);
    free(c);
}

/* Those that wait and are older than that one are lost. */
static void lane_lose(struct lane *l, uint64_t number)
{
    struct call *c;

    while ((c = lane_first(l)) != NULL && c->number < number) {
        lane_remove(l, c);
        call_answer(c, NULL);
    }
}

/* ---- sending ---------------------------------------------------------------------------------------------------- */

static void on_reply(void *arg, const struct store_reply *reply);

static struct store_peer *call_target(const struct call *c)
{
    struct store_topology *t = c->lane->cluster->topology;

    return c->asks ? store_topology_peer(t, &c->there) : store_topology_owner(t, c->lane->slot);
}

static bool may_send(const struct lane *l, const struct store_peer *to)
{
    if (l->lost || to == NULL || !store_node_ready(to->node) || clock_mono_ms() < l->pause_until_ms)
        return false;
    return l->sent == 0 || (!l->stopped && !l->careful && to == l->at);
}

static void call_send(struct call *c, struct store_peer *to)
{
    static const char asking[] = "*1\r\n$6\r\nASKING\r\n";

    if (c->what.script != NULL)
        store_node_load(to->node, c->what.script);
    if (c->asks)
        store_node_send(to->node, NULL, NULL, asking, sizeof(asking) - 1);
    c->asks = false;
    c->lane->at = to;
    c->lane->sent++;
    to->calls++;
    store_node_send(to->node, on_reply, c, c->what.command, c->what.len);
}

static void lane_pump(struct lane *l)
{
    struct call *c;

    while ((c = lane_first(l)) != NULL) {
        struct store_peer *to = call_target(c);

        if (!may_send(l, to))
            return;
        lane_remove(l, c);
        call_send(c, to);
    }
}

/* ---- answers ---------------------------------------------------------------------------------------------------- */

static void on_timer(uv_timer_t *timer);

/* What comes back later was sent later, unless it was sent alone. */
static void lane_take_back(struct lane *l, struct call *c)
{
    const struct call *first = TAILQ_FIRST(&l->back);

    if (first != NULL && c->number < first->number)
        TAILQ_INSERT_HEAD(&l->back, c, entry);
    else
        TAILQ_INSERT_TAIL(&l->back, c, entry);
    l->cluster->queued++;
    l->stopped = true;
}

/* ASK is good at once or not at all: who cannot go there now, or is not the first, asks the slot's node again. */
static void call_redirect(struct call *c, const struct store_redirect *r)
{
    struct lane *l = c->lane;
    struct store_topology *t = l->cluster->topology;
    bool pause = r->kind == REDIRECT_AGAIN || ++c->redirects > REDIRECTS_MAX;

    if (r->kind == REDIRECT_MOVED)
        store_topology_moved(t, l->slot, &r->to);
    else
        l->careful = true;
    if (r->kind == REDIRECT_ASK && !store_node_ready(store_topology_peer(t, &r->to)->node))
        pause = true;
    if (pause)
        l->pause_until_ms = clock_mono_ms() + PAUSE_MS;
    c->there = r->to;
    lane_take_back(l, c);
    c->asks = r->kind == REDIRECT_ASK && !pause && TAILQ_FIRST(&l->back) == c;
}

static void lane_go_on(struct lane *l)
{
    if (l->sent == 0) {
        l->stopped = false;
        if (l->lost)
            lane_lose(l, UINT64_MAX);
        l->lost = false;
    }
    if (!l->cluster->closed)
        lane_pump(l);
    lane_free_when_done(l);
}

static void watch(struct store_cluster *c)
{
    if (c->queued > 0 && !c->closed && !uv_is_active((uv_handle_t *)&c->timer))
        ASSERT(uv_timer_start(&c->timer, on_timer, TICK_MS, 0) == 0);
}

static void on_reply(void *arg, const struct store_reply *reply)
{
    struct call *c = arg;
    struct lane *l = c->lane;
    struct store_cluster *cluster = l->cluster;
    struct store_redirect r = store_redirect_parse(store_reply_error(reply), &l->at->address);

    l->sent--;
    l->at->calls--;
    if (r.kind != REDIRECT_NONE && !l->lost && clock_mono_ms() < c->deadline_ms) {
        call_redirect(c, &r);
    } else {
        l->lost = l->lost || reply == NULL || r.kind != REDIRECT_NONE || !store_node_ready(l->at->node);
        if (l->lost)
            lane_lose(l, c->number);
        call_answer(c, r.kind != REDIRECT_NONE ? NULL : reply);
    }
    lane_go_on(l);
    watch(cluster);
}

/* ---- what waits ------------------------------------------------------------------------------------------------- */

static void on_change(void *arg)
{
    struct store_cluster *c = arg;

    for (unsigned slot = 0; slot < STORE_SLOTS && c->queued > 0; slot++) {
        if (c->by_slot[slot] != NULL)
            lane_pump(c->by_slot[slot]);
    }
}

/* Those that a lane has sent have deadlines of their own. */
static bool is_overdue(const struct lane *l, int64_t now_ms)
{
    const struct call *first = l != NULL ? lane_first(l) : NULL;

    return first != NULL && l->sent == 0 && !l->telling && first->deadline_ms <= now_ms;
}

static void on_timer(uv_timer_t *timer)
{
    struct store_cluster *c = timer->data;
    int64_t now_ms = clock_mono_ms();

    for (unsigned slot = 0; slot < STORE_SLOTS && !c->closed; slot++) {
        if (!is_overdue(c->by_slot[slot], now_ms))
            continue;
        c->by_slot[slot]->lost = true;
        lane_go_on(c->by_slot[slot]);
    }
    if (!c->closed)
        on_change(c);
    watch(c);
}

/* ---- the owner's side ------------------------------------------------------------------------------------------- */

static void on_state(void *arg, bool ready, const char *reason)
{
    struct store_cluster *c = arg;

    if (c->conf.on_state != NULL)
        c->conf.on_state(c->conf.arg, ready, reason);
}

struct store_cluster *store_cluster_open(uv_loop_t *loop, const struct store_url *url, const struct store_conf *conf)
{
    struct store_cluster *c = MEM_NEW(struct store_cluster);

    c->conf = *conf;
    c->timer.data = c;
    ASSERT(uv_timer_init(loop, &c->timer) == 0);
    c->topology = store_topology_open(&(struct store_topology_conf){.loop = loop,
                                                                    .url = url,
                                                                    .timeout_ms = conf->timeout_ms,
                                                                    .on_state = on_state,
                                                                    .on_change = on_change,
                                                                    .arg = c});
    return c;
}

static void on_timer_closed(uv_handle_t *handle)
{
    free(handle->data);
}

void store_cluster_close(struct store_cluster **cluster)
{
    struct store_cluster *c = *cluster;

    *cluster = NULL;
    c->closed = true;
    store_topology_close(&c->topology);
    for (unsigned slot = 0; slot < STORE_SLOTS; slot++) {
        struct lane *l = c->by_slot[slot];

        if (l == NULL)
            continue;
        lane_lose(l, UINT64_MAX);
        lane_free_when_done(l);
    }
    uv_close((uv_handle_t *)&c->timer, on_timer_closed);
}

bool store_cluster_ready(const struct store_cluster *c)
{
    return store_topology_ready(c->topology);
}

size_t store_cluster_pending(const struct store_cluster *c)
{
    return c->pending;
}

uint64_t store_cluster_losses(const struct store_cluster *c)
{
    return store_topology_losses(c->topology);
}

bool store_cluster_together(const struct store_cluster *c, unsigned slot, unsigned other)
{
    return store_topology_owner(c->topology, slot) == store_topology_owner(c->topology, other);
}

bool store_cluster_serves(const struct store_cluster *c, unsigned slot)
{
    const struct lane *l = c->by_slot[slot];
    const struct store_peer *p;

    if (c->closed || (l != NULL && l->lost))
        return false;
    p = store_topology_owner(c->topology, slot);
    return (p != NULL && store_node_ready(p->node)) || (l != NULL && lane_first(l) != NULL);
}

void store_cluster_call(struct store_cluster *c, const struct store_cluster_call *call)
{
    struct lane *l = lane_of(c, call->slot);
    struct call *own = MEM_NEW(struct call);

    own->lane = l;
    own->what = *call;
    own->number = c->numbers++;
    own->deadline_ms = clock_mono_ms() + c->conf.timeout_ms;
    TAILQ_INSERT_TAIL(&l->waiting, own, entry);
    c->pending++;
    c->queued++;
    lane_pump(l);
    watch(c);
}
