// SPDX-License-Identifier: GPL-2.0-only
/*
 * The frames of frames.h. The byte layouts are those of the standards; nothing
 * of the engine is used, so that a misreading there is not repeated here.
 */
#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "frames.h"

static void put16(u8 *at, u32 value)
{
	at[0] = (u8)(value >> 8);
	at[1] = (u8)value;
}

static void put32(u8 *at, u32 value)
{
	put16(at, value >> 16);
	put16(at + 2, value & 0xffff);
}

static u32 sum_add(u32 sum, const u8 *bytes, u32 len)
{
	u32 i;

	for (i = 0; i + 1 < len; i += 2)
		sum += (u32)bytes[i] << 8 | bytes[i + 1];
	if (len & 1)
		sum += (u32)bytes[len - 1] << 8;
	return sum;
}

static u16 sum_fold(u32 sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (u16)~sum;
}

/**
 * end_set - describe one end
 * @end: takes it
 * @ifindex: interface
 * @vlan: outer VLAN | inner << 16
 * @addr: address in text
 * @mac: last byte of its hardware address
 */
void end_set(struct end *end, u32 ifindex, u32 vlan, const char *addr, u8 mac)
{
	memset(end, 0, sizeof(*end));
	end->ifindex = ifindex;
	end->vlan = vlan;
	end->family = strchr(addr, ':') ? 6 : 4;
	end->mac[0] = 0x02;
	end->mac[5] = mac;
	if (inet_pton(end->family == 6 ? AF_INET6 : AF_INET, addr, end->addr) != 1)
		abort();
}

/**
 * frame_ethernet - begin a frame
 * @f: the frame
 * @dst: destination
 * @src: source
 * @vlan: outer VLAN | inner << 16
 * @type: ethertype
 */
void frame_ethernet(struct frame *f, const u8 dst[6], const u8 src[6], u32 vlan, u16 type)
{
	u32 at = 12;

	memcpy(f->bytes, dst, 6);
	memcpy(f->bytes + 6, src, 6);
	if (vlan) {
		put16(f->bytes + at, vlan >> 16 ? 0x88a8 : 0x8100);
		put16(f->bytes + at + 2, vlan & 0xfff);
		at += 4;
	}
	if (vlan >> 16) {
		put16(f->bytes + at, 0x8100);
		put16(f->bytes + at + 2, vlan >> 16 & 0xfff);
		at += 4;
	}
	put16(f->bytes + at, type);
	f->l3 = at + 2;
	f->l4 = f->l3;
	f->len = f->l3;
}

/**
 * frame_ip - begin a frame with an IP header
 * @f: the frame
 * @from: sender
 * @to: receiver
 * @proto: protocol
 * @len: bytes that follow the IP header; the caller fills them in
 */
void frame_ip(struct frame *f, const struct end *from, const struct end *to, u8 proto, u32 len)
{
	u8 *ip;

	frame_ethernet(f, to->mac, from->mac, from->vlan, from->family == 6 ? 0x86dd : 0x0800);
	ip = f->bytes + f->l3;
	memset(ip, 0, 40);
	if (from->family == 6) {
		ip[0] = 0x60;
		put16(ip + 4, len);
		ip[6] = proto;
		ip[7] = 255;
		memcpy(ip + 8, from->addr, 16);
		memcpy(ip + 24, to->addr, 16);
		f->l4 = f->l3 + 40;
	} else {
		ip[0] = 0x45;
		put16(ip + 2, len + 20);
		put16(ip + 6, 0x4000);
		ip[8] = 64;
		ip[9] = proto;
		memcpy(ip + 12, from->addr, 4);
		memcpy(ip + 16, to->addr, 4);
		f->l4 = f->l3 + 20;
		frame_ip_sum(f);
	}
	f->len = f->l4 + len;
}

/**
 * frame_ip_sum - set the checksum of the IPv4 header
 * @f: the frame
 */
void frame_ip_sum(struct frame *f)
{
	u8 *ip = f->bytes + f->l3;

	if (ip[0] >> 4 != 4)
		return;
	put16(ip + 10, 0);
	put16(ip + 10, sum_fold(sum_add(0, ip, (ip[0] & 15) * 4u)));
}

/**
 * frame_l4_sum - set the checksum of the transport header
 * @f: a frame of TCP, UDP, ICMP or ICMPv6
 */
void frame_l4_sum(struct frame *f)
{
	u8 *ip = f->bytes + f->l3;
	u8 *l4 = f->bytes + f->l4;
	u32 len = f->len - f->l4;
	int is_v6 = ip[0] >> 4 == 6;
	u8 proto = is_v6 ? ip[6] : ip[9];
	u32 at = proto == 6 ? 16 : proto == 17 ? 6 : 2;
	u32 sum = 0;
	u16 folded;

	put16(l4 + at, 0);
	if (proto != 1)
		sum = sum_add(len + proto, ip + (is_v6 ? 8 : 12), is_v6 ? 32 : 8);
	folded = sum_fold(sum_add(sum, l4, len));
	if (proto == 17 && !folded)
		folded = 0xffff;
	put16(l4 + at, folded);
}

/**
 * frame_udp - build a UDP frame
 * @f: the frame
 * @from: sender
 * @to: receiver
 * @sport: source port
 * @dport: destination port
 * @data: payload
 * @len: its length
 */
void frame_udp(struct frame *f, const struct end *from, const struct end *to, u16 sport, u16 dport,
	       const void *data, u32 len)
{
	u8 *udp;

	frame_ip(f, from, to, 17, len + 8);
	udp = f->bytes + f->l4;
	put16(udp, sport);
	put16(udp + 2, dport);
	put16(udp + 4, len + 8);
	if (len)
		memcpy(udp + 8, data, len);
	frame_l4_sum(f);
}

/**
 * frame_tcp - build a TCP frame
 * @f: the frame
 * @from: sender
 * @to: receiver
 * @tcp: header
 * @data: payload
 * @len: its length
 */
void frame_tcp(struct frame *f, const struct end *from, const struct end *to, const struct tcp *tcp,
	       const void *data, u32 len)
{
	u32 options = (tcp->flags & 2) && tcp->scale >= 0 ? 8 : 0;
	u8 *at;

	frame_ip(f, from, to, 6, len + 20 + options);
	at = f->bytes + f->l4;
	memset(at, 0, 20);
	put16(at, tcp->sport);
	put16(at + 2, tcp->dport);
	put32(at + 4, tcp->seq);
	put32(at + 8, tcp->ack);
	at[12] = (u8)((20 + options) / 4 << 4);
	at[13] = tcp->flags;
	put16(at + 14, tcp->window);
	if (options) {
		/* maximum segment size, then window scale behind a pad */
		memcpy(at + 20, "\x02\x04\x05\xb4\x01\x03\x03", 7);
		at[27] = (u8)tcp->scale;
	}
	if (len)
		memcpy(at + 20 + options, data, len);
	frame_l4_sum(f);
}

/**
 * frame_icmp - build an ICMP or ICMPv6 frame
 * @f: the frame
 * @from: sender
 * @to: receiver
 * @type: type
 * @code: code
 * @rest: second word of the header, as a number
 * @data: what follows the header
 * @len: its length
 */
void frame_icmp(struct frame *f, const struct end *from, const struct end *to, u8 type, u8 code,
		u32 rest, const void *data, u32 len)
{
	u8 *at;

	frame_ip(f, from, to, from->family == 6 ? 58 : 1, len + 8);
	at = f->bytes + f->l4;
	at[0] = type;
	at[1] = code;
	put32(at + 4, rest);
	if (len)
		memcpy(at + 8, data, len);
	frame_l4_sum(f);
}

/**
 * frame_arp - build an ARP frame
 * @f: the frame
 * @from: sender
 * @op: 1: request, 2: reply
 * @target: target address
 */
void frame_arp(struct frame *f, const struct end *from, u16 op, const u8 target[4])
{
	static const u8 all[6] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };
	u8 *at;

	frame_ethernet(f, all, from->mac, from->vlan, 0x0806);
	at = f->bytes + f->l3;
	memset(at, 0, 46);
	memcpy(at, "\x00\x01\x08\x00\x06\x04", 6);
	put16(at + 6, op);
	memcpy(at + 8, from->mac, 6);
	memcpy(at + 14, from->addr, 4);
	memcpy(at + 24, target, 4);
	f->len = f->l3 + 46;
}

/**
 * frame_nd - build a neighbour solicitation or advertisement
 * @f: the frame
 * @from: sender
 * @target: address that is asked for, or told of
 * @is_asking: a solicitation, to the group of @target; else an advertisement to all nodes
 */
void frame_nd(struct frame *f, const struct end *from, const u8 target[16], int is_asking)
{
	struct end group = { .family = 6, .mac = { 0x33, 0x33 } };
	u8 body[24];

	if (is_asking) {
		memcpy(group.addr, "\xff\x02\0\0\0\0\0\0\0\0\0\x01\xff", 13);
		memcpy(group.addr + 13, target + 13, 3);
	} else {
		memcpy(group.addr, "\xff\x02\0\0\0\0\0\0\0\0\0\0\0\0\0\x01", 16);
	}
	memcpy(body, target, 16);
	body[16] = is_asking ? 1 : 2;
	body[17] = 1;
	memcpy(body + 18, from->mac, 6);
	frame_icmp(f, from, &group, is_asking ? 135 : 136, 0, is_asking ? 0 : 0x20000000, body, 24);
}
