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

/* The interface at the other end, if it is there, and is what the policy names; else 0. */
OTSEG_INLINE u32 wire_peer(const struct otseg_env *e, const struct otseg_link *here,
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
	return peer;
}

/*
 * What names say of an interface, in one word, so that it is written at once: from the lowest bit
 * on the link that frames without a tag come in by, the slot of its wire's other end or what is in
 * place of one, and a tag: for which names of interfaces, and which policy, that is so.
 */
#define OTSEG_KNOWN_WAY 8
#define OTSEG_KNOWN_NAMES 20
#define OTSEG_KNOWN_GENERATION 32
#define OTSEG_KNOWN_UP OTSEG_LINK_SLOTS /* in place of a slot: the frame would go up to the host */
#define OTSEG_KNOWN_OPEN (OTSEG_LINK_SLOTS + 1) /* that is to be asked */
#define OTSEG_KNOWN_NONE (OTSEG_LINK_SLOTS + 2) /* the policy has no such link */
#define OTSEG_KNOWN_NOTHING ((u64)OTSEG_KNOWN_NONE << OTSEG_KNOWN_WAY)

_Static_assert(OTSEG_MAX_LINKS <= 1 << OTSEG_KNOWN_WAY, "a link has its bits");
_Static_assert(OTSEG_KNOWN_NONE < 1 << (OTSEG_KNOWN_NAMES - OTSEG_KNOWN_WAY), "so has a way");

/*
 * The tag that is right now; @names is the root's, of which 12 bits have room. So many changes of
 * other interfaces' names as that, to the last one, within a policy and without a frame of this
 * one, would not be noticed.
 */
OTSEG_INLINE u64 wire_tag(const struct otseg_env *e, u32 names)
{
	return (u64)e->generation << OTSEG_KNOWN_GENERATION |
	       (u32)(names << OTSEG_KNOWN_NAMES);
}

/* Finds out what names say of an interface. */
OTSEG_NOINLINE u64 wire_learn(struct otseg_env *e)
{
	struct otseg_link *here = otseg_link_at(e, e->s->arrival.ifindex);
	const struct otseg_img_link *link;
	u32 way = OTSEG_KNOWN_NONE;
	u32 index, peer;
	u64 known;

	if (!here)
		return OTSEG_KNOWN_NOTHING;
	/* A full barrier: entries are written before @names is, and read after it. */
	known = wire_tag(e, otseg_fetch_add32(&otseg_root_of(e)->names, 0));
	index = otseg_forget(e, otseg_ingress_link(e, 0));
	link = otseg_at(e, LINKS, index & (OTSEG_MAX_LINKS - 1));
	if (index != OTSEG_NONE16) {
		way = link->mode == OTSEG_MODE_PASS ? OTSEG_KNOWN_UP : OTSEG_KNOWN_OPEN;
		peer = link->mode == OTSEG_MODE_WIRE ? wire_peer(e, here, link) : 0;
		if (peer)
			way = peer & (OTSEG_LINK_SLOTS - 1);
	}
	known |= way << OTSEG_KNOWN_WAY | (index & (OTSEG_MAX_LINKS - 1));
	otseg_write(here->known, known);
	return known;
}

/* The way in what is known. */
OTSEG_INLINE u32 wire_known_way(u64 known)
{
	const u32 above = OTSEG_KNOWN_GENERATION - OTSEG_KNOWN_NAMES;

	return (u32)known << above >> (above + OTSEG_KNOWN_WAY);
}

#define OTSEG_WAY_OPEN OTSEG_NONE32 /* in place of an interface: that is still to be asked */

/**
 * otseg_wire_here - find out by which link a plain frame comes in
 * @e: surroundings; takes the link, and the interface's flags
 *
 * Names are compared once for a policy, and again when an entry of an interface was written.
 *
 * Return: what is known of the interface, for otseg_wire_way().
 */
OTSEG_INLINE u64 otseg_wire_here(struct otseg_env *e)
{
	struct otseg_arrival *arrival = &e->s->arrival;
	struct otseg_link *here = otseg_link_at(e, arrival->ifindex);
	u64 known;

	arrival->link = OTSEG_NONE16;
	arrival->far_end = OTSEG_WAY_OPEN;
	if (otseg_unlikely(!here || here->ifindex != arrival->ifindex))
		return OTSEG_KNOWN_NOTHING;
	arrival->link_flags = here->flags;
	known = otseg_read(here->known);
	if (otseg_unlikely((known ^ wire_tag(e, otseg_read(otseg_root_of(e)->names))) >>
			   OTSEG_KNOWN_NAMES))
		known = otseg_forget(e, wire_learn(e));
	if (otseg_likely(wire_known_way(known) != OTSEG_KNOWN_NONE))
		arrival->link = known & (OTSEG_MAX_LINKS - 1);
	return known;
}

/**
 * otseg_wire_way - look where a plain frame would leave
 * @e: surroundings
 * @known: of otseg_wire_here()
 *
 * Nothing of this depends on the frame.
 *
 * Return: the interface, 0: it would go up to the host; or OTSEG_WAY_OPEN.
 */
OTSEG_INLINE u32 otseg_wire_way(const struct otseg_env *e, u64 known)
{
	u32 way = wire_known_way(known);
	const struct otseg_link *here = otseg_link_at(e, e->s->arrival.ifindex);
	u32 peer;

	if (way >= OTSEG_LINK_SLOTS || otseg_unlikely(!here))
		return way == OTSEG_KNOWN_UP ? 0 : OTSEG_WAY_OPEN;
	/* Two interfaces that are governed never have the same slot. */
	peer = otseg_read(here->peer);
	if (otseg_unlikely((peer ^ way) & (OTSEG_LINK_SLOTS - 1)) ||
	    otseg_unlikely(!otseg_port_runs(e, peer)))
		peer = 0;
	e->s->arrival.far_end = peer;
	return otseg_likely(peer) ? peer : OTSEG_WAY_OPEN;
}

/* The interface at the other end of the wire that @index is on, for who has not looked before. */
OTSEG_NOINLINE u32 wire_look(const struct otseg_env *e, u32 index)
{
	const struct otseg_link *here = otseg_link_at(e, e->s->arrival.ifindex);
	u32 peer = here ? wire_peer(e, here, otseg_at(e, LINKS, index)) : 0;

	return peer && otseg_port_runs(e, peer) ? peer : 0;
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
	u32 out = arrival->far_end;

	if (otseg_unlikely(arrival->link != v->link || out == OTSEG_WAY_OPEN))
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
