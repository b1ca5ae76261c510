/*
 * dlq.h - `gsmctl dlq list|show|redrive|purge`: dead letters, seen and sent again.
 *
 * Progress  A letter leaves its topic when it is safe where it was sent: the log's start moves behind it. So whatever
 *           ends a redrive, the next one goes on where it was; what had been sent and not yet deleted is sent twice,
 *           and is known as a repeat by who reads it (letter.h). Two at once do each other no harm.
 * Stays     a letter that cannot be sent is put at the end of its topic again, and told.
 * Exit      0 done, 1 it failed, 2 wrong arguments, 130 Ctrl-C.
 */
#ifndef GSMCTL_DLQ_H
#define GSMCTL_DLQ_H

#include "bus.h"

int dlq_list(int argc, char **argv);
int dlq_show(int argc, char **argv);
int dlq_redrive(int argc, char **argv);
int dlq_purge(int argc, char **argv);

/* ---- shared by the files of the verbs ---- */

#define DLQ_INTERRUPTED 130

/* The dead-letter topics of the table, ended by TOPIC_COUNT. */
extern const enum topic_id dlq_topics[];

/* Takes the first word that is no flag, before all flags, out of argv; NULL: there is none. */
const char *dlq_take_word(int *argc, char **argv);

/* A dead-letter topic's name; 0, or the exit status 2, after a sentence on stderr that names those there are. */
int dlq_topic(const char *verb, const char *name, enum topic_id *out);

#endif
