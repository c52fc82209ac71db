/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * EtherCAT: frames of datagrams that a master sends through its slaves, network variables and
 * the mailbox gateway; on an ethertype of its own or in UDP. Bytes of one frame in, message
 * out; each datagram and each network variable of the frame is a message.
 *
 * "1000.4" is ETG.1000.4 (IEC 61158-4-12), the data link layer: the datagrams are in its clause 5;
 * "1000.6" is ETG.1000.6 (IEC 61158-6-12), the application layer: mailbox protocols; "8200"
 * is ETG.8200, the mailbox gateway; "ESC data sheet" is Beckhoff's, of slave controllers. Registers
 * are those of 1000.4, clause 6. Codes are cross-checked with Wireshark's dissectors.
 */
#ifndef OTSEG_ETHERCAT_H
#define OTSEG_ETHERCAT_H

#include "link.h"

/* clang-format off */
#define OTSEG_ETHERCAT_OBJECTS(X)                                                              \
	X(REGISTER, 1, "register", 0xffff, 0, "byte of a slave's memory, by its address (ADO)")    \
	X(LOGICAL, 2, "logical", 0xffffffff, 0, "byte of the logical process image")               \
	X(VARIABLE, 3, "variable", 0xffff, 0, "network variable, by its identifier")               \
	X(DICTIONARY, 4, "dictionary", 0xffff00ff, OTSEG_OBJ_PAIR,                                 \
	  "entry of a CoE object dictionary: index / sub-index")
/* clang-format on */

enum otseg_ethercat_object {
	OTSEG_ETHERCAT_OBJ_NONE,
#define X(id, number, name, max, flags, sentence) OTSEG_ETHERCAT_OBJ_##id = (number),
	OTSEG_ETHERCAT_OBJECTS(X)
#undef X
};

/*
 * Functions: the commands of datagrams (1000.4, table 12) by their codes; the other kinds of
 * frames, and the types of mailbox messages (1000.6, table 27), from a code of their own on.
 *
 * What a command that writes is depends on what it writes, see ethercat_access(). A mailbox
 * message may download objects, files with firmware, or carry a protocol of its own: program, if
 * it is not a request to read.
 */
#define OTSEG_ETHERCAT_RW (OTSEG_ACCESS_READ | OTSEG_ACCESS_WRITE)
#define OTSEG_ETHERCAT_TAKE (OTSEG_ACCESS_READ | OTSEG_ACCESS_CONTROL)
#define OTSEG_ETHERCAT_ANY (OTSEG_ACCESS_WRITE | OTSEG_ACCESS_CONTROL | OTSEG_ACCESS_PROGRAM)
/* clang-format off */
#define OTSEG_ETHERCAT_COMMANDS(X)                                                             \
	X(NOP, 0, "nop", OTSEG_ACCESS_SESSION, 0, 0)                                               \
	X(APRD, 1, "aprd", OTSEG_ETHERCAT_TAKE, OTSEG_ETHERCAT_OBJ_REGISTER, 0)                    \
	X(APWR, 2, "apwr", OTSEG_ETHERCAT_ANY, OTSEG_ETHERCAT_OBJ_REGISTER, 0)                     \
	X(APRW, 3, "aprw", OTSEG_ETHERCAT_RW | OTSEG_ETHERCAT_ANY, OTSEG_ETHERCAT_OBJ_REGISTER, 0) \
	X(FPRD, 4, "fprd", OTSEG_ETHERCAT_TAKE, OTSEG_ETHERCAT_OBJ_REGISTER, 0)                    \
	X(FPWR, 5, "fpwr", OTSEG_ETHERCAT_ANY, OTSEG_ETHERCAT_OBJ_REGISTER, 0)                     \
	X(FPRW, 6, "fprw", OTSEG_ETHERCAT_RW | OTSEG_ETHERCAT_ANY, OTSEG_ETHERCAT_OBJ_REGISTER, 0) \
	X(BRD, 7, "brd", OTSEG_ETHERCAT_TAKE, OTSEG_ETHERCAT_OBJ_REGISTER, 0)                      \
	X(BWR, 8, "bwr", OTSEG_ETHERCAT_ANY, OTSEG_ETHERCAT_OBJ_REGISTER, 0)                       \
	X(BRW, 9, "brw", OTSEG_ETHERCAT_RW | OTSEG_ETHERCAT_ANY, OTSEG_ETHERCAT_OBJ_REGISTER, 0) \
	X(LRD, 10, "lrd", OTSEG_ACCESS_READ, OTSEG_ETHERCAT_OBJ_LOGICAL, 0)                        \
	X(LWR, 11, "lwr", OTSEG_ACCESS_WRITE, OTSEG_ETHERCAT_OBJ_LOGICAL, 0)                       \
	X(LRW, 12, "lrw", OTSEG_ETHERCAT_RW, OTSEG_ETHERCAT_OBJ_LOGICAL, 0)                        \
	X(ARMW, 13, "armw", OTSEG_ETHERCAT_RW | OTSEG_ETHERCAT_ANY, OTSEG_ETHERCAT_OBJ_REGISTER, 0) \
	X(FRMW, 14, "frmw", OTSEG_ETHERCAT_RW | OTSEG_ETHERCAT_ANY, OTSEG_ETHERCAT_OBJ_REGISTER, 0)
#define OTSEG_ETHERCAT_OTHERS(X)                                                               \
	X(NETWORK_VARIABLE, 256, "network-variable", OTSEG_ACCESS_WRITE, OTSEG_ETHERCAT_OBJ_VARIABLE, 0) \
	X(MAILBOX_ERROR, 512, "mailbox-error", OTSEG_ACCESS_SESSION, 0, 0)                         \
	X(AOE, 513, "aoe", OTSEG_ETHERCAT_ANY, 0, OTSEG_FN_OPAQUE)                                 \
	X(EOE, 514, "eoe", OTSEG_ETHERCAT_ANY, 0, OTSEG_FN_OPAQUE)                                 \
	X(COE, 515, "coe", OTSEG_ACCESS_READ | OTSEG_ETHERCAT_ANY, OTSEG_ETHERCAT_OBJ_DICTIONARY, OTSEG_FN_SUB) \
	X(FOE, 516, "foe", OTSEG_ACCESS_PROGRAM, 0, OTSEG_FN_SUB)                                  \
	X(SOE, 517, "soe", OTSEG_ACCESS_READ | OTSEG_ETHERCAT_ANY, 0, OTSEG_FN_SUB)                \
	X(VOE, 527, "voe", OTSEG_ACCESS_VENDOR, 0, OTSEG_FN_OPAQUE)
/* clang-format on */
#define OTSEG_ETHERCAT_FUNCTIONS(X) OTSEG_ETHERCAT_COMMANDS(X) OTSEG_ETHERCAT_OTHERS(X)

enum otseg_ethercat_function {
#define X(id, code, name, access, object, flags) OTSEG_ETHERCAT_FC_##id = (code),
	OTSEG_ETHERCAT_FUNCTIONS(X)
#undef X
};

/*
 * Sub-functions. Of CoE the service and the command specifier of an SDO (1000.6, 5.6.1 and 5.6.2):
 * service * 256 + specifier; of FoE and SoE the operation (5.8, 5.7).
 */
/* clang-format off */
#define OTSEG_ETHERCAT_COES(X)                                                                 \
	X(EMERGENCY, OTSEG_ETHERCAT_FC_COE, 0x100, "emergency", OTSEG_ACCESS_WRITE)                \
	X(SDO_DOWNLOAD_SEGMENT, OTSEG_ETHERCAT_FC_COE, 0x200, "sdo-download-segment", \
		OTSEG_ACCESS_WRITE | OTSEG_ACCESS_PROGRAM) \
	X(SDO_DOWNLOAD, OTSEG_ETHERCAT_FC_COE, 0x201, "sdo-download", OTSEG_ACCESS_WRITE | OTSEG_ACCESS_PROGRAM) \
	X(SDO_UPLOAD, OTSEG_ETHERCAT_FC_COE, 0x202, "sdo-upload", OTSEG_ACCESS_READ)               \
	X(SDO_UPLOAD_SEGMENT, OTSEG_ETHERCAT_FC_COE, 0x203, "sdo-upload-segment", OTSEG_ACCESS_READ) \
	X(SDO_ABORT, OTSEG_ETHERCAT_FC_COE, 0x204, "sdo-abort", OTSEG_ACCESS_WRITE)                \
	X(SDO_UPLOAD_SEGMENT_RESPONSE, OTSEG_ETHERCAT_FC_COE, 0x300, "sdo-upload-segment-response", OTSEG_ACCESS_READ) \
	X(SDO_DOWNLOAD_SEGMENT_RESPONSE, OTSEG_ETHERCAT_FC_COE, 0x301, "sdo-download-segment-response", \
		OTSEG_ACCESS_READ) \
	X(SDO_UPLOAD_RESPONSE, OTSEG_ETHERCAT_FC_COE, 0x302, "sdo-upload-response", OTSEG_ACCESS_READ) \
	X(SDO_DOWNLOAD_RESPONSE, OTSEG_ETHERCAT_FC_COE, 0x303, "sdo-download-response", OTSEG_ACCESS_READ) \
	X(SDO_ABORT_RESPONSE, OTSEG_ETHERCAT_FC_COE, 0x304, "sdo-abort-response", OTSEG_ACCESS_READ) \
	X(TXPDO, OTSEG_ETHERCAT_FC_COE, 0x400, "txpdo", OTSEG_ACCESS_WRITE)                        \
	X(RXPDO, OTSEG_ETHERCAT_FC_COE, 0x500, "rxpdo", OTSEG_ACCESS_WRITE)                        \
	X(TXPDO_REMOTE, OTSEG_ETHERCAT_FC_COE, 0x600, "txpdo-remote-request", OTSEG_ACCESS_READ)   \
	X(RXPDO_REMOTE, OTSEG_ETHERCAT_FC_COE, 0x700, "rxpdo-remote-request", OTSEG_ACCESS_READ)   \
	X(SDO_INFORMATION, OTSEG_ETHERCAT_FC_COE, 0x800, "sdo-information", OTSEG_ACCESS_READ)
#define OTSEG_ETHERCAT_FOES(X)                                                                 \
	X(FOE_READ, OTSEG_ETHERCAT_FC_FOE, 1, "read", OTSEG_ACCESS_PROGRAM)                        \
	X(FOE_WRITE, OTSEG_ETHERCAT_FC_FOE, 2, "write", OTSEG_ACCESS_PROGRAM)                      \
	X(FOE_DATA, OTSEG_ETHERCAT_FC_FOE, 3, "data", OTSEG_ACCESS_PROGRAM)                        \
	X(FOE_ACK, OTSEG_ETHERCAT_FC_FOE, 4, "ack", OTSEG_ACCESS_PROGRAM)                          \
	X(FOE_ERROR, OTSEG_ETHERCAT_FC_FOE, 5, "error", OTSEG_ACCESS_PROGRAM)                      \
	X(FOE_BUSY, OTSEG_ETHERCAT_FC_FOE, 6, "busy", OTSEG_ACCESS_PROGRAM)
#define OTSEG_ETHERCAT_SOES(X)                                                                 \
	X(SOE_READ, OTSEG_ETHERCAT_FC_SOE, 1, "read-request", OTSEG_ACCESS_READ)                   \
	X(SOE_READ_RESPONSE, OTSEG_ETHERCAT_FC_SOE, 2, "read-response", OTSEG_ACCESS_READ)         \
	X(SOE_WRITE, OTSEG_ETHERCAT_FC_SOE, 3, "write-request", OTSEG_ETHERCAT_ANY)                \
	X(SOE_WRITE_RESPONSE, OTSEG_ETHERCAT_FC_SOE, 4, "write-response", OTSEG_ACCESS_READ)       \
	X(SOE_NOTIFICATION, OTSEG_ETHERCAT_FC_SOE, 5, "notification", OTSEG_ACCESS_WRITE)          \
	X(SOE_EMERGENCY, OTSEG_ETHERCAT_FC_SOE, 6, "emergency", OTSEG_ACCESS_WRITE)
/* clang-format on */
#define OTSEG_ETHERCAT_SUBFUNCTIONS(X) \
	OTSEG_ETHERCAT_COES(X) OTSEG_ETHERCAT_FOES(X) OTSEG_ETHERCAT_SOES(X)

/* clang-format off */
#define OTSEG_ETHERCAT_OWN_FIELDS(X)                                                           \
	X(INDEX, 0, "index", 0xff, "number that the master gave the datagram")                     \
	X(CIRCULATED, 1, "circulated", 1, "1: the datagram has been through the ring once")        \
	X(WORKING_COUNTER, 2, "working-counter", 0xffff, "how often slaves have answered; 0 from a master") \
	X(LENGTH, 3, "length", 0x7ff, "bytes of data of the datagram or variable")                 \
	X(PUBLISHER, 4, "publisher", 0xffffffff, "last four bytes of the publisher's identifier")
/* clang-format on */
#define OTSEG_ETHERCAT_FIELDS(X) OTSEG_ETHERCAT_OWN_FIELDS(X) OTSEG_LINK_FIELDS(X)

enum otseg_ethercat_field {
#define X(id, number, name, max, sentence) OTSEG_ETHERCAT_FIELD_##id = (number),
	OTSEG_ETHERCAT_OWN_FIELDS(X)
#undef X
};

#define OTSEG_ETHERCAT_FIELD_WORDS(X)
#define OTSEG_ETHERCAT_TEXTS(X)
#define OTSEG_ETHERCAT_EXCEPTIONS(X)

/*
 * Who is addressed: a slave by its configured address, 0 to 65535; 65536 + n: the nth behind the
 * master, from 0; everybody who takes part in the logical process image.
 */
#define OTSEG_ETHERCAT_BY_POSITION 0x10000u
#define OTSEG_ETHERCAT_LOGICAL 0x20000u

#define OTSEG_ETHERCAT_SHAPE                                                              \
	.unit = "slave", .unit_max = OTSEG_ETHERCAT_LOGICAL, .code_max = 0xffff, .sub_max = 0xffff, \
	.value_max = 0xff, .broadcasts = { { OTSEG_BROADCAST_SOMETIMES, { 0, 0 } } }

/* Frame header (1000.4, 5.3.2): length 11 bits, reserved, type 4 bits; little-endian. */
#define OTSEG_ETHERCAT_HEADER 2
#define OTSEG_ETHERCAT_TYPE_DATAGRAMS 1
#define OTSEG_ETHERCAT_TYPE_VARIABLES 4
#define OTSEG_ETHERCAT_TYPE_MAILBOX 5

/* Datagram (5.4.1.2): command, index, address, length and flags, event, data, working counter. */
#define OTSEG_ETHERCAT_AT_ADDRESS 2
#define OTSEG_ETHERCAT_AT_FLAGS 6
#define OTSEG_ETHERCAT_AT_DATA 10
#define OTSEG_ETHERCAT_OVERHEAD 12
#define OTSEG_ETHERCAT_RESERVED 0x3800
#define OTSEG_ETHERCAT_CIRCULATED 0x4000
#define OTSEG_ETHERCAT_MORE 0x8000

/* Network variables: publisher, count, cycle, two bytes; each identifier, hash, length, quality. */
#define OTSEG_ETHERCAT_AT_COUNT (OTSEG_ETHERCAT_HEADER + 6)
#define OTSEG_ETHERCAT_AT_VARIABLES (OTSEG_ETHERCAT_HEADER + 12)
#define OTSEG_ETHERCAT_VARIABLE 8

/* Mailbox (1000.6, 5.3): length, address, channel and priority, type and counter; then the data. */
#define OTSEG_ETHERCAT_AT_TYPE (OTSEG_ETHERCAT_HEADER + 5)
#define OTSEG_ETHERCAT_AT_SERVICE (OTSEG_ETHERCAT_HEADER + 6)
#define OTSEG_ETHERCAT_AT_SDO (OTSEG_ETHERCAT_AT_SERVICE + 2) /* specifier and flags, index, sub-index */
#define OTSEG_ETHERCAT_SDO_COMPLETE 0x10

#define OTSEG_ETHERCAT_PARTS 85 /* datagrams that can begin in what is looked at */

/* Registers (1000.4, clause 6). */
#define OTSEG_ETHERCAT_REG_DL_STATUS 0x0110
#define OTSEG_ETHERCAT_REG_DL_STATUS_END 0x0112
#define OTSEG_ETHERCAT_REG_AL_STATUS 0x0130
#define OTSEG_ETHERCAT_REG_AL_STATUS_END 0x0132
#define OTSEG_ETHERCAT_REG_SII 0x0500 /* what the EEPROM of a slave is read and written through */
#define OTSEG_ETHERCAT_REG_SII_END 0x0510
#define OTSEG_ETHERCAT_REG_LATCH 0x09b0 /* times of latched edges */
#define OTSEG_ETHERCAT_REG_LATCH_END 0x09d0
#define OTSEG_ETHERCAT_REG_OUTPUTS 0x0f00 /* digital outputs, then memory of their vendor */
#define OTSEG_ETHERCAT_REG_MEMORY 0x1000 /* mailboxes and process data */

/* Whether @first to @last has something of what begins at @from and ends before @end. */
OTSEG_INLINE u32 ethercat_reaches(u32 first, u32 last, u32 from, u32 end)
{
	return first < end && last >= from;
}

/*
 * What writing @first to @last of a slave's memory is. Registers set addresses, states, watchdogs,
 * memory mapping and clocks; the EEPROM holds the slave's identity and configuration; in the
 * memory lie mailboxes, which take objects, files and firmware, and which of it does not show.
 */
OTSEG_INLINE u32 ethercat_access(u32 first, u32 last)
{
	u32 access = OTSEG_ACCESS_WRITE;

	if (first < OTSEG_ETHERCAT_REG_OUTPUTS)
		access |= OTSEG_ACCESS_CONTROL;
	if (ethercat_reaches(first, last, OTSEG_ETHERCAT_REG_SII, OTSEG_ETHERCAT_REG_SII_END) ||
	    last >= OTSEG_ETHERCAT_REG_MEMORY)
		access |= OTSEG_ACCESS_PROGRAM;
	return access;
}

/*
 * What reading @first to @last of it is. A mailbox is empty once it has been read, and what it held
 * is lost to the master that waits for it; a time that was latched goes as well (1000.4, clause 6).
 * So does the event that tells a master that the status of the link or of the slave is another
 * one (ESC data sheet II, "ECAT Event Request").
 */
OTSEG_INLINE u32 ethercat_read_access(u32 first, u32 last)
{
	if (last >= OTSEG_ETHERCAT_REG_MEMORY ||
	    ethercat_reaches(first, last, OTSEG_ETHERCAT_REG_DL_STATUS,
			     OTSEG_ETHERCAT_REG_DL_STATUS_END) ||
	    ethercat_reaches(first, last, OTSEG_ETHERCAT_REG_AL_STATUS,
			     OTSEG_ETHERCAT_REG_AL_STATUS_END) ||
	    ethercat_reaches(first, last, OTSEG_ETHERCAT_REG_LATCH, OTSEG_ETHERCAT_REG_LATCH_END))
		return OTSEG_ACCESS_READ | OTSEG_ACCESS_CONTROL;
	return OTSEG_ACCESS_READ;
}

/* Classes of commands; 0: there is none of that code. */
OTSEG_INLINE u32 ethercat_command(u32 code)
{
	switch (code) {
#define X(id, code, name, access, object, flags) \
	case code:                               \
		return (access);
		OTSEG_ETHERCAT_COMMANDS(X)
#undef X
	}
	return 0;
}

/* Classes of what a mailbox message does; 0: it is not known. */
OTSEG_INLINE u32 ethercat_service(u32 code, u32 sub)
{
	switch (code << 16 | sub) {
#define X(id, function, number, name, access)  \
	case ((u32)(function) << 16 | (number)): \
		return (access);
		OTSEG_ETHERCAT_SUBFUNCTIONS(X)
#undef X
	}
	return 0;
}

OTSEG_INLINE void ethercat_unknown(struct otseg_msg *msg, u32 code, u32 sub)
{
	msg_function(msg, code, sub, OTSEG_ACCESS_VENDOR);
	msg->flags |= OTSEG_MSG_UNKNOWN;
}

/**
 * otseg_ethercat_datagram - put a datagram into the message
 * @pdu: the frame
 * @have: bytes of it at hand
 * @at: offset of the datagram, whose first ten bytes are at hand
 * @msg: the message
 *
 * Return: OTSEG_R_NONE, or why it is not acceptable.
 */
OTSEG_GLOBAL u32 otseg_ethercat_datagram(struct otseg_pdu *pdu, u32 have, u32 at,
					 struct otseg_msg *msg)
{
	const u8 *buf;
	u32 type = OTSEG_ETHERCAT_OBJ_REGISTER;
	u32 access;
	u32 first;
	u32 code;
	u32 adp;
	u32 len;

	if (!pdu || !msg)
		return OTSEG_R_INTERNAL;
	buf = pdu->bytes;
	code = pdu_u8(buf, at);
	adp = pdu_le16(buf, at + OTSEG_ETHERCAT_AT_ADDRESS);
	first = pdu_le16(buf, at + OTSEG_ETHERCAT_AT_ADDRESS + 2);
	len = pdu_le16(buf, at + OTSEG_ETHERCAT_AT_FLAGS) & 0x7ff;
	access = ethercat_command(code);
	msg_field(msg, OTSEG_ETHERCAT_FIELD_INDEX, pdu_u8(buf, at + 1));
	msg_field(msg, OTSEG_ETHERCAT_FIELD_CIRCULATED,
		  !!(pdu_le16(buf, at + OTSEG_ETHERCAT_AT_FLAGS) & OTSEG_ETHERCAT_CIRCULATED));
	msg_field(msg, OTSEG_ETHERCAT_FIELD_LENGTH, len);
	if (at + OTSEG_ETHERCAT_OVERHEAD + len <= have)
		msg_field(msg, OTSEG_ETHERCAT_FIELD_WORKING_COUNTER,
			  pdu_le16(buf, at + OTSEG_ETHERCAT_AT_DATA + len));
	switch (code) {
	case OTSEG_ETHERCAT_FC_LRD:
	case OTSEG_ETHERCAT_FC_LWR:
	case OTSEG_ETHERCAT_FC_LRW:
		msg_unit(msg, OTSEG_ETHERCAT_LOGICAL);
		first = first << 16 | adp;
		type = OTSEG_ETHERCAT_OBJ_LOGICAL;
		break;
	case OTSEG_ETHERCAT_FC_BRD:
	case OTSEG_ETHERCAT_FC_BWR:
	case OTSEG_ETHERCAT_FC_BRW:
	case OTSEG_ETHERCAT_FC_ARMW:
	case OTSEG_ETHERCAT_FC_FRMW:
		/*
		 * Each slave that it passes counts in the address; or the one of that address is
		 * read, and all others write (ESC data sheet I, "EtherCAT Commands").
		 */
		msg_unit(msg, 0);
		msg->flags |= OTSEG_MSG_BROADCAST;
		break;
	case OTSEG_ETHERCAT_FC_APRD:
	case OTSEG_ETHERCAT_FC_APWR:
	case OTSEG_ETHERCAT_FC_APRW:
		msg_unit(msg, OTSEG_ETHERCAT_BY_POSITION + (-adp & 0xffff));
		break;
	default:
		msg_unit(msg, adp);
	}
	if (!access) {
		ethercat_unknown(msg, code, 0);
		return OTSEG_R_NONE;
	}
	if (code != OTSEG_ETHERCAT_FC_NOP)
		access &= OTSEG_ETHERCAT_RW;
	msg_function(msg, code, 0, access);
	if (code == OTSEG_ETHERCAT_FC_NOP || !len)
		return OTSEG_R_NONE;
	if (len - 1 > (type == OTSEG_ETHERCAT_OBJ_LOGICAL ? 0xffffffffu : 0xffffu) - first)
		return OTSEG_R_PDU_MALFORMED;
	if (!(access & OTSEG_ACCESS_WRITE)) {
		if (type == OTSEG_ETHERCAT_OBJ_REGISTER)
			access = ethercat_read_access(first, first + len - 1);
		msg->access = (u8)access;
		msg_object(msg, type, access, first, first + len - 1, 0);
		return OTSEG_R_NONE;
	}
	if (type == OTSEG_ETHERCAT_OBJ_REGISTER)
		access |= ethercat_access(first, first + len - 1);
	msg->access = (u8)access;
	msg->values = OTSEG_VALUES_U8;
	msg_object(msg, type, access, first, first + len - 1, at + OTSEG_ETHERCAT_AT_DATA);
	/* what the slave puts in that is read, those behind it write */
	if (code == OTSEG_ETHERCAT_FC_ARMW || code == OTSEG_ETHERCAT_FC_FRMW ||
	    at + OTSEG_ETHERCAT_AT_DATA + len > OTSEG_PDU_MAX) {
		msg->flags |= OTSEG_MSG_OPAQUE_VALUES;
		msg->objects[0].values_off = 0;
	}
	return OTSEG_R_NONE;
}

/**
 * otseg_ethercat_find - find the part of the frame that is asked for
 * @pdu: the frame
 * @have: bytes of it at hand
 * @limit: offset after the frame
 * @is_variables: it holds network variables, else datagrams
 * @msg: the message; where the part begins, 0: not at hand, is left in it
 *
 * The parts fill the frame exactly, and each datagram but the last says that another follows;
 * of variables there are as many as the header says.
 *
 * Return: OTSEG_R_NONE, or why it is not acceptable.
 */
OTSEG_GLOBAL u32 otseg_ethercat_find(struct otseg_pdu *pdu, u32 have, u32 limit, u32 is_variables,
				     struct otseg_msg *msg)
{
	u32 head = is_variables ? OTSEG_ETHERCAT_VARIABLE : OTSEG_ETHERCAT_AT_DATA;
	u32 part;
	u32 count = 0;
	const u8 *buf;
	u32 i;

	if (!pdu || !msg)
		return OTSEG_R_INTERNAL;
	buf = pdu->bytes;
	part = msg->part;
	if (is_variables)
		count = pdu_le16(buf, OTSEG_ETHERCAT_AT_COUNT);
	otseg_write(link_carry(msg).first, 0);
	otseg_write(link_carry(msg).last,
		    is_variables ? OTSEG_ETHERCAT_AT_VARIABLES : OTSEG_ETHERCAT_HEADER);
	otseg_for(i, OTSEG_ETHERCAT_PARTS) {
		u32 at = otseg_read(link_carry(msg).last);
		u32 goes_on;
		u32 flags;
		u32 end;

		if (at + head > limit)
			return OTSEG_R_PDU_LENGTH;
		if (at + head > have)
			return have == OTSEG_PDU_MAX ? OTSEG_R_PDU_NESTING : OTSEG_R_NONE;
		if (is_variables) {
			end = at + OTSEG_ETHERCAT_VARIABLE + pdu_le16(buf, at + 4);
			goes_on = i + 1 < count;
		} else {
			flags = pdu_le16(buf, at + OTSEG_ETHERCAT_AT_FLAGS);
			if (flags & OTSEG_ETHERCAT_RESERVED)
				return OTSEG_R_PDU_MALFORMED;
			end = at + OTSEG_ETHERCAT_OVERHEAD + (flags & 0x7ff);
			goes_on = flags & OTSEG_ETHERCAT_MORE;
		}
		if (i == part) {
			otseg_write(link_carry(msg).first, at);
			if (goes_on)
				msg->flags |= OTSEG_MSG_MORE;
		}
		if (!goes_on)
			return end == limit ? OTSEG_R_NONE : OTSEG_R_PDU_LENGTH;
		if (end >= limit)
			return OTSEG_R_PDU_LENGTH;
		otseg_write(link_carry(msg).last, end);
	}
	return OTSEG_R_PDU_NESTING;
}

/*
 * The object of an SDO whose specifier is at @at. @sub: service and specifier. Segments do not say of
 * what they are. What begins a transfer can be of the whole object, with its sub-index 0 or, from 1 on,
 * without (1000.6, 5.6.2, "Complete Access").
 */
OTSEG_INLINE u32 ethercat_sdo(const u8 *buf, u32 at, u32 sub, struct otseg_msg *msg)
{
	u32 is_start = sub == 0x201 || sub == 0x202 || sub == 0x302 || sub == 0x303;
	u32 entry = pdu_le16(buf, at + 1) << 16;
	u32 number = pdu_u8(buf, at + 3);

	if (!(sub & 0xff) || sub == 0x203 || sub == 0x301) {
		msg->flags |= OTSEG_MSG_OPAQUE_OBJECTS;
	} else if (is_start && pdu_u8(buf, at) & OTSEG_ETHERCAT_SDO_COMPLETE) {
		if (number > 1)
			return OTSEG_R_PDU_MALFORMED;
		msg_object(msg, OTSEG_ETHERCAT_OBJ_DICTIONARY, 0, entry, entry | 0xff, 0);
	} else {
		msg_object(msg, OTSEG_ETHERCAT_OBJ_DICTIONARY, 0, entry | number, entry | number, 0);
	}
	return OTSEG_R_NONE;
}

/* A mailbox message, for a slave behind the gateway. */
OTSEG_INLINE u32 ethercat_mailbox(const u8 *buf, u32 have, u32 limit, struct otseg_msg *msg)
{
	u32 access;
	u32 type;
	u32 code;
	u32 sub;

	if (limit < OTSEG_ETHERCAT_AT_SERVICE)
		return OTSEG_R_PDU_LENGTH;
	if (have >= OTSEG_ETHERCAT_HEADER + 2 &&
	    pdu_le16(buf, OTSEG_ETHERCAT_HEADER) != limit - OTSEG_ETHERCAT_AT_SERVICE)
		return OTSEG_R_PDU_LENGTH;
	if (have < OTSEG_ETHERCAT_AT_SERVICE)
		return OTSEG_R_NONE;
	msg_unit(msg, pdu_le16(buf, OTSEG_ETHERCAT_HEADER + 2));
	type = pdu_u8(buf, OTSEG_ETHERCAT_AT_TYPE) & 15;
	code = OTSEG_ETHERCAT_FC_MAILBOX_ERROR + type;
	switch (code) {
	case OTSEG_ETHERCAT_FC_MAILBOX_ERROR:
		msg_function(msg, code, 0, OTSEG_ACCESS_SESSION);
		return OTSEG_R_NONE;
	case OTSEG_ETHERCAT_FC_AOE:
	case OTSEG_ETHERCAT_FC_EOE:
		msg_function(msg, code, 0, OTSEG_ETHERCAT_ANY);
		return OTSEG_R_NONE;
	case OTSEG_ETHERCAT_FC_VOE:
		msg_function(msg, code, 0, OTSEG_ACCESS_VENDOR);
		return OTSEG_R_NONE;
	case OTSEG_ETHERCAT_FC_COE:
	case OTSEG_ETHERCAT_FC_FOE:
	case OTSEG_ETHERCAT_FC_SOE:
		break;
	default:
		ethercat_unknown(msg, code, 0);
		return OTSEG_R_NONE;
	}
	if (limit < OTSEG_ETHERCAT_AT_SERVICE + 2)
		return OTSEG_R_PDU_LENGTH;
	if (have < OTSEG_ETHERCAT_AT_SERVICE + 2)
		return OTSEG_R_NONE;
	sub = pdu_u8(buf, OTSEG_ETHERCAT_AT_SERVICE);
	if (code == OTSEG_ETHERCAT_FC_SOE) {
		sub &= 7;
	} else if (code == OTSEG_ETHERCAT_FC_COE) {
		/* number 9 bits, reserved, service 4 bits; an SDO goes on with 3 bits of its own */
		u32 is_sdo;

		sub = pdu_le16(buf, OTSEG_ETHERCAT_AT_SERVICE) >> 12;
		is_sdo = sub == 2 || sub == 3;
		if (is_sdo && limit < OTSEG_ETHERCAT_AT_SERVICE + 10)
			return OTSEG_R_PDU_LENGTH;
		if (is_sdo && have < OTSEG_ETHERCAT_AT_SERVICE + 6)
			return OTSEG_R_NONE;
		sub <<= 8;
		if (is_sdo) {
			u32 reason;

			sub |= pdu_u8(buf, OTSEG_ETHERCAT_AT_SDO) >> 5;
			reason = ethercat_sdo(buf, OTSEG_ETHERCAT_AT_SDO, sub, msg);
			if (reason)
				return reason;
		}
	}
	access = ethercat_service(code, sub);
	if (access)
		msg_function(msg, code, sub, access);
	else
		ethercat_unknown(msg, code, sub);
	if (access & OTSEG_ACCESS_WRITE)
		msg->flags |= OTSEG_MSG_OPAQUE_VALUES;
	msg->objects[0].access = msg->access;
	return OTSEG_R_NONE;
}

/**
 * otseg_ethercat_parse - make a message of a part of the frame that begins at @pdu
 * @pdu: the bytes after the ethertype, or those of the datagram of UDP
 * @have: their number
 * @dir: enum otseg_msg_dir; datagrams come back on the way they went
 * @msg: filled in as far as @have shows it
 *
 * Return: OTSEG_R_NONE, or the reason why no continuation of these bytes is acceptable.
 */
OTSEG_GLOBAL u32 otseg_ethercat_parse(struct otseg_pdu *pdu, u32 have, u32 dir,
				      struct otseg_msg *msg)
{
	const u8 *buf;
	u32 reason;
	u32 length;
	u32 type;
	u32 at;

	if (!pdu || !msg)
		return OTSEG_R_INTERNAL;
	buf = pdu->bytes;
	msg_begin(msg, dir, OTSEG_SVC_ETHERCAT);
	if (have < OTSEG_ETHERCAT_HEADER)
		return OTSEG_R_NONE;
	length = pdu_le16(buf, 0);
	type = length >> 12;
	if (length & 0x800)
		return OTSEG_R_PDU_MALFORMED;
	if (type != OTSEG_ETHERCAT_TYPE_DATAGRAMS && type != OTSEG_ETHERCAT_TYPE_VARIABLES &&
	    type != OTSEG_ETHERCAT_TYPE_MAILBOX)
		return OTSEG_R_PDU_PROTOCOL;
	length = OTSEG_ETHERCAT_HEADER + (length & 0x7ff);
	if (length > OTSEG_LINK_MOST)
		return OTSEG_R_PDU_LENGTH;
	have = link_length(msg, buf, length, have);
	if (type == OTSEG_ETHERCAT_TYPE_MAILBOX) {
		if (msg->part)
			return OTSEG_R_INTERNAL;
		return ethercat_mailbox(buf, have, length, msg);
	}
	if (type == OTSEG_ETHERCAT_TYPE_VARIABLES) {
		if (length < OTSEG_ETHERCAT_AT_VARIABLES)
			return OTSEG_R_PDU_LENGTH;
		msg_unit(msg, 0);
		if (have < OTSEG_ETHERCAT_AT_VARIABLES)
			return OTSEG_R_NONE;
		msg_field(msg, OTSEG_ETHERCAT_FIELD_PUBLISHER, pdu_be32(buf, OTSEG_ETHERCAT_HEADER + 2));
	}
	reason = otseg_ethercat_find(pdu, have, length, type == OTSEG_ETHERCAT_TYPE_VARIABLES, msg);
	at = otseg_read(link_carry(msg).first);
	if (reason || !at)
		return reason;
	if (type == OTSEG_ETHERCAT_TYPE_DATAGRAMS)
		return otseg_ethercat_datagram(pdu, have, at, msg);
	msg_function(msg, OTSEG_ETHERCAT_FC_NETWORK_VARIABLE, 0, OTSEG_ACCESS_WRITE);
	msg_object(msg, OTSEG_ETHERCAT_OBJ_VARIABLE, OTSEG_ACCESS_WRITE, pdu_le16(buf, at),
		   pdu_le16(buf, at), 0);
	msg_field(msg, OTSEG_ETHERCAT_FIELD_LENGTH, pdu_le16(buf, at + 4));
	msg->flags |= OTSEG_MSG_OPAQUE_VALUES;
	return OTSEG_R_NONE;
}

#define OTSEG_ETHERCAT_PARSE otseg_ethercat_parse

#endif /* OTSEG_ETHERCAT_H */
