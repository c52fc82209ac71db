// SPDX-License-Identifier: GPL-2.0-only
/*
 * Attaches generator, receiver and bare peers to a lane, and sends through it.
 * Owns no measurement (forward.c, latency.c, swap.c), and no otseg: that, bench.sh
 * has put into the lanes that are about it.
 */
#define _GNU_SOURCE
#include "lane.h"

#include "frame.h"
#include "run.h"
#include "traffic.skel.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FAR_HOSTS 100
#define NEAR_PORTS 10
#define FLOWS (FAR_HOSTS * NEAR_PORTS)
#define CONNS 1000
#define ENDLESS 0x7fffffff
#define OUT_SLOTS 16

/*
 * Turns until a Modbus frame that has not arrived is sent again. A generator with a
 * processor to itself comes around a thousand times as often as one that has waited
 * for its frames to be forwarded.
 */
#define PATIENCE 16
#define PATIENCE_APART 2000

static int attach(struct bpf_program *prog, unsigned int ifindex)
{
	struct bpf_link *link = bpf_program__attach_xdp(prog, ifindex);

	/* Kept until the process ends, which detaches it. */
	return link ? 0 : -errno;
}

/* Makes @ifindex of the current namespace entry @key of a map of devices. */
static int device_set(struct bpf_map *map, u32 key, unsigned int ifindex)
{
	return bpf_map_update_elem(bpf_map__fd(map), &key, &ifindex, 0);
}

/* The interface @name in the namespace PREFIX-@space, to send by and receive at. */
static int end_open(struct otseg_bench_lane *lane, const char *prefix, const char *space,
		    u32 port, const char *name, const char *receiver)
{
	struct bpf_program *prog;
	unsigned int ifindex;
	int err;

	err = otseg_bench_enter(prefix, space);
	if (err)
		return err;
	ifindex = if_nametoindex(name);
	if (!ifindex)
		return -ENODEV;
	err = device_set(lane->traffic->maps.otseg_b_ports, port, ifindex);
	if (err || !receiver)
		return err;
	prog = bpf_object__find_program_by_name(lane->traffic->obj, receiver);
	return prog ? attach(prog, ifindex) : -ENOENT;
}

static int peer_attach(struct otseg_bench_lane *lane)
{
	unsigned int in = if_nametoindex("it0"), out = if_nametoindex("ot0");
	int err;

	if (!in || !out)
		return -ENODEV;
	if (!strcmp(lane->kind, "none"))
		return 0;
	if (!strcmp(lane->kind, "pass"))
		return attach(lane->traffic->progs.otseg_b_pass, in);
	if (!strcmp(lane->kind, "drop"))
		return attach(lane->traffic->progs.otseg_b_drop, in);
	if (strcmp(lane->kind, "redirect"))
		return -EINVAL;
	err = device_set(lane->traffic->maps.otseg_b_out, in & (OUT_SLOTS - 1), out);
	err = err ?: device_set(lane->traffic->maps.otseg_b_out, out & (OUT_SLOTS - 1), in);
	err = err ?: attach(lane->traffic->progs.otseg_b_redir, out);
	return err ?: attach(lane->traffic->progs.otseg_b_redir, in);
}

static int lane_parse(struct otseg_bench_lane *lane, int number, const char *text)
{
	static const char *const frames[] = { "udp", "shut", "modbus" };
	char what[16] = "udp";
	unsigned int i;

	memset(lane, 0, sizeof(*lane));
	lane->number = number;
	lane->generator_cpu = 1;
	if (sscanf(text, "%31[^=]=%15[^/]/%15[^@]@%u", lane->name, lane->kind, what,
		   &lane->generator_cpu) < 2)
		return -EINVAL;
	for (i = 0; i < sizeof(frames) / sizeof(frames[0]); i++) {
		if (strcmp(what, frames[i]))
			continue;
		lane->frames = (enum otseg_bench_frames)i;
		return 0;
	}
	return -EINVAL;
}

/**
 * otseg_bench_lanes_parse - read lanes from arguments
 * @lanes: filled in
 * @texts: NAME=KIND[/FRAMES[@CPU]], FRAMES being udp, shut or modbus; "-" is a lane
 *	that was built and is not used
 * @n: how many
 *
 * Return: lanes that are used, or -EINVAL.
 */
int otseg_bench_lanes_parse(struct otseg_bench_lane lanes[OTSEG_BENCH_LANES], char **texts, int n)
{
	int number, used = 0;

	if (n > OTSEG_BENCH_LANES)
		return -EINVAL;
	for (number = 0; number < n; number++) {
		if (!strcmp(texts[number], "-"))
			continue;
		if (lane_parse(&lanes[used++], number, texts[number]))
			return -EINVAL;
	}
	return used;
}

/* Attaches everything to a lane. */
static int lane_open(struct otseg_bench_lane *lane, const char *prefix, const char *receiver)
{
	bool is_modbus = lane->frames == OTSEG_BENCH_MODBUS;
	char near[16], far[16];
	int err;

	snprintf(near, sizeof(near), "g%d", lane->number);
	snprintf(far, sizeof(far), "s%d", lane->number);
	if (is_modbus)
		receiver = "otseg_b_arrival";
	lane->traffic = traffic__open_and_load();
	if (!lane->traffic)
		return -errno;
	err = end_open(lane, prefix, "gen", 0, near, is_modbus ? receiver : NULL);
	err = err ?: end_open(lane, prefix, "sink", 1, far, receiver);
	err = err ?: otseg_bench_enter(prefix, lane->name);
	if (err)
		return err;
	lane->dev_stats = open("/proc/thread-self/net/dev", O_RDONLY | O_CLOEXEC);
	if (lane->dev_stats < 0)
		return -errno;
	return peer_attach(lane);
}

/**
 * otseg_bench_lanes_open - attach everything to lanes
 * @lanes: parsed lanes
 * @n: their number
 * @prefix: of their namespaces' names
 * @receiver: name of the program that receives UDP frames
 *
 * Leaves the calling thread in the last one's firewall namespace.
 *
 * Return: 0, or a negative errno, told on stderr.
 */
int otseg_bench_lanes_open(struct otseg_bench_lane lanes[], int n, const char *prefix,
			   const char *receiver)
{
	int i, err = 0;

	for (i = 0; !err && i < n; i++) {
		err = lane_open(&lanes[i], prefix, receiver);
		if (err)
			fprintf(stderr, "lane %s: %s\n", lanes[i].name, strerror(-err));
	}
	return err;
}

/**
 * otseg_bench_lane_consumes - does none of its frames get through?
 * @lane: the lane
 *
 * Return: whether.
 */
bool otseg_bench_lane_consumes(const struct otseg_bench_lane *lane)
{
	return !strcmp(lane->kind, "drop") || lane->frames == OTSEG_BENCH_SHUT;
}

/**
 * otseg_bench_lane_taken - frames that it0 has taken in
 * @lane: the lane
 *
 * Return: frames.
 */
u64 otseg_bench_lane_taken(const struct otseg_bench_lane *lane)
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

/**
 * otseg_bench_lane_plan - say what the generator sends next
 * @lane: the lane
 * @is_reply: UDP: in the direction of the answers
 *
 * Modbus connections go on where they are.
 */
void otseg_bench_lane_plan(const struct otseg_bench_lane *lane, int is_reply)
{
	bool shut = lane->frames == OTSEG_BENCH_SHUT;

	if (lane->frames != OTSEG_BENCH_MODBUS)
		otseg_bench_udp_fill(&lane->traffic->bss->udp_plan, OTSEG_BENCH_FAR, FAR_HOSTS,
				     NEAR_PORTS,
				     shut ? OTSEG_BENCH_SHUT_PORT : OTSEG_BENCH_UDP_PORT, is_reply);
}

static int send_udp(const struct otseg_bench_lane *lane, int is_reply)
{
	int prog = bpf_program__fd(lane->traffic->progs.otseg_b_gen);
	u64 taken = otseg_bench_lane_taken(lane);
	u8 frame[OTSEG_BENCH_UDP_LEN] = { 0 };
	int tries, err;

	otseg_bench_lane_plan(lane, is_reply);
	err = otseg_bench_run_live(prog, frame, sizeof(frame), FLOWS, 0);
	for (tries = 0; !is_reply && tries < OTSEG_BENCH_PRIME_TRIES; tries++) {
		if (otseg_bench_lane_taken(lane) - taken >= FLOWS)
			break;
		usleep(100);
	}
	return err;
}

/* All connections at their second request at least. */
static bool is_polled(const struct traffic *traffic)
{
	const volatile struct otseg_bench_conn *conns = traffic->bss->conns;
	u32 i;

	for (i = 0; i < traffic->bss->poll_plan.n_conns; i++)
		if (conns[i].arrived <= OTSEG_BENCH_STEPS)
			return false;
	return true;
}

static int open_conns(const struct otseg_bench_lane *lane)
{
	struct traffic *traffic = lane->traffic;
	struct otseg_bench_generator gen = {
		.prog = bpf_program__fd(traffic->progs.otseg_b_poll),
		.cpu = lane->generator_cpu,
		.len = OTSEG_BENCH_TCP_LEN,
	};
	int tries, err;
	u32 i;

	if (traffic->bss->poll_plan.n_conns)
		return 0;
	otseg_bench_poll_fill(&traffic->bss->poll_plan, OTSEG_BENCH_FAR, FAR_HOSTS, CONNS);
	traffic->bss->poll_plan.patience = lane->generator_cpu == 1 ? PATIENCE : PATIENCE_APART;
	for (i = 0; i < CONNS; i++)
		traffic->bss->conns[i].far = i % FAR_HOSTS;
	err = otseg_bench_generator_start(&gen);
	if (err)
		return err;
	for (tries = 0; tries < OTSEG_BENCH_PRIME_TRIES && !is_polled(traffic); tries++)
		usleep(10000);
	err = otseg_bench_generator_stop(&gen);
	return err ?: is_polled(traffic) ? 0 : -ECONNREFUSED;
}

/**
 * otseg_bench_lane_prime - have each of its flows known
 * @lane: the lane
 *
 * One frame of each flow in both directions, so that connection tracking has seen
 * both; Modbus connections are opened once.
 *
 * Return: 0, or a negative errno.
 */
int otseg_bench_lane_prime(const struct otseg_bench_lane *lane)
{
	int err;

	if (lane->frames == OTSEG_BENCH_MODBUS)
		return open_conns(lane);
	err = send_udp(lane, 0);
	if (!err && !otseg_bench_lane_consumes(lane))
		err = send_udp(lane, 1);
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
	struct otseg_bench_generator *gen = arg;
	u8 frame[OTSEG_BENCH_TCP_LEN] = { 0 };

	gen->err = gen->cpu == 1 && !gen->yields ? otseg_bench_claim(1) : otseg_bench_pin(gen->cpu);
	if (!gen->err)
		gen->err = otseg_bench_run_live(gen->prog, frame, gen->len, ENDLESS, gen->batch);
	return NULL;
}

/**
 * otseg_bench_generator_start - begin to send
 * @gen: filled in but for @gen->thread
 *
 * Return: 0, or a negative errno.
 */
int otseg_bench_generator_start(struct otseg_bench_generator *gen)
{
	const struct sigaction on_wake = { .sa_handler = wake };

	sigaction(SIGUSR1, &on_wake, NULL);
	return -pthread_create(&gen->thread, NULL, generate, gen);
}

/**
 * otseg_bench_generator_stop - have it end, and wait for that
 * @gen: a generator that was started
 *
 * Return: 0, or the negative errno for which it had ended before.
 */
int otseg_bench_generator_stop(struct otseg_bench_generator *gen)
{
	pthread_kill(gen->thread, SIGUSR1);
	pthread_join(gen->thread, NULL);
	if (gen->err == -EINTR)
		return 0;
	return gen->err ?: -EIO;
}
