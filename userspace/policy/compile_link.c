// SPDX-License-Identifier: GPL-2.0-only
/*
 * The links, wires, interfaces that are routed or fail open, and source MACs of an image, and
 * the hash tables that find them.
 */
#include <stdlib.h>
#include <string.h>

#include "compile.h"

static size_t distance(u32 hash, size_t at, size_t n_slots)
{
	return (at - hash) & (n_slots - 1);
}

/*
 * Place items so that each lies within OTSEG_MAX_PROBES slots from its hash. An
 * item that is farther from home displaces one that is nearer, which keeps the
 * longest way short. Slots hold item + 1.
 */
static bool fill_table(u32 *slots, size_t n_slots, const u32 *hashes, size_t n)
{
	size_t i;

	memset(slots, 0, n_slots * sizeof(*slots));
	for (i = 0; i < n; i++) {
		u32 item = i;
		size_t at = hashes[i] & (n_slots - 1), way = 0;

		while (slots[at]) {
			size_t other = distance(hashes[slots[at] - 1], at, n_slots);

			if (other < way) {
				u32 swap = slots[at] - 1;

				slots[at] = item + 1;
				item = swap;
				way = other;
			}
			at = (at + 1) & (n_slots - 1);
			if (++way >= OTSEG_MAX_PROBES)
				return false;
		}
		slots[at] = item + 1;
	}
	return true;
}

/* The smallest table that takes all items; NULL if none up to @most slots does. */
static u32 *make_table(const u32 *hashes, size_t n, size_t most, size_t *n_slots)
{
	u32 *slots = otseg_alloc(most * sizeof(*slots));

	for (*n_slots = 2; *n_slots < 2 * n; *n_slots *= 2)
		;
	for (; *n_slots <= most; *n_slots *= 2)
		if (fill_table(slots, *n_slots, hashes, n))
			return slots;
	free(slots);
	return NULL;
}

static u32 find_link(struct otseg_compiler *compiler, const struct otseg_interface *interface)
{
	struct otseg_pool *links = OTSEG_SECTION(compiler, LINKS);
	struct otseg_img_link link = { .vlan = interface->vlan };
	u32 name[4];

	memcpy(link.name, interface->name, sizeof(link.name));
	memcpy(name, link.name, sizeof(name));
	link.hash = otseg_link_hash(name, link.vlan);
	return otseg_pool_add(links, &link, 1);
}

/**
 * otseg_compile_links - make LINKS and LINK_HASH, and tell the zones their links
 * @compiler: the compiler; ZONES is filled
 *
 * Return: 0 or a negative errno after the error was noted.
 */
int otseg_compile_links(struct otseg_compiler *compiler)
{
	const struct otseg_policy *policy = compiler->policy;
	struct otseg_img_zone *zones = OTSEG_SECTION(compiler, ZONES)->vec.data;
	const struct otseg_vec *links = &OTSEG_SECTION(compiler, LINKS)->vec;
	size_t i, k, n_slots;
	u32 hashes[OTSEG_MAX_LINKS], *slots;

	for (i = 0; i < policy->n_zones; i++)
		for (k = 0; k < policy->zones[i].n_interfaces; k++) {
			const struct otseg_interface *interface = &policy->zones[i].interfaces[k];
			u32 link = find_link(compiler, interface);

			if (link >= OTSEG_MAX_LINKS)
				return otseg_compile_error(compiler, interface->at,
							   "more than %u interfaces and VLANs",
							   OTSEG_MAX_LINKS);
			zones[i].links[link / 64] |= 1ull << link % 64;
		}
	if (!links->n)
		return 0;
	for (i = 0; i < links->n; i++)
		hashes[i] = ((const struct otseg_img_link *)links->data)[i].hash;
	slots = make_table(hashes, links->n, 2048, &n_slots);
	if (!slots)
		return otseg_compile_error(compiler, (struct otseg_mark_at){ 0, 0 },
					   "the names of the interfaces collide in the image's "
					   "hash table");
	for (i = 0; i < n_slots; i++) {
		u16 slot = slots[i];

		otseg_vec_add(&OTSEG_SECTION(compiler, LINK_HASH)->vec, &slot, 1);
	}
	free(slots);
	return 0;
}

/* The first link of an interface, or the one of that VLAN, plus one; 0: none. */
static u32 link_of(struct otseg_compiler *compiler, const char *name, const u32 *vlan)
{
	const struct otseg_vec *vec = &OTSEG_SECTION(compiler, LINKS)->vec;
	const struct otseg_img_link *links = vec->data;
	size_t i;

	for (i = 0; i < vec->n; i++)
		if (!strcmp((const char *)links[i].name, name) && (!vlan || links[i].vlan == *vlan))
			return i + 1;
	return 0;
}

/* One end of a wire: where its links lead. */
static void join_links(struct otseg_compiler *compiler, u32 wire, const char *name,
		       const char *other)
{
	struct otseg_vec *vec = &OTSEG_SECTION(compiler, LINKS)->vec;
	struct otseg_img_link *links = vec->data;
	size_t i;

	for (i = 0; i < vec->n; i++)
		if (!strcmp((const char *)links[i].name, name)) {
			links[i].mode = OTSEG_MODE_WIRE;
			links[i].wire_plus1 = wire + 1;
			links[i].peer_plus1 = link_of(compiler, other, &links[i].vlan);
		}
}

static bool is_behind(struct otseg_compiler *compiler, u16 zone, u32 link)
{
	const struct otseg_img_zone *zones = OTSEG_SECTION(compiler, ZONES)->vec.data;

	return zones[zone].links[link / 64] >> link % 64 & 1;
}

/**
 * otseg_compile_wires - make WIRES, and tell the links where they lead
 * @compiler: the compiler; LINKS and ZONES are filled
 */
void otseg_compile_wires(struct otseg_compiler *compiler)
{
	const struct otseg_policy *policy = compiler->policy;
	struct otseg_vec *vec = &OTSEG_SECTION(compiler, LINKS)->vec;
	struct otseg_img_link *links = vec->data;
	size_t i, k;

	for (i = 0; i < policy->n_wires; i++) {
		const struct otseg_wire *wire = &policy->wires[i];
		struct otseg_img_wire record = {
			.name = otseg_strings_add(compiler, wire->name),
			.ends = { link_of(compiler, wire->ends[0], NULL) - 1,
				  link_of(compiler, wire->ends[1], NULL) - 1 },
			.flags = wire->is_mirrored ? OTSEG_WIRE_MIRROR : 0,
			.line = wire->at.line,
		};

		join_links(compiler, i, wire->ends[0], wire->ends[1]);
		join_links(compiler, i, wire->ends[1], wire->ends[0]);
		otseg_vec_add(&OTSEG_SECTION(compiler, WIRES)->vec, &record, 1);
	}
	for (i = 0; i < vec->n; i++) {
		u32 n = 0;

		for (k = 0; k < policy->n_zones; k++)
			if (is_behind(compiler, k, i)) {
				links[i].zone_plus1 = k + 1;
				n++;
			}
		if (n > 1)
			links[i].zone_plus1 = 0;
	}
}

/**
 * otseg_compile_routed - tell the links whose frames the datapath routes
 * @compiler: the compiler; LINKS is filled
 */
void otseg_compile_routed(struct otseg_compiler *compiler)
{
	const struct otseg_policy *policy = compiler->policy;
	struct otseg_vec *vec = &OTSEG_SECTION(compiler, LINKS)->vec;
	struct otseg_img_link *links = vec->data;
	const u32 untagged = 0;
	size_t i;

	for (i = 0; i < policy->n_routed; i++)
		links[link_of(compiler, policy->routed[i], &untagged) - 1].mode = OTSEG_MODE_ROUTE;
}

/**
 * otseg_compile_fail_open - tell the links whose interface fails open
 * @compiler: the compiler; LINKS is filled
 */
void otseg_compile_fail_open(struct otseg_compiler *compiler)
{
	const struct otseg_policy *policy = compiler->policy;
	struct otseg_vec *vec = &OTSEG_SECTION(compiler, LINKS)->vec;
	struct otseg_img_link *links = vec->data;
	size_t i, k;

	for (i = 0; i < vec->n; i++)
		for (k = 0; k < policy->n_fail_open; k++)
			if (!strncmp((const char *)links[i].name, policy->fail_open[k],
				     sizeof(links[i].name)))
				links[i].flags |= OTSEG_IMG_LINK_FAIL_OPEN;
}

/**
 * otseg_compile_macs - make MAC_HASH
 * @compiler: the compiler
 *
 * Return: 0 or a negative errno after the error was noted.
 */
int otseg_compile_macs(struct otseg_compiler *compiler)
{
	const struct otseg_policy *policy = compiler->policy;
	struct otseg_vec macs = OTSEG_VEC(struct otseg_img_mac), hashes = OTSEG_VEC(u32);
	struct otseg_img_mac *table;
	size_t i, k, n_slots;
	u32 *slots;
	int err = 0;

	for (i = 0; i < policy->n_zones; i++)
		for (k = 0; k < policy->zones[i].n_macs; k++) {
			struct otseg_img_mac mac = { .zone_plus1 = i + 1 };
			u32 upper;
			u16 lower;

			memcpy(mac.addr, policy->zones[i].macs[k], sizeof(mac.addr));
			memcpy(&upper, mac.addr, sizeof(upper));
			memcpy(&lower, mac.addr + 4, sizeof(lower));
			otseg_vec_add(&macs, &mac, 1);
			otseg_vec_add_u32(&hashes, otseg_mac_hash(upper, lower, i));
		}
	if (!macs.n)
		return 0;
	slots = make_table(hashes.data, macs.n, 4 * OTSEG_MAX_MACS, &n_slots);
	if (slots) {
		table = otseg_vec_add(&OTSEG_SECTION(compiler, MAC_HASH)->vec, NULL, n_slots);
		for (i = 0; i < n_slots; i++)
			if (slots[i])
				table[i] = ((struct otseg_img_mac *)macs.data)[slots[i] - 1];
	} else {
		err = otseg_compile_error(compiler, (struct otseg_mark_at){ 0, 0 },
					  "the MAC addresses collide in the image's hash table");
	}
	free(slots);
	otseg_vec_free(&macs);
	otseg_vec_free(&hashes);
	return err;
}
