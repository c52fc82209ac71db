/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A lane: one firewall namespace with the generator's and the receiver's ends of
 * its two veth pairs, as lanes.sh has built them, and the BPF objects of this
 * process at work there.
 */
#ifndef OTSEG_BENCH_LANE_H
#define OTSEG_BENCH_LANE_H

#include "../../include/otseg/types.h"

#include <pthread.h>
#include <stdbool.h>

#define OTSEG_BENCH_LANES 24
#define OTSEG_BENCH_PRIME_TRIES 1000

struct bpf_program;
struct traffic;

/* What a lane's frames are. */
enum otseg_bench_frames {
	OTSEG_BENCH_UDP, /* allowed */
	OTSEG_BENCH_SHUT, /* to a port that no rule names */
	OTSEG_BENCH_MODBUS, /* many connections, polled */
};

/**
 * struct otseg_bench_lane - one peer
 * @name: its name
 * @number: of its devices in the generator's and the receiver's namespace
 * @kind: what is attached to it0: none, pass, redirect, drop
 * @frames: what it is sent
 * @generator_cpu: processor that the generator stays on; on 1 it comes before all
 *	others
 * @traffic: generator, receiver and what is attached; of this lane alone
 * @dev_stats: /proc/net/dev of the firewall's namespace
 */
struct otseg_bench_lane {
	char name[32];
	int number;
	char kind[16];
	enum otseg_bench_frames frames;
	unsigned int generator_cpu;
	struct traffic *traffic;
	int dev_stats;
};

/**
 * struct otseg_bench_generator - a thread that sends until it is told to end
 * @thread: the thread
 * @prog: generator program
 * @cpu: processor to stay on
 * @yields: others may have that processor too, even if it is the firewall's
 * @len: bytes of a frame
 * @batch: frames of a batch, 0: the kernel's choice
 * @err: why it ended
 */
struct otseg_bench_generator {
	pthread_t thread;
	int prog;
	unsigned int cpu;
	bool yields;
	u32 len;
	u32 batch;
	int err;
};

int otseg_bench_lanes_parse(struct otseg_bench_lane lanes[OTSEG_BENCH_LANES], char **texts, int n);
int otseg_bench_lanes_open(struct otseg_bench_lane lanes[], int n, const char *prefix,
			   const char *receiver);
bool otseg_bench_lane_consumes(const struct otseg_bench_lane *lane);
u64 otseg_bench_lane_taken(const struct otseg_bench_lane *lane);
void otseg_bench_lane_plan(const struct otseg_bench_lane *lane, int is_reply);
int otseg_bench_lane_prime(const struct otseg_bench_lane *lane);

int otseg_bench_generator_start(struct otseg_bench_generator *gen);
int otseg_bench_generator_stop(struct otseg_bench_generator *gen);

#endif /* OTSEG_BENCH_LANE_H */
