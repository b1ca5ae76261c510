/*
 * devbroker - an embedded Kafka for trying things out: librdkafka's mock cluster with our topics, in memory.
 *
 * It writes "127.0.0.1:PORT" to the address file when it is ready and removes the file when it ends. The cluster has no
 * long poll (an empty fetch waits to its end, whatever arrives), keeps the last 5 MB of a partition, and rebalances
 * slowly (3 s, later session.timeout.ms - 1 s; below 4 s nobody gets in). The daemons need settings for it, nothing
 * else:
 *
 *   KAFKA_CONF="consumer.fetch.wait.max.ms=5 consumer.session.timeout.ms=4000 consumer.auto.offset.reset=earliest"
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "bus.h"
#include "conf.h"
#include "log.h"

struct devbroker_conf {
    const char *address_file;
};

static const struct conf_key keys[] = {{"DEVBROKER_ADDRESS_FILE", "address-file", "devbroker.address",
                                        "file for the address of the running broker", CONF_STR,
                                        offsetof(struct devbroker_conf, address_file), 1, 1000, false},
                                       CONF_END};

/* By rename, so that a reader sees the whole address or no file. */
static bool write_address(const char *path, const char *address)
{
    char temporary[1024];
    FILE *f;
    bool ok;

    (void)snprintf(temporary, sizeof(temporary), "%s.new", path);
    f = fopen(temporary, "we");
    if (f == NULL)
        return false;
    ok = fprintf(f, "%s\n", address) > 0;
    ok = fclose(f) == 0 && ok;
    return ok && rename(temporary, path) == 0;
}

static void wait_for_signal(const sigset_t *signals)
{
    int number;

    (void)sigwait(signals, &number);
}

int main(int argc, char **argv)
{
    struct devbroker_conf conf;
    struct bus_mock *mock;
    const char *address;
    sigset_t signals;
    enum conf_result loaded =
        conf_load(keys, &conf, argc, argv, "devbroker", "an embedded Kafka, in memory, to try things out");

    if (loaded != CONF_OK)
        return loaded == CONF_HELP ? 0 : 2;
    log_setup("devbroker", LOG_INFO);
    /* Before librdkafka starts its threads, so that they inherit the mask. */
    (void)sigemptyset(&signals);
    (void)sigaddset(&signals, SIGTERM);
    (void)sigaddset(&signals, SIGINT);
    (void)sigprocmask(SIG_BLOCK, &signals, NULL);
    if (bus_mock_open(&mock, &address) != 0)
        return 1;
    if (!write_address(conf.address_file, address)) {
        log_error("address_file path=%s: %s", conf.address_file, strerror(errno));
        bus_mock_close(&mock);
        return 1;
    }
    log_info("ready address=%s address_file=%s", address, conf.address_file);
    wait_for_signal(&signals);
    (void)unlink(conf.address_file);
    bus_mock_close(&mock);
    log_info("exit");
    return 0;
}
