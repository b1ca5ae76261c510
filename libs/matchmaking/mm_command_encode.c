#include "mm_command.h"
#include "mm_put.h"

static void encode_start(const struct mm_command *c, struct buf *out)
{
    mm_put_str(out, "{\"TicketId\":", c->ticket_id);
    mm_put_str(out, ",\"ConfigurationName\":", c->configuration);
    mm_put_opt_str(out, ",\"GameSessionArn\":", c->game_session);
    buf_str(out, ",\"Players\":[");
    for (size_t i = 0; i < c->player_count; i++) {
        mm_put_str(out, i == 0 ? "{\"PlayerId\":" : ",{\"PlayerId\":", c->players[i].id);
        mm_put_opt_value(out, ",\"PlayerAttributes\":", NULL, c->players[i].attributes);
        mm_put_opt_value(out, ",\"LatencyInMs\":", NULL, c->players[i].latency_ms);
        mm_put_opt_str(out, ",\"Team\":", c->players[i].team);
        buf_str(out, "}");
    }
    buf_str(out, "]}");
}

static void encode_stop(const struct mm_command *c, struct buf *out)
{
    mm_put_str(out, "{\"TicketId\":", c->ticket_id);
    buf_str(out, "}");
}

static void encode_left(const struct mm_command *c, struct buf *out)
{
    mm_put_str(out, "{\"TicketId\":", c->ticket_id);
    mm_put_str(out, ",\"PlayerId\":", c->players[0].id);
    mm_put_str(out, ",\"ConnectionId\":", c->issuer.connection_id);
    buf_str(out, "}");
}

static void encode_accept(const struct mm_command *c, struct buf *out)
{
    mm_put_str(out, "{\"TicketId\":", c->ticket_id);
    buf_str(out, ",\"PlayerIds\":[");
    for (size_t i = 0; i < c->player_count; i++)
        mm_put_str(out, i == 0 ? "" : ",", c->players[i].id);
    mm_put_str(out, "],\"AcceptanceType\":", c->accepts ? "ACCEPT" : "REJECT");
    mm_put_opt_str(out, ",\"MatchId\":", c->match_id);
    buf_str(out, "}");
}

static void encode_describe(const struct mm_command *c, struct buf *out)
{
    mm_put_str(out, "{\"TicketIds\":[", c->ticket_id);
    buf_str(out, "]}");
}

void mm_command_encode(const struct mm_command *c, struct buf *out)
{
    static void (*const by_type[MM_COMMAND_TYPES])(const struct mm_command *, struct buf *) = {
        [MM_START] = encode_start,   [MM_STOP] = encode_stop,      [MM_LEFT] = encode_left,
        [MM_ACCEPT] = encode_accept, [MM_BACKFILL] = encode_start, [MM_DESCRIBE] = encode_describe,
    };

    by_type[c->type](c, out);
}
