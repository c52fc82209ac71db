/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * HART-IP over TCP and UDP: sessions with a server, and HART commands to it and to devices
 * behind it, one in a token-passing PDU or several in a direct PDU.
 *
 * Header and messages are those of the HART Network Management Specification, section 10.3,
 * the token-passing PDU that of the HART Token-Passing Data Link Layer Specification, as the
 * dissectors of Wireshark 4.0 and of CISA's icsnpp-hart-ip and FieldComm's open server read
 * them; commands are those of the Universal and Common Practice Command Specifications.
 */
#ifndef OTSEG_HARTIP_H
#define OTSEG_HARTIP_H

#include "pdu.h"

#define OTSEG_HARTIP_ANY \
	(OTSEG_ACCESS_READ | OTSEG_ACCESS_DIAGNOSTIC | OTSEG_ACCESS_WRITE | OTSEG_ACCESS_CONTROL | \
	 OTSEG_ACCESS_PROGRAM | OTSEG_ACCESS_VENDOR)
#define OTSEG_HARTIP_TUNNEL \
	(OTSEG_ACCESS_WRITE | OTSEG_ACCESS_CONTROL | OTSEG_ACCESS_PROGRAM | OTSEG_ACCESS_VENDOR)
#define OTSEG_HARTIP_FORCE (OTSEG_ACCESS_WRITE | OTSEG_ACCESS_CONTROL)

/*
 * Message ids: X(ID, code, "name", access, object type, flags). The sub-function of a PDU is
 * the HART command.
 */
/* clang-format off */
#define OTSEG_HARTIP_FUNCTIONS(X) \
	X(INITIATE, 0, "session-initiate", OTSEG_ACCESS_SESSION, 0, 0) \
	X(CLOSE, 1, "session-close", OTSEG_ACCESS_SESSION, 0, 0) \
	X(KEEP_ALIVE, 2, "keep-alive", OTSEG_ACCESS_SESSION, 0, 0) \
	X(TOKEN_PASSING, 3, "token-passing-pdu", OTSEG_HARTIP_ANY, 0, OTSEG_FN_SUB) \
	X(DIRECT, 4, "direct-pdu", OTSEG_HARTIP_ANY, 0, OTSEG_FN_SUB) \
	X(AUDIT_LOG, 5, "read-audit-log", OTSEG_ACCESS_DIAGNOSTIC, 0, 0)

/*
 * HART commands: X(ID, function, number, "name", access).
 *
 * What a device is set to is its configuration: `program`, calibration too. Forcing a value
 * or an output is a write to the process in a special mode: `write` and `control`. Flags
 * that are reset are evidence: `control`. A command to a sub-device, or a list of
 * commands, holds others, which are not looked at: the gravest it can be. A status that is
 * sent back with 48 says that it was read, no more. 122-126 are the maker's, 128-253 the
 * device's, and others nobody's: unknown.
 */
#define OTSEG_HARTIP_COMMANDS(X, fn) \
	X(CMD_0, fn, 0, "read-unique-identifier", OTSEG_ACCESS_READ) \
	X(CMD_1, fn, 1, "read-primary-variable", OTSEG_ACCESS_READ) \
	X(CMD_2, fn, 2, "read-loop-current-and-percent-of-range", OTSEG_ACCESS_READ) \
	X(CMD_3, fn, 3, "read-dynamic-variables-and-loop-current", OTSEG_ACCESS_READ) \
	X(CMD_6, fn, 6, "write-polling-address", OTSEG_ACCESS_PROGRAM) \
	X(CMD_7, fn, 7, "read-loop-configuration", OTSEG_ACCESS_READ) \
	X(CMD_8, fn, 8, "read-dynamic-variable-classifications", OTSEG_ACCESS_READ) \
	X(CMD_9, fn, 9, "read-device-variables-with-status", OTSEG_ACCESS_READ) \
	X(CMD_11, fn, 11, "read-unique-identifier-by-tag", OTSEG_ACCESS_READ) \
	X(CMD_12, fn, 12, "read-message", OTSEG_ACCESS_READ) \
	X(CMD_13, fn, 13, "read-tag-descriptor-date", OTSEG_ACCESS_READ) \
	X(CMD_14, fn, 14, "read-primary-variable-transducer-information", OTSEG_ACCESS_READ) \
	X(CMD_15, fn, 15, "read-device-information", OTSEG_ACCESS_READ) \
	X(CMD_16, fn, 16, "read-final-assembly-number", OTSEG_ACCESS_READ) \
	X(CMD_17, fn, 17, "write-message", OTSEG_ACCESS_PROGRAM) \
	X(CMD_18, fn, 18, "write-tag-descriptor-date", OTSEG_ACCESS_PROGRAM) \
	X(CMD_19, fn, 19, "write-final-assembly-number", OTSEG_ACCESS_PROGRAM) \
	X(CMD_20, fn, 20, "read-long-tag", OTSEG_ACCESS_READ) \
	X(CMD_21, fn, 21, "read-unique-identifier-by-long-tag", OTSEG_ACCESS_READ) \
	X(CMD_22, fn, 22, "write-long-tag", OTSEG_ACCESS_PROGRAM) \
	X(CMD_33, fn, 33, "read-device-variables", OTSEG_ACCESS_READ) \
	X(CMD_34, fn, 34, "write-primary-variable-damping-value", OTSEG_ACCESS_PROGRAM) \
	X(CMD_35, fn, 35, "write-primary-variable-range-values", OTSEG_ACCESS_PROGRAM) \
	X(CMD_36, fn, 36, "set-primary-variable-upper-range-value", OTSEG_ACCESS_PROGRAM) \
	X(CMD_37, fn, 37, "set-primary-variable-lower-range-value", OTSEG_ACCESS_PROGRAM) \
	X(CMD_38, fn, 38, "reset-configuration-changed-flag", OTSEG_ACCESS_CONTROL) \
	X(CMD_39, fn, 39, "eeprom-control", OTSEG_ACCESS_PROGRAM) \
	X(CMD_40, fn, 40, "enter-exit-fixed-current-mode", OTSEG_HARTIP_FORCE) \
	X(CMD_41, fn, 41, "perform-self-test", OTSEG_ACCESS_CONTROL) \
	X(CMD_42, fn, 42, "perform-device-reset", OTSEG_ACCESS_CONTROL) \
	X(CMD_43, fn, 43, "set-primary-variable-zero", OTSEG_ACCESS_PROGRAM) \
	X(CMD_44, fn, 44, "write-primary-variable-units", OTSEG_ACCESS_PROGRAM) \
	X(CMD_45, fn, 45, "trim-loop-current-zero", OTSEG_ACCESS_PROGRAM) \
	X(CMD_46, fn, 46, "trim-loop-current-gain", OTSEG_ACCESS_PROGRAM) \
	X(CMD_47, fn, 47, "write-primary-variable-transfer-function", OTSEG_ACCESS_PROGRAM) \
	X(CMD_48, fn, 48, "read-additional-device-status", OTSEG_ACCESS_DIAGNOSTIC) \
	X(CMD_49, fn, 49, "write-primary-variable-transducer-serial-number", OTSEG_ACCESS_PROGRAM) \
	X(CMD_50, fn, 50, "read-dynamic-variable-assignments", OTSEG_ACCESS_READ) \
	X(CMD_51, fn, 51, "write-dynamic-variable-assignments", OTSEG_ACCESS_PROGRAM) \
	X(CMD_52, fn, 52, "set-device-variable-zero", OTSEG_ACCESS_PROGRAM) \
	X(CMD_53, fn, 53, "write-device-variable-units", OTSEG_ACCESS_PROGRAM) \
	X(CMD_54, fn, 54, "read-device-variable-information", OTSEG_ACCESS_READ) \
	X(CMD_55, fn, 55, "write-device-variable-damping-value", OTSEG_ACCESS_PROGRAM) \
	X(CMD_56, fn, 56, "write-device-variable-transducer-serial-number", OTSEG_ACCESS_PROGRAM) \
	X(CMD_57, fn, 57, "read-unit-tag-descriptor-date", OTSEG_ACCESS_READ) \
	X(CMD_58, fn, 58, "write-unit-tag-descriptor-date", OTSEG_ACCESS_PROGRAM) \
	X(CMD_59, fn, 59, "write-number-of-response-preambles", OTSEG_ACCESS_PROGRAM) \
	X(CMD_60, fn, 60, "read-analog-channel-and-percent-of-range", OTSEG_ACCESS_READ) \
	X(CMD_61, fn, 61, "read-dynamic-variables-and-analog-channel", OTSEG_ACCESS_READ) \
	X(CMD_62, fn, 62, "read-analog-channels", OTSEG_ACCESS_READ) \
	X(CMD_63, fn, 63, "read-analog-channel-information", OTSEG_ACCESS_READ) \
	X(CMD_64, fn, 64, "write-analog-channel-damping-value", OTSEG_ACCESS_PROGRAM) \
	X(CMD_65, fn, 65, "write-analog-channel-range-values", OTSEG_ACCESS_PROGRAM) \
	X(CMD_66, fn, 66, "enter-exit-fixed-analog-channel-mode", OTSEG_HARTIP_FORCE) \
	X(CMD_67, fn, 67, "trim-analog-channel-zero", OTSEG_ACCESS_PROGRAM) \
	X(CMD_68, fn, 68, "trim-analog-channel-gain", OTSEG_ACCESS_PROGRAM) \
	X(CMD_69, fn, 69, "write-analog-channel-transfer-function", OTSEG_ACCESS_PROGRAM) \
	X(CMD_70, fn, 70, "read-analog-channel-endpoint-values", OTSEG_ACCESS_READ) \
	X(CMD_71, fn, 71, "lock-device", OTSEG_ACCESS_CONTROL) \
	X(CMD_72, fn, 72, "squawk", OTSEG_ACCESS_CONTROL) \
	X(CMD_73, fn, 73, "find-device", OTSEG_ACCESS_READ) \
	X(CMD_74, fn, 74, "read-io-system-capabilities", OTSEG_ACCESS_READ) \
	X(CMD_75, fn, 75, "poll-sub-device", OTSEG_ACCESS_READ) \
	X(CMD_76, fn, 76, "read-lock-device-state", OTSEG_ACCESS_READ) \
	X(CMD_77, fn, 77, "send-command-to-sub-device", OTSEG_HARTIP_TUNNEL) \
	X(CMD_78, fn, 78, "read-aggregated-commands", OTSEG_HARTIP_TUNNEL) \
	X(CMD_79, fn, 79, "write-device-variable", OTSEG_HARTIP_FORCE) \
	X(CMD_80, fn, 80, "read-device-variable-trim-points", OTSEG_ACCESS_READ) \
	X(CMD_81, fn, 81, "read-device-variable-trim-guidelines", OTSEG_ACCESS_READ) \
	X(CMD_82, fn, 82, "write-device-variable-trim-point", OTSEG_ACCESS_PROGRAM) \
	X(CMD_83, fn, 83, "reset-device-variable-trim", OTSEG_ACCESS_PROGRAM) \
	X(CMD_84, fn, 84, "read-sub-device-identity-summary", OTSEG_ACCESS_READ) \
	X(CMD_85, fn, 85, "read-io-channel-statistics", OTSEG_ACCESS_DIAGNOSTIC) \
	X(CMD_86, fn, 86, "read-sub-device-statistics", OTSEG_ACCESS_DIAGNOSTIC) \
	X(CMD_87, fn, 87, "write-io-system-master-mode", OTSEG_ACCESS_PROGRAM) \
	X(CMD_88, fn, 88, "write-io-system-retry-count", OTSEG_ACCESS_PROGRAM) \
	X(CMD_89, fn, 89, "set-real-time-clock", OTSEG_ACCESS_CONTROL) \
	X(CMD_90, fn, 90, "read-real-time-clock", OTSEG_ACCESS_READ) \
	X(CMD_91, fn, 91, "read-trend-configuration", OTSEG_ACCESS_READ) \
	X(CMD_92, fn, 92, "write-trend-configuration", OTSEG_ACCESS_PROGRAM) \
	X(CMD_93, fn, 93, "read-trend", OTSEG_ACCESS_READ) \
	X(CMD_94, fn, 94, "read-io-system-client-statistics", OTSEG_ACCESS_DIAGNOSTIC) \
	X(CMD_95, fn, 95, "read-device-communication-statistics", OTSEG_ACCESS_DIAGNOSTIC) \
	X(CMD_96, fn, 96, "read-synchronous-action", OTSEG_ACCESS_READ) \
	X(CMD_97, fn, 97, "configure-synchronous-action", OTSEG_ACCESS_PROGRAM) \
	X(CMD_98, fn, 98, "read-command-action", OTSEG_ACCESS_READ) \
	X(CMD_99, fn, 99, "configure-command-action", OTSEG_ACCESS_PROGRAM) \
	X(CMD_101, fn, 101, "read-sub-device-to-burst-message-map", OTSEG_ACCESS_READ) \
	X(CMD_102, fn, 102, "map-sub-device-to-burst-message", OTSEG_ACCESS_PROGRAM) \
	X(CMD_103, fn, 103, "write-burst-period", OTSEG_ACCESS_PROGRAM) \
	X(CMD_104, fn, 104, "write-burst-trigger", OTSEG_ACCESS_PROGRAM) \
	X(CMD_105, fn, 105, "read-burst-mode-configuration", OTSEG_ACCESS_READ) \
	X(CMD_106, fn, 106, "flush-delayed-responses", OTSEG_ACCESS_CONTROL) \
	X(CMD_107, fn, 107, "write-burst-device-variables", OTSEG_ACCESS_PROGRAM) \
	X(CMD_108, fn, 108, "write-burst-mode-command-number", OTSEG_ACCESS_PROGRAM) \
	X(CMD_109, fn, 109, "burst-mode-control", OTSEG_ACCESS_CONTROL) \
	X(CMD_110, fn, 110, "read-all-dynamic-variables", OTSEG_ACCESS_READ) \
	X(CMD_111, fn, 111, "transfer-service-control", OTSEG_ACCESS_PROGRAM) \
	X(CMD_112, fn, 112, "transfer-service", OTSEG_ACCESS_PROGRAM) \
	X(CMD_113, fn, 113, "catch-device-variable", OTSEG_ACCESS_PROGRAM) \
	X(CMD_114, fn, 114, "read-caught-device-variable", OTSEG_ACCESS_READ) \
	X(CMD_115, fn, 115, "read-event-notification-summary", OTSEG_ACCESS_READ) \
	X(CMD_116, fn, 116, "write-event-notification-bit-mask", OTSEG_ACCESS_PROGRAM) \
	X(CMD_117, fn, 117, "write-event-notification-timing", OTSEG_ACCESS_PROGRAM) \
	X(CMD_118, fn, 118, "event-notification-control", OTSEG_ACCESS_CONTROL) \
	X(CMD_119, fn, 119, "acknowledge-event-notification", OTSEG_ACCESS_CONTROL)

#define OTSEG_HARTIP_SUBFUNCTIONS(X) \
	OTSEG_HARTIP_COMMANDS(X, OTSEG_HARTIP_FC_TOKEN_PASSING) \
	OTSEG_HARTIP_COMMANDS(X, OTSEG_HARTIP_FC_DIRECT)

#define OTSEG_HARTIP_FIELDS(X) \
	X(HOST, 0, "host", 1, "primary or secondary one") \
	X(POLLING_ADDRESS, 1, "polling-address", 63, "short address of the device") \
	X(DEVICE_TYPE, 2, "device-type", 0x3fff, "expanded device type, upper part of the long address") \
	X(DEVICE_ID, 3, "device-id", 0xffffff, "number of the device, lower part of the long address")

#define OTSEG_HARTIP_FIELD_WORDS(X) \
	X(OTSEG_HARTIP_FIELD_HOST, 0, "secondary") \
	X(OTSEG_HARTIP_FIELD_HOST, 1, "primary")

/* Status of a response (Network Management Specification, 10.3.2). */
#define OTSEG_HARTIP_EXCEPTIONS(X) \
	X(INVALID_SELECTION, 2, "invalid-selection") \
	X(TOO_FEW_BYTES, 5, "too-few-data-bytes") \
	X(DEVICE_SPECIFIC, 6, "device-specific-error") \
	X(NEAREST_VALUE, 8, "set-to-nearest-value") \
	X(SECURITY, 9, "security-not-initialized") \
	X(VERSION, 14, "version-not-supported") \
	X(SESSIONS, 15, "all-sessions-in-use") \
	X(RESTRICTED, 16, "access-restricted") \
	X(INSECURE, 30, "insecure-session-exists")
/* clang-format on */

#define OTSEG_HARTIP_OBJECTS(X)
#define OTSEG_HARTIP_TEXTS(X)
#define OTSEG_HARTIP_SHAPE .code_max = 255, .sub_max = 0xffff

enum otseg_hartip_function {
#define X(id, code, name, access, object, flags) OTSEG_HARTIP_FC_##id = (code),
	OTSEG_HARTIP_FUNCTIONS(X)
#undef X
};

enum otseg_hartip_field {
#define X(id, number, name, max, sentence) OTSEG_HARTIP_FIELD_##id = (number),
	OTSEG_HARTIP_FIELDS(X)
#undef X
};

/* What the datapath needs of the lists; as large as a byte reaches. */
static const u8 otseg_hartip_id_access[256] = {
#define X(id, code, name, access, object, flags) [code] = (access),
	OTSEG_HARTIP_FUNCTIONS(X)
#undef X
};

static const u8 otseg_hartip_access[256] = {
#define X(id, function, number, name, access) [number] = (access),
	OTSEG_HARTIP_COMMANDS(X, 0)
#undef X
};

/* Header (10.3.1). */
#define OTSEG_HARTIP_AT_VERSION 0
#define OTSEG_HARTIP_AT_TYPE 1
#define OTSEG_HARTIP_AT_ID 2
#define OTSEG_HARTIP_AT_STATUS 3
#define OTSEG_HARTIP_AT_TRANSACTION 4
#define OTSEG_HARTIP_AT_LENGTH 6 /* of all, header and all */
#define OTSEG_HARTIP_AT_BODY 8
#define OTSEG_HARTIP_VERSIONS 2
#define OTSEG_HARTIP_INITIATE 5 /* bytes: host, time until an idle session closes */
#define OTSEG_HARTIP_AUDIT_LOG 2 /* first record, how many */
#define OTSEG_HARTIP_STATUS 2 /* bytes of device status that begin a direct PDU */
#define OTSEG_HARTIP_PARTS 32 /* commands of a direct PDU */

enum otseg_hartip_type {
	OTSEG_HARTIP_REQUEST = 0,
	OTSEG_HARTIP_RESPONSE = 1,
	OTSEG_HARTIP_PUBLISH = 2,
	OTSEG_HARTIP_NAK = 15,
};

/* Delimiter of a token-passing PDU: long address, expansion bytes, physical layer, type. */
#define OTSEG_HARTIP_LONG 0x80
#define OTSEG_HARTIP_EXPANSION 0x60
#define OTSEG_HARTIP_PHYSICAL 0x10 /* of two bits the one that is not used */
#define OTSEG_HARTIP_FRAME 0x07
#define OTSEG_HARTIP_BURST 1
#define OTSEG_HARTIP_STX 2
#define OTSEG_HARTIP_ACK 6

#define OTSEG_HARTIP_CMD_EXTENDED 31 /* a number of 16 bits begins the data */

OTSEG_INLINE void hartip_command(u32 function, u32 number, struct otseg_msg *msg)
{
	u32 index = number;
	u32 access;

	otseg_hide(index); /* or the mask is left out */
	access = number < 256 ? otseg_hartip_access[index & 0xff] : 0;
	if (!access) {
		access = OTSEG_ACCESS_VENDOR;
		msg->flags |= OTSEG_MSG_UNKNOWN;
	}
	msg_function(msg, function, number, access);
}

/* A delimiter, address, command and count, as many bytes as that counts, and a check byte. */
#define OTSEG_HARTIP_CHECKED (OTSEG_HARTIP_AT_BODY + 1 + 5 + 2 + 255 + 1)

/*
 * Exclusive-or of what lies from the delimiter to the check byte, both included; eight bytes a turn.
 * The rest is read with what is before it: behind it may be nothing.
 */
OTSEG_INLINE u32 hartip_checksum(const u8 *buf, u32 length)
{
	u64 sum = 0;
	u32 i, rest;

	for (i = OTSEG_HARTIP_AT_BODY; i < OTSEG_HARTIP_CHECKED && i + 8 <= length; i += 8)
		sum ^= pdu_word(buf, i);
	rest = (length - i) & 7;
	if (i < OTSEG_HARTIP_CHECKED && rest)
		sum ^= pdu_word(buf, length - 8) >> (64 - 8 * rest);
	sum ^= sum >> 32;
	sum ^= sum >> 16;
	sum ^= sum >> 8;
	return sum & 0xff ? OTSEG_R_PDU_CHECKSUM : OTSEG_R_NONE;
}

/* The address at @at; 1: everybody's. */
OTSEG_INLINE u32 hartip_address(const u8 *buf, u32 at, u32 is_long, struct otseg_msg *msg)
{
	u32 first = pdu_u8(buf, at);

	msg_field(msg, OTSEG_HARTIP_FIELD_HOST, first >> 7);
	if (!is_long) {
		msg_field(msg, OTSEG_HARTIP_FIELD_POLLING_ADDRESS, first & 0x3f);
		return 0;
	}
	msg_field(msg, OTSEG_HARTIP_FIELD_DEVICE_TYPE, pdu_be16(buf, at) & 0x3fff);
	msg_field(msg, OTSEG_HARTIP_FIELD_DEVICE_ID, pdu_be24(buf, at + 2));
	return !(msg->fields[OTSEG_HARTIP_FIELD_DEVICE_TYPE] |
		 msg->fields[OTSEG_HARTIP_FIELD_DEVICE_ID]);
}

OTSEG_INLINE u32 hartip_token_passing(const u8 *buf, u32 have, u32 length, u32 type,
				      struct otseg_msg *msg)
{
	u32 delimiter, frame, is_long, command, count, data, is_everybody;
	u32 least = type == OTSEG_HARTIP_REQUEST ? 0 : 2; /* response code and status */

	if (length < OTSEG_HARTIP_AT_BODY + 5)
		return OTSEG_R_PDU_LENGTH;
	if (have <= OTSEG_HARTIP_AT_BODY)
		return OTSEG_R_NONE;
	delimiter = pdu_u8(buf, OTSEG_HARTIP_AT_BODY);
	frame = delimiter & OTSEG_HARTIP_FRAME;
	/* servers know of no expansion bytes, and would take them for the command */
	if (delimiter & (OTSEG_HARTIP_EXPANSION | OTSEG_HARTIP_PHYSICAL))
		return OTSEG_R_PDU_MALFORMED;
	if (type == OTSEG_HARTIP_REQUEST ? frame != OTSEG_HARTIP_STX :
					   frame != OTSEG_HARTIP_ACK &&
						   (type != OTSEG_HARTIP_PUBLISH || frame != OTSEG_HARTIP_BURST))
		return OTSEG_R_PDU_MALFORMED;
	is_long = delimiter >> 7;
	command = OTSEG_HARTIP_AT_BODY + 1 + (is_long ? 5 : 1);
	if (length < command + 3)
		return OTSEG_R_PDU_LENGTH;
	if (have < command)
		return OTSEG_R_NONE;
	is_everybody = hartip_address(buf, OTSEG_HARTIP_AT_BODY + 1, is_long, msg);
	if (have < command + 2)
		return OTSEG_R_NONE;
	count = pdu_u8(buf, command + 1);
	if (length != command + 2 + count + 1 || count < least)
		return OTSEG_R_PDU_LENGTH;
	data = command + 2 + least;
	command = pdu_u8(buf, command);
	count -= least;
	if (command == OTSEG_HARTIP_CMD_EXTENDED) {
		if (count < 2 && type == OTSEG_HARTIP_REQUEST)
			return OTSEG_R_PDU_LENGTH;
		if (have < data + 2 && count >= 2)
			return OTSEG_R_NONE;
		if (count >= 2)
			command = pdu_be16(buf, data);
		else /* refused by whoever did not look into it */
			msg->flags |= OTSEG_MSG_EXCEPTION;
	}
	hartip_command(OTSEG_HARTIP_FC_TOKEN_PASSING, command, msg);
	/* everybody may be asked who he is */
	if (is_everybody && msg->access != OTSEG_ACCESS_READ)
		msg->flags |= OTSEG_MSG_BROADCAST;
	return msg->flags & OTSEG_MSG_PARTIAL ? OTSEG_R_NONE : hartip_checksum(buf, length);
}

/* The wanted command of a direct PDU: number, count, data, from two bytes of status on. */
OTSEG_NOINLINE u32 hartip_direct(const u8 *buf, u32 have, u32 type, struct otseg_msg *msg)
{
	u32 at = OTSEG_HARTIP_AT_BODY + OTSEG_HARTIP_STATUS;
	u32 length = msg->length;
	u32 part = msg->part;
	u32 count;
	u32 i;

	otseg_for(i, OTSEG_HARTIP_PARTS) {
		if (at + 3 > length)
			return OTSEG_R_PDU_LENGTH;
		if (at + 3 > have)
			return OTSEG_R_NONE;
		count = pdu_u8(buf, at + 2);
		if (at + 3 + count > length)
			return OTSEG_R_PDU_LENGTH;
		if (i == part) {
			hartip_command(OTSEG_HARTIP_FC_DIRECT, pdu_be16(buf, at), msg);
			at += 3 + count;
			/* an answer is one message, however much it answers */
			if (at < length && at < have && type != OTSEG_HARTIP_RESPONSE)
				msg->flags |= OTSEG_MSG_MORE;
			return OTSEG_R_NONE;
		}
		at += 3 + count;
	}
	return OTSEG_R_PDU_NESTING;
}

OTSEG_INLINE u32 hartip_body(const u8 *buf, u32 have, u32 id, u32 type, struct otseg_msg *msg)
{
	u32 length = msg->length;
	u32 body = length - OTSEG_HARTIP_AT_BODY;
	u32 is_request = type == OTSEG_HARTIP_REQUEST;

	if (type == OTSEG_HARTIP_NAK)
		return OTSEG_R_NONE;
	/* of an answer that tells only its status */
	if (type == OTSEG_HARTIP_RESPONSE && !body)
		return OTSEG_R_NONE;
	switch (id) {
	case OTSEG_HARTIP_FC_INITIATE:
		if (body != OTSEG_HARTIP_INITIATE)
			return OTSEG_R_PDU_LENGTH;
		if (have <= OTSEG_HARTIP_AT_BODY)
			return OTSEG_R_NONE;
		if (buf[OTSEG_HARTIP_AT_BODY] > 1)
			return OTSEG_R_PDU_MALFORMED;
		msg_field(msg, OTSEG_HARTIP_FIELD_HOST, buf[OTSEG_HARTIP_AT_BODY]);
		return OTSEG_R_NONE;
	case OTSEG_HARTIP_FC_CLOSE:
	case OTSEG_HARTIP_FC_KEEP_ALIVE:
		return body ? OTSEG_R_PDU_LENGTH : OTSEG_R_NONE;
	case OTSEG_HARTIP_FC_TOKEN_PASSING:
		return hartip_token_passing(buf, have, length, type, msg);
	case OTSEG_HARTIP_FC_DIRECT:
		/* a command must not hide where nobody looks */
		if (length > OTSEG_PDU_MAX && type != OTSEG_HARTIP_RESPONSE)
			return OTSEG_R_PDU_LENGTH;
		return hartip_direct(buf, have, type, msg);
	case OTSEG_HARTIP_FC_AUDIT_LOG:
		return is_request && body != OTSEG_HARTIP_AUDIT_LOG ? OTSEG_R_PDU_LENGTH :
								      OTSEG_R_NONE;
	}
	return OTSEG_R_NONE;
}

/* Message id @id, as far as it tells what is done. */
OTSEG_INLINE void hartip_message(u32 id, u32 type, struct otseg_msg *msg)
{
	u32 access = otseg_hartip_id_access[id & 0xff];

	/* its command does; an empty answer to it names none; of a NAK only the status counts */
	if (id == OTSEG_HARTIP_FC_TOKEN_PASSING || id == OTSEG_HARTIP_FC_DIRECT ||
	    type == OTSEG_HARTIP_NAK) {
		msg->function = id << 16;
		return;
	}
	if (!access) {
		access = OTSEG_ACCESS_VENDOR;
		msg->flags |= OTSEG_MSG_UNKNOWN;
	}
	msg_function(msg, id, 0, access);
}

/**
 * otseg_hartip_parse - make a message of the HART-IP message that begins at @pdu
 * @pdu: its bytes
 * @have: their number; fewer than the message has, or more, is fine
 * @dir: enum otseg_msg_dir
 * @msg: its @part is set; filled in as far as @have shows it
 *
 * Return: OTSEG_R_NONE, or the reason why no continuation of these bytes is
 * acceptable.
 */
OTSEG_GLOBAL u32 otseg_hartip_parse(struct otseg_pdu *pdu, u32 have, u32 dir,
				    struct otseg_msg *msg)
{
	u32 is_request = dir == OTSEG_DIR_REQUEST;
	u32 type, id, length, is_asking;
	const u8 *buf;

	if (!pdu || !msg)
		return OTSEG_R_INTERNAL;
	buf = pdu->bytes;
	msg_begin(msg, dir, OTSEG_SVC_HARTIP);
	if (have > 0 && buf[OTSEG_HARTIP_AT_VERSION] - 1u >= OTSEG_HARTIP_VERSIONS)
		return OTSEG_R_PDU_PROTOCOL;
	if (have <= OTSEG_HARTIP_AT_TYPE)
		return OTSEG_R_NONE;
	type = buf[OTSEG_HARTIP_AT_TYPE];
	if (type > OTSEG_HARTIP_PUBLISH && type != OTSEG_HARTIP_NAK)
		return OTSEG_R_PDU_MALFORMED;
	is_asking = type == OTSEG_HARTIP_REQUEST;
	if (is_asking != is_request)
		return OTSEG_R_PDU_DIRECTION;
	if (type == OTSEG_HARTIP_RESPONSE || type == OTSEG_HARTIP_NAK)
		msg->kind = OTSEG_KIND_ANSWER;
	else if (type == OTSEG_HARTIP_REQUEST && !msg->part)
		msg->kind = OTSEG_KIND_REQUEST;
	if (have <= OTSEG_HARTIP_AT_ID)
		return OTSEG_R_NONE;
	id = buf[OTSEG_HARTIP_AT_ID];
	hartip_message(id, type, msg);
	if (type == OTSEG_HARTIP_PUBLISH) {
		if (id != OTSEG_HARTIP_FC_TOKEN_PASSING && id != OTSEG_HARTIP_FC_DIRECT)
			return OTSEG_R_PDU_MALFORMED;
	}
	if (have <= OTSEG_HARTIP_AT_STATUS)
		return OTSEG_R_NONE;
	msg->exception = buf[OTSEG_HARTIP_AT_STATUS];
	if (type == OTSEG_HARTIP_NAK || (type == OTSEG_HARTIP_RESPONSE && msg->exception))
		msg->flags |= OTSEG_MSG_EXCEPTION;
	if (have < OTSEG_HARTIP_AT_LENGTH + 2)
		return OTSEG_R_NONE;
	msg->id = (u16)pdu_be16(buf, OTSEG_HARTIP_AT_TRANSACTION);
	msg_number(msg, OTSEG_NUMBER_BE, OTSEG_HARTIP_AT_TRANSACTION, 2);
	length = pdu_be16(buf, OTSEG_HARTIP_AT_LENGTH);
	if (length < OTSEG_HARTIP_AT_BODY)
		return OTSEG_R_PDU_LENGTH;
	have = msg_length(msg, length, have);
	return hartip_body(buf, have, id, type, msg);
}

#define OTSEG_HARTIP_PARSE otseg_hartip_parse

#endif /* OTSEG_HARTIP_H */
