/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Sampled values: streams of measured currents and voltages. Bytes of one frame after its
 * ethertype in, message out; each data unit (ASDU) of the frame is a message.
 *
 * "9-2" is IEC 61850-9-2 (edition 2.1): its header and encoding. Field tags are cross-checked
 * with Wireshark's dissector for sampled values.
 */
#ifndef OTSEG_SV_H
#define OTSEG_SV_H

#include "link.h"

/*
 * Samples are process data, but of those who subscribe: protection trips by them. Who may
 * send them changes what others act on, so it is `write`. They order nothing.
 */
#define OTSEG_SV_FUNCTIONS(X) X(PUBLISH, 1, "publish", OTSEG_ACCESS_WRITE, 0, 0)
#define OTSEG_SV_SUBFUNCTIONS(X)
#define OTSEG_SV_OBJECTS(X)

enum otseg_sv_function {
#define X(id, code, name, access, object, flags) OTSEG_SV_FC_##id = (code),
	OTSEG_SV_FUNCTIONS(X)
#undef X
};

/* clang-format off */
#define OTSEG_SV_OWN_FIELDS(X)                                                            \
	X(SMPCNT, 0, "smpcnt", 0xffff, "number of the sample within the second")              \
	X(CONFREV, 1, "confrev", 0xffffffff, "revision of the control block's configuration") \
	X(SMPSYNCH, 2, "smpsynch", 0xff, "what the sampling is synchronised with")            \
	X(SMPRATE, 3, "smprate", 0xffff, "sampling rate, by smpmod")                          \
	X(SMPMOD, 4, "smpmod", 0xffff, "what smprate is per")                                 \
	X(SIMULATION, 5, "simulation", 1, "whether the samples are simulated")                \
	X(ASDUS, 6, "asdus", 0xffff, "data units in the frame")
/* clang-format on */
#define OTSEG_SV_FIELDS(X) OTSEG_SV_OWN_FIELDS(X) OTSEG_LINK_FIELDS(X)

enum otseg_sv_field {
#define X(id, number, name, max, sentence) OTSEG_SV_FIELD_##id = (number),
	OTSEG_SV_OWN_FIELDS(X)
#undef X
};

#define OTSEG_SV_FIELD_WORDS(X)                       \
	X(OTSEG_SV_FIELD_SIMULATION, 0, "no")         \
	X(OTSEG_SV_FIELD_SIMULATION, 1, "yes")        \
	X(OTSEG_SV_FIELD_SMPSYNCH, 0, "none")         \
	X(OTSEG_SV_FIELD_SMPSYNCH, 1, "local")        \
	X(OTSEG_SV_FIELD_SMPSYNCH, 2, "global")       \
	X(OTSEG_SV_FIELD_SMPMOD, 0, "samples-per-period") \
	X(OTSEG_SV_FIELD_SMPMOD, 1, "samples-per-second") \
	X(OTSEG_SV_FIELD_SMPMOD, 2, "seconds-per-sample")

#define OTSEG_SV_TEXTS(X)                                     \
	X(SVID, 0, "svid", "identifier of the stream")        \
	X(DATSET, 1, "datset", "reference of the data set")
#define OTSEG_SV_TEXT_SVID 0
#define OTSEG_SV_TEXT_DATSET 1
#define OTSEG_SV_EXCEPTIONS(X)

#define OTSEG_SV_SHAPE \
	.unit = "appid", .unit_max = 0xffff, .code_max = 1, .sub_max = 0, .value_max = 0

/* The header (9-2, 5.3.3): APPID, length from itself on, two reserved words. */
#define OTSEG_SV_AT_LENGTH 2
#define OTSEG_SV_AT_RESERVED 4
#define OTSEG_SV_AT_PDU 8
#define OTSEG_SV_SIMULATION 0x8000

#define OTSEG_SV_TAG_PDU 0x60 /* savPdu [APPLICATION 0] */
#define OTSEG_SV_TAG_COUNT 0x80
#define OTSEG_SV_TAG_ASDUS 0xa2
#define OTSEG_SV_TAG_ASDU 0x30

/* Elements of an ASDU (9-2, table 14), by the number of their context tag; in this order. */
#define OTSEG_SV_EL_SVID 0
#define OTSEG_SV_EL_DATSET 1 /* OPTIONAL */
#define OTSEG_SV_EL_SMPCNT 2
#define OTSEG_SV_EL_CONFREV 3
#define OTSEG_SV_EL_REFRTM 4 /* OPTIONAL */
#define OTSEG_SV_EL_SMPSYNCH 5
#define OTSEG_SV_EL_SMPRATE 6 /* OPTIONAL */
#define OTSEG_SV_EL_SAMPLE 7
#define OTSEG_SV_EL_SMPMOD 8 /* OPTIONAL */
#define OTSEG_SV_EL_GMIDENTITY 9 /* OPTIONAL */
#define OTSEG_SV_ELEMENTS 10
#define OTSEG_SV_NEEDED                                                                       \
	(1u << OTSEG_SV_EL_SVID | 1u << OTSEG_SV_EL_SMPCNT | 1u << OTSEG_SV_EL_CONFREV |      \
	 1u << OTSEG_SV_EL_SMPSYNCH | 1u << OTSEG_SV_EL_SAMPLE)

#define OTSEG_SV_TEXT_MOST OTSEG_LINK_NAME_MOST
#define OTSEG_SV_VALID_MS 1000 /* silent for longer, a stream may go on with another revision */
#define OTSEG_SV_ASDUS 64 /* in a frame: a second ASDU of 16 bytes does not carry a sample */

/* Lengths of the elements that have a fixed one, by number; 0: any. */
OTSEG_INLINE u32 sv_length(u32 kind)
{
	switch (kind) {
	case OTSEG_SV_EL_SMPCNT:
	case OTSEG_SV_EL_SMPRATE:
	case OTSEG_SV_EL_SMPMOD:
		return 2;
	case OTSEG_SV_EL_CONFREV:
		return 4;
	case OTSEG_SV_EL_REFRTM:
	case OTSEG_SV_EL_GMIDENTITY:
		return 8;
	case OTSEG_SV_EL_SMPSYNCH:
		return 1;
	}
	return 0;
}

/* One element of the ASDU that the message is of, all of it at hand. */
OTSEG_INLINE u32 sv_element(const u8 *buf, const struct link_ber *el, struct otseg_msg *msg)
{
	u32 kind = el->tag & 0x1f;
	u32 len = el->end - el->at;

	if (sv_length(kind) && len != sv_length(kind))
		return OTSEG_R_PDU_MALFORMED;
	switch (kind) {
	case OTSEG_SV_EL_SVID:
		if (!len || len > OTSEG_SV_TEXT_MOST)
			return OTSEG_R_PDU_MALFORMED;
		msg_text(msg, OTSEG_SV_TEXT_SVID, el->at, len);
		break;
	case OTSEG_SV_EL_DATSET:
		if (len > OTSEG_SV_TEXT_MOST)
			return OTSEG_R_PDU_MALFORMED;
		msg_text(msg, OTSEG_SV_TEXT_DATSET, el->at, len);
		break;
	case OTSEG_SV_EL_SMPCNT:
		msg_field(msg, OTSEG_SV_FIELD_SMPCNT, pdu_be16(buf, el->at));
		msg_number(msg, OTSEG_NUMBER_BE, el->at, 2);
		msg->recur.field = OTSEG_SV_FIELD_SMPCNT + 1;
		break;
	case OTSEG_SV_EL_CONFREV:
		msg->keep[2] = pdu_be32(buf, el->at);
		msg_field(msg, OTSEG_SV_FIELD_CONFREV, msg->keep[2]);
		break;
	case OTSEG_SV_EL_REFRTM:
	case OTSEG_SV_EL_SAMPLE:
		msg_free(msg, el->at, len);
		break;
	case OTSEG_SV_EL_SMPSYNCH:
		msg_field(msg, OTSEG_SV_FIELD_SMPSYNCH, pdu_u8(buf, el->at));
		break;
	case OTSEG_SV_EL_SMPRATE:
		msg_field(msg, OTSEG_SV_FIELD_SMPRATE, pdu_be16(buf, el->at));
		break;
	case OTSEG_SV_EL_SMPMOD:
		msg_field(msg, OTSEG_SV_FIELD_SMPMOD, pdu_be16(buf, el->at));
		break;
	}
	return OTSEG_R_NONE;
}

/**
 * otseg_sv_asdu - put the elements of an ASDU into the message
 * @pdu: the bytes after the ethertype
 * @have: of these at hand
 * @off: offset of the first element
 * @limit: offset after the last one
 * @msg: the message
 *
 * The samples may reach past what is looked at; then the two elements behind them are not seen.
 *
 * Return: OTSEG_R_NONE, or why it is not acceptable.
 */
OTSEG_GLOBAL u32 otseg_sv_asdu(struct otseg_pdu *pdu, u32 have, u32 off, u32 limit,
			       struct otseg_msg *msg)
{
	const u8 *buf;
	u32 i;

	if (!pdu || !msg)
		return OTSEG_R_INTERNAL;
	buf = pdu->bytes;
	otseg_write(link_carry(msg).first, off);
	otseg_write(link_carry(msg).last, 0); /* which there were */
	otseg_for(i, OTSEG_SV_ELEMENTS + 1) {
		u32 seen = otseg_read(link_carry(msg).last);
		u32 at = otseg_read(link_carry(msg).first);
		struct link_ber el;
		u32 reason;
		u32 kind;

		if (at >= limit)
			return (seen & OTSEG_SV_NEEDED) == OTSEG_SV_NEEDED ? OTSEG_R_NONE :
									     OTSEG_R_PDU_MALFORMED;
		reason = link_ber(buf, have, at, limit, &el);
		if (reason)
			return reason;
		if (!el.at || (el.end > have && have == OTSEG_PDU_MAX)) {
			u32 rest = el.at && el.tag == (0x80 | OTSEG_SV_EL_SAMPLE) ?
					   seen | 1u << OTSEG_SV_EL_SAMPLE :
					   seen;

			/* not there yet, or there and not looked at */
			if (have == OTSEG_PDU_MAX && (rest & OTSEG_SV_NEEDED) != OTSEG_SV_NEEDED)
				return OTSEG_R_PDU_NESTING;
			return OTSEG_R_NONE;
		}
		kind = el.tag & 0x1f;
		if ((el.tag & 0xe0) != 0x80 || kind >= OTSEG_SV_ELEMENTS || seen >> kind)
			return OTSEG_R_PDU_MALFORMED;
		if (el.end > have)
			return OTSEG_R_NONE;
		reason = sv_element(buf, &el, msg);
		if (reason)
			return reason;
		otseg_write(link_carry(msg).first, el.end);
		otseg_write(link_carry(msg).last, seen | 1u << kind);
	}
	return OTSEG_R_PDU_MALFORMED;
}

/**
 * otseg_sv_find - find the ASDU that is asked for
 * @pdu: the bytes after the ethertype
 * @have: of these at hand
 * @off: offset of the first ASDU
 * @limit: offset after the last one
 * @msg: the message; where the ASDU lies, 0: not at hand, is left in its first object
 *
 * There are as many of them as noASDU says.
 *
 * Return: OTSEG_R_NONE, or why they are not acceptable.
 */
OTSEG_GLOBAL u32 otseg_sv_find(struct otseg_pdu *pdu, u32 have, u32 off, u32 limit,
			       struct otseg_msg *msg)
{
	const u8 *buf;
	u32 count;
	u32 i;

	if (!pdu || !msg)
		return OTSEG_R_INTERNAL;
	buf = pdu->bytes;
	count = msg->fields[OTSEG_SV_FIELD_ASDUS];
	otseg_write(link_carry(msg).first, off);
	otseg_write(msg->objects[0].first, 0); /* where it is */
	otseg_write(msg->objects[0].last, 0);
	otseg_for(i, OTSEG_SV_ASDUS + 1) {
		u32 at = otseg_read(link_carry(msg).first);
		struct link_ber el;
		u32 reason;

		if (at >= limit)
			return i == count ? OTSEG_R_NONE : OTSEG_R_PDU_LENGTH;
		if (i >= count)
			return OTSEG_R_PDU_LENGTH;
		reason = link_ber(buf, have, at, limit, &el);
		if (reason)
			return reason;
		if (!el.at)
			return have == OTSEG_PDU_MAX ? OTSEG_R_PDU_NESTING : OTSEG_R_NONE;
		if (el.tag != OTSEG_SV_TAG_ASDU)
			return OTSEG_R_PDU_MALFORMED;
		if (i == msg->part) {
			otseg_write(msg->objects[0].first, el.at);
			otseg_write(msg->objects[0].last, el.end);
		}
		otseg_write(link_carry(msg).first, el.end);
	}
	return OTSEG_R_PDU_NESTING;
}

/**
 * otseg_sv_parse - make a message of an ASDU of the frame that begins at @pdu
 * @pdu: the bytes after the ethertype
 * @have: their number
 * @dir: enum otseg_msg_dir; samples know no direction
 * @msg: filled in as far as @have shows it; its @id is a hash of the stream's name
 *
 * Return: OTSEG_R_NONE, or the reason why no continuation of these bytes is acceptable.
 */
OTSEG_GLOBAL u32 otseg_sv_parse(struct otseg_pdu *pdu, u32 have, u32 dir, struct otseg_msg *msg)
{
	struct link_ber el;
	const u8 *buf;
	u32 reason;
	u32 length;
	u32 count;
	u32 flags;

	if (!pdu || !msg)
		return OTSEG_R_INTERNAL;
	buf = pdu->bytes;
	msg_begin(msg, dir, OTSEG_SVC_SV);
	msg->memory = OTSEG_MEMORY_REVISION;
	msg->keep[0] = 1; /* a revision of 0 is to be known as well */
	msg->keep[1] = 0;
	msg->keep[3] = OTSEG_SV_VALID_MS;
	if (have < OTSEG_SV_AT_LENGTH)
		return OTSEG_R_NONE;
	msg_unit(msg, pdu_be16(buf, 0));
	if (have < OTSEG_SV_AT_RESERVED)
		return OTSEG_R_NONE;
	length = pdu_be16(buf, OTSEG_SV_AT_LENGTH);
	if (length < OTSEG_SV_AT_PDU + 2 || length > OTSEG_LINK_MOST)
		return OTSEG_R_PDU_LENGTH;
	have = link_length(msg, buf, length, have);
	if (have < OTSEG_SV_AT_PDU)
		return OTSEG_R_NONE;
	flags = pdu_be16(buf, OTSEG_SV_AT_RESERVED);
	if (flags & ~OTSEG_SV_SIMULATION || pdu_be16(buf, OTSEG_SV_AT_RESERVED + 2))
		return OTSEG_R_PDU_MALFORMED;
	reason = link_ber(buf, have, OTSEG_SV_AT_PDU, length, &el);
	if (reason || !el.at)
		return reason;
	if (el.tag != OTSEG_SV_TAG_PDU)
		return OTSEG_R_PDU_PROTOCOL;
	if (el.end != length)
		return OTSEG_R_PDU_LENGTH;
	msg_function(msg, OTSEG_SV_FC_PUBLISH, 0, OTSEG_ACCESS_WRITE);
	msg_field(msg, OTSEG_SV_FIELD_SIMULATION, !!flags);
	reason = link_ber(buf, have, el.at, length, &el);
	if (reason || !el.at)
		return reason;
	if (el.tag != OTSEG_SV_TAG_COUNT)
		return OTSEG_R_PDU_MALFORMED;
	if (el.end > have)
		return OTSEG_R_NONE;
	reason = link_ber_number(buf, &el, &count);
	if (reason)
		return reason;
	if (count - 1 >= OTSEG_SV_ASDUS || msg->part >= count)
		return count && count <= 0xffff ? OTSEG_R_PDU_NESTING : OTSEG_R_PDU_MALFORMED;
	msg_field(msg, OTSEG_SV_FIELD_ASDUS, count);
	if (msg->part + 1 < count)
		msg->flags |= OTSEG_MSG_MORE;
	/* [1] of the savPdu is a signature, not inspected */
	reason = link_ber(buf, have, el.end, length, &el);
	if (reason || !el.at)
		return reason;
	if (el.tag != OTSEG_SV_TAG_ASDUS)
		return OTSEG_R_PDU_MALFORMED;
	if (el.end != length)
		return OTSEG_R_PDU_LENGTH;
	reason = otseg_sv_find(pdu, have, el.at, length, msg);
	if (reason)
		return reason;
	el.at = otseg_read(msg->objects[0].first);
	if (!el.at)
		return OTSEG_R_NONE;
	reason = otseg_sv_asdu(pdu, have, el.at, otseg_read(msg->objects[0].last), msg);
	if (reason || msg->flags & OTSEG_MSG_PARTIAL)
		return reason;
	msg->id = (u16)link_hash(buf, msg->texts[OTSEG_SV_TEXT_SVID].off,
				 msg->texts[OTSEG_SV_TEXT_SVID].len);
	return OTSEG_R_NONE;
}

#define OTSEG_SV_PARSE otseg_sv_parse

#endif /* OTSEG_SV_H */
