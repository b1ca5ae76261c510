#include "bus_log.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "log.h"

/* By syslog's severity, which librdkafka uses. */
static const enum log_level levels[] = {LOG_ERROR, LOG_ERROR, LOG_ERROR, LOG_ERROR,
                                        LOG_WARN,  LOG_INFO,  LOG_INFO,  LOG_DEBUG};

/*
 * FAIL, ERROR, REQTMOUT: a lost or silent connection, which readiness tells. FATAL: who holds the handle says it.
 * CONFWARN: a producer's property on a consumer; KAFKA_CONF goes to all. AUTOCREATE: the mock cluster cannot be told
 * not to create topics.
 */
static const char *const noise[] = {"FAIL", "ERROR", "REQTMOUT", "FATAL", "CONFWARN", "AUTOCREATE"};

static enum log_level level_of(int level, const char *facility)
{
    for (size_t i = 0; i < sizeof(noise) / sizeof(noise[0]); i++) {
        if (strcmp(facility, noise[i]) == 0)
            return LOG_DEBUG;
    }
    return level >= 0 && (size_t)level < sizeof(levels) / sizeof(levels[0]) ? levels[level] : LOG_DEBUG;
}

void bus_log(const char *handle, int level, const char *facility, const char *text)
{
    char unquoted[512];

    (void)snprintf(unquoted, sizeof(unquoted), "%s", text);
    for (char *c = unquoted; *c != '\0'; c++) {
        if (*c == '"')
            *c = '\'';
    }
    LOG_AT(level_of(level, facility), "kafka handle=%s facility=%s text=\"%s\"", handle, facility, unquoted);
}

void bus_log_cb(const rd_kafka_t *rk, int level, const char *facility, const char *text)
{
    bus_log(rd_kafka_name(rk), level, facility, text);
}
