/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What was refused lately: whoever is refused mostly comes again with the same frame, and
 * the answer is the same as long as the policy is. Each processor has its own memory.
 * Only plain frames that belong to no flow are looked up here, and only answers that follow
 * from policy, link and header alone are kept: no rate, no budget, no source MAC.
 */
#ifndef OTSEG_REFUSAL_H
#define OTSEG_REFUSAL_H

#include "classify.h"

/* What of a plain frame the policy looks at beside its addresses. */
OTSEG_INLINE u64 otseg_refusal_rest(u32 ports, u32 proto, u32 tcp_flags)
{
	return (u64)ports << 32 | (proto == OTSEG_PROTO_TCP ? tcp_flags << 8 : 0) | proto;
}

OTSEG_INLINE u32 refusal_is(const struct otseg_env *e, u64 addresses, u64 rest, u32 link,
			    const struct otseg_refusal *r)
{
	return r->addresses == addresses && r->rest == rest && r->generation == e->generation &&
	       r->link == link;
}

/**
 * otseg_refusal_find - was this frame refused before?
 * @e: surroundings; @e->s->hash is that of its flow key, @e->s->arrival.link its link
 * @addresses: source << 32 | destination
 * @rest: of otseg_refusal_rest()
 * @v: takes the verdict, if it was
 *
 * Return: enum otseg_reason, NONE: not that it is known.
 */
OTSEG_INLINE u32 otseg_refusal_find(const struct otseg_env *e, u64 addresses, u64 rest,
				    struct otseg_verdict *v)
{
	const struct otseg_refusals *both = otseg_refusals_at(e, (u32)(e->s->hash >> 32));
	u32 link = e->s->arrival.link;
	const struct otseg_refusal *r;

	if (!both)
		return OTSEG_R_NONE;
	r = &both->last[0];
	if (otseg_unlikely(!refusal_is(e, addresses, rest, link, r))) {
		r = &both->last[1];
		if (!refusal_is(e, addresses, rest, link, r))
			return OTSEG_R_NONE;
	}
	otseg_verdict_clear(v);
	v->link = (u16)link;
	v->src_zone = r->src_zone;
	v->dst_zone = r->dst_zone;
	v->conduit = r->conduit;
	v->service = r->service;
	v->reason = r->reason;
	return r->reason;
}

/**
 * otseg_refusal_keep - remember that a frame was refused
 * @e: surroundings; @e->s->hash is that of its flow key
 * @p: the packet, a plain one
 * @v: its verdict; the conduit enforces, no rule covers it
 * @reason: why
 */
OTSEG_INLINE void otseg_refusal_keep(const struct otseg_env *e, const struct otseg_packet *p,
				     const struct otseg_verdict *v, u32 reason)
{
	struct otseg_refusals *both = otseg_refusals_at(e, (u32)(e->s->hash >> 32));
	struct otseg_refusal *r;

	if (!both || v->link == OTSEG_NONE16 || reason == OTSEG_R_MAC_SPOOFED ||
	    (v->src_zone != OTSEG_NONE16 &&
	     (otseg_at(e, ZONES, v->src_zone)->flags & OTSEG_ZONE_HAS_MACS)))
		return;
	/* The denial of each is decided on anew. */
	if (p->proto == OTSEG_PROTO_TCP && v->conduit != OTSEG_NONE16 &&
	    (otseg_at(e, CONDUITS, v->conduit)->flags & OTSEG_CONDUIT_RESET))
		return;
	both->last[1] = both->last[0];
	r = &both->last[0];
	r->addresses = (u64)p->src.w[0] << 32 | p->dst.w[0];
	r->rest = otseg_refusal_rest((u32)p->sport << 16 | p->dport, p->proto, p->tcp_flags);
	r->generation = e->generation;
	r->link = v->link;
	r->src_zone = v->src_zone;
	r->dst_zone = v->dst_zone;
	r->conduit = v->conduit;
	r->service = v->service;
	r->reason = (u8)reason;
}

#endif /* OTSEG_REFUSAL_H */
