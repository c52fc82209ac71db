/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * From addresses to the policy: endpoint class, zone, conduit, leaf and the rule
 * that is in force. Owns anti-spoofing; knows nothing of flows. Its cost does not
 * depend on the number of rules.
 */
#ifndef OTSEG_CLASSIFY_H
#define OTSEG_CLASSIFY_H

#include "decode.h"
#include "ingress.h"

#define OTSEG_V6_STEPS 18 /* halvings of 2 * OTSEG_MAX_PREFIXES + 1 ranges */
#define OTSEG_INTERVAL_STEPS 17 /* halvings of OTSEG_MAX_INTERVALS intervals */

OTSEG_INLINE u32 otseg_popcount64(u64 x)
{
	x -= (x >> 1) & 0x5555555555555555ull;
	x = (x & 0x3333333333333333ull) + ((x >> 2) & 0x3333333333333333ull);
	x = (x + (x >> 4)) & 0x0f0f0f0f0f0f0f0full;
	return (u32)((x * 0x0101010101010101ull) >> 56);
}

/* The entry of child @byte of a trie node. */
OTSEG_INLINE u32 otseg_class_child(const struct otseg_env *e, u32 node_index, u32 byte)
{
	const struct otseg_img_node *node = otseg_at(e, V4_NODES, node_index & ~OTSEG_TRIE_NODE);
	u32 word = (byte >> 6) & 3;
	u64 below = (2ull << (byte & 63)) - 1;

	return *otseg_at(e, V4_ENTRIES,
			 node->entries + node->before[word] +
				 otseg_popcount64(node->bits[word] & below) - 1);
}

OTSEG_INLINE u32 otseg_class_v4(const struct otseg_env *e, u32 addr_be)
{
	u32 addr = otseg_be32(addr_be);
	u32 entry;

	if (!otseg_count(e, V4_ROOT))
		return 0;
	entry = *otseg_at(e, V4_ROOT, addr >> 16);
	if (entry & OTSEG_TRIE_NODE)
		entry = otseg_class_child(e, entry, (addr >> 8) & 0xff);
	if (entry & OTSEG_TRIE_NODE)
		entry = otseg_class_child(e, entry, addr & 0xff);
	return entry;
}

/* Halves without a branch on what was found: the number of steps depends on the table only. */
OTSEG_NOINLINE u32 otseg_class_v6(const struct otseg_env *e, const struct otseg_addr *addr)
{
	u64 hi = (u64)otseg_be32(addr->w[0]) << 32 | otseg_be32(addr->w[1]);
	u64 lo = (u64)otseg_be32(addr->w[2]) << 32 | otseg_be32(addr->w[3]);
	const struct otseg_img_v6range *range;
	u32 n = otseg_count(e, V6_RANGES);
	u32 at = 0;
	u32 half;
	u32 i;

	if (!n)
		return 0;
	for (i = 0; i < OTSEG_V6_STEPS; i++) {
		if (n <= 1)
			break;
		half = n >> 1;
		range = otseg_at(e, V6_RANGES, at + half);
		if (range->hi < hi || (range->hi == hi && range->lo <= lo))
			at += half;
		n -= half;
	}
	return otseg_forget(e, otseg_at(e, V6_RANGES, at)->class);
}

/**
 * otseg_class_of - endpoint class of an address
 * @e: surroundings
 * @addr: the address
 * @family: 4 or 6
 *
 * Return: the class; 0 lies in no zone.
 */
OTSEG_INLINE u32 otseg_class_of(const struct otseg_env *e, const struct otseg_addr *addr,
				u32 family)
{
	return family == 6 ? otseg_class_v6(e, addr) : otseg_class_v4(e, addr->w[0]);
}

OTSEG_INLINE u32 otseg_class_zone(const struct otseg_env *e, u32 class)
{
	return otseg_at(e, CLASSES, class)->zone;
}

OTSEG_INLINE u32 otseg_zone_is_behind(const struct otseg_env *e, u32 zone, u32 link)
{
	const struct otseg_img_zone *z = otseg_at(e, ZONES, zone);

	return (z->links[(link >> 6) & 3] >> (link & 63)) & 1;
}

/* May a frame for this zone go on from this link? Off a wire, the host knows the way. */
OTSEG_INLINE u32 otseg_link_leads_to(const struct otseg_env *e, u32 link, u32 zone)
{
	const struct otseg_img_link *l = otseg_at(e, LINKS, link);

	return !l->wire_plus1 || (l->peer_plus1 && otseg_zone_is_behind(e, zone, l->peer_plus1 - 1u));
}

/*
 * Addresses that no zone can hold, whatever its prefixes say: this network,
 * loopback, and as a source multicast and broadcast (RFC 6890, RFC 4291).
 */
OTSEG_INLINE u32 otseg_addr_is_odd(const struct otseg_addr *addr, u32 family, const u32 as_source)
{
	u32 first = otseg_be32(addr->w[0]);

	if (family == 4) {
		if (!(first >> 24) || first >> 24 == 127)
			return 1;
		return as_source && (first >> 28 == 14 || first == 0xffffffff);
	}
	/* ::, ::1 and the IPv4-mapped ones. */
	if (!addr->w[0] && !addr->w[1] &&
	    (addr->w[2] == 0xffff0000 || (!addr->w[2] && otseg_be32(addr->w[3]) <= 1)))
		return 1;
	return as_source && first >> 24 == 0xff;
}

/* otseg_place_source() for a packet of @family. */
OTSEG_INLINE u32 place_source(const struct otseg_env *e, const struct otseg_packet *p,
			      struct otseg_verdict *v, struct otseg_path *path, u32 family)
{
	u32 class, zone;

	if (p->src_mac[0] & 1)
		return OTSEG_R_MAC_SPOOFED;
	if (family && otseg_addr_is_odd(&p->src, family, 1))
		return OTSEG_R_SPOOFED;
	class = otseg_class_of(e, &p->src, family);
	zone = otseg_class_zone(e, class);
	if (zone == OTSEG_NONE16 || !otseg_zone_is_behind(e, zone, v->link))
		return OTSEG_R_SPOOFED;
	if ((otseg_at(e, ZONES, zone)->flags & OTSEG_ZONE_HAS_MACS) &&
	    !otseg_ingress_mac(e, p, zone))
		return OTSEG_R_MAC_SPOOFED;
	v->src_zone = (u16)zone;
	path->src_class = class;
	return OTSEG_R_NONE;
}

/**
 * otseg_place_source - find the zone of a source and hold it to its link
 * @e: surroundings
 * @p: the packet; @p->src, @p->src_mac
 * @v: verdict, takes the source zone; @v->link is known
 * @path: takes the source class
 *
 * Return: enum otseg_reason: NONE, SPOOFED or MAC_SPOOFED.
 */
OTSEG_NOINLINE u32 otseg_place_source(const struct otseg_env *e, const struct otseg_packet *p,
				      struct otseg_verdict *v, struct otseg_path *path)
{
	return place_source(e, p, v, path, p->family);
}

/* Does it come from where it goes to (the land attack)? Nobody writes to himself through a wire. */
OTSEG_INLINE u32 place_is_land(const struct otseg_packet *p, u32 family)
{
	u32 differ = p->src.w[0] ^ p->dst.w[0];

	if (family == 6)
		differ |= (p->src.w[1] ^ p->dst.w[1]) | (p->src.w[2] ^ p->dst.w[2]) |
			  (p->src.w[3] ^ p->dst.w[3]);
	return family && !differ;
}

/*
 * Both zones of a frame without an IP address: the only one behind its link, and the only one
 * behind the other end of the wire. Off a wire it stays within its zone.
 */
OTSEG_INLINE u32 place_link(const struct otseg_env *e, const struct otseg_packet *p,
			    struct otseg_verdict *v, struct otseg_path *path)
{
	const struct otseg_img_link *link = otseg_at(e, LINKS, v->link);
	u32 zone = link->zone_plus1, far = zone;

	if (link->wire_plus1)
		far = link->peer_plus1 ? otseg_at(e, LINKS, link->peer_plus1 - 1u)->zone_plus1 : 0;
	if (p->src_mac[0] & 1)
		return OTSEG_R_MAC_SPOOFED;
	if (!zone || !far)
		return OTSEG_R_ETHERTYPE;
	if ((otseg_at(e, ZONES, zone - 1)->flags & OTSEG_ZONE_HAS_MACS) &&
	    !otseg_ingress_mac(e, p, zone - 1))
		return OTSEG_R_MAC_SPOOFED;
	v->src_zone = (u16)(zone - 1);
	v->dst_zone = (u16)(far - 1);
	path->src_class = OTSEG_NONE32;
	path->dst_class = OTSEG_NONE32;
	return OTSEG_R_NONE;
}

/* otseg_place() for a packet of @family. */
OTSEG_INLINE u32 place(const struct otseg_env *e, const struct otseg_packet *p,
		       struct otseg_verdict *v, struct otseg_path *path, u32 family)
{
	u32 reason, zone;

	if (place_is_land(p, family))
		return OTSEG_R_SPOOFED;
	reason = otseg_forget(e, place_source(e, p, v, path, family));
	if (reason)
		return reason;
	if (family && otseg_addr_is_odd(&p->dst, family, 0))
		return OTSEG_R_NO_ZONE;
	path->dst_class = otseg_class_of(e, &p->dst, family);
	zone = otseg_class_zone(e, path->dst_class);
	if (zone == OTSEG_NONE16)
		return OTSEG_R_NO_ZONE;
	v->dst_zone = (u16)zone;
	if (otseg_unlikely(!otseg_link_leads_to(e, v->link, zone)))
		return OTSEG_R_OFF_WIRE;
	return OTSEG_R_NONE;
}

/**
 * otseg_place - find both zones of a frame
 * @e: surroundings
 * @p: the packet
 * @v: verdict, takes the zones; @v->link is known
 * @path: takes the classes
 *
 * Return: enum otseg_reason: NONE, SPOOFED, MAC_SPOOFED, NO_ZONE, OFF_WIRE or ETHERTYPE.
 */
OTSEG_NOINLINE u32 otseg_place(const struct otseg_env *e, const struct otseg_packet *p,
			       struct otseg_verdict *v, struct otseg_path *path)
{
	if (otseg_unlikely(p->family == OTSEG_FAMILY_LINK))
		return place_link(e, p, v, path);
	return place(e, p, v, path, p->family);
}

/* The index of a class among those of its zone; rules about what has no address are for all. */
OTSEG_INLINE u32 class_local(const struct otseg_env *e, u32 class)
{
	return class == OTSEG_NONE32 ? 0 : otseg_at(e, CLASSES, class)->local;
}

/* Is there an inspector for the service? */
OTSEG_INLINE u32 otseg_service_is_inspected(u32 service)
{
#define X(id, name, family, on, tcp, udp, ether, state) \
	| (OTSEG_SERVICE_##state == OTSEG_SERVICE_INSPECTED ? 1ull << OTSEG_SVC_##id : 0)
	const u64 inspected = 0 OTSEG_SERVICE_LIST(X);
#undef X

	return (inspected >> (service & 63)) & 1;
}

/* The service whose inspector @service shares. */
OTSEG_INLINE u32 otseg_service_family(u32 service)
{
	switch (service) {
#define X(id, name, family, on, tcp, udp, ether, state) \
	case OTSEG_SVC_##id:                            \
		return OTSEG_SVC_##family;
		OTSEG_SERVICE_LIST(X)
#undef X
	default:
		return OTSEG_SVC_NONE;
	}
}

/* What one zone may ask of another: pair + 1, 0: nothing. */
OTSEG_INLINE u32 otseg_pair_of(const struct otseg_env *e, u32 src_zone, u32 dst_zone)
{
	return *otseg_at(e, PAIR_MATRIX, src_zone * otseg_count(e, ZONES) + dst_zone);
}

OTSEG_INLINE u32 otseg_conduit_is_monitored(const struct otseg_env *e, u32 conduit)
{
	const u32 both = OTSEG_CONDUIT_ENABLED | OTSEG_CONDUIT_MONITOR;
	u32 yes = conduit != OTSEG_NONE16 &&
		  (otseg_at(e, CONDUITS, conduit)->flags & both) == both;

	return otseg_forget(e, yes);
}

/* The leaf + 1 of @selector in a cell, 0: no rule. */
OTSEG_NOINLINE u32 otseg_leaf_find(const struct otseg_env *e, u32 cell_index, u32 selector)
{
	const struct otseg_img_cell *cell = otseg_at(e, CELLS, cell_index);
	u32 at = cell->intervals;
	u32 n = cell->n_intervals;
	u32 half;
	u32 i;

	for (i = 0; i < OTSEG_INTERVAL_STEPS; i++) {
		if (n <= 1)
			break;
		half = n >> 1;
		if (otseg_at(e, INTERVALS, at + half)->first <= selector)
			at += half;
		n -= half;
	}
	return otseg_at(e, INTERVALS, at)->leaf_plus1;
}

/* Is a rule in force? Then it is the path's; else why not. */
OTSEG_INLINE u32 otseg_rule_decide(const struct otseg_env *e, struct otseg_path *path, u32 index)
{
	const struct otseg_img_rule *rule = otseg_at(e, RULES, index);
	u32 conduit = rule->conduit;

	if (otseg_likely(otseg_at(e, CONDUITS, conduit)->flags & OTSEG_CONDUIT_ENABLED)) {
		if (otseg_likely(!(rule->flags & OTSEG_RULE_VOID))) {
			path->rule = index & (OTSEG_MAX_RULES - 1);
			path->conduit = (u16)conduit;
			return OTSEG_R_RULE;
		}
		path->conduit = (u16)conduit;
		return OTSEG_R_NO_INSPECTOR;
	}
	if (path->conduit == OTSEG_NONE16)
		path->conduit = (u16)conduit;
	return OTSEG_R_CONDUIT_DISABLED;
}

/* The other rules of a leaf, after the first one, which is not in force for @reason. */
OTSEG_NOINLINE u32 otseg_leaf_others(const struct otseg_env *e, struct otseg_path *path, u32 reason)
{
	const struct otseg_img_leaf *leaf = otseg_at(e, LEAVES, path->leaf);
	u32 rules = leaf->rules;
	u32 other;
	u32 i;

	otseg_for(i, leaf->n_rules - 1u) {
		other = otseg_rule_decide(e, path, *otseg_at(e, LEAF_RULES, rules + 1 + i));
		if (other != OTSEG_R_CONDUIT_DISABLED)
			reason = other;
		reason = otseg_forget(e, reason);
		if (reason == OTSEG_R_RULE)
			break;
	}
	return reason;
}

/*
 * The first rule of @path->leaf that is in force. Without one, the reason is that
 * of a rule without an inspector, if there is one.
 */
OTSEG_INLINE u32 otseg_leaf_decide(const struct otseg_env *e, struct otseg_path *path)
{
	const struct otseg_img_leaf *leaf = otseg_at(e, LEAVES, path->leaf);
	u32 reason;

	if (leaf->n_rules - 1u >= OTSEG_MAX_LEAF_RULES)
		return OTSEG_R_INTERNAL;
	reason = otseg_rule_decide(e, path, *otseg_at(e, LEAF_RULES, leaf->rules));
	return otseg_likely(reason == OTSEG_R_RULE) ? reason : otseg_leaf_others(e, path, reason);
}

/* otseg_path_find() where it stands. */
OTSEG_INLINE u32 path_find(const struct otseg_env *e, struct otseg_path *path,
			   u32 src_zone, u32 dst_zone, u32 selector)
{
	u32 index = otseg_pair_of(e, src_zone, dst_zone);
	const struct otseg_img_pair *pair;
	u32 src_role, dst_role, cell, leaf;
	u32 service;

	path->rule = OTSEG_NONE32;
	path->conduit = OTSEG_NONE16;
	path->service = OTSEG_SVC_NONE;
	path->inspected = 0;
	if (!index)
		return OTSEG_R_NO_CONDUIT;
	pair = otseg_at(e, PAIRS, index - 1);
	path->conduit = pair->conduit;
	src_role = *otseg_at(e, ROLES, pair->src_roles + class_local(e, path->src_class));
	dst_role = *otseg_at(e, ROLES, pair->dst_roles + class_local(e, path->dst_class));
	cell = *otseg_at(e, CELL_MATRIX, pair->cells + src_role * pair->n_dst_roles + dst_role);
	leaf = cell ? otseg_leaf_find(e, cell - 1, selector) : 0;
	if (!leaf)
		return pair->conduit == OTSEG_NONE16 ? OTSEG_R_NO_CONDUIT : OTSEG_R_NO_RULE;
	path->leaf = leaf - 1;
	service = otseg_at(e, LEAVES, leaf - 1)->service;
	path->service = (u8)service;
	path->inspected = otseg_service_is_inspected(service);
	return otseg_forget(e, otseg_leaf_decide(e, path));
}

/**
 * otseg_path_find - find the rule for a way from one zone to another
 * @e: surroundings
 * @path: classes in, the rest out
 * @src_zone: zone that opens
 * @dst_zone: zone that answers
 * @selector: OTSEG_SEL() of what it asks for
 *
 * Return: enum otseg_reason: RULE, or why there is none.
 */
OTSEG_NOINLINE u32 otseg_path_find(const struct otseg_env *e, struct otseg_path *path,
				   u32 src_zone, u32 dst_zone, u32 selector)
{
	return path_find(e, path, src_zone, dst_zone, selector);
}

#endif /* OTSEG_CLASSIFY_H */
