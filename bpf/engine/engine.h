/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The engine: from a frame to its verdict. Owns the order of the questions and
 * what monitor mode changes; every answer is in the file of its noun.
 *
 *	express: a plain frame of a live flow; else
 *	decode -> flow? -> still allowed? -> TCP? -> rate -> stream -> pass
 *	            | no
 *	            `-> link -> zones -> conduit, rule -> rate -> open -> pass
 */
#ifndef OTSEG_ENGINE_H
#define OTSEG_ENGINE_H

#include "count.h"
#include "express.h"
#include "icmp.h"
#include "neighbour.h"
#include "route.h"
#include "wire.h"

/* A frame that no rule is asked for: who answers for it? Then say why. */
OTSEG_INLINE u32 otseg_frame_refuse(const struct otseg_env *e, struct otseg_verdict *v, u32 reason)
{
	v->conduit = (u16)otseg_answer(e, v, 1);
	if (reason == OTSEG_R_IP_PROTOCOL && v->conduit == OTSEG_NONE16)
		return OTSEG_R_NO_CONDUIT;
	return reason;
}

/* What speaks against asking the rules at all; both zones are known. */
OTSEG_INLINE u32 otseg_frame_object(struct otseg_env *e, const struct otseg_packet *p,
				    struct otseg_verdict *v)
{
	u32 reason, kind;

	if (p->fault)
		return otseg_frame_refuse(e, v, p->fault);
	if (p->proto == OTSEG_PROTO_TCP) {
		if (!otseg_tcp_flags_exist(p->tcp_flags))
			return otseg_frame_refuse(e, v, OTSEG_R_TCP_FLAGS);
		if (!otseg_tcp_is_opener(p->tcp_flags) || (p->tcp_flags & OTSEG_TCP_RST))
			return otseg_frame_refuse(e, v, OTSEG_R_TCP_NO_FLOW);
		return OTSEG_R_NONE;
	}
	if (p->proto == OTSEG_PROTO_UDP)
		return OTSEG_R_NONE;
	kind = otseg_icmp_kind_of(p);
	if (kind == OTSEG_ICMP_PLAIN)
		return OTSEG_R_NONE;
	if (kind == OTSEG_ICMP_REFUSED)
		return otseg_frame_refuse(e, v, OTSEG_R_ICMP_TYPE);
	reason = otseg_icmp_related(e, p, v);
	e->flow_id = 0;
	return reason == OTSEG_R_ICMP_UNRELATED ? otseg_frame_refuse(e, v, reason) : reason;
}

/* Is there a rule? Then the verdict knows it; in monitor mode a refusal may go on too. */
OTSEG_INLINE u32 otseg_frame_rule(struct otseg_env *e, const struct otseg_packet *p,
				  struct otseg_verdict *v)
{
	u32 is_icmp = p->proto == OTSEG_PROTO_ICMP || p->proto == OTSEG_PROTO_ICMPV6;
	struct otseg_path *path = &e->s->path;
	u32 reason = otseg_path_find(e, path, v->src_zone, v->dst_zone, p->selector);

	v->conduit = path->conduit;
	v->rule = path->rule;
	v->service = path->service;
	if (reason == OTSEG_R_NO_CONDUIT)
		v->conduit = (u16)otseg_answer(e, v, p->proto != OTSEG_PROTO_TCP && !otseg_echo_is_request(p));
	if (reason == OTSEG_R_NO_RULE && is_icmp)
		reason = OTSEG_R_ICMP_TYPE;
	if (reason == OTSEG_R_RULE && path->inspected && p->proto != OTSEG_PROTO_TCP)
		reason = OTSEG_R_NO_INSPECTOR;
	if (reason == OTSEG_R_RULE && p->proto == OTSEG_PROTO_TCP && p->payload_len)
		return OTSEG_R_TCP_SYN_DATA;
	if (reason == OTSEG_R_RULE && !path->inspected && !otseg_limit_check(e, path->rule, e->frame_len))
		reason = OTSEG_R_RATE_LIMIT;
	return reason;
}

/* A frame without a flow. @e->flow_id not 0: its flow is over, and the place can be used again. */
OTSEG_INLINE u32 otseg_frame_begin(struct otseg_env *e, u64 hash, u64 from_b)
{
	const struct otseg_packet *p = &e->s->packet;
	struct otseg_verdict *v = &e->s->verdict;
	struct otseg_path *path = &e->s->path;
	u32 reason, opened;

	v->link = (u16)otseg_ingress_link(e, p->vlan);
	if (v->link == OTSEG_NONE16)
		return OTSEG_R_UNKNOWN_LINK;
	if (p->ethertype == OTSEG_ETH_ARP)
		return otseg_arp_decide(e, p, v);
	if (otseg_nd_is(p))
		return otseg_nd_decide(e, p, v);
	reason = otseg_forget(e, otseg_place(e, p, v, path));
	if (reason)
		return reason;
	reason = otseg_forget(e, otseg_frame_object(e, p, v));
	if (reason)
		return reason;
	reason = otseg_forget(e, otseg_frame_rule(e, p, v));
	if (p->proto != OTSEG_PROTO_TCP && p->proto != OTSEG_PROTO_UDP && !otseg_echo_is_request(p))
		return reason;
	if (reason != OTSEG_R_RULE) {
		if (reason == OTSEG_R_TCP_SYN_DATA || !otseg_conduit_is_monitored(e, v->conduit))
			return reason;
		/* It passes all the same: its replies need a flow to pass by. */
		if (v->rule == OTSEG_NONE32) {
			path->leaf = reason;
			path->inspected = 0;
		}
	}
	opened = otseg_track_open(e, p, v, hash, (u32)from_b);
	return reason == OTSEG_R_RULE ? opened : reason;
}

OTSEG_UNIT(otseg_unit_begin, otseg_frame_begin)

OTSEG_INLINE u32 otseg_frame_decide(struct otseg_env *e, struct otseg_packet *p,
				    struct otseg_verdict *v)
{
	struct otseg_flow_key *key = &e->s->key;
	u32 reason = OTSEG_R_NONE;
	struct otseg_flow *f;
	u32 from_b = 0;
	u64 hash = 0;

	if (!e->s->is_new || !otseg_express_complete(e, p))
		reason = otseg_forget(e, otseg_decode(e, p));
	if (otseg_unlikely(reason)) {
		if (reason == OTSEG_R_ETH_HEADER || reason == OTSEG_R_VLAN_DEPTH)
			return reason;
		v->link = (u16)otseg_ingress_link(e, p->vlan);
		return v->link == OTSEG_NONE16 ? OTSEG_R_UNKNOWN_LINK : reason;
	}
	if (p->family && otseg_is_tracked(p)) {
		from_b = otseg_forget(e, otseg_key_make(p, key));
		if (e->s->is_new) {
			hash = e->s->hash;
			f = NULL;
		} else {
			hash = otseg_flow_hash(e, key);
			f = otseg_flow_find(e, key, hash);
		}
		if (f) {
			reason = otseg_track_frame(e, p, v, f,
						   from_b ^ (f->flags & OTSEG_FLOW_FROM_B));
			reason = otseg_forget(e, reason);
			if (otseg_likely(reason != OTSEG_TRACK_GONE))
				return reason;
			v->conduit = OTSEG_NONE16;
			v->rule = OTSEG_NONE32;
			v->flags = 0;
		}
	}
	reason = otseg_unit_begin(e, hash, from_b);
	if ((v->flags & OTSEG_V_OPENED) && e->s->path.inspected)
		reason = otseg_track_start(e, v);
	return reason;
}

OTSEG_INLINE void otseg_verdict_clear(struct otseg_verdict *v)
{
	__builtin_memset(v, 0, sizeof(*v));
	v->rule = OTSEG_NONE32;
	v->src_zone = OTSEG_NONE16;
	v->dst_zone = OTSEG_NONE16;
	v->conduit = OTSEG_NONE16;
	v->link = OTSEG_NONE16;
}

/* Which way does a frame go that passes? Without a word of the policy, up to the host. */
OTSEG_INLINE void otseg_frame_leave(struct otseg_env *e, struct otseg_verdict *v)
{
	u32 mode;

	if (v->link == OTSEG_NONE16)
		return;
	mode = otseg_at(e, LINKS, v->link)->mode;
	if (otseg_likely(mode == OTSEG_MODE_PASS))
		return;
	if (mode == OTSEG_MODE_WIRE)
		otseg_wire_send(e, v);
	else
		otseg_route_send(e, v);
}

/**
 * otseg_frame_judge - decide about one frame, and count it
 * @e: surroundings, complete but for the flow
 *
 * Once the conduit is known, and it is in monitor mode, what would be dropped
 * passes, keeps its reason and counts as monitored.
 *
 * Return: enum otseg_action; the rest is in @e->s->verdict.
 */
OTSEG_INLINE u32 otseg_frame_judge(struct otseg_env *e)
{
	struct otseg_verdict *v = &e->s->verdict;
	u32 reason = OTSEG_EXPRESS_NO;

	otseg_verdict_clear(v);
	e->s->is_new = 0;
	if (otseg_likely(otseg_has_express(e)))
		reason = otseg_express_decide(e, v);
	if (otseg_unlikely(reason == OTSEG_EXPRESS_NO)) {
		otseg_verdict_clear(v);
		e->flow_id = 0;
		e->frame_len = otseg_whole_len(e);
		reason = otseg_frame_decide(e, &e->s->packet, v);
	}
	reason = otseg_forget(e, reason);
	if (otseg_unlikely(reason == OTSEG_STALE)) {
		otseg_judge_again(e);
		reason = OTSEG_R_INTERNAL;
	}
	v->reason = (u8)reason;
	if (otseg_likely(otseg_reason_passes(reason))) {
		v->action = OTSEG_ACTION_PASS;
	} else if (otseg_conduit_is_monitored(e, v->conduit)) {
		v->action = OTSEG_ACTION_PASS;
		v->flags |= OTSEG_V_MONITORED;
	}
	if (otseg_likely(v->action == OTSEG_ACTION_PASS))
		otseg_frame_leave(e, v);
	otseg_count_frame(e, v);
	return v->action;
}

#endif /* OTSEG_ENGINE_H */
