/* The official example rule sets in deploy/config/rulesets/examples: each is read, with no note, as its maker says. */
#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mm_ruleset.h"

#define FOLDER "deploy/config/rulesets/examples/"

static struct mm_ruleset *read_example(const char *name)
{
    static char text[65536];
    struct mm_problems problems = {0};
    struct mm_ruleset *r = NULL;
    char path[256], line[512];
    size_t len;
    FILE *f;

    (void)snprintf(path, sizeof(path), FOLDER "%s.json", name);
    f = fopen(path, "r");
    ck_assert_msg(f != NULL, "%s", path);
    len = fread(text, 1, sizeof(text), f);
    (void)fclose(f);
    (void)mm_ruleset_parse(&r, name, text, len, &problems);
    mm_problems_line(&problems, line, sizeof(line));
    ck_assert_msg(r != NULL, "%s: %s", name, line);
    ck_assert_uint_eq(problems.count, 0);
    mm_problems_free(&problems);
    return r;
}

static const struct {
    const char *name;
    size_t teams, min, max, rules, phases;
    int64_t last_wait_ms;
    bool large;
} examples[] = {
    {"aliens_vs_cowboys", 2, 8, 16, 2, 3, 15000, false},
    {"players_vs_monster_5_vs_1", 2, 6, 6, 3, 3, 60000, false},
    {"three_team_game", 3, 9, 15, 4, 3, 20000, false},
    {"multi_map_game", 2, 6, 6, 4, 1, 0, false},
    {"preferred_characters", 1, 5, 5, 1, 2, 15000, false},
    {"one_on_one_characters", 2, 2, 2, 3, 1, 0, false},
    {"free-for-all", 1, 175, 200, 1, 4, 15000, true},
    {"monster-hunters", 11, 125, 155, 1, 3, 20000, true},
    {"batch_distance_large", 2, 200, 200, 4, 3, 20000, true},
    {"compound_red_blue", 2, 20, 40, 5, 3, 20000, false},
    {"player_block_list", 2, 10, 10, 1, 1, 0, false},
};

START_TEST(reads)
{
    struct mm_ruleset *r = read_example(examples[_i].name);

    ck_assert_str_eq(r->name, examples[_i].name);
    ck_assert_uint_eq(r->team_count, examples[_i].teams);
    ck_assert_uint_eq(r->phases[0].min_players, examples[_i].min);
    ck_assert_uint_eq(r->phases[0].max_players, examples[_i].max);
    ck_assert_uint_eq(r->rule_count, examples[_i].rules);
    ck_assert_uint_eq(r->phase_count, examples[_i].phases);
    ck_assert_int_eq(r->phases[r->phase_count - 1].wait_ms, examples[_i].last_wait_ms);
    ck_assert_int_eq(r->large, examples[_i].large);
    mm_ruleset_free(&r);
    ck_assert_ptr_null(r);
}
END_TEST

/* A number in force: of a rule, or (rule NULL) minPlayers of the last team. */
static const struct {
    const char *example, *rule;
    enum mm_limit limit;
    int64_t age_ms;
    double is;
} in_force[] = {
    {"aliens_vs_cowboys", "FairTeamSkill", MM_MAX_DISTANCE, 0, 10},
    {"aliens_vs_cowboys", "FairTeamSkill", MM_MAX_DISTANCE, 4999, 10},
    {"aliens_vs_cowboys", "FairTeamSkill", MM_MAX_DISTANCE, 5000, 50},
    {"aliens_vs_cowboys", "FairTeamSkill", MM_MAX_DISTANCE, 14999, 50},
    {"aliens_vs_cowboys", "FairTeamSkill", MM_MAX_DISTANCE, INT64_MAX, 100},
    {"three_team_game", "OverallMedicLimit", MM_MAX_COUNT, 0, 5},
    {"three_team_game", "FastConnection", MM_MAX_LATENCY, 10000, 100},
    {"preferred_characters", "WantedCharacters", MM_MIN_COUNT, 14999, 1},
    {"preferred_characters", "WantedCharacters", MM_MIN_COUNT, 15000, 0},
    {"free-for-all", "low-latency", MM_MAX_LATENCY, 11999, 150},
    {"free-for-all", "low-latency", MM_MAX_LATENCY, 12000, 200},
    {"free-for-all", NULL, MM_LIMITS, 9999, 175},
    {"free-for-all", NULL, MM_LIMITS, 12000, 150},
    {"free-for-all", NULL, MM_LIMITS, 15000, 100},
    {"monster-hunters", NULL, MM_LIMITS, 0, 12},
    {"monster-hunters", NULL, MM_LIMITS, 20000, 8},
    {"batch_distance_large", "SimilarLeague", MM_MAX_DISTANCE, 20000, 2},
    {"batch_distance_large", "SimilarSkill", MM_MAX_DISTANCE, 20000, 40},
    {"player_block_list", "PlayerIdNotInBlockList", MM_MAX_COUNT, 0, 0},
};

START_TEST(expands)
{
    struct mm_ruleset *r = read_example(in_force[_i].example);
    const struct mm_phase *p = mm_ruleset_phase(r, in_force[_i].age_ms);

    if (in_force[_i].rule == NULL)
        ck_assert_double_eq(mm_phase_size(r, p, r->team_count - 1).min, in_force[_i].is);
    else
        ck_assert_double_eq(p->rules[mm_ruleset_rule(r, in_force[_i].rule)].limits[in_force[_i].limit],
                            in_force[_i].is);
    mm_ruleset_free(&r);
}
END_TEST

#define ROWS(table) ((int)(sizeof(table) / sizeof((table)[0])))

int main(void)
{
    Suite *s = suite_create("mm_ruleset_examples");
    TCase *tc = tcase_create("all");
    SRunner *sr = srunner_create(s);
    int failed;

    suite_add_tcase(s, tc);
    tcase_add_loop_test(tc, reads, 0, ROWS(examples));
    tcase_add_loop_test(tc, expands, 0, ROWS(in_force));
    srunner_run_all(sr, CK_ENV);
    failed = srunner_ntests_failed(sr);
    srunner_free(sr);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
