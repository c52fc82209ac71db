/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The datapath's maps and knobs, for engine/env.h. Sizes are the engine's; the
 * arrays that a reader walks can be mapped into a process.
 */
#ifndef OTSEG_MAPS_H
#define OTSEG_MAPS_H

/* Knobs, set before the load. */
const volatile u8 otseg_use_module; /* policy and counters come from the module */
const volatile u8 otseg_event_gap = OTSEG_EVENT_GAP; /* see engine/event.h; 0: no events */
const volatile u8 otseg_recur = 1; /* see engine/recur.h; 0: no message is known again, to measure inspectors */
const volatile u8 otseg_test_mode; /* the clock is otseg_probe's, verdicts are left there */
const volatile u8 otseg_frame_clock; /* frames keep the clock, as where there are no BPF timers */

/*
 * Knobs, too: what offsets into the image, numbers of conduits and rules in the counter block, and
 * those of limiters, are masked with (see otseg_image_fold()). Where the policy is in maps, the
 * loader makes all of them as large as the policy needs (image: the value of what otseg_policy
 * holds; counters: that of otseg_counters; limiters: half the entries of otseg_limits).
 */
const volatile u32 otseg_mask_image = OTSEG_IMAGE_MAX - 1;
const volatile u32 otseg_mask_conduits = OTSEG_MAX_CONDUITS - 1;
const volatile u32 otseg_mask_rules = OTSEG_MAX_RULES - 1;
const volatile u32 otseg_mask_limiters = OTSEG_MAX_LIMITERS - 1;

/*
 * What the maps that outlive the programs mean: flows, their buckets and sessions, memory, limits,
 * budgets, counters, interfaces and the root. An object that replaces one of the same number goes
 * on with its maps, so raise it with every change to what is in them or how the datapath reads it.
 * The policy's format has a number of its own.
 */
#define OTSEG_STATE_LAYOUT (12 << 4 | OTSEG_IMAGE_VERSION)
_Static_assert(OTSEG_IMAGE_VERSION < 16 && OTSEG_STATE_LAYOUT < 256, "a byte");
const volatile u8 otseg_state_layout = OTSEG_STATE_LAYOUT;

/*
 * The hash key is drawn by otseg_start() unless the loader has set it; the loader also says how
 * much of the tables below is in use.
 */
struct otseg_root otseg_root SEC(".data") = {
	.table = OTSEG_TABLE_FULL,
	.sessions = OTSEG_SESSIONS,
};

/**
 * struct otseg_probe - test mode: clock in, verdict out
 * @now_ns: the engine's clock
 * @verdict: of the last frame
 */
struct otseg_probe {
	u64 now_ns;
	struct otseg_verdict verdict;
};

/**
 * struct otseg_sweep - the timer that removes flows past their time
 * @timer: the timer
 * @next: first bucket of its next slice
 * @reserved: zero
 */
struct otseg_sweep {
	struct bpf_timer timer;
	u32 next;
	u32 reserved;
};

/**
 * struct otseg_sweep_turn - what does the same where frames keep the clock
 * @swept_ns: up to when the table was swept
 * @next: first bucket of its next slice
 * @reserved: zero
 */
struct otseg_sweep_turn {
	u64 swept_ns;
	u32 next;
	u32 reserved;
};

/* What otseg_policy holds: a map of one region. */
struct otseg_policy_map {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__uint(key_size, sizeof(u32));
	__uint(value_size, OTSEG_REGION_SIZE);
};

/* The active policy; replacing it is the swap. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, 1);
	__type(key, u32);
	__array(values, struct otseg_policy_map);
} otseg_policy SEC(".maps");

/*
 * Counter block of processor n under counter slot s: s * processors + n. The loader sets both
 * sizes: see include/otseg/counters.h, and otseg_counter_rule().
 */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 2);
	__uint(key_size, sizeof(u32));
	__uint(value_size, OTSEG_CTR_SIZE);
} otseg_counters SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, OTSEG_LINK_SLOTS);
	__type(key, u32);
	__type(value, struct otseg_link);
} otseg_links SEC(".maps");

/* Governed interfaces, each in the slot that it has above, to send frames out by. */
struct {
	__uint(type, BPF_MAP_TYPE_DEVMAP);
	__uint(max_entries, OTSEG_LINK_SLOTS);
	__uint(key_size, sizeof(u32));
	__uint(value_size, sizeof(u32));
} otseg_ports SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, OTSEG_HOPS);
	__type(key, u32);
	__type(value, struct otseg_hop);
} otseg_hops SEC(".maps");

/* What otseg_table and otseg_sessions hold: so much memory as is in use, see struct otseg_root. */
struct otseg_table_segment {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, OTSEG_SEGMENT_BUCKETS);
	__uint(key_size, sizeof(u32));
	__uint(value_size, sizeof(struct otseg_flow_line));
};

struct otseg_session_segment {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, OTSEG_SEGMENT_SESSIONS);
	__uint(key_size, sizeof(u32));
	__uint(value_size, sizeof(struct otseg_session));
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, OTSEG_FLOW_SEGMENTS);
	__type(key, u32);
	__array(values, struct otseg_table_segment);
} otseg_table SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, OTSEG_SESSION_SEGMENTS);
	__type(key, u32);
	__array(values, struct otseg_session_segment);
} otseg_sessions SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, OTSEG_LIMITERS);
	__type(key, u32);
	__type(value, struct otseg_limiter);
} otseg_limits SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, OTSEG_MEMORY_LINES);
	__type(key, u32);
	__type(value, struct otseg_memory_line);
} otseg_memory SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, OTSEG_REFUSALS);
	__type(key, u32);
	__type(value, struct otseg_refusals);
} otseg_refusals SEC(".maps");

/* Live flows by budget slot. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, OTSEG_BUDGET_SLOTS);
	__type(key, u32);
	__type(value, struct otseg_live);
} otseg_live SEC(".maps");

/* What is told of refused frames; one reader at a time. */
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, OTSEG_EVENT_RING);
} otseg_events SEC(".maps");

/* The programs that a frame can be left to. */
enum otseg_stage {
	OTSEG_STAGE_FRAME, /* from the start: the short way first */
	OTSEG_STAGE_LONG,
	OTSEG_STAGE_OPEN, /* a frame without a flow */
	OTSEG_STAGE_STREAM, /* a frame of a flow, whose payload is to be judged */
	OTSEG_STAGE_JUDGE, /* a payload that is to be inspected */
	OTSEG_STAGE_DENY, /* a refused frame that is to become an answer */
	OTSEG_STAGE_COUNT,
};

int otseg_xdp(struct xdp_md *ctx);
int otseg_long(struct xdp_md *ctx);
int otseg_open(struct xdp_md *ctx);
int otseg_stream(struct xdp_md *ctx);
int otseg_judge(struct xdp_md *ctx);
int otseg_deny(struct xdp_md *ctx);

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, OTSEG_STAGE_COUNT);
	__uint(key_size, sizeof(u32));
	__array(values, int(struct xdp_md *));
} otseg_stages SEC(".maps") = {
	.values = { [OTSEG_STAGE_FRAME] = &otseg_xdp, [OTSEG_STAGE_LONG] = &otseg_long,
		    [OTSEG_STAGE_OPEN] = &otseg_open, [OTSEG_STAGE_STREAM] = &otseg_stream,
		    [OTSEG_STAGE_JUDGE] = &otseg_judge, [OTSEG_STAGE_DENY] = &otseg_deny },
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct otseg_scratch);
} otseg_scratch SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct otseg_probe);
} otseg_probe SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct otseg_sweep);
} otseg_sweep SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct otseg_sweep_turn);
} otseg_sweep_turn SEC(".maps");

#endif /* OTSEG_MAPS_H */
