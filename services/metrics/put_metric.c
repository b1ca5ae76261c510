/* put_metric.c - see put_metric.h. */
#include "put_metric.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "err.h"
#include "mem.h"

#define NAME_MAX_BYTES 255
#define HOUR_MS        3600000.0
#define PAST_MAX_MS    (14 * 24 * HOUR_MS)
#define FUTURE_MAX_MS  (2 * HOUR_MS)
#define VALUE_MAX      0x1p360
#define PATH_SIZE      64

static const char *const units[] = {
    "None",
    "Seconds",
    "Microseconds",
    "Milliseconds",
    "Bytes",
    "Kilobytes",
    "Megabytes",
    "Gigabytes",
    "Terabytes",
    "Bits",
    "Kilobits",
    "Megabits",
    "Gigabits",
    "Terabits",
    "Percent",
    "Count",
    "Bytes/Second",
    "Kilobytes/Second",
    "Megabytes/Second",
    "Gigabytes/Second",
    "Terabytes/Second",
    "Bits/Second",
    "Kilobits/Second",
    "Megabits/Second",
    "Gigabits/Second",
    "Terabits/Second",
    "Count/Second",
};

/* A name ends in metric labels and log lines: no control characters. */
static int get_name(json_object *o, const char *path, const char *key, const char **out, char *error)
{
    int rc = json_get_str(o, path, key, 1, NAME_MAX_BYTES, out, error);

    if (rc != 0)
        return rc;
    for (const char *c = *out; rc == 0 && *c != '\0'; c++) {
        if ((unsigned char)*c < ' ' || *c == 0x7f)
            rc = json_fail(error, path, "%s has a control character", key);
    }
    return rc;
}

static int get_unit(json_object *o, const char *path, const char **out, char *error)
{
    int rc;

    *out = units[0];
    rc = json_get_str_opt(o, path, "Unit", 1, NAME_MAX_BYTES, out, error);
    for (size_t i = 0; rc == 0 && i < sizeof(units) / sizeof(units[0]); i++) {
        if (strcmp(*out, units[i]) == 0)
            return 0;
    }
    return rc != 0 ? rc : json_fail(error, path, "Unit is none of CloudWatch's: \"%s\"", *out);
}

static int get_time(json_object *o, const char *path, int64_t record_ms, int64_t *out, char *error)
{
    double seconds, age_ms;

    *out = record_ms;
    if (!json_object_object_get_ex(o, "Timestamp", NULL))
        return 0;
    if (json_get_num(o, path, "Timestamp", &seconds, error) != 0)
        return ERR_INVALID;
    age_ms = (double)record_ms - seconds * 1000;
    if (age_ms > PAST_MAX_MS || age_ms < -FUTURE_MAX_MS)
        return json_fail(error, path, "Timestamp must be from two weeks before to two hours after the record");
    if (age_ms > 0)
        *out = llround(seconds * 1000);
    return 0;
}

static bool in_range(double value)
{
    return fabs(value) <= VALUE_MAX;
}

static int get_number(json_object *o, const char *path, const char *key, double *out, char *error)
{
    if (json_get_num(o, path, key, out, error) != 0)
        return ERR_INVALID;
    return in_range(*out) ? 0 : json_fail(error, path, "%s is beyond 2^360", key);
}

/* ---- the three ways to give values ------------------------------------------------------------------------------ */

static int read_value(json_object *o, const char *path, struct datum *d, char *error)
{
    d->samples = 1;
    if (get_number(o, path, "Value", &d->sum, error) != 0)
        return ERR_INVALID;
    d->minimum = d->maximum = d->sum;
    return 0;
}

static int get_element(json_object *array, size_t i, const char *path, const char *key, double *out, char *error)
{
    json_object *element = json_object_array_get_idx(array, i);

    if (!json_object_is_type(element, json_type_int) && !json_object_is_type(element, json_type_double))
        return json_fail(error, path, "%s[%zu] must be a number", key, i);
    *out = json_object_get_double(element);
    return in_range(*out) ? 0 : json_fail(error, path, "%s[%zu] is beyond 2^360", key, i);
}

/* counts is NULL when each value counts once. */
static int get_counts(json_object *o, const char *path, size_t length, json_object **counts, char *error)
{
    *counts = NULL;
    if (!json_object_object_get_ex(o, "Counts", NULL))
        return 0;
    if (json_get_array(o, path, "Counts", 1, PUT_METRIC_VALUES_MAX, counts, error) != 0)
        return ERR_INVALID;
    if (json_object_array_length(*counts) != length)
        return json_fail(error, path, "Values and Counts must be of the same size");
    return 0;
}

static int read_values(json_object *o, const char *path, struct datum *d, char *error)
{
    json_object *values, *counts;
    double value = 0, count = 1;

    if (json_get_array(o, path, "Values", 1, PUT_METRIC_VALUES_MAX, &values, error) != 0 ||
        get_counts(o, path, json_object_array_length(values), &counts, error) != 0)
        return ERR_INVALID;
    d->minimum = HUGE_VAL;
    d->maximum = -HUGE_VAL;
    for (size_t i = 0; i < json_object_array_length(values); i++) {
        if (get_element(values, i, path, "Values", &value, error) != 0 ||
            (counts != NULL && get_element(counts, i, path, "Counts", &count, error) != 0))
            return ERR_INVALID;
        if (count < 1)
            return json_fail(error, path, "Counts[%zu] must be 1 or more", i);
        d->sum += value * count;
        d->samples += count;
        d->minimum = fmin(d->minimum, value);
        d->maximum = fmax(d->maximum, value);
    }
    return 0;
}

static int read_statistics(json_object *o, const char *path, struct datum *d, char *error)
{
    static const char *const members[] = {"SampleCount", "Sum", "Minimum", "Maximum", NULL};
    double *const out[] = {&d->samples, &d->sum, &d->minimum, &d->maximum};
    char place[PATH_SIZE];
    json_object *set = NULL;

    (void)snprintf(place, sizeof(place), "%s.StatisticValues", path);
    if (json_get_object_opt(o, path, "StatisticValues", &set, error) != 0 || json_only(set, place, members, error) != 0)
        return ERR_INVALID;
    for (size_t i = 0; members[i] != NULL; i++) {
        if (get_number(set, place, members[i], out[i], error) != 0)
            return ERR_INVALID;
    }
    if (d->samples < 1)
        return json_fail(error, place, "SampleCount must be 1 or more");
    return d->minimum <= d->maximum ? 0 : json_fail(error, place, "Minimum is above Maximum");
}

static const struct {
    const char *key;
    int (*read)(json_object *o, const char *path, struct datum *d, char *error);
} ways[] = {{"Value", read_value}, {"Values", read_values}, {"StatisticValues", read_statistics}};

static int read_figures(json_object *o, const char *path, struct datum *d, char *error)
{
    size_t given = 0, way = 0;

    for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
        if (!json_object_object_get_ex(o, ways[i].key, NULL))
            continue;
        given++;
        way = i;
    }
    if (given != 1)
        return json_fail(error, path, "exactly one of Value, Values and StatisticValues must be there");
    if (strcmp(ways[way].key, "Values") != 0 && json_object_object_get_ex(o, "Counts", NULL))
        return json_fail(error, path, "Counts go with Values only");
    return ways[way].read(o, path, d, error);
}

/* ---- the document ----------------------------------------------------------------------------------------------- */

static int read_datum(json_object *o, const char *path, int64_t record_ms, struct datum *d, char *error)
{
    static const char *const members[] = {"MetricName", "Timestamp",       "Unit", "Value", "Values",
                                          "Counts",     "StatisticValues", NULL};

    if (get_name(o, path, "MetricName", &d->name, error) != 0 || json_only(o, path, members, error) != 0 ||
        get_unit(o, path, &d->unit, error) != 0 || get_time(o, path, record_ms, &d->time_ms, error) != 0)
        return ERR_INVALID;
    return read_figures(o, path, d, error);
}

static int read_document(struct put_metric *p, int64_t record_ms, char *error)
{
    static const char *const members[] = {"Namespace", "MetricData", NULL};
    const char *namespace_;
    json_object *list;
    char path[PATH_SIZE];

    if (get_name(p->document, "$", "Namespace", &namespace_, error) != 0 ||
        json_only(p->document, "$", members, error) != 0 ||
        json_get_array(p->document, "$", "MetricData", 1, PUT_METRIC_DATA_MAX, &list, error) != 0)
        return ERR_INVALID;
    if (namespace_[0] == ':')
        return json_fail(error, "$.Namespace", "must not begin with a colon");
    p->count = json_object_array_length(list);
    p->data = mem_alloc(p->count * sizeof(*p->data));
    for (size_t i = 0; i < p->count; i++) {
        (void)snprintf(path, sizeof(path), "$.MetricData[%zu]", i);
        p->data[i].namespace_ = namespace_;
        if (read_datum(json_object_array_get_idx(list, i), path, record_ms, &p->data[i], error) != 0)
            return ERR_INVALID;
    }
    return 0;
}

int put_metric_parse(struct put_metric *out, const char *json, size_t len, int64_t record_ms,
                     char error[JSON_ERROR_SIZE])
{
    int rc;

    *out = (struct put_metric){0};
    rc = json_parse(json, len, &out->document, error);
    if (rc == 0)
        rc = read_document(out, record_ms, error);
    if (rc != 0)
        put_metric_free(out);
    return rc;
}

void put_metric_free(struct put_metric *p)
{
    json_object_put(p->document);
    free(p->data);
    *p = (struct put_metric){0};
}
