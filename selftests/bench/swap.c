// SPDX-License-Identifier: GPL-2.0-only
/*
 * How long a change of policy takes, from the start of `otseg policy apply` to the
 * first frame that the new policy lets pass, and whether every frame was judged by
 * one of the two policies.
 *
 *   swap [-r ROUNDS] TOOL PREFIX LANE NUMBER LABEL=IMAGE,IMAGE...
 *
 * One of the two images allows port 4000 and not 4001, the other one the reverse.
 * LANE is governed by either. While the tool runs, the generator sends pairs of
 * numbered frames to both ports. Before the change exactly those to one port must
 * arrive, after it exactly those to the other one, and no frame of the old policy
 * after one of the new: what is missing or too much is counted.
 *
 * Prints "swap,LABEL,ROUND,ENFORCED,RETURNED,PAIRS,MIXED,LOST" lines: milliseconds
 * until the first frame and until the tool has returned, pairs sent, frames that
 * came out of order and frames that neither policy had let pass.
 */
#define _GNU_SOURCE
#include "frame.h"
#include "lane.h"
#include "run.h"
#include "traffic.skel.h"

#include <arpa/inet.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define FAR_HOSTS 100
#define NEAR_PORTS 10
#define GAP_NS 20000
#define RUNS_US 50000 /* traffic before and after the change */
#define TRIES 1000

static struct otseg_bench_lane lane;
static const char *tool;
static const char *prefix;

/* In a process of its own; returns when it has ended. */
static int apply(const char *image, u64 *began_ns)
{
	int status, null;
	pid_t pid;

	*began_ns = otseg_bench_now_ns();
	pid = fork();
	if (pid < 0)
		return -errno;
	if (!pid) {
		null = open("/dev/null", O_WRONLY);
		if (null < 0 || dup2(null, STDOUT_FILENO) < 0 || otseg_bench_unpin() ||
		    otseg_bench_enter(prefix, lane.name))
			_exit(126);
		execl(tool, tool, "policy", "apply", image, "backend", "map", NULL);
		_exit(127);
	}
	if (waitpid(pid, &status, 0) < 0)
		return -errno;
	return WIFEXITED(status) && !WEXITSTATUS(status) ? 0 : -ECANCELED;
}

/* Sends pairs to @old (the port that is allowed now) and to the other port. */
static int start(struct otseg_bench_generator *gen, u16 old, u16 new)
{
	struct traffic *traffic = lane.traffic;
	volatile u64 *count = traffic->bss->swap.count;
	int tries, err;

	otseg_bench_udp_fill(&traffic->bss->udp_plan, OTSEG_BENCH_FAR, FAR_HOSTS, NEAR_PORTS, 0, 0);
	otseg_bench_udp_spread(&traffic->bss->udp_plan);
	memset(&traffic->bss->swap, 0, sizeof(traffic->bss->swap));
	traffic->bss->swap.port[0] = htons(old);
	traffic->bss->swap.port[1] = htons(new);
	traffic->bss->sent = 0;
	memset(&traffic->bss->pace, 0, sizeof(traffic->bss->pace));
	traffic->bss->pace.burst = 2;
	traffic->bss->pace.gap_ns = GAP_NS;
	memset(gen, 0, sizeof(*gen));
	gen->prog = bpf_program__fd(traffic->progs.otseg_b_turns);
	gen->cpu = 1;
	/* What the kernel has to do there for the command is part of the time. */
	gen->yields = true;
	gen->len = OTSEG_BENCH_UDP_LEN;
	gen->batch = 2;
	err = otseg_bench_generator_start(gen);
	if (err)
		return err;
	for (tries = 0; tries < TRIES && !count[0]; tries++)
		usleep(1000);
	usleep(RUNS_US);
	return count[0] ? 0 : -ENODATA;
}

/*
 * Of those of one kind that were sent between the first and the last that arrived,
 * the ones that did not; and those that no policy claimed between old and new.
 */
static long long count_lost(const struct otseg_bench_swap *swap, u64 sent)
{
	u64 expected = (swap->last[0] - swap->first[0]) / 2 + 1;
	long long lost = expected - swap->count[0];

	expected = (swap->last[1] - swap->first[1]) / 2 + 1;
	lost += expected - swap->count[1];
	/*
	 * All pairs to the first and from the last that arrived. Where one policy ends and
	 * the other begins, a frame may be the last one or first one refused of each.
	 */
	lost += swap->first[0] / 2 + (sent - 1 - swap->last[1]) / 2;
	if (swap->first[1] > swap->last[0] + 3)
		lost += (swap->first[1] - swap->last[0] - 3) / 2;
	return lost;
}

static int measure(const char *label, const char *image, int round, u16 old, u16 new)
{
	const struct otseg_bench_swap *swap = &lane.traffic->bss->swap;
	struct otseg_bench_generator gen;
	u64 began_ns, ended_ns;
	int err, end_err;

	err = start(&gen, old, new);
	err = err ?: apply(image, &began_ns);
	ended_ns = otseg_bench_now_ns();
	usleep(RUNS_US);
	end_err = otseg_bench_generator_stop(&gen);
	err = err ?: end_err;
	if (err)
		return err;
	/* A refused frame's answer could be that nothing has changed. */
	if (!swap->count[1] || swap->first_ns[1] < began_ns)
		return -ENODATA;
	printf("swap,%s,%d,%.2f,%.2f,%llu,%llu,%lld\n", label, round,
	       (swap->first_ns[1] - began_ns) / 1e6, (ended_ns - began_ns) / 1e6,
	       (unsigned long long)lane.traffic->bss->sent / 2, (unsigned long long)swap->mixed,
	       count_lost(swap, lane.traffic->bss->sent));
	return 0;
}

/* There and back, @rounds times. */
static int measure_policies(char *text, int rounds)
{
	static const u16 ports[2] = { OTSEG_BENCH_UDP_PORT, OTSEG_BENCH_OTHER_PORT };
	char *images[2];
	u64 began_ns;
	int round, err;

	images[0] = strchr(text, '=');
	images[1] = images[0] ? strchr(images[0], ',') : NULL;
	if (!images[1])
		return -EINVAL;
	*images[0]++ = 0;
	*images[1]++ = 0;
	err = apply(images[0], &began_ns);
	for (round = 0; !err && round < 2 * rounds; round++) {
		int old = round & 1, new = !old;

		err = measure(text, images[new], round, ports[old], ports[new]);
	}
	return err;
}

static int usage(void)
{
	fprintf(stderr,
		"usage: swap [-r ROUNDS] TOOL PREFIX LANE NUMBER LABEL=IMAGE,IMAGE...\n");
	return 2;
}

int main(int argc, char **argv)
{
	int rounds = 5, failed = 0;
	int option, i, err;

	while ((option = getopt(argc, argv, "r:")) != -1) {
		if (option != 'r')
			return usage();
		rounds = atoi(optarg);
	}
	if (argc - optind < 5 || rounds < 1)
		return usage();
	tool = argv[optind];
	prefix = argv[optind + 1];
	snprintf(lane.name, sizeof(lane.name), "%s", argv[optind + 2]);
	snprintf(lane.kind, sizeof(lane.kind), "none");

	setlinebuf(stdout);
	if (otseg_bench_pin(0))
		fprintf(stderr, "swap: cannot stay on processor 0\n");
	lane.number = atoi(argv[optind + 3]);
	err = otseg_bench_lanes_open(&lane, 1, prefix, "otseg_b_order");
	if (err) {
		fprintf(stderr, "swap: lane %s: %s\n", lane.name, strerror(-err));
		return 1;
	}
	for (i = optind + 4; i < argc; i++) {
		err = measure_policies(argv[i], rounds);
		if (!err)
			continue;
		fprintf(stderr, "swap: %s: not measured: %s\n", argv[i], strerror(-err));
		failed = 1;
	}
	return failed;
}
