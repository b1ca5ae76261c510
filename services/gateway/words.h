/* words.h - lists of words separated by single spaces, as ticket views hold their players. Pure. */
#ifndef GATEWAY_WORDS_H
#define GATEWAY_WORDS_H

#include <stdbool.h>

bool words_have(const char *list, const char *word); /* the exact word; "" is in no list */

#endif
