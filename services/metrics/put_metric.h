/*
 * put_metric.h - a PutMetricData document taken apart and checked, by CloudWatch's limits. Pure.
 *
 *   {"Namespace", "MetricData": [{"MetricName", "Timestamp"?, "Unit"?,
 *                                 "Value" | "Values" + "Counts"? | "StatisticValues"}]}
 *
 * A document is good as a whole or not at all. Unknown members are refused; Dimensions are not kept, so they are
 * unknown.
 */
#ifndef METRICS_PUT_METRIC_H
#define METRICS_PUT_METRIC_H

#include <stddef.h>
#include <stdint.h>

#include "json.h"

#define PUT_METRIC_DATA_MAX   1000
#define PUT_METRIC_VALUES_MAX 150

struct datum { /* its strings belong to the document */
    const char *namespace_, *name;
    const char *unit; /* "None" when there was none */
    int64_t time_ms;  /* never after the record's time */
    double sum, samples, minimum, maximum;
};

struct put_metric {
    json_object *document;
    struct datum *data;
    size_t count;
};

/*
 * record_ms: when the document was appended; a datum without Timestamp happened then, and none can have happened later.
 * 0 and *out (the caller frees), or ERR_INVALID and a sentence that names the place.
 */
int put_metric_parse(struct put_metric *out, const char *json, size_t len, int64_t record_ms,
                     char error[JSON_ERROR_SIZE]);
void put_metric_free(struct put_metric *p); /* leaves it empty */

#endif
