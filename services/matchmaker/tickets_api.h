/*
 * tickets_api.h - the matchmaker's own HTTP, internal only:
 *   GET /v1/tickets/ID/why   200 with the engine's answer (mm_why.h); 404 {"message"} when no such ticket waits in the
 *                            partitions that this process rules, which the message names
 */
#ifndef MATCHMAKER_TICKETS_API_H
#define MATCHMAKER_TICKETS_API_H

#include "http.h"

#define TICKETS_API_PATH "/v1/tickets/"

http_handler_fn tickets_api_why; /* arg: the daemon */

#endif
