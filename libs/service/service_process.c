/* What a daemon asks of its process: descriptors, signals, a name. */
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

#include "log.h"
#include "service_life.h"

/* Above 10,000,000 (containers with no limit at all) libwebsockets silently takes 2,560 descriptors. */
#define DESCRIPTORS_MAX 1000000

static void raise_descriptors(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return;
    limit.rlim_cur = limit.rlim_max < DESCRIPTORS_MAX ? limit.rlim_max : DESCRIPTORS_MAX;
    if (setrlimit(RLIMIT_NOFILE, &limit) != 0)
        log_warn("descriptor_limit_kept wanted=%llu", (unsigned long long)limit.rlim_cur);
}

void service_process_setup(struct service *s)
{
    const char *wanted = s->def->base->instance;

    if (*wanted != '\0')
        (void)snprintf(s->instance, sizeof(s->instance), "%s", wanted);
    else if (gethostname(s->instance, sizeof(s->instance)) != 0)
        (void)snprintf(s->instance, sizeof(s->instance), "localhost");
    raise_descriptors();
    (void)signal(SIGPIPE, SIG_IGN);
}
