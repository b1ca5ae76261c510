/*
 * generation_keys.h - where the generation stands in Redis (generation.h). Pure. Private to libs/players.
 *
 * One key on a single server. In a cluster so many, spread over the slots, that any GENERATION_RUN slots in a row have
 * one: a server that has that many cannot be emptied without losing some, whatever was moved where before.
 */
#ifndef PLAYERS_GENERATION_KEYS_H
#define PLAYERS_GENERATION_KEYS_H

#include <stdbool.h>
#include <stddef.h>

#include "store.h"

#define GENERATION_KEYS     256
#define GENERATION_KEY_SIZE 24
#define GENERATION_RUN      (2 * STORE_SLOTS / GENERATION_KEYS - 1)

/* Writes the keys in the order of their slots; returns how many: 1 or GENERATION_KEYS. */
size_t generation_keys(bool cluster, char out[GENERATION_KEYS][GENERATION_KEY_SIZE]);

#endif
