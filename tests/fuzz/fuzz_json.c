/* The strict JSON reader: what it takes prints as JSON that it takes again and prints the same. */
#include "fuzz.h"
#include "json.h"
#include "mem.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    json_object *value = NULL, *again = NULL;
    char error[JSON_ERROR_SIZE];
    char *first;
    size_t len;

    if (json_parse((const char *)data, size, &value, error) != 0) {
        ASSERT(json_utf8_valid(error, strlen(error)));
        return 0;
    }
    first = mem_strdup(json_text(value, &len));
    ASSERT(json_parse(first, len, &again, error) == 0);
    ASSERT(strcmp(json_text(again, &len), first) == 0);
    json_object_put(value);
    json_object_put(again);
    free(first);
    return 0;
}
