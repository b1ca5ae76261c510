#include <check.h>
#include <stdio.h>

#include "request.h"

static const struct {
    const char *text;
    enum fault fault;
    const char *request_id, *error; /* error: how the sentence begins; "" for none */
} cases[] = {
    {"{\"action\":\"ping\"}", FAULT_NONE, "", ""},
    {" {\"action\":\"ping\",\"data\":{}}\n", FAULT_NONE, "", ""},
    {"{\"action\":\"ping\",\"request_id\":\"r1\"}", FAULT_NONE, "\"r1\"", ""},
    {"{\"action\":\"ping\",\"request_id\":-12.50}", FAULT_NONE, "-12.50", ""},
    {"{\"action\":\"ping\",\"request_id\":0}", FAULT_NONE, "0", ""},
    {"", FAULT_INVALID_JSON, "", "byte 0"},
    {"ping", FAULT_INVALID_JSON, "", "byte 0"},
    {"{'action':'ping'}", FAULT_INVALID_JSON, "", "byte 1"},
    {"{\"action\":\"ping\"}}", FAULT_INVALID_JSON, "", "byte 17"},
    {"{\"action\":\"ping\",\"action\":\"ping\"}", FAULT_INVALID_JSON, "", "byte"},
    {"{\"action\":\"p\xff\"}", FAULT_INVALID_UTF8, "", ""},
    {"[]", FAULT_INVALID_REQUEST, "", "$:"},
    {"null", FAULT_INVALID_REQUEST, "", "$:"},
    {"{}", FAULT_INVALID_REQUEST, "", "$"},
    {"{\"action\":null}", FAULT_INVALID_REQUEST, "", "$.action"},
    {"{\"action\":\"\"}", FAULT_INVALID_REQUEST, "", "$.action"},
    {"{\"action\":[\"ping\"],\"request_id\":7}", FAULT_INVALID_REQUEST, "7", "$.action"},
    {"{\"request_id\":7}", FAULT_INVALID_REQUEST, "7", "$"},
    {"{\"action\":\"ping\",\"request_id\":true}", FAULT_INVALID_REQUEST, "", "$.request_id"},
    {"{\"action\":\"ping\",\"request_id\":null}", FAULT_INVALID_REQUEST, "", "$.request_id"},
    {"{\"action\":\"ping\",\"request_id\":{}}", FAULT_INVALID_REQUEST, "", "$.request_id"},
    {"{\"action\":\"ping\",\"data\":[],\"request_id\":1}", FAULT_INVALID_REQUEST, "1", "$.data"},
    {"{\"action\":\"ping\",\"more\":1,\"request_id\":1}", FAULT_INVALID_REQUEST, "1", "$"},
};

START_TEST(frames_are_read_or_refused)
{
    char error[JSON_ERROR_SIZE];
    struct request r;

    ck_assert_int_eq(request_parse(&r, cases[_i].text, strlen(cases[_i].text), error), cases[_i].fault);
    ck_assert_str_eq(r.request_id, cases[_i].request_id);
    ck_assert_mem_eq(error, cases[_i].error, strlen(cases[_i].error));
    ck_assert_int_eq(error[0] == '\0', cases[_i].error[0] == '\0');
    if (cases[_i].fault == FAULT_NONE) {
        ck_assert_str_eq(r.action, "ping");
        ck_assert(json_object_is_type(r.data, json_type_object));
    }
    request_clear(&r);
    request_clear(&r);
}
END_TEST

START_TEST(request_ids_have_a_limit)
{
    char text[400], error[JSON_ERROR_SIZE];
    struct request r;

    for (int len = MM_REQUEST_ID_MAX - 1; len <= MM_REQUEST_ID_MAX + 1; len++) { /* with its quotes */
        int n = snprintf(text, sizeof(text), "{\"action\":\"ping\",\"request_id\":\"%0*d\"}", len - 2, 0);

        ck_assert_int_eq(request_parse(&r, text, (size_t)n, error),
                         len <= MM_REQUEST_ID_MAX ? FAULT_NONE : FAULT_INVALID_REQUEST);
        ck_assert_uint_eq(strlen(r.request_id), len <= MM_REQUEST_ID_MAX ? (size_t)len : 0);
        request_clear(&r);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("gateway_request");
    TCase *tc = tcase_create("request");
    SRunner *runner;
    int failed;

    tcase_add_loop_test(tc, frames_are_read_or_refused, 0, (int)(sizeof(cases) / sizeof(cases[0])));
    tcase_add_test(tc, request_ids_have_a_limit);
    suite_add_tcase(suite, tc);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
