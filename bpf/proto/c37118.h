/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Synchrophasors (IEEE Std C37.118.2-2011) over TCP and UDP: a PMU sends data and what
 * describes it, a PDC sends commands. Nothing pairs the two.
 *
 * Clauses are those of the standard; numbers were held against the dissector of Wireshark
 * 4.0 as well.
 */
#ifndef OTSEG_C37118_H
#define OTSEG_C37118_H

#include "crc.h"
#include "pdu.h"

/*
 * Frame types: X(ID, code, "name", access, object type, flags); 6.2, table 2.
 *
 * What a PMU sends is read; from the side that opened the conversation it is `write`, for it is
 * put into a receiver that did not ask, and acts on it. A command may ask for a description or begin the transmission:
 * `read`. To end it is `control`: where data goes to several receivers, all of them
 * lose it. An extended frame is the user's own.
 */
#define OTSEG_C37118_TELLS (OTSEG_ACCESS_READ | OTSEG_ACCESS_WRITE)
/* clang-format off */
#define OTSEG_C37118_FUNCTIONS(X) \
	X(DATA, 0, "data", OTSEG_C37118_TELLS, 0, 0) \
	X(HEADER, 1, "header", OTSEG_C37118_TELLS, 0, 0) \
	X(CONFIGURATION_1, 2, "configuration-1", OTSEG_C37118_TELLS, 0, 0) \
	X(CONFIGURATION_2, 3, "configuration-2", OTSEG_C37118_TELLS, 0, 0) \
	X(COMMAND, 4, "command", OTSEG_ACCESS_READ | OTSEG_ACCESS_CONTROL | OTSEG_ACCESS_VENDOR, 0, OTSEG_FN_SUB) \
	X(CONFIGURATION_3, 5, "configuration-3", OTSEG_C37118_TELLS, 0, 0)

/* Commands: X(ID, function, number, "name", access); 6.6, table 15. */
#define OTSEG_C37118_SUBFUNCTIONS(X) \
	X(STOP_DATA, OTSEG_C37118_FC_COMMAND, 1, "stop-data", OTSEG_ACCESS_CONTROL) \
	X(START_DATA, OTSEG_C37118_FC_COMMAND, 2, "start-data", OTSEG_ACCESS_READ) \
	X(SEND_HEADER, OTSEG_C37118_FC_COMMAND, 3, "send-header", OTSEG_ACCESS_READ) \
	X(SEND_CONFIGURATION_1, OTSEG_C37118_FC_COMMAND, 4, "send-configuration-1", OTSEG_ACCESS_READ) \
	X(SEND_CONFIGURATION_2, OTSEG_C37118_FC_COMMAND, 5, "send-configuration-2", OTSEG_ACCESS_READ) \
	X(SEND_CONFIGURATION_3, OTSEG_C37118_FC_COMMAND, 6, "send-configuration-3", OTSEG_ACCESS_READ) \
	X(EXTENDED, OTSEG_C37118_FC_COMMAND, 8, "extended-frame", OTSEG_ACCESS_VENDOR)

#define OTSEG_C37118_FIELDS(X) \
	X(VERSION, 0, "version", 15, "version of the frame: 1 is of 2005, 2 of 2011")
/* clang-format on */

#define OTSEG_C37118_OBJECTS(X)
#define OTSEG_C37118_FIELD_WORDS(X)
#define OTSEG_C37118_TEXTS(X)
#define OTSEG_C37118_EXCEPTIONS(X)
#define OTSEG_C37118_SHAPE                                                                  \
	.unit = "stream", .unit_max = 0xffff, .code_max = 5, .sub_max = 0xffff,             \
	.broadcasts = { { OTSEG_BROADCAST_ALWAYS, { 0, 0 } },                               \
			{ OTSEG_BROADCAST_ALWAYS, { OTSEG_C37118_RESERVED, OTSEG_C37118_RESERVED } } }

enum otseg_c37118_function {
#define X(id, code, name, access, object, flags) OTSEG_C37118_FC_##id = (code),
	OTSEG_C37118_FUNCTIONS(X)
#undef X
};

enum otseg_c37118_command {
#define X(id, function, number, name, access) OTSEG_C37118_CMD_##id = (number),
	OTSEG_C37118_SUBFUNCTIONS(X)
#undef X
};

enum otseg_c37118_field {
#define X(id, number, name, max, sentence) OTSEG_C37118_FIELD_##id = (number),
	OTSEG_C37118_FIELDS(X)
#undef X
};

/* CRC-CCITT (annex B), highest bit first, from 0xffff on; with its own CRC nothing is left. */
#define OTSEG_C37118_CRC(n) \
	OTSEG_CRC_ENTRY(n, 0x1021, 0x2042, 0x4084, 0x8108, 0x1231, 0x2462, 0x48c4, 0x9188)

static const u16 otseg_c37118_crc[256] = { OTSEG_CRC_TABLE(OTSEG_C37118_CRC) };

/* Offsets (6.2, table 2), and sizes: a frame's own part is at least that long. */
#define OTSEG_C37118_AT_KIND 1 /* reserved bit, type, version */
#define OTSEG_C37118_AT_SIZE 2
#define OTSEG_C37118_AT_STREAM 4 /* IDCODE */
#define OTSEG_C37118_AT_BODY 14
#define OTSEG_C37118_SYNC 0xaa
#define OTSEG_C37118_CHECKED 16 /* header and CRC */
#define OTSEG_C37118_CONFIGURATION 10 /* time base, number of PMUs, ..., data rate */
#define OTSEG_C37118_RESERVED 0xffff /* this stream and stream 0 are nobody's: 6.2 */

/* State: who opened the conversation. */
#define OTSEG_C37118_ST_ROLES 0x1u /* is known */
#define OTSEG_C37118_ST_CALLED 0x2u /* the PMU */

/* One more byte. */
OTSEG_INLINE u32 c37118_crc(u32 crc, u32 byte)
{
	return (crc << 8 & 0xff00) ^ otseg_c37118_crc[(crc >> 8 ^ byte) & 0xff];
}

/* Eight bytes a turn, which is what costs. */
OTSEG_NOINLINE u32 c37118_checksum(const u8 *buf, u32 length)
{
	u32 crc = 0xffff;
	u32 at = length & ~7u;
	u32 i, k;

	otseg_for(i, length / 8) {
		for (k = 0; k < 8; k++)
			crc = c37118_crc(crc, pdu_u8(buf, 8 * i + k));
	}
	for (k = 0; k < 7; k++) {
		if (at + k >= length)
			break;
		crc = c37118_crc(crc, pdu_u8(buf, at + k));
	}
	return crc ? OTSEG_R_PDU_CHECKSUM : OTSEG_R_NONE;
}

/* A command; its frame is @length long. */
OTSEG_INLINE u32 c37118_command(const u8 *buf, u32 have, u32 length, struct otseg_msg *msg)
{
	u32 command;

	if (have < OTSEG_C37118_AT_BODY + 2)
		return OTSEG_R_NONE;
	command = pdu_be16(buf, OTSEG_C37118_AT_BODY);
	switch (command) {
#define X(id, function, number, name, access)                            \
	case number:                                                     \
		msg_function(msg, OTSEG_C37118_FC_COMMAND, number, access); \
		break;
		OTSEG_C37118_SUBFUNCTIONS(X)
#undef X
	default:
		msg_function(msg, OTSEG_C37118_FC_COMMAND, command, OTSEG_ACCESS_VENDOR);
		msg->flags |= OTSEG_MSG_UNKNOWN;
	}
	/* only an extended frame, or one that nobody knows, has more */
	if (command && command <= OTSEG_C37118_CMD_SEND_CONFIGURATION_3 &&
	    length != OTSEG_C37118_CHECKED + 2)
		return OTSEG_R_PDU_LENGTH;
	return OTSEG_R_NONE;
}

/**
 * otseg_c37118_parse - make a message of the frame that begins at @pdu
 * @pdu: its bytes
 * @have: their number; fewer than the frame has, or more, is fine
 * @dir: enum otseg_msg_dir
 * @msg: its @state is set; filled in as far as @have shows it
 *
 * The PDC commands, the PMU sends: who is which, the first frame tells, whoever opened the
 * conversation (a PMU that sends by itself does).
 *
 * Return: OTSEG_R_NONE, or the reason why no continuation of these bytes is
 * acceptable.
 */
OTSEG_GLOBAL u32 otseg_c37118_parse(struct otseg_pdu *pdu, u32 have, u32 dir,
				    struct otseg_msg *msg)
{
	u32 kind, type, length, stream, least, is_command;
	u32 is_request = dir == OTSEG_DIR_REQUEST;
	u32 roles = OTSEG_C37118_ST_ROLES;
	u32 reason = OTSEG_R_NONE;
	const u8 *buf;

	if (!pdu || !msg)
		return OTSEG_R_INTERNAL;
	buf = pdu->bytes;
	msg_begin(msg, dir, OTSEG_SVC_C37118);
	if (have > 0 && buf[0] != OTSEG_C37118_SYNC)
		return OTSEG_R_PDU_PROTOCOL;
	if (have <= OTSEG_C37118_AT_KIND)
		return OTSEG_R_NONE;
	kind = buf[OTSEG_C37118_AT_KIND];
	type = kind >> 4;
	if (type > OTSEG_C37118_FC_CONFIGURATION_3 || (kind & 15) - 1 > 1)
		return OTSEG_R_PDU_MALFORMED;
	msg_field(msg, OTSEG_C37118_FIELD_VERSION, kind & 15);
	is_command = type == OTSEG_C37118_FC_COMMAND;
	if (is_command != is_request)
		roles |= OTSEG_C37118_ST_CALLED;
	if (msg->state & OTSEG_C37118_ST_ROLES &&
	    (msg->state ^ roles) & OTSEG_C37118_ST_CALLED)
		return OTSEG_R_PDU_DIRECTION;
	if (!is_command)
		msg_function(msg, type, 0, is_request ? OTSEG_ACCESS_WRITE : OTSEG_ACCESS_READ);
	if (have < OTSEG_C37118_AT_SIZE + 2)
		return OTSEG_R_NONE;
	length = pdu_be16(buf, OTSEG_C37118_AT_SIZE);
	least = OTSEG_C37118_CHECKED;
	if (type == OTSEG_C37118_FC_DATA || is_command)
		least += 2; /* status of a PMU at least; a command */
	else if (type != OTSEG_C37118_FC_HEADER)
		least += OTSEG_C37118_CONFIGURATION;
	if (length < least)
		return OTSEG_R_PDU_LENGTH;
	have = msg_length(msg, length, have);
	if (have < OTSEG_C37118_AT_STREAM + 2)
		return OTSEG_R_NONE;
	stream = pdu_be16(buf, OTSEG_C37118_AT_STREAM);
	msg_unit(msg, stream);
	if (!stream || stream == OTSEG_C37118_RESERVED)
		msg->flags |= OTSEG_MSG_BROADCAST;
	if (is_command)
		reason = c37118_command(buf, have, length, msg);
	if (reason || msg->flags & OTSEG_MSG_PARTIAL)
		return reason;
	if (!(msg->state & OTSEG_C37118_ST_ROLES))
		msg->state |= roles;
	if (length <= OTSEG_PDU_MAX)
		return c37118_checksum(buf, length);
	/* what a command says is in its beginning; whether it is sound, its end tells */
	return is_command ? OTSEG_R_PDU_LENGTH : OTSEG_R_NONE;
}

#define OTSEG_C37118_PARSE otseg_c37118_parse

#endif /* OTSEG_C37118_H */
