/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the parts of the compiler share while they turn a model into an image:
 * the sections as they grow, and the endpoint classes that tie addresses to
 * rules. Nothing in here depends on addresses in memory, time or locale, so
 * the same model always becomes the same bytes.
 */
#ifndef OTSEG_POLICY_COMPILE_H
#define OTSEG_POLICY_COMPILE_H

#include "arena.h"
#include "model.h"

/* Rules and roles may be combined so often before a policy counts as too entangled. */
#define OTSEG_MAX_COMBINATIONS (64u << 20)

/**
 * struct otseg_class_list - a set of assets that rules name together
 * @classes: the endpoint classes that it covers, ascending
 * @n: their number
 */
struct otseg_class_list {
	u16 *classes;
	size_t n;
};

/**
 * struct otseg_ends - the sets of assets that a rule names, by index into the
 * compiler's lists plus one; 0 is the whole zone
 * @from: where it may come from
 * @to: where it may go
 */
struct otseg_ends {
	u32 from;
	u32 to;
};

/**
 * struct otseg_shadow - what a rule meets in the leaves that hold it
 * @is_reached: in some leaf no other rule makes it pointless
 * @by: the rule that does elsewhere, plus one
 */
struct otseg_shadow {
	bool is_reached;
	u32 by;
};

/**
 * struct otseg_compiler - an image that is being made
 * @policy: the model
 * @diag: where messages go
 * @arena: memory for as long as it takes
 * @sections: the sections; where sharing pays, records are added as to a pool
 * @rules: every rule of the policy, by its index in RULES
 * @conduits: the conduit of each
 * @ends: whom each is about
 * @shadows: what each meets
 * @n_rules: their number
 * @lists: sets of assets that rules name
 * @n_lists: their number
 * @first_class: of each zone
 * @combinations: rules and roles combined so far
 * @n_limiters: rules and conduits so far that have a rate
 */
struct otseg_compiler {
	const struct otseg_policy *policy;
	struct otseg_diag *diag;
	struct otseg_arena arena;
	struct otseg_pool sections[OTSEG_SEC_COUNT];
	const struct otseg_rule **rules;
	const struct otseg_conduit **conduits;
	struct otseg_ends *ends;
	struct otseg_shadow *shadows;
	size_t n_rules;
	struct otseg_class_list *lists;
	size_t n_lists;
	u16 first_class[OTSEG_MAX_ZONES];
	u64 combinations;
	u32 n_limiters;
};

#define OTSEG_SECTION(compiler, id) (&(compiler)->sections[OTSEG_SEC_##id])

/**
 * struct otseg_class_range - from this address up to the next one: one class
 * @first: its first address
 * @class: endpoint class
 */
struct otseg_class_range {
	struct otseg_address first;
	u32 class;
};

int otseg_compile_error(struct otseg_compiler *compiler, struct otseg_mark_at at,
			const char *format, ...) __attribute__((format(printf, 3, 4)));
void otseg_compile_warn(struct otseg_compiler *compiler, struct otseg_mark_at at,
			const char *format, ...) __attribute__((format(printf, 3, 4)));
int otseg_compile_capacity(struct otseg_compiler *compiler, enum otseg_section_id id);

int otseg_compile_classes(struct otseg_compiler *compiler);
void otseg_compile_trie(struct otseg_compiler *compiler, const struct otseg_class_range *ranges,
			size_t n);
int otseg_compile_links(struct otseg_compiler *compiler);
void otseg_compile_wires(struct otseg_compiler *compiler);
void otseg_compile_routed(struct otseg_compiler *compiler);
void otseg_compile_fail_open(struct otseg_compiler *compiler);
int otseg_compile_macs(struct otseg_compiler *compiler);
int otseg_compile_pairs(struct otseg_compiler *compiler);
int otseg_compile_cell(struct otseg_compiler *compiler, const u32 *rules, size_t n,
		       u32 *cell_plus1);
void otseg_compile_shadows(struct otseg_compiler *compiler);

u32 otseg_strings_add(struct otseg_compiler *compiler, const char *text);

#endif /* OTSEG_POLICY_COMPILE_H */
