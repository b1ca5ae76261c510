/* main.c - the notifier: tells players, wherever they are connected, what was decided about them. */
#include "notifier.h"
#include "notifier_metrics.h"

#define ROW(...) CONF_ROW(struct notifier_conf, __VA_ARGS__)
const struct conf_key notifier_conf_keys[] = {SERVICE_ROWS(struct notifier_conf, service, "9103") NOTIFIER_CONF(ROW)
                                                  CONF_END};

static const struct metric_def metric_defs[] = {NOTIFIER_METRICS(METRIC_ROW)};

int main(int argc, char **argv)
{
    static struct notifier_conf conf;
    struct notifier *n = notifier_new(&conf);
    const struct service_def def = {
        .name = "notifier",
        .summary = "Tells the players: reads game-events, writes inboxes and game-client-outbox.",
        .keys = notifier_conf_keys,
        .conf = &conf,
        .base = &conf.service,
        .metrics = metric_defs,
        .metric_count = NF_METRIC_COUNT,
        .hooks = notifier_hooks,
        .daemon = n,
    };
    int status = service_main(&def, argc, argv);

    notifier_free(&n);
    return status;
}
