#include "mem.h"
#include "mm_ruleset_reader.h"

#define SORT_ATTRIBUTES_MAX 10
#define NUMBERS             (1u << MM_ATTRIBUTE_NUMBER)
#define SORTABLE            (NUMBERS | 1u << MM_ATTRIBUTE_STRING)

static const char *const strategies[] = {[MM_EXHAUSTIVE_SEARCH] = "exhaustiveSearch", [MM_BALANCED] = "balanced"};
static const char *const ages[] = {"newest", "oldest"};
static const char *const priorities[] = {
    [MM_BACKFILL_NORMAL] = "normal", [MM_BACKFILL_LOW] = "low", [MM_BACKFILL_HIGH] = "high"};

/* batchingPreference by strategy; the first is the default. */
static const struct {
    const char *words[2];
    enum mm_batching values[2];
} batchings[] = {
    [MM_EXHAUSTIVE_SEARCH] = {{"random", "sorted"}, {MM_BATCH_RANDOM, MM_BATCH_SORTED}},
    [MM_BALANCED] = {{"largestPopulation", "fastestRegion"}, {MM_BATCH_LARGEST_POPULATION, MM_BATCH_FASTEST_REGION}},
};

static void read_words(const struct mm_node *n, struct mm_algorithm *a)
{
    int strategy = 0, batching = 0, age = 0, backfill = 0;

    (void)mm_node_word_opt(n, "strategy", strategies, 2, &strategy);
    (void)mm_node_word_opt(n, "batchingPreference", batchings[strategy].words, 2, &batching);
    (void)mm_node_word_opt(n, "expansionAgeSelection", ages, 2, &age);
    (void)mm_node_word_opt(n, "backfillPriority", priorities, 3, &backfill);
    a->strategy = (enum mm_strategy)strategy;
    a->batching = batchings[strategy].values[batching];
    a->age_of_oldest = age == 1;
    a->backfill = (enum mm_backfill_priority)backfill;
    if (a->strategy == MM_BALANCED && mm_node_has(n, "backfillPriority"))
        mm_node_problem(n, "backfillPriority", "is for strategy exhaustiveSearch only");
}

static void read_sort(struct mm_reader *rd, const struct mm_node *n, struct mm_algorithm *a)
{
    size_t count = mm_node_has(n, "sortByAttributes") ? mm_node_list(n, "sortByAttributes", 1, SORT_ATTRIBUTES_MAX) : 0;
    char at[MM_PATH_SIZE];
    const char *name = NULL;

    a->sort_attributes = mem_alloc(count * sizeof(*a->sort_attributes));
    for (size_t i = 0; i < count; i++) {
        if (mm_node_string(n, "sortByAttributes", i, at, &name) &&
            mm_use_attribute(rd, n, at, name, SORTABLE, &a->sort_attributes[a->sort_count]))
            a->sort_count++;
    }
    if (a->batching == MM_BATCH_SORTED && !mm_node_has(n, "sortByAttributes"))
        mm_node_problem(n, NULL, "member \"sortByAttributes\" is missing: batchingPreference is sorted");
    if (a->batching != MM_BATCH_SORTED && mm_node_has(n, "sortByAttributes"))
        mm_node_note(n, "sortByAttributes", "has no effect: only batchingPreference sorted reads it");
}

static void read_balance(struct mm_reader *rd, const struct mm_node *n, struct mm_algorithm *a)
{
    const char *name = NULL;
    size_t found = 0;

    if (!mm_node_has(n, "balancedAttribute")) {
        if (a->strategy == MM_BALANCED)
            mm_node_problem(n, NULL, "member \"balancedAttribute\" is missing: strategy is balanced");
        return;
    }
    if (a->strategy != MM_BALANCED)
        mm_node_note(n, "balancedAttribute", "has no effect: only strategy balanced reads it");
    if (mm_node_name(n, "balancedAttribute", &name) &&
        mm_use_attribute(rd, n, "balancedAttribute", name, NUMBERS, &found))
        a->balanced_attribute = (int)found;
}

void mm_read_algorithm(struct mm_reader *rd)
{
    static const char *const members[] = {"strategy",
                                          "batchingPreference",
                                          "sortByAttributes",
                                          "balancedAttribute",
                                          "expansionAgeSelection",
                                          "backfillPriority",
                                          NULL};
    struct mm_algorithm *a = &rd->r->algorithm;
    struct mm_node n = {.o = mm_node_get(&rd->root, "algorithm"), .problems = rd->root.problems, .path = "$.algorithm"};

    a->balanced_attribute = MM_NEVER;
    if (!mm_node_has(&rd->root, "algorithm") || !mm_node_is_object(&n))
        return;
    (void)mm_node_only(&n, members, NULL);
    read_words(&n, a);
    read_sort(rd, &n, a);
    read_balance(rd, &n, a);
}
