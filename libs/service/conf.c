#include "conf.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "err.h"

#define SENTENCE_SIZE   256
#define VALUE_SHOWN_MAX 100 /* bytes of a wrong value in its error */

/* ---- one value -------------------------------------------------------------------------------------------------- */

/* Length of an ENUM's "a|b|c" at the start of its help. */
static size_t conf_words_len(const struct conf_key *key)
{
    return strcspn(key->help, " ");
}

/* What is allowed, as "must be ..." and --help say it. */
static void conf_allowed(const struct conf_key *key, char *out, size_t size)
{
    switch (key->type) {
    case CONF_STR:
        (void)snprintf(out, size, "%" PRId64 " to %" PRId64 " bytes", key->min, key->max);
        break;
    case CONF_NAME:
        (void)snprintf(out, size, "%" PRId64 " to %" PRId64 " of a-z A-Z 0-9 . _ -", key->min, key->max);
        break;
    case CONF_INT:
        (void)snprintf(out, size, "%" PRId64 " to %" PRId64, key->min, key->max);
        break;
    case CONF_BOOL:
        (void)snprintf(out, size, "true|false|1|0");
        break;
    case CONF_ENUM:
        (void)snprintf(out, size, "%.*s", (int)conf_words_len(key), key->help);
        break;
    }
}

static bool conf_parse_int(const char *text, int64_t *out)
{
    char *end;

    if ((*text < '0' || *text > '9') && *text != '-') /* strtoll would take white space and '+' */
        return false;
    errno = 0;
    *out = strtoll(text, &end, 10);
    return errno == 0 && end != text && *end == '\0';
}

static bool conf_is_word(const struct conf_key *key, const char *value)
{
    const char *at = key->help, *end = at + conf_words_len(key);
    size_t len = strlen(value);

    for (; at < end; at += strcspn(at, "| ") + 1) {
        if (strcspn(at, "| ") == len && strncmp(at, value, len) == 0)
            return true;
    }
    return false;
}

/* Each takes the value into its field when it is allowed. */

static bool conf_set_str(const struct conf_key *key, void *field, const char *value)
{
    size_t len = strlen(value);

    if (len < (size_t)key->min || len > (size_t)key->max)
        return false;
    *(const char **)field = value;
    return true;
}

static bool conf_set_name(const struct conf_key *key, void *field, const char *value)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";

    return value[strspn(value, allowed)] == '\0' && conf_set_str(key, field, value);
}

static bool conf_set_int(const struct conf_key *key, void *field, const char *value)
{
    int64_t number;

    if (!conf_parse_int(value, &number) || number < key->min || number > key->max)
        return false;
    *(int64_t *)field = number;
    return true;
}

static bool conf_set_bool(const struct conf_key *key, void *field, const char *value)
{
    bool yes = strcmp(value, "true") == 0 || strcmp(value, "1") == 0;

    (void)key;
    if (!yes && strcmp(value, "false") != 0 && strcmp(value, "0") != 0)
        return false;
    *(bool *)field = yes;
    return true;
}

static bool conf_set_enum(const struct conf_key *key, void *field, const char *value)
{
    if (!conf_is_word(key, value))
        return false;
    *(const char **)field = value;
    return true;
}

static const struct {
    bool (*set)(const struct conf_key *key, void *field, const char *value);
    const char *must;
} conf_types[] = {
    [CONF_STR] = {conf_set_str, "must be a text of"},       [CONF_NAME] = {conf_set_name, "must be a name of"},
    [CONF_INT] = {conf_set_int, "must be an integer from"}, [CONF_BOOL] = {conf_set_bool, "must be"},
    [CONF_ENUM] = {conf_set_enum, "must be one of"},
};

enum conf_result conf_set(const struct conf_key *key, void *conf, const char *value, char *error, size_t error_size)
{
    char allowed[SENTENCE_SIZE];

    if (conf_types[key->type].set(key, (char *)conf + key->offset, value))
        return CONF_OK;
    conf_allowed(key, allowed, sizeof(allowed));
    (void)snprintf(error, error_size, "%s %s", conf_types[key->type].must, allowed);
    return CONF_BAD;
}

/* ---- all of them ------------------------------------------------------------------------------------------------ */

/* Text from outside, on one line. */
static void conf_print_quoted(FILE *out, const char *text, size_t len)
{
    (void)fputc('"', out);
    for (size_t i = 0; i < len && i < VALUE_SHOWN_MAX; i++)
        (void)fputc((unsigned char)text[i] < 0x20 || text[i] == 0x7f ? '?' : text[i], out);
    (void)fputs(len > VALUE_SHOWN_MAX ? "...\"" : "\"", out);
}

/* Begins the one line of a refused value. */
static void conf_print_fault(const struct conf_key *key, const char *program, const char *value)
{
    (void)fprintf(stderr, "%s: %s: ", program, key->env);
    if (key->secret)
        (void)fputs("(hidden)", stderr);
    else
        conf_print_quoted(stderr, value, strlen(value));
}

/* from: "the environment" or "--" for the flag. */
static enum conf_result conf_take(const struct conf_key *key, void *conf, const char *value, const char *program,
                                  const char *from)
{
    char error[SENTENCE_SIZE];

    if (conf_set(key, conf, value, error, sizeof(error)) == CONF_OK)
        return CONF_OK;
    conf_print_fault(key, program, value);
    (void)fprintf(stderr, ": %s (from %s%s)\n", error, from, *from == '-' ? key->flag : "");
    return CONF_BAD;
}

int conf_wrong(const struct conf_key *keys, const void *conf, const char *env, const char *program, const char *must)
{
    const struct conf_key *key = keys;

    while (key->flag != NULL && strcmp(key->env, env) != 0)
        key++;
    ASSERT(key->flag != NULL && key->type == CONF_STR);
    conf_print_fault(key, program, *(const char *const *)((const char *)conf + key->offset));
    (void)fprintf(stderr, ": %s\n", must);
    return ERR_INVALID;
}

static enum conf_result conf_load_env(const struct conf_key *keys, void *conf, const char *program)
{
    char error[SENTENCE_SIZE];

    for (const struct conf_key *key = keys; key->flag != NULL; key++) {
        const char *value = getenv(key->env);

        ASSERT(conf_set(key, conf, key->def, error, sizeof(error)) == CONF_OK);
        if (value != NULL && *value != '\0' && conf_take(key, conf, value, program, "the environment") != CONF_OK)
            return CONF_BAD;
    }
    return CONF_OK;
}

/* The row of "--flag" or "--flag=value"; NULL when there is none. */
static const struct conf_key *conf_find(const struct conf_key *keys, const char *arg)
{
    size_t len = strcspn(arg, "=");

    if (strncmp(arg, "--", 2) != 0)
        return NULL;
    for (const struct conf_key *key = keys; key->flag != NULL; key++) {
        if (strlen(key->flag) == len - 2 && strncmp(key->flag, arg + 2, len - 2) == 0)
            return key;
    }
    return NULL;
}

/* Only the argument's name is shown: what follows may be a secret under a misspelt flag. */
static enum conf_result conf_refuse(const char *program, const char *what, const char *arg, const char *hint)
{
    (void)fprintf(stderr, "%s: %s ", program, what);
    conf_print_quoted(stderr, arg, strcspn(arg, "="));
    (void)fprintf(stderr, ": %s\n", hint);
    return CONF_BAD;
}

static enum conf_result conf_load_flags(const struct conf_key *keys, void *conf, int argc, char **argv,
                                        const char *program)
{
    for (int i = 1; i < argc; i++) {
        const struct conf_key *key = conf_find(keys, argv[i]);
        const char *value = strchr(argv[i], '=');

        if (key == NULL)
            return conf_refuse(program, "unknown argument", argv[i], "--help lists the settings");
        if (value != NULL)
            value++;
        else if (key->type == CONF_BOOL && (i + 1 == argc || strncmp(argv[i + 1], "--", 2) == 0))
            value = "true";
        else
            value = argv[++i];
        if (value == NULL)
            return conf_refuse(program, "flag", argv[i - 1], "a value must follow");
        if (conf_take(key, conf, value, program, "--") != CONF_OK)
            return CONF_BAD;
    }
    return CONF_OK;
}

static bool conf_asked_for(int argc, char **argv, const char *flag)
{
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], flag) == 0)
            return true;
    }
    return false;
}

enum conf_result conf_load(const struct conf_key *keys, void *conf, int argc, char **argv, const char *program,
                           const char *summary)
{
    if (conf_asked_for(argc, argv, "--help")) {
        conf_help(keys, stdout, program, summary);
        return CONF_HELP;
    }
    if (conf_asked_for(argc, argv, "--version")) {
        (void)printf("%s %s\n", program, CONF_VERSION);
        return CONF_HELP;
    }
    if (conf_load_env(keys, conf, program) != CONF_OK)
        return CONF_BAD;
    return conf_load_flags(keys, conf, argc, argv, program);
}

/* ---- the manual ------------------------------------------------------------------------------------------------- */

struct widths {
    int flag, env, def, allowed;
};

static void widen(int *width, size_t len)
{
    if ((int)len > *width)
        *width = (int)len;
}

static struct widths conf_widths(const struct conf_key *keys)
{
    struct widths w = {0};
    char allowed[SENTENCE_SIZE];

    for (const struct conf_key *key = keys; key->flag != NULL; key++) {
        conf_allowed(key, allowed, sizeof(allowed));
        widen(&w.flag, strlen(key->flag));
        widen(&w.env, strlen(key->env));
        widen(&w.def, strlen(key->def));
        widen(&w.allowed, strlen(allowed));
    }
    return w;
}

void conf_help(const struct conf_key *keys, FILE *out, const char *program, const char *summary)
{
    struct widths w = conf_widths(keys);
    char allowed[SENTENCE_SIZE];

    (void)fprintf(out,
                  "%s: %s\n\nUse: %s [--flag=value ...]. A flag beats the environment variable beats the default.\n\n",
                  program, summary, program);
    (void)fprintf(out, "  %-*s  %-*s  %-*s  %-*s  %s\n", w.flag + 2, "flag", w.env, "variable", w.def, "default",
                  w.allowed, "allowed", "meaning");
    for (const struct conf_key *key = keys; key->flag != NULL; key++) {
        const char *help = key->type == CONF_ENUM ? key->help + conf_words_len(key) : key->help;

        conf_allowed(key, allowed, sizeof(allowed));
        (void)fprintf(out, "  --%-*s  %-*s  %-*s  %-*s  %s\n", w.flag, key->flag, w.env, key->env, w.def, key->def,
                      w.allowed, allowed, help + strspn(help, " "));
    }
    (void)fprintf(out, "  --%-*s  %-*s  %-*s  %-*s  %s\n", w.flag, "help", w.env, "", w.def, "", w.allowed, "", "this");
    (void)fprintf(out, "  --%-*s  %-*s  %-*s  %-*s  %s\n", w.flag, "version", w.env, "", w.def, "", w.allowed, "",
                  "the version");
}
