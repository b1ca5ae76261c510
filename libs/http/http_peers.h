/*
 * http_peers.h - who is connected: bounded in all and by address, and no request may take its time; for the files of
 * this module only.
 *
 * A connection that is in the way, or whose request has not been answered in time, is cut: shut down, so that the
 * daemon's next turn sees its end.
 */
#ifndef HTTP_HTTP_PEERS_H
#define HTTP_HTTP_PEERS_H

#include <microhttpd.h>

struct newcomers;

#define HTTP_PEERS_MAX         1000u
#define HTTP_PEERS_ADDRESS_MAX 100u
#define HTTP_REQUEST_MAX_MS    10000 /* from the connection, or the answer before, to the end of the answer */

/* libmicrohttpd's MHD_OPTION_NOTIFY_CONNECTION; arg: a struct newcomers. */
void http_peer_notify(void *arg, struct MHD_Connection *connection, void **context,
                      enum MHD_ConnectionNotificationCode why);

/* A request was answered: time begins anew. */
void http_peer_answered(struct newcomers *peers, struct MHD_Connection *connection);

void http_peers_cut_overdue(struct newcomers *peers);

#endif
