/*
 * drive - the engine by its public interface, from lines of JSON to lines of JSON: for the oracle, which is to know
 * nothing else of it.
 *
 * In    {"rules":{a rule set},"configuration":{fields of the configuration's entry},"seed":n}   a new engine
 *       {"at":ms,"start":{"ticket":"T","players":[{"id","attributes"?:{AWS shape},"latency"?:{}}]}}
 *       {"at":ms,"stop":"T","player":"id"}
 *       {"at":ms,"tick":true}                                                                   only time passes
 *       Times of one engine never go back. Whatever is due up to a line's time is done before it, each at its own time.
 * Out   {"scenario":n} for each new engine, or {"scenario":n,"refused":"sentence"}: the rest of it is skipped;
 *       {"at":ms,"transition":{...}} for each; {"at":ms,"settled":n} after the nth line, when nothing is due any more.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "buf.h"
#include "mem.h"
#include "mm_engine.h"

#define TICKS_MAX 100000 /* at one line; more: the engine does not come to rest */

struct drive {
    struct mm_catalog *catalog;
    struct mm_engine *engine; /* NULL: refused */
    int64_t now_ms, scenario, line;
};

static void on_transition(void *arg, const struct mm_transition *t)
{
    const struct drive *d = arg;
    struct buf json = {0};

    mm_transition_encode(t, &json);
    printf("{\"at\":%" PRId64 ",\"transition\":%s}\n", d->now_ms, json.data);
    buf_free(&json);
}

static void die(const char *what, const char *why)
{
    (void)fflush(stdout);
    (void)fprintf(stderr, "drive: %s: %s\n", what, why);
    exit(2);
}

static json_object *member(json_object *o, const char *key)
{
    return json_object_object_get(o, key);
}

/* Every member of `more` into `o`. */
static void put_all(json_object *o, json_object *more)
{
    struct json_object_iterator at, end;

    if (more == NULL)
        return;
    at = json_object_iter_begin(more);
    end = json_object_iter_end(more);
    for (; !json_object_iter_equal(&at, &end); json_object_iter_next(&at))
        json_object_object_add(o, json_object_iter_peek_name(&at), json_object_get(json_object_iter_peek_value(&at)));
}

static char *load_rules(void *arg, const char *name, size_t *len, char error[MM_ERROR_SIZE])
{
    const char *text = json_text(arg, len);

    (void)name;
    error[0] = '\0';
    return mem_strdup(text);
}

static json_object *catalog_of(json_object *configuration)
{
    json_object *root = json_object_new_object(), *all = json_object_new_array(), *entry = json_object_new_object();

    json_object_object_add(entry, "Name", json_object_new_string("pool"));
    json_object_object_add(entry, "RuleSetName", json_object_new_string("rules"));
    json_object_object_add(entry, "Partition", json_object_new_int(0));
    json_object_object_add(entry, "RequestTimeoutSeconds", json_object_new_int(120));
    json_object_object_add(entry, "AcceptanceRequired", json_object_new_boolean(false));
    put_all(entry, configuration);
    json_object_array_add(all, entry);
    json_object_object_add(root, "MatchmakingConfigurations", all);
    return root;
}

static void end_scenario(struct drive *d)
{
    mm_engine_free(&d->engine);
    mm_catalog_free(&d->catalog);
}

static void begin_scenario(struct drive *d, json_object *line)
{
    json_object *root = catalog_of(member(line, "configuration"));
    char error[MM_ERROR_SIZE];
    struct buf out = {0};
    size_t len = 0;
    const char *text = json_text(root, &len);

    end_scenario(d);
    d->now_ms = d->line = 0;
    buf_printf(&out, "{\"scenario\":%" PRId64, d->scenario++);
    if (mm_catalog_parse(&d->catalog, text, len, 1, load_rules, member(line, "rules"), error) == 0) {
        d->engine = mm_engine_new(d->catalog, 0, on_transition, d);
        mm_engine_seed(d->engine, (uint64_t)json_object_get_int64(member(line, "seed")));
    } else {
        buf_str(&out, ",\"refused\":");
        buf_json_cstr(&out, error);
    }
    printf("%s}\n", out.data);
    buf_free(&out);
    json_object_put(root);
}

/* Time passes up to to_ms: what is due is done at its own time. */
static void settle(struct drive *d, int64_t to_ms)
{
    for (int ticks = 0; mm_engine_due_ms(d->engine) <= to_ms; ticks++) {
        int64_t due_ms = mm_engine_due_ms(d->engine);

        if (ticks == TICKS_MAX)
            die("tick", "there is always something due");
        d->now_ms = due_ms > d->now_ms ? due_ms : d->now_ms;
        mm_engine_tick(d->engine, d->now_ms, SIZE_MAX);
    }
    d->now_ms = to_ms;
}

/* The value that a command of this type has, from a line. */
static json_object *start_value(json_object *start)
{
    json_object *value = json_object_new_object(), *players = json_object_new_array();
    json_object *from = member(start, "players");

    for (size_t i = 0; i < json_object_array_length(from); i++) {
        json_object *player = json_object_array_get_idx(from, i), *to = json_object_new_object();

        json_object_object_add(to, "PlayerId", json_object_get(member(player, "id")));
        if (member(player, "attributes") != NULL)
            json_object_object_add(to, "PlayerAttributes", json_object_get(member(player, "attributes")));
        if (member(player, "latency") != NULL)
            json_object_object_add(to, "LatencyInMs", json_object_get(member(player, "latency")));
        json_object_array_add(players, to);
    }
    json_object_object_add(value, "ConfigurationName", json_object_new_string("pool"));
    json_object_object_add(value, "TicketId", json_object_get(member(start, "ticket")));
    json_object_object_add(value, "Players", players);
    return value;
}

/* Takes over value. issuer: a player's id. */
static void command(struct drive *d, enum mm_command_type type, json_object *value, const char *issuer)
{
    char error[MM_ERROR_SIZE];
    struct mm_command c;
    size_t len = 0;
    const char *text = json_text(value, &len);

    if (mm_command_parse(&c, mm_command_names[type], text, len, error) != 0)
        die(text, error);
    c.issued_ms = c.start_ms = d->now_ms;
    c.issuer = (struct mm_issuer){issuer, "", ""};
    mm_engine_apply(d->engine, d->now_ms, &c);
    mm_command_clear(&c);
    json_object_put(value);
}

static void start(struct drive *d, json_object *what)
{
    json_object *first = json_object_array_get_idx(member(what, "players"), 0);

    command(d, MM_START, start_value(what), json_object_get_string(member(first, "id")));
}

static void stop(struct drive *d, json_object *line)
{
    json_object *value = json_object_new_object();

    json_object_object_add(value, "TicketId", json_object_get(member(line, "stop")));
    command(d, MM_STOP, value, json_object_get_string(member(line, "player")));
}

static void on_line(struct drive *d, json_object *line)
{
    if (member(line, "rules") != NULL) {
        begin_scenario(d, line);
        return;
    }
    if (d->engine == NULL)
        return;
    settle(d, json_object_get_int64(member(line, "at")));
    if (member(line, "start") != NULL)
        start(d, member(line, "start"));
    else if (member(line, "stop") != NULL)
        stop(d, line);
    settle(d, d->now_ms);
    printf("{\"at\":%" PRId64 ",\"settled\":%" PRId64 "}\n", d->now_ms, d->line++);
}

int main(void)
{
    struct drive d = {0};
    char error[JSON_ERROR_SIZE], *text = NULL;
    size_t size = 0;
    ssize_t len;

    while ((len = getline(&text, &size, stdin)) > 0) {
        json_object *line = NULL;

        if (json_parse(text, (size_t)len, &line, error) != 0)
            die(text, error);
        on_line(&d, line);
        json_object_put(line);
    }
    end_scenario(&d);
    free(text);
    return fflush(stdout) == 0 ? 0 : 1;
}
