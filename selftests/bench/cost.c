// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a decision costs: nanoseconds of one frame in test runs, for a bare XDP
 * program and for the datapath, run after run in turns.
 *
 *   cost [-r ROUNDS] [-n FRAMES] [-c] [-l LABEL] OBJECT IMAGE [CASE]...
 *
 * Prints "cost,LABEL,CASE,ROUND,BARE,DATAPATH" lines. Both numbers contain the
 * same step program (traffic.bpf.c), which writes the next frame; what the
 * datapath costs over a bare program is their difference. Everything is as warm
 * in the caches as back-to-back frames make it. -c has transport checksums
 * verified. Without CASE all are measured.
 *
 * Each run of the datapath must have counted as many frames as it was given for
 * the reason that the case is about: a wrong path is an error, not a figure.
 */
#define _GNU_SOURCE
#include "datapath.h"
#include "frame.h"
#include "run.h"
#include "traffic.skel.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <getopt.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LOOPBACK 1 /* interface that test runs come in by */
#define MANY 5000
#define FIRST_SEQ 1000

/**
 * struct side - one of the two that are compared
 * @traffic: step programs, with the target behind them
 */
struct side {
	struct traffic *traffic;
};

/**
 * struct bench - everything a case needs
 * @bare: the bare program
 * @full: the datapath
 * @datapath: the datapath itself
 * @frames: frames of one run
 * @ns: what one frame cost: bare, full
 */
struct bench {
	struct side bare;
	struct side full;
	struct otseg_bench_datapath datapath;
	u32 frames;
	double ns[2];
};

/**
 * struct bench_case - something to measure
 * @name: its name in the output
 * @run: measures it once
 * @port: UDP: far port
 * @first: UDP: lowest far address
 * @n_far: UDP: far addresses
 * @action: XDP action that each frame must meet
 * @reason: what each frame must have been counted for
 */
struct bench_case {
	const char *name;
	int (*run)(struct bench *b, const struct bench_case *c);
	u32 first;
	u32 n_far;
	u16 port;
	u32 action;
	u32 reason;
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

	for (i = 0; !err && i < OTSEG_R_MAX; i++) {
		u64 counted = reasons[i] - reasons_before[i];

		if (counted == (i == c->reason ? frames : 0))
			continue;
		fprintf(stderr, "cost: %s: reason %u counted %llu of %llu frames\n", c->name, i,
			(unsigned long long)counted, (unsigned long long)frames);
		err = -EBADMSG;
	}
	return err;
}

static int run_udp(struct side *side, u32 frames, u32 action, double *ns)
{
	int prog = bpf_program__fd(side->traffic->progs.otseg_b_udp);
	u8 frame[OTSEG_BENCH_UDP_LEN] = { 0 };
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

static int run_tcp(struct side *side, u32 frames, u32 action, double *ns)
{
	int prog = bpf_program__fd(side->traffic->progs.otseg_b_tcp);
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

/* Frames of flows that exist, or that are refused again and again. */
static int case_udp(struct bench *b, const struct bench_case *c)
{
	struct side *sides[2] = { &b->bare, &b->full };
	int i, err = 0;
	double warm;

	for (i = 0; !err && i < 2; i++) {
		otseg_bench_udp_fill(&sides[i]->traffic->bss->udp_plan, c->first, c->n_far, 1,
				     c->port, 0);
		err = run_udp(sides[i], 2 * c->n_far, i ? c->action : XDP_PASS, &warm);
	}
	err = err ?: watch(b);
	err = err ?: run_udp(&b->bare, b->frames, XDP_PASS, &b->ns[0]);
	err = err ?: run_udp(&b->full, b->frames, c->action, &b->ns[1]);
	return err ?: check(b, c, b->frames);
}

/* Each frame opens a flow, in a table that holds no others. */
static int case_new(struct bench *b, const struct bench_case *c)
{
	struct side *sides[2] = { &b->bare, &b->full };
	int i, err;

	err = otseg_bench_datapath_forget(&b->datapath);
	for (i = 0; i < 2; i++)
		otseg_bench_udp_fill(&sides[i]->traffic->bss->udp_plan, c->first, c->n_far, 1,
				     c->port, 0);
	err = err ?: watch(b);
	err = err ?: run_udp(&b->bare, c->n_far, XDP_PASS, &b->ns[0]);
	err = err ?: run_udp(&b->full, c->n_far, c->action, &b->ns[1]);
	err = err ?: check(b, c, c->n_far);
	return err ?: otseg_bench_datapath_forget(&b->datapath);
}

/* A fresh connection on both sides, right after its handshake. */
static int connect_tcp(struct bench *b, int message)
{
	static const u8 flags[3] = { OTSEG_BENCH_SYN, OTSEG_BENCH_SYN | OTSEG_BENCH_ACK,
				     OTSEG_BENCH_ACK };
	struct side *sides[2] = { &b->bare, &b->full };
	u8 frame[OTSEG_BENCH_TCP_LEN];
	u32 action;
	int i, err;

	err = otseg_bench_datapath_forget(&b->datapath);
	for (i = 0; !err && i < 3; i++) {
		size_t len = otseg_bench_tcp_bare(frame, i & 1, flags[i],
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
static int poll_plc(struct bench *b, const struct bench_case *c, int timed)
{
	struct side *sides[2] = { &b->bare, &b->full };
	u32 frames = b->frames & ~1u;
	int i, err;

	err = connect_tcp(b, OTSEG_BENCH_READ) ?: watch(b);
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
	return poll_plc(b, c, 0);
}

static int case_response(struct bench *b, const struct bench_case *c)
{
	return poll_plc(b, c, 1);
}

static int case_poll(struct bench *b, const struct bench_case *c)
{
	return poll_plc(b, c, -1);
}

/* A write that only a read rule meets: refused, so the stream does not move on. */
static int case_write(struct bench *b, const struct bench_case *c)
{
	int err = connect_tcp(b, OTSEG_BENCH_WRITE) ?: watch(b);

	b->bare.traffic->bss->tcp_plan.len[0] = 0;
	b->full.traffic->bss->tcp_plan.len[0] = 0;
	err = err ?: run_tcp(&b->bare, b->frames, XDP_PASS, &b->ns[0]);
	err = err ?: run_tcp(&b->full, b->frames, c->action, &b->ns[1]);
	return err ?: check(b, c, b->frames);
}

static const struct bench_case cases[] = {
	{ "no-conduit", case_udp, OTSEG_BENCH_NOWHERE, 1, OTSEG_BENCH_UDP_PORT, XDP_DROP,
	  OTSEG_R_NO_CONDUIT },
	{ "no-rule", case_udp, OTSEG_BENCH_FAR, 1, OTSEG_BENCH_SHUT_PORT, XDP_DROP,
	  OTSEG_R_NO_RULE },
	{ "udp-one-flow", case_udp, OTSEG_BENCH_FAR, 1, OTSEG_BENCH_UDP_PORT, XDP_PASS,
	  OTSEG_R_FLOW },
	{ "udp-5000-flows", case_udp, OTSEG_BENCH_FAR, MANY, OTSEG_BENCH_UDP_PORT, XDP_PASS,
	  OTSEG_R_FLOW },
	{ "udp-new-flow", case_new, OTSEG_BENCH_FAR, MANY, OTSEG_BENCH_UDP_PORT, XDP_PASS,
	  OTSEG_R_RULE },
	{ "modbus-read-request", case_request, 0, 0, 0, XDP_PASS, OTSEG_R_RULE },
	{ "modbus-read-response", case_response, 0, 0, 0, XDP_PASS, OTSEG_R_RULE },
	{ "modbus-read-poll", case_poll, 0, 0, 0, XDP_PASS, OTSEG_R_RULE },
	{ "modbus-write-refused", case_write, 0, 0, 0, XDP_DROP, OTSEG_R_ACCESS },
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
	if (target < 0)
		target = bpf_program__fd(side->traffic->progs.otseg_b_pass);
	return bpf_map_update_elem(bpf_map__fd(side->traffic->maps.otseg_b_target), &zero,
				   &target, 0);
}

static int is_wanted(const char *name, char **wanted, int n)
{
	int i;

	for (i = 0; i < n; i++)
		if (!strcmp(name, wanted[i]))
			return 1;
	return !n;
}

static int usage(void)
{
	fprintf(stderr,
		"usage: cost [-r ROUNDS] [-n FRAMES] [-c] [-l LABEL] OBJECT IMAGE [CASE]...\n");
	return 2;
}

int main(int argc, char **argv)
{
	int broken[N_CASES] = { 0 };
	const char *label = "policy";
	int rounds = 51, failed = 0;
	struct bench b = { .frames = 20000 };
	int option, round, err;
	u32 link_flags = 0;
	size_t i;

	while ((option = getopt(argc, argv, "r:n:cl:")) != -1) {
		switch (option) {
		case 'r':
			rounds = atoi(optarg);
			break;
		case 'n':
			b.frames = strtoul(optarg, NULL, 10);
			break;
		case 'c':
			link_flags = OTSEG_BENCH_CHECKSUMS;
			break;
		case 'l':
			label = optarg;
			break;
		default:
			return usage();
		}
	}
	if (argc - optind < 2 || rounds < 1 || b.frames < 2)
		return usage();

	setlinebuf(stdout);
	err = otseg_bench_claim(1);
	err = err ?: otseg_bench_datapath_open(&b.datapath, argv[optind], argv[optind + 1]);
	err = err ?: otseg_bench_datapath_link(&b.datapath, LOOPBACK, "it0", link_flags);
	err = err ?: side_open(&b.bare, -1, b.datapath.flags);
	err = err ?: side_open(&b.full, b.datapath.prog, b.datapath.flags);
	if (err) {
		fprintf(stderr, "cost: cannot prepare: %s\n", strerror(-err));
		return 1;
	}

	for (round = 0; round < rounds; round++) {
		for (i = 0; i < N_CASES; i++) {
			if (broken[i] || !is_wanted(cases[i].name, argv + optind + 2,
						    argc - optind - 2))
				continue;
			err = cases[i].run(&b, &cases[i]);
			if (err) {
				fprintf(stderr, "cost: %s: not measured: %s\n", cases[i].name,
					strerror(-err));
				broken[i] = 1;
				failed = 1;
				continue;
			}
			printf("cost,%s,%s,%d,%.1f,%.1f\n", label, cases[i].name, round, b.ns[0],
			       b.ns[1]);
		}
	}
	traffic__destroy(b.bare.traffic);
	traffic__destroy(b.full.traffic);
	otseg_bench_datapath_close(&b.datapath);
	return failed;
}
