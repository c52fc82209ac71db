/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DNP3 (IEEE Std 1815-2012) over TCP and UDP: one link frame is one PDU.
 *
 * A frame is a header of ten bytes and up to 16 blocks of user data, 16 bytes and a CRC
 * each. The user data is a transport octet and a piece of an application fragment. Only
 * the frame that begins a fragment (FIR) has the application header; if it is also the
 * last one (FIN), each object header of a request is a part of the message, and each
 * object of a command (groups 12 and 41). Fragments of several frames are not put together:
 * their first frame has access to whatever its function has access to, and the next ones
 * pass as what the first one was.
 *
 * "User octets" count from the transport octet on and know of no CRCs. Clauses are those of
 * IEEE 1815-2012; numbers were held against the dissector of Wireshark 4.0 as well.
 */
#ifndef OTSEG_DNP3_H
#define OTSEG_DNP3_H

#include "crc.h"
#include "pdu.h"

/* In place of a group as sub-function: several, or hidden ones. */
#define OTSEG_DNP3_MIXED 0xffff
#define OTSEG_DNP3_POINT_MAX 0xffff /* points above it pass, but no rule can name them */

#define OTSEG_DNP3_WRITE_ANY \
	(OTSEG_ACCESS_WRITE | OTSEG_ACCESS_CONTROL | OTSEG_ACCESS_PROGRAM | OTSEG_ACCESS_VENDOR)
#define OTSEG_DNP3_SECURITY_ANY \
	(OTSEG_ACCESS_SESSION | OTSEG_ACCESS_PROGRAM | OTSEG_ACCESS_VENDOR)

/*
 * Functions: X(ID, code, "name", access, object type, flags); clause 4.4 and Annex A, names
 * of the standard. From 256 on they are those of link frames without user data (9.2.4.1.3):
 * 256 + function of a primary frame, 272 + that of a secondary one.
 *
 * A command changes what the process does: `write`, as is a coil. Time, restart
 * indication, frozen counters and the reporting of events are state of the outstation
 * itself: `control`. What a read, a write or an authentication does, its objects tell: see
 * the groups below. Delay measurement answers with a time and keeps none; recording the
 * current time keeps one for the write that follows. A confirmation and the answer to a
 * challenge belong to the conversation; so does a response, which must be the answer to a
 * request that has passed, or go on with one. What an outstation sends by itself is read, but
 * of the side that opened the conversation `write`: see dnp3_tells().
 */
/* clang-format off */
#define OTSEG_DNP3_FUNCTIONS(X) \
	X(CONFIRM, 0, "confirm", OTSEG_ACCESS_SESSION, 0, 0) \
	X(READ, 1, "read", OTSEG_ACCESS_READ | OTSEG_ACCESS_PROGRAM | OTSEG_ACCESS_VENDOR, 0, OTSEG_FN_SUB) \
	X(WRITE, 2, "write", OTSEG_DNP3_WRITE_ANY, 0, OTSEG_FN_SUB) \
	X(SELECT, 3, "select", OTSEG_ACCESS_WRITE, 0, 0) \
	X(OPERATE, 4, "operate", OTSEG_ACCESS_WRITE, 0, 0) \
	X(DIRECT_OPERATE, 5, "direct-operate", OTSEG_ACCESS_WRITE, 0, 0) \
	X(DIRECT_OPERATE_NR, 6, "direct-operate-no-response", OTSEG_ACCESS_WRITE, 0, 0) \
	X(IMMED_FREEZE, 7, "immediate-freeze", OTSEG_ACCESS_CONTROL, 0, 0) \
	X(IMMED_FREEZE_NR, 8, "immediate-freeze-no-response", OTSEG_ACCESS_CONTROL, 0, 0) \
	X(FREEZE_CLEAR, 9, "freeze-clear", OTSEG_ACCESS_CONTROL, 0, 0) \
	X(FREEZE_CLEAR_NR, 10, "freeze-clear-no-response", OTSEG_ACCESS_CONTROL, 0, 0) \
	X(FREEZE_AT_TIME, 11, "freeze-at-time", OTSEG_ACCESS_CONTROL, 0, 0) \
	X(FREEZE_AT_TIME_NR, 12, "freeze-at-time-no-response", OTSEG_ACCESS_CONTROL, 0, 0) \
	X(COLD_RESTART, 13, "cold-restart", OTSEG_ACCESS_CONTROL, 0, 0) \
	X(WARM_RESTART, 14, "warm-restart", OTSEG_ACCESS_CONTROL, 0, 0) \
	X(INITIALIZE_DATA, 15, "initialize-data", OTSEG_ACCESS_CONTROL | OTSEG_ACCESS_PROGRAM, 0, 0) \
	X(INITIALIZE_APPLICATION, 16, "initialize-application", OTSEG_ACCESS_CONTROL | OTSEG_ACCESS_PROGRAM, 0, 0) \
	X(START_APPLICATION, 17, "start-application", OTSEG_ACCESS_CONTROL | OTSEG_ACCESS_PROGRAM, 0, 0) \
	X(STOP_APPLICATION, 18, "stop-application", OTSEG_ACCESS_CONTROL | OTSEG_ACCESS_PROGRAM, 0, 0) \
	X(SAVE_CONFIGURATION, 19, "save-configuration", OTSEG_ACCESS_PROGRAM, 0, 0) \
	X(ENABLE_UNSOLICITED, 20, "enable-unsolicited", OTSEG_ACCESS_CONTROL, 0, 0) \
	X(DISABLE_UNSOLICITED, 21, "disable-unsolicited", OTSEG_ACCESS_CONTROL, 0, 0) \
	X(ASSIGN_CLASS, 22, "assign-class", OTSEG_ACCESS_PROGRAM, 0, 0) \
	X(DELAY_MEASURE, 23, "delay-measure", OTSEG_ACCESS_READ, 0, 0) \
	X(RECORD_CURRENT_TIME, 24, "record-current-time", OTSEG_ACCESS_CONTROL, 0, 0) \
	X(OPEN_FILE, 25, "open-file", OTSEG_ACCESS_PROGRAM, 0, 0) \
	X(CLOSE_FILE, 26, "close-file", OTSEG_ACCESS_PROGRAM, 0, 0) \
	X(DELETE_FILE, 27, "delete-file", OTSEG_ACCESS_PROGRAM, 0, 0) \
	X(GET_FILE_INFO, 28, "get-file-info", OTSEG_ACCESS_PROGRAM, 0, 0) \
	X(AUTHENTICATE_FILE, 29, "authenticate-file", OTSEG_ACCESS_PROGRAM, 0, 0) \
	X(ABORT_FILE, 30, "abort-file", OTSEG_ACCESS_PROGRAM, 0, 0) \
	X(ACTIVATE_CONFIG, 31, "activate-config", OTSEG_ACCESS_CONTROL | OTSEG_ACCESS_PROGRAM, 0, 0) \
	X(AUTHENTICATE_REQ, 32, "authenticate-request", OTSEG_DNP3_SECURITY_ANY, 0, OTSEG_FN_SUB) \
	X(AUTHENTICATE_ERR, 33, "authenticate-error", OTSEG_DNP3_SECURITY_ANY, 0, OTSEG_FN_SUB) \
	X(RESPONSE, 129, "response", OTSEG_ACCESS_SESSION, 0, 0) \
	X(UNSOLICITED, 130, "unsolicited-response", OTSEG_ACCESS_READ | OTSEG_ACCESS_WRITE, 0, 0) \
	X(AUTHENTICATE_RESP, 131, "authenticate-response", OTSEG_ACCESS_SESSION, 0, 0) \
	X(RESET_LINK, 256, "reset-link-states", OTSEG_ACCESS_SESSION, 0, 0) \
	X(RESET_PROCESS, 257, "reset-user-process", OTSEG_ACCESS_CONTROL, 0, 0) \
	X(TEST_LINK, 258, "test-link-states", OTSEG_ACCESS_SESSION, 0, 0) \
	X(REQUEST_LINK_STATUS, 265, "request-link-status", OTSEG_ACCESS_SESSION, 0, 0) \
	X(LINK_ACK, 272, "link-ack", OTSEG_ACCESS_SESSION, 0, 0) \
	X(LINK_NACK, 273, "link-nack", OTSEG_ACCESS_SESSION, 0, 0) \
	X(LINK_STATUS, 283, "link-status", OTSEG_ACCESS_SESSION, 0, 0) \
	X(LINK_NOT_FUNCTIONING, 286, "link-not-functioning", OTSEG_ACCESS_SESSION, 0, 0) \
	X(LINK_NOT_SUPPORTED, 287, "link-not-supported", OTSEG_ACCESS_SESSION, 0, 0)

/*
 * Groups of objects: F(X, ID, group, "name", access when read, access when written,
 * "sentence"); Annex A. A group that is not here is `vendor` whatever is done with it. A
 * file may hold program or configuration, so reading it is `program`. A virtual terminal is
 * somebody's command line.
 */
#define OTSEG_DNP3_GROUPS(F, X) \
	F(X, DEVICE_ATTRIBUTE, 0, "device-attribute", OTSEG_ACCESS_READ, OTSEG_ACCESS_PROGRAM, \
		"attribute of the device: variation tells which") \
	F(X, BINARY_INPUT, 1, "binary-input", OTSEG_ACCESS_READ, OTSEG_ACCESS_WRITE, "single bit that is reported") \
	F(X, BINARY_INPUT_EVENT, 2, "binary-input-event", OTSEG_ACCESS_READ, OTSEG_ACCESS_WRITE, \
		"change of a binary input") \
	F(X, DOUBLE_BIT_INPUT, 3, "double-bit-input", OTSEG_ACCESS_READ, OTSEG_ACCESS_WRITE, \
		"two bits that are reported") \
	F(X, DOUBLE_BIT_INPUT_EVENT, 4, "double-bit-input-event", OTSEG_ACCESS_READ, OTSEG_ACCESS_WRITE, \
		"change of a double-bit input") \
	F(X, BINARY_OUTPUT, 10, "binary-output", OTSEG_ACCESS_READ, OTSEG_ACCESS_WRITE, "state of a binary output") \
	F(X, BINARY_OUTPUT_EVENT, 11, "binary-output-event", OTSEG_ACCESS_READ, OTSEG_ACCESS_WRITE, \
		"change of a binary output") \
	F(X, BINARY_COMMAND, 12, "binary-command", OTSEG_ACCESS_READ, OTSEG_ACCESS_WRITE, \
		"command to a binary output") \
	F(X, BINARY_COMMAND_EVENT, 13, "binary-command-event", OTSEG_ACCESS_READ, OTSEG_ACCESS_WRITE, \
		"command that was given") \
	F(X, COUNTER, 20, "counter", OTSEG_ACCESS_READ, OTSEG_ACCESS_WRITE, "counter") \
	F(X, FROZEN_COUNTER, 21, "frozen-counter", OTSEG_ACCESS_READ, OTSEG_ACCESS_WRITE, "counter as it was frozen") \
	F(X, COUNTER_EVENT, 22, "counter-event", OTSEG_ACCESS_READ, OTSEG_ACCESS_WRITE, "change of a counter") \
	F(X, FROZEN_COUNTER_EVENT, 23, "frozen-counter-event", OTSEG_ACCESS_READ, OTSEG_ACCESS_WRITE, \
		"counter that was frozen") \
	F(X, ANALOG_INPUT, 30, "analog-input", OTSEG_ACCESS_READ, OTSEG_ACCESS_WRITE, "measured value") \
	F(X, FROZEN_ANALOG_INPUT, 31, "frozen-analog-input", OTSEG_ACCESS_READ, OTSEG_ACCESS_WRITE, \
		"measured value as it was frozen") \
	F(X, ANALOG_INPUT_EVENT, 32, "analog-input-event", OTSEG_ACCESS_READ, OTSEG_ACCESS_WRITE, \
		"change of a measured value") \
	F(X, FROZEN_ANALOG_INPUT_EVENT, 33, "frozen-analog-input-event", OTSEG_ACCESS_READ, \
		OTSEG_ACCESS_WRITE, "measured value that was frozen") \
	F(X, ANALOG_DEADBAND, 34, "analog-deadband", OTSEG_ACCESS_READ, OTSEG_ACCESS_PROGRAM, \
		"change from which a measured value is reported") \
	F(X, ANALOG_OUTPUT_STATUS, 40, "analog-output-status", OTSEG_ACCESS_READ, OTSEG_ACCESS_WRITE, \
		"state of an analog output") \
	F(X, ANALOG_OUTPUT, 41, "analog-output", OTSEG_ACCESS_READ, OTSEG_ACCESS_WRITE, "command to an analog output") \
	F(X, ANALOG_OUTPUT_EVENT, 42, "analog-output-event", OTSEG_ACCESS_READ, OTSEG_ACCESS_WRITE, \
		"change of an analog output") \
	F(X, ANALOG_COMMAND_EVENT, 43, "analog-command-event", OTSEG_ACCESS_READ, OTSEG_ACCESS_WRITE, \
		"command that was given") \
	F(X, TIME, 50, "time", OTSEG_ACCESS_READ, OTSEG_ACCESS_CONTROL, "clock of the device") \
	F(X, TIME_CTO, 51, "time-cto", OTSEG_ACCESS_READ, OTSEG_ACCESS_CONTROL, "common time of occurrence") \
	F(X, TIME_DELAY, 52, "time-delay", OTSEG_ACCESS_READ, OTSEG_ACCESS_CONTROL, "delay that was measured") \
	F(X, CLASS_DATA, 60, "class-data", OTSEG_ACCESS_READ, OTSEG_ACCESS_CONTROL, \
		"all of a class: variation 1 is class 0, 2 class 1") \
	F(X, FILE, 70, "file", OTSEG_ACCESS_PROGRAM, OTSEG_ACCESS_PROGRAM, "file") \
	F(X, INTERNAL_INDICATION, 80, "internal-indication", OTSEG_ACCESS_READ, OTSEG_ACCESS_CONTROL, \
		"state of the device; 7 is restart") \
	F(X, DEVICE_STORAGE, 81, "device-storage", OTSEG_ACCESS_READ, OTSEG_ACCESS_CONTROL, \
		"how full its buffers are") \
	F(X, DEVICE_PROFILE, 82, "device-profile", OTSEG_ACCESS_READ, OTSEG_ACCESS_PROGRAM, \
		"functions and indexes of the device") \
	F(X, DATA_SET_PROTOTYPE, 85, "data-set-prototype", OTSEG_ACCESS_READ, OTSEG_ACCESS_PROGRAM, \
		"what data sets are made of") \
	F(X, DATA_SET_DESCRIPTOR, 86, "data-set-descriptor", OTSEG_ACCESS_READ, OTSEG_ACCESS_PROGRAM, \
		"what a data set holds") \
	F(X, DATA_SET, 87, "data-set", OTSEG_ACCESS_READ, OTSEG_ACCESS_WRITE, "present value of a data set") \
	F(X, DATA_SET_EVENT, 88, "data-set-event", OTSEG_ACCESS_READ, OTSEG_ACCESS_WRITE, "snapshot of a data set") \
	F(X, APPLICATION, 90, "application", OTSEG_ACCESS_READ, OTSEG_ACCESS_PROGRAM, "program of the device") \
	F(X, STATUS_OF_OPERATION, 91, "status-of-operation", OTSEG_ACCESS_READ, OTSEG_ACCESS_PROGRAM, \
		"whether a configuration is active") \
	F(X, BCD, 101, "bcd-integer", OTSEG_ACCESS_READ, OTSEG_ACCESS_WRITE, "binary-coded decimal") \
	F(X, UNSIGNED, 102, "unsigned-integer", OTSEG_ACCESS_READ, OTSEG_ACCESS_WRITE, "8-bit number") \
	F(X, OCTET_STRING, 110, "octet-string", OTSEG_ACCESS_READ, OTSEG_ACCESS_WRITE, \
		"text; variation is its length") \
	F(X, OCTET_STRING_EVENT, 111, "octet-string-event", OTSEG_ACCESS_READ, OTSEG_ACCESS_WRITE, "change of a text") \
	F(X, TERMINAL_OUTPUT, 112, "virtual-terminal-output", OTSEG_ACCESS_READ, \
		OTSEG_ACCESS_PROGRAM | OTSEG_ACCESS_VENDOR, "text to a terminal of the device") \
	F(X, TERMINAL_EVENT, 113, "virtual-terminal-event", OTSEG_ACCESS_READ, \
		OTSEG_ACCESS_PROGRAM | OTSEG_ACCESS_VENDOR, "text from a terminal of the device") \
	F(X, AUTHENTICATION, 120, "authentication", OTSEG_ACCESS_READ, OTSEG_ACCESS_PROGRAM, \
		"challenges, keys and users") \
	F(X, SECURITY_STATISTIC, 121, "security-statistic", OTSEG_ACCESS_READ, OTSEG_ACCESS_CONTROL, \
		"counter of the authentication") \
	F(X, SECURITY_STATISTIC_EVENT, 122, "security-statistic-event", OTSEG_ACCESS_READ, \
		OTSEG_ACCESS_CONTROL, "change of such a counter")

#define OTSEG_DNP3_GROUP_0 255 /* type of the objects of group 0: there is no group 255 */

/* The sub-function of a read or write is the group. */
#define OTSEG_DNP3_AS_OBJECT(X, id, group, name, read, write, sentence) \
	X(id, (group) ? (group) : OTSEG_DNP3_GROUP_0, name, OTSEG_DNP3_POINT_MAX, 0, sentence)
#define OTSEG_DNP3_AS_READ(X, id, group, name, read, write, sentence) \
	X(id, OTSEG_DNP3_FC_READ, group, name, read)
#define OTSEG_DNP3_AS_WRITE(X, id, group, name, read, write, sentence) \
	X(id, OTSEG_DNP3_FC_WRITE, group, name, write)

/*
 * That of an authentication is the variation of group 120: X(ID, function, variation, "name",
 * access); A.45. What changes users or their long-lived keys is configuration.
 */
#define OTSEG_DNP3_SECURITY(X, function) \
	X(CHALLENGE, function, 1, "challenge", OTSEG_ACCESS_SESSION) \
	X(REPLY, function, 2, "reply", OTSEG_ACCESS_SESSION) \
	X(AGGRESSIVE, function, 3, "aggressive-mode", OTSEG_ACCESS_SESSION) \
	X(KEY_STATUS_REQUEST, function, 4, "session-key-status-request", OTSEG_ACCESS_SESSION) \
	X(KEY_STATUS, function, 5, "session-key-status", OTSEG_ACCESS_SESSION) \
	X(KEY_CHANGE, function, 6, "session-key-change", OTSEG_ACCESS_SESSION) \
	X(ERROR, function, 7, "error", OTSEG_ACCESS_SESSION) \
	X(CERTIFICATE, function, 8, "user-certificate", OTSEG_ACCESS_PROGRAM) \
	X(MAC, function, 9, "mac", OTSEG_ACCESS_SESSION) \
	X(USER_STATUS, function, 10, "user-status-change", OTSEG_ACCESS_PROGRAM) \
	X(UPDATE_REQUEST, function, 11, "update-key-change-request", OTSEG_ACCESS_PROGRAM) \
	X(UPDATE_REPLY, function, 12, "update-key-change-reply", OTSEG_ACCESS_PROGRAM) \
	X(UPDATE, function, 13, "update-key-change", OTSEG_ACCESS_PROGRAM) \
	X(UPDATE_SIGNATURE, function, 14, "update-key-change-signature", OTSEG_ACCESS_PROGRAM) \
	X(UPDATE_CONFIRMATION, function, 15, "update-key-change-confirmation", OTSEG_ACCESS_PROGRAM)

#define OTSEG_DNP3_OBJECTS(X) OTSEG_DNP3_GROUPS(OTSEG_DNP3_AS_OBJECT, X)
#define OTSEG_DNP3_SUBFUNCTIONS(X) \
	OTSEG_DNP3_GROUPS(OTSEG_DNP3_AS_READ, X) \
	OTSEG_DNP3_GROUPS(OTSEG_DNP3_AS_WRITE, X) \
	OTSEG_DNP3_SECURITY(X, OTSEG_DNP3_FC_AUTHENTICATE_REQ) \
	OTSEG_DNP3_SECURITY(X, OTSEG_DNP3_FC_AUTHENTICATE_ERR)

#define OTSEG_DNP3_FIELDS(X) \
	X(MASTER, 0, "master", 0xffff, "link address of the master") \
	X(VARIATION, 1, "variation", 255, "variation of the objects") \
	X(CONTROL_CODE, 2, "control-code", 255, "what a binary command does") \
	X(VALUE, 3, "value", 0xffffffff, "integer that an analog output is set to, two's complement") \
	X(FILE_MODE, 4, "file-mode", 0xffff, "what a file is opened for")

/* A.8.1: combinations that outstations have to know; A.26.3. */
#define OTSEG_DNP3_FIELD_WORDS(X) \
	X(OTSEG_DNP3_FIELD_CONTROL_CODE, 0x00, "nul") \
	X(OTSEG_DNP3_FIELD_CONTROL_CODE, 0x01, "pulse-on") \
	X(OTSEG_DNP3_FIELD_CONTROL_CODE, 0x02, "pulse-off") \
	X(OTSEG_DNP3_FIELD_CONTROL_CODE, 0x03, "latch-on") \
	X(OTSEG_DNP3_FIELD_CONTROL_CODE, 0x04, "latch-off") \
	X(OTSEG_DNP3_FIELD_CONTROL_CODE, 0x41, "close-pulse-on") \
	X(OTSEG_DNP3_FIELD_CONTROL_CODE, 0x81, "trip-pulse-on") \
	X(OTSEG_DNP3_FIELD_FILE_MODE, 0, "none") \
	X(OTSEG_DNP3_FIELD_FILE_MODE, 1, "read") \
	X(OTSEG_DNP3_FIELD_FILE_MODE, 2, "write") \
	X(OTSEG_DNP3_FIELD_FILE_MODE, 3, "append")

/* Internal indications of a response that refuses the request (4.5), the lowest one. */
#define OTSEG_DNP3_EXCEPTIONS(X) \
	X(NO_FUNCTION, 1, "function-not-supported") \
	X(OBJECT_UNKNOWN, 2, "object-unknown") \
	X(PARAMETER, 4, "parameter-error")
/* clang-format on */

#define OTSEG_DNP3_TEXTS(X)
#define OTSEG_DNP3_SHAPE                                                                   \
	.unit = "outstation", .unit_max = 0xffff, .code_max = 287, .sub_max = 0xffff,      \
	.any_type = "group-", .any_type_max = 255, .any_max = OTSEG_DNP3_POINT_MAX,        \
	.broadcasts = { { OTSEG_BROADCAST_ALWAYS, { OTSEG_DNP3_SELF, 0xffff } } }

enum otseg_dnp3_function {
#define X(id, code, name, access, object, flags) OTSEG_DNP3_FC_##id = (code),
	OTSEG_DNP3_FUNCTIONS(X)
#undef X
};

enum otseg_dnp3_group {
#define X(id, number, name, max, flags, sentence) OTSEG_DNP3_GROUP_##id = (number),
	OTSEG_DNP3_OBJECTS(X)
#undef X
};

enum otseg_dnp3_field {
#define X(id, number, name, max, sentence) OTSEG_DNP3_FIELD_##id = (number),
	OTSEG_DNP3_FIELDS(X)
#undef X
};

/* What the datapath needs of the lists; as large as an index reaches. */
static const u8 otseg_dnp3_access[512] = {
#define X(id, code, name, access, object, flags) [code] = (access),
	OTSEG_DNP3_FUNCTIONS(X)
#undef X
};

static const u8 otseg_dnp3_read_access[256] = {
#define X(id, function, group, name, access) [group] = (access),
	OTSEG_DNP3_GROUPS(OTSEG_DNP3_AS_READ, X)
#undef X
};

static const u8 otseg_dnp3_write_access[256] = {
#define X(id, function, group, name, access) [group] = (access),
	OTSEG_DNP3_GROUPS(OTSEG_DNP3_AS_WRITE, X)
#undef X
};

static const u8 otseg_dnp3_security_access[256] = {
#define X(id, function, variation, name, access) [variation] = (access),
	OTSEG_DNP3_SECURITY(X, 0)
#undef X
};

/* CRC-16/DNP (9.2.4.3), lowest bit first. */
#define OTSEG_DNP3_CRC(n) \
	OTSEG_CRC_ENTRY(n, 0x365e, 0x6cbc, 0xd978, 0xff89, 0xb26b, 0x29af, 0x535e, 0xa6bc)

static const u16 otseg_dnp3_crc[256] = { OTSEG_CRC_TABLE(OTSEG_DNP3_CRC) };

/* What is left of a block with its CRC. */
#define OTSEG_DNP3_RESIDUE 0x66c5

/* Link header (9.2.4.1), and user octets behind it. */
#define OTSEG_DNP3_AT_LENGTH 2 /* of what follows, without CRCs */
#define OTSEG_DNP3_AT_CONTROL 3
#define OTSEG_DNP3_AT_DESTINATION 4
#define OTSEG_DNP3_AT_SOURCE 6
#define OTSEG_DNP3_AT_USER 10
#define OTSEG_DNP3_COUNTED 5 /* bytes of the header that the length counts */
#define OTSEG_DNP3_BLOCKS 16 /* of user octets: 250 of them at most */
#define OTSEG_DNP3_BLOCK 16
#define OTSEG_DNP3_DIR 0x80
#define OTSEG_DNP3_PRM 0x40
#define OTSEG_DNP3_RESERVED 0xfff0 /* addresses from here on; 9.2.4.1.5 */
#define OTSEG_DNP3_SELF 0xfffc /* whoever is there; above it, everybody */

#define OTSEG_DNP3_USER_CONTROL 1 /* application control */
#define OTSEG_DNP3_USER_FUNCTION 2
#define OTSEG_DNP3_USER_OBJECTS 3
#define OTSEG_DNP3_USER_IIN 4 /* second octet of the indications */
#define OTSEG_DNP3_TP_FIN 0x80
#define OTSEG_DNP3_TP_FIR 0x40
#define OTSEG_DNP3_TP_SEQ 0x3f
#define OTSEG_DNP3_AL_FIR 0x80
#define OTSEG_DNP3_AL_FIN 0x40
#define OTSEG_DNP3_AL_UNS 0x10

#define OTSEG_DNP3_PARTS 32 /* object headers, or objects of commands, of one fragment */
#define OTSEG_DNP3_COUNT 0x1000 /* more objects do not fit, however small they are */
#define OTSEG_DNP3_MODE 20 /* offset of the mode in a file command */

/* Functions, as bits: objects tell what is done; have data; are not possible; nobody answers. */
#define OTSEG_DNP3_WITH_SUB 0x300000006ull
#define OTSEG_DNP3_WITH_DATA 0x37e00007cull
#define OTSEG_DNP3_WITHOUT_OBJECTS 0x1806001ull
#define OTSEG_DNP3_UNANSWERED 0x300001541ull

/*
 * State of a conversation. Of the master's fragment that is not complete: function + 1, the
 * next transport sequence number and the lowest bits of the outstation; of an outstation's,
 * less 128, and likewise; whether a response will be followed by another one; who opened it.
 */
#define OTSEG_DNP3_ST_FUNCTION 0x3fu
#define OTSEG_DNP3_ST_SEQ 6
#define OTSEG_DNP3_ST_UNIT 12
#define OTSEG_DNP3_ST_UNIT_MASK 0x7fu
#define OTSEG_DNP3_ST_MASTER 0x7ffffu /* all three */
#define OTSEG_DNP3_ST_RESPONSE 19
#define OTSEG_DNP3_ST_RESPONSE_SEQ 21
#define OTSEG_DNP3_ST_OUTSTATION 0x7f80000u /* both */
#define OTSEG_DNP3_ST_MORE 0x8000000u
#define OTSEG_DNP3_ST_ROLES 0x10000000u /* are known */
#define OTSEG_DNP3_ST_CALLED 0x20000000u /* the outstation opened it */

_Static_assert(!((OTSEG_DNP3_ST_CALLED | OTSEG_DNP3_ST_ROLES) &
		 (OTSEG_STATE_AGAIN | OTSEG_STATE_DATAGRAM)),
	       "the engine's bits are not ours");

/* User octet @at. */
OTSEG_INLINE u32 dnp3_u8(const u8 *buf, u32 at)
{
	return pdu_u8(buf, OTSEG_DNP3_AT_USER + at + 2 * (at / OTSEG_DNP3_BLOCK));
}

/* A number of @width octets, lowest first. */
OTSEG_NOINLINE u32 dnp3_number(const u8 *buf, u32 at, u32 width)
{
	u32 number = dnp3_u8(buf, at);

	if (width > 1)
		number |= dnp3_u8(buf, at + 1) << 8;
	if (width > 2)
		number |= dnp3_u8(buf, at + 2) << 16 | dnp3_u8(buf, at + 3) << 24;
	return number;
}

/* Whether the block of @len bytes at @at, at most one of user octets, does not end with its CRC. */
OTSEG_INLINE u32 dnp3_is_wrong(const u8 *buf, u32 at, u32 len)
{
	u32 crc = 0;
	u32 i;

	for (i = 0; i < OTSEG_DNP3_BLOCK + 2 && i < len; i++)
		crc = crc >> 8 ^ otseg_dnp3_crc[(crc ^ pdu_u8(buf, at + i)) & 0xff];
	return crc != OTSEG_DNP3_RESIDUE;
}

/* The same of block @i of user octets, if it is there as a whole. */
OTSEG_INLINE u32 dnp3_is_wrong_block(const u8 *buf, u32 i, u32 have, u32 length)
{
	u32 at = OTSEG_DNP3_AT_USER + i * (OTSEG_DNP3_BLOCK + 2);
	u32 len = OTSEG_DNP3_BLOCK + 2;

	if (at >= length)
		return 0;
	if (length - at < len)
		len = length - at;
	return at + len <= have && dnp3_is_wrong(buf, at, len);
}

/* The CRCs of those blocks that are there as a whole. */
OTSEG_INLINE u32 dnp3_checksums(const u8 *buf, u32 have, u32 length)
{
	u32 i;

	if (have < OTSEG_DNP3_AT_USER)
		return OTSEG_R_NONE;
	if (dnp3_is_wrong(buf, 0, OTSEG_DNP3_AT_USER) || dnp3_is_wrong_block(buf, 0, have, length))
		return OTSEG_R_PDU_CHECKSUM;
	if (otseg_likely(have <= OTSEG_DNP3_AT_USER + OTSEG_DNP3_BLOCK + 2))
		return OTSEG_R_NONE;
	otseg_for(i, OTSEG_DNP3_BLOCKS - 1) {
		if (dnp3_is_wrong_block(buf, i + 1, have, length))
			return OTSEG_R_PDU_CHECKSUM;
	}
	return OTSEG_R_NONE;
}

/*
 * Bits of an object's data as requests carry it, 0: unknown, or its length is told otherwise;
 * Annex A.
 */
OTSEG_NOINLINE u32 dnp3_bits(u32 group, u32 variation)
{
	switch (group << 8 | variation) {
	case OTSEG_DNP3_GROUP_BINARY_OUTPUT << 8 | 1:
	case OTSEG_DNP3_GROUP_BINARY_COMMAND << 8 | 3: /* mask of a pattern */
	case OTSEG_DNP3_GROUP_INTERNAL_INDICATION << 8 | 1:
		return 1;
	case OTSEG_DNP3_GROUP_BINARY_COMMAND << 8 | 1:
	case OTSEG_DNP3_GROUP_BINARY_COMMAND << 8 | 2: /* pattern */
		return 88;
	case OTSEG_DNP3_GROUP_ANALOG_DEADBAND << 8 | 1:
		return 16;
	case OTSEG_DNP3_GROUP_ANALOG_DEADBAND << 8 | 2:
	case OTSEG_DNP3_GROUP_ANALOG_DEADBAND << 8 | 3:
		return 32;
	case OTSEG_DNP3_GROUP_ANALOG_OUTPUT << 8 | 1:
	case OTSEG_DNP3_GROUP_ANALOG_OUTPUT << 8 | 3:
		return 40;
	case OTSEG_DNP3_GROUP_ANALOG_OUTPUT << 8 | 2:
		return 24;
	case OTSEG_DNP3_GROUP_ANALOG_OUTPUT << 8 | 4:
		return 72;
	case OTSEG_DNP3_GROUP_TIME << 8 | 1:
	case OTSEG_DNP3_GROUP_TIME << 8 | 3:
		return 48;
	case OTSEG_DNP3_GROUP_TIME << 8 | 2:
		return 80;
	case OTSEG_DNP3_GROUP_TIME << 8 | 4:
		return 88;
	case OTSEG_DNP3_GROUP_AUTHENTICATION << 8 | 3:
		return 48;
	case OTSEG_DNP3_GROUP_AUTHENTICATION << 8 | 4:
		return 16;
	}
	if (group == OTSEG_DNP3_GROUP_OCTET_STRING || group == OTSEG_DNP3_GROUP_TERMINAL_OUTPUT)
		return 8 * variation;
	return 0;
}

/**
 * struct dnp3_header - an object header and what of it is still to be told
 * @function: of the fragment
 * @at: user octet where its objects go on; before it is read: where it begins
 * @group: group
 * @variation: variation
 * @first: number of the first object that is to be told
 * @count: objects of a part
 * @is_list: numbers stand before the objects, @prefix bytes each
 * @prefix: bytes before each object: its number, or its size
 * @stride: bytes of each object with that, if they are whole
 * @step: bytes of a part
 * @parts: parts that are to be told; 0: the header is not visible
 * @has_data: objects have data
 * @is_opaque: there is no telling where it ends
 */
struct dnp3_header {
	u32 function;
	u32 at;
	u32 group;
	u32 variation;
	u32 first;
	u32 count;
	u32 prefix;
	u32 stride;
	u32 step;
	u32 parts;
	u8 is_list;
	u8 has_data;
	u8 is_opaque;
};

/* What follows the range of a header: @count objects. */
OTSEG_INLINE u32 dnp3_sizes(u32 user, struct dnp3_header *h)
{
	u32 bits = h->has_data ? dnp3_bits(h->group, h->variation) : 0;
	u32 room = user - h->at;

	h->parts = 1;
	h->step = 0;
	h->stride = h->prefix + bits / 8;
	if (!h->has_data && !h->prefix)
		return OTSEG_R_NONE;
	if (h->count > OTSEG_DNP3_COUNT)
		return OTSEG_R_PDU_LENGTH;
	if (h->has_data && !bits) {
		h->is_opaque = 1;
		h->step = room;
		return OTSEG_R_NONE;
	}
	if (bits == 1) {
		if (h->prefix)
			return OTSEG_R_PDU_MALFORMED;
		h->step = (h->count + 7) / 8;
		return h->step > room ? OTSEG_R_PDU_LENGTH : OTSEG_R_NONE;
	}
	h->step = h->count * h->stride;
	if (h->step > room)
		return OTSEG_R_PDU_LENGTH;
	/* each command by itself: it has a value of its own */
	if (h->has_data && (h->group == OTSEG_DNP3_GROUP_BINARY_COMMAND ||
			    h->group == OTSEG_DNP3_GROUP_ANALOG_OUTPUT)) {
		h->parts = h->count;
		h->count = 1;
		h->step = h->stride;
	}
	return OTSEG_R_NONE;
}

/* Read the object header (4.2.2.7) at @h->at, if it is there. */
OTSEG_GLOBAL u32 otseg_dnp3_header(struct otseg_pdu *pdu, u32 avail, u32 user,
				   struct dnp3_header *h)
{
	u32 qualifier, range, width, last;
	u32 function, at;
	const u8 *buf;

	if (!pdu || !h)
		return OTSEG_R_INTERNAL;
	buf = pdu->bytes;
	function = h->function & 63;
	at = h->at + 3;
	h->parts = 0;
	if (at > user)
		return OTSEG_R_PDU_LENGTH;
	if (at > avail)
		return OTSEG_R_NONE;
	h->group = dnp3_u8(buf, at - 3);
	h->variation = dnp3_u8(buf, at - 2);
	qualifier = dnp3_u8(buf, at - 1);
	range = qualifier & 15;
	qualifier >>= 4;
	h->has_data = (OTSEG_DNP3_WITH_DATA >> function & 1) ||
		      h->group == OTSEG_DNP3_GROUP_AUTHENTICATION ||
		      (h->group == OTSEG_DNP3_GROUP_TIME &&
		       (function == OTSEG_DNP3_FC_FREEZE_AT_TIME ||
			function == OTSEG_DNP3_FC_FREEZE_AT_TIME_NR));
	if (OTSEG_DNP3_WITHOUT_OBJECTS >> function & 1 &&
	    h->group != OTSEG_DNP3_GROUP_AUTHENTICATION)
		return OTSEG_R_PDU_MALFORMED;
	h->prefix = 0;
	h->is_list = 0;
	h->is_opaque = 0;
	h->first = 0;
	if (range == 6) {
		/* all objects: none of them follows */
		if (qualifier || (h->has_data && function != OTSEG_DNP3_FC_READ))
			return OTSEG_R_PDU_MALFORMED;
		h->has_data = 0;
		h->count = OTSEG_DNP3_POINT_MAX + 1;
		h->at = at;
		return dnp3_sizes(user, h);
	}
	if (range <= 2 && !qualifier) {
		width = 1u << range;
		if (at + 2 * width > user)
			return OTSEG_R_PDU_LENGTH;
		if (at + 2 * width > avail)
			return OTSEG_R_NONE;
		h->first = dnp3_number(buf, at, width);
		last = dnp3_number(buf, at + width, width);
		if (h->first > last)
			return OTSEG_R_PDU_MALFORMED;
		h->count = last - h->first + 1;
		if (!h->count) /* all of 32 bits */
			return OTSEG_R_PDU_MALFORMED;
		h->at = at + 2 * width;
		return dnp3_sizes(user, h);
	}
	if (range >= 7 && range <= 9 && qualifier <= 3) {
		width = 1u << (range - 7);
		if (at + width > user)
			return OTSEG_R_PDU_LENGTH;
		if (at + width > avail)
			return OTSEG_R_NONE;
		h->count = dnp3_number(buf, at, width);
		if (!h->count)
			return OTSEG_R_PDU_MALFORMED;
		h->at = at + width;
		h->prefix = qualifier ? 1u << (qualifier - 1) : 0;
		h->is_list = qualifier != 0;
		/* so many of them, whichever: any */
		if (!h->has_data && !h->is_list)
			h->count = OTSEG_DNP3_POINT_MAX + 1;
		return dnp3_sizes(user, h);
	}
	if (range == 11 && qualifier == 5) {
		/* free format: one object, whose size of 16 bits stands before it */
		if (at + 3 > user)
			return OTSEG_R_PDU_LENGTH;
		if (at + 3 > avail)
			return OTSEG_R_NONE;
		if (dnp3_u8(buf, at) != 1)
			return OTSEG_R_PDU_MALFORMED;
		h->count = 1;
		h->parts = 1;
		h->prefix = 2;
		h->has_data = 1;
		h->stride = 2 + dnp3_number(buf, at + 1, 2);
		h->step = h->stride;
		h->at = at + 1;
		return h->at + h->step > user ? OTSEG_R_PDU_LENGTH : OTSEG_R_NONE;
	}
	return OTSEG_R_PDU_MALFORMED;
}

/* Objects @first to @last of @group, if a rule can name them. */
OTSEG_INLINE void dnp3_object(struct otseg_msg *msg, u32 group, u32 first, u32 last)
{
	if (group == OTSEG_DNP3_GROUP_0 || last > OTSEG_DNP3_POINT_MAX)
		msg->flags |= OTSEG_MSG_OPAQUE_OBJECTS;
	else
		msg_object(msg, group ? group : OTSEG_DNP3_GROUP_0, msg->access, first, last, 0);
}

/* The numbers of a list, as far as they are there and fit. */
OTSEG_NOINLINE void dnp3_list(const u8 *buf, u32 avail, const struct dnp3_header *h,
			      struct otseg_msg *msg)
{
	u32 count = h->count;
	u32 at = h->at;
	u32 i;

	if (count > OTSEG_MSG_OBJECTS) {
		msg->flags |= OTSEG_MSG_OPAQUE_OBJECTS;
		return;
	}
	otseg_for(i, count) {
		u32 off = at + i * h->stride;
		u32 number;

		if (off + h->prefix > avail)
			break;
		number = dnp3_number(buf, off, h->prefix);
		dnp3_object(msg, h->group, number, number);
	}
}

/* What the function does to the objects of the header. */
OTSEG_INLINE void dnp3_function(u32 function, const struct dnp3_header *h, struct otseg_msg *msg)
{
	u32 access = otseg_dnp3_access[function & 0xff];
	u32 sub = 0;

	function &= 63;
	switch (function) {
	case OTSEG_DNP3_FC_READ:
		access = otseg_dnp3_read_access[h->group & 0xff];
		sub = h->group;
		if (!access)
			access = OTSEG_ACCESS_READ | OTSEG_ACCESS_VENDOR;
		break;
	case OTSEG_DNP3_FC_WRITE:
		access = otseg_dnp3_write_access[h->group & 0xff];
		sub = h->group;
		if (!access)
			access = OTSEG_DNP3_WRITE_ANY;
		break;
	case OTSEG_DNP3_FC_AUTHENTICATE_REQ:
	case OTSEG_DNP3_FC_AUTHENTICATE_ERR:
		access = otseg_dnp3_security_access[h->variation & 0xff];
		sub = h->variation;
		if (!access || h->group != OTSEG_DNP3_GROUP_AUTHENTICATION) {
			access = OTSEG_ACCESS_PROGRAM | OTSEG_ACCESS_VENDOR;
			sub = OTSEG_DNP3_MIXED;
		}
		break;
	}
	if (h->is_opaque) {
		/* other headers may stand behind these objects */
		access |= otseg_dnp3_access[function & 0xff];
		if (OTSEG_DNP3_WITH_SUB >> function & 1)
			sub = OTSEG_DNP3_MIXED;
		msg->flags |= OTSEG_MSG_OPAQUE_OBJECTS;
	}
	msg_function(msg, function, sub, access);
}

/* Tell the part that @h is at. */
OTSEG_GLOBAL u32 otseg_dnp3_part(struct otseg_pdu *pdu, u32 avail, u32 user,
				 struct dnp3_header *h, struct otseg_msg *msg)
{
	u32 data, next;
	const u8 *buf;

	if (!pdu || !h || !msg)
		return OTSEG_R_INTERNAL;
	buf = pdu->bytes;
	data = h->at + h->prefix;
	next = h->at + h->step;
	dnp3_function(h->function, h, msg);
	msg_field(msg, OTSEG_DNP3_FIELD_VARIATION, h->variation);
	if ((h->parts > 1 || next < user) && next < avail)
		msg->flags |= OTSEG_MSG_MORE;
	if (h->is_opaque)
		return OTSEG_R_NONE;
	if (h->is_list)
		dnp3_list(buf, avail, h, msg);
	else
		dnp3_object(msg, h->group, h->first, h->first + h->count - 1);
	if (!h->has_data)
		return OTSEG_R_NONE;
	if (h->group == OTSEG_DNP3_GROUP_BINARY_COMMAND && h->variation < 3 && data < avail)
		msg_field(msg, OTSEG_DNP3_FIELD_CONTROL_CODE, dnp3_u8(buf, data));
	if (h->group == OTSEG_DNP3_GROUP_ANALOG_OUTPUT && h->variation == 1 && data + 4 <= avail)
		msg_field(msg, OTSEG_DNP3_FIELD_VALUE, dnp3_number(buf, data, 4));
	if (h->group == OTSEG_DNP3_GROUP_ANALOG_OUTPUT && h->variation == 2 && data + 2 <= avail)
		msg_field(msg, OTSEG_DNP3_FIELD_VALUE, (dnp3_number(buf, data, 2) ^ 0x8000) - 0x8000);
	if (h->group == OTSEG_DNP3_GROUP_FILE && h->variation == 3) {
		data += OTSEG_DNP3_MODE;
		if (h->step < h->prefix + OTSEG_DNP3_MODE + 2)
			return OTSEG_R_PDU_LENGTH;
		if (data + 2 <= avail)
			msg_field(msg, OTSEG_DNP3_FIELD_FILE_MODE, dnp3_number(buf, data, 2));
	}
	return OTSEG_R_NONE;
}

/* The wanted part of a request that is one frame. */
OTSEG_NOINLINE u32 dnp3_objects(struct otseg_pdu *pdu, u32 avail, u32 user, u32 function,
				struct otseg_msg *msg)
{
	struct dnp3_header h = { .function = function, .at = OTSEG_DNP3_USER_OBJECTS };
	u32 part = msg->part;
	u32 reason;
	u32 i;

	if (user == OTSEG_DNP3_USER_OBJECTS && !part) {
		msg_function(msg, function, 0, otseg_dnp3_access[function & 0xff]);
		return OTSEG_R_NONE;
	}
	otseg_for(i, OTSEG_DNP3_PARTS) {
		if (!h.parts) {
			reason = otseg_dnp3_header(pdu, avail, user, &h);
			if (reason || !h.parts)
				return reason;
		}
		if (i == part)
			return otseg_dnp3_part(pdu, avail, user, &h, msg);
		h.at += h.step;
		h.first++;
		h.parts--;
	}
	return OTSEG_R_PDU_NESTING;
}

/* Objects out of sight: all that the function can do. */
OTSEG_INLINE void dnp3_hidden(u32 function, struct otseg_msg *msg)
{
	msg_function(msg, function, OTSEG_DNP3_MIXED, otseg_dnp3_access[function & 0xff]);
	msg->flags |= OTSEG_MSG_OPAQUE_OBJECTS | OTSEG_MSG_OPAQUE_VALUES;
}

/*
 * Access class of what an outstation says: data that it sends by itself to who has opened the
 * conversation are read; to who has not, they are put into a master, which acts on them.
 */
OTSEG_INLINE u32 dnp3_tells(u32 function, u32 dir)
{
	if (function != OTSEG_DNP3_FC_UNSOLICITED)
		return otseg_dnp3_access[function & 0xff];
	return dir == OTSEG_DIR_REQUEST ? OTSEG_ACCESS_WRITE : OTSEG_ACCESS_READ;
}

/* A frame that goes on with a fragment: as what it began. */
OTSEG_INLINE u32 dnp3_continue(u32 transport, u32 is_master, struct otseg_msg *msg)
{
	u32 state = msg->state;
	u32 seq = transport & OTSEG_DNP3_TP_SEQ;
	u32 is_last = transport & OTSEG_DNP3_TP_FIN;
	u32 function, differs;

	if (is_master) {
		function = state & OTSEG_DNP3_ST_FUNCTION;
		differs = (state >> OTSEG_DNP3_ST_SEQ ^ seq) & OTSEG_DNP3_TP_SEQ;
		differs |= (state >> OTSEG_DNP3_ST_UNIT ^ msg->unit) & OTSEG_DNP3_ST_UNIT_MASK;
		differs |= function > OTSEG_DNP3_FC_AUTHENTICATE_ERR + 1;
	} else {
		function = state >> OTSEG_DNP3_ST_RESPONSE & 3;
		differs = (state >> OTSEG_DNP3_ST_RESPONSE_SEQ ^ seq) & OTSEG_DNP3_TP_SEQ;
	}
	if (!function || differs) {
		if (!(state & OTSEG_STATE_AGAIN))
			return OTSEG_R_PDU_STATE;
		/* what it goes on with is judged by itself, if it comes again */
		msg_function(msg, is_master ? OTSEG_DNP3_FC_CONFIRM : OTSEG_DNP3_FC_RESPONSE, 0,
			     OTSEG_ACCESS_SESSION);
		msg->flags |= OTSEG_MSG_OPAQUE_OBJECTS;
		return OTSEG_R_NONE;
	}
	seq = (seq + 1) & OTSEG_DNP3_TP_SEQ;
	if (is_master) {
		dnp3_hidden(function - 1, msg);
		state &= ~(is_last ? OTSEG_DNP3_ST_MASTER :
				     OTSEG_DNP3_TP_SEQ << OTSEG_DNP3_ST_SEQ);
		if (!is_last)
			state |= seq << OTSEG_DNP3_ST_SEQ;
	} else {
		dnp3_hidden(function + 128, msg);
		msg->access = (u8)dnp3_tells(function + 128, msg->dir);
		state &= ~(is_last ? OTSEG_DNP3_ST_OUTSTATION :
				     (u32)OTSEG_DNP3_TP_SEQ << OTSEG_DNP3_ST_RESPONSE_SEQ);
		if (!is_last)
			state |= seq << OTSEG_DNP3_ST_RESPONSE_SEQ;
	}
	if (!(msg->flags & OTSEG_MSG_PARTIAL))
		msg->state = state;
	return OTSEG_R_NONE;
}

/* A frame of the master with an application header (4.2.2). */
OTSEG_INLINE u32 dnp3_request(struct otseg_pdu *pdu, u32 avail, u32 user, struct otseg_msg *msg)
{
	const u8 *buf = pdu->bytes;
	u32 transport = dnp3_u8(buf, 0);
	u32 is_last = transport & OTSEG_DNP3_TP_FIN;
	u32 control, function, is_known;

	if (user < OTSEG_DNP3_USER_OBJECTS)
		return OTSEG_R_PDU_LENGTH;
	if (avail <= OTSEG_DNP3_USER_CONTROL)
		return OTSEG_R_NONE;
	control = dnp3_u8(buf, OTSEG_DNP3_USER_CONTROL);
	/* 4.2.2.4: a request is one fragment; */
	if (~control & (OTSEG_DNP3_AL_FIR | OTSEG_DNP3_AL_FIN))
		return OTSEG_R_PDU_MALFORMED;
	msg->id = (u16)(msg->fields[OTSEG_DNP3_FIELD_MASTER] ^ control << 12);
	if (avail <= OTSEG_DNP3_USER_FUNCTION)
		return OTSEG_R_NONE;
	function = dnp3_u8(buf, OTSEG_DNP3_USER_FUNCTION);
	if (function >= OTSEG_DNP3_FC_RESPONSE)
		return function <= OTSEG_DNP3_FC_AUTHENTICATE_RESP ? OTSEG_R_PDU_DIRECTION :
								     OTSEG_R_PDU_MALFORMED;
	/* only what an outstation sent by itself is confirmed with UNS */
	if (function != OTSEG_DNP3_FC_CONFIRM && control & OTSEG_DNP3_AL_UNS)
		return OTSEG_R_PDU_MALFORMED;
	is_known = function <= OTSEG_DNP3_FC_AUTHENTICATE_ERR;
	if (!(is_known && OTSEG_DNP3_UNANSWERED >> function & 1) && !msg->part &&
	    !(msg->flags & OTSEG_MSG_BROADCAST))
		msg->kind = OTSEG_KIND_REQUEST;
	if (!(msg->flags & OTSEG_MSG_PARTIAL)) {
		msg->state &= ~(OTSEG_DNP3_ST_MASTER | OTSEG_DNP3_ST_MORE);
		if (!is_last)
			msg->state |= (function + 1) |
				      ((transport + 1) & OTSEG_DNP3_TP_SEQ) << OTSEG_DNP3_ST_SEQ |
				      (msg->unit & OTSEG_DNP3_ST_UNIT_MASK) << OTSEG_DNP3_ST_UNIT;
	}
	if (!is_known) {
		if (!is_last)
			return OTSEG_R_PDU_MALFORMED;
		msg_function(msg, function, 0, OTSEG_ACCESS_VENDOR);
		msg->flags |= OTSEG_MSG_UNKNOWN | OTSEG_MSG_OPAQUE_OBJECTS;
		return OTSEG_R_NONE;
	}
	if (is_last)
		return dnp3_objects(pdu, avail, user, function, msg);
	dnp3_hidden(function, msg);
	return OTSEG_R_NONE;
}

/* A frame of the outstation with an application header (4.2.2). */
OTSEG_INLINE u32 dnp3_response(const u8 *buf, u32 avail, u32 user, struct otseg_msg *msg)
{
	u32 transport = dnp3_u8(buf, 0);
	u32 control, function, indications;
	u32 state = msg->state;

	if (user < OTSEG_DNP3_USER_IIN + 1)
		return OTSEG_R_PDU_LENGTH;
	if (avail <= OTSEG_DNP3_USER_FUNCTION)
		return OTSEG_R_NONE;
	control = dnp3_u8(buf, OTSEG_DNP3_USER_CONTROL);
	function = dnp3_u8(buf, OTSEG_DNP3_USER_FUNCTION);
	if (function < OTSEG_DNP3_FC_RESPONSE || function > OTSEG_DNP3_FC_AUTHENTICATE_RESP)
		return function <= OTSEG_DNP3_FC_AUTHENTICATE_ERR ? OTSEG_R_PDU_DIRECTION :
								    OTSEG_R_PDU_MALFORMED;
	msg_function(msg, function, 0, dnp3_tells(function, msg->dir));
	msg->flags |= OTSEG_MSG_OPAQUE_OBJECTS;
	msg->id = (u16)(msg->fields[OTSEG_DNP3_FIELD_MASTER] ^ control << 12);
	if (function == OTSEG_DNP3_FC_RESPONSE) {
		if (control & OTSEG_DNP3_AL_UNS)
			return OTSEG_R_PDU_MALFORMED;
		if (!(control & OTSEG_DNP3_AL_FIR)) {
			/* the next fragment of an answer that has passed */
			if (!(state & (OTSEG_DNP3_ST_MORE | OTSEG_STATE_AGAIN)))
				return OTSEG_R_PDU_STATE;
		} else {
			msg->kind = OTSEG_KIND_ANSWER;
			msg->flags |= OTSEG_MSG_NO_FUNCTION;
		}
		state &= ~OTSEG_DNP3_ST_MORE;
		if (!(control & OTSEG_DNP3_AL_FIN))
			state |= OTSEG_DNP3_ST_MORE;
	} else if (function == OTSEG_DNP3_FC_UNSOLICITED) {
		if (~control & (OTSEG_DNP3_AL_FIR | OTSEG_DNP3_AL_FIN | OTSEG_DNP3_AL_UNS))
			return OTSEG_R_PDU_MALFORMED;
	}
	state &= ~OTSEG_DNP3_ST_OUTSTATION;
	if (!(transport & OTSEG_DNP3_TP_FIN))
		state |= (function & 3) << OTSEG_DNP3_ST_RESPONSE |
			 ((transport + 1) & OTSEG_DNP3_TP_SEQ) << OTSEG_DNP3_ST_RESPONSE_SEQ;
	if (!(msg->flags & OTSEG_MSG_PARTIAL))
		msg->state = state;
	if (function != OTSEG_DNP3_FC_RESPONSE || avail <= OTSEG_DNP3_USER_IIN)
		return OTSEG_R_NONE;
	indications = dnp3_u8(buf, OTSEG_DNP3_USER_IIN) & 7;
	if (indications) {
		msg->flags |= OTSEG_MSG_EXCEPTION;
		msg->exception = (u8)(indications & -indications);
	}
	return OTSEG_R_NONE;
}

/*
 * Who is the master, the direction bit tells (9.2.4.1.3.1): of the first frame, and all
 * others agree with it. Usually it is who opened the conversation. 1: it does not agree.
 */
OTSEG_INLINE u32 dnp3_roles(u32 is_master, struct otseg_msg *msg)
{
	u32 is_request = msg->dir == OTSEG_DIR_REQUEST;
	u32 roles = OTSEG_DNP3_ST_ROLES;

	if (is_request != is_master)
		roles |= OTSEG_DNP3_ST_CALLED;
	if (msg->state & OTSEG_DNP3_ST_ROLES)
		return (msg->state ^ roles) & OTSEG_DNP3_ST_CALLED;
	if (!(msg->flags & OTSEG_MSG_PARTIAL))
		msg->state |= roles;
	return 0;
}

/* Link functions (9.2.4.1.3.4): those of primary frames, and of secondary ones. */
#define OTSEG_DNP3_PRIMARY (1u << 0 | 1u << 1 | 1u << 2 | 1u << 3 | 1u << 4 | 1u << 9)
#define OTSEG_DNP3_SECONDARY (1u << 0 | 1u << 1 | 1u << 11 | 1u << 14 | 1u << 15)

/* The frame, of which the control octet at least is there. */
OTSEG_INLINE u32 dnp3_frame(struct otseg_pdu *pdu, u32 have, u32 user, struct otseg_msg *msg)
{
	const u8 *buf = pdu->bytes;
	u32 control = buf[OTSEG_DNP3_AT_CONTROL];
	u32 is_master = control >> 7;
	u32 code = control & 15;
	u32 is_primary = control & OTSEG_DNP3_PRM;
	u32 has_user = is_primary && (code == 3 || code == 4);
	u32 destination, source;
	u32 body, avail, transport;

	if (!((is_primary ? OTSEG_DNP3_PRIMARY : OTSEG_DNP3_SECONDARY) >> code & 1))
		return OTSEG_R_PDU_MALFORMED;
	/* transport octet and something to transport, or nothing at all */
	if (has_user ? user < 2 : user)
		return OTSEG_R_PDU_LENGTH;
	if (dnp3_roles(is_master, msg))
		return OTSEG_R_PDU_DIRECTION;
	if (have < OTSEG_DNP3_AT_DESTINATION + 2)
		return OTSEG_R_NONE;
	destination = pdu_le16(buf, OTSEG_DNP3_AT_DESTINATION);
	if (destination >= OTSEG_DNP3_RESERVED) {
		if (!is_master || destination < OTSEG_DNP3_SELF)
			return OTSEG_R_PDU_MALFORMED;
		msg->flags |= OTSEG_MSG_BROADCAST;
	}
	if (is_master)
		msg_unit(msg, destination);
	else
		msg_field(msg, OTSEG_DNP3_FIELD_MASTER, destination);
	if (have < OTSEG_DNP3_AT_SOURCE + 2)
		return OTSEG_R_NONE;
	source = pdu_le16(buf, OTSEG_DNP3_AT_SOURCE);
	if (source >= OTSEG_DNP3_RESERVED)
		return OTSEG_R_PDU_MALFORMED;
	if (is_master)
		msg_field(msg, OTSEG_DNP3_FIELD_MASTER, source);
	else
		msg_unit(msg, source);
	if (!has_user) {
		code += is_primary ? OTSEG_DNP3_FC_RESET_LINK : OTSEG_DNP3_FC_LINK_ACK;
		msg_function(msg, code, 0, otseg_dnp3_access[code & 0x1ff]);
		return OTSEG_R_NONE;
	}
	if (have <= OTSEG_DNP3_AT_USER)
		return OTSEG_R_NONE;
	body = (have - OTSEG_DNP3_AT_USER) / (OTSEG_DNP3_BLOCK + 2);
	avail = (have - OTSEG_DNP3_AT_USER) % (OTSEG_DNP3_BLOCK + 2);
	avail = OTSEG_DNP3_BLOCK * body + (avail < OTSEG_DNP3_BLOCK ? avail : OTSEG_DNP3_BLOCK);
	if (avail > user)
		avail = user;
	transport = dnp3_u8(buf, 0);
	if (!(transport & OTSEG_DNP3_TP_FIR))
		return dnp3_continue(transport, is_master, msg);
	return is_master ? dnp3_request(pdu, avail, user, msg) :
			   dnp3_response(buf, avail, user, msg);
}

/**
 * otseg_dnp3_parse - make a message of the link frame that begins at @pdu
 * @pdu: its bytes
 * @have: their number; fewer than the frame has, or more, is fine
 * @dir: enum otseg_msg_dir
 * @msg: its @state and @part are set; filled in as far as @have shows it
 *
 * Return: OTSEG_R_NONE, or the reason why no continuation of these bytes is
 * acceptable.
 */
OTSEG_GLOBAL u32 otseg_dnp3_parse(struct otseg_pdu *pdu, u32 have, u32 dir, struct otseg_msg *msg)
{
	u32 user, length, reason;
	const u8 *buf;

	if (!pdu || !msg)
		return OTSEG_R_INTERNAL;
	buf = pdu->bytes;
	msg_begin(msg, dir, OTSEG_SVC_DNP3);
	if ((have > 0 && buf[0] != 0x05) || (have > 1 && buf[1] != 0x64))
		return OTSEG_R_PDU_PROTOCOL;
	if (have <= OTSEG_DNP3_AT_LENGTH)
		return OTSEG_R_NONE;
	user = buf[OTSEG_DNP3_AT_LENGTH] - OTSEG_DNP3_COUNTED;
	if (user > 255)
		return OTSEG_R_PDU_LENGTH;
	length = OTSEG_DNP3_AT_USER + user +
		 2 * ((user + OTSEG_DNP3_BLOCK - 1) / OTSEG_DNP3_BLOCK);
	have = msg_length(msg, length, have);
	if (have <= OTSEG_DNP3_AT_CONTROL)
		return OTSEG_R_NONE;
	if (!msg->part) {
		reason = dnp3_checksums(buf, have, length);
		if (reason)
			return reason;
	}
	return dnp3_frame(pdu, have, user, msg);
}

#define OTSEG_DNP3_PARSE otseg_dnp3_parse

#endif /* OTSEG_DNP3_H */
