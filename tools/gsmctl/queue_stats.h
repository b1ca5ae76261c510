/* queue_stats.h - `gsmctl queue stats`: how much lies in each queue, and since when. */
#ifndef GSMCTL_QUEUE_STATS_H
#define GSMCTL_QUEUE_STATS_H

int queue_stats_run(int argc, char **argv);

#endif
