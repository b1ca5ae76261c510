#include "letters.h"

#include <stdio.h>
#include <stdlib.h>
#include <utlist.h>

#include "err.h"
#include "json.h"
#include "log.h"
#include "mem.h"

struct letter {
    struct letters *owner;
    void *window; /* NULL: dropped after it was sent */
    uint64_t ticket;
    struct dead_letter *dead_letter;
    char reason[JSON_ERROR_SIZE];
    struct letter *prev, *next;
};

struct letters {
    struct letters_conf conf;
    struct letter *waiting, *sent; /* to send; not yet confirmed */
    size_t count, bytes;
};

struct letters *letters_new(const struct letters_conf *conf)
{
    struct letters *l = MEM_NEW(struct letters);

    l->conf = *conf;
    return l;
}

/* It is in no list any more. */
static void letter_free(struct letter *e)
{
    e->owner->count--;
    e->owner->bytes -= dead_letter_bytes(e->dead_letter);
    dead_letter_free(&e->dead_letter);
    free(e);
}

static void free_list(struct letter *list)
{
    while (list != NULL) {
        struct letter *e = list;

        DL_DELETE(list, e);
        letter_free(e);
    }
}

void letters_free(struct letters **l)
{
    if (*l != NULL) {
        free_list((*l)->waiting);
        free_list((*l)->sent);
    }
    free(*l);
    *l = NULL;
}

static void on_delivered(void *arg, int err, int32_t partition, int64_t offset)
{
    struct letter *e = arg;
    struct letters *l = e->owner;

    (void)partition;
    (void)offset;
    if (err == ERR_CLOSED)
        return; /* it is not finished, and will be read again */
    if (err != 0) {
        log_error("dead_letter_failed error=\"%s\"", err_str(err));
        l->conf.refused(l->conf.arg);
        return;
    }
    DL_DELETE(l->sent, e);
    if (e->window != NULL)
        l->conf.finished(l->conf.arg, e->window, e->ticket);
    letter_free(e);
}

void letters_pump(struct letters *l)
{
    static const struct dead_letter_to to = {
        .topic = TOPIC_EVENTS_DLQ, .partition = -1, .key = "websocket"}; /* keyed by the subscription */

    while (l->waiting != NULL) {
        struct letter *e = l->waiting;

        if (dead_letter_send(e->dead_letter, e->reason, l->conf.producer, &to, on_delivered, e) != 0)
            return; /* the next pump tries again */
        DL_DELETE(l->waiting, e);
        DL_APPEND(l->sent, e);
    }
}

void letters_add(struct letters *l, void *window, uint64_t ticket, struct dead_letter *letter, const char *reason)
{
    struct letter *e = MEM_NEW(struct letter);

    *e = (struct letter){.owner = l, .window = window, .ticket = ticket, .dead_letter = letter};
    (void)snprintf(e->reason, sizeof(e->reason), "%s", reason);
    l->count++;
    l->bytes += dead_letter_bytes(letter);
    DL_APPEND(l->waiting, e);
    letters_pump(l);
}

void letters_drop(struct letters *l, const void *window)
{
    struct letter *next;

    for (struct letter *e = l->waiting; e != NULL; e = next) {
        next = e->next;
        if (e->window != window)
            continue;
        DL_DELETE(l->waiting, e);
        letter_free(e);
    }
    for (struct letter *e = l->sent; e != NULL; e = e->next)
        if (e->window == window)
            e->window = NULL;
}

size_t letters_count(const struct letters *l)
{
    return l->count;
}

size_t letters_bytes(const struct letters *l)
{
    return l->bytes;
}
