/*
 * file.h - a whole text file in memory. Blocks: for start-up and for tools, not for a loop.
 */
#ifndef BASE_FILE_H
#define BASE_FILE_H

#include <stddef.h>

/*
 * The content with a NUL behind it, and its length: the caller frees. NULL: a sentence in error that names the file (it
 * is not there, is not readable, has a NUL byte or more than max_bytes).
 */
char *file_read(const char *path, size_t max_bytes, size_t *len, char *error, size_t error_size);

/* Writes it anew. 0, or ERR_SYSTEM and a sentence. */
int file_write(const char *path, const char *data, size_t len, char *error, size_t error_size);

#endif
