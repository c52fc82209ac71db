// SPDX-License-Identifier: GPL-2.0-only
/*
 * What messages say to later ones, once it does not fit any more: who makes room, and who
 * never does. That an allowed opening is what lets I/O pass is among the engine's cases.
 */
#include <stdlib.h>
#include <string.h>

#include "../../bpf/engine/memory.h"
#include "ktap.h"
#include "rig.h"

#define MANY (16 * OTSEG_MEMORY_LINES * OTSEG_MEMORY_WAYS)

static struct otseg_memory_line *lines;
static struct rig *rig;

/* An address, of which publications have the last four bytes of six. */
static struct otseg_addr host(u32 number)
{
	return (struct otseg_addr){ .w = { 0, number } };
}

static void clear(void)
{
	memset(lines, 0, OTSEG_MEMORY_LINES * sizeof(*lines));
}

/* The message at hand is one of @sender to host 1. */
static struct otseg_msg *from(u32 sender, u8 what)
{
	struct otseg_msg *msg = &rig->e.s->inspection.msg;
	struct otseg_packet *p = &rig->e.s->packet;

	memset(msg, 0, sizeof(*msg));
	msg->memory = what;
	p->src = host(sender);
	p->dst = host(1);
	p->family = 4;
	return msg;
}

/* An answer of @sender opens connection @id. */
static void opens(u32 sender, u32 id)
{
	struct otseg_msg *msg = from(sender, OTSEG_MEMORY_OPEN);

	msg->keep[0] = 2 * id;
	msg->keep[1] = 2 * id + 1;
	CHECK(otseg_memory_judge(&rig->e, 0, 0) == OTSEG_R_RULE);
}

/* May @sender send data of connection @id? */
static u32 has(u32 sender, u32 id)
{
	from(sender, OTSEG_MEMORY_NEED)->keep[0] = 2 * id + 1;
	return otseg_memory_judge(&rig->e, 0, 0) == OTSEG_R_RULE;
}

/* May @sender publish state @state of what has number @id? It is valid for an hour. */
static u32 publishes(u32 sender, u32 id, u32 state)
{
	struct otseg_msg *msg = from(sender, OTSEG_MEMORY_SEQUENCE);

	msg->unit = id;
	msg->keep[0] = state;
	msg->keep[3] = 3600000;
	return otseg_memory_judge(&rig->e, 0, 0) == OTSEG_R_RULE;
}

static void test_publisher(void)
{
	u32 i, left = 0;

	clear();
	for (i = 0; i < 100; i++)
		opens(100 + i, i);
	/* they would end long before what is published */
	for (i = 0; i < MANY; i++)
		CHECK(publishes(7, i, 1));
	for (i = 0; i < 100; i++)
		left += has(100 + i, i);
	CHECK(left == 100, "%u of 100 connections are left", left);
}

static void test_publishers(void)
{
	u32 i, left = 0;

	clear();
	for (i = 0; i < 100; i++)
		CHECK(publishes(100 + i, i, 5));
	for (i = 0; i < MANY; i++)
		publishes(7, i, 1);
	for (i = 0; i < 100; i++)
		left += !publishes(100 + i, i, 4);
	CHECK(left == 100, "%u of 100 publications are known", left);
	/* nor does the one who has filled it keep others out */
	clear();
	for (i = 0; i < MANY; i++)
		publishes(7, i, 1);
	for (i = left = 0; i < 100; i++) {
		CHECK(publishes(100 + i, i, 5));
		left += !publishes(100 + i, i, 4);
	}
	CHECK(left == 100, "%u of 100 publications became known", left);
}

/* Whoever is taken for a publisher once does not keep him out for as long as he likes. */
static void test_validity(void)
{
	clear();
	CHECK(publishes(7, 1, 5));
	CHECK(publishes(7, 1, 0x7fffffff));
	CHECK(!publishes(7, 1, 6));
	rig->e.now_s += OTSEG_MEMORY_VALID_S;
	CHECK(!publishes(7, 1, 6));
	rig->e.now_s += 2;
	CHECK(publishes(7, 1, 6));
	CHECK(!publishes(7, 1, 5));
}

/* May the publisher with this MAC address publish state @state? */
static u32 mac_publishes(const char *mac, u32 state)
{
	struct otseg_msg *msg = from(0, OTSEG_MEMORY_SEQUENCE);

	memcpy(&rig->e.s->packet.src, mac, 6);
	msg->keep[0] = state;
	msg->keep[3] = 3600000;
	return otseg_memory_judge(&rig->e, 0, 0) == OTSEG_R_RULE;
}

/* Rules tell publishers apart by the last four bytes of their addresses: so does what is known of them. */
static void test_ends(void)
{
	clear();
	CHECK(mac_publishes("\x00\x0a\xcd\x01\x02\x03", 6));
	CHECK(!mac_publishes("\x00\x0a\xcd\x01\x02\x03", 5));
	CHECK(!mac_publishes("\x02\x77\xcd\x01\x02\x03", 5));
	CHECK(mac_publishes("\x02\x77\xcd\x01\x02\x03", 7));
	CHECK(!mac_publishes("\x00\x0a\xcd\x01\x02\x03", 6));
	CHECK(mac_publishes("\x00\x0a\xcc\x01\x02\x03", 5));
	CHECK(mac_publishes("\x00\x0a\xcd\x01\x02\x04", 5));
}

static void test_opener(void)
{
	u32 i, left = 0;

	clear();
	for (i = 0; i < 100; i++)
		opens(100 + i, i);
	for (i = 0; i < MANY / 4; i++)
		opens(7, 1000 + i);
	for (i = 0; i < 100; i++)
		left += has(100 + i, i);
	CHECK(left == 100, "%u of 100 connections are left", left);
	clear();
	for (i = 0; i < MANY / 4; i++)
		opens(7, 1000 + i);
	for (i = left = 0; i < 100; i++) {
		opens(100 + i, i);
		left += has(100 + i, i);
	}
	CHECK(left == 100, "%u of 100 connections were opened", left);
	/* what is over makes room for anybody */
	rig->e.now_s += OTSEG_MEMORY_OPEN_S + 1;
	for (i = left = 0; i < 100; i++) {
		CHECK(!has(100 + i, i));
		left += publishes(8, i, 5) && !publishes(8, i, 4);
	}
	CHECK(left == 100, "%u of 100 publications became known", left);
}

/* One line, full: of what it holds depends who goes. */
static void test_line(void)
{
	struct otseg_memory_line *line = &lines[0];
	u32 io = MEMORY_IS_IO;
	u32 i;

#define LINE(...)                                                            \
	do {                                                                 \
		const u32 owners[] = { __VA_ARGS__ };                        \
                                                                             \
		clear();                                                     \
		for (i = 0; i < OTSEG_MEMORY_WAYS; i++) {                    \
			line->entries[i].key = i + 1;                        \
			line->entries[i].until_s = rig->e.now_s + 100 - i;   \
			line->owners[i] = owners[i];                         \
		}                                                            \
	} while (0)
#define TAKES(owner, way)                                                    \
	do {                                                                 \
		struct otseg_memory *got = memory_take(&rig->e, 99, owner);  \
		int at = got ? (int)(got - line->entries) : -1;              \
                                                                             \
		CHECK(at == (way), "place %d", at);                          \
	} while (0)
	LINE(2, 4, 6, 8);
	TAKES(10, 3); /* one each: what ends first */
	LINE(2, 2, 6, 8);
	TAKES(10, 1); /* who has most */
	LINE(2, 4, 6, 8);
	TAKES(4, 1); /* who would have most */
	LINE(2 | io, 4 | io, 6 | io, 8 | io);
	TAKES(10, -1); /* nobody's last one */
	TAKES(10 | io, -1);
	TAKES(6 | io, 2);
	LINE(2 | io, 2 | io, 2 | io, 8 | io);
	TAKES(10, -1); /* not for a publication */
	TAKES(2, -1);
	TAKES(10 | io, 2);
	LINE(2 | io, 4 | io, 6 | io, 8);
	TAKES(10 | io, 3); /* but the other way round */
	LINE(2 | io, 2 | io, 6, 8);
	TAKES(10, 3);
#undef LINE
#undef TAKES
}

int main(void)
{
	static const struct {
		const char *name;
		void (*run)(void);
	} tests[] = {
		{ "a publisher of anything ends no connection", test_publisher },
		{ "nor is another one forgotten for it", test_publishers },
		{ "what is published holds for a minute at most", test_validity },
		{ "a publisher is who rules can tell from others", test_ends },
		{ "who opens connections ends none of others", test_opener },
		{ "who makes room in a line", test_line },
	};
	u32 n = sizeof(tests) / sizeof(tests[0]);
	struct otseg_world *world;
	u32 i;

	ktap_begin(n);
	rig = rig_new();
	lines = calloc(OTSEG_MEMORY_LINES, sizeof(*lines));
	world = (struct otseg_world *)rig->e.world;
	world->memory = lines;
	otseg_hash_seed(world->root.seed, 0);
	rig->e.now_s = 1000;
	for (i = 0; i < n; i++) {
		ktap_failures = 0;
		tests[i].run();
		ktap_result(!ktap_failures, "%s", tests[i].name);
	}
	rig_free(rig);
	free(lines);
	return ktap_end(n);
}
