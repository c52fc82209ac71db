/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the benchmark's BPF programs are told to send: the layout of their
 * global variables, shared with the processes that fill them in. Owns no frame
 * contents (frame.h) and no measurement (cost.c, forward.c).
 */
#ifndef OTSEG_BENCH_TRAFFIC_H
#define OTSEG_BENCH_TRAFFIC_H

#include "../../include/otseg/types.h"

#define OTSEG_BENCH_UDP_LEN 60 /* with the check sequence 64 bytes on the wire */
#define OTSEG_BENCH_TCP_LEN 88
#define OTSEG_BENCH_PAUSE_NS 20000 /* a frame that takes longer was interrupted */
#define OTSEG_BENCH_ADU_OFF 54 /* of a Modbus message in a TCP frame without options */

/**
 * struct otseg_bench_udp - a stream of UDP frames that cycles through flows
 * @frame: the frame with the far address and the near port zero
 * @first: lowest far address, host order
 * @n_far: far addresses to cycle through
 * @n_near: near ports, from 1024 on; the next one after each round of addresses
 * @far: offset of the next far address
 * @near: offset of the next near port
 * @ip_sum: one's complement sum of the template's IP header, not folded
 * @udp_sum: the same of its UDP checksum's input
 * @out: interface that the live generator sends by
 * @is_reply: the far address is the source, the near port the destination port
 * @reserved: zero
 */
struct otseg_bench_udp {
	u64 frame[8];
	u32 first;
	u32 n_far;
	u32 n_near;
	u32 far;
	u32 near;
	u32 ip_sum;
	u32 udp_sum;
	u32 out;
	u32 is_reply;
	u32 reserved;
};

/**
 * struct otseg_bench_tcp - both directions of one Modbus/TCP connection
 * @frame: the frames with sequence numbers, transaction id and checksum zero;
 *	0: request, 1: response
 * @sum: one's complement sums of their TCP checksums' input, not folded
 * @len: bytes of their messages
 * @seq: next sequence numbers, host order
 * @id: next transaction ids, host order
 * @turn: direction of the next frame
 * @flip: 1: the directions take turns, 0: @turn stays
 * @began_ns: when the frame before was begun, 0: there was none
 * @spent_ns: by direction, what frames took from one step program to the next
 * @timed: by direction, frames in @spent_ns
 */
struct otseg_bench_tcp {
	u64 frame[2][OTSEG_BENCH_TCP_LEN / 8];
	u32 sum[2];
	u32 len[2];
	u32 seq[2];
	u32 id[2];
	u32 turn;
	u32 flip;
	u64 began_ns;
	u64 spent_ns[2];
	u32 timed[2];
};

#endif /* OTSEG_BENCH_TRAFFIC_H */
