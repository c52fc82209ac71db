// SPDX-License-Identifier: GPL-2.0-only
/*
 * The short way without the long one: a frame that cannot be left to the program
 * which would judge it is dropped, whatever the frame before was and however its
 * conduit is run.
 */
#include "../../bpf/engine/env.h"
#include "../unit/ktap.h"
#include "datapath.h"

static const char policy[] =
	"otseg: 1\n"
	"name: stages\n"
	"zones:\n"
	"  it: {level: 4, interfaces: [it0], prefixes: [10.0.0.0/16]}\n"
	"  cell: {level: 1, interfaces: [ot0], prefixes: [192.168.10.0/24]}\n"
	"conduits:\n"
	"  watch: {reason: r, from: it, to: cell, mode: monitor,\n"
	"          rules: {time: {service: udp, port: 7}}}\n";

static struct subject *s;
static struct frame f;
static struct end it, cell;
static struct otseg_verdict v;

static u32 udp(u16 port)
{
	frame_udp(&f, &it, &cell, 4000, port, "twenty bytes of data", 20);
	return subject_send(s, it.ifindex, &f, &v);
}

static u32 arp(void)
{
	frame_arp(&f, &it, 1, (const u8[]){ 10, 0, 0, 9 });
	return subject_send(s, it.ifindex, &f, &v);
}

static void case_all_there(void)
{
	CHECK(udp(7) == OTSEG_R_RULE && v.action == OTSEG_ACTION_PASS);
	CHECK(udp(7) == OTSEG_R_FLOW && v.action == OTSEG_ACTION_PASS);
	CHECK(udp(8) == OTSEG_R_NO_RULE && v.action == OTSEG_ACTION_PASS);
	arp();
	CHECK(v.action == OTSEG_ACTION_PASS);
}

static void case_no_long_way(void)
{
	/* what is still in memory then is a verdict of a monitored conduit */
	CHECK(udp(8) == OTSEG_R_NO_RULE && v.action == OTSEG_ACTION_PASS);
	datapath_map_forget(s, "otseg_stages", 1);
	CHECK(arp() == OTSEG_R_INTERNAL && v.action == OTSEG_ACTION_DROP);
	CHECK(v.conduit == OTSEG_NONE16 && v.link == OTSEG_NONE16 && !v.flags);
	CHECK(udp(9) == OTSEG_R_INTERNAL && v.action == OTSEG_ACTION_DROP);
}

int main(void)
{
	static const struct ktap_case cases[] = {
		{ "both programs", case_all_there },
		{ "what the long way would judge is dropped without it", case_no_long_way },
	};

	s = datapath_begin();
	CHECK(!subject_policy(s, policy));
	end_set(&it, s->ifindex[0], 0, "10.0.0.5", 5);
	end_set(&cell, s->ifindex[1], 0, "192.168.10.11", 11);
	return ktap_run(cases, sizeof(cases) / sizeof(cases[0]));
}
