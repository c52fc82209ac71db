/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A frame without a flow: what it asks for, and whether a rule has that. Owns the
 * order of these questions; changes nothing. Whether a flow may then be opened is
 * engine.h's.
 */
#ifndef OTSEG_OPENING_H
#define OTSEG_OPENING_H

#include "icmp.h"
#include "neighbour.h"

#define OTSEG_OPENING_FINAL 0x400 /* beside a reason: no flow comes of it, whatever the conduit's mode */

/* A frame that no rule is asked for: who answers for it? Then say why. */
OTSEG_INLINE u32 opening_refuse(const struct otseg_env *e, struct otseg_verdict *v, u32 reason)
{
	v->conduit = (u16)otseg_answer(e, v, 1);
	if (reason == OTSEG_R_IP_PROTOCOL && v->conduit == OTSEG_NONE16)
		return OTSEG_R_NO_CONDUIT;
	return reason;
}

/* What speaks against a TCP segment that belongs to no connection; NONE: it opens one. */
OTSEG_INLINE u32 opening_tcp(const struct otseg_env *e, const struct otseg_packet *p,
			     struct otseg_verdict *v)
{
	if (!otseg_tcp_flags_exist(p->tcp_flags))
		return opening_refuse(e, v, OTSEG_R_TCP_FLAGS);
	if (!otseg_tcp_is_opener(p->tcp_flags) || (p->tcp_flags & OTSEG_TCP_RST))
		return opening_refuse(e, v, OTSEG_R_TCP_NO_FLOW);
	return OTSEG_R_NONE;
}

/* What speaks against asking the rules at all; both zones are known. */
OTSEG_INLINE u32 opening_object(struct otseg_env *e, const struct otseg_packet *p,
				struct otseg_verdict *v)
{
	u32 reason, kind;

	if (p->fault)
		return opening_refuse(e, v, p->fault);
	if (p->proto == OTSEG_PROTO_TCP)
		return opening_tcp(e, p, v);
	if (p->proto == OTSEG_PROTO_UDP || p->family == OTSEG_FAMILY_LINK)
		return OTSEG_R_NONE;
	kind = otseg_icmp_kind_of(p);
	if (kind == OTSEG_ICMP_PLAIN)
		return OTSEG_R_NONE;
	if (kind == OTSEG_ICMP_REFUSED)
		return opening_refuse(e, v, OTSEG_R_ICMP_TYPE);
	reason = otseg_icmp_related(e, p, v);
	e->flow_id = 0;
	return reason == OTSEG_R_ICMP_UNRELATED ? opening_refuse(e, v, reason) : reason;
}

/* What the rules say, once @reason has come of looking for one: the verdict takes the path. */
OTSEG_INLINE u32 opening_rule(const struct otseg_env *e, const struct otseg_packet *p,
			      struct otseg_verdict *v, u32 reason)
{
	const struct otseg_path *path = &e->s->path;

	v->conduit = path->conduit;
	v->rule = path->rule;
	v->service = path->service;
	if (reason == OTSEG_R_NO_CONDUIT)
		v->conduit = (u16)otseg_answer(e, v, p->proto != OTSEG_PROTO_TCP && !otseg_echo_is_request(p));
	if (reason == OTSEG_R_RULE && p->proto == OTSEG_PROTO_TCP && p->payload_len)
		return OTSEG_R_TCP_SYN_DATA;
	return reason;
}

/**
 * otseg_opening_judge - what the policy says of a frame without a flow
 * @e: surroundings; takes the path
 * @p: the packet
 * @v: verdict, takes link, zones, conduit, rule and service
 *
 * Return: enum otseg_reason, RULE: a flow may be opened; OTSEG_OPENING_FINAL beside it.
 */
OTSEG_INLINE u32 otseg_opening_judge(struct otseg_env *e, const struct otseg_packet *p,
				     struct otseg_verdict *v)
{
	u32 is_icmp = p->proto == OTSEG_PROTO_ICMP || p->proto == OTSEG_PROTO_ICMPV6;
	struct otseg_path *path = &e->s->path;
	u32 reason;

	v->link = (u16)otseg_ingress_link(e, p->vlan);
	if (v->link == OTSEG_NONE16)
		return OTSEG_R_UNKNOWN_LINK | OTSEG_OPENING_FINAL;
	if (p->ethertype == OTSEG_ETH_ARP)
		return otseg_arp_decide(e, p, v) | OTSEG_OPENING_FINAL;
	if (otseg_nd_is(p))
		return otseg_nd_decide(e, p, v) | OTSEG_OPENING_FINAL;
	reason = otseg_forget(e, otseg_place(e, p, v, path));
	if (reason)
		return reason | OTSEG_OPENING_FINAL;
	reason = otseg_forget(e, opening_object(e, p, v));
	if (reason)
		return reason | OTSEG_OPENING_FINAL;
	reason = otseg_path_find(e, path, v->src_zone, v->dst_zone, p->selector);
	reason = opening_rule(e, p, v, reason);
	if (reason == OTSEG_R_NO_RULE && is_icmp)
		reason = OTSEG_R_ICMP_TYPE;
	if (p->family == OTSEG_FAMILY_LINK &&
	    (reason == OTSEG_R_NO_RULE || reason == OTSEG_R_NO_CONDUIT))
		reason = OTSEG_R_ETHERTYPE;
	return reason;
}

/**
 * otseg_opening_plain - the same for a plain frame of express.h
 * @e: surroundings; takes the path
 * @p: the packet: IPv4, UDP or TCP without a fault, no tag; its source MAC is there
 * @v: verdict, takes zones, conduit, rule and service; its link is known
 *
 * Return: as otseg_opening_judge().
 */
OTSEG_INLINE u32 otseg_opening_plain(struct otseg_env *e, struct otseg_packet *p,
				     struct otseg_verdict *v)
{
	u32 is_tcp = p->proto == OTSEG_PROTO_TCP;
	struct otseg_path *path = &e->s->path;
	u32 reason;

	reason = otseg_forget(e, place(e, p, v, path, 4));
	if (reason)
		return reason | OTSEG_OPENING_FINAL;
	if (is_tcp) {
		reason = otseg_forget(e, opening_tcp(e, p, v));
		if (reason)
			return reason | OTSEG_OPENING_FINAL;
	}
	p->selector = OTSEG_SEL(is_tcp ? OTSEG_SEL_TCP : OTSEG_SEL_UDP, p->dport);
	reason = otseg_forget(e, path_find(e, path, v->src_zone, v->dst_zone, p->selector));
	return opening_rule(e, p, v, reason);
}

#endif /* OTSEG_OPENING_H */
