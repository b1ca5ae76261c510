/* queue_scripts.c - see queue_scripts.h. */
#include "queue_scripts.h"

#include <inttypes.h>
#include <stdio.h>

#include "err.h"

static const char *const key_names[KEY_COUNT] = {"meta", "log", "visible", "flight", "delayed", "state", "alias"};

const char *queue_key(char out[QUEUE_KEY_SIZE], enum queue_key key, const char *queue, int32_t partition)
{
    int len = snprintf(out, QUEUE_KEY_SIZE, "{q:%s:%" PRId32 "}:%s", queue, partition, key_names[key]);

    ASSERT(len > 0 && len < QUEUE_KEY_SIZE);
    return out;
}

/*
 * Lua's tostring gives 14 digits, so numbers become text by text(). `oldest`: what was sent until then is gone, by
 * retention or by a purge. The log's first entry is looked for from the front, where few deleted ones stand: Redis
 * frees a stream's block when all in it are.
 */
#define LUA_COMMON                                                                                                     \
    "local meta, log, visible, flight, delayed, state, alias = unpack(KEYS)\n"                                         \
    "local call = redis.call\n"                                                                                        \
    "local clock = call('TIME')\n"                                                                                     \
    "local now = clock[1] * 1000 + math.floor(clock[2] / 1000)\n"                                                      \
    "local function text(n) return string.format('%.0f', n) end\n"                                                     \
    "local function number(field) return tonumber(call('HGET', meta, field) or 0) end\n"                               \
    "local function oldest(retention)\n"                                                                               \
    "  retention = tonumber(retention)\n"                                                                              \
    "  return math.max(retention > 0 and now - retention or 0, number('purged'))\n"                                    \
    "end\n"                                                                                                            \
    "local function packed_of(offset)\n"                                                                               \
    "  local found = call('XRANGE', log, offset .. '-1', offset .. '-1')[1]\n"                                         \
    "  return found and found[2][2]\n"                                                                                 \
    "end\n"                                                                                                            \
    "local function state_of(offset)\n" /* nil when deleted before it was loaded */                                    \
    "  local held = call('HGET', state, offset)\n"                                                                     \
    "  if not held then return 0, 0, 0, 0 end\n"                                                                       \
    "  local count, first, due, last = string.match(held, '^(%d+) (%d+) (%d+) (%d+)$')\n"                              \
    "  return tonumber(count), tonumber(first), tonumber(due), tonumber(last)\n"                                       \
    "end\n"                                                                                                            \
    "local function keep_state(offset, count, first, due, last)\n"                                                     \
    "  call('HSET', state, offset, string.format('%.0f %.0f %.0f %.0f', count, first, due, last))\n"                   \
    "end\n"                                                                                                            \
    "local function out_of_sets(offset)\n" /* it is in one of them */                                                  \
    "  if call('ZREM', flight, offset) == 0 and call('ZREM', visible, offset) == 0 then\n"                             \
    "    call('ZREM', delayed, offset)\n"                                                                              \
    "  end\n"                                                                                                          \
    "end\n"                                                                                                            \
    "local function place(offset, count, due)\n"                                                                       \
    "  if due <= now then\n"                                                                                           \
    "    call('ZADD', visible, offset, offset)\n"                                                                      \
    "  else\n"                                                                                                         \
    "    call('ZADD', count > 0 and flight or delayed, text(due), offset)\n"                                           \
    "  end\n"                                                                                                          \
    "end\n"                                                                                                            \
    "local freed = 0\n"                                                                                                \
    "local function settle(added)\n" /* at the end of a script that may have dropped something */                      \
    "  if added ~= freed then call('HINCRBY', meta, 'bytes', added - freed) end\n"                                     \
    "end\n"                                                                                                            \
    "local function drop(offset, packed)\n"                                                                            \
    "  call('XDEL', log, offset .. '-1')\n"                                                                            \
    "  freed = freed + #packed\n"                                                                                      \
    "  call('HDEL', state, offset)\n"                                                                                  \
    "  out_of_sets(offset)\n"                                                                                          \
    "end\n"                                                                                                            \
    "local function remove(offset, packed)\n"                                                                          \
    "  local _, origin = struct.unpack('>i8i8', packed)\n"                                                             \
    "  drop(offset, packed)\n"                                                                                         \
    "  if text(origin) ~= offset then call('HDEL', alias, text(origin)) end\n"                                         \
    "end\n"                                                                                                            \
    "local function due_of(offset)\n" /* of what is loaded; 0: visible */                                              \
    "  return tonumber(call('ZSCORE', flight, offset) or call('ZSCORE', delayed, offset) or 0)\n"                      \
    "end\n"                                                                                                            \
    "local function base(next)\n" /* what is before it is deleted */                                                   \
    "  local first = call('XRANGE', log, '-', '+', 'COUNT', 1)[1]\n"                                                   \
    "  return first and tonumber(string.match(first[1], '^%d+')) or next\n"                                            \
    "end\n"                                                                                                            \
    "local function wake(most)\n" /* what is due becomes visible */                                                    \
    "  for _, set in ipairs({flight, delayed}) do\n"                                                                   \
    "    for _, offset in ipairs(call('ZRANGEBYSCORE', set, '-inf', text(now), 'LIMIT', 0, most)) do\n"                \
    "      call('ZREM', set, offset)\n"                                                                                \
    "      call('ZADD', visible, offset, offset)\n"                                                                    \
    "    end\n"                                                                                                        \
    "  end\n"                                                                                                          \
    "end\n"

/*
 * A window is kept when its deleted prefix reaches at least to what is committed: then nothing deleted comes again.
 * Otherwise Redis was emptied or came back older, or the topic is another one (nothing committed): the log is right.
 */
struct store_script queue_open_script = {
    .text = LUA_COMMON "local committed, purged = tonumber(ARGV[2]), tonumber(ARGV[3])\n"
                       "local held = call('HMGET', meta, 'gen', 'next')\n"
                       "local keeps = held[1] and held[2] and committed >= 0 and base(tonumber(held[2])) >= committed\n"
                       "purged = math.max(number('purged'), purged)\n"
                       "if not keeps then\n"
                       "  call('DEL', unpack(KEYS))\n"
                       "  local begin = text(math.max(committed, 0))\n"
                       "  call('HSET', meta, 'gen', ARGV[1], 'begin', begin, 'next', begin, 'bytes', '0')\n"
                       "end\n"
                       "call('HSET', meta, 'purged', text(purged))\n"
                       "return {call('HGET', meta, 'gen'), number('next'), number('purged')}\n",
};

/*
 * Only what follows without a gap is added, once: whoever else loads, or loads again, changes nothing. A gap between
 * frames is one of the log's own, since they were read one after the other. A message that was appended again replaces
 * what stands at its place before; when its place before was loaded into this window and nothing is there any more, it
 * was deleted.
 */
struct store_script queue_load_script = {
    .text = LUA_COMMON
    "local begin = number('begin')\n"
    "local function take_over(origin, new, before, count, first, due, last)\n"
    "  local old = call('HGET', alias, origin) or origin\n"
    "  call('HSET', alias, origin, new)\n"
    "  if old == new then return count, first, due, last end\n" /* it left its old place when it was appended */
    "  local packed = packed_of(old)\n"
    "  if not packed and before >= begin then return end\n"
    "  if not packed then return count, first, due, last end\n"
    "  local old_count, old_first, _, old_last = state_of(old)\n"
    "  local old_due = due_of(old)\n"
    "  drop(old, packed)\n"
    "  if old_count < (count or 0) then return count, first, due, last end\n"
    "  return old_count, old_first, old_due, old_last\n"
    "end\n"
    "local held = call('HMGET', meta, 'gen', 'next')\n"
    "if held[1] ~= ARGV[1] or tonumber(ARGV[2]) > tonumber(held[2]) then return {} end\n"
    "local next, at, frames, limit, added = tonumber(held[2]), 1, ARGV[4], oldest(ARGV[3]), 0\n"
    "local function add(offset, due, count, first, before, packed)\n"
    "  local sent, origin = struct.unpack('>i8i8', packed)\n"
    "  local last = now\n" /* the most that is known of a copy: it was received before */
    "  if call('HEXISTS', state, offset) == 1 then\n"
    "    count, first, due, last = state_of(offset)\n"
    "    call('HDEL', state, offset)\n"
    "  end\n"
    "  if text(origin) ~= offset then\n"
    "    count, first, due, last = take_over(text(origin), offset, before, count, first, due, last)\n"
    "  end\n"
    "  if not count or sent < limit then\n"
    "    call('HDEL', alias, text(origin))\n"
    "    return\n"
    "  end\n"
    "  call('XADD', log, offset .. '-1', 'm', packed)\n"
    "  added = added + #packed\n"
    "  if count > 0 then keep_state(offset, count, first, 0, last) end\n"
    "  place(offset, count, due)\n"
    "end\n"
    "while at <= #frames do\n"
    "  local offset, due, count, first, before, len, body = struct.unpack('>i8i8i8i8i8I4', frames, at)\n"
    "  at = body + len\n"
    "  if offset >= next then\n"
    "    add(text(offset), due, count, first, before, string.sub(frames, body, at - 1))\n"
    "    next = offset + 1\n"
    "  end\n"
    "end\n"
    "call('HSET', meta, 'next', text(next))\n"
    "settle(added)\n"
    "return {next, base(next), number('bytes'), call('ZCARD', visible)}\n",
};

/*
 * A message is taken out of `visible` and put into `flight` in one step, so no two receives get it while its time runs.
 * One that was received often enough is hidden and handed over for the dead-letter queue; its count stays, so it is
 * that again if whoever was to do it died (Q3).
 */
struct store_script queue_receive_script = {
    .text = LUA_COMMON "local limit, most, received, dead, again = oldest(ARGV[1]), tonumber(ARGV[2]), {}, {}, 0\n"
                       "local most_receives = tonumber(ARGV[4])\n"
                       "local function hand(to, offset, count, first, packed, ms)\n"
                       "  call('ZADD', flight, text(now + ms), offset)\n"
                       "  for _, value in ipairs({offset, count, first, packed}) do to[#to + 1] = value end\n"
                       "end\n"
                       "local function take(offset)\n"
                       "  local packed = packed_of(offset)\n"
                       "  local count, first = state_of(offset)\n"
                       "  if struct.unpack('>i8', packed) < limit then\n"
                       "    remove(offset, packed)\n"
                       "    again = 1\n"
                       "  elseif most_receives > 0 and count >= most_receives then\n"
                       "    hand(dead, offset, count, first, packed, tonumber(ARGV[5]))\n"
                       "    again = 1\n"
                       "  else\n"
                       "    count, first = count + 1, first > 0 and first or now\n"
                       "    keep_state(offset, count, first, 0, now)\n"
                       "    hand(received, offset, count, first, packed, tonumber(ARGV[3]))\n"
                       "  end\n"
                       "end\n"
                       "wake(100)\n"
                       "local popped = call('ZPOPMIN', visible, most)\n"
                       "for i = 1, #popped, 2 do take(popped[i]) end\n"
                       "settle(0)\n"
                       "local due = -1\n"
                       "for _, set in ipairs({flight, delayed}) do\n"
                       "  local first = call('ZRANGE', set, 0, 0, 'WITHSCORES')[2]\n"
                       "  if first and (due < 0 or first - now < due) then due = math.max(first - now, 0) end\n"
                       "end\n"
                       "return {call('ZCARD', flight), call('ZCARD', visible), due, again, received, dead}\n",
};

/*
 * An old handle does not delete what was received again since. A count above the message's is one from before Redis was
 * emptied: whoever holds it has the message, so it is deleted. What was appended again and is not loaded yet is
 * remembered as deleted.
 */
struct store_script queue_delete_script = {
    .text = LUA_COMMON "local moved = call('EXISTS', alias) == 1\n"
                       "local function delete(origin, receives)\n"
                       "  local offset = moved and call('HGET', alias, origin) or origin\n"
                       "  local packed, count = packed_of(offset), state_of(offset)\n"
                       "  if not count or receives < count then return 0 end\n"
                       "  if packed then\n"
                       "    remove(offset, packed)\n"
                       "  elseif count > 0 then\n"
                       "    call('HSET', state, offset, 'deleted')\n"
                       "  else\n"
                       "    return 0\n"
                       "  end\n"
                       "  return 1\n"
                       "end\n"
                       "local done = {0}\n"
                       "for origin, receives in string.gmatch(ARGV[1], '(%d+):(%d+)') do\n"
                       "  done[#done + 1] = delete(origin, tonumber(receives))\n"
                       "end\n"
                       "settle(0)\n"
                       "done[1] = call('ZCARD', flight)\n"
                       "return done\n",
};

/* As deleting: for the latest receive only, also when its time is over and nobody has received it since. */
struct store_script queue_change_script = {
    .text = LUA_COMMON "local offset = call('HGET', alias, ARGV[1]) or ARGV[1]\n"
                       "local count, first, _, last = state_of(offset)\n"
                       "local due = now + tonumber(ARGV[3])\n"
                       "if not count or count == 0 or tonumber(ARGV[2]) < count then return 0 end\n"
                       "if due > last + tonumber(ARGV[4]) then return -1 end\n"
                       "if packed_of(offset) then\n"
                       "  out_of_sets(offset)\n"
                       "  place(offset, count, due)\n"
                       "else\n"
                       "  keep_state(offset, count, first, due, last)\n"
                       "end\n"
                       "return 1\n",
};

struct store_script queue_look_script = {
    .text = LUA_COMMON
    "local held = call('HMGET', meta, 'gen', 'next')\n"
    "if not held[1] then return {} end\n"
    "local limit, age = oldest(ARGV[1]), -1\n"
    "wake(1000)\n"
    "for _ = 1, 100 do\n"
    "  local found = call('XRANGE', log, '-', '+', 'COUNT', 1)[1]\n"
    "  local sent = found and struct.unpack('>i8', found[2][2])\n"
    "  if not found then break end\n"
    "  if sent >= limit then\n"
    "    age = math.max(now - sent, 0)\n"
    "    break\n"
    "  end\n"
    "  remove(string.match(found[1], '^%d+'), found[2][2])\n"
    "end\n"
    "settle(0)\n"
    "return {held[1], tonumber(held[2]), base(tonumber(held[2])), number('bytes'), call('ZCARD', visible),\n"
    "  call('ZCARD', flight), call('ZCARD', delayed), number('purged'), age}\n",
};

/* Visible ones wait for consumers, not for a time: they stay. */
struct store_script queue_stragglers_script = {
    .text =
        LUA_COMMON "local out = {}\n"
                   "for _, found in ipairs(call('XRANGE', log, '-', '+', 'COUNT', ARGV[1])) do\n"
                   "  local offset = string.match(found[1], '^%d+')\n"
                   "  local due = due_of(offset)\n"
                   "  if due >= now + tonumber(ARGV[2]) then\n"
                   "    local count, first = state_of(offset)\n"
                   "    for _, value in ipairs({offset, count, first, due, found[2][2]}) do out[#out + 1] = value end\n"
                   "  end\n"
                   "end\n"
                   "return out\n",
};

/* What became of the message at its old place while it was appended holds at the new one. */
struct store_script queue_move_script = {
    .text = LUA_COMMON "local origin, old, new = ARGV[1], ARGV[2], ARGV[3]\n"
                       "if tonumber(new) < number('next') then return end\n" /* loading it did all */
                       "local packed = packed_of(old)\n"
                       "if not packed then\n" /* deleted meanwhile */
                       "  call('HSET', state, new, 'deleted')\n"
                       "  return\n"
                       "end\n"
                       "local count, first, _, last = state_of(old)\n"
                       "keep_state(new, count, first, due_of(old), last)\n"
                       "drop(old, packed)\n"
                       "settle(0)\n"
                       "call('HSET', alias, origin, new)\n",
};

/* What is not loaded yet is dropped when it is, by its sent time. */
struct store_script queue_purge_script = {
    .text = LUA_COMMON "call('DEL', log, visible, flight, delayed, state, alias)\n"
                       "call('HSET', meta, 'purged', text(now), 'bytes', '0')\n",
};
