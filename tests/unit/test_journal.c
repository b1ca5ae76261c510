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

static struct journal_record attempt(int64_t epoch, const char *nonce, int64_t seq, int64_t command)
{
    struct journal_record r = tick(epoch, nonce, seq);

    r.type = JOURNAL_ATTEMPT;
    r.command = command;
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

    ck_assert(!out.young);
    ck_assert_int_eq(out.careful_until, 0);
    ck_assert_int_eq(out.attempts.count, 0);

    in.young = true;
    in.careful_until = 1900;
    in.attempts = (struct journal_attempts){1800, 1};
    buf_clear(&text);
    journal_encode(&in, "", 0, &text);
    ck_assert_int_eq(journal_record_parse(&out, text.data, text.len, error), 0);
    ck_assert(out.young);
    ck_assert_int_eq(out.careful_until, 1900);
    ck_assert_int_eq(out.attempts.command, 1800);
    ck_assert_int_eq(out.attempts.count, 1);
    journal_record_clear(&out);

    in = attempt(5, A, 18, 1801);
    buf_clear(&text);
    journal_encode(&in, "", 0, &text);
    ck_assert_int_eq(journal_record_parse(&out, text.data, text.len, error), 0);
    ck_assert_int_eq(out.type, JOURNAL_ATTEMPT);
    ck_assert_int_eq(out.command, 1801);
    journal_record_clear(&out);

    in.command = JOURNAL_STATE;
    buf_clear(&text);
    journal_encode(&in, "", 0, &text);
    ck_assert_int_eq(journal_record_parse(&out, text.data, text.len, error), 0);
    ck_assert_int_eq(out.command, JOURNAL_STATE);
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

#define PART                                                                                                           \
    "{\"type\":\"snapshot\"," HEAD ",\"seq\":1,\"at\":0,\"position\":0" MARK                                           \
    ",\"transitions\":[],\"incarnation\":1,\"part\":1"

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
    {"{\"type\":\"attempt\"," HEAD ",\"seq\":1,\"at\":0,\"position\":0" MARK ",\"command\":-1}", "$.command"},
    {"{\"type\":\"attempt\"," HEAD ",\"seq\":1,\"at\":0,\"position\":0" MARK ",\"transitions\":[]}", "transitions"},
    {PART ",\"young\":0}", "$.young"},
    {PART ",\"careful_until\":-1}", "$.careful_until"},
    {PART ",\"attempts\":{\"count\":1}}", "$.attempts: member \"command\""},
    {PART ",\"attempts\":{\"command\":1,\"count\":0}}", "$.attempts.count"},
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
    ck_assert_int_eq(journal_record_parse(&r, PART "}", strlen(PART "}"), NULL), 0);
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
    ck_assert_int_eq(j.moved_ms, 10);
    ck_assert_int_eq(j.epoch, 2);
    ck_assert(journal_mark_covers(&(struct journal_mark){1, 5}, 5));
    ck_assert(!journal_mark_covers(&(struct journal_mark){1, 5}, 6));
}
END_TEST

/*
 * J8, J9, a letter a record: R a reign; m a tick that moves the position by one, M one that moves it far, e one that
 * does not; c an attempt at the next command, d at the one after it, s at the state; a abdication. Then what counts.
 */
static const struct {
    const char *records;
    bool young;
    int64_t careful_until, attempts, state;
} deaths[] = {
    {"R", true, 0, 0, 0},                           /* the first one: nobody died */
    {"Rm", false, 0, 0, 0},                         /* */
    {"RmR", true, 0, 0, 0},                         /* died grown up: the next one need not be careful */
    {"RmRR", true, 1 + JOURNAL_CAREFUL, 0, 0},      /* died young: it must */
    {"RR", true, JOURNAL_CAREFUL, 0, 0},            /* */
    {"ReeRee", true, JOURNAL_CAREFUL, 0, 0},        /* an empty tick is no sign of life */
    {"RRm", false, JOURNAL_CAREFUL, 0, 0},          /* careful still: the dead one may have read far */
    {"RRmmmR", true, JOURNAL_CAREFUL, 0, 0},        /* */
    {"RRmmmRR", true, 3 + JOURNAL_CAREFUL, 0, 0},   /* */
    {"RRM", false, JOURNAL_CAREFUL, 0, 0},          /* no longer */
    {"RaR", true, 0, 0, 0},                         /* who abdicates does not die */
    {"RRaR", true, JOURNAL_CAREFUL, 0, 0},          /* nor does it bring back to life */
    {"RmRaRR", true, 1 + JOURNAL_CAREFUL, 0, 0},    /* */
    {"RRc", true, JOURNAL_CAREFUL, 1, 0},           /* */
    {"RRcRcRc", true, JOURNAL_CAREFUL, 3, 0},       /* three times at one command */
    {"RRcRseRseRsec", true, JOURNAL_CAREFUL, 2, 0}, /* what is due in between is no matter */
    {"RRcem", false, JOURNAL_CAREFUL, 0, 0},        /* it was handled */
    {"RRcRd", true, JOURNAL_CAREFUL, 1, 0},         /* the command before is not there any more */
    {"RRcaRc", true, JOURNAL_CAREFUL, 2, 0},        /* */
    {"RRsRsRs", true, JOURNAL_CAREFUL, 0, 3},       /* three times at the state */
    {"RRsRsRse", true, JOURNAL_CAREFUL, 0, 0},      /* the third was survived */
    {"RRsRseRs", true, JOURNAL_CAREFUL, 0, 1},      /* */
    {"RRsReRsReRs", true, JOURNAL_CAREFUL, 0, 3},   /* the heartbeats of a reign whose turn did not come */
    {"RRsRsRsm", false, JOURNAL_CAREFUL, 0, 0},     /* */
};

/* Folds them; at `cut`, if it is not negative, a snapshot is written, and the second journal begins with it. */
static void fold(const char *records, int cut, struct journal *whole, struct journal *rest)
{
    int64_t epoch = 0, seq = 0, position = 0, offset = 0;

    for (int i = 0; i < (int)strlen(records); i++) {
        struct journal_record r = tick(epoch, A, ++seq);

        r.position = position;
        if (records[i] == 'R') {
            r = reign(++epoch, A);
            seq--;
        } else if (strchr("cds", records[i]) != NULL) {
            r.type = JOURNAL_ATTEMPT;
            r.command = records[i] == 's' ? JOURNAL_STATE : position + (records[i] == 'd');
        } else if (records[i] == 'a') {
            r.type = JOURNAL_ABDICATE;
        } else if (strchr("mM", records[i]) != NULL) {
            position += records[i] == 'm' ? 1 : 2 * JOURNAL_CAREFUL;
            r.position = position;
        }
        ck_assert_int_eq(journal_read(whole, &r, ++offset), JOURNAL_VALID);
        if (cut >= 0 && i > cut)
            ck_assert_int_eq(journal_read(rest, &r, offset), JOURNAL_VALID);
        if (i == cut) {
            r = tick(epoch, A, ++seq);
            r.position = position;
            r.type = JOURNAL_SNAPSHOT;
            r.incarnation = whole->incarnation;
            r.part = 1;
            r.last = true;
            journal_repeat(whole, &r);
            journal_begin(rest, ++offset);
            ck_assert_int_eq(journal_read(whole, &r, offset), JOURNAL_VALID);
            ck_assert_int_eq(journal_read(rest, &r, offset), JOURNAL_VALID);
        }
    }
}

START_TEST(attempts_and_deaths_are_counted)
{
    struct journal j = {0};

    fold(deaths[_i].records, -1, &j, NULL);
    ck_assert_msg(j.young == deaths[_i].young && j.careful_until == deaths[_i].careful_until &&
                      j.state_attempts == deaths[_i].state && j.attempts.count == deaths[_i].attempts,
                  "%s: young %d, careful until %d, attempts %d, state %d", deaths[_i].records, j.young,
                  (int)j.careful_until, (int)j.attempts.count, (int)j.state_attempts);
    ck_assert_int_eq(journal_careful(&j), j.position < deaths[_i].careful_until);
    ck_assert_int_eq(journal_attempts_at(&j, j.attempts.command), deaths[_i].attempts);
    ck_assert_int_eq(journal_poisoned(&j), deaths[_i].state == JOURNAL_ATTEMPTS_MAX);
    ck_assert_int_eq(journal_attempts_at(&j, 99), 0);
}
END_TEST

/* J6: wherever a ruler may write a snapshot, who begins to read there counts like all others. */
START_TEST(a_snapshot_says_again_what_is_counted)
{
    const char *records = deaths[_i].records;

    for (int cut = 0; cut < (int)strlen(records); cut++) {
        struct journal whole = {0}, rest = {0};

        if (strchr("as", records[cut]) != NULL || (records[cut] == 'R' && strchr(records, 's') != NULL))
            continue; /* nobody rules, or what is due in the state has not been seen to */
        fold(records, cut, &whole, &rest);
        ck_assert_int_eq(rest.young, whole.young);
        ck_assert_int_eq(rest.careful_until, whole.careful_until);
        ck_assert_int_eq(rest.attempts.command, whole.attempts.command);
        ck_assert_int_eq(rest.attempts.count, whole.attempts.count);
        ck_assert_int_eq(rest.state_attempts, whole.state_attempts);
    }
}
END_TEST

/* A tick of its own that is not read back yet has moved the position: nothing counts any more behind it. */
START_TEST(a_snapshot_behind_an_unread_tick_counts_nothing)
{
    struct journal j = {.young = true, .careful_until = 99, .position = 7, .attempts = {7, 2}};
    struct journal_record r = {.type = JOURNAL_SNAPSHOT, .position = 7};

    journal_repeat(&j, &r);
    ck_assert(r.young);
    ck_assert_int_eq(r.attempts.count, 2);
    r = (struct journal_record){.type = JOURNAL_SNAPSHOT, .position = 8};
    journal_repeat(&j, &r);
    ck_assert(!r.young);
    ck_assert_int_eq(r.attempts.count, 0);
    ck_assert_int_eq(r.careful_until, 99);
}
END_TEST

/* The queue was deleted and begun again: its offsets are others. */
START_TEST(a_new_queue_is_not_read_carefully_for_long)
{
    struct journal j = {.epoch = 1, .nonce = A, .position = 5000, .careful_until = 5200};
    struct journal_record r = tick(1, A, 1);

    ck_assert(journal_careful(&j));
    ck_assert_int_eq(journal_read(&j, &r, 1), JOURNAL_VALID);
    ck_assert(!journal_careful(&j));
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
    tcase_add_loop_test(c, attempts_and_deaths_are_counted, 0, sizeof(deaths) / sizeof(deaths[0]));
    tcase_add_loop_test(c, a_snapshot_says_again_what_is_counted, 0, sizeof(deaths) / sizeof(deaths[0]));
    tcase_add_test(c, a_snapshot_behind_an_unread_tick_counts_nothing);
    tcase_add_test(c, a_new_queue_is_not_read_carefully_for_long);
    suite_add_tcase(s, c);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
