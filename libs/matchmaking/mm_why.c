#include "mm_why.h"

#include <inttypes.h>
#include <math.h>
#include <stddef.h>

#include "mm_why_pairs.h"

static void put_seconds(struct buf *out, const char *key, double ms)
{
    buf_printf(out, ",\"%s\":", key);
    if (isnan(ms))
        buf_str(out, "null");
    else
        buf_json_num(out, round(ms) / 1000);
}

static void put_number(struct buf *out, const char *key, double value)
{
    buf_printf(out, ",\"%s\":", key);
    buf_json_num(out, value);
}

static void put_head(struct buf *out, const struct mm_why *w)
{
    buf_str(out, "{\"ticket_id\":");
    buf_json_cstr(out, w->ticket_id);
    buf_str(out, ",\"configuration\":");
    buf_json_cstr(out, w->configuration);
    buf_str(out, ",\"state\":");
    buf_json_cstr(out, w->state);
    put_seconds(out, "age_seconds", fmax(0, (double)(w->now_ms - w->since_ms)));
    put_seconds(out, "times_out_in_seconds", fmax(0, (double)(w->expires_ms - w->now_ms)));
    put_seconds(out, "estimated_wait_seconds", w->estimated_wait_ms);
}

static void put_phase(struct buf *out, const struct mm_why *w)
{
    const struct mm_ruleset *r = w->rules;
    int64_t age_ms = w->now_ms > w->since_ms ? w->now_ms - w->since_ms : 0;
    const struct mm_phase *p = mm_ruleset_phase(r, age_ms), *next = p + 1 < r->phases + r->phase_count ? p + 1 : NULL;

    buf_printf(out, ",\"phase\":{\"number\":%td,\"of\":%zu", p - r->phases + 1, r->phase_count);
    put_seconds(out, "from_seconds", (double)p->wait_ms);
    put_seconds(out, "next_in_seconds", next == NULL ? (double)NAN : (double)(next->wait_ms - age_ms));
    buf_printf(out, "},\"players_needed\":%zu", p->min_players);
}

/* ---- the nearest miss, in words --------------------------------------------------------------------------------- */

/* What a rule's numbers are: "skill distance", "roles count", "latency". */
static void put_subject(struct buf *out, const struct mm_ruleset *r, const struct mm_rule *rule)
{
    static const char *const nouns[MM_RULE_TYPES] = {
        [MM_RULE_DISTANCE] = "distance",
        [MM_RULE_BATCH_DISTANCE] = "distance",
        [MM_RULE_COLLECTION] = "count",
        [MM_RULE_LATENCY] = "latency",
    };
    const struct mm_expr *e = rule->measurement_count > 0 ? rule->measurements[0] : NULL;
    const char *of = NULL;

    if (rule->type == MM_RULE_BATCH_DISTANCE)
        of = r->attributes[rule->attribute].name;
    else if (e != NULL)
        of = e->source == MM_SOURCE_ATTRIBUTE ? r->attributes[e->attribute].name : "players";
    buf_str(out, of == NULL ? "" : of);
    buf_str(out, of == NULL || nouns[rule->type] == NULL ? "" : " ");
    buf_str(out, nouns[rule->type] == NULL ? "" : nouns[rule->type]);
}

static double rounded(double value)
{
    return round(value * 1000) / 1000;
}

/* For people: three decimals, or two digits of what is smaller; all digits where another number would look the same. */
static void put_rounded(struct buf *out, double value, double other)
{
    if (value != other && rounded(value) == rounded(other) && fabs(value) >= 0.001)
        buf_json_num(out, value);
    else if (fabs(value) >= 0.001 || value == 0)
        buf_json_num(out, rounded(value));
    else
        buf_printf(out, "%.2g", value);
}

static void put_words(struct buf *out, const struct mm_ruleset *r, size_t i, const struct mm_why_rule *found)
{
    struct buf text = {0};

    put_subject(&text, r, &r->rules[i]);
    buf_str(&text, " ");
    put_rounded(&text, found->found, found->allowed);
    buf_str(&text, ", allowed ");
    put_rounded(&text, found->allowed, found->found);
    if (!isnan(found->next_allowed)) {
        buf_str(&text, ", will be ");
        put_rounded(&text, found->next_allowed, found->next_allowed);
        buf_printf(&text, " in %" PRId64 " s", (found->next_in_ms + 999) / 1000);
    }
    buf_json_str(out, text.data, text.len);
    buf_free(&text);
}

static void put_nearest(struct buf *out, const struct mm_ruleset *r, size_t i, const struct mm_why_rule *found)
{
    buf_str(out, ",\"nearest\":{\"text\":");
    put_words(out, r, i, found);
    put_number(out, "found", found->found);
    put_number(out, "allowed", found->allowed);
    if (!isnan(found->next_allowed)) {
        buf_str(out, ",\"next\":{\"allowed\":");
        buf_json_num(out, found->next_allowed);
        put_seconds(out, "in_seconds", (double)found->next_in_ms);
        buf_str(out, "}");
    }
    buf_str(out, "}");
}

static void put_rules(struct buf *out, const struct mm_ruleset *r, const struct mm_why_pairs *p)
{
    size_t count = 0;

    buf_str(out, ",\"rules\":[");
    for (size_t i = 0; i < r->rule_count; i++) {
        const struct mm_why_rule *found = &p->rules[i];

        if (!found->asked)
            continue;
        buf_str(out, count++ > 0 ? ",{\"rule\":" : "{\"rule\":");
        buf_json_cstr(out, r->rules[i].name);
        buf_printf(out, ",\"type\":\"%s\",\"passed\":%zu,\"failed\":%zu", mm_rule_type_names[r->rules[i].type],
                   found->passed, found->failed);
        if (found->nearest != NULL)
            put_nearest(out, r, i, found);
        buf_str(out, "}");
    }
    buf_str(out, "]");
}

void mm_why_write(const struct mm_why *w, struct buf *out)
{
    struct mm_why_pairs p = {0};

    put_head(out, w);
    if (w->rules != NULL)
        put_phase(out, w);
    if (w->rules != NULL && w->facts != NULL)
        mm_why_look(&p, w);
    buf_printf(out, ",\"waiting\":{\"tickets\":%zu,\"looked_at\":%zu,\"no_room\":%zu,\"pass_all\":%zu}", w->waiting,
               p.looked_at, p.no_room, p.pass_all);
    if (p.rules != NULL)
        put_rules(out, w->rules, &p);
    buf_str(out, "}");
    mm_why_pairs_clear(&p);
}
