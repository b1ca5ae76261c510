#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "buf.h"
#include "err.h"
#include "json.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#define DIGITS_10  "1234567890"
#define DIGITS_100 DIGITS_10 DIGITS_10 DIGITS_10 DIGITS_10 DIGITS_10 DIGITS_10 DIGITS_10 DIGITS_10 DIGITS_10 DIGITS_10

static json_object *parse(const char *text)
{
    char error[JSON_ERROR_SIZE] = "";
    json_object *value = NULL;

    ck_assert_msg(json_parse(text, strlen(text), &value, error) == 0, "%s: %s", text, error);
    return value;
}

/* ---- parsing ---------------------------------------------------------------------------------------------------- */

static const struct {
    const char *text, *printed;
} good[] = {
    {"null", "null"},
    {" true\n", "true"},
    {"\t\r\nfalse ", "false"},
    {"\"\"", "\"\""},
    {"\"a\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "\"a\\\"\\\\/\\b\\f\\n\\r\\t\""},
    {"\"\\u00fc\\u20AC\\ud83d\\ude00\"", "\"\xc3\xbc\xe2\x82\xac\xf0\x9f\x98\x80\""},
    {"\"gr\xc3\xbc\xc3\x9f\"", "\"gr\xc3\xbc\xc3\x9f\""},
    {"0", "0"},
    {"-0", "0"},
    {"-12", "-12"},
    {"9223372036854775807", "9223372036854775807"},
    {"-9223372036854775808", "-9223372036854775808"},
    {"9223372036854775808", "9223372036854775808"},
    {"0.1", "0.1"},
    {"1e2", "1e2"},
    {"1E+2", "1E+2"},
    {"-1.5e-3", "-1.5e-3"},
    {"1e-400", "1e-400"},
    {"[]", "[]"},
    {"[1,[2,{}],null]", "[1,[2,{}],null]"},
    {"{}", "{}"},
    {" { \"a\" : 1 , \"A\" : [ ] } ", "{\"a\":1,\"A\":[]}"},
    {"{\"\":1}", "{\"\":1}"},
    {"{\"a\":{\"a\":{\"a\":1}}}", "{\"a\":{\"a\":{\"a\":1}}}"},
};

START_TEST(takes_what_rfc_8259_allows)
{
    json_object *value = parse(good[_i].text);
    size_t len;

    ck_assert_str_eq(json_text(value, &len), good[_i].printed);
    ck_assert_uint_eq(len, strlen(good[_i].printed));
    json_object_put(value);
}
END_TEST

static const struct {
    const char *text, *error;
} bad[] = {
    {"", "byte 0: a value is expected"},
    {"  ", "byte 2: a value is expected"},
    {"{'a':1}", "byte 1: a string in double quotes is expected"},
    {"'a'", "byte 0: a value is expected"},
    {"NaN", "byte 0: a value is expected"},
    {"Infinity", "byte 0: a value is expected"},
    {"-Infinity", "byte 1: a number is malformed"},
    {"nul", "byte 0: a value is expected"},
    {"True", "byte 0: a value is expected"},
    {"truex", "byte 4: something follows the value"},
    {"1 2", "byte 2: something follows the value"},
    {"{}}", "byte 2: something follows the value"},
    {"01", "byte 1: a number is malformed"},
    {"-", "byte 1: a number is malformed"},
    {"1.", "byte 2: a number is malformed"},
    {".5", "byte 0: a value is expected"},
    {"+1", "byte 0: a value is expected"},
    {"1e", "byte 2: a number is malformed"},
    {"1e+", "byte 3: a number is malformed"},
    {"0x10", "byte 1: something follows the value"},
    {"1e400", "byte 0: a number is out of range"},
    {"[-1e999]", "byte 1: a number is out of range"},
    {DIGITS_100 DIGITS_100 DIGITS_100 DIGITS_100, "byte 0: a number is out of range"}, /* neither int64 nor double */
    {"[" DIGITS_100 DIGITS_100 DIGITS_100 DIGITS_100 "]", "byte 1: a number is out of range"},
    {"[1,]", "byte 3: a value is expected"},
    {"[1 2]", "byte 3: ',' or ']' is expected"},
    {"[1", "byte 2: ',' or ']' is expected"},
    {"[", "byte 1: a value is expected"},
    {"{\"a\"}", "byte 4: ':' is expected"},
    {"{\"a\":}", "byte 5: a value is expected"},
    {"{\"a\":1,}", "byte 7: a string in double quotes is expected"},
    {"{a:1}", "byte 1: a string in double quotes is expected"},
    {"{1:1}", "byte 1: a string in double quotes is expected"},
    {"{\"a\":1", "byte 6: ',' or '}' is expected"},
    {"{\"a\":1,\"b\":2,\"a\":3}", "byte 13: key \"a\" stands twice in one object"},
    {"{\n\"a\":1,\n\"a\":2}", "line 3, byte 9: key \"a\" stands twice in one object"},
    {"{\"a\":1,\"\\u0061\":2}", "byte 7: key \"a\" stands twice in one object"},
    {"\"abc", "byte 4: a string has no end"},
    {"\"a\nb\"", "byte 2: a string holds a control character"},
    {"\"\\x\"", "byte 1: an escape is malformed"},
    {"\"\\", "byte 1: an escape is malformed"},
    {"\"\\u12\"", "byte 1: an escape is malformed"},
    {"\"\\u12g4\"", "byte 1: an escape is malformed"},
    {"\"a\\u0000\"", "byte 2: a string holds NUL"},
    {"{\"\\u0000\":1}", "byte 2: a string holds NUL"},
    {"\"\\ud800\"", "byte 1: a surrogate stands alone"},
    {"\"\\ud800\\n\"", "byte 1: a surrogate stands alone"},
    {"\"\\ud800\\ud800\"", "byte 1: a surrogate stands alone"},
    {"\"\\udc00\\ud800\"", "byte 1: a surrogate stands alone"},
    {"\"\\udc00\\udc00\"", "byte 1: a surrogate stands alone"},
    {"\"\xff\"", "byte 1: not UTF-8"},
    {"[\"1234567\xc3\"]", "byte 9: not UTF-8"},
    {"// comment\n1", "byte 0: a value is expected"},
    {"\xef\xbb\xbf{}", "byte 0: a value is expected"},
};

START_TEST(refuses_the_rest_and_says_where)
{
    char error[JSON_ERROR_SIZE] = "";
    json_object *value = NULL;

    ck_assert_int_eq(json_parse(bad[_i].text, strlen(bad[_i].text), &value, error), ERR_INVALID);
    ck_assert_str_eq(error, bad[_i].error);
    ck_assert_ptr_null(value);
    ck_assert_int_eq(json_parse(bad[_i].text, strlen(bad[_i].text), &value, NULL), ERR_INVALID);
}
END_TEST

START_TEST(reads_no_further_than_it_is_told)
{
    /* A copy of exact size, so that AddressSanitizer sees a step too far; each prefix of a number or word as well. */
    static const char text[] = "{\"k\":[\"\\u00fc\\ud83d\\ude00x\",-1.5e+3,true,null]}";

    for (size_t len = 0; len < sizeof(text) - 1; len++) {
        char *exact = malloc(len == 0 ? 1 : len);
        json_object *value = NULL;

        memcpy(exact, text, len);
        ck_assert_int_eq(json_parse(exact, len, &value, NULL), ERR_INVALID);
        free(exact);
    }
}
END_TEST

START_TEST(embedded_nul_is_no_end)
{
    json_object *value = NULL;

    ck_assert_int_eq(json_parse("1\0", 2, &value, NULL), ERR_INVALID);
    ck_assert_int_eq(json_parse("\"a\0b\"", 5, &value, NULL), ERR_INVALID);
}
END_TEST

static int parse_nested(size_t depth, const char *open, const char *close)
{
    struct buf b = {0};
    json_object *value = NULL;
    int rc;

    for (size_t i = 0; i < depth; i++)
        buf_str(&b, open);
    buf_str(&b, "1");
    for (size_t i = 0; i < depth; i++)
        buf_str(&b, close);
    rc = json_parse(b.data, b.len, &value, NULL);
    json_object_put(value);
    buf_free(&b);
    return rc;
}

START_TEST(depth_is_bounded)
{
    ck_assert_int_eq(parse_nested(JSON_DEPTH_MAX, "[", "]"), 0);
    ck_assert_int_eq(parse_nested(JSON_DEPTH_MAX + 1, "[", "]"), ERR_INVALID);
    ck_assert_int_eq(parse_nested(JSON_DEPTH_MAX, "{\"a\":", "}"), 0);
    ck_assert_int_eq(parse_nested(JSON_DEPTH_MAX + 1, "{\"a\":", "}"), ERR_INVALID);
    ck_assert_int_eq(parse_nested(1000000, "[", "]"), ERR_INVALID);
}
END_TEST

START_TEST(many_members_and_elements)
{
    struct buf b = {0};
    json_object *value, *member;

    buf_str(&b, "{");
    for (int i = 0; i < 20000; i++)
        buf_printf(&b, "%s\"key%d\":[%d,%d]", i == 0 ? "" : ",", i, i, i);
    buf_str(&b, "}");
    value = parse(b.data);
    ck_assert_int_eq(json_object_object_length(value), 20000);
    ck_assert(json_object_object_get_ex(value, "key19999", &member));
    ck_assert_int_eq(json_object_get_int(json_object_array_get_idx(member, 1)), 19999);
    json_object_put(value);
    buf_free(&b);
}
END_TEST

static const struct {
    const char *text;
    bool valid;
} texts[] = {
    {"", true},
    {"plain ascii, longer than eight bytes", true},
    {"\xc2\x80 \xdf\xbf", true},
    {"\xe0\xa0\x80 \xed\x9f\xbf \xee\x80\x80 \xef\xbf\xbf", true},
    {"\xf0\x90\x80\x80 \xf4\x8f\xbf\xbf", true},
    {"\x80", false},
    {"\xc0\xaf", false},
    {"\xc1\xbf", false},
    {"\xc3", false},
    {"\xc3(", false},
    {"\xe0\x9f\xbf", false},
    {"\xe2\x82", false},
    {"\xe2\x82(", false},
    {"\xed\xa0\x80", false},
    {"\xed\xbf\xbf", false},
    {"\xf0\x8f\xbf\xbf", false},
    {"\xf0\x9f\x98", false},
    {"\xf4\x90\x80\x80", false},
    {"\xf5\x80\x80\x80", false},
    {"\xff", false},
};

START_TEST(utf8)
{
    ck_assert_int_eq(json_utf8_valid(texts[_i].text, strlen(texts[_i].text)), texts[_i].valid);
}
END_TEST

/* ---- members ---------------------------------------------------------------------------------------------------- */

static const char document[] = "{\"s\":\"text\",\"i\":7,\"f\":7.0,\"h\":7.5,\"b\":true,\"n\":null,\"a\":[1,2],\"o\":{},"
                               "\"big\":9223372036854775808,\"long\":\"0123456789012345678901234567890123456789"
                               "\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc\"}";

START_TEST(members_are_read)
{
    json_object *o = parse(document), *part = NULL;
    const char *text = "kept";
    int64_t number = -1;
    double real = 0;
    bool yes = false;
    char e[JSON_ERROR_SIZE];

    ck_assert_int_eq(json_get_str(o, "$", "s", 4, 4, &text, e), 0);
    ck_assert_str_eq(text, "text");
    ck_assert_int_eq(json_get_int(o, "$", "i", 7, 7, &number, e), 0);
    ck_assert_int_eq(number, 7);
    number = -1;
    ck_assert_int_eq(json_get_int_opt(o, "$", "f", 0, 10, &number, e), 0);
    ck_assert_int_eq(number, 7);
    ck_assert_int_eq(json_get_num(o, "$", "h", &real, e), 0);
    ck_assert_double_eq(real, 7.5);
    ck_assert_int_eq(json_get_num(o, "$", "i", &real, e), 0);
    ck_assert_double_eq(real, 7);
    ck_assert_int_eq(json_get_bool_opt(o, "$", "b", &yes, e), 0);
    ck_assert(yes);
    ck_assert_int_eq(json_get_array(o, "$", "a", 2, 2, &part, e), 0);
    ck_assert_uint_eq(json_object_array_length(part), 2);
    ck_assert_int_eq(json_get_object_opt(o, "$", "o", &part, e), 0);
    ck_assert(json_object_is_type(part, json_type_object));
    json_object_put(o);
}
END_TEST

START_TEST(absent_optional_members_change_nothing)
{
    json_object *o = parse(document), *part = o;
    const char *text = "kept";
    int64_t number = -1;
    bool yes = true;
    char e[JSON_ERROR_SIZE];

    ck_assert_int_eq(json_get_str_opt(o, "$", "x", 0, 9, &text, e), 0);
    ck_assert_str_eq(text, "kept");
    ck_assert_int_eq(json_get_int_opt(o, "$", "x", 0, 9, &number, e), 0);
    ck_assert_int_eq(number, -1);
    ck_assert_int_eq(json_get_bool_opt(o, "$", "x", &yes, e), 0);
    ck_assert(yes);
    ck_assert_int_eq(json_get_object_opt(o, "$", "x", &part, e), 0);
    ck_assert_ptr_eq(part, o);
    json_object_put(o);
}
END_TEST

static const char *out_str;
static int64_t out_int;
static double out_num;
static bool out_bool;
static json_object *out_part;

static int str_0_to_3(json_object *o, const char *key, char *e)
{
    return json_get_str(o, "$.p", key, 0, 3, &out_str, e);
}
static int str_5_to_9(json_object *o, const char *key, char *e)
{
    return json_get_str_opt(o, "$.p", key, 5, 9, &out_str, e);
}
static int int_0_to_5(json_object *o, const char *key, char *e)
{
    return json_get_int(o, "$.p", key, 0, 5, &out_int, e);
}
static int int_any(json_object *o, const char *key, char *e)
{
    return json_get_int_opt(o, "$.p", key, INT64_MIN, INT64_MAX, &out_int, e);
}
static int number(json_object *o, const char *key, char *e)
{
    return json_get_num(o, "$.p", key, &out_num, e);
}
static int boolean(json_object *o, const char *key, char *e)
{
    return json_get_bool_opt(o, "$.p", key, &out_bool, e);
}
static int array_of_3(json_object *o, const char *key, char *e)
{
    return json_get_array(o, "$.p", key, 3, 3, &out_part, e);
}
static int object(json_object *o, const char *key, char *e)
{
    return json_get_object_opt(o, "$.p", key, &out_part, e);
}

static const struct {
    int (*get)(json_object *o, const char *key, char *error);
    const char *key, *error;
} wrong[] = {
    {str_0_to_3, "x", "$.p: member \"x\" is missing"},
    {str_0_to_3, "s", "$.p.s: must be a string of 0 to 3 bytes, is \"text\""},
    {str_5_to_9, "s", "$.p.s: must be a string of 5 to 9 bytes, is \"text\""},
    {str_5_to_9, "n", "$.p.n: must be a string of 5 to 9 bytes, is null"},
    {str_5_to_9, "long",
     "$.p.long: must be a string of 5 to 9 bytes, is \"0123456789012345678901234567890123456789\xc3\xbc..."},
    {int_0_to_5, "i", "$.p.i: must be an integer from 0 to 5, is 7"},
    {int_0_to_5, "s", "$.p.s: must be an integer from 0 to 5, is \"text\""},
    {int_any, "h", "$.p.h: must be an integer from -9223372036854775808 to 9223372036854775807, is 7.5"},
    {int_any, "big",
     "$.p.big: must be an integer from -9223372036854775808 to 9223372036854775807, is 9223372036854775808"},
    {number, "s", "$.p.s: must be a number, is \"text\""},
    {number, "x", "$.p: member \"x\" is missing"},
    {boolean, "i", "$.p.i: must be true or false, is 7"},
    {boolean, "n", "$.p.n: must be true or false, is null"},
    {array_of_3, "a", "$.p.a: must be an array of 3 to 3 elements, is [1,2]"},
    {array_of_3, "o", "$.p.o: must be an array of 3 to 3 elements, is {}"},
    {object, "a", "$.p.a: must be an object, is [1,2]"},
};

START_TEST(wrong_members_are_named)
{
    json_object *o = parse(document);
    char error[JSON_ERROR_SIZE] = "";

    ck_assert_int_eq(wrong[_i].get(o, wrong[_i].key, error), ERR_INVALID);
    ck_assert_str_eq(error, wrong[_i].error);
    ck_assert_int_eq(wrong[_i].get(o, wrong[_i].key, NULL), ERR_INVALID);
    json_object_put(o);
}
END_TEST

START_TEST(what_is_no_object_has_no_members)
{
    json_object *o = parse("[1]");
    char error[JSON_ERROR_SIZE];

    ck_assert_int_eq(str_0_to_3(o, "s", error), ERR_INVALID);
    ck_assert_str_eq(error, "$.p: must be an object, is [1]");
    ck_assert_int_eq(boolean(NULL, "s", error), ERR_INVALID);
    ck_assert_str_eq(error, "$.p: must be an object, is null");
    json_object_put(o);
}
END_TEST

START_TEST(unknown_members_are_refused)
{
    static const char *const all[] = {"a", "b", NULL}, *const some[] = {"b", "c", NULL};
    json_object *o = parse("{\"a\":1,\"b\":2}");
    char error[JSON_ERROR_SIZE];

    ck_assert_int_eq(json_only(o, "$", all, error), 0);
    ck_assert_int_eq(json_only(o, "$.x", some, error), ERR_INVALID);
    ck_assert_str_eq(error, "$.x: unknown member \"a\"; known are b, c");
    json_object_put(o);
}
END_TEST

START_TEST(long_errors_are_cut_between_characters)
{
    char error[JSON_ERROR_SIZE], path[301];

    for (size_t i = 0; i < 300; i += 2)
        memcpy(path + i, "\xc3\xbc", 2);
    path[300] = '\0';
    for (size_t skip = 0; skip < 2; skip++) {
        ck_assert_int_eq(json_fail(error, skip == 0 ? path : "x", "%s", path), ERR_INVALID);
        ck_assert(json_utf8_valid(error, strlen(error)));
        ck_assert_uint_ge(strlen(error), JSON_ERROR_SIZE - 3);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("json");
    TCase *tc = tcase_create("json");
    SRunner *runner = srunner_create(suite);
    int failed;

    suite_add_tcase(suite, tc);
    tcase_add_loop_test(tc, takes_what_rfc_8259_allows, 0, COUNT(good));
    tcase_add_loop_test(tc, refuses_the_rest_and_says_where, 0, COUNT(bad));
    tcase_add_test(tc, reads_no_further_than_it_is_told);
    tcase_add_test(tc, embedded_nul_is_no_end);
    tcase_add_test(tc, depth_is_bounded);
    tcase_add_test(tc, many_members_and_elements);
    tcase_add_loop_test(tc, utf8, 0, COUNT(texts));
    tcase_add_test(tc, members_are_read);
    tcase_add_test(tc, absent_optional_members_change_nothing);
    tcase_add_loop_test(tc, wrong_members_are_named, 0, COUNT(wrong));
    tcase_add_test(tc, what_is_no_object_has_no_members);
    tcase_add_test(tc, unknown_members_are_refused);
    tcase_add_test(tc, long_errors_are_cut_between_characters);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
