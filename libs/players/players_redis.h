/*
 * players_redis.h - what presence.c and tickets.c share. Private to libs/players.
 */
#ifndef PLAYERS_PLAYERS_REDIS_H
#define PLAYERS_PLAYERS_REDIS_H

#include <stdbool.h>
#include <stdint.h>

#include "store.h"

#define PLAYERS_KEY_SIZE    160
#define PLAYERS_NUMBER_SIZE 24
#define PLAYERS_NAME_MAX    128 /* bytes of a name in a key */

/* Write "kind:{name}", a decimal number; return out. */
const char *players_key(char out[PLAYERS_KEY_SIZE], const char *kind, const char *name);
const char *players_number(char out[PLAYERS_NUMBER_SIZE], int64_t n);

bool players_ok(const struct store_reply *r); /* neither lost nor an error */

/* Element i of an array reply as text or number; `otherwise` when there is none. */
const char *players_text(const struct store_reply *r, size_t i, const char *otherwise);
int64_t players_int(const struct store_reply *r, size_t i, int64_t otherwise);

/*
 * Lua's numbers are doubles: above 2^53 they lose digits. So non-negative integers are compared as decimal text, and
 * lists of them member by member: compare(a, b) is below, equal to or above 0.
 */
#define LUA_COMPARE                                                                                                    \
    "local function compare(a, b)\n"                                                                                   \
    "  for i = 1, #a do\n"                                                                                             \
    "    if #a[i] ~= #b[i] then return #a[i] - #b[i] end\n"                                                            \
    "    if a[i] ~= b[i] then return a[i] < b[i] and -1 or 1 end\n"                                                    \
    "  end\n"                                                                                                          \
    "  return 0\n"                                                                                                     \
    "end\n"

#endif
