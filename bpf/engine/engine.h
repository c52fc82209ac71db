/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The engine: from a frame to its verdict. Owns the order of the questions and
 * what monitor mode changes; every answer is in the file of its noun.
 *
 *	express: a plain frame of a live flow; else
 *	decode -> flow? -> still allowed? -> TCP? -> rate -> payload -> pass
 *	            | no
 *	            `-> link -> zones -> conduit, rule -> rate -> open -> pass
 *	                                          | no
 *	                                          `-> an answer from elsewhere? -> payload -> pass
 */
#ifndef OTSEG_ENGINE_H
#define OTSEG_ENGINE_H

#include "adopt.h"
#include "count.h"
#include "denial.h"
#include "elsewhere.h"
#include "event.h"
#include "express.h"
#include "express_link.h"
#include "opening.h"
#include "route.h"
#include "wire.h"

/*
 * A frame without a flow, which may open one. @e->flow_id not 0: its flow is over, and
 * the place can be used again.
 */
OTSEG_INLINE u32 otseg_frame_begin(struct otseg_env *e, u64 hash, u64 from_b)
{
	const struct otseg_packet *p = &e->s->packet;
	struct otseg_verdict *v = &e->s->verdict;
	struct otseg_path *path = &e->s->path;
	u32 reason, opened, limited;

	if (e->s->is_new == OTSEG_NEW_JUDGED)
		reason = (u32)e->s->said;
	else
		reason = otseg_forget(e, otseg_opening_judge(e, p, v));
	if (otseg_unlikely(reason == (OTSEG_R_TCP_NO_FLOW | OTSEG_OPENING_FINAL))) {
		reason = otseg_forget(e, otseg_adopt_judge(e, p, v));
		if (reason != OTSEG_R_RULE)
			return reason;
	}
	if (reason & OTSEG_OPENING_FINAL)
		return reason & ~(u32)OTSEG_OPENING_FINAL;
	if (reason == OTSEG_R_RULE && !(v->flags & OTSEG_V_REPLY)) {
		/* Of inspected flows, the messages use up the rules' rates. */
		limited = otseg_limit_frame(e, path->inspected ? OTSEG_NONE32 : path->rule,
					    path->conduit);
		if (limited)
			reason = limited;
	}
	if (!otseg_is_tracked(p) || otseg_echo_is_reply(p))
		return reason;
	if (reason != OTSEG_R_RULE) {
		if (reason == OTSEG_R_TCP_SYN_DATA || !otseg_conduit_is_monitored(e, v->conduit))
			return reason;
		/* The conduit of the other direction answers for each such frame anew. */
		if (path->conduit == OTSEG_NONE16)
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

/* The reason of a frame without a flow. */
OTSEG_INLINE u32 frame_open(struct otseg_env *e)
{
	struct otseg_verdict *v = &e->s->verdict;
	u32 reason = otseg_forget(e, otseg_frame_begin(e, e->s->hash, e->s->from_b));

	if ((reason == OTSEG_R_NO_RULE || reason == OTSEG_R_NO_CONDUIT) &&
	    !(v->flags & OTSEG_V_OPENED) && otseg_elsewhere_may(e, e->s->packet.proto) &&
	    otseg_elsewhere_take(e, &e->s->packet, v)) {
		reason = otseg_forget(e, otseg_track_inspectable(e, &e->s->packet));
		if (reason && !otseg_conduit_is_monitored(e, v->conduit))
			return reason;
		return otseg_track_ask(e, v, reason);
	}
	if (!(v->flags & OTSEG_V_OPENED) || !e->s->path.inspected)
		return reason;
	reason = otseg_track_start(e, v);
	if ((e->s->packet.proto == OTSEG_PROTO_TCP && !(v->flags & OTSEG_V_ADOPTED)) ||
	    !(v->flags & OTSEG_V_OPENED))
		return reason;
	/* A datagram has something to be judged already, and so may what takes up a connection. */
	return otseg_track_ask(e, v, OTSEG_R_NONE);
}

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
	e->s->hash = hash;
	e->s->from_b = from_b;
	return otseg_leave_to(e, OTSEG_STAGE_OPEN) ? OTSEG_UNJUDGED : frame_open(e);
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

/* The verdict is complete: the frame leaves, and is counted. Of a refused one an event may tell. */
OTSEG_INLINE u32 frame_conclude(struct otseg_env *e, u32 is_plain)
{
	struct otseg_verdict *v = &e->s->verdict;

	if (otseg_likely(v->action == OTSEG_ACTION_PASS) || v->denial == OTSEG_DENIAL_PEER)
		otseg_frame_leave(e, v);
	if (otseg_likely(is_plain && v->action == OTSEG_ACTION_PASS))
		otseg_count_pass(e, v->reason, v->link, v->src_zone, v->conduit, v->rule);
	else
		otseg_count_frame(e, v);
	if (otseg_unlikely(!otseg_reason_passes(v->reason))) {
		if (otseg_unlikely(e->s->paid))
			otseg_limit_refund(e, v->conduit);
		otseg_event_note(e);
	}
	return v->action;
}

/**
 * otseg_frame_deny - conclude a frame that is dropped, of which somebody may be told
 * @e: surroundings; in @e->s->verdict only who is told is missing
 *
 * Return: enum otseg_action: DROP.
 */
OTSEG_INLINE u32 otseg_frame_deny(struct otseg_env *e)
{
	struct otseg_verdict *v = &e->s->verdict;

	otseg_denial_note(e);
	frame_conclude(e, 0);
	/* Across a wire whose other end is not there, nobody is told. */
	if (otseg_unlikely(v->reason == OTSEG_R_WIRE_DOWN))
		v->denial = OTSEG_DENIAL_NONE;
	return OTSEG_ACTION_DROP;
}

/*
 * Once the conduit is known, and it is in monitor mode, what would be dropped passes,
 * keeps its reason and counts as monitored. What is dropped and told of is another program's.
 */
OTSEG_INLINE u32 otseg_frame_finish(struct otseg_env *e, u32 reason)
{
	struct otseg_verdict *v = &e->s->verdict;
	u32 is_plain = 0;

	v->reason = (u8)reason;
	v->action = OTSEG_ACTION_DROP;
	v->denial = OTSEG_DENIAL_NONE;
	if (otseg_likely(otseg_reason_passes(reason))) {
		v->action = OTSEG_ACTION_PASS;
		is_plain = v->rule != OTSEG_NONE32 && !(v->flags & OTSEG_V_OPENED);
	} else if (otseg_conduit_is_monitored(e, v->conduit)) {
		v->action = OTSEG_ACTION_PASS;
		v->flags |= OTSEG_V_MONITORED;
	} else if (otseg_unlikely(otseg_denial_is_due(e, v)) &&
		   !otseg_leave_to(e, OTSEG_STAGE_DENY)) {
		return otseg_frame_deny(e);
	}
	return frame_conclude(e, is_plain);
}

/* The same; a frame that nobody has judged is passed by no conduit's mode. */
OTSEG_INLINE u32 otseg_frame_end(struct otseg_env *e, u32 reason)
{
	if (otseg_unlikely(reason == OTSEG_UNJUDGED)) {
		otseg_verdict_clear(&e->s->verdict);
		reason = OTSEG_R_INTERNAL;
	}
	return otseg_frame_finish(e, reason);
}

/**
 * otseg_frame_open - decide about a frame without a flow, and count it
 * @e: surroundings; @e->s->hash and @e->s->from_b are of its flow key
 *
 * Return: enum otseg_action; the rest is in @e->s->verdict.
 */
OTSEG_INLINE u32 otseg_frame_open(struct otseg_env *e)
{
	return otseg_frame_end(e, otseg_forget(e, frame_open(e)));
}

/**
 * otseg_frame_long - decide about a frame that the short way has left, and count it
 * @e: surroundings; @e->s->is_new says what is known already
 *
 * Return: enum otseg_action; the rest is in @e->s->verdict.
 */
OTSEG_INLINE u32 otseg_frame_long(struct otseg_env *e)
{
	struct otseg_verdict *v = &e->s->verdict;
	u32 reason;

	if (e->s->is_new != OTSEG_NEW_JUDGED)
		otseg_verdict_clear(v);
	e->flow_id = 0;
	e->s->arrival.frame_len = otseg_whole_len(e);
	e->s->paid = 0;
	reason = otseg_forget(e, otseg_frame_decide(e, &e->s->packet, v));
	return otseg_frame_end(e, reason);
}

/**
 * otseg_frame_stream - decide about a frame of which only the payload has to be judged, and count it
 * @e: surroundings, as for otseg_track_stream()
 * @is_prepared: likewise
 *
 * Return: enum otseg_action; the rest is in @e->s->verdict.
 */
OTSEG_INLINE u32 otseg_frame_stream(struct otseg_env *e, const u32 is_prepared)
{
	u32 reason = otseg_track_stream(e, &e->s->verdict, is_prepared);

	return otseg_frame_end(e, otseg_forget(e, reason));
}

/**
 * otseg_frame_judge - decide about one frame, and count it
 * @e: surroundings, complete but for the flow
 *
 * Return: enum otseg_action; the rest is in @e->s->verdict.
 */
OTSEG_INLINE u32 otseg_frame_judge(struct otseg_env *e)
{
	struct otseg_verdict *v = &e->s->verdict;
	u32 reason = OTSEG_EXPRESS_NO;

	e->s->is_new = OTSEG_NEW_UNKNOWN;
	e->s->paid = 0;
	if (otseg_likely(otseg_has_express(e)))
		reason = otseg_express_decide(e, v);
	if (otseg_unlikely(reason == OTSEG_EXPRESS_NO && !e->s->is_new && otseg_has_express(e)))
		reason = otseg_express_link(e, v);
	if (otseg_likely(reason == OTSEG_EXPRESS_PASSED))
		return OTSEG_ACTION_PASS;
	if (otseg_likely(reason == OTSEG_EXPRESS_REFUSED))
		return OTSEG_ACTION_DROP;
	if (otseg_likely(reason != OTSEG_EXPRESS_NO))
		return otseg_frame_finish(e, otseg_forget(e, reason));
	if (e->s->is_new == OTSEG_NEW_STREAM) {
		if (!otseg_leave_to(e, OTSEG_STAGE_STREAM))
			return otseg_frame_stream(e, 0);
	} else if (!otseg_leave_to(e, OTSEG_STAGE_LONG)) {
		return otseg_frame_long(e);
	}
	return otseg_frame_end(e, OTSEG_UNJUDGED);
}

#endif /* OTSEG_ENGINE_H */
