// SPDX-License-Identifier: GPL-2.0-only
/*
 * Two promises of inspected streams, under random schedules.
 *
 * Safety: whatever a dishonest sender makes of segments, losses, repetitions and
 * rewrites, and however its receiver resolves overlaps, the receiver's stream is
 * made of allowed requests, and no byte of it ever had two values.
 *
 * Liveness: honest ends that lose, reorder, cut and merge segments get through,
 * with requests and answers that together exceed every buffer of the firewall.
 *
 * Random, not exhaustive; a failure prints the seed that leads to it.
 */
#include <stdlib.h>
#include <string.h>

#include "ktap.h"
#include "rig.h"

#define REQ OTSEG_DIR_REQUEST
#define RSP OTSEG_DIR_RESPONSE
#define HOLDING OTSEG_MODBUS_OBJ_HOLDING_REGISTER
#define STREAM_MAX 65536
#define SAFETY_RUNS 2000
#define SAFETY_STEPS 400
#define LIVENESS_RUNS 200
#define BULK_RUNS 1500
#define LIVENESS_STEPS 200000
#define QUEUE 64

static struct rig *rig;
static u64 state;

static u32 random_below(u32 n)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (u32)(state >> 32) % n;
}

static const struct rig_rule plant[] = {
	{ .access = OTSEG_ACCESS_READ, .n_objects = 1, .objects = { { HOLDING, 0, 199 } } },
	{ .access = OTSEG_ACCESS_WRITE, .n_units = 1, .units = { { 1, 3 } }, .n_objects = 1,
	  .objects = { { HOLDING, 0, 130 } }, .n_values = 1, .values = { { 0, 999 } } },
};

/* An allowed request. Return: its length. */
static u32 make_request(u8 *adu, u32 id)
{
	u32 count = 1 + random_below(random_below(4) ? 4 : 100);
	u32 first = random_below(30);
	u32 i;

	memset(adu, 0, 12);
	adu[0] = (u8)(id >> 8);
	adu[1] = (u8)id;
	adu[6] = (u8)(1 + random_below(3));
	adu[9] = (u8)first;
	adu[11] = (u8)count;
	if (random_below(2)) {
		adu[5] = 6;
		adu[7] = 3;
		return 12;
	}
	adu[5] = (u8)(7 + 2 * count);
	adu[7] = 16;
	adu[12] = (u8)(2 * count);
	for (i = 0; i < count; i++) {
		u32 value = random_below(1000);

		adu[13 + 2 * i] = (u8)(value >> 8);
		adu[14 + 2 * i] = (u8)value;
	}
	return 13 + 2 * count;
}

/* The answer to a request. Return: its length. */
static u32 make_answer(u8 *adu, const u8 *request)
{
	u32 i;

	memcpy(adu, request, 12);
	if (!random_below(10)) {
		adu[5] = 3;
		adu[7] |= 0x80;
		adu[8] = 4;
		return 9;
	}
	if (request[7] == 16) {
		adu[5] = 6;
		return 12;
	}
	adu[5] = (u8)(3 + 2 * request[11]);
	adu[8] = (u8)(2 * request[11]);
	for (i = 0; i < 2u * request[11]; i++)
		adu[9 + i] = (u8)random_below(256);
	return 9 + 2u * request[11];
}

static void start(u64 seed, u32 *isn)
{
	state = seed * 0x9e3779b97f4a7c15ull + 1;
	random_below(2);
	rig_reset(rig);
	isn[REQ] = random_below(2) ? random_below(0x10000) - 0x8000 : random_below(0xffffffff);
	isn[RSP] = random_below(2) ? random_below(0x10000) - 0x8000 : random_below(0xffffffff);
	rig_open(rig, isn[REQ], isn[RSP]);
}

/*
 * What a dishonest sender's receiver can come to: @held marks the bytes that it
 * has taken, @value what they are; it delivers up to @delivered.
 */
static struct {
	u8 value[STREAM_MAX];
	u8 held[STREAM_MAX];
	u8 passed[STREAM_MAX]; /* a copy of this byte has passed, of value @first */
	u8 first[STREAM_MAX];
	u32 delivered;
	u32 is_last_wins;
} receiver;

static void receive(u32 from, const u8 *bytes, u32 n)
{
	u32 i;

	for (i = 0; i < n; i++) {
		u32 at = from + i;

		if (at < receiver.delivered)
			continue; /* thrown away: it has been acknowledged */
		if (receiver.passed[at])
			CHECK(receiver.first[at] == bytes[i], "two values at %u", at);
		receiver.passed[at] = 1;
		receiver.first[at] = bytes[i];
	}
	/* not every segment arrives, and some only in part */
	if (!random_below(4))
		return;
	if (!random_below(8)) {
		u32 skip = random_below(n);

		from += skip;
		bytes += skip;
		n -= skip;
	}
	if (!random_below(8))
		n = random_below(n + 1);
	for (i = 0; i < n; i++) {
		u32 at = from + i;

		if (at < receiver.delivered || (receiver.held[at] && !receiver.is_last_wins))
			continue;
		receiver.held[at] = 1;
		receiver.value[at] = bytes[i];
	}
	if (random_below(3)) {
		while (receiver.held[receiver.delivered])
			receiver.delivered++;
	}
}

/* The receiver's stream is a row of allowed requests and the beginning of another one. */
static u32 check_delivered(void)
{
	u32 at = 0;

	while (at < receiver.delivered) {
		u32 left = receiver.delivered - at;
		u32 reason = rig_match(rig, receiver.value + at, left < 400 ? left : 400);

		if (reason != OTSEG_R_RULE)
			return CHECK(0, "%s at %u of %u", rig_reason(reason), at, receiver.delivered);
		if (rig->e.s->inspection.msg.flags & OTSEG_MSG_PARTIAL)
			return 1;
		at += rig->e.s->inspection.msg.length;
	}
	return 1;
}

/* One byte of a refused kind somewhere in an honest stream. */
static void spoil(u8 *bytes, u32 n)
{
	static const u8 favourites[] = { 0, 1, 3, 6, 15, 16, 23, 43, 90, 255, 12, 250 };

	if (!n)
		return;
	bytes[random_below(n)] = random_below(2) ? favourites[random_below(sizeof(favourites))] :
						   (u8)random_below(256);
}

/* The test has teeth only if most of what is honest in it passes. */
static u64 total_passed, total_delivered;

static u32 run_safety(u64 seed)
{
	static u8 script[2][STREAM_MAX]; /* two readings of the stream, to mix */
	u32 end = 0, sent = 0, isn[2], step, k;
	u8 segment[2048];
	u32 passed = 0;

	start(seed, isn);
	memset(&receiver, 0, sizeof(receiver));
	receiver.is_last_wins = random_below(2);
	for (k = 0; k < 2; k++) {
		end = 0;
		while (end < STREAM_MAX - 600)
			end += make_request(script[k] + end, random_below(65536));
	}
	for (step = 0; step < SAFETY_STEPS && sent < STREAM_MAX - 8192; step++) {
		u32 kind = random_below(16);
		u32 from = sent;
		u32 n = 1 + random_below(random_below(3) ? 40 : 1400);

		if (kind < 8) {
			/* the next bytes, whole requests or not */
		} else if (kind < 12) {
			from = receiver.delivered;
		} else if (kind < 14) {
			from = sent - random_below((sent < 700 ? sent : 700) + 1);
		} else if (kind < 15) {
			from = sent + random_below(300);
		} else {
			rig_segment(rig, RSP, 0, isn[RSP] + 1, isn[REQ] + 1 + receiver.delivered, "", 0);
			continue;
		}
		memcpy(segment, script[random_below(8) ? 0 : 1] + from, n);
		if (!random_below(5))
			spoil(segment, n);
		if (!random_below(10)) {
			u32 at = random_below(n);

			/* a request of its own in the middle of other bytes */
			memcpy(segment + at, script[1] + random_below(5000), n - at);
		}
		rig_segment(rig, REQ, 0, isn[REQ] + 1 + from, isn[RSP] + 1, segment, n);
		if (!rig_passes(rig->segment))
			continue;
		passed++;
		receive(from, segment, n);
		if (from + n > sent)
			sent = from + n;
		/* a sender that does not keep in step with itself gets nowhere */
		memcpy(script[0] + from, receiver.first + from, n);
		if (!random_below(3))
			rig_segment(rig, RSP, 0, isn[RSP] + 1, isn[REQ] + 1 + receiver.delivered, "", 0);
	}
	total_passed += passed;
	total_delivered += receiver.delivered;
	return check_delivered();
}

static void test_safety(void)
{
	u64 seed;

	for (seed = 1; seed <= SAFETY_RUNS && !ktap_failures; seed++) {
		if (!run_safety(seed) || ktap_failures)
			printf("# seed %llu\n", (unsigned long long)seed);
	}
	printf("# %llu segments passed, %llu bytes delivered\n", (unsigned long long)total_passed,
	       (unsigned long long)total_delivered);
	CHECK(total_passed > 50 * SAFETY_RUNS && total_delivered > 500 * SAFETY_RUNS);
}

/* One end of a connection that loses and repeats, with sequence numbers from 0. */
struct end {
	u8 out[STREAM_MAX];
	u8 in[STREAM_MAX];
	u8 has[STREAM_MAX];
	u32 n_out;
	u32 una;
	u32 nxt;
	u32 n_in;
	u32 parsed;
};

struct segment {
	u32 dir;
	u32 seq;
	u32 ack;
	u32 n;
	u8 bytes[1460];
};

static struct end ends[2];
static struct segment segments[QUEUE];
static u32 queue[QUEUE]; /* segments on their way, in order; then the free ones */
static u32 n_queue;

static void transmit(u32 dir, u32 seq, u32 n)
{
	struct segment *s = &segments[queue[n_queue < QUEUE ? n_queue++ : random_below(QUEUE)]];

	s->dir = dir;
	s->seq = seq;
	s->ack = ends[dir].n_in;
	s->n = n;
	memcpy(s->bytes, ends[dir].out + seq, n);
	if (seq + n > ends[dir].nxt)
		ends[dir].nxt = seq + n;
}

/* A random thing that an honest sender may do now. */
static void act(u32 dir, u32 is_bytewise)
{
	struct end *end = &ends[dir];
	u32 most = is_bytewise ? 3 : 1460;
	u32 left = end->n_out - end->nxt;
	u32 n = 1 + random_below(most);

	switch (random_below(4)) {
	case 0:
		transmit(dir, end->nxt, 0);
		break;
	case 1: /* again, and perhaps more */
		if (n > end->n_out - end->una)
			n = end->n_out - end->una;
		transmit(dir, end->una, n);
		break;
	default:
		if (end->nxt - end->una > 16384)
			break;
		transmit(dir, end->nxt, n < left ? n : left);
	}
}

static void arrive(const struct segment *s)
{
	struct end *end = &ends[!s->dir];
	u32 i;

	if (s->ack > end->una && s->ack <= end->nxt)
		end->una = s->ack;
	for (i = 0; i < s->n; i++) {
		end->in[s->seq + i] = s->bytes[i];
		end->has[s->seq + i] = 1;
	}
	while (end->has[end->n_in])
		end->n_in++;
}

/*
 * Let one segment arrive, or get lost, in random order; what the firewall refuses must be what the
 * sender repeats. Return: 0, if it is not.
 */
static u32 deliver(const u32 *isn, u32 loss)
{
	const struct segment *s;
	u32 taken, i;

	if (!n_queue || random_below(3) == 0)
		return 1;
	i = random_below(4) ? 0 : random_below(n_queue);
	taken = queue[i];
	s = &segments[taken];
	memmove(&queue[i], &queue[i + 1], (--n_queue - i) * sizeof(*queue));
	queue[n_queue] = taken;
	if (random_below(100) < loss)
		return 1;
	rig_segment(rig, s->dir, 0, isn[s->dir] + 1 + s->seq, isn[!s->dir] + 1 + s->ack, s->bytes, s->n);
	if (rig_passes(rig->segment)) {
		if (random_below(100) >= loss)
			arrive(s);
		return 1;
	}
	return CHECK(rig->segment == OTSEG_R_STREAM_GAP || rig->segment == OTSEG_R_STREAM_HOLD,
		     "an honest segment is refused: %s", rig_reason(rig->segment));
}

static void begin(u64 seed, u32 *isn)
{
	u32 i;

	start(seed, isn);
	memset(ends, 0, sizeof(ends));
	n_queue = 0;
	for (i = 0; i < QUEUE; i++)
		queue[i] = i;
}

static u32 run_liveness(u64 seed)
{
	u32 n_requests = 20 + (u32)(seed % 100);
	u32 is_bytewise = seed % 4 == 0, is_swapped = seed % 8 < 4;
	u32 asked = 0, answered = 0, isn[2], step;
	u32 loss;

	begin(seed, isn);
	loss = random_below(30);
	for (step = 0; step < LIVENESS_STEPS; step++) {
		struct end *client = &ends[REQ];
		struct end *server = &ends[RSP];

		if (asked < n_requests && asked - answered < 16)
			client->n_out += make_request(client->out + client->n_out, asked++);
		while (server->n_in - server->parsed >= 12 &&
		       server->n_in - server->parsed >= 6u + server->in[server->parsed + 5]) {
			server->n_out += make_answer(server->out + server->n_out,
						     server->in + server->parsed);
			server->parsed += 6 + server->in[server->parsed + 5];
		}
		while (client->n_in - client->parsed >= 9 &&
		       client->n_in - client->parsed >= 6u + client->in[client->parsed + 5]) {
			client->parsed += 6 + client->in[client->parsed + 5];
			answered++;
		}
		if (answered == n_requests && client->una == client->n_out)
			return 1;
		/* the same policy, applied again */
		if (is_swapped && !random_below(60))
			rig_new_generation(rig);
		act(random_below(2), is_bytewise);
		if (!deliver(isn, loss))
			return 0;
	}
	return CHECK(0, "%u of %u requests, %u answers; client %u-%u of %u, server %u-%u of %u", asked,
		     n_requests, answered, ends[REQ].una, ends[REQ].nxt, ends[REQ].n_out, ends[RSP].una,
		     ends[RSP].nxt, ends[RSP].n_out);
}

/* A PUBLISH of MQTT with @n bytes behind its length. Return: its length. */
static u32 make_publish(u8 *bytes, u32 n)
{
	u32 lead = 1, rest = n;

	bytes[0] = 0x30;
	for (; rest > 127; rest >>= 7)
		bytes[lead++] = (u8)(0x80 | (rest & 127));
	bytes[lead++] = (u8)rest;
	memset(bytes + lead, 'x', n);
	memcpy(bytes + lead, (u8[]){ 0, 1, 't' }, 3);
	return lead + n;
}

/* A publisher of short messages and of ones that are longer than what is looked at. */
static u32 run_bulk(u64 seed)
{
	static const u8 connect[] = { 0x10, 12, 0, 4, 'M', 'Q', 'T', 'T', 4, 2, 0, 60, 0, 0 };
	static const u8 accepted[] = { 0x20, 2, 0, 0 };
	struct end *client = &ends[REQ], *server = &ends[RSP];
	u32 loss, isn[2], step, n;

	begin(seed, isn);
	loss = random_below(30);
	memcpy(client->out, connect, sizeof(connect));
	client->n_out = sizeof(connect);
	for (step = 0; step < LIVENESS_STEPS; step++) {
		if (!server->n_out && server->n_in == sizeof(connect)) {
			memcpy(server->out, accepted, sizeof(accepted));
			server->n_out = sizeof(accepted);
		}
		if (client->n_in && client->n_out < STREAM_MAX / 2 &&
		    client->n_out - client->una < 8192) {
			n = random_below(2) ? random_below(200) : random_below(6000);
			client->n_out += make_publish(client->out + client->n_out, 3 + n);
		}
		if (client->una >= STREAM_MAX / 2 && client->una == client->n_out)
			return 1;
		if (seed % 2 && !random_below(60))
			rig_new_generation(rig);
		act(random_below(2), 0);
		if (!deliver(isn, loss))
			return 0;
	}
	return CHECK(0, "client %u-%u of %u", client->una, client->nxt, client->n_out);
}

static void test_bulk(void)
{
	static const struct rig_rule anything = { .access = 0xff };
	u64 seed;

	rig->service = OTSEG_SVC_MQTT;
	rig_policy(rig, &anything, 1);
	for (seed = 1; seed <= BULK_RUNS && !ktap_failures; seed++) {
		if (!run_bulk(seed) || ktap_failures)
			printf("# seed %llu\n", (unsigned long long)seed);
	}
	rig->service = OTSEG_SVC_MODBUS;
}

static void test_liveness(void)
{
	u64 seed;

	for (seed = 1; seed <= LIVENESS_RUNS && !ktap_failures; seed++) {
		if (!run_liveness(seed) || ktap_failures)
			printf("# seed %llu\n", (unsigned long long)seed);
	}
}

int main(void)
{
	static const struct ktap_case cases[] = {
		{ "a dishonest sender's receiver sees allowed requests only", test_safety },
		{ "honest ends get through", test_liveness },
		{ "and so they do with long messages", test_bulk },
	};
	int code;

	rig = rig_new();
	rig_policy(rig, plant, 2);
	code = ktap_run(cases, sizeof(cases) / sizeof(*cases));
	rig_free(rig);
	return code;
}
