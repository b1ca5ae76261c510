#include <check.h>
#include <stdlib.h>

#include "frames.h"

static struct frame *text(const char *s)
{
    return frame_new(s, strlen(s));
}

START_TEST(frames_come_out_in_order)
{
    struct frame_queue q = {.max_bytes = 1000};
    struct frame *f;

    ck_assert(frame_queue_push(&q, text("one")));
    ck_assert(frame_queue_push(&q, text("")));
    ck_assert_uint_eq(q.count, 2);
    f = frame_queue_pop(&q);
    ck_assert_uint_eq(f->len, 3);
    ck_assert_mem_eq(frame_payload(f), "one", 3);
    free(f);
    ck_assert(frame_queue_push(&q, text("three")));
    f = frame_queue_pop(&q);
    ck_assert_uint_eq(f->len, 0);
    free(f);
    f = frame_queue_pop(&q);
    ck_assert_mem_eq(frame_payload(f), "three", 5);
    free(f);
    ck_assert_ptr_null(frame_queue_pop(&q));
    ck_assert_uint_eq(q.bytes, 0);
    ck_assert_uint_eq(q.count, 0);
}
END_TEST

START_TEST(a_frame_over_the_bound_is_refused_and_the_rest_stays)
{
    struct frame_queue q = {.max_bytes = 3 * (sizeof(struct frame) + FRAME_HEADROOM) + 10};

    ck_assert(frame_queue_push(&q, text("12345")));
    ck_assert(frame_queue_push(&q, text("12345")));
    ck_assert(!frame_queue_push(&q, text("1")));
    ck_assert_uint_eq(q.count, 2);
    ck_assert(frame_queue_push(&q, text("")));
    ck_assert_uint_eq(q.bytes, q.max_bytes);
    frame_queue_clear(&q);
    ck_assert_uint_eq(q.bytes, 0);
    ck_assert(frame_queue_push(&q, text("again")));
    ck_assert_ptr_eq(q.head, q.tail);
    frame_queue_clear(&q);
    ck_assert_ptr_null(q.tail);
}
END_TEST

START_TEST(empty_frames_are_bounded_too)
{
    struct frame_queue q = {.max_bytes = 4096};
    size_t pushed = 0;

    while (pushed < 4096 && frame_queue_push(&q, text("")))
        pushed++;
    ck_assert_uint_lt(pushed, 200);
    ck_assert_uint_gt(pushed, 20);
    frame_queue_clear(&q);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("gateway_frames");
    TCase *tc = tcase_create("frames");
    SRunner *runner;
    int failed;

    tcase_add_test(tc, frames_come_out_in_order);
    tcase_add_test(tc, a_frame_over_the_bound_is_refused_and_the_rest_stays);
    tcase_add_test(tc, empty_frames_are_bounded_too);
    suite_add_tcase(suite, tc);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
