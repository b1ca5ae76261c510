/* store.c - the public side (store.h): what is asked, of whom. */
#include "store.h"

#include <stdlib.h>

#include "err.h"
#include "log.h"
#include "mem.h"
#include "store_format.h"
#include "store_node.h"
#include "store_url.h"

#define ERROR_SIZE 200

struct store {
    struct store_conf conf;
    struct store_url url;
    struct store_node *node;
};

static void on_node_state(void *arg, bool ready, const char *reason)
{
    struct store *s = arg;

    if (s->conf.on_state != NULL)
        s->conf.on_state(s->conf.arg, ready, reason);
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
    s->node = store_node_open(&(struct store_node_conf){.loop = loop,
                                                        .url = &s->url,
                                                        .address = s->url.address,
                                                        .timeout_ms = conf->timeout_ms,
                                                        .on_state = on_node_state,
                                                        .arg = s});
    *out = s;
    return 0;
}

bool store_ready(const struct store *s)
{
    return store_node_ready(s->node);
}

size_t store_pending(const struct store *s)
{
    return store_node_pending(s->node);
}

void store_close(struct store **store)
{
    struct store *s = *store;

    if (s == NULL)
        return;
    *store = NULL;
    store_node_close(&s->node);
    free(s);
}

static int store_admit(const struct store *s)
{
    if (!store_ready(s))
        return ERR_UNAVAILABLE;
    return store_pending(s) < s->conf.pending_max ? 0 : ERR_BUSY;
}

int store_command(struct store *s, store_reply_fn *fn, void *arg, int argc, const char *const *argv, const size_t *lens)
{
    int rc = store_admit(s);
    char *command;
    size_t len;

    ASSERT(argc > 0 && argc <= STORE_ARGS_MAX);
    if (rc != 0)
        return rc;
    command = store_format(argc, argv, lens, &len);
    store_node_send(s->node, fn, arg, command, len);
    free(command);
    return 0;
}

int store_script(struct store *s, struct store_script *script, store_reply_fn *fn, void *arg, int key_count, int argc,
                 const char *const *argv, const size_t *lens)
{
    int rc = store_admit(s);
    char *command;
    size_t len;

    ASSERT(key_count > 0 && key_count <= argc && argc <= STORE_ARGS_MAX);
    if (rc != 0)
        return rc;
    command = store_format_script(script, key_count, argc, argv, lens, &len);
    store_node_load(s->node, script);
    store_node_send(s->node, fn, arg, command, len);
    free(command);
    return 0;
}
