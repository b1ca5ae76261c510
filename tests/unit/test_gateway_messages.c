#include <check.h>

#include "json.h"
#include "messages.h"

#define AT 1767323045678 /* 2026-01-02T03:04:05.678Z */

static struct buf out;

static void expect(const char *text)
{
    json_object *o = NULL;

    ck_assert_str_eq(out.data, text);
    ck_assert_int_eq(json_parse(out.data, out.len, &o, NULL), 0);
    json_object_put(o);
    buf_free(&out);
}

START_TEST(connected)
{
    message_connected(&out, "c=", "alice", AT);
    expect("{\"type\":\"connected\",\"data\":{\"connection_id\":\"c=\",\"player_id\":\"alice\","
           "\"timestamp\":\"2026-01-02T03:04:05.678Z\"}}");
}
END_TEST

START_TEST(pong)
{
    message_pong(&out, "", AT);
    expect("{\"type\":\"pong\",\"data\":{\"timestamp\":\"2026-01-02T03:04:05.678Z\"}}");
    message_pong(&out, "\"r\"", AT);
    expect("{\"type\":\"pong\",\"request_id\":\"r\",\"data\":{\"timestamp\":\"2026-01-02T03:04:05.678Z\"}}");
}
END_TEST

START_TEST(queued)
{
    message_queued(&out, "7", "t-1", "a \"b\"");
    expect("{\"type\":\"matchmaking_queued\",\"request_id\":7,\"data\":{\"ticket_id\":\"t-1\","
           "\"configuration\":\"a \\\"b\\\"\"}}");
}
END_TEST

START_TEST(status)
{
    struct message_status s = {"t", "SEARCHING", "", "", 1501, -1};

    message_status(&out, "", &s);
    expect("{\"type\":\"matchmaking_status\",\"data\":{\"ticket_id\":\"t\",\"state\":\"SEARCHING\",\"reason\":\"\","
           "\"wait_seconds\":1.501,\"estimated_wait_seconds\":null}}");
    s = (struct message_status){"t", "COMPLETED", "why", "m", 2000, 3000};
    message_status(&out, "1", &s);
    expect("{\"type\":\"matchmaking_status\",\"request_id\":1,\"data\":{\"ticket_id\":\"t\",\"state\":\"COMPLETED\","
           "\"reason\":\"why\",\"wait_seconds\":2,\"estimated_wait_seconds\":3,\"match_id\":\"m\"}}");
}
END_TEST

START_TEST(error)
{
    struct message_error e = {FAULT_UNKNOWN_ACTION, "", "c", "e", "", NULL, NULL, NULL};

    message_error(&out, &e);
    expect("{\"type\":\"error\",\"message\":\"there is no such action\",\"connectionId\":\"c\",\"requestId\":\"e\","
           "\"data\":{\"code\":\"unknown_action\"}}");
    e = (struct message_error){FAULT_UNAVAILABLE, "\"x\"\n", "c", "e", "1", NULL, NULL, NULL};
    message_error(&out, &e);
    expect(
        "{\"type\":\"error\",\"message\":\"\\\"x\\\"\\n\",\"connectionId\":\"c\",\"requestId\":\"e\",\"request_id\":1,"
        "\"data\":{\"code\":\"unavailable\",\"retryable\":true}}");
    e = (struct message_error){FAULT_ALREADY_QUEUED, "m", "c", "e", "", "t", "other", NULL};
    message_error(&out, &e);
    expect("{\"type\":\"error\",\"message\":\"m\",\"connectionId\":\"c\",\"requestId\":\"e\","
           "\"data\":{\"code\":\"already_queued\",\"ticket_id\":\"t\",\"configuration\":\"other\"}}");
    e = (struct message_error){FAULT_PLAYER_NOT_CONNECTED, "m", "c", "e", "", NULL, NULL, "bob"};
    message_error(&out, &e);
    expect("{\"type\":\"error\",\"message\":\"m\",\"connectionId\":\"c\",\"requestId\":\"e\","
           "\"data\":{\"code\":\"player_not_connected\",\"retryable\":true,\"player_id\":\"bob\"}}");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("gateway_messages");
    TCase *tc = tcase_create("messages");
    SRunner *runner;
    int failed;

    tcase_add_test(tc, connected);
    tcase_add_test(tc, pong);
    tcase_add_test(tc, queued);
    tcase_add_test(tc, status);
    tcase_add_test(tc, error);
    suite_add_tcase(suite, tc);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
