/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The payload of a frame of an inspected flow: the order in which it is prepared, judged
 * and concluded, under the busy mark of the flow's session. Once it is prepared, it is another
 * program's, to which the frame is left with the session held: each of both
 * then has a stack of its own, and the verifier's patience. TCP segments are stream.h's.
 * Datagrams and link-level frames hold whole PDUs; what they ask, and what the inspector
 * keeps of the conversation, is remembered in the session as for streams.
 */
#ifndef OTSEG_PAYLOAD_H
#define OTSEG_PAYLOAD_H

#include "stream.h"

/* As stream_prepare(), for a datagram. */
OTSEG_INLINE u32 datagram_prepare(const struct otseg_env *e)
{
	struct otseg_inspection *in = &e->s->inspection;
	const struct otseg_packet *p = &e->s->packet;
	u32 len = p->payload_len;

	in->at = 0;
	in->end = len;
	in->state |= OTSEG_STATE_DATAGRAM;
	if (len - 1 >= OTSEG_STREAM_WINDOW)
		return OTSEG_R_PDU_LENGTH;
	return stream_fetch(e, p->payload_off, 0, len) ? OTSEG_R_INTERNAL : STREAM_JUDGE;
}

/* As stream_conclude(), for a datagram. */
OTSEG_INLINE u32 datagram_conclude(struct otseg_env *e, struct otseg_session *s, u32 dir,
				   u32 reason)
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
	if (otseg_likely(reason == OTSEG_R_RULE))
		otseg_recur_note(e, 0, dir);
	stream_settle(e, s);
	return reason;
}

/*
 * Begin with a frame of the session, which is NULL if the flow has none: enter it. A reason, or
 * STREAM_PREPARE. With a slot in the inspection, the session is held.
 */
OTSEG_INLINE u32 payload_begin(const struct otseg_env *e, struct otseg_session *s, u32 slot, u32 dir,
			       u32 is_monitored)
{
	struct otseg_inspection *in = &e->s->inspection;
	const struct otseg_packet *p = &e->s->packet;
	u32 is_tcp = p->proto == OTSEG_PROTO_TCP;
	u32 flags = is_tcp ? p->tcp_flags : 0;
	u32 reason = OTSEG_R_FLOW;

	if (otseg_unlikely(flags & OTSEG_TCP_URG))
		reason = OTSEG_R_TCP_URGENT;
	else if (otseg_unlikely(flags & OTSEG_TCP_SYN && p->payload_len))
		reason = OTSEG_R_TCP_SYN_DATA;
	if (reason != OTSEG_R_FLOW && !is_monitored)
		return reason;
	if (!s)
		return OTSEG_R_SESSION_BUDGET;
	if (!stream_enter(s, p->payload_len ? OTSEG_SESSION_TRIES : 1))
		/* an acknowledgement that is not noted costs nothing */
		return p->payload_len || flags & OTSEG_TCP_SYN ? OTSEG_R_STREAM_BUSY : reason;
	if (otseg_unlikely(s->owner != e->flow_id)) {
		stream_leave(s);
		return OTSEG_R_SESSION_BUDGET;
	}
	in->slot = slot;
	in->rule = OTSEG_NONE32;
	in->n_rules = 0;
	if (otseg_unlikely(flags & OTSEG_TCP_SYN)) {
		stream_shake(s, dir, p);
	} else if (p->payload_len || !is_tcp) {
		stream_take_up(e, s, is_monitored);
		if (otseg_likely(reason == OTSEG_R_FLOW))
			reason = STREAM_PREPARE;
	}
	return reason;
}

/* What was judged again is: go on with the frame. As payload_begin(). */
OTSEG_INLINE u32 payload_resume(const struct otseg_inspection *in)
{
	return in->verdict == OTSEG_R_RULE ? STREAM_PREPARE : in->verdict;
}

/* What becomes of new data: a reason, or STREAM_*. */
OTSEG_INLINE u32 payload_prepare(const struct otseg_env *e, struct otseg_session *s, u32 dir)
{
	u32 is_tcp = e->s->packet.proto == OTSEG_PROTO_TCP;
	u32 reason = is_tcp ? stream_prepare(e, s, dir) : datagram_prepare(e);

	return otseg_forget(e, reason);
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
 * otseg_payload_renew - judge again what an older policy has let pass
 * @e: surroundings; the session is held
 *
 * What came of it goes to the inspection's @verdict.
 */
OTSEG_INLINE void otseg_payload_renew(struct otseg_env *e)
{
	struct otseg_inspection *in = &e->s->inspection;
	struct otseg_session *s = otseg_session_at(e, in->slot - 1u);

	in->verdict = s ? otseg_forget(e, stream_renew(e, s)) : OTSEG_R_INTERNAL;
}

/**
 * otseg_payload_conclude - judge a frame whose data is prepared, and leave its session
 * @e: surroundings; the session is held
 * @dir: enum otseg_msg_dir
 * @is_monitored: as for otseg_payload_judge()
 *
 * Return: as otseg_payload_judge().
 */
OTSEG_INLINE u32 otseg_payload_conclude(struct otseg_env *e, u32 dir, u32 is_monitored)
{
	struct otseg_session *s = otseg_session_at(e, e->s->inspection.slot - 1u);
	u32 reason;

	dir &= 1;
	if (!s)
		return OTSEG_R_INTERNAL;
	reason = otseg_forget(e, stream_judge(e, s, dir));
	reason = otseg_forget(e, e->s->packet.proto == OTSEG_PROTO_TCP ?
					 stream_conclude_short(e, s, dir, reason) :
					 datagram_conclude(e, s, dir, reason));
	payload_end(e, s, dir, reason, is_monitored);
	return reason;
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
 * the one over its rate; the one that opened the flow if nothing new is in it. In BPF, a frame
 * with data is left to the program that goes on with otseg_payload_conclude().
 *
 * Return: OTSEG_R_RULE or OTSEG_R_FLOW: it passes; else why it does not. OTSEG_UNJUDGED: the
 * frame could not be left to the program that inspects.
 */
OTSEG_INLINE u32 otseg_payload_judge(struct otseg_env *e, const struct otseg_flow *flow, u32 dir,
				     u32 is_monitored)
{
	struct otseg_inspection *in = &e->s->inspection;
	struct otseg_verdict *v = &e->s->verdict;
	u32 is_renewed = in->task;
	u32 slot = is_renewed ? in->slot : flow->session;
	struct otseg_session *s = slot ? otseg_session_at(e, slot - 1u) : NULL;
	u32 reason, i;

	dir &= 1;
	if (otseg_likely(!is_renewed)) {
		v->rule = OTSEG_NONE32;
		v->n_messages = 0;
		in->slot = 0;
		in->n_messages = 0;
		reason = otseg_forget(e, payload_begin(e, s, slot, dir, is_monitored));
	} else {
		reason = otseg_forget(e, payload_resume(in));
	}
	if (!in->slot || !s)
		return reason;
	/* To be judged; or renewed, prepared once more, and judged. In BPF it is left to at once. */
	for (i = 0; i < 2; i++) {
		if (reason == STREAM_PREPARE)
			reason = payload_prepare(e, s, dir);
		if (reason != STREAM_JUDGE && reason != STREAM_RENEW)
			break;
		in->task = reason;
		if (otseg_leave_to(e, OTSEG_STAGE_JUDGE)) {
			otseg_payload_release(e);
			return OTSEG_UNJUDGED;
		}
		if (reason == STREAM_JUDGE)
			return otseg_payload_conclude(e, dir, is_monitored);
		otseg_payload_renew(e);
		reason = payload_resume(in);
	}
	payload_end(e, s, dir, reason, is_monitored);
	return reason;
}

/**
 * otseg_payload_is_again - what waits is to be judged again, and is not judged yet
 * @e: surroundings
 *
 * Return: whether otseg_payload_renew() goes on with it, and not otseg_payload_conclude().
 */
OTSEG_INLINE u32 otseg_payload_is_again(const struct otseg_env *e)
{
	return e->s->inspection.task == STREAM_RENEW;
}

#endif /* OTSEG_PAYLOAD_H */
