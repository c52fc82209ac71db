// SPDX-License-Identifier: GPL-2.0-only
/*
 * The datapath: maps, knobs, and the program that asks the engine about each
 * frame. The same object runs on the module's memory (kfuncs) or, without the
 * module, on maps; the loader chooses by a knob, and never both.
 */
#include <linux/bpf.h>

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

#include "../include/otseg/counters.h"
#include "../include/otseg/mark.h"
#include "engine/engine.h"

char _license[] SEC("license") = "GPL";

/* Puts the mark in front of the frame; the guard decides what a frame without one is worth. */
static __always_inline void mark_leave(struct xdp_md *ctx, u32 generation)
{
	struct otseg_mark *mark;

	if (bpf_xdp_adjust_meta(ctx, -(int)sizeof(*mark)))
		return;
	mark = (void *)(long)ctx->data_meta;
	if ((void *)(mark + 1) > (void *)(long)ctx->data)
		return;
	mark->magic = OTSEG_MARK_MAGIC;
	mark->generation = generation;
}

SEC("xdp.frags")
int otseg_xdp(struct xdp_md *ctx)
{
	struct otseg_probe *probe = NULL;
	struct otseg_arrival *arrival;
	struct otseg_env e = {};
	u32 zero = 0;
	u32 action;

	if (!otseg_env_open(&e, ctx))
		return XDP_DROP;
	arrival = &e.s->arrival;
	arrival->ifindex = ctx->ingress_ifindex;
	if (otseg_test_mode) {
		probe = bpf_map_lookup_elem(&otseg_probe, &zero);
		if (!probe)
			return XDP_DROP;
		arrival->now_ns = probe->now_ns;
	} else {
		arrival->now_ns = bpf_ktime_get_coarse_ns();
	}
	e.now_s = otseg_seconds(arrival->now_ns);
	e.frame_len = (u32)(ctx->data_end - ctx->data);
	action = otseg_frame_judge(&e);
	if (probe)
		probe->verdict = e.s->verdict;
	if (action != OTSEG_ACTION_PASS)
		return XDP_DROP;
	if (e.s->verdict.flags & (OTSEG_V_WIRE | OTSEG_V_ROUTE))
		return bpf_redirect_map(&otseg_ports, arrival->out & (OTSEG_LINK_SLOTS - 1),
					XDP_DROP);
	/* Only the module's guard reads it. */
	if (otseg_use_module)
		mark_leave(ctx, e.generation);
	return XDP_PASS;
}

#define CLOCK_MONOTONIC 1
#define EBUSY 16
#define ENOENT 2

#define SWEEP_PERIOD_NS (10 * 1000 * 1000)
#define SWEEP_SLICE 256 /* buckets at a time: all of them in about 1.3 s */

static long sweep_one(u32 i, struct otseg_env *e)
{
	otseg_bucket_sweep(e, e->generation + i);
	return 0;
}

static int sweep_tick(void *map, u32 *key, struct otseg_sweep *sweep)
{
	struct otseg_env e = {};

	(void)map;
	(void)key;
	e.now_s = otseg_seconds(bpf_ktime_get_ns());
	e.generation = sweep->next;
	bpf_loop(SWEEP_SLICE, sweep_one, &e, 0);
	sweep->next = (sweep->next + SWEEP_SLICE) & (OTSEG_FLOW_BUCKETS - 1);
	bpf_timer_start(&sweep->timer, SWEEP_PERIOD_NS, 0);
	return 0;
}

/**
 * otseg_start - start the sweep of the flow table, and draw the hash key
 * @ctx: none
 *
 * To be run once before the datapath sees frames; running it again changes nothing.
 *
 * Return: 0 or a negative errno.
 */
int otseg_start(void *ctx);

SEC("syscall")
int otseg_start(void *ctx)
{
	struct otseg_sweep *sweep;
	u32 zero = 0;
	long err;
	u32 i;

	(void)ctx;
	for (i = 0; i < OTSEG_SEED_WORDS; i++) {
		if (!otseg_seed[i])
			otseg_seed[i] = (u64)bpf_get_prandom_u32() << 32 | bpf_get_prandom_u32();
	}
	sweep = bpf_map_lookup_elem(&otseg_sweep, &zero);
	if (!sweep)
		return -ENOENT;
	err = bpf_timer_init(&sweep->timer, &otseg_sweep, CLOCK_MONOTONIC);
	if (err == -EBUSY)
		return 0;
	if (err)
		return (int)err;
	bpf_timer_set_callback(&sweep->timer, sweep_tick);
	return (int)bpf_timer_start(&sweep->timer, SWEEP_PERIOD_NS, 0);
}
