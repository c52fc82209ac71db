/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Denials: who is told that a frame was refused, and by what. Owns which refusals are told
 * (`on-deny` of a conduit), in what order the two sides of a connection hear of it, how many
 * are told, and every byte that is sent.
 *
 * A refused frame can become one frame and no more, so a connection is cut in steps: the
 * first refused segment becomes a reset to the other side, which may have nothing to send and
 * so would never ask, and only so many connections. The sender hears of it at its next segment,
 * its retransmission. Where its protocol has a word for a refusal the sender comes
 * first: the answer has to be acknowledged, and that acknowledgement becomes the other side's
 * reset. A flow that was cut stays in the table for OTSEG_TCP_RESET_S, so that both hear of it.
 *
 * What is sent is a header of our own making; of the frame it has addresses, ports, tags and
 * hops, of a Modbus request also transaction, unit and function. It is never longer than
 * the frame, and bounded for each processor: nobody is hit by us harder than by the sender.
 */
#ifndef OTSEG_DENIAL_H
#define OTSEG_DENIAL_H

#include "decode.h"
#include "track.h"

#define OTSEG_DENIAL_BURST 16 /* that one bucket tells of at once */
#define OTSEG_DENIAL_GAP_SHIFT 23 /* between two of them on average: 8.4 ms, so 1,907/s of all */
#define OTSEG_DENIAL_HOPS 64
#define OTSEG_DENIAL_MIN 60 /* bytes of an Ethernet frame without its check sequence */

/* Beside an enum otseg_denial in the answer of denial_find(). */
#define OTSEG_DENIAL_SUPPRESSED 0x10
#define OTSEG_DENIAL_FAILED 0x20

/* Modbus Application Protocol V1.1b3 section 7, MODBUS Messaging on TCP/IP V1.0b section 3.1.3. */
#define OTSEG_MODBUS_HEADER 7
#define OTSEG_MODBUS_REFUSAL 9 /* bytes of an exception */
#define OTSEG_MODBUS_ILLEGAL_FUNCTION 1
#define OTSEG_MODBUS_ILLEGAL_ADDRESS 2
#define OTSEG_MODBUS_NO_PATH 10

#define OTSEG_TCP_TIMESTAMPS 0x0101080au /* how they stand alone (RFC 7323 appendix A) */

#define DENIAL_BIT(id) (1ull << (OTSEG_R_##id & 63))

/* Is this what policy has against a message? */
OTSEG_INLINE u32 denial_is_message(u32 reason)
{
	return (reason >= OTSEG_R_FUNCTION_UNKNOWN && reason <= OTSEG_R_VALUE) ||
	       reason == OTSEG_R_FIELD;
}

/*
 * Is a refusal for this reason told? Those of policy that stay what they are: what
 * contradicts a protocol may not be the sender's word, and rates and budgets have room again later.
 */
OTSEG_INLINE u32 denial_is_told(u32 reason)
{
	const u64 opening = DENIAL_BIT(NO_CONDUIT) | DENIAL_BIT(CONDUIT_DISABLED) |
			    DENIAL_BIT(NO_RULE) | DENIAL_BIT(NO_INSPECTOR) |
			    DENIAL_BIT(TCP_NO_FLOW);

	return (reason < 64 && (opening >> reason) & 1) || reason == OTSEG_R_FLOW_CUT ||
	       denial_is_message(reason);
}

_Static_assert(OTSEG_R_TCP_NO_FLOW < 64, "reasons in one word");

/**
 * otseg_denial_is_due - is it to be told that a frame is dropped?
 * @e: surroundings
 * @v: its verdict
 *
 * Return: 1: otseg_denial_note() has to be asked; 0: not.
 */
OTSEG_INLINE u32 otseg_denial_is_due(const struct otseg_env *e, const struct otseg_verdict *v)
{
	if (e->s->packet.proto != OTSEG_PROTO_TCP)
		return 0;
	if (otseg_unlikely(e->s->cut && e->s->cut == e->flow_id))
		return 1;
	return v->conduit != OTSEG_NONE16 &&
	       (otseg_at(e, CONDUITS, v->conduit)->flags & OTSEG_CONDUIT_RESET) &&
	       denial_is_told(v->reason);
}

/* The bucket that the denial takes from. */
OTSEG_INLINE struct otseg_teller *denial_teller(const struct otseg_env *e,
						const struct otseg_verdict *v)
{
	u32 where = v->conduit != OTSEG_NONE16 ? v->conduit : 0x10000u | v->link;

	return &e->s->deniers[(where * 0x9e3779b1u) >> 28];
}

_Static_assert(OTSEG_DENIAL_KINDS == 1 << (32 - 28), "the hash names a bucket");

/* Has the bucket something left? Then it is taken. */
OTSEG_INLINE u32 denial_take(const struct otseg_env *e, struct otseg_teller *teller)
{
	const u64 gap = 1ull << OTSEG_DENIAL_GAP_SHIFT;
	u64 now = e->s->arrival.now_ns;
	u64 next = teller->next_ns;

	if ((s64)(next - now) < 0)
		next = now;
	if (next - now > (OTSEG_DENIAL_BURST - 1) * gap)
		return 0;
	teller->next_ns = next + gap;
	return 1;
}

/* Is it one host's address, which can be sent to? */
OTSEG_INLINE u32 denial_is_host(const struct otseg_addr *addr, u32 family)
{
	u32 first = otseg_be32(addr->w[0]);

	if (family == 4)
		return first >> 24 && first >> 24 != 127 && first >> 24 < 224;
	return first >> 24 != 0xff && (addr->w[0] | addr->w[1] | addr->w[2] | addr->w[3]);
}

/* A segment from one host to another one, whose headers are what we would write. */
OTSEG_INLINE u32 denial_is_plain(const struct otseg_packet *p)
{
	u32 header = p->family == 4 ? 20 : 40;

	return p->proto == OTSEG_PROTO_TCP && !p->fault && (p->family == 4 || p->family == 6) &&
	       p->l4_off == p->l3_off + header && p->payload_off >= p->l4_off + 20 &&
	       !((p->src_mac[0] | p->dst_mac[0]) & 1) && denial_is_host(&p->src, p->family) &&
	       denial_is_host(&p->dst, p->family) && otseg_tcp_flags_exist(p->tcp_flags);
}

/* The reset that TCP itself answers a segment with that belongs nowhere (RFC 9293 section 3.10.7.1). */
OTSEG_INLINE void denial_reset(const struct otseg_packet *p, struct otseg_reply *r)
{
	if (p->tcp_flags & OTSEG_TCP_ACK) {
		r->seq = p->ack;
		r->tcp_flags = OTSEG_TCP_RST;
		return;
	}
	r->ack = p->seq + p->payload_len + !!(p->tcp_flags & OTSEG_TCP_SYN) +
		 !!(p->tcp_flags & OTSEG_TCP_FIN);
	r->tcp_flags = OTSEG_TCP_RST | OTSEG_TCP_ACK;
}

/*
 * The reset that the other side gets, where it expects the sender's next byte: what has passed
 * is what it has. If some of that was lost, it asks (RFC 5961 section 3), and is answered exactly.
 */
OTSEG_INLINE void denial_reset_peer(const struct otseg_flow *f, u32 reply, struct otseg_reply *r)
{
	r->seq = reply ? f->dir[1].end : f->dir[0].end;
	r->ack = reply ? f->dir[0].end : f->dir[1].end;
	r->tcp_flags = OTSEG_TCP_RST | OTSEG_TCP_ACK;
}

/* The code that comes nearest to what policy has against the request. */
OTSEG_INLINE u32 denial_code(u32 reason)
{
	if (reason == OTSEG_R_OBJECT)
		return OTSEG_MODBUS_ILLEGAL_ADDRESS;
	return reason == OTSEG_R_UNIT ? OTSEG_MODBUS_NO_PATH : OTSEG_MODBUS_ILLEGAL_FUNCTION;
}

/*
 * Modbus: the segment is one whole request, and its exception takes no more bytes. Then this
 * is it, with the end of the stream, which the client has to acknowledge; timestamps go with
 * it, for receivers that take no data without them (RFC 7323 section 3.2).
 */
OTSEG_INLINE u32 denial_modbus(const struct otseg_env *e, const struct otseg_packet *p,
			       struct otseg_reply *r)
{
	u8 h[8], options[12];

	if (p->payload_len < OTSEG_MODBUS_HEADER + 1 ||
	    (p->tcp_flags & (OTSEG_TCP_SYN | OTSEG_TCP_FIN | OTSEG_TCP_RST)) ||
	    otseg_load_header(e, p->payload_off, h, sizeof(h)))
		return 0;
	if (otseg_wire(u16, h + 2) || otseg_be16(otseg_wire(u16, h + 4)) + 6u != p->payload_len)
		return 0;
	r->options = 0;
	if (p->payload_off == p->l4_off + 32 &&
	    !otseg_load_header(e, p->l4_off + 20u, options, sizeof(options)) &&
	    otseg_wire(u32, options) == otseg_be32(OTSEG_TCP_TIMESTAMPS)) {
		r->options = 12;
		r->stamps[0] = otseg_wire(u32, options + 8);
		r->stamps[1] = otseg_wire(u32, options + 4);
	}
	if (p->l4_off + 20u + r->options + OTSEG_MODBUS_REFUSAL > p->frame_len)
		return 0;
	r->transaction = otseg_wire(u16, h);
	r->unit = h[6];
	r->function = h[7] | 0x80;
	r->code = (u8)denial_code(e->s->verdict.reason);
	r->len = OTSEG_MODBUS_REFUSAL;
	r->seq = p->ack;
	r->ack = p->seq + p->payload_len;
	r->tcp_flags = OTSEG_TCP_ACK | OTSEG_TCP_PSH | OTSEG_TCP_FIN;
	return 1;
}

/* Is the sender to hear it in its own protocol? */
OTSEG_INLINE u32 denial_exception(const struct otseg_env *e, const struct otseg_packet *p,
				  const struct otseg_flow *f, u32 reply, struct otseg_reply *r)
{
	const struct otseg_verdict *v = &e->s->verdict;

	if (reply || v->service != OTSEG_SVC_MODBUS || v->conduit == OTSEG_NONE16 ||
	    !denial_is_message(v->reason) ||
	    !(otseg_at(e, CONDUITS, v->conduit)->flags & OTSEG_CONDUIT_EXCEPTION) ||
	    !denial_modbus(e, p, r))
		return 0;
	r->window = f->dir[1].window;
	return 1;
}

/* What becomes of a refused segment of a flow. */
OTSEG_INLINE u32 denial_of_flow(const struct otseg_env *e, const struct otseg_packet *p,
				const struct otseg_flow *f, u32 reply, struct otseg_reply *r)
{
	u32 is_told = (f->dir[0].flags | f->dir[1].flags) & OTSEG_FLOW_RST;

	if (!(p->tcp_flags & OTSEG_TCP_RST)) {
		if (is_told || otseg_tcp_is_opener(p->tcp_flags)) {
			denial_reset(p, r);
			return OTSEG_DENIAL_RESET;
		}
		if (denial_exception(e, p, f, reply, r))
			return OTSEG_DENIAL_EXCEPTION;
	} else if (is_told) {
		return OTSEG_DENIAL_NONE;
	}
	denial_reset_peer(f, reply, r);
	return OTSEG_DENIAL_PEER;
}

/* Can the interface send what came in by it? */
OTSEG_INLINE u32 denial_is_open(struct otseg_env *e)
{
	return otseg_ingress_open(e) && ((e->s->arrival.link_flags & OTSEG_LINK_GENERIC) ||
					 otseg_port_takes(e, e->s->arrival.ifindex));
}

/* The flow has been cut, as far as @kind tells. Only frames of a direction write its flags. */
OTSEG_INLINE void denial_cut(const struct otseg_env *e, struct otseg_flow *f, u32 reply, u32 kind)
{
	f->flags |= OTSEG_FLOW_CUT;
	if (kind == OTSEG_DENIAL_PEER && reply)
		f->dir[1].flags |= OTSEG_FLOW_RST;
	else if (kind == OTSEG_DENIAL_PEER)
		f->dir[0].flags |= OTSEG_FLOW_RST;
	otseg_flow_touch(e, OTSEG_TCP_RESET_S);
}

/* What is told of the frame: an enum otseg_denial, or why nothing is. */
OTSEG_INLINE u32 denial_find(struct otseg_env *e)
{
	const struct otseg_verdict *v = &e->s->verdict;
	struct otseg_packet *p = &e->s->quoted;
	struct otseg_flow_key *key = &e->s->key;
	struct otseg_reply *r = &e->s->reply;
	u32 kind = OTSEG_DENIAL_RESET;
	struct otseg_flow *f;
	u32 reply = 0;

	if (!denial_is_told(v->reason))
		return OTSEG_DENIAL_NONE;
	e->s->arrival.frame_len = otseg_whole_len(e);
	if (otseg_forget(e, otseg_decode(e, p)) || !denial_is_plain(p))
		return OTSEG_DENIAL_NONE;
	__builtin_memset(r, 0, sizeof(*r));
	reply = otseg_forget(e, otseg_key_make(p, key));
	f = otseg_flow_find(e, key, otseg_flow_hash(e, key));
	if (f) {
		reply ^= f->flags & OTSEG_FLOW_FROM_B;
		kind = otseg_forget(e, denial_of_flow(e, p, f, reply, r));
	} else if (p->tcp_flags & OTSEG_TCP_RST) {
		kind = OTSEG_DENIAL_NONE;
	} else {
		denial_reset(p, r);
	}
	if (kind == OTSEG_DENIAL_NONE)
		return kind;
	if (kind != OTSEG_DENIAL_PEER && !denial_is_open(e))
		return OTSEG_DENIAL_FAILED;
	if (!denial_take(e, denial_teller(e, v)))
		return OTSEG_DENIAL_SUPPRESSED;
	if (f)
		denial_cut(e, f, reply, kind);
	return kind;
}

/**
 * otseg_denial_note - decide who is told that the frame at hand is dropped
 * @e: surroundings; @e->s->verdict is the verdict, and takes @denial. The bytes are written by
 *	otseg_denial_write(), once nobody reads the frame any more
 *
 * A flow that is no longer allowed, and of which nobody can be told, ends without a word.
 */
OTSEG_INLINE void otseg_denial_note(struct otseg_env *e)
{
	u64 *counted = &e->counters[OTSEG_CTR_DENIAL];
	u64 id = e->flow_id;
	u32 kind = otseg_forget(e, denial_find(e));
	u32 is_told = kind && !(kind & (OTSEG_DENIAL_SUPPRESSED | OTSEG_DENIAL_FAILED));

	if (e->s->cut && e->s->cut == id && !is_told)
		otseg_flow_end(e, id);
	e->s->cut = 0;
	e->s->verdict.denial = (u8)(is_told ? kind : OTSEG_DENIAL_NONE);
	if (otseg_likely(is_told))
		counted[OTSEG_CTR_DENIAL_TOLD]++;
	else if (kind & OTSEG_DENIAL_SUPPRESSED)
		counted[OTSEG_CTR_DENIAL_SUPPRESSED]++;
	else if (kind & OTSEG_DENIAL_FAILED)
		counted[OTSEG_CTR_DENIAL_FAILED]++;
}

/* A sum of words, folded to 16 bits. */
OTSEG_INLINE u32 denial_fold(u64 sum)
{
	sum = (sum & 0xffffffff) + (sum >> 32);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return (u32)((sum & 0xffff) + (sum >> 16));
}

/* What pseudo header and length of a segment add to its sum (RFC 9293 section 3.1). */
OTSEG_INLINE u64 denial_pseudo(const struct otseg_packet *p, u32 len)
{
	u64 sum = (u32)otseg_be16((u16)len) + (OTSEG_PROTO_TCP << 8);
	u32 i;

	for (i = 0; i < 4; i++)
		sum += (u64)p->src.w[i] + p->dst.w[i];
	return sum;
}

/* The IP header, from @src to @dst, before @len bytes; words in network order. */
OTSEG_INLINE void denial_ip(u32 *w, const struct otseg_packet *p, const struct otseg_addr *src,
			    const struct otseg_addr *dst, u32 len, u32 hops)
{
	u64 sum = 0;
	u32 i;

	if (p->family == 4) {
		w[0] = otseg_be32(0x45000000 | (20 + len));
		/* No fragment ever comes of it, so it needs no number (RFC 6864). */
		w[1] = otseg_be32(0x00004000);
		w[2] = otseg_be32(hops << 24 | OTSEG_PROTO_TCP << 16);
		w[3] = src->w[0];
		w[4] = dst->w[0];
		for (i = 0; i < 5; i++)
			sum += w[i];
		w[2] |= (u32)((u16)~denial_fold(sum)) << 16;
		return;
	}
	w[0] = otseg_be32(0x60000000);
	w[1] = otseg_be32(len << 16 | OTSEG_PROTO_TCP << 8 | hops);
	for (i = 0; i < 4; i++) {
		w[2 + i] = src->w[i];
		w[6 + i] = dst->w[i];
	}
}

/* The segment but for its checksum, as words in network order; the rest of them is zero. */
OTSEG_INLINE void denial_tcp(u32 *w, const struct otseg_packet *p, const struct otseg_reply *r,
			     u32 is_peer)
{
	u32 header = (20u + r->options) << 26;

	__builtin_memset(w, 0, OTSEG_DENIAL_TCP);
	w[0] = otseg_be32(is_peer ? (u32)p->sport << 16 | p->dport :
				    (u32)p->dport << 16 | p->sport);
	w[1] = otseg_be32(r->seq);
	w[2] = otseg_be32(r->ack);
	w[3] = otseg_be32(header | (u32)r->tcp_flags << 16 | r->window);
	if (!r->len)
		return;
	w += 5;
	if (r->options) {
		w[0] = otseg_be32(OTSEG_TCP_TIMESTAMPS);
		w[1] = r->stamps[0];
		w[2] = r->stamps[1];
		w += 3;
	}
	w[0] = r->transaction;
	w[1] = otseg_be32((OTSEG_MODBUS_REFUSAL - 6) << 16 | (u32)r->unit << 8 | r->function);
	w[2] = r->code;
}

/*
 * A virtual sender may leave the checksum to whoever sends the frame on: then there is only the sum
 * of the pseudo header, and whoever has that left to do would spoil a whole one.
 */
OTSEG_INLINE u32 denial_is_partial(const struct otseg_env *e, const struct otseg_packet *p,
				   u32 is_peer)
{
	u32 len = (u32)p->payload_off - p->l4_off + p->payload_len;
	u16 sum;

	if (!(e->s->arrival.link_flags & OTSEG_LINK_GENERIC) && !(is_peer && !e->s->arrival.out))
		return 0;
	return !otseg_load_header(e, p->l4_off + 16u, &sum, sizeof(sum)) &&
	       sum == denial_fold(denial_pseudo(p, len));
}

/* Who the frame is sent to: the sender's address becomes the receiver's. 0: that failed. */
OTSEG_INLINE u32 denial_turn(const struct otseg_env *e, const struct otseg_packet *p)
{
	u8 macs[12];

	__builtin_memcpy(macs, p->src_mac, 6);
	__builtin_memcpy(macs + 6, p->dst_mac, 6);
	return !otseg_store(e, 0, macs, sizeof(macs));
}

/* Fills up to the shortest frame, and cuts off what is behind. 0: that failed. */
OTSEG_INLINE u32 denial_trim(const struct otseg_env *e, u32 end)
{
	u32 len = e->s->arrival.frame_len;
	u32 *zeroes = e->s->denial.tcp;
	u32 to = len < OTSEG_DENIAL_MIN ? len : OTSEG_DENIAL_MIN;
	u32 pad = to - end;

	if (end > len)
		return 0;
	if (end >= to) {
		to = end;
	} else {
		__builtin_memset(zeroes, 0, OTSEG_DENIAL_TCP);
		/* Not one comparison, which Linux 7 would not see both bounds in. */
		otseg_opaque(pad);
		if (pad > OTSEG_DENIAL_TCP)
			return 0;
		otseg_opaque(pad);
		if (!pad || otseg_store(e, end, zeroes, pad))
			return 0;
	}
	return to == len || !otseg_trim(e, len - to);
}

/**
 * otseg_denial_write - make of a refused frame what is told of it
 * @e: surroundings; the frame is as it was when otseg_denial_note() was asked, or as the route
 *	has changed it since
 * @kind: enum otseg_denial
 *
 * Return: 1, or 0: it could not be written, and what there is now must not be sent.
 */
OTSEG_INLINE u32 otseg_denial_write(const struct otseg_env *e, u32 kind)
{
	const struct otseg_packet *p = &e->s->quoted;
	const struct otseg_reply *r = &e->s->reply;
	struct otseg_denial_bytes *b = &e->s->denial;
	u32 is_peer = kind == OTSEG_DENIAL_PEER;
	u32 len = 20u + r->options + r->len;
	u64 sum = denial_pseudo(p, len);
	u8 hops = OTSEG_DENIAL_HOPS;
	u32 i;

	if (is_peer && otseg_load_header(e, p->l3_off + (p->family == 4 ? 8u : 7u), &hops, 1))
		return 0;
	denial_ip(b->ip, p, is_peer ? &p->src : &p->dst, is_peer ? &p->dst : &p->src, len, hops);
	denial_tcp(b->tcp, p, r, is_peer);
	if (!denial_is_partial(e, p, is_peer)) {
		for (i = 0; i < OTSEG_DENIAL_TCP / 4; i++)
			sum += b->tcp[i];
		sum = ~(u64)denial_fold(sum);
	} else {
		sum = denial_fold(sum);
	}
	b->tcp[4] = (u16)sum;
	if (p->family == 4 ? otseg_store(e, p->l3_off, b->ip, 20) :
			     otseg_store(e, p->l3_off, b->ip, 40))
		return 0;
	otseg_opaque(len);
	if (len < 20 || len > OTSEG_DENIAL_TCP || otseg_store(e, p->l4_off, b->tcp, len))
		return 0;
	if (!is_peer && !denial_turn(e, p))
		return 0;
	return denial_trim(e, p->l4_off + len);
}

#endif /* OTSEG_DENIAL_H */
