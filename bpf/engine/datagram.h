/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Inspected datagrams and link-level frames: each holds whole PDUs and passes or is
 * dropped as a whole. What it asks, and what its inspector keeps of the conversation,
 * is remembered in the flow's session, as for streams.
 */
#ifndef OTSEG_DATAGRAM_H
#define OTSEG_DATAGRAM_H

#include "stream.h"

/* Judge the payload under the session's busy mark. OTSEG_R_RULE: it passes. */
OTSEG_NOINLINE u32 datagram_data(const struct otseg_env *e, struct otseg_session *s, u32 dir)
{
	struct otseg_inspection *in = &e->s->inspection;
	const struct otseg_packet *p = &e->s->packet;
	u32 len = p->payload_len;
	u32 reason;

	in->at = 0;
	in->end = len;
	if (!stream_is_within(&len, OTSEG_STREAM_WINDOW))
		return OTSEG_R_PDU_LENGTH;
	if (otseg_load(e, p->payload_off, in->bytes, len))
		return OTSEG_R_INTERNAL;
	reason = otseg_forget(e, stream_judge(e, s, dir));
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

/**
 * otseg_datagram_judge - judge a datagram of an inspected flow
 * @e: surroundings, as for otseg_stream_segment()
 * @flow: the flow
 * @dir: enum otseg_msg_dir
 * @is_monitored: the conduit is in monitor mode: what is refused passes
 *
 * Return: as otseg_stream_segment().
 */
OTSEG_INLINE u32 otseg_datagram_judge(const struct otseg_env *e, const struct otseg_flow *flow,
				      u32 dir, u32 is_monitored)
{
	struct otseg_inspection *in = &e->s->inspection;
	struct otseg_verdict *v = &e->s->verdict;
	struct otseg_session *s;
	u32 reason;

	v->rule = OTSEG_NONE32;
	v->n_messages = 0;
	s = flow->session ? otseg_session_at(e, flow->session - 1u) : NULL;
	if (!s)
		return OTSEG_R_SESSION_BUDGET;
	if (!stream_enter(s, OTSEG_SESSION_TRIES))
		return OTSEG_R_STREAM_BUSY;
	if (otseg_unlikely(s->owner != e->flow_id)) {
		stream_leave(s);
		return OTSEG_R_SESSION_BUDGET;
	}
	in->rule = OTSEG_NONE32;
	in->n_rules = 0;
	stream_take_up(e, s, is_monitored);
	reason = otseg_forget(e, datagram_data(e, s, dir & 1));
	v->n_messages = (u8)in->n_messages;
	v->rule = stream_rule(in, reason, e->s->path.rule);
	stream_leave(s);
	return reason;
}

#endif /* OTSEG_DATAGRAM_H */
