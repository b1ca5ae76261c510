/* test_players.c - presence, inbox, claims and ticket views on a redis-server of the test's own. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "err.h"
#include "presence.h"
#include "redis_store.h"
#include "tickets.h"

#define COUNT(table) ((int)(sizeof(table) / sizeof((table)[0])))
#define TTL_MS       INT64_C(60000)
#define NOBODY       ((struct ticket_answer){NULL, NULL})

/* Any command, its answer as text. */
static char raw[512];

static void on_raw(void *arg, const struct store_reply *reply)
{
    const char *text = store_reply_str(reply, NULL);

    (void)arg;
    ck_assert_ptr_nonnull(reply);
    if (text != NULL)
        (void)snprintf(raw, sizeof(raw), "%s", text);
    else
        (void)snprintf(raw, sizeof(raw), "%d", (int)store_reply_int(reply, -99));
    answers++;
}

static const char *redis(const char *a, const char *b, const char *c, const char *d)
{
    const char *argv[] = {a, b, c, d};
    int argc = c == NULL ? 2 : d == NULL ? 3 : 4;

    ck_assert_int_eq(store_command(store, on_raw, NULL, argc, argv, NULL), 0);
    run_until_answers(answers + 1);
    return raw;
}

/* ---- presence and inbox ----------------------------------------------------------------------------------------- */

static struct {
    bool ok;
    enum presence_took took;
    int64_t since_us;
    char other[96]; /* "gateway connection slot", "" for none */
    size_t count;
    char inbox_id[INBOX_MAX][32], id[INBOX_MAX][EVENT_ID_SIZE], json[INBOX_MAX][64];
    size_t json_len[INBOX_MAX];
} taken;

static void keep_messages(const struct inbox_message *messages, size_t count)
{
    ck_assert_uint_le(count, INBOX_MAX);
    taken.count = count;
    for (size_t i = 0; i < count; i++) {
        (void)snprintf(taken.inbox_id[i], sizeof(taken.inbox_id[i]), "%s", messages[i].inbox_id);
        (void)snprintf(taken.id[i], sizeof(taken.id[i]), "%s", messages[i].id);
        (void)snprintf(taken.json[i], sizeof(taken.json[i]), "%s", messages[i].json);
        taken.json_len[i] = messages[i].json_len;
    }
}

static void on_taken(void *arg, bool ok, const struct presence_taken *t)
{
    ck_assert_ptr_eq(arg, &taken);
    ck_assert_int_eq(t != NULL, ok);
    taken.ok = ok;
    taken.other[0] = '\0';
    if (t != NULL) {
        taken.took = t->took;
        taken.since_us = t->since_us;
        if (t->other != NULL)
            (void)snprintf(taken.other, sizeof(taken.other), "%s %s %d", t->other->gateway, t->other->connection,
                           (int)t->other->slot);
        keep_messages(t->messages, t->count);
    }
    answers++;
}

/* A player's connections, one gateway each: "c1" stands at "g1", slot 1, and so on. */
static struct presence_taking connection(int n)
{
    static const char *const gateways[] = {"", "g1", "g2", "g3"}, *const names[] = {"", "c1", "c2", "c3"};

    return (struct presence_taking){
        .presence = {.gateway = gateways[n], .connection = names[n], .slot = n}, .first = true, .spare = ""};
}

static enum presence_took take_it(const struct presence_taking *t)
{
    ck_assert_int_eq(presence_take(store, "alice", t, on_taken, &taken), 0);
    run_until_answers(answers + 1);
    ck_assert(taken.ok);
    return taken.took;
}

/* The same connection once more. */
static enum presence_took take_again(int n, int64_t since_us, int64_t age_us)
{
    struct presence_taking t = connection(n);

    t.first = false;
    t.since_us = since_us;
    t.age_us = age_us;
    return take_it(&t);
}

static void take(const char *player, const char *gateway, int32_t slot, const char *connection_id)
{
    struct presence_taking t = {
        .presence = {.gateway = gateway, .connection = connection_id, .slot = slot}, .first = true, .spare = ""};

    ck_assert_int_eq(presence_take(store, player, &t, on_taken, &taken), 0);
    run_until_answers(answers + 1);
    ck_assert(taken.ok);
    ck_assert_int_eq(taken.took, PRESENCE_TAKEN);
}

static struct {
    int err;
    bool connected;
    char inbox_id[32], gateway[32], connection[32], error[128];
    int32_t slot;
    int64_t dropped;
} delivered;

static void on_delivered(void *arg, const struct presence_delivered *r)
{
    ck_assert_ptr_eq(arg, &delivered);
    memset(&delivered, 0, sizeof(delivered));
    delivered.err = r->err;
    delivered.dropped = r->dropped;
    (void)snprintf(delivered.inbox_id, sizeof(delivered.inbox_id), "%s", r->inbox_id);
    (void)snprintf(delivered.error, sizeof(delivered.error), "%s", r->err != 0 ? r->error : "");
    delivered.connected = r->where != NULL;
    if (r->where != NULL) {
        (void)snprintf(delivered.gateway, sizeof(delivered.gateway), "%s", r->where->gateway);
        (void)snprintf(delivered.connection, sizeof(delivered.connection), "%s", r->where->connection);
        delivered.slot = r->where->slot;
    }
    answers++;
}

#define GENERATION "0123456789abcdef"

static void try_deliver(struct event_id id, const char *json, const char *generation)
{
    ck_assert_int_eq(presence_deliver(store,
                                      &(struct presence_message){.player = "alice",
                                                                 .id = &id,
                                                                 .json = json,
                                                                 .json_len = strlen(json),
                                                                 .generation = generation,
                                                                 .inbox_ttl_ms = TTL_MS},
                                      on_delivered, &delivered),
                     0);
    run_until_answers(answers + 1);
}

/* True: it went into the inbox; false: a repeat. */
static bool deliver(struct event_id id, const char *json)
{
    try_deliver(id, json, GENERATION);
    ck_assert_int_eq(delivered.err, 0);
    return delivered.inbox_id[0] != '\0';
}

#define FIRST ((struct event_id){.incarnation = 1, .epoch = 5, .seq = 9, .partition = 3, .index = 2})

START_TEST(a_taken_player_gets_the_inbox_oldest_first)
{
    struct event_id second = FIRST;

    second.seq++;
    ck_assert(deliver(FIRST, "{\"n\":1}"));
    ck_assert(!delivered.connected);
    ck_assert(deliver(second, "{\"n\":2}"));
    take("alice", "g1", 7, "c1");
    ck_assert_uint_eq(taken.count, 2);
    ck_assert_str_eq(taken.id[0], "1-3-5-9-2");
    ck_assert_str_eq(taken.json[0], "{\"n\":1}");
    ck_assert_uint_eq(taken.json_len[0], 7);
    ck_assert_str_eq(taken.id[1], "1-3-5-10-2");
    ck_assert_str_eq(taken.inbox_id[1], delivered.inbox_id);
    ck_assert_str_eq(redis("HGET", "presence:{alice}", "gateway", NULL), "g1");
    ck_assert_str_eq(redis("HGET", "presence:{alice}", "slot", NULL), "7");
    ck_assert_str_eq(redis("HGET", "last:{alice}", "3", NULL), "1:5:10:2");
    take("bob", "g1", 7, "c2");
    ck_assert_uint_eq(taken.count, 0);
}
END_TEST

START_TEST(delivery_names_the_newest_connection)
{
    take("alice", "g1", 7, "c1");
    take("alice", "g2", 63, "c2");
    ck_assert(deliver(FIRST, "{}"));
    ck_assert(delivered.connected);
    ck_assert_str_eq(delivered.gateway, "g2");
    ck_assert_str_eq(delivered.connection, "c2");
    ck_assert_int_eq(delivered.slot, 63);
}
END_TEST

#define BIG 9007199254740993 /* 2^53 + 1: as a double the same as 2^53 */

/* clang-format off */
static const struct {
    struct event_id before, id;
    bool accepted;
} dedupe_cases[] = {
    /* incarnation, epoch, seq, partition, index */
    {{1, 5, 9, 3, 2}, {1, 5, 9, 3, 2}, false},
    {{1, 5, 9, 3, 2}, {1, 5, 9, 3, 3}, true},
    {{1, 5, 9, 3, 2}, {1, 5, 9, 3, 1}, false},
    {{1, 5, 9, 3, 2}, {1, 5, 10, 3, 0}, true},   /* by number, not by text */
    {{1, 5, 10, 3, 2}, {1, 5, 9, 3, 3}, false},
    {{1, 9, 1, 3, 0}, {1, 10, 0, 3, 0}, true},
    {{1, 10, 0, 3, 0}, {1, 9, 99, 3, 9}, false}, /* a later seq of an earlier epoch */
    {{9, 9, 9, 3, 9}, {10, 0, 0, 3, 0}, true},
    {{2, 0, 0, 3, 0}, {1, 9, 9, 3, 9}, false},
    {{1, 5, 9, 3, 2}, {1, 1, 1, 4, 0}, true},    /* another journal partition is not compared */
    {{1, 1, BIG - 1, 3, 0}, {1, 1, BIG, 3, 0}, true},
    {{1, 1, BIG, 3, 0}, {1, 1, BIG - 1, 3, 0}, false},
};
/* clang-format on */

START_TEST(only_greater_ids_enter_the_inbox)
{
    take("alice", "g1", 7, "c1");
    ck_assert(deliver(dedupe_cases[_i].before, "{}"));
    ck_assert_int_eq(deliver(dedupe_cases[_i].id, "{}"), dedupe_cases[_i].accepted);
    ck_assert(delivered.connected); /* also for a repeat: its push may be what is missing */
    ck_assert_str_eq(redis("XLEN", "inbox:{alice}", NULL, NULL), dedupe_cases[_i].accepted ? "2" : "1");
    ck_assert(!deliver(dedupe_cases[_i].before, "{}"));
    ck_assert(!deliver(dedupe_cases[_i].id, "{}"));
}
END_TEST

/* Redis came back empty and took a later event before anybody knew: what is read again under its name is no repeat. */
START_TEST(another_generation_takes_all_again)
{
    struct event_id later = FIRST;

    later.seq++;
    ck_assert(deliver(later, "{}"));
    ck_assert(!deliver(FIRST, "{}"));
    try_deliver(FIRST, "{}", "fedcba9876543210");
    ck_assert_str_ne(delivered.inbox_id, "");
    try_deliver(FIRST, "{}", "fedcba9876543210");
    ck_assert_str_eq(delivered.inbox_id, "");
    try_deliver(later, "{}", "fedcba9876543210");
    ck_assert_str_ne(delivered.inbox_id, "");
    ck_assert_str_eq(redis("XLEN", "inbox:{alice}", NULL, NULL), "3");
    ck_assert_str_eq(redis("HGET", "last:{alice}", "generation", NULL), "fedcba9876543210");
    ck_assert_str_eq(redis("HLEN", "last:{alice}", NULL, NULL), "2");
}
END_TEST

/* clang-format off */
static const struct {
    const char *command[4];
    int err;
} refusal_cases[] = {
    {{"SET", "presence:{alice}", "junk", NULL}, ERR_INVALID},
    {{"SET", "inbox:{alice}", "junk", NULL}, ERR_INVALID},
    {{"SET", "last:{alice}", "junk", NULL}, ERR_INVALID},
    {{"HSET", "last:{alice}", "3", "junk"}, 0}, /* says nothing, and is written over */
    {{"CONFIG", "SET", "maxmemory", "1"}, ERR_BUSY},
};
/* clang-format on */

START_TEST(a_refused_message_is_not_half_done)
{
    const char *const *c = refusal_cases[_i].command;

    (void)redis(c[0], c[1], c[2], c[3]);
    try_deliver(FIRST, "{}", GENERATION);
    ck_assert_int_eq(delivered.err, refusal_cases[_i].err);
    ck_assert_int_eq(delivered.error[0] != '\0', refusal_cases[_i].err != 0);
    (void)redis("CONFIG", "SET", "maxmemory", "0");
    if (strcmp(c[1], "last:{alice}") != 0)
        ck_assert_str_eq(redis("EXISTS", "last:{alice}", NULL, NULL), "0");
    if (delivered.err != 0 && strcmp(c[1], "inbox:{alice}") != 0)
        ck_assert_str_eq(redis("EXISTS", "inbox:{alice}", NULL, NULL), "0");
}
END_TEST

START_TEST(the_inbox_is_bounded_and_says_what_it_drops)
{
    struct event_id id = FIRST;

    for (int i = 0; i < INBOX_MAX; i++, id.seq++) {
        ck_assert(deliver(id, "{}"));
        ck_assert_int_eq(delivered.dropped, 0);
    }
    ck_assert(deliver(id, "{\"newest\":true}"));
    ck_assert_int_eq(delivered.dropped, 1);
    take("alice", "g1", 7, "c1");
    ck_assert_uint_eq(taken.count, INBOX_MAX);
    ck_assert_str_eq(taken.id[0], "1-3-5-10-2");
    ck_assert_str_eq(taken.json[INBOX_MAX - 1], "{\"newest\":true}");
}
END_TEST

START_TEST(the_inbox_lives_its_time)
{
    ck_assert(deliver(FIRST, "{}"));
    ck_assert_int_gt(atoi(redis("PTTL", "inbox:{alice}", NULL, NULL)), TTL_MS / 2);
    ck_assert_int_le(atoi(raw), TTL_MS);
    ck_assert_int_gt(atoi(redis("PTTL", "last:{alice}", NULL, NULL)), TTL_MS);
}
END_TEST

START_TEST(acknowledged_messages_are_gone)
{
    const char *ids[2] = {taken.inbox_id[0], taken.inbox_id[2]};
    struct event_id id = FIRST;

    for (int i = 0; i < 3; i++, id.seq++)
        ck_assert(deliver(id, "{}"));
    take("alice", "g1", 7, "c1");
    ck_assert_int_eq(presence_acknowledge(store, "alice", ids, 2), 0);
    take("alice", "g1", 7, "c1");
    ck_assert_uint_eq(taken.count, 1);
    ck_assert_str_eq(taken.id[0], "1-3-5-10-2");
    ck_assert(!deliver(FIRST, "{}")); /* acknowledged is not forgotten */
}
END_TEST

/* ---- one player, several connections ---------------------------------------------------------------------------- */

static const char *present(const char *field)
{
    return redis("HGET", "presence:{alice}", field, NULL);
}

START_TEST(the_newest_connection_has_the_player)
{
    struct presence_taking first = connection(1), second = connection(2);
    int64_t since_us;

    ck_assert_int_eq(take_it(&first), PRESENCE_TAKEN);
    ck_assert_str_eq(taken.other, "");
    ck_assert_int_gt(taken.since_us, INT64_C(1000000000000000)); /* microseconds */
    since_us = taken.since_us;
    ck_assert_int_eq(take_it(&second), PRESENCE_TAKEN);
    ck_assert_str_eq(taken.other, "g1 c1 1");
    ck_assert_int_gt(taken.since_us, since_us);
    ck_assert_int_eq(take_again(1, since_us, 0), PRESENCE_NEWER);
    ck_assert_str_eq(taken.other, "g2 c2 2");
    ck_assert_str_eq(present("connection"), "c2");
}
END_TEST

START_TEST(a_connection_keeps_its_place)
{
    struct presence_taking first = connection(1);
    int64_t since_us;

    ck_assert_int_eq(take_it(&first), PRESENCE_TAKEN);
    since_us = taken.since_us;
    ck_assert_int_eq(take_again(1, since_us, 0), PRESENCE_TAKEN);
    ck_assert_int_eq(taken.since_us, since_us);
    ck_assert_int_eq(take_again(1, 0, 0), PRESENCE_TAKEN); /* its first answer was lost */
    ck_assert_int_eq(taken.since_us, since_us);
    ck_assert_str_eq(taken.other, "");
}
END_TEST

START_TEST(the_order_outlives_an_emptied_redis)
{
    struct presence_taking first = connection(1), second = connection(2);
    int64_t since_us[2];

    (void)take_it(&first);
    since_us[0] = taken.since_us;
    (void)take_it(&second);
    since_us[1] = taken.since_us;
    (void)redis("DEL", "presence:{alice}", NULL, NULL);
    if (_i == 0) {
        ck_assert_int_eq(take_again(1, since_us[0], 0), PRESENCE_TAKEN);
        ck_assert_int_eq(take_again(2, since_us[1], 0), PRESENCE_TAKEN);
        ck_assert_str_eq(taken.other, "g1 c1 1");
    } else {
        ck_assert_int_eq(take_again(2, since_us[1], 0), PRESENCE_TAKEN);
        ck_assert_int_eq(take_again(1, since_us[0], 0), PRESENCE_NEWER);
    }
    ck_assert_str_eq(present("connection"), "c2");
    ck_assert_int_eq(taken.since_us != 0, _i == 0);
}
END_TEST

START_TEST(a_take_that_was_never_answered_is_ordered_by_its_age)
{
    struct presence_taking second = connection(2);

    (void)take_it(&second);
    ck_assert_int_eq(take_again(1, 0, 60000000), PRESENCE_NEWER); /* it has been standing for a minute */
    ck_assert_int_eq(take_again(1, 0, 0), PRESENCE_TAKEN);        /* it has just begun */
}
END_TEST

START_TEST(the_newest_wins_whatever_the_clock_says)
{
    struct presence_taking second = connection(2);

    ck_assert_int_eq(take_again(1, INT64_C(4000000000000000), 0), PRESENCE_TAKEN);
    ck_assert_int_eq(take_it(&second), PRESENCE_TAKEN);
    ck_assert_int_eq(taken.since_us, INT64_C(4000000000000001));
}
END_TEST

START_TEST(an_open_connection_may_be_left_the_player)
{
    struct presence_taking first = connection(1), second = connection(2);

    second.refuse = true;
    (void)take_it(&first);
    ck_assert_int_eq(take_it(&second), PRESENCE_OPEN);
    ck_assert_str_eq(taken.other, "g1 c1 1");
    ck_assert_str_eq(present("connection"), "c1");
    second.spare = "c9";
    ck_assert_int_eq(take_it(&second), PRESENCE_OPEN);
    second.spare = "c1"; /* its gateway is dead */
    ck_assert_int_eq(take_it(&second), PRESENCE_TAKEN);
    ck_assert_int_eq(take_it(&second), PRESENCE_TAKEN); /* itself is no other */
}
END_TEST

START_TEST(a_gone_connection_keeps_nobody_out)
{
    struct presence_taking first = connection(1), second = connection(2);

    second.refuse = true;
    (void)take_it(&first);
    ck_assert_int_eq(presence_mark_gone(store, "alice", "c9"), 0);
    ck_assert_str_eq(redis("HEXISTS", "presence:{alice}", "gone", NULL), "0");
    ck_assert_int_eq(presence_mark_gone(store, "alice", "c1"), 0);
    ck_assert_str_eq(present("gone"), "1");
    ck_assert_int_eq(take_it(&second), PRESENCE_TAKEN);
    ck_assert_str_eq(taken.other, ""); /* nobody is to be told */
    ck_assert_str_eq(redis("HEXISTS", "presence:{alice}", "gone", NULL), "0");
}
END_TEST

START_TEST(a_gone_connection_is_restored_only_if_nobody_is_there)
{
    struct presence p = {.gateway = "g1", .connection = "c1", .slot = 1};
    struct presence_taking second = connection(2);

    ck_assert_int_eq(presence_restore_gone(store, "alice", &p, 1000), 0);
    ck_assert_str_eq(present("connection"), "c1");
    ck_assert_str_eq(present("gone"), "1");
    ck_assert_str_eq(present("since"), "1000");
    ck_assert_int_eq(take_again(2, 999, 0), PRESENCE_NEWER);
    ck_assert_int_eq(take_it(&second), PRESENCE_TAKEN);
    ck_assert_int_eq(presence_restore_gone(store, "alice", &p, 1000), 0);
    ck_assert_str_eq(present("connection"), "c2");
}
END_TEST

/* ---- gone ------------------------------------------------------------------------------------------------------- */

static struct {
    bool ok;
    enum presence_state state;
    char connection[64], ticket_id[64];
    int32_t partition;
} gone;

static void on_gone(void *arg, bool ok, const struct presence_gone *g)
{
    ck_assert_ptr_eq(arg, &gone);
    ck_assert_int_eq(g != NULL, ok);
    gone.ok = ok;
    if (g != NULL) {
        gone.state = g->state;
        gone.partition = g->partition;
        (void)snprintf(gone.connection, sizeof(gone.connection), "%s", g->connection);
        (void)snprintf(gone.ticket_id, sizeof(gone.ticket_id), "%s", g->ticket_id);
    }
    answers++;
}

static enum presence_state check_gone(const char *gateway)
{
    ck_assert_int_eq(presence_check_gone(store, "alice", gateway, on_gone, &gone), 0);
    run_until_answers(answers + 1);
    ck_assert(gone.ok);
    return gone.state;
}

static void on_forgotten(void *arg, bool ok)
{
    ck_assert_ptr_null(arg);
    ck_assert(ok);
    answers++;
}

static void forget(const char *connection_id)
{
    ck_assert_int_eq(presence_forget(store, "alice", connection_id, on_forgotten, NULL), 0);
    run_until_answers(answers + 1);
}

/* arg: where "taken", "held" or "away" goes, and the ticket that holds the claim. */
static void on_claim(void *arg, bool ok, const struct claim_taken *t)
{
    static const char *const words[] = {"taken", "held", "away"};

    ck_assert(ok);
    (void)snprintf(arg, 64, "%s%s%s%s%s", words[t->took], t->configuration[0] != '\0' ? " " : "", t->configuration,
                   t->ticket_id[0] != '\0' ? " " : "", t->ticket_id);
    answers++;
}

/* instead_of: NULL when alice asks. */
static const char *claim_instead(const char *configuration, const char *ticket_id, const char *instead_of)
{
    struct claim c = {.configuration = configuration,
                      .ticket_id = ticket_id,
                      .partition = 4,
                      .ttl_ms = TTL_MS,
                      .instead_of = instead_of};
    static char took[64];

    ck_assert_int_eq(claim_take(store, "alice", &c, on_claim, took), 0);
    run_until_answers(answers + 1);
    return took;
}

static const char *claim(const char *configuration, const char *ticket_id)
{
    return claim_instead(configuration, ticket_id, NULL);
}

START_TEST(gone_is_decided_by_compare)
{
    ck_assert_int_eq(check_gone("g1"), PRESENCE_MISSING);
    take("alice", "g1", 7, "c1");
    ck_assert_int_eq(check_gone("g1"), PRESENCE_OURS);
    ck_assert_str_eq(gone.connection, "c1");
    ck_assert_str_eq(gone.ticket_id, "");
    ck_assert_str_eq(claim("duel", "t1"), "taken");
    ck_assert_int_eq(check_gone("g1"), PRESENCE_OURS);
    ck_assert_str_eq(gone.ticket_id, "t1");
    ck_assert_int_eq(gone.partition, 4);
    take("alice", "g2", 8, "c2");
    ck_assert_int_eq(check_gone("g1"), PRESENCE_ANOTHER);
    ck_assert_str_eq(gone.ticket_id, "");
    ck_assert_str_eq(gone.connection, "");
}
END_TEST

START_TEST(presence_is_forgotten_by_compare)
{
    take("alice", "g1", 7, "c1");
    forget("c2");
    ck_assert_str_eq(present("connection"), "c1");
    forget("c1");
    ck_assert_str_eq(redis("EXISTS", "presence:{alice}", NULL, NULL), "0");
}
END_TEST

/* ---- claims ----------------------------------------------------------------------------------------------------- */

/* clang-format off */
static const struct {
    const char *held_configuration, *held_ticket; /* NULL: free */
    const char *configuration, *ticket;
    const char *took, *after; /* and the ticket that holds the claim then */
} claim_cases[] = {
    {NULL, NULL, "duel", "t1", "taken", "t1"},
    {"duel", "t1", "duel", "t1", "taken duel t1", "t1"},
    {"duel", "t1", "duel", "t2", "taken duel t1", "t1"}, /* t1 is open until the matchmaker says that t2 replaced it */
    {"duel", "t1", "teams", "t2", "held duel t1", "t1"},
};
/* clang-format on */

START_TEST(one_open_ticket_a_player)
{
    if (claim_cases[_i].held_ticket != NULL)
        ck_assert_str_eq(claim(claim_cases[_i].held_configuration, claim_cases[_i].held_ticket), "taken");
    ck_assert_str_eq(claim(claim_cases[_i].configuration, claim_cases[_i].ticket), claim_cases[_i].took);
    ck_assert_str_eq(redis("HGET", "claim:{alice}", "ticket", NULL), claim_cases[_i].after);
    ck_assert_int_gt(atoi(redis("PTTL", "claim:{alice}", NULL, NULL)), TTL_MS / 2);
}
END_TEST

/* What is done to alice's claim: words of journal partitions, and a gateway's take. */
enum word_kind { NOTHING, TAKE, KEEP, RELEASE, REFUSE };
struct word {
    enum word_kind kind;
    const char *configuration, *ticket; /* duel is of partition 4, teams of 5 */
    int64_t epoch, seq;
};

static void say_keep(const struct word *w, const struct decided_at *at)
{
    ck_assert_int_eq(claim_keep(store, "alice", w->configuration, w->ticket, at, TTL_MS, NOBODY), 0);
}

static void say(const struct word *w)
{
    struct decided_at at = {strcmp(w->configuration, "duel") == 0 ? 4 : 5, w->epoch, w->seq};

    if (w->kind == TAKE)
        (void)claim(w->configuration, w->ticket);
    else if (w->kind == KEEP)
        say_keep(w, &at);
    else if (w->kind == RELEASE)
        ck_assert_int_eq(claim_release(store, "alice", w->ticket, &at, NOBODY), 0);
    else if (w->kind == REFUSE)
        ck_assert_int_eq(claim_refuse(store, "alice", w->ticket, NOBODY), 0);
}

/* The ticket that holds alice's claim, "" for none. */
static const char *holder(void)
{
    const char *ticket = redis("HGET", "claim:{alice}", "ticket", NULL);

    return strcmp(ticket, "-99") == 0 ? "" : ticket;
}

/* Another player asks for alice, with ticket t2 in "duel"; instead of `own`. */
/* clang-format off */
static const struct {
    bool connected, gone;
    const char *held_configuration, *held_ticket; /* NULL: free */
    const char *own;
    const char *took, *after;
} other_cases[] = {
    {true, false, NULL, NULL, "", "taken", "t2"},
    {true, false, NULL, NULL, "t1", "taken", "t2"},
    {false, false, NULL, NULL, "", "away", ""},
    {true, true, NULL, NULL, "", "away", ""},           /* the grace time runs */
    {true, false, "duel", "t1", "", "held duel t1", "t1"}, /* nobody replaces her ticket for her ... */
    {true, false, "duel", "t1", "t3", "held duel t1", "t1"},
    {true, false, "duel", "t1", "t1", "taken duel t1", "t1"}, /* ... but who is in it, too, may */
    {true, false, "duel", "t2", "", "taken duel t2", "t2"},   /* the same request once more */
    {true, false, "teams", "t1", "t1", "held teams t1", "t1"},
    {false, false, "duel", "t1", "t1", "away", "t1"},
};
/* clang-format on */

START_TEST(nobody_is_put_into_a_party_against_a_ticket_or_while_away)
{
    if (other_cases[_i].connected)
        take("alice", "g1", 7, "c1");
    if (other_cases[_i].gone)
        (void)redis("HSET", "presence:{alice}", "gone", "1");
    if (other_cases[_i].held_ticket != NULL)
        ck_assert_str_eq(claim(other_cases[_i].held_configuration, other_cases[_i].held_ticket), "taken");
    ck_assert_str_eq(claim_instead("duel", "t2", other_cases[_i].own), other_cases[_i].took);
    ck_assert_str_eq(holder(), other_cases[_i].after);
}
END_TEST

/* arg: where "ticket partition" goes. */
static void on_claim_read(void *arg, bool ok, const struct claim_read *c)
{
    ck_assert(ok);
    (void)snprintf(arg, 64, "%s %d", c->ticket_id, (int)c->partition);
    answers++;
}

START_TEST(the_open_ticket_is_read_from_the_claim)
{
    char read[64];

    ck_assert_int_eq(claim_read(store, "alice", on_claim_read, read), 0);
    run_until_answers(answers + 1);
    ck_assert_str_eq(read, " -1");
    ck_assert_str_eq(claim("duel", "t1"), "taken");
    ck_assert_int_eq(claim_read(store, "alice", on_claim_read, read), 0);
    run_until_answers(answers + 1);
    ck_assert_str_eq(read, "t1 4");
}
END_TEST

#define K(ticket, seq)                                                                                                 \
    {                                                                                                                  \
        KEEP, "duel", ticket, 3, seq                                                                                   \
    }
#define R(ticket, seq)                                                                                                 \
    {                                                                                                                  \
        RELEASE, "duel", ticket, 3, seq                                                                                \
    }
#define T(ticket)                                                                                                      \
    {                                                                                                                  \
        TAKE, "duel", ticket, 0, 0                                                                                     \
    }
#define NO(ticket)                                                                                                     \
    {                                                                                                                  \
        REFUSE, "duel", ticket, 0, 0                                                                                   \
    }

/* clang-format off */
static const struct {
    struct word words[6];
    const char *holder; /* the ticket after them */
} word_cases[] = {
    {{T("t1"), K("t1", 9)}, "t1"},
    {{T("t1"), K("t1", 9), R("t1", 10)}, ""},
    {{T("t1"), R("t1", 10)}, ""},
    {{K("t1", 9), R("t2", 10)}, "t1"},                          /* a release names its ticket */
    {{K("t1", 9), R("t1", 10), K("t2", 10)}, "t2"},             /* one tick: replaced */
    {{K("t1", 9), R("t1", 10), K("t1", 9)}, ""},                /* late */
    {{K("t1", 9), R("t1", 10), T("t2"), K("t1", 9)}, "t2"},     /* later still */
    {{K("t1", 9), R("t1", 10), T("t2"), K("t2", 11)}, "t2"},
    {{T("t1"), R("t1", 10), K("t1", 9), T("t2"), K("t2", 11)}, "t2"},
    {{K("t2", 12), K("t1", 9)}, "t2"},
    {{K("t2", 10), K("t1", 9)}, "t2"},                          /* by number, not by text */
    {{K("t1", 9), R("t1", 8)}, "t1"},                           /* an id used again, and the end of its first use */
    {{K("t1", 9), {RELEASE, "duel", "t1", 4, 1}}, ""},
    {{K("t1", 9), {RELEASE, "duel", "t1", 2, 99}}, "t1"},       /* an earlier reign's */
    {{{RELEASE, "duel", "t1", 4, 1}, K("t1", 9)}, ""},
    {{K("t1", 9), {KEEP, "teams", "t2", 9, 99}}, "t1"},         /* another configuration's claim stands */
    {{T("t1"), {KEEP, "teams", "t2", 9, 99}}, "t1"},
    {{K("t1", 9), R("t1", 10), {KEEP, "teams", "t2", 1, 1}}, "t2"},
    {{K("t1", 9), R("t1", 10), {KEEP, "teams", "t2", 1, 1}, {RELEASE, "teams", "t2", 1, 2}, K("t1", 9)}, ""},
    {{T("t1"), NO("t1")}, ""},
    {{T("t1"), NO("t2")}, "t1"},
    {{K("t1", 9), T("t1"), NO("t1")}, "t1"},                    /* its own open ticket, started again */
    {{T("t1"), NO("t1"), K("t0", 9)}, "t0"},                    /* a refusal forbids nothing */
    {{K("t1", 9), T("t2"), R("t1", 10)}, "t2"},                 /* asked for before t1 ended, decided later */
    {{K("t1", 9), T("t2"), R("t1", 10), K("t1", 9)}, "t2"},
    {{K("t1", 9), T("t2"), R("t1", 10), R("t1", 10)}, "t2"},
    {{K("t1", 9), T("t2"), R("t1", 10), NO("t2")}, ""},
    {{K("t1", 9), T("t2"), NO("t2"), R("t1", 10)}, ""},
    {{K("t1", 9), T("t2"), R("t2", 10), R("t1", 11)}, ""},
    {{K("t1", 9), T("t2"), K("t2", 10), R("t1", 10), R("t2", 11)}, ""},
    {{K("t1", 9), T("t2"), T("t3"), R("t1", 10)}, "t3"},
    {{K("t1", 9), T("t2"), T("t3"), K("t2", 10), R("t2", 11)}, "t3"},
    {{T("t1"), T("t2"), NO("t1")}, "t2"},
    {{K("t1", 9), T("t1"), R("t1", 10)}, ""},                   /* the same one again is no other */
};
/* clang-format on */

START_TEST(the_later_word_on_a_claim_wins)
{
    for (size_t i = 0; word_cases[_i].words[i].kind != NOTHING; i++)
        say(&word_cases[_i].words[i]);
    ck_assert_str_eq(holder(), word_cases[_i].holder);
}
END_TEST

/* A partition's words, each at its place; they come in every order, and the first of them once more at the end. */
static const struct {
    struct word words[4];
    const char *holder;
} histories[] = {
    {{K("t1", 9), R("t1", 10), K("t2", 10), R("t2", 11)}, ""},
    {{K("t1", 9), R("t1", 10), K("t2", 10), NO("t3")}, "t2"},
    {{K("t1", 9), R("t1", 9), K("t2", 10), K("t2", 12)}, "t2"},
    {{K("t1", 9), R("t1", 10), K("t1", 700), NO("t1")}, "t1"},
    {{K("t1", 9), R("t1", 10), R("t0", 8), K("t0", 7)}, ""},
};

START_TEST(the_order_of_words_does_not_matter)
{
    const struct word *w = histories[_i].words;

    for (int order = 0; order < 4 * 4 * 4 * 4; order++) {
        int at[4] = {order % 4, order / 4 % 4, order / 16 % 4, order / 64};

        if (((1 << at[0]) | (1 << at[1]) | (1 << at[2]) | (1 << at[3])) != 15)
            continue; /* not each of them once */
        (void)redis("FLUSHALL", "SYNC", NULL, NULL);
        for (int i = 0; i < 4; i++)
            say(&w[at[i]]);
        say(&w[at[0]]);
        ck_assert_msg(strcmp(holder(), histories[_i].holder) == 0, "order %d%d%d%d: %s", at[0], at[1], at[2], at[3],
                      raw);
    }
}
END_TEST

START_TEST(a_claim_and_its_end_live_their_time)
{
    struct word keep = K("t1", 9), release = R("t1", 10);

    say(&keep);
    ck_assert_int_gt(atoi(redis("PTTL", "claim:{alice}", NULL, NULL)), TTL_MS / 2);
    ck_assert_int_le(atoi(raw), TTL_MS);
    say(&release);
    ck_assert_str_eq(redis("EXISTS", "claim:{alice}", NULL, NULL), "0");
    ck_assert_int_gt(atoi(redis("PTTL", "released-4:{alice}", NULL, NULL)), CLAIM_MEMORY_MS / 2);
}
END_TEST

START_TEST(asking_again_does_not_shorten_a_claim)
{
    struct decided_at at = {4, 3, 9};

    ck_assert_int_eq(claim_keep(store, "alice", "duel", "t1", &at, 10 * TTL_MS, NOBODY), 0);
    ck_assert_str_eq(claim("duel", "t2"), "taken duel t1");
    ck_assert_int_gt(atoi(redis("PTTL", "claim:{alice}", NULL, NULL)), TTL_MS);
}
END_TEST

START_TEST(who_starts_again_at_an_end_is_not_free_for_another_pool)
{
    const struct decided_at at = {4, 3, 9}, end = {4, 3, 10};

    ck_assert_int_eq(claim_keep(store, "alice", "duel", "t1", &at, 10 * TTL_MS, NOBODY), 0);
    ck_assert_str_eq(claim("duel", "t2"), "taken duel t1");
    ck_assert_int_eq(claim_release(store, "alice", "t1", &end, NOBODY), 0);
    ck_assert_str_eq(claim("teams", "t3"), "held duel t2");
    ck_assert_int_le(atoi(redis("PTTL", "claim:{alice}", NULL, NULL)), TTL_MS); /* should t2 never come to be */
}
END_TEST

START_TEST(a_claim_ends_with_its_time)
{
    struct decided_at at = {4, 3, 9};

    ck_assert_int_eq(claim_keep(store, "alice", "duel", "t1", &at, 1, NOBODY), 0);
    while (strcmp(redis("EXISTS", "claim:{alice}", NULL, NULL), "0") != 0)
        continue;
    ck_assert_str_eq(claim("teams", "t2"), "taken");
}
END_TEST

/* ---- views ------------------------------------------------------------------------------------------------------ */

static struct {
    bool ok, found;
    struct ticket_view view; /* its strings are below */
    char text[256];
    int64_t mean_wait_ms;
} viewed;

static void on_view(void *arg, bool ok, const struct ticket_view *v, int64_t mean_wait_ms)
{
    ck_assert_ptr_eq(arg, &viewed);
    viewed.ok = ok;
    viewed.found = v != NULL;
    viewed.mean_wait_ms = mean_wait_ms;
    viewed.text[0] = '\0';
    if (v != NULL) {
        viewed.view = *v;
        (void)snprintf(viewed.text, sizeof(viewed.text), "%s|%s|%s|%s|%s|%s", v->ticket_id, v->state, v->reason,
                       v->configuration, v->players, v->match_id);
    }
    answers++;
}

static void view(const char *ticket_id)
{
    ck_assert_int_eq(ticket_view_read(store, ticket_id, on_view, &viewed), 0);
    run_until_answers(answers + 1);
}

static struct ticket_view sample(int64_t epoch, int64_t seq, const char *state)
{
    return (struct ticket_view){.ticket_id = "t1",
                                .state = state,
                                .reason = "",
                                .configuration = "duel",
                                .players = "alice bob",
                                .match_id = "",
                                .partition = 4,
                                .start_ms = 1767323045678,
                                .end_ms = 0,
                                .epoch = epoch,
                                .seq = seq};
}

START_TEST(a_view_is_read_back)
{
    struct ticket_view v = sample(3, 12, "SEARCHING");

    view("t1");
    ck_assert(viewed.ok);
    ck_assert(!viewed.found);
    ck_assert_int_eq(viewed.mean_wait_ms, -1);
    ck_assert_int_eq(ticket_view_write(store, &v, TTL_MS, NOBODY), 0);
    view("t1");
    ck_assert(viewed.found);
    ck_assert_str_eq(viewed.text, "t1|SEARCHING||duel|alice bob|");
    ck_assert_int_eq(viewed.view.partition, 4);
    ck_assert_int_eq(viewed.view.start_ms, 1767323045678);
    ck_assert_int_eq(viewed.view.end_ms, 0);
    ck_assert_int_eq(viewed.view.epoch, 3);
    ck_assert_int_eq(viewed.view.seq, 12);
    ck_assert_int_eq(viewed.mean_wait_ms, -1);
    ck_assert_int_eq(wait_write(store, "duel", 4321), 0);
    view("t1");
    ck_assert_int_eq(viewed.mean_wait_ms, 4321);
    ck_assert_int_gt(atoi(redis("PTTL", "ticket:{t1}", NULL, NULL)), TTL_MS / 2);
}
END_TEST

/* clang-format off */
static const struct {
    int64_t epoch, seq, new_epoch, new_seq;
    int32_t new_partition; /* 4: the same */
    bool written;
} view_cases[] = {
    {3, 12, 3, 13, 4, true},
    {3, 12, 3, 12, 4, true}, /* the same again */
    {3, 12, 3, 11, 4, false},
    {3, 9, 3, 10, 4, true},
    {3, 10, 3, 9, 4, false},
    {3, 12, 4, 0, 4, true},
    {3, 12, 2, 99, 4, false},
    {9, 0, 10, 0, 4, true},
    {3, BIG, 3, BIG - 1, 4, false},
    {3, 12, 1, 1, 5, true}, /* an id used again elsewhere: the words of two partitions are not compared */
};
/* clang-format on */

START_TEST(a_view_never_goes_back)
{
    struct ticket_view before = sample(view_cases[_i].epoch, view_cases[_i].seq, "SEARCHING");
    struct ticket_view after = sample(view_cases[_i].new_epoch, view_cases[_i].new_seq, "COMPLETED");

    ck_assert_int_eq(ticket_view_write(store, &before, TTL_MS, NOBODY), 0);
    after.partition = view_cases[_i].new_partition;
    ck_assert_int_eq(ticket_view_write(store, &after, TTL_MS, NOBODY), 0);
    view("t1");
    ck_assert_str_eq(viewed.text,
                     view_cases[_i].written ? "t1|COMPLETED||duel|alice bob|" : "t1|SEARCHING||duel|alice bob|");
}
END_TEST

START_TEST(what_redis_holds_is_no_assertion)
{
    struct word keep = K("t1", 9), release = R("t1", 10);
    char name[1000];

    memset(name, '{', sizeof(name));
    name[sizeof(name) - 1] = '\0';
    (void)redis("SET", "released-4:{alice}", "3:ten", NULL);
    (void)redis("HSET", "claim:{alice}", "epoch", "none");
    say(&keep);
    ck_assert_str_eq(holder(), "t1");
    (void)redis("HSET", "claim:{alice}", "seq", name);
    say(&release);
    ck_assert_str_eq(holder(), "t1"); /* a longer number is a greater one */
    (void)redis("HSET", "ticket:{t1}", "state", "SEARCHING");
    (void)redis("HSET", "ticket:{t1}", "configuration", name);
    (void)redis("HSET", "ticket:{t1}", "partition", "999999999999999999999");
    view("t1");
    ck_assert(viewed.ok && viewed.found);
    ck_assert_int_eq(viewed.mean_wait_ms, -1);
    (void)redis("SET", "ticket:{t2}", "a string", NULL);
    view("t2");
    ck_assert(!viewed.ok);
}
END_TEST

/* ---- Redis away ------------------------------------------------------------------------------------------------- */

static void on_claim_lost(void *arg, bool ok, const struct claim_taken *t)
{
    (void)arg;
    ck_assert(!ok);
    ck_assert_ptr_null(t);
    answers++;
}

START_TEST(a_lost_redis_is_not_ok)
{
    struct claim c = {"duel", "t1", 4, TTL_MS, NULL};
    struct presence_taking p = connection(1);
    struct event_id id = FIRST;
    struct presence_message m = {"alice", "{}", 2, &id, GENERATION, TTL_MS};

    take("alice", "g1", 7, "c1");
    taken.ok = gone.ok = viewed.ok = true;
    ck_assert_int_eq(kill(server.pid, SIGSTOP), 0);
    ck_assert_int_eq(presence_take(store, "alice", &p, on_taken, &taken), 0);
    ck_assert_int_eq(presence_deliver(store, &m, on_delivered, &delivered), 0);
    ck_assert_int_eq(presence_check_gone(store, "alice", "g1", on_gone, &gone), 0);
    ck_assert_int_eq(claim_take(store, "alice", &c, on_claim_lost, NULL), 0);
    ck_assert_int_eq(ticket_view_read(store, "t1", on_view, &viewed), 0);
    redis_server_kill(&server);
    run_until_answers(answers + 5);
    ck_assert(!taken.ok && !gone.ok && !viewed.ok);
    ck_assert_int_eq(delivered.err, ERR_UNAVAILABLE);
    ck_assert_int_eq(claim_take(store, "alice", &c, on_claim_lost, NULL), ERR_UNAVAILABLE);
    ck_assert_int_eq(presence_take(store, "alice", &p, on_taken, &taken), ERR_UNAVAILABLE);
    ck_assert_int_eq(ticket_view_read(store, "t1", on_view, &viewed), ERR_UNAVAILABLE);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("players");
    TCase *c = tcase_create("redis");
    SRunner *runner = srunner_create(s);
    int failed;

    tcase_add_checked_fixture(c, set_up, tear_down);
    tcase_set_timeout(c, 60);
    suite_add_tcase(s, c);
    tcase_add_test(c, a_taken_player_gets_the_inbox_oldest_first);
    tcase_add_test(c, delivery_names_the_newest_connection);
    tcase_add_loop_test(c, only_greater_ids_enter_the_inbox, 0, COUNT(dedupe_cases));
    tcase_add_test(c, another_generation_takes_all_again);
    tcase_add_loop_test(c, a_refused_message_is_not_half_done, 0, COUNT(refusal_cases));
    tcase_add_test(c, the_inbox_is_bounded_and_says_what_it_drops);
    tcase_add_test(c, the_inbox_lives_its_time);
    tcase_add_test(c, acknowledged_messages_are_gone);
    tcase_add_test(c, the_newest_connection_has_the_player);
    tcase_add_test(c, a_connection_keeps_its_place);
    tcase_add_loop_test(c, the_order_outlives_an_emptied_redis, 0, 2);
    tcase_add_test(c, a_take_that_was_never_answered_is_ordered_by_its_age);
    tcase_add_test(c, the_newest_wins_whatever_the_clock_says);
    tcase_add_test(c, an_open_connection_may_be_left_the_player);
    tcase_add_test(c, a_gone_connection_keeps_nobody_out);
    tcase_add_test(c, a_gone_connection_is_restored_only_if_nobody_is_there);
    tcase_add_test(c, gone_is_decided_by_compare);
    tcase_add_test(c, presence_is_forgotten_by_compare);
    tcase_add_loop_test(c, one_open_ticket_a_player, 0, COUNT(claim_cases));
    tcase_add_loop_test(c, nobody_is_put_into_a_party_against_a_ticket_or_while_away, 0, COUNT(other_cases));
    tcase_add_test(c, the_open_ticket_is_read_from_the_claim);
    tcase_add_loop_test(c, the_later_word_on_a_claim_wins, 0, COUNT(word_cases));
    tcase_add_loop_test(c, the_order_of_words_does_not_matter, 0, COUNT(histories));
    tcase_add_test(c, a_claim_and_its_end_live_their_time);
    tcase_add_test(c, asking_again_does_not_shorten_a_claim);
    tcase_add_test(c, who_starts_again_at_an_end_is_not_free_for_another_pool);
    tcase_add_test(c, a_claim_ends_with_its_time);
    tcase_add_test(c, a_view_is_read_back);
    tcase_add_loop_test(c, a_view_never_goes_back, 0, COUNT(view_cases));
    tcase_add_test(c, what_redis_holds_is_no_assertion);
    tcase_add_test(c, a_lost_redis_is_not_ok);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
