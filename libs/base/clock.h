/*
 * clock.h - the two clocks, and RFC 3339 text. Durations come from the monotonic clock only; wall time is for
 * people and for other machines. Pure modules take the time as an argument instead of calling these.
 */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stddef.h>
#include <stdint.h>

int64_t clock_mono_us(void);
int64_t clock_mono_ms(void);
int64_t clock_wall_ms(void); /* milliseconds since the Unix epoch */

#define CLOCK_RFC3339_SIZE 32 /* room for any year */
#define CLOCK_RFC3339_LEN  24 /* of a year of four digits */

/* Writes "2026-01-02T03:04:05.678Z" (UTC, always milliseconds) and returns out. */
const char *clock_rfc3339(int64_t wall_ms, char out[CLOCK_RFC3339_SIZE]);

/* Reads what clock_rfc3339 writes; 0 and *wall_ms, or ERR_INVALID. */
int clock_rfc3339_parse(const char *text, int64_t *wall_ms);

#endif
