#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "id.h"

#define MANY 2000

static void assert_uuid(const char *text)
{
    ck_assert_uint_eq(strlen(text), ID_UUID_SIZE - 1);
    for (size_t i = 0; i < ID_UUID_SIZE - 1; i++) {
        if (i == 8 || i == 13 || i == 18 || i == 23)
            ck_assert_int_eq(text[i], '-');
        else
            ck_assert_ptr_nonnull(strchr("0123456789abcdef", text[i]));
    }
    ck_assert_int_eq(text[14], '4');
    ck_assert_ptr_nonnull(strchr("89ab", text[19]));
}

static int compare(const void *a, const void *b)
{
    return strcmp(a, b);
}

static void assert_distinct(char (*ids)[ID_UUID_SIZE])
{
    qsort(ids, MANY, sizeof(*ids), compare);
    for (size_t i = 1; i < MANY; i++)
        ck_assert_str_ne(ids[i - 1], ids[i]);
}

START_TEST(random_uuids_are_distinct)
{
    static char ids[MANY][ID_UUID_SIZE];

    for (size_t i = 0; i < MANY; i++) {
        id_uuid(ids[i]);
        assert_uuid(ids[i]);
    }
    assert_distinct(ids);
}
END_TEST

START_TEST(derived_uuids_depend_on_both_arguments_only)
{
    static char ids[MANY][ID_UUID_SIZE];
    char again[ID_UUID_SIZE];

    for (size_t i = 0; i < MANY; i++) {
        id_uuid_from(i % 40, i / 40, ids[i]);
        assert_uuid(ids[i]);
        id_uuid_from(i % 40, i / 40, again);
        ck_assert_str_eq(ids[i], again);
    }
    assert_distinct(ids);
}
END_TEST

START_TEST(connection_ids_look_like_api_gateways)
{
    char a[ID_CONNECTION_SIZE], b[ID_CONNECTION_SIZE];

    id_connection(a);
    id_connection(b);
    ck_assert_uint_eq(strlen(a), 16);
    ck_assert_int_eq(a[15], '=');
    ck_assert_uint_eq(strspn(a, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"), 15);
    ck_assert_str_ne(a, b);
}
END_TEST

static const struct {
    const char *text;
    bool player, ticket;
} names[] = {
    {"", false, false},
    {"alice", true, true},
    {"a.b-C9", true, true},
    {"a_b", true, false},
    {"user@example.org", true, false},
    {"a b", false, false},
    {"a\tb", false, false},
    {"a\"b", false, false},
    {"a'b", false, false},
    {"a\\b", false, false},
    {"{a", false, false},
    {"a}", false, false},
    {"gr\xc3\xbc\xc3\x9f", false, false},
    {"a\x7f", false, false},
};

START_TEST(alphabets)
{
    ck_assert_int_eq(id_player_valid(names[_i].text, strlen(names[_i].text)), names[_i].player);
    ck_assert_int_eq(id_ticket_valid(names[_i].text, strlen(names[_i].text)), names[_i].ticket);
}
END_TEST

START_TEST(lengths)
{
    char longest[ID_PLAYER_MAX + 1];

    memset(longest, 'a', sizeof(longest));
    ck_assert(id_player_valid(longest, ID_PLAYER_MAX));
    ck_assert(!id_player_valid(longest, ID_PLAYER_MAX + 1));
    ck_assert(id_ticket_valid(longest, ID_TICKET_MAX));
    ck_assert(!id_ticket_valid(longest, ID_TICKET_MAX + 1));
    ck_assert(!id_player_valid("a\0b", 3));
    ck_assert(!id_ticket_valid("a\0b", 3));
}
END_TEST

/* From Kafka's own test of Utils.murmur2. */
static const struct {
    const char *key;
    int32_t hash;
} murmurs[] = {
    {"21", -973932308},
    {"foobar", -790332482},
    {"a-little-bit-long-string", -985981536},
    {"a-little-bit-longer-string", -1486304829},
    {"lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58897971},
    {"abc", 479470107},
};

START_TEST(murmur2_is_kafkas)
{
    ck_assert_int_eq((int32_t)id_murmur2(murmurs[_i].key, strlen(murmurs[_i].key)), murmurs[_i].hash);
}
END_TEST

START_TEST(hash_is_stable)
{
    /* Slots and remembered tickets depend on it across versions. */
    ck_assert_uint_eq(id_hash("", 0), UINT64_C(0xefd01f60ba992926));
    ck_assert_uint_eq(id_hash("alice", 5), UINT64_C(0x3507d047a67c08f4));
}
END_TEST

static const struct {
    const char *text;
    bool valid;
} uuids[] = {
    {"5b1c9a52-7f1e-4b5e-9a0c-3d2f8e6a7b10", true},  {"5B1C9A52-7f1e-4b5e-9a0c-3d2f8e6a7b10", false},
    {"5b1c9a52-7f1e-4b5e-9a0c-3d2f8e6a7b1", false},  {"5b1c9a52-7f1e-4b5e-9a0c-3d2f8e6a7b100", false},
    {"5b1c9a5-27f1e-4b5e-9a0c-3d2f8e6a7b10", false}, {"5b1c9a52-7f1e-4b5e-9a0c-3d2f8e6a7b1g", false},
    {"------------------------------------", false}, {"", false},
};

START_TEST(uuid_texts)
{
    char made[ID_UUID_SIZE];

    ck_assert_int_eq(id_uuid_valid(uuids[_i].text, strlen(uuids[_i].text)), uuids[_i].valid);
    id_uuid(made);
    ck_assert(id_uuid_valid(made, strlen(made)));
    made[_i] = '\0';
    ck_assert(!id_uuid_valid(made, ID_UUID_SIZE - 1));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("id");
    TCase *tc = tcase_create("id");
    SRunner *runner = srunner_create(suite);
    int failed;

    suite_add_tcase(suite, tc);
    tcase_add_loop_test(tc, uuid_texts, 0, (int)(sizeof(uuids) / sizeof(uuids[0])));
    tcase_add_test(tc, random_uuids_are_distinct);
    tcase_add_test(tc, derived_uuids_depend_on_both_arguments_only);
    tcase_add_test(tc, connection_ids_look_like_api_gateways);
    tcase_add_loop_test(tc, alphabets, 0, sizeof(names) / sizeof(names[0]));
    tcase_add_test(tc, lengths);
    tcase_add_loop_test(tc, murmur2_is_kafkas, 0, sizeof(murmurs) / sizeof(murmurs[0]));
    tcase_add_test(tc, hash_is_stable);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
