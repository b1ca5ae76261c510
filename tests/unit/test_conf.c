#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "err.h"
#include "service.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#define TEST_CONF(X)                                                                                                   \
    X(name, STR, "T_NAME", "name", "bob", 1, 5, "a name")                                                              \
    X(rate, INT, "T_RATE", "rate", "5", -3, 10, "things a second")                                                     \
    X(loud, BOOL, "T_LOUD", "loud", "false", 0, 0, "say more")                                                         \
    X(mode, ENUM, "T_MODE", "mode", "none", 0, 0, "none|jwt how players are known")                                    \
    X(host, NAME, "T_HOST", "host", "", 0, 8, "a host")

struct test_conf {
    struct service_conf service;
    TEST_CONF(CONF_FIELD)
    const char *password;
};

#define ROW(...) CONF_ROW(struct test_conf, __VA_ARGS__)
static const struct conf_key keys[] = {SERVICE_ROWS(struct test_conf, service, "9109") TEST_CONF(ROW) CONF_SECRET_ROW(
    struct test_conf, password, STR, "T_PASSWORD", "password", "", 0, 4, "a secret") CONF_END};

static struct test_conf conf;
static FILE *said; /* what went to stderr or stdout */
static char text[8192];

/* conf_load with the words of `args`; its output is in text. */
static enum conf_result load(const char *args, FILE *stream)
{
    static char words[512];
    char *argv[16] = {words};
    int argc = 1, kept = dup(fileno(stream));
    enum conf_result rc;

    (void)snprintf(words, sizeof(words), "test%s%s", *args == '\0' ? "" : " ", args);
    for (char *space = strchr(words, ' '); space != NULL; space = strchr(space, ' ')) {
        *space++ = '\0';
        argv[argc++] = space;
    }
    said = tmpfile();
    ck_assert_ptr_nonnull(said);
    (void)fflush(stream);
    ck_assert_int_ge(dup2(fileno(said), fileno(stream)), 0);
    rc = conf_load(keys, &conf, argc, argv, "test", "a test");
    (void)fflush(stream);
    ck_assert_int_ge(dup2(kept, fileno(stream)), 0);
    (void)close(kept);
    rewind(said);
    text[fread(text, 1, sizeof(text) - 1, said)] = '\0';
    (void)fclose(said);
    return rc;
}

static void clear_environment(void)
{
    for (const struct conf_key *key = keys; key->flag != NULL; key++)
        ck_assert_int_eq(unsetenv(key->env), 0);
}

START_TEST(defaults_are_within_their_bounds)
{
    char error[256];

    for (const struct conf_key *key = keys; key->flag != NULL; key++)
        ck_assert_msg(conf_set(key, &conf, key->def, error, sizeof(error)) == CONF_OK, "%s: %s", key->flag, error);
    ck_assert_int_eq(load("", stderr), CONF_OK);
    ck_assert_str_eq(text, "");
    ck_assert_int_eq(conf.service.http_port, 9109);
    ck_assert_str_eq(conf.service.redis_url, "redis://127.0.0.1:6379/0");
    ck_assert_str_eq(conf.name, "bob");
    ck_assert_int_eq(conf.rate, 5);
    ck_assert(!conf.loud);
    ck_assert_str_eq(conf.mode, "none");
}
END_TEST

START_TEST(flag_beats_environment_beats_default)
{
    ck_assert_int_eq(setenv("T_NAME", "eve", 1), 0);
    ck_assert_int_eq(setenv("T_RATE", "-3", 1), 0);
    ck_assert_int_eq(setenv("T_LOUD", "", 1), 0);
    ck_assert_int_eq(load("--rate=10 --mode jwt --loud 1", stderr), CONF_OK);
    ck_assert_str_eq(conf.name, "eve");
    ck_assert_int_eq(conf.rate, 10);
    ck_assert(conf.loud);
    ck_assert_str_eq(conf.mode, "jwt");
    ck_assert_int_eq(load("--name a=b --rate=1 --rate=2", stderr), CONF_OK);
    ck_assert_str_eq(conf.name, "a=b");
    ck_assert_int_eq(conf.rate, 2);
    ck_assert_int_eq(load("--name=a=b", stderr), CONF_OK);
    ck_assert_str_eq(conf.name, "a=b");
    ck_assert(!conf.loud);
    ck_assert_int_eq(load("--loud --rate=1", stderr), CONF_OK);
    ck_assert(conf.loud);
    ck_assert_int_eq(load("--rate=1 --loud", stderr), CONF_OK);
    ck_assert(conf.loud);
}
END_TEST

static const struct {
    const char *env, *value, *args, *says;
} faults[] = {
    {NULL, NULL, "--rate=11", "test: T_RATE: \"11\": must be an integer from -3 to 10 (from --rate)\n"},
    {NULL, NULL, "--rate -4", "test: T_RATE: \"-4\": must be an integer from -3 to 10 (from --rate)\n"},
    {NULL, NULL, "--rate=", "test: T_RATE: \"\": must be an integer from -3 to 10 (from --rate)\n"},
    {NULL, NULL, "--rate=1x", "test: T_RATE: \"1x\": must be an integer from -3 to 10 (from --rate)\n"},
    {NULL, NULL, "--rate=+1", "test: T_RATE: \"+1\": must be an integer from -3 to 10 (from --rate)\n"},
    {NULL, NULL, "--rate=-", "test: T_RATE: \"-\": must be an integer from -3 to 10 (from --rate)\n"},
    {NULL, NULL, "--rate=99999999999999999999",
     "test: T_RATE: \"99999999999999999999\": must be an integer from -3 to 10 (from --rate)\n"},
    {"T_RATE", " 1", "", "test: T_RATE: \" 1\": must be an integer from -3 to 10 (from the environment)\n"},
    {"T_RATE", "a\nb", "", "test: T_RATE: \"a?b\": must be an integer from -3 to 10 (from the environment)\n"},
    {NULL, NULL, "--name=", "test: T_NAME: \"\": must be a text of 1 to 5 bytes (from --name)\n"},
    {NULL, NULL, "--name=sixsix", "test: T_NAME: \"sixsix\": must be a text of 1 to 5 bytes (from --name)\n"},
    {NULL, NULL, "--loud=yes", "test: T_LOUD: \"yes\": must be true|false|1|0 (from --loud)\n"},
    {NULL, NULL, "--mode=", "test: T_MODE: \"\": must be one of none|jwt (from --mode)\n"},
    {NULL, NULL, "--mode=jw", "test: T_MODE: \"jw\": must be one of none|jwt (from --mode)\n"},
    {NULL, NULL, "--mode=how", "test: T_MODE: \"how\": must be one of none|jwt (from --mode)\n"},
    {NULL, NULL, "--mode=none|jwt", "test: T_MODE: \"none|jwt\": must be one of none|jwt (from --mode)\n"},
    {NULL, NULL, "--host=a/b", "test: T_HOST: \"a/b\": must be a name of 0 to 8 of a-z A-Z 0-9 . _ - (from --host)\n"},
    {NULL, NULL, "--password=12345", "test: T_PASSWORD: (hidden): must be a text of 0 to 4 bytes (from --password)\n"},
    {"T_PASSWORD", "12345", "", "test: T_PASSWORD: (hidden): must be a text of 0 to 4 bytes (from the environment)\n"},
    {NULL, NULL, "--passwort=12", "test: unknown argument \"--passwort\": --help lists the settings\n"},
    {NULL, NULL, "--rat=1", "test: unknown argument \"--rat\": --help lists the settings\n"},
    {NULL, NULL, "-rate=1", "test: unknown argument \"-rate\": --help lists the settings\n"},
    {NULL, NULL, "--rate=1 more", "test: unknown argument \"more\": --help lists the settings\n"},
    {NULL, NULL, "--rate", "test: flag \"--rate\": a value must follow\n"},
};

START_TEST(faults_are_one_line)
{
    if (faults[_i].env != NULL)
        ck_assert_int_eq(setenv(faults[_i].env, faults[_i].value, 1), 0);
    ck_assert_int_eq(load(faults[_i].args, stderr), CONF_BAD);
    ck_assert_str_eq(text, faults[_i].says);
}
END_TEST

START_TEST(help_shows_every_setting)
{
    ck_assert_int_eq(load("--rate=99 --help", stdout), CONF_HELP);
    for (const struct conf_key *key = keys; key->flag != NULL; key++) {
        ck_assert_ptr_nonnull(strstr(text, key->flag));
        ck_assert_ptr_nonnull(strstr(text, key->env));
        ck_assert_ptr_nonnull(strstr(text, key->def));
    }
    ck_assert_ptr_nonnull(strstr(text, "-3 to 10"));
    ck_assert_ptr_nonnull(strstr(text, "  none|jwt "));
    ck_assert_ptr_nonnull(strstr(text, "  how players are known\n"));
}
END_TEST

START_TEST(version_is_printed)
{
    ck_assert_int_eq(load("--version", stdout), CONF_HELP);
    ck_assert_str_eq(text, "test " CONF_VERSION "\n");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("conf");
    TCase *tc = tcase_create("conf");
    SRunner *runner = srunner_create(suite);
    int failed;

    suite_add_tcase(suite, tc);
    tcase_add_checked_fixture(tc, clear_environment, NULL);
    tcase_add_test(tc, defaults_are_within_their_bounds);
    tcase_add_test(tc, flag_beats_environment_beats_default);
    tcase_add_loop_test(tc, faults_are_one_line, 0, COUNT(faults));
    tcase_add_test(tc, help_shows_every_setting);
    tcase_add_test(tc, version_is_printed);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
