/*
 * mm_transition.h - what the engine decided, as it is written into the journal's ticks. Pure.
 *
 * Transitions are absolute ("ticket X is now Y", PROTOCOLS J6) and complete: what is published and what the Redis view
 * holds is made from the transition as read back, never from memory (J2).
 *   {"ticket":"T","state":"SEARCHING","configuration":"default","start":ms,"order":n,"since":ms?,
 *    "players":[{"id":"alice","attributes":{..},"latency":{..}}]}
 *                   order: its place in the order of arrival; since: what it ages from, when that is not its start
 *   {"ticket":"T","state":"CANCELLED"|"TIMED_OUT","configuration","start","reason":"...",
 *    "players":[{"id":"alice"}],"issuer":{..}?}
 *   {"match":"M","configuration":"default",
 *    "teams":[{"name":"red","players":[{"id":"alice","ticket":"T","start":ms}]},...]}: these tickets are COMPLETED
 *   {"refused":"code","message":"...","ticket":"T","issuer":{"player","connection"?,"request"?}}
 *   {"dead_letter":offset,"reason":"..."}
 *   {"ended":ms,"hashes":"<16 hex each>"}: tickets that ended up to then (J11); in snapshots
 */
#ifndef MATCHMAKING_MM_TRANSITION_H
#define MATCHMAKING_MM_TRANSITION_H

#include <stddef.h>
#include <stdint.h>

#include "buf.h"
#include "json.h"
#include "mm_command.h"

enum mm_transition_kind { MM_TICKET, MM_MATCH, MM_REFUSED, MM_DEAD_LETTER, MM_ENDED };
enum mm_ticket_state { MM_SEARCHING, MM_CANCELLED, MM_TIMED_OUT, MM_TICKET_STATES }; /* COMPLETED is a match */
extern const char *const mm_ticket_state_names[MM_TICKET_STATES];

#define MM_MATCH_TEAMS 2 /* grows with the rule language */

struct mm_match_player {
    const char *id, *ticket_id;
    int64_t start_ms; /* of the ticket */
};
struct mm_match_team {
    const char *name;
    struct mm_match_player *players;
    size_t player_count;
};

struct mm_transition { /* all borrowed: from the engine inside the call-back, or from the JSON it was read from */
    enum mm_transition_kind kind;
    const char *ticket_id;      /* TICKET, REFUSED */
    enum mm_ticket_state state; /* TICKET */
    const char *configuration;  /* TICKET, MATCH */
    int64_t start_ms;           /* TICKET */
    uint64_t order;             /* TICKET that waits; 0: not known, after all others */
    int64_t since_ms;           /* TICKET that waits */
    const char *reason;  /* TICKET ended: a code of proto/protocol.md; DEAD_LETTER: a sentence; REFUSED: the code */
    const char *message; /* REFUSED: for people */
    struct mm_player players[MM_TICKET_PLAYERS_MAX]; /* TICKET */
    size_t player_count;
    /* TICKET, for encoding: attributes and latency of each player as JSON, "" for none, in place of players' own */
    const char *const *details;
    struct mm_issuer issuer; /* TICKET ended by a command, REFUSED; "" otherwise */
    const char *match_id;    /* MATCH */
    struct mm_match_team teams[MM_MATCH_TEAMS];
    size_t team_count;
    int64_t offset;     /* DEAD_LETTER: of the queue record */
    int64_t ended_ms;   /* ENDED */
    const char *hashes; /* ENDED: hex */
};

void mm_transition_encode(const struct mm_transition *t, struct buf *out);

/*
 * 0, or ERR_INVALID and a sentence: then the whole record it stands in is void. The result borrows from o;
 * mm_transition_clear frees the arrays of a decoded match and nothing else.
 */
int mm_transition_decode(struct mm_transition *t, json_object *o, char error[MM_ERROR_SIZE]);
void mm_transition_clear(struct mm_transition *t);

#endif
