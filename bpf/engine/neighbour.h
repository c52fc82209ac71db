/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Address resolution: ARP and IPv6 neighbour discovery. On an interface's own
 * link a consistent message passes by default; anything else needs a rule. A
 * wire's ends are one link: there it crosses, by default between zones that have
 * a conduit. Router discovery, redirects and multicast listeners are plain ICMPv6.
 */
#ifndef OTSEG_NEIGHBOUR_H
#define OTSEG_NEIGHBOUR_H

#include "track.h"
#include "wire.h"

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
	if (reason != OTSEG_R_RULE)
		return reason;
	reason = otseg_limit_frame(e, path->rule, path->conduit);
	return reason ? reason : OTSEG_R_RULE;
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

/*
 * A message that is to cross a wire. Who speaks lives in zone @near behind this end, who
 * it is meant for in zone @far behind the other one; OTSEG_NONE16: it does not say, or
 * means everybody. @passes is the reason if it passes by @is_default.
 */
OTSEG_NOINLINE u32 otseg_neighbour_cross(struct otseg_env *e, u32 near, u32 far, u32 is_default,
					 u32 passes)
{
	struct otseg_verdict *v = &e->s->verdict;

	if (far != OTSEG_NONE16 && !otseg_link_leads_to(e, v->link, far))
		return OTSEG_R_OFF_WIRE;
	if (is_default && otseg_wire_joins(e, v->link, near, far))
		return passes;
	if (far == OTSEG_NONE16 || v->src_zone == OTSEG_NONE16)
		return OTSEG_R_NO_CONDUIT;
	return otseg_neighbour_by_rule(e, &e->s->packet, v);
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
		if (is_near && otseg_wire_is_at(e, v->link))
			return otseg_neighbour_cross(e, v->dst_zone, OTSEG_NONE16, is_default,
						     OTSEG_R_LINK_ARP);
		return is_near && is_default ? OTSEG_R_LINK_ARP : OTSEG_R_SPOOFED;
	}
	if (otseg_addr_is_odd(&p->src, 4, 1))
		return OTSEG_R_ARP_INVALID;
	reason = otseg_place_source(e, p, v, &e->s->path);
	if (reason)
		return reason;
	is_near = otseg_neighbour_target(e, v, &p->dst, 4);
	if (otseg_wire_is_at(e, v->link)) {
		if (v->dst_zone == OTSEG_NONE16)
			return OTSEG_R_NO_ZONE;
		/* Who speaks of himself announces his address (RFC 5227 section 3). */
		return otseg_neighbour_cross(e, v->src_zone,
					     p->src.w[0] == p->dst.w[0] ? OTSEG_NONE16 : v->dst_zone,
					     is_default, OTSEG_R_LINK_ARP);
	}
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
OTSEG_NOINLINE u32 otseg_nd_decode(const struct otseg_env *e, const struct otseg_packet *p,
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

OTSEG_INLINE u32 otseg_addr_equals(const struct otseg_addr *x, const struct otseg_addr *y)
{
	return x->w[0] == y->w[0] && x->w[1] == y->w[1] && x->w[2] == y->w[2] && x->w[3] == y->w[3];
}

/* On a wire: asks for, or tells of, an address of its own side? Its zone; NONE16: link-local. */
OTSEG_INLINE u32 otseg_nd_own(const struct otseg_env *e, struct otseg_verdict *v,
			      const struct otseg_addr *target, u32 *near)
{
	u32 is_near;

	if (otseg_addr_is_link_local(target))
		return OTSEG_R_NONE;
	is_near = otseg_neighbour_target(e, v, target, 6);
	*near = v->dst_zone;
	v->dst_zone = OTSEG_NONE16;
	if (*near == OTSEG_NONE16)
		return OTSEG_R_NO_ZONE;
	return is_near ? OTSEG_R_NONE : OTSEG_R_SPOOFED;
}

/* The same message on a wire; @is_nobody: who asks has no address yet. */
OTSEG_NOINLINE u32 otseg_nd_cross(struct otseg_env *e, const struct otseg_packet *p,
				  struct otseg_verdict *v, u32 is_nobody, u32 is_default)
{
	u32 is_asking = (p->selector >> 8 & 0xff) == OTSEG_ICMPV6_SOLICITATION;
	const struct otseg_addr *target = &e->s->quoted.dst;
	u32 is_group = (p->dst.w[0] & 0xff) == 0xff;
	const struct otseg_addr *other = is_asking ? target : &p->dst;
	u32 near = OTSEG_NONE16;
	u32 far = OTSEG_NONE16;
	u32 reason;

	if (p->src_mac[0] & 1)
		return OTSEG_R_MAC_SPOOFED;
	if (!is_nobody && !otseg_addr_is_link_local(&p->src)) {
		reason = otseg_place_source(e, p, v, &e->s->path);
		if (reason)
			return reason;
		near = v->src_zone;
	}
	/* Who asks one station only asks for that station's address. */
	if (is_asking && !is_group && !otseg_addr_equals(&p->dst, target))
		return OTSEG_R_ND_INVALID;
	if (is_nobody || !is_asking) {
		reason = otseg_nd_own(e, v, target, &near);
		if (reason)
			return reason;
	}
	if (!is_nobody && (is_asking || !is_group) && !otseg_addr_is_link_local(other)) {
		otseg_neighbour_target(e, v, other, 6);
		far = v->dst_zone;
		if (far == OTSEG_NONE16)
			return OTSEG_R_NO_ZONE;
	}
	return otseg_neighbour_cross(e, near, far, is_default, OTSEG_R_LINK_ND);
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
	if (otseg_wire_is_at(e, v->link))
		return otseg_nd_cross(e, p, v, is_nobody, is_default);
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
