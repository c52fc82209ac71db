/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * From the bytes of a frame to struct otseg_packet: Ethernet, VLAN tags, ARP,
 * IPv4, IPv6, TCP, UDP and ICMP headers. Owns what is well-formed; does not know
 * the policy. Strict on purpose: what two stacks may read differently is refused.
 */
#ifndef OTSEG_DECODE_H
#define OTSEG_DECODE_H

#include "env.h"

#define OTSEG_TAG_8021Q 0x8100
#define OTSEG_TAG_8021AD 0x88a8
#define OTSEG_VLAN_TAGS 2
#define OTSEG_ETHERTYPE_MIN 0x600 /* below, it is a length (IEEE 802.3 clause 3.2.6) */

#define OTSEG_ICMP_ECHO_REPLY 0
#define OTSEG_ICMP_ECHO 8
#define OTSEG_ICMPV6_ECHO 128
#define OTSEG_ICMPV6_ECHO_REPLY 129
#define OTSEG_ICMPV6_SOLICITATION 135 /* RFC 4861 section 4.3 */
#define OTSEG_ICMPV6_ADVERTISEMENT 136 /* RFC 4861 section 4.4 */

/* A header on the stack, by the unit it is read in. */
union otseg_header {
	u64 q[5];
	u32 w[10];
	u16 h[20];
	u8 b[40];
};

OTSEG_INLINE u16 otseg_be16(u16 value)
{
	return __builtin_bswap16(value);
}

OTSEG_INLINE u32 otseg_be32(u32 value)
{
	return __builtin_bswap32(value);
}

/* Ethernet II and its tags (IEEE 802.1Q clause 9). A tag with VID 0 only carries a priority. */
OTSEG_INLINE u32 otseg_decode_ethernet(const struct otseg_env *e, struct otseg_packet *p)
{
	union otseg_header h;
	u32 off = 14;
	u32 type, vid;
	u32 vlan = 0;
	u32 i;

	if (otseg_load_header(e, 0, &h, 14))
		return OTSEG_R_ETH_HEADER;
	__builtin_memcpy(p->dst_mac, &h.b[0], 6);
	__builtin_memcpy(p->src_mac, &h.b[6], 6);
	type = otseg_be16(h.h[6]);
	for (i = 0; i <= OTSEG_VLAN_TAGS; i++) {
		if (otseg_likely(type != OTSEG_TAG_8021Q && type != OTSEG_TAG_8021AD))
			break;
		if (i == OTSEG_VLAN_TAGS)
			return OTSEG_R_VLAN_DEPTH;
		if (otseg_load_header(e, off, &h, 4))
			return OTSEG_R_ETH_HEADER;
		vid = otseg_be16(h.h[0]) & 0xfff;
		vlan = vlan ? vlan | vid << 16 : vid;
		type = otseg_be16(h.h[1]);
		off += 4;
	}
	p->vlan = vlan;
	p->ethertype = (u16)type;
	p->l3_off = (u16)off;
	return OTSEG_R_NONE;
}

/* The ends of a frame without an IP address, whose ethertype is known, and its payload. */
OTSEG_INLINE void otseg_decode_ends(const struct otseg_env *e, struct otseg_packet *p)
{
	p->family = OTSEG_FAMILY_LINK;
	__builtin_memcpy(&p->src.w[0], p->src_mac, 4);
	__builtin_memcpy(&p->src.w[1], p->src_mac + 4, 2);
	__builtin_memcpy(&p->dst.w[0], p->dst_mac, 4);
	__builtin_memcpy(&p->dst.w[1], p->dst_mac + 4, 2);
	/* The same addresses at another place are somebody else's. */
	p->src.w[2] = e->s->arrival.ifindex;
	p->src.w[3] = p->vlan;
	p->sport = p->ethertype;
	p->dport = p->ethertype;
	p->selector = OTSEG_SEL(OTSEG_SEL_LINK, p->ethertype);
	p->payload_off = p->l3_off;
	p->payload_len = (u16)(e->s->arrival.frame_len - p->l3_off);
}

/*
 * What has no IP address. Frames by length instead of ethertype (IEEE 802.3) are refused but
 * for the spanning tree's: an LLC header can carry anything.
 */
OTSEG_INLINE u32 otseg_decode_link(const struct otseg_env *e, struct otseg_packet *p)
{
	union otseg_header h;

	if (p->ethertype < OTSEG_ETHERTYPE_MIN) {
		if (otseg_load_header(e, p->l3_off, &h, 3) || h.h[0] != 0x4242 || h.b[2] != 3)
			return OTSEG_R_ETHERTYPE;
		p->ethertype = OTSEG_LLC_STP;
	}
	otseg_decode_ends(e, p);
	return OTSEG_R_NONE;
}

/* ARP for IPv4 over Ethernet (RFC 826): requests and replies, sent by who they speak of. */
OTSEG_INLINE u32 otseg_decode_arp(const struct otseg_env *e, struct otseg_packet *p)
{
	union otseg_header h;
	u32 op;

	if (otseg_load_header(e, p->l3_off, &h, 28))
		return OTSEG_R_ARP_INVALID;
	/* Hardware type 1, protocol type 0x0800, address lengths 6 and 4. */
	if (h.w[0] != 0x00080100 || h.h[2] != 0x0406)
		return OTSEG_R_ARP_INVALID;
	op = otseg_be16(h.h[3]);
	if (op != 1 && op != 2)
		return OTSEG_R_ARP_INVALID;
	if (!otseg_mac_equals(&h.b[8], p->src_mac))
		return OTSEG_R_ARP_INVALID;
	/* Only a probe (RFC 5227 section 2.1.1) has no sender address. */
	__builtin_memcpy(&p->src.w[0], &h.b[14], 4);
	__builtin_memcpy(&p->dst.w[0], &h.b[24], 4);
	if (!p->src.w[0] && op != 1)
		return OTSEG_R_ARP_INVALID;
	p->selector = OTSEG_SEL(OTSEG_SEL_ARP, op);
	return OTSEG_R_NONE;
}

#define OTSEG_SCALE_FAULT 0x100 /* beside a window scale: the options are not what they should be */

/*
 * Window scale of a SYN (RFC 7323 section 2.2), perhaps with OTSEG_SCALE_FAULT; the options fill
 * @len bytes at @off.
 */
OTSEG_NOINLINE u32 otseg_decode_scale(const struct otseg_env *e, u32 off, u32 len)
{
	u8 *options = e->s->chunk;
	u32 scale = OTSEG_NO_SCALE;
	u32 at = 0;
	u32 kind, size;
	u32 i;

	/* In this order: the verifier leaves 0 out of a range only at the range's end. */
	if (len > 40)
		return scale | OTSEG_SCALE_FAULT;
	otseg_opaque(len);
	if (!len)
		return scale;
	if (otseg_load(e, off, options, len))
		return scale | OTSEG_SCALE_FAULT;
	otseg_for(i, len) {
		at = otseg_forget(e, at);
		if (at >= len)
			break;
		kind = options[at & 63];
		if (!kind)
			break;
		if (kind == 1) {
			at++;
			continue;
		}
		size = options[(at + 1) & 63];
		if (at + 1 >= len || size < 2 || at + size > len)
			return scale | OTSEG_SCALE_FAULT;
		if (kind == 3) {
			if (size != 3)
				return scale | OTSEG_SCALE_FAULT;
			kind = options[(at + 2) & 63];
			scale = kind < 14 ? kind : 14;
		}
		at += size;
	}
	return scale;
}

/* TCP (RFC 9293 section 3.1) in @len bytes. */
OTSEG_INLINE u32 otseg_decode_tcp(const struct otseg_env *e, struct otseg_packet *p, u32 len)
{
	union otseg_header h;
	u32 header, scale;

	if (len < 20 || otseg_load_header(e, p->l4_off, &h, 20))
		return OTSEG_R_L4_HEADER;
	header = (h.b[12] >> 4) * 4u;
	if (header < 20 || header > len)
		return OTSEG_R_L4_HEADER;
	p->sport = otseg_be16(h.h[0]);
	p->dport = otseg_be16(h.h[1]);
	p->seq = otseg_be32(h.w[1]);
	p->ack = otseg_be32(h.w[2]);
	p->tcp_flags = h.b[13];
	p->window = otseg_be16(h.h[7]);
	p->selector = OTSEG_SEL(OTSEG_SEL_TCP, p->dport);
	p->payload_off = (u16)(p->l4_off + header);
	p->payload_len = (u16)(len - header);
	if (!p->sport || !p->dport)
		return OTSEG_R_L4_HEADER;
	if (otseg_unlikely(p->tcp_flags & OTSEG_TCP_SYN)) {
		scale = otseg_decode_scale(e, p->l4_off + 20u, header - 20);
		p->window_scale = (u8)scale;
		return scale & OTSEG_SCALE_FAULT ? OTSEG_R_L4_HEADER : OTSEG_R_NONE;
	}
	return OTSEG_R_NONE;
}

/* UDP (RFC 768); IPv6 asks for a checksum (RFC 8200 section 8.1). */
OTSEG_INLINE u32 otseg_decode_udp(const struct otseg_env *e, struct otseg_packet *p, u32 len)
{
	union otseg_header h;

	if (len < 8 || otseg_load_header(e, p->l4_off, &h, 8))
		return OTSEG_R_L4_HEADER;
	p->sport = otseg_be16(h.h[0]);
	p->dport = otseg_be16(h.h[1]);
	p->selector = OTSEG_SEL(OTSEG_SEL_UDP, p->dport);
	p->payload_off = p->l4_off + 8;
	p->payload_len = (u16)(len - 8);
	/* Bytes between the end of UDP and the end of IP would be read by nobody. */
	if (otseg_be16(h.h[2]) != len || !p->dport)
		return OTSEG_R_L4_HEADER;
	if (p->family == 6 && !h.h[3])
		return OTSEG_R_L4_CHECKSUM;
	return OTSEG_R_NONE;
}

/* ICMP (RFC 792) and ICMPv6 (RFC 4443): what all types share, and the identifier of an echo. */
OTSEG_INLINE u32 otseg_decode_icmp(const struct otseg_env *e, struct otseg_packet *p, u32 len)
{
	union otseg_header h;
	u32 type;

	if (len < 8 || otseg_load_header(e, p->l4_off, &h, 8))
		return OTSEG_R_L4_HEADER;
	type = h.b[0];
	p->selector = OTSEG_SEL(p->proto, type << 8 | h.b[1]);
	p->payload_off = p->l4_off + 8;
	p->payload_len = (u16)(len - 8);
	if (p->family == 4 ? type == OTSEG_ICMP_ECHO || type == OTSEG_ICMP_ECHO_REPLY :
			     type == OTSEG_ICMPV6_ECHO || type == OTSEG_ICMPV6_ECHO_REPLY) {
		if (h.b[1])
			return OTSEG_R_L4_HEADER;
		p->sport = otseg_be16(h.h[2]);
		p->dport = p->sport;
	}
	return OTSEG_R_NONE;
}

OTSEG_INLINE u32 otseg_decode_l4(const struct otseg_env *e, struct otseg_packet *p, u32 len)
{
	if (p->proto == OTSEG_PROTO_TCP)
		return otseg_decode_tcp(e, p, len);
	if (p->proto == OTSEG_PROTO_UDP)
		return otseg_decode_udp(e, p, len);
	if (p->proto == (p->family == 4 ? OTSEG_PROTO_ICMP : OTSEG_PROTO_ICMPV6))
		return otseg_decode_icmp(e, p, len);
	return OTSEG_R_IP_PROTOCOL;
}

/* Length of the transport part, with what is wrong with the IP header above it. */
#define OTSEG_L3(fault, len) ((u32)(fault) << 16 | (u32)(len))
#define OTSEG_L3_FATAL 0x80000000u

/* IPv4 (RFC 791 section 3.1). */
OTSEG_INLINE u32 otseg_decode_ipv4(const struct otseg_env *e, struct otseg_packet *p)
{
	union otseg_header h;
	u32 first, total;
	u64 sum;

	if (otseg_load_header(e, p->l3_off, &h, 20))
		return OTSEG_L3_FATAL;
	first = otseg_be32(h.w[0]);
	total = first & 0xffff;
	if ((first >> 24) < 0x45 || (first >> 24) > 0x4f || total < ((first >> 22) & 0x3c) ||
	    total > e->s->arrival.frame_len - p->l3_off)
		return OTSEG_L3_FATAL;
	p->family = 4;
	p->proto = h.b[9];
	p->src.w[0] = h.w[3];
	p->dst.w[0] = h.w[4];
	if ((first >> 24) != 0x45)
		return OTSEG_L3(OTSEG_R_IP_OPTIONS, 0);
	sum = (u64)h.w[0] + h.w[1] + h.w[2] + h.w[3] + h.w[4];
	sum = (sum & 0xffff) + ((sum >> 16) & 0xffff) + (sum >> 32);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	/* The reserved flag is zero (RFC 791). */
	if (sum != 0xffff || (h.w[1] & 0x00800000))
		return OTSEG_L3_FATAL;
	if (h.w[1] & 0xff3f0000)
		return OTSEG_L3(OTSEG_R_IP_FRAGMENT, 0);
	p->l4_off = p->l3_off + 20;
	return OTSEG_L3(OTSEG_R_NONE, total - 20);
}

/*
 * IPv6 (RFC 8200 section 3). The one extension header that passes is a
 * hop-by-hop header of eight bytes that holds padding and at most a router
 * alert (RFC 2711), in front of ICMPv6: multicast listeners send it.
 */
OTSEG_INLINE u32 otseg_decode_ipv6(const struct otseg_env *e, struct otseg_packet *p)
{
	union otseg_header h;
	u32 padding, alert;
	u32 len, next;

	if (otseg_load_header(e, p->l3_off, &h, 40))
		return OTSEG_L3_FATAL;
	len = otseg_be16(h.h[2]);
	if (h.b[0] >> 4 != 6 || len + 40 > e->s->arrival.frame_len - p->l3_off)
		return OTSEG_L3_FATAL;
	__builtin_memcpy(&p->src, &h.b[8], 16);
	__builtin_memcpy(&p->dst, &h.b[24], 16);
	next = h.b[6];
	p->family = 6;
	p->proto = (u8)next;
	p->l4_off = p->l3_off + 40;
	if (otseg_unlikely(next == 0)) {
		if (len < 8 || otseg_load_header(e, p->l4_off, &h, 8))
			return OTSEG_L3_FATAL;
		/* PadN of 4, or router alert and PadN of 0, in either order. */
		padding = h.h[1] == 0x0401 && !h.w[1];
		alert = h.h[1] == 0x0205 && !h.h[2] && h.h[3] == 0x0001;
		alert |= h.h[1] == 0x0001 && h.h[2] == 0x0205 && !h.h[3];
		if (h.b[0] != OTSEG_PROTO_ICMPV6 || h.b[1] || !(padding | alert))
			return OTSEG_L3(OTSEG_R_IP_OPTIONS, 0);
		p->proto = OTSEG_PROTO_ICMPV6;
		p->l4_off += 8;
		return OTSEG_L3(OTSEG_R_NONE, len - 8);
	}
	if (next == 44)
		return OTSEG_L3(OTSEG_R_IP_FRAGMENT, 0);
	/* Routing, destination options, mobility, host identity, shim6 (IANA registry). */
	if (next == 43 || next == 60 || next == 135 || next == 139 || next == 140)
		return OTSEG_L3(OTSEG_R_IP_OPTIONS, 0);
	return OTSEG_L3(OTSEG_R_NONE, len);
}

/**
 * otseg_decode - decode a frame
 * @e: surroundings
 * @p: takes the packet; @p->fault says what is wrong below the addresses
 *
 * Return: enum otseg_reason if the frame cannot even be placed, else NONE.
 */
OTSEG_NOINLINE u32 otseg_decode(const struct otseg_env *e, struct otseg_packet *p)
{
	u32 reason, l3;

	__builtin_memset(p, 0, sizeof(*p));
	p->frame_len = e->s->arrival.frame_len;
	reason = otseg_decode_ethernet(e, p);
	if (reason)
		return reason;
	if (p->ethertype == OTSEG_ETH_IPV4)
		l3 = otseg_decode_ipv4(e, p);
	else if (p->ethertype == OTSEG_ETH_IPV6)
		l3 = otseg_decode_ipv6(e, p);
	else if (p->ethertype == OTSEG_ETH_ARP)
		return otseg_decode_arp(e, p);
	else
		return otseg_decode_link(e, p);
	if (l3 & OTSEG_L3_FATAL)
		return OTSEG_R_IP_HEADER;
	if (l3 >> 16)
		p->fault = (u8)(l3 >> 16);
	else
		p->fault = (u8)otseg_decode_l4(e, p, l3);
	return OTSEG_R_NONE;
}

#endif /* OTSEG_DECODE_H */
