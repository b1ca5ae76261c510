/*
 * mm_put.h - internal: members of JSON objects that are being written. key: with what stands before it, such as
 * `,"state":`.
 */
#ifndef MATCHMAKING_MM_PUT_H
#define MATCHMAKING_MM_PUT_H

#include "buf.h"
#include "json.h"

void mm_put_str(struct buf *out, const char *key, const char *value);
void mm_put_opt_str(struct buf *out, const char *key, const char *value); /* nothing for NULL and "" */

/* JSON as text when that is not NULL, else the object's; nothing for NULL and "". */
void mm_put_opt_value(struct buf *out, const char *key, const char *text, json_object *value);

#endif
