/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * PROFINET's context management: connecting to devices, and records read and written, by DCE/RPC
 * without connection, on UDP. Bytes of one datagram in, message out; each record that a multiple
 * write carries is a message.
 *
 * "C706" is the Open Group's DCE 1.1: RPC, the header is in its clause 12.5; "6-10" is IEC
 * 61158-6-10. Offsets and numbers are cross-checked with Wireshark's dissectors dcerpc and pn_io.
 */
#ifndef OTSEG_PROFINET_CM_H
#define OTSEG_PROFINET_CM_H

#include "pdu.h"

/* clang-format off */
#define OTSEG_PROFINET_CM_OBJECTS(X) \
	X(RECORD, 1, "record", 0xffff, 0, "record that is read or written, by its index")
/* clang-format on */

enum otseg_profinet_cm_object {
	OTSEG_PROFINET_CM_OBJ_NONE,
#define X(id, number, name, max, flags, sentence) OTSEG_PROFINET_CM_OBJ_##id = (number),
	OTSEG_PROFINET_CM_OBJECTS(X)
#undef X
};

/*
 * Functions: operations of PROFINET's interfaces by their numbers (6-10, "RPCOperationNmb"), which
 * are the same for devices and controllers; those of the endpoint mapper (C706, appendix O) from
 * 256 on. Devices answer from another port than the one asked, so that an answer may be a
 * conversation of its own: 128 more. What keeps a call alive (C706, 12.6) from 512 on, by the type
 * of its PDU; so do all fragments of an answer but the last.
 *
 * Connecting, releasing and the commands between decide about a device's outputs: `control`. A
 * record is a parameter of a module: writing it is `write` and `program`. So is a read that has other
 * blocks than a query (6-10, "RecordDataReadQuery"): they have a device reserve streams, or are not known.
 */
#define OTSEG_PROFINET_CM_WRITES (OTSEG_ACCESS_WRITE | OTSEG_ACCESS_PROGRAM)
/* clang-format off */
#define OTSEG_PROFINET_CM_OPERATIONS(X, name, number, suffix, more)                            \
	X(CONNECT##name, 0 + (number), "connect" suffix, OTSEG_ACCESS_CONTROL, 0, 0)               \
	X(RELEASE##name, 1 + (number), "release" suffix, OTSEG_ACCESS_CONTROL, 0, 0)               \
	X(READ##name, 2 + (number), "read" suffix, OTSEG_ACCESS_READ | (more), OTSEG_PROFINET_CM_OBJ_RECORD, 0) \
	X(WRITE##name, 3 + (number), "write" suffix, OTSEG_PROFINET_CM_WRITES, OTSEG_PROFINET_CM_OBJ_RECORD, 0) \
	X(CONTROL##name, 4 + (number), "control" suffix, OTSEG_ACCESS_CONTROL, 0, 0)               \
	X(READ_IMPLICIT##name, 5 + (number), "read-implicit" suffix, OTSEG_ACCESS_READ | (more), \
		OTSEG_PROFINET_CM_OBJ_RECORD, 0)
#define OTSEG_PROFINET_CM_ENDPOINTS(X, name, number, suffix)                                   \
	X(EPT_INSERT##name, 0 + (number), "ept-insert" suffix, OTSEG_ACCESS_CONTROL | OTSEG_ACCESS_PROGRAM, 0, 0) \
	X(EPT_DELETE##name, 1 + (number), "ept-delete" suffix, OTSEG_ACCESS_CONTROL | OTSEG_ACCESS_PROGRAM, 0, 0) \
	X(EPT_LOOKUP##name, 2 + (number), "ept-lookup" suffix, OTSEG_ACCESS_READ, 0, 0)            \
	X(EPT_MAP##name, 3 + (number), "ept-map" suffix, OTSEG_ACCESS_READ, 0, 0)                  \
	X(EPT_FREE##name, 4 + (number), "ept-lookup-handle-free" suffix, OTSEG_ACCESS_READ, 0, 0)  \
	X(EPT_INQUIRE##name, 5 + (number), "ept-inq-object" suffix, OTSEG_ACCESS_READ, 0, 0)       \
	X(EPT_MGMT_DELETE##name, 6 + (number), "ept-mgmt-delete" suffix, \
		OTSEG_ACCESS_CONTROL | OTSEG_ACCESS_PROGRAM, 0, 0)
#define OTSEG_PROFINET_CM_CALLS(X)                                                             \
	X(PING, 513, "ping", OTSEG_ACCESS_SESSION, 0, 0)                                           \
	X(RESPONSE_FRAGMENT, 514, "response-fragment", OTSEG_ACCESS_SESSION, 0, 0)                 \
	X(WORKING, 516, "working", OTSEG_ACCESS_SESSION, 0, 0)                                     \
	X(NOCALL, 517, "nocall", OTSEG_ACCESS_SESSION, 0, 0)                                       \
	X(ACK, 519, "ack", OTSEG_ACCESS_SESSION, 0, 0)                                             \
	X(CANCEL, 520, "cancel", OTSEG_ACCESS_SESSION, 0, 0)                                       \
	X(FACK, 521, "fack", OTSEG_ACCESS_SESSION, 0, 0)                                           \
	X(CANCEL_ACK, 522, "cancel-ack", OTSEG_ACCESS_SESSION, 0, 0)
/* clang-format on */
#define OTSEG_PROFINET_CM_FUNCTIONS(X)                                        \
	OTSEG_PROFINET_CM_OPERATIONS(X, , 0, "", OTSEG_PROFINET_CM_WRITES)    \
	OTSEG_PROFINET_CM_OPERATIONS(X, _RESPONSE, 128, "-response", 0)       \
	OTSEG_PROFINET_CM_ENDPOINTS(X, , 256, "")                             \
	OTSEG_PROFINET_CM_ENDPOINTS(X, _RESPONSE, 384, "-response")           \
	OTSEG_PROFINET_CM_CALLS(X)

enum otseg_profinet_cm_function {
#define X(id, code, name, access, object, flags) OTSEG_PROFINET_CM_FC_##id = (code),
	OTSEG_PROFINET_CM_FUNCTIONS(X)
#undef X
};

#define OTSEG_PROFINET_CM_AS_ANSWER 128
#define OTSEG_PROFINET_CM_AS_ENDPOINT 256
#define OTSEG_PROFINET_CM_AS_CALL 512

#define OTSEG_PROFINET_CM_SUBFUNCTIONS(X)

/* clang-format off */
#define OTSEG_PROFINET_CM_FIELDS(X)                                                            \
	X(INTERFACE, 0, "interface", 5, "whose operation it is")                                   \
	X(API, 1, "api", 0xffffffff, "application process of the record")                          \
	X(SLOT, 2, "slot", 0xffff, "slot of the record")                                           \
	X(SUBSLOT, 3, "subslot", 0xffff, "subslot of the record")                                  \
	X(AR_TYPE, 4, "ar-type", 0xffff, "type of the relation that a connect asks for")           \
	X(COMMAND, 5, "control-command", 0xffff, "command of a control or release, a bit each")    \
	X(DEVICE, 6, "device-id", 0xffff, "device that the call is for, of its vendor's numbers")  \
	X(VENDOR, 7, "vendor-id", 0xffff, "vendor of the device")                                  \
	X(FRAGMENT, 8, "fragment", 0xffff, "number of the fragment of a call that does not fit a datagram")
/* clang-format on */

enum otseg_profinet_cm_field {
#define X(id, number, name, max, sentence) OTSEG_PROFINET_CM_FIELD_##id = (number),
	OTSEG_PROFINET_CM_FIELDS(X)
#undef X
};

/* clang-format off */
#define OTSEG_PROFINET_CM_FIELD_WORDS(X)                                                       \
	X(OTSEG_PROFINET_CM_FIELD_INTERFACE, 0, "endpoint-mapper")                                 \
	X(OTSEG_PROFINET_CM_FIELD_INTERFACE, 1, "device")                                          \
	X(OTSEG_PROFINET_CM_FIELD_INTERFACE, 2, "controller")                                      \
	X(OTSEG_PROFINET_CM_FIELD_INTERFACE, 3, "supervisor")                                      \
	X(OTSEG_PROFINET_CM_FIELD_INTERFACE, 4, "parameter-server")                                \
	X(OTSEG_PROFINET_CM_FIELD_INTERFACE, 5, "implicit-ar")                                     \
	X(OTSEG_PROFINET_CM_FIELD_AR_TYPE, 1, "controller")                                        \
	X(OTSEG_PROFINET_CM_FIELD_AR_TYPE, 6, "supervisor")                                        \
	X(OTSEG_PROFINET_CM_FIELD_AR_TYPE, 0x10, "controller-rt-class-3")                          \
	X(OTSEG_PROFINET_CM_FIELD_AR_TYPE, 0x20, "system-redundancy")                              \
	X(OTSEG_PROFINET_CM_FIELD_COMMAND, 1, "parameters-end")                                    \
	X(OTSEG_PROFINET_CM_FIELD_COMMAND, 2, "application-ready")                                 \
	X(OTSEG_PROFINET_CM_FIELD_COMMAND, 4, "release")                                           \
	X(OTSEG_PROFINET_CM_FIELD_COMMAND, 8, "done")                                              \
	X(OTSEG_PROFINET_CM_FIELD_COMMAND, 16, "ready-for-companion")                              \
	X(OTSEG_PROFINET_CM_FIELD_COMMAND, 32, "ready-for-rt-class-3")                             \
	X(OTSEG_PROFINET_CM_FIELD_COMMAND, 64, "parameters-begin")
/* clang-format on */

#define OTSEG_PROFINET_CM_TEXTS(X) X(STATION, 0, "station-name", "name of the station that connects")
#define OTSEG_PROFINET_CM_TEXT_STATION 0

/* ErrorCode1 of a record's access (6-10, "PNIOStatus"). */
/* clang-format off */
#define OTSEG_PROFINET_CM_EXCEPTIONS(X)                    \
	X(READ_ERROR, 0xa0, "read-error")                      \
	X(WRITE_ERROR, 0xa1, "write-error")                    \
	X(MODULE_FAILURE, 0xa2, "module-failure")              \
	X(BUSY, 0xa7, "busy")                                  \
	X(VERSION, 0xa8, "version-conflict")                   \
	X(UNSUPPORTED, 0xa9, "feature-not-supported")          \
	X(INVALID_INDEX, 0xb0, "invalid-index")                \
	X(WRITE_LENGTH, 0xb1, "write-length-error")            \
	X(INVALID_SLOT, 0xb2, "invalid-slot-subslot")          \
	X(TYPE_CONFLICT, 0xb3, "type-conflict")                \
	X(INVALID_AREA, 0xb4, "invalid-area-api")              \
	X(STATE_CONFLICT, 0xb5, "state-conflict")              \
	X(ACCESS_DENIED, 0xb6, "access-denied")                \
	X(INVALID_RANGE, 0xb7, "invalid-range")                \
	X(INVALID_PARAMETER, 0xb8, "invalid-parameter")        \
	X(INVALID_TYPE, 0xb9, "invalid-type")                  \
	X(BACKUP, 0xba, "backup")                              \
	X(READ_CONSTRAIN, 0xc0, "read-constrain-conflict")     \
	X(WRITE_CONSTRAIN, 0xc1, "write-constrain-conflict")   \
	X(RESOURCE_BUSY, 0xc2, "resource-busy")                \
	X(RESOURCE, 0xc3, "resource-unavailable")
/* clang-format on */

#define OTSEG_PROFINET_CM_SHAPE .code_max = 0x2ff

/* Header (C706, 12.5.2). Numbers are in the sender's byte order, which the representation tells. */
#define OTSEG_CM_VERSION 4
#define OTSEG_CM_AT_TYPE 1
#define OTSEG_CM_AT_FLAGS 2
#define OTSEG_CM_AT_DREP 4
#define OTSEG_CM_AT_OBJECT 8
#define OTSEG_CM_AT_INTERFACE 24
#define OTSEG_CM_AT_ACTIVITY 40
#define OTSEG_CM_AT_IF_VERSION 60
#define OTSEG_CM_AT_SEQUENCE 64
#define OTSEG_CM_AT_OPERATION 68
#define OTSEG_CM_AT_LENGTH 74
#define OTSEG_CM_AT_FRAGMENT 76
#define OTSEG_CM_AT_AUTH 78
#define OTSEG_CM_HEADER 80

#define OTSEG_CM_REQUEST 0
#define OTSEG_CM_RESPONSE 2
#define OTSEG_CM_FAULT 3
#define OTSEG_CM_REJECT 6
#define OTSEG_CM_CALLS 0x7b2u /* the other types, a bit each */

#define OTSEG_CM_LAST 0x02
#define OTSEG_CM_FRAGMENTED 0x04
#define OTSEG_CM_BROADCAST 0x40

/* What begins the data: maximum or status, length, and an array's maximum, offset and count. */
#define OTSEG_CM_AT_ARGS (OTSEG_CM_HEADER + 4)
#define OTSEG_CM_AT_BLOCK (OTSEG_CM_HEADER + 20)

/* Blocks (6-10): type, length and version, big-endian; the head of a record has 64 bytes. */
#define OTSEG_CM_BLOCK_AR 0x0101
#define OTSEG_CM_BLOCK_WRITE 0x0008
#define OTSEG_CM_BLOCK_READ 0x0009
#define OTSEG_CM_BLOCK_CONTROL 0x0110 /* to 0x011f: commands and release */
#define OTSEG_CM_BLOCK_QUERY 0x0500 /* what of a record is read */
#define OTSEG_CM_RECORD 64
#define OTSEG_CM_RECORD_LENGTH 0x3c
#define OTSEG_CM_MULTIPLE 0xe040 /* index of a record that holds others */
#define OTSEG_CM_COMBINED 0x80b0 /* the same (6-10, "CombinedObjectContainer"), each with an address of its own */
#define OTSEG_CM_RECORDS 32
#define OTSEG_CM_BLOCKS 128
#define OTSEG_CM_STATION_MOST 240

#define OTSEG_CM_MOST 1472 /* a datagram that is not fragmented by IP */

#define OTSEG_CM_INTERFACES 5

OTSEG_INLINE u32 cm16(const u8 *buf, u32 off, u32 is_little)
{
	return is_little ? pdu_le16(buf, off) : pdu_be16(buf, off);
}

OTSEG_INLINE u32 cm32(const u8 *buf, u32 off, u32 is_little)
{
	return is_little ? pdu_le32(buf, off) : pdu_be32(buf, off);
}

/* Classes of a function; 0: unknown. */
OTSEG_INLINE u32 cm_access(u32 code)
{
	switch (code) {
#define X(id, code, name, access, object, flags) \
	case code:                               \
		return (access);
		OTSEG_PROFINET_CM_FUNCTIONS(X)
#undef X
	}
	return 0;
}

/* Whose interface the UUID at @off is; above OTSEG_CM_INTERFACES: nobody's. */
OTSEG_INLINE u32 cm_interface(const u8 *buf, u32 is_little)
{
	u32 first = cm32(buf, OTSEG_CM_AT_INTERFACE, is_little);
	u32 second = cm16(buf, OTSEG_CM_AT_INTERFACE + 4, is_little) << 16 |
		     cm16(buf, OTSEG_CM_AT_INTERFACE + 6, is_little);
	u32 third = pdu_be32(buf, OTSEG_CM_AT_INTERFACE + 8);
	u32 fourth = pdu_be32(buf, OTSEG_CM_AT_INTERFACE + 12);

	/* dea0000N-6c97-11d1-8271-00a02442df7d */
	if (second == 0x6c9711d1 && third == 0x827100a0 && fourth == 0x2442df7d &&
	    first - 0xdea00001 < OTSEG_CM_INTERFACES)
		return first - 0xdea00000;
	/* e1af8308-5d1f-11c9-91a4-08002b14a0fa */
	if (first == 0xe1af8308 && second == 0x5d1f11c9 && third == 0x91a40800 &&
	    fourth == 0x2b14a0fa)
		return 0;
	return OTSEG_CM_INTERFACES + 1;
}

/* What pairs a call with its answer (C706, 9.5.3): activity and number, whoever's byte order. */
OTSEG_INLINE u32 cm_id(const u8 *buf, u32 is_little)
{
	u32 id = cm32(buf, OTSEG_CM_AT_ACTIVITY, is_little) * 0x9e3779b1;

	id ^= cm16(buf, OTSEG_CM_AT_ACTIVITY + 4, is_little) << 16 |
	      cm16(buf, OTSEG_CM_AT_ACTIVITY + 6, is_little);
	id = (id ^ pdu_be32(buf, OTSEG_CM_AT_ACTIVITY + 8)) * 0x85ebca6b;
	id = (id ^ pdu_be32(buf, OTSEG_CM_AT_ACTIVITY + 12)) * 0xc2b2ae35;
	id ^= id >> 15;
	id = (id ^ cm32(buf, OTSEG_CM_AT_SEQUENCE, is_little)) * 0x27d4eb2f;
	return (id >> 16) ^ (id & 0xffff);
}

/* The head of a record at @at, which is at hand: who and what is read or written. */
OTSEG_INLINE void cm_record(const u8 *buf, u32 at, struct otseg_msg *msg)
{
	u32 index = pdu_be16(buf, at + 34);

	msg_object(msg, OTSEG_PROFINET_CM_OBJ_RECORD, msg->access, index, index, 0);
	/* what it holds is not looked at: no rule that names a record or where it is covers it */
	if (index == OTSEG_CM_COMBINED && msg->access & OTSEG_ACCESS_WRITE) {
		msg->flags |= OTSEG_MSG_OPAQUE_OBJECTS;
		return;
	}
	msg_field(msg, OTSEG_PROFINET_CM_FIELD_API, pdu_be32(buf, at + 24));
	msg_field(msg, OTSEG_PROFINET_CM_FIELD_SLOT, pdu_be16(buf, at + 28));
	msg_field(msg, OTSEG_PROFINET_CM_FIELD_SUBSLOT, pdu_be16(buf, at + 30));
}

/* The read does more than that: the record's own access as well. */
OTSEG_INLINE void cm_is_no_read(struct otseg_msg *msg)
{
	msg->access |= OTSEG_PROFINET_CM_WRITES;
	msg->objects[0].access = msg->access;
	msg->flags |= OTSEG_MSG_OPAQUE_OBJECTS | OTSEG_MSG_OPAQUE_VALUES;
}

/**
 * otseg_profinet_cm_write - find the record of a write that is asked for
 * @pdu: the datagram
 * @have: bytes of it at hand
 * @limit: offset after the last record
 * @msg: the message
 *
 * One record, or one that holds others, which are padded to four bytes.
 *
 * Return: OTSEG_R_NONE, or why it is not acceptable.
 */
OTSEG_GLOBAL u32 otseg_profinet_cm_write(struct otseg_pdu *pdu, u32 have, u32 limit,
					 struct otseg_msg *msg)
{
	const u8 *buf;
	u32 i;

	if (!pdu || !msg)
		return OTSEG_R_INTERNAL;
	buf = pdu->bytes;
	msg->flags |= OTSEG_MSG_OPAQUE_VALUES;
	otseg_write(msg->objects[OTSEG_MSG_OBJECTS - 1].first, OTSEG_CM_AT_BLOCK);
	otseg_for(i, OTSEG_CM_RECORDS + 1) {
		u32 at = otseg_read(msg->objects[OTSEG_MSG_OBJECTS - 1].first);
		u32 is_multiple;
		u32 next;
		u32 len;

		if (at + OTSEG_CM_RECORD > limit)
			return OTSEG_R_PDU_LENGTH;
		if (at + OTSEG_CM_RECORD > have)
			return have == OTSEG_PDU_MAX ? OTSEG_R_PDU_NESTING : OTSEG_R_NONE;
		if (pdu_be16(buf, at) != OTSEG_CM_BLOCK_WRITE ||
		    pdu_be16(buf, at + 2) != OTSEG_CM_RECORD_LENGTH)
			return OTSEG_R_PDU_MALFORMED;
		len = pdu_be32(buf, at + 36);
		if (len > limit - at - OTSEG_CM_RECORD)
			return OTSEG_R_PDU_LENGTH;
		is_multiple = pdu_be16(buf, at + 34) == OTSEG_CM_MULTIPLE;
		/* records are held once */
		if (i && is_multiple)
			return OTSEG_R_PDU_NESTING;
		next = at + OTSEG_CM_RECORD + len;
		if (!i) {
			/* the outermost fills the call */
			if (next != limit)
				return OTSEG_R_PDU_LENGTH;
			if (!is_multiple) {
				if (msg->part)
					return OTSEG_R_INTERNAL;
				cm_record(buf, at, msg);
				return OTSEG_R_NONE;
			}
			next = at + OTSEG_CM_RECORD;
		} else {
			next = (next + 3) & ~3u;
			if (i - 1 == msg->part) {
				cm_record(buf, at, msg);
				if (next < limit)
					msg->flags |= OTSEG_MSG_MORE;
			}
			/* the last one need not be padded */
			if (next >= limit)
				return next - limit < 4 ? OTSEG_R_NONE : OTSEG_R_PDU_LENGTH;
		}
		otseg_write(msg->objects[OTSEG_MSG_OBJECTS - 1].first, next);
	}
	return OTSEG_R_PDU_NESTING;
}

/**
 * otseg_profinet_cm_blocks - go through the blocks of a call
 * @pdu: the datagram
 * @have: bytes of it at hand
 * @off: offset of the first one
 * @limit: offset after the last one
 * @msg: the message, used for bookkeeping; of a read, those that it may have are a query
 *
 * Return: OTSEG_R_NONE, or why they do not fill the call.
 */
OTSEG_GLOBAL u32 otseg_profinet_cm_blocks(struct otseg_pdu *pdu, u32 have, u32 off, u32 limit,
					  struct otseg_msg *msg)
{
	u32 is_read, i;

	if (!pdu || !msg)
		return OTSEG_R_INTERNAL;
	is_read = msg->access & OTSEG_ACCESS_READ;
	otseg_write(msg->objects[OTSEG_MSG_OBJECTS - 1].first, off);
	otseg_for(i, OTSEG_CM_BLOCKS) {
		u32 at = otseg_read(msg->objects[OTSEG_MSG_OBJECTS - 1].first);

		if (at >= limit)
			return at == limit ? OTSEG_R_NONE : OTSEG_R_PDU_LENGTH;
		if (at + 6 > limit)
			return OTSEG_R_PDU_LENGTH;
		if (is_read && (at + 4 > have ? have == OTSEG_PDU_MAX :
						pdu_be16(pdu->bytes, at) != OTSEG_CM_BLOCK_QUERY))
			cm_is_no_read(msg);
		if (at + 4 > have)
			return OTSEG_R_NONE;
		/* the version belongs to what the length counts */
		if (pdu_be16(pdu->bytes, at + 2) < 2)
			return OTSEG_R_PDU_MALFORMED;
		otseg_write(msg->objects[OTSEG_MSG_OBJECTS - 1].first,
			    at + 4 + pdu_be16(pdu->bytes, at + 2));
	}
	return OTSEG_R_PDU_NESTING;
}

/* The arguments of a call of which there is one fragment. @limit: offset after them. */
OTSEG_INLINE u32 cm_arguments(struct otseg_pdu *pdu, u32 have, u32 operation, u32 limit,
			      struct otseg_msg *msg)
{
	const u8 *buf = pdu->bytes;
	u32 at = OTSEG_CM_AT_BLOCK;
	u32 type;
	u32 len;

	if (operation == OTSEG_PROFINET_CM_FC_WRITE)
		return otseg_profinet_cm_write(pdu, have, limit, msg);
	if (at + 6 > limit)
		return OTSEG_R_PDU_LENGTH;
	if (at + 2 > have)
		return OTSEG_R_NONE;
	type = pdu_be16(buf, at);
	switch (operation) {
	case OTSEG_PROFINET_CM_FC_READ:
	case OTSEG_PROFINET_CM_FC_READ_IMPLICIT:
		if (type != OTSEG_CM_BLOCK_READ)
			return OTSEG_R_PDU_MALFORMED;
		if (at + OTSEG_CM_RECORD > limit)
			return OTSEG_R_PDU_LENGTH;
		if (at + OTSEG_CM_RECORD > have)
			return OTSEG_R_NONE;
		if (pdu_be16(buf, at + 2) != OTSEG_CM_RECORD_LENGTH)
			return OTSEG_R_PDU_MALFORMED;
		cm_record(buf, at, msg);
		at += OTSEG_CM_RECORD;
		break;
	case OTSEG_PROFINET_CM_FC_CONNECT:
		if (type != OTSEG_CM_BLOCK_AR)
			return OTSEG_R_PDU_MALFORMED;
		/* header, type, UUID, key, MAC, object, properties, timeout, port, name */
		if (at + 58 > limit)
			return OTSEG_R_PDU_LENGTH;
		if (at + 58 > have)
			return OTSEG_R_NONE;
		len = pdu_be16(buf, at + 56);
		if (len > OTSEG_CM_STATION_MOST)
			return OTSEG_R_PDU_MALFORMED;
		if (pdu_be16(buf, at + 2) != 54 + len)
			return OTSEG_R_PDU_LENGTH;
		msg_field(msg, OTSEG_PROFINET_CM_FIELD_AR_TYPE, pdu_be16(buf, at + 6));
		if (at + 58 + len <= have)
			msg_text(msg, OTSEG_PROFINET_CM_TEXT_STATION, at + 58, len);
		break;
	default:
		if ((type & ~15u) != OTSEG_CM_BLOCK_CONTROL)
			return OTSEG_R_PDU_MALFORMED;
		/* header, reserved, UUID, key, alarm number, command, properties */
		if (at + 32 > limit)
			return OTSEG_R_PDU_LENGTH;
		if (at + 32 > have)
			return OTSEG_R_NONE;
		msg_field(msg, OTSEG_PROFINET_CM_FIELD_COMMAND, pdu_be16(buf, at + 28));
	}
	return otseg_profinet_cm_blocks(pdu, have, at, limit, msg);
}

/* The head of the data, of a first fragment or the only one. */
OTSEG_INLINE u32 cm_head(const u8 *buf, u32 have, u32 length, u32 is_whole, u32 is_little)
{
	u32 args;

	if (length < OTSEG_CM_AT_BLOCK)
		return OTSEG_R_PDU_LENGTH;
	if (have < OTSEG_CM_AT_BLOCK)
		return OTSEG_R_NONE;
	args = cm32(buf, OTSEG_CM_AT_ARGS, is_little);
	if (is_whole ? args != length - OTSEG_CM_AT_BLOCK : args < length - OTSEG_CM_AT_BLOCK)
		return OTSEG_R_PDU_LENGTH;
	/* an array that begins at its beginning, and is as long */
	if (cm32(buf, OTSEG_CM_AT_ARGS + 8, is_little) ||
	    cm32(buf, OTSEG_CM_AT_ARGS + 12, is_little) != args ||
	    cm32(buf, OTSEG_CM_AT_ARGS + 4, is_little) < args)
		return OTSEG_R_PDU_MALFORMED;
	return OTSEG_R_NONE;
}

/* The bytes of the header that have to be what they are, at the first that is not. */
OTSEG_INLINE u32 cm_header(const u8 *buf, u32 have)
{
	if (have && buf[0] != OTSEG_CM_VERSION)
		return OTSEG_R_PDU_PROTOCOL;
	if (have > OTSEG_CM_AT_TYPE && buf[OTSEG_CM_AT_TYPE] > 10)
		return OTSEG_R_PDU_PROTOCOL;
	if (have > OTSEG_CM_AT_FLAGS && buf[OTSEG_CM_AT_FLAGS] & OTSEG_CM_BROADCAST)
		return OTSEG_R_PDU_MALFORMED;
	/* integers of either order, ASCII, IEEE floating point */
	if (have > OTSEG_CM_AT_DREP && buf[OTSEG_CM_AT_DREP] & ~0x10)
		return OTSEG_R_PDU_MALFORMED;
	if (have >= OTSEG_CM_AT_DREP + 3 && pdu_be16(buf, OTSEG_CM_AT_DREP + 1))
		return OTSEG_R_PDU_MALFORMED;
	/* PROFINET has no authentication */
	if (have > OTSEG_CM_AT_AUTH && buf[OTSEG_CM_AT_AUTH])
		return OTSEG_R_PDU_MALFORMED;
	return OTSEG_R_NONE;
}

/**
 * otseg_profinet_cm_parse - make a message of the datagram that begins at @pdu
 * @pdu: its bytes
 * @have: their number
 * @dir: enum otseg_msg_dir; a device calls its controller, too, and answers may be a
 *	conversation of their own
 * @msg: filled in as far as @have shows it
 *
 * Return: OTSEG_R_NONE, or the reason why no continuation of these bytes is acceptable.
 */
OTSEG_GLOBAL u32 otseg_profinet_cm_parse(struct otseg_pdu *pdu, u32 have, u32 dir,
					 struct otseg_msg *msg)
{
	const u8 *buf;
	u32 operation;
	u32 is_little;
	u32 is_whole;
	u32 is_last;
	u32 access;
	u32 length;
	u32 status;
	u32 reason;
	u32 whose;
	u32 type;
	u32 code;

	if (!pdu || !msg)
		return OTSEG_R_INTERNAL;
	buf = pdu->bytes;
	msg_begin(msg, dir, OTSEG_SVC_PROFINET_CM);
	reason = cm_header(buf, have);
	if (reason || have < OTSEG_CM_HEADER)
		return reason;
	is_little = buf[OTSEG_CM_AT_DREP] >> 4;
	type = buf[OTSEG_CM_AT_TYPE];
	is_whole = !(buf[OTSEG_CM_AT_FLAGS] & OTSEG_CM_FRAGMENTED);
	is_last = is_whole || buf[OTSEG_CM_AT_FLAGS] & OTSEG_CM_LAST;
	length = OTSEG_CM_HEADER + cm16(buf, OTSEG_CM_AT_LENGTH, is_little);
	if (length > OTSEG_CM_MOST)
		return OTSEG_R_PDU_LENGTH;
	have = msg_length(msg, length, have);
	whose = cm_interface(buf, is_little);
	if (whose > OTSEG_CM_INTERFACES)
		return OTSEG_R_PDU_PROTOCOL;
	operation = cm16(buf, OTSEG_CM_AT_OPERATION, is_little);
	if (operation >= OTSEG_PROFINET_CM_AS_ANSWER ||
	    cm32(buf, OTSEG_CM_AT_IF_VERSION, is_little) != (whose ? 1u : 3u))
		return OTSEG_R_PDU_MALFORMED;
	msg->id = (u16)cm_id(buf, is_little);
	msg_field(msg, OTSEG_PROFINET_CM_FIELD_INTERFACE, whose);
	if (whose) { /* the object: dea00000-6c97-11d1-8271, instance, device, vendor */
		msg_field(msg, OTSEG_PROFINET_CM_FIELD_DEVICE, pdu_be16(buf, OTSEG_CM_AT_OBJECT + 12));
		msg_field(msg, OTSEG_PROFINET_CM_FIELD_VENDOR, pdu_be16(buf, OTSEG_CM_AT_OBJECT + 14));
	}
	if (OTSEG_CM_CALLS >> type & 1) {
		msg_function(msg, OTSEG_PROFINET_CM_AS_CALL | type, 0, OTSEG_ACCESS_SESSION);
		return OTSEG_R_NONE;
	}
	code = operation + (whose ? 0 : OTSEG_PROFINET_CM_AS_ENDPOINT);
	status = cm16(buf, OTSEG_CM_AT_FRAGMENT, is_little);
	if (!is_whole)
		msg_field(msg, OTSEG_PROFINET_CM_FIELD_FRAGMENT, status);
	if (is_whole && status)
		return OTSEG_R_PDU_MALFORMED;
	if (type == OTSEG_CM_REQUEST) {
		/* answers look for the last fragment; a call of the answering side is not answered here */
		if (dir == OTSEG_DIR_REQUEST && is_last && !msg->part)
			msg->kind = OTSEG_KIND_REQUEST;
	} else if (dir == OTSEG_DIR_REQUEST) {
		code += OTSEG_PROFINET_CM_AS_ANSWER;
	} else if (is_last) {
		msg->kind = OTSEG_KIND_ANSWER;
	} else {
		/* of no use to who receives it without the last one, which somebody must have asked for */
		code = OTSEG_PROFINET_CM_FC_RESPONSE_FRAGMENT;
	}
	access = cm_access(code);
	/* of a call, the blocks decide: of one in fragments they do not show */
	if (access & OTSEG_ACCESS_READ && (is_whole || type != OTSEG_CM_REQUEST))
		access = OTSEG_ACCESS_READ;
	msg_function(msg, code, 0, access ? access : OTSEG_ACCESS_VENDOR);
	if (!access)
		msg->flags |= OTSEG_MSG_UNKNOWN;
	if (type == OTSEG_CM_FAULT || type == OTSEG_CM_REJECT) {
		msg->flags |= OTSEG_MSG_EXCEPTION;
		return length == OTSEG_CM_HEADER + 4 ? OTSEG_R_NONE : OTSEG_R_PDU_LENGTH;
	}
	if (!is_whole)
		msg->flags |= OTSEG_MSG_OPAQUE_OBJECTS;
	if (!whose || !access || (!is_whole && status))
		return OTSEG_R_NONE;
	reason = cm_head(buf, have, length, is_whole, is_little);
	if (reason || have < OTSEG_CM_AT_BLOCK)
		return reason;
	if (type != OTSEG_CM_REQUEST) {
		status = cm32(buf, OTSEG_CM_HEADER, is_little);
		if (status) {
			msg->flags |= OTSEG_MSG_EXCEPTION;
			msg->exception = (u8)(status >> 8);
		}
		return OTSEG_R_NONE;
	}
	if (!is_whole)
		return OTSEG_R_NONE;
	return cm_arguments(pdu, have, operation, length, msg);
}

#define OTSEG_PROFINET_CM_PARSE otseg_profinet_cm_parse

#endif /* OTSEG_PROFINET_CM_H */
