// SPDX-License-Identifier: GPL-2.0-only
/*
 * Throughput of one firewall namespace, peer after peer in the same sitting.
 *
 *   forward [-r ROUNDS] [-t MS] [-d OBJECT -i IMAGE -w IMAGE] PREFIX LANE=KIND...
 *
 * lanes.sh has built, for lane number I: g<I> in namespace PREFIX-gen, s<I> in
 * PREFIX-sink and between them the namespace PREFIX-LANE with it0 and ot0. KIND
 * is what is attached to its it0:
 *
 *   none      no XDP program; the kernel (and nftables, if lanes.sh set it up)
 *   pass      an XDP program that passes everything to the kernel
 *   redirect  an XDP program that redirects everything to ot0
 *   drop      an XDP program that drops everything
 *   allow     the datapath, and traffic that a rule allows
 *   wire      the same, with the policy of -w, in which it0 and ot0 are a wire
 *   deny      the datapath, and traffic that no rule allows
 *
 * Prints "forward,LANE,ROUND,OFFERED,RATE" lines, in frames per second. RATE is
 * what reached the receiver; for drop and deny, what the program consumed.
 * Generator, firewall and receiver take turns on processor 1, batch by batch:
 * what one frame costs there is the sum of the three, and hardly any is lost.
 */
#define _GNU_SOURCE
#include "datapath.h"
#include "frame.h"
#include "run.h"
#include "traffic.skel.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <net/if.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LANES_MAX 16
#define FAR_HOSTS 100
#define NEAR_PORTS 10
#define FLOWS (FAR_HOSTS * NEAR_PORTS)
#define PRIME_TRIES 1000
#define ENDLESS 0x7fffffff
#define SETTLE_US 100000
#define START_TRIES 500

/**
 * struct lane - one peer
 * @name: its name
 * @kind: what is attached, as in the head of this file
 * @datapath: for allow, wire and deny
 * @gen: interface the generator sends by
 * @back: interface the receiver answers by
 * @dev_stats: /proc/net/dev of the firewall's namespace
 */
struct lane {
	char name[32];
	const char *kind;
	struct otseg_bench_datapath datapath;
	unsigned int gen;
	unsigned int back;
	int dev_stats;
};

/**
 * struct generator - the thread that sends
 * @prog: generator program
 * @err: why it ended; -EINTR: it was told to
 */
struct generator {
	int prog;
	int err;
};

/**
 * struct paths - files
 * @object: the BPF object
 * @image: policy of allow and deny
 * @wire: policy of wire
 */
struct paths {
	const char *object;
	const char *image;
	const char *wire;
};

static struct lane lanes[LANES_MAX];
static int n_lanes;
static struct traffic *traffic;
static const char *prefix;

static bool is_consumer(const struct lane *lane)
{
	return !strcmp(lane->kind, "drop") || !strcmp(lane->kind, "deny");
}

static bool has_datapath(const struct lane *lane)
{
	return !strcmp(lane->kind, "allow") || !strcmp(lane->kind, "deny") ||
	       !strcmp(lane->kind, "wire");
}

static int attach(struct bpf_program *prog, unsigned int ifindex)
{
	struct bpf_link *link = bpf_program__attach_xdp(prog, ifindex);

	/* Kept until the process ends, which detaches it. */
	return link ? 0 : -errno;
}

static int attach_fd(int prog, unsigned int ifindex)
{
	int link = bpf_link_create(prog, ifindex, BPF_XDP, NULL);

	return link < 0 ? link : 0;
}

static int lane_wire(struct lane *lane, unsigned int in, unsigned int out, const char *object,
		     const char *image)
{
	int err = otseg_bench_datapath_open(&lane->datapath, object, image);

	if (!err)
		err = otseg_bench_datapath_wire(&lane->datapath, in, out);
	if (!err)
		err = attach_fd(lane->datapath.prog, out);
	return err ?: attach_fd(lane->datapath.prog, in);
}

static int lane_attach(struct lane *lane, const struct paths *paths)
{
	unsigned int in = if_nametoindex("it0"), out = if_nametoindex("ot0");
	u32 zero = 0;
	int err;

	if (!in || !out)
		return -ENODEV;
	if (!strcmp(lane->kind, "none"))
		return 0;
	if (!strcmp(lane->kind, "pass"))
		return attach(traffic->progs.otseg_b_pass, in);
	if (!strcmp(lane->kind, "drop"))
		return attach(traffic->progs.otseg_b_drop, in);
	if (!strcmp(lane->kind, "redirect")) {
		err = bpf_map_update_elem(bpf_map__fd(traffic->maps.otseg_b_out), &zero, &out, 0);
		return err ?: attach(traffic->progs.otseg_b_redir, in);
	}
	if (!has_datapath(lane) || !paths->object || !paths->image || !paths->wire)
		return -EINVAL;
	if (!strcmp(lane->kind, "wire"))
		return lane_wire(lane, in, out, paths->object, paths->wire);
	err = otseg_bench_datapath_open(&lane->datapath, paths->object, paths->image);
	if (!err)
		err = otseg_bench_datapath_link(&lane->datapath, in, "it0", 0);
	return err ?: attach_fd(lane->datapath.prog, in);
}

static int lane_open(struct lane *lane, int number, const struct paths *paths)
{
	char name[16];
	int err;

	err = otseg_bench_enter(prefix, "gen");
	if (err)
		return err;
	snprintf(name, sizeof(name), "g%d", number);
	lane->gen = if_nametoindex(name);

	err = otseg_bench_enter(prefix, "sink");
	if (err)
		return err;
	snprintf(name, sizeof(name), "s%d", number);
	lane->back = if_nametoindex(name);
	if (!lane->gen || !lane->back)
		return -ENODEV;
	err = attach(traffic->progs.otseg_b_sink, lane->back);
	if (err)
		return err;

	err = otseg_bench_enter(prefix, lane->name);
	if (err)
		return err;
	lane->dev_stats = open("/proc/thread-self/net/dev", O_RDONLY | O_CLOEXEC);
	if (lane->dev_stats < 0)
		return -errno;
	return lane_attach(lane, paths);
}

/* Frames that it0 has taken in. */
static u64 lane_taken(const struct lane *lane)
{
	unsigned long long packets = 0;
	char text[4096];
	const char *at;
	ssize_t len;

	len = pread(lane->dev_stats, text, sizeof(text) - 1, 0);
	if (len <= 0)
		return 0;
	text[len] = 0;
	at = strstr(text, "it0:");
	if (!at || sscanf(at, "it0: %*u %llu", &packets) != 1)
		return 0;
	return packets;
}

static u64 lane_count(const struct lane *lane)
{
	return is_consumer(lane) ? lane_taken(lane) : *(volatile u64 *)&traffic->bss->received;
}

static void plan(const struct lane *lane, int is_reply)
{
	bool shut = !strcmp(lane->kind, "deny");

	traffic->bss->udp_plan.out = is_reply ? lane->back : lane->gen;
	otseg_bench_udp_fill(&traffic->bss->udp_plan, OTSEG_BENCH_FAR, FAR_HOSTS, NEAR_PORTS,
			     shut ? OTSEG_BENCH_SHUT_PORT : OTSEG_BENCH_UDP_PORT, is_reply);
}

/* One frame of each flow, so that connection tracking has seen both directions. */
static int prime(const struct lane *lane, int is_reply)
{
	u8 frame[OTSEG_BENCH_UDP_LEN] = { 0 };
	u64 taken = lane_taken(lane);
	int tries, err;

	err = otseg_bench_enter(prefix, is_reply ? "sink" : "gen");
	if (err)
		return err;
	plan(lane, is_reply);
	err = otseg_bench_run_live(bpf_program__fd(traffic->progs.otseg_b_gen), frame,
				   sizeof(frame), FLOWS);
	for (tries = 0; !is_reply && tries < PRIME_TRIES; tries++) {
		if (lane_taken(lane) - taken >= FLOWS)
			break;
		usleep(100);
	}
	return err;
}

/* A signal ends a test run; it need not do anything else. */
static void wake(int sig)
{
	(void)sig;
}

/* A test run takes milliseconds to begin and to end: one run for all frames. */
static void *generate(void *arg)
{
	u8 frame[OTSEG_BENCH_UDP_LEN] = { 0 };
	struct generator *gen = arg;

	gen->err = otseg_bench_claim(1) ?: otseg_bench_enter(prefix, "gen");
	if (!gen->err)
		gen->err = otseg_bench_run_live(gen->prog, frame, sizeof(frame), ENDLESS);
	return NULL;
}

static int measure(const struct lane *lane, int round, unsigned int ms)
{
	struct generator gen = { .prog = bpf_program__fd(traffic->progs.otseg_b_gen) };
	volatile u64 *sent = (volatile u64 *)&traffic->bss->sent;
	u64 from_ns, to_ns, from, to, from_sent, to_sent;
	pthread_t thread;
	double seconds;
	int tries, err;

	err = prime(lane, 0);
	if (!err && !is_consumer(lane))
		err = prime(lane, 1);
	if (err)
		return err;
	plan(lane, 0);
	err = -pthread_create(&thread, NULL, generate, &gen);
	if (err)
		return err;
	/* On a busy machine it can take a while until a test run has begun. */
	from = lane_count(lane);
	for (tries = 0; tries < START_TRIES && lane_count(lane) == from; tries++)
		usleep(SETTLE_US / 10);
	usleep(SETTLE_US);
	from_ns = otseg_bench_now_ns();
	from_sent = *sent;
	from = lane_count(lane);
	usleep(ms * 1000);
	to_ns = otseg_bench_now_ns();
	to_sent = *sent;
	to = lane_count(lane);
	pthread_kill(thread, SIGUSR1);
	pthread_join(thread, NULL);
	if (gen.err != -EINTR)
		return gen.err ?: -EIO;
	if (to == from)
		return -ENODATA;
	seconds = (to_ns - from_ns) / 1e9;
	printf("forward,%s,%d,%.0f,%.0f\n", lane->name, round, (to_sent - from_sent) / seconds,
	       (to - from) / seconds);
	return 0;
}

static int lane_parse(char *text)
{
	struct lane *lane = &lanes[n_lanes];
	char *kind = strchr(text, '=');

	if (!kind || n_lanes == LANES_MAX || kind - text >= (int)sizeof(lane->name))
		return -EINVAL;
	memcpy(lane->name, text, kind - text);
	lane->kind = kind + 1;
	n_lanes++;
	return 0;
}

static int usage(void)
{
	fprintf(stderr,
		"usage: forward [-r ROUNDS] [-t MS] [-d OBJECT -i IMAGE -w IMAGE] PREFIX LANE=KIND...\n");
	return 2;
}

int main(int argc, char **argv)
{
	const struct sigaction on_wake = { .sa_handler = wake };
	struct paths paths = { 0 };
	int rounds = 9, ms = 400;
	int option, round, i, err;
	int failed = 0;

	while ((option = getopt(argc, argv, "r:t:d:i:w:")) != -1) {
		switch (option) {
		case 'r':
			rounds = atoi(optarg);
			break;
		case 't':
			ms = atoi(optarg);
			break;
		case 'd':
			paths.object = optarg;
			break;
		case 'i':
			paths.image = optarg;
			break;
		case 'w':
			paths.wire = optarg;
			break;
		default:
			return usage();
		}
	}
	if (argc - optind < 2 || rounds < 1 || ms < 1)
		return usage();
	prefix = argv[optind];
	for (i = optind + 1; i < argc; i++)
		if (lane_parse(argv[i]))
			return usage();

	setlinebuf(stdout);
	sigaction(SIGUSR1, &on_wake, NULL);
	traffic = traffic__open_and_load();
	if (!traffic) {
		fprintf(stderr, "forward: cannot load the generator: %s\n", strerror(errno));
		return 1;
	}
	if (otseg_bench_pin(0))
		fprintf(stderr, "forward: cannot stay on processor 0\n");
	for (i = 0; i < n_lanes; i++) {
		err = lane_open(&lanes[i], i, &paths);
		if (err) {
			fprintf(stderr, "forward: lane %s: %s\n", lanes[i].name, strerror(-err));
			return 1;
		}
	}
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
