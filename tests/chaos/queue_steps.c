/* queue_steps.c - see queue_worker.h: the steps, one line each. */
#include <fcntl.h>
#include <inttypes.h>
#include <openssl/evp.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#include "buf.h"
#include "clock.h"
#include "err.h"
#include "queue_worker.h"

static int steps_fd = -1;

int steps_open(const char *path)
{
    steps_fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    return steps_fd >= 0 ? 0 : ERR_SYSTEM;
}

void steps_add(const char *what, const char *format, ...)
{
    char line[1024];
    int len = snprintf(line, sizeof(line), "{\"at\":%" PRId64 ",\"do\":\"%s\"", clock_wall_ms(), what);
    va_list args;

    va_start(args, format);
    len += vsnprintf(line + len, sizeof(line) - (size_t)len, format, args);
    va_end(args);
    ASSERT(len > 0 && (size_t)len + 2 < sizeof(line));
    line[len++] = '}';
    line[len++] = '\n';
    ASSERT(write(steps_fd, line, (size_t)len) == len);
}

const char *steps_sum(char out[STEPS_SUM_SIZE], const void *body, size_t len, const struct bus_header *attributes,
                      size_t count)
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    struct buf text = {0};

    buf_append(&text, body, len);
    for (size_t i = 0; i < count; i++) {
        buf_append(&text, "", 1);
        buf_str(&text, attributes[i].name);
        buf_str(&text, "=");
        buf_append(&text, attributes[i].value, attributes[i].len);
    }
    ASSERT(EVP_Digest(text.data, text.len, digest, NULL, EVP_sha256(), NULL) == 1);
    buf_free(&text);
    for (size_t i = 0; i < (STEPS_SUM_SIZE - 1) / 2; i++)
        (void)snprintf(out + 2 * i, 3, "%02x", digest[i]);
    return out;
}
