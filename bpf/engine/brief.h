/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The short way through an inspected flow: a bare acknowledgement; a segment that
 * is one whole PDU of the most usual kind, in sequence, covered by the first rule (or by
 * none, if that is the only one) or due to the oldest request; or a PDU that is known (recur.h).
 * Decides exactly what payload.h would, hardly with a call, or leaves the frame to it, unchanged.
 */
#ifndef OTSEG_BRIEF_H
#define OTSEG_BRIEF_H

#include "stream.h"

#define OTSEG_BRIEF_NO OTSEG_MATCH_ASK /* in place of a reason: not a segment for the short way */
#define OTSEG_BRIEF_MIN 12 /* bytes of such a PDU */
#define OTSEG_BRIEF_MAX 32

/*
 * Puts the payload of @len bytes, at most @most, into the window from place @from on, in
 * words, of which the last one may overlap; 0, before anything is written: the window's end
 * is in between, or the payload does not lie together.
 */
OTSEG_INLINE u32 brief_keep(const struct otseg_env *e, u64 *window, u32 from, u32 len, const u32 most)
{
	u8 *to = (u8 *)window + (from & (OTSEG_STREAM_WINDOW - 1));
	u32 payload = e->s->packet.payload_off;
	u32 last = otseg_forget(e, len - 8) & 0xff;
	const u8 *word = otseg_peek_at(e, payload + last, 8);
	u32 off;

	if (!word || last > most - 8 ||
	    (from & (OTSEG_STREAM_WINDOW - 1)) + len > OTSEG_STREAM_WINDOW)
		return 0;
	otseg_wire_put(u64, to + last, otseg_wire(u64, word));
	for (off = 0; off < most - 8 && off < last; off += 8) {
		word = otseg_peek_at(e, payload + off, 8);
		if (word)
			otseg_wire_put(u64, to + off, otseg_wire(u64, word));
	}
	return 1;
}

/* OTSEG_R_RULE if this answers the oldest open request, and that is the next one to be settled. */
OTSEG_INLINE u32 brief_response(const struct otseg_env *e, const struct otseg_session *s)
{
	const struct otseg_request *r = &s->requests[s->settled & (OTSEG_REQUESTS - 1)];
	const struct otseg_request *next = &s->requests[(s->settled + 1) & (OTSEG_REQUESTS - 1)];
	struct otseg_inspection *in = &e->s->inspection;

	if (s->asked - s->settled - 1 >= OTSEG_REQUESTS - 1 || !r->is_open ||
	    (s->settled + 1 != s->asked && !next->is_open) || !stream_fits(r, &in->msg))
		return OTSEG_BRIEF_NO;
	in->rule = OTSEG_NONE32;
	if (r->rule != OTSEG_NONE16 && r->generation == (u16)e->generation)
		in->rule = r->rule;
	return OTSEG_R_RULE;
}

/* The segment passes: what stream_ask() and stream_settle() would leave of it. */
OTSEG_INLINE void brief_note(const struct otseg_env *e, struct otseg_session *s, u32 dir)
{
	const struct otseg_inspection *in = &e->s->inspection;
	struct otseg_request *r;
	u32 conduit, rule;

	if (dir == OTSEG_DIR_RESPONSE) {
		s->requests[s->settled++ & (OTSEG_REQUESTS - 1)].is_open = 0;
		return;
	}
	stream_begin_requests(s);
	r = &s->requests[s->asked++ & (OTSEG_REQUESTS - 1)];
	stream_request(e, r);
	rule = in->rule & (OTSEG_MAX_RULES - 1);
	conduit = otseg_at(e, RULES, rule)->conduit & (OTSEG_MAX_CONDUITS - 1);
	stream_count_one(e, rule, conduit);
}

/* The only rule does not cover the message: what stream_step() would leave of that. */
OTSEG_INLINE u32 brief_refuse(const struct otseg_env *e, u32 reason)
{
	struct otseg_verdict *v = &e->s->verdict;

	v->rule = OTSEG_NONE32;
	v->n_messages = 1;
	v->reason = (u8)reason;
	otseg_observe(e, &e->s->inspection.msg);
	stream_refuse(&e->s->inspection);
	return reason;
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
	const struct otseg_packet *p = &e->s->packet;
	struct otseg_cursor *c = &s->dir[dir & 1];
	u32 end = p->seq + p->payload_len;

	if (!otseg_recur_is_known(e, r, s->state) || r->memory != OTSEG_MEMORY_NONE)
		return OTSEG_BRIEF_NO;
	stream_rewind(c, dir);
	if (!brief_keep(e, s->window[dir & 1], stream_at(c, c->next), p->payload_len,
			OTSEG_RECUR_MAX))
		return OTSEG_BRIEF_NO;
	otseg_recur_recall(e, r);
	brief_settle(e, s, r);
	stream_move(c, end, end);
	return OTSEG_R_RULE;
}

/* Judges the payload under the session's busy mark; @r is where it may be known. */
OTSEG_INLINE u32 brief_data(const struct otseg_env *e, struct otseg_session *s, u32 dir,
			    struct otseg_recurrence *r)
{
	struct otseg_inspection *in = &e->s->inspection;
	const struct otseg_packet *p = &e->s->packet;
	struct otseg_verdict *v = &e->s->verdict;
	struct otseg_cursor *c = &s->dir[dir & 1];
	u32 end = p->seq + p->payload_len;
	const u8 *pdu;
	u32 reason;

	if (!(c->flags & OTSEG_CURSOR_ACKED) || p->seq != c->next || c->next != c->pdu ||
	    (c->generation != e->generation && c->next != c->acked) ||
	    end - c->acked > OTSEG_STREAM_WINDOW ||
	    (dir == OTSEG_DIR_REQUEST && stream_after(end, c->base + OTSEG_STREAM_WINDOW)))
		return OTSEG_BRIEF_NO;
	c->generation = e->generation;
	if (!r) {
		pdu = otseg_peek_at(e, p->payload_off, OTSEG_BRIEF_MIN);
		if (!pdu)
			return OTSEG_BRIEF_NO;
		if (!otseg_inspect_brief(e->s->path.service, otseg_wire(u64, pdu),
					 otseg_wire(u32, pdu + 8), p->payload_len, dir, &in->msg)) {
			r = dir == OTSEG_DIR_REQUEST ? otseg_recur_find(e, s) : NULL;
			if (!r)
				return OTSEG_BRIEF_NO;
		}
	}
	if (r)
		return brief_known(e, s, dir, r);
	if (dir == OTSEG_DIR_REQUEST)
		reason = otseg_match_first(e, e->s->path.leaf);
	else
		reason = brief_response(e, s);
	reason = otseg_forget(e, reason);
	if (otseg_unlikely(reason != OTSEG_R_RULE))
		return reason == OTSEG_BRIEF_NO ? reason : brief_refuse(e, reason);
	stream_rewind(c, dir);
	if (!brief_keep(e, s->window[dir & 1], stream_at(c, c->next), p->payload_len,
			OTSEG_BRIEF_MAX))
		return OTSEG_BRIEF_NO;
	v->rule = in->rule == OTSEG_NONE32 ? e->s->path.rule : in->rule;
	v->n_messages = 1;
	v->reason = OTSEG_R_RULE;
	otseg_observe(e, &in->msg);
	brief_note(e, s, dir);
	stream_move(c, end, end);
	return OTSEG_R_RULE;
}

/* Is the payload of a service and of a length that the inspector has a short way for? */
OTSEG_INLINE u32 brief_has(const struct otseg_env *e, const struct otseg_packet *p)
{
	return otseg_inspect_has_brief(e->s->path.service) &&
	       (u32)p->payload_len - OTSEG_BRIEF_MIN <= OTSEG_BRIEF_MAX - OTSEG_BRIEF_MIN;
}

/* Is the payload one that the short way may take? */
OTSEG_INLINE u32 otseg_brief_is(const struct otseg_env *e, const struct otseg_packet *p, u32 dir)
{
	return !p->payload_len || brief_has(e, p) ||
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
	if (p->payload_len && !brief_has(e, p)) {
		r = otseg_recur_find(e, s);
		if (!r)
			return OTSEG_BRIEF_NO;
	}
	if (otseg_cmpxchg32(&s->busy, 0, 1))
		return OTSEG_BRIEF_NO;
	dir &= 1;
	if (otseg_unlikely(s->owner != e->flow_id))
		reason = OTSEG_BRIEF_NO;
	else if (p->payload_len)
		reason = otseg_forget(e, brief_data(e, s, dir, r));
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
