#include "move_progress.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "letter_text.h"

enum { TERMINAL_MS = 200, FILE_MS = 5000 };

#define RATE_MAX 1e6

void move_progress_line(struct buf *out, int64_t done, int64_t left, int64_t took_ms)
{
    double rate = took_ms > 0 ? (double)done * 1000 / (double)took_ms : 0;
    char age[LETTER_NUMBERS_SIZE];

    buf_printf(out, "%" PRId64 " moved, %" PRId64 " left, %.*f/s", done, left, rate < 10, rate);
    if (rate > 0 && left > 0)
        buf_printf(out, ", %s to go", letter_age((int64_t)((double)left * 1000 / rate) + 999, age));
}

void move_progress_show(struct move_progress *p, int64_t done, int64_t left, int64_t now_ms)
{
    bool terminal = isatty(STDERR_FILENO) != 0;
    struct buf line = {0};

    if (now_ms - (p->shown_ms != 0 ? p->shown_ms : p->began_ms) < (terminal ? TERMINAL_MS : FILE_MS))
        return;
    p->shown_ms = now_ms;
    move_progress_line(&line, done, left, now_ms - p->began_ms);
    if (p->trouble[0] != '\0')
        buf_printf(&line, ", %s", p->trouble);
    (void)fprintf(stderr, terminal ? "\r%s\033[K" : "%s\n", line.data);
    p->open = terminal;
    buf_free(&line);
}

void move_progress_end(struct move_progress *p)
{
    if (p->open)
        (void)fputc('\n', stderr);
    p->open = false;
}

bool move_rate_parse(const char *text, double *out)
{
    char *end;

    if (text[0] < '0' || text[0] > '9')
        return false;
    *out = strtod(text, &end);
    return (*end == '\0' || strcmp(end, "/s") == 0) && isfinite(*out) && *out > 0 && *out <= RATE_MAX;
}
