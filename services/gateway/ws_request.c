#include "ws_request.h"

#include <libwebsockets.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "err.h"

#define ARGS_MAX 32 /* looked at */

enum refusal ws_request_check(struct lws *wsi, const char *upgrade)
{
    char *path;
    int len, method = lws_http_get_uri_and_method(wsi, &path, &len);

    if (method < 0 || len != 1) /* it always begins with "/" */
        return REFUSE_PATH;
    /* The library offers h2c as well, and would then take WebSockets inside HTTP/2. */
    if (method != LWSHUMETH_GET || upgrade == NULL || strcasecmp(upgrade, "websocket") != 0)
        return REFUSE_NOT_WEBSOCKET;
    return REFUSE_NONE;
}

/* Not lws_get_urlarg_by_name: that one stops at the first argument that does not fit, whatever its name. */
const char *ws_request_arg(struct lws *wsi, const char *name, char arg[WS_REQUEST_ARG_SIZE])
{
    size_t name_len = strlen(name);

    for (int i = 0; i < ARGS_MAX; i++) {
        if (lws_hdr_copy_fragment(wsi, arg, (int)WS_REQUEST_ARG_SIZE, WSI_TOKEN_HTTP_URI_ARGS, i) < 0)
            continue; /* too long, or there are no more */
        if (strncmp(arg, name, name_len) == 0)
            return arg + name_len;
    }
    return "";
}

/*
 * Written out here, since lws_add_http_common_headers does not know the request's HTTP version before the upgrade and
 * answers in 1.0, which WebSocket clients do not take.
 */
void ws_request_refuse(struct lws *wsi, enum refusal why)
{
    const struct refusal_def *def = &refusal_defs[why];
    char text[LWS_PRE + 512], body[256], *path;
    int path_len;
    bool head = lws_http_get_uri_and_method(wsi, &path, &path_len) == LWSHUMETH_HEAD;
    int body_len = snprintf(body, sizeof(body), "{\"message\":\"%s\",\"code\":\"%s\"}", def->message, def->code);
    int len =
        snprintf(text + LWS_PRE, sizeof(text) - LWS_PRE,
                 "HTTP/1.1 %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s",
                 def->status, body_len, head ? "" : body);

    ASSERT(body_len < (int)sizeof(body) && len < (int)(sizeof(text) - LWS_PRE));
    (void)lws_write(wsi, (unsigned char *)text + LWS_PRE, (size_t)len, LWS_WRITE_HTTP_HEADERS);
}
