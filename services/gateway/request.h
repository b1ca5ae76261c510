/*
 * request.h - one text frame as a request: {"action": text, "request_id"?: text or number, "data"?: object}. Pure.
 *
 * Strict: JSON as json.h takes it, no other members. request_id is echoed as the JSON that came, at most
 * MM_REQUEST_ID_MAX bytes of it.
 */
#ifndef GATEWAY_REQUEST_H
#define GATEWAY_REQUEST_H

#include "errors.h"
#include "json.h"
#include "mm_command.h"

struct request {
    json_object *root; /* owned; what the fields below point into */
    const char *action;
    json_object *data;                      /* an object, empty when the member is absent; NULL only after a fault */
    char request_id[MM_REQUEST_ID_MAX + 1]; /* JSON text; "" when absent */
};

/*
 * FAULT_NONE, or the fault and a sentence in error ("" when the table's is exact enough). request_id is set when it
 * could be read, also after a fault. request_clear is due in both cases.
 */
enum fault request_parse(struct request *r, const char *text, size_t len, char error[JSON_ERROR_SIZE]);
void request_clear(struct request *r);

#endif
