#include "id.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#include "err.h"

void id_random(void *out, size_t len)
{
    char *at = out;

    while (len > 0) {
        ssize_t n = getrandom(at, len, 0);

        if (n < 0 && errno == EINTR)
            continue;
        ASSERT(n > 0);
        at += n;
        len -= (size_t)n;
    }
}

uint64_t id_random_u64(void)
{
    uint64_t value;

    id_random(&value, sizeof(value));
    return value;
}

/* 122 of the 128 bits, with version 4 and the RFC 4122 variant in their places. */
static void uuid_format(uint64_t high, uint64_t low, char out[ID_UUID_SIZE])
{
    high = (high & ~UINT64_C(0xf000)) | UINT64_C(0x4000);
    low = (low & ~(UINT64_C(3) << 62)) | (UINT64_C(2) << 62);
    (void)snprintf(out, ID_UUID_SIZE, "%08" PRIx64 "-%04" PRIx64 "-%04" PRIx64 "-%04" PRIx64 "-%012" PRIx64, high >> 32,
                   high >> 16 & 0xffff, high & 0xffff, low >> 48, low & UINT64_C(0xffffffffffff));
}

void id_uuid(char out[ID_UUID_SIZE])
{
    uint64_t half[2];

    id_random(half, sizeof(half));
    uuid_format(half[0], half[1], out);
}

/* MurmurHash3's final mix: a bijection, each input bit flips each output bit half the time. */
static uint64_t mix64(uint64_t x)
{
    x = (x ^ (x >> 33)) * UINT64_C(0xff51afd7ed558ccd);
    x = (x ^ (x >> 33)) * UINT64_C(0xc4ceb9fe1a85ec53);
    return x ^ (x >> 33);
}

void id_uuid_from(uint64_t seed, uint64_t counter, char out[ID_UUID_SIZE])
{
    uint64_t high = mix64(seed ^ mix64(counter + UINT64_C(0x9e3779b97f4a7c15)));

    uuid_format(high, mix64(high ^ mix64(seed + UINT64_C(0x2545f4914f6cdd1d))), out);
}

void id_connection(char out[ID_CONNECTION_SIZE])
{
    static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    unsigned char random[ID_CONNECTION_SIZE - 2];

    id_random(random, sizeof(random));
    for (size_t i = 0; i < sizeof(random); i++)
        out[i] = alphabet[random[i] % 64];
    out[sizeof(random)] = '=';
    out[sizeof(random) + 1] = '\0';
}

bool id_player_valid(const char *text, size_t len)
{
    if (len < 1 || len > ID_PLAYER_MAX)
        return false;
    for (size_t i = 0; i < len; i++) {
        if (text[i] <= ' ' || text[i] > '~' || strchr("\"'\\{}", text[i]) != NULL)
            return false;
    }
    return true;
}

static bool ticket_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.';
}

bool id_ticket_valid(const char *text, size_t len)
{
    if (len < 1 || len > ID_TICKET_MAX)
        return false;
    for (size_t i = 0; i < len; i++) {
        if (!ticket_char(text[i]))
            return false;
    }
    return true;
}

bool id_uuid_valid(const char *text, size_t len)
{
    if (len != ID_UUID_SIZE - 1)
        return false;
    for (size_t i = 0; i < len; i++) {
        bool dash = i == 8 || i == 13 || i == 18 || i == 23;

        if (dash ? text[i] != '-' : strchr("0123456789abcdef", text[i]) == NULL || text[i] == '\0')
            return false;
    }
    return true;
}

uint64_t id_hash(const void *data, size_t len)
{
    const unsigned char *byte = data;
    uint64_t hash = UINT64_C(0xcbf29ce484222325);

    for (size_t i = 0; i < len; i++)
        hash = (hash ^ byte[i]) * UINT64_C(0x100000001b3);
    return mix64(hash);
}

uint32_t id_murmur2(const void *data, size_t len)
{
    const uint32_t m = 0x5bd1e995;
    const unsigned char *byte = data;
    uint32_t hash = UINT32_C(0x9747b28c) ^ (uint32_t)len;

    for (; len >= 4; byte += 4, len -= 4) {
        uint32_t k = byte[0] | (uint32_t)byte[1] << 8 | (uint32_t)byte[2] << 16 | (uint32_t)byte[3] << 24;

        k *= m;
        k = (k ^ (k >> 24)) * m;
        hash = hash * m ^ k;
    }
    for (size_t i = 0; i < len; i++)
        hash ^= (uint32_t)byte[i] << (8 * i);
    if (len > 0)
        hash *= m;
    hash = (hash ^ (hash >> 13)) * m;
    return hash ^ (hash >> 15);
}
