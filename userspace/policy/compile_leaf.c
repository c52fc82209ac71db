// SPDX-License-Identifier: GPL-2.0-only
/*
 * Cells and leaves of an image: the rules between two roles, sorted by what a
 * packet can be held against before anybody looks inside it. Also finds the
 * rules that no packet can reach because others take all that is theirs.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "compile.h"
#include "value.h"
#include "words.h"

/* A rule begins or ends to apply. */
struct edge {
	u32 selector;
	u32 rule;
	bool is_end;
};

static int compare_edges(const void *left, const void *right)
{
	const struct edge *a = left, *b = right;

	if (a->selector != b->selector)
		return a->selector < b->selector ? -1 : 1;
	return a->rule < b->rule ? -1 : a->rule > b->rule;
}

static enum otseg_service_state state_of(const struct otseg_compiler *compiler, u32 rule)
{
	return otseg_services[compiler->rules[rule]->service].state;
}

/* Enabled and not void: what the datapath may decide by. */
static bool is_effective(const struct otseg_compiler *compiler, u32 rule)
{
	return compiler->conduits[rule]->is_enabled &&
	       state_of(compiler, rule) != OTSEG_SERVICE_PLANNED;
}

/* Whether every message that rule @inner allows is allowed by rule @outer as well. */
static bool rule_covers(const struct otseg_rule *outer, const struct otseg_rule *inner)
{
	struct otseg_img_range units = { 1, OTSEG_NONE32 };
	struct otseg_ranges all = { &units, 1 };
	const struct otseg_ranges *outer_units = outer->units.n ? &outer->units : &all;
	const struct otseg_ranges *inner_units = inner->units.n ? &inner->units : &all;
	size_t i, k;

	if (outer->service != inner->service || outer->n_fields || outer->n_texts)
		return false;
	if ((inner->access & ~outer->access) ||
	    !otseg_ranges_cover(outer_units->items, outer_units->n, inner_units->items,
				inner_units->n))
		return false;
	/* Without functions, those that nobody knows are refused: only a list can be covered. */
	if (outer->functions.n ?
		    !inner->functions.n ||
			    !otseg_ranges_cover(outer->functions.items, outer->functions.n,
						inner->functions.items, inner->functions.n) :
		    inner->functions.n > 0)
		return false;
	if (outer->values.n &&
	    (!inner->values.n || !otseg_ranges_cover(outer->values.items, outer->values.n,
						     inner->values.items, inner->values.n)))
		return false;
	if (outer->n_objects && !inner->n_objects)
		return false;
	for (i = 0; outer->n_objects && i < inner->n_objects; i++) {
		for (k = 0; k < outer->n_objects; k++)
			if (outer->objects[k].type == inner->objects[i].type &&
			    outer->objects[k].first <= inner->objects[i].first &&
			    outer->objects[k].last >= inner->objects[i].last)
				break;
		if (k == outer->n_objects)
			return false;
	}
	return true;
}

/* Note for each rule of a leaf whether another one makes it pointless there. */
static void note_shadows(struct otseg_compiler *compiler, const u32 *rules, size_t n)
{
	size_t i, k;

	for (i = 0; i < n; i++) {
		struct otseg_shadow *shadow = &compiler->shadows[rules[i]];
		bool is_inspected = state_of(compiler, rules[i]) == OTSEG_SERVICE_INSPECTED;

		for (k = 0; k < n; k++) {
			bool is_opaque = state_of(compiler, rules[k]) == OTSEG_SERVICE_OPAQUE;

			if (k == i || !is_effective(compiler, rules[k]))
				continue;
			/* What is opaque passes what stands behind it, and all inspected rules. */
			if (is_opaque && (k < i || is_inspected))
				break;
			if (!is_opaque && k < i &&
			    rule_covers(compiler->rules[rules[k]], compiler->rules[rules[i]]))
				break;
		}
		if (k == n)
			shadow->is_reached = true;
		else if (!shadow->by)
			shadow->by = rules[k] + 1;
	}
}

static int mixed_services(struct otseg_compiler *compiler, const struct otseg_rule *rule)
{
	return otseg_compile_error(compiler, rule->at,
				   "the rule '%s' and one before it inspect different services on "
				   "the same port",
				   rule->name);
}

/* Rules of one leaf inspect one family of services, whichever conduits are enabled. */
static int check_services(struct otseg_compiler *compiler, const u32 *rules, size_t n)
{
	int inspected = -1;
	size_t i;

	for (i = 0; i < n; i++) {
		const struct otseg_rule *rule = compiler->rules[rules[i]];

		if (state_of(compiler, rules[i]) != OTSEG_SERVICE_INSPECTED)
			continue;
		if (inspected >= 0 &&
		    otseg_services[inspected].family != otseg_services[rule->service].family)
			return mixed_services(compiler, rule);
		inspected = rule->service;
	}
	return 0;
}

static int make_leaf(struct otseg_compiler *compiler, const u32 *rules, size_t n, u32 *leaf_plus1)
{
	struct otseg_pool *lists = OTSEG_SECTION(compiler, LEAF_RULES);
	struct otseg_vec *leaves = &OTSEG_SECTION(compiler, LEAVES)->vec;
	struct otseg_img_leaf leaf = { .n_rules = n };
	size_t known = lists->vec.n, low = 0, high = leaves->n;
	const struct otseg_img_leaf *all = leaves->data;
	int err;

	*leaf_plus1 = 0;
	if (!n)
		return 0;
	leaf.rules = otseg_pool_add(lists, rules, n);
	if (leaf.rules == known) {
		err = check_services(compiler, rules, n);
		if (err)
			return err;
		note_shadows(compiler, rules, n);
		otseg_vec_add(leaves, &leaf, 1);
		*leaf_plus1 = leaves->n;
		return 0;
	}
	/* Leaves lie in the order of their lists. */
	while (low < high) {
		size_t middle = (low + high) / 2;

		if (all[middle].rules < leaf.rules)
			low = middle + 1;
		else
			high = middle;
	}
	*leaf_plus1 = low + 1;
	return 0;
}

static int too_many_rules(struct otseg_compiler *compiler, u32 rule)
{
	return otseg_compile_error(compiler, compiler->rules[rule]->at,
				   "more than %u rules apply to the same endpoints and the same "
				   "port, type or operation; '%s' is one too many",
				   OTSEG_MAX_LEAF_RULES, compiler->rules[rule]->name);
}

/* Keep the rules that apply sorted: their order decides. */
static int apply_edge(struct otseg_compiler *compiler, u32 *active, size_t *n,
		      const struct edge *edge)
{
	size_t at = *n;

	while (at && active[at - 1] >= edge->rule)
		at--;
	if (edge->is_end) {
		memmove(active + at, active + at + 1, (*n - at - 1) * sizeof(*active));
		--*n;
		return 0;
	}
	if (*n == OTSEG_MAX_LEAF_RULES)
		return too_many_rules(compiler,
				      active[*n - 1] > edge->rule ? active[*n - 1] : edge->rule);
	memmove(active + at + 1, active + at, (*n - at) * sizeof(*active));
	active[at] = edge->rule;
	++*n;
	return 0;
}

static int make_intervals(struct otseg_compiler *compiler, const struct otseg_vec *edges,
			  struct otseg_vec *intervals)
{
	const struct edge *edge = edges->data;
	struct otseg_img_interval interval = { 0, 0 };
	u32 active[OTSEG_MAX_LEAF_RULES];
	size_t i = 0, n = 0;
	u32 leaf_plus1;
	int err;

	otseg_vec_add(intervals, &interval, 1);
	while (i < edges->n) {
		struct otseg_img_interval *last;
		size_t end = i, k;

		while (end < edges->n && edge[end].selector == edge[i].selector)
			end++;
		interval.first = edge[i].selector;
		/* Ends first: what ends here makes room for what begins here. */
		for (k = i; k < end; k++)
			if (edge[k].is_end)
				apply_edge(compiler, active, &n, &edge[k]);
		for (k = i; k < end; k++) {
			err = edge[k].is_end ? 0 : apply_edge(compiler, active, &n, &edge[k]);
			if (err)
				return err;
		}
		i = end;
		err = make_leaf(compiler, active, n, &leaf_plus1);
		if (err)
			return err;
		last = (struct otseg_img_interval *)intervals->data + intervals->n - 1;
		if (last->leaf_plus1 == leaf_plus1)
			continue;
		interval.leaf_plus1 = leaf_plus1;
		if (last->first == interval.first)
			*last = interval;
		else
			otseg_vec_add(intervals, &interval, 1);
	}
	return 0;
}

/**
 * otseg_compile_cell - make the cell of a list of rules
 * @compiler: the compiler
 * @rules: the rules in the order of the text
 * @n: their number
 * @cell_plus1: index into CELLS plus one
 *
 * Return: 0 or a negative errno after the error was noted.
 */
int otseg_compile_cell(struct otseg_compiler *compiler, const u32 *rules, size_t n, u32 *cell_plus1)
{
	struct otseg_vec intervals = OTSEG_VEC(struct otseg_img_interval);
	struct otseg_pool *lists = OTSEG_SECTION(compiler, INTERVALS);
	struct otseg_vec *cells = &OTSEG_SECTION(compiler, CELLS)->vec;
	const struct otseg_img_cell *all = cells->data;
	struct otseg_vec edges = OTSEG_VEC(struct edge);
	size_t known = lists->vec.n, low = 0, high = cells->n, i, k;
	struct otseg_img_cell cell;
	int err;

	for (i = 0; i < n; i++) {
		const struct otseg_ranges *selectors = &compiler->rules[rules[i]]->selectors;

		for (k = 0; k < selectors->n; k++) {
			struct edge both[2] = {
				{ selectors->items[k].first, rules[i], false },
				{ selectors->items[k].last + 1, rules[i], true },
			};

			otseg_vec_add(&edges, both, 2);
		}
	}
	if (edges.n)
		qsort(edges.data, edges.n, sizeof(struct edge), compare_edges);
	err = make_intervals(compiler, &edges, &intervals);
	otseg_vec_free(&edges);
	if (!err && intervals.n > OTSEG_MAX_INTERVALS)
		err = otseg_compile_error(compiler, compiler->rules[rules[0]]->at,
					  "the rules between the same endpoints tell more than %u "
					  "ranges of ports apart",
					  OTSEG_MAX_INTERVALS);
	if (err) {
		otseg_vec_free(&intervals);
		return err;
	}

	cell.n_intervals = intervals.n;
	cell.intervals = otseg_pool_add(lists, intervals.data, intervals.n);
	otseg_vec_free(&intervals);
	if (cell.intervals == known) {
		otseg_vec_add(cells, &cell, 1);
		*cell_plus1 = cells->n;
		return 0;
	}
	while (low < high) {
		size_t middle = (low + high) / 2;

		if (all[middle].intervals < cell.intervals)
			low = middle + 1;
		else
			high = middle;
	}
	*cell_plus1 = low + 1;
	return 0;
}

/**
 * otseg_compile_shadows - warn of rules that others make pointless
 * @compiler: the compiler; all cells are made
 */
void otseg_compile_shadows(struct otseg_compiler *compiler)
{
	size_t i;

	for (i = 0; i < compiler->n_rules; i++) {
		const struct otseg_shadow *shadow = &compiler->shadows[i];
		bool is_inspected = state_of(compiler, i) == OTSEG_SERVICE_INSPECTED;
		const struct otseg_rule *by;
		bool by_opaque;

		if (!shadow->by)
			continue;
		by = compiler->rules[shadow->by - 1];
		by_opaque = state_of(compiler, shadow->by - 1) == OTSEG_SERVICE_OPAQUE;
		if (is_inspected && by_opaque)
			otseg_compile_warn(compiler, compiler->rules[i]->at,
					   "the rule '%s' inspects %s: '%s' in line %u passes the "
					   "same traffic without a look inside",
					   compiler->rules[i]->name,
					   shadow->is_reached ? "less than it says" : "nothing",
					   by->name, by->at.line);
		else if (!shadow->is_reached)
			otseg_compile_warn(compiler, compiler->rules[i]->at,
					   "the rule '%s' is never reached: '%s' in line %u takes "
					   "all that it would permit",
					   compiler->rules[i]->name, by->name, by->at.line);
	}
}
