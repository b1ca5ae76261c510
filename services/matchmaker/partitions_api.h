/*
 * partitions_api.h - the matchmaker's own HTTP, internal only:
 *   POST /v1/partitions/N/unpark   202: this process rules that partition once more (PROTOCOLS J9); 409 {"message"}
 *                                  when it is not parked
 */
#ifndef MATCHMAKER_PARTITIONS_API_H
#define MATCHMAKER_PARTITIONS_API_H

#include "http.h"

#define PARTITIONS_API_PATH "/v1/partitions/"

http_handler_fn partitions_api_unpark; /* arg: the daemon */

#endif
