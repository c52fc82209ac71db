/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * ICMP and ICMPv6 beyond the echo: errors pass only when they quote a live,
 * allowed flow and come from the side that the quoted frame went to.
 */
#ifndef OTSEG_ICMP_H
#define OTSEG_ICMP_H

#include "track.h"

enum otseg_icmp_kind {
	OTSEG_ICMP_PLAIN, /* a rule may allow it by type */
	OTSEG_ICMP_ERROR, /* quotes a frame */
	OTSEG_ICMP_REFUSED, /* redirects and source quench: they only serve attackers */
};

/**
 * otseg_icmp_kind_of - what an ICMP message is
 * @p: a packet of ICMP or ICMPv6
 *
 * Return: enum otseg_icmp_kind.
 */
OTSEG_INLINE u32 otseg_icmp_kind_of(const struct otseg_packet *p)
{
	u32 type = (p->selector >> 8) & 0xff;

	if (p->family == 4) {
		/* RFC 792: unreachable, time exceeded, parameter problem. */
		if (type == 3 || type == 11 || type == 12)
			return OTSEG_ICMP_ERROR;
		return type == 4 || type == 5 ? OTSEG_ICMP_REFUSED : OTSEG_ICMP_PLAIN;
	}
	/* RFC 4443 section 2.1: types below 128 are errors; four are defined. */
	if (type >= 1 && type <= 4)
		return OTSEG_ICMP_ERROR;
	return type < 128 || type == 137 ? OTSEG_ICMP_REFUSED : OTSEG_ICMP_PLAIN;
}

/* The quoted transport header: its first eight bytes are there (RFC 792, RFC 4443). */
OTSEG_INLINE u32 otseg_quote_l4(const struct otseg_env *e, struct otseg_packet *q)
{
	union otseg_header h;

	if (otseg_load(e, q->l4_off, &h, 8))
		return 0;
	if (q->proto == OTSEG_PROTO_TCP || q->proto == OTSEG_PROTO_UDP) {
		q->sport = otseg_be16(h.h[0]);
		q->dport = otseg_be16(h.h[1]);
		q->seq = otseg_be32(h.w[1]);
		return 1;
	}
	if (q->proto != (q->family == 4 ? OTSEG_PROTO_ICMP : OTSEG_PROTO_ICMPV6))
		return 0;
	q->selector = OTSEG_SEL(q->proto, (u32)h.b[0] << 8 | h.b[1]);
	q->sport = otseg_be16(h.h[2]);
	q->dport = q->sport;
	return otseg_is_tracked(q);
}

/* Decodes the frame that an ICMP error quotes; 1: there is one that can be judged. */
OTSEG_NOINLINE u32 otseg_quote_decode(const struct otseg_env *e, const struct otseg_packet *p,
				      struct otseg_packet *q)
{
	union otseg_header h;

	__builtin_memset(q, 0, sizeof(*q));
	q->family = p->family;
	if (p->family == 4) {
		if (p->payload_len < 28 || otseg_load(e, p->payload_off, &h, 20))
			return 0;
		/* No options, and the first fragment if any. */
		if (h.b[0] != 0x45 || (h.w[1] & 0xff1f0000))
			return 0;
		q->proto = h.b[9];
		q->src.w[0] = h.w[3];
		q->dst.w[0] = h.w[4];
		q->l4_off = p->payload_off + 20;
		return otseg_quote_l4(e, q);
	}
	if (p->payload_len < 48 || otseg_load(e, p->payload_off, &h, 40))
		return 0;
	if (h.b[0] >> 4 != 6)
		return 0;
	q->proto = h.b[6];
	__builtin_memcpy(&q->src, &h.b[8], 16);
	__builtin_memcpy(&q->dst, &h.b[24], 16);
	q->l4_off = p->payload_off + 40;
	return otseg_quote_l4(e, q);
}

/**
 * otseg_icmp_related - hold an ICMP error against the flow that it quotes
 * @e: surroundings
 * @p: the error
 * @v: verdict; link and zones are known; takes conduit and rule of the flow
 *
 * A flow that no frame has used since the policy changed is not known yet: the
 * error is refused, and the next frame of the flow makes up for it.
 *
 * Return: enum otseg_reason: RELATED or ICMP_UNRELATED, or what the flow lives for.
 */
OTSEG_NOINLINE u32 otseg_icmp_related(struct otseg_env *e, const struct otseg_packet *p,
				      struct otseg_verdict *v)
{
	struct otseg_packet *q = &e->s->quoted;
	const struct otseg_flow_dir *d, *back;
	struct otseg_flow_key *key = &e->s->key;
	u32 from_b, reply, reach;
	struct otseg_flow *f;

	if (!otseg_quote_decode(e, p, q))
		return OTSEG_R_ICMP_UNRELATED;
	/* It is told to who sent the quoted frame. */
	if (q->src.w[0] != p->dst.w[0] || q->src.w[1] != p->dst.w[1] ||
	    q->src.w[2] != p->dst.w[2] || q->src.w[3] != p->dst.w[3])
		return OTSEG_R_ICMP_UNRELATED;
	from_b = otseg_key_make(q, key);
	f = otseg_flow_find(e, key, otseg_flow_hash(e, key));
	if (!f || otseg_read(f->generation) != e->generation)
		return OTSEG_R_ICMP_UNRELATED;
	reply = from_b ^ (f->flags & OTSEG_FLOW_FROM_B);
	d = reply ? &f->dir[1] : &f->dir[0];
	back = reply ? &f->dir[0] : &f->dir[1];
	if (v->src_zone != (reply ? f->zone[0] : f->zone[1]) &&
	    (back->ifindex != e->s->arrival.ifindex || back->vlan != p->vlan))
		return OTSEG_R_ICMP_UNRELATED;
	if (!d->packets)
		return OTSEG_R_ICMP_UNRELATED;
	if (q->proto == OTSEG_PROTO_TCP) {
		reach = (u32)back->window << (back->scale & 15);
		reach = reach > OTSEG_TCP_ACK_REACH ? reach : OTSEG_TCP_ACK_REACH;
		if (otseg_seq_after(q->seq, d->end) || otseg_seq_after(d->end - reach, q->seq))
			return OTSEG_R_ICMP_UNRELATED;
	}
	v->conduit = f->conduit;
	v->rule = f->rule;
	v->service = f->service;
	v->flags = reply ? 0 : OTSEG_V_REPLY;
	return f->rule == OTSEG_NONE32 ? f->leaf & (OTSEG_R_MAX - 1) : OTSEG_R_RELATED;
}

#endif /* OTSEG_ICMP_H */
