/*
 * http_get.h - one GET by HTTP/1.1, for tools: it blocks.
 */
#ifndef GSMCTL_HTTP_GET_H
#define GSMCTL_HTTP_GET_H

#include <stddef.h>

#include "buf.h"

#define HTTP_GET_TIMEOUT_S 10

/*
 * url: http://HOST[:PORT]PATH, as the daemons' internal HTTP takes it. The status, with the body in *body (the caller
 * frees it); or -1 and a sentence.
 */
int http_get(const char *url, struct buf *body, char *error, size_t error_size);

#endif
