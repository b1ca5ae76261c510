/*
 * values - what expressions are and what rules say of a line-up, in the engine. JSON lines in and out.
 *
 *   in   {"rules":{},"age_ms":0,"teams":{"red":[[{"id","attributes"?:{"skill":{"N":1}},"latency"?:{}}]]}}
 *        teams: by concrete team its tickets, of each its players
 *   out  {"rules":{"Fair":{"passed":true,"measured":[[1,2],3],"reference":4}},"match":false}; null: no value
 *        {"refused":"sentence"}: no rule set. {"ticket":"missing_attribute"}: a ticket that could never match
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "buf.h"
#include "json.h"
#include "mm_check.h"
#include "mm_scratch.h"

#include "../unit/mm_value_json.h"

struct bench {
    struct mm_ruleset *rules;
    struct mm_lineup *lineup;
    struct mm_scratch *scratch;
    struct mm_locations locations;
    struct mm_facts *facts[MM_MATCH_PLAYERS_MAX];
    size_t count;
};

static void put_expr(struct buf *out, const struct bench *b, const struct mm_rule *rule, const struct mm_expr *e)
{
    struct mm_value v;

    mm_scratch_reset(b->scratch);
    v = mm_eval(e, rule->party, b->lineup, b->scratch);
    put_value(out, &v);
}

static void put_rule(struct buf *out, const struct bench *b, size_t i, const struct mm_phase *phase)
{
    const struct mm_rule *rule = &b->rules->rules[i];
    bool passed = mm_check_rule(b->rules, i, phase, b->lineup, b->scratch).passed;

    buf_json_cstr(out, rule->name);
    buf_printf(out, ":{\"passed\":%s,\"measured\":[", passed ? "true" : "false");
    for (size_t j = 0; j < rule->measurement_count; j++) {
        buf_str(out, j > 0 ? "," : "");
        put_expr(out, b, rule, rule->measurements[j]);
    }
    buf_str(out, "]");
    if (phase->rules[i].reference != NULL) {
        buf_str(out, ",\"reference\":");
        put_expr(out, b, rule, phase->rules[i].reference);
    }
    buf_str(out, "}");
}

static json_object *member(json_object *o, const char *key)
{
    json_object *value = NULL;

    json_object_object_get_ex(o, key, &value);
    return value;
}

/* NULL, or why the ticket is none. */
static const char *seat(struct bench *b, json_object *players, size_t team)
{
    struct mm_player list[MM_MATCH_PLAYERS_MAX] = {{0}};
    size_t n = json_object_array_length(players);
    char message[MM_MESSAGE_SIZE];
    const char *code;

    for (size_t i = 0; i < n; i++) {
        json_object *o = json_object_array_get_idx(players, i);

        list[i] = (struct mm_player){.id = json_object_get_string(member(o, "id")),
                                     .attributes = member(o, "attributes"),
                                     .latency_ms = member(o, "latency")};
    }
    code = mm_facts_read(&b->facts[b->count], b->rules, &b->locations, list, n, NULL, message);
    if (code == NULL)
        mm_lineup_seat(b->lineup, b->facts[b->count++], NULL, team);
    return code;
}

static const char *seat_all(struct bench *b, json_object *teams)
{
    const char *code = NULL;

    for (size_t team = 0; team < b->rules->team_count; team++) {
        json_object *tickets = member(teams, b->rules->teams[team].name);

        for (size_t i = 0; code == NULL && i < json_object_array_length(tickets); i++)
            code = seat(b, json_object_array_get_idx(tickets, i), team);
    }
    return code;
}

static void judge(struct bench *b, json_object *line, struct buf *out)
{
    const char *code = seat_all(b, member(line, "teams"));
    const struct mm_phase *phase = mm_ruleset_phase(b->rules, json_object_get_int64(member(line, "age_ms")));
    bool match;
    int failed;

    if (code != NULL) {
        buf_printf(out, "{\"ticket\":\"%s\"}", code);
        return;
    }
    buf_str(out, "{\"rules\":{");
    for (size_t i = 0; i < b->rules->rule_count; i++) {
        buf_str(out, i > 0 ? "," : "");
        put_rule(out, b, i, phase);
    }
    match = mm_check_match(b->rules, phase, b->lineup, b->scratch, &failed);
    buf_printf(out, "},\"match\":%s}", match ? "true" : "false");
}

static void answer(json_object *line, struct buf *out)
{
    struct mm_problems problems = {0};
    struct bench b = {.scratch = mm_scratch_new()};
    size_t len;
    const char *text = json_text(member(line, "rules"), &len);
    char sentence[MM_PROBLEM_SIZE];

    if (mm_ruleset_parse(&b.rules, "values", text, len, &problems) == 0) {
        b.lineup = mm_lineup_new(b.rules);
        judge(&b, line, out);
    } else {
        mm_problems_line(&problems, sentence, sizeof(sentence));
        buf_str(out, "{\"refused\":");
        buf_json_cstr(out, sentence);
        buf_str(out, "}");
    }
    while (b.count > 0)
        free(b.facts[--b.count]);
    mm_lineup_free(&b.lineup);
    mm_scratch_free(&b.scratch);
    mm_ruleset_free(&b.rules);
    mm_locations_free(&b.locations);
    mm_problems_free(&problems);
}

int main(void)
{
    struct buf out = {0};
    char *line = NULL, error[JSON_ERROR_SIZE];
    size_t size = 0;
    ssize_t len;

    while ((len = getline(&line, &size, stdin)) > 0) {
        json_object *o = NULL;

        if (json_parse(line, (size_t)len, &o, error) != 0) {
            (void)fprintf(stderr, "values: %s\n", error);
            return 2;
        }
        buf_clear(&out);
        answer(o, &out);
        (void)puts(out.data);
        json_object_put(o);
    }
    buf_free(&out);
    free(line);
    return 0;
}
