#include "ticket_id.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void ticket_id_new(char out[ID_TICKET_MAX + 1], int32_t partition)
{
    char uuid[ID_UUID_SIZE];

    id_uuid(uuid);
    (void)snprintf(out, ID_TICKET_MAX + 1, TICKET_ID_PREFIX "%" PRId32 "-%s", partition, uuid);
}

bool ticket_id_reserved(const char *id)
{
    return strncmp(id, TICKET_ID_PREFIX, strlen(TICKET_ID_PREFIX)) == 0;
}

int32_t ticket_id_partition(const char *id, int32_t partitions)
{
    const char *digits = id + strlen(TICKET_ID_PREFIX);
    char *end;
    long partition;

    if (!ticket_id_reserved(id) || !isdigit((unsigned char)*digits))
        return -1;
    partition = strtol(digits, &end, 10); /* too large a number gives LONG_MAX */
    return *end == '-' && partition < partitions ? (int32_t)partition : -1;
}
