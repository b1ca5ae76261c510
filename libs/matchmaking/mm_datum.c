#include "mm_datum.h"

#include <json-c/linkhash.h>
#include <stdlib.h>
#include <string.h>

#include "mm_sets.h"

void mm_room_text(struct mm_room *room, const char *text)
{
    room->text += strlen(text) + 1;
}

const char *mm_block_text(struct mm_block *b, const char *text)
{
    size_t size = strlen(text) + 1;

    b->text += size;
    return memcpy(b->text - size, text, size);
}

static void room_string(struct mm_room *room, json_object *value)
{
    mm_room_text(room, json_object_get_string(value));
}

static union mm_datum put_string(struct mm_block *b, json_object *value)
{
    return (union mm_datum){.string = mm_block_text(b, json_object_get_string(value))};
}

static void room_number(struct mm_room *room, json_object *value) /* it fits its place */
{
    (void)room;
    (void)value;
}

static union mm_datum put_number(struct mm_block *b, json_object *value)
{
    (void)b;
    return (union mm_datum){.number = json_object_get_double(value)};
}

static void room_list(struct mm_room *room, json_object *value)
{
    size_t count = json_object_array_length(value);

    room->words += sizeof(struct mm_strings) + count * sizeof(char *);
    for (size_t i = 0; i < count; i++)
        room_string(room, json_object_array_get_idx(value, i));
}

static union mm_datum put_list(struct mm_block *b, json_object *value)
{
    struct mm_strings *set = mm_block_words(b, sizeof(*set));
    size_t count = json_object_array_length(value);
    const char **list = mm_block_words(b, count * sizeof(*list));

    for (size_t i = 0; i < count; i++)
        list[i] = mm_block_text(b, json_object_get_string(json_object_array_get_idx(value, i)));
    mm_strings_sort(list, &count);
    *set = (struct mm_strings){.list = list, .count = count};
    return (union mm_datum){.strings = set};
}

static void room_map(struct mm_room *room, json_object *value)
{
    room->words += sizeof(struct mm_map) + (size_t)json_object_object_length(value) * sizeof(struct mm_pair);
    json_object_object_foreach(value, key, number)
    {
        (void)number;
        mm_room_text(room, key);
    }
}

static int compare_keys(const void *a, const void *b)
{
    return strcmp(((const struct mm_pair *)a)->key, ((const struct mm_pair *)b)->key);
}

static union mm_datum put_map(struct mm_block *b, json_object *value)
{
    size_t count = (size_t)json_object_object_length(value);
    struct mm_map *map = mm_block_words(b, sizeof(*map) + count * sizeof(map->pairs[0]));

    map->count = 0;
    json_object_object_foreach(value, key, number)
    {
        map->pairs[map->count++] = (struct mm_pair){mm_block_text(b, key), json_object_get_double(number)};
    }
    qsort(map->pairs, map->count, sizeof(map->pairs[0]), compare_keys);
    return (union mm_datum){.map = map};
}

static const struct {
    void (*room)(struct mm_room *room, json_object *value);
    union mm_datum (*put)(struct mm_block *b, json_object *value);
} kinds[] = {
    [MM_ATTRIBUTE_STRING] = {room_string, put_string},
    [MM_ATTRIBUTE_NUMBER] = {room_number, put_number},
    [MM_ATTRIBUTE_STRING_LIST] = {room_list, put_list},
    [MM_ATTRIBUTE_STRING_NUMBER_MAP] = {room_map, put_map},
};

void mm_datum_room(struct mm_room *room, enum mm_attribute_type type, json_object *value)
{
    kinds[type].room(room, value);
}

union mm_datum mm_datum_put(struct mm_block *b, enum mm_attribute_type type, json_object *value)
{
    return kinds[type].put(b, value);
}
