// SPDX-License-Identifier: GPL-2.0-only
/*
 * The IPv4 trie of an image: from sorted ranges to nodes of 256 children each.
 * Equal nodes become one.
 */
#include <stdlib.h>
#include <string.h>

#include "compile.h"

#define NODE_WORDS 8 /* the bit map of a node, in front of its entries */

/**
 * struct trie - the nodes of the two lower levels while they are made
 * @ranges: the classes of all addresses
 * @n: their number
 * @nodes: of each level: bit map and entries of each node, each node once
 * @firsts: of each level: where the nodes begin in there
 * @numbers: of each level: number of the node that begins at a word
 */
struct trie {
	const struct otseg_class_range *ranges;
	size_t n;
	struct otseg_pool nodes[2];
	struct otseg_vec firsts[2];
	struct otseg_vec numbers[2];
};

static u32 range_first(const struct trie *trie, size_t i)
{
	return trie->ranges[i].first.hi >> 32;
}

/* Whether range @i holds all of the 2^@bits addresses from @first on. */
static bool range_holds(const struct trie *trie, size_t i, u32 first, unsigned int bits)
{
	u32 last = first | (u32)((1ull << bits) - 1);

	return i + 1 == trie->n || range_first(trie, i + 1) > last;
}

static size_t skip_to(const struct trie *trie, size_t i, u32 first)
{
	while (i + 1 < trie->n && range_first(trie, i + 1) <= first)
		i++;
	return i;
}

static u32 add_node(struct trie *trie, unsigned int level, const u32 children[256])
{
	u32 words[NODE_WORDS + 256] = { 0 };
	struct otseg_pool *nodes = &trie->nodes[level];
	size_t known = nodes->vec.n, i, n = 0;
	u32 first;

	for (i = 0; i < 256; i++)
		if (!i || children[i] != children[i - 1]) {
			words[i / 32] |= 1u << i % 32;
			words[NODE_WORDS + n++] = children[i];
		}
	first = otseg_pool_add(nodes, words, NODE_WORDS + n);
	if (first == known) {
		otseg_vec_add(&trie->numbers[level], NULL, NODE_WORDS + n);
		((u32 *)trie->numbers[level].data)[first] = trie->firsts[level].n;
		otseg_vec_add_u32(&trie->firsts[level], first);
	}
	return OTSEG_TRIE_NODE | ((u32 *)trie->numbers[level].data)[first];
}

/* The entry for the 2^@bits addresses from @first on; range @i holds the first of them. */
static u32 make_entry(struct trie *trie, size_t i, u32 first, unsigned int bits)
{
	u32 children[256], child, address;

	if (range_holds(trie, i, first, bits))
		return trie->ranges[i].class;
	/* At most two levels below the root: the recursion ends with single addresses. */
	for (child = 0; child < 256; child++) {
		address = first + (child << (bits - 8));
		i = skip_to(trie, i, address);
		children[child] = make_entry(trie, i, address, bits - 8);
	}
	return add_node(trie, bits == 16 ? 0 : 1, children);
}

static void write_level(struct otseg_compiler *compiler, const struct trie *trie,
			unsigned int level)
{
	const u32 *words = trie->nodes[level].vec.data, *firsts = trie->firsts[level].data;
	struct otseg_vec *entries = &OTSEG_SECTION(compiler, V4_ENTRIES)->vec;
	size_t n_upper = trie->firsts[0].n, i, k;

	for (i = 0; i < trie->firsts[level].n; i++) {
		size_t end = i + 1 < trie->firsts[level].n ? firsts[i + 1] :
							     trie->nodes[level].vec.n;
		struct otseg_img_node node = { .entries = entries->n };
		unsigned int before = 0;

		for (k = 0; k < 4; k++) {
			node.bits[k] = words[firsts[i] + 2 * k] | (u64)words[firsts[i] + 2 * k + 1]
									  << 32;
			node.before[k] = before;
			before += __builtin_popcountll(node.bits[k]);
		}
		otseg_vec_add(&OTSEG_SECTION(compiler, V4_NODES)->vec, &node, 1);
		/* Nodes of the third level are numbered behind those of the second. */
		for (k = firsts[i] + NODE_WORDS; k < end; k++)
			otseg_vec_add_u32(entries, words[k] & OTSEG_TRIE_NODE ? words[k] + n_upper :
										words[k]);
	}
}

/**
 * otseg_compile_trie - make the IPv4 trie
 * @compiler: the compiler
 * @ranges: the classes of all addresses, in order
 * @n: their number, at least 1
 */
void otseg_compile_trie(struct otseg_compiler *compiler, const struct otseg_class_range *ranges,
			size_t n)
{
	struct trie trie = {
		.ranges = ranges,
		.n = n,
		.nodes = { OTSEG_POOL(u32), OTSEG_POOL(u32) },
		.firsts = { OTSEG_VEC(u32), OTSEG_VEC(u32) },
		.numbers = { OTSEG_VEC(u32), OTSEG_VEC(u32) },
	};
	struct otseg_vec *root = &OTSEG_SECTION(compiler, V4_ROOT)->vec;
	size_t i = 0, level;
	u32 block;

	for (block = 0; block < 65536; block++) {
		i = skip_to(&trie, i, block << 16);
		otseg_vec_add_u32(root, make_entry(&trie, i, block << 16, 16));
	}
	for (level = 0; level < 2; level++)
		write_level(compiler, &trie, level);
	for (level = 0; level < 2; level++) {
		otseg_pool_free(&trie.nodes[level]);
		otseg_vec_free(&trie.firsts[level]);
		otseg_vec_free(&trie.numbers[level]);
	}
}
