/*
 * move_progress.h - a line that says how far something is: on a terminal it is written over, elsewhere it comes every
 * five seconds. On stderr.
 */
#ifndef GSMCTL_MOVE_PROGRESS_H
#define GSMCTL_MOVE_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

#include "buf.h"

struct move_progress {          /* {0}, and began_ms */
    int64_t began_ms, shown_ms; /* monotonic */
    bool open;                  /* a line stands on the terminal */
    char trouble[256];          /* shown in place of the time left; "" when there is none */
};

void move_progress_show(struct move_progress *p, int64_t done, int64_t left, int64_t now_ms); /* when it is time to */
void move_progress_end(struct move_progress *p);

/* "1200 moved, 800 left, 400/s, 2s to go". Pure. */
void move_progress_line(struct buf *out, int64_t done, int64_t left, int64_t took_ms);

/* "100" or "100/s", more than 0: letters a second. False: it is no rate. Pure. */
bool move_rate_parse(const char *text, double *out);

#endif
