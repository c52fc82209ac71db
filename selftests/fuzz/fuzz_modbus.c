// SPDX-License-Identifier: GPL-2.0-only
/*
 * Bytes from the network, as Modbus in either direction. What must hold of them:
 * nothing is read past the end; the beginning of what is acceptable is acceptable;
 * what is refused stays refused, for the same reason, when more bytes come; an
 * accepted ADU is as long as it says; objects and values lie within it; and what a
 * rule covers it covers from the first byte on.
 *
 * The first byte of an input is the direction, the rest are the bytes.
 */
#include <stdlib.h>
#include <string.h>

#include "../unit/rig.h"

#define HOLDING OTSEG_MODBUS_OBJ_HOLDING_REGISTER

static const struct rig_rule plant[] = {
	{ .access = OTSEG_ACCESS_READ | OTSEG_ACCESS_DIAGNOSTIC, .n_units = 1,
	  .units = { { 0, 100 } } },
	{ .access = OTSEG_ACCESS_WRITE | OTSEG_ACCESS_READ, .n_objects = 2,
	  .objects = { { OTSEG_MODBUS_OBJ_COIL, 0, 1000 }, { HOLDING, 0, 20000 } },
	  .n_values = 2, .values = { { 0, 1 }, { 5, 40000 } } },
	{ .access = OTSEG_ACCESS_ANY, .n_functions = 1,
	  .functions = { { 90 << 16, (90 << 16) + 0xffff } } },
};

static void insist(int claim)
{
	if (!claim)
		abort();
}

/* Parse from memory of exactly this size. */
static u32 parse(const u8 *bytes, u32 n, u32 dir, struct otseg_msg *msg)
{
	u8 *exact = malloc(n ? n : 1);
	u32 reason;

	memcpy(exact, bytes, n);
	memset(msg, 0xee, sizeof(*msg));
	reason = otseg_modbus_parse((struct otseg_pdu *)exact, n, dir, msg);
	free(exact);
	return reason;
}

static void check_objects(const struct otseg_msg *msg)
{
	u32 i;

	insist(msg->n_objects <= OTSEG_MSG_OBJECTS);
	for (i = 0; i < msg->n_objects; i++) {
		const struct otseg_msg_object *o = &msg->objects[i];
		u32 count = o->last - o->first + 1;
		u32 bytes = msg->values == OTSEG_VALUES_BITS ? (count + 7) / 8 : 2 * count;

		insist(o->first <= o->last && o->type && o->access);
		insist(o->type == OTSEG_MODBUS_OBJ_FILE_RECORD ?
			       (o->last & 0xffff) < 10000 && o->first >> 16 == o->last >> 16 :
			       o->last <= 0xffff);
		insist(!(o->access & ~msg->access));
		if (o->values_off && !(msg->flags & OTSEG_MSG_PARTIAL))
			insist(msg->values && o->values_off + bytes <= msg->length);
		insist(!!(o->access & OTSEG_ACCESS_WRITE) == !!o->values_off ||
		       msg->flags & OTSEG_MSG_OPAQUE_VALUES);
	}
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);
int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	static struct rig *rig;
	u32 n = size < 1 ? 0 : (u32)size - 1;
	struct otseg_msg whole, part;
	u32 reason, got, match, i;
	u32 refused = 0, unmatched = 0;
	u32 dir;

	if (!size || n > OTSEG_PDU_MAX)
		return 0;
	dir = data[0] & 1;
	data++;
	if (!rig) {
		rig = rig_new();
		rig_policy(rig, plant, sizeof(plant) / sizeof(*plant));
	}
	reason = parse(data, n, dir, &whole);
	insist(whole.dir == dir && whole.service == OTSEG_SVC_MODBUS);
	if (!reason) {
		check_objects(&whole);
		if (!(whole.flags & OTSEG_MSG_PARTIAL)) {
			insist(whole.length >= 8 && whole.length <= OTSEG_MODBUS_ADU_MAX);
			insist(whole.length <= n && whole.length == 6u + data[5]);
			insist(whole.function && (dir == OTSEG_DIR_RESPONSE || whole.access));
		}
	}
	for (i = 0; i <= n; i++) {
		got = parse(data, i, dir, &part);
		insist(!refused || got == refused);
		insist(!got || got == reason);
		refused = got;
		if (dir == OTSEG_DIR_RESPONSE)
			continue;
		match = rig_match(rig, data, i);
		insist(!unmatched || match != OTSEG_R_RULE);
		unmatched = match != OTSEG_R_RULE;
	}
	return 0;
}
