#include "log.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "err.h"

#define LINE_SIZE 2048 /* with the newline; longer lines are cut */

enum log_level log_threshold = LOG_INFO;
static const char *daemon_name = "-";

static const char *const level_names[] = {
    [LOG_DEBUG] = "debug",
    [LOG_INFO] = "info",
    [LOG_WARN] = "warn",
    [LOG_ERROR] = "error",
};

void log_setup(const char *name, enum log_level level)
{
    daemon_name = name;
    log_threshold = level;
}

int log_level_parse(const char *text, enum log_level *level)
{
    for (size_t i = 0; i < sizeof(level_names) / sizeof(level_names[0]); i++) {
        if (strcmp(text, level_names[i]) == 0) {
            *level = (enum log_level)i;
            return 0;
        }
    }
    return ERR_INVALID;
}

/* Values come from outside: a newline in one must not forge a line, nor an escape sequence reach a terminal. */
static void log_defuse(char *text, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if ((unsigned char)text[i] < 0x20 || text[i] == 0x7f)
            text[i] = '?';
    }
}

void log_line(enum log_level level, const char *format, ...)
{
    char line[LINE_SIZE], now[CLOCK_RFC3339_SIZE];
    va_list args;
    size_t len;

    len = (size_t)snprintf(line, sizeof(line), "%s %s %s ", clock_rfc3339(clock_wall_ms(), now), level_names[level],
                           daemon_name);
    ASSERT(len < sizeof(line));
    va_start(args, format);
    len += (size_t)vsnprintf(line + len, sizeof(line) - len, format, args);
    va_end(args);
    if (len > sizeof(line) - 1)
        len = sizeof(line) - 1;
    log_defuse(line, len);
    line[len] = '\n';
    /* Nobody is left to tell when stderr is gone. */
    if (write(STDERR_FILENO, line, len + 1) < 0)
        return;
}

bool log_limit_pass(struct log_limit *l, int64_t now_ms, int64_t *unwritten)
{
    if (l->written_ms != 0 && now_ms - l->written_ms < LOG_LIMIT_MS) {
        l->unwritten++;
        return false;
    }
    *unwritten = l->unwritten;
    *l = (struct log_limit){.written_ms = now_ms};
    return true;
}
