/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The counter blocks of one policy generation, one for each possible processor,
 * and what earlier generations left behind.
 */
#ifndef OTSEG_KMOD_COUNTERS_H
#define OTSEG_KMOD_COUNTERS_H

#include "../include/otseg/counters.h"
#include "mapping.h"

enum otseg_kind {
	OTSEG_KIND_REASON,
	OTSEG_KIND_LINK,
	OTSEG_KIND_ZONE,
	OTSEG_KIND_CONDUIT,
	OTSEG_KIND_RULE,
	OTSEG_KIND_COUNT,
};

/**
 * struct otseg_kind_layout - where the records of a kind lie in a counter block
 * @first: index of the first counter of the first record
 * @len: counters of a record
 * @max: records
 */
struct otseg_kind_layout {
	u32 first;
	u32 len;
	u32 max;
};

extern const struct otseg_kind_layout otseg_kind_layouts[OTSEG_KIND_COUNT];

struct otseg_counters;

/**
 * struct otseg_carry - what the generations before this one counted
 * @from: the generation before, while packets may still count there; else NULL
 * @map: with @from: for each record its index there, OTSEG_NONE32: it is new;
 *	NULL for reasons, whose indices never change
 * @base: without @from: the sums, laid out like a counter block
 */
struct otseg_carry {
	const struct otseg_counters *from;
	u32 *map[OTSEG_KIND_COUNT];
	struct otseg_mapping base;
};

/**
 * struct otseg_counters - all counters of one generation
 * @generation: the generation
 * @count: records in use, by kind; only those are ever read
 * @junk: the page behind the parts of the blocks that no record uses
 * @block: by processor; entries of impossible processors are empty
 * @carry: what came before; NULL: nothing
 */
struct otseg_counters {
	u32 generation;
	u32 count[OTSEG_KIND_COUNT];
	struct page *junk;
	struct otseg_mapping *block;
	struct otseg_carry __rcu *carry;
};

struct otseg_counters *otseg_counters_create(u32 generation, const u32 count[OTSEG_KIND_COUNT]);
void otseg_counters_destroy(struct otseg_counters *counters);
u64 otseg_counters_sum(const struct otseg_counters *counters, enum otseg_kind kind, u32 record,
		       u32 field);
u64 otseg_counters_at(const struct otseg_counters *counters, u32 index);
u64 *otseg_counters_block(const struct otseg_counters *counters, u32 generation);

struct otseg_carry *otseg_carry_create(const struct otseg_counters *from,
				       const struct otseg_counters *to);
struct otseg_carry *otseg_carry_create_settled(const struct otseg_counters *to);
void otseg_carry_settle(struct otseg_carry *settled, const struct otseg_counters *to,
			const struct otseg_carry *live);
void otseg_carry_destroy(struct otseg_carry *carry);

#endif /* OTSEG_KMOD_COUNTERS_H */
