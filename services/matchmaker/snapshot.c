#include "snapshot.h"

void snapshot_read(struct snapshot *s, const struct journal_record *record, size_t len)
{
    if (record != NULL && record->type == JOURNAL_SNAPSHOT) {
        if (record->part == 1) {
            s->before = s->log_bytes;
            s->part_bytes = 0;
        }
        s->part_bytes += len;
        if (record->last) {
            s->log_bytes -= s->before;
            s->before = 0;
            s->sent = false;
        }
    }
    s->log_bytes += len;
}

/*
 * Growing by half its size before each, a log is half again as long to replay as what it says, and a third of what is
 * written. Less growth would write, and make every follower read, more; more would make a replay longer.
 */
bool snapshot_wanted(const struct snapshot *s, size_t min_bytes)
{
    size_t grown_bytes = s->log_bytes > s->part_bytes ? s->log_bytes - s->part_bytes : 0;

    return s->walking || (!s->sent && grown_bytes >= min_bytes && grown_bytes >= s->part_bytes / 2);
}

void snapshot_next(struct snapshot *s, struct mm_engine *e)
{
    if (!s->walking)
        mm_engine_walk_begin(e, &s->cursor);
    s->walking = true;
    s->number++;
    buf_clear(&s->part);
    s->whole = !mm_engine_snapshot(e, &s->cursor, SNAPSHOT_PART_BYTES, &s->part);
}

static void end_walk(struct snapshot *s)
{
    s->walking = false;
    s->number = 0;
    buf_free(&s->part);
}

void snapshot_sent(struct snapshot *s)
{
    if (!s->whole)
        return;
    end_walk(s);
    s->sent = true;
}

void snapshot_abandon(struct snapshot *s)
{
    end_walk(s);
    s->sent = false;
}
