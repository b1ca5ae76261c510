#include "words.h"

#include <string.h>

bool words_have(const char *list, const char *word)
{
    size_t len = strlen(word), n;

    for (; len > 0 && *list != '\0'; list += n + (list[n] == ' ')) {
        n = strcspn(list, " ");
        if (n == len && memcmp(list, word, len) == 0)
            return true;
    }
    return false;
}
