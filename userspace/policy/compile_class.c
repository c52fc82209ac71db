// SPDX-License-Identifier: GPL-2.0-only
/*
 * Endpoint classes: the coarsest useful division of all addresses. Two
 * addresses share a class if they lie in the same zone and the assets that hold
 * them are named by the same rules.
 *
 * Assets and lists of assets that all rules name together get one mark; an
 * address's class is its zone with the marks of the assets that hold it. The
 * prefixes are swept once in order, with those that are open on a stack.
 */
#include <stdlib.h>
#include <string.h>

#include "compile.h"

#define MAX_STATES (4 * OTSEG_MAX_CLASSES) /* some may be hidden below narrower prefixes */
#define MAX_STATE_WORDS (16u << 20)
#define MAX_NESTING 130 /* prefixes of different length that hold one another */

/* A prefix and what it adds: its zone, or an asset of it. */
struct sweep_prefix {
	const struct otseg_prefix *prefix;
	u16 zone;
	u32 asset_plus1;
};

/* A prefix that has begun. */
struct open_prefix {
	struct otseg_address last;
	u32 state;
};

/* From here up to the next one: one state. */
struct state_range {
	struct otseg_address first;
	u32 state;
};

/**
 * struct sweep - the division while it is made
 * @compiler: the compiler
 * @n_marks: marks; 0 is none
 * @marks: mark of each asset and list
 * @asset_marks: marks of all assets
 * @asset_first: first mark of each asset in there, and where the last ones end
 * @list_marks: marks of all lists that rules name
 * @list_first: the same for them
 * @states: each state is its zone followed by its marks
 * @state_n: words of the state that begins at a word, 0 if none does
 * @n_states: their number
 * @class_of: class of the state that begins at a word, NONE32: not yet known
 * @ranges: what has been swept, by family
 */
struct sweep {
	struct otseg_compiler *compiler;
	u32 n_marks;
	u32 *marks;
	struct otseg_vec asset_marks;
	u32 *asset_first;
	struct otseg_vec list_marks;
	struct otseg_vec list_first;
	struct otseg_pool states;
	struct otseg_vec state_n;
	size_t n_states;
	u32 *class_of;
	struct otseg_vec ranges[2];
};

static size_t sort_unique(u32 *values, size_t n)
{
	size_t i, kept = 0;

	if (n)
		qsort(values, n, sizeof(*values), otseg_compare_u32);
	for (i = 0; i < n; i++)
		if (!kept || values[i] != values[kept - 1])
			values[kept++] = values[i];
	return kept;
}

/*
 * Number the different sets of assets that rules name: a pool keeps each set
 * once, and a set's first word says which one it is.
 */
static u32 number_list(struct otseg_compiler *compiler, struct otseg_pool *sets,
		       struct otseg_vec *numbers, struct otseg_vec *firsts, const u32 *assets,
		       size_t n)
{
	u32 *sorted, first;
	size_t known = sets->vec.n;

	if (!n)
		return 0;
	sorted = otseg_alloc(n * sizeof(*sorted));
	memcpy(sorted, assets, n * sizeof(*sorted));
	n = sort_unique(sorted, n);
	first = otseg_pool_add(sets, sorted, n);
	free(sorted);
	if (first == known) {
		otseg_vec_add(numbers, NULL, n);
		((u32 *)numbers->data)[first] = ++compiler->n_lists;
		otseg_vec_add_u32(firsts, first);
	}
	return ((u32 *)numbers->data)[first];
}

/*
 * Give assets the same mark that stand in the same sets: split the marks of each
 * set's members from those of all others. 0 stays with what no rule names.
 */
static void make_marks(struct sweep *sweep, const struct otseg_pool *sets,
		       const struct otseg_vec *firsts)
{
	const struct otseg_policy *policy = sweep->compiler->policy;
	size_t n_words = sets->vec.n, list, i;
	const u32 *members = sets->vec.data, *starts = firsts->data;
	u32 *stamp, *split, next = 1;

	stamp = otseg_alloc((n_words + 1) * sizeof(*stamp));
	split = otseg_alloc((n_words + 1) * sizeof(*split));
	for (list = 0; list < firsts->n; list++) {
		size_t end = list + 1 < firsts->n ? starts[list + 1] : n_words;

		for (i = starts[list]; i < end; i++) {
			u32 *mark = &sweep->marks[members[i]];

			if (stamp[*mark] != list + 1) {
				stamp[*mark] = list + 1;
				split[*mark] = next++;
			}
			*mark = split[*mark];
		}
	}

	/* Without gaps, in the order of the assets. */
	memset(split, 0, (n_words + 1) * sizeof(*split));
	for (i = 0; i < policy->n_assets; i++) {
		u32 *mark = &sweep->marks[i];

		if (!*mark)
			continue;
		if (!split[*mark])
			split[*mark] = ++sweep->n_marks;
		*mark = split[*mark];
	}
	free(stamp);
	free(split);

	for (list = 0; list < firsts->n; list++) {
		size_t end = list + 1 < firsts->n ? starts[list + 1] : n_words;
		size_t begin = sweep->list_marks.n, n;

		otseg_vec_add_u32(&sweep->list_first, begin);
		for (i = starts[list]; i < end; i++)
			otseg_vec_add_u32(&sweep->list_marks, sweep->marks[members[i]]);
		n = sort_unique(otseg_vec_at(&sweep->list_marks, begin), sweep->list_marks.n - begin);
		sweep->list_marks.n = begin + n;
	}
	otseg_vec_add_u32(&sweep->list_first, sweep->list_marks.n);
}

/* The marks of each asset: its own, and those of the lists it is in. */
static void collect_marks(struct sweep *sweep)
{
	const struct otseg_policy *policy = sweep->compiler->policy;
	u32 *count, *marks;
	size_t i, k, n = 0;

	sweep->asset_first = otseg_alloc((policy->n_assets + 1) * sizeof(*count));
	count = otseg_alloc((policy->n_assets + 1) * sizeof(*count));
	for (i = 0; i < policy->n_assets; i++) {
		count[i] += !policy->assets[i].is_list && sweep->marks[i];
		for (k = 0; sweep->marks[i] && k < policy->assets[i].n_members; k++)
			count[policy->assets[i].members[k]]++;
	}
	for (i = 0; i < policy->n_assets; i++) {
		sweep->asset_first[i] = n;
		n += count[i];
		count[i] = sweep->asset_first[i];
	}
	sweep->asset_first[i] = n;
	otseg_vec_add(&sweep->asset_marks, NULL, n);
	marks = sweep->asset_marks.data;
	for (i = 0; i < policy->n_assets; i++) {
		if (!policy->assets[i].is_list && sweep->marks[i])
			marks[count[i]++] = sweep->marks[i];
		for (k = 0; sweep->marks[i] && k < policy->assets[i].n_members; k++)
			marks[count[policy->assets[i].members[k]]++] = sweep->marks[i];
	}
	free(count);
}

static u32 add_state(struct sweep *sweep, const struct otseg_vec *words)
{
	size_t known = sweep->states.vec.n;
	u32 state = otseg_pool_add(&sweep->states, words->data, words->n);

	if (state == known) {
		otseg_vec_add(&sweep->state_n, NULL, words->n);
		((u32 *)sweep->state_n.data)[state] = words->n;
		sweep->n_states++;
	}
	return state;
}

static void add_range(struct sweep *sweep, unsigned int family, struct otseg_address first,
		      u32 state)
{
	struct otseg_vec *ranges = &sweep->ranges[family == 6];
	struct state_range *last = ranges->data;
	struct state_range range = { first, state };

	if (ranges->n && !otseg_address_compare(last[ranges->n - 1].first, first))
		last[ranges->n - 1].state = state;
	else
		otseg_vec_add(ranges, &range, 1);
}

static struct otseg_address next_address(unsigned int family, struct otseg_address last)
{
	if (family == 4)
		return (struct otseg_address){ (last.hi | 0xffffffff) + 1, 0 };
	return (struct otseg_address){ last.hi + (last.lo == ~0ull), last.lo + 1 };
}

static int compare_sweep(const void *left, const void *right)
{
	const struct sweep_prefix *a = left, *b = right;
	int order = otseg_prefix_compare(a->prefix, b->prefix);

	if (order)
		return order;
	return a->asset_plus1 < b->asset_plus1 ? -1 : a->asset_plus1 > b->asset_plus1;
}

/* End the prefixes that end before @first, or all of them. */
static size_t close_prefixes(struct sweep *sweep, unsigned int family, struct open_prefix *open,
			     size_t depth, const struct otseg_address *first)
{
	struct otseg_address none = { 0, 0 };

	while (depth > 1 && (!first || otseg_address_compare(open[depth - 1].last, *first) < 0)) {
		struct otseg_address after = next_address(family, open[depth - 1].last);

		depth--;
		/* Behind the last address there is nothing. */
		if (otseg_address_compare(after, none))
			add_range(sweep, family, after, open[depth - 1].state);
	}
	return depth;
}

static int sweep_family(struct sweep *sweep, unsigned int family,
			const struct sweep_prefix *prefixes, size_t n)
{
	const u32 *marks = sweep->asset_marks.data;
	struct otseg_vec words = OTSEG_VEC(u32);
	struct open_prefix open[MAX_NESTING];
	struct otseg_address zero = { 0, 0 };
	size_t depth = 1, i = 0;

	otseg_vec_add_u32(&words, OTSEG_NONE16);
	open[0].state = add_state(sweep, &words);
	add_range(sweep, family, zero, open[0].state);
	while (i < n) {
		const struct sweep_prefix *group = &prefixes[i];
		const u32 *outer;
		size_t n_outer;

		depth = close_prefixes(sweep, family, open, depth, &group->prefix->first);
		outer = otseg_vec_at(&sweep->states.vec, open[depth - 1].state);
		n_outer = ((const u32 *)sweep->state_n.data)[open[depth - 1].state];
		words.n = 0;
		otseg_vec_add_u32(&words, group->zone);
		/* Assets of a zone that holds the rest end where another zone begins. */
		if (outer[0] == group->zone)
			otseg_vec_add(&words, outer + 1, n_outer - 1);
		for (; i < n && !otseg_prefix_compare(prefixes[i].prefix, group->prefix); i++) {
			u32 asset = prefixes[i].asset_plus1;
			u32 first = asset ? sweep->asset_first[asset - 1] : 0;
			u32 end = asset ? sweep->asset_first[asset] : 0;

			if (first < end)
				otseg_vec_add(&words, marks + first, end - first);
		}
		words.n = 1 + sort_unique(otseg_vec_at(&words, 1), words.n - 1);
		open[depth].last = otseg_prefix_last(group->prefix);
		open[depth].state = add_state(sweep, &words);
		add_range(sweep, family, group->prefix->first, open[depth].state);
		depth++;
		if (sweep->n_states > MAX_STATES || sweep->states.vec.n > MAX_STATE_WORDS)
			break;
	}
	otseg_vec_free(&words);
	if (i < n)
		return -1;
	close_prefixes(sweep, family, open, depth, NULL);
	return 0;
}

static int too_many_classes(struct otseg_compiler *compiler)
{
	struct otseg_mark_at nowhere = {};

	return otseg_compile_error(compiler, nowhere,
				   "the rules tell more than %u endpoint classes apart; naming "
				   "assets together makes fewer of them",
				   OTSEG_MAX_CLASSES - 1);
}

static int sweep_all(struct sweep *sweep)
{
	const struct otseg_policy *policy = sweep->compiler->policy;
	struct otseg_vec all[2] = { OTSEG_VEC(struct sweep_prefix),
				    OTSEG_VEC(struct sweep_prefix) };
	size_t i, k;
	int err = 0;

	for (i = 0; i < policy->n_zones; i++)
		for (k = 0; k < policy->zones[i].n_prefixes; k++) {
			const struct otseg_prefix *prefix = &policy->zones[i].prefixes[k];
			struct sweep_prefix item = { prefix, i, 0 };

			otseg_vec_add(&all[prefix->family == 6], &item, 1);
		}
	for (i = 0; i < policy->n_assets; i++)
		for (k = 0; k < policy->assets[i].n_prefixes; k++) {
			const struct otseg_prefix *prefix = &policy->assets[i].prefixes[k];
			struct sweep_prefix item = { prefix, policy->assets[i].zone, i + 1 };

			otseg_vec_add(&all[prefix->family == 6], &item, 1);
		}
	for (i = 0; i < 2; i++) {
		if (all[i].n)
			qsort(all[i].data, all[i].n, sizeof(struct sweep_prefix), compare_sweep);
		/* No range at all says that there is no IPv6. */
		if (!err && (all[i].n || !i))
			err = sweep_family(sweep, i ? 6 : 4, all[i].data, all[i].n);
		otseg_vec_free(&all[i]);
	}
	return err ? too_many_classes(sweep->compiler) : 0;
}

/* Number the states that addresses have: by zone, then in the order of addresses. */
static int number_classes(struct sweep *sweep)
{
	struct otseg_compiler *compiler = sweep->compiler;
	const struct otseg_policy *policy = compiler->policy;
	const u32 *states = sweep->states.vec.data;
	u32 *n_of_zone, *local;
	u32 first = 1, zone;
	size_t f, i;

	n_of_zone = otseg_arena_alloc(&compiler->arena, policy->n_zones * sizeof(*n_of_zone));
	local = otseg_arena_alloc(&compiler->arena, sweep->states.vec.n * sizeof(*local));
	sweep->class_of =
		otseg_arena_alloc(&compiler->arena, sweep->states.vec.n * sizeof(*sweep->class_of));
	memset(local, 0xff, sweep->states.vec.n * sizeof(*local));
	for (f = 0; f < 2; f++) {
		const struct state_range *ranges = sweep->ranges[f].data;

		for (i = 0; i < sweep->ranges[f].n; i++) {
			zone = states[ranges[i].state];
			if (zone != OTSEG_NONE16 && local[ranges[i].state] == OTSEG_NONE32)
				local[ranges[i].state] = n_of_zone[zone]++;
		}
	}

	otseg_vec_add(&OTSEG_SECTION(compiler, CLASSES)->vec,
		      &(struct otseg_img_class){ OTSEG_NONE16, 0 }, 1);
	for (zone = 0; zone < policy->n_zones; zone++) {
		compiler->first_class[zone] = first;
		first += n_of_zone[zone];
		if (first > OTSEG_MAX_CLASSES)
			return too_many_classes(compiler);
		for (i = 0; i < n_of_zone[zone]; i++)
			otseg_vec_add(&OTSEG_SECTION(compiler, CLASSES)->vec,
				      &(struct otseg_img_class){ zone, i }, 1);
	}
	for (i = 0; i < sweep->states.vec.n; i++)
		if (local[i] != OTSEG_NONE32)
			sweep->class_of[i] = compiler->first_class[states[i]] + local[i];
	return 0;
}

static void list_classes(struct sweep *sweep)
{
	struct otseg_compiler *compiler = sweep->compiler;
	const u32 *states = sweep->states.vec.data, *state_n = sweep->state_n.data;
	const u32 *list_marks = sweep->list_marks.data, *list_first = sweep->list_first.data;
	u32 *first, *stamp;
	u16 *classes;
	size_t i, k, list;

	/* The classes that bear each mark. */
	first = otseg_alloc((sweep->n_marks + 3) * sizeof(*first));
	for (i = 0; i < sweep->states.vec.n; i++)
		for (k = 1; sweep->class_of[i] && k < state_n[i]; k++)
			first[states[i + k] + 2]++;
	for (i = 2; i < sweep->n_marks + 3; i++)
		first[i] += first[i - 1];
	classes = otseg_alloc(first[sweep->n_marks + 2] * sizeof(*classes));
	for (i = 0; i < sweep->states.vec.n; i++)
		for (k = 1; sweep->class_of[i] && k < state_n[i]; k++)
			classes[first[states[i + k] + 1]++] = sweep->class_of[i];

	stamp = otseg_alloc(OTSEG_MAX_CLASSES * sizeof(*stamp));
	compiler->lists =
		otseg_arena_alloc(&compiler->arena, compiler->n_lists * sizeof(*compiler->lists));
	for (list = 0; list < compiler->n_lists; list++) {
		struct otseg_vec covered = OTSEG_VEC(u32);

		for (i = list_first[list]; i < list_first[list + 1]; i++)
			for (k = first[list_marks[i]]; k < first[list_marks[i] + 1]; k++)
				if (stamp[classes[k]] != list + 1) {
					stamp[classes[k]] = list + 1;
					otseg_vec_add_u32(&covered, classes[k]);
				}
		covered.n = sort_unique(covered.data, covered.n);
		compiler->lists[list].n = covered.n;
		compiler->lists[list].classes =
			otseg_arena_alloc(&compiler->arena, covered.n * sizeof(u16));
		for (i = 0; i < covered.n; i++)
			compiler->lists[list].classes[i] = ((u32 *)covered.data)[i];
		otseg_vec_free(&covered);
	}
	free(first);
	free(stamp);
	free(classes);
}

/* Ranges of states become ranges of classes; neighbours of one class become one. */
static struct otseg_vec class_ranges(struct sweep *sweep, unsigned int f)
{
	const struct state_range *states = sweep->ranges[f].data;
	struct otseg_vec ranges = OTSEG_VEC(struct otseg_class_range);
	size_t i;

	for (i = 0; i < sweep->ranges[f].n; i++) {
		struct otseg_class_range range = { states[i].first,
						   sweep->class_of[states[i].state] };
		const struct otseg_class_range *last = ranges.data;

		if (!ranges.n || last[ranges.n - 1].class != range.class)
			otseg_vec_add(&ranges, &range, 1);
	}
	return ranges;
}

static void write_ranges(struct sweep *sweep)
{
	struct otseg_compiler *compiler = sweep->compiler;
	struct otseg_vec four = class_ranges(sweep, 0), six = class_ranges(sweep, 1);
	const struct otseg_class_range *ranges = six.data;
	size_t i;

	otseg_compile_trie(compiler, four.data, four.n);
	for (i = 0; i < six.n; i++)
		otseg_vec_add(&OTSEG_SECTION(compiler, V6_RANGES)->vec,
			      &(struct otseg_img_v6range){ ranges[i].first.hi, ranges[i].first.lo,
							   ranges[i].class, 0 },
			      1);
	otseg_vec_free(&four);
	otseg_vec_free(&six);
}

/**
 * otseg_compile_classes - divide all addresses into endpoint classes
 * @compiler: the compiler
 *
 * Fills CLASSES, the IPv4 trie and the IPv6 ranges, and says of every rule
 * which classes it is about.
 *
 * Return: 0 or a negative errno after the error was noted.
 */
int otseg_compile_classes(struct otseg_compiler *compiler)
{
	struct sweep sweep = {
		.compiler = compiler,
		.asset_marks = OTSEG_VEC(u32),
		.list_marks = OTSEG_VEC(u32),
		.list_first = OTSEG_VEC(u32),
		.states = OTSEG_POOL(u32),
		.state_n = OTSEG_VEC(u32),
		.ranges = { OTSEG_VEC(struct state_range), OTSEG_VEC(struct state_range) },
	};
	struct otseg_pool sets = OTSEG_POOL(u32);
	struct otseg_vec numbers = OTSEG_VEC(u32), firsts = OTSEG_VEC(u32);
	size_t i;
	int err;

	for (i = 0; i < compiler->n_rules; i++) {
		const struct otseg_rule *rule = compiler->rules[i];

		compiler->ends[i].from =
			number_list(compiler, &sets, &numbers, &firsts, rule->from, rule->n_from);
		compiler->ends[i].to =
			number_list(compiler, &sets, &numbers, &firsts, rule->to, rule->n_to);
	}
	sweep.marks = otseg_arena_alloc(&compiler->arena,
					compiler->policy->n_assets * sizeof(*sweep.marks));
	make_marks(&sweep, &sets, &firsts);
	collect_marks(&sweep);
	err = sweep_all(&sweep);
	if (!err)
		err = number_classes(&sweep);
	if (!err) {
		list_classes(&sweep);
		write_ranges(&sweep);
	}

	otseg_pool_free(&sets);
	otseg_vec_free(&numbers);
	otseg_vec_free(&firsts);
	otseg_vec_free(&sweep.asset_marks);
	free(sweep.asset_first);
	otseg_vec_free(&sweep.list_marks);
	otseg_vec_free(&sweep.list_first);
	otseg_pool_free(&sweep.states);
	otseg_vec_free(&sweep.state_n);
	otseg_vec_free(&sweep.ranges[0]);
	otseg_vec_free(&sweep.ranges[1]);
	return err;
}
