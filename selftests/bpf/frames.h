/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Frames for tests: builds Ethernet frames of the protocols that the engine
 * knows, with right lengths and checksums unless a test spoils them afterwards.
 */
#ifndef FRAMES_H
#define FRAMES_H

#include "../../include/otseg/types.h"

#define FRAME_MAX 9000

/**
 * struct frame - a frame
 * @len: bytes of it
 * @l3: where its network header begins
 * @l4: where its transport header begins
 * @bytes: the frame
 */
struct frame {
	u32 len;
	u32 l3;
	u32 l4;
	u8 bytes[FRAME_MAX];
};

/**
 * struct end - one end of a conversation
 * @ifindex: interface that it lives behind
 * @vlan: outer VLAN | inner << 16, 0: none
 * @family: 4 or 6
 * @mac: its hardware address
 * @addr: its address, network order
 */
struct end {
	u32 ifindex;
	u32 vlan;
	u8 family;
	u8 mac[6];
	u8 addr[16];
};

/**
 * struct tcp - what a test wants in a TCP header
 * @seq: sequence number
 * @ack: acknowledgement
 * @sport: source port
 * @dport: destination port
 * @flags: OTSEG_TCP_*
 * @window: window
 * @scale: window scale of a SYN, negative: no such option
 */
struct tcp {
	u32 seq;
	u32 ack;
	u16 sport;
	u16 dport;
	u8 flags;
	u16 window;
	int scale;
};

void end_set(struct end *end, u32 ifindex, u32 vlan, const char *addr, u8 mac);
void frame_ethernet(struct frame *f, const u8 dst[6], const u8 src[6], u32 vlan, u16 type);
void frame_ip(struct frame *f, const struct end *from, const struct end *to, u8 proto, u32 len);
void frame_udp(struct frame *f, const struct end *from, const struct end *to, u16 sport, u16 dport,
	       const void *data, u32 len);
void frame_tcp(struct frame *f, const struct end *from, const struct end *to, const struct tcp *tcp,
	       const void *data, u32 len);
void frame_icmp(struct frame *f, const struct end *from, const struct end *to, u8 type, u8 code,
		u32 rest, const void *data, u32 len);
void frame_arp(struct frame *f, const struct end *from, u16 op, const u8 target[4]);
void frame_nd(struct frame *f, const struct end *from, const u8 target[16], int is_asking);
void frame_ip_sum(struct frame *f);
void frame_l4_sum(struct frame *f);

#endif /* FRAMES_H */
