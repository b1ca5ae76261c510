/* Why a ticket waits: what passes against whom, the nearest miss, and what comes next. */
#include <check.h>
#include <math.h>

#include "mm_scene.h"
#include "mm_why.h"

#define HEAD                                                                                                           \
    "{'ruleLanguageVersion':'1.0','playerAttributes':[{'name':'skill','type':'number','default':10},"                  \
    "{'name':'mode','type':'string','default':'any'},{'name':'roles','type':'string_list','default':[]}],"
#define DUEL  "'teams':[{'name':'red','minPlayers':1,'maxPlayers':1},{'name':'blue','minPlayers':1,'maxPlayers':1}],"
#define SQUAD "'teams':[{'name':'red','minPlayers':2,'maxPlayers':5},{'name':'blue','minPlayers':2,'maxPlayers':5}],"
#define CLOSE                                                                                                          \
    "{'name':'Close','type':'distance','measurements':['max(flatten(teams[*].players.attributes[skill]))'],"           \
    "'referenceValue':'min(flatten(teams[*].players.attributes[skill]))','maxDistance':150}"
#define WIDER                                                                                                          \
    "'expansions':[{'target':'rules[Close].maxDistance','steps':[{'waitTimeSeconds':20,'value':250},"                  \
    "{'waitTimeSeconds':30,'value':400}]}]"
#define SAME "{'name':'Same','type':'batchDistance','batchAttribute':'mode'}"
#define EQUAL                                                                                                          \
    "{'name':'Equal','type':'comparison','operation':'=','measurements':['count(teams[red].players)'],"                \
    "'referenceValue':'count(teams[blue].players)'}"

struct crowd { /* scene's first ticket asks; the others are the pool */
    struct scene scene;
    size_t at;
};

static const struct mm_facts *next_of(void *arg)
{
    struct crowd *c = arg;

    return c->at < c->scene.count ? c->scene.facts[c->at++] : NULL;
}

/* tickets: [[player,...],...]; `seconds`: how old each is, in turn; all after the last one listed as old as that. */
static json_object *why(const char *rules, const char *tickets, const int *seconds)
{
    struct crowd c = {.at = 1};
    json_object *list = scene_json(tickets), *o = NULL;
    struct buf out = {0};
    struct mm_why w;
    const char *code;
    char error[JSON_ERROR_SIZE];

    scene_open(&c.scene, rules);
    for (size_t i = 0; i < json_object_array_length(list); i++) {
        struct mm_facts *f = scene_ticket(&c.scene, json_object_array_get_idx(list, i), NULL, &code);

        ck_assert_ptr_nonnull(f);
        c.scene.facts[c.scene.count++] = f;
        if (f != NULL)
            f->since_ms = 100000 - seconds[i] * 1000;
    }
    w = (struct mm_why){.ticket_id = "t1",
                        .configuration = "default",
                        .state = "SEARCHING",
                        .rules = c.scene.rules,
                        .facts = c.scene.facts[0],
                        .now_ms = 100000,
                        .since_ms = 100000 - seconds[0] * 1000,
                        .expires_ms = 130000,
                        .estimated_wait_ms = 2500,
                        .waiting = c.scene.count,
                        .next = next_of,
                        .arg = &c};
    mm_why_write(&w, &out);
    ck_assert_msg(json_parse(out.data, out.len, &o, error) == 0, "%s: %s", out.data, error);
    buf_free(&out);
    json_object_put(list);
    scene_close(&c.scene);
    return o;
}

/* The member, or element, that a path like "rules.0.nearest.text" leads to, as text; "" when there is none. */
static const char *text_at(json_object *o, const char *path)
{
    char *copy = mem_strdup(path), *rest = copy, *key;

    while (o != NULL && (key = strsep(&rest, ".")) != NULL) {
        json_object *inner = NULL;

        if (json_object_is_type(o, json_type_array))
            inner = json_object_array_get_idx(o, (size_t)atol(key));
        else
            json_object_object_get_ex(o, key, &inner);
        o = inner;
    }
    free(copy);
    return o == NULL ? "" : json_object_get_string(o);
}

#define NEAR "[[{'skill':1000}],[{'skill':1500}],[{'skill':1212}],[{'skill':1100}]]"

static const struct {
    const char *rules, *tickets;
    int seconds[4];
    const char *path, *text;
} cases[] = {
    /* the head */
    {HEAD DUEL "'rules':[" CLOSE "]," WIDER "}", NEAR, {12, 20, 20, 20}, "age_seconds", "12"},
    {HEAD DUEL "'rules':[" CLOSE "]," WIDER "}", NEAR, {12, 20, 20, 20}, "times_out_in_seconds", "30"},
    {HEAD DUEL "'rules':[" CLOSE "]," WIDER "}", NEAR, {12, 20, 20, 20}, "estimated_wait_seconds", "2.5"},
    {HEAD DUEL "'rules':[" CLOSE "]," WIDER "}", NEAR, {12, 20, 20, 20}, "phase.number", "1"},
    {HEAD DUEL "'rules':[" CLOSE "]," WIDER "}", NEAR, {12, 20, 20, 20}, "phase.next_in_seconds", "8"},
    {HEAD DUEL "'rules':[" CLOSE "]," WIDER "}", NEAR, {25, 25, 25, 25}, "phase.from_seconds", "20"},
    {HEAD DUEL "'rules':[" CLOSE "]," WIDER "}", NEAR, {35, 35, 35, 35}, "phase.next_in_seconds", ""},
    {HEAD DUEL "'rules':[" CLOSE "]," WIDER "}", NEAR, {12, 20, 20, 20}, "players_needed", "2"},
    {HEAD DUEL "'rules':[" CLOSE "]," WIDER "}", NEAR, {12, 20, 20, 20}, "waiting.tickets", "4"},
    {HEAD DUEL "'rules':[" CLOSE "]," WIDER "}", NEAR, {12, 20, 20, 20}, "waiting.looked_at", "3"},
    /* how many pass, and the nearest miss, which the newest of two decides */
    {HEAD DUEL "'rules':[" CLOSE "]," WIDER "}", NEAR, {12, 20, 20, 20}, "rules.0.passed", "1"},
    {HEAD DUEL "'rules':[" CLOSE "]," WIDER "}", NEAR, {12, 20, 20, 20}, "rules.0.failed", "2"},
    {HEAD DUEL "'rules':[" CLOSE "]," WIDER "}", NEAR, {12, 20, 20, 20}, "waiting.pass_all", "1"},
    {HEAD DUEL "'rules':[" CLOSE "]," WIDER "}",
     NEAR,
     {12, 20, 20, 20},
     "rules.0.nearest.text",
     "skill distance 212, allowed 150, will be 250 in 8 s"},
    {HEAD DUEL "'rules':[" CLOSE "]," WIDER "}", NEAR, {12, 20, 20, 20}, "rules.0.nearest.next.in_seconds", "8"},
    {HEAD DUEL "'rules':[" CLOSE "]," WIDER "}", NEAR, {12, 20, 5, 20}, "rules.0.nearest.next.in_seconds", "15"},
    {HEAD DUEL "'rules':[" CLOSE "]," WIDER "}",
     NEAR,
     {35, 35, 35, 35},
     "rules.0.nearest.text",
     "skill distance 500, allowed 400"},
    {HEAD DUEL "'algorithm':{'expansionAgeSelection':'oldest'},'rules':[" CLOSE "]," WIDER "}",
     NEAR,
     {12, 20, 25, 12},
     "rules.0.nearest.text",
     "skill distance 500, allowed 250, will be 400 in 10 s"},
    {HEAD DUEL "'rules':[" CLOSE "]}",
     "[[{'skill':1000}],[{'skill':1150.0001}]]",
     {1, 1},
     "rules.0.nearest.text",
     "skill distance 150.00009999999997, allowed 150"}, /* and not 150, allowed 150 */
    {HEAD DUEL "'rules':[" CLOSE "]}", "[[{}]]", {1}, "rules.0.failed", "0"},
    {HEAD DUEL "'rules':[" CLOSE "]}", "[[{}]]", {1}, "rules.0.nearest", ""},
    /* rules without numbers have no nearest miss; rules of whole matches are not asked */
    {HEAD DUEL "'rules':[" SAME "," CLOSE "]}", "[[{}],[{'mode':'x'}],[{}]]", {1, 1, 1}, "rules.0.failed", "1"},
    {HEAD DUEL "'rules':[" SAME "," CLOSE "]}", "[[{}],[{'mode':'x'}],[{}]]", {1, 1, 1}, "rules.0.nearest", ""},
    {HEAD DUEL "'rules':[" SAME "," CLOSE "]}", "[[{}],[{'mode':'x'}],[{}]]", {1, 1, 1}, "rules.1.rule", "Close"},
    {HEAD SQUAD "'rules':[" EQUAL "," SAME "]}", "[[{},{}],[{}]]", {1, 1}, "rules.0.rule", "Same"},
    {HEAD SQUAD "'rules':[" EQUAL "," SAME "]}", "[[{},{}],[{}]]", {1, 1}, "rules.1.rule", ""},
    /* words for other types; numbers for people */
    {HEAD DUEL "'rules':[" CLOSE "]}",
     "[[{'skill':0.1}],[{'skill':200.12345}]]",
     {1, 1},
     "rules.0.nearest.text",
     "skill distance 200.023, allowed 150"},
    {HEAD DUEL "'rules':[{'name':'Low','type':'comparison','operation':'<=','referenceValue':0.00012,"
               "'measurements':['flatten(teams[*].players.attributes[skill])']}]}",
     "[[{'skill':0}],[{'skill':7}]]",
     {1, 1},
     "rules.0.nearest.text",
     "skill 7, allowed 0.00012"},
    {HEAD SQUAD "'rules':[{'name':'Some','type':'collection','operation':'intersection','minCount':2,"
                "'measurements':['flatten(teams[*].players.attributes[roles])']}]}",
     "[[{'roles':['a','b']}],[{'roles':['a','c']}]]",
     {1, 1},
     "rules.0.nearest.text",
     "roles count 1, allowed 2"},
    {HEAD SQUAD "'rules':[{'name':'Near','type':'latency','maxLatency':50}]}",
     "[[{'latency':{'eu':40,'us':90}}],[{'latency':{'eu':70,'us':20}}]]",
     {1, 1},
     "rules.0.nearest.text",
     "latency 70, allowed 50"},
    {HEAD SQUAD "'rules':[{'name':'Low','type':'comparison','operation':'<','referenceValue':20,"
                "'measurements':['flatten(teams[*].players.attributes[skill])']}]}",
     "[[{}],[{'skill':25}]]",
     {1, 1},
     "rules.0.nearest.text",
     "skill 25, allowed 20"},
    /* a team below its minimum comes first, though another has more open seats */
    {HEAD "'teams':[{'name':'red','minPlayers':0,'maxPlayers':5},{'name':'blue','minPlayers':1,'maxPlayers':2}],"
          "'rules':[{'name':'Blues','type':'comparison','operation':'>','referenceValue':50,"
          "'measurements':['avg(teams[blue].players.attributes[skill])']}]}",
     "[[{}],[{}]]",
     {1, 1},
     "rules.0.failed",
     "1"},
    /* a team is chosen in which nothing is broken for good, when there is one */
    {HEAD SQUAD "'rules':[{'name':'Blues','type':'comparison','operation':'>','referenceValue':50,"
                "'measurements':['teams[blue].players.attributes[skill]']},{'name':'Reds','type':'comparison',"
                "'operation':'<','referenceValue':50,'measurements':['teams[red].players.attributes[skill]']}]}",
     "[[{'skill':90}],[{'skill':95}],[{'skill':5}]]",
     {1, 1, 1},
     "waiting.pass_all",
     "2"},
    {HEAD DUEL "'rules':[{'name':'Blues','type':'comparison','operation':'>','referenceValue':50,"
               "'measurements':['teams[blue].players.attributes[skill]']}]}",
     "[[{'skill':9}],[{'skill':9}],[{'skill':95}]]",
     {1, 1, 1},
     "waiting.pass_all",
     "1"},
    {HEAD DUEL "'rules':[" CLOSE "],'expansions':[{'target':'teams[red].maxPlayers','steps':[{'waitTimeSeconds':9,"
               "'value':2}]}]}",
     "[[{}],[{},{}]]",
     {1, 1},
     "waiting.no_room",
     "1"},
};

START_TEST(tells)
{
    json_object *o = why(cases[_i].rules, cases[_i].tickets, cases[_i].seconds);

    ck_assert_msg(strcmp(text_at(o, cases[_i].path), cases[_i].text) == 0, "%s: \"%s\", not \"%s\", in %s",
                  cases[_i].path, text_at(o, cases[_i].path), cases[_i].text, json_object_to_json_string(o));
    json_object_put(o);
}
END_TEST

static const struct mm_facts *same_again(void *arg)
{
    return arg;
}

/* Of a pool without an end, so many are looked at. */
START_TEST(is_bounded)
{
    struct buf rules = {0}, out = {0};
    struct scene s;
    size_t looked_at;

    buf_str(&rules, HEAD DUEL "'rules':[");
    for (int i = 0; i < (_i == 0 ? 1 : 90); i++)
        buf_printf(&rules, "%s{'name':'R%d','type':'batchDistance','batchAttribute':'mode'}", i > 0 ? "," : "", i);
    buf_str(&rules, "]}");
    scene_open(&s, rules.data);
    scene_seat(&s, "{'red':[[{}]]}");
    mm_why_write(&(struct mm_why){.ticket_id = "t",
                                  .configuration = "c",
                                  .state = "SEARCHING",
                                  .rules = s.rules,
                                  .facts = s.facts[0],
                                  .estimated_wait_ms = (double)NAN,
                                  .next = same_again,
                                  .arg = s.facts[0]},
                 &out);
    ck_assert_ptr_nonnull(strstr(out.data, "\"estimated_wait_seconds\":null"));
    looked_at = (size_t)atol(strstr(out.data, "\"looked_at\":") + strlen("\"looked_at\":"));
    if (_i == 0)
        ck_assert_uint_eq(looked_at, MM_WHY_TICKETS_MAX);
    else
        ck_assert_uint_lt(looked_at, 100);
    scene_close(&s);
    buf_free(&rules);
    buf_free(&out);
}
END_TEST

/* A configuration that is gone has no rules to tell of. */
START_TEST(knows_no_rules)
{
    struct buf out = {0};

    mm_why_write(&(struct mm_why){.ticket_id = "t",
                                  .configuration = "c",
                                  .state = "SEARCHING",
                                  .now_ms = 1500,
                                  .estimated_wait_ms = (double)NAN,
                                  .waiting = 1},
                 &out);
    ck_assert_str_eq(out.data,
                     "{\"ticket_id\":\"t\",\"configuration\":\"c\",\"state\":\"SEARCHING\",\"age_seconds\":1.5,"
                     "\"times_out_in_seconds\":0,\"estimated_wait_seconds\":null,\"waiting\":{\"tickets\":1,"
                     "\"looked_at\":0,\"no_room\":0,\"pass_all\":0}}");
    buf_free(&out);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("mm_why");
    TCase *tc = tcase_create("all");
    SRunner *sr = srunner_create(s);
    int failed;

    suite_add_tcase(s, tc);
    tcase_add_loop_test(tc, tells, 0, sizeof(cases) / sizeof(cases[0]));
    tcase_add_loop_test(tc, is_bounded, 0, 2);
    tcase_add_test(tc, knows_no_rules);
    srunner_run_all(sr, CK_ENV);
    failed = srunner_ntests_failed(sr);
    srunner_free(sr);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
