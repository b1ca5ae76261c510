#include "command.h"

#include <string.h>

#include "clock.h"

static struct bus_header header(const char *name, const char *value)
{
    return (struct bus_header){.name = name, .value = value, .len = strlen(value)};
}

int command_send(struct gateway *g, const struct command *c, bus_delivery_fn *delivered, void *arg)
{
    char id[ID_UUID_SIZE], time[CLOCK_RFC3339_SIZE];
    struct bus_header headers[7];
    size_t count = 0;

    id_uuid(id);
    headers[count++] = header("ce_id", id);
    headers[count++] = header("ce_type", mm_command_names[c->type]);
    headers[count++] = header("ce_source", g->source);
    headers[count++] = header("ce_time", clock_rfc3339(clock_wall_ms(), time));
    headers[count++] = header("player_id", c->issuer.player_id);
    headers[count++] = header("connection_id", c->issuer.connection_id);
    if (c->issuer.request_id[0] != '\0')
        headers[count++] = header("request_id", c->issuer.request_id);
    return bus_send(g->backend.producer,
                    &(struct bus_message){.topic = TOPIC_QUEUE,
                                          .partition = c->partition,
                                          .key = c->key[0] == '\0' ? NULL : c->key,
                                          .key_len = strlen(c->key),
                                          .value = c->value->data,
                                          .value_len = c->value->len,
                                          .headers = headers,
                                          .header_count = count},
                    delivered, arg);
}

void command_count(struct gateway *g, int err)
{
    gateway_count(g, err == 0 ? GW_QUEUED : GW_QUEUE_FAILED);
}
