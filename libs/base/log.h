/*
 * log.h - one line an event on stderr: `2026-01-02T03:04:05.678Z info gateway event key=value ...`.
 *
 * Contents  the first word after the daemon's name is a fixed event name, then key=value; values with spaces are
 *           quoted by the caller. Never tokens, payloads or other secrets. Never a line per message above debug.
 * Threads   any; each line is one write(2).
 */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>

#include "clock.h"

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR };

/* name: the daemon's, kept by reference. Before this, lines carry "-" and the level is info. */
void log_setup(const char *name, enum log_level level);

/* "debug", "info", "warn", "error" -> 0 and *level; else ERR_INVALID. */
int log_level_parse(const char *text, enum log_level *level);

extern enum log_level log_threshold;
void log_line(enum log_level level, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Arguments are not evaluated below the threshold. */
#define LOG_AT(level, ...) ((level) >= log_threshold ? log_line(level, __VA_ARGS__) : (void)0)
#define log_debug(...)     LOG_AT(LOG_DEBUG, __VA_ARGS__)
#define log_info(...)      LOG_AT(LOG_INFO, __VA_ARGS__)
#define log_warn(...)      LOG_AT(LOG_WARN, __VA_ARGS__)
#define log_error(...)     LOG_AT(LOG_ERROR, __VA_ARGS__)

/* A kind of line that others can cause as often as they like: one in LOG_LIMIT_MS is written. {0}: none yet. */
#define LOG_LIMIT_MS 10000
struct log_limit {
    int64_t written_ms; /* monotonic; 0: never */
    int64_t unwritten;  /* since then */
};

/* True: write a line now; *unwritten of its kind were not written since the last one. */
bool log_limit_pass(struct log_limit *l, int64_t now_ms, int64_t *unwritten);

/* log_warn within the limit, with ` unwritten=N` at its end. */
#define log_warn_limited(limit, format, ...)                                                                           \
    do {                                                                                                               \
        int64_t unwritten_;                                                                                            \
        if (log_limit_pass((limit), clock_mono_ms(), &unwritten_))                                                     \
            log_warn(format " unwritten=%" PRId64, __VA_ARGS__, unwritten_);                                           \
    } while (0)

#endif
