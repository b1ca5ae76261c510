#include "http.h"

#include <microhttpd.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "buf.h"
#include "err.h"
#include "http_listen.h"
#include "http_peers.h"
#include "log.h"
#include "mem.h"
#include "newcomers.h"

#define IDLE_TIMEOUT_S 3u
/* The daemon's own bound: it would keep the newest out, so it is above ours, which cuts the oldest. */
#define CONNECTIONS_MAX (HTTP_PEERS_MAX + 100u)

struct http_server {
    struct MHD_Daemon *daemon;
    struct newcomers *peers;
    uv_poll_t poll;   /* the daemon's epoll descriptor */
    uv_timer_t timer; /* when the daemon wants to run again */
    int open_handles; /* the server is freed with the last of them */
    struct http_route *routes;
    size_t body_max_bytes;
    uint16_t port;
};

struct http_request {
    struct MHD_Connection *connection;
    const char *path;
    struct buf body;
    bool body_too_large;
    const char *allow; /* for a 405 */
    bool answered;
    enum MHD_Result result;
};

/* ---- requests --------------------------------------------------------------------------------------------------- */

const char *http_path(const struct http_request *req)
{
    return req->path;
}

const char *http_query(const struct http_request *req, const char *key)
{
    return MHD_lookup_connection_value(req->connection, MHD_GET_ARGUMENT_KIND, key);
}

const char *http_body(const struct http_request *req, size_t *len_bytes)
{
    *len_bytes = req->body.len;
    return req->body.data != NULL ? req->body.data : "";
}

void http_respond(struct http_request *req, int status, const char *content_type, const char *body, size_t len)
{
    struct MHD_Response *response;

    ASSERT(!req->answered);
    req->answered = true;
    response = MHD_create_response_from_buffer(len, mem_dup(body, len), MHD_RESPMEM_MUST_FREE);
    ASSERT(response != NULL);
    (void)MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, content_type);
    if (req->allow != NULL)
        (void)MHD_add_response_header(response, MHD_HTTP_HEADER_ALLOW, req->allow);
    req->result = MHD_queue_response(req->connection, (unsigned)status, response);
    MHD_destroy_response(response);
}

void http_respond_error(struct http_request *req, int status, const char *message)
{
    struct buf body = {0};

    buf_str(&body, "{\"message\":");
    buf_json_cstr(&body, message);
    buf_str(&body, "}");
    http_respond(req, status, "application/json", body.data, body.len);
    buf_free(&body);
}

/* ---- routes ----------------------------------------------------------------------------------------------------- */

/* How many characters of the path the route names; 0 when it is another path. */
static size_t route_match(const struct http_route *route, const char *path)
{
    size_t len = strlen(route->path);
    bool prefix = len > 1 && route->path[len - 1] == '/';

    return (prefix ? strncmp(route->path, path, len) : strcmp(route->path, path)) == 0 ? len : 0;
}

static bool route_serves(const struct http_route *route, const char *method)
{
    return strcmp(route->method, method) == 0 || (strcmp(method, "HEAD") == 0 && strcmp(route->method, "GET") == 0);
}

static void refuse_method(struct http_request *req, const struct http_route *routes, size_t match)
{
    struct buf allow = {0};

    for (const struct http_route *route = routes; route->method != NULL; route++) {
        if (route_match(route, req->path) != match)
            continue;
        buf_printf(&allow, "%s%s", allow.len > 0 ? ", " : "", route->method);
        if (strcmp(route->method, "GET") == 0)
            buf_str(&allow, ", HEAD");
    }
    req->allow = allow.data;
    http_respond_error(req, MHD_HTTP_METHOD_NOT_ALLOWED, "method not allowed");
    req->allow = NULL;
    buf_free(&allow);
}

static void dispatch(const struct http_server *s, struct http_request *req, const char *method)
{
    size_t longest = 0;

    for (const struct http_route *route = s->routes; route->method != NULL; route++) {
        size_t match = route_match(route, req->path);

        longest = match > longest ? match : longest;
    }
    if (longest == 0) {
        http_respond_error(req, MHD_HTTP_NOT_FOUND, "no such path");
        return;
    }
    for (const struct http_route *route = s->routes; route->method != NULL; route++) {
        if (route_match(route, req->path) == longest && route_serves(route, method)) {
            route->handler(route->arg, req);
            return;
        }
    }
    refuse_method(req, s->routes, longest);
}

/* ---- libmicrohttpd's call-backs --------------------------------------------------------------------------------- */

static void take_body(const struct http_server *s, struct http_request *req, const char *data, size_t len)
{
    if (len > s->body_max_bytes - req->body.len) /* read to its end all the same: only then can it be answered */
        req->body_too_large = true;
    if (!req->body_too_large)
        buf_append(&req->body, data, len);
}

/* Called with the headers, then with each piece of the body, then once more to be answered. */
static enum MHD_Result on_request(void *arg, struct MHD_Connection *connection, const char *path, const char *method,
                                  const char *version, const char *data, size_t *len, void **request)
{
    const struct http_server *s = arg;
    struct http_request *req = *request;

    (void)version;
    if (req == NULL) {
        req = MEM_NEW(struct http_request);
        req->connection = connection;
        *request = req;
        return MHD_YES;
    }
    if (*len > 0) {
        take_body(s, req, data, *len);
        *len = 0;
        return MHD_YES;
    }
    req->path = path;
    if (req->body_too_large)
        http_respond_error(req, MHD_HTTP_CONTENT_TOO_LARGE, "the body is too large");
    else
        dispatch(s, req, method);
    ASSERT(req->answered);
    return req->result;
}

static void on_completed(void *arg, struct MHD_Connection *connection, void **request,
                         enum MHD_RequestTerminationCode why)
{
    const struct http_server *s = arg;
    struct http_request *req = *request;

    (void)why;
    if (req == NULL)
        return;
    http_peer_answered(s->peers, connection);
    buf_free(&req->body);
    free(req);
    *request = NULL;
}

static void on_log(void *arg, const char *format, va_list args) __attribute__((format(printf, 2, 0)));
static void on_log(void *arg, const char *format, va_list args)
{
    char text[256];

    (void)arg;
    (void)vsnprintf(text, sizeof(text), format, args);
    text[strcspn(text, "\n")] = '\0';
    log_debug("http text=\"%s\"", text); /* clients that hung up, mostly */
}

/* ---- on the loop ------------------------------------------------------------------------------------------------ */

static void on_timer(uv_timer_t *timer);

static void http_turn(struct http_server *s)
{
    MHD_UNSIGNED_LONG_LONG wait_ms;

    (void)MHD_run(s->daemon);
    http_peers_cut_overdue(s->peers);
    if (MHD_get_timeout(s->daemon, &wait_ms) == MHD_YES)
        (void)uv_timer_start(&s->timer, on_timer, wait_ms, 0);
    else
        (void)uv_timer_stop(&s->timer);
}

static void on_timer(uv_timer_t *timer)
{
    http_turn(timer->data);
}

static void on_poll(uv_poll_t *poll, int status, int events)
{
    (void)status;
    (void)events;
    http_turn(poll->data);
}

static struct http_route *copy_routes(const struct http_route *routes)
{
    size_t count = 0;

    while (routes[count].method != NULL)
        count++;
    return mem_dup(routes, (count + 1) * sizeof(*routes));
}

static struct MHD_Daemon *start_daemon(struct http_server *s, int fd)
{
    return MHD_start_daemon(MHD_USE_EPOLL | MHD_USE_ERROR_LOG, 0, NULL, NULL, on_request, s, MHD_OPTION_EXTERNAL_LOGGER,
                            on_log, NULL, MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_NOTIFY_COMPLETED, on_completed, s,
                            MHD_OPTION_NOTIFY_CONNECTION, http_peer_notify, s->peers, MHD_OPTION_CONNECTION_LIMIT,
                            CONNECTIONS_MAX, MHD_OPTION_CONNECTION_TIMEOUT, IDLE_TIMEOUT_S, MHD_OPTION_END);
}

static void server_free(struct http_server *s)
{
    newcomers_free(&s->peers);
    free(s->routes);
    free(s);
}

int http_open(struct http_server **out, uv_loop_t *loop, const struct http_conf *conf, const struct http_route *routes)
{
    struct http_server *s = MEM_NEW(struct http_server);
    int fd, rc = http_listen(conf->address, conf->port, &fd, &s->port);

    if (rc != 0) {
        server_free(s);
        return rc;
    }
    s->body_max_bytes = conf->body_max_bytes;
    s->routes = copy_routes(routes);
    s->peers = newcomers_new(HTTP_PEERS_MAX, HTTP_PEERS_ADDRESS_MAX, 0);
    s->daemon = start_daemon(s, fd);
    if (s->daemon == NULL) { /* out of descriptors; the library may or may not have closed fd */
        log_error("http_start_failed port=%u", s->port);
        server_free(s);
        return ERR_SYSTEM;
    }
    ASSERT(uv_poll_init(loop, &s->poll, MHD_get_daemon_info(s->daemon, MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd) == 0);
    ASSERT(uv_timer_init(loop, &s->timer) == 0);
    s->open_handles = 2;
    s->poll.data = s;
    s->timer.data = s;
    ASSERT(uv_poll_start(&s->poll, UV_READABLE, on_poll) == 0);
    *out = s;
    return 0;
}

uint16_t http_port(const struct http_server *s)
{
    return s->port;
}

static void on_handle_closed(uv_handle_t *handle)
{
    struct http_server *s = handle->data;

    if (--s->open_handles == 0)
        server_free(s);
}

void http_close(struct http_server **s)
{
    struct http_server *closing = *s;

    if (closing == NULL)
        return;
    *s = NULL;
    (void)uv_poll_stop(&closing->poll); /* before the daemon closes the descriptor it polls */
    uv_close((uv_handle_t *)&closing->poll, on_handle_closed);
    uv_close((uv_handle_t *)&closing->timer, on_handle_closed);
    MHD_stop_daemon(closing->daemon);
}
