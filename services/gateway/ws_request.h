/*
 * ws_request.h - the HTTP request that opens a connection: what it asks for, and the answer when it is refused; for
 * ws.c only. Valid until the connection is established.
 */
#ifndef GATEWAY_WS_REQUEST_H
#define GATEWAY_WS_REQUEST_H

#include "errors.h"
#include "id.h"

struct lws;

#define WS_REQUEST_ARG_SIZE (sizeof("player_id=") + ID_PLAYER_MAX)

/* Upgrades are taken at "/" and by GET only. upgrade: the header's protocol, NULL when there is none. */
enum refusal ws_request_check(struct lws *wsi, const char *upgrade);

/* name: "NAME=", short. The value, percent-decoded, of the first argument of this name that fits; "" when there is
 * none. */
const char *ws_request_arg(struct lws *wsi, const char *name, char arg[WS_REQUEST_ARG_SIZE]);

/* Answers; the connection is to be closed. */
void ws_request_refuse(struct lws *wsi, enum refusal why);

#endif
