#include "mm_put.h"

#include <string.h>

void mm_put_str(struct buf *out, const char *key, const char *value)
{
    buf_str(out, key);
    buf_json_cstr(out, value);
}

void mm_put_opt_str(struct buf *out, const char *key, const char *value)
{
    if (value != NULL && value[0] != '\0')
        mm_put_str(out, key, value);
}

void mm_put_opt_value(struct buf *out, const char *key, const char *text, json_object *value)
{
    size_t len = text != NULL ? strlen(text) : 0;

    if (value != NULL && text == NULL)
        text = json_text(value, &len);
    if (len == 0)
        return;
    buf_str(out, key);
    buf_append(out, text, len);
}
