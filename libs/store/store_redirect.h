/*
 * store_redirect.h - what a node of a cluster says instead of doing a command. Pure. Private to libs/store.
 */
#ifndef STORE_STORE_REDIRECT_H
#define STORE_STORE_REDIRECT_H

#include "store_url.h"

enum store_redirect_kind {
    REDIRECT_NONE,  /* an ordinary error, or one that cannot be read */
    REDIRECT_MOVED, /* the slot is the other node's from now on */
    REDIRECT_ASK,   /* this once; the slot is on its way there */
    REDIRECT_AGAIN, /* nobody can do it now: some of its keys are on their way, or the slot is nobody's */
};

struct store_redirect {
    enum store_redirect_kind kind;
    struct store_address to; /* MOVED and ASK */
};

/* error: of a reply, or NULL. `from` said it: it may leave out its own host. */
struct store_redirect store_redirect_parse(const char *error, const struct store_address *from);

#endif
