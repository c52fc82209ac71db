/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The Internet checksum (RFC 1071) over a transport segment and its pseudo
 * header (RFC 9293 section 3.1, RFC 8200 section 8.1). Asked for only where the
 * interface hands over real checksums: a veth peer or a loopback sends partial ones.
 */
#ifndef OTSEG_CHECKSUM_H
#define OTSEG_CHECKSUM_H

#include "decode.h"

/**
 * otseg_checksum_tcp - verify the checksum of a TCP segment
 * @e: surroundings
 * @p: the packet
 *
 * Return: enum otseg_reason: NONE or L4_CHECKSUM.
 */
OTSEG_NOINLINE u32 otseg_checksum_tcp(const struct otseg_env *e, const struct otseg_packet *p)
{
	u32 left = (u32)p->payload_off - p->l4_off + p->payload_len;
	u64 sum = (u32)otseg_be16((u16)left) + (OTSEG_PROTO_TCP << 8);
	u8 *chunk = e->s->chunk;
	u32 off = p->l4_off;
	u32 part = 0;
	u32 len;
	u32 i;

	for (i = 0; i < 4; i++)
		sum += (u64)p->src.w[i] + p->dst.w[i];
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
	sum += part;
	sum = (sum & 0xffffffff) + (sum >> 32);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return sum == 0xffff && !left ? OTSEG_R_NONE : OTSEG_R_L4_CHECKSUM;
}

#endif /* OTSEG_CHECKSUM_H */
