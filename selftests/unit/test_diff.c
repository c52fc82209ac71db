// SPDX-License-Identifier: GPL-2.0-only
/*
 * The difference between two policies, held against the engine: random pairs of small
 * policies, and random frames through both. A frame is allowed by the one and not by the
 * other if and only if the difference has it, in the right direction; and so it is with
 * frames that pass in monitor mode only.
 *
 *   test_diff [PAIRS [SEED]]
 */
#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "../bpf/frames.h"
#include "include/otseg/reason.h"
#include "ktap.h"
#include "userspace/engine.h"
#include "userspace/policy/diff.h"
#include "userspace/policy/policy.h"

#define PAIRS 150
#define FRAMES 200
#define KNOBS 600
#define WIRED "wires: {w: [i0, i1]}\n"

static u64 seed = 20261127;

static u32 rnd(u32 n)
{
	seed = seed * 6364136223846793005ull + 1442695040888963407ull;
	return (u32)(seed >> 33) % n;
}

/* A policy is a list of decisions; one like it has some of them changed. */
static u32 knobs[KNOBS], knob;

static u32 pick(u32 n)
{
	return knobs[knob++ % KNOBS] % n;
}

static const char *const links[] = { "i0", "i1", "i2", "{name: i0, vlan: 5}",
				     "{name: i1, vlan: 5}" };

static void write_zones(FILE *out, u32 owner[2][4])
{
	static const char *const blocks[2][4] = {
		{ "10.0.0.0/28", "10.0.0.16/28", "10.0.0.32/28", "10.0.0.48/28" },
		{ "\"fd00::/124\"", "\"fd00::10/124\"", "\"fd00::20/124\"", "\"fd00::30/124\"" },
	};
	u32 first = pick(8), z, i, k, mask;

	for (i = 0; i < 2; i++)
		for (k = 0; k < 4; k++)
			owner[i][k] = pick(4);
	fputs("zones:\n", out);
	for (z = 0; z < 3; z++) {
		fprintf(out, "  z%u: {level: 1, interfaces: [%s", z, links[z]);
		mask = pick(4) ? 0 : pick(32);
		for (i = 0; i < 5; i++)
			if (mask >> i & 1 && i != z)
				fprintf(out, ", %s", links[i]);
		fputs("], prefixes: [", out);
		for (i = 0, mask = 0; i < 2; i++)
			for (k = 0; k < 4; k++)
				if (owner[i][k] == z)
					fprintf(out, "%s%s", mask++ ? ", " : "", blocks[i][k]);
		if (first == z)
			fprintf(out, "%s0.0.0.0/0", mask++ ? ", " : "");
		if (first == z + 3)
			fprintf(out, "%s\"::/0\"", mask++ ? ", " : "");
		fprintf(out, "]%s}\n",
			pick(6) ? "" :
			pick(2) ? ", macs: [\"02:00:00:00:00:01\", \"02:00:00:00:00:02\"]" :
				  ", macs: [\"02:00:00:00:00:02\"]");
	}
}

/* Two assets for each block that somebody owns: its first half, and one address. */
static void write_assets(FILE *out, u32 owner[2][4])
{
	u32 k;

	fputs("assets:\n", out);
	for (k = 0; k < 4; k++) {
		if (owner[0][k] == 3)
			continue;
		fprintf(out, "  half%u: {zone: z%u, address: 10.0.0.%u/29}\n", k, owner[0][k],
			16 * k);
		fprintf(out, "  one%u: {zone: z%u, address: [10.0.0.%u", k, owner[0][k],
			16 * k + 2);
		fprintf(out, "%s]}\n", pick(2) ? "" : k == 0 ? ", 10.0.0.3" : "");
	}
}

static void write_ends(FILE *out, u32 owner[2][4], u32 from, u32 to)
{
	u32 end, zone, k;

	for (end = 0; end < 2; end++) {
		zone = end ? to : from;
		k = pick(8);
		if (k < 4 && owner[0][k] == zone)
			fprintf(out, ", %s: %s%u", end ? "to" : "from", pick(2) ? "half" : "one",
				k);
	}
}

static void write_modbus(FILE *out)
{
	static const char *const access[] = { "read", "write", "[read, write]",
					      "[read, diagnostic]" };
	static const char *const functions[] = { "3",	"[3, 4]", "[3, 16]",
						 "1-6", "[8, 3]", "[8/0, 100]" };
	static const char *const units[] = { "1", "[1, 2]", "[0, 1]", "0-255" };
	static const char *const objects[] = {
		"{holding-register: 0-9}",	    "{holding-register: 0-4}",
		"{holding-register: 5-9}",	    "{holding-register: [0-2, 6-9], coil: 0-9}",
		"{coil: 2-5, input-register: 0-9}",
	};
	static const char *const values[] = { "0-9", "0-4", "[1, 5-9]", "0-1" };

	fprintf(out, "service: modbus, carrier: %s, port: %s", pick(4) ? "udp" : "[tcp, udp]",
		pick(4) ? "502" : "[502, 503]");
	if (pick(3))
		fprintf(out, ", access: %s", access[pick(4)]);
	if (!pick(3))
		fprintf(out, ", functions: %s", functions[pick(6)]);
	if (pick(2))
		fprintf(out, ", units: %s", units[pick(4)]);
	if (pick(2))
		fprintf(out, ", objects: %s", objects[pick(5)]);
	if (!pick(4))
		fprintf(out, ", values: %s", values[pick(4)]);
	if (pick(2))
		fprintf(out, ", rate: {packets: %u/s}", 10000 + pick(3));
}

static void write_rule(FILE *out, u32 owner[2][4], u32 from, u32 to, u32 number)
{
	static const char *const udp[] = { "500", "501-502", "[500, 503-504]", "502" };
	static const char *const icmp[] = { "[echo]", "[13]", "[echo, echo-reply]", "[8/0, 13/0]" };
	static const char *const icmpv6[] = { "[echo]", "[130]", "[135, 136]", "[135]" };
	static const char *const arp[] = { "request", "[request, reply]", "reply" };
	static const char *const ether[] = { "0x9000", "0x9000-0x9002", "[0x9001, 0x88cc]" };
	u32 kind = pick(12);

	fprintf(out, "      r%u: {", number);
	if (kind < 5)
		write_modbus(out);
	else if (kind == 5)
		fprintf(out, "service: udp, port: %s", udp[pick(4)]);
	else if (kind == 6)
		fprintf(out, "service: tcp, port: %s", udp[pick(4)]);
	else if (kind == 7)
		fprintf(out, "service: icmp, types: %s", icmp[pick(4)]);
	else if (kind == 8)
		fprintf(out, "service: icmpv6, types: %s", icmpv6[pick(4)]);
	else if (kind == 9)
		fprintf(out, "service: arp, operations: %s", arp[pick(3)]);
	else if (kind == 10)
		fprintf(out, "service: ethertype, ethertype: %s", ether[pick(3)]);
	else
		fputs("service: udp", out);
	if (kind != 10)
		write_ends(out, owner, from, to);
	fputs("}\n", out);
}

static void write_conduit(FILE *out, u32 owner[2][4], u32 from, u32 to)
{
	u32 n = 1 + pick(4), i;

	fprintf(out,
		"    reason: r\n    state: %s\n    mode: %s\n    sessions: 60000\n    rules:\n",
		pick(7) ? "enabled" : "disabled", pick(6) ? "enforce" : "monitor");
	for (i = 0; i < n; i++)
		write_rule(out, owner, from, to, i);
}

/* The policy of the decisions at hand; whoever frees it. */
static char *policy_text(void)
{
	u32 owner[2][4], from, to, i;
	char *text;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	knob = 0;
	fputs("otseg: 1\nname: x\n", out);
	if (!pick(3))
		fputs(WIRED, out);
	fprintf(out, "defaults: {arp: %s, icmpv6: {neighbour-discovery: %s}}\n",
		pick(3) ? "allow" : "deny", pick(3) ? "allow" : "deny");
	write_zones(out, owner);
	write_assets(out, owner);
	fputs("conduits:\n", out);
	for (i = 0; i < 4; i++) {
		from = pick(3);
		to = (from + 1 + pick(2)) % 3;
		fprintf(out, "  c%u:\n    from: z%u\n    to: z%u\n", i, from, to);
		write_conduit(out, owner, from, to);
	}
	if (pick(2)) {
		from = pick(3);
		fprintf(out, "intra:\n  z%u:\n", from);
		write_conduit(out, owner, from, from);
	}
	fclose(out);
	return text;
}

static struct otseg_blob compile(const char *text)
{
	struct otseg_diag diag = {};
	struct otseg_blob image = {};
	struct otseg_policy *policy = otseg_policy_parse("test", text, strlen(text), &diag);

	if (policy)
		otseg_policy_compile(policy, &image, &diag);
	otseg_policy_free(policy);
	otseg_diag_free(&diag);
	return image;
}

/**
 * struct probe - a frame, and what is to be known of it
 * @frame: the frame
 * @ifindex: where it comes in, from 1
 * @vlan: its tag
 * @src: source
 * @dst: destination, or the address that is asked for
 * @selector: what it asks for
 * @is_neighbour: address resolution
 * @is_wired: an ARP message on a wire
 * @has_msg: an inspector has read it
 * @msg: what it has made of it
 * @adu: the payload
 */
struct probe {
	struct frame frame;
	u32 ifindex;
	u32 vlan;
	struct end src;
	struct end dst;
	u32 selector;
	bool is_neighbour;
	bool is_wired;
	bool has_msg;
	struct otseg_msg msg;
	u8 adu[64];
};

static void probe_ends(struct probe *p, u32 family, bool is_arp)
{
	static const char *const odd[2][4] = {
		{ "127.0.0.1", "224.0.0.5", "0.1.2.3", "8.8.8.8" },
		{ "::1", "ff02::5", "::ffff:1.2.3.4", "2001:db8::1" },
	};
	char text[64];
	u32 i;

	p->ifindex = 1 + rnd(3);
	p->vlan = rnd(5) ? 0 : 5;
	for (i = 0; i < 2; i++) {
		if (!rnd(12) && !(i && is_arp))
			snprintf(text, sizeof(text), "%s", odd[family == 6][rnd(4)]);
		else
			snprintf(text, sizeof(text), family == 6 ? "fd00::%x" : "10.0.0.%u",
				 rnd(64));
		end_set(i ? &p->dst : &p->src, p->ifindex, p->vlan, text, 1 + rnd(3));
	}
	p->dst.mac[5] = 9;
}

/* A request of function @fn: mostly one that an inspector accepts. */
static u32 modbus(u8 *adu, u8 fn)
{
	u32 first = rnd(12), n = 1 + rnd(4), len = 12, i;

	memset(adu, 0, 64);
	adu[1] = 1;
	adu[6] = rnd(4);
	adu[7] = fn;
	adu[9] = first;
	adu[11] = n;
	if (fn == 5) {
		adu[10] = rnd(2) ? 0xff : 0;
		adu[11] = 0;
	} else if (fn == 6) {
		adu[11] = rnd(12);
	} else if (fn == 8) {
		adu[9] = 0;
	} else if (fn == 16) {
		adu[12] = 2 * n;
		len = 13 + 2 * n;
		for (i = 0; i < n; i++)
			adu[14 + 2 * i] = rnd(12);
	} else if (fn == 15) {
		adu[12] = 1;
		adu[13] = rnd(16) & ((1 << n) - 1);
		len = 14;
	}
	adu[5] = len - 6;
	return len;
}

/* @wired: whether i0 and i1 are a wire: -1: in one of both policies. */
static void probe_make(struct probe *p, u32 number, int wired)
{
	static const u8 functions[] = { 1, 3, 3, 3, 4, 5, 6, 8, 15, 16, 100 };
	static const u8 types[] = { 8, 13, 0 }, types_6[] = { 128, 130 };
	struct tcp tcp = { .seq = 1, .flags = 2, .window = 1000, .scale = -1 };
	u32 kind = rnd(16), len, sport = 1024 + number, port = 500 + rnd(6), type;

	memset(p, 0, sizeof(*p));
	/* Who 127.0.0.1 is, nobody asks: the difference leaves that out. */
	probe_ends(p, kind == 12 || (kind < 12 && !rnd(4)) ? 6 : 4, kind > 12);
	if (kind < 8) {
		if (rnd(4))
			port = 502;
		len = modbus(p->adu, functions[rnd(sizeof(functions))]);
		frame_udp(&p->frame, &p->src, &p->dst, sport, port, p->adu, len);
		p->selector = OTSEG_SEL(OTSEG_SEL_UDP, port);
	} else if (kind < 10) {
		tcp.sport = sport;
		tcp.dport = port;
		frame_tcp(&p->frame, &p->src, &p->dst, &tcp, "", 0);
		p->selector = OTSEG_SEL(OTSEG_SEL_TCP, port);
	} else if (kind < 12) {
		type = p->src.family == 6 ? types_6[rnd(2)] : types[rnd(3)];
		frame_icmp(&p->frame, &p->src, &p->dst, type, 0, sport << 16, "", 0);
		p->selector = OTSEG_SEL(p->src.family == 6 ? OTSEG_SEL_ICMPV6 : OTSEG_SEL_ICMP,
					type << 8);
	} else if (kind == 12) {
		frame_nd(&p->frame, &p->src, p->dst.addr, 1);
		p->selector = OTSEG_SEL(OTSEG_SEL_ICMPV6, 135 << 8);
		p->is_neighbour = true;
	} else if (kind < 15) {
		type = 1 + rnd(2);
		if (!rnd(4))
			memcpy(p->dst.addr, p->src.addr, 16);
		/* If it is a wire in one of them, rules for this count in the other one only. */
		if (wired < 0 && !memcmp(p->dst.addr, p->src.addr, 16))
			p->dst.addr[3] ^= 1;
		frame_arp(&p->frame, &p->src, type, p->dst.addr);
		p->selector = OTSEG_SEL(OTSEG_SEL_ARP, type);
		p->is_neighbour = true;
		p->is_wired = wired && p->ifindex < 3;
	} else {
		type = rnd(4) ? 0x9000 + rnd(4) : 0x88cc;
		p->dst.mac[3] = number >> 8;
		p->dst.mac[4] = number & 0xff;
		frame_ethernet(&p->frame, p->dst.mac, p->src.mac, p->vlan, type);
		p->frame.len = 64;
		p->src.family = 0;
		p->selector = OTSEG_SEL(OTSEG_SEL_LINK, type);
	}
}

static void observe(void *observer, const struct otseg_msg *msg,
		    const struct otseg_verdict *verdict)
{
	struct probe *p = observer;

	(void)verdict;
	p->has_msg = true;
	p->msg = *msg;
}

static bool in_ranges(const void *image, u32 first, u32 n, u32 number)
{
	const struct otseg_img_range *ranges = OTSEG_IMAGE_RECORDS(image, RANGES) + first;
	u32 i;

	for (i = 0; i < n; i++)
		if (ranges[i].first <= number && number <= ranges[i].last)
			return true;
	return false;
}

static bool permits_objects(const void *image, const struct otseg_img_rule *rule,
			    const struct probe *p)
{
	const struct otseg_img_object *all = OTSEG_IMAGE_RECORDS(image, OBJECTS) + rule->objects;
	u32 i, k;

	if (p->msg.flags & OTSEG_MSG_OPAQUE_OBJECTS || !p->msg.n_objects)
		return false;
	for (i = 0; i < p->msg.n_objects; i++) {
		const struct otseg_msg_object *object = &p->msg.objects[i];

		for (k = 0; k < rule->n_objects; k++)
			if (all[k].type == object->type && all[k].first <= object->first &&
			    object->last <= all[k].last)
				break;
		if (k == rule->n_objects)
			return false;
	}
	return true;
}

static bool permits_values(const void *image, const struct otseg_img_rule *rule,
			   const struct probe *p)
{
	u32 i, k, value;

	if (p->msg.flags & OTSEG_MSG_OPAQUE_VALUES)
		return false;
	for (i = 0; i < p->msg.n_objects; i++) {
		const struct otseg_msg_object *object = &p->msg.objects[i];
		const u8 *at = p->adu + object->values_off;

		for (k = 0; object->values_off && k <= object->last - object->first; k++) {
			value = p->msg.values == OTSEG_VALUES_BITS ? at[k / 8] >> (k & 7) & 1 :
								     at[2 * k] << 8 | at[2 * k + 1];
			if (!in_ranges(image, rule->values, rule->n_values, value))
				return false;
		}
	}
	return true;
}

/* A rule against the message, as policy.md has it. */
static bool permits(const void *image, u32 index, const struct probe *p)
{
	const struct otseg_img_rule *rule = &OTSEG_IMAGE_RECORDS(image, RULES)[index];

	if (!p->has_msg)
		return false;
	if (rule->n_units ? !in_ranges(image, rule->units, rule->n_units, p->msg.unit) :
			    p->msg.flags & OTSEG_MSG_BROADCAST)
		return false;
	if (rule->n_functions ?
		    !in_ranges(image, rule->functions, rule->n_functions, p->msg.function) :
		    p->msg.flags & OTSEG_MSG_UNKNOWN)
		return false;
	if (p->msg.access & ~(rule->access | OTSEG_ACCESS_SESSION))
		return false;
	return (!rule->n_objects || permits_objects(image, rule, p)) &&
	       (!rule->n_values || permits_values(image, rule, p));
}

static bool has_message(const struct otseg_diff *diff, const struct otseg_diff_message *message,
			const struct probe *p)
{
	u64 key[OTSEG_DIMS] = {};
	u32 i;

	if (!message)
		return true;
	for (i = 0; i < message->n_except; i++)
		if (permits(diff->image[!message->side], message->except[i], p))
			return false;
	/* A connection opens by any rule that it is for, and has no message yet. */
	if (p->selector >> 16 != OTSEG_SEL_UDP)
		return message->is_opening;
	if (message->is_blind)
		return true;
	if (!permits(diff->image[message->side], message->rule, p))
		return false;
	if (!message->dim[0].n)
		return true;
	key[OTSEG_DIM_SERVICE] = p->msg.service;
	key[OTSEG_DIM_UNIT] =
		p->msg.unit + (p->msg.flags & OTSEG_MSG_BROADCAST ? OTSEG_KEY_SPECIAL : 0);
	key[OTSEG_DIM_FUNCTION] =
		p->msg.function + (p->msg.flags & OTSEG_MSG_UNKNOWN ? OTSEG_KEY_SPECIAL : 0);
	for (i = 0; i < 16; i++)
		key[OTSEG_DIM_FIELDS + i] = OTSEG_KEY_SPECIAL;
	for (i = 0; i < 8; i++)
		key[OTSEG_DIM_TEXTS + i] = message->texts[i].n + 1;
	for (i = 0; i < OTSEG_DIMS; i++)
		if (!otseg_set_has(message->dim[i], key[i]))
			return false;
	return true;
}

static bool in_addresses(const struct otseg_diff_addresses *ranges, u32 n, const struct end *end)
{
	struct otseg_address at = {};
	u32 i;

	for (i = 0; i < 8; i++) {
		at.hi = at.hi << 8 | end->addr[i];
		at.lo = at.lo << 8 | end->addr[8 + i];
	}
	for (i = 0; i < n; i++)
		if (otseg_address_compare(ranges[i].first, at) <= 0 &&
		    otseg_address_compare(at, ranges[i].last) <= 0)
			return true;
	return false;
}

static bool may_speak(const struct otseg_diff_macs *macs, const u8 mac[6])
{
	bool is_listed = false;
	u32 i;

	for (i = 0; i < macs->n; i++)
		is_listed |= !memcmp(macs->macs[i], mac, 6);
	return is_listed != macs->is_but;
}

static bool has_frame(const struct otseg_diff *diff, const struct otseg_diff_entry *entry,
		      const struct probe *p)
{
	bool is_self = p->src.family && !memcmp(p->src.addr, p->dst.addr, 16);
	const struct otseg_diff_link *all = diff->links.data;
	char name[16] = "";
	u32 i;

	snprintf(name, sizeof(name), "i%u", p->ifindex - 1);
	for (i = 0; i < entry->n_links; i++)
		if (!strcmp(all[entry->links[i]].name, name) &&
		    all[entry->links[i]].vlan == p->vlan)
			break;
	if (i == entry->n_links || entry->family != p->src.family ||
	    !may_speak(&entry->macs, p->src.mac))
		return false;
	if (is_self && !p->is_neighbour)
		return false;
	/* On a wire, who asks for himself by ARP announces. */
	if (entry->is_announcement)
		return p->is_wired && is_self && in_addresses(entry->src, entry->n_src, &p->src);
	if (is_self && p->is_wired)
		return false;
	if (!otseg_set_has(entry->selectors, p->selector))
		return false;
	if (p->src.family && (!in_addresses(entry->src, entry->n_src, &p->src) ||
			      !in_addresses(entry->dst, entry->n_dst, &p->dst)))
		return false;
	return has_message(diff, entry->message, p);
}

/* One verdict: allowed by the rules, or only by monitor mode. */
struct outcome {
	bool is_allowed;
	bool is_monitored;
	u8 reason;
	u32 rule;
};

static struct otseg_engine *engines[2];
static u64 now_ns = 1000000000000ull;

static void engines_new(struct probe *p)
{
	char name[16];
	u32 i, k;

	for (k = 0; k < 2; k++) {
		engines[k] = otseg_engine_new();
		if (!engines[k])
			abort();
		for (i = 0; i < 3; i++) {
			snprintf(name, sizeof(name), "i%u", i);
			otseg_engine_attach(engines[k], i + 1, name, 0);
		}
		otseg_engine_observe(engines[k], observe, p);
	}
}

/* Put a policy in force; the flows of the one before are over. */
static void engine_load(struct otseg_engine *engine, const struct otseg_blob *image,
			const char *text)
{
	bool is_wire = strstr(text, WIRED);

	otseg_engine_sweep(engine, now_ns);
	otseg_engine_wire(engine, 1, is_wire ? 2 : 0);
	otseg_engine_wire(engine, 2, is_wire ? 1 : 0);
	otseg_engine_load(engine, image->data, image->len);
}

static struct outcome judge(struct otseg_engine *engine, const struct probe *p)
{
	struct otseg_verdict v;
	enum otseg_action action =
		otseg_engine_frame(engine, p->ifindex, p->frame.bytes, p->frame.len, now_ns, &v);

	return (struct outcome){
		.is_allowed = action == OTSEG_ACTION_PASS && !(v.flags & OTSEG_V_MONITORED),
		.is_monitored = action == OTSEG_ACTION_PASS && v.flags & OTSEG_V_MONITORED,
		.reason = v.reason,
		.rule = v.rule,
	};
}

static u32 n_frames, n_changed, n_by_kind[OTSEG_DIFF_KINDS], n_limits;

/* A message whose rate is another one is in the difference. */
static bool check_limit(const struct otseg_diff *diff, const struct outcome outcome[2])
{
	const struct otseg_diff_twins *all = diff->rules.data;
	const struct otseg_img_rule *rules[2];
	size_t i;

	for (i = 0; i < 2; i++)
		rules[i] = OTSEG_IMAGE_RECORDS(diff->image[i], RULES) + outcome[i].rule;
	if (rules[0]->rate.packets == rules[1]->rate.packets)
		return true;
	n_limits++;
	for (i = 0; i < diff->rules.n; i++)
		if (all[i].index[0] == outcome[0].rule && all[i].index[1] == outcome[1].rule)
			return true;
	return CHECK(i < diff->rules.n);
}

static bool check_frame(const struct otseg_diff *diff, const struct probe *p,
			const struct outcome was, const struct outcome is)
{
	const struct otseg_diff_entry *all = diff->entries.data;
	bool has[OTSEG_DIFF_KINDS] = {};
	size_t i;
	bool ok;

	for (i = 0; i < diff->entries.n; i++)
		if (!has[all[i].kind])
			has[all[i].kind] = has_frame(diff, &all[i], p);
	n_frames++;
	n_changed += was.is_allowed != is.is_allowed || was.is_monitored != is.is_monitored;
	for (i = 0; i < OTSEG_DIFF_KINDS; i++)
		n_by_kind[i] += has[i];
	ok = CHECK(has[OTSEG_DIFF_ALLOWED] == (is.is_allowed && !was.is_allowed));
	ok &= CHECK(has[OTSEG_DIFF_DENIED] == (was.is_allowed && !is.is_allowed));
	/* What monitor mode lets pass is what no rule allows. */
	if (!is.is_allowed && !was.is_allowed) {
		ok &= CHECK(has[OTSEG_DIFF_UNENFORCED] == (is.is_monitored && !was.is_monitored));
		ok &= CHECK(has[OTSEG_DIFF_ENFORCED] == (was.is_monitored && !is.is_monitored));
	} else if (was.is_allowed && is.is_monitored) {
		/* A rule's traffic that goes on unseen; its conduit may have monitored the rest. */
		ok &= CHECK(has[OTSEG_DIFF_DENIED]);
	}
	return ok;
}

static void tell(const struct probe *p, char *const text[2], const struct otseg_blob image[2],
		 const struct outcome was, const struct outcome is)
{
	char src[64], dst[64];

	inet_ntop(p->src.family == 6 ? AF_INET6 : AF_INET, p->src.addr, src, sizeof(src));
	inet_ntop(p->src.family == 6 ? AF_INET6 : AF_INET, p->dst.addr, dst, sizeof(dst));
	printf("# i%u vlan %u mac %u: %s to %s, selector %u/%u", p->ifindex - 1, p->vlan,
	       p->src.mac[5], src, dst, p->selector >> 16, p->selector & 0xffff);
	if (p->has_msg)
		printf(", unit %u function %x access %x flags %x objects %u: %u %u-%u", p->msg.unit,
		       p->msg.function, p->msg.access, p->msg.flags, p->msg.n_objects,
		       p->msg.objects[0].type, p->msg.objects[0].first, p->msg.objects[0].last);
	printf("\n# allowed %d -> %d, monitored %d -> %d, reasons %u -> %u\n%s\n%s\n",
	       was.is_allowed, is.is_allowed, was.is_monitored, is.is_monitored, was.reason,
	       is.reason, text[0], text[1]);
	otseg_image_diff(stdout, image[0].data, image[1].data, 0);
}

static struct probe p;

static bool is_like_itself(const void *image)
{
	struct otseg_diff diff;
	bool is_empty;

	otseg_diff_make(&diff, image, image);
	is_empty = !diff.entries.n && !diff.rules.n && !diff.conduits.n && !diff.ways.n;
	otseg_diff_free(&diff);
	return is_empty;
}

/* Return: whether both policies were ones. */
static bool check_pair(void)
{
	struct otseg_blob image[2] = {};
	struct outcome outcome[2];
	struct otseg_diff diff;
	char *text[2];
	bool ok = false;
	u32 i, k, n;
	int wired;

	for (i = 0; i < KNOBS; i++)
		knobs[i] = rnd(1 << 20);
	text[0] = policy_text();
	n = 1 + rnd(16);
	for (i = 0; i < n; i++)
		knobs[rnd(knob)] = rnd(1 << 20);
	text[1] = policy_text();
	for (i = 0; i < 2; i++)
		image[i] = compile(text[i]);
	if (!image[0].data || !image[1].data)
		goto out;
	ok = true;
	wired = !!strstr(text[0], WIRED);
	if (wired != !!strstr(text[1], WIRED))
		wired = -1;
	if (!CHECK(is_like_itself(image[0].data)))
		puts(text[0]);
	otseg_diff_make(&diff, image[0].data, image[1].data);
	CHECK(!diff.is_full);
	now_ns += 10000 * 1000000000ull;
	for (i = 0; i < 2; i++)
		engine_load(engines[i], &image[i], text[i]);
	for (i = 0; i < FRAMES; i++) {
		probe_make(&p, i, wired);
		for (k = 0; k < 2; k++)
			outcome[k] = judge(engines[k], &p);
		if (!check_frame(&diff, &p, outcome[0], outcome[1]) ||
		    (outcome[0].is_allowed && outcome[1].is_allowed && p.has_msg &&
		     !check_limit(&diff, outcome))) {
			tell(&p, text, image, outcome[0], outcome[1]);
			break;
		}
	}
	otseg_diff_free(&diff);
out:
	for (i = 0; i < 2; i++) {
		otseg_blob_free(&image[i]);
		free(text[i]);
	}
	return ok;
}

static u32 n_pairs = PAIRS;

static void test_random(void)
{
	u32 n = 0, tries = 0;

	engines_new(&p);
	while (n < n_pairs && tries++ < 20 * n_pairs && !ktap_failures)
		n += check_pair();
	CHECK(n == n_pairs || ktap_failures, "%u pairs of %u", n, tries);
	printf("# %u pairs in %u tries, %u frames, %u with another verdict; "
	       "in the difference %u, %u, %u, %u; %u with another rate\n",
	       n, tries, n_frames, n_changed, n_by_kind[0], n_by_kind[1], n_by_kind[2],
	       n_by_kind[3], n_limits);
	for (n = 0; n < 2; n++)
		otseg_engine_free(engines[n]);
	/* The test tests something. */
	CHECK(n_changed * 100 > n_frames);
	CHECK(n_limits * 5000 > n_frames);
	for (n = 0; n < OTSEG_DIFF_KINDS; n++)
		CHECK(n_by_kind[n] * 1000 > n_frames);
}

int main(int argc, char **argv)
{
	static const struct ktap_case cases[] = {
		{ "a frame is in the difference if and only if its verdict differs", test_random },
	};

	if (argc > 1)
		n_pairs = atoi(argv[1]);
	if (argc > 2)
		seed = strtoull(argv[2], NULL, 0);
	return ktap_run(cases, sizeof(cases) / sizeof(cases[0]));
}
