/*
 * conf.h - one table row a setting: field, type, environment variable, flag, default, bounds, help.
 *
 * Source  a flag (--flag=value or --flag value; a BOOL also --flag alone) beats the environment variable beats the
 *         default; an empty variable counts as absent. An unknown flag, an unknown argument or a value out of bounds is
 *         refused with one line naming the setting, the value, what is allowed and where it came from. --help prints
 *         the table; it is the manual of the settings. --version prints the version.
 * Tables  X(field, type, "ENV", "flag", "default", min, max, "help with the unit"); type is one of
 *           STR   min and max are bytes
 *           NAME  a STR of letters, digits, '.', '_' and '-' only
 *           INT   min and max are values
 *           BOOL  true/false/1/0; bounds ignored
 *           ENUM  allowed words are the help's leading "a|b|c" up to the first space; the value is kept as the string
 *         A test proves that each default is inside its bounds.
 */
#ifndef SERVICE_CONF_H
#define SERVICE_CONF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define CONF_VERSION "0.1.0" /* of all daemons and tools */

enum conf_type { CONF_STR, CONF_NAME, CONF_INT, CONF_BOOL, CONF_ENUM };

struct conf_key { /* NOLINT(clang-analyzer-optin.performance.Padding): in the order of the table's columns */
    const char *env, *flag, *def, *help;
    enum conf_type type;
    size_t offset; /* of the field in the configuration struct */
    int64_t min, max;
    bool secret; /* never printed: not its value, not in an error */
};

#define CONF_CTYPE_STR               const char *
#define CONF_CTYPE_NAME              const char *
#define CONF_CTYPE_INT               int64_t
#define CONF_CTYPE_BOOL              bool
#define CONF_CTYPE_ENUM              const char *
#define CONF_FIELD(field, type, ...) CONF_CTYPE_##type field;

/* Use: #define ROW(...) CONF_ROW(struct my_conf, __VA_ARGS__); end the table with CONF_END. */
#define CONF_ROW(s, field, type, env, flag, def, min, max, help)                                                       \
    {env, flag, def, help, CONF_##type, offsetof(s, field), min, max, false},
#define CONF_SECRET_ROW(s, field, type, env, flag, def, min, max, help)                                                \
    {env, flag, def, help, CONF_##type, offsetof(s, field), min, max, true},
#define CONF_END                                                                                                       \
    {                                                                                                                  \
        NULL, NULL, NULL, NULL, CONF_STR, 0, 0, 0, false                                                               \
    }

enum conf_result { CONF_OK, CONF_HELP, CONF_BAD };

/*
 * Fills *conf from keys (ended by flag == NULL), the environment and argv. Strings point into argv, the environment or
 * the table: nothing to free. CONF_HELP: the manual or the version was printed on stdout, exit 0. CONF_BAD: the fault
 * was printed on stderr in one line, exit 2.
 */
enum conf_result conf_load(const struct conf_key *keys, void *conf, int argc, char **argv, const char *program,
                           const char *summary);

void conf_help(const struct conf_key *keys, FILE *out, const char *program, const char *summary);

/* One value against one row: CONF_OK and the field set, or CONF_BAD and a sentence in error. */
enum conf_result conf_set(const struct conf_key *key, void *conf, const char *value, char *error, size_t error_size);

/*
 * For what only the daemon can check: prints the same line for the setting whose variable is env (a STR), as it stands
 * in *conf. must: "must be ...". Returns ERR_INVALID always.
 */
int conf_wrong(const struct conf_key *keys, const void *conf, const char *env, const char *program, const char *must);

#endif
