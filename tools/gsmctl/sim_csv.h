/*
 * sim_csv.h - one line of comma separated values (RFC 4180, without line breaks inside quotes). Pure.
 */
#ifndef GSMCTL_SIM_CSV_H
#define GSMCTL_SIM_CSV_H

#include <stdbool.h>
#include <stddef.h>

#include "buf.h"

#define SIM_CSV_COLUMNS_MAX 64

/* Takes line apart in place. NULL and cells[0 .. *count), or what is wrong with it. */
const char *sim_csv_split(char *line, const char *cells[SIM_CSV_COLUMNS_MAX], size_t *count);

/* Cuts the first line off *text, without its line end; NULL: there was none left. */
char *sim_csv_line(char **text);

void sim_csv_append(struct buf *out, const char *cell); /* quoted where it must be; no comma */

#endif
