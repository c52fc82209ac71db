// SPDX-License-Identifier: GPL-2.0-only
/*
 * A stand-in for the datapath: calls the module's functions, marks and counts
 * as it is told through a map, and passes every frame.
 */
#include <linux/bpf.h>
#include <stddef.h>

#include <bpf/bpf_helpers.h>

#include "module_xdp.h"
#include "otseg/counters.h"
#include "otseg/mark.h"

extern const __u8 *bpf_otseg_policy(struct xdp_md *ctx, const size_t rdonly_buf_size) __ksym;
extern __u64 *bpf_otseg_counters(struct xdp_md *ctx, __u32 generation,
				 const size_t rdwr_buf_size) __ksym;

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct module_config);
} config SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct module_result);
} result SEC(".maps");

static __always_inline void leave_mark(struct xdp_md *ctx, __u32 kind, __u32 generation)
{
	struct otseg_mark *mark;
	long grow = sizeof(*mark) + (kind == MARK_LONG ? 4 : 0);

	if (!kind || bpf_xdp_adjust_meta(ctx, -grow))
		return;
	mark = (void *)(long)ctx->data_meta;
	if ((void *)(mark + 1) > (void *)(long)ctx->data)
		return;
	mark->magic = kind == MARK_WRONG_MAGIC ? ~OTSEG_MARK_MAGIC : OTSEG_MARK_MAGIC;
	mark->generation = generation;
	if (kind == MARK_OLD)
		mark->generation = generation - 1;
	if (kind == MARK_ANCIENT)
		mark->generation = generation - 2;
}

static long is_late(__u32 i, void *data)
{
	const __u64 *end = data;

	(void)i;
	return bpf_ktime_get_ns() >= *end;
}

/* A frame that a policy swap overtakes. */
static __always_inline void dawdle(__u32 delay_us)
{
	__u64 end = bpf_ktime_get_ns() + delay_us * 1000ull;

	if (delay_us)
		bpf_loop(1 << 20, is_late, &end, 0);
}

SEC("xdp")
int module_xdp(struct xdp_md *ctx)
{
	__u32 zero = 0, generation = 0, index;
	const struct otseg_runtime *runtime;
	struct module_config *todo;
	struct module_result *seen;
	const __u8 *region;
	__u64 *counters;

	todo = bpf_map_lookup_elem(&config, &zero);
	seen = bpf_map_lookup_elem(&result, &zero);
	if (!todo || !seen)
		return XDP_ABORTED;

	region = bpf_otseg_policy(ctx, OTSEG_REGION_SIZE);
	seen->has_region = !!region;
	if (region) {
		runtime = (const void *)region;
		generation = runtime->generation;
		seen->image_magic = *(const __u32 *)(region + OTSEG_REGION_IMAGE);
		seen->tail = *(const __u32 *)(region + OTSEG_REGION_SIZE - 4);
	}
	seen->generation = generation;
	if (bpf_otseg_policy(ctx, 4096) || bpf_otseg_counters(ctx, generation, 4096))
		seen->has_wrong_size = 1;
	if (bpf_otseg_counters(ctx, generation + 7, OTSEG_CTR_SIZE))
		seen->has_unknown = 1;

	dawdle(todo->delay_us);
	if (todo->is_counting) {
		counters = bpf_otseg_counters(ctx, generation, OTSEG_CTR_SIZE);
		index = todo->counter[generation & 1];
		if (!counters) {
			__sync_fetch_and_add(&seen->no_counters, 1);
		} else if (index < OTSEG_CTR_COUNT) {
			counters[index]++;
			__sync_fetch_and_add(&seen->frames, 1);
		}
	}
	leave_mark(ctx, todo->mark, generation);
	return XDP_PASS;
}

const char module_license[] SEC("license") = "GPL";
