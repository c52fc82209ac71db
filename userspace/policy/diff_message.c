// SPDX-License-Identifier: GPL-2.0-only
/*
 * Messages that the rules of one leaf permit and those of another one do not.
 *
 * A message has one service, unit and function, one number in each field and one text for
 * each name: there a rule is a box, and boxes can be cut from each other. Of objects, values
 * and access classes it has several, all of which one rule must permit: there a rule is
 * covered by another one only if that permits all that it does. So two rules for registers
 * 0-99 and 100-199 permit less than one for 0-199: no request that has both.
 */
#include <stdlib.h>
#include <string.h>

#include "diff.h"
#include "otseg/service.h"
#include "words.h"

#define MAX_PIECES 2048 /* of one box; beyond that the difference is told coarsely */

/**
 * struct box - messages that a rule permits, so far as their functions have the same classes
 * @dim: what they have one of each
 * @objects: objects that they may address
 * @values: values that they may write
 * @any_objects: any, or none
 * @any_values: any, or none that is visible
 * @access: classes that the rule permits
 * @classes: classes that these messages have at most; 0: the functions alone decide
 * @member: which rule of the leaf it is of
 */
struct box {
	struct otseg_set dim[OTSEG_DIMS];
	struct otseg_set objects;
	struct otseg_set values;
	bool any_objects;
	bool any_values;
	u8 access;
	u8 classes;
	u32 member;
};

/* A part of a box; bit M of @except: rule M of the other leaf permits some of it. */
struct piece {
	struct otseg_set dim[OTSEG_DIMS];
	u64 except;
};

/**
 * struct bench - two leaves while they are held against each other
 * @arena: memory until then
 * @texts: the patterns of both
 */
struct bench {
	struct otseg_arena arena;
	struct otseg_diff_texts texts[8];
};

static struct otseg_set ranges_set(struct otseg_arena *arena, const void *image, u32 first, u32 n)
{
	const struct otseg_img_range *ranges = OTSEG_IMAGE_RECORDS(image, RANGES) + first;
	struct otseg_vec spans = OTSEG_VEC(struct otseg_span);
	u32 i;

	for (i = 0; i < n; i++)
		otseg_span_add(&spans, ranges[i].first, ranges[i].last);
	return otseg_set_make(arena, &spans);
}

static struct otseg_set shifted(struct otseg_arena *arena, struct otseg_set set, u64 by)
{
	struct otseg_vec spans = OTSEG_VEC(struct otseg_span);
	u32 i;

	for (i = 0; i < set.n; i++)
		otseg_span_add(&spans, set.spans[i].first + by, set.spans[i].last + by);
	return otseg_set_make(arena, &spans);
}

/* Objects of any type: the type in the upper half of a number. */
static struct otseg_set objects_set(struct otseg_arena *arena, const void *image, u32 first, u32 n)
{
	const struct otseg_img_object *objects = OTSEG_IMAGE_RECORDS(image, OBJECTS) + first;
	struct otseg_vec spans = OTSEG_VEC(struct otseg_span);
	u32 i;

	for (i = 0; i < n; i++) {
		u64 type = (u64)(objects[i].type & 0xff) << 32;

		otseg_span_add(&spans, type | objects[i].first, type | objects[i].last);
	}
	return otseg_set_make(arena, &spans);
}

static struct otseg_set units_set(struct otseg_arena *arena, const void *image,
				  const struct otseg_img_rule *rule)
{
	const struct otseg_protocol *protocol = otseg_words_protocol(rule->service);
	struct otseg_set all = otseg_set_span(arena, 0, protocol->unit_max), units = all;
	struct otseg_set broadcasts = otseg_set_span(arena, OTSEG_KEY_NO_UNIT, OTSEG_KEY_NO_UNIT);
	u32 i;

	if (rule->n_units)
		units = otseg_set_and(arena, all,
				      ranges_set(arena, image, rule->units, rule->n_units));
	for (i = 0; i < OTSEG_BROADCASTS && protocol->broadcasts[i].kind; i++) {
		const struct otseg_broadcast *broadcast = &protocol->broadcasts[i];
		struct otseg_set one =
			otseg_set_span(arena, broadcast->range.first, broadcast->range.last);
		struct otseg_set named = otseg_set_and(arena, one, units);

		if (rule->n_units)
			broadcasts = otseg_set_or(arena, broadcasts,
						  shifted(arena, named, OTSEG_KEY_SPECIAL));
		if (broadcast->kind == OTSEG_BROADCAST_ALWAYS)
			units = otseg_set_minus(arena, units, one);
	}
	return otseg_set_or(arena, units, broadcasts);
}

static struct otseg_set field_set(struct otseg_arena *arena, const void *image,
				  const struct otseg_img_rule *rule, u32 field, bool is_session)
{
	const struct otseg_img_object *fields = OTSEG_IMAGE_RECORDS(image, OBJECTS) + rule->fields;
	struct otseg_vec spans = OTSEG_VEC(struct otseg_span);
	u32 i;

	if (!(rule->field_mask >> field & 1))
		return otseg_set_span(arena, 0, OTSEG_KEY_SPECIAL);
	for (i = 0; i < rule->n_fields; i++)
		if (fields[i].type == field)
			otseg_span_add(&spans, fields[i].first, fields[i].last);
	if (is_session)
		otseg_span_add(&spans, OTSEG_KEY_SPECIAL, OTSEG_KEY_SPECIAL);
	return otseg_set_make(arena, &spans);
}

static int compare_texts(const void *left, const void *right)
{
	const struct otseg_diff_text *a = left, *b = right;
	int order = memcmp(a->bytes, b->bytes, a->len < b->len ? a->len : b->len);

	if (order)
		return order;
	if (a->len != b->len)
		return a->len < b->len ? -1 : 1;
	return b->is_prefix - a->is_prefix;
}

static void gather_texts(struct otseg_vec *texts, const void *image,
			 const struct otseg_diff_leaf *leaf, u32 which)
{
	u32 i, k;

	for (i = 0; i < leaf->n_rules; i++) {
		const struct otseg_img_rule *rule =
			&OTSEG_IMAGE_RECORDS(image, RULES)[leaf->rules[i]];
		const struct otseg_img_text *all = OTSEG_IMAGE_RECORDS(image, TEXTS) + rule->texts;

		for (k = 0; k < rule->n_texts; k++) {
			struct otseg_diff_text text = {
				.bytes = otseg_image_string(image, all[k].string),
				.len = all[k].len,
				.is_prefix = all[k].flags & OTSEG_TEXT_PREFIX,
			};

			if (all[k].text == which)
				otseg_vec_add(texts, &text, 1);
		}
	}
}

static void number_texts(struct bench *bench, struct otseg_vec *found, u32 which)
{
	struct otseg_diff_text *all = found->data, *kept;
	size_t n = 0, i, k;

	if (found->n)
		qsort(all, found->n, sizeof(*all), compare_texts);
	for (i = 0; i < found->n; i++)
		if (!n || compare_texts(&all[n - 1], &all[i]))
			all[n++] = all[i];
	kept = otseg_arena_alloc(&bench->arena, (n + 1) * sizeof(*kept));
	for (i = 0; i < n; i++) {
		kept[i] = all[i];
		for (k = i + 1; kept[i].is_prefix && k < n && all[k].len >= all[i].len &&
				!memcmp(all[k].bytes, all[i].bytes, all[i].len);
		     k++)
			;
		kept[i].end = k;
	}
	bench->texts[which] = (struct otseg_diff_texts){ kept, n };
	otseg_vec_free(found);
}

static struct otseg_set texts_set(struct bench *bench, const void *image,
				  const struct otseg_img_rule *rule, u32 which, bool is_session)
{
	const struct otseg_img_text *all = OTSEG_IMAGE_RECORDS(image, TEXTS) + rule->texts;
	const struct otseg_diff_texts *texts = &bench->texts[which];
	struct otseg_vec spans = OTSEG_VEC(struct otseg_span);
	u32 i, k;

	if (!(rule->text_mask >> which & 1))
		return otseg_set_span(&bench->arena, 0, texts->n + 1);
	for (i = 0; i < rule->n_texts; i++) {
		struct otseg_diff_text text = {
			.bytes = otseg_image_string(image, all[i].string),
			.len = all[i].len,
			.is_prefix = all[i].flags & OTSEG_TEXT_PREFIX,
		};

		if (all[i].text != which)
			continue;
		for (k = 0; k < texts->n && compare_texts(&texts->texts[k], &text); k++)
			;
		otseg_span_add(&spans, k, texts->texts[k].end - 1u);
	}
	if (is_session)
		otseg_span_add(&spans, texts->n + 1u, texts->n + 1u);
	return otseg_set_make(&bench->arena, &spans);
}

/* Number the texts of two leaves, each of one image. */
static void number_leaves(struct bench *bench, const void *const image[2],
			  const struct otseg_diff_leaf *one, const struct otseg_diff_leaf *other)
{
	struct otseg_vec texts;
	u32 i;

	for (i = 0; i < 8; i++) {
		texts = OTSEG_VEC(struct otseg_diff_text);
		gather_texts(&texts, image[0], one, i);
		gather_texts(&texts, image[1], other, i);
		number_texts(bench, &texts, i);
	}
}

/* What a rule permits of everything but functions. */
static void box_begin(struct bench *bench, struct box *box, const void *image,
		      const struct otseg_img_rule *rule, u32 member, bool is_session)
{
	struct otseg_arena *arena = &bench->arena;
	u32 i;

	memset(box, 0, sizeof(*box));
	box->member = member;
	box->access = rule->access | OTSEG_ACCESS_SESSION;
	box->dim[OTSEG_DIM_SERVICE] = otseg_set_span(arena, rule->service, rule->service);
	if (is_session)
		box->dim[OTSEG_DIM_SERVICE] =
			otseg_set_or(arena, box->dim[OTSEG_DIM_SERVICE],
				     otseg_set_span(arena, OTSEG_SVC_NONE, OTSEG_SVC_NONE));
	box->dim[OTSEG_DIM_UNIT] = units_set(arena, image, rule);
	for (i = 0; i < 16; i++)
		box->dim[OTSEG_DIM_FIELDS + i] = field_set(arena, image, rule, i, is_session);
	for (i = 0; i < 8; i++)
		box->dim[OTSEG_DIM_TEXTS + i] = texts_set(bench, image, rule, i, is_session);
	box->any_objects = is_session || !rule->n_objects;
	box->any_values = is_session || !rule->n_values;
	box->objects = objects_set(arena, image, rule->objects, rule->n_objects);
	box->values = ranges_set(arena, image, rule->values, rule->n_values);
}

static void box_add(struct otseg_vec *boxes, struct box *box, struct otseg_set functions,
		    u8 classes)
{
	if (!functions.n)
		return;
	box->dim[OTSEG_DIM_FUNCTION] = functions;
	box->classes = classes;
	otseg_vec_add(boxes, box, 1);
}

/* Note a function, or one sub-function of it, among those with its classes. */
static void note_function(struct otseg_vec *by_class, u32 first, u32 last, u8 classes,
			  bool is_exact)
{
	u32 at = is_exact ? 256 : classes;

	otseg_span_add(&by_class[at], first, last);
}

/*
 * The functions that an inspector knows, by their classes; those whose classes are exactly
 * known and permitted by @access are in the last list, which is the only one of them to be
 * filtered: elsewhere a message may have less than its function's classes.
 */
static void known_functions(const struct otseg_protocol *protocol, u8 access,
			    struct otseg_vec by_class[257], struct otseg_vec *known)
{
	const struct otseg_word *words = protocol->functions.words;
	const struct otseg_word *subs = protocol->subs.words;
	size_t i, k;

	for (i = 0; i < protocol->functions.n; i++) {
		u32 first = words[i].number << 16, last = first | 0xffff;
		bool is_split = false;

		for (k = 0; words[i].flags & OTSEG_FN_SUB && k < protocol->subs.n; k++) {
			u32 at = first | subs[k].number;

			if (subs[k].extra != words[i].number)
				continue;
			is_split = true;
			otseg_span_add(known, at, at);
			if (subs[k].access & access & ~OTSEG_ACCESS_SESSION)
				note_function(by_class, at, at, subs[k].access, false);
		}
		if (is_split)
			continue;
		otseg_span_add(known, first, last);
		if (words[i].access == OTSEG_ACCESS_SESSION)
			continue;
		if (protocol->is_exact && !(words[i].flags & OTSEG_FN_SUB)) {
			if (!(words[i].access & ~access))
				note_function(by_class, first, last, words[i].access, true);
		} else if (words[i].access & access & ~OTSEG_ACCESS_SESSION) {
			note_function(by_class, first, last, words[i].access, false);
		}
	}
}

/* The boxes of a rule; one if messages that only keep the session are asked for. */
static void rule_boxes(struct bench *bench, const void *image, u32 index, u32 member,
		       bool is_session, struct otseg_vec *boxes)
{
	const struct otseg_img_rule *rule = &OTSEG_IMAGE_RECORDS(image, RULES)[index];
	const struct otseg_protocol *protocol = otseg_words_protocol(rule->service);
	struct otseg_arena *arena = &bench->arena;
	struct otseg_vec by_class[257], known_spans = OTSEG_VEC(struct otseg_span);
	struct otseg_set named, known, functions;
	struct box box;
	u32 i;

	box_begin(bench, &box, image, rule, member, is_session);
	if (is_session) {
		box_add(boxes, &box, otseg_set_span(arena, 0, 2 * OTSEG_KEY_SPECIAL - 1), 0);
		return;
	}
	for (i = 0; i < 257; i++)
		by_class[i] = OTSEG_VEC(struct otseg_span);
	known_functions(protocol, box.access, by_class, &known_spans);
	known = otseg_set_make(arena, &known_spans);
	named = rule->n_functions ? ranges_set(arena, image, rule->functions, rule->n_functions) :
				    known;
	for (i = 0; i < 257; i++) {
		if (!by_class[i].n)
			continue;
		functions = otseg_set_make(arena, &by_class[i]);
		box_add(boxes, &box, otseg_set_and(arena, functions, named), i & 0xff);
	}
	if (!rule->n_functions)
		return;
	/* What is not exactly known may be unknown in a form that is not. */
	functions = protocol->is_exact ? otseg_set_minus(arena, named, known) : named;
	box_add(boxes, &box, shifted(arena, functions, OTSEG_KEY_SPECIAL), 0xff);
}

static bool box_is_covered(const struct box *box, const struct box *by)
{
	if (box->access & box->classes & ~by->access)
		return false;
	if (!by->any_objects && (box->any_objects || !otseg_set_covers(by->objects, box->objects)))
		return false;
	return by->any_values || (!box->any_values && otseg_set_covers(by->values, box->values));
}

/* Whether a rule permits nothing of what another one does because of the objects. */
static bool objects_part(const struct box *a, const struct box *b)
{
	return !a->any_objects && !b->any_objects && !otseg_set_meets(a->objects, b->objects);
}

static bool dims_meet(const struct otseg_set *a, const struct otseg_set *b)
{
	u32 d;

	for (d = 0; d < OTSEG_DIMS; d++)
		if (!otseg_set_meets(a[d], b[d]))
			return false;
	return true;
}

/* What a rule of the other leaf leaves of a piece of @box. */
static void cut(struct bench *bench, const struct box *box, const struct piece *piece,
		const struct box *by, struct otseg_vec *left)
{
	struct piece inner = *piece, outer;
	struct otseg_set rest;
	u32 d;

	for (d = 0; d < OTSEG_DIMS; d++) {
		if (otseg_set_covers(by->dim[d], inner.dim[d]))
			continue;
		rest = otseg_set_minus(&bench->arena, inner.dim[d], by->dim[d]);
		outer = inner;
		outer.dim[d] = rest;
		otseg_vec_add(left, &outer, 1);
		inner.dim[d] = otseg_set_and(&bench->arena, inner.dim[d], by->dim[d]);
	}
	if (box_is_covered(box, by))
		return;
	inner.except |= 1ull << by->member;
	otseg_vec_add(left, &inner, 1);
}

/* What is left of a box when all boxes of the other leaf are cut from it; false: coarse. */
static bool box_residue(struct bench *bench, const struct box *box, const struct otseg_vec *others,
			struct otseg_vec *pieces)
{
	const struct box *all = others->data;
	struct otseg_vec left;
	struct piece piece = { .except = 0 };
	size_t i, k;

	memcpy(piece.dim, box->dim, sizeof(piece.dim));
	*pieces = OTSEG_VEC(struct piece);
	otseg_vec_add(pieces, &piece, 1);
	for (i = 0; i < others->n && pieces->n; i++) {
		if (pieces->n > MAX_PIECES) {
			otseg_vec_free(pieces);
			*pieces = OTSEG_VEC(struct piece);
			otseg_vec_add(pieces, &piece, 1);
			return false;
		}
		left = OTSEG_VEC(struct piece);
		for (k = 0; k < pieces->n; k++) {
			const struct piece *one = otseg_vec_at(pieces, k);

			if (!objects_part(box, &all[i]) && dims_meet(one->dim, all[i].dim))
				cut(bench, box, one, &all[i], &left);
			else
				otseg_vec_add(&left, one, 1);
		}
		otseg_vec_free(pieces);
		*pieces = left;
	}
	return true;
}

static struct otseg_set kept_set(struct otseg_diff *diff, struct otseg_set set)
{
	struct otseg_vec spans = OTSEG_VEC(struct otseg_span);

	otseg_vec_add(&spans, set.spans, set.n);
	return otseg_set_make(&diff->arena, &spans);
}

static struct otseg_diff_message *message_new(struct otseg_diff *diff, enum otseg_diff_side side,
					      u32 rule)
{
	struct otseg_diff_message *message = otseg_arena_alloc(&diff->arena, sizeof(*message));

	memset(message, 0, sizeof(*message));
	message->side = side;
	message->rule = rule;
	return message;
}

static void message_except(struct otseg_diff *diff, struct otseg_diff_message *message,
			   const struct otseg_diff_leaf *other, u64 except)
{
	u32 *rules = otseg_arena_alloc(&diff->arena, OTSEG_MAX_LEAF_RULES * sizeof(*rules));
	u32 i;

	for (i = 0; i < other->n_rules; i++)
		if (except >> i & 1)
			rules[message->n_except++] = other->rules[i];
	message->except = rules;
}

static void message_texts(struct otseg_diff *diff, struct otseg_diff_message *message,
			  const struct bench *bench)
{
	u32 i, n;

	for (i = 0; i < 8; i++) {
		struct otseg_diff_text *texts;

		n = bench->texts[i].n;
		texts = otseg_arena_alloc(&diff->arena, (n + 1) * sizeof(*texts));
		memcpy(texts, bench->texts[i].texts, n * sizeof(*texts));
		message->texts[i] = (struct otseg_diff_texts){ texts, n };
	}
}

/* Pieces that differ in nothing but their functions are told together. */
static void merge_pieces(struct bench *bench, struct otseg_vec *pieces)
{
	struct piece *all = pieces->data;
	size_t i, k, n = 0;
	u32 d;

	for (i = 0; i < pieces->n; i++) {
		for (k = 0; k < n; k++) {
			for (d = 0; d < OTSEG_DIMS; d++)
				if (d != OTSEG_DIM_FUNCTION &&
				    !otseg_set_equals(all[k].dim[d], all[i].dim[d]))
					break;
			if (d == OTSEG_DIMS && all[k].except == all[i].except)
				break;
		}
		if (k == n)
			all[n++] = all[i];
		else
			all[k].dim[OTSEG_DIM_FUNCTION] =
				otseg_set_or(&bench->arena, all[k].dim[OTSEG_DIM_FUNCTION],
					     all[i].dim[OTSEG_DIM_FUNCTION]);
	}
	pieces->n = n;
}

/**
 * struct question - which messages are asked for
 * @diff: the difference
 * @bench: the bench
 * @one: the leaf whose rules permit them
 * @other: the leaf whose rules do not
 * @side: enum otseg_diff_side of @one
 * @is_session: only messages that keep the session
 */
struct question {
	struct otseg_diff *diff;
	struct bench *bench;
	const struct otseg_diff_leaf *one;
	const struct otseg_diff_leaf *other;
	enum otseg_diff_side side;
	bool is_session;
};

/* What one rule permits that the other leaf does not. Return: whether there is something. */
static bool rule_residue(const struct question *q, u32 member, const struct otseg_vec *others,
			 struct otseg_vec *found)
{
	const void *image = q->diff->image[q->side];
	struct otseg_vec boxes = OTSEG_VEC(struct box), all = OTSEG_VEC(struct piece), pieces;
	bool is_whole = true, is_coarse = false;
	struct otseg_set functions = {};
	struct otseg_diff_message *message;
	size_t i;
	u32 d;

	rule_boxes(q->bench, image, q->one->rules[member], member, q->is_session, &boxes);
	for (i = 0; i < boxes.n; i++) {
		const struct box *box = otseg_vec_at(&boxes, i);
		const struct piece *first;

		functions = otseg_set_or(&q->bench->arena, functions, box->dim[OTSEG_DIM_FUNCTION]);
		is_coarse |= !box_residue(q->bench, box, others, &pieces);
		first = pieces.data;
		is_whole &= pieces.n == 1 && !first->except && !is_coarse &&
			    !memcmp(first->dim, box->dim, sizeof(box->dim));
		otseg_vec_add(&all, pieces.data, pieces.n);
		otseg_vec_free(&pieces);
	}
	merge_pieces(q->bench, &all);
	for (i = 0; i < all.n; i++) {
		const struct piece *piece = otseg_vec_at(&all, i);
		const struct box *box = boxes.data;

		message = message_new(q->diff, q->side, q->one->rules[member]);
		message->is_whole = is_whole;
		message->is_session = q->is_session;
		message->is_coarse = is_coarse;
		for (d = 0; d < OTSEG_DIMS; d++) {
			message->dim[d] = kept_set(q->diff, piece->dim[d]);
			message->all[d] = kept_set(q->diff, d == OTSEG_DIM_FUNCTION ? functions :
										      box->dim[d]);
		}
		message_texts(q->diff, message, q->bench);
		message_except(q->diff, message, q->other, piece->except);
		otseg_vec_add(found, &message, 1);
	}
	i = all.n;
	otseg_vec_free(&boxes);
	otseg_vec_free(&all);
	return i;
}

static void gather_boxes(const struct question *q, struct otseg_vec *boxes)
{
	u32 i;

	*boxes = OTSEG_VEC(struct box);
	for (i = 0; i < q->other->n_rules; i++)
		rule_boxes(q->bench, q->diff->image[!q->side], q->other->rules[i], i, q->is_session,
			   boxes);
}

static void compare_inspected(struct question *q, struct otseg_vec *found)
{
	const void *const image[2] = { q->diff->image[q->side], q->diff->image[!q->side] };
	struct otseg_vec others, sessions;
	u32 i;

	number_leaves(q->bench, image, q->one, q->other);
	gather_boxes(q, &others);
	q->is_session = true;
	gather_boxes(q, &sessions);
	for (i = 0; i < q->one->n_rules; i++) {
		q->is_session = false;
		if (rule_residue(q, i, &others, found))
			continue;
		/* What keeps the session goes along with the rest, and is told only by itself. */
		q->is_session = true;
		rule_residue(q, i, &sessions, found);
	}
	otseg_vec_free(&others);
	otseg_vec_free(&sessions);
}

/**
 * otseg_diff_messages - find the messages that one leaf permits and another one does not
 * @diff: takes them
 * @one: the leaf that permits them
 * @other: the leaf that does not
 * @side: enum otseg_diff_side of @one
 * @found: takes a const struct otseg_diff_message * for each
 *
 * The leaves inspect, both; or @one does not and @other does; or @other lets nothing pass.
 */
void otseg_diff_messages(struct otseg_diff *diff, const struct otseg_diff_leaf *one,
			 const struct otseg_diff_leaf *other, enum otseg_diff_side side,
			 struct otseg_vec *found)
{
	struct bench bench = {};
	struct question q = { diff, &bench, one, other, side, false };
	struct otseg_diff_message *message;
	u32 i;

	if (one->kind == OTSEG_LEAF_INSPECTED && other->kind == OTSEG_LEAF_INSPECTED) {
		compare_inspected(&q, found);
		otseg_arena_free(&bench.arena);
		return;
	}
	for (i = 0; i < one->n_rules; i++) {
		message = message_new(diff, side, one->rules[i]);
		message->is_whole = other->kind == OTSEG_LEAF_DENIED;
		message->is_opening = message->is_whole;
		message->is_blind = one->kind == OTSEG_LEAF_BLIND;
		message_except(diff, message, other, message->is_whole ? 0 : ~0ull);
		otseg_vec_add(found, &message, 1);
	}
}

/* What both boxes permit. */
static struct box box_and(struct otseg_arena *arena, const struct box *a, const struct box *b)
{
	struct box both = *a;
	u32 d;

	for (d = 0; d < OTSEG_DIMS; d++)
		both.dim[d] = otseg_set_and(arena, a->dim[d], b->dim[d]);
	both.objects = a->any_objects ? b->objects :
		       b->any_objects ? a->objects :
					otseg_set_and(arena, a->objects, b->objects);
	both.values = a->any_values ? b->values :
		      b->any_values ? a->values :
				      otseg_set_and(arena, a->values, b->values);
	both.any_objects = a->any_objects && b->any_objects;
	both.any_values = a->any_values && b->any_values;
	both.access = a->access & b->access;
	both.classes = a->classes & b->classes;
	return both;
}

/**
 * otseg_diff_rules_meet - whether there is a message that a rule decides in each image
 * @image: both images
 * @leaf: a leaf of each, that inspects
 * @member: which rule of it, for each: the first of the leaf that permits a message decides it
 *
 * Return: whether there may be.
 */
bool otseg_diff_rules_meet(const void *const image[2], const struct otseg_diff_leaf leaf[2],
			   const u32 member[2])
{
	struct otseg_vec boxes[2] = { OTSEG_VEC(struct box), OTSEG_VEC(struct box) };
	struct otseg_vec earlier = OTSEG_VEC(struct box), pieces;
	struct bench bench = {};
	bool is_met = false;
	size_t i, k;
	u32 s;

	number_leaves(&bench, image, &leaf[0], &leaf[1]);
	for (s = 0; s < 2; s++) {
		rule_boxes(&bench, image[s], leaf[s].rules[member[s]], 0, false, &boxes[s]);
		for (i = 0; i < member[s]; i++)
			rule_boxes(&bench, image[s], leaf[s].rules[i], i, false, &earlier);
	}
	for (i = 0; i < boxes[0].n; i++)
		for (k = 0; k < boxes[1].n && !is_met; k++) {
			const struct box *a = otseg_vec_at(&boxes[0], i);
			const struct box *b = otseg_vec_at(&boxes[1], k);
			struct box both;

			if (objects_part(a, b) || !dims_meet(a->dim, b->dim))
				continue;
			both = box_and(&bench.arena, a, b);
			box_residue(&bench, &both, &earlier, &pieces);
			is_met = pieces.n;
			otseg_vec_free(&pieces);
		}
	otseg_vec_free(&boxes[0]);
	otseg_vec_free(&boxes[1]);
	otseg_vec_free(&earlier);
	otseg_arena_free(&bench.arena);
	return is_met;
}

/**
 * otseg_diff_content - number of what a rule says about messages
 * @contents: what is known by now, bytes
 * @image: the image
 * @index: the rule
 *
 * Return: the same for two rules of any image that permit the same messages in the same words.
 */
u32 otseg_diff_content(struct otseg_pool *contents, const void *image, u32 index)
{
	const struct otseg_img_rule *rule = &OTSEG_IMAGE_RECORDS(image, RULES)[index];
	const struct otseg_img_range *ranges = OTSEG_IMAGE_RECORDS(image, RANGES);
	const struct otseg_img_object *objects = OTSEG_IMAGE_RECORDS(image, OBJECTS);
	const struct otseg_img_text *texts = OTSEG_IMAGE_RECORDS(image, TEXTS) + rule->texts;
	u8 head[8] = { rule->service,	rule->access,	rule->n_units,	rule->n_functions,
		       rule->n_objects, rule->n_values, rule->n_fields, rule->n_texts };
	struct otseg_vec bytes = OTSEG_VEC(u8);
	u32 content, i;

	otseg_vec_add(&bytes, head, sizeof(head));
	otseg_vec_add(&bytes, &ranges[rule->units], rule->n_units * sizeof(*ranges));
	otseg_vec_add(&bytes, &ranges[rule->functions], rule->n_functions * sizeof(*ranges));
	otseg_vec_add(&bytes, &objects[rule->objects], rule->n_objects * sizeof(*objects));
	otseg_vec_add(&bytes, &ranges[rule->values], rule->n_values * sizeof(*ranges));
	otseg_vec_add(&bytes, &objects[rule->fields], rule->n_fields * sizeof(*objects));
	for (i = 0; i < rule->n_texts; i++) {
		u8 text[4] = { texts[i].text, texts[i].flags, texts[i].len & 0xff,
			       texts[i].len >> 8 };

		otseg_vec_add(&bytes, text, sizeof(text));
		otseg_vec_add(&bytes, otseg_image_string(image, texts[i].string), texts[i].len);
	}
	content = otseg_pool_add(contents, bytes.data, bytes.n);
	otseg_vec_free(&bytes);
	return content;
}
