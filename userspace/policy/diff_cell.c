// SPDX-License-Identifier: GPL-2.0-only
/*
 * Two cells held against each other: which selectors, which messages, and whose limits. What
 * was once compared is looked up.
 */
#include <stdlib.h>
#include <string.h>

#include "diff.h"
#include "otseg/service.h"
#include "words.h"

#define ECHO_4 OTSEG_SEL(OTSEG_SEL_ICMP, 0x800)
#define ECHO_6 OTSEG_SEL(OTSEG_SEL_ICMPV6, 0x8000)

/* Selectors that rules are asked for (bpf/engine/icmp.h, neighbour.h), by family. */
static const struct otseg_span universe_4[] = {
	{ OTSEG_SEL(OTSEG_SEL_ICMP, 0), OTSEG_SEL(OTSEG_SEL_ICMP, 0x2ff) },
	{ OTSEG_SEL(OTSEG_SEL_ICMP, 0x600), OTSEG_SEL(OTSEG_SEL_ICMP, 0x7ff) },
	{ ECHO_4, ECHO_4 },
	{ ECHO_4 + 1, OTSEG_SEL(OTSEG_SEL_ICMP, 0xaff) },
	{ OTSEG_SEL(OTSEG_SEL_ICMP, 0xd00), OTSEG_SEL(OTSEG_SEL_ICMP, 0xffff) },
	{ OTSEG_SEL(OTSEG_SEL_TCP, 0), OTSEG_SEL(OTSEG_SEL_TCP, 0xffff) },
	{ OTSEG_SEL(OTSEG_SEL_UDP, 0), OTSEG_SEL(OTSEG_SEL_UDP, 0xffff) },
};

static const struct otseg_span universe_6[] = {
	{ OTSEG_SEL(OTSEG_SEL_TCP, 0), OTSEG_SEL(OTSEG_SEL_TCP, 0xffff) },
	{ OTSEG_SEL(OTSEG_SEL_UDP, 0), OTSEG_SEL(OTSEG_SEL_UDP, 0xffff) },
	{ ECHO_6, ECHO_6 },
	{ ECHO_6 + 1, OTSEG_SEL(OTSEG_SEL_ICMPV6, 0x86ff) },
	{ OTSEG_SEL(OTSEG_SEL_ICMPV6, 0x8a00), OTSEG_SEL(OTSEG_SEL_ICMPV6, 0xffff) },
};

static const struct otseg_span universe_link[] = {
	{ OTSEG_SEL(OTSEG_SEL_LINK, 0), OTSEG_SEL(OTSEG_SEL_LINK, 0xffff) },
};

static const struct otseg_span neighbours_4[] = {
	{ OTSEG_SEL(OTSEG_SEL_ARP, 0), OTSEG_SEL(OTSEG_SEL_ARP, 0xffff) },
};

/* Solicitation and advertisement; another code than 0 is refused. */
static const struct otseg_span neighbours_6[] = {
	{ OTSEG_SEL(OTSEG_SEL_ICMPV6, 0x8700), OTSEG_SEL(OTSEG_SEL_ICMPV6, 0x8700) },
	{ OTSEG_SEL(OTSEG_SEL_ICMPV6, 0x8800), OTSEG_SEL(OTSEG_SEL_ICMPV6, 0x8800) },
};

#define SET(spans) ((struct otseg_set){ spans, sizeof(spans) / sizeof(spans[0]) })

static struct otseg_set universe(const struct otseg_diff_question *question)
{
	if (question->is_neighbour)
		return question->family == 4 ? SET(neighbours_4) : SET(neighbours_6);
	if (!question->family)
		return SET(universe_link);
	return question->family == 4 ? SET(universe_4) : SET(universe_6);
}

/* A rule in force joins the leaf; the datapath's own order of questions is in classify.h. */
static void leaf_add(const void *image, struct otseg_diff_leaf *leaf, u32 index)
{
	const struct otseg_img_rule *rule = &OTSEG_IMAGE_RECORDS(image, RULES)[index];

	if (!leaf->n_rules) {
		leaf->first = index;
		leaf->conduit = rule->conduit;
		leaf->kind = OTSEG_LEAF_INSPECTED;
	}
	if (rule->flags & OTSEG_RULE_OPAQUE && leaf->kind != OTSEG_LEAF_BLIND) {
		/* It alone says what passes: everything. */
		leaf->kind = OTSEG_LEAF_BLIND;
		leaf->n_rules = 0;
	} else if (leaf->kind == OTSEG_LEAF_BLIND) {
		return;
	}
	leaf->rules[leaf->n_rules++] = index;
}

/* The conduit that answers where there is no leaf (bpf/engine/track.h, otseg_answer()). */
static u32 answer_of(const struct otseg_diff_question *question, u64 selector, u32 side)
{
	bool opens = selector >> 16 == OTSEG_SEL_TCP || selector == ECHO_4 || selector == ECHO_6;

	if (question->answer[side] != OTSEG_NONE16 || opens || question->is_neighbour)
		return question->answer[side];
	return question->reverse[side];
}

static void leaf_read(const struct otseg_diff_work *work, u32 side, u32 leaf_plus1, u32 answer,
		      struct otseg_diff_leaf *leaf)
{
	const u32 both = OTSEG_CONDUIT_ENABLED | OTSEG_CONDUIT_MONITOR;
	const void *image = work->diff->image[side];
	const struct otseg_img_conduit *conduits = OTSEG_IMAGE_RECORDS(image, CONDUITS);
	const struct otseg_img_rule *rules = OTSEG_IMAGE_RECORDS(image, RULES);
	const struct otseg_img_leaf *record = OTSEG_IMAGE_RECORDS(image, LEAVES) + leaf_plus1 - 1;
	u32 i;

	leaf->kind = OTSEG_LEAF_DENIED;
	leaf->n_rules = 0;
	leaf->first = OTSEG_NONE32;
	leaf->conduit = answer;
	for (i = 0; leaf_plus1 && i < record->n_rules; i++) {
		u32 index = OTSEG_IMAGE_RECORDS(image, LEAF_RULES)[record->rules + i];
		u16 conduit = rules[index].conduit;

		if (!(conduits[conduit].flags & OTSEG_CONDUIT_ENABLED)) {
			if (leaf->kind == OTSEG_LEAF_DENIED && leaf->conduit == OTSEG_NONE16)
				leaf->conduit = conduit;
		} else if (!(rules[index].flags & OTSEG_RULE_VOID)) {
			leaf_add(image, leaf, index);
		} else if (leaf->kind == OTSEG_LEAF_DENIED) {
			leaf->conduit = conduit;
		}
	}
	leaf->is_monitored = leaf->conduit != OTSEG_NONE16 &&
			     (conduits[leaf->conduit].flags & both) == both;
}

static u32 content_of(struct otseg_diff_work *work, u32 side, u32 rule)
{
	u32 *content = &work->content[side][rule];

	if (!*content)
		*content = otseg_diff_content(&work->contents, work->diff->image[side], rule) + 1;
	return *content;
}

/* Whether two leaves say the same about messages, word by word, in whatever order. */
static bool leaves_are_alike(struct otseg_diff_work *work, const struct otseg_diff_leaf leaf[2])
{
	u32 content[2][OTSEG_MAX_LEAF_RULES], i, s;

	if (leaf[0].n_rules != leaf[1].n_rules)
		return false;
	for (s = 0; s < 2; s++) {
		for (i = 0; i < leaf[s].n_rules; i++)
			content[s][i] = content_of(work, s, leaf[s].rules[i]);
		qsort(content[s], leaf[s].n_rules, sizeof(u32), otseg_compare_u32);
	}
	return !memcmp(content[0], content[1], leaf[0].n_rules * sizeof(u32));
}

/* Whether the first rules of both say the same about messages, then the second, and so on. */
static bool leaves_say_the_same(struct otseg_diff_work *work, const struct otseg_diff_leaf leaf[2])
{
	u32 i;

	if (leaf[0].n_rules != leaf[1].n_rules)
		return false;
	for (i = 0; i < leaf[0].n_rules; i++)
		if (content_of(work, 0, leaf[0].rules[i]) != content_of(work, 1, leaf[1].rules[i]))
			return false;
	return true;
}

/* The same messages have the same index, whichever leaves they were found in. */
static u32 message_index(struct otseg_diff_work *work, const struct otseg_diff_message *message)
{
	bool is_all = message->is_whole && !message->is_session && !message->n_except;
	u32 *whole = &work->whole[message->side][2 * message->rule + message->is_opening];
	u32 head[4] = { message->rule, message->side,
			message->is_whole | message->is_session << 1 | message->is_blind << 2 |
				message->is_coarse << 3,
			message->n_except };
	struct otseg_vec bytes = OTSEG_VEC(u8);
	u32 place, d, known;

	if (is_all && *whole)
		return *whole - 1;
	if (!is_all) {
		known = work->message_keys.vec.n;
		otseg_vec_add(&bytes, head, sizeof(head));
		otseg_vec_add(&bytes, message->except, message->n_except * sizeof(u32));
		for (d = 0; d < OTSEG_DIMS; d++) {
			otseg_vec_add(&bytes, &message->dim[d].n, sizeof(u32));
			otseg_vec_add(&bytes, message->dim[d].spans,
				      message->dim[d].n * sizeof(struct otseg_span));
		}
		for (d = 0; d < 8; d++)
			otseg_vec_add(&bytes, &message->texts[d].n, sizeof(u32));
		/* Keys of texts mean something only beside their patterns. */
		for (d = 0; d < 8 && !message->texts[d].n; d++)
			;
		if (d < 8)
			otseg_vec_add(&bytes, &message, sizeof(message));
		place = otseg_pool_add(&work->message_keys, bytes.data, bytes.n);
		otseg_vec_free(&bytes);
		if (place != known) {
			const u32 *of = work->message_of.data;
			size_t low = 0, high = work->message_of.n / 2;

			while (low < high) {
				size_t middle = (low + high) / 2;

				if (of[2 * middle] < place)
					low = middle + 1;
				else
					high = middle;
			}
			return of[2 * low + 1];
		}
		otseg_vec_add_u32(&work->message_of, place);
		otseg_vec_add_u32(&work->message_of, work->messages.n);
	}
	otseg_vec_add(&work->messages, &message, 1);
	if (is_all)
		*whole = work->messages.n;
	return work->messages.n - 1;
}

/* Messages that the leaf of @side permits and the other one does not, by index. */
static void leaf_messages(struct otseg_diff_work *work, const struct otseg_diff_leaf leaf[2],
			  const u32 leaf_plus1[2], u32 side, struct otseg_vec *indices)
{
	u32 key[3] = { leaf_plus1[0], leaf_plus1[1], side }, known = work->leaves.vec.n, at;
	struct otseg_vec found = OTSEG_VEC(const struct otseg_diff_message *);
	size_t i;
	u32 *answer;

	/* A leaf can stand for nothing too, where the other side's frames do not get so far. */
	at = otseg_pool_add(&work->leaves, key, 1);
	if (at == known) {
		u32 answers[2] = { work->leaf_lists.n, 0 };

		otseg_diff_messages(work->diff, &leaf[side], &leaf[!side], side, &found);
		for (i = 0; i < found.n; i++) {
			const struct otseg_diff_message **all = found.data;

			otseg_vec_add_u32(&work->leaf_lists, message_index(work, all[i]));
		}
		answers[1] = found.n;
		otseg_vec_free(&found);
		otseg_vec_add(&work->leaf_answers, answers, 1);
	}
	answer = otseg_vec_at(&work->leaf_answers, at);
	otseg_vec_add(indices, otseg_vec_at(&work->leaf_lists, answer[0]), answer[1]);
}

static bool same_rate(const struct otseg_img_rate *a, const struct otseg_img_rate *b)
{
	return a->packets == b->packets && a->burst_packets == b->burst_packets &&
	       a->bytes == b->bytes && a->burst_bytes == b->burst_bytes &&
	       a->packets_period_s == b->packets_period_s && a->bytes_period_s == b->bytes_period_s;
}

/* The rules that decide a leaf's frames: one of a leaf that is not inspected. */
static u32 deciders(const struct otseg_diff_leaf *leaf, const u32 **rules)
{
	bool is_blind = leaf->kind == OTSEG_LEAF_BLIND;

	*rules = is_blind ? &leaf->first : leaf->rules;
	return is_blind ? 1 : leaf->n_rules;
}

/* Note which rules limit the same traffic, where there is something to limit. */
static void note_twin_rules(struct otseg_diff_work *work, const struct otseg_diff_leaf leaf[2])
{
	bool are_inspected = leaf[0].kind == OTSEG_LEAF_INSPECTED &&
			     leaf[1].kind == OTSEG_LEAF_INSPECTED;
	bool is_same = are_inspected && leaves_say_the_same(work, leaf);
	const struct otseg_img_rule *all[2];
	u32 n[2], member[2], pair[2], s;
	const u32 *rules[2];

	for (s = 0; s < 2; s++) {
		all[s] = OTSEG_IMAGE_RECORDS(work->diff->image[s], RULES);
		n[s] = deciders(&leaf[s], &rules[s]);
	}
	for (member[0] = 0; member[0] < n[0]; member[0]++) {
		for (member[1] = 0; member[1] < n[1]; member[1]++) {
			const struct otseg_img_rate *rate[2];

			for (s = 0; s < 2; s++) {
				pair[s] = rules[s][member[s]];
				rate[s] = &all[s][pair[s]].rate;
			}
			if (same_rate(rate[0], rate[1]) && rate[0]->limiter == OTSEG_NONE32)
				continue;
			if (is_same ? member[0] == member[1] :
				      !are_inspected || otseg_diff_rules_meet(work->diff->image,
									      leaf, member))
				otseg_pool_add(&work->twins[0], pair, 1);
		}
	}
}

/* Note who limits the same traffic in both images. */
static void note_twins(struct otseg_diff_work *work, const struct otseg_diff_leaf leaf[2],
		       const u32 leaf_plus1[2])
{
	u32 pair[2] = { leaf[0].conduit, leaf[1].conduit }, idle_s[2], s;
	size_t known = work->twin_leaves.vec.n;

	otseg_pool_add(&work->twins[1], pair, 1);
	for (s = 0; s < 2; s++) {
		pair[s] = leaf[s].first;
		idle_s[s] = OTSEG_IMAGE_RECORDS(work->diff->image[s], RULES)[pair[s]].idle_s;
	}
	if (idle_s[0] != idle_s[1])
		otseg_pool_add(&work->twins[0], pair, 1);
	if (otseg_pool_add(&work->twin_leaves, leaf_plus1, 2) == known)
		note_twin_rules(work, leaf);
}

/**
 * struct interval - selectors for which both sides have one leaf each
 * @first: lowest
 * @last: highest
 * @leaf_plus1: the leaves
 */
struct interval {
	u64 first;
	u64 last;
	u32 leaf_plus1[2];
};

/* A difference before its selectors are known to be all. */
struct found {
	struct otseg_diff_delta delta;
	struct otseg_vec spans;
};

static void found_add(struct otseg_vec *found, const struct otseg_diff_delta *delta,
		      const struct interval *interval)
{
	struct found *all = found->data, fresh = { *delta, OTSEG_VEC(struct otseg_span) };
	struct otseg_span span = { interval->first, interval->last };
	size_t i;

	for (i = 0; i < found->n; i++)
		if (!memcmp(&all[i].delta, delta, sizeof(*delta)))
			break;
	if (i == found->n)
		all = otseg_vec_add(found, &fresh, 1), i = 0;
	otseg_vec_add(&all[i].spans, &span, 1);
}

static void compare_permissions(struct otseg_diff_work *work,
				const struct otseg_diff_question *question,
				const struct interval *interval,
				const struct otseg_diff_leaf leaf[2], struct otseg_vec *found)
{
	struct otseg_diff_delta delta = {
		.conduit = OTSEG_NONE16,
		.rule = OTSEG_NONE32,
		.is_neighbour = question->is_neighbour,
	};
	struct otseg_vec indices;
	u32 side;
	size_t i;

	for (side = 0; side < 2; side++) {
		u32 leaf_plus1[2] = { interval->leaf_plus1[0], interval->leaf_plus1[1] };

		delta.kind = side == OTSEG_DIFF_OLD ? OTSEG_DIFF_DENIED : OTSEG_DIFF_ALLOWED;
		if (leaf[side].kind == OTSEG_LEAF_DENIED || leaf[!side].kind == OTSEG_LEAF_BLIND)
			continue;
		if (leaf[side].first == OTSEG_NONE32) {
			/* By default; what rules of the other side permit of it, stays. */
			delta.rule = OTSEG_NONE32;
			delta.message_plus1 = 0;
			found_add(found, &delta, interval);
			continue;
		}
		if (leaf[!side].kind == OTSEG_LEAF_DENIED)
			leaf_plus1[!side] = 0;
		indices = OTSEG_VEC(u32);
		leaf_messages(work, leaf, leaf_plus1, side, &indices);
		for (i = 0; i < indices.n; i++) {
			u32 index = ((u32 *)indices.data)[i];
			const struct otseg_diff_message *message =
				((const struct otseg_diff_message **)work->messages.data)[index];

			delta.rule = message->rule;
			delta.message_plus1 = index + 1;
			found_add(found, &delta, interval);
		}
		otseg_vec_free(&indices);
	}
}

static void compare_interval(struct otseg_diff_work *work,
			     const struct otseg_diff_question *question,
			     const struct interval *interval, struct otseg_vec *found)
{
	struct otseg_diff_delta delta = {
		.rule = OTSEG_NONE32,
		.is_neighbour = question->is_neighbour,
	};
	struct otseg_diff_leaf leaf[2];
	bool is_open[2];
	u32 s;

	for (s = 0; s < 2; s++) {
		u32 leaf_plus1 = interval->leaf_plus1[s];

		leaf_read(work, s, leaf_plus1,
			  leaf_plus1 ? question->answer[s] :
				       answer_of(question, interval->first, s),
			  &leaf[s]);
		if (question->is_placed[s] && question->is_default[s]) {
			leaf[s].kind = OTSEG_LEAF_BLIND;
			leaf[s].first = OTSEG_NONE32;
			leaf[s].n_rules = 0;
		} else if (!question->is_placed[s]) {
			leaf[s].kind = OTSEG_LEAF_DENIED;
			leaf[s].is_monitored = false;
		}
		is_open[s] = leaf[s].is_monitored && leaf[s].kind != OTSEG_LEAF_BLIND;
	}
	if (is_open[1] && !is_open[0]) {
		delta.kind = OTSEG_DIFF_UNENFORCED;
		delta.conduit = leaf[1].conduit;
		found_add(found, &delta, interval);
	} else if (is_open[0] && !is_open[1] && leaf[1].kind != OTSEG_LEAF_BLIND) {
		delta.kind = OTSEG_DIFF_ENFORCED;
		delta.conduit = leaf[0].conduit;
		found_add(found, &delta, interval);
	}
	if (leaf[0].first != OTSEG_NONE32 && leaf[1].first != OTSEG_NONE32 &&
	    leaf[0].kind != OTSEG_LEAF_DENIED && leaf[1].kind != OTSEG_LEAF_DENIED)
		note_twins(work, leaf, interval->leaf_plus1);
	if (leaf[0].kind == OTSEG_LEAF_INSPECTED && leaf[1].kind == OTSEG_LEAF_INSPECTED &&
	    leaves_are_alike(work, leaf))
		return;
	compare_permissions(work, question, interval, leaf, found);
}

/* The next interval from @at on that lies within one of both cells; false: there is none. */
static bool interval_next(const struct otseg_diff_work *work,
			  const struct otseg_diff_question *question, u32 next[2], u64 at,
			  struct interval *interval)
{
	u32 s;

	interval->first = at;
	interval->last = OTSEG_SEL(OTSEG_SEL_END, 0) - 1;
	if (at > interval->last)
		return false;
	for (s = 0; s < 2; s++) {
		const void *image = work->diff->image[s];
		const struct otseg_img_cell *cell =
			OTSEG_IMAGE_RECORDS(image, CELLS) + question->cell_plus1[s] - 1;
		const struct otseg_img_interval *all;

		interval->leaf_plus1[s] = 0;
		if (!question->cell_plus1[s])
			continue;
		all = OTSEG_IMAGE_RECORDS(image, INTERVALS) + cell->intervals;
		while (next[s] < cell->n_intervals && all[next[s]].first <= at)
			next[s]++;
		interval->leaf_plus1[s] = next[s] ? all[next[s] - 1].leaf_plus1 : 0;
		if (next[s] < cell->n_intervals && all[next[s]].first <= interval->last)
			interval->last = all[next[s]].first - 1ull;
	}
	return true;
}

/* Cells are alike without a look at their leaves if nobody has a rule, and nobody monitors. */
static void compare_cells(struct otseg_diff_work *work, const struct otseg_diff_question *question,
			  struct otseg_vec *found)
{
	struct otseg_set all = universe(question);
	struct interval interval, part;
	u32 next[2] = {}, i = 0;
	u64 at = 0;

	while (interval_next(work, question, next, at, &interval)) {
		at = interval.last + 1;
		while (i < all.n && all.spans[i].last < interval.first)
			i++;
		for (; i < all.n && all.spans[i].first <= interval.last; i++) {
			part = interval;
			if (part.first < all.spans[i].first)
				part.first = all.spans[i].first;
			if (part.last > all.spans[i].last)
				part.last = all.spans[i].last;
			compare_interval(work, question, &part, found);
			if (all.spans[i].last > interval.last)
				break;
		}
	}
}

/**
 * otseg_diff_cells - what two cells do differently
 * @work: the comparison
 * @question: the cells, and how frames get to them
 * @deltas: takes indices into @work's deltas, valid until the next call
 * @n: takes their number
 */
void otseg_diff_cells(struct otseg_diff_work *work, const struct otseg_diff_question *question,
		      const u32 **deltas, u32 *n)
{
	u32 known = work->cells.vec.n, at = otseg_pool_add(&work->cells, question, 1), *answer;
	struct otseg_vec found = OTSEG_VEC(struct found);
	size_t i;

	if (at == known) {
		u32 answers[2] = { work->lists.n, 0 };

		compare_cells(work, question, &found);
		for (i = 0; i < found.n; i++) {
			struct found *one = otseg_vec_at(&found, i);
			struct otseg_arena arena = {};
			struct otseg_set set = otseg_set_make(&arena, &one->spans);

			one->delta.selectors = otseg_pool_add(&work->selectors, set.spans, set.n);
			one->delta.n_selectors = set.n;
			otseg_arena_free(&arena);
			otseg_vec_add_u32(&work->lists,
					  otseg_pool_add(&work->deltas, &one->delta, 1));
		}
		answers[1] = found.n;
		otseg_vec_free(&found);
		otseg_vec_add(&work->answers, answers, 1);
	}
	answer = otseg_vec_at(&work->answers, at);
	*n = answer[1];
	*deltas = otseg_vec_at(&work->lists, answer[0]);
}
