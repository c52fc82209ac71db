/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the benchmark's BPF programs are told to send: the layout of their
 * global variables, shared with the processes that fill them in. Owns no frame
 * contents (frame.h) and no measurement (cost.c, forward.c, latency.c, swap.c).
 */
#ifndef OTSEG_BENCH_TRAFFIC_H
#define OTSEG_BENCH_TRAFFIC_H

#include "../../include/otseg/types.h"

#define OTSEG_BENCH_UDP_LEN 60 /* with the check sequence 64 bytes on the wire */
#define OTSEG_BENCH_TCP_LEN 88
#define OTSEG_BENCH_PAUSE_NS 20000 /* a frame that takes longer was interrupted */
#define OTSEG_BENCH_ADU_OFF 54 /* of a Modbus message in a TCP frame without options */
#define OTSEG_BENCH_STAMP_OFF 44 /* of the time stamp in a UDP frame that has one */
#define OTSEG_BENCH_MODBUS_PORT 502
#define OTSEG_BENCH_CONNS 1024 /* Modbus connections of a poll; a power of two */
#define OTSEG_BENCH_ISN 1000 /* initial sequence number of both sides */
#define OTSEG_BENCH_NEAR_PORT 1024 /* lowest */

/* Receivers of struct otseg_bench_delay: 1/16 octave each, up to 2^32 ns. */
#define OTSEG_BENCH_DELAYS 512

/* Interfaces that live generators send by: the near one, the far one. */
#define OTSEG_BENCH_PORTS 2

/**
 * struct otseg_bench_udp - a stream of UDP frames that cycles through flows
 * @frame: the frame with the far address and the near port zero
 * @first: lowest far address, host order
 * @n_far: far addresses to cycle through
 * @stride: from one of them to the next
 * @mask: of the offset from @first
 * @n_near: near ports, from 1024 on; the next one after each round of addresses
 * @far: offset of the next far address
 * @near: offset of the next near port
 * @ip_sum: one's complement sum of the template's IP header, not folded
 * @udp_sum: the same of its UDP checksum's input
 * @is_reply: the far address is the source, the near port the destination port
 */
struct otseg_bench_udp {
	u64 frame[8];
	u32 first;
	u32 n_far;
	u32 stride;
	u32 mask;
	u32 n_near;
	u32 far;
	u32 near;
	u32 ip_sum;
	u32 udp_sum;
	u32 is_reply;
};

/**
 * struct otseg_bench_pace - when stamped frames are sent
 * @next_ns: when the next burst is due
 * @gap_ns: from one burst to the next, 0: none waits
 * @burst: frames of a burst, which is a batch of the test run
 * @place: of the next frame in its batch
 * @is_due: this batch is sent
 */
struct otseg_bench_pace {
	u64 next_ns;
	u32 gap_ns;
	u32 burst;
	u32 place;
	u32 is_due;
};

/**
 * struct otseg_bench_delay - how long stamped frames took
 * @count: by bucket of 1/16 octave of the time in nanoseconds
 * @max_ns: the longest
 */
struct otseg_bench_delay {
	u64 count[OTSEG_BENCH_DELAYS];
	u64 max_ns;
};

/* The frames of a Modbus connection; the last two take turns. */
enum otseg_bench_step {
	OTSEG_BENCH_STEP_SYN,
	OTSEG_BENCH_STEP_SYN_ACK,
	OTSEG_BENCH_STEP_ACK,
	OTSEG_BENCH_STEP_REQUEST,
	OTSEG_BENCH_STEP_RESPONSE,
	OTSEG_BENCH_STEPS,
};

/**
 * struct otseg_bench_template - one of the frames
 * @frame: with far address, near port, numbers, transaction id and checksums zero
 * @ip_sum: one's complement sum of its IP header, not folded
 * @tcp_sum: the same of its TCP checksum's input
 */
struct otseg_bench_template {
	u64 frame[OTSEG_BENCH_TCP_LEN / 8];
	u32 ip_sum;
	u32 tcp_sum;
};

/**
 * struct otseg_bench_poll - many Modbus connections, polled in turn
 * @step: their frames, by enum otseg_bench_step
 * @len: bytes of request and response
 * @first: lowest far address, host order; connection i has number i % @n_far of them
 *	and near port OTSEG_BENCH_NEAR_PORT + i
 * @n_far: far addresses
 * @n_conns: connections
 * @next: the one whose turn it is
 * @patience: turns without an arrival after which a frame is sent again
 * @reserved: zero
 */
struct otseg_bench_poll {
	struct otseg_bench_template step[OTSEG_BENCH_STEPS];
	u32 len[2];
	u32 first;
	u32 n_far;
	u32 n_conns;
	u32 next;
	u32 patience;
	u32 reserved;
};

/**
 * struct otseg_bench_conn - one of these connections
 * @begun: frames begun; the number of the last one follows from it
 * @arrived: of these, arrived: all of them, or all but the last
 * @seq: sequence number of the last one, as on the wire
 * @to: its destination port, as on the wire
 * @far: offset of its far address
 * @waited: turns since it was sent
 */
struct otseg_bench_conn {
	u32 begun;
	u32 arrived;
	u32 seq;
	u32 to;
	u32 far;
	u32 waited;
};

/**
 * struct otseg_bench_swap - what arrived while a policy was replaced
 * @port: destination ports, as on the wire, of frames that the old and the new policy
 *	allow; the generator sends them in turn
 * @count: arrived
 * @first: number of the first one in the order they were sent
 * @last: number of the last one
 * @first_ns: when the first one arrived, monotonic clock
 * @mixed: of the old policy's, arrived after one of the new policy's
 */
struct otseg_bench_swap {
	u32 port[2];
	u64 count[2];
	u64 first[2];
	u64 last[2];
	u64 first_ns[2];
	u64 mixed;
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

#define OTSEG_BENCH_HEAD_WORDS 7 /* headers of a TCP segment without options, and two bytes */

/**
 * struct otseg_bench_message - one message of a protocol, over and over
 * @tcp: sequence numbers and times, as of a connection in which the message and a bare
 *	acknowledgement take turns; what it has of frames is not used
 * @head: how these two begin, sequence numbers zero
 * @is_tcp: 0: the frame is sent as it is
 */
struct otseg_bench_message {
	struct otseg_bench_tcp tcp;
	u64 head[2][OTSEG_BENCH_HEAD_WORDS];
	u32 is_tcp;
};

#endif /* OTSEG_BENCH_TRAFFIC_H */
