// SPDX-License-Identifier: GPL-2.0-only
/*
 * Inspected TCP streams, one trick at a time: split, packed, repeated, reordered
 * and forged segments, answers nobody asked for, full windows, rates, monitor
 * mode, policy swaps and the slots of sessions. Random schedules against a model
 * of a receiver are in test_stream_random.c; frames and flows are not the matter.
 */
#include <stdlib.h>
#include <string.h>

#include "ktap.h"
#include "rig.h"

#define REQ OTSEG_DIR_REQUEST
#define RSP OTSEG_DIR_RESPONSE
#define HOLDING OTSEG_MODBUS_OBJ_HOLDING_REGISTER
#define ISN_C 0xfffffff0u /* both directions wrap early */
#define ISN_S 0x7ffffff8u

static struct rig *rig;
static u8 seen[OTSEG_R_COUNT]; /* reasons that came */
static u32 next[2]; /* what each side sends next */

/* Registers 0-99 of unit 1 may be read, 40-41 written with 0-1500. */
static const struct rig_rule plant[] = {
	{ .access = OTSEG_ACCESS_READ, .n_units = 1, .units = { { 1, 1 } }, .n_objects = 1,
	  .objects = { { HOLDING, 0, 99 } } },
	{ .access = OTSEG_ACCESS_WRITE, .n_units = 1, .units = { { 1, 1 } }, .n_objects = 1,
	  .objects = { { HOLDING, 40, 41 } }, .n_values = 1, .values = { { 0, 1500 } } },
};

#define READ(id) { 0, id, 0, 0, 0, 6, 1, 3, 0, 16, 0, 3 }
#define ANSWER(id) { 0, id, 0, 0, 0, 9, 1, 3, 6, 0, 1, 0, 2, 0, 3 }
#define WRITE(id, value) { 0, id, 0, 0, 0, 6, 1, 6, 0, 40, (value) >> 8, (value) & 255 }
static const u8 read_1[] = READ(1);
static const u8 answer_1[] = ANSWER(1);
static const u8 write_2[] = WRITE(2, 300);
static const u8 evil[] = WRITE(3, 9999);

static u32 noted(u32 reason)
{
	seen[reason] = 1;
	return reason;
}

static void start(void)
{
	rig_reset(rig);
	rig_policy(rig, plant, 2);
	rig_open(rig, ISN_C, ISN_S);
	CHECK(rig->segment == OTSEG_R_FLOW);
	next[REQ] = ISN_C + 1;
	next[RSP] = ISN_S + 1;
}

/* A segment at any place; nothing of the script moves. */
static u32 place(u32 dir, u32 seq, const void *bytes, u32 n)
{
	return noted(rig_segment(rig, dir, 0, seq, next[!dir], bytes, n));
}

/* The next segment of a side, acknowledging what the other one has sent. */
static u32 send(u32 dir, const void *bytes, u32 n)
{
	u32 reason = place(dir, next[dir], bytes, n);

	if (rig_passes(reason))
		next[dir] += n;
	return reason;
}

/* A bare acknowledgement of @ack from the side @dir. */
static void acknowledge(u32 dir, u32 ack)
{
	rig_segment(rig, dir, 0, next[dir], ack, "", 0);
}

static u32 state_digest(void)
{
	const struct otseg_session *s = rig_session(rig);
	const u8 *at = (const u8 *)&s->owner;
	u32 hash = 1;

	for (; at < (const u8 *)(s + 1); at++)
		hash = hash * 31 + *at;
	return hash;
}

#define EXPECT(reason, expression)                                                      \
	do {                                                                            \
		u32 got = (expression);                                                 \
                                                                                        \
		CHECK(got == OTSEG_R_##reason, "%s, not %s", rig_reason(got), #reason); \
	} while (0)
#define SEND(dir, bytes) send(dir, bytes, sizeof(bytes))

static void test_conversation(void)
{
	u64 *counters;

	start();
	counters = rig->e.counters;
	EXPECT(RULE, SEND(REQ, read_1));
	CHECK(rig->e.s->verdict.rule == 0 && rig->e.s->verdict.n_messages == 1);
	CHECK(rig->n_observed == 1 && rig->observed.function >> 16 == 3);
	EXPECT(RULE, SEND(RSP, answer_1));
	CHECK(rig->e.s->verdict.rule == 0 && rig->observed.dir == RSP);
	EXPECT(RULE, SEND(REQ, write_2));
	CHECK(rig->e.s->verdict.rule == 1);
	EXPECT(RULE, SEND(RSP, write_2));
	CHECK(rig->e.s->verdict.rule == 1 && rig->n_observed == 4);
	CHECK(counters[OTSEG_CTR_RULE + OTSEG_CTR_RULE_MESSAGES] == 1);
	CHECK(counters[OTSEG_CTR_RULE + OTSEG_CTR_RULE_LEN + OTSEG_CTR_RULE_MESSAGES] == 1);
	CHECK(counters[OTSEG_CTR_CONDUIT + OTSEG_CTR_CONDUIT_MESSAGES] == 2);
	EXPECT(VALUE, SEND(REQ, evil));
	CHECK(rig->e.s->verdict.rule == OTSEG_NONE32);
	acknowledge(REQ, next[RSP]);
	CHECK(rig->segment == OTSEG_R_FLOW && !rig->e.s->verdict.n_messages);
}

static void test_pipeline(void)
{
	u8 requests[6 * 12];
	u8 answers[6 * 15];
	u32 i;

	start();
	for (i = 0; i < 6; i++) {
		memcpy(requests + 12 * i, (u8[])READ(i), 12);
		memcpy(answers + 15 * i, (u8[])ANSWER(5 - i), 15);
	}
	EXPECT(RULE, SEND(REQ, requests));
	CHECK(rig->e.s->verdict.n_messages == 6);
	EXPECT(RULE, SEND(RSP, answers)); /* in any order */
	EXPECT(PDU_UNSOLICITED, SEND(RSP, answer_1));
}

/* The same id for every request: each answer is held against one that asked for its size. */
static void test_same_ids(void)
{
	const u8 small[] = { 0, 0, 0, 0, 0, 6, 1, 3, 0, 0, 0, 1 };
	const u8 large[] = { 0, 0, 0, 0, 0, 6, 1, 3, 0, 0, 0, 2 };
	const u8 small_answer[] = { 0, 0, 0, 0, 0, 5, 1, 3, 2, 0, 1 };
	const u8 large_answer[] = { 0, 0, 0, 0, 0, 7, 1, 3, 4, 0, 1, 0, 2 };
	const u8 exception[] = { 0, 0, 0, 0, 0, 3, 1, 0x83, 2 };

	start();
	EXPECT(RULE, SEND(REQ, large));
	EXPECT(RULE, SEND(REQ, small));
	EXPECT(RULE, SEND(REQ, large));
	EXPECT(RULE, SEND(RSP, exception)); /* the oldest */
	EXPECT(RULE, SEND(RSP, small_answer));
	EXPECT(PDU_UNSOLICITED, SEND(RSP, small_answer));
	EXPECT(RULE, SEND(RSP, large_answer));
	EXPECT(PDU_UNSOLICITED, SEND(RSP, exception));
}

static void test_answers(void)
{
	static const u8 wrong[][15] = {
		{ 0, 2, 0, 0, 0, 9, 1, 3, 6, 0, 1, 0, 2, 0, 3 }, /* transaction */
		{ 0, 1, 0, 0, 0, 9, 2, 3, 6, 0, 1, 0, 2, 0, 3 }, /* unit */
		{ 0, 1, 0, 0, 0, 9, 1, 4, 6, 0, 1, 0, 2, 0, 3 }, /* function */
		{ 0, 1, 0, 0, 0, 7, 1, 3, 4, 0, 1, 0, 2 }, /* size */
		{ 0, 1, 0, 0, 0, 3, 1, 0x84, 2 }, /* function of an exception */
	};
	u8 twice[2 * sizeof(answer_1)];
	u32 i;

	start();
	EXPECT(PDU_UNSOLICITED, SEND(RSP, answer_1));
	EXPECT(RULE, SEND(REQ, read_1));
	for (i = 0; i < sizeof(wrong) / sizeof(*wrong); i++)
		EXPECT(PDU_UNSOLICITED, send(RSP, wrong[i], wrong[i][5] + 6u));
	/* as soon as it shows */
	EXPECT(PDU_UNSOLICITED, send(RSP, wrong[0], 7));
	EXPECT(PDU_UNSOLICITED, send(RSP, wrong[2], 8));
	EXPECT(PDU_UNSOLICITED, send(RSP, wrong[3], 9));
	EXPECT(RULE, SEND(RSP, answer_1));
	EXPECT(PDU_UNSOLICITED, SEND(RSP, answer_1));
	/* two answers to one request in one segment */
	EXPECT(RULE, SEND(REQ, read_1));
	memcpy(twice, answer_1, sizeof(answer_1));
	memcpy(twice + sizeof(answer_1), answer_1, sizeof(answer_1));
	EXPECT(PDU_UNSOLICITED, SEND(RSP, twice));
	EXPECT(RULE, SEND(RSP, answer_1));
}

/* Requests that are never answered are forgotten in their order, the last 32 are not. */
static void test_abandoned(void)
{
	u32 i;

	start();
	for (i = 0; i < 100; i++) {
		EXPECT(RULE, send(REQ, (u8[])READ(i), 12));
		acknowledge(RSP, next[REQ]);
	}
	EXPECT(PDU_UNSOLICITED, send(RSP, (u8[])ANSWER(67), 15));
	for (i = 68; i < 100; i++)
		EXPECT(RULE, send(RSP, (u8[])ANSWER(i), 15));
	EXPECT(RULE, SEND(REQ, read_1));
	EXPECT(RULE, SEND(RSP, answer_1));
}

static void test_direction(void)
{
	start();
	EXPECT(PDU_DIRECTION, SEND(RSP, read_1));
	EXPECT(PDU_DIRECTION, send(RSP, (u8[]){ 0, 1, 0, 0, 0, 11, 1, 16, 0, 40, 0, 2, 4, 0, 1, 0, 2 }, 17));
	EXPECT(RULE, SEND(REQ, read_1));
	EXPECT(PDU_DIRECTION, SEND(RSP, read_1));
	EXPECT(PDU_MALFORMED, send(REQ, (u8[]){ 0, 1, 0, 0, 0, 3, 1, 0x83, 2 }, 9));
}

/* Three requests and three answers, cut at every pair of places, and into single bytes. */
static void test_every_cut(void)
{
	u8 requests[36];
	u8 answers[42];
	u32 a, b, dir;

	memcpy(requests, read_1, 12);
	memcpy(requests + 12, write_2, 12);
	memcpy(requests + 24, (u8[])READ(3), 12);
	memcpy(answers, answer_1, 15);
	memcpy(answers + 15, write_2, 12);
	memcpy(answers + 27, (u8[])ANSWER(3), 15);
	for (dir = REQ; dir <= RSP; dir++) {
		const u8 *bytes = dir == REQ ? requests : answers;
		u32 n = dir == REQ ? 36 : 42;

		for (a = 0; a <= n; a++) {
			for (b = a; b <= n; b++) {
				start();
				if (dir == RSP)
					CHECK(rig_passes(SEND(REQ, requests)));
				CHECK(!a || rig_passes(send(dir, bytes, a)));
				CHECK(a == b || rig_passes(send(dir, bytes + a, b - a)));
				CHECK(b == n || rig_passes(send(dir, bytes + b, n - b)));
				CHECK(rig->n_observed == (dir == REQ ? 3 : 6), "%u %u", a, b);
			}
		}
		start();
		if (dir == RSP)
			CHECK(rig_passes(SEND(REQ, requests)));
		for (a = 0; a < n; a++) {
			CHECK(rig_passes(send(dir, bytes + a, 1)), "byte %u", a);
			/* again, and a longer piece that ends there too */
			CHECK(rig_passes(place(dir, next[dir] - 1, bytes + a, 1)));
			CHECK(rig_passes(place(dir, next[dir] - a - 1, bytes, a + 1)));
			if (a % 3 == 0)
				acknowledge(!dir, next[dir]);
		}
		CHECK(rig->n_observed == (dir == REQ ? 3 : 6));
	}
}

/* E1: a refused request never reaches its receiver as a whole, however it is cut. */
static void test_split_evil(void)
{
	u8 both[24];
	u32 a, b;

	memcpy(both, read_1, 12);
	memcpy(both + 12, evil, 12);
	for (a = 1; a < 24; a++) {
		for (b = a; b <= 24; b++) {
			u32 passed = 0;

			start();
			if (rig_passes(send(REQ, both, a)))
				passed = a;
			if (passed && b > a && rig_passes(send(REQ, both + a, b - a)))
				passed = b;
			if (passed == b && b < 24 && rig_passes(send(REQ, both + b, 24 - b)))
				passed = 24;
			CHECK(passed < 24, "cut at %u and %u", a, b);
		}
	}
	start();
	for (a = 0; a < 24; a++) {
		if (!rig_passes(send(REQ, both + a, 1)))
			break;
	}
	CHECK(a == 23);
	/* with an unwelcome function it stops at the byte that names it */
	both[12 + 7] = 0x64;
	start();
	for (a = 0; a < 24; a++) {
		if (!rig_passes(send(REQ, both + a, 1)))
			break;
	}
	CHECK(a == 12 + 7);
}

/* E2: one refused request keeps the whole segment back, and nothing of it is remembered. */
static void test_packed_evil(void)
{
	u8 both[24];
	u32 digest;

	start();
	EXPECT(RULE, SEND(REQ, read_1));
	EXPECT(RULE, SEND(RSP, answer_1));
	memcpy(both, read_1, 12);
	memcpy(both + 12, evil, 12);
	digest = state_digest();
	EXPECT(VALUE, SEND(REQ, both));
	CHECK(digest == state_digest());
	memcpy(both, evil, 12);
	memcpy(both + 12, read_1, 12);
	EXPECT(VALUE, SEND(REQ, both));
	CHECK(digest == state_digest());
	EXPECT(PDU_UNSOLICITED, SEND(RSP, answer_1));
	EXPECT(RULE, SEND(REQ, read_1));
	EXPECT(RULE, SEND(RSP, answer_1));
}

/* E3: other bytes do not take the place of judged ones, until the receiver has those. */
static void test_rewrite(void)
{
	u8 other[12];
	u8 longer[24];
	u32 i, n;

	start();
	EXPECT(RULE, SEND(REQ, read_1));
	memcpy(longer, read_1, 12);
	memcpy(longer + 12, write_2, 12);
	for (i = 0; i < 12; i++) {
		memcpy(other, read_1, 12);
		other[i] ^= 0x10;
		EXPECT(STREAM_OVERLAP, place(REQ, ISN_C + 1, other, 12));
		for (n = 1; n <= 12 - i; n++)
			EXPECT(STREAM_OVERLAP, place(REQ, ISN_C + 1 + i, other + i, n));
		if (i)
			EXPECT(FLOW, place(REQ, ISN_C + 1, other, i));
		longer[i] ^= 0x10;
		EXPECT(STREAM_OVERLAP, place(REQ, ISN_C + 1, longer, 24));
		longer[i] ^= 0x10;
	}
	/* an allowed request is no better, and neither is one with other boundaries */
	EXPECT(STREAM_OVERLAP, place(REQ, ISN_C + 1, write_2, 12));
	EXPECT(STREAM_OVERLAP, place(REQ, ISN_C, longer, 13));
	/* the half that the receiver has does not matter; the other one does */
	acknowledge(RSP, ISN_C + 1 + 6);
	memcpy(other, read_1, 12);
	other[5] ^= 1;
	EXPECT(FLOW, place(REQ, ISN_C + 1, other, 12));
	other[6] ^= 1;
	EXPECT(STREAM_OVERLAP, place(REQ, ISN_C + 1, other, 12));
	EXPECT(FLOW, place(REQ, ISN_C + 1, other, 6));
	acknowledge(RSP, ISN_C + 1 + 12);
	EXPECT(FLOW, place(REQ, ISN_C + 1, other, 12));
	EXPECT(FLOW, place(REQ, ISN_C + 1, evil, 12));
	/* what follows new bytes is judged as ever */
	EXPECT(VALUE, place(REQ, ISN_C + 1 + 12, evil, 12));
	memcpy(longer, evil, 12);
	EXPECT(RULE, place(REQ, ISN_C + 1, longer, 24));
}

/*
 * Two allowed readings of the same numbers, mixed by the receiver, would make a
 * third: a 12-byte read and a 13-byte write cannot both begin at one place.
 */
static void test_shifted_boundaries(void)
{
	const u8 first[24] = { 0, 1, 0, 0, 0, 6, 1, 3, 0, 16, 0, 3, 0, 2, 0, 0, 0, 6, 1, 3, 0, 16, 0, 3 };
	const u8 second[17] = { 0, 9, 0, 0, 0, 11, 1, 16, 0, 40, 0, 2, 4, 0, 5, 0, 6 };

	start();
	EXPECT(RULE, SEND(REQ, first));
	EXPECT(STREAM_OVERLAP, place(REQ, ISN_C + 1, second, 17));
	EXPECT(STREAM_OVERLAP, place(REQ, ISN_C + 1 + 12, second, 17));
}

/* E4: nothing passes ahead of its turn. */
static void test_gap(void)
{
	start();
	EXPECT(STREAM_GAP, place(REQ, ISN_C + 1 + 12, write_2, 12));
	EXPECT(STREAM_GAP, place(REQ, ISN_C + 2, write_2, 12));
	EXPECT(RULE, SEND(REQ, read_1));
	EXPECT(RULE, SEND(REQ, write_2));
	EXPECT(STREAM_GAP, place(RSP, ISN_S + 1 + 15, write_2, 12));
	EXPECT(RULE, SEND(RSP, answer_1));
	EXPECT(RULE, SEND(RSP, write_2));
}

/* E5: acknowledgements count only for bytes that passed, and from the receiver. */
static void test_acknowledgements(void)
{
	u8 other[12] = WRITE(7, 1);

	start();
	acknowledge(RSP, ISN_C + 1 + 12);
	acknowledge(RSP, ISN_C + 1 + 0x40000000);
	EXPECT(RULE, SEND(REQ, read_1));
	CHECK(rig_session(rig)->dir[REQ].acked == ISN_C + 1);
	EXPECT(STREAM_OVERLAP, place(REQ, ISN_C + 1, other, 12));
	acknowledge(RSP, ISN_C + 1 + 14);
	acknowledge(REQ, ISN_C + 1 + 12); /* the sender's own word is none */
	EXPECT(STREAM_OVERLAP, place(REQ, ISN_C + 1, other, 12));
	/* those of a dropped segment do not count: the sender may never learn of them */
	EXPECT(PDU_UNSOLICITED, rig_segment(rig, RSP, 0, ISN_S + 1, ISN_C + 13, write_2, 12));
	CHECK(rig_session(rig)->dir[REQ].acked == ISN_C + 1);
	acknowledge(RSP, ISN_C + 13);
	CHECK(rig_session(rig)->dir[REQ].acked == ISN_C + 13);
	acknowledge(RSP, ISN_C + 1 + 5); /* an old one takes nothing back */
	CHECK(rig_session(rig)->dir[REQ].acked == ISN_C + 13);
	/* a FIN is acknowledged as a byte */
	EXPECT(RULE, SEND(REQ, write_2));
	acknowledge(RSP, next[REQ] + 1);
	CHECK(rig_session(rig)->dir[REQ].acked == next[REQ]);
}

/* E6: data with a SYN, urgent data, data with FIN. */
static void test_control_bits(void)
{
	start();
	EXPECT(TCP_URGENT, noted(rig_segment(rig, REQ, OTSEG_TCP_ACK | OTSEG_TCP_URG, next[REQ],
					     next[RSP], read_1, 12)));
	EXPECT(TCP_SYN_DATA, noted(rig_segment(rig, REQ, OTSEG_TCP_SYN, next[REQ], 0, read_1, 12)));
	EXPECT(VALUE, rig_segment(rig, REQ, OTSEG_TCP_ACK | OTSEG_TCP_FIN, next[REQ], next[RSP], evil, 12));
	EXPECT(RULE, rig_segment(rig, REQ, OTSEG_TCP_ACK | OTSEG_TCP_FIN, next[REQ], next[RSP], read_1,
				 12));
}

/* A stream begins where the other side says that it does. */
static void test_handshake(void)
{
	start();
	otseg_stream_open(&rig->e, &rig->flow);
	EXPECT(TCP_STATE, noted(place(REQ, ISN_C + 1, read_1, 12)));
	rig_segment(rig, REQ, OTSEG_TCP_SYN, ISN_C, 0, "", 0);
	EXPECT(TCP_STATE, place(REQ, ISN_C + 1, read_1, 12));
	rig_segment(rig, REQ, OTSEG_TCP_SYN, 5000, 0, "", 0);
	rig_segment(rig, RSP, OTSEG_TCP_SYN | OTSEG_TCP_ACK, ISN_S, ISN_C + 1, "", 0);
	/* neither below nor above what the server has acknowledged */
	EXPECT(STREAM_GAP, place(REQ, 5001, read_1, 12));
	EXPECT(TCP_STATE, place(RSP, ISN_S + 1, answer_1, 15));
	EXPECT(RULE, place(REQ, ISN_C + 1, read_1, 12));
	EXPECT(RULE, place(RSP, ISN_S + 1, answer_1, 15));
	/* a repeated handshake changes nothing once data has passed */
	rig_segment(rig, REQ, OTSEG_TCP_SYN, 9000, 0, "", 0);
	rig_segment(rig, RSP, OTSEG_TCP_SYN | OTSEG_TCP_ACK, 70000, 9001, "", 0);
	EXPECT(RULE, place(REQ, ISN_C + 13, write_2, 12));
}

/* E9, E10: other protocols, and lengths that say two things. */
static void test_protocol(void)
{
	static const u8 long_one[] = { 0, 1, 0, 0, 0, 16, 1, 3, 0, 16, 0,
				       3, 0, 3, 0, 0, 0, 6, 1, 6, 0, 40 };

	start();
	EXPECT(PDU_PROTOCOL, send(REQ, "GET / HTTP/1.0\r\n", 16));
	EXPECT(PDU_PROTOCOL, send(RSP, "SSH-2.0-x\r\n", 11));
	EXPECT(PDU_PROTOCOL, send(REQ, "GET", 3));
	EXPECT(PDU_LENGTH, SEND(REQ, long_one));
	EXPECT(PDU_LENGTH, send(REQ, (u8[]){ 0, 1, 0, 0, 0, 4, 1, 3, 0, 16, 0, 3 }, 12));
	EXPECT(PDU_LENGTH, send(REQ, (u8[]){ 0, 1, 0, 0, 0, 16, 1, 3 }, 8));
}

/* E11: a bound on what one segment may carry; E12: broadcasts. */
static void test_bounds(void)
{
	u8 many[33 * 12];
	u32 i;

	start();
	for (i = 0; i < 33; i++)
		memcpy(many + 12 * i, (u8[])READ(i), 12);
	EXPECT(PDU_COUNT, send(REQ, many, 33 * 12));
	EXPECT(PDU_COUNT, send(REQ, many, 32 * 12 + 1));
	EXPECT(RULE, send(REQ, many, 32 * 12));
	CHECK(rig->e.s->verdict.n_messages == 32);
	for (i = 0; i < 32; i++)
		EXPECT(RULE, send(RSP, (u8[])ANSWER(i), 15));
	EXPECT(UNIT, send(REQ, (u8[]){ 0, 1, 0, 0, 0, 6, 0, 3, 0, 16, 0, 3 }, 12));
	EXPECT(UNIT, send(REQ, (u8[]){ 0, 1, 0, 0, 0, 6, 0 }, 7));
	EXPECT(ACCESS, send(REQ, (u8[]){ 0, 1, 0, 0, 0, 4, 1, 90, 1, 16 }, 10));
	EXPECT(OBJECT, send(REQ, (u8[]){ 0, 1, 0, 0, 0, 6, 1, 3, 0, 100, 0, 1 }, 12));
	EXPECT(FUNCTION_UNKNOWN, send(REQ, (u8[]){ 0, 1, 0, 0, 0, 3, 1, 98, 0 }, 9));
}

/* Probes: a byte of garbage below the acknowledged position; one new byte at a closed window. */
static void test_probes(void)
{
	start();
	EXPECT(FLOW, place(REQ, ISN_C, "\x55", 1));
	EXPECT(FLOW, place(REQ, ISN_C, "", 0));
	EXPECT(RULE, SEND(REQ, read_1));
	EXPECT(FLOW, place(REQ, ISN_C + 12, read_1 + 11, 1));
	EXPECT(STREAM_OVERLAP, place(REQ, ISN_C + 12, "\x55", 1));
	acknowledge(RSP, next[REQ]);
	EXPECT(FLOW, place(REQ, ISN_C + 12, "\x55", 1));
	EXPECT(RULE, send(REQ, write_2, 1));
	EXPECT(FLOW, place(REQ, next[REQ] - 1, write_2, 1));
	acknowledge(RSP, next[REQ]);
	EXPECT(RULE, send(REQ, write_2 + 1, 11));
}

/* Repetitions cut and merged in other ways than the first time. */
static void test_repetitions(void)
{
	u8 all[36];
	u32 a, b;

	start();
	memcpy(all, read_1, 12);
	memcpy(all + 12, write_2, 12);
	memcpy(all + 24, (u8[])READ(3), 12);
	CHECK(rig_passes(send(REQ, all, 30)));
	for (a = 0; a < 30; a++) {
		for (b = a + 1; b <= 30; b++)
			EXPECT(FLOW, place(REQ, ISN_C + 1 + a, all + a, b - a));
	}
	for (a = 0; a < 12; a++)
		EXPECT(FLOW, place(REQ, ISN_C + 1 + a, all + a, 24 - a));
	acknowledge(RSP, ISN_C + 1 + 17);
	EXPECT(RULE, place(REQ, ISN_C + 1 + 10, all + 10, 26));
	CHECK(rig_session(rig)->dir[REQ].next == ISN_C + 1 + 36);
	CHECK(rig->n_observed == 3);
	/* answers: one for each request, but as often as it is lost */
	EXPECT(RULE, send(RSP, answer_1, 15));
	EXPECT(FLOW, place(RSP, ISN_S + 1, answer_1, 15));
	EXPECT(FLOW, place(RSP, ISN_S + 1, answer_1, 15));
	EXPECT(PDU_UNSOLICITED, SEND(RSP, answer_1));
}

/*
 * The window: a request of which a part is not acknowledged needs its room, so what comes behind
 * waits; the first segment never does. Where requests begin, is known every 256 bytes or so.
 */
static void test_window(void)
{
	u8 adu[259] = { 0, 1, 0, 0, 0, 253, 1, 16, 0, 40, 0, 123, 246 };
	u8 large[4096];
	u32 sent = 0;
	u32 i;

	start();
	rig_policy(rig, (const struct rig_rule[]){ { .access = OTSEG_ACCESS_WRITE } }, 1);
	while (rig_passes(SEND(REQ, adu)))
		sent += sizeof(adu);
	EXPECT(STREAM_HOLD, noted(rig->segment));
	CHECK(sent > OTSEG_STREAM_WINDOW - sizeof(adu) && sent <= OTSEG_STREAM_WINDOW);
	EXPECT(FLOW, place(REQ, ISN_C + 1, adu, sizeof(adu)));
	EXPECT(FLOW, place(REQ, next[REQ] - sizeof(adu), adu, sizeof(adu)));
	EXPECT(STREAM_HOLD, SEND(REQ, adu));
	acknowledge(RSP, ISN_C + 1 + 258);
	EXPECT(STREAM_HOLD, SEND(REQ, adu));
	acknowledge(RSP, ISN_C + 1 + 259);
	EXPECT(RULE, SEND(REQ, adu));
	for (i = 0; i < 100; i++) {
		acknowledge(RSP, next[REQ] - 3000 + i);
		EXPECT(RULE, SEND(REQ, adu));
	}
	EXPECT(FLOW, place(REQ, next[REQ] - sizeof(adu) - 9, adu + sizeof(adu) - 9, 9));
	acknowledge(RSP, next[REQ]);
	memset(large, 0, sizeof(large));
	for (i = 0; i + sizeof(adu) <= sizeof(large); i += sizeof(adu))
		memcpy(large + i, adu, sizeof(adu));
	EXPECT(RULE, send(REQ, large, 11 * sizeof(adu)));
	acknowledge(RSP, next[REQ]);
	EXPECT(STREAM_BUDGET, noted(send(REQ, large, 12 * sizeof(adu))));
	/* an open PDU stays, even if the receiver has its beginning */
	EXPECT(RULE, send(REQ, adu, 200));
	acknowledge(RSP, next[REQ]);
	EXPECT(RULE, send(REQ, adu + 200, 59));
	CHECK(rig->observed.length == 259 && rig->observed.objects[0].last == 162);
}

static void test_rates(void)
{
	struct rig_rule limited[2] = { plant[0], plant[1] };
	u8 two[24];
	u32 digest;
	u32 i;

	start();
	limited[0].rate_packets = 3;
	rig_policy(rig, limited, 2);
	memcpy(two, read_1, 12);
	memcpy(two + 12, (u8[])READ(2), 12);
	for (i = 0; i < 3; i++)
		EXPECT(RULE, SEND(REQ, two)); /* a frame counts once */
	digest = state_digest();
	EXPECT(RATE_LIMIT, noted(SEND(REQ, two)));
	CHECK(rig->e.s->verdict.rule == 0 && digest == state_digest());
	EXPECT(RULE, SEND(REQ, write_2)); /* another rule's rate */
	for (i = 0; i < 6; i++)
		EXPECT(RULE, send(RSP, (u8[])ANSWER(i % 2 + 1), 15)); /* answers use up nothing */
	rig->e.s->arrival.now_ns += 1000000000;
	EXPECT(RULE, SEND(REQ, read_1));
}

/* Monitor mode: everything passes, and is reported; behind it the stream is in step again. */
static void test_monitor(void)
{
	u8 both[24];

	start();
	rig->monitored = 1;
	EXPECT(VALUE, SEND(REQ, evil));
	next[REQ] += 12;
	EXPECT(RULE, send(RSP, evil, 12)); /* its answer is an answer */
	memcpy(both, evil, 12);
	memcpy(both + 12, read_1, 12);
	EXPECT(VALUE, SEND(REQ, both));
	CHECK(rig->e.s->verdict.n_messages == 2);
	next[REQ] += 24;
	EXPECT(RULE, SEND(REQ, read_1));
	EXPECT(PDU_PROTOCOL, send(REQ, "GET / HTTP/1.0\r\n", 16));
	EXPECT(FLOW, place(REQ, next[REQ], "GET / HTTP/1.0\r\n", 16)); /* reported once */
	next[REQ] += 16;
	EXPECT(RULE, SEND(REQ, write_2));
	EXPECT(STREAM_GAP, place(REQ, next[REQ] + 100, read_1, 12));
	next[REQ] += 112;
	EXPECT(RULE, SEND(REQ, write_2));
	EXPECT(STREAM_OVERLAP, place(REQ, next[REQ] - 24, evil, 12));
	EXPECT(RULE, SEND(REQ, write_2));
	EXPECT(TCP_URGENT, rig_segment(rig, REQ, OTSEG_TCP_ACK | OTSEG_TCP_URG, next[REQ], next[RSP],
				       read_1, 12));
	next[REQ] += 12;
	EXPECT(RULE, SEND(REQ, write_2));
	EXPECT(PDU_UNSOLICITED, send(RSP, (u8[])ANSWER(77), 15));
	next[RSP] += 15;
	EXPECT(RULE, send(RSP, write_2, 12));
	/* and back to enforcing */
	rig->monitored = 0;
	EXPECT(VALUE, SEND(REQ, evil));
	EXPECT(RULE, SEND(REQ, read_1));
	/* a connection that was there before the firewall */
	start();
	rig->monitored = 1;
	otseg_stream_open(&rig->e, &rig->flow);
	EXPECT(RULE, place(REQ, 1000, read_1, 12));
	EXPECT(RULE, place(REQ, 1012, write_2, 12));
	EXPECT(RULE, place(RSP, 70, answer_1, 15));
	EXPECT(VALUE, place(REQ, 1024, evil, 12));
}

/* A new policy judges what comes again too; answers to what was asked still pass. */
static void test_swap(void)
{
	struct rig_rule changed[2] = { plant[0], plant[1] };

	start();
	EXPECT(RULE, SEND(REQ, write_2));
	EXPECT(RULE, SEND(REQ, read_1));
	changed[1].values[0].last = 299;
	rig_policy(rig, changed, 2);
	rig_new_generation(rig);
	EXPECT(VALUE, place(REQ, ISN_C + 1, write_2, 12));
	EXPECT(VALUE, place(REQ, ISN_C + 1, write_2, 5));
	EXPECT(RULE, send(RSP, write_2, 12));
	acknowledge(RSP, ISN_C + 1 + 12);
	EXPECT(FLOW, place(REQ, ISN_C + 1, write_2, 12)); /* the receiver has it */
	EXPECT(FLOW, place(REQ, ISN_C + 13, read_1, 12));
	EXPECT(RULE, send(RSP, answer_1, 15));
	EXPECT(FLOW, place(RSP, ISN_S + 13, answer_1, 15));
	EXPECT(VALUE, SEND(REQ, write_2));
	/* half a request, allowed when it began */
	rig_policy(rig, plant, 2);
	rig_new_generation(rig);
	EXPECT(RULE, send(REQ, write_2, 11));
	rig_policy(rig, changed, 2);
	rig_new_generation(rig);
	EXPECT(VALUE, send(REQ, write_2 + 11, 1));
	rig_policy(rig, plant, 2);
	rig_new_generation(rig);
	EXPECT(RULE, send(REQ, write_2 + 11, 1));
	/* far into the stream, with the last two requests unacknowledged */
	for (u32 i = 0; i < 1000; i++) {
		EXPECT(RULE, SEND(REQ, write_2));
		acknowledge(RSP, next[REQ] - 12);
	}
	EXPECT(RULE, SEND(REQ, read_1));
	rig_new_generation(rig);
	EXPECT(FLOW, place(REQ, next[REQ] - 24, write_2, 12));
	rig_policy(rig, changed, 2);
	rig_new_generation(rig);
	EXPECT(VALUE, place(REQ, next[REQ] - 24, write_2, 12));
	rig_policy(rig, plant, 2);
	/* a rule index of an older policy is not reported */
	rig_new_generation(rig);
	rig->e.s->path.rule = 5;
	EXPECT(RULE, send(RSP, write_2, 12));
	CHECK(rig->e.s->verdict.rule == 5);
}

static u8 publish[8192]; /* MQTT */

/* Fills @publish from @at on with a PUBLISH of topic "t" that is @n bytes long, 3 of them its lead. */
static u32 put_publish(u32 at, u32 n, u8 topic)
{
	u32 rest = n - 3;

	publish[at] = 0x30;
	publish[at + 1] = (u8)(0x80 | (rest & 127));
	publish[at + 2] = (u8)(rest >> 7);
	memcpy(publish + at + 3, (u8[]){ 0, 1, topic }, 3);
	memset(publish + at + 6, 'x', n - 6);
	return at + n;
}

/* A conversation of MQTT: connected, nothing under way. */
static void start_mqtt(const struct rig_rule *rules, u32 n)
{
	static const u8 connect[] = { 0x10, 12, 0, 4, 'M', 'Q', 'T', 'T', 4, 2, 0, 60, 0, 0 };
	static const u8 accepted[] = { 0x20, 2, 0, 0 };

	rig->service = OTSEG_SVC_MQTT;
	rig_reset(rig);
	rig_policy(rig, rules, n);
	rig_open(rig, ISN_C, ISN_S);
	next[REQ] = ISN_C + 1;
	next[RSP] = ISN_S + 1;
	EXPECT(RULE, SEND(REQ, connect));
	EXPECT(RULE, SEND(RSP, accepted));
	acknowledge(REQ, next[RSP]);
}

static const struct rig_rule anything = { .access = 0xff };

/* Long PDUs one behind the other, in full segments: each of them passes in the end. */
static void test_long_row(void)
{
	u32 size, n, at, i;

	for (size = 1025; size < 2600; size += 25) {
		start_mqtt(&anything, 1);
		for (n = 0, i = 0; i < 3; i++)
			n = put_publish(n, size, 't');
		for (at = 0; at < n; at += i) {
			i = n - at < 1448 ? n - at : 1448;
			CHECK(rig_passes(send(REQ, publish + at, i)), "%u at %u", size, at);
			/* what is not acknowledged may come again */
			EXPECT(FLOW, place(REQ, next[REQ] - i, publish + at, i));
			publish[at + i - 1] ^= 1;
			if (at + i == n)
				EXPECT(FLOW, place(REQ, next[REQ] - i, publish + at, i - 1));
			publish[at + i - 1] ^= 1;
			acknowledge(RSP, next[REQ]);
		}
		CHECK(rig->n_observed == 5, "%u", size);
	}
	rig->service = OTSEG_SVC_MODBUS;
}

/* A new policy while a long PDU is under way: its beginning is judged again, its rest is not. */
static void test_long_swap(void)
{
	const struct rig_rule nothing = { .access = OTSEG_ACCESS_READ };
	u32 first, n, at;

	start_mqtt(&anything, 1);
	first = next[REQ];
	n = put_publish(0, 6000, 't');
	put_publish(n, 1000, 't');
	for (at = 0; at < 5600; at += 1400)
		CHECK(rig_passes(send(REQ, publish + at, 1400)));
	/* the first segment was lost */
	rig_new_generation(rig);
	EXPECT(FLOW, place(REQ, first, publish, 1400));
	rig_policy(rig, &nothing, 1);
	rig_new_generation(rig);
	EXPECT(ACCESS, place(REQ, first, publish, 1400));
	EXPECT(ACCESS, place(REQ, first + 1400, publish + 1400, 1400));
	acknowledge(RSP, first + 1400);
	/* what the receiver has begun with, it gets to its end */
	EXPECT(FLOW, place(REQ, first + 1400, publish + 1400, 1400));
	rig_policy(rig, &anything, 1);
	rig_new_generation(rig);
	EXPECT(RULE, send(REQ, publish + at, 1400));
	EXPECT(FLOW, place(REQ, first + 2800, publish + 2800, 1400));
	EXPECT(FLOW, place(REQ, next[REQ] - 1400, publish + at, 1400));
	rig_policy(rig, &nothing, 1);
	rig_new_generation(rig);
	EXPECT(ACCESS, place(REQ, next[REQ] - 1400, publish + at, 1400));
	rig->service = OTSEG_SVC_MODBUS;
}

/* So many short messages that not all can be judged again: none passes unjudged. */
static void test_short_swap(void)
{
	const struct rig_rule nothing = { .access = OTSEG_ACCESS_READ };
	u8 pings[254];
	u32 first, i;

	start_mqtt(&anything, 1);
	first = next[REQ];
	for (i = 0; i < sizeof(pings); i += 2) {
		pings[i] = 0xc0;
		pings[i + 1] = 0;
	}
	for (i = 0; i < 8; i++)
		EXPECT(RULE, SEND(REQ, pings));
	put_publish(0, 200, 't');
	EXPECT(RULE, send(REQ, publish, 200));
	rig_policy(rig, &nothing, 1);
	rig_new_generation(rig);
	place(REQ, first, pings, sizeof(pings));
	CHECK(!rig_passes(place(REQ, next[REQ] - 200, publish, 200)));
	rig->service = OTSEG_SVC_MODBUS;
}

static u32 random_state = 1;

static u32 random_below(u32 n)
{
	random_state = random_state * 1664525 + 1013904223;
	return (u32)((u64)random_state * n >> 32);
}

/*
 * Packets of any length over a lossy way, with the policy swapped for its like now and then:
 * all of it arrives, and other bytes never stand in for those that are kept.
 */
static void test_long_random(void)
{
	static u8 stream[200000];
	u32 first, n, sent, got, acked, len, steps, at, k, round;
	const struct otseg_cursor *c;

	for (round = 0; round < 40; round++) {
		start_mqtt(&anything, 1);
		first = next[REQ];
		for (n = 0; n + 5000 < sizeof(stream); n += len) {
			len = random_below(3) ? 3 + 3 + 127 + random_below(1800) : 1024 + random_below(3900);
			put_publish(0, len, 't');
			memcpy(stream + n, publish, len);
		}
		sent = 0;
		got = 0;
		acked = 0;
		for (steps = 0; acked < n && steps < 200000; steps++) {
			len = random_below(4) ? 1448 : 1 + random_below(1448);
			at = sent;
			if (sent - acked > random_below(12000) || sent == n)
				at = random_below(2) ? acked : acked + random_below(sent - acked + 1);
			if (len > n - at)
				len = n - at;
			next[REQ] = first + at;
			if (len && rig_passes(place(REQ, first + at, stream + at, len))) {
				if (at + len > sent)
					sent = at + len;
				if (random_below(4) && at <= got && at + len > got)
					got = at + len;
			}
			if (random_below(2)) {
				next[REQ] = first + got;
				acknowledge(RSP, first + got);
				acked = got;
			}
			c = &rig_session(rig)->dir[REQ];
			if (!random_below(50))
				rig_new_generation(rig);
			k = c->next - first;
			CHECK(k >= got && k <= sent, "%u: %u, %u, %u", round, got, k, sent);
		}
		CHECK(acked == n, "%u: %u of %u in %u", round, acked, n, steps);
	}
	rig->service = OTSEG_SVC_MODBUS;
}

/* No rule of the leaf is in force. */
static void test_no_rule(void)
{
	struct rig_rule changed[2] = { plant[0], plant[1] };

	start();
	changed[0].conduit = 3;
	changed[1].conduit = 3;
	rig_policy(rig, changed, 2);
	EXPECT(CONDUIT_DISABLED, noted(SEND(REQ, read_1)));
	EXPECT(CONDUIT_DISABLED, send(REQ, read_1, 1));
	changed[0].conduit = 0;
	changed[0].n_functions = 1;
	changed[0].functions[0] = (struct otseg_img_range){ 4 << 16, (4 << 16) + 0xffff };
	rig_policy(rig, changed, 2);
	EXPECT(FUNCTION, noted(SEND(REQ, read_1)));
	changed[0].flags = OTSEG_RULE_VOID;
	rig_policy(rig, changed, 2);
	EXPECT(NO_INSPECTOR, noted(SEND(REQ, read_1)));
}

/* Tries of new flows that find no slot while @n_taken are held by live ones, in 20,000. */
static u32 refused_of(u32 n_taken)
{
	struct otseg_world *w = rig->e.world;
	u64 live = rig->e.flow_id;
	struct otseg_flow other = {};
	u32 refused = 0;
	u32 state = 1;
	u32 taken = 0;
	u32 i;

	for (i = 0; i < OTSEG_SESSIONS; i++)
		w->sessions[i].owner = 0;
	for (i = 0; taken < n_taken || i < 20000; i++) {
		/* an id as the keyed hash of a flow makes it */
		state = state * 1664525 + 1013904223;
		rig->e.flow_id = ((u64)state << 32 | (state >> 7)) & ~0xffffc0000000ull;
		if (otseg_stream_open(&rig->e, &other) != OTSEG_R_RULE) {
			refused += taken == n_taken;
		} else if (taken < n_taken) {
			w->sessions[other.session - 1].owner = live;
			if (++taken == n_taken)
				i = 0;
		} else {
			w->sessions[other.session - 1].owner = 0;
		}
	}
	rig->e.flow_id = live;
	return refused;
}

/* What other conduits hold leaves a flow its place, although it may take few slots only. */
static void test_session_room(void)
{
	u32 refused;
	u32 i;

	start();
	CHECK(!refused_of(256));
	CHECK(!refused_of(OTSEG_SESSIONS / 4));
	CHECK(!refused_of(OTSEG_SESSIONS / 2));
	/* seven eighths of them used, which is more than the tool lets them be: one in 72 */
	refused = refused_of(OTSEG_SESSIONS * 7 / 8);
	CHECK(refused > 20000 / 144 && refused < 20000 / 36, "%u refused", refused);
	for (i = 0; i < OTSEG_SESSIONS; i++)
		rig->e.world->sessions[i].owner = 0;
}

/* Sessions: busy, stolen, none left, taken over, given back. */
static void test_sessions(void)
{
	struct otseg_world *w;
	struct otseg_flow_bucket *bucket;
	struct otseg_flow other = {};
	struct otseg_session *s;
	u64 id;
	u32 i;

	start();
	w = rig->e.world;
	bucket = &w->lines[0].bucket;
	id = rig->e.flow_id;
	s = rig_session(rig);
	s->busy = 1;
	EXPECT(STREAM_BUSY, SEND(REQ, read_1));
	EXPECT(FLOW, place(REQ, next[REQ], "", 0));
	s->busy = 0;
	EXPECT(RULE, SEND(REQ, read_1));
	s->owner = id + 1;
	EXPECT(SESSION_BUDGET, SEND(REQ, read_1));
	s->owner = id;
	EXPECT(RULE, SEND(REQ, write_2));
	/* a second flow of a live first one finds another slot; its end gives that back */
	bucket->tag[1] = 78;
	bucket->deadline_s[1] = 2000;
	rig->e.flow_id = 78ull << 32 | 2;
	EXPECT(RULE, otseg_stream_open(&rig->e, &other));
	CHECK(other.session && other.session != rig->flow.session);
	otseg_stream_close(&rig->e, &other);
	CHECK(!w->sessions[other.session - 1].owner);
	/* all ways held by live flows */
	for (i = 0; i < OTSEG_SESSIONS; i++)
		w->sessions[i].owner = id;
	EXPECT(SESSION_BUDGET, noted(otseg_stream_open(&rig->e, &other)));
	CHECK(!other.session);
	/* a flow that is just being opened counts as alive, one past its time does not */
	bucket->tag[0] = OTSEG_TAG_BUSY;
	EXPECT(SESSION_BUDGET, otseg_stream_open(&rig->e, &other));
	bucket->tag[0] = 77;
	bucket->deadline_s[0] = rig->e.now_s;
	EXPECT(RULE, otseg_stream_open(&rig->e, &other));
	CHECK(w->sessions[other.session - 1].owner == rig->e.flow_id);
	rig->flow.session = 0;
	rig->e.flow_id = id;
	EXPECT(SESSION_BUDGET, place(REQ, next[REQ], read_1, 12));
}

/* Whatever is this code's to say has been said by the cases before. */
static void test_all_reasons(void)
{
	static const u8 mine[] = {
		OTSEG_R_RULE,
		OTSEG_R_FLOW,
		OTSEG_R_CONDUIT_DISABLED,
		OTSEG_R_NO_INSPECTOR,
		OTSEG_R_RATE_LIMIT,
		OTSEG_R_TCP_STATE,
		OTSEG_R_TCP_SYN_DATA,
		OTSEG_R_TCP_URGENT,
		OTSEG_R_STREAM_GAP,
		OTSEG_R_STREAM_OVERLAP,
		OTSEG_R_STREAM_HOLD,
		OTSEG_R_STREAM_BUDGET,
		OTSEG_R_STREAM_BUSY,
		OTSEG_R_SESSION_BUDGET,
		OTSEG_R_PDU_COUNT,
		OTSEG_R_PDU_PROTOCOL,
		OTSEG_R_PDU_LENGTH,
		OTSEG_R_PDU_MALFORMED,
		OTSEG_R_PDU_UNSOLICITED,
		OTSEG_R_PDU_DIRECTION,
		OTSEG_R_FUNCTION_UNKNOWN,
		OTSEG_R_UNIT,
		OTSEG_R_ACCESS,
		OTSEG_R_FUNCTION,
		OTSEG_R_OBJECT,
		OTSEG_R_VALUE,
	};
	u32 i;

	for (i = 0; i < sizeof(mine); i++)
		CHECK(seen[mine[i]], "%s", rig_reason(mine[i]));
	for (i = OTSEG_R_STREAM_GAP; i <= OTSEG_R_VALUE; i++)
		CHECK(memchr(mine, (int)i, sizeof(mine)), "%s is not in the list", rig_reason(i));
}

int main(void)
{
	static const struct ktap_case cases[] = {
		{ "a conversation, its verdicts and counters", test_conversation },
		{ "several requests and answers in a segment", test_pipeline },
		{ "requests that share one transaction id", test_same_ids },
		{ "an answer fits its request, and is the only one", test_answers },
		{ "requests without an answer", test_abandoned },
		{ "requests come from one side only", test_direction },
		{ "every cut of a conversation passes", test_every_cut },
		{ "no cut lets a refused request through", test_split_evil },
		{ "a refused request behind an allowed one", test_packed_evil },
		{ "other bytes at the same place", test_rewrite },
		{ "other boundaries at the same place", test_shifted_boundaries },
		{ "segments ahead of their turn", test_gap },
		{ "acknowledgements of what never passed", test_acknowledgements },
		{ "data with SYN, urgent data, data with FIN", test_control_bits },
		{ "where a stream begins", test_handshake },
		{ "other protocols and false lengths", test_protocol },
		{ "bounds and broadcasts", test_bounds },
		{ "keep-alives and window probes", test_probes },
		{ "repetitions cut in other ways", test_repetitions },
		{ "unacknowledged bytes fill the window", test_window },
		{ "rates", test_rates },
		{ "monitor mode", test_monitor },
		{ "a new policy", test_swap },
		{ "long PDUs in a row", test_long_row },
		{ "a new policy within a long PDU", test_long_swap },
		{ "a new policy behind many short messages", test_short_swap },
		{ "packets of any length over a lossy way", test_long_random },
		{ "no rule in force", test_no_rule },
		{ "room for sessions", test_session_room },
		{ "slots of sessions", test_sessions },
		{ "every reason has come", test_all_reasons },
	};
	int code;

	rig = rig_new();
	code = ktap_run(cases, sizeof(cases) / sizeof(*cases));
	rig_free(rig);
	return code;
}
