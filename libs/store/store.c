/* store.c - the public side (store.h): what is asked, of whom. */
#include "store.h"

#include <stdlib.h>
#include <string.h>

#include "err.h"
#include "log.h"
#include "mem.h"
#include "store_cluster.h"
#include "store_format.h"
#include "store_node.h"
#include "store_url.h"

#define ERROR_SIZE 200

struct store {
    struct store_conf conf;
    struct store_url url;
    struct store_node *node;       /* of a single server */
    struct store_cluster *cluster; /* else */
};

static void on_node_state(void *arg, bool ready, const char *reason)
{
    struct store *s = arg;

    if (s->conf.on_state != NULL)
        s->conf.on_state(s->conf.arg, ready, reason);
}

static struct store_node *open_node(struct store *s, uv_loop_t *loop)
{
    return store_node_open(&(struct store_node_conf){.loop = loop,
                                                     .url = &s->url,
                                                     .address = s->url.addresses[0],
                                                     .timeout_ms = s->conf.timeout_ms,
                                                     .on_state = on_node_state,
                                                     .arg = s});
}

int store_open(struct store **out, uv_loop_t *loop, const struct store_conf *conf)
{
    struct store *s = MEM_NEW(struct store);
    char error[ERROR_SIZE];
    int rc = store_url_parse(conf->url, &s->url, error, sizeof(error));

    if (rc != 0) {
        log_error("store_open reason=\"%s\"", error);
        free(s);
        return rc;
    }
    s->conf = *conf;
    if (s->url.cluster)
        s->cluster = store_cluster_open(loop, &s->url, conf);
    else
        s->node = open_node(s, loop);
    *out = s;
    return 0;
}
bool store_ready(const struct store *s)
{
    return s->cluster != NULL ? store_cluster_ready(s->cluster) : store_node_ready(s->node);
}

size_t store_pending(const struct store *s)
{
    return s->cluster != NULL ? store_cluster_pending(s->cluster) : store_node_pending(s->node);
}

void store_close(struct store **store)
{
    struct store *s = *store;

    if (s == NULL)
        return;
    *store = NULL;
    if (s->cluster != NULL)
        store_cluster_close(&s->cluster);
    else
        store_node_close(&s->node);
    free(s);
}

uint64_t store_losses(const struct store *s)
{
    return s->cluster != NULL ? store_cluster_losses(s->cluster) : store_node_losses(s->node);
}

bool store_is_cluster(const struct store *s)
{
    return s->cluster != NULL;
}

bool store_together(const struct store *s, const char *key, const char *other)
{
    return s->cluster == NULL ||
           store_cluster_together(s->cluster, store_slot(key, strlen(key)), store_slot(other, strlen(other)));
}

/* ---- calls ------------------------------------------------------------------------------------------------------ */

static int store_admit(const struct store *s, unsigned slot)
{
    if (!(s->cluster != NULL ? store_cluster_serves(s->cluster, slot) : store_node_ready(s->node)))
        return ERR_UNAVAILABLE;
    return store_pending(s) < s->conf.pending_max ? 0 : ERR_BUSY;
}

/* Takes the command. */
static void store_send(struct store *s, const struct store_cluster_call *call)
{
    if (s->cluster != NULL) {
        store_cluster_call(s->cluster, call);
        return;
    }
    if (call->script != NULL)
        store_node_load(s->node, call->script);
    store_node_send(s->node, call->fn, call->arg, call->command, call->len);
    free(call->command);
}

static unsigned slot_of(const char *const *argv, const size_t *lens, int key)
{
    return store_slot(argv[key], lens != NULL ? lens[key] : strlen(argv[key]));
}

int store_command(struct store *s, store_reply_fn *fn, void *arg, int argc, const char *const *argv, const size_t *lens)
{
    struct store_cluster_call call = {.fn = fn, .arg = arg};
    int rc;

    ASSERT(argc > 0 && argc <= STORE_ARGS_MAX);
    ASSERT(s->cluster == NULL || argc > 1); /* the key says where it goes */
    call.slot = argc > 1 ? slot_of(argv, lens, 1) : 0;
    rc = store_admit(s, call.slot);
    if (rc != 0)
        return rc;
    call.command = store_format(argc, argv, lens, &call.len);
    store_send(s, &call);
    return 0;
}

int store_script(struct store *s, struct store_script *script, store_reply_fn *fn, void *arg, int key_count, int argc,
                 const char *const *argv, const size_t *lens)
{
    struct store_cluster_call call = {.script = script, .fn = fn, .arg = arg};
    int rc;

    ASSERT(key_count > 0 && key_count <= argc && argc <= STORE_ARGS_MAX);
    call.slot = slot_of(argv, lens, 0);
    for (int i = 1; i < key_count; i++)
        ASSERT(slot_of(argv, lens, i) == call.slot); /* on a single server, too: else only a cluster would notice */
    rc = store_admit(s, call.slot);
    if (rc != 0)
        return rc;
    call.command = store_format_script(script, key_count, argc, argv, lens, &call.len);
    store_send(s, &call);
    return 0;
}
