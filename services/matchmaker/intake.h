/*
 * intake.h - from a queue record to a command, or to the reason why it is a dead letter.
 */
#ifndef MATCHMAKER_INTAKE_H
#define MATCHMAKER_INTAKE_H

#include "bus.h"
#include "id.h"
#include "letter_place.h"
#include "mm_command.h"

/* The strings of a command's headers; the command borrows them. */
struct intake {
    struct mm_command command;
    char type[32], time[40], player_id[ID_PLAYER_MAX + 1], connection_id[ID_CONNECTION_SIZE + 16];
    char request_id[MM_REQUEST_ID_MAX + 1], letter[LETTER_PLACE_SIZE], start_time[40];
};

/*
 * One that was redriven (`gsmctl dlq redrive`) has the headers dlq_letter, "MILLISECONDS-PARTITION-OFFSET": when and where
 * it came to the dead-letter topic; and dlq_start_time, when it came to the queue first.
 */

/* 0, and the command is the caller's to clear; or ERR_INVALID and a sentence: malformed, for the DLQ (PROTOCOLS J12).
 */
int intake_read(struct intake *in, const struct bus_record *r, char error[MM_ERROR_SIZE]);

#endif
