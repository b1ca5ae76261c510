#include "letter_place.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "decimal.h"
#include "err.h"

enum { FIELD_COUNT = 3 };

const char *letter_place_format(const struct letter_place *p, char out[LETTER_PLACE_SIZE])
{
    (void)snprintf(out, LETTER_PLACE_SIZE, "%" PRId64 "-%" PRId32 "-%" PRId64, p->time_ms, p->partition, p->offset);
    return out;
}

int letter_place_parse(const char *text, struct letter_place *out)
{
    static const int64_t max[FIELD_COUNT] = {INT64_MAX, INT32_MAX, INT64_MAX};
    const char *at = text, *end = text + strlen(text);
    int64_t field[FIELD_COUNT];

    for (int i = 0; i < FIELD_COUNT; i++) {
        if (i > 0 && *at++ != '-')
            return ERR_INVALID;
        at = decimal_read(at, end, max[i], &field[i]);
        if (at == NULL)
            return ERR_INVALID;
    }
    if (at != end || field[0] == 0)
        return ERR_INVALID;
    *out = (struct letter_place){field[0], (int32_t)field[1], field[2]};
    return 0;
}
