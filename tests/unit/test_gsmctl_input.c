/* What gsmctl simulate reads: lines of CSV, cells, files of players and ratings, arrivals. */
#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "err.h"
#include "file.h"
#include "mem.h"
#include "sim_cell.h"
#include "sim_csv.h"
#include "sim_population.h"
#include "sim_traffic.h"

static char path[64], error[SIM_ERROR_SIZE];

static struct sim_attribute attributes[] = {
    {"skill", MM_ATTRIBUTE_NUMBER, true, 1500},
    {"role", MM_ATTRIBUTE_STRING, false, 0},
    {"maps", MM_ATTRIBUTE_STRING_LIST, false, 0},
    {"prefs", MM_ATTRIBUTE_STRING_NUMBER_MAP, false, 0},
};
static const struct sim_rules rules = {.attributes = attributes, .attribute_count = 4};

static void setup(void)
{
    int fd;

    (void)snprintf(path, sizeof(path), "/tmp/test_gsmctl.XXXXXX");
    fd = mkstemp(path);
    ck_assert_int_ge(fd, 0);
    (void)close(fd);
}

static void teardown(void)
{
    (void)unlink(path);
}

static void write_text(const char *text)
{
    ck_assert_int_eq(file_write(path, text, strlen(text), error, sizeof(error)), 0);
}

/* ---- CSV ---- */

static const struct {
    const char *line, *cells[4];
    size_t count;
    const char *fault;
} lines[] = {
    {"a,b", {"a", "b"}, 2, NULL},
    {"", {""}, 1, NULL},
    {",", {"", ""}, 2, NULL},
    {"\"a,b\",\"say \"\"hi\"\"\",", {"a,b", "say \"hi\"", ""}, 3, NULL},
    {"\"\"", {""}, 1, NULL},
    {"\"a", {NULL}, 0, "a quoted cell has no end on its line"},
    {"\"a\"b,c", {NULL}, 0, "a quote may only begin or end a cell, and is doubled inside one"},
    {"a\"b\"", {NULL}, 0, "a quote may only begin or end a cell, and is doubled inside one"},
};

START_TEST(lines_are_split)
{
    const char *cells[SIM_CSV_COLUMNS_MAX], *fault;
    char *line = mem_strdup(lines[_i].line);
    size_t count;

    fault = sim_csv_split(line, cells, &count);
    ck_assert_pstr_eq(fault, lines[_i].fault);
    if (fault == NULL)
        ck_assert_uint_eq(count, lines[_i].count);
    for (size_t i = 0; i < lines[_i].count; i++)
        ck_assert_str_eq(cells[i], lines[_i].cells[i]);
    free(line);
}
END_TEST

START_TEST(a_line_has_at_most_64_columns)
{
    const char *cells[SIM_CSV_COLUMNS_MAX];
    char line[SIM_CSV_COLUMNS_MAX + 1];
    size_t count;

    memset(line, ',', sizeof(line));
    line[SIM_CSV_COLUMNS_MAX] = '\0';
    ck_assert_str_eq(sim_csv_split(line, cells, &count), "has more than 64 columns");
    memset(line, ',', sizeof(line));
    line[SIM_CSV_COLUMNS_MAX - 1] = '\0';
    ck_assert_ptr_null(sim_csv_split(line, cells, &count));
    ck_assert_uint_eq(count, SIM_CSV_COLUMNS_MAX);
}
END_TEST

START_TEST(texts_are_cut_into_lines)
{
    char text[] = "a\r\n\nb", *rest = text;

    ck_assert_str_eq(sim_csv_line(&rest), "a");
    ck_assert_str_eq(sim_csv_line(&rest), "");
    ck_assert_str_eq(sim_csv_line(&rest), "b");
    ck_assert_ptr_null(sim_csv_line(&rest));
}
END_TEST

START_TEST(cells_are_quoted_when_they_must_be)
{
    struct buf out = {0};

    sim_csv_append(&out, "a b");
    sim_csv_append(&out, "|1,5|");
    sim_csv_append(&out, "\"");
    ck_assert_str_eq(out.data, "a b\"|1,5|\"\"\"\"\"");
    buf_free(&out);
}
END_TEST

/* ---- cells ---- */

static const struct {
    enum mm_attribute_type type;
    const char *cell, *json; /* NULL: refused */
} cell_cases[] = {
    {MM_ATTRIBUTE_NUMBER, "12.5", "12.5"},
    {MM_ATTRIBUTE_NUMBER, "twelve", NULL},
    {MM_ATTRIBUTE_NUMBER, "1e10", NULL},
    {MM_ATTRIBUTE_STRING, "a;b", "\"a;b\""},
    {MM_ATTRIBUTE_STRING_LIST, "a;b", "[\"a\",\"b\"]"},
    {MM_ATTRIBUTE_STRING_LIST, "a", "[\"a\"]"},
    {MM_ATTRIBUTE_STRING_LIST, "a;;b", NULL},
    {MM_ATTRIBUTE_STRING_NUMBER_MAP, "a=1.5;b=-2.5", "{\"a\":1.5,\"b\":-2.5}"},
    {MM_ATTRIBUTE_STRING_NUMBER_MAP, "a", NULL},
    {MM_ATTRIBUTE_STRING_NUMBER_MAP, "a=", NULL},
    {MM_ATTRIBUTE_STRING_NUMBER_MAP, "a=1;", NULL},
    {MM_ATTRIBUTE_STRING_NUMBER_MAP, "a;b=1", NULL},
    {MM_ATTRIBUTE_STRING_NUMBER_MAP, "a=1;a=2", NULL},
};

START_TEST(cells_are_values)
{
    struct buf text = {0};
    int rc = sim_cell_check(cell_cases[_i].type, cell_cases[_i].cell, "f.csv:2: x", error);

    ck_assert_int_eq(rc, cell_cases[_i].json != NULL ? 0 : ERR_INVALID);
    if (rc == 0) {
        ck_assert(sim_cell_write(&text, cell_cases[_i].type, cell_cases[_i].cell));
        ck_assert_str_eq(text.data, cell_cases[_i].json);
    } else
        ck_assert_msg(strncmp(error, "f.csv:2: x", 10) == 0, "%s", error);
    buf_free(&text);
}
END_TEST

/* ---- players ---- */

START_TEST(players_with_parties)
{
    struct sim_population p;
    json_object *o;
    size_t len;

    write_text("\xef\xbb\xbfparty,skill,maps,latency:eu\r\n,1,a;b,+2e1\r\nx,2,,\r\ny,3,,\r\nx,,,\r\n");
    ck_assert_int_eq(sim_population_from_players(&p, path, &rules, 1, error), 0);
    ck_assert_uint_eq(p.person_count, 4);
    ck_assert_uint_eq(p.group_count, 3); /* in the file's order: alone, x, y */
    ck_assert_uint_eq(p.groups[1].count, 2);
    ck_assert_uint_eq(p.members[p.groups[1].first], 1);
    ck_assert_uint_eq(p.members[p.groups[1].first + 1], 3);
    ck_assert_uint_eq(p.members[p.groups[2].first], 2);
    o = sim_population_attributes(&p, 0);
    ck_assert_str_eq(json_text(o, &len), "{\"skill\":{\"N\":1},\"maps\":{\"SL\":[\"a\",\"b\"]}}");
    json_object_put(o);
    o = sim_population_latency(&p, 0);
    ck_assert_str_eq(json_text(o, &len), "{\"eu\":20}");
    json_object_put(o);
    ck_assert_ptr_null(sim_population_latency(&p, 1));
    ck_assert_ptr_null(sim_population_attributes(&p, 3));
    ck_assert_double_eq(sim_population_number(&p, 2, &attributes[0]), 3);
    ck_assert_double_eq(sim_population_number(&p, 3, &attributes[0]), 1500); /* the default */
    sim_population_free(&p);
}
END_TEST

static const struct {
    const char *text, *says; /* after the path */
} bad_players[] = {
    {"", ":1: a header with the names of attributes must be there"},
    {"skill\n", ":1: has no player below the header"},
    {"skil\n1\n", ":1: column \"skil\" is no attribute of the rule set; allowed are: skill, role, maps, prefs, party, "
                  "latency:LOCATION"},
    {"skill,skill\n1,2\n", ":1: column \"skill\" is there twice"},
    {"skill\n1\n1,2\n", ":3: has 2 columns; the header has 1"},
    {"skill\n1\n\"1\n", ":3: a quoted cell has no end on its line"},
    {"skill\nx\n", ":2: skill: must be a number from -1e9 to 1e9, is \"x\""},
    {"latency:eu\n1.5\n", ":2: eu: must be a whole number of milliseconds, is \"1.5\""},
    {"latency:eu\n0\n", ":2: eu.eu: must be an integer from 1 to 100000"},
    {"role\n\xff\n", ":1: the file must be UTF-8"},
    {"party\na\na\na\na\na\na\na\na\na\na\na\n", ":12: party \"a\" has more than 10 players"},
};

START_TEST(bad_players_are_named_by_file_and_line)
{
    struct sim_population p;
    char says[SIM_ERROR_SIZE];

    write_text(bad_players[_i].text);
    (void)snprintf(says, sizeof(says), "%s%s", path, bad_players[_i].says);
    ck_assert_int_eq(sim_population_from_players(&p, path, &rules, 1, error), ERR_INVALID);
    ck_assert_msg(strncmp(error, says, strlen(says)) == 0, "%s\nin place of\n%s", error, says);
}
END_TEST

/* ---- arrivals ---- */

static const struct {
    const char *text;
    int64_t ms;
} durations[] = {{"90s", 90000}, {"30m", 1800000}, {"1h", 3600000}, {"7d", 604800000}, {"8d", 0},  {"0s", 0},
                 {"1", 0},       {"h", 0},         {"1h30m", 0},    {"-1h", 0},        {"1 h", 0}, {"9999999s", 0}};

START_TEST(durations_are_read)
{
    ck_assert_int_eq(sim_duration_ms(durations[_i].text), durations[_i].ms);
}
END_TEST

static struct sim_population ratings_of(const char *text)
{
    struct sim_population p;

    write_text(text);
    ck_assert_int_eq(sim_population_from_ratings(&p, path, "skill", error), 0);
    return p;
}

START_TEST(arrivals_are_the_seeds)
{
    struct sim_population p = ratings_of("1\n2\n3\n");
    struct sim_asked asked = {"poisson:10", "1:3,4:1", 100000, 5};
    struct sim_traffic a, b, c;

    ck_assert_int_eq(sim_traffic_make(&a, &p, &asked, error), 0);
    ck_assert_int_eq(sim_traffic_make(&b, &p, &asked, error), 0);
    asked.seed = 6;
    ck_assert_int_eq(sim_traffic_make(&c, &p, &asked, error), 0);
    ck_assert_uint_eq(a.count, b.count);
    ck_assert_int_eq(memcmp(a.list, b.list, a.count * sizeof(*a.list)), 0);
    ck_assert_int_eq(memcmp(a.persons, b.persons, a.person_count * sizeof(*a.persons)), 0);
    ck_assert_int_ne(memcmp(a.list, c.list, 10 * sizeof(*a.list)), 0);
    ck_assert_double_eq_tol((double)a.count, 1000, 100);
    ck_assert_double_eq_tol((double)a.person_count / (double)a.count, 1.75, 0.15);
    for (size_t i = 0; i < a.count; i++)
        ck_assert(a.list[i].count == 1 || a.list[i].count == 4);
    ck_assert_int_lt(a.list[a.count - 1].at_ms, 100000);
    sim_traffic_free(&a);
    sim_traffic_free(&b);
    sim_traffic_free(&c);
    sim_population_free(&p);
}
END_TEST

START_TEST(recorded_arrivals_take_players_in_order)
{
    struct sim_population p = ratings_of("1\n2\n");
    struct sim_asked asked = {path, "1:1", 10000, 1};
    struct sim_traffic t;

    write_text("0\n0.5\n9.999\n10\n");
    ck_assert_int_eq(sim_traffic_make(&t, &p, &asked, error), 0);
    ck_assert_uint_eq(t.count, 3); /* the last one is beyond the end */
    ck_assert_int_eq(t.list[1].at_ms, 500);
    ck_assert_uint_eq(t.persons[0], 0);
    ck_assert_uint_eq(t.persons[1], 1);
    ck_assert_uint_eq(t.persons[2], 0);
    sim_traffic_free(&t);
    sim_population_free(&p);
}
END_TEST

static const struct {
    const char *arrivals, *party, *says;
} bad_asked[] = {
    {"poisson:0", "1:1", "--arrivals: \"poisson:0\": the rate must be"},
    {"poisson:", "1:1", "--arrivals: \"poisson:\": the rate must be"},
    {"poisson:100000", "1:1", "--arrivals: \"poisson:100000\": gives more than 10000000 tickets"},
    {"/nowhere/x", "1:1", "/nowhere/x: cannot be read: No such file"},
    {"poisson:1", "11:1", "--party: \"11\": must be SIZE:WEIGHT"},
    {"poisson:1", "1", "--party: \"1\": must be SIZE:WEIGHT"},
    {"poisson:1", "1:0", "--party: \"1\": must be SIZE:WEIGHT"},
    {"poisson:1", "", "--party: \"\": must be SIZE:WEIGHT"},
    {"poisson:0.000001", "1:1", "--arrivals: \"poisson:0.000001\": nobody comes in that time"},
};

START_TEST(bad_arrivals_are_refused)
{
    struct sim_population p = ratings_of("1\n");
    struct sim_asked asked = {bad_asked[_i].arrivals, bad_asked[_i].party, 3600000, 1};
    struct sim_traffic t;

    ck_assert_int_eq(sim_traffic_make(&t, &p, &asked, error), ERR_INVALID);
    ck_assert_msg(strncmp(error, bad_asked[_i].says, strlen(bad_asked[_i].says)) == 0, "%s", error);
    sim_population_free(&p);
}
END_TEST

START_TEST(times_ascend)
{
    struct sim_population p = ratings_of("1\n");
    struct sim_asked asked = {path, "1:1", 10000, 1};
    struct sim_traffic t;
    char says[128];

    write_text("1\n2\n1.5\n");
    (void)snprintf(says, sizeof(says), "%s:3: must be at least 2", path);
    ck_assert_int_eq(sim_traffic_make(&t, &p, &asked, error), ERR_INVALID);
    ck_assert_msg(strncmp(error, says, strlen(says)) == 0, "%s", error);
    sim_population_free(&p);
}
END_TEST

#define ROWS(table) ((int)(sizeof(table) / sizeof((table)[0])))

int main(void)
{
    Suite *s = suite_create("gsmctl_input");
    TCase *tc = tcase_create("all");
    SRunner *sr = srunner_create(s);
    int failed;

    suite_add_tcase(s, tc);
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_loop_test(tc, lines_are_split, 0, ROWS(lines));
    tcase_add_test(tc, a_line_has_at_most_64_columns);
    tcase_add_test(tc, texts_are_cut_into_lines);
    tcase_add_test(tc, cells_are_quoted_when_they_must_be);
    tcase_add_loop_test(tc, cells_are_values, 0, ROWS(cell_cases));
    tcase_add_test(tc, players_with_parties);
    tcase_add_loop_test(tc, bad_players_are_named_by_file_and_line, 0, ROWS(bad_players));
    tcase_add_loop_test(tc, durations_are_read, 0, ROWS(durations));
    tcase_add_test(tc, arrivals_are_the_seeds);
    tcase_add_test(tc, recorded_arrivals_take_players_in_order);
    tcase_add_loop_test(tc, bad_arrivals_are_refused, 0, ROWS(bad_asked));
    tcase_add_test(tc, times_ascend);
    srunner_run_all(sr, CK_ENV);
    failed = srunner_ntests_failed(sr);
    srunner_free(sr);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
