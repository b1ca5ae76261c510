/* Dependencies, readiness and the endpoints that tell of them. */
#include <inttypes.h>
#include <string.h>

#include "buf.h"
#include "clock.h"
#include "err.h"
#include "log.h"
#include "service_life.h"

struct service_dep *service_dep_add(struct service *s, const char *name)
{
    struct service_dep *d = &s->deps[s->dep_count];

    ASSERT(s->dep_count < SERVICE_DEPS_MAX);
    s->dep_count++;
    *d = (struct service_dep){.service = s, .name = name, .reason = "starting"};
    service_ready_changed(s);
    return d;
}

void service_dep_set(struct service_dep *d, bool ready, const char *reason)
{
    bool changed = !d->told || d->ready != ready;

    if (!changed && strncmp(d->reason, reason, SERVICE_REASON_MAX) == 0)
        return;
    d->told = true;
    d->ready = ready;
    (void)snprintf(d->reason, sizeof(d->reason), "%s", reason);
    if (!changed)
        return;
    log_info("dependency name=%s ready=%s reason=\"%s\"", d->name, ready ? "true" : "false", d->reason);
    service_ready_changed(d->service);
}

bool service_ready(const struct service *s)
{
    if (s->state != SERVICE_RUNNING)
        return false;
    for (size_t i = 0; i < s->dep_count; i++) {
        if (!s->deps[i].ready)
            return false;
    }
    return true;
}

void service_ready_changed(struct service *s)
{
    bool ready = service_ready(s);

    if (ready == s->was_ready)
        return;
    s->was_ready = ready;
    log_info("%s after_ms=%" PRId64, ready ? "ready" : "not_ready", clock_mono_ms() - s->started_ms);
}

void service_healthz(void *arg, struct http_request *req)
{
    static const char body[] = "{\"healthy\":true}";

    (void)arg;
    http_respond(req, 200, "application/json", body, sizeof(body) - 1);
}

static const char *json_bool(bool value)
{
    return value ? "true" : "false";
}

void service_readyz(void *arg, struct http_request *req)
{
    const struct service *s = arg;
    bool ready = service_ready(s);
    struct buf body = {0};

    buf_printf(&body, "{\"ready\":%s,\"draining\":%s,\"dependencies\":{", json_bool(ready),
               json_bool(service_draining(s)));
    for (size_t i = 0; i < s->dep_count; i++) {
        const struct service_dep *d = &s->deps[i];

        buf_str(&body, i == 0 ? "" : ",");
        buf_json_cstr(&body, d->name);
        buf_printf(&body, ":{\"ready\":%s,\"reason\":", json_bool(d->ready));
        buf_json_cstr(&body, d->reason);
        buf_str(&body, "}");
    }
    buf_str(&body, "}}");
    http_respond(req, ready ? 200 : 503, "application/json", body.data, body.len);
    buf_free(&body);
}

void service_metrics_page(void *arg, struct http_request *req)
{
    const struct service *s = arg;
    struct buf body = {0};

    metrics_prometheus(s->metrics, &body);
    http_respond(req, 200, "text/plain; version=0.0.4; charset=utf-8", body.data, body.len);
    buf_free(&body);
}
