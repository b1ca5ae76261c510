#include "bookmark.h"

#include <stdio.h>
#include <string.h>

#include "err.h"

#define PREFIX "generation:"

const char *bookmark_format(const struct bookmark *b, char out[BOOKMARK_SIZE])
{
    size_t len = 0;

    if (b->generation[0] != '\0')
        len = (size_t)snprintf(out, BOOKMARK_SIZE, PREFIX "%s ", b->generation);
    (void)event_seen_format(&b->seen, out + len, BOOKMARK_SIZE - len);
    return out;
}

int bookmark_parse(struct bookmark *b, const char *text)
{
    int rc;

    memset(b, 0, sizeof(*b));
    if (strncmp(text, PREFIX, strlen(PREFIX)) != 0)
        return event_seen_parse(&b->seen, text);
    text += strlen(PREFIX);
    if (strcspn(text, " ") != GENERATION_SIZE - 1 || text[GENERATION_SIZE - 1] != ' ')
        return ERR_INVALID;
    rc = event_seen_parse(&b->seen, text + GENERATION_SIZE);
    if (rc == 0)
        memcpy(b->generation, text, GENERATION_SIZE - 1);
    return rc;
}
