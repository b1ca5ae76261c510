#include "decision.h"

#include <stdlib.h>

#include "err.h"
#include "mem.h"

static int read_transitions(struct decision *d, char *error)
{
    size_t count = d->record.transitions != NULL ? json_object_array_length(d->record.transitions) : 0;

    if (count == 0)
        return 0;
    d->transitions = mem_alloc(count * sizeof(*d->transitions));
    for (; d->count < count; d->count++)
        if (mm_transition_decode(&d->transitions[d->count], json_object_array_get_idx(d->record.transitions, d->count),
                                 error) != 0)
            return ERR_INVALID;
    return 0;
}

struct decision *decision_read(const char *text, size_t len, char error[MM_ERROR_SIZE])
{
    struct decision *d = MEM_NEW(struct decision);

    d->holders = 1;
    if (journal_record_parse(&d->record, text, len, error) != 0 || read_transitions(d, error) != 0)
        decision_free(&d);
    return d;
}

struct decision *decision_share(struct decision *d)
{
    d->holders++;
    return d;
}

static void destroy(struct decision *d)
{
    for (size_t i = 0; i < d->count; i++)
        mm_transition_clear(&d->transitions[i]);
    free(d->transitions);
    journal_record_clear(&d->record);
    free(d);
}

void decision_free(struct decision **d)
{
    if (*d != NULL && --(*d)->holders == 0)
        destroy(*d);
    *d = NULL;
}
