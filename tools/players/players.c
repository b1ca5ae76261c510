#include "players.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/timerfd.h>
#include <unistd.h>
#include <utlist.h>

#include "clock.h"
#include "dice.h"
#include "err.h"
#include "id.h"
#include "mem.h"
#include "numbers.h"
#include "results.h"

#define PROGRESS_TTY_MS 100
#define PROGRESS_LOG_MS 1000
#define CLOSING_MAX_US  2000000

static const struct mode *const modes[] = {&mode_demo, &mode_pairs, &mode_loop, &mode_idle, &mode_ping};

double swarm_random(struct swarm *s)
{
    return dice_unit(&s->random);
}

double swarm_elapsed_s(const struct swarm *s)
{
    return (double)((s->ended_us != 0 ? s->ended_us : clock_mono_us()) - s->began_us) / 1e6;
}

void swarm_note(struct swarm *s, enum swarm_note kind, const char *text)
{
    if (s->notes[kind][0] == '\0')
        snprintf(s->notes[kind], sizeof(s->notes[kind]), "%s", text);
}

/* ---- the line ---- */

static void move_line(struct swarm *s)
{
    if (s->line_moves)
        return;
    s->line_moves = true;
    while (s->line != NULL && s->handshakes < SWARM_HANDSHAKES_MAX && !s->stopping) {
        struct player *p = s->line;

        DL_DELETE(s->line, p);
        p->handshaking = true;
        s->handshakes++;
        player_connect(p);
    }
    s->line_moves = false;
}

void swarm_connect(struct swarm *s, struct player *p)
{
    DL_APPEND(s->line, p);
    move_line(s);
}

void swarm_handshake_over(struct swarm *s, struct player *p)
{
    if (!p->handshaking)
        return;
    p->handshaking = false;
    s->handshakes--;
    move_line(s);
}

/* ---- the end of a run ---- */

static void close_handle(uv_handle_t *handle)
{
    if (!uv_is_closing(handle))
        uv_close(handle, NULL);
}

static bool all_closed(const struct swarm *s)
{
    for (size_t i = 0; i < s->count; i++)
        if (!conn_is_closed(&s->players[i].conn))
            return false;
    return true;
}

static void on_closing(uv_timer_t *timer)
{
    struct swarm *s = timer->data;

    if (!all_closed(s) && clock_mono_us() - s->ended_us < CLOSING_MAX_US)
        return;
    for (size_t i = 0; i < s->count; i++)
        conn_cut(&s->players[i].conn);
    close_handle((uv_handle_t *)&s->closing);
    close_handle((uv_handle_t *)&s->sigint);
    close_handle((uv_handle_t *)&s->sigterm);
}

static void stop(struct swarm *s)
{
    if (s->stopping)
        return;
    s->stopping = true;
    s->ended_us = clock_mono_us();
    if (!s->interrupted) /* who was not told might have been, a moment later */
        ledger_finish(s->ledger);
    close_handle((uv_handle_t *)&s->tick);
    close_handle((uv_handle_t *)&s->progress);
    for (size_t i = 0; i < s->count; i++)
        player_leave(&s->players[i]);
    uv_timer_start(&s->closing, on_closing, 0, SWARM_TICK_US / 1000);
}

/* ---- the loop ---- */

static void on_tick(uv_poll_t *tick, int status, int events)
{
    struct swarm *s = tick->data;
    uint64_t missed;

    (void)status;
    (void)events;
    if (read(s->tick_fd, &missed, sizeof(missed)) > 0 && !s->mode->tick(s, clock_mono_us()))
        stop(s);
}

static void on_progress(uv_timer_t *timer)
{
    results_progress(timer->data);
}

static void on_signal(uv_signal_t *signal, int number)
{
    struct swarm *s = signal->data;

    (void)number;
    s->interrupted = true;
    stop(s);
}

static void on_completed(void *arg, const struct ledger_match *m)
{
    struct swarm *s = arg;

    if (s->mode->completed != NULL)
        s->mode->completed(s, m);
}

static void start_ticking(struct swarm *s)
{
    int64_t us = s->mode->tick_us != 0 ? s->mode->tick_us : SWARM_TICK_US;
    struct timespec every = {.tv_nsec = us * 1000};
    struct itimerspec timer = {.it_interval = every, .it_value = every};

    s->tick_fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    ASSERT(s->tick_fd >= 0 && timerfd_settime(s->tick_fd, 0, &timer, NULL) == 0);
    ASSERT(uv_poll_init(&s->loop, &s->tick, s->tick_fd) == 0);
    s->tick.data = s;
    ASSERT(uv_poll_start(&s->tick, UV_READABLE, on_tick) == 0);
}

static void open_loop(struct swarm *s)
{
    uint64_t progress_ms = isatty(STDOUT_FILENO) ? PROGRESS_TTY_MS : PROGRESS_LOG_MS;

    uv_timer_init(&s->loop, &s->progress);
    uv_timer_init(&s->loop, &s->closing);
    uv_signal_init(&s->loop, &s->sigint);
    uv_signal_init(&s->loop, &s->sigterm);
    s->progress.data = s->closing.data = s->sigint.data = s->sigterm.data = s;
    uv_signal_start(&s->sigint, on_signal, SIGINT);
    uv_signal_start(&s->sigterm, on_signal, SIGTERM);
    start_ticking(s);
    if (!s->conf->quiet)
        uv_timer_start(&s->progress, on_progress, progress_ms, progress_ms);
}

static void add_players(struct swarm *s, const struct numbers *ratings)
{
    s->count = s->mode->players(s->conf);
    s->players = mem_alloc(s->count * sizeof(*s->players));
    for (size_t i = 0; i < s->count; i++) {
        double rating = ratings->list[i % ratings->count];

        player_init(&s->players[i], s, i, s->mode->rating != NULL ? s->mode->rating(i) : (int)lround(rating));
    }
}

static void assign_party(struct swarm *s, struct player *leader, const struct cast_group *group)
{
    struct buf facts = {0};

    leader->party = group->size;
    for (struct player *p = leader; p < leader + group->size; p++) {
        p->leader = leader;
        p->story.rating = cast_rating(group, &s->random);
        cast_facts(s->cast, group, p->story.rating, &s->random, &facts);
        p->facts = buf_take(&facts);
    }
}

static void assign_parts(struct swarm *s)
{
    for (size_t i = 0; s->cast != NULL && i < s->count; i += s->players[i].party) {
        struct cast_group group = cast_draw(s->cast, s->players[i].story.rating, &s->random);

        group.size = group.size < s->count - i ? group.size : s->count - i;
        assign_party(s, &s->players[i], &group);
    }
}

static void choose_mode(struct swarm *s)
{
    for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++)
        if (strcmp(modes[i]->name, s->conf->mode) == 0)
            s->mode = modes[i];
    ASSERT(s->mode != NULL);
}

static void choose_prefix(struct swarm *s)
{
    if (s->conf->prefix[0] != '\0')
        snprintf(s->prefix, sizeof(s->prefix), "%s", s->conf->prefix);
    else
        snprintf(s->prefix, sizeof(s->prefix), "p%08x", (unsigned)(id_random_u64() & UINT32_MAX));
}

static void release(struct swarm *s)
{
    for (size_t i = 0; i < s->count; i++)
        player_free(&s->players[i]);
    free(s->players);
    ledger_free(&s->ledger);
    cast_free(&s->cast);
    targets_free(&s->targets);
}

/* Everything that can be wrong with the settings was looked at before. */
static int run(struct swarm *s, const struct numbers *ratings)
{
    int rc;

    uv_loop_init(&s->loop);
    s->ledger = ledger_new(on_completed, s);
    s->began_us = clock_mono_us();
    add_players(s, ratings);
    assign_parts(s);
    open_loop(s);
    s->mode->begin(s);
    uv_run(&s->loop, UV_RUN_DEFAULT);
    ASSERT(uv_loop_close(&s->loop) == 0);
    (void)close(s->tick_fd);
    rc = results_print(s);
    s->mode->finish(s);
    return rc;
}

int swarm_main(const struct players_conf *conf)
{
    struct swarm s = {.conf = conf, .random = (uint64_t)conf->seed};
    struct numbers ratings = {0};
    char error[1024];
    int rc = 2;

    choose_mode(&s);
    choose_prefix(&s);
    if (targets_parse(&s.targets, conf->url, error, sizeof(error)) != 0 ||
        numbers_load(&ratings, conf->ratings, error, sizeof(error)) != 0 ||
        (conf->rules[0] != '\0' && cast_load(&s.cast, conf->rules, error, sizeof(error)) != 0))
        fprintf(stderr, "players: %s\n", error);
    else
        rc = run(&s, &ratings);
    release(&s);
    numbers_free(&ratings);
    return rc;
}
