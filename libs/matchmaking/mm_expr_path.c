/* teams[red,blue].players.attributes[skill] */
#include <stdlib.h>
#include <strings.h>

#include "mem.h"
#include "mm_expr_parser.h"
#include "mm_node.h"

static int fail_no_team(const struct mm_expr_parser *p, struct mm_expr_word w)
{
    const char *names[MM_MATCH_PLAYERS_MAX];
    char list[MM_PATH_SIZE];

    for (size_t i = 0; i < p->rules->family_count; i++)
        names[i] = p->rules->families[i].name;
    mm_words(list, names, p->rules->family_count);
    return mm_expr_fail(p, w.start, "there is no team \"%.*s\"; there is %.*s", mm_shown(w.start, w.len), w.start,
                        mm_shown(list, strlen(list)), list);
}

/* An entry of `teams`, which is all of its concrete teams, or one of these. */
static int select_team(struct mm_expr_parser *p, struct mm_expr_word w, bool *chosen)
{
    const struct mm_ruleset *r = p->rules;
    bool found = false, again = false;

    for (size_t i = 0; i < r->team_count; i++) {
        if (!mm_expr_word_is(w, r->teams[i].name) && !mm_expr_word_is(w, r->families[r->teams[i].family].name))
            continue;
        again = again || chosen[i];
        chosen[i] = found = true;
    }
    if (again)
        return mm_expr_fail(p, w.start, "team \"%.*s\" stands twice", mm_shown(w.start, w.len), w.start);
    return found ? 0 : fail_no_team(p, w);
}

/* Keeps which teams; several entries, or one that is several teams, give a list with one element a team. */
static void keep_teams(struct mm_expr *e, const bool *chosen, size_t count)
{
    e->teams = mem_alloc(count * sizeof(*e->teams));
    for (size_t i = 0; i < count; i++) {
        if (chosen[i])
            e->teams[e->team_count++] = (uint16_t)i;
    }
    e->grouped = e->grouped || e->team_count > 1;
    e->source = MM_SOURCE_TEAMS;
    e->element = MM_ELEMENT_TEAM;
    e->depth = e->grouped;
}

static int parse_selector(struct mm_expr_parser *p)
{
    size_t count = p->rules->team_count;
    bool *chosen = mem_alloc(count);
    int rc = 0;

    do {
        struct mm_expr_word w = mm_expr_take_name(p, ",]");

        if (mm_expr_word_is(w, "*") && !p->expr->grouped && *p->at == ']')
            memset(chosen, 1, count);
        else
            rc = select_team(p, w, chosen);
        p->expr->grouped = p->expr->grouped || mm_expr_word_is(w, "*") || *p->at == ',';
    } while (rc == 0 && mm_expr_accept(p, ','));
    if (rc == 0)
        rc = mm_expr_expect(p, ']');
    keep_teams(p->expr, chosen, count);
    free(chosen);
    return rc;
}

static int parse_map_key(struct mm_expr_parser *p)
{
    struct mm_expr_word w;

    if (p->expr->element != MM_ELEMENT_MAP || !mm_expr_accept(p, '['))
        return 0;
    w = mm_expr_take_name(p, "]");
    if (w.len == 0)
        return mm_expr_fail(p, w.start, "a key of the map is expected");
    p->expr->map_key = mm_expr_keep(p, w);
    p->expr->element = MM_ELEMENT_NUMBER;
    return mm_expr_expect(p, ']');
}

static int parse_attribute(struct mm_expr_parser *p)
{
    static const struct {
        enum mm_element element;
        int depth;
    } values[] = {
        [MM_ATTRIBUTE_STRING] = {MM_ELEMENT_STRING, 0},
        [MM_ATTRIBUTE_NUMBER] = {MM_ELEMENT_NUMBER, 0},
        [MM_ATTRIBUTE_STRING_LIST] = {MM_ELEMENT_STRING, 1},
        [MM_ATTRIBUTE_STRING_NUMBER_MAP] = {MM_ELEMENT_MAP, 0},
    };
    struct mm_expr *e = p->expr;
    struct mm_expr_word w;
    int found, rc = mm_expr_expect(p, '[');

    if (rc != 0)
        return rc;
    w = mm_expr_take_name(p, "]");
    found = mm_ruleset_attribute(p->rules, mm_expr_keep(p, w));
    if (found == MM_NEVER)
        return mm_expr_fail(p, w.start, "attribute \"%.*s\" is not declared in playerAttributes",
                            mm_shown(w.start, w.len), w.start);
    e->source = MM_SOURCE_ATTRIBUTE;
    e->attribute = (size_t)found;
    e->element = values[p->rules->attributes[found].type].element;
    e->depth += values[p->rules->attributes[found].type].depth;
    rc = mm_expr_expect(p, ']');
    return rc != 0 ? rc : parse_map_key(p);
}

static int parse_player_ids(struct mm_expr_parser *p)
{
    struct mm_expr_word w = mm_expr_take_name(p, "]");

    if (w.len != strlen("playerId") || strncasecmp(w.start, "playerId", w.len) != 0)
        return mm_expr_fail(p, w.start, "playerId is expected, not \"%.*s\"", mm_shown(w.start, w.len), w.start);
    p->expr->source = MM_SOURCE_PLAYER_IDS;
    p->expr->element = MM_ELEMENT_STRING;
    return mm_expr_expect(p, ']');
}

/* What follows a '.': the keyword that must be there. */
static int expect_keyword(struct mm_expr_parser *p, const char *keyword)
{
    struct mm_expr_word w = mm_expr_next_identifier(p->at);

    if (!mm_expr_word_is(w, keyword))
        return mm_expr_fail(p, w.start, "%s is expected, not \"%.*s\"", keyword, mm_shown(w.start, strlen(w.start)),
                            w.start);
    p->at = w.start + w.len;
    return 0;
}

int mm_expr_parse_path(struct mm_expr_parser *p)
{
    int rc = mm_expr_expect(p, '[');

    if (rc == 0)
        rc = parse_selector(p);
    if (rc != 0 || !mm_expr_accept(p, '.'))
        return rc;
    rc = expect_keyword(p, "players");
    if (rc != 0)
        return rc;
    p->expr->source = MM_SOURCE_PLAYERS;
    p->expr->element = MM_ELEMENT_PLAYER;
    p->expr->depth++;
    if (mm_expr_accept(p, '['))
        return parse_player_ids(p);
    if (!mm_expr_accept(p, '.'))
        return 0;
    rc = expect_keyword(p, "attributes");
    return rc != 0 ? rc : parse_attribute(p);
}
