/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * ISO transport on TCP (port 102): TPKT and COTP class 0, which S7comm, S7comm-plus and
 * MMS share. Owns the framing, the transport connection and what is remembered of it;
 * who speaks inside, the first byte of a transport service data unit (TSDU) says.
 *
 * Sources: RFC 1006 (TPKT, and which TPDUs of class 0 are used); ISO 8073 / ITU-T X.224
 * (COTP), clauses by X.224 (11/95). TSAPs of Siemens devices: see s7comm.h and s7plus.h.
 *
 * A TSDU may be spread over several DT TPDUs (X.224, 6.3), which are PDUs of their own here.
 * The first one is judged and must show all that a verdict depends on; those that follow
 * pass with it. A TSDU begins where none is open: a bit for each direction.
 */
#ifndef OTSEG_ISO_H
#define OTSEG_ISO_H

#include "pdu.h"

/*
 * What is kept in msg->state. The destination TSAP of the connect request is kept for the
 * whole conversation, so that every message of it can be held against a rule that names it.
 */
#define OTSEG_ISO_TSAP 0x0000ffffu /* its number, if it has two bytes; else free */
#define OTSEG_ISO_CLASS 0x000f0000u /* enum otseg_iso_class */
#define OTSEG_ISO_CLASS_SHIFT 16
#define OTSEG_ISO_ASKED 0x00100000u /* a connect request was sent */
#define OTSEG_ISO_OPEN 0x00200000u /* and confirmed */
#define OTSEG_ISO_MORE 0x00400000u /* a TSDU goes on, towards the called side; << dir */
#define OTSEG_ISO_PLUS_MORE 0x01000000u /* likewise an S7comm-plus message; << dir */
#define OTSEG_ISO_UPPER 0x0c000000u /* of who speaks inside: MMS */
#define OTSEG_ISO_PLUS_ASKED 0x10000000u /* an S7comm-plus session was asked for, see s7plus_keep() */
#define OTSEG_ISO_PLUS_OPEN 0x20000000u /* and its number is known */

/* Fields that all services of the family number alike. */
#define OTSEG_ISO_FIELD_TSAP 0
#define OTSEG_ISO_FIELD_SOURCE_TSAP 1
#define OTSEG_ISO_FIELD_CLASS 2
#define OTSEG_ISO_FIELD_OWN 3 /* from here on each service has its own */

/*
 * Functions of the transport, which stand in the list of every service of the family: 0x800
 * and the type of the TPDU. `data` is what is empty, or goes on with what was judged before.
 */

/* clang-format off */
#define OTSEG_ISO_FUNCTIONS(X)                                                                  \
	X(CONNECT, OTSEG_ISO_FN_CONNECT, "connect", OTSEG_ACCESS_SESSION, 0, 0)                 \
	X(DISCONNECT, OTSEG_ISO_FN_DISCONNECT, "disconnect", OTSEG_ACCESS_SESSION, 0, 0)        \
	X(TRANSPORT_ERROR, OTSEG_ISO_FN_ERROR, "transport-error", OTSEG_ACCESS_SESSION, 0, 0)   \
	X(DATA, OTSEG_ISO_FN_DATA, "data", OTSEG_ACCESS_SESSION, 0, 0)

/* X(ID, field, "name", highest, "sentence") */
#define OTSEG_ISO_FIELDS(X)                                                                     \
	X(TSAP, OTSEG_ISO_FIELD_TSAP, "tsap", 0xffff,                                           \
	  "called TSAP of the connection, if it has two bytes")                                 \
	X(SOURCE_TSAP, OTSEG_ISO_FIELD_SOURCE_TSAP, "source-tsap", 0xffff,                      \
	  "calling TSAP, if it has two bytes: in the connect request only")                     \
	X(CLASS, OTSEG_ISO_FIELD_CLASS, "tsap-class", 15,                                       \
	  "what kind of partner the called TSAP is for")

#define OTSEG_ISO_FIELD_WORDS(X)                                                  \
	X(OTSEG_ISO_FIELD_CLASS, OTSEG_ISO_CLASS_PG, "pg")                        \
	X(OTSEG_ISO_FIELD_CLASS, OTSEG_ISO_CLASS_OP, "op")                        \
	X(OTSEG_ISO_FIELD_CLASS, OTSEG_ISO_CLASS_BASIC, "s7-basic")               \
	X(OTSEG_ISO_FIELD_CLASS, OTSEG_ISO_CLASS_HMI, "hmi")                      \
	X(OTSEG_ISO_FIELD_CLASS, OTSEG_ISO_CLASS_ENGINEERING, "engineering")      \
	X(OTSEG_ISO_FIELD_CLASS, OTSEG_ISO_CLASS_OTHER, "other")                  \
	X(OTSEG_ISO_FIELD_CLASS, OTSEG_ISO_CLASS_NUMBER, "number")                \
	X(OTSEG_ISO_FIELD_CLASS, OTSEG_ISO_CLASS_NAME, "name")
/* clang-format on */

/*
 * Kinds of called TSAP. In one of two bytes the first one is the kind of connection that a
 * Siemens device is asked for, the second rack and slot (documentation of Snap7, "TSAP");
 * S7comm-plus calls by names.
 */
enum otseg_iso_class {
	OTSEG_ISO_CLASS_NONE, /* the connect request was not seen, or names no TSAP */
	OTSEG_ISO_CLASS_PG, /* programming device */
	OTSEG_ISO_CLASS_OP, /* operator panel */
	OTSEG_ISO_CLASS_BASIC, /* other S7 partners */
	OTSEG_ISO_CLASS_HMI, /* SIMATIC-ROOT-HMI */
	OTSEG_ISO_CLASS_ENGINEERING, /* SIMATIC-ROOT-ES */
	OTSEG_ISO_CLASS_OTHER, /* SIMATIC-ROOT-OTH */
	OTSEG_ISO_CLASS_NUMBER, /* two bytes, but none of the above */
	OTSEG_ISO_CLASS_NAME, /* not two bytes, nor one of the above */
};

/* TPKT (RFC 1006, 6): version 3, a reserved byte, the length of all. */
#define OTSEG_ISO_AT_LENGTH 2
#define OTSEG_ISO_AT_LI 4 /* bytes of the COTP header that follow this one */
#define OTSEG_ISO_AT_TYPE 5
#define OTSEG_ISO_AT_EOT 6
#define OTSEG_ISO_AT_DST 6
#define OTSEG_ISO_AT_SRC 8
#define OTSEG_ISO_AT_CLASS 10
#define OTSEG_ISO_AT_TSDU 7
#define OTSEG_ISO_AT_PARAMETERS 11
#define OTSEG_ISO_PARAMETERS 8 /* parameters of a connect request or confirm that are taken */

/* TPDUs of class 0 (X.224, 13.1); the low half of the byte is 0 in this class. */
enum otseg_iso_tpdu {
	OTSEG_ISO_ER = 0x70,
	OTSEG_ISO_DR = 0x80,
	OTSEG_ISO_CC = 0xd0,
	OTSEG_ISO_CR = 0xe0,
	OTSEG_ISO_DT = 0xf0,
};

#define OTSEG_ISO_FN_CONNECT (0x800 | OTSEG_ISO_CR)
#define OTSEG_ISO_FN_DISCONNECT (0x800 | OTSEG_ISO_DR)
#define OTSEG_ISO_FN_ERROR (0x800 | OTSEG_ISO_ER)
#define OTSEG_ISO_FN_DATA (0x800 | OTSEG_ISO_DT)

/* Whether the called TSAP is a number, which the state then has. */
OTSEG_INLINE u32 iso_has_number(u32 state)
{
	u32 class = (state & OTSEG_ISO_CLASS) >> OTSEG_ISO_CLASS_SHIFT;

	return class - 1 < OTSEG_ISO_CLASS_BASIC || class == OTSEG_ISO_CLASS_NUMBER;
}

/* What all messages of the conversation are told of the connection. */
OTSEG_INLINE void iso_fields(struct otseg_msg *msg)
{
	u32 class = (msg->state & OTSEG_ISO_CLASS) >> OTSEG_ISO_CLASS_SHIFT;

	if (!class)
		return;
	msg_field(msg, OTSEG_ISO_FIELD_CLASS, class);
	if (iso_has_number(msg->state))
		msg_field(msg, OTSEG_ISO_FIELD_TSAP, msg->state & OTSEG_ISO_TSAP);
}

#include "s7comm.h"
#include "s7plus.h"

/*
 * MMS comes with mms.h: without that file, what is not S7 is not taken. Its entry makes a
 * message of the TSDU at @off; @end: the offset after the PDU, @have: bytes at hand, not past
 * @end nor OTSEG_PDU_MAX. @msg has its length and the fields of the connection.
 */
#if __has_include("mms.h")
#include "mms.h"
#define OTSEG_ISO_MMS(buf, off, end, have, dir, msg) mms_parse_tsdu(buf, off, end, have, dir, msg)
#else
#define OTSEG_ISO_MMS(buf, off, end, have, dir, msg) OTSEG_R_PDU_PROTOCOL
#endif

/* Kind of a called TSAP that is a name: S7comm-plus has "SIMATIC-ROOT-" and HMI, OTH or ES. */
OTSEG_INLINE u32 iso_class_of_name(const u8 *buf, u32 off, u32 len)
{
	u32 differs, tail;

	if (len != 15 && len != 16)
		return OTSEG_ISO_CLASS_NAME;
	/* without a branch for each part: the verifier walks them all */
	differs = pdu_be32(buf, off) ^ 0x53494d41; /* SIMA */
	differs |= pdu_be32(buf, off + 4) ^ 0x5449432d; /* TIC- */
	differs |= pdu_be32(buf, off + 8) ^ 0x524f4f54; /* ROOT */
	differs |= pdu_u8(buf, off + 12) ^ '-';
	if (differs)
		return OTSEG_ISO_CLASS_NAME;
	tail = pdu_be16(buf, off + 13);
	if (len == 15)
		return tail == 0x4553 ? OTSEG_ISO_CLASS_ENGINEERING : OTSEG_ISO_CLASS_NAME;
	tail = tail << 8 | pdu_u8(buf, off + 15);
	if (tail == 0x484d49)
		return OTSEG_ISO_CLASS_HMI;
	return tail == 0x4f5448 ? OTSEG_ISO_CLASS_OTHER : OTSEG_ISO_CLASS_NAME;
}

/* Kind and number of the called TSAP of @len bytes at @off, as the state has them. */
OTSEG_INLINE u32 iso_tsap(const u8 *buf, u32 off, u32 len)
{
	u32 number, class;

	if (len != 2)
		return iso_class_of_name(buf, off, len) << OTSEG_ISO_CLASS_SHIFT;
	number = pdu_be16(buf, off);
	class = number >> 8;
	if (class - 1 >= OTSEG_ISO_CLASS_BASIC)
		class = OTSEG_ISO_CLASS_NUMBER;
	return class << OTSEG_ISO_CLASS_SHIFT | number;
}

/**
 * struct iso_walk - how far the parameters have been looked at
 * @off: offset of the next one
 * @seen: bits of those that were there
 * @calling: offset of the calling TSAP << 8, and its length
 * @called: the same of the called one
 */
struct iso_walk {
	u32 off;
	u32 seen;
	u32 calling;
	u32 called;
};

/*
 * The next parameter: code, length, value. Those of class 0 are c0, the TPDU size; c1 and c2, the
 * calling and the called TSAP; f0, the preferred TPDU size. Each stands there once at most:
 * nobody has to guess which of two counts. Others of X.224, 13.3.4 are for other classes,
 * and mean nothing here. One that is not at hand leaves @walk where it is.
 */
OTSEG_GLOBAL u32 otseg_iso_parameter(struct otseg_pdu *pdu, u32 end, u32 have,
				     struct iso_walk *walk)
{
	u32 code, len, bit, at;
	const u8 *buf;

	if (!pdu || !walk)
		return OTSEG_R_INTERNAL;
	buf = pdu->bytes;
	at = walk->off + 2;
	if (at > end)
		return OTSEG_R_PDU_LENGTH;
	if (at > have)
		return OTSEG_R_NONE;
	code = pdu_u8(buf, walk->off);
	len = pdu_u8(buf, walk->off + 1);
	if (at + len > end)
		return OTSEG_R_PDU_LENGTH;
	bit = code - 0xc0 < 3 ? 1u << (code - 0xc0) : code == 0xf0 ? 8 : 0;
	if (!bit && code - 0xc0 > 0xcb - 0xc0)
		return OTSEG_R_PDU_PROTOCOL;
	if (walk->seen & bit || (bit && !len) || (bit == 1 && len != 1))
		return OTSEG_R_PDU_MALFORMED;
	if (at + len > have)
		return OTSEG_R_NONE;
	/* 128 to 8192 bytes; 2048 is the most that class 0 has, but more is asked for */
	if (bit == 1 && pdu_u8(buf, at) - 7 > 13 - 7)
		return OTSEG_R_PDU_MALFORMED;
	walk->seen |= bit;
	if (bit == 2)
		walk->calling = at << 8 | len;
	if (bit == 4)
		walk->called = at << 8 | len;
	walk->off = at + len;
	return OTSEG_R_NONE;
}

/* Parameters of a connect request or confirm (X.224, 13.3.4, 13.4.4), which end the PDU. */
OTSEG_GLOBAL u32 otseg_iso_parameters(struct otseg_pdu *pdu, u32 have, struct otseg_msg *msg)
{
	struct iso_walk walk = { .off = OTSEG_ISO_AT_PARAMETERS };
	u32 reason, before;
	const u8 *buf;
	u32 end;
	u32 i;

	if (!pdu || !msg)
		return OTSEG_R_INTERNAL;
	buf = pdu->bytes;
	end = msg->length;
	otseg_for(i, OTSEG_ISO_PARAMETERS) {
		if (walk.off == end)
			break;
		before = walk.off;
		reason = otseg_iso_parameter(pdu, end, have, &walk);
		if (reason)
			return reason;
		if (walk.off == before)
			break;
	}
	if (msg->flags & OTSEG_MSG_PARTIAL)
		return OTSEG_R_NONE;
	if (walk.off != end)
		return OTSEG_R_PDU_NESTING;
	if ((walk.calling & 0xff) == 2)
		msg_field(msg, OTSEG_ISO_FIELD_SOURCE_TSAP, pdu_be16(buf, walk.calling >> 8));
	if (walk.called && msg->kind == OTSEG_KIND_REQUEST && !(msg->state & OTSEG_STATE_AGAIN))
		msg->state |= iso_tsap(buf, walk.called >> 8, walk.called & 0xff);
	return OTSEG_R_NONE;
}

/*
 * Connect request and confirm (X.224, 13.3, 13.4): references, class and options, both 0;
 * they fill the TPKT: in class 0 they carry no data. The request comes from the side that
 * opened the TCP connection, once; the confirm names the request's reference.
 */
OTSEG_INLINE u32 iso_connect(struct otseg_pdu *pdu, u32 have, u32 dir, struct otseg_msg *msg)
{
	const u8 *buf = pdu->bytes;
	u32 is_request = buf[OTSEG_ISO_AT_TYPE] == OTSEG_ISO_CR;
	u32 is_asked = dir == OTSEG_DIR_REQUEST;
	u32 state = msg->state;
	u32 reason;

	if (is_request != is_asked)
		return OTSEG_R_PDU_DIRECTION;
	if (msg->length < OTSEG_ISO_AT_PARAMETERS)
		return OTSEG_R_PDU_LENGTH;
	if (!(state & OTSEG_STATE_AGAIN) &&
	    (state & (OTSEG_ISO_ASKED | OTSEG_ISO_OPEN)) != (is_request ? 0 : OTSEG_ISO_ASKED))
		return OTSEG_R_PDU_STATE;
	msg->kind = is_request ? OTSEG_KIND_REQUEST : OTSEG_KIND_ANSWER;
	msg_function(msg, OTSEG_ISO_FN_CONNECT, 0, OTSEG_ACCESS_SESSION);
	/* of one that comes again the state says what became of it */
	if (is_request && !(state & OTSEG_STATE_AGAIN))
		msg->state &= ~(OTSEG_ISO_TSAP | OTSEG_ISO_CLASS | OTSEG_ISO_PLUS_ASKED |
				OTSEG_ISO_PLUS_OPEN);
	msg->state |= is_request ? OTSEG_ISO_ASKED : OTSEG_ISO_OPEN;
	if (have >= OTSEG_ISO_AT_SRC) {
		u32 dst = pdu_be16(buf, OTSEG_ISO_AT_DST);

		if (is_request && dst)
			return OTSEG_R_PDU_MALFORMED;
		msg->id = (u16)dst;
	}
	if (have >= OTSEG_ISO_AT_CLASS && is_request)
		msg->id = (u16)pdu_be16(buf, OTSEG_ISO_AT_SRC);
	if (have > OTSEG_ISO_AT_CLASS && buf[OTSEG_ISO_AT_CLASS])
		return OTSEG_R_PDU_PROTOCOL;
	reason = otseg_iso_parameters(pdu, have, msg);
	iso_fields(msg);
	return reason;
}

/* Disconnect request and error (X.224, 13.5, 13.12): the end of it. */
OTSEG_INLINE u32 iso_close(u32 type, u32 dir, struct otseg_msg *msg)
{
	msg_function(msg, 0x800 | type, 0, OTSEG_ACCESS_SESSION);
	/* whoever was refused may ask again */
	if (dir == OTSEG_DIR_RESPONSE)
		msg->state &= OTSEG_STATE_AGAIN;
	return OTSEG_R_NONE;
}

/* The first DT of a TSDU that is not empty: who speaks? TLS: see s7plus.h. */
OTSEG_INLINE u32 iso_tsdu(struct otseg_pdu *pdu, u32 have, u32 dir, struct otseg_msg *msg)
{
	const u8 *buf = pdu->bytes;
	u32 first = buf[OTSEG_ISO_AT_TSDU];

	if (first == OTSEG_S7COMM_PROTOCOL)
		return otseg_s7comm_tsdu(pdu, have, dir, msg);
	if (first == OTSEG_S7PLUS_PROTOCOL)
		return otseg_s7plus_tsdu(pdu, have, dir, msg);
	if (first - 0x14 <= 0x17 - 0x14)
		return s7plus_tls(buf, have, msg);
	return OTSEG_ISO_MMS(buf, OTSEG_ISO_AT_TSDU, msg->length, have, dir, msg);
}

/*
 * Data (X.224, 13.7): the header of class 0 has two bytes; whether the TSDU ends here, and a
 * number that is 0.
 */
OTSEG_INLINE u32 iso_data(struct otseg_pdu *pdu, u32 have, u32 dir, struct otseg_msg *msg)
{
	const u8 *buf = pdu->bytes;
	u32 more = OTSEG_ISO_MORE << (dir & 1);
	u32 state = msg->state;
	u32 reason;

	iso_fields(msg);
	if (buf[OTSEG_ISO_AT_LI] != 2)
		return OTSEG_R_PDU_LENGTH;
	/* before the connection is confirmed; one that was not seen to open is taken up */
	if ((state & (OTSEG_ISO_ASKED | OTSEG_ISO_OPEN | OTSEG_STATE_AGAIN)) == OTSEG_ISO_ASKED)
		return OTSEG_R_PDU_STATE;
	if (have <= OTSEG_ISO_AT_EOT)
		return OTSEG_R_NONE;
	if (buf[OTSEG_ISO_AT_EOT] & 0x7f)
		return OTSEG_R_PDU_MALFORMED;
	/* one without data neither begins a TSDU nor adds to one, but may end it */
	if (state & more || msg->length == OTSEG_ISO_AT_TSDU) {
		msg_function(msg, OTSEG_ISO_FN_DATA, 0, OTSEG_ACCESS_SESSION);
		if (buf[OTSEG_ISO_AT_EOT])
			msg->state &= ~more;
		return OTSEG_R_NONE;
	}
	if (!buf[OTSEG_ISO_AT_EOT])
		msg->state |= more;
	/* what comes again is looked at as a whole: it may have gone on what came before */
	if (have <= OTSEG_ISO_AT_TSDU ||
	    (state & OTSEG_STATE_AGAIN && msg->flags & OTSEG_MSG_PARTIAL))
		return OTSEG_R_NONE;
	reason = iso_tsdu(pdu, have, dir, msg);
	if (reason && state & OTSEG_STATE_AGAIN) {
		msg_begin(msg, dir, OTSEG_SVC_NONE);
		iso_fields(msg);
		msg_function(msg, OTSEG_ISO_FN_DATA, 0, OTSEG_ACCESS_SESSION);
		msg_length(msg, pdu_be16(buf, OTSEG_ISO_AT_LENGTH), have);
		return OTSEG_R_NONE;
	}
	return reason;
}

/* The TPDU, of which the TPKT's header and the first two bytes are at hand. */
OTSEG_INLINE u32 iso_tpdu(struct otseg_pdu *pdu, u32 have, u32 dir, struct otseg_msg *msg)
{
	const u8 *buf = pdu->bytes;
	u32 type = buf[OTSEG_ISO_AT_TYPE];

	switch (type) {
	case OTSEG_ISO_DT:
		return iso_data(pdu, have, dir, msg);
	case OTSEG_ISO_CR:
	case OTSEG_ISO_CC:
	case OTSEG_ISO_DR:
	case OTSEG_ISO_ER:
		break;
	default:
		return OTSEG_R_PDU_PROTOCOL;
	}
	/* the header is all there is; X.224, 13.2.1: its length is 254 at most */
	if (buf[OTSEG_ISO_AT_LI] == 255 || buf[OTSEG_ISO_AT_LI] + 5u != msg->length)
		return OTSEG_R_PDU_LENGTH;
	if (type == OTSEG_ISO_CR || type == OTSEG_ISO_CC)
		return iso_connect(pdu, have, dir, msg);
	return iso_close(type, dir, msg);
}

/**
 * otseg_iso_parse - make a message of the TPKT that begins at @pdu
 * @pdu: its bytes
 * @have: their number; fewer than the TPKT has, or more, is fine
 * @dir: enum otseg_msg_dir
 * @msg: filled in as far as @have shows it
 *
 * The state changes with whole TPKTs only: the beginning of one is looked at again.
 *
 * Return: OTSEG_R_NONE, or the reason why no continuation of these bytes is
 * acceptable.
 */
OTSEG_GLOBAL u32 otseg_iso_parse(struct otseg_pdu *pdu, u32 have, u32 dir, struct otseg_msg *msg)
{
	const u8 *buf;
	u32 reason;
	u32 length;
	u32 state;

	if (!pdu || !msg)
		return OTSEG_R_INTERNAL;
	buf = pdu->bytes;
	dir &= 1;
	state = msg->state;
	msg_begin(msg, dir, OTSEG_SVC_NONE);
	if ((have > 0 && buf[0] != 3) || (have > 1 && buf[1]))
		return OTSEG_R_PDU_PROTOCOL;
	if (have < OTSEG_ISO_AT_LI)
		return OTSEG_R_NONE;
	length = pdu_be16(buf, OTSEG_ISO_AT_LENGTH);
	/* RFC 1006, 6: the shortest TPDU has three bytes */
	if (length < OTSEG_ISO_AT_TSDU)
		return OTSEG_R_PDU_LENGTH;
	have = msg_length(msg, length, have);
	if (have <= OTSEG_ISO_AT_TYPE)
		return OTSEG_R_NONE;
	reason = iso_tpdu(pdu, have, dir, msg);
	if (msg->flags & OTSEG_MSG_PARTIAL)
		msg->state = state;
	return reason;
}

#define OTSEG_S7COMM_PARSE otseg_iso_parse

#endif /* OTSEG_ISO_H */
