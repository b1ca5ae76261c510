/*
 * party.h - the players of a start, as the request names them: those of `players`, or the asking one alone. Pure.
 */
#ifndef GATEWAY_PARTY_H
#define GATEWAY_PARTY_H

#include "mm_command.h"

struct party {
    struct mm_player players[MM_TICKET_PLAYERS_MAX]; /* ids and latencies borrowed from the request */
    size_t count;                                    /* at least 1 */
};

/* data: of a start_matchmaking by the player `self`. 0, and party_clear is due; or ERR_INVALID and a sentence. */
int party_read(struct party *p, json_object *data, const char *self, char error[MM_ERROR_SIZE]);
void party_clear(struct party *p);

#endif
