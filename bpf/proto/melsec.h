/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Mitsubishi SLMP, which is the MC protocol's frames 3E and 4E in binary code: names and
 * numbers of commands with their access classes and devices; and from the bytes of one frame to
 * a struct otseg_msg. Frames in ASCII code, of type 1E and of MELSOFT are other protocols
 * and refused at their first byte.
 *
 * "SLMP" is the SLMP Reference Manual SH(NA)-080956ENG, "MC" the MELSEC Communication Protocol
 * Reference Manual SH-080008. Numbers are little-endian. What the command implies of its length
 * must be what the header declares, but for extended device specifications, labels and
 * files, whose bodies are opaque.
 */
#ifndef OTSEG_MELSEC_H
#define OTSEG_MELSEC_H

#include "pdu.h"

/*
 * Commands: X(ID, code, "name", access, object type, flags); SLMP 5.1, MC 3.1 and 3.10.
 *
 * A device cannot be told from one that only looks like process data, so that all of them are `write`;
 * labels likewise. Files hold the program and the parameters. The remote password opens what it
 * guards for others as well: `control`.
 */
/* clang-format off */
#define OTSEG_MELSEC_FUNCTIONS(X) \
	X(READ_TYPE, 0x0101, "read-type-name", OTSEG_ACCESS_READ, 0, 0) \
	X(READ, 0x0401, "read", OTSEG_ACCESS_READ, 0, 0) \
	X(READ_RANDOM, 0x0403, "read-random", OTSEG_ACCESS_READ, 0, 0) \
	X(READ_BLOCK, 0x0406, "read-block", OTSEG_ACCESS_READ, 0, 0) \
	X(LABEL_ARRAY_READ, 0x041a, "array-label-read", OTSEG_ACCESS_READ, 0, OTSEG_FN_OPAQUE) \
	X(LABEL_READ, 0x041c, "label-read-random", OTSEG_ACCESS_READ, 0, OTSEG_FN_OPAQUE) \
	X(EXTEND_READ, 0x0601, "extend-unit-read", OTSEG_ACCESS_READ, OTSEG_MELSEC_OBJ_MODULE_BUFFER, 0) \
	X(MEMORY_READ, 0x0613, "memory-read", OTSEG_ACCESS_READ, OTSEG_MELSEC_OBJ_OWN_BUFFER, 0) \
	X(SELF_TEST, 0x0619, "self-test", OTSEG_ACCESS_DIAGNOSTIC, 0, 0) \
	X(MONITOR_ENTRY, 0x0801, "entry-monitor-device", OTSEG_ACCESS_READ | OTSEG_ACCESS_CONTROL, 0, 0) \
	X(MONITOR, 0x0802, "execute-monitor", OTSEG_ACCESS_READ, 0, 0) \
	X(NODE_SEARCH, 0x0e30, "node-search", OTSEG_ACCESS_READ, 0, OTSEG_FN_OPAQUE) \
	X(ADDRESS_SET, 0x0e31, "ip-address-set", OTSEG_ACCESS_PROGRAM, 0, OTSEG_FN_OPAQUE) \
	X(RUN, 0x1001, "remote-run", OTSEG_ACCESS_CONTROL, 0, 0) \
	X(STOP, 0x1002, "remote-stop", OTSEG_ACCESS_CONTROL, 0, 0) \
	X(PAUSE, 0x1003, "remote-pause", OTSEG_ACCESS_CONTROL, 0, 0) \
	X(LATCH_CLEAR, 0x1005, "remote-latch-clear", OTSEG_ACCESS_CONTROL, 0, 0) \
	X(RESET, 0x1006, "remote-reset", OTSEG_ACCESS_CONTROL, 0, 0) \
	X(WRITE, 0x1401, "write", OTSEG_ACCESS_WRITE, 0, 0) \
	X(WRITE_RANDOM, 0x1402, "write-random", OTSEG_ACCESS_WRITE, 0, 0) \
	X(WRITE_BLOCK, 0x1406, "write-block", OTSEG_ACCESS_WRITE, 0, 0) \
	X(LABEL_ARRAY_WRITE, 0x141a, "array-label-write", OTSEG_ACCESS_WRITE, 0, OTSEG_FN_OPAQUE) \
	X(LABEL_WRITE, 0x141b, "label-write-random", OTSEG_ACCESS_WRITE, 0, OTSEG_FN_OPAQUE) \
	X(EXTEND_WRITE, 0x1601, "extend-unit-write", OTSEG_ACCESS_WRITE, OTSEG_MELSEC_OBJ_MODULE_BUFFER, 0) \
	X(MEMORY_WRITE, 0x1613, "memory-write", OTSEG_ACCESS_WRITE, OTSEG_MELSEC_OBJ_OWN_BUFFER, 0) \
	X(CLEAR_ERROR, 0x1617, "clear-error", OTSEG_ACCESS_CONTROL, 0, OTSEG_FN_OPAQUE) \
	X(UNLOCK, 0x1630, "remote-password-unlock", OTSEG_ACCESS_CONTROL, 0, 0) \
	X(LOCK, 0x1631, "remote-password-lock", OTSEG_ACCESS_CONTROL, 0, 0) \
	X(FILE_LIST, 0x1810, "read-directory", OTSEG_ACCESS_PROGRAM, 0, OTSEG_FN_OPAQUE) \
	X(FILE_SEARCH, 0x1811, "search-directory", OTSEG_ACCESS_PROGRAM, 0, OTSEG_FN_OPAQUE) \
	X(FILE_NEW, 0x1820, "new-file", OTSEG_ACCESS_PROGRAM, 0, OTSEG_FN_OPAQUE) \
	X(FILE_DELETE, 0x1822, "delete-file", OTSEG_ACCESS_PROGRAM, 0, OTSEG_FN_OPAQUE) \
	X(FILE_COPY, 0x1824, "copy-file", OTSEG_ACCESS_PROGRAM, 0, OTSEG_FN_OPAQUE) \
	X(FILE_STATE, 0x1825, "change-file-state", OTSEG_ACCESS_PROGRAM, 0, OTSEG_FN_OPAQUE) \
	X(FILE_DATE, 0x1826, "change-file-date", OTSEG_ACCESS_PROGRAM, 0, OTSEG_FN_OPAQUE) \
	X(FILE_OPEN, 0x1827, "open-file", OTSEG_ACCESS_PROGRAM, 0, OTSEG_FN_OPAQUE) \
	X(FILE_READ, 0x1828, "read-file", OTSEG_ACCESS_PROGRAM, 0, OTSEG_FN_OPAQUE) \
	X(FILE_WRITE, 0x1829, "write-file", OTSEG_ACCESS_PROGRAM, 0, OTSEG_FN_OPAQUE) \
	X(FILE_CLOSE, 0x182a, "close-file", OTSEG_ACCESS_PROGRAM, 0, OTSEG_FN_OPAQUE)
/* clang-format on */

/* How numbers of a device are counted. */
#define OTSEG_MELSEC_BITS 1
#define OTSEG_MELSEC_WORDS 2

/*
 * Devices: Y(X, ID, code, "name", how it is counted, "sentence"). SLMP 5.2; MC 3.3.1. The
 * object type is the code in binary, 16 bits of which a device has used 8 so far. The two buffers
 * have no code; theirs are free.
 */
/* clang-format off */
#define OTSEG_MELSEC_DEVICES(Y, X) \
	Y(X, RD, 0x2c, "rd", WORDS, "module refresh register") \
	Y(X, HG, 0x2e, "hg", WORDS, "buffer of a CPU module") \
	Y(X, LTC, 0x50, "ltc", BITS, "long timer, coil") \
	Y(X, LTS, 0x51, "lts", BITS, "long timer, contact") \
	Y(X, LTN, 0x52, "ltn", WORDS, "long timer, current value") \
	Y(X, LCC, 0x54, "lcc", BITS, "long counter, coil") \
	Y(X, LCS, 0x55, "lcs", BITS, "long counter, contact") \
	Y(X, LCN, 0x56, "lcn", WORDS, "long counter, current value") \
	Y(X, LSTC, 0x58, "lstc", BITS, "long retentive timer, coil") \
	Y(X, LSTS, 0x59, "lsts", BITS, "long retentive timer, contact") \
	Y(X, LSTN, 0x5a, "lstn", WORDS, "long retentive timer, current value") \
	Y(X, LZ, 0x62, "lz", WORDS, "long index register") \
	Y(X, M, 0x90, "m", BITS, "internal relay") \
	Y(X, SM, 0x91, "sm", BITS, "special relay") \
	Y(X, L, 0x92, "l", BITS, "latch relay") \
	Y(X, F, 0x93, "f", BITS, "annunciator") \
	Y(X, V, 0x94, "v", BITS, "edge relay") \
	Y(X, S, 0x98, "s", BITS, "step relay") \
	Y(X, X_, 0x9c, "x", BITS, "input") \
	Y(X, Y_, 0x9d, "y", BITS, "output") \
	Y(X, B, 0xa0, "b", BITS, "link relay") \
	Y(X, SB, 0xa1, "sb", BITS, "link special relay") \
	Y(X, DX, 0xa2, "dx", BITS, "direct access input") \
	Y(X, DY, 0xa3, "dy", BITS, "direct access output") \
	Y(X, D, 0xa8, "d", WORDS, "data register") \
	Y(X, SD, 0xa9, "sd", WORDS, "special register") \
	Y(X, G, 0xab, "g", WORDS, "buffer of a module") \
	Y(X, R, 0xaf, "r", WORDS, "file register, block of the moment") \
	Y(X, ZR, 0xb0, "zr", WORDS, "file register, by serial number") \
	Y(X, W, 0xb4, "w", WORDS, "link register") \
	Y(X, SW, 0xb5, "sw", WORDS, "link special register") \
	Y(X, TC, 0xc0, "tc", BITS, "timer, coil") \
	Y(X, TS, 0xc1, "ts", BITS, "timer, contact") \
	Y(X, TN, 0xc2, "tn", WORDS, "timer, current value") \
	Y(X, CC, 0xc3, "cc", BITS, "counter, coil") \
	Y(X, CS, 0xc4, "cs", BITS, "counter, contact") \
	Y(X, CN, 0xc5, "cn", WORDS, "counter, current value") \
	Y(X, STC, 0xc6, "stc", BITS, "retentive timer, coil") \
	Y(X, STS, 0xc7, "sts", BITS, "retentive timer, contact") \
	Y(X, STN, 0xc8, "stn", WORDS, "retentive timer, current value") \
	Y(X, Z, 0xcc, "z", WORDS, "index register")
#define OTSEG_MELSEC_BUFFERS(X) \
	X(OWN_BUFFER, 0xfd, "own-buffer", 0xffffffff, 0, "memory of the addressed module, by word") \
	X(MODULE_BUFFER, 0xfe, "module-buffer", 0xffffffff, 0, \
		"memory of the module that the field `module` names, by byte")

#define OTSEG_MELSEC_AS_OBJECT(X, id, code, name, kind, sentence) X(id, code, name, 0xffffffff, 0, sentence)
#define OTSEG_MELSEC_OBJECTS(X) \
	OTSEG_MELSEC_DEVICES(OTSEG_MELSEC_AS_OBJECT, X) OTSEG_MELSEC_BUFFERS(X)

/* Further numbers: X(ID, field, "name", highest, "sentence"). */
#define OTSEG_MELSEC_FIELDS(X) \
	X(NETWORK, 0, "network", 255, "network of the destination; others than 0 are behind relays") \
	X(MODULE_IO, 1, "module-io", 0xffff, "module of the destination station") \
	X(MULTIDROP, 2, "multidrop", 255, "multidrop station behind it, 0: none") \
	X(SUBCOMMAND, 3, "subcommand", 0xffff, "subcommand") \
	X(MODE, 4, "mode", 0xffff, "mode of a remote operation") \
	X(MODULE, 5, "module", 0xffff, "module whose buffer is read or written") \
	X(END_CODE, 6, "end-code", 0xffff, "end code of an answer")

/* X(field, number, "word"); SLMP 4.2, 5.2 and 5.6 */
#define OTSEG_MELSEC_FIELD_WORDS(X) \
	X(1, 0x03d0, "control-system-cpu") \
	X(1, 0x03d1, "standby-system-cpu") \
	X(1, 0x03d2, "system-a-cpu") \
	X(1, 0x03d3, "system-b-cpu") \
	X(1, 0x03e0, "cpu-1") \
	X(1, 0x03e1, "cpu-2") \
	X(1, 0x03e2, "cpu-3") \
	X(1, 0x03e3, "cpu-4") \
	X(1, 0x03ff, "own-station") \
	X(3, 0, "word") \
	X(3, 1, "bit") \
	X(3, 2, "word-iqr") \
	X(3, 3, "bit-iqr") \
	X(3, 0x80, "word-extended") \
	X(3, 0x81, "bit-extended") \
	X(3, 0x82, "word-iqr-extended") \
	X(3, 0x83, "bit-iqr-extended") \
	X(4, 1, "not-forced") \
	X(4, 3, "forced")

/* An error is told by an end code of 16 bits; the exception is its upper byte: X(ID, code, "name"). SLMP 7. */
#define OTSEG_MELSEC_EXCEPTIONS(X) \
	X(CPU, 0x40, "cpu-error") \
	X(CPU_1, 0x41, "cpu-error-1") \
	X(CPU_2, 0x42, "cpu-error-2") \
	X(FILE, 0x43, "cpu-error-3") \
	X(COMMUNICATION, 0x55, "data-length-or-code-error") \
	X(MODULE, 0xc0, "module-error") \
	X(FRAME, 0xc1, "frame-error") \
	X(PASSWORD, 0xc2, "password-error") \
	X(NETWORK, 0xcf, "network-error") \
	X(LINK, 0xd0, "link-error")
/* clang-format on */

#define OTSEG_MELSEC_SUBFUNCTIONS(X)
#define OTSEG_MELSEC_TEXTS(X)

enum otseg_melsec_object {
#define X(id, number, name, max, flags, sentence) OTSEG_MELSEC_OBJ_##id = (number),
	OTSEG_MELSEC_BUFFERS(X)
#undef X
};

enum otseg_melsec_function {
#define X(id, code, name, access, object, flags) OTSEG_MELSEC_FC_##id = (code),
	OTSEG_MELSEC_FUNCTIONS(X)
#undef X
};

enum otseg_melsec_field {
#define X(id, number, name, max, sentence) OTSEG_MELSEC_FIELD_##id = (number),
	OTSEG_MELSEC_FIELDS(X)
#undef X
};

#define OTSEG_MELSEC_SHAPE \
	.unit = "station", .unit_max = 255, .code_max = 0xffff, .value_max = 0xffff
#define OTSEG_MELSEC_PARSE otseg_melsec_parse

/* First byte of a frame; the second one is 0. SLMP 4.1. */
#define OTSEG_MELSEC_ASKS_3E 0x50
#define OTSEG_MELSEC_ASKS_4E 0x54
#define OTSEG_MELSEC_ANSWERS_3E 0xd0
#define OTSEG_MELSEC_ANSWERS_4E 0xd4
#define OTSEG_MELSEC_ANSWERS 0x80
#define OTSEG_MELSEC_HAS_SERIAL 0x04

/* Offsets from the end of the subheader, which is 2 bytes, or 6 with a serial number. */
#define OTSEG_MELSEC_AT_NETWORK 0
#define OTSEG_MELSEC_AT_STATION 1
#define OTSEG_MELSEC_AT_MODULE_IO 2
#define OTSEG_MELSEC_AT_MULTIDROP 4
#define OTSEG_MELSEC_AT_LENGTH 5
#define OTSEG_MELSEC_AT_TIMER 7 /* of a request; end code of an answer */
#define OTSEG_MELSEC_AT_COMMAND 9
#define OTSEG_MELSEC_AT_SUBCOMMAND 11
#define OTSEG_MELSEC_AT_BODY 13
#define OTSEG_MELSEC_AT_ANSWER 9
#define OTSEG_MELSEC_LENGTH_MAX 8192 /* more than any command needs */

/* Bits of a subcommand whose devices are understood: units are bits, numbers have 32 bits. */
#define OTSEG_MELSEC_SUB_BIT 1
#define OTSEG_MELSEC_SUB_IQR 2

#define OTSEG_MELSEC_BLOCKS 120 /* of one command, SLMP 5.2.4 */

#define OTSEG_MELSEC_TABLE 64 /* a power of two */

/* By code, which is how they are searched. */
static const struct {
	u16 code;
	u8 access;
	u8 flags;
} otseg_melsec_table[OTSEG_MELSEC_TABLE] = {
/* clang-format off */
#define X(id, code, name, access, object, flags) { (code), (access), (flags) },
/* clang-format on */
	OTSEG_MELSEC_FUNCTIONS(X)
#undef X
};

/* By device code; 0: not known. */
static const u8 otseg_melsec_devices[256] = {
#define OTSEG_MELSEC_AS_DEVICE(X, id, code, name, kind, sentence) [code] = OTSEG_MELSEC_##kind,
	OTSEG_MELSEC_DEVICES(OTSEG_MELSEC_AS_DEVICE, )
};

/* Place of @code in the table, or of the next lower one. Without a branch, as in fins.h. */
OTSEG_INLINE u32 melsec_search(u32 code)
{
	u32 at = 0;
	u32 step;

	for (step = OTSEG_MELSEC_TABLE / 2; step; step >>= 1) {
		u32 place = (at + step) & (OTSEG_MELSEC_TABLE - 1);
		u32 above = code - 1 - (u16)(otseg_melsec_table[place].code - 1);

		otseg_opaque(above);
		at = (at + (step & ((above >> 31) - 1))) & (OTSEG_MELSEC_TABLE - 1);
	}
	return at;
}

/* In @how of melsec_points(), beside the bits of a subcommand: */
#define OTSEG_MELSEC_HOW_LONG 0x10 /* a point is two words */
#define OTSEG_MELSEC_HOW_SKIP 0x20 /* 2 bytes are between device and values */

/*
 * @points of the device whose specification is at @off, with their values behind it in a write.
 * Where it is not clear which numbers they are, no rule that names objects covers it.
 */
OTSEG_GLOBAL u32 melsec_points(struct otseg_pdu *pdu, u32 off, u32 points, u32 how,
			       struct otseg_msg *msg)
{
	u32 is_iqr = how & OTSEG_MELSEC_SUB_IQR;
	u32 is_bit = how & OTSEG_MELSEC_SUB_BIT;
	u32 encoding;
	u32 access;
	u32 first;
	u32 index;
	u32 code;
	u32 kind;
	u64 last;

	if (!pdu || !msg)
		return OTSEG_R_INTERNAL;
	first = is_iqr ? pdu_le32(pdu->bytes, off) : pdu_le24(pdu->bytes, off);
	code = is_iqr ? pdu_le16(pdu->bytes, off + 4) : pdu_u8(pdu->bytes, off + 3);
	off += (is_iqr ? 6 : 4) + (how & OTSEG_MELSEC_HOW_SKIP ? 2 : 0);
	kind = otseg_melsec_devices[code & 0xff];
	access = msg->access;
	if (!is_bit) {
		points *= how & OTSEG_MELSEC_HOW_LONG ? 2 : 1;
		points *= kind == OTSEG_MELSEC_BITS ? 16 : 1;
	}
	last = (u64)first + points - 1;
	if (code > 0xff || !kind || (is_bit && kind != OTSEG_MELSEC_BITS) ||
	    last > (is_iqr ? 0xffffffff : 0xffffff)) {
		msg->flags |= OTSEG_MSG_OPAQUE_OBJECTS | OTSEG_MSG_OPAQUE_VALUES;
		return OTSEG_R_NONE;
	}
	index = msg->n_objects;
	msg_object(msg, code, access, first, (u32)last, 0);
	if (!(access & OTSEG_ACCESS_WRITE))
		return OTSEG_R_NONE;
	/*
	 * A bit of a random write is one byte, or two; of a batch, half a byte, the first one in
	 * the upper half. Bits in words begin with the lowest.
	 */
	encoding = !is_bit		      ? (kind == OTSEG_MELSEC_BITS ? OTSEG_VALUES_BITS : OTSEG_VALUES_LE16) :
		   how & OTSEG_MELSEC_HOW_LONG ? OTSEG_VALUES_NONE :
		   is_iqr		       ? OTSEG_VALUES_LE16 :
						 OTSEG_VALUES_U8;
	/* an object for which there is no room has no values either */
	if (encoding == OTSEG_VALUES_NONE || index >= OTSEG_MSG_OBJECTS || msg->length > OTSEG_PDU_MAX ||
	    (msg->values != OTSEG_VALUES_NONE && msg->values != encoding)) {
		msg->flags |= OTSEG_MSG_OPAQUE_VALUES;
		return OTSEG_R_NONE;
	}
	msg->values = (u8)encoding;
	msg->objects[index].values_off = (u16)off;
	return OTSEG_R_NONE;
}

/* Batch read and write, SLMP 5.2.1 and 5.2.2: device, points, values. */
OTSEG_GLOBAL u32 melsec_batch(struct otseg_pdu *pdu, u32 off, u32 have, u32 sub,
			      struct otseg_msg *msg)
{
	u32 spec = sub & OTSEG_MELSEC_SUB_IQR ? 6 : 4;
	u32 points;
	u32 bytes;

	if (!pdu || !msg)
		return OTSEG_R_INTERNAL;
	if (msg->length < off + spec + 2)
		return OTSEG_R_PDU_LENGTH;
	if (have < off + spec + 2)
		return OTSEG_R_NONE;
	points = pdu_le16(pdu->bytes, off + spec);
	if (!points)
		return OTSEG_R_PDU_MALFORMED;
	bytes = sub & OTSEG_MELSEC_SUB_BIT ? (points + 1) / 2 : 2 * points;
	if (msg->length != off + spec + 2 + (msg->access & OTSEG_ACCESS_WRITE ? bytes : 0))
		return OTSEG_R_PDU_LENGTH;
	/* of bits, a point of two words stands for the halves of a byte */
	return melsec_points(pdu, off, points,
			     sub | OTSEG_MELSEC_HOW_SKIP |
				     (sub & OTSEG_MELSEC_SUB_BIT ? OTSEG_MELSEC_HOW_LONG : 0),
			     msg);
}

/*
 * Random read and write and what is to be monitored, SLMP 5.2.3, 5.2.5-5.2.7: points of one word
 * and of two, or of one bit; then a device for each, with its value if it is a write.
 */
OTSEG_GLOBAL u32 melsec_random(struct otseg_pdu *pdu, u32 off, u32 have, u32 sub,
			       struct otseg_msg *msg)
{
	u32 spec = sub & OTSEG_MELSEC_SUB_IQR ? 6 : 4;
	u32 is_bit = sub & OTSEG_MELSEC_SUB_BIT;
	u32 head = is_bit ? 1 : 2;
	u32 stride;
	u32 words;
	u32 more;
	u32 n;
	u32 i;

	if (!pdu || !msg)
		return OTSEG_R_INTERNAL;
	if (msg->length < off + head)
		return OTSEG_R_PDU_LENGTH;
	if (have < off + head)
		return OTSEG_R_NONE;
	words = pdu_u8(pdu->bytes, off);
	n = words + (is_bit ? 0 : pdu_u8(pdu->bytes, off + 1));
	if (!n)
		return OTSEG_R_PDU_MALFORMED;
	off += head;
	/* bytes of a point, and those that one of two words has more */
	stride = spec;
	more = 0;
	if (msg->access & OTSEG_ACCESS_WRITE) {
		stride += is_bit && spec == 4 ? 1 : 2;
		more = 2;
	}
	if (msg->length != off + n * stride + (n - words) * more)
		return OTSEG_R_PDU_LENGTH;
	for (i = 0; i < OTSEG_MSG_OBJECTS; i++) {
		/* all ones for one of two words */
		u32 is_long = words - 1 - i;

		otseg_opaque(is_long);
		is_long = 0u - (is_long >> 31);
		if (i >= n)
			return OTSEG_R_NONE;
		if (off + stride > have) {
			/* behind the bytes that are looked at */
			if (!(msg->flags & OTSEG_MSG_PARTIAL))
				msg->flags |= OTSEG_MSG_OPAQUE_OBJECTS | OTSEG_MSG_OPAQUE_VALUES;
			return OTSEG_R_NONE;
		}
		melsec_points(pdu, off, 1, sub | (is_long & OTSEG_MELSEC_HOW_LONG), msg);
		off += stride + (is_long & more);
	}
	if (i < n)
		msg->flags |= OTSEG_MSG_OPAQUE_OBJECTS | OTSEG_MSG_OPAQUE_VALUES;
	return OTSEG_R_NONE;
}

/*
 * Block read and write, SLMP 5.2.4: blocks of words, blocks of bits in words; then device and
 * points for each, with its values if it is a write.
 */
OTSEG_GLOBAL u32 melsec_blocks(struct otseg_pdu *pdu, u32 off, u32 have, u32 sub,
			       struct otseg_msg *msg)
{
	u32 spec = (sub & OTSEG_MELSEC_SUB_IQR ? 6 : 4) + 2;
	u32 factor;
	u32 blocks;
	u32 end;
	u32 i;

	if (!pdu || !msg)
		return OTSEG_R_INTERNAL;
	end = msg->length;
	factor = msg->access & OTSEG_ACCESS_WRITE ? 2 : 0;
	if (end < off + 2)
		return OTSEG_R_PDU_LENGTH;
	if (have < off + 2)
		return OTSEG_R_NONE;
	blocks = pdu_u8(pdu->bytes, off) + pdu_u8(pdu->bytes, off + 1);
	if (!blocks || blocks > OTSEG_MELSEC_BLOCKS)
		return OTSEG_R_PDU_MALFORMED;
	off += 2;
	if (end < off + blocks * spec)
		return OTSEG_R_PDU_LENGTH;
	for (i = 0; i < OTSEG_MELSEC_BLOCKS; i++) {
		u32 points;

		if (i >= blocks)
			break;
		if (off + spec > end)
			return OTSEG_R_PDU_LENGTH;
		if (off + spec > have) {
			/* behind the bytes that are looked at */
			if (!(msg->flags & OTSEG_MSG_PARTIAL))
				msg->flags |= OTSEG_MSG_OPAQUE_OBJECTS | OTSEG_MSG_OPAQUE_VALUES;
			return OTSEG_R_NONE;
		}
		points = pdu_le16(pdu->bytes, off + spec - 2);
		if (!points)
			return OTSEG_R_PDU_MALFORMED;
		melsec_points(pdu, off, points, (sub & OTSEG_MELSEC_SUB_IQR) | OTSEG_MELSEC_HOW_SKIP,
			      msg);
		off += spec + factor * points;
	}
	return off == end ? OTSEG_R_NONE : OTSEG_R_PDU_LENGTH;
}

/* Memory of a module, SLMP 5.3 and 5.4: address, number of words; or of bytes, and module. */
OTSEG_INLINE u32 melsec_buffer(struct otseg_pdu *pdu, u32 off, u32 have, u32 code,
			       struct otseg_msg *msg)
{
	u32 is_module = code == OTSEG_MELSEC_FC_EXTEND_READ || code == OTSEG_MELSEC_FC_EXTEND_WRITE;
	u32 is_write = msg->access & OTSEG_ACCESS_WRITE;
	u32 head = is_module ? 8 : 6;
	u32 first;
	u32 count;

	if (msg->length < off + head)
		return OTSEG_R_PDU_LENGTH;
	if (have < off + head)
		return OTSEG_R_NONE;
	first = pdu_le32(pdu->bytes, off);
	count = pdu_le16(pdu->bytes, off + 4);
	if (!count || first + count - 1 < first)
		return OTSEG_R_PDU_MALFORMED;
	if (msg->length != off + head + (!is_write ? 0 : is_module ? count : 2 * count))
		return OTSEG_R_PDU_LENGTH;
	if (is_module)
		msg_field(msg, OTSEG_MELSEC_FIELD_MODULE, pdu_le16(pdu->bytes, off + 6));
	msg_object(msg, is_module ? OTSEG_MELSEC_OBJ_MODULE_BUFFER : OTSEG_MELSEC_OBJ_OWN_BUFFER,
		   msg->access, first, first + count - 1, 0);
	if (!is_write)
		return OTSEG_R_NONE;
	if (msg->length > OTSEG_PDU_MAX) {
		msg->flags |= OTSEG_MSG_OPAQUE_VALUES;
		return OTSEG_R_NONE;
	}
	msg->values = is_module ? OTSEG_VALUES_U8 : OTSEG_VALUES_LE16;
	msg->objects[0].values_off = (u16)(off + head);
	return OTSEG_R_NONE;
}

/* A body that is a number of bytes, and as many: self test, SLMP 5.8; password, 5.7. */
OTSEG_INLINE u32 melsec_counted(struct otseg_pdu *pdu, u32 off, u32 have, struct otseg_msg *msg)
{
	if (msg->length < off + 2)
		return OTSEG_R_PDU_LENGTH;
	if (have >= off + 2 && msg->length != off + 2 + pdu_le16(pdu->bytes, off))
		return OTSEG_R_PDU_LENGTH;
	return OTSEG_R_NONE;
}

/* Remote operations, SLMP 5.6: mode, and for `run` what is cleared. */
OTSEG_INLINE u32 melsec_remote(struct otseg_pdu *pdu, u32 off, u32 have, u32 code,
			       struct otseg_msg *msg)
{
	if (msg->length != off + (code == OTSEG_MELSEC_FC_RUN ? 4 : 2))
		return OTSEG_R_PDU_LENGTH;
	if (have >= off + 2)
		msg_field(msg, OTSEG_MELSEC_FIELD_MODE, pdu_le16(pdu->bytes, off));
	return OTSEG_R_NONE;
}

/* Body of a request, at @off. @code: command and subcommand. */
OTSEG_GLOBAL u32 melsec_request(struct otseg_pdu *pdu, u32 off, u32 have, u32 code,
				struct otseg_msg *msg)
{
	u32 sub = code & 0xffff;

	if (!pdu || !msg)
		return OTSEG_R_INTERNAL;
	code >>= 16;
	switch (code) {
	case OTSEG_MELSEC_FC_READ:
	case OTSEG_MELSEC_FC_WRITE:
	case OTSEG_MELSEC_FC_READ_RANDOM:
	case OTSEG_MELSEC_FC_WRITE_RANDOM:
	case OTSEG_MELSEC_FC_READ_BLOCK:
	case OTSEG_MELSEC_FC_WRITE_BLOCK:
	case OTSEG_MELSEC_FC_MONITOR_ENTRY:
		if (sub > 3) {
			/* extended: index registers, indirection, link direct devices */
			msg->flags |= OTSEG_MSG_OPAQUE_OBJECTS | OTSEG_MSG_OPAQUE_VALUES;
			return OTSEG_R_NONE;
		}
		if (code == OTSEG_MELSEC_FC_READ || code == OTSEG_MELSEC_FC_WRITE)
			return melsec_batch(pdu, off, have, sub, msg);
		if (sub & OTSEG_MELSEC_SUB_BIT && code != OTSEG_MELSEC_FC_WRITE_RANDOM)
			return OTSEG_R_PDU_MALFORMED;
		if (code == OTSEG_MELSEC_FC_READ_BLOCK || code == OTSEG_MELSEC_FC_WRITE_BLOCK)
			return melsec_blocks(pdu, off, have, sub, msg);
		return melsec_random(pdu, off, have, sub, msg);
	case OTSEG_MELSEC_FC_EXTEND_READ:
	case OTSEG_MELSEC_FC_EXTEND_WRITE:
	case OTSEG_MELSEC_FC_MEMORY_READ:
	case OTSEG_MELSEC_FC_MEMORY_WRITE:
		return melsec_buffer(pdu, off, have, code, msg);
	case OTSEG_MELSEC_FC_SELF_TEST:
	case OTSEG_MELSEC_FC_UNLOCK:
	case OTSEG_MELSEC_FC_LOCK:
		return melsec_counted(pdu, off, have, msg);
	case OTSEG_MELSEC_FC_RUN:
	case OTSEG_MELSEC_FC_STOP:
	case OTSEG_MELSEC_FC_PAUSE:
	case OTSEG_MELSEC_FC_LATCH_CLEAR:
	case OTSEG_MELSEC_FC_RESET:
		return melsec_remote(pdu, off, have, code, msg);
	case OTSEG_MELSEC_FC_READ_TYPE:
		return msg->length == off ? OTSEG_R_NONE : OTSEG_R_PDU_LENGTH;
	case OTSEG_MELSEC_FC_MONITOR:
		/* what it reads was said when it was registered */
		msg->flags |= OTSEG_MSG_OPAQUE_OBJECTS;
		return msg->length == off ? OTSEG_R_NONE : OTSEG_R_PDU_LENGTH;
	default:
		msg->flags |= OTSEG_MSG_OPAQUE_OBJECTS | OTSEG_MSG_OPAQUE_VALUES;
		return OTSEG_R_NONE;
	}
}

/* What is behind the length, which is known; the subheader ends at @head. */
OTSEG_INLINE u32 melsec_body(struct otseg_pdu *pdu, u32 head, u32 have, struct otseg_msg *msg)
{
	u32 place;
	u32 code;
	u32 end;

	if (msg->kind == OTSEG_KIND_ANSWER) {
		/* end code; with an error, whose and what the request was */
		if (have < head + OTSEG_MELSEC_AT_ANSWER)
			return OTSEG_R_NONE;
		end = pdu_le16(pdu->bytes, head + OTSEG_MELSEC_AT_TIMER);
		msg_field(msg, OTSEG_MELSEC_FIELD_END_CODE, end);
		if (end) {
			msg->flags |= OTSEG_MSG_EXCEPTION;
			msg->exception = (u8)(end >> 8);
		}
		return OTSEG_R_NONE;
	}
	if (have < head + OTSEG_MELSEC_AT_BODY)
		return OTSEG_R_NONE;
	code = pdu_le16(pdu->bytes, head + OTSEG_MELSEC_AT_COMMAND);
	msg_field(msg, OTSEG_MELSEC_FIELD_SUBCOMMAND,
		  pdu_le16(pdu->bytes, head + OTSEG_MELSEC_AT_SUBCOMMAND));
	place = melsec_search(code) & (OTSEG_MELSEC_TABLE - 1);
	msg_function(msg, code, 0, otseg_melsec_table[place].access);
	if (!code)
		return OTSEG_R_PDU_MALFORMED;
	if (otseg_melsec_table[place].code != code) {
		msg->access = OTSEG_ACCESS_VENDOR;
		msg->flags |= OTSEG_MSG_UNKNOWN | OTSEG_MSG_OPAQUE_OBJECTS | OTSEG_MSG_OPAQUE_VALUES;
		return OTSEG_R_NONE;
	}
	return melsec_request(pdu, head + OTSEG_MELSEC_AT_BODY, have,
			      code << 16 | pdu_le16(pdu->bytes, head + OTSEG_MELSEC_AT_SUBCOMMAND),
			      msg);
}

/**
 * otseg_melsec_parse - make a message of the frame that begins at @pdu
 * @pdu: its bytes
 * @have: their number; fewer than the frame has, or more, is fine
 * @dir: enum otseg_msg_dir
 * @msg: filled in as far as @have shows it
 *
 * An answer does not tell what it answers. Frames 4E have a serial number that pairs them; those
 * of type 3E answer in order.
 *
 * Return: OTSEG_R_NONE, or the reason why no continuation of these bytes is
 * acceptable.
 */
OTSEG_GLOBAL u32 otseg_melsec_parse(struct otseg_pdu *pdu, u32 have, u32 dir, struct otseg_msg *msg)
{
	u32 is_asking, is_request;
	u32 length;
	u32 kind;
	u32 head;

	if (!pdu || !msg)
		return OTSEG_R_INTERNAL;
	msg_begin(msg, dir, OTSEG_SVC_MELSEC);
	msg->kind = dir == OTSEG_DIR_REQUEST ? OTSEG_KIND_REQUEST : OTSEG_KIND_ANSWER;
	if (!have)
		return OTSEG_R_NONE;
	kind = pdu->bytes[0];
	head = kind & OTSEG_MELSEC_HAS_SERIAL ? 6 : 2;
	if (((kind & ~(u32)OTSEG_MELSEC_HAS_SERIAL) | OTSEG_MELSEC_ANSWERS) != OTSEG_MELSEC_ANSWERS_3E)
		return OTSEG_R_PDU_PROTOCOL;
	if (have > 1 && pdu->bytes[1])
		return OTSEG_R_PDU_PROTOCOL;
	is_asking = !(kind & OTSEG_MELSEC_ANSWERS);
	is_request = dir == OTSEG_DIR_REQUEST;
	if (is_asking != is_request)
		return OTSEG_R_PDU_DIRECTION;
	if (head == 6) {
		if ((have > 4 && pdu->bytes[4]) || (have > 5 && pdu->bytes[5]))
			return OTSEG_R_PDU_PROTOCOL;
		msg->id = have < 4 ? 0 : (u16)pdu_le16(pdu->bytes, 2);
		msg_number(msg, OTSEG_NUMBER_LE, 2, 2);
	}
	if (have < head + OTSEG_MELSEC_AT_TIMER)
		return OTSEG_R_NONE;
	msg_unit(msg, pdu_u8(pdu->bytes, head + OTSEG_MELSEC_AT_STATION));
	msg_field(msg, OTSEG_MELSEC_FIELD_NETWORK, pdu_u8(pdu->bytes, head + OTSEG_MELSEC_AT_NETWORK));
	msg_field(msg, OTSEG_MELSEC_FIELD_MODULE_IO,
		  pdu_le16(pdu->bytes, head + OTSEG_MELSEC_AT_MODULE_IO));
	msg_field(msg, OTSEG_MELSEC_FIELD_MULTIDROP,
		  pdu_u8(pdu->bytes, head + OTSEG_MELSEC_AT_MULTIDROP));
	length = pdu_le16(pdu->bytes, head + OTSEG_MELSEC_AT_LENGTH);
	/* timer, command and subcommand, or an end code */
	if (length < (dir == OTSEG_DIR_REQUEST ? 6u : 2u) || length > OTSEG_MELSEC_LENGTH_MAX)
		return OTSEG_R_PDU_LENGTH;
	have = msg_length(msg, head + OTSEG_MELSEC_AT_TIMER + length, have);
	return melsec_body(pdu, head, have, msg);
}

#endif /* OTSEG_MELSEC_H */
