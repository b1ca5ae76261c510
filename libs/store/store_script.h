/*
 * store_script.h - which scripts a connection has been given. Private to libs/store.
 *
 * A script is sent by SCRIPT LOAD once a connection, then called by its SHA1: commands keep their order, and Redis does
 * not evict it as it may evict what EVAL brought.
 */
#ifndef STORE_STORE_SCRIPT_H
#define STORE_STORE_SCRIPT_H

#include <stdbool.h>
#include <stddef.h>

#include "store.h"

struct script_set {
    const struct store_script **items;
    size_t count;
};

/* True when the script was not in the set yet. */
bool script_set_add(struct script_set *set, const struct store_script *script);
void script_set_clear(struct script_set *set); /* also frees */

/* Fills script->sha unless it is there. */
const char *script_sha(struct store_script *script);

#endif
