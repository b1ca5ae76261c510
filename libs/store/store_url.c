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

#define SCHEME "redis://"
#define DB_MAX 9999
#define DIGITS "0123456789"

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

static const char *parse_host(const char **rest, struct store_address *a)
{
    unsigned char address[sizeof(struct in6_addr)];
    bool brackets = **rest == '[';
    const char *start = *rest + brackets;
    size_t len = strcspn(start, brackets ? "]" : ":/");

    if (len >= sizeof(a->host) || (brackets && start[len] != ']'))
        return "has no valid host";
    memcpy(a->host, start, len);
    a->host[len] = '\0';
    *rest = start + len + brackets;
    if (!brackets && strcmp(a->host, "localhost") == 0)
        memcpy(a->host, "127.0.0.1", sizeof("127.0.0.1"));
    if (inet_pton(brackets ? AF_INET6 : AF_INET, a->host, address) != 1)
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

static const char *parse_port_and_db(const char **rest, struct store_url *u)
{
    if (*(*rest)++ != ':' || !parse_number(rest, 1, 65535, &u->address.port))
        return "needs a port from 1 to 65535 after the host";
    if (**rest == '/' && (*rest)[1] != '\0') {
        (*rest)++;
        if (!parse_number(rest, 0, DB_MAX, &u->db))
            return "needs a database number after the port's /";
    } else if (**rest == '/') {
        (*rest)++;
    }
    return **rest == '\0' ? NULL : "has something after its end";
}

static const char *parse(const char *url, struct store_url *u)
{
    const char *rest = url + strlen(SCHEME), *fault;

    if (strncmp(url, "rediss://", strlen("rediss://")) == 0)
        return "asks for TLS, which needs a proxy on this machine: give the proxy's redis:// address";
    if (strncmp(url, SCHEME, strlen(SCHEME)) != 0)
        return "does not begin with " SCHEME;
    fault = parse_user(&rest, u);
    if (fault == NULL)
        fault = parse_host(&rest, &u->address);
    return fault != NULL ? fault : parse_port_and_db(&rest, u);
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
