// SPDX-License-Identifier: GPL-2.0-only
/*
 * The cases of adoption.h. They share one subject; each puts its policy in force, and between
 * them a day passes.
 */
#include <stdio.h>
#include <string.h>

#include "../../bpf/engine/env.h"
#include "../unit/ktap.h"
#include "adoption.h"

#define SECOND 1000000000ull
#define WINDOW 60 /* seconds, as in the policy */

static const char plant[] =
	"otseg: 1\n"
	"name: adoption\n"
	"%szones:\n"
	"  it: {level: 4, interfaces: [it0], prefixes: [10.0.0.0/16, 'fd00:10::/64']}\n"
	"  cell: {level: 1, interfaces: [ot0], prefixes: [192.168.10.0/24, 'fd00:20::/64']}\n"
	"  lab: {level: 2, interfaces: [ot1], prefixes: [192.168.30.0/24]}\n"
	"conduits:\n"
	"  main:\n"
	"    reason: what the cases allow\n"
	"    from: it\n"
	"    to: cell\n"
	"%s"
	"    rules:\n"
	"      web: {service: tcp, port: 443}\n"
	"      pair: {service: tcp, port: 9000}\n"
	"      field: {service: modbus, access: read}\n"
	"      panel: {service: s7comm, access: read, fields: {tsap-class: op}}\n"
	"      broker: {service: mqtt, access: read}\n"
	"      opc: {service: opcua, access: read}\n"
	"      outstation: {service: iec104, access: read}\n"
	"  up:\n"
	"    reason: the cell asks too\n"
	"    from: cell\n"
	"    to: it\n"
	"    rules:\n"
	"      pair: {service: tcp, port: 9001}\n"
	"  shut:\n"
	"    reason: never takes anything up\n"
	"    from: it\n"
	"    to: lab\n"
	"    adopt: never\n"
	"    rules:\n"
	"      web: {service: tcp, port: 443}\n"
	"  open:\n"
	"    reason: takes up whatever comes\n"
	"    from: lab\n"
	"    to: cell\n"
	"%s"
	"    rules:\n"
	"      web: {service: tcp, port: 443}\n"
	"      field: {service: modbus, access: read}\n";

static struct subject *s;
static struct otseg_verdict v;
static struct frame f;
static struct end it, cell, lab, it6, cell6;
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

#define F OTSEG_TCP_FIN
#define S OTSEG_TCP_SYN
#define R OTSEG_TCP_RST
#define A OTSEG_TCP_ACK
#define P OTSEG_TCP_PSH
#define U OTSEG_TCP_URG

/**
 * struct talk - a connection that was open before
 * @end: who opened it, and who answers
 * @port: of each
 * @seq: next sequence number of each
 * @window: that both offer
 */
struct talk {
	const struct end *end[2];
	u16 port[2];
	u32 seq[2];
	u16 window;
};

static struct talk talk_of(const struct end *a, const struct end *b, u16 dport)
{
	struct talk t = { { a, b }, { next_port++, dport }, { 1000, 0xfffffff0u }, 502 };

	return t;
}

/* A segment of side @side with numbers of the caller's choice. */
static u32 segment(const struct talk *t, int side, u8 flags, u32 seq, u32 ack, const void *data,
		   u32 len)
{
	struct tcp tcp = { seq, ack, t->port[side], t->port[!side], flags, t->window, -1 };

	frame_tcp(&f, t->end[side], t->end[!side], &tcp, data, len);
	return subject_send(s, t->end[side]->ifindex, &f, &v);
}

/* The next segment in order, which moves the connection on if it passes. */
static u32 say(struct talk *t, int side, u8 flags, const void *data, u32 len)
{
	u32 reason = segment(t, side, flags, t->seq[side], t->seq[!side], data, len);

	if (v.action == OTSEG_ACTION_PASS)
		t->seq[side] += len + !!(flags & (F | S));
	return reason;
}

static u32 ack(struct talk *t, int side)
{
	return say(t, side, A, "", 0);
}

static void later(u64 ns)
{
	s->now_ns += ns;
}

/* Puts a policy in force: more for its top, for conduit main, and for conduit open. */
static void policy(const char *top, const char *of_main, const char *of_open)
{
	char text[4096];

	snprintf(text, sizeof(text), plant, top, of_main, of_open);
	CHECK(!subject_policy(s, text));
}

/* All interfaces were attached so long ago. */
static void attached(u32 ago_s)
{
	u32 i;

	for (i = 0; i < SUBJECT_LINKS; i++)
		s->since(s, s->ifindex[i], otseg_seconds(s->now_ns) - ago_s);
}

/* The usual: a policy that takes up what comes within the window, which is open. */
static void window_open(void)
{
	policy("adopt: 60s\n", "", "");
	attached(1);
}

static u64 adopted(u32 conduit)
{
	return s->counters(s)[OTSEG_CTR_CONDUIT + conduit * OTSEG_CTR_CONDUIT_LEN +
			      OTSEG_CTR_CONDUIT_ADOPTED];
}

/* A request for @n registers and its answer. */
static const u8 ask[] = { 0, 7, 0, 0, 0, 6, 1, 3, 0, 0, 0, 1 };
static const u8 answer[] = { 0, 7, 0, 0, 0, 5, 1, 3, 2, 0x12, 0x34 };
static const u8 write_one[] = { 0, 8, 0, 0, 0, 6, 1, 6, 0, 0, 0, 1 };

static void case_default(void)
{
	struct talk t = talk_of(&it, &cell, 443);

	policy("", "", "");
	attached(1);
	DROP(ack(&t, 0), TCP_NO_FLOW);
	DROP(ack(&t, 1), TCP_NO_FLOW);
	DROP(say(&t, 0, A | P, "data", 4), TCP_NO_FLOW);
}

static void case_window(void)
{
	struct talk t = talk_of(&it, &cell, 443), other = talk_of(&it, &cell, 443);

	window_open();
	PASS(say(&t, 0, A | P, "data", 4), RULE);
	CHECK(v.conduit == 0 && v.flags & OTSEG_V_OPENED && adopted(0) == 1);
	PASS(say(&t, 1, A | P, "more", 4), FLOW);
	PASS(ack(&t, 0), FLOW);
	/* on its last second, and on the first one after it */
	attached(WINDOW);
	PASS(ack(&other, 0), RULE);
	other = talk_of(&it, &cell, 443);
	attached(WINDOW + 1);
	DROP(ack(&other, 0), TCP_NO_FLOW);
	DROP(ack(&other, 1), TCP_NO_FLOW);
	CHECK(adopted(0) == 2);
	/* what lives goes on */
	PASS(say(&t, 1, A | P, "more", 4), FLOW);
	/* the clock of who has attached it is ahead */
	s->since(s, it.ifindex, otseg_seconds(s->now_ns) + 1);
	PASS(ack(&other, 0), RULE);
	/* nobody knows when that was */
	other = talk_of(&it, &cell, 443);
	s->since(s, it.ifindex, 0);
	DROP(ack(&other, 0), TCP_NO_FLOW);
	/* each interface has a window of its own */
	s->since(s, cell.ifindex, otseg_seconds(s->now_ns));
	DROP(ack(&other, 0), TCP_NO_FLOW);
	PASS(ack(&other, 1), RULE);
}

static void case_answering_side(void)
{
	struct talk t = talk_of(&it, &cell, 443);

	window_open();
	PASS(say(&t, 1, A | P, "data", 4), RULE);
	CHECK(v.conduit == 0 && v.flags & OTSEG_V_REPLY && v.src_zone == 1 && v.dst_zone == 0);
	PASS(say(&t, 0, A | P, "data", 4), FLOW);
	CHECK(!(v.flags & OTSEG_V_REPLY) && v.src_zone == 0);
	PASS(say(&t, 1, A, "data", 4), FLOW);
	CHECK(v.flags & OTSEG_V_REPLY);
	t = talk_of(&it6, &cell6, 443);
	PASS(say(&t, 1, A | P, "data", 4), RULE);
	PASS(say(&t, 0, A | P, "data", 4), FLOW);
}

static void case_conduits(void)
{
	struct talk t = talk_of(&it, &lab, 443);

	window_open();
	DROP(ack(&t, 0), TCP_NO_FLOW);
	DROP(ack(&t, 1), TCP_NO_FLOW);
	attached(WINDOW + 1);
	t = talk_of(&lab, &cell, 443);
	DROP(ack(&t, 0), TCP_NO_FLOW);
	policy("", "", "    adopt: always\n");
	PASS(ack(&t, 0), RULE);
	CHECK(adopted(3) == 1);
	PASS(ack(&t, 1), FLOW);
	t = talk_of(&it, &cell, 443);
	DROP(ack(&t, 0), TCP_NO_FLOW);
}

static void case_policy(void)
{
	struct talk t = talk_of(&it, &cell, 80);

	window_open();
	/* no rule, and an address that is not behind the interface */
	DROP(ack(&t, 0), TCP_NO_FLOW);
	DROP(ack(&t, 1), TCP_NO_FLOW);
	t = talk_of(&cell, &it, 443);
	DROP(ack(&t, 0), TCP_NO_FLOW);
	t = talk_of(&lab, &cell, 443);
	frame_tcp(&f, &lab, &cell, &(struct tcp){ 1, 1, 2, 443, A, 502, -1 }, "", 0);
	DROP(subject_send(s, it.ifindex, &f, &v), SPOOFED);
	/* either side may have opened this one */
	t = talk_of(&it, &cell, 9000);
	t.port[0] = 9001;
	DROP(ack(&t, 0), TCP_NO_FLOW);
	DROP(ack(&t, 1), TCP_NO_FLOW);
	t.port[0] = 9002;
	PASS(ack(&t, 0), RULE);
	/* a conduit that is disabled */
	policy("adopt: 60s\n", "    state: disabled\n", "");
	t = talk_of(&it, &cell, 443);
	DROP(ack(&t, 0), TCP_NO_FLOW);
}

static void case_flags(void)
{
	static const u8 others[] = { F | A, R, R | A, S | A, U | A };
	struct talk t = talk_of(&it, &cell, 443);
	u32 i;

	window_open();
	for (i = 0; i < sizeof(others); i++) {
		DROP(say(&t, 0, others[i], "", 0), TCP_NO_FLOW);
		DROP(say(&t, 1, others[i], "", 0), TCP_NO_FLOW);
	}
	DROP(say(&t, 0, 0, "", 0), TCP_FLAGS);
	CHECK(!adopted(0));
}

/* Until both sides are known. */
static void case_one_side(void)
{
	struct talk t = talk_of(&it, &cell, 443);
	u32 far = 1 << 24;

	window_open();
	PASS(say(&t, 0, A, "data", 4), RULE);
	DROP(say(&t, 0, F | A, "", 0), TCP_STATE);
	DROP(say(&t, 1, F | A, "", 0), TCP_STATE);
	DROP(say(&t, 1, S | A, "", 0), TCP_STATE);
	DROP(segment(&t, 1, A, t.seq[1] + far, t.seq[0], "", 0), TCP_WINDOW);
	DROP(segment(&t, 1, A, t.seq[1] - far, t.seq[0], "", 0), TCP_WINDOW);
	DROP(segment(&t, 1, A, t.seq[1], t.seq[0] + 2, "", 0), TCP_WINDOW);
	DROP(segment(&t, 1, A, t.seq[1], t.seq[0] - far, "", 0), TCP_WINDOW);
	DROP(segment(&t, 0, A, t.seq[0] + far, t.seq[1], "", 0), TCP_WINDOW);
	DROP(segment(&t, 1, R, t.seq[1] + 1, 0, "", 0), TCP_WINDOW);
	DROP(segment(&t, 1, R | A, t.seq[1], t.seq[0] + 1, "", 0), TCP_WINDOW);
	/* what it was opened by, once more */
	PASS(segment(&t, 0, A, t.seq[0] - 4, t.seq[1], "data", 4), FLOW);
	PASS(ack(&t, 1), FLOW);
	/* now it is one like any other */
	DROP(segment(&t, 1, R, t.seq[1] + far, 0, "", 0), TCP_WINDOW);
	DROP(segment(&t, 1, A, t.seq[1] + far, t.seq[0], "", 0), TCP_WINDOW);
	DROP(segment(&t, 0, A, t.seq[0] + far, t.seq[1], "", 0), TCP_WINDOW);
	PASS(say(&t, 0, F | A, "", 0), FLOW);
	PASS(say(&t, 1, F | A, "", 0), FLOW);
	PASS(ack(&t, 0), FLOW);
	/* the other side is gone, and says so */
	t = talk_of(&it, &cell, 443);
	PASS(say(&t, 0, A, "data", 4), RULE);
	PASS(segment(&t, 1, R, t.seq[1], 0, "", 0), FLOW);
	PASS(segment(&t, 0, S, 5, 0, "", 0), RULE);
	CHECK(!(v.flags & OTSEG_V_ADOPTED));
	/* the opener begins anew */
	t = talk_of(&it, &cell, 443);
	PASS(ack(&t, 1), RULE);
	DROP(segment(&t, 1, S, 5, 0, "", 0), TCP_STATE);
	PASS(segment(&t, 0, S, 5, 0, "", 0), RULE);
	/* a keep-alive came first */
	t = talk_of(&it, &cell, 443);
	PASS(segment(&t, 0, A, t.seq[0] - 1, t.seq[1], "", 0), RULE);
	PASS(ack(&t, 1), FLOW);
	PASS(ack(&t, 1), FLOW);
	PASS(ack(&t, 0), FLOW);
	/* who is never answered is forgotten */
	t = talk_of(&it, &cell, 443);
	PASS(ack(&t, 0), RULE);
	later(61 * SECOND);
	attached(WINDOW + 1);
	DROP(ack(&t, 0), TCP_NO_FLOW);
}

static void case_inspected(void)
{
	struct talk t = talk_of(&it, &cell, 502);

	window_open();
	PASS(say(&t, 0, A | P, ask, sizeof(ask)), RULE);
	CHECK(v.n_messages == 1 && adopted(0) == 1);
	PASS(say(&t, 1, A | P, answer, sizeof(answer)), RULE);
	PASS(say(&t, 0, A | P, ask, sizeof(ask)), RULE);
	PASS(say(&t, 1, A | P, answer, sizeof(answer)), RULE);
	DROP(say(&t, 0, A | P, write_one, sizeof(write_one)), ACCESS);
	/* from then on PDUs may come in pieces */
	PASS(say(&t, 0, A | P, ask, 5), RULE);
	PASS(say(&t, 0, A | P, ask + 5, sizeof(ask) - 5), RULE);
	DROP(say(&t, 1, A | P, ask, sizeof(ask)), PDU_DIRECTION);
}

/* Bytes that are not whole PDUs are nobody's. */
static void case_boundary(void)
{
	struct talk t = talk_of(&it, &cell, 502);
	u8 two[sizeof(ask) + sizeof(ask)];

	window_open();
	DROP(say(&t, 0, A | P, ask + 4, sizeof(ask) - 4), STREAM_GAP);
	CHECK(!adopted(0) && !(v.flags & OTSEG_V_OPENED));
	DROP(say(&t, 0, A | P, ask + 4, sizeof(ask) - 4), STREAM_GAP);
	DROP(say(&t, 0, A | P, ask, sizeof(ask) - 1), STREAM_GAP);
	memcpy(two, ask, sizeof(ask));
	memcpy(two + sizeof(ask), ask + 1, sizeof(ask) - 1);
	DROP(say(&t, 0, A | P, two, sizeof(two) - 1), STREAM_GAP);
	/* what no rule covers is refused for that, and leaves nothing behind */
	DROP(say(&t, 0, A | P, write_one, sizeof(write_one)), ACCESS);
	CHECK(!adopted(0));
	memcpy(two + sizeof(ask), ask, sizeof(ask));
	PASS(say(&t, 0, A | P, two, sizeof(two)), RULE);
	CHECK(v.n_messages == 2 && adopted(0) == 1);
	/* nothing passes that came before, as long as the receiver has not said that he has it */
	DROP(segment(&t, 0, A | P, t.seq[0] - sizeof(two) - 8, t.seq[1], "12345678", 8),
	     STREAM_OVERLAP);
	PASS(segment(&t, 0, A | P, t.seq[0] - sizeof(two), t.seq[1], two, sizeof(two)), FLOW);
	DROP(segment(&t, 0, A | P, t.seq[0] - sizeof(two), t.seq[1], write_one,
		     sizeof(write_one)),
	     STREAM_OVERLAP);
	/* what comes next is in order, though the receiver has not said anything yet */
	PASS(say(&t, 0, A | P, ask, sizeof(ask)), RULE);
	PASS(ack(&t, 1), FLOW);
	PASS(segment(&t, 0, A | P, t.seq[0] - sizeof(two) - 8, t.seq[1], "12345678", 8), FLOW);
	/* a refused first segment has no flow: its place is free for the next */
	t = talk_of(&it, &cell, 502);
	DROP(say(&t, 0, A | P, ask + 4, sizeof(ask) - 4), STREAM_GAP);
	PASS(segment(&t, 0, S, 5, 0, "", 0), RULE);
	t = talk_of(&it, &cell, 502);
	DROP(say(&t, 0, A | P, ask + 4, sizeof(ask) - 4), STREAM_GAP);
	attached(WINDOW + 1);
	DROP(say(&t, 0, A | P, ask, sizeof(ask)), TCP_NO_FLOW);
}

/* The receiver has said what it waits for: there, and nowhere else, it goes on. */
static void case_told(void)
{
	struct talk t = talk_of(&it, &cell, 502);

	window_open();
	PASS(ack(&t, 1), FLOW);
	CHECK(adopted(0) == 1);
	DROP(segment(&t, 0, A | P, t.seq[0] + 3, t.seq[1], ask, sizeof(ask)), STREAM_GAP);
	/* a keep-alive with a byte of anything, which the receiver throws away */
	PASS(segment(&t, 0, A, t.seq[0] - 1, t.seq[1], "x", 1), FLOW);
	DROP(say(&t, 0, A | P, ask, 7), STREAM_GAP);
	/* an older word that comes late */
	PASS(segment(&t, 1, A, t.seq[1], t.seq[0] - 5, "", 0), FLOW);
	PASS(say(&t, 0, A | P, ask, sizeof(ask)), RULE);
	PASS(say(&t, 1, A | P, answer, sizeof(answer)), RULE);
}

/* An answer to a question that was not seen passes, and one only. */
static void case_answer(void)
{
	struct talk t = talk_of(&it, &cell, 502);

	window_open();
	PASS(say(&t, 1, A | P, answer, sizeof(answer)), RULE);
	CHECK(adopted(0) == 1);
	DROP(say(&t, 1, A | P, answer, sizeof(answer)), PDU_UNSOLICITED);
	PASS(say(&t, 0, A | P, ask, sizeof(ask)), RULE);
	PASS(say(&t, 1, A | P, answer, sizeof(answer)), RULE);
	DROP(say(&t, 1, A | P, answer, sizeof(answer)), PDU_UNSOLICITED);
	/* a question was on its way, and the next one was asked */
	t = talk_of(&it, &cell, 502);
	PASS(say(&t, 0, A | P, ask, sizeof(ask)), RULE);
	PASS(say(&t, 1, A | P, "\0\x6\0\0\0\x5\1\3\2\0\1", 11), RULE);
	PASS(say(&t, 1, A | P, answer, sizeof(answer)), RULE);
	/* the side that answers asks nothing, and half an answer is none */
	t = talk_of(&it, &cell, 502);
	DROP(say(&t, 1, A | P, ask, sizeof(ask)), STREAM_GAP);
	DROP(say(&t, 1, A | P, answer, sizeof(answer) - 1), STREAM_GAP);
}

/* What was agreed on in the beginning is not known: who asks for it is refused. */
static void case_agreed(void)
{
	static const u8 s7_read[] = { 3, 0, 0, 31, 2, 0xf0, 0x80, 0x32, 1, 0, 0, 0, 1, 0, 14, 0, 0, 4, 1,
				      0x12, 10, 0x10, 2, 0, 1, 0, 1, 0x84, 0, 0, 0 };
	static const u8 publish[] = { 0x30, 5, 0, 1, 'a', 'x', 'y' };
	static const u8 test_frame[] = { 0x68, 4, 0x43, 0, 0, 0 };
	struct talk t = talk_of(&it, &cell, 102);

	window_open();
	DROP(say(&t, 0, A | P, s7_read, sizeof(s7_read)), FIELD);
	t = talk_of(&it, &cell, 1883);
	DROP(say(&t, 0, A | P, publish, sizeof(publish)), STREAM_GAP);
	t = talk_of(&it, &cell, 4840);
	DROP(say(&t, 0, A | P, "MSGF\x18\0\0\0\1\0\0\0\1\0\0\0\5\0\0\0\5\0\0\0", 24), STREAM_GAP);
	t = talk_of(&it, &cell, 2404);
	PASS(say(&t, 0, A | P, test_frame, sizeof(test_frame)), RULE);
	/* all of them take pure acknowledgements, and the end of the connection once both spoke */
	t = talk_of(&it, &cell, 1883);
	PASS(ack(&t, 0), FLOW);
	PASS(ack(&t, 1), FLOW);
	DROP(say(&t, 0, A | P, publish, sizeof(publish)), STREAM_GAP);
	PASS(say(&t, 0, F | A, "", 0), FLOW);
}

static void case_budget(void)
{
	struct talk t;
	u32 i;

	policy("adopt: 60s\n", "    flows: 3\n", "    adopt: always\n    flows: 3\n");
	attached(1);
	for (i = 0; i < 3; i++) {
		t = talk_of(&it, &cell, 443);
		PASS(ack(&t, 0), RULE);
	}
	t = talk_of(&it, &cell, 443);
	DROP(ack(&t, 0), FLOW_BUDGET);
	DROP(ack(&t, 1), FLOW_BUDGET);
	/* a refused first segment counts as long as its place cannot be used */
	for (i = 0; i < 3; i++) {
		t = talk_of(&lab, &cell, 502);
		DROP(say(&t, 0, A | P, "nonsense", 8), STREAM_GAP);
		DROP(say(&t, 0, A | P, "nonsense", 8), STREAM_GAP);
	}
	t = talk_of(&lab, &cell, 502);
	DROP(say(&t, 0, A | P, "nonsense", 8), FLOW_BUDGET);
}

static void case_monitor(void)
{
	struct talk t = talk_of(&it, &cell, 502);

	policy("adopt: 60s\n", "    mode: monitor\n", "");
	attached(1);
	PASS(say(&t, 0, A | P, ask + 4, sizeof(ask) - 4), PDU_PROTOCOL);
	CHECK(v.flags & OTSEG_V_MONITORED);
	PASS(say(&t, 0, A | P, ask, sizeof(ask)), RULE);
	PASS(say(&t, 1, A | P, answer, sizeof(answer)), RULE);
	attached(WINDOW + 1);
	t = talk_of(&it, &cell, 502);
	PASS(say(&t, 0, A | P, ask, sizeof(ask)), TCP_NO_FLOW);
	CHECK(v.flags & OTSEG_V_MONITORED);
}

/* A connection that was taken up lives on under another policy, and is judged by that. */
static void case_swap(void)
{
	struct talk t = talk_of(&it, &cell, 502);

	window_open();
	PASS(say(&t, 0, A | P, ask, sizeof(ask)), RULE);
	PASS(say(&t, 1, A | P, answer, sizeof(answer)), RULE);
	policy("", "", "");
	PASS(say(&t, 0, A | P, ask, sizeof(ask)), RULE);
	PASS(say(&t, 1, A | P, answer, sizeof(answer)), RULE);
	DROP(say(&t, 0, A | P, write_one, sizeof(write_one)), ACCESS);
	/* half of one is known: the other half may come */
	t = talk_of(&it, &cell, 502);
	window_open();
	PASS(say(&t, 0, A | P, ask, sizeof(ask)), RULE);
	policy("", "", "");
	PASS(say(&t, 1, A | P, answer, sizeof(answer)), RULE);
}

/* Wrong checksums take nothing up where they are real. */
static void case_checksum(void)
{
	struct talk t = talk_of(&it, &cell, 502);

	window_open();
	s->checksums(s, it.ifindex, 1);
	attached(1);
	PASS(segment(&t, 0, A | P, t.seq[0], t.seq[1], ask, sizeof(ask)), RULE);
	t = talk_of(&it, &cell, 502);
	frame_tcp(&f, &it, &cell, &(struct tcp){ 1, 1, t.port[0], 502, A, 502, -1 }, ask, sizeof(ask));
	f.bytes[f.l4 + 16] ^= 1;
	DROP(subject_send(s, it.ifindex, &f, &v), L4_CHECKSUM);
	PASS(segment(&t, 0, A | P, 1, 1, ask, sizeof(ask)), RULE);
	s->checksums(s, it.ifindex, 0);
}

/* What is counted in a budget is given back by a sweep only: this one comes first. */
static const struct ktap_case cases[] = {
	{ "budgets", case_budget },
	{ "without a word in the policy nothing is taken up", case_default },
	{ "the window of an interface", case_window },
	{ "a segment of the answering side", case_answering_side },
	{ "conduits that always do, and never", case_conduits },
	{ "only what the policy allows, by who may open", case_policy },
	{ "only by plain segments", case_flags },
	{ "one side is known, then both", case_one_side },
	{ "inspected: whole PDUs", case_inspected },
	{ "inspected: what does not begin and end with a PDU", case_boundary },
	{ "inspected: the receiver's word", case_told },
	{ "inspected: answers to what was not seen", case_answer },
	{ "inspected: what was agreed on before", case_agreed },
	{ "monitor mode", case_monitor },
	{ "a policy swap", case_swap },
	{ "checksums", case_checksum },
};

/**
 * adoption_run - run all cases, and report
 * @subject: on this
 *
 * Return: exit code of the program.
 */
int adoption_run(struct subject *subject)
{
	int n_cases = sizeof(cases) / sizeof(cases[0]);
	int i;

	s = subject;
	ktap_begin(n_cases);
	end_set(&it, s->ifindex[0], 0, "10.0.0.5", 5);
	end_set(&cell, s->ifindex[1], 0, "192.168.10.11", 11);
	end_set(&lab, s->ifindex[2], 0, "192.168.30.31", 31);
	end_set(&it6, s->ifindex[0], 0, "fd00:10::5", 5);
	end_set(&cell6, s->ifindex[1], 0, "fd00:20::b", 11);
	for (i = 0; i < n_cases; i++) {
		ktap_failures = 0;
		later(86400 * SECOND);
		cases[i].run();
		ktap_result(!ktap_failures, "%s", cases[i].name);
	}
	return ktap_end(n_cases);
}
