#include "intake.h"

#include <string.h>

#include "clock.h"
#include "err.h"
#include "id.h"

static int fail(char *error, const char *text)
{
    snprintf(error, MM_ERROR_SIZE, "%s", text);
    return ERR_INVALID;
}

static int read_header(const struct bus_record *r, const char *name, char *out, size_t out_size, char *error)
{
    int rc = bus_header_text(r, name, out, out_size);

    if (rc != 0)
        snprintf(error, MM_ERROR_SIZE, "header %s: must be at most %zu bytes of UTF-8 without NUL", name, out_size - 1);
    return rc;
}

static int read_headers(struct intake *in, const struct bus_record *r, char *error)
{
    if (read_header(r, "ce_type", in->type, sizeof(in->type), error) != 0 ||
        read_header(r, "ce_time", in->time, sizeof(in->time), error) != 0 ||
        read_header(r, "player_id", in->player_id, sizeof(in->player_id), error) != 0 ||
        read_header(r, "connection_id", in->connection_id, sizeof(in->connection_id), error) != 0 ||
        read_header(r, "request_id", in->request_id, sizeof(in->request_id), error) != 0)
        return ERR_INVALID;
    if (in->type[0] == '\0')
        return fail(error, "header ce_type: is missing");
    if (in->player_id[0] != '\0' && !id_player_valid(in->player_id, strlen(in->player_id)))
        return fail(error, "header player_id: is not a player id");
    return 0;
}

int intake_read(struct intake *in, const struct bus_record *r, char error[MM_ERROR_SIZE])
{
    int64_t issued_ms = 0;

    *in = (struct intake){0};
    if (r->value_len > MM_COMMAND_MAX_BYTES)
        return fail(error, "the command is larger than 262144 bytes");
    if (read_headers(in, r, error) != 0)
        return ERR_INVALID;
    if (in->time[0] != '\0' && clock_rfc3339_parse(in->time, &issued_ms) != 0)
        return fail(error, "header ce_time: is not an RFC 3339 time");
    if (mm_command_parse(&in->command, in->type, r->value, r->value_len, error) != 0)
        return ERR_INVALID;
    in->command.issuer = (struct mm_issuer){in->player_id, in->connection_id, in->request_id};
    /* The sender's clock may be wrong: no command was issued after it was appended. */
    in->command.issued_ms = issued_ms > 0 && issued_ms < r->timestamp_ms ? issued_ms : r->timestamp_ms;
    in->command.start_ms = r->timestamp_ms;
    return 0;
}
