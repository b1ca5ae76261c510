#include "asking.h"

#include "command.h"

static void on_sent(void *arg, int err, int32_t partition, int64_t offset)
{
    struct operation *o = arg;

    (void)partition;
    (void)offset;
    command_count(o->s->g, err);
    if (err != 0)
        operation_fail(o, FAULT_UNAVAILABLE);
    else
        operation_end(o);
}

void ask_matchmaker(struct operation *o, const struct mm_command *c, const char *key)
{
    struct session *s = o->s;
    int err;

    mm_command_encode(c, &o->value);
    err = command_send(s->g,
                       &(struct command){.type = c->type,
                                         .partition = o->partition,
                                         .key = key,
                                         .value = &o->value,
                                         .issuer = {s->player, s->id, o->request_id}},
                       on_sent, o);
    if (err != 0)
        on_sent(o, err, o->partition, -1);
}

bool partition_is_used(const struct mm_catalog *c, int32_t partition)
{
    for (size_t i = 0; i < c->count; i++) {
        if (c->configurations[i].partition == partition)
            return true;
    }
    return false;
}
