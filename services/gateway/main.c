#include "gateway.h"

int main(int argc, char **argv)
{
    static struct gateway gateway;
    const struct service_def def = {.name = "gateway",
                                    .summary = "Players connect here by WebSocket, ask for a match, and are told.",
                                    .keys = gateway_conf_keys,
                                    .conf = &gateway.conf,
                                    .base = &gateway.conf.service,
                                    .metrics = gateway_metric_defs,
                                    .metric_count = GW_METRIC_COUNT,
                                    .hooks = gateway_hooks,
                                    .daemon = &gateway};

    return service_main(&def, argc, argv);
}
