// SPDX-License-Identifier: GPL-2.0-only
/*
 * Images: the same text makes the same bytes; what an image prints compiles to
 * the same image; differences are named; and the verifier refuses every field
 * that could lead a look-up astray, naming section and record, while whatever it
 * accepts can be looked up in.
 */
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "image_walk.h"
#include "ktap.h"
#include "otseg/service.h"
#include "userspace/policy/when.h"

/* Every section is used, every kind of record is there. */
static const char rich[] =
	"otseg: 1\n"
	"name: rich\n"
	"revision: 9\n"
	"supersedes: 12\n"
	"defaults: {arp: deny, icmpv6: {neighbour-discovery: deny}, modbus: {port: [502, 1502]}}\n"
	"zones:\n"
	"  it: {level: 4, interfaces: [it0, it1, {name: it1, vlan: [10, 20]}],\n"
	"       prefixes: [10.10.0.0/16, \"fd00:10::/64\"]}\n"
	"  rest: {level: 5, interfaces: [{name: it0, vlan: 7}], prefixes: [0.0.0.0/0, \"::/0\"]}\n"
	"  ot:\n"
	"    level: 1.5\n"
	"    interfaces: [{name: ot0, vlan: [10, 20]}, ot1, ot2]\n"
	"    prefixes: [192.168.10.0/24]\n"
	"    macs: [\"02:00:00:00:00:01\", \"02:00:00:00:00:02\"]\n"
	"routed: [ot2, ot1]\n"
	"fail-open: [it0]\n"
	"wires:\n"
	"  line3: {interfaces: [it1, ot0], mirror-link: true}\n"
	"assets:\n"
	"  hmi: {zone: it, address: [10.10.5.30, \"fd00:10::30\"], note: \"two \\\"words\\\"\"}\n"
	"  mes: {zone: it, address: 10.10.5.31}\n"
	"  plc: {zone: ot, address: 192.168.10.11}\n"
	"  cloud: {zone: rest, address: 8.8.0.0/16}\n"
	"  office: {members: [hmi, mes], note: both}\n"
	"  all: [hmi, plc]\n"
	"conduits:\n"
	"  down:\n"
	"    reason: \"r1: quoted\"\n"
	"    from: it\n"
	"    to: ot\n"
	"    mode: monitor\n"
	"    on-deny: exception\n"
	"    flows: 100\n"
	"    sessions: 10\n"
	"    rate: {packets: 500/s, burst: 50, bytes: 1MB/s}\n"
	"    rules:\n"
	"      a: {from: office, to: plc, service: modbus, units: [1, 3-4], functions: [1-4, 8/0, 43],\n"
	"          access: [read, diagnostic], objects: {coil: 1-9, file-record: 4/1-4/9},\n"
	"          rate: {packets: 10/m, bytes: 2MB/h, burst: 3}, idle: 90s}\n"
	"      b: {service: modbus, access: write, values: [1, 5-9], from: hmi}\n"
	"      c: {service: icmp, types: [echo, 3/1, 200]}\n"
	"  side: {reason: r2, from: it, to: ot, state: disabled, rules: {t: {service: tcp}},\n"
	"         when: [\"Mon-Wed,Fri 06:00-18:00 Europe/Berlin\", \"Sat 22:00-02:30 UTC\"]}\n"
	"  up:\n"
	"    reason: r3\n"
	"    from: ot\n"
	"    to: rest\n"
	"    rules:\n"
	"      u: {service: udp, port: [53, 123, 1000-2000], to: cloud}\n"
	"      v: {service: ads, access: [session, write]}\n"
	"      w: {service: icmpv6}\n"
	"      n: {service: dnp3, carrier: [tcp, udp], access: read, units: 10, objects: {group-99: 1-5,\n"
	"          binary-input: [0-9, 20], group-3: 7}, fields: {variation: [1, 3-4]}}\n"
	"      q: {service: mqtt, access: read, port: 1884, fields: {topic: [\"line3/*\", line3, \"a \\\"b\\\"\"],\n"
	"          client-id: hmi, qos: [0, 2]}}\n"
	"      f: {service: melsec, carrier: udp, access: read}\n"
	"intra:\n"
	"  ot: {reason: r4, on-deny: reset, sessions: 65536, rate: {bytes: 64kB/m}, rules: {x: {service: arp, operations: [request, 9-10]}, y: {service: tcp, "
	"port: 44818}}}\n"
	"  it:\n"
	"    reason: r5\n"
	"    rules:\n"
	"      g: {service: goose, access: [write, control], units: 0x3001, fields: {goid: g1, gocbref:\n"
	"          [\"IED1LD0/LLN0$GO$*\", IED2], simulation: no, confrev: [1, 4]}}\n"
	"      e: {service: ethertype, ethertype: [0x88cc, 0x9000-0x90ff]}\n"
	"      h: {service: ethercat, carrier: [link, udp], port: 7000, access: read, units: 1-9}\n"
	"      i: {service: ethercat, carrier: udp, access: read}\n"
	"      j: {service: ethercat, access: read}\n";

static struct otseg_blob compile(const char *text)
{
	struct otseg_diag diag = {};
	struct otseg_blob image = {};
	struct otseg_policy *policy = otseg_policy_parse("test", text, strlen(text), &diag);

	if (policy)
		otseg_policy_compile(policy, &image, &diag);
	if (!image.data)
		otseg_diag_print(stdout, &diag);
	otseg_policy_free(policy);
	otseg_diag_free(&diag);
	return image;
}

static char *print(const void *image, unsigned int flags)
{
	char *text;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	CHECK(!otseg_image_print(out, image, flags));
	fclose(out);
	return text;
}

static bool same(const struct otseg_blob *a, const struct otseg_blob *b)
{
	return a->data && b->data && a->len == b->len && !memcmp(a->data, b->data, a->len);
}

static char *replaced(const char *what, const char *by)
{
	const char *at = strstr(rich, what);
	char *text;

	if (asprintf(&text, "%.*s%s%s", (int)(at - rich), rich, by, at + strlen(what)) < 0)
		abort();
	return text;
}

static void test_same(void)
{
	struct otseg_blob one = compile(rich), other = compile(rich);

	CHECK(same(&one, &other));
	otseg_blob_free(&one);
	otseg_blob_free(&other);
}

/* compile -> print -> compile, in layouts of all kinds. */
static void check_round_trip(const char *text)
{
	struct otseg_blob one = compile(text), other;
	char *printed;

	if (!CHECK(one.data, "it does not compile:\n%s", text))
		return;
	printed = print(one.data, 0);
	other = compile(printed);
	CHECK(same(&one, &other), "printed as:\n%s", printed);
	free(printed);
	otseg_blob_free(&one);
	otseg_blob_free(&other);
}

static void test_round_trip(void)
{
	static const char *const texts[] = {
		rich,
		/* all in one line */
		"{otseg: 1, name: x, revision: 3, zones: {a: {level: 0, prefixes: [10.0.0.0/8]}, "
		"b: {level: 1}}, supersedes: 4, adopt: 1h, "
		"conduits: {c: {reason: y, adopt: never, from: a, to: b, rules: {r: {service: tcp}}}}}",
		/* sections in another order, far apart */
		"\n\n\nconduits:\n\n\n  c:\n    from: a\n\n    to: b\n    rules:\n"
		"      r: {service: modbus, functions: [diagnostics/clear-counters, 100-110, 99]}\n\n"
		"      s:\n        service: udp\n    reason: \"tab\\there\"\nzones:\n  a: {level: 2.5}\n"
		"  b:\n    level: 3\n    prefixes: [10.0.0.0/8, \"fe80::/10\"]\nname: y\notseg: 1\n"
		"supersedes: 1\n",
		/* a short conduit among long ones, and names that look like something else */
		"otseg: 1\nname: 1.5\nzones:\n  yes: {level: 1, prefixes: [10.0.0.0/8]}\n"
		"  007: {level: 1, prefixes: [11.0.0.0/8]}\nassets:\n  \"null\": {zone: yes, address: "
		"10.0.0.1}\nconduits:\n  c: {reason: 7, from: yes, to: 007, rules: {r: {service: tcp, "
		"from: \"null\"},\n    s: {service: udp}}}\n  d:\n    reason: \"#8\"\n    to: yes\n"
		"    from: 007\n    adopt: always\n    rules:\n      t: {service: icmp}\nadopt: 90s\n",
	};
	size_t i;

	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		check_round_trip(texts[i]);
}

static void test_print(void)
{
	static const char *const texts[] = {
		"defaults: {arp: deny, icmpv6: {neighbour-discovery: deny}}",
		"interfaces: [{name: ot0, vlan: [10, 20]}, ot1, ot2]",
		"macs: [\"02:00:00:00:00:01\", \"02:00:00:00:00:02\"]",
		"wires:\n  line3: {interfaces: [it1, ot0], mirror-link: true}\n",
		"routed: [ot1, ot2]\n",
		"fail-open: [it0]\n",
		"note: \"two \\\"words\\\"\"",
		"office: {members: [hmi, mes], note: both}",
		"all: [hmi, plc]",
		"reason: \"r1: quoted\"",
		"mode: monitor",
		"on-deny: exception",
		"on-deny: reset",
		"flows: 100",
		"sessions: 10",
		"sessions: 65536",
		"rate: {packets: 500/s, burst: 50, bytes: 1MB/s}",
		"rate: {bytes: 64kB/m}",
		"port: [502, 1502]",
		"access: [read, diagnostic]",
		"functions: [read-coils, read-discrete-inputs",
		"units: [1, 3-4]",
		"objects: {coil: 1-9, file-record: 4/1-4/9}",
		"rate: {packets: 10/m, burst: 3, bytes: 2MB/h}",
		"idle: 90s",
		"values: [1, 5-9]",
		"types: [destination-unreachable/1, echo, 200]",
		"state: disabled",
		"operations: [request, 9-10]",
		"port: [53, 123, 1000-2000]",
		"carrier: [tcp, udp]",
		"objects: {binary-input: [0-9, 20], double-bit-input: 7, group-99: 1-5}",
		"fields: {variation: [1, 3-4]}",
		"fields: {qos: [0, 2], topic: [\"a \\\"b\\\"\", line3, \"line3/*\"], client-id: hmi}",
		"service: mqtt, port: 1884",
		"f: {service: melsec, carrier: udp",
		"fields: {simulation: \"no\", confrev: [1, 4], gocbref: [\"IED1LD0/LLN0$GO$*\", IED2], goid: g1}",
		"ethertype: [0x88cc, 0x9000-0x90ff]",
		"port: 7000",
		"carrier: [link, udp]",
		"i: {service: ethercat, carrier: udp, access: read}",
	};
	char *text = strdup(rich);
	struct otseg_blob image = compile(text);
	char *printed = print(image.data, 0);
	size_t i;

	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		CHECK(strstr(printed, texts[i]), "'%s' is not in\n%s", texts[i], printed);
	free(printed);
	printed = print(image.data, OTSEG_PRINT_JSON);
	CHECK(strstr(printed, "\"conduits\": [{\"name\": \"down\", \"reason\": \"r1: quoted\""));
	free(printed);
	free(text);
	otseg_blob_free(&image);
}

/* Two texts: whether their effect differs, and what is said of it; NULL: nothing. */
static void check_effect(const char *old_text, const char *new_text, const char *const *wanted)
{
	struct otseg_blob before = compile(old_text), after = compile(new_text);
	bool differs = wanted[0] && strncmp(wanted[0], "The effect is the same.", 23);
	char *printed;
	size_t len, i;
	FILE *out = open_memstream(&printed, &len);

	if (CHECK(before.data && after.data)) {
		otseg_when_open(before.data, OTSEG_NEVER);
		otseg_when_open(after.data, OTSEG_NEVER);
		CHECK(otseg_image_diff(out, before.data, after.data, 0) == differs);
		CHECK(otseg_image_diff(out, before.data, before.data, 0) == 0);
	}
	fclose(out);
	for (i = 0; wanted[i]; i++)
		CHECK(strstr(printed, wanted[i]), "no '%s' in:\n%s", wanted[i], printed);
	CHECK(i || !len, "of '%s' says:\n%s", new_text, printed);
	free(printed);
	otseg_blob_free(&before);
	otseg_blob_free(&after);
}

static void check_difference(const char *what, const char *by, const char *wanted)
{
	const char *const all[] = { wanted, NULL };
	char *text = replaced(what, by);

	check_effect(rich, text, all);
	free(text);
}

#define SAME "The effect is the same. What is written differs: "

static void test_differences(void)
{
#define LINE3 "line3: {interfaces: [it1, ot0], mirror-link: true}"
#define RULE_X "x: {service: arp, operations: [request, 9-10]}"
#define RULE_Y "y: {service: tcp, port: 44818}"
	check_difference("name: rich\n", "name: rich\n\n\n", NULL);
	check_difference("name: rich", "name: poor", SAME "policy poor (changed).\n");
	check_difference("level: 4", "level: 3.5", SAME "zone it (changed)");
	check_difference("w: {service: icmpv6}", "w2: {service: icmpv6}",
			 SAME "rule up/w (removed), rule up/w2 (added)");
	check_difference(RULE_X ", " RULE_Y, RULE_Y ", " RULE_X, SAME "conduit ot (changed)");
	check_difference("routed: [ot2, ot1]", "routed: [ot1, ot2]", NULL);
	check_difference("revision: 9", "revision: 0x9", NULL);
	check_difference("supersedes: 12", "supersedes: 0x7fffffffffffffff",
			 SAME "policy rich (changed).\n");
	check_difference("  mes: {zone: it, address: 10.10.5.31}\n",
			 "  mes: {zone: it, address: 10.10.5.32}\n",
			 "now allowed: from mes (10.10.5.32) in zone it to plc (192.168.10.11) in "
			 "zone ot: modbus (tcp 502, tcp 1502), access read, diagnostic");
	check_difference(LINE3, "line3: [it1, ot0]",
			 "changed way: what passes on ot0 vlan 10/20 goes across the wire to it1 "
			 "(it went across the wire to it1, whose link it mirrors)\n");
	check_difference("routed: [ot2, ot1]\n", "",
			 "changed way: what passes on ot1 goes up to the host "
			 "(it went routed by the datapath)\n");
	check_difference("fail-open: [it0]\n", "",
			 "changed way: what passes on it0 goes up to the host (it went up to the "
			 "host, unfiltered while the datapath does not run there)\n");
	check_difference("fail-open: [it0]", "fail-open: [it0, ot2]",
			 "changed way: what passes on ot2 goes routed by the datapath, unfiltered "
			 "while the datapath does not run there (it went routed by the datapath)\n");
	check_difference("flows: 100", "flows: 200",
			 "changed limit: conduit down: flows 100 -> 200\n");
	check_difference("flows: 100", "flows: 100\n    adopt: always",
			 "changed limit: conduit down: adopt never -> always\n");
	check_difference("flows: 100", "flows: 100\n    adopt: never", SAME "conduit down (changed)");
	check_difference("supersedes: 12", "supersedes: 12\nadopt: 2m",
			 "changed limit: conduit down: adopt never -> 120s\n");
	check_difference("    on-deny: exception\n", "",
			 "changed limit: conduit down: on-deny exception -> drop\n");
	check_difference("    sessions: 10\n", "",
			 "changed limit: conduit down: sessions 10 -> 256\n");
	check_difference("rate: {packets: 500/s, burst: 50, bytes: 1MB/s}",
			 "rate: {packets: 500/s, burst: 50}",
			 "changed limit: conduit down: rate packets 500/s; burst 50; bytes 1MB/s -> "
			 "packets 500/s; burst 50\n");
	check_difference("idle: 90s", "idle: 2m",
			 "changed limit: rule a of conduit down: idle 90s -> 120s\n");
	check_difference("state: disabled", "state: enabled",
			 "to all of zone ot: tcp; by rule t of conduit side\n");
	check_difference("mode: monitor", "mode: enforce", "enforced again: from all of zone it");
	check_difference("units: [1, 3-4], ", "", "units 2, 5-255");
	check_difference("\"02:00:00:00:00:02\"]", "\"02:00:00:00:00:03\"]",
			 "now allowed: from all of zone ot to cloud (8.8.0.0/16) in zone rest, "
			 "coming in by ot1, ot2, sent by 02:00:00:00:00:03: udp");
	check_difference("topic: [\"line3/*\", line3,", "topic: [\"line3/a*\", line3,",
			 "topic line3/*, but line3/a*; client-id hmi; by rule q of conduit up\n");
	check_difference("arp: deny", "arp: allow", "now allowed: from all of zone it, coming in by it1");
}

/* What messages differ, exactly: @rules stand in place of each other. */
static void check_rules(const char *old_rules, const char *new_rules, const char *first,
			const char *second)
{
	static const char format[] =
		"otseg: 1\nname: x\nzones:\n  a: {level: 1, interfaces: [i0], prefixes: [10.0.0.0/8]}\n"
		"  b: {level: 1, interfaces: [i1], prefixes: [11.0.0.0/8]}\nconduits:\n"
		"  c: {reason: r, from: a, to: b, rules: {%s}}\n";
	const char *const wanted[] = { first, second, NULL };
	char *texts[2];

	if (asprintf(&texts[0], format, old_rules) < 0 || asprintf(&texts[1], format, new_rules) < 0)
		abort();
	check_effect(texts[0], texts[1], wanted);
	free(texts[0]);
	free(texts[1]);
}

static void test_messages(void)
{
#define READ(name, rest) name ": {service: modbus, access: read, " rest "}"
#define REGISTERS(range) "objects: {holding-register: " range "}"
	check_rules(READ("r", REGISTERS("0-199")), READ("r", REGISTERS("0-99")),
		    "no longer allowed: from all of zone a to all of zone b: modbus (tcp 502), access "
		    "read, objects holding-register 100-199; by rule r of conduit c\n",
		    NULL);
	/* Two rules are less than one: a message that has objects of both needs the one. */
	check_rules(READ("r", REGISTERS("0-99")) ", " READ("s", REGISTERS("100-199")),
		    READ("r", REGISTERS("0-199")),
		    "now allowed: from all of zone a to all of zone b: modbus (tcp 502), access read, "
		    "in one message: holding-register 0-99 with holding-register 100-199;",
		    NULL);
	/* Units a message has one of: there the two are the one. */
	check_rules(READ("r", "units: 1") ", " READ("s", "units: 2"), READ("r", "units: [1, 2]"),
		    SAME, NULL);
	check_rules("r: {service: modbus, functions: [3, 4]}",
		    "r: {service: modbus, functions: 3}, s: {service: modbus, functions: 4}", SAME,
		    NULL);
	check_rules("r: {service: modbus, functions: [3]}",
		    "r: {service: modbus, access: read, functions: [3]}", SAME, NULL);
	check_rules("r: {service: modbus, access: read}",
		    "r: {service: modbus, access: [read, write]}",
		    "now allowed: from all of zone a to all of zone b: modbus (tcp 502), access read, "
		    "write, functions write-single-coil",
		    NULL);
	check_rules(READ("r", "units: 1"), READ("r", "units: [1, 5]"), "units 5; by rule r", NULL);
	check_rules("r: {service: modbus, access: write, values: 0-9}",
		    "r: {service: modbus, access: write, values: [0-4, 20]}", "values 20; by rule r",
		    "values 5-9; by rule r");
	check_rules("r: {service: tcp, port: 502}", READ("r", "units: 1"),
		    "no longer allowed: from all of zone a to all of zone b: tcp (tcp 502), except what "
		    "passes by rule r of conduit c; by rule r of conduit c\n",
		    NULL);
	check_rules("r: {service: mqtt, access: read, fields: {topic: \"a*\"}}",
		    "r: {service: mqtt, access: read, fields: {topic: \"ab*\"}}",
		    "fields topic a*, but ab*", NULL);
	check_rules("r: {service: dnp3, access: read, fields: {variation: 1-4}}",
		    "r: {service: dnp3, access: read, fields: {variation: 2}}",
		    "fields variation 1, 3-4", NULL);
}

/*
 * One field is overwritten and must be missed. @count writes to the section's
 * count instead, in the header.
 */
struct damage {
	const char *wanted;
	int section; /* -1: the header */
	u32 record;
	size_t off;
	size_t len;
	u64 value;
};

#define HEADER(field, value, wanted)                                      \
	{                                                                 \
		(wanted), -1, 0, offsetof(struct otseg_image, field),     \
			sizeof(((struct otseg_image *)0)->field), (value) \
	}
#define COUNT_OF(id, value, wanted)                                             \
	{                                                                       \
		(wanted), -1, 0,                                                \
			offsetof(struct otseg_image, sec) +                     \
				OTSEG_SEC_##id * sizeof(struct otseg_section) + \
				offsetof(struct otseg_section, count),          \
			4, (value)                                              \
	}
#define OFF_OF(id, value, wanted)                                              \
	{                                                                      \
		(wanted), -1, 0,                                               \
			offsetof(struct otseg_image, sec) +                    \
				OTSEG_SEC_##id * sizeof(struct otseg_section), \
			4, (value)                                             \
	}
#define FIELD(id, record, field, value, wanted)                                            \
	{                                                                                  \
#id wanted, OTSEG_SEC_##id, (record), offsetof(otseg_section_##id, field), \
			sizeof(((otseg_section_##id *)0)->field), (value)                  \
	}
#define WORD(id, record, value, wanted)                                                      \
	{                                                                                    \
#id wanted, OTSEG_SEC_##id, (record), 0, sizeof(otseg_section_##id), (value) \
	}

static const struct damage damages[] = {
	HEADER(magic, 1, "header: this is not a policy image"),
	HEADER(version, 1, "header: format version 1 is not supported"),
	HEADER(header_size, 1, "header: format version"),
	HEADER(size, 64, "header: it tells of 64 bytes"),
	HEADER(name, 0, "header: the policy's name is not a name"),
	HEADER(name, 1u << 31, "header: the policy's name is not a name"),
	HEADER(flags, 32, "header: unknown flags"),
	HEADER(flags, OTSEG_IMG_ADOPT, "header: its flags do not fit what conduits take up"),
	HEADER(flags, OTSEG_IMG_ELSEWHERE, "header: its flags do not fit where answers may come from"),
	HEADER(adopt_s, OTSEG_ADOPT_MAX + 1, "header: 2592001 s are too long"),
	HEADER(revision, 1ull << 63, "header: no revision is as high as that"),
	HEADER(supersedes, 1ull << 63, "header: no revision is as high as that"),
	HEADER(supersedes, 9, "header: it supersedes a revision that is not higher"),
	HEADER(sec[OTSEG_SEC_COUNT].count, 1, "header: section 30 does not exist"),
	COUNT_OF(LINKS, 257, "LINKS: 257 records, at most 256"),
	COUNT_OF(STRINGS, 0, "header: something follows"),
	COUNT_OF(PREFIXES, 60000, "PREFIXES: it ends behind the image"),
	COUNT_OF(V4_ROOT, 0, "V4_NODES: it begins at"),
	COUNT_OF(TEXTS, 60000, "TEXTS: it ends behind the image"),
	OFF_OF(LINK_HASH, 0, "LINK_HASH: it begins at 0"),
	OFF_OF(STRINGS, 0xffffffc0, "STRINGS: it begins at"),
	WORD(STRINGS, 0, 'a', ": it does not begin and end with NUL"),
	WORD(STRINGS, 1, 0xff, "[1]: byte 0xff is not text"),
	WORD(STRINGS, 1, 0x1b, "[1]: byte 0x1b is not text"),
	WORD(LINK_HASH, 0, 99, "[0]: there is no link 98"),
	FIELD(LINKS, 0, name[0], 0, "[0]: the name is empty"),
	FIELD(LINKS, 0, name[0], ' ', "[0]: the name is not that of an interface"),
	FIELD(LINKS, 0, name[15], 'x', "[0]: the name is empty or does not end"),
	FIELD(LINKS, 0, vlan, 0x10000, "[0]: there are no VLANs"),
	FIELD(LINKS, 0, vlan, 5, "[0]: the hash is not that of name and VLANs"),
	FIELD(LINKS, 0, hash, 5, "[0]: the hash is not"),
	FIELD(LINKS, 0, zone_plus1, 9, "[0]: its zone is not the only one behind it"),
	FIELD(LINKS, 2, zone_plus1, 0, "[2]: its zone is not the only one behind it"),
	FIELD(LINKS, 2, zone_plus1, 3, "[2]: its zone is not the only one behind it"),
	FIELD(LINKS, 2, wire_plus1, 2, "[2]: there is no wire 1"),
	FIELD(LINKS, 2, wire_plus1, 0, "[2]: its interface and wire 0 contradict each other"),
	FIELD(LINKS, 0, wire_plus1, 1, "[0]: its interface and wire 0 contradict each other"),
	FIELD(LINKS, 2, peer_plus1, 0, "[2]: its peer is not the same VLAN at the other end"),
	FIELD(LINKS, 2, peer_plus1, 3, "[2]: its peer is not the same VLAN at the other end"),
	FIELD(LINKS, 1, peer_plus1, 5, "[1]: its peer is not the same VLAN at the other end"),
	FIELD(LINKS, 0, peer_plus1, 5, "[0]: its peer is not the same VLAN at the other end"),
	FIELD(LINKS, 2, reach[0], 0, "[2]: it does not reach the zones that it should"),
	FIELD(LINKS, 2, reach[0], 6, "[2]: it does not reach the zones that it should"),
	FIELD(LINKS, 0, reach[0], 4, "[0]: it does not reach the zones that it should"),
	FIELD(LINKS, 4, reach[3], 1, "[4]: it does not reach the zones that it should"),
	FIELD(WIRES, 0, name, 0, "[0]: the name is not a name"),
	FIELD(LINKS, 2, mode, OTSEG_MODE_PASS, "[2]: its mode 0 does not fit its wire"),
	FIELD(LINKS, 0, mode, OTSEG_MODE_WIRE, "[0]: its mode 1 does not fit its wire"),
	FIELD(LINKS, 0, mode, 3, "[0]: its mode 3 does not fit its wire"),
	FIELD(LINKS, 3, mode, OTSEG_MODE_ROUTE, "[3]: frames with VLAN tags are not routed"),
	FIELD(LINKS, 0, flags, 2, "[0]: unknown flags 0x2"),
	FIELD(LINKS, 1, flags, 1, "[1]: what no datapath has seen does not cross a wire"),
	FIELD(LINKS, 3, flags, 0, "[3]: link 0 of its interface fails otherwise"),
	FIELD(WIRES, 0, flags, 2, "[0]: unknown flags 0x2"),
	FIELD(WIRES, 0, ends[0], 7, "[0]: there is no link 7"),
	FIELD(WIRES, 0, ends[0], 0, "[0]: its link 0 does not lie on it"),
	FIELD(WIRES, 0, ends[0], 2, "[0]: link 2 is not the first of its name"),
	FIELD(WIRES, 0, ends[0], 4, "[0]: both of its ends are link 4"),
	FIELD(ZONES, 0, links[0], 1 << 20, "[0]: it lives behind an unknown link"),
	FIELD(ZONES, 2, links[3], 1ull << 63, "[2]: it lives behind an unknown link"),
	FIELD(ZONES, 0, name, 0, "[0]: the name is not a name"),
	FIELD(ZONES, 0, flags, 8, "[0]: unknown flags 0x8"),
	FIELD(ZONES, 0, level_tenths, 51, "[0]: the level 51 is too high"),
	FIELD(ZONES, 0, n_classes, 60000, "") /* names CLASSES */,
	FIELD(CLASSES, 0, zone, 0, ": the first one is not that of no zone"),
	FIELD(CLASSES, 1, zone, 1, "[1]: it is not class 0 of zone 0"),
	FIELD(CLASSES, 1, local, 1, "[1]: it is not class 0 of zone 0"),
	FIELD(MAC_HASH, 0, zone_plus1, 60000, "[0]: no zone 59999 has MACs"),
	FIELD(MAC_HASH, 0, zone_plus1, 1, "[0]: no zone 0 has MACs"),
	WORD(V4_ROOT, 0, 4000, "[0]: there is no class or node 4000"),
	WORD(V4_ROOT, 9, OTSEG_TRIE_NODE | 4000, "[9]: there is no class or node 4000"),
	FIELD(V4_NODES, 0, bits[0], 2, "[0]: its first bit is not set"),
	FIELD(V4_NODES, 0, bits[1], ~0ull, "[0]: it miscounts the bits"),
	FIELD(V4_NODES, 0, before[2], 200, "[0]: it miscounts the bits"),
	FIELD(V4_NODES, 0, entries, 1, "[0]: its entries are not the next ones"),
	WORD(V4_ENTRIES, 0, OTSEG_TRIE_NODE, "[0]: it does not lead downwards"),
	WORD(V4_ENTRIES, 0, 4000, "[0]: there is no class or node 4000"),
	WORD(V4_ENTRIES, 0, OTSEG_TRIE_NODE | 4000, "[0]: there is no class or node 4000"),
	FIELD(V6_RANGES, 0, lo, 1, "[0]: the first one does not begin at ::"),
	FIELD(V6_RANGES, 1, hi, 0, "[1]: it is not behind the one before"),
	FIELD(V6_RANGES, 1, class, 4000, "[1]: there is no class 4000"),
	FIELD(V6_RANGES, 1, reserved, 1, "[1]: a reserved field is not zero"),
	WORD(PAIR_MATRIX, 0, 200, "[0]: there is no pair 199"),
	WORD(PAIR_MATRIX, 2, 0, ": it names 3 of 4 pairs"),
	FIELD(PAIRS, 0, src_roles, 4000, "[0]: there are no roles 4000 to"),
	FIELD(PAIRS, 0, dst_roles, OTSEG_NONE32, "[0]: there are no roles"),
	FIELD(PAIRS, 0, cells, 4000, "[0]: its cells end behind CELL_MATRIX"),
	FIELD(PAIRS, 0, n_src_roles, 0, "[0]: zone 0 has no classes"),
	FIELD(PAIRS, 0, n_src_roles, 60000, "[0]: its cells end behind CELL_MATRIX"),
	FIELD(PAIRS, 0, n_dst_roles, 60000, "[0]: its cells end behind CELL_MATRIX"),
	FIELD(PAIRS, 0, conduit, 60000, "[0]: there is no conduit 60000"),
	FIELD(PAIRS, 0, conduit, 1, "[0]: conduit 1 cannot answer for it"),
	FIELD(PAIRS, 0, conduit, 2, "[0]: conduit 2 cannot answer for it"),
	FIELD(PAIRS, 0, reserved, 1, "[0]: a reserved field is not zero"),
	WORD(ROLES, 0, 60000, "[0]: pair"),
	WORD(CELL_MATRIX, 0, 4000, "[0]: there is no cell 3999"),
	FIELD(CELLS, 0, intervals, 1, "[0]: its intervals are not the next ones"),
	FIELD(CELLS, 0, n_intervals, 0, "[0]: its intervals are not the next ones"),
	FIELD(CELLS, 1, n_intervals, OTSEG_NONE32, "[1]: its intervals are not the next ones"),
	FIELD(INTERVALS, 0, first, 1, "[0]: it is not in order"),
	FIELD(INTERVALS, 1, first, 0, "[1]: it is not in order"),
	FIELD(INTERVALS, 1, leaf_plus1, 4000, "[1]: there is no leaf 3999"),
	FIELD(LEAVES, 0, rules, 1, "[0]: its rules are not the next"),
	FIELD(LEAVES, 0, n_rules, 0, "[0]: its rules are not the next"),
	FIELD(LEAVES, 0, n_rules, 65, "[0]: its rules are not the next 1 to 64 ones"),
	FIELD(LEAVES, 0, service, OTSEG_SVC_UDP, "[0]: its rules make its service"),
	WORD(LEAF_RULES, 0, 4000, "[0]: there is no rule 4000"),
	FIELD(CONDUITS, 0, name, 0, "[0]: the name is not a name"),
	FIELD(CONDUITS, 0, reason, 0, "[0]: it has no reason"),
	FIELD(CONDUITS, 0, reason, OTSEG_NONE32, "[0]: it has no reason"),
	FIELD(CONDUITS, 0, from, 3, "[0]: there are no zones 3 and 2"),
	FIELD(CONDUITS, 0, to, OTSEG_NONE16, "[0]: there are no zones"),
	FIELD(CONDUITS, 0, flags, 8, "[0]: wrong flags 0x8"),
	FIELD(CONDUITS, 0, flags, OTSEG_CONDUIT_INTRA, "[0]: wrong flags 0x4"),
	FIELD(CONDUITS, 0, flags,
	      OTSEG_CONDUIT_ENABLED | OTSEG_CONDUIT_STANDING | OTSEG_CONDUIT_ADOPT_ALWAYS |
		      OTSEG_CONDUIT_ADOPT_NEVER,
	      "[0]: wrong flags 0x309"),
	FIELD(CONDUITS, 0, flags, 0xb | OTSEG_CONDUIT_WITHIN, "[0]: wrong flags 0x200b"),
	FIELD(CONDUITS, 0, flags, 0xa | OTSEG_CONDUIT_TIMED, "[0]: it has 0 windows"),
	FIELD(CONDUITS, 1, flags, 0, "") /* names WINDOWS */,
	FIELD(CLOCKS, 0, name, 0, "[0]: the name is not that of a time zone"),
	FIELD(CLOCKS, 0, name, OTSEG_NONE32, "[0]: the name is not that of a time zone"),
	FIELD(CLOCKS, 0, reserved, 1, "[0]: a reserved field is not zero"),
	FIELD(CLOCKS, 0, shifts, 1, "[0]: its shifts are not the next ones"),
	FIELD(CLOCKS, 0, n_shifts, 0, "[0]: its shifts are not the next ones"),
	FIELD(CLOCKS, 1, n_shifts, OTSEG_NONE32, "[1]: its shifts are not the next ones"),
	FIELD(CLOCKS, 1, until, 1767225600, "[1]: it does not end behind its last shift"),
	FIELD(CLOCKS, 0, until, OTSEG_TIME_MAX + 1, "[0]: it does not end behind its last shift"),
	FIELD(SHIFTS, 0, from, 0, "[0]: its time is out of range"),
	FIELD(SHIFTS, 1, from, 1767225600, "[1]: it is not in order"),
	FIELD(SHIFTS, 2, offset, 100000, "[2]: its time is out of range"),
	FIELD(SHIFTS, 2, offset, -100000, "[2]: its time is out of range"),
	FIELD(SHIFTS, 0, name, 0, "[0]: the name is not that of a time zone"),
	FIELD(WINDOWS, 0, conduit, 2, "[0]: conduit 2 has no windows"),
	FIELD(WINDOWS, 1, conduit, OTSEG_NONE16, "[1]: conduit 65535 has no windows"),
	FIELD(WINDOWS, 0, clock, 2, "[0]: there is no clock 2"),
	FIELD(WINDOWS, 0, days, 0, "[0]: there are no days 0x0"),
	FIELD(WINDOWS, 0, days, 0x80, "[0]: there are no days 0x80"),
	FIELD(WINDOWS, 0, from, 1440, "[0]: minutes 1440 to 1080 are no window"),
	FIELD(WINDOWS, 0, until, 0, "[0]: minutes 360 to 0 are no window"),
	FIELD(WINDOWS, 0, until, 1441, "[0]: minutes 360 to 1441 are no window"),
	FIELD(WINDOWS, 0, until, 360, "[0]: minutes 360 to 360 are no window"),
	FIELD(WINDOWS, 1, reserved, 1, "[1]: a reserved field is not zero"),
	FIELD(CONDUITS, 0, flags, OTSEG_CONDUIT_EXCEPTION, "[0]: wrong flags 0x800"),
	FIELD(CONDUITS, 0, budget_slot, OTSEG_BUDGET_SLOTS, "[0]: it has no flow budget"),
	FIELD(CONDUITS, 0, flow_budget, 0, "[0]: it has no flow budget"),
	FIELD(CONDUITS, 0, session_budget, 0, "[0]: it has no session budget"),
	FIELD(CONDUITS, 0, rate.bytes_period_s, 2, "[0]: its rate, burst and period do not fit"),
	FIELD(CONDUITS, 0, rate.burst_bytes, 0, "[0]: its rate, burst and period do not fit"),
	FIELD(CONDUITS, 1, rate.burst_packets, 1, "[1]: its rate, burst and period do not fit"),
	FIELD(CONDUITS, 0, rate.limiter, 0, "[0]: its limiter is not the next one"),
	FIELD(CONDUITS, 1, rate.limiter, 2, "[1]: its limiter is not the next one"),
	FIELD(CONDUITS, 0, rules, 1, "[0]: its rules are not the next ones"),
	FIELD(CONDUITS, 0, n_rules, OTSEG_NONE32, "[0]: its rules are not the next ones"),
	FIELD(RULES, 0, conduit, 1, "[0]: it belongs to conduit 0, not to 1"),
	FIELD(RULES, 0, name, 0, "[0]: the name is not a name"),
	FIELD(RULES, 0, service, 0, "[0]: there is no service 0"),
	FIELD(RULES, 0, service, OTSEG_SVC_COUNT, "[0]: there is no service"),
	FIELD(RULES, 0, flags, OTSEG_RULE_OPAQUE, "[0]: its flags 0x1 do not fit its service"),
	FIELD(RULES, 0, access, 0, "[0]: its access or idle time is out of range"),
	FIELD(RULES, 0, idle_s, OTSEG_NONE32, "[0]: its access or idle time is out of range"),
	FIELD(RULES, 2, n_units, 1, "[2]: nobody inspects what it asks for"),
	FIELD(RULES, 0, units, OTSEG_NONE32, "[0]: its units are not a sorted list"),
	FIELD(RULES, 0, n_units, 65, "[0]: its units are not a sorted list"),
	FIELD(RULES, 0, functions, OTSEG_NONE32, "[0]: its functions are not a sorted list"),
	FIELD(RULES, 0, objects, OTSEG_NONE32, "[0]: its objects are not a sorted list"),
	FIELD(RULES, 1, values, OTSEG_NONE32, "[1]: its values are not a sorted list"),
	FIELD(RULES, 0, values, 1, "[0]: its values are not a sorted list"),
	FIELD(RULES, 0, field_mask, 1, "[0]: its fields are not a sorted list in OBJECTS"),
	FIELD(RULES, 0, text_mask, 1, "[0]: its texts are not a list in TEXTS"),
	FIELD(RULES, 0, fields, OTSEG_NONE32, "[0]: its fields are not a sorted list"),
	FIELD(RULES, 0, texts, OTSEG_NONE32, "[0]: its texts are not a list in TEXTS"),
	FIELD(RULES, 0, reserved[0], 1, "[0]: a reserved field is not zero"),
	FIELD(RULES, 12, reserved[2], 1, "[12]: a reserved field is not zero"),
	FIELD(RULES, 2, n_fields, 1, "[2]: nobody inspects what it asks for"),
	FIELD(RULES, 13, n_texts, 1, "[13]: nobody inspects what it asks for"),
	FIELD(RULES, 7, fields, OTSEG_NONE32, "[7]: its fields are not a sorted list in OBJECTS"),
	FIELD(RULES, 7, n_fields, 65, "[7]: its fields are not a sorted list"),
	FIELD(RULES, 7, n_fields, 0, "[7]: its fields are not a sorted list"),
	FIELD(RULES, 7, field_mask, 3, "[7]: its fields are not a sorted list"),
	FIELD(RULES, 7, field_mask, 0, "[7]: its fields are not a sorted list"),
	FIELD(RULES, 8, texts, OTSEG_NONE32, "[8]: its texts are not a list in TEXTS"),
	FIELD(RULES, 8, n_texts, 65, "[8]: its texts are not a list"),
	FIELD(RULES, 8, n_texts, 0, "[8]: its texts are not a list"),
	FIELD(RULES, 8, text_mask, 1, "[8]: its texts are not a list"),
	FIELD(TEXTS, 0, text, 8, "") /* names RULES, and so do the next ones */,
	FIELD(TEXTS, 3, text, 0, ""),
	FIELD(TEXTS, 0, flags, 2, ""),
	FIELD(TEXTS, 0, len, 0, ""),
	FIELD(TEXTS, 0, len, OTSEG_MAX_TEXT + 1, ""),
	FIELD(TEXTS, 0, string, OTSEG_NONE32, ""),
	FIELD(RULES, 12, selectors, 0, "[12]: its selectors do not fit its service"),
	FIELD(RULES, 0, n_selectors, 0, "[0]: its selectors are not a sorted list"),
	FIELD(RULES, 0, selectors, OTSEG_NONE32, "[0]: its selectors are not a sorted list"),
	FIELD(RULES, 0, rate.packets_period_s, 7, "[0]: its rate, burst and period do not fit"),
	FIELD(RULES, 0, rate.burst_packets, 0, "[0]: its rate, burst and period do not fit"),
	FIELD(RULES, 1, rate.bytes_period_s, 1, "[1]: its rate, burst and period do not fit"),
	FIELD(RULES, 0, rate.limiter, 1, "[0]: its limiter is not the next one"),
	FIELD(RULES, 1, rate.limiter, 0, "[1]: its limiter is not the next one"),
	FIELD(RULES, 0, n_from, 60000, "[0]: its assets are not in ASSET_REFS"),
	FIELD(RULES, 0, to_refs, OTSEG_NONE32, "[0]: its assets are not in ASSET_REFS"),
	FIELD(OBJECTS, 0, first, 10, "") /* names RULES */,
	FIELD(RANGES, 0, first, OTSEG_NONE32, "") /* names RULES */,
	WORD(ASSET_REFS, 0, 4000, "[0]: there is no asset 4000"),
	FIELD(ASSETS, 0, name, 0, "[0]: the name is not a name"),
	FIELD(ASSETS, 0, note, OTSEG_NONE32, "[0]: the name is not a name or the note no text"),
	FIELD(ASSETS, 0, zone, 3, "[0]: there is no zone 3"),
	FIELD(ASSETS, 5, zone, 3, "[5]: there is no zone 3"),
	FIELD(ASSETS, 0, flags, 2, "[0]: it has unknown flags"),
	FIELD(ASSETS, 0, n_refs, 0, "[0]: it has unknown flags or no address"),
	FIELD(ASSETS, 0, n_refs, OTSEG_NONE32, "[0]: its addresses are not the next ones"),
	FIELD(ASSETS, 0, refs, 0, "[0]: its addresses are not the next ones"),
	FIELD(ASSETS, 4, refs, OTSEG_NONE32, "[4]: its members are not in ASSET_REFS"),
	FIELD(PREFIXES, 0, family, 5, "[0]: IPv5 has no prefixes"),
	FIELD(PREFIXES, 0, len, 33, "[0]: IPv4 has no prefixes of length 33"),
	FIELD(PREFIXES, 0, addr[2], 1, "[0]: bits behind its length are set"),
	FIELD(PREFIXES, 0, addr[15], 1, "[0]: bits behind its length are set"),
	FIELD(PREFIXES, 0, zone, 3, "[0]: there is no zone 3"),
	FIELD(PREFIXES, 0, class, 0, "[0]: its first address is not of class 0"),
	FIELD(PREFIXES, 0, asset_plus1, 1, "") /* names ASSETS */,
	FIELD(PREFIXES, 5, asset_plus1, 2, "") /* names ASSETS */,
};

static char *place_of(const struct otseg_blob *image, const struct damage *damage)
{
	static const size_t sizes[] = {
#define X(id, type, max) sizeof(type),
		OTSEG_SECTION_LIST(X)
#undef X
	};
	const struct otseg_image *header = image->data;

	if (damage->section < 0)
		return (char *)image->data + damage->off;
	return (char *)image->data + header->sec[damage->section].off +
	       damage->record * sizes[damage->section] + damage->off;
}

static bool is_missed(const struct otseg_blob *good, const struct damage *damage)
{
	struct otseg_blob bad = { malloc(good->len), good->len };
	char why[256] = "";
	bool passed;

	memcpy(bad.data, good->data, good->len);
	memcpy(place_of(&bad, damage), &damage->value, damage->len);
	passed = otseg_image_check(bad.data, bad.len, why, sizeof(why)) == -22;
	/* Without words of its own the damage is found from another section. */
	if (damage->section < 0 || strpbrk(damage->wanted, "[:"))
		passed = passed && strstr(why, damage->wanted) == why;
	if (!passed)
		printf("# wanted '%s', got '%s'\n", damage->wanted, why);
	otseg_blob_free(&bad);
	return passed;
}

static void test_damages(void)
{
	struct otseg_blob good = compile(rich);
	size_t i;

	for (i = 0; i < sizeof(damages) / sizeof(damages[0]); i++)
		CHECK(is_missed(&good, &damages[i]), "%s", damages[i].wanted);
	otseg_blob_free(&good);
}

/* Of whose answers may come from another port, an image says what its rules say. */
static void test_elsewhere(void)
{
	static const struct {
		const char *rule;
		u32 flag;
	} rules[] = {
		{ "{service: hart-ip, carrier: udp, access: read}", OTSEG_IMG_ELSEWHERE },
		{ "{service: hart-ip, carrier: [tcp, udp], access: read}", OTSEG_IMG_ELSEWHERE },
		{ "{service: hart-ip, carrier: tcp, access: read}", 0 },
		{ "{service: profinet-cm, access: read}", OTSEG_IMG_ELSEWHERE },
		{ "{service: melsec, carrier: udp, access: read}", 0 },
	};
	size_t i;

	for (i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
		struct otseg_image *header;
		struct otseg_blob image;
		char why[256] = "";
		char *text;

		if (asprintf(&text,
			     "otseg: 1\nname: p\nzones:\n"
			     "  a: {level: 3, interfaces: [it0], prefixes: [10.0.0.0/24]}\n"
			     "  b: {level: 1, interfaces: [ot0], prefixes: [10.0.1.0/24]}\n"
			     "conduits:\n  c: {reason: r, from: a, to: b, rules: {r: %s}}\n",
			     rules[i].rule) < 0)
			abort();
		image = compile(text);
		free(text);
		header = image.data;
		CHECK((header->flags & OTSEG_IMG_ELSEWHERE) == rules[i].flag, "%s", rules[i].rule);
		CHECK(!otseg_image_check(image.data, image.len, why, sizeof(why)), "%s", why);
		header->flags ^= OTSEG_IMG_ELSEWHERE;
		CHECK(otseg_image_check(image.data, image.len, why, sizeof(why)));
		CHECK(strstr(why, "where answers may come from"), "%s: %s", rules[i].rule, why);
		otseg_blob_free(&image);
	}
}

/* A digest that is not that of the bytes is told apart from bytes that are no image. */
static void test_digest(void)
{
	struct otseg_blob image = compile(rich);
	struct otseg_image *header = image.data;
	char why[256];

	CHECK(!otseg_image_check(image.data, image.len, why, sizeof(why)));
	header->digest[31] ^= 1;
	CHECK(otseg_image_check(image.data, image.len, why, sizeof(why)) == -74, "%s", why);
	CHECK(strstr(why, "digest"));
	otseg_blob_free(&image);
}

static void test_lengths(void)
{
	struct otseg_blob image = compile(rich);
	char why[256];
	size_t len;

	for (len = 0; len < image.len; len += len < 1024 ? 1 : 997) {
		char *copy = malloc(len + 1);

		memcpy(copy, image.data, len);
		CHECK(otseg_image_check(copy, len, why, sizeof(why)), "%zu bytes", len);
		free(copy);
	}
	CHECK(otseg_image_check(image.data, image.len, NULL, 0) == 0);
	otseg_blob_free(&image);
}

/* Random bytes in each section; what still verifies is walked through. */
static void test_random_damage(void)
{
	struct otseg_blob good = compile(rich);
	const struct otseg_image *header = good.data;
	char *bad = malloc(good.len);
	unsigned int round, refused = 0;
	char why[256];

	srandom(1);
	for (round = 0; round < 20000; round++) {
		const struct otseg_section *sec = &header->sec[random() % OTSEG_SEC_COUNT];
		size_t span = sec + 1 < &header->sec[OTSEG_SEC_COUNT] ? sec[1].off - sec->off :
									good.len - sec->off;

		memcpy(bad, good.data, good.len);
		bad[sec->off + random() % (span ? span : 1)] = random() % 3 ? random() : 1;
		if (otseg_image_check(bad, good.len, why, sizeof(why)) == -22)
			refused++;
		else if (round % 16 == 0)
			image_walk_all(bad);
	}
	CHECK(refused > 5000 && refused < 20000, "%u refused", refused);
	free(bad);
	otseg_blob_free(&good);
}

int main(void)
{
	static const struct ktap_case cases[] = {
		{ "the same text makes the same image", test_same },
		{ "a printed image compiles to the same image", test_round_trip },
		{ "every constraint is printed", test_print },
		{ "differences are named", test_differences },
		{ "messages that pass by one rule only are told exactly", test_messages },
		{ "a wrong field is refused by name", test_damages },
		{ "where answers may come from is what the rules say", test_elsewhere },
		{ "a wrong digest is told apart", test_digest },
		{ "a cut image is refused", test_lengths },
		{ "what verifies after random damage can be walked", test_random_damage },
	};

	return ktap_run(cases, sizeof(cases) / sizeof(cases[0]));
}
