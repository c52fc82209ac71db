/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * S7comm-plus, the protocol of SIMATIC S7-1200/1500: names and numbers of its functions with
 * their access classes, and from the bytes of one message to a struct otseg_msg. The transport
 * around it is iso.h's.
 *
 * The vendor has not published it. Sources: "ws" the S7comm-plus dissector for Wireshark by
 * Thomas Wiens, "driver" his S7CommPlusDriver (numbers of functions and objects). What the
 * public captures confirm stands in Documentation/protocols/s7comm-plus.md.
 *
 * Function and, where it stands at a fixed place, the object are looked at, and which attributes
 * of it are set; what is behind them is in a coding of variable lengths and is not. TLS inside
 * is opaque: only a rule that names it covers it.
 */
#ifndef OTSEG_S7PLUS_H
#define OTSEG_S7PLUS_H

#include "pdu.h"

/*
 * Functions (ws, driver): X(ID, code, "name", access, object type, flags)
 *
 * Codes below 0x100 are ours, for what has no function. Setting variables reaches the operating
 * mode of the controller, an attribute of an object like any other, and passwords are attributes
 * too; objects that are created and deleted are also blocks. What is asked of the conversation's
 * own session is less: see s7plus_access().
 */
/* clang-format off */
#define OTSEG_S7PLUS_FUNCTIONS(X) \
	OTSEG_ISO_FUNCTIONS(X) \
	X(TLS, 0x16, "tls", OTSEG_ACCESS_VENDOR, 0, OTSEG_FN_OPAQUE) \
	X(NOTIFICATION, 0x33, "notification", OTSEG_ACCESS_READ, 0, 0) \
	X(SYSTEM_EVENT, 0xfe, "system-event", OTSEG_ACCESS_SESSION, 0, 0) \
	X(KEEP_ALIVE, 0xff, "keep-alive", OTSEG_ACCESS_SESSION, 0, 0) \
	X(ERROR, 0x04b1, "error", OTSEG_ACCESS_VENDOR, 0, 0) \
	X(EXPLORE, 0x04bb, "explore", OTSEG_ACCESS_READ, OTSEG_S7PLUS_OBJ_OBJECT, 0) \
	X(CREATE_OBJECT, 0x04ca, "create-object", \
		OTSEG_ACCESS_SESSION | OTSEG_ACCESS_PROGRAM | OTSEG_ACCESS_CONTROL, OTSEG_S7PLUS_OBJ_OBJECT, 0) \
	X(DELETE_OBJECT, 0x04d4, "delete-object", \
		OTSEG_ACCESS_SESSION | OTSEG_ACCESS_PROGRAM | OTSEG_ACCESS_CONTROL, OTSEG_S7PLUS_OBJ_OBJECT, 0) \
	X(SET_VARIABLE, 0x04f2, "set-variable", \
		OTSEG_ACCESS_SESSION | OTSEG_ACCESS_WRITE | OTSEG_ACCESS_CONTROL | OTSEG_ACCESS_PROGRAM, \
		OTSEG_S7PLUS_OBJ_OBJECT, 0) \
	X(GET_VARIABLE, 0x04fc, "get-variable", OTSEG_ACCESS_READ, OTSEG_S7PLUS_OBJ_OBJECT, 0) \
	X(ADD_LINK, 0x0506, "add-link", OTSEG_ACCESS_PROGRAM, 0, 0) \
	X(REMOVE_LINK, 0x051a, "remove-link", OTSEG_ACCESS_PROGRAM, 0, 0) \
	X(GET_LINK, 0x0524, "get-link", OTSEG_ACCESS_READ, 0, 0) \
	X(SET_MULTI_VARIABLES, 0x0542, "set-multi-variables", \
		OTSEG_ACCESS_SESSION | OTSEG_ACCESS_WRITE | OTSEG_ACCESS_CONTROL | OTSEG_ACCESS_PROGRAM, \
		OTSEG_S7PLUS_OBJ_OBJECT, 0) \
	X(GET_MULTI_VARIABLES, 0x054c, "get-multi-variables", OTSEG_ACCESS_READ, 0, 0) \
	X(BEGIN_SEQUENCE, 0x0556, "begin-sequence", OTSEG_ACCESS_PROGRAM, 0, 0) \
	X(END_SEQUENCE, 0x0560, "end-sequence", OTSEG_ACCESS_PROGRAM, 0, 0) \
	X(INVOKE, 0x056b, "invoke", OTSEG_ACCESS_CONTROL | OTSEG_ACCESS_PROGRAM, 0, 0) \
	X(SET_VAR_SUB_STREAMED, 0x057c, "set-var-sub-streamed", OTSEG_ACCESS_WRITE | OTSEG_ACCESS_PROGRAM, \
		OTSEG_S7PLUS_OBJ_OBJECT, 0) \
	X(GET_VAR_SUB_STREAMED, 0x0586, "get-var-sub-streamed", OTSEG_ACCESS_READ | OTSEG_ACCESS_PROGRAM, \
		OTSEG_S7PLUS_OBJ_OBJECT, 0) \
	X(GET_VARIABLES_ADDRESS, 0x0590, "get-variables-address", OTSEG_ACCESS_READ, 0, 0) \
	X(ABORT, 0x059a, "abort", OTSEG_ACCESS_CONTROL, 0, 0) \
	X(ERROR_2, 0x05a9, "error-2", OTSEG_ACCESS_VENDOR, 0, 0) \
	X(INIT_SSL, 0x05b3, "init-ssl", OTSEG_ACCESS_SESSION, 0, 0)

#define OTSEG_S7PLUS_SUBFUNCTIONS(X)

/* X(ID, number, "name", highest, flags, "sentence") */
#define OTSEG_S7PLUS_OBJECTS(X) \
	X(OBJECT, 1, "object", 0xffffffff, 0, "object that the function is asked of, by its relation identifier")

#define OTSEG_S7PLUS_FIELD_OPCODE OTSEG_ISO_FIELD_OWN
#define OTSEG_S7PLUS_FIELD_VERSION (OTSEG_ISO_FIELD_OWN + 1)

#define OTSEG_S7PLUS_FIELDS(X) \
	OTSEG_ISO_FIELDS(X)    \
	X(OPCODE, OTSEG_S7PLUS_FIELD_OPCODE, "opcode", 255, "request, response or notification") \
	X(VERSION, OTSEG_S7PLUS_FIELD_VERSION, "version", 255, \
		"of the message: 1 connect, 2 data, 3 data with a digest")

#define OTSEG_S7PLUS_FIELD_WORDS(X)                        \
	OTSEG_ISO_FIELD_WORDS(X)                           \
	X(OTSEG_S7PLUS_FIELD_OPCODE, 0x31, "request")      \
	X(OTSEG_S7PLUS_FIELD_OPCODE, 0x32, "response")     \
	X(OTSEG_S7PLUS_FIELD_OPCODE, 0x33, "notification") \
	X(OTSEG_S7PLUS_FIELD_OPCODE, 0x02, "response-2")
#define OTSEG_S7PLUS_TEXTS(X)
#define OTSEG_S7PLUS_EXCEPTIONS(X)
/* clang-format on */

enum otseg_s7plus_object {
#define X(id, number, name, max, flags, sentence) OTSEG_S7PLUS_OBJ_##id = (number),
	OTSEG_S7PLUS_OBJECTS(X)
#undef X
};

enum otseg_s7plus_function {
#define X(id, code, name, access, object, flags) OTSEG_S7PLUS_FN_##id = (code),
	OTSEG_S7PLUS_FUNCTIONS(X)
#undef X
};

#define OTSEG_S7PLUS_SHAPE .code_max = 0xffff

#define OTSEG_S7PLUS_PROTOCOL 0x72

/* The header (ws), counted from the TPKT: protocol, version, length of what follows. */
#define OTSEG_S7PLUS_AT 7
#define OTSEG_S7PLUS_AT_VERSION (OTSEG_S7PLUS_AT + 1)
#define OTSEG_S7PLUS_AT_LENGTH (OTSEG_S7PLUS_AT + 2)
#define OTSEG_S7PLUS_AT_DATA (OTSEG_S7PLUS_AT + 4)
#define OTSEG_S7PLUS_DIGEST 32

#define OTSEG_S7PLUS_SESSIONS 285 /* the object that holds all sessions: driver */
#define OTSEG_S7PLUS_ATTRIBUTES 12 /* of a list that are looked at */

enum otseg_s7plus_opcode {
	OTSEG_S7PLUS_RESPONSE_2 = 0x02,
	OTSEG_S7PLUS_REQUEST = 0x31,
	OTSEG_S7PLUS_RESPONSE = 0x32,
	OTSEG_S7PLUS_NOTIFICATION = 0x33,
};

/* Access class and object type of a function, object << 8 | access; 0: unknown. */
OTSEG_INLINE u32 s7plus_function(u32 code)
{
	switch (code) {
/* clang-format off */
#define X(id, number, name, access, object, flags) \
	case number:                               \
		return (object) << 8 | (access);
	OTSEG_S7PLUS_FUNCTIONS(X)
#undef X
	/* clang-format on */
	default:
		return 0;
	}
}

/*
 * What is kept of the conversation's session: ASKED and the sequence number of the request for
 * it, OPEN and its number, or neither. That is where the number of the called TSAP is, and
 * there is none if that has a number: S7comm-plus calls by names.
 */
OTSEG_INLINE void s7plus_keep(struct otseg_msg *msg, u32 step, u32 number)
{
	if (msg->state & OTSEG_STATE_AGAIN || iso_has_number(msg->state))
		return;
	msg->state &= ~(OTSEG_ISO_PLUS_ASKED | OTSEG_ISO_PLUS_OPEN | OTSEG_ISO_TSAP);
	msg->state |= step | (number & OTSEG_ISO_TSAP);
}

/* Whether the state has just this of the session. */
OTSEG_INLINE u32 s7plus_is_kept(const struct otseg_msg *msg, u32 step, u32 number)
{
	return msg->state & step && (msg->state & OTSEG_ISO_TSAP) == number;
}

/*
 * The answer to create-object (ws, driver): a byte of flags, a code that is short if all is
 * well, how many objects there are now, their numbers, of which the first is the session. Numbers
 * have seven bits a byte, highest first. One above 65535 is not kept: then no object is its own.
 */
OTSEG_INLINE void s7plus_created(const u8 *buf, u32 at, u32 end, struct otseg_msg *msg)
{
	u32 number, byte;

	if (!s7plus_is_kept(msg, OTSEG_ISO_PLUS_ASKED, msg->id))
		return;
	s7plus_keep(msg, 0, 0);
	if (at + 15 > end || (pdu_u8(buf, at + 10) | pdu_u8(buf, at + 11)) & 0x80 ||
	    !pdu_u8(buf, at + 11))
		return;
	byte = pdu_u8(buf, at + 12);
	number = byte & 0x7f;
	if (byte & 0x80) {
		byte = pdu_u8(buf, at + 13);
		number = number << 7 | (byte & 0x7f);
	}
	if (byte & 0x80) {
		byte = pdu_u8(buf, at + 14);
		number = number << 7 | (byte & 0x7f);
	}
	if (!(byte & 0x80) && number && number <= OTSEG_ISO_TSAP)
		s7plus_keep(msg, OTSEG_ISO_PLUS_OPEN, number);
}

/* What is set at an object, more than one of it perhaps. */
enum otseg_s7plus_attribute {
	OTSEG_S7PLUS_OPENS = 1, /* what opening a session sets there: versions and keys (captures) */
	OTSEG_S7PLUS_PASSWORD = 2, /* an answer to the challenge for one (driver) */
	OTSEG_S7PLUS_OTHER = 4,
	OTSEG_S7PLUS_HIDDEN = 8, /* more than are looked at, or there */
};

/*
 * Which attributes the list of @n at @off has, as far as it is there: enum otseg_s7plus_attribute. All
 * that clients are known to set have numbers of two bytes (128 to 16383).
 */
OTSEG_GLOBAL u32 otseg_s7plus_attributes(struct otseg_pdu *pdu, u32 off, u32 n, u32 end)
{
	u32 kinds = 0;
	u32 i, number;

	if (!pdu)
		return OTSEG_S7PLUS_HIDDEN;
	for (i = 0; i < OTSEG_S7PLUS_ATTRIBUTES; i++) {
		if (i >= n)
			return kinds;
		if (off + 2 * i + 2 > end)
			break;
		number = pdu_be16(pdu->bytes, off + 2 * i);
		if ((number & 0x8080) != 0x8000)
			break;
		switch ((number >> 8 & 0x7f) << 7 | (number & 0x7f)) {
		case 305:
		case 306: /* ServerSessionVersion */
		case 1830:
			kinds |= OTSEG_S7PLUS_OPENS;
			break;
		case 304: /* ServerSessionResponse */
		case 1846: /* Legitimate */
			kinds |= OTSEG_S7PLUS_PASSWORD;
			break;
		default:
			kinds |= OTSEG_S7PLUS_OTHER;
		}
	}
	return kinds | OTSEG_S7PLUS_HIDDEN;
}

/*
 * Access class of a request whose classes in the list include session: creating a session, in
 * the container of all; and what opens or deletes the conversation's own, which concerns nobody
 * else. It is its own by the answer that created it: what the request says of it is the
 * client's. Passwords open the way to the program, as in S7comm. 0: not visible yet.
 */
OTSEG_INLINE u32 s7plus_access(const u8 *buf, u32 have, u32 at, u32 end, u32 code, u32 object,
			       struct otseg_msg *msg)
{
	u32 is_own = s7plus_is_kept(msg, OTSEG_ISO_PLUS_OPEN, object);
	u32 is_multi = code == OTSEG_S7PLUS_FN_SET_MULTI_VARIABLES;
	u32 kinds = 0;

	if (code == OTSEG_S7PLUS_FN_CREATE_OBJECT) {
		if (object != OTSEG_S7PLUS_SESSIONS)
			return OTSEG_ACCESS_PROGRAM | OTSEG_ACCESS_CONTROL;
		s7plus_keep(msg, OTSEG_ISO_PLUS_ASKED, msg->id);
		return OTSEG_ACCESS_SESSION;
	}
	if (code == OTSEG_S7PLUS_FN_DELETE_OBJECT) {
		if (!is_own)
			return OTSEG_ACCESS_PROGRAM | OTSEG_ACCESS_CONTROL;
		s7plus_keep(msg, 0, 0);
		return OTSEG_ACCESS_SESSION;
	}
	/* how many values (one if not multi); of how many attributes; which ones */
	if (object) {
		end = have < end ? have : end;
		at += is_multi ? 19 : 18;
		kinds = otseg_s7plus_attributes((struct otseg_pdu *)buf, at + 1,
						at < end ? pdu_u8(buf, at) : 1, end);
		if (kinds & OTSEG_S7PLUS_HIDDEN && !(msg->flags & OTSEG_MSG_PARTIAL))
			kinds |= OTSEG_S7PLUS_PASSWORD;
	}
	if (!is_own)
		return OTSEG_ACCESS_WRITE | OTSEG_ACCESS_CONTROL |
		       (kinds & OTSEG_S7PLUS_PASSWORD ? OTSEG_ACCESS_PROGRAM : 0);
	if (kinds & OTSEG_S7PLUS_HIDDEN && msg->flags & OTSEG_MSG_PARTIAL)
		return 0;
	return kinds == OTSEG_S7PLUS_OPENS ? OTSEG_ACCESS_SESSION : OTSEG_ACCESS_PROGRAM;
}

/*
 * Request or response at @at (ws): opcode, 00 00, function, 00 00, sequence; a request goes on
 * with the session, a byte of flags and most often the object. All of that is visible, or
 * what it does could be hidden in a later part.
 */
OTSEG_INLINE u32 s7plus_call(const u8 *buf, u32 have, u32 at, u32 end, u32 dir,
			     struct otseg_msg *msg)
{
	u32 is_request = dir == OTSEG_DIR_REQUEST;
	u32 code, object, access, known;

	if (at + (is_request ? 14 : 9) > end)
		return OTSEG_R_PDU_LENGTH;
	if (have < at + 9)
		return OTSEG_R_NONE;
	if (pdu_be16(buf, at + 1) | pdu_be16(buf, at + 5))
		return OTSEG_R_PDU_MALFORMED;
	code = pdu_be16(buf, at + 3);
	if (code < 0x100)
		return OTSEG_R_PDU_MALFORMED;
	/* those from 0x800 on are the transport's */
	known = code < 0x800 ? s7plus_function(code) : 0;
	access = known & 0xff;
	msg->kind = is_request ? OTSEG_KIND_REQUEST : OTSEG_KIND_ANSWER;
	msg->id = (u16)pdu_be16(buf, at + 7);
	/* which number a session is asked for under is kept */
	if (code != OTSEG_S7PLUS_FN_CREATE_OBJECT)
		msg_number(msg, OTSEG_NUMBER_BE, at + 7, 2);
	else if (!is_request)
		s7plus_created(buf, at, end < have ? end : have, msg);
	if (!known) {
		msg_function(msg, code, 0, OTSEG_ACCESS_VENDOR);
		msg->flags |= OTSEG_MSG_UNKNOWN | OTSEG_MSG_OPAQUE_OBJECTS;
		return OTSEG_R_NONE;
	}
	if (!is_request || !(known >> 8)) {
		msg_function(msg, code, 0, access);
		if (is_request && access != OTSEG_ACCESS_SESSION)
			msg->flags |= OTSEG_MSG_OPAQUE_OBJECTS;
		return OTSEG_R_NONE;
	}
	if (at + 18 > end)
		return OTSEG_R_PDU_LENGTH;
	if (have < at + 18)
		return OTSEG_R_NONE;
	object = pdu_be32(buf, at + 14);
	if (access & OTSEG_ACCESS_SESSION)
		access = s7plus_access(buf, have, at, end, code, object, msg);
	if (!access)
		return OTSEG_R_NONE;
	msg_function(msg, code, 0, access);
	/* 0: not of an object, but of variables, whose addresses are not looked at */
	if (object)
		msg_object(msg, OTSEG_S7PLUS_OBJ_OBJECT, access, object, object, 0);
	else
		msg->flags |= OTSEG_MSG_OPAQUE_OBJECTS;
	return OTSEG_R_NONE;
}

/* The first part of a message, behind its header up to @end: a digest perhaps, then the opcode. */
OTSEG_INLINE u32 s7plus_head(const u8 *buf, u32 have, u32 end, u32 dir, u32 version,
			     struct otseg_msg *msg)
{
	u32 at = OTSEG_S7PLUS_AT_DATA;
	u32 opcode;

	msg->flags |= OTSEG_MSG_OPAQUE_VALUES;
	if (at >= end)
		return OTSEG_R_PDU_LENGTH;
	if (have <= at)
		return OTSEG_R_NONE;
	/* ws: firmware differs in whether the digest of version 3 stands in front */
	if (version == 3 && buf[at] == OTSEG_S7PLUS_DIGEST)
		at += 1 + OTSEG_S7PLUS_DIGEST;
	if (at >= end)
		return OTSEG_R_PDU_LENGTH;
	if (have <= at)
		return OTSEG_R_NONE;
	opcode = buf[at];
	msg_field(msg, OTSEG_S7PLUS_FIELD_OPCODE, opcode);
	switch (opcode) {
	case OTSEG_S7PLUS_REQUEST:
		if (dir != OTSEG_DIR_REQUEST)
			return OTSEG_R_PDU_DIRECTION;
		break;
	case OTSEG_S7PLUS_RESPONSE:
	case OTSEG_S7PLUS_RESPONSE_2:
	case OTSEG_S7PLUS_NOTIFICATION:
		if (dir != OTSEG_DIR_RESPONSE)
			return OTSEG_R_PDU_DIRECTION;
		break;
	default:
		return OTSEG_R_PDU_MALFORMED;
	}
	if (opcode == OTSEG_S7PLUS_NOTIFICATION) {
		msg_function(msg, OTSEG_S7PLUS_FN_NOTIFICATION, 0, OTSEG_ACCESS_READ);
		msg->flags |= OTSEG_MSG_OPAQUE_OBJECTS;
		return OTSEG_R_NONE;
	}
	return s7plus_call(buf, have, at, end, dir, msg);
}

/*
 * One part of a message: its header, and behind the last part four bytes that look like a header
 * without a length (ws). A further part has no opcode; it is told by the state.
 */
OTSEG_GLOBAL u32 otseg_s7plus_tsdu(struct otseg_pdu *pdu, u32 have, u32 dir, struct otseg_msg *msg)
{
	u32 goes_on, more, was_more;
	u32 length, version, end;
	const u8 *buf;

	if (!pdu || !msg)
		return OTSEG_R_INTERNAL;
	buf = pdu->bytes;
	dir &= 1;
	goes_on = msg->state & OTSEG_ISO_MORE << dir;
	more = OTSEG_ISO_PLUS_MORE << dir;
	was_more = msg->state & more;
	length = msg->length;
	msg->service = OTSEG_SVC_S7PLUS;
	if (length < OTSEG_S7PLUS_AT_DATA)
		return OTSEG_R_PDU_LENGTH;
	if (have < OTSEG_S7PLUS_AT_DATA)
		return OTSEG_R_NONE;
	version = buf[OTSEG_S7PLUS_AT_VERSION];
	msg_field(msg, OTSEG_S7PLUS_FIELD_VERSION, version);
	if (version == OTSEG_S7PLUS_FN_KEEP_ALIVE) {
		/* the length is a number that counts up */
		msg_function(msg, version, 0, OTSEG_ACCESS_SESSION);
		return length == OTSEG_S7PLUS_AT_DATA && !goes_on ? OTSEG_R_NONE : OTSEG_R_PDU_LENGTH;
	}
	end = OTSEG_S7PLUS_AT_DATA + pdu_be16(buf, OTSEG_S7PLUS_AT_LENGTH);
	if (version == OTSEG_S7PLUS_FN_SYSTEM_EVENT) {
		/* ws, driver: of the controller */
		if (dir != OTSEG_DIR_RESPONSE)
			return OTSEG_R_PDU_DIRECTION;
		msg_function(msg, version, 0, OTSEG_ACCESS_SESSION);
		return length == end && !goes_on ? OTSEG_R_NONE : OTSEG_R_PDU_LENGTH;
	}
	if (version - 1 > 2)
		return OTSEG_R_PDU_MALFORMED;
	if (goes_on) {
		/* where it ends cannot be seen; what follows has to begin anew */
		if (end + 4 <= length)
			return OTSEG_R_PDU_LENGTH;
		msg->state &= ~more;
	} else if (length == end) {
		msg->state |= more;
	} else {
		if (length != end + 4)
			return OTSEG_R_PDU_LENGTH;
		if (have >= length && length <= OTSEG_PDU_MAX &&
		    pdu_be32(buf, end) != ((u32)OTSEG_S7PLUS_PROTOCOL << 24 | version << 16))
			return OTSEG_R_PDU_MALFORMED;
		msg->state &= ~more;
	}
	if (was_more) {
		msg_function(msg, OTSEG_ISO_FN_DATA, 0, OTSEG_ACCESS_SESSION);
		return OTSEG_R_NONE;
	}
	return s7plus_head(buf, have, goes_on ? length : end, dir, version, msg);
}

/*
 * TLS (RFC 8446, 5.1): records begin with a type of 20 to 23 and version 3.0 to 3.4. Each TSDU
 * begins with one; where it ends is not followed.
 */
OTSEG_INLINE u32 s7plus_tls(const u8 *buf, u32 have, struct otseg_msg *msg)
{
	const u32 at = OTSEG_S7PLUS_AT;

	msg->service = OTSEG_SVC_S7PLUS;
	if (msg->length < at + 5)
		return OTSEG_R_PDU_LENGTH;
	if (have > at + 1 && buf[at + 1] != 3)
		return OTSEG_R_PDU_PROTOCOL;
	if (have < at + 5)
		return OTSEG_R_NONE;
	if (buf[at + 2] > 4 || pdu_be16(buf, at + 3) > 16384 + 2048)
		return OTSEG_R_PDU_MALFORMED;
	msg_function(msg, OTSEG_S7PLUS_FN_TLS, 0, OTSEG_ACCESS_VENDOR);
	msg->flags |= OTSEG_MSG_UNKNOWN | OTSEG_MSG_OPAQUE_OBJECTS | OTSEG_MSG_OPAQUE_VALUES;
	return OTSEG_R_NONE;
}

#endif /* OTSEG_S7PLUS_H */
