// SPDX-License-Identifier: GPL-2.0-only
/*
 * The comparison of two images as a whole: its order, its memory, and which limits differ.
 */
#include <stdlib.h>
#include <string.h>

#include "diff.h"
#include "when.h"

static bool same_rate(const struct otseg_img_rate *a, const struct otseg_img_rate *b)
{
	return a->packets == b->packets && a->burst_packets == b->burst_packets &&
	       a->bytes == b->bytes && a->burst_bytes == b->burst_bytes &&
	       a->packets_period_s == b->packets_period_s && a->bytes_period_s == b->bytes_period_s;
}

/**
 * otseg_diff_adopts - for how long a conduit takes up connections whose beginning was not seen
 * @image: its image
 * @conduit: the conduit
 *
 * Return: seconds after an interface was attached; 0: never, OTSEG_NONE32: always.
 */
u32 otseg_diff_adopts(const void *image, const struct otseg_img_conduit *conduit)
{
	if (conduit->flags & OTSEG_CONDUIT_ADOPT_ALWAYS)
		return OTSEG_NONE32;
	if (conduit->flags & OTSEG_CONDUIT_ADOPT_NEVER)
		return 0;
	return ((const struct otseg_image *)image)->adopt_s;
}

/* Whether two rules, or two conduits, limit alike. */
static bool limits_are_alike(const struct otseg_diff *diff, bool is_conduit,
			     const struct otseg_diff_twins *twins, bool *is_rated)
{
	u32 i = twins->index[0], k = twins->index[1];

	if (is_conduit) {
		const struct otseg_img_conduit *a =
			OTSEG_IMAGE_RECORDS(diff->image[0], CONDUITS) + i;
		const struct otseg_img_conduit *b =
			OTSEG_IMAGE_RECORDS(diff->image[1], CONDUITS) + k;

		*is_rated = a->rate.limiter != OTSEG_NONE32;
		return otseg_when_is_same(diff->image[0], i, diff->image[1], k) &&
		       a->flow_budget == b->flow_budget && a->session_budget == b->session_budget &&
		       otseg_diff_adopts(diff->image[0], a) ==
			       otseg_diff_adopts(diff->image[1], b) &&
		       !((a->flags ^ b->flags) & (OTSEG_CONDUIT_RESET | OTSEG_CONDUIT_EXCEPTION)) &&
		       same_rate(&a->rate, &b->rate);
	}
	*is_rated = OTSEG_IMAGE_RECORDS(diff->image[0], RULES)[i].rate.limiter != OTSEG_NONE32;
	return OTSEG_IMAGE_RECORDS(diff->image[0], RULES)[i].idle_s ==
		       OTSEG_IMAGE_RECORDS(diff->image[1], RULES)[k].idle_s &&
	       same_rate(&OTSEG_IMAGE_RECORDS(diff->image[0], RULES)[i].rate,
			 &OTSEG_IMAGE_RECORDS(diff->image[1], RULES)[k].rate);
}

static int compare_twins(const void *left, const void *right)
{
	const struct otseg_diff_twins *a = left, *b = right;

	if (a->index[1] != b->index[1])
		return a->index[1] < b->index[1] ? -1 : 1;
	return a->index[0] < b->index[0] ? -1 : a->index[0] > b->index[0];
}

/*
 * Twins whose limits differ. A rate that stays differs too if what shares it is no longer the
 * same: where one has become two, or two have become one.
 */
static void limits_find(struct otseg_diff_work *work, bool is_conduit, struct otseg_vec *found)
{
	struct otseg_diff *diff = work->diff;
	const struct otseg_diff_twins *all = work->twins[is_conduit].vec.data;
	u32 *partners[2], s;
	size_t i, n = work->twins[is_conduit].vec.n;
	bool is_rated;

	for (s = 0; s < 2; s++)
		partners[s] = otseg_alloc((OTSEG_MAX_RULES + 1) * sizeof(u32));
	for (i = 0; i < n; i++)
		for (s = 0; s < 2; s++)
			partners[s][all[i].index[s]]++;
	for (i = 0; i < n; i++) {
		bool is_alike = limits_are_alike(diff, is_conduit, &all[i], &is_rated);

		if (!is_alike || (is_rated && (partners[0][all[i].index[0]] > 1 ||
					       partners[1][all[i].index[1]] > 1)))
			otseg_vec_add(found, &all[i], 1);
	}
	if (found->n)
		qsort(found->data, found->n, found->size, compare_twins);
	free(partners[0]);
	free(partners[1]);
}

static int compare_entries(const void *left, const void *right)
{
	const struct otseg_diff_entry *a = left, *b = right;

	if (a->kind != b->kind)
		return a->kind < b->kind ? -1 : 1;
	if (a->rule != b->rule)
		return a->rule < b->rule ? -1 : 1;
	return a->sequence < b->sequence ? -1 : a->sequence > b->sequence;
}

/**
 * otseg_diff_make - compare two images
 * @diff: takes the difference; otseg_diff_free() it
 * @old_image: an image that otseg_image_check() has accepted; must outlive @diff
 * @new_image: another one
 */
void otseg_diff_make(struct otseg_diff *diff, const void *old_image, const void *new_image)
{
	struct otseg_diff_work work = {
		.diff = diff,
		.classes = OTSEG_VEC(struct otseg_diff_class),
		.ranges = OTSEG_VEC(struct otseg_diff_addresses),
		.places = OTSEG_VEC(struct otseg_diff_place),
		.members = OTSEG_VEC(u32),
		.homes = OTSEG_VEC(u16),
		.contents = OTSEG_POOL(u8),
		.messages = OTSEG_VEC(const struct otseg_diff_message *),
		.message_keys = OTSEG_POOL(u8),
		.message_of = OTSEG_VEC(u32),
		.selectors = OTSEG_POOL(struct otseg_span),
		.deltas = OTSEG_POOL(struct otseg_diff_delta),
		.cells = OTSEG_POOL(struct otseg_diff_question),
		.answers = OTSEG_VEC(u32[2]),
		.lists = OTSEG_VEC(u32),
		.leaves = OTSEG_POOL(u32[3]),
		.leaf_answers = OTSEG_VEC(u32[2]),
		.leaf_lists = OTSEG_VEC(u32),
		.twins = { OTSEG_POOL(struct otseg_diff_twins),
			   OTSEG_POOL(struct otseg_diff_twins) },
		.twin_leaves = OTSEG_POOL(u32),
	};
	u32 s;

	memset(diff, 0, sizeof(*diff));
	diff->image[0] = old_image;
	diff->image[1] = new_image;
	diff->links = OTSEG_VEC(struct otseg_diff_link);
	diff->entries = OTSEG_VEC(struct otseg_diff_entry);
	diff->rules = OTSEG_VEC(struct otseg_diff_twins);
	diff->conduits = OTSEG_VEC(struct otseg_diff_twins);
	diff->ways = OTSEG_VEC(u32);
	for (s = 0; s < 2; s++) {
		u32 n = OTSEG_IMAGE_COUNT(diff->image[s], RULES) + 1;

		work.content[s] = otseg_alloc(n * sizeof(u32));
		work.whole[s] = otseg_alloc(2 * n * sizeof(u32));
	}
	otseg_diff_places(&work);
	otseg_diff_pairs(&work);
	if (diff->entries.n)
		qsort(diff->entries.data, diff->entries.n, sizeof(struct otseg_diff_entry),
		      compare_entries);
	limits_find(&work, false, &diff->rules);
	limits_find(&work, true, &diff->conduits);
	for (s = 0; s < 2; s++) {
		free(work.content[s]);
		free(work.whole[s]);
		otseg_pool_free(&work.twins[s]);
	}
	otseg_vec_free(&work.classes);
	otseg_vec_free(&work.ranges);
	otseg_vec_free(&work.places);
	otseg_vec_free(&work.members);
	otseg_vec_free(&work.homes);
	otseg_pool_free(&work.contents);
	otseg_vec_free(&work.messages);
	otseg_pool_free(&work.message_keys);
	otseg_vec_free(&work.message_of);
	otseg_pool_free(&work.selectors);
	otseg_pool_free(&work.deltas);
	otseg_pool_free(&work.cells);
	otseg_vec_free(&work.answers);
	otseg_vec_free(&work.lists);
	otseg_pool_free(&work.leaves);
	otseg_pool_free(&work.twin_leaves);
	otseg_vec_free(&work.leaf_answers);
	otseg_vec_free(&work.leaf_lists);
}

/**
 * otseg_diff_free - free a difference
 * @diff: the difference
 */
void otseg_diff_free(struct otseg_diff *diff)
{
	otseg_arena_free(&diff->arena);
	otseg_vec_free(&diff->links);
	otseg_vec_free(&diff->entries);
	otseg_vec_free(&diff->rules);
	otseg_vec_free(&diff->conduits);
	otseg_vec_free(&diff->ways);
}
