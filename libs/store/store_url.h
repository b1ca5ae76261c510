/*
 * store_url.h - redis://[user:password@]host:port[/db] taken apart. Private to libs/store.
 *
 * user and password are percent-decoded. "localhost" becomes 127.0.0.1, so that no look-up ever blocks the loop.
 */
#ifndef STORE_STORE_URL_H
#define STORE_STORE_URL_H

#include <stddef.h>

struct store_address {
    char host[46]; /* an IPv4 or IPv6 literal, without brackets */
    int port;
};

struct store_url {
    struct store_address address;
    int db;
    char user[128], password[512]; /* "": none */
};

/* 0, or ERR_INVALID and a sentence that never shows user or password. */
int store_url_parse(const char *url, struct store_url *out, char *error, size_t error_size);

#endif
