#include <string.h>

#include "buf.h"
#include "mem.h"
#include "mm_ruleset_reader.h"

static const char *find_team(const struct mm_ruleset *r, const char *name)
{
    for (size_t i = 0; i < r->team_count; i++) {
        if (strcmp(r->teams[i].name, name) == 0 || strcmp(r->families[r->teams[i].family].name, name) == 0)
            return name;
    }
    return NULL;
}

/* Names the concrete teams: "red", or each of several alike, "red_1". */
static void add_teams(struct mm_reader *rd, const struct mm_node *n, struct mm_family *f)
{
    struct mm_ruleset *r = rd->r;

    f->first = r->team_count;
    for (size_t i = 1; i <= f->quantity; i++) {
        struct buf name = {0};

        buf_str(&name, f->name);
        if (f->quantity > 1)
            buf_printf(&name, "_%zu", i);
        if (find_team(r, name.data) != NULL)
            mm_node_problem(n, "name", "\"%.*s\" is another team's name", mm_shown(name.data, name.len), name.data);
        r->teams[r->team_count++] = (struct mm_team){buf_take(&name), (size_t)(f - r->families)};
    }
}

static void read_team(struct mm_reader *rd, const struct mm_node *n, struct mm_family *f, struct mm_size *size)
{
    static const char *const members[] = {"name", "minPlayers", "maxPlayers", "quantity", NULL};
    int64_t min = 0, max = 1, quantity = 1, room = MM_MATCH_PLAYERS_MAX - (int64_t)rd->r->team_count;

    f->name = "";
    rd->teams_broken = rd->teams_broken || !mm_node_is_object(n);
    if (!json_object_is_type(n->o, json_type_object))
        return;
    (void)mm_node_only(n, members, NULL);
    if (!mm_node_name(n, "name", &f->name))
        rd->teams_broken = true;
    (void)mm_node_int(n, "minPlayers", 0, MM_MATCH_PLAYERS_MAX, &min);
    (void)mm_node_int(n, "maxPlayers", 1, MM_MATCH_PLAYERS_MAX, &max);
    if (!mm_node_int_opt(n, "quantity", 1, MM_MATCH_PLAYERS_MAX, &quantity))
        rd->teams_broken = true;
    if (quantity > room) {
        mm_node_problem(n, "quantity", "makes more than %d teams", MM_MATCH_PLAYERS_MAX);
        rd->teams_broken = true;
        quantity = 0;
    }
    *size = (struct mm_size){(uint16_t)min, (uint16_t)max};
    f->quantity = (size_t)quantity;
    if (f->name[0] != '\0')
        add_teams(rd, n, f);
}

void mm_read_teams(struct mm_reader *rd)
{
    struct mm_ruleset *r = rd->r;
    size_t n = mm_node_list(&rd->root, "teams", 1, MM_MATCH_PLAYERS_MAX);

    rd->teams_broken = n == 0;
    r->families = mem_alloc(n * sizeof(*r->families));
    r->phases[0].families = mem_alloc(n * sizeof(struct mm_size));
    r->teams = mem_alloc(MM_MATCH_PLAYERS_MAX * sizeof(*r->teams));
    for (size_t i = 0; i < n; i++) {
        struct mm_node at = mm_node_element(&rd->root, "teams", i);

        read_team(rd, &at, &r->families[i], &r->phases[0].families[i]);
        r->family_count++;
    }
}
