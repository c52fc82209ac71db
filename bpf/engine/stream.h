/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Inspected TCP streams: which bytes of a segment are new, whether the PDUs that
 * they complete may pass, and what is remembered of them. Owns the sessions.
 *
 * The promise: for each sequence number of a direction only one byte value ever
 * passes, and every PDU that these bytes can form was judged as a whole, or, as
 * long as it is not complete, has a beginning that can still become an allowed
 * one. Whatever the receiver makes of losses, repetitions and overlaps, it sees
 * the judged bytes.
 *
 *  - New bytes pass only in sequence. A segment passes or is dropped as a whole;
 *    nothing is remembered of a dropped one. What lies past the position is a gap:
 *    the sender repeats it.
 *  - What passed and is not acknowledged is kept in a window of the session, by
 *    sequence number. A repetition must be made of these very bytes, wherever it
 *    begins and ends; then it needs no other look. So a segment that only the
 *    firewall believed buys nothing: other bytes in its place do not pass.
 *  - Below what the receiver acknowledged anything passes, keep-alives with a
 *    byte of garbage too: the receiver throws it away. Only acknowledgements of
 *    bytes that did pass count.
 *  - A PDU that is split over segments stays in the window until it is complete
 *    and is judged as a whole then; until then its beginning is judged. Of one that is
 *    longer than OTSEG_PDU_MAX, that many bytes are judged; the rest, from the next segment
 *    on, passes unseen, and is not kept: whatever it is, the receiver takes it for the rest.
 *  - If the window is full, new bytes wait (are dropped) until the receiver
 *    acknowledges older ones. The oldest unacknowledged segment always fits, so
 *    an honest sender makes progress.
 *  - After a change of policy, repetitions of requests are judged again.
 *  - Of a connection that was taken up in the middle, the first segment of a direction that passes
 *    begins where a PDU does and ends where one does, every one of them judged. If its receiver has
 *    said what it waits for, that is where it begins; else nothing before it passes until he
 *    has. Answers in that segment may be due to requests that were not seen.
 *  - In monitor mode a refused segment passes, and its end is taken for the
 *    beginning of a PDU.
 *
 * Two processors may hold the two directions of a flow. A session belongs to one
 * at a time; the other one waits for a bounded moment, then drops.
 */
#ifndef OTSEG_STREAM_H
#define OTSEG_STREAM_H

#include "inspect.h"
#include "limit.h"
#include "match.h"
#include "memory.h"
#include "recur.h"

#define OTSEG_SESSION_TRIES 128 /* looks at a busy session before giving up: some microseconds */
#define OTSEG_WINDOW_WORDS (OTSEG_STREAM_WINDOW / 8)
/* Where a window that is followed by the rest of the session begins: in the same page, mostly. */
#define STREAM_LATE (OTSEG_STREAM_WINDOW - 512)
#define OTSEG_SHORT 128 /* so few bytes are copied faster than the kernel is called; a power of two */
#define OTSEG_PIECES (OTSEG_STREAM_WINDOW / OTSEG_STREAM_PIECE + 2)

/* Whether @a lies after @b; sequence numbers wrap. */
OTSEG_INLINE u32 stream_after(u32 a, u32 b)
{
	return (s32)(a - b) > 0;
}

/*
 * Whether @len is 1 to @max, a power of two. The verifier believes it by the mask, which
 * the compiler must not see through: what it makes of comparisons differs too much.
 */
OTSEG_INLINE u32 stream_is_within(u32 *len, const u32 max)
{
	u32 less = *len - 1;

	if (less >= max)
		return 0;
	otseg_opaque(less);
	*len = (less & (max - 1)) + 1;
	return 1;
}

/* A full barrier; pairs with stream_leave(). */
OTSEG_INLINE u32 stream_enter(struct otseg_session *s, const u32 tries)
{
	u32 i;

	if (otseg_likely(!otseg_cmpxchg32(&s->busy, 0, 1)))
		return 1;
	otseg_for(i, tries) {
		if (!otseg_read(s->busy) && !otseg_cmpxchg32(&s->busy, 0, 1))
			return 1;
	}
	return 0;
}

/*
 * On x86 nothing is seen after a later store, so a plain one releases the session. A second
 * locked instruction would keep the processor from beginning with the next frame.
 */
OTSEG_INLINE void stream_leave(struct otseg_session *s)
{
	otseg_barrier();
	otseg_write(s->busy, 0);
}

/* Whether the flow @id is still in the table, or on its way into it. */
OTSEG_INLINE u32 stream_owner_lives(const struct otseg_env *e, u64 id)
{
	u32 place = (u32)id - 1;
	const struct otseg_flow_bucket *bucket = otseg_bucket_at(e, place / OTSEG_FLOW_WAYS);
	u32 way = place & (OTSEG_FLOW_WAYS - 1);
	u32 tag;

	if (!bucket)
		return 1;
	tag = otseg_read(bucket->tag[way]);
	if (tag == OTSEG_TAG_BUSY)
		return 1;
	return tag == (u32)(id >> 32) && stream_after(bucket->deadline_s[way], e->now_s);
}

OTSEG_NOINLINE void stream_reset(struct otseg_session *s)
{
	u32 i;

	s->asked = 0;
	s->settled = 0;
	s->state = 0;
	s->n_associations = 0;
	__builtin_memset(s->dir, 0, sizeof(s->dir));
	for (i = 0; i < OTSEG_REQUESTS; i++)
		s->requests[i].is_open = 0;
	for (i = 0; i < OTSEG_RECURRENCES; i++)
		s->recurrences[i].generation = 0;
}

/**
 * otseg_stream_open - give a new inspected flow its session
 * @e: surroundings, @e->flow_id is the flow
 * @flow: the flow; takes the slot
 *
 * A slot is taken over from a flow that is no longer in the flow table. Which slots a
 * flow may take, its id scatters all over the table: that none of them is free is as
 * unlikely as OTSEG_SESSION_WAYS used ones in a row of draws.
 *
 * Return: OTSEG_R_RULE, or OTSEG_R_SESSION_BUDGET or OTSEG_R_STREAM_BUSY.
 */
OTSEG_NOINLINE u32 otseg_stream_open(const struct otseg_env *e, struct otseg_flow *flow)
{
	u32 mixed = (u32)(e->flow_id ^ (e->flow_id >> 32)) * 0x9e3779b1u;
	u32 slots = otseg_read(otseg_root_of(e)->sessions);
	struct otseg_session *s;
	u64 owner;
	u32 slot;
	u32 i;

	flow->session = 0;
	otseg_for(i, OTSEG_SESSION_WAYS) {
		slot = (u32)((u64)mixed * slots >> 32);
		mixed = mixed * 1664525 + 1013904223; /* Numerical Recipes, section 7.1 */
		s = otseg_session_at(e, slot);
		if (!s)
			break;
		owner = otseg_read(s->owner);
		if (owner && owner != e->flow_id &&
		    otseg_forget(e, stream_owner_lives(e, owner)))
			continue;
		if (otseg_cmpxchg64(&s->owner, owner, e->flow_id) != owner)
			continue;
		if (!otseg_forget(e, stream_enter(s, OTSEG_SESSION_TRIES)))
			return OTSEG_R_STREAM_BUSY;
		stream_reset(s);
		stream_leave(s);
		flow->session = (u16)(slot + 1);
		return OTSEG_R_RULE;
	}
	return OTSEG_R_SESSION_BUDGET;
}

/**
 * otseg_stream_close - give a flow's session back
 * @e: surroundings, @e->flow_id is the flow
 * @flow: the flow
 */
OTSEG_INLINE void otseg_stream_close(const struct otseg_env *e, struct otseg_flow *flow)
{
	struct otseg_session *s;

	if (!flow->session)
		return;
	s = otseg_session_at(e, flow->session - 1u);
	if (s)
		otseg_cmpxchg64(&s->owner, e->flow_id, 0);
}

/* The next base, as struct otseg_boundary. */
OTSEG_INLINE void stream_mark_set(struct otseg_cursor *c, u32 at, u32 needs)
{
	c->mark = at;
	c->mark_needs = needs;
}

/* Begin a direction at @start, where a PDU begins. */
OTSEG_INLINE void stream_begin(struct otseg_cursor *c, u32 start, u32 flags)
{
	c->next = start;
	c->acked = start;
	c->pdu = start;
	c->base = start;
	stream_mark_set(c, start, start);
	c->flags = (u16)(OTSEG_CURSOR_VALID | flags);
	c->origin = (u16)start;
}

/*
 * Handshake: each side's cursor begins after its SYN; where the other side says
 * that it saw that SYN, what it says counts.
 */
OTSEG_INLINE void stream_shake(struct otseg_session *s, u32 dir, const struct otseg_packet *p)
{
	struct otseg_cursor *own = &s->dir[dir & 1];
	struct otseg_cursor *peer = &s->dir[(dir & 1) ^ 1];

	if (!(own->flags & OTSEG_CURSOR_MOVED))
		stream_begin(own, p->seq + 1, 0);
	if (p->tcp_flags & OTSEG_TCP_ACK && !(peer->flags & OTSEG_CURSOR_MOVED))
		stream_begin(peer, p->ack, OTSEG_CURSOR_ACKED);
}

/* Is this the direction of a connection that was taken up, and nothing of it has passed yet? */
OTSEG_INLINE u32 stream_seeks(const struct otseg_cursor *c)
{
	return (c->flags & (OTSEG_CURSOR_ADOPTED | OTSEG_CURSOR_VALID)) == OTSEG_CURSOR_ADOPTED;
}

/* Such a direction is to go on at @seq; @told: OTSEG_CURSOR_TOLD if its receiver says so. */
OTSEG_INLINE void stream_seek(struct otseg_cursor *c, u32 seq, u32 told)
{
	stream_begin(c, seq, 0);
	c->flags = (u16)(OTSEG_CURSOR_ADOPTED | told);
}

/* The receiver's word of what it waits for. An older one may come later. */
OTSEG_INLINE void stream_hear(struct otseg_cursor *c, u32 ack)
{
	if (stream_seeks(c) && (!(c->flags & OTSEG_CURSOR_TOLD) || stream_after(ack, c->next)))
		stream_seek(c, ack, OTSEG_CURSOR_TOLD);
}

/* An acknowledgement for direction @c: counts if it is of bytes that passed, or of a FIN. */
OTSEG_INLINE void stream_acknowledge(struct otseg_cursor *c, u32 ack)
{
	if (otseg_unlikely(!(c->flags & OTSEG_CURSOR_VALID))) {
		stream_hear(c, ack);
		return;
	}
	if (ack == c->next + 1)
		ack = c->next;
	if (ack - c->acked > c->next - c->acked)
		return;
	if (ack != c->acked || !(c->flags & OTSEG_CURSOR_ACKED)) {
		c->acked = ack;
		c->flags |= OTSEG_CURSOR_ACKED;
	}
}

/* The place of a sequence number in its direction's window, but for the modulus. */
OTSEG_INLINE u32 stream_at(const struct otseg_cursor *c, u32 seq)
{
	return seq - c->origin;
}

_Static_assert(!__builtin_offsetof(struct otseg_session, answers), "the window of responses is at its start");

/* The window of a direction; without a branch. */
OTSEG_INLINE u64 *stream_window(struct otseg_session *s, u32 dir)
{
	const u32 far = __builtin_offsetof(struct otseg_session, asks);

	return (u64 *)(void *)((u8 *)s + (~dir & 1) * far);
}

/* Is nothing under way in this direction? */
OTSEG_INLINE u32 stream_is_idle(const struct otseg_cursor *c)
{
	return c->next == c->acked && c->next == c->pdu;
}

/*
 * Bytes are about to be kept. If nothing is under way, they are kept where the last such
 * bytes were, near what else of the session is in use, instead of a bit further each time.
 */
OTSEG_INLINE void stream_rewind(struct otseg_cursor *c, u32 dir)
{
	if (!stream_is_idle(c))
		return;
	c->origin = (u16)(c->next - (dir == OTSEG_DIR_REQUEST ? 0 : STREAM_LATE));
	c->base = c->next;
	stream_mark_set(c, c->next, c->next);
	c->flags &= (u16)~OTSEG_CURSOR_MARKS;
}

/* What has to be acknowledged before @pdu is a base, if bytes up to @end have passed. */
OTSEG_INLINE u32 stream_needs(u32 pdu, u32 end)
{
	return stream_after(pdu, end) ? end : pdu;
}

/*
 * Move the base of requests as far as the receiver has come, and remember where the last PDU begins
 * or ends: so the base is never far behind what is acknowledged, and what has to be judged again is
 * in the window.
 */
OTSEG_GLOBAL u32 stream_mark(struct otseg_session *s)
{
	const struct otseg_boundary *mark;
	u32 gone = 0, kept, last, needs;
	struct otseg_cursor *c;
	u32 i, n;

	if (!s)
		return 0;
	c = &s->dir[OTSEG_DIR_REQUEST];
	n = c->flags & OTSEG_CURSOR_MARKS ? s->n_marks : 0;
	otseg_for(i, OTSEG_MARKS) {
		if (i >= n || stream_after(c->mark_needs, c->acked))
			break;
		c->base = c->mark;
		mark = &s->marks[i & (OTSEG_MARKS - 1)];
		stream_mark_set(c, mark->at, mark->needs);
		gone = i + 1;
	}
	otseg_opaque(gone);
	kept = n - gone;
	otseg_for(i, OTSEG_MARKS) {
		if (!gone || i >= kept)
			break;
		s->marks[i & (OTSEG_MARKS - 1)] = s->marks[(i + gone) & (OTSEG_MARKS - 1)];
	}
	needs = stream_needs(c->pdu, c->next);
	if (!stream_after(c->mark_needs, c->acked)) {
		c->base = stream_after(needs, c->acked) ? c->mark : c->pdu;
		stream_mark_set(c, c->pdu, needs);
	} else if (kept < OTSEG_MARKS) {
		last = kept ? s->marks[(kept - 1) & (OTSEG_MARKS - 1)].at : c->mark;
		if (stream_after(c->pdu, last + OTSEG_MARK_GAP - 1)) {
			s->marks[kept & (OTSEG_MARKS - 1)].at = c->pdu;
			s->marks[kept & (OTSEG_MARKS - 1)].needs = needs;
			kept++;
		}
	}
	s->n_marks = kept;
	if (kept)
		c->flags |= OTSEG_CURSOR_MARKS;
	else
		c->flags &= (u16)~OTSEG_CURSOR_MARKS;
	return 0;
}

/* Copy @len bytes from place @from on out of a window to scratch offset @from & 7. */
OTSEG_NOINLINE void stream_recall(const struct otseg_env *e, const u64 *window, u32 from, u32 len)
{
	struct otseg_inspection *in = &e->s->inspection;
	u32 words = ((from & 7) + len + 7) / 8;
	u32 word = from / 8;
	u32 i;

	otseg_for(i, words)
		in->bytes[i & (OTSEG_INSPECTION_BYTES / 8 - 1)] =
			window[(word + i) & (OTSEG_WINDOW_WORDS - 1)];
}

/*
 * Whether @len bytes of the frame, those at @off, are what the window has from place @from
 * on. Both are compared in words: the frame's bytes are fetched to an offset that is aligned
 * as in the window.
 */
OTSEG_NOINLINE u32 stream_repeats(const struct otseg_env *e, const u64 *window, u32 from, u32 off,
				  u32 len)
{
	struct otseg_inspection *in = &e->s->inspection;
	u32 lead = from & 7;
	u32 words = (lead + len + 7) / 8;
	u32 word = from / 8;
	u64 differ;
	u32 i;

	if (!stream_is_within(&len, OTSEG_STREAM_WINDOW))
		return 0;
	if (otseg_load(e, off, (u8 *)in->bytes + lead, len))
		return 0;
	otseg_for(i, words) {
		differ = in->bytes[i & (OTSEG_INSPECTION_BYTES / 8 - 1)] ^
			 window[(word + i) & (OTSEG_WINDOW_WORDS - 1)];
		if (!i)
			differ = differ >> 8 * lead << 8 * lead;
		if (i == words - 1)
			differ <<= 8 * (words * 8 - lead - len) & 63;
		if (differ)
			return 0;
	}
	return 1;
}

/* Put @len bytes of the frame, those at @off, into the window from place @from on. */
OTSEG_NOINLINE u32 stream_keep(const struct otseg_env *e, u64 *window, u32 from, u32 off, u32 len)
{
	u32 i;

	for (i = 0; i < OTSEG_PIECES && len; i++) {
		u32 at = from & (OTSEG_STREAM_WINDOW - 1);
		u32 piece = OTSEG_STREAM_WINDOW - at;

		if (piece > len)
			piece = len;
		if (piece > OTSEG_STREAM_PIECE)
			piece = OTSEG_STREAM_PIECE;
		piece = otseg_forget(e, piece);
		if (!stream_is_within(&piece, OTSEG_STREAM_PIECE))
			return 0;
		if (otseg_load(e, off, (u8 *)window + at, piece))
			return 0;
		off = otseg_forget(e, off + piece);
		from = otseg_forget(e, from + piece);
		len = otseg_forget(e, len - piece);
	}
	return !len;
}

/*
 * Fetch @len bytes of the frame, those at @off, to offset @at of the scratch bytes. Few of
 * them in words, of which the last one may overlap. Return: 0, or negative: there are none such.
 */
OTSEG_INLINE long stream_fetch(const struct otseg_env *e, u32 off, u32 at, u32 len)
{
	u8 *to = (u8 *)e->s->inspection.bytes + (at & (OTSEG_INSPECTION_BYTES / 2 - 1));
	u32 last = (len - 8) & (OTSEG_SHORT - 1);
	const u8 *word;
	u32 i;

	if (otseg_unlikely(len - 8 >= OTSEG_SHORT || off + len > OTSEG_PEEK_MAX))
		goto long_way;
	word = otseg_peek_at(e, off + last, 8);
	if (otseg_unlikely(!word))
		goto long_way;
	otseg_wire_put(u64, to + last, otseg_wire(u64, word));
	for (i = 0; i < OTSEG_SHORT && i < last; i += 8) {
		word = otseg_peek_at(e, off + i, 8);
		if (word)
			otseg_wire_put(u64, to + i, otseg_wire(u64, word));
	}
	return 0;
long_way:
	if (!stream_is_within(&len, OTSEG_STREAM_WINDOW))
		return -1;
	return otseg_load(e, off, to, len);
}

/*
 * The same as stream_keep() for few bytes, from scratch offset @at, in words, of which the last one
 * may overlap; 0, before anything is written: the window's end is in between.
 */
OTSEG_INLINE u32 stream_keep_short(const struct otseg_env *e, u64 *window, u32 from, u32 at, u32 len)
{
	const u8 *bytes = (const u8 *)e->s->inspection.bytes + (at & (OTSEG_INSPECTION_BYTES / 2 - 1));
	u8 *to = (u8 *)window + (from & (OTSEG_STREAM_WINDOW - 1));
	u32 last = (len - 8) & (OTSEG_SHORT - 1);
	u64 mask;
	u32 i;

	if ((from & (OTSEG_STREAM_WINDOW - 1)) + (len < 8 ? 8 : len) > OTSEG_STREAM_WINDOW)
		return 0;
	if (otseg_unlikely(len < 8)) {
		/* what is behind them stays as it is */
		mask = ~0ull << 8 * (len & 7);
		otseg_wire_put(u64, to, (otseg_wire(u64, to) & mask) | (otseg_wire(u64, bytes) & ~mask));
		return 1;
	}
	otseg_wire_put(u64, to + last, otseg_wire(u64, bytes + last));
	for (i = 0; i < OTSEG_SHORT && i < last; i += 8)
		otseg_wire_put(u64, to + i, otseg_wire(u64, bytes + i));
	return 1;
}

/* Whether the response at hand fits the request, as far as it is visible. */
OTSEG_INLINE u32 stream_fits(const struct otseg_request *r, const struct otseg_msg *msg)
{
	u32 flags = msg->flags;

	if (flags & OTSEG_MSG_NO_UNIT && flags & OTSEG_MSG_PARTIAL)
		return 1;
	if (r->id != msg->id || r->unit != (u16)msg->unit)
		return 0;
	if (flags & OTSEG_MSG_NO_FUNCTION) {
		if (flags & OTSEG_MSG_PARTIAL)
			return 1;
	} else if (flags & OTSEG_MSG_EXCEPTION) {
		return !((r->function ^ msg->function) >> 16);
	} else if (r->function != msg->function) {
		return 0;
	}
	return r->answer == msg->answer || r->answer == OTSEG_ANSWER_ANY ||
	       msg->answer == OTSEG_ANSWER_ANY;
}

/* Which connection a message names, as far as its conversation knows it; OTSEG_ASSOCIATIONS: it does not. */
OTSEG_INLINE u32 stream_association(const struct otseg_session *s, const struct otseg_msg *msg)
{
	u32 n = s->n_associations;
	u32 i;

	for (i = 0; i < OTSEG_ASSOCIATIONS && i < n; i++) {
		const struct otseg_association *a = &s->associations[i];

		if (a->name[0] == msg->keep[2] && a->name[1] == msg->keep[3])
			return i;
	}
	return OTSEG_ASSOCIATIONS;
}

/* Whether it is the conversation's own to end. What comes again may have ended it the first time. */
OTSEG_INLINE u32 stream_owns(const struct otseg_association *a, const struct otseg_msg *msg)
{
	return (a->state == OTSEG_ASSOCIATION_OPEN ||
		(a->state == OTSEG_ASSOCIATION_ENDED && msg->state & OTSEG_STATE_AGAIN)) &&
	       a->route == msg->keep[0] && !msg->keep[1];
}

/*
 * A request asks for a connection, or ends one, unless it is among those that the segment has @ended. That
 * it is asked for is noted before a rule covers that: an answer to it counts only if it has passed.
 * Return: as a bit, which one is at an end if the segment passes.
 */
OTSEG_GLOBAL u32 stream_associate(struct otseg_session *s, struct otseg_msg *msg, u32 ended)
{
	struct otseg_association *a;
	u32 is_again, is_known;
	u32 i;

	if (!s || !msg)
		return 0;
	is_again = msg->state & OTSEG_STATE_AGAIN;
	i = stream_association(s, msg);
	is_known = i < OTSEG_ASSOCIATIONS;
	a = &s->associations[i & (OTSEG_ASSOCIATIONS - 1)];
	if (msg->memory == OTSEG_MEMORY_END) {
		if (!is_known || ended >> (i & (OTSEG_ASSOCIATIONS - 1)) & 1 || !stream_owns(a, msg))
			return 0;
		msg->function = (msg->function & ~0xffffu) | OTSEG_SUB_OWN;
		msg->access = OTSEG_ACCESS_SESSION;
		return is_again || msg->flags & OTSEG_MSG_PARTIAL ? 0 : 1u << (i & (OTSEG_ASSOCIATIONS - 1));
	}
	if (!is_known)
		a = &s->associations[s->n_associations++ & (OTSEG_ASSOCIATIONS - 1)];
	if (!is_known || (a->state == OTSEG_ASSOCIATION_ENDED && !is_again)) {
		a->name[0] = msg->keep[2];
		a->name[1] = msg->keep[3];
		a->route = msg->keep[0];
		a->state = OTSEG_ASSOCIATION_ASKED;
	}
	if (msg->keep[1] || a->route != msg->keep[0])
		a->state = OTSEG_ASSOCIATION_UNSURE;
	return 0;
}

/* An answer opens a connection, if @is_open, of its request, says that one was asked for. */
OTSEG_GLOBAL u32 stream_associated(struct otseg_session *s, struct otseg_msg *msg, u32 is_open)
{
	struct otseg_association *a;
	u32 i;

	if (!s || !msg)
		return 0;
	/* What was not asked for is not opened, whatever the answer says. */
	if (!(is_open & OTSEG_REQUEST_OPENS) || msg->flags & OTSEG_MSG_EXCEPTION)
		msg->memory = OTSEG_MEMORY_NONE;
	if (!(is_open & (OTSEG_REQUEST_OPENS | OTSEG_REQUEST_BEGINS)) ||
	    msg->flags & (OTSEG_MSG_EXCEPTION | OTSEG_MSG_PARTIAL))
		return 0;
	i = stream_association(s, msg);
	a = &s->associations[i & (OTSEG_ASSOCIATIONS - 1)];
	if (i < OTSEG_ASSOCIATIONS && a->state == OTSEG_ASSOCIATION_ASKED)
		a->state = OTSEG_ASSOCIATION_OPEN;
	return 0;
}

/* Find the oldest open request that the response at hand answers, and take it. */
OTSEG_NOINLINE u32 stream_answer(const struct otseg_env *e, const struct otseg_session *s)
{
	struct otseg_inspection *in = &e->s->inspection;
	u32 asked = s->asked;
	u32 from = s->settled;
	u32 i;

	if (asked - from > OTSEG_REQUESTS)
		from = asked - OTSEG_REQUESTS;
	otseg_for(i, asked - from) {
		u32 index = (from + i) & (OTSEG_REQUESTS - 1);
		const struct otseg_request *r = &s->requests[index];

		if (!r->is_open || in->answered >> index & 1 || !stream_fits(r, &in->msg))
			continue;
		if (r->rule != OTSEG_NONE16 && r->generation == (u16)e->generation)
			in->rule = r->rule;
		in->asked = r->is_open;
		if (!(in->msg.flags & OTSEG_MSG_PARTIAL))
			in->answered |= 1u << index;
		return OTSEG_R_RULE;
	}
	if (otseg_likely(in->msg.dir != OTSEG_DIR_RESPONSE ||
			 !stream_seeks(&s->dir[OTSEG_DIR_RESPONSE])))
		return OTSEG_R_PDU_UNSOLICITED;
	in->asked = 0;
	return OTSEG_R_RULE;
}

/* Note a request that @rule covers. */
OTSEG_INLINE void stream_request(const struct otseg_env *e, struct otseg_request *r,
				 const struct otseg_msg *msg, u32 rule)
{
	r->function = msg->function;
	r->id = msg->id;
	r->answer = msg->answer;
	r->unit = (u16)msg->unit;
	r->rule = (u16)rule;
	r->generation = (u16)e->generation;
	r->is_open = OTSEG_REQUEST_OPEN;
	if (otseg_unlikely(msg->memory))
		r->is_open |= (msg->memory & (OTSEG_MEMORY_OPEN | OTSEG_MEMORY_BEGIN)) << 1;
}

/* The rule at hand has a rate, which the segment uses up once. */
OTSEG_NOINLINE void stream_ask_rate(struct otseg_inspection *in, u32 rule)
{
	u32 i;

	otseg_for(i, in->n_limited) {
		if (in->limited[i & (OTSEG_SEGMENT_PDUS - 1)] == rule)
			return;
	}
	in->limited[in->n_limited++ & (OTSEG_SEGMENT_PDUS - 1)] = rule;
}

/* Note the message at hand and its rule until the segment is known to pass. */
OTSEG_INLINE void stream_ask(const struct otseg_env *e)
{
	struct otseg_inspection *in = &e->s->inspection;
	u32 rule = in->rule;

	if (in->msg.kind == OTSEG_KIND_REQUEST)
		stream_request(e, &in->requests[in->n_requests++ & (OTSEG_REQUESTS - 1)],
			       &in->msg, in->rule);
	if (rule == OTSEG_NONE32)
		return;
	in->rules[in->n_rules++ & (OTSEG_SEGMENT_PDUS - 1)] = rule;
	if (otseg_unlikely(otseg_at(e, RULES, rule)->rate.limiter != OTSEG_NONE32))
		stream_ask_rate(in, rule);
}

/* What a refused PDU of the answering side is: perhaps a request. */
OTSEG_INLINE u32 stream_misdirected(const struct otseg_env *e, struct otseg_pdu *pdu, u32 have,
				    u32 reason)
{
	struct otseg_inspection *in = &e->s->inspection;

	in->msg.state = in->state;
	if (otseg_inspect_pdu(in->service, pdu, have, OTSEG_DIR_REQUEST, &in->msg) ||
	    in->msg.flags & OTSEG_MSG_PARTIAL || in->msg.kind != OTSEG_KIND_REQUEST)
		return reason;
	return OTSEG_R_PDU_DIRECTION;
}

/* Whether the question tells what to remember; of what is opened, the answer does. */
OTSEG_INLINE u32 stream_asks_memory(const struct otseg_msg *msg)
{
	return !!(msg->memory & (OTSEG_MEMORY_NEED | OTSEG_MEMORY_PUBLISHED));
}

/* Judge the PDU at hand. OTSEG_R_RULE: it may pass. */
OTSEG_INLINE u32 stream_message(struct otseg_env *e, struct otseg_session *s, u32 dir)
{
	struct otseg_inspection *in = &e->s->inspection;
	u32 have = in->end - in->at;
	u32 at = in->at;
	struct otseg_pdu *pdu;
	u32 reason, is_asked;

	if (at > OTSEG_INSPECTION_BYTES - OTSEG_PDU_MAX)
		return OTSEG_R_INTERNAL;
	pdu = (struct otseg_pdu *)((u8 *)in->bytes + at);
	in->rule = OTSEG_NONE32;
	in->msg.state = in->state;
	in->msg.part = in->part;
	reason = otseg_inspect_pdu(in->service, pdu, have, dir, &in->msg);
	if (otseg_unlikely(!e->s->packet.proto))
		otseg_inspect_ends(&in->msg, e->s->packet.src_mac, e->s->packet.dst_mac);
	is_asked = in->msg.kind != OTSEG_KIND_ANSWER;
	if (otseg_unlikely(reason)) {
		in->is_lost = 1;
		if (dir == OTSEG_DIR_RESPONSE)
			reason = stream_misdirected(e, pdu, have, reason);
	} else if (is_asked) {
		if (otseg_unlikely(in->msg.memory & (OTSEG_MEMORY_OPEN | OTSEG_MEMORY_BEGIN | OTSEG_MEMORY_END)))
			in->ended |= stream_associate(s, &in->msg, in->ended);
		reason = otseg_match_message(e, in->leaf);
	} else {
		reason = stream_answer(e, s);
		if (otseg_unlikely(in->msg.memory) && reason == OTSEG_R_RULE)
			stream_associated(s, &in->msg, in->asked);
	}
	if (otseg_unlikely(in->msg.memory) && reason == OTSEG_R_RULE &&
	    is_asked == stream_asks_memory(&in->msg) &&
	    !(in->msg.flags & OTSEG_MSG_PARTIAL))
		reason = otseg_unit_memory(e, 0, 0);
	/* Of so many bytes an inspector must have made up its mind. */
	if (otseg_unlikely(in->msg.flags & OTSEG_MSG_PARTIAL))
		return have < OTSEG_PDU_MAX ? reason : OTSEG_R_INTERNAL;
	in->state = in->msg.state;
	in->memory |= in->msg.memory;
	in->n_messages++;
	e->s->verdict.rule = in->rule;
	e->s->verdict.reason = (u8)reason;
	otseg_observe(e, &in->msg);
	if (is_asked && (reason == OTSEG_R_RULE || in->is_monitored))
		stream_ask(e);
	return reason;
}

/* Keep what a refused message was. */
OTSEG_INLINE void stream_keep_refused(struct otseg_inspection *in, const struct otseg_msg *msg)
{
	in->refused = (struct otseg_refused){
		.function = msg->function,
		.unit = msg->unit,
		.first = msg->objects[0].first,
		.last = msg->objects[0].last,
		.access = msg->access,
		.flags = msg->flags,
		.type = msg->objects[0].type,
		.has_object = msg->n_objects == 1,
	};
}

/* The same of the message at hand. */
OTSEG_NOINLINE void stream_refuse(struct otseg_inspection *in)
{
	stream_keep_refused(in, &in->msg);
}

/* The same of one that is not the only one of its segment; most are, and a call has its price. */
OTSEG_NOINLINE u32 stream_another(struct otseg_env *e, struct otseg_session *s, u32 dir)
{
	return stream_message(e, s, dir);
}

/*
 * The PDU at hand was judged for @reason: go to the next one. 1: there is none, or no
 * use in it.
 */
OTSEG_INLINE u32 stream_step(struct otseg_env *e, u32 reason)
{
	struct otseg_inspection *in = &e->s->inspection;

	if (otseg_unlikely(reason != OTSEG_R_RULE)) {
		if (in->verdict == OTSEG_R_RULE) {
			in->verdict = reason;
			stream_refuse(in);
		}
		if (!in->is_monitored || in->is_lost)
			return 1;
	}
	if (in->msg.flags & OTSEG_MSG_PARTIAL)
		return 1;
	if (otseg_unlikely(in->msg.flags & OTSEG_MSG_MORE)) {
		in->part++;
		return 0;
	}
	in->part = 0;
	in->at += in->msg.length;
	return in->at >= in->end;
}

/*
 * Judge the PDUs from @in->at to @in->end; @in->at is then where an incomplete
 * one begins, or past @in->end, where a long one ends. In monitor mode the first refusal is
 * reported, and the rest judged all the same as long as it is clear where PDUs begin.
 */
OTSEG_INLINE u32 stream_judge(struct otseg_env *e, struct otseg_session *s, u32 dir)
{
	struct otseg_inspection *in = &e->s->inspection;
	u32 i;

	in->verdict = OTSEG_R_RULE;
	in->part = 0;
	if (otseg_likely(stream_step(e, otseg_forget(e, stream_message(e, s, dir)))))
		return in->verdict;
	otseg_for(i, OTSEG_SEGMENT_PDUS - 1) {
		if (otseg_unlikely(in->n_requests >= OTSEG_REQUESTS))
			break;
		if (stream_step(e, otseg_forget(e, stream_another(e, s, dir))))
			return in->verdict;
	}
	in->is_lost = 1;
	return in->verdict == OTSEG_R_RULE ? OTSEG_R_PDU_COUNT : in->verdict;
}

/* From the base up to where bytes that passed under an older policy have to be judged again. */
OTSEG_NOINLINE u32 stream_renew_end(struct otseg_session *s)
{
	struct otseg_cursor *c = &s->dir[OTSEG_DIR_REQUEST];
	u32 to = c->next;

	stream_mark(s);
	/* Within a long PDU, its beginning is what can be judged, until the receiver has that. */
	if (c->flags & OTSEG_CURSOR_BODY && !stream_after(c->next, c->body_end))
		to = stream_after(c->body, c->acked) ? c->body : c->base;
	/* The rest was judged by this one. */
	if (stream_after(to, c->renew))
		to = c->renew;
	/* Of a long PDU that the receiver has begun with, nothing is. */
	return stream_after(to, c->base) ? to : c->base;
}

/*
 * Bytes that passed under an older policy come again: hold the requests that
 * they belong to against the one in force. OTSEG_R_RULE: they may pass.
 */
OTSEG_INLINE u32 stream_renew(struct otseg_env *e, struct otseg_session *s)
{
	struct otseg_inspection *in = &e->s->inspection;
	struct otseg_cursor *c = &s->dir[OTSEG_DIR_REQUEST];
	u32 verdict = OTSEG_R_PDU_COUNT;
	u32 reason, begin, end, to;
	u32 i;

	to = otseg_forget(e, stream_renew_end(s));
	if (to - c->base > OTSEG_STREAM_WINDOW)
		return OTSEG_R_STREAM_OVERLAP;
	stream_recall(e, s->asks, stream_at(c, c->base), to - c->base);
	begin = stream_at(c, c->base) & 7;
	in->at = begin;
	in->end = in->at + (to - c->base);
	in->part = 0;
	in->state |= OTSEG_STATE_AGAIN;
	otseg_for(i, OTSEG_STREAM_WINDOW / 8) {
		if (in->at >= in->end) {
			verdict = OTSEG_R_RULE;
			break;
		}
		reason = otseg_forget(e, stream_another(e, s, OTSEG_DIR_REQUEST));
		if (in->is_lost)
			return reason;
		/* what was asked for is answered, whatever the policy says now */
		if (in->msg.kind == OTSEG_KIND_ANSWER)
			reason = OTSEG_R_RULE;
		reason = otseg_forget(e, reason);
		if (in->msg.flags & OTSEG_MSG_PARTIAL) {
			verdict = OTSEG_R_RULE;
			break;
		}
		end = in->at + in->msg.length;
		/* what is acknowledged cannot be undone */
		if (reason != OTSEG_R_RULE && stream_after(c->base + end - begin, c->acked)) {
			verdict = reason;
			stream_refuse(in);
			break;
		}
		if (in->msg.flags & OTSEG_MSG_MORE) {
			in->part++;
		} else {
			in->part = 0;
			in->at = end;
		}
	}
	in->n_messages = 0;
	in->n_requests = 0;
	in->answered = 0;
	in->n_rules = 0;
	in->n_limited = 0;
	in->state = s->state;
	if (verdict == OTSEG_R_RULE)
		c->flags &= (u16)~OTSEG_CURSOR_RENEW;
	return verdict;
}

/* Requests are about to be recorded: if none is open, where the last such were. */
OTSEG_INLINE void stream_begin_requests(struct otseg_session *s)
{
	if (s->asked != s->settled)
		return;
	s->asked = 0;
	s->settled = 0;
}

/* Record request @i of the segment. */
OTSEG_INLINE void stream_record(const struct otseg_inspection *in, struct otseg_session *s, u32 i)
{
	s->requests[s->asked++ & (OTSEG_REQUESTS - 1)] = in->requests[i & (OTSEG_REQUESTS - 1)];
}

/* Count a message. */
OTSEG_INLINE void stream_count_one(const struct otseg_env *e, u32 rule, u32 conduit)
{
	e->counters[otseg_counter_rule(rule) + OTSEG_CTR_RULE_MESSAGES]++;
	e->counters[otseg_counter_conduit(conduit) + OTSEG_CTR_CONDUIT_MESSAGES]++;
}

/* Count a message for the @i-th of the segment's rules. */
OTSEG_INLINE void stream_count(const struct otseg_env *e, const struct otseg_inspection *in, u32 i)
{
	u32 rule = in->rules[i & (OTSEG_SEGMENT_PDUS - 1)] & (OTSEG_MAX_RULES - 1);
	u32 conduit = otseg_at(e, RULES, rule)->conduit & (OTSEG_MAX_CONDUITS - 1);

	stream_count_one(e, rule, conduit);
}

/* Record the requests of a segment that makes several. */
OTSEG_NOINLINE void stream_record_more(const struct otseg_inspection *in, struct otseg_session *s)
{
	u32 i;

	otseg_for(i, in->n_requests - 1)
		stream_record(in, s, i + 1);
}

/* Count the messages of a segment that has several. */
OTSEG_NOINLINE void stream_count_more(const struct otseg_env *e)
{
	const struct otseg_inspection *in = &e->s->inspection;
	u32 i;

	otseg_for(i, in->n_rules - 1)
		stream_count(e, in, i + 1);
}

/* Close the requests that the segment answers. */
OTSEG_NOINLINE void stream_close_answered(const struct otseg_inspection *in,
					  struct otseg_session *s)
{
	u32 i;

	for (i = 0; i < OTSEG_REQUESTS; i++) {
		if (in->answered >> i & 1)
			s->requests[i].is_open = 0;
	}
	for (i = 0; i < OTSEG_REQUESTS && s->settled != s->asked; i++) {
		if (s->requests[s->settled & (OTSEG_REQUESTS - 1)].is_open)
			break;
		s->settled++;
	}
}

/* The connections that the segment ends are no longer the conversation's own. */
OTSEG_NOINLINE void stream_end_associations(const struct otseg_inspection *in, struct otseg_session *s)
{
	u32 i;

	for (i = 0; i < OTSEG_ASSOCIATIONS; i++) {
		if (in->ended >> i & 1)
			s->associations[i].state = OTSEG_ASSOCIATION_ENDED;
	}
}

/*
 * Record what the segment asked or answered and what the inspector keeps, and count its
 * messages. Most segments ask or answer one thing, and a loop has its price.
 */
OTSEG_INLINE void stream_settle(const struct otseg_env *e, struct otseg_session *s)
{
	const struct otseg_inspection *in = &e->s->inspection;
	u32 next = s->settled & (OTSEG_REQUESTS - 1);

	s->state = in->state;
	if (in->n_requests) {
		stream_begin_requests(s);
		stream_record(in, s, 0);
	}
	if (otseg_unlikely(in->n_requests > 1))
		stream_record_more(in, s);
	if (otseg_unlikely(in->ended))
		stream_end_associations(in, s);
	if (in->n_rules)
		stream_count(e, in, 0);
	if (otseg_unlikely(in->n_rules > 1))
		stream_count_more(e);
	if (!in->answered)
		return;
	if (otseg_likely(in->answered == 1u << next && s->settled + 1 == s->asked)) {
		s->requests[next].is_open = 0;
		s->settled++;
	} else {
		stream_close_answered(in, s);
	}
}

/*
 * Take the new bytes up to @end for passed; @pdu is as in struct otseg_cursor. If boundaries are
 * marked behind the next base, they stay as they are: less can be under way until stream_mark().
 *
 * Return: 0 if so.
 */
OTSEG_INLINE u32 stream_move(struct otseg_cursor *c, u32 end, u32 pdu)
{
	c->next = end;
	c->pdu = pdu;
	c->flags |= OTSEG_CURSOR_MOVED;
	if (otseg_unlikely(stream_after(c->mark_needs, c->acked) || c->flags & OTSEG_CURSOR_MARKS))
		return 0;
	c->base = c->mark;
	stream_mark_set(c, pdu, stream_needs(pdu, end));
	return 1;
}

/* The same, and boundaries are marked. */
OTSEG_NOINLINE void stream_advance(struct otseg_session *s, u32 dir, u32 end, u32 pdu)
{
	if (!stream_move(&s->dir[dir & 1], end, pdu) && dir == OTSEG_DIR_REQUEST)
		stream_mark(s);
}

/*
 * Monitor mode: the segment passes although it was refused. If it is ahead, its
 * end becomes the position; its bytes are kept if they are in sequence.
 */
OTSEG_NOINLINE void stream_resume(const struct otseg_env *e, struct otseg_session *s, u32 dir)
{
	const struct otseg_packet *p = &e->s->packet;
	struct otseg_cursor *c = &s->dir[dir & 1];
	u32 end = p->seq + p->payload_len;
	u32 news = end - c->next;

	if (c->flags & OTSEG_CURSOR_VALID && !stream_after(end, c->next))
		return;
	if (c->flags & OTSEG_CURSOR_VALID && news <= p->payload_len && news <= OTSEG_STREAM_WINDOW)
		stream_keep(e, stream_window(s, dir), stream_at(c, c->next),
			    p->payload_off + (c->next - p->seq), news);
	if (!(c->flags & OTSEG_CURSOR_VALID))
		stream_begin(c, end, 0);
	c->next = end;
	c->pdu = end;
	c->base = end;
	stream_mark_set(c, end, end);
	c->flags = (u16)((c->flags | OTSEG_CURSOR_MOVED) &
			 ~(OTSEG_CURSOR_RENEW | OTSEG_CURSOR_BODY | OTSEG_CURSOR_MARKS));
}

/* Use up the rates of the rules that the segment needs, once each; 0: one is used up. */
OTSEG_NOINLINE u32 stream_rate(const struct otseg_env *e)
{
	struct otseg_inspection *in = &e->s->inspection;
	u32 i;

	otseg_for(i, in->n_limited) {
		u32 rule = in->limited[i & (OTSEG_SEGMENT_PDUS - 1)];

		if (!otseg_limit_rule(e, rule)) {
			in->rule = rule;
			return 0;
		}
	}
	return 1;
}

/*
 * Of the bytes from @from to @to, which come again, those that the window has: all but the rest of
 * a long PDU, of which nothing was judged, so that it may be whatever it likes. What follows such a
 * rest passes only once what is before it is acknowledged: one piece is left.
 */
OTSEG_INLINE void stream_part(const struct otseg_cursor *c, u32 *from, u32 *to)
{
	if (stream_after(c->body, *from)) {
		if (stream_after(*to, c->body))
			*to = c->body;
	} else {
		if (stream_after(c->body_end, *from))
			*from = stream_after(*to, c->body_end) ? c->body_end : *to;
	}
}

/*
 * From where on bytes are kept of a segment that begins at @seq and has more than the rest of a
 * long PDU. It may repeat some of that rest, or all: senders put into one segment what they had
 * cut.
 */
OTSEG_INLINE u32 stream_behind(const struct otseg_cursor *c, u32 seq)
{
	if (!stream_after(seq, c->acked))
		return c->acked;
	if (stream_after(c->next, c->body_end))
		return c->next;
	return stream_after(seq, c->body) ? seq : c->body;
}

/*
 * Whether bytes from @seq to @end would take the place in the window of what is not acknowledged, or
 * of requests of which a part is not.
 */
OTSEG_INLINE u32 stream_is_full(struct otseg_session *s, u32 dir, u32 seq, u32 end)
{
	struct otseg_cursor *c = &s->dir[dir & 1];

	if (end - c->acked > OTSEG_STREAM_WINDOW)
		return 1;
	if (dir != OTSEG_DIR_REQUEST || !stream_after(seq, c->acked) ||
	    otseg_likely(!stream_after(end, c->base + OTSEG_STREAM_WINDOW)))
		return 0;
	stream_mark(s);
	return stream_after(end, c->base + OTSEG_STREAM_WINDOW);
}

/*
 * Whether new bytes up to @end have to wait, because the window is full of what is not
 * acknowledged. An open PDU that is acknowledged in part is short: it fits with any new bytes.
 * What begins at the oldest byte that is not acknowledged never waits.
 */
OTSEG_INLINE u32 stream_holds(struct otseg_session *s, u32 dir, u32 seq, u32 end)
{
	struct otseg_cursor *c = &s->dir[dir & 1];

	if (otseg_likely(!(c->flags & OTSEG_CURSOR_BODY)))
		return stream_is_full(s, dir, seq, end);
	if (!stream_after(c->body_end, c->acked)) {
		c->flags &= (u16)~OTSEG_CURSOR_BODY;
		return stream_is_full(s, dir, seq, end);
	}
	if (!stream_after(end, c->body_end))
		return 0;
	if (stream_after(c->body, c->acked))
		return stream_after(seq, c->body) || stream_is_full(s, dir, seq, end);
	if (stream_after(c->next, c->body_end) && stream_after(seq, c->acked))
		return end - c->body_end > OTSEG_STREAM_WINDOW;
	return end - stream_behind(c, seq) > OTSEG_STREAM_WINDOW;
}

/* In place of a reason, what has to be done next: see payload.h. */
#define STREAM_JUDGE 0x600 /* the bytes are in scratch memory, to be judged */
#define STREAM_RENEW 0x601 /* what was judged by an older policy is first to be judged again */
#define STREAM_PREPARE 0x602 /* there is data to be judged */

/*
 * Data of a direction whose receiver has not confirmed where it begins: NONE, or what speaks
 * against it.
 */
OTSEG_INLINE u32 stream_unconfirmed(const struct otseg_env *e, struct otseg_cursor *c, u32 seq)
{
	/* the receiver's word is what tells where it begins; monitoring begins anywhere */
	if (e->s->inspection.is_monitored) {
		if (!(c->flags & OTSEG_CURSOR_VALID))
			stream_begin(c, seq, 0);
		return OTSEG_R_NONE;
	}
	if (!(c->flags & OTSEG_CURSOR_ADOPTED))
		return OTSEG_R_TCP_STATE;
	if (c->flags & OTSEG_CURSOR_VALID)
		return stream_after(c->acked, seq) ? OTSEG_R_STREAM_OVERLAP : OTSEG_R_NONE;
	if (!(c->flags & OTSEG_CURSOR_TOLD))
		stream_seek(c, seq, 0);
	return OTSEG_R_NONE;
}

/* What becomes of a segment that carries data before it is judged: a reason, or one of these. */
OTSEG_INLINE u32 stream_prepare(const struct otseg_env *e, struct otseg_session *s, u32 dir)
{
	struct otseg_inspection *in = &e->s->inspection;
	const struct otseg_packet *p = &e->s->packet;
	struct otseg_cursor *c = &s->dir[dir & 1];
	u32 seq = p->seq;
	u32 end = seq + p->payload_len;
	u32 from, to, news, at, owed;

	if (otseg_unlikely(!(c->flags & OTSEG_CURSOR_ACKED))) {
		from = otseg_forget(e, stream_unconfirmed(e, c, seq));
		if (from)
			return from;
	}
	if (otseg_unlikely(c->generation != e->generation)) {
		if (c->next != c->acked && dir == OTSEG_DIR_REQUEST) {
			c->renew = c->next;
			c->flags |= OTSEG_CURSOR_RENEW;
		}
		c->generation = e->generation;
	}
	if (otseg_unlikely(seq != c->next)) {
		if (stream_after(seq, c->next))
			return OTSEG_R_STREAM_GAP;
		from = seq;
		if (stream_after(c->acked, seq)) {
			if (!stream_after(end, c->acked))
				return OTSEG_R_FLOW;
			from = c->acked;
		}
		to = stream_after(end, c->next) ? c->next : end;
		at = from;
		if (otseg_unlikely(c->flags & OTSEG_CURSOR_BODY))
			stream_part(c, &at, &to);
		if (at != to && !stream_repeats(e, stream_window(s, dir), stream_at(c, at),
						p->payload_off + (at - seq), to - at))
			return OTSEG_R_STREAM_OVERLAP;
		if (c->flags & OTSEG_CURSOR_RENEW && stream_after(c->renew, from))
			return STREAM_RENEW;
		if (!stream_after(end, c->next))
			return OTSEG_R_FLOW;
	}
	news = end - c->next;
	if (news > OTSEG_STREAM_WINDOW - OTSEG_PDU_MAX)
		return OTSEG_R_STREAM_BUDGET;
	if (otseg_forget(e, stream_holds(s, dir, seq, end)))
		return OTSEG_R_STREAM_HOLD;
	owed = 0;
	if (otseg_unlikely(stream_after(c->pdu, c->next))) {
		owed = c->pdu - c->next;
		if (owed >= news) {
			stream_advance(s, dir, end, c->pdu);
			return OTSEG_R_FLOW;
		}
	}
	in->at = otseg_forget(e, owed || stream_is_idle(c) ? 0 : stream_at(c, c->pdu)) & 7;
	at = owed ? 0 : in->at + (c->next - c->pdu);
	if (at > OTSEG_PDU_MAX + 7)
		return OTSEG_R_INTERNAL;
	if (otseg_unlikely(at != in->at))
		stream_recall(e, stream_window(s, dir), stream_at(c, c->pdu), c->next - c->pdu);
	from = c->next + owed;
	to = otseg_forget(e, end - from);
	in->end = at + to;
	if (stream_fetch(e, p->payload_off + (from - seq), at, to))
		return OTSEG_R_INTERNAL;
	in->from = at;
	in->owed = owed;
	return STREAM_JUDGE;
}

/* A segment was judged for @reason: what remains of it. Return: why it passes or does not. */
OTSEG_NOINLINE u32 stream_conclude(const struct otseg_env *e, struct otseg_session *s, u32 dir,
				   u32 reason)
{
	struct otseg_inspection *in = &e->s->inspection;
	const struct otseg_packet *p = &e->s->packet;
	struct otseg_cursor *c = &s->dir[dir & 1];
	u32 end = p->seq + p->payload_len;
	u32 is_long = otseg_forget(e, stream_after(in->at, in->end));
	u32 is_begun = otseg_forget(e, !stream_after(c->body, c->acked));
	u32 has_body = c->flags & OTSEG_CURSOR_BODY;
	u32 is_behind = 0;
	u32 pdu = c->pdu;
	u32 from = c->next;

	/* It is anybody's guess what these bytes are, if they are not whole PDUs. */
	if (otseg_unlikely(stream_seeks(c)) &&
	    (in->is_lost || (reason == OTSEG_R_RULE && in->at != in->end)))
		return OTSEG_R_STREAM_GAP;
	if (in->is_lost || (reason != OTSEG_R_RULE && !in->is_monitored))
		return reason;
	if (otseg_unlikely(has_body)) {
		/* the first bytes behind a long PDU; what comes with them of its end is kept, too */
		is_behind = !stream_after(c->next, c->body_end);
		from = stream_behind(c, p->seq);
		has_body = from != c->body && stream_after(from, c->acked);
		/* of one such rest at a time it is known where it lies */
		if (is_long && has_body)
			return OTSEG_R_STREAM_HOLD;
	}
	from = otseg_forget(e, from);
	has_body = otseg_forget(e, has_body);
	is_behind = otseg_forget(e, is_behind);
	if (otseg_unlikely(in->n_limited && !stream_rate(e))) {
		reason = OTSEG_R_RATE_LIMIT;
		if (!in->is_monitored)
			return reason;
	}
	stream_rewind(c, dir);
	if (!stream_keep(e, stream_window(s, dir), stream_at(c, from),
			 p->payload_off + (from - p->seq), end - from))
		return OTSEG_R_INTERNAL;
	stream_settle(e, s);
	if (otseg_unlikely(stream_seeks(c)))
		c->flags |= OTSEG_CURSOR_VALID |
			    (c->flags & OTSEG_CURSOR_TOLD ? OTSEG_CURSOR_ACKED : 0);
	if (otseg_unlikely(is_behind))
		c->body_end = from;
	if (!has_body)
		c->flags &= (u16)~OTSEG_CURSOR_BODY;
	stream_advance(s, dir, end, end - (in->end - in->at));
	if (otseg_unlikely(is_behind && is_begun)) {
		/* the receiver has its beginning: nothing before its end is judged again */
		c->base = pdu;
		stream_mark_set(c, c->pdu, stream_needs(c->pdu, end));
		c->flags &= (u16)~OTSEG_CURSOR_MARKS;
	}
	if (otseg_unlikely(is_long)) {
		c->body = end;
		c->body_end = c->pdu;
		c->flags |= OTSEG_CURSOR_BODY;
	}
	return reason;
}

/*
 * The same for what most segments are: short, in sequence, and no part of a long PDU is around.
 * Then nothing that stream_conclude() would find out matters.
 */
OTSEG_INLINE u32 stream_conclude_short(struct otseg_env *e, struct otseg_session *s, u32 dir,
				       u32 reason)
{
	struct otseg_inspection *in = &e->s->inspection;
	struct otseg_cursor *c = &s->dir[dir & 1];
	u32 news = in->end - in->from;

	if (otseg_unlikely(reason != OTSEG_R_RULE || news >= OTSEG_SHORT || in->owed ||
			   in->is_lost || in->n_limited ||
			   (c->flags & (OTSEG_CURSOR_BODY | OTSEG_CURSOR_VALID)) !=
				   OTSEG_CURSOR_VALID ||
			   e->s->packet.seq != c->next || stream_after(in->at, in->end)))
		return stream_conclude(e, s, dir, reason);
	stream_rewind(c, dir);
	if (otseg_unlikely(!stream_keep_short(e, stream_window(s, dir), stream_at(c, c->next),
					      in->from, news)))
		return stream_conclude(e, s, dir, reason);
	if (otseg_likely(c->pdu == c->next))
		otseg_recur_note(e, in->from, dir);
	stream_settle(e, s);
	stream_advance(s, dir, c->next + news, c->next + news - (in->end - in->at));
	return reason;
}

/* Begin with the inspection of the frame at hand. */
OTSEG_INLINE void stream_take_up(const struct otseg_env *e, const struct otseg_session *s,
				 u32 is_monitored)
{
	struct otseg_inspection *in = &e->s->inspection;

	in->service = e->s->path.service;
	in->leaf = e->s->path.leaf;
	in->is_monitored = is_monitored;
	in->is_lost = 0;
	in->state = s->state;
	in->effort = 0;
	in->memory = 0;
	in->n_messages = 0;
	in->n_requests = 0;
	in->answered = 0;
	in->ended = 0;
	in->n_limited = 0;
}

/* The rule that a segment is accounted to, after it was judged for @reason. */
OTSEG_INLINE u32 stream_rule(const struct otseg_inspection *in, u32 reason, u32 opened_by)
{
	if (reason == OTSEG_R_FLOW)
		return opened_by;
	if (reason == OTSEG_R_RATE_LIMIT)
		return in->rule;
	if (reason != OTSEG_R_RULE)
		return OTSEG_NONE32;
	if (in->n_rules)
		return in->rules[0];
	return in->rule == OTSEG_NONE32 ? opened_by : in->rule;
}

/**
 * otseg_stream_start - what otseg_payload_judge() makes of the SYN that opens a flow
 * @e: surroundings, @e->flow_id is the flow
 * @flow: the flow, which has its session
 *
 * The SYN has no payload and is not urgent: others open no inspected flow. What takes up a
 * connection in the middle is not judged here: only that nothing is known of it is noted.
 *
 * Return: OTSEG_R_FLOW, or why the flow cannot begin.
 */
OTSEG_NOINLINE u32 otseg_stream_start(const struct otseg_env *e, const struct otseg_flow *flow)
{
	const struct otseg_packet *p = &e->s->packet;
	struct otseg_verdict *v = &e->s->verdict;
	struct otseg_session *s;
	u32 is_ours;

	v->rule = OTSEG_NONE32;
	v->n_messages = 0;
	s = flow->session ? otseg_session_at(e, flow->session - 1u) : NULL;
	if (!s)
		return OTSEG_R_SESSION_BUDGET;
	if (!stream_enter(s, OTSEG_SESSION_TRIES))
		return OTSEG_R_STREAM_BUSY;
	is_ours = s->owner == e->flow_id;
	if (is_ours && v->flags & OTSEG_V_ADOPTED) {
		s->dir[OTSEG_DIR_REQUEST].flags = OTSEG_CURSOR_ADOPTED;
		s->dir[OTSEG_DIR_RESPONSE].flags = OTSEG_CURSOR_ADOPTED;
	} else if (is_ours) {
		stream_shake(s, OTSEG_DIR_REQUEST, p);
	}
	stream_leave(s);
	if (!is_ours)
		return OTSEG_R_SESSION_BUDGET;
	v->rule = e->s->path.rule;
	return OTSEG_R_FLOW;
}

#endif /* OTSEG_STREAM_H */
