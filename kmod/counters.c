// SPDX-License-Identifier: GPL-2.0-only
/*
 * The counter blocks of a generation and their sums.
 *
 * A block is written by its own processor alone, from softirq: by the datapath
 * through the kfunc and by the guard. Readers hold the RCU read lock and add the
 * blocks of all processors. Pages that no record of the policy uses are one junk
 * page, so a wrong index spoils nothing and an unused index costs nothing.
 *
 * A swap must neither lose nor repeat a count. From the moment the new counters
 * are visible until no packet can count in the old ones (a grace period), a sum
 * is that of the new blocks and that of the old ones, looked up by name. After
 * it the old sums are final; they are copied and the old counters can go.
 */
#include <linux/bitmap.h>
#include <linux/gfp.h>
#include <linux/mm.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/smp.h>
#include <linux/topology.h>

#include "counters.h"

#define OTSEG_CTR_PAGES DIV_ROUND_UP(OTSEG_CTR_SIZE, PAGE_SIZE)

static_assert(sizeof(unsigned long) == sizeof(u64), "counters are read without tearing");

#define OTSEG_KIND_LAYOUT(kind, records)       \
	[OTSEG_KIND_##kind] = {                \
		.first = OTSEG_CTR_##kind,     \
		.len = OTSEG_CTR_##kind##_LEN, \
		.max = records,                \
	}

const struct otseg_kind_layout otseg_kind_layouts[OTSEG_KIND_COUNT] = {
	OTSEG_KIND_LAYOUT(REASON, OTSEG_R_MAX),	  OTSEG_KIND_LAYOUT(LINK, OTSEG_MAX_LINKS),
	OTSEG_KIND_LAYOUT(ZONE, OTSEG_MAX_ZONES), OTSEG_KIND_LAYOUT(CONDUIT, OTSEG_MAX_CONDUITS),
	OTSEG_KIND_LAYOUT(RULE, OTSEG_MAX_RULES),
};

/* Marks the pages that hold a counter of a record in use. */
static void mark_used_pages(const struct otseg_counters *counters, unsigned long *used)
{
	int kind;

	for (kind = 0; kind < OTSEG_KIND_COUNT; kind++) {
		const struct otseg_kind_layout *layout = &otseg_kind_layouts[kind];
		u32 n = counters->count[kind] * layout->len;
		u32 first = layout->first * sizeof(u64) / PAGE_SIZE;
		u32 last;

		if (!n)
			continue;
		last = ((layout->first + n) * sizeof(u64) - 1) / PAGE_SIZE;
		bitmap_set(used, first, last - first + 1);
	}
}

/* Fills in a mapping of a counter block's size and layout, zeroed. */
static int block_create(struct otseg_mapping *block, const struct otseg_counters *counters,
			int node)
{
	DECLARE_BITMAP(used, OTSEG_CTR_PAGES) = {};
	struct page **pages;
	u32 i;

	pages = kvcalloc(OTSEG_CTR_PAGES, sizeof(*pages), GFP_KERNEL_ACCOUNT);
	if (!pages)
		return -ENOMEM;

	mark_used_pages(counters, used);
	for (i = 0; i < OTSEG_CTR_PAGES; i++) {
		if (!test_bit(i, used))
			continue;
		pages[i] = alloc_pages_node(node, GFP_KERNEL_ACCOUNT | __GFP_ZERO, 0);
		if (!pages[i])
			goto err_pages;
	}
	if (otseg_mapping_create(block, pages, OTSEG_CTR_PAGES, counters->junk, PAGE_KERNEL))
		goto err_pages;
	return 0;

err_pages:
	otseg_mapping_free_pages(pages, OTSEG_CTR_PAGES, NULL);
	return -ENOMEM;
}

/**
 * otseg_counters_create - make the counters of a generation, all zero
 * @generation: the generation
 * @count: records in use, by kind
 *
 * Context: process, may sleep.
 * Return: the counters or NULL without memory.
 */
struct otseg_counters *otseg_counters_create(u32 generation, const u32 count[OTSEG_KIND_COUNT])
{
	struct otseg_counters *counters;
	int cpu;

	counters = kzalloc(sizeof(*counters), GFP_KERNEL);
	if (!counters)
		return NULL;
	counters->generation = generation;
	memcpy(counters->count, count, sizeof(counters->count));

	counters->junk = alloc_page(GFP_KERNEL_ACCOUNT | __GFP_ZERO);
	counters->block = kcalloc(nr_cpu_ids, sizeof(*counters->block), GFP_KERNEL_ACCOUNT);
	if (!counters->junk || !counters->block)
		goto err;
	for_each_possible_cpu(cpu)
		if (block_create(&counters->block[cpu], counters, cpu_to_node(cpu)))
			goto err;
	return counters;

err:
	otseg_counters_destroy(counters);
	return NULL;
}

/**
 * otseg_counters_destroy - free counters that nobody can look at any more
 * @counters: the counters, perhaps half built; NULL is fine
 *
 * Context: process, may sleep.
 */
void otseg_counters_destroy(struct otseg_counters *counters)
{
	int cpu;

	if (!counters)
		return;
	otseg_carry_destroy(rcu_dereference_protected(counters->carry, true));
	if (counters->block) {
		for_each_possible_cpu(cpu)
			otseg_mapping_destroy(&counters->block[cpu]);
		kfree(counters->block);
	}
	if (counters->junk)
		__free_page(counters->junk);
	kfree(counters);
}

static u64 sum_blocks(const struct otseg_counters *counters, u32 index)
{
	u64 sum = 0;
	int cpu;

	for_each_possible_cpu(cpu) {
		const u64 *block = counters->block[cpu].addr;

		sum += READ_ONCE(block[index]);
	}
	return sum;
}

/**
 * otseg_counters_sum - read one counter
 * @counters: the counters
 * @kind: kind of the record
 * @record: its index
 * @field: counter of the record, below the kind's length
 *
 * Context: RCU read-side section, or @counters cannot change.
 * Return: the sum over processors and generations; 0 for a record not in use.
 */
u64 otseg_counters_sum(const struct otseg_counters *counters, enum otseg_kind kind, u32 record,
		       u32 field)
{
	const struct otseg_kind_layout *layout = &otseg_kind_layouts[kind];
	const struct otseg_carry *carry;
	u32 index = layout->first + record * layout->len + field;
	u64 sum;

	if (record >= counters->count[kind])
		return 0;

	sum = sum_blocks(counters, index);
	/* Kept alive by the RCU read lock, or by the owner of counters not yet shared. */
	carry = rcu_dereference_check(counters->carry, true);
	if (!carry)
		return sum;
	if (!carry->from)
		return sum + ((const u64 *)carry->base.addr)[index];

	if (carry->map[kind])
		record = carry->map[kind][record];
	if (record != OTSEG_NONE32)
		sum += otseg_counters_sum(carry->from, kind, record, field);
	return sum;
}

/**
 * otseg_counters_at - read the counter at an index of the block
 * @counters: the counters
 * @index: below OTSEG_CTR_COUNT
 *
 * Context: RCU read-side section.
 * Return: the sum over processors and generations; 0 where no record is in use.
 */
u64 otseg_counters_at(const struct otseg_counters *counters, u32 index)
{
	int kind = OTSEG_KIND_COUNT - 1;

	while (index < otseg_kind_layouts[kind].first)
		kind--;
	index -= otseg_kind_layouts[kind].first;
	return otseg_counters_sum(counters, kind, index / otseg_kind_layouts[kind].len,
				  index % otseg_kind_layouts[kind].len);
}

/**
 * otseg_counters_block - this processor's block of a generation
 * @counters: the active counters
 * @generation: this or, while packets may still need it, the one before
 *
 * Context: softirq or bottom halves off.
 * Return: OTSEG_CTR_SIZE bytes, or NULL if the generation is gone.
 */
u64 *otseg_counters_block(const struct otseg_counters *counters, u32 generation)
{
	const struct otseg_carry *carry;

	if (likely(counters->generation == generation))
		return counters->block[smp_processor_id()].addr;

	carry = rcu_dereference_check(counters->carry, rcu_read_lock_bh_held());
	if (carry && carry->from && carry->from->generation == generation)
		return carry->from->block[smp_processor_id()].addr;
	return NULL;
}

/**
 * otseg_carry_create - begin to carry over what earlier generations counted
 * @from: counters of the generation before; NULL: not known yet, the caller sets it
 * @to: counters of the new one
 *
 * The caller fills the maps, which exist for all kinds but reasons.
 *
 * Context: process, may sleep.
 * Return: the carry or NULL without memory.
 */
struct otseg_carry *otseg_carry_create(const struct otseg_counters *from,
				       const struct otseg_counters *to)
{
	struct otseg_carry *carry;
	int kind;

	carry = kzalloc(sizeof(*carry), GFP_KERNEL);
	if (!carry)
		return NULL;
	carry->from = from;
	for (kind = OTSEG_KIND_LINK; kind < OTSEG_KIND_COUNT; kind++) {
		/* A map without entries must still differ from none at all. */
		carry->map[kind] = kvcalloc(to->count[kind] + 1, sizeof(u32), GFP_KERNEL_ACCOUNT);
		if (!carry->map[kind]) {
			otseg_carry_destroy(carry);
			return NULL;
		}
	}
	return carry;
}

/**
 * otseg_carry_create_settled - make room for sums that are final
 * @to: counters of the new generation
 *
 * Context: process, may sleep.
 * Return: the carry, all sums zero, or NULL without memory.
 */
struct otseg_carry *otseg_carry_create_settled(const struct otseg_counters *to)
{
	struct otseg_carry *carry;

	carry = kzalloc(sizeof(*carry), GFP_KERNEL);
	if (!carry)
		return NULL;
	if (block_create(&carry->base, to, NUMA_NO_NODE)) {
		kfree(carry);
		return NULL;
	}
	return carry;
}

/**
 * otseg_carry_settle - take over the final sums of the generation before
 * @settled: from otseg_carry_create_settled()
 * @to: counters of the new generation
 * @live: from otseg_carry_create(); no packet counts in its generation any more
 *
 * Context: process, may sleep.
 */
void otseg_carry_settle(struct otseg_carry *settled, const struct otseg_counters *to,
			const struct otseg_carry *live)
{
	u64 *base = settled->base.addr;
	int kind;

	for (kind = 0; kind < OTSEG_KIND_COUNT; kind++) {
		const struct otseg_kind_layout *layout = &otseg_kind_layouts[kind];
		u32 record;

		for (record = 0; record < to->count[kind]; record++) {
			u32 old = live->map[kind] ? live->map[kind][record] : record;
			u32 field;

			if (old == OTSEG_NONE32)
				continue;
			for (field = 0; field < layout->len; field++)
				base[layout->first + record * layout->len + field] =
					otseg_counters_sum(live->from, kind, old, field);
			cond_resched();
		}
	}
}

/**
 * otseg_carry_destroy - free a carry, but not the counters it comes from
 * @carry: the carry, NULL is fine
 *
 * Context: process, may sleep.
 */
void otseg_carry_destroy(struct otseg_carry *carry)
{
	int kind;

	if (!carry)
		return;
	for (kind = 0; kind < OTSEG_KIND_COUNT; kind++)
		kvfree(carry->map[kind]);
	otseg_mapping_destroy(&carry->base);
	kfree(carry);
}
