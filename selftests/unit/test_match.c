// SPDX-License-Identifier: GPL-2.0-only
/*
 * A message against the rules of a leaf: what covers it, and which reason a
 * refusal has. Modbus requests serve as messages; their parsing is not the matter.
 */
#include <string.h>

#include "ktap.h"
#include "rig.h"

#define HOLDING OTSEG_MODBUS_OBJ_HOLDING_REGISTER
#define COIL OTSEG_MODBUS_OBJ_COIL
#define FILE_RECORD OTSEG_MODBUS_OBJ_FILE_RECORD
#define FN(code, sub) OTSEG_MODBUS_FUNCTION(code, sub)
#define ALL(code) { FN(code, 0), FN(code, 0xffff) }

static struct rig *rig;

/* The reason for a request of @unit with this PDU. */
static u32 ask(u32 unit, const char *pdu, u32 n)
{
	u8 adu[300] = { 0, 1, 0, 0 };

	adu[5] = (u8)(n + 1);
	adu[6] = (u8)unit;
	memcpy(adu + 7, pdu, n);
	return rig_match(rig, adu, n + 7);
}

#define ASK(unit, pdu) ask(unit, pdu, sizeof(pdu) - 1)
#define EXPECT(reason, unit, pdu)                                                      \
	do {                                                                           \
		u32 got = ASK(unit, pdu);                                              \
                                                                                       \
		CHECK(got == OTSEG_R_##reason, "%s, not %s", rig_reason(got), #reason); \
	} while (0)
#define POLICY(...) policy((const struct rig_rule[]){ __VA_ARGS__ }, \
			   sizeof((const struct rig_rule[]){ __VA_ARGS__ }) / sizeof(struct rig_rule))

#define READ_3 "\x03\0\x10\0\x03" /* holding registers 16-18 */
#define WRITE_6 "\x06\0\x28\x01\x2c" /* holding register 40 = 300 */
#define WRITE_16 "\x10\0\x28\0\x02\x04\0\x05\x03\xe8" /* 40-41 = 5, 1000 */
#define SWAP_23 "\x17\0\0\0\x02\0\x28\0\x01\x02\0\x07" /* reads 0-1, 40 = 7 */
#define MASK_22 "\x16\0\x28\0\xf0\0\x01"
#define COIL_ON "\x05\0\x07\xff\0"
#define COIL_OFF "\x05\0\x07\0\0"
#define COILS_15 "\x0f\0\0\0\x0a\x02\xff\x03" /* 0-9, all 1 */
#define COILS_MIXED "\x0f\0\0\0\x0a\x02\xff\x01" /* the last one 0 */
#define FILE_21 "\x15\x12\x06\0\x04\0\x07\0\x01\0\x05\x06\0\x03\0\x09\0\x01\0\x06" /* 4/7=5, 3/9=6 */

static void policy(const struct rig_rule *rules, u32 n)
{
	rig_policy(rig, rules, n);
}

static void test_units(void)
{
	POLICY({ .access = OTSEG_ACCESS_READ });
	EXPECT(RULE, 1, READ_3);
	EXPECT(RULE, 255, READ_3);
	EXPECT(UNIT, 0, READ_3);
	POLICY({ .access = OTSEG_ACCESS_READ, .n_units = 3, .units = { { 1, 1 }, { 5, 9 }, { 20, 20 } } });
	EXPECT(RULE, 1, READ_3);
	EXPECT(RULE, 5, READ_3);
	EXPECT(RULE, 9, READ_3);
	EXPECT(RULE, 20, READ_3);
	EXPECT(UNIT, 0, READ_3);
	EXPECT(UNIT, 4, READ_3);
	EXPECT(UNIT, 10, READ_3);
	EXPECT(UNIT, 21, READ_3);
	POLICY({ .access = OTSEG_ACCESS_READ, .n_units = 1, .units = { { 0, 0 } } });
	EXPECT(RULE, 0, READ_3);
	EXPECT(UNIT, 1, READ_3);
}

static void test_access(void)
{
	POLICY({ .access = OTSEG_ACCESS_READ });
	EXPECT(ACCESS, 1, WRITE_6);
	EXPECT(ACCESS, 1, SWAP_23);
	EXPECT(ACCESS, 1, "\x2b\x0d\x01");
	EXPECT(ACCESS, 1, "\x5a\x01\x10");
	POLICY({ .access = OTSEG_ACCESS_WRITE });
	EXPECT(ACCESS, 1, SWAP_23);
	EXPECT(RULE, 1, WRITE_6);
	POLICY({ .access = OTSEG_ACCESS_READ | OTSEG_ACCESS_WRITE });
	EXPECT(RULE, 1, SWAP_23);
	EXPECT(ACCESS, 1, "\x08\0\x01\0\0");
}

/* Two rules that together would cover a message do not: one must do so alone. */
static void test_whole_message(void)
{
	POLICY({ .access = OTSEG_ACCESS_READ }, { .access = OTSEG_ACCESS_WRITE });
	EXPECT(ACCESS, 1, SWAP_23);
	POLICY({ .access = OTSEG_ACCESS_READ, .n_objects = 1, .objects = { { HOLDING, 16, 16 } } },
	       { .access = OTSEG_ACCESS_READ, .n_objects = 1, .objects = { { HOLDING, 17, 18 } } });
	EXPECT(OBJECT, 1, READ_3);
}

static void test_functions(void)
{
	POLICY({ .access = OTSEG_ACCESS_ANY, .n_functions = 2, .functions = { ALL(3), ALL(8) } });
	EXPECT(RULE, 1, READ_3);
	EXPECT(RULE, 1, "\x08\0\x01\0\0");
	EXPECT(FUNCTION, 1, WRITE_6);
	POLICY({ .access = OTSEG_ACCESS_ANY, .n_functions = 2,
		 .functions = { { FN(8, 0), FN(8, 0) }, { FN(43, 14), FN(43, 14) } } });
	EXPECT(RULE, 1, "\x08\0\0\xa5\x37");
	EXPECT(FUNCTION, 1, "\x08\0\x01\0\0");
	EXPECT(RULE, 1, "\x2b\x0e\x01\0");
	EXPECT(FUNCTION, 1, "\x2b\x0d\x01\0");
	POLICY({ .access = OTSEG_ACCESS_READ, .n_functions = 1, .functions = { ALL(6) } });
	EXPECT(ACCESS, 1, WRITE_6);
}

static void test_unknown(void)
{
	POLICY({ .access = OTSEG_ACCESS_ANY });
	EXPECT(FUNCTION_UNKNOWN, 1, "\x62\x01");
	EXPECT(FUNCTION_UNKNOWN, 1, "\x08\0\x05\0\0");
	EXPECT(FUNCTION_UNKNOWN, 1, "\x2b\x0f");
	POLICY({ .access = OTSEG_ACCESS_READ });
	EXPECT(FUNCTION_UNKNOWN, 1, "\x62\x01");
	POLICY({ .access = OTSEG_ACCESS_ANY, .n_functions = 1, .functions = { ALL(99) } });
	EXPECT(FUNCTION_UNKNOWN, 1, "\x62\x01");
	EXPECT(RULE, 1, "\x63\x01");
	POLICY({ .access = OTSEG_ACCESS_READ, .n_functions = 1, .functions = { ALL(98) } });
	EXPECT(ACCESS, 1, "\x62\x01");
}

static void test_objects(void)
{
	POLICY({ .access = OTSEG_ACCESS_READ | OTSEG_ACCESS_WRITE | OTSEG_ACCESS_DIAGNOSTIC,
		 .n_objects = 4,
		 .objects = { { COIL, 7, 7 }, { HOLDING, 0, 1 }, { HOLDING, 16, 18 }, { HOLDING, 40, 41 } } });
	EXPECT(RULE, 1, READ_3);
	EXPECT(OBJECT, 1, "\x03\0\x10\0\x04");
	EXPECT(OBJECT, 1, "\x03\0\x0f\0\x02");
	EXPECT(OBJECT, 1, "\x03\0\0\0\x29");
	EXPECT(OBJECT, 1, "\x04\0\x10\0\x01");
	EXPECT(RULE, 1, COIL_ON);
	EXPECT(OBJECT, 1, "\x05\0\x10\xff\0");
	EXPECT(RULE, 1, SWAP_23);
	EXPECT(OBJECT, 1, "\x17\0\x02\0\x01\0\x28\0\x01\x02\0\x07");
	EXPECT(OBJECT, 1, "\x17\0\0\0\x01\0\x2a\0\x01\x02\0\x07");
	EXPECT(OBJECT, 1, "\x07"); /* names none */
	POLICY({ .access = OTSEG_ACCESS_ANY, .n_objects = 2,
		 .objects = { { FILE_RECORD, 0x30000, 0x3270f }, { FILE_RECORD, 0x40007, 0x40007 } } });
	EXPECT(RULE, 1, FILE_21);
	EXPECT(RULE, 1, "\x14\x0e\x06\0\x04\0\x07\0\x01\x06\0\x03\0\0\0\x10");
	EXPECT(OBJECT, 1, "\x14\x0e\x06\0\x04\0\x07\0\x02\x06\0\x03\0\0\0\x10");
	EXPECT(OBJECT, 1, "\x14\x0e\x06\0\x04\0\x07\0\x01\x06\0\x02\0\0\0\x10");
}

static void test_values(void)
{
	POLICY({ .access = OTSEG_ACCESS_ANY, .n_values = 2, .values = { { 0, 300 }, { 1000, 1000 } } });
	EXPECT(RULE, 1, WRITE_6);
	EXPECT(VALUE, 1, "\x06\0\x28\x01\x2d");
	EXPECT(RULE, 1, WRITE_16);
	EXPECT(VALUE, 1, "\x10\0\x28\0\x02\x04\0\x05\x03\xe7");
	EXPECT(VALUE, 1, "\x10\0\x28\0\x02\x04\x01\x2d\x03\xe8");
	EXPECT(RULE, 1, SWAP_23);
	EXPECT(VALUE, 1, "\x17\0\0\0\x02\0\x28\0\x01\x02\x04\0");
	EXPECT(VALUE, 1, MASK_22); /* what results is not known */
	EXPECT(RULE, 1, READ_3); /* nothing is written */
	EXPECT(VALUE, 1, "\x2b\x0d\x01");
	EXPECT(VALUE, 1, "\x5a\x01\x10");
	EXPECT(RULE, 1, FILE_21);
	EXPECT(VALUE, 1, "\x15\x12\x06\0\x04\0\x07\0\x01\x01\x2d\x06\0\x03\0\x09\0\x01\0\x06");
	EXPECT(VALUE, 1, "\x15\x12\x06\0\x04\0\x07\0\x01\0\x05\x06\0\x03\0\x09\0\x01\x01\x2d");
	POLICY({ .access = OTSEG_ACCESS_ANY, .n_values = 1, .values = { { 1, 1 } } });
	EXPECT(RULE, 1, COIL_ON);
	EXPECT(VALUE, 1, COIL_OFF);
	EXPECT(RULE, 1, COILS_15);
	EXPECT(VALUE, 1, COILS_MIXED);
	POLICY({ .access = OTSEG_ACCESS_ANY, .n_values = 1, .values = { { 0, 0 } } });
	EXPECT(RULE, 1, COIL_OFF);
	EXPECT(VALUE, 1, COIL_ON);
	EXPECT(VALUE, 1, COILS_MIXED);
	EXPECT(RULE, 1, "\x0f\0\0\0\x0a\x02\0\xfc"); /* bits past the last coil mean nothing */
}

/* Every one of 123 values counts, wherever it stands. */
static void test_value_positions(void)
{
	u8 adu[300] = { 0, 1, 0, 0, 0, 253, 1, 16, 0, 0, 0, 123, 246 };
	u32 i;

	POLICY({ .access = OTSEG_ACCESS_WRITE, .n_values = 1, .values = { { 0, 9 } } });
	CHECK(rig_match(rig, adu, 259) == OTSEG_R_RULE);
	for (i = 0; i < 123; i++) {
		adu[13 + 2 * i + 1] = 10;
		CHECK(rig_match(rig, adu, 259) == OTSEG_R_VALUE, "value %u", i);
		adu[13 + 2 * i + 1] = 9;
	}
	adu[7] = 15;
	adu[10] = 1968 >> 8;
	adu[11] = 1968 & 255;
	memset(adu + 13, 0, 246);
	POLICY({ .access = OTSEG_ACCESS_WRITE, .n_values = 1, .values = { { 0, 0 } } });
	CHECK(rig_match(rig, adu, 259) == OTSEG_R_RULE);
	for (i = 0; i < 1968; i++) {
		adu[13 + i / 8] = (u8)(1 << i % 8);
		CHECK(rig_match(rig, adu, 259) == OTSEG_R_VALUE, "bit %u", i);
		adu[13 + i / 8] = 0;
	}
}

/* The reason is that of the rule that got furthest, whatever the order of the rules. */
static void test_reasons(void)
{
	const struct rig_rule by_unit = { .access = OTSEG_ACCESS_ANY, .n_units = 1, .units = { { 9, 9 } } };
	const struct rig_rule by_access = { .access = OTSEG_ACCESS_READ };
	const struct rig_rule by_function = { .access = OTSEG_ACCESS_ANY, .n_functions = 1,
					      .functions = { ALL(16) } };
	const struct rig_rule by_object = { .access = OTSEG_ACCESS_ANY, .n_objects = 1,
					    .objects = { { HOLDING, 0, 1 } } };
	const struct rig_rule by_value = { .access = OTSEG_ACCESS_ANY, .n_values = 1,
					   .values = { { 0, 1 } } };

	POLICY(by_unit);
	EXPECT(UNIT, 1, WRITE_6);
	POLICY(by_access, by_unit);
	EXPECT(ACCESS, 1, WRITE_6);
	POLICY(by_unit, by_function, by_access);
	EXPECT(FUNCTION, 1, WRITE_6);
	POLICY(by_object, by_unit, by_function, by_access);
	EXPECT(OBJECT, 1, WRITE_6);
	POLICY(by_object, by_value, by_unit, by_function, by_access);
	EXPECT(VALUE, 1, WRITE_6);
}

static void test_order(void)
{
	struct rig_rule rules[3] = { { .access = OTSEG_ACCESS_READ },
				     { .access = OTSEG_ACCESS_ANY },
				     { .access = OTSEG_ACCESS_ANY } };

	policy(rules, 3);
	EXPECT(RULE, 1, WRITE_6);
	CHECK(rig->e.s->inspection.rule == 1);
	EXPECT(RULE, 1, READ_3);
	CHECK(rig->e.s->inspection.rule == 0);
	rules[0].conduit = 3;
	policy(rules, 3);
	EXPECT(RULE, 1, READ_3);
	CHECK(rig->e.s->inspection.rule == 1);
	rules[1].flags = OTSEG_RULE_VOID;
	policy(rules, 3);
	EXPECT(RULE, 1, READ_3);
	CHECK(rig->e.s->inspection.rule == 2);
	rules[2].flags = OTSEG_RULE_VOID;
	policy(rules, 3);
	EXPECT(NO_INSPECTOR, 1, READ_3);
	CHECK(rig->e.s->inspection.rule == OTSEG_NONE32);
	rules[1].conduit = 3;
	rules[2].conduit = 3;
	policy(rules, 3);
	EXPECT(CONDUIT_DISABLED, 1, READ_3);
}

/* What a rule covers it covers from the first byte on; what it refuses, at the byte that shows it. */
static void test_beginnings(void)
{
	static const struct {
		const char *pdu;
		u32 n;
		u32 at; /* bytes of the ADU that are needed to refuse it; 0: it is fine */
	} list[] = {
#define PDU(pdu, at) { pdu, sizeof(pdu) - 1, at }
		PDU(READ_3, 0),
		PDU("\x03\0\x10\0\x04", 12),
		PDU("\x04\0\x10\0\x01", 8), /* access and function are fine: the object is not */
		PDU("\x2b\x0e\x01\0", 9),
		PDU(WRITE_16, 0),
		PDU("\x10\0\x28\0\x02\x04\0\x05\x03\xe7", 17),
		PDU(SWAP_23, 0),
		PDU("\x17\0\x02\0\x01\0\x28\0\x01\x02\0\x07", 12),
		PDU("\x5a\x01\x10", 10), /* which of the functions in it tells the third byte */
		PDU("\x64\x01\x10", 8),
#undef PDU
	};
	u32 i, n;

	POLICY({ .access = OTSEG_ACCESS_READ | OTSEG_ACCESS_WRITE,
		 .n_units = 1, .units = { { 1, 1 } },
		 .n_functions = 3, .functions = { ALL(3), ALL(16), ALL(23) },
		 .n_objects = 3, .objects = { { HOLDING, 0, 1 }, { HOLDING, 16, 18 }, { HOLDING, 40, 41 } },
		 .n_values = 2, .values = { { 0, 300 }, { 1000, 1000 } } });
	for (i = 0; i < sizeof(list) / sizeof(*list); i++) {
		u8 adu[300] = { 0, 1, 0, 0, 0, (u8)(list[i].n + 1), 1 };

		memcpy(adu + 7, list[i].pdu, list[i].n);
		for (n = 0; n <= list[i].n + 7; n++) {
			u32 reason = rig_match(rig, adu, n);

			CHECK((reason == OTSEG_R_RULE) == (!list[i].at || n < list[i].at),
			      "request %u, %u bytes: %s", i, n, rig_reason(reason));
		}
		adu[6] = 2;
		CHECK(rig_match(rig, adu, 6) == OTSEG_R_RULE);
		CHECK(rig_match(rig, adu, 7) == OTSEG_R_UNIT);
	}
}

/* A list of any length is searched in full. */
static void test_lists(void)
{
	struct otseg_img_range *ranges = (void *)(rig->e.image + 65536);
	u32 n, i, number;

	for (n = 1; n <= 255; n++) {
		for (i = 0; i < n; i++)
			ranges[i] = (struct otseg_img_range){ 4 * i + 2, 4 * i + 3 };
		for (number = 0; number < 4 * n + 4; number++)
			CHECK(otseg_match_number(&rig->e, 0, n, number) ==
				      (number >= 2 && number < 4 * n && number % 4 > 1),
			      "%u in %u", number, n);
		CHECK(!otseg_match_number(&rig->e, 0, n, 0xffffffff));
	}
	ranges[0] = (struct otseg_img_range){ 0, 0xffffffff };
	CHECK(otseg_match_number(&rig->e, 0, 1, 0) && otseg_match_number(&rig->e, 0, 1, 0xffffffff));
	CHECK(!otseg_match_number(&rig->e, 0, 0, 0));
}

/* Many rules, each with values that but the last word of a long write fits, are not all tried. */
static void test_effort(void)
{
	static struct rig_rule rules[64];
	char pdu[6 + 2 * 123] = "\x10\0\0\0\x7b\xf6";
	u32 n;

	for (n = 0; n < 64; n++)
		rules[n] = (struct rig_rule){ .access = OTSEG_ACCESS_WRITE,
					      .n_values = 1, .values = { { 0, 0 } } };
	policy(rules, 16);
	CHECK(ask(1, pdu, sizeof(pdu)) == OTSEG_R_RULE);
	pdu[sizeof(pdu) - 1] = 1;
	CHECK(ask(1, pdu, sizeof(pdu)) == OTSEG_R_VALUE);
	policy(rules, 64);
	CHECK(ask(1, pdu, sizeof(pdu)) == OTSEG_R_PDU_EFFORT);
	/* the last rule would allow it: whether it is asked must not depend on luck */
	rules[63].n_values = 0;
	policy(rules, 64);
	CHECK(ask(1, pdu, sizeof(pdu)) == OTSEG_R_PDU_EFFORT);
}

/* More objects than are visible: none of them may be taken for all, even if only one is. */
static void test_opaque_objects(void)
{
	struct otseg_msg *msg = &rig->e.s->inspection.msg;
	u32 n;

	POLICY({ .access = OTSEG_ACCESS_READ, .n_objects = 1, .objects = { { HOLDING, 0, 99 } } });
	EXPECT(RULE, 1, READ_3);
	for (n = 0; n < 3; n++) {
		msg->n_objects = (u8)n;
		msg->objects[1] = msg->objects[0];
		msg->flags |= OTSEG_MSG_OPAQUE_OBJECTS;
		CHECK(otseg_match_message(&rig->e, 0) == OTSEG_R_OBJECT, "%u visible", n);
	}
	POLICY({ .access = OTSEG_ACCESS_READ });
	CHECK(otseg_match_message(&rig->e, 0) == OTSEG_R_RULE);
}

int main(void)
{
	static const struct ktap_case cases[] = {
		{ "units, and broadcasts only by name", test_units },
		{ "every class of the message must be permitted", test_access },
		{ "one rule covers the whole message", test_whole_message },
		{ "functions and sub-functions", test_functions },
		{ "an unknown function needs its number in the rule", test_unknown },
		{ "every object must be covered", test_objects },
		{ "objects that are not visible", test_opaque_objects },
		{ "every written value must be allowed", test_values },
		{ "a value is found wherever it stands", test_value_positions },
		{ "the reason is that of the rule that got furthest", test_reasons },
		{ "order of rules, disabled conduits, void rules", test_order },
		{ "beginnings of requests", test_beginnings },
		{ "lists of every length", test_lists },
		{ "a segment is given so many steps", test_effort },
	};
	int code;

	rig = rig_new();
	code = ktap_run(cases, sizeof(cases) / sizeof(*cases));
	rig_free(rig);
	return code;
}
