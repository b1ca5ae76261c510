/*
 * mm_transition.h - what the engine decided, as it is written into the journal's ticks. Pure.
 *
 * Transitions are absolute ("ticket X is now Y", PROTOCOLS J6) and complete: what is published and what the Redis view
 * holds is made from the transition as read back, never from memory (J2). Each kind is known by its first member.
 *   {"ticket":"T","state":"SEARCHING","configuration":"default","start":ms,"order":n,"since":ms?,
 *    "players":[{"id":"alice","attributes":{..},"latency":{..},"team":"red"?}],"backfill":{"game_session":".."?}?}
 *                   order: its place in the order of arrival; since: what it ages from, when that is not its start;
 *                   team: where a player of a backfill ticket plays already
 *   {"ticket":"T","state":"SEARCHING","reason":"acceptance_failed",..,"players":[{"id":"alice"}]}
 *                   it came back from a proposal, and is in all what it was; without attributes, which are known
 *   {"ticket":"T","state":"CANCELLED"|"TIMED_OUT"|"FAILED","configuration","start","reason":"...",
 *    "players":[{"id":"alice"}],"issuer":{..}?,"match":"M"?,"backfill":{..}?}
 *                   match: of the proposal that it ended with
 *   {"proposal":"M","configuration":"default","at":ms,"until":ms,
 *    "teams":[{"name":"red","players":[{"id":"alice","ticket":"T","start":ms,"accepted":true?}]},...],"backfill":"T"?,
 *    "rules":[["FairTeamSkill",passed,failed],...]?,"issuer":{..}?}
 *                   these tickets are REQUIRES_ACCEPTANCE, from `at` until `until` at most. Written when it is made
 *                   (no issuer) and at each answer, with all answers so far
 *   {"proposal":"M","configuration":"default","outcome":"rejected"|"timed_out","teams":[..],"backfill":"T"?,
 *    "issuer":{..}?}
 *                   it is gone; what becomes of each ticket follows as a transition of its own
 *   {"match":"M","configuration":"default",
 *    "teams":[{"name":"red","players":[{"id":"alice","ticket":"T","start":ms,"attributes":{..}?}]},...],
 *    "accepted":true?,"backfill":"T"?,"rules":[..]?}
 *                   these tickets are COMPLETED. accepted: it was a proposal. backfill: that ticket's players were in
 *                   the game before, and stand in their teams
 *   {"refused":"code","message":"...","ticket":"T","players":[{"id":"alice"}]?,
 *    "issuer":{"player","connection"?,"request"?}}
 *                   players: of a start for several: they were claimed for it
 *   {"why":{..},"ticket":"T","issuer":{..}}: the answer to DescribeMatchmaking; changes nothing
 *   {"dead_letter":offset,"reason":"...","attempts":3}   attempts: absent when it was one
 *   {"redriven":offset,"at":ms}: of the commands that came out of the dead letters this is the last: it had stood
 *                   there in the queue, since then; also in snapshots
 *   {"ended":ms,"hashes":"<16 hex each>"}: tickets that ended up to then (J11); in snapshots
 */
#ifndef MATCHMAKING_MM_TRANSITION_H
#define MATCHMAKING_MM_TRANSITION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "buf.h"
#include "json.h"
#include "mm_command.h"

enum mm_transition_kind {
    MM_TICKET,
    MM_PROPOSAL, /* it stands */
    MM_DROPPED,  /* a proposal is gone */
    MM_MATCH,
    MM_REFUSED,
    MM_WHY,
    MM_DEAD_LETTER,
    MM_REDRIVEN,
    MM_ENDED,
    MM_TRANSITION_KINDS
};
/* A ticket in a proposal is REQUIRES_ACCEPTANCE, one in a match is COMPLETED. */
enum mm_ticket_state { MM_SEARCHING, MM_CANCELLED, MM_TIMED_OUT, MM_FAILED, MM_TICKET_STATES };
extern const char *const mm_ticket_state_names[MM_TICKET_STATES];

enum mm_outcome { MM_OUTCOME_REJECTED, MM_OUTCOME_TIMED_OUT, MM_OUTCOMES };
extern const char *const mm_outcome_names[MM_OUTCOMES];

enum mm_answer { MM_NO_ANSWER, MM_ACCEPTED, MM_REJECTED };

struct mm_match_player {
    const char *id, *ticket_id;
    int64_t start_ms;            /* of the ticket */
    enum mm_answer answer;       /* PROPOSAL, DROPPED */
    json_object *attributes;     /* MATCH: AWS shape, or NULL */
    const char *attributes_text; /* for encoding, in place of attributes: the same as text; NULL or "": none */
};
struct mm_match_team { /* players of one ticket are neighbours, but for a backfill ticket's */
    const char *name;
    struct mm_match_player *players;
    size_t player_count;
};

struct mm_tally { /* the line-ups that a search looked at, by rule */
    const char *rule;
    int64_t passed, failed;
};

struct mm_transition { /* all borrowed: from the engine inside the call-back, or from the JSON it was read from */
    enum mm_transition_kind kind;
    const char *ticket_id;      /* TICKET, REFUSED, WHY */
    enum mm_ticket_state state; /* TICKET */
    const char *configuration;  /* TICKET, PROPOSAL, DROPPED, MATCH */
    int64_t start_ms;           /* TICKET */
    uint64_t order;             /* TICKET that waits; 0: not known, after all others */
    int64_t since_ms;           /* TICKET that waits */
    /* TICKET: a code of proto/protocol.md, "" when it is new; DEAD_LETTER: a sentence; REFUSED: the code */
    const char *reason;
    const char *message;             /* REFUSED: for people */
    const struct mm_player *players; /* TICKET, REFUSED */
    size_t player_count;
    /* TICKET, for encoding: attributes and latency of each player as JSON, "" for none, in place of players' own */
    const char *const *details;
    bool backfill;            /* TICKET */
    const char *game_session; /* TICKET, of a backfill; "" when it has none */
    struct mm_issuer issuer;  /* who asked for it; "" when nobody did */
    const char *match_id;     /* PROPOSAL, DROPPED, MATCH, and a TICKET that ended with a proposal; else "" */
    struct mm_match_team *teams;
    size_t team_count;
    const char *backfill_id;      /* PROPOSAL, DROPPED, MATCH: the backfill ticket in it; "" when there is none */
    const struct mm_tally *rules; /* PROPOSAL, MATCH */
    size_t rule_count;
    bool accepted;           /* MATCH */
    int64_t at_ms, until_ms; /* PROPOSAL; at_ms also REDRIVEN */
    enum mm_outcome outcome; /* DROPPED */
    json_object *why;        /* WHY */
    const char *why_text;    /* WHY, for encoding: the same as text */
    int64_t offset;          /* DEAD_LETTER: of the queue record; REDRIVEN: where it had stood */
    int64_t attempts;        /* DEAD_LETTER: to handle it; 0 is 1 */
    int64_t ended_ms;        /* ENDED */
    const char *hashes;      /* ENDED: hex */
    void *arrays;            /* of a decoded one: players, teams and rules, in one block */
};

/* What an array or a text is not given for may be NULL. */
void mm_transition_encode(const struct mm_transition *t, struct buf *out);

/*
 * 0, or ERR_INVALID and a sentence: then the whole record it stands in is void. The result borrows from o;
 * mm_transition_clear frees its arrays and nothing else. Texts are never NULL in a decoded one, but a player's team.
 */
int mm_transition_decode(struct mm_transition *t, json_object *o, char error[MM_ERROR_SIZE]);
void mm_transition_clear(struct mm_transition *t); /* safe to repeat */

#endif
