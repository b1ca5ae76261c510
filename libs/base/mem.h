/*
 * mem.h - allocation that cannot fail: out of memory ends the process with a log line, so that no caller carries
 * a path nobody tests. Free with free(). Zero-length requests return a unique pointer.
 */
#ifndef BASE_MEM_H
#define BASE_MEM_H

#include <stddef.h>

void *mem_alloc(size_t size);                            /* zeroed */
void *mem_realloc(void *old, size_t count, size_t size); /* new bytes are not zeroed; overflow of count*size aborts */
char *mem_strdup(const char *text);                      /* NULL gives NULL */
char *mem_strndup(const char *text, size_t len);         /* copies len bytes, adds a NUL */
void *mem_dup(const void *data, size_t len);             /* copies len bytes, adds a NUL for convenience */

#define MEM_NEW(type) ((type *)mem_alloc(sizeof(type)))

#endif
