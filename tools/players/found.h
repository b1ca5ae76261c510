/* found.h - reads the data of a match_found as one of its players sees it: a match of any shape. Pure. */
#ifndef PLAYERS_FOUND_H
#define PLAYERS_FOUND_H

#include <stddef.h>
#include <stdint.h>

#include "json.h"

#define FOUND_SHAPE_SIZE 96

struct found { /* borrowed from the message */
    const char *match_id, *opponent;
    const char *ticket_id;        /* "" when absent */
    const char *teams;            /* as JSON text: all players of a match are told the same */
    size_t players;               /* in all teams */
    char shape[FOUND_SHAPE_SIZE]; /* "5 v 5"; cut when there are many teams */
    int64_t made_ms;              /* its timestamp, wall time */
};

/*
 * 0, or ERR_INVALID and what is wrong: a member missing, a player twice or not in it, another opponent than the first
 * player of the first other team, or else the first other player.
 */
int found_parse(struct found *out, json_object *data, const char *self, char error[JSON_ERROR_SIZE]);

#endif
