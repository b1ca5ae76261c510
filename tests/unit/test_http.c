/* A server and its clients on one loop: requests are raw bytes, so that broken ones can be sent too. */
#include <arpa/inet.h>
#include <check.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "buf.h"
#include "clock.h"
#include "err.h"
#include "http.h"

#define BODY_MAX    1000
#define ADDRESS_MAX 100 /* http.h: connections an address */

static uv_loop_t loop;
static struct http_server *server;
static struct buf answer;

/* Answers "ARG PATH QUERY BODY". */
static void on_echo(void *arg, struct http_request *req)
{
    struct buf text = {0};
    const char *query = http_query(req, "q");
    size_t len;
    const char *body = http_body(req, &len);

    buf_printf(&text, "%s %s %s %.*s", (const char *)arg, http_path(req), query == NULL ? "-" : query, (int)len, body);
    http_respond(req, 200, "text/plain", text.data, text.len);
    buf_free(&text);
}

static void on_teapot(void *arg, struct http_request *req)
{
    (void)arg;
    http_respond_error(req, 418, "a \"teapot\"");
}

static char name_exact[] = "exact", name_prefix[] = "prefix", name_deeper[] = "deeper", name_post[] = "post";
static char name_root[] = "root";

static const struct http_route routes[] = {
    {"GET", "/", on_echo, name_root},
    {"GET", "/a/", on_echo, name_prefix},
    {"GET", "/a/b", on_echo, name_exact},
    {"GET", "/a/c/", on_echo, name_deeper},
    {"POST", "/a/b", on_echo, name_post},
    {"DELETE", "/teapot", on_teapot, NULL},
    {NULL, NULL, NULL, NULL},
};

static void open_server(void)
{
    const struct http_conf conf = {"127.0.0.1", 0, BODY_MAX};

    ck_assert_int_eq(uv_loop_init(&loop), 0);
    ck_assert_int_eq(http_open(&server, &loop, &conf, routes), 0);
    ck_assert_uint_ne(http_port(server), 0);
}

static void close_server(void)
{
    http_close(&server);
    ck_assert_ptr_null(server);
    http_close(&server);
    ck_assert_int_eq(uv_run(&loop, UV_RUN_DEFAULT), 0);
    ck_assert_int_eq(uv_loop_close(&loop), 0);
    buf_free(&answer);
}

static int client_open(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(http_port(server))};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    return fd;
}

/* One turn of the loop, when it or the client has something to do. */
static void turn(int client)
{
    struct pollfd either[] = {{.fd = client, .events = POLLIN}, {.fd = uv_backend_fd(&loop), .events = POLLIN}};

    ck_assert_int_ge(poll(either, 2, uv_backend_timeout(&loop)), 0);
    (void)uv_run(&loop, UV_RUN_NOWAIT);
}

/* Turns the loop until the server hangs up; what it sent is in answer. */
static void client_read(int fd)
{
    char piece[4096];

    buf_clear(&answer);
    for (;;) {
        ssize_t n = recv(fd, piece, sizeof(piece), MSG_DONTWAIT);

        if (n == 0)
            break;
        if (n > 0) {
            buf_append(&answer, piece, (size_t)n);
            continue;
        }
        ck_assert_int_eq(errno, EAGAIN);
        turn(fd);
    }
    (void)close(fd);
}

static void ask(const char *request)
{
    int fd = client_open();

    ck_assert_int_eq(send(fd, request, strlen(request), MSG_NOSIGNAL), (ssize_t)strlen(request));
    client_read(fd);
}

#define REQUEST(line)      line " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
#define UPLOAD(line, body) line " HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 5\r\n\r\n" body

static const struct {
    const char *request, *status, *body;
} requests[] = {
    {REQUEST("GET /"), "200", "root / - "},
    {REQUEST("GET /a/b"), "200", "exact /a/b - "},
    {REQUEST("GET /a/b?q=1%2B%202&r=3"), "200", "exact /a/b 1+ 2 "},
    {REQUEST("GET /a/b?r=3"), "200", "exact /a/b - "},
    {REQUEST("GET /a/"), "200", "prefix /a/ - "},
    {REQUEST("GET /a/bb"), "200", "prefix /a/bb - "},
    {REQUEST("GET /a/x%20y/z"), "200", "prefix /a/x y/z - "},
    {REQUEST("GET /a/c/d"), "200", "deeper /a/c/d - "},
    {REQUEST("GET /a/c"), "200", "prefix /a/c - "},
    {UPLOAD("POST /a/b", "hello"), "200", "post /a/b - hello"},
    {REQUEST("DELETE /teapot"), "418", "{\"message\":\"a \\\"teapot\\\"\"}"},
    {REQUEST("GET /b"), "404", "{\"message\":\"no such path\"}"},
    {REQUEST("GET /a"), "404", "{\"message\":\"no such path\"}"},
    {REQUEST("GET /teapot/"), "404", "{\"message\":\"no such path\"}"},
    {UPLOAD("PUT /a/b", "hello"), "405", "{\"message\":\"method not allowed\"}"},
    {REQUEST("GET /teapot"), "405", "{\"message\":\"method not allowed\"}"},
    {REQUEST("DELETE /a/c/d"), "405", "{\"message\":\"method not allowed\"}"},
};

START_TEST(answers)
{
    const char *body;

    ask(requests[_i].request);
    ck_assert_msg(strncmp(answer.data, "HTTP/1.1 ", 9) == 0 && strncmp(answer.data + 9, requests[_i].status, 3) == 0,
                  "%s", answer.data);
    body = strstr(answer.data, "\r\n\r\n");
    ck_assert_ptr_nonnull(body);
    ck_assert_str_eq(body + 4, requests[_i].body);
}
END_TEST

START_TEST(head_is_get_without_the_body)
{
    ask(REQUEST("HEAD /a/b"));
    ck_assert_ptr_nonnull(strstr(answer.data, "HTTP/1.1 200 "));
    ck_assert_ptr_nonnull(strstr(answer.data, "Content-Length: 13\r\n"));
    ck_assert_str_eq(strstr(answer.data, "\r\n\r\n"), "\r\n\r\n");
}
END_TEST

START_TEST(allow_names_the_methods)
{
    ask(REQUEST("OPTIONS /a/b"));
    ck_assert_ptr_nonnull(strstr(answer.data, "\r\nAllow: GET, HEAD, POST\r\n"));
    ask(REQUEST("GET /teapot"));
    ck_assert_ptr_nonnull(strstr(answer.data, "\r\nAllow: DELETE\r\n"));
}
END_TEST

START_TEST(bodies_are_bounded)
{
    for (int extra = 0; extra < 2; extra++) {
        struct buf request = {0};

        buf_printf(&request, "POST /a/b HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: %d\r\n\r\n",
                   BODY_MAX + extra);
        for (int i = 0; i < BODY_MAX + extra; i++)
            buf_str(&request, "x");
        ask(request.data);
        ck_assert_ptr_nonnull(strstr(answer.data, extra == 0 ? "HTTP/1.1 200 " : "HTTP/1.1 413 "));
        ck_assert_ptr_nonnull(strstr(answer.data, extra == 0 ? "xxx" : "{\"message\":\"the body is too large\"}"));
        buf_free(&request);
    }
}
END_TEST

START_TEST(chunked_bodies_are_bounded)
{
    struct buf request = {0};

    buf_str(&request, "POST /a/b HTTP/1.1\r\nHost: x\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n");
    for (int i = 0; i < BODY_MAX / 5 + 1; i++)
        buf_str(&request, "5\r\nabcde\r\n");
    buf_str(&request, "0\r\n\r\n");
    ask(request.data);
    ck_assert_ptr_nonnull(strstr(answer.data, "HTTP/1.1 413 "));
    buf_free(&request);
}
END_TEST

START_TEST(keep_alive_serves_several_requests)
{
    int fd = client_open();
    const char requests_text[] =
        "GET /a/1 HTTP/1.1\r\nHost: x\r\n\r\nGET /a/2 HTTP/1.1\r\nHost: x\r\n\r\n" REQUEST("GET /a/3");

    ck_assert_int_eq(send(fd, requests_text, strlen(requests_text), MSG_NOSIGNAL), (ssize_t)strlen(requests_text));
    client_read(fd);
    ck_assert_ptr_nonnull(strstr(answer.data, "prefix /a/1 - "));
    ck_assert_ptr_nonnull(strstr(answer.data, "prefix /a/2 - "));
    ck_assert_ptr_nonnull(strstr(answer.data, "prefix /a/3 - "));
}
END_TEST

START_TEST(a_request_in_pieces_is_put_together)
{
    static const char request[] = UPLOAD("POST /a/b?q=7", "hello");
    int fd = client_open();

    for (size_t i = 0; i < sizeof(request) - 1; i++) {
        ck_assert_int_eq(send(fd, &request[i], 1, MSG_NOSIGNAL), 1);
        (void)uv_run(&loop, UV_RUN_NOWAIT);
    }
    client_read(fd);
    ck_assert_ptr_nonnull(strstr(answer.data, "post /a/b 7 hello"));
}
END_TEST

START_TEST(idle_clients_do_not_keep_others_out)
{
    int idle[ADDRESS_MAX - 1];
    int64_t start_ms = clock_mono_ms();

    for (size_t i = 0; i < ADDRESS_MAX - 1; i++)
        idle[i] = client_open();
    ask(REQUEST("GET /a/b"));
    ck_assert_ptr_nonnull(strstr(answer.data, "HTTP/1.1 200 "));
    for (size_t i = 0; i < ADDRESS_MAX - 1; i++)
        client_read(idle[i]); /* until the server hangs up on it */
    ck_assert_int_lt(clock_mono_ms() - start_ms, 10000);
}
END_TEST

static bool hung_up(int fd)
{
    char byte;

    return recv(fd, &byte, 1, MSG_DONTWAIT) == 0;
}

START_TEST(half_a_request_does_not_keep_others_out)
{
    enum { DRIPPING = 2 * ADDRESS_MAX };
    int dripping[DRIPPING];
    size_t cut = 0;

    for (size_t i = 0; i < DRIPPING; i++) {
        dripping[i] = client_open();
        ck_assert_int_eq(send(dripping[i], "GET /a/b HT", 11, MSG_NOSIGNAL), 11);
    }
    ask(REQUEST("GET /a/b"));
    ck_assert_ptr_nonnull(strstr(answer.data, "HTTP/1.1 200 "));
    while (!hung_up(dripping[ADDRESS_MAX]))
        turn(dripping[ADDRESS_MAX]);
    for (size_t i = 0; i < DRIPPING; i++) {
        cut += hung_up(dripping[i]);
        (void)close(dripping[i]);
    }
    ck_assert_uint_eq(cut, ADDRESS_MAX + 1); /* the oldest ones, and one for the request that was answered */
}
END_TEST

START_TEST(closing_with_open_connections_leaves_nothing)
{
    int idle = client_open(), halfway = client_open();
    char byte;

    ck_assert_int_eq(send(halfway, "POST /a/b HT", 12, MSG_NOSIGNAL), 12);
    ask(REQUEST("GET /"));
    http_close(&server);
    ck_assert_int_eq(uv_run(&loop, UV_RUN_DEFAULT), 0);
    ck_assert_int_le(recv(idle, &byte, 1, 0), 0);
    ck_assert_int_le(recv(halfway, &byte, 1, 0), 0);
    (void)close(idle);
    (void)close(halfway);
}
END_TEST

START_TEST(what_cannot_be_bound_is_refused)
{
    static const struct {
        const char *address;
        int rc;
    } cases[] = {{"localhost", ERR_INVALID}, {"", ERR_INVALID}, {"192.0.2.1", ERR_SYSTEM}, {"127.0.0.1", ERR_SYSTEM}};
    struct http_server *other = NULL;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct http_conf conf = {cases[i].address, http_port(server), BODY_MAX}; /* taken */

        ck_assert_int_eq(http_open(&other, &loop, &conf, routes), cases[i].rc);
        ck_assert_ptr_null(other);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("http");
    TCase *tc = tcase_create("http");
    SRunner *runner = srunner_create(suite);
    int failed;

    suite_add_tcase(suite, tc);
    tcase_set_timeout(tc, 20);
    tcase_add_checked_fixture(tc, open_server, close_server);
    tcase_add_loop_test(tc, answers, 0, sizeof(requests) / sizeof(requests[0]));
    tcase_add_test(tc, head_is_get_without_the_body);
    tcase_add_test(tc, allow_names_the_methods);
    tcase_add_test(tc, bodies_are_bounded);
    tcase_add_test(tc, chunked_bodies_are_bounded);
    tcase_add_test(tc, keep_alive_serves_several_requests);
    tcase_add_test(tc, a_request_in_pieces_is_put_together);
    tcase_add_test(tc, idle_clients_do_not_keep_others_out);
    tcase_add_test(tc, half_a_request_does_not_keep_others_out);
    tcase_add_test(tc, closing_with_open_connections_leaves_nothing);
    tcase_add_test(tc, what_cannot_be_bound_is_refused);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
