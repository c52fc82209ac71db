/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Modbus/TCP: names and numbers of functions with their access classes, sub-functions,
 * object types and exceptions, which policy loader, tool and datapath share; and from
 * the bytes of one ADU to a struct otseg_msg. Pure: bytes in, message out; knows no
 * rule, no stream and no session.
 *
 * One function judges whole ADUs and beginnings of ADUs alike: every check
 * asks only for bytes that it can see, so the beginning of an acceptable ADU is
 * itself acceptable, and an unacceptable one is refused at the first byte that
 * shows it. The length that the function implies must equal the declared one
 * exactly: devices are known to take the next ADU from where the function says
 * that this one ends.
 *
 * "spec" is the MODBUS Application Protocol Specification V1.1b3; the header
 * is from the MODBUS Messaging on TCP/IP Implementation Guide V1.0b, 3.1.3.
 *
 * Offsets are masked with OTSEG_PDU_MAX - 1 where they are not constant: the
 * buffer must reach that far wherever the verifier looks, although no byte past
 * the given ones is ever read.
 */
#ifndef OTSEG_MODBUS_H
#define OTSEG_MODBUS_H

#include "pdu.h"

/*
 * Object types: X(ID, number, "name", highest address, flags, "sentence")
 *
 * Addresses are those on the wire: the first register is 0, and the leading
 * digit of notations such as 40001 is the type, not a part of the address.
 * A file record is file << 16 | record (spec 6.14: records end at 9999).
 */
/* clang-format off */
#define OTSEG_MODBUS_OBJECTS(X)                                                              \
	X(COIL, 1, "coil", 0xffff, 0, "single bit, read and write")                             \
	X(DISCRETE_INPUT, 2, "discrete-input", 0xffff, 0, "single bit, read only")              \
	X(HOLDING_REGISTER, 3, "holding-register", 0xffff, 0, "16-bit word, read and write")    \
	X(INPUT_REGISTER, 4, "input-register", 0xffff, 0, "16-bit word, read only")             \
	X(FILE_RECORD, 5, "file-record", 0xffff270f, OTSEG_OBJ_PAIR, \
	  "record of a file: file << 16 | record") \
	X(FIFO, 6, "fifo", 0xffff, 0, "queue of 16-bit words, by its pointer address")
/* clang-format on */

enum otseg_modbus_object {
	OTSEG_MODBUS_OBJ_NONE,
#define X(id, number, name, max, flags, sentence) OTSEG_MODBUS_OBJ_##id = (number),
	OTSEG_MODBUS_OBJECTS(X)
#undef X
};

/*
 * Functions: X(ID, code, "name", access, object type, flags)
 *
 * access is that of the whole function; for one with sub-functions it is the
 * union, and each sub-function has its own below. A code that is not in this list
 * is unknown: only a rule that names its number allows it. Codes above 127 do
 * not exist (an exception response carries its function + 128), nor does 0.
 *
 * The classes: identification is `read`; the state of the device's own link and
 * its event log is `diagnostic`. Poll functions of the legacy programming
 * protocols are `program` like the functions that they belong to. Function 41
 * packs several functions into one and function 90 carries UMAS, which programs,
 * starts and stops Schneider controllers: its functions are sub-functions here.
 */
/* clang-format off */
#define OTSEG_MODBUS_FUNCTIONS(X) \
	X(READ_COILS, 1, "read-coils", OTSEG_ACCESS_READ, OTSEG_MODBUS_OBJ_COIL, 0) \
	X(READ_DISCRETE_INPUTS, 2, "read-discrete-inputs", OTSEG_ACCESS_READ, \
	  OTSEG_MODBUS_OBJ_DISCRETE_INPUT, 0) \
	X(READ_HOLDING_REGISTERS, 3, "read-holding-registers", OTSEG_ACCESS_READ, \
	  OTSEG_MODBUS_OBJ_HOLDING_REGISTER, 0) \
	X(READ_INPUT_REGISTERS, 4, "read-input-registers", OTSEG_ACCESS_READ, \
	  OTSEG_MODBUS_OBJ_INPUT_REGISTER, 0) \
	X(WRITE_SINGLE_COIL, 5, "write-single-coil", OTSEG_ACCESS_WRITE, \
	  OTSEG_MODBUS_OBJ_COIL, 0) \
	X(WRITE_SINGLE_REGISTER, 6, "write-single-register", OTSEG_ACCESS_WRITE, \
	  OTSEG_MODBUS_OBJ_HOLDING_REGISTER, 0) \
	X(READ_EXCEPTION_STATUS, 7, "read-exception-status", OTSEG_ACCESS_DIAGNOSTIC, 0, 0) \
	X(DIAGNOSTICS, 8, "diagnostics", OTSEG_ACCESS_DIAGNOSTIC | OTSEG_ACCESS_CONTROL, 0, \
	  OTSEG_FN_SUB) \
	X(PROGRAM_484, 9, "program-484", OTSEG_ACCESS_PROGRAM, 0, OTSEG_FN_OPAQUE) \
	X(POLL_484, 10, "poll-484", OTSEG_ACCESS_PROGRAM, 0, OTSEG_FN_OPAQUE) \
	X(GET_COMM_EVENT_COUNTER, 11, "get-comm-event-counter", OTSEG_ACCESS_DIAGNOSTIC, 0, 0) \
	X(GET_COMM_EVENT_LOG, 12, "get-comm-event-log", OTSEG_ACCESS_DIAGNOSTIC, 0, 0) \
	X(PROGRAM_584_984, 13, "program-584-984", OTSEG_ACCESS_PROGRAM, 0, OTSEG_FN_OPAQUE) \
	X(POLL_584_984, 14, "poll-584-984", OTSEG_ACCESS_PROGRAM, 0, OTSEG_FN_OPAQUE) \
	X(WRITE_MULTIPLE_COILS, 15, "write-multiple-coils", OTSEG_ACCESS_WRITE, \
	  OTSEG_MODBUS_OBJ_COIL, 0) \
	X(WRITE_MULTIPLE_REGISTERS, 16, "write-multiple-registers", OTSEG_ACCESS_WRITE, \
	  OTSEG_MODBUS_OBJ_HOLDING_REGISTER, 0) \
	X(REPORT_SERVER_ID, 17, "report-server-id", OTSEG_ACCESS_READ, 0, 0) \
	X(PROGRAM_884_M84, 18, "program-884-m84", OTSEG_ACCESS_PROGRAM, 0, OTSEG_FN_OPAQUE) \
	X(RESET_COMM_LINK_884, 19, "reset-comm-link-884-m84", \
	  OTSEG_ACCESS_PROGRAM | OTSEG_ACCESS_CONTROL, 0, OTSEG_FN_OPAQUE) \
	X(READ_FILE_RECORD, 20, "read-file-record", OTSEG_ACCESS_READ, \
	  OTSEG_MODBUS_OBJ_FILE_RECORD, 0) \
	X(WRITE_FILE_RECORD, 21, "write-file-record", OTSEG_ACCESS_WRITE, \
	  OTSEG_MODBUS_OBJ_FILE_RECORD, 0) \
	X(MASK_WRITE_REGISTER, 22, "mask-write-register", OTSEG_ACCESS_WRITE, \
	  OTSEG_MODBUS_OBJ_HOLDING_REGISTER, 0) \
	X(READ_WRITE_MULTIPLE_REGISTERS, 23, "read-write-multiple-registers", \
	  OTSEG_ACCESS_READ | OTSEG_ACCESS_WRITE, OTSEG_MODBUS_OBJ_HOLDING_REGISTER, 0) \
	X(READ_FIFO_QUEUE, 24, "read-fifo-queue", OTSEG_ACCESS_READ, OTSEG_MODBUS_OBJ_FIFO, 0) \
	X(PROGRAM_CONCEPT, 40, "program-concept", OTSEG_ACCESS_PROGRAM, 0, OTSEG_FN_OPAQUE) \
	X(MULTIPLE_FUNCTIONS, 41, "multiple-functions", OTSEG_ACCESS_PROGRAM, 0, OTSEG_FN_OPAQUE) \
	X(CONCEPT_SYMBOLS, 42, "concept-symbol-table", OTSEG_ACCESS_PROGRAM, 0, OTSEG_FN_OPAQUE) \
	X(ENCAPSULATED_INTERFACE, 43, "encapsulated-interface", \
	  OTSEG_ACCESS_READ | OTSEG_ACCESS_WRITE | OTSEG_ACCESS_CONTROL, 0, OTSEG_FN_SUB) \
	X(USER_65, 65, "user-defined-65", OTSEG_ACCESS_VENDOR, 0, OTSEG_FN_OPAQUE) \
	X(USER_66, 66, "user-defined-66", OTSEG_ACCESS_VENDOR, 0, OTSEG_FN_OPAQUE) \
	X(USER_67, 67, "user-defined-67", OTSEG_ACCESS_VENDOR, 0, OTSEG_FN_OPAQUE) \
	X(USER_68, 68, "user-defined-68", OTSEG_ACCESS_VENDOR, 0, OTSEG_FN_OPAQUE) \
	X(USER_69, 69, "user-defined-69", OTSEG_ACCESS_VENDOR, 0, OTSEG_FN_OPAQUE) \
	X(USER_70, 70, "user-defined-70", OTSEG_ACCESS_VENDOR, 0, OTSEG_FN_OPAQUE) \
	X(USER_71, 71, "user-defined-71", OTSEG_ACCESS_VENDOR, 0, OTSEG_FN_OPAQUE) \
	X(USER_72, 72, "user-defined-72", OTSEG_ACCESS_VENDOR, 0, OTSEG_FN_OPAQUE) \
	X(UMAS, 90, "umas", \
		OTSEG_ACCESS_READ | OTSEG_ACCESS_DIAGNOSTIC | OTSEG_ACCESS_WRITE | \
		OTSEG_ACCESS_CONTROL | OTSEG_ACCESS_PROGRAM, 0, OTSEG_FN_SUB) \
	X(PROGRAM_91, 91, "program-91", OTSEG_ACCESS_PROGRAM, 0, OTSEG_FN_OPAQUE) \
	X(USER_100, 100, "user-defined-100", OTSEG_ACCESS_VENDOR, 0, OTSEG_FN_OPAQUE) \
	X(USER_101, 101, "user-defined-101", OTSEG_ACCESS_VENDOR, 0, OTSEG_FN_OPAQUE) \
	X(USER_102, 102, "user-defined-102", OTSEG_ACCESS_VENDOR, 0, OTSEG_FN_OPAQUE) \
	X(USER_103, 103, "user-defined-103", OTSEG_ACCESS_VENDOR, 0, OTSEG_FN_OPAQUE) \
	X(USER_104, 104, "user-defined-104", OTSEG_ACCESS_VENDOR, 0, OTSEG_FN_OPAQUE) \
	X(USER_105, 105, "user-defined-105", OTSEG_ACCESS_VENDOR, 0, OTSEG_FN_OPAQUE) \
	X(USER_106, 106, "user-defined-106", OTSEG_ACCESS_VENDOR, 0, OTSEG_FN_OPAQUE) \
	X(USER_107, 107, "user-defined-107", OTSEG_ACCESS_VENDOR, 0, OTSEG_FN_OPAQUE) \
	X(USER_108, 108, "user-defined-108", OTSEG_ACCESS_VENDOR, 0, OTSEG_FN_OPAQUE) \
	X(USER_109, 109, "user-defined-109", OTSEG_ACCESS_VENDOR, 0, OTSEG_FN_OPAQUE) \
	X(USER_110, 110, "user-defined-110", OTSEG_ACCESS_VENDOR, 0, OTSEG_FN_OPAQUE) \
	X(FIRMWARE_REPLACEMENT, 125, "firmware-replacement", OTSEG_ACCESS_PROGRAM, 0, \
	  OTSEG_FN_OPAQUE) \
	X(PROGRAM_584_984_2, 126, "program-584-984-2", OTSEG_ACCESS_PROGRAM, 0, OTSEG_FN_OPAQUE) \
	X(REPORT_LOCAL_ADDRESS, 127, "report-local-address", OTSEG_ACCESS_PROGRAM, 0, \
	  OTSEG_FN_OPAQUE)
/* clang-format on */

enum otseg_modbus_function {
#define X(id, code, name, access, object, flags) OTSEG_MODBUS_FC_##id = (code),
	OTSEG_MODBUS_FUNCTIONS(X)
#undef X
};

/*
 * Sub-functions of `diagnostics` (8), 16 bits on the wire; spec 6.8.1.
 * X(ID, function, number, "name", access). The rest is reserved (Annex A): unknown. The
 * control ones change what the device does or erase evidence: restart, listen
 * only, end-of-message character, clearing of counters.
 */
/* clang-format off */
#define OTSEG_MODBUS_DIAGNOSTICS(X)                                                            \
	X(RETURN_QUERY_DATA, OTSEG_MODBUS_FC_DIAGNOSTICS, 0, "return-query-data", \
	  OTSEG_ACCESS_DIAGNOSTIC)                  \
	X(RESTART_COMMUNICATIONS, OTSEG_MODBUS_FC_DIAGNOSTICS, 1, "restart-communications", \
	  OTSEG_ACCESS_CONTROL)           \
	X(RETURN_DIAGNOSTIC_REGISTER, OTSEG_MODBUS_FC_DIAGNOSTICS, 2, \
	  "return-diagnostic-register", OTSEG_ACCESS_DIAGNOSTIC) \
	X(CHANGE_ASCII_DELIMITER, OTSEG_MODBUS_FC_DIAGNOSTICS, 3, "change-ascii-delimiter", \
	  OTSEG_ACCESS_CONTROL)           \
	X(FORCE_LISTEN_ONLY, OTSEG_MODBUS_FC_DIAGNOSTICS, 4, "force-listen-only", \
	  OTSEG_ACCESS_CONTROL)                     \
	X(CLEAR_COUNTERS, OTSEG_MODBUS_FC_DIAGNOSTICS, 10, "clear-counters", \
	  OTSEG_ACCESS_CONTROL)                          \
	X(BUS_MESSAGE_COUNT, OTSEG_MODBUS_FC_DIAGNOSTICS, 11, "bus-message-count", \
	  OTSEG_ACCESS_DIAGNOSTIC)                 \
	X(BUS_ERROR_COUNT, OTSEG_MODBUS_FC_DIAGNOSTICS, 12, "bus-error-count", \
	  OTSEG_ACCESS_DIAGNOSTIC)                     \
	X(BUS_EXCEPTION_COUNT, OTSEG_MODBUS_FC_DIAGNOSTICS, 13, "bus-exception-count", \
	  OTSEG_ACCESS_DIAGNOSTIC)             \
	X(SERVER_MESSAGE_COUNT, OTSEG_MODBUS_FC_DIAGNOSTICS, 14, "server-message-count", \
	  OTSEG_ACCESS_DIAGNOSTIC)           \
	X(SERVER_NO_RESPONSE_COUNT, OTSEG_MODBUS_FC_DIAGNOSTICS, 15, \
	  "server-no-response-count", OTSEG_ACCESS_DIAGNOSTIC)   \
	X(SERVER_NAK_COUNT, OTSEG_MODBUS_FC_DIAGNOSTICS, 16, "server-nak-count", \
	  OTSEG_ACCESS_DIAGNOSTIC)                   \
	X(SERVER_BUSY_COUNT, OTSEG_MODBUS_FC_DIAGNOSTICS, 17, "server-busy-count", \
	  OTSEG_ACCESS_DIAGNOSTIC)                 \
	X(BUS_OVERRUN_COUNT, OTSEG_MODBUS_FC_DIAGNOSTICS, 18, "bus-overrun-count", \
	  OTSEG_ACCESS_DIAGNOSTIC)                 \
	X(CLEAR_OVERRUN, OTSEG_MODBUS_FC_DIAGNOSTICS, 20, "clear-overrun", OTSEG_ACCESS_CONTROL)
/* clang-format on */

enum otseg_modbus_diagnostic {
#define X(id, function, number, name, access) OTSEG_MODBUS_DIAG_##id = (number),
	OTSEG_MODBUS_DIAGNOSTICS(X)
#undef X
};

/*
 * MEI types of `encapsulated-interface` (43), 8 bits on the wire; spec 6.19-6.21.
 * X(ID, function, number, "name", access). Types 0-12 and 15-255 are reserved
 * (Annex A): unknown. CANopen reads and writes objects of a fieldbus behind the
 * device in a form that is not inspected, so it is taken for the gravest it can be.
 */
/* clang-format off */
#define OTSEG_MODBUS_INTERFACES(X) \
	X(CANOPEN, OTSEG_MODBUS_FC_ENCAPSULATED_INTERFACE, 13, "canopen-general-reference", \
	  OTSEG_ACCESS_WRITE | OTSEG_ACCESS_CONTROL) \
	X(DEVICE_IDENTIFICATION, OTSEG_MODBUS_FC_ENCAPSULATED_INTERFACE, 14, \
	  "read-device-identification", OTSEG_ACCESS_READ)
/* clang-format on */

enum otseg_modbus_interface {
#define X(id, function, number, name, access) OTSEG_MODBUS_MEI_##id = (number),
	OTSEG_MODBUS_INTERFACES(X)
#undef X
};

/*
 * Functions of `umas` (90), 8 bits on the wire behind a session key; not public. Numbers
 * and meanings agree in three reverse engineerings: the dissector of biero-el-corridor, with
 * what Claroty's talk at Black Hat Europe 2024 adds; HITCON 2021, "Going Deeper into
 * Schneider Modicon PAC Security"; Apache PLC4X. X(ID, function, number, "name", access).
 *
 * The reservation decides who may change the controller: `control`. Blocks of memory and
 * physical addresses hold the program and what protects it, so that reading them is `program`, as
 * is an "upload" (to the controller) and a "download" (from it). What carries further
 * functions (50, 38, 6c, 6d) or is not understood is the gravest that it can be.
 */
/* clang-format off */
#define OTSEG_MODBUS_GRAVE (OTSEG_ACCESS_PROGRAM | OTSEG_ACCESS_CONTROL)
#define OTSEG_MODBUS_UMAS(X) \
	X(UMAS_INIT_COMM, OTSEG_MODBUS_FC_UMAS, 0x01, "init-comm", OTSEG_ACCESS_DIAGNOSTIC) \
	X(UMAS_READ_ID, OTSEG_MODBUS_FC_UMAS, 0x02, "read-id", OTSEG_ACCESS_READ) \
	X(UMAS_READ_PROJECT_INFO, OTSEG_MODBUS_FC_UMAS, 0x03, "read-project-info", OTSEG_ACCESS_READ) \
	X(UMAS_READ_PLC_INFO, OTSEG_MODBUS_FC_UMAS, 0x04, "read-plc-info", OTSEG_ACCESS_DIAGNOSTIC) \
	X(UMAS_READ_LOADER_INFO, OTSEG_MODBUS_FC_UMAS, 0x05, "read-loader-info", OTSEG_ACCESS_READ) \
	X(UMAS_READ_CARD_INFO, OTSEG_MODBUS_FC_UMAS, 0x06, "read-card-info", OTSEG_ACCESS_READ) \
	X(UMAS_READ_BLOCK_INFO, OTSEG_MODBUS_FC_UMAS, 0x07, "read-block-info", OTSEG_ACCESS_READ) \
	X(UMAS_REPEAT, OTSEG_MODBUS_FC_UMAS, 0x0a, "repeat", OTSEG_ACCESS_DIAGNOSTIC) \
	X(UMAS_TAKE_RESERVATION, OTSEG_MODBUS_FC_UMAS, 0x10, "take-reservation", OTSEG_ACCESS_CONTROL) \
	X(UMAS_RELEASE_RESERVATION, OTSEG_MODBUS_FC_UMAS, 0x11, "release-reservation", OTSEG_ACCESS_CONTROL) \
	X(UMAS_KEEP_RESERVATION, OTSEG_MODBUS_FC_UMAS, 0x12, "keep-reservation", OTSEG_ACCESS_CONTROL) \
	X(UMAS_READ_MEMORY_BLOCK, OTSEG_MODBUS_FC_UMAS, 0x20, "read-memory-block", OTSEG_ACCESS_PROGRAM) \
	X(UMAS_WRITE_MEMORY_BLOCK, OTSEG_MODBUS_FC_UMAS, 0x21, "write-memory-block", \
		OTSEG_ACCESS_WRITE | OTSEG_ACCESS_PROGRAM) \
	X(UMAS_READ_VARIABLES, OTSEG_MODBUS_FC_UMAS, 0x22, "read-variables", OTSEG_ACCESS_READ) \
	X(UMAS_WRITE_VARIABLES, OTSEG_MODBUS_FC_UMAS, 0x23, "write-variables", OTSEG_ACCESS_WRITE) \
	X(UMAS_READ_COILS_REGISTERS, OTSEG_MODBUS_FC_UMAS, 0x24, "read-coils-registers", OTSEG_ACCESS_READ) \
	X(UMAS_WRITE_COILS_REGISTERS, OTSEG_MODBUS_FC_UMAS, 0x25, "write-coils-registers", OTSEG_ACCESS_WRITE) \
	X(UMAS_DATA_DICTIONARY, OTSEG_MODBUS_FC_UMAS, 0x26, "data-dictionary", OTSEG_ACCESS_READ) \
	X(UMAS_DATA_DICTIONARY_PRELOAD, OTSEG_MODBUS_FC_UMAS, 0x27, "data-dictionary-preload", OTSEG_MODBUS_GRAVE) \
	X(UMAS_READ_PHYSICAL_ADDRESS, OTSEG_MODBUS_FC_UMAS, 0x28, "read-physical-address", OTSEG_ACCESS_PROGRAM) \
	X(UMAS_WRITE_PHYSICAL_ADDRESS, OTSEG_MODBUS_FC_UMAS, 0x29, "write-physical-address", \
		OTSEG_ACCESS_WRITE | OTSEG_ACCESS_PROGRAM) \
	X(UMAS_BROWSE_EVENTS, OTSEG_MODBUS_FC_UMAS, 0x2a, "browse-events", OTSEG_ACCESS_DIAGNOSTIC) \
	X(UMAS_BEGIN_UPLOAD, OTSEG_MODBUS_FC_UMAS, 0x30, "begin-upload", OTSEG_ACCESS_PROGRAM) \
	X(UMAS_UPLOAD_BLOCK, OTSEG_MODBUS_FC_UMAS, 0x31, "upload-block", OTSEG_ACCESS_PROGRAM) \
	X(UMAS_END_UPLOAD, OTSEG_MODBUS_FC_UMAS, 0x32, "end-upload", OTSEG_ACCESS_PROGRAM) \
	X(UMAS_BEGIN_DOWNLOAD, OTSEG_MODBUS_FC_UMAS, 0x33, "begin-download", OTSEG_ACCESS_PROGRAM) \
	X(UMAS_DOWNLOAD_BLOCK, OTSEG_MODBUS_FC_UMAS, 0x34, "download-block", OTSEG_ACCESS_PROGRAM) \
	X(UMAS_END_DOWNLOAD, OTSEG_MODBUS_FC_UMAS, 0x35, "end-download", OTSEG_ACCESS_PROGRAM) \
	X(UMAS_BACKUP, OTSEG_MODBUS_FC_UMAS, 0x36, "backup", OTSEG_ACCESS_PROGRAM) \
	X(UMAS_PRELOAD_BLOCKS, OTSEG_MODBUS_FC_UMAS, 0x37, "preload-blocks", OTSEG_ACCESS_PROGRAM) \
	X(UMAS_SIGNED_MESSAGE, OTSEG_MODBUS_FC_UMAS, 0x38, "signed-message", OTSEG_MODBUS_GRAVE) \
	X(UMAS_READ_ETHERNET_MASTER_DATA, OTSEG_MODBUS_FC_UMAS, 0x39, "read-ethernet-master-data", \
		OTSEG_ACCESS_DIAGNOSTIC) \
	X(UMAS_START_PLC, OTSEG_MODBUS_FC_UMAS, 0x40, "start-plc", OTSEG_ACCESS_CONTROL) \
	X(UMAS_STOP_PLC, OTSEG_MODBUS_FC_UMAS, 0x41, "stop-plc", OTSEG_ACCESS_CONTROL) \
	X(UMAS_INIT_PLC, OTSEG_MODBUS_FC_UMAS, 0x42, "init-plc", OTSEG_ACCESS_CONTROL) \
	X(UMAS_SWAP, OTSEG_MODBUS_FC_UMAS, 0x43, "swap", OTSEG_ACCESS_CONTROL) \
	X(UMAS_MONITOR_PLC, OTSEG_MODBUS_FC_UMAS, 0x50, "monitor-plc", OTSEG_MODBUS_GRAVE) \
	X(UMAS_GET_AUTO_MODIFICATION, OTSEG_MODBUS_FC_UMAS, 0x51, "get-auto-modification", OTSEG_ACCESS_DIAGNOSTIC) \
	X(UMAS_GET_FORCED_BITS, OTSEG_MODBUS_FC_UMAS, 0x52, "get-forced-bits", OTSEG_ACCESS_DIAGNOSTIC) \
	X(UMAS_GET_SELECTED_BLOCKS, OTSEG_MODBUS_FC_UMAS, 0x53, "get-selected-blocks", OTSEG_ACCESS_DIAGNOSTIC) \
	X(UMAS_CHECK_PLC, OTSEG_MODBUS_FC_UMAS, 0x58, "check-plc", OTSEG_ACCESS_DIAGNOSTIC) \
	X(UMAS_SET_BREAKPOINT, OTSEG_MODBUS_FC_UMAS, 0x60, "set-breakpoint", OTSEG_ACCESS_CONTROL) \
	X(UMAS_DELETE_BREAKPOINT, OTSEG_MODBUS_FC_UMAS, 0x61, "delete-breakpoint", OTSEG_ACCESS_CONTROL) \
	X(UMAS_STEP_OVER, OTSEG_MODBUS_FC_UMAS, 0x62, "step-over", OTSEG_ACCESS_CONTROL) \
	X(UMAS_STEP_IN, OTSEG_MODBUS_FC_UMAS, 0x63, "step-in", OTSEG_ACCESS_CONTROL) \
	X(UMAS_STEP_OUT, OTSEG_MODBUS_FC_UMAS, 0x64, "step-out", OTSEG_ACCESS_CONTROL) \
	X(UMAS_GET_CALL_STACK, OTSEG_MODBUS_FC_UMAS, 0x65, "get-call-stack", OTSEG_ACCESS_DIAGNOSTIC) \
	X(UMAS_CHECK_DEBUG_ALLOWED, OTSEG_MODBUS_FC_UMAS, 0x66, "check-debug-allowed", OTSEG_ACCESS_DIAGNOSTIC) \
	X(UMAS_PROCESS_MESSAGE, OTSEG_MODBUS_FC_UMAS, 0x6c, "process-message", OTSEG_MODBUS_GRAVE) \
	X(UMAS_PRIVATE_MESSAGE, OTSEG_MODBUS_FC_UMAS, 0x6d, "private-message", OTSEG_MODBUS_GRAVE) \
	X(UMAS_RESERVATION_NONCES, OTSEG_MODBUS_FC_UMAS, 0x6e, "reservation-nonces", OTSEG_ACCESS_CONTROL) \
	X(UMAS_READ_IO_OBJECT, OTSEG_MODBUS_FC_UMAS, 0x70, "read-io-object", OTSEG_ACCESS_READ) \
	X(UMAS_WRITE_IO_OBJECT, OTSEG_MODBUS_FC_UMAS, 0x71, "write-io-object", OTSEG_ACCESS_WRITE) \
	X(UMAS_READ_RACK, OTSEG_MODBUS_FC_UMAS, 0x72, "read-rack", OTSEG_ACCESS_READ) \
	X(UMAS_READ_MODULE_STATUS, OTSEG_MODBUS_FC_UMAS, 0x73, "read-module-status", OTSEG_ACCESS_DIAGNOSTIC) \
	X(UMAS_READ_DEVICE_DATA, OTSEG_MODBUS_FC_UMAS, 0x74, "read-device-data", OTSEG_ACCESS_READ)
/* clang-format on */

enum otseg_modbus_umas {
#define X(id, function, number, name, access) OTSEG_MODBUS_##id = (number),
	OTSEG_MODBUS_UMAS(X)
#undef X
};

#define OTSEG_MODBUS_UMAS_OK 0xfe /* of answers, in place of the function */
#define OTSEG_MODBUS_UMAS_ERROR 0xfd

/* Access classes of UMAS functions, 0: not known. */
static const u8 otseg_modbus_umas_access[256] = {
#define X(id, function, number, name, access) [number] = (access),
	OTSEG_MODBUS_UMAS(X)
#undef X
};

/* Exception codes: X(ID, code, "name"); spec 7, and 7 of the older Modicon guide. */
/* clang-format off */
#define OTSEG_MODBUS_EXCEPTIONS(X)                                              \
	X(ILLEGAL_FUNCTION, 1, "illegal-function")                              \
	X(ILLEGAL_ADDRESS, 2, "illegal-data-address")                           \
	X(ILLEGAL_VALUE, 3, "illegal-data-value")                               \
	X(DEVICE_FAILURE, 4, "server-device-failure")                           \
	X(ACKNOWLEDGE, 5, "acknowledge")                                        \
	X(BUSY, 6, "server-device-busy")                                        \
	X(NEGATIVE_ACKNOWLEDGE, 7, "negative-acknowledge")                      \
	X(MEMORY_PARITY, 8, "memory-parity-error")                              \
	X(GATEWAY_PATH, 10, "gateway-path-unavailable")                         \
	X(GATEWAY_TARGET, 11, "gateway-target-no-response")
/* clang-format on */

enum otseg_modbus_exception {
#define X(id, code, name) OTSEG_MODBUS_EXC_##id = (code),
	OTSEG_MODBUS_EXCEPTIONS(X)
#undef X
};

#define OTSEG_MODBUS_SUBFUNCTIONS(X) \
	OTSEG_MODBUS_DIAGNOSTICS(X) OTSEG_MODBUS_INTERFACES(X) OTSEG_MODBUS_UMAS(X)
#define OTSEG_MODBUS_FIELDS(X)
#define OTSEG_MODBUS_FIELD_WORDS(X)
#define OTSEG_MODBUS_TEXTS(X)

#define OTSEG_MODBUS_SHAPE \
	.unit = "unit", .unit_max = 255, .code_max = 127, .sub_max = 0xffff, .value_max = 0xffff, \
	.broadcasts = { { OTSEG_BROADCAST_ALWAYS, { 0, 0 } } }, .is_exact = true

/* A function as messages and rules carry it. */
#define OTSEG_MODBUS_FUNCTION(code, sub) (((u32)(code) << 16) | (u32)(sub))

#define OTSEG_MODBUS_AT_ID 0 /* transaction, 2 bytes */
#define OTSEG_MODBUS_AT_PROTOCOL 2 /* 2 bytes, 0 */
#define OTSEG_MODBUS_AT_LENGTH 4 /* 2 bytes: those that follow */
#define OTSEG_MODBUS_AT_UNIT 6
#define OTSEG_MODBUS_AT_FUNCTION 7
#define OTSEG_MODBUS_AT_BODY 8
#define OTSEG_MODBUS_ADU_MAX 261 /* 260 by the spec; UMAS uses one more */

/* Quantities of spec 6.1-6.4, 6.11, 6.12, 6.17, 6.18, 6.14. */
#define OTSEG_MODBUS_READ_BITS 2000
#define OTSEG_MODBUS_READ_WORDS 125
#define OTSEG_MODBUS_WRITE_BITS 1968
#define OTSEG_MODBUS_WRITE_WORDS 123
#define OTSEG_MODBUS_SWAP_WORDS 121
#define OTSEG_MODBUS_FIFO_WORDS 31
#define OTSEG_MODBUS_RECORDS 10000
#define OTSEG_MODBUS_READ_GROUPS 35
#define OTSEG_MODBUS_WRITE_GROUPS 27
#define OTSEG_MODBUS_IDENTITIES 126 /* device identification objects that fit into one ADU */

#define OTSEG_MODBUS_KNOWN 0x80

/* What the datapath needs of OTSEG_MODBUS_FUNCTIONS, by function code; as large as a byte reaches. */
static const struct {
	u8 access;
	u8 object;
	u8 flags;
	u8 reserved;
} otseg_modbus_table[256] = {
/* clang-format off */
#define X(id, code, name, access, object, flags) \
	[code] = { (access), (object), (flags) | OTSEG_MODBUS_KNOWN, 0 },
/* clang-format on */
	OTSEG_MODBUS_FUNCTIONS(X)
#undef X
};

/**
 * otseg_modbus_length - length of the ADU that begins at @buf
 * @buf: the first bytes
 * @have: their number; more than the ADU is fine
 *
 * The header is refused at the first byte that is wrong. 255 bytes after the
 * header exceed the spec by one; they are seen in UMAS and taken only there.
 *
 * Return: bytes of the ADU; 0 if @have does not show it yet; negative: the
 * enum otseg_reason of the refusal, negated.
 */
OTSEG_INLINE s32 otseg_modbus_length(const u8 *buf, u32 have)
{
	if (have >= OTSEG_MODBUS_AT_UNIT) {
		if (otseg_unlikely(buf[OTSEG_MODBUS_AT_PROTOCOL] | buf[OTSEG_MODBUS_AT_PROTOCOL + 1]))
			return -OTSEG_R_PDU_PROTOCOL;
		if (otseg_unlikely(buf[OTSEG_MODBUS_AT_LENGTH] || buf[OTSEG_MODBUS_AT_LENGTH + 1] < 2))
			return -OTSEG_R_PDU_LENGTH;
		if (otseg_unlikely(buf[OTSEG_MODBUS_AT_LENGTH + 1] == 255)) {
			if (have <= OTSEG_MODBUS_AT_FUNCTION)
				return 0;
			if (buf[OTSEG_MODBUS_AT_FUNCTION] != OTSEG_MODBUS_FC_UMAS)
				return -OTSEG_R_PDU_LENGTH;
		}
		return OTSEG_MODBUS_AT_UNIT + buf[OTSEG_MODBUS_AT_LENGTH + 1];
	}
	if (have > OTSEG_MODBUS_AT_PROTOCOL && buf[OTSEG_MODBUS_AT_PROTOCOL])
		return -OTSEG_R_PDU_PROTOCOL;
	if (have > OTSEG_MODBUS_AT_PROTOCOL + 1 && buf[OTSEG_MODBUS_AT_PROTOCOL + 1])
		return -OTSEG_R_PDU_PROTOCOL;
	if (have > OTSEG_MODBUS_AT_LENGTH && buf[OTSEG_MODBUS_AT_LENGTH])
		return -OTSEG_R_PDU_LENGTH;
	return 0;
}

/* Object @index of the message: @count of @type from @first on. */
OTSEG_INLINE void modbus_object(struct otseg_msg *msg, u32 index, u32 type, u32 access, u32 first,
				u32 count)
{
	struct otseg_msg_object *object = &msg->objects[index];

	object->first = first;
	object->last = first + count - 1;
	object->type = (u8)type;
	object->access = (u8)access;
	object->values_off = 0;
	msg->n_objects = (u8)(index + 1);
}

/* Whether 1 to @limit objects from @first on end within 16 bits. */
OTSEG_INLINE int modbus_range_ok(u32 first, u32 count, u32 limit)
{
	return count - 1 < limit && first + count <= 0x10000;
}

/*
 * The groups of FC 20 requests (spec 6.14): type 6, file, record, length. They
 * fill the byte count exactly, and the answer they ask for must fit an ADU.
 */
OTSEG_NOINLINE u32 modbus_read_groups(const u8 *buf, u32 have, struct otseg_msg *msg)
{
	u32 answer = 0;
	u32 off = OTSEG_MODBUS_AT_BODY + 1;
	u32 i;

	for (i = 0; i < OTSEG_MODBUS_READ_GROUPS; i++, off += 7) {
		u32 record;
		u32 file;
		u32 count;

		if (off + 7 > have)
			break;
		file = pdu_be16(buf, off + 1);
		record = pdu_be16(buf, off + 3);
		count = pdu_be16(buf, off + 5);
		if (buf[off & (OTSEG_PDU_MAX - 1)] != 6 || !file || !count)
			return OTSEG_R_PDU_MALFORMED;
		if (record + count > OTSEG_MODBUS_RECORDS)
			return OTSEG_R_PDU_MALFORMED;
		answer += 2 + 2 * count;
		if (answer > 0xf5)
			return OTSEG_R_PDU_MALFORMED;
		modbus_object(msg, i, OTSEG_MODBUS_OBJ_FILE_RECORD, OTSEG_ACCESS_READ,
			      file << 16 | record, count);
	}
	msg->answer = (u16)answer;
	return OTSEG_R_NONE;
}

/* The groups of FC 21 (spec 6.15), which its answer repeats: the same and the data. */
OTSEG_NOINLINE u32 modbus_write_groups(const u8 *buf, u32 have, struct otseg_msg *msg)
{
	u32 length = msg->length;
	u32 off = OTSEG_MODBUS_AT_BODY + 1;
	u32 i;

	for (i = 0; i < OTSEG_MODBUS_WRITE_GROUPS; i++) {
		u32 record;
		u32 file;
		u32 count;

		if (off == length)
			return OTSEG_R_NONE;
		if (off + 9 > length)
			return OTSEG_R_PDU_LENGTH;
		if (off + 7 > have)
			return OTSEG_R_NONE;
		file = pdu_be16(buf, off + 1);
		record = pdu_be16(buf, off + 3);
		count = pdu_be16(buf, off + 5);
		if (buf[off & (OTSEG_PDU_MAX - 1)] != 6 || !file || !count)
			return OTSEG_R_PDU_MALFORMED;
		if (record + count > OTSEG_MODBUS_RECORDS)
			return OTSEG_R_PDU_MALFORMED;
		if (off + 7 + 2 * count > length)
			return OTSEG_R_PDU_LENGTH;
		modbus_object(msg, i, OTSEG_MODBUS_OBJ_FILE_RECORD, OTSEG_ACCESS_WRITE,
			      file << 16 | record, count);
		msg->objects[i].values_off = (u16)(off + 7);
		off = (off + 7 + 2 * count) & (OTSEG_PDU_MAX - 1);
	}
	return off == length ? OTSEG_R_NONE : OTSEG_R_PDU_LENGTH;
}

/* FC 20 and 21: byte count, then groups (spec 6.14, 6.15). */
OTSEG_INLINE u32 modbus_file(const u8 *buf, u32 have, u32 code, struct otseg_msg *msg)
{
	u32 bytes = msg->length - OTSEG_MODBUS_AT_BODY - 1;

	msg->answer = (u16)bytes;
	if (code == OTSEG_MODBUS_FC_READ_FILE_RECORD) {
		if (msg->length < OTSEG_MODBUS_AT_BODY + 1 + 7 || bytes > 0xf5 || bytes % 7)
			return OTSEG_R_PDU_LENGTH;
	} else if (msg->length < OTSEG_MODBUS_AT_BODY + 1 + 9 || bytes > 0xfb) {
		return OTSEG_R_PDU_LENGTH;
	}
	if (have <= OTSEG_MODBUS_AT_BODY)
		return OTSEG_R_NONE;
	if (buf[OTSEG_MODBUS_AT_BODY] != bytes)
		return OTSEG_R_PDU_LENGTH;
	if (code == OTSEG_MODBUS_FC_READ_FILE_RECORD)
		return modbus_read_groups(buf, have, msg);
	msg->values = OTSEG_VALUES_BE16;
	return modbus_write_groups(buf, have, msg);
}

/*
 * FC 8 (spec 6.8.1). Sub-function 0 is a loopback of any number of words; the
 * other known ones carry one word, 0 in requests but for the two that have an
 * argument.
 */
OTSEG_INLINE u32 modbus_diagnostics(const u8 *buf, u32 have, u32 dir, struct otseg_msg *msg)
{
	u32 known = 0;
	u32 word;
	u32 sub;

	if (msg->length < OTSEG_MODBUS_AT_BODY + 2)
		return OTSEG_R_PDU_LENGTH;
	if (have < OTSEG_MODBUS_AT_BODY + 2) {
		msg->flags |= OTSEG_MSG_NO_FUNCTION;
		return OTSEG_R_NONE;
	}
	sub = pdu_be16(buf, OTSEG_MODBUS_AT_BODY);
	msg->function |= sub;
	msg->answer = (u16)(msg->length - OTSEG_MODBUS_AT_BODY - 2);
	switch (sub) {
/* clang-format off */
#define X(id, function, number, name, class) \
	case number:                   \
		msg->access = (class); \
		known = 1;             \
		break;
	OTSEG_MODBUS_DIAGNOSTICS(X)
#undef X
	/* clang-format on */
	}
	if (!known) {
		msg->access = OTSEG_ACCESS_VENDOR;
		msg->flags |= OTSEG_MSG_UNKNOWN | OTSEG_MSG_OPAQUE_VALUES;
		msg->answer = OTSEG_ANSWER_ANY;
		return OTSEG_R_NONE;
	}
	if (sub == OTSEG_MODBUS_DIAG_RETURN_QUERY_DATA)
		return msg->length < OTSEG_MODBUS_AT_BODY + 4 || msg->length % 2 ?
			       OTSEG_R_PDU_LENGTH :
			       OTSEG_R_NONE;
	if (msg->length != OTSEG_MODBUS_AT_BODY + 4)
		return OTSEG_R_PDU_LENGTH;
	if (dir != OTSEG_DIR_REQUEST || have < OTSEG_MODBUS_AT_BODY + 4)
		return OTSEG_R_NONE;
	word = pdu_be16(buf, OTSEG_MODBUS_AT_BODY + 2);
	if (sub == OTSEG_MODBUS_DIAG_RESTART_COMMUNICATIONS)
		return word & ~0xff00u || (word && word != 0xff00) ? OTSEG_R_PDU_MALFORMED :
								     OTSEG_R_NONE;
	if (sub == OTSEG_MODBUS_DIAG_CHANGE_ASCII_DELIMITER)
		return word & 0xff ? OTSEG_R_PDU_MALFORMED : OTSEG_R_NONE;
	return word ? OTSEG_R_PDU_MALFORMED : OTSEG_R_NONE;
}

/* Objects of a device identification answer (spec 6.21): id, length, bytes; they end with it. */
OTSEG_NOINLINE u32 modbus_identities(const u8 *buf, u32 have, u32 length)
{
	u32 off = OTSEG_MODBUS_AT_BODY + 6;
	u32 left = buf[OTSEG_MODBUS_AT_BODY + 5];
	u32 i;

	for (i = 0; i < OTSEG_MODBUS_IDENTITIES && left; i++, left--) {
		if (off + 2 > length)
			return OTSEG_R_PDU_LENGTH;
		if (off + 2 > have)
			return OTSEG_R_NONE;
		off = (off + 2 + buf[(off + 1) & (OTSEG_PDU_MAX - 1)]) & (2 * OTSEG_PDU_MAX - 1);
		if (off > length)
			return OTSEG_R_PDU_LENGTH;
	}
	return left || off != length ? OTSEG_R_PDU_LENGTH : OTSEG_R_NONE;
}

/* FC 43 (spec 6.19-6.21): read device identification, CANopen, or something reserved. */
OTSEG_INLINE u32 modbus_interface(const u8 *buf, u32 have, u32 dir, struct otseg_msg *msg)
{
	u32 type;

	if (msg->length < OTSEG_MODBUS_AT_BODY + 1)
		return OTSEG_R_PDU_LENGTH;
	if (have < OTSEG_MODBUS_AT_BODY + 1) {
		msg->flags |= OTSEG_MSG_NO_FUNCTION;
		return OTSEG_R_NONE;
	}
	type = buf[OTSEG_MODBUS_AT_BODY];
	msg->function |= type;
	if (type == OTSEG_MODBUS_MEI_CANOPEN) {
		msg->access = OTSEG_ACCESS_WRITE | OTSEG_ACCESS_CONTROL;
		msg->flags |= OTSEG_MSG_OPAQUE_VALUES;
		return OTSEG_R_NONE;
	}
	if (type != OTSEG_MODBUS_MEI_DEVICE_IDENTIFICATION) {
		msg->access = OTSEG_ACCESS_VENDOR;
		msg->flags |= OTSEG_MSG_UNKNOWN | OTSEG_MSG_OPAQUE_VALUES;
		return OTSEG_R_NONE;
	}
	msg->access = OTSEG_ACCESS_READ;
	if (dir == OTSEG_DIR_REQUEST) {
		if (msg->length != OTSEG_MODBUS_AT_BODY + 3)
			return OTSEG_R_PDU_LENGTH;
		if (have > OTSEG_MODBUS_AT_BODY + 1 && (u32)buf[OTSEG_MODBUS_AT_BODY + 1] - 1 > 3)
			return OTSEG_R_PDU_MALFORMED;
		return OTSEG_R_NONE;
	}
	if (msg->length < OTSEG_MODBUS_AT_BODY + 6)
		return OTSEG_R_PDU_LENGTH;
	if (have < OTSEG_MODBUS_AT_BODY + 6)
		return OTSEG_R_NONE;
	return modbus_identities(buf, have, msg->length);
}

/* FC 15 and 16 (spec 6.11, 6.12): the quantity implies both byte count and length. */
OTSEG_INLINE u32 modbus_write(const u8 *buf, u32 have, u32 type, struct otseg_msg *msg)
{
	u32 is_bits = type == OTSEG_MODBUS_OBJ_COIL;
	u32 first;
	u32 count;
	u32 bytes;

	if (msg->length < OTSEG_MODBUS_AT_BODY + 6)
		return OTSEG_R_PDU_LENGTH;
	if (have < OTSEG_MODBUS_AT_BODY + 4)
		return OTSEG_R_NONE;
	first = pdu_be16(buf, OTSEG_MODBUS_AT_BODY);
	count = pdu_be16(buf, OTSEG_MODBUS_AT_BODY + 2);
	if (!modbus_range_ok(first, count,
			     is_bits ? OTSEG_MODBUS_WRITE_BITS : OTSEG_MODBUS_WRITE_WORDS))
		return OTSEG_R_PDU_MALFORMED;
	bytes = is_bits ? (count + 7) >> 3 : 2 * count;
	if (msg->length != OTSEG_MODBUS_AT_BODY + 5 + bytes)
		return OTSEG_R_PDU_LENGTH;
	if (have > OTSEG_MODBUS_AT_BODY + 4 && buf[OTSEG_MODBUS_AT_BODY + 4] != bytes)
		return OTSEG_R_PDU_LENGTH;
	modbus_object(msg, 0, type, OTSEG_ACCESS_WRITE, first, count);
	msg->objects[0].values_off = OTSEG_MODBUS_AT_BODY + 5;
	msg->values = is_bits ? OTSEG_VALUES_BITS : OTSEG_VALUES_BE16;
	return OTSEG_R_NONE;
}

/* FC 23 (spec 6.17): one range is read, another one written, the write first. */
OTSEG_INLINE u32 modbus_swap(const u8 *buf, u32 have, struct otseg_msg *msg)
{
	u32 first;
	u32 count;

	if (msg->length < OTSEG_MODBUS_AT_BODY + 11)
		return OTSEG_R_PDU_LENGTH;
	if (have < OTSEG_MODBUS_AT_BODY + 4)
		return OTSEG_R_NONE;
	first = pdu_be16(buf, OTSEG_MODBUS_AT_BODY);
	count = pdu_be16(buf, OTSEG_MODBUS_AT_BODY + 2);
	if (!modbus_range_ok(first, count, OTSEG_MODBUS_READ_WORDS))
		return OTSEG_R_PDU_MALFORMED;
	modbus_object(msg, 0, OTSEG_MODBUS_OBJ_HOLDING_REGISTER, OTSEG_ACCESS_READ, first, count);
	msg->answer = (u16)(2 * count);
	if (have < OTSEG_MODBUS_AT_BODY + 8)
		return OTSEG_R_NONE;
	first = pdu_be16(buf, OTSEG_MODBUS_AT_BODY + 4);
	count = pdu_be16(buf, OTSEG_MODBUS_AT_BODY + 6);
	if (!modbus_range_ok(first, count, OTSEG_MODBUS_SWAP_WORDS))
		return OTSEG_R_PDU_MALFORMED;
	if (msg->length != OTSEG_MODBUS_AT_BODY + 9 + 2 * count)
		return OTSEG_R_PDU_LENGTH;
	if (have > OTSEG_MODBUS_AT_BODY + 8 && buf[OTSEG_MODBUS_AT_BODY + 8] != 2 * count)
		return OTSEG_R_PDU_LENGTH;
	modbus_object(msg, 1, OTSEG_MODBUS_OBJ_HOLDING_REGISTER, OTSEG_ACCESS_WRITE, first, count);
	msg->objects[1].values_off = OTSEG_MODBUS_AT_BODY + 9;
	msg->values = OTSEG_VALUES_BE16;
	return OTSEG_R_NONE;
}

/* FC 5, 6 and 22 (spec 6.5, 6.6, 6.16): one object. */
OTSEG_INLINE u32 modbus_write_one(const u8 *buf, u32 have, u32 code, u32 type,
				  struct otseg_msg *msg)
{
	u32 is_mask = code == OTSEG_MODBUS_FC_MASK_WRITE_REGISTER;

	if (msg->length != OTSEG_MODBUS_AT_BODY + 4 + 2 * is_mask)
		return OTSEG_R_PDU_LENGTH;
	if (have < OTSEG_MODBUS_AT_BODY + 2)
		return OTSEG_R_NONE;
	modbus_object(msg, 0, type, OTSEG_ACCESS_WRITE, pdu_be16(buf, OTSEG_MODBUS_AT_BODY), 1);
	if (is_mask) {
		msg->flags |= OTSEG_MSG_OPAQUE_VALUES;
		return OTSEG_R_NONE;
	}
	msg->objects[0].values_off = OTSEG_MODBUS_AT_BODY + 2;
	msg->values = OTSEG_VALUES_BE16;
	if (code == OTSEG_MODBUS_FC_WRITE_SINGLE_COIL) {
		/* ff 00 or 00 00: the lowest bit of the first byte is the value */
		msg->values = OTSEG_VALUES_BITS;
		if (have > OTSEG_MODBUS_AT_BODY + 2 && (u8)(buf[OTSEG_MODBUS_AT_BODY + 2] + 1) > 1)
			return OTSEG_R_PDU_MALFORMED;
		if (have > OTSEG_MODBUS_AT_BODY + 3 && buf[OTSEG_MODBUS_AT_BODY + 3])
			return OTSEG_R_PDU_MALFORMED;
	}
	return OTSEG_R_NONE;
}

/* A function that only its vendor knows, or nobody. */
OTSEG_INLINE u32 modbus_opaque(u32 code, struct otseg_msg *msg)
{
	msg->flags |= OTSEG_MSG_OPAQUE_VALUES;
	if (!otseg_modbus_table[code].flags) {
		msg->access = OTSEG_ACCESS_VENDOR;
		msg->flags |= OTSEG_MSG_UNKNOWN;
	}
	return OTSEG_R_NONE;
}

/*
 * UMAS: session key, function, and what is its own. Few bodies have a length that all sources
 * agree on. An answer has a result in place of the function.
 */
OTSEG_INLINE u32 modbus_umas(const u8 *buf, u32 have, u32 dir, struct otseg_msg *msg)
{
	u32 body = msg->length - OTSEG_MODBUS_AT_BODY - 2;
	u32 code;

	msg->flags |= OTSEG_MSG_OPAQUE_VALUES | OTSEG_MSG_OPAQUE_OBJECTS;
	if (msg->length < OTSEG_MODBUS_AT_BODY + 2)
		return OTSEG_R_PDU_LENGTH;
	if (have < OTSEG_MODBUS_AT_BODY + 2) {
		msg->flags |= OTSEG_MSG_NO_FUNCTION;
		return OTSEG_R_NONE;
	}
	code = buf[OTSEG_MODBUS_AT_BODY + 1];
	if (dir == OTSEG_DIR_RESPONSE) {
		if (code == OTSEG_MODBUS_UMAS_ERROR)
			msg->flags |= OTSEG_MSG_EXCEPTION;
		else if (code != OTSEG_MODBUS_UMAS_OK)
			return OTSEG_R_PDU_MALFORMED;
		msg->flags |= OTSEG_MSG_NO_FUNCTION;
		return OTSEG_R_NONE;
	}
	msg->function |= code;
	msg->access = otseg_modbus_umas_access[code];
	if (!msg->access) {
		/* 0 is none, and these two only answer */
		if (!code || code >= OTSEG_MODBUS_UMAS_ERROR)
			return OTSEG_R_PDU_MALFORMED;
		msg->access = OTSEG_MODBUS_GRAVE | OTSEG_ACCESS_VENDOR;
		msg->flags |= OTSEG_MSG_UNKNOWN;
		return OTSEG_R_NONE;
	}
	switch (code) {
	case OTSEG_MODBUS_UMAS_INIT_COMM:
		return body == 1 ? OTSEG_R_NONE : OTSEG_R_PDU_LENGTH;
	case OTSEG_MODBUS_UMAS_READ_ID:
	case OTSEG_MODBUS_UMAS_READ_PLC_INFO:
	case OTSEG_MODBUS_UMAS_RELEASE_RESERVATION:
	case OTSEG_MODBUS_UMAS_KEEP_RESERVATION:
		return body ? OTSEG_R_PDU_LENGTH : OTSEG_R_NONE;
	case OTSEG_MODBUS_UMAS_READ_MEMORY_BLOCK:
		/* range, block, offset, 0, bytes */
		return body == 9 ? OTSEG_R_NONE : OTSEG_R_PDU_LENGTH;
	default:
		return OTSEG_R_NONE;
	}
}

OTSEG_INLINE u32 modbus_request(const u8 *buf, u32 have, u32 code, struct otseg_msg *msg)
{
	u32 type = otseg_modbus_table[code].object;
	u32 first;
	u32 count;

	msg->access = otseg_modbus_table[code].access;
	if (otseg_likely(code - OTSEG_MODBUS_FC_READ_COILS <=
			 OTSEG_MODBUS_FC_READ_INPUT_REGISTERS - OTSEG_MODBUS_FC_READ_COILS)) {
		/* spec 6.1-6.4 */
		u32 is_bits = code <= OTSEG_MODBUS_FC_READ_DISCRETE_INPUTS;

		if (msg->length != OTSEG_MODBUS_AT_BODY + 4)
			return OTSEG_R_PDU_LENGTH;
		if (have < OTSEG_MODBUS_AT_BODY + 4)
			return OTSEG_R_NONE;
		first = pdu_be16(buf, OTSEG_MODBUS_AT_BODY);
		count = pdu_be16(buf, OTSEG_MODBUS_AT_BODY + 2);
		if (!modbus_range_ok(first, count,
				     is_bits ? OTSEG_MODBUS_READ_BITS : OTSEG_MODBUS_READ_WORDS))
			return OTSEG_R_PDU_MALFORMED;
		modbus_object(msg, 0, type, OTSEG_ACCESS_READ, first, count);
		msg->answer = (u16)(is_bits ? (count + 7) >> 3 : 2 * count);
		return OTSEG_R_NONE;
	}
	switch (code) {
	case OTSEG_MODBUS_FC_WRITE_SINGLE_COIL:
	case OTSEG_MODBUS_FC_WRITE_SINGLE_REGISTER:
	case OTSEG_MODBUS_FC_MASK_WRITE_REGISTER:
		return modbus_write_one(buf, have, code, type, msg);
	case OTSEG_MODBUS_FC_WRITE_MULTIPLE_COILS:
	case OTSEG_MODBUS_FC_WRITE_MULTIPLE_REGISTERS:
		return modbus_write(buf, have, type, msg);
	case OTSEG_MODBUS_FC_READ_WRITE_MULTIPLE_REGISTERS:
		return modbus_swap(buf, have, msg);
	case OTSEG_MODBUS_FC_GET_COMM_EVENT_LOG:
	case OTSEG_MODBUS_FC_REPORT_SERVER_ID:
		msg->answer = OTSEG_ANSWER_ANY;
		return msg->length == OTSEG_MODBUS_AT_BODY ? OTSEG_R_NONE : OTSEG_R_PDU_LENGTH;
	case OTSEG_MODBUS_FC_READ_EXCEPTION_STATUS:
	case OTSEG_MODBUS_FC_GET_COMM_EVENT_COUNTER:
		return msg->length == OTSEG_MODBUS_AT_BODY ? OTSEG_R_NONE : OTSEG_R_PDU_LENGTH;
	case OTSEG_MODBUS_FC_DIAGNOSTICS:
		return modbus_diagnostics(buf, have, OTSEG_DIR_REQUEST, msg);
	case OTSEG_MODBUS_FC_READ_FILE_RECORD:
	case OTSEG_MODBUS_FC_WRITE_FILE_RECORD:
		return modbus_file(buf, have, code, msg);
	case OTSEG_MODBUS_FC_READ_FIFO_QUEUE:
		msg->answer = OTSEG_ANSWER_ANY;
		if (msg->length != OTSEG_MODBUS_AT_BODY + 2)
			return OTSEG_R_PDU_LENGTH;
		if (have >= OTSEG_MODBUS_AT_BODY + 2)
			modbus_object(msg, 0, type, OTSEG_ACCESS_READ,
				      pdu_be16(buf, OTSEG_MODBUS_AT_BODY), 1);
		return OTSEG_R_NONE;
	case OTSEG_MODBUS_FC_ENCAPSULATED_INTERFACE:
		msg->answer = OTSEG_ANSWER_ANY;
		return modbus_interface(buf, have, OTSEG_DIR_REQUEST, msg);
	case OTSEG_MODBUS_FC_UMAS:
		msg->answer = OTSEG_ANSWER_ANY;
		return modbus_umas(buf, have, OTSEG_DIR_REQUEST, msg);
	default:
		msg->answer = OTSEG_ANSWER_ANY;
		return modbus_opaque(code, msg);
	}
}

/* Groups of an FC 20 answer (spec 6.14): length of type and data, type 6, words. */
OTSEG_NOINLINE u32 modbus_read_group_answers(const u8 *buf, u32 have, u32 length)
{
	u32 off = OTSEG_MODBUS_AT_BODY + 1;
	u32 i;

	for (i = 0; i < OTSEG_MODBUS_READ_GROUPS; i++) {
		u32 bytes;

		if (off == length)
			return OTSEG_R_NONE;
		if (off + 4 > length)
			return OTSEG_R_PDU_LENGTH;
		if (off + 2 > have)
			return OTSEG_R_NONE;
		bytes = buf[off & (OTSEG_PDU_MAX - 1)];
		if (buf[(off + 1) & (OTSEG_PDU_MAX - 1)] != 6 || bytes < 3 || !(bytes % 2))
			return OTSEG_R_PDU_MALFORMED;
		off = (off + 1 + bytes) & (2 * OTSEG_PDU_MAX - 1);
		if (off > length)
			return OTSEG_R_PDU_LENGTH;
	}
	return off == length ? OTSEG_R_NONE : OTSEG_R_PDU_LENGTH;
}

/* FC 24 answers (spec 6.18): two counts that must agree. */
OTSEG_INLINE u32 modbus_fifo_answer(const u8 *buf, u32 have, struct otseg_msg *msg)
{
	u32 count;

	if (msg->length < OTSEG_MODBUS_AT_BODY + 4)
		return OTSEG_R_PDU_LENGTH;
	if (have < OTSEG_MODBUS_AT_BODY + 2)
		return OTSEG_R_NONE;
	if (pdu_be16(buf, OTSEG_MODBUS_AT_BODY) != msg->length - OTSEG_MODBUS_AT_BODY - 2)
		return OTSEG_R_PDU_LENGTH;
	if (have < OTSEG_MODBUS_AT_BODY + 4)
		return OTSEG_R_NONE;
	count = pdu_be16(buf, OTSEG_MODBUS_AT_BODY + 2);
	if (count > OTSEG_MODBUS_FIFO_WORDS)
		return OTSEG_R_PDU_MALFORMED;
	return msg->length == OTSEG_MODBUS_AT_BODY + 4 + 2 * count ? OTSEG_R_NONE : OTSEG_R_PDU_LENGTH;
}

/* Answers that are a byte count and as many bytes. */
OTSEG_INLINE u32 modbus_counted_answer(const u8 *buf, u32 have, u32 code, struct otseg_msg *msg)
{
	u32 bytes = msg->length - OTSEG_MODBUS_AT_BODY - 1;

	if (msg->length < OTSEG_MODBUS_AT_BODY + 1)
		return OTSEG_R_PDU_LENGTH;
	/* spec 6.10: 3 words and 0-64 events */
	if (code == OTSEG_MODBUS_FC_GET_COMM_EVENT_LOG && bytes - 6 > 64)
		return OTSEG_R_PDU_MALFORMED;
	if (have > OTSEG_MODBUS_AT_BODY && buf[OTSEG_MODBUS_AT_BODY] != bytes)
		return OTSEG_R_PDU_LENGTH;
	msg->answer = (u16)bytes;
	switch (code) {
	case OTSEG_MODBUS_FC_GET_COMM_EVENT_LOG:
		msg->answer = OTSEG_ANSWER_ANY;
		return OTSEG_R_NONE;
	case OTSEG_MODBUS_FC_REPORT_SERVER_ID: /* spec 6.13: device specific */
		msg->answer = OTSEG_ANSWER_ANY;
		return OTSEG_R_NONE;
	case OTSEG_MODBUS_FC_READ_FILE_RECORD:
		if (have <= OTSEG_MODBUS_AT_BODY)
			return OTSEG_R_NONE;
		return modbus_read_group_answers(buf, have, msg->length);
	}
	/* the size itself is held against what was asked for */
	return OTSEG_R_NONE;
}

OTSEG_INLINE u32 modbus_response(const u8 *buf, u32 have, u32 code, struct otseg_msg *msg)
{
	msg->access = otseg_modbus_table[code].access;
	if (otseg_likely(code - OTSEG_MODBUS_FC_READ_COILS <=
			 OTSEG_MODBUS_FC_READ_INPUT_REGISTERS - OTSEG_MODBUS_FC_READ_COILS))
		return modbus_counted_answer(buf, have, code, msg);
	switch (code) {
	case OTSEG_MODBUS_FC_READ_WRITE_MULTIPLE_REGISTERS:
	case OTSEG_MODBUS_FC_GET_COMM_EVENT_LOG:
	case OTSEG_MODBUS_FC_REPORT_SERVER_ID:
	case OTSEG_MODBUS_FC_READ_FILE_RECORD:
		return modbus_counted_answer(buf, have, code, msg);
	case OTSEG_MODBUS_FC_WRITE_SINGLE_COIL:
	case OTSEG_MODBUS_FC_WRITE_SINGLE_REGISTER:
	case OTSEG_MODBUS_FC_WRITE_MULTIPLE_COILS:
	case OTSEG_MODBUS_FC_WRITE_MULTIPLE_REGISTERS:
	case OTSEG_MODBUS_FC_GET_COMM_EVENT_COUNTER:
		return msg->length == OTSEG_MODBUS_AT_BODY + 4 ? OTSEG_R_NONE : OTSEG_R_PDU_LENGTH;
	case OTSEG_MODBUS_FC_MASK_WRITE_REGISTER:
		return msg->length == OTSEG_MODBUS_AT_BODY + 6 ? OTSEG_R_NONE : OTSEG_R_PDU_LENGTH;
	case OTSEG_MODBUS_FC_READ_EXCEPTION_STATUS:
		return msg->length == OTSEG_MODBUS_AT_BODY + 1 ? OTSEG_R_NONE : OTSEG_R_PDU_LENGTH;
	case OTSEG_MODBUS_FC_DIAGNOSTICS:
		return modbus_diagnostics(buf, have, OTSEG_DIR_RESPONSE, msg);
	case OTSEG_MODBUS_FC_WRITE_FILE_RECORD:
		return modbus_file(buf, have, code, msg);
	case OTSEG_MODBUS_FC_READ_FIFO_QUEUE:
		msg->answer = OTSEG_ANSWER_ANY;
		return modbus_fifo_answer(buf, have, msg);
	case OTSEG_MODBUS_FC_ENCAPSULATED_INTERFACE:
		msg->answer = OTSEG_ANSWER_ANY;
		return modbus_interface(buf, have, OTSEG_DIR_RESPONSE, msg);
	case OTSEG_MODBUS_FC_UMAS:
		msg->answer = OTSEG_ANSWER_ANY;
		return modbus_umas(buf, have, OTSEG_DIR_RESPONSE, msg);
	default:
		msg->answer = OTSEG_ANSWER_ANY;
		return modbus_opaque(code, msg);
	}
}

/**
 * otseg_modbus_parse - make a message of the ADU that begins at @pdu
 * @pdu: its bytes
 * @have: their number; fewer than the ADU has, or more, is fine
 * @dir: enum otseg_msg_dir
 * @msg: filled in as far as @have shows it
 *
 * An ADU that is not there as a whole yields OTSEG_MSG_PARTIAL and what can be
 * told already. Objects and access of a response are those it speaks of, not
 * something that a rule must permit.
 *
 * Return: OTSEG_R_NONE, or the reason why no continuation of these bytes is
 * acceptable.
 */
OTSEG_GLOBAL u32 otseg_modbus_parse(struct otseg_pdu *pdu, u32 have, u32 dir,
				    struct otseg_msg *msg)
{
	const u8 *buf;
	s32 length;
	u32 code;

	if (!pdu || !msg)
		return OTSEG_R_INTERNAL;
	buf = pdu->bytes;
	length = otseg_modbus_length(buf, have);
	msg_begin(msg, dir, OTSEG_SVC_MODBUS);
	msg->answer = 0;
	msg->flags = OTSEG_MSG_PARTIAL;
	msg->kind = dir == OTSEG_DIR_REQUEST ? OTSEG_KIND_REQUEST : OTSEG_KIND_ANSWER;
	if (length < 0)
		return (u32)-length;
	msg->length = (u32)length;
	if (have >= OTSEG_MODBUS_AT_ID + 2)
		msg->id = (u16)pdu_be16(buf, OTSEG_MODBUS_AT_ID);
	msg_number(msg, OTSEG_NUMBER_BE, OTSEG_MODBUS_AT_ID, 2);
	if (otseg_unlikely(have < OTSEG_MODBUS_AT_BODY)) {
		msg->flags |= OTSEG_MSG_NO_FUNCTION;
		if (have <= OTSEG_MODBUS_AT_UNIT) {
			msg->flags |= OTSEG_MSG_NO_UNIT;
			return OTSEG_R_NONE;
		}
	}
	/* unit 0 is the broadcast of a serial line behind a gateway (guide, 4.4.2.1) */
	msg->unit = buf[OTSEG_MODBUS_AT_UNIT];
	if (otseg_unlikely(!msg->unit))
		msg->flags |= OTSEG_MSG_BROADCAST;
	if (otseg_unlikely(have < OTSEG_MODBUS_AT_BODY))
		return OTSEG_R_NONE;
	if (have >= (u32)length) {
		have = (u32)length;
		msg->flags &= (u16)~OTSEG_MSG_PARTIAL;
	}
	code = buf[OTSEG_MODBUS_AT_FUNCTION];
	msg->function = OTSEG_MODBUS_FUNCTION(code & 127, 0);
	if (!(code & 127))
		return OTSEG_R_PDU_MALFORMED;
	if (dir == OTSEG_DIR_REQUEST) {
		if (code & 128)
			return OTSEG_R_PDU_MALFORMED;
		return modbus_request(buf, have, code & 127, msg);
	}
	if (code & 128) {
		/* spec 7: the function and one exception code */
		msg->flags |= OTSEG_MSG_EXCEPTION;
		msg->answer = OTSEG_ANSWER_ANY;
		if (length != OTSEG_MODBUS_AT_BODY + 1)
			return OTSEG_R_PDU_LENGTH;
		if (have > OTSEG_MODBUS_AT_BODY)
			msg->exception = buf[OTSEG_MODBUS_AT_BODY];
		return OTSEG_R_NONE;
	}
	return modbus_response(buf, have, code, msg);
}

/**
 * otseg_modbus_brief - make a message of a whole ADU that reads (spec 6.1-6.4) or writes one
 *	object (6.5, 6.6), or of the answer to it
 * @head: bytes 0-7 of the ADU, the first one lowest
 * @body: bytes 8-11
 * @len: its bytes, at least 12
 * @dir: enum otseg_msg_dir
 * @msg: filled in as otseg_modbus_parse() would
 *
 * Return: 1; 0: the ADU is another one, or not acceptable.
 */
OTSEG_INLINE u32 otseg_modbus_brief(u64 head, u32 body, u32 len, u32 dir, struct otseg_msg *msg)
{
	u32 code = (u32)(head >> 56);
	u32 unit = (head >> 48) & 0xff;
	u32 is_bits = code <= OTSEG_MODBUS_FC_READ_DISCRETE_INPUTS;
	u32 first = __builtin_bswap16((u16)body);
	u32 count = __builtin_bswap16((u16)(body >> 16));

	/* protocol 0, a length of one byte that is the ADU's, and no broadcast */
	if ((head >> 16 & 0xffffffff) != (u64)(len - OTSEG_MODBUS_AT_UNIT) << 24 || !unit ||
	    code - 1 >= OTSEG_MODBUS_FC_WRITE_SINGLE_REGISTER)
		return 0;
	msg->answer = 0;
	msg->n_objects = 0;
	msg->values = OTSEG_VALUES_NONE;
	if (code > OTSEG_MODBUS_FC_READ_INPUT_REGISTERS) {
		if (len != OTSEG_MODBUS_AT_BODY + 4 || code == OTSEG_MODBUS_FC_WRITE_SINGLE_COIL)
			return 0;
		if (dir == OTSEG_DIR_REQUEST) {
			modbus_object(msg, 0, OTSEG_MODBUS_OBJ_HOLDING_REGISTER,
				      OTSEG_ACCESS_WRITE, first, 1);
			msg->objects[0].values_off = OTSEG_MODBUS_AT_BODY + 2;
			msg->values = OTSEG_VALUES_BE16;
		}
	} else if (dir == OTSEG_DIR_REQUEST) {
		if (len != OTSEG_MODBUS_AT_BODY + 4 ||
		    !modbus_range_ok(first, count, is_bits ? OTSEG_MODBUS_READ_BITS : OTSEG_MODBUS_READ_WORDS))
			return 0;
		modbus_object(msg, 0, otseg_modbus_table[code].object, OTSEG_ACCESS_READ, first,
			      count);
		msg->answer = (u16)(is_bits ? (count + 7) >> 3 : 2 * count);
	} else {
		msg->answer = (u16)(len - OTSEG_MODBUS_AT_BODY - 1);
		if ((body & 0xff) != msg->answer)
			return 0;
	}
	msg->function = OTSEG_MODBUS_FUNCTION(code, 0);
	msg->unit = unit;
	msg->length = len;
	msg->id = (u16)((head & 0xff) << 8 | (head >> 8 & 0xff));
	msg->access = otseg_modbus_table[code].access;
	msg->flags = 0;
	msg->dir = (u8)dir;
	msg->service = OTSEG_SVC_MODBUS;
	msg->exception = 0;
	msg->kind = dir == OTSEG_DIR_REQUEST ? OTSEG_KIND_REQUEST : OTSEG_KIND_ANSWER;
	msg->field_mask = 0;
	msg->text_mask = 0;
	msg->memory = OTSEG_MEMORY_NONE;
	return 1;
}

#define OTSEG_MODBUS_PARSE otseg_modbus_parse

#endif /* OTSEG_MODBUS_H */
