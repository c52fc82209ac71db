/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A poll: a segment that is one whole PDU of the most usual kind, in sequence, of a flow whose
 * rule is the first that its messages are held against (OTSEG_FLOW_POLL), and can be asked in brief;
 * or the answer that is due to the oldest request. The message is judged in registers, and the
 * session is taken last: its lines arrive while the rule is asked. Decides exactly what payload.h
 * would, or leaves the segment to it, unchanged.
 */
#ifndef OTSEG_POLL_H
#define OTSEG_POLL_H

#include "brief.h"

#define OTSEG_POLL_MIN 12 /* bytes of such a PDU */
#define OTSEG_POLL_MAX 32

/**
 * otseg_poll_is - may a segment be a poll by its length?
 * @p: the packet
 *
 * Return: whether it may.
 */
OTSEG_INLINE u32 otseg_poll_is(const struct otseg_packet *p)
{
	return (u32)p->payload_len - OTSEG_POLL_MIN <= OTSEG_POLL_MAX - OTSEG_POLL_MIN;
}

/**
 * otseg_poll_session - the session of what may be a poll; its lines are on their way
 * @e: surroundings
 * @flow: the flow, with OTSEG_FLOW_POLL
 * @dir: enum otseg_msg_dir
 *
 * Return: the session, which is not held; or NULL.
 */
OTSEG_INLINE struct otseg_session *otseg_poll_session(const struct otseg_env *e,
						      const struct otseg_flow *flow, u32 dir)
{
	u32 slot = otseg_read(flow->session);
	struct otseg_session *s = slot ? otseg_session_at(e, slot - 1u) : NULL;

	if (!s)
		return NULL;
	/* Nobody waits for what is read here. */
	(void)otseg_read(s->owner);
	(void)otseg_read(s->dir[1].next);
	(void)otseg_read(s->requests[0].is_open);
	(void)otseg_read(stream_window(s, dir)[dir == OTSEG_DIR_REQUEST ? 0 : STREAM_LATE / 8]);
	return s;
}

/**
 * otseg_poll_parse - make a message of the payload
 * @e: surroundings: the packet
 * @service: enum otseg_service of the flow
 * @dir: enum otseg_msg_dir
 * @msg: takes the message; see otseg_inspect_brief()
 *
 * Return: whether it is a poll.
 */
OTSEG_INLINE u32 otseg_poll_parse(const struct otseg_env *e, u32 service, u32 dir,
				  struct otseg_msg *msg)
{
	const struct otseg_packet *p = &e->s->packet;
	const u8 *pdu = otseg_peek_at(e, p->payload_off, OTSEG_POLL_MIN);

	msg->objects[0] = (struct otseg_msg_object){};
	return pdu && otseg_inspect_brief(service, otseg_wire(u64, pdu), otseg_wire(u32, pdu + 8),
					  p->payload_len, dir, msg);
}

/* The oldest open request, if this answers it, and it is the next one to be settled; or NULL. */
OTSEG_INLINE struct otseg_request *poll_asked(struct otseg_session *s, const struct otseg_msg *msg)
{
	struct otseg_request *r = &s->requests[s->settled & (OTSEG_REQUESTS - 1)];

	otseg_opaque(r);
	if (!r->is_open || !stream_fits(r, msg))
		return NULL;
	if (otseg_likely(s->settled + 1 == s->asked))
		return r;
	if (s->asked - s->settled - 1 >= OTSEG_REQUESTS - 1 ||
	    !s->requests[(s->settled + 1) & (OTSEG_REQUESTS - 1)].is_open)
		return NULL;
	return r;
}

/*
 * The poll under the session's busy mark: as otseg_poll_judge(). What has been read is read again
 * behind a barrier, or it would be kept on the stack until then.
 */
OTSEG_INLINE u32 poll_take(const struct otseg_env *e, struct otseg_session *s, u32 dir,
			   const struct otseg_msg *msg, u32 reason, u32 *rule)
{
	struct otseg_cursor *c = &s->dir[dir & 1];
	struct otseg_request *r = NULL;
	enum brief_place place;

	otseg_opaque(c);
	place = brief_place(e, c, dir);
	if (otseg_unlikely(place == BRIEF_ELSEWHERE))
		return OTSEG_BRIEF_NO;
	if (dir == OTSEG_DIR_RESPONSE) {
		r = poll_asked(s, msg);
		if (otseg_unlikely(!r))
			return OTSEG_BRIEF_NO;
	}
	c->generation = e->generation;
	if (otseg_unlikely(reason != OTSEG_R_RULE))
		return reason;
	otseg_barrier();
	if (otseg_unlikely(!brief_move(e, s, dir, place, OTSEG_POLL_MAX)))
		return OTSEG_BRIEF_NO;
	otseg_barrier();
	if (r) {
		if (r->rule != OTSEG_NONE16 && r->generation == (u16)e->generation)
			*rule = r->rule;
		r->is_open = 0;
		s->settled++;
	} else {
		stream_begin_requests(s);
		stream_request(e, &s->requests[s->asked++ & (OTSEG_REQUESTS - 1)], msg, *rule);
	}
	stream_acknowledge(&s->dir[~dir & 1], e->s->packet.ack);
	return OTSEG_R_RULE;
}

/**
 * otseg_poll_judge - judge a poll, and note what it leaves if it passes
 * @e: surroundings: the packet, the flow's id
 * @s: its session, which is not held
 * @leaf: leaf of the flow
 * @dir: enum otseg_msg_dir
 * @msg: the message, which may lie in registers
 * @rule: the rule of the flow; takes the one that the segment is accounted to
 *
 * The segment has ACK, and neither SYN, FIN, RST nor URG.
 *
 * Return: OTSEG_R_RULE; why the only rule does not cover the message; or OTSEG_BRIEF_NO: that
 * has to be asked. Only with the first one has anything changed but what is scratch memory, and
 * for which policy the cursor speaks.
 */
OTSEG_INLINE u32 otseg_poll_judge(const struct otseg_env *e, struct otseg_session *s, u32 leaf,
				  u32 dir, const struct otseg_msg *msg, u32 *rule)
{
	const struct otseg_img_rule *first = otseg_at(e, RULES, *rule);
	u32 reason = OTSEG_R_RULE;

	if (dir == OTSEG_DIR_REQUEST) {
		if (otseg_unlikely(!otseg_match_is_brief(first)))
			return OTSEG_BRIEF_NO;
		reason = otseg_forget(e, otseg_match_brief(e, msg, first));
		if (otseg_unlikely(reason != OTSEG_R_RULE)) {
			if (otseg_at(e, LEAVES, leaf)->n_rules != 1)
				return OTSEG_BRIEF_NO;
			stream_keep_refused(&e->s->inspection, msg);
		}
	}
	if (otseg_cmpxchg32(&s->busy, 0, 1))
		return OTSEG_BRIEF_NO;
	reason = otseg_likely(s->owner == e->flow_id) ? poll_take(e, s, dir, msg, reason, rule) :
							OTSEG_BRIEF_NO;
	stream_leave(s);
	return reason;
}

/**
 * otseg_poll_tell - write the verdict on a poll in full, for who reads it
 * @e: surroundings: the packet; the verdict has what its flow says
 * @dir: enum otseg_msg_dir
 * @reason: of otseg_poll_judge()
 * @rule: likewise; OTSEG_NONE32 of one that is refused
 */
OTSEG_NOINLINE void otseg_poll_tell(const struct otseg_env *e, u32 dir, u32 reason, u32 rule)
{
	struct otseg_inspection *in = &e->s->inspection;
	struct otseg_verdict *v = &e->s->verdict;

	v->rule = rule;
	v->n_messages = 1;
	v->reason = (u8)reason;
	if (!otseg_is_watched(e))
		return;
	otseg_poll_parse(e, e->s->path.service, dir, &in->msg);
	otseg_observe(e, &in->msg);
}

#endif /* OTSEG_POLL_H */
