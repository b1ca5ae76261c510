/* main.c - the matchmaker: reads what players ask, decides who plays whom, and says so. */
#include "matchmaker.h"
#include "matchmaker_metrics.h"
#include "partitions_api.h"
#include "tickets_api.h"

#define ROW(...) CONF_ROW(struct matchmaker_conf, __VA_ARGS__)
const struct conf_key matchmaker_conf_keys[] = {SERVICE_ROWS(struct matchmaker_conf, service, "9102")
                                                    MATCHMAKER_CONF(ROW) CONF_END};

static const struct metric_def metric_defs[] = {MM_METRICS(METRIC_ROW)};

static const struct http_route routes[] = {
    {.method = "GET", .path = TICKETS_API_PATH, .handler = tickets_api_why},
    {.method = "POST", .path = PARTITIONS_API_PATH, .handler = partitions_api_unpark},
    {.method = NULL},
};

int main(int argc, char **argv)
{
    static struct matchmaker_conf conf;
    struct matchmaker *m = matchmaker_new(&conf);
    const struct service_def def = {
        .name = "matchmaker",
        .summary = "Finds the match: reads game-matchmaking-queue, writes game-matchmaking-journal and game-events.",
        .keys = matchmaker_conf_keys,
        .conf = &conf,
        .base = &conf.service,
        .metrics = metric_defs,
        .metric_count = MM_METRIC_COUNT,
        .routes = routes,
        .hooks = matchmaker_hooks,
        .daemon = m,
    };
    int status = service_main(&def, argc, argv);

    matchmaker_free(&m);
    return status;
}
