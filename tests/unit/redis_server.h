/*
 * redis_server.h - for tests: a redis-server of one's own on a free port, with its files in a folder of its own.
 *
 * It dies with the test's process, however that ends. A failure to start it ends the test.
 */
#ifndef TESTS_REDIS_SERVER_H
#define TESTS_REDIS_SERVER_H

#include <arpa/inet.h>
#include <check.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

struct redis_server {
    uint16_t port;
    pid_t pid; /* 0: not running */
    char dir[32];
};

static inline bool is_free(uint16_t port)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK), .sin_port = htons(port)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool bound = bind(fd, (struct sockaddr *)&a, sizeof(a)) == 0;

    close(fd);
    return bound;
}

/* Below those that the system gives to outgoing connections, and never one twice: who was given one before may not
 * listen yet. */
static inline uint16_t free_port(void)
{
    enum { FIRST = 10000, COUNT = 20000 };
    static uint32_t next = COUNT;
    uint16_t port;

    if (next == COUNT)
        next = arc4random_uniform(COUNT);
    do {
        port = (uint16_t)(FIRST + next);
        next = (next + 1) % COUNT;
    } while (!is_free(port));
    return port;
}

/* Picks the port and the folder; the server is not started. */
static inline void redis_server_prepare(struct redis_server *r)
{
    *r = (struct redis_server){.port = free_port()};
    (void)snprintf(r->dir, sizeof(r->dir), "/tmp/redis-test-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(r->dir));
}

/* options: more of the command line, up to NULL; password: NULL or its own and its primary's. Returns before the server
 * listens. */
static inline void redis_server_start_with(struct redis_server *r, const char *const *options, const char *password)
{
    enum { OPTIONS_MAX = 16 };
    char port[8];
    const char *argv[OPTIONS_MAX + 14] = {"redis-server", "--port", port,    "--bind", "127.0.0.1",
                                          "--save",       "",       "--dir", r->dir};
    size_t argc = 9;

    (void)snprintf(port, sizeof(port), "%u", r->port);
    while (*options != NULL && argc < OPTIONS_MAX + 9)
        argv[argc++] = *options++;
    for (size_t i = 0; password != NULL && i < 2; i++) {
        argv[argc++] = i == 0 ? "--requirepass" : "--masterauth";
        argv[argc++] = password;
    }
    r->pid = fork();
    ck_assert_int_ge(r->pid, 0);
    if (r->pid > 0)
        return;
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    (void)dup2(open("/dev/null", O_WRONLY | O_CLOEXEC), STDOUT_FILENO);
    (void)execvp("redis-server", (char *const *)(uintptr_t)argv);
    _exit(127);
}

/* option, value: one more pair of the command line, or NULL. */
static inline void redis_server_start(struct redis_server *r, const char *option, const char *value)
{
    redis_server_start_with(r, (const char *const[]){option, value, NULL}, NULL);
}

static inline void redis_server_kill(struct redis_server *r)
{
    if (r->pid == 0)
        return;
    ck_assert_int_eq(kill(r->pid, SIGKILL), 0);
    ck_assert_int_eq(waitpid(r->pid, NULL, 0), r->pid);
    r->pid = 0;
}

static inline void redis_server_remove(struct redis_server *r)
{
    static const char *const leftovers[] = {"nodes.conf", "dump.rdb"}; /* of a node of a cluster */
    char path[64];

    redis_server_kill(r);
    for (size_t i = 0; i < sizeof(leftovers) / sizeof(leftovers[0]); i++) {
        (void)snprintf(path, sizeof(path), "%s/%s", r->dir, leftovers[i]);
        (void)unlink(path);
    }
    ck_assert_int_eq(rmdir(r->dir), 0);
}

#endif
