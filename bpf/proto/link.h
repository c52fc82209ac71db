/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the inspectors of protocols without IP share: where the PDU ends within its frame, and
 * elements of ASN.1's Basic Encoding Rules (X.690). Knows no protocol.
 *
 * The bytes at hand begin after the ethertype and end with the frame. An Ethernet frame has a
 * least size, so a short PDU is followed by padding, which is not always zero: devices leave there
 * what a buffer held before. And on a network of IEC 62439-3 (PRP) a trailer of six bytes ends the
 * frame. Both are taken for part of the PDU, so that nothing is left after it; whatever else
 * follows it is not, and is judged as another PDU.
 */
#ifndef OTSEG_LINK_H
#define OTSEG_LINK_H

#include "pdu.h"

#define OTSEG_LINK_LEAST 46 /* bytes after the ethertype of the shortest frame (IEEE 802.3, 3.2.8) */
#define OTSEG_LINK_MOST 1500 /* and of the longest one (3.2.7) */
#define OTSEG_LINK_RCT 6 /* IEC 62439-3, 4.1.10: sequence number, LAN and size, 0x88fb */
#define OTSEG_LINK_RCT_SUFFIX 0x88fb
#define OTSEG_LINK_LAN_A 0xa
#define OTSEG_LINK_LAN_B 0xb

#define OTSEG_LINK_NAME_MOST 129 /* ObjectReference and VISIBLE STRING129 of IEC 61850-7-2 */
#define OTSEG_LINK_NAME_WORDS ((OTSEG_LINK_NAME_MOST + 7) / 8)

/* Fields of every link-level message; the engine fills them in. */
/* clang-format off */
#define OTSEG_LINK_FIELDS(X)                                                              \
	X(SOURCE_MAC, OTSEG_FIELD_SOURCE, "source-mac", 0xffffffff,                       \
	  "last four bytes of the frame's source MAC")                                             \
	X(DESTINATION_MAC, OTSEG_FIELD_DESTINATION, "destination-mac", 0xffffffff,        \
	  "last four bytes of the frame's destination MAC")
/* clang-format on */

/*
 * A number that a loop carries along in the message, where the verifier does not follow its
 * values: it need not walk every round of the loop. For inspectors that do not fill the
 * list of objects up to its last entry.
 */
#define link_carry(msg) ((msg)->objects[OTSEG_MSG_OBJECTS - 1])

/* 1 if @a is below @b, both below 2^31. Without a branch: loops stay one path to the verifier. */
OTSEG_INLINE u32 link_below(u32 a, u32 b)
{
	u32 difference = a - b;

	otseg_opaque(difference);
	return difference >> 31;
}

/*
 * Whether what follows the @length bytes of the PDU, to the end of the frame after @have bytes,
 * is padding, or the trailer of PRP behind at most padding. The trailer counts the bytes
 * after the ethertype, itself included.
 */
OTSEG_INLINE u32 link_is_trailer(const u8 *buf, u32 length, u32 have)
{
	u32 end = have - OTSEG_LINK_RCT;
	u32 lan;

	if (have <= OTSEG_LINK_LEAST)
		return 1;
	if (have < length + OTSEG_LINK_RCT || (end != length && end > OTSEG_LINK_LEAST))
		return 0;
	if (have > OTSEG_PDU_MAX) /* what it is does not show */
		return 1;
	lan = pdu_be16(buf, end + 2);
	return pdu_be16(buf, end + 4) == OTSEG_LINK_RCT_SUFFIX && (lan & 0xfff) == have &&
	       (lan >> 12 == OTSEG_LINK_LAN_A || lan >> 12 == OTSEG_LINK_LAN_B);
}

/*
 * The PDU says that it has @length bytes: msg_length(), which takes padding along.
 * Return: how many of the bytes at hand belong to the PDU proper, at most OTSEG_PDU_MAX.
 */
OTSEG_INLINE u32 link_length(struct otseg_msg *msg, const u8 *buf, u32 length, u32 have)
{
	u32 seen = msg_length(msg, length, have);

	if (have > length && link_is_trailer(buf, length, have))
		msg->length = have;
	return seen;
}

/**
 * struct link_ber - an element of BER
 * @tag: its identifier octet
 * @at: offset of its contents, 0: it is not visible yet
 * @end: offset after them
 */
struct link_ber {
	u32 tag;
	u32 at;
	u32 end;
};

/*
 * The element at @off, whose last byte must lie before @limit: its identifier of one octet,
 * its length in the definite form (X.690, 8.1.3) of at most two octets.
 */
OTSEG_INLINE u32 link_ber(const u8 *buf, u32 have, u32 off, u32 limit, struct link_ber *el)
{
	u32 len;

	el->at = 0;
	if (off + 2 > limit)
		return OTSEG_R_PDU_LENGTH;
	if (off + 2 > have)
		return OTSEG_R_NONE;
	el->tag = pdu_u8(buf, off);
	len = pdu_u8(buf, off + 1);
	off += 2;
	if (len >= 0x80) {
		u32 octets = len - 0x80;

		if (octets - 1 > 1)
			return OTSEG_R_PDU_MALFORMED;
		if (off + octets > limit)
			return OTSEG_R_PDU_LENGTH;
		if (off + octets > have)
			return OTSEG_R_NONE;
		len = octets == 1 ? pdu_u8(buf, off) : pdu_be16(buf, off);
		off += octets;
	}
	if (len > limit - off)
		return OTSEG_R_PDU_LENGTH;
	el->at = off;
	el->end = off + len;
	return OTSEG_R_NONE;
}

/* An INTEGER of 0 to 2^32 - 1 (X.690, 8.3), whose contents are all at hand. */
OTSEG_INLINE u32 link_ber_number(const u8 *buf, const struct link_ber *el, u32 *number)
{
	u32 len = el->end - el->at;
	u32 value = 0;
	u32 i;

	if (len - 1 >= 5 || pdu_u8(buf, el->at) >= 0x80 || (len == 5 && pdu_u8(buf, el->at)))
		return OTSEG_R_PDU_MALFORMED;
	for (i = 0; i < 5; i++) {
		u32 is_there = link_below(i, len);

		value = value << (8 * is_there) | (pdu_u8(buf, el->at + (i & -is_there)) & -is_there);
	}
	*number = value;
	return OTSEG_R_NONE;
}

/* One more word of a name. */
OTSEG_INLINE u64 link_mix(u64 hash, u64 word)
{
	hash = (hash ^ word) * 0x9e3779b97f4a7c15ull;
	return hash ^ hash >> 32;
}

/* Eight bytes at @at, which are at hand. */
OTSEG_INLINE u64 link_word(const u8 *buf, u32 at)
{
	return (u64)pdu_be32(buf, at) << 32 | pdu_be32(buf, at + 4);
}

/*
 * A name in brief: with APPID and addresses it tells publications and streams apart.
 * Whole words of it, and the one that ends it, which overlaps.
 */
OTSEG_NOINLINE u32 link_hash(const u8 *buf, u32 at, u32 len)
{
	u64 hash = len;
	u32 i;

	if (len < 8) {
		for (i = 0; i < 8; i++) {
			if (i >= len)
				break;
			hash = link_mix(hash, pdu_u8(buf, at + i));
		}
	} else {
		for (i = 0; i < OTSEG_LINK_NAME_WORDS; i++) {
			if (8 * i + 8 >= len)
				break;
			hash = link_mix(hash, link_word(buf, at + 8 * i));
		}
		hash = link_mix(hash, link_word(buf, at + len - 8));
	}
	return (u32)hash & 0xffff;
}

#endif /* OTSEG_LINK_H */
