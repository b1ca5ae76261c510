#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "errors.h"
#include "gateway_conf.h"
#include "gateway_metrics.h"

START_TEST(defaults_are_within_their_bounds)
{
    struct gateway_conf conf = {0};
    char error[512];

    for (const struct conf_key *key = gateway_conf_keys; key->flag != NULL; key++)
        ck_assert_msg(conf_set(key, &conf, key->def, error, sizeof(error)) == CONF_OK, "%s: %s", key->flag, error);
    ck_assert_int_eq(conf.ws_port, 8080);
    ck_assert_str_eq(conf.auth_mode, "auto");
    ck_assert_int_eq(conf.service.http_port, 9101);
}
END_TEST

START_TEST(a_metric_row_stands_at_each_place_computed_from_the_tables)
{
    char label[128];

    for (int i = 0; i < FAULT_COUNT; i++) {
        (void)snprintf(label, sizeof(label), "code=\"%s\"", fault_defs[i].code);
        ck_assert_str_eq(gateway_metric_defs[GW_ERRORS + i].labels, label);
    }
    for (int i = 0; i < REFUSAL_COUNT; i++) {
        (void)snprintf(label, sizeof(label), "code=\"%s\"", refusal_defs[i].code);
        ck_assert_str_eq(gateway_metric_defs[GW_REFUSALS + i].labels, label);
    }
    ck_assert_str_eq(gateway_metric_defs[GW_DISCONNECTS + CLOSE_TOO_SLOW].labels, "reason=\"too_slow\"");
}
END_TEST

START_TEST(close_frames_fit)
{
    for (int i = 0; i < CLOSE_COUNT; i++) {
        ck_assert_uint_lt(strlen(close_defs[i].text), 64);
        ck_assert(close_defs[i].status == 0 || (close_defs[i].status >= 1000 && close_defs[i].status < 1016));
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("gateway_tables");
    TCase *tc = tcase_create("tables");
    SRunner *runner;
    int failed;

    tcase_add_test(tc, defaults_are_within_their_bounds);
    tcase_add_test(tc, a_metric_row_stands_at_each_place_computed_from_the_tables);
    tcase_add_test(tc, close_frames_fit);
    suite_add_tcase(suite, tc);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
