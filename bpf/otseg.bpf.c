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

/* A frame leaves by @out; 0: it goes up to the host. */
static __always_inline int leave_by(const struct otseg_env *e, u32 out)
{
	if (out)
		return bpf_redirect_map(&otseg_ports, out & (OTSEG_LINK_SLOTS - 1), XDP_DROP);
	/* Only the module's guard reads it. */
	if (otseg_use_module)
		mark_leave(e->ctx, e->generation);
	return XDP_PASS;
}

/* The frame leaves as the verdict on it says. */
static __always_inline int leave(const struct otseg_env *e, u32 action)
{
	struct otseg_probe *probe;
	u32 zero = 0;

	if (otseg_test_mode) {
		probe = bpf_map_lookup_elem(&otseg_probe, &zero);
		if (probe)
			probe->verdict = e->s->verdict;
	}
	if (action != OTSEG_ACTION_PASS)
		return XDP_DROP;
	return leave_by(e, e->s->arrival.out);
}

#define SWEEP_PERIOD_NS (10ll * 1000 * 1000)
#define SWEEP_TICKS 128 /* in which all buckets have their turn: about 1.3 s */

static long sweep_one(u32 i, struct otseg_env *e)
{
	otseg_bucket_sweep(e, e->generation + i);
	return 0;
}

/* Sweep what is due in a period, from bucket @next on, by the clock of @e. Return: where to go on. */
static __always_inline u32 sweep_slice(struct otseg_env *e, u32 next)
{
	u32 mask = otseg_table_mask(otseg_table_size(e));
	u32 slice = (mask + 1) / SWEEP_TICKS;
	u32 generation = e->generation;

	e->generation = next;
	bpf_loop(slice, sweep_one, e, 0);
	e->generation = generation;
	return (next + slice) & mask;
}

/*
 * With PREEMPT_RT a lock of the kernel is a mutex, and Linux 6.12 refuses BPF timers. There each
 * frame asks the kernel's clock, and sweeps a slice if one is due: while there are no frames,
 * nobody asks what has ended.
 */
struct rt_mutex_base___any {
	int unused;
};

struct spinlock___rt {
	struct rt_mutex_base___any lock;
} __attribute__((preserve_access_index));

static __always_inline u32 frames_keep_clock(void)
{
	return otseg_frame_clock || bpf_core_field_exists(((struct spinlock___rt *)0)->lock);
}

/* What takes turns among the frames; one of them at a time. */
static __noinline u64 clock_keep(struct otseg_env *e)
{
	u64 now_ns = bpf_ktime_get_ns(), then_ns, swept_ns;
	struct otseg_sweep_turn *turn;
	u32 zero = 0;

	turn = bpf_map_lookup_elem(&otseg_sweep_turn, &zero);
	if (!turn)
		return now_ns;
	then_ns = otseg_read(turn->swept_ns);
	/* 0: it has not been started. */
	if (!then_ns || (s64)(now_ns - then_ns) < SWEEP_PERIOD_NS)
		return now_ns;
	/* After a silence one round is enough. */
	swept_ns = now_ns - SWEEP_TICKS * SWEEP_PERIOD_NS;
	if ((s64)(swept_ns - then_ns) < 0)
		swept_ns = then_ns;
	if (otseg_cmpxchg64(&turn->swept_ns, then_ns, swept_ns + SWEEP_PERIOD_NS) != then_ns)
		return now_ns;
	otseg_write(otseg_root.now_ns, now_ns);
	e->now_s = otseg_seconds(now_ns);
	turn->next = sweep_slice(e, turn->next);
	return now_ns;
}

/* When and where the frame came in. Return: 1, or 0: test mode has no clock. */
static __always_inline u32 arrive(struct xdp_md *ctx, struct otseg_env *e)
{
	struct otseg_arrival *arrival = &e->s->arrival;
	struct otseg_probe *probe;
	u32 zero = 0;

	arrival->ifindex = ctx->ingress_ifindex;
	arrival->link_flags = 0;
	arrival->link = OTSEG_NONE16;
	arrival->out = 0;
	arrival->frame_len = (u32)(ctx->data_end - ctx->data);
	arrival->now_ns = frames_keep_clock() ? clock_keep(e) : otseg_read(otseg_root.now_ns);
	if (otseg_test_mode) {
		probe = bpf_map_lookup_elem(&otseg_probe, &zero);
		if (!probe)
			return 0;
		arrival->now_ns = probe->now_ns;
	}
	e->now_s = otseg_seconds(arrival->now_ns);
	return 1;
}

SEC("xdp.frags")
int otseg_xdp(struct xdp_md *ctx)
{
	struct otseg_env e;

	if (!otseg_env_open(&e, ctx) || !arrive(ctx, &e))
		return XDP_DROP;
	return leave(&e, otseg_frame_judge(&e));
}

/**
 * otseg_long - judge a frame that the short way has left
 * @ctx: the frame
 *
 * A program of its own, with a stack of its own: what the short way needs is then all in registers.
 *
 * Return: enum xdp_action.
 */
int otseg_long(struct xdp_md *ctx);

SEC("xdp.frags")
int otseg_long(struct xdp_md *ctx)
{
	struct otseg_env e;

	if (!otseg_env_open(&e, ctx) || !arrive(ctx, &e))
		return XDP_DROP;
	e.flow_id = e.s->arrival.flow_id;
	/* What the policy was asked may be another policy's answer now. */
	if (e.generation != e.s->arrival.generation)
		e.s->is_new = OTSEG_NEW_UNKNOWN;
	return leave(&e, otseg_frame_long(&e));
}

/*
 * Goes on with what another program has begun. If the policy was swapped meanwhile: from the start,
 * without the session that was held.
 */
static __always_inline u32 take_over(struct otseg_env *e, struct xdp_md *ctx, const u32 is_held)
{
	u32 zero = 0;

	if (otseg_env_again(e, ctx, 1))
		return 1;
	if (is_held) {
		e->s = bpf_map_lookup_elem(&otseg_scratch, &zero);
		if (e->s)
			otseg_payload_release(e);
	}
	bpf_tail_call(ctx, &otseg_stages, OTSEG_STAGE_FRAME);
	return 0;
}

/**
 * otseg_open - judge a frame that has no flow
 * @ctx: the frame
 *
 * Return: enum xdp_action.
 */
int otseg_open(struct xdp_md *ctx);

SEC("xdp.frags")
int otseg_open(struct xdp_md *ctx)
{
	struct otseg_env e;

	if (!take_over(&e, ctx, 0))
		return XDP_DROP;
	return leave(&e, otseg_frame_open(&e));
}

/**
 * otseg_stream - judge a frame of which only the payload has to be judged
 * @ctx: the frame
 *
 * Return: enum xdp_action.
 */
int otseg_stream(struct xdp_md *ctx);

SEC("xdp.frags")
int otseg_stream(struct xdp_md *ctx)
{
	struct otseg_env e;

	if (!take_over(&e, ctx, 1))
		return XDP_DROP;
	return leave(&e, otseg_frame_stream(&e, 0));
}

/**
 * otseg_judge - have the inspectors and the rules judge a payload
 * @ctx: the frame
 *
 * What was judged by an older policy first: then the frame goes back to otseg_stream().
 *
 * Return: enum xdp_action.
 */
int otseg_judge(struct xdp_md *ctx);

SEC("xdp.frags")
int otseg_judge(struct xdp_md *ctx)
{
	struct otseg_env e;

	if (!take_over(&e, ctx, 1))
		return XDP_DROP;
	if (!otseg_payload_is_again(&e))
		return leave(&e, otseg_frame_stream(&e, 1));
	otseg_payload_renew(&e);
	otseg_leave_to(&e, OTSEG_STAGE_STREAM);
	otseg_payload_release(&e);
	return leave(&e, otseg_frame_end(&e, OTSEG_UNJUDGED));
}

/**
 * otseg_deny - conclude a refused frame of which somebody may be told, and send what tells
 * @ctx: the frame
 *
 * Return: enum xdp_action.
 */
int otseg_deny(struct xdp_md *ctx);

SEC("xdp.frags")
int otseg_deny(struct xdp_md *ctx)
{
	struct otseg_env e;
	u32 kind;

	if (!take_over(&e, ctx, 0))
		return XDP_DROP;
	leave(&e, otseg_frame_deny(&e));
	kind = e.s->verdict.denial;
	/* Verdicts of the short way are not written in full. */
	e.s->verdict.denial = OTSEG_DENIAL_NONE;
	if (!kind)
		return XDP_DROP;
	if (!otseg_denial_write(&e, kind)) {
		e.counters[OTSEG_CTR_DENIAL + OTSEG_CTR_DENIAL_FAILED]++;
		return XDP_DROP;
	}
	/* Not XDP_TX: a veth wakes nobody for that. */
	return leave_by(&e, kind == OTSEG_DENIAL_PEER ? e.s->arrival.out : e.s->arrival.ifindex);
}

#define CLOCK_MONOTONIC 1
#define EBUSY 16
#define ENOENT 2

static int sweep_tick(void *map, u32 *key, struct otseg_sweep *sweep)
{
	struct otseg_env e = {};
	u64 now_ns = bpf_ktime_get_ns();

	(void)map;
	(void)key;
	otseg_write(otseg_root.now_ns, now_ns);
	e.now_s = otseg_seconds(now_ns);
	sweep->next = sweep_slice(&e, sweep->next);
	bpf_timer_start(&sweep->timer, SWEEP_PERIOD_NS, 0);
	return 0;
}

static __always_inline long sweep_timer_start(void)
{
	struct otseg_sweep *sweep;
	u32 zero = 0;
	long err;

	sweep = bpf_map_lookup_elem(&otseg_sweep, &zero);
	if (!sweep)
		return -ENOENT;
	err = bpf_timer_init(&sweep->timer, &otseg_sweep, CLOCK_MONOTONIC);
	if (err)
		return err;
	bpf_timer_set_callback(&sweep->timer, sweep_tick);
	return bpf_timer_start(&sweep->timer, SWEEP_PERIOD_NS, 0);
}

/* Frames go on from here. */
static __always_inline long sweep_turn_start(void)
{
	struct otseg_sweep_turn *turn;
	u32 zero = 0;

	turn = bpf_map_lookup_elem(&otseg_sweep_turn, &zero);
	if (!turn)
		return -ENOENT;
	otseg_write(turn->swept_ns, otseg_read(otseg_root.now_ns));
	return 0;
}

/**
 * otseg_start - start the clock and the sweep of the flow table, and draw the hash key
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
	long err;
	u32 i;

	(void)ctx;
	for (i = 0; i < OTSEG_SEED_WORDS; i++) {
		if (!otseg_root.seed[i])
			otseg_root.seed[i] = (u64)bpf_get_prandom_u32() << 32 | bpf_get_prandom_u32();
	}
	otseg_write(otseg_root.now_ns, bpf_ktime_get_ns());
	err = frames_keep_clock() ? sweep_turn_start() : sweep_timer_start();
	return err == -EBUSY ? 0 : (int)err;
}
