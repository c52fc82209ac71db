/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * GOOSE: publications of states and events between the devices of a substation. Bytes of one frame
 * after its ethertype in, message out.
 *
 * "8-1" is IEC 61850-8-1 (edition 2.1): header and encoding of a publication are in its annexes A
 * and C. Field tags are cross-checked with Wireshark's dissector for GOOSE.
 */
#ifndef OTSEG_GOOSE_H
#define OTSEG_GOOSE_H

#include "link.h"

/*
 * A publication is the order of one device to others: trips, blockings and interlocks are
 * carried by it. Who may publish can switch, so it is `write` and `control`.
 */
#define OTSEG_GOOSE_ACCESS (OTSEG_ACCESS_WRITE | OTSEG_ACCESS_CONTROL)

#define OTSEG_GOOSE_FUNCTIONS(X) X(PUBLISH, 1, "publish", OTSEG_GOOSE_ACCESS, 0, 0)
#define OTSEG_GOOSE_SUBFUNCTIONS(X)
#define OTSEG_GOOSE_OBJECTS(X)

enum otseg_goose_function {
#define X(id, code, name, access, object, flags) OTSEG_GOOSE_FC_##id = (code),
	OTSEG_GOOSE_FUNCTIONS(X)
#undef X
};

/* clang-format off */
#define OTSEG_GOOSE_OWN_FIELDS(X)                                                         \
	X(TTL, 0, "time-allowed-to-live", 0xffffffff, "milliseconds until the next publication at the latest") \
	X(STNUM, 1, "stnum", 0xffffffff, "number of the state, one more with each event")     \
	X(SQNUM, 2, "sqnum", 0xffffffff, "number of the repetition of that state")            \
	X(SIMULATION, 3, "simulation", 3, "whether it is simulated (in edition 1: a test)")   \
	X(CONFREV, 4, "confrev", 0xffffffff, "revision of the control block's configuration") \
	X(NDSCOM, 5, "ndscom", 1, "1: the control block needs commissioning")                 \
	X(ENTRIES, 6, "entries", 0xffffffff, "number of entries of the data set")
/* clang-format on */
#define OTSEG_GOOSE_FIELDS(X) OTSEG_GOOSE_OWN_FIELDS(X) OTSEG_LINK_FIELDS(X)

enum otseg_goose_field {
#define X(id, number, name, max, sentence) OTSEG_GOOSE_FIELD_##id = (number),
	OTSEG_GOOSE_OWN_FIELDS(X)
#undef X
};

/*
 * The header and the publication say each whether it is simulated (8-1, C.2.3 and A.1); edition 1
 * knows it of the publication alone. Subscribers differ in which they look at.
 */
#define OTSEG_GOOSE_SIMULATED 1
#define OTSEG_GOOSE_IN_PUBLICATION 2
#define OTSEG_GOOSE_IN_HEADER 3
#define OTSEG_GOOSE_FIELD_WORDS(X)                                                    \
	X(OTSEG_GOOSE_FIELD_SIMULATION, 0, "no")                                      \
	X(OTSEG_GOOSE_FIELD_SIMULATION, OTSEG_GOOSE_SIMULATED, "yes")                 \
	X(OTSEG_GOOSE_FIELD_SIMULATION, OTSEG_GOOSE_IN_PUBLICATION, "publication-only") \
	X(OTSEG_GOOSE_FIELD_SIMULATION, OTSEG_GOOSE_IN_HEADER, "header-only")

#define OTSEG_GOOSE_TEXTS(X)                                       \
	X(GOCBREF, 0, "gocbref", "reference of the control block") \
	X(GOID, 1, "goid", "identifier of the publication")
#define OTSEG_GOOSE_TEXT_GOCBREF 0
#define OTSEG_GOOSE_TEXT_GOID 1
#define OTSEG_GOOSE_EXCEPTIONS(X)

#define OTSEG_GOOSE_SHAPE \
	.unit = "appid", .unit_max = 0xffff, .code_max = 1, .sub_max = 0, .value_max = 0

/* The header (8-1, C.2): APPID, length from itself on, two reserved words. */
#define OTSEG_GOOSE_AT_LENGTH 2
#define OTSEG_GOOSE_AT_RESERVED 4
#define OTSEG_GOOSE_AT_PDU 8
#define OTSEG_GOOSE_SIMULATION 0x8000 /* in the first reserved word, the only bit of it in use */

#define OTSEG_GOOSE_TAG_PDU 0x61 /* goosePdu [APPLICATION 1] */

/* Elements of the publication (8-1, A.1), by the number of their context tag; in this order. */
#define OTSEG_GOOSE_EL_GOCBREF 0
#define OTSEG_GOOSE_EL_TTL 1
#define OTSEG_GOOSE_EL_DATSET 2
#define OTSEG_GOOSE_EL_GOID 3 /* OPTIONAL */
#define OTSEG_GOOSE_EL_T 4
#define OTSEG_GOOSE_EL_STNUM 5
#define OTSEG_GOOSE_EL_SQNUM 6
#define OTSEG_GOOSE_EL_SIMULATION 7 /* DEFAULT FALSE */
#define OTSEG_GOOSE_EL_CONFREV 8
#define OTSEG_GOOSE_EL_NDSCOM 9 /* DEFAULT FALSE */
#define OTSEG_GOOSE_EL_ENTRIES 10
#define OTSEG_GOOSE_EL_ALL_DATA 11
#define OTSEG_GOOSE_ELEMENTS 12
#define OTSEG_GOOSE_NEEDED                                                        \
	(0x7ff & ~(1u << OTSEG_GOOSE_EL_GOID | 1u << OTSEG_GOOSE_EL_SIMULATION |  \
		   1u << OTSEG_GOOSE_EL_NDSCOM))

#define OTSEG_GOOSE_TEXT_MOST OTSEG_LINK_NAME_MOST

/* Data (MMS, ISO 9506-2): array [1], structure [2], then simple types to utc-time [17]. */
#define OTSEG_GOOSE_DATA_PRIMITIVE 0x3f7f8u
#define OTSEG_GOOSE_DATA_CONSTRUCTED 0x6u

/* What the publication says, @in_publication, and the header. */
OTSEG_INLINE void goose_simulation(const u8 *buf, u32 in_publication, struct otseg_msg *msg)
{
	u32 in_header = pdu_be16(buf, OTSEG_GOOSE_AT_RESERVED) & OTSEG_GOOSE_SIMULATION;

	if (in_publication)
		in_publication = in_header ? OTSEG_GOOSE_SIMULATED : OTSEG_GOOSE_IN_PUBLICATION;
	else if (in_header)
		in_publication = OTSEG_GOOSE_IN_HEADER;
	msg_field(msg, OTSEG_GOOSE_FIELD_SIMULATION, in_publication);
}

/**
 * otseg_goose_element - put an element before the data into the message
 * @pdu: the bytes after the ethertype
 * @at: offset of its contents, which are at hand
 * @len: their number
 * @kind: OTSEG_GOOSE_EL_*
 * @msg: the message
 *
 * Return: OTSEG_R_NONE, or why it is not acceptable.
 */
OTSEG_GLOBAL u32 otseg_goose_element(struct otseg_pdu *pdu, u32 at, u32 len, u32 kind,
				     struct otseg_msg *msg)
{
	struct link_ber el = { .at = at, .end = at + len };
	u32 number = 0;
	const u8 *buf;
	u32 reason;

	if (!pdu || !msg)
		return OTSEG_R_INTERNAL;
	buf = pdu->bytes;
	switch (kind) {
	case OTSEG_GOOSE_EL_GOCBREF:
		if (len - 1 >= OTSEG_GOOSE_TEXT_MOST)
			return OTSEG_R_PDU_MALFORMED;
		msg_text(msg, OTSEG_GOOSE_TEXT_GOCBREF, at, len);
		msg->id = (u16)link_hash(buf, at, len);
		return OTSEG_R_NONE;
	case OTSEG_GOOSE_EL_GOID:
		msg_text(msg, OTSEG_GOOSE_TEXT_GOID, at, len);
		return len > OTSEG_GOOSE_TEXT_MOST ? OTSEG_R_PDU_MALFORMED : OTSEG_R_NONE;
	case OTSEG_GOOSE_EL_DATSET:
		return len > OTSEG_GOOSE_TEXT_MOST ? OTSEG_R_PDU_MALFORMED : OTSEG_R_NONE;
	case OTSEG_GOOSE_EL_T: /* UtcTime: 8-1, 8.1.3.7 */
		msg_free(msg, at, len);
		return len == 8 ? OTSEG_R_NONE : OTSEG_R_PDU_MALFORMED;
	case OTSEG_GOOSE_EL_SIMULATION:
		if (len != 1)
			return OTSEG_R_PDU_MALFORMED;
		goose_simulation(buf, !!pdu_u8(buf, at), msg);
		return OTSEG_R_NONE;
	case OTSEG_GOOSE_EL_NDSCOM:
		if (len != 1)
			return OTSEG_R_PDU_MALFORMED;
		msg_field(msg, OTSEG_GOOSE_FIELD_NDSCOM, !!pdu_u8(buf, at));
		return OTSEG_R_NONE;
	}
	reason = link_ber_number(buf, &el, &number);
	switch (kind) {
	case OTSEG_GOOSE_EL_TTL:
		msg->keep[3] = number;
		msg_field(msg, OTSEG_GOOSE_FIELD_TTL, number);
		if (!number)
			return OTSEG_R_PDU_MALFORMED;
		break;
	case OTSEG_GOOSE_EL_STNUM:
		msg->keep[0] = number;
		msg_field(msg, OTSEG_GOOSE_FIELD_STNUM, number);
		break;
	case OTSEG_GOOSE_EL_SQNUM:
		msg->keep[1] = number;
		if (len <= 4)
			msg_number(msg, OTSEG_NUMBER_BER, at, len);
		msg->recur.field = OTSEG_GOOSE_FIELD_SQNUM + 1;
		msg_field(msg, OTSEG_GOOSE_FIELD_SQNUM, number);
		break;
	case OTSEG_GOOSE_EL_CONFREV:
		msg->keep[2] = number;
		msg_field(msg, OTSEG_GOOSE_FIELD_CONFREV, number);
		break;
	case OTSEG_GOOSE_EL_ENTRIES:
		msg_field(msg, OTSEG_GOOSE_FIELD_ENTRIES, number);
		break;
	}
	return reason;
}

/**
 * otseg_goose_data - count the data
 * @pdu: the bytes after the ethertype
 * @have: of these at hand
 * @off: offset of the first element
 * @limit: offset after the last one
 * @msg: the message
 *
 * There are as many elements as numDatSetEntries says, as far as they are looked at. What an
 * array or a structure holds is not.
 *
 * Return: OTSEG_R_NONE, or why they are not acceptable.
 */
OTSEG_GLOBAL u32 otseg_goose_data(struct otseg_pdu *pdu, u32 have, u32 off, u32 limit,
				  struct otseg_msg *msg)
{
	u32 i;

	if (!pdu || !msg)
		return OTSEG_R_INTERNAL;
	otseg_write(link_carry(msg).first, off);
	otseg_write(link_carry(msg).last, 0);
	otseg_for(i, OTSEG_PDU_MAX / 2) {
		u32 at = otseg_read(link_carry(msg).first);
		u32 n = otseg_read(link_carry(msg).last);
		struct link_ber el;
		u32 reason;
		u32 known;

		if (at >= limit)
			return at == limit && n == msg->fields[OTSEG_GOOSE_FIELD_ENTRIES] ?
				       OTSEG_R_NONE :
				       OTSEG_R_PDU_LENGTH;
		if (n >= msg->fields[OTSEG_GOOSE_FIELD_ENTRIES])
			return OTSEG_R_PDU_LENGTH;
		reason = link_ber(pdu->bytes, have, at, limit, &el);
		if (reason || !el.at)
			return reason;
		known = (el.tag & 0x20 ? OTSEG_GOOSE_DATA_CONSTRUCTED : OTSEG_GOOSE_DATA_PRIMITIVE) >>
			(el.tag & 0x1f);
		if ((el.tag & 0xc0) != 0x80 || !(known & 1))
			return OTSEG_R_PDU_MALFORMED;
		otseg_write(link_carry(msg).first, el.end);
		otseg_write(link_carry(msg).last, n + 1);
	}
	return OTSEG_R_NONE; /* 512 elements lie past what is looked at */
}

/**
 * otseg_goose_elements - go through the publication up to its data
 * @pdu: the bytes after the ethertype
 * @have: of these at hand
 * @off: offset of the first element
 * @limit: offset after the last one
 * @msg: the message; where the data begin is left in it
 *
 * Elements ascend, so none comes twice. Texts are bounded: all before the data lie where it is
 * looked.
 *
 * Return: OTSEG_R_NONE, or why it is not acceptable.
 */
OTSEG_GLOBAL u32 otseg_goose_elements(struct otseg_pdu *pdu, u32 have, u32 off, u32 limit,
				      struct otseg_msg *msg)
{
	u32 i;

	if (!pdu || !msg)
		return OTSEG_R_INTERNAL;
	otseg_write(link_carry(msg).last, off);
	otseg_write(link_carry(msg).first, 0);
	otseg_write(msg->objects[0].first, 0); /* which there were */
	otseg_for(i, OTSEG_GOOSE_ELEMENTS) {
		u32 seen = otseg_read(msg->objects[0].first);
		u32 at = otseg_read(link_carry(msg).last);
		struct link_ber el;
		u32 reason;
		u32 kind;

		otseg_write(link_carry(msg).first, 0);
		reason = link_ber(pdu->bytes, have, at, limit, &el);
		if (reason || !el.at)
			return reason;
		kind = el.tag & 0x1f;
		if (kind > OTSEG_GOOSE_EL_ALL_DATA || seen >> kind ||
		    (el.tag & 0xe0) != (kind == OTSEG_GOOSE_EL_ALL_DATA ? 0xa0 : 0x80))
			return OTSEG_R_PDU_MALFORMED;
		if (kind == OTSEG_GOOSE_EL_ALL_DATA) {
			if ((seen & OTSEG_GOOSE_NEEDED) != OTSEG_GOOSE_NEEDED)
				return OTSEG_R_PDU_MALFORMED;
			if (!(seen >> OTSEG_GOOSE_EL_SIMULATION & 1))
				goose_simulation(pdu->bytes, 0, msg);
			if (!(seen >> OTSEG_GOOSE_EL_NDSCOM & 1))
				msg_field(msg, OTSEG_GOOSE_FIELD_NDSCOM, 0);
			otseg_write(link_carry(msg).first, el.at);
			return el.end == limit ? OTSEG_R_NONE : OTSEG_R_PDU_LENGTH;
		}
		if (el.end > have)
			return el.end > OTSEG_PDU_MAX ? OTSEG_R_PDU_MALFORMED : OTSEG_R_NONE;
		reason = otseg_goose_element(pdu, el.at, el.end - el.at, kind, msg);
		if (reason)
			return reason;
		otseg_write(link_carry(msg).last, el.end);
		otseg_write(msg->objects[0].first, seen | 1u << kind);
	}
	return OTSEG_R_PDU_MALFORMED;
}

/**
 * otseg_goose_parse - make a message of the publication that begins at @pdu
 * @pdu: the bytes after the ethertype
 * @have: their number
 * @dir: enum otseg_msg_dir; a publication knows no direction
 * @msg: filled in as far as @have shows it; its @id is a hash of the control block's name
 *
 * Return: OTSEG_R_NONE, or the reason why no continuation of these bytes is acceptable.
 */
OTSEG_GLOBAL u32 otseg_goose_parse(struct otseg_pdu *pdu, u32 have, u32 dir, struct otseg_msg *msg)
{
	struct link_ber el;
	const u8 *buf;
	u32 reason;
	u32 length;
	u32 flags;

	if (!pdu || !msg)
		return OTSEG_R_INTERNAL;
	buf = pdu->bytes;
	msg_begin(msg, dir, OTSEG_SVC_GOOSE);
	msg->memory = OTSEG_MEMORY_SEQUENCE;
	if (have < OTSEG_GOOSE_AT_LENGTH)
		return OTSEG_R_NONE;
	msg_unit(msg, pdu_be16(buf, 0));
	if (have < OTSEG_GOOSE_AT_RESERVED)
		return OTSEG_R_NONE;
	length = pdu_be16(buf, OTSEG_GOOSE_AT_LENGTH);
	if (length < OTSEG_GOOSE_AT_PDU + 2 || length > OTSEG_LINK_MOST)
		return OTSEG_R_PDU_LENGTH;
	have = link_length(msg, buf, length, have);
	if (have < OTSEG_GOOSE_AT_PDU)
		return OTSEG_R_NONE;
	/* IEC 62351-6 keeps there the length of a signature, and a checksum: not inspected */
	flags = pdu_be16(buf, OTSEG_GOOSE_AT_RESERVED);
	if (flags & ~OTSEG_GOOSE_SIMULATION || pdu_be16(buf, OTSEG_GOOSE_AT_RESERVED + 2))
		return OTSEG_R_PDU_MALFORMED;
	reason = link_ber(buf, have, OTSEG_GOOSE_AT_PDU, length, &el);
	if (reason || !el.at)
		return reason;
	if (el.tag != OTSEG_GOOSE_TAG_PDU)
		return OTSEG_R_PDU_PROTOCOL;
	if (el.end != length)
		return OTSEG_R_PDU_LENGTH;
	msg_function(msg, OTSEG_GOOSE_FC_PUBLISH, 0, OTSEG_GOOSE_ACCESS);
	reason = otseg_goose_elements(pdu, have, el.at, length, msg);
	el.at = otseg_read(link_carry(msg).first);
	if (reason || !el.at)
		return reason;
	return otseg_goose_data(pdu, have, el.at, length, msg);
}

#define OTSEG_GOOSE_PARSE otseg_goose_parse

#endif /* OTSEG_GOOSE_H */
