// SPDX-License-Identifier: GPL-2.0-only
/*
 * Where frames come from and go to: links of both images, and addresses that both treat alike.
 */
#include <stdlib.h>
#include <string.h>

#include "diff.h"

/* Addresses that are in no zone, whatever its prefixes say (bpf/engine/classify.h). */
enum oddity {
	ODD_NOT, /* as its class says */
	ODD_SOURCE, /* no source */
	ODD_EVER,
};

/* From this address on one class, of one image; or one oddity. */
struct step {
	struct otseg_address first;
	u32 class;
};

static const struct step odd_4[] = {
	{ { 0, 0 }, ODD_EVER },
	{ { 0x01000000ull << 32, 0 }, ODD_NOT },
	{ { 0x7f000000ull << 32, 0 }, ODD_EVER },
	{ { 0x80000000ull << 32, 0 }, ODD_NOT },
	{ { 0xe0000000ull << 32, 0 }, ODD_SOURCE },
	{ { 0xf0000000ull << 32, 0 }, ODD_NOT },
	{ { 0xffffffffull << 32, 0 }, ODD_SOURCE },
};

static const struct step odd_6[] = {
	{ { 0, 0 }, ODD_EVER },
	{ { 0, 2 }, ODD_NOT },
	{ { 0, 0xffffull << 32 }, ODD_EVER },
	{ { 0, 0x10000ull << 32 }, ODD_NOT },
	{ { 0xff00ull << 48, 0 }, ODD_SOURCE },
};

static void step_add(struct otseg_vec *steps, u64 hi, u64 lo, u32 class)
{
	const struct step *all = steps->data;
	struct step step = { { hi, lo }, class };

	if (!steps->n || all[steps->n - 1].class != class)
		otseg_vec_add(steps, &step, 1);
}

/* What an entry of the trie holds; it stands for the addresses from @first on. */
static void walk_4(const void *image, struct otseg_vec *steps, u32 entry, u32 first, u32 shift)
{
	const struct otseg_img_node *node;
	u32 i, rank = 0;

	if (!(entry & OTSEG_TRIE_NODE)) {
		step_add(steps, (u64)first << 32, 0, entry);
		return;
	}
	node = OTSEG_IMAGE_RECORDS(image, V4_NODES) + (entry & ~OTSEG_TRIE_NODE);
	for (i = 0; i < 256; i++) {
		if (!(node->bits[i / 64] >> (i & 63) & 1))
			continue;
		walk_4(image, steps, OTSEG_IMAGE_RECORDS(image, V4_ENTRIES)[node->entries + rank++],
		       first | i << shift, shift - 8);
	}
}

/* All addresses of a family, by class of one image. */
static void steps_read(const void *image, u32 family, struct otseg_vec *steps)
{
	const struct otseg_img_v6range *ranges = OTSEG_IMAGE_RECORDS(image, V6_RANGES);
	const u32 *root = OTSEG_IMAGE_RECORDS(image, V4_ROOT);
	u32 i;

	*steps = OTSEG_VEC(struct step);
	if (family == 4)
		for (i = 0; i < OTSEG_IMAGE_COUNT(image, V4_ROOT); i++)
			walk_4(image, steps, root[i], i << 16, 8);
	else
		for (i = 0; i < OTSEG_IMAGE_COUNT(image, V6_RANGES); i++)
			step_add(steps, ranges[i].hi, ranges[i].lo, ranges[i].class);
	if (!steps->n)
		step_add(steps, 0, 0, 0);
}

static struct otseg_address before(struct otseg_address address)
{
	return (struct otseg_address){ address.lo ? address.hi : address.hi - 1, address.lo - 1 };
}

/* A range of a class, before those of a class are together. */
struct piece {
	u32 class;
	u32 number;
	struct otseg_diff_addresses range;
};

/* What classes are looked up by; all of it numbers. */
struct class_key {
	u32 family;
	u32 class[2];
	u32 is_no_source;
};

static u16 zone_of(const void *image, u32 class)
{
	return OTSEG_IMAGE_RECORDS(image, CLASSES)[class].zone;
}

static void class_add(struct otseg_diff_work *work, struct otseg_pool *keys,
		      struct otseg_pool *places, struct otseg_vec *pieces,
		      const struct class_key *key, const struct otseg_diff_addresses *range)
{
	u16 zone[2] = { zone_of(work->diff->image[0], key->class[0]),
			zone_of(work->diff->image[1], key->class[1]) };
	u32 place[3] = { key->family, zone[0], zone[1] };
	struct piece piece = { .number = pieces->n, .range = *range };

	if (zone[0] == OTSEG_NONE16 && zone[1] == OTSEG_NONE16)
		return;
	piece.class = otseg_pool_add(keys, key, 1);
	if (piece.class == work->classes.n) {
		struct otseg_diff_class class = {
			.class = { key->class[0], key -> class[1] },
			.place = otseg_pool_add(places, place, 1),
			.is_no_source = key->is_no_source,
		};

		if (class.place == work->places.n) {
			struct otseg_diff_place record = {
				.family = key->family,
				.zone = { zone[0], zone[1] },
			};

			otseg_vec_add(&work->places, &record, 1);
		}
		otseg_vec_add(&work->classes, &class, 1);
	}
	otseg_vec_add(pieces, &piece, 1);
}

/* Lay the addresses of both images over each other. */
static void family_join(struct otseg_diff_work *work, u32 family, struct otseg_pool *keys,
			struct otseg_pool *places, struct otseg_vec *pieces)
{
	const struct step *odd = family == 4 ? odd_4 : odd_6, *steps[3];
	u32 n[3], at[3] = {}, s;
	struct otseg_vec read[2];
	struct class_key key = { .family = family };
	struct otseg_diff_addresses range = {};
	bool is_over = false;

	for (s = 0; s < 2; s++) {
		steps_read(work->diff->image[s], family, &read[s]);
		steps[s] = read[s].data;
		n[s] = read[s].n;
	}
	steps[2] = odd;
	n[2] = family == 4 ? sizeof(odd_4) / sizeof(*odd) : sizeof(odd_6) / sizeof(*odd);
	while (!is_over) {
		const struct otseg_address *next = NULL;

		for (s = 0; s < 3; s++)
			if (at[s] + 1 < n[s] &&
			    (!next || otseg_address_compare(steps[s][at[s] + 1].first, *next) < 0))
				next = &steps[s][at[s] + 1].first;
		is_over = !next;
		range.last = next ? before(*next) : (struct otseg_address){ ~0ull, ~0ull };
		key.class[0] = steps[0][at[0]].class;
		key.class[1] = steps[1][at[1]].class;
		key.is_no_source = odd[at[2]].class == ODD_SOURCE;
		if (odd[at[2]].class != ODD_EVER)
			class_add(work, keys, places, pieces, &key, &range);
		if (is_over)
			break;
		range.first = *next;
		for (s = 0; s < 3; s++)
			if (at[s] + 1 < n[s] &&
			    !otseg_address_compare(steps[s][at[s] + 1].first, range.first))
				at[s]++;
	}
	otseg_vec_free(&read[0]);
	otseg_vec_free(&read[1]);
}

static int compare_pieces(const void *left, const void *right)
{
	const struct piece *a = left, *b = right;

	if (a->class != b->class)
		return a->class < b->class ? -1 : 1;
	return a->number < b->number ? -1 : a->number > b->number;
}

/* Ranges of a class, and classes of a place, stand together. */
static void sort_together(struct otseg_diff_work *work, struct otseg_vec *pieces)
{
	struct otseg_diff_class *classes = work->classes.data;
	struct otseg_diff_place *places = work->places.data;
	struct piece *all = pieces->data;
	u32 *members, i;
	size_t k;

	if (pieces->n)
		qsort(all, pieces->n, sizeof(*all), compare_pieces);
	for (k = 0; k < pieces->n; k++) {
		struct otseg_diff_class *class = &classes[all[k].class];

		if (!class->n_ranges++)
			class->ranges = work->ranges.n;
		otseg_vec_add(&work->ranges, &all[k].range, 1);
	}
	for (i = 0; i < work->classes.n; i++)
		places[classes[i].place].n_classes++;
	for (i = 1; i < work->places.n; i++)
		places[i].classes = places[i - 1].classes + places[i - 1].n_classes;
	for (i = 0; i < work->places.n; i++)
		places[i].n_classes = 0;
	otseg_vec_add(&work->members, NULL, work->classes.n);
	members = work->members.data;
	for (i = 0; i < work->classes.n; i++) {
		struct otseg_diff_place *place = &places[classes[i].place];

		members[place->classes + place->n_classes++] = i;
	}
}

/* Whether what lies in a place is all of a zone. */
static void places_count(struct otseg_diff_work *work)
{
	struct otseg_diff_place *places = work->places.data;
	u32 *last = otseg_alloc(2 * 2 * OTSEG_MAX_ZONES * sizeof(*last)), *at;
	u32 i, s;

	for (i = 0; i < work->places.n; i++) {
		for (s = 0; s < 2; s++) {
			if (places[i].zone[s] == OTSEG_NONE16)
				continue;
			at = &last[(2 * places[i].zone[s] + s) * 2 + (places[i].family == 6)];
			places[i].is_alone[s] = !*at;
			if (*at)
				places[*at - 1].is_alone[s] = false;
			*at = i + 1;
		}
	}
	free(last);
}

static void links_join(struct otseg_diff *diff)
{
	u32 s, i, k;

	for (s = 0; s < 2; s++) {
		const struct otseg_img_link *links = OTSEG_IMAGE_RECORDS(diff->image[s], LINKS);

		for (i = 0; i < OTSEG_IMAGE_COUNT(diff->image[s], LINKS); i++) {
			struct otseg_diff_link *all = diff->links.data,
					       fresh = { .vlan = links[i].vlan };

			for (k = 0; k < diff->links.n; k++)
				if (!memcmp(all[k].name, links[i].name, sizeof(all[k].name)) &&
				    all[k].vlan == links[i].vlan)
					break;
			memcpy(fresh.name, links[i].name, sizeof(fresh.name));
			if (k == diff->links.n)
				otseg_vec_add(&diff->links, &fresh, 1);
			((struct otseg_diff_link *)diff->links.data)[k].index_plus1[s] = i + 1;
		}
	}
}

/* Where each place's zones live. */
static void homes_find(struct otseg_diff_work *work)
{
	const struct otseg_diff_link *links = work->diff->links.data;
	u32 i, k, s;

	for (i = 0; i < work->places.n; i++) {
		struct otseg_diff_place *place = otseg_vec_at(&work->places, i);

		place->links = work->homes.n;
		for (k = 0; k < work->diff->links.n; k++) {
			bool is_home = false;
			u16 link = k;

			for (s = 0; s < 2; s++) {
				const struct otseg_img_zone *zones =
					OTSEG_IMAGE_RECORDS(work->diff->image[s], ZONES);
				u32 at = links[k].index_plus1[s] - 1u;

				if (links[k].index_plus1[s] && place->zone[s] != OTSEG_NONE16)
					is_home |= zones[place->zone[s]].links[at / 64] >>
							   (at & 63) &
						   1;
			}
			if (is_home)
				otseg_vec_add(&work->homes, &link, 1);
		}
		place->n_links = work->homes.n - place->links;
	}
}

/**
 * otseg_diff_places - lay links and addresses of both images over each other
 * @work: takes them
 */
void otseg_diff_places(struct otseg_diff_work *work)
{
	struct otseg_pool keys = OTSEG_POOL(struct class_key), places = OTSEG_POOL(u32[3]);
	struct otseg_vec pieces = OTSEG_VEC(struct piece);

	family_join(work, 4, &keys, &places, &pieces);
	family_join(work, 6, &keys, &places, &pieces);
	sort_together(work, &pieces);
	places_count(work);
	links_join(work->diff);
	homes_find(work);
	otseg_pool_free(&keys);
	otseg_pool_free(&places);
	otseg_vec_free(&pieces);
}
