#include "safe_text.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "json.h"
#include "utf8.h"

#define TEXT_MAX 4096 /* bytes of a body that is no JSON */
#define HEX_MAX  1024
#define HEX_ROW  16

struct range {
    uint32_t first, last;
};

static uint32_t code_of(const char *text, size_t len)
{
    static const uint32_t first_bits[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
    uint32_t code = (unsigned char)text[0] & first_bits[len];

    for (size_t i = 1; i < len; i++)
        code = code << 6 | ((unsigned char)text[i] & 0x3f);
    return code;
}

static bool is_shown(uint32_t code)
{
    static const struct range hidden[] = {
        {0, 0x1f},        {0x7f, 0x9f},     {0xad, 0xad},     {0x61c, 0x61c},      {0x200b, 0x200f},
        {0x2028, 0x202e}, {0x2060, 0x206f}, {0xfeff, 0xfeff}, {0xfff9, 0xfffb},    {0xe0000, 0xe0fff},
        {0xfdd0, 0xfdef}, {0xfffe, 0xffff}, {0xe000, 0xf8ff}, {0xf0000, 0x10ffff},
    };

    for (size_t i = 0; i < sizeof(hidden) / sizeof(hidden[0]); i++) {
        if (code >= hidden[i].first && code <= hidden[i].last)
            return false;
    }
    return true;
}

/* Of the character that begins there; 0: it is none. */
static size_t char_len(const char *text, size_t left)
{
    for (size_t len = 1; len <= 4 && len <= left; len++) {
        if (utf8_prefix(text, len) == len)
            return len;
    }
    return 0;
}

static void put_char(struct buf *out, const char *text, size_t len)
{
    uint32_t code = code_of(text, len);

    if (code == '\\')
        buf_str(out, "\\\\");
    else if (is_shown(code))
        buf_append(out, text, len);
    else if (code < 0x80)
        buf_printf(out, "\\x%02x", code);
    else
        buf_printf(out, "\\u{%x}", code);
}

void safe_text_line(struct buf *out, const void *data, size_t len, size_t max)
{
    const char *text = data;
    size_t at = 0, n;

    while (at < len && at < max) {
        n = char_len(text + at, len - at);
        if (n > 0)
            put_char(out, text + at, n);
        else
            buf_printf(out, "\\x%02x", (unsigned char)text[at]);
        at += n > 0 ? n : 1;
    }
    if (at < len)
        buf_printf(out, "... (%zu bytes more)", len - at);
}

void safe_text_json(struct buf *out, const char *json)
{
    size_t n;

    for (; *json != '\0'; json += n) {
        uint32_t code;

        n = char_len(json, strnlen(json, 4));
        code = code_of(json, n);
        if (code == '\n' || is_shown(code))
            buf_append(out, json, n);
        else if (code < 0x10000)
            buf_printf(out, "\\u%04x", code);
        else
            buf_printf(out, "\\u%04x\\u%04x", 0xd800 + ((code - 0x10000) >> 10), 0xdc00 + ((code - 0x10000) & 0x3ff));
    }
}

static bool put_if_json(struct buf *out, const char *data, size_t len)
{
    json_object *o;

    if (json_parse(data, len, &o, NULL) != 0)
        return false;
    safe_text_json(out, json_object_to_json_string_ext(o, JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_SPACED |
                                                              JSON_C_TO_STRING_NOSLASHESCAPE));
    buf_str(out, "\n");
    json_object_put(o);
    return true;
}

static void put_hex_row(struct buf *out, const unsigned char *data, size_t at, size_t len)
{
    buf_printf(out, "%08zx ", at);
    for (size_t i = 0; i < HEX_ROW; i++) {
        if (i < len)
            buf_printf(out, " %02x", data[at + i]);
        else
            buf_str(out, "   ");
    }
    buf_str(out, "  ");
    for (size_t i = 0; i < len; i++)
        buf_printf(out, "%c", isascii(data[at + i]) && isprint(data[at + i]) ? data[at + i] : '.');
    buf_str(out, "\n");
}

static void put_hex(struct buf *out, const void *data, size_t len)
{
    size_t shown = len < HEX_MAX ? len : HEX_MAX;

    for (size_t at = 0; at < shown; at += HEX_ROW)
        put_hex_row(out, data, at, shown - at < HEX_ROW ? shown - at : HEX_ROW);
    if (shown < len)
        buf_printf(out, "... (%zu bytes more)\n", len - shown);
}

void safe_text_body(struct buf *out, const void *data, size_t len)
{
    if (put_if_json(out, data, len))
        return;
    if (utf8_prefix(data, len) < len || memchr(data, '\0', len) != NULL) {
        put_hex(out, data, len);
        return;
    }
    safe_text_line(out, data, len, TEXT_MAX);
    buf_str(out, "\n");
}
