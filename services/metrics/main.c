/* main.c - the metrics daemon: what happened to each metric, period by period. */
#include "metrics_daemon.h"
#include "metrics_metrics.h"

#define ROW(...) CONF_ROW(struct metrics_conf, __VA_ARGS__)
const struct conf_key metrics_conf_keys[] = {SERVICE_ROWS(struct metrics_conf, service, "9104") METRICS_CONF(ROW)
                                                 CONF_END};

static const struct metric_def metric_defs[] = {MT_METRICS(METRIC_ROW)};

int main(int argc, char **argv)
{
    static struct metrics_conf conf;
    struct metrics_daemon *d = metrics_daemon_new(&conf);
    const struct service_def def = {
        .name = "metrics",
        .summary = "Sums up the figures: reads game-metrics, shows each metric's statistics a period.",
        .keys = metrics_conf_keys,
        .conf = &conf,
        .base = &conf.service,
        .metrics = metric_defs,
        .metric_count = MT_METRIC_COUNT,
        .routes = metrics_daemon_routes,
        .hooks = metrics_daemon_hooks,
        .daemon = d,
    };
    int status = service_main(&def, argc, argv);

    metrics_daemon_free(&d);
    return status;
}
