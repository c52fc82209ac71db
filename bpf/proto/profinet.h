/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * PROFINET without IP: cyclic data, alarms, discovery and configuration (DCP), time (PTCP).
 * Bytes of one frame after its ethertype in, message out; each block that a DCP Set carries is
 * a message.
 *
 * "6-10" is IEC 61158-6-10, the coding of it all. Numbers are cross-checked with Wireshark's
 * dissectors pn_rt, pn_dcp, pn_rta and pn_ptcp.
 */
#ifndef OTSEG_PROFINET_H
#define OTSEG_PROFINET_H

#include "link.h"

/* clang-format off */
#define OTSEG_PROFINET_OBJECTS(X)                                                              \
	X(BLOCK, 1, "block", 0xffff, 0, "what DCP names: option * 256 + suboption")                \
	X(SUBSLOT, 2, "subslot", 0xffffffff, OTSEG_OBJ_PAIR, "what an alarm is of: slot / subslot")
/* clang-format on */

enum otseg_profinet_object {
	OTSEG_PROFINET_OBJ_NONE,
#define X(id, number, name, max, flags, sentence) OTSEG_PROFINET_OBJ_##id = (number),
	OTSEG_PROFINET_OBJECTS(X)
#undef X
};

/*
 * Functions: ranges of frame identifiers (6-10, table "FrameID"), by the first of the range. An
 * identifier of no range is an unknown function of that number.
 *
 * Cyclic data are outputs on one way and inputs on the other, and nothing in them tells which:
 * `write`. An alarm is acted on by who receives it: `write`; one that ends the relation stops its
 * outputs: `control`. Who sends time sets clocks: `control`. A Hello makes a controller set a
 * device up, and who answers that a name is its own gets the controller's connection: `write`.
 * Other responses are of one who was asked by its address: they are read.
 */
#define OTSEG_PROFINET_SET \
	(OTSEG_ACCESS_CONTROL | OTSEG_ACCESS_PROGRAM)
/* clang-format off */
#define OTSEG_PROFINET_FUNCTIONS(X)                                                            \
	X(PTCP_SYNC, 0x0020, "ptcp-sync", OTSEG_ACCESS_CONTROL, 0, OTSEG_FN_OPAQUE)                \
	X(RT_CLASS_3, 0x0100, "rt-class-3", OTSEG_ACCESS_WRITE, 0, OTSEG_FN_OPAQUE)                \
	X(RT_CLASS_1, 0x8000, "rt-class-1", OTSEG_ACCESS_WRITE, 0, OTSEG_FN_OPAQUE)                \
	X(RT_CLASS_1_MULTICAST, 0xbc00, "rt-class-1-multicast", OTSEG_ACCESS_WRITE, 0, OTSEG_FN_OPAQUE) \
	X(RT_CLASS_UDP, 0xc000, "rt-class-udp", OTSEG_ACCESS_WRITE, 0, OTSEG_FN_OPAQUE)            \
	X(RT_CLASS_UDP_MULTICAST, 0xf800, "rt-class-udp-multicast", OTSEG_ACCESS_WRITE, 0, OTSEG_FN_OPAQUE) \
	X(ALARM_HIGH, 0xfc01, "alarm-high", OTSEG_ACCESS_WRITE | OTSEG_ACCESS_CONTROL, \
		OTSEG_PROFINET_OBJ_SUBSLOT, OTSEG_FN_SUB) \
	X(ALARM_LOW, 0xfe01, "alarm-low", OTSEG_ACCESS_WRITE | OTSEG_ACCESS_CONTROL, \
		OTSEG_PROFINET_OBJ_SUBSLOT, OTSEG_FN_SUB) \
	X(RSI, 0xfe02, "rsi", OTSEG_ACCESS_WRITE | OTSEG_PROFINET_SET, 0, OTSEG_FN_OPAQUE)         \
	X(DCP_HELLO, 0xfefc, "dcp-hello", OTSEG_ACCESS_WRITE, OTSEG_PROFINET_OBJ_BLOCK, 0)         \
	X(DCP_GET_SET, 0xfefd, "dcp-get-set", OTSEG_ACCESS_READ | OTSEG_PROFINET_SET, \
		OTSEG_PROFINET_OBJ_BLOCK, OTSEG_FN_SUB) \
	X(DCP_IDENTIFY_REQUEST, 0xfefe, "dcp-identify-request", OTSEG_ACCESS_READ, OTSEG_PROFINET_OBJ_BLOCK, 0) \
	X(DCP_IDENTIFY_RESPONSE, 0xfeff, "dcp-identify-response", OTSEG_ACCESS_WRITE, OTSEG_PROFINET_OBJ_BLOCK, 0) \
	X(PTCP_ANNOUNCE, 0xff00, "ptcp-announce", OTSEG_ACCESS_CONTROL, 0, OTSEG_FN_OPAQUE)        \
	X(PTCP_FOLLOW_UP, 0xff20, "ptcp-follow-up", OTSEG_ACCESS_CONTROL, 0, OTSEG_FN_OPAQUE)      \
	X(PTCP_DELAY_REQUEST, 0xff40, "ptcp-delay-request", OTSEG_ACCESS_READ, 0, OTSEG_FN_OPAQUE) \
	X(PTCP_DELAY_RESPONSE, 0xff41, "ptcp-delay-response", OTSEG_ACCESS_CONTROL, 0, OTSEG_FN_OPAQUE) \
	X(FRAGMENT, 0xff80, "fragment", OTSEG_ACCESS_WRITE | OTSEG_PROFINET_SET, 0, OTSEG_FN_OPAQUE)
/* clang-format on */

enum otseg_profinet_function {
#define X(id, code, name, access, object, flags) OTSEG_PROFINET_FC_##id = (code),
	OTSEG_PROFINET_FUNCTIONS(X)
#undef X
};

/*
 * Sub-functions of `dcp-get-set`: of a Set the option and suboption of its block, as option *
 * 256 + suboption; all else, service * 16 + type. Options begin at 1, so the two do not meet.
 *
 * A Set configures, and may keep it: address, name, what starts the device up, what it
 * forgets: `program`; all of it interrupts or takes the device away: `control`. A signal
 * makes it blink, a transaction brackets other blocks: `control`.
 *
 * Sub-functions of alarms: the type of the transport's PDU (6-10, RTA-PDU).
 */
/* clang-format off */
#define OTSEG_PROFINET_SETS(X)                                                                 \
	X(SET_IP, OTSEG_PROFINET_FC_DCP_GET_SET, 0x0102, "set-ip", OTSEG_PROFINET_SET)             \
	X(SET_IP_SUITE, OTSEG_PROFINET_FC_DCP_GET_SET, 0x0103, "set-ip-suite", OTSEG_PROFINET_SET) \
	X(SET_NAME, OTSEG_PROFINET_FC_DCP_GET_SET, 0x0202, "set-name-of-station", OTSEG_PROFINET_SET) \
	X(SET_DHCP_HOST_NAME, OTSEG_PROFINET_FC_DCP_GET_SET, 0x030c, "set-dhcp-host-name", OTSEG_PROFINET_SET) \
	X(SET_DHCP_VENDOR, OTSEG_PROFINET_FC_DCP_GET_SET, 0x032b, "set-dhcp-vendor-specific", OTSEG_PROFINET_SET) \
	X(SET_DHCP_SERVER, OTSEG_PROFINET_FC_DCP_GET_SET, 0x0336, "set-dhcp-server", OTSEG_PROFINET_SET) \
	X(SET_DHCP_LIST, OTSEG_PROFINET_FC_DCP_GET_SET, 0x0337, "set-dhcp-parameter-list", OTSEG_PROFINET_SET) \
	X(SET_DHCP_CLASS, OTSEG_PROFINET_FC_DCP_GET_SET, 0x033c, "set-dhcp-class", OTSEG_PROFINET_SET) \
	X(SET_DHCP_CLIENT, OTSEG_PROFINET_FC_DCP_GET_SET, 0x033d, "set-dhcp-client", OTSEG_PROFINET_SET) \
	X(SET_DHCP_FQDN, OTSEG_PROFINET_FC_DCP_GET_SET, 0x0351, "set-dhcp-fqdn", OTSEG_PROFINET_SET) \
	X(SET_DHCP_UUID, OTSEG_PROFINET_FC_DCP_GET_SET, 0x0361, "set-dhcp-uuid", OTSEG_PROFINET_SET) \
	X(SET_DHCP, OTSEG_PROFINET_FC_DCP_GET_SET, 0x03ff, "set-dhcp-control", OTSEG_PROFINET_SET) \
	X(SET_START, OTSEG_PROFINET_FC_DCP_GET_SET, 0x0501, "set-start-transaction", OTSEG_ACCESS_CONTROL) \
	X(SET_END, OTSEG_PROFINET_FC_DCP_GET_SET, 0x0502, "set-end-transaction", OTSEG_ACCESS_CONTROL) \
	X(SET_SIGNAL, OTSEG_PROFINET_FC_DCP_GET_SET, 0x0503, "set-signal", OTSEG_ACCESS_CONTROL)   \
	X(SET_FACTORY_RESET, OTSEG_PROFINET_FC_DCP_GET_SET, 0x0505, "set-factory-reset", OTSEG_PROFINET_SET) \
	X(SET_RESET, OTSEG_PROFINET_FC_DCP_GET_SET, 0x0506, "set-reset-to-factory", OTSEG_PROFINET_SET) \
	X(SET_INITIATIVE, OTSEG_PROFINET_FC_DCP_GET_SET, 0x0601, "set-device-initiative", OTSEG_PROFINET_SET) \
	X(SET_TSN_DOMAIN, OTSEG_PROFINET_FC_DCP_GET_SET, 0x0701, "set-tsn-domain-name", OTSEG_PROFINET_SET) \
	X(SET_TSN_MANAGER, OTSEG_PROFINET_FC_DCP_GET_SET, 0x0702, "set-tsn-manager", OTSEG_PROFINET_SET) \
	X(SET_TSN_PARAMETERS, OTSEG_PROFINET_FC_DCP_GET_SET, 0x0703, "set-tsn-parameters", OTSEG_PROFINET_SET) \
	X(SET_TSN_AGENT, OTSEG_PROFINET_FC_DCP_GET_SET, 0x0704, "set-tsn-agent", OTSEG_PROFINET_SET) \
	X(SET_CIM, OTSEG_PROFINET_FC_DCP_GET_SET, 0x0705, "set-cim-interface", OTSEG_PROFINET_SET)
#define OTSEG_PROFINET_DCPS(X)                                                                 \
	X(GET, OTSEG_PROFINET_FC_DCP_GET_SET, 0x30, "get", OTSEG_ACCESS_READ)                      \
	X(GET_RESPONSE, OTSEG_PROFINET_FC_DCP_GET_SET, 0x31, "get-response", OTSEG_ACCESS_READ)    \
	X(GET_UNSUPPORTED, OTSEG_PROFINET_FC_DCP_GET_SET, 0x35, "get-not-supported", OTSEG_ACCESS_READ) \
	X(SET_RESPONSE, OTSEG_PROFINET_FC_DCP_GET_SET, 0x41, "set-response", OTSEG_ACCESS_READ)    \
	X(SET_UNSUPPORTED, OTSEG_PROFINET_FC_DCP_GET_SET, 0x45, "set-not-supported", OTSEG_ACCESS_READ)
#define OTSEG_PROFINET_ALARMS(X, side)                                                         \
	X(side##_DATA, OTSEG_PROFINET_FC_##side, 1, "data", OTSEG_ACCESS_WRITE)                    \
	X(side##_NACK, OTSEG_PROFINET_FC_##side, 2, "nack", OTSEG_ACCESS_WRITE)                    \
	X(side##_ACK, OTSEG_PROFINET_FC_##side, 3, "ack", OTSEG_ACCESS_WRITE)                      \
	X(side##_ERROR, OTSEG_PROFINET_FC_##side, 4, "error", OTSEG_ACCESS_CONTROL)
/* clang-format on */
#define OTSEG_PROFINET_SUBFUNCTIONS(X)                                                 \
	OTSEG_PROFINET_DCPS(X) OTSEG_PROFINET_SETS(X) OTSEG_PROFINET_ALARMS(X, ALARM_HIGH) \
	OTSEG_PROFINET_ALARMS(X, ALARM_LOW)

/* clang-format off */
#define OTSEG_PROFINET_OWN_FIELDS(X)                                                           \
	X(FRAME_ID, 0, "frame-id", 0xffff, "frame identifier")                                     \
	X(QUALIFIER, 1, "block-qualifier", 0xffff, "of a DCP Set: bit 0 keeps it, the rest says what a reset forgets") \
	X(ADDRESS, 2, "ip-address", 0xffffffff, "IP address of the DCP block, as a number")        \
	X(ALARM_TYPE, 3, "alarm-type", 0xffff, "type of an alarm")                                 \
	X(API, 4, "api", 0xffffffff, "application process that an alarm is of")                    \
	X(XID, 5, "xid", 0xffffffff, "number that pairs DCP requests and responses")
/* clang-format on */
#define OTSEG_PROFINET_FIELDS(X) OTSEG_PROFINET_OWN_FIELDS(X) OTSEG_LINK_FIELDS(X)

enum otseg_profinet_field {
#define X(id, number, name, max, sentence) OTSEG_PROFINET_FIELD_##id = (number),
	OTSEG_PROFINET_OWN_FIELDS(X)
#undef X
};

#define OTSEG_PROFINET_FIELD_WORDS(X)                     \
	X(OTSEG_PROFINET_FIELD_QUALIFIER, 0, "temporary") \
	X(OTSEG_PROFINET_FIELD_QUALIFIER, 1, "permanent")

#define OTSEG_PROFINET_TEXTS(X)                                               \
	X(STATION, 0, "name-of-station", "name of the station in a DCP block") \
	X(ALIAS, 1, "alias-name", "alias of the station in a DCP block")
#define OTSEG_PROFINET_TEXT_STATION 0
#define OTSEG_PROFINET_TEXT_ALIAS 1
#define OTSEG_PROFINET_EXCEPTIONS(X)

#define OTSEG_PROFINET_SHAPE .code_max = 0xffff, .sub_max = 0xffff

/* DCP (6-10, DCP-PDU): frame identifier, service, type, xid, delay, length, blocks. */
#define OTSEG_PROFINET_AT_SERVICE 2
#define OTSEG_PROFINET_AT_XID 4
#define OTSEG_PROFINET_AT_LENGTH 10
#define OTSEG_PROFINET_AT_BLOCKS 12
#define OTSEG_PROFINET_DCP_GET 3
#define OTSEG_PROFINET_DCP_SET 4
#define OTSEG_PROFINET_DCP_IDENTIFY 5
#define OTSEG_PROFINET_DCP_HELLO 6
#define OTSEG_PROFINET_DCP_REQUEST 0
#define OTSEG_PROFINET_DCP_SUCCESS 1
#define OTSEG_PROFINET_DCP_UNSUPPORTED 5

#define OTSEG_PROFINET_BLOCK_IP 0x0102
#define OTSEG_PROFINET_BLOCK_IP_SUITE 0x0103
#define OTSEG_PROFINET_BLOCK_STATION 0x0202
#define OTSEG_PROFINET_BLOCK_ALIAS 0x0206
#define OTSEG_PROFINET_BLOCK_RESULT 0x0504 /* option, suboption and error of a block */
#define OTSEG_PROFINET_STATION_MOST 240 /* 6-10, NameOfStation */
#define OTSEG_PROFINET_BLOCKS 64

/* How blocks are laid out: their head, and what follows their length. */
#define OTSEG_PROFINET_NAMES 0 /* option and suboption alone */
#define OTSEG_PROFINET_FILTERS 1 /* and length, data */
#define OTSEG_PROFINET_QUALIFIED 2 /* and length, two bytes of qualifier or state, data */

/* Alarms (6-10, RTA-PDU): two endpoints, type and version, flags, two sequence numbers, length. */
#define OTSEG_PROFINET_AT_TYPE 6
#define OTSEG_PROFINET_AT_VAR_LENGTH 12
#define OTSEG_PROFINET_AT_VAR 14
#define OTSEG_PROFINET_ALARM 16 /* block header, alarm type, api, slot, subslot */

#define OTSEG_PROFINET_RTC_LEAST 46 /* frame identifier, 40 bytes of data, status of four */
#define OTSEG_PROFINET_PTCP_LEAST 24

/* The function of a frame identifier; what is of no range is its own. */
OTSEG_INLINE u32 profinet_function(u32 id)
{
	if (id >= 0x0100 && id <= 0x0fff)
		return OTSEG_PROFINET_FC_RT_CLASS_3;
	if (id >= 0x8000 && id <= 0xbbff)
		return OTSEG_PROFINET_FC_RT_CLASS_1;
	if (id >= 0xbc00 && id <= 0xbfff)
		return OTSEG_PROFINET_FC_RT_CLASS_1_MULTICAST;
	if (id >= 0xc000 && id <= 0xf7ff)
		return OTSEG_PROFINET_FC_RT_CLASS_UDP;
	if (id >= 0xf800 && id <= 0xfbff)
		return OTSEG_PROFINET_FC_RT_CLASS_UDP_MULTICAST;
	if (id >= 0xff80 && id <= 0xff8f)
		return OTSEG_PROFINET_FC_FRAGMENT;
	switch (id) {
	case 0x0020 ... 0x0021: /* with a follow-up */
	case 0x0080 ... 0x0081: /* without */
		return OTSEG_PROFINET_FC_PTCP_SYNC;
	case 0xff00 ... 0xff01:
		return OTSEG_PROFINET_FC_PTCP_ANNOUNCE;
	case 0xff20 ... 0xff21:
		return OTSEG_PROFINET_FC_PTCP_FOLLOW_UP;
	case 0xff41 ... 0xff43:
		return OTSEG_PROFINET_FC_PTCP_DELAY_RESPONSE;
	}
	return id;
}

/* Classes of a function without sub-functions, or of all of them together; 0: unknown. */
OTSEG_INLINE u32 profinet_access(u32 code)
{
	switch (code) {
#define X(id, code, name, access, object, flags) \
	case code:                               \
		return (access);
		OTSEG_PROFINET_FUNCTIONS(X)
#undef X
	}
	return 0;
}

/* Classes of a sub-function of DCP; 0: unknown. */
OTSEG_INLINE u32 profinet_dcp_access(u32 sub)
{
	switch (sub) {
#define X(id, function, number, name, access) \
	case number:                          \
		return (access);
		OTSEG_PROFINET_DCPS(X)
		OTSEG_PROFINET_SETS(X)
#undef X
	}
	return 0;
}

/* Bytes of the blocks that have a fixed length in a Set, its qualifier included; 0: any. */
OTSEG_INLINE u32 profinet_set_length(u32 block)
{
	switch (block) {
	case OTSEG_PROFINET_BLOCK_IP: /* address, mask, gateway */
		return 2 + 12;
	case OTSEG_PROFINET_BLOCK_IP_SUITE: /* and four name servers */
		return 2 + 28;
	case 0x0501:
	case 0x0502:
	case 0x0505:
	case 0x0506:
		return 2;
	case 0x0503:
	case 0x0601:
		return 2 + 2;
	}
	return 0;
}

/**
 * otseg_profinet_block - put a block of DCP into the message
 * @pdu: the frame
 * @at: offset of its option, of a block that is at hand
 * @len: bytes after its length field
 * @skip: of these before its data
 * @msg: the message
 *
 * Return: OTSEG_R_NONE, or why it is not acceptable.
 */
OTSEG_GLOBAL u32 otseg_profinet_block(struct otseg_pdu *pdu, u32 at, u32 len, u32 skip,
				      struct otseg_msg *msg)
{
	const u8 *buf;
	u32 block;
	u32 data;

	if (!pdu || !msg)
		return OTSEG_R_INTERNAL;
	buf = pdu->bytes;
	block = pdu_be16(buf, at);
	data = at + 4 + skip;
	msg_object(msg, OTSEG_PROFINET_OBJ_BLOCK, msg->access, block, block, 0);
	if (len <= skip)
		return OTSEG_R_NONE;
	switch (block) {
	case OTSEG_PROFINET_BLOCK_STATION:
	case OTSEG_PROFINET_BLOCK_ALIAS:
		if (len - skip > OTSEG_PROFINET_STATION_MOST)
			return OTSEG_R_PDU_MALFORMED;
		if (block == OTSEG_PROFINET_BLOCK_STATION)
			msg_text(msg, OTSEG_PROFINET_TEXT_STATION, data, len - skip);
		else
			msg_text(msg, OTSEG_PROFINET_TEXT_ALIAS, data, len - skip);
		break;
	case OTSEG_PROFINET_BLOCK_IP:
	case OTSEG_PROFINET_BLOCK_IP_SUITE:
		if (len - skip < 12)
			return OTSEG_R_PDU_MALFORMED;
		msg_field(msg, OTSEG_PROFINET_FIELD_ADDRESS, pdu_be32(buf, data));
		break;
	}
	return OTSEG_R_NONE;
}

#define PROFINET_STOP 0x10000u /* above a reason: the walk of the blocks ends */
#define PROFINET_SET 0x100 /* beside the layout: the message is a Set; the block's number is above it */

/*
 * The block where the last one ended, see otseg_profinet_blocks(), whose @layout says more. By
 * itself, because kernels before 6.15 follow each way through it again in each round.
 * Return: 0, or PROFINET_STOP and the reason, if any.
 */
OTSEG_GLOBAL u32 otseg_profinet_next(struct otseg_pdu *pdu, u32 have, u32 limit, u32 how,
				     struct otseg_msg *msg)
{
	u32 is_set = how & PROFINET_SET;
	u32 reason = OTSEG_R_NONE;
	u32 layout = how & 0xff;
	u32 i = how >> 16;
	const u8 *buf;
	u32 block;
	u32 skip;
	u32 next;
	u32 len;
	u32 at;

	if (!pdu || !msg)
		return PROFINET_STOP | OTSEG_R_INTERNAL;
	buf = pdu->bytes;
	at = otseg_read(link_carry(msg).last);
	if (at >= limit)
		return PROFINET_STOP | (at == limit ? OTSEG_R_NONE : OTSEG_R_PDU_LENGTH);
	if (at + (layout ? 4 : 2) > limit)
		return PROFINET_STOP | OTSEG_R_PDU_LENGTH;
	if (at + (layout ? 4 : 2) > have)
		return PROFINET_STOP |
		       (have == OTSEG_PDU_MAX ? OTSEG_R_PDU_NESTING : OTSEG_R_NONE);
	if (i >= OTSEG_MSG_OBJECTS - 1 && !is_set)
		return PROFINET_STOP | OTSEG_R_PDU_NESTING;
	block = pdu_be16(buf, at);
	len = layout ? pdu_be16(buf, at + 2) : 0;
	skip = layout == OTSEG_PROFINET_QUALIFIED && block != OTSEG_PROFINET_BLOCK_RESULT ? 2 : 0;
	next = at + (layout ? 4 + len + (len & 1) : 2);
	if (next > limit)
		return PROFINET_STOP | OTSEG_R_PDU_LENGTH;
	if (len < skip || (block == OTSEG_PROFINET_BLOCK_RESULT && layout && len != 3))
		return PROFINET_STOP | OTSEG_R_PDU_MALFORMED;
	if (is_set && profinet_set_length(block) && profinet_set_length(block) != len)
		return PROFINET_STOP | OTSEG_R_PDU_MALFORMED;
	if (!is_set || i == msg->part) {
		if (is_set) {
			u32 access = profinet_dcp_access(block);

			if (next < limit)
				msg->flags |= OTSEG_MSG_MORE;
			/* results are of an answer, and what is below 256 is no option */
			if (block < 0x100 || block == OTSEG_PROFINET_BLOCK_RESULT)
				return PROFINET_STOP | OTSEG_R_PDU_MALFORMED;
			msg_function(msg, OTSEG_PROFINET_FC_DCP_GET_SET, block,
				     access ? access : OTSEG_ACCESS_VENDOR);
			if (!access)
				msg->flags |= OTSEG_MSG_UNKNOWN;
			if (at + 6 <= have)
				msg_field(msg, OTSEG_PROFINET_FIELD_QUALIFIER,
					  pdu_be16(buf, at + 4));
		}
		if (next > have)
			return PROFINET_STOP |
			       (have == OTSEG_PDU_MAX ? OTSEG_R_PDU_NESTING : OTSEG_R_NONE);
		reason = otseg_profinet_block(pdu, at, len, skip, msg);
	}
	if (reason)
		return PROFINET_STOP | reason;
	otseg_write(link_carry(msg).last, next);
	return 0;
}

/**
 * otseg_profinet_blocks - go through the blocks of DCP
 * @pdu: the frame
 * @have: bytes of it at hand
 * @limit: offset after the last block
 * @layout: OTSEG_PROFINET_NAMES, ..._FILTERS or ..._QUALIFIED
 * @msg: the message; if it is a Set, the one of the block that is asked for
 *
 * Blocks are padded to an even length and fill the PDU.
 *
 * Return: OTSEG_R_NONE, or why they are not acceptable.
 */
OTSEG_GLOBAL u32 otseg_profinet_blocks(struct otseg_pdu *pdu, u32 have, u32 limit, u32 layout,
				       struct otseg_msg *msg)
{
	u32 how;
	u32 i;

	if (!pdu || !msg)
		return OTSEG_R_INTERNAL;
	how = (layout & 0xff) | (msg->flags & OTSEG_MSG_NO_FUNCTION ? PROFINET_SET : 0);
	/* more blocks than objects are not looked at, so the last one is free */
	otseg_write(link_carry(msg).last, OTSEG_PROFINET_AT_BLOCKS);
	otseg_for(i, OTSEG_PROFINET_BLOCKS) {
		u32 said = otseg_profinet_next(pdu, have, limit, how | i << 16, msg);

		if (said)
			return said & ~PROFINET_STOP;
	}
	return OTSEG_R_PDU_NESTING;
}

/* Discovery and configuration. */
OTSEG_INLINE u32 profinet_dcp(struct otseg_pdu *pdu, u32 have, u32 code, struct otseg_msg *msg)
{
	u32 layout = OTSEG_PROFINET_QUALIFIED;
	const u8 *buf = pdu->bytes;
	u32 service;
	u32 access;
	u32 length;
	u32 type;
	u32 sub;

	if (have < OTSEG_PROFINET_AT_XID)
		return OTSEG_R_NONE;
	service = pdu_u8(buf, OTSEG_PROFINET_AT_SERVICE);
	type = pdu_u8(buf, OTSEG_PROFINET_AT_SERVICE + 1);
	if (type > OTSEG_PROFINET_DCP_UNSUPPORTED)
		return OTSEG_R_PDU_MALFORMED;
	sub = service << 4 | type;
	switch (code) {
	case OTSEG_PROFINET_FC_DCP_HELLO:
		if (sub != (OTSEG_PROFINET_DCP_HELLO << 4 | OTSEG_PROFINET_DCP_REQUEST))
			return OTSEG_R_PDU_MALFORMED;
		msg_function(msg, code, 0, profinet_access(code));
		break;
	case OTSEG_PROFINET_FC_DCP_IDENTIFY_REQUEST:
		if (sub != (OTSEG_PROFINET_DCP_IDENTIFY << 4 | OTSEG_PROFINET_DCP_REQUEST))
			return OTSEG_R_PDU_MALFORMED;
		msg_function(msg, code, 0, profinet_access(code));
		layout = OTSEG_PROFINET_FILTERS;
		break;
	case OTSEG_PROFINET_FC_DCP_IDENTIFY_RESPONSE:
		if (sub != (OTSEG_PROFINET_DCP_IDENTIFY << 4 | OTSEG_PROFINET_DCP_SUCCESS))
			return OTSEG_R_PDU_MALFORMED;
		msg_function(msg, code, 0, profinet_access(code));
		break;
	default:
		access = profinet_dcp_access(sub);
		if (sub == (OTSEG_PROFINET_DCP_SET << 4 | OTSEG_PROFINET_DCP_REQUEST))
			break;
		if (!access)
			return OTSEG_R_PDU_MALFORMED;
		msg_function(msg, code, sub, access);
		if (sub == (OTSEG_PROFINET_DCP_GET << 4 | OTSEG_PROFINET_DCP_REQUEST))
			layout = OTSEG_PROFINET_NAMES;
	}
	if (have < OTSEG_PROFINET_AT_BLOCKS)
		return OTSEG_R_NONE;
	msg->id = (u16)pdu_be16(buf, OTSEG_PROFINET_AT_XID + 2);
	msg_field(msg, OTSEG_PROFINET_FIELD_XID, pdu_be32(buf, OTSEG_PROFINET_AT_XID));
	length = OTSEG_PROFINET_AT_BLOCKS + pdu_be16(buf, OTSEG_PROFINET_AT_LENGTH);
	if (length > OTSEG_LINK_MOST)
		return OTSEG_R_PDU_LENGTH;
	if (length == OTSEG_PROFINET_AT_BLOCKS && type == OTSEG_PROFINET_DCP_REQUEST)
		return OTSEG_R_PDU_LENGTH;
	have = link_length(msg, buf, length, have);
	return otseg_profinet_blocks(pdu, have, length, layout, msg);
}

/* Alarms: the transport of PROFINET's acyclic data. */
OTSEG_INLINE u32 profinet_alarm(struct otseg_pdu *pdu, u32 have, u32 code, struct otseg_msg *msg)
{
	const u8 *buf = pdu->bytes;
	u32 subslot;
	u32 length;
	u32 type;

	if (have <= OTSEG_PROFINET_AT_TYPE)
		return OTSEG_R_NONE;
	type = pdu_u8(buf, OTSEG_PROFINET_AT_TYPE);
	if (type >> 4 != 1 || (type & 15) - 1 >= 4)
		return OTSEG_R_PDU_MALFORMED;
	type &= 15;
	msg_function(msg, code, type, type == 4 ? OTSEG_ACCESS_CONTROL : OTSEG_ACCESS_WRITE);
	if (have < OTSEG_PROFINET_AT_VAR)
		return OTSEG_R_NONE;
	length = OTSEG_PROFINET_AT_VAR + pdu_be16(buf, OTSEG_PROFINET_AT_VAR_LENGTH);
	/* what acknowledges carries nothing, an error its status, data the head of an alarm */
	if (length > OTSEG_LINK_MOST || (type == 4 && length != OTSEG_PROFINET_AT_VAR + 4) ||
	    ((type == 2 || type == 3) && length != OTSEG_PROFINET_AT_VAR) ||
	    (type == 1 && length < OTSEG_PROFINET_AT_VAR + OTSEG_PROFINET_ALARM))
		return OTSEG_R_PDU_LENGTH;
	have = link_length(msg, buf, length, have);
	if (type != 1 || have < OTSEG_PROFINET_AT_VAR + OTSEG_PROFINET_ALARM)
		return OTSEG_R_NONE;
	/* a notification or its acknowledgement, of this priority, and nothing behind it */
	if ((pdu_be16(buf, OTSEG_PROFINET_AT_VAR) & 0x7fff) !=
	    (code == OTSEG_PROFINET_FC_ALARM_HIGH ? 1u : 2u))
		return OTSEG_R_PDU_MALFORMED;
	if (OTSEG_PROFINET_AT_VAR + 4 + pdu_be16(buf, OTSEG_PROFINET_AT_VAR + 2) != length)
		return OTSEG_R_PDU_LENGTH;
	msg_field(msg, OTSEG_PROFINET_FIELD_ALARM_TYPE, pdu_be16(buf, OTSEG_PROFINET_AT_VAR + 6));
	msg_field(msg, OTSEG_PROFINET_FIELD_API, pdu_be32(buf, OTSEG_PROFINET_AT_VAR + 8));
	subslot = pdu_be32(buf, OTSEG_PROFINET_AT_VAR + 12);
	msg_object(msg, OTSEG_PROFINET_OBJ_SUBSLOT, OTSEG_ACCESS_WRITE, subslot, subslot, 0);
	return OTSEG_R_NONE;
}

/**
 * otseg_profinet_parse - make a message of the frame that begins at @pdu
 * @pdu: the bytes after the ethertype
 * @have: their number
 * @dir: enum otseg_msg_dir; the frame identifier says who asks
 * @msg: filled in as far as @have shows it
 *
 * Cyclic data and time have no length but the frame's.
 *
 * Return: OTSEG_R_NONE, or the reason why no continuation of these bytes is acceptable.
 */
OTSEG_GLOBAL u32 otseg_profinet_parse(struct otseg_pdu *pdu, u32 have, u32 dir,
				      struct otseg_msg *msg)
{
	u32 access;
	u32 least;
	u32 code;
	u32 id;

	if (!pdu || !msg)
		return OTSEG_R_INTERNAL;
	msg_begin(msg, dir, OTSEG_SVC_PROFINET);
	if (have < 2)
		return OTSEG_R_NONE;
	id = pdu_be16(pdu->bytes, 0);
	code = profinet_function(id);
	access = profinet_access(code);
	msg_field(msg, OTSEG_PROFINET_FIELD_FRAME_ID, id);
	switch (code) {
	case OTSEG_PROFINET_FC_DCP_HELLO:
	case OTSEG_PROFINET_FC_DCP_GET_SET:
	case OTSEG_PROFINET_FC_DCP_IDENTIFY_REQUEST:
	case OTSEG_PROFINET_FC_DCP_IDENTIFY_RESPONSE:
		return profinet_dcp(pdu, have, code, msg);
	case OTSEG_PROFINET_FC_ALARM_HIGH:
	case OTSEG_PROFINET_FC_ALARM_LOW:
		return profinet_alarm(pdu, have, code, msg);
	case OTSEG_PROFINET_FC_RT_CLASS_3:
	case OTSEG_PROFINET_FC_RT_CLASS_1:
	case OTSEG_PROFINET_FC_RT_CLASS_1_MULTICAST:
	case OTSEG_PROFINET_FC_RT_CLASS_UDP:
	case OTSEG_PROFINET_FC_RT_CLASS_UDP_MULTICAST:
		least = OTSEG_PROFINET_RTC_LEAST;
		msg_free(msg, 2, have); /* data, counter, status */
		break;
	default:
		least = OTSEG_PROFINET_PTCP_LEAST;
	}
	msg_function(msg, code, 0, access ? access : OTSEG_ACCESS_VENDOR);
	if (!access)
		msg->flags |= OTSEG_MSG_UNKNOWN;
	if (have >= least)
		msg_length(msg, have, have);
	return OTSEG_R_NONE;
}

#define OTSEG_PROFINET_PARSE otseg_profinet_parse

#endif /* OTSEG_PROFINET_H */
