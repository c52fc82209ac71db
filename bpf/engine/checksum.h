/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The Internet checksum (RFC 1071) over a transport segment and its pseudo
 * header (RFC 9293 section 3.1, RFC 8200 section 8.1). Asked for only where the
 * interface hands over real checksums: a veth peer or a loopback sends partial ones.
 */
#ifndef OTSEG_CHECKSUM_H
#define OTSEG_CHECKSUM_H

#include "decode.h"

#define OTSEG_CHECKSUM_SHORT 128 /* bytes of a segment that are summed where they stand */

/* Is @sum, with its carries, that of a segment whose checksum is right? */
OTSEG_INLINE u32 checksum_is_right(u64 sum)
{
	sum = (sum & 0xffffffff) + (sum >> 32);
	sum = (sum & 0xffffffff) + (sum >> 32);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return ((sum & 0xffff) + (sum >> 16)) == 0xffff;
}

/* What the pseudo header adds but for addresses: protocol, and @len of the segment. */
OTSEG_INLINE u32 checksum_begin(const u32 proto, u32 len)
{
	return (u32)otseg_be16((u16)len) + (proto << 8);
}

/**
 * otseg_checksum_short - verify the checksum of a short segment or datagram where it stands
 * @e: surroundings
 * @p: the packet
 * @addresses: the sum of the words of both addresses
 * @proto: its IP protocol, for the compiler
 *
 * In place of a call, a copy and another call: the short way is not much longer than these.
 *
 * Return: enum otseg_reason: NONE or L4_CHECKSUM; OTSEG_UNJUDGED: it is too long, or does
 * not lie together.
 */
OTSEG_INLINE u32 otseg_checksum_short(const struct otseg_env *e, const struct otseg_packet *p,
				      u64 addresses, const u32 proto)
{
	u32 len = (u32)p->payload_off - p->l4_off + p->payload_len;
	u32 last = (len - 1) & (OTSEG_CHECKSUM_SHORT - 8), off = p->l4_off;
	u64 sum = addresses + checksum_begin(proto, len), word;
	const u8 *at;
	u32 i;

	if (otseg_unlikely(len - 8 > OTSEG_CHECKSUM_SHORT - 8 || off + len > OTSEG_PEEK_MAX))
		return OTSEG_UNJUDGED;
	/* The last one to eight bytes, as the end of a word; in front of them is what it shifts out. */
	at = otseg_peek_at(e, off + len - 8, 8);
	if (otseg_unlikely(!at))
		return OTSEG_UNJUDGED;
	word = otseg_wire(u64, at) >> ((last + 8 - len) * 8 & 63);
	sum += (u32)word + (word >> 32);
	for (i = 0; i < OTSEG_CHECKSUM_SHORT - 8 && i < last; i += 8) {
		at = otseg_peek_at(e, off + i, 8);
		/* It is there, since the last one is. */
		if (at) {
			word = otseg_wire(u64, at);
			sum += (u32)word + (word >> 32);
		}
	}
	return checksum_is_right(sum) ? OTSEG_R_NONE : OTSEG_R_L4_CHECKSUM;
}

/* Of a segment or datagram of any length. */
OTSEG_INLINE u32 checksum_whole(const struct otseg_env *e, const struct otseg_packet *p,
				const u32 proto)
{
	u32 left = (u32)p->payload_off - p->l4_off + p->payload_len;
	u8 *chunk = e->s->chunk;
	u32 off = p->l4_off;
	u64 addresses = 0;
	u32 part = 0;
	u32 len;
	u32 i;

	for (i = 0; i < 4; i++)
		addresses += (u64)p->src.w[i] + p->dst.w[i];
	i = otseg_checksum_short(e, p, addresses, proto);
	if (i != OTSEG_UNJUDGED)
		return i;
	addresses += checksum_begin(proto, left);
	otseg_for(i, (left + OTSEG_CHUNK - 1) / OTSEG_CHUNK) {
		len = left < OTSEG_CHUNK ? left : OTSEG_CHUNK;
		otseg_opaque(len);
		if (len < 1 || len > OTSEG_CHUNK || otseg_load(e, off, chunk, len))
			return OTSEG_R_L4_CHECKSUM;
		/* The last word is filled up with zeroes. */
		chunk[len] = 0;
		chunk[len + 1] = 0;
		chunk[len + 2] = 0;
		part = otseg_sum(chunk, (len + 3) & ~3u, part);
		off += len;
		left -= len;
	}
	return checksum_is_right(addresses + part) && !left ? OTSEG_R_NONE : OTSEG_R_L4_CHECKSUM;
}

/**
 * otseg_checksum_tcp - verify the checksum of a TCP segment
 * @e: surroundings
 * @p: the packet
 *
 * Return: enum otseg_reason: NONE or L4_CHECKSUM.
 */
OTSEG_NOINLINE u32 otseg_checksum_tcp(const struct otseg_env *e, const struct otseg_packet *p)
{
	return checksum_whole(e, p, OTSEG_PROTO_TCP);
}

/**
 * otseg_checksum_udp - the same of a UDP datagram
 * @e: surroundings
 * @p: the packet
 *
 * In IPv4 its sender need not compute one (RFC 768), in IPv6 it must (RFC 8200).
 *
 * Return: as otseg_checksum_tcp().
 */
OTSEG_NOINLINE u32 otseg_checksum_udp(const struct otseg_env *e, const struct otseg_packet *p)
{
	u16 sum;

	if (p->family == 4 && !otseg_load(e, p->l4_off + 6u, &sum, sizeof(sum)) && !sum)
		return OTSEG_R_NONE;
	return checksum_whole(e, p, OTSEG_PROTO_UDP);
}

#endif /* OTSEG_CHECKSUM_H */
