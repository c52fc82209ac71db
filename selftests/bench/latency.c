// SPDX-License-Identifier: GPL-2.0-only
/*
 * One-way time through one firewall namespace, peer after peer in the same sitting.
 *
 *   latency [-r ROUNDS] [-t MS] [-g LANE] PREFIX LANE=KIND...
 *
 * Lanes are those of forward.c. The generator writes the time into each UDP frame,
 * the receiver compares it with its own, which is the same clock. Three loads:
 *
 *   none   one frame every 20 us
 *   half   bursts of 64 frames, at half the rate that lane -g can take
 *   full   the same at all of that rate
 *
 * Rates are the same for all lanes: what -g (the first one) takes is measured at
 * the beginning of each round. A burst is sent at once, so its last frames wait for
 * those before them, as behind a network card that interrupts once for many frames.
 *
 * Prints "rate,ROUND,FRAMES" (a second, of full load),
 * "latency,LANE,LOAD,ROUND,FRAMES,LOST,P50,P99,P99.9,MAX" lines in nanoseconds, LOST
 * being those of the whole run, warm-up included, a percentile the upper end of a
 * bucket of 1/16 octave and the maximum exact, and in the end
 * "delay,LANE,LOAD,LOW,HIGH,FRAMES" for each bucket of all rounds.
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

#define SINGLE_GAP_NS 20000
#define BURST 64
#define SETTLE_US 50000
#define CALIBRATE_US 200000
#define START_TRIES 500
#define NS_PER_S 1000000000ull

/**
 * struct load - how frames are sent
 * @name: its name in the output
 * @burst: frames at once
 * @share_percent: of the rate of the slowest lane, 0: single frames
 */
struct load {
	const char *name;
	u32 burst;
	u32 share_percent;
};

static const struct load loads[] = {
	{ "none", 1, 0 },
	{ "half", BURST, 50 },
	{ "full", BURST, 100 },
};

#define N_LOADS (sizeof(loads) / sizeof(loads[0]))

static struct otseg_bench_lane lanes[OTSEG_BENCH_LANES];
static u64 totals[OTSEG_BENCH_LANES][N_LOADS][OTSEG_BENCH_DELAYS];
static int n_lanes;

static u64 bucket_low(u32 bucket)
{
	u64 x = 16 + bucket % 16;
	u32 octave = bucket / 16;

	return octave < 4 ? x >> (4 - octave) : x << (octave - 4);
}

static unsigned long long percentile(const struct otseg_bench_delay *delay, u64 frames,
				     double share)
{
	u64 seen = 0, high;
	u32 i;

	for (i = 0; i < OTSEG_BENCH_DELAYS; i++) {
		seen += delay->count[i];
		if (seen >= frames * share)
			break;
	}
	high = bucket_low(i + 1);
	return high < delay->max_ns ? high : delay->max_ns;
}

/* Begins to send, @sent and @received being nothing; returns when frames arrive. */
static int start(const struct otseg_bench_lane *lane, struct otseg_bench_generator *gen, u32 burst,
		 u32 gap_ns)
{
	struct traffic *traffic = lane->traffic;
	volatile u64 *received = (volatile u64 *)&traffic->bss->received;
	int tries, err;

	err = otseg_bench_lane_prime(lane);
	if (err)
		return err;
	otseg_bench_lane_plan(lane, 0);
	traffic->bss->sent = 0;
	traffic->bss->received = 0;
	memset(&traffic->bss->pace, 0, sizeof(traffic->bss->pace));
	traffic->bss->pace.burst = burst;
	traffic->bss->pace.gap_ns = gap_ns;
	memset(gen, 0, sizeof(*gen));
	gen->prog = bpf_program__fd(traffic->progs.otseg_b_probe);
	gen->cpu = 1;
	gen->len = OTSEG_BENCH_UDP_LEN;
	gen->batch = burst;
	err = otseg_bench_generator_start(gen);
	if (err)
		return err;
	for (tries = 0; tries < START_TRIES && !*received; tries++)
		usleep(SETTLE_US / 10);
	usleep(SETTLE_US);
	return 0;
}

/* Frames a second that the lane takes if nothing holds the generator back. */
static int calibrate(const struct otseg_bench_lane *lane, int round, u64 *rate)
{
	volatile u64 *received = (volatile u64 *)&lane->traffic->bss->received;
	struct otseg_bench_generator gen;
	u64 from, from_ns;
	int err;

	err = start(lane, &gen, BURST, 0);
	if (err)
		return err;
	from = *received;
	from_ns = otseg_bench_now_ns();
	usleep(CALIBRATE_US);
	*rate = (*received - from) * NS_PER_S / (otseg_bench_now_ns() - from_ns);
	printf("rate,%d,%llu\n", round, (unsigned long long)*rate);
	err = otseg_bench_generator_stop(&gen);
	return err ?: *rate ? 0 : -ENODATA;
}

static int measure(int number, const struct load *load, int round, unsigned int ms, u64 rate)
{
	u32 gap_ns = load->share_percent ? load->burst * NS_PER_S * 100 / load->share_percent / rate :
					   SINGLE_GAP_NS;
	const struct otseg_bench_lane *lane = &lanes[number];
	struct otseg_bench_delay *delay = &lane->traffic->bss->delay;
	u64 *total = totals[number][load - loads];
	struct otseg_bench_generator gen;
	long long lost;
	u64 frames = 0;
	u32 i;
	int err;

	err = start(lane, &gen, load->burst, gap_ns);
	if (err)
		return err;
	memset(delay, 0, sizeof(*delay));
	usleep(ms * 1000);
	err = otseg_bench_generator_stop(&gen);
	if (err)
		return err;
	lost = lane->traffic->bss->sent - lane->traffic->bss->received;
	for (i = 0; i < OTSEG_BENCH_DELAYS; i++) {
		frames += delay->count[i];
		total[i] += delay->count[i];
	}
	if (!frames)
		return -ENODATA;
	printf("latency,%s,%s,%d,%llu,%lld,%llu,%llu,%llu,%llu\n", lane->name, load->name, round,
	       (unsigned long long)frames, lost,
	       percentile(delay, frames, 0.5),
	       percentile(delay, frames, 0.99),
	       percentile(delay, frames, 0.999),
	       (unsigned long long)delay->max_ns);
	return 0;
}

static void print_totals(void)
{
	size_t load;
	int lane;
	u32 i;

	for (lane = 0; lane < n_lanes; lane++) {
		for (load = 0; load < N_LOADS; load++) {
			for (i = 0; i < OTSEG_BENCH_DELAYS; i++) {
				if (!totals[lane][load][i])
					continue;
				printf("delay,%s,%s,%llu,%llu,%llu\n", lanes[lane].name,
				       loads[load].name, (unsigned long long)bucket_low(i),
				       (unsigned long long)bucket_low(i + 1),
				       (unsigned long long)totals[lane][load][i]);
			}
		}
	}
}

static int find_lane(const char *name)
{
	int i;

	for (i = 0; i < n_lanes; i++)
		if (name && !strcmp(lanes[i].name, name))
			return i;
	return 0;
}

static int run_round(int round, unsigned int ms, int slowest)
{
	int number, err, failed = 0;
	size_t load;
	u64 rate = 0;

	err = calibrate(&lanes[slowest], round, &rate);
	if (err) {
		fprintf(stderr, "latency: lane %s: no rate: %s\n", lanes[slowest].name,
			strerror(-err));
		return 1;
	}
	for (load = 0; load < N_LOADS; load++) {
		for (number = 0; number < n_lanes; number++) {
			err = measure(number, &loads[load], round, ms, rate);
			if (!err)
				continue;
			fprintf(stderr, "latency: lane %s: round %d not measured: %s\n",
				lanes[number].name, round, strerror(-err));
			failed = 1;
		}
	}
	return failed;
}

static int usage(void)
{
	fprintf(stderr, "usage: latency [-r ROUNDS] [-t MS] [-g LANE] PREFIX LANE=KIND...\n");
	return 2;
}

int main(int argc, char **argv)
{
	int rounds = 9, ms = 400, failed = 0;
	const char *slowest = NULL;
	int option, round;

	while ((option = getopt(argc, argv, "r:t:g:")) != -1) {
		switch (option) {
		case 'r':
			rounds = atoi(optarg);
			break;
		case 't':
			ms = atoi(optarg);
			break;
		case 'g':
			slowest = optarg;
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
		fprintf(stderr, "latency: cannot stay on processor 0\n");
	if (otseg_bench_lanes_open(lanes, n_lanes, argv[optind], "otseg_b_clock"))
		return 1;
	for (round = 0; round < rounds; round++)
		failed |= run_round(round, ms, find_lane(slowest));
	print_totals();
	return failed;
}
