#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>

#include "err.h"
#include "mm_expr_parser.h"
#include "mm_shape.h"

#define SPACE " \t\r\n"

int mm_expr_fail(const struct mm_expr_parser *p, const char *at, const char *format, ...)
{
    size_t character = 1, len;
    va_list args;

    for (const char *c = p->text; c < at; c++)
        character += ((unsigned char)*c & 0xc0u) != 0x80u;
    va_start(args, format);
    (void)vsnprintf(p->error, MM_EXPR_ERROR_SIZE, format, args);
    va_end(args);
    len = strlen(p->error);
    (void)snprintf(p->error + len, MM_EXPR_ERROR_SIZE - len, ", at character %zu of \"%.*s\"", character,
                   mm_shown(p->text, strlen(p->text)), p->text);
    return ERR_INVALID;
}

const char *mm_expr_skip_space(const char *at)
{
    return at + strspn(at, SPACE);
}

bool mm_expr_accept(struct mm_expr_parser *p, char c)
{
    p->at = mm_expr_skip_space(p->at);
    if (*p->at != c)
        return false;
    p->at++;
    return true;
}

int mm_expr_expect(struct mm_expr_parser *p, char c)
{
    if (mm_expr_accept(p, c))
        return 0;
    return *p->at == '\0'
               ? mm_expr_fail(p, p->at, "'%c' is expected where the text ends", c)
               : mm_expr_fail(p, p->at, "'%c' is expected, not '%.*s'", c, mm_shown(p->at, strlen(p->at)), p->at);
}

struct mm_expr_word mm_expr_next_identifier(const char *at)
{
    struct mm_expr_word w = {.start = mm_expr_skip_space(at)};

    while (isalnum((unsigned char)w.start[w.len]) || w.start[w.len] == '_')
        w.len++;
    return w;
}

struct mm_expr_word mm_expr_take_name(struct mm_expr_parser *p, const char *ends)
{
    struct mm_expr_word w = {.start = mm_expr_skip_space(p->at)};

    w.len = strcspn(w.start, ends);
    p->at = w.start + w.len;
    while (w.len > 0 && strchr(SPACE, w.start[w.len - 1]) != NULL)
        w.len--;
    return w;
}

const char *mm_expr_keep(const struct mm_expr_parser *p, struct mm_expr_word w)
{
    char *copy = p->expr->words + (w.start - p->text);

    copy[w.len] = '\0';
    return copy;
}
