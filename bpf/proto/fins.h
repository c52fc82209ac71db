/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Omron FINS, on UDP as it is and on TCP behind a header of its own: names and numbers of
 * commands with their access classes, memory areas and end codes; and from the bytes of
 * one frame to a struct otseg_msg.
 *
 * The two ways are never mixed up: on datagrams (OTSEG_STATE_DATAGRAM) a frame begins with
 * its ICF and ends with the datagram, on a stream it begins with "FINS" and a length. What
 * the command implies of its length must be what there is.
 *
 * "W342" is Omron's Communications Commands Reference Manual for CS, CJ, CP and NSJ; the
 * header on TCP is from W421, 7-4 (Ethernet Units, Construction of Applications). Codes
 * and areas were compared with tshark's dissector omron-fins.
 */
#ifndef OTSEG_FINS_H
#define OTSEG_FINS_H

#include "pdu.h"

/*
 * Commands: Y(X, ID, main code << 8 | sub code, "name", access, flags, least and most bytes
 * behind the code in the command, the same behind the end code in an answer without error).
 * By code: they are searched. W342 section 5.
 *
 * Reading settings, tables, files and the program is `program` as writing them is: it is
 * what tells how the plant is built. What clears a log or statistics is `control`. Forcing a bit overrides
 * the program and changes the plant: `write` and `control`.
 */
/* clang-format off */
#define OTSEG_FINS_ANY 0xffff
#define OTSEG_FINS_COMMANDS(Y, X) \
	Y(X, MEMORY_READ, 0x0101, "memory-area-read", OTSEG_ACCESS_READ, 0, 6, 6, 1, OTSEG_FINS_ANY) \
	Y(X, MEMORY_WRITE, 0x0102, "memory-area-write", OTSEG_ACCESS_WRITE, 0, 7, OTSEG_FINS_ANY, 0, 0) \
	Y(X, MEMORY_FILL, 0x0103, "memory-area-fill", OTSEG_ACCESS_WRITE, 0, 8, 8, 0, 0) \
	Y(X, MULTIPLE_READ, 0x0104, "multiple-memory-area-read", OTSEG_ACCESS_READ, 0, 4, OTSEG_FINS_ANY, 2, \
		OTSEG_FINS_ANY) \
	Y(X, MEMORY_TRANSFER, 0x0105, "memory-area-transfer", OTSEG_ACCESS_READ | OTSEG_ACCESS_WRITE, 0, 10, 10, 0, 0) \
	Y(X, PARAMETER_READ, 0x0201, "parameter-area-read", OTSEG_ACCESS_PROGRAM, 0, 6, 6, 6, OTSEG_FINS_ANY) \
	Y(X, PARAMETER_WRITE, 0x0202, "parameter-area-write", OTSEG_ACCESS_PROGRAM, 0, 8, OTSEG_FINS_ANY, 0, 0) \
	Y(X, PARAMETER_CLEAR, 0x0203, "parameter-area-clear", OTSEG_ACCESS_PROGRAM, 0, 8, 8, 0, 0) \
	Y(X, LINK_TABLE_READ, 0x0220, "data-link-table-read", OTSEG_ACCESS_PROGRAM, 0, 8, 8, 1, OTSEG_FINS_ANY) \
	Y(X, LINK_TABLE_WRITE, 0x0221, "data-link-table-write", OTSEG_ACCESS_PROGRAM, 0, 9, OTSEG_FINS_ANY, 0, 0) \
	Y(X, PROGRAM_PROTECT, 0x0304, "program-area-protect", OTSEG_ACCESS_PROGRAM, 0, 11, 15, 0, 0) \
	Y(X, PROGRAM_UNPROTECT, 0x0305, "program-area-protect-clear", OTSEG_ACCESS_PROGRAM, 0, 11, 15, 0, 0) \
	Y(X, PROGRAM_READ, 0x0306, "program-area-read", OTSEG_ACCESS_PROGRAM, 0, 8, 8, 8, OTSEG_FINS_ANY) \
	Y(X, PROGRAM_WRITE, 0x0307, "program-area-write", OTSEG_ACCESS_PROGRAM, 0, 8, OTSEG_FINS_ANY, 8, 8) \
	Y(X, PROGRAM_CLEAR, 0x0308, "program-area-clear", OTSEG_ACCESS_PROGRAM, 0, 2, 3, 0, 0) \
	Y(X, RUN, 0x0401, "run", OTSEG_ACCESS_CONTROL, 0, 0, 3, 0, 0) \
	Y(X, STOP, 0x0402, "stop", OTSEG_ACCESS_CONTROL, 0, 0, 2, 0, 0) \
	Y(X, RESET, 0x0403, "reset", OTSEG_ACCESS_CONTROL, 0, 0, 0, 0, 0) \
	Y(X, CONTROLLER_READ, 0x0501, "controller-data-read", OTSEG_ACCESS_READ, 0, 0, 1, 40, OTSEG_FINS_ANY) \
	Y(X, CONNECTION_READ, 0x0502, "connection-data-read", OTSEG_ACCESS_READ, 0, 1, 2, 1, OTSEG_FINS_ANY) \
	Y(X, STATUS_READ, 0x0601, "controller-status-read", OTSEG_ACCESS_DIAGNOSTIC, 0, 0, 0, 2, OTSEG_FINS_ANY) \
	Y(X, NETWORK_STATUS_READ, 0x0602, "network-status-read", OTSEG_ACCESS_DIAGNOSTIC, 0, 0, 0, 1, OTSEG_FINS_ANY) \
	Y(X, LINK_STATUS_READ, 0x0603, "data-link-status-read", OTSEG_ACCESS_DIAGNOSTIC, 0, 0, 0, 1, OTSEG_FINS_ANY) \
	Y(X, CYCLE_TIME, 0x0620, "cycle-time", OTSEG_ACCESS_DIAGNOSTIC | OTSEG_ACCESS_CONTROL, OTSEG_FN_SUB, \
		1, 1, 0, 12) \
	Y(X, CLOCK_READ, 0x0701, "clock-read", OTSEG_ACCESS_READ, 0, 0, 0, 7, 7) \
	Y(X, CLOCK_WRITE, 0x0702, "clock-write", OTSEG_ACCESS_CONTROL, 0, 5, 7, 0, 0) \
	Y(X, LOOPBACK, 0x0801, "loopback-test", OTSEG_ACCESS_DIAGNOSTIC, 0, 0, OTSEG_FINS_ANY, 0, OTSEG_FINS_ANY) \
	Y(X, BROADCAST_RESULT, 0x0802, "broadcast-test-result-read", OTSEG_ACCESS_DIAGNOSTIC, 0, 0, 0, 2, 2) \
	Y(X, BROADCAST_SEND, 0x0803, "broadcast-test-data-send", OTSEG_ACCESS_DIAGNOSTIC, 0, 0, OTSEG_FINS_ANY, 0, 0) \
	Y(X, MESSAGE, 0x0920, "message", OTSEG_ACCESS_DIAGNOSTIC | OTSEG_ACCESS_CONTROL, OTSEG_FN_SUB, 2, 2, \
		0, OTSEG_FINS_ANY) \
	Y(X, RIGHT_ACQUIRE, 0x0c01, "access-right-acquire", OTSEG_ACCESS_CONTROL, 0, 2, 2, 0, 3) \
	Y(X, RIGHT_FORCE, 0x0c02, "access-right-forced-acquire", OTSEG_ACCESS_CONTROL, 0, 2, 2, 0, 0) \
	Y(X, RIGHT_RELEASE, 0x0c03, "access-right-release", OTSEG_ACCESS_CONTROL, 0, 2, 2, 0, 0) \
	Y(X, ERROR_CLEAR, 0x2101, "error-clear", OTSEG_ACCESS_CONTROL, 0, 2, 2, 0, 0) \
	Y(X, ERROR_LOG_READ, 0x2102, "error-log-read", OTSEG_ACCESS_DIAGNOSTIC, 0, 4, 4, 6, OTSEG_FINS_ANY) \
	Y(X, ERROR_LOG_CLEAR, 0x2103, "error-log-clear", OTSEG_ACCESS_CONTROL, 0, 0, 0, 0, 0) \
	Y(X, ACCESS_LOG_READ, 0x2140, "write-access-log-read", OTSEG_ACCESS_DIAGNOSTIC, 0, 4, 4, 6, OTSEG_FINS_ANY) \
	Y(X, ACCESS_LOG_CLEAR, 0x2141, "write-access-log-clear", OTSEG_ACCESS_CONTROL, 0, 0, 0, 0, 0) \
	Y(X, FILE_NAME_READ, 0x2201, "file-name-read", OTSEG_ACCESS_PROGRAM, 0, 6, OTSEG_FINS_ANY, 26, OTSEG_FINS_ANY) \
	Y(X, FILE_READ, 0x2202, "single-file-read", OTSEG_ACCESS_PROGRAM, 0, 20, OTSEG_FINS_ANY, 10, OTSEG_FINS_ANY) \
	Y(X, FILE_WRITE, 0x2203, "single-file-write", OTSEG_ACCESS_PROGRAM, 0, 22, OTSEG_FINS_ANY, 0, 0) \
	Y(X, FILE_FORMAT, 0x2204, "file-memory-format", OTSEG_ACCESS_PROGRAM, 0, 2, 2, 0, 0) \
	Y(X, FILE_DELETE, 0x2205, "file-delete", OTSEG_ACCESS_PROGRAM, 0, 16, OTSEG_FINS_ANY, 2, 2) \
	Y(X, VOLUME_LABEL, 0x2206, "volume-label-create-delete", OTSEG_ACCESS_PROGRAM, 0, 4, 16, 0, 0) \
	Y(X, FILE_COPY, 0x2207, "file-copy", OTSEG_ACCESS_PROGRAM, 0, 28, OTSEG_FINS_ANY, 0, 0) \
	Y(X, FILE_RENAME, 0x2208, "file-name-change", OTSEG_ACCESS_PROGRAM, 0, 26, OTSEG_FINS_ANY, 0, 0) \
	Y(X, FILE_CHECK, 0x2209, "file-data-check", OTSEG_ACCESS_PROGRAM, 0, 14, OTSEG_FINS_ANY, 0, 0) \
	Y(X, MEMORY_FILE, 0x220a, "memory-area-file-transfer", OTSEG_ACCESS_WRITE | OTSEG_ACCESS_PROGRAM, 0, \
		22, OTSEG_FINS_ANY, 2, 2) \
	Y(X, PARAMETER_FILE, 0x220b, "parameter-area-file-transfer", OTSEG_ACCESS_PROGRAM, 0, 22, \
		OTSEG_FINS_ANY, 2, 2) \
	Y(X, PROGRAM_FILE, 0x220c, "program-area-file-transfer", OTSEG_ACCESS_PROGRAM, 0, 26, OTSEG_FINS_ANY, 4, 4) \
	Y(X, FILE_INDEX_READ, 0x220f, "file-memory-index-read", OTSEG_ACCESS_PROGRAM, 0, 3, 3, 5, OTSEG_FINS_ANY) \
	Y(X, FILE_MEMORY_READ, 0x2210, "file-memory-read", OTSEG_ACCESS_PROGRAM, 0, 2, 2, 2, OTSEG_FINS_ANY) \
	Y(X, FILE_MEMORY_WRITE, 0x2211, "file-memory-write", OTSEG_ACCESS_PROGRAM, 0, 4, OTSEG_FINS_ANY, 0, 0) \
	Y(X, DIRECTORY, 0x2215, "directory-create-delete", OTSEG_ACCESS_PROGRAM, 0, 18, OTSEG_FINS_ANY, 0, 0) \
	Y(X, CASSETTE, 0x2220, "memory-cassette-transfer", OTSEG_ACCESS_PROGRAM, 0, 1, OTSEG_FINS_ANY, 0, \
		OTSEG_FINS_ANY) \
	Y(X, FORCE, 0x2301, "forced-set-reset", OTSEG_ACCESS_WRITE | OTSEG_ACCESS_CONTROL, 0, 8, OTSEG_FINS_ANY, 0, 0) \
	Y(X, FORCE_CANCEL, 0x2302, "forced-set-reset-cancel", OTSEG_ACCESS_WRITE | OTSEG_ACCESS_CONTROL, 0, 0, \
		0, 0, 0) \
	Y(X, FORCED_READ, 0x230a, "multiple-forced-status-read", OTSEG_ACCESS_READ, 0, 6, 6, 6, OTSEG_FINS_ANY) \
	Y(X, NAME_SET, 0x2601, "name-set", OTSEG_ACCESS_PROGRAM, 0, 1, 8, 0, 0) \
	Y(X, NAME_DELETE, 0x2602, "name-delete", OTSEG_ACCESS_PROGRAM, 0, 0, 0, 0, 0) \
	Y(X, NAME_READ, 0x2603, "name-read", OTSEG_ACCESS_READ, 0, 0, 0, 0, 8)

/*
 * What the header on TCP carries beside frames (W421, 7-4): 0xff00 | its command. No main
 * code is 0xff. X(ID, code, "name", access, object type, flags).
 */
#define OTSEG_FINS_WRAPPERS(X) \
	X(ADDRESS_ASK, 0xff00, "node-address-request", OTSEG_ACCESS_SESSION, 0, 0) \
	X(ADDRESS_TELL, 0xff01, "node-address-answer", OTSEG_ACCESS_SESSION, 0, 0) \
	X(SEND_ERROR, 0xff03, "frame-send-error", OTSEG_ACCESS_SESSION, 0, 0) \
	X(CONFIRM, 0xff06, "connection-confirmation", OTSEG_ACCESS_SESSION, 0, 0)

#define OTSEG_FINS_AS_FUNCTION(X, id, code, name, access, flags, ...) X(id, code, name, access, 0, flags)
#define OTSEG_FINS_FUNCTIONS(X) OTSEG_FINS_COMMANDS(OTSEG_FINS_AS_FUNCTION, X) OTSEG_FINS_WRAPPERS(X)

/*
 * Parts of two commands that do different things by their first parameter: X(ID, function, number, "name",
 * access). W342 5-3-19: cycle time statistics begin anew with 0; 5-3-28: bit 14 of the parameter of a message
 * clears it, bit 15 reads FAL numbers.
 */
#define OTSEG_FINS_SUBFUNCTIONS(X) \
	X(CYCLE_TIME_INITIALIZE, OTSEG_FINS_FC_CYCLE_TIME, 0, "initialize", OTSEG_ACCESS_CONTROL) \
	X(CYCLE_TIME_READ, OTSEG_FINS_FC_CYCLE_TIME, 1, "read", OTSEG_ACCESS_DIAGNOSTIC) \
	X(MESSAGE_READ, OTSEG_FINS_FC_MESSAGE, 0, "read", OTSEG_ACCESS_DIAGNOSTIC) \
	X(MESSAGE_CLEAR, OTSEG_FINS_FC_MESSAGE, 1, "clear", OTSEG_ACCESS_CONTROL) \
	X(MESSAGE_FAL, OTSEG_FINS_FC_MESSAGE, 2, "fal-read", OTSEG_ACCESS_DIAGNOSTIC)
/* clang-format on */

enum otseg_fins_function {
#define X(id, code, name, access, object, flags) OTSEG_FINS_FC_##id = (code),
	OTSEG_FINS_FUNCTIONS(X)
#undef X
};

/* How the elements of a memory area are counted, and their bytes. */
#define OTSEG_FINS_WORD 0x02 /* words, by address */
#define OTSEG_FINS_LONG 0x04 /* four bytes each, by address */
#define OTSEG_FINS_FLAG 0x01 /* one byte each, by address */
#define OTSEG_FINS_BIT 0x11 /* one byte each, by address * 16 + bit */
#define OTSEG_FINS_BYTES 0x0f
#define OTSEG_FINS_IS_BIT 0x10

/*
 * Memory areas: Y(X, ID, code, "name", how it is counted, "sentence"). W342 5-2-2, for both
 * memory modes of a CV too; those of a word with its forced status are read only. The object
 * type is the area's code; code 0 is 255 because no type is 0.
 */
/* clang-format off */
#define OTSEG_FINS_AREAS(Y, X) \
	Y(X, CV_DM_FLAG, 0x01, "cv-timer-flag", FLAG, "completion flag of a timer or counter, CV mode") \
	Y(X, DM_BIT, 0x02, "dm-bit", BIT, "bit of data memory: word * 16 + bit") \
	Y(X, TRANSITION, 0x03, "transition-flag", FLAG, "flag of a transition") \
	Y(X, STEP, 0x04, "step-flag", FLAG, "flag of a step") \
	Y(X, TASK_FLAG, 0x06, "task-flag", FLAG, "flag of a task") \
	Y(X, TIMER_FLAG, 0x09, "timer-flag", FLAG, "completion flag of a timer or counter") \
	Y(X, E0_BIT, 0x20, "e0-bit", BIT, "bit of extended memory, bank 0: word * 16 + bit") \
	Y(X, E1_BIT, 0x21, "e1-bit", BIT, "bank 1") \
	Y(X, E2_BIT, 0x22, "e2-bit", BIT, "bank 2") \
	Y(X, E3_BIT, 0x23, "e3-bit", BIT, "bank 3") \
	Y(X, E4_BIT, 0x24, "e4-bit", BIT, "bank 4") \
	Y(X, E5_BIT, 0x25, "e5-bit", BIT, "bank 5") \
	Y(X, E6_BIT, 0x26, "e6-bit", BIT, "bank 6") \
	Y(X, E7_BIT, 0x27, "e7-bit", BIT, "bank 7") \
	Y(X, E8_BIT, 0x28, "e8-bit", BIT, "bank 8") \
	Y(X, E9_BIT, 0x29, "e9-bit", BIT, "bank 9") \
	Y(X, EA_BIT, 0x2a, "ea-bit", BIT, "bank A") \
	Y(X, EB_BIT, 0x2b, "eb-bit", BIT, "bank B") \
	Y(X, EC_BIT, 0x2c, "ec-bit", BIT, "bank C") \
	Y(X, CIO_BIT, 0x30, "cio-bit", BIT, "bit of the CIO area: word * 16 + bit") \
	Y(X, WORK_BIT, 0x31, "work-bit", BIT, "bit of the work area: word * 16 + bit") \
	Y(X, HOLDING_BIT, 0x32, "holding-bit", BIT, "bit of the holding area: word * 16 + bit") \
	Y(X, AUXILIARY_BIT, 0x33, "auxiliary-bit", BIT, "bit of the auxiliary area: word * 16 + bit") \
	Y(X, CV_CIO_BIT_FORCED, 0x40, "cv-cio-bit-forced", BIT, "bit of the CIO area with its forced status, CV mode") \
	Y(X, CV_TIMER_FORCED, 0x41, "cv-timer-flag-forced", FLAG, "completion flag with its forced status, CV mode") \
	Y(X, TASK_STATUS, 0x46, "task-status", FLAG, "status of a task") \
	Y(X, TIMER_FORCED, 0x49, "timer-flag-forced", FLAG, "completion flag with its forced status") \
	Y(X, CIO_BIT_FORCED, 0x70, "cio-bit-forced", BIT, "bit of the CIO area with its forced status") \
	Y(X, WORK_BIT_FORCED, 0x71, "work-bit-forced", BIT, "bit of the work area with its forced status") \
	Y(X, HOLDING_BIT_FORCED, 0x72, "holding-bit-forced", BIT, "bit of the holding area with its forced status") \
	Y(X, CV_CIO, 0x80, "cv-cio", WORD, "word of the CIO area, CV mode") \
	Y(X, CV_TIMER, 0x81, "cv-timer", WORD, "present value of a timer or counter, CV mode") \
	Y(X, DM, 0x82, "dm", WORD, "word of data memory") \
	Y(X, TIMER, 0x89, "timer", WORD, "present value of a timer or counter") \
	Y(X, CV_E0, 0x90, "cv-e0", WORD, "word of extended memory, bank 0, CV mode") \
	Y(X, CV_E1, 0x91, "cv-e1", WORD, "bank 1, CV mode") \
	Y(X, CV_E2, 0x92, "cv-e2", WORD, "bank 2, CV mode") \
	Y(X, CV_E3, 0x93, "cv-e3", WORD, "bank 3, CV mode") \
	Y(X, CV_E4, 0x94, "cv-e4", WORD, "bank 4, CV mode") \
	Y(X, CV_E5, 0x95, "cv-e5", WORD, "bank 5, CV mode") \
	Y(X, CV_E6, 0x96, "cv-e6", WORD, "bank 6, CV mode") \
	Y(X, CV_E7, 0x97, "cv-e7", WORD, "bank 7, CV mode") \
	Y(X, E_CURRENT, 0x98, "e-current", WORD, "word of extended memory, current bank") \
	Y(X, CV_REGISTER, 0x9c, "cv-register", WORD, "data register, or number of the current bank, CV mode") \
	Y(X, E0, 0xa0, "e0", WORD, "word of extended memory, bank 0") \
	Y(X, E1, 0xa1, "e1", WORD, "bank 1") \
	Y(X, E2, 0xa2, "e2", WORD, "bank 2") \
	Y(X, E3, 0xa3, "e3", WORD, "bank 3") \
	Y(X, E4, 0xa4, "e4", WORD, "bank 4") \
	Y(X, E5, 0xa5, "e5", WORD, "bank 5") \
	Y(X, E6, 0xa6, "e6", WORD, "bank 6") \
	Y(X, E7, 0xa7, "e7", WORD, "bank 7") \
	Y(X, E8, 0xa8, "e8", WORD, "bank 8") \
	Y(X, E9, 0xa9, "e9", WORD, "bank 9") \
	Y(X, EA, 0xaa, "ea", WORD, "bank A") \
	Y(X, EB, 0xab, "eb", WORD, "bank B") \
	Y(X, EC, 0xac, "ec", WORD, "bank C") \
	Y(X, CIO, 0xb0, "cio", WORD, "word of the CIO area") \
	Y(X, WORK, 0xb1, "work", WORD, "word of the work area") \
	Y(X, HOLDING, 0xb2, "holding", WORD, "word of the holding area") \
	Y(X, AUXILIARY, 0xb3, "auxiliary", WORD, "word of the auxiliary area") \
	Y(X, REGISTER, 0xbc, "data-register", WORD, "data register, or number of the current bank") \
	Y(X, CV_CIO_FORCED, 0xc0, "cv-cio-forced", LONG, "word of the CIO area with its forced status, CV mode") \
	Y(X, INDEX, 0xdc, "index-register", LONG, "index register") \
	Y(X, CIO_FORCED, 0xf0, "cio-forced", LONG, "word of the CIO area with its forced status") \
	Y(X, WORK_FORCED, 0xf1, "work-forced", LONG, "word of the work area with its forced status") \
	Y(X, HOLDING_FORCED, 0xf2, "holding-forced", LONG, "word of the holding area with its forced status") \
	Y(X, CV_CIO_BIT, 0xff, "cv-cio-bit", BIT, "bit of the CIO area, CV mode, code 0: word * 16 + bit")

#define OTSEG_FINS_HIGHEST_WORD 0xffff
#define OTSEG_FINS_HIGHEST_LONG 0xffff
#define OTSEG_FINS_HIGHEST_FLAG 0xffff
#define OTSEG_FINS_HIGHEST_BIT 0xfffff
#define OTSEG_FINS_AS_OBJECT(X, id, code, name, kind, sentence) \
	X(id, code, name, OTSEG_FINS_HIGHEST_##kind, 0, sentence)
#define OTSEG_FINS_OBJECTS(X) OTSEG_FINS_AREAS(OTSEG_FINS_AS_OBJECT, X)

/* Further numbers: X(ID, field, "name", highest, "sentence"). */
#define OTSEG_FINS_FIELDS(X) \
	X(NETWORK, 0, "network", 127, "network of the destination; others than 0 are behind relays") \
	X(UNIT_ADDRESS, 1, "unit-address", 255, "unit within the destination node: 0 is the CPU") \
	X(SOURCE_NETWORK, 2, "source-network", 127, "network that the command says it comes from") \
	X(SOURCE_NODE, 3, "source-node", 255, "node that the command says it comes from") \
	X(PARAMETER_AREA, 4, "parameter-area", 0xffff, "parameter area of 0201-0203 and 220B") \
	X(MODE, 5, "mode", 255, "mode that `run` asks for") \
	X(END_CODE, 6, "end-code", 0xffff, "end code of an answer") \
	X(COUNT, 7, "count", 0xffff, "number of elements, words or bits, that a command names")

/* X(field, number, "word"); W342 5-3-8, 5-3-15 */
#define OTSEG_FINS_FIELD_WORDS(X) \
	X(1, 0x00, "cpu") \
	X(4, 0x8002, "cpu-bus-unit-settings") \
	X(4, 0x8010, "plc-setup") \
	X(4, 0x8011, "peripheral-settings") \
	X(4, 0x8012, "io-table") \
	X(4, 0x8013, "routing-tables") \
	X(5, 0, "program") \
	X(5, 1, "debug") \
	X(5, 2, "monitor") \
	X(5, 4, "run")

#define OTSEG_FINS_TEXTS(X)

/* The first byte of an end code: X(ID, code, "name"); W342 5-1-3. */
#define OTSEG_FINS_EXCEPTIONS(X) \
	X(CANCELED, 0x00, "service-canceled") \
	X(LOCAL_NODE, 0x01, "local-node-error") \
	X(DESTINATION, 0x02, "destination-node-error") \
	X(CONTROLLER, 0x03, "controller-error") \
	X(UNSUPPORTED, 0x04, "service-unsupported") \
	X(ROUTING, 0x05, "routing-table-error") \
	X(FORMAT, 0x10, "command-format-error") \
	X(PARAMETER, 0x11, "parameter-error") \
	X(READ, 0x20, "read-not-possible") \
	X(WRITE, 0x21, "write-not-possible") \
	X(MODE, 0x22, "not-executable-in-this-mode") \
	X(DEVICE, 0x23, "no-such-device") \
	X(START_STOP, 0x24, "cannot-start-or-stop") \
	X(UNIT, 0x25, "unit-error") \
	X(COMMAND, 0x26, "command-error") \
	X(RIGHT, 0x30, "access-right-error") \
	X(ABORT, 0x40, "abort")
/* clang-format on */

enum otseg_fins_field {
#define X(id, number, name, max, sentence) OTSEG_FINS_FIELD_##id = (number),
	OTSEG_FINS_FIELDS(X)
#undef X
};

#define OTSEG_FINS_SHAPE \
	.unit = "node", .unit_max = 255, .code_max = 0xffff, .sub_max = 0xffff, .value_max = 0xffff, \
	.broadcasts = { { OTSEG_BROADCAST_ALWAYS, { OTSEG_FINS_EVERY_NODE, OTSEG_FINS_EVERY_NODE } } }

#define OTSEG_FINS_PARSE otseg_fins_parse

/* The header on TCP: magic, length of what follows it, command, error code. */
#define OTSEG_FINS_MAGIC 0x46494e53u
#define OTSEG_FINS_AT_LENGTH 4
#define OTSEG_FINS_AT_COMMAND 8
#define OTSEG_FINS_AT_ERROR 12
#define OTSEG_FINS_WRAPPER 16
#define OTSEG_FINS_CARRIES 2 /* the command of a header with a frame behind */

/* A frame: offsets, W342 5-1-2. */
#define OTSEG_FINS_AT_ICF 0
#define OTSEG_FINS_AT_RSV 1
#define OTSEG_FINS_AT_GCT 2
#define OTSEG_FINS_AT_DNA 3
#define OTSEG_FINS_AT_DA1 4
#define OTSEG_FINS_AT_DA2 5
#define OTSEG_FINS_AT_SNA 6
#define OTSEG_FINS_AT_SA1 7
#define OTSEG_FINS_AT_SA2 8
#define OTSEG_FINS_AT_SID 9
#define OTSEG_FINS_AT_CODE 10
#define OTSEG_FINS_AT_BODY 12
#define OTSEG_FINS_FRAME_MAX 2048 /* 12 bytes and 2,012 of text at most; a little more is seen */

#define OTSEG_FINS_ICF_RESERVED 0x3e
#define OTSEG_FINS_ICF_ANSWER 0x40
#define OTSEG_FINS_ICF_SILENT 0x01 /* no answer is wanted */

#define OTSEG_FINS_EVERY_NODE 0xff

#define OTSEG_FINS_STATE_LOCAL 0x1 /* in @state: the last command was for node 0, "the one that reads this" */

/**
 * struct otseg_fins_command - what the datapath needs of OTSEG_FINS_COMMANDS
 * @code: main and sub code
 * @access: OTSEG_ACCESS_*
 * @reserved: zero
 * @least: bytes behind the code
 * @most: the same, OTSEG_FINS_ANY: no limit
 * @answer_least: bytes behind the end code of an answer without error
 * @answer_most: the same
 */
struct otseg_fins_command {
	u16 code;
	u8 access;
	u8 reserved;
	u16 least;
	u16 most;
	u16 answer_least;
	u16 answer_most;
};

#define OTSEG_FINS_TABLE 64 /* a power of two */

static const struct otseg_fins_command otseg_fins_table[OTSEG_FINS_TABLE] = {
/* clang-format off */
#define OTSEG_FINS_AS_ENTRY(X, id, code, name, access, flags, least, most, answer_least, answer_most) \
	{ (code), (access), 0, (least), (most), (answer_least), (answer_most) },
/* clang-format on */
	OTSEG_FINS_COMMANDS(OTSEG_FINS_AS_ENTRY, )
};

/* By area code; 0: not known. */
static const u8 otseg_fins_areas[256] = {
#define OTSEG_FINS_AS_AREA(X, id, code, name, kind, sentence) \
	[(code) == 0xff ? 0 : (code)] = OTSEG_FINS_##kind,
	OTSEG_FINS_AREAS(OTSEG_FINS_AS_AREA, )
};

/*
 * Place of @code in the table, or of the next lower one. Without a branch: the verifier has
 * one path to walk. Entries that are not there have code 0, which counts as the highest.
 */
OTSEG_INLINE u32 fins_search(u32 code)
{
	u32 at = 0;
	u32 step;

	for (step = OTSEG_FINS_TABLE / 2; step; step >>= 1) {
		u32 place = (at + step) & (OTSEG_FINS_TABLE - 1);
		u32 above = code - 1 - (u16)(otseg_fins_table[place].code - 1);

		otseg_opaque(above);
		at = (at + (step & ((above >> 31) - 1))) & (OTSEG_FINS_TABLE - 1);
	}
	return at;
}

/*
 * Elements of a memory area: code, address and bit at @off of the PDU, @count of them.
 * Where it is not clear which ones they are, no rule that names objects covers it.
 * Return: bytes of one of them, 0: not known.
 */
OTSEG_GLOBAL u32 fins_area(struct otseg_pdu *pdu, u32 off, u32 count, u32 access, struct otseg_msg *msg)
{
	u32 end = 0x10000;
	u32 first;
	u32 area;
	u32 kind;
	u32 bit;

	if (!pdu || !msg)
		return 0;
	area = pdu_u8(pdu->bytes, off);
	kind = otseg_fins_areas[area];
	first = pdu_be16(pdu->bytes, off + 1);
	bit = pdu_u8(pdu->bytes, off + 3);
	if (kind & OTSEG_FINS_IS_BIT) {
		first = first << 4 | (bit & 15);
		bit &= ~15u;
		end <<= 4;
	}
	/* the number of a bit where there is none, or past the end */
	if (!kind || bit || !count || first + count > end) {
		msg->flags |= OTSEG_MSG_OPAQUE_OBJECTS;
		return kind & OTSEG_FINS_BYTES;
	}
	msg_object(msg, area ? area : 0xff, access, first, first + count - 1, 0);
	return kind & OTSEG_FINS_BYTES;
}

/* Values of @bytes each, written to the last object, begin at @off. */
OTSEG_INLINE void fins_values(struct otseg_msg *msg, u32 bytes, u32 off)
{
	u32 last = msg->n_objects - 1u;

	if (bytes > 2 || !bytes || last >= OTSEG_MSG_OBJECTS || msg->length > OTSEG_PDU_MAX) {
		msg->flags |= OTSEG_MSG_OPAQUE_VALUES;
		return;
	}
	msg->values = bytes == 2 ? OTSEG_VALUES_BE16 : OTSEG_VALUES_U8;
	msg->objects[last].values_off = (u16)off;
}

/* 0101-0103, 0105, 220A and 230A: areas at the beginning of the body. W342 5-3-2 to 5-3-6. */
OTSEG_INLINE u32 fins_memory(struct otseg_pdu *pdu, u32 off, u32 have, u32 code, struct otseg_msg *msg)
{
	u32 body = msg->length - off;
	u32 bytes;
	u32 count;

	if (code == OTSEG_FINS_FC_MEMORY_TRANSFER) {
		msg->flags |= OTSEG_MSG_OPAQUE_VALUES;
		if (have < off + 10)
			return OTSEG_R_NONE;
		count = pdu_be16(pdu->bytes, off + 8);
		msg_field(msg, OTSEG_FINS_FIELD_COUNT, count);
		fins_area(pdu, off, count, OTSEG_ACCESS_READ, msg);
		fins_area(pdu, off + 4, count, OTSEG_ACCESS_WRITE, msg);
		return count ? OTSEG_R_NONE : OTSEG_R_PDU_MALFORMED;
	}
	if (have < off + 6)
		return OTSEG_R_NONE;
	count = pdu_be16(pdu->bytes, off + 4);
	msg_field(msg, OTSEG_FINS_FIELD_COUNT, count);
	if (!count)
		return OTSEG_R_PDU_MALFORMED;
	bytes = fins_area(pdu, off, count,
			  code == OTSEG_FINS_FC_MEMORY_READ || code == OTSEG_FINS_FC_FORCED_READ ?
				  OTSEG_ACCESS_READ :
				  OTSEG_ACCESS_WRITE,
			  msg);
	if (code == OTSEG_FINS_FC_MEMORY_READ) {
		if (bytes && bytes * count < OTSEG_ANSWER_ANY)
			msg->answer = (u16)(bytes * count);
		return OTSEG_R_NONE;
	}
	if (code == OTSEG_FINS_FC_FORCED_READ)
		return OTSEG_R_NONE;
	if (code == OTSEG_FINS_FC_MEMORY_FILL) {
		/* one value for all of them */
		fins_values(msg, count == 1 && bytes == 2 ? 2 : 0, off + 6);
		return OTSEG_R_NONE;
	}
	if (bytes && body != 6 + bytes * count)
		return OTSEG_R_PDU_LENGTH;
	fins_values(msg, msg->flags & OTSEG_MSG_OPAQUE_OBJECTS ? 0 : bytes, off + 6);
	return OTSEG_R_NONE;
}

/* 0104: code, address and bit of each element (W342 5-3-5). An answer has a code before each. */
OTSEG_GLOBAL u32 fins_multiple(struct otseg_pdu *pdu, u32 off, u32 have, struct otseg_msg *msg)
{
	u32 answer = 0;
	u32 end;
	u32 i;

	if (!pdu || !msg)
		return OTSEG_R_INTERNAL;
	end = msg->length;
	if ((end - off) % 4)
		return OTSEG_R_PDU_LENGTH;
	for (i = 0; i < OTSEG_MSG_OBJECTS; i++, off += 4) {
		u32 bytes;

		if (off + 4 > have || off >= end)
			break;
		bytes = fins_area(pdu, off, 1, OTSEG_ACCESS_READ, msg);
		if (!bytes)
			answer = OTSEG_ANSWER_ANY;
		if (answer != OTSEG_ANSWER_ANY)
			answer += 1 + bytes;
	}
	if (off < end) {
		answer = OTSEG_ANSWER_ANY;
		if (i == OTSEG_MSG_OBJECTS)
			msg->flags |= OTSEG_MSG_OPAQUE_OBJECTS;
	}
	msg->answer = (u16)answer;
	return OTSEG_R_NONE;
}

/* 2301: number of bits, then what to do, code, address and bit of each (W342 5-3-49). */
OTSEG_GLOBAL u32 fins_force(struct otseg_pdu *pdu, u32 off, u32 have, struct otseg_msg *msg)
{
	u32 count;
	u32 end;
	u32 i;

	if (!pdu || !msg)
		return OTSEG_R_INTERNAL;
	end = msg->length;
	msg->flags |= OTSEG_MSG_OPAQUE_VALUES;
	if (have < off + 2)
		return OTSEG_R_NONE;
	count = pdu_be16(pdu->bytes, off);
	msg_field(msg, OTSEG_FINS_FIELD_COUNT, count);
	if (end - off != 2 + 6 * count)
		return OTSEG_R_PDU_LENGTH;
	off += 2;
	for (i = 0; i < OTSEG_MSG_OBJECTS; i++, off += 6) {
		if (off + 6 > have || off >= end)
			break;
		fins_area(pdu, off + 2, 1, OTSEG_ACCESS_WRITE | OTSEG_ACCESS_CONTROL, msg);
	}
	if (off < end && i == OTSEG_MSG_OBJECTS)
		msg->flags |= OTSEG_MSG_OPAQUE_OBJECTS;
	return OTSEG_R_NONE;
}

/* The parts of 0620 and 0920. */
OTSEG_INLINE u32 fins_part(struct otseg_pdu *pdu, u32 off, u32 have, u32 code, struct otseg_msg *msg)
{
	u32 sub;

	msg->flags |= OTSEG_MSG_NO_FUNCTION;
	if (code == OTSEG_FINS_FC_CYCLE_TIME) {
		if (have < off + 1)
			return OTSEG_R_NONE;
		sub = pdu_u8(pdu->bytes, off);
		if (sub > 1)
			return OTSEG_R_PDU_MALFORMED;
		msg_function(msg, code, sub, sub ? OTSEG_ACCESS_DIAGNOSTIC : OTSEG_ACCESS_CONTROL);
		return OTSEG_R_NONE;
	}
	if (have < off + 2)
		return OTSEG_R_NONE;
	sub = pdu_be16(pdu->bytes, off);
	if (sub & 0x3f00)
		return OTSEG_R_PDU_MALFORMED;
	if (sub & 0x4000)
		msg_function(msg, code, 1, OTSEG_ACCESS_CONTROL);
	else
		msg_function(msg, code, sub & 0x8000 ? 2 : 0, OTSEG_ACCESS_DIAGNOSTIC);
	return OTSEG_R_NONE;
}

/* What a command names; its body is at @off. */
OTSEG_GLOBAL u32 fins_command(struct otseg_pdu *pdu, u32 off, u32 have, u32 code, struct otseg_msg *msg)
{
	u32 body;

	if (!pdu || !msg)
		return OTSEG_R_INTERNAL;
	body = msg->length - off;
	switch (code) {
	case OTSEG_FINS_FC_MEMORY_READ:
	case OTSEG_FINS_FC_MEMORY_WRITE:
	case OTSEG_FINS_FC_MEMORY_FILL:
	case OTSEG_FINS_FC_MEMORY_TRANSFER:
	case OTSEG_FINS_FC_FORCED_READ:
		return fins_memory(pdu, off, have, code, msg);
	case OTSEG_FINS_FC_MULTIPLE_READ:
		return fins_multiple(pdu, off, have, msg);
	case OTSEG_FINS_FC_FORCE:
		return fins_force(pdu, off, have, msg);
	case OTSEG_FINS_FC_CYCLE_TIME:
	case OTSEG_FINS_FC_MESSAGE:
		return fins_part(pdu, off, have, code, msg);
	case OTSEG_FINS_FC_RUN:
		/* program number, mode; without them: monitor mode */
		if (body == 1)
			return OTSEG_R_PDU_LENGTH;
		if (have >= off + 3)
			msg_field(msg, OTSEG_FINS_FIELD_MODE, pdu_u8(pdu->bytes, off + 2));
		return OTSEG_R_NONE;
	case OTSEG_FINS_FC_PARAMETER_READ:
	case OTSEG_FINS_FC_PARAMETER_WRITE:
	case OTSEG_FINS_FC_PARAMETER_CLEAR:
		if (have < off + 6)
			return OTSEG_R_NONE;
		msg_field(msg, OTSEG_FINS_FIELD_PARAMETER_AREA, pdu_be16(pdu->bytes, off));
		/* bit 15 marks the last part */
		if (code == OTSEG_FINS_FC_PARAMETER_WRITE &&
		    body != 6 + 2 * (pdu_be16(pdu->bytes, off + 4) & 0x7fff))
			return OTSEG_R_PDU_LENGTH;
		return OTSEG_R_NONE;
	case OTSEG_FINS_FC_PROGRAM_WRITE:
		if (have >= off + 8 && body != 8 + (pdu_be16(pdu->bytes, off + 6) & 0x7fff))
			return OTSEG_R_PDU_LENGTH;
		return OTSEG_R_NONE;
	case OTSEG_FINS_FC_PARAMETER_FILE:
		if (have >= off + 4)
			msg_field(msg, OTSEG_FINS_FIELD_PARAMETER_AREA, pdu_be16(pdu->bytes, off + 2));
		return OTSEG_R_NONE;
	case OTSEG_FINS_FC_MEMORY_FILE:
		/* transfer code, area, address, bit, number of items, file */
		msg->flags |= OTSEG_MSG_OPAQUE_VALUES;
		if (have >= off + 8)
			fins_area(pdu, off + 2, pdu_be16(pdu->bytes, off + 6), OTSEG_ACCESS_WRITE, msg);
		return OTSEG_R_NONE;
	case OTSEG_FINS_FC_LOOPBACK:
		msg->answer = (u16)body;
		return OTSEG_R_NONE;
	default:
		return OTSEG_R_NONE;
	}
}

/* An answer: end code, then what was asked for. W342 5-1-3. */
OTSEG_INLINE u32 fins_answer(struct otseg_pdu *pdu, u32 off, u32 have, u32 place, struct otseg_msg *msg)
{
	const struct otseg_fins_command *command = &otseg_fins_table[place & (OTSEG_FINS_TABLE - 1)];
	u32 body = msg->length - off;
	u32 end;

	if (body < 2)
		return OTSEG_R_PDU_LENGTH;
	if (have < off + 2)
		return OTSEG_R_NONE;
	end = pdu_be16(pdu->bytes, off);
	msg_field(msg, OTSEG_FINS_FIELD_END_CODE, end);
	body -= 2;
	/* bit 15: a relay says it; bits 6 and 7: the controller has an error of its own */
	if (end & 0x7f3f) {
		msg->flags |= OTSEG_MSG_EXCEPTION;
		msg->exception = (end >> 8) & 0x7f;
		return OTSEG_R_NONE;
	}
	if (msg->flags & OTSEG_MSG_UNKNOWN)
		return OTSEG_R_NONE;
	if (body < command->answer_least ||
	    (command->answer_most != OTSEG_FINS_ANY && body > command->answer_most))
		return OTSEG_R_PDU_LENGTH;
	if (command->code == OTSEG_FINS_FC_MEMORY_READ ||
	    command->code == OTSEG_FINS_FC_MULTIPLE_READ || command->code == OTSEG_FINS_FC_LOOPBACK)
		msg->answer = (u16)body;
	return OTSEG_R_NONE;
}

/* The header of the frame at @off; fields, unit and kind. */
OTSEG_INLINE u32 fins_header(struct otseg_pdu *pdu, u32 off, u32 have, u32 dir, struct otseg_msg *msg)
{
	u32 is_answer;
	u32 node;
	u32 icf;

	if (have <= off)
		return OTSEG_R_NONE;
	icf = pdu_u8(pdu->bytes, off);
	is_answer = icf & OTSEG_FINS_ICF_ANSWER;
	if (icf & OTSEG_FINS_ICF_RESERVED)
		return OTSEG_R_PDU_PROTOCOL;
	msg->kind = icf & OTSEG_FINS_ICF_SILENT ? OTSEG_KIND_NOTICE : OTSEG_KIND_REQUEST;
	if (is_answer)
		msg->kind = OTSEG_KIND_ANSWER;
	/* a controller may tell without being asked, but not ask */
	if (dir == OTSEG_DIR_REQUEST ? is_answer : msg->kind == OTSEG_KIND_REQUEST)
		return OTSEG_R_PDU_DIRECTION;
	if (have > off + OTSEG_FINS_AT_RSV && pdu_u8(pdu->bytes, off + OTSEG_FINS_AT_RSV))
		return OTSEG_R_PDU_PROTOCOL;
	if (have > off + OTSEG_FINS_AT_GCT && pdu_u8(pdu->bytes, off + OTSEG_FINS_AT_GCT) > 7)
		return OTSEG_R_PDU_PROTOCOL;
	if (have > off + OTSEG_FINS_AT_DNA && pdu_u8(pdu->bytes, off + OTSEG_FINS_AT_DNA) > 127)
		return OTSEG_R_PDU_MALFORMED;
	if (have > off + OTSEG_FINS_AT_SNA && pdu_u8(pdu->bytes, off + OTSEG_FINS_AT_SNA) > 127)
		return OTSEG_R_PDU_MALFORMED;
	if (have < off + OTSEG_FINS_AT_CODE)
		return OTSEG_R_NONE;
	msg->id = (u16)pdu_u8(pdu->bytes, off + OTSEG_FINS_AT_SID);
	msg_number(msg, OTSEG_NUMBER_BE, off + OTSEG_FINS_AT_SID, 1);
	msg_field(msg, OTSEG_FINS_FIELD_NETWORK, pdu_u8(pdu->bytes, off + OTSEG_FINS_AT_DNA));
	msg_field(msg, OTSEG_FINS_FIELD_UNIT_ADDRESS, pdu_u8(pdu->bytes, off + OTSEG_FINS_AT_DA2));
	msg_field(msg, OTSEG_FINS_FIELD_SOURCE_NETWORK, pdu_u8(pdu->bytes, off + OTSEG_FINS_AT_SNA));
	msg_field(msg, OTSEG_FINS_FIELD_SOURCE_NODE, pdu_u8(pdu->bytes, off + OTSEG_FINS_AT_SA1));
	if (is_answer) {
		/* who was asked as node 0 answers with its number */
		msg_unit(msg, msg->state & OTSEG_FINS_STATE_LOCAL ?
				      0 :
				      pdu_u8(pdu->bytes, off + OTSEG_FINS_AT_SA1));
		return OTSEG_R_NONE;
	}
	node = pdu_u8(pdu->bytes, off + OTSEG_FINS_AT_DA1);
	msg_unit(msg, node);
	if (node == OTSEG_FINS_EVERY_NODE) {
		msg->flags |= OTSEG_MSG_BROADCAST;
		msg->kind = OTSEG_KIND_NOTICE;
		return OTSEG_R_NONE;
	}
	if (msg->kind == OTSEG_KIND_NOTICE)
		return OTSEG_R_NONE;
	msg->state &= ~(u32)OTSEG_FINS_STATE_LOCAL;
	if (!node)
		msg->state |= OTSEG_FINS_STATE_LOCAL;
	return OTSEG_R_NONE;
}

/* The frame at @off of the PDU, which ends with it; its length is known. */
OTSEG_GLOBAL u32 fins_frame(struct otseg_pdu *pdu, u32 off, u32 have, u32 dir, struct otseg_msg *msg)
{
	const struct otseg_fins_command *command;
	u32 reason;
	u32 place;
	u32 body;
	u32 code;

	if (!pdu || !msg)
		return OTSEG_R_INTERNAL;
	reason = fins_header(pdu, off, have, dir, msg);
	body = msg->length - off - OTSEG_FINS_AT_BODY;
	if (reason || have < off + OTSEG_FINS_AT_BODY)
		return reason;
	code = pdu_be16(pdu->bytes, off + OTSEG_FINS_AT_CODE);
	if (!code || code >> 8 == 0xff)
		return OTSEG_R_PDU_MALFORMED;
	place = fins_search(code);
	command = &otseg_fins_table[place & (OTSEG_FINS_TABLE - 1)];
	msg_function(msg, code, 0, command->access);
	if (command->code != code) {
		msg->access = OTSEG_ACCESS_VENDOR;
		msg->flags |= OTSEG_MSG_UNKNOWN | OTSEG_MSG_OPAQUE_VALUES | OTSEG_MSG_OPAQUE_OBJECTS;
	}
	off += OTSEG_FINS_AT_BODY;
	if (msg->kind == OTSEG_KIND_ANSWER) {
		/* which part of the function was asked for, it does not say */
		if (code == OTSEG_FINS_FC_CYCLE_TIME || code == OTSEG_FINS_FC_MESSAGE)
			msg->flags |= OTSEG_MSG_NO_FUNCTION;
		return fins_answer(pdu, off, have, place, msg);
	}
	if (command->code != code)
		return OTSEG_R_NONE;
	if (body < command->least || (command->most != OTSEG_FINS_ANY && body > command->most))
		return OTSEG_R_PDU_LENGTH;
	return fins_command(pdu, off, have, code, msg);
}

/* The header on TCP, W421 7-4. @have: bytes of the PDU. */
OTSEG_INLINE u32 fins_wrapper(struct otseg_pdu *pdu, u32 have, u32 dir, struct otseg_msg *msg)
{
	u32 command;
	u32 error;

	if (have < OTSEG_FINS_AT_ERROR)
		return OTSEG_R_NONE;
	command = pdu_be32(pdu->bytes, OTSEG_FINS_AT_COMMAND);
	if (command == OTSEG_FINS_CARRIES) {
		if (msg->length < OTSEG_FINS_WRAPPER + OTSEG_FINS_AT_BODY)
			return OTSEG_R_PDU_LENGTH;
		if (have < OTSEG_FINS_WRAPPER)
			return OTSEG_R_NONE;
		if (pdu_be32(pdu->bytes, OTSEG_FINS_AT_ERROR))
			return OTSEG_R_PDU_MALFORMED;
		return fins_frame(pdu, OTSEG_FINS_WRAPPER, have, dir, msg);
	}
	/* an address asked for, two given, or a code alone */
	if (command > 6 || command == 4 || command == 5)
		return OTSEG_R_PDU_PROTOCOL;
	if (msg->length != OTSEG_FINS_WRAPPER + (command == 0 ? 4 : command == 1 ? 8 : 0))
		return OTSEG_R_PDU_LENGTH;
	if (command == (dir == OTSEG_DIR_REQUEST ? 1 : 0))
		return OTSEG_R_PDU_DIRECTION;
	/* of no node: a rule that names nodes does not refuse what opens the connection */
	msg_function(msg, 0xff00 | command, 0, OTSEG_ACCESS_SESSION);
	if (have < OTSEG_FINS_WRAPPER)
		return OTSEG_R_NONE;
	error = pdu_be32(pdu->bytes, OTSEG_FINS_AT_ERROR);
	if (error > 0xff || (error && command != 3 && command != 1))
		return OTSEG_R_PDU_MALFORMED;
	return OTSEG_R_NONE;
}

/**
 * otseg_fins_parse - make a message of the frame that begins at @pdu
 * @pdu: its bytes
 * @have: their number; on a stream fewer than there are, or more, is fine
 * @dir: enum otseg_msg_dir
 * @msg: its @state is set, with OTSEG_STATE_DATAGRAM where a frame is a datagram; filled in
 *	as far as @have shows it
 *
 * Return: OTSEG_R_NONE, or the reason why no continuation of these bytes is
 * acceptable.
 */
OTSEG_GLOBAL u32 otseg_fins_parse(struct otseg_pdu *pdu, u32 have, u32 dir, struct otseg_msg *msg)
{
	const u8 *buf;
	u32 length;
	u32 seen;

	if (!pdu || !msg)
		return OTSEG_R_INTERNAL;
	buf = pdu->bytes;
	msg_begin(msg, dir, OTSEG_SVC_FINS);
	if (msg->state & OTSEG_STATE_DATAGRAM) {
		if (have < OTSEG_FINS_AT_BODY || have > OTSEG_FINS_FRAME_MAX)
			return OTSEG_R_PDU_LENGTH;
		return fins_frame(pdu, 0, msg_length(msg, have, have), dir, msg);
	}
	for (seen = 0; seen < OTSEG_FINS_AT_LENGTH; seen++) {
		if (seen < have && buf[seen] != (u8)(OTSEG_FINS_MAGIC >> (24 - 8 * seen)))
			return OTSEG_R_PDU_PROTOCOL;
	}
	if ((have > OTSEG_FINS_AT_LENGTH && buf[OTSEG_FINS_AT_LENGTH]) ||
	    (have > OTSEG_FINS_AT_LENGTH + 1 && buf[OTSEG_FINS_AT_LENGTH + 1]))
		return OTSEG_R_PDU_LENGTH;
	if (have < OTSEG_FINS_AT_COMMAND)
		return OTSEG_R_NONE;
	length = pdu_be32(buf, OTSEG_FINS_AT_LENGTH) + OTSEG_FINS_AT_COMMAND;
	if (length < OTSEG_FINS_WRAPPER || length > OTSEG_FINS_WRAPPER + OTSEG_FINS_FRAME_MAX)
		return OTSEG_R_PDU_LENGTH;
	return fins_wrapper(pdu, msg_length(msg, length, have), dir, msg);
}

#endif /* OTSEG_FINS_H */
