/* A recursive-descent reader of RFC 8259 that builds json-c values: json-c's own tokener lets too much through. */
#include "json.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "buf.h"
#include "err.h"
#include "utf8.h"

#define KEY_SHOWN_MAX 48 /* bytes of a key in an error */

struct reader {
    const char *text, *at, *end;
    int depth;
    struct buf scratch; /* a stack: the keys on the way down here, then what is being read; each is NUL-terminated */
    char *error;        /* of the caller, may be NULL */
};

static int read_value(struct reader *r, json_object **out);

/* A file that a person wrote has lines, and an editor shows their numbers. */
static int reader_fail(struct reader *r, const char *at, const char *what)
{
    char line[32] = "";
    size_t lines = 1;

    if (r->error == NULL)
        return ERR_INVALID;
    for (const char *c = r->text; c < at; c++)
        lines += *c == '\n';
    if (lines > 1)
        (void)snprintf(line, sizeof(line), "line %zu, ", lines);
    (void)snprintf(r->error, JSON_ERROR_SIZE, "%sbyte %zu: %s", line, (size_t)(at - r->text), what);
    return ERR_INVALID;
}

static int reader_fail_key(struct reader *r, const char *at, const char *key)
{
    char what[96];
    size_t len = strlen(key);

    (void)snprintf(what, sizeof(what), "key \"%.*s\" stands twice in one object",
                   (int)utf8_prefix(key, len < KEY_SHOWN_MAX ? len : KEY_SHOWN_MAX), key);
    return reader_fail(r, at, what);
}

static void skip_space(struct reader *r)
{
    while (r->at < r->end && (*r->at == ' ' || *r->at == '\n' || *r->at == '\t' || *r->at == '\r'))
        r->at++;
}

/* Takes the character when it is next. */
static bool accept(struct reader *r, char c)
{
    if (r->at == r->end || *r->at != c)
        return false;
    r->at++;
    return true;
}

static bool is_digit(const struct reader *r)
{
    return r->at < r->end && *r->at >= '0' && *r->at <= '9';
}

/* ---- numbers ---------------------------------------------------------------------------------------------------- */

static bool skip_digits(struct reader *r)
{
    if (!is_digit(r))
        return false;
    while (is_digit(r))
        r->at++;
    return true;
}

/* Moves past -?(0|[1-9][0-9]*)(.[0-9]+)?([eE][+-]?[0-9]+)? */
static bool skip_number(struct reader *r, bool *integer)
{
    (void)accept(r, '-');
    if (!accept(r, '0') && !skip_digits(r))
        return false;
    *integer = true;
    if (accept(r, '.')) {
        *integer = false;
        if (!skip_digits(r))
            return false;
    }
    if (accept(r, 'e') || accept(r, 'E')) {
        *integer = false;
        if (!accept(r, '+'))
            (void)accept(r, '-');
        return skip_digits(r);
    }
    return !is_digit(r); /* 01 */
}

static int read_number(struct reader *r, json_object **out)
{
    const char *start = r->at, *text;
    size_t mark = r->scratch.len;
    bool integer;
    int64_t whole;
    double value;

    if (!skip_number(r, &integer))
        return reader_fail(r, r->at, "a number is malformed");
    buf_append(&r->scratch, start, (size_t)(r->at - start));
    r->scratch.len = mark;
    text = r->scratch.data + mark;
    if (integer) {
        errno = 0;
        whole = strtoll(text, NULL, 10);
        if (errno == 0) {
            *out = json_object_new_int64(whole);
            return 0;
        }
    }
    value = strtod(text, NULL); /* an integer beyond 64 bits: the nearest double, as JavaScript does */
    if (!isfinite(value))
        return reader_fail(r, start, "a number is out of range");
    *out = json_object_new_double_s(value, text); /* prints as it was written */
    return 0;
}

/* ---- strings ---------------------------------------------------------------------------------------------------- */

/* Takes four hexadecimal digits; -1 when they are none. */
static int32_t read_hex4(struct reader *r)
{
    int32_t value = 0;

    if (r->end - r->at < 4)
        return -1;
    for (int i = 0; i < 4; i++, r->at++) {
        char c = *r->at;

        if (c >= '0' && c <= '9')
            value = value << 4 | (c - '0');
        else if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f')
            value = value << 4 | ((c | 0x20) - 'a' + 10);
        else
            return -1;
    }
    return value;
}

/* What follows \u, at the first digit. */
static int read_unicode_escape(struct reader *r)
{
    const char *start = r->at - 2;
    int32_t code = read_hex4(r), low;
    char bytes[4];

    if (code < 0)
        return reader_fail(r, start, "an escape is malformed");
    if (code == 0)
        return reader_fail(r, start, "a string holds NUL");
    if (code >= 0xd800 && code <= 0xdfff) {
        low = code < 0xdc00 && accept(r, '\\') && accept(r, 'u') ? read_hex4(r) : -1;
        if (low < 0xdc00 || low > 0xdfff)
            return reader_fail(r, start, "a surrogate stands alone");
        code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
    }
    buf_append(&r->scratch, bytes, utf8_encode((uint32_t)code, bytes));
    return 0;
}

/* What follows a backslash. */
static int read_escape(struct reader *r)
{
    static const char plain[] = "\"\\/bfnrt", meaning[] = "\"\\/\b\f\n\r\t";
    const char *found;

    if (accept(r, 'u'))
        return read_unicode_escape(r);
    found = r->at < r->end ? memchr(plain, *r->at, sizeof(plain) - 1) : NULL;
    if (found == NULL)
        return reader_fail(r, r->at - 1, "an escape is malformed");
    r->at++;
    buf_append(&r->scratch, &meaning[found - plain], 1);
    return 0;
}

static bool is_plain(char c)
{
    return (unsigned char)c >= 0x20 && c != '"' && c != '\\';
}

/* Reads a string onto scratch, from its opening quote. */
static int read_string(struct reader *r)
{
    if (!accept(r, '"'))
        return reader_fail(r, r->at, "a string in double quotes is expected");
    for (;;) {
        const char *run = r->at;

        while (r->at < r->end && is_plain(*r->at))
            r->at++;
        buf_append(&r->scratch, run, (size_t)(r->at - run));
        if (accept(r, '"'))
            return 0;
        if (r->at == r->end)
            return reader_fail(r, r->at, "a string has no end");
        if (!accept(r, '\\'))
            return reader_fail(r, r->at, "a string holds a control character");
        if (read_escape(r) != 0)
            return ERR_INVALID;
    }
}

static int read_string_value(struct reader *r, json_object **out)
{
    size_t mark = r->scratch.len;

    if (read_string(r) != 0)
        return ERR_INVALID;
    *out = json_object_new_string_len(r->scratch.data + mark, (int)(r->scratch.len - mark));
    r->scratch.len = mark;
    return 0;
}

/* ---- arrays, objects, words ------------------------------------------------------------------------------------- */

static int read_element(struct reader *r, json_object *array)
{
    json_object *value = NULL;

    if (read_value(r, &value) != 0)
        return ERR_INVALID;
    ASSERT(json_object_array_add(array, value) == 0);
    return 0;
}

static int read_member(struct reader *r, json_object *object)
{
    const char *start = r->at;
    size_t key = r->scratch.len;
    json_object *value = NULL;
    int members = json_object_object_length(object), rc;

    if (read_string(r) != 0)
        return ERR_INVALID;
    buf_append(&r->scratch, "", 1); /* its NUL stays when the value is read behind it */
    skip_space(r);
    rc = accept(r, ':') ? read_value(r, &value) : reader_fail(r, r->at, "':' is expected");
    if (rc == 0) {
        ASSERT(json_object_object_add(object, r->scratch.data + key, value) == 0);
        if (json_object_object_length(object) == members) /* it took another's place: one look-up tells both */
            rc = reader_fail_key(r, start, r->scratch.data + key);
    }
    r->scratch.len = key;
    return rc;
}

/* The inside of an array or object, from behind its opening bracket to behind its closing one. */
static int read_members(struct reader *r, json_object *into, int (*read_one)(struct reader *, json_object *),
                        char close)
{
    skip_space(r);
    if (accept(r, close))
        return 0;
    for (;;) {
        skip_space(r);
        if (read_one(r, into) != 0)
            return ERR_INVALID;
        skip_space(r);
        if (accept(r, close))
            return 0;
        if (!accept(r, ','))
            return reader_fail(r, r->at, close == ']' ? "',' or ']' is expected" : "',' or '}' is expected");
    }
}

static int read_container(struct reader *r, json_object **out)
{
    bool array = *r->at == '[';
    int rc;

    if (r->depth == JSON_DEPTH_MAX)
        return reader_fail(r, r->at, "nested too deeply");
    r->at++;
    r->depth++;
    *out = array ? json_object_new_array() : json_object_new_object();
    rc = array ? read_members(r, *out, read_element, ']') : read_members(r, *out, read_member, '}');
    r->depth--;
    if (rc != 0) {
        json_object_put(*out);
        *out = NULL;
    }
    return rc;
}

static int read_word(struct reader *r, json_object **out)
{
    static const char *const words[] = {"null", "true", "false"};

    for (size_t i = 0; i < 3; i++) {
        size_t len = strlen(words[i]);

        if ((size_t)(r->end - r->at) >= len && memcmp(r->at, words[i], len) == 0) {
            r->at += len;
            *out = i == 0 ? NULL : json_object_new_boolean(i == 1);
            return 0;
        }
    }
    return reader_fail(r, r->at, "a value is expected");
}

static int read_value(struct reader *r, json_object **out)
{
    skip_space(r);
    *out = NULL;
    if (r->at == r->end)
        return reader_fail(r, r->at, "a value is expected");
    if (*r->at == '"')
        return read_string_value(r, out);
    if (*r->at == '{' || *r->at == '[')
        return read_container(r, out);
    if (*r->at == '-' || is_digit(r))
        return read_number(r, out);
    return read_word(r, out);
}

int json_parse(const char *text, size_t len, json_object **out, char error[JSON_ERROR_SIZE])
{
    struct reader r = {.text = text, .at = text, .end = text + len};
    size_t valid = utf8_prefix(text, len);
    json_object *value = NULL;
    int rc;

    r.error = error;
    if (len > INT_MAX) /* json-c counts in int */
        return reader_fail(&r, text, "the text is too long");
    if (valid < len)
        return reader_fail(&r, text + valid, "not UTF-8");
    rc = read_value(&r, &value);
    skip_space(&r);
    if (rc == 0 && r.at < r.end)
        rc = reader_fail(&r, r.at, "something follows the value");
    buf_free(&r.scratch);
    if (rc == 0)
        *out = value;
    else
        json_object_put(value);
    return rc;
}

bool json_utf8_valid(const char *text, size_t len)
{
    return utf8_prefix(text, len) == len;
}

const char *json_text(json_object *o, size_t *len)
{
    return json_object_to_json_string_length(o, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE, len);
}
