/*
 * utf8.h - UTF-8 by RFC 3629: no overlong forms, no surrogates, nothing above U+10FFFF. Pure.
 */
#ifndef BASE_UTF8_H
#define BASE_UTF8_H

#include <stddef.h>
#include <stdint.h>

/* How many bytes of text, from its start, are whole valid characters; len when all of it is. */
size_t utf8_prefix(const char *text, size_t len);

/* Writes one character (not a surrogate, at most U+10FFFF) and returns its bytes, 1 to 4. No NUL is added. */
size_t utf8_encode(uint32_t code, char out[4]);

#endif
