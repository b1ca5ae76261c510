/*
 * mm_value_json.h - the value of an expression as JSON, for tests: lists as arrays, sets of strings sorted.
 */
#ifndef TESTS_MM_VALUE_JSON_H
#define TESTS_MM_VALUE_JSON_H

#include "buf.h"
#include "mm_eval.h"

static inline void put_leaf(struct buf *out, const struct mm_value *v, size_t i)
{
    if (v->leaf == MM_LEAF_NUMBER)
        buf_json_num(out, v->numbers[i]);
    if (v->leaf == MM_LEAF_STRING)
        buf_json_cstr(out, v->strings[i]);
    if (v->leaf != MM_LEAF_SET)
        return;
    for (size_t j = 0; j < v->sets[i]->count; j++) {
        buf_str(out, j == 0 ? "[" : ",");
        buf_json_cstr(out, v->sets[i]->list[j]);
    }
    buf_str(out, v->sets[i]->count == 0 ? "[]" : "]");
}

static inline void put_list(struct buf *out, const struct mm_value *v, size_t from, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        buf_str(out, i == 0 ? "[" : ",");
        put_leaf(out, v, from + i);
    }
    buf_str(out, count == 0 ? "[]" : "]");
}

/* null: no value. */
static inline void put_value(struct buf *out, const struct mm_value *v)
{
    size_t from = 0;

    if (v->depth == 0 && v->count == 0)
        buf_str(out, "null");
    else if (v->depth == 0)
        put_leaf(out, v, 0);
    else if (v->depth == 1)
        put_list(out, v, 0, v->count);
    for (size_t i = 0; v->depth == 2 && i < v->list_count; i++) {
        buf_str(out, i == 0 ? "[" : ",");
        put_list(out, v, from, v->lengths[i]);
        from += v->lengths[i];
    }
    if (v->depth == 2)
        buf_str(out, v->list_count == 0 ? "[]" : "]");
}

#endif
