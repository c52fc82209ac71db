/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Connections whose beginning was not seen: whether a segment of one may take it up, and
 * who has opened it. Owns that question only; what is then known of the connection is tcp.h's,
 * and where its messages begin stream.h's.
 */
#ifndef OTSEG_ADOPT_H
#define OTSEG_ADOPT_H

#include "classify.h"

/* Of a segment that takes up a connection only ACK is set; PSH does not matter. */
#define OTSEG_ADOPT_FLAGS \
	(OTSEG_TCP_FIN | OTSEG_TCP_SYN | OTSEG_TCP_RST | OTSEG_TCP_ACK | OTSEG_TCP_URG)

/* Is it so short a time since the interface was attached as the policy says? */
OTSEG_INLINE u32 adopt_is_open(const struct otseg_env *e)
{
	u32 adopt_s = ((const struct otseg_image *)e->image)->adopt_s;
	u32 ifindex = e->s->arrival.ifindex;
	const struct otseg_link *entry;

	if (otseg_likely(!adopt_s))
		return 0;
	entry = otseg_link_at(e, ifindex);
	if (!entry || entry->ifindex != ifindex || !entry->since_s)
		return 0;
	/* The datapath's clock may be a little behind that of who has written the entry. */
	return (s32)(e->now_s - entry->since_s) <= (s32)adopt_s;
}

/**
 * otseg_adopt_may - may a segment without a flow take one up, as far as that is known at once?
 * @e: surroundings
 * @tcp_flags: of the segment
 *
 * Return: 1: otseg_adopt_judge() has to be asked; 0: it may not.
 */
OTSEG_INLINE u32 otseg_adopt_may(const struct otseg_env *e, u32 tcp_flags)
{
	if ((tcp_flags & OTSEG_ADOPT_FLAGS) != OTSEG_TCP_ACK)
		return 0;
	return (((const struct otseg_image *)e->image)->flags & OTSEG_IMG_ADOPT) ||
	       adopt_is_open(e);
}

/* Has the conduit connections taken up, now? */
OTSEG_INLINE u32 adopt_has_conduit(const struct otseg_env *e, u32 conduit)
{
	u32 flags = otseg_at(e, CONDUITS, conduit)->flags;

	if (flags & OTSEG_CONDUIT_ADOPT_ALWAYS)
		return 1;
	return !(flags & OTSEG_CONDUIT_ADOPT_NEVER) && adopt_is_open(e);
}

/**
 * otseg_adopt_judge - may this segment of a connection that is not known take it up?
 * @e: surroundings; its path has both classes, and takes the path of who opens
 * @p: the segment
 * @v: verdict; zones and link are known; takes conduit, rule, service and flags
 *
 * Who has opened the connection follows from who may: the policy has a rule for the segment as one
 * of the side that opens, or as an answer. If it has both, nobody knows.
 *
 * Return: OTSEG_R_RULE, or OTSEG_R_TCP_NO_FLOW.
 */
OTSEG_NOINLINE u32 otseg_adopt_judge(struct otseg_env *e, const struct otseg_packet *p,
				     struct otseg_verdict *v)
{
	struct otseg_path *path = &e->s->path;
	u32 selector = OTSEG_SEL(OTSEG_SEL_TCP, p->sport);
	struct otseg_path back = {
		.src_class = path->dst_class,
		.dst_class = path->src_class,
	};
	u32 reason;

	if (!otseg_adopt_may(e, p->tcp_flags))
		return OTSEG_R_TCP_NO_FLOW;
	reason = otseg_path_find(e, &back, v->dst_zone, v->src_zone, selector);
	v->flags = otseg_forget(e, reason) == OTSEG_R_RULE ? OTSEG_V_REPLY : 0;
	reason = otseg_path_find(e, path, v->src_zone, v->dst_zone, p->selector);
	reason = otseg_forget(e, reason);
	if (v->flags) {
		if (reason == OTSEG_R_RULE)
			goto refuse;
		*path = back;
		reason = OTSEG_R_RULE;
	}
	if (reason != OTSEG_R_RULE || !adopt_has_conduit(e, path->conduit))
		goto refuse;
	v->conduit = path->conduit;
	v->rule = path->rule;
	v->service = path->service;
	v->flags |= OTSEG_V_ADOPTED;
	return OTSEG_R_RULE;
refuse:
	v->flags = 0;
	return OTSEG_R_TCP_NO_FLOW;
}

#endif /* OTSEG_ADOPT_H */
