/* An expression, read in a rule set that has everything to name. */
#include "fuzz.h"
#include "json.h"
#include "mem.h"
#include "mm_ruleset.h"

static const char document[] =
    "{\"ruleLanguageVersion\":\"1.0\",\"playerAttributes\":[{\"name\":\"skill\",\"type\":\"number\"},{\"name\":\"map\","
    "\"type\":\"string\"},{\"name\":\"tags\",\"type\":\"string_list\"},{\"name\":\"prefs\",\"type\":"
    "\"string_number_map\"}],\"teams\":[{\"name\":\"red\",\"minPlayers\":1,\"maxPlayers\":2},{\"name\":\"trio\","
    "\"minPlayers\":1,\"maxPlayers\":2,\"quantity\":3}]}";

static const struct mm_ruleset *rules(void)
{
    static struct mm_ruleset *r;
    struct mm_problems problems = {0};

    if (r == NULL)
        ASSERT(mm_ruleset_parse(&r, "fuzz", document, strlen(document), &problems) == 0);
    return r;
}

static void check_path(const struct mm_expr *e)
{
    char type[MM_EXPR_TYPE_SIZE];

    ASSERT(e->team_count > 0 && (e->grouped || e->team_count == 1));
    for (size_t i = 0; i < e->team_count; i++)
        ASSERT(e->teams[i] < rules()->team_count && (i == 0 || e->teams[i] > e->teams[i - 1]));
    ASSERT(e->function_count <= MM_EXPR_FUNCTIONS_MAX);
    ASSERT(e->depth >= 0 && e->depth <= 3);
    ASSERT(e->map_key == NULL || (e->source == MM_SOURCE_ATTRIBUTE && e->map_key[0] != '\0'));
    ASSERT(strlen(mm_expr_type(e->element, e->depth, type)) < MM_EXPR_TYPE_SIZE - 1);
}

static void parse(const char *text, bool literal_ok)
{
    struct mm_expr *e = NULL;
    char error[MM_EXPR_ERROR_SIZE];

    if (mm_expr_parse(&e, rules(), text, literal_ok, error) != 0)
        ASSERT(e == NULL && error[0] != '\0');
    else if (mm_expr_is_constant(e))
        ASSERT(literal_ok && e->string != NULL && e->depth == 0);
    else
        check_path(e);
    mm_expr_free(&e);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = mem_strndup((const char *)data, size);

    if (json_utf8_valid(text, strlen(text))) { /* it comes out of a document */
        parse(text, false);
        parse(text, true);
    }
    free(text);
    return 0;
}
