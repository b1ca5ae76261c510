/*
 * sim_cell.h - a cell of a players file as the attribute value that it says. Pure.
 *
 *   string: as it is   number: 1500   string_list: a;b;c   string_number_map: k=1;m=2.5
 */
#ifndef GSMCTL_SIM_CELL_H
#define GSMCTL_SIM_CELL_H

#include "json.h"
#include "sim_rules.h"

/* 0 and *out, which the caller puts; or ERR_INVALID and a sentence that begins with `where`. FlexMatch's limits hold. */
int sim_cell_read(json_object **out, enum mm_attribute_type type, const char *cell, const char *where,
                  char error[SIM_ERROR_SIZE]);

#endif
