/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Memory of a policy: allocations that live and die with their owner, arrays
 * that grow, and arrays that hold each sequence only once. When memory runs out
 * the process ends: a tool that cannot hold a policy cannot say anything about it.
 */
#ifndef OTSEG_POLICY_ARENA_H
#define OTSEG_POLICY_ARENA_H

#include <stdbool.h>

#include "otseg/types.h"

struct otseg_arena_block;

/**
 * struct otseg_arena - allocations that are freed together; zeroed is empty
 * @blocks: the last one, linked to those before
 */
struct otseg_arena {
	struct otseg_arena_block *blocks;
};

__attribute__((noreturn)) void otseg_alloc_failed(void);
void *otseg_alloc(size_t size);
void *otseg_arena_alloc(struct otseg_arena *arena, size_t size);
char *otseg_arena_text(struct otseg_arena *arena, const char *text, size_t len);
void otseg_arena_free(struct otseg_arena *arena);

/**
 * struct otseg_vec - an array that grows
 * @data: the records
 * @n: their number
 * @capacity: records that fit
 * @size: bytes of a record
 */
struct otseg_vec {
	void *data;
	size_t n;
	size_t capacity;
	size_t size;
};

#define OTSEG_VEC(type) ((struct otseg_vec){ .size = sizeof(type) })

void *otseg_vec_add(struct otseg_vec *vec, const void *records, size_t n);
void otseg_vec_free(struct otseg_vec *vec);

int otseg_compare_u32(const void *left, const void *right);
int otseg_compare_macs(const void *left, const void *right);

/**
 * otseg_vec_at - the records of an array from one of them on
 * @vec: the array
 * @first: the first one's number
 *
 * Return: where it is, until the next record is added; NULL while there is none at all.
 */
static inline void *otseg_vec_at(const struct otseg_vec *vec, size_t first)
{
	return vec->data ? (char *)vec->data + first * vec->size : NULL;
}

static inline void otseg_vec_add_u32(struct otseg_vec *vec, u32 value)
{
	otseg_vec_add(vec, &value, 1);
}

/**
 * struct otseg_pool - an array in which a sequence of records stands once
 * @vec: the records of all sequences, one after the other
 * @slots: hash table of the sequences
 * @n_slots: its size, a power of two
 * @n_used: sequences
 */
struct otseg_pool {
	struct otseg_vec vec;
	struct otseg_pool_slot *slots;
	size_t n_slots;
	size_t n_used;
};

#define OTSEG_POOL(type) ((struct otseg_pool){ .vec = OTSEG_VEC(type) })

u32 otseg_pool_add(struct otseg_pool *pool, const void *records, size_t n);
void otseg_pool_free(struct otseg_pool *pool);

u64 otseg_bytes_hash(const void *bytes, size_t len);

#endif /* OTSEG_POLICY_ARENA_H */
