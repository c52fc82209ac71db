/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Route mode: frames that pass are sent on as the host would, without its stack.
 * Owns which frames can be; the host says where to. Whatever is not plain
 * forwarding between two interfaces in route mode stays the host's, unchanged.
 */
#ifndef OTSEG_ROUTE_H
#define OTSEG_ROUTE_H

#include "classify.h"

/*
 * Seconds after which a frame for the next hop goes up to the host. Only what it
 * sends itself has it ask whether a neighbour is still there, and find its successor.
 */
#define OTSEG_HOP_S 2

#define OTSEG_ROUTE_V4 34 /* bytes up to the end of the IP header */
#define OTSEG_ROUTE_V6 54
#define OTSEG_ROUTE_PAD 64 /* a frame up to this length may be padded */

/* Offsets in an untagged frame. */
enum otseg_route_at {
	OTSEG_AT_V4_LEN = 16,
	OTSEG_AT_V4_FRAGMENT = 20,
	OTSEG_AT_V4_TTL = 22,
	OTSEG_AT_V4_PROTO = 23,
	OTSEG_AT_V4_SUM = 24,
	OTSEG_AT_V6_LEN = 18,
	OTSEG_AT_V6_NEXT = 20,
	OTSEG_AT_V6_HOPS = 21,
};

/* Is it a unicast address that routers forward? Off its link, that is. */
OTSEG_INLINE u32 route_addr_travels(const struct otseg_addr *addr, u32 family)
{
	u32 first = otseg_be32(addr->w[0]);

	if (family == 4)
		return first >> 24 < 224;
	return first >> 24 != 0xff && first >> 22 != 0xfe80 >> 6;
}

/* Nothing but transport follows the header: no extension that would be the host's to read. */
OTSEG_INLINE u32 route_is_transport(u32 proto)
{
	return proto == OTSEG_PROTO_TCP || proto == OTSEG_PROTO_UDP || proto == OTSEG_PROTO_ICMPV6;
}

/* Takes apart what routing has to know of an IPv4 packet; 0: the host's business. */
OTSEG_INLINE u32 route_read_v4(const u8 *h, struct otseg_way *way)
{
	way->family = 4;
	way->proto = h[OTSEG_AT_V4_PROTO];
	way->src = (struct otseg_addr){ { otseg_wire(u32, h + 26) } };
	way->dst = (struct otseg_addr){ { otseg_wire(u32, h + 30) } };
	way->flow = h[15];
	way->len = otseg_be16(otseg_wire(u16, h + OTSEG_AT_V4_LEN));
	/* Options and fragments are for who reassembles. */
	return h[14] == 0x45 && !(otseg_wire(u16, h + OTSEG_AT_V4_FRAGMENT) & 0xffbf) &&
	       h[OTSEG_AT_V4_TTL] > 1;
}

OTSEG_INLINE u32 route_read_v6(const u8 *h, struct otseg_way *way)
{
	u32 len = 40u + otseg_be16(otseg_wire(u16, h + OTSEG_AT_V6_LEN));

	way->family = 6;
	way->proto = h[OTSEG_AT_V6_NEXT];
	__builtin_memcpy(&way->src, h + 22, 16);
	__builtin_memcpy(&way->dst, h + 38, 16);
	way->flow = otseg_wire(u32, h + 14) & otseg_be32(0x0fffffff);
	way->len = (u16)len;
	return h[14] >> 4 == 6 && len <= 0xffff && route_is_transport(way->proto) &&
	       h[OTSEG_AT_V6_HOPS] > 1;
}

/* Routes may differ by port, too. */
OTSEG_INLINE void route_read_ports(const struct otseg_env *e, struct otseg_way *way)
{
	const u8 *ports = otseg_peek_at(e, way->family == 4 ? OTSEG_ROUTE_V4 : OTSEG_ROUTE_V6, 4);
	u32 has = way->proto == OTSEG_PROTO_TCP || way->proto == OTSEG_PROTO_UDP;

	way->sport = has && ports ? otseg_wire(u16, ports) : 0;
	way->dport = has && ports ? otseg_wire(u16, ports + 2) : 0;
}

/* What routing has to know of the frame; 0: it is not one for us. */
OTSEG_INLINE u32 route_read(const struct otseg_env *e, struct otseg_way *way)
{
	const u8 *h = otseg_peek(e, OTSEG_ROUTE_V4);
	u32 type, is_plain;

	if (!h)
		return 0;
	type = otseg_wire(u16, h + 12);
	if (type == otseg_be16(OTSEG_ETH_IPV4)) {
		is_plain = route_read_v4(h, way);
	} else if (type == otseg_be16(OTSEG_ETH_IPV6)) {
		h = otseg_peek(e, OTSEG_ROUTE_V6);
		is_plain = h && route_read_v6(h, way);
	} else {
		return 0;
	}
	if (!is_plain || !h)
		return 0;
	route_read_ports(e, way);
	return route_addr_travels(&way->src, way->family) &&
	       route_addr_travels(&way->dst, way->family) &&
	       /* What the IP length does not show counts against no MTU. */
	       (e->s->arrival.frame_len <= OTSEG_ROUTE_PAD || e->s->arrival.frame_len <= 14u + way->len) &&
	       otseg_port_owns(e, e->s->arrival.ifindex, h);
}

/* May frames for this zone leave by this interface, and do they get out there? */
OTSEG_INLINE u32 route_is_open(const struct otseg_env *e, u32 ifindex, u32 zone)
{
	const struct otseg_link *here = otseg_link_at(e, e->s->arrival.ifindex);
	const struct otseg_link *there = otseg_link_at(e, ifindex);
	u32 link;

	/* Back to where it came from: the host tells the sender of the shorter way. */
	if (!here || !there || there->ifindex != ifindex || ifindex == e->s->arrival.ifindex)
		return 0;
	link = otseg_link_find(e, there, 0);
	if (link == OTSEG_NONE16 || otseg_at(e, LINKS, link)->mode != OTSEG_MODE_ROUTE ||
	    !otseg_zone_is_behind(e, zone, link))
		return 0;
	return otseg_port_runs(e, ifindex) &&
	       ((here->flags & OTSEG_LINK_GENERIC) || otseg_port_takes(e, ifindex));
}

/* Is it time for the host to send something to this next hop itself? */
OTSEG_INLINE u32 route_hop_is_due(const struct otseg_env *e, const struct otseg_way *way)
{
	struct otseg_hop *hop;
	u32 upper = 0;
	u32 lower = 0;
	u32 tag;

	__builtin_memcpy(&upper, way->dst_mac, 4);
	__builtin_memcpy(&lower, way->dst_mac + 4, 2);
	tag = otseg_mac_hash(upper, lower, way->ifindex);
	hop = otseg_hop_at(e, tag);
	if (!hop)
		return 1;
	if (otseg_read(hop->tag) == tag && e->now_s - otseg_read(hop->at_s) < OTSEG_HOP_S)
		return 0;
	otseg_write(hop->tag, tag);
	otseg_write(hop->at_s, e->now_s);
	return 1;
}

/* As a router does (RFC 1812 section 5.2, RFC 8200 section 3): MACs, and one hop less. */
OTSEG_INLINE u32 route_rewrite(const struct otseg_env *e, const struct otseg_way *way)
{
	u8 *h = otseg_edit(e, OTSEG_ROUTE_V4);
	u32 sum;

	if (!h)
		return 0;
	if (way->family == 4) {
		/* RFC 1624: the sum of the words falls by 0x0100. */
		sum = otseg_wire(u16, h + OTSEG_AT_V4_SUM) + otseg_be16(0x0100);
		sum += sum >= 0xffff;
		__builtin_memcpy(h + OTSEG_AT_V4_SUM, &sum, 2);
		h[OTSEG_AT_V4_TTL]--;
	} else {
		h[OTSEG_AT_V6_HOPS]--;
	}
	__builtin_memcpy(h, way->dst_mac, 6);
	__builtin_memcpy(h + 6, way->src_mac, 6);
	return 1;
}

/**
 * otseg_route_send - have a frame that passes leave by the interface of its route
 * @e: surroundings
 * @v: verdict; its link is in route mode. Without OTSEG_V_ROUTE afterwards the frame
 *	is as it was, and goes up to the host
 */
OTSEG_NOINLINE void otseg_route_send(const struct otseg_env *e, struct otseg_verdict *v)
{
	struct otseg_way *way = &e->s->way;

	if (v->dst_zone == OTSEG_NONE16 || !route_read(e, way) || !otseg_way_find(e, way) ||
	    !route_is_open(e, way->ifindex, v->dst_zone) || route_hop_is_due(e, way) ||
	    !route_rewrite(e, way))
		return;
	e->s->arrival.out = way->ifindex;
	v->flags |= OTSEG_V_ROUTE;
	e->counters[OTSEG_CTR_LINK + (v->link & (OTSEG_MAX_LINKS - 1)) * OTSEG_CTR_LINK_LEN +
		    OTSEG_CTR_LINK_ROUTED]++;
}

#endif /* OTSEG_ROUTE_H */
