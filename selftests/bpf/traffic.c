// SPDX-License-Identifier: GPL-2.0-only
/*
 * The traffic of traffic.h. It talks about a plant of five zones under three
 * policies that differ in what they allow of it.
 */
#include <stdlib.h>
#include <string.h>

#include "../../bpf/engine/packet.h"
#include "traffic.h"

#define TALKS 160
#define HISTORY 64 /* frames that may come again */
#define STREAM 16384 /* bytes of a stream that may be repeated; a power of two */

/**
 * struct stream - one direction of a TCP conversation
 * @next: sequence number of the first byte that was not sent
 * @end: sequence number after the last byte that waits to be sent
 * @first: sequence number of the first data byte
 * @got: what the other side has of it
 * @bytes: the bytes, by sequence number
 */
struct stream {
	u32 next, end, first, got;
	u8 bytes[STREAM];
};

enum kind { KIND_TCP, KIND_MODBUS, KIND_UDP, KIND_ECHO, KIND_COUNT };

/**
 * struct talk - a conversation
 * @kind: of what
 * @phase: how far it is
 * @a: who opened it
 * @b: who answers
 * @sport: port of @a, or identifier
 * @dport: port of @b
 * @drops: frames in a row that did not get through
 * @scale: window scale of either side, negative: none
 * @transaction: Modbus: number of the next request
 * @answered: Modbus: number of the next response
 * @ask: Modbus: functions of open requests, by transaction
 * @count: Modbus: their counts
 * @dir: streams of either side
 */
struct talk {
	enum kind kind;
	u32 phase;
	struct end a, b;
	u16 sport, dport;
	u32 drops;
	int scale[2];
	u16 transaction, answered;
	u8 ask[16];
	u16 count[16];
	struct stream dir[2];
};

/**
 * struct traffic - all of it
 * @state: of the random numbers
 * @talks: conversations under way
 * @history: frames of before
 * @links: where they came in
 * @n_history: frames ever put into it
 * @last: conversation of the last frame, NULL: none
 * @before: its phase and positions before that frame
 */
struct traffic {
	u64 state;
	struct talk talks[TALKS];
	struct frame history[HISTORY];
	u32 links[HISTORY];
	u32 n_history;
	struct talk *last;
	u32 before[3];
};

#define ZONES                                                                                     \
	"zones:\n"                                                                                \
	"  it: {level: 4, interfaces: [it0], prefixes: [10.0.0.0/16, 'fd00:10::/64']}\n"          \
	"  dmz: {level: 3.5, interfaces: [{name: it0, vlan: 10}, {name: it0, vlan: [10, 20]}],\n" \
	"        prefixes: [172.16.0.0/16]}\n"                                                    \
	"  cell: {level: 1, interfaces: [ot0], prefixes: [192.168.10.0/24, 'fd00:20::/64']}\n"    \
	"  locked: {level: 1, interfaces: [{name: ot0, vlan: 5}], prefixes: [192.168.20.0/24],\n" \
	"           macs: ['02:00:00:00:00:03', '02:00:00:00:00:13']}\n"                          \
	"  lab: {level: 2, interfaces: [ot1], prefixes: [192.168.30.0/24, 'fd00:30::/64']}\n"     \
	"assets:\n"                                                                               \
	"  hmi: {zone: it, address: [10.0.0.0/27, 'fd00:10::/124']}\n"                            \
	"  plc: {zone: cell, address: [192.168.10.0/27, 'fd00:20::/124']}\n"

const char *const traffic_policy[TRAFFIC_POLICIES] = {
	"otseg: 1\nname: first\nadopt: 5s\n" ZONES
	"conduits:\n"
	"  main:\n    reason: r\n    from: it\n    to: cell\n    sessions: 4096\n    rules:\n"
	"      field: {from: hmi, to: plc, service: modbus, access: read}\n"
	"      set: {from: hmi, to: plc, service: modbus, functions: [write-single-register,\n"
	"            write-multiple-registers], objects: {holding-register: 0-200}, values: 0-9000}\n"
	"      other: {to: plc, service: modbus, access: [read, write], units: [1, 3-9],\n"
	"              objects: {holding-register: [0-20, 40-200]}, values: 0-9000}\n"
	"      lists: {service: modbus, functions: [read-coils, read-holding-registers, write-single-register],\n"
	"              units: [1, 3-9], objects: {coil: [0-8, 20-300], holding-register: [0-20, 40-200]}}\n"
	"      web: {service: tcp, port: 443, idle: 300s}\n"
	"      time: {service: udp, port: [7, 17, 5000-5100]}\n"
	"      slow: {service: udp, port: 18, rate: {packets: 1/m, burst: 5}}\n"
	"      ping: {service: icmp, types: [echo], rate: {packets: 50/s}}\n"
	"      ping6: {service: icmpv6, types: [echo]}\n"
	"  lab:\n    reason: r\n    from: it\n    to: lab\n    mode: monitor\n    rules:\n"
	"      field: {service: modbus, access: read}\n"
	"      web: {service: tcp, port: 443}\n"
	"      slow: {service: udp, port: 18, rate: {bytes: 20kB/s}}\n"
	"  tags:\n    reason: r\n    from: dmz\n    to: cell\n    flows: 20\n"
	"    rate: {packets: 20/s, burst: 10}\n    rules:\n"
	"      web: {service: tcp, port: 443}\n"
	"      time: {service: udp, port: 7, idle: 20s}\n"
	"  safe:\n    reason: r\n    from: locked\n    to: it\n    rules:\n"
	"      time: {service: udp, port: [7, 18]}\n"
	"      web: {service: tcp, port: [443, 502]}\n",

	"otseg: 1\nname: second\n" ZONES
	"routed: [it0, ot0, ot1]\n"
	"conduits:\n"
	"  main:\n    reason: r\n    from: it\n    to: cell\n    on-deny: exception\n    sessions: 500\n    adopt: always\n    rules:\n"
	"      field: {service: modbus, access: [read, write], units: [1, 2]}\n"
	"      web: {from: hmi, service: tcp, port: 443}\n"
	"      time: {from: hmi, to: plc, service: udp, port: [7, 17]}\n"
	"  spare:\n    reason: r\n    from: it\n    to: cell\n    state: disabled\n    rules:\n"
	"      slow: {service: udp, port: 18}\n"
	"  lab:\n    reason: r\n    from: it\n    to: lab\n"
	"    sessions: 60\n    rate: {packets: 300/s, bytes: 60kB/s}\n    rules:\n"
	"      field: {service: modbus, access: read, rate: {packets: 30/s, burst: 10}}\n"
	"      web: {service: tcp, port: 443}\n"
	"      drives: {service: ads, port: 18443}\n"
	"  tags:\n    reason: r\n    from: dmz\n    to: cell\n    mode: monitor\n    rules:\n"
	"      time: {service: udp, port: 7}\n"
	"  who:\n    reason: r\n    from: locked\n    to: it\n    rules:\n"
	"      who: {service: arp}\n"
	"      time: {service: udp, port: 7}\n"
	"defaults:\n  arp: deny\n",

	"otseg: 1\nname: third\n" ZONES
	"conduits:\n"
	"  main:\n    reason: r\n    from: it\n    to: cell\n    mode: monitor\n"
	"    rate: {packets: 50/s}\n    rules:\n"
	"      field: {service: modbus, access: read, objects: {holding-register: 0-50}}\n"
	"      web: {service: tcp, port: [443, 502-503]}\n"
	"      ping: {service: icmp}\n"
	"  back:\n    reason: r\n    from: cell\n    to: it\n    rules:\n"
	"      web: {service: tcp, port: 443}\n"
	"      ping: {service: icmp, types: [echo]}\n"
	"  tags:\n    reason: r\n    from: dmz\n    to: cell\n    on-deny: reset\n    rules:\n"
	"      all: {service: tcp, port: 1-65535}\n"
	"      time: {service: udp, port: 1-65535}\n"
	"intra:\n"
	"  it:\n    reason: r\n    rules:\n"
	"      all: {service: tcp, port: 443}\n"
	"      time: {service: udp, port: 7}\n"
	"defaults:\n  icmpv6: {neighbour-discovery: deny}\n",

	"otseg: 1\nname: fourth\n" ZONES
	"wires: {line: [ot0, it0]}\n"
	"conduits:\n"
	"  main:\n    reason: r\n    from: it\n    to: cell\n    on-deny: reset\n    sessions: 4096\n    rules:\n"
	"      field: {service: modbus, access: [read, write]}\n"
	"      web: {service: tcp, port: 443}\n"
	"      time: {service: udp, port: [7, 17]}\n"
	"      ping6: {service: icmpv6, types: [echo]}\n"
	"  lab:\n    reason: r\n    from: it\n    to: lab\n    mode: monitor\n    rules:\n"
	"      web: {service: tcp, port: 443}\n"
	"  tags:\n    reason: r\n    from: dmz\n    to: cell\n    mode: monitor\n    rules:\n"
	"      time: {service: udp, port: 7}\n",
};

/* xorshift64* */
static u32 draw(struct traffic *t, u32 below)
{
	t->state ^= t->state >> 12;
	t->state ^= t->state << 25;
	t->state ^= t->state >> 27;
	return (u32)((t->state * 0x2545f4914f6cdd1dull) >> 33) % below;
}

static int one_in(struct traffic *t, u32 n)
{
	return !draw(t, n);
}

/* The number of the interface is that of the subject's list here. */
static void end_draw(struct traffic *t, struct end *end, u32 zone, int is_v6, u32 host)
{
	static const struct {
		u32 link, vlan;
		const char *v4, *v6;
	} where[] = {
		{ 0, 0, "10.0.0.0", "fd00:10::" },
		{ 0, 10, "172.16.0.0", NULL },
		{ 1, 0, "192.168.10.0", "fd00:20::" },
		{ 1, 5, "192.168.20.0", NULL },
		{ 2, 0, "192.168.30.0", "fd00:30::" },
	};

	is_v6 = is_v6 && where[zone].v6;
	end_set(end, where[zone].link, where[zone].vlan,
		is_v6 ? where[zone].v6 : where[zone].v4, (u8)(zone == 3 ? 3 : host));
	end->addr[is_v6 ? 15 : 3] = (u8)host;
	if (zone == 1 && draw(t, 2))
		end->vlan = 10 | 20 << 16;
}

static void talk_begin(struct traffic *t, struct talk *k)
{
	static const u8 ways[][2] = { { 0, 2 }, { 0, 2 }, { 0, 2 }, { 0, 4 }, { 1, 2 }, { 3, 0 },
				      { 0, 4 }, { 2, 0 }, { 0, 0 }, { 4, 2 }, { 0, 3 } };
	static const u16 ports[] = { 7, 17, 18, 5000, 5050, 9999 };
	const u8 *way = ways[draw(t, sizeof(ways) / 2)];
	int is_v6 = one_in(t, 4);
	u32 i;

	memset(k, 0, sizeof(*k));
	k->kind = draw(t, 8) < 3 ? KIND_MODBUS : draw(t, KIND_COUNT);
	end_draw(t, &k->a, way[0], is_v6, 1 + draw(t, 40));
	end_draw(t, &k->b, way[1], k->a.family == 6, 60 + draw(t, 40));
	if (draw(t, 4))
		k->b.addr[k->b.family == 6 ? 15 : 3] = (u8)(1 + draw(t, 30));
	if (k->a.family != k->b.family)
		end_draw(t, &k->a, way[0], 0, 1 + draw(t, 40));
	k->sport = (u16)(1024 + draw(t, one_in(t, 4) ? 4 : 60000));
	k->dport = k->kind == KIND_MODBUS ? 502 : 443;
	if (k->kind == KIND_UDP)
		k->dport = ports[draw(t, sizeof(ports) / sizeof(ports[0]))];
	if (k->kind == KIND_TCP && one_in(t, 8))
		k->dport = one_in(t, 2) ? 18443 : (u16)(1 + draw(t, 65535));
	for (i = 0; i < 2; i++) {
		k->scale[i] = one_in(t, 3) ? -1 : (int)draw(t, 9);
		k->dir[i].next = one_in(t, 4) ? 0xfffffff0u : draw(t, 1u << 31);
		k->dir[i].end = k->dir[i].next;
	}
}

static void stream_add(struct stream *s, const u8 *bytes, u32 len)
{
	u32 i;

	for (i = 0; i < len; i++)
		s->bytes[s->end++ & (STREAM - 1)] = bytes[i];
}

/* A request, mostly one that makes sense. */
static void modbus_ask(struct traffic *t, struct talk *k)
{
	static const u8 functions[] = { 1, 2, 3, 3, 3, 4, 5, 6, 15, 16, 22, 23, 8, 43, 20, 90, 7, 99 };
	u8 function = functions[draw(t, sizeof(functions))];
	u16 count = (u16)(1 + draw(t, one_in(t, 20) ? 70000 : 60));
	u8 pdu[300] = { 0 };
	u32 slot = k->transaction & 15;
	u32 len = 12;
	u32 i;

	pdu[0] = (u8)(k->transaction >> 8);
	pdu[1] = (u8)k->transaction;
	pdu[6] = (u8)(one_in(t, 20) ? draw(t, 256) : 1);
	pdu[7] = function;
	pdu[9] = (u8)draw(t, 120);
	pdu[10] = (u8)(count >> 8);
	pdu[11] = (u8)count;
	if (function == 5)
		pdu[10] = one_in(t, 2) ? 0xff : 0;
	if (function == 5)
		pdu[11] = 0;
	if (function == 15 || function == 16) {
		pdu[12] = (u8)(function == 16 ? 2 * count : (count + 7) / 8);
		for (i = 0; i < pdu[12]; i++)
			pdu[13 + i] = (u8)(i & 1 ? draw(t, 256) : draw(t, 40));
		len = 13u + pdu[12];
	}
	if (function == 22)
		len = 14;
	if (function == 23) {
		pdu[13] = (u8)draw(t, 100);
		pdu[15] = (u8)(1 + draw(t, 10));
		pdu[16] = (u8)(2 * pdu[15]);
		len = 17u + pdu[16];
	}
	if (function == 8)
		memset(pdu + 8, 0, 4);
	if (function == 43) {
		memcpy(pdu + 8, "\x0e\x01\x00", 3);
		len = 11;
	}
	if (function == 7)
		len = 8;
	if (function == 20) {
		memcpy(pdu + 8, "\x07\x06\x00\x01\x00\x00\x00\x02", 8);
		len = 16;
	}
	pdu[5] = (u8)(len - 6);
	if (one_in(t, 60))
		pdu[draw(t, len)] ^= (u8)(1 + draw(t, 255));
	k->ask[slot] = function;
	k->count[slot] = count;
	k->transaction++;
	stream_add(&k->dir[0], pdu, len);
}

/* The answer to the oldest open request, mostly. */
static void modbus_answer(struct traffic *t, struct talk *k)
{
	u32 slot = k->answered & 15;
	u8 function = k->ask[slot];
	u16 count = k->count[slot];
	u8 pdu[300] = { 0 };
	u32 len = 12;

	if (k->answered == k->transaction && !one_in(t, 30))
		return;
	pdu[0] = (u8)(k->answered >> 8);
	pdu[1] = (u8)k->answered;
	pdu[6] = 1;
	pdu[7] = function;
	if (one_in(t, 10)) {
		pdu[7] |= 0x80;
		pdu[8] = 2;
		len = 9;
	} else if (function >= 1 && function <= 4) {
		pdu[8] = (u8)(function > 2 ? 2 * count : (count + 7) / 8);
		len = 9u + pdu[8];
	} else if (function == 7) {
		len = 9;
	} else {
		pdu[10] = (u8)(count >> 8);
		pdu[11] = (u8)count;
	}
	pdu[5] = (u8)(len - 6);
	if (one_in(t, 60))
		pdu[draw(t, len)] ^= (u8)(1 + draw(t, 255));
	if (k->answered != k->transaction)
		k->answered++;
	stream_add(&k->dir[1], pdu, len);
}

/* A segment of the conversation in either direction. */
static void tcp_segment(struct traffic *t, struct talk *k, u32 dir, u8 flags, u32 seq, u32 len,
			struct traffic_event *event)
{
	const struct end *from = dir ? &k->b : &k->a;
	const struct end *to = dir ? &k->a : &k->b;
	struct stream *s = &k->dir[dir];
	struct tcp tcp = {
		.seq = seq,
		.ack = flags & OTSEG_TCP_ACK ? k->dir[!dir].next : 0,
		.sport = dir ? k->dport : k->sport,
		.dport = dir ? k->sport : k->dport,
		.flags = flags,
		.window = (u16)(one_in(t, 50) ? draw(t, 2000) : 4000 + draw(t, 60000)),
		.scale = k->scale[dir],
	};
	u8 data[1600];
	u32 i;

	if (one_in(t, 6) && (flags & OTSEG_TCP_ACK) && k->dir[!dir].next - k->dir[!dir].got < STREAM)
		tcp.ack = k->dir[!dir].got;
	else
		k->dir[!dir].got = k->dir[!dir].next;
	if (one_in(t, 300))
		tcp.flags ^= (u8)(1u << draw(t, 8));
	if (one_in(t, 200))
		tcp.seq += draw(t, 2) ? draw(t, 100000) : 0u - draw(t, 3000);
	if (one_in(t, 200))
		tcp.ack += draw(t, 200000) - 100000;
	for (i = 0; i < len; i++)
		data[i] = s->bytes[(seq + i) & (STREAM - 1)];
	event->link = from->ifindex;
	frame_tcp(&event->frame, from, to, &tcp, data, len);
}

static void tcp_data(struct traffic *t, struct talk *k, struct traffic_event *event)
{
	u32 dir = draw(t, 2);
	struct stream *s = &k->dir[dir];
	u32 waiting, len, seq, sent;
	u8 noise[1400];

	if (k->kind == KIND_MODBUS && s->end - s->next < 4000) {
		if (dir)
			modbus_answer(t, k);
		else if (one_in(t, 2) || s->end == s->next)
			modbus_ask(t, k);
	} else if (k->kind == KIND_TCP && s->end == s->next) {
		memset(noise, (int)draw(t, 256), sizeof(noise));
		stream_add(s, noise, 1 + draw(t, sizeof(noise)));
	}
	waiting = s->end - s->next;
	sent = s->next - s->first;
	/* A repetition, of bytes that need not be cut as before. */
	if (one_in(t, 12) && sent) {
		len = 1 + draw(t, sent < 600 ? sent : 600);
		seq = s->next - len;
		len += one_in(t, 3) ? draw(t, waiting + 1) : 0;
		if (one_in(t, 3))
			len = 1 + draw(t, len);
		if (len > 1400)
			len = 1400;
		if (seq + len - s->next < 0x80000000u && seq + len != s->next)
			s->next = seq + len;
		tcp_segment(t, k, dir, OTSEG_TCP_ACK, seq, len, event);
		return;
	}
	/* Mostly whole PDUs, else pieces. */
	len = waiting;
	if (one_in(t, 4) && waiting)
		len = 1 + draw(t, waiting);
	if (len > 1400)
		len = 1400;
	seq = s->next;
	/* Lost on the way: the next one leaves a gap. */
	s->next += len;
	if (one_in(t, 60) && len) {
		tcp_segment(t, k, dir, OTSEG_TCP_ACK, s->next, 0, event);
		s->next = seq;
		return;
	}
	tcp_segment(t, k, dir, OTSEG_TCP_ACK | (len ? OTSEG_TCP_PSH : 0), seq, len, event);
}

static void tcp_next(struct traffic *t, struct talk *k, struct traffic_event *event)
{
	struct stream *a = &k->dir[0], *b = &k->dir[1];

	switch (k->phase) {
	case 0:
		if (one_in(t, 8)) {
			/* it has long been open */
			a->first = a->next;
			a->end = a->next;
			b->first = b->next;
			b->end = b->next;
			a->got = b->next;
			b->got = a->next;
			k->phase = 3;
			tcp_data(t, k, event);
			return;
		}
		tcp_segment(t, k, 0, OTSEG_TCP_SYN, a->next, 0, event);
		a->next++;
		a->first = a->next;
		a->end = a->next;
		k->phase++;
		return;
	case 1:
		if (one_in(t, 10)) {
			tcp_segment(t, k, 0, OTSEG_TCP_SYN, a->next - 1, 0, event);
			return;
		}
		tcp_segment(t, k, 1, OTSEG_TCP_SYN | OTSEG_TCP_ACK, b->next, 0, event);
		b->next++;
		b->first = b->next;
		b->end = b->next;
		k->phase++;
		return;
	case 2:
		k->phase++;
		tcp_segment(t, k, 0, OTSEG_TCP_ACK, a->next, 0, event);
		return;
	case 3:
		if (one_in(t, 120))
			k->phase = 4 + draw(t, 3);
		if (one_in(t, 400)) {
			/* one side forgets it */
			k->phase = 0;
			a->next = draw(t, 1u << 31);
		}
		tcp_data(t, k, event);
		return;
	case 4:
		tcp_segment(t, k, 0, OTSEG_TCP_FIN | OTSEG_TCP_ACK, a->next, 0, event);
		a->next++;
		k->phase = 5;
		return;
	case 5:
		tcp_segment(t, k, 1, OTSEG_TCP_FIN | OTSEG_TCP_ACK, b->next, 0, event);
		b->next++;
		k->phase = one_in(t, 2) ? 7 : 8;
		return;
	case 6:
		tcp_segment(t, k, draw(t, 2), OTSEG_TCP_RST | (one_in(t, 2) ? OTSEG_TCP_ACK : 0),
			    one_in(t, 2) ? a->next : b->next, 0, event);
		k->phase = 8;
		return;
	case 7:
		tcp_segment(t, k, 0, OTSEG_TCP_ACK, a->next, 0, event);
		k->phase = 8;
		return;
	default:
		/* the same ports again, or somebody else */
		tcp_segment(t, k, 0, OTSEG_TCP_ACK, a->next, 0, event);
		if (one_in(t, 2)) {
			a->next += 100000;
			k->phase = 0;
			k->transaction = 0;
			k->answered = 0;
		} else {
			talk_begin(t, k);
		}
	}
}

static void talk_next(struct traffic *t, struct talk *k, struct traffic_event *event)
{
	u32 dir = k->phase ? draw(t, 2) : 0;
	const struct end *from = dir ? &k->b : &k->a;
	const struct end *to = dir ? &k->a : &k->b;
	u8 data[200] = { 0 };
	u32 len = draw(t, sizeof(data));

	if (k->kind == KIND_TCP || k->kind == KIND_MODBUS) {
		tcp_next(t, k, event);
		return;
	}
	event->link = from->ifindex;
	if (k->kind == KIND_UDP)
		frame_udp(&event->frame, from, to, dir ? k->dport : k->sport,
			  dir ? k->sport : k->dport, data, len);
	else if (from->family == 6)
		frame_icmp(&event->frame, from, to, dir ? 129 : 128, 0,
			   (u32)k->sport << 16 | k->phase, data, len);
	else
		frame_icmp(&event->frame, from, to, dir ? 0 : 8, 0,
			   (u32)k->sport << 16 | k->phase, data, len);
	k->phase++;
	if (one_in(t, 40))
		talk_begin(t, k);
}

/* Frames that belong to no conversation. */
static void single_next(struct traffic *t, struct traffic_event *event)
{
	const struct frame *old = &t->history[draw(t, HISTORY)];
	struct frame *f = &event->frame;
	struct end from, to;
	u32 zone = draw(t, 5);
	u32 i;

	end_draw(t, &from, zone, one_in(t, 2), 1 + draw(t, 40));
	end_draw(t, &to, one_in(t, 3) ? draw(t, 5) : zone, from.family == 6, 1 + draw(t, 40));
	event->link = from.ifindex;
	switch (draw(t, 5)) {
	case 0:
	case 1:
		if (from.family == 4 && to.family == 4)
			frame_arp(f, &from, (u16)(1 + draw(t, 2)), to.addr);
		else if (from.family == 6 && to.family == 6)
			frame_nd(f, &from, to.addr, (int)draw(t, 2));
		else
			frame_ethernet(f, to.mac, from.mac, from.vlan, (u16)draw(t, 65536));
		return;
	case 2:
		frame_ip(f, &from, &from, (u8)draw(t, 256), draw(t, 100));
		for (i = f->l4; i < f->len; i++)
			f->bytes[i] = (u8)draw(t, 256);
		return;
	default:
		/* an error about a frame of before, from where that one went to, mostly */
		if (old->l4 <= old->l3 || old->len < old->l4 + 8)
			return;
		if (old->bytes[old->l3] >> 4 == 4) {
			end_draw(t, &to, 0, 0, 1);
			memcpy(to.addr, old->bytes + old->l3 + 12, 4);
			end_draw(t, &from, 2, 0, 1);
			if (draw(t, 4))
				memcpy(from.addr, old->bytes + old->l3 + 16, 4);
			frame_icmp(f, &from, &to, one_in(t, 8) ? (u8)draw(t, 20) : 3, 1, 0,
				   old->bytes + old->l3, old->l4 - old->l3 + 8);
		} else {
			end_draw(t, &to, 0, 1, 1);
			memcpy(to.addr, old->bytes + old->l3 + 8, 16);
			end_draw(t, &from, 2, 1, 1);
			if (draw(t, 4))
				memcpy(from.addr, old->bytes + old->l3 + 24, 16);
			frame_icmp(f, &from, &to, one_in(t, 8) ? (u8)draw(t, 5) : 1, 1, 0,
				   old->bytes + old->l3, old->l4 - old->l3 + 8);
		}
		event->link = draw(t, 3);
	}
}

/* Something goes wrong with the frame. */
static void spoil(struct traffic *t, struct traffic_event *event)
{
	struct frame *f = &event->frame;
	u32 at;

	switch (draw(t, 8)) {
	case 0:
		event->link = draw(t, 4);
		return;
	case 1:
		f->len = 14 + draw(t, f->len - 13);
		return;
	case 2:
		f->bytes[6 + draw(t, 6)] ^= (u8)(1u << draw(t, 8));
		return;
	case 3:
		at = f->l3 + draw(t, 40);
		f->bytes[at] ^= (u8)(1u << draw(t, 8));
		frame_ip_sum(f);
		return;
	case 4:
		memmove(f->bytes + 16, f->bytes + 12, f->len - 12);
		f->bytes[12] = one_in(t, 2) ? 0x81 : 0x88;
		f->bytes[13] = f->bytes[12] == 0x81 ? 0 : 0xa8;
		f->bytes[14] = 0;
		f->bytes[15] = (u8)(5 * draw(t, 3));
		f->len += 4;
		return;
	case 5:
		memset(f->bytes + f->len, 0x55, 64);
		f->len += draw(t, 64);
		return;
	default:
		at = 12 + draw(t, f->len - 12);
		f->bytes[at] = (u8)draw(t, 256);
	}
}

/**
 * traffic_new - begin
 * @seed: what is drawn follows from it; not 0
 *
 * Return: the traffic; ends the program if there is no memory.
 */
struct traffic *traffic_new(u64 seed)
{
	struct traffic *t = calloc(1, sizeof(*t));
	u32 i;

	if (!t)
		abort();
	t->state = seed;
	for (i = 0; i < TALKS; i++)
		talk_begin(t, &t->talks[i]);
	return t;
}

/**
 * traffic_next - the next frame
 * @t: the traffic
 * @event: takes it
 */
void traffic_next(struct traffic *t, struct traffic_event *event)
{
	u32 at = t->n_history % HISTORY;
	u32 old;

	if (t->last)
		t->last->drops = 0;
	t->last = NULL;
	event->later_ns = draw(t, one_in(t, 10) ? 50000000 : 400000);
	if (one_in(t, 3000))
		event->later_ns += draw(t, 60) * 1000000000ull;
	if (one_in(t, 100000))
		event->later_ns += draw(t, 9000) * 1000000000ull;
	if (one_in(t, 25) && t->n_history > HISTORY) {
		/* it comes again */
		old = draw(t, HISTORY);
		event->frame = t->history[old];
		event->link = t->links[old];
	} else {
		event->frame.len = 0;
		if (one_in(t, 20))
			single_next(t, event);
		if (!event->frame.len) {
			t->last = &t->talks[draw(t, TALKS)];
			t->before[0] = t->last->phase;
			t->before[1] = t->last->dir[0].next;
			t->before[2] = t->last->dir[1].next;
			talk_next(t, t->last, event);
		}
		t->history[at] = event->frame;
		t->links[at] = event->link;
		t->n_history++;
	}
	if (one_in(t, 25))
		spoil(t, event);
	/* what a processor could hand over at least */
	if (event->frame.len < 14)
		event->frame.len = 14;
}

/**
 * traffic_dropped - the last frame did not get through
 * @t: the traffic
 *
 * Its sender tries again, or gives up after a while.
 */
void traffic_dropped(struct traffic *t)
{
	struct talk *k = t->last;

	t->last = NULL;
	if (!k)
		return;
	if (++k->drops > 6) {
		talk_begin(t, k);
		return;
	}
	if (k->kind != KIND_TCP && k->kind != KIND_MODBUS)
		return;
	k->phase = t->before[0];
	k->dir[0].next = t->before[1];
	k->dir[1].next = t->before[2];
}

/**
 * traffic_free - end
 * @t: the traffic
 */
void traffic_free(struct traffic *t)
{
	free(t);
}
