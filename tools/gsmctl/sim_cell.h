/*
 * sim_cell.h - a cell of a players file as the attribute value that it says. Pure.
 *
 *   string: as it is   number: 1500   string_list: a;b;c   string_number_map: k=1;m=2.5
 */
#ifndef GSMCTL_SIM_CELL_H
#define GSMCTL_SIM_CELL_H

#include "buf.h"
#include "json.h"
#include "sim_rules.h"

/* Appends the value as JSON; false: it is none, and something may have been appended. */
bool sim_cell_write(struct buf *out, enum mm_attribute_type type, const char *cell);

/* 0, or ERR_INVALID and a sentence that begins with `where`: it is no such value, or beyond FlexMatch's limits. */
int sim_cell_check(enum mm_attribute_type type, const char *cell, const char *where, char error[SIM_ERROR_SIZE]);

#endif
