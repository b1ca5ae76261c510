/* store_slot.c - the slot of a key (store.h), as Redis Cluster's specification has it. */
#include <string.h>

#include "store.h"

/* CRC-16/XMODEM (polynomial 0x1021), four bits at a time. */
static unsigned crc16(const char *bytes, size_t len)
{
    static const uint16_t table[16] = {0x0000, 0x1021, 0x2042, 0x3063, 0x4084, 0x50a5, 0x60c6, 0x70e7,
                                       0x8108, 0x9129, 0xa14a, 0xb16b, 0xc18c, 0xd1ad, 0xe1ce, 0xf1ef};
    uint16_t crc = 0;

    for (size_t i = 0; i < len; i++) {
        unsigned byte = (unsigned char)bytes[i];

        crc = (uint16_t)(crc << 4 ^ table[crc >> 12 ^ byte >> 4]);
        crc = (uint16_t)(crc << 4 ^ table[crc >> 12 ^ (byte & 15)]);
    }
    return crc;
}

unsigned store_slot(const char *key, size_t len)
{
    const char *open = memchr(key, '{', len), *close = NULL;

    if (open != NULL)
        close = memchr(open + 1, '}', len - (size_t)(open + 1 - key));
    if (close != NULL && close > open + 1)
        return crc16(open + 1, (size_t)(close - open - 1)) % STORE_SLOTS;
    return crc16(key, len) % STORE_SLOTS;
}
