#include "rules.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "file.h"
#include "mm_ruleset.h"

#define FILE_MAX_BYTES (1 << 20) /* far above what a rule set may have: its reader says how much that is */

static const char usage[] = "usage: gsmctl rules check FILE...\n\n"
                            "Reads FlexMatch rule sets and prints all that is wrong with them, a line a problem.\n";

/* Names in a document may hold anything; a problem is one line. */
static void print_line(const char *path, const char *place, bool note, const char *text)
{
    (void)printf("%s: %s: %s", path, place, note ? "note: " : "");
    for (const char *c = text; *c != '\0'; c++)
        (void)putchar((unsigned char)*c < 0x20 || *c == 0x7f ? '?' : *c);
    (void)putchar('\n');
}

static void print_count(const char *before, size_t count, const char *what)
{
    (void)printf("%s%zu %s%s", before, count, what, count == 1 ? "" : "s");
}

static void print_summary(const char *path, const struct mm_ruleset *r)
{
    size_t min = r->phases[0].min_players, max = r->phases[0].max_players;

    for (size_t i = 1; i < r->phase_count; i++) {
        min = r->phases[i].min_players < min ? r->phases[i].min_players : min;
        max = r->phases[i].max_players > max ? r->phases[i].max_players : max;
    }
    (void)printf("%s: ok: ", path);
    print_count("", r->team_count, "team");
    if (min < max)
        (void)printf(", %zu to %zu players", min, max);
    else
        print_count(", ", max, "player");
    print_count(", ", r->rule_count, "rule");
    print_count(", ", r->phase_count, "phase");
    (void)putchar('\n');
}

static bool check_file(const char *path)
{
    struct mm_problems problems = {0};
    struct mm_ruleset *r = NULL;
    char error[1024];
    size_t len;
    char *text = file_read(path, FILE_MAX_BYTES, &len, error, sizeof(error));
    bool ok;

    if (text == NULL) {
        (void)printf("%s\n", error);
        return false;
    }
    ok = mm_ruleset_parse(&r, path, text, len, &problems) == 0;
    for (size_t i = 0; i < problems.count; i++)
        print_line(path, problems.list[i].path, problems.list[i].note, problems.list[i].text);
    if (ok)
        print_summary(path, r);
    else if (problems.count == MM_PROBLEMS_MAX)
        (void)printf("%s: %zu errors in all; these are the first\n", path, problems.errors);
    mm_ruleset_free(&r);
    mm_problems_free(&problems);
    free(text);
    return ok;
}

int rules_check(int argc, char **argv)
{
    bool ok = true;

    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--help") == 0) {
            (void)fputs(usage, stdout);
            return 0;
        }
    }
    if (argc < 2 || strncmp(argv[1], "--", 2) == 0) {
        (void)fputs(usage, stderr);
        return 2;
    }
    for (int i = 1; i < argc; i++)
        ok = check_file(argv[i]) && ok;
    return ok ? 0 : 1;
}
