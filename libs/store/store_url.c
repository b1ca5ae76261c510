/* store_url.c - see store_url.h. */
#include "store_url.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "err.h"
#include "store.h"

#define SCHEME         "redis://"
#define CLUSTER_SCHEME "redis+cluster://"
#define DB_MAX         9999
#define PORT_MAX       65535
#define DIGITS         "0123456789"

static int hex_digit(char c)
{
    if (isdigit((unsigned char)c))
        return c - '0';
    return isxdigit((unsigned char)c) ? tolower((unsigned char)c) - 'a' + 10 : -1;
}

/* A sentence, or NULL when text[0..len) was decoded into out. */
static const char *decode(const char *text, size_t len, char *out, size_t out_size)
{
    size_t n = 0;

    for (size_t i = 0; i < len; i++) {
        char c = text[i];

        if (c == '%') {
            int high = len - i < 3 ? -1 : hex_digit(text[i + 1]), low = high < 0 ? -1 : hex_digit(text[i + 2]);

            if (high < 0 || low < 0)
                return "has a % without two hexadecimal digits in the user or password";
            c = (char)(high * 16 + low);
            i += 2;
        }
        if (c == '\0' || n + 1 == out_size)
            return "has a user or password that is too long or has a NUL";
        out[n++] = c;
    }
    out[n] = '\0';
    return NULL;
}

/* Takes "user:password@" off *rest. */
static const char *parse_user(const char **rest, struct store_url *u)
{
    const char *start = *rest, *at = strrchr(start, '@'), *colon, *fault;

    if (at == NULL)
        return NULL;
    colon = memchr(start, ':', (size_t)(at - start));
    if (colon == NULL)
        return "needs user:password before the @ (:password is enough)";
    *rest = at + 1;
    fault = decode(start, (size_t)(colon - start), u->user, sizeof(u->user));
    return fault != NULL ? fault : decode(colon + 1, (size_t)(at - colon - 1), u->password, sizeof(u->password));
}

bool store_address_set(struct store_address *a, const char *host, size_t host_len, int port)
{
    unsigned char bytes[sizeof(struct in6_addr)];

    if (host_len >= sizeof(a->host) || port < 1 || port > PORT_MAX)
        return false;
    memcpy(a->host, host, host_len);
    a->host[host_len] = '\0';
    a->port = port;
    return inet_pton(AF_INET, a->host, bytes) == 1 || inet_pton(AF_INET6, a->host, bytes) == 1;
}

bool store_address_same(const struct store_address *a, const struct store_address *b)
{
    return a->port == b->port && strcmp(a->host, b->host) == 0;
}

static const char *parse_host(const char **rest, struct store_address *a)
{
    bool brackets = **rest == '[';
    const char *start = *rest + brackets;
    size_t len = strcspn(start, brackets ? "]" : ":/,");

    if (brackets && start[len] != ']')
        return "has no valid host";
    *rest = start + len + brackets;
    if (!brackets && len == strlen("localhost") && memcmp(start, "localhost", len) == 0) {
        start = "127.0.0.1";
        len = strlen(start);
    }
    if (!store_address_set(a, start, len, PORT_MAX) || brackets != (strchr(a->host, ':') != NULL))
        return "needs an address as host: 127.0.0.1, [::1] or localhost (names are not looked up)";
    return NULL;
}

static bool parse_number(const char **rest, long min, long max, int *out)
{
    size_t len = strspn(*rest, DIGITS);
    long value = strtol(*rest, NULL, 10);

    if (len == 0 || len > 5 || value < min || value > max)
        return false;
    *rest += len;
    *out = (int)value;
    return true;
}

static const char *parse_address(const char **rest, struct store_address *a)
{
    const char *fault = parse_host(rest, a);

    if (fault != NULL)
        return fault;
    return *(*rest)++ == ':' && parse_number(rest, 1, PORT_MAX, &a->port)
               ? NULL
               : "needs a port from 1 to 65535 after the host";
}

static const char *parse_addresses(const char **rest, struct store_url *u)
{
    const char *fault = parse_address(rest, &u->addresses[u->address_count++]);

    while (fault == NULL && u->cluster && **rest == ',') {
        (*rest)++;
        if (u->address_count == STORE_SEEDS_MAX)
            return "names too many nodes: 16 are enough";
        fault = parse_address(rest, &u->addresses[u->address_count++]);
    }
    return fault;
}

static const char *parse_db(const char **rest, struct store_url *u)
{
    if (**rest == '/' && (*rest)[1] != '\0') {
        (*rest)++;
        if (!parse_number(rest, 0, DB_MAX, &u->db))
            return "needs a database number after the port's /";
    } else if (**rest == '/') {
        (*rest)++;
    }
    if (u->cluster && u->db != 0)
        return "names a database that a cluster has not: there is only 0";
    return **rest == '\0' ? NULL : "has something after its end";
}

static const char *parse(const char *url, struct store_url *u)
{
    const char *rest = url, *fault;

    if (strncmp(url, "rediss", strlen("rediss")) == 0)
        return "asks for TLS, which needs a proxy on this machine: give the proxy's redis:// address";
    u->cluster = strncmp(url, CLUSTER_SCHEME, strlen(CLUSTER_SCHEME)) == 0;
    if (!u->cluster && strncmp(url, SCHEME, strlen(SCHEME)) != 0)
        return "does not begin with " SCHEME " or " CLUSTER_SCHEME;
    rest += strlen(u->cluster ? CLUSTER_SCHEME : SCHEME);
    fault = parse_user(&rest, u);
    if (fault == NULL)
        fault = parse_addresses(&rest, u);
    return fault != NULL ? fault : parse_db(&rest, u);
}

int store_url_parse(const char *url, struct store_url *out, char *error, size_t error_size)
{
    const char *fault;

    memset(out, 0, sizeof(*out));
    fault = parse(url, out);
    if (fault == NULL)
        return 0;
    (void)snprintf(error, error_size, "the Redis URL %s", fault);
    return ERR_INVALID;
}

int store_url_check(const char *url, char *error, size_t error_size)
{
    struct store_url parsed;

    return store_url_parse(url, &parsed, error, error_size);
}
