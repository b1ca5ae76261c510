#include "bus_bounds.h"

#include <stdlib.h>
#include <string.h>

#include "err.h"
#include "mem.h"

enum { TIMEOUT_MS = 1500 };

struct bounds_job {
    enum topic_id topic;
    bus_bounds_fn *fn;
    void *arg;
    bool tells_closed;
    rd_kafka_resp_err_t err;
    struct bus_bounds bounds[BUS_PARTITIONS_MAX];
};

/* To a leader that is not known librdkafka sends nothing until the time is over: so the topic is looked for first. */
static rd_kafka_resp_err_t find_topic(rd_kafka_t *rk, const struct topic_def *def)
{
    const struct rd_kafka_metadata *metadata;
    rd_kafka_resp_err_t err = rd_kafka_metadata(rk, 1, NULL, &metadata, TIMEOUT_MS);
    bool found = false;

    if (err != RD_KAFKA_RESP_ERR_NO_ERROR)
        return err;
    for (int i = 0; i < metadata->topic_cnt; i++)
        found = found || strcmp(metadata->topics[i].topic, def->name) == 0;
    rd_kafka_metadata_destroy(metadata);
    return found ? RD_KAFKA_RESP_ERR_NO_ERROR : RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART;
}

/* The protocol has two times of its own: the log's beginning and its end. All partitions in one request a broker. */
static rd_kafka_resp_err_t list_offsets(rd_kafka_t *rk, const struct topic_def *def, int64_t time,
                                        rd_kafka_topic_partition_list_t **out)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(def->partitions);
    rd_kafka_resp_err_t err;

    for (int32_t p = 0; p < def->partitions; p++)
        rd_kafka_topic_partition_list_add(list, def->name, p)->offset = time;
    err = rd_kafka_offsets_for_times(rk, list, TIMEOUT_MS);
    for (int i = 0; err == RD_KAFKA_RESP_ERR_NO_ERROR && i < list->cnt; i++)
        err = list->elems[i].err;
    *out = list;
    return err;
}

static void in_pool(rd_kafka_t *rk, void *arg)
{
    struct bounds_job *job = arg;
    const struct topic_def *def = &topic_defs[job->topic];
    rd_kafka_topic_partition_list_t *starts = NULL, *ends = NULL;
    rd_kafka_topic_t *kept = rd_kafka_topic_new(rk, def->name, NULL); /* librdkafka keeps its metadata as long */

    job->err = find_topic(rk, def);
    if (job->err == RD_KAFKA_RESP_ERR_NO_ERROR)
        job->err = list_offsets(rk, def, RD_KAFKA_OFFSET_BEGINNING, &starts);
    if (job->err == RD_KAFKA_RESP_ERR_NO_ERROR)
        job->err = list_offsets(rk, def, RD_KAFKA_OFFSET_END, &ends);
    for (int i = 0; job->err == RD_KAFKA_RESP_ERR_NO_ERROR && i < def->partitions; i++)
        job->bounds[i] = (struct bus_bounds){starts->elems[i].offset, ends->elems[i].offset};
    rd_kafka_topic_destroy(kept);
    if (starts != NULL)
        rd_kafka_topic_partition_list_destroy(starts);
    if (ends != NULL)
        rd_kafka_topic_partition_list_destroy(ends);
}

static void on_done(void *arg, bool closed)
{
    struct bounds_job *job = arg;
    int err = job->err == RD_KAFKA_RESP_ERR_NO_ERROR                ? 0
              : job->err == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART ? ERR_NOT_FOUND
                                                                    : ERR_UNAVAILABLE;

    if (closed && job->tells_closed)
        job->fn(job->arg, ERR_CLOSED, err_str(ERR_CLOSED), NULL);
    else if (!closed)
        job->fn(job->arg, err, rd_kafka_err2str(job->err), err == 0 ? job->bounds : NULL);
    free(job);
}

void bus_bounds_ask(struct bus_handle *h, enum topic_id topic, bus_bounds_fn *fn, void *arg, bool tells_closed)
{
    struct bounds_job *job = MEM_NEW(struct bounds_job);

    job->topic = topic;
    job->fn = fn;
    job->arg = arg;
    job->tells_closed = tells_closed;
    bus_handle_run(h, in_pool, on_done, job);
}
