/*
 * http.h - a small HTTP/1.1 server (libmicrohttpd by its epoll fd) on a libuv loop.
 *
 * Threads  the loop's only; handlers must not block.
 * Limits   connections 1,000 in all and 100 an address: one more takes the place of the oldest (of its address, or of
 *          all), so nothing that others hold open keeps a health check out. Idle time-out 3 s; 10 s from the
 *          connection, or from the answer before, to the end of the answer. Request body body_max_bytes (413 beyond).
 * Routes   an exact path, or a prefix that ends in "/" (only "/" itself is exact); the longest that fits wins, the
 *          first of equals. Unknown path: 404; known path, other method: 405 with Allow. Errors are {"message":"..."}.
 */
#ifndef HTTP_HTTP_H
#define HTTP_HTTP_H

#include <stddef.h>
#include <stdint.h>
#include <uv.h>

struct http_server;
struct http_request; /* valid until it is answered */

/* Answers exactly once, inside the call. */
typedef void http_handler_fn(void *arg, struct http_request *req);

struct http_route {
    const char *method; /* "GET" (also serves HEAD), "POST", "DELETE" */
    const char *path;
    http_handler_fn *handler;
    void *arg;
};

struct http_conf {
    const char *address; /* IPv4 or IPv6 literal */
    uint16_t port;       /* 0: any free one */
    size_t body_max_bytes;
};

/*
 * routes: ended by method == NULL; the array is copied, its strings are not. 0 and *out; ERR_INVALID: the
 * address is none; ERR_SYSTEM, logged with address, port and why. No handler is called before the loop's next turn.
 */
int http_open(struct http_server **out, uv_loop_t *loop, const struct http_conf *conf, const struct http_route *routes);
uint16_t http_port(const struct http_server *s);

/* Stops at once; the handles end in the loop's next turns. Sets *s to NULL; NULL is fine. */
void http_close(struct http_server **s);

const char *http_path(const struct http_request *req);
const char *http_query(const struct http_request *req, const char *key);  /* decoded; NULL when absent */
const char *http_body(const struct http_request *req, size_t *len_bytes); /* never NULL */

/* Copies body. content_type: a static string, as "application/json". */
void http_respond(struct http_request *req, int status, const char *content_type, const char *body, size_t len);

/* The answer to what went wrong: {"message":"..."}. */
void http_respond_error(struct http_request *req, int status, const char *message);

#endif
