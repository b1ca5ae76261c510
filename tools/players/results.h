/* results.h - what a run prints: the line while it runs, the table at its end, the verdict. */
#ifndef PLAYERS_RESULTS_H
#define PLAYERS_RESULTS_H

struct swarm;

/* On a terminal the line replaces the one before. */
void results_progress(const struct swarm *s);

/* Prints the table, writes the JSON file, says what failed; the exit status. */
int results_print(struct swarm *s);

#endif
