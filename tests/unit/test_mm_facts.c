/* What is read of a ticket's players, what is refused, and what it costs. */
#include <check.h>

#include "mm_scene.h"

#define HEAD "{'ruleLanguageVersion':'1.0','playerAttributes':"
#define TEAMS                                                                                                          \
    "'teams':[{'name':'red','minPlayers':1,'maxPlayers':2},{'name':'blue','minPlayers':1,'maxPlayers':3}],"            \
    "'expansions':[{'target':'teams[blue].maxPlayers','steps':[{'waitTimeSeconds':5,'value':4}]}],"
#define SKILL "flatten(teams[*].players.attributes[skill])"

#define SIMPLE                                                                                                         \
    HEAD "[{'name':'other','type':'string'},{'name':'skill','type':'number'}]," TEAMS                                  \
         "'rules':[{'name':'A','type':'distance','measurements':['max(" SKILL ")'],'referenceValue':'min(" SKILL ")'," \
         "'maxDistance':5}]}"

#define MIXED                                                                                                          \
    HEAD "[{'name':'skill','type':'number','default':7},{'name':'roles','type':'string_list','default':['b','a']},"    \
         "{'name':'mode','type':'string','default':'any'},{'name':'idle','type':'string'},"                            \
         "{'name':'maps','type':'string_number_map','default':{'sea':2,'ice':1}}]," TEAMS                              \
         "'rules':[{'name':'A','type':'comparison','operation':'=','measurements':['" SKILL "',"                       \
         "'flatten(teams[*].players.attributes[maps][ice])']},"                                                        \
         "{'name':'B','type':'batchDistance','batchAttribute':'mode'},"                                                \
         "{'name':'C','type':'collection','operation':'intersection','minCount':1,"                                    \
         "'measurements':['flatten(teams[*].players.attributes[roles])']}]}"

#define LATENCY(PARTY)                                                                                                 \
    HEAD "[]," TEAMS "'rules':[{'name':'Near','type':'latency','maxLatency':100,'partyAggregation':'" PARTY "'}]}"

static struct mm_facts *read_ticket(struct scene *s, const char *players, const char *team, const char **code)
{
    json_object *o = scene_json(players);
    struct mm_facts *f = scene_ticket(s, o, team, code);

    json_object_put(o);
    return f;
}

START_TEST(keeps_what_rules_read)
{
    const union mm_datum *data;
    const char *code;
    struct mm_facts *f;
    struct scene s;

    scene_open(&s, MIXED);
    ck_assert_uint_eq(s.rules->slot_count, 4);
    f = read_ticket(&s,
                    "[{'id':'a','skill':1.5,'roles':['z','k','z'],'mode':'ffa','idle':'x','maps':{'z':2,'c':1}},{}]",
                    NULL, &code);
    ck_assert_ptr_null(code);
    ck_assert_uint_eq(f->player_count, 2);
    ck_assert_str_eq(f->players[0].id, "a");
    ck_assert_str_eq(f->players[1].id, "p1");
    ck_assert_int_eq(f->players[0].team, MM_NEVER);
    ck_assert(!mm_facts_is_backfill(f));
    data = f->players[0].data;
    ck_assert_double_eq(data[0].number, 1.5);
    ck_assert_uint_eq(data[1].strings->count, 2);
    ck_assert_str_eq(data[1].strings->list[0], "k");
    ck_assert_str_eq(data[1].strings->list[1], "z");
    ck_assert_str_eq(data[2].string, "ffa");
    ck_assert_uint_eq(data[3].map->count, 2);
    ck_assert_str_eq(data[3].map->pairs[0].key, "c");
    ck_assert_double_eq(data[3].map->pairs[1].value, 2);
    data = f->players[1].data; /* defaults */
    ck_assert_double_eq(data[0].number, 7);
    ck_assert_str_eq(data[1].strings->list[0], "a");
    ck_assert_str_eq(data[2].string, "any");
    ck_assert_str_eq(data[3].map->pairs[0].key, "ice");
    free(f);
    scene_close(&s);
}
END_TEST

static const struct {
    const char *rules, *players, *team, *code; /* code NULL: taken */
} refusals[] = {
    {SIMPLE, "[{'skill':1}]", NULL, NULL},
    {SIMPLE, "[{}]", NULL, "missing_attribute"},
    {SIMPLE, "[{'skill':1},{'other':'x'}]", NULL, "missing_attribute"},
    {SIMPLE, "[{'skill':'1'}]", NULL, "invalid_attributes"},
    {SIMPLE, "[{'skill':1,'other':2}]", NULL, "invalid_attributes"}, /* declared, though no rule reads it */
    {SIMPLE, "[{'skill':1,'undeclared':2}]", NULL, NULL},
    {SIMPLE, "[{'skill':1},{'skill':1},{'skill':1},{'skill':1}]", NULL, NULL}, /* from 5 s on */
    {SIMPLE, "[{'skill':1},{'skill':1},{'skill':1},{'skill':1},{'skill':1}]", NULL, "party_too_large"},
    {SIMPLE, "[{'skill':1},{'skill':1}]", "red", NULL},
    {SIMPLE, "[{'skill':1},{'skill':1},{'skill':1}]", "red", "party_too_large"},
    {SIMPLE, "[{'skill':1}]", "green", "unknown_team"},
    {SIMPLE, "[{}]", "red", "missing_attribute"},
    {LATENCY("avg"), "[{'latency':{'eu':50}}]", NULL, NULL},
    {LATENCY("avg"), "[{}]", NULL, "missing_latency"},
    {LATENCY("avg"), "[{'latency':{}}]", NULL, "missing_latency"},
    {LATENCY("avg"), "[{'latency':{'eu':50}},{}]", NULL, "missing_latency"},
    {LATENCY("avg"), "[{'latency':{'eu':50}},{'latency':{'us':50}}]", NULL, NULL}, /* waits, as FlexMatch lets it */
    {LATENCY("avg"), "[{}]", "red", NULL},
};

START_TEST(refuses_what_can_never_match)
{
    const char *code;
    struct mm_facts *f;
    struct scene s;

    scene_open(&s, refusals[_i].rules);
    f = read_ticket(&s, refusals[_i].players, refusals[_i].team, &code);
    if (refusals[_i].code == NULL)
        ck_assert_ptr_null(code);
    else
        ck_assert_str_eq(code, refusals[_i].code);
    ck_assert(f == NULL || mm_facts_is_backfill(f) == (refusals[_i].team != NULL));
    free(f);
    scene_close(&s);
}
END_TEST

/* By location as the pool numbers them; 0: somebody did not report it. */
static const struct {
    const char *rules, *players, *team;
    float ms[3]; /* eu, us, sa */
    size_t count;
} latencies[] = {
    {LATENCY("avg"), "[{'latency':{'us':5,'eu':7}}]", NULL, {7, 5}, 2},
    {LATENCY("avg"), "[{'latency':{'eu':7,'us':1,'sa':9}},{'latency':{'eu':8,'sa':3}}]", NULL, {7.5f, 0, 6}, 3},
    {LATENCY("min"), "[{'latency':{'eu':7}},{'latency':{'eu':8,'sa':3}}]", NULL, {7}, 1},
    {LATENCY("max"), "[{'latency':{'eu':7}},{'latency':{'eu':8,'sa':3}}]", NULL, {8}, 1},
    {LATENCY("max"), "[{'latency':{'sa':7}},{'latency':{'eu':7}}]", NULL, {0}, 0},            /* none in common */
    {LATENCY("max"), "[{'latency':{'sa':7}},{},{'latency':{'sa':8}}]", "blue", {0, 0, 8}, 3}, /* those who know */
    {SIMPLE, "[{'skill':1,'latency':{'us':5}}]", NULL, {0}, 0},                               /* no rule asks */
};

START_TEST(numbers_locations)
{
    const char *code;
    struct mm_facts *f;
    struct scene s;

    scene_open(&s, latencies[_i].rules);
    free(read_ticket(&s, "[{'skill':1,'latency':{'eu':1,'us':1,'sa':1}}]", NULL, &code));
    f = read_ticket(&s, latencies[_i].players, latencies[_i].team, &code);
    ck_assert_ptr_null(code);
    ck_assert_uint_eq(f->location_count, latencies[_i].count);
    for (size_t i = 0; i < f->location_count; i++)
        ck_assert_double_eq((double)mm_facts_latency(f, s.rules->rules[0].party)[i], (double)latencies[_i].ms[i]);
    free(f);
    scene_close(&s);
}
END_TEST

/* Rules that see a party differently; a single player is the same to all. */
START_TEST(keeps_a_row_a_party_aggregation)
{
    const char *code;
    struct mm_facts *f;
    struct scene s;

    scene_open(&s, HEAD "[]," TEAMS "'rules':[{'name':'A','type':'latency','maxLatency':9,'partyAggregation':'max'},"
                        "{'name':'B','type':'latency','maxLatency':9,'partyAggregation':'avg'}]}");
    f = read_ticket(&s, "[{'latency':{'eu':7,'us':1}},{'latency':{'eu':8,'us':3}}]", NULL, &code);
    ck_assert_double_eq((double)mm_facts_latency(f, MM_PARTY_MAX)[0], 8);
    ck_assert_double_eq((double)mm_facts_latency(f, MM_PARTY_MAX)[1], 3);
    ck_assert_double_eq((double)mm_facts_latency(f, MM_PARTY_AVG)[0], 7.5);
    ck_assert_double_eq((double)mm_facts_latency(f, MM_PARTY_AVG)[1], 2);
    free(f);
    f = read_ticket(&s, "[{'latency':{'eu':7,'us':1}}]", NULL, &code);
    ck_assert_ptr_eq(mm_facts_latency(f, MM_PARTY_MAX), mm_facts_latency(f, MM_PARTY_AVG));
    free(f);
    scene_close(&s);
}
END_TEST

/* A pool knows so many locations; a player who has only others is in none. */
START_TEST(locations_run_out)
{
    struct buf players = {0};
    const char *code;
    struct mm_facts *f;
    struct scene s;

    scene_open(&s, LATENCY("avg"));
    for (size_t i = 0; i < MM_LOCATIONS_MAX; i++) {
        buf_clear(&players);
        buf_printf(&players, "[{'latency':{'place-%zu':5}}]", i);
        f = read_ticket(&s, players.data, NULL, &code);
        ck_assert_uint_eq(f->location_count, i + 1);
        free(f);
    }
    ck_assert_ptr_null(read_ticket(&s, "[{'latency':{'one-more':5}}]", NULL, &code));
    ck_assert_str_eq(code, "missing_latency");
    f = read_ticket(&s, "[{'latency':{'one-more':5,'place-3':4}}]", NULL, &code);
    ck_assert_uint_eq(f->location_count, 4);
    free(f);
    buf_free(&players);
    scene_close(&s);
}
END_TEST

START_TEST(borrows_ids)
{
    static const char *const id = "alice";
    json_object *attributes = scene_json("{'skill':{'N':1}}");
    struct mm_player player = {.id = "not kept", .attributes = attributes};
    char message[MM_MESSAGE_SIZE];
    struct mm_facts *f;
    struct scene s;

    scene_open(&s, SIMPLE);
    ck_assert_ptr_null(mm_facts_read(&f, s.rules, &s.locations, &player, 1, &id, message));
    ck_assert_ptr_eq(f->players[0].id, id);
    ck_assert_uint_le(sizeof(*f) + sizeof(f->players[0]) + sizeof(union mm_datum), 56); /* 64 with malloc's own */
    free(f);
    json_object_put(attributes);
    scene_close(&s);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("mm_facts");
    TCase *tc = tcase_create("all");
    SRunner *sr = srunner_create(s);
    int failed;

    suite_add_tcase(s, tc);
    tcase_add_test(tc, keeps_what_rules_read);
    tcase_add_loop_test(tc, refuses_what_can_never_match, 0, sizeof(refusals) / sizeof(refusals[0]));
    tcase_add_loop_test(tc, numbers_locations, 0, sizeof(latencies) / sizeof(latencies[0]));
    tcase_add_test(tc, keeps_a_row_a_party_aggregation);
    tcase_add_test(tc, locations_run_out);
    tcase_add_test(tc, borrows_ids);
    srunner_run_all(sr, CK_ENV);
    failed = srunner_ntests_failed(sr);
    srunner_free(sr);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
