/*
 * mm_search against trying everything: random rule sets and small pools; whenever nothing is due any more at a moment,
 * no legal match is left among those who wait, and each match that was made is legal. MM_SEED=n runs one alone.
 */
#include "mm_field.h"

#define WORLDS   1500
#define ARRIVALS 9

static uint64_t state;

static size_t roll(size_t below)
{
    state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (size_t)(state >> 33) % below;
}

/* ---- random rule sets ---- */

#define ALL "teams[*].players.attributes[skill]"

static const struct {
    const char *head, *limit; /* limit: of the number that follows, and that an expansion may change; NULL: none */
    size_t below;
} forms[] = {
    {"'type':'distance','measurements':['max(flatten(" ALL "))'],'referenceValue':'min(flatten(" ALL "))'",
     "maxDistance", 12},
    {"'type':'distance','measurements':['flatten(" ALL ")'],'referenceValue':'max(flatten(" ALL "))'", "maxDistance",
     12},
    {"'type':'distance','measurements':['avg(" ALL ")'],'referenceValue':'avg(flatten(" ALL "))'", "maxDistance", 6},
    {"'type':'distance','measurements':['max(flatten(" ALL "))'],'referenceValue':'avg(flatten(" ALL "))'",
     "maxDistance", 6},
    {"'type':'distance','measurements':['max(avg(" ALL "))'],'referenceValue':'min(avg(" ALL "))'", "maxDistance", 6},
    {"'type':'distance','partyAggregation':'max','measurements':['" ALL "'],'referenceValue':'min(flatten(" ALL "))'",
     "maxDistance", 12},
    {"'type':'distance','measurements':['max(count(teams[*].players))'],'referenceValue':'min(count(teams[*].players))"
     "'",
     "maxDistance", 2},
    {"'type':'batchDistance','batchAttribute':'skill'", "maxDistance", 12},
    {"'type':'batchDistance','batchAttribute':'skill','partyAggregation':'min'", "maxDistance", 12},
    {"'type':'batchDistance','batchAttribute':'mode'", NULL, 0},
    {"'type':'comparison','measurements':['flatten(teams[*].players.attributes[mode])'],'operation':'='", NULL, 0},
    {"'type':'comparison','measurements':['flatten(teams[*].players.attributes[mode])'],'operation':'!='", NULL, 0},
    {"'type':'comparison','measurements':['flatten(teams[*].players.attributes[level])'],'operation':'='", NULL, 0},
    {"'type':'comparison','measurements':['sum(flatten(" ALL "))'],'operation':'<=','referenceValue':40", NULL, 0},
    {"'type':'comparison','measurements':['avg(flatten(" ALL "))'],'operation':'>=','referenceValue':6", NULL, 0},
    {"'type':'latency'", "maxLatency", 100},
    {"'type':'latency','maxDistance':30,'distanceReference':'min'", "maxLatency", 100},
    {"'type':'collection','operation':'contains','measurements':['flatten(teams[*].players.attributes[mode])'],"
     "'referenceValue':'x','minCount':1",
     "maxCount", 4},
};

static void add_rule(struct buf *out, size_t i)
{
    size_t form = roll(sizeof(forms) / sizeof(forms[0]));

    buf_printf(out, "%s{'name':'r%zu',%s", i > 0 ? "," : "", i, forms[form].head);
    if (forms[form].limit != NULL)
        buf_printf(out, ",'%s':%zu", forms[form].limit, 1 + roll(forms[form].below));
    buf_str(out, "}");
}

static void add_teams(struct buf *out)
{
    size_t count = 1 + roll(2);

    for (size_t i = 0; i < count; i++) {
        size_t max = 1 + roll(3), min = roll(max + 1);

        buf_printf(out, "%s{'name':'t%zu','minPlayers':%zu,'maxPlayers':%zu,'quantity':%zu}", i > 0 ? "," : "", i,
                   min > 0 || count > 1 || max < 2 ? min : 1, max, 1 + roll(2));
    }
}

/* A team's least falls to nothing with time, or is what it is. */
static void add_expansions(struct buf *out)
{
    if (roll(2) == 0)
        buf_printf(out, ",'expansions':[{'target':'teams[t0].minPlayers','steps':[{'waitTimeSeconds':%zu,'value':1}]}]",
                   1 + roll(5));
}

static char *random_rules(void)
{
    struct buf out = {0};
    size_t rules = roll(4);

    buf_printf(
        &out,
        "{'ruleLanguageVersion':'1.0','playerAttributes':[{'name':'skill','type':'number'},{'name':'mode','type':"
        "'string'},{'name':'level','type':'number'}],'algorithm':{'expansionAgeSelection':'%s',"
        "'backfillPriority':'%s'},'teams':[",
        roll(2) == 0 ? "newest" : "oldest", roll(3) == 0 ? "high" : "normal");
    add_teams(&out);
    buf_str(&out, "],'rules':[");
    for (size_t i = 0; i < rules; i++)
        add_rule(&out, i);
    buf_str(&out, "]");
    add_expansions(&out);
    buf_str(&out, "}");
    return buf_take(&out);
}

/* ---- everything ---- */

static struct mm_ticket *waiting[FIELD_TICKETS_MAX];
static size_t waiting_count;

static void log_waiting(const struct field *f, struct buf *out)
{
    for (size_t i = 0; i < f->scene.lineup->ticket_count; i++)
        buf_printf(out, " %s(%g)", f->scene.lineup->tickets[i].facts->players[0].id,
                   f->scene.lineup->tickets[i].facts->players[0].data[0].number);
}

static bool is_legal(const struct field *f)
{
    const struct mm_lineup *l = f->scene.lineup;
    const struct mm_phase *phase;
    size_t backfills = 0;
    int failed;

    if (l->ticket_count == 0)
        return false;
    for (size_t i = 0; i < l->ticket_count; i++)
        backfills += mm_facts_is_backfill(l->tickets[i].facts);
    if (backfills > 1 || (backfills == 1 && l->ticket_count < 2))
        return false;
    phase = mm_ruleset_phase(f->scene.rules, mm_lineup_age_ms(l, f->now_ms));
    return mm_check_match(f->scene.rules, phase, l, f->scene.scratch, &failed);
}

static bool may_sit(const struct field *f, const struct mm_ticket *t, size_t team)
{
    if (mm_facts_is_backfill(t->facts))
        return team == 0;
    return f->scene.lineup->teams[team].count + t->player_count <= 3;
}

static bool any_legal(const struct field *f, size_t from)
{
    if (is_legal(f))
        return true;
    for (size_t i = from; i < waiting_count; i++) {
        for (size_t team = 0; team < f->scene.rules->team_count; team++) {
            if (!may_sit(f, waiting[i], team))
                continue;
            mm_lineup_seat(f->scene.lineup, waiting[i]->facts, waiting[i], team);
            if (any_legal(f, i + 1))
                return true;
            mm_lineup_unseat(f->scene.lineup);
        }
    }
    return false;
}

static bool is_settled(const struct field *f)
{
    waiting_count = 0;
    for (size_t i = 0; i < f->count; i++) {
        if (f->tickets[i] == NULL)
            continue;
        if (f->tickets[i]->effort > 0 || f->due_ms[i] <= f->now_ms)
            return false;
        if (f->tickets[i]->part != NULL || f->at_ms[i] <= f->now_ms)
            waiting[waiting_count++] = f->tickets[i];
    }
    return true;
}

static void check_nothing_left(struct field *f, int seed, const char *rules)
{
    struct buf who = {0};

    if (!is_settled(f))
        return;
    mm_lineup_clear(f->scene.lineup);
    if (!any_legal(f, 0))
        return;
    log_waiting(f, &who);
    ck_abort_msg("MM_SEED=%d at %d ms: left:%s, after\n%s%s", seed, (int)f->now_ms, who.data, f->log.data, rules);
}

static void add_ticket(struct field *f, int64_t at_ms)
{
    size_t players = roll(4) == 0 ? 2 : 1;
    bool backfill = roll(12) == 0;
    struct buf out = {0};
    json_object *list;

    buf_str(&out, "[");
    for (size_t i = 0; i < players; i++) {
        buf_printf(&out, "%s{'skill':%zu,'mode':'%c','level':%zu,'latency':{'%s':%zu,'as':%zu}}", i > 0 ? "," : "",
                   roll(20), "xy"[roll(4) == 0], roll(2), roll(2) == 0 ? "eu" : "us", 1 + roll(100), 1 + roll(100));
    }
    buf_str(&out, "]");
    list = scene_json(out.data);
    for (size_t i = 0; i < f->scene.rules->phase_count; i++) {
        size_t most = 0;

        for (size_t j = 0; j < f->scene.rules->family_count; j++)
            most = f->scene.rules->phases[i].families[j].max > most ? f->scene.rules->phases[i].families[j].max : most;
        if (backfill)
            most = f->scene.rules->phases[i].families[0].max;
        if (players <= most) {
            field_add(f, list, backfill ? f->scene.rules->teams[0].name : NULL, at_ms);
            break;
        }
    }
    json_object_put(list);
    buf_free(&out);
}

static void run_world(int seed, size_t *matches)
{
    struct field f;
    char *rules;
    int64_t at_ms = 0;

    state = (uint64_t)seed * UINT64_C(0x9e3779b97f4a7c15) + 1;
    rules = random_rules();
    field_open(&f, rules);
    for (size_t i = 0; i < ARRIVALS; i++, at_ms += (int64_t)roll(3) * 700)
        add_ticket(&f, at_ms);
    while (field_step(&f)) {
        *matches += f.log.len > 0;
        check_nothing_left(&f, seed, rules);
        buf_clear(&f.log);
    }
    field_close(&f);
    free(rules);
}

/* _i: which hundred of the worlds. */
START_TEST(nothing_legal_is_left)
{
    const char *one = getenv("MM_SEED");
    size_t matches = 0;

    if (one != NULL) {
        run_world(atoi(one), &matches);
        return;
    }
    for (int seed = _i * 100; seed < (_i + 1) * 100; seed++)
        run_world(seed, &matches);
    ck_assert_uint_gt(matches, 100);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("mm_search_model");
    TCase *tc = tcase_create("all");
    SRunner *sr = srunner_create(s);
    int failed;

    suite_add_tcase(s, tc);
    tcase_add_loop_test(tc, nothing_legal_is_left, 0, WORLDS / 100);
    srunner_run_all(sr, CK_ENV);
    failed = srunner_ntests_failed(sr);
    srunner_free(sr);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
