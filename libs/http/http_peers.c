#include "http_peers.h"

#include <stdlib.h>
#include <sys/socket.h>

#include "clock.h"
#include "log.h"
#include "mem.h"
#include "newcomers.h"

static void peer_cut(const struct newcomer *peer, const char *why)
{
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(peer->owner, MHD_CONNECTION_INFO_CONNECTION_FD);

    log_debug("http text=\"cut: %s\"", why);
    (void)shutdown(info->connect_fd, SHUT_RDWR);
}

static struct newcomer *peer_of(struct MHD_Connection *connection)
{
    return MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT)->socket_context;
}

static struct newcomer *peer_new(struct newcomers *peers, struct MHD_Connection *connection)
{
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    struct newcomer *peer = MEM_NEW(struct newcomer), *out;

    peer->owner = connection;
    out = newcomers_add(peers, peer, info->client_addr, clock_mono_ms());
    if (out != NULL)
        peer_cut(out, "its place was needed");
    return peer;
}

void http_peer_notify(void *arg, struct MHD_Connection *connection, void **context,
                      enum MHD_ConnectionNotificationCode why)
{
    struct newcomers *peers = arg;

    if (why == MHD_CONNECTION_NOTIFY_STARTED) {
        *context = peer_new(peers, connection);
        return;
    }
    newcomers_remove(peers, *context);
    free(*context);
    *context = NULL;
}

void http_peer_answered(struct newcomers *peers, struct MHD_Connection *connection)
{
    newcomers_again(peers, peer_of(connection), clock_mono_ms());
}

void http_peers_cut_overdue(struct newcomers *peers)
{
    struct newcomer *peer;

    while ((peer = newcomers_overdue(peers, clock_mono_ms(), HTTP_REQUEST_MAX_MS)) != NULL) {
        newcomers_remove(peers, peer);
        peer_cut(peer, "the request took too long");
    }
}
