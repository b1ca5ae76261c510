/*
 * id.h - random ids, hashes and what is allowed in an id. Randomness is getrandom(2); it ends the process if that
 * fails.
 */
#ifndef BASE_ID_H
#define BASE_ID_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ID_UUID_SIZE       37  /* with the NUL */
#define ID_CONNECTION_SIZE 17  /* 16 base64 characters, as API Gateway's, with the NUL */
#define ID_PLAYER_MAX      128 /* bytes */
#define ID_TICKET_MAX      128 /* bytes: FlexMatch's limit */

void id_random(void *out, size_t len);
uint64_t id_random_u64(void);
void id_uuid(char out[ID_UUID_SIZE]);                                       /* random, version 4 */
void id_uuid_from(uint64_t seed, uint64_t counter, char out[ID_UUID_SIZE]); /* the same for the same arguments */
void id_connection(char out[ID_CONNECTION_SIZE]); /* url-safe base64 characters and '=' at the end */

/* Player ids: 1..ID_PLAYER_MAX printable ASCII without space, quote, backslash and braces (braces mark Redis hash
 * tags). */
bool id_player_valid(const char *text, size_t len);
/* Ticket ids: 1..ID_TICKET_MAX of [a-zA-Z0-9-.], FlexMatch's alphabet. */
bool id_ticket_valid(const char *text, size_t len);

/* As id_uuid writes them: lower case. */
bool id_uuid_valid(const char *text, size_t len);

uint64_t id_hash(const void *data, size_t len);    /* 64-bit FNV-1a with a final mix; stable across versions */
uint32_t id_murmur2(const void *data, size_t len); /* as Kafka's Java client hashes keys */

#endif
