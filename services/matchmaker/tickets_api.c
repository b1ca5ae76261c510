#include "tickets_api.h"

#include <stdio.h>
#include <string.h>

#include "buf.h"
#include "id.h"
#include "matchmaker.h"

#define SUFFIX "/why"

/* The ID in the path; false: it is another path. */
static bool ticket_of(const char *path, char id[ID_TICKET_MAX + 1])
{
    size_t len = strlen(path) - strlen(TICKETS_API_PATH), suffix = strlen(SUFFIX);

    path += strlen(TICKETS_API_PATH);
    if (len <= suffix || len - suffix > ID_TICKET_MAX || strcmp(path + len - suffix, SUFFIX) != 0 ||
        !id_ticket_valid(path, len - suffix))
        return false;
    memcpy(id, path, len - suffix);
    id[len - suffix] = '\0';
    return true;
}

static void not_here(const struct matchmaker *m, struct http_request *req)
{
    struct buf message = {0};

    buf_str(&message, "no such ticket waits in a partition that this process rules: ");
    matchmaker_ruled(m, &message);
    http_respond_error(req, 404, message.data);
    buf_free(&message);
}

void tickets_api_why(void *arg, struct http_request *req)
{
    const struct matchmaker *m = arg;
    char id[ID_TICKET_MAX + 1];
    struct buf why = {0};

    if (!ticket_of(http_path(req), id))
        http_respond_error(req, 404, "there is GET " TICKETS_API_PATH "ID" SUFFIX);
    else if (matchmaker_why(m, id, &why))
        http_respond(req, 200, "application/json", why.data, why.len);
    else
        not_here(m, req);
    buf_free(&why);
}
