/* store_redirect.c - see store_redirect.h. */
#include "store_redirect.h"

#include <stdlib.h>
#include <string.h>

static const struct {
    const char *word;
    enum store_redirect_kind kind;
} words[] = {
    {"MOVED ", REDIRECT_MOVED},
    {"ASK ", REDIRECT_ASK},
    {"TRYAGAIN ", REDIRECT_AGAIN},
    {"CLUSTERDOWN Hash slot not served", REDIRECT_AGAIN},
};

/* "3999 127.0.0.1:6381", "3999 ::1:6381", "3999 :6381" */
static bool parse_target(const char *text, const struct store_address *from, struct store_address *to)
{
    const char *host = strchr(text, ' '), *colon = strrchr(text, ':');
    long port;
    char *end;

    if (host == NULL || colon == NULL || colon <= host)
        return false;
    host++;
    port = strtol(colon + 1, &end, 10);
    if (end == colon + 1 || *end != '\0' || port > 65535)
        return false;
    if (host == colon)
        return store_address_set(to, from->host, strlen(from->host), (int)port);
    return store_address_set(to, host, (size_t)(colon - host), (int)port);
}

struct store_redirect store_redirect_parse(const char *error, const struct store_address *from)
{
    struct store_redirect r = {.kind = REDIRECT_NONE};

    for (size_t i = 0; error != NULL && i < sizeof(words) / sizeof(words[0]); i++) {
        if (strncmp(error, words[i].word, strlen(words[i].word)) != 0)
            continue;
        if (words[i].kind == REDIRECT_AGAIN || parse_target(error + strlen(words[i].word), from, &r.to))
            r.kind = words[i].kind;
        return r;
    }
    return r;
}
