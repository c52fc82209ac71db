// SPDX-License-Identifier: GPL-2.0-only
/*
 * Building the opening of a connection that a capture has only the middle of. It
 * fits the segment at hand: same ends, same headers, sequence numbers right
 * before it. Owns bytes only; whether a policy would have let it be is the
 * engine's matter.
 */
#include <string.h>

#include "opening.h"

#define IPV4_LEN 20
#define IPV6_LEN 40
#define TCP_LEN 24 /* with the window scale option, RFC 7323 section 2.2 */
#define TAGS_MAX 8

/* What both ends of a connection of unknown age may have agreed on at most. */
static const u8 scale_option[4] = { 3, 3, 14, 1 };

static void u16_put(u8 *at, u32 value)
{
	at[0] = (u8)(value >> 8);
	at[1] = (u8)value;
}

static void u32_put(u8 *at, u32 value)
{
	u16_put(at, value >> 16);
	u16_put(at + 2, value);
}

static void swap(u8 *a, u8 *b, u32 len)
{
	u8 kept[16];

	memcpy(kept, a, len);
	memcpy(a, b, len);
	memcpy(b, kept, len);
}

/* RFC 791 section 3.1: the sum over the header with the field zero. */
static void ipv4_finish(u8 *ip)
{
	u32 sum = 0;
	u32 i;

	ip[0] = 0x45;
	u16_put(ip + 2, IPV4_LEN + TCP_LEN);
	u16_put(ip + 10, 0);
	for (i = 0; i < IPV4_LEN; i += 2)
		sum += (u32)ip[i] << 8 | ip[i + 1];
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	u16_put(ip + 10, ~sum);
}

static void tcp_build(u8 *tcp, const struct otseg_packet *packet, enum otseg_opening step)
{
	bool back = step == OTSEG_OPENING_SYN_ACK;
	u32 seq = back ? packet->ack - 1 : packet->seq - (step == OTSEG_OPENING_SYN);
	u32 ack = back ? packet->seq : packet->ack;
	u8 flags = OTSEG_TCP_ACK;

	if (step == OTSEG_OPENING_SYN) {
		ack = 0;
		flags = OTSEG_TCP_SYN;
	} else if (back) {
		flags |= OTSEG_TCP_SYN;
	}
	memset(tcp, 0, TCP_LEN);
	u16_put(tcp, back ? packet->dport : packet->sport);
	u16_put(tcp + 2, back ? packet->sport : packet->dport);
	u32_put(tcp + 4, seq);
	u32_put(tcp + 8, ack);
	tcp[12] = TCP_LEN / 4 << 4;
	tcp[13] = flags;
	u16_put(tcp + 14, 0xffff);
	memcpy(tcp + IPV4_LEN, scale_option, sizeof(scale_option));
}

/**
 * otseg_opening_build - build one frame of an opening
 * @frame: a later frame of the connection
 * @packet: the same, decoded: an IPv4 or IPv6 TCP segment with an acknowledgement
 * @step: which frame
 * @out: takes it; its TCP checksum is zero
 *
 * Return: its length, 0 if it cannot be built.
 */
u32 otseg_opening_build(const struct otseg_frame *frame, const struct otseg_packet *packet,
			enum otseg_opening step, u8 out[OTSEG_OPENING_MAX])
{
	u32 ip_len = packet->family == 6 ? IPV6_LEN : IPV4_LEN;
	u32 l3 = packet->l3_off;
	u8 *ip = out + l3;

	if (l3 > 14 + TAGS_MAX || l3 + ip_len > frame->len)
		return 0;
	memcpy(out, frame->data, l3 + ip_len);
	if (packet->family == 6) {
		u16_put(ip + 4, TCP_LEN);
		ip[6] = packet->proto; /* without extension headers */
	}
	if (step == OTSEG_OPENING_SYN_ACK) {
		swap(out, out + 6, 6);
		if (packet->family == 6)
			swap(ip + 8, ip + 24, 16);
		else
			swap(ip + 12, ip + 16, 4);
	}
	if (packet->family != 6)
		ipv4_finish(ip);
	tcp_build(ip + ip_len, packet, step);
	return l3 + ip_len + TCP_LEN;
}
