// SPDX-License-Identifier: GPL-2.0-only
/*
 * Who keeps the clock and sweeps the flow table: a timer, with frames or without, or, where
 * the kernel has no timers for BPF, the frames themselves. The test mode's clock is far behind the
 * kernel's, so that the sweep finds every flow past its time.
 */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "../../bpf/engine/env.h"
#include "../unit/ktap.h"
#include "datapath.h"

#define FLOWS 200
#define PATIENCE_S 20

static const char policy[] =
	"otseg: 1\n"
	"name: clock\n"
	"zones:\n"
	"  it: {level: 4, interfaces: [it0], prefixes: [10.0.0.0/16]}\n"
	"  cell: {level: 1, interfaces: [ot0], prefixes: [192.168.10.0/24]}\n"
	"conduits:\n"
	"  time: {reason: r, from: it, to: cell, rules: {time: {service: udp, port: 7, idle: 1s}}}\n";

static struct subject *s;
static struct end it, cell;

static u32 udp(u16 sport, u16 port)
{
	struct otseg_verdict v;
	struct frame f;

	frame_udp(&f, &it, &cell, sport, port, "", 0);
	return subject_send(s, it.ifindex, &f, &v);
}

static u32 live(void)
{
	size_t len, i;
	const struct otseg_live *all = datapath_table(s, "otseg_live", &len);
	u32 n = 0;

	for (i = 0; i < len / sizeof(*all); i++)
		n += otseg_read(all[i].flows);
	return n;
}

static u64 clock_now(void)
{
	return otseg_read(s->root->now_ns);
}

/* Wait until no flow is left, sending refused frames meanwhile, or nothing. */
static bool ends(bool with_frames)
{
	time_t until = time(NULL) + PATIENCE_S;

	while (live() && time(NULL) < until) {
		if (with_frames && udp(9, 9) != OTSEG_R_NO_RULE)
			return false;
		usleep(1000);
	}
	return !live();
}

static void begin(const char *knob)
{
	u32 i, n = 0;

	s = datapath_new(knob);
	if (!s)
		exit(KTAP_FAIL);
	s->now_ns = 100000000000ull;
	end_set(&it, s->ifindex[0], 0, "10.0.0.5", 5);
	end_set(&cell, s->ifindex[1], 0, "192.168.10.11", 11);
	CHECK(!subject_policy(s, policy));
	for (i = 0; i < FLOWS; i++)
		n += udp(4000 + i, 7) == OTSEG_R_RULE;
	CHECK(n == FLOWS && live() == FLOWS);
}

static void case_nobody(void)
{
	begin(NULL);
	usleep(100000);
	udp(9, 9);
	CHECK(!clock_now());
	CHECK(live() == FLOWS);
	s->free(s);
}

static void case_timer(void)
{
	begin(NULL);
	CHECK(!datapath_start(s));
	CHECK(!datapath_start(s), "again");
	CHECK(ends(false));
	CHECK(clock_now());
	s->free(s);
}

static void case_frames(void)
{
	u64 then;

	begin("otseg_frame_clock");
	CHECK(!datapath_start(s));
	CHECK(!datapath_start(s), "again");
	then = clock_now();
	CHECK(then);
	usleep(100000);
	CHECK(clock_now() == then && live() == FLOWS, "nothing without frames");
	CHECK(ends(true));
	CHECK(clock_now() > then);
	s->free(s);
}

int main(void)
{
	static const struct ktap_case cases[] = {
		{ "before it is started there is neither", case_nobody },
		{ "a timer does it without frames", case_timer },
		{ "frames do it where there is no timer", case_frames },
	};

	s = datapath_begin();
	s->free(s);
	return ktap_run(cases, sizeof(cases) / sizeof(cases[0]));
}
