/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The short way: a plain frame (IPv4 without options, TCP or UDP, no VLAN tag) of
 * a live flow about which nothing has to be decided anew. Decides exactly what
 * decode.h, table.h and track.h would, in one pass over the header, or leaves
 * the frame to them, unchanged. Of a frame in several buffers it counts the bytes
 * of the first one, in which the whole IP packet lies.
 */
#ifndef OTSEG_EXPRESS_H
#define OTSEG_EXPRESS_H

#include "adopt.h"
#include "brief.h"
#include "denial.h"
#include "elsewhere.h"
#include "event.h"
#include "opening.h"
#include "poll.h"
#include "refusal.h"
#include "wire.h"

#define OTSEG_EXPRESS_NO 0x300 /* in place of a reason: not a frame for the short way */
#define OTSEG_EXPRESS_PASSED 0x600 /* the same: it passes, and nothing is left to be done */
#define OTSEG_EXPRESS_REFUSED 0x700 /* the same: it is dropped */

/* Of a segment in the middle of a connection only ACK is set. */
#define EXPRESS_TCP_FLAGS \
	(OTSEG_TCP_FIN | OTSEG_TCP_SYN | OTSEG_TCP_RST | OTSEG_TCP_ACK | OTSEG_TCP_URG)

#define OTSEG_EXPRESS_HEADERS 54 /* Ethernet, IPv4 and TCP; shorter frames take the long way */

/* Offsets in such a frame. */
enum otseg_express_at {
	OTSEG_AT_TYPE = 12,
	OTSEG_AT_IP = 14,
	OTSEG_AT_L4 = 34,
};

/**
 * struct express_ends - who talks to whom, as the frame has it
 * @src: source address, network order
 * @dst: destination address
 * @ports: source port << 16 | destination port
 * @proto: IP protocol
 */
struct express_ends {
	u32 src;
	u32 dst;
	u32 ports;
	u32 proto;
};

/* The same in the packet: of the addresses, the words that IPv4 fills. */
OTSEG_INLINE void express_note(struct otseg_packet *p, const struct express_ends *x)
{
	p->src.w[0] = x->src;
	p->dst.w[0] = x->dst;
	p->sport = (u16)(x->ports >> 16);
	p->dport = (u16)x->ports;
	p->proto = (u8)x->proto;
}

/* The TCP header at @l4, of @len bytes with its payload, goes to @p. */
OTSEG_INLINE u32 express_decode_tcp(const u8 *l4, u32 len, struct otseg_packet *p,
				    const struct express_ends *x)
{
	u32 header = (l4[12] >> 4) * 4u;

	express_note(p, x);
	p->seq = otseg_be32(otseg_wire(u32, l4 + 4));
	p->ack = otseg_be32(otseg_wire(u32, l4 + 8));
	p->tcp_flags = l4[13];
	p->window = otseg_be16(otseg_wire(u16, l4 + 14));
	p->l4_off = OTSEG_AT_L4;
	p->payload_off = (u16)(OTSEG_AT_L4 + header);
	p->payload_len = (u16)(len - header);
	return header >= 20 && header <= len && x->ports >> 16 && x->ports & 0xffff;
}

/*
 * Is the sum of an IP header's words of 32 bits, which is not 0, what a right checksum makes
 * of it: a multiple of 65535 (RFC 1071: 2^16 is 1 there)? An odd number divides another
 * one if that times its inverse modulo 2^64 is not more than the largest quotient (H. Warren,
 * "Hacker's Delight", 10-17); the inverse of 65535 is minus the one below.
 */
OTSEG_INLINE u32 express_sum_is_right(u64 sum)
{
	const u64 most = 0x0001000100010001;

	return 0 - sum * most <= most;
}

/*
 * Whether the frame is a plain one, which nothing but well-formed headers is. Then @x
 * has its ends, and of TCP @p what the rest of the way reads.
 */
OTSEG_INLINE u32 express_decode(const struct otseg_env *e, const u8 *h, struct otseg_packet *p,
				struct express_ends *x)
{
	const u8 *ip = h + OTSEG_AT_IP;
	const u8 *l4 = h + OTSEG_AT_L4;
	u32 second = otseg_wire(u32, ip + 4);
	u32 third = otseg_wire(u32, ip + 8);
	u32 len = otseg_be16(otseg_wire(u16, ip + 2));

	/* Ethertype, version and header length in one; a group address is nobody's source. */
	if (otseg_unlikely((otseg_wire(u32, h + OTSEG_AT_TYPE) & 0xffffff) != 0x450008))
		return 0;
	if (otseg_unlikely(h[6] & 1))
		return 0;
	if (otseg_unlikely(second & 0xffbf0000))
		return 0;
	if (otseg_unlikely(len > e->s->arrival.frame_len - OTSEG_AT_IP || len < 28))
		return 0;
	x->src = otseg_wire(u32, ip + 12);
	x->dst = otseg_wire(u32, ip + 16);
	x->proto = (third >> 8) & 0xff;
	x->ports = otseg_be32(otseg_wire(u32, l4));
	if (otseg_unlikely(!express_sum_is_right((u64)otseg_wire(u32, ip) + second + third +
						 x->src + x->dst)))
		return 0;
	len -= 20;
	if (otseg_likely(x->proto == OTSEG_PROTO_UDP))
		return otseg_be16(otseg_wire(u16, l4 + 4)) == len && x->ports & 0xffff;
	return x->proto == OTSEG_PROTO_TCP && express_decode_tcp(l4, len, p, x);
}

/* The words of the addresses that IPv4 leaves empty. */
OTSEG_INLINE void express_widen(struct otseg_packet *p)
{
	__builtin_memset(&p->src.w[1], 0, sizeof(p->src) - sizeof(p->src.w[0]));
	__builtin_memset(&p->dst.w[1], 0, sizeof(p->dst) - sizeof(p->dst.w[0]));
}

/**
 * otseg_express_complete - what otseg_decode() would have made of a plain frame
 * @e: surroundings
 * @p: the packet, of which the short way has seen that it is a plain one
 *
 * Return: whether it could; it can as long as the frame is what it was.
 */
OTSEG_INLINE u32 otseg_express_complete(const struct otseg_env *e, struct otseg_packet *p)
{
	const u8 *h = otseg_peek(e, OTSEG_EXPRESS_HEADERS);
	u32 is_tcp = p->proto == OTSEG_PROTO_TCP;

	/* A SYN has options to be decoded. */
	if (!h || (is_tcp && (p->tcp_flags & OTSEG_TCP_SYN) && p->payload_off != OTSEG_AT_L4 + 20))
		return 0;
	express_widen(p);
	__builtin_memcpy(p->dst_mac, h, 6);
	__builtin_memcpy(p->src_mac, h + 6, 6);
	p->selector = OTSEG_SEL(is_tcp ? OTSEG_SEL_TCP : OTSEG_SEL_UDP, p->dport);
	p->vlan = 0;
	p->frame_len = e->s->arrival.frame_len;
	p->ethertype = OTSEG_ETH_IPV4;
	p->l3_off = OTSEG_AT_IP;
	p->l4_off = OTSEG_AT_L4;
	p->family = 4;
	p->window_scale = is_tcp && (p->tcp_flags & OTSEG_TCP_SYN) ? OTSEG_NO_SCALE : 0;
	p->fault = 0;
	if (!is_tcp) {
		p->seq = 0;
		p->ack = 0;
		p->window = 0;
		p->tcp_flags = 0;
		p->payload_off = OTSEG_AT_L4 + 8;
		p->payload_len = (u16)(otseg_be16(otseg_wire(u16, h + OTSEG_AT_L4 + 4)) - 8);
	}
	return 1;
}

/**
 * struct express_flow - where the flow of a frame is
 * @f: the flow
 * @deadline_s: when it ends, in its bucket
 * @reply: the frame travels against the direction that the flow was opened in
 */
struct express_flow {
	struct otseg_flow *f;
	u32 *deadline_s;
	u32 reply;
};

/* Finds the flow of a frame. Return: 1; 0: none, or not by the short way. */
OTSEG_INLINE u32 express_find(struct otseg_env *e, const struct express_ends *x,
			      struct express_flow *at)
{
	/* As they lie in the key, the lower end's first. */
	u32 ports = x->ports << 16 | x->ports >> 16;
	u32 protocol = 4 << 8 | x->proto;
	struct otseg_flow_line *line;
	u32 index, place, tag;
	u32 from_b = 0;
	u32 a = x->src;
	u32 b = x->dst;
	u32 way = 0;
	struct otseg_flow *f;
	u32 *deadline_s;
	u64 hash, table;

	if (x->dst < x->src) {
		a = x->dst;
		b = x->src;
		ports = x->ports;
		from_b = 1;
		/* Or each of them is chosen by itself. */
		otseg_opaque(from_b);
	}
	hash = otseg_hash_of(e, 0, a, b, ports, protocol);
	table = otseg_table_size(e);
	tag = otseg_hash_tag(hash);
	index = otseg_hash_bucket(hash, 0, otseg_table_mask(table));
	line = otseg_line_at(e, index);
	if (otseg_unlikely(!line))
		return 0;
	/* Most flows are the first one of their bucket, and lie beside it. */
	if (otseg_unlikely(otseg_read(line->bucket.tag[0]) != tag)) {
		place = otseg_forget(e, otseg_bucket_scan(&line->bucket, index, tag));
		if (!place && otseg_unlikely(otseg_table_earlier(table) ||
					     otseg_bucket_has_spilled(e, index))) {
			index = otseg_hash_bucket(hash, 1, otseg_table_mask(table));
			line = otseg_line_at(e, index);
			if (line)
				place = otseg_forget(e,
						     otseg_bucket_scan(&line->bucket, index, tag));
			if (otseg_unlikely(!place && otseg_table_earlier(table)))
				place = otseg_other_scan(e, hash);
		}
		if (!place) {
			e->s->hash = hash;
			e->s->is_new = OTSEG_NEW_FLOW;
			return 0;
		}
		index = (place - 1) / OTSEG_FLOW_WAYS;
		way = (place - 1) & (OTSEG_FLOW_WAYS - 1);
		line = otseg_line_at(e, index);
		if (!line)
			return 0;
	}
	f = otseg_line_flow(line, way);
	/* Or its place would be worked out anew for each of its fields. */
	otseg_opaque(f);
	if (otseg_unlikely(f->key.a.w[0] != a || f->key.b.w[0] != b))
		return 0;
	if (otseg_unlikely(otseg_key_ports(&f->key) != ports ||
			   otseg_key_protocol(&f->key) != protocol))
		return 0;
	deadline_s = &line->bucket.deadline_s[way];
	otseg_opaque(deadline_s);
	if (otseg_unlikely(otseg_is_past(otseg_read(*deadline_s), e->now_s)))
		return 0;
	e->flow_id = otseg_flow_make_id(tag, index * OTSEG_FLOW_WAYS + way);
	at->f = f;
	at->deadline_s = deadline_s;
	at->reply = from_b;
	return 1;
}

/* Whether a plain segment fits a connection that is open in both directions. */
OTSEG_INLINE u32 express_fits(const struct otseg_packet *p, const struct otseg_flow *f,
			      const struct otseg_flow_dir *me, u32 reply)
{
	const struct otseg_flow_dir *you = &f->dir[~reply & 1];

	otseg_opaque(you);
	if ((p->tcp_flags & EXPRESS_TCP_FLAGS) != OTSEG_TCP_ACK ||
	    ((me->flags | you->flags) & (OTSEG_FLOW_RST | OTSEG_FLOW_FIN)) ||
	    !(me->flags & you->flags & OTSEG_FLOW_SYN) || !(f->dir[0].flags & OTSEG_FLOW_ACKED))
		return 0;
	return otseg_tcp_in_window(p, me, you, 1);
}

/* Only the payload has to be asked. */
OTSEG_INLINE void express_ask(const struct otseg_env *e)
{
	e->s->is_new = OTSEG_NEW_STREAM;
	e->s->inspection.task = 0;
	e->s->said = OTSEG_R_NONE;
}

/*
 * Inspected: the rest of what checksum.h reads, and the stream's word. Datagrams are the
 * stream's at once.
 */
OTSEG_INLINE u32 express_inspect(struct otseg_env *e, struct otseg_packet *p,
				 const struct otseg_flow *f, u32 reply)
{
	u32 is_none_yet = otseg_track_is_none_yet(f);
	u32 reason = OTSEG_EXPRESS_NO;
	u32 fault;

	if (p->proto != OTSEG_PROTO_TCP) {
		if ((reply && is_none_yet) || !otseg_express_complete(e, p))
			return reason;
		fault = otseg_forget(e, otseg_track_inspectable(e, p));
		if (otseg_unlikely(fault))
			return fault;
		if (!reply && !is_none_yet)
			reason = otseg_forget(e, otseg_brief_datagram(e, f));
		if (reason == OTSEG_EXPRESS_NO)
			express_ask(e);
		return reason;
	}
	if (otseg_unlikely(e->s->arrival.link_flags & OTSEG_LINK_CHECKSUMS)) {
		fault = otseg_checksum_short(e, p, (u64)p->src.w[0] + p->dst.w[0],
					     OTSEG_PROTO_TCP);
		if (otseg_unlikely(fault == OTSEG_UNJUDGED)) {
			express_widen(p);
			fault = otseg_checksum_tcp(e, p);
		}
		fault = otseg_forget(e, fault);
		if (otseg_unlikely(fault))
			return fault;
	}
	if (otseg_brief_is(p, reply))
		reason = otseg_forget(e, otseg_brief_segment(e, f, reply));
	if (reason == OTSEG_EXPRESS_NO) {
		/* what memory.h reads */
		express_widen(p);
		p->family = 4;
		express_ask(e);
	}
	return reason;
}

/* Seconds that the flow lives on after a frame that passed: what otseg_track_timeout() says. */
OTSEG_INLINE u32 express_timeout(const struct otseg_env *e, const struct otseg_flow *f, u32 proto)
{
	if (otseg_unlikely(f->flags & OTSEG_FLOW_IDLE))
		return otseg_track_timeout(e, f);
	if (proto == OTSEG_PROTO_TCP)
		return otseg_tcp_timeout(f, 0);
	return f->dir[1].packets ? OTSEG_UDP_IDLE_S : OTSEG_UDP_NEW_S;
}

/* A frame passes: what its flow keeps of it. */
OTSEG_INLINE void express_pass(const struct otseg_env *e, const struct otseg_packet *p,
			       const struct express_flow *at, struct otseg_flow_dir *me, u32 proto)
{
	me->packets++;
	me->bytes += e->s->arrival.frame_len;
	if (proto == OTSEG_PROTO_TCP)
		otseg_tcp_advance(p, me, p->seq + p->payload_len);
	otseg_deadline_set(e, at->deadline_s, express_timeout(e, at->f, proto));
}

/* Is the flow still of this policy, and are frames of this direction expected from here? */
OTSEG_INLINE u32 express_is_current(const struct otseg_env *e, const struct otseg_flow *f,
				    const struct otseg_flow_dir *me)
{
	return otseg_read(f->generation) == e->generation &&
	       otseg_read(me->ifindex) == e->s->arrival.ifindex;
}

/* The verdict on a frame that passes by a flow, to @out. */
OTSEG_INLINE void express_tell(struct otseg_verdict *v, u32 reason, u32 out)
{
	v->reason = (u8)reason;
	v->action = OTSEG_ACTION_PASS;
	if (out)
		v->flags |= OTSEG_V_WIRE;
}

/*
 * A frame of a flow that is not inspected, and it is known where it would leave: all that is left
 * to do, without a verdict unless somebody reads it. Return: OTSEG_EXPRESS_PASSED, or
 * OTSEG_EXPRESS_NO.
 */
OTSEG_INLINE u32 express_plain(struct otseg_env *e, struct otseg_verdict *v,
			       const struct express_flow *at, struct otseg_flow_dir *me, u32 proto,
			       u32 out)
{
	const struct otseg_packet *p = &e->s->packet;
	const struct otseg_flow *f = at->f;
	u32 zone = otseg_read(f->zone[at->reply & 1]);
	u32 conduit = otseg_read(f->conduit);
	u32 rule = otseg_read(f->rule);

	/* Nor may what was recalled be another policy's, or another interface's. */
	if (otseg_unlikely(!express_is_current(e, f, me)))
		return OTSEG_EXPRESS_NO;
	if (proto == OTSEG_PROTO_TCP && otseg_unlikely(!express_fits(p, f, me, at->reply)))
		return OTSEG_EXPRESS_NO;
	express_pass(e, p, at, me, proto);
	if (otseg_is_watched(e)) {
		otseg_track_recall(v, &e->s->path, f, at->reply);
		v->flags = at->reply ? OTSEG_V_REPLY : 0;
		v->n_messages = 0;
		express_tell(v, OTSEG_R_FLOW, out);
	}
	otseg_count_pass(e, OTSEG_R_FLOW, e->s->arrival.link, zone, conduit, rule);
	e->s->arrival.out = out;
	return OTSEG_EXPRESS_PASSED;
}

/* What the flow says of its frames, for a poll that is told of. */
OTSEG_NOINLINE void express_recall(const struct otseg_env *e, const struct otseg_flow *f, u32 reply)
{
	struct otseg_verdict *v = &e->s->verdict;

	otseg_track_recall(v, &e->s->path, f, reply);
	v->flags = reply ? OTSEG_V_REPLY : 0;
}

/* May a segment of a flow that polls be a poll, and is its checksum right, if it is real? */
OTSEG_INLINE u32 express_may_poll(const struct otseg_env *e)
{
	const struct otseg_packet *p = &e->s->packet;

	if (!otseg_poll_is(p))
		return 0;
	if (otseg_likely(!(e->s->arrival.link_flags & OTSEG_LINK_CHECKSUMS)))
		return 1;
	return !otseg_forget(e, otseg_checksum_short(e, p, (u64)p->src.w[0] + p->dst.w[0],
						     OTSEG_PROTO_TCP));
}

/* A poll is refused, by a conduit that enforces. Return: as otseg_express_decide(). */
OTSEG_INLINE u32 express_refuse(struct otseg_env *e, struct otseg_verdict *v, u32 reason)
{
	if (otseg_unlikely(otseg_denial_is_due(e, v)))
		return reason;
	v->action = OTSEG_ACTION_DROP;
	v->denial = OTSEG_DENIAL_NONE;
	otseg_count_refused(e, v);
	otseg_event_note(e);
	return OTSEG_EXPRESS_REFUSED;
}

/*
 * A segment of a flow that polls. Return: as otseg_express_decide(); OTSEG_EXPRESS_NO: it is none
 * that poll.h can judge.
 */
OTSEG_INLINE u32 express_poll(struct otseg_env *e, struct otseg_verdict *v,
			      const struct express_flow *at, struct otseg_flow_dir *me,
			      const u32 dir, u32 out)
{
	const struct otseg_packet *p = &e->s->packet;
	const struct otseg_flow *f = at->f;
	struct otseg_session *s = otseg_poll_session(e, f, dir);
	u32 whose = (u32)otseg_read(f->zone[dir]) << 16 | otseg_read(f->conduit);
	u32 rule = otseg_read(f->rule);
	struct otseg_msg msg;
	u32 reason;

	if (!s)
		return OTSEG_EXPRESS_NO;
	/* One number for the compiler to keep. */
	otseg_opaque(whose);
	if (otseg_unlikely(otseg_read(f->link[dir]) != e->s->arrival.link))
		out = OTSEG_WAY_OPEN;
	if (otseg_unlikely(out == OTSEG_WAY_OPEN) || otseg_is_watched(e))
		express_recall(e, f, dir);
	if (otseg_unlikely(!express_is_current(e, f, me)) ||
	    otseg_unlikely(!express_fits(p, f, me, dir)))
		return OTSEG_EXPRESS_NO;
	if (!otseg_poll_parse(e, otseg_read(f->service), dir, &msg))
		return OTSEG_EXPRESS_NO;
	reason = otseg_forget(e, otseg_poll_judge(e, s, otseg_read(f->leaf), dir, &msg, &rule));
	if (otseg_unlikely(reason == OTSEG_BRIEF_NO))
		return OTSEG_EXPRESS_NO;
	if (otseg_unlikely(reason != OTSEG_R_RULE)) {
		express_recall(e, f, dir);
		if (!express_is_current(e, f, me))
			return OTSEG_EXPRESS_NO;
		otseg_poll_tell(e, dir, reason, OTSEG_NONE32);
		return express_refuse(e, v, reason);
	}
	if (otseg_unlikely(out == OTSEG_WAY_OPEN) || otseg_is_watched(e))
		otseg_poll_tell(e, dir, reason, rule);
	express_pass(e, p, at, me, OTSEG_PROTO_TCP);
	if (dir == OTSEG_DIR_REQUEST)
		stream_count_one(e, rule, (u16)whose);
	if (otseg_unlikely(out == OTSEG_WAY_OPEN))
		return reason;
	if (otseg_is_watched(e))
		express_tell(v, reason, out);
	otseg_count_pass(e, reason, e->s->arrival.link, whose >> 16, (u16)whose, rule);
	e->s->arrival.out = out;
	return OTSEG_EXPRESS_PASSED;
}

/* Any other frame of a flow. Return: as otseg_express_decide(). */
OTSEG_INLINE u32 express_other(struct otseg_env *e, struct otseg_verdict *v,
			       const struct express_flow *at, struct otseg_flow_dir *me,
			       const struct express_ends *x, u32 out)
{
	struct otseg_packet *p = &e->s->packet;
	struct otseg_path *path = &e->s->path;
	u32 reason = OTSEG_R_FLOW;

	otseg_barrier();
	otseg_track_recall(v, path, at->f, at->reply);
	otseg_barrier();
	if (otseg_unlikely(!express_is_current(e, at->f, me)))
		return OTSEG_EXPRESS_NO;
	if (x->proto == OTSEG_PROTO_TCP && otseg_unlikely(!express_fits(p, at->f, me, at->reply)))
		return OTSEG_EXPRESS_NO;
	v->flags = at->reply ? OTSEG_V_REPLY : 0;
	v->n_messages = 0;
	if (path->inspected) {
		if (x->proto != OTSEG_PROTO_TCP)
			express_note(p, x);
		reason = otseg_forget(e, express_inspect(e, p, at->f, at->reply));
		if (otseg_unlikely(!otseg_reason_passes(reason)))
			return reason;
	}
	express_pass(e, p, at, me, x->proto);
	if (otseg_unlikely(out == OTSEG_WAY_OPEN || v->link != e->s->arrival.link))
		return reason;
	express_tell(v, reason, out);
	otseg_count_pass(e, reason, v->link, v->src_zone, v->conduit, v->rule);
	e->s->arrival.out = out;
	return OTSEG_EXPRESS_PASSED;
}

/* Nothing is known of the frame but its ends. Return: OTSEG_EXPRESS_NO. */
OTSEG_INLINE u32 express_unknown(struct otseg_packet *p, const struct express_ends *x,
				 struct otseg_verdict *v)
{
	express_note(p, x);
	otseg_verdict_clear(v);
	return OTSEG_EXPRESS_NO;
}

/*
 * A plain frame that has no flow: as otseg_express_decide(), but nothing passes. The options
 * of a SYN are looked at before the policy is asked. What may take up a connection is not looked
 * for among what was refused: the answer changes with time.
 */
OTSEG_INLINE u32 express_begin(struct otseg_env *e, const u8 *h, const struct express_ends *x,
			       struct otseg_verdict *v)
{
	struct otseg_packet *p = &e->s->packet;
	u64 rest = otseg_refusal_rest(x->ports, x->proto, p->tcp_flags);
	u32 reason;

	if (x->proto == OTSEG_PROTO_TCP) {
		if ((p->tcp_flags & OTSEG_TCP_SYN) && p->payload_off != OTSEG_AT_L4 + 20)
			return express_unknown(p, x, v);
		if (otseg_unlikely(otseg_adopt_may(e, p->tcp_flags)))
			return express_unknown(p, x, v);
	}
	/* Nor is what may be an answer from elsewhere: that depends on what was asked. */
	if (otseg_unlikely(otseg_elsewhere_may(e, x->proto)))
		return express_unknown(p, x, v);
	reason = otseg_forget(e, otseg_refusal_find(e, (u64)x->src << 32 | x->dst, rest, v));
	if (otseg_likely(reason)) {
		/* Its conduit enforces, and it has paid no rate. */
		otseg_count_refused(e, v);
		otseg_event_note(e);
		return OTSEG_EXPRESS_REFUSED;
	}
	express_unknown(p, x, v);
	v->link = (u16)e->s->arrival.link;
	if (v->link == OTSEG_NONE16)
		return OTSEG_R_UNKNOWN_LINK;
	__builtin_memcpy(p->src_mac, h + 6, 6);
	reason = otseg_forget(e, otseg_opening_plain(e, p, v));
	if (reason != OTSEG_R_RULE && !otseg_conduit_is_monitored(e, v->conduit)) {
		reason &= ~(u32)OTSEG_OPENING_FINAL;
		if (reason != OTSEG_R_TCP_SYN_DATA)
			otseg_refusal_keep(e, p, v, reason);
		return reason;
	}
	if (reason & OTSEG_OPENING_FINAL)
		return reason & ~(u32)OTSEG_OPENING_FINAL;
	e->s->is_new = OTSEG_NEW_JUDGED;
	e->s->said = reason;
	return OTSEG_EXPRESS_NO;
}

/**
 * otseg_express_decide - decide about a plain frame of a live flow, or refuse one of none
 * @e: surroundings
 * @v: takes the verdict but for action and reason
 *
 * Return: enum otseg_reason; OTSEG_EXPRESS_PASSED or OTSEG_EXPRESS_REFUSED: the frame has been
 * counted, too; or OTSEG_EXPRESS_NO: nothing was decided, and nothing but @v, scratch memory,
 * @e->flow_id and for which policy a cursor speaks has changed.
 */
OTSEG_INLINE u32 otseg_express_decide(struct otseg_env *e, struct otseg_verdict *v)
{
	const u8 *h = otseg_peek(e, OTSEG_EXPRESS_HEADERS);
	struct otseg_flow_dir *me;
	struct express_flow at;
	struct express_ends x;
	u32 flags, out, reason;
	u64 known;

	if (otseg_unlikely(!h || !express_decode(e, h, &e->s->packet, &x)))
		return OTSEG_EXPRESS_NO;
	known = otseg_wire_here(e);
	if (otseg_unlikely(!express_find(e, &x, &at)))
		return e->s->is_new ? express_begin(e, h, &x, v) : OTSEG_EXPRESS_NO;
	out = otseg_forget(e, otseg_wire_way(e, known));
	/* Before the rest of the flow, which is written before its generation is. */
	if (otseg_unlikely(otseg_read(at.f->generation) != e->generation))
		return OTSEG_EXPRESS_NO;
	flags = otseg_read(at.f->flags);
	at.reply ^= flags & OTSEG_FLOW_FROM_B;
	me = &at.f->dir[at.reply & 1];
	otseg_opaque(me);
	/* Of what has been cut, every frame is asked for that. */
	if (otseg_unlikely((flags & (OTSEG_FLOW_EXPRESS | OTSEG_FLOW_CUT)) != OTSEG_FLOW_EXPRESS))
		return OTSEG_EXPRESS_NO;
	if (otseg_unlikely(otseg_read(me->ifindex) != e->s->arrival.ifindex ||
			   otseg_read(me->vlan)))
		return OTSEG_EXPRESS_NO;
	if (otseg_unlikely(otseg_read(me->flags) & OTSEG_FLOW_MAC))
		return OTSEG_EXPRESS_NO;
	if (otseg_likely(!(flags & OTSEG_FLOW_INSPECTED) && out != OTSEG_WAY_OPEN &&
			 otseg_read(at.f->link[at.reply & 1]) == e->s->arrival.link))
		return express_plain(e, v, &at, me, x.proto, out);
	if (flags & OTSEG_FLOW_POLL && express_may_poll(e)) {
		/* Each direction by itself, or all of both is kept apart from the start to the end. */
		reason = at.reply & 1 ? express_poll(e, v, &at, me, OTSEG_DIR_RESPONSE, out) :
					express_poll(e, v, &at, me, OTSEG_DIR_REQUEST, out);
		if (otseg_likely(reason != OTSEG_EXPRESS_NO))
			return reason;
	}
	return express_other(e, v, &at, me, &x, out);
}

#endif /* OTSEG_EXPRESS_H */
