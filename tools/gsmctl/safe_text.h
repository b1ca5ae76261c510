/*
 * safe_text.h - strangers' bytes for a terminal: nothing that it would obey, and nothing that reads as something else.
 * Pure.
 *
 * Control characters (also DEL, C1, and those that turn the direction of writing or are not seen) and bytes that are
 * not UTF-8 come as \xNN or \u{N}, a backslash doubled, so that what is printed says exactly what was there.
 */
#ifndef GSMCTL_SAFE_TEXT_H
#define GSMCTL_SAFE_TEXT_H

#include <stddef.h>

#include "buf.h"

/* One line; of more than max bytes the first ones, and how many more there are. */
void safe_text_line(struct buf *out, const void *data, size_t len, size_t max);

/* Valid JSON, UTF-8 and its control characters escaped, as JSON has it: what is left above ASCII is escaped, too. */
void safe_text_json(struct buf *out, const char *json);

/* A message's body in lines: JSON laid out; other text as one line; else a hex dump. Bounded as above. Ends its last
 * line. */
void safe_text_body(struct buf *out, const void *data, size_t len);

#endif
