// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a decision costs: nanoseconds of one frame in test runs, for a bare XDP
 * program and for the datapath, run after run in turns.
 *
 *   cost [-r ROUNDS] [-f FIRST] [-n FRAMES] [-c] [-k CASE]... OBJECT LABEL=IMAGE...
 *
 * Prints "cost,LABEL,CASE,ROUND,BARE,DATAPATH" lines, rounds counted from FIRST; with
 * ",FOUND" behind it, percent of the frames, where flows may have found no room.
 * Both numbers contain the same step program (traffic.bpf.c), which writes the next
 * frame; what the datapath costs over a bare program is their difference.
 * Everything is as warm in the caches as back-to-back frames make it. -c has
 * transport checksums verified. Without -k all cases of any policy are measured.
 *
 * Policies take turns, case by case. Each run of the datapath must have counted as
 * many frames as it was given for the reason that the case is about: a wrong path
 * is an error, not a figure. The cases "look-ups" have no datapath: theirs is a
 * program that does one look-up in an array map and one in a hash map.
 */
#define _GNU_SOURCE
#include "datapath.h"
#include "frame.h"
#include "run.h"
#include "traffic.skel.h"

#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <getopt.h>
#include <linux/bpf.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LOOPBACK 1 /* interface that test runs come in by */
#define MANY 5000 /* destinations; of more flows, that many have different ones */
#define FIRST_SEQ 1000
#define FEW 1000 /* flows of the traffic among many live ones */
#define POLICIES_MAX 8
#define BARE -1 /* targets that are not the datapath */
#define LOOKS -2
#define PARKS "park%d" /* devices that programs are attached to, see otseg_bench_park() */
#define ANY_ACTION ~0u
#define LEAST_FLOWS_PERMILLE 900 /* of those that were tried; the rest found no room */

/**
 * struct side - one of the two that are compared
 * @traffic: step programs, with the target behind them
 */
struct side {
	struct traffic *traffic;
};

/**
 * struct bench - everything a case needs, of one policy
 * @label: what it is called in the output
 * @bare: the bare program
 * @looks: the one that looks up
 * @full: the datapath
 * @datapath: the datapath itself
 * @frames: frames of one run
 * @ns: what one frame cost: bare, full
 * @found_percent: of the frames, those that belonged to a live flow
 * @is_broken: by case
 */
struct bench {
	const char *label;
	const struct side *bare;
	const struct side *looks;
	struct side full;
	struct otseg_bench_datapath datapath;
	u32 frames;
	double ns[2];
	double found_percent;
	bool is_broken[32];
};

/**
 * struct bench_case - something to measure
 * @name: its name in the output
 * @run: measures it once
 * @first: UDP: lowest far address
 * @n_far: far addresses
 * @port: UDP: far port
 * @action: XDP action that each frame must meet
 * @reason: what each frame must have been counted for
 * @n_near: UDP: near ports; polls: connections
 * @is_special: measured only if it is named, because its policy has to be made for it
 */
struct bench_case {
	const char *name;
	int (*run)(struct bench *b, const struct bench_case *c);
	u32 first;
	u32 n_far;
	u16 port;
	u32 action;
	u32 reason;
	u32 n_near;
	bool is_special;
};

static u64 reasons_before[OTSEG_R_MAX];

static int watch(struct bench *b)
{
	return otseg_bench_datapath_reasons(&b->datapath, reasons_before);
}

/* Were @frames of them counted for the case's reason, and none for another one? */
static int check(struct bench *b, const struct bench_case *c, u64 frames)
{
	u64 reasons[OTSEG_R_MAX];
	int err = otseg_bench_datapath_reasons(&b->datapath, reasons);
	u32 i;

	for (i = 0; !err && i < OTSEG_R_COUNT; i++) {
		u64 counted = reasons[i] - reasons_before[i];

		if (counted == (i == c->reason ? frames : 0))
			continue;
		fprintf(stderr, "cost: %s: reason %u counted %llu of %llu frames\n", c->name, i,
			(unsigned long long)counted, (unsigned long long)frames);
		err = -EBADMSG;
	}
	return err;
}

static int run_udp(const struct side *side, u32 frames, u32 action, double *ns)
{
	int prog = bpf_program__fd(side->traffic->progs.otseg_b_udp);
	u8 frame[OTSEG_BENCH_UDP_LEN] = { 0 };
	u32 got_ns, got_action;
	int err;

	err = otseg_bench_run(prog, frame, sizeof(frame), frames, &got_ns, &got_action);
	if (err)
		return err;
	if (got_action != action && action != ANY_ACTION)
		return -EBADMSG;
	*ns = got_ns;
	return 0;
}

static int run_frames(const struct bpf_program *program, u32 frames, u32 action, double *ns)
{
	int prog = bpf_program__fd(program);
	u8 frame[OTSEG_BENCH_TCP_LEN] = { 0 };
	u32 got_ns, got_action;
	int err;

	err = otseg_bench_run(prog, frame, sizeof(frame), frames, &got_ns, &got_action);
	if (err)
		return err;
	if (got_action != action)
		return -EBADMSG;
	*ns = got_ns;
	return 0;
}

static int run_tcp(const struct side *side, u32 frames, u32 action, double *ns)
{
	return run_frames(side->traffic->progs.otseg_b_tcp, frames, action, ns);
}

static void plan_udp(const struct side *side, const struct bench_case *c)
{
	struct otseg_bench_udp *plan = &side->traffic->bss->udp_plan;

	otseg_bench_udp_fill(plan, c->first, c->n_far, c->n_near, c->port, 0);
	if (c->n_far > 1)
		otseg_bench_udp_spread(plan);
}

/* Frames of flows that exist, or that are refused again and again. */
static int case_udp(struct bench *b, const struct bench_case *c)
{
	const struct side *sides[2] = { b->bare, &b->full };
	int i, err = 0;
	double warm;

	for (i = 0; !err && i < 2; i++) {
		plan_udp(sides[i], c);
		err = run_udp(sides[i], 2 * c->n_far, i ? c->action : XDP_PASS, &warm);
	}
	err = err ?: watch(b);
	err = err ?: run_udp(b->bare, b->frames, XDP_PASS, &b->ns[0]);
	err = err ?: run_udp(&b->full, b->frames, c->action, &b->ns[1]);
	return err ?: check(b, c, b->frames);
}

/* Each frame opens a flow, in a table that holds no others. */
static int case_new(struct bench *b, const struct bench_case *c)
{
	int err;

	err = otseg_bench_datapath_forget(&b->datapath);
	plan_udp(b->bare, c);
	plan_udp(&b->full, c);
	err = err ?: watch(b);
	err = err ?: run_udp(b->bare, c->n_far, XDP_PASS, &b->ns[0]);
	err = err ?: run_udp(&b->full, c->n_far, c->action, &b->ns[1]);
	err = err ?: check(b, c, c->n_far);
	return err ?: otseg_bench_datapath_forget(&b->datapath);
}

/* How many flows were found, of @frames that may each have been of another flow. */
static int check_found(struct bench *b, const struct bench_case *c, u64 frames)
{
	u64 reasons[OTSEG_R_MAX];
	int err = otseg_bench_datapath_reasons(&b->datapath, reasons);
	u64 found = reasons[c->reason] - reasons_before[c->reason];

	b->found_percent = 100.0 * found / frames;
	if (err || found * 1000 >= frames * LEAST_FLOWS_PERMILLE)
		return err;
	fprintf(stderr, "cost: %s: %llu of %llu frames belong to a flow\n", c->name,
		(unsigned long long)found, (unsigned long long)frames);
	return -EBADMSG;
}

/* Opens them; the last one may be one that finds no room. */
static int open_flows(struct bench *b, const struct bench_case *c)
{
	double opening;
	int err;

	err = otseg_bench_datapath_forget(&b->datapath);
	plan_udp(&b->full, c);
	return err ?: run_udp(&b->full, c->n_far * c->n_near, ANY_ACTION, &opening);
}

/* Frames of a few flows among so many live ones. */
static int case_among(struct bench *b, const struct bench_case *c)
{
	const struct bench_case few = { .first = c->first, .n_far = FEW, .n_near = 1,
					.port = c->port };
	double warm;
	int err;

	err = open_flows(b, c);
	plan_udp(b->bare, &few);
	plan_udp(&b->full, &few);
	err = err ?: run_udp(&b->full, 2 * FEW, XDP_PASS, &warm);
	err = err ?: watch(b);
	err = err ?: run_udp(b->bare, b->frames, XDP_PASS, &b->ns[0]);
	err = err ?: run_udp(&b->full, b->frames, XDP_PASS, &b->ns[1]);
	err = err ?: check(b, c, b->frames);
	return err ?: otseg_bench_datapath_forget(&b->datapath);
}

/* Frames of so many live flows in turn, all of them once at least. */
static int case_flows(struct bench *b, const struct bench_case *c)
{
	u32 flows = c->n_far * c->n_near;
	u32 frames = b->frames > flows ? b->frames : flows;
	int err;

	err = open_flows(b, c);
	plan_udp(b->bare, c);
	plan_udp(&b->full, c);
	err = err ?: watch(b);
	err = err ?: run_udp(b->bare, frames, XDP_PASS, &b->ns[0]);
	err = err ?: run_udp(&b->full, frames, ANY_ACTION, &b->ns[1]);
	err = err ?: check_found(b, c, frames);
	return err ?: otseg_bench_datapath_forget(&b->datapath);
}

/* The yardstick: what a frame costs in the simplest of filters. */
static int case_looks(struct bench *b, const struct bench_case *c)
{
	double warm;
	int err;

	plan_udp(b->bare, c);
	plan_udp(b->looks, c);
	err = run_udp(b->looks, 2 * c->n_far, XDP_PASS, &warm);
	err = err ?: run_udp(b->bare, b->frames, XDP_PASS, &b->ns[0]);
	return err ?: run_udp(b->looks, b->frames, XDP_PASS, &b->ns[1]);
}

/* A fresh connection on both sides, right after its handshake. */
static int connect_tcp(struct bench *b, int message)
{
	static const u8 flags[3] = { OTSEG_BENCH_SYN, OTSEG_BENCH_SYN | OTSEG_BENCH_ACK,
				     OTSEG_BENCH_ACK };
	const struct side *sides[2] = { b->bare, &b->full };
	u8 frame[OTSEG_BENCH_TCP_LEN];
	u32 action;
	int i, err;

	err = otseg_bench_datapath_forget(&b->datapath);
	for (i = 0; !err && i < 3; i++) {
		size_t len = otseg_bench_tcp_bare(frame, message, i & 1, flags[i],
						  FIRST_SEQ + (i == 2),
						  i ? FIRST_SEQ + 1 : 0);

		err = otseg_bench_run(b->datapath.prog, frame, len, 1, NULL, &action);
		if (!err && action != XDP_PASS)
			err = -ECONNREFUSED;
	}
	for (i = 0; i < 2; i++) {
		struct otseg_bench_tcp *plan = &sides[i]->traffic->bss->tcp_plan;

		memset(plan, 0, sizeof(*plan));
		otseg_bench_tcp_fill(plan, message);
		plan->seq[0] = FIRST_SEQ + 1;
		plan->seq[1] = FIRST_SEQ + 1;
	}
	return err;
}

/*
 * Request, response, request, ...: each is new, in order and due. @timed is the
 * direction to tell the cost of, -1: the mean of both.
 */
static int poll_plc(struct bench *b, const struct bench_case *c, int message, int timed)
{
	const struct side *sides[2] = { b->bare, &b->full };
	u32 frames = b->frames & ~1u;
	int i, err;

	err = connect_tcp(b, message) ?: watch(b);
	for (i = 0; !err && i < 2; i++) {
		struct otseg_bench_tcp *plan = &sides[i]->traffic->bss->tcp_plan;

		plan->flip = 1;
		err = run_tcp(sides[i], frames, XDP_PASS, &b->ns[i]);
		if (err || timed < 0)
			continue;
		if (!plan->timed[timed])
			return -ENODATA;
		b->ns[i] = (double)plan->spent_ns[timed] / plan->timed[timed];
	}
	return err ?: check(b, c, frames);
}

static int case_request(struct bench *b, const struct bench_case *c)
{
	return poll_plc(b, c, OTSEG_BENCH_READ, 0);
}

static int case_response(struct bench *b, const struct bench_case *c)
{
	return poll_plc(b, c, OTSEG_BENCH_READ, 1);
}

static int case_poll(struct bench *b, const struct bench_case *c)
{
	return poll_plc(b, c, OTSEG_BENCH_READ, -1);
}

/* Many connections in turn: the next frame of each is a request, or the answer. */
static int case_polls(struct bench *b, const struct bench_case *c)
{
	const struct side *sides[2] = { b->bare, &b->full };
	int err = otseg_bench_datapath_forget(&b->datapath);
	double opening;
	int i;

	for (i = 0; !err && i < 2; i++) {
		memset(sides[i]->traffic->bss->conns, 0, sizeof(sides[i]->traffic->bss->conns));
		otseg_bench_poll_fill(&sides[i]->traffic->bss->poll_plan, OTSEG_BENCH_FAR, c->n_far,
				      c->n_near);
		err = run_frames(sides[i]->traffic->progs.otseg_b_polls,
				 c->n_near * OTSEG_BENCH_STEP_REQUEST, XDP_PASS, &opening) ?
			      :
			      watch(b);
		err = err ?: run_frames(sides[i]->traffic->progs.otseg_b_polls, b->frames, XDP_PASS, &b->ns[i]);
	}
	err = err ?: check(b, c, b->frames);
	return err ?: otseg_bench_datapath_forget(&b->datapath);
}

/* The same bytes on an established connection that is not inspected. */
static int case_plain(struct bench *b, const struct bench_case *c)
{
	return poll_plc(b, c, OTSEG_BENCH_PLAIN, -1);
}

/* A write that only a read rule meets: refused, so the stream does not move on. */
static int case_write(struct bench *b, const struct bench_case *c)
{
	int err = connect_tcp(b, OTSEG_BENCH_WRITE) ?: watch(b);

	b->bare->traffic->bss->tcp_plan.len[0] = 0;
	b->full.traffic->bss->tcp_plan.len[0] = 0;
	err = err ?: run_tcp(b->bare, b->frames, XDP_PASS, &b->ns[0]);
	err = err ?: run_tcp(&b->full, b->frames, c->action, &b->ns[1]);
	return err ?: check(b, c, b->frames);
}

static const struct bench_case cases[] = {
	{ "no-conduit", case_udp, OTSEG_BENCH_NOWHERE, 1, OTSEG_BENCH_UDP_PORT, XDP_DROP,
	  OTSEG_R_NO_CONDUIT, 1, false },
	{ "no-rule", case_udp, OTSEG_BENCH_FAR, 1, OTSEG_BENCH_SHUT_PORT, XDP_DROP,
	  OTSEG_R_NO_RULE, 1, false },
	{ "no-rule-5000", case_udp, OTSEG_BENCH_FAR, MANY, OTSEG_BENCH_SHUT_PORT, XDP_DROP,
	  OTSEG_R_NO_RULE, 1, false },
	{ "udp-one-flow", case_udp, OTSEG_BENCH_FAR, 1, OTSEG_BENCH_UDP_PORT, XDP_PASS,
	  OTSEG_R_FLOW, 1, false },
	{ "udp-5000-flows", case_udp, OTSEG_BENCH_FAR, MANY, OTSEG_BENCH_UDP_PORT, XDP_PASS,
	  OTSEG_R_FLOW, 1, false },
	{ "udp-new-flow", case_new, OTSEG_BENCH_FAR, MANY, OTSEG_BENCH_UDP_PORT, XDP_PASS,
	  OTSEG_R_RULE, 1, false },
	{ "tcp-plain-poll", case_plain, 0, 0, 0, XDP_PASS,
	  OTSEG_R_FLOW, 1, false },
	{ "modbus-read-request", case_request, 0, 0, 0, XDP_PASS,
	  OTSEG_R_RULE, 1, false },
	{ "modbus-read-response", case_response, 0, 0, 0, XDP_PASS,
	  OTSEG_R_RULE, 1, false },
	{ "modbus-read-poll", case_poll, 0, 0, 0, XDP_PASS,
	  OTSEG_R_RULE, 1, false },
	{ "modbus-1000-polls", case_polls, OTSEG_BENCH_FAR, 250, 0, XDP_PASS,
	  OTSEG_R_RULE, 1000, false },
	{ "modbus-write-refused", case_write, 0, 0, 0, XDP_DROP,
	  OTSEG_R_ACCESS, 1, false },
	{ "look-ups", case_looks, OTSEG_BENCH_FAR, 1, OTSEG_BENCH_UDP_PORT, XDP_PASS,
	  0, 1, false },
	{ "look-ups-5000", case_looks, OTSEG_BENCH_FAR, MANY, OTSEG_BENCH_UDP_PORT, XDP_PASS,
	  0, 1, false },
	{ "flows-1000", case_flows, OTSEG_BENCH_FAR, 1000, OTSEG_BENCH_UDP_PORT, XDP_PASS,
	  OTSEG_R_FLOW, 1, true },
	{ "flows-10000", case_flows, OTSEG_BENCH_FAR, MANY, OTSEG_BENCH_UDP_PORT, XDP_PASS,
	  OTSEG_R_FLOW, 2, true },
	{ "flows-100000", case_flows, OTSEG_BENCH_FAR, MANY, OTSEG_BENCH_UDP_PORT, XDP_PASS,
	  OTSEG_R_FLOW, 20, true },
	{ "flows-250000", case_flows, OTSEG_BENCH_FAR, MANY, OTSEG_BENCH_UDP_PORT, XDP_PASS,
	  OTSEG_R_FLOW, 50, true },
	{ "among-1000", case_among, OTSEG_BENCH_FAR, 1000, OTSEG_BENCH_UDP_PORT, XDP_PASS,
	  OTSEG_R_FLOW, 1, true },
	{ "among-10000", case_among, OTSEG_BENCH_FAR, MANY, OTSEG_BENCH_UDP_PORT, XDP_PASS,
	  OTSEG_R_FLOW, 2, true },
	{ "among-100000", case_among, OTSEG_BENCH_FAR, MANY, OTSEG_BENCH_UDP_PORT, XDP_PASS,
	  OTSEG_R_FLOW, 20, true },
	{ "among-250000", case_among, OTSEG_BENCH_FAR, MANY, OTSEG_BENCH_UDP_PORT, XDP_PASS,
	  OTSEG_R_FLOW, 50, true },
};

#define N_CASES (sizeof(cases) / sizeof(cases[0]))

static int side_open(struct side *side, int target, u32 flags)
{
	struct bpf_program *prog;
	u32 zero = 0;
	int err;

	side->traffic = traffic__open();
	if (!side->traffic)
		return -errno;
	/* A tail call needs both programs to agree on multi-buffer frames. */
	bpf_object__for_each_program(prog, side->traffic->obj)
		bpf_program__set_flags(prog, flags);
	err = traffic__load(side->traffic);
	if (err)
		return err;
	if (target == BARE)
		target = bpf_program__fd(side->traffic->progs.otseg_b_pass);
	else if (target == LOOKS)
		target = bpf_program__fd(side->traffic->progs.otseg_b_looks);
	otseg_bench_park(bpf_program__fd(side->traffic->progs.otseg_b_udp));
	otseg_bench_park(bpf_program__fd(side->traffic->progs.otseg_b_tcp));
	otseg_bench_park(bpf_program__fd(side->traffic->progs.otseg_b_polls));
	return bpf_map_update_elem(bpf_map__fd(side->traffic->maps.otseg_b_target), &zero,
				   &target, 0);
}

/* Entries for the frames of look-ups; the checksums of otseg_bench_udp_fill() do not matter. */
static int looks_fill(const struct side *side)
{
	int hash = bpf_map__fd(side->traffic->maps.otseg_b_hash);
	u64 value[8] = { 0 };
	struct {
		u32 src;
		u32 dst;
		u16 ports[2];
		u32 proto;
	} key = { .src = htonl(OTSEG_BENCH_NEAR), .proto = IPPROTO_UDP };
	u32 i;
	int err = 0;

	key.ports[0] = htons(OTSEG_BENCH_NEAR_PORT);
	key.ports[1] = htons(OTSEG_BENCH_UDP_PORT);
	for (i = 0; !err && i < MANY; i++) {
		key.dst = htonl(OTSEG_BENCH_FAR +
				(i * OTSEG_BENCH_SPREAD_STRIDE & OTSEG_BENCH_SPREAD_MASK));
		err = bpf_map_update_elem(hash, &key, value, 0);
	}
	return err;
}

static int bench_open(struct bench *b, char *policy, const char *object, u32 link_flags)
{
	char *image = strchr(policy, '=');
	int err;

	if (!image)
		return -EINVAL;
	*image = 0;
	b->label = policy;
	err = otseg_bench_datapath_open(&b->datapath, object, image + 1, true);
	err = err ?: otseg_bench_datapath_link(&b->datapath, LOOPBACK, "it0", link_flags);
	if (!err)
		otseg_bench_park(b->datapath.prog);
	return err ?: side_open(&b->full, b->datapath.prog, b->datapath.flags);
}

static bool is_wanted(const struct bench_case *c, char **wanted, int n)
{
	int i;

	for (i = 0; i < n; i++)
		if (!strcmp(c->name, wanted[i]))
			return true;
	return !n && !c->is_special;
}

/* Measures a case once; one that fails is not tried again. */
static int bench_measure(struct bench *b, size_t number, int round)
{
	const struct bench_case *c = &cases[number];
	int err;

	if (b->is_broken[number])
		return 0;
	err = c->run(b, c);
	if (err) {
		fprintf(stderr, "cost: %s, %s: not measured: %s\n", b->label, c->name,
			strerror(-err));
		b->is_broken[number] = true;
		return err;
	}
	printf("cost,%s,%s,%d,%.1f,%.1f", b->label, c->name, round, b->ns[0], b->ns[1]);
	if (c->run == case_flows)
		printf(",%.2f", b->found_percent);
	printf("\n");
	return 0;
}

static int usage(void)
{
	fprintf(stderr, "usage: cost [-r ROUNDS] [-f FIRST] [-n FRAMES] [-c] [-k CASE]... "
			"OBJECT LABEL=IMAGE...\n");
	return 2;
}

int main(int argc, char **argv)
{
	static struct bench benches[POLICIES_MAX];
	struct side bare = { 0 }, looks = { 0 };
	int rounds = 51, first = 0, failed = 0;
	int option, round, policy, n_policies;
	char *wanted[N_CASES];
	u32 link_flags = 0;
	u32 frames = 20000;
	int n_wanted = 0;
	int err;
	size_t i;

	while ((option = getopt(argc, argv, "r:f:n:ck:")) != -1) {
		switch (option) {
		case 'r':
			rounds = atoi(optarg);
			break;
		case 'f':
			first = atoi(optarg);
			break;
		case 'n':
			frames = strtoul(optarg, NULL, 10);
			break;
		case 'c':
			link_flags = OTSEG_BENCH_CHECKSUMS;
			break;
		case 'k':
			if (n_wanted == N_CASES)
				return usage();
			wanted[n_wanted++] = optarg;
			break;
		default:
			return usage();
		}
	}
	n_policies = argc - optind - 1;
	if (n_policies < 1 || n_policies > POLICIES_MAX || rounds < 1 || frames < 2)
		return usage();

	setlinebuf(stdout);
	err = otseg_bench_claim(1);
	for (policy = 0; !err && policy < n_policies; policy++) {
		benches[policy].bare = &bare;
		benches[policy].looks = &looks;
		benches[policy].frames = frames;
		err = bench_open(&benches[policy], argv[optind + 1 + policy], argv[optind],
				 link_flags);
	}
	err = err ?: side_open(&bare, BARE, benches[0].datapath.flags);
	err = err ?: side_open(&looks, LOOKS, benches[0].datapath.flags);
	err = err ?: looks_fill(&looks);
	if (err) {
		fprintf(stderr, "cost: cannot prepare: %s\n", strerror(-err));
		return 1;
	}

	for (round = 0; round < rounds; round++) {
		for (i = 0; i < N_CASES; i++) {
			if (!is_wanted(&cases[i], wanted, n_wanted))
				continue;
			for (policy = 0; policy < n_policies; policy++)
				if (bench_measure(&benches[policy], i, first + round))
					failed = 1;
		}
	}
	for (policy = 0; policy < n_policies; policy++) {
		traffic__destroy(benches[policy].full.traffic);
		otseg_bench_datapath_close(&benches[policy].datapath);
	}
	traffic__destroy(looks.traffic);
	traffic__destroy(bare.traffic);
	return failed;
}
