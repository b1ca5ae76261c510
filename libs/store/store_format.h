/*
 * store_format.h - commands in Redis' protocol. Private to libs/store.
 *
 * The caller frees what is returned; *len are its bytes. lens NULL: NUL-terminated strings.
 */
#ifndef STORE_STORE_FORMAT_H
#define STORE_STORE_FORMAT_H

#include "store.h"

char *store_format(int argc, const char *const *argv, const size_t *lens, size_t *len);
/* EVALSHA; argv: keys, then arguments. */
char *store_format_script(struct store_script *script, int key_count, int argc, const char *const *argv,
                          const size_t *lens, size_t *len);

#endif
