/* The journal's records: reading, writing, and which of them count (PROTOCOLS 1). */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "err.h"
#include "journal.h"

#define A "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define B "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"

static struct journal_record reign(int64_t epoch, const char *nonce)
{
    struct journal_record r = {.type = JOURNAL_REIGN, .epoch = epoch, .instance = "x", .incarnation = 1000 + epoch};

    memcpy(r.nonce, nonce, sizeof(r.nonce));
    return r;
}

static struct journal_record tick(int64_t epoch, const char *nonce, int64_t seq)
{
    struct journal_record r = {
        .type = JOURNAL_TICK, .epoch = epoch, .seq = seq, .at_ms = 10 * seq, .position = 100 * seq};

    memcpy(r.nonce, nonce, sizeof(r.nonce));
    r.published = (struct journal_mark){epoch, seq - 1};
    return r;
}

START_TEST(records_read_back_as_written)
{
    struct journal_record in = tick(3, A, 17), out;
    struct buf text = {0};
    char error[JSON_ERROR_SIZE];

    journal_encode(&in, "{\"ticket\":\"t\"},{}", 17, &text);
    ck_assert_int_eq(journal_record_parse(&out, text.data, text.len, error), 0);
    ck_assert_int_eq(out.type, JOURNAL_TICK);
    ck_assert_int_eq(out.epoch, 3);
    ck_assert_str_eq(out.nonce, A);
    ck_assert_int_eq(out.seq, 17);
    ck_assert_int_eq(out.at_ms, 170);
    ck_assert_int_eq(out.position, 1700);
    ck_assert_int_eq(out.published.epoch, 3);
    ck_assert_int_eq(out.published.seq, 16);
    ck_assert_uint_eq(json_object_array_length(out.transitions), 2);
    journal_record_clear(&out);

    in = reign(4, B);
    buf_clear(&text);
    journal_encode(&in, "", 0, &text);
    ck_assert_int_eq(journal_record_parse(&out, text.data, text.len, error), 0);
    ck_assert_int_eq(out.type, JOURNAL_REIGN);
    ck_assert_int_eq(out.epoch, 4);
    ck_assert_int_eq(out.incarnation, 1004);
    ck_assert_str_eq(out.instance, "x");
    journal_record_clear(&out);

    in = tick(5, A, 18);
    in.type = JOURNAL_SNAPSHOT;
    in.incarnation = 77;
    in.part = 3;
    in.last = true;
    buf_clear(&text);
    journal_encode(&in, "{}", 2, &text);
    ck_assert_int_eq(journal_record_parse(&out, text.data, text.len, error), 0);
    ck_assert_int_eq(out.type, JOURNAL_SNAPSHOT);
    ck_assert_int_eq(out.seq, 18);
    ck_assert_int_eq(out.incarnation, 77);
    ck_assert_int_eq(out.part, 3);
    ck_assert(out.last);
    ck_assert_uint_eq(json_object_array_length(out.transitions), 1);
    journal_record_clear(&out);

    in.type = JOURNAL_ABDICATE;
    in.stopping = true;
    buf_clear(&text);
    journal_encode(&in, "", 0, &text);
    ck_assert_int_eq(journal_record_parse(&out, text.data, text.len, error), 0);
    ck_assert_int_eq(out.type, JOURNAL_ABDICATE);
    ck_assert_int_eq(out.position, 1800);
    ck_assert(out.stopping);
    journal_record_clear(&out);
    buf_free(&text);
}
END_TEST

/* Complete snapshots, one that lacks a part, and one that a new reign breaks off. */
START_TEST(the_log_may_be_cut_before_the_last_snapshot)
{
    static const struct {
        int64_t part;
        bool last;
        int64_t published, trim;
    } rows[] = {
        {1, true, 0, 1},                   /* it began at offset 1 */
        {1, false, 1, 1}, {2, true, 1, 2}, /* in two parts, from offset 2 on */
        {1, false, 3, 2}, {3, true, 3, 2}, /* a part is missing */
        {1, true, 4, 0},                   /* what was before it is not published yet */
        {0, false, 5, 6},                  /* now it is: a tick says so */
    };
    struct journal j = {0};
    struct journal_record r = reign(1, A);

    ck_assert_int_eq(journal_read(&j, &r, 0), JOURNAL_VALID);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        r = tick(1, A, (int64_t)i + 1);
        r.type = rows[i].part > 0 ? JOURNAL_SNAPSHOT : JOURNAL_TICK;
        r.part = rows[i].part;
        r.last = rows[i].last;
        r.published.seq = rows[i].published;
        ck_assert_int_eq(journal_read(&j, &r, (int64_t)i + 1), JOURNAL_VALID);
        ck_assert_msg(journal_trim_offset(&j) == rows[i].trim, "row %zu: %d", i, (int)journal_trim_offset(&j));
    }
    r = tick(1, A, 8);
    r.type = JOURNAL_SNAPSHOT;
    r.part = 1;
    ck_assert_int_eq(journal_read(&j, &r, 8), JOURNAL_VALID);
    r = reign(2, B);
    ck_assert_int_eq(journal_read(&j, &r, 9), JOURNAL_VALID);
    r = tick(2, B, 9);
    r.type = JOURNAL_SNAPSHOT;
    r.part = 2;
    r.last = true;
    ck_assert_int_eq(journal_read(&j, &r, 10), JOURNAL_VALID);
    ck_assert_int_eq(j.latest.offset, 6); /* not the one that its ruler did not finish */
}
END_TEST

#define HEAD  "\"epoch\":1,\"nonce\":\"" A "\""
#define MARK  ",\"published\":{\"epoch\":0,\"seq\":0}"
#define WHOLE "{\"type\":\"tick\"," HEAD ",\"seq\":1,\"at\":0,\"position\":0" MARK ",\"transitions\":[]}"

static const struct {
    const char *text, *names;
} malformed[] = {
    {"", "byte 0"},
    {"[]", "$"},
    {"{\"type\":\"tick\"}", "epoch"},
    {"{\"type\":\"coup\"," HEAD "}", "$.type"},
    {"{" HEAD "}", "type"},
    {"{\"type\":\"reign\",\"epoch\":0,\"nonce\":\"" A "\",\"instance\":\"x\",\"incarnation\":1}", "$.epoch"},
    {"{\"type\":\"reign\",\"epoch\":1,\"nonce\":\"short\",\"instance\":\"x\",\"incarnation\":1}", "$.nonce"},
    {"{\"type\":\"reign\"," HEAD ",\"instance\":\"x\"}", "incarnation"},
    {"{\"type\":\"tick\"," HEAD ",\"seq\":0,\"at\":0,\"position\":0" MARK ",\"transitions\":[]}", "$.seq"},
    {"{\"type\":\"tick\"," HEAD ",\"seq\":1,\"at\":0,\"position\":-1" MARK ",\"transitions\":[]}", "$.position"},
    {"{\"type\":\"tick\"," HEAD ",\"seq\":1,\"at\":0,\"position\":0,\"transitions\":[]}", "$.published"},
    {"{\"type\":\"tick\"," HEAD ",\"seq\":1,\"at\":0,\"position\":0" MARK ",\"transitions\":{}}", "$.transitions"},
    {"{\"type\":\"tick\"," HEAD ",\"seq\":1,\"at\":0,\"position\":0" MARK ",\"transitions\":[1]}", "$.transitions"},
    {"{\"type\":\"tick\"," HEAD ",\"seq\":1,\"at\":0,\"position\":0" MARK ",\"transitions\":[],\"x\":1}", "x"},
};

START_TEST(malformed_records_name_the_place)
{
    struct journal_record r;
    char error[JSON_ERROR_SIZE];

    ck_assert_int_eq(journal_record_parse(&r, malformed[_i].text, strlen(malformed[_i].text), error), ERR_INVALID);
    ck_assert_msg(strstr(error, malformed[_i].names) != NULL, "%s: %s", malformed[_i].text, error);
    ck_assert_ptr_null(r.root);
}
END_TEST

START_TEST(the_table_above_is_about_one_fault_each)
{
    struct journal_record r;

    ck_assert_int_eq(journal_record_parse(&r, WHOLE, strlen(WHOLE), NULL), 0);
    journal_record_clear(&r);
}
END_TEST

/* One record a row, folded in order; a case ends with expect < 0. */
static const struct {
    const char *what;
    struct {
        char kind; /* r, t */
        int64_t epoch;
        const char *nonce;
        int64_t seq;
        int expect;
    } rows[8];
} histories[] = {
    {"a reign and its ticks", {{'r', 1, A, 0, 0}, {'t', 1, A, 1, 0}, {'t', 1, A, 2, 0}, {.expect = -1}}},
    {"nobody rules yet", {{'t', 1, A, 1, JOURNAL_VOID_EPOCH}, {.expect = -1}}},
    {"the first reign of an epoch wins",
     {{'r', 1, A, 0, 0},
      {'r', 1, B, 0, JOURNAL_VOID_EPOCH},
      {'t', 1, B, 1, JOURNAL_VOID_NONCE},
      {'t', 1, A, 1, 0},
      {.expect = -1}}},
    {"a reign that skips an epoch",
     {{'r', 1, A, 0, 0}, {'r', 3, B, 0, JOURNAL_VOID_EPOCH}, {'t', 1, A, 1, 0}, {.expect = -1}}},
    {"a repeat",
     {{'r', 1, A, 0, 0}, {'t', 1, A, 1, 0}, {'t', 1, A, 1, JOURNAL_VOID_SEQ}, {'t', 1, A, 2, 0}, {.expect = -1}}},
    {"a gap", {{'r', 1, A, 0, 0}, {'t', 1, A, 2, JOURNAL_VOID_SEQ}, {'t', 1, A, 1, 0}, {.expect = -1}}},
    {"the deposed write on",
     {{'r', 1, A, 0, 0},
      {'t', 1, A, 1, 0},
      {'r', 2, B, 0, 0},
      {'t', 1, A, 2, JOURNAL_VOID_EPOCH},
      {'t', 2, B, 2, 0},
      {'t', 1, A, 3, JOURNAL_VOID_EPOCH},
      {.expect = -1}}},
    {"seq goes on across reigns",
     {{'r', 1, A, 0, 0},
      {'t', 1, A, 1, 0},
      {'r', 2, B, 0, 0},
      {'t', 2, B, 1, JOURNAL_VOID_SEQ},
      {'t', 2, B, 2, 0},
      {.expect = -1}}},
    {"one name, two processes: the nonce decides",
     {{'r', 1, A, 0, 0}, {'r', 2, B, 0, 0}, {'t', 2, A, 1, JOURNAL_VOID_NONCE}, {'t', 2, B, 1, 0}, {.expect = -1}}},
};

START_TEST(validity)
{
    struct journal j = {0};

    for (size_t i = 0; histories[_i].rows[i].expect >= 0; i++) {
        struct journal_record r =
            histories[_i].rows[i].kind == 'r'
                ? reign(histories[_i].rows[i].epoch, histories[_i].rows[i].nonce)
                : tick(histories[_i].rows[i].epoch, histories[_i].rows[i].nonce, histories[_i].rows[i].seq);
        struct journal before = j;
        enum journal_verdict v = journal_read(&j, &r, 0);

        ck_assert_msg((int)v == histories[_i].rows[i].expect, "%s, row %zu: %s", histories[_i].what, i,
                      journal_verdict_str(v));
        if (v != JOURNAL_VALID)
            ck_assert_mem_eq(&before, &j, sizeof(j));
    }
}
END_TEST

START_TEST(the_fold_keeps_what_a_successor_needs)
{
    struct journal j = {0};
    struct journal_record first = reign(1, A), t = tick(1, A, 1), second = reign(2, B);

    journal_read(&j, &first, 0);
    journal_read(&j, &t, 1);
    journal_read(&j, &second, 2);
    ck_assert_int_eq(j.incarnation, 1001); /* of the first reign, for good */
    ck_assert_int_eq(j.position, 100);
    ck_assert_int_eq(j.at_ms, 10);
    ck_assert_int_eq(j.epoch, 2);
    ck_assert(journal_mark_covers(&(struct journal_mark){1, 5}, 5));
    ck_assert(!journal_mark_covers(&(struct journal_mark){1, 5}, 6));
}
END_TEST

int main(void)
{
    Suite *s = suite_create("journal");
    TCase *c = tcase_create("all");
    SRunner *runner = srunner_create(s);
    int failed;

    tcase_add_test(c, records_read_back_as_written);
    tcase_add_test(c, the_log_may_be_cut_before_the_last_snapshot);
    tcase_add_loop_test(c, malformed_records_name_the_place, 0, sizeof(malformed) / sizeof(malformed[0]));
    tcase_add_test(c, the_table_above_is_about_one_fault_each);
    tcase_add_loop_test(c, validity, 0, sizeof(histories) / sizeof(histories[0]));
    tcase_add_test(c, the_fold_keeps_what_a_successor_needs);
    suite_add_tcase(s, c);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
