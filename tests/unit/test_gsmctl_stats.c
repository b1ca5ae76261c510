/* The figures of gsmctl simulate, of a run written by hand, and a run of the engine on its clock. */
#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "mem.h"
#include "sim_report.h"
#include "sim_table.h"

static struct sim_attribute attributes[] = {
    {"skill", MM_ATTRIBUTE_NUMBER, true, 1500},
    {"map", MM_ATTRIBUTE_STRING, true, 0},
    {"age", MM_ATTRIBUTE_NUMBER, false, 0},
};
static char no_text[] = "";
static const struct sim_rules rules = {
    .path = "duel.json", .text = no_text, .attributes = attributes, .attribute_count = 3};

/*
 * Six tickets in a minute:  skill      comes  ends
 *   0  a party of two       10 and 30   0 s    6 s   match 1, red
 *   1                       40          1 s    6 s   match 1, blue
 *   2                       -           2 s   12 s   match 2, red; no skill: 1500
 *   3                       1400        3 s   12 s   match 2, blue
 *   4                       50          4 s   34 s   timed out
 *   5                       60          5 s   -      waits
 */
static struct sim_column columns[] = {{"skill", false, MM_ATTRIBUTE_NUMBER}};
static const char *cells[] = {"10", "30", "40", "", "1400", "50", "60"};
static const struct sim_population population = {
    .columns = columns, .column_count = 1, .cells = cells, .person_count = 7};
static struct sim_arrival arrivals[] = {{0, 0, 2},    {1000, 2, 1}, {2000, 3, 1},
                                        {3000, 4, 1}, {4000, 5, 1}, {5000, 6, 1}};
static uint32_t persons[] = {0, 1, 2, 3, 4, 5, 6};
static const struct sim_traffic traffic = {
    .population = &population, .length_ms = 60000, .list = arrivals, .count = 6, .persons = persons, .person_count = 7};
static struct sim_outcome outcomes[] = {
    {SIM_COMPLETED, 1, 0, 6000},  {SIM_COMPLETED, 1, 1, 6000},  {SIM_COMPLETED, 2, 0, 12000},
    {SIM_COMPLETED, 2, 1, 12000}, {SIM_TIMED_OUT, 0, 0, 34000}, {SIM_SEARCHING, 0, 0, 60000},
};
static char red[] = "red", blue[] = "blue", *teams[] = {red, blue};
static const struct sim_run run = {
    .rules = &rules, .traffic = &traffic, .outcomes = outcomes, .match_count = 2, .teams = teams, .team_count = 2};

START_TEST(tickets_are_counted)
{
    struct sim_stats s;

    sim_stats_make(&s, &run, NULL);
    ck_assert_uint_eq(s.tickets, 6);
    ck_assert_uint_eq(s.players, 7);
    ck_assert_uint_eq(s.states[SIM_COMPLETED], 4);
    ck_assert_uint_eq(s.states[SIM_TIMED_OUT], 1);
    ck_assert_uint_eq(s.states[SIM_SEARCHING], 1);
    ck_assert_uint_eq(s.matched_players, 5);
    ck_assert_double_eq(samples_mean(&s.wait_s), (6 + 5 + 10 + 9) / 4.0);
    ck_assert_double_eq(samples_percentile(&s.wait_s, 50), 6);
    ck_assert_uint_eq(s.band_count, 0);
    sim_stats_free(&s);
}
END_TEST

START_TEST(quality_is_of_number_attributes_that_rules_use)
{
    struct sim_stats s;

    sim_stats_make(&s, &run, NULL);
    ck_assert_uint_eq(s.quality_count, 1);
    ck_assert_str_eq(s.qualities[0].attribute, "skill");
    ck_assert_double_eq(s.qualities[0].spread.values[0], 30);          /* 40 - 10 */
    ck_assert_double_eq(s.qualities[0].team_difference.values[0], 20); /* 40 - (10 + 30) / 2 */
    ck_assert_double_eq(s.qualities[0].spread.values[1], 100);         /* the default counts */
    ck_assert_uint_eq(s.size_count, 2);
    ck_assert_uint_eq(s.sizes[0].players, 2);
    ck_assert_uint_eq(s.sizes[1].players, 3);
    ck_assert_uint_eq(s.sizes[1].matches, 1);
    sim_stats_free(&s);
}
END_TEST

/* Match 1 has eu (30, 50, 40) and us (90, 20, 20); match 2 has no location that both know. */
START_TEST(latency_is_the_worst_players_at_the_best_location)
{
    static struct sim_column locations[] = {{"eu", true, 0}, {"us", true, 0}};
    static const char *ms[] = {"30", "90", "50", "20", "40", "20", "10", "", "", "10", "", "", "", ""};
    struct sim_population p = {.columns = locations, .column_count = 2, .cells = ms, .person_count = 7};
    struct sim_traffic t = traffic;
    struct sim_run r = run;
    struct sim_stats s;

    t.population = &p;
    r.traffic = &t;
    sim_stats_make(&s, &r, NULL);
    ck_assert_uint_eq(s.latency_ms.count, 1);
    ck_assert_double_eq(s.latency_ms.values[0], 50);
    sim_stats_free(&s);
}
END_TEST

START_TEST(bands_are_tenths_by_the_average_of_a_ticket)
{
    struct sim_stats s;

    sim_stats_make(&s, &run, &attributes[0]);
    ck_assert_uint_eq(s.band_count, 6); /* six values: four tenths are empty */
    ck_assert_double_eq(s.bands[0].from, 20);
    ck_assert_double_eq(s.bands[0].to, 20);
    ck_assert_uint_eq(s.bands[0].matched, 1);
    ck_assert_double_eq(sim_band_wait_s(&s.bands[0], 50), 6);
    ck_assert_uint_eq(s.bands[2].timed_out, 1);
    ck_assert(isnan(sim_band_wait_s(&s.bands[2], 50)));
    ck_assert_double_eq(s.bands[5].to, 1500);
    sim_stats_free(&s);
}
END_TEST

START_TEST(equal_values_are_in_the_same_band)
{
    static const char *same[] = {"10", "10", "10", "10", "10", "10", "60"};
    struct sim_population p = population;
    struct sim_traffic t = traffic;
    struct sim_run r = run;
    struct sim_stats s;

    p.cells = same;
    t.population = &p;
    r.traffic = &t;
    sim_stats_make(&s, &r, &attributes[0]);
    ck_assert_uint_eq(s.band_count, 2);
    ck_assert_uint_eq(s.bands[0].tickets, 5);
    ck_assert_uint_eq(s.bands[1].tickets, 1);
    sim_stats_free(&s);
}
END_TEST

START_TEST(moments_add_up)
{
    struct sim_stats s;

    sim_stats_make(&s, &run, NULL);
    ck_assert_double_eq(s.moment_s, 1);
    ck_assert_uint_eq(s.moments[5].waiting, 6);
    ck_assert_uint_eq(s.moments[6].waiting, 4);
    ck_assert_uint_eq(s.moments[6].matches, 1);
    ck_assert_uint_eq(s.moments[12].matches, 1);
    ck_assert_uint_eq(s.moments[34].timed_out, 1);
    ck_assert_uint_eq(s.moments[SIM_MOMENTS - 1].waiting, 1);
    sim_stats_free(&s);
}
END_TEST

static const struct sim_row *find(const struct sim_table *t, const char *label)
{
    for (size_t i = 0; i < t->count; i++) {
        if (strcmp(t->rows[i].label, label) == 0)
            return &t->rows[i];
    }
    ck_abort_msg("%s", label);
    return NULL;
}

START_TEST(two_runs_stand_side_by_side)
{
    struct sim_outcome nobody[6] = {{.end_ms = 60000}, {.end_ms = 60000}, {.end_ms = 60000},
                                    {.end_ms = 60000}, {.end_ms = 60000}, {.end_ms = 60000}};
    struct sim_run idle = run;
    struct sim_stats a, b, *stats[] = {&a, &b};
    struct sim_table t;

    idle.outcomes = nobody;
    idle.match_count = 0;
    sim_stats_make(&a, &run, &attributes[0]);
    sim_stats_make(&b, &idle, &attributes[0]);
    sim_table_make(&t, stats, 2);
    ck_assert_double_eq(find(&t, "tickets matched")->values[0], 4);
    ck_assert_double_eq(find(&t, "tickets matched")->values[1], 0);
    ck_assert_double_eq(find(&t, "  mean")->values[0], 7.5);
    ck_assert(isnan(find(&t, "  mean")->values[1]));
    ck_assert(find(&t, "skill: spread in a match")->heading);
    ck_assert_double_eq(find(&t, "  3")->values[0], 1);
    ck_assert_double_eq(find(&t, "  3")->values[1], 0);
    sim_table_free(&t);
    sim_stats_free(&a);
    sim_stats_free(&b);
}
END_TEST

START_TEST(a_line_a_ticket)
{
    struct sim_stats s, *stats[] = {&s};
    struct sim_report r = {.runs = &run, .stats = stats, .run_count = 1, .names = {"duel"}};
    struct buf out = {0};

    sim_stats_make(&s, &run, NULL);
    sim_report_csv(&out, &r);
    ck_assert_str_eq(out.data, "ticket,arrival_s,players,end_s,state,wait_s,match,team,skill\n"
                               "1,0.000,2,6.000,COMPLETED,6.000,1,red,10|30\n"
                               "2,1.000,1,6.000,COMPLETED,5.000,1,blue,40\n"
                               "3,2.000,1,12.000,COMPLETED,10.000,2,red,\n"
                               "4,3.000,1,12.000,COMPLETED,9.000,2,blue,1400\n"
                               "5,4.000,1,34.000,TIMED_OUT,30.000,,,50\n"
                               "6,5.000,1,,SEARCHING,,,,60\n");
    buf_free(&out);
    sim_stats_free(&s);
}
END_TEST

START_TEST(no_text_ends_the_pages_script)
{
    static char text[] = "{\"name\":\"</script><b>\"}";
    struct sim_input inputs[] = {{"players", "</script>"}, {NULL, NULL}};
    struct sim_rules named = rules;
    struct sim_run r = run;
    struct sim_stats s, *stats[] = {&s};
    struct sim_report report = {.runs = &r, .stats = stats, .run_count = 1, .names = {"<du>"}, .inputs = inputs};
    struct buf out = {0};

    named.text = text;
    r.rules = &named;
    sim_stats_make(&s, &r, NULL);
    sim_report_html(&out, &report, "/* library */");
    ck_assert_ptr_nonnull(strstr(out.data, "<title>Simulation of &lt;du></title>"));
    ck_assert_ptr_nonnull(strstr(out.data, "\\u003c/script>\\u003cb>"));
    ck_assert_ptr_null(strstr(out.data, "</script><b>"));
    ck_assert_ptr_nonnull(strstr(out.data, "/* library */"));
    buf_free(&out);
    sim_stats_free(&s);
}
END_TEST

static void no_progress(void *arg, const struct sim_run *r, int64_t now_ms, size_t arrived)
{
    (void)arg;
    (void)r;
    (void)now_ms;
    (void)arrived;
}

/* Under the deployed rule set, 1400 and 1490 meet when the newer one is 2 s old; 9000 meets nobody. */
START_TEST(the_engine_runs_on_the_virtual_clock)
{
    static const char *skills[] = {"1400", "1490", "9000"};
    struct sim_population p = {.columns = columns, .column_count = 1, .cells = skills, .person_count = 3};
    struct sim_arrival list[] = {{500, 0, 1}, {1000, 1, 1}, {2000, 2, 1}};
    struct sim_traffic t = {
        .population = &p, .length_ms = 60000, .list = list, .count = 3, .persons = persons, .person_count = 3};
    struct sim_rules duel;
    struct sim_run r;
    char error[SIM_ERROR_SIZE];

    ck_assert_msg(sim_rules_load(&duel, "deploy/config/rulesets/duel.json", 30, error) == 0, "%s", error);
    ck_assert_str_eq(duel.label, "duel");
    ck_assert(duel.attributes[0].used);
    sim_run_make(&r, &duel, &t, no_progress, NULL);
    ck_assert_uint_eq(r.match_count, 1);
    ck_assert_int_eq(r.outcomes[0].state, SIM_COMPLETED);
    ck_assert_int_eq(r.outcomes[0].end_ms, 3000);
    ck_assert_int_eq(r.outcomes[1].end_ms, 3000);
    ck_assert_str_ne(r.teams[r.outcomes[0].team], r.teams[r.outcomes[1].team]);
    ck_assert_int_eq(r.outcomes[2].state, SIM_TIMED_OUT);
    ck_assert_int_eq(r.outcomes[2].end_ms, 32000);
    sim_run_free(&r);
    sim_rules_free(&duel);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("gsmctl_stats");
    TCase *tc = tcase_create("all");
    SRunner *sr = srunner_create(s);
    int failed;

    suite_add_tcase(s, tc);
    tcase_add_test(tc, tickets_are_counted);
    tcase_add_test(tc, quality_is_of_number_attributes_that_rules_use);
    tcase_add_test(tc, latency_is_the_worst_players_at_the_best_location);
    tcase_add_test(tc, bands_are_tenths_by_the_average_of_a_ticket);
    tcase_add_test(tc, equal_values_are_in_the_same_band);
    tcase_add_test(tc, moments_add_up);
    tcase_add_test(tc, two_runs_stand_side_by_side);
    tcase_add_test(tc, a_line_a_ticket);
    tcase_add_test(tc, no_text_ends_the_pages_script);
    tcase_add_test(tc, the_engine_runs_on_the_virtual_clock);
    srunner_run_all(sr, CK_ENV);
    failed = srunner_ntests_failed(sr);
    srunner_free(sr);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
