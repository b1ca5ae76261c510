#include "ticket.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "conf.h"
#include "http_get.h"
#include "id.h"
#include "why_text.h"

struct ticket_why_conf {
    const char *url;
    bool json;
};

#define TICKET_WHY(X)                                                                                                  \
    X(url, STR, "MATCHMAKER_URL", "url", "http://127.0.0.1:9102", 1, 1024,                                             \
      "internal HTTP of the matchmaker that rules the ticket's partition")                                             \
    X(json, BOOL, "TICKET_JSON", "json", "false", 0, 0, "print the answer as it came")

#define ROW(...) CONF_ROW(struct ticket_why_conf, __VA_ARGS__)
static const struct conf_key ticket_why_keys[] = {TICKET_WHY(ROW) CONF_END};
#undef ROW

static int print_why(const struct buf *body, bool as_json)
{
    struct buf text = {0};
    json_object *why = NULL;
    char error[JSON_ERROR_SIZE];
    int rc = json_parse(body->data != NULL ? body->data : "", body->len, &why, error);

    if (rc != 0)
        (void)fprintf(stderr, "gsmctl: ticket why: the answer is no JSON: %s\n", error);
    else if (as_json)
        (void)printf("%s\n", json_text(why, NULL));
    else
        why_text(&text, why);
    (void)printf("%s", text.len > 0 ? text.data : "");
    json_object_put(why);
    buf_free(&text);
    return rc != 0;
}

/* {"message":"..."}, or whatever it was. */
static void print_refusal(int status, const struct buf *body)
{
    json_object *answer = NULL;
    const char *message = "";

    if (json_parse(body->data != NULL ? body->data : "", body->len, &answer, NULL) == 0)
        (void)json_get_str_opt(answer, "$", "message", 0, SIZE_MAX, &message, NULL);
    (void)fprintf(stderr, "gsmctl: ticket why: %d %s\n", status, message);
    json_object_put(answer);
}

static int ask(const struct ticket_why_conf *conf, const char *id)
{
    struct buf url = {0}, body = {0};
    char error[512];
    int status, rc = 1;

    buf_printf(&url, "%s/v1/tickets/%s/why", conf->url, id);
    status = http_get(url.data, &body, error, sizeof(error));
    if (status == 200)
        rc = print_why(&body, conf->json);
    else if (status > 0)
        print_refusal(status, &body);
    else
        (void)fprintf(stderr, "gsmctl: ticket why: %s\n", error);
    buf_free(&url);
    buf_free(&body);
    return rc;
}

/* Takes the id, first or last, out of argv, which then has flags alone; NULL: it is not there. */
static const char *take_id(int *argc, char **argv)
{
    int at = *argc > 1 && argv[1][0] != '-' ? 1 : *argc - 1;
    const char *id = at > 0 ? argv[at] : NULL;

    if (id == NULL || id[0] == '-' || (at > 1 && !id_ticket_valid(id, strlen(id))))
        return NULL;
    memmove(&argv[at], &argv[at + 1], (size_t)(*argc - at) * sizeof(*argv));
    (*argc)--;
    return id;
}

int ticket_why(int argc, char **argv)
{
    const char *id = take_id(&argc, argv);
    struct ticket_why_conf conf;
    enum conf_result loaded;

    loaded = conf_load(ticket_why_keys, &conf, argc, argv, "gsmctl ticket why ID", "why a ticket waits");
    if (loaded != CONF_OK)
        return loaded == CONF_HELP ? 0 : 2;
    if (id == NULL || !id_ticket_valid(id, strlen(id))) {
        (void)fprintf(stderr, "gsmctl: ticket why: needs a ticket id: 1 to %d characters of a-z A-Z 0-9 - .\n",
                      ID_TICKET_MAX);
        return 2;
    }
    return ask(&conf, id);
}
