/* metrics_conf.h - the metrics daemon's settings: one row each (conf.h). */
#ifndef METRICS_METRICS_CONF_H
#define METRICS_METRICS_CONF_H

#include "service.h"

#define METRICS_CONF(X)                                                                                                \
    X(period_s, INT, "PERIOD_S", "period-s", "60", 1, 3600, "seconds of a period; they begin at its multiples")        \
    X(metric_max, INT, "METRIC_MAX", "metric-max", "10000", 1, 1000000,                                                \
      "metrics kept at once; what is beyond it is counted and dropped")

struct metrics_conf {
    struct service_conf service;
    METRICS_CONF(CONF_FIELD)
};

extern const struct conf_key metrics_conf_keys[];

#endif
