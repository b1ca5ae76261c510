#include "clock.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "err.h"

static int64_t clock_read_ns(clockid_t id)
{
    struct timespec ts;

    ASSERT(clock_gettime(id, &ts) == 0);
    return (int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
}

int64_t clock_mono_us(void)
{
    return clock_read_ns(CLOCK_MONOTONIC) / 1000;
}

int64_t clock_mono_ms(void)
{
    return clock_read_ns(CLOCK_MONOTONIC) / 1000000;
}

int64_t clock_wall_ms(void)
{
    return clock_read_ns(CLOCK_REALTIME) / 1000000;
}

const char *clock_rfc3339(int64_t wall_ms, char out[CLOCK_RFC3339_SIZE])
{
    int64_t ms = (wall_ms % 1000 + 1000) % 1000; /* also right before 1970 */
    time_t seconds = (time_t)((wall_ms - ms) / 1000);
    struct tm tm;
    size_t len;

    ASSERT(gmtime_r(&seconds, &tm) != NULL);
    len = strftime(out, CLOCK_RFC3339_SIZE, "%Y-%m-%dT%H:%M:%S", &tm);
    (void)snprintf(out + len, CLOCK_RFC3339_SIZE - len, ".%03" PRId64 "Z", ms);
    return out;
}

/* The number of `digits` decimal digits at text, or -1. */
static int clock_digits(const char *text, int digits)
{
    int value = 0;

    for (int i = 0; i < digits; i++) {
        if (text[i] < '0' || text[i] > '9')
            return -1;
        value = value * 10 + (text[i] - '0');
    }
    return value;
}

int clock_rfc3339_parse(const char *text, int64_t *wall_ms)
{
    char again[CLOCK_RFC3339_SIZE];
    struct tm tm = {0};
    int64_t parsed_ms;

    if (strlen(text) != strlen("2026-01-02T03:04:05.678Z"))
        return ERR_INVALID;
    tm.tm_year = clock_digits(text, 4) - 1900;
    tm.tm_mon = clock_digits(text + 5, 2) - 1;
    tm.tm_mday = clock_digits(text + 8, 2);
    tm.tm_hour = clock_digits(text + 11, 2);
    tm.tm_min = clock_digits(text + 14, 2);
    tm.tm_sec = clock_digits(text + 17, 2);
    parsed_ms = (int64_t)timegm(&tm) * 1000 + clock_digits(text + 20, 3);

    /* Separators, ranges and days of the month are all right when it comes back the same. */
    if (strcmp(clock_rfc3339(parsed_ms, again), text) != 0)
        return ERR_INVALID;
    *wall_ms = parsed_ms;
    return 0;
}
