// SPDX-License-Identifier: GPL-2.0-only
/*
 * The Modbus inspector, ADU by ADU: every function with its class, objects and
 * sizes in both directions, and each way in which one can be malformed. Each ADU
 * is also shown to it byte by byte: an acceptable one must be acceptable from the
 * first byte on, a malformed one must be refused at the byte that shows it.
 *
 * Streams, sessions and rules have tests of their own.
 */
#include <stdlib.h>
#include <string.h>

#include "../../bpf/engine/inspect.h"
#include "ktap.h"

#define ADU_MAX 300
#define REQ OTSEG_DIR_REQUEST
#define RSP OTSEG_DIR_RESPONSE
#define FN(code, sub) OTSEG_MODBUS_FUNCTION(code, sub)

static u32 from_hex(const char *hex, u8 *bytes)
{
	u32 n = 0;
	int high = -1;

	for (; *hex; hex++) {
		int digit = *hex >= '0' && *hex <= '9' ? *hex - '0' :
			    *hex >= 'a' && *hex <= 'f' ? *hex - 'a' + 10 :
							 -1;

		if (digit < 0)
			continue;
		if (high < 0) {
			high = digit;
		} else {
			bytes[n++] = (u8)(high << 4 | digit);
			high = -1;
		}
	}
	return n;
}

/* The ADU of unit 1 and transaction 0x1234 around a PDU. */
static u32 adu_of(const char *pdu_hex, u8 *adu)
{
	u32 n = from_hex(pdu_hex, adu + 7);

	memcpy(adu, "\x12\x34\0\0\0\0\1", 7);
	adu[4] = (u8)((n + 1) >> 8);
	adu[5] = (u8)(n + 1);
	return n + 7;
}

#ifdef WRITE_SEEDS
/* The ADUs of this test are the first inputs of a fuzzer: see fuzz/modbus.mk. */
static const char *seeds;

static void write_seed(const u8 *bytes, u32 len, u32 dir)
{
	static u32 n_seeds;
	char path[4096];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%04u", seeds, n_seeds++);
	file = fopen(path, "w");
	if (!file || putc((int)dir, file) == EOF || fwrite(bytes, 1, len, file) != len || fclose(file))
		exit(KTAP_FAIL);
}
#else
static void write_seed(const u8 *bytes, u32 len, u32 dir)
{
	(void)bytes;
	(void)len;
	(void)dir;
}
#endif

/* Parse with exactly @len bytes in memory, so that the sanitiser sees any byte read past them. */
static u32 parse(const u8 *bytes, u32 len, u32 dir, struct otseg_msg *msg)
{
	u8 *exact = malloc(len ? len : 1);
	u32 reason;

	memcpy(exact, bytes, len);
	memset(msg, 0xee, sizeof(*msg));
	reason = otseg_modbus_parse((struct otseg_pdu *)exact, len, dir, msg);
	free(exact);
	return reason;
}

/* An ADU that is fine, alone, from each of its beginnings, and with more behind it. */
static void accept_adu(const u8 *adu, u32 n, u32 dir, struct otseg_msg *msg)
{
	u8 more[ADU_MAX + 16];
	struct otseg_msg part;
	u32 i;

	write_seed(adu, n, dir);
	for (i = 0; i < n; i++) {
		u32 reason = parse(adu, i, dir, &part);

		CHECK(!reason, "%u of %u bytes of function %u: reason %u", i, n, adu[7], reason);
		CHECK(part.flags & OTSEG_MSG_PARTIAL);
		CHECK(!!(part.flags & OTSEG_MSG_NO_UNIT) == (i <= 6));
		/* an answer of UMAS does not tell */
		CHECK(!(part.flags & OTSEG_MSG_NO_FUNCTION) || i < 10 ||
		      (dir == RSP && adu[7] == OTSEG_MODBUS_FC_UMAS));
	}
	memcpy(more, adu, n);
	memset(more + n, 0xff, 16);
	CHECK(!parse(more, n + 16, dir, &part));
	CHECK(!parse(adu, n, dir, msg));
	CHECK(part.length == n && !(part.flags & OTSEG_MSG_PARTIAL));
	CHECK(!memcmp(&part, msg, offsetof(struct otseg_msg, objects)));
	CHECK(msg->length == n && !(msg->flags & OTSEG_MSG_PARTIAL));
	CHECK(msg->id == (adu[0] << 8 | adu[1]) && msg->unit == adu[6]);
	CHECK(msg->dir == dir && msg->service == OTSEG_SVC_MODBUS);
}

/* An ADU that is refused as soon as @at bytes are there, and not before. */
static void refuse_adu(const u8 *adu, u32 n, u32 dir, u32 reason, u32 at)
{
	struct otseg_msg msg;
	u32 i;

	write_seed(adu, n, dir);
	for (i = 0; i <= n; i++) {
		u32 got = parse(adu, i, dir, &msg);

		CHECK(got == (i < at ? OTSEG_R_NONE : reason),
		      "function %u, %u of %u bytes: reason %u instead of %u", n > 7 ? adu[7] : 0, i,
		      n, got, i < at ? OTSEG_R_NONE : reason);
	}
}

static void accept(const char *pdu, u32 dir, struct otseg_msg *msg)
{
	u8 adu[ADU_MAX];
	u32 n = adu_of(pdu, adu);

	accept_adu(adu, n, dir, msg);
}

static void refuse(const char *pdu, u32 dir, u32 reason, u32 at)
{
	u8 adu[ADU_MAX];
	u32 n = adu_of(pdu, adu);

	refuse_adu(adu, n, dir, reason, at);
}

/* A PDU with its first bytes given, and zeroes up to @n bytes. */
static const char *padded(const char *pdu, u32 n)
{
	static char text[2 * ADU_MAX];
	u8 bytes[ADU_MAX] = {};
	u32 i;

	from_hex(pdu, bytes);
	for (i = 0; i < n; i++)
		sprintf(text + 2 * i, "%02x", bytes[i]);
	text[2 * n] = 0;
	return text;
}

static void check_object(const struct otseg_msg *msg, u32 i, u32 type, u32 access, u32 first,
			 u32 last, u32 values_off)
{
	const struct otseg_msg_object *o = &msg->objects[i];

	CHECK(i < msg->n_objects);
	CHECK(o->type == type && o->access == access && o->values_off == values_off,
	      "object %u: type %u, access %u, values at %u", i, o->type, o->access, o->values_off);
	CHECK(o->first == first && o->last == last, "object %u: %u-%u", i, o->first, o->last);
}

static void test_header(void)
{
	struct otseg_msg msg;
	u8 adu[ADU_MAX];
	u32 n;

	n = adu_of("0300000001", adu);
	adu[2] = 1;
	refuse_adu(adu, n, REQ, OTSEG_R_PDU_PROTOCOL, 3);
	refuse_adu(adu, n, RSP, OTSEG_R_PDU_PROTOCOL, 3);
	adu[2] = 0;
	adu[3] = 1;
	refuse_adu(adu, n, REQ, OTSEG_R_PDU_PROTOCOL, 4);
	adu[3] = 0;
	adu[4] = 1;
	refuse_adu(adu, n, REQ, OTSEG_R_PDU_LENGTH, 5);
	adu[4] = 0;
	adu[5] = 0;
	refuse_adu(adu, n, REQ, OTSEG_R_PDU_LENGTH, 6);
	adu[5] = 1;
	refuse_adu(adu, n, REQ, OTSEG_R_PDU_LENGTH, 6);
	/* 254 is the most, 255 for UMAS alone, whose function shows two bytes later */
	n = adu_of(padded("41", 253), adu);
	accept_adu(adu, n, REQ, &msg);
	n = adu_of(padded("5a0110", 254), adu);
	CHECK(n == OTSEG_MODBUS_ADU_MAX);
	accept_adu(adu, n, REQ, &msg);
	n = adu_of(padded("5a01fe", 254), adu);
	accept_adu(adu, n, RSP, &msg);
	n = adu_of(padded("41", 254), adu);
	refuse_adu(adu, n, REQ, OTSEG_R_PDU_LENGTH, 8);
	CHECK(otseg_modbus_length((const u8 *)"\0\1\0\0\0\6", 6) == 12);
	CHECK(otseg_modbus_length((const u8 *)"\0\1\0\0\0\6", 5) == 0);
}

static void test_broadcast(void)
{
	struct otseg_msg msg;
	u8 adu[ADU_MAX];
	u32 n = adu_of("0600010002", adu);

	adu[6] = 0;
	accept_adu(adu, n, REQ, &msg);
	CHECK(msg.flags & OTSEG_MSG_BROADCAST);
	adu[6] = 255;
	accept_adu(adu, n, REQ, &msg);
	CHECK(!(msg.flags & OTSEG_MSG_BROADCAST) && msg.unit == 255);
}

static void test_reads(void)
{
	static const u32 type[] = { 0, OTSEG_MODBUS_OBJ_COIL, OTSEG_MODBUS_OBJ_DISCRETE_INPUT,
				    OTSEG_MODBUS_OBJ_HOLDING_REGISTER,
				    OTSEG_MODBUS_OBJ_INPUT_REGISTER };
	struct otseg_msg msg;
	char pdu[64];
	u32 code;

	for (code = 1; code <= 4; code++) {
		u32 most = code <= 2 ? 2000 : 125;

		sprintf(pdu, "%02x 0010 0003", code);
		accept(pdu, REQ, &msg);
		CHECK(msg.function == FN(code, 0) && msg.access == OTSEG_ACCESS_READ);
		CHECK(msg.answer == (code <= 2 ? 1 : 6) && msg.n_objects == 1);
		check_object(&msg, 0, type[code], OTSEG_ACCESS_READ, 0x10, 0x12, 0);
		sprintf(pdu, "%02x 0000 %04x", code, most);
		accept(pdu, REQ, &msg);
		CHECK(msg.answer == 250);
		sprintf(pdu, "%02x ffff 0001", code);
		accept(pdu, REQ, &msg);
		sprintf(pdu, "%02x 0000 %04x", code, most + 1);
		refuse(pdu, REQ, OTSEG_R_PDU_MALFORMED, 12);
		sprintf(pdu, "%02x 0000 0000", code);
		refuse(pdu, REQ, OTSEG_R_PDU_MALFORMED, 12);
		sprintf(pdu, "%02x ffff 0002", code);
		refuse(pdu, REQ, OTSEG_R_PDU_MALFORMED, 12);
		sprintf(pdu, "%02x 0000 ffff", code);
		refuse(pdu, REQ, OTSEG_R_PDU_MALFORMED, 12);
		sprintf(pdu, "%02x 0000 0001 00", code);
		refuse(pdu, REQ, OTSEG_R_PDU_LENGTH, 8);
		sprintf(pdu, "%02x 0000 00", code);
		refuse(pdu, REQ, OTSEG_R_PDU_LENGTH, 8);
		sprintf(pdu, "%02x 02 abcd", code);
		accept(pdu, RSP, &msg);
		CHECK(msg.answer == 2 && msg.function == FN(code, 0));
		sprintf(pdu, "%02x 03 abcd", code);
		refuse(pdu, RSP, OTSEG_R_PDU_LENGTH, 9);
		sprintf(pdu, "%02x 01 abcd", code);
		refuse(pdu, RSP, OTSEG_R_PDU_LENGTH, 9);
		sprintf(pdu, "%02x", code);
		refuse(pdu, RSP, OTSEG_R_PDU_LENGTH, 8);
	}
}

static void test_write_one(void)
{
	struct otseg_msg msg;

	accept("05 0007 ff00", REQ, &msg);
	CHECK(msg.access == OTSEG_ACCESS_WRITE && msg.values == OTSEG_VALUES_BITS);
	check_object(&msg, 0, OTSEG_MODBUS_OBJ_COIL, OTSEG_ACCESS_WRITE, 7, 7, 10);
	accept("05 0007 0000", REQ, &msg);
	refuse("05 0007 0100", REQ, OTSEG_R_PDU_MALFORMED, 11);
	refuse("05 0007 ff01", REQ, OTSEG_R_PDU_MALFORMED, 12);
	refuse("05 0007 0001", REQ, OTSEG_R_PDU_MALFORMED, 12);
	refuse("05 0007 ff00 00", REQ, OTSEG_R_PDU_LENGTH, 8);
	refuse("05 0007 ff", REQ, OTSEG_R_PDU_LENGTH, 8);
	accept("05 0007 ff00", RSP, &msg);
	refuse("05 0007 ff", RSP, OTSEG_R_PDU_LENGTH, 8);
	accept("06 ffff 1234", REQ, &msg);
	CHECK(msg.access == OTSEG_ACCESS_WRITE && msg.values == OTSEG_VALUES_BE16);
	check_object(&msg, 0, OTSEG_MODBUS_OBJ_HOLDING_REGISTER, OTSEG_ACCESS_WRITE, 65535, 65535,
		     10);
	refuse("06 ffff 1234 00", REQ, OTSEG_R_PDU_LENGTH, 8);
	accept("06 ffff 1234", RSP, &msg);
	refuse("06 ffff 1234 00", RSP, OTSEG_R_PDU_LENGTH, 8);
	accept("16 0004 00f2 0025", REQ, &msg);
	CHECK(msg.access == OTSEG_ACCESS_WRITE && msg.flags & OTSEG_MSG_OPAQUE_VALUES);
	check_object(&msg, 0, OTSEG_MODBUS_OBJ_HOLDING_REGISTER, OTSEG_ACCESS_WRITE, 4, 4, 0);
	refuse("16 0004 00f2", REQ, OTSEG_R_PDU_LENGTH, 8);
	accept("16 0004 00f2 0025", RSP, &msg);
	refuse("16 0004 00f2 0025 00", RSP, OTSEG_R_PDU_LENGTH, 8);
}

static void test_write_many(void)
{
	struct otseg_msg msg;

	accept("0f 0013 000a 02 cd01", REQ, &msg);
	CHECK(msg.access == OTSEG_ACCESS_WRITE && msg.values == OTSEG_VALUES_BITS);
	check_object(&msg, 0, OTSEG_MODBUS_OBJ_COIL, OTSEG_ACCESS_WRITE, 0x13, 0x1c, 13);
	accept(padded("0f 0000 07b0 f6", 6 + 246), REQ, &msg);
	refuse(padded("0f 0000 07b1 f7", 6 + 247), REQ, OTSEG_R_PDU_MALFORMED, 12);
	refuse("0f 0013 0000 01 00", REQ, OTSEG_R_PDU_MALFORMED, 12);
	refuse("0f fff8 000a 02 cd01", REQ, OTSEG_R_PDU_MALFORMED, 12);
	refuse("0f 0013 000a 03 cd01", REQ, OTSEG_R_PDU_LENGTH, 13);
	refuse("0f 0013 000a 01 cd01", REQ, OTSEG_R_PDU_LENGTH, 13);
	refuse("0f 0013 000a 02 cd0100", REQ, OTSEG_R_PDU_LENGTH, 12);
	refuse("0f 0013 000a 02 cd", REQ, OTSEG_R_PDU_LENGTH, 12);
	refuse("0f 0013 000a", REQ, OTSEG_R_PDU_LENGTH, 8);
	accept("10 0001 0002 04 000a0102", REQ, &msg);
	CHECK(msg.values == OTSEG_VALUES_BE16);
	check_object(&msg, 0, OTSEG_MODBUS_OBJ_HOLDING_REGISTER, OTSEG_ACCESS_WRITE, 1, 2, 13);
	accept(padded("10 0000 007b f6", 6 + 246), REQ, &msg);
	refuse(padded("10 0000 007c f8", 6 + 247), REQ, OTSEG_R_PDU_MALFORMED, 12);
	refuse("10 0001 0000 00 00", REQ, OTSEG_R_PDU_MALFORMED, 12);
	refuse("10 ffff 0002 04 000a0102", REQ, OTSEG_R_PDU_MALFORMED, 12);
	refuse("10 0001 0002 02 000a0102", REQ, OTSEG_R_PDU_LENGTH, 13);
	refuse("10 0001 0002 04 000a01", REQ, OTSEG_R_PDU_LENGTH, 12);
	refuse("10 0001 0002 04 000a010200", REQ, OTSEG_R_PDU_LENGTH, 12);
	refuse("10 0001 0002 04", REQ, OTSEG_R_PDU_LENGTH, 8);
	for (const char *const *pdu = (const char *const[]){ "0f 0013 000a", "10 0001 0002", NULL };
	     *pdu; pdu++) {
		accept(*pdu, RSP, &msg);
		CHECK(msg.answer == 0);
	}
	refuse("10 0001 0002 00", RSP, OTSEG_R_PDU_LENGTH, 8);
}

static void test_swap(void)
{
	struct otseg_msg msg;

	accept("17 0003 0006 000e 0003 06 00ff00ff00ff", REQ, &msg);
	CHECK(msg.access == (OTSEG_ACCESS_READ | OTSEG_ACCESS_WRITE) && msg.n_objects == 2);
	check_object(&msg, 0, OTSEG_MODBUS_OBJ_HOLDING_REGISTER, OTSEG_ACCESS_READ, 3, 8, 0);
	check_object(&msg, 1, OTSEG_MODBUS_OBJ_HOLDING_REGISTER, OTSEG_ACCESS_WRITE, 14, 16, 17);
	CHECK(msg.answer == 12);
	accept(padded("17 0000 007d 0000 0079 f2", 10 + 242), REQ, &msg);
	refuse(padded("17 0000 007e 0000 0079 f2", 10 + 242), REQ, OTSEG_R_PDU_MALFORMED, 12);
	refuse(padded("17 0000 007d 0000 007a f4", 10 + 243), REQ, OTSEG_R_PDU_MALFORMED, 16);
	refuse("17 0003 0000 000e 0001 02 00ff", REQ, OTSEG_R_PDU_MALFORMED, 12);
	refuse("17 ffff 0002 000e 0001 02 00ff", REQ, OTSEG_R_PDU_MALFORMED, 12);
	refuse("17 0003 0001 000e 0000 00 00ff", REQ, OTSEG_R_PDU_MALFORMED, 16);
	refuse("17 0003 0001 ffff 0002 04 00ff00ff", REQ, OTSEG_R_PDU_MALFORMED, 16);
	refuse("17 0003 0001 000e 0001 02 00ff00", REQ, OTSEG_R_PDU_LENGTH, 16);
	refuse("17 0003 0001 000e 0001 04 00ff", REQ, OTSEG_R_PDU_LENGTH, 17);
	refuse("17 0003 0001 000e 0001", REQ, OTSEG_R_PDU_LENGTH, 8);
	accept("17 04 00fe0acd", RSP, &msg);
	CHECK(msg.answer == 4);
	refuse("17 05 00fe0acd", RSP, OTSEG_R_PDU_LENGTH, 9);
}

static void test_bare(void)
{
	static const struct {
		u32 code;
		u32 access;
		const char *answer;
		const char *bad_answer;
		u32 bad_at;
	} bare[] = {
		{ 7, OTSEG_ACCESS_DIAGNOSTIC, "07 6d", "07 6d 00", 8 },
		{ 11, OTSEG_ACCESS_DIAGNOSTIC, "0b ffff 0108", "0b ffff 01", 8 },
		{ 12, OTSEG_ACCESS_DIAGNOSTIC, "0c 08 0000 0108 0121 2000",
		  "0c 07 0000 0108 0121 2000", 9 },
		{ 17, OTSEG_ACCESS_READ, "11 03 01 ff 00", "11 04 01 ff 00", 9 },
	};
	struct otseg_msg msg;
	char pdu[16];
	u32 i;

	for (i = 0; i < sizeof(bare) / sizeof(*bare); i++) {
		sprintf(pdu, "%02x", bare[i].code);
		accept(pdu, REQ, &msg);
		CHECK(msg.access == bare[i].access && !msg.n_objects);
		sprintf(pdu, "%02x00", bare[i].code);
		refuse(pdu, REQ, OTSEG_R_PDU_LENGTH, 8);
		accept(bare[i].answer, RSP, &msg);
		refuse(bare[i].bad_answer, RSP, OTSEG_R_PDU_LENGTH, bare[i].bad_at);
	}
	/* an event log has three words and at most 64 events */
	accept(padded("0c 46", 2 + 70), RSP, &msg);
	refuse(padded("0c 47", 2 + 71), RSP, OTSEG_R_PDU_MALFORMED, 8);
	refuse(padded("0c 05", 2 + 5), RSP, OTSEG_R_PDU_MALFORMED, 8);
}

static void test_diagnostics(void)
{
	static const u32 control[] = { 1, 3, 4, 10, 20 };
	static const u32 harmless[] = { 2, 11, 12, 13, 14, 15, 16, 17, 18 };
	struct otseg_msg msg;
	char pdu[64];
	u32 i;

	for (i = 0; i < sizeof(control) / sizeof(*control); i++) {
		sprintf(pdu, "08 %04x 0000", control[i]);
		accept(pdu, REQ, &msg);
		CHECK(msg.access == OTSEG_ACCESS_CONTROL && msg.function == FN(8, control[i]));
		accept(pdu, RSP, &msg);
	}
	for (i = 0; i < sizeof(harmless) / sizeof(*harmless); i++) {
		sprintf(pdu, "08 %04x 0000", harmless[i]);
		accept(pdu, REQ, &msg);
		CHECK(msg.access == OTSEG_ACCESS_DIAGNOSTIC && msg.function == FN(8, harmless[i]));
		sprintf(pdu, "08 %04x 0001", harmless[i]);
		refuse(pdu, REQ, OTSEG_R_PDU_MALFORMED, 12);
		accept(pdu, RSP, &msg);
		sprintf(pdu, "08 %04x 0000 0000", harmless[i]);
		refuse(pdu, REQ, OTSEG_R_PDU_LENGTH, 10);
	}
	accept("08 0000 a537", REQ, &msg);
	CHECK(msg.access == OTSEG_ACCESS_DIAGNOSTIC && msg.function == FN(8, 0) && msg.answer == 2);
	accept("08 0000 a537 1234", REQ, &msg);
	CHECK(msg.answer == 4);
	refuse("08 0000 a5", REQ, OTSEG_R_PDU_LENGTH, 10);
	refuse("08 0000", REQ, OTSEG_R_PDU_LENGTH, 10);
	refuse("08 00", REQ, OTSEG_R_PDU_LENGTH, 8);
	accept("08 0001 ff00", REQ, &msg);
	refuse("08 0001 ff01", REQ, OTSEG_R_PDU_MALFORMED, 12);
	refuse("08 0001 0100", REQ, OTSEG_R_PDU_MALFORMED, 12);
	accept("08 0003 0d00", REQ, &msg);
	refuse("08 0003 0d01", REQ, OTSEG_R_PDU_MALFORMED, 12);
	for (i = 0; i < 3; i++) {
		sprintf(pdu, "08 %04x 000000", (u32[]){ 5, 19, 21 }[i]);
		accept(pdu, REQ, &msg);
		CHECK(msg.flags & OTSEG_MSG_UNKNOWN && msg.access == OTSEG_ACCESS_VENDOR);
	}
}

static void test_read_file(void)
{
	struct otseg_msg msg;
	char pdu[1024];
	u32 i;

	accept("14 0e 06 0004 0001 0002 06 0003 0009 0002", REQ, &msg);
	CHECK(msg.access == OTSEG_ACCESS_READ && msg.n_objects == 2 && msg.answer == 12);
	check_object(&msg, 0, OTSEG_MODBUS_OBJ_FILE_RECORD, OTSEG_ACCESS_READ, 0x40001, 0x40002, 0);
	check_object(&msg, 1, OTSEG_MODBUS_OBJ_FILE_RECORD, OTSEG_ACCESS_READ, 0x30009, 0x3000a, 0);
	strcpy(pdu, "14 f5");
	for (i = 0; i < 35; i++)
		sprintf(pdu + strlen(pdu), "06 0001 %04x 0001", i);
	accept(pdu, REQ, &msg);
	CHECK(msg.n_objects == 35 && msg.answer == 140);
	check_object(&msg, 34, OTSEG_MODBUS_OBJ_FILE_RECORD, OTSEG_ACCESS_READ, 0x10022, 0x10022, 0);
	strcpy(pdu, "14 fc");
	for (i = 0; i < 35; i++)
		strcat(pdu, "06 0001 0000 0001");
	refuse(pdu, REQ, OTSEG_R_PDU_LENGTH, 9);
	strcpy(pdu, padded("14 fa", 2 + 250));
	refuse(pdu, REQ, OTSEG_R_PDU_LENGTH, 8);
	refuse("14 07 06 0004 0001 0002 00", REQ, OTSEG_R_PDU_LENGTH, 8);
	refuse("14 06 06 0004 0001 0002", REQ, OTSEG_R_PDU_LENGTH, 9);
	refuse("14 00", REQ, OTSEG_R_PDU_LENGTH, 8);
	refuse("14 07 05 0004 0001 0002", REQ, OTSEG_R_PDU_MALFORMED, 16);
	refuse("14 07 06 0000 0001 0002", REQ, OTSEG_R_PDU_MALFORMED, 16);
	refuse("14 07 06 0004 0001 0000", REQ, OTSEG_R_PDU_MALFORMED, 16);
	accept("14 07 06 0004 270f 0001", REQ, &msg);
	refuse("14 07 06 0004 270f 0002", REQ, OTSEG_R_PDU_MALFORMED, 16);
	refuse("14 07 06 0004 2710 0001", REQ, OTSEG_R_PDU_MALFORMED, 16);
	/* an answer must fit: 121 words in one group do, 122 do not */
	accept("14 07 06 0004 0000 0079", REQ, &msg);
	CHECK(msg.answer == 244);
	refuse("14 07 06 0004 0000 007a", REQ, OTSEG_R_PDU_MALFORMED, 16);
	accept("14 0c 05 06 0dfe0020 05 06 33cd0040", RSP, &msg);
	CHECK(msg.answer == 12);
	refuse("14 0b 05 06 0dfe0020 05 06 33cd0040", RSP, OTSEG_R_PDU_LENGTH, 9);
	refuse("14 0c 05 07 0dfe0020 05 06 33cd0040", RSP, OTSEG_R_PDU_MALFORMED, 11);
	refuse("14 0c 04 06 0dfe0020 05 06 33cd0040", RSP, OTSEG_R_PDU_MALFORMED, 11);
	refuse("14 0c 05 06 0dfe0020 07 06 33cd0040", RSP, OTSEG_R_PDU_LENGTH, 17);
	refuse("14 0c 05 06 0dfe0020 03 06 33cd0040", RSP, OTSEG_R_PDU_LENGTH, 17);
}

static void test_write_file(void)
{
	struct otseg_msg msg;
	char pdu[1024];
	u32 i;

	accept("15 0d 06 0004 0007 0003 06af04be100d", REQ, &msg);
	CHECK(msg.access == OTSEG_ACCESS_WRITE && msg.values == OTSEG_VALUES_BE16);
	CHECK(msg.n_objects == 1 && msg.answer == 13);
	check_object(&msg, 0, OTSEG_MODBUS_OBJ_FILE_RECORD, OTSEG_ACCESS_WRITE, 0x40007, 0x40009,
		     16);
	strcpy(pdu, "15 f3");
	for (i = 0; i < 27; i++)
		sprintf(pdu + strlen(pdu), "06 0001 %04x 0001 00%02x", i, i);
	accept(pdu, REQ, &msg);
	CHECK(msg.n_objects == 27);
	check_object(&msg, 26, OTSEG_MODBUS_OBJ_FILE_RECORD, OTSEG_ACCESS_WRITE, 0x1001a, 0x1001a,
		     9 + 26 * 9 + 7);
	refuse("15 0d 06 0004 0007 0002 06af04be100d", REQ, OTSEG_R_PDU_LENGTH, 16);
	refuse("15 0d 06 0004 0007 0004 06af04be100d", REQ, OTSEG_R_PDU_LENGTH, 16);
	refuse("15 09 06 0004 0007 0101 06af", REQ, OTSEG_R_PDU_LENGTH, 16); /* 512 bytes too many */
	refuse("15 0c 06 0004 0007 0003 06af04be100d", REQ, OTSEG_R_PDU_LENGTH, 9);
	refuse("15 09 05 0004 0007 0001 06af", REQ, OTSEG_R_PDU_MALFORMED, 16);
	refuse("15 09 06 0000 0007 0001 06af", REQ, OTSEG_R_PDU_MALFORMED, 16);
	refuse("15 09 06 0004 0007 0000 06af", REQ, OTSEG_R_PDU_MALFORMED, 16);
	refuse("15 09 06 0004 2710 0001 06af", REQ, OTSEG_R_PDU_MALFORMED, 16);
	refuse("15 07 06 0004 0007 0000", REQ, OTSEG_R_PDU_LENGTH, 8);
	refuse(padded("15 fc", 2 + 252), REQ, OTSEG_R_PDU_LENGTH, 8);
	accept("15 0d 06 0004 0007 0003 06af04be100d", RSP, &msg);
	CHECK(msg.answer == 13);
}

static void test_fifo(void)
{
	struct otseg_msg msg;

	accept("18 04de", REQ, &msg);
	CHECK(msg.access == OTSEG_ACCESS_READ);
	check_object(&msg, 0, OTSEG_MODBUS_OBJ_FIFO, OTSEG_ACCESS_READ, 0x4de, 0x4de, 0);
	refuse("18 04de 00", REQ, OTSEG_R_PDU_LENGTH, 8);
	accept("18 0006 0002 01b8 1284", RSP, &msg);
	accept("18 0002 0000", RSP, &msg);
	refuse("18 0005 0002 01b8 1284", RSP, OTSEG_R_PDU_LENGTH, 10);
	refuse("18 0006 0001 01b8 1284", RSP, OTSEG_R_PDU_LENGTH, 12);
	refuse(padded("18 0042 0020", 5 + 64), RSP, OTSEG_R_PDU_MALFORMED, 12);
	refuse("18 0000", RSP, OTSEG_R_PDU_LENGTH, 8);
}

static void test_interface(void)
{
	struct otseg_msg msg;

	accept("2b 0e 01 00", REQ, &msg);
	CHECK(msg.access == OTSEG_ACCESS_READ && msg.function == FN(43, 14));
	accept("2b 0e 04 ff", REQ, &msg);
	refuse("2b 0e 00 00", REQ, OTSEG_R_PDU_MALFORMED, 10);
	refuse("2b 0e 05 00", REQ, OTSEG_R_PDU_MALFORMED, 10);
	refuse("2b 0e 01 00 00", REQ, OTSEG_R_PDU_LENGTH, 9);
	refuse("2b", REQ, OTSEG_R_PDU_LENGTH, 8);
	accept("2b 0d 01 02 03 04 05", REQ, &msg);
	CHECK(msg.access == (OTSEG_ACCESS_WRITE | OTSEG_ACCESS_CONTROL));
	CHECK(msg.function == FN(43, 13) && msg.flags & OTSEG_MSG_OPAQUE_VALUES);
	accept("2b 0f 01", REQ, &msg);
	CHECK(msg.flags & OTSEG_MSG_UNKNOWN && msg.function == FN(43, 15));
	accept("2b 0e 01 01 00 00 02 00 02 4142 01 01 43", RSP, &msg);
	accept("2b 0e 01 01 00 00 00", RSP, &msg);
	refuse("2b 0e 01 01 00 00 02 00 02 4142 01 02 43", RSP, OTSEG_R_PDU_LENGTH, 20);
	refuse("2b 0e 01 01 00 00 01 00 02 4142 01 01 43", RSP, OTSEG_R_PDU_LENGTH, 16);
	refuse("2b 0e 01 01 00 00 03 00 02 4142 01 01 43", RSP, OTSEG_R_PDU_LENGTH, 20);
	refuse("2b 0e 01 01", RSP, OTSEG_R_PDU_LENGTH, 9);
}

static void test_opaque(void)
{
	static const u8 program[] = { 9, 10, 13, 14, 18, 40, 41, 42, 91, 125, 126, 127 };
	struct otseg_msg msg;
	char pdu[16];
	u32 code;
	u32 i;

	for (i = 0; i < sizeof(program); i++) {
		sprintf(pdu, "%02x 01 02 03", program[i]);
		accept(pdu, REQ, &msg);
		CHECK(msg.access == OTSEG_ACCESS_PROGRAM, "function %u", program[i]);
		CHECK(msg.flags == OTSEG_MSG_OPAQUE_VALUES && msg.answer == OTSEG_ANSWER_ANY);
		accept(pdu, RSP, &msg);
	}
	accept("13 00", REQ, &msg);
	CHECK(msg.access == (OTSEG_ACCESS_PROGRAM | OTSEG_ACCESS_CONTROL));
	accept("5a 01 10", REQ, &msg);
	CHECK(msg.access == OTSEG_ACCESS_CONTROL && (msg.function & 0xffff) == 0x10);
	accept("5a 01 99", REQ, &msg);
	CHECK(msg.flags & OTSEG_MSG_UNKNOWN && msg.access & OTSEG_ACCESS_PROGRAM);
	accept("5a 00 fe 01", RSP, &msg);
	refuse("5a 01", REQ, OTSEG_R_PDU_LENGTH, 8);
	for (code = 65; code <= 110; code++) {
		if (code > 72 && code < 100)
			continue;
		sprintf(pdu, "%02x 01", code);
		accept(pdu, REQ, &msg);
		CHECK(msg.access == OTSEG_ACCESS_VENDOR && !(msg.flags & OTSEG_MSG_UNKNOWN));
	}
}

/* Which functions exist is the list of names; everything else in 1-127 is unknown. */
static void test_unknown(void)
{
	u8 known[256] = {};
	struct otseg_msg msg;
	u8 adu[ADU_MAX];
	u32 code;

#define X(id, number, name, access, object, flags) known[number] = 1;
	OTSEG_MODBUS_FUNCTIONS(X)
#undef X
	for (code = 0; code < 256; code++) {
		memcpy(adu, "\0\1\0\0\0\5\1\0\0\0\0", 11);
		adu[7] = (u8)code;
		if (!code || code > 127) {
			CHECK(parse(adu, 11, REQ, &msg) == OTSEG_R_PDU_MALFORMED);
			CHECK(parse(adu, 8, REQ, &msg) == OTSEG_R_PDU_MALFORMED);
			CHECK(parse(adu, 7, REQ, &msg) == OTSEG_R_NONE);
			continue;
		}
		if (known[code])
			continue;
		CHECK(!parse(adu, 11, REQ, &msg));
		CHECK(msg.flags & OTSEG_MSG_UNKNOWN && msg.access == OTSEG_ACCESS_VENDOR);
		CHECK(msg.function == FN(code, 0));
	}
}

static void test_exceptions(void)
{
	struct otseg_msg msg;

	accept("83 02", RSP, &msg);
	CHECK(msg.flags & OTSEG_MSG_EXCEPTION && msg.exception == 2 && msg.function == FN(3, 0));
	refuse("83", RSP, OTSEG_R_PDU_LENGTH, 8);
	refuse("83 02 00", RSP, OTSEG_R_PDU_LENGTH, 8);
	refuse("80 02", RSP, OTSEG_R_PDU_MALFORMED, 8);
	refuse("00 02", RSP, OTSEG_R_PDU_MALFORMED, 8);
}

/* Names are what a policy file is written with: unique, and within what exists. */
static void test_names(void)
{
	static const struct {
		u32 code;
		const char *name;
		u32 access;
	} list[] = {
#define X(id, number, name, access, object, flags) { number, name, access },
		OTSEG_MODBUS_FUNCTIONS(X)
#undef X
	};
	const u32 n = sizeof(list) / sizeof(*list);
	u32 i, j;

	for (i = 0; i < n; i++) {
		CHECK(list[i].code - 1 < 127 && list[i].access);
		for (j = 0; j < i; j++)
			CHECK(list[i].code != list[j].code && strcmp(list[i].name, list[j].name));
	}
}

int main(int argc, char **argv)
{
	static const struct ktap_case cases[] = {
		{ "the header is refused at its first wrong byte", test_header },
		{ "unit 0 is a broadcast", test_broadcast },
		{ "functions 1-4: ranges, quantities, answers", test_reads },
		{ "functions 5, 6 and 22: one object", test_write_one },
		{ "functions 15 and 16: quantity, byte count, length", test_write_many },
		{ "function 23 reads one range and writes another", test_swap },
		{ "functions 7, 11, 12, 17 have no body", test_bare },
		{ "function 8: sub-functions and their classes", test_diagnostics },
		{ "function 20: groups", test_read_file },
		{ "function 21: groups with data", test_write_file },
		{ "function 24: queues", test_fifo },
		{ "function 43: interfaces", test_interface },
		{ "opaque functions: program, vendor, UMAS", test_opaque },
		{ "functions without a name are unknown", test_unknown },
		{ "exception responses", test_exceptions },
		{ "names are unique", test_names },
	};

#ifdef WRITE_SEEDS
	if (argc != 2)
		return KTAP_FAIL;
	seeds = argv[1];
#else
	(void)argc;
	(void)argv;
#endif
	return ktap_run(cases, sizeof(cases) / sizeof(*cases));
}
