/*
 * store_url.h - what REDIS_URL says (store.h). Private to libs/store.
 *
 * user and password are percent-decoded. "localhost" becomes 127.0.0.1, so that no look-up ever blocks the loop.
 */
#ifndef STORE_STORE_URL_H
#define STORE_STORE_URL_H

#include <stdbool.h>
#include <stddef.h>

#define STORE_SEEDS_MAX 16

struct store_address {
    char host[46]; /* an IPv4 or IPv6 literal, without brackets */
    int port;
};

struct store_url {
    bool cluster;
    struct store_address addresses[STORE_SEEDS_MAX]; /* of a cluster: some nodes of it; else one */
    size_t address_count;
    int db;
    char user[128], password[512]; /* "": none */
};

/* 0, or ERR_INVALID and a sentence that never shows user or password. */
int store_url_parse(const char *url, struct store_url *out, char *error, size_t error_size);

/* False: the host is no literal, or too long, or the port is none. */
bool store_address_set(struct store_address *a, const char *host, size_t host_len, int port);
bool store_address_same(const struct store_address *a, const struct store_address *b);

#endif
