#include "started.h"

#include <stdlib.h>
#include <string.h>

#include "id.h"
#include "json.h"
#include "mem.h"

static void started_trim(struct started *t)
{
    for (int count = 1; t->next != NULL; t = t->next, count++) {
        if (count < STARTED_MAX)
            continue;
        started_clear(&t->next);
        return;
    }
}

void started_add(struct started **list, const char *ticket_id, int32_t partition, int64_t now_ms)
{
    size_t len = strlen(ticket_id);
    struct started *t = mem_alloc(sizeof(*t) + len + 1);

    started_remove(list, ticket_id);
    t->partition = partition;
    t->queued_ms = now_ms;
    memcpy(t->id, ticket_id, len + 1);
    t->next = *list;
    *list = t;
    started_trim(t);
}

const struct started *started_find(const struct started *list, const char *ticket_id)
{
    while (list != NULL && strcmp(list->id, ticket_id) != 0)
        list = list->next;
    return list;
}

void started_remove(struct started **list, const char *ticket_id)
{
    for (struct started **t = list; *t != NULL; t = &(*t)->next) {
        struct started *found = *t;

        if (strcmp(found->id, ticket_id) != 0)
            continue;
        *t = found->next;
        free(found);
        return;
    }
}

void started_clear(struct started **list)
{
    struct started *t;

    while ((t = *list) != NULL) {
        *list = t->next;
        free(t);
    }
}

static const char *const ends[] = {"match_found", "matchmaking_cancelled", "matchmaking_timed_out",
                                   "matchmaking_failed"};

/* The ticket that the message ends, or NULL. */
static const char *ended_ticket(json_object *message)
{
    const char *type, *ticket_id;
    json_object *data;

    if (json_get_str(message, "$", "type", 1, SIZE_MAX, &type, NULL) != 0 ||
        !json_object_object_get_ex(message, "data", &data) ||
        json_get_str(data, "$.data", "ticket_id", 1, ID_TICKET_MAX, &ticket_id, NULL) != 0)
        return NULL;
    for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
        if (strcmp(type, ends[i]) == 0)
            return ticket_id;
    }
    return NULL;
}

void started_told(struct started **list, const char *json, size_t len)
{
    json_object *message;
    const char *ticket_id;

    if (*list == NULL || json_parse(json, len, &message, NULL) != 0)
        return;
    ticket_id = ended_ticket(message);
    if (ticket_id != NULL)
        started_remove(list, ticket_id);
    json_object_put(message);
}
