/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * EtherNet/IP implicit messages, the I/O of class 0 and 1 connections on UDP port 2222:
 * from the bytes of one datagram to a struct otseg_msg.
 *
 * Vol 2 of The CIP Networks Library, 2-6 and 3-2: a sequenced address and connected
 * data, and no header. What the data means only the Forward Open has said that opened
 * the connection (enip.h); that it passed is the engine's to know.
 */
#ifndef OTSEG_ENIP_IO_H
#define OTSEG_ENIP_IO_H

#include "pdu.h"

/*
 * Which of the two is the originator, and with it whether the data are outputs or inputs,
 * a datagram does not tell: it is taken for outputs.
 */
/* clang-format off */
#define OTSEG_ENIP_IO_FUNCTIONS(X) \
	X(DATA, 1, "io-data", OTSEG_ACCESS_WRITE, 0, 0)
#define OTSEG_ENIP_IO_FIELDS(X) \
	X(CONNECTION, 0, "connection-id", 0xffffffff, "connection that the data are of") \
	X(SIZE, 1, "size", 0xffff, "bytes of data, sequence count and run/idle header included")
/* clang-format on */
#define OTSEG_ENIP_IO_SUBFUNCTIONS(X)
#define OTSEG_ENIP_IO_OBJECTS(X)
#define OTSEG_ENIP_IO_FIELD_WORDS(X)
#define OTSEG_ENIP_IO_TEXTS(X)
#define OTSEG_ENIP_IO_EXCEPTIONS(X)
#define OTSEG_ENIP_IO_SHAPE .code_max = 1
#define OTSEG_ENIP_IO_PARSE otseg_enip_io_parse

enum otseg_enip_io_function {
#define X(id, code, name, access, object, flags) OTSEG_ENIP_IO_FC_##id = (code),
	OTSEG_ENIP_IO_FUNCTIONS(X)
#undef X
};

enum otseg_enip_io_field {
#define X(id, number, name, max, sentence) OTSEG_ENIP_IO_FIELD_##id = (number),
	OTSEG_ENIP_IO_FIELDS(X)
#undef X
};

#define ENIP_IO_AT_CONNECTION 6 /* 4 bytes, and 4 of a sequence number */
#define ENIP_IO_AT_ITEM 14 /* 2 bytes: connected data */
#define ENIP_IO_AT_LENGTH 16 /* 2 bytes */
#define ENIP_IO_AT_DATA 18
/* Before the connection: two items, the first one a sequenced address, 0x8002, of 8 bytes. */
#define ENIP_IO_HEAD 0x000880020002ull
#define ENIP_IO_ITEM 0x00b1

/**
 * otseg_enip_io_parse - make a message of the I/O datagram that begins at @pdu
 * @pdu: its bytes
 * @have: their number
 * @dir: enum otseg_msg_dir: both sides send alike
 * @msg: filled in as far as @have shows it
 *
 * Return: OTSEG_R_NONE, or the reason why no continuation of these bytes is acceptable.
 */
OTSEG_GLOBAL u32 otseg_enip_io_parse(struct otseg_pdu *pdu, u32 have, u32 dir,
				     struct otseg_msg *msg)
{
	const u8 *buf;
	u32 i;

	if (!pdu || !msg)
		return OTSEG_R_INTERNAL;
	buf = pdu->bytes;
	msg_begin(msg, dir, OTSEG_SVC_ENIP_IO);
	msg_function(msg, OTSEG_ENIP_IO_FC_DATA, 0, OTSEG_ACCESS_WRITE);
	msg->flags |= OTSEG_MSG_OPAQUE_VALUES;
	for (i = 0; i < ENIP_IO_AT_CONNECTION; i++)
		if (have > i && buf[i] != (u8)(ENIP_IO_HEAD >> 8 * i))
			return OTSEG_R_PDU_PROTOCOL;
	for (i = 0; i < 2; i++)
		if (have > ENIP_IO_AT_ITEM + i &&
		    buf[ENIP_IO_AT_ITEM + i] != (u8)(ENIP_IO_ITEM >> 8 * i))
			return OTSEG_R_PDU_PROTOCOL;
	msg->memory = OTSEG_MEMORY_NEED;
	if (have >= ENIP_IO_AT_CONNECTION + 4) {
		msg->keep[0] = pdu_le32(buf, ENIP_IO_AT_CONNECTION);
		msg_field(msg, OTSEG_ENIP_IO_FIELD_CONNECTION, msg->keep[0]);
	}
	if (have < ENIP_IO_AT_DATA)
		return OTSEG_R_NONE;
	msg_field(msg, OTSEG_ENIP_IO_FIELD_SIZE, pdu_le16(buf, ENIP_IO_AT_LENGTH));
	msg_length(msg, ENIP_IO_AT_DATA + pdu_le16(buf, ENIP_IO_AT_LENGTH), have);
	return OTSEG_R_NONE;
}

#endif /* OTSEG_ENIP_IO_H */
