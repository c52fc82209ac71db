/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * MMS (ISO 9506) as IEC 61850-8-1 uses it: names and access classes of its services, and from a
 * TSDU of the ISO transport (iso.h) to a struct otseg_msg. Pure.
 *
 * Sources: ITU-T X.225 (session), X.226 (presentation), X.227 (ACSE), X.690 (BER); ISO 9506-2 as
 * Wireshark's mms.asn has it; IEC 61850-8-1 for names of variables, 61850-7-2 and 7-3 for functional
 * constraints. Documentation/protocols/mms.md has what was compared with Wireshark and libiec61850.
 *
 *   TSDU   01 00 01 00                     session: give tokens, data transfer
 *            61 L 30 L 02 01 03 a0 L       presentation: one value, of context 3
 *              MMS PDU
 *
 * Each of these elements must end exactly where the one around it ends, so that nothing stands beside
 * the MMS PDU, nor beside its service. Lengths have definite form and two bytes at most. A TSDU may go
 * on in TPDUs that nobody looks at (iso.h): a request that does so is taken for the gravest.
 */
#ifndef OTSEG_MMS_H
#define OTSEG_MMS_H

#include "pdu.h"

/* What a request is taken for of which too little is visible. */
#define MMS_GRAVEST (OTSEG_ACCESS_WRITE | OTSEG_ACCESS_CONTROL | OTSEG_ACCESS_PROGRAM)

/* Where the argument of a service has names, and whether it is constructed (requests). */
enum otseg_mms_shape {
	OTSEG_MMS_ANY, /* constructed; nothing is looked for */
	OTSEG_MMS_PLAIN, /* primitive; nothing is looked for */
	OTSEG_MMS_READ, /* a list of variables, or the name of a list */
	OTSEG_MMS_WRITE, /* the same, and data */
	OTSEG_MMS_SCOPE, /* of names: of a domain or of all */
	OTSEG_MMS_NAME, /* begins with the name of an object */
	OTSEG_MMS_NAME_0, /* the same in an element 0 */
	OTSEG_MMS_DOMAIN, /* is the name of a domain */
	OTSEG_MMS_DOMAIN_0, /* begins with element 0, which is one */
	OTSEG_MMS_ITEM, /* is the name of something else */
	OTSEG_MMS_ITEM_0,
	OTSEG_MMS_FILE, /* begins with the name of a file */
	OTSEG_MMS_FILE_0, /* the same in an element 0 */
};

/*
 * X(F, ID, code, "name", access, shape); of those with sub-functions their union
 *
 * Codes to 77 are the services of a confirmed request (ISO 9506-2, ConfirmedServiceRequest), 0x100
 * and more the PDUs without one (MMSpdu), 0x130 and more the unconfirmed services.
 *
 * `read` asks; files are read like variables. `write` is decided by the name (below). Datasets,
 * types, events, domains, programs and files are `program`. What starts and stops programs, takes
 * semaphores, acknowledges and clears is `control`.
 */
/* clang-format off */
#define OTSEG_MMS_SERVICES(X, F) \
	X(F, STATUS, 0, "status", OTSEG_ACCESS_READ, PLAIN) \
	X(F, GET_NAME_LIST, 1, "get-name-list", OTSEG_ACCESS_READ, SCOPE) \
	X(F, IDENTIFY, 2, "identify", OTSEG_ACCESS_READ, PLAIN) \
	X(F, RENAME, 3, "rename", OTSEG_ACCESS_PROGRAM, ANY) \
	X(F, READ, 4, "read", OTSEG_ACCESS_READ | MMS_GRAVEST, READ) \
	X(F, WRITE, 5, "write", MMS_GRAVEST, WRITE) \
	X(F, GET_VARIABLE_ACCESS_ATTRIBUTES, 6, "get-variable-access-attributes", OTSEG_ACCESS_READ, NAME_0) \
	X(F, DEFINE_NAMED_VARIABLE, 7, "define-named-variable", OTSEG_ACCESS_PROGRAM, NAME_0) \
	X(F, DEFINE_SCATTERED_ACCESS, 8, "define-scattered-access", OTSEG_ACCESS_PROGRAM, NAME_0) \
	X(F, GET_SCATTERED_ACCESS_ATTRIBUTES, 9, "get-scattered-access-attributes", OTSEG_ACCESS_READ, NAME) \
	X(F, DELETE_VARIABLE_ACCESS, 10, "delete-variable-access", OTSEG_ACCESS_PROGRAM, ANY) \
	X(F, DEFINE_NAMED_VARIABLE_LIST, 11, "define-named-variable-list", OTSEG_ACCESS_PROGRAM, NAME) \
	X(F, GET_NAMED_VARIABLE_LIST_ATTRIBUTES, 12, "get-named-variable-list-attributes", OTSEG_ACCESS_READ, NAME) \
	X(F, DELETE_NAMED_VARIABLE_LIST, 13, "delete-named-variable-list", OTSEG_ACCESS_PROGRAM, ANY) \
	X(F, DEFINE_NAMED_TYPE, 14, "define-named-type", OTSEG_ACCESS_PROGRAM, NAME) \
	X(F, GET_NAMED_TYPE_ATTRIBUTES, 15, "get-named-type-attributes", OTSEG_ACCESS_READ, NAME) \
	X(F, DELETE_NAMED_TYPE, 16, "delete-named-type", OTSEG_ACCESS_PROGRAM, ANY) \
	X(F, INPUT, 17, "input", OTSEG_ACCESS_CONTROL, ITEM_0) \
	X(F, OUTPUT, 18, "output", OTSEG_ACCESS_CONTROL, ITEM_0) \
	X(F, TAKE_CONTROL, 19, "take-control", OTSEG_ACCESS_CONTROL, NAME_0) \
	X(F, RELINQUISH_CONTROL, 20, "relinquish-control", OTSEG_ACCESS_CONTROL, NAME_0) \
	X(F, DEFINE_SEMAPHORE, 21, "define-semaphore", OTSEG_ACCESS_PROGRAM, NAME_0) \
	X(F, DELETE_SEMAPHORE, 22, "delete-semaphore", OTSEG_ACCESS_PROGRAM, NAME) \
	X(F, REPORT_SEMAPHORE_STATUS, 23, "report-semaphore-status", OTSEG_ACCESS_READ, NAME) \
	X(F, REPORT_POOL_SEMAPHORE_STATUS, 24, "report-pool-semaphore-status", OTSEG_ACCESS_READ, NAME_0) \
	X(F, REPORT_SEMAPHORE_ENTRY_STATUS, 25, "report-semaphore-entry-status", OTSEG_ACCESS_READ, NAME_0) \
	X(F, INITIATE_DOWNLOAD_SEQUENCE, 26, "initiate-download-sequence", OTSEG_ACCESS_PROGRAM, DOMAIN_0) \
	X(F, DOWNLOAD_SEGMENT, 27, "download-segment", OTSEG_ACCESS_PROGRAM, DOMAIN) \
	X(F, TERMINATE_DOWNLOAD_SEQUENCE, 28, "terminate-download-sequence", OTSEG_ACCESS_PROGRAM, DOMAIN_0) \
	X(F, INITIATE_UPLOAD_SEQUENCE, 29, "initiate-upload-sequence", OTSEG_ACCESS_PROGRAM, DOMAIN) \
	X(F, UPLOAD_SEGMENT, 30, "upload-segment", OTSEG_ACCESS_PROGRAM, PLAIN) \
	X(F, TERMINATE_UPLOAD_SEQUENCE, 31, "terminate-upload-sequence", OTSEG_ACCESS_PROGRAM, PLAIN) \
	X(F, REQUEST_DOMAIN_DOWNLOAD, 32, "request-domain-download", OTSEG_ACCESS_PROGRAM, DOMAIN_0) \
	X(F, REQUEST_DOMAIN_UPLOAD, 33, "request-domain-upload", OTSEG_ACCESS_PROGRAM, DOMAIN_0) \
	X(F, LOAD_DOMAIN_CONTENT, 34, "load-domain-content", OTSEG_ACCESS_PROGRAM, DOMAIN_0) \
	X(F, STORE_DOMAIN_CONTENT, 35, "store-domain-content", OTSEG_ACCESS_PROGRAM, DOMAIN_0) \
	X(F, DELETE_DOMAIN, 36, "delete-domain", OTSEG_ACCESS_PROGRAM, DOMAIN) \
	X(F, GET_DOMAIN_ATTRIBUTES, 37, "get-domain-attributes", OTSEG_ACCESS_READ, DOMAIN) \
	X(F, CREATE_PROGRAM_INVOCATION, 38, "create-program-invocation", OTSEG_ACCESS_PROGRAM, ITEM_0) \
	X(F, DELETE_PROGRAM_INVOCATION, 39, "delete-program-invocation", OTSEG_ACCESS_PROGRAM, ITEM) \
	X(F, START, 40, "start", OTSEG_ACCESS_CONTROL, ITEM_0) \
	X(F, STOP, 41, "stop", OTSEG_ACCESS_CONTROL, ITEM_0) \
	X(F, RESUME, 42, "resume", OTSEG_ACCESS_CONTROL, ITEM_0) \
	X(F, RESET, 43, "reset", OTSEG_ACCESS_CONTROL, ITEM_0) \
	X(F, KILL, 44, "kill", OTSEG_ACCESS_CONTROL, ITEM_0) \
	X(F, GET_PROGRAM_INVOCATION_ATTRIBUTES, 45, "get-program-invocation-attributes", OTSEG_ACCESS_READ, ITEM) \
	X(F, OBTAIN_FILE, 46, "obtain-file", OTSEG_ACCESS_PROGRAM, ANY) \
	X(F, DEFINE_EVENT_CONDITION, 47, "define-event-condition", OTSEG_ACCESS_PROGRAM, NAME_0) \
	X(F, DELETE_EVENT_CONDITION, 48, "delete-event-condition", OTSEG_ACCESS_PROGRAM, ANY) \
	X(F, GET_EVENT_CONDITION_ATTRIBUTES, 49, "get-event-condition-attributes", OTSEG_ACCESS_READ, NAME) \
	X(F, REPORT_EVENT_CONDITION_STATUS, 50, "report-event-condition-status", OTSEG_ACCESS_READ, NAME) \
	X(F, ALTER_EVENT_CONDITION_MONITORING, 51, "alter-event-condition-monitoring", OTSEG_ACCESS_PROGRAM, NAME_0) \
	X(F, TRIGGER_EVENT, 52, "trigger-event", OTSEG_ACCESS_CONTROL, NAME_0) \
	X(F, DEFINE_EVENT_ACTION, 53, "define-event-action", OTSEG_ACCESS_PROGRAM, NAME_0) \
	X(F, DELETE_EVENT_ACTION, 54, "delete-event-action", OTSEG_ACCESS_PROGRAM, ANY) \
	X(F, GET_EVENT_ACTION_ATTRIBUTES, 55, "get-event-action-attributes", OTSEG_ACCESS_READ, NAME) \
	X(F, REPORT_EVENT_ACTION_STATUS, 56, "report-event-action-status", OTSEG_ACCESS_READ, NAME) \
	X(F, DEFINE_EVENT_ENROLLMENT, 57, "define-event-enrollment", OTSEG_ACCESS_PROGRAM, NAME_0) \
	X(F, DELETE_EVENT_ENROLLMENT, 58, "delete-event-enrollment", OTSEG_ACCESS_PROGRAM, ANY) \
	X(F, ALTER_EVENT_ENROLLMENT, 59, "alter-event-enrollment", OTSEG_ACCESS_PROGRAM, NAME_0) \
	X(F, REPORT_EVENT_ENROLLMENT_STATUS, 60, "report-event-enrollment-status", OTSEG_ACCESS_READ, NAME) \
	X(F, GET_EVENT_ENROLLMENT_ATTRIBUTES, 61, "get-event-enrollment-attributes", OTSEG_ACCESS_READ, ANY) \
	X(F, ACKNOWLEDGE_EVENT_NOTIFICATION, 62, "acknowledge-event-notification", OTSEG_ACCESS_CONTROL, NAME_0) \
	X(F, GET_ALARM_SUMMARY, 63, "get-alarm-summary", OTSEG_ACCESS_READ, ANY) \
	X(F, GET_ALARM_ENROLLMENT_SUMMARY, 64, "get-alarm-enrollment-summary", OTSEG_ACCESS_READ, ANY) \
	X(F, READ_JOURNAL, 65, "read-journal", OTSEG_ACCESS_READ, NAME_0) \
	X(F, WRITE_JOURNAL, 66, "write-journal", OTSEG_ACCESS_WRITE, NAME_0) \
	X(F, INITIALIZE_JOURNAL, 67, "initialize-journal", OTSEG_ACCESS_CONTROL, NAME_0) \
	X(F, REPORT_JOURNAL_STATUS, 68, "report-journal-status", OTSEG_ACCESS_READ, NAME) \
	X(F, CREATE_JOURNAL, 69, "create-journal", OTSEG_ACCESS_PROGRAM, NAME_0) \
	X(F, DELETE_JOURNAL, 70, "delete-journal", OTSEG_ACCESS_PROGRAM, NAME_0) \
	X(F, GET_CAPABILITY_LIST, 71, "get-capability-list", OTSEG_ACCESS_READ, ANY) \
	X(F, FILE_OPEN, 72, "file-open", OTSEG_ACCESS_READ, FILE_0) \
	X(F, FILE_READ, 73, "file-read", OTSEG_ACCESS_READ, PLAIN) \
	X(F, FILE_CLOSE, 74, "file-close", OTSEG_ACCESS_READ, PLAIN) \
	X(F, FILE_RENAME, 75, "file-rename", OTSEG_ACCESS_PROGRAM, FILE_0) \
	X(F, FILE_DELETE, 76, "file-delete", OTSEG_ACCESS_PROGRAM, FILE) \
	X(F, FILE_DIRECTORY, 77, "file-directory", OTSEG_ACCESS_READ, FILE_0)
/* X(ID, code, "name", access, object type, flags) */
#define OTSEG_MMS_OTHERS(X) \
	X(ERROR, 0x102, "confirmed-error", OTSEG_ACCESS_SESSION, 0, 0) \
	X(REJECT, 0x104, "reject", OTSEG_ACCESS_SESSION, 0, 0) \
	X(CANCEL, 0x105, "cancel", OTSEG_ACCESS_SESSION, 0, 0) \
	X(INITIATE, 0x108, "initiate", OTSEG_ACCESS_SESSION, 0, 0) \
	X(CONCLUDE, 0x10b, "conclude", OTSEG_ACCESS_SESSION, 0, 0) \
	X(RELEASE, 0x110, "release", OTSEG_ACCESS_SESSION, 0, 0) \
	X(ABORT, 0x111, "abort", OTSEG_ACCESS_SESSION, 0, 0) \
	/* a device reads a file of its client, to obtain it */ \
	X(DEVICE_FILE_OPEN, 0x148, "device-file-open", OTSEG_ACCESS_PROGRAM, 0, 0) \
	X(DEVICE_FILE_READ, 0x149, "device-file-read", OTSEG_ACCESS_PROGRAM, 0, 0) \
	X(DEVICE_FILE_CLOSE, 0x14a, "device-file-close", OTSEG_ACCESS_PROGRAM, 0, 0) \
	X(INFORMATION_REPORT, 0x130, "information-report", OTSEG_ACCESS_READ | OTSEG_ACCESS_WRITE, 0, 0) \
	X(UNSOLICITED_STATUS, 0x131, "unsolicited-status", OTSEG_ACCESS_READ | OTSEG_ACCESS_WRITE, 0, 0) \
	X(EVENT_NOTIFICATION, 0x132, "event-notification", OTSEG_ACCESS_READ | OTSEG_ACCESS_WRITE, 0, 0)
#define OTSEG_MMS_SERVICE_FUNCTION(F, id, code, name, access, shape) \
	F(id, code, name, access, 0, \
	  OTSEG_MMS_##shape == OTSEG_MMS_READ || OTSEG_MMS_##shape == OTSEG_MMS_WRITE ? OTSEG_FN_SUB : 0)
#define OTSEG_MMS_FUNCTIONS(F) \
	OTSEG_ISO_FUNCTIONS(F) OTSEG_MMS_SERVICES(OTSEG_MMS_SERVICE_FUNCTION, F) OTSEG_MMS_OTHERS(F)

/*
 * What a read or a write is of, by the name of the variable. A read of SBO selects (61850-8-1, 20).
 * `other`: the name has no functional constraint that is known, so that it may hold variables of any,
 * or nothing behind SP; `unnamed`: it is not visible, or there is none; `continued`: it goes on in a
 * TPDU that is not looked at, so whatever.
 */
#define OTSEG_MMS_SUBFUNCTIONS(X)                                                               \
	X(READ_VALUE, OTSEG_MMS_FN_READ, 0, "value", OTSEG_ACCESS_READ)                         \
	X(READ_CONTROL, OTSEG_MMS_FN_READ, 1, "control", OTSEG_ACCESS_READ | OTSEG_ACCESS_CONTROL) \
	X(READ_UNNAMED, OTSEG_MMS_FN_READ, 4, "unnamed", OTSEG_ACCESS_READ | OTSEG_ACCESS_CONTROL) \
	X(READ_CONTINUED, OTSEG_MMS_FN_READ, 5, "continued", OTSEG_ACCESS_READ | MMS_GRAVEST)   \
	X(WRITE_VALUE, OTSEG_MMS_FN_WRITE, 0, "value", OTSEG_ACCESS_WRITE)                      \
	X(WRITE_CONTROL, OTSEG_MMS_FN_WRITE, 1, "control", OTSEG_ACCESS_CONTROL)                \
	X(WRITE_SETTINGS, OTSEG_MMS_FN_WRITE, 2, "settings", OTSEG_ACCESS_PROGRAM)              \
	X(WRITE_OTHER, OTSEG_MMS_FN_WRITE, 3, "other", MMS_GRAVEST)                             \
	X(WRITE_UNNAMED, OTSEG_MMS_FN_WRITE, 4, "unnamed", MMS_GRAVEST)                         \
	X(WRITE_CONTINUED, OTSEG_MMS_FN_WRITE, 5, "continued", MMS_GRAVEST)
#define OTSEG_MMS_OBJECTS(X)

#define OTSEG_MMS_TEXTS(X)                                                                      \
	X(DOMAIN, 0, "domain", "name of the domain (logical device)")                           \
	X(ITEM, 1, "item", "name of the variable, list, journal, program invocation or file")

#define OTSEG_MMS_FIELD_CONSTRAINT OTSEG_ISO_FIELD_OWN
#define OTSEG_MMS_FIELD_OPERATION (OTSEG_ISO_FIELD_OWN + 1)
#define OTSEG_MMS_FIELDS(X)                                                                     \
	OTSEG_ISO_FIELDS(X)                                                                     \
	X(CONSTRAINT, OTSEG_MMS_FIELD_CONSTRAINT, "functional-constraint", 31,                  \
	  "of the variable that is read or written, by its name: LN$FC$...")                    \
	X(OPERATION, OTSEG_MMS_FIELD_OPERATION, "operation", 4,                                 \
	  "what a control variable does, by the end of its name")

/*
 * Functional constraints: X(F, ID, number, "word", letters, access of a write). IEC 61850-7-2 (ed. 2)
 * table 18 or 61850-7-3 annex B; ed. 1 for SG in writes, GS, MS, US.
 *
 * Set points and substitution are process data. Report and log control blocks choose what a client
 * is sent: `write`, since reading does not need it and another client may lose by it. Those of GOOSE
 * and sampled values switch what protection relies on: `control`, as is all of CO. Settings and
 * configuration are `program`. What nobody writes by the standard, or no name is for, is not known.
 */
#define OTSEG_MMS_CONSTRAINTS(X, F)                                                          \
	X(F, ST, 1, "st", 'S' << 8 | 'T', OTSEG_ACCESS_WRITE)                                   \
	X(F, MX, 2, "mx", 'M' << 8 | 'X', OTSEG_ACCESS_WRITE)                                   \
	X(F, CO, 3, "co", 'C' << 8 | 'O', OTSEG_ACCESS_CONTROL)                                 \
	X(F, SP, 4, "sp", 'S' << 8 | 'P', OTSEG_ACCESS_WRITE)                                   \
	X(F, SG, 5, "sg", 'S' << 8 | 'G', OTSEG_ACCESS_PROGRAM)                                 \
	X(F, SE, 6, "se", 'S' << 8 | 'E', OTSEG_ACCESS_PROGRAM)                                 \
	X(F, SV, 7, "sv", 'S' << 8 | 'V', OTSEG_ACCESS_WRITE)                                   \
	X(F, CF, 8, "cf", 'C' << 8 | 'F', OTSEG_ACCESS_PROGRAM)                                 \
	X(F, DC, 9, "dc", 'D' << 8 | 'C', OTSEG_ACCESS_PROGRAM)                                 \
	X(F, EX, 10, "ex", 'E' << 8 | 'X', OTSEG_ACCESS_PROGRAM)                                \
	X(F, BL, 11, "bl", 'B' << 8 | 'L', OTSEG_ACCESS_CONTROL)                                \
	X(F, OR, 12, "or", 'O' << 8 | 'R', OTSEG_ACCESS_WRITE)                                  \
	X(F, SR, 13, "sr", 'S' << 8 | 'R', OTSEG_ACCESS_WRITE)                                  \
	X(F, RP, 14, "rp", 'R' << 8 | 'P', OTSEG_ACCESS_WRITE)                                  \
	X(F, BR, 15, "br", 'B' << 8 | 'R', OTSEG_ACCESS_WRITE)                                  \
	X(F, LG, 16, "lg", 'L' << 8 | 'G', OTSEG_ACCESS_WRITE)                                  \
	X(F, GO, 17, "go", 'G' << 8 | 'O', OTSEG_ACCESS_CONTROL)                                \
	X(F, GS, 18, "gs", 'G' << 8 | 'S', OTSEG_ACCESS_CONTROL)                                \
	X(F, MS, 19, "ms", 'M' << 8 | 'S', OTSEG_ACCESS_CONTROL)                                \
	X(F, US, 20, "us", 'U' << 8 | 'S', OTSEG_ACCESS_CONTROL)

#define OTSEG_MMS_CONSTRAINT_WORD(F, id, number, word, letters, access) \
	F(OTSEG_MMS_FIELD_CONSTRAINT, number, word)

/* Ends of names with constraint CO (IEC 61850-8-1, 20.2); a read of SBO selects. */
#define OTSEG_MMS_FIELD_WORDS(X)                                                                \
	OTSEG_ISO_FIELD_WORDS(X)                                                                \
	X(OTSEG_MMS_FIELD_CONSTRAINT, 0, "none")                                                \
	OTSEG_MMS_CONSTRAINTS(OTSEG_MMS_CONSTRAINT_WORD, X)                                     \
	X(OTSEG_MMS_FIELD_OPERATION, OTSEG_MMS_SBO, "select")                                   \
	X(OTSEG_MMS_FIELD_OPERATION, OTSEG_MMS_SBOW, "select-with-value")                       \
	X(OTSEG_MMS_FIELD_OPERATION, OTSEG_MMS_OPER, "operate")                                 \
	X(OTSEG_MMS_FIELD_OPERATION, OTSEG_MMS_CANCEL, "cancel")

/*
 * Codes of errors: class << 4 | code; X(ID, code, "name"). ISO 9506-2, ServiceError. A reject is
 * 0xf0, whatever its reason.
 */
#define OTSEG_MMS_EXCEPTIONS(X)                                                                 \
	X(VMD_OTHER, 0x00, "vmd-state-other")                                                   \
	X(VMD_CONFLICT, 0x01, "vmd-state-conflict")                                             \
	X(VMD_OPERATIONAL, 0x02, "vmd-operational-problem")                                     \
	X(VMD_TRANSFER, 0x03, "domain-transfer-problem")                                        \
	X(VMD_STATE_MACHINE, 0x04, "state-machine-id-invalid")                                  \
	X(APPLICATION_OTHER, 0x10, "application-reference-other")                               \
	X(DEFINITION_OTHER, 0x20, "definition-other")                                           \
	X(DEFINITION_UNDEFINED, 0x21, "object-undefined")                                       \
	X(DEFINITION_ADDRESS, 0x22, "invalid-address")                                          \
	X(DEFINITION_UNSUPPORTED, 0x23, "type-unsupported")                                     \
	X(DEFINITION_INCONSISTENT, 0x24, "type-inconsistent")                                   \
	X(DEFINITION_EXISTS, 0x25, "object-exists")                                             \
	X(DEFINITION_ATTRIBUTE, 0x26, "object-attribute-inconsistent")                          \
	X(RESOURCE_OTHER, 0x30, "resource-other")                                               \
	X(RESOURCE_MEMORY, 0x31, "memory-unavailable")                                          \
	X(RESOURCE_PROCESSOR, 0x32, "processor-resource-unavailable")                           \
	X(RESOURCE_STORAGE, 0x33, "mass-storage-unavailable")                                   \
	X(RESOURCE_CAPABILITY, 0x34, "capability-unavailable")                                  \
	X(RESOURCE_UNKNOWN, 0x35, "capability-unknown")                                         \
	X(SERVICE_OTHER, 0x40, "service-other")                                                 \
	X(SERVICE_SEQUENCE, 0x41, "primitives-out-of-sequence")                                 \
	X(SERVICE_STATE, 0x42, "object-state-conflict")                                         \
	X(SERVICE_SIZE, 0x43, "pdu-size")                                                       \
	X(SERVICE_CONTINUATION, 0x44, "continuation-invalid")                                   \
	X(SERVICE_CONSTRAINT, 0x45, "object-constraint-conflict")                               \
	X(PREEMPT_OTHER, 0x50, "service-preempt-other")                                         \
	X(PREEMPT_TIMEOUT, 0x51, "timeout")                                                     \
	X(PREEMPT_DEADLOCK, 0x52, "deadlock")                                                   \
	X(PREEMPT_CANCEL, 0x53, "cancelled")                                                    \
	X(TIME_OTHER, 0x60, "time-resolution-other")                                            \
	X(ACCESS_OTHER, 0x70, "access-other")                                                   \
	X(ACCESS_UNSUPPORTED, 0x71, "object-access-unsupported")                                \
	X(ACCESS_NON_EXISTENT, 0x72, "object-non-existent")                                     \
	X(ACCESS_DENIED, 0x73, "object-access-denied")                                          \
	X(ACCESS_INVALIDATED, 0x74, "object-invalidated")                                       \
	X(CANCEL_OTHER, 0xa0, "cancel-other")                                                   \
	X(CANCEL_UNKNOWN, 0xa1, "invoke-id-unknown")                                            \
	X(CANCEL_IMPOSSIBLE, 0xa2, "cancel-not-possible")                                       \
	X(FILE_OTHER, 0xb0, "file-other")                                                       \
	X(FILE_AMBIGUOUS, 0xb1, "filename-ambiguous")                                           \
	X(FILE_BUSY, 0xb2, "file-busy")                                                         \
	X(FILE_SYNTAX, 0xb3, "filename-syntax-error")                                           \
	X(FILE_CONTENT, 0xb4, "content-type-invalid")                                           \
	X(FILE_POSITION, 0xb5, "position-invalid")                                              \
	X(FILE_DENIED, 0xb6, "file-access-denied")                                              \
	X(FILE_NON_EXISTENT, 0xb7, "file-non-existent")                                         \
	X(FILE_DUPLICATE, 0xb8, "duplicate-filename")                                           \
	X(FILE_SPACE, 0xb9, "insufficient-space-in-filestore")                                  \
	X(REJECTED, 0xf0, "rejected")
/* clang-format on */

#define OTSEG_MMS_SHAPE .unit = NULL, .unit_max = 0, .code_max = 255, .sub_max = 5

enum otseg_mms_function {
#define X(id, code, name, access, object, flags) OTSEG_MMS_FN_##id = (code),
	OTSEG_MMS_FUNCTIONS(X)
#undef X
};

enum otseg_mms_sub {
#define X(id, function, number, name, access) OTSEG_MMS_SUB_##id = (number),
	OTSEG_MMS_SUBFUNCTIONS(X)
#undef X
};

enum otseg_mms_exception {
#define X(id, code, name) OTSEG_MMS_EXC_##id = (code),
	OTSEG_MMS_EXCEPTIONS(X)
#undef X
};

enum otseg_mms_constraint {
	OTSEG_MMS_FC_NONE,
#define X(F, id, number, word, letters, access) OTSEG_MMS_FC_##id = (number),
	OTSEG_MMS_CONSTRAINTS(X, 0)
#undef X
};

enum otseg_mms_operation {
	OTSEG_MMS_SBO = 1,
	OTSEG_MMS_SBOW,
	OTSEG_MMS_OPER,
	OTSEG_MMS_CANCEL,
};

#define OTSEG_MMS_TEXT_DOMAIN 0
#define OTSEG_MMS_TEXT_ITEM 1

/* In msg->state, where iso.h leaves room. */
#define OTSEG_MMS_ASKED 0x04000000u /* an association was asked for */
#define OTSEG_MMS_OPEN 0x08000000u /* and accepted */

#define OTSEG_MMS_NAME_MAX 129 /* bytes of a name that are looked at; IEC 61850-8-1 has 64 */
#define OTSEG_MMS_VARIABLES 64 /* of a list that are judged one by one */
#define OTSEG_MMS_SIBLINGS 16 /* elements beside each other, where one is looked for */
#define OTSEG_MMS_KNOWN 0x80

static const struct {
	u8 access;
	u8 shape;
} otseg_mms_table[128] = {
/* clang-format off */
#define X(F, id, code, name, access, shape) \
	[code] = { (access), OTSEG_MMS_##shape | OTSEG_MMS_KNOWN },
/* clang-format on */
	OTSEG_MMS_SERVICES(X, 0)
#undef X
};

/*
 * In place of an offset: what is needed is not at hand; or a reason in the lower bits, OTSEG_R_NONE
 * where there is nothing more to look for. With an offset: of a read or a write that names a list,
 * or a chosen part of a variable.
 */
#define MMS_WAIT 0x40000000u
#define MMS_REFUSE 0x80000000u
#define MMS_STOP (MMS_WAIT | MMS_REFUSE)
#define MMS_DONE (MMS_REFUSE | OTSEG_R_NONE)
#define MMS_LIST 0x20000000u
#define MMS_CHOSEN 0x10000000u
#define MMS_OFFSET 0x0fffffffu
#define MMS_FAR 0x1ffffu /* no element ends there */

/*
 * The BER element at @off, where those around it end at @limit: bytes of its content | bytes of its
 * header << 16; or MMS_WAIT, or MMS_REFUSE | reason.
 *
 * Definite lengths of at most two bytes (X.690, 8.1.3); numbers above 30 of tags in one more byte,
 * and not those below (8.1.2.4). That a length could be shorter is no matter: stacks do that.
 */
OTSEG_INLINE u32 mms_element(const u8 *buf, u32 off, u32 limit, u32 have)
{
	u32 header = 2;
	u32 len, more;

	if (off + 2 > limit)
		return MMS_REFUSE | OTSEG_R_PDU_LENGTH;
	if (off + 2 > have)
		return MMS_WAIT;
	if ((pdu_u8(buf, off) & 31) == 31) {
		if (pdu_u8(buf, off + 1) - 31 > 127 - 31)
			return MMS_REFUSE | OTSEG_R_PDU_MALFORMED;
		header = 3;
	}
	if (off + header > limit)
		return MMS_REFUSE | OTSEG_R_PDU_LENGTH;
	if (off + header > have)
		return MMS_WAIT;
	len = pdu_u8(buf, off + header - 1);
	if (len > 0x7f) {
		more = len & 0x7f;
		if (more - 1 > 1)
			return MMS_REFUSE | OTSEG_R_PDU_MALFORMED;
		header += more;
		if (off + header > limit)
			return MMS_REFUSE | OTSEG_R_PDU_LENGTH;
		if (off + header > have)
			return MMS_WAIT;
		len = pdu_u8(buf, off + header - 1);
		if (more == 2)
			len |= pdu_u8(buf, off + header - 2) << 8;
	}
	if (off + header + len > limit)
		return MMS_REFUSE | OTSEG_R_PDU_LENGTH;
	return header << 16 | len;
}

/* mms_element(), for those who ask once. */
OTSEG_GLOBAL u32 otseg_mms_element(struct otseg_pdu *pdu, u32 off, u32 limit, u32 have)
{
	return pdu ? mms_element(pdu->bytes, off, limit, have) : MMS_REFUSE | OTSEG_R_INTERNAL;
}

#define mms_begin(element, off) ((off) + ((element) >> 16))
#define mms_end(element, off) ((off) + ((element) >> 16) + ((element) & 0xffff))

#define OTSEG_MMS_SEEK 0x100 /* other elements may stand before it */

/**
 * otseg_mms_enter - find the last element of a list of elements
 * @pdu: where they are
 * @off: the first one
 * @limit: where they end
 * @have: bytes at hand
 * @want: its tag, which no other may have; without OTSEG_MMS_SEEK there is no other
 *
 * Return: where its content begins, which goes on to @limit; or as mms_element().
 */
OTSEG_GLOBAL u32 otseg_mms_enter(struct otseg_pdu *pdu, u32 off, u32 limit, u32 have, u32 want)
{
	u32 i;

	if (!pdu)
		return MMS_REFUSE | OTSEG_R_INTERNAL;
	otseg_for(i, OTSEG_MMS_SIBLINGS) {
		u32 element = mms_element(pdu->bytes, off, limit, have);
		u32 is_it = off < have && pdu_u8(pdu->bytes, off) == (want & 0xff);

		if (off < have && !is_it && !(want & OTSEG_MMS_SEEK))
			return MMS_REFUSE | OTSEG_R_PDU_MALFORMED;
		if (element & MMS_STOP)
			return element;
		if (is_it)
			return mms_end(element, off) == limit ? mms_begin(element, off) :
								MMS_REFUSE | OTSEG_R_PDU_LENGTH;
		off = mms_end(element, off);
	}
	return MMS_REFUSE | OTSEG_R_PDU_NESTING;
}

/**
 * otseg_mms_variable - find an element of a list
 * @pdu: where it is
 * @off: the first one
 * @limit: where they end
 * @have: bytes at hand
 * @index: which one, less than OTSEG_MMS_VARIABLES
 *
 * Return: where it begins; or as mms_element().
 */
OTSEG_GLOBAL u32 otseg_mms_variable(struct otseg_pdu *pdu, u32 off, u32 limit, u32 have, u32 index)
{
	u32 i;

	if (!pdu)
		return MMS_REFUSE | OTSEG_R_INTERNAL;
	otseg_for(i, index & (OTSEG_MMS_VARIABLES - 1)) {
		u32 element = mms_element(pdu->bytes, off, limit, have);

		if (element & MMS_STOP)
			return element;
		off = mms_end(element, off);
	}
	return off;
}

/**
 * otseg_mms_scan - look at the characters of a name
 * @pdu: where it is
 * @off: its first one, at hand like all of them
 * @len: their number
 *
 * Return: where after @off the first '$' is, + 1; 0: there is none; or as mms_element(): a name that
 * is longer than is looked at is as one that is not there.
 */
OTSEG_GLOBAL u32 otseg_mms_scan(struct otseg_pdu *pdu, u32 off, u32 len)
{
	u32 first = 0;
	u32 bad = 0;
	u32 i;

	if (!pdu)
		return MMS_REFUSE | OTSEG_R_INTERNAL;
	if (!len)
		return MMS_REFUSE | OTSEG_R_PDU_MALFORMED;
	if (len > OTSEG_MMS_NAME_MAX)
		return MMS_WAIT;
	otseg_for(i, len) {
		u32 byte, other, is_set;

		byte = pdu_u8(pdu->bytes, off + i);
		/* without branches: the verifier has one path to walk */
		bad |= (byte - 0x20) | (0x7e - byte);
		other = byte ^ '$';
		other = (other | -other) >> 31;
		is_set = (first | -first) >> 31;
		otseg_opaque(other);
		otseg_opaque(is_set);
		first += (i + 1) & ((other | is_set) - 1);
		otseg_opaque(first);
		otseg_opaque(bad);
	}
	return bad >> 31 ? MMS_REFUSE | OTSEG_R_PDU_MALFORMED : first & 0xff;
}

/* The same for code that has the bytes, where it reads better. */
#define MMS_PDU(buf) ((struct otseg_pdu *)(buf))

/* What the end of the name of a control variable, from @off to @end, asks for. */
OTSEG_INLINE u32 mms_operation(const u8 *buf, u32 off, u32 end)
{
	u32 last, before;

	/* LN$CO$DO$SBO */
	if (end - off < 9)
		return 0;
	last = pdu_be32(buf, end - 4);
	before = pdu_be24(buf, end - 7);
	if (last == ('$' << 24 | 'S' << 16 | 'B' << 8 | 'O'))
		return OTSEG_MMS_SBO;
	if (last == ('S' << 24 | 'B' << 16 | 'O' << 8 | 'w') && (before & 0xff) == '$')
		return OTSEG_MMS_SBOW;
	if (last == ('O' << 24 | 'p' << 16 | 'e' << 8 | 'r') && (before & 0xff) == '$')
		return OTSEG_MMS_OPER;
	if (last == ('n' << 24 | 'c' << 16 | 'e' << 8 | 'l') &&
	    before == ('$' << 16 | 'C' << 8 | 'a'))
		return OTSEG_MMS_CANCEL;
	return 0;
}

/* The number of a functional constraint: the two letters behind the first '$' (61850-8-1, 7.3). */
OTSEG_INLINE u32 mms_constraint(u32 letters)
{
	switch (letters) {
/* clang-format off */
#define X(F, id, number, word, letters, access) \
	case letters: \
		return OTSEG_MMS_FC_##id;
	OTSEG_MMS_CONSTRAINTS(X, 0)
#undef X
	/* clang-format on */
	}
	return OTSEG_MMS_FC_NONE;
}

/* What a write to a variable with the constraint is. */
OTSEG_INLINE u32 mms_write_sub(u32 constraint)
{
	u32 access = 0;

	switch (constraint) {
/* clang-format off */
#define X(F, id, number, word, letters, class) \
	case number: \
		access = class; \
		break;
	OTSEG_MMS_CONSTRAINTS(X, 0)
#undef X
	/* clang-format on */
	}
	return access == OTSEG_ACCESS_WRITE   ? OTSEG_MMS_SUB_WRITE_VALUE :
	       access == OTSEG_ACCESS_CONTROL ? OTSEG_MMS_SUB_WRITE_CONTROL :
	       access == OTSEG_ACCESS_PROGRAM ? OTSEG_MMS_SUB_WRITE_SETTINGS :
						OTSEG_MMS_SUB_WRITE_OTHER;
}

/* Notes what a read or a write (@code) is. */
OTSEG_INLINE void mms_sub(u32 code, u32 sub, struct otseg_msg *msg)
{
	u32 access = OTSEG_ACCESS_READ | MMS_GRAVEST;

	switch (code << 4 | sub) {
/* clang-format off */
#define X(id, function, number, name, class) \
	case (function) << 4 | (number): \
		access = class; \
		break;
	OTSEG_MMS_SUBFUNCTIONS(X)
#undef X
	/* clang-format on */
	}
	msg_function(msg, code, sub, access);
}

/* The name of an item, all of it at hand: text and fields. Return: 0, or as mms_element(). */
OTSEG_INLINE u32 mms_item(const u8 *buf, u32 off, u32 len, struct otseg_msg *msg)
{
	u32 constraint = OTSEG_MMS_FC_NONE;
	u32 dollar = otseg_mms_scan(MMS_PDU(buf), off, len);
	u32 operation;

	if (dollar & MMS_STOP)
		return dollar;
	msg_text(msg, OTSEG_MMS_TEXT_ITEM, off, len);
	if (dollar && (len == dollar + 2 ||
		       (len > dollar + 2 && pdu_u8(buf, off + dollar + 2) == '$')))
		constraint = mms_constraint(pdu_be16(buf, off + dollar));
	if (constraint == OTSEG_MMS_FC_CO) {
		operation = mms_operation(buf, off, off + len);
		if (operation)
			msg_field(msg, OTSEG_MMS_FIELD_OPERATION, operation);
	}
	/*
	 * The setting group control block: chooses the active settings. A write to all of SP, or to
	 * what is chosen of it, may be to that.
	 */
	if (constraint == OTSEG_MMS_FC_SP && len < dollar + 4 &&
	    msg->function >> 16 == OTSEG_MMS_FN_WRITE)
		constraint = OTSEG_MMS_FC_NONE;
	if (constraint == OTSEG_MMS_FC_SP && len >= dollar + 7 &&
	    pdu_be32(buf, off + dollar + 3) == ('S' << 24 | 'G' << 16 | 'C' << 8 | 'B'))
		constraint = OTSEG_MMS_FC_SG;
	msg_field(msg, OTSEG_MMS_FIELD_CONSTRAINT, constraint);
	return 0;
}

/* The name of a domain, likewise. */
OTSEG_INLINE u32 mms_domain(const u8 *buf, u32 off, u32 len, struct otseg_msg *msg)
{
	u32 dollar = otseg_mms_scan(MMS_PDU(buf), off, len);

	if (dollar & MMS_STOP)
		return dollar;
	msg_text(msg, OTSEG_MMS_TEXT_DOMAIN, off, len);
	return 0;
}

/**
 * otseg_mms_name - note the name that an element is
 * @pdu: where it is
 * @off: the element: name of an object (ObjectName: of the device, of a domain, of the association), or
 *	a string that is one
 * @have: bytes at hand
 * @msg: its texts and fields are filled in
 *
 * Return: 0; or as mms_element().
 */
OTSEG_GLOBAL u32 otseg_mms_name(struct otseg_pdu *pdu, u32 off, u32 have, struct otseg_msg *msg)
{
	u32 element, limit, stop, shape, tag;

	if (!pdu || !msg)
		return MMS_REFUSE | OTSEG_R_INTERNAL;
	shape = otseg_mms_table[msg->function >> 16 & 127].shape & ~OTSEG_MMS_KNOWN;
	element = otseg_mms_element(pdu, off, MMS_FAR, have);
	if (element & MMS_STOP)
		return element;
	tag = pdu_u8(pdu->bytes, off);
	limit = mms_end(element, off);
	off = mms_begin(element, off);
	if (limit > have)
		return MMS_WAIT;
	/* a directory without a name */
	if (off == limit && shape >= OTSEG_MMS_FILE)
		return 0;
	if (shape == OTSEG_MMS_SCOPE || shape == OTSEG_MMS_DOMAIN || shape == OTSEG_MMS_DOMAIN_0)
		return mms_domain(pdu->bytes, off, limit - off, msg);
	if (tag == 0xa1) {
		element = otseg_mms_element(pdu, off, limit, have);
		if (element & MMS_STOP)
			return element;
		if (pdu_u8(pdu->bytes, off) != 0x1a)
			return MMS_REFUSE | OTSEG_R_PDU_MALFORMED;
		stop = mms_domain(pdu->bytes, mms_begin(element, off), element & 0xffff, msg);
		if (stop)
			return stop;
		off = otseg_mms_enter(pdu, mms_end(element, off), limit, have, 0x1a);
		if (off & MMS_STOP)
			return off;
	} else if (shape < OTSEG_MMS_DOMAIN && tag != 0x80 && tag != 0x82) {
		return MMS_REFUSE | OTSEG_R_PDU_MALFORMED;
	}
	return mms_item(pdu->bytes, off, limit - off, msg);
}

/* Where the name of the object is that the element at @off, up to @limit, holds and nothing else. */
OTSEG_INLINE u32 mms_inside(struct otseg_pdu *pdu, u32 off, u32 limit, u32 have, u32 tag)
{
	u32 element = otseg_mms_element(pdu, off, limit, have);
	u32 inner;

	if (element & MMS_STOP)
		return element;
	if (pdu_u8(pdu->bytes, off) != tag)
		return MMS_REFUSE | OTSEG_R_PDU_MALFORMED;
	inner = otseg_mms_element(pdu, mms_begin(element, off), mms_end(element, off), have);
	if (inner & MMS_STOP)
		return inner;
	if (mms_end(inner, mms_begin(element, off)) != mms_end(element, off))
		return MMS_REFUSE | OTSEG_R_PDU_LENGTH;
	return mms_begin(element, off);
}

/**
 * otseg_mms_access - find what a read or a write is of (Read-Request, Write-Request)
 * @pdu: where it is
 * @off: first element of the service
 * @limit: end of the service
 * @have: bytes at hand
 * @msg: @part: which variable of the list is wanted
 *
 * Return: where its name is, with MMS_LIST or MMS_CHOSEN; or as mms_element(): what has no name is not
 * visible.
 */
OTSEG_GLOBAL u32 otseg_mms_access(struct otseg_pdu *pdu, u32 off, u32 limit, u32 have,
				  struct otseg_msg *msg)
{
	u32 is_write, element, tag, end, name, chosen = 0;

	if (!pdu || !msg)
		return MMS_REFUSE | OTSEG_R_INTERNAL;
	is_write = msg->function >> 16 == OTSEG_MMS_FN_WRITE;
	if (!is_write) {
		/* whether the answer shall repeat them */
		if (off < have && pdu_u8(pdu->bytes, off) == 0x80) {
			element = otseg_mms_element(pdu, off, limit, have);
			if (element & MMS_STOP)
				return element;
			off = mms_end(element, off);
		}
		off = otseg_mms_enter(pdu, off, limit, have, 0xa1);
		if (off & MMS_STOP)
			return off;
	}
	element = otseg_mms_element(pdu, off, limit, have);
	if (element & MMS_STOP)
		return element;
	tag = pdu_u8(pdu->bytes, off);
	end = mms_end(element, off);
	if (is_write) {
		/* data */
		u32 data = otseg_mms_enter(pdu, end, limit, have, 0xa0);

		if (data & MMS_REFUSE)
			return data;
	} else if (end != limit) {
		return MMS_REFUSE | OTSEG_R_PDU_LENGTH;
	}
	if (tag == 0xa1) {
		name = mms_inside(pdu, off, limit, have, 0xa1);
		return name & MMS_STOP ? name : name | MMS_LIST;
	}
	off = mms_begin(element, off);
	if (tag != 0xa0 || off == end)
		return MMS_REFUSE | OTSEG_R_PDU_MALFORMED;
	if (msg->part >= OTSEG_MMS_VARIABLES)
		return MMS_WAIT;
	off = otseg_mms_variable(pdu, off, end, have, msg->part);
	if (off & MMS_STOP)
		return off;
	element = otseg_mms_element(pdu, off, end, have);
	if (element & MMS_STOP)
		return element;
	if (pdu_u8(pdu->bytes, off) != 0x30)
		return MMS_REFUSE | OTSEG_R_PDU_MALFORMED;
	if (mms_end(element, off) != end)
		msg->flags |= OTSEG_MSG_MORE;
	end = mms_end(element, off);
	off = mms_begin(element, off);
	element = otseg_mms_element(pdu, off, end, have);
	if (element & MMS_STOP)
		return element;
	if (mms_end(element, off) != end) {
		/* which part of it (AlternateAccess) */
		chosen = otseg_mms_enter(pdu, mms_end(element, off), end, have, 0xa5);
		if (chosen & MMS_STOP)
			return chosen;
		chosen = MMS_CHOSEN;
	}
	if (pdu_u8(pdu->bytes, off) != 0xa0)
		return MMS_WAIT;
	name = mms_inside(pdu, off, end, have, 0xa0);
	return name & MMS_STOP ? name : name | chosen;
}

/**
 * otseg_mms_argument - find the name in the argument of any other service
 * @pdu: where it is
 * @off: the element of the service
 * @have: bytes at hand
 * @msg: of which service
 *
 * Return: where it is; or as mms_element(): there may be none.
 */
OTSEG_GLOBAL u32 otseg_mms_argument(struct otseg_pdu *pdu, u32 off, u32 have,
				    struct otseg_msg *msg)
{
	u32 shape, element, limit;

	if (!pdu || !msg)
		return MMS_REFUSE | OTSEG_R_INTERNAL;
	shape = otseg_mms_table[msg->function >> 16 & 127].shape & ~OTSEG_MMS_KNOWN;
	if (shape == OTSEG_MMS_ANY || shape == OTSEG_MMS_PLAIN)
		return MMS_DONE;
	if (shape == OTSEG_MMS_DOMAIN || shape == OTSEG_MMS_ITEM)
		return off;
	element = otseg_mms_element(pdu, off, MMS_FAR, have);
	if (element & MMS_STOP)
		return element;
	limit = mms_end(element, off);
	off = mms_begin(element, off);
	if (shape == OTSEG_MMS_NAME_0)
		return mms_inside(pdu, off, limit, have, 0xa0);
	if (shape == OTSEG_MMS_FILE || shape == OTSEG_MMS_FILE_0) {
		/* all files; or a name of several parts */
		if (off == limit)
			return MMS_DONE;
		element = shape == OTSEG_MMS_FILE ? off : mms_inside(pdu, off, limit, have, 0xa0);
		if (element & MMS_STOP || element >= have || pdu_u8(pdu->bytes, element) != 0x19)
			return element & MMS_WAIT || element >= have ? MMS_WAIT : MMS_DONE;
		if (shape == OTSEG_MMS_FILE_0)
			return element;
		element = otseg_mms_enter(pdu, off, limit, have, 0x19);
		return element & MMS_WAIT ? MMS_WAIT : element & MMS_REFUSE ? MMS_DONE : off;
	}
	element = otseg_mms_element(pdu, off, limit, have);
	if (element & MMS_STOP)
		return element;
	if (shape == OTSEG_MMS_SCOPE) {
		/* a class of objects, then of which domain, or of all */
		off = mms_end(element, off);
		off = mms_inside(pdu, off, limit, have, 0xa1);
		if (off & MMS_STOP)
			return off;
		return pdu_u8(pdu->bytes, off) == 0x81 ? off : MMS_DONE;
	}
	if (shape != OTSEG_MMS_NAME && pdu_u8(pdu->bytes, off) != 0x80)
		return MMS_REFUSE | OTSEG_R_PDU_MALFORMED;
	return off;
}

/*
 * An invoke identifier of 32 bits, from @off to @end: its lower half is the message's, the upper
 * one is held against that of the request as well. Return: 0, or as mms_element().
 */
OTSEG_INLINE u32 mms_invoke(const u8 *buf, u32 off, u32 end, u32 have, struct otseg_msg *msg)
{
	u32 value = 0;
	u32 i;

	if (end - off - 1 > 4)
		return MMS_REFUSE | OTSEG_R_PDU_MALFORMED;
	if (end > have)
		return MMS_WAIT;
	if (end - off == 5 && pdu_u8(buf, off))
		return MMS_REFUSE | OTSEG_R_PDU_MALFORMED;
	for (i = 0; i < 5; i++) {
		if (off + i >= end)
			break;
		value = value << 8 | pdu_u8(buf, off + i);
	}
	msg->id = (u16)value;
	msg->answer = (u16)(value >> 16);
	if (end - off <= 4)
		msg_number(msg, OTSEG_NUMBER_BER, off, end - off);
	msg->recur.is_wide = 1;
	return 0;
}

/* Requests that go the other way, as a device loads a domain or obtains a file. */
OTSEG_INLINE u32 mms_is_reverse(u32 code)
{
	return code == OTSEG_MMS_FN_DOWNLOAD_SEGMENT ||
	       code == OTSEG_MMS_FN_TERMINATE_DOWNLOAD_SEQUENCE ||
	       code - OTSEG_MMS_FN_FILE_OPEN <= OTSEG_MMS_FN_FILE_CLOSE - OTSEG_MMS_FN_FILE_OPEN;
}

/* Kind of a PDU that is one of a pair, of which the client asks: what comes otherwise is a notice. */
OTSEG_INLINE u32 mms_kind(u32 is_request, const struct otseg_msg *msg)
{
	if (is_request == msg->dir)
		return OTSEG_KIND_NOTICE;
	return is_request ? OTSEG_KIND_REQUEST : OTSEG_KIND_ANSWER;
}

/* The service of a confirmed request or response, at @off. */
OTSEG_INLINE u32 mms_service(struct otseg_pdu *pdu, u32 off, u32 limit, u32 have,
			     struct otseg_msg *msg)
{
	u32 is_request = msg->kind == OTSEG_KIND_REQUEST;
	u32 element = otseg_mms_element(pdu, off, limit, have);
	u32 tag, code, shape, access;

	/* a list of modifiers would stand here; it is universal, 16 */
	if (off < have && off < limit && (pdu_u8(pdu->bytes, off) & 0xc0) != 0x80)
		return MMS_REFUSE | OTSEG_R_PDU_MALFORMED;
	if (element & MMS_STOP)
		return element;
	tag = pdu_u8(pdu->bytes, off);
	code = tag & 31;
	if (code == 31)
		code = pdu_u8(pdu->bytes, off + 1);
	code &= 127;
	if (mms_end(element, off) != limit)
		return MMS_REFUSE | OTSEG_R_PDU_LENGTH;
	shape = otseg_mms_table[code].shape;
	access = otseg_mms_table[code].access;
	if (is_request == msg->dir) {
		if (!mms_is_reverse(code))
			return MMS_REFUSE | OTSEG_R_PDU_DIRECTION;
		msg->kind = OTSEG_KIND_NOTICE;
		access = OTSEG_ACCESS_PROGRAM;
		if (code >= OTSEG_MMS_FN_FILE_OPEN)
			code += OTSEG_MMS_FN_DEVICE_FILE_OPEN - OTSEG_MMS_FN_FILE_OPEN;
	} else if (!(shape & OTSEG_MMS_KNOWN)) {
		msg->flags |= OTSEG_MSG_UNKNOWN;
		access = OTSEG_ACCESS_VENDOR;
	} else if (is_request) {
		shape &= ~OTSEG_MMS_KNOWN;
		if (!(tag & 0x20) != (shape == OTSEG_MMS_PLAIN || shape == OTSEG_MMS_DOMAIN ||
				      shape == OTSEG_MMS_ITEM))
			return MMS_REFUSE | OTSEG_R_PDU_MALFORMED;
		msg->flags |= OTSEG_MSG_OPAQUE_VALUES;
		/* of these the name decides */
		if (shape != OTSEG_MMS_READ && shape != OTSEG_MMS_WRITE)
			msg_function(msg, code, 0, access);
		msg->function = code << 16;
		/* who knows what comes in the next TPDU */
		if (pdu->bytes[OTSEG_ISO_AT_EOT] & 0x80)
			return off;
		if (msg->flags & OTSEG_MSG_NO_FUNCTION) {
			mms_sub(code, OTSEG_MMS_SUB_READ_CONTINUED, msg);
			return MMS_DONE;
		}
		return MMS_REFUSE | OTSEG_R_PDU_NESTING;
	} else if (code == OTSEG_MMS_FN_READ || code == OTSEG_MMS_FN_WRITE) {
		/* of what, it does not tell */
		return MMS_DONE;
	}
	if (is_request)
		msg->flags |= OTSEG_MSG_OPAQUE_VALUES;
	msg_function(msg, code, 0, access);
	return MMS_DONE;
}

/* The rest of an error (a2, a7) behind the identifier: class and code. */
OTSEG_INLINE void mms_error(const u8 *buf, u32 off, u32 limit, u32 have, struct otseg_msg *msg)
{
	/* a1 or a2: service error, in it a0: class, in it the code */
	if (off + 7 <= have && off + 7 <= limit && pdu_u8(buf, off + 2) == 0xa0 &&
	    pdu_u8(buf, off + 5) == 1)
		msg->exception = (u8)((pdu_u8(buf, off + 4) & 15) << 4 |
				      (pdu_u8(buf, off + 6) & 15));
}

/* An unconfirmed service (a3): of a device it is data, to a device it may change some. */
OTSEG_INLINE u32 mms_unconfirmed(struct otseg_pdu *pdu, u32 off, u32 limit, u32 have,
				 struct otseg_msg *msg)
{
	u32 element = otseg_mms_element(pdu, off, limit, have);
	u32 code;

	if (element & MMS_STOP)
		return element;
	code = pdu_u8(pdu->bytes, off) - 0xa0;
	if (code > 2)
		return MMS_REFUSE | OTSEG_R_PDU_MALFORMED;
	if (mms_end(element, off) != limit)
		return MMS_REFUSE | OTSEG_R_PDU_LENGTH;
	if (msg->dir == OTSEG_DIR_REQUEST)
		msg->flags |= OTSEG_MSG_OPAQUE_VALUES;
	msg_function(msg, OTSEG_MMS_FN_INFORMATION_REPORT + code, 0,
		     msg->dir == OTSEG_DIR_REQUEST ? OTSEG_ACCESS_WRITE : OTSEG_ACCESS_READ);
	off = mms_begin(element, off);
	if (code || off >= have || pdu_u8(pdu->bytes, off) != 0xa1)
		return MMS_DONE;
	/* the list that it is of */
	off = mms_inside(pdu, off, limit, have, 0xa1);
	return off & MMS_WAIT ? MMS_DONE : off;
}

/**
 * otseg_mms_pdu - look at an MMS PDU (MMSpdu)
 * @pdu: where it is
 * @off: its first byte
 * @have: bytes at hand
 * @msg: filled in, but for names
 *
 * Return: where the element of the service is whose names are wanted, or of an information report the
 * name itself; or as mms_element().
 */
OTSEG_GLOBAL u32 otseg_mms_pdu(struct otseg_pdu *pdu, u32 off, u32 have, struct otseg_msg *msg)
{
	u32 element, limit, stop, tag, id;

	if (!pdu || !msg)
		return MMS_REFUSE | OTSEG_R_INTERNAL;
	element = otseg_mms_element(pdu, off, MMS_FAR, have);
	if (element & MMS_STOP)
		return element;
	tag = pdu_u8(pdu->bytes, off);
	limit = mms_end(element, off);
	off = mms_begin(element, off);
	switch (tag) {
	case 0xa3:
		return mms_unconfirmed(pdu, off, limit, have, msg);
	case 0x85:
	case 0x86:
		msg->kind = (u8)mms_kind(tag == 0x85, msg);
		msg_function(msg, OTSEG_MMS_FN_CANCEL, 0, OTSEG_ACCESS_SESSION);
		stop = mms_invoke(pdu->bytes, off, limit, have, msg);
		return stop ? stop : MMS_DONE;
	case 0x8b:
	case 0x8c:
		if (off != limit)
			return MMS_REFUSE | OTSEG_R_PDU_LENGTH;
		msg->kind = (u8)mms_kind(tag == 0x8b, msg);
		msg_function(msg, OTSEG_MMS_FN_CONCLUDE, 0, OTSEG_ACCESS_SESSION);
		return MMS_DONE;
	case 0xad:
		msg->kind = (u8)mms_kind(0, msg);
		msg->flags |= OTSEG_MSG_EXCEPTION;
		msg_function(msg, OTSEG_MMS_FN_CONCLUDE, 0, OTSEG_ACCESS_SESSION);
		return MMS_DONE;
	case 0xa0:
	case 0xa1:
	case 0xa2:
	case 0xa4:
	case 0xa7:
		break;
	default:
		return MMS_REFUSE | OTSEG_R_PDU_MALFORMED;
	}
	/* the others begin with an invoke identifier; a reject may */
	element = otseg_mms_element(pdu, off, limit, have);
	if (element & MMS_STOP)
		return element;
	id = pdu_u8(pdu->bytes, off);
	if (tag == 0xa4 && (msg->dir == OTSEG_DIR_REQUEST || id != 0x80)) {
		msg_function(msg, OTSEG_MMS_FN_REJECT, 0, OTSEG_ACCESS_SESSION);
		return MMS_DONE;
	}
	if (id != (tag < 0xa2 ? 0x02 : 0x80))
		return MMS_REFUSE | OTSEG_R_PDU_MALFORMED;
	stop = mms_invoke(pdu->bytes, mms_begin(element, off), mms_end(element, off), have, msg);
	if (stop)
		return stop;
	off = mms_end(element, off);
	if (tag < 0xa2) {
		msg->kind = tag == 0xa0 ? OTSEG_KIND_REQUEST : OTSEG_KIND_ANSWER;
		return mms_service(pdu, off, limit, have, msg);
	}
	if (tag == 0xa4) {
		if (off >= have)
			return MMS_WAIT;
		if (pdu_u8(pdu->bytes, off) != 0x81) {
			msg->id = 0;
			msg->answer = OTSEG_ANSWER_ANY;
			msg_function(msg, OTSEG_MMS_FN_REJECT, 0, OTSEG_ACCESS_SESSION);
			return MMS_DONE;
		}
		/* of a request: it will not be answered */
		msg->exception = OTSEG_MMS_EXC_REJECTED;
	} else {
		mms_error(pdu->bytes, off, limit, have, msg);
	}
	msg->kind = (u8)mms_kind(0, msg);
	msg->flags |= OTSEG_MSG_EXCEPTION;
	if (tag == 0xa7)
		msg_function(msg, OTSEG_MMS_FN_CANCEL, 0, OTSEG_ACCESS_SESSION);
	else if (msg->kind == OTSEG_KIND_NOTICE)
		msg_function(msg, OTSEG_MMS_FN_ERROR, 0, OTSEG_ACCESS_SESSION);
	return MMS_DONE;
}

/*
 * Where the user data of the session PDU from @off to @end begin; or as mms_element().
 *
 * Identifier, length, parameters (X.225, 8.2): one byte of identifier, one or three of length each.
 * The user data (193, or 194 if they are long) are the last parameter.
 */
OTSEG_INLINE u32 mms_user_data(const u8 *buf, u32 off, u32 end, u32 have)
{
	u32 i;

	/* the first turn is that of the PDU itself, whose content are the others */
	for (i = 0; i < OTSEG_MMS_SIBLINGS; i++) {
		u32 code, len;

		if (off + 2 > end)
			return MMS_REFUSE | OTSEG_R_PDU_LENGTH;
		if (off + 2 > have)
			return MMS_WAIT;
		code = pdu_u8(buf, off);
		len = pdu_u8(buf, off + 1);
		off += 2;
		if (len == 255) {
			if (off + 2 > end)
				return MMS_REFUSE | OTSEG_R_PDU_LENGTH;
			if (off + 2 > have)
				return MMS_WAIT;
			len = pdu_be16(buf, off);
			off += 2;
		}
		if (off + len > end || (!i && off + len != end))
			return MMS_REFUSE | OTSEG_R_PDU_LENGTH;
		if (!i)
			continue;
		if (code - 193 <= 1)
			return off + len == end ? off : MMS_REFUSE | OTSEG_R_PDU_LENGTH;
		off += len;
	}
	return MMS_REFUSE | OTSEG_R_PDU_NESTING;
}

/*
 * Ways through elements. To the MMS PDU of a connect request (X.226, 8.2: CP; X.227: AARQ): normal
 * mode, its parameters, user data, the only value, its data; the request, its user information,
 * external, data, initiate request. To a release request (X.227: RLRQ): user data, the only value, its
 * data, the request.
 */
static const u16 otseg_mms_path[] = {
	0x31,
	OTSEG_MMS_SEEK | 0xa2,
	OTSEG_MMS_SEEK | 0x61,
	0x30,
	OTSEG_MMS_SEEK | 0xa0,
	0x60,
	OTSEG_MMS_SEEK | 0xbe,
	0x28,
	OTSEG_MMS_SEEK | 0xa0,
	0xa8,
	0x61,
	0x30,
	OTSEG_MMS_SEEK | 0xa0,
	0x62,
};

#define OTSEG_MMS_PATH_FINISH 10 /* where the second one begins */
#define OTSEG_MMS_PATH_END 14

/* Where the way from @at on ends, of which each step ends at @end; or as mms_element(). */
OTSEG_INLINE u32 mms_walk(struct otseg_pdu *pdu, u32 at, u32 end, u32 have, u32 is_finish)
{
	u32 from = is_finish ? OTSEG_MMS_PATH_FINISH : 0;
	u32 to = is_finish ? OTSEG_MMS_PATH_END : OTSEG_MMS_PATH_FINISH;
	u32 i;

	otseg_for(i, to - from) {
		if (at & MMS_STOP || from + i >= OTSEG_MMS_PATH_END)
			break;
		at = otseg_mms_enter(pdu, at, end, have, otseg_mms_path[from + i]);
	}
	return at;
}

/**
 * otseg_mms_session - look at a session PDU that opens or closes (X.225, 8.3)
 * @pdu: where it is
 * @off: its first byte
 * @end: where it ends
 * @have: bytes at hand
 * @msg: filled in
 *
 * Return: as mms_element(), never an offset.
 */
OTSEG_GLOBAL u32 otseg_mms_session(struct otseg_pdu *pdu, u32 off, u32 end, u32 have,
				   struct otseg_msg *msg)
{
	u32 type, at;

	if (!pdu || !msg)
		return MMS_REFUSE | OTSEG_R_INTERNAL;
	/* they fit into one TPDU */
	if (!(pdu->bytes[OTSEG_ISO_AT_EOT] & 0x80))
		return MMS_REFUSE | OTSEG_R_PDU_NESTING;
	type = pdu_u8(pdu->bytes, off);
	at = mms_user_data(pdu->bytes, off, end, have);
	switch (type) {
	case 0x0d: /* connect */
		if (msg->dir != OTSEG_DIR_REQUEST)
			return MMS_REFUSE | OTSEG_R_PDU_DIRECTION;
		if (msg->state & OTSEG_MMS_ASKED && !(msg->state & OTSEG_STATE_AGAIN))
			return MMS_REFUSE | OTSEG_R_PDU_STATE;
		msg->kind = OTSEG_KIND_REQUEST;
		msg_function(msg, OTSEG_MMS_FN_INITIATE, 0, OTSEG_ACCESS_SESSION);
		msg->state |= OTSEG_MMS_ASKED;
		at = mms_walk(pdu, at, end, have, 0);
		return at & MMS_STOP ? at : MMS_DONE;
	case 0x0e: /* accept */
	case 0x0c: /* refuse */
		if (msg->dir != OTSEG_DIR_RESPONSE)
			return MMS_REFUSE | OTSEG_R_PDU_DIRECTION;
		msg->kind = OTSEG_KIND_ANSWER;
		msg_function(msg, OTSEG_MMS_FN_INITIATE, 0, OTSEG_ACCESS_SESSION);
		if (type == 0x0e) {
			msg->state |= OTSEG_MMS_OPEN;
			return at & MMS_STOP ? at : MMS_DONE;
		}
		msg->flags |= OTSEG_MSG_EXCEPTION;
		break;
	case 0x09: /* finish */
		msg->kind = (u8)mms_kind(1, msg);
		msg_function(msg, OTSEG_MMS_FN_RELEASE, 0, OTSEG_ACCESS_SESSION);
		at = mms_walk(pdu, at, end, have, 1);
		/* the reason of it, nothing else */
		if (!(at & MMS_STOP) && end - at > 3)
			return MMS_REFUSE | OTSEG_R_PDU_LENGTH;
		return at & MMS_STOP ? at : MMS_DONE;
	case 0x0a: /* disconnect */
	case 0x08: /* not finished */
		msg->kind = (u8)mms_kind(0, msg);
		msg_function(msg, OTSEG_MMS_FN_RELEASE, 0, OTSEG_ACCESS_SESSION);
		if (type == 0x08)
			return MMS_DONE;
		break;
	case 0x19: /* abort */
	case 0x1a: /* abort accept */
		msg_function(msg, OTSEG_MMS_FN_ABORT, 0, OTSEG_ACCESS_SESSION);
		break;
	default:
		return MMS_REFUSE | OTSEG_R_PDU_PROTOCOL;
	}
	msg->state &= ~(OTSEG_MMS_ASKED | OTSEG_MMS_OPEN);
	return MMS_DONE;
}

/**
 * otseg_mms_data - find the MMS PDU in data (X.225, 8.3.11: give tokens, data transfer; X.226, 8.4.2:
 *	fully encoded data)
 * @pdu: where they are
 * @off: their first byte
 * @end: where their TPDU ends
 * @have: bytes at hand
 * @msg: its state
 *
 * Return: where it is, which ends where the data do; or as mms_element().
 */
OTSEG_GLOBAL u32 otseg_mms_data(struct otseg_pdu *pdu, u32 off, u32 end, u32 have,
				struct otseg_msg *msg)
{
	u32 goes_on, limit, element, i;

	if (!pdu || !msg)
		return MMS_REFUSE | OTSEG_R_INTERNAL;
	if ((msg->state & (OTSEG_ISO_OPEN | OTSEG_MMS_OPEN | OTSEG_STATE_AGAIN)) == OTSEG_ISO_OPEN)
		return MMS_REFUSE | OTSEG_R_PDU_STATE;
	for (i = 0; i < 4; i++) {
		if (off + i < have && pdu_u8(pdu->bytes, off + i) != !(i & 1))
			return MMS_REFUSE | OTSEG_R_PDU_MALFORMED;
	}
	off += 4;
	/* it ends where the TSDU does; if that goes on, later */
	if (off < have && pdu_u8(pdu->bytes, off) != 0x61)
		return MMS_REFUSE | OTSEG_R_PDU_MALFORMED;
	element = otseg_mms_element(pdu, off, MMS_FAR, have);
	if (element & MMS_STOP)
		return element;
	goes_on = !(pdu->bytes[OTSEG_ISO_AT_EOT] & 0x80);
	limit = mms_end(element, off);
	if (goes_on ? limit <= end : limit != end)
		return MMS_REFUSE | OTSEG_R_PDU_LENGTH;
	off = otseg_mms_enter(pdu, mms_begin(element, off), limit, have, 0x30);
	if (off & MMS_STOP)
		return off;
	/* the context of MMS is 3 */
	for (i = 0; i < 3; i++) {
		if (off + i < have &&
		    pdu_u8(pdu->bytes, off + i) != (0x020103u >> (16 - 8 * i) & 0xff))
			return MMS_REFUSE | OTSEG_R_PDU_MALFORMED;
	}
	off = otseg_mms_enter(pdu, off + 3, limit, have, 0xa0);
	if (off & MMS_STOP)
		return off;
	element = otseg_mms_element(pdu, off, limit, have);
	if (element & MMS_STOP)
		return element;
	return mms_end(element, off) == limit ? off : MMS_REFUSE | OTSEG_R_PDU_LENGTH;
}

/*
 * Whether to read a name takes something (IEC 60870-6-503, TASE.2): a device's _SBO selects it,
 * and Next_DSTransfer_Set or _TSTransfer_Set assigns the next free one to the client.
 */
OTSEG_INLINE u32 mms_is_taken(const u8 *buf, const struct otseg_msg *msg)
{
	const struct otseg_msg_text *item = &msg->texts[OTSEG_MMS_TEXT_ITEM];
	u32 end = item->off + item->len;

	if (!(msg->text_mask & 1u << OTSEG_MMS_TEXT_ITEM))
		return 0;
	if (item->len >= 4 && pdu_be32(buf, end - 4) == 0x5f53424f) /* _SBO */
		return 1;
	return item->len >= 16 && pdu_be32(buf, item->off) == 0x4e657874 && /* Next */
	       pdu_be32(buf, end - 12) == 0x5472616e && /* Tran */
	       pdu_be32(buf, end - 8) == 0x73666572 && /* sfer */
	       pdu_be32(buf, end - 4) == 0x5f536574; /* _Set */
}

/* A read or a write whose element is at @off: what it is of decides what it is. */
OTSEG_INLINE u32 mms_access(struct otseg_pdu *pdu, u32 off, u32 have, struct otseg_msg *msg)
{
	u32 element = otseg_mms_element(pdu, off, MMS_FAR, have);
	u32 code = msg->function >> 16;
	u32 is_write = code == OTSEG_MMS_FN_WRITE;
	u32 sub = OTSEG_MMS_SUB_READ_UNNAMED;
	u32 name, stop, constraint;

	/* each variable is a message; the first one is the request */
	if (msg->part)
		msg->kind = OTSEG_KIND_NOTICE;
	name = element & MMS_STOP ? element :
				    otseg_mms_access(pdu, mms_begin(element, off),
						     mms_end(element, off), have, msg);
	stop = name & MMS_STOP ? name : otseg_mms_name(pdu, name & MMS_OFFSET, have, msg);
	if (stop & MMS_REFUSE)
		return stop & 0xff;
	constraint = msg->fields[OTSEG_MMS_FIELD_CONSTRAINT];
	if (stop) {
		/* no rule that names it covers it */
		msg->text_mask = 0;
		msg->field_mask &= (u16) ~(1u << OTSEG_MMS_FIELD_CONSTRAINT |
					   1u << OTSEG_MMS_FIELD_OPERATION);
		if (msg->flags & OTSEG_MSG_PARTIAL)
			return OTSEG_R_NONE;
	} else if (is_write) {
		if (!(name & MMS_LIST))
			sub = mms_write_sub(constraint);
	} else if (constraint == OTSEG_MMS_FC_CO ||
		   (constraint == OTSEG_MMS_FC_NONE && name & MMS_CHOSEN) ||
		   mms_is_taken(pdu->bytes, msg)) {
		sub = OTSEG_MMS_SUB_READ_CONTROL;
	} else {
		sub = OTSEG_MMS_SUB_READ_VALUE;
	}
	mms_sub(code, sub, msg);
	return OTSEG_R_NONE;
}

/*
 * The TSDU whose first byte is at @off; @end: after its TPDU, @have: bytes at hand, not past @end
 * nor OTSEG_PDU_MAX.
 */
OTSEG_INLINE u32 mms_parse_tsdu(const u8 *buf, u32 off, u32 end, u32 have, u32 dir,
				struct otseg_msg *msg)
{
	struct otseg_pdu *pdu = (struct otseg_pdu *)buf;
	u32 at, code;

	(void)dir;
	msg->service = OTSEG_SVC_MMS;
	if (pdu_u8(buf, off) == 1)
		at = otseg_mms_data(pdu, off, end, have, msg);
	else
		at = otseg_mms_session(pdu, off, end, have, msg);
	if (!(at & MMS_STOP))
		at = otseg_mms_pdu(pdu, at, have, msg);
	code = msg->function >> 16;
	if (!(at & MMS_STOP)) {
		if (code == OTSEG_MMS_FN_READ || code == OTSEG_MMS_FN_WRITE)
			return mms_access(pdu, at, have, msg);
		if (code != OTSEG_MMS_FN_INFORMATION_REPORT)
			at = otseg_mms_argument(pdu, at, have, msg);
		if (!(at & MMS_STOP))
			at = otseg_mms_name(pdu, at, have, msg);
		/* names of these are not needed to judge them */
		return at & MMS_REFUSE ? at & 0xff : OTSEG_R_NONE;
	}
	if (at & MMS_REFUSE)
		return at & 0xff;
	/* what decides must be in the first TPDU, and near its beginning */
	return msg->flags & OTSEG_MSG_PARTIAL ? OTSEG_R_NONE : OTSEG_R_PDU_NESTING;
}

#endif /* OTSEG_MMS_H */
