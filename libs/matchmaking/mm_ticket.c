#include "mm_ticket.h"

#include <stdlib.h>
#include <string.h>

#include "mem.h"

static const char *skip_texts(const char *text, size_t count)
{
    for (size_t i = 0; i < count; i++)
        text = mm_ticket_next(text);
    return text;
}

bool mm_ticket_has(const struct mm_ticket *t, const char *player_id)
{
    const char *id = mm_ticket_id(t);

    for (size_t i = 0; i < t->player_count; i++) {
        id = mm_ticket_next(id);
        if (strcmp(id, player_id) == 0)
            return true;
    }
    return false;
}

void mm_ticket_players(const struct mm_ticket *t, struct mm_ticket_player *out)
{
    const char *text = mm_ticket_next(mm_ticket_id(t));

    for (size_t i = 0; i < t->player_count; i++, text = mm_ticket_next(text))
        out[i] = (struct mm_ticket_player){.id = text};
    for (size_t i = 0; i < t->player_count; i++) {
        out[i].attributes = text;
        out[i].latency = text = mm_ticket_next(text);
        text = mm_ticket_next(text);
    }
    for (size_t i = 0; t->backfill && i < t->player_count; i++)
        out[i].team = text = mm_ticket_next(text);
}

const char *mm_ticket_session(const struct mm_ticket *t)
{
    return t->backfill ? skip_texts(mm_ticket_id(t), 1 + 3 * (size_t)t->player_count) : "";
}

size_t mm_ticket_bytes(const struct mm_ticket *t)
{
    size_t texts = 1 + 3 * (size_t)t->player_count + (t->backfill ? 1 + (size_t)t->player_count : 0);

    return ((size_t)(skip_texts(mm_ticket_id(t), texts) - (const char *)t) + 8 + 15) / 16 * 16 +
           (t->facts != NULL ? mm_facts_bytes(t->facts) : 0);
}

static void add_text(struct buf *out, const char *text)
{
    buf_append(out, text, strlen(text) + 1);
}

static void add_json(struct buf *out, json_object *value)
{
    size_t len = 0;
    const char *text = value != NULL ? json_text(value, &len) : "";

    buf_append(out, text, len);
    buf_append(out, "", 1);
}

static void gather_texts(struct buf *out, const struct mm_arrival *a)
{
    buf_clear(out);
    add_text(out, a->ticket_id);
    for (size_t i = 0; i < a->player_count; i++)
        add_text(out, a->players[i].id);
    for (size_t i = 0; i < a->player_count; i++) {
        add_json(out, a->players[i].attributes);
        add_json(out, a->players[i].latency_ms);
    }
    if (a->backfill)
        add_text(out, a->game_session);
    for (size_t i = 0; a->backfill && i < a->player_count; i++)
        add_text(out, a->players[i].team != NULL ? a->players[i].team : "");
}

/* The ids in a ticket's facts are those in its texts: what they were read from goes. */
static void settle_facts(struct mm_ticket *t)
{
    const char *id = mm_ticket_id(t);

    if (t->facts == NULL)
        return;
    for (size_t i = 0; i < t->player_count; i++)
        t->facts->players[i].id = id = mm_ticket_next(id);
}

struct mm_ticket *mm_ticket_new(const struct mm_arrival *a, struct buf *scratch)
{
    struct mm_ticket *t;

    gather_texts(scratch, a);
    t = mem_alloc(offsetof(struct mm_ticket, ids) + scratch->len);
    t->start_ms = a->start_ms;
    t->player_count = (uint8_t)a->player_count;
    t->backfill = a->backfill;
    t->facts = a->facts;
    memcpy(t->ids, scratch->data, scratch->len);
    settle_facts(t);
    return t;
}

void mm_ticket_free(struct mm_ticket **t)
{
    if (*t != NULL)
        free((*t)->facts);
    free(*t);
    *t = NULL;
}
