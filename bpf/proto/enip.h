/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * EtherNet/IP on port 44818: the encapsulation, and the CIP message within; names,
 * numbers and access classes of commands and services; and from the bytes of one
 * encapsulation message to a struct otseg_msg. Pure: bytes in, message out.
 *
 * A function is one of three:
 *   0x00-0x7f           a CIP service whatever its class: the common ones, and those that
 *                       nobody here knows on the class that they are for
 *   class << 8 | service  a service that the class defines, as far as they are known
 *   0x1000 | command    an encapsulation command that carries no CIP
 * A service of an Unconnected Send is the function, and the route is in fields; a Multiple
 * Service Packet is a message of its own that touches nothing, and each of its services is
 * another part.
 *
 * Sources: "Vol 1" and "Vol 2" are The CIP Networks Library, Volume 1 (Common Industrial
 * Protocol) and 2 (EtherNet/IP Adaptation of CIP), ODVA; "1756-PM020" is Rockwell's Logix 5000
 * Controllers Data Access; "1770-6.5.16" is its DF1 Protocol and Command Set; numbers
 * have been compared with those of Wireshark's dissectors (packet-enip.c, packet-cip.c).
 */
#ifndef OTSEG_ENIP_H
#define OTSEG_ENIP_H

#include "pdu.h"

/* Functions that come in kinds, which their sub-functions are. */
#define ENIP_SET_ANY (OTSEG_ACCESS_WRITE | OTSEG_ACCESS_CONTROL | OTSEG_ACCESS_PROGRAM)
#define ENIP_CLOSE_ANY (OTSEG_ACCESS_SESSION | OTSEG_ACCESS_CONTROL)
#define ENIP_OPEN_ANY \
	(ENIP_SET_ANY | OTSEG_ACCESS_SESSION | OTSEG_ACCESS_READ | OTSEG_ACCESS_VENDOR)

#define OTSEG_ENIP_CLASS_IDENTITY 0x01
#define OTSEG_ENIP_CLASS_ROUTER 0x02
#define OTSEG_ENIP_CLASS_MANAGER 0x06
#define OTSEG_ENIP_CLASS_PROGRAM 0x68
#define OTSEG_ENIP_CLASS_SYMBOL 0x6b

/*
 * Functions: X(ID, code, "name", access, object type, flags)
 *
 * Those that set, reset and open come in kinds, see below. Reading a file is `program`: what it
 * holds is firmware and configuration. Services of Connection Configuration, Safety
 * Supervisor and File change how the device works.
 */
/* clang-format off */
#define OTSEG_ENIP_FUNCTIONS(X) \
	/* common services: Vol 1, appendix A */ \
	X(GET_ATTRIBUTES_ALL, 0x01, "get-attributes-all", OTSEG_ACCESS_READ, 0, 0) \
	X(SET_ATTRIBUTES_ALL, 0x02, "set-attributes-all", ENIP_SET_ANY, 0, OTSEG_FN_SUB) \
	X(GET_ATTRIBUTE_LIST, 0x03, "get-attribute-list", OTSEG_ACCESS_READ, 0, 0) \
	X(SET_ATTRIBUTE_LIST, 0x04, "set-attribute-list", ENIP_SET_ANY, 0, OTSEG_FN_SUB) \
	X(RESET, 0x05, "reset", OTSEG_ACCESS_CONTROL | OTSEG_ACCESS_PROGRAM, 0, OTSEG_FN_SUB) \
	X(START, 0x06, "start", OTSEG_ACCESS_CONTROL, 0, 0) \
	X(STOP, 0x07, "stop", OTSEG_ACCESS_CONTROL, 0, 0) \
	X(CREATE, 0x08, "create", OTSEG_ACCESS_PROGRAM, 0, 0) \
	X(DELETE, 0x09, "delete", OTSEG_ACCESS_PROGRAM, 0, 0) \
	X(MULTIPLE_SERVICE, 0x0a, "multiple-service-packet", OTSEG_ACCESS_SESSION, 0, 0) \
	X(APPLY_ATTRIBUTES, 0x0d, "apply-attributes", ENIP_SET_ANY, 0, OTSEG_FN_SUB) \
	X(GET_ATTRIBUTE_SINGLE, 0x0e, "get-attribute-single", OTSEG_ACCESS_READ, 0, 0) \
	X(SET_ATTRIBUTE_SINGLE, 0x10, "set-attribute-single", ENIP_SET_ANY, 0, OTSEG_FN_SUB) \
	X(FIND_NEXT, 0x11, "find-next-object-instance", OTSEG_ACCESS_READ, 0, 0) \
	X(RESTORE, 0x15, "restore", OTSEG_ACCESS_PROGRAM, 0, 0) \
	X(SAVE, 0x16, "save", OTSEG_ACCESS_PROGRAM, 0, 0) \
	X(NO_OPERATION, 0x17, "no-operation", OTSEG_ACCESS_READ, 0, 0) \
	X(GET_MEMBER, 0x18, "get-member", OTSEG_ACCESS_READ, 0, 0) \
	X(SET_MEMBER, 0x19, "set-member", ENIP_SET_ANY, 0, OTSEG_FN_SUB) \
	X(INSERT_MEMBER, 0x1a, "insert-member", ENIP_SET_ANY, 0, OTSEG_FN_SUB) \
	X(REMOVE_MEMBER, 0x1b, "remove-member", ENIP_SET_ANY, 0, OTSEG_FN_SUB) \
	X(GROUP_SYNC, 0x1c, "group-sync", OTSEG_ACCESS_CONTROL, 0, 0) \
	/* Message Router: Vol 1, 5-1 */ \
	X(SYMBOLIC_TRANSLATION, 0x024b, "symbolic-translation", OTSEG_ACCESS_READ, 0, 0) \
	/* Connection: Vol 1, 3-4 */ \
	X(CONNECTION_BIND, 0x054b, "connection-bind", OTSEG_ACCESS_PROGRAM | OTSEG_ACCESS_CONTROL, 0, 0) \
	X(PRODUCING_LOOKUP, 0x054c, "producing-application-lookup", OTSEG_ACCESS_READ, 0, 0) \
	/* Connection Manager: Vol 1, 3-5.5 */ \
	X(FORWARD_CLOSE, 0x064e, "forward-close", ENIP_CLOSE_ANY, 0, OTSEG_FN_SUB) \
	X(FORWARD_OPEN, 0x0654, "forward-open", ENIP_OPEN_ANY, 0, OTSEG_FN_SUB) \
	X(GET_CONNECTION_DATA, 0x0656, "get-connection-data", OTSEG_ACCESS_DIAGNOSTIC, 0, 0) \
	X(SEARCH_CONNECTION_DATA, 0x0657, "search-connection-data", OTSEG_ACCESS_DIAGNOSTIC, 0, 0) \
	X(GET_CONNECTION_OWNER, 0x065a, "get-connection-owner", OTSEG_ACCESS_DIAGNOSTIC, 0, 0) \
	X(LARGE_FORWARD_OPEN, 0x065b, "large-forward-open", ENIP_OPEN_ANY, 0, OTSEG_FN_SUB) \
	/* Parameter: Vol 1, 5-14 */ \
	X(GET_ENUM_STRING, 0x0f4b, "get-enum-string", OTSEG_ACCESS_READ, 0, 0) \
	/* File: Vol 1, 5-42 */ \
	X(INITIATE_UPLOAD, 0x374b, "initiate-upload", OTSEG_ACCESS_PROGRAM, 0, 0) \
	X(INITIATE_DOWNLOAD, 0x374c, "initiate-download", OTSEG_ACCESS_PROGRAM, 0, 0) \
	X(INITIATE_PARTIAL_READ, 0x374d, "initiate-partial-read", OTSEG_ACCESS_PROGRAM, 0, 0) \
	X(INITIATE_PARTIAL_WRITE, 0x374e, "initiate-partial-write", OTSEG_ACCESS_PROGRAM, 0, 0) \
	X(UPLOAD_TRANSFER, 0x374f, "upload-transfer", OTSEG_ACCESS_PROGRAM, 0, 0) \
	X(DOWNLOAD_TRANSFER, 0x3750, "download-transfer", OTSEG_ACCESS_PROGRAM, 0, 0) \
	X(CLEAR_FILE, 0x3751, "clear-file", OTSEG_ACCESS_PROGRAM, 0, 0) \
	/* Safety Supervisor and Safety Validator: Vol 5; names of packet-cipsafety.c */ \
	X(SAFETY_RECOVER, 0x394c, "safety-recover", OTSEG_ACCESS_CONTROL, 0, 0) \
	X(SAFETY_DIAGNOSTICS, 0x394e, "safety-perform-diagnostics", OTSEG_ACCESS_CONTROL, 0, 0) \
	X(SAFETY_CONFIGURE, 0x394f, "safety-configure-request", OTSEG_ACCESS_PROGRAM, 0, 0) \
	X(SAFETY_VALIDATE, 0x3950, "safety-validate-configuration", OTSEG_ACCESS_PROGRAM, 0, 0) \
	X(SAFETY_SET_PASSWORD, 0x3951, "safety-set-password", OTSEG_ACCESS_PROGRAM, 0, 0) \
	X(SAFETY_LOCK, 0x3952, "safety-configuration-lock", OTSEG_ACCESS_PROGRAM, 0, 0) \
	X(SAFETY_MODE, 0x3953, "safety-mode-change", OTSEG_ACCESS_CONTROL, 0, 0) \
	X(SAFETY_RESET, 0x3954, "safety-reset", OTSEG_ACCESS_CONTROL | OTSEG_ACCESS_PROGRAM, 0, 0) \
	X(SAFETY_RESET_PASSWORD, 0x3955, "safety-reset-password", OTSEG_ACCESS_PROGRAM, 0, 0) \
	X(SAFETY_PROPOSE_TUNID, 0x3956, "safety-propose-tunid", OTSEG_ACCESS_PROGRAM, 0, 0) \
	X(SAFETY_APPLY_TUNID, 0x3957, "safety-apply-tunid", OTSEG_ACCESS_PROGRAM, 0, 0) \
	X(SAFETY_PROPOSE_TUNIDS, 0x3958, "safety-propose-tunid-list", OTSEG_ACCESS_PROGRAM, 0, 0) \
	X(SAFETY_APPLY_TUNIDS, 0x3959, "safety-apply-tunid-list", OTSEG_ACCESS_PROGRAM, 0, 0) \
	X(SAFETY_RESET_ERROR, 0x3a4b, "safety-reset-error", OTSEG_ACCESS_CONTROL, 0, 0) \
	/* Modbus: Vol 7, 5-2; what a passthrough does, a Modbus function within tells */ \
	X(MODBUS_READ_DISCRETE, 0x444b, "modbus-read-discrete-inputs", OTSEG_ACCESS_READ, 0, 0) \
	X(MODBUS_READ_COILS, 0x444c, "modbus-read-coils", OTSEG_ACCESS_READ, 0, 0) \
	X(MODBUS_READ_INPUT, 0x444d, "modbus-read-input-registers", OTSEG_ACCESS_READ, 0, 0) \
	X(MODBUS_READ_HOLDING, 0x444e, "modbus-read-holding-registers", OTSEG_ACCESS_READ, 0, 0) \
	X(MODBUS_WRITE_COILS, 0x444f, "modbus-write-coils", OTSEG_ACCESS_WRITE, 0, 0) \
	X(MODBUS_WRITE_HOLDING, 0x4450, "modbus-write-holding-registers", OTSEG_ACCESS_WRITE, 0, 0) \
	X(MODBUS_PASSTHROUGH, 0x4451, "modbus-passthrough", \
		OTSEG_ACCESS_WRITE | OTSEG_ACCESS_CONTROL | OTSEG_ACCESS_PROGRAM | OTSEG_ACCESS_VENDOR, 0, \
		OTSEG_FN_OPAQUE) \
	/* PCCC: 1756-PM020, 1770-6.5.16 */ \
	X(EXECUTE_PCCC, 0x674b, "execute-pccc", \
		OTSEG_ACCESS_READ | OTSEG_ACCESS_DIAGNOSTIC | OTSEG_ACCESS_WRITE | \
		OTSEG_ACCESS_CONTROL | OTSEG_ACCESS_PROGRAM, OTSEG_ENIP_OBJ_FILE, OTSEG_FN_SUB) \
	/* Symbol, and paths that name a tag; Template: 1756-PM020 */ \
	X(READ_TAG, 0x6b4c, "read-tag", OTSEG_ACCESS_READ, 0, 0) \
	X(WRITE_TAG, 0x6b4d, "write-tag", OTSEG_ACCESS_WRITE, 0, 0) \
	X(READ_MODIFY_WRITE_TAG, 0x6b4e, "read-modify-write-tag", OTSEG_ACCESS_WRITE, 0, 0) \
	X(READ_TAG_FRAGMENTED, 0x6b52, "read-tag-fragmented", OTSEG_ACCESS_READ, 0, 0) \
	X(WRITE_TAG_FRAGMENTED, 0x6b53, "write-tag-fragmented", OTSEG_ACCESS_WRITE, 0, 0) \
	X(GET_INSTANCE_ATTRIBUTES, 0x6b55, "get-instance-attribute-list", OTSEG_ACCESS_READ, 0, 0) \
	X(READ_TEMPLATE, 0x6c4c, "read-template", OTSEG_ACCESS_READ, 0, 0) \
	/* Connection Configuration: Vol 1, 5-50 */ \
	X(KICK_TIMER, 0xf34b, "kick-timer", OTSEG_ACCESS_PROGRAM, 0, 0) \
	X(OPEN_CONNECTION, 0xf34c, "open-connection", OTSEG_ACCESS_PROGRAM | OTSEG_ACCESS_CONTROL, 0, 0) \
	X(CLOSE_CONNECTION, 0xf34d, "close-connection", OTSEG_ACCESS_PROGRAM | OTSEG_ACCESS_CONTROL, 0, 0) \
	X(STOP_CONNECTION, 0xf34e, "stop-connection", OTSEG_ACCESS_PROGRAM | OTSEG_ACCESS_CONTROL, 0, 0) \
	X(CHANGE_START, 0xf34f, "change-start", OTSEG_ACCESS_PROGRAM, 0, 0) \
	X(GET_STATUS, 0xf350, "get-status", OTSEG_ACCESS_DIAGNOSTIC, 0, 0) \
	X(CHANGE_COMPLETE, 0xf351, "change-complete", OTSEG_ACCESS_PROGRAM, 0, 0) \
	X(AUDIT_CHANGES, 0xf352, "audit-changes", OTSEG_ACCESS_PROGRAM, 0, 0) \
	/* Ethernet Link: Vol 2, 5-5; it clears the counters that it reads */ \
	X(GET_AND_CLEAR, 0xf64c, "get-and-clear", OTSEG_ACCESS_CONTROL, 0, 0) \
	/* encapsulation: Vol 2, 2-4; 0x72 and 0x73 are names of its first edition only */ \
	X(NOP, 0x1000, "nop", OTSEG_ACCESS_SESSION, 0, 0) \
	X(LIST_SERVICES, 0x1004, "list-services", OTSEG_ACCESS_READ, 0, 0) \
	X(LIST_IDENTITY, 0x1063, "list-identity", OTSEG_ACCESS_READ, 0, 0) \
	X(LIST_INTERFACES, 0x1064, "list-interfaces", OTSEG_ACCESS_READ, 0, 0) \
	X(REGISTER_SESSION, 0x1065, "register-session", OTSEG_ACCESS_SESSION, 0, 0) \
	X(UNREGISTER_SESSION, 0x1066, "unregister-session", OTSEG_ACCESS_SESSION, 0, 0) \
	X(INDICATE_STATUS, 0x1072, "indicate-status", OTSEG_ACCESS_VENDOR, 0, OTSEG_FN_OPAQUE) \
	X(CANCEL, 0x1073, "cancel", OTSEG_ACCESS_VENDOR, 0, OTSEG_FN_OPAQUE) \
	X(START_DTLS, 0x10c8, "start-dtls", OTSEG_ACCESS_VENDOR, 0, OTSEG_FN_OPAQUE)
/* clang-format on */

enum otseg_enip_function {
#define X(id, code, name, access, object, flags) OTSEG_ENIP_FC_##id = (code),
	OTSEG_ENIP_FUNCTIONS(X)
#undef X
};

/* Not a function: what it wraps is. */
#define ENIP_UNCONNECTED_SEND (OTSEG_ENIP_CLASS_MANAGER << 8 | 0x52)

/* clang-format off */
/*
 * Kinds: X(ID, function, number, "name", access). To set is `write` where it is process
 * data, see OTSEG_ENIP_PROCESS, and elsewhere it changes the configuration as well.
 */
#define ENIP_SETS(X, function) \
	X(PROCESS, function, 1, "process-data", OTSEG_ACCESS_WRITE) \
	X(DRIVE, function, 2, "drive", OTSEG_ACCESS_WRITE | OTSEG_ACCESS_CONTROL) \
	X(CONFIGURATION, function, 3, "configuration", OTSEG_ACCESS_WRITE | OTSEG_ACCESS_PROGRAM)
/* Of the device, and with type 0, it restarts; other types lose settings (Vol 1, 5-2.3.1). */
#define ENIP_RESETS(X) \
	X(RESTART, OTSEG_ENIP_FC_RESET, 1, "restart", OTSEG_ACCESS_CONTROL) \
	X(SETTINGS, OTSEG_ENIP_FC_RESET, 2, "settings", OTSEG_ACCESS_CONTROL | OTSEG_ACCESS_PROGRAM) \
	X(OBJECT, OTSEG_ENIP_FC_RESET, 3, "object", OTSEG_ACCESS_CONTROL)
/*
 * Connections: for messages to the router, each of which is judged when it comes; for inputs,
 * where the originator sends nothing but a heartbeat; for I/O, whose outputs flow for as
 * long as it is open; others. With configuration in the path it is set before. One that has data
 * in neither direction opens none (Vol 1, 3-5.5.2, Null Forward Open): it asks whether the target is
 * there, or sets configuration, perhaps that of a connection which is somebody else's.
 */
#define ENIP_OPENS(X, function) \
	X(MESSAGES, function, 1, "messages", OTSEG_ACCESS_SESSION) \
	X(INPUTS, function, 2, "inputs", OTSEG_ACCESS_READ) \
	X(IO, function, 3, "io", OTSEG_ACCESS_WRITE | OTSEG_ACCESS_CONTROL) \
	X(OTHER, function, 4, "other", OTSEG_ACCESS_VENDOR) \
	X(CONFIGURED_INPUTS, function, 5, "configured-inputs", OTSEG_ACCESS_READ | OTSEG_ACCESS_PROGRAM) \
	X(CONFIGURED_IO, function, 6, "configured-io", \
		OTSEG_ACCESS_WRITE | OTSEG_ACCESS_CONTROL | OTSEG_ACCESS_PROGRAM) \
	X(CONFIGURED_OTHER, function, 7, "configured-other", OTSEG_ACCESS_PROGRAM | OTSEG_ACCESS_VENDOR) \
	X(NOTHING, function, 8, "null", OTSEG_ACCESS_READ) \
	X(CONFIGURED_NOTHING, function, 9, "configured-null", OTSEG_ACCESS_READ | OTSEG_ACCESS_PROGRAM)
/* A connection ends: one that the same conversation has opened, or one that may be another's. */
#define ENIP_CLOSES(X) \
	X(OWN, OTSEG_ENIP_FC_FORWARD_CLOSE, OTSEG_SUB_OWN, "own", OTSEG_ACCESS_SESSION) \
	X(OTHER, OTSEG_ENIP_FC_FORWARD_CLOSE, 2, "other", OTSEG_ACCESS_CONTROL)
/* clang-format on */

/*
 * PCCC commands within execute-pccc: X(ID, function, command << 8 | function, "name",
 * access); commands 0-2, 5 and 8 have no function. 1770-6.5.16, chapter 7, and names of
 * packet-cip.c. File services (open, read, physical) move programs. What executes other
 * commands within is the gravest that they can be.
 */
/* clang-format off */
#define ENIP_PCCC_ALL (ENIP_SET_ANY | OTSEG_ACCESS_VENDOR)
#define OTSEG_ENIP_PCCC(X) \
	X(PROTECTED_WRITE, OTSEG_ENIP_FC_EXECUTE_PCCC, 0x0000, "protected-write", OTSEG_ACCESS_WRITE) \
	X(UNPROTECTED_READ, OTSEG_ENIP_FC_EXECUTE_PCCC, 0x0100, "unprotected-read", OTSEG_ACCESS_READ) \
	X(PROTECTED_BIT_WRITE, OTSEG_ENIP_FC_EXECUTE_PCCC, 0x0200, "protected-bit-write", OTSEG_ACCESS_WRITE) \
	X(UNPROTECTED_BIT_WRITE, OTSEG_ENIP_FC_EXECUTE_PCCC, 0x0500, "unprotected-bit-write", OTSEG_ACCESS_WRITE) \
	X(ECHO, OTSEG_ENIP_FC_EXECUTE_PCCC, 0x0600, "echo", OTSEG_ACCESS_DIAGNOSTIC) \
	X(READ_COUNTERS, OTSEG_ENIP_FC_EXECUTE_PCCC, 0x0601, "read-diagnostic-counters", OTSEG_ACCESS_DIAGNOSTIC) \
	X(SET_VARIABLES, OTSEG_ENIP_FC_EXECUTE_PCCC, 0x0602, "set-variables", OTSEG_ACCESS_PROGRAM) \
	X(DIAGNOSTIC_STATUS, OTSEG_ENIP_FC_EXECUTE_PCCC, 0x0603, "diagnostic-status", OTSEG_ACCESS_DIAGNOSTIC) \
	X(SET_TIMEOUT, OTSEG_ENIP_FC_EXECUTE_PCCC, 0x0604, "set-timeout", OTSEG_ACCESS_PROGRAM) \
	X(SET_NAKS, OTSEG_ENIP_FC_EXECUTE_PCCC, 0x0605, "set-naks", OTSEG_ACCESS_PROGRAM) \
	X(SET_ENQS, OTSEG_ENIP_FC_EXECUTE_PCCC, 0x0606, "set-enqs", OTSEG_ACCESS_PROGRAM) \
	X(RESET_COUNTERS, OTSEG_ENIP_FC_EXECUTE_PCCC, 0x0607, "reset-diagnostic-counters", OTSEG_ACCESS_CONTROL) \
	X(SET_TABLE_SIZE, OTSEG_ENIP_FC_EXECUTE_PCCC, 0x0608, "set-data-table-size", OTSEG_ACCESS_PROGRAM) \
	X(READ_LINK, OTSEG_ENIP_FC_EXECUTE_PCCC, 0x0609, "read-link-parameters", OTSEG_ACCESS_DIAGNOSTIC) \
	X(SET_LINK, OTSEG_ENIP_FC_EXECUTE_PCCC, 0x060a, "set-link-parameters", OTSEG_ACCESS_PROGRAM) \
	X(DISABLE_OUTPUTS, OTSEG_ENIP_FC_EXECUTE_PCCC, 0x0700, "disable-outputs", OTSEG_ACCESS_CONTROL) \
	X(ENABLE_OUTPUTS, OTSEG_ENIP_FC_EXECUTE_PCCC, 0x0701, "enable-outputs", OTSEG_ACCESS_CONTROL) \
	X(ENABLE_SCANNING, OTSEG_ENIP_FC_EXECUTE_PCCC, 0x0703, "enable-plc-scanning", OTSEG_ACCESS_CONTROL) \
	X(ENTER_DOWNLOAD, OTSEG_ENIP_FC_EXECUTE_PCCC, 0x0704, "enter-download-mode", \
		OTSEG_ACCESS_CONTROL | OTSEG_ACCESS_PROGRAM) \
	X(EXIT_MODE, OTSEG_ENIP_FC_EXECUTE_PCCC, 0x0705, "exit-download-upload-mode", \
		OTSEG_ACCESS_CONTROL | OTSEG_ACCESS_PROGRAM) \
	X(ENTER_UPLOAD, OTSEG_ENIP_FC_EXECUTE_PCCC, 0x0706, "enter-upload-mode", \
		OTSEG_ACCESS_CONTROL | OTSEG_ACCESS_PROGRAM) \
	X(UNPROTECTED_WRITE, OTSEG_ENIP_FC_EXECUTE_PCCC, 0x0800, "unprotected-write", OTSEG_ACCESS_WRITE) \
	X(WORD_RANGE_WRITE, OTSEG_ENIP_FC_EXECUTE_PCCC, 0x0f00, "word-range-write", OTSEG_ACCESS_WRITE) \
	X(WORD_RANGE_READ, OTSEG_ENIP_FC_EXECUTE_PCCC, 0x0f01, "word-range-read", OTSEG_ACCESS_READ) \
	X(BIT_WRITE, OTSEG_ENIP_FC_EXECUTE_PCCC, 0x0f02, "bit-write", OTSEG_ACCESS_WRITE) \
	X(FILE_WRITE, OTSEG_ENIP_FC_EXECUTE_PCCC, 0x0f03, "file-write", OTSEG_ACCESS_WRITE | OTSEG_ACCESS_PROGRAM) \
	X(FILE_READ, OTSEG_ENIP_FC_EXECUTE_PCCC, 0x0f04, "file-read", OTSEG_ACCESS_PROGRAM) \
	X(DOWNLOAD_REQUEST, OTSEG_ENIP_FC_EXECUTE_PCCC, 0x0f05, "download-request", OTSEG_ACCESS_PROGRAM) \
	X(UPLOAD, OTSEG_ENIP_FC_EXECUTE_PCCC, 0x0f06, "upload", OTSEG_ACCESS_PROGRAM) \
	X(SHUTDOWN, OTSEG_ENIP_FC_EXECUTE_PCCC, 0x0f07, "shutdown", OTSEG_ACCESS_CONTROL) \
	X(PHYSICAL_WRITE, OTSEG_ENIP_FC_EXECUTE_PCCC, 0x0f08, "physical-write", \
		OTSEG_ACCESS_WRITE | OTSEG_ACCESS_PROGRAM) \
	X(PHYSICAL_READ, OTSEG_ENIP_FC_EXECUTE_PCCC, 0x0f09, "physical-read", OTSEG_ACCESS_PROGRAM) \
	X(RESTART_REQUEST, OTSEG_ENIP_FC_EXECUTE_PCCC, 0x0f0a, "restart-request", OTSEG_ACCESS_CONTROL) \
	X(GET_EDIT, OTSEG_ENIP_FC_EXECUTE_PCCC, 0x0f11, "get-edit-resource", OTSEG_ACCESS_PROGRAM) \
	X(RETURN_EDIT, OTSEG_ENIP_FC_EXECUTE_PCCC, 0x0f12, "return-edit-resource", OTSEG_ACCESS_PROGRAM) \
	X(READ_BYTES, OTSEG_ENIP_FC_EXECUTE_PCCC, 0x0f17, "read-bytes-physical", OTSEG_ACCESS_PROGRAM) \
	X(WRITE_BYTES, OTSEG_ENIP_FC_EXECUTE_PCCC, 0x0f18, "write-bytes-physical", \
		OTSEG_ACCESS_WRITE | OTSEG_ACCESS_PROGRAM) \
	X(READ_MODIFY_WRITE, OTSEG_ENIP_FC_EXECUTE_PCCC, 0x0f26, "read-modify-write", OTSEG_ACCESS_WRITE) \
	X(READ_SECTION, OTSEG_ENIP_FC_EXECUTE_PCCC, 0x0f29, "read-section-size", OTSEG_ACCESS_PROGRAM) \
	X(SET_CPU_MODE, OTSEG_ENIP_FC_EXECUTE_PCCC, 0x0f3a, "set-cpu-mode", OTSEG_ACCESS_CONTROL) \
	X(DISABLE_FORCES, OTSEG_ENIP_FC_EXECUTE_PCCC, 0x0f41, "disable-forces", OTSEG_ACCESS_CONTROL) \
	X(DOWNLOAD_ALL, OTSEG_ENIP_FC_EXECUTE_PCCC, 0x0f50, "download-all-request", OTSEG_ACCESS_PROGRAM) \
	X(DOWNLOAD_DONE, OTSEG_ENIP_FC_EXECUTE_PCCC, 0x0f52, "download-completed", OTSEG_ACCESS_PROGRAM) \
	X(UPLOAD_ALL, OTSEG_ENIP_FC_EXECUTE_PCCC, 0x0f53, "upload-all-request", OTSEG_ACCESS_PROGRAM) \
	X(UPLOAD_DONE, OTSEG_ENIP_FC_EXECUTE_PCCC, 0x0f55, "upload-completed", OTSEG_ACCESS_PROGRAM) \
	X(INITIALIZE_MEMORY, OTSEG_ENIP_FC_EXECUTE_PCCC, 0x0f57, "initialize-memory", \
		OTSEG_ACCESS_CONTROL | OTSEG_ACCESS_PROGRAM) \
	X(MODIFY_PLC2, OTSEG_ENIP_FC_EXECUTE_PCCC, 0x0f5e, "modify-plc-2-compatibility-file", OTSEG_ACCESS_PROGRAM) \
	X(TYPED_WRITE, OTSEG_ENIP_FC_EXECUTE_PCCC, 0x0f67, "typed-write", OTSEG_ACCESS_WRITE) \
	X(TYPED_READ, OTSEG_ENIP_FC_EXECUTE_PCCC, 0x0f68, "typed-read", OTSEG_ACCESS_READ) \
	X(READ_MODIFY_WRITE_N, OTSEG_ENIP_FC_EXECUTE_PCCC, 0x0f79, "read-modify-write-n", OTSEG_ACCESS_WRITE) \
	X(CHANGE_CPU_MODE, OTSEG_ENIP_FC_EXECUTE_PCCC, 0x0f80, "change-cpu-mode", OTSEG_ACCESS_CONTROL) \
	X(OPEN_FILE, OTSEG_ENIP_FC_EXECUTE_PCCC, 0x0f81, "open-file", OTSEG_ACCESS_PROGRAM) \
	X(CLOSE_FILE, OTSEG_ENIP_FC_EXECUTE_PCCC, 0x0f82, "close-file", OTSEG_ACCESS_PROGRAM) \
	X(EXECUTE_MULTIPLE, OTSEG_ENIP_FC_EXECUTE_PCCC, 0x0f88, "execute-multiple-commands", ENIP_PCCC_ALL) \
	X(APPLY_PORT, OTSEG_ENIP_FC_EXECUTE_PCCC, 0x0f8f, "apply-port-configuration", OTSEG_ACCESS_PROGRAM) \
	X(LOGICAL_READ_2, OTSEG_ENIP_FC_EXECUTE_PCCC, 0x0fa1, "protected-typed-logical-read-2", OTSEG_ACCESS_READ) \
	X(LOGICAL_READ_3, OTSEG_ENIP_FC_EXECUTE_PCCC, 0x0fa2, "protected-typed-logical-read-3", OTSEG_ACCESS_READ) \
	X(TYPED_FILE_READ, OTSEG_ENIP_FC_EXECUTE_PCCC, 0x0fa7, "protected-typed-file-read", OTSEG_ACCESS_PROGRAM) \
	X(LOGICAL_WRITE_2, OTSEG_ENIP_FC_EXECUTE_PCCC, 0x0fa9, "protected-typed-logical-write-2", OTSEG_ACCESS_WRITE) \
	X(LOGICAL_WRITE_3, OTSEG_ENIP_FC_EXECUTE_PCCC, 0x0faa, "protected-typed-logical-write-3", OTSEG_ACCESS_WRITE) \
	X(MASKED_WRITE_3, OTSEG_ENIP_FC_EXECUTE_PCCC, 0x0fab, "protected-typed-logical-masked-write-3", \
		OTSEG_ACCESS_WRITE) \
	X(TYPED_FILE_WRITE, OTSEG_ENIP_FC_EXECUTE_PCCC, 0x0faf, "protected-typed-file-write", \
		OTSEG_ACCESS_WRITE | OTSEG_ACCESS_PROGRAM)
/* clang-format on */

#define OTSEG_ENIP_SUBFUNCTIONS(X)                  \
	ENIP_SETS(X, OTSEG_ENIP_FC_SET_ATTRIBUTES_ALL)   \
	ENIP_SETS(X, OTSEG_ENIP_FC_SET_ATTRIBUTE_LIST)   \
	ENIP_SETS(X, OTSEG_ENIP_FC_APPLY_ATTRIBUTES)     \
	ENIP_SETS(X, OTSEG_ENIP_FC_SET_ATTRIBUTE_SINGLE) \
	ENIP_SETS(X, OTSEG_ENIP_FC_SET_MEMBER)           \
	ENIP_SETS(X, OTSEG_ENIP_FC_INSERT_MEMBER)        \
	ENIP_SETS(X, OTSEG_ENIP_FC_REMOVE_MEMBER)        \
	ENIP_RESETS(X)                                   \
	ENIP_OPENS(X, OTSEG_ENIP_FC_FORWARD_OPEN)        \
	ENIP_OPENS(X, OTSEG_ENIP_FC_LARGE_FORWARD_OPEN)  \
	ENIP_CLOSES(X)                                   \
	OTSEG_ENIP_PCCC(X)

enum otseg_enip_kind {
#define X(id, function, number, name, access) ENIP_SET_##id = (number),
	ENIP_SETS(X, 0)
#undef X
#define X(id, function, number, name, access) ENIP_RESET_##id = (number),
		ENIP_RESETS(X)
#undef X
#define X(id, function, number, name, access) ENIP_OPEN_##id = (number),
			ENIP_OPENS(X, 0)
#undef X
#define X(id, function, number, name, access) ENIP_SET_ACCESS_##id = (access),
				ENIP_SETS(X, 0)
#undef X
#define X(id, function, number, name, access) ENIP_RESET_ACCESS_##id = (access),
					ENIP_RESETS(X)
#undef X
#define X(id, function, number, name, access) ENIP_OPEN_ACCESS_##id = (access),
						ENIP_OPENS(X, 0)
#undef X
#define X(id, function, number, name, access) ENIP_CLOSE_##id = (number),
							ENIP_CLOSES(X)
#undef X
#define X(id, function, number, name, access) ENIP_CLOSE_ACCESS_##id = (access),
								ENIP_CLOSES(X)
#undef X
#define X(id, function, number, name, access) OTSEG_ENIP_PCCC_##id = (number),
									OTSEG_ENIP_PCCC(X)
#undef X
};

/* Objects: elements of data files of PLC-5, SLC and MicroLogix: N7:3 is 7/3 (1770-6.5.16, 13). */
/* clang-format off */
#define OTSEG_ENIP_OBJECTS(X) \
	X(FILE, 1, "data-file", 0xffffffff, OTSEG_OBJ_PAIR, \
	  "element of a data file in PCCC: file << 16 | element")
/* clang-format on */

enum otseg_enip_object {
	OTSEG_ENIP_OBJ_NONE,
#define X(id, number, name, max, flags, sentence) OTSEG_ENIP_OBJ_##id = (number),
	OTSEG_ENIP_OBJECTS(X)
#undef X
};

/*
 * Fields: those of the path of the request; of its route, through Unconnected Send or the
 * path of a Forward Open; of a connection. One of which a message has several, so that
 * one number would not say all, is not there: no rule that names it covers the message.
 */
/* clang-format off */
#define OTSEG_ENIP_FIELDS(X) \
	X(CLASS, 0, "class", 0xffff, "class that the request is for: the last of its path") \
	X(INSTANCE, 1, "instance", 0xffffffff, "instance of that class, 0: the class itself") \
	X(ATTRIBUTE, 2, "attribute", 0xffff, "attribute of that instance") \
	X(MEMBER, 3, "member", 0xffffffff, "member of that attribute, or the one element of a tag that is an array") \
	X(OUTER_CLASS, 4, "outer-class", 0xffff, "first class of a path that names several") \
	X(PORT, 5, "port", 0xffff, "port that a routed request leaves the device by: 1 is the backplane") \
	X(LINK, 6, "link", 0xff, "number beyond that port, such as the slot") \
	X(HOPS, 7, "hops", 0xff, "number of ports on the route, 0: the device itself; none over a connection") \
	X(TRANSPORT, 8, "transport-class", 15, "of a connection to be opened: 0 and 1 are I/O, 3 is messages") \
	X(OT_ID, 9, "o-t-id", 0xffffffff, "connection identifier from originator to target") \
	X(TO_ID, 10, "t-o-id", 0xffffffff, "connection identifier from target to originator") \
	X(TARGET_CLASS, 11, "target-class", 0xffff, "class that a connection is opened to: 2 is the message router") \
	X(CONSUMED, 12, "consumed-point", 0xffffffff, "connection point or instance that takes the originator's data") \
	X(PRODUCED, 13, "produced-point", 0xffffffff, "connection point or instance whose data the target sends") \
	X(CONNECTION, 14, "connection-id", 0xffffffff, "connection that the message is sent over") \
	X(SERIAL, 15, "connection-serial", 0xffffffff, "vendor << 16 | serial number of a connection opened or closed")
#define OTSEG_ENIP_TEXTS(X) \
	X(TAG, 0, "tag", "first name of the path: a tag, or a program as in Program:Main") \
	X(NAME, 1, "name", "second name of the path: the member of a tag, or the tag of a program")
/* clang-format on */

enum otseg_enip_field {
#define X(id, number, name, max, sentence) OTSEG_ENIP_FIELD_##id = (number),
	OTSEG_ENIP_FIELDS(X)
#undef X
};

enum otseg_enip_text {
#define X(id, number, name, sentence) OTSEG_ENIP_TEXT_##id = (number),
	OTSEG_ENIP_TEXTS(X)
#undef X
};

/* Classes by name: Vol 1, chapter 5, and 1756-PM020. */
/* clang-format off */
#define ENIP_CLASS_WORDS(X, field) \
	X(field, 0x01, "identity") \
	X(field, 0x02, "message-router") \
	X(field, 0x04, "assembly") \
	X(field, 0x05, "connection") \
	X(field, 0x06, "connection-manager") \
	X(field, 0x0f, "parameter") \
	X(field, 0x37, "file") \
	X(field, 0x39, "safety-supervisor") \
	X(field, 0x43, "time-sync") \
	X(field, 0x44, "modbus") \
	X(field, 0x47, "device-level-ring") \
	X(field, 0x48, "qos") \
	X(field, 0x5d, "cip-security") \
	X(field, 0x5e, "ethernet-ip-security") \
	X(field, 0x5f, "certificate-management") \
	X(field, 0x67, "pccc") \
	X(field, 0x68, "program") \
	X(field, 0x6b, "symbol") \
	X(field, 0x6c, "template") \
	X(field, 0xf3, "connection-configuration") \
	X(field, 0xf4, "port") \
	X(field, 0xf5, "tcp-ip-interface") \
	X(field, 0xf6, "ethernet-link")
#define OTSEG_ENIP_FIELD_WORDS(X) \
	ENIP_CLASS_WORDS(X, OTSEG_ENIP_FIELD_CLASS) \
	ENIP_CLASS_WORDS(X, OTSEG_ENIP_FIELD_OUTER_CLASS) \
	ENIP_CLASS_WORDS(X, OTSEG_ENIP_FIELD_TARGET_CLASS) \
	X(OTSEG_ENIP_FIELD_PORT, 1, "backplane") \
	X(OTSEG_ENIP_FIELD_TRANSPORT, 0, "class-0") \
	X(OTSEG_ENIP_FIELD_TRANSPORT, 1, "class-1") \
	X(OTSEG_ENIP_FIELD_TRANSPORT, 2, "class-2") \
	X(OTSEG_ENIP_FIELD_TRANSPORT, 3, "class-3")
/* clang-format on */

/*
 * Classes of process data, and what setting something in them is: X(ID, class, kind). Points,
 * groups and assemblies of values (Vol 1, chapters 5 and 6), and the tags of a Logix controller;
 * a Control Supervisor is run and stopped by attributes (Vol 1, 5-29), and a drive by
 * those of both.
 */
/* clang-format off */
#define OTSEG_ENIP_PROCESS(X) \
	X(ASSEMBLY, 0x04, PROCESS) \
	X(REGISTER, 0x07, PROCESS) \
	X(DISCRETE_INPUT, 0x08, PROCESS) \
	X(DISCRETE_OUTPUT, 0x09, PROCESS) \
	X(ANALOG_INPUT, 0x0a, PROCESS) \
	X(ANALOG_OUTPUT, 0x0b, PROCESS) \
	X(DISCRETE_OUTPUT_GROUP, 0x1e, PROCESS) \
	X(ANALOG_OUTPUT_GROUP, 0x21, PROCESS) \
	X(CONTROL_SUPERVISOR, 0x29, DRIVE) \
	X(AC_DC_DRIVE, 0x2a, DRIVE) \
	X(SYMBOL, 0x6b, PROCESS)
/* clang-format on */

/*
 * Errors: X(ID, code, "name"): general status of CIP (Vol 1, appendix B), and from 0xb0 on,
 * where CIP has none, the status of the encapsulation (Vol 2, 2-3.5; see enip_status()).
 */
/* clang-format off */
#define OTSEG_ENIP_EXCEPTIONS(X) \
	X(CONNECTION_FAILURE, 0x01, "connection-failure") \
	X(RESOURCE, 0x02, "resource-unavailable") \
	X(PARAMETER_VALUE, 0x03, "invalid-parameter-value") \
	X(PATH_SEGMENT, 0x04, "path-segment-error") \
	X(PATH_UNKNOWN, 0x05, "path-destination-unknown") \
	X(PARTIAL, 0x06, "partial-transfer") \
	X(CONNECTION_LOST, 0x07, "connection-lost") \
	X(SERVICE, 0x08, "service-not-supported") \
	X(ATTRIBUTE_VALUE, 0x09, "invalid-attribute-value") \
	X(ATTRIBUTE_LIST, 0x0a, "attribute-list-error") \
	X(ALREADY, 0x0b, "already-in-requested-state") \
	X(STATE_CONFLICT, 0x0c, "object-state-conflict") \
	X(EXISTS, 0x0d, "object-already-exists") \
	X(NOT_SETTABLE, 0x0e, "attribute-not-settable") \
	X(PRIVILEGE, 0x0f, "privilege-violation") \
	X(DEVICE_STATE, 0x10, "device-state-conflict") \
	X(REPLY_SIZE, 0x11, "reply-data-too-large") \
	X(FRAGMENTATION, 0x12, "fragmentation-of-primitive-value") \
	X(TOO_LITTLE, 0x13, "not-enough-data") \
	X(ATTRIBUTE, 0x14, "attribute-not-supported") \
	X(TOO_MUCH, 0x15, "too-much-data") \
	X(NO_OBJECT, 0x16, "object-does-not-exist") \
	X(NO_FRAGMENTATION, 0x17, "fragmentation-not-in-progress") \
	X(NOT_STORED, 0x18, "no-stored-attribute-data") \
	X(STORE, 0x19, "store-operation-failure") \
	X(ROUTE_REQUEST, 0x1a, "routed-request-too-large") \
	X(ROUTE_RESPONSE, 0x1b, "routed-response-too-large") \
	X(EMBEDDED, 0x1e, "embedded-service-error") \
	X(VENDOR_ERROR, 0x1f, "vendor-specific-error") \
	X(PARAMETER, 0x20, "invalid-parameter") \
	X(WRITE_ONCE, 0x21, "write-once-value") \
	X(REPLY, 0x22, "invalid-reply-received") \
	X(KEY, 0x25, "key-failure-in-path") \
	X(PATH_SIZE, 0x26, "path-size-invalid") \
	X(ATTRIBUTE_UNEXPECTED, 0x27, "unexpected-attribute") \
	X(MEMBER, 0x28, "invalid-member") \
	X(MEMBER_NOT_SETTABLE, 0x29, "member-not-settable") \
	X(ENCAP_COMMAND, 0xb1, "encapsulation-invalid-command") \
	X(ENCAP_MEMORY, 0xb2, "encapsulation-no-memory") \
	X(ENCAP_DATA, 0xb3, "encapsulation-incorrect-data") \
	X(ENCAP_SESSION, 0xb4, "encapsulation-invalid-session") \
	X(ENCAP_LENGTH, 0xb5, "encapsulation-invalid-length") \
	X(ENCAP_REVISION, 0xb9, "encapsulation-unsupported-revision") \
	X(ENCAP_OTHER, 0xbf, "encapsulation-error")
/* clang-format on */

#define OTSEG_ENIP_SHAPE .code_max = 0xffff, .sub_max = 0xffff
#define OTSEG_ENIP_PARSE otseg_enip_parse

/* The encapsulation header: Vol 2, 2-3. All numbers of EtherNet/IP are little-endian. */
#define ENIP_AT_COMMAND 0 /* 2 bytes */
#define ENIP_AT_LENGTH 2 /* 2 bytes: those that follow the header */
#define ENIP_AT_SESSION 4 /* 4 bytes */
#define ENIP_AT_STATUS 8 /* 4 bytes, 0 in requests */
#define ENIP_AT_CONTEXT 12 /* 8 bytes, which the answer repeats */
#define ENIP_AT_OPTIONS 20 /* 4 bytes, 0 */
#define ENIP_AT_BODY 24
#define ENIP_LENGTH_MAX 65511

/* After it, of SendRRData and SendUnitData: Vol 2, 2-4.7, 2-4.8 and 2-6. */
#define ENIP_AT_HANDLE 24 /* 4 bytes, 0: CIP */
#define ENIP_AT_ITEMS 30 /* 2 bytes: items; then each with type, length, data */
#define ENIP_AT_ADDRESS 32
#define ENIP_AT_CONNECTION 36 /* of a connected address */
#define ENIP_AT_DATA 36 /* item of unconnected data, and its message */
#define ENIP_AT_MESSAGE 40
#define ENIP_AT_CONNECTED 40 /* item of connected data, its sequence count and its message */
#define ENIP_AT_SEQUENCE 44
#define ENIP_AT_CONNECTED_MESSAGE 46
#define ENIP_ITEM_NULL 0x0000
#define ENIP_ITEM_CONNECTION 0x00a1
#define ENIP_ITEM_CONNECTED 0x00b1
#define ENIP_ITEM_UNCONNECTED 0x00b2
#define ENIP_ITEM_SOCKADDR 0x8000 /* to the target; 0x8001 to the originator */
#define ENIP_SOCKADDR 20 /* such an item with its type and length */
#define ENIP_LIST_ITEMS 8 /* of an answer to ListIdentity and its like */

#define ENIP_SEND_RR_DATA 0x6f
#define ENIP_SEND_UNIT_DATA 0x70

/* Types of what is written to a tag: 1756-PM020. */
#define ENIP_TYPE_ATOMIC 0xc0 /* and following, in the lower byte; the upper one may tell a bit */
#define ENIP_TYPE_STRUCTURE 0x02a0 /* then its handle, 2 bytes */

#define ENIP_CIP_REPLY 0x80 /* in the service of an answer */
#define ENIP_COMMON_MAX 0x31 /* services above it are the class's or the vendor's: Vol 1, 4-9 */
#define ENIP_NESTED 0xff00 /* above a service whose path names several classes */
#define ENIP_SEGMENTS 24 /* of one path */
#define ENIP_SERVICES 64 /* in one Multiple Service Packet */

/* In @state: the session's handle, as far as it has room; that it is known, and from whom. */
#define ENIP_STATE_SESSION 0x20000000u
#define ENIP_STATE_REGISTERED 0x10000000u /* the device has given it here */
#define ENIP_STATE_HANDLE 0x0fffffffu
#define ENIP_STATE (ENIP_STATE_SESSION | ENIP_STATE_HANDLE)

/* What a path is of, above its end in an argument. */
#define ENIP_PATH_REQUEST 0x00000
#define ENIP_PATH_ROUTE 0x10000
#define ENIP_PATH_CONNECTION 0x20000

#define ENIP_STOP 0x10000u /* above a reason: the walk of a path ends */

/* In @keep of a request: the route to its target; whether there is more to it; see enip_hop(). */
#define ENIP_ROUTE_LONG 1

#define ENIP_BIT(id) (1u << OTSEG_ENIP_FIELD_##id)

/*
 * What the path of a request tells, and what any path; and what a message keeps of what it is
 * wrapped in. A request that only opens, closes or wraps has none of the first: that it is for
 * the router or the manager says nothing, and rules that name classes must not refuse it.
 */
#define ENIP_OWN_FIELDS                                                                       \
	(ENIP_BIT(CLASS) | ENIP_BIT(INSTANCE) | ENIP_BIT(ATTRIBUTE) | ENIP_BIT(MEMBER) |      \
	 ENIP_BIT(OUTER_CLASS))
#define ENIP_PATH_FIELDS                                                                      \
	(ENIP_OWN_FIELDS | ENIP_BIT(PORT) | ENIP_BIT(LINK) | ENIP_BIT(HOPS) |                 \
	 ENIP_BIT(TARGET_CLASS) | ENIP_BIT(CONSUMED) | ENIP_BIT(PRODUCED))
#define ENIP_OUTER_FIELDS (ENIP_BIT(PORT) | ENIP_BIT(LINK) | ENIP_BIT(HOPS) | ENIP_BIT(CONNECTION))

/*
 * The value of @x, of which the verifier then knows nothing, as otseg_forget(); by way of an
 * object, which no message has yet when it is used.
 */
#define enip_forget(msg, x)                                  \
	({                                                   \
		otseg_write((msg)->objects[0].first, (x));   \
		otseg_read((msg)->objects[0].first);         \
	})

/* Access of the function @code, its flags above that; 0: unknown. Verified once, by itself. */
OTSEG_GLOBAL u32 enip_known(u32 code)
{
	switch (code) {
/* clang-format off */
#define X(id, number, name, access, object, flags) \
	case number:                               \
		return (access) | (flags) << 8;
	OTSEG_ENIP_FUNCTIONS(X)
#undef X
	/* clang-format on */
	default:
		return 0;
	}
}

/* The same of a PCCC command and function. */
OTSEG_GLOBAL u32 enip_pccc_access(u32 sub)
{
	switch (sub) {
/* clang-format off */
#define X(id, function, number, name, access) \
	case number:                          \
		return (access);
	OTSEG_ENIP_PCCC(X)
#undef X
	/* clang-format on */
	default:
		return 0;
	}
}

/* The kind of setting something in a class. */
OTSEG_GLOBAL u32 enip_set_kind(u32 class)
{
	switch (class) {
/* clang-format off */
#define X(id, number, kind) \
	case number:        \
		return ENIP_SET_##kind;
	OTSEG_ENIP_PROCESS(X)
#undef X
	/* clang-format on */
	default:
		return ENIP_SET_CONFIGURATION;
	}
}

/*
 * While a path is walked: bits of the fields that have been in it, and of names. It is kept
 * in @unit, which the protocol has no use for, because of what is in memory the verifier
 * does not follow each value.
 */
#define enip_seen(msg) ((msg)->unit)
#define ENIP_SEEN_TAG 0x10000u
#define ENIP_SEEN_NAME 0x20000u

/* A number of a field of which there can be one: a second one takes the field away for good. */
OTSEG_INLINE void enip_only(struct otseg_msg *msg, const u32 field, u32 value)
{
	if (enip_seen(msg) & 1u << field)
		msg->field_mask &= (u16) ~(1u << field);
	else
		msg_field(msg, field, value);
	enip_seen(msg) |= 1u << field;
}

/*
 * A logical segment (Vol 1, C-1.4.2) with its number. Of a request: class, then instance
 * and so on; a further class takes the place of the one before. Of a connection: the points
 * are of configuration, consumption and production, and the first of them may be left
 * out, or one is for both (Vol 1, 3-5.5.1.10).
 */
OTSEG_INLINE u32 enip_logical(struct otseg_msg *msg, u32 type, u32 value, u32 kind)
{
	u32 mask = msg->field_mask;

	if (kind == ENIP_PATH_CONNECTION) {
		if (type == 0) {
			if (enip_seen(msg) & ENIP_BIT(TARGET_CLASS) &&
			    value == msg->fields[OTSEG_ENIP_FIELD_TARGET_CLASS])
				return OTSEG_R_NONE;
			enip_only(msg, OTSEG_ENIP_FIELD_TARGET_CLASS, value);
		} else if (type == 1 || type == 3) {
			msg_field(msg, OTSEG_ENIP_FIELD_CONSUMED,
				  mask & ENIP_BIT(PRODUCED) ?
					  msg->fields[OTSEG_ENIP_FIELD_PRODUCED] :
					  value);
			msg_field(msg, OTSEG_ENIP_FIELD_PRODUCED, value);
		}
		return OTSEG_R_NONE;
	}
	switch (type) {
	case 0:
		/* a tag and then a class: only that of tags, for those of a program */
		if (enip_seen(msg) & ENIP_SEEN_TAG && value != OTSEG_ENIP_CLASS_SYMBOL)
			return OTSEG_R_PDU_MALFORMED;
		if (mask & ENIP_BIT(CLASS) && !(mask & ENIP_BIT(OUTER_CLASS)))
			msg_field(msg, OTSEG_ENIP_FIELD_OUTER_CLASS,
				  msg->fields[OTSEG_ENIP_FIELD_CLASS]);
		msg->field_mask &= (u16) ~(ENIP_BIT(INSTANCE) | ENIP_BIT(ATTRIBUTE) | ENIP_BIT(MEMBER));
		enip_seen(msg) &= ~(ENIP_BIT(INSTANCE) | ENIP_BIT(ATTRIBUTE) | ENIP_BIT(MEMBER));
		msg_field(msg, OTSEG_ENIP_FIELD_CLASS, value);
		return OTSEG_R_NONE;
	case 1:
	case 3: /* a connection point is an instance of its class */
		if (!(mask & ENIP_BIT(CLASS)) || enip_seen(msg) & ENIP_BIT(INSTANCE))
			return OTSEG_R_PDU_MALFORMED;
		enip_only(msg, OTSEG_ENIP_FIELD_INSTANCE, value);
		return OTSEG_R_NONE;
	case 4:
		if (enip_seen(msg) & ENIP_BIT(ATTRIBUTE))
			return OTSEG_R_PDU_MALFORMED;
		enip_only(msg, OTSEG_ENIP_FIELD_ATTRIBUTE, value);
		return OTSEG_R_NONE;
	default:
		enip_only(msg, OTSEG_ENIP_FIELD_MEMBER, value);
		return OTSEG_R_NONE;
	}
}

/*
 * A port segment that begins with the bytes @segment and @low: the route so far is what connections
 * are compared by, two short ones at most.
 */
OTSEG_INLINE void enip_hop(struct otseg_msg *msg, u32 segment, u32 low)
{
	if (msg->keep[0] >> 16 || segment >= 0xf)
		msg->keep[1] = ENIP_ROUTE_LONG;
	msg->keep[0] = msg->keep[0] << 16 | segment << 8 | low;
}

/*
 * The segment at @from of a path, see enip_path(), which goes on there. By itself, because
 * kernels before 6.15 follow each way through it again in each round of the walk.
 * Return: its size, or ENIP_STOP and the reason, if any.
 */
OTSEG_GLOBAL u32 enip_segment(struct otseg_pdu *pdu, u32 from, u32 end, u32 have,
			      struct otseg_msg *msg)
{
	u32 kind = end & ~0xffffu;
	u32 to = end & 0xffff;
	u32 segment, low, size;
	const u8 *buf;

	if (!pdu || !msg)
		return ENIP_STOP | OTSEG_R_INTERNAL;
	buf = pdu->bytes;
	segment = pdu_u8(buf, from);
	if (kind == ENIP_PATH_ROUTE ? segment >= 0x20 :
				      kind == ENIP_PATH_REQUEST && segment < 0x20)
		return ENIP_STOP | OTSEG_R_PDU_MALFORMED;
	if (from + 1 >= have)
		return ENIP_STOP | (from + 2 > to ? OTSEG_R_PDU_LENGTH : OTSEG_R_NONE);
	low = pdu_u8(buf, from + 1);
	switch (segment >> 5) {
	case 0: /* port: with an extended number if 15, with a long address if 0x10 */
		size = 2;
		if (segment & 0x10) {
			if (!low)
				return ENIP_STOP | OTSEG_R_PDU_MALFORMED;
			size = 2 + low;
		}
		if ((segment & 0xf) == 0xf)
			size += 2;
		size += size & 1;
		break;
	case 1:
		size = (segment & 3) == 0 ? 2 : (segment & 3) == 1 ? 4 : 6;
		if ((segment & 3) == 3 || segment >= 0x38)
			return ENIP_STOP | OTSEG_R_PDU_MALFORMED;
		if (segment >= 0x34) { /* electronic key: Vol 1, C-1.4.2.5.1 */
			if (kind != ENIP_PATH_CONNECTION || segment != 0x34 ||
			    (low != 4 && low != 5))
				return ENIP_STOP | OTSEG_R_PDU_MALFORMED;
			size = low == 4 ? 10 : 14;
		} else if ((segment & 3) && low) {
			return ENIP_STOP | OTSEG_R_PDU_MALFORMED;
		} else if ((segment & 3) == 2 && (segment == 0x22 || segment == 0x32)) {
			return ENIP_STOP | OTSEG_R_PDU_MALFORMED;
		}
		break;
	case 2: /* network: a byte, or words: Vol 1, C-1.4.3 */
		if (kind != ENIP_PATH_CONNECTION)
			return ENIP_STOP | OTSEG_R_PDU_MALFORMED;
		size = segment & 0x10 ? 2 + 2 * low : 2;
		break;
	case 4: /* data, or a name: Vol 1, C-1.4.5 */
		if (segment == 0x91) {
			if (!low)
				return ENIP_STOP | OTSEG_R_PDU_MALFORMED;
			size = 2 + low + (low & 1);
			break;
		}
		if (segment != 0x80 || kind != ENIP_PATH_CONNECTION)
			return ENIP_STOP | OTSEG_R_PDU_MALFORMED;
		size = 2 + 2 * low;
		if (low)
			msg->access |= OTSEG_ACCESS_PROGRAM;
		break;
	default:
		return ENIP_STOP | OTSEG_R_PDU_MALFORMED;
	}
	if (from + size > to)
		return ENIP_STOP | OTSEG_R_PDU_LENGTH;
	if (from + size > have)
		return ENIP_STOP;
	if (segment < 0x20) {
		u32 port = segment & 0xf;

		if (port == 0xf)
			port = pdu_le16(buf, from + 1 + (segment >> 4));
		if (!port)
			return ENIP_STOP | OTSEG_R_PDU_MALFORMED;
		enip_only(msg, OTSEG_ENIP_FIELD_PORT, port);
		if (segment & 0x10)
			enip_seen(msg) |= ENIP_BIT(LINK);
		enip_only(msg, OTSEG_ENIP_FIELD_LINK, pdu_u8(buf, from + size - 1));
		msg_field(msg, OTSEG_ENIP_FIELD_HOPS,
			  msg->field_mask & ENIP_BIT(HOPS) ?
				  msg->fields[OTSEG_ENIP_FIELD_HOPS] + 1 :
				  1);
		enip_hop(msg, segment, low);
	} else if (segment < 0x34) {
		u32 value = (segment & 3) == 0 ? low :
			    (segment & 3) == 1 ? pdu_le16(buf, from + 2) :
						 pdu_le32(buf, from + 2);
		u32 reason = enip_logical(msg, (segment >> 2) & 7, value, kind);

		if (reason)
			return ENIP_STOP | reason;
	} else if (segment == 0x91) {
		/* behind a class: the member of a tag, or the tag of a program */
		if (kind == ENIP_PATH_REQUEST && msg->field_mask & ENIP_BIT(CLASS) &&
		    msg->fields[OTSEG_ENIP_FIELD_CLASS] != OTSEG_ENIP_CLASS_SYMBOL &&
		    msg->fields[OTSEG_ENIP_FIELD_CLASS] != OTSEG_ENIP_CLASS_PROGRAM)
			return ENIP_STOP | OTSEG_R_PDU_MALFORMED;
		if (!(enip_seen(msg) & ENIP_SEEN_TAG))
			msg_text(msg, OTSEG_ENIP_TEXT_TAG, from + 2, low);
		else if (!(enip_seen(msg) & ENIP_SEEN_NAME))
			msg_text(msg, OTSEG_ENIP_TEXT_NAME, from + 2, low);
		enip_seen(msg) |= enip_seen(msg) & ENIP_SEEN_TAG ? ENIP_SEEN_NAME :
								   ENIP_SEEN_TAG;
	}
	return size;
}

/* Segments of a path, see enip_path(): from @from on, they end at the low half of @end. */
OTSEG_INLINE u32 enip_segments(struct otseg_pdu *pdu, u32 from, u32 end, u32 have,
			       struct otseg_msg *msg)
{
	u32 to = end & 0xffff;
	u32 i;

	otseg_for(i, ENIP_SEGMENTS) {
		u32 said;

		if (from >= to || from >= have)
			return OTSEG_R_NONE;
		said = enip_segment(pdu, from, end, have, msg);
		if (said & ENIP_STOP)
			return said & ~ENIP_STOP;
		from += said;
	}
	return from < to ? OTSEG_R_PDU_NESTING : OTSEG_R_NONE;
}

/*
 * A path: segments from @from on that end at @end, which has the kind of path above it
 * (Vol 1, C-1.4; padded form). Of a request: logical segments and names. Of a route: ports.
 * Of a connection: those, and what only an opener sends: a key, configuration, which
 * changes the target, and network segments. What it tells, it tells as a whole: the last
 * segment can change what the ones before meant.
 */
OTSEG_GLOBAL u32 enip_path(struct otseg_pdu *pdu, u32 from, u32 end, u32 have,
			   struct otseg_msg *msg)
{
	u32 to = end & 0xffff;
	u32 reason;

	if (!pdu || !msg)
		return OTSEG_R_INTERNAL;
	if (to > OTSEG_PDU_MAX)
		return OTSEG_R_PDU_NESTING;
	/* a route within a route goes further than either says */
	enip_seen(msg) = msg->field_mask & (ENIP_BIT(PORT) | ENIP_BIT(LINK));
	reason = enip_segments(pdu, from, end, have, msg);
	enip_seen(msg) = 0;
	if (have < to) {
		msg->field_mask &= (u16)~ENIP_PATH_FIELDS;
		msg->text_mask = 0;
	}
	return reason;
}

/*
 * What the service is, of the class or name that the path tells. Devices differ in which of
 * several classes they take. Of a Logix controller a tag of a program is Program and Symbol;
 * what else has several, only its vendor knows.
 */
OTSEG_INLINE u32 enip_classify(struct otseg_msg *msg, u32 service)
{
	u32 has_class = msg->field_mask & ENIP_BIT(CLASS);
	u32 is_tag = msg->text_mask & 1;
	u32 class = has_class ? msg->fields[OTSEG_ENIP_FIELD_CLASS] :
		    is_tag    ? OTSEG_ENIP_CLASS_SYMBOL :
				0;
	u32 outer = msg->field_mask & ENIP_BIT(OUTER_CLASS) ?
			    msg->fields[OTSEG_ENIP_FIELD_OUTER_CLASS] :
			    0;
	u32 is_nested = outer && (class != OTSEG_ENIP_CLASS_SYMBOL || outer != OTSEG_ENIP_CLASS_PROGRAM);
	u32 code = service;
	u32 access;
	u32 sub = 0;

	/* what wraps or opens must not hide behind a second class */
	if (outer && (class == OTSEG_ENIP_CLASS_MANAGER || outer == OTSEG_ENIP_CLASS_MANAGER ||
		      service == OTSEG_ENIP_FC_MULTIPLE_SERVICE))
		return OTSEG_R_PDU_MALFORMED;
	if (service > ENIP_COMMON_MAX)
		code = class && class < 0x100 ? class << 8 | service : 0;
	access = enip_known(code);
	if (code == ENIP_UNCONNECTED_SEND) {
		access = OTSEG_ACCESS_SESSION;
	} else if (!access || is_nested || (code & 0xff00) == 0x1000) {
		/* no rule that means a service of one class covers it by its number */
		code = is_nested ? ENIP_NESTED | service : service;
		access = OTSEG_ACCESS_VENDOR;
		msg->flags |= OTSEG_MSG_UNKNOWN;
	} else if (code <= ENIP_COMMON_MAX && code != OTSEG_ENIP_FC_RESET &&
		   access >> 8 & OTSEG_FN_SUB) {
		sub = enip_set_kind(class);
		access = sub == ENIP_SET_PROCESS ? ENIP_SET_ACCESS_PROCESS :
			 sub == ENIP_SET_DRIVE	 ? ENIP_SET_ACCESS_DRIVE :
						   ENIP_SET_ACCESS_CONFIGURATION;
	}
	if (access & (OTSEG_ACCESS_WRITE | OTSEG_ACCESS_VENDOR))
		msg->flags |= OTSEG_MSG_OPAQUE_VALUES;
	msg_function(msg, code, sub, access & 0xff);
	return OTSEG_R_NONE;
}

/*
 * The head of the request that lies from @at to @end (Vol 1, 2-4.1): service, size of its path in
 * words, path. Takes the function back if the head is not all there.
 */
OTSEG_GLOBAL u32 enip_head(struct otseg_pdu *pdu, u32 at, u32 end, u32 have, struct otseg_msg *msg)
{
	u32 reason;
	u32 data;

	if (!pdu || !msg)
		return OTSEG_R_INTERNAL;
	msg->flags |= OTSEG_MSG_NO_FUNCTION;
	msg->flags &= (u16) ~(OTSEG_MSG_UNKNOWN | OTSEG_MSG_OPAQUE_VALUES);
	msg->function = 0;
	msg->access = 0;
	msg->field_mask &= (u16)ENIP_OUTER_FIELDS;
	msg->text_mask = 0;
	if (at + 2 > end)
		return OTSEG_R_PDU_LENGTH;
	if (at + 1 > OTSEG_PDU_MAX)
		return OTSEG_R_PDU_NESTING;
	if (have <= at)
		return OTSEG_R_NONE;
	if (pdu_u8(pdu->bytes, at) & ENIP_CIP_REPLY)
		return OTSEG_R_PDU_DIRECTION;
	if (have <= at + 1)
		return at + 2 > OTSEG_PDU_MAX ? OTSEG_R_PDU_NESTING : OTSEG_R_NONE;
	data = at + 2 + 2 * pdu_u8(pdu->bytes, at + 1);
	if (data > end)
		return OTSEG_R_PDU_LENGTH;
	reason = enip_path(pdu, at + 2, (data & 0xffff) | ENIP_PATH_REQUEST, have, msg);
	if (reason || have < data)
		return reason;
	return enip_classify(msg, pdu_u8(pdu->bytes, at));
}

/* The access of a kind of opening. */
OTSEG_INLINE u32 enip_open_access(u32 kind)
{
	switch (kind) {
#define X(id, function, number, name, access) \
	case number:                          \
		return (access);
		ENIP_OPENS(X, 0)
#undef X
	default:
		return OTSEG_ACCESS_ANY;
	}
}

/* Which kind an opening is whose data begin at @at; its path has been walked. */
OTSEG_INLINE void enip_open_kind(const u8 *buf, u32 at, struct otseg_msg *msg)
{
	u32 function = msg->function >> 16;
	u32 is_large = function == OTSEG_ENIP_FC_LARGE_FORWARD_OPEN;
	u32 transport = msg->fields[OTSEG_ENIP_FIELD_TRANSPORT];
	u32 size = is_large ? pdu_le16(buf, at + 26) : pdu_le16(buf, at + 26) & 0x1ff;
	u32 type = (is_large ? pdu_u8(buf, at + 29) : pdu_u8(buf, at + 27)) >> 5 & 3;
	u32 back = (is_large ? pdu_u8(buf, at + 37) : pdu_u8(buf, at + 33)) >> 5 & 3;
	u32 kind = ENIP_OPEN_OTHER;

	msg->memory = OTSEG_MEMORY_BEGIN;
	if (!type && !back) {
		msg->memory = OTSEG_MEMORY_NONE;
		kind = ENIP_OPEN_NOTHING;
	} else if (transport < 2) {
		/* type 0: no data; the sequence count is in the size of class 1 */
		msg->memory = OTSEG_MEMORY_OPEN;
		kind = !type || size <= 2 * transport ? ENIP_OPEN_INPUTS : ENIP_OPEN_IO;
	} else if (transport == 3 && !msg->text_mask && msg->field_mask & ENIP_BIT(TARGET_CLASS) &&
		   msg->fields[OTSEG_ENIP_FIELD_TARGET_CLASS] == OTSEG_ENIP_CLASS_ROUTER) {
		kind = ENIP_OPEN_MESSAGES;
	}
	if (msg->access) /* there is configuration in the path */
		kind = kind == ENIP_OPEN_IO	 ? ENIP_OPEN_CONFIGURED_IO :
		       kind == ENIP_OPEN_INPUTS	 ? ENIP_OPEN_CONFIGURED_INPUTS :
		       kind == ENIP_OPEN_NOTHING ? ENIP_OPEN_CONFIGURED_NOTHING :
						   ENIP_OPEN_CONFIGURED_OTHER;
	msg_function(msg, function, kind, enip_open_access(kind));
}

/*
 * Forward Open and Large Forward Open (Vol 1, 3-5.5.2), their data from @at on. Which kind it is,
 * class, size and path tell: the function is told with the last of them.
 */
OTSEG_GLOBAL u32 enip_open(struct otseg_pdu *pdu, u32 at, u32 end, u32 have, struct otseg_msg *msg)
{
	u32 is_large;
	u32 reason;
	u32 path;

	if (!pdu || !msg)
		return OTSEG_R_INTERNAL;
	is_large = msg->function >> 16 == OTSEG_ENIP_FC_LARGE_FORWARD_OPEN;
	path = at + 36 + 4 * is_large;
	msg->flags |= OTSEG_MSG_NO_FUNCTION;
	msg->access = 0;
	if (path > end)
		return OTSEG_R_PDU_LENGTH;
	if (path > OTSEG_PDU_MAX)
		return OTSEG_R_PDU_NESTING;
	/* its path will tell how far it goes */
	if (have < end)
		msg->field_mask &= (u16) ~(ENIP_BIT(PORT) | ENIP_BIT(LINK) | ENIP_BIT(HOPS));
	if (have < at + 14)
		return OTSEG_R_NONE;
	msg_field(msg, OTSEG_ENIP_FIELD_OT_ID, pdu_le32(pdu->bytes, at + 2));
	msg_field(msg, OTSEG_ENIP_FIELD_TO_ID, pdu_le32(pdu->bytes, at + 6));
	msg_field(msg, OTSEG_ENIP_FIELD_SERIAL, pdu_le32(pdu->bytes, at + 10));
	if (have < path)
		return OTSEG_R_NONE;
	msg->keep[2] = msg->fields[OTSEG_ENIP_FIELD_SERIAL];
	msg->keep[3] = pdu_le32(pdu->bytes, at + 14);
	if (end != path + 2 * pdu_u8(pdu->bytes, path - 1))
		return OTSEG_R_PDU_LENGTH;
	msg_field(msg, OTSEG_ENIP_FIELD_TRANSPORT, pdu_u8(pdu->bytes, path - 2) & 0xf);
	reason = enip_path(pdu, path, (end & 0xffff) | ENIP_PATH_CONNECTION, have, msg);
	if (!reason && have >= end)
		enip_open_kind(pdu->bytes, at, msg);
	return reason;
}

/*
 * Forward Close (Vol 1, 3-5.5.3), its data from @at on. Serial number, vendor and the originator's
 * own serial number say which connection, and with that whose.
 */
OTSEG_GLOBAL u32 enip_close(struct otseg_pdu *pdu, u32 at, u32 end, u32 have, struct otseg_msg *msg)
{
	const u8 *buf;
	u32 reason;

	if (!pdu || !msg)
		return OTSEG_R_INTERNAL;
	buf = pdu->bytes;
	msg->flags |= OTSEG_MSG_NO_FUNCTION;
	msg->access = 0;
	if (at + 12 > end)
		return OTSEG_R_PDU_LENGTH;
	if (at + 12 > OTSEG_PDU_MAX)
		return OTSEG_R_PDU_NESTING;
	/* its path will tell how far it goes */
	if (have < end)
		msg->field_mask &= (u16) ~(ENIP_BIT(PORT) | ENIP_BIT(LINK) | ENIP_BIT(HOPS));
	if (have < at + 10)
		return OTSEG_R_NONE;
	msg_field(msg, OTSEG_ENIP_FIELD_SERIAL, pdu_le32(buf, at + 2));
	msg->keep[2] = pdu_le32(buf, at + 2);
	msg->keep[3] = pdu_le32(buf, at + 6);
	if (have < at + 12)
		return OTSEG_R_NONE;
	if (end != at + 12 + 2 * pdu_u8(buf, at + 10))
		return OTSEG_R_PDU_LENGTH;
	reason = enip_path(pdu, at + 12, (end & 0xffff) | ENIP_PATH_CONNECTION, have, msg);
	if (reason || have < end)
		return reason;
	msg->memory = OTSEG_MEMORY_END;
	msg_function(msg, OTSEG_ENIP_FC_FORWARD_CLOSE, ENIP_CLOSE_OTHER, ENIP_CLOSE_ACCESS_OTHER);
	return OTSEG_R_NONE;
}

/* A number of a PCCC address: a byte, or after ff two. Return: where it ends; 0: not seen yet. */
OTSEG_INLINE u32 enip_pccc_number(const u8 *buf, u32 at, u32 have, u32 *number)
{
	if (!at || at + 1 > have)
		return 0;
	*number = pdu_u8(buf, at);
	if (*number != 0xff)
		return at + 1;
	if (at + 3 > have)
		return 0;
	*number = pdu_le16(buf, at + 1);
	return at + 3;
}

/*
 * Execute PCCC (1756-PM020; 1770-6.5.16, 7): who asks, with the length of that; command, status
 * 0, transaction, and a function of some commands. Logical addresses (13-11) give
 * bytes, file, type, element and perhaps sub-element; how large an element is, its type
 * tells, and they are taken for as small as they can be.
 */
OTSEG_GLOBAL u32 enip_pccc(struct otseg_pdu *pdu, u32 at, u32 end, u32 have, struct otseg_msg *msg)
{
	u32 file = 0, element = 0, below = 0;
	const u8 *buf;
	u32 command;
	u32 access;
	u32 bytes;
	u32 sub;

	if (!pdu || !msg)
		return OTSEG_R_INTERNAL;
	buf = pdu->bytes;
	/* what it is, is not known yet */
	msg->flags |= OTSEG_MSG_NO_FUNCTION;
	msg->access = 0;
	if (at + 11 > end)
		return OTSEG_R_PDU_LENGTH;
	if (have <= at)
		return at >= OTSEG_PDU_MAX ? OTSEG_R_PDU_NESTING : OTSEG_R_NONE;
	if (pdu_u8(buf, at) < 7)
		return OTSEG_R_PDU_MALFORMED;
	at += pdu_u8(buf, at);
	if (at + 4 > end)
		return OTSEG_R_PDU_LENGTH;
	if (at + 5 > OTSEG_PDU_MAX)
		return OTSEG_R_PDU_NESTING;
	if (have <= at)
		return OTSEG_R_NONE;
	command = pdu_u8(buf, at);
	if (command & 0x40)
		return OTSEG_R_PDU_DIRECTION;
	if (have > at + 1 && pdu_u8(buf, at + 1))
		return OTSEG_R_PDU_MALFORMED;
	sub = command << 8;
	if (command == 0x06 || command == 0x07 || command == 0x0f) {
		if (at + 5 > end)
			return OTSEG_R_PDU_LENGTH;
		if (have < at + 5)
			return OTSEG_R_NONE;
		sub |= pdu_u8(buf, at + 4);
	}
	access = enip_pccc_access(sub);
	if (!access) {
		access = OTSEG_ACCESS_VENDOR;
		msg->flags |= OTSEG_MSG_UNKNOWN;
	}
	msg_function(msg, OTSEG_ENIP_FC_EXECUTE_PCCC, sub, access);
	msg->flags |= OTSEG_MSG_OPAQUE_VALUES;
	if (sub < OTSEG_ENIP_PCCC_LOGICAL_READ_2 || sub > OTSEG_ENIP_PCCC_MASKED_WRITE_3 ||
	    sub == OTSEG_ENIP_PCCC_TYPED_FILE_READ || msg->flags & OTSEG_MSG_UNKNOWN) {
		msg->flags |= OTSEG_MSG_OPAQUE_OBJECTS;
		return OTSEG_R_NONE;
	}
	if (at + 6 > have)
		return at + 6 > end ? OTSEG_R_PDU_LENGTH : OTSEG_R_NONE;
	bytes = pdu_u8(buf, at + 5);
	at = enip_pccc_number(buf, at + 6, have, &file);
	if (at)
		at = enip_pccc_number(buf, at + 1, have, &element);
	if (sub != OTSEG_ENIP_PCCC_LOGICAL_READ_2 && sub != OTSEG_ENIP_PCCC_LOGICAL_WRITE_2 && at)
		at = enip_pccc_number(buf, at, have, &below);
	if (!at)
		return have >= end ? OTSEG_R_PDU_LENGTH : OTSEG_R_NONE;
	if (at > end)
		return OTSEG_R_PDU_LENGTH;
	below = element + below + (bytes + 1) / 2;
	if (below > element)
		below--;
	msg_object(msg, OTSEG_ENIP_OBJ_FILE, access, file << 16 | element,
		   file << 16 | (below < 0xffff ? below : 0xffff), 0);
	return OTSEG_R_NONE;
}

/* Reset: of the device its type is in the data, and 0 if that is missing. */
OTSEG_INLINE u32 enip_reset(const u8 *buf, u32 at, u32 end, u32 have, struct otseg_msg *msg)
{
	if (!(msg->field_mask & ENIP_BIT(CLASS)) ||
	    msg->fields[OTSEG_ENIP_FIELD_CLASS] != OTSEG_ENIP_CLASS_IDENTITY) {
		msg_function(msg, OTSEG_ENIP_FC_RESET, ENIP_RESET_OBJECT, ENIP_RESET_ACCESS_OBJECT);
	} else if (at < end && at >= OTSEG_PDU_MAX) {
		return OTSEG_R_PDU_NESTING;
	} else if (at < end && have <= at) {
		msg->flags |= OTSEG_MSG_NO_FUNCTION;
	} else if (at < end && pdu_u8(buf, at)) {
		msg_function(msg, OTSEG_ENIP_FC_RESET, ENIP_RESET_SETTINGS,
			     ENIP_RESET_ACCESS_SETTINGS);
	} else {
		msg_function(msg, OTSEG_ENIP_FC_RESET, ENIP_RESET_RESTART,
			     ENIP_RESET_ACCESS_RESTART);
	}
	return OTSEG_R_NONE;
}

/*
 * How much of a tag is read or written (1756-PM020, Read and Write Tag Service, and their Fragmented
 * forms), from @at on: of what is written its type, with the handle of a structure's; number of elements;
 * of a fragment, where in them it begins. If that is more than the first element, or does not show, no one
 * member is what the message is for.
 */
OTSEG_INLINE void enip_elements(const u8 *buf, u32 at, u32 have, struct otseg_msg *msg)
{
	u32 service = msg->function >> 16 & 0xff;
	u32 is_fragment = service == (OTSEG_ENIP_FC_READ_TAG_FRAGMENTED & 0xff) ||
			  service == (OTSEG_ENIP_FC_WRITE_TAG_FRAGMENTED & 0xff);
	u32 is_one = 1;

	if (service == (OTSEG_ENIP_FC_WRITE_TAG & 0xff) ||
	    service == (OTSEG_ENIP_FC_WRITE_TAG_FRAGMENTED & 0xff)) {
		u32 type = at + 2 <= have ? pdu_le16(buf, at) : 0;

		is_one = type == ENIP_TYPE_STRUCTURE || (type & 0xe0) == ENIP_TYPE_ATOMIC;
		at += type == ENIP_TYPE_STRUCTURE ? 4 : 2;
	}
	is_one &= at + 2 + 4 * is_fragment <= have && pdu_le16(buf, at) == 1 &&
		  !(is_fragment && pdu_le32(buf, at + 2));
	if (!is_one)
		msg->field_mask &= (u16)~ENIP_BIT(MEMBER);
}

/* What the data of a service tells beyond its head: from @at on, the message ends at @end. */
OTSEG_INLINE u32 enip_body(struct otseg_pdu *pdu, u32 at, u32 end, u32 have, struct otseg_msg *msg)
{
	switch (msg->function >> 16) {
	case OTSEG_ENIP_FC_FORWARD_OPEN:
	case OTSEG_ENIP_FC_LARGE_FORWARD_OPEN:
		msg->field_mask &= (u16)~ENIP_OWN_FIELDS;
		return enip_open(pdu, at, end, have, msg);
	case OTSEG_ENIP_FC_FORWARD_CLOSE:
		msg->field_mask &= (u16)~ENIP_OWN_FIELDS;
		return enip_close(pdu, at, end, have, msg);
	case OTSEG_ENIP_FC_EXECUTE_PCCC:
		return enip_pccc(pdu, at, end, have, msg);
	case OTSEG_ENIP_FC_RESET:
		if (msg->flags & OTSEG_MSG_UNKNOWN)
			return OTSEG_R_NONE;
		return enip_reset(pdu->bytes, at, end, have, msg);
	case OTSEG_ENIP_FC_READ_TAG:
	case OTSEG_ENIP_FC_WRITE_TAG:
	case OTSEG_ENIP_FC_READ_TAG_FRAGMENTED:
	case OTSEG_ENIP_FC_WRITE_TAG_FRAGMENTED:
		enip_elements(pdu->bytes, at, have, msg);
		return OTSEG_R_NONE;
	case OTSEG_ENIP_FC_MULTIPLE_SERVICE:
	case ENIP_UNCONNECTED_SEND:
		return OTSEG_R_PDU_NESTING;
	default:
		return OTSEG_R_NONE;
	}
}

/* Where the service data of the request at @at begins; its head is there. */
OTSEG_INLINE u32 enip_data(const u8 *buf, u32 at)
{
	return at + 2 + 2 * pdu_u8(buf, at + 1);
}

/*
 * The table of a Multiple Service Packet (Vol 1, A-3.10), from @at on, of requests or of answers:
 * their number, and the offset of each from the table. The first follows the table, each is
 * longer than the head of one, and all begin within what is looked at.
 */
OTSEG_GLOBAL u32 enip_table(struct otseg_pdu *pdu, u32 at, u32 end, u32 have, struct otseg_msg *msg)
{
	const u8 *buf;
	u32 shortest;
	u32 last;
	u32 n;
	u32 i;

	if (!pdu || !msg)
		return OTSEG_R_INTERNAL;
	buf = pdu->bytes;
	shortest = msg->dir == OTSEG_DIR_REQUEST ? 2 : 4;
	if (at + 2 > end)
		return OTSEG_R_PDU_LENGTH;
	if (at + 2 > OTSEG_PDU_MAX)
		return OTSEG_R_PDU_NESTING;
	if (have < at + 2)
		return OTSEG_R_NONE;
	n = pdu_le16(buf, at);
	if (!n)
		return OTSEG_R_PDU_MALFORMED;
	if (n > ENIP_SERVICES || at + 2 + 2 * n > OTSEG_PDU_MAX)
		return OTSEG_R_PDU_NESTING;
	last = 2 + 2 * n;
	otseg_for(i, n) {
		u32 offset;

		if (have < at + 4 + 2 * i)
			return OTSEG_R_NONE;
		offset = pdu_le16(buf, at + 2 + 2 * i);
		if (!i ? offset != last : offset < last)
			return OTSEG_R_PDU_MALFORMED;
		last = enip_forget(msg, offset + shortest);
		if (at + last > end)
			return OTSEG_R_PDU_LENGTH;
		if (at + last > OTSEG_PDU_MAX)
			return OTSEG_R_PDU_NESTING;
	}
	return OTSEG_R_NONE;
}

/*
 * A Multiple Service Packet with data from @at on. Part 0 is the packet, part N its service
 * N - 1. That another one follows is told as soon as the first byte of it is there.
 */
OTSEG_GLOBAL u32 enip_services(struct otseg_pdu *pdu, u32 at, u32 end, u32 have,
			       struct otseg_msg *msg)
{
	const u8 *buf;
	u32 reason;
	u32 part;
	u32 from;
	u32 to;
	u32 n;

	if (!pdu || !msg)
		return OTSEG_R_INTERNAL;
	buf = pdu->bytes;
	part = msg->part;
	reason = enip_table(pdu, at, end, have, msg);
	if (reason || have < at + 2)
		return reason;
	n = pdu_le16(buf, at);
	if (part > n || n > ENIP_SERVICES)
		return OTSEG_R_INTERNAL;
	if (part < n && have >= at + 4 + 2 * part &&
	    have > at + pdu_le16(buf, at + 2 + 2 * part))
		msg->flags |= OTSEG_MSG_MORE;
	if (!part)
		return OTSEG_R_NONE;
	msg->kind = OTSEG_KIND_NOTICE;
	msg->flags |= OTSEG_MSG_NO_FUNCTION;
	if (have < at + 2 + 2 * part)
		return OTSEG_R_NONE;
	from = at + pdu_le16(buf, at + 2 * part);
	to = end;
	if (part < n) {
		if (have < at + 4 + 2 * part)
			return OTSEG_R_NONE;
		to = at + pdu_le16(buf, at + 2 + 2 * part);
	}
	reason = enip_head(pdu, from, to, have, msg);
	if (reason || msg->flags & OTSEG_MSG_NO_FUNCTION)
		return reason;
	return enip_body(pdu, enip_data(buf, from), to, have < to ? have : to, msg);
}

/*
 * An Unconnected Send with data from @at on (Vol 1, 3-5.5.4): priority and tick, ticks, size of
 * the message, message, a byte if that is odd, size of the route in words, 0, route.
 * Return: the reason; 0: *@at and *@end are the message's.
 */
OTSEG_INLINE u32 enip_unwrap(struct otseg_pdu *pdu, u32 *at, u32 *end, u32 have,
			     struct otseg_msg *msg)
{
	const u8 *buf = pdu->bytes;
	u32 from = *at + 4;
	u32 reason = OTSEG_R_NONE;
	u32 route;
	u32 to;

	if (from + 2 > *end)
		return OTSEG_R_PDU_LENGTH;
	*at = from;
	if (have < from)
		return OTSEG_R_NONE;
	to = from + pdu_le16(buf, from - 2);
	route = to + (pdu_u8(buf, from - 2) & 1);
	if (route + 2 > *end)
		return OTSEG_R_PDU_LENGTH;
	if (route + 2 > OTSEG_PDU_MAX)
		return OTSEG_R_PDU_NESTING;
	if (have > route && *end != route + 2 + 2 * pdu_u8(buf, route))
		return OTSEG_R_PDU_LENGTH;
	if (have > route + 1 && pdu_u8(buf, route + 1))
		return OTSEG_R_PDU_MALFORMED;
	if (have >= route + 2) {
		msg_field(msg, OTSEG_ENIP_FIELD_HOPS, 0);
		reason = enip_path(pdu, route + 2, (*end & 0xffff) | ENIP_PATH_ROUTE, have, msg);
	}
	*end = to;
	return reason;
}

/* The request from @at to @end, which may be wrapped, and may be several. */
OTSEG_GLOBAL u32 enip_request(struct otseg_pdu *pdu, u32 at, u32 end, u32 have,
			      struct otseg_msg *msg)
{
	u32 is_far;
	u32 reason;

	if (!pdu || !msg)
		return OTSEG_R_INTERNAL;
	/* where a connection leads to, a message over it does not tell */
	is_far = pdu->bytes[ENIP_AT_COMMAND] == ENIP_SEND_UNIT_DATA;
	msg->kind = OTSEG_KIND_REQUEST;
	msg->keep[0] = 0;
	msg->keep[1] = is_far ? ENIP_ROUTE_LONG : 0;
	reason = enip_head(pdu, at, end, have, msg);
	if (reason || msg->flags & OTSEG_MSG_NO_FUNCTION)
		return reason;
	if (msg->function >> 16 == ENIP_UNCONNECTED_SEND) {
		at = enip_data(pdu->bytes, at);
		msg->flags |= OTSEG_MSG_NO_FUNCTION;
		msg->field_mask &= (u16)ENIP_OUTER_FIELDS;
		reason = enip_unwrap(pdu, &at, &end, have, msg);
		if (reason || have <= at)
			return reason;
		is_far |= !(msg->field_mask & ENIP_BIT(HOPS));
		/* another device opens it than who would be told to close it */
		msg->keep[1] = ENIP_ROUTE_LONG;
		reason = enip_head(pdu, at, end, have < end ? have : end, msg);
		if (reason || msg->flags & OTSEG_MSG_NO_FUNCTION)
			return reason;
	} else if (!is_far) {
		msg_field(msg, OTSEG_ENIP_FIELD_HOPS, 0);
	}
	msg->answer = (u16)(pdu->bytes[ENIP_AT_COMMAND] << 8 | pdu_u8(pdu->bytes, at));
	at = enip_data(pdu->bytes, at);
	have = have < end ? have : end;
	if (msg->function >> 16 != OTSEG_ENIP_FC_MULTIPLE_SERVICE) {
		reason = enip_body(pdu, at, end, have, msg);
	} else {
		if (!(msg->field_mask & ENIP_BIT(CLASS)) ||
		    msg->fields[OTSEG_ENIP_FIELD_CLASS] != OTSEG_ENIP_CLASS_ROUTER)
			return OTSEG_R_PDU_MALFORMED;
		msg->field_mask &= (u16)~ENIP_OWN_FIELDS;
		reason = enip_services(pdu, at, end, have, msg);
	}
	/* the route that an opening within tells of is not all of it */
	if (is_far)
		msg->field_mask &= (u16) ~(ENIP_BIT(PORT) | ENIP_BIT(LINK) | ENIP_BIT(HOPS));
	return reason;
}

/*
 * The answer from @at to @end (Vol 1, 2-4.2): service, 0, general status, words of additional
 * status, those, data. Which class it is of it does not tell. That of an
 * Unconnected Send comes only if the request did not arrive.
 */
OTSEG_GLOBAL u32 enip_reply(struct otseg_pdu *pdu, u32 at, u32 end, u32 have, struct otseg_msg *msg)
{
	u32 service;
	const u8 *buf;
	u32 status;
	u32 data;

	if (!pdu || !msg)
		return OTSEG_R_INTERNAL;
	buf = pdu->bytes;
	msg->kind = OTSEG_KIND_ANSWER;
	if (at + 4 > end)
		return OTSEG_R_PDU_LENGTH;
	if (have <= at)
		return OTSEG_R_NONE;
	service = pdu_u8(buf, at);
	if (!(service & ENIP_CIP_REPLY))
		return OTSEG_R_PDU_DIRECTION;
	service &= ENIP_CIP_REPLY - 1;
	/* what it was of that service, only its request says */
	if (service != (ENIP_UNCONNECTED_SEND & 0x7f))
		msg->answer = (u16)(buf[ENIP_AT_COMMAND] << 8 | service);
	if (have > at + 1 && pdu_u8(buf, at + 1))
		return OTSEG_R_PDU_MALFORMED;
	if (have < at + 4)
		return OTSEG_R_NONE;
	status = pdu_u8(buf, at + 2);
	if (status) {
		msg->exception = (u8)status;
		msg->flags |= OTSEG_MSG_EXCEPTION;
	}
	data = at + 4 + 2 * pdu_u8(buf, at + 3);
	if (data > end)
		return OTSEG_R_PDU_LENGTH;
	if (service == OTSEG_ENIP_FC_MULTIPLE_SERVICE && data < end)
		return enip_table(pdu, data, end, have, msg);
	if (status || data + 26 > end ||
	    (service != (OTSEG_ENIP_FC_FORWARD_OPEN & 0x7f) &&
	     service != (OTSEG_ENIP_FC_LARGE_FORWARD_OPEN & 0x7f)) ||
	    have < data + 16)
		return OTSEG_R_NONE;
	/* Vol 1, 3-5.5.2: it may be another class's service; its request tells */
	msg->memory = OTSEG_MEMORY_OPEN;
	msg->keep[2] = pdu_le32(buf, data + 8);
	msg->keep[3] = pdu_le32(buf, data + 12);
	msg->keep[0] = pdu_le32(buf, data);
	msg->keep[1] = pdu_le32(buf, data + 4);
	msg_field(msg, OTSEG_ENIP_FIELD_OT_ID, msg->keep[0]);
	msg_field(msg, OTSEG_ENIP_FIELD_TO_ID, msg->keep[1]);
	msg_field(msg, OTSEG_ENIP_FIELD_SERIAL, pdu_le32(buf, data + 8));
	return OTSEG_R_NONE;
}

/* The number among OTSEG_ENIP_EXCEPTIONS of a status of the encapsulation. */
OTSEG_INLINE u32 enip_status(u32 status)
{
	return status && status <= 3		? 0xb0 + status :
	       status == 0x64 || status == 0x65 ? 0xb4 + (status & 1) :
	       status == 0x69			? 0xb9 :
						  0xbf;
}

/* Items of the answer to a command that lists something: Vol 2, 2-4.2 to 2-4.4. */
OTSEG_GLOBAL u32 enip_list(struct otseg_pdu *pdu, u32 have, struct otseg_msg *msg)
{
	u32 at = ENIP_AT_BODY + 2;
	u32 end;
	u32 n;
	u32 i;

	if (!pdu || !msg)
		return OTSEG_R_INTERNAL;
	end = msg->length;
	if (at > end)
		return OTSEG_R_PDU_LENGTH;
	if (have < at)
		return OTSEG_R_NONE;
	n = pdu_le16(pdu->bytes, ENIP_AT_BODY);
	if (n > ENIP_LIST_ITEMS)
		return OTSEG_R_PDU_NESTING;
	otseg_for(i, n) {
		if (at + 4 > end)
			return OTSEG_R_PDU_LENGTH;
		if (at + 4 > have)
			return OTSEG_R_NONE;
		at = enip_forget(msg, at + 4 + pdu_le16(pdu->bytes, at + 2));
	}
	return at != end ? OTSEG_R_PDU_LENGTH : OTSEG_R_NONE;
}

/*
 * Whether the session is the conversation's own: a handle is valid on the connection that it was
 * registered on (Vol 2, 2-4.5). Where the registration has not been seen, the first one
 * in use stands for it.
 */
OTSEG_INLINE u32 enip_session(const u8 *buf, struct otseg_msg *msg)
{
	u32 session = pdu_le32(buf, ENIP_AT_SESSION);

	if (msg->state & OTSEG_STATE_AGAIN)
		return OTSEG_R_NONE;
	if (!session)
		return OTSEG_R_PDU_STATE;
	session = (session & ENIP_STATE_HANDLE) | ENIP_STATE_SESSION;
	if (!(msg->state & ENIP_STATE))
		msg->state |= session;
	return (msg->state & ENIP_STATE) == session ? OTSEG_R_NONE : OTSEG_R_PDU_STATE;
}

/*
 * A command without CIP (Vol 2, 2-4). Those that list something ask without data; a session
 * is registered for version 1 without options, and the answer has its handle.
 */
OTSEG_INLINE u32 enip_command(struct otseg_pdu *pdu, u32 have, u32 dir, u32 command,
			      struct otseg_msg *msg)
{
	u32 code = 0x1000 | command;
	u32 access = enip_known(code) & 0xff;
	u32 is_answer = dir != OTSEG_DIR_REQUEST;
	u32 body = msg->length - ENIP_AT_BODY;
	const u8 *buf = pdu->bytes;

	msg->kind = is_answer ? OTSEG_KIND_ANSWER : OTSEG_KIND_REQUEST;
	if (!access) {
		access = OTSEG_ACCESS_VENDOR;
		msg->flags |= OTSEG_MSG_UNKNOWN | OTSEG_MSG_OPAQUE_VALUES;
	}
	msg_function(msg, code, 0, access);
	switch (code) {
	case OTSEG_ENIP_FC_NOP:
		msg->kind = OTSEG_KIND_NOTICE;
		return OTSEG_R_NONE;
	case OTSEG_ENIP_FC_UNREGISTER_SESSION:
		msg->kind = OTSEG_KIND_NOTICE;
		if (body)
			return OTSEG_R_PDU_LENGTH;
		/* some devices end whichever session is named, with the connection that it is of */
		if (is_answer || have < ENIP_AT_SESSION + 4)
			return OTSEG_R_NONE;
		if (!(msg->state & (ENIP_STATE_REGISTERED | OTSEG_STATE_AGAIN)))
			return OTSEG_R_PDU_STATE;
		return enip_session(buf, msg);
	case OTSEG_ENIP_FC_LIST_SERVICES:
	case OTSEG_ENIP_FC_LIST_IDENTITY:
	case OTSEG_ENIP_FC_LIST_INTERFACES:
		if (!is_answer || (msg->flags & OTSEG_MSG_EXCEPTION && !body))
			return body ? OTSEG_R_PDU_LENGTH : OTSEG_R_NONE;
		return enip_list(pdu, have, msg);
	case OTSEG_ENIP_FC_REGISTER_SESSION:
		if (is_answer && msg->flags & OTSEG_MSG_EXCEPTION)
			return body && body != 4 ? OTSEG_R_PDU_LENGTH : OTSEG_R_NONE;
		if (body != 4)
			return OTSEG_R_PDU_LENGTH;
		if ((have > ENIP_AT_BODY && buf[ENIP_AT_BODY] != 1) ||
		    (have > ENIP_AT_BODY + 1 && buf[ENIP_AT_BODY + 1]) ||
		    (have > ENIP_AT_BODY + 2 && buf[ENIP_AT_BODY + 2]) ||
		    (have > ENIP_AT_BODY + 3 && buf[ENIP_AT_BODY + 3]))
			return OTSEG_R_PDU_MALFORMED;
		if (is_answer && have >= ENIP_AT_BODY && !(msg->state & OTSEG_STATE_AGAIN))
			msg->state = (msg->state & ~ENIP_STATE) | ENIP_STATE_SESSION |
				     ENIP_STATE_REGISTERED |
				     (pdu_le32(buf, ENIP_AT_SESSION) & ENIP_STATE_HANDLE);
		return OTSEG_R_NONE;
	default:
		return OTSEG_R_NONE;
	}
}

/* Whether the item at the constant @at is of @type, as far as it is visible. */
OTSEG_INLINE u32 enip_item(const u8 *buf, const u32 at, u32 have, u32 type)
{
	if (have > at && buf[at] != (type & 0xff))
		return OTSEG_R_PDU_MALFORMED;
	if (have > at + 1 && buf[at + 1] != type >> 8)
		return OTSEG_R_PDU_MALFORMED;
	return OTSEG_R_NONE;
}

/*
 * The items of SendRRData and SendUnitData (Vol 2, 2-6): an address, data, and up to two socket
 * addresses, which belong to connections. They fill the message.
 */
OTSEG_INLINE u32 enip_items(struct otseg_pdu *pdu, u32 have, u32 command, struct otseg_msg *msg,
			    u32 *end)
{
	const u8 *buf = pdu->bytes;
	u32 is_unit = command == ENIP_SEND_UNIT_DATA;
	u32 address = is_unit ? ENIP_ITEM_CONNECTION : ENIP_ITEM_NULL;
	u32 length = is_unit ? 4 : 0;
	u32 data = is_unit ? ENIP_AT_CONNECTED : ENIP_AT_DATA;
	u32 reason;
	u32 n = 2;
	u32 i;

	if (msg->length < data + 4)
		return OTSEG_R_PDU_LENGTH;
	for (i = 0; i < 4; i++)
		if (have > ENIP_AT_HANDLE + i && buf[ENIP_AT_HANDLE + i])
			return OTSEG_R_PDU_MALFORMED;
	if (have > ENIP_AT_ITEMS) {
		n = buf[ENIP_AT_ITEMS];
		if (n < 2 || n > 4 || (have > ENIP_AT_ITEMS + 1 && buf[ENIP_AT_ITEMS + 1]))
			return OTSEG_R_PDU_MALFORMED;
	}
	reason = enip_item(buf, ENIP_AT_ADDRESS, have, address);
	if (reason)
		return reason;
	if ((have > ENIP_AT_ADDRESS + 2 && buf[ENIP_AT_ADDRESS + 2] != length) ||
	    (have > ENIP_AT_ADDRESS + 3 && buf[ENIP_AT_ADDRESS + 3]))
		return OTSEG_R_PDU_LENGTH;
	reason = is_unit ? enip_item(buf, ENIP_AT_CONNECTED, have, ENIP_ITEM_CONNECTED) :
			   enip_item(buf, ENIP_AT_DATA, have, ENIP_ITEM_UNCONNECTED);
	if (reason || have < data + 4)
		return reason;
	*end = data + 4 + pdu_le16(buf, data + 2);
	if (msg->length != *end + ENIP_SOCKADDR * (n - 2))
		return OTSEG_R_PDU_LENGTH;
	for (i = 0; i < 2; i++) {
		u32 at = *end + ENIP_SOCKADDR * i;

		if (i + 2 >= n || at + 4 > have)
			break;
		if (pdu_le16(buf, at) >> 1 != ENIP_ITEM_SOCKADDR >> 1)
			return OTSEG_R_PDU_MALFORMED;
		if (pdu_le16(buf, at + 2) != ENIP_SOCKADDR - 4)
			return OTSEG_R_PDU_LENGTH;
	}
	return OTSEG_R_NONE;
}

/* SendRRData and SendUnitData, which is paired by its sequence count: the answer repeats it. */
OTSEG_INLINE u32 enip_send(struct otseg_pdu *pdu, u32 have, u32 dir, u32 command,
			   struct otseg_msg *msg)
{
	const u8 *buf = pdu->bytes;
	u32 at = ENIP_AT_MESSAGE;
	u32 end = 0;
	u32 reason;

	msg->kind = dir == OTSEG_DIR_REQUEST ? OTSEG_KIND_REQUEST : OTSEG_KIND_ANSWER;
	if (msg->flags & OTSEG_MSG_EXCEPTION)
		return OTSEG_R_NONE;
	reason = have >= ENIP_AT_SESSION + 4 ? enip_session(buf, msg) : OTSEG_R_NONE;
	if (reason)
		return reason;
	reason = enip_items(pdu, have, command, msg, &end);
	if (reason)
		return reason;
	if (command == ENIP_SEND_UNIT_DATA) {
		msg->id = 0;
		at = ENIP_AT_CONNECTED_MESSAGE;
		if (have >= ENIP_AT_CONNECTION + 4)
			msg_field(msg, OTSEG_ENIP_FIELD_CONNECTION, pdu_le32(buf, ENIP_AT_CONNECTION));
		if (have >= at) {
			msg->id = (u16)pdu_le16(buf, ENIP_AT_SEQUENCE);
			msg_number(msg, OTSEG_NUMBER_LE, ENIP_AT_SEQUENCE, 2);
		}
	}
	if (end && end <= at)
		return OTSEG_R_PDU_LENGTH;
	if (!end || have <= at)
		return OTSEG_R_NONE;
	return dir == OTSEG_DIR_REQUEST ? enip_request(pdu, at, end, have < end ? have : end, msg) :
					  enip_reply(pdu, at, end, have < end ? have : end, msg);
}

/**
 * otseg_enip_parse - make a message of the encapsulation message that begins at @pdu
 * @pdu: its bytes
 * @have: their number; fewer than it has, or more, is fine
 * @dir: enum otseg_msg_dir
 * @msg: filled in as far as @have shows it; part 0 of a Multiple Service Packet is the packet
 *
 * Of the command all that is assigned is below 256. A message is paired with its answer by
 * the low half of the sender's context or the sequence count, and by command and service
 * in @answer.
 *
 * Return: OTSEG_R_NONE, or the reason why no continuation of these bytes is acceptable.
 */
OTSEG_GLOBAL u32 otseg_enip_parse(struct otseg_pdu *pdu, u32 have, u32 dir, struct otseg_msg *msg)
{
	const u8 *buf;
	u32 command;
	u32 length;
	u32 i;

	if (!pdu || !msg)
		return OTSEG_R_INTERNAL;
	buf = pdu->bytes;
	msg_begin(msg, dir, OTSEG_SVC_ENIP);
	if (have > ENIP_AT_COMMAND + 1 && buf[ENIP_AT_COMMAND + 1])
		return OTSEG_R_PDU_PROTOCOL;
	if (have < ENIP_AT_LENGTH + 2)
		return OTSEG_R_NONE;
	command = buf[ENIP_AT_COMMAND];
	length = pdu_le16(buf, ENIP_AT_LENGTH);
	if (length > ENIP_LENGTH_MAX)
		return OTSEG_R_PDU_LENGTH;
	have = msg_length(msg, ENIP_AT_BODY + length, have);
	for (i = 0; i < 4; i++) {
		u32 at = ENIP_AT_STATUS + i;

		if (dir == OTSEG_DIR_REQUEST && have > at && buf[at])
			return OTSEG_R_PDU_MALFORMED;
		if (have > ENIP_AT_OPTIONS + i && buf[ENIP_AT_OPTIONS + i])
			return OTSEG_R_PDU_MALFORMED;
	}
	if (have >= ENIP_AT_STATUS + 4 && pdu_le32(buf, ENIP_AT_STATUS)) {
		msg->exception = (u8)enip_status(pdu_le32(buf, ENIP_AT_STATUS));
		msg->flags |= OTSEG_MSG_EXCEPTION;
	}
	if (have >= ENIP_AT_CONTEXT + 2)
		msg->id = (u16)pdu_le16(buf, ENIP_AT_CONTEXT);
	msg_number(msg, OTSEG_NUMBER_LE, ENIP_AT_CONTEXT, 2);
	msg_free(msg, ENIP_AT_CONTEXT + 2, 6);
	/* the status tells what there is to an answer */
	if (dir != OTSEG_DIR_REQUEST && have < ENIP_AT_STATUS + 4)
		return OTSEG_R_NONE;
	if (command == ENIP_SEND_RR_DATA || command == ENIP_SEND_UNIT_DATA)
		return enip_send(pdu, have, dir, command, msg);
	return enip_command(pdu, have, dir, command, msg);
}

#endif /* OTSEG_ENIP_H */
