#include "mm_problems.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mem.h"
#include "utf8.h"

/* A copy without the half of a character that a cut left at its end. */
static char *whole(const char *text)
{
    return mem_strndup(text, utf8_prefix(text, strlen(text)));
}

static void forget(struct mm_problem *problem)
{
    free(problem->path);
    free(problem->text);
}

/* Drops the last note, if there is one: an error is worth more. */
static void make_room(struct mm_problems *p)
{
    size_t i = p->count;

    while (i > 0 && !p->list[i - 1].note)
        i--;
    if (i == 0)
        return;
    forget(&p->list[i - 1]);
    memmove(&p->list[i - 1], &p->list[i], (p->count - i) * sizeof(p->list[0]));
    p->count--;
}

static void add(struct mm_problems *p, bool note, const char *path, const char *format, va_list args)
    __attribute__((format(printf, 4, 0)));
static void add(struct mm_problems *p, bool note, const char *path, const char *format, va_list args)
{
    char text[MM_PROBLEM_SIZE];

    p->errors += !note;
    if (p->count == MM_PROBLEMS_MAX && !note)
        make_room(p);
    if (p->count == MM_PROBLEMS_MAX)
        return;
    (void)vsnprintf(text, sizeof(text), format, args);
    p->list[p->count++] = (struct mm_problem){whole(path), whole(text), note};
}

void mm_problem(struct mm_problems *p, const char *path, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    add(p, false, path, format, args);
    va_end(args);
}

void mm_problem_note(struct mm_problems *p, const char *path, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    add(p, true, path, format, args);
    va_end(args);
}

void mm_problems_line(const struct mm_problems *p, char *out, size_t size)
{
    size_t i = 0;

    while (i < p->count && p->list[i].note)
        i++;
    if (i == p->count)
        out[0] = '\0';
    else if (p->errors == 1)
        (void)snprintf(out, size, "%s: %s", p->list[i].path, p->list[i].text);
    else
        (void)snprintf(out, size, "%s: %s (and %zu more)", p->list[i].path, p->list[i].text, p->errors - 1);
    out[utf8_prefix(out, strlen(out))] = '\0'; /* it may have been cut, too */
}

void mm_problems_free(struct mm_problems *p)
{
    for (size_t i = 0; i < p->count; i++)
        forget(&p->list[i]);
    *p = (struct mm_problems){0};
}
