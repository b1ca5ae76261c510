#include "bus_figures.h"

#include <string.h>

#include "bus.h"
#include "clock.h"
#include "err.h"
#include "id.h"
#include "log.h"

void bus_send_figures(void *producer, const char *key, const char *json, size_t len)
{
    static const char type[] = "PutMetricData", source[] = "game-session-manager";
    char id[ID_UUID_SIZE], time_text[CLOCK_RFC3339_SIZE];
    int rc;

    id_uuid(id);
    clock_rfc3339(clock_wall_ms(), time_text);
    rc = bus_send(producer,
                  &(struct bus_message){
                      .topic = TOPIC_METRICS,
                      .partition = -1,
                      .key = key,
                      .key_len = strlen(key),
                      .value = json,
                      .value_len = len,
                      .headers = (const struct bus_header[]){{"ce_id", id, strlen(id)},
                                                             {"ce_type", type, strlen(type)},
                                                             {"ce_source", source, strlen(source)},
                                                             {"ce_time", time_text, strlen(time_text)}},
                      .header_count = 4,
                  },
                  NULL, NULL);
    if (rc != 0)
        log_debug("figures_dropped key=%s error=\"%s\"", key, err_str(rc));
}
