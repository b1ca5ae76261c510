/* The figures that every Prometheus client library gives of its process, by their usual names. */
#include <dirent.h>
#include <stdio.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "metrics_set.h"

static double cpu_seconds(const struct metrics *m)
{
    struct timespec used;

    (void)m;
    return clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used) == 0 ? (double)used.tv_sec + (double)used.tv_nsec / 1e9 : 0;
}

static double resident_bytes(const struct metrics *m)
{
    FILE *statm = fopen("/proc/self/statm", "re");
    long pages = 0;

    (void)m;
    if (statm == NULL)
        return 0;
    if (fscanf(statm, "%*s %ld", &pages) != 1)
        pages = 0;
    (void)fclose(statm);
    return (double)pages * (double)sysconf(_SC_PAGESIZE);
}

static double open_fds(const struct metrics *m)
{
    DIR *dir = opendir("/proc/self/fd");
    int count = -3; /* ".", ".." and the directory itself */

    (void)m;
    if (dir == NULL)
        return 0;
    while (readdir(dir) != NULL)
        count++;
    (void)closedir(dir);
    return count;
}

static double max_fds(const struct metrics *m)
{
    struct rlimit limit;

    (void)m;
    return getrlimit(RLIMIT_NOFILE, &limit) == 0 ? (double)limit.rlim_cur : 0;
}

static double start_seconds(const struct metrics *m)
{
    return (double)m->started_ms / 1000;
}

void metrics_process(const struct metrics *m, struct buf *out)
{
    static const struct {
        const char *name, *help;
        enum metric_kind kind;
        double (*read)(const struct metrics *m);
    } figures[] = {
        {"process_cpu_seconds_total", "CPU time, user and system", METRIC_COUNTER, cpu_seconds},
        {"process_resident_memory_bytes", "Resident memory", METRIC_GAUGE, resident_bytes},
        {"process_open_fds", "Open file descriptors", METRIC_GAUGE, open_fds},
        {"process_max_fds", "Most file descriptors allowed; raise ulimit -n when open ones come near", METRIC_GAUGE,
         max_fds},
        {"process_start_time_seconds", "Start of the process, in seconds since the Unix epoch", METRIC_GAUGE,
         start_seconds},
    };

    for (size_t i = 0; i < sizeof(figures) / sizeof(figures[0]); i++) {
        metrics_head(out, figures[i].name, figures[i].help, figures[i].kind);
        buf_printf(out, "%s ", figures[i].name);
        buf_json_num(out, figures[i].read(m));
        buf_str(out, "\n");
    }
}
