/*
 * mm_command.h - what players and game servers ask of the matchmaker, as values of game-matchmaking-queue. Pure.
 *
 * The value is the JSON that the AWS call would carry; what the call's caller identity would be is in record headers:
 *   ce_type        one of the names below
 *   ce_time        when it was issued (RFC 3339)
 *   player_id      the authenticated player who asks; absent: a game server does
 *   connection_id, request_id   where the answer goes (request_id: the client's own JSON value, as text; may be absent)
 * StartMatchmaking {"ConfigurationName","TicketId","Players":[{"PlayerId","PlayerAttributes"?,"LatencyInMs"?:{}}]},
 *                  PlayerAttributes: {name:{"N":1}|{"S":""}|{"SL":[]}|{"SDM":{}}}
 * StopMatchmaking  {"TicketId"}
 * AcceptMatch      {"TicketId","PlayerIds":[..],"AcceptanceType":"ACCEPT"|"REJECT","MatchId"?}; MatchId is ours: only
 *                  that proposal is answered
 * StartMatchBackfill {"ConfigurationName","TicketId","GameSessionArn"?,"Players":[as above, and "Team"]}
 * DescribeMatchmaking {"TicketIds":["T"]} asks why the ticket waits (ours, on this topic)
 * PlayerLeft       {"TicketId","PlayerId","ConnectionId"} (ours)
 */
#ifndef MATCHMAKING_MM_COMMAND_H
#define MATCHMAKING_MM_COMMAND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "buf.h"
#include "json.h"
#include "mm_catalog.h"

enum mm_command_type { MM_START, MM_STOP, MM_LEFT, MM_ACCEPT, MM_BACKFILL, MM_DESCRIBE, MM_COMMAND_TYPES };
extern const char *const mm_command_names[MM_COMMAND_TYPES]; /* ce_type */

#define MM_COMMAND_MAX_BYTES    262144 /* at the door and at intake (PROTOCOLS J5) */
#define MM_TICKET_PLAYERS_MAX   10
#define MM_BACKFILL_PLAYERS_MAX 199
#define MM_ATTRIBUTES_MAX       10
#define MM_REQUEST_ID_MAX       256
#define MM_GAME_SESSION_MAX     256

struct mm_issuer { /* all borrowed; "" when absent, never NULL */
    const char *player_id, *connection_id, *request_id;
};

struct mm_player {
    const char *id;
    json_object *attributes; /* AWS shape, or NULL */
    json_object *latency_ms; /* location -> ms, or NULL */
    const char *team;        /* of a player who is in the game already (backfill), or NULL */
};

struct mm_origin {           /* where a redriven command stood in the queue before, and since when */
    int64_t offset, time_ms; /* time_ms 0: it was not redriven */
};

struct mm_command {
    enum mm_command_type type;
    const char *ticket_id;
    const char *configuration; /* MM_START and MM_BACKFILL, else "" */
    const struct mm_player
        *players; /* MM_START, MM_BACKFILL: all. Ids only: MM_LEFT: who left; MM_ACCEPT: who answer */
    size_t player_count;
    bool accepts;             /* MM_ACCEPT: else they reject */
    const char *match_id;     /* MM_ACCEPT; "" when whatever is proposed is meant */
    const char *game_session; /* MM_BACKFILL; "" when it is not named */
    struct mm_issuer issuer;
    int64_t issued_ms; /* ce_time; 0 when absent */
    int64_t start_ms;  /* the ticket's start: the command's append time (PROTOCOLS J10); of a redriven one, the first */
    int64_t since_ms;  /* of a redriven one its append time: what the ticket's time-out counts from; 0: start_ms */
    struct mm_origin origin;
    json_object *root; /* owned; what the fields above point into */
    void *arrays;      /* owned: of a parsed one, the players */
};

/*
 * Reads a value; members that are not listed above are refused. type_name: the ce_type header. issued_ms, start_ms and
 * issuer (of which MM_LEFT has the connection, from the value) are the caller's to set after. 0, or ERR_INVALID and a
 * sentence (path, what was found, what is allowed): such a record is malformed and belongs in the DLQ. Checks shapes
 * and limits, not whether configurations or tickets exist.
 */
int mm_command_parse(struct mm_command *out, const char *type_name, const char *value, size_t len,
                     char error[MM_ERROR_SIZE]);
void mm_command_clear(struct mm_command *c); /* releases what it owns; safe to repeat */

/* Appends the value. Uses what the type has, and for MM_LEFT issuer.connection_id. Texts may be NULL for "". */
void mm_command_encode(const struct mm_command *c, struct buf *out);

/*
 * Plain attributes ({"skill":1500,"roles":["tank"]}) in the AWS shape ({"skill":{"N":1500},...}), FlexMatch's limits
 * checked: at most 10 attributes, strings 1..100 characters, lists at most 100, maps at most 10, finite numbers. 0 and
 * *out (the caller puts it), or ERR_INVALID and a sentence that begins with the path of what is wrong.
 */
int mm_attributes_from_plain(json_object *plain, const char *path, json_object **out, char error[MM_ERROR_SIZE]);
/* {"eu-west-1":40}: at most 32 locations, 1..100 bytes, integers 1..100000; the same value is used in the command. */
int mm_latency_check(json_object *latency_ms, const char *path, char error[MM_ERROR_SIZE]);

#endif
