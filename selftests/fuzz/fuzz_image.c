// SPDX-License-Identifier: GPL-2.0-only
/*
 * Any bytes either verify or are refused with a sentence; in what verifies, every
 * look-up of the datapath stays within its sections and its bounds, and the
 * readers of the tool stay within the image.
 *
 * The first byte of the input says how to read the rest: 0 as an image; else as
 * changes to a good image, of eight bytes each: section, kind, place, value. An
 * image is too long to be found by chance.
 */
#include <stdlib.h>
#include <string.h>

#include "kmod/image_verify.h"
#include "selftests/unit/image_walk.h"

static const char base_policy[] =
	"otseg: 1\n"
	"name: base\n"
	"zones:\n"
	"  it: {level: 4, interfaces: [it0, {name: it1, vlan: 3}], prefixes: [10.10.0.0/16, \"fd00::/64\"]}\n"
	"  ot: {level: 1, interfaces: [ot0], prefixes: [192.168.10.0/24], macs: [\"02:00:00:00:00:01\"]}\n"
	"  rest: {level: 5, interfaces: [up0], prefixes: [0.0.0.0/0, \"::/0\"]}\n"
	"assets:\n"
	"  hmi: {zone: it, address: [10.10.5.30, \"fd00::30\"]}\n"
	"  mes: {zone: it, address: 10.10.5.31}\n"
	"  plc: {zone: ot, address: 192.168.10.11, note: n}\n"
	"  both: [hmi, mes]\n"
	"conduits:\n"
	"  down:\n"
	"    {reason: r, from: it, to: ot, mode: monitor, rules: {\n"
	"      a: {from: both, to: plc, service: modbus, units: 1-9, functions: [3, 8/0], access: read,\n"
	"          objects: {holding-register: [1, 5-9]}, rate: {packets: 5/m, bytes: 1MB/s}},\n"
	"      b: {service: modbus, access: write, values: 1-5}, c: {service: icmp, types: [echo]},\n"
	"      d: {service: tcp, port: 1-100, from: hmi}}}\n"
	"  off: {reason: r, from: it, to: ot, state: disabled, rules: {t: {service: tcp}}}\n"
	"  up: {reason: r, from: ot, to: rest, rules: {m: {service: ads}, u: {service: udp},\n"
	"      q: {service: mqtt, access: read, fields: {topic: [t, \"u/*\"], client-id: c, qos: [0, 2]}},\n"
	"      n: {service: dnp3, carrier: [tcp, udp], access: read, objects: {group-99: 1-5}}}}\n"
	"intra: {ot: {reason: r, rules: {x: {service: arp}, e: {service: ethertype, ethertype: 0x88cc},\n"
	"      g: {service: goose, access: [write, control], units: 1, fields: {goid: g, confrev: 1}}}}}\n";

static struct otseg_blob base;

static const size_t record_sizes[] = {
#define X(id, type, max) sizeof(type),
	OTSEG_SECTION_LIST(X)
#undef X
};

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	struct otseg_diag diag = {};
	struct otseg_policy *policy =
		otseg_policy_parse("base", base_policy, strlen(base_policy), &diag);

	(void)argc;
	(void)argv;
	if (!policy || otseg_policy_compile(policy, &base, &diag)) {
		otseg_diag_print(stderr, &diag);
		abort();
	}
	otseg_policy_free(policy);
	otseg_diag_free(&diag);
	return 0;
}

struct change {
	u8 section;
	u8 kind;
	u16 place;
	u32 value;
};

static void apply(char *image, const struct change *change)
{
	struct otseg_image *header = (struct otseg_image *)image;
	unsigned int id = change->section % (OTSEG_SEC_COUNT + 1);
	size_t off, span, len = 1u << change->kind % 3, place;

	if (id == OTSEG_SEC_COUNT) {
		off = 0;
		span = sizeof(*header);
	} else {
		off = ((struct otseg_image *)base.data)->sec[id].off;
		span = ((struct otseg_image *)base.data)->sec[id].count * record_sizes[id];
	}
	if (span < len)
		return;
	place = off + change->place * len % (span - len + 1);
	if (change->kind & 8) {
		u32 sum = 0;

		memcpy(&sum, image + place, len);
		sum += change->value;
		memcpy(image + place, &sum, len);
	} else {
		memcpy(image + place, &change->value, len);
	}
}

static void use(const void *image)
{
	FILE *out = fopen("/dev/null", "w");

	image_walk_all(image);
	otseg_image_print(out, image, 0);
	otseg_image_print(out, image, OTSEG_PRINT_JSON);
	otseg_image_diff(out, base.data, image, 0);
	fclose(out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct change change;
	char why[256] = "";
	size_t len, at;
	char *image;

	if (!size)
		return 0;
	len = data[0] ? base.len : size - 1;
	/* Exactly as long as it says, so that reading past its end is noticed. */
	image = malloc(len ? len : 1);
	if (!image)
		return 0;
	memcpy(image, data[0] ? base.data : data + 1, len);
	for (at = 1; data[0] && at + sizeof(change) <= size; at += sizeof(change)) {
		memcpy(&change, data + at, sizeof(change));
		apply(image, &change);
	}
	/* Not the digest: every change makes it wrong. */
	if (!otseg_image_verify(image, len, why, sizeof(why)))
		use(image);
	else if (!*why)
		abort();
	free(image);
	return 0;
}
