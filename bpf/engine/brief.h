/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The short way through an inspected flow: a bare acknowledgement, or a segment or datagram that
 * is a PDU which is known (recur.h). Decides exactly what payload.h would, hardly with a call, or
 * leaves the frame to it, unchanged. A poll is poll.h's.
 */
#ifndef OTSEG_BRIEF_H
#define OTSEG_BRIEF_H

#include "stream.h"

#define OTSEG_BRIEF_NO OTSEG_MATCH_ASK /* in place of a reason: not a segment for the short way */

/*
 * Puts the payload of @len bytes, at most @most, into the window from place @from on, in
 * words, of which the last one may overlap; 0, before anything is written: the window's end
 * is in between, or the payload does not lie together.
 */
OTSEG_INLINE u32 brief_keep(const struct otseg_env *e, u64 *window, u32 from, u32 len, const u32 most)
{
	u32 payload = e->s->packet.payload_off;
	u32 last = otseg_forget(e, len - 8) & 0xff;
	u8 *to = (u8 *)window;
	const u8 *word;
	u32 off;

	from &= OTSEG_STREAM_WINDOW - 1;
	if (last > most - 8 || from + len > OTSEG_STREAM_WINDOW)
		return 0;
	word = otseg_peek_at(e, payload + last, 8);
	if (!word)
		return 0;
	to += from;
	otseg_wire_put(u64, to + last, otseg_wire(u64, word));
	/* Or the verifier goes on from every turn by itself. */
	last = otseg_forget(e, last);
	for (off = 0; off < most - 8 && off < last; off += 8) {
		word = otseg_peek_at(e, payload + off, 8);
		if (word)
			otseg_wire_put(u64, to + off, otseg_wire(u64, word));
	}
	return 1;
}

/* Where the segment stands in its stream. */
enum brief_place {
	BRIEF_ELSEWHERE, /* not where the next PDU begins, or there is no room for it */
	BRIEF_BEHIND, /* there, behind bytes that are not acknowledged */
	BRIEF_ALONE, /* there, and nothing is under way: it never waits */
};

OTSEG_INLINE enum brief_place brief_place(const struct otseg_env *e, const struct otseg_cursor *c,
					  u32 dir)
{
	const struct otseg_packet *p = &e->s->packet;
	u32 end = p->seq + p->payload_len;

	if (!(c->flags & OTSEG_CURSOR_ACKED) || p->seq != c->next || p->seq != c->pdu)
		return BRIEF_ELSEWHERE;
	if (otseg_likely(p->seq == c->acked))
		return BRIEF_ALONE;
	return c->generation == e->generation && end - c->acked <= OTSEG_STREAM_WINDOW &&
			       (dir != OTSEG_DIR_REQUEST ||
				!stream_after(end, c->base + OTSEG_STREAM_WINDOW)) ?
		       BRIEF_BEHIND :
		       BRIEF_ELSEWHERE;
}

/*
 * Keeps the bytes, at most @most, and moves the cursor behind them. Return: 0: they cannot be kept, and
 * nothing has changed; or 1. Behind the barrier, what has been read before is read again, or it would
 * be kept on the stack until then.
 */
OTSEG_INLINE u32 brief_move(const struct otseg_env *e, struct otseg_session *s, u32 dir,
			    enum brief_place place, const u32 most)
{
	u32 at = dir == OTSEG_DIR_REQUEST ? 0 : STREAM_LATE;
	const struct otseg_packet *p = &e->s->packet;
	struct otseg_cursor *c = &s->dir[dir & 1];

	if (otseg_unlikely(place != BRIEF_ALONE))
		at = stream_at(c, c->next);
	if (!brief_keep(e, stream_window(s, dir), at, p->payload_len, most))
		return 0;
	otseg_barrier();
	if (otseg_unlikely(place != BRIEF_ALONE)) {
		stream_advance(s, dir, p->seq + p->payload_len, p->seq + p->payload_len);
		return 1;
	}
	/* What stream_rewind() and stream_move() come to. */
	c->base = p->seq;
	c->origin = (u16)(p->seq - at);
	c->flags = (u16)((c->flags & ~OTSEG_CURSOR_MARKS) | OTSEG_CURSOR_MOVED);
	c->next = p->seq + p->payload_len;
	c->pdu = c->next;
	stream_mark_set(c, c->next, c->next);
	return 1;
}

/* Count the messages of a PDU that is known, by the rules that covered them. */
OTSEG_INLINE void brief_count(const struct otseg_env *e, const struct otseg_recurrence *r)
{
	u32 i;

	for (i = 0; i < OTSEG_RECUR_PARTS; i++) {
		u32 rule = r->rules[i] & (OTSEG_MAX_RULES - 1);

		if (i >= r->n_rules)
			break;
		stream_count_one(e, rule, otseg_at(e, RULES, rule)->conduit & (OTSEG_MAX_CONDUITS - 1));
	}
}

/* A PDU that is known passes: what stream_settle() would leave of it. */
OTSEG_INLINE void brief_settle(const struct otseg_env *e, struct otseg_session *s,
			       const struct otseg_recurrence *r)
{
	const struct otseg_inspection *in = &e->s->inspection;
	struct otseg_verdict *v = &e->s->verdict;

	v->rule = in->rule;
	v->n_messages = r->n_rules;
	v->reason = OTSEG_R_RULE;
	s->state = r->state;
	if (r->n_requests) {
		stream_begin_requests(s);
		stream_record(in, s, 0);
	}
	brief_count(e, r);
}

/* Lets a payload of a segment pass that is known, in sequence, under the session's busy mark. */
OTSEG_INLINE u32 brief_known(const struct otseg_env *e, struct otseg_session *s, u32 dir,
			     struct otseg_recurrence *r)
{
	struct otseg_cursor *c = &s->dir[dir & 1];
	enum brief_place place = brief_place(e, c, dir);

	if (place == BRIEF_ELSEWHERE)
		return OTSEG_BRIEF_NO;
	c->generation = e->generation;
	if (!otseg_recur_is_known(e, r, s->state) || r->memory != OTSEG_MEMORY_NONE)
		return OTSEG_BRIEF_NO;
	if (!brief_move(e, s, dir, place, OTSEG_RECUR_MAX))
		return OTSEG_BRIEF_NO;
	otseg_recur_recall(e, r);
	brief_settle(e, s, r);
	return OTSEG_R_RULE;
}

/* Is the payload one that the short way may take? */
OTSEG_INLINE u32 otseg_brief_is(const struct otseg_packet *p, u32 dir)
{
	return !p->payload_len ||
	       (dir == OTSEG_DIR_REQUEST && otseg_recur_is(p->payload_len));
}

/**
 * otseg_brief_segment - judge a segment of an inspected flow, if it is a brief one
 * @e: surroundings, as for otseg_payload_judge(); the conduit enforces
 * @flow: the flow
 * @dir: enum otseg_msg_dir
 *
 * The segment has ACK, and neither SYN, FIN, RST nor URG; otseg_brief_is() it.
 *
 * Return: as otseg_payload_judge(), or OTSEG_BRIEF_NO: that has to be asked.
 */
OTSEG_INLINE u32 otseg_brief_segment(const struct otseg_env *e, const struct otseg_flow *flow,
				     u32 dir)
{
	const struct otseg_packet *p = &e->s->packet;
	struct otseg_recurrence *r = NULL;
	struct otseg_session *s;
	u32 reason = OTSEG_R_FLOW;

	s = flow->session ? otseg_session_at(e, flow->session - 1u) : NULL;
	if (!s)
		return OTSEG_BRIEF_NO;
	if (p->payload_len) {
		r = otseg_recur_find(e, s);
		if (!r)
			return OTSEG_BRIEF_NO;
	}
	if (otseg_cmpxchg32(&s->busy, 0, 1))
		return OTSEG_BRIEF_NO;
	dir &= 1;
	if (otseg_unlikely(s->owner != e->flow_id))
		reason = OTSEG_BRIEF_NO;
	else if (r)
		reason = otseg_forget(e, brief_known(e, s, dir, r));
	if (otseg_likely(reason == OTSEG_R_RULE || reason == OTSEG_R_FLOW))
		stream_acknowledge(&s->dir[dir ^ 1], p->ack);
	stream_leave(s);
	return reason;
}

/* A datagram that is known, under the session's busy mark. */
OTSEG_INLINE u32 brief_known_datagram(const struct otseg_env *e, struct otseg_session *s,
				      struct otseg_recurrence *r)
{
	if (!otseg_recur_is_known(e, r, s->state | OTSEG_STATE_DATAGRAM))
		return OTSEG_BRIEF_NO;
	otseg_recur_recall(e, r);
	if (r->memory & OTSEG_MEMORY_PUBLISHED &&
	    otseg_forget(e, memory_sequence(e)) != OTSEG_R_RULE)
		return OTSEG_BRIEF_NO;
	brief_settle(e, s, r);
	return OTSEG_R_RULE;
}

/**
 * otseg_brief_datagram - judge a datagram or a frame without IP of an inspected flow, if it is known
 * @e: surroundings, as for otseg_payload_judge(); the conduit enforces
 * @flow: the flow, of which something has passed before
 *
 * It travels as the flow was opened.
 *
 * Return: OTSEG_R_RULE, or OTSEG_BRIEF_NO: that has to be asked.
 */
OTSEG_INLINE u32 otseg_brief_datagram(const struct otseg_env *e, const struct otseg_flow *flow)
{
	struct otseg_recurrence *r;
	struct otseg_session *s;
	u32 reason = OTSEG_BRIEF_NO;

	s = flow->session ? otseg_session_at(e, flow->session - 1u) : NULL;
	if (!s || !otseg_recur_is(e->s->packet.payload_len))
		return OTSEG_BRIEF_NO;
	r = otseg_recur_find(e, s);
	if (!r || otseg_cmpxchg32(&s->busy, 0, 1))
		return OTSEG_BRIEF_NO;
	if (otseg_likely(s->owner == e->flow_id))
		reason = otseg_forget(e, brief_known_datagram(e, s, r));
	stream_leave(s);
	return reason;
}

#endif /* OTSEG_BRIEF_H */
