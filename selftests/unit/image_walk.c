// SPDX-License-Identifier: GPL-2.0-only
/*
 * The look-ups of the datapath, see image_walk.h.
 */
#include <assert.h>
#include <string.h>

#include "image_walk.h"

#define V6_STEPS 18
#define INTERVAL_STEPS 17

static u32 child_entry(const void *image, u32 entry, u32 child)
{
	const struct otseg_img_node *node;
	u32 i, place;

	assert((entry & ~OTSEG_TRIE_NODE) < OTSEG_IMAGE_COUNT(image, V4_NODES));
	node = &OTSEG_IMAGE_RECORDS(image, V4_NODES)[entry & ~OTSEG_TRIE_NODE];
	place = node->entries + node->before[child / 64] - 1;
	for (i = child / 64 * 64; i <= child; i++)
		place += node->bits[i / 64] >> i % 64 & 1;
	assert(place < OTSEG_IMAGE_COUNT(image, V4_ENTRIES));
	return OTSEG_IMAGE_RECORDS(image, V4_ENTRIES)[place];
}

/**
 * image_walk_class4 - the class of an IPv4 address
 * @image: a verified image
 * @address: the address as a number
 *
 * Return: endpoint class.
 */
u32 image_walk_class4(const void *image, u32 address)
{
	u32 entry = OTSEG_IMAGE_RECORDS(image, V4_ROOT)[address >> 16];

	if (entry & OTSEG_TRIE_NODE)
		entry = child_entry(image, entry, address >> 8 & 255);
	if (entry & OTSEG_TRIE_NODE)
		entry = child_entry(image, entry, address & 255);
	assert(entry < OTSEG_IMAGE_COUNT(image, CLASSES));
	return entry;
}

/**
 * image_walk_class6 - the class of an IPv6 address
 * @image: a verified image
 * @hi: upper half
 * @lo: lower half
 *
 * Return: endpoint class.
 */
u32 image_walk_class6(const void *image, u64 hi, u64 lo)
{
	const struct otseg_img_v6range *ranges = OTSEG_IMAGE_RECORDS(image, V6_RANGES);
	u32 n = OTSEG_IMAGE_COUNT(image, V6_RANGES), at = 0, steps = 0;

	if (!n)
		return 0;
	while (n > 1) {
		u32 half = n / 2;

		if (ranges[at + half].hi < hi ||
		    (ranges[at + half].hi == hi && ranges[at + half].lo <= lo))
			at += half;
		n -= half;
		assert(++steps <= V6_STEPS);
	}
	assert(ranges[at].class < OTSEG_IMAGE_COUNT(image, CLASSES));
	return ranges[at].class;
}

/**
 * image_walk_link - find a link
 * @image: a verified image
 * @name: interface, zero padded
 * @vlan: as in struct otseg_img_link
 *
 * Return: the link or OTSEG_NONE32.
 */
u32 image_walk_link(const void *image, const char name[16], u32 vlan)
{
	const struct otseg_img_link *links = OTSEG_IMAGE_RECORDS(image, LINKS);
	const u16 *slots = OTSEG_IMAGE_RECORDS(image, LINK_HASH);
	u32 n = OTSEG_IMAGE_COUNT(image, LINK_HASH), hash, words[4], i;

	memcpy(words, name, sizeof(words));
	hash = otseg_link_hash(words, vlan);
	for (i = 0; n && i < OTSEG_MAX_PROBES; i++) {
		u32 slot = slots[(hash + i) & (n - 1)];

		if (!slot)
			break;
		assert(slot <= OTSEG_IMAGE_COUNT(image, LINKS));
		if (!memcmp(links[slot - 1].name, name, 16) && links[slot - 1].vlan == vlan)
			return slot - 1;
	}
	return OTSEG_NONE32;
}

/**
 * image_walk_mac - whether a MAC may speak for a zone that lists its MACs
 * @image: a verified image
 * @mac: the MAC
 * @zone: the zone
 *
 * Return: whether it may.
 */
bool image_walk_mac(const void *image, const u8 mac[6], u32 zone)
{
	const struct otseg_img_mac *macs = OTSEG_IMAGE_RECORDS(image, MAC_HASH);
	u32 n = OTSEG_IMAGE_COUNT(image, MAC_HASH), upper, hash, i;
	u16 lower;

	memcpy(&upper, mac, sizeof(upper));
	memcpy(&lower, mac + 4, sizeof(lower));
	hash = otseg_mac_hash(upper, lower, zone);
	for (i = 0; n && i < OTSEG_MAX_PROBES; i++) {
		const struct otseg_img_mac *slot = &macs[(hash + i) & (n - 1)];

		if (!slot->zone_plus1)
			break;
		if (slot->zone_plus1 == zone + 1 && !memcmp(slot->addr, mac, 6))
			return true;
	}
	return false;
}

static const struct otseg_img_leaf *cell_leaf(const void *image, const struct otseg_img_cell *cell,
					      u32 selector)
{
	const struct otseg_img_interval *intervals =
		OTSEG_IMAGE_RECORDS(image, INTERVALS) + cell->intervals;
	u32 n = cell->n_intervals, at = 0, steps = 0;

	assert(cell->intervals + n <= OTSEG_IMAGE_COUNT(image, INTERVALS));
	while (n > 1) {
		u32 half = n / 2;

		if (intervals[at + half].first <= selector)
			at += half;
		n -= half;
		assert(++steps <= INTERVAL_STEPS);
	}
	assert(intervals[at].first <= selector);
	if (!intervals[at].leaf_plus1)
		return NULL;
	assert(intervals[at].leaf_plus1 <= OTSEG_IMAGE_COUNT(image, LEAVES));
	return &OTSEG_IMAGE_RECORDS(image, LEAVES)[intervals[at].leaf_plus1 - 1];
}

static const struct otseg_img_cell *find_cell(const void *image, u32 src_class, u32 dst_class)
{
	const struct otseg_img_class *src = &OTSEG_IMAGE_RECORDS(image, CLASSES)[src_class];
	const struct otseg_img_class *dst = &OTSEG_IMAGE_RECORDS(image, CLASSES)[dst_class];
	const u16 *roles = OTSEG_IMAGE_RECORDS(image, ROLES);
	const struct otseg_img_pair *pair;
	u32 index, cell;

	if (src->zone == OTSEG_NONE16 || dst->zone == OTSEG_NONE16)
		return NULL;
	index = src->zone * OTSEG_IMAGE_COUNT(image, ZONES) + dst->zone;
	assert(index < OTSEG_IMAGE_COUNT(image, PAIR_MATRIX));
	index = OTSEG_IMAGE_RECORDS(image, PAIR_MATRIX)[index];
	if (!index)
		return NULL;
	assert(index <= OTSEG_IMAGE_COUNT(image, PAIRS));
	pair = &OTSEG_IMAGE_RECORDS(image, PAIRS)[index - 1];
	assert(pair->conduit == OTSEG_NONE16 || pair->conduit < OTSEG_IMAGE_COUNT(image, CONDUITS));
	assert(pair->src_roles + src->local < OTSEG_IMAGE_COUNT(image, ROLES));
	assert(pair->dst_roles + dst->local < OTSEG_IMAGE_COUNT(image, ROLES));
	cell = pair->cells + roles[pair->src_roles + src->local] * pair->n_dst_roles +
	       roles[pair->dst_roles + dst->local];
	assert(cell < OTSEG_IMAGE_COUNT(image, CELL_MATRIX));
	cell = OTSEG_IMAGE_RECORDS(image, CELL_MATRIX)[cell];
	if (!cell)
		return NULL;
	assert(cell <= OTSEG_IMAGE_COUNT(image, CELLS));
	return &OTSEG_IMAGE_RECORDS(image, CELLS)[cell - 1];
}

/**
 * image_walk_leaf - find the rules for a way from one class to another
 * @image: a verified image
 * @src_class: class of the source
 * @dst_class: class of the destination
 * @selector: OTSEG_SEL() of what is asked for
 *
 * Return: the leaf, NULL: there is none.
 */
const struct otseg_img_leaf *image_walk_leaf(const void *image, u32 src_class, u32 dst_class,
					     u32 selector)
{
	const struct otseg_img_cell *cell = find_cell(image, src_class, dst_class);

	return cell ? cell_leaf(image, cell, selector) : NULL;
}

static u64 walk_text(const void *image, const struct otseg_img_rule *rule,
		     const struct otseg_img_text *text)
{
	u64 sum = 0;
	u32 i;

	assert(text->text < 8 && rule->text_mask >> text->text & 1);
	assert(text->len && text->len <= OTSEG_MAX_TEXT);
	assert((u64)text->string + text->len <= OTSEG_IMAGE_COUNT(image, STRINGS));
	for (i = 0; i < text->len; i++)
		sum += (u8)otseg_image_string(image, text->string)[i];
	return sum;
}

static u64 walk_rule(const void *image, u32 index)
{
	const struct otseg_img_range *ranges = OTSEG_IMAGE_RECORDS(image, RANGES);
	const struct otseg_img_rule *rule;
	u64 sum = 0;
	u32 i;

	assert(index < OTSEG_IMAGE_COUNT(image, RULES));
	rule = &OTSEG_IMAGE_RECORDS(image, RULES)[index];
	assert(rule->conduit < OTSEG_IMAGE_COUNT(image, CONDUITS));
	assert(rule->rate.limiter == OTSEG_NONE32 || rule->rate.limiter < OTSEG_MAX_LIMITERS);
	for (i = 0; i < rule->n_units; i++)
		sum += ranges[rule->units + i].last;
	for (i = 0; i < rule->n_functions; i++)
		sum += ranges[rule->functions + i].last;
	for (i = 0; i < rule->n_values; i++)
		sum += ranges[rule->values + i].last;
	for (i = 0; i < rule->n_objects; i++)
		sum += OTSEG_IMAGE_RECORDS(image, OBJECTS)[rule->objects + i].last;
	for (i = 0; i < rule->n_fields; i++) {
		const struct otseg_img_object *field =
			&OTSEG_IMAGE_RECORDS(image, OBJECTS)[rule->fields + i];

		assert(field->type < 16 && rule->field_mask >> field->type & 1);
		sum += field->last;
	}
	for (i = 0; i < rule->n_texts; i++)
		sum += walk_text(image, rule, &OTSEG_IMAGE_RECORDS(image, TEXTS)[rule->texts + i]);
	return sum;
}

static u64 walk_leaf(const void *image, const struct otseg_img_leaf *leaf)
{
	u64 sum = 0;
	u32 i;

	assert(leaf->n_rules && leaf->n_rules <= OTSEG_MAX_LEAF_RULES);
	for (i = 0; i < leaf->n_rules; i++) {
		assert(leaf->rules + i < OTSEG_IMAGE_COUNT(image, LEAF_RULES));
		sum += walk_rule(image, OTSEG_IMAGE_RECORDS(image, LEAF_RULES)[leaf->rules + i]);
	}
	return sum;
}

/* Between all classes, as far as there are not too many, at the edges of all intervals. */
static u64 walk_classes(const void *image)
{
	u32 n = OTSEG_IMAGE_COUNT(image, CLASSES), src, dst, i;
	u64 sum = 0;

	for (src = 0; src < n && src < 64; src++)
		for (dst = 0; dst < n && dst < 64; dst++) {
			const struct otseg_img_cell *cell = find_cell(image, src, dst);
			const struct otseg_img_interval *intervals;
			const struct otseg_img_leaf *leaf;

			if (!cell)
				continue;
			intervals = OTSEG_IMAGE_RECORDS(image, INTERVALS) + cell->intervals;
			for (i = 0; i < cell->n_intervals && i < 64; i++) {
				leaf = cell_leaf(image, cell, intervals[i].first);
				sum += leaf ? walk_leaf(image, leaf) : 0;
				leaf = cell_leaf(image, cell, intervals[i].first - 1);
				sum += leaf ? leaf->service : 0;
			}
		}
	return sum;
}

/* A link is found by its name and VLAN, and leads to the same VLAN of another interface. */
static u64 walk_wire(const void *image, u32 link)
{
	const struct otseg_img_link *links = OTSEG_IMAGE_RECORDS(image, LINKS);
	const struct otseg_img_wire *wires = OTSEG_IMAGE_RECORDS(image, WIRES);
	const struct otseg_img_link *l = &links[link], *peer;

	assert(image_walk_link(image, (const char *)l->name, l->vlan) == link);
	assert(l->mode <= OTSEG_MODE_ROUTE && (l->mode == OTSEG_MODE_WIRE) == !!l->wire_plus1);
	assert(l->zone_plus1 <= OTSEG_IMAGE_COUNT(image, ZONES));
	if (!l->wire_plus1)
		return 0;
	assert(l->wire_plus1 <= OTSEG_IMAGE_COUNT(image, WIRES));
	assert(*otseg_image_string(image, wires[l->wire_plus1 - 1].name));
	if (!l->peer_plus1)
		return 1;
	assert(l->peer_plus1 <= OTSEG_IMAGE_COUNT(image, LINKS));
	peer = &links[l->peer_plus1 - 1];
	assert(peer->vlan == l->vlan && peer->peer_plus1 == link + 1 &&
	       peer->wire_plus1 == l->wire_plus1 && memcmp(peer->name, l->name, 16));
	return l->reach[0];
}

/**
 * image_walk_all - do all the look-ups that the datapath can do, or many of them
 * @image: a verified image
 *
 * Return: a sum over what was found, so that nothing is optimised away.
 */
u64 image_walk_all(const void *image)
{
	const struct otseg_img_v6range *ranges = OTSEG_IMAGE_RECORDS(image, V6_RANGES);
	const struct otseg_img_mac *macs = OTSEG_IMAGE_RECORDS(image, MAC_HASH);
	u64 sum = 0;
	u32 i, k;

	for (i = 0; i < 65536; i++) {
		const u32 *root = OTSEG_IMAGE_RECORDS(image, V4_ROOT) + i;
		u32 entry = *root;

		/* What leads to the same as its neighbour has been seen. */
		if (i && entry == root[-1])
			continue;
		sum += image_walk_class4(image, i << 16);
		for (k = 0; entry & OTSEG_TRIE_NODE && k < 256; k++) {
			sum += image_walk_class4(image, i << 16 | k << 8);
			sum += image_walk_class4(image, i << 16 | k << 8 | (k ^ 0x5a));
			sum += image_walk_class4(image, i << 16 | k << 8 | 255);
		}
	}
	sum += image_walk_class6(image, ~0ull, ~0ull);
	for (i = 0; i < OTSEG_IMAGE_COUNT(image, V6_RANGES); i++) {
		assert(image_walk_class6(image, ranges[i].hi, ranges[i].lo) == ranges[i].class);
		sum += image_walk_class6(image, ranges[i].hi, ranges[i].lo - 1);
	}
	for (i = 0; i < OTSEG_IMAGE_COUNT(image, LINKS); i++)
		sum += walk_wire(image, i);
	for (i = 0; i < OTSEG_IMAGE_COUNT(image, MAC_HASH); i++)
		if (macs[i].zone_plus1)
			assert(image_walk_mac(image, macs[i].addr, macs[i].zone_plus1 - 1));
	return sum + walk_classes(image);
}
