// SPDX-License-Identifier: GPL-2.0-only
/*
 * Templates of the frames that the benchmark sends, with the partial checksums
 * that let a BPF program complete them. Byte order is that of the wire.
 */
#include "frame.h"

#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/ip.h>
#include <linux/tcp.h>
#include <linux/udp.h>
#include <string.h>

#define PLAIN_PORT 443
#define CLIENT_PORT 49152
#define DONT_FRAGMENT 0x4000
#define WINDOW 65535

/* IT side, firewall's side towards it; lanes.sh gives the devices these. */
static const u8 near_mac[ETH_ALEN] = { 2, 0, 0, 0, 0, 4 };
static const u8 firewall_mac[ETH_ALEN] = { 2, 0, 0, 0, 0, 1 };
static const u8 firewall_far_mac[ETH_ALEN] = { 2, 0, 0, 0, 0, 2 };
static const u8 far_mac[ETH_ALEN] = { 2, 0, 0, 0, 0, 3 };

/* Ten registers from number 0 on (Modbus application protocol 6.3). */
static const u8 read_request[] = { 0, 0, 0, 0, 0, 6, 1, 3, 0, 0, 0, 10 };
static const u8 read_response[] = { 0, 0, 0, 0, 0, 23, 1, 3, 20, 0, 1, 0, 2, 0, 3,
				    0, 4, 0, 5, 0, 6, 0, 7, 0, 8, 0, 9, 0, 10 };
/* 1234 into register 0 (6.6); the answer is the same. */
static const u8 write_request[] = { 0, 0, 0, 0, 0, 6, 1, 6, 0, 0, 4, 0xd2 };

static u32 sum_words(const void *from, size_t len, u32 sum)
{
	const u8 *bytes = from;
	u16 word;
	size_t i;

	for (i = 0; i + 1 < len; i += 2) {
		memcpy(&word, bytes + i, sizeof(word));
		sum += word;
	}
	if (len & 1)
		sum += bytes[len - 1];
	return sum;
}

static u16 fold(u32 sum)
{
	sum = (sum & 0xffff) + (sum >> 16);
	return ~(sum + (sum >> 16));
}

static void ethernet_fill(u8 *frame, int from_far)
{
	struct ethhdr eth = { .h_proto = htons(ETH_P_IP) };

	memcpy(eth.h_dest, from_far ? firewall_far_mac : firewall_mac, ETH_ALEN);
	memcpy(eth.h_source, from_far ? far_mac : near_mac, ETH_ALEN);
	memcpy(frame, &eth, sizeof(eth));
}

/* Returns the sum of pseudo header and transport part, its checksum being zero. */
static u32 ip_fill(u8 *frame, u8 proto, u32 src, u32 dst, size_t l4_len, u32 *ip_sum)
{
	struct iphdr ip = {
		.version = 4,
		.ihl = sizeof(ip) / 4,
		.tot_len = htons(sizeof(ip) + l4_len),
		.id = htons(1),
		.frag_off = htons(DONT_FRAGMENT),
		.ttl = 64,
		.protocol = proto,
		.saddr = htonl(src),
		.daddr = htonl(dst),
	};
	u32 sum;

	*ip_sum = sum_words(&ip, sizeof(ip), 0);
	ip.check = fold(*ip_sum);
	memcpy(frame + ETH_HLEN, &ip, sizeof(ip));
	sum = sum_words(&ip.saddr, 8, 0) + htons(proto) + htons(l4_len);
	return sum_words(frame + ETH_HLEN + sizeof(ip), l4_len, sum);
}

/**
 * otseg_bench_udp_fill - make a stream of UDP frames
 * @plan: filled in, from the first frame on
 * @first: lowest far address, host order
 * @n_far: far addresses
 * @n_near: near ports
 * @port: far port, host order
 * @is_reply: frames travel from the far side to the near one
 */
void otseg_bench_udp_fill(struct otseg_bench_udp *plan, u32 first, u32 n_far, u32 n_near,
			  u16 port, int is_reply)
{
	const size_t l4_len = OTSEG_BENCH_UDP_LEN - ETH_HLEN - sizeof(struct iphdr);
	struct udphdr udp = { .len = htons(l4_len) };
	u8 *frame = (u8 *)plan->frame;

	if (is_reply)
		udp.source = htons(port);
	else
		udp.dest = htons(port);
	memset(plan, 0, sizeof(*plan));
	plan->first = first;
	plan->n_far = n_far;
	plan->stride = 1;
	plan->mask = ~0u;
	plan->n_near = n_near;
	plan->is_reply = is_reply;
	ethernet_fill(frame, is_reply);
	memcpy(frame + ETH_HLEN + sizeof(struct iphdr), &udp, sizeof(udp));
	plan->udp_sum = ip_fill(frame, IPPROTO_UDP, is_reply ? 0 : OTSEG_BENCH_NEAR,
				is_reply ? OTSEG_BENCH_NEAR : 0, l4_len, &plan->ip_sum);
}

/**
 * otseg_bench_udp_spread - have its destinations lie far from each other
 * @plan: a filled plan of at most OTSEG_BENCH_SPREAD_MAX far addresses
 */
void otseg_bench_udp_spread(struct otseg_bench_udp *plan)
{
	plan->stride = OTSEG_BENCH_SPREAD_STRIDE;
	plan->mask = OTSEG_BENCH_SPREAD_MASK;
}

/**
 * struct segment - a TCP segment to make a frame from
 * @far: far address, host order
 * @near_port: near port, host order
 * @far_port: far port, host order
 * @dir: 0: from the side that opens the connection
 * @flags: OTSEG_BENCH_SYN and following
 * @seq: sequence number
 * @ack: acknowledgement number
 * @adu: its data
 * @len: bytes of @adu
 */
struct segment {
	u32 far;
	u16 near_port;
	u16 far_port;
	int dir;
	u8 flags;
	u32 seq;
	u32 ack;
	const u8 *adu;
	size_t len;
};

/* Returns the sum that the checksum is made from; @ip_sum: that of the IP header. */
static u32 tcp_fill(u8 *frame, const struct segment *s, u32 *ip_sum)
{
	struct tcphdr tcp = {
		.source = htons(s->dir ? s->far_port : s->near_port),
		.dest = htons(s->dir ? s->near_port : s->far_port),
		.seq = htonl(s->seq),
		.ack_seq = htonl(s->ack),
		.doff = sizeof(tcp) / 4,
		.window = htons(WINDOW),
	};
	u32 sum;

	((u8 *)&tcp)[13] = s->flags;
	memset(frame, 0, OTSEG_BENCH_TCP_LEN);
	ethernet_fill(frame, s->dir);
	memcpy(frame + ETH_HLEN + sizeof(struct iphdr), &tcp, sizeof(tcp));
	if (s->len)
		memcpy(frame + OTSEG_BENCH_ADU_OFF, s->adu, s->len);
	sum = ip_fill(frame, IPPROTO_TCP, s->dir ? s->far : OTSEG_BENCH_NEAR,
		      s->dir ? OTSEG_BENCH_NEAR : s->far, sizeof(tcp) + s->len, ip_sum);
	tcp.check = fold(sum);
	memcpy(frame + ETH_HLEN + sizeof(struct iphdr), &tcp, sizeof(tcp));
	return sum;
}

/**
 * otseg_bench_poll_fill - make many Modbus connections, each opened and then polled
 * @plan: filled in, from the first frame of the first connection on
 * @first: lowest far address, host order
 * @n_far: far addresses
 * @n_conns: connections, at most OTSEG_BENCH_CONNS
 */
void otseg_bench_poll_fill(struct otseg_bench_poll *plan, u32 first, u32 n_far, u32 n_conns)
{
	struct segment steps[OTSEG_BENCH_STEPS] = {
		[OTSEG_BENCH_STEP_SYN] = { .flags = OTSEG_BENCH_SYN },
		[OTSEG_BENCH_STEP_SYN_ACK] = { .dir = 1, .flags = OTSEG_BENCH_SYN | OTSEG_BENCH_ACK },
		[OTSEG_BENCH_STEP_ACK] = { .flags = OTSEG_BENCH_ACK },
		[OTSEG_BENCH_STEP_REQUEST] = { .flags = OTSEG_BENCH_PSH | OTSEG_BENCH_ACK,
					       .adu = read_request,
					       .len = sizeof(read_request) },
		[OTSEG_BENCH_STEP_RESPONSE] = { .dir = 1,
						.flags = OTSEG_BENCH_PSH | OTSEG_BENCH_ACK,
						.adu = read_response,
						.len = sizeof(read_response) },
	};
	int i;

	memset(plan, 0, sizeof(*plan));
	for (i = 0; i < OTSEG_BENCH_STEPS; i++) {
		struct otseg_bench_template *t = &plan->step[i];

		steps[i].far_port = OTSEG_BENCH_MODBUS_PORT;
		t->tcp_sum = tcp_fill((u8 *)t->frame, &steps[i], &t->ip_sum);
	}
	plan->len[0] = sizeof(read_request);
	plan->len[1] = sizeof(read_response);
	plan->first = first;
	plan->n_far = n_far;
	plan->n_conns = n_conns;
}

static u16 far_port(int message)
{
	return message == OTSEG_BENCH_PLAIN ? PLAIN_PORT : OTSEG_BENCH_MODBUS_PORT;
}

/**
 * otseg_bench_tcp_fill - make a Modbus connection's request and response
 * @plan: filled in; sequence numbers are left as they are
 * @message: OTSEG_BENCH_READ, OTSEG_BENCH_WRITE, or OTSEG_BENCH_PLAIN: a read's bytes
 *	where nobody expects Modbus
 */
void otseg_bench_tcp_fill(struct otseg_bench_tcp *plan, int message)
{
	const u8 *adu[2] = { read_request, read_response };
	u32 ip_sum;
	int dir;

	plan->len[0] = sizeof(read_request);
	plan->len[1] = sizeof(read_response);
	if (message == OTSEG_BENCH_WRITE) {
		adu[0] = write_request;
		adu[1] = write_request;
		plan->len[1] = sizeof(write_request);
	}
	for (dir = 0; dir < 2; dir++) {
		struct segment segment = {
			.far = OTSEG_BENCH_FAR,
			.near_port = CLIENT_PORT,
			.far_port = far_port(message),
			.dir = dir,
			.flags = OTSEG_BENCH_PSH | OTSEG_BENCH_ACK,
			.adu = adu[dir],
			.len = plan->len[dir],
		};

		plan->sum[dir] = tcp_fill((u8 *)plan->frame[dir], &segment, &ip_sum);
	}
}

/**
 * otseg_bench_tcp_bare - make a TCP segment without data
 * @frame: filled in, padded with zeroes
 * @message: what the connection is for, see otseg_bench_tcp_fill()
 * @dir: 0: from the side that opens the connection
 * @flags: OTSEG_BENCH_SYN, OTSEG_BENCH_ACK
 * @seq: sequence number
 * @ack: acknowledgement number
 *
 * Return: bytes of the frame.
 */
size_t otseg_bench_tcp_bare(u8 frame[OTSEG_BENCH_TCP_LEN], int message, int dir, u8 flags, u32 seq,
			    u32 ack)
{
	const struct segment segment = {
		.far = OTSEG_BENCH_FAR,
		.near_port = CLIENT_PORT,
		.far_port = far_port(message),
		.dir = dir,
		.flags = flags,
		.seq = seq,
		.ack = ack,
	};
	u32 ip_sum;

	tcp_fill(frame, &segment, &ip_sum);
	return OTSEG_BENCH_UDP_LEN;
}
