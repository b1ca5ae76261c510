#include "request.h"

#include <string.h>

#include "err.h"

#define ACTION_MAX 128 /* bytes */

static const char *const members[] = {"action", "request_id", "data", NULL};

static int request_id_read(struct request *r, char *error)
{
    json_object *id;
    const char *text;
    size_t len;

    if (!json_object_object_get_ex(r->root, "request_id", &id))
        return 0;
    if (!json_object_is_type(id, json_type_string) && !json_object_is_type(id, json_type_int) &&
        !json_object_is_type(id, json_type_double))
        return json_fail(error, "$.request_id", "must be a string or a number");
    text = json_text(id, &len);
    if (len > MM_REQUEST_ID_MAX)
        return json_fail(error, "$.request_id", "must be at most %d bytes, is %zu", MM_REQUEST_ID_MAX, len);
    memcpy(r->request_id, text, len + 1);
    return 0;
}

static int request_read(struct request *r, char *error)
{
    if (!json_object_is_type(r->root, json_type_object))
        return json_fail(error, "$", "must be an object");
    if (request_id_read(r, error) != 0 || json_only(r->root, "$", members, error) != 0 ||
        json_get_str(r->root, "$", "action", 1, ACTION_MAX, &r->action, error) != 0 ||
        json_get_object_opt(r->root, "$", "data", &r->data, error) != 0)
        return ERR_INVALID;
    if (r->data == NULL) {
        r->data = json_object_new_object();
        json_object_object_add(r->root, "data", r->data);
    }
    return 0;
}

enum fault request_parse(struct request *r, const char *text, size_t len, char error[JSON_ERROR_SIZE])
{
    *r = (struct request){0};
    error[0] = '\0';
    if (!json_utf8_valid(text, len))
        return FAULT_INVALID_UTF8;
    if (json_parse(text, len, &r->root, error) != 0)
        return FAULT_INVALID_JSON;
    return request_read(r, error) == 0 ? FAULT_NONE : FAULT_INVALID_REQUEST;
}

void request_clear(struct request *r)
{
    json_object_put(r->root);
    r->root = r->data = NULL;
    r->action = NULL;
}
