/*
 * bus_group_private.h - what the files of bus_group share: bus_group.c is membership, bus_group_own.c what is ours and is
 * read, bus_group_lookup.c where reading begins. Internal to libs/bus.
 */
#ifndef BUS_BUS_GROUP_PRIVATE_H
#define BUS_BUS_GROUP_PRIVATE_H

#include "bus.h"
#include "bus_handle.h"
#include "err.h"

enum { GROUP_ID, INSTANCE_ID, BROKERS, EXTRA, CLIENT_ID, TEXT_COUNT };

struct bus_group {
    struct bus_group_conf conf;
    struct bus_conf bus;
    char *texts[TEXT_COUNT]; /* conf's and bus's */
    uv_loop_t *loop;         /* not owned */
    uv_timer_t again;        /* active: the member is to be replaced */
    int64_t fenced_ms;       /* monotonic; 0: never */
    struct bus_handle *member;
    struct bus_reader *reader;                /* NULL: balance_only */
    rd_kafka_topic_partition_list_t *pending; /* ours, but the committed positions are not known yet; or NULL */
    uint64_t owned;                           /* a bit a partition: on_assign was called */
    uint64_t rewinding;                       /* of owned: not read until the broker has said where `since` is */
    uint64_t gone;                            /* of owned: with its topic; nothing is committed */
    uint64_t held;                            /* of owned: not read until it is held no more */
    int64_t since_ms[BUS_PARTITIONS_MAX];
    int64_t committed[BUS_PARTITIONS_MAX]; /* of owned; -1: nothing was */
    int64_t next[BUS_PARTITIONS_MAX];      /* of owned: to be read, maybe BUS_BEGINNING */
    uint64_t generation;                   /* of what is to be looked up: an answer for an older one is void */
    rd_kafka_resp_err_t lookup_fault;      /* of the last one; logged when it is another than before */
    bool joined, failed, stopping;
};

static inline uint64_t bus_group_bit(int32_t partition)
{
    ASSERT(partition >= 0 && partition < BUS_PARTITIONS_MAX);
    return (uint64_t)1 << partition;
}

/* ---- bus_group_own.c --------------------------------------------------------------------------------------------- */

int bus_group_open_reader(struct bus_group *g);

/* tp's offset: where reading goes on; below 0: nothing was committed. */
void bus_group_own(struct bus_group *g, const rd_kafka_topic_partition_t *tp);
void bus_group_own_all(struct bus_group *g, const rd_kafka_topic_partition_list_t *list);
/* Without anything to read, what stays ours is not told anew: a rebalance begins by revoking everything. */
void bus_group_own_only(struct bus_group *g, const rd_kafka_topic_partition_list_t *list);
void bus_group_disown(struct bus_group *g, int32_t partition);
void bus_group_disown_all(struct bus_group *g);

/* ---- bus_group_lookup.c ------------------------------------------------------------------------------------------ */

/* What was given to us and is ours when its committed positions are known; a copy is kept. NULL: nothing, any more. */
void bus_group_set_pending(struct bus_group *g, const rd_kafka_topic_partition_list_t *list);
/* Asks for what is pending, else for what is rewinding; again and again until it is known. */
void bus_group_look_up(struct bus_group *g);

#endif
