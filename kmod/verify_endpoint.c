// SPDX-License-Identifier: GPL-2.0-only
/*
 * The judge of policy images, continued: links, zones, endpoint classes and the
 * tables that lead from addresses to them, assets and prefixes.
 */
#include "verify.h"

#define VLAN_MAX 4094
#define LEVEL_MAX 50 /* tenths */

static u32 count_bits(u64 bits)
{
	u32 n = 0;

	for (; bits; bits &= bits - 1)
		n++;
	return n;
}

/**
 * otseg_verify_links - hold LINKS and LINK_HASH to each other
 * @v: the image
 *
 * Return: 0 or -EINVAL.
 */
int otseg_verify_links(const struct otseg_verify *v)
{
	const struct otseg_img_link *links = RECORDS(v, LINKS);
	const u16 *slots = RECORDS(v, LINK_HASH);
	u32 n_slots = COUNT(v, LINK_HASH), n = COUNT(v, LINKS), n_used = 0, i, k;

	if ((n_slots & (n_slots - 1)) || !n_slots != !n)
		return otseg_verify_refuse(v, "LINK_HASH: %u slots for %u links", n_slots, n);
	for (i = 0; i < n_slots; i++) {
		if (slots[i] > n)
			return REFUSE(v, LINK_HASH, i, "there is no link %u", slots[i] - 1);
		n_used += !!slots[i];
	}
	if (n_used != n)
		return otseg_verify_refuse(v, "LINK_HASH: %u slots are used for %u links", n_used,
					   n);
	for (i = 0; i < n; i++) {
		const struct otseg_img_link *link = &links[i];
		u32 outer = link->vlan & 0xffff, inner = link->vlan >> 16, name[4];

		for (k = 0; k < sizeof(link->name) && link->name[k]; k++)
			if (link->name[k] <= ' ' || link->name[k] > '~' || link->name[k] == '/')
				return REFUSE(v, LINKS, i, "the name is not that of an interface");
		if (!k || k == sizeof(link->name) ||
		    !is_zero(link->name + k, sizeof(link->name) - k))
			return REFUSE(v, LINKS, i, "the name is empty or does not end");
		if (outer > VLAN_MAX || inner > VLAN_MAX || (inner && !outer))
			return REFUSE(v, LINKS, i, "there are no VLANs 0x%08x", link->vlan);
		for (k = 0; k < 4; k++)
			name[k] = link->name[4 * k] | (u32)link->name[4 * k + 1] << 8 |
				  (u32)link->name[4 * k + 2] << 16 |
				  (u32)link->name[4 * k + 3] << 24;
		if (link->hash != otseg_link_hash(name, link->vlan))
			return REFUSE(v, LINKS, i, "the hash is not that of name and VLANs");
		for (k = 0; k < OTSEG_MAX_PROBES; k++) {
			u16 slot = slots[(link->hash + k) & (n_slots - 1)];

			if (slot == i + 1)
				break;
			if (!slot)
				return REFUSE(v, LINKS, i, "LINK_HASH does not lead to it");
			if (links[slot - 1].hash == link->hash &&
			    links[slot - 1].vlan == link->vlan)
				return REFUSE(v, LINKS, i, "it cannot be told from link %u",
					      slot - 1);
		}
		if (k == OTSEG_MAX_PROBES)
			return REFUSE(v, LINKS, i, "LINK_HASH does not lead to it");
	}
	return 0;
}

/**
 * otseg_verify_zones - see that zones name known links
 * @v: the image
 *
 * Return: 0 or -EINVAL.
 */
int otseg_verify_zones(const struct otseg_verify *v)
{
	const u32 flags = OTSEG_ZONE_HAS_MACS | OTSEG_ZONE_DEFAULT4 | OTSEG_ZONE_DEFAULT6;
	const struct otseg_img_zone *zones = RECORDS(v, ZONES);
	u32 n_links = COUNT(v, LINKS), i, k;

	if (!COUNT(v, ZONES))
		return otseg_verify_refuse(v, "ZONES: there is none");
	for (i = 0; i < COUNT(v, ZONES); i++) {
		const struct otseg_img_zone *zone = &zones[i];

		for (k = 0; k < OTSEG_MAX_LINKS / 64; k++) {
			u64 known = n_links >= 64 * (k + 1) ? ~0ull :
				    n_links <= 64 * k	    ? 0 :
							      (1ull << (n_links - 64 * k)) - 1;

			if (zone->links[k] & ~known)
				return REFUSE(v, ZONES, i, "it lives behind an unknown link");
		}
		if (!otseg_verify_is_name(v, zone->name))
			return REFUSE(v, ZONES, i, "the name is not a name");
		if (zone->flags & ~flags)
			return REFUSE(v, ZONES, i, "unknown flags 0x%x", zone->flags);
		if (zone->level_tenths > LEVEL_MAX)
			return REFUSE(v, ZONES, i, "the level %u is too high", zone->level_tenths);
	}
	return 0;
}

/**
 * otseg_verify_classes - see that classes are numbered by zone without a gap
 * @v: the image
 *
 * Classes lie by zone and without gaps, so a zone's role tables cover all of its classes.
 *
 * Return: 0 or -EINVAL.
 */
int otseg_verify_classes(const struct otseg_verify *v)
{
	const struct otseg_img_class *classes = RECORDS(v, CLASSES);
	const struct otseg_img_zone *zones = RECORDS(v, ZONES);
	u32 n = COUNT(v, CLASSES), at = 1, zone, local;

	if (!n || classes[0].zone != OTSEG_NONE16 || classes[0].local)
		return otseg_verify_refuse(v, "CLASSES: the first one is not that of no zone");
	for (zone = 0; zone < COUNT(v, ZONES); zone++)
		for (local = 0; local < zones[zone].n_classes; local++, at++)
			if (at >= n || classes[at].zone != zone || classes[at].local != local)
				return REFUSE(v, CLASSES, at, "it is not class %u of zone %u",
					      local, zone);
	if (at != n)
		return REFUSE(v, CLASSES, at, "it belongs to no zone");
	return 0;
}

/**
 * otseg_verify_macs - see that MAC_HASH leads to each of its MACs
 * @v: the image
 *
 * Return: 0 or -EINVAL.
 */
int otseg_verify_macs(const struct otseg_verify *v)
{
	const struct otseg_img_mac *macs = RECORDS(v, MAC_HASH), *other;
	const struct otseg_img_zone *zones = RECORDS(v, ZONES);
	u32 n = COUNT(v, MAC_HASH), i, k, hash;

	if (n & (n - 1))
		return otseg_verify_refuse(v, "MAC_HASH: %u slots are not a power of two", n);
	for (i = 0; i < n; i++) {
		const struct otseg_img_mac *mac = &macs[i];

		pause_at(i);
		if (!mac->zone_plus1) {
			if (!is_zero(mac->addr, sizeof(mac->addr)))
				return REFUSE(v, MAC_HASH, i, "a free slot is not zero");
			continue;
		}
		if (mac->zone_plus1 > COUNT(v, ZONES) ||
		    !(zones[mac->zone_plus1 - 1].flags & OTSEG_ZONE_HAS_MACS))
			return REFUSE(v, MAC_HASH, i, "no zone %u has MACs", mac->zone_plus1 - 1);
		hash = otseg_mac_hash(mac->addr[0] | (u32)mac->addr[1] << 8 |
					      (u32)mac->addr[2] << 16 | (u32)mac->addr[3] << 24,
				      mac->addr[4] | (u32)mac->addr[5] << 8, mac->zone_plus1 - 1);
		for (k = 0; k < OTSEG_MAX_PROBES; k++) {
			other = &macs[(hash + k) & (n - 1)];
			if (other == mac || !other->zone_plus1)
				break;
			if (other->zone_plus1 == mac->zone_plus1 &&
			    !__builtin_memcmp(other->addr, mac->addr, sizeof(mac->addr)))
				break;
		}
		if (k == OTSEG_MAX_PROBES || other != mac)
			return REFUSE(v, MAC_HASH, i, "its hash does not lead to it");
	}
	return 0;
}

/**
 * otseg_verify_trie - see that the IPv4 trie leads from every address to a class
 * @v: the image
 *
 * Nodes up to the last one that the root names are of the second level and name
 * only nodes behind those; the rest is of the third and names classes only.
 *
 * Return: 0 or -EINVAL.
 */
int otseg_verify_trie(const struct otseg_verify *v)
{
	const u32 *root = RECORDS(v, V4_ROOT), *entries = RECORDS(v, V4_ENTRIES);
	const struct otseg_img_node *nodes = RECORDS(v, V4_NODES);
	u32 n_nodes = COUNT(v, V4_NODES), n_classes = COUNT(v, CLASSES);
	u32 n_upper = 0, at = 0, i, k, n;

	if (COUNT(v, V4_ROOT) != 65536)
		return otseg_verify_refuse(v, "V4_ROOT: %u entries instead of 65536",
					   COUNT(v, V4_ROOT));
	for (i = 0; i < 65536; i++) {
		u32 index = root[i] & ~OTSEG_TRIE_NODE;

		pause_at(i);
		if (index >= (root[i] & OTSEG_TRIE_NODE ? n_nodes : n_classes))
			return REFUSE(v, V4_ROOT, i, "there is no class or node %u", index);
		if ((root[i] & OTSEG_TRIE_NODE) && index >= n_upper)
			n_upper = index + 1;
	}
	for (i = 0; i < n_nodes; i++) {
		const struct otseg_img_node *node = &nodes[i];

		pause_at(i);
		if (!(node->bits[0] & 1))
			return REFUSE(v, V4_NODES, i, "its first bit is not set");
		for (k = 0, n = 0; k < 4; k++) {
			if (node->before[k] != n)
				return REFUSE(v, V4_NODES, i, "it miscounts the bits before %u",
					      64 * k);
			n += count_bits(node->bits[k]);
		}
		if (node->entries != at || n > COUNT(v, V4_ENTRIES) - at)
			return REFUSE(v, V4_NODES, i, "its entries are not the next ones");
		for (; n; n--, at++) {
			u32 index = entries[at] & ~OTSEG_TRIE_NODE;
			bool is_node = entries[at] & OTSEG_TRIE_NODE;

			if (is_node && (i >= n_upper || index < n_upper))
				return REFUSE(v, V4_ENTRIES, at, "it does not lead downwards");
			if (index >= (is_node ? n_nodes : n_classes))
				return REFUSE(v, V4_ENTRIES, at, "there is no class or node %u",
					      index);
		}
	}
	if (at != COUNT(v, V4_ENTRIES))
		return REFUSE(v, V4_ENTRIES, at, "it belongs to no node");
	return 0;
}

/**
 * otseg_verify_v6 - see that the IPv6 ranges are in order
 * @v: the image
 *
 * Return: 0 or -EINVAL.
 */
int otseg_verify_v6(const struct otseg_verify *v)
{
	const struct otseg_img_v6range *ranges = RECORDS(v, V6_RANGES);
	u32 i;

	for (i = 0; i < COUNT(v, V6_RANGES); i++) {
		const struct otseg_img_v6range *range = &ranges[i];

		pause_at(i);
		if (!i && (range->hi || range->lo))
			return REFUSE(v, V6_RANGES, i, "the first one does not begin at ::");
		if (i && (range[-1].hi > range->hi ||
			  (range[-1].hi == range->hi && range[-1].lo >= range->lo)))
			return REFUSE(v, V6_RANGES, i, "it is not behind the one before");
		if (range->class >= COUNT(v, CLASSES))
			return REFUSE(v, V6_RANGES, i, "there is no class %u", range->class);
		if (range->reserved)
			return REFUSE(v, V6_RANGES, i, "a reserved field is not zero");
	}
	return 0;
}

/**
 * otseg_verify_assets - see that assets and prefixes belong together
 * @v: the image
 *
 * Return: 0 or -EINVAL.
 */
int otseg_verify_assets(const struct otseg_verify *v)
{
	const struct otseg_img_prefix *prefixes = RECORDS(v, PREFIXES);
	const struct otseg_img_asset *assets = RECORDS(v, ASSETS);
	const u32 *refs = RECORDS(v, ASSET_REFS);
	u32 at = 0, i;

	for (i = 0; i < COUNT(v, ASSET_REFS); i++) {
		pause_at(i);
		if (refs[i] >= COUNT(v, ASSETS))
			return REFUSE(v, ASSET_REFS, i, "there is no asset %u", refs[i]);
	}
	/* The prefixes of zones come first, then those of each asset. */
	while (at < COUNT(v, PREFIXES) && !prefixes[at].asset_plus1)
		at++;
	for (i = 0; i < COUNT(v, ASSETS); i++) {
		const struct otseg_img_asset *asset = &assets[i];
		u32 end;

		pause_at(i);
		if (!otseg_verify_is_name(v, asset->name) || !otseg_verify_is_text(v, asset->note))
			return REFUSE(v, ASSETS, i, "the name is not a name or the note no text");
		if (asset->flags & ~OTSEG_ASSET_GROUP || !asset->n_refs)
			return REFUSE(v, ASSETS, i, "it has unknown flags or no address");
		if (asset->flags & OTSEG_ASSET_GROUP) {
			if (asset->zone != OTSEG_NONE16 && asset->zone >= COUNT(v, ZONES))
				return REFUSE(v, ASSETS, i, "there is no zone %u", asset->zone);
			if (!is_within(asset->refs, asset->n_refs, COUNT(v, ASSET_REFS)))
				return REFUSE(v, ASSETS, i, "its members are not in ASSET_REFS");
			continue;
		}
		if (asset->zone >= COUNT(v, ZONES))
			return REFUSE(v, ASSETS, i, "there is no zone %u", asset->zone);
		if (asset->refs != at || asset->n_refs > COUNT(v, PREFIXES) - at)
			return REFUSE(v, ASSETS, i, "its addresses are not the next ones");
		for (end = at + asset->n_refs; at < end; at++)
			if (prefixes[at].asset_plus1 != i + 1 || prefixes[at].zone != asset->zone)
				return REFUSE(v, PREFIXES, at, "it is not one of asset %u", i);
	}
	if (at != COUNT(v, PREFIXES))
		return REFUSE(v, PREFIXES, at, "it belongs to no asset");
	return 0;
}

static u32 trie_child(const struct otseg_verify *v, u32 entry, u32 child)
{
	const struct otseg_img_node *node = &RECORDS(v, V4_NODES)[entry & ~OTSEG_TRIE_NODE];
	u64 below = node->bits[child / 64] & (~0ull >> (63 - child % 64));
	u32 at = node->entries + node->before[child / 64] + count_bits(below) - 1;

	return RECORDS(v, V4_ENTRIES)[at];
}

/* The class of an address, as the datapath finds it. */
static u32 class_of(const struct otseg_verify *v, const struct otseg_img_prefix *prefix)
{
	const struct otseg_img_v6range *ranges = RECORDS(v, V6_RANGES);
	u32 low = 0, high = COUNT(v, V6_RANGES), entry, i;
	u64 hi = 0, lo = 0;

	if (prefix->family == 4) {
		entry = RECORDS(v, V4_ROOT)[prefix->addr[0] << 8 | prefix->addr[1]];
		if (entry & OTSEG_TRIE_NODE)
			entry = trie_child(v, entry, prefix->addr[2]);
		if (entry & OTSEG_TRIE_NODE)
			entry = trie_child(v, entry, prefix->addr[3]);
		return entry;
	}
	for (i = 0; i < 8; i++) {
		hi = hi << 8 | prefix->addr[i];
		lo = lo << 8 | prefix->addr[8 + i];
	}
	while (high > low + 1) {
		u32 middle = low + (high - low) / 2;

		if (ranges[middle].hi < hi || (ranges[middle].hi == hi && ranges[middle].lo <= lo))
			low = middle;
		else
			high = middle;
	}
	return high ? ranges[low].class : 0;
}

/**
 * otseg_verify_prefixes - see that prefixes are such and lead to the class they name
 * @v: the image
 *
 * Return: 0 or -EINVAL.
 */
int otseg_verify_prefixes(const struct otseg_verify *v)
{
	const struct otseg_img_prefix *prefixes = RECORDS(v, PREFIXES);
	u32 i, k, bit;

	for (i = 0; i < COUNT(v, PREFIXES); i++) {
		const struct otseg_img_prefix *prefix = &prefixes[i];

		pause_at(i * 16);
		if ((prefix->family != 4 && prefix->family != 6) ||
		    prefix->len > (prefix->family == 4 ? 32 : 128))
			return REFUSE(v, PREFIXES, i, "IPv%u has no prefixes of length %u",
				      prefix->family, prefix->len);
		for (k = 0; k < sizeof(prefix->addr); k++) {
			bit = prefix->len <= 8 * k ? 0 : prefix->len - 8 * k;
			if (bit < 8 && (prefix->addr[k] & (0xff >> bit)))
				return REFUSE(v, PREFIXES, i, "bits behind its length are set");
		}
		if (prefix->zone >= COUNT(v, ZONES))
			return REFUSE(v, PREFIXES, i, "there is no zone %u", prefix->zone);
		if (prefix->class != class_of(v, prefix))
			return REFUSE(v, PREFIXES, i, "its first address is not of class %u",
				      prefix->class);
	}
	return 0;
}

static bool is_same_name(const struct otseg_img_link *a, const struct otseg_img_link *b)
{
	u32 i;

	for (i = 0; i < sizeof(a->name); i++)
		if (a->name[i] != b->name[i])
			return false;
	return true;
}

/* Which end of a wire an interface is, 2: none. */
static u32 end_of(const struct otseg_verify *v, u32 wire, const struct otseg_img_link *link)
{
	const struct otseg_img_wire *record = &RECORDS(v, WIRES)[wire];
	const struct otseg_img_link *links = RECORDS(v, LINKS);
	u32 end;

	for (end = 0; end < 2; end++)
		if (is_same_name(&links[record->ends[end]], link))
			break;
	return end;
}

static int verify_wire(const struct otseg_verify *v, u32 i)
{
	const struct otseg_img_wire *wire = &RECORDS(v, WIRES)[i];
	const struct otseg_img_link *links = RECORDS(v, LINKS);
	u32 end, k;

	if (!otseg_verify_is_name(v, wire->name))
		return REFUSE(v, WIRES, i, "the name is not a name");
	if (wire->flags & ~OTSEG_WIRE_MIRROR)
		return REFUSE(v, WIRES, i, "unknown flags 0x%x", wire->flags);
	for (end = 0; end < 2; end++) {
		u32 link = wire->ends[end];

		if (link >= COUNT(v, LINKS))
			return REFUSE(v, WIRES, i, "there is no link %u", link);
		if (links[link].wire_plus1 != i + 1)
			return REFUSE(v, WIRES, i, "its link %u does not lie on it", link);
		for (k = 0; k < link; k++)
			if (is_same_name(&links[k], &links[link]))
				return REFUSE(v, WIRES, i, "link %u is not the first of its name",
					      link);
	}
	if (wire->ends[0] == wire->ends[1])
		return REFUSE(v, WIRES, i, "both of its ends are link %u", wire->ends[0]);
	return 0;
}

static bool is_behind(const struct otseg_img_zone *zone, u32 link)
{
	return zone->links[link / 64] >> (link % 64) & 1;
}

/* The only zone behind a link, plus one; 0: there are several, or none. */
static u32 only_zone(const struct otseg_verify *v, u32 link)
{
	const struct otseg_img_zone *zones = RECORDS(v, ZONES);
	u32 zone_plus1 = 0, n = 0, i;

	for (i = 0; i < COUNT(v, ZONES); i++)
		if (is_behind(&zones[i], link)) {
			zone_plus1 = i + 1;
			n++;
		}
	return n == 1 ? zone_plus1 : 0;
}

/* Who may be found across the wire follows from the conduits, see struct otseg_img_link. */
static int verify_reach(const struct otseg_verify *v, u32 i)
{
	const struct otseg_img_conduit *conduits = RECORDS(v, CONDUITS);
	const struct otseg_img_link *link = &RECORDS(v, LINKS)[i];
	const struct otseg_img_zone *zones = RECORDS(v, ZONES);
	u64 reach[OTSEG_MAX_ZONES / 64] = {};
	u32 k;

	for (k = 0; link->peer_plus1 && k < COUNT(v, CONDUITS); k++) {
		u32 from = conduits[k].from, to = conduits[k].to, peer = link->peer_plus1 - 1;

		if (!(conduits[k].flags & OTSEG_CONDUIT_ENABLED))
			continue;
		if (is_behind(&zones[from], i) && is_behind(&zones[to], peer))
			reach[to / 64] |= 1ull << (to % 64);
		if (is_behind(&zones[to], i) && is_behind(&zones[from], peer))
			reach[from / 64] |= 1ull << (from % 64);
	}
	for (k = 0; k < OTSEG_MAX_ZONES / 64; k++)
		if (link->reach[k] != reach[k])
			return REFUSE(v, LINKS, i, "it does not reach the zones that it should");
	cond_resched();
	return 0;
}

static int verify_link_wire(const struct otseg_verify *v, u32 i)
{
	const struct otseg_img_link *links = RECORDS(v, LINKS), *link = &links[i];
	u32 n_links = COUNT(v, LINKS), n_wires = COUNT(v, WIRES), end, far, k;

	if (link->zone_plus1 != only_zone(v, i))
		return REFUSE(v, LINKS, i, "its zone is not the only one behind it");
	if (link->wire_plus1 > n_wires)
		return REFUSE(v, LINKS, i, "there is no wire %u", link->wire_plus1 - 1);
	for (k = 0; k < n_wires; k++)
		if ((end_of(v, k, link) < 2) != (link->wire_plus1 == k + 1))
			return REFUSE(v, LINKS, i, "its interface and wire %u contradict each other",
				      k);
	if (link->wire_plus1 ? link->mode != OTSEG_MODE_WIRE :
			       link->mode != OTSEG_MODE_PASS && link->mode != OTSEG_MODE_ROUTE)
		return REFUSE(v, LINKS, i, "its mode %u does not fit its wire", link->mode);
	if (link->mode == OTSEG_MODE_ROUTE && link->vlan)
		return REFUSE(v, LINKS, i, "frames with VLAN tags are not routed");
	if (link->flags & ~OTSEG_IMG_LINK_FAIL_OPEN)
		return REFUSE(v, LINKS, i, "unknown flags 0x%x", link->flags);
	if (link->flags & OTSEG_IMG_LINK_FAIL_OPEN && link->wire_plus1)
		return REFUSE(v, LINKS, i, "what no datapath has seen does not cross a wire");
	for (k = 0; k < i; k++)
		if (links[k].flags != link->flags && is_same_name(&links[k], link))
			return REFUSE(v, LINKS, i, "link %u of its interface fails otherwise", k);
	k = n_links;
	if (link->wire_plus1) {
		end = end_of(v, link->wire_plus1 - 1, link);
		far = RECORDS(v, WIRES)[link->wire_plus1 - 1].ends[1 - end];
		for (k = 0; k < n_links; k++)
			if (links[k].vlan == link->vlan && is_same_name(&links[k], &links[far]))
				break;
	}
	if (link->peer_plus1 != (k < n_links ? k + 1 : 0))
		return REFUSE(v, LINKS, i, "its peer is not the same VLAN at the other end");
	return verify_reach(v, i);
}

/**
 * otseg_verify_wires - hold WIRES, LINKS and the conduits to each other
 * @v: the image
 *
 * Return: 0 or -EINVAL.
 */
int otseg_verify_wires(const struct otseg_verify *v)
{
	int err = 0;
	u32 i;

	for (i = 0; !err && i < COUNT(v, WIRES); i++)
		err = verify_wire(v, i);
	for (i = 0; !err && i < COUNT(v, LINKS); i++)
		err = verify_link_wire(v, i);
	return err;
}
