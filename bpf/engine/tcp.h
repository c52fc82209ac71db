/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a TCP segment may be, given what has passed before: handshake, sequence
 * windows, resets, closing. Owns the TCP fields of struct otseg_flow; opens and
 * ends no flows by itself.
 *
 * The windows are those of Guido van Rooij, "Real Stateful TCP Packet Filtering
 * in IP Filter": what a side may send is bounded by what the other one has
 * acknowledged and offered, what it may acknowledge by what the other one sent.
 */
#ifndef OTSEG_TCP_H
#define OTSEG_TCP_H

#include "env.h"

/* Beside the reason in the answer of otseg_tcp_check(). */
#define OTSEG_TCP_QUIET 0x100 /* passes, and changes nothing */
#define OTSEG_TCP_FRESH 0x200 /* opens the connection anew */
#define OTSEG_TCP_OVER 0x400 /* shows that the connection is no more */

#define OTSEG_TCP_ACK_REACH 66000 /* an acknowledgement may be so old at least */

/*
 * Of a connection whose SYNs were not seen the window scale is not known: that of most
 * systems, or more. Who has a larger one gets on slower, as if he offered less.
 */
#define OTSEG_TCP_ADOPTED_SCALE 8
#define OTSEG_TCP_ADOPTED_REACH 65280 /* how far a side may be from where the other one says */

/* Time-outs in seconds. */
#define OTSEG_TCP_OPENING_S 60
#define OTSEG_TCP_IDLE_S 7440 /* two hours and four minutes (RFC 5382) */
#define OTSEG_TCP_HALF_CLOSED_S 120
#define OTSEG_TCP_CLOSED_S 60
#define OTSEG_TCP_RESET_S 10

/* Is @x behind @y in sequence space? */
OTSEG_INLINE u32 otseg_seq_after(u32 x, u32 y)
{
	return (s32)(x - y) > 0;
}

/**
 * otseg_tcp_flags_exist - does this combination of flags occur in TCP?
 * @flags: OTSEG_TCP_*
 *
 * Return: 1 or 0.
 */
OTSEG_INLINE u32 otseg_tcp_flags_exist(u32 flags)
{
	u32 control = flags & (OTSEG_TCP_SYN | OTSEG_TCP_FIN | OTSEG_TCP_RST);

	if (control == OTSEG_TCP_SYN)
		return !(flags & OTSEG_TCP_URG);
	if (control == OTSEG_TCP_RST)
		return 1;
	if (control == OTSEG_TCP_FIN || !control)
		return flags & OTSEG_TCP_ACK ? 1 : 0;
	return 0;
}

/* A SYN that asks for a connection. */
OTSEG_INLINE u32 otseg_tcp_is_opener(u32 flags)
{
	return (flags & (OTSEG_TCP_SYN | OTSEG_TCP_ACK)) == OTSEG_TCP_SYN;
}

/* Both sides have said and heard that they are done, or one has reset the connection. */
OTSEG_INLINE u32 otseg_tcp_is_closed(const struct otseg_flow *f)
{
	const u32 done = OTSEG_FLOW_FIN | OTSEG_FLOW_FIN_ACKED;
	u32 x = f->dir[0].flags;
	u32 y = f->dir[1].flags;

	return ((x | y) & OTSEG_FLOW_RST) || (x & y & done) == done;
}

/* @me: direction of the segment, @you: the other one. */
OTSEG_INLINE u32 otseg_tcp_in_window(const struct otseg_packet *p, const struct otseg_flow_dir *me,
				     const struct otseg_flow_dir *you, const u32 with_ack)
{
	u32 control = p->tcp_flags;
	u32 data_end = p->seq + p->payload_len;
	u32 end = data_end + !!(control & OTSEG_TCP_FIN) + !!(control & OTSEG_TCP_SYN);
	u32 reach;

	if (otseg_seq_after(data_end, you->grant))
		return 0;
	if (otseg_seq_after(me->end - ((u32)you->window << (you->scale & 15)), end))
		return 0;
	if (!with_ack)
		return 1;
	if (otseg_seq_after(p->ack, you->end))
		return 0;
	reach = (u32)me->window << (me->scale & 15);
	reach = reach > OTSEG_TCP_ACK_REACH ? reach : OTSEG_TCP_ACK_REACH;
	return !otseg_seq_after(you->end - reach, p->ack);
}

/* A segment with a bare SYN. */
OTSEG_INLINE u32 otseg_tcp_check_syn(const struct otseg_packet *p, const struct otseg_flow *f,
				     u32 reply)
{
	const struct otseg_flow_dir *me = &f->dir[0];
	u32 is_same = p->seq + 1 == me->end;

	if (otseg_tcp_is_closed(f))
		return OTSEG_R_FLOW | OTSEG_TCP_FRESH;
	if (reply)
		return OTSEG_R_TCP_STATE;
	if (p->payload_len)
		return OTSEG_R_TCP_SYN_DATA;
	if (!(f->dir[1].flags & OTSEG_FLOW_SYN))
		return is_same ? OTSEG_R_FLOW : OTSEG_R_FLOW | OTSEG_TCP_FRESH;
	/*
	 * The opener has lost the connection, or somebody plays it. The other
	 * side knows: it answers with an acknowledgement that a true opener
	 * resets (RFC 5961 section 4), or with a SYN-ACK if it has lost it too.
	 */
	return OTSEG_R_FLOW | OTSEG_TCP_QUIET;
}

/* A segment with SYN and ACK. */
OTSEG_INLINE u32 otseg_tcp_check_answer(const struct otseg_packet *p, const struct otseg_flow *f,
					u32 reply)
{
	const struct otseg_flow_dir *me = &f->dir[1];
	const struct otseg_flow_dir *you = &f->dir[0];

	if (!reply)
		return OTSEG_R_TCP_STATE;
	if (p->payload_len)
		return OTSEG_R_TCP_SYN_DATA;
	if (!(you->flags & OTSEG_FLOW_ACKED))
		return p->ack == you->end ? OTSEG_R_FLOW : OTSEG_R_TCP_WINDOW;
	if (otseg_tcp_in_window(p, me, you, 1))
		return OTSEG_R_FLOW | OTSEG_TCP_QUIET;
	/* Both sides begin again: the SYN will be repeated, and opens a new flow then. */
	if (you->flags & OTSEG_FLOW_RENEW)
		return OTSEG_R_TCP_STATE | OTSEG_TCP_OVER;
	return OTSEG_R_TCP_WINDOW;
}

/* A segment with RST. */
OTSEG_INLINE u32 otseg_tcp_check_reset(const struct otseg_packet *p, const struct otseg_flow_dir *me,
				       const struct otseg_flow_dir *you, u32 reply)
{
	u32 has_ack = p->tcp_flags & OTSEG_TCP_ACK;

	if (me->flags & you->flags & OTSEG_FLOW_SYN)
		return otseg_tcp_in_window(p, me, you, 0) &&
				       (!has_ack || !otseg_seq_after(p->ack, you->end)) ?
			       OTSEG_R_FLOW :
			       OTSEG_R_TCP_WINDOW;
	/* Refused by the other side (RFC 9293 section 3.10.7.3), or given up by the opener. */
	if (reply && (!has_ack || p->ack != you->end))
		return OTSEG_R_TCP_WINDOW;
	return OTSEG_R_FLOW;
}

/*
 * A segment of a connection that was taken up in the middle, of which not both sides are
 * known yet. Until they are, nothing ends it but a reset with the very numbers that the other
 * side has named (RFC 9293 section 3.10.7.1), and only the opener begins it anew.
 */
OTSEG_INLINE u32 otseg_tcp_check_adopted(const struct otseg_packet *p,
					 const struct otseg_flow_dir *me,
					 const struct otseg_flow_dir *you, u32 reply)
{
	u32 end = p->seq + p->payload_len;
	u32 control = p->tcp_flags;

	/* What was to take it up was refused. */
	if (!((me->flags | you->flags) & OTSEG_FLOW_SYN))
		return OTSEG_R_FLOW | OTSEG_TCP_FRESH;
	if (control & OTSEG_TCP_RST)
		return p->seq == me->end && (!(control & OTSEG_TCP_ACK) || p->ack == you->end) ?
			       OTSEG_R_FLOW :
			       OTSEG_R_TCP_WINDOW;
	if (otseg_tcp_is_opener(control) && !reply)
		return OTSEG_R_FLOW | OTSEG_TCP_FRESH;
	if (control & (OTSEG_TCP_SYN | OTSEG_TCP_FIN))
		return OTSEG_R_TCP_STATE;
	if (me->flags & OTSEG_FLOW_SYN)
		return otseg_tcp_in_window(p, me, you, 1) ? OTSEG_R_FLOW : OTSEG_R_TCP_WINDOW;
	if (otseg_seq_after(end, you->grant) ||
	    otseg_seq_after(me->end - OTSEG_TCP_ADOPTED_REACH, end))
		return OTSEG_R_TCP_WINDOW;
	/* A keep-alive is one byte behind what has been sent (RFC 9293 section 3.8.4). */
	if (otseg_seq_after(p->ack, you->end + 1) ||
	    otseg_seq_after(you->end - OTSEG_TCP_ADOPTED_REACH, p->ack))
		return OTSEG_R_TCP_WINDOW;
	return OTSEG_R_FLOW;
}

/**
 * otseg_tcp_check - does a segment fit the connection?
 * @p: the segment
 * @f: its flow; not changed
 * @reply: it travels against the direction the flow was opened in
 *
 * Return: enum otseg_reason, FLOW: it fits, with OTSEG_TCP_QUIET and following.
 */
OTSEG_NOINLINE u32 otseg_tcp_check(const struct otseg_packet *p, const struct otseg_flow *f,
				   u32 reply)
{
	const struct otseg_flow_dir *me = reply ? &f->dir[1] : &f->dir[0];
	const struct otseg_flow_dir *you = reply ? &f->dir[0] : &f->dir[1];
	u32 control = p->tcp_flags;

	if (!otseg_tcp_flags_exist(control))
		return OTSEG_R_TCP_FLAGS;
	if (otseg_unlikely(f->flags & OTSEG_FLOW_ADOPTED) &&
	    !(me->flags & you->flags & OTSEG_FLOW_SYN))
		return otseg_tcp_check_adopted(p, me, you, reply);
	if (otseg_unlikely(control & OTSEG_TCP_SYN))
		return control & OTSEG_TCP_ACK ? otseg_tcp_check_answer(p, f, reply) :
						 otseg_tcp_check_syn(p, f, reply);
	if (otseg_unlikely(control & OTSEG_TCP_RST))
		return otseg_tcp_check_reset(p, me, you, reply);
	if (otseg_unlikely(!(me->flags & you->flags & OTSEG_FLOW_SYN))) {
		/* The other side still has an older connection and says where it stands. */
		if (reply && !p->payload_len && !(control & OTSEG_TCP_FIN))
			return OTSEG_R_FLOW | OTSEG_TCP_QUIET;
		return OTSEG_R_TCP_STATE;
	}
	if (otseg_unlikely(!(f->dir[0].flags & OTSEG_FLOW_ACKED))) {
		if (reply)
			return OTSEG_R_TCP_STATE;
		if (p->ack != you->end)
			return OTSEG_R_TCP_WINDOW;
	}
	if (otseg_unlikely(!otseg_tcp_in_window(p, me, you, 1)))
		return OTSEG_R_TCP_WINDOW;
	/* Nothing comes after a FIN. */
	if (otseg_unlikely(me->flags & OTSEG_FLOW_FIN) &&
	    otseg_seq_after(p->seq + p->payload_len + !!(control & OTSEG_TCP_FIN), me->end))
		return OTSEG_R_TCP_STATE;
	return OTSEG_R_FLOW;
}

/* A window in units of 1 << @scale, rounded up, and not 0: zero windows are probed. */
OTSEG_INLINE u16 otseg_tcp_window(u32 window, u32 scale)
{
	window = (window + (1u << scale) - 1) >> scale;
	return (u16)(window ? window : 1);
}

/**
 * otseg_tcp_open - begin a connection
 * @p: its SYN
 * @f: the flow, whose directions are otherwise zero
 */
OTSEG_INLINE void otseg_tcp_open(const struct otseg_packet *p, struct otseg_flow *f)
{
	struct otseg_flow_dir *me = &f->dir[0];

	me->end = p->seq + 1;
	me->window = otseg_tcp_window(p->window, 0);
	me->flags |= OTSEG_FLOW_SYN;
	if (p->window_scale != OTSEG_NO_SCALE) {
		me->flags |= OTSEG_FLOW_SCALED;
		me->scale = p->window_scale & 15;
	}
}

/**
 * otseg_tcp_adopt - take up a connection in the middle
 * @p: a segment of it, with neither SYN, FIN nor RST
 * @f: the flow, whose directions are otherwise zero
 * @reply: it comes from the side that answers
 *
 * Of the other side only what this one says of it is known.
 */
OTSEG_INLINE void otseg_tcp_adopt(const struct otseg_packet *p, struct otseg_flow *f, u32 reply)
{
	struct otseg_flow_dir *me = reply ? &f->dir[1] : &f->dir[0];
	struct otseg_flow_dir *you = reply ? &f->dir[0] : &f->dir[1];

	me->end = p->seq + p->payload_len;
	me->window = otseg_tcp_window(p->window, 0);
	me->grant = p->ack + ((u32)me->window << OTSEG_TCP_ADOPTED_SCALE);
	me->scale = OTSEG_TCP_ADOPTED_SCALE;
	me->flags |= OTSEG_FLOW_SYN;
	you->end = p->ack;
	you->window = OTSEG_TCP_ADOPTED_REACH >> OTSEG_TCP_ADOPTED_SCALE;
	you->grant = me->end + OTSEG_TCP_ADOPTED_REACH;
	you->scale = OTSEG_TCP_ADOPTED_SCALE;
}

/* The first segment of the other side of such a connection has passed: now both are known. */
OTSEG_INLINE void otseg_tcp_bind(const struct otseg_packet *p, struct otseg_flow *f, u32 reply)
{
	struct otseg_flow_dir *me = reply ? &f->dir[1] : &f->dir[0];
	struct otseg_flow_dir *you = reply ? &f->dir[0] : &f->dir[1];

	me->window = 1;
	me->grant = p->ack;
	me->flags |= OTSEG_FLOW_SYN;
	if (otseg_seq_after(p->ack, you->end))
		you->end = p->ack;
	f->dir[0].flags |= OTSEG_FLOW_ACKED;
}

/* The SYN-ACK has passed: now both windows are known. Neither SYN's own window is scaled. */
OTSEG_INLINE void otseg_tcp_answer(const struct otseg_packet *p, struct otseg_flow *f)
{
	struct otseg_flow_dir *opener = &f->dir[0];
	struct otseg_flow_dir *me = &f->dir[1];
	u32 opener_window = opener->window;
	u32 window = otseg_tcp_window(p->window, 0);

	/* Of a repeated answer, the first one has turned the opener's window. */
	if (me->flags & OTSEG_FLOW_SYN)
		opener_window <<= opener->scale & 15;
	if (p->window_scale != OTSEG_NO_SCALE && (opener->flags & OTSEG_FLOW_SCALED)) {
		me->scale = p->window_scale & 15;
	} else {
		me->scale = 0;
		opener->scale = 0;
	}
	me->end = p->seq + 1;
	me->grant = p->ack + window;
	me->window = otseg_tcp_window(window, me->scale & 15);
	opener->window = otseg_tcp_window(opener_window, opener->scale & 15);
	opener->grant = me->end + opener_window;
	me->flags |= OTSEG_FLOW_SYN;
}

/* A segment in the middle of a connection, which neither opens nor closes, has passed. */
OTSEG_INLINE void otseg_tcp_advance(const struct otseg_packet *p, struct otseg_flow_dir *me, u32 end)
{
	u32 window = p->window;
	u32 grant;

	if (otseg_seq_after(end, me->end))
		me->end = end;
	if (window > me->window)
		me->window = (u16)window;
	grant = p->ack + (window ? window << (me->scale & 15) : 1);
	if (otseg_seq_after(grant, me->grant))
		me->grant = grant;
}

/**
 * otseg_tcp_commit - take note of a segment that passes
 * @p: the segment, which otseg_tcp_check() has found to fit
 * @f: its flow
 * @reply: it travels against the direction the flow was opened in
 */
OTSEG_INLINE void otseg_tcp_commit(const struct otseg_packet *p, struct otseg_flow *f, u32 reply)
{
	struct otseg_flow_dir *me = reply ? &f->dir[1] : &f->dir[0];
	struct otseg_flow_dir *you = reply ? &f->dir[0] : &f->dir[1];
	u32 control = p->tcp_flags;
	u32 flags;

	if (otseg_unlikely(control & OTSEG_TCP_SYN)) {
		if (reply)
			otseg_tcp_answer(p, f);
		return;
	}
	if (otseg_unlikely(control & OTSEG_TCP_RST)) {
		me->flags |= OTSEG_FLOW_RST;
		return;
	}
	if (otseg_unlikely(!(me->flags & OTSEG_FLOW_SYN)))
		otseg_tcp_bind(p, f, reply);
	/*
	 * Who sends on after a reset has not sent the reset: the connection lives.
	 * What the other side sends may have been under way, and revives nothing.
	 */
	if (otseg_unlikely(me->flags & OTSEG_FLOW_RST))
		me->flags &= ~OTSEG_FLOW_RST;
	otseg_tcp_advance(p, me, p->seq + p->payload_len + !!(control & OTSEG_TCP_FIN));
	flags = me->flags;
	if (!reply)
		flags |= OTSEG_FLOW_ACKED;
	if (control & OTSEG_TCP_FIN)
		flags |= OTSEG_FLOW_FIN;
	if ((you->flags & OTSEG_FLOW_FIN) && p->ack == you->end)
		flags |= OTSEG_FLOW_FIN_ACKED;
	if (flags != me->flags)
		me->flags = (u8)flags;
}

/**
 * otseg_tcp_resync - believe a segment that does not fit
 * @p: the segment
 * @f: its flow, in a conduit in monitor mode, where the segment passes anyway
 * @reply: it travels against the direction the flow was opened in
 */
OTSEG_NOINLINE void otseg_tcp_resync(const struct otseg_packet *p, struct otseg_flow *f, u32 reply)
{
	struct otseg_flow_dir *me = reply ? &f->dir[1] : &f->dir[0];
	struct otseg_flow_dir *you = reply ? &f->dir[0] : &f->dir[1];

	if ((p->tcp_flags & (OTSEG_TCP_SYN | OTSEG_TCP_RST | OTSEG_TCP_ACK)) != OTSEG_TCP_ACK)
		return;
	me->flags |= OTSEG_FLOW_SYN | OTSEG_FLOW_ACKED;
	you->flags |= OTSEG_FLOW_SYN | OTSEG_FLOW_ACKED;
	me->end = p->seq + p->payload_len + !!(p->tcp_flags & OTSEG_TCP_FIN);
	me->grant = p->ack + ((u32)p->window << (me->scale & 15)) + 1;
	you->end = p->ack;
	if (otseg_seq_after(me->end, you->grant))
		you->grant = me->end + 65535;
}

/**
 * otseg_tcp_timeout - how long a connection lives without another segment
 * @f: its flow
 * @idle_s: of its rule, 0: none given
 *
 * Return: seconds.
 */
OTSEG_INLINE u32 otseg_tcp_timeout(const struct otseg_flow *f, u32 idle_s)
{
	u32 either = f->dir[0].flags | f->dir[1].flags;

	if (otseg_likely(!(either & (OTSEG_FLOW_RST | OTSEG_FLOW_FIN)))) {
		if (!(f->dir[0].flags & OTSEG_FLOW_ACKED))
			return OTSEG_TCP_OPENING_S;
		return idle_s ? idle_s : OTSEG_TCP_IDLE_S;
	}
	if (either & OTSEG_FLOW_RST)
		return OTSEG_TCP_RESET_S;
	return otseg_tcp_is_closed(f) ? OTSEG_TCP_CLOSED_S : OTSEG_TCP_HALF_CLOSED_S;
}

#endif /* OTSEG_TCP_H */
