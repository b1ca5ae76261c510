/* target.h - the gateways to connect to, from ws://ADDRESS:PORT[/PATH],... Pure. */
#ifndef PLAYERS_TARGET_H
#define PLAYERS_TARGET_H

#include <stddef.h>

struct target {
    char host[64]; /* an address: look-ups would block the loop */
    char path[256];
    int port;
};

struct targets {
    struct target *list; /* owned */
    size_t count;
};

/* 0, or ERR_INVALID and a sentence in error. "localhost" becomes 127.0.0.1. */
int targets_parse(struct targets *out, const char *urls, char *error, size_t error_size);
void targets_free(struct targets *t);

#endif
