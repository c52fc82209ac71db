// SPDX-License-Identifier: GPL-2.0-only
/*
 * The benchmark's traffic and its bare peers, all XDP.
 *
 *   otseg_b_gen       live frames: writes a whole UDP frame, redirects it
 *   otseg_b_udp       test runs: writes a UDP frame, tail calls the target
 *   otseg_b_tcp       test runs: writes the next frame of a Modbus connection, and
 *                     tells how long the one before took
 *   otseg_b_pass ...  targets and peers that decide nothing
 *   otseg_b_sink      counts the UDP frames that arrive
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

#define NEAR_PORT 1024

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, u32);
} otseg_b_target SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_DEVMAP);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, u32);
} otseg_b_out SEC(".maps");

struct otseg_bench_udp udp_plan;
struct otseg_bench_tcp tcp_plan;
u64 sent;
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
	far = bpf_htonl(plan->first + plan->far);
	near = bpf_htons(NEAR_PORT + plan->near);
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
	return bpf_redirect(udp_plan.out, 0);
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
int otseg_b_redir(struct xdp_md *ctx __attribute__((unused)))
{
	return bpf_redirect_map(&otseg_b_out, 0, 0);
}

SEC("xdp")
int otseg_b_sink(struct xdp_md *ctx)
{
	void *data = (void *)(long)ctx->data;
	struct ethhdr *eth = data;
	struct iphdr *ip = data + sizeof(*eth);

	if ((void *)(ip + 1) > (void *)(long)ctx->data_end)
		return XDP_DROP;
	if (eth->h_proto == bpf_htons(ETH_P_IP) && ip->protocol == IPPROTO_UDP)
		received++;
	return XDP_DROP;
}

char LICENSE[] SEC("license") = "GPL";
