#include "decimal.h"

#include <stddef.h>

const char *decimal_read(const char *at, const char *end, int64_t max, int64_t *out)
{
    const char *first = at;
    int64_t value = 0;

    for (; at < end && *at >= '0' && *at <= '9'; at++) {
        int digit = *at - '0';

        if (value > (max - digit) / 10)
            return NULL;
        value = value * 10 + digit;
    }
    if (at == first || (*first == '0' && at - first > 1))
        return NULL;
    *out = value;
    return at;
}
