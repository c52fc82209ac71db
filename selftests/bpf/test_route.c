// SPDX-License-Identifier: GPL-2.0-only
/*
 * Route mode on the datapath in the kernel, with routes and neighbours in the
 * namespace of this process: what is routed leaves one hop older and in no other
 * way different; whatever is not plain forwarding between interfaces in route
 * mode, to where the zone lives, goes up to the host as it came.
 */
#include <errno.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/bpf.h>

#include "../../bpf/engine/env.h"
#include "../unit/ktap.h"
#include "datapath.h"

#define SECOND 1000000000ull

static const char policy[] =
	"otseg: 1\n"
	"name: routes\n"
	"zones:\n"
	"  it: {level: 4, interfaces: [it0, {name: it0, vlan: 7}],\n"
	"       prefixes: [10.0.0.0/16, 'fd00:10::/64', 'fe80::/64']}\n"
	"  cell: {level: 1, interfaces: [ot0], prefixes: [192.168.10.0/24, 'fd00:20::/64']}\n"
	"  lab: {level: 2, interfaces: [ot1], prefixes: [192.168.30.0/24, 224.0.0.0/4]}\n"
	"%sconduits:\n"
	"  main: {reason: r, from: it, to: cell, %srules: {time: {service: udp, port: 7},\n"
	"         web: {service: tcp, port: 443}, ping6: {service: icmpv6, types: [echo]}}}\n"
	"  lab: {reason: r, from: it, to: lab, rules: {time: {service: udp, port: 7}}}\n"
	"intra: {it: {reason: r, rules: {time: {service: udp, port: 7}}}}\n";

#define ALL "routed: [it0, ot0, ot1]\n"

static struct subject *s;
static struct frame f, sent;
static struct end it, it2, plc, lab, group, tagged, it6, plc6, local6;
static u8 own[SUBJECT_LINKS][6];
static const u8 hop[6] = { 0x02, 0, 0, 0, 0, 0x11 }, hop6[6] = { 0x02, 0, 0, 0, 0, 0x16 };

static void run(const char *command)
{
	if (system(command)) {
		fprintf(stderr, "failed: %s\n", command);
		exit(KTAP_FAIL);
	}
}

static void policy_load(const char *routed, const char *mode)
{
	char text[sizeof(policy) + 128];

	snprintf(text, sizeof(text), policy, routed, mode);
	CHECK(!subject_policy(s, text));
}

static void own_read(void)
{
	int fd = socket(AF_INET, SOCK_DGRAM, 0);
	struct ifreq request = {};
	u32 i;

	for (i = 0; i < SUBJECT_LINKS; i++) {
		strcpy(request.ifr_name, subject_names[i]);
		if (ioctl(fd, SIOCGIFHWADDR, &request))
			exit(KTAP_FAIL);
		memcpy(own[i], request.ifr_hwaddr.sa_data, 6);
	}
	close(fd);
}

/* A host that routes, whose neighbours are known and whose drivers take frames. */
static void host_make(void)
{
	static const char *const commands[] = {
		"sysctl -q -w net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1"
		" net.ipv6.conf.all.disable_ipv6=0",
		"ip address add 10.0.0.1/16 dev it0",
		"ip address add 192.168.10.1/24 dev ot0",
		"ip address add 192.168.30.1/24 dev ot1",
		"ip address add fd00:10::1/64 dev it0 nodad",
		"ip address add fd00:20::1/64 dev ot0 nodad",
		"ip neigh add 192.168.10.11 lladdr 02:00:00:00:00:11 dev ot0",
		"ip neigh add 192.168.30.11 lladdr 02:00:00:00:00:31 dev ot1",
		"ip neigh add 192.168.30.12 lladdr 02:00:00:00:00:32 dev ot1",
		"ip neigh add 10.0.0.7 lladdr 02:00:00:00:00:07 dev it0",
		"ip route add 224.0.0.0/4 via 192.168.30.12 dev ot1",
		"ip neigh add fd00:20::11 lladdr 02:00:00:00:00:16 dev ot0",
		"for i in it0 ot0 ot1; do ethtool -K $i-peer gro on; done",
	};
	size_t i;

	for (i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		run(commands[i]);
	own_read();
	end_set(&it, s->ifindex[0], 0, "10.0.0.5", 5);
	end_set(&it2, s->ifindex[0], 0, "10.0.0.7", 7);
	end_set(&plc, s->ifindex[1], 0, "192.168.10.11", 11);
	end_set(&lab, s->ifindex[2], 0, "192.168.30.11", 31);
	end_set(&group, s->ifindex[2], 0, "224.1.2.3", 31);
	end_set(&tagged, s->ifindex[0], 7, "10.0.0.6", 5);
	end_set(&it6, s->ifindex[0], 0, "fd00:10::5", 5);
	end_set(&plc6, s->ifindex[1], 0, "fd00:20::11", 11);
	end_set(&local6, s->ifindex[0], 0, "fe80::5", 5);
}

/* For the host's own address, as what is to be routed is. */
static void udp_make(const struct end *from, const struct end *to, u32 len)
{
	static const u8 data[1600];

	frame_udp(&f, from, to, 5000, 7, data, len);
	memcpy(f.bytes, own[0], 6);
}

static int send_now(void)
{
	sent = f;
	return datapath_change(s, it.ifindex, &sent);
}

static int is_unchanged(void)
{
	return sent.len == f.len && !memcmp(sent.bytes, f.bytes, f.len);
}

/* The frame's second try: the first one may be the host's turn. */
static int send_twice(void)
{
	int action = send_now();

	if (action == XDP_PASS && is_unchanged())
		action = send_now();
	return action;
}

#define ROUTED()                                                          \
	do {                                                              \
		int got = send_twice();                                         \
									  \
		CHECK(got == XDP_REDIRECT, "action %d", got);             \
	} while (0)

#define HOST()                                                            \
	do {                                                              \
		int got = send_twice();                                         \
									  \
		CHECK(got == XDP_PASS && is_unchanged(), "action %d", got); \
	} while (0)

/* What it should have become: @f with other MACs and one hop less. */
static void check_sent(const u8 *dst, const u8 *src)
{
	memcpy(f.bytes, dst, 6);
	memcpy(f.bytes + 6, src, 6);
	if (f.bytes[14] >> 4 == 4) {
		f.bytes[22]--;
		frame_ip_sum(&f);
	} else {
		f.bytes[21]--;
	}
	CHECK(is_unchanged(), "other bytes");
}

static void case_routed(void)
{
	u32 ttl, id;

	policy_load(ALL, "");
	for (ttl = 2; ttl < 256; ttl++) {
		udp_make(&it, &plc, 4);
		f.bytes[22] = (u8)ttl;
		frame_ip_sum(&f);
		ROUTED();
		check_sent(hop, own[1]);
	}
	/* The checksum to which one hop less brings a carry. */
	udp_make(&it, &plc, 4);
	for (id = 0; id < 0x10000 && (f.bytes[24] != 0xfe || f.bytes[25] != 0xff); id++) {
		f.bytes[18] = (u8)(id >> 8);
		f.bytes[19] = (u8)id;
		frame_ip_sum(&f);
	}
	CHECK(id < 0x10000);
	ROUTED();
	check_sent(hop, own[1]);
	udp_make(&it6, &plc6, 4);
	ROUTED();
	check_sent(hop6, own[1]);
	frame_icmp(&f, &it6, &plc6, 128, 0, 1, "data", 4);
	memcpy(f.bytes, own[0], 6);
	ROUTED();
	check_sent(hop6, own[1]);
}

static void case_counted(void)
{
	const u64 *c = s->counters(s) + OTSEG_CTR_LINK;
	u64 routed = c[OTSEG_CTR_LINK_ROUTED], packets = c[OTSEG_CTR_LINK_PACKETS];

	s->now_ns += SECOND;
	udp_make(&it, &plc, 4);
	ROUTED();
	s->now_ns += SECOND;
	CHECK(send_now() == XDP_PASS && is_unchanged(), "not the host's turn");
	CHECK(send_now() == XDP_REDIRECT, "still the host's turn");
	CHECK(c[OTSEG_CTR_LINK_ROUTED] == routed + 2);
	CHECK(c[OTSEG_CTR_LINK_PACKETS] >= packets + 3);
}

static void case_headers(void)
{
	udp_make(&it, &plc, 4);
	f.bytes[22] = 1;
	frame_ip_sum(&f);
	HOST();
	udp_make(&it6, &plc6, 4);
	f.bytes[21] = 1;
	HOST();
	udp_make(&it, &plc, 4);
	f.bytes[5] ^= 1;
	HOST();
	memset(f.bytes, 0xff, 6);
	HOST();
	udp_make(&tagged, &plc, 4);
	HOST();
	/* A priority tag is no VLAN, but it is a tag. */
	udp_make(&it, &plc, 4);
	memmove(f.bytes + 16, f.bytes + 12, f.len - 12);
	memcpy(f.bytes + 12, "\x81\0\0\0", 4);
	f.len += 4;
	HOST();
	udp_make(&it, &group, 4);
	HOST();
	udp_make(&local6, &plc6, 4);
	HOST();
	/* More bytes than IP says, and more than padding. */
	udp_make(&it, &plc, 4);
	f.len = 60;
	ROUTED();
	f.len = 65;
	HOST();
}

static void case_host(void)
{
	udp_make(&it, &plc, 4);
	ROUTED();
	run("ip neigh del 192.168.10.11 dev ot0");
	HOST();
	run("ip neigh add 192.168.10.11 lladdr 02:00:00:00:00:11 dev ot0");
	ROUTED();
	run("ip route add blackhole 192.168.10.11");
	HOST();
	run("ip route del blackhole 192.168.10.11");
	run("ip link set ot0 mtu 1280");
	udp_make(&it, &plc, 1252);
	ROUTED();
	udp_make(&it, &plc, 1253);
	HOST();
	run("ip link set ot0 mtu 1500");
	ROUTED();
	run("sysctl -q -w net.ipv4.conf.it0.forwarding=0");
	HOST();
	run("sysctl -q -w net.ipv4.conf.it0.forwarding=1");
	ROUTED();
	/* Its own address. */
	run("ip address add 192.168.10.11/32 dev ot1");
	HOST();
	run("ip address del 192.168.10.11/32 dev ot1");
	ROUTED();
}

static void case_zone(void)
{
	udp_make(&it, &lab, 4);
	ROUTED();
	/* To where the cell does not live, and back to where it came from. */
	run("ip route add 192.168.10.11 via 192.168.30.12 dev ot1");
	udp_make(&it, &plc, 4);
	HOST();
	run("ip route change 192.168.10.11 via 10.0.0.7 dev it0");
	HOST();
	run("ip route del 192.168.10.11");
	ROUTED();
	udp_make(&it, &it2, 4);
	HOST();
	udp_make(&it, &plc, 4);
	policy_load("routed: [it0, ot1]\n", "");
	HOST();
	udp_make(&it, &lab, 4);
	ROUTED();
	policy_load("", "");
	HOST();
	policy_load("wires: {line: [it0, ot0]}\n", "");
	udp_make(&it, &plc, 4);
	CHECK(send_now() == XDP_REDIRECT && is_unchanged(), "a wire changes frames");
	policy_load(ALL, "mode: monitor, ");
	udp_make(&it, &plc, 4);
	f.bytes[37] = 9;
	frame_l4_sum(&f);
	ROUTED();
	/* Passes by monitor mode only, and is nothing that routers forward unseen. */
	f.bytes[20] = 0x20;
	frame_ip_sum(&f);
	HOST();
	policy_load(ALL, "");
	udp_make(&it, &plc, 4);
	ROUTED();
}

static void case_devices(void)
{
	u32 slot = s->ifindex[0] & (OTSEG_LINK_SLOTS - 1);
	struct otseg_link *links;
	size_t len;

	udp_make(&it, &plc, 4);
	ROUTED();
	s->carrier(s, s->ifindex[1], 0);
	run("ip neigh replace 192.168.10.11 lladdr 02:00:00:00:00:11 dev ot0 nud permanent");
	HOST();
	s->carrier(s, s->ifindex[1], 1);
	run("ip neigh replace 192.168.10.11 lladdr 02:00:00:00:00:11 dev ot0 nud permanent");
	ROUTED();
	run("ethtool -K ot0-peer gro off");
	HOST();
	links = (struct otseg_link *)datapath_table(s, "otseg_links", &len);
	links[slot].flags |= OTSEG_LINK_GENERIC;
	ROUTED();
	links[slot].flags &= ~(u32)OTSEG_LINK_GENERIC;
	HOST();
	run("ethtool -K ot0-peer gro on");
	ROUTED();
}

static u64 least_cost(u32 repeat)
{
	u64 least = ~0ull, cost;
	u32 i;

	for (i = 0; i < 200; i++) {
		cost = datapath_cost(s, it.ifindex, &f, repeat);
		if (cost < least)
			least = cost;
	}
	return least;
}

/*
 * Nanoseconds, for whoever reads the log. A frame is repeated as long as it has hops:
 * its next hop is the firewall itself.
 */
static void case_cost(void)
{
	u64 pass, routed;
	char command[128];

	udp_make(&it, &plc, 18);
	f.bytes[22] = 255;
	frame_ip_sum(&f);
	policy_load("", "");
	send_now();
	pass = least_cost(250);
	snprintf(command, sizeof(command),
		 "ip neigh replace 192.168.10.11 lladdr %02x:%02x:%02x:%02x:%02x:%02x dev ot0",
		 own[0][0], own[0][1], own[0][2], own[0][3], own[0][4], own[0][5]);
	run(command);
	policy_load(ALL, "");
	ROUTED();
	CHECK(!memcmp(sent.bytes, own[0], 6));
	routed = least_cost(250);
	printf("# ns: to the host %llu, routed %llu\n", (unsigned long long)pass,
	       (unsigned long long)routed);
	CHECK(pass < 100000 && routed < 100000);
}

int main(void)
{
	static const struct ktap_case cases[] = {
		{ "what is routed is one hop older, and else the same", case_routed },
		{ "it is counted, and now and then it is the host's turn", case_counted },
		{ "frames that are not for plain routers", case_headers },
		{ "answers of the host other than a neighbour", case_host },
		{ "only to where the zone lives, between interfaces in route mode", case_zone },
		{ "ways out that are down, or whose drivers take no frames", case_devices },
		{ "it costs what it costs", case_cost },
	};

	s = datapath_begin();
	if (access("/proc/sys/net/ipv6", F_OK)) {
		printf("TAP version 13\n1..0 # SKIP this kernel has no IPv6\n");
		return KTAP_SKIP;
	}
	host_make();
	return ktap_run(cases, sizeof(cases) / sizeof(cases[0]));
}
