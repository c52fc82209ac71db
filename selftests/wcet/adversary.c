// SPDX-License-Identifier: GPL-2.0-only
/*
 * Frames that are meant to cost much, and plain ones, on the engine of this
 * process. Under callgrind each one is counted by itself; without it, this only
 * says what became of them. With a file name, all that the engine is told is
 * written there, for replay.py, and the accepted messages of all protocols too, each alone and
 * as often as a segment has room for it; with any word after it, of the plain ones only.
 *
 * A record is {u32 kind, ifindex; u64 now_ns; u32 action, len; char name[32]} in the byte
 * order of the machine, and @len bytes.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#if __has_include(<valgrind/callgrind.h>)
#include <valgrind/callgrind.h>
#else
#define CALLGRIND_ZERO_STATS
#define CALLGRIND_DUMP_STATS_AT(name) ((void)(name))
#endif

#include "../../bpf/engine/env.h"
#include "../../include/otseg/service.h"
#include "../bpf/subject.h"
#include "../proto/lines.h"

#define PAYLOAD 1460 /* of TCP in an Ethernet frame */
#define POLICY_LEN 65536

enum kind {
	KIND_POLICY,
	KIND_FRAME,
	KIND_TABLE_FULL,
	KIND_TABLE_EMPTY,
};

/**
 * struct record - what precedes the bytes of a record
 * @kind: enum kind
 * @ifindex: interface of a frame
 * @now_ns: clock of a frame
 * @action: enum otseg_action: what became of it
 * @len: bytes that follow
 * @name: what it is, empty: it only prepares for others
 */
struct record {
	u32 kind;
	u32 ifindex;
	u64 now_ns;
	u32 action;
	u32 len;
	char name[32];
};

/**
 * struct talk - a TCP conversation between @it and @cell
 * @sport: port of @it
 * @dport: port of @cell
 * @seq: next sequence numbers of both
 */
struct talk {
	u16 sport;
	u16 dport;
	u32 seq[2];
};

static struct subject *s;
static struct frame f;
static struct end it, it2, cell, it6, cell6;
static FILE *log_file;
static int (*engine_load)(struct subject *s, const void *image, size_t len);

static void note(enum kind kind, u32 ifindex, u32 action, const char *name, const void *bytes,
		 u32 len)
{
	struct record r = { .kind = kind, .ifindex = ifindex, .now_ns = s->now_ns,
			    .action = action, .len = len };

	if (!log_file)
		return;
	snprintf(r.name, sizeof(r.name), "%s", name);
	if (fwrite(&r, sizeof(r), 1, log_file) != 1 ||
	    (len && fwrite(bytes, len, 1, log_file) != 1)) {
		perror("cannot write");
		exit(1);
	}
}

static int load(struct subject *subject, const void *image, size_t len)
{
	note(KIND_POLICY, 0, 0, "", image, (u32)len);
	return engine_load(subject, image, len);
}

/* Sends the frame of @f; with a name it is one that counts. */
static u32 send_from(const struct end *from, const char *name)
{
	struct otseg_verdict v;
	u32 reason;

	CALLGRIND_ZERO_STATS;
	reason = subject_send(s, from->ifindex, &f, &v);
	if (*name) {
		CALLGRIND_DUMP_STATS_AT(name);
		printf("%-32s %s, reason %u, %u messages\n", name,
		       v.action == OTSEG_ACTION_PASS ? "passes" : "dropped", reason, v.n_messages);
	}
	note(KIND_FRAME, from->ifindex, v.action, name, f.bytes, f.len);
	return reason;
}

static u32 segment(struct talk *t, int reply, u8 flags, const void *data, u32 len,
		   const char *name)
{
	struct tcp tcp = { t->seq[reply], flags & OTSEG_TCP_ACK ? t->seq[!reply] : 0,
			   reply ? t->dport : t->sport, reply ? t->sport : t->dport,
			   flags, 65535, -1 };
	const struct end *from = reply ? &cell : &it;

	frame_tcp(&f, from, reply ? &it : &cell, &tcp, data, len);
	t->seq[reply] += len + !!(flags & (OTSEG_TCP_SYN | OTSEG_TCP_FIN));
	return send_from(from, name);
}

static struct talk talk_new(u16 dport)
{
	static u16 sport = 20000;
	struct talk t = { sport++, dport, { 1000, 5000 } };

	segment(&t, 0, OTSEG_TCP_SYN, NULL, 0, "");
	segment(&t, 1, OTSEG_TCP_SYN | OTSEG_TCP_ACK, NULL, 0, "");
	segment(&t, 0, OTSEG_TCP_ACK, NULL, 0, "");
	return t;
}

/* Puts a policy with @n rules for Modbus in force; mostly only the last one allows anything. */
static void policy(u32 n, const char *others, const char *last)
{
	char *text = malloc(POLICY_LEN);
	size_t len;
	u32 i;

	if (!text)
		abort();
	len = (size_t)snprintf(text, POLICY_LEN,
			       "otseg: 1\nname: adversary\nzones:\n"
			       "  it: {level: 4, interfaces: [it0], prefixes: [10.0.0.0/16, "
			       "'fd00:10::/64']}\n"
			       "  cell: {level: 1, interfaces: [ot0], prefixes: [192.168.10.0/24, "
			       "'fd00:20::/64']}\n"
			       "conduits:\n"
			       "  few:\n    reason: a test\n    from: cell\n    to: it\n"
			       "    flows: 1\n    rules:\n      time: {service: udp, port: 7}\n"
			       "  main:\n    reason: a test\n    from: it\n    to: cell\n"
			       "    rules:\n      web: {service: tcp, port: 443}\n"
			       "      time: {service: udp, port: 7}\n");
	for (i = 0; i < n; i++)
		len += (size_t)snprintf(text + len, POLICY_LEN - len,
					"      m%u: {service: modbus, units: [1, 3, %u], %s}\n", i,
					5 + 2 * i, i + 1 < n ? others : last);
	if (len >= POLICY_LEN || subject_policy(s, text)) {
		fprintf(stderr, "the policy is not taken\n");
		exit(1);
	}
	free(text);
}

static u32 adu(u8 *at, u8 function, u32 body)
{
	static u8 id;

	memset(at, 0, 8 + body);
	at[1] = ++id;
	at[5] = (u8)(2 + body);
	at[6] = 1;
	at[7] = function;
	return 8 + body;
}

static u32 read_request(u8 *at)
{
	u32 len = adu(at, 3, 4);

	at[11] = 10;
	return len;
}

/* Writes @words registers; the values are 1, the last one is @value. */
static u32 write_request(u8 *at, u32 words, u8 value)
{
	u32 len = adu(at, 16, 5 + 2 * words);
	u32 i;

	at[11] = (u8)words;
	at[12] = (u8)(2 * words);
	for (i = 0; i < words; i++)
		at[14 + 2 * i] = i + 1 < words ? 1 : value;
	return len;
}

/* Function 20 with as many groups as fit. */
static u32 file_request(u8 *at)
{
	u32 len = adu(at, 20, 1 + 7 * 35);
	u32 i;

	at[8] = 7 * 35;
	for (i = 0; i < 35; i++) {
		u8 *group = at + 9 + 7 * i;

		group[0] = 6;
		group[2] = 1;
		group[4] = (u8)i;
		group[6] = 1;
	}
	return len;
}

static const char reads[] = "functions: [read-holding-registers]";
static const char coils[] = "functions: [read-coils, read-discrete-inputs]";
static const char any_write[] = "functions: [write-multiple-registers]";

static void case_plain(void)
{
	struct talk t;

	policy(1, reads, reads);
	frame_udp(&f, &it, &cell, 4000, 7, "twenty bytes of data", 20);
	send_from(&it, "UDP, new flow");
	send_from(&it, "UDP, live flow");
	frame_udp(&f, &it, &cell, 4000, 8, "twenty bytes of data", 20);
	send_from(&it, "UDP, no rule");
	frame_udp(&f, &cell, &it, 4000, 7, "twenty bytes of data", 20);
	send_from(&cell, "UDP, no conduit");
	frame_udp(&f, &it6, &cell6, 4000, 7, "data", 4);
	send_from(&it6, "UDP over IPv6, new flow");
	t = talk_new(443);
	segment(&t, 0, OTSEG_TCP_ACK, f.bytes, PAYLOAD, "TCP, not inspected");
	frame_arp(&f, &it, 1, (const u8[]){ 10, 0, 0, 9 });
	send_from(&it, "ARP request");
}

/*
 * A flood of what is denied, past the events that tell of it; and what is allowed of the same
 * size. replay_test.sh compares them.
 */
static void flood_from(const struct end *from, const char *name)
{
	u32 i;

	for (i = 0; i < 2 * OTSEG_EVENT_BURST; i++)
		send_from(from, "");
	send_from(from, name);
}

static void flood_udp(const struct end *from, const struct end *to, u16 dport, const char *name)
{
	frame_udp(&f, from, to, 4100, dport, "eighteen bytes more", 18);
	flood_from(from, name);
}

static void case_denied(void)
{
	struct end stranger = it;
	u8 data[PAYLOAD];
	struct talk t;
	u32 len;

	policy(1, reads, reads);
	frame_udp(&f, &it, &cell, 4200, 7, "eighteen bytes more", 18);
	send_from(&it, "allowed: new flow");
	send_from(&it, "allowed: live flow");
	t = talk_new(502);
	len = read_request(data);
	segment(&t, 0, OTSEG_TCP_ACK, data, len, "allowed: one request");

	frame_udp(&f, &it, &it2, 4100, 7, "eighteen bytes more", 18);
	send_from(&it, "denied: told of");
	flood_udp(&it, &it2, 7, "denied: no conduit");
	flood_udp(&it, &cell, 9, "denied: no rule");
	stranger.addr[0] = 11;
	flood_udp(&stranger, &cell, 7, "denied: spoofed");
	stranger = cell;
	stranger.addr[0] = 11;
	flood_udp(&it, &stranger, 7, "denied: no zone");
	frame_udp(&f, &it, &cell, 4100, 7, "eighteen bytes more", 18);
	f.bytes[f.l3 + 6] |= 0x20;
	frame_ip_sum(&f);
	flood_from(&it, "denied: fragment");
	frame_tcp(&f, &it, &cell, &(struct tcp){ 1, 1, 4100, 443, OTSEG_TCP_ACK, 8192, -1 }, "x", 1);
	flood_from(&it, "denied: TCP without a flow");
	frame_udp(&f, &cell, &it, 4300, 7, "eighteen bytes more", 18);
	send_from(&cell, "");
	flood_udp(&cell, &it, 7, "denied: flow budget");
	len = adu(data, 6, 4);
	frame_tcp(&f, &it, &cell,
		  &(struct tcp){ t.seq[0], t.seq[1], t.sport, t.dport, OTSEG_TCP_ACK, 65535, -1 },
		  data, len);
	flood_from(&it, "denied: one request");
}

static void case_request(void)
{
	struct talk t = talk_new(502);
	u8 data[512];
	u32 len = read_request(data);

	segment(&t, 0, OTSEG_TCP_ACK, data, len, "Modbus, one request");
	memset(data, 0, 30);
	len = adu(data, 3, 21);
	data[8] = 20;
	data[1]--;
	segment(&t, 1, OTSEG_TCP_ACK, data, len, "Modbus, its answer");
}

/* One segment full of what @make makes, as often as it fits, @most times at most. */
static u32 fill(u8 *data, u32 most, u32 (*make)(u8 *at))
{
	u32 len = 0;
	u32 i;

	for (i = 0; i < most; i++) {
		u8 next[512];
		u32 more = make(next);

		if (len + more > PAYLOAD)
			break;
		memcpy(data + len, next, more);
		len += more;
	}
	return len;
}

/* All objects that are written, and values as many as a list takes, but not the last one written. */
static const char *long_lists(void)
{
	static char text[2048];
	size_t len;
	u32 i;

	len = (size_t)snprintf(text, sizeof(text),
			       "functions: [write-multiple-registers], "
			       "objects: {holding-register: 0-200}, values: [0-1");
	for (i = 1; i < OTSEG_MAX_LIST; i++)
		len += (size_t)snprintf(text + len, sizeof(text) - len, ", %u", 2 + 2 * i);
	snprintf(text + len, sizeof(text) - len, "]");
	return text;
}

static u32 make_long_write(u8 *at)
{
	return write_request(at, 123, 2);
}

/* Messages that all rules but the last refuse as late as they can. */
static void case_rules(u32 n)
{
	u8 data[PAYLOAD];
	struct talk t;
	char name[32];

	policy(n, coils, reads);
	t = talk_new(502);
	snprintf(name, sizeof(name), "32 reads, %u rules", n);
	segment(&t, 0, OTSEG_TCP_ACK, data, fill(data, 32, read_request), name);
	policy(n, long_lists(), any_write);
	t = talk_new(502);
	snprintf(name, sizeof(name), "5 long writes, %u rules", n);
	segment(&t, 0, OTSEG_TCP_ACK, data, fill(data, 32, make_long_write), name);
	policy(n, "access: read, objects: {file-record: 65536-65569}",
	       "access: read, objects: {file-record: 65536-65570}");
	t = talk_new(502);
	snprintf(name, sizeof(name), "5 x 35 records, %u rules", n);
	segment(&t, 0, OTSEG_TCP_ACK, data, fill(data, 32, file_request), name);
}

/* A window full of the shortest requests, repeated after the policy has changed. */
static void case_renew(u32 n)
{
	u8 data[PAYLOAD];
	struct talk t;
	char name[32];
	u32 len, i;

	policy(n, coils, "functions: [read-exception-status]");
	t = talk_new(502);
	for (i = 0; i < 14; i++) {
		for (len = 0; len < 32 * 8;)
			len += adu(data + len, 7, 0);
		segment(&t, 0, OTSEG_TCP_ACK, data, len, "");
	}
	snprintf(name, sizeof(name), "repetition, %u rules", n);
	t.seq[0] -= len;
	segment(&t, 0, OTSEG_TCP_ACK, data, len, name);
	policy(n, coils, "functions: [read-exception-status]");
	snprintf(name, sizeof(name), "repetition, swapped, %u rules", n);
	t.seq[0] -= len;
	segment(&t, 0, OTSEG_TCP_ACK, data, len, name);
}

static void case_full_table(void)
{
	struct otseg_world *w = subject_engine_world(s);
	u32 i, way;

	for (i = 0; i < OTSEG_FLOW_BUCKETS; i++) {
		for (way = 0; way < OTSEG_FLOW_WAYS; way++) {
			w->lines[i].bucket.tag[way] = 2;
			w->lines[i].bucket.deadline_s[way] = otseg_seconds(s->now_ns) + 1000;
		}
	}
	note(KIND_TABLE_FULL, 0, 0, "", NULL, 0);
	frame_udp(&f, &it6, &cell6, 4001, 7, "data", 4);
	send_from(&it6, "UDP over IPv6, table full");
	memset(w->lines, 0, sizeof(*w->lines) * OTSEG_FLOW_BUCKETS);
	note(KIND_TABLE_EMPTY, 0, 0, "", NULL, 0);
}

/* A service, and where it is expected. */
struct carrier {
	const char *service;
	u16 tcp;
	u16 udp;
	u16 ether;
};

#define ASK_INSPECTED(name, tcp, udp, ether) { name, tcp, udp, ether },
#define ASK_OPAQUE(name, tcp, udp, ether)
#define ASK_PLANNED(name, tcp, udp, ether)
#define X(id, name, family, on, tcp, udp, ether, state) ASK_##state(name, tcp, udp, ether)
static const struct carrier carriers[] = { OTSEG_SERVICE_LIST(X) };
#undef X

#define ANY_ACCESS "[read, diagnostic, write, control, program, vendor]"

/* One rule that allows all of a service; without IP within a zone. */
static void protocol_policy(const struct carrier *c, int is_datagram)
{
	int is_link = !c->tcp && !c->udp;
	const char *carrier = c->tcp && is_datagram ? ", carrier: udp" : "";
	char text[1024];

	snprintf(text, sizeof(text),
		 "otseg: 1\nname: protocol\nzones:\n"
		 "  it: {level: 4, interfaces: [it0], prefixes: [10.0.0.0/16]}\n"
		 "  cell: {level: 1, interfaces: [ot0], prefixes: [192.168.10.0/24]}\n"
		 "%s\n    reason: a test\n%s    rules:\n"
		 "      all: {service: %s, access: " ANY_ACCESS "%s}\n",
		 is_link ? "intra:\n  it:" : "conduits:\n  main:",
		 is_link ? "" : "    from: it\n    to: cell\n", c->service, carrier);
	if (subject_policy(s, text)) {
		fprintf(stderr, "the policy for %s is not taken\n", c->service);
		exit(1);
	}
}

/* Sends @times the message in one segment, which is repeated as it is if it was dropped. */
static void protocol_segment(struct talk *t, const struct proto_line *line, u32 times,
			     const char *service)
{
	u8 data[PAYLOAD];
	char name[32];
	u32 reason, i;

	for (i = 0; i < times; i++)
		memcpy(data + i * line->len, line->bytes, line->len);
	snprintf(name, sizeof(name), "%s: %u x line %u", service, times, line->number);
	reason = segment(t, line->is_reply, OTSEG_TCP_ACK | OTSEG_TCP_PSH, data, times * line->len,
			 name);
	if (reason != OTSEG_R_RULE && reason != OTSEG_R_FLOW)
		t->seq[line->is_reply] -= times * line->len;
	else
		segment(t, !line->is_reply, OTSEG_TCP_ACK, NULL, 0, "");
}

static void protocol_frame(const struct carrier *c, const struct proto_line *line)
{
	const struct end *from = line->is_reply ? &cell : &it;
	char name[32];

	snprintf(name, sizeof(name), "%s: line %u", c->service, line->number);
	if (c->udp) {
		frame_udp(&f, from, line->is_reply ? &it : &cell, line->is_reply ? c->udp : 4400,
			  line->is_reply ? 4400 : c->udp, line->bytes, line->len);
	} else {
		from = &it;
		frame_ethernet(&f, cell.mac, it.mac, 0, c->ether);
		memcpy(f.bytes + f.len, line->bytes, line->len);
		f.len += line->len;
	}
	send_from(from, name);
}

/* All accepted messages of a protocol, conversation by conversation. */
static void case_protocol(const struct carrier *c)
{
	struct proto_line *lines;
	int n = proto_lines_read(PROTO_FOLDER, c->service, &lines);
	struct talk t = { 0 };
	int i, is_new = 1;

	for (i = 0; i < n; i++) {
		int is_stream = c->tcp && !lines[i].is_datagram;

		is_new |= lines[i].is_first;
		if (lines[i].len > PAYLOAD || strcmp(lines[i].service, c->service))
			continue;
		if (is_new) {
			protocol_policy(c, lines[i].is_datagram);
			if (is_stream)
				t = talk_new(c->tcp);
			is_new = 0;
		}
		if (!is_stream) {
			protocol_frame(c, &lines[i]);
			continue;
		}
		protocol_segment(&t, &lines[i], 1, c->service);
		if (2 * lines[i].len <= PAYLOAD)
			protocol_segment(&t, &lines[i], PAYLOAD / lines[i].len, c->service);
	}
	if (n > 0)
		proto_lines_free(lines, n);
}

int main(int argc, char **argv)
{
	size_t i;

	s = subject_engine_new();
	engine_load = s->load;
	s->load = load;
	if (argc > 1) {
		log_file = fopen(argv[1], "wb");
		if (!log_file) {
			perror(argv[1]);
			return 1;
		}
	}
	end_set(&it, s->ifindex[0], 0, "10.0.0.5", 5);
	end_set(&it2, s->ifindex[0], 0, "10.0.0.6", 6);
	end_set(&cell, s->ifindex[1], 0, "192.168.10.9", 9);
	end_set(&it6, s->ifindex[0], 0, "fd00:10::5", 5);
	end_set(&cell6, s->ifindex[1], 0, "fd00:20::9", 9);
	case_plain();
	case_denied();
	if (argc > 2)
		goto out;
	case_request();
	case_rules(4);
	case_rules(OTSEG_MAX_LEAF_RULES);
	case_renew(4);
	case_renew(OTSEG_MAX_LEAF_RULES);
	case_full_table();
	for (i = 0; log_file && i < sizeof(carriers) / sizeof(carriers[0]); i++)
		case_protocol(&carriers[i]);
out:
	s->free(s);
	return log_file && fclose(log_file) ? 1 : 0;
}
