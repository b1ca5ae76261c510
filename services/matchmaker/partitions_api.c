#include "partitions_api.h"

#include <stdlib.h>
#include <string.h>

#include "matchmaker.h"

#define SUFFIX "/unpark"

/* The N in the path; -1: it is another path. */
static int32_t partition_of(const char *path)
{
    char *end;
    long partition;

    path += strlen(PARTITIONS_API_PATH);
    partition = strtol(path, &end, 10);
    if (*path < '0' || *path > '9' || strcmp(end, SUFFIX) != 0 || partition > INT32_MAX)
        return -1;
    return (int32_t)partition;
}

void partitions_api_unpark(void *arg, struct http_request *req)
{
    int32_t partition = partition_of(http_path(req));

    if (partition < 0)
        http_respond_error(req, 404, "there is POST " PARTITIONS_API_PATH "N" SUFFIX);
    else if (matchmaker_unpark(arg, partition))
        http_respond(req, 202, "application/json", "{}", 2);
    else
        http_respond_error(req, 409, "that partition is not parked");
}
