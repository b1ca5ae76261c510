/*
 * sim_settings.h - what gsmctl simulate is asked for.
 */
#ifndef GSMCTL_SIM_SETTINGS_H
#define GSMCTL_SIM_SETTINGS_H

#include "conf.h"

struct sim_settings { /* texts are borrowed; "" when not given */
    const char *rules, *compare, *players, *ratings, *attribute, *party, *arrivals, *length, *csv, *html;
    int64_t seed, timeout_s;
    const char *second; /* --compare's other file; NULL: there is one rule set */
    int64_t length_ms;
};

/* As conf_load, and that the settings fit together. argv is changed. */
enum conf_result sim_settings_load(struct sim_settings *out, int argc, char **argv);

#endif
