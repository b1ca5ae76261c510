#include "intake.h"

#include <stdio.h>
#include <string.h>

#include "clock.h"
#include "decimal.h"
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
        read_header(r, "request_id", in->request_id, sizeof(in->request_id), error) != 0 ||
        read_header(r, "dlq_redrives", in->redrives, sizeof(in->redrives), error) != 0 ||
        read_header(r, "dlq_start_time", in->start_time, sizeof(in->start_time), error) != 0 ||
        read_header(r, "dlq_source_time", in->old_time, sizeof(in->old_time), error) != 0 ||
        read_header(r, "dlq_source_offset", in->old_offset, sizeof(in->old_offset), error) != 0)
        return ERR_INVALID;
    if (in->type[0] == '\0')
        return fail(error, "header ce_type: is missing");
    if (in->player_id[0] != '\0' && !id_player_valid(in->player_id, strlen(in->player_id)))
        return fail(error, "header player_id: is not a player id");
    return 0;
}

static int read_origin(struct intake *in, const struct bus_record *r, char *error)
{
    const char *end = in->old_offset + strlen(in->old_offset);
    struct mm_origin *o = &in->command.origin;

    if (decimal_read(in->old_offset, end, INT64_MAX, &o->offset) != end)
        return fail(error, "header dlq_source_offset: is no offset");
    if (clock_rfc3339_parse(in->old_time, &o->time_ms) != 0 || o->time_ms <= 0 || o->time_ms > r->timestamp_ms)
        return fail(error, "header dlq_source_time: is no RFC 3339 time that has been");
    return 0;
}

/* What was redriven ages from now on, and is as old as it is. */
static int set_times(struct intake *in, const struct bus_record *r, int64_t issued_ms, char *error)
{
    struct mm_command *c = &in->command;
    int64_t start_ms = 0;

    /* The sender's clock may be wrong: no command was issued after it was appended. */
    c->issued_ms = issued_ms > 0 && issued_ms < r->timestamp_ms ? issued_ms : r->timestamp_ms;
    c->start_ms = r->timestamp_ms;
    if (in->redrives[0] == '\0')
        return 0;
    if (clock_rfc3339_parse(in->start_time, &start_ms) != 0 || start_ms > r->timestamp_ms)
        return fail(error, "header dlq_start_time: is no RFC 3339 time that has been");
    c->start_ms = start_ms;
    c->since_ms = r->timestamp_ms;
    return read_origin(in, r, error);
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
    if (set_times(in, r, issued_ms, error) == 0)
        return 0;
    mm_command_clear(&in->command);
    return ERR_INVALID;
}
