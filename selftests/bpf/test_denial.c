// SPDX-License-Identifier: GPL-2.0-only
/*
 * Who is told that a frame was refused, and by which bytes: the datapath in the kernel,
 * frame by frame. What is sent is held against frames that are built here.
 */
#include <stdlib.h>
#include <string.h>

#include <linux/bpf.h>

#include "../../bpf/engine/env.h"
#include "../unit/ktap.h"
#include "datapath.h"

#define F OTSEG_TCP_FIN
#define S OTSEG_TCP_SYN
#define R OTSEG_TCP_RST
#define P OTSEG_TCP_PSH
#define A OTSEG_TCP_ACK

#define SECOND 1000000000ull

static const char policy[] =
	"otseg: 1\n"
	"name: denials\n"
	"zones:\n"
	"  it: {level: 4, interfaces: [it0, {name: it0, vlan: 7}, {name: it0, vlan: [20, 30]}],\n"
	"       prefixes: [10.0.0.0/16, 224.0.0.0/4, 'fd00:10::/64']}\n"
	"  cell: {level: 1, interfaces: [ot0, {name: ot0, vlan: 7}, {name: ot0, vlan: [20, 30]}],\n"
	"         prefixes: [192.168.10.0/24, 'fd00:20::/64']}\n"
	"  lab: {level: 2, interfaces: [ot1], prefixes: [192.168.30.0/24]}\n"
	"%sconduits:\n"
	"  main: {reason: r, from: it, to: cell, on-deny: %s, mode: %s, rules: {%s\n"
	"         time: {service: udp, port: 7},\n"
	"         field: {service: modbus, units: [1], access: read,\n"
	"                 objects: {holding-register: 0-99}}}}\n";

#define WEB "web: {service: tcp, port: 443},"
#define WIRE "wires: {line: [it0, ot0]}\n"

static struct subject *s;
static struct frame f, sent, wanted;
static struct end it, plc, it6, plc6, it_tag, plc_tag, it_tags, plc_tags, group, lab;
static u16 port = 20000;

static void policy_load(const char *wires, const char *on_deny, const char *mode, const char *rules)
{
	char text[sizeof(policy) + 256];

	snprintf(text, sizeof(text), policy, wires, on_deny, mode, rules);
	CHECK(!subject_policy(s, text));
	/* Buckets fill up again. */
	s->now_ns += SECOND;
}

static u64 counted(enum otseg_ctr_denial counter)
{
	return s->counters(s)[OTSEG_CTR_DENIAL + counter];
}

/* A segment between two ends of the connection at hand. */
static void segment(const struct end *from, const struct end *to, u8 flags, u32 seq, u32 ack,
		    u16 dport, const void *data, u32 len)
{
	int is_back = from->ifindex == plc.ifindex;
	struct tcp tcp = { .seq = seq, .ack = ack, .flags = flags, .window = 8192, .scale = -1,
			   .sport = is_back ? dport : port, .dport = is_back ? port : dport };

	frame_tcp(&f, from, to, &tcp, data, len);
}

static int send_from(const struct end *from)
{
	sent = f;
	return datapath_change(s, from->ifindex, &sent);
}

static void want_begin(const struct end *from, const struct end *to, u8 flags, u32 seq, u32 ack,
		       u16 window, u16 dport, const void *data, u32 len)
{
	struct tcp tcp = { .seq = seq, .ack = ack, .flags = flags, .window = window, .scale = -1 };
	int is_back = from->ifindex == plc.ifindex;

	tcp.sport = is_back ? dport : port;
	tcp.dport = is_back ? port : dport;
	memset(&wanted, 0, sizeof(wanted));
	frame_tcp(&wanted, from, to, &tcp, data, len);
	if (from->family == 6)
		wanted.bytes[wanted.l3 + 7] = 64;
	/* an Ethernet frame is filled up to 60 bytes, if the one before was as long */
	if (wanted.len < 60)
		wanted.len = f.len < 60 ? f.len : 60;
}

static int is_wanted(void)
{
	u32 i;

	if (sent.len == wanted.len && !memcmp(sent.bytes, wanted.bytes, wanted.len))
		return 1;
	printf("# %u bytes, wanted %u", sent.len, wanted.len);
	for (i = 0; i < sent.len && i < wanted.len; i++)
		if (sent.bytes[i] != wanted.bytes[i])
			printf(" [%u] %02x, not %02x", i, sent.bytes[i], wanted.bytes[i]);
	printf("\n");
	return 0;
}

#define SENT(action, ...)                                              \
	do {                                                           \
		int got = (action);                                    \
								       \
		CHECK(got == XDP_REDIRECT, "action %d", got);                \
		want_begin(__VA_ARGS__);                               \
		CHECK(is_wanted());                                    \
	} while (0)

/* A reset to the other side: as what passes, but not what came. */
#define PASSED_ON(action, way, ...)                                    \
	do {                                                           \
		int got = (action);                                    \
								       \
		CHECK(got == (way), "action %d", got);                 \
		want_begin(__VA_ARGS__);                               \
		if (f.bytes[f.l3] >> 4 == 6)                           \
			wanted.bytes[wanted.l3 + 7] = 255;             \
		CHECK(is_wanted());                                    \
	} while (0)

#define SILENT(action) CHECK((action) == XDP_DROP && sent.len == f.len && \
			     !memcmp(sent.bytes, f.bytes, f.len))
static int passes(int action)
{
	return (action == XDP_PASS || action == XDP_REDIRECT) && sent.len == f.len &&
	       !memcmp(sent.bytes, f.bytes, f.len);
}

#define PASSES(action) CHECK(passes(action))

static int go(const struct end *from, const struct end *to, u8 flags, u32 seq, u32 ack, u16 dport,
	      const void *data, u32 len)
{
	segment(from, to, flags, seq, ack, dport, data, len);
	return send_from(from);
}

/* The connection of @port, from 1000 to 5000. */
static void shake(const struct end *from, const struct end *to, u16 dport)
{
	int x, y, z;

	port++;
	x = go(from, to, S, 1000, 0, dport, NULL, 0);
	y = go(to, from, S | A, 5000, 1001, dport, NULL, 0);
	z = go(from, to, A, 1001, 5001, dport, NULL, 0);
	CHECK(x == y && y == z && (x == XDP_PASS || x == XDP_REDIRECT), "%d %d %d", x, y, z);
}

static const u8 read_ok[] = { 0, 9, 0, 0, 0, 6, 1, 3, 0, 10, 0, 2 };
static const u8 read_far[] = { 0x12, 0x34, 0, 0, 0, 6, 1, 3, 0, 200, 0, 2 };
static const u8 write_one[] = { 0x12, 0x35, 0, 0, 0, 6, 1, 6, 0, 10, 0, 2 };
static const u8 unit_two[] = { 0x12, 0x36, 0, 0, 0, 6, 2, 3, 0, 10, 0, 2 };

static void case_syn(void)
{
	static const struct end *const ends[][2] = {
		{ &it, &plc },
		{ &it6, &plc6 },
		{ &it_tag, &plc_tag },
		{ &it_tags, &plc_tags },
	};
	u64 told;
	size_t i;

	policy_load("", "reset", "enforce", "");
	told = counted(OTSEG_CTR_DENIAL_TOLD);
	for (i = 0; i < 4; i++) {
		port++;
		SENT(go(ends[i][0], ends[i][1], S, 1000, 0, 23, NULL, 0), ends[i][1], ends[i][0],
		     R | A, 0, 1001, 0, 23, NULL, 0);
	}
	CHECK(counted(OTSEG_CTR_DENIAL_TOLD) == told + 4);
	/* with options, which the answer does not have; sent in a frame of the usual length */
	port++;
	segment(&it, &plc, S, 0xffffffff, 0, 23, NULL, 0);
	memmove(f.bytes + f.l4 + 20, "\x02\x04\x05\xb4\x01\x01\x01\x00", 8);
	f.bytes[f.l4 + 12] = 28 / 4 << 4;
	f.bytes[f.l3 + 3] += 8;
	f.len += 8;
	frame_ip_sum(&f);
	frame_l4_sum(&f);
	SENT(send_from(&it), &plc, &it, R | A, 0, 0, 0, 23, NULL, 0);
	/* of connections that nobody knows */
	SENT(go(&it, &plc, A, 1001, 5001, 443, "data", 4), &plc, &it, R, 5001, 0, 0, 443, NULL, 0);
	SENT(go(&it, &plc, F | A, 1001, 77, 443, NULL, 0), &plc, &it, R, 77, 0, 0, 443, NULL, 0);
	SENT(go(&it, &plc, S | A, 1001, 78, 443, NULL, 0), &plc, &it, R, 78, 0, 0, 443, NULL, 0);
}

static void case_silence(void)
{
	u64 told;

	policy_load("", "reset", "enforce", "");
	told = counted(OTSEG_CTR_DENIAL_TOLD);
	/* resets, and what is not TCP or is malformed */
	SILENT(go(&it, &plc, R, 1001, 0, 443, NULL, 0));
	SILENT(go(&it, &plc, R | A, 1001, 9, 443, NULL, 0));
	SILENT(go(&it, &plc, S | F, 1001, 9, 443, NULL, 0));
	frame_udp(&f, &it, &plc, 5000, 9, "data", 4);
	SILENT(send_from(&it));
	frame_icmp(&f, &it, &plc, 8, 0, 1, "data", 4);
	SILENT(send_from(&it));
	segment(&it, &plc, S, 1, 0, 23, NULL, 0);
	f.bytes[f.l4 + 12] = 0xf0;
	SILENT(send_from(&it));
	/* to or from a group, or who does not live there */
	segment(&it, &plc, S, 1, 0, 23, NULL, 0);
	f.bytes[0] |= 1;
	SILENT(send_from(&it));
	segment(&it, &plc, S, 1, 0, 23, NULL, 0);
	memset(f.bytes, 0xff, 6);
	SILENT(send_from(&it));
	segment(&it, &plc, S, 1, 0, 23, NULL, 0);
	f.bytes[6] |= 1;
	SILENT(send_from(&it));
	SILENT(go(&group, &plc, S, 1, 0, 23, NULL, 0));
	segment(&plc, &it, S, 1, 0, 23, NULL, 0);
	SILENT(send_from(&it));
	/* where no conduit leads */
	SILENT(go(&plc, &it, S, 1, 0, 23, NULL, 0));
	SILENT(go(&it, &lab, S, 1, 0, 23, NULL, 0));
	/* what may be right a moment later, or is not the sender's word */
	shake(&it, &plc, 502);
	SILENT(go(&it, &plc, P | A, 1101, 5001, 502, read_ok, 12));
	SILENT(go(&it, &plc, P | A, 900000, 5001, 502, read_ok, 12));
	PASSES(go(&it, &plc, P | A, 1001, 5001, 502, read_ok, 12));
	/* monitor mode passes it, `drop` drops it */
	policy_load("", "reset", "monitor", "");
	port++;
	CHECK(go(&it, &plc, S, 1, 0, 23, NULL, 0) == XDP_PASS);
	CHECK(sent.len == f.len && !memcmp(sent.bytes, f.bytes, f.len));
	CHECK(counted(OTSEG_CTR_DENIAL_TOLD) == 0);
	policy_load("", "drop", "enforce", "");
	port++;
	SILENT(go(&it, &plc, S, 1, 0, 23, NULL, 0));
	shake(&it, &plc, 502);
	SILENT(go(&it, &plc, P | A, 1001, 5001, 502, write_one, 12));
	PASSES(go(&it, &plc, P | A, 1001, 5001, 502, read_ok, 12));
	CHECK(counted(OTSEG_CTR_DENIAL_TOLD) == 0 && told == 0);
}

/* A message that no rule covers: the device first, then who asked, then whoever still speaks. */
static void cut(const char *wires, const struct end *from, const struct end *to)
{
	int way = wires[0] ? XDP_REDIRECT : XDP_PASS;

	shake(from, to, 502);
	CHECK(go(from, to, P | A, 1001, 5001, 502, read_ok, 12) == way);
	PASSED_ON(go(from, to, P | A, 1013, 5001, 502, write_one, 12), way, from, to, R | A, 1013,
		  5001, 0, 502, NULL, 0);
	SENT(go(from, to, P | A, 1013, 5001, 502, write_one, 12), to, from, R, 5001, 0, 0, 502,
	     NULL, 0);
	SENT(go(to, from, A, 5001, 1001, 502, NULL, 0), from, to, R, 1001, 0, 0, 502, NULL, 0);
	SENT(go(from, to, P | A, 1013, 5001, 502, read_ok, 12), to, from, R, 5001, 0, 0, 502,
	     NULL, 0);
	SILENT(go(to, from, R | A, 5001, 1013, 502, NULL, 0));
	CHECK(go(from, to, S, 90000, 0, 502, NULL, 0) == way, "no new connection");
	CHECK(go(to, from, S | A, 7000, 90001, 502, NULL, 0) == way);
}

static void case_cut(void)
{
	policy_load("", "reset", "enforce", "");
	cut("", &it, &plc);
	cut("", &it6, &plc6);
	policy_load(WIRE, "reset", "enforce", "");
	cut(WIRE, &it, &plc);
	cut(WIRE, &it6, &plc6);
	cut(WIRE, &it_tag, &plc_tag);
}

/* The answer of an exception, and the steps after it. */
static void exception(const u8 *request, u8 code)
{
	u8 answer[9] = { request[0], request[1], 0, 0, 0, 3, request[6], request[7] | 0x80, code };

	shake(&it, &plc, 502);
	SENT(go(&it, &plc, P | A, 1001, 5001, 502, request, 12), &plc, &it, F | P | A, 5001, 1013,
	     8192, 502, answer, 9);
	/* its acknowledgement becomes the device's reset */
	PASSED_ON(go(&it, &plc, A, 1013, 5011, 502, NULL, 0), XDP_PASS, &it, &plc, R | A, 1001, 5001,
		  0, 502, NULL, 0);
	SENT(go(&it, &plc, F | A, 1013, 5011, 502, NULL, 0), &plc, &it, R, 5011, 0, 0, 502, NULL, 0);
}

static void case_exception(void)
{
	u8 two[24], stamped[32];
	int i;

	policy_load("", "exception", "enforce", "");
	exception(write_one, 1);
	exception(read_far, 2);
	exception(unit_two, 10);
	/* two requests at once, or less than one whole: there is no one answer */
	shake(&it, &plc, 502);
	memcpy(two, read_ok, 12);
	memcpy(two + 12, write_one, 12);
	PASSED_ON(go(&it, &plc, P | A, 1001, 5001, 502, two, 24), XDP_PASS, &it, &plc, R | A, 1001,
		  5001, 0, 502, NULL, 0);
	/* who resets a connection that is cut, resets it for the other side, too */
	shake(&it, &plc, 502);
	CHECK(go(&it, &plc, P | A, 1001, 5001, 502, write_one, 12) == XDP_REDIRECT);
	PASSED_ON(go(&it, &plc, R, 1013, 0, 502, NULL, 0), XDP_PASS, &it, &plc, R | A, 1001, 5001, 0,
		  502, NULL, 0);
	SILENT(go(&it, &plc, R, 1013, 0, 502, NULL, 0));
	/* an exception that nobody got: the same request again */
	shake(&it, &plc, 502);
	CHECK(go(&it, &plc, P | A, 1001, 5001, 502, write_one, 12) == XDP_REDIRECT);
	PASSED_ON(go(&it, &plc, P | A, 1001, 5001, 502, write_one, 12), XDP_PASS, &it, &plc, R | A,
		  1001, 5001, 0, 502, NULL, 0);
	SENT(go(&it, &plc, P | A, 1001, 5001, 502, write_one, 12), &plc, &it, R, 5001, 0, 0, 502,
	     NULL, 0);
	/* a connection that is cut stays so, whatever another policy says */
	shake(&it, &plc, 502);
	CHECK(go(&it, &plc, P | A, 1001, 5001, 502, write_one, 12) == XDP_REDIRECT);
	policy_load("", "drop", "enforce", "");
	for (i = 0; i < 3; i++)
		SILENT(go(&it, &plc, P | A, 1001, 5001, 502, read_ok, 12));
	policy_load("", "exception", "enforce", "");
	/* timestamps are echoed */
	shake(&it, &plc, 502);
	memcpy(stamped, "\x01\x01\x08\x0a\x00\x00\x11\x11\x00\x00\x22\x22", 12);
	memcpy(stamped + 12, write_one, 12);
	segment(&it, &plc, P | A, 1001, 5001, 502, stamped, 24);
	f.bytes[f.l4 + 12] = 32 / 4 << 4;
	frame_l4_sum(&f);
	CHECK(send_from(&it) == XDP_REDIRECT);
	memcpy(stamped, "\x01\x01\x08\x0a\x00\x00\x22\x22\x00\x00\x11\x11", 12);
	memcpy(stamped + 12, "\x12\x35\0\0\0\3\1\x86\1", 9);
	want_begin(&plc, &it, F | P | A, 5001, 1013, 8192, 502, stamped, 21);
	wanted.bytes[wanted.l4 + 12] = 32 / 4 << 4;
	frame_l4_sum(&wanted);
	CHECK(is_wanted());
}

/* A change of policy takes the rule away: both sides of what lives by it are told. */
static void case_swap(void)
{
	policy_load("", "reset", "enforce", WEB);
	shake(&it, &plc, 443);
	PASSES(go(&it, &plc, P | A, 1001, 5001, 443, "hello", 5));
	policy_load("", "reset", "enforce", WEB);
	PASSES(go(&it, &plc, P | A, 1006, 5001, 443, "hello", 5));
	policy_load("", "reset", "enforce", "");
	PASSED_ON(go(&it, &plc, P | A, 1011, 5001, 443, "hello", 5), XDP_PASS, &it, &plc, R | A, 1011,
		  5001, 0, 443, NULL, 0);
	SENT(go(&it, &plc, P | A, 1011, 5001, 443, "hello", 5), &plc, &it, R, 5001, 0, 0, 443, NULL,
	     0);
	/* from the side that answers; even the conduit may say `drop` now */
	policy_load("", "reset", "enforce", WEB);
	shake(&it, &plc, 443);
	policy_load("", "drop", "enforce", "");
	PASSED_ON(go(&plc, &it, P | A, 5001, 1001, 443, "hello", 5), XDP_PASS, &plc, &it, R | A, 5001,
		  1001, 0, 443, NULL, 0);
	SENT(go(&plc, &it, P | A, 5001, 1001, 443, "hello", 5), &it, &plc, R, 1001, 0, 0, 443, NULL,
	     0);
	SENT(go(&it, &plc, F | A, 1001, 5001, 443, NULL, 0), &plc, &it, R, 5001, 0, 0, 443, NULL, 0);
	/* what is cut stays so, whatever the policy says later */
	policy_load("", "reset", "enforce", WEB);
	SENT(go(&it, &plc, P | A, 1001, 5001, 443, "hello", 5), &plc, &it, R, 5001, 0, 0, 443, NULL,
	     0);
	PASSES(go(&it, &plc, S, 88000, 0, 443, NULL, 0));
	/* without a word */
	policy_load("", "drop", "enforce", WEB);
	shake(&it, &plc, 443);
	policy_load("", "drop", "enforce", "");
	SILENT(go(&it, &plc, P | A, 1001, 5001, 443, "hello", 5));
	CHECK(!counted(OTSEG_CTR_DENIAL_TOLD));
}

/* What is told is bounded, and what was not told leaves nothing half done. */
static void case_bound(void)
{
	u64 told, suppressed;
	int got, i;

	policy_load("", "reset", "enforce", "");
	told = counted(OTSEG_CTR_DENIAL_TOLD);
	for (i = 0; i < 1000; i++) {
		port++;
		got = go(&it, &plc, S, 1000, 0, 23, NULL, 0);
		CHECK(got == (i < 16 ? XDP_REDIRECT : XDP_DROP), "frame %d: %d", i, got);
	}
	suppressed = counted(OTSEG_CTR_DENIAL_SUPPRESSED);
	CHECK(counted(OTSEG_CTR_DENIAL_TOLD) == told + 16 && suppressed == 984);
	shake(&it, &plc, 502);
	SILENT(go(&it, &plc, P | A, 1001, 5001, 502, write_one, 12));
	PASSES(go(&it, &plc, P | A, 1001, 5001, 502, read_ok, 12));
	s->now_ns += 9000000;
	CHECK(go(&it, &plc, S, 1000, 0, 23, NULL, 0) == XDP_REDIRECT);
	SILENT(go(&it, &plc, S, 1000, 0, 23, NULL, 0));
}

static void run(const char *command)
{
	if (system(command)) {
		fprintf(stderr, "failed: %s\n", command);
		exit(KTAP_FAIL);
	}
}

/* An interface whose driver cannot send, a frame that is too short, a checksum left to others. */
static void case_devices(void)
{
	u32 slot = s->ifindex[0] & (OTSEG_LINK_SLOTS - 1);
	struct otseg_link *links;
	size_t len;

	links = (struct otseg_link *)datapath_table(s, "otseg_links", &len);
	policy_load("", "reset", "enforce", "");
	port++;
	run("ethtool -K it0-peer gro off");
	SILENT(go(&it, &plc, S, 1000, 0, 23, NULL, 0));
	CHECK(counted(OTSEG_CTR_DENIAL_FAILED) == 1);
	links[slot].flags |= OTSEG_LINK_GENERIC;
	SENT(go(&it, &plc, S, 1000, 0, 23, NULL, 0), &plc, &it, R | A, 0, 1001, 0, 23, NULL, 0);
	/* Generic XDP: the kernel goes on with what a virtual sender has left. */
	segment(&it, &plc, S, 1000, 0, 23, NULL, 0);
	memcpy(f.bytes + f.l4 + 16, "\0\0", 2);
	links[slot].flags &= ~(u32)OTSEG_LINK_GENERIC;
	run("ethtool -K it0-peer gro on");
	SENT(go(&it, &plc, S, 1000, 0, 23, NULL, 0), &plc, &it, R | A, 0, 1001, 0, 23, NULL, 0);
	/* Across a wire whose other end is down, nobody is told. */
	policy_load(WIRE, "reset", "enforce", "");
	shake(&it, &plc, 502);
	s->carrier(s, s->ifindex[1], 0);
	SILENT(go(&it, &plc, P | A, 1001, 5001, 502, write_one, 12));
	s->carrier(s, s->ifindex[1], 1);
}

int main(void)
{
	static const struct ktap_case cases[] = {
		{ "who begins what no rule has is refused at once", case_syn },
		{ "who is told nothing", case_silence },
		{ "a refused message cuts its connection on both sides", case_cut },
		{ "a Modbus exception, and then the connection", case_exception },
		{ "a change of policy cuts what it no longer has", case_swap },
		{ "what is told is bounded", case_bound },
		{ "interfaces that cannot send", case_devices },
	};

	s = datapath_begin();
	end_set(&it, s->ifindex[0], 0, "10.0.0.5", 5);
	end_set(&plc, s->ifindex[1], 0, "192.168.10.11", 11);
	end_set(&it6, s->ifindex[0], 0, "fd00:10::5", 5);
	end_set(&plc6, s->ifindex[1], 0, "fd00:20::11", 11);
	end_set(&it_tag, s->ifindex[0], 7, "10.0.0.6", 6);
	end_set(&plc_tag, s->ifindex[1], 7, "192.168.10.12", 12);
	end_set(&it_tags, s->ifindex[0], 20 | 30 << 16, "10.0.0.7", 7);
	end_set(&plc_tags, s->ifindex[1], 20 | 30 << 16, "192.168.10.13", 13);
	end_set(&group, s->ifindex[0], 0, "224.1.2.3", 5);
	end_set(&lab, s->ifindex[2], 0, "192.168.30.11", 31);
	return ktap_run(cases, sizeof(cases) / sizeof(cases[0]));
}
