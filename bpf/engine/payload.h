/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The payload of a frame of an inspected flow: the order in which it is prepared, judged
 * and concluded, under the busy mark of the flow's session. The inspectors are another
 * program's, to which the frame is left in between, with the session held: each of both then
 * has a stack of its own, and the verifier's patience. TCP segments are stream.h's.
 * Datagrams and link-level frames hold whole PDUs; what they ask, and what the inspector
 * keeps of the conversation, is remembered in the session as for streams.
 */
#ifndef OTSEG_PAYLOAD_H
#define OTSEG_PAYLOAD_H

#include "stream.h"

/* As stream_prepare(), for a datagram. */
OTSEG_NOINLINE u32 datagram_prepare(const struct otseg_env *e)
{
	struct otseg_inspection *in = &e->s->inspection;
	const struct otseg_packet *p = &e->s->packet;
	u32 len = p->payload_len;

	in->at = 0;
	in->end = len;
	in->state |= OTSEG_STATE_DATAGRAM;
	if (!stream_is_within(&len, OTSEG_STREAM_WINDOW))
		return OTSEG_R_PDU_LENGTH;
	return otseg_load(e, p->payload_off, in->bytes, len) ? OTSEG_R_INTERNAL : STREAM_JUDGE;
}

/* As stream_conclude(), for a datagram. */
OTSEG_NOINLINE u32 datagram_conclude(const struct otseg_env *e, struct otseg_session *s, u32 reason)
{
	struct otseg_inspection *in = &e->s->inspection;

	if (reason == OTSEG_R_RULE && in->at != in->end) {
		/* A PDU ends with its datagram. */
		in->is_lost = 1;
		reason = OTSEG_R_PDU_LENGTH;
	}
	if (in->is_lost || (reason != OTSEG_R_RULE && !in->is_monitored))
		return reason;
	if (otseg_unlikely(in->n_limited && !stream_rate(e))) {
		reason = OTSEG_R_RATE_LIMIT;
		if (!in->is_monitored)
			return reason;
	}
	stream_settle(e, s);
	return reason;
}

/* What becomes of new data: a reason, or STREAM_*. */
OTSEG_INLINE u32 payload_prepare(const struct otseg_env *e, struct otseg_session *s, u32 dir,
				 u32 is_tcp)
{
	u32 reason = is_tcp ? stream_prepare(e, s, dir) : datagram_prepare(e);

	return otseg_forget(e, reason);
}

/* Begin with a frame: enter its session. A reason, or STREAM_*: then the session is held. */
OTSEG_INLINE u32 payload_begin(const struct otseg_env *e, const struct otseg_flow *flow, u32 dir,
			       u32 is_monitored)
{
	struct otseg_inspection *in = &e->s->inspection;
	const struct otseg_packet *p = &e->s->packet;
	u32 is_tcp = p->proto == OTSEG_PROTO_TCP;
	u32 flags = is_tcp ? p->tcp_flags : 0;
	u32 reason = OTSEG_R_FLOW;
	struct otseg_session *s;

	if (otseg_unlikely(flags & OTSEG_TCP_URG))
		reason = OTSEG_R_TCP_URGENT;
	else if (otseg_unlikely(flags & OTSEG_TCP_SYN && p->payload_len))
		reason = OTSEG_R_TCP_SYN_DATA;
	if (reason != OTSEG_R_FLOW && !is_monitored)
		return reason;
	s = flow->session ? otseg_session_at(e, flow->session - 1u) : NULL;
	if (!s)
		return OTSEG_R_SESSION_BUDGET;
	if (!stream_enter(s, p->payload_len ? OTSEG_SESSION_TRIES : 1))
		/* an acknowledgement that is not noted costs nothing */
		return p->payload_len || flags & OTSEG_TCP_SYN ? OTSEG_R_STREAM_BUSY : reason;
	if (otseg_unlikely(s->owner != e->flow_id)) {
		stream_leave(s);
		return OTSEG_R_SESSION_BUDGET;
	}
	in->slot = flow->session;
	in->rule = OTSEG_NONE32;
	in->n_rules = 0;
	if (otseg_unlikely(flags & OTSEG_TCP_SYN)) {
		stream_shake(s, dir, p);
	} else if (p->payload_len || !is_tcp) {
		stream_take_up(e, s, is_monitored);
		if (otseg_likely(reason == OTSEG_R_FLOW))
			reason = payload_prepare(e, s, dir, is_tcp);
	}
	return reason;
}

/* Go on once the task is done, for which in->verdict is what came of it. As payload_begin(). */
OTSEG_INLINE u32 payload_resume(const struct otseg_env *e, struct otseg_session *s, u32 dir)
{
	struct otseg_inspection *in = &e->s->inspection;
	u32 is_tcp = e->s->packet.proto == OTSEG_PROTO_TCP;
	u32 verdict = in->verdict;

	if (in->task == STREAM_RENEW)
		return verdict == OTSEG_R_RULE ? payload_prepare(e, s, dir, is_tcp) : verdict;
	return is_tcp ? stream_conclude(e, s, dir, verdict) : datagram_conclude(e, s, verdict);
}

/* A frame was judged for @reason: what its session keeps of that, which is then left. */
OTSEG_INLINE void payload_end(const struct otseg_env *e, struct otseg_session *s, u32 dir, u32 reason,
			      u32 is_monitored)
{
	struct otseg_inspection *in = &e->s->inspection;
	const struct otseg_packet *p = &e->s->packet;
	struct otseg_verdict *v = &e->s->verdict;

	v->n_messages = (u8)in->n_messages;
	v->rule = stream_rule(in, reason, e->s->path.rule);
	if (p->proto == OTSEG_PROTO_TCP &&
	    (reason == OTSEG_R_RULE || reason == OTSEG_R_FLOW || is_monitored)) {
		if (otseg_unlikely(reason != OTSEG_R_RULE && reason != OTSEG_R_FLOW))
			stream_resume(e, s, dir);
		if (otseg_likely(p->tcp_flags & OTSEG_TCP_ACK))
			stream_acknowledge(&s->dir[dir ^ 1], p->ack);
	}
	in->slot = 0;
	stream_leave(s);
}

/**
 * otseg_payload_release - leave the session that an earlier program has held
 * @e: surroundings, of which only the scratch memory has to be there
 *
 * For who cannot go on: nothing of the frame is remembered.
 */
OTSEG_INLINE void otseg_payload_release(const struct otseg_env *e)
{
	struct otseg_inspection *in = &e->s->inspection;
	struct otseg_session *s = in->slot ? otseg_session_at(e, in->slot - 1u) : NULL;

	in->slot = 0;
	if (s)
		stream_leave(s);
}

/**
 * otseg_payload_task - do what a payload waits for
 * @e: surroundings; the session is held
 *
 * What came of it goes to the inspection's @verdict.
 */
OTSEG_INLINE void otseg_payload_task(struct otseg_env *e)
{
	struct otseg_inspection *in = &e->s->inspection;
	struct otseg_session *s = otseg_session_at(e, in->slot - 1u);
	u32 verdict = OTSEG_R_INTERNAL;

	if (s)
		verdict = otseg_forget(e, in->task == STREAM_RENEW ?
						  stream_renew(e, s) :
						  stream_judge(e, s, in->task_dir & 1));
	in->verdict = verdict;
}

/**
 * otseg_payload_judge - judge a frame of an inspected flow
 * @e: surroundings: the decoded frame and the flow's path are in its scratch memory,
 *	@e->flow_id is the flow; with a @task in the inspection, it goes on after that
 * @flow: the flow
 * @dir: enum otseg_msg_dir
 * @is_monitored: the conduit is in monitor mode: what is refused passes
 *
 * To be called for every frame of the flow that would pass otherwise: segments of
 * the handshake and bare acknowledgements too. Sets @rule and @n_messages of the
 * verdict: the rule of its first message; that of the request whose answer it is;
 * the one over its rate; the one that opened the flow if nothing new is in it.
 *
 * Return: OTSEG_R_RULE or OTSEG_R_FLOW: it passes; else why it does not. OTSEG_UNJUDGED: the
 * frame could not be left to the program that inspects.
 */
OTSEG_INLINE u32 otseg_payload_judge(struct otseg_env *e, const struct otseg_flow *flow, u32 dir,
				     u32 is_monitored)
{
	struct otseg_inspection *in = &e->s->inspection;
	struct otseg_verdict *v = &e->s->verdict;
	struct otseg_session *s;
	u32 reason, i;

	dir &= 1;
	if (otseg_likely(!in->task)) {
		v->rule = OTSEG_NONE32;
		v->n_messages = 0;
		in->slot = 0;
		in->n_messages = 0;
		reason = otseg_forget(e, payload_begin(e, flow, dir, is_monitored));
		if (!in->slot)
			return reason;
	} else {
		reason = 0;
	}
	s = otseg_session_at(e, in->slot - 1u);
	if (!s)
		return OTSEG_R_INTERNAL;
	/* To be judged; or renewed, prepared once more, and judged. In BPF it is left to at once. */
	for (i = 0; i < 3; i++) {
		if (in->task)
			reason = otseg_forget(e, payload_resume(e, s, dir));
		if (reason != STREAM_JUDGE && reason != STREAM_RENEW)
			break;
		in->task = reason;
		in->task_dir = dir;
		if (otseg_leave_to(e, OTSEG_STAGE_JUDGE)) {
			otseg_payload_release(e);
			return OTSEG_UNJUDGED;
		}
		otseg_payload_task(e);
	}
	payload_end(e, s, dir, reason, is_monitored);
	return reason;
}

#endif /* OTSEG_PAYLOAD_H */
