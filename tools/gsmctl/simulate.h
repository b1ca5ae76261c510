/* simulate.h - the verb `gsmctl simulate`. */
#ifndef GSMCTL_SIMULATE_H
#define GSMCTL_SIMULATE_H

int simulate(int argc, char **argv); /* argv[0] is the verb; the exit status */

#endif
