/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Wires: pairs of interfaces that what passes crosses between, without touching the
 * host's stack. Owns where such a frame leaves, and whose neighbours may find each
 * other across; that a frame's destination lives over there is classify.h's.
 */
#ifndef OTSEG_WIRE_H
#define OTSEG_WIRE_H

#include "classify.h"

OTSEG_INLINE u32 otseg_wire_is_at(const struct otseg_env *e, u32 link)
{
	return link != OTSEG_NONE16 && otseg_at(e, LINKS, link)->wire_plus1;
}

/*
 * The interface at the other end, if it is there, is what the policy names, and runs; else 0.
 * @here: this end.
 */
OTSEG_INLINE u32 otseg_wire_far_end(const struct otseg_env *e, const struct otseg_link *here,
				    const struct otseg_img_link *link)
{
	const struct otseg_link *there;
	u32 peer;

	if (!link->peer_plus1)
		return 0;
	peer = otseg_read(here->peer);
	there = otseg_link_at(e, peer);
	if (!peer || !there || there->ifindex != peer ||
	    !otseg_ingress_is_named(there, otseg_at(e, LINKS, link->peer_plus1 - 1u)))
		return 0;
	return otseg_port_runs(e, peer) ? peer : 0;
}

#define OTSEG_WAY_OPEN OTSEG_NONE32 /* in place of an interface: that is still to be asked */

/**
 * otseg_wire_prepare - look where a plain frame would leave, before it is known whether it may
 * @e: surroundings; takes the link, and the interface's flags
 *
 * Nothing of this depends on the frame, so the processor does it while it waits for the
 * frame's flow.
 *
 * Return: the interface, 0: it would go up to the host; or OTSEG_WAY_OPEN.
 */
OTSEG_INLINE u32 otseg_wire_prepare(struct otseg_env *e)
{
	struct otseg_arrival *arrival = &e->s->arrival;
	struct otseg_link *here = otseg_link_at(e, arrival->ifindex);
	const struct otseg_img_link *link;
	u32 index, out;

	arrival->link = OTSEG_NONE16;
	if (otseg_unlikely(!here || here->ifindex != arrival->ifindex))
		return OTSEG_WAY_OPEN;
	arrival->link_flags = here->flags;
	index = otseg_ingress_plain(e, here);
	if (otseg_unlikely(index == OTSEG_NONE16))
		return OTSEG_WAY_OPEN;
	arrival->link = index;
	link = otseg_at(e, LINKS, index);
	if (link->mode != OTSEG_MODE_WIRE)
		return link->mode == OTSEG_MODE_PASS ? 0 : OTSEG_WAY_OPEN;
	out = otseg_wire_far_end(e, here, link);
	arrival->far_end = out;
	return otseg_likely(out) ? out : OTSEG_WAY_OPEN;
}

/* The interface at the other end of the wire that @index is on, for who has not looked before. */
OTSEG_NOINLINE u32 wire_look(const struct otseg_env *e, u32 index)
{
	const struct otseg_link *here = otseg_link_at(e, e->s->arrival.ifindex);

	return here ? otseg_wire_far_end(e, here, otseg_at(e, LINKS, index)) : 0;
}

/**
 * otseg_wire_send - have a frame that passes leave by the other end of its wire
 * @e: surroundings
 * @v: verdict; its link is on a wire. Without another end it becomes a drop, in
 *	monitor mode too
 */
OTSEG_INLINE void otseg_wire_send(const struct otseg_env *e, struct otseg_verdict *v)
{
	const struct otseg_arrival *arrival = &e->s->arrival;
	u32 out;

	if (otseg_likely(arrival->link == v->link))
		out = arrival->far_end;
	else
		out = wire_look(e, v->link);
	if (otseg_likely(out)) {
		e->s->arrival.out = out;
		v->flags |= OTSEG_V_WIRE;
		return;
	}
	v->action = OTSEG_ACTION_DROP;
	v->reason = OTSEG_R_WIRE_DOWN;
	v->flags &= ~OTSEG_V_MONITORED;
}

/* Does an enabled conduit lead from one zone to the other? */
OTSEG_INLINE u32 otseg_wire_has_conduit(const struct otseg_env *e, u32 from, u32 to)
{
	u32 pair = otseg_pair_of(e, from, to);

	return pair && otseg_at(e, PAIRS, pair - 1)->conduit != OTSEG_NONE16;
}

OTSEG_INLINE u32 otseg_wire_reaches(const struct otseg_img_link *link, u32 zone)
{
	return (link->reach[(zone >> 6) & 3] >> (zone & 63)) & 1;
}

/**
 * otseg_wire_joins - may neighbours at the two ends of a wire find each other?
 * @e: surroundings
 * @index: the link of the one who speaks, on a wire
 * @near: his zone, OTSEG_NONE16: any behind that link
 * @far: the zone of the other one, which lives behind the other end; OTSEG_NONE16: any there
 *
 * Only those whose zones have something to say to each other, in either direction.
 *
 * Return: 1 or 0.
 */
OTSEG_NOINLINE u32 otseg_wire_joins(const struct otseg_env *e, u32 index, u32 near, u32 far)
{
	const struct otseg_img_link *link = otseg_at(e, LINKS, index);
	u32 answer;

	if (!link->peer_plus1)
		return 0;
	if (far != OTSEG_NONE16 && near != OTSEG_NONE16)
		answer = otseg_wire_has_conduit(e, near, far) || otseg_wire_has_conduit(e, far, near);
	else if (far != OTSEG_NONE16)
		answer = otseg_wire_reaches(link, far);
	else if (near != OTSEG_NONE16)
		answer = otseg_wire_reaches(otseg_at(e, LINKS, link->peer_plus1 - 1u), near);
	else
		answer = (link->reach[0] | link->reach[1] | link->reach[2] | link->reach[3]) != 0;
	return otseg_forget(e, answer);
}

#endif /* OTSEG_WIRE_H */
