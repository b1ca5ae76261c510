#include "newcomers.h"

#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <uthash.h>
#include <utlist.h>

#include "err.h"
#include "mem.h"

#define KEY_BYTES     16
#define V6_HOST_BYTES 8 /* of an IPv6 address: whoever has one has all of these */

struct newcomers_address {
    unsigned char key[KEY_BYTES];
    size_t count;
    struct newcomer *oldest;
    UT_hash_handle hh;
};

struct newcomers {
    size_t max, address_max, count;
    int64_t fair_ms;
    struct newcomer *oldest;
    struct newcomers_address *addresses;
};

struct newcomers *newcomers_new(size_t max, size_t address_max, int64_t fair_ms)
{
    struct newcomers *n = MEM_NEW(struct newcomers);

    ASSERT(max > 0 && address_max > 0);
    n->max = max;
    n->address_max = address_max;
    n->fair_ms = fair_ms;
    return n;
}

void newcomers_free(struct newcomers **n)
{
    if (*n == NULL)
        return;
    ASSERT((*n)->count == 0 && (*n)->addresses == NULL);
    free(*n);
    *n = NULL;
}

static void key_of(const struct sockaddr *from, unsigned char key[KEY_BYTES])
{
    memset(key, 0, KEY_BYTES);
    if (from->sa_family == AF_INET) {
        const struct sockaddr_in *v4 = (const void *)from;

        key[10] = key[11] = 0xff; /* as ::ffff:a.b.c.d */
        memcpy(key + 12, &v4->sin_addr, sizeof(v4->sin_addr));
    } else if (from->sa_family == AF_INET6) {
        const struct sockaddr_in6 *v6 = (const void *)from;

        memcpy(key, &v6->sin6_addr, IN6_IS_ADDR_V4MAPPED(&v6->sin6_addr) ? KEY_BYTES : KEY_BYTES - V6_HOST_BYTES);
    }
}

static struct newcomers_address *address_get(struct newcomers *n, const struct sockaddr *from)
{
    unsigned char key[KEY_BYTES];
    struct newcomers_address *a;

    key_of(from, key);
    HASH_FIND(hh, n->addresses, key, KEY_BYTES, a);
    if (a == NULL) {
        a = MEM_NEW(struct newcomers_address);
        memcpy(a->key, key, KEY_BYTES);
        HASH_ADD(hh, n->addresses, key, KEY_BYTES, a);
    }
    return a;
}

static void link_in(struct newcomers *n, struct newcomers_address *a, struct newcomer *e, int64_t now_ms)
{
    e->address = a;
    e->since_ms = now_ms;
    DL_APPEND(n->oldest, e);
    DL_APPEND2(a->oldest, e, address_prev, address_next);
    n->count++;
    a->count++;
}

static void unlink_from(struct newcomers *n, struct newcomer *e)
{
    struct newcomers_address *a = e->address;

    DL_DELETE(n->oldest, e);
    DL_DELETE2(a->oldest, e, address_prev, address_next);
    e->address = NULL;
    n->count--;
    a->count--;
}

static void address_put(struct newcomers *n, struct newcomers_address *a)
{
    if (a->count > 0)
        return;
    HASH_DELETE(hh, n->addresses, a);
    free(a);
}

/* Who gives way to one more of this address; NULL: nobody. */
static struct newcomer *give_way(const struct newcomers *n, const struct newcomers_address *a, int64_t now_ms)
{
    struct newcomer *out = NULL;

    if (a->count >= n->address_max)
        out = a->oldest;
    else if (n->count >= n->max)
        out = n->oldest;
    return out != NULL && now_ms - out->since_ms >= n->fair_ms ? out : NULL;
}

struct newcomer *newcomers_add(struct newcomers *n, struct newcomer *e, const struct sockaddr *from, int64_t now_ms)
{
    struct newcomers_address *a = address_get(n, from);
    struct newcomer *out = give_way(n, a, now_ms);

    ASSERT(e->address == NULL);
    link_in(n, a, e, now_ms);
    if (out != NULL)
        newcomers_remove(n, out);
    return out;
}

void newcomers_remove(struct newcomers *n, struct newcomer *e)
{
    struct newcomers_address *a = e->address;

    if (a == NULL)
        return;
    unlink_from(n, e);
    address_put(n, a);
}

void newcomers_again(struct newcomers *n, struct newcomer *e, int64_t now_ms)
{
    struct newcomers_address *a = e->address;

    if (a == NULL)
        return;
    unlink_from(n, e);
    link_in(n, a, e, now_ms);
}

struct newcomer *newcomers_overdue(const struct newcomers *n, int64_t now_ms, int64_t max_ms)
{
    return n->oldest != NULL && now_ms - n->oldest->since_ms > max_ms ? n->oldest : NULL;
}
