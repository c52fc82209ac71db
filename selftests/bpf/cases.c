// SPDX-License-Identifier: GPL-2.0-only
/*
 * The cases of cases.h. They share one subject and one policy; between them a day
 * passes, so that no flow of one case lives in the next. What inspected streams
 * may carry is not tried here: the stream's own tests do that.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../bpf/engine/env.h"
#include "../unit/ktap.h"
#include "cases.h"

#define SECOND 1000000000ull

/* The plant: what the cases below talk about. */
static const char policy_text[] =
	"otseg: 1\n"
	"name: cases\n"
	"zones:\n"
	"  it: {level: 4, interfaces: [it0], prefixes: [10.0.0.0/16, 'fd00:10::/64']}\n"
	"  dmz: {level: 3.5, interfaces: [{name: it0, vlan: 10}, {name: it0, vlan: [10, 20]}],\n"
	"        prefixes: [172.16.0.0/16]}\n"
	"  cell: {level: 1, interfaces: [ot0], prefixes: [192.168.10.0/24, 'fd00:20::/64']}\n"
	"  locked: {level: 1, interfaces: [{name: ot0, vlan: 5}], prefixes: [192.168.20.0/24],\n"
	"           macs: ['02:00:00:00:00:15']}\n"
	"  lab: {level: 2, interfaces: [ot1], prefixes: [192.168.30.0/24, 'fd00:30::/64']}\n"
	"conduits:\n"
	"  main:\n"
	"    reason: what the cases allow\n"
	"    from: it\n"
	"    to: cell\n"
	"    flows: 262144\n"
	"    rules:\n"
	"      web: {service: tcp, port: 443}\n"
	"      brief: {service: tcp, port: 444, idle: 60s}\n"
	"      time: {service: udp, port: 7}\n"
	"      short: {service: udp, port: 8, idle: 5s}\n"
	"      ping: {service: icmp, types: [echo]}\n"
	"      ping6: {service: icmpv6, types: [echo]}\n"
	"      slow: {service: udp, port: 17, rate: {packets: 1/s, burst: 3}}\n"
	"      thin: {service: udp, port: 18, rate: {bytes: 100000/s}}\n"
	"      field: {service: modbus, access: read}\n"
	"      drives: {service: ads}\n"
	"      memory: {service: fins, carrier: udp, access: read, objects: {dm: 100-199},\n"
	"               fields: {network: 0}}\n"
	"  spare:\n"
	"    reason: opened by an operator only\n"
	"    from: it\n"
	"    to: cell\n"
	"    state: disabled\n"
	"    rules:\n"
	"      web: {service: tcp, port: 8443}\n"
	"  watch:\n"
	"    reason: learns\n"
	"    from: it\n"
	"    to: lab\n"
	"    mode: monitor\n"
	"    rules:\n"
	"      web: {service: tcp, port: 443}\n"
	"      slow: {service: udp, port: 17, rate: {packets: 1/s, burst: 1}}\n"
	"  tiny:\n"
	"    reason: a small budget\n"
	"    from: it\n"
	"    to: locked\n"
	"    flows: 2\n"
	"    rules:\n"
	"      time: {service: udp, port: 7}\n"
	"      web: {service: tcp, port: 443}\n"
	"  up:\n"
	"    reason: the locked zone speaks too\n"
	"    from: locked\n"
	"    to: it\n"
	"    rules:\n"
	"      time: {service: udp, port: 7}\n"
	"      who: {service: arp, operations: [request]}\n"
	"  paced:\n"
	"    reason: all that it sends has a rate\n"
	"    from: lab\n"
	"    to: cell\n"
	"    flows: 6\n"
	"    rate: {packets: 1/s, burst: 4}\n"
	"    rules:\n"
	"      time: {service: udp, port: 7}\n"
	"      slow: {service: udp, port: 17, rate: {packets: 3/h}}\n"
	"      field: {service: modbus, access: read}\n"
	"  few:\n"
	"    reason: two sessions at a time\n"
	"    from: dmz\n"
	"    to: lab\n"
	"    sessions: 2\n"
	"    rules:\n"
	"      field: {service: modbus, access: read}\n"
	"      time: {service: udp, port: 7}\n"
	"  tagged:\n"
	"    reason: from behind the tags\n"
	"    from: dmz\n"
	"    to: cell\n"
	"    rules:\n"
	"      time: {service: udp, port: 7}\n";

static struct subject *s;
static struct otseg_verdict v;
static struct frame f;
static unsigned char seen[OTSEG_R_COUNT];
static struct end it, it2, cell, dmz, qinq, locked, lab, it6, cell6, lab6;
static u16 next_port = 20000;

static const char *reason_name(u32 reason)
{
	static const char *const names[] = {
#define X(id, name, class, sentence) name,
		OTSEG_REASON_LIST(X)
#undef X
	};

	return reason < OTSEG_R_COUNT ? names[reason] : "?";
}

/* Sends the frame of @f, which comes in where @from lives. */
static u32 send_from(const struct end *from)
{
	u32 reason = subject_send(s, from->ifindex, &f, &v);

	if (reason < OTSEG_R_COUNT)
		seen[reason] = 1;
	return reason;
}

/* The claim that a frame meets this reason, and passes or not. */
#define EXPECT(got, wanted, passes)                                                          \
	do {                                                                                 \
		u32 reason_got = (got);                                                      \
                                                                                             \
		CHECK(reason_got == OTSEG_R_##wanted, "%s instead of " #wanted,              \
		      reason_name(reason_got));                                              \
		CHECK(v.action == (passes), "action %u", v.action);                          \
	} while (0)
#define PASS(got, wanted) EXPECT(got, wanted, OTSEG_ACTION_PASS)
#define DROP(got, wanted) EXPECT(got, wanted, OTSEG_ACTION_DROP)

static void later(u64 ns)
{
	s->now_ns += ns;
}

/* An IPv4 or IPv6 header and @len bytes of nothing. */
static u32 raw(const struct end *from, const struct end *to, u8 proto, u32 len)
{
	frame_ip(&f, from, to, proto, len);
	memset(f.bytes + f.l4, 0, len);
	return send_from(from);
}

static u32 udp(const struct end *from, const struct end *to, u16 sport, u16 dport)
{
	frame_udp(&f, from, to, sport, dport, "data", 4);
	return send_from(from);
}

/* The same, of a frame that is long enough for the short way, as those of a real link are. */
static u32 udp_long(const struct end *a, const struct end *b, u16 sport, u16 dport)
{
	frame_udp(&f, a, b, sport, dport, "some more data", 14);
	return send_from(a);
}

/**
 * struct talk - a TCP conversation
 * @a: the side that opens
 * @b: the side that answers
 * @sport: port of @a
 * @dport: port of @b
 * @seq: next sequence number of @a and of @b
 * @window: window that both offer
 * @scale: window scale that both offer
 */
struct talk {
	const struct end *a, *b;
	u16 sport, dport;
	u32 seq[2];
	u16 window;
	int scale;
};

static struct talk talk_new(const struct end *a, const struct end *b, u16 dport)
{
	struct talk t = { a, b, next_port++, dport, { 1000, 0xfffffff0u }, 8192, -1 };

	return t;
}

/* A segment with numbers of the caller's choice. */
static u32 segment(const struct talk *t, int reply, u8 flags, u32 seq, u32 ack, u32 len)
{
	static const u8 data[4096];
	struct tcp tcp = { seq, ack, reply ? t->dport : t->sport, reply ? t->sport : t->dport,
			   flags, t->window, t->scale };

	frame_tcp(&f, reply ? t->b : t->a, reply ? t->a : t->b, &tcp, data, len);
	return send_from(reply ? t->b : t->a);
}

/* The next segment in order. */
static u32 say(struct talk *t, int reply, u8 flags, u32 len)
{
	u32 reason = segment(t, reply, flags, t->seq[reply], flags & 0x10 ? t->seq[!reply] : 0, len);

	if (v.action == OTSEG_ACTION_PASS)
		t->seq[reply] += len + !!(flags & 3);
	return reason;
}

#define F OTSEG_TCP_FIN
#define S OTSEG_TCP_SYN
#define R OTSEG_TCP_RST
#define A OTSEG_TCP_ACK
#define U OTSEG_TCP_URG

static void shake(struct talk *t)
{
	PASS(say(t, 0, S, 0), RULE);
	PASS(say(t, 1, S | A, 0), FLOW);
	PASS(say(t, 0, A, 0), FLOW);
}

static void case_policy(void)
{
	DROP(udp(&it, &cell, 1, 7), NO_POLICY);
	CHECK(!subject_policy(s, policy_text));
}

static void case_ethernet(void)
{
	frame_udp(&f, &it, &cell, next_port, 7, "x", 1);
	f.bytes[12] = 0x81;
	f.bytes[13] = 0;
	f.len = 16;
	DROP(send_from(&it), ETH_HEADER);
	frame_ethernet(&f, cell.mac, it.mac, 0, 0x88cc);
	memset(f.bytes + f.len, 0, 46);
	f.len += 46;
	DROP(send_from(&it), ETHERTYPE);
	CHECK(v.link != OTSEG_NONE16, "the link is known");
	frame_ethernet(&f, cell.mac, it.mac, 0, 100);
	f.len += 46;
	DROP(send_from(&it), ETHERTYPE);
	frame_ethernet(&f, cell.mac, it.mac, 0, 0x9100);
	f.len += 46;
	DROP(send_from(&it), ETHERTYPE);
	frame_udp(&f, &it, &cell, next_port, 7, "x", 1);
	f.bytes[6] |= 1;
	DROP(send_from(&it), MAC_SPOOFED);
}

static void case_vlan(void)
{
	struct end wrong = dmz;
	u16 port = next_port++;

	PASS(udp(&dmz, &cell, port, 7), RULE);
	PASS(udp(&dmz, &cell, port, 7), FLOW);
	PASS(udp(&cell, &dmz, 7, port), FLOW);
	wrong.vlan = 0;
	DROP(udp(&wrong, &cell, port, 7), SPOOFED);
	wrong.vlan = 10 | 20 << 16;
	PASS(udp(&wrong, &cell, port, 7), FLOW);
	wrong.vlan = 11;
	DROP(udp(&wrong, &cell, port, 7), UNKNOWN_LINK);
	PASS(udp(&qinq, &cell, next_port++, 7), RULE);
	/* a priority tag is no VLAN, neither alone nor outside of one */
	frame_udp(&f, &it, &cell, next_port++, 7, "x", 1);
	memmove(f.bytes + 16, f.bytes + 12, f.len - 12);
	memcpy(f.bytes + 12, "\x81\x00\xe0\x00", 4);
	f.len += 4;
	PASS(send_from(&it), RULE);
	wrong.vlan = 0xffff0000u;
	frame_udp(&f, &dmz, &cell, next_port++, 7, "x", 1);
	memmove(f.bytes + 16, f.bytes + 12, f.len - 12);
	memcpy(f.bytes + 12, "\x81\x00\xe0\x00", 4);
	f.len += 4;
	PASS(send_from(&dmz), RULE);
	memmove(f.bytes + 16, f.bytes + 12, f.len - 12);
	f.len += 4;
	DROP(send_from(&dmz), VLAN_DEPTH);
}

static void case_unknown_link(void)
{
	struct end nowhere = it;

	nowhere.ifindex = s->ifindex[3];
	DROP(udp(&nowhere, &cell, next_port++, 7), UNKNOWN_LINK);
	CHECK(v.link == OTSEG_NONE16 && v.src_zone == OTSEG_NONE16);
}

static void case_arp(void)
{
	struct end probe = it;

	frame_arp(&f, &it, 1, it2.addr);
	PASS(send_from(&it), LINK_ARP);
	frame_arp(&f, &it, 2, it2.addr);
	PASS(send_from(&it), LINK_ARP);
	memset(probe.addr, 0, 4);
	frame_arp(&f, &probe, 1, it2.addr);
	PASS(send_from(&it), LINK_ARP);
	frame_arp(&f, &probe, 2, it2.addr);
	DROP(send_from(&it), ARP_INVALID);
	frame_arp(&f, &it, 3, it2.addr);
	DROP(send_from(&it), ARP_INVALID);
	frame_arp(&f, &it, 1, it2.addr);
	f.bytes[f.l3 + 13] ^= 1;
	DROP(send_from(&it), ARP_INVALID);
	frame_arp(&f, &it, 1, it2.addr);
	f.len = f.l3 + 27;
	DROP(send_from(&it), ARP_INVALID);
	frame_arp(&f, &it, 1, it2.addr);
	f.bytes[f.l3 + 5] = 16;
	DROP(send_from(&it), ARP_INVALID);
	frame_arp(&f, &it, 1, it2.addr);
	memset(f.bytes + f.l3 + 14, 0xff, 4);
	DROP(send_from(&it), ARP_INVALID);
	frame_arp(&f, &cell, 1, it2.addr);
	DROP(send_from(&it), SPOOFED);
	frame_arp(&f, &it, 1, cell.addr);
	DROP(send_from(&it), NO_RULE);
	frame_arp(&f, &it, 1, (const u8 *)"\x08\x08\x08\x08");
	DROP(send_from(&it), NO_ZONE);
	frame_arp(&f, &locked, 1, it.addr);
	PASS(send_from(&locked), RULE);
	frame_arp(&f, &locked, 2, it.addr);
	DROP(send_from(&locked), NO_RULE);
	probe = locked;
	probe.mac[5] = 0x99;
	frame_arp(&f, &probe, 1, locked.addr);
	DROP(send_from(&locked), MAC_SPOOFED);
}

static void case_ipv4_header(void)
{
	u16 port = next_port++;

#define SPOIL(statement, wanted)                                \
	do {                                                    \
		frame_udp(&f, &it, &cell, port, 7, "four", 4);  \
		statement;                                      \
		DROP(send_from(&it), wanted);                   \
	} while (0)
	SPOIL(f.len = f.l3 + 19, IP_HEADER);
	SPOIL(f.bytes[f.l3] = 0x65, IP_HEADER);
	SPOIL(f.bytes[f.l3] = 0x44, IP_HEADER);
	SPOIL(f.bytes[f.l3 + 10] ^= 1, IP_HEADER);
	SPOIL((f.bytes[f.l3 + 3]++, frame_ip_sum(&f)), IP_HEADER);
	SPOIL((f.bytes[f.l3 + 3] = 19, frame_ip_sum(&f)), IP_HEADER);
	SPOIL((f.bytes[f.l3 + 6] |= 0x80, frame_ip_sum(&f)), IP_HEADER);
	SPOIL((f.bytes[f.l3 + 6] |= 0x20, frame_ip_sum(&f)), IP_FRAGMENT);
	SPOIL((f.bytes[f.l3 + 7] = 1, frame_ip_sum(&f)), IP_FRAGMENT);
	SPOIL((f.bytes[f.l3] = 0x46, frame_ip_sum(&f)), IP_OPTIONS);
	CHECK(v.src_zone != OTSEG_NONE16 && v.conduit != OTSEG_NONE16, "somebody answers for it");
	/* what a small frame is padded with does not count */
	frame_udp(&f, &it, &cell, port, 7, "four", 4);
	memset(f.bytes + f.len, 0xaa, 14);
	f.len += 14;
	PASS(send_from(&it), RULE);
}

static void case_ipv6_header(void)
{
	static const u8 alert[8] = { 58, 0, 5, 2, 0, 0, 1, 0 };
	u16 port = next_port++;

#define SPOIL6(statement, wanted)                                    \
	do {                                                         \
		frame_udp(&f, &it6, &cell6, port, 7, "four", 4);     \
		statement;                                           \
		DROP(send_from(&it6), wanted);                       \
	} while (0)
	SPOIL6(f.len = f.l3 + 39, IP_HEADER);
	SPOIL6(f.bytes[f.l3] = 0x40, IP_HEADER);
	SPOIL6(f.bytes[f.l3 + 5]++, IP_HEADER);
	SPOIL6(f.bytes[f.l3 + 6] = 44, IP_FRAGMENT);
	SPOIL6(f.bytes[f.l3 + 6] = 43, IP_OPTIONS);
	SPOIL6(f.bytes[f.l3 + 6] = 60, IP_OPTIONS);
	SPOIL6(f.bytes[f.l3 + 6] = 0, IP_OPTIONS);
	SPOIL6(f.bytes[f.l3 + 6] = 50, IP_PROTOCOL);
	/* the one extension header that is taken: then it is ICMPv6 that no rule allows */
	frame_icmp(&f, &it6, &cell6, 131, 0, 0, it6.addr, 16);
	memmove(f.bytes + f.l4 + 8, f.bytes + f.l4, f.len - f.l4);
	memcpy(f.bytes + f.l4, alert, 8);
	f.bytes[f.l3 + 6] = 0;
	f.bytes[f.l3 + 5] += 8;
	f.len += 8;
	DROP(send_from(&it6), ICMP_TYPE);
	f.bytes[f.l4 + 2] = 7;
	DROP(send_from(&it6), IP_OPTIONS);
	PASS(udp(&it6, &cell6, port, 7), RULE);
	PASS(udp(&cell6, &it6, 7, port), FLOW);
}

static void case_addresses(void)
{
	static const char *const sources[] = { "224.0.0.1", "255.255.255.255", "127.0.0.1",
					       "0.0.0.1", "192.168.10.9", "8.8.8.8",
					       "ff02::1", "::1", "::",
					       "fd00:20::9" };
	struct end from, to;
	u32 i;

	for (i = 0; i < sizeof(sources) / sizeof(sources[0]); i++) {
		end_set(&from, it.ifindex, 0, sources[i], 0x66);
		DROP(udp(&from, from.family == 6 ? &cell6 : &cell, 9, 7), SPOOFED);
		CHECK(v.src_zone == OTSEG_NONE16 && v.conduit == OTSEG_NONE16);
	}
	DROP(udp(&it, &it, 9, 7), SPOOFED);
	end_set(&to, 0, 0, "8.8.8.8", 0x66);
	DROP(udp(&it, &to, 9, 7), NO_ZONE);
	end_set(&to, 0, 0, "127.0.0.1", 0x66);
	DROP(udp(&it, &to, 9, 7), NO_ZONE);
	end_set(&to, 0, 0, "fd00:99::1", 0x66);
	DROP(udp(&it6, &to, 9, 7), NO_ZONE);
	DROP(udp(&cell, &it, 9, 7), NO_CONDUIT);
	DROP(udp(&it, &it2, 9, 7), NO_CONDUIT);
	CHECK(v.src_zone == v.dst_zone && v.conduit == OTSEG_NONE16);
	DROP(raw(&cell, &it, 47, 20), NO_CONDUIT);
}

static void case_macs(void)
{
	struct end other = locked;
	u16 port = next_port++;

	PASS(udp(&locked, &it, port, 7), RULE);
	PASS(udp(&locked, &it, port, 7), FLOW);
	other.mac[5]++;
	DROP(udp(&other, &it, port, 7), MAC_SPOOFED);
	CHECK(v.conduit == OTSEG_NONE16);
	DROP(udp(&other, &it, next_port++, 7), MAC_SPOOFED);
}

static void case_rules(void)
{
	struct talk t;

	DROP(raw(&it, &cell, 47, 20), IP_PROTOCOL);
	CHECK(v.conduit != OTSEG_NONE16);
	DROP(udp(&it, &cell, 9, 9), NO_RULE);
	t = talk_new(&it, &cell, 8443);
	DROP(say(&t, 0, S, 0), CONDUIT_DISABLED);
	t = talk_new(&it, &cell, 48898);
	DROP(say(&t, 0, S, 0), NO_INSPECTOR);
	PASS(udp(&it, &cell, next_port, 7), RULE);
	CHECK(v.rule != OTSEG_NONE32 && v.service == OTSEG_SVC_UDP && v.flags == OTSEG_V_OPENED);
}

/* A FINS command over UDP: reads @count words of the data memory from @first on. */
static u32 fins_ask(u16 port, u32 network, u32 sid, u32 first, u32 count)
{
	u8 ask[] = { 0x80, 0, 2, (u8)network, 1, 0, 0, 2, 0, (u8)sid,
		     1, 1, 0x82, (u8)(first >> 8), (u8)first, 0, 0, (u8)count };

	frame_udp(&f, &it, &cell, port, 9600, ask, sizeof(ask));
	return send_from(&it);
}

static u32 fins_answer(u16 port, u32 sid)
{
	u8 answer[] = { 0xc0, 0, 2, 0, 2, 0, 0, 1, 0, (u8)sid, 1, 1, 0, 0, 0x12, 0x34 };

	frame_udp(&f, &cell, &it, 9600, port, answer, sizeof(answer));
	return send_from(&cell);
}

static void case_datagrams(void)
{
	u16 port = next_port++, other = next_port++;
	u32 i;

	DROP(fins_ask(port, 0, 1, 99, 1), OBJECT);
	CHECK(!(v.flags & OTSEG_V_OPENED), "what is refused opens nothing");
	DROP(fins_answer(port, 1), NO_CONDUIT);
	PASS(fins_ask(port, 0, 2, 100, 1), RULE);
	CHECK(v.flags & OTSEG_V_OPENED && v.n_messages == 1 && v.rule != OTSEG_NONE32);
	PASS(fins_answer(port, 2), RULE);
	DROP(fins_answer(port, 2), PDU_UNSOLICITED);
	DROP(fins_answer(port, 3), PDU_UNSOLICITED);
	PASS(fins_ask(port, 0, 3, 199, 1), RULE);
	CHECK(!(v.flags & OTSEG_V_OPENED));
	DROP(fins_ask(port, 0, 4, 199, 2), OBJECT);
	DROP(fins_ask(port, 5, 4, 199, 1), FIELD);
	PASS(fins_answer(port, 3), RULE);
	frame_udp(&f, &it, &cell, port, 9600, "", 0);
	DROP(send_from(&it), PDU_LENGTH);
	frame_udp(&f, &it, &cell, port, 9600, "\x80\0\2", 3);
	DROP(send_from(&it), PDU_LENGTH);
	frame_udp(&f, &it, &cell, other, 9600, "data of another protocol", 24);
	DROP(send_from(&it), PDU_PROTOCOL);
	later(400 * SECOND);
	DROP(fins_answer(port, 3), NO_CONDUIT);
	DROP(fins_answer(other, 3), NO_CONDUIT);
	/* Who is refused uses up what his conduit may have, and no more. */
	for (i = 0; i < 256; i++)
		DROP(fins_ask((u16)(20000 + i), 0, 1, 99, 1), OBJECT);
	DROP(fins_ask(30000, 0, 1, 99, 1), SESSION_BUDGET);
	DROP(fins_ask(30000, 0, 1, 100, 1), SESSION_BUDGET);
	PASS(udp(&it, &cell, next_port++, 7), RULE);
	/* who was refused once and mends his ways has a flow already */
	PASS(fins_ask(20000, 0, 2, 100, 1), RULE);
	CHECK(v.flags & OTSEG_V_OPENED);
	PASS(fins_answer(20000, 2), RULE);
	PASS(fins_ask(20000, 0, 3, 100, 1), RULE);
	CHECK(!(v.flags & OTSEG_V_OPENED));
	later(3 * SECOND);
	/* no sweep here: who asks for what is over ends it */
	for (i = 1; i < 256; i++)
		DROP(fins_answer((u16)(20000 + i), 1), NO_CONDUIT);
	PASS(fins_ask(30000, 0, 1, 100, 1), RULE);
}

static const char enip_text[] =
	"otseg: 1\n"
	"name: cases\n"
	"zones:\n"
	"  it: {level: 4, interfaces: [it0], prefixes: [10.0.0.0/24]}\n"
	"  cell: {level: 1, interfaces: [ot0], prefixes: [192.168.10.0/24]}\n"
	"conduits:\n"
	"  drive:\n"
	"    reason: a scanner and its drives\n"
	"    from: it\n"
	"    to: cell\n"
	"    rules:\n"
	"      open: {service: enip, access: [read, write, control]}\n"
	"      data: {service: enip-io, access: write}\n";

/* Sends bytes of a conversation of the two, which must pass. */
static void tell(struct talk *t, int reply, const void *bytes, u32 len)
{
	struct tcp tcp = { t->seq[reply], t->seq[!reply], reply ? t->dport : t->sport,
			   reply ? t->sport : t->dport, 0x18, 8192, -1 };

	frame_tcp(&f, reply ? t->b : t->a, reply ? t->a : t->b, &tcp, bytes, len);
	PASS(send_from(reply ? t->b : t->a), RULE);
	t->seq[reply] += len;
}

static u32 enip_data(const struct end *from, const struct end *to, u8 id)
{
	u8 data[] = { 2, 0, 2, 0x80, 8, 0, id, 0xaa, 0, 0, 1, 0, 0, 0, 0xb1, 0, 4, 0, 1, 2, 3, 4 };

	frame_udp(&f, from, to, 2222, 2222, data, sizeof(data));
	return send_from(from);
}

static void case_connections(void)
{
	static const u8 open[] = {
		0x6f, 0x00, 0x4c, 0x00, 0x00, 0x05, 0x02, 0x13, 0x00, 0x00, 0x00, 0x00, 0x21, 0x43,
		0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
		0x0a, 0x00, 0x02, 0x00, 0x00, 0x00, 0x00, 0x00, 0xb2, 0x00, 0x3c, 0x00, 0x54, 0x02,
		0x20, 0x06, 0x24, 0x01, 0x0a, 0x0e, 0x00, 0x00, 0x00, 0x00, 0x78, 0x56, 0x34, 0x12,
		0x22, 0x11, 0x4d, 0x00, 0xee, 0xff, 0xc0, 0x00, 0x01, 0x00, 0x00, 0x00, 0x20, 0x4e,
		0x00, 0x00, 0x20, 0x48, 0x20, 0x4e, 0x00, 0x00, 0x02, 0x43, 0x01, 0x09, 0x34, 0x04,
		0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x20, 0x04, 0x24, 0x01, 0x2c, 0x64,
		0x2c, 0x65
	};
	static const u8 opened[] = {
		0x6f, 0x00, 0x2e, 0x00, 0x00, 0x05, 0x02, 0x13, 0x00, 0x00, 0x00, 0x00, 0x21, 0x43,
		0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
		0x0a, 0x00, 0x02, 0x00, 0x00, 0x00, 0x00, 0x00, 0xb2, 0x00, 0x1e, 0x00, 0xd4, 0x00,
		0x00, 0x00, 0xbb, 0xaa, 0x00, 0x00, 0xcc, 0xaa, 0x00, 0x00, 0x22, 0x11, 0x4d, 0x00,
		0xee, 0xff, 0xc0, 0x00, 0x20, 0x4e, 0x00, 0x00, 0x20, 0x4e, 0x00, 0x00, 0x00, 0x00
	};
	struct talk t;

	CHECK(!subject_policy(s, enip_text));
	DROP(enip_data(&it, &cell, 0xbb), PDU_STATE);
	t = talk_new(&it, &cell, 44818);
	PASS(say(&t, 0, S, 0), RULE);
	PASS(say(&t, 1, S | A, 0), FLOW);
	PASS(say(&t, 0, A, 0), FLOW);
	tell(&t, 0, open, sizeof(open));
	DROP(enip_data(&it, &cell, 0xbb), PDU_STATE);
	tell(&t, 1, opened, sizeof(opened));
	PASS(enip_data(&it, &cell, 0xbb), RULE);
	PASS(enip_data(&cell, &it, 0xcc), RULE);
	/* each number belongs to one direction, and to these two */
	DROP(enip_data(&it, &cell, 0xcc), PDU_STATE);
	DROP(enip_data(&cell, &it, 0xbb), PDU_STATE);
	DROP(enip_data(&it, &cell, 0xbc), PDU_STATE);
	DROP(enip_data(&it2, &cell, 0xbb), PDU_STATE);
	later(30 * SECOND);
	PASS(enip_data(&it, &cell, 0xbb), RULE);
	later(50 * SECOND);
	PASS(enip_data(&it, &cell, 0xbb), RULE);
	later(70 * SECOND);
	DROP(enip_data(&it, &cell, 0xbb), PDU_STATE);
	CHECK(!subject_policy(s, policy_text));
}

static const char closing_text[] =
	"otseg: 1\n"
	"name: cases\n"
	"zones:\n"
	"  it: {level: 4, interfaces: [it0], prefixes: [10.0.0.0/24]}\n"
	"  cell: {level: 1, interfaces: [ot0], prefixes: [192.168.10.0/24]}\n"
	"conduits:\n"
	"  telemetry:\n"
	"    reason: a reader of tags\n"
	"    from: it\n"
	"    to: cell\n"
	"    rules:\n"
	"      tags: {service: enip, access: read}\n";

/* A message of SendRRData; what passes goes on in the conversation. */
static u32 cip(struct talk *t, int reply, u8 context, const u8 *message, u32 len)
{
	u8 data[160] = { 0x6f, 0, (u8)(16 + len), 0, 0, 5, 2, 0x13, [12] = context, [30] = 2,
			 [36] = 0xb2, 0, (u8)len };
	struct tcp tcp = { t->seq[reply], t->seq[!reply], reply ? t->dport : t->sport,
			   reply ? t->sport : t->dport, 0x18, 8192, -1 };
	u32 action;

	memcpy(data + 40, message, len);
	frame_tcp(&f, reply ? t->b : t->a, reply ? t->a : t->b, &tcp, data, 40 + len);
	action = send_from(reply ? t->b : t->a);
	if (v.reason == OTSEG_R_RULE)
		t->seq[reply] += 40 + len;
	return action;
}

/* Forward Open of a connection for messages, with @serial as its number; by slot @slot, 0xff: at hand. */
static u32 cip_open(struct talk *t, u8 context, u8 serial, u8 slot)
{
	u8 open[] = { 0x54, 2, 0x20, 6, 0x24, 1, 10, 14, 0, 0, 0, 0, 0x78, 0x56, 0x34, 0x12,
		      serial, 0x11, 0x4d, 0, 0xee, 0xff, 0xc0, 0, 1, 0, 0, 0, 0x20, 0x4e, 0, 0,
		      2, 0x43, 0x20, 0x4e, 0, 0, 2, 0x43, 0xa3, 3, 1, slot, 0x20, 2, 0x24, 1 };
	u32 len = sizeof(open);

	if (slot == 0xff) {
		open[41] = 2;
		memmove(open + 42, open + 44, 4);
		len -= 2;
	}
	return cip(t, 0, context, open, len);
}

static u32 cip_close(struct talk *t, u8 context, u8 serial, u8 slot)
{
	u8 close[] = { 0x4e, 2, 0x20, 6, 0x24, 1, 10, 14, serial, 0x11, 0x4d, 0, 0xee, 0xff, 0xc0, 0,
		       3, 0, 1, slot, 0x20, 2, 0x24, 1 };
	u32 len = sizeof(close);

	if (slot == 0xff) {
		close[16] = 2;
		memmove(close + 18, close + 20, 4);
		len -= 2;
	}
	return cip(t, 0, context, close, len);
}

/* Two closings of the same in one segment: in a Multiple Service Packet. */
static u32 cip_close_twice(struct talk *t, u8 context, u8 serial, u8 slot)
{
	u8 both[] = { 0x0a, 2, 0x20, 2, 0x24, 1, 2, 0, 6, 0, 30, 0,
		      0x4e, 2, 0x20, 6, 0x24, 1, 10, 14, serial, 0x11, 0x4d, 0, 0xee, 0xff, 0xc0, 0,
		      3, 0, 1, slot, 0x20, 2, 0x24, 1,
		      0x4e, 2, 0x20, 6, 0x24, 1, 10, 14, serial, 0x11, 0x4d, 0, 0xee, 0xff, 0xc0, 0,
		      3, 0, 1, slot, 0x20, 2, 0x24, 1 };

	return cip(t, 0, context, both, sizeof(both));
}

/* The answer to an opening, or with @status its refusal. */
static u32 cip_opened(struct talk *t, u8 context, u8 serial, u8 status)
{
	u8 opened[] = { 0xd4, 0, status, 0, 0xbb, 0xaa, 0, 0, 0xcc, 0xaa, 0, 0, serial, 0x11, 0x4d, 0,
			0xee, 0xff, 0xc0, 0, 0x20, 0x4e, 0, 0, 0x20, 0x4e, 0, 0, 0, 0 };

	return cip(t, 1, context, opened, sizeof(opened));
}

/* Who may not control ends what he has opened himself, and nothing else. */
static void case_closing(void)
{
	static const u8 wrapped[] = {
		0x52, 0x02, 0x20, 0x06, 0x24, 0x01, 0x0a, 0x0e, 0x16, 0x00, 0x4e, 0x02, 0x20, 0x06,
		0x24, 0x01, 0x0a, 0x0e, 0x01, 0x11, 0x4d, 0x00, 0xee, 0xff, 0xc0, 0x00, 0x02, 0x00,
		0x20, 0x02, 0x24, 0x01, 0x01, 0x00, 0x01, 0x00
	};
	static const u8 null[] = {
		0x54, 0x02, 0x20, 0x06, 0x24, 0x01, 0x0a, 0x0e, 0x00, 0x00, 0x00, 0x00, 0x78, 0x56,
		0x34, 0x12, 0x02, 0x11, 0x4d, 0x00, 0xee, 0xff, 0xc0, 0x00, 0x01, 0x00, 0x00, 0x00,
		0x20, 0x4e, 0x00, 0x00, 0x00, 0x00, 0x20, 0x4e, 0x00, 0x00, 0x00, 0x00, 0xa3, 0x02,
		0x20, 0x02, 0x24, 0x01
	};
	struct talk t;
	u32 i;

	CHECK(!subject_policy(s, closing_text));
	t = talk_new(&it, &cell, 44818);
	PASS(say(&t, 0, S, 0), RULE);
	PASS(say(&t, 1, S | A, 0), FLOW);
	PASS(say(&t, 0, A, 0), FLOW);
	DROP(cip_close(&t, 1, 1, 0), ACCESS);
	/* asked for, and not answered yet; refused; answered */
	PASS(cip_open(&t, 1, 1, 0), RULE);
	DROP(cip_close(&t, 2, 1, 0), ACCESS);
	PASS(cip_opened(&t, 1, 1, 1), RULE);
	DROP(cip_close(&t, 2, 1, 0), ACCESS);
	PASS(cip_open(&t, 2, 1, 0), RULE);
	PASS(cip_opened(&t, 2, 1, 0), RULE);
	/* of another number, of another device, and what is sent there in another's name */
	DROP(cip_close(&t, 3, 2, 0), ACCESS);
	DROP(cip_close(&t, 3, 1, 1), ACCESS);
	DROP(cip_close(&t, 3, 1, 0xff), ACCESS);
	DROP(cip(&t, 0, 3, wrapped, sizeof(wrapped)), ACCESS);
	PASS(cip_close(&t, 3, 1, 0), RULE);
	DROP(cip_close(&t, 3, 1, 0), ACCESS);
	/* opened again, by another route, it is his own again; once */
	PASS(cip_open(&t, 3, 1, 1), RULE);
	PASS(cip_opened(&t, 3, 1, 0), RULE);
	DROP(cip_close(&t, 4, 1, 0), ACCESS);
	DROP(cip_close_twice(&t, 4, 1, 1), ACCESS);
	PASS(cip_close(&t, 4, 1, 1), RULE);
	/* not if the device refuses it, as it does when somebody else has opened one of that name */
	PASS(cip_open(&t, 4, 1, 1), RULE);
	DROP(cip_close(&t, 5, 1, 1), ACCESS);
	PASS(cip_opened(&t, 4, 1, 1), RULE);
	DROP(cip_close(&t, 5, 1, 1), ACCESS);
	/* what opens nothing makes nothing his own */
	PASS(cip(&t, 0, 4, null, sizeof(null)), RULE);
	PASS(cip_opened(&t, 4, 2, 0), RULE);
	DROP(cip_close(&t, 4, 2, 0xff), ACCESS);
	/* the same number in two devices: which of them has answered is not told */
	PASS(cip_open(&t, 4, 3, 0), RULE);
	PASS(cip_open(&t, 4, 3, 1), RULE);
	PASS(cip_opened(&t, 4, 3, 0), RULE);
	DROP(cip_close(&t, 5, 3, 0), ACCESS);
	DROP(cip_close(&t, 5, 3, 1), ACCESS);
	/* without a route */
	PASS(cip_open(&t, 6, 4, 0xff), RULE);
	PASS(cip_opened(&t, 6, 4, 0), RULE);
	DROP(cip_close(&t, 7, 4, 0), ACCESS);
	PASS(cip_close(&t, 7, 4, 0xff), RULE);
	/* the answer to something else opens nothing */
	DROP(cip_opened(&t, 7, 5, 0), PDU_UNSOLICITED);
	/* many, of which the first is forgotten */
	for (i = 0; i < OTSEG_ASSOCIATIONS; i++) {
		PASS(cip_open(&t, 8, (u8)(16 + i), 0xff), RULE);
		PASS(cip_opened(&t, 8, (u8)(16 + i), 0), RULE);
	}
	DROP(cip_close(&t, 9, 4, 0xff), ACCESS);
	for (i = 0; i < OTSEG_ASSOCIATIONS; i++)
		PASS(cip_close(&t, 9, (u8)(16 + i), 0xff), RULE);
	/* what one conversation has opened, another one does not close */
	t = talk_new(&it, &cell, 44818);
	PASS(say(&t, 0, S, 0), RULE);
	PASS(say(&t, 1, S | A, 0), FLOW);
	PASS(say(&t, 0, A, 0), FLOW);
	DROP(cip_close(&t, 1, 16, 0xff), ACCESS);
	CHECK(!subject_policy(s, policy_text));
}

static const char elsewhere_text[] =
	"otseg: 1\n"
	"name: cases\n"
	"zones:\n"
	"  it: {level: 4, interfaces: [it0], prefixes: [10.0.0.0/24, 'fd00:10::/64']}\n"
	"  cell: {level: 1, interfaces: [ot0], prefixes: [192.168.10.0/24, 'fd00:20::/64']}\n"
	"conduits:\n"
	"  assets:\n"
	"    reason: asset management asks multiplexers and devices\n"
	"    from: it\n"
	"    to: cell\n"
	"    rules:\n"
	"      hart: {service: hart-ip, carrier: udp, access: read}\n"
	"      other: {service: hart-ip, carrier: udp, port: 6094, access: read}\n"
	"      record: {service: profinet-cm, access: read}\n"
	"      another: {service: profinet-cm, port: 35964, access: read}\n";

/* A HART-IP keep-alive. */
static u32 hart(const struct end *from, const struct end *to, u16 sport, u16 dport,
		u8 is_answer, u8 id)
{
	u8 message[] = { 1, is_answer, 2, 0, 0, id, 0, 8 };

	frame_udp(&f, from, to, sport, dport, message, sizeof(message));
	return send_from(from);
}

/* A device of PROFINET is asked for a record, or says that it has none. */
static u32 record(const struct end *from, const struct end *to, u16 sport, u16 dport,
		  u8 is_answer, u8 id)
{
	static const u8 head[] = {
		0x04, 0x00, 0x20, 0x00, 0x00, 0x00, 0x00, 0x00, 0xde, 0xa0, 0x00, 0x00, 0x6c, 0x97,
		0x11, 0xd1, 0x82, 0x71, 0x00, 0x01, 0x01, 0x01, 0x0a, 0x4d, 0xde, 0xa0, 0x00, 0x01,
		0x6c, 0x97, 0x11, 0xd1, 0x82, 0x71, 0x00, 0xa0, 0x24, 0x42, 0xdf, 0x7d, 0x13, 0x14,
		0x2f, 0x90, 0x00, 0x00, 0x10, 0x00, 0xa9, 0x94, 0xd2, 0x10, 0x68, 0x90, 0xca, 0x5a,
		0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x01, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02,
		0xff, 0xff, 0xff, 0xff, 0x00, 0x54, 0x00, 0x00, 0x00, 0x00,
	};
	static const u8 asks[] = { 0x00, 0x00, 0x40, 0x00, 0x00, 0x00, 0x00, 0x40, 0x00, 0x00, 0x40, 0x00,
				   0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x40, 0x00, 0x09, 0x00, 0x3c,
				   0x01, 0x00 };
	static const u8 none[] = { 0xde, 0x80, 0xb0, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x40,
				   0x00 };
	u8 message[164] = { 0 };
	u32 len = is_answer ? 100 : sizeof(message);

	memcpy(message, head, sizeof(head));
	memcpy(message + sizeof(head), is_answer ? none : asks, is_answer ? sizeof(none) : sizeof(asks));
	message[1] = is_answer ? 2 : 0;
	message[67] = id;
	message[75] = (u8)(len - sizeof(head));
	if (!is_answer) {
		message[134] = 0xaf; /* I&M 0 */
		message[135] = 0xf0;
	}
	frame_udp(&f, from, to, sport, dport, message, len);
	return send_from(from);
}

/* A service whose answers may come from another port than was asked, and that port. */
struct elsewhere {
	u32 (*send)(const struct end *from, const struct end *to, u16 sport, u16 dport,
		    u8 is_answer, u8 id);
	u16 port;
	u32 rule;
	u32 asks_back; /* what becomes of a question of the device, from there */
	u32 only_answers; /* and of an answer of the client, who was not asked */
};

static void answers_elsewhere(const struct elsewhere *w, const struct end *client,
			      const struct end *server, const struct end *other)
{
	struct end liar = *server;
	u16 port = next_port;
	u32 reason;

	next_port += 2;
	DROP(w->send(server, client, w->port + 1, port, 1, 1), NO_CONDUIT);
	PASS(w->send(client, server, port, w->port, 0, 1), RULE);
	DROP(w->send(other, client, w->port + 1, port, 1, 1), NO_CONDUIT);
	DROP(w->send(server, client, w->port + 1, port + 1, 1, 1), NO_CONDUIT);
	DROP(w->send(server, client, w->port + 1, port, 1, 2), PDU_UNSOLICITED);
	/* a call of the device's own is a notice, which the rule covers; not any question is */
	reason = w->send(server, client, w->port + 1, port, 0, 1);
	CHECK(reason == w->asks_back && v.action == (reason == OTSEG_R_RULE), "%s", reason_name(reason));
	liar.ifindex = client->ifindex;
	DROP(w->send(&liar, client, w->port + 1, port, 1, 1), SPOOFED);
	PASS(w->send(server, client, w->port + 1, port, 1, 1), RULE);
	CHECK(v.flags == OTSEG_V_REPLY && v.n_messages == 1 && v.conduit == 0 && v.rule == w->rule);
	/* nothing is asked any more, and nothing was opened */
	DROP(w->send(server, client, w->port + 1, port, 1, 1), NO_CONDUIT);
	DROP(w->send(client, server, port, w->port + 1, 0, 2), NO_RULE);
	/* what was refused before is not remembered against it */
	PASS(w->send(client, server, port, w->port, 0, 2), RULE);
	PASS(w->send(server, client, w->port + 2, port, 1, 2), RULE);
	PASS(w->send(client, server, port, w->port, 0, 3), RULE);
	s->checksums(s, server->ifindex, 1);
	w->send(server, client, w->port + 2, port, 1, 9);
	f.bytes[f.len - 1] ^= 1;
	DROP(send_from(server), L4_CHECKSUM);
	s->checksums(s, server->ifindex, 0);
	/* the question is what a new policy has to see first */
	CHECK(!subject_policy(s, elsewhere_text));
	DROP(w->send(server, client, w->port + 2, port, 1, 3), NO_CONDUIT);
	PASS(w->send(client, server, port, w->port, 0, 4), RULE);
	PASS(w->send(server, client, w->port + 2, port, 1, 3), RULE);
	PASS(w->send(server, client, w->port, port, 1, 4), RULE);
	/* asked on a port that the service is not known by */
	PASS(w->send(client, server, port, w->port + 1000, 0, 5), RULE);
	DROP(w->send(server, client, w->port + 2, port, 1, 5), NO_CONDUIT);
	PASS(w->send(server, client, w->port + 1000, port, 1, 5), RULE);
	/* who only answers is not asked */
	PASS(w->send(client, server, port, w->port, 0, 6), RULE);
	reason = w->send(client, server, port + 1, w->port, 1, 6);
	CHECK(reason == w->only_answers && v.action == (reason == OTSEG_R_RULE), "%s",
	      reason_name(reason));
	DROP(w->send(server, client, w->port + 2, port + 1, 1, 6), NO_CONDUIT);
	later(400 * SECOND);
	DROP(w->send(server, client, w->port + 1, port, 1, 6), NO_CONDUIT);
}

static void case_elsewhere(void)
{
	static const struct elsewhere services[] = {
		{ hart, 5094, 0, OTSEG_R_PDU_DIRECTION, OTSEG_R_PDU_DIRECTION },
		{ record, 34964, 2, OTSEG_R_RULE, OTSEG_R_RULE },
	};
	struct end cell2, cell62;
	u32 i;

	end_set(&cell2, s->ifindex[1], 0, "192.168.10.12", 12);
	end_set(&cell62, s->ifindex[1], 0, "fd00:20::c", 12);
	CHECK(!subject_policy(s, elsewhere_text));
	for (i = 0; i < 2; i++) {
		answers_elsewhere(&services[i], &it, &cell, &cell2);
		answers_elsewhere(&services[i], &it6, &cell6, &cell62);
	}
	CHECK(!subject_policy(s, policy_text));
}

/* Of inspected datagrams, the receiver's answer to a wrong checksum is taken for granted. */
static void case_datagram_checksums(void)
{
	u16 port = next_port++;
	u32 i;

	s->checksums(s, it.ifindex, 1);
	s->checksums(s, cell.ifindex, 1);
	fins_ask(port, 0, 1, 100, 1);
	CHECK(v.action == OTSEG_ACTION_PASS);
	/* in a flow, and as the first of one */
	for (i = f.l4; i < f.len; i++) {
		if (i == f.l4 + 2)
			i += 4; /* another port, or another length, is refused before */
		frame_udp(&f, &it, &cell, port, 9600, "\x80\0\2\0\1\0\0\2\0\2\1\1\x82\0\x64\0\0\1", 18);
		f.bytes[i] ^= 1;
		DROP(send_from(&it), L4_CHECKSUM);
		DROP(fins_answer(port, 2), PDU_UNSOLICITED);
	}
	frame_udp(&f, &it, &cell, port, 9600, "\x80\0\2\0\1\0\0\2\0\2\1\1\x82\0\x64\0\0\1", 18);
	f.bytes[f.l4 + 6] = 0;
	f.bytes[f.l4 + 7] = 0;
	PASS(send_from(&it), RULE); /* none was computed */
	PASS(fins_answer(port, 2), RULE);
	/* of what is not inspected, the receiver looks at it */
	frame_udp(&f, &it, &cell, next_port++, 7, "1234", 4);
	f.bytes[f.len - 1] ^= 1;
	PASS(send_from(&it), RULE);
	s->checksums(s, it.ifindex, 0);
	s->checksums(s, cell.ifindex, 0);
	PASS(fins_ask(port, 0, 3, 100, 1), RULE);
	frame_udp(&f, &cell, &it, 9600, port, "\xc0\0\2\0\2\0\0\1\0\3\1\1\0\0\x12\x34", 16);
	f.bytes[f.l4 + 6] ^= 1;
	PASS(send_from(&cell), RULE);
}

/* A frame of an ethertype, of @len bytes behind it. */
static u32 typed(const struct end *from, const u8 *to, u16 type, u32 len)
{
	frame_ethernet(&f, to, from->mac, from->vlan, type);
	memset(f.bytes + f.len, 0, len);
	f.len += len;
	return send_from(from);
}

static const char link_text[] =
	"otseg: 1\n"
	"name: cases\n"
	"zones:\n"
	"  it: {level: 4, interfaces: [it0], prefixes: [10.0.0.0/24]}\n"
	"  guest: {level: 4, interfaces: [{name: it0, vlan: 7}], prefixes: [10.7.0.0/24]}\n"
	"  cell: {level: 1, interfaces: [ot0], prefixes: [192.168.10.0/24],\n"
	"         macs: ['02:00:00:00:00:0b']}\n"
	"  one: {level: 1, interfaces: [ot1], prefixes: [192.168.30.0/24]}\n"
	"  two: {level: 1, interfaces: [ot1], prefixes: [192.168.31.0/24]}\n"
	"wires: {line: [it0, ot0]}\n"
	"conduits:\n"
	"  time:\n"
	"    reason: clocks\n"
	"    from: it\n"
	"    to: cell\n"
	"    rules:\n"
	"      clock: {service: ptp}\n"
	"      own: {service: ethertype, ethertype: [0x88ab, 0x9000-0x90ff]}\n"
	"      trip: {service: goose, access: [write, control], units: 0x3001,\n"
	"             fields: {gocbref: 'IED1LD0/LLN0$GO$*', destination-mac: 0xcd010000}}\n"
	"      currents: {service: sv, access: write, units: 0x4001, fields: {svid: 'MU0101*'}}\n"
	"  tree: {reason: rings, from: cell, to: it, rules: {tree: {service: stp}}}\n"
	"intra:\n"
	"  one: {reason: names, rules: {names: {service: lldp}}}\n";

/* A GOOSE message of some APPID, control block, state, repetition and revision. */
static u32 goose_for(u32 valid_ms, u8 appid, char block, u8 state, u8 number, u8 revision)
{
	static const u8 group[6] = { 0x01, 0x0c, 0xcd, 0x01, 0, 0 };
	u8 pdu[] = { 0x30, appid, 0x00, 0x53, 0, 0, 0, 0, 0x61, 0x49, 0x80, 0x14, 'I', 'E', 'D', '1', 'L',
		     'D', '0', '/', 'L', 'L', 'N', '0', '$', 'G', 'O', '$', 'g', 'c', 'b', (u8)block,
		     0x81, 0x04, 0, (u8)(valid_ms >> 16), (u8)(valid_ms >> 8), (u8)valid_ms, 0x82, 0x10,
		     'I', 'E', 'D', '1', 'L', 'D', '0', '/', 'L', 'L', 'N', '0', '$', 'd', 's', '1',
		     0x84, 0x08, 0x65, 0x53, 0xf1, 0, 0x3f, 0x7c, 0xed, 0x0a, 0x85, 0x01, state,
		     0x86, 0x01, number, 0x88, 0x01, revision, 0x8a, 0x01, 0x01, 0xab, 0x03, 0x83, 0x01,
		     0x01 };

	frame_ethernet(&f, group, it.mac, 0, 0x88b8);
	memcpy(f.bytes + f.len, pdu, sizeof(pdu));
	f.len += sizeof(pdu);
	return send_from(&it);
}

/* The same, valid for 2 s. */
static u32 goose(u8 appid, char block, u8 state, u8 number, u8 revision)
{
	return goose_for(2000, appid, block, state, number, revision);
}

static void case_goose(void)
{
	u32 i;

	CHECK(!subject_policy(s, link_text));
	PASS(goose(1, '1', 5, 0, 1), RULE);
	PASS(goose(1, '1', 5, 1, 1), RULE);
	/* the other network of two brings it again */
	PASS(goose(1, '1', 5, 1, 1), RULE);
	DROP(goose(1, '1', 5, 0, 1), PDU_STATE);
	PASS(goose(1, '1', 6, 0, 1), RULE);
	DROP(goose(1, '1', 5, 9, 1), PDU_STATE);
	DROP(goose(1, '1', 7, 0, 2), PDU_STATE);
	/* another control block counts for itself */
	PASS(goose(1, '2', 3, 0, 7), RULE);
	PASS(goose(1, '1', 6, 1, 1), RULE);
	DROP(goose(2, '1', 6, 1, 1), UNIT);
	f.bytes[5]++;
	DROP(send_from(&it), UNIT);
	/* who was silent longer than he may be begins anew */
	later(5 * SECOND);
	PASS(goose(1, '1', 1, 0, 1), RULE);
	/* nor may anybody for an hour, whatever he says: in between he would keep others out */
	PASS(goose_for(3600000, 1, '1', 0x7f, 0, 1), RULE);
	later(60 * SECOND);
	DROP(goose(1, '1', 1, 1, 1), PDU_STATE);
	later(2 * SECOND);
	PASS(goose(1, '1', 1, 1, 1), RULE);
	/* known by then or not */
	for (i = 0; i < 4; i++)
		PASS(goose_for(3600000, 1, '1', 0x7f, (u8)i, 1), RULE);
	DROP(goose(1, '1', 1, 2, 1), PDU_STATE);
	later(62 * SECOND);
	PASS(goose(1, '1', 1, 2, 1), RULE);
	CHECK(!subject_policy(s, policy_text));
}

/* A frame of sampled values, each of a stream, a number and a revision. */
static u32 samples(const char *streams, u16 number, const u8 *revisions)
{
	static const u8 group[6] = { 0x01, 0x0c, 0xcd, 0x04, 0, 1 };
	u8 head[] = { 0x40, 0x01, 0, 0, 0, 0, 0, 0, 0x60, 0, 0x80, 0x01, 0, 0xa2, 0 };
	u8 asdu[] = { 0x30, 0x21, 0x80, 0x07, 'M', 'U', '0', '1', '0', '1', 0, 0x82, 0x02, 0, 0,
		      0x83, 0x04, 0, 0, 0, 0, 0x85, 0x01, 0x02, 0x87, 0x09, 1, 2, 3, 4, 5, 6, 7, 8, 9 };
	u32 n = (u32)strlen(streams);
	u32 i;

	head[3] = (u8)(sizeof(head) + n * sizeof(asdu));
	head[9] = (u8)(head[3] - 10);
	head[12] = (u8)n;
	head[14] = (u8)(n * sizeof(asdu));
	frame_ethernet(&f, group, it.mac, 0, 0x88ba);
	memcpy(f.bytes + f.len, head, sizeof(head));
	f.len += sizeof(head);
	for (i = 0; i < n; i++) {
		asdu[10] = (u8)streams[i];
		asdu[13] = (u8)((number + i) >> 8);
		asdu[14] = (u8)(number + i);
		asdu[20] = revisions[i];
		memcpy(f.bytes + f.len, asdu, sizeof(asdu));
		f.len += sizeof(asdu);
	}
	return send_from(&it);
}

static void case_samples(void)
{
	static const u8 one[] = { 1, 1 }, two[] = { 2, 2 }, mixed[] = { 1, 2 }, none[] = { 0, 0 };
	u16 i;

	CHECK(!subject_policy(s, link_text));
	/* as often as it needs to be known, and in whatever order: numbers begin again */
	for (i = 0; i < 10; i++) {
		PASS(samples("A", (u16)(3999 - i), one), RULE);
		DROP(samples("A", i, two), PDU_STATE);
	}
	/* each stream for itself */
	PASS(samples("B", 0, two), RULE);
	DROP(samples("B", 1, one), PDU_STATE);
	/* all of a frame */
	PASS(samples("AA", 10, one), RULE);
	PASS(samples("AB", 12, mixed), RULE);
	DROP(samples("AA", 14, mixed), PDU_STATE);
	DROP(samples("BA", 14, mixed), PDU_STATE);
	/* what was refused says nothing */
	PASS(samples("A", 16, one), RULE);
	/* it goes on: so does its revision */
	for (i = 0; i < 10; i++) {
		later(2 * SECOND);
		PASS(samples("A", (u16)(17 + i), one), RULE);
	}
	DROP(samples("A", 30, two), PDU_STATE);
	/* who was silent for long enough begins anew; what is known of old does not */
	later(4 * SECOND);
	PASS(samples("A", 31, two), RULE);
	DROP(samples("A", 32, one), PDU_STATE);
	PASS(samples("A", 33, two), RULE);
	/* 0 is a revision, too */
	PASS(samples("C", 0, none), RULE);
	DROP(samples("C", 1, one), PDU_STATE);
	PASS(samples("C", 2, none), RULE);
	CHECK(!subject_policy(s, policy_text));
}

/* What is known when it comes again (recur.h), and what it leaves to be remembered. */
static void case_again(void)
{
	static const char less[] =
		"otseg: 1\nname: less\nzones:\n"
		"  it: {level: 4, interfaces: [it0], prefixes: [10.0.0.0/16]}\n"
		"  cell: {level: 1, interfaces: [ot0], prefixes: [192.168.10.0/24]}\n"
		"conduits:\n"
		"  main:\n    reason: less\n    from: it\n    to: cell\n    rules:\n"
		"      memory: {service: fins, carrier: udp, access: read, objects: {dm: 150-199},\n"
		"               fields: {network: 0}}\n";
	u16 port = next_port++;
	u64 before;
	u32 rule, i;

	for (i = 1; i < 5; i++)
		PASS(fins_ask(port, 0, (u8)i, 100, 1), RULE);
	rule = OTSEG_CTR_RULE + v.rule * OTSEG_CTR_RULE_LEN + OTSEG_CTR_RULE_MESSAGES;
	before = s->counters(s)[rule];
	PASS(fins_ask(port, 0, 5, 100, 1), RULE);
	CHECK(v.n_messages == 1 && s->counters(s)[rule] == before + 1);
	/* each has asked for an answer of its own */
	PASS(fins_answer(port, 5), RULE);
	DROP(fins_answer(port, 5), PDU_UNSOLICITED);
	DROP(fins_answer(port, 6), PDU_UNSOLICITED);
	PASS(fins_answer(port, 3), RULE);
	/* what it asks for, and where, is not another number */
	DROP(fins_ask(port, 0, 6, 99, 1), OBJECT);
	DROP(fins_ask(port, 5, 6, 100, 1), FIELD);
	PASS(fins_ask(port, 0, 6, 100, 1), RULE);
	CHECK(!subject_policy(s, less));
	DROP(fins_ask(port, 0, 7, 100, 1), OBJECT);
	PASS(fins_ask(port, 0, 7, 150, 1), RULE);
	CHECK(!subject_policy(s, link_text));
	for (i = 0; i < 5; i++)
		PASS(goose(1, '3', 5, (u8)i, 1), RULE);
	DROP(goose(1, '3', 5, 3, 1), PDU_STATE);
	DROP(goose(1, '3', 4, 5, 1), PDU_STATE);
	/* a negative number is none */
	DROP(goose(1, '3', 5, 0x85, 1), PDU_MALFORMED);
	PASS(goose(1, '3', 5, 5, 1), RULE);
	CHECK(!subject_policy(s, policy_text));
}

static void case_link(void)
{
	static const u8 bridges[6] = { 0x01, 0x80, 0xc2, 0, 0, 0 };
	static const u8 clocks[6] = { 0x01, 0x1b, 0x19, 0, 0, 0 };
	struct end tagged = it, line = cell, strange = cell, ring = it;

	CHECK(!subject_policy(s, link_text));
	tagged.vlan = 7;
	strange.mac[5] ^= 1;
	ring.ifindex = s->ifindex[2];
	PASS(typed(&it, clocks, 0x88f7, 46), RULE);
	CHECK(v.flags & OTSEG_V_OPENED && v.flags & OTSEG_V_WIRE && v.service == OTSEG_SVC_PTP);
	PASS(typed(&it, clocks, 0x88f7, 46), FLOW);
	PASS(typed(&it, clocks, 0x88ab, 46), RULE);
	PASS(typed(&it, clocks, 0x90ff, 46), RULE);
	DROP(typed(&it, clocks, 0x9100, 46), ETHERTYPE);
	DROP(typed(&it, clocks, 0x88cc, 46), ETHERTYPE);
	/* The same addresses elsewhere are another conversation, and one way is not the other. */
	DROP(typed(&tagged, clocks, 0x88f7, 46), ETHERTYPE);
	DROP(typed(&line, it.mac, 0x88f7, 46), ETHERTYPE);
	DROP(typed(&strange, bridges, 0x88f7, 46), MAC_SPOOFED);
	/* By length, only the spanning tree's. */
	frame_ethernet(&f, bridges, cell.mac, 0, 38);
	memcpy(f.bytes + f.len, "\x42\x42\x03", 3);
	f.len += 46;
	PASS(send_from(&cell), RULE);
	CHECK(v.service == OTSEG_SVC_STP);
	f.bytes[14] = 0xaa;
	DROP(send_from(&cell), ETHERTYPE);
	/* Several zones behind one link: whose is it? */
	DROP(typed(&ring, bridges, 0x88cc, 46), ETHERTYPE);
	CHECK(!subject_policy(s, policy_text));
}

static void case_rates(void)
{
	static const u8 big[2000];
	u16 port = next_port++;
	int i;

	PASS(udp(&it, &cell, port, 17), RULE);
	PASS(udp(&it, &cell, port, 17), FLOW);
	PASS(udp(&it, &cell, port, 17), FLOW);
	DROP(udp(&it, &cell, port, 17), RATE_LIMIT);
	CHECK(v.rule != OTSEG_NONE32);
	DROP(udp(&it, &cell, next_port++, 17), RATE_LIMIT);
	/* replies use nothing up */
	for (i = 0; i < 10; i++)
		PASS(udp(&cell, &it, 17, port), FLOW);
	later(SECOND);
	PASS(udp(&it, &cell, port, 17), FLOW);
	DROP(udp(&it, &cell, port, 17), RATE_LIMIT);
	later(60 * SECOND);
	for (i = 0; i < 3; i++)
		PASS(udp(&it, &cell, port, 17), FLOW);
	DROP(udp(&it, &cell, port, 17), RATE_LIMIT);
	/* 2,042 bytes a frame: 48 of them in 100,000 */
	for (i = 0; i < 48; i++) {
		frame_udp(&f, &it, &cell, port, 18, big, sizeof(big));
		CHECK(send_from(&it) == (i ? OTSEG_R_FLOW : OTSEG_R_RULE), "frame %d", i);
	}
	DROP(send_from(&it), RATE_LIMIT);
	later(SECOND / 100000 * 2042);
	PASS(send_from(&it), FLOW);
	DROP(send_from(&it), RATE_LIMIT);
}

static u64 paced_count(enum otseg_ctr_conduit counter)
{
	return s->counters(s)[OTSEG_CTR_CONDUIT + v.conduit * OTSEG_CTR_CONDUIT_LEN + counter];
}

/* What has used up a token and is refused all the same gives it back. */
static void case_conduit_rate(void)
{
	u16 port = next_port;
	struct talk t;
	u64 before;
	int i;

	next_port += 10;
	PASS(udp(&lab, &cell, port, 7), RULE);
	PASS(udp(&lab, &cell, port, 7), FLOW);
	PASS(udp(&lab, &cell, port, 7), FLOW);
	PASS(udp(&lab, &cell, port + 1, 7), RULE);
	before = paced_count(OTSEG_CTR_CONDUIT_LIMITED);
	DROP(udp(&lab, &cell, port, 7), CONDUIT_RATE);
	DROP(udp(&lab, &cell, port + 1, 7), CONDUIT_RATE);
	DROP(udp(&lab, &cell, port + 2, 7), CONDUIT_RATE);
	CHECK(paced_count(OTSEG_CTR_CONDUIT_LIMITED) == before + 3);
	/* replies use nothing up, nor is another conduit concerned */
	for (i = 0; i < 10; i++)
		PASS(udp(&cell, &lab, 7, port), FLOW);
	for (i = 0; i < 10; i++)
		CHECK(udp(&it, &cell, port, 7) == (i ? OTSEG_R_FLOW : OTSEG_R_RULE));
	later(SECOND);
	PASS(udp(&lab, &cell, port, 7), FLOW);
	DROP(udp(&lab, &cell, port, 7), CONDUIT_RATE);
	/* a rule's rate is within the conduit's */
	later(10 * SECOND);
	for (i = 0; i < 3; i++)
		PASS(udp(&lab, &cell, port, 7), FLOW);
	PASS(udp(&lab, &cell, port + 2, 17), RULE);
	for (i = 0; i < 10; i++)
		DROP(udp(&lab, &cell, port + 2, 17), CONDUIT_RATE);
	later(SECOND);
	PASS(udp(&lab, &cell, port + 2, 17), FLOW);
	later(SECOND);
	PASS(udp(&lab, &cell, port + 2, 17), FLOW);
	later(SECOND);
	for (i = 0; i < 10; i++)
		DROP(udp(&lab, &cell, port + 2, 17), RATE_LIMIT);
	PASS(udp(&lab, &cell, port, 7), FLOW);
	/* inspected: every segment of the side that asks, if its messages pass */
	later(4 * SECOND);
	t = talk_new(&lab, &cell, 502);
	shake(&t);
	for (i = 0; i < 10; i++)
		DROP(segment(&t, 0, A, t.seq[0], t.seq[1], 12), PDU_LENGTH);
	PASS(say(&t, 0, A, 0), FLOW);
	PASS(say(&t, 0, A, 0), FLOW);
	DROP(say(&t, 0, A, 0), CONDUIT_RATE);
	PASS(say(&t, 1, A, 0), FLOW);
	/* more flows than it may have */
	later(4 * SECOND);
	PASS(udp(&lab, &cell, port + 3, 7), RULE);
	PASS(udp(&lab, &cell, port + 4, 7), RULE);
	for (i = 0; i < 10; i++)
		DROP(udp(&lab, &cell, port + 5, 7), FLOW_BUDGET);
	PASS(udp(&lab, &cell, port + 3, 7), FLOW);
	PASS(udp(&lab, &cell, port + 4, 7), FLOW);
	DROP(udp(&lab, &cell, port + 4, 7), CONDUIT_RATE);
}

static void case_udp(void)
{
	u16 port = next_port++;

#define SPOIL_UDP(statement, wanted)                               \
	do {                                                       \
		frame_udp(&f, &it, &cell, port, 7, "four", 4);     \
		statement;                                         \
		DROP(send_from(&it), wanted);                      \
	} while (0)
	SPOIL_UDP(f.bytes[f.l4 + 5] = 7, L4_HEADER);
	SPOIL_UDP(f.bytes[f.l4 + 5] = 11, L4_HEADER);
	SPOIL_UDP(f.bytes[f.l4 + 5] = 13, L4_HEADER);
	SPOIL_UDP(f.bytes[f.l4 + 3] = 0, L4_HEADER);
	DROP(raw(&it, &cell, 17, 7), L4_HEADER);
	frame_udp(&f, &it6, &cell6, port, 7, "four", 4);
	f.bytes[f.l4 + 6] = 0;
	f.bytes[f.l4 + 7] = 0;
	DROP(send_from(&it6), L4_CHECKSUM);
	/* 30 s until something comes back, 180 s then */
	PASS(udp(&it, &cell, port, 7), RULE);
	later(31 * SECOND);
	DROP(udp(&cell, &it, 7, port), NO_CONDUIT);
	PASS(udp(&it, &cell, port, 7), RULE);
	PASS(udp(&cell, &it, 7, port), FLOW);
	CHECK(v.flags == OTSEG_V_REPLY && v.rule != OTSEG_NONE32);
	later(178 * SECOND);
	PASS(udp(&it, &cell, port, 7), FLOW);
	later(181 * SECOND);
	DROP(udp(&cell, &it, 7, port), NO_CONDUIT);
	/* only the very port is answered */
	PASS(udp(&it, &cell, port, 7), RULE);
	DROP(udp(&cell, &it, 9, port), NO_CONDUIT);
	DROP(udp(&cell, &it2, 7, port), NO_CONDUIT);
	/* a rule's own time */
	PASS(udp(&it, &cell, port, 8), RULE);
	PASS(udp(&cell, &it, 8, port), FLOW);
	later(6 * SECOND);
	PASS(udp(&it, &cell, port, 8), RULE);
}

static void case_tcp_header(void)
{
	static const u8 never[] = { 0, F, U, S | F, S | R, S | F | A, F | R | A, S | U, R | F, F | U };
	struct talk t = talk_new(&it, &cell, 443);
	u32 i;

	for (i = 0; i < sizeof(never); i++)
		DROP(segment(&t, 0, never[i], 1, 1, 0), TCP_FLAGS);
	DROP(raw(&it, &cell, 6, 19), L4_HEADER);
	segment(&t, 0, S, 1, 0, 0);
	f.bytes[f.l4 + 12] = 0x40;
	DROP(send_from(&it), L4_HEADER);
	f.bytes[f.l4 + 12] = 0x60;
	DROP(send_from(&it), L4_HEADER);
	t = talk_new(&it, &cell, 0);
	DROP(segment(&t, 0, S, 1, 0, 0), L4_HEADER);
	/* options that do not add up */
	t = talk_new(&it, &cell, 443);
	t.scale = 3;
	segment(&t, 0, S, 1, 0, 0);
	f.bytes[f.l4 + 26] = 1;
	DROP(send_from(&it), L4_HEADER);
	f.bytes[f.l4 + 26] = 9;
	DROP(send_from(&it), L4_HEADER);
}

static void case_tcp_open(void)
{
	struct talk t = talk_new(&it, &cell, 443);

	DROP(segment(&t, 0, A, 1, 1, 0), TCP_NO_FLOW);
	DROP(segment(&t, 1, A, 1, 1, 0), TCP_NO_FLOW);
	DROP(segment(&t, 1, S | A, 1, 1, 0), TCP_NO_FLOW);
	DROP(segment(&t, 0, R, 1, 1, 0), TCP_NO_FLOW);
	DROP(segment(&t, 0, F | A, 1, 1, 0), TCP_NO_FLOW);
	DROP(segment(&t, 1, S, 1, 0, 0), NO_CONDUIT);
	DROP(segment(&t, 0, S, 1, 0, 5), TCP_SYN_DATA);
	PASS(say(&t, 0, S, 0), RULE);
	/* repeated, and answered wrongly */
	PASS(segment(&t, 0, S, 1000, 0, 0), FLOW);
	DROP(segment(&t, 1, S | A, 7000, 1000, 0), TCP_WINDOW);
	DROP(segment(&t, 1, S | A, 7000, 1002, 0), TCP_WINDOW);
	DROP(segment(&t, 1, S | A, 7000, 1001, 3), TCP_SYN_DATA);
	DROP(segment(&t, 0, S | A, 7000, 1001, 0), TCP_STATE);
	DROP(segment(&t, 0, A, 1001, 1, 0), TCP_STATE);
	DROP(segment(&t, 1, A, 7000, 1001, 9), TCP_STATE);
	DROP(segment(&t, 1, S, 7000, 0, 0), TCP_STATE);
	DROP(segment(&t, 1, R, 7000, 0, 0), TCP_WINDOW);
	PASS(say(&t, 1, S | A, 0), FLOW);
	PASS(segment(&t, 1, S | A, 0xfffffff0u, 1001, 0), FLOW);
	DROP(segment(&t, 1, A, 0xfffffff1u, 1001, 9), TCP_STATE);
	DROP(segment(&t, 0, A, 1001, 0xfffffff2u, 0), TCP_WINDOW);
	PASS(say(&t, 0, A, 0), FLOW);
	PASS(say(&t, 0, A, 1000), FLOW);
	PASS(say(&t, 1, A, 1000), FLOW);
	CHECK(t.seq[1] < 1000, "numbers have wrapped");
	CHECK(v.flags == OTSEG_V_REPLY);
}

/* A side that asks again with another number has given the first attempt up. */
static void case_tcp_ask_again(void)
{
	struct talk t = talk_new(&it, &cell, 443);

	PASS(say(&t, 0, S, 0), RULE);
	t.seq[0] = 5000;
	PASS(say(&t, 0, S, 0), RULE);
	PASS(say(&t, 1, S | A, 0), FLOW);
	PASS(say(&t, 0, A, 10), FLOW);
	/* refused: the other side resets it */
	t = talk_new(&it, &cell, 443);
	PASS(say(&t, 0, S, 0), RULE);
	PASS(segment(&t, 1, R | A, 0, t.seq[0], 0), FLOW);
	PASS(say(&t, 0, S, 0), RULE);
}

static void case_tcp_window(void)
{
	struct talk t = talk_new(&it, &cell, 443);
	u32 x, y;

	shake(&t);
	PASS(say(&t, 0, A, 100), FLOW);
	PASS(say(&t, 1, A, 100), FLOW);
	x = t.seq[0];
	y = t.seq[1];
	/* up to what was offered, and not further */
	PASS(segment(&t, 0, A, x + 8192 - 10, y, 10), FLOW);
	DROP(segment(&t, 0, A, x + 8192, y, 1), TCP_WINDOW);
	DROP(segment(&t, 0, A, x + 100000, y, 1), TCP_WINDOW);
	/* as far back as a window */
	DROP(segment(&t, 0, A, x - 9000, y, 10), TCP_WINDOW);
	/* acknowledgements of what was never sent, or long ago */
	DROP(segment(&t, 0, A, x, y + 1, 0), TCP_WINDOW);
	DROP(segment(&t, 0, A, x, y - 70000, 0), TCP_WINDOW);
	/* keep-alives, with and without a byte of garbage */
	t.seq[0] = x + 8192;
	PASS(say(&t, 1, A, 0), FLOW);
	PASS(segment(&t, 0, A, t.seq[0] - 1, y, 0), FLOW);
	PASS(segment(&t, 0, A, t.seq[0] - 1, y, 1), FLOW);
	PASS(segment(&t, 1, A, y - 1, t.seq[0], 0), FLOW);
	/* a window that was closed is probed with a byte */
	t.window = 0;
	PASS(say(&t, 1, A, 0), FLOW);
	t.window = 8192;
	PASS(say(&t, 0, A, 1), FLOW);
}

static void case_tcp_scale(void)
{
	struct talk t = talk_new(&it, &cell, 443);

	t.scale = 4;
	t.window = 1000;
	shake(&t);
	/* the SYN-ACK's own window counted as it is; from now on they are scaled */
	DROP(segment(&t, 0, A, t.seq[0] + 1000, t.seq[1], 1), TCP_WINDOW);
	PASS(say(&t, 1, A, 0), FLOW);
	PASS(segment(&t, 0, A, t.seq[0] + 15000, t.seq[1], 1000), FLOW);
	DROP(segment(&t, 0, A, t.seq[0] + 16000, t.seq[1], 1), TCP_WINDOW);
	/* one side alone scales nothing */
	t = talk_new(&it, &cell, 443);
	t.scale = 4;
	t.window = 1000;
	PASS(say(&t, 0, S, 0), RULE);
	t.scale = -1;
	PASS(say(&t, 1, S | A, 0), FLOW);
	PASS(say(&t, 0, A, 0), FLOW);
	PASS(say(&t, 1, A, 0), FLOW);
	DROP(segment(&t, 0, A, t.seq[0] + 1000, t.seq[1], 1), TCP_WINDOW);
	PASS(segment(&t, 0, A, t.seq[0], t.seq[1], 1000), FLOW);
}

static void case_tcp_close(void)
{
	struct talk t = talk_new(&it, &cell, 443);

	shake(&t);
	PASS(say(&t, 0, F | A, 10), FLOW);
	DROP(segment(&t, 0, A, t.seq[0], t.seq[1], 10), TCP_STATE);
	PASS(segment(&t, 0, F | A, t.seq[0] - 11, t.seq[1], 10), FLOW);
	PASS(say(&t, 1, A, 100), FLOW);
	later(100 * SECOND);
	PASS(say(&t, 1, A, 100), FLOW);
	PASS(say(&t, 0, A, 0), FLOW);
	PASS(say(&t, 1, F | A, 0), FLOW);
	PASS(say(&t, 0, A, 0), FLOW);
	later(59 * SECOND);
	PASS(segment(&t, 0, A, t.seq[0], t.seq[1], 0), FLOW);
	/* closed: the same ports may begin again, at once */
	t.seq[0] = 90000;
	t.seq[1] = 80000;
	shake(&t);
	PASS(say(&t, 0, A, 10), FLOW);
	/* half closed, and forgotten */
	PASS(say(&t, 0, F | A, 0), FLOW);
	later(121 * SECOND);
	DROP(say(&t, 1, A, 100), TCP_NO_FLOW);
}

static void case_tcp_reset(void)
{
	struct talk t = talk_new(&it, &cell, 443);
	u32 x, y;

	shake(&t);
	PASS(say(&t, 1, A, 10), FLOW);
	x = t.seq[0];
	y = t.seq[1];
	DROP(segment(&t, 0, R, x + 9000, 0, 0), TCP_WINDOW);
	DROP(segment(&t, 0, R, x - 9000, 0, 0), TCP_WINDOW);
	DROP(segment(&t, 0, R | A, x, y + 1, 0), TCP_WINDOW);
	/* in the window, but not where it is expected: who sends on was not the sender */
	PASS(segment(&t, 0, R, x + 100, 0, 0), FLOW);
	PASS(say(&t, 0, A, 10), FLOW);
	later(100 * SECOND);
	PASS(say(&t, 0, A, 10), FLOW);
	/* what was under way does not revive it */
	PASS(segment(&t, 0, R, t.seq[0], 0, 0), FLOW);
	PASS(say(&t, 1, A, 10), FLOW);
	later(11 * SECOND);
	DROP(say(&t, 1, A, 10), TCP_NO_FLOW);
	/* reset, and begun anew at once */
	t = talk_new(&it, &cell, 443);
	shake(&t);
	PASS(segment(&t, 1, R | A, t.seq[1], t.seq[0], 0), FLOW);
	t.seq[0] += 1000;
	shake(&t);
}

/* One side has lost the connection. */
static void case_tcp_half_open(void)
{
	struct talk t = talk_new(&it, &cell, 443);
	struct talk again;

	shake(&t);
	PASS(say(&t, 0, A, 10), FLOW);
	again = t;
	again.seq[0] = 500000;
	/* the opener asks anew; the other side says where it stands; the opener resets it */
	PASS(segment(&again, 0, S, 500000, 0, 0), FLOW);
	PASS(segment(&t, 1, A, t.seq[1], t.seq[0], 0), FLOW);
	PASS(segment(&t, 0, R, t.seq[0], 0, 0), FLOW);
	shake(&again);
	/* both sides have lost it: the second SYN opens */
	again.seq[0] = 900000;
	PASS(segment(&again, 0, S, 900000, 0, 0), FLOW);
	DROP(segment(&again, 1, S | A, 44, 900001, 0), TCP_STATE);
	again.seq[1] = 44;
	shake(&again);
	/* the firewall has lost it, and the opener: the other side still answers */
	t = talk_new(&it, &cell, 443);
	PASS(say(&t, 0, S, 0), RULE);
	PASS(segment(&t, 1, A, 77, 12345, 0), FLOW);
	PASS(segment(&t, 0, R, 12345, 0, 0), FLOW);
	t.seq[0]--;
	shake(&t);
}

static void case_tcp_idle(void)
{
	struct talk t = talk_new(&it, &cell, 443);

	shake(&t);
	later(7400 * SECOND);
	PASS(say(&t, 0, A, 1), FLOW);
	later(7450 * SECOND);
	DROP(say(&t, 0, A, 1), TCP_NO_FLOW);
	t = talk_new(&it, &cell, 444);
	shake(&t);
	later(59 * SECOND);
	PASS(say(&t, 1, A, 1), FLOW);
	later(61 * SECOND);
	DROP(say(&t, 1, A, 1), TCP_NO_FLOW);
	t = talk_new(&it, &cell, 443);
	PASS(say(&t, 0, S, 0), RULE);
	later(61 * SECOND);
	DROP(say(&t, 1, S | A, 0), TCP_NO_FLOW);
}

static void case_tcp_inspected(void)
{
	struct talk t = talk_new(&it, &cell, 502);

	s->checksums(s, it.ifindex, 1);
	shake(&t);
	CHECK(v.service == OTSEG_SVC_MODBUS);
	DROP(segment(&t, 0, A | U, t.seq[0], t.seq[1], 1), TCP_URGENT);
	DROP(segment(&t, 0, R | A, t.seq[0], t.seq[1], 4), TCP_STATE);
	frame_tcp(&f, &it, &cell,
		  &(struct tcp){ t.seq[0], t.seq[1], t.sport, t.dport, A, 8192, -1 },
		  "\0\1\0\0\0\6\1\3\0\0\0\1", 12);
	f.bytes[f.l4 + 16] ^= 1;
	DROP(send_from(&it), L4_CHECKSUM);
	frame_l4_sum(&f);
	PASS(send_from(&it), RULE);
	f.bytes[f.l4 + 16] ^= 1;
	s->checksums(s, it.ifindex, 0);
	PASS(send_from(&it), FLOW);
	/* of a connection that is not inspected, the receiver looks at it */
	s->checksums(s, it.ifindex, 1);
	t = talk_new(&it, &cell, 443);
	shake(&t);
	PASS(say(&t, 0, A, 10), FLOW);
	f.bytes[f.l4 + 16] ^= 1;
	PASS(send_from(&it), FLOW);
	s->checksums(s, it.ifindex, 0);
}

/* A connection goes on with @len bytes of these. */
static void talk_frame(const struct talk *t, const u8 *bytes, u32 len)
{
	frame_tcp(&f, t->a, t->b,
		  &(struct tcp){ t->seq[0], t->seq[1], t->sport, t->dport, A, 8192, -1 }, bytes,
		  len);
}

/* What the conduits of the cases are, with one text in it replaced. */
static int policy_with(const char *what, const char *by)
{
	const char *at = strstr(policy_text, what);
	char text[sizeof(policy_text) + 256];

	if (!at)
		return -1;
	snprintf(text, sizeof(text), "%.*s%s%s", (int)(at - policy_text), policy_text, by,
		 at + strlen(what));
	return subject_policy(s, text);
}

/* The next request to write a register, in sequence until one passes. */
static u32 write_behind(struct talk *t, u8 value)
{
	u8 request[12] = { 0, 1, 0, 0, 0, 6, 1, 6, 0, 0, 0, value };
	u32 reason;

	talk_frame(t, request, sizeof(request));
	reason = send_from(t->a);
	if (v.action == OTSEG_ACTION_PASS)
		t->seq[0] += sizeof(request);
	return reason;
}

/* The same; what is before it has arrived. */
static u32 write_register(struct talk *t, u8 value)
{
	PASS(say(t, 1, A, 0), FLOW);
	return write_behind(t, value);
}

/*
 * Polls of a live connection are held against what the rule asks for now: the first frame of each
 * direction the long way, the next ones the short one.
 */
static void case_polls(void)
{
	static const char rule[] = "field: {service: modbus, access: read}";
	struct talk t = talk_new(&it, &cell, 502);

	CHECK(!policy_with(rule, "field: {service: modbus, access: [read, write]}"));
	shake(&t);
	PASS(write_register(&t, 200), RULE);
	CHECK(v.n_messages == 1 && v.rule != OTSEG_NONE32);
	PASS(write_register(&t, 201), RULE);
	CHECK(!policy_with(rule, "field: {service: modbus, access: write, values: 0-9}"));
	DROP(write_register(&t, 10), VALUE);
	DROP(write_register(&t, 10), VALUE);
	PASS(write_register(&t, 9), RULE);
	CHECK(!policy_with(rule, "field: {service: modbus, access: write, rate: {packets: 1/s, burst: 2}}"));
	PASS(write_register(&t, 10), RULE);
	PASS(write_register(&t, 11), RULE);
	DROP(write_register(&t, 12), RATE_LIMIT);
	CHECK(!policy_with(rule, "field: {service: modbus, access: write, units: [1, 3, 5-7]}"));
	PASS(write_register(&t, 13), RULE);
	CHECK(!policy_with(rule, "field: {service: modbus, access: write, units: [2, 4, 6-8]}"));
	DROP(write_register(&t, 14), UNIT);
	DROP(write_register(&t, 14), UNIT);
	CHECK(!policy_with(rule, "field: {service: modbus, functions: [read-coils, write-single-register],"
				 " objects: {holding-register: [0, 4-5, 9-12]}}"));
	PASS(write_register(&t, 15), RULE);
	CHECK(!policy_with(rule, "field: {service: modbus, functions: [read-coils, write-single-register],"
				 " objects: {holding-register: [1, 4-5, 9-12]}}"));
	DROP(write_register(&t, 16), OBJECT);
	DROP(write_register(&t, 16), OBJECT);
	CHECK(!policy_with(rule, "field: {service: modbus, functions: [read-coils, write-single-coil]}"));
	DROP(write_register(&t, 17), FUNCTION);
	DROP(write_register(&t, 17), FUNCTION);
	/* what has not arrived when the policy changes is held against the new one, if it comes again */
	CHECK(!policy_with(rule, "field: {service: modbus, access: write}"));
	PASS(write_register(&t, 100), RULE);
	CHECK(!subject_policy(s, policy_text));
	PASS(say(&t, 0, A, 0), FLOW);
	talk_frame(&t, (const u8 *)"\0\1\0\0\0\6\1\3\0\0\0\1", 12);
	PASS(send_from(&it), RULE);
	t.seq[0] -= 12;
	DROP(write_behind(&t, 100), ACCESS);
	t.seq[0] += 24;
	DROP(write_register(&t, 18), ACCESS);
	DROP(write_register(&t, 18), ACCESS);
	CHECK(v.rule == OTSEG_NONE32 && v.n_messages == 1 && v.conduit != OTSEG_NONE16);
}

/* Segments of each length, whose last request may be a part of one; first with any byte wrong. */
static void case_tcp_checksums(void)
{
	enum { MOST = 156, REQUEST = 12 };
	struct talk t = talk_new(&it, &cell, 502);
	u8 requests[MOST];
	u32 i, len;

	for (i = 0; i < MOST; i++)
		requests[i] = (u8) "\0\1\0\0\0\6\1\3\0\0\0\1"[i % REQUEST];
	for (i = 1; i < MOST; i += REQUEST)
		requests[i] = (u8)i;
	s->checksums(s, it.ifindex, 1);
	shake(&t);
	for (len = 1; len <= MOST; len++) {
		talk_frame(&t, requests, len);
		for (i = f.l4 + 16; i < f.len; i++) {
			if (i == f.l4 + 18)
				i += 2; /* the urgent pointer is looked at before */
			f.bytes[i] ^= 1 + i % 255;
			DROP(send_from(&it), L4_CHECKSUM);
			f.bytes[i] ^= 1 + i % 255;
		}
		send_from(&it);
		CHECK(v.action == OTSEG_ACTION_PASS, "%u bytes: %s", len, reason_name(v.reason));
		t.seq[0] += len;
		if (len % REQUEST) {
			talk_frame(&t, requests + len % REQUEST, REQUEST - len % REQUEST);
			PASS(send_from(&it), RULE);
			t.seq[0] += REQUEST - len % REQUEST;
		}
		PASS(say(&t, 1, A, 0), FLOW);
	}
	s->checksums(s, it.ifindex, 0);
}

static void case_icmp(void)
{
	struct end from = it;

	frame_icmp(&f, &it, &cell, 8, 0, 77 << 16 | 1, "ping", 4);
	PASS(send_from(&it), RULE);
	frame_icmp(&f, &cell, &it, 0, 0, 77 << 16 | 1, "ping", 4);
	PASS(send_from(&cell), FLOW);
	frame_icmp(&f, &cell, &it, 0, 0, 78 << 16 | 1, "ping", 4);
	DROP(send_from(&cell), NO_CONDUIT);
	frame_icmp(&f, &cell, &it, 8, 0, 77 << 16 | 1, "ping", 4);
	DROP(send_from(&cell), NO_CONDUIT);
	frame_icmp(&f, &it, &cell, 8, 0, 77 << 16 | 2, "ping", 4);
	PASS(send_from(&it), FLOW);
	later(31 * SECOND);
	frame_icmp(&f, &cell, &it, 0, 0, 77 << 16 | 1, "ping", 4);
	DROP(send_from(&cell), NO_CONDUIT);
	frame_icmp(&f, &it, &cell, 13, 0, 0, "stamp-stamp!", 12);
	DROP(send_from(&it), ICMP_TYPE);
	frame_icmp(&f, &it, &cell, 5, 0, 0, "redirect", 8);
	DROP(send_from(&it), ICMP_TYPE);
	frame_icmp(&f, &it, &cell, 8, 1, 77 << 16 | 1, "ping", 4);
	DROP(send_from(&it), L4_HEADER);
	DROP(raw(&it, &cell, 1, 7), L4_HEADER);
	frame_icmp(&f, &it6, &cell6, 128, 0, 5 << 16 | 1, "ping", 4);
	PASS(send_from(&it6), RULE);
	frame_icmp(&f, &cell6, &it6, 129, 0, 5 << 16 | 1, "ping", 4);
	PASS(send_from(&cell6), FLOW);
	frame_icmp(&f, &it6, &cell6, 137, 0, 0, it6.addr, 16);
	DROP(send_from(&it6), ICMP_TYPE);
	(void)from;
}

/* Wraps the frame of @f into an ICMP error. */
static void quote(const struct end *from, const struct end *to, u8 type, u8 code, u32 bytes)
{
	struct frame inner = f;

	frame_icmp(&f, from, to, type, code, 0, inner.bytes + inner.l3, bytes);
}

static void case_icmp_errors(void)
{
	struct talk t = talk_new(&it, &cell, 443);
	struct end router = cell;
	u16 port = next_port++;

	router.addr[3] = 1;
	PASS(udp(&it, &cell, port, 7), RULE);
	quote(&cell, &it, 3, 3, 28);
	PASS(send_from(&cell), RELATED);
	CHECK(v.flags == OTSEG_V_REPLY && v.rule != OTSEG_NONE32);
	frame_udp(&f, &it, &cell, port, 7, "data", 4);
	quote(&router, &it, 11, 0, 28);
	PASS(send_from(&router), RELATED);
	/* of another port, to another one, from another side, cut short, of a type that is no error */
	frame_udp(&f, &it, &cell, port + 1, 7, "data", 4);
	quote(&cell, &it, 3, 3, 28);
	DROP(send_from(&cell), ICMP_UNRELATED);
	frame_udp(&f, &it, &cell, port, 7, "data", 4);
	quote(&cell, &it2, 3, 3, 28);
	DROP(send_from(&cell), ICMP_UNRELATED);
	frame_udp(&f, &it, &cell, port, 7, "data", 4);
	quote(&dmz, &it, 3, 3, 28);
	DROP(send_from(&dmz), ICMP_UNRELATED);
	frame_udp(&f, &it, &cell, port, 7, "data", 4);
	quote(&cell, &it, 3, 3, 27);
	DROP(send_from(&cell), ICMP_UNRELATED);
	frame_udp(&f, &it, &cell, port, 7, "data", 4);
	quote(&cell, &it, 4, 0, 28);
	DROP(send_from(&cell), ICMP_TYPE);
	/* what the answering side has not said cannot be quoted to it */
	frame_udp(&f, &cell, &it, 7, port, "data", 4);
	quote(&it, &cell, 3, 3, 28);
	DROP(send_from(&it), ICMP_UNRELATED);
	/* TCP: the number must be one that was sent */
	shake(&t);
	segment(&t, 0, A, t.seq[0], t.seq[1], 100);
	quote(&cell, &it, 3, 4, 40);
	PASS(send_from(&cell), RELATED);
	frame_tcp(&f, &it, &cell, &(struct tcp){ t.seq[0] + 5000, 0, t.sport, t.dport, A, 1, -1 },
		  "", 0);
	quote(&cell, &it, 3, 4, 40);
	DROP(send_from(&cell), ICMP_UNRELATED);
	/* an echo, and IPv6 */
	frame_icmp(&f, &it, &cell, 8, 0, 99 << 16, "", 0);
	PASS(send_from(&it), RULE);
	quote(&router, &it, 11, 0, 28);
	PASS(send_from(&router), RELATED);
	PASS(udp(&it6, &cell6, port, 7), RULE);
	quote(&cell6, &it6, 1, 4, 52);
	PASS(send_from(&cell6), RELATED);
	frame_udp(&f, &it6, &cell6, port + 1, 7, "data", 4);
	quote(&cell6, &it6, 1, 4, 52);
	DROP(send_from(&cell6), ICMP_UNRELATED);
}

static void case_nd(void)
{
	struct end local, nobody = it6;

	end_set(&local, it.ifindex, 0, "fe80::5", 5);
	memset(nobody.addr, 0, 16);
	frame_nd(&f, &it6, it6.addr, 1);
	PASS(send_from(&it6), LINK_ND);
	frame_nd(&f, &it6, it6.addr, 0);
	PASS(send_from(&it6), LINK_ND);
	frame_nd(&f, &local, it6.addr, 1);
	PASS(send_from(&it6), LINK_ND);
	frame_nd(&f, &it6, local.addr, 1);
	PASS(send_from(&it6), LINK_ND);
	/* nobody yet: asks whether the address is free, without an option */
	frame_nd(&f, &nobody, it6.addr, 1);
	DROP(send_from(&it6), ND_INVALID);
	f.len -= 8;
	f.bytes[f.l3 + 5] -= 8;
	PASS(send_from(&it6), LINK_ND);
	frame_nd(&f, &it6, it6.addr, 1);
	f.bytes[f.l3 + 7] = 64;
	DROP(send_from(&it6), ND_INVALID);
	frame_nd(&f, &it6, it6.addr, 1);
	f.bytes[f.l4 + 27] ^= 1;
	DROP(send_from(&it6), ND_INVALID);
	frame_nd(&f, &it6, it6.addr, 1);
	f.bytes[f.l4 + 25] = 0;
	DROP(send_from(&it6), ND_INVALID);
	frame_nd(&f, &it6, it6.addr, 1);
	f.bytes[f.l3 + 39] ^= 1;
	DROP(send_from(&it6), ND_INVALID);
	frame_nd(&f, &cell6, it6.addr, 1);
	DROP(send_from(&it6), SPOOFED);
	frame_nd(&f, &it6, cell6.addr, 1);
	DROP(send_from(&it6), NO_RULE);
}

static void case_monitor(void)
{
	struct talk t = talk_new(&it, &lab, 443);
	u16 port = next_port++;

	shake(&t);
	PASS(say(&t, 0, A, 10), FLOW);
	CHECK(!(v.flags & OTSEG_V_MONITORED));
	PASS(segment(&t, 0, A, t.seq[0] + 100000, t.seq[1], 1), TCP_WINDOW);
	CHECK(v.flags & OTSEG_V_MONITORED);
	/* what no rule allows, and its answers */
	PASS(udp(&it, &lab, port, 99), NO_RULE);
	CHECK(v.flags & OTSEG_V_MONITORED);
	PASS(udp(&lab, &it, 99, port), NO_RULE);
	CHECK(v.flags == (OTSEG_V_MONITORED | OTSEG_V_REPLY));
	/* what may be an answer to something passed before: each time */
	PASS(udp(&lab, &it, 98, port), NO_CONDUIT);
	PASS(udp(&lab, &it, 98, port), NO_CONDUIT);
	CHECK(v.flags == OTSEG_V_MONITORED);
	t = talk_new(&it, &lab, 99);
	PASS(say(&t, 0, S, 0), NO_RULE);
	PASS(say(&t, 1, S | A, 0), NO_RULE);
	PASS(say(&t, 0, A, 0), NO_RULE);
	/* a connection from before, both ways; the other side may not ask */
	t = talk_new(&it, &lab, 443);
	PASS(segment(&t, 0, A, 1, 1, 1), TCP_NO_FLOW);
	PASS(segment(&t, 1, A, 1, 1, 1), TCP_NO_FLOW);
	DROP(segment(&t, 1, S, 1, 0, 0), NO_CONDUIT);
	PASS(segment(&t, 0, 0, 1, 0, 0), TCP_FLAGS);
	PASS(raw(&it, &lab, 47, 8), IP_PROTOCOL);
	frame_udp(&f, &it, &lab, port, 7, "four", 4);
	f.bytes[f.l3 + 6] |= 0x20;
	frame_ip_sum(&f);
	PASS(send_from(&it), IP_FRAGMENT);
	PASS(udp(&it, &lab, port, 17), RULE);
	PASS(udp(&it, &lab, port, 17), RATE_LIMIT);
	/* who he is must be clear all the same */
	DROP(udp(&cell, &lab, port, 17), NO_CONDUIT);
	frame_udp(&f, &cell, &lab, port, 17, "four", 4);
	DROP(send_from(&it), SPOOFED);
}

static void case_budget(void)
{
	u16 port = next_port;
	struct talk t;

	next_port += 3;
	PASS(udp(&it, &locked, port, 7), RULE);
	PASS(udp(&it, &locked, port + 1, 7), RULE);
	DROP(udp(&it, &locked, port + 2, 7), FLOW_BUDGET);
	/* another conduit has its own */
	PASS(udp(&it, &cell, port + 2, 7), RULE);
	/* a flow that is over gives its place back */
	later(31 * SECOND);
	DROP(udp(&locked, &it, 7, port), NO_RULE);
	t = talk_new(&it, &locked, 443);
	PASS(say(&t, 0, S, 0), RULE);
	/* an attempt that is repeated with another number does not count twice */
	PASS(segment(&t, 0, S, 7777, 0, 0), RULE);
	PASS(segment(&t, 0, S, 8888, 0, 0), RULE);
}

static void case_sessions(void)
{
	struct talk t[4];
	u32 i;

	for (i = 0; i < 4; i++)
		t[i] = talk_new(&dmz, &lab, 502);
	/* an attempt that is repeated with another number counts once, while there is room */
	PASS(segment(&t[0], 0, S, 7777, 0, 0), RULE);
	PASS(segment(&t[0], 0, S, 8888, 0, 0), RULE);
	shake(&t[0]);
	shake(&t[1]);
	DROP(say(&t[2], 0, S, 0), SESSION_BUDGET);
	/* flows that are not inspected have the other budget; other conduits have their own */
	PASS(udp(&dmz, &lab, next_port, 7), RULE);
	t[3] = talk_new(&it, &cell, 502);
	shake(&t[3]);
	/* one is over: there is room for one */
	later(86400 * SECOND);
	DROP(say(&t[0], 0, A, 0), TCP_NO_FLOW);
	shake(&t[2]);
	t[3] = talk_new(&dmz, &lab, 502);
	DROP(say(&t[3], 0, S, 0), SESSION_BUDGET);
	DROP(say(&t[1], 0, A, 0), TCP_NO_FLOW);
	/* and when there is none */
	PASS(segment(&t[3], 0, S, 7777, 0, 0), RULE);
	PASS(segment(&t[3], 0, S, 8888, 0, 0), RULE);
	/* a conduit of another name has a budget of its own, to which they move */
	CHECK(!policy_with("  few:", "  more:"));
	PASS(say(&t[2], 0, A, 0), FLOW);
	PASS(segment(&t[3], 0, S, 9999, 0, 0), RULE);
	t[0] = talk_new(&dmz, &lab, 502);
	DROP(say(&t[0], 0, S, 0), SESSION_BUDGET);
	CHECK(!policy_with("  few:\n    reason: two sessions at a time\n    from: dmz\n    to: lab\n"
			   "    sessions: 2",
			   "  less:\n    reason: one at a time\n    from: dmz\n"
			   "    to: lab\n    sessions: 1"));
	PASS(say(&t[2], 0, A, 0), FLOW);
	DROP(segment(&t[3], 0, S, 9999, 0, 0), SESSION_BUDGET);
	DROP(segment(&t[3], 0, A, 10000, 1, 0), TCP_NO_FLOW);
	PASS(say(&t[2], 1, A, 0), FLOW);
	/* and back: nothing of those that left still counts */
	CHECK(!subject_policy(s, policy_text));
	PASS(say(&t[2], 0, A, 0), FLOW);
	t[0] = talk_new(&dmz, &lab, 502);
	shake(&t[0]);
	t[1] = talk_new(&dmz, &lab, 502);
	DROP(say(&t[1], 0, S, 0), SESSION_BUDGET);
}

/* Who is told, and by which bytes, is test_denial's. */
static void case_cut(void)
{
	struct talk t = talk_new(&it, &locked, 443);

	CHECK(!policy_with("    flows: 2\n", "    flows: 200\n    on-deny: reset\n"));
	shake(&t);
	PASS(say(&t, 0, A, 9), FLOW);
	CHECK(v.denial == OTSEG_DENIAL_NONE);
	CHECK(!policy_with("      web: {service: tcp, port: 443}\n  up:\n", "  up:\n"));
	DROP(say(&t, 0, A, 9), NO_RULE);
	CHECK(v.denial == OTSEG_DENIAL_PEER);
	DROP(say(&t, 0, A, 9), NO_RULE);
	CHECK(v.denial == OTSEG_DENIAL_RESET);
	CHECK(!subject_policy(s, policy_text));
	DROP(say(&t, 0, A, 9), FLOW_CUT);
	DROP(say(&t, 1, A, 9), FLOW_CUT);
	CHECK(v.denial == OTSEG_DENIAL_NONE);
	t.seq[0] += 70000;
	PASS(say(&t, 0, S, 0), RULE);
	PASS(segment(&t, 1, R | A, 0, t.seq[0], 0), FLOW);
}

/* Forgets what was told so far. */
static void events_forget(void)
{
	struct otseg_event event;

	while (subject_event(s, &event))
		;
}

static u64 events_counted(enum otseg_ctr_event counter)
{
	return s->counters(s)[OTSEG_CTR_EVENT + counter];
}

static void case_events(void)
{
	static const u8 write[12] = { 0, 1, 0, 0, 0, 6, 9, 6, 0, 40, 0, 1 };
	struct talk t = talk_new(&it, &cell, 502);
	u64 told, suppressed;
	struct otseg_event event;
	u16 port = next_port++;

	events_forget();
	told = events_counted(OTSEG_CTR_EVENT_TOLD);
	suppressed = events_counted(OTSEG_CTR_EVENT_SUPPRESSED);
	/* what passes is not told of */
	PASS(udp(&it, &cell, port, 7), RULE);
	PASS(udp(&cell, &it, 7, port), FLOW);
	CHECK(!subject_event(s, &event));
	/* what is in it */
	DROP(udp(&cell, &it, 1234, 7), NO_CONDUIT);
	CHECK(subject_event(s, &event) == 1);
	CHECK(event.reason == OTSEG_R_NO_CONDUIT && event.action == OTSEG_ACTION_DROP);
	CHECK(event.time_ns == s->now_ns && event.ifindex == cell.ifindex && !event.vlan);
	CHECK(!memcmp(event.src, cell.addr, 4) && !memcmp(event.dst, it.addr, 4));
	CHECK(event.family == 4 && event.proto == OTSEG_PROTO_UDP && event.ethertype == OTSEG_ETH_IPV4);
	CHECK(event.sport == 1234 && event.dport == 7 && event.frame_len == f.len);
	CHECK(event.src_zone == v.src_zone && event.dst_zone == v.dst_zone && event.link == v.link);
	CHECK(event.conduit == OTSEG_NONE16 && event.rule == OTSEG_NONE32 && !event.flags);
	CHECK(!memcmp(event.src_mac, cell.mac, 6) && !event.suppressed);
	/* IPv6, tags, and what cannot be read any more */
	DROP(udp(&cell6, &it6, 1234, 7), NO_CONDUIT);
	CHECK(subject_event(s, &event) && event.family == 6 && !memcmp(event.src, cell6.addr, 16) &&
	      !memcmp(event.dst, it6.addr, 16));
	DROP(udp(&qinq, &it, 1234, 7), NO_CONDUIT);
	CHECK(subject_event(s, &event) && event.vlan == (10 | 20 << 16) && event.sport == 1234);
	frame_udp(&f, &it, &cell, port, 7, "four", 4);
	f.bytes[f.l3] = 0x44;
	DROP(send_from(&it), IP_HEADER);
	CHECK(subject_event(s, &event) && event.ethertype == OTSEG_ETH_IPV4 && !event.family &&
	      !event.sport);
	/* a refused message */
	shake(&t);
	events_forget();
	frame_tcp(&f, &it, &cell, &(struct tcp){ t.seq[0], t.seq[1], t.sport, t.dport, A, 8192, -1 },
		  write, sizeof(write));
	DROP(send_from(&it), ACCESS);
	CHECK(subject_event(s, &event) && event.reason == OTSEG_R_ACCESS);
	CHECK(event.service == OTSEG_SVC_MODBUS && event.conduit == v.conduit);
	CHECK(event.flags == (OTSEG_EVENT_MESSAGE | OTSEG_EVENT_UNIT | OTSEG_EVENT_FUNCTION |
			      OTSEG_EVENT_OBJECT));
	CHECK(event.unit == 9 && event.function == 6 << 16 && event.first == 40 &&
	      event.last == 40 && event.access == OTSEG_ACCESS_WRITE);
	/* in monitor mode it passes, and is told of */
	PASS(udp(&it, &lab, port, 99), NO_RULE);
	CHECK(subject_event(s, &event) && event.action == OTSEG_ACTION_PASS &&
	      event.verdict_flags & OTSEG_V_MONITORED);
	CHECK(events_counted(OTSEG_CTR_EVENT_TOLD) == told + 6);
	CHECK(events_counted(OTSEG_CTR_EVENT_SUPPRESSED) == suppressed);
	CHECK(!events_counted(OTSEG_CTR_EVENT_LOST));
}

static void case_events_flood(void)
{
	const u64 gap = (u64)OTSEG_EVENT_GAP << 22;
	u64 suppressed;
	struct otseg_event event;
	u32 told, i;

	events_forget();
	suppressed = events_counted(OTSEG_CTR_EVENT_SUPPRESSED);
	for (i = 0; i < 1000; i++)
		DROP(udp(&cell, &it, (u16)(1 + i), 7), NO_CONDUIT);
	for (told = 0; subject_event(s, &event); told++)
		CHECK(!event.suppressed && event.sport == 1 + told);
	CHECK(told == OTSEG_EVENT_BURST, "%u told", told);
	CHECK(events_counted(OTSEG_CTR_EVENT_SUPPRESSED) == suppressed + 1000 - told);
	/* others are told of all the same: another reason, another conduit, another link */
	DROP(udp(&it, &cell, 1, 99), NO_RULE);
	CHECK(subject_event(s, &event) && event.reason == OTSEG_R_NO_RULE && !event.suppressed);
	DROP(udp(&dmz, &it, 1, 99), NO_CONDUIT);
	CHECK(subject_event(s, &event) && event.vlan == 10 && !event.suppressed);
	/* in time the next one is, and says how many were not */
	later(gap / 2);
	DROP(udp(&cell, &it, 2000, 7), NO_CONDUIT);
	CHECK(!subject_event(s, &event));
	later(gap / 2);
	DROP(udp(&cell, &it, 2001, 7), NO_CONDUIT);
	CHECK(subject_event(s, &event) && event.sport == 2001 &&
	      event.suppressed == 1000 - OTSEG_EVENT_BURST + 1);
	/* a second of the flood: no more than the bound, and nothing lost from the count */
	told = 0;
	suppressed = 0;
	for (i = 0; i < 1000; i++) {
		later(SECOND / 1000);
		DROP(udp(&cell, &it, 7, 7), NO_CONDUIT);
		while (subject_event(s, &event)) {
			suppressed += event.suppressed;
			told++;
		}
	}
	CHECK(told >= SECOND / gap && told <= SECOND / gap + 1, "%u told", told);
	CHECK(suppressed + told <= 1000 && suppressed + told > 1000 - gap / (SECOND / 1000) - 1);
}

/* A UDP flow of the many that the next case opens. */
static u32 many_open(u32 i)
{
	it2.addr[2] = (u8)(i >> 16);
	return udp_long(&it2, &cell, (u16)(1 + i), 7);
}

static u32 many_answer(u32 i)
{
	it2.addr[2] = (u8)(i >> 16);
	return udp_long(&cell, &it2, 7, (u16)(1 + i));
}

/* Places of the table that hold live flows. */
static u32 places_used(void)
{
	u32 now_s = otseg_seconds(s->now_ns);
	u32 place, used = 0;

	for (place = 0; place < OTSEG_FLOW_PLACES; place++) {
		const struct otseg_flow_bucket *bucket = &s->lines[place / OTSEG_FLOW_WAYS].bucket;
		u32 way = place % OTSEG_FLOW_WAYS;

		used += bucket->tag[way] > OTSEG_TAG_BUSY &&
			(s32)(bucket->deadline_s[way] - now_s) > 0;
	}
	return used;
}

/* Buckets that a flow has gone to its second one from. */
static u32 buckets_spilled(void)
{
	u32 i, n = 0;

	for (i = 0; i < OTSEG_FLOW_BUCKETS / 64; i++)
		n += (u32)__builtin_popcountll(s->root->spilled[i]);
	return n;
}

/* As small a table as there can be, with nothing in it: nobody sweeps it here. */
static void table_begin(void)
{
	memset(s->lines, 0, sizeof(*s->lines) * OTSEG_FLOW_BUCKETS);
	memset(s->root->spilled, 0, sizeof(s->root->spilled));
	s->root->table = otseg_table_buckets(0) - 1;
}

/* The table grows under its flows: each is found where it is, and none is there twice. */
static void case_growth(void)
{
	struct talk t = talk_new(&it, &cell, 443);
	u32 i, steps, opened, every;

	table_begin();
	for (opened = 0; opened < OTSEG_FLOW_PLACES && many_open(opened) == OTSEG_R_RULE; opened++)
		;
	CHECK(v.reason == OTSEG_R_FLOW_TABLE && v.action == OTSEG_ACTION_DROP);
	CHECK(opened > OTSEG_SEGMENT_PLACES * 3 / 4 && opened <= OTSEG_SEGMENT_PLACES,
	      "room for %u", opened);
	table_begin();
	opened = 0;
	shake(&t);
	for (steps = 0; steps < OTSEG_TABLE_STEPS; steps += OTSEG_TABLE_GROWTH) {
		/* as full as the tool lets it become, but for the last time, which would take long */
		while (steps <= OTSEG_TABLE_GROWTH &&
		       opened < otseg_table_buckets(steps) * OTSEG_FLOW_WAYS * 5 / 8)
			PASS(many_open(opened++), RULE);
		CHECK(places_used() == opened + 1, "%u instead of %u", places_used(), opened + 1);
		if (!steps) {
			CHECK(buckets_spilled(), "none lies in its second bucket");
			for (i = 0; i < opened; i++)
				PASS(many_open(i), FLOW);
		}
		s->root->table = otseg_table_grown(s->root->table, steps + OTSEG_TABLE_GROWTH);
		every = steps ? 5 : 1;
		for (i = 0; i < opened; i += every) {
			PASS(many_answer(i), FLOW);
			PASS(many_open(i), FLOW);
		}
		CHECK(places_used() == opened + 1, "%u instead of %u", places_used(), opened + 1);
		PASS(say(&t, 1, A, 10), FLOW);
		PASS(say(&t, 0, A, 10), FLOW);
	}
	/* a flow of the smallest table ends as any other does, and begins again */
	later(200 * SECOND);
	DROP(many_answer(0), NO_CONDUIT);
	PASS(many_open(0), RULE);
	PASS(many_answer(0), FLOW);
	PASS(say(&t, 0, A, 10), FLOW);
	it2.addr[2] = 0;
	table_begin();
	s->root->table = OTSEG_TABLE_FULL;
}

/* The one room that is no power of two: what lies in it is found, and nothing behind it. */
static void case_three_quarters(void)
{
	static const u32 near[] = { 0, OTSEG_IMAGE_THREE_QUARTERS / 3, OTSEG_IMAGE_THREE_QUARTERS / 3 * 2,
				    OTSEG_IMAGE_THREE_QUARTERS, OTSEG_IMAGE_MAX / 2, OTSEG_IMAGE_MAX,
				    0x80000000u };
	u32 i, off;

	for (i = 0; i < sizeof(near) / sizeof(near[0]); i++) {
		for (off = near[i] - 100; off != near[i] + 100; off++) {
			CHECK(otseg_three_quarters(off) < OTSEG_IMAGE_THREE_QUARTERS, "%u", off);
			CHECK(off >= OTSEG_IMAGE_THREE_QUARTERS || otseg_three_quarters(off) == off,
			      "%u", off);
		}
	}
}

/* Sessions become more under inspected connections. */
static void case_sessions_growth(void)
{
	static struct talk talks[2 * OTSEG_SEGMENT_SESSIONS];
	u32 i, opened = 0;

	s->root->sessions = OTSEG_SEGMENT_SESSIONS;
	for (i = 0; i < OTSEG_SEGMENT_SESSIONS; i++) {
		talks[opened] = talk_new(&it, &cell, 502);
		opened += say(&talks[opened], 0, S, 0) == OTSEG_R_RULE;
	}
	CHECK(opened > OTSEG_SEGMENT_SESSIONS * 4 / 5, "only %u", opened);
	while (opened <= OTSEG_SEGMENT_SESSIONS && i++ < 10000) {
		talks[opened] = talk_new(&it, &cell, 502);
		opened += say(&talks[opened], 0, S, 0) == OTSEG_R_RULE;
	}
	CHECK(opened == OTSEG_SEGMENT_SESSIONS, "%u", opened);
	DROP(segment(&talks[opened], 0, S, 1000, 0, 0), SESSION_BUDGET);
	s->root->sessions = 2 * OTSEG_SEGMENT_SESSIONS;
	for (i = 0; i < OTSEG_SEGMENT_SESSIONS * 3 / 5; i++) {
		talks[opened] = talk_new(&it, &cell, 502);
		PASS(say(&talks[opened++], 0, S, 0), RULE);
	}
	for (i = 0; i < opened; i++) {
		PASS(say(&talks[i], 1, S | A, 0), FLOW);
		PASS(say(&talks[i], 0, A, 0), FLOW);
		frame_tcp(&f, &it, &cell,
			  &(struct tcp){ talks[i].seq[0], talks[i].seq[1], talks[i].sport,
					 talks[i].dport, A, 8192, -1 },
			  "\0\1\0\0\0\6\1\3\0\0\0\1", 12);
		PASS(send_from(&it), RULE);
	}
	s->root->sessions = OTSEG_SESSIONS;
}

/* What a bucket is left with by another rule, or by a clock that has gone round, is forgotten. */
static void case_rates_left(void)
{
	u16 port = next_port++;
	int i;

	CHECK(!policy_with("rate: {packets: 1/s, burst: 3}", "rate: {packets: 1/h, burst: 500}"));
	/* hours of it */
	for (i = 0; i < 200; i++)
		CHECK(udp(&it, &cell, port, 17) == (i ? OTSEG_R_FLOW : OTSEG_R_RULE), "frame %d", i);
	/* the next policy but one has the same half of the table: its bucket is a full one */
	CHECK(!subject_policy(s, policy_text));
	CHECK(!subject_policy(s, policy_text));
	for (i = 0; i < 3; i++)
		PASS(udp(&it, &cell, port, 17), FLOW);
	DROP(udp(&it, &cell, port, 17), RATE_LIMIT);
	later(SECOND);
	PASS(udp(&it, &cell, port, 17), FLOW);
	/* 2^63 / 256 ns are 417 days: buckets of zero are not in the future then */
	later(450 * 86400ull * SECOND);
	CHECK(!subject_policy(s, policy_text));
	PASS(udp(&it, &cell, port, 17), RULE);
	PASS(udp(&it, &cell, port, 17), FLOW);
	PASS(udp(&it, &cell, port, 17), FLOW);
	DROP(udp(&it, &cell, port, 17), RATE_LIMIT);
	later(SECOND);
	PASS(udp(&it, &cell, port, 17), FLOW);
}

/* Fills two buckets: more than 16 flows of one conduit cannot all be placed in a table that full. */
static void case_table(void)
{
	u32 refused = 0;
	u32 i;

	for (i = 0; i < 700000 && !refused; i++) {
		it2.addr[2] = (u8)(i >> 16);
		frame_udp(&f, &it2, &cell, (u16)(1 + i), 7, "x", 1);
		refused = send_from(&it2) == OTSEG_R_FLOW_TABLE;
	}
	CHECK(refused);
	CHECK(v.action == OTSEG_ACTION_DROP);
	CHECK(i > OTSEG_FLOW_PLACES / 2, "already after %u flows", i);
	it2.addr[2] = 0;
}

static void case_swap(void)
{
	static const char less[] =
		"otseg: 1\nname: less\nzones:\n"
		"  it: {level: 4, interfaces: [it0], prefixes: [10.0.0.0/16, 'fd00:10::/64']}\n"
		"  new: {level: 2, interfaces: [ot1], prefixes: [192.168.99.0/24]}\n"
		"  cell: {level: 1, interfaces: [ot0], prefixes: [192.168.10.0/24]}\n"
		"conduits:\n"
		"  other:\n    reason: moved\n    from: it\n    to: cell\n    rules:\n"
		"      more: {service: udp, port: 9}\n"
		"      web: {service: tcp, port: [443, 502]}\n";
	struct talk t = talk_new(&it, &cell, 443);
	struct talk bus = talk_new(&it, &cell, 502);
	struct otseg_verdict before;
	u16 port = next_port++;

	shake(&t);
	shake(&bus);
	before = v;
	PASS(udp(&it, &cell, port, 7), RULE);
	PASS(udp(&cell, &it, 7, port), FLOW);
	CHECK(!subject_policy(s, less));
	/* still allowed, by another rule of another conduit between other zones */
	PASS(say(&t, 1, A, 10), FLOW);
	PASS(say(&t, 0, A, 10), FLOW);
	CHECK(v.dst_zone != before.dst_zone || v.rule != before.rule);
	/* no more, also not for the answers */
	DROP(udp(&cell, &it, 7, port), NO_RULE);
	DROP(udp(&it, &cell, port, 7), NO_RULE);
	/* inspected before, not now: it has to begin again */
	DROP(say(&bus, 0, A, 0), TCP_NO_FLOW);
	bus.seq[0] = 99999;
	shake(&bus);
	CHECK(!subject_policy(s, policy_text));
	DROP(say(&bus, 0, A, 0), TCP_NO_FLOW);
	PASS(say(&t, 0, A, 10), FLOW);
	PASS(say(&t, 1, A, 10), FLOW);
}

static void case_counters(void)
{
	const u64 *c;
	u64 before[8];
	u64 reason;
	u32 conduit, rule, link, zone;
	u16 port = next_port++;

	PASS(udp(&it, &cell, port, 7), RULE);
	conduit = OTSEG_CTR_CONDUIT + v.conduit * OTSEG_CTR_CONDUIT_LEN;
	rule = OTSEG_CTR_RULE + v.rule * OTSEG_CTR_RULE_LEN;
	link = OTSEG_CTR_LINK + v.link * OTSEG_CTR_LINK_LEN;
	zone = OTSEG_CTR_ZONE + v.src_zone * OTSEG_CTR_ZONE_LEN;
	c = s->counters(s);
	before[0] = c[conduit + OTSEG_CTR_CONDUIT_PACKETS];
	before[1] = c[rule + OTSEG_CTR_RULE_PACKETS];
	before[2] = c[rule + OTSEG_CTR_RULE_BYTES];
	before[3] = c[link + OTSEG_CTR_LINK_PACKETS];
	before[4] = c[zone + OTSEG_CTR_ZONE_DROPS];
	before[5] = c[conduit + OTSEG_CTR_CONDUIT_FLOWS];
	before[6] = c[conduit + OTSEG_CTR_CONDUIT_DROPS];
	before[7] = c[link + OTSEG_CTR_LINK_DROPS];
	reason = c[OTSEG_CTR_REASON + OTSEG_R_FLOW];
	PASS(udp(&it, &cell, port, 7), FLOW);
	PASS(udp(&cell, &it, 7, port), FLOW);
	DROP(udp(&it, &cell, port, 9), NO_RULE);
	PASS(udp(&it, &cell, next_port++, 7), RULE);
	c = s->counters(s);
	CHECK(c[conduit + OTSEG_CTR_CONDUIT_PACKETS] == before[0] + 3);
	CHECK(c[rule + OTSEG_CTR_RULE_PACKETS] == before[1] + 3);
	CHECK(c[rule + OTSEG_CTR_RULE_BYTES] == before[2] + 3 * 46);
	CHECK(c[link + OTSEG_CTR_LINK_PACKETS] == before[3] + 3);
	CHECK(c[zone + OTSEG_CTR_ZONE_DROPS] == before[4] + 1);
	CHECK(c[conduit + OTSEG_CTR_CONDUIT_FLOWS] == before[5] + 1);
	CHECK(c[conduit + OTSEG_CTR_CONDUIT_DROPS] == before[6] + 1);
	CHECK(c[link + OTSEG_CTR_LINK_DROPS] == before[7] + 1);
	CHECK(c[OTSEG_CTR_REASON + OTSEG_R_FLOW] == reason + 2);
}

/* Two sides of one subnet, and others; %s: more of it. */
static const char wire_text[] =
	"otseg: 1\n"
	"name: wired\n"
	"zones:\n"
	"  it: {level: 4, interfaces: [it0, {name: it0, vlan: 7}],\n"
	"       prefixes: [10.0.0.0/25, 'fd00:10::/120']}\n"
	"  cell: {level: 1, interfaces: [ot0, {name: ot0, vlan: 7}],\n"
	"         prefixes: [10.0.0.128/25, 'fd00:10::100/120']}\n"
	"  shut: {level: 1, interfaces: [ot0], prefixes: [10.0.1.0/24, 'fd00:10::200/120']}\n"
	"  lab: {level: 2, interfaces: [ot1], prefixes: [10.0.2.0/24]}\n"
	"  half: {level: 2, interfaces: [{name: it0, vlan: 8}], prefixes: [10.0.3.0/24]}\n"
	"%sconduits:\n"
	"  main:\n"
	"    reason: what crosses\n"
	"    from: it\n"
	"    to: cell\n"
	"%s"
	"    rules:\n"
	"      time: {service: udp, port: 7}\n"
	"      field: {service: modbus, access: read}\n"
	"      ping: {service: icmp, types: [echo]}\n"
	"%s"
	"  lab: {reason: r, from: it, to: lab, rules: {time: {service: udp, port: 7}}}\n"
	"  half: {reason: r, from: half, to: cell, rules: {time: {service: udp, port: 7}}}\n"
	"  off: {reason: r, from: it, to: shut, state: disabled, rules: {t: {service: udp}}}\n"
	"intra:\n"
	"  it: {reason: r, rules: {time: {service: udp, port: 7}}}\n"
	"%s";

#define WIRE "wires: {line: [it0, ot0]}\n"

static struct end hmi, hmi2, plc, shut, side, half, hmi6, plc6, shut6;

static void wire_policy(const char *wires, const char *mode, const char *rules, const char *more)
{
	char text[sizeof(wire_text) + 256];

	snprintf(text, sizeof(text), wire_text, wires, mode, rules, more);
	CHECK(!subject_policy(s, text));
}

static void wire_begin(void)
{
	end_set(&hmi, s->ifindex[0], 0, "10.0.0.5", 5);
	end_set(&hmi2, s->ifindex[0], 0, "10.0.0.6", 6);
	end_set(&plc, s->ifindex[1], 0, "10.0.0.130", 11);
	end_set(&shut, s->ifindex[1], 0, "10.0.1.1", 12);
	end_set(&side, s->ifindex[2], 0, "10.0.2.1", 13);
	end_set(&half, s->ifindex[0], 8, "10.0.3.1", 14);
	end_set(&hmi6, s->ifindex[0], 0, "fd00:10::5", 5);
	end_set(&plc6, s->ifindex[1], 0, "fd00:10::130", 11);
	end_set(&shut6, s->ifindex[1], 0, "fd00:10::210", 12);
	wire_policy(WIRE, "", "", "");
}

/* Passes, and leaves by the other end. */
#define CROSS(got, wanted)                                                     \
	do {                                                                   \
		PASS(got, wanted);                                             \
		CHECK(v.flags & OTSEG_V_WIRE, "it goes to the host");          \
	} while (0)

static void case_wire(void)
{
	struct talk t;
	u16 port = next_port++;

	wire_begin();
	CROSS(udp(&hmi, &plc, port, 7), RULE);
	CROSS(udp(&hmi, &plc, port, 7), FLOW);
	CROSS(udp(&plc, &hmi, 7, port), FLOW);
	CHECK(v.flags & OTSEG_V_REPLY);
	DROP(udp(&hmi, &plc, port, 9), NO_RULE);
	CHECK(!(v.flags & OTSEG_V_WIRE));
	DROP(udp(&plc, &hmi, 9, 9), NO_CONDUIT);
	frame_udp(&f, &plc, &hmi, 9, 7, "data", 4);
	DROP(send_from(&hmi), SPOOFED);
	/* both sides of a tagged link; a tag that the other end does not know */
	hmi.vlan = 7;
	plc.vlan = 7;
	CROSS(udp(&hmi, &plc, next_port, 7), RULE);
	CROSS(udp(&plc, &hmi, 7, next_port), FLOW);
	hmi.vlan = 0;
	plc.vlan = 0;
	DROP(udp(&half, &plc, 9, 7), OFF_WIRE);
	/* allowed, but not there: on another interface, on the same side */
	DROP(udp(&hmi, &side, 9, 7), OFF_WIRE);
	DROP(udp(&hmi, &hmi2, 9, 7), OFF_WIRE);
	t = talk_new(&hmi, &plc, 502);
	CROSS(say(&t, 0, S, 0), RULE);
	CROSS(say(&t, 1, S | A, 0), FLOW);
	CROSS(say(&t, 0, A, 0), FLOW);
	frame_tcp(&f, &hmi, &plc,
		  &(struct tcp){ t.seq[0], t.seq[1], t.sport, t.dport, A, 8192, -1 },
		  "\0\1\0\0\0\6\1\3\0\0\0\1", 12);
	CROSS(send_from(&hmi), RULE);
	frame_tcp(&f, &hmi, &plc,
		  &(struct tcp){ t.seq[0] + 12, t.seq[1], t.sport, t.dport, A, 8192, -1 },
		  "\0\2\0\0\0\6\1\6\0\0\0\1", 12);
	DROP(send_from(&hmi), ACCESS);
	/* an error about a flow */
	frame_udp(&f, &hmi, &plc, port, 7, "data", 4);
	quote(&plc, &hmi, 3, 3, 28);
	CROSS(send_from(&plc), RELATED);
	/* in monitor mode it crosses as well */
	wire_policy(WIRE, "    mode: monitor\n", "", "");
	CROSS(udp(&hmi, &plc, next_port++, 9), NO_RULE);
	CHECK(v.flags & OTSEG_V_MONITORED);
	DROP(udp(&hmi, &side, 9, 9), OFF_WIRE);
}

static void case_wire_down(void)
{
	u16 port = next_port++;

	wire_begin();
	CROSS(udp(&hmi, &plc, port, 7), RULE);
	CROSS(udp(&plc, &hmi, 7, port), FLOW);
	s->carrier(s, s->ifindex[1], 0);
	DROP(udp(&hmi, &plc, port, 7), WIRE_DOWN);
	DROP(udp(&hmi, &plc, next_port++, 7), WIRE_DOWN);
	frame_arp(&f, &hmi, 1, plc.addr);
	DROP(send_from(&hmi), WIRE_DOWN);
	s->carrier(s, s->ifindex[1], 1);
	CROSS(udp(&hmi, &plc, port, 7), FLOW);
	/* no other end, or one that the policy does not name */
	s->peer(s, s->ifindex[0], 0);
	DROP(udp(&hmi, &plc, port, 7), WIRE_DOWN);
	s->peer(s, s->ifindex[0], s->ifindex[2]);
	DROP(udp(&hmi, &plc, port, 7), WIRE_DOWN);
	s->peer(s, s->ifindex[0], s->ifindex[0]);
	DROP(udp(&hmi, &plc, port, 7), WIRE_DOWN);
	s->peer(s, s->ifindex[0], s->ifindex[1]);
	CROSS(udp(&hmi, &plc, port, 7), FLOW);
	/* monitor mode sends nothing into the void either */
	wire_policy(WIRE, "    mode: monitor\n", "", "");
	s->carrier(s, s->ifindex[1], 0);
	DROP(udp(&hmi, &plc, next_port, 9), WIRE_DOWN);
	CHECK(!(v.flags & OTSEG_V_MONITORED));
	s->carrier(s, s->ifindex[1], 1);
}

/* What an interface is named counts from the next frame on, at both ends. */
static void case_wire_names(void)
{
	u16 port = next_port++;

	wire_begin();
	CROSS(udp_long(&hmi, &plc, port, 7), RULE);
	CROSS(udp_long(&hmi, &plc, port, 7), FLOW);
	s->rename(s, s->ifindex[1], 2);
	DROP(udp_long(&hmi, &plc, port, 7), WIRE_DOWN);
	DROP(udp_long(&hmi, &plc, next_port, 7), WIRE_DOWN);
	s->rename(s, s->ifindex[1], 1);
	CROSS(udp_long(&hmi, &plc, port, 7), FLOW);
	s->rename(s, s->ifindex[0], 3);
	DROP(udp_long(&hmi, &plc, next_port + 1, 7), UNKNOWN_LINK);
	DROP(udp_long(&hmi, &plc, next_port + 1, 7), UNKNOWN_LINK);
	/* it is the other interface now, where the sender does not live */
	s->rename(s, s->ifindex[0], 2);
	DROP(udp_long(&hmi, &plc, next_port + 1, 7), SPOOFED);
	s->rename(s, s->ifindex[0], 0);
	CROSS(udp_long(&hmi, &plc, next_port + 1, 7), RULE);
	CROSS(udp_long(&hmi, &plc, port, 7), FLOW);
	next_port += 2;
}

static void case_wire_swap(void)
{
	u16 port = next_port++;

	wire_begin();
	CROSS(udp(&hmi, &plc, port, 7), RULE);
	wire_policy("", "", "", "");
	PASS(udp(&hmi, &plc, port, 7), FLOW);
	CHECK(!(v.flags & OTSEG_V_WIRE));
	PASS(udp(&hmi, &side, next_port++, 7), RULE);
	wire_policy("wires: {line: [it0, ot1]}\n", "", "", "");
	DROP(udp(&hmi, &plc, port, 7), OFF_WIRE);
	/* what the policy names decides, not what is plugged in */
	DROP(udp(&hmi, &side, next_port, 7), WIRE_DOWN);
	s->peer(s, s->ifindex[0], s->ifindex[2]);
	CROSS(udp(&hmi, &side, next_port++, 7), FLOW);
	s->peer(s, s->ifindex[0], s->ifindex[1]);
	wire_policy(WIRE, "", "", "");
	CROSS(udp(&plc, &hmi, 7, port), FLOW);
}

static void case_wire_arp(void)
{
	struct end probe = hmi;

	wire_begin();
	frame_arp(&f, &hmi, 1, plc.addr);
	CROSS(send_from(&hmi), LINK_ARP);
	frame_arp(&f, &plc, 2, hmi.addr);
	CROSS(send_from(&plc), LINK_ARP);
	/* the conduit's other direction */
	frame_arp(&f, &plc, 1, hmi.addr);
	CROSS(send_from(&plc), LINK_ARP);
	/* zones that have nothing to say to each other, or only in a disabled conduit */
	frame_arp(&f, &hmi, 1, shut.addr);
	DROP(send_from(&hmi), NO_CONDUIT);
	frame_arp(&f, &shut, 1, hmi.addr);
	DROP(send_from(&shut), NO_CONDUIT);
	frame_arp(&f, &hmi, 1, hmi2.addr);
	DROP(send_from(&hmi), OFF_WIRE);
	frame_arp(&f, &hmi, 1, side.addr);
	DROP(send_from(&hmi), OFF_WIRE);
	frame_arp(&f, &hmi, 1, (const u8 *)"\x08\x08\x08\x08");
	DROP(send_from(&hmi), NO_ZONE);
	frame_arp(&f, &plc, 2, hmi.addr);
	DROP(send_from(&hmi), SPOOFED);
	/* announcements and probes: to whoever may care */
	frame_arp(&f, &hmi, 1, hmi.addr);
	CROSS(send_from(&hmi), LINK_ARP);
	frame_arp(&f, &shut, 1, shut.addr);
	DROP(send_from(&shut), NO_CONDUIT);
	memset(probe.addr, 0, 4);
	frame_arp(&f, &probe, 1, hmi.addr);
	CROSS(send_from(&hmi), LINK_ARP);
	frame_arp(&f, &probe, 1, plc.addr);
	DROP(send_from(&hmi), SPOOFED);
	frame_arp(&f, &probe, 1, shut.addr);
	DROP(send_from(&shut), NO_CONDUIT);
	/* by rule only */
	wire_policy(WIRE, "", "", "defaults: {arp: deny}\n");
	frame_arp(&f, &hmi, 1, plc.addr);
	DROP(send_from(&hmi), NO_RULE);
	frame_arp(&f, &hmi, 1, hmi.addr);
	DROP(send_from(&hmi), NO_CONDUIT);
	wire_policy(WIRE, "", "      who: {service: arp, operations: [request]}\n",
		    "defaults: {arp: deny}\n");
	frame_arp(&f, &hmi, 1, plc.addr);
	CROSS(send_from(&hmi), RULE);
	frame_arp(&f, &hmi, 2, plc.addr);
	DROP(send_from(&hmi), NO_RULE);
}

/* Has a neighbour's message go to one station instead of a group. */
static void nd_to(const struct end *to)
{
	memcpy(f.bytes + f.l3 + 24, to->addr, 16);
	frame_l4_sum(&f);
}

static void case_wire_nd(void)
{
	struct end near, far, nobody = hmi6;

	wire_begin();
	end_set(&near, hmi.ifindex, 0, "fe80::5", 5);
	end_set(&far, plc.ifindex, 0, "fe80::b", 11);
	memset(nobody.addr, 0, 16);
	frame_nd(&f, &hmi6, plc6.addr, 1);
	CROSS(send_from(&hmi6), LINK_ND);
	frame_nd(&f, &plc6, plc6.addr, 0);
	nd_to(&hmi6);
	CROSS(send_from(&plc6), LINK_ND);
	frame_nd(&f, &plc6, plc6.addr, 0);
	CROSS(send_from(&plc6), LINK_ND);
	/* asked again at the address that is known, from a link-local one, and told so */
	frame_nd(&f, &near, plc6.addr, 1);
	nd_to(&plc6);
	CROSS(send_from(&hmi6), LINK_ND);
	nd_to(&shut6);
	DROP(send_from(&hmi6), ND_INVALID);
	frame_nd(&f, &plc6, plc6.addr, 0);
	nd_to(&near);
	CROSS(send_from(&plc6), LINK_ND);
	frame_nd(&f, &near, far.addr, 1);
	CROSS(send_from(&hmi6), LINK_ND);
	frame_nd(&f, &hmi6, far.addr, 1);
	CROSS(send_from(&hmi6), LINK_ND);
	/* nothing to say to each other */
	frame_nd(&f, &hmi6, shut6.addr, 1);
	DROP(send_from(&hmi6), NO_CONDUIT);
	frame_nd(&f, &near, shut6.addr, 1);
	DROP(send_from(&hmi6), NO_CONDUIT);
	frame_nd(&f, &shut6, shut6.addr, 0);
	DROP(send_from(&shut6), NO_CONDUIT);
	frame_nd(&f, &shut6, shut6.addr, 0);
	nd_to(&hmi6);
	DROP(send_from(&shut6), NO_CONDUIT);
	frame_nd(&f, &shut6, far.addr, 1);
	DROP(send_from(&shut6), NO_CONDUIT);
	/* of the own side; of nobody; somebody else's address, asked and told */
	frame_nd(&f, &hmi6, hmi6.addr, 1);
	DROP(send_from(&hmi6), OFF_WIRE);
	end_set(&far, 0, 0, "fd00:99::1", 0);
	frame_nd(&f, &hmi6, far.addr, 1);
	DROP(send_from(&hmi6), NO_ZONE);
	frame_nd(&f, &plc6, hmi6.addr, 1);
	DROP(send_from(&hmi6), SPOOFED);
	frame_nd(&f, &hmi6, plc6.addr, 0);
	DROP(send_from(&hmi6), SPOOFED);
	frame_nd(&f, &near, plc6.addr, 0);
	DROP(send_from(&hmi6), SPOOFED);
	/* nobody yet: asks whether the address is free */
#define ND_PROBE(target)                       \
	do {                                   \
		frame_nd(&f, &nobody, target, 1); \
		f.len -= 8;                    \
		f.bytes[f.l3 + 5] -= 8;        \
	} while (0)
	ND_PROBE(hmi6.addr);
	CROSS(send_from(&hmi6), LINK_ND);
	ND_PROBE(near.addr);
	CROSS(send_from(&hmi6), LINK_ND);
	ND_PROBE(plc6.addr);
	DROP(send_from(&hmi6), SPOOFED);
	ND_PROBE(shut6.addr);
	DROP(send_from(&shut6), NO_CONDUIT);
	/* by rule only */
	wire_policy(WIRE, "", "", "defaults: {icmpv6: {neighbour-discovery: deny}}\n");
	frame_nd(&f, &hmi6, plc6.addr, 1);
	DROP(send_from(&hmi6), NO_RULE);
	frame_nd(&f, &near, plc6.addr, 1);
	DROP(send_from(&hmi6), NO_CONDUIT);
	wire_policy(WIRE, "", "      who: {service: icmpv6, types: [135]}\n",
		    "defaults: {icmpv6: {neighbour-discovery: deny}}\n");
	frame_nd(&f, &hmi6, plc6.addr, 1);
	CROSS(send_from(&hmi6), RULE);
	CHECK(!subject_policy(s, policy_text));
}

/* Reasons that no frame of these cases can yield, and why. */
static const struct {
	u32 first, last;
	const char *why;
} elsewhere[] = {
	{ OTSEG_R_NONE, OTSEG_R_NONE, "no verdict was reached" },
	{ OTSEG_R_INTERNAL, OTSEG_R_UNGUARDED, "never, and the guard's" },
	{ OTSEG_R_STREAM_GAP, OTSEG_R_PDU_EFFORT, "the tests of the stream" },
	{ OTSEG_R_PDU_CHECKSUM, OTSEG_R_PDU_NESTING, "the messages of the protocols" },
};

static void case_complete(void)
{
	u32 i, j;

	for (i = 0; i < OTSEG_R_COUNT; i++) {
		for (j = 0; j < sizeof(elsewhere) / sizeof(elsewhere[0]); j++) {
			if (i >= elsewhere[j].first && i <= elsewhere[j].last)
				break;
		}
		if (j == sizeof(elsewhere) / sizeof(elsewhere[0]))
			CHECK(seen[i], "no case yields %s", reason_name(i));
	}
}

static const struct ktap_case cases[] = {
	{ "without a policy nothing passes", case_policy },
	{ "Ethernet: headers, types, sources", case_ethernet },
	{ "VLAN tags lead to zones", case_vlan },
	{ "an interface without a zone", case_unknown_link },
	{ "ARP", case_arp },
	{ "IPv4 headers", case_ipv4_header },
	{ "IPv6 headers", case_ipv6_header },
	{ "sources, destinations and zones", case_addresses },
	{ "MAC addresses of a zone", case_macs },
	{ "rules and what keeps them from applying", case_rules },
	{ "inspected datagrams", case_datagrams },
	{ "link-level services", case_link },
	{ "publications count up", case_goose },
	{ "samples keep to their revision", case_samples },
	{ "messages that come again", case_again },
	{ "I/O needs an opened connection", case_connections },
	{ "connections that their opener closes", case_closing },
	{ "answers from another port than was asked", case_elsewhere },
	{ "checksums of inspected datagrams", case_datagram_checksums },
	{ "rates", case_rates },
	{ "rates of conduits", case_conduit_rate },
	{ "UDP: headers, replies, time-outs", case_udp },
	{ "TCP: headers and flags", case_tcp_header },
	{ "TCP: opening", case_tcp_open },
	{ "TCP: asking again", case_tcp_ask_again },
	{ "TCP: windows", case_tcp_window },
	{ "TCP: window scale", case_tcp_scale },
	{ "TCP: closing", case_tcp_close },
	{ "TCP: resets", case_tcp_reset },
	{ "TCP: half-open connections", case_tcp_half_open },
	{ "TCP: time-outs", case_tcp_idle },
	{ "TCP: inspected connections", case_tcp_inspected },
	{ "TCP: checksums of segments of each length", case_tcp_checksums },
	{ "TCP: polls under policies that ask for other things", case_polls },
	{ "ICMP and ICMPv6", case_icmp },
	{ "ICMP errors", case_icmp_errors },
	{ "neighbour discovery", case_nd },
	{ "monitor mode", case_monitor },
	{ "flow budgets", case_budget },
	{ "session budgets", case_sessions },
	{ "a connection that is cut", case_cut },
	{ "counters", case_counters },
	{ "events", case_events },
	{ "events of a flood", case_events_flood },
	{ "a policy swap", case_swap },
	{ "rates after other rates, and after the clock has gone round", case_rates_left },
	{ "wires: what passes leaves by the other end", case_wire },
	{ "wires: an end that is missing or down", case_wire_down },
	{ "wires: names of interfaces", case_wire_names },
	{ "wires: a policy swap", case_wire_swap },
	{ "wires: ARP", case_wire_arp },
	{ "wires: neighbour discovery", case_wire_nd },
	{ "a flow table that grows", case_growth },
	{ "an image's room of three quarters", case_three_quarters },
	{ "sessions that become more", case_sessions_growth },
	{ "a full flow table", case_table },
	{ "every reason has a case", case_complete },
};

/**
 * cases_run - run all cases, and report
 * @subject: on this, which has no policy yet
 *
 * Return: exit code of the program.
 */
int cases_run(struct subject *subject)
{
	int n_cases = sizeof(cases) / sizeof(cases[0]);
	int i;

	s = subject;
	ktap_begin(n_cases);
	memset(seen, 0, sizeof(seen));
	end_set(&it, s->ifindex[0], 0, "10.0.0.5", 5);
	end_set(&it2, s->ifindex[0], 0, "10.0.0.6", 6);
	end_set(&dmz, s->ifindex[0], 10, "172.16.0.7", 7);
	end_set(&qinq, s->ifindex[0], 10 | 20 << 16, "172.16.0.8", 8);
	end_set(&cell, s->ifindex[1], 0, "192.168.10.11", 11);
	end_set(&locked, s->ifindex[1], 5, "192.168.20.21", 0x15);
	end_set(&lab, s->ifindex[2], 0, "192.168.30.31", 31);
	end_set(&it6, s->ifindex[0], 0, "fd00:10::5", 5);
	end_set(&cell6, s->ifindex[1], 0, "fd00:20::b", 11);
	end_set(&lab6, s->ifindex[2], 0, "fd00:30::31", 31);
	for (i = 0; i < n_cases; i++) {
		ktap_failures = 0;
		later(86400 * SECOND);
		cases[i].run();
		ktap_result(!ktap_failures, "%s", cases[i].name);
	}
	return ktap_end(n_cases);
}
