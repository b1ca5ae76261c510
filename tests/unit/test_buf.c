#include <check.h>
#include <float.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "buf.h"

START_TEST(empty_buffer_can_be_taken_and_freed)
{
    struct buf b = {0};
    char *text = buf_take(&b);

    ck_assert_str_eq(text, "");
    free(text);
    buf_append(&b, NULL, 0);
    ck_assert_str_eq(b.data, "");
    buf_free(&b);
    ck_assert_ptr_null(b.data);
}
END_TEST

START_TEST(grows_past_every_size)
{
    struct buf b = {0};
    char number[16];

    for (int i = 0; i < 5000; i++) {
        buf_printf(&b, "%06d", i);
        ck_assert_uint_eq(strlen(b.data), b.len);
        ck_assert_uint_le(b.len, b.cap);
    }
    ck_assert_uint_eq(b.len, 30000);
    for (int i = 0; i < 5000; i++) {
        (void)snprintf(number, sizeof(number), "%06d", i);
        ck_assert_mem_eq(b.data + (size_t)i * 6, number, 6);
    }
    buf_free(&b);
}
END_TEST

START_TEST(formats_what_does_not_fit_at_once)
{
    struct buf b = {0};
    char word[3000];

    memset(word, 'x', sizeof(word) - 1);
    word[sizeof(word) - 1] = '\0';
    buf_str(&b, "<");
    buf_printf(&b, "%s>", word);
    ck_assert_uint_eq(b.len, sizeof(word) + 1);
    ck_assert_str_eq(b.data + b.len - 2, "x>");
    buf_free(&b);
}
END_TEST

START_TEST(clear_keeps_the_memory)
{
    struct buf b = {0};
    const char *data;

    buf_str(&b, "abc");
    data = b.data;
    buf_clear(&b);
    ck_assert_str_eq(b.data, "");
    ck_assert_uint_eq(b.len, 0);
    buf_str(&b, "de");
    ck_assert_ptr_eq(b.data, data);
    buf_free(&b);
}
END_TEST

static const struct {
    const char *text, *json;
} strings[] = {
    {"", "\"\""},
    {"plain", "\"plain\""},
    {"a\"b\\c", "\"a\\\"b\\\\c\""},
    {"\b\f\n\r\t", "\"\\b\\f\\n\\r\\t\""},
    {"\x01 \x1f \x7f", "\"\\u0001 \\u001f \x7f\""},
    {"gr\xc3\xbc\xc3\x9f \xf0\x9f\x98\x80 /", "\"gr\xc3\xbc\xc3\x9f \xf0\x9f\x98\x80 /\""},
};

START_TEST(json_strings)
{
    struct buf b = {0};

    buf_json_cstr(&b, strings[_i].text);
    ck_assert_str_eq(b.data, strings[_i].json);
    buf_free(&b);
}
END_TEST

START_TEST(json_string_with_nul_is_escaped)
{
    struct buf b = {0};

    buf_json_str(&b, "a\0b", 3);
    ck_assert_str_eq(b.data, "\"a\\u0000b\"");
    buf_free(&b);
}
END_TEST

static const struct {
    double value;
    const char *json;
} numbers[] = {
    {0, "0"},
    {-0.0, "-0"},
    {7, "7"},
    {-1532, "-1532"},
    {0.1, "0.1"},
    {1532.5, "1532.5"},
    {9007199254740991.0, "9007199254740991"},
    {9007199254740992.0, "9007199254740992"},
    {1e300, "1e+300"},
    {0.1 + 0.2, "0.30000000000000004"},
    {DBL_MAX, "1.7976931348623157e+308"},
    {5e-324, "4.94065645841247e-324"},
};

START_TEST(json_numbers_read_back)
{
    struct buf b = {0};

    buf_json_num(&b, numbers[_i].value);
    ck_assert_str_eq(b.data, numbers[_i].json);
    ck_assert(strtod(b.data, NULL) == numbers[_i].value);
    buf_free(&b);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("buf");
    TCase *tc = tcase_create("buf");
    SRunner *runner = srunner_create(suite);
    int failed;

    suite_add_tcase(suite, tc);
    tcase_add_test(tc, empty_buffer_can_be_taken_and_freed);
    tcase_add_test(tc, grows_past_every_size);
    tcase_add_test(tc, formats_what_does_not_fit_at_once);
    tcase_add_test(tc, clear_keeps_the_memory);
    tcase_add_loop_test(tc, json_strings, 0, sizeof(strings) / sizeof(strings[0]));
    tcase_add_test(tc, json_string_with_nul_is_escaped);
    tcase_add_loop_test(tc, json_numbers_read_back, 0, sizeof(numbers) / sizeof(numbers[0]));
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
