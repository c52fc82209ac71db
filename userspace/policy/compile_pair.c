// SPDX-License-Identifier: GPL-2.0-only
/*
 * What one zone may ask of another: the roles of their endpoint classes, and for
 * each two roles the cell of rules between them.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "compile.h"

/* Roles of the classes of one zone within one pair. */
struct roles {
	u16 *of_class; /* by a class's index among those of its zone */
	size_t n_classes;
	u16 first_class;
	u32 n;
};

/* A list of rules as it grows: the list before it and the rule that was added. */
struct rule_chain {
	u32 before;
	u32 rule;
	u32 cell_plus1;
};

/* A chain, a rule, and the chain that they make, plus one; 0 is a free slot. */
struct chain_slot {
	u32 before;
	u32 rule;
	u32 chain_plus1;
};

/**
 * struct pair_builder - a pair while it is made
 * @compiler: the compiler
 * @rules: its rules in the order of the text
 * @src: roles of the source zone
 * @dst: roles of the destination zone
 * @chains: lists of rules; the first one is empty
 * @slots: hash table of the chains by what they are made of
 * @n_slots: its size, a power of two
 * @cells: chain of each two roles
 */
struct pair_builder {
	struct otseg_compiler *compiler;
	struct otseg_vec rules;
	struct roles src;
	struct roles dst;
	struct otseg_vec chains;
	struct chain_slot *slots;
	size_t n_slots;
	u32 *cells;
};

/*
 * Split the roles along each set of assets that rules of the pair name, so that
 * a set holds a role wholly or not at all.
 */
static void make_roles(struct pair_builder *builder, struct roles *roles, u16 zone, bool is_src)
{
	struct otseg_compiler *compiler = builder->compiler;
	const u32 *rules = builder->rules.data;
	const struct otseg_img_class *classes = OTSEG_SECTION(compiler, CLASSES)->vec.data;
	size_t n_classes = OTSEG_SECTION(compiler, CLASSES)->vec.n, i, k;
	u32 *role, *stamp, *split, next = 1;
	size_t n_named = 0;

	roles->first_class = compiler->first_class[zone];
	for (i = roles->first_class; i < n_classes && classes[i].zone == zone; i++)
		roles->n_classes++;
	roles->of_class = otseg_alloc(roles->n_classes * sizeof(*roles->of_class));
	role = otseg_alloc(roles->n_classes * sizeof(*role));
	for (i = 0; i < builder->rules.n; i++) {
		const struct otseg_ends *ends = &compiler->ends[rules[i]];
		u32 list = is_src ? ends->from : ends->to;

		if (list)
			n_named += compiler->lists[list - 1].n;
	}
	stamp = otseg_alloc((n_named + 1) * sizeof(*stamp));
	split = otseg_alloc((n_named + 1) * sizeof(*split));
	for (i = 0; i < builder->rules.n; i++) {
		const struct otseg_ends *ends = &compiler->ends[rules[i]];
		u32 list = is_src ? ends->from : ends->to;

		for (k = 0; list && k < compiler->lists[list - 1].n; k++) {
			u32 *one = &role[compiler->lists[list - 1].classes[k] - roles->first_class];

			if (stamp[*one] != i + 1) {
				stamp[*one] = i + 1;
				split[*one] = next++;
			}
			*one = split[*one];
		}
	}
	memset(split, 0, (n_named + 1) * sizeof(*split));
	for (i = 0; i < roles->n_classes; i++) {
		if (!split[role[i]])
			split[role[i]] = ++roles->n;
		roles->of_class[i] = split[role[i]] - 1;
	}
	free(role);
	free(stamp);
	free(split);
}

/* The roles that a set of assets holds, or all of them. */
static size_t list_roles(const struct pair_builder *builder, const struct roles *roles, u32 list,
			 u32 *out, u32 *stamp, u32 round)
{
	const struct otseg_class_list *classes;
	size_t i, n = 0;

	if (!list) {
		for (i = 0; i < roles->n; i++)
			out[i] = i;
		return roles->n;
	}
	classes = &builder->compiler->lists[list - 1];
	for (i = 0; i < classes->n; i++) {
		u16 role = roles->of_class[classes->classes[i] - roles->first_class];

		if (stamp[role] != round) {
			stamp[role] = round;
			out[n++] = role;
		}
	}
	return n;
}

static size_t chain_place(const struct pair_builder *builder, u32 before, u32 rule)
{
	u32 words[2] = { before, rule };

	return otseg_bytes_hash(words, sizeof(words)) & (builder->n_slots - 1);
}

static void grow_slots(struct pair_builder *builder)
{
	struct chain_slot *old = builder->slots;
	size_t n_old = builder->n_slots, i, at;

	builder->n_slots = n_old ? n_old * 2 : 64;
	builder->slots = otseg_alloc(builder->n_slots * sizeof(*builder->slots));
	for (i = 0; i < n_old; i++) {
		if (!old[i].chain_plus1)
			continue;
		at = chain_place(builder, old[i].before, old[i].rule);
		while (builder->slots[at].chain_plus1)
			at = (at + 1) & (builder->n_slots - 1);
		builder->slots[at] = old[i];
	}
	free(old);
}

/* The chain @before with @rule behind it. */
static u32 extend_chain(struct pair_builder *builder, u32 before, u32 rule)
{
	struct rule_chain chain = { before, rule, 0 };
	size_t at;

	if (builder->chains.n * 2 >= builder->n_slots)
		grow_slots(builder);
	at = chain_place(builder, before, rule);
	while (builder->slots[at].chain_plus1) {
		if (builder->slots[at].before == before && builder->slots[at].rule == rule)
			return builder->slots[at].chain_plus1 - 1;
		at = (at + 1) & (builder->n_slots - 1);
	}
	otseg_vec_add(&builder->chains, &chain, 1);
	builder->slots[at] = (struct chain_slot){ before, rule, builder->chains.n };
	return builder->chains.n - 1;
}

/* Lay every rule over the roles that it is about. */
static int combine(struct pair_builder *builder)
{
	struct otseg_compiler *compiler = builder->compiler;
	const u32 *rules = builder->rules.data;
	u32 *src = otseg_alloc(builder->src.n * sizeof(*src));
	u32 *dst = otseg_alloc(builder->dst.n * sizeof(*dst));
	u32 *src_stamp = otseg_alloc(builder->src.n * sizeof(*src_stamp));
	u32 *dst_stamp = otseg_alloc(builder->dst.n * sizeof(*dst_stamp));
	size_t i, s, d, n_src, n_dst;
	int err = 0;

	for (i = 0; !err && i < builder->rules.n; i++) {
		const struct otseg_ends *ends = &compiler->ends[rules[i]];

		n_src = list_roles(builder, &builder->src, ends->from, src, src_stamp, i + 1);
		n_dst = list_roles(builder, &builder->dst, ends->to, dst, dst_stamp, i + 1);
		compiler->combinations += n_src * n_dst;
		if (compiler->combinations > OTSEG_MAX_COMBINATIONS) {
			err = otseg_compile_error(compiler, compiler->rules[rules[i]]->at,
						  "rules and the assets they name combine in more "
						  "than %u ways; fewer rules about single assets "
						  "would help",
						  OTSEG_MAX_COMBINATIONS);
			break;
		}
		for (s = 0; s < n_src; s++)
			for (d = 0; d < n_dst; d++) {
				u32 *cell = &builder->cells[src[s] * builder->dst.n + dst[d]];

				*cell = extend_chain(builder, *cell, rules[i]);
			}
	}
	free(src);
	free(dst);
	free(src_stamp);
	free(dst_stamp);
	return err;
}

static int write_cells(struct pair_builder *builder)
{
	struct otseg_compiler *compiler = builder->compiler;
	struct rule_chain *chains = builder->chains.data;
	size_t n_cells = (size_t)builder->src.n * builder->dst.n, i, n, last;
	u32 *rules, at;
	int err = 0;

	rules = otseg_alloc(builder->rules.n * sizeof(*rules));
	for (i = 0; !err && i < n_cells; i++) {
		struct rule_chain *chain = &chains[builder->cells[i]];

		if (builder->cells[i] && !chain->cell_plus1) {
			n = 0;
			for (at = builder->cells[i]; at; at = chains[at].before)
				n++;
			last = n;
			for (at = builder->cells[i]; at; at = chains[at].before)
				rules[--last] = chains[at].rule;
			err = otseg_compile_cell(compiler, rules, n, &chain->cell_plus1);
			if (!err)
				err = otseg_compile_capacity(compiler, OTSEG_SEC_CELLS);
			if (!err)
				err = otseg_compile_capacity(compiler, OTSEG_SEC_INTERVALS);
			if (!err)
				err = otseg_compile_capacity(compiler, OTSEG_SEC_LEAF_RULES);
		}
		builder->cells[i] = chain->cell_plus1;
	}
	free(rules);
	return err;
}

static int compile_pair(struct otseg_compiler *compiler, const u32 *members, size_t n_members,
			const u32 *first_rule)
{
	const struct otseg_policy *policy = compiler->policy;
	const struct otseg_conduit *first = &policy->conduits[members[0]];
	struct pair_builder builder = {
		.compiler = compiler,
		.rules = OTSEG_VEC(u32),
		.chains = OTSEG_VEC(struct rule_chain),
	};
	struct otseg_img_pair pair = { 0 };
	u16 *matrix = OTSEG_SECTION(compiler, PAIR_MATRIX)->vec.data;
	size_t i, k, n_cells;
	int err = 0;

	for (i = 0; i < n_members; i++)
		for (k = 0; k < policy->conduits[members[i]].n_rules; k++)
			otseg_vec_add_u32(&builder.rules, first_rule[members[i]] + k);
	make_roles(&builder, &builder.src, first->from, true);
	make_roles(&builder, &builder.dst, first->to, false);
	/* Nothing comes from an empty zone, and nothing goes there. */
	if (!builder.src.n || !builder.dst.n)
		goto out;

	n_cells = (size_t)builder.src.n * builder.dst.n;
	if (OTSEG_SECTION(compiler, CELL_MATRIX)->vec.n + n_cells > (4u << 20)) {
		err = otseg_compile_error(compiler, first->at,
					  "the rules from '%s' to '%s' tell %u sources and %u "
					  "destinations apart: too many together",
					  policy->zones[first->from].name,
					  policy->zones[first->to].name, builder.src.n,
					  builder.dst.n);
		goto out;
	}
	builder.cells = otseg_alloc(n_cells * sizeof(*builder.cells));
	otseg_vec_add(&builder.chains, NULL, 1);
	err = combine(&builder);
	if (!err)
		err = write_cells(&builder);
	if (err)
		goto out;
	pair.src_roles = otseg_pool_add(OTSEG_SECTION(compiler, ROLES), builder.src.of_class,
					builder.src.n_classes);
	pair.dst_roles = otseg_pool_add(OTSEG_SECTION(compiler, ROLES), builder.dst.of_class,
					builder.dst.n_classes);
	pair.cells = otseg_pool_add(OTSEG_SECTION(compiler, CELL_MATRIX), builder.cells, n_cells);
	pair.n_src_roles = builder.src.n;
	pair.n_dst_roles = builder.dst.n;
	pair.conduit = OTSEG_NONE16; /* until otseg_state_settle() */
	otseg_vec_add(&OTSEG_SECTION(compiler, PAIRS)->vec, &pair, 1);
	matrix[first->from * policy->n_zones + first->to] = OTSEG_SECTION(compiler, PAIRS)->vec.n;
	err = otseg_compile_capacity(compiler, OTSEG_SEC_CELL_MATRIX);
	if (!err)
		err = otseg_compile_capacity(compiler, OTSEG_SEC_ROLES);
out:
	otseg_vec_free(&builder.rules);
	otseg_vec_free(&builder.chains);
	free(builder.src.of_class);
	free(builder.dst.of_class);
	free(builder.slots);
	free(builder.cells);
	return err;
}

/**
 * otseg_compile_pairs - make the pairs of zones, their roles and cells
 * @compiler: the compiler; the classes are made
 *
 * Return: 0 or a negative errno after the error was noted.
 */
int otseg_compile_pairs(struct otseg_compiler *compiler)
{
	const struct otseg_policy *policy = compiler->policy;
	size_t n_zones = policy->n_zones, n = policy->n_conduits, i, k, n_members;
	u32 *first_rule, *members, *next, *last_of, *is_first;
	int err = 0;

	otseg_vec_add(&OTSEG_SECTION(compiler, PAIR_MATRIX)->vec, NULL, n_zones * n_zones);
	first_rule = otseg_alloc((n + 1) * sizeof(*first_rule));
	members = otseg_alloc((n + 1) * sizeof(*members));
	next = otseg_alloc((n + 1) * sizeof(*next));
	is_first = otseg_alloc((n + 1) * sizeof(*is_first));
	last_of = otseg_alloc(n_zones * n_zones * sizeof(*last_of));

	/* Chain the conduits of each pair, in the order of the text. */
	for (i = 0; i < n; i++) {
		const struct otseg_conduit *conduit = &policy->conduits[i];
		u32 *last = &last_of[conduit->from * n_zones + conduit->to];

		first_rule[i + 1] = first_rule[i] + conduit->n_rules;
		if (*last)
			next[*last - 1] = i + 1;
		else
			is_first[i] = 1;
		*last = i + 1;
	}
	for (i = 0; !err && i < n; i++) {
		if (!is_first[i])
			continue;
		n_members = 0;
		for (k = i + 1; k; k = next[k - 1])
			members[n_members++] = k - 1;
		err = compile_pair(compiler, members, n_members, first_rule);
	}
	free(first_rule);
	free(members);
	free(next);
	free(is_first);
	free(last_of);
	return err;
}
