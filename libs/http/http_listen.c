#include "http_listen.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "err.h"
#include "log.h"

#define BACKLOG 512

union address {
    struct sockaddr any;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
};

/* The length of the address in *out, or 0 when the text is none. */
static socklen_t address_parse(const char *text, uint16_t port, union address *out)
{
    *out = (union address){0};
    if (inet_pton(AF_INET, text, &out->v4.sin_addr) == 1) {
        out->v4.sin_family = AF_INET;
        out->v4.sin_port = htons(port);
        return sizeof(out->v4);
    }
    if (inet_pton(AF_INET6, text, &out->v6.sin6_addr) == 1) {
        out->v6.sin6_family = AF_INET6;
        out->v6.sin6_port = htons(port);
        return sizeof(out->v6);
    }
    return 0;
}

static uint16_t address_port(const union address *a)
{
    return ntohs(a->any.sa_family == AF_INET ? a->v4.sin_port : a->v6.sin6_port);
}

/* Binds and listens; *a becomes the address it got. */
static int listen_on(int fd, union address *a, socklen_t len)
{
    const int on = 1;

    if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) != 0)
        return -1;
    if (bind(fd, &a->any, len) != 0 || listen(fd, BACKLOG) != 0)
        return -1;
    return getsockname(fd, &a->any, &len);
}

int http_listen(const char *address, uint16_t port, int *fd, uint16_t *bound)
{
    union address a;
    socklen_t len = address_parse(address, port, &a);
    int opened;

    if (len == 0)
        return ERR_INVALID;
    opened = socket(a.any.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (opened < 0 || listen_on(opened, &a, len) != 0) {
        log_error("http_listen_failed address=%s port=%u reason=\"%s\"", address, port, strerror(errno));
        if (opened >= 0)
            (void)close(opened);
        return ERR_SYSTEM;
    }
    *fd = opened;
    *bound = address_port(&a);
    return 0;
}
