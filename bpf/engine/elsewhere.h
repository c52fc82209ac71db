/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Answers from elsewhere: a device that was asked in a datagram may answer from another port
 * than it was asked on. Such an answer belongs to the flow of its question: no flow is opened for
 * it, nothing is sent to the other port, and the flow's inspector judges it as that flow's answer.
 * Owns which datagrams these are: what no rule has, to the very port that has asked, while a
 * question is open. Only of the services of OTSEG_ELSEWHERE_LIST, and where they were asked
 * on the port that they are known by, since the datagram does not say another one.
 */
#ifndef OTSEG_ELSEWHERE_H
#define OTSEG_ELSEWHERE_H

#include "track.h"

/* The ports of UDP that services are known by. */
enum otseg_elsewhere_port {
#define X(id, name, family, on, tcp, udp, ether, state) OTSEG_ELSEWHERE_PORT_##id = (udp),
	OTSEG_SERVICE_LIST(X)
#undef X
};

/**
 * otseg_elsewhere_may - can a datagram of no flow be an answer, as far as the policy tells?
 * @e: surroundings
 * @proto: its IP protocol
 *
 * Return: 1: otseg_elsewhere_take() has to be asked, whatever was said to it before; 0: it cannot.
 */
OTSEG_INLINE u32 otseg_elsewhere_may(const struct otseg_env *e, u32 proto)
{
	return proto == OTSEG_PROTO_UDP &&
	       (((const struct otseg_image *)e->image)->flags & OTSEG_IMG_ELSEWHERE);
}

/* Does a question of the flow wait for its answer? A look without the session's mark will do. */
OTSEG_INLINE u32 elsewhere_is_asked(const struct otseg_env *e, const struct otseg_flow *f)
{
	u32 slot = otseg_read(f->session);
	const struct otseg_session *s = slot ? otseg_session_at(e, slot - 1u) : NULL;

	return s && s->owner == e->flow_id && otseg_read(s->asked) != otseg_read(s->settled);
}

/*
 * The flow, if there is one, in which the packet's receiver has asked its sender on @port. A flow that a
 * new policy has not seen yet is none: its next question brings it over.
 */
OTSEG_NOINLINE struct otseg_flow *elsewhere_find(struct otseg_env *e, u32 port, u32 service)
{
	const struct otseg_verdict *v = &e->s->verdict;
	struct otseg_flow_key *key = &e->s->key;
	u32 from_b = (u32)e->s->from_b & 1;
	struct otseg_flow *f;

	if (from_b)
		key->b_port = (u16)port;
	else
		key->a_port = (u16)port;
	f = otseg_flow_find(e, key, otseg_flow_hash(e, key));
	if (f && f->service == service && f->flags & OTSEG_FLOW_INSPECTED &&
	    (from_b ^ (f->flags & OTSEG_FLOW_FROM_B)) && !otseg_track_is_none_yet(f) &&
	    otseg_read(f->generation) == e->generation && f->zone[1] == v->src_zone &&
	    f->zone[0] == v->dst_zone && elsewhere_is_asked(e, f))
		return f;
	e->flow_id = 0;
	return NULL;
}

/**
 * otseg_elsewhere_take - take a datagram that no rule has for an answer, if it can be one
 * @e: surroundings; takes the flow, and its path. The packet was placed
 * @p: the packet
 * @v: verdict; takes what the flow remembers
 *
 * Return: 1: its payload is to be judged; 0: it is what it was.
 */
OTSEG_INLINE u32 otseg_elsewhere_take(struct otseg_env *e, const struct otseg_packet *p,
				      struct otseg_verdict *v)
{
	struct otseg_flow *f = NULL;

	/* The datagram has no flow of its own, so that the key is not needed any more. */
#define X(id) \
	if (!f) \
		f = elsewhere_find(e, OTSEG_ELSEWHERE_PORT_##id, OTSEG_SVC_##id);
	OTSEG_ELSEWHERE_LIST(X)
#undef X
	if (!f)
		return 0;
	if (otseg_read(f->dir[1].ifindex) != e->s->arrival.ifindex || f->dir[1].vlan != p->vlan)
		otseg_track_ingress(e, p, v, f, 1);
	otseg_track_recall(v, &e->s->path, f, 1);
	v->flags = OTSEG_V_REPLY;
	otseg_ingress_open(e);
	return 1;
}

#endif /* OTSEG_ELSEWHERE_H */
