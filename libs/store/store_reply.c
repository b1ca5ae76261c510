/* store_reply.c - reading replies (store.h). A store_reply is hiredis' redisReply under a name that does not leak it.
 */
#include <hiredis/hiredis.h>

#include "store.h"

static const redisReply *native(const struct store_reply *r)
{
    return (const redisReply *)r;
}

static bool is(const struct store_reply *r, int type)
{
    return r != NULL && native(r)->type == type;
}

const char *store_reply_error(const struct store_reply *r)
{
    return is(r, REDIS_REPLY_ERROR) ? native(r)->str : NULL;
}

const char *store_reply_str(const struct store_reply *r, size_t *len)
{
    bool text = is(r, REDIS_REPLY_STRING) || is(r, REDIS_REPLY_STATUS);

    if (len != NULL)
        *len = text ? native(r)->len : 0;
    return text ? native(r)->str : NULL;
}

int64_t store_reply_int(const struct store_reply *r, int64_t otherwise)
{
    return is(r, REDIS_REPLY_INTEGER) ? native(r)->integer : otherwise;
}

size_t store_reply_count(const struct store_reply *r)
{
    return is(r, REDIS_REPLY_ARRAY) ? native(r)->elements : 0;
}

const struct store_reply *store_reply_at(const struct store_reply *r, size_t i)
{
    return i < store_reply_count(r) ? (const struct store_reply *)native(r)->element[i] : NULL;
}
