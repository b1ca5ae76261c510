/*
 * intake.h - from a queue record to a command, or to the reason why it is a dead letter.
 */
#ifndef MATCHMAKER_INTAKE_H
#define MATCHMAKER_INTAKE_H

#include "bus.h"
#include "id.h"
#include "mm_command.h"

/* The strings of a command's headers; the command borrows them. */
struct intake {
    struct mm_command command;
    char type[32], time[40], player_id[ID_PLAYER_MAX + 1], connection_id[ID_CONNECTION_SIZE + 16];
    char request_id[MM_REQUEST_ID_MAX + 1];
    char redrives[24], start_time[40], old_time[40], old_offset[24];
};

/*
 * One that has the header dlq_redrives came out of the dead letters (`gsmctl dlq redrive`): dlq_start_time is when it
 * came to the queue first, dlq_source_offset and dlq_source_time where it stood here before, and since when.
 */

/* 0, and the command is the caller's to clear; or ERR_INVALID and a sentence: malformed, for the DLQ (PROTOCOLS J12).
 */
int intake_read(struct intake *in, const struct bus_record *r, char error[MM_ERROR_SIZE]);

#endif
