/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The names and numbers of Modbus: functions with their access classes,
 * sub-functions, object types, exceptions. One list each for the policy loader
 * and for the datapath; no code and no bytes here.
 *
 * Sources: MODBUS Application Protocol Specification V1.1b3 (called "spec"
 * below) sections 6 and 7 and its Annex A (reserved codes); names of the legacy
 * codes as protocol analysers print them.
 */
#ifndef OTSEG_MODBUS_NAMES_H
#define OTSEG_MODBUS_NAMES_H

#include "../../include/otseg/service.h"
#include "../../include/otseg/types.h"

/*
 * Object types: X(ID, number, "name", highest address, "sentence")
 *
 * Addresses are those on the wire: the first register is 0, and the leading
 * digit of notations such as 40001 is the type, not a part of the address.
 * A file record is file << 16 | record (spec 6.14: records end at 9999).
 */
/* clang-format off */
#define OTSEG_MODBUS_OBJECTS(X)                                                              \
	X(COIL, 1, "coil", 0xffff, "single bit, read and write")                             \
	X(DISCRETE_INPUT, 2, "discrete-input", 0xffff, "single bit, read only")              \
	X(HOLDING_REGISTER, 3, "holding-register", 0xffff, "16-bit word, read and write")    \
	X(INPUT_REGISTER, 4, "input-register", 0xffff, "16-bit word, read only")             \
	X(FILE_RECORD, 5, "file-record", 0xffff270f, "record of a file: file << 16 | record") \
	X(FIFO, 6, "fifo", 0xffff, "queue of 16-bit words, by its pointer address")
/* clang-format on */

enum otseg_modbus_object {
	OTSEG_MODBUS_OBJ_NONE,
#define X(id, number, name, max, sentence) OTSEG_MODBUS_OBJ_##id = (number),
	OTSEG_MODBUS_OBJECTS(X)
#undef X
};

/*
 * What is particular about a function. Without OPAQUE, the inspector knows the
 * exact length that the function implies.
 */
#define OTSEG_MODBUS_F_SUB 0x1 /* a sub-function follows: `name` alone means all of them */
#define OTSEG_MODBUS_F_OPAQUE 0x2 /* body and length are known to its vendor only */

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
 * starts and stops Schneider controllers.
 */
/* clang-format off */
#define OTSEG_MODBUS_FUNCTIONS(X)                                                              \
	X(READ_COILS, 1, "read-coils", OTSEG_ACCESS_READ, COIL, 0)                             \
	X(READ_DISCRETE_INPUTS, 2, "read-discrete-inputs", OTSEG_ACCESS_READ, DISCRETE_INPUT, 0) \
	X(READ_HOLDING_REGISTERS, 3, "read-holding-registers", OTSEG_ACCESS_READ,              \
	  HOLDING_REGISTER, 0)                                                                 \
	X(READ_INPUT_REGISTERS, 4, "read-input-registers", OTSEG_ACCESS_READ, INPUT_REGISTER, 0) \
	X(WRITE_SINGLE_COIL, 5, "write-single-coil", OTSEG_ACCESS_WRITE, COIL, 0)              \
	X(WRITE_SINGLE_REGISTER, 6, "write-single-register", OTSEG_ACCESS_WRITE,               \
	  HOLDING_REGISTER, 0)                                                                 \
	X(READ_EXCEPTION_STATUS, 7, "read-exception-status", OTSEG_ACCESS_DIAGNOSTIC, NONE, 0) \
	X(DIAGNOSTICS, 8, "diagnostics", OTSEG_ACCESS_DIAGNOSTIC | OTSEG_ACCESS_CONTROL, NONE, \
	  OTSEG_MODBUS_F_SUB)                                                                  \
	X(PROGRAM_484, 9, "program-484", OTSEG_ACCESS_PROGRAM, NONE, OTSEG_MODBUS_F_OPAQUE)    \
	X(POLL_484, 10, "poll-484", OTSEG_ACCESS_PROGRAM, NONE, OTSEG_MODBUS_F_OPAQUE)         \
	X(GET_COMM_EVENT_COUNTER, 11, "get-comm-event-counter", OTSEG_ACCESS_DIAGNOSTIC, NONE, 0) \
	X(GET_COMM_EVENT_LOG, 12, "get-comm-event-log", OTSEG_ACCESS_DIAGNOSTIC, NONE, 0)      \
	X(PROGRAM_584_984, 13, "program-584-984", OTSEG_ACCESS_PROGRAM, NONE,                  \
	  OTSEG_MODBUS_F_OPAQUE)                                                               \
	X(POLL_584_984, 14, "poll-584-984", OTSEG_ACCESS_PROGRAM, NONE, OTSEG_MODBUS_F_OPAQUE) \
	X(WRITE_MULTIPLE_COILS, 15, "write-multiple-coils", OTSEG_ACCESS_WRITE, COIL, 0)       \
	X(WRITE_MULTIPLE_REGISTERS, 16, "write-multiple-registers", OTSEG_ACCESS_WRITE,        \
	  HOLDING_REGISTER, 0)                                                                 \
	X(REPORT_SERVER_ID, 17, "report-server-id", OTSEG_ACCESS_READ, NONE, 0)                \
	X(PROGRAM_884_M84, 18, "program-884-m84", OTSEG_ACCESS_PROGRAM, NONE,                  \
	  OTSEG_MODBUS_F_OPAQUE)                                                               \
	X(RESET_COMM_LINK_884, 19, "reset-comm-link-884-m84",                                  \
	  OTSEG_ACCESS_PROGRAM | OTSEG_ACCESS_CONTROL, NONE, OTSEG_MODBUS_F_OPAQUE)            \
	X(READ_FILE_RECORD, 20, "read-file-record", OTSEG_ACCESS_READ, FILE_RECORD, 0)         \
	X(WRITE_FILE_RECORD, 21, "write-file-record", OTSEG_ACCESS_WRITE, FILE_RECORD, 0)      \
	X(MASK_WRITE_REGISTER, 22, "mask-write-register", OTSEG_ACCESS_WRITE, HOLDING_REGISTER, 0) \
	X(READ_WRITE_MULTIPLE_REGISTERS, 23, "read-write-multiple-registers",                  \
	  OTSEG_ACCESS_READ | OTSEG_ACCESS_WRITE, HOLDING_REGISTER, 0)                         \
	X(READ_FIFO_QUEUE, 24, "read-fifo-queue", OTSEG_ACCESS_READ, FIFO, 0)                  \
	X(PROGRAM_CONCEPT, 40, "program-concept", OTSEG_ACCESS_PROGRAM, NONE,                  \
	  OTSEG_MODBUS_F_OPAQUE)                                                               \
	X(MULTIPLE_FUNCTIONS, 41, "multiple-functions", OTSEG_ACCESS_PROGRAM, NONE,            \
	  OTSEG_MODBUS_F_OPAQUE)                                                               \
	X(CONCEPT_SYMBOLS, 42, "concept-symbol-table", OTSEG_ACCESS_PROGRAM, NONE,             \
	  OTSEG_MODBUS_F_OPAQUE)                                                               \
	X(ENCAPSULATED_INTERFACE, 43, "encapsulated-interface",                                \
	  OTSEG_ACCESS_READ | OTSEG_ACCESS_WRITE | OTSEG_ACCESS_CONTROL, NONE,                 \
	  OTSEG_MODBUS_F_SUB)                                                                  \
	X(USER_65, 65, "user-defined-65", OTSEG_ACCESS_VENDOR, NONE, OTSEG_MODBUS_F_OPAQUE)    \
	X(USER_66, 66, "user-defined-66", OTSEG_ACCESS_VENDOR, NONE, OTSEG_MODBUS_F_OPAQUE)    \
	X(USER_67, 67, "user-defined-67", OTSEG_ACCESS_VENDOR, NONE, OTSEG_MODBUS_F_OPAQUE)    \
	X(USER_68, 68, "user-defined-68", OTSEG_ACCESS_VENDOR, NONE, OTSEG_MODBUS_F_OPAQUE)    \
	X(USER_69, 69, "user-defined-69", OTSEG_ACCESS_VENDOR, NONE, OTSEG_MODBUS_F_OPAQUE)    \
	X(USER_70, 70, "user-defined-70", OTSEG_ACCESS_VENDOR, NONE, OTSEG_MODBUS_F_OPAQUE)    \
	X(USER_71, 71, "user-defined-71", OTSEG_ACCESS_VENDOR, NONE, OTSEG_MODBUS_F_OPAQUE)    \
	X(USER_72, 72, "user-defined-72", OTSEG_ACCESS_VENDOR, NONE, OTSEG_MODBUS_F_OPAQUE)    \
	X(UMAS, 90, "umas", OTSEG_ACCESS_PROGRAM | OTSEG_ACCESS_CONTROL, NONE,                 \
	  OTSEG_MODBUS_F_OPAQUE)                                                               \
	X(PROGRAM_91, 91, "program-91", OTSEG_ACCESS_PROGRAM, NONE, OTSEG_MODBUS_F_OPAQUE)     \
	X(USER_100, 100, "user-defined-100", OTSEG_ACCESS_VENDOR, NONE, OTSEG_MODBUS_F_OPAQUE) \
	X(USER_101, 101, "user-defined-101", OTSEG_ACCESS_VENDOR, NONE, OTSEG_MODBUS_F_OPAQUE) \
	X(USER_102, 102, "user-defined-102", OTSEG_ACCESS_VENDOR, NONE, OTSEG_MODBUS_F_OPAQUE) \
	X(USER_103, 103, "user-defined-103", OTSEG_ACCESS_VENDOR, NONE, OTSEG_MODBUS_F_OPAQUE) \
	X(USER_104, 104, "user-defined-104", OTSEG_ACCESS_VENDOR, NONE, OTSEG_MODBUS_F_OPAQUE) \
	X(USER_105, 105, "user-defined-105", OTSEG_ACCESS_VENDOR, NONE, OTSEG_MODBUS_F_OPAQUE) \
	X(USER_106, 106, "user-defined-106", OTSEG_ACCESS_VENDOR, NONE, OTSEG_MODBUS_F_OPAQUE) \
	X(USER_107, 107, "user-defined-107", OTSEG_ACCESS_VENDOR, NONE, OTSEG_MODBUS_F_OPAQUE) \
	X(USER_108, 108, "user-defined-108", OTSEG_ACCESS_VENDOR, NONE, OTSEG_MODBUS_F_OPAQUE) \
	X(USER_109, 109, "user-defined-109", OTSEG_ACCESS_VENDOR, NONE, OTSEG_MODBUS_F_OPAQUE) \
	X(USER_110, 110, "user-defined-110", OTSEG_ACCESS_VENDOR, NONE, OTSEG_MODBUS_F_OPAQUE) \
	X(FIRMWARE_REPLACEMENT, 125, "firmware-replacement", OTSEG_ACCESS_PROGRAM, NONE,       \
	  OTSEG_MODBUS_F_OPAQUE)                                                               \
	X(PROGRAM_584_984_2, 126, "program-584-984-2", OTSEG_ACCESS_PROGRAM, NONE,             \
	  OTSEG_MODBUS_F_OPAQUE)                                                               \
	X(REPORT_LOCAL_ADDRESS, 127, "report-local-address", OTSEG_ACCESS_PROGRAM, NONE,       \
	  OTSEG_MODBUS_F_OPAQUE)
/* clang-format on */

enum otseg_modbus_function {
#define X(id, code, name, access, object, flags) OTSEG_MODBUS_FC_##id = (code),
	OTSEG_MODBUS_FUNCTIONS(X)
#undef X
};

/*
 * Sub-functions of `diagnostics` (8), 16 bits on the wire; spec 6.8.1.
 * X(ID, number, "name", access). The rest is reserved (Annex A): unknown. The
 * control ones change what the device does or erase evidence: restart, listen
 * only, end-of-message character, clearing of counters.
 */
/* clang-format off */
#define OTSEG_MODBUS_DIAGNOSTICS(X)                                                            \
	X(RETURN_QUERY_DATA, 0, "return-query-data", OTSEG_ACCESS_DIAGNOSTIC)                  \
	X(RESTART_COMMUNICATIONS, 1, "restart-communications", OTSEG_ACCESS_CONTROL)           \
	X(RETURN_DIAGNOSTIC_REGISTER, 2, "return-diagnostic-register", OTSEG_ACCESS_DIAGNOSTIC) \
	X(CHANGE_ASCII_DELIMITER, 3, "change-ascii-delimiter", OTSEG_ACCESS_CONTROL)           \
	X(FORCE_LISTEN_ONLY, 4, "force-listen-only", OTSEG_ACCESS_CONTROL)                     \
	X(CLEAR_COUNTERS, 10, "clear-counters", OTSEG_ACCESS_CONTROL)                          \
	X(BUS_MESSAGE_COUNT, 11, "bus-message-count", OTSEG_ACCESS_DIAGNOSTIC)                 \
	X(BUS_ERROR_COUNT, 12, "bus-error-count", OTSEG_ACCESS_DIAGNOSTIC)                     \
	X(BUS_EXCEPTION_COUNT, 13, "bus-exception-count", OTSEG_ACCESS_DIAGNOSTIC)             \
	X(SERVER_MESSAGE_COUNT, 14, "server-message-count", OTSEG_ACCESS_DIAGNOSTIC)           \
	X(SERVER_NO_RESPONSE_COUNT, 15, "server-no-response-count", OTSEG_ACCESS_DIAGNOSTIC)   \
	X(SERVER_NAK_COUNT, 16, "server-nak-count", OTSEG_ACCESS_DIAGNOSTIC)                   \
	X(SERVER_BUSY_COUNT, 17, "server-busy-count", OTSEG_ACCESS_DIAGNOSTIC)                 \
	X(BUS_OVERRUN_COUNT, 18, "bus-overrun-count", OTSEG_ACCESS_DIAGNOSTIC)                 \
	X(CLEAR_OVERRUN, 20, "clear-overrun", OTSEG_ACCESS_CONTROL)
/* clang-format on */

enum otseg_modbus_diagnostic {
#define X(id, number, name, access) OTSEG_MODBUS_DIAG_##id = (number),
	OTSEG_MODBUS_DIAGNOSTICS(X)
#undef X
};

/*
 * MEI types of `encapsulated-interface` (43), 8 bits on the wire; spec 6.19-6.21.
 * X(ID, number, "name", access, flags). Types 0-12 and 15-255 are reserved
 * (Annex A): unknown. CANopen reads and writes objects of a fieldbus behind the
 * device in a form that is not inspected, so it is taken for the gravest it can be.
 */
/* clang-format off */
#define OTSEG_MODBUS_INTERFACES(X)                                                             \
	X(CANOPEN, 13, "canopen-general-reference",                                            \
	  OTSEG_ACCESS_WRITE | OTSEG_ACCESS_CONTROL, OTSEG_MODBUS_F_OPAQUE)                    \
	X(DEVICE_IDENTIFICATION, 14, "read-device-identification", OTSEG_ACCESS_READ, 0)
/* clang-format on */

enum otseg_modbus_interface {
#define X(id, number, name, access, flags) OTSEG_MODBUS_MEI_##id = (number),
	OTSEG_MODBUS_INTERFACES(X)
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

/* A function as messages and rules carry it. */
#define OTSEG_MODBUS_FUNCTION(code, sub) (((u32)(code) << 16) | (u32)(sub))

#endif /* OTSEG_MODBUS_NAMES_H */
