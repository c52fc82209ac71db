/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The engine's surroundings: the only engine file that knows whether it runs in
 * XDP or in a process. Owns how a frame's bytes, the image, the counters, the
 * state tables and the clock are reached; decides nothing.
 */
#ifndef OTSEG_ENV_H
#define OTSEG_ENV_H

#include "../../include/otseg/counters.h"
#include "../../include/otseg/event.h"
#include "flow.h"
#include "hash.h"
#include "message.h"
#include "packet.h"
#include "session.h"

#define OTSEG_LIMITERS (2 * OTSEG_MAX_LIMITERS) /* of even and odd generations; a power of two */
#define OTSEG_LINK_SLOTS 1024 /* governed interfaces; a power of two */
#define OTSEG_EVENT_KINDS 64 /* token buckets of events, for each processor */
#define OTSEG_EVENT_BURST 8 /* events of a kind that may come at once */
#define OTSEG_EVENT_GAP 15 /* between two of them on average: 63 ms, so 1,017 events/s of all kinds */
#define OTSEG_CHUNK 512 /* bytes of a frame that are summed at a time */
#define OTSEG_PEEK_MAX 256 /* offsets that can be looked at directly are below it; a power of two */

#define OTSEG_HOPS 4096 /* next hops that are kept alive apart; a power of two */

#define OTSEG_LINK_CHECKSUMS 0x1 /* transport checksums of its frames are real */
#define OTSEG_LINK_GENERIC 0x2 /* generic XDP: its frames can leave by any device */

/**
 * struct otseg_link - a governed interface, at slot ifindex & (OTSEG_LINK_SLOTS - 1)
 * @ifindex: the interface, 0: free slot
 * @flags: OTSEG_LINK_*
 * @name: the name that the policy has for it, zero padded
 * @peer: the interface at the other end of its wire, 0: none. A hint: a frame goes
 *	there only if that is the interface which the policy names
 * @unused: zero
 * @since_s: when the datapath began to run on it, by otseg_seconds(); 0: nobody knows
 * @unused2: zero
 * @known: what names were found to say of its frames without a tag (wire.h), 0: nothing yet
 * @reserved: zero
 *
 * Written by whoever attaches the datapath, but for @known, which is 0 from him; then he adds one
 * to @names of struct otseg_root. A changed @name takes effect for flows that already live with the
 * next policy generation.
 */
struct otseg_link {
	u32 ifindex;
	u32 flags;
	u32 name[4];
	u32 peer;
	u32 unused;
	u32 since_s;
	u32 unused2;
	u64 known;
	u32 reserved[4];
};

_Static_assert(sizeof(struct otseg_link) == 64, "a power of two: slots are found by a shift");

/**
 * struct otseg_live - live flows of one conduit
 * @flows: all of them
 * @sessions: those that are inspected
 */
struct otseg_live {
	u32 flows;
	u32 sessions;
};

/**
 * struct otseg_way - where the host's routing sends a frame (route.h)
 * @dst_mac: of the next hop
 * @src_mac: of @ifindex
 * @ifindex: interface that it leaves by
 * @src: source address, in
 * @dst: destination address, in
 * @flow: IPv4: type of service; IPv6: first word of the header but for the version,
 *	in
 * @sport: source port, network order, in
 * @dport: destination port, network order, in
 * @len: bytes from the IP header on, in
 * @family: 4 or 6, in
 * @proto: IP protocol, in
 */
struct otseg_way {
	u8 dst_mac[6];
	u8 src_mac[6];
	u32 ifindex;
	struct otseg_addr src;
	struct otseg_addr dst;
	u32 flow;
	u16 sport;
	u16 dport;
	u16 len;
	u8 family;
	u8 proto;
};

/**
 * struct otseg_hop - when a next hop was last left to the host (route.h)
 * @tag: which one
 * @at_s: by otseg_seconds()
 */
struct otseg_hop {
	u32 tag;
	u32 at_s;
};

#define OTSEG_MEMORY_LINES 2048 /* a power of two */
#define OTSEG_MEMORY_WAYS 4

/**
 * struct otseg_memory - what is remembered of messages (memory.h)
 * @key: keyed hash of whose it is, 0: free
 * @words: state, repetition and revision of a publication
 * @until_s: by otseg_seconds()
 */
struct otseg_memory {
	u64 key;
	u32 words[3];
	u32 until_s;
};

/**
 * struct otseg_memory_line - where keys of one hash are remembered
 * @entries: in any order
 * @owners: who has brought each of them about: hash of the sender << 1, 1 with it: it is an
 *	I/O connection, else a publication
 * @reserved: zero
 */
struct otseg_memory_line {
	struct otseg_memory entries[OTSEG_MEMORY_WAYS];
	u32 owners[OTSEG_MEMORY_WAYS];
	u64 reserved[2];
};

_Static_assert(sizeof(struct otseg_memory_line) == 128, "two cache lines");

/**
 * struct otseg_limiter - token buckets of one rule or conduit (limit.h)
 * @packets: theoretical arrival time of the next packet, ns
 * @bytes: the same for bytes
 */
struct otseg_limiter {
	u64 packets;
	u64 bytes;
};

#define OTSEG_REFUSALS 4096 /* places where each processor remembers two; a power of two */

/**
 * struct otseg_refusal - a plain frame that was refused (refusal.h)
 * @addresses: source and destination
 * @rest: ports, TCP flags, protocol
 * @generation: of the policy that refuses it
 * @link: link of the image that it came in by
 * @src_zone: as the rest, what became of it: see struct otseg_verdict
 * @dst_zone: zone of the destination
 * @conduit: who answers
 * @service: of the leaf
 * @reason: enum otseg_reason
 * @reserved: zero
 */
struct otseg_refusal {
	u64 addresses;
	u64 rest;
	u32 generation;
	u16 link;
	u16 src_zone;
	u16 dst_zone;
	u16 conduit;
	u8 service;
	u8 reason;
	u16 reserved;
};

/**
 * struct otseg_refusals - where frames of one hash are remembered
 * @last: the last two, the newest first
 */
struct otseg_refusals {
	struct otseg_refusal last[2];
};

_Static_assert(sizeof(struct otseg_refusals) == 64, "one cache line");

/**
 * struct otseg_root - what is known of the tables beside what is in them
 * @seed: key of the flow hash
 * @table: the size of the flow table, see OTSEG_TABLE_FULL
 * @sessions: slots that sessions may take, a multiple of OTSEG_SEGMENT_SESSIONS
 * @names: how often an entry of a governed interface was written
 * @now_ns: the datapath's clock, monotonic: the sweep keeps it, because asking the kernel
 *	is a call
 * @spilled: a bit for each bucket: flows whose first one it is may lie in the second one. The
 *	datapath sets it, and it stays. At the end, so that the rest is one page
 *
 * Sizes, which only grow while the datapath runs, and @names are written by whoever attaches it.
 */
struct otseg_root {
	u64 seed[OTSEG_SEED_WORDS];
	u64 table;
	u32 sessions;
	u32 names;
	u64 now_ns;
	u64 spilled[OTSEG_FLOW_BUCKETS / 64];
};

/**
 * struct otseg_arrival - how and when the frame at hand came in
 * @now_ns: monotonic clock, as fine as the sweep's period
 * @ifindex: interface
 * @frame_len: its bytes; on the short way, those that lie together
 * @flow_id: copy of that of struct otseg_env, as the rest
 * @now_s: copy
 * @generation: copy
 * @link_flags: OTSEG_LINK_* of the interface, once otseg_ingress_open() has looked
 * @out: interface that it leaves by if it passes, 0: it goes up to the host
 * @link: link of the image that plain frames of the interface come in by, if the short way
 *	has looked; else OTSEG_NONE16
 * @far_end: with @link, if that is on a wire: the interface at the other end, 0: none that runs;
 *	OTSEG_NONE32: nobody has looked
 */
struct otseg_arrival {
	u64 now_ns;
	u32 ifindex;
	u32 frame_len;
	u64 flow_id;
	u32 now_s;
	u32 generation;
	u32 link_flags;
	u32 out;
	u32 link;
	u32 far_end;
};

/* What is known of a frame that the short way leaves to the long one. */
enum otseg_new {
	OTSEG_NEW_UNKNOWN, /* nothing */
	OTSEG_NEW_FLOW, /* no flow has its hash */
	OTSEG_NEW_JUDGED, /* nor has any, and the policy has been asked */
	OTSEG_NEW_STREAM, /* it is a live flow's, and only its stream has to be asked */
};

/**
 * struct otseg_teller - token bucket of one kind of event (event.h)
 * @next_ns: theoretical arrival time of the next one
 * @suppressed: those that were not told since the last one that was
 */
struct otseg_teller {
	u64 next_ns;
	u64 suppressed;
};

#define OTSEG_DENIAL_KINDS 16 /* token buckets of denials, for each processor; a power of two */
#define OTSEG_DENIAL_TCP 44 /* bytes of the longest segment that tells of a denial, in words */

/**
 * struct otseg_reply - the segment that tells of a denial (denial.h)
 * @seq: sequence number
 * @ack: acknowledgement number
 * @stamps: options as in a segment: value and echo of its timestamps
 * @window: window
 * @transaction: of the Modbus request, network order
 * @tcp_flags: OTSEG_TCP_*
 * @options: bytes of options: 0, or those of the timestamps
 * @len: bytes of the payload: 0, or those of an exception
 * @unit: of the Modbus request
 * @function: of the exception
 * @code: of the exception
 */
struct otseg_reply {
	u32 seq;
	u32 ack;
	u32 stamps[2];
	u16 window;
	u16 transaction;
	u8 tcp_flags;
	u8 options;
	u8 len;
	u8 unit;
	u8 function;
	u8 code;
};

/**
 * struct otseg_denial_bytes - its bytes, as they lie in the frame
 * @ip: IP header
 * @tcp: segment
 */
struct otseg_denial_bytes {
	u32 ip[10];
	u32 tcp[OTSEG_DENIAL_TCP / 4];
};

/**
 * struct otseg_scratch - what one frame needs beyond the stack
 * @packet: the decoded frame
 * @verdict: what was decided about it
 * @quoted: the frame that an ICMP error quotes; the target of a neighbour's message;
 *	the frame again, to tell of it
 * @key: flow key of @packet, or of @quoted
 * @path: what the policy says of @packet
 * @inspection: what the inspection of a segment works on
 * @memo: see otseg_forget()
 * @hash: of the flow's key, if @is_new
 * @is_new: enum otseg_new: what the short way has found out
 * @from_b: of a frame without a flow: its source is the key's b
 * @said: with OTSEG_NEW_JUDGED: the reason, as otseg_opening_judge() has it; with
 *	OTSEG_NEW_STREAM: what speaks against the frame, see otseg_track_stream()
 * @paid: not 0: it has used up rates, see limit.h; the rule in bits 0-31
 * @arrival: how and when the frame came in
 * @event: what is told of the frame
 * @tellers: how much this processor has told, by kind of event
 * @deniers: the same of denials
 * @cut: the flow that is no longer allowed, of which both sides are to be told; kept 0
 * @reply: what is told of a denial
 * @denial: the same as bytes
 * @way: where the host would send it
 * @chunk: bytes of the frame being summed or of the header being read
 *
 * One for each processor; the datapath runs with softirqs disabled.
 */
struct otseg_scratch {
	struct otseg_packet packet;
	struct otseg_verdict verdict;
	struct otseg_packet quoted;
	struct otseg_flow_key key;
	struct otseg_path path;
	struct otseg_inspection inspection;
	u64 memo;
	u64 hash;
	u64 is_new;
	u64 from_b;
	u64 said;
	u64 paid;
	struct otseg_arrival arrival;
	struct otseg_event event;
	struct otseg_teller tellers[OTSEG_EVENT_KINDS];
	struct otseg_teller deniers[OTSEG_DENIAL_KINDS];
	u64 cut;
	struct otseg_reply reply;
	struct otseg_denial_bytes denial;
	struct otseg_way way;
	u8 chunk[OTSEG_CHUNK + 8] __attribute__((aligned(8)));
};

#if defined(__bpf__) && !defined(BPF_F_TEST_REG_INVARIANTS)
/* uapi headers before 6.4 do not have it; those after have the macro */
struct bpf_iter_num {
	__u64 __opaque[1];
} __attribute__((aligned(8)));
#endif

#define OTSEG_INLINE static inline __attribute__((always_inline, unused))
#define OTSEG_NOINLINE static __attribute__((noinline, unused))
/*
 * A function that the verifier judges once by itself instead of at every call: numbers
 * and pointers to whole writable structs in, which it must check for NULL, a number out.
 */
#ifdef __bpf__
#define OTSEG_GLOBAL __attribute__((noinline))
#else
#define OTSEG_GLOBAL OTSEG_NOINLINE
#endif
#define otseg_likely(x) __builtin_expect(!!(x), 1)
#define otseg_unlikely(x) __builtin_expect(!!(x), 0)

/* Makes the compiler forget what it knows about @x, so that a bound stays where it is. */
#define otseg_opaque(x) __asm__ volatile("" : "+r"(x))
/* The same where @x is used at once: what is the same before is the same after it. */
#define otseg_hide(x) __asm__("" : "+r"(x))
#define otseg_barrier() __asm__ volatile("" : : : "memory")

#define otseg_read(x) (*(const volatile __typeof__(x) *)&(x))
#define otseg_write(x, value) (*(volatile __typeof__(x) *)&(x) = (value))

/*
 * The value of @x, of which the verifier then knows nothing: it need not follow
 * one path for each value that @x can have.
 */
#define otseg_forget(e, x)                               \
	({                                               \
		otseg_write((e)->s->memo, (x));          \
		(__typeof__(x))otseg_read((e)->s->memo); \
	})

/* In place of a reason: the frame could not be left to the program that would judge it. */
#define OTSEG_UNJUDGED 0x500

struct otseg_world;

/**
 * struct otseg_env - surroundings of one frame
 * @ctx: BPF: the XDP context
 * @world: userspace: tables and frame
 * @image: first byte of the image
 * @mask: BPF: its room minus one, kept here because a knob costs more to read
 * @counters: counter block of this processor and generation
 * @s: scratch memory
 * @flow_id: of the flow at hand: tag << 32 | place + 1; 0: none
 * @now_s: the clock by otseg_seconds()
 * @generation: of the policy
 */
struct otseg_env {
#ifdef __bpf__
	struct xdp_md *ctx;
#else
	struct otseg_world *world;
#endif
	const u8 *image;
	u64 *counters;
	struct otseg_scratch *s;
	u64 flow_id;
	u32 now_s;
	u32 generation;
#ifdef __bpf__
	u64 mask;
#endif
};

/**
 * otseg_three_quarters - keep an offset below OTSEG_IMAGE_THREE_QUARTERS
 * @off: the offset; one of the image stays as it is
 *
 * Without a branch, which the verifier would follow both ways at each record.
 *
 * Return: an offset in the room.
 */
OTSEG_INLINE u32 otseg_three_quarters(u32 off)
{
	const u32 one = OTSEG_IMAGE_THREE_QUARTERS / 3;
	u32 quarter = off / one & 3;

	/* The verifier knows the bounds of products and sums, if the compiler leaves them. */
	otseg_hide(quarter);
	quarter = (quarter * 3 + 2) / 4; /* 0, 1, 2 and 2 */
	otseg_hide(quarter);
	quarter *= one;
	otseg_hide(quarter);
	return quarter + (off & (one - 1));
}

/**
 * otseg_seconds - the datapath's seconds
 * @ns: monotonic nanoseconds
 *
 * Without a division, and so with an error of 8e-8; only differences count.
 *
 * Return: seconds.
 */
OTSEG_INLINE u32 otseg_seconds(u64 ns)
{
	return (u32)(((ns >> 24) * 1125900) >> 26);
}

/* Atomics that both worlds spell alike; all of them are full barriers. */
OTSEG_INLINE u32 otseg_cmpxchg32(u32 *at, u32 expected, u32 value)
{
	return __sync_val_compare_and_swap(at, expected, value);
}

OTSEG_INLINE u64 otseg_cmpxchg64(u64 *at, u64 expected, u64 value)
{
	return __sync_val_compare_and_swap(at, expected, value);
}

OTSEG_INLINE u32 otseg_fetch_add32(u32 *at, u32 value)
{
	return __sync_fetch_and_add(at, value);
}

OTSEG_INLINE u64 otseg_fetch_or64(u64 *at, u64 bits)
{
	return __sync_fetch_and_or(at, bits);
}

#ifdef __bpf__

#include "../maps.h"

/*
 * Fetch @len bytes of the frame at @off. @len must be bounded by the size of
 * @dst in the verifier's eyes and must not be 0. Any position in any frame.
 * Return: 0, or negative if the frame has no such bytes.
 */
OTSEG_INLINE long otseg_load(const struct otseg_env *e, u32 off, void *dst, u32 len)
{
	return bpf_xdp_load_bytes(e->ctx, off, dst, len);
}

/*
 * The same for a constant @len of at most 64 bytes near the start of the frame:
 * direct access where the bytes are in the first buffer.
 */
OTSEG_INLINE long otseg_load_header(const struct otseg_env *e, u32 off, void *dst, const u32 len)
{
	const u8 *data = (const u8 *)(long)e->ctx->data;
	const u8 *end = (const u8 *)(long)e->ctx->data_end;

	off &= 0xfff;
	data += off;
	if (otseg_likely(data + len <= end)) {
		/* Not aligned, but words are cheap where the datapath runs. */
		__builtin_memcpy(dst, __builtin_assume_aligned(data, 8), len);
		return 0;
	}
	return bpf_xdp_load_bytes(e->ctx, off, dst, len);
}

/* The first @len bytes of the frame, NULL if they do not lie together. */
OTSEG_INLINE const u8 *otseg_peek(const struct otseg_env *e, const u32 len)
{
	const u8 *data = (const u8 *)(long)e->ctx->data;

	return data + len <= (const u8 *)(long)e->ctx->data_end ? data : NULL;
}

/* The same from @off on, which is below OTSEG_PEEK_MAX. */
OTSEG_INLINE const u8 *otseg_peek_at(const struct otseg_env *e, u32 off, const u32 len)
{
	const u8 *data = (const u8 *)(long)e->ctx->data + (off & (OTSEG_PEEK_MAX - 1));

	return data + len <= (const u8 *)(long)e->ctx->data_end ? data : NULL;
}

/* A number as it stands at @at; not aligned, which is cheap where the datapath runs. */
#define otseg_wire(type, at) (*(const type *)__builtin_assume_aligned((at), sizeof(type)))
#define otseg_wire_put(type, at, value) \
	(*(type *)__builtin_assume_aligned((at), sizeof(type)) = (value))

/* Whether the short way of express.h is open. */
OTSEG_INLINE u32 otseg_has_express(const struct otseg_env *e)
{
	(void)e;
	return 1;
}

/* One's complement sum of @len bytes (a multiple of 4, at most OTSEG_CHUNK) on top of @sum. */
OTSEG_INLINE u32 otseg_sum(const void *from, u32 len, u32 sum)
{
	return (u32)bpf_csum_diff(NULL, 0, (__be32 *)from, len, sum);
}

/* The root; otseg_start() draws the seed in it. */
OTSEG_INLINE struct otseg_root *otseg_root_of(const struct otseg_env *e)
{
	(void)e;
	return &otseg_root;
}

/* Bytes of the whole frame; dearer than those that lie together. */
OTSEG_INLINE u32 otseg_whole_len(const struct otseg_env *e)
{
	return (u32)bpf_xdp_get_buff_len(e->ctx);
}

/* A clock as fine as the machine has; dearer than @now_s. */
OTSEG_INLINE u64 otseg_clock(const struct otseg_env *e)
{
	return otseg_test_mode ? e->s->arrival.now_ns : bpf_ktime_get_ns();
}

#define OTSEG_MAP_AT(name, type, map, mask)                                        \
	OTSEG_INLINE type *name(const struct otseg_env *e, u32 index)              \
	{                                                                          \
		u32 key = index & (mask);                                          \
                                                                                   \
		(void)e;                                                           \
		return bpf_map_lookup_elem(&(map), &key);                          \
	}

/* In a table of @segments that are arrays of @len: NULL also where there is no segment. */
#define OTSEG_SEGMENT_AT(name, type, map, segments, len)                           \
	OTSEG_INLINE type *name(const struct otseg_env *e, u32 index)              \
	{                                                                          \
		u32 key = index / (len) & ((segments)-1);                          \
		void *inner = bpf_map_lookup_elem(&(map), &key);                   \
                                                                                   \
		(void)e;                                                           \
		key = index & ((len)-1);                                           \
		return inner ? bpf_map_lookup_elem(inner, &key) : NULL;            \
	}

OTSEG_SEGMENT_AT(otseg_line_at, struct otseg_flow_line, otseg_table, OTSEG_FLOW_SEGMENTS,
		 OTSEG_SEGMENT_BUCKETS)
OTSEG_SEGMENT_AT(otseg_session_at, struct otseg_session, otseg_sessions, OTSEG_SESSION_SEGMENTS,
		 OTSEG_SEGMENT_SESSIONS)
OTSEG_MAP_AT(otseg_limiter_at, struct otseg_limiter, otseg_limits, OTSEG_LIMITERS - 1)
OTSEG_MAP_AT(otseg_live_at, struct otseg_live, otseg_live, OTSEG_BUDGET_SLOTS - 1)
OTSEG_MAP_AT(otseg_link_at, struct otseg_link, otseg_links, OTSEG_LINK_SLOTS - 1)
OTSEG_MAP_AT(otseg_refusals_at, struct otseg_refusals, otseg_refusals, OTSEG_REFUSALS - 1)
OTSEG_MAP_AT(otseg_memory_at, struct otseg_memory_line, otseg_memory, OTSEG_MEMORY_LINES - 1)
OTSEG_MAP_AT(otseg_hop_at, struct otseg_hop, otseg_hops, OTSEG_HOPS - 1)

extern const u8 *bpf_otseg_policy(struct xdp_md *ctx,
				  const unsigned long rdonly_buf_size) __weak __ksym;
extern u64 *bpf_otseg_counters(struct xdp_md *ctx, u32 generation,
			       const unsigned long rdwr_buf_size) __weak __ksym;

/* The part of the kernel's struct bpf_map that is needed; relocated by libbpf. */
struct bpf_map {
	__u32 max_entries;
} __attribute__((preserve_access_index));

/* Parts of a DEVMAP and of what stands behind its entries; relocated by libbpf. */
struct net_device {
	unsigned long state;
	int ifindex;
	u32 xdp_features;
	const u8 *dev_addr;
} __attribute__((preserve_access_index));

struct bpf_dtab_netdev {
	struct net_device *dev;
} __attribute__((preserve_access_index));

struct bpf_dtab {
	struct bpf_dtab_netdev **netdev_map;
} __attribute__((preserve_access_index));

/* Any type of the kernel's that begins with a pointer, and one with six bytes, to read them by. */
struct hlist_head {
	void *first;
} __attribute__((preserve_access_index));

struct ethhdr {
	u8 h_dest[6];
} __attribute__((preserve_access_index));

extern void *bpf_rdonly_cast(const void *obj, __u32 btf_id) __weak __ksym;

#define OTSEG_DEVICE_STATE 0x5 /* __LINK_STATE_START and __LINK_STATE_NOCARRIER */
#define OTSEG_DEVICE_RUNS 0x1
#define OTSEG_DEVICE_NDO_XMIT 0x4 /* NETDEV_XDP_ACT_NDO_XMIT */

/*
 * What the DEVMAP has in the slot of an interface; read from the map itself, because a look-up
 * in one is a call. What is read by a pointer that is none reads as zero.
 */
OTSEG_INLINE const struct net_device *otseg_port_device(u32 ifindex)
{
	u64 entries = (u64)((struct bpf_dtab *)&otseg_ports)->netdev_map;
	const struct bpf_dtab_netdev *entry;
	const struct hlist_head *slot;

	slot = bpf_rdonly_cast((void *)(entries + (ifindex & (OTSEG_LINK_SLOTS - 1)) * sizeof(u64)),
			       bpf_core_type_id_kernel(struct hlist_head));
	entry = bpf_rdonly_cast(slot->first, bpf_core_type_id_kernel(struct bpf_dtab_netdev));
	return entry->dev;
}

/*
 * Can frames leave by this interface? The kernel would drop what is sent to one that
 * is down without a word.
 */
OTSEG_INLINE u32 otseg_port_runs(const struct otseg_env *e, u32 ifindex)
{
	const struct net_device *dev = otseg_port_device(ifindex);

	(void)e;
	return dev->ifindex == (int)ifindex &&
	       (dev->state & OTSEG_DEVICE_STATE) == OTSEG_DEVICE_RUNS;
}

/* Does its driver send what native XDP redirects to it? Else that vanishes. */
OTSEG_INLINE u32 otseg_port_takes(const struct otseg_env *e, u32 ifindex)
{
	const struct net_device *dev = otseg_port_device(ifindex);

	(void)e;
	return dev->ifindex == (int)ifindex &&
	       bpf_core_field_exists(struct net_device, xdp_features) &&
	       (dev->xdp_features & OTSEG_DEVICE_NDO_XMIT);
}

/* Is this the address of the interface? */
OTSEG_INLINE u32 otseg_port_owns(const struct otseg_env *e, u32 ifindex, const u8 *mac)
{
	const struct net_device *dev = otseg_port_device(ifindex);
	const struct ethhdr *own;
	u32 differ = 0;
	u32 i;

	(void)e;
	if (dev->ifindex != (int)ifindex)
		return 0;
	/* Any type of the kernel does that begins with six bytes. */
	own = bpf_rdonly_cast(dev->dev_addr,
			      bpf_core_type_id_kernel(struct ethhdr));
	for (i = 0; i < 6; i++)
		differ |= own->h_dest[i] ^ mac[i];
	return !differ;
}

#define OTSEG_AF_INET 2
#define OTSEG_AF_INET6 10

/*
 * Asks the host's routing about a frame, as if it came in by the interface that it
 * has come in by. Return: 1 if the host would do no more than send it on.
 */
OTSEG_INLINE u32 otseg_way_find(const struct otseg_env *e, struct otseg_way *way)
{
	struct bpf_fib_lookup fib = {};

	fib.l4_protocol = way->proto;
	fib.sport = way->sport;
	fib.dport = way->dport;
	fib.tot_len = way->len;
	fib.ifindex = e->s->arrival.ifindex;
	if (way->family == 4) {
		fib.family = OTSEG_AF_INET;
		fib.tos = (u8)way->flow;
		fib.ipv4_src = way->src.w[0];
		fib.ipv4_dst = way->dst.w[0];
	} else {
		fib.family = OTSEG_AF_INET6;
		fib.flowinfo = way->flow;
		__builtin_memcpy(fib.ipv6_src, way->src.w, sizeof(fib.ipv6_src));
		__builtin_memcpy(fib.ipv6_dst, way->dst.w, sizeof(fib.ipv6_dst));
	}
	if (bpf_fib_lookup(e->ctx, &fib, sizeof(fib), 0) != BPF_FIB_LKUP_RET_SUCCESS)
		return 0;
	way->ifindex = fib.ifindex;
	__builtin_memcpy(way->dst_mac, fib.dmac, 6);
	__builtin_memcpy(way->src_mac, fib.smac, 6);
	return 1;
}

/* The first @len bytes of the frame, to be changed; NULL if they do not lie together. */
OTSEG_INLINE u8 *otseg_edit(const struct otseg_env *e, const u32 len)
{
	u8 *data = (u8 *)(long)e->ctx->data;

	return data + len <= (u8 *)(long)e->ctx->data_end ? data : NULL;
}

/* Writes @len bytes of the frame at @off, which has to have them. Return: 0, or negative. */
OTSEG_INLINE long otseg_store(const struct otseg_env *e, u32 off, const void *from, u32 len)
{
	return bpf_xdp_store_bytes(e->ctx, off, (void *)from, len);
}

/* Cuts @len bytes off the end of the frame. Return: 0, or negative. */
OTSEG_INLINE long otseg_trim(const struct otseg_env *e, u32 len)
{
	return bpf_xdp_adjust_tail(e->ctx, -(int)len);
}

OTSEG_INLINE const u8 *otseg_map_region(void)
{
	u32 zero = 0;
	void *inner = bpf_map_lookup_elem(&otseg_policy, &zero);

	return inner ? bpf_map_lookup_elem(inner, &zero) : NULL;
}

/* Keeps an offset in the image's room. */
OTSEG_INLINE u32 otseg_image_fold(const struct otseg_env *e, u32 off)
{
	u64 mask = e->mask;

	/* Or the compiler would ask once, for several offsets, and have them all twice. */
	otseg_hide(mask);
	/* The verifier knows the room, and takes the question out. */
	if (otseg_likely(mask != OTSEG_IMAGE_THREE_QUARTERS - 1))
		return off & (u32)mask;
	return otseg_three_quarters(off);
}

/* What numbers of conduits, rules and limiters are masked with: see the knobs in maps.h. */
#define OTSEG_MASK(what) otseg_mask_##what

OTSEG_INLINE u64 *otseg_map_counters(u32 slot)
{
	u32 set = ((struct bpf_map *)&otseg_counters)->max_entries / 2;
	u32 index = (slot & 1) * set + bpf_get_smp_processor_id();

	return bpf_map_lookup_elem(&otseg_counters, &index);
}

/*
 * Find policy, scratch memory and, if they are wanted, counters. Return: 1, or 0 if one of
 * them is missing.
 */
OTSEG_INLINE u32 otseg_env_find(struct otseg_env *e, struct xdp_md *ctx, const u32 has_counters)
{
	const struct otseg_runtime *runtime;
	const u8 *region;
	u32 zero = 0;

	if (otseg_use_module)
		region = bpf_otseg_policy(ctx, OTSEG_REGION_SIZE);
	else
		region = otseg_map_region();
	if (!region)
		return 0;
	runtime = (const struct otseg_runtime *)region;
	if (runtime->magic != OTSEG_RUNTIME_MAGIC)
		return 0;
	e->ctx = ctx;
	e->image = region + OTSEG_REGION_IMAGE;
	e->mask = otseg_mask_image;
	e->generation = runtime->generation;
	e->flow_id = 0;
	if (has_counters) {
		if (otseg_use_module)
			e->counters = bpf_otseg_counters(ctx, e->generation, OTSEG_CTR_SIZE);
		else
			e->counters = otseg_map_counters(runtime->counter_slot);
		if (!e->counters)
			return 0;
	}
	e->s = bpf_map_lookup_elem(&otseg_scratch, &zero);
	return e->s ? 1 : 0;
}

OTSEG_INLINE u32 otseg_env_open(struct otseg_env *e, struct xdp_md *ctx)
{
	return otseg_env_find(e, ctx, 1);
}

OTSEG_INLINE void otseg_env_save(const struct otseg_env *e)
{
	struct otseg_arrival *arrival = &e->s->arrival;

	arrival->flow_id = e->flow_id;
	arrival->now_s = e->now_s;
	arrival->generation = e->generation;
}

/*
 * The surroundings that otseg_env_save() has left, in a function that gets none.
 * Return: 1; 0 if the policy has changed meanwhile: a frame is judged by one only.
 */
OTSEG_INLINE u32 otseg_env_again(struct otseg_env *e, struct xdp_md *ctx, const u32 has_counters)
{
	const struct otseg_arrival *arrival;

	if (!otseg_env_find(e, ctx, has_counters))
		return 0;
	arrival = &e->s->arrival;
	if (e->generation != arrival->generation)
		return 0;
	e->flow_id = arrival->flow_id;
	e->now_s = arrival->now_s;
	return 1;
}

/*
 * A unit is a part of the engine that the verifier looks at once, by itself, and
 * not again for each way that leads to it: a global function. It takes two
 * numbers and gives back one; 0 without a policy, or if the policy has changed. It counts nothing.
 */
#define OTSEG_UNIT(name, part)                                                      \
	__attribute__((noinline)) int name##_unit(struct xdp_md *ctx, u64 x, u64 y) \
	{                                                                           \
		struct otseg_env e = {};                                            \
		u32 reason;                                                         \
                                                                                    \
		/* Or the compiler passes nothing for what is not used. */          \
		otseg_opaque(x);                                                    \
		otseg_opaque(y);                                                    \
		if (!otseg_env_again(&e, ctx, 0))                                   \
			return 0;                                                   \
		reason = part(&e, x, y);                                            \
		e.s->arrival.flow_id = e.flow_id;                                   \
		return (int)reason;                                                 \
	}                                                                           \
                                                                                    \
	OTSEG_INLINE u32 name(struct otseg_env *e, u64 x, u64 y)                    \
	{                                                                           \
		u32 reason;                                                         \
                                                                                    \
		otseg_env_save(e);                                                  \
		reason = (u32)name##_unit(e->ctx, x, y);                            \
		e->flow_id = e->s->arrival.flow_id;                                 \
		return reason;                                                      \
	}

/*
 * A loop whose body the verifier looks at once or twice instead of @n times: for
 * long loops and loops around loops. What the body indexes with must be bounded
 * in the body.
 */
extern int bpf_iter_num_new(struct bpf_iter_num *it, int start, int end) __weak __ksym;
extern int *bpf_iter_num_next(struct bpf_iter_num *it) __weak __ksym;
extern void bpf_iter_num_destroy(struct bpf_iter_num *it) __weak __ksym;

OTSEG_INLINE int otseg_for_next(struct bpf_iter_num *it, u32 *i)
{
	int *next = bpf_iter_num_next(it);

	if (!next)
		return 0;
	*i = (u32)*next;
	return 1;
}

OTSEG_INLINE void otseg_for_end(struct bpf_iter_num *it)
{
	bpf_iter_num_destroy(it);
}

#define otseg_for(i, n)                                                            \
	for (struct bpf_iter_num otseg_it __attribute__((cleanup(otseg_for_end))), \
	     *otseg_begun __attribute__((unused)) =                                \
		     (bpf_iter_num_new(&otseg_it, 0, (int)(n)), NULL);             \
	     otseg_for_next(&otseg_it, &(i));)

/*
 * Leaves the frame to another program, and does not come back if all is well.
 * Return: 1: it should have left; 0, in userspace: the rest is a call.
 */
OTSEG_INLINE u32 otseg_leave_to(const struct otseg_env *e, const u32 stage)
{
	otseg_env_save(e);
	bpf_tail_call(e->ctx, &otseg_stages, stage);
	return 1;
}

/* Time between events of a kind, in units of event.h; 0: none are told. */
OTSEG_INLINE u32 otseg_event_gap_of(const struct otseg_env *e)
{
	(void)e;
	return otseg_event_gap;
}

/* Hands an event to whoever reads them; 0: there is no room. */
OTSEG_INLINE u32 otseg_event_send(const struct otseg_env *e, struct otseg_event *event)
{
	(void)e;
	return !bpf_ringbuf_output(&otseg_events, event, sizeof(*event), BPF_RB_NO_WAKEUP);
}

/* Whether somebody reads the verdict on a frame that passes. */
OTSEG_INLINE u32 otseg_is_watched(const struct otseg_env *e)
{
	(void)e;
	return otseg_test_mode;
}

/* Whether messages that come again may be known (recur.h): not if somebody is told of each. */
OTSEG_INLINE u32 otseg_has_recur(const struct otseg_env *e)
{
	(void)e;
	return otseg_recur;
}

/* Tells an observer of an inspected message; nobody observes here. */
OTSEG_INLINE void otseg_observe(const struct otseg_env *e, const struct otseg_msg *msg)
{
	(void)e;
	(void)msg;
}

#else /* userspace */

#include <errno.h>
#include <string.h>

/* As there, @n is looked at once. */
#define otseg_for(i, n) for (u32 otseg_n = ((i) = 0, (n)); (i) < otseg_n; (i)++)

#define OTSEG_UNIT(name, part)                                       \
	OTSEG_INLINE u32 name(struct otseg_env *e, u64 x, u64 y)     \
	{                                                            \
		return part(e, x, y);                                \
	}

/**
 * struct otseg_world - the tables that are maps in BPF, and the frame
 * @frame: its bytes
 * @frame_len: their number
 * @lines: OTSEG_FLOW_BUCKETS of them
 * @sessions: OTSEG_SESSIONS of them
 * @limits: OTSEG_LIMITERS of them
 * @live: OTSEG_BUDGET_SLOTS of them
 * @links: OTSEG_LINK_SLOTS of them
 * @memory: OTSEG_MEMORY_LINES of them, or NULL
 * @root: key of the flow hash, and how much of the tables is in use
 * @long_way: no frame takes the short way of express.h: to compare both
 * @observe: told of every inspected message; may be NULL
 * @observer: passed to @observe
 * @tell: told of every event; NULL: nobody is
 * @listener: passed to @tell
 */
struct otseg_world {
	const u8 *frame;
	u32 frame_len;
	struct otseg_flow_line *lines;
	struct otseg_session *sessions;
	struct otseg_limiter *limits;
	struct otseg_live *live;
	struct otseg_link *links;
	struct otseg_memory_line *memory;
	struct otseg_root root;
	u32 long_way;
	void (*observe)(void *observer, const struct otseg_msg *msg,
			const struct otseg_verdict *verdict);
	void *observer;
	void (*tell)(void *listener, const struct otseg_event *event);
	void *listener;
};

OTSEG_INLINE long otseg_load(const struct otseg_env *e, u32 off, void *dst, u32 len)
{
	const struct otseg_world *w = e->world;

	if (off > w->frame_len || len > w->frame_len - off)
		return -EINVAL;
	memcpy(dst, w->frame + off, len);
	return 0;
}

OTSEG_INLINE long otseg_load_header(const struct otseg_env *e, u32 off, void *dst, const u32 len)
{
	return otseg_load(e, off & 0xfff, dst, len);
}

OTSEG_INLINE const u8 *otseg_peek(const struct otseg_env *e, const u32 len)
{
	return len <= e->world->frame_len ? e->world->frame : NULL;
}

OTSEG_INLINE const u8 *otseg_peek_at(const struct otseg_env *e, u32 off, const u32 len)
{
	return off + len <= e->world->frame_len ? e->world->frame + off : NULL;
}

#define otseg_wire(type, at)                                \
	({                                                  \
		type otseg_value;                           \
		memcpy(&otseg_value, (at), sizeof(type));   \
		otseg_value;                                \
	})
#define otseg_wire_put(type, at, value)                     \
	({                                                  \
		type otseg_value = (value);                 \
		memcpy((at), &otseg_value, sizeof(type));   \
	})

OTSEG_INLINE u32 otseg_has_express(const struct otseg_env *e)
{
	return !e->world->long_way;
}

OTSEG_INLINE u32 otseg_sum(const void *from, u32 len, u32 sum)
{
	const u8 *bytes = from;
	u64 total = sum;
	u32 word;
	u32 i;

	for (i = 0; i + 4 <= len; i += 4) {
		memcpy(&word, bytes + i, 4);
		total += word;
	}
	total = (total & 0xffffffff) + (total >> 32);
	return (u32)((total & 0xffffffff) + (total >> 32));
}

OTSEG_INLINE struct otseg_root *otseg_root_of(const struct otseg_env *e)
{
	return &e->world->root;
}

OTSEG_INLINE u32 otseg_whole_len(const struct otseg_env *e)
{
	return e->world->frame_len;
}

OTSEG_INLINE u64 otseg_clock(const struct otseg_env *e)
{
	return e->s->arrival.now_ns;
}

#define OTSEG_TABLE_AT(name, type, table, mask)                                    \
	OTSEG_INLINE type *name(const struct otseg_env *e, u32 index)              \
	{                                                                          \
		return &e->world->table[index & (mask)];                           \
	}

OTSEG_TABLE_AT(otseg_line_at, struct otseg_flow_line, lines, OTSEG_FLOW_BUCKETS - 1)
OTSEG_TABLE_AT(otseg_session_at, struct otseg_session, sessions, OTSEG_SESSIONS - 1)
OTSEG_TABLE_AT(otseg_limiter_at, struct otseg_limiter, limits, OTSEG_LIMITERS - 1)
OTSEG_TABLE_AT(otseg_live_at, struct otseg_live, live, OTSEG_BUDGET_SLOTS - 1)
OTSEG_TABLE_AT(otseg_link_at, struct otseg_link, links, OTSEG_LINK_SLOTS - 1)

OTSEG_INLINE struct otseg_memory_line *otseg_memory_at(const struct otseg_env *e, u32 index)
{
	return e->world->memory ? &e->world->memory[index & (OTSEG_MEMORY_LINES - 1)] : NULL;
}

/* Nobody here is in such a hurry. */
OTSEG_INLINE struct otseg_refusals *otseg_refusals_at(const struct otseg_env *e, u32 index)
{
	(void)e;
	(void)index;
	return NULL;
}

/* Here, there is room for a whole policy and its counters. */
OTSEG_INLINE u32 otseg_image_fold(const struct otseg_env *e, u32 off)
{
	(void)e;
	return off & (OTSEG_IMAGE_MAX - 1);
}

#define OTSEG_MASK(what) OTSEG_FULL_##what
#define OTSEG_FULL_conduits (OTSEG_MAX_CONDUITS - 1)
#define OTSEG_FULL_rules (OTSEG_MAX_RULES - 1)
#define OTSEG_FULL_limiters (OTSEG_MAX_LIMITERS - 1)

/* What is attached, runs. */
OTSEG_INLINE u32 otseg_port_runs(const struct otseg_env *e, u32 ifindex)
{
	return ifindex && otseg_link_at(e, ifindex)->ifindex == ifindex;
}

OTSEG_INLINE u32 otseg_port_takes(const struct otseg_env *e, u32 ifindex)
{
	return otseg_port_runs(e, ifindex);
}

/* A process has no routes, and changes no frame: what could be routed goes to the host. */
OTSEG_INLINE u32 otseg_port_owns(const struct otseg_env *e, u32 ifindex, const u8 *mac)
{
	(void)e;
	(void)ifindex;
	(void)mac;
	return 0;
}

OTSEG_INLINE u32 otseg_way_find(const struct otseg_env *e, struct otseg_way *way)
{
	(void)e;
	(void)way;
	return 0;
}

OTSEG_INLINE struct otseg_hop *otseg_hop_at(const struct otseg_env *e, u32 index)
{
	(void)e;
	(void)index;
	return NULL;
}

OTSEG_INLINE u8 *otseg_edit(const struct otseg_env *e, const u32 len)
{
	(void)e;
	(void)len;
	return NULL;
}

OTSEG_INLINE long otseg_store(const struct otseg_env *e, u32 off, const void *from, u32 len)
{
	(void)e;
	(void)off;
	(void)from;
	(void)len;
	return -EROFS;
}

OTSEG_INLINE long otseg_trim(const struct otseg_env *e, u32 len)
{
	(void)e;
	(void)len;
	return -EROFS;
}

#define OTSEG_STAGE_FRAME 0
#define OTSEG_STAGE_LONG 1
#define OTSEG_STAGE_OPEN 2
#define OTSEG_STAGE_STREAM 3
#define OTSEG_STAGE_JUDGE 4
#define OTSEG_STAGE_DENY 5

OTSEG_INLINE u32 otseg_leave_to(const struct otseg_env *e, const u32 stage)
{
	(void)e;
	(void)stage;
	return 0;
}

OTSEG_INLINE u32 otseg_event_gap_of(const struct otseg_env *e)
{
	return e->world->tell ? OTSEG_EVENT_GAP : 0;
}

OTSEG_INLINE u32 otseg_event_send(const struct otseg_env *e, struct otseg_event *event)
{
	e->world->tell(e->world->listener, event);
	return 1;
}

OTSEG_INLINE u32 otseg_is_watched(const struct otseg_env *e)
{
	(void)e;
	return 1;
}

OTSEG_INLINE u32 otseg_has_recur(const struct otseg_env *e)
{
	return !e->world->observe;
}

OTSEG_INLINE void otseg_observe(const struct otseg_env *e, const struct otseg_msg *msg)
{
	if (e->world->observe)
		e->world->observe(e->world->observer, msg, &e->s->verdict);
}

#endif

/* The flow at @place of its line, which is not NULL: the compiler must not move this before the test. */
OTSEG_INLINE struct otseg_flow *otseg_line_flow(struct otseg_flow_line *line, u32 place)
{
	otseg_opaque(line);
	return &line->flows[place & (OTSEG_FLOW_WAYS - 1)];
}

/* Bucket @index, and the flow at @place, of the table. */
OTSEG_INLINE struct otseg_flow_bucket *otseg_bucket_at(const struct otseg_env *e, u32 index)
{
	struct otseg_flow_line *line = otseg_line_at(e, index);

	return line ? &line->bucket : NULL;
}

OTSEG_INLINE struct otseg_flow *otseg_flow_at(const struct otseg_env *e, u32 place)
{
	struct otseg_flow_line *line = otseg_line_at(e, place / OTSEG_FLOW_WAYS);

	return line ? otseg_line_flow(line, place) : NULL;
}

/*
 * The image. Every offset is masked into it (and to the alignment of the record)
 * so that not even a hostile image leads out of the region.
 */
OTSEG_INLINE const void *otseg_img(const struct otseg_env *e, u32 off, u32 align)
{
	return e->image + (otseg_image_fold(e, off) & ~(align - 1));
}

OTSEG_INLINE const struct otseg_section *otseg_section(const struct otseg_env *e,
						       enum otseg_section_id id)
{
	return &((const struct otseg_image *)e->image)->sec[id];
}

#define X(id, type, max) typedef type otseg_rec_##id;
OTSEG_SECTION_LIST(X)
#undef X

/* Record @index of section @id, and how many records that section has. */
#define otseg_at(e, id, index)                                                                  \
	((const otseg_rec_##id *)otseg_img(e,                                                   \
					   otseg_section(e, OTSEG_SEC_##id)->off +              \
						   (u32)(index) * (u32)sizeof(otseg_rec_##id),  \
					   _Alignof(otseg_rec_##id)))
#define otseg_count(e, id) (otseg_section(e, OTSEG_SEC_##id)->count)

/* Where the counters of a conduit and of a rule begin in the counter block. */
OTSEG_INLINE u32 otseg_counter_conduit(u32 conduit)
{
	return OTSEG_CTR_CONDUIT + (conduit & OTSEG_MASK(conduits)) * OTSEG_CTR_CONDUIT_LEN;
}

OTSEG_INLINE u32 otseg_counter_rule(u32 rule)
{
	return OTSEG_CTR_CONDUIT + (OTSEG_MASK(conduits) + 1) * OTSEG_CTR_CONDUIT_LEN +
	       (rule & OTSEG_MASK(rules)) * OTSEG_CTR_RULE_LEN;
}

#endif /* OTSEG_ENV_H */
