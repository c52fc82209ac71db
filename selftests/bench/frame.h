/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The frames that the benchmark sends: addresses, ports and messages are fixed
 * here, in one place for policies (policy.sh), namespaces (lanes.sh) and
 * programs.
 */
#ifndef OTSEG_BENCH_FRAME_H
#define OTSEG_BENCH_FRAME_H

#include "traffic.h"

#include <stddef.h>

#define OTSEG_BENCH_NEAR 0x0a0a0514 /* 10.10.5.20, behind it0 */
#define OTSEG_BENCH_FAR 0x0a140001 /* 10.20.0.1 and following, behind ot0 */
#define OTSEG_BENCH_NOWHERE 0x0a1e0001 /* 10.30.0.1: a zone without a conduit to it */
#define OTSEG_BENCH_UDP_PORT 4000
#define OTSEG_BENCH_OTHER_PORT 4001 /* of the policy that replaces another one */
#define OTSEG_BENCH_SHUT_PORT 4999 /* no rule names it */

/*
 * Destinations of measurements that a cache must not flatter: 8,192 at most, 32
 * apart in 10.20.0.0/14 (policy.sh), in an order without runs.
 */
#define OTSEG_BENCH_SPREAD_MAX 8192
#define OTSEG_BENCH_SPREAD_STRIDE 87392
#define OTSEG_BENCH_SPREAD_MASK 0x3ffff

#define OTSEG_BENCH_READ 0 /* Modbus read holding registers */
#define OTSEG_BENCH_WRITE 1 /* Modbus write single register */
#define OTSEG_BENCH_PLAIN 2 /* not Modbus: allowed without inspection */

#define OTSEG_BENCH_SYN 0x02
#define OTSEG_BENCH_PSH 0x08
#define OTSEG_BENCH_ACK 0x10

void otseg_bench_udp_fill(struct otseg_bench_udp *plan, u32 first, u32 n_far, u32 n_near,
			  u16 port, int is_reply);
void otseg_bench_udp_spread(struct otseg_bench_udp *plan);
void otseg_bench_poll_fill(struct otseg_bench_poll *plan, u32 first, u32 n_far, u32 n_conns);
void otseg_bench_tcp_fill(struct otseg_bench_tcp *plan, int message);
size_t otseg_bench_tcp_bare(u8 frame[OTSEG_BENCH_TCP_LEN], int message, int dir, u8 flags, u32 seq,
			    u32 ack);

#endif /* OTSEG_BENCH_FRAME_H */
