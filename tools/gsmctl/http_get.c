#include "http_get.h"

#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#define BODY_MAX_BYTES (16 << 20)

struct target {
    char host[256], port[8];
    const char *path;
};

static int target_parse(struct target *t, const char *url, char *error, size_t error_size)
{
    static const char scheme[] = "http://";
    const char *host = url + sizeof(scheme) - 1, *end;
    size_t len;

    if (strncmp(url, scheme, sizeof(scheme) - 1) == 0) {
        len = strcspn(host, ":/");
        end = host + len;
        t->path = end + strcspn(end, "/");
        if (len > 0 && len < sizeof(t->host) && (size_t)(t->path - end) < sizeof(t->port)) {
            (void)snprintf(t->host, sizeof(t->host), "%.*s", (int)len, host);
            (void)snprintf(t->port, sizeof(t->port), "%.*s", (int)(t->path - end), end);
            memmove(t->port, *end == ':' ? t->port + 1 : "80", *end == ':' ? strlen(t->port) : sizeof("80"));
            return 0;
        }
    }
    (void)snprintf(error, error_size, "must be http://HOST[:PORT]/..., is \"%.200s\"", url);
    return -1;
}

static int open_socket(const struct addrinfo *a)
{
    const struct timeval most = {.tv_sec = HTTP_GET_TIMEOUT_S};
    int fd = socket(a->ai_family, a->ai_socktype | SOCK_CLOEXEC, a->ai_protocol);

    if (fd < 0)
        return -1;
    (void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &most, sizeof(most));
    (void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &most, sizeof(most));
    if (connect(fd, a->ai_addr, a->ai_addrlen) == 0)
        return fd;
    (void)close(fd);
    return -1;
}

static int target_connect(const struct target *t, char *error, size_t error_size)
{
    const struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
    struct addrinfo *all;
    int rc = getaddrinfo(t->host, t->port, &hints, &all), fd = -1;

    if (rc != 0) {
        (void)snprintf(error, error_size, "%s port %s: %s", t->host, t->port, gai_strerror(rc));
        return -1;
    }
    for (const struct addrinfo *a = all; fd < 0 && a != NULL; a = a->ai_next)
        fd = open_socket(a);
    if (fd < 0)
        (void)snprintf(error, error_size, "%s port %s: %s", t->host, t->port, strerror(errno));
    freeaddrinfo(all);
    return fd;
}

static int send_request(int fd, const struct target *t)
{
    struct buf out = {0};
    size_t sent = 0;

    buf_printf(&out, "GET %s HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n", t->path[0] != '\0' ? t->path : "/",
               t->host);
    while (sent < out.len) {
        ssize_t n = send(fd, out.data + sent, out.len - sent, MSG_NOSIGNAL);

        if (n <= 0)
            break;
        sent += (size_t)n;
    }
    buf_free(&out);
    return sent > 0 ? 0 : -1;
}

/* Until the server closes, as it was asked to. */
static int receive(int fd, struct buf *answer)
{
    char chunk[16384];
    ssize_t n;

    while ((n = recv(fd, chunk, sizeof(chunk), 0)) > 0 && answer->len < BODY_MAX_BYTES)
        buf_append(answer, chunk, (size_t)n);
    return n == 0 ? 0 : -1;
}

/* The daemons answer with a Content-Length, never in chunks. */
static int read_answer(const struct buf *answer, struct buf *body)
{
    const char *text = answer->data != NULL ? answer->data : "", *head_end = strstr(text, "\r\n\r\n");

    if (strncmp(text, "HTTP/1.1 ", 9) != 0 || head_end == NULL)
        return -1;
    buf_append(body, head_end + 4, answer->len - (size_t)(head_end + 4 - text));
    return (int)strtol(text + 9, NULL, 10);
}

int http_get(const char *url, struct buf *body, char *error, size_t error_size)
{
    struct buf answer = {0};
    struct target t;
    int fd, status = -1;

    if (target_parse(&t, url, error, error_size) != 0)
        return -1;
    fd = target_connect(&t, error, error_size);
    if (fd < 0)
        return -1;
    if (send_request(fd, &t) == 0 && receive(fd, &answer) == 0)
        status = read_answer(&answer, body);
    if (status < 0)
        (void)snprintf(error, error_size, "%s port %s: no answer by HTTP", t.host, t.port);
    (void)close(fd);
    buf_free(&answer);
    return status;
}
