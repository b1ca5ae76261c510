#include "why_text.h"

#include <math.h>
#include <string.h>

static const char *text_of(json_object *o, const char *key)
{
    const char *text = "";

    (void)json_get_str_opt(o, "$", key, 0, SIZE_MAX, &text, NULL);
    return text;
}

/* NAN: it is not there, or null. */
static double number_of(json_object *o, const char *key)
{
    double number = (double)NAN;

    (void)json_get_num(o, "$", key, &number, NULL);
    return number;
}

/* NULL: it is not there. */
static json_object *object_of(json_object *o, const char *key)
{
    json_object *found = NULL;

    (void)json_get_object_opt(o, "$", key, &found, NULL);
    return found;
}

static void put_head(struct buf *out, json_object *why)
{
    double estimate = number_of(why, "estimated_wait_seconds");

    buf_printf(out, "ticket %s, configuration %s: %s for %.1f s, times out in %.1f s", text_of(why, "ticket_id"),
               text_of(why, "configuration"), text_of(why, "state"), number_of(why, "age_seconds"),
               number_of(why, "times_out_in_seconds"));
    if (!isnan(estimate))
        buf_printf(out, "; others waited %.1f s lately", estimate);
    buf_str(out, "\n");
}

static void put_phase(struct buf *out, json_object *why)
{
    json_object *phase = object_of(why, "phase");
    double next;

    if (phase == NULL)
        return;
    next = number_of(phase, "next_in_seconds");
    buf_printf(out, "expansions: step %.0f of %.0f", number_of(phase, "number"), number_of(phase, "of"));
    if (isnan(next))
        buf_str(out, ", the last");
    else
        buf_printf(out, ", the next in %.1f s", next);
    buf_printf(out, "; a match has at least %.0f players\n", number_of(why, "players_needed"));
}

static void put_waiting(struct buf *out, json_object *why)
{
    json_object *waiting = object_of(why, "waiting");

    if (waiting == NULL)
        return;
    buf_printf(out,
               "pool: %.0f tickets; of %.0f others looked at one by one, %.0f have no room beside it, %.0f pass every "
               "rule with it\n",
               number_of(waiting, "tickets"), number_of(waiting, "looked_at"), number_of(waiting, "no_room"),
               number_of(waiting, "pass_all"));
}

static size_t longest_name(json_object *rules)
{
    size_t longest = strlen("rule");

    for (size_t i = 0; i < json_object_array_length(rules); i++) {
        size_t len = strlen(text_of(json_object_array_get_idx(rules, i), "rule"));

        longest = len > longest ? len : longest;
    }
    return longest;
}

static void put_rules(struct buf *out, json_object *why)
{
    json_object *rules;
    int width;

    if (json_get_array(why, "$", "rules", 1, SIZE_MAX, &rules, NULL) != 0)
        return;
    width = (int)longest_name(rules);
    buf_printf(out, "\n%-*s  passed  failed  nearest miss\n", width, "rule");
    for (size_t i = 0; i < json_object_array_length(rules); i++) {
        json_object *rule = json_object_array_get_idx(rules, i), *nearest = object_of(rule, "nearest");

        buf_printf(out, "%-*s  %6.0f  %6.0f  %s\n", width, text_of(rule, "rule"), number_of(rule, "passed"),
                   number_of(rule, "failed"), nearest != NULL ? text_of(nearest, "text") : "");
    }
}

void why_text(struct buf *out, json_object *why)
{
    put_head(out, why);
    put_phase(out, why);
    put_waiting(out, why);
    put_rules(out, why);
}
