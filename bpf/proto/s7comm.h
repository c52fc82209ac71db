/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * S7comm, the protocol of SIMATIC S7-300/400 and compatible controllers: names and numbers
 * of its functions with their access classes, areas, and from the bytes of one message to a
 * struct otseg_msg. The transport around it is iso.h's.
 *
 * The vendor has not published it. Sources, named where a fact is used: "ws" is the S7comm
 * dissector of Wireshark 4.0 (its value strings and offsets); "snap7" the documentation and
 * sources of Snap7 1.4; "any" the parameter type ANY in the STEP 7 programming manual. What
 * the public captures confirm stands in Documentation/protocols/s7comm.md.
 *
 * Jobs and Ack_Data pair by PDU reference and function, user data likewise. Downloads turn
 * the roles round: the controller asks for each block, and the program travels to it in
 * answers. Both are notices here: a rule must cover either.
 */
#ifndef OTSEG_S7COMM_H
#define OTSEG_S7COMM_H

#include "pdu.h"

/* Functions of user data are 0x700 and the function group (ws). */
#define OTSEG_S7COMM_GROUPS 0x700

/*
 * Functions: X(ID, code, "name", access, object type, flags)
 *
 * Uploads read the program. What a program invocation (plc-control) does, its name says: see
 * s7comm_invocation(). Groups stand with all classes of their sub-functions.
 */
/* clang-format off */
#define OTSEG_S7COMM_FUNCTIONS(X) \
	OTSEG_ISO_FUNCTIONS(X) \
	X(CPU_SERVICES, 0x00, "cpu-services", OTSEG_ACCESS_VENDOR, 0, OTSEG_FN_OPAQUE) \
	X(READ_VAR, 0x04, "read-var", OTSEG_ACCESS_READ, 0, 0) \
	X(WRITE_VAR, 0x05, "write-var", OTSEG_ACCESS_WRITE, 0, 0) \
	X(REQUEST_DOWNLOAD, 0x1a, "request-download", OTSEG_ACCESS_PROGRAM, 0, 0) \
	X(DOWNLOAD_BLOCK, 0x1b, "download-block", OTSEG_ACCESS_PROGRAM, 0, 0) \
	X(DOWNLOAD_ENDED, 0x1c, "download-ended", OTSEG_ACCESS_PROGRAM, 0, 0) \
	X(START_UPLOAD, 0x1d, "start-upload", OTSEG_ACCESS_PROGRAM, 0, 0) \
	X(UPLOAD, 0x1e, "upload", OTSEG_ACCESS_PROGRAM, 0, 0) \
	X(END_UPLOAD, 0x1f, "end-upload", OTSEG_ACCESS_PROGRAM, 0, 0) \
	X(PLC_CONTROL, 0x28, "plc-control", OTSEG_ACCESS_CONTROL | OTSEG_ACCESS_PROGRAM, 0, 0) \
	X(PLC_STOP, 0x29, "plc-stop", OTSEG_ACCESS_CONTROL | OTSEG_ACCESS_PROGRAM, 0, 0) \
	X(SETUP_COMMUNICATION, 0xf0, "setup-communication", OTSEG_ACCESS_SESSION, 0, 0) \
	X(MODE_TRANSITION, 0x700, "mode-transition", OTSEG_ACCESS_DIAGNOSTIC, 0, OTSEG_FN_SUB) \
	X(PROGRAMMER, 0x701, "programmer", \
		OTSEG_ACCESS_READ | OTSEG_ACCESS_DIAGNOSTIC | OTSEG_ACCESS_WRITE | \
		OTSEG_ACCESS_CONTROL | OTSEG_ACCESS_PROGRAM, 0, OTSEG_FN_SUB) \
	X(CYCLIC, 0x702, "cyclic", OTSEG_ACCESS_READ, 0, OTSEG_FN_SUB) \
	X(BLOCKS, 0x703, "blocks", OTSEG_ACCESS_READ | OTSEG_ACCESS_SESSION, 0, OTSEG_FN_SUB) \
	X(CPU, 0x704, "cpu", \
		OTSEG_ACCESS_SESSION | OTSEG_ACCESS_READ | OTSEG_ACCESS_DIAGNOSTIC | OTSEG_ACCESS_CONTROL, 0, \
		OTSEG_FN_SUB) \
	X(SECURITY, 0x705, "security", OTSEG_ACCESS_SESSION | OTSEG_ACCESS_PROGRAM, 0, OTSEG_FN_SUB) \
	X(PBC, 0x706, "pbc", OTSEG_ACCESS_WRITE, 0, OTSEG_FN_OPAQUE) \
	X(CLOCK, 0x707, "clock", OTSEG_ACCESS_READ | OTSEG_ACCESS_CONTROL, 0, OTSEG_FN_SUB) \
	X(NC_PROGRAM, 0x70f, "nc-program", OTSEG_ACCESS_PROGRAM, 0, OTSEG_FN_SUB)

/*
 * Sub-functions of user data (ws): X(ID, function, number, "name", access)
 *
 * Programmer commands set up jobs in the controller; what can act on variables, on the
 * operating mode or on somebody else's job is not `read`. Flashing the LED is an act too.
 * Passwords open the way to the program. Locks and acknowledgements change what operators see.
 */
#define OTSEG_S7COMM_SUBFUNCTIONS(X) \
	X(MODE_STOP, 0x700, 0, "stop", OTSEG_ACCESS_DIAGNOSTIC) \
	X(MODE_WARM_RESTART, 0x700, 1, "warm-restart", OTSEG_ACCESS_DIAGNOSTIC) \
	X(MODE_RUN, 0x700, 2, "run", OTSEG_ACCESS_DIAGNOSTIC) \
	X(MODE_HOT_RESTART, 0x700, 3, "hot-restart", OTSEG_ACCESS_DIAGNOSTIC) \
	X(MODE_HOLD, 0x700, 4, "hold", OTSEG_ACCESS_DIAGNOSTIC) \
	X(MODE_COLD_RESTART, 0x700, 6, "cold-restart", OTSEG_ACCESS_DIAGNOSTIC) \
	X(MODE_RUN_REDUNDANT, 0x700, 9, "run-redundant", OTSEG_ACCESS_DIAGNOSTIC) \
	X(MODE_LINK_UP, 0x700, 11, "link-up", OTSEG_ACCESS_DIAGNOSTIC) \
	X(MODE_UPDATE, 0x700, 12, "update", OTSEG_ACCESS_DIAGNOSTIC) \
	X(BLOCK_STATUS, 0x701, 1, "block-status", OTSEG_ACCESS_DIAGNOSTIC) \
	X(VARIABLE_STATUS, 0x701, 2, "variable-status", OTSEG_ACCESS_READ) \
	X(OUTPUT_ISTACK, 0x701, 3, "output-istack", OTSEG_ACCESS_DIAGNOSTIC) \
	X(OUTPUT_BSTACK, 0x701, 4, "output-bstack", OTSEG_ACCESS_DIAGNOSTIC) \
	X(OUTPUT_LSTACK, 0x701, 5, "output-lstack", OTSEG_ACCESS_DIAGNOSTIC) \
	X(TIME_MEASUREMENT, 0x701, 6, "time-measurement", OTSEG_ACCESS_DIAGNOSTIC) \
	X(FORCE_SELECTION, 0x701, 7, "force-selection", OTSEG_ACCESS_WRITE | OTSEG_ACCESS_CONTROL) \
	X(MODIFY_VARIABLE, 0x701, 8, "modify-variable", OTSEG_ACCESS_WRITE) \
	X(FORCE, 0x701, 9, "force", OTSEG_ACCESS_WRITE | OTSEG_ACCESS_CONTROL) \
	X(BREAKPOINT, 0x701, 10, "breakpoint", OTSEG_ACCESS_CONTROL) \
	X(EXIT_HOLD, 0x701, 11, "exit-hold", OTSEG_ACCESS_CONTROL) \
	X(MEMORY_RESET, 0x701, 12, "memory-reset", OTSEG_ACCESS_CONTROL | OTSEG_ACCESS_PROGRAM) \
	X(DISABLE_JOB, 0x701, 13, "disable-job", OTSEG_ACCESS_CONTROL) \
	X(ENABLE_JOB, 0x701, 14, "enable-job", OTSEG_ACCESS_CONTROL) \
	X(DELETE_JOB, 0x701, 15, "delete-job", OTSEG_ACCESS_CONTROL) \
	X(READ_JOB_LIST, 0x701, 16, "read-job-list", OTSEG_ACCESS_DIAGNOSTIC) \
	X(READ_JOB, 0x701, 17, "read-job", OTSEG_ACCESS_DIAGNOSTIC) \
	X(REPLACE_JOB, 0x701, 18, "replace-job", OTSEG_ACCESS_WRITE | OTSEG_ACCESS_CONTROL) \
	X(BLOCK_STATUS_V2, 0x701, 19, "block-status-v2", OTSEG_ACCESS_DIAGNOSTIC) \
	X(FLASH_LED, 0x701, 22, "flash-led", OTSEG_ACCESS_CONTROL) \
	X(CYCLIC_TRANSFER, 0x702, 1, "transfer", OTSEG_ACCESS_READ) \
	X(CYCLIC_UNSUBSCRIBE, 0x702, 4, "unsubscribe", OTSEG_ACCESS_READ) \
	X(CYCLIC_CHANGE, 0x702, 5, "change-driven", OTSEG_ACCESS_READ) \
	X(CYCLIC_MODIFY, 0x702, 7, "change-driven-modify", OTSEG_ACCESS_READ) \
	X(CYCLIC_RECORD, 0x702, 8, "read-record", OTSEG_ACCESS_READ) \
	X(LIST_BLOCKS, 0x703, 1, "list", OTSEG_ACCESS_READ) \
	X(LIST_BLOCKS_OF_TYPE, 0x703, 2, "list-of-type", OTSEG_ACCESS_READ | OTSEG_ACCESS_SESSION) \
	X(BLOCK_INFO, 0x703, 3, "info", OTSEG_ACCESS_READ) \
	X(READ_SZL, 0x704, 1, "read-szl", OTSEG_ACCESS_DIAGNOSTIC | OTSEG_ACCESS_SESSION) \
	X(MESSAGE_SERVICE, 0x704, 2, "message-service", OTSEG_ACCESS_DIAGNOSTIC) \
	X(DIAGNOSTIC_MESSAGE, 0x704, 3, "diagnostic-message", OTSEG_ACCESS_DIAGNOSTIC) \
	X(ALARM_8, 0x704, 5, "alarm-8-indication", OTSEG_ACCESS_READ) \
	X(NOTIFY, 0x704, 6, "notify-indication", OTSEG_ACCESS_READ) \
	X(ALARM_8_LOCK, 0x704, 7, "alarm-8-lock", OTSEG_ACCESS_CONTROL) \
	X(ALARM_8_UNLOCK, 0x704, 8, "alarm-8-unlock", OTSEG_ACCESS_CONTROL) \
	X(SCAN, 0x704, 9, "scan-indication", OTSEG_ACCESS_READ) \
	X(ALARM_ACK, 0x704, 11, "alarm-ack", OTSEG_ACCESS_CONTROL) \
	X(ALARM_ACK_INDICATION, 0x704, 12, "alarm-ack-indication", OTSEG_ACCESS_READ) \
	X(ALARM_LOCK_INDICATION, 0x704, 13, "alarm-lock-indication", OTSEG_ACCESS_READ) \
	X(ALARM_UNLOCK_INDICATION, 0x704, 14, "alarm-unlock-indication", OTSEG_ACCESS_READ) \
	X(ALARM_SQ, 0x704, 17, "alarm-sq-indication", OTSEG_ACCESS_READ) \
	X(ALARM_S, 0x704, 18, "alarm-s-indication", OTSEG_ACCESS_READ) \
	X(ALARM_QUERY, 0x704, 19, "alarm-query", OTSEG_ACCESS_READ) \
	X(NOTIFY_8, 0x704, 22, "notify-8-indication", OTSEG_ACCESS_READ) \
	X(PASSWORD, 0x705, 1, "password", OTSEG_ACCESS_PROGRAM) \
	X(PASSWORD_CANCEL, 0x705, 2, "cancel-password", OTSEG_ACCESS_SESSION) /* snap7 */ \
	X(READ_CLOCK, 0x707, 1, "read", OTSEG_ACCESS_READ) \
	X(SET_CLOCK, 0x707, 2, "set", OTSEG_ACCESS_CONTROL) \
	X(READ_CLOCK_FOLLOWING, 0x707, 3, "read-following", OTSEG_ACCESS_READ) \
	X(SET_CLOCK_FOLLOWING, 0x707, 4, "set-following", OTSEG_ACCESS_CONTROL) \
	X(NC_REQUEST_DOWNLOAD, 0x70f, 1, "request-download", OTSEG_ACCESS_PROGRAM) \
	X(NC_DOWNLOAD_BLOCK, 0x70f, 2, "download-block", OTSEG_ACCESS_PROGRAM) \
	X(NC_CONTINUE_DOWNLOAD, 0x70f, 3, "continue-download", OTSEG_ACCESS_PROGRAM) \
	X(NC_DOWNLOAD_ENDED, 0x70f, 4, "download-ended", OTSEG_ACCESS_PROGRAM) \
	X(NC_START_UPLOAD, 0x70f, 6, "start-upload", OTSEG_ACCESS_PROGRAM) \
	X(NC_UPLOAD, 0x70f, 7, "upload", OTSEG_ACCESS_PROGRAM) \
	X(NC_CONTINUE_UPLOAD, 0x70f, 8, "continue-upload", OTSEG_ACCESS_PROGRAM)

/*
 * Object types are the area codes of an item (ws): X(ID, number, "name", highest, flags,
 * "sentence"). Numbers are bytes, whatever the item counts in; counters and timers
 * have numbers of their own. In a data block it is block << 16 | byte. The status list is not
 * an area, and no area has its number.
 */
#define OTSEG_S7COMM_OBJECTS(X)                                                                 \
	X(SYSTEM_INFO, 0x03, "system-info-200", 0xffff, 0, "byte of the system information, S7-200") \
	X(SYSTEM_FLAG, 0x05, "system-flag-200", 0xffff, 0, "byte of the special memory, S7-200") \
	X(ANALOG_INPUT, 0x06, "analog-input-200", 0xffff, 0, "byte of the analog inputs, S7-200") \
	X(ANALOG_OUTPUT, 0x07, "analog-output-200", 0xffff, 0, "byte of the analog outputs, S7-200") \
	X(COUNTER, 0x1c, "counter", 0xffff, 0, "counter, by its number")                      \
	X(TIMER, 0x1d, "timer", 0xffff, 0, "timer, by its number")                            \
	X(COUNTER_200, 0x1e, "counter-200", 0xffff, 0, "counter, by its number, S7-200")         \
	X(TIMER_200, 0x1f, "timer-200", 0xffff, 0, "timer, by its number, S7-200")              \
	X(PERIPHERY, 0x80, "periphery", 0xffff, 0, "byte of the directly accessed periphery") \
	X(INPUT, 0x81, "input", 0xffff, 0, "byte of the process image of inputs")             \
	X(OUTPUT, 0x82, "output", 0xffff, 0, "byte of the process image of outputs")          \
	X(FLAG, 0x83, "flag", 0xffff, 0, "byte of the bit memory")                            \
	X(DB, 0x84, "db", 0xffffffff, OTSEG_OBJ_PAIR, "byte of a data block: block << 16 | byte") \
	X(DI, 0x85, "di", 0xffffffff, OTSEG_OBJ_PAIR,                                           \
	  "byte of an instance data block: block << 16 | byte")                                 \
	X(LOCAL, 0x86, "local", 0xffff, 0, "byte of the local data")                          \
	X(V, 0x87, "v", 0xffff, 0, "byte of area 0x87")                                       \
	X(SZL, 0xf0, "szl", 0xffffffff, OTSEG_OBJ_PAIR, "part of the system status list: id << 16 | index")
/* clang-format on */

enum otseg_s7comm_function {
#define X(id, code, name, access, object, flags) OTSEG_S7COMM_FN_##id = (code),
	OTSEG_S7COMM_FUNCTIONS(X)
#undef X
};

enum otseg_s7comm_subfunction {
#define X(id, function, number, name, access) OTSEG_S7COMM_SUB_##id = (number),
	OTSEG_S7COMM_SUBFUNCTIONS(X)
#undef X
};

enum otseg_s7comm_object {
#define X(id, number, name, max, flags, sentence) OTSEG_S7COMM_OBJ_##id = (number),
	OTSEG_S7COMM_OBJECTS(X)
#undef X
};

#define OTSEG_S7COMM_FIELD_ROSCTR OTSEG_ISO_FIELD_OWN

/* clang-format off */
#define OTSEG_S7COMM_FIELDS(X) \
	OTSEG_ISO_FIELDS(X)    \
	X(ROSCTR, OTSEG_S7COMM_FIELD_ROSCTR, "rosctr", 255, "remote operating service control: kind of the message")

#define OTSEG_S7COMM_FIELD_WORDS(X)                               \
	OTSEG_ISO_FIELD_WORDS(X)                                  \
	X(OTSEG_S7COMM_FIELD_ROSCTR, OTSEG_S7COMM_JOB, "job")                    \
	X(OTSEG_S7COMM_FIELD_ROSCTR, OTSEG_S7COMM_ACK, "ack")                    \
	X(OTSEG_S7COMM_FIELD_ROSCTR, OTSEG_S7COMM_ACK_DATA, "ack-data")               \
	X(OTSEG_S7COMM_FIELD_ROSCTR, OTSEG_S7COMM_USERDATA, "userdata")

#define OTSEG_S7COMM_TEXT_SERVICE 0
#define OTSEG_S7COMM_TEXT_BLOCK 1

#define OTSEG_S7COMM_TEXTS(X)                                                                   \
	X(SERVICE, OTSEG_S7COMM_TEXT_SERVICE, "service",                                        \
	  "program invocation service, such as P_PROGRAM or _INSE")                             \
	X(BLOCK, OTSEG_S7COMM_TEXT_BLOCK, "block",                                              \
	  "file identifier of a down- or upload: _, two digits of the block type, five of its number, P, A or B")

/* Error classes of the header, and the first byte of user data's error code (ws): X(ID, code, "name"). */
#define OTSEG_S7COMM_EXCEPTIONS(X)                                 \
	X(RELATIONSHIP, 0x81, "application-relationship")          \
	X(OBJECT, 0x82, "object-definition")                       \
	X(RESOURCES, 0x83, "no-resources")                         \
	X(PROCESSING, 0x84, "service-processing")                  \
	X(SUPPLIES, 0x85, "supplies")                              \
	X(ACCESS, 0x87, "access")
/* clang-format on */

enum otseg_s7comm_rosctr {
	OTSEG_S7COMM_JOB = 1,
	OTSEG_S7COMM_ACK = 2, /* without parameters or data */
	OTSEG_S7COMM_ACK_DATA = 3,
	OTSEG_S7COMM_USERDATA = 7,
};

#define OTSEG_S7COMM_SHAPE                                                                      \
	.code_max = 0x8ff, .sub_max = 0xff, .value_max = 0xff, .any_type = "area-",             \
	.any_type_max = 0xef, .any_max = 0xffff

/* The header (ws), counted from the TPKT. */
#define OTSEG_S7COMM_AT 7
#define OTSEG_S7COMM_AT_ROSCTR (OTSEG_S7COMM_AT + 1)
#define OTSEG_S7COMM_AT_REDUNDANCY (OTSEG_S7COMM_AT + 2)
#define OTSEG_S7COMM_AT_REFERENCE (OTSEG_S7COMM_AT + 4)
#define OTSEG_S7COMM_AT_LENGTHS (OTSEG_S7COMM_AT + 6) /* of parameters, of data */
#define OTSEG_S7COMM_AT_JOB (OTSEG_S7COMM_AT + 10) /* parameters of jobs and user data */
#define OTSEG_S7COMM_AT_ERROR (OTSEG_S7COMM_AT + 10) /* class, code */
#define OTSEG_S7COMM_AT_ACK (OTSEG_S7COMM_AT + 12) /* parameters of acknowledgements */

#define OTSEG_S7COMM_PROTOCOL 0x32

/* Access class of a job's function, which is a byte; 0: unknown. */
OTSEG_INLINE u32 s7comm_access(u32 code)
{
	switch (code) {
/* clang-format off */
#define X(id, number, name, access, object, flags) \
	case number:                               \
		return (access);
	OTSEG_S7COMM_FUNCTIONS(X)
#undef X
	/* clang-format on */
	default:
		return 0;
	}
}

/* The same of a sub-function of user data; one that is not listed is unknown, in a known group too. */
OTSEG_NOINLINE u32 s7comm_sub_access(u32 group, u32 sub)
{
	switch (group << 8 | sub) {
/* clang-format off */
#define X(id, function, number, name, access)                  \
	case ((function) - OTSEG_S7COMM_GROUPS) << 8 | (number): \
		return (access);
	OTSEG_S7COMM_SUBFUNCTIONS(X)
#undef X
	/* clang-format on */
	default:
		return group == OTSEG_S7COMM_FN_PBC - OTSEG_S7COMM_GROUPS ? OTSEG_ACCESS_WRITE : 0;
	}
}

/* Names the function; one that nobody knows passes only by its number. */
OTSEG_INLINE void s7comm_function(struct otseg_msg *msg, u32 code, u32 sub, u32 access)
{
	msg_function(msg, code, sub, access ? access : OTSEG_ACCESS_VENDOR);
	if (!access)
		msg->flags |= OTSEG_MSG_UNKNOWN | OTSEG_MSG_OPAQUE_OBJECTS | OTSEG_MSG_OPAQUE_VALUES;
}

/*
 * Bits of one element of an item, by its type (any; ws, where 28 to 32 are counters
 * and timers, the last three those of S7-200); 0: not known.
 */
OTSEG_INLINE u32 s7comm_bits(u32 type)
{
	switch (type) {
	case 1: /* BOOL */
		return 1;
	case 2: /* BYTE */
	case 3: /* CHAR */
		return 8;
	case 4: /* WORD */
	case 5: /* INT */
	case 9: /* DATE */
	case 12: /* S5TIME */
	case 28:
	case 29:
		return 16;
	case 6: /* DWORD */
	case 7: /* DINT */
	case 8: /* REAL */
	case 10: /* TIME_OF_DAY */
	case 11: /* TIME */
		return 32;
	default:
		return 0;
	}
}

/* Bytes of data of the transport size, whose length counts in bits or in bytes (ws). */
OTSEG_INLINE u32 s7comm_data_bytes(u32 size, u32 length)
{
	return size >= 3 && size <= 5 ? (length + 7) >> 3 : length;
}

/*
 * An item with the address syntax S7ANY (ws): type, count, block, area, address in bits;
 * of counters and timers it is their number. Bytes of the values in @bytes, 0: not known.
 */
OTSEG_INLINE u32 s7comm_any(const u8 *buf, u32 off, u32 access, u32 *bytes, struct otseg_msg *msg)
{
	u32 type = pdu_u8(buf, off + 3);
	u32 count = pdu_be16(buf, off + 4);
	u32 area = pdu_u8(buf, off + 8);
	u32 first = pdu_be24(buf, off + 9);
	u32 is_pair = area == OTSEG_S7COMM_OBJ_DB || area == OTSEG_S7COMM_OBJ_DI;
	u32 is_number = area >= OTSEG_S7COMM_OBJ_COUNTER && area <= OTSEG_S7COMM_OBJ_TIMER_200;
	u32 bits = s7comm_bits(type);
	u32 last;

	/* controllers take single bits only, and whole elements at whole bytes */
	if (!count || (type == 1 ? count != 1 : !is_number && first & 7))
		return OTSEG_R_PDU_MALFORMED;
	/* nobody knows how large it is, or how it counts */
	if (!area || area >= OTSEG_S7COMM_OBJ_SZL || is_number != (type >= 28 && type <= 32) ||
	    (!is_number && !bits)) {
		msg->flags |= OTSEG_MSG_OPAQUE_OBJECTS | OTSEG_MSG_OPAQUE_VALUES;
		return OTSEG_R_NONE;
	}
	*bytes = (bits * count + 7) >> 3;
	if (is_number) {
		last = first + count - 1;
		msg->flags |= access == OTSEG_ACCESS_WRITE ? OTSEG_MSG_OPAQUE_VALUES : 0;
	} else {
		first >>= 3;
		last = first + *bytes - 1;
	}
	/* ws: of 24 bits of an address the upper ones have no meaning: what is it with them? */
	if (last > 0xffff)
		return OTSEG_R_PDU_MALFORMED;
	if (is_pair) {
		u32 block = pdu_be16(buf, off + 6) << 16;

		first |= block;
		last |= block;
	}
	msg_object(msg, area, access, first, last, 0);
	return OTSEG_R_NONE;
}

/**
 * struct s7comm_place - how far the items of a request have been looked at
 * @off: offset of the next item
 * @end: offset after the items, where the data begins
 * @data: offset of the data of the next item; 0: not known, for it is not at hand
 * @is_write: there is data
 */
struct s7comm_place {
	u32 off;
	u32 end;
	u32 data;
	u32 is_write;
};

/*
 * What is written by the item that is next, which has @bytes of them, 0: not known: return
 * code, transport size, length, bytes. @object: index of its object.
 */
OTSEG_INLINE u32 s7comm_value(const u8 *buf, u32 have, struct s7comm_place *place, u32 bytes,
			      u32 object, u32 is_last, struct otseg_msg *msg)
{
	u32 at = place->data + 4;
	u32 size, len;

	if (at > msg->length)
		return OTSEG_R_PDU_LENGTH;
	place->data = 0;
	if (at == 4 || at > have)
		return OTSEG_R_NONE;
	size = pdu_u8(buf, at - 3);
	/* ws: 3 to 9, and two of numerical controls */
	if (size - 3 > 9 - 3 && (bytes || size - 0x11 > 1))
		return OTSEG_R_PDU_MALFORMED;
	len = s7comm_data_bytes(size, pdu_be16(buf, at - 2));
	if ((bytes && len != bytes) || at + len > msg->length)
		return OTSEG_R_PDU_LENGTH;
	if (object < OTSEG_MSG_OBJECTS && object < msg->n_objects && at + len <= OTSEG_PDU_MAX)
		msg->objects[object].values_off = (u16)at;
	else
		msg->flags |= OTSEG_MSG_OPAQUE_VALUES;
	place->data = at + len + (is_last ? 0 : len & 1);
	return OTSEG_R_NONE;
}

/*
 * The next item: 12, its length, syntax, address. Of the syntaxes (ws) those of numerical
 * controls, drives, symbols and DBREAD are let through with addresses that are not looked
 * at. An item that is not all there leaves @place where it is.
 */
OTSEG_GLOBAL u32 otseg_s7comm_item(struct otseg_pdu *pdu, u32 have, struct s7comm_place *place,
				   u32 is_last, struct otseg_msg *msg)
{
	const u8 *buf;
	u32 bytes = 0;
	u32 off, len;
	u32 object;
	u32 access;
	u32 reason;

	if (!pdu || !place || !msg)
		return OTSEG_R_INTERNAL;
	buf = pdu->bytes;
	access = place->is_write ? OTSEG_ACCESS_WRITE : OTSEG_ACCESS_READ;
	object = msg->n_objects;
	off = place->off;
	if (off + 3 > place->end)
		return OTSEG_R_PDU_LENGTH;
	if (off + 3 > have)
		return OTSEG_R_NONE;
	if (pdu_u8(buf, off) != 0x12)
		return OTSEG_R_PDU_MALFORMED;
	len = pdu_u8(buf, off + 1);
	if (off + 2 + len > place->end)
		return OTSEG_R_PDU_LENGTH;
	switch (pdu_u8(buf, off + 2)) {
	case 0x10: /* S7ANY */
		if (len != 10)
			return OTSEG_R_PDU_LENGTH;
		if (off + 12 > have)
			return OTSEG_R_NONE;
		reason = s7comm_any(buf, off, access, &bytes, msg);
		if (reason)
			return reason;
		break;
	case 0x82: /* NCK */
	case 0x83:
	case 0x84:
	case 0xa2: /* DRIVEESANY */
	case 0xb0: /* DBREAD */
	case 0xb2: /* 1200SYM */
		msg->flags |= OTSEG_MSG_OPAQUE_OBJECTS | OTSEG_MSG_OPAQUE_VALUES;
		break;
	default:
		return OTSEG_R_PDU_MALFORMED;
	}
	/* ws: all but the last are filled up to an even length, values too */
	place->off = off + 2 + len + (is_last ? 0 : len & 1);
	if (!place->is_write)
		return OTSEG_R_NONE;
	return s7comm_value(buf, have, place, bytes, object, is_last, msg);
}

/*
 * Items of `read-var` and `write-var` (ws): function, their number, and so many items, which
 * fill the parameters; what is written stands in the data, which it fills.
 */
OTSEG_INLINE u32 s7comm_items(struct otseg_pdu *pdu, u32 have, u32 end, u32 is_write,
			      struct otseg_msg *msg)
{
	const u8 *buf = pdu->bytes;
	struct s7comm_place place = {
		.off = OTSEG_S7COMM_AT_JOB + 2,
		.end = end,
		.data = end,
		.is_write = is_write,
	};
	u32 reason, before;
	u32 count;
	u32 i;

	if (end < OTSEG_S7COMM_AT_JOB + 2)
		return OTSEG_R_PDU_LENGTH;
	if (have < OTSEG_S7COMM_AT_JOB + 2)
		return OTSEG_R_NONE;
	count = buf[OTSEG_S7COMM_AT_JOB + 1];
	msg->answer = (u16)count;
	msg->values = OTSEG_VALUES_U8;
	if (!count)
		return OTSEG_R_PDU_MALFORMED;
	otseg_for(i, count) {
		before = place.off;
		reason = otseg_s7comm_item(pdu, have, &place, i + 1 == count, msg);
		if (reason)
			return reason;
		/* not there yet, or more of them than are looked at */
		if (place.off == before) {
			if (!(msg->flags & OTSEG_MSG_PARTIAL))
				msg->flags |= OTSEG_MSG_OPAQUE_OBJECTS | OTSEG_MSG_OPAQUE_VALUES;
			return OTSEG_R_NONE;
		}
	}
	if (place.off != end)
		return OTSEG_R_PDU_LENGTH;
	if (!is_write)
		return end == msg->length ? OTSEG_R_NONE : OTSEG_R_PDU_LENGTH;
	if (place.data)
		return place.data == msg->length ? OTSEG_R_NONE : OTSEG_R_PDU_LENGTH;
	if (!(msg->flags & OTSEG_MSG_PARTIAL))
		msg->flags |= OTSEG_MSG_OPAQUE_VALUES;
	return OTSEG_R_NONE;
}

/*
 * A text behind a byte with its length, at @off; it ends the parameters or, with @more,
 * a further one does. A text that is not there yet is none.
 */
OTSEG_INLINE u32 s7comm_text(const u8 *buf, u32 have, u32 off, u32 end, const u32 text,
			     struct otseg_msg *msg)
{
	u32 len;

	if (off >= end)
		return OTSEG_R_PDU_LENGTH;
	if (off >= have)
		return OTSEG_R_NONE;
	len = pdu_u8(buf, off);
	if (off + 1 + len != end)
		return OTSEG_R_PDU_LENGTH;
	if (end <= have)
		msg_text(msg, text, off + 1, len);
	return OTSEG_R_NONE;
}

/*
 * What a program invocation does (ws; names also in snap7): start; activate and delete blocks,
 * copy RAM to ROM; compress memory. Others, many of numerical controls, may do either.
 */
OTSEG_INLINE u32 s7comm_invocation(const u8 *buf, const struct otseg_msg_text *name)
{
	u32 word;

	if (name->len == 9) {
		if (pdu_be32(buf, name->off) == 0x505f5052 && /* P_PR */
		    pdu_be32(buf, name->off + 4) == 0x4f475241 && /* OGRA */
		    pdu_u8(buf, name->off + 8) == 'M')
			return OTSEG_ACCESS_CONTROL;
	}
	if (name->len == 5 && pdu_u8(buf, name->off) == '_') {
		word = pdu_be32(buf, name->off + 1);
		if (word == 0x494e5345 || word == 0x44454c45 || word == 0x4d4f4455)
			return OTSEG_ACCESS_PROGRAM; /* INSE, DELE, MODU */
	}
	return OTSEG_ACCESS_CONTROL | OTSEG_ACCESS_PROGRAM;
}

/*
 * Jobs beside reading and writing (ws): lengths of their parameters, which @end ends, and the
 * names in them. They carry no data.
 */
OTSEG_GLOBAL u32 otseg_s7comm_job(struct otseg_pdu *pdu, u32 have, u32 code, u32 end,
				  struct otseg_msg *msg)
{
	const u32 at = OTSEG_S7COMM_AT_JOB;
	u32 reason = OTSEG_R_NONE;
	const u8 *buf;
	u32 len;

	if (!pdu || !msg)
		return OTSEG_R_INTERNAL;
	buf = pdu->bytes;
	if (end != msg->length)
		return OTSEG_R_PDU_LENGTH;
	if (end > OTSEG_PDU_MAX)
		return OTSEG_R_PDU_NESTING;
	switch (code) {
	case OTSEG_S7COMM_FN_SETUP_COMMUNICATION:
	case OTSEG_S7COMM_FN_UPLOAD:
	case OTSEG_S7COMM_FN_END_UPLOAD:
		return end == at + 8 ? OTSEG_R_NONE : OTSEG_R_PDU_LENGTH;
	case OTSEG_S7COMM_FN_REQUEST_DOWNLOAD:
		/* the file's name, and a second text: lengths of load memory and code */
		if (end < at + 8 + 2)
			return OTSEG_R_PDU_LENGTH;
		if (have <= at + 8)
			return OTSEG_R_NONE;
		len = buf[at + 8];
		if (at + 8 + 1 + len >= end)
			return OTSEG_R_PDU_LENGTH;
		if (have <= at + 8 + 1 + len)
			return OTSEG_R_NONE;
		msg_text(msg, OTSEG_S7COMM_TEXT_BLOCK, at + 8 + 1, len);
		return at + 8 + 1 + len + 1 + pdu_u8(buf, at + 8 + 1 + len) == end ?
			       OTSEG_R_NONE :
			       OTSEG_R_PDU_LENGTH;
	case OTSEG_S7COMM_FN_START_UPLOAD:
	case OTSEG_S7COMM_FN_DOWNLOAD_BLOCK:
	case OTSEG_S7COMM_FN_DOWNLOAD_ENDED:
		return s7comm_text(buf, have, at + 8, end, OTSEG_S7COMM_TEXT_BLOCK, msg);
	case OTSEG_S7COMM_FN_PLC_CONTROL:
		/* 7 bytes, the length of a block of parameters, that block, the name */
		if (end < at + 10 + 1)
			return OTSEG_R_PDU_LENGTH;
		if (have < at + 10)
			return OTSEG_R_NONE;
		len = pdu_be16(buf, at + 8);
		if (at + 10 + len >= end)
			return OTSEG_R_PDU_LENGTH;
		reason = s7comm_text(buf, have, at + 10 + len, end, OTSEG_S7COMM_TEXT_SERVICE, msg);
		break;
	case OTSEG_S7COMM_FN_PLC_STOP:
		reason = s7comm_text(buf, have, at + 6, end, OTSEG_S7COMM_TEXT_SERVICE, msg);
		break;
	}
	if (!reason && msg->text_mask & 1u << OTSEG_S7COMM_TEXT_SERVICE)
		msg_function(msg, code, 0,
			     s7comm_invocation(buf, &msg->texts[OTSEG_S7COMM_TEXT_SERVICE]));
	return reason;
}

/* What only the controller may ask: the blocks of a download. */
OTSEG_INLINE u32 s7comm_is_download(u32 code)
{
	return code == OTSEG_S7COMM_FN_DOWNLOAD_BLOCK || code == OTSEG_S7COMM_FN_DOWNLOAD_ENDED;
}

/* A job, whose parameters end at @end. */
OTSEG_INLINE u32 s7comm_ask(struct otseg_pdu *pdu, u32 have, u32 dir, u32 end,
			    struct otseg_msg *msg)
{
	const u8 *buf = pdu->bytes;
	u32 code, is_response;

	if (end <= OTSEG_S7COMM_AT_JOB)
		return OTSEG_R_PDU_LENGTH;
	if (have <= OTSEG_S7COMM_AT_JOB)
		return OTSEG_R_NONE;
	code = buf[OTSEG_S7COMM_AT_JOB];
	is_response = dir == OTSEG_DIR_RESPONSE;
	if (is_response != s7comm_is_download(code))
		return OTSEG_R_PDU_DIRECTION;
	if (dir == OTSEG_DIR_REQUEST)
		msg->kind = OTSEG_KIND_REQUEST;
	if (code == OTSEG_S7COMM_FN_PLC_CONTROL || code == OTSEG_S7COMM_FN_PLC_STOP)
		return otseg_s7comm_job(pdu, have, code, end, msg);
	s7comm_function(msg, code, 0, s7comm_access(code));
	if (code == OTSEG_S7COMM_FN_READ_VAR || code == OTSEG_S7COMM_FN_WRITE_VAR)
		return s7comm_items(pdu, have, end, code == OTSEG_S7COMM_FN_WRITE_VAR, msg);
	if (code != OTSEG_S7COMM_FN_CPU_SERVICES && !(msg->flags & OTSEG_MSG_UNKNOWN))
		return otseg_s7comm_job(pdu, have, code, end, msg);
	msg->flags |= OTSEG_MSG_OPAQUE_OBJECTS | OTSEG_MSG_OPAQUE_VALUES;
	return OTSEG_R_NONE;
}

/*
 * An acknowledgement, with or without data. From the side that asks, it can only be one of a
 * download's, which carries the program; without a function, that something went wrong.
 */
OTSEG_INLINE u32 s7comm_tell(const u8 *buf, u32 have, u32 dir, u32 end, struct otseg_msg *msg)
{
	u32 code, is_request;

	if (dir == OTSEG_DIR_RESPONSE)
		msg->kind = OTSEG_KIND_ANSWER;
	if (have < OTSEG_S7COMM_AT_ACK)
		return OTSEG_R_NONE;
	if (buf[OTSEG_S7COMM_AT_ERROR] | buf[OTSEG_S7COMM_AT_ERROR + 1]) {
		msg->flags |= OTSEG_MSG_EXCEPTION;
		msg->exception = buf[OTSEG_S7COMM_AT_ERROR];
	}
	if (end == OTSEG_S7COMM_AT_ACK) {
		if (end != msg->length)
			return OTSEG_R_PDU_LENGTH;
		/* an answer without a name fits what was asked under this reference */
		if (dir == OTSEG_DIR_REQUEST)
			msg_function(msg, OTSEG_S7COMM_FN_DOWNLOAD_ENDED, 0, OTSEG_ACCESS_PROGRAM);
		return OTSEG_R_NONE;
	}
	if (have <= OTSEG_S7COMM_AT_ACK)
		return OTSEG_R_NONE;
	code = buf[OTSEG_S7COMM_AT_ACK];
	is_request = dir == OTSEG_DIR_REQUEST;
	if (is_request != s7comm_is_download(code))
		return OTSEG_R_PDU_DIRECTION;
	s7comm_function(msg, code, 0, s7comm_access(code));
	if (msg->flags & OTSEG_MSG_EXCEPTION)
		return OTSEG_R_NONE;
	if (code == OTSEG_S7COMM_FN_READ_VAR || code == OTSEG_S7COMM_FN_WRITE_VAR) {
		if (end != OTSEG_S7COMM_AT_ACK + 2)
			return OTSEG_R_PDU_LENGTH;
		if (have < OTSEG_S7COMM_AT_ACK + 2)
			return OTSEG_R_NONE;
		msg->answer = buf[OTSEG_S7COMM_AT_ACK + 1];
		/* one return code for each item */
		if (code == OTSEG_S7COMM_FN_WRITE_VAR && msg->length != end + msg->answer)
			return OTSEG_R_PDU_LENGTH;
	}
	return OTSEG_R_NONE;
}

/* Sub-functions whose answers come in parts, each of which is asked for (captures). */
OTSEG_INLINE u32 s7comm_is_listing(u32 group, u32 sub)
{
	return (group == OTSEG_S7COMM_FN_CPU - OTSEG_S7COMM_GROUPS &&
		sub == OTSEG_S7COMM_SUB_READ_SZL) ||
	       (group == OTSEG_S7COMM_FN_BLOCKS - OTSEG_S7COMM_GROUPS &&
		sub == OTSEG_S7COMM_SUB_LIST_BLOCKS_OF_TYPE);
}

/*
 * User data (ws). Parameters: 00 01 12, their length, a method, type and group, sub-function,
 * sequence; those of answers and of further parts have four bytes more: unit, whether it
 * is the last, error code. Data: return code, transport size, length. A push that tells of
 * the operating mode has another head, and no data.
 */
OTSEG_GLOBAL u32 otseg_s7comm_userdata(struct otseg_pdu *pdu, u32 have, u32 dir, u32 end,
				       struct otseg_msg *msg)
{
	const u32 at = OTSEG_S7COMM_AT_JOB;
	const u8 *buf;
	u32 type, group, sub, size;
	u32 is_mutual;
	u32 is_asking, is_request;
	u32 access;

	if (!pdu || !msg)
		return OTSEG_R_INTERNAL;
	buf = pdu->bytes;
	dir &= 1;
	if (end != at + 8 && end != at + 12)
		return OTSEG_R_PDU_LENGTH;
	if (have < at + 7)
		return OTSEG_R_NONE;
	type = buf[at + 5] >> 4;
	group = buf[at + 5] & 15;
	sub = buf[at + 6];
	if (!buf[at + 5]) {
		if (dir != OTSEG_DIR_RESPONSE)
			return OTSEG_R_PDU_DIRECTION;
	} else if (pdu_be24(buf, at) != 0x000112 || buf[at + 3] + at + 4 != end ||
		   buf[at + 4] != (end == at + 8 ? 0x11 : 0x12)) {
		return OTSEG_R_PDU_MALFORMED;
	}
	/* ws: types of numerical controls, for one group only */
	if (group == OTSEG_S7COMM_FN_NC_PROGRAM - OTSEG_S7COMM_GROUPS) {
		if (type != 7 && type != 11 && type != 3)
			return OTSEG_R_PDU_MALFORMED;
	} else if (type != 4 && type != 8 && type) {
		return OTSEG_R_PDU_MALFORMED;
	}
	access = s7comm_sub_access(group, sub);
	/* either side may begin with these, and the data is for a program */
	is_mutual = group == OTSEG_S7COMM_FN_PBC - OTSEG_S7COMM_GROUPS ||
		    group == OTSEG_S7COMM_FN_NC_PROGRAM - OTSEG_S7COMM_GROUPS;
	if (group == OTSEG_S7COMM_FN_PBC - OTSEG_S7COMM_GROUPS)
		sub = 0;
	is_asking = type == 4;
	is_request = dir == OTSEG_DIR_REQUEST;
	if (!is_mutual && is_asking != is_request)
		return OTSEG_R_PDU_DIRECTION;
	if (is_mutual || !buf[at + 5]) {
		s7comm_function(msg, OTSEG_S7COMM_GROUPS | group, sub, access);
		return OTSEG_R_NONE;
	}
	if (type)
		msg->kind = type == 4 ? OTSEG_KIND_REQUEST : OTSEG_KIND_ANSWER;
	if (msg->length < end + 4)
		return OTSEG_R_PDU_LENGTH;
	if (have < end + 4)
		return OTSEG_R_NONE;
	if (type == 8 && end == at + 12 && (buf[at + 10] | buf[at + 11])) {
		msg->flags |= OTSEG_MSG_EXCEPTION;
		msg->exception = buf[at + 10];
	}
	size = pdu_u8(buf, end + 1);
	if (!(msg->state & OTSEG_ISO_MORE << dir) &&
	    s7comm_data_bytes(size, pdu_be16(buf, end + 2)) != msg->length - end - 4)
		return OTSEG_R_PDU_LENGTH;
	/* asks for the next part of an answer under way, and can ask for nothing else */
	if (type == 4 && end == at + 12 && msg->length == end + 4 && buf[at + 7] && !size &&
	    s7comm_is_listing(group, sub)) {
		msg_function(msg, OTSEG_S7COMM_GROUPS | group, sub, OTSEG_ACCESS_SESSION);
		return OTSEG_R_NONE;
	}
	s7comm_function(msg, OTSEG_S7COMM_GROUPS | group, sub, access);
	if (type != 4)
		return OTSEG_R_NONE;
	if (group != OTSEG_S7COMM_FN_CPU - OTSEG_S7COMM_GROUPS || sub != OTSEG_S7COMM_SUB_READ_SZL) {
		msg->flags |= OTSEG_MSG_OPAQUE_OBJECTS | OTSEG_MSG_OPAQUE_VALUES;
		return OTSEG_R_NONE;
	}
	if (msg->length != end + 8)
		return OTSEG_R_PDU_LENGTH;
	if (have >= end + 8)
		msg_object(msg, OTSEG_S7COMM_OBJ_SZL, access, pdu_be32(buf, end + 4),
			   pdu_be32(buf, end + 4), 0);
	return OTSEG_R_NONE;
}

/*
 * A message: the header, with lengths that fill the TSDU. A request stands in one TPDU: what
 * is divided could hide items; an answer may go on, but must show its function.
 */
OTSEG_GLOBAL u32 otseg_s7comm_tsdu(struct otseg_pdu *pdu, u32 have, u32 dir, struct otseg_msg *msg)
{
	u32 rosctr, end, total;
	const u8 *buf;
	u32 goes_on;

	if (!pdu || !msg)
		return OTSEG_R_INTERNAL;
	buf = pdu->bytes;
	dir &= 1;
	goes_on = msg->state & OTSEG_ISO_MORE << dir;
	msg->service = OTSEG_SVC_S7COMM;
	if (goes_on && dir == OTSEG_DIR_REQUEST)
		return OTSEG_R_PDU_NESTING;
	if (msg->length < OTSEG_S7COMM_AT_JOB || (goes_on && msg->length < OTSEG_S7COMM_AT_JOB + 12))
		return OTSEG_R_PDU_LENGTH;
	if (have <= OTSEG_S7COMM_AT_ROSCTR)
		return OTSEG_R_NONE;
	rosctr = buf[OTSEG_S7COMM_AT_ROSCTR];
	if (rosctr != OTSEG_S7COMM_JOB && rosctr != OTSEG_S7COMM_ACK &&
	    rosctr != OTSEG_S7COMM_ACK_DATA && rosctr != OTSEG_S7COMM_USERDATA)
		return OTSEG_R_PDU_MALFORMED;
	msg_field(msg, OTSEG_S7COMM_FIELD_ROSCTR, rosctr);
	if (have < OTSEG_S7COMM_AT_LENGTHS)
		return OTSEG_R_NONE;
	if (pdu_be16(buf, OTSEG_S7COMM_AT_REDUNDANCY))
		return OTSEG_R_PDU_MALFORMED;
	msg->id = (u16)pdu_be16(buf, OTSEG_S7COMM_AT_REFERENCE);
	msg_number(msg, OTSEG_NUMBER_BE, OTSEG_S7COMM_AT_REFERENCE, 2);
	if (have < OTSEG_S7COMM_AT_JOB)
		return OTSEG_R_NONE;
	end = rosctr == OTSEG_S7COMM_ACK || rosctr == OTSEG_S7COMM_ACK_DATA ? OTSEG_S7COMM_AT_ACK :
									      OTSEG_S7COMM_AT_JOB;
	end += pdu_be16(buf, OTSEG_S7COMM_AT_LENGTHS);
	total = end + pdu_be16(buf, OTSEG_S7COMM_AT_LENGTHS + 2);
	if (goes_on ? total <= msg->length : total != msg->length)
		return OTSEG_R_PDU_LENGTH;
	if (rosctr == OTSEG_S7COMM_JOB)
		return s7comm_ask(pdu, have, dir, end, msg);
	if (rosctr == OTSEG_S7COMM_USERDATA)
		return otseg_s7comm_userdata(pdu, have, dir, end, msg);
	return s7comm_tell(buf, have, dir, end, msg);
}

#endif /* OTSEG_S7COMM_H */
