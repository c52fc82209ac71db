// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory of a policy, see arena.h.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arena.h"

#define EXIT_SYSTEM 3 /* the tool's exit code for what the system refused */

/* Keeps what follows it aligned for any type. */
struct otseg_arena_block {
	struct otseg_arena_block *before;
	u64 padding;
};

/*
 * One sequence of a pool: the hash is kept, so that a bigger table needs no
 * look at the records.
 */
struct otseg_pool_slot {
	u64 hash;
	u32 first;
	u32 n_plus1;
};

/**
 * otseg_alloc_failed - end the process: there is no memory left
 */
void otseg_alloc_failed(void)
{
	fputs("otseg: out of memory\n", stderr);
	exit(EXIT_SYSTEM);
}

/**
 * otseg_alloc - allocate zeroed memory or end the process
 * @size: bytes, may be 0
 *
 * Return: the memory, for free(); never NULL.
 */
void *otseg_alloc(size_t size)
{
	void *memory = calloc(1, size ? size : 1);

	if (!memory)
		otseg_alloc_failed();
	return memory;
}

/**
 * otseg_arena_alloc - allocate zeroed memory that lives as long as an arena
 * @arena: the arena
 * @size: bytes, may be 0
 *
 * Return: the memory; never NULL.
 */
void *otseg_arena_alloc(struct otseg_arena *arena, size_t size)
{
	struct otseg_arena_block *block = otseg_alloc(sizeof(*block) + size);

	block->before = arena->blocks;
	arena->blocks = block;
	return block + 1;
}

/**
 * otseg_arena_text - copy text into an arena and end it with NUL
 * @arena: the arena
 * @text: the text
 * @len: its bytes
 *
 * Return: the copy.
 */
char *otseg_arena_text(struct otseg_arena *arena, const char *text, size_t len)
{
	char *copy = otseg_arena_alloc(arena, len + 1);

	memcpy(copy, text, len);
	return copy;
}

/**
 * otseg_arena_free - free everything in an arena
 * @arena: the arena; afterwards it is empty
 */
void otseg_arena_free(struct otseg_arena *arena)
{
	while (arena->blocks) {
		struct otseg_arena_block *block = arena->blocks;

		arena->blocks = block->before;
		free(block);
	}
}

/**
 * otseg_vec_add - append records
 * @vec: the array
 * @records: what to append; NULL appends zeroes
 * @n: their number
 *
 * Return: the first of the new records, valid until the next call; NULL if @n is 0.
 */
void *otseg_vec_add(struct otseg_vec *vec, const void *records, size_t n)
{
	char *place;

	if (!n)
		return NULL;
	if (vec->n + n > vec->capacity) {
		vec->capacity = (vec->n + n) * 2;
		vec->data = realloc(vec->data, vec->capacity * vec->size);
		if (!vec->data)
			otseg_alloc_failed();
	}
	place = (char *)vec->data + vec->n * vec->size;
	if (records)
		memcpy(place, records, n * vec->size);
	else
		memset(place, 0, n * vec->size);
	vec->n += n;
	return place;
}

/**
 * otseg_vec_free - free an array's records
 * @vec: the array; afterwards it is empty
 */
void otseg_vec_free(struct otseg_vec *vec)
{
	free(vec->data);
	vec->data = NULL;
	vec->n = 0;
	vec->capacity = 0;
}

/**
 * otseg_compare_u32 - order of numbers, for qsort() and bsearch()
 * @left: one
 * @right: another
 *
 * Return: less than, equal to or greater than 0, as @left is less than, equal to or greater
 * than @right.
 */
int otseg_compare_u32(const void *left, const void *right)
{
	u32 a = *(const u32 *)left, b = *(const u32 *)right;

	return a < b ? -1 : a > b;
}

/**
 * otseg_compare_macs - order of MAC addresses, for qsort() and bsearch()
 * @left: six bytes
 * @right: six others
 *
 * Return: as otseg_compare_u32() does.
 */
int otseg_compare_macs(const void *left, const void *right)
{
	return memcmp(left, right, 6);
}

/**
 * otseg_bytes_hash - hash bytes for a table in memory
 * @bytes: the bytes
 * @len: their number
 *
 * Return: the hash; it guards nothing and is never stored.
 */
u64 otseg_bytes_hash(const void *bytes, size_t len)
{
	const unsigned char *next = bytes;
	u64 hash = 0x9e3779b97f4a7c15ull ^ len;
	u64 word;

	for (; len >= 8; len -= 8, next += 8) {
		memcpy(&word, next, 8);
		hash = (hash ^ word) * 0xff51afd7ed558ccdull;
		hash ^= hash >> 32;
	}
	word = 0;
	if (len)
		memcpy(&word, next, len);
	hash = (hash ^ word) * 0xff51afd7ed558ccdull;
	hash ^= hash >> 32;
	hash *= 0xc4ceb9fe1a85ec53ull;
	return hash ^ (hash >> 29);
}

static void pool_grow(struct otseg_pool *pool)
{
	size_t n_slots = pool->n_slots ? pool->n_slots * 2 : 64;
	struct otseg_pool_slot *slots = otseg_alloc(n_slots * sizeof(*slots));
	size_t i;

	for (i = 0; i < pool->n_slots; i++) {
		size_t at = pool->slots[i].hash & (n_slots - 1);

		if (!pool->slots[i].n_plus1)
			continue;
		while (slots[at].n_plus1)
			at = (at + 1) & (n_slots - 1);
		slots[at] = pool->slots[i];
	}
	free(pool->slots);
	pool->slots = slots;
	pool->n_slots = n_slots;
}

/**
 * otseg_pool_add - find a sequence of records, or append it
 * @pool: the pool
 * @records: the sequence
 * @n: records in it; the empty sequence is at 0
 *
 * Return: index of its first record.
 */
u32 otseg_pool_add(struct otseg_pool *pool, const void *records, size_t n)
{
	size_t size = pool->vec.size;
	struct otseg_pool_slot *slot;
	size_t at;
	u64 hash;

	if (!n)
		return 0;
	if (pool->n_used * 2 >= pool->n_slots)
		pool_grow(pool);

	hash = otseg_bytes_hash(records, n * size);
	for (at = hash & (pool->n_slots - 1);; at = (at + 1) & (pool->n_slots - 1)) {
		slot = &pool->slots[at];
		if (!slot->n_plus1)
			break;
		if (slot->hash == hash && slot->n_plus1 == n + 1 &&
		    !memcmp((char *)pool->vec.data + slot->first * size, records, n * size))
			return slot->first;
	}
	slot->hash = hash;
	slot->n_plus1 = n + 1;
	slot->first = pool->vec.n;
	pool->n_used++;
	otseg_vec_add(&pool->vec, records, n);
	return slot->first;
}

/**
 * otseg_pool_free - free a pool's memory
 * @pool: the pool; afterwards it is empty
 */
void otseg_pool_free(struct otseg_pool *pool)
{
	otseg_vec_free(&pool->vec);
	free(pool->slots);
	pool->slots = NULL;
	pool->n_slots = 0;
	pool->n_used = 0;
}
