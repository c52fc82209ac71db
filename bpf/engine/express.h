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

#include "brief.h"
#include "opening.h"
#include "refusal.h"
#include "wire.h"

#define OTSEG_EXPRESS_NO 0x300 /* in place of a reason: not a frame for the short way */

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
 * @sport: source port, host order
 * @dport: destination port
 * @proto: IP protocol
 */
struct express_ends {
	u32 src;
	u32 dst;
	u32 sport;
	u32 dport;
	u32 proto;
};

/* The same in the packet: of the addresses, the words that IPv4 fills. */
OTSEG_INLINE void express_note(struct otseg_packet *p, const struct express_ends *x)
{
	p->src.w[0] = x->src;
	p->dst.w[0] = x->dst;
	p->sport = (u16)x->sport;
	p->dport = (u16)x->dport;
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
	return header >= 20 && header <= len && x->sport && x->dport;
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
	u32 first = otseg_wire(u32, ip);
	u32 second = otseg_wire(u32, ip + 4);
	u32 third = otseg_wire(u32, ip + 8);
	u32 len = otseg_be16((u16)(first >> 16));
	u64 sum;

	x->src = otseg_wire(u32, ip + 12);
	x->dst = otseg_wire(u32, ip + 16);
	x->proto = (third >> 8) & 0xff;
	/* A group address is nobody's source. */
	if (otseg_wire(u16, h + OTSEG_AT_TYPE) != 0x0008 || (first & 0xff) != 0x45 || (h[6] & 1) ||
	    (second & 0xffbf0000) || len > e->s->arrival.frame_len - OTSEG_AT_IP || len < 28)
		return 0;
	sum = (u64)first + second + third + x->src + x->dst;
	sum = (sum & 0xffff) + ((sum >> 16) & 0xffff) + (sum >> 32);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	if (sum != 0xffff)
		return 0;
	len -= 20;
	x->sport = otseg_be16(otseg_wire(u16, l4));
	x->dport = otseg_be16(otseg_wire(u16, l4 + 2));
	if (otseg_likely(x->proto == OTSEG_PROTO_UDP))
		return otseg_be16(otseg_wire(u16, l4 + 4)) == len && x->dport;
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
	if (!h || (is_tcp && (p->tcp_flags & OTSEG_TCP_SYN) &&
		   p->payload_off != OTSEG_AT_L4 + 20))
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

/*
 * The flow of a frame, by the words of its key, and its bucket; NULL: none, or not by the
 * short way.
 */
OTSEG_INLINE struct otseg_flow *express_find(struct otseg_env *e, u64 addresses, u32 ports,
					     u32 proto, struct otseg_flow_bucket **at)
{
	const u64 *seed = otseg_root_of(e)->seed;
	struct otseg_flow_line *line;
	u32 index, tag, place, way;
	struct otseg_flow *f;
	u64 hash, table;

	hash = otseg_hash_more(seed, 0, 0, addresses >> 32, addresses, ports, proto << 8 | 4);
	tag = otseg_hash_tag(hash);
	table = otseg_table_size(e);
	index = otseg_hash_bucket(hash, 0, otseg_table_mask(table));
	line = otseg_line_at(e, index);
	if (!line)
		return NULL;
	place = otseg_bucket_scan(&line->bucket, index, tag);
	if (otseg_unlikely(!place)) {
		index = otseg_hash_bucket(hash, 1, otseg_table_mask(table));
		line = otseg_line_at(e, index);
		if (line)
			place = otseg_forget(e, otseg_bucket_scan(&line->bucket, index, tag));
		if (otseg_unlikely(!place && otseg_table_earlier(table)))
			place = otseg_other_scan(e, hash);
		if (!place) {
			e->s->hash = hash;
			e->s->is_new = OTSEG_NEW_FLOW;
			return NULL;
		}
		line = otseg_line_at(e, (place - 1) / OTSEG_FLOW_WAYS);
		if (!line)
			return NULL;
	}
	place = otseg_forget(e, place);
	way = (place - 1) & (OTSEG_FLOW_WAYS - 1);
	f = otseg_line_flow(line, way);
	if (otseg_key_addresses(&f->key) != addresses || otseg_key_ports(&f->key) != ports ||
	    otseg_key_protocol(&f->key) != (proto << 8 | 4) ||
	    otseg_is_past(otseg_read(line->bucket.deadline_s[way]), e->now_s))
		return NULL;
	e->flow_id = otseg_flow_make_id(tag, place - 1);
	*at = &line->bucket;
	return f;
}

/* Whether a plain segment fits a connection that is open in both directions. */
OTSEG_INLINE u32 express_fits(const struct otseg_packet *p, const struct otseg_flow *f,
			      const struct otseg_flow_dir *me, const struct otseg_flow_dir *you)
{
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
	u32 reason = OTSEG_EXPRESS_NO;
	u32 fault;

	otseg_ingress_open(e);
	if (p->proto != OTSEG_PROTO_TCP) {
		if (!(reply && otseg_track_is_none_yet(f)) && otseg_express_complete(e, p))
			express_ask(e);
		return reason;
	}
	if (e->s->arrival.link_flags & OTSEG_LINK_CHECKSUMS) {
		express_widen(p);
		fault = otseg_forget(e, otseg_checksum_tcp(e, p));
		if (fault)
			return fault;
	}
	if (otseg_brief_is(e, p))
		reason = otseg_forget(e, otseg_brief_segment(e, f, reply));
	if (reason == OTSEG_EXPRESS_NO) {
		/* what memory.h reads */
		express_widen(p);
		p->family = 4;
		express_ask(e);
	}
	return reason;
}

/* A frame passes: what its flow keeps of it. */
OTSEG_INLINE void express_pass(const struct otseg_env *e, const struct otseg_packet *p,
			       struct otseg_flow *f, struct otseg_flow_bucket *bucket, u32 reply)
{
	otseg_track_note(e, f, reply);
	if (f->key.proto == OTSEG_PROTO_TCP)
		otseg_tcp_advance(p, reply ? &f->dir[1] : &f->dir[0], p->seq + p->payload_len);
	otseg_bucket_touch(e, bucket, otseg_flow_place(e->flow_id), otseg_track_timeout(e, f));
}

/*
 * A plain frame that has no flow: a refusal, or OTSEG_EXPRESS_NO. The options of a SYN
 * are looked at before the policy is asked.
 */
OTSEG_INLINE u32 express_begin(struct otseg_env *e, const u8 *h, const struct express_ends *x,
			       struct otseg_verdict *v)
{
	struct otseg_packet *p = &e->s->packet;
	u32 reason;

	express_note(p, x);
	otseg_verdict_clear(v);
	if (p->proto == OTSEG_PROTO_TCP && (p->tcp_flags & OTSEG_TCP_SYN) &&
	    p->payload_off != OTSEG_AT_L4 + 20)
		return OTSEG_EXPRESS_NO;
	v->link = (u16)e->s->arrival.link;
	if (v->link == OTSEG_NONE16)
		return OTSEG_R_UNKNOWN_LINK;
	reason = otseg_forget(e, otseg_refusal_find(e, p, v));
	if (reason)
		return reason;
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
 * Return: enum otseg_reason, or OTSEG_EXPRESS_NO: nothing was decided,
 * and nothing but @v, @e->flow_id and what @e->s->is_new tells has changed.
 */
OTSEG_INLINE u32 otseg_express_decide(struct otseg_env *e, struct otseg_verdict *v)
{
	const u8 *h = otseg_peek(e, OTSEG_EXPRESS_HEADERS);
	struct otseg_path *path = &e->s->path;
	struct otseg_packet *p = &e->s->packet;
	u32 from_b, reply, ports, generation;
	struct otseg_flow_dir *me, *you;
	struct otseg_flow_bucket *bucket;
	u32 reason = OTSEG_R_FLOW;
	struct otseg_flow *f;
	struct express_ends x;
	u64 addresses;

	if (otseg_unlikely(!h || !express_decode(e, h, p, &x)))
		return OTSEG_EXPRESS_NO;
	otseg_wire_prepare(e);
	from_b = x.dst < x.src;
	addresses = from_b ? (u64)x.dst << 32 | x.src : (u64)x.src << 32 | x.dst;
	ports = from_b ? x.dport << 16 | x.sport : x.sport << 16 | x.dport;
	f = express_find(e, addresses, ports, x.proto, &bucket);
	if (!f)
		return e->s->is_new ? express_begin(e, h, &x, v) : OTSEG_EXPRESS_NO;
	generation = otseg_read(f->generation);
	otseg_barrier();
	reply = from_b ^ (f->flags & OTSEG_FLOW_FROM_B);
	/* Or they would be worked out anew for each of their fields. */
	me = &f->dir[reply & 1];
	otseg_opaque(me);
	you = &f->dir[~reply & 1];
	otseg_opaque(you);
	if (generation != e->generation || !(f->flags & OTSEG_FLOW_EXPRESS) ||
	    otseg_read(me->ifindex) != e->s->arrival.ifindex || me->vlan ||
	    (me->flags & OTSEG_FLOW_MAC))
		return OTSEG_EXPRESS_NO;
	otseg_barrier();
	otseg_track_recall(v, path, f, reply);
	otseg_barrier();
	/* Nor may the link that was recalled be another interface's. */
	if (otseg_unlikely(otseg_read(f->generation) != generation ||
			   otseg_read(me->ifindex) != e->s->arrival.ifindex))
		return OTSEG_EXPRESS_NO;
	if (x.proto == OTSEG_PROTO_TCP && !express_fits(p, f, me, you))
		return OTSEG_EXPRESS_NO;
	v->flags = reply ? OTSEG_V_REPLY : 0;
	v->n_messages = 0;
	if (path->inspected) {
		if (x.proto != OTSEG_PROTO_TCP)
			express_note(p, &x);
		reason = otseg_forget(e, express_inspect(e, p, f, reply));
		if (!otseg_reason_passes(reason))
			return reason;
	}
	express_pass(e, p, f, bucket, reply);
	return reason;
}

#endif /* OTSEG_EXPRESS_H */
