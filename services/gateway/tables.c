#include "errors.h"
#include "gateway_conf.h"
#include "gateway_metrics.h"

#define FAULT_ROW(id, code, bad, retry, message) {code, bad, retry, message},
const struct fault_def fault_defs[FAULT_COUNT] = {FAULT_LIST(FAULT_ROW)};

#define CLOSE_ROW(id, status, reason, text) {status, reason, text},
const struct close_def close_defs[CLOSE_COUNT] = {CLOSE_LIST(CLOSE_ROW)};

#define REFUSAL_ROW(id, status, code, message) {status, code, message},
const struct refusal_def refusal_defs[REFUSAL_COUNT] = {REFUSAL_LIST(REFUSAL_ROW)};

#define CONF_KEY(...) CONF_ROW(struct gateway_conf, __VA_ARGS__)
const struct conf_key gateway_conf_keys[] = {SERVICE_ROWS(struct gateway_conf, service, "9101") GATEWAY_CONF(CONF_KEY)
                                                 CONF_END};

#define COUNTER_ROW(name, labels, help) {METRIC_COUNTER, name, labels, "", METRIC_COUNT, help},
#define FAULT_METRIC(id, code, ...)                                                                                    \
    COUNTER_ROW("gateway_errors_total", "code=\"" code "\"", "Errors answered to players")
#define CLOSE_METRIC(id, status, reason, text)                                                                         \
    COUNTER_ROW("gateway_disconnects_total", "reason=\"" reason "\"",                                                  \
                "Connections ended; client: by the other side, the rest by this one")
#define REFUSAL_METRIC(id, status, code, message)                                                                      \
    COUNTER_ROW("gateway_refused_total", "code=\"" code "\"", "Requests on the WebSocket port that were not let in")

const struct metric_def gateway_metric_defs[GW_METRIC_COUNT] = {
    GATEWAY_METRICS(METRIC_ROW) FAULT_LIST(FAULT_METRIC) CLOSE_LIST(CLOSE_METRIC) REFUSAL_LIST(REFUSAL_METRIC)};
