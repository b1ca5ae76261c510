#include "attempt.h"

#include <utlist.h>

#include "err.h"

void attempt_want(struct attempt_line *line, struct attempt *a, struct bus_record *command)
{
    ASSERT(a->phase == ATTEMPT_NONE);
    *a = (struct attempt){.phase = ATTEMPT_WAITING, .command = command};
    DL_APPEND(line->first, a);
}

bool attempt_has_turn(const struct attempt_line *line, const struct attempt *a)
{
    return line->first == a;
}

void attempt_end(struct attempt_line *line, struct attempt *a)
{
    if (a->phase == ATTEMPT_NONE)
        return;
    DL_DELETE(line->first, a);
    bus_record_free(&a->command);
    *a = (struct attempt){0};
}

bool attempt_line_empty(const struct attempt_line *line)
{
    return line->first == NULL;
}
