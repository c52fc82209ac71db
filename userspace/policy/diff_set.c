// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sets of numbers as sorted intervals that do not touch.
 */
#include <stdlib.h>
#include <string.h>

#include "diff.h"

static int compare_spans(const void *left, const void *right)
{
	const struct otseg_span *a = left, *b = right;

	return a->first < b->first ? -1 : a->first > b->first;
}

/**
 * otseg_set_make - make a set of intervals in any order, which may overlap
 * @arena: where it lives
 * @spans: the intervals; freed
 *
 * Return: the set.
 */
struct otseg_set otseg_set_make(struct otseg_arena *arena, struct otseg_vec *spans)
{
	struct otseg_span *all = spans->data, *kept;
	struct otseg_set set = {};
	size_t i, n = 0;

	if (spans->n) {
		qsort(all, spans->n, sizeof(*all), compare_spans);
		for (i = 1; i < spans->n; i++) {
			if (all[n].last == ~0ull || all[i].first <= all[n].last + 1) {
				if (all[n].last < all[i].last)
					all[n].last = all[i].last;
			} else {
				all[++n] = all[i];
			}
		}
		n++;
		kept = otseg_arena_alloc(arena, n * sizeof(*kept));
		memcpy(kept, all, n * sizeof(*kept));
		set = (struct otseg_set){ kept, n };
	}
	otseg_vec_free(spans);
	return set;
}

/**
 * otseg_set_span - make a set of one interval
 * @arena: where it lives
 * @first: lowest
 * @last: highest
 *
 * Return: the set.
 */
struct otseg_set otseg_set_span(struct otseg_arena *arena, u64 first, u64 last)
{
	struct otseg_span *span = otseg_arena_alloc(arena, sizeof(*span));

	*span = (struct otseg_span){ first, last };
	return (struct otseg_set){ span, 1 };
}

/**
 * otseg_set_and - what two sets have in common
 * @arena: where the result lives
 * @a: one set
 * @b: the other
 *
 * Return: the set.
 */
struct otseg_set otseg_set_and(struct otseg_arena *arena, struct otseg_set a, struct otseg_set b)
{
	struct otseg_vec spans = OTSEG_VEC(struct otseg_span);
	u32 i = 0, k = 0;

	if (otseg_set_covers(b, a))
		return a;
	while (i < a.n && k < b.n) {
		const struct otseg_span *x = &a.spans[i], *y = &b.spans[k];
		struct otseg_span both = { x->first > y->first ? x->first : y->first,
					   x->last < y->last ? x->last : y->last };

		if (both.first <= both.last)
			otseg_vec_add(&spans, &both, 1);
		if (x->last < y->last)
			i++;
		else
			k++;
	}
	return otseg_set_make(arena, &spans);
}

/**
 * otseg_set_or - what is in one of two sets
 * @arena: where the result lives
 * @a: one set
 * @b: the other
 *
 * Return: the set.
 */
struct otseg_set otseg_set_or(struct otseg_arena *arena, struct otseg_set a, struct otseg_set b)
{
	struct otseg_vec spans = OTSEG_VEC(struct otseg_span);

	otseg_vec_add(&spans, a.spans, a.n);
	otseg_vec_add(&spans, b.spans, b.n);
	return otseg_set_make(arena, &spans);
}

/**
 * otseg_set_minus - what is in one set and not in another
 * @arena: where the result lives
 * @a: the one
 * @b: the other
 *
 * Return: the set.
 */
struct otseg_set otseg_set_minus(struct otseg_arena *arena, struct otseg_set a, struct otseg_set b)
{
	struct otseg_vec spans = OTSEG_VEC(struct otseg_span);
	u32 i, k = 0;

	for (i = 0; i < a.n; i++) {
		struct otseg_span left = a.spans[i];
		bool is_over = false;

		while (k < b.n && b.spans[k].last < left.first)
			k++;
		while (k < b.n && b.spans[k].first <= left.last) {
			if (left.first < b.spans[k].first) {
				struct otseg_span part = { left.first, b.spans[k].first - 1 };

				otseg_vec_add(&spans, &part, 1);
			}
			if (b.spans[k].last >= left.last) {
				is_over = true;
				break;
			}
			left.first = b.spans[k++].last + 1;
		}
		if (!is_over)
			otseg_vec_add(&spans, &left, 1);
	}
	return otseg_set_make(arena, &spans);
}

/**
 * otseg_set_meets - whether two sets have something in common
 * @a: one set
 * @b: the other
 *
 * Return: whether they do.
 */
bool otseg_set_meets(struct otseg_set a, struct otseg_set b)
{
	u32 i = 0, k = 0;

	while (i < a.n && k < b.n) {
		if (a.spans[i].last < b.spans[k].first)
			i++;
		else if (b.spans[k].last < a.spans[i].first)
			k++;
		else
			return true;
	}
	return false;
}

/**
 * otseg_set_covers - whether a set holds all of another
 * @outer: the set
 * @inner: the other
 *
 * Return: whether it does.
 */
bool otseg_set_covers(struct otseg_set outer, struct otseg_set inner)
{
	u32 i, k = 0;

	for (i = 0; i < inner.n; i++) {
		while (k < outer.n && outer.spans[k].last < inner.spans[i].first)
			k++;
		if (k == outer.n || outer.spans[k].first > inner.spans[i].first ||
		    outer.spans[k].last < inner.spans[i].last)
			return false;
	}
	return true;
}

/**
 * otseg_set_equals - whether two sets are one
 * @a: one set
 * @b: the other
 *
 * Return: whether they are.
 */
bool otseg_set_equals(struct otseg_set a, struct otseg_set b)
{
	return a.n == b.n && (!a.n || !memcmp(a.spans, b.spans, a.n * sizeof(*a.spans)));
}

/**
 * otseg_set_has - whether a number is in a set
 * @set: the set
 * @number: the number
 *
 * Return: whether it is.
 */
bool otseg_set_has(struct otseg_set set, u64 number)
{
	struct otseg_span span = { number, number };

	return otseg_set_covers(set, (struct otseg_set){ &span, 1 });
}
