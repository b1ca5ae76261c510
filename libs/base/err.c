#include "err.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

static const struct {
    int code;
    const char *text;
} err_texts[] = {{ERR_OK, "ok"},
#define ERR_ROW(code, value, text) {code, text},
                 ERR_LIST(ERR_ROW)
#undef ERR_ROW
};

const char *err_str(int err)
{
    for (size_t i = 0; i < sizeof(err_texts) / sizeof(err_texts[0]); i++) {
        if (err_texts[i].code == err)
            return err_texts[i].text;
    }
    return "unknown error";
}

void assert_fail(const char *cond, const char *file, int line, const char *func)
{
    (void)fprintf(stderr, "%s:%d: %s: assertion failed: %s\n", file, line, func, cond);
    abort();
}
