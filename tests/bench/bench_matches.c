/*
 * Matches of many players on one core: real ratings, parties, regions; how fast, and how good the matches are beside
 * those that plain filling makes: whoever comes next takes the team with the most room, as far as the party fits.
 *
 *   bench_matches [RATINGS [TICKETS]]
 */
#include <math.h>

#include "bench_world.h"

#define ARRIVALS_PER_S 2000
#define TIMEOUT_S      120
#define BEGIN_MS       1000000
#define REGIONS        6
#define SKILL          "\"playerAttributes\":[{\"name\":\"skill\",\"type\":\"number\"}]"
#define ALL            "teams[*].players.attributes[skill]"
#define FAIR(max)                                                                                                      \
    "{\"name\":\"FairTeamSkill\",\"type\":\"distance\",\"measurements\":[\"avg(" ALL ")\"],\"referenceValue\":"        \
    "\"avg(flatten(" ALL "))\",\"maxDistance\":" max "}"
#define WIDER(rule, a, b)                                                                                              \
    "\"expansions\":[{\"target\":\"rules[" rule "\",\"steps\":[{\"waitTimeSeconds\":5,\"value\":" a                    \
    "},{\"waitTimeSeconds\":15,\"value\":" b "}]}]"

static const struct shape {
    const char *title;
    struct bench_rules rules;
    size_t party_max, team_size, team_count; /* of plain filling */
    bool latency;
} shapes[] = {
    {"5 v 5, fair teams, parties",
     {"five",
      "{\"ruleLanguageVersion\":\"1.0\"," SKILL ",\"teams\":[{\"name\":\"team\",\"minPlayers\":5,\"maxPlayers\":5,"
      "\"quantity\":2}],\"rules\":[" FAIR("25") "]," WIDER("FairTeamSkill].maxDistance", "50", "100") "}"},
     5,
     5,
     2,
     false},
    {"3 teams of 3 to 5, latency, 6 regions",
     {"trio",
      "{\"ruleLanguageVersion\":\"1.0\"," SKILL ",\"teams\":[{\"name\":\"trio\",\"minPlayers\":3,\"maxPlayers\":5,"
      "\"quantity\":3}],\"rules\":[" FAIR(
          "50") ",{\"name\":\"Sizes\",\"type\":\"distance\",\"measurements\":[\"max(count("
                "teams[*].players))\"],\"referenceValue\":\"min(count(teams[*].players))\",\"maxDistance\":1},{"
                "\"name\":\"Near\","
                "\"type\":\"latency\",\"maxLatency\":60}]," WIDER("Near].maxLatency", "100", "150") "}"},
     3,
     3,
     3,
     true},
    {"100 for themselves, close in skill",
     {"ffa",
      "{\"ruleLanguageVersion\":\"1.0\"," SKILL
      ",\"algorithm\":{\"strategy\":\"balanced\",\"balancedAttribute\":\"skill\","
      "\"batchingPreference\":\"largestPopulation\"},\"teams\":[{\"name\":\"all\",\"minPlayers\":100,\"maxPlayers\":"
      "100}],"
      "\"rules\":[{\"name\":\"Close\",\"type\":\"batchDistance\",\"batchAttribute\":\"skill\",\"maxDistance\":200}]"
      "," WIDER("Close].maxDistance", "300", "400") "}"},
     1,
     100,
     1,
     false},
};

struct person {
    double skill;
    uint8_t region;
    int64_t since_ms;
};

struct quality { /* sums over matches */
    size_t matches, players;
    double spread, team_gap, deviation, far; /* far: players without the region that most of the match have */
    double wait_ms;
};

struct bench {
    const struct shape *shape;
    struct person *people;
    size_t person_count;
    uint8_t *parties; /* by ticket */
    size_t ticket_count;
    struct quality made;
    int64_t now_ms;
};

/* ---- quality ---- */

struct gathering { /* a match, seen from outside */
    double least, most, sum, squares, lowest_team, highest_team;
    size_t players, in_region[REGIONS];
};

static void gather_team(struct gathering *g, const double *skills, size_t count)
{
    double sum = 0;

    for (size_t i = 0; i < count; i++) {
        sum += skills[i];
        g->least = fmin(g->least, skills[i]);
        g->most = fmax(g->most, skills[i]);
        g->squares += skills[i] * skills[i];
    }
    g->sum += sum;
    g->players += count;
    if (count > 0) {
        g->lowest_team = fmin(g->lowest_team, sum / (double)count);
        g->highest_team = fmax(g->highest_team, sum / (double)count);
    }
}

static void add_match(struct quality *q, const struct gathering *g)
{
    double n = (double)g->players;
    size_t most = 0;

    for (size_t i = 0; i < REGIONS; i++)
        most = g->in_region[i] > most ? g->in_region[i] : most;
    q->matches++;
    q->players += g->players;
    q->spread += g->most - g->least;
    q->team_gap += g->highest_team - g->lowest_team;
    q->deviation += sqrt(fmax(0, g->squares / n - g->sum / n * (g->sum / n)));
    q->far += n - (double)most;
}

static struct gathering nobody(void)
{
    return (struct gathering){.least = (double)INFINITY,
                              .most = -(double)INFINITY,
                              .lowest_team = (double)INFINITY,
                              .highest_team = -(double)INFINITY};
}

static void on_transition(void *arg, const struct mm_transition *t)
{
    struct bench *b = arg;
    struct gathering g = nobody();

    if (t->kind != MM_MATCH)
        return;
    for (size_t i = 0; i < t->team_count; i++) {
        double skills[MM_MATCH_PLAYERS_MAX];

        for (size_t j = 0; j < t->teams[i].player_count; j++) {
            const struct person *p = &b->people[strtoull(t->teams[i].players[j].id + strlen("player-"), NULL, 10)];

            skills[j] = p->skill;
            g.in_region[p->region]++;
            b->made.wait_ms += (double)(b->now_ms - p->since_ms);
        }
        gather_team(&g, skills, t->teams[i].player_count);
    }
    add_match(&b->made, &g);
}

/* Tickets that do not fit the match that is being filled are the first of the next. */
static struct quality plain(const struct bench *b)
{
    struct quality q = {0};
    bool *taken = mem_alloc(b->ticket_count * sizeof(*taken));
    size_t from = 0, first_person = 0;

    for (bool full = true; full; from++) {
        double skills[3][MM_MATCH_PLAYERS_MAX];
        size_t counts[3] = {0}, players = 0, wanted = b->shape->team_size * b->shape->team_count;
        struct gathering g = nobody();

        for (; from < b->ticket_count && taken[from]; from++)
            first_person += b->parties[from];
        for (size_t i = from, person = first_person; i < b->ticket_count && players < wanted;
             person += b->parties[i++]) {
            size_t team = 0;

            for (size_t j = 1; j < b->shape->team_count; j++)
                team = counts[j] < counts[team] ? j : team;
            if (taken[i] || counts[team] + b->parties[i] > b->shape->team_size)
                continue;
            taken[i] = true;
            for (size_t j = 0; j < b->parties[i]; j++) {
                skills[team][counts[team]++] = b->people[person + j].skill;
                g.in_region[b->people[person + j].region]++;
            }
            players += b->parties[i];
        }
        full = players == wanted;
        for (size_t j = 0; full && j < b->shape->team_count; j++)
            gather_team(&g, skills[j], counts[j]);
        if (full)
            add_match(&q, &g);
        first_person += from < b->ticket_count ? b->parties[from] : 0;
    }
    free(taken);
    return q;
}

/* ---- people ---- */

static json_object *latencies(uint8_t region, uint64_t *seed)
{
    static const char *const names[REGIONS] = {"eu", "us-east", "us-west", "asia", "south-america", "oceania"};
    json_object *all = json_object_new_object();

    for (uint8_t i = 0; i < REGIONS; i++) {
        int away = abs((int)i - (int)region), ms = 20 + 70 * away + (int)dice_below(seed, 40);

        json_object_object_add(all, names[i], json_object_new_int(ms));
    }
    return all;
}

/* Alone, half; then fewer the more they are. Friends are like each other. */
static void draw(struct bench *b, const struct numbers *ratings, size_t tickets)
{
    uint64_t seed = 20000;

    b->ticket_count = tickets;
    b->parties = mem_alloc(tickets);
    b->people = mem_alloc(tickets * b->shape->party_max * sizeof(*b->people));
    b->person_count = 0;
    for (size_t i = 0; i < tickets; i++) {
        double skill = ratings->list[dice_below(&seed, ratings->count)];
        uint8_t players = 1, region = (uint8_t)dice_below(&seed, REGIONS);

        while (players < b->shape->party_max && dice_below(&seed, 2) == 0)
            players++;
        b->parties[i] = players;
        for (uint8_t j = 0; j < players; j++)
            b->people[b->person_count++] =
                (struct person){skill + (j == 0 ? 0 : (double)dice_below(&seed, 200) - 100), region, 0};
    }
}

static void run(struct bench *b, const struct numbers *ratings, size_t tickets)
{
    struct mm_catalog *catalog = bench_catalog(b->shape->rules, TIMEOUT_S);
    struct mm_engine *e = mm_engine_new(catalog, 0, on_transition, b);
    int64_t us = 0;
    uint64_t seed = 1;

    draw(b, ratings, tickets);
    b->now_ms = BEGIN_MS;
    for (size_t i = 0, first = 0; i < b->ticket_count; first += b->parties[i++]) {
        struct mm_player players[MM_TICKET_PLAYERS_MAX] = {{0}};
        struct bench_names names;
        int64_t began_us;

        bench_name(&names, i, first, b->parties[i]);
        b->now_ms += i % (ARRIVALS_PER_S / 1000) == 0;
        for (size_t j = 0; j < b->parties[i]; j++) {
            b->people[first + j].since_ms = b->now_ms;
            players[j].attributes = bench_skill(b->people[first + j].skill);
            players[j].latency_ms = b->shape->latency ? latencies(b->people[first + j].region, &seed) : NULL;
        }
        began_us = bench_cpu_us();
        bench_tick(e, b->now_ms);
        bench_start(e, &names, players, b->parties[i], b->now_ms);
        us += bench_cpu_us() - began_us;
        for (size_t j = 0; j < b->parties[i]; j++) {
            json_object_put(players[j].attributes);
            json_object_put(players[j].latency_ms);
        }
    }
    printf("| %s | %zu | %.0f | %.2f %% | %.2f s", b->shape->title, b->person_count, bench_rate(b->person_count, us),
           100.0 * (double)b->made.players / (double)b->person_count, b->made.wait_ms / 1000 / (double)b->made.players);
    mm_engine_free(&e);
    mm_catalog_free(&catalog);
}

static void print_quality(const struct quality *q)
{
    double n = (double)q->matches;

    printf(" | %.0f / %.0f / %.0f / %.1f", q->spread / n, q->deviation / n, q->team_gap / n, q->far / n);
}

int main(int argc, char **argv)
{
    struct numbers ratings = bench_ratings(argc > 1 ? argv[1] : "tests/data/ratings.txt");
    size_t tickets = argc > 2 ? strtoull(argv[2], NULL, 10) : 50000;

    printf("| match | players | players/s | matched | mean wait | spread / deviation / team gap / from elsewhere | the "
           "same "
           "by plain filling |\n|---|---|---|---|---|---|---|\n");
    for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++) {
        struct bench b = {.shape = &shapes[i]};
        struct quality filled;

        run(&b, &ratings, tickets);
        filled = plain(&b);
        print_quality(&b.made);
        print_quality(&filled);
        printf(" |\n");
        (void)fflush(stdout);
        free(b.people);
        free(b.parties);
    }
    numbers_free(&ratings);
    return 0;
}
