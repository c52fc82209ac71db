// SPDX-License-Identifier: GPL-2.0-only
/*
 * Throughput of one firewall namespace, peer after peer in the same sitting.
 *
 *   forward [-r ROUNDS] [-t MS] PREFIX LANE=KIND[/FRAMES[@CPU]]...
 *
 * lanes.sh has built, for lane number I: g<I> in namespace PREFIX-gen, s<I> in
 * PREFIX-sink and between them the namespace PREFIX-LANE with it0 and ot0. KIND
 * is what this program attaches there:
 *
 *   none      nothing; the kernel forwards, or whoever governs it0 and ot0 already
 *   pass      an XDP program that passes everything to the kernel
 *   redirect  an XDP program that redirects everything to the other interface
 *   drop      an XDP program that drops everything
 *
 * FRAMES are udp (60 bytes, 1,000 flows, one way), shut (the same, to a port that
 * no rule names) or modbus (88 bytes, 1,000 connections, requests and answers).
 *
 * Prints "forward,LANE,ROUND,OFFERED,RATE" lines, in frames per second. RATE is
 * what reached the receiver; of what does not get through, what it0 has taken in.
 * Generator, firewall and receiver take turns on processor 1, batch by batch:
 * what one frame costs there is the sum of the three, and hardly any is lost.
 * With CPU 0 the generator stays on the other processor.
 */
#define _GNU_SOURCE
#include "frame.h"
#include "lane.h"
#include "run.h"
#include "traffic.skel.h"

#include <bpf/libbpf.h>
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SETTLE_US 100000
#define START_TRIES 500

static struct otseg_bench_lane lanes[OTSEG_BENCH_LANES];
static int n_lanes;

static u64 count(const struct otseg_bench_lane *lane)
{
	return otseg_bench_lane_consumes(lane) ? otseg_bench_lane_taken(lane) :
						 *(volatile u64 *)&lane->traffic->bss->received;
}

static void generator_make(const struct otseg_bench_lane *lane, struct otseg_bench_generator *gen)
{
	bool is_modbus = lane->frames == OTSEG_BENCH_MODBUS;

	memset(gen, 0, sizeof(*gen));
	gen->prog = bpf_program__fd(is_modbus ? lane->traffic->progs.otseg_b_poll :
						lane->traffic->progs.otseg_b_gen);
	gen->len = is_modbus ? OTSEG_BENCH_TCP_LEN : OTSEG_BENCH_UDP_LEN;
	gen->cpu = lane->generator_cpu;
}

static int measure(const struct otseg_bench_lane *lane, int round, unsigned int ms)
{
	volatile u64 *sent = (volatile u64 *)&lane->traffic->bss->sent;
	u64 from_ns, to_ns, from, to, from_sent, to_sent;
	struct otseg_bench_generator gen;
	double seconds;
	int tries, err;

	err = otseg_bench_lane_prime(lane);
	if (err)
		return err;
	otseg_bench_lane_plan(lane, 0);
	generator_make(lane, &gen);
	from = count(lane);
	err = otseg_bench_generator_start(&gen);
	if (err)
		return err;
	/* On a busy machine it can take a while until a test run has begun. */
	for (tries = 0; tries < START_TRIES && count(lane) == from; tries++)
		usleep(SETTLE_US / 10);
	usleep(SETTLE_US);
	from_ns = otseg_bench_now_ns();
	from_sent = *sent;
	from = count(lane);
	usleep(ms * 1000);
	to_ns = otseg_bench_now_ns();
	to_sent = *sent;
	to = count(lane);
	err = otseg_bench_generator_stop(&gen);
	if (err)
		return err;
	if (to == from)
		return -ENODATA;
	seconds = (to_ns - from_ns) / 1e9;
	printf("forward,%s,%d,%.0f,%.0f\n", lane->name, round, (to_sent - from_sent) / seconds,
	       (to - from) / seconds);
	return 0;
}

static int usage(void)
{
	fprintf(stderr,
		"usage: forward [-r ROUNDS] [-t MS] PREFIX LANE=KIND[/FRAMES[@CPU]]...\n");
	return 2;
}

int main(int argc, char **argv)
{
	int rounds = 9, ms = 400;
	int option, round, i, err;
	int failed = 0;

	while ((option = getopt(argc, argv, "r:t:")) != -1) {
		switch (option) {
		case 'r':
			rounds = atoi(optarg);
			break;
		case 't':
			ms = atoi(optarg);
			break;
		default:
			return usage();
		}
	}
	n_lanes = otseg_bench_lanes_parse(lanes, argv + optind + 1, argc - optind - 1);
	if (n_lanes < 1 || rounds < 1 || ms < 1)
		return usage();

	setlinebuf(stdout);
	if (otseg_bench_pin(0))
		fprintf(stderr, "forward: cannot stay on processor 0\n");
	if (otseg_bench_lanes_open(lanes, n_lanes, argv[optind], "otseg_b_sink"))
		return 1;
	for (round = 0; round < rounds; round++) {
		for (i = 0; i < n_lanes; i++) {
			err = measure(&lanes[i], round, ms);
			if (!err)
				continue;
			fprintf(stderr, "forward: lane %s: round %d not measured: %s\n",
				lanes[i].name, round, strerror(-err));
			failed = 1;
		}
	}
	return failed;
}
