/* http_listen.h - a listening TCP socket; for the files of this module only. */
#ifndef HTTP_HTTP_LISTEN_H
#define HTTP_HTTP_LISTEN_H

#include <stdint.h>

/* 0, *fd (non-blocking) and *bound, the port it got; ERR_INVALID (no address), or ERR_SYSTEM, logged. */
int http_listen(const char *address, uint16_t port, int *fd, uint16_t *bound);

#endif
