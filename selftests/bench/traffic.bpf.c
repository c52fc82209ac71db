// SPDX-License-Identifier: GPL-2.0-only
/*
 * The benchmark's traffic and its bare peers, all XDP.
 *
 *   otseg_b_gen       live frames: writes a whole UDP frame, sends it
 *   otseg_b_probe     the same at a pace, and with the time in it
 *   otseg_b_turns     the same with a number in it, to two ports in turn
 *   otseg_b_poll      live frames: the next one of one of many Modbus connections
 *   otseg_b_udp       test runs: writes a UDP frame, tail calls the target
 *   otseg_b_tcp       test runs: writes the next frame of a Modbus connection, and
 *                     tells how long the one before took
 *   otseg_b_polls     test runs: the next frame of one of many Modbus connections, tail
 *                     calls the target
 *   otseg_b_message   test runs: the message of a protocol that is in the frame already, the
 *                     next segment of its connection
 *   otseg_b_pass ...  targets and peers that decide nothing
 *   otseg_b_looks     a target that does one look-up in an array and one in a hash
 *   otseg_b_sink ...  receivers: count UDP frames, take their times, put them in
 *                     order, or see which Modbus frame has arrived
 *
 * A target is measured behind a step program so that a repeated run meets a new
 * frame each time; the step's own cost shows when a bare target stands behind
 * it. One generator at a time: the state is plain global variables.
 */
#include "traffic.h"

#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/tcp.h>
#include <linux/udp.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#define OUT_SLOTS 16 /* by ingress interface of a firewall namespace, which has few */
#define LOOKS 16384

/**
 * struct look_key - a frame, as a firewall would look it up
 * @src: source address
 * @dst: destination address
 * @ports: both ports
 * @proto: IP protocol
 */
struct look_key {
	u32 src;
	u32 dst;
	u32 ports;
	u32 proto;
};

/**
 * struct look_value - a cache line
 * @words: of it
 */
struct look_value {
	u64 words[8];
};

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, u32);
} otseg_b_target SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_DEVMAP);
	__uint(max_entries, OUT_SLOTS);
	__type(key, u32);
	__type(value, u32);
} otseg_b_out SEC(".maps");

/* What generators send by, whatever namespaces these interfaces are in. */
struct {
	__uint(type, BPF_MAP_TYPE_DEVMAP);
	__uint(max_entries, OTSEG_BENCH_PORTS);
	__type(key, u32);
	__type(value, u32);
} otseg_b_ports SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, LOOKS);
	__type(key, u32);
	__type(value, struct look_value);
} otseg_b_array SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, LOOKS);
	__type(key, struct look_key);
	__type(value, struct look_value);
} otseg_b_hash SEC(".maps");

struct otseg_bench_udp udp_plan;
struct otseg_bench_tcp tcp_plan;
struct otseg_bench_message message_plan;
struct otseg_bench_pace pace;
struct otseg_bench_poll poll_plan;
struct otseg_bench_conn conns[OTSEG_BENCH_CONNS];
struct otseg_bench_delay delay;
struct otseg_bench_swap swap;
u64 sent;
u64 repeated;
u64 received;

static __always_inline u16 fold(u32 sum)
{
	sum = (sum & 0xffff) + (sum >> 16);
	return ~(sum + (sum >> 16));
}

static __always_inline u32 halves(u32 word)
{
	return (word & 0xffff) + (word >> 16);
}

/* By words: a plain memcpy() into a packet becomes one store per byte. */
static __always_inline void copy_words(void *to, const u64 *from, const u32 words)
{
	u32 i;

#pragma unroll
	for (i = 0; i < words; i++)
		((u64 *)to)[i] = from[i];
}

/* Written whole: a live frame's page comes back with what the last reader left. */
static __always_inline int write_udp(void *data, void *end)
{
	struct otseg_bench_udp *plan = &udp_plan;
	struct iphdr *ip = data + ETH_HLEN;
	struct udphdr *udp = (void *)(ip + 1);
	u32 far, near;

	if (data + OTSEG_BENCH_UDP_LEN > end)
		return -1;
	far = bpf_htonl(plan->first + (plan->far * plan->stride & plan->mask));
	near = bpf_htons(OTSEG_BENCH_NEAR_PORT + plan->near);
	if (++plan->far >= plan->n_far) {
		plan->far = 0;
		if (++plan->near >= plan->n_near)
			plan->near = 0;
	}

	copy_words(data, plan->frame, 7);
	*(u32 *)(data + 56) = (u32)plan->frame[7];
	if (plan->is_reply) {
		ip->saddr = far;
		udp->dest = near;
	} else {
		ip->daddr = far;
		udp->source = near;
	}
	ip->check = fold(plan->ip_sum + halves(far));
	udp->check = fold(plan->udp_sum + halves(far) + near);
	return 0;
}

/* Is the next burst due? Asked once for each batch of the test run. */
static __always_inline int is_due(void)
{
	u64 now_ns;

	if (!pace.place) {
		now_ns = bpf_ktime_get_ns();
		pace.is_due = now_ns >= pace.next_ns;
		if (pace.is_due)
			pace.next_ns = now_ns + pace.gap_ns;
	}
	if (++pace.place >= pace.burst)
		pace.place = 0;
	return pace.is_due;
}

/* Puts @stamp and @port (as on the wire) into a UDP frame that has neither. */
static __always_inline void stamp_udp(void *data, u64 stamp, u32 port)
{
	struct udphdr *udp = data + ETH_HLEN + sizeof(struct iphdr);
	u32 low = (u32)stamp, high = stamp >> 32;
	u32 sum = (u16)~udp->check;

	*(u32 *)(data + OTSEG_BENCH_STAMP_OFF) = low;
	*(u32 *)(data + OTSEG_BENCH_STAMP_OFF + 4) = high;
	if (port)
		udp->dest = port;
	udp->check = fold(sum + halves(low) + halves(high) + port);
}

/* A step's start is the end of the frame before, which was @dir's. */
static __always_inline void time_tcp(struct otseg_bench_tcp *plan, u32 dir)
{
	u64 now_ns = bpf_ktime_get_ns();
	u64 spent_ns = now_ns - plan->began_ns;

	if (spent_ns < OTSEG_BENCH_PAUSE_NS) {
		plan->spent_ns[dir & 1] += spent_ns;
		plan->timed[dir & 1]++;
	}
	plan->began_ns = now_ns;
}

static __always_inline int write_tcp(void *data, void *end)
{
	struct otseg_bench_tcp *plan = &tcp_plan;
	struct tcphdr *tcp = data + ETH_HLEN + sizeof(struct iphdr);
	u32 dir = plan->turn & 1;
	u32 seq, ack, id;

	if (data + OTSEG_BENCH_TCP_LEN > end)
		return -1;
	seq = bpf_htonl(plan->seq[dir]);
	ack = bpf_htonl(plan->seq[!dir]);
	id = bpf_htons(plan->id[dir]);
	time_tcp(plan, dir ^ plan->flip);
	plan->seq[dir] += plan->len[dir];
	plan->id[dir]++;
	plan->turn ^= plan->flip;

	copy_words(data, plan->frame[dir], OTSEG_BENCH_TCP_LEN / 8);
	tcp->seq = seq;
	tcp->ack_seq = ack;
	*(u16 *)(data + OTSEG_BENCH_ADU_OFF) = id;
	tcp->check = fold(plan->sum[dir] + halves(seq) + halves(ack) + id);
	return 0;
}

/* Only the headers: the message stays in the frame, as padding of the acknowledgement. */
static __always_inline int write_message(void *data, void *end)
{
	struct otseg_bench_message *plan = &message_plan;
	struct tcphdr *tcp = data + ETH_HLEN + sizeof(struct iphdr);
	u32 dir = plan->tcp.turn & 1;
	u32 seq, ack;

	time_tcp(&plan->tcp, dir ^ plan->is_tcp);
	if (!plan->is_tcp)
		return 0;
	if (data + OTSEG_BENCH_HEAD_WORDS * 8 > end)
		return -1;
	seq = bpf_htonl(plan->tcp.seq[dir]);
	ack = bpf_htonl(plan->tcp.seq[!dir]);
	plan->tcp.seq[dir] += plan->tcp.len[dir];
	plan->tcp.turn ^= 1;
	copy_words(data, plan->head[dir], OTSEG_BENCH_HEAD_WORDS);
	tcp->seq = seq;
	tcp->ack_seq = ack;
	return 0;
}

/*
 * The next frame of a connection: what its last one answers has arrived. One that
 * gets lost is sent again. Returns the port to send by, or an error.
 */
static __always_inline int write_poll(void *data, void *end)
{
	struct otseg_bench_conn *c = &conns[poll_plan.next & (OTSEG_BENCH_CONNS - 1)];
	u32 near = bpf_htons(OTSEG_BENCH_NEAR_PORT + poll_plan.next);
	u32 asked, answered, step, dir, seq, ack, id, far;
	struct otseg_bench_template *t;
	struct iphdr *ip = data + ETH_HLEN;
	struct tcphdr *tcp = (void *)(ip + 1);

	if (data + OTSEG_BENCH_TCP_LEN > end)
		return -1;
	if (++poll_plan.next >= poll_plan.n_conns)
		poll_plan.next = 0;
	if (c->arrived == c->begun) {
		c->begun++;
	} else {
		if (++c->waited < poll_plan.patience)
			return -1;
		repeated++;
	}
	c->waited = 0;

	/* Requests and responses before this frame, from its number alone. */
	step = c->begun - 1;
	asked = step < OTSEG_BENCH_STEP_REQUEST ? 0 : (step - OTSEG_BENCH_STEP_ACK) >> 1;
	answered = step < OTSEG_BENCH_STEP_REQUEST ? 0 : (step - OTSEG_BENCH_STEP_REQUEST) >> 1;
	if (step > OTSEG_BENCH_STEP_REQUEST)
		step = OTSEG_BENCH_STEP_REQUEST + ((step - OTSEG_BENCH_STEP_REQUEST) & 1);
	if (step >= OTSEG_BENCH_STEPS)
		return -1;
	dir = step == OTSEG_BENCH_STEP_SYN_ACK || step == OTSEG_BENCH_STEP_RESPONSE;
	seq = OTSEG_BENCH_ISN + (step > OTSEG_BENCH_STEP_SYN_ACK);
	ack = step == OTSEG_BENCH_STEP_SYN ? 0 : OTSEG_BENCH_ISN + 1;
	asked *= poll_plan.len[0];
	answered *= poll_plan.len[1];
	seq = bpf_htonl(seq + (dir ? answered : asked));
	ack = bpf_htonl(ack + (dir ? asked : answered));
	id = step < OTSEG_BENCH_STEP_REQUEST ? 0 : (c->begun - 1 - OTSEG_BENCH_STEP_REQUEST) >> 1;
	id = bpf_htons(id);
	far = bpf_htonl(poll_plan.first + c->far);

	t = &poll_plan.step[step];
	copy_words(data, t->frame, OTSEG_BENCH_TCP_LEN / 8);
	if (dir) {
		ip->saddr = far;
		tcp->dest = near;
	} else {
		ip->daddr = far;
		tcp->source = near;
	}
	ip->check = fold(t->ip_sum + halves(far));
	tcp->seq = seq;
	tcp->ack_seq = ack;
	if (step >= OTSEG_BENCH_STEP_REQUEST)
		*(u16 *)(data + OTSEG_BENCH_ADU_OFF) = id;
	tcp->check = fold(t->tcp_sum + halves(far) + near + halves(seq) + halves(ack) + id);
	c->seq = seq;
	c->to = tcp->dest;
	return dir;
}

/* The last target may have left a mark in front of the frame. */
static __always_inline void clear_meta(struct xdp_md *ctx)
{
	bpf_xdp_adjust_meta(ctx, ctx->data - ctx->data_meta);
}

SEC("xdp")
int otseg_b_gen(struct xdp_md *ctx)
{
	if (write_udp((void *)(long)ctx->data, (void *)(long)ctx->data_end))
		return XDP_ABORTED;
	sent++;
	return bpf_redirect_map(&otseg_b_ports, udp_plan.is_reply & 1, 0);
}

SEC("xdp")
int otseg_b_probe(struct xdp_md *ctx)
{
	void *data = (void *)(long)ctx->data;

	if (!is_due())
		return XDP_DROP;
	if (write_udp(data, (void *)(long)ctx->data_end))
		return XDP_ABORTED;
	stamp_udp(data, bpf_ktime_get_ns(), 0);
	sent++;
	return bpf_redirect_map(&otseg_b_ports, 0, 0);
}

SEC("xdp")
int otseg_b_turns(struct xdp_md *ctx)
{
	void *data = (void *)(long)ctx->data;

	if (!is_due())
		return XDP_DROP;
	if (write_udp(data, (void *)(long)ctx->data_end))
		return XDP_ABORTED;
	stamp_udp(data, sent, swap.port[sent & 1]);
	sent++;
	return bpf_redirect_map(&otseg_b_ports, 0, 0);
}

SEC("xdp")
int otseg_b_poll(struct xdp_md *ctx)
{
	int port = write_poll((void *)(long)ctx->data, (void *)(long)ctx->data_end);

	if (port < 0)
		return XDP_DROP;
	sent++;
	return bpf_redirect_map(&otseg_b_ports, port, 0);
}

SEC("xdp")
int otseg_b_udp(struct xdp_md *ctx)
{
	clear_meta(ctx);
	if (write_udp((void *)(long)ctx->data, (void *)(long)ctx->data_end))
		return XDP_ABORTED;
	bpf_tail_call_static(ctx, &otseg_b_target, 0);
	return XDP_ABORTED;
}

SEC("xdp")
int otseg_b_tcp(struct xdp_md *ctx)
{
	clear_meta(ctx);
	if (write_tcp((void *)(long)ctx->data, (void *)(long)ctx->data_end))
		return XDP_ABORTED;
	bpf_tail_call_static(ctx, &otseg_b_target, 0);
	return XDP_ABORTED;
}

SEC("xdp")
int otseg_b_polls(struct xdp_md *ctx)
{
	struct otseg_bench_conn *c = &conns[poll_plan.next & (OTSEG_BENCH_CONNS - 1)];

	clear_meta(ctx);
	c->arrived = c->begun;
	if (write_poll((void *)(long)ctx->data, (void *)(long)ctx->data_end) < 0)
		return XDP_ABORTED;
	bpf_tail_call_static(ctx, &otseg_b_target, 0);
	return XDP_ABORTED;
}

SEC("xdp")
int otseg_b_message(struct xdp_md *ctx)
{
	clear_meta(ctx);
	if (write_message((void *)(long)ctx->data, (void *)(long)ctx->data_end))
		return XDP_ABORTED;
	bpf_tail_call_static(ctx, &otseg_b_target, 0);
	return XDP_ABORTED;
}

SEC("xdp")
int otseg_b_pass(struct xdp_md *ctx __attribute__((unused)))
{
	return XDP_PASS;
}

SEC("xdp")
int otseg_b_drop(struct xdp_md *ctx __attribute__((unused)))
{
	return XDP_DROP;
}

SEC("xdp")
int otseg_b_redir(struct xdp_md *ctx)
{
	return bpf_redirect_map(&otseg_b_out, ctx->ingress_ifindex & (OUT_SLOTS - 1), 0);
}

SEC("xdp")
int otseg_b_looks(struct xdp_md *ctx)
{
	void *data = (void *)(long)ctx->data;
	struct iphdr *ip = data + ETH_HLEN;
	struct look_value *in_array, *in_hash;
	struct look_key key;
	u32 slot;

	if ((void *)(ip + 1) + sizeof(struct udphdr) > (void *)(long)ctx->data_end)
		return XDP_DROP;
	key.src = ip->saddr;
	key.dst = ip->daddr;
	key.ports = *(u32 *)(ip + 1);
	key.proto = ip->protocol;
	slot = bpf_ntohl(key.dst) & (LOOKS - 1);
	in_array = bpf_map_lookup_elem(&otseg_b_array, &slot);
	in_hash = bpf_map_lookup_elem(&otseg_b_hash, &key);
	if (!in_array || !in_hash || in_array->words[0] != in_hash->words[0])
		return XDP_DROP;
	return XDP_PASS;
}

/* The UDP header of a frame that was sent to be counted, or NULL. */
static __always_inline struct udphdr *arrived_udp(struct xdp_md *ctx)
{
	void *data = (void *)(long)ctx->data;
	struct ethhdr *eth = data;
	struct iphdr *ip = data + sizeof(*eth);

	if (data + OTSEG_BENCH_UDP_LEN > (void *)(long)ctx->data_end)
		return NULL;
	if (eth->h_proto != bpf_htons(ETH_P_IP) || ip->protocol != IPPROTO_UDP)
		return NULL;
	return (void *)(ip + 1);
}

/* What stamp_udp() has put into a frame that arrived_udp() has found. */
static __always_inline u64 read_stamp(struct udphdr *udp)
{
	u32 *stamp = (void *)udp - sizeof(struct iphdr) - ETH_HLEN + OTSEG_BENCH_STAMP_OFF;
	u64 high = stamp[1];

	return high << 32 | stamp[0];
}

SEC("xdp")
int otseg_b_sink(struct xdp_md *ctx)
{
	if (arrived_udp(ctx))
		received++;
	return XDP_DROP;
}

/* Sixteen buckets for each octave; the smallest times share some. */
static __always_inline u32 delay_bucket(u64 ns)
{
	u32 octave = 0, x = ns > 0xffffffff ? 0xffffffff : ns;
	u32 y = x;

	if (y >> 16) {
		y >>= 16;
		octave += 16;
	}
	if (y >> 8) {
		y >>= 8;
		octave += 8;
	}
	if (y >> 4) {
		y >>= 4;
		octave += 4;
	}
	if (y >> 2) {
		y >>= 2;
		octave += 2;
	}
	octave += y >> 1;
	return octave << 4 | ((octave >= 4 ? x >> (octave - 4) : x << (4 - octave)) & 15);
}

SEC("xdp")
int otseg_b_clock(struct xdp_md *ctx)
{
	struct udphdr *udp = arrived_udp(ctx);
	u64 ns;

	if (!udp)
		return XDP_DROP;
	ns = bpf_ktime_get_ns() - read_stamp(udp);
	__sync_fetch_and_add(&delay.count[delay_bucket(ns) & (OTSEG_BENCH_DELAYS - 1)], 1);
	if (ns > delay.max_ns)
		delay.max_ns = ns;
	received++;
	return XDP_DROP;
}

SEC("xdp")
int otseg_b_order(struct xdp_md *ctx)
{
	struct udphdr *udp = arrived_udp(ctx);
	u32 which;
	u64 number;

	if (!udp)
		return XDP_DROP;
	which = udp->dest == swap.port[1];
	number = read_stamp(udp);
	if (!swap.count[which]++) {
		swap.first[which] = number;
		swap.first_ns[which] = bpf_ktime_get_ns();
	}
	swap.last[which] = number;
	if (!which && swap.count[1])
		swap.mixed++;
	return XDP_DROP;
}

SEC("xdp")
int otseg_b_arrival(struct xdp_md *ctx)
{
	void *data = (void *)(long)ctx->data;
	struct ethhdr *eth = data;
	struct iphdr *ip = data + sizeof(*eth);
	struct tcphdr *tcp = (void *)(ip + 1);
	struct otseg_bench_conn *c;
	u32 near;

	if ((void *)(tcp + 1) > (void *)(long)ctx->data_end)
		return XDP_DROP;
	if (eth->h_proto != bpf_htons(ETH_P_IP) || ip->protocol != IPPROTO_TCP)
		return XDP_DROP;
	near = tcp->dest == bpf_htons(OTSEG_BENCH_MODBUS_PORT) ? tcp->source : tcp->dest;
	c = &conns[(bpf_ntohs(near) - OTSEG_BENCH_NEAR_PORT) & (OTSEG_BENCH_CONNS - 1)];
	/* Not one that was sent twice. */
	if (c->arrived != c->begun && tcp->seq == c->seq && tcp->dest == c->to) {
		c->arrived = c->begun;
		received++;
	}
	return XDP_DROP;
}

char LICENSE[] SEC("license") = "GPL";
