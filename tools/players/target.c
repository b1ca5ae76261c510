#include "target.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "err.h"
#include "mem.h"

static int parse_one(struct target *t, const char *url)
{
    snprintf(t->path, sizeof(t->path), "/");
    if (sscanf(url, "ws://%63[0-9a-zA-Z.]:%5d%255s", t->host, &t->port, t->path) < 2)
        return ERR_INVALID;
    if (strcmp(t->host, "localhost") == 0)
        snprintf(t->host, sizeof(t->host), "127.0.0.1");
    return t->port > 0 && t->port < 65536 && t->path[0] == '/' && strchr(t->path, '?') == NULL ? 0 : ERR_INVALID;
}

int targets_parse(struct targets *out, const char *urls, char *error, size_t error_size)
{
    char *copy = mem_strdup(urls);
    char *rest = copy;
    int rc = 0;

    *out = (struct targets){0};
    for (char *url = strsep(&rest, ","); url != NULL && rc == 0; url = strsep(&rest, ",")) {
        out->list = mem_realloc(out->list, out->count + 1, sizeof(*out->list));
        rc = parse_one(&out->list[out->count++], url);
        if (rc != 0)
            snprintf(error, error_size, "url: \"%s\" must be ws://ADDRESS:PORT[/PATH]", url);
    }
    free(copy);
    if (rc != 0)
        targets_free(out);
    return rc;
}

void targets_free(struct targets *t)
{
    free(t->list);
    *t = (struct targets){0};
}
