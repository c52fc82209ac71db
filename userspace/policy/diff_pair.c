// SPDX-License-Identifier: GPL-2.0-only
/*
 * Zones to zones of both images: where frames come in, who may speak, and which sources may
 * reach which destinations. Makes entries of what cells do differently: as few as the sets of
 * addresses allow.
 */
#include <stdlib.h>
#include <string.h>

#include "diff.h"
#include "image_words.h"

#define MAX_ATOMS (1u << 24) /* of two zones */

/* Pairs of roles, one in each image, that classes of a place have. */
struct roles {
	struct otseg_pool pairs; /* u32[2] */
	u32 *of_class; /* by position among the place's classes; OTSEG_NONE32: no source */
};

/* One difference between one source and one destination. */
struct atom {
	u32 delta;
	u32 src;
	u32 dst;
};

/**
 * struct quad - two zones in both images
 * @work: the comparison
 * @place: source and destination
 * @family: 4, 6, or 0
 * @pair: the pair of zones in both, NULL: there is none
 * @roles: of source and destination
 * @question: what is asked about cells
 */
struct quad {
	struct otseg_diff_work *work;
	const struct otseg_diff_place *place[2];
	u32 family;
	const struct otseg_img_pair *pair[2];
	struct roles roles[2];
	struct otseg_diff_question question;
};

/**
 * struct way - where and from whom frames come in, and how far they get
 * @links: links
 * @n_links: their number
 * @macs: who sends
 * @is_placed: by image: the frame gets as far as the rules
 */
struct way {
	const u16 *links;
	u32 n_links;
	struct otseg_diff_macs macs;
	bool is_placed[2];
};

static const struct otseg_img_pair *pair_of(const void *image, u16 from, u16 to)
{
	u32 index;

	if (from == OTSEG_NONE16 || to == OTSEG_NONE16 || !OTSEG_IMAGE_COUNT(image, PAIR_MATRIX))
		return NULL;
	index = OTSEG_IMAGE_RECORDS(image,
				    PAIR_MATRIX)[from * OTSEG_IMAGE_COUNT(image, ZONES) + to];
	return index ? OTSEG_IMAGE_RECORDS(image, PAIRS) + index - 1 : NULL;
}

static bool lives(const void *image, u16 zone, u32 link)
{
	return zone != OTSEG_NONE16 &&
	       OTSEG_IMAGE_RECORDS(image, ZONES)[zone].links[link / 64] >> (link & 63) & 1;
}

/* The role of a class, by its index among those of its zone. */
static u32 role_of(const void *image, const struct otseg_img_pair *pair, u32 end, u32 local)
{
	return OTSEG_IMAGE_RECORDS(image, ROLES)[(end ? pair->dst_roles : pair->src_roles) + local];
}

/* The cell plus one of two roles. */
static u32 cell_of(const void *image, const struct otseg_img_pair *pair, u32 src, u32 dst)
{
	u32 at = pair->cells + src * pair->n_dst_roles + dst;

	return OTSEG_IMAGE_RECORDS(image, CELL_MATRIX)[at];
}

static void roles_find(struct quad *quad, u32 end)
{
	const struct otseg_diff_work *work = quad->work;
	const struct otseg_diff_place *place = quad->place[end];
	const u32 *members = otseg_vec_at(&work->members, place->classes);
	struct roles *roles = &quad->roles[end];
	/* Nobody is multicast, and nobody asks who a group is. */
	bool may_be_odd = end && !(quad->question.is_neighbour && quad->family == 6);
	u32 i, s;

	roles->pairs = OTSEG_POOL(u32[2]);
	roles->of_class = otseg_alloc((place->n_classes + 1) * sizeof(u32));
	for (i = 0; i < place->n_classes; i++) {
		const struct otseg_diff_class *class =
			otseg_vec_at(&work->classes, members[i]);
		u32 pair[2] = {};

		for (s = 0; s < 2; s++) {
			const void *image = work->diff->image[s];
			const struct otseg_img_class *of =
				&OTSEG_IMAGE_RECORDS(image, CLASSES)[class->class[s]];

			if (quad->pair[s])
				pair[s] = role_of(image, quad->pair[s], end, of->local);
		}
		roles->of_class[i] = class->is_no_source && !may_be_odd ?
					     OTSEG_NONE32 :
					     otseg_pool_add(&roles->pairs, pair, 1);
	}
}

static void roles_free(struct roles *roles)
{
	otseg_pool_free(&roles->pairs);
	free(roles->of_class);
	roles->of_class = NULL;
}

static int compare_ranges(const void *left, const void *right)
{
	const struct otseg_diff_addresses *a = left, *b = right;

	return otseg_address_compare(a->first, b->first);
}

static bool follows(struct otseg_address last, struct otseg_address first)
{
	last.lo++;
	last.hi += !last.lo;
	return !otseg_address_compare(last, first);
}

/* The addresses of the classes that have one of some roles; bit R of @wanted. */
static const struct otseg_diff_addresses *addresses_of(struct quad *quad, u32 end,
						       const u64 *wanted, u32 *n)
{
	const struct otseg_diff_work *work = quad->work;
	const struct otseg_diff_place *place = quad->place[end];
	const u32 *members = otseg_vec_at(&work->members, place->classes);
	struct otseg_vec found = OTSEG_VEC(struct otseg_diff_addresses);
	struct otseg_diff_addresses *all, *kept;
	u32 i, used = 0;

	for (i = 0; i < place->n_classes; i++) {
		const struct otseg_diff_class *class =
			otseg_vec_at(&work->classes, members[i]);
		u32 role = quad->roles[end].of_class[i];

		if (role != OTSEG_NONE32 && wanted[role / 64] >> (role & 63) & 1)
			otseg_vec_add(&found,
				      (struct otseg_diff_addresses *)work->ranges.data +
					      class->ranges,
				      class->n_ranges);
	}
	all = found.data;
	if (found.n)
		qsort(all, found.n, sizeof(*all), compare_ranges);
	for (i = 1; i < found.n; i++) {
		if (follows(all[used].last, all[i].first))
			all[used].last = all[i].last;
		else
			all[++used] = all[i];
	}
	*n = found.n ? used + 1 : 0;
	kept = otseg_arena_alloc(&work->diff->arena, (*n + 1) * sizeof(*kept));
	if (*n)
		memcpy(kept, all, *n * sizeof(*kept));
	otseg_vec_free(&found);
	return kept;
}

static bool is_one_address(const struct otseg_diff_entry *entry)
{
	const struct otseg_diff_addresses *a = entry->src, *b = entry->dst;

	if (entry->n_src != 1 || entry->n_dst != 1 || memcmp(a, b, sizeof(*a)))
		return false;
	return a->first.hi == a->last.hi ?
		       a->first.lo == a->last.lo :
		       entry->family == 4 && a->first.hi >> 32 == a->last.hi >> 32;
}

static void entry_add(struct otseg_diff *diff, struct otseg_diff_entry *entry)
{
	size_t len = entry->selectors.n * sizeof(struct otseg_span);
	struct otseg_span *selectors;
	u16 *links;

	if (diff->entries.n >= OTSEG_DIFF_MAX_ENTRIES) {
		diff->is_full = true;
		return;
	}
	selectors = otseg_arena_alloc(&diff->arena, len + 1);
	if (len)
		memcpy(selectors, entry->selectors.spans, len);
	entry->selectors.spans = selectors;
	links = otseg_arena_alloc(&diff->arena, (entry->n_links + 1) * sizeof(*links));
	memcpy(links, entry->links, entry->n_links * sizeof(*links));
	entry->links = links;
	entry->sequence = diff->entries.n;
	otseg_vec_add(&diff->entries, entry, 1);
}

/* An entry about @delta, for sources and destinations to be filled in. */
static struct otseg_diff_entry entry_of(const struct quad *quad, const struct way *way, u32 index)
{
	const struct otseg_diff_delta *delta =
		otseg_vec_at(&quad->work->deltas.vec, index);
	u32 side = delta->kind == OTSEG_DIFF_DENIED || delta->kind == OTSEG_DIFF_ENFORCED ?
			   OTSEG_DIFF_OLD :
			   OTSEG_DIFF_NEW;

	return (struct otseg_diff_entry){
		.kind = delta->kind,
		.family = quad->family,
		.is_placed = way->is_placed[0] != way->is_placed[1],
		.is_neighbour = delta->is_neighbour && delta->rule == OTSEG_NONE32 &&
				delta->conduit == OTSEG_NONE16,
		.side = side,
		.rule = delta->rule,
		.conduit = delta->conduit,
		.src_zone = quad->place[0]->zone[side],
		.dst_zone = quad->place[1]->zone[side],
		.links = way->links,
		.n_links = way->n_links,
		.macs = way->macs,
		.selectors = { (struct otseg_span *)quad->work->selectors.vec.data +
				       delta->selectors,
			       delta->n_selectors },
		.message = delta->message_plus1 ?
				   ((const struct otseg_diff_message **)
					    quad->work->messages.data)[delta->message_plus1 - 1] :
				   NULL,
	};
}

static int compare_atoms(const void *left, const void *right)
{
	const struct atom *a = left, *b = right;

	if (a->delta != b->delta)
		return a->delta < b->delta ? -1 : 1;
	if (a->src != b->src)
		return a->src < b->src ? -1 : 1;
	return a->dst < b->dst ? -1 : a->dst > b->dst;
}

/* Destinations of one source, by their place in a pool of lists. */
struct row {
	u32 list;
	u32 n;
	u32 src;
};

static int compare_rows(const void *left, const void *right)
{
	const struct row *a = left, *b = right;

	if (a->list != b->list)
		return a->list < b->list ? -1 : 1;
	if (a->n != b->n)
		return a->n < b->n ? -1 : 1;
	return a->src < b->src ? -1 : a->src > b->src;
}

static void bits_set(u64 *bits, u32 n_roles, const u32 *roles, u32 n)
{
	u32 i;

	memset(bits, 0, (n_roles / 64 + 1) * sizeof(*bits));
	for (i = 0; i < n; i++)
		bits[roles[i] / 64] |= 1ull << (roles[i] & 63);
}

/* Sources that have the same destinations make one entry. */
static void make_entries(struct quad *quad, const struct way *way, const struct atom *atoms,
			 size_t n)
{
	u32 n_roles[2] = { quad->roles[0].pairs.vec.n, quad->roles[1].pairs.vec.n };
	u64 *bits[2] = { otseg_alloc((n_roles[0] / 64 + 1) * sizeof(u64)),
			 otseg_alloc((n_roles[1] / 64 + 1) * sizeof(u64)) };
	struct otseg_vec rows = OTSEG_VEC(struct row), srcs = OTSEG_VEC(u32), dsts;
	struct otseg_pool lists = OTSEG_POOL(u32);
	struct otseg_diff_entry entry;
	struct row *all;
	size_t i, k;

	for (i = 0; i < n; i = k) {
		struct row row = { .src = atoms[i].src };

		dsts = OTSEG_VEC(u32);
		for (k = i; k < n && atoms[k].src == atoms[i].src; k++)
			otseg_vec_add_u32(&dsts, atoms[k].dst);
		row.list = otseg_pool_add(&lists, dsts.data, dsts.n);
		row.n = dsts.n;
		otseg_vec_free(&dsts);
		otseg_vec_add(&rows, &row, 1);
	}
	all = rows.data;
	qsort(all, rows.n, sizeof(*all), compare_rows);
	for (i = 0; i < rows.n; i = k) {
		srcs.n = 0;
		for (k = i; k < rows.n && all[k].list == all[i].list && all[k].n == all[i].n; k++)
			otseg_vec_add_u32(&srcs, all[k].src);
		bits_set(bits[0], n_roles[0], srcs.data, srcs.n);
		bits_set(bits[1], n_roles[1], otseg_vec_at(&lists.vec, all[i].list), all[i].n);
		entry = entry_of(quad, way, atoms->delta);
		entry.src = addresses_of(quad, 0, bits[0], &entry.n_src);
		entry.dst = addresses_of(quad, 1, bits[1], &entry.n_dst);
		entry.is_all_src = srcs.n == n_roles[0] && quad->place[0]->is_alone[entry.side];
		entry.is_all_dst = all[i].n == n_roles[1] && quad->place[1]->is_alone[entry.side];
		/* Nobody writes to himself. */
		if (!is_one_address(&entry))
			entry_add(quad->work->diff, &entry);
	}
	otseg_vec_free(&rows);
	otseg_vec_free(&srcs);
	otseg_pool_free(&lists);
	free(bits[0]);
	free(bits[1]);
}

/* Hold every source against every destination, for frames that come in by @way. */
static void compare_matrix(struct quad *quad, const struct way *way)
{
	struct otseg_vec atoms = OTSEG_VEC(struct atom);
	const u32(*src)[2] = quad->roles[0].pairs.vec.data;
	const u32(*dst)[2] = quad->roles[1].pairs.vec.data;
	struct otseg_diff_question question = quad->question;
	const u32 *deltas;
	u32 i, k, d, s, n;
	struct atom *all;
	size_t at, end;

	for (s = 0; s < 2; s++)
		question.is_placed[s] = way->is_placed[s];
	for (i = 0; i < quad->roles[0].pairs.vec.n; i++) {
		for (k = 0; k < quad->roles[1].pairs.vec.n; k++) {
			for (s = 0; s < 2; s++) {
				const struct otseg_img_pair *pair = quad->pair[s];

				question.cell_plus1[s] = 0;
				if (pair && way->is_placed[s])
					question.cell_plus1[s] = cell_of(quad->work->diff->image[s],
									 pair, src[i][s],
									 dst[k][s]);
			}
			otseg_diff_cells(quad->work, &question, &deltas, &n);
			for (d = 0; d < n; d++)
				otseg_vec_add(&atoms, &(struct atom){ deltas[d], i, k }, 1);
		}
		if (atoms.n > MAX_ATOMS) {
			quad->work->diff->is_full = true;
			break;
		}
	}
	all = atoms.data;
	if (atoms.n)
		qsort(all, atoms.n, sizeof(*all), compare_atoms);
	for (at = 0; at < atoms.n; at = end) {
		for (end = at; end < atoms.n && all[end].delta == all[at].delta; end++)
			;
		make_entries(quad, way, all + at, end - at);
	}
	otseg_vec_free(&atoms);
}

static bool has_macs(const void *image, u16 zone)
{
	return zone != OTSEG_NONE16 &&
	       OTSEG_IMAGE_RECORDS(image, ZONES)[zone].flags & OTSEG_ZONE_HAS_MACS;
}

/* The addresses that may speak for a zone; everybody but nobody if it lists none. */
static struct otseg_diff_macs macs_read(struct otseg_arena *arena, const void *image, u16 zone)
{
	struct otseg_diff_macs macs = { .is_but = true };
	struct otseg_vec found;
	u8(*kept)[6];

	if (!has_macs(image, zone))
		return macs;
	found = otseg_image_macs(image, zone);
	kept = otseg_arena_alloc(arena, found.n * 6 + 1);
	if (found.n)
		memcpy(kept, found.data, found.n * 6);
	macs = (struct otseg_diff_macs){ .macs = (const u8(*)[6])kept, .n = found.n };
	otseg_vec_free(&found);
	return macs;
}

static bool macs_have(const struct otseg_diff_macs *macs, const u8 mac[6])
{
	bool is_listed = macs->n && bsearch(mac, macs->macs, macs->n, 6, otseg_compare_macs);

	return is_listed != macs->is_but;
}

/* Those of @a that are of @b as well, or that are not; false: nobody is. */
static bool macs_part(struct otseg_arena *arena, const struct otseg_diff_macs *a,
		      const struct otseg_diff_macs *b, bool is_both, struct otseg_diff_macs *part)
{
	const struct otseg_diff_macs *list = a->is_but ? b : a, *other = a->is_but ? a : b;
	bool wanted = is_both || a->is_but;
	u8(*kept)[6];
	u32 i, n = 0;

	/* Of two complements only those are known here that nobody is left out of. */
	if (a->is_but && b->is_but) {
		*part = *a;
		return is_both;
	}
	if (!is_both && a->is_but) {
		*part = (struct otseg_diff_macs){ .macs = b->macs, .n = b->n, .is_but = true };
		return true;
	}
	kept = otseg_arena_alloc(arena, list->n * 6 + 1);
	for (i = 0; i < list->n; i++)
		if (macs_have(other, list->macs[i]) == wanted)
			memcpy(kept[n++], list->macs[i], 6);
	*part = (struct otseg_diff_macs){ .macs = (const u8(*)[6])kept, .n = n };
	return n;
}

/* Ask about all frames that come in by @links and are placed as said, by who sends them. */
static void compare_way(struct quad *quad, const u16 *links, u32 n_links, bool old_placed,
			bool new_placed)
{
	struct otseg_arena *arena = &quad->work->diff->arena;
	struct way way = { links, n_links, {}, { old_placed, new_placed } };
	struct otseg_diff_macs macs[2];
	u32 s;

	for (s = 0; s < 2; s++)
		macs[s] = macs_read(arena, quad->work->diff->image[s], quad->place[0]->zone[s]);
	if (old_placed != new_placed) {
		way.macs = macs[new_placed];
		compare_matrix(quad, &way);
		return;
	}
	if (macs_part(arena, &macs[0], &macs[1], true, &way.macs))
		compare_matrix(quad, &way);
	for (s = 0; s < 2; s++) {
		way.is_placed[0] = s == 0;
		way.is_placed[1] = s == 1;
		if (macs_part(arena, &macs[s], &macs[!s], false, &way.macs))
			compare_matrix(quad, &way);
	}
}

/* Does an enabled conduit lead from one zone to the other (bpf/engine/wire.h)? */
static bool has_conduit(const void *image, u16 from, u16 to)
{
	const struct otseg_img_pair *pair = pair_of(image, from, to);

	return pair && pair->conduit != OTSEG_NONE16;
}

static bool reaches(const struct otseg_img_link *link, u16 zone)
{
	return link->reach[zone / 64] >> (zone & 63) & 1;
}

/* May neighbours find each other across a wire (bpf/engine/wire.h, otseg_wire_joins())? */
static bool joins(const void *image, const struct otseg_img_link *link, u16 near, u16 far)
{
	const struct otseg_img_link *links = OTSEG_IMAGE_RECORDS(image, LINKS);

	if (!link->peer_plus1)
		return false;
	if (far != OTSEG_NONE16)
		return has_conduit(image, near, far) || has_conduit(image, far, near);
	if (near != OTSEG_NONE16)
		return reaches(&links[link->peer_plus1 - 1], near);
	return link->reach[0] | link->reach[1] | link->reach[2] | link->reach[3];
}

static bool is_allowed_by_default(const void *image, u32 family)
{
	const struct otseg_image *header = image;

	return !(header->flags & (family == 4 ? OTSEG_IMG_NO_LINK_ARP : OTSEG_IMG_NO_LINK_ND));
}

#define PLACED 1 /* a frame of this link gets as far as the rules */
#define BY_DEFAULT 2 /* address resolution passes without any */

/* How far frames of two zones get that come in by a link. */
static u32 link_state(const struct quad *quad, u32 s, u32 link)
{
	const void *image = quad->work->diff->image[s];
	const struct otseg_img_link *links = OTSEG_IMAGE_RECORDS(image, LINKS), *at;
	u16 near = quad->place[0]->zone[s], far = quad->place[1]->zone[s];
	u32 index = ((struct otseg_diff_link *)quad->work->diff->links.data)[link].index_plus1[s];
	bool is_default;

	if (!index-- || far == OTSEG_NONE16 || !lives(image, near, index))
		return 0;
	at = &links[index];
	if (at->wire_plus1 && (!at->peer_plus1 || !lives(image, far, at->peer_plus1 - 1u)))
		return 0;
	is_default = at->wire_plus1 ? joins(image, at, near, far) : lives(image, far, index);
	if (!is_allowed_by_default(image, quad->family))
		is_default = false;
	return PLACED | (is_default ? BY_DEFAULT : 0);
}

/* Links by the states that they have in both images; those of wanted states become a list. */
static void compare_links(struct quad *quad, const u8 *states, const u16 *homes, u32 n,
			  bool is_neighbour)
{
	u32 mask = is_neighbour ? PLACED | BY_DEFAULT : PLACED;
	u16 *links = otseg_alloc((n + 1) * sizeof(*links));
	u32 i, k, found, state;
	u64 seen = 0;

	quad->question.is_neighbour = is_neighbour;
	roles_find(quad, 0);
	roles_find(quad, 1);
	for (i = 0; i < n; i++) {
		state = states[i] & (mask << 4 | mask);
		if (!state || seen >> state & 1)
			continue;
		seen |= 1ull << state;
		for (k = i, found = 0; k < n; k++)
			if ((states[k] & (mask << 4 | mask)) == state)
				links[found++] = homes[k];
		quad->question.is_default[0] = !!(state & BY_DEFAULT);
		quad->question.is_default[1] = !!(state >> 4 & BY_DEFAULT);
		compare_way(quad, links, found, state & PLACED, state >> 4 & PLACED);
	}
	roles_free(&quad->roles[0]);
	roles_free(&quad->roles[1]);
	free(links);
}

static void question_begin(struct quad *quad, const u16 zones[2][2])
{
	const u32 both = OTSEG_CONDUIT_ENABLED | OTSEG_CONDUIT_MONITOR;
	u32 s;

	for (s = 0; s < 2; s++) {
		const void *image = quad->work->diff->image[s];
		const struct otseg_img_pair *back = pair_of(image, zones[1][s], zones[0][s]);

		quad->pair[s] = pair_of(image, zones[0][s], zones[1][s]);
		quad->question.answer[s] = quad->pair[s] ? quad->pair[s]->conduit : OTSEG_NONE16;
		quad->question.reverse[s] = OTSEG_NONE16;
		if (back && back->conduit != OTSEG_NONE16 &&
		    (OTSEG_IMAGE_RECORDS(image, CONDUITS)[back->conduit].flags & both) == both)
			quad->question.reverse[s] = back->conduit;
	}
	quad->question.family = quad->family;
}

static void compare_places(struct otseg_diff_work *work, const struct otseg_diff_place *src,
			   const struct otseg_diff_place *dst)
{
	struct quad quad = { .work = work, .place = { src, dst }, .family = src->family };
	const u16 *homes = otseg_vec_at(&work->homes, src->links);
	u16 zones[2][2] = { { src->zone[0], src->zone[1] }, { dst->zone[0], dst->zone[1] } };
	bool is_default = false, is_listed = has_macs(work->diff->image[0], src->zone[0]) ||
					     has_macs(work->diff->image[1], src->zone[1]);
	u8 *states;
	u32 i;

	question_begin(&quad, zones);
	states = otseg_alloc(src->n_links + 1);
	for (i = 0; i < src->n_links; i++) {
		states[i] = link_state(&quad, 0, homes[i]) | link_state(&quad, 1, homes[i]) << 4;
		is_default |= (states[i] ^ states[i] >> 4) & BY_DEFAULT ||
			      (is_listed && states[i] & (BY_DEFAULT | BY_DEFAULT << 4));
	}
	if (quad.pair[0] || quad.pair[1] || is_default ||
	    quad.question.reverse[0] != OTSEG_NONE16 || quad.question.reverse[1] != OTSEG_NONE16) {
		compare_links(&quad, states, homes, src->n_links, false);
		compare_links(&quad, states, homes, src->n_links, true);
	}
	free(states);
}

/* May who lives in a place announce that at a link, by default? */
static bool may_announce(const struct otseg_diff_work *work, const struct otseg_diff_place *place,
			 u32 s, u32 at)
{
	const struct otseg_diff_link *links = work->diff->links.data;
	const void *image = work->diff->image[s];
	u32 index = links[at].index_plus1[s];
	const struct otseg_img_link *link;

	if (!index || !lives(image, place->zone[s], index - 1) ||
	    !is_allowed_by_default(image, place->family))
		return false;
	link = &OTSEG_IMAGE_RECORDS(image, LINKS)[index - 1];
	return !link->wire_plus1 || joins(image, link, place->zone[s], OTSEG_NONE16);
}

static void announcement_add(struct otseg_diff_work *work, const struct otseg_diff_place *place,
			     u32 side, const u16 *links, u32 n_links, struct otseg_diff_macs macs)
{
	struct quad quad = { .work = work, .place = { place, place }, .family = place->family };
	struct otseg_diff_entry entry = {
		.kind = side ? OTSEG_DIFF_ALLOWED : OTSEG_DIFF_DENIED,
		.family = place->family,
		.is_neighbour = true,
		.is_announcement = true,
		.is_all_src = place->is_alone[side],
		.side = side,
		.rule = OTSEG_NONE32,
		.conduit = OTSEG_NONE16,
		.src_zone = place->zone[side],
		.dst_zone = OTSEG_NONE16,
		.macs = macs,
		.links = links,
		.n_links = n_links,
	};
	u64 one = 1;

	if (!n_links)
		return;
	/* All of the place's addresses: without pairs, every class has the same role. */
	roles_find(&quad, 0);
	entry.src = addresses_of(&quad, 0, &one, &entry.n_src);
	entry.dst = entry.src;
	roles_free(&quad.roles[0]);
	entry_add(work->diff, &entry);
}

static bool is_wired(const struct otseg_diff *diff, u32 at)
{
	const struct otseg_diff_link *link = otseg_vec_at(&diff->links, at);
	bool wired = false;
	u32 s;

	for (s = 0; s < 2; s++)
		if (link->index_plus1[s])
			wired |=
				OTSEG_IMAGE_RECORDS(diff->image[s], LINKS)[link->index_plus1[s] - 1]
					.wire_plus1;
	return wired;
}

/*
 * Announcements of addresses, which on a wire have no other end: where may they be made, and by
 * whom? Off a wire they are questions from a zone to itself.
 */
static void compare_announcements(struct otseg_diff_work *work,
				  const struct otseg_diff_place *place)
{
	const u16 *homes = otseg_vec_at(&work->homes, place->links);
	u16 *only = otseg_alloc((place->n_links + 1) * sizeof(*only));
	u16 *both = otseg_alloc((place->n_links + 1) * sizeof(*both));
	struct otseg_diff_macs macs[2], part;
	u32 s, i, n_only, n_both;

	for (s = 0; s < 2; s++)
		macs[s] = macs_read(&work->diff->arena, work->diff->image[s], place->zone[s]);
	for (s = 0; s < 2; s++) {
		for (i = 0, n_only = 0, n_both = 0; i < place->n_links; i++) {
			if (!is_wired(work->diff, homes[i]) ||
			    !may_announce(work, place, s, homes[i]))
				continue;
			if (may_announce(work, place, !s, homes[i]))
				both[n_both++] = homes[i];
			else
				only[n_only++] = homes[i];
		}
		announcement_add(work, place, s, only, n_only, macs[s]);
		if (n_both && macs_part(&work->diff->arena, &macs[s], &macs[!s], false, &part))
			announcement_add(work, place, s, both, n_both, part);
	}
	free(only);
	free(both);
}

/* The same of link-local addresses, which are of no zone. */
static void compare_link_local(struct otseg_diff *diff)
{
	const struct otseg_diff_link *links = diff->links.data;
	u16 *found = otseg_alloc((diff->links.n + 1) * sizeof(*found));
	u32 after, i, s, n;

	for (after = 0; after < 2; after++) {
		struct otseg_diff_entry entry = {
			.kind = after ? OTSEG_DIFF_ALLOWED : OTSEG_DIFF_DENIED,
			.family = 6,
			.is_neighbour = true,
			.is_announcement = true,
			.side = after,
			.rule = OTSEG_NONE32,
			.conduit = OTSEG_NONE16,
			.src_zone = OTSEG_NONE16,
			.dst_zone = OTSEG_NONE16,
			.macs = { .is_but = true },
			.links = found,
		};

		for (i = 0, n = 0; i < diff->links.n; i++) {
			bool may[2] = {};

			for (s = 0; s < 2; s++) {
				const void *image = diff->image[s];
				const struct otseg_img_link *link =
					OTSEG_IMAGE_RECORDS(image, LINKS) +
					links[i].index_plus1[s] - 1;

				if (links[i].index_plus1[s] && is_allowed_by_default(image, 6))
					may[s] = !link->wire_plus1 ||
						 joins(image, link, OTSEG_NONE16, OTSEG_NONE16);
			}
			if (may[after] && !may[!after])
				found[n++] = i;
		}
		entry.n_links = n;
		if (n)
			entry_add(diff, &entry);
	}
	free(found);
}

/* The zones of frames without an address, at a link (bpf/engine/classify.h, place_link()). */
static bool link_zones(const void *image, u32 index_plus1, u16 zones[2])
{
	const struct otseg_img_link *links = OTSEG_IMAGE_RECORDS(image, LINKS), *link;
	u16 far;

	zones[0] = OTSEG_NONE16;
	zones[1] = OTSEG_NONE16;
	if (!index_plus1)
		return false;
	link = &links[index_plus1 - 1];
	far = link->zone_plus1;
	if (link->wire_plus1)
		far = link->peer_plus1 ? links[link->peer_plus1 - 1].zone_plus1 : 0;
	if (!link->zone_plus1 || !far)
		return false;
	zones[0] = link->zone_plus1 - 1;
	zones[1] = far - 1;
	return true;
}

/* One role on each side: rules about what has no address are for all of a zone. */
static void roles_only(struct quad *quad, u32 end)
{
	u32 pair[2] = {}, s;

	quad->roles[end].pairs = OTSEG_POOL(u32[2]);
	for (s = 0; s < 2; s++)
		if (quad->pair[s])
			pair[s] = role_of(quad->work->diff->image[s], quad->pair[s], end, 0);
	otseg_pool_add(&quad->roles[end].pairs, pair, 1);
	quad->roles[end].of_class = NULL;
}

/* Frames without an address: links that have the same zones are asked about together. */
static void compare_addressless(struct otseg_diff_work *work)
{
	const struct otseg_diff_link *links = work->diff->links.data;
	u32 n = work->diff->links.n, i, k, s, found;
	u16 *same = otseg_alloc((n + 1) * sizeof(*same));
	bool *is_done = otseg_alloc(n + 1);
	u16(*zones)[2][2] = otseg_alloc((n + 1) * sizeof(*zones));
	bool(*is_placed)[2] = otseg_alloc((n + 1) * sizeof(*is_placed));

	for (i = 0; i < n; i++) {
		for (s = 0; s < 2; s++) {
			u16 both[2];

			is_placed[i][s] =
				link_zones(work->diff->image[s], links[i].index_plus1[s], both);
			zones[i][0][s] = both[0];
			zones[i][1][s] = both[1];
		}
	}
	for (i = 0; i < n; i++) {
		struct otseg_diff_place place[2] = {};
		struct quad quad = { .work = work, .place = { &place[0], &place[1] } };

		if (is_done[i] || (!is_placed[i][0] && !is_placed[i][1]))
			continue;
		for (k = i, found = 0; k < n; k++) {
			if (memcmp(zones[k], zones[i], sizeof(*zones)))
				continue;
			is_done[k] = true;
			same[found++] = k;
		}
		for (s = 0; s < 2; s++) {
			place[0].zone[s] = zones[i][0][s];
			place[1].zone[s] = zones[i][1][s];
		}
		question_begin(&quad, zones[i]);
		roles_only(&quad, 0);
		roles_only(&quad, 1);
		compare_way(&quad, same, found, is_placed[i][0], is_placed[i][1]);
		roles_free(&quad.roles[0]);
		roles_free(&quad.roles[1]);
	}
	free(same);
	free(is_done);
	free(zones);
	free(is_placed);
}

/*
 * Where what passes leaves by: to the host, by a route, or across a wire, and to which link; and
 * whether so does what no datapath has seen.
 */
static bool leaves_alike(const struct otseg_diff *diff, const struct otseg_diff_link *link)
{
	const struct otseg_img_link *at[2], *peer[2];
	bool is_mirrored[2];
	u32 s;

	for (s = 0; s < 2; s++) {
		const void *image = diff->image[s];
		const struct otseg_img_link *links = OTSEG_IMAGE_RECORDS(image, LINKS);

		at[s] = &links[link->index_plus1[s] - 1];
		peer[s] = at[s]->peer_plus1 ? &links[at[s]->peer_plus1 - 1] : NULL;
		is_mirrored[s] = at[s]->wire_plus1 &&
				 OTSEG_IMAGE_RECORDS(image, WIRES)[at[s]->wire_plus1 - 1].flags &
					 OTSEG_WIRE_MIRROR;
	}
	if (at[0]->mode != at[1]->mode || at[0]->flags != at[1]->flags ||
	    is_mirrored[0] != is_mirrored[1] || !peer[0] != !peer[1])
		return false;
	return !peer[0] || (!memcmp(peer[0]->name, peer[1]->name, sizeof(peer[0]->name)) &&
			    peer[0]->vlan == peer[1]->vlan);
}

static void compare_ways(struct otseg_diff *diff)
{
	const struct otseg_diff_link *links = diff->links.data;
	u32 i;

	for (i = 0; i < diff->links.n; i++)
		if (links[i].index_plus1[0] && links[i].index_plus1[1] &&
		    !leaves_alike(diff, &links[i]))
			otseg_vec_add_u32(&diff->ways, i);
}

/**
 * otseg_diff_pairs - compare what may pass between all zones of both images
 * @work: places are found
 */
void otseg_diff_pairs(struct otseg_diff_work *work)
{
	const struct otseg_diff_place *places = work->places.data;
	u32 i, k;

	for (i = 0; i < work->places.n; i++) {
		compare_announcements(work, &places[i]);
		if (!places[i].n_links)
			continue;
		for (k = 0; k < work->places.n; k++)
			if (places[k].family == places[i].family)
				compare_places(work, &places[i], &places[k]);
	}
	compare_addressless(work);
	compare_link_local(work->diff);
	compare_ways(work->diff);
}
