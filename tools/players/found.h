/* found.h - reads the data of a match_found as one player of a match of two sees it. Pure. */
#ifndef PLAYERS_FOUND_H
#define PLAYERS_FOUND_H

#include <stdint.h>

#include "json.h"

struct found { /* borrowed from the message */
    const char *match_id, *opponent;
    const char *ticket_id; /* "" when absent */
    int64_t made_ms;       /* its timestamp, wall time */
};

/* 0, or ERR_INVALID and what is wrong: a member missing, teams that do not hold exactly these two. */
int found_parse(struct found *out, json_object *data, const char *self, char error[JSON_ERROR_SIZE]);

#endif
