/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The payload of a frame of an inspected flow: the order in which it is prepared, judged
 * and concluded, under the busy mark of the flow's session. TCP segments are stream.h's.
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
	s->state = in->state;
	return reason;
}

/* Judge a frame that carries data. A reason that passes, or the refusal. */
OTSEG_INLINE u32 payload_data(const struct otseg_env *e, struct otseg_session *s, u32 dir,
			      u32 is_tcp)
{
	u32 reason = is_tcp ? stream_prepare(e, s, dir) : datagram_prepare(e);

	reason = otseg_forget(e, reason);
	if (otseg_unlikely(reason == STREAM_RENEW)) {
		reason = otseg_forget(e, stream_renew(e, s));
		if (reason == OTSEG_R_RULE)
			reason = otseg_forget(e, stream_prepare(e, s, dir));
	}
	if (reason != STREAM_JUDGE)
		return reason;
	reason = otseg_forget(e, stream_judge(e, dir));
	return is_tcp ? stream_conclude(e, s, dir, reason) : datagram_conclude(e, s, reason);
}

/**
 * otseg_payload_judge - judge a frame of an inspected flow
 * @e: surroundings: the decoded frame and the flow's path are in its scratch memory,
 *	@e->flow_id is the flow
 * @flow: the flow
 * @dir: enum otseg_msg_dir
 * @is_monitored: the conduit is in monitor mode: what is refused passes
 *
 * To be called for every frame of the flow that would pass otherwise: segments of
 * the handshake and bare acknowledgements too. Sets @rule and @n_messages of the
 * verdict: the rule of its first message; that of the request whose answer it is;
 * the one over its rate; the one that opened the flow if nothing new is in it.
 *
 * Return: OTSEG_R_RULE or OTSEG_R_FLOW: it passes; else why it does not.
 */
OTSEG_INLINE u32 otseg_payload_judge(const struct otseg_env *e, const struct otseg_flow *flow,
				      u32 dir, u32 is_monitored)
{
	struct otseg_inspection *in = &e->s->inspection;
	const struct otseg_packet *p = &e->s->packet;
	struct otseg_verdict *v = &e->s->verdict;
	u32 is_tcp = p->proto == OTSEG_PROTO_TCP;
	u32 flags = is_tcp ? p->tcp_flags : 0;
	u32 reason = OTSEG_R_FLOW;
	struct otseg_session *s;

	v->rule = OTSEG_NONE32;
	v->n_messages = 0;
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
	dir &= 1;
	in->rule = OTSEG_NONE32;
	in->n_rules = 0;
	if (otseg_unlikely(flags & OTSEG_TCP_SYN)) {
		stream_shake(s, dir, p);
	} else if (p->payload_len || !is_tcp) {
		in->slot = flow->session - 1u;
		stream_take_up(e, s, is_monitored);
		if (otseg_likely(reason == OTSEG_R_FLOW))
			reason = otseg_forget(e, payload_data(e, s, dir, is_tcp));
		v->n_messages = (u8)in->n_messages;
	}
	v->rule = stream_rule(in, reason, e->s->path.rule);
	if (otseg_likely(reason == OTSEG_R_RULE || reason == OTSEG_R_FLOW || is_monitored)) {
		if (otseg_unlikely(reason != OTSEG_R_RULE && reason != OTSEG_R_FLOW && is_tcp))
			stream_resume(e, s, dir);
		if (otseg_likely(flags & OTSEG_TCP_ACK))
			stream_acknowledge(&s->dir[dir ^ 1], p->ack);
	}
	stream_leave(s);
	return reason;
}

#endif /* OTSEG_PAYLOAD_H */
