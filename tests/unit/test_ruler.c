/*
 * The reign (PROTOCOLS J1-J4), in every interleaving of two processes up to a depth: each may claim, decide, be paused
 * between any two steps, have appends arrive late, twice or never, and learn of a failed delivery whether or not the
 * record arrived. Snapshots and abdications are among the appends, and the log may be read from where it can be cut.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ruler.h"

#define SILENCE_MS INT64_C(900)
#define PROCESSES  2
#define LOG_MAX    48
#define WIRE_MAX   4

struct process {
    struct ruler ruler;
    size_t read;                          /* records of the log it has read */
    struct journal_record wire[WIRE_MAX]; /* sent, in order, not yet in the log */
    size_t wire_count;
    bool repeated; /* its last append arrived twice already */
    int claims;
    bool leaving;   /* it has appended its abdication: it decides nothing more */
    int64_t part;   /* of the snapshot it is writing; 0: none */
    int64_t memory; /* the decision its state is the result of */
};

struct world {
    struct process p[PROCESSES];
    struct journal_record log[LOG_MAX];
    bool acted[LOG_MAX]; /* somebody acted on this record */
    size_t log_count;
    int64_t now_ms;
    struct journal truth; /* the fold of the whole log */
    int64_t decisions;    /* made so far, by anybody: each has a number, in `position`... */
    int64_t last_valid;   /* ...and in `at_ms` the number of the one it builds on */
};

static long worlds_seen, acts_seen, depositions_seen, in_place_seen, cuts_seen;

/* The log takes a record. A decision that counts must build on the last one that counts: else something was decided
 * twice. */
static void take(struct world *w, const struct journal_record *r)
{
    enum journal_verdict verdict = journal_read(&w->truth, r, (int64_t)w->log_count);

    w->log[w->log_count++] = *r;
    if (verdict != JOURNAL_VALID || r->type == JOURNAL_REIGN)
        return;
    if (r->type != JOURNAL_TICK)
        ck_assert_int_eq(r->position, w->last_valid); /* what it says is what counts */
    ck_assert_msg(r->type != JOURNAL_TICK || r->at_ms == w->last_valid,
                  "decision %d builds on %d, the last that counts is %d", (int)r->position, (int)r->at_ms,
                  (int)w->last_valid);
    w->last_valid = r->position;
}

static void send(struct process *p, const struct journal_record *r)
{
    if (p->wire_count < WIRE_MAX)
        p->wire[p->wire_count++] = *r;
}

/* Two valid rulers at once in the eyes of the log is what must never be: each valid tick is acted on by one process at
 * most. */
static void act(struct world *w, size_t at)
{
    ck_assert_msg(!w->acted[at], "two processes acted on record %zu", at);
    w->acted[at] = true;
    acts_seen++;
}

static void check_alike(const struct world *w)
{
    const struct process *a = &w->p[0], *b = &w->p[1];

    if (a->read == b->read && a->ruler.state != RULER_REPLAYING && b->ruler.state != RULER_REPLAYING)
        ck_assert_mem_eq(&a->ruler.journal, &b->ruler.journal, sizeof(a->ruler.journal));
}

static void start_over(struct world *w, struct process *p)
{
    ruler_restart(&p->ruler, w->now_ms);
    p->read = 0;
    p->memory = 0;
    p->part = 0;
    p->leaving = false;
}

static void step_down(struct world *w, struct process *p)
{
    depositions_seen++;
    if (p->ruler.state != RULER_RULING || ruler_unread(&p->ruler) > 0) {
        start_over(w, p); /* what it reads now it follows, it does not act on it */
        return;
    }
    ck_assert_int_eq(p->memory, p->ruler.journal.position);
    ruler_stand_by(&p->ruler, w->now_ms);
    in_place_seen++;
}

static void read_next(struct world *w, struct process *p)
{
    const struct journal_record *r = &w->log[p->read];
    enum journal_verdict verdict;
    enum ruler_step step = ruler_read(&p->ruler, r, (int64_t)p->read, w->now_ms, &verdict);

    if (step == RULER_ACT)
        act(w, p->read);
    if (step == RULER_ACT || step == RULER_FOLLOW || step == RULER_BEGIN)
        ck_assert_int_eq(verdict, JOURNAL_VALID);
    if (step == RULER_FOLLOW)
        p->memory = r->position;
    if (step == RULER_BEGIN)
        ck_assert_mem_eq(r->nonce, p->ruler.nonce, sizeof(r->nonce));
    if (step == RULER_ABDICATED)
        ck_assert_int_eq(p->memory, p->ruler.journal.position);
    p->read++;
    if (step == RULER_STEP_DOWN)
        step_down(w, p);
}

static bool claim(struct world *w, int who)
{
    struct process *p = &w->p[who];
    struct journal_record r;
    char nonce[JOURNAL_NONCE_SIZE];

    if (ruler_claim_in_ms(&p->ruler, w->now_ms, SILENCE_MS) > 0 || p->claims == 2)
        return false;
    p->part = 0;
    p->leaving = false;
    snprintf(nonce, sizeof(nonce), "%c%031d", 'a' + who, p->claims++);
    ruler_claim(&p->ruler, nonce, "same-name", 1, &r);
    send(p, &r);
    return true;
}

static bool may_append(const struct process *p)
{
    return p->ruler.state == RULER_RULING && p->wire_count < WIRE_MAX && ruler_unread(&p->ruler) < 2 && !p->leaving;
}

static bool decide(struct world *w, int who)
{
    struct process *p = &w->p[who];
    struct journal_record r;

    if (!may_append(p))
        return false;
    ruler_next(&p->ruler, JOURNAL_TICK, &r);
    r.at_ms = p->memory;
    r.position = p->memory = ++w->decisions;
    send(p, &r);
    return true;
}

static bool snapshot(struct world *w, int who)
{
    struct process *p = &w->p[who];
    struct journal_record r;

    (void)w;
    if (!may_append(p))
        return false;
    ruler_next(&p->ruler, JOURNAL_SNAPSHOT, &r);
    r.position = p->memory;
    r.part = ++p->part;
    r.last = p->part == 2;
    p->part %= 2;
    r.published = (struct journal_mark){r.epoch, r.seq - 1};
    send(p, &r);
    return true;
}

static bool abdicate(struct world *w, int who)
{
    struct process *p = &w->p[who];
    struct journal_record r;

    (void)w;
    if (!may_append(p) || ruler_unread(&p->ruler) > 0)
        return false;
    ruler_next(&p->ruler, JOURNAL_ABDICATE, &r);
    r.position = p->memory;
    r.stopping = who == 0;
    send(p, &r);
    p->leaving = true;
    return true;
}

static bool arrive(struct world *w, int who)
{
    struct process *p = &w->p[who];

    if (p->wire_count == 0 || w->log_count == LOG_MAX)
        return false;
    take(w, &p->wire[0]);
    memmove(p->wire, p->wire + 1, --p->wire_count * sizeof(p->wire[0]));
    return true;
}

static bool arrive_twice(struct world *w, int who)
{
    struct process *p = &w->p[who];

    if (p->repeated || p->wire_count == 0 || w->log_count + 2 > LOG_MAX)
        return false;
    p->repeated = true;
    take(w, &p->wire[0]);
    return arrive(w, who);
}

static bool overtake(struct world *w, int who)
{
    struct process *p = &w->p[who];
    struct journal_record first = p->wire[0];

    if (p->wire_count < 2)
        return false;
    p->wire[0] = p->wire[1];
    p->wire[1] = first;
    return true;
}

/* The report says "failed", and the record is lost; lose_report_only: it had arrived all the same. */
static bool lose(struct world *w, int who)
{
    struct process *p = &w->p[who];
    enum journal_type type = p->wire[0].type;

    if (p->wire_count == 0)
        return false;
    memmove(p->wire, p->wire + 1, --p->wire_count * sizeof(p->wire[0]));
    if (type == JOURNAL_REIGN) {
        ruler_claim_failed(&p->ruler, w->now_ms);
    } else if (p->ruler.state == RULER_RULING) {
        start_over(w, p);
    }
    return true;
}

static bool lose_report_only(struct world *w, int who)
{
    struct process *p = &w->p[who];

    if (p->wire_count == 0 || w->log_count == LOG_MAX)
        return false;
    take(w, &p->wire[0]);
    return lose(w, who);
}

static bool read_one(struct world *w, int who)
{
    struct process *p = &w->p[who];

    if (p->read < w->log_count) {
        read_next(w, p);
        return true;
    }
    if (p->ruler.state != RULER_REPLAYING)
        return false;
    ruler_caught_up(&p->ruler, w->now_ms);
    return true;
}

static bool silence(struct world *w, int who)
{
    (void)who;
    w->now_ms += SILENCE_MS;
    return w->now_ms <= 2 * SILENCE_MS;
}

static bool reassign(struct world *w, int who)
{
    struct process *p = &w->p[who];

    ruler_assign(&p->ruler, !p->ruler.assigned, w->now_ms);
    return true;
}

static bool (*const moves[])(struct world *w, int who) = {claim,    decide,   arrive, arrive_twice,     overtake,
                                                          snapshot, abdicate, lose,   lose_report_only, read_one,
                                                          silence,  reassign};
#define MOVES (int)(sizeof(moves) / sizeof(moves[0]))

static void explore(const struct world *w, int depth)
{
    worlds_seen++;
    check_alike(w);
    for (int m = 0; depth > 0 && m < MOVES; m++) {
        for (int who = 0; who < PROCESSES; who++) {
            struct world next = *w;

            if (moves[m](&next, who))
                explore(&next, depth - 1);
        }
    }
}

/* J7: who begins to read where the log may be cut knows what all others know. */
static void check_cut(const struct world *w)
{
    int64_t from = journal_trim_offset(&w->truth);
    struct journal cut = {0};

    if (from == 0)
        return;
    cuts_seen++;
    journal_begin(&cut, from);
    for (size_t i = (size_t)from; i < w->log_count; i++)
        ck_assert_int_ne(journal_read(&cut, &w->log[i], (int64_t)i), JOURNAL_NO_BEGINNING);
    ck_assert_int_eq(cut.epoch, w->truth.epoch);
    ck_assert_str_eq(cut.nonce, w->truth.nonce);
    ck_assert_int_eq(cut.seq, w->truth.seq);
    ck_assert_int_eq(cut.position, w->truth.position);
    ck_assert_int_eq(cut.incarnation, w->truth.incarnation);
    ck_assert_int_eq(cut.latest.offset, w->truth.latest.offset);
    ck_assert_int_eq(cut.vacant, w->truth.vacant);
}

static struct world begin(void)
{
    struct world w = {0};

    for (int i = 0; i < PROCESSES; i++) {
        ruler_init(&w.p[i].ruler, 0);
        ruler_assign(&w.p[i].ruler, true, 0);
        ruler_caught_up(&w.p[i].ruler, 0);
    }
    return w;
}

START_TEST(every_interleaving_from_the_start)
{
    struct world w = begin();

    explore(&w, 7);
    ck_assert_int_gt(worlds_seen, 10000);
}
END_TEST

/* From where both have ruled and both are busy, so that few steps reach the deep cases. */
START_TEST(every_interleaving_of_a_handover)
{
    struct world w = begin();

    ck_assert(claim(&w, 0) && arrive(&w, 0) && read_one(&w, 0) && read_one(&w, 1));
    ck_assert(decide(&w, 0) && decide(&w, 0) && arrive(&w, 0)); /* one in the log, one on the wire; A is paused */
    ck_assert(read_one(&w, 1));
    w.now_ms = SILENCE_MS;
    ck_assert(claim(&w, 1) && arrive(&w, 1));
    depositions_seen = acts_seen = 0;
    explore(&w, 7);
    ck_assert_int_gt(acts_seen, 0);
    ck_assert_int_gt(depositions_seen, 0);
}
END_TEST

/* Random walks go deeper than the exhaustive ones can. */
START_TEST(long_random_walks)
{
    unsigned seed = 20260101;

    for (int walk = 0; walk < 20000; walk++) {
        struct world w = begin();

        for (int step = 0; step < 60; step++) {
            int move = rand_r(&seed) % MOVES, who = rand_r(&seed) % PROCESSES;

            if (moves[move] == silence)
                w.now_ms += SILENCE_MS;
            else
                moves[move](&w, who);
            check_alike(&w);
        }
        check_cut(&w);
    }
    ck_assert_int_gt(in_place_seen, 50);
}
END_TEST

/* Progress: whatever happened, when one process alone goes on and its appends arrive, it rules and its decisions count.
 */
START_TEST(the_last_one_standing_rules)
{
    unsigned seed = 7;

    for (int walk = 0; walk < 5000; walk++) {
        struct world w = begin();
        struct process *p = &w.p[walk % 2];
        int who = walk % 2;
        bool acted = false;

        for (int step = 0; step < 12; step++)
            moves[rand_r(&seed) % MOVES](&w, rand_r(&seed) % PROCESSES);
        p->claims = 0;
        ruler_assign(&p->ruler, true, w.now_ms);
        for (int step = 0; step < 40 && !acted; step++) {
            size_t acts = (size_t)acts_seen;

            while (read_one(&w, who))
                continue;
            acted = (size_t)acts_seen > acts;
            w.now_ms += SILENCE_MS;
            p->claims = 0;
            if (!claim(&w, who))
                decide(&w, who);
            while (arrive(&w, who))
                continue;
        }
        ck_assert_msg(acted, "walk %d: nobody rules (%s)", walk, ruler_state_str(p->ruler.state));
    }
}
END_TEST

START_TEST(a_lost_assignment_deposes_nobody)
{
    struct world w = begin();

    ck_assert(claim(&w, 0) && arrive(&w, 0) && read_one(&w, 0));
    ruler_assign(&w.p[0].ruler, false, w.now_ms);
    ck_assert_int_eq(w.p[0].ruler.state, RULER_RULING);
    ck_assert(decide(&w, 0) && arrive(&w, 0) && read_one(&w, 0));
    ck_assert(w.acted[1]);
}
END_TEST

/* J3: the second tick overtook the first. What the process holds in memory is no longer what the journal says. */
START_TEST(a_void_tick_of_its_own_deposes_it)
{
    struct world w = begin();

    ck_assert(claim(&w, 0) && arrive(&w, 0) && read_one(&w, 0));
    ck_assert(decide(&w, 0) && decide(&w, 0) && overtake(&w, 0) && arrive(&w, 0) && read_one(&w, 0));
    ck_assert_int_eq(w.p[0].ruler.state, RULER_REPLAYING);
}
END_TEST

START_TEST(who_may_claim)
{
    struct ruler r;

    ruler_init(&r, 0);
    ruler_assign(&r, true, 0);
    ck_assert_int_eq(ruler_claim_in_ms(&r, 10, SILENCE_MS), INT64_MAX); /* it has not read the journal yet */
    ck_assert_int_eq(ruler_caught_up(&r, 10), RULER_IGNORE);
    ck_assert_int_eq(ruler_claim_in_ms(&r, 10, SILENCE_MS), 0); /* a new assignment: at once */
    ruler_restart(&r, 10);
    ruler_caught_up(&r, 20);
    ck_assert_int_eq(ruler_claim_in_ms(&r, 25, SILENCE_MS), SILENCE_MS - 5); /* deposed: it waits for silence */
    ck_assert_int_eq(ruler_claim_in_ms(&r, 20 + SILENCE_MS, SILENCE_MS), 0);
    ruler_heard(&r, 30);
    ck_assert_int_eq(ruler_claim_in_ms(&r, 30, SILENCE_MS), SILENCE_MS);
    ruler_assign(&r, false, 30);
    ck_assert_int_eq(ruler_claim_in_ms(&r, 30, SILENCE_MS), SILENCE_MS); /* the group only balances */
    ruler_assign(&r, true, 31);
    ck_assert_int_eq(ruler_claim_in_ms(&r, 31, SILENCE_MS), 0);
}
END_TEST

/* rows: is the standby assigned, did the ruler's process end, may the standby claim at once? */
static const struct {
    bool assigned, stopping, at_once;
} vacancies[] = {{false, false, false}, {false, true, true}, {true, false, true}, {true, true, true}};

START_TEST(who_claims_a_vacant_partition)
{
    struct world w = begin();
    struct process *b = &w.p[1];

    ck_assert(claim(&w, 0) && arrive(&w, 0) && read_one(&w, 0) && read_one(&w, 1));
    ruler_assign(&b->ruler, false, w.now_ms);
    b->ruler.fresh = false;
    b->ruler.assigned = vacancies[_i].assigned;
    ck_assert(abdicate(&w, 0));
    w.p[0].wire[0].stopping = vacancies[_i].stopping;
    ck_assert(arrive(&w, 0) && read_one(&w, 0) && read_one(&w, 1));
    ck_assert_int_eq(w.p[0].ruler.state, RULER_STANDBY);
    ck_assert_int_eq(ruler_claim_in_ms(&b->ruler, w.now_ms, SILENCE_MS), vacancies[_i].at_once ? 0 : SILENCE_MS);
}
END_TEST

/* Each reign soon after another doubles the silence; a calm time ends that. */
START_TEST(a_restless_partition_is_left_alone_for_longer)
{
    static const int64_t waits_ms[] = {SILENCE_MS, 2 * SILENCE_MS, 4 * SILENCE_MS, 8 * SILENCE_MS, 8 * SILENCE_MS};
    struct ruler r;
    int64_t now_ms = 1000;

    ruler_init(&r, now_ms);
    ruler_begin(&r, 0);
    ruler_caught_up(&r, now_ms);
    for (int i = 0; i < 5; i++) {
        struct journal_record record = {.type = JOURNAL_REIGN, .epoch = i + 1};

        ck_assert_int_eq(ruler_read(&r, &record, i, now_ms += 100, NULL), RULER_IGNORE);
        ck_assert_int_eq(ruler_claim_in_ms(&r, now_ms, SILENCE_MS), waits_ms[i]);
    }
    ruler_heard(&r, now_ms + RULER_CALM_MS - 1);
    ck_assert_int_eq(ruler_claim_in_ms(&r, now_ms + RULER_CALM_MS - 1, SILENCE_MS), 8 * SILENCE_MS);
    ck_assert_int_eq(ruler_claim_in_ms(&r, now_ms + RULER_CALM_MS, SILENCE_MS), SILENCE_MS - 1);
    ck_assert_int_eq(
        ruler_read(&r, &(struct journal_record){.type = JOURNAL_REIGN, .epoch = 6}, 6, now_ms += RULER_CALM_MS, NULL),
        RULER_IGNORE);
    ck_assert_int_eq(ruler_claim_in_ms(&r, now_ms, SILENCE_MS), SILENCE_MS);
}
END_TEST

/* It learns of the assignment as we do; if it does not make way, we are still the one who was chosen. */
START_TEST(a_living_ruler_is_given_time_to_abdicate)
{
    struct world w = begin();
    struct ruler *b = &w.p[1].ruler;

    ruler_assign(b, false, w.now_ms);
    ck_assert(claim(&w, 0) && arrive(&w, 0) && read_one(&w, 0) && read_one(&w, 1));
    w.now_ms = 100;
    ruler_assign(b, true, w.now_ms);
    w.now_ms = 200;
    ck_assert(decide(&w, 0) && arrive(&w, 0) && read_one(&w, 0) && read_one(&w, 1));
    ck_assert_int_eq(ruler_claim_in_ms(b, 200, SILENCE_MS), SILENCE_MS - 100); /* since the assignment */
    ck_assert_int_eq(ruler_claim_in_ms(b, 100 + SILENCE_MS, SILENCE_MS), 0);
    ck_assert(abdicate(&w, 0) && arrive(&w, 0) && read_one(&w, 0) && read_one(&w, 1));
    ck_assert_int_eq(ruler_claim_in_ms(b, 200, SILENCE_MS), 0);
}
END_TEST

START_TEST(a_claim_that_was_lost_is_not_repeated_at_once)
{
    struct world w = begin();

    ck_assert(claim(&w, 0) && lose(&w, 0));
    ck_assert_int_eq(ruler_claim_in_ms(&w.p[0].ruler, w.now_ms, SILENCE_MS), SILENCE_MS);
}
END_TEST

/* The first record is at 5: only the first part of a snapshot can stand there. */
START_TEST(a_log_without_its_beginning_is_refused)
{
    static const struct {
        enum journal_type type;
        int part;
        enum ruler_step step;
    } firsts[] = {{JOURNAL_REIGN, 0, RULER_REFUSE},
                  {JOURNAL_TICK, 0, RULER_REFUSE},
                  {JOURNAL_ABDICATE, 0, RULER_REFUSE},
                  {JOURNAL_SNAPSHOT, 2, RULER_REFUSE},
                  {JOURNAL_SNAPSHOT, 1, RULER_FOLLOW}};

    for (size_t i = 0; i < sizeof(firsts) / sizeof(firsts[0]); i++) {
        struct journal_record record = {.type = firsts[i].type, .epoch = 3, .seq = 9, .part = firsts[i].part};
        struct ruler r;

        ruler_init(&r, 0);
        ck_assert_int_eq(ruler_read(&r, &record, 5, 0, NULL), firsts[i].step);
        ruler_caught_up(&r, 0);
        ck_assert_int_eq(r.state, firsts[i].step == RULER_REFUSE ? RULER_REFUSING : RULER_STANDBY);
    }
}
END_TEST

START_TEST(an_emptied_log_is_refused)
{
    struct ruler r;

    ruler_init(&r, 0);
    ruler_begin(&r, 5);
    ck_assert_int_eq(ruler_caught_up(&r, 0), RULER_REFUSE);
    ck_assert_int_eq(ruler_claim_in_ms(&r, 10 * SILENCE_MS, SILENCE_MS), INT64_MAX);
    ruler_init(&r, 0);
    ruler_begin(&r, 0);
    ck_assert_int_eq(ruler_caught_up(&r, 0), RULER_IGNORE);
}
END_TEST

/* Deleted and made again while we live: it starts at 0 as if nothing had been, and we know better. */
START_TEST(an_empty_log_that_was_read_before_is_refused)
{
    const struct journal_record first = {.type = JOURNAL_REIGN, .epoch = 1};
    struct ruler r;

    ruler_init(&r, 0);
    ruler_restart(&r, 0);
    ck_assert_int_eq(ruler_caught_up(&r, 0), RULER_IGNORE); /* nobody has ruled yet */
    ruler_read(&r, &first, 0, 0, NULL);
    for (int n = 0; n < 2; n++) { /* as often as it is read */
        ruler_restart(&r, 0);
        ruler_begin(&r, 0);
        ck_assert_int_eq(ruler_caught_up(&r, 0), RULER_REFUSE);
    }
    ruler_restart(&r, 0);
    ruler_read(&r, &first, 0, 0, NULL); /* somebody begins anew */
    ck_assert_int_eq(ruler_caught_up(&r, 0), RULER_IGNORE);
}
END_TEST

/* A malformed record is read by nobody, but it is where the log starts. */
START_TEST(a_log_that_starts_with_rubbish_is_whole)
{
    struct journal_record record = {.type = JOURNAL_REIGN, .epoch = 1};
    struct ruler r;

    ruler_init(&r, 0);
    ruler_begin(&r, 0);
    ck_assert_int_eq(ruler_read(&r, &record, 1, 0, NULL), RULER_IGNORE);
    ck_assert_int_eq(r.journal.epoch, 1);
}
END_TEST

/* J9: three announced attempts at the state with nothing behind them; then only a valid record, or somebody's hand. */
START_TEST(a_poisoned_partition_is_parked)
{
    struct world w = begin();
    struct process *a = &w.p[0], *b = &w.p[1];
    struct journal_record r;

    ck_assert(!ruler_park(&a->ruler) && !ruler_unpark(&a->ruler));
    for (int n = 0; n < JOURNAL_ATTEMPTS_MAX; n++) {
        struct process *p = &w.p[n % 2];

        w.now_ms += 10 * SILENCE_MS;
        ck_assert(!ruler_park(&p->ruler));
        p->claims = 0;
        ck_assert(claim(&w, n % 2) && arrive(&w, n % 2) && read_one(&w, 0) && read_one(&w, 1));
        ruler_next(&p->ruler, JOURNAL_ATTEMPT, &r);
        r.command = JOURNAL_STATE;
        send(p, &r);
        ck_assert(arrive(&w, n % 2) && read_one(&w, 0) && read_one(&w, 1));
        start_over(&w, p); /* it died */
        while (read_one(&w, n % 2))
            continue;
    }
    w.now_ms += 10 * SILENCE_MS;
    ck_assert_int_eq(ruler_claim_in_ms(&a->ruler, w.now_ms, SILENCE_MS), 0);
    ck_assert(ruler_park(&a->ruler) && ruler_park(&b->ruler));
    ck_assert_int_eq(ruler_claim_in_ms(&a->ruler, w.now_ms + 10 * SILENCE_MS, SILENCE_MS), INT64_MAX);
    ruler_assign(&a->ruler, false, w.now_ms);
    ruler_assign(&a->ruler, true, w.now_ms);
    ck_assert_int_eq(ruler_claim_in_ms(&a->ruler, w.now_ms + 10 * SILENCE_MS, SILENCE_MS), INT64_MAX);

    ck_assert(ruler_unpark(&b->ruler) && !ruler_park(&b->ruler));
    b->claims = 0;
    ck_assert(claim(&w, 1) && lose(&w, 1));
    ck_assert(ruler_park(&b->ruler)); /* one claim each time */
    ck_assert(ruler_unpark(&b->ruler));
    ck_assert(claim(&w, 1) && arrive(&w, 1) && read_one(&w, 1) && read_one(&w, 0));
    ck_assert_int_eq(b->ruler.state, RULER_RULING);
    ck_assert_int_eq(a->ruler.state, RULER_STANDBY); /* it hears that somebody tries */
    start_over(&w, b);
    while (read_one(&w, 1))
        continue;
    ck_assert(ruler_park(&b->ruler)); /* one reign each time */
}
END_TEST

START_TEST(a_seq_that_was_not_sent_is_used_again)
{
    struct world w = begin();
    struct journal_record r;

    ck_assert(claim(&w, 0) && arrive(&w, 0) && read_one(&w, 0));
    ruler_next(&w.p[0].ruler, JOURNAL_TICK, &r);
    ck_assert_int_eq(r.seq, 1);
    ruler_unsent(&w.p[0].ruler);
    ruler_next(&w.p[0].ruler, JOURNAL_TICK, &r);
    ck_assert_int_eq(r.seq, 1);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("ruler");
    TCase *c = tcase_create("all");
    SRunner *runner = srunner_create(s);
    int failed;

    tcase_set_timeout(c, 120);
    tcase_add_test(c, every_interleaving_from_the_start);
    tcase_add_test(c, every_interleaving_of_a_handover);
    tcase_add_test(c, long_random_walks);
    tcase_add_test(c, the_last_one_standing_rules);
    tcase_add_test(c, a_lost_assignment_deposes_nobody);
    tcase_add_test(c, a_void_tick_of_its_own_deposes_it);
    tcase_add_test(c, who_may_claim);
    tcase_add_loop_test(c, who_claims_a_vacant_partition, 0, (int)(sizeof(vacancies) / sizeof(vacancies[0])));
    tcase_add_test(c, a_restless_partition_is_left_alone_for_longer);
    tcase_add_test(c, a_living_ruler_is_given_time_to_abdicate);
    tcase_add_test(c, a_claim_that_was_lost_is_not_repeated_at_once);
    tcase_add_test(c, a_log_without_its_beginning_is_refused);
    tcase_add_test(c, an_emptied_log_is_refused);
    tcase_add_test(c, an_empty_log_that_was_read_before_is_refused);
    tcase_add_test(c, a_log_that_starts_with_rubbish_is_whole);
    tcase_add_test(c, a_poisoned_partition_is_parked);
    tcase_add_test(c, a_seq_that_was_not_sent_is_used_again);
    suite_add_tcase(s, c);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
