/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Address resolution: ARP and IPv6 neighbour discovery. On an interface's own
 * link a consistent message passes by default; anything else needs a rule.
 * Router discovery, redirects and multicast listeners are plain ICMPv6.
 */
#ifndef OTSEG_NEIGHBOUR_H
#define OTSEG_NEIGHBOUR_H

#include "track.h"

#define OTSEG_ND_OPTIONS 4 /* more than any solicitation or advertisement needs */

/* Decides by rule about a message whose both zones are known. */
OTSEG_INLINE u32 otseg_neighbour_by_rule(struct otseg_env *e, const struct otseg_packet *p,
					 struct otseg_verdict *v)
{
	struct otseg_path *path = &e->s->path;
	u32 reason = otseg_path_find(e, path, v->src_zone, v->dst_zone, p->selector);

	v->conduit = path->conduit;
	v->rule = path->rule;
	v->service = path->service;
	if (reason == OTSEG_R_RULE && !otseg_limit_check(e, path->rule, e->frame_len))
		return OTSEG_R_RATE_LIMIT;
	return reason;
}

/* Finds the zone of the address that is asked for, or told of. */
OTSEG_INLINE u32 otseg_neighbour_target(const struct otseg_env *e, struct otseg_verdict *v,
					const struct otseg_addr *target, u32 family)
{
	struct otseg_path *path = &e->s->path;

	path->dst_class = otseg_class_of(e, target, family);
	v->dst_zone = (u16)otseg_class_zone(e, path->dst_class);
	return v->dst_zone != OTSEG_NONE16 && otseg_zone_is_behind(e, v->dst_zone, v->link);
}

/**
 * otseg_arp_decide - decide about an ARP message
 * @e: surroundings
 * @p: the packet
 * @v: verdict; the link is known
 *
 * Return: enum otseg_reason.
 */
OTSEG_NOINLINE u32 otseg_arp_decide(struct otseg_env *e, const struct otseg_packet *p,
				    struct otseg_verdict *v)
{
	u32 is_default = !(((const struct otseg_image *)e->image)->flags & OTSEG_IMG_NO_LINK_ARP);
	u32 is_near, reason;

	if (!p->src.w[0]) {
		if (p->src_mac[0] & 1)
			return OTSEG_R_MAC_SPOOFED;
		is_near = otseg_neighbour_target(e, v, &p->dst, 4);
		if (v->dst_zone == OTSEG_NONE16)
			return OTSEG_R_NO_ZONE;
		return is_near && is_default ? OTSEG_R_LINK_ARP : OTSEG_R_SPOOFED;
	}
	if (otseg_addr_is_odd(&p->src, 4, 1))
		return OTSEG_R_ARP_INVALID;
	reason = otseg_place_source(e, p, v, &e->s->path);
	if (reason)
		return reason;
	is_near = otseg_neighbour_target(e, v, &p->dst, 4);
	if (is_near && is_default)
		return OTSEG_R_LINK_ARP;
	if (v->dst_zone == OTSEG_NONE16)
		return OTSEG_R_NO_ZONE;
	return otseg_neighbour_by_rule(e, p, v);
}

OTSEG_INLINE u32 otseg_nd_is(const struct otseg_packet *p)
{
	u32 type = (p->selector >> 8) & 0xff;

	return p->family == 6 && p->proto == OTSEG_PROTO_ICMPV6 && !p->fault &&
	       (type == OTSEG_ICMPV6_SOLICITATION || type == OTSEG_ICMPV6_ADVERTISEMENT);
}

/* Link-layer address options must be those of the frame (RFC 4861 section 4.6.1). */
OTSEG_INLINE u32 otseg_nd_options(const struct otseg_env *e, const struct otseg_packet *p,
				  u32 *has_source)
{
	u32 off = p->payload_off + 16u;
	u32 left = p->payload_len - 16u;
	union otseg_header h;
	u32 size;
	u32 i;

	for (i = 0; i < OTSEG_ND_OPTIONS; i++) {
		if (!left)
			return 1;
		if (left < 8 || otseg_load(e, off, &h, 8))
			return 0;
		size = h.b[1] * 8u;
		if (!size || size > left)
			return 0;
		if (h.b[0] == 1 || h.b[0] == 2) {
			if (size != 8 || !otseg_mac_equals(&h.b[2], p->src_mac))
				return 0;
			*has_source |= h.b[0] == 1;
		}
		off += size;
		left -= size;
	}
	return !left;
}

/* The multicast group of those whose address ends like @target (RFC 4291 section 2.7.1). */
OTSEG_INLINE u32 otseg_nd_is_group_of(const struct otseg_addr *group, const struct otseg_addr *target)
{
	return group->w[0] == 0x000002ff && !group->w[1] && group->w[2] == 0x01000000 &&
	       group->w[3] == (target->w[3] | 0xff);
}

/* Is the message well-formed (RFC 4861 sections 7.1.1 and 7.1.2)? Fetches the target. */
OTSEG_INLINE u32 otseg_nd_decode(const struct otseg_env *e, const struct otseg_packet *p,
				 struct otseg_addr *target)
{
	u32 is_asking = (p->selector >> 8 & 0xff) == OTSEG_ICMPV6_SOLICITATION;
	u32 to_group = (p->dst.w[0] & 0xff) == 0xff;
	u32 is_nobody = !p->src.w[0] && !p->src.w[1] && !p->src.w[2] && !p->src.w[3];
	u32 has_source = 0;
	u8 hops = 0;

	if (otseg_load(e, p->l3_off + 7u, &hops, 1) || hops != 255 || (p->selector & 0xff) ||
	    p->payload_len < 16 || otseg_load(e, p->payload_off, target, 16))
		return 0;
	if ((target->w[0] & 0xff) == 0xff || otseg_addr_is_odd(target, 6, 1))
		return 0;
	if (!otseg_nd_options(e, p, &has_source))
		return 0;
	if (!is_asking)
		return !is_nobody;
	if (to_group && !otseg_nd_is_group_of(&p->dst, target))
		return 0;
	return !is_nobody || (to_group && !has_source);
}

OTSEG_INLINE u32 otseg_addr_is_link_local(const struct otseg_addr *addr)
{
	return (addr->w[0] & 0xc0ff) == 0x80fe;
}

/**
 * otseg_nd_decide - decide about a neighbour solicitation or advertisement
 * @e: surroundings
 * @p: the packet, otseg_nd_is()
 * @v: verdict; the link is known
 *
 * Link-local addresses are of every link: a zone need not list them for this.
 *
 * Return: enum otseg_reason.
 */
OTSEG_NOINLINE u32 otseg_nd_decide(struct otseg_env *e, const struct otseg_packet *p,
				   struct otseg_verdict *v)
{
	u32 is_default = !(((const struct otseg_image *)e->image)->flags & OTSEG_IMG_NO_LINK_ND);
	u32 is_nobody = !p->src.w[0] && !p->src.w[1] && !p->src.w[2] && !p->src.w[3];
	struct otseg_addr *target = &e->s->quoted.dst;
	u32 is_near, reason;

	if (!otseg_nd_decode(e, p, target))
		return OTSEG_R_ND_INVALID;
	is_near = otseg_neighbour_target(e, v, target, 6) || otseg_addr_is_link_local(target);
	if (is_nobody || otseg_addr_is_link_local(&p->src)) {
		if (p->src_mac[0] & 1)
			return OTSEG_R_MAC_SPOOFED;
		if (is_near && is_default)
			return OTSEG_R_LINK_ND;
		if (is_nobody)
			return OTSEG_R_SPOOFED;
	}
	reason = otseg_place_source(e, p, v, &e->s->path);
	if (reason)
		return reason;
	if (is_near && is_default)
		return OTSEG_R_LINK_ND;
	if (v->dst_zone == OTSEG_NONE16)
		return OTSEG_R_NO_ZONE;
	return otseg_neighbour_by_rule(e, p, v);
}

#endif /* OTSEG_NEIGHBOUR_H */
