/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * IEC 60870-5-104: names, numbers and access classes of the types of ASDUs and of the frames that
 * control a connection, and from the bytes of one APDU to a struct otseg_msg. Pure.
 *
 * "104" is IEC 60870-5-104:2006, "101" is IEC 60870-5-101:2003, "5-5" is IEC 60870-5-5, "62351" is IEC
 * 62351-5. Sizes and numbers of types were compared with Wireshark's packet-iec104.c and with what
 * lib60870 and Scapy encode; Documentation/protocols/iec104.md has the figures.
 *
 * Nothing here pairs: a command has one, two or three answers, and those are ASDUs of the same type.
 * Each APDU is a notice that a rule must cover. What keeps the sides apart is the type and the cause of
 * transmission: the side that opened the connection is the controlling one (104, 5.1 and 6).
 */
#ifndef OTSEG_IEC104_H
#define OTSEG_IEC104_H

#include "pdu.h"

/* What an ASDU holds and who may send it: which objects, which causes of transmission. */
enum otseg_iec104_shape {
	OTSEG_IEC104_UNKNOWN,
	OTSEG_IEC104_FRAME, /* no ASDU: S and U frames */
	OTSEG_IEC104_INFO, /* to the controlling side; a list of objects, or a run of them */
	OTSEG_IEC104_EVENT, /* to the controlling side; a list */
	OTSEG_IEC104_INIT, /* to the controlling side; one for the station */
	OTSEG_IEC104_COMMAND, /* one object */
	OTSEG_IEC104_STATION, /* one for the station, object 0 */
	OTSEG_IEC104_ASK, /* one object, nothing else */
	OTSEG_IEC104_PARAMETER, /* one object */
	OTSEG_IEC104_FILE, /* one object, either way */
	OTSEG_IEC104_SEGMENT, /* of a file: as long as it says */
	OTSEG_IEC104_DIRECTORY, /* to the controlling side; a list or a run */
	OTSEG_IEC104_SECURE, /* 62351: no objects */
};

/* What stands in an element beside its value; the low bits are the offset of the qualifier in it. */
#define OTSEG_IEC104_QUALIFIED 0x08
#define OTSEG_IEC104_SELECTS 0x10 /* its bit 7: select, do not execute yet (101, 7.2.6.26 and 7.2.6.39) */
#define OTSEG_IEC104_SWITCHES 0x20 /* its bits 0 and 1: the state, bits 2 to 6: the qualifier (101, 7.2.6.15-17) */
#define OTSEG_IEC104_BIT 0x40 /* the state is one bit */
#define OTSEG_IEC104_WORD 0x80 /* the value is two bytes, lowest first, at the beginning */
#define OTSEG_IEC104_SINGLE \
	(OTSEG_IEC104_QUALIFIED | OTSEG_IEC104_SELECTS | OTSEG_IEC104_SWITCHES | OTSEG_IEC104_BIT)
#define OTSEG_IEC104_DOUBLE \
	(OTSEG_IEC104_QUALIFIED | OTSEG_IEC104_SELECTS | OTSEG_IEC104_SWITCHES)
#define OTSEG_IEC104_SET_WORD \
	(OTSEG_IEC104_QUALIFIED | OTSEG_IEC104_SELECTS | OTSEG_IEC104_WORD | 2)
#define OTSEG_IEC104_SET_FLOAT (OTSEG_IEC104_QUALIFIED | OTSEG_IEC104_SELECTS | 4)
#define OTSEG_IEC104_FILE_ACCESS (OTSEG_ACCESS_READ | OTSEG_ACCESS_PROGRAM)

/*
 * X(F, ID, code, "name", access, OTSEG_FN_*, shape, size of an element, what is in it)
 *
 * Types of ASDUs are their numbers (101, 7.2.1.1; 104, 6; 62351, 7.3 for 41 and 81-95; 104 amendment 1
 * for 127). Types 2-19 with a time of three bytes, 104 and 106 are of 101 alone, and are met where a
 * serial line was put on TCP. S and U frames (104, 5.1) are 256 plus their first control octet.
 *
 * Commands switch: `control`. Set points and bit strings are process data: `write`. Interrogation
 * and read are questions; counter interrogation may also freeze or reset the counters, which is
 * `control`, as are the clock and the reset of the process. Parameters are configuration, and so
 * is whatever a file may hold.
 */
/* clang-format off */
#define OTSEG_IEC104_TYPES(X, F) \
	X(F, M_SP_NA_1, 1, "m-sp-na-1", OTSEG_ACCESS_READ, 0, INFO, 1, 0) \
	X(F, M_SP_TA_1, 2, "m-sp-ta-1", OTSEG_ACCESS_READ, 0, EVENT, 4, 0) \
	X(F, M_DP_NA_1, 3, "m-dp-na-1", OTSEG_ACCESS_READ, 0, INFO, 1, 0) \
	X(F, M_DP_TA_1, 4, "m-dp-ta-1", OTSEG_ACCESS_READ, 0, EVENT, 4, 0) \
	X(F, M_ST_NA_1, 5, "m-st-na-1", OTSEG_ACCESS_READ, 0, INFO, 2, 0) \
	X(F, M_ST_TA_1, 6, "m-st-ta-1", OTSEG_ACCESS_READ, 0, EVENT, 5, 0) \
	X(F, M_BO_NA_1, 7, "m-bo-na-1", OTSEG_ACCESS_READ, 0, INFO, 5, 0) \
	X(F, M_BO_TA_1, 8, "m-bo-ta-1", OTSEG_ACCESS_READ, 0, EVENT, 8, 0) \
	X(F, M_ME_NA_1, 9, "m-me-na-1", OTSEG_ACCESS_READ, 0, INFO, 3, 0) \
	X(F, M_ME_TA_1, 10, "m-me-ta-1", OTSEG_ACCESS_READ, 0, EVENT, 6, 0) \
	X(F, M_ME_NB_1, 11, "m-me-nb-1", OTSEG_ACCESS_READ, 0, INFO, 3, 0) \
	X(F, M_ME_TB_1, 12, "m-me-tb-1", OTSEG_ACCESS_READ, 0, EVENT, 6, 0) \
	X(F, M_ME_NC_1, 13, "m-me-nc-1", OTSEG_ACCESS_READ, 0, INFO, 5, 0) \
	X(F, M_ME_TC_1, 14, "m-me-tc-1", OTSEG_ACCESS_READ, 0, EVENT, 8, 0) \
	X(F, M_IT_NA_1, 15, "m-it-na-1", OTSEG_ACCESS_READ, 0, INFO, 5, 0) \
	X(F, M_IT_TA_1, 16, "m-it-ta-1", OTSEG_ACCESS_READ, 0, EVENT, 8, 0) \
	X(F, M_EP_TA_1, 17, "m-ep-ta-1", OTSEG_ACCESS_READ, 0, EVENT, 6, 0) \
	X(F, M_EP_TB_1, 18, "m-ep-tb-1", OTSEG_ACCESS_READ, 0, EVENT, 7, 0) \
	X(F, M_EP_TC_1, 19, "m-ep-tc-1", OTSEG_ACCESS_READ, 0, EVENT, 7, 0) \
	X(F, M_PS_NA_1, 20, "m-ps-na-1", OTSEG_ACCESS_READ, 0, INFO, 5, 0) \
	X(F, M_ME_ND_1, 21, "m-me-nd-1", OTSEG_ACCESS_READ, 0, INFO, 2, 0) \
	X(F, M_SP_TB_1, 30, "m-sp-tb-1", OTSEG_ACCESS_READ, 0, EVENT, 8, 0) \
	X(F, M_DP_TB_1, 31, "m-dp-tb-1", OTSEG_ACCESS_READ, 0, EVENT, 8, 0) \
	X(F, M_ST_TB_1, 32, "m-st-tb-1", OTSEG_ACCESS_READ, 0, EVENT, 9, 0) \
	X(F, M_BO_TB_1, 33, "m-bo-tb-1", OTSEG_ACCESS_READ, 0, EVENT, 12, 0) \
	X(F, M_ME_TD_1, 34, "m-me-td-1", OTSEG_ACCESS_READ, 0, EVENT, 10, 0) \
	X(F, M_ME_TE_1, 35, "m-me-te-1", OTSEG_ACCESS_READ, 0, EVENT, 10, 0) \
	X(F, M_ME_TF_1, 36, "m-me-tf-1", OTSEG_ACCESS_READ, 0, EVENT, 12, 0) \
	X(F, M_IT_TB_1, 37, "m-it-tb-1", OTSEG_ACCESS_READ, 0, EVENT, 12, 0) \
	X(F, M_EP_TD_1, 38, "m-ep-td-1", OTSEG_ACCESS_READ, 0, EVENT, 10, 0) \
	X(F, M_EP_TE_1, 39, "m-ep-te-1", OTSEG_ACCESS_READ, 0, EVENT, 11, 0) \
	X(F, M_EP_TF_1, 40, "m-ep-tf-1", OTSEG_ACCESS_READ, 0, EVENT, 11, 0) \
	X(F, S_IT_TC_1, 41, "s-it-tc-1", OTSEG_ACCESS_READ, 0, EVENT, 14, 0) \
	X(F, C_SC_NA_1, 45, "c-sc-na-1", OTSEG_ACCESS_CONTROL, 0, COMMAND, 1, OTSEG_IEC104_SINGLE) \
	X(F, C_DC_NA_1, 46, "c-dc-na-1", OTSEG_ACCESS_CONTROL, 0, COMMAND, 1, OTSEG_IEC104_DOUBLE) \
	X(F, C_RC_NA_1, 47, "c-rc-na-1", OTSEG_ACCESS_CONTROL, 0, COMMAND, 1, OTSEG_IEC104_DOUBLE) \
	X(F, C_SE_NA_1, 48, "c-se-na-1", OTSEG_ACCESS_WRITE, 0, COMMAND, 3, OTSEG_IEC104_SET_WORD) \
	X(F, C_SE_NB_1, 49, "c-se-nb-1", OTSEG_ACCESS_WRITE, 0, COMMAND, 3, OTSEG_IEC104_SET_WORD) \
	X(F, C_SE_NC_1, 50, "c-se-nc-1", OTSEG_ACCESS_WRITE, 0, COMMAND, 5, OTSEG_IEC104_SET_FLOAT) \
	X(F, C_BO_NA_1, 51, "c-bo-na-1", OTSEG_ACCESS_WRITE, 0, COMMAND, 4, 0) \
	X(F, C_SC_TA_1, 58, "c-sc-ta-1", OTSEG_ACCESS_CONTROL, 0, COMMAND, 8, OTSEG_IEC104_SINGLE) \
	X(F, C_DC_TA_1, 59, "c-dc-ta-1", OTSEG_ACCESS_CONTROL, 0, COMMAND, 8, OTSEG_IEC104_DOUBLE) \
	X(F, C_RC_TA_1, 60, "c-rc-ta-1", OTSEG_ACCESS_CONTROL, 0, COMMAND, 8, OTSEG_IEC104_DOUBLE) \
	X(F, C_SE_TA_1, 61, "c-se-ta-1", OTSEG_ACCESS_WRITE, 0, COMMAND, 10, OTSEG_IEC104_SET_WORD) \
	X(F, C_SE_TB_1, 62, "c-se-tb-1", OTSEG_ACCESS_WRITE, 0, COMMAND, 10, OTSEG_IEC104_SET_WORD) \
	X(F, C_SE_TC_1, 63, "c-se-tc-1", OTSEG_ACCESS_WRITE, 0, COMMAND, 12, OTSEG_IEC104_SET_FLOAT) \
	X(F, C_BO_TA_1, 64, "c-bo-ta-1", OTSEG_ACCESS_WRITE, 0, COMMAND, 11, 0) \
	X(F, M_EI_NA_1, 70, "m-ei-na-1", OTSEG_ACCESS_READ, 0, INIT, 1, OTSEG_IEC104_QUALIFIED) \
	X(F, S_CH_NA_1, 81, "s-ch-na-1", OTSEG_ACCESS_SESSION, OTSEG_FN_OPAQUE, SECURE, 0, 0) \
	X(F, S_RP_NA_1, 82, "s-rp-na-1", OTSEG_ACCESS_SESSION, OTSEG_FN_OPAQUE, SECURE, 0, 0) \
	/* holds another ASDU, any one */ \
	X(F, S_AR_NA_1, 83, "s-ar-na-1", OTSEG_ACCESS_CONTROL | OTSEG_ACCESS_PROGRAM, OTSEG_FN_OPAQUE, SECURE, 0, 0) \
	X(F, S_KR_NA_1, 84, "s-kr-na-1", OTSEG_ACCESS_SESSION, OTSEG_FN_OPAQUE, SECURE, 0, 0) \
	X(F, S_KS_NA_1, 85, "s-ks-na-1", OTSEG_ACCESS_SESSION, OTSEG_FN_OPAQUE, SECURE, 0, 0) \
	X(F, S_KC_NA_1, 86, "s-kc-na-1", OTSEG_ACCESS_SESSION, OTSEG_FN_OPAQUE, SECURE, 0, 0) \
	X(F, S_ER_NA_1, 87, "s-er-na-1", OTSEG_ACCESS_SESSION, OTSEG_FN_OPAQUE, SECURE, 0, 0) \
	/* users and their keys */ \
	X(F, S_US_NA_1, 90, "s-us-na-1", OTSEG_ACCESS_PROGRAM, OTSEG_FN_OPAQUE, SECURE, 0, 0) \
	X(F, S_UQ_NA_1, 91, "s-uq-na-1", OTSEG_ACCESS_PROGRAM, OTSEG_FN_OPAQUE, SECURE, 0, 0) \
	X(F, S_UR_NA_1, 92, "s-ur-na-1", OTSEG_ACCESS_PROGRAM, OTSEG_FN_OPAQUE, SECURE, 0, 0) \
	X(F, S_UK_NA_1, 93, "s-uk-na-1", OTSEG_ACCESS_PROGRAM, OTSEG_FN_OPAQUE, SECURE, 0, 0) \
	X(F, S_UA_NA_1, 94, "s-ua-na-1", OTSEG_ACCESS_PROGRAM, OTSEG_FN_OPAQUE, SECURE, 0, 0) \
	X(F, S_UC_NA_1, 95, "s-uc-na-1", OTSEG_ACCESS_PROGRAM, OTSEG_FN_OPAQUE, SECURE, 0, 0) \
	X(F, C_IC_NA_1, 100, "c-ic-na-1", OTSEG_ACCESS_READ, 0, STATION, 1, OTSEG_IEC104_QUALIFIED) \
	X(F, C_CI_NA_1, 101, "c-ci-na-1", OTSEG_ACCESS_READ | OTSEG_ACCESS_CONTROL, OTSEG_FN_SUB, STATION, 1, \
		OTSEG_IEC104_QUALIFIED) \
	X(F, C_RD_NA_1, 102, "c-rd-na-1", OTSEG_ACCESS_READ, 0, ASK, 0, 0) \
	X(F, C_CS_NA_1, 103, "c-cs-na-1", OTSEG_ACCESS_CONTROL, 0, STATION, 7, 0) \
	X(F, C_TS_NA_1, 104, "c-ts-na-1", OTSEG_ACCESS_DIAGNOSTIC, 0, STATION, 2, 0) \
	X(F, C_RP_NA_1, 105, "c-rp-na-1", OTSEG_ACCESS_CONTROL, 0, STATION, 1, OTSEG_IEC104_QUALIFIED) \
	X(F, C_CD_NA_1, 106, "c-cd-na-1", OTSEG_ACCESS_CONTROL, 0, STATION, 2, 0) \
	X(F, C_TS_TA_1, 107, "c-ts-ta-1", OTSEG_ACCESS_DIAGNOSTIC, 0, STATION, 9, 0) \
	X(F, P_ME_NA_1, 110, "p-me-na-1", OTSEG_ACCESS_PROGRAM, 0, PARAMETER, 3, OTSEG_IEC104_QUALIFIED | 2) \
	X(F, P_ME_NB_1, 111, "p-me-nb-1", OTSEG_ACCESS_PROGRAM, 0, PARAMETER, 3, OTSEG_IEC104_QUALIFIED | 2) \
	X(F, P_ME_NC_1, 112, "p-me-nc-1", OTSEG_ACCESS_PROGRAM, 0, PARAMETER, 5, OTSEG_IEC104_QUALIFIED | 4) \
	X(F, P_AC_NA_1, 113, "p-ac-na-1", OTSEG_ACCESS_PROGRAM, 0, PARAMETER, 1, OTSEG_IEC104_QUALIFIED) \
	X(F, F_FR_NA_1, 120, "f-fr-na-1", OTSEG_IEC104_FILE_ACCESS, 0, FILE, 6, 0) \
	X(F, F_SR_NA_1, 121, "f-sr-na-1", OTSEG_IEC104_FILE_ACCESS, 0, FILE, 7, 0) \
	X(F, F_SC_NA_1, 122, "f-sc-na-1", OTSEG_IEC104_FILE_ACCESS, OTSEG_FN_SUB, FILE, 4, 0) \
	X(F, F_LS_NA_1, 123, "f-ls-na-1", OTSEG_IEC104_FILE_ACCESS, 0, FILE, 5, 0) \
	X(F, F_AF_NA_1, 124, "f-af-na-1", OTSEG_ACCESS_PROGRAM, 0, FILE, 4, 0) \
	X(F, F_SG_NA_1, 125, "f-sg-na-1", OTSEG_IEC104_FILE_ACCESS, 0, SEGMENT, 0, 0) \
	X(F, F_DR_TA_1, 126, "f-dr-ta-1", OTSEG_ACCESS_READ, 0, DIRECTORY, 13, 0) \
	X(F, F_SC_NB_1, 127, "f-sc-nb-1", OTSEG_ACCESS_PROGRAM, 0, FILE, 16, 0) \
	X(F, S_FRAME, 0x101, "supervisory", OTSEG_ACCESS_SESSION, 0, FRAME, 0, 0) \
	X(F, STARTDT_ACT, 0x107, "startdt-act", OTSEG_ACCESS_SESSION, 0, FRAME, 0, 0) \
	X(F, STARTDT_CON, 0x10b, "startdt-con", OTSEG_ACCESS_SESSION, 0, FRAME, 0, 0) \
	/* the device keeps its data to itself from then on */ \
	X(F, STOPDT_ACT, 0x113, "stopdt-act", OTSEG_ACCESS_CONTROL, 0, FRAME, 0, 0) \
	X(F, STOPDT_CON, 0x123, "stopdt-con", OTSEG_ACCESS_SESSION, 0, FRAME, 0, 0) \
	X(F, TESTFR_ACT, 0x143, "testfr-act", OTSEG_ACCESS_SESSION, 0, FRAME, 0, 0) \
	X(F, TESTFR_CON, 0x183, "testfr-con", OTSEG_ACCESS_SESSION, 0, FRAME, 0, 0)

#define OTSEG_IEC104_TYPE_FUNCTION(F, id, code, name, access, flags, shape, size, form) \
	F(id, code, name, access, OTSEG_IEC104_OBJECT_OF_##shape, flags)
/* clang-format on */
#define OTSEG_IEC104_FUNCTIONS(F) OTSEG_IEC104_TYPES(OTSEG_IEC104_TYPE_FUNCTION, F)

#define OTSEG_IEC104_OBJECT_OF_FRAME 0
#define OTSEG_IEC104_OBJECT_OF_SECURE 0
#define OTSEG_IEC104_OBJECT_OF_INFO OTSEG_IEC104_OBJ_INFORMATION_OBJECT
#define OTSEG_IEC104_OBJECT_OF_EVENT OTSEG_IEC104_OBJ_INFORMATION_OBJECT
#define OTSEG_IEC104_OBJECT_OF_INIT OTSEG_IEC104_OBJ_INFORMATION_OBJECT
#define OTSEG_IEC104_OBJECT_OF_COMMAND OTSEG_IEC104_OBJ_INFORMATION_OBJECT
#define OTSEG_IEC104_OBJECT_OF_STATION OTSEG_IEC104_OBJ_INFORMATION_OBJECT
#define OTSEG_IEC104_OBJECT_OF_ASK OTSEG_IEC104_OBJ_INFORMATION_OBJECT
#define OTSEG_IEC104_OBJECT_OF_PARAMETER OTSEG_IEC104_OBJ_INFORMATION_OBJECT
#define OTSEG_IEC104_OBJECT_OF_FILE OTSEG_IEC104_OBJ_INFORMATION_OBJECT
#define OTSEG_IEC104_OBJECT_OF_SEGMENT OTSEG_IEC104_OBJ_INFORMATION_OBJECT
#define OTSEG_IEC104_OBJECT_OF_DIRECTORY OTSEG_IEC104_OBJ_INFORMATION_OBJECT

enum otseg_iec104_type {
#define X(id, code, name, access, object, flags) OTSEG_IEC104_FN_##id = (code),
	OTSEG_IEC104_FUNCTIONS(X)
#undef X
};

/*
 * What a counter interrogation does (bits 6 and 7 of its qualifier: 101, 7.2.6.23), and what is
 * called for by f-sc-na-1 (lower half of its qualifier: 101, 7.2.6.30).
 */
/* clang-format off */
#define OTSEG_IEC104_SUBFUNCTIONS(X)                                                          \
	X(READ_COUNTERS, OTSEG_IEC104_FN_C_CI_NA_1, 0, "read", OTSEG_ACCESS_READ)             \
	X(FREEZE, OTSEG_IEC104_FN_C_CI_NA_1, 1, "freeze", OTSEG_ACCESS_CONTROL)               \
	X(FREEZE_RESET, OTSEG_IEC104_FN_C_CI_NA_1, 2, "freeze-reset", OTSEG_ACCESS_CONTROL)   \
	X(RESET, OTSEG_IEC104_FN_C_CI_NA_1, 3, "reset", OTSEG_ACCESS_CONTROL)                 \
	X(CALL_DIRECTORY, OTSEG_IEC104_FN_F_SC_NA_1, 0, "call-directory", OTSEG_ACCESS_READ)  \
	X(SELECT_FILE, OTSEG_IEC104_FN_F_SC_NA_1, 1, "select-file", OTSEG_ACCESS_PROGRAM)     \
	X(REQUEST_FILE, OTSEG_IEC104_FN_F_SC_NA_1, 2, "request-file", OTSEG_ACCESS_PROGRAM)   \
	X(DEACTIVATE_FILE, OTSEG_IEC104_FN_F_SC_NA_1, 3, "deactivate-file", OTSEG_ACCESS_PROGRAM) \
	X(DELETE_FILE, OTSEG_IEC104_FN_F_SC_NA_1, 4, "delete-file", OTSEG_ACCESS_PROGRAM)     \
	X(SELECT_SECTION, OTSEG_IEC104_FN_F_SC_NA_1, 5, "select-section", OTSEG_ACCESS_PROGRAM) \
	X(REQUEST_SECTION, OTSEG_IEC104_FN_F_SC_NA_1, 6, "request-section", OTSEG_ACCESS_PROGRAM) \
	X(DEACTIVATE_SECTION, OTSEG_IEC104_FN_F_SC_NA_1, 7, "deactivate-section", OTSEG_ACCESS_PROGRAM)

/* Addresses of 24 bits, one range of numbers for all types (104, 6 and 8.3). */
#define OTSEG_IEC104_OBJECTS(X)                                                               \
	X(INFORMATION_OBJECT, 1, "information-object", 0xffffff, 0, "information object; 0 is the station")

#define OTSEG_IEC104_FIELDS(X)                                                                \
	X(CAUSE, 0, "cause", 63, "cause of transmission")                                     \
	X(NEGATIVE, 1, "negative", 1, "1: a confirmation is negative")                        \
	X(TEST, 2, "test", 1, "1: sent as a test")                                            \
	X(ORIGINATOR, 3, "originator", 255, "originator address")                             \
	X(SELECT, 4, "select", 1, "of a command: select or execute")                          \
	X(QUALIFIER, 5, "qualifier", 255, "of a command, an interrogation or a parameter")    \
	X(STATE, 6, "state", 3, \
		"of single-command: 0 off, 1 on; of double command: 1 off, 2 on; of step command: 1 lower, 2 higher")

/* Causes: 101, 7.2.3; 14-16: 62351. */
#define OTSEG_IEC104_FIELD_WORDS(X)                                                           \
	X(OTSEG_IEC104_FIELD_CAUSE, 1, "periodic")                                            \
	X(OTSEG_IEC104_FIELD_CAUSE, 2, "background-scan")                                     \
	X(OTSEG_IEC104_FIELD_CAUSE, 3, "spontaneous")                                         \
	X(OTSEG_IEC104_FIELD_CAUSE, 4, "initialized")                                         \
	X(OTSEG_IEC104_FIELD_CAUSE, 5, "request")                                             \
	X(OTSEG_IEC104_FIELD_CAUSE, 6, "activation")                                          \
	X(OTSEG_IEC104_FIELD_CAUSE, 7, "activation-confirmation")                             \
	X(OTSEG_IEC104_FIELD_CAUSE, 8, "deactivation")                                        \
	X(OTSEG_IEC104_FIELD_CAUSE, 9, "deactivation-confirmation")                           \
	X(OTSEG_IEC104_FIELD_CAUSE, 10, "activation-termination")                             \
	X(OTSEG_IEC104_FIELD_CAUSE, 11, "return-remote")                                      \
	X(OTSEG_IEC104_FIELD_CAUSE, 12, "return-local")                                       \
	X(OTSEG_IEC104_FIELD_CAUSE, 13, "file-transfer")                                      \
	X(OTSEG_IEC104_FIELD_CAUSE, 14, "authentication")                                     \
	X(OTSEG_IEC104_FIELD_CAUSE, 15, "session-key")                                        \
	X(OTSEG_IEC104_FIELD_CAUSE, 16, "user-key")                                           \
	X(OTSEG_IEC104_FIELD_CAUSE, 20, "interrogated-station")                               \
	X(OTSEG_IEC104_FIELD_CAUSE, 21, "interrogated-group-1")                               \
	X(OTSEG_IEC104_FIELD_CAUSE, 22, "interrogated-group-2")                               \
	X(OTSEG_IEC104_FIELD_CAUSE, 23, "interrogated-group-3")                               \
	X(OTSEG_IEC104_FIELD_CAUSE, 24, "interrogated-group-4")                               \
	X(OTSEG_IEC104_FIELD_CAUSE, 25, "interrogated-group-5")                               \
	X(OTSEG_IEC104_FIELD_CAUSE, 26, "interrogated-group-6")                               \
	X(OTSEG_IEC104_FIELD_CAUSE, 27, "interrogated-group-7")                               \
	X(OTSEG_IEC104_FIELD_CAUSE, 28, "interrogated-group-8")                               \
	X(OTSEG_IEC104_FIELD_CAUSE, 29, "interrogated-group-9")                               \
	X(OTSEG_IEC104_FIELD_CAUSE, 30, "interrogated-group-10")                              \
	X(OTSEG_IEC104_FIELD_CAUSE, 31, "interrogated-group-11")                              \
	X(OTSEG_IEC104_FIELD_CAUSE, 32, "interrogated-group-12")                              \
	X(OTSEG_IEC104_FIELD_CAUSE, 33, "interrogated-group-13")                              \
	X(OTSEG_IEC104_FIELD_CAUSE, 34, "interrogated-group-14")                              \
	X(OTSEG_IEC104_FIELD_CAUSE, 35, "interrogated-group-15")                              \
	X(OTSEG_IEC104_FIELD_CAUSE, 36, "interrogated-group-16")                              \
	X(OTSEG_IEC104_FIELD_CAUSE, 37, "counters-general")                                   \
	X(OTSEG_IEC104_FIELD_CAUSE, 38, "counters-group-1")                                   \
	X(OTSEG_IEC104_FIELD_CAUSE, 39, "counters-group-2")                                   \
	X(OTSEG_IEC104_FIELD_CAUSE, 40, "counters-group-3")                                   \
	X(OTSEG_IEC104_FIELD_CAUSE, 41, "counters-group-4")                                   \
	X(OTSEG_IEC104_FIELD_CAUSE, 44, "unknown-type")                                       \
	X(OTSEG_IEC104_FIELD_CAUSE, 45, "unknown-cause")                                      \
	X(OTSEG_IEC104_FIELD_CAUSE, 46, "unknown-common-address")                             \
	X(OTSEG_IEC104_FIELD_CAUSE, 47, "unknown-information-object")                         \
	X(OTSEG_IEC104_FIELD_SELECT, 0, "execute")                                            \
	X(OTSEG_IEC104_FIELD_SELECT, 1, "select")
/* clang-format on */

enum otseg_iec104_object {
#define X(id, number, name, max, flags, sentence) OTSEG_IEC104_OBJ_##id = (number),
	OTSEG_IEC104_OBJECTS(X)
#undef X
};

enum otseg_iec104_sub {
#define X(id, function, number, name, access) OTSEG_IEC104_SUB_##id = (number),
	OTSEG_IEC104_SUBFUNCTIONS(X)
#undef X
};

enum otseg_iec104_field {
#define X(id, number, name, max, sentence) OTSEG_IEC104_FIELD_##id = (number),
	OTSEG_IEC104_FIELDS(X)
#undef X
};

#define OTSEG_IEC104_TEXTS(X)
#define OTSEG_IEC104_EXCEPTIONS(X)

#define OTSEG_IEC104_SHAPE \
	.unit = "common-address", .unit_max = 0xffff, .code_max = 255, .sub_max = 15, \
	.value_max = 0xffff, \
	.broadcasts = { { OTSEG_BROADCAST_ALWAYS, { OTSEG_IEC104_BROADCAST, OTSEG_IEC104_BROADCAST } } }

#define OTSEG_IEC104_AT_LENGTH 1 /* bytes that follow it */
#define OTSEG_IEC104_AT_CONTROL 2 /* four octets */
#define OTSEG_IEC104_AT_TYPE 6
#define OTSEG_IEC104_AT_NUMBER 7 /* bit 7: a run of objects, bits 0 to 6: how many */
#define OTSEG_IEC104_AT_CAUSE 8 /* bit 7: test, bit 6: negative */
#define OTSEG_IEC104_AT_ORIGINATOR 9
#define OTSEG_IEC104_AT_STATION 10
#define OTSEG_IEC104_AT_OBJECT 12
#define OTSEG_IEC104_AT_ELEMENT 15

#define OTSEG_IEC104_APDU_MAX 253 /* 104, 5.1: as its length counts */
#define OTSEG_IEC104_BROADCAST 0xffff /* 101, 7.2.4 */
#define OTSEG_IEC104_LIST 32 /* objects of a list that make a message; the longest list has 60 */

/* What the datapath needs of a type; as large as a byte reaches. */
static const struct {
	u8 access;
	u8 shape;
	u8 size;
	u8 form;
} otseg_iec104_table[512] = {
/* clang-format off */
#define X(F, id, code, name, access, flags, shape, size, form) \
	[code] = { (access), OTSEG_IEC104_##shape, (size), (form) },
/* clang-format on */
	OTSEG_IEC104_TYPES(X, 0)
#undef X
};

/* A set of causes, and what the types' causes may be (101, 7.3 and 7.4; 104, 7; 62351, 7.3). */
#define IEC104_CAUSE(first, last) ((~0ull >> (63 - (last))) & (~0ull << (first)))
#define IEC104_REFUSALS IEC104_CAUSE(44, 47)

/* The causes with which the side @dir may send an ASDU of @shape; none: it may not send it. */
OTSEG_INLINE u64 iec104_causes(u32 shape, u32 dir)
{
	u64 a = IEC104_CAUSE(6, 6) | IEC104_CAUSE(8, 8);
	u64 b = IEC104_CAUSE(7, 7) | IEC104_CAUSE(9, 10) | IEC104_REFUSALS;

	switch (shape) {
	case OTSEG_IEC104_INFO:
	case OTSEG_IEC104_EVENT:
		/* 48-63 are for private use (101, 7.2.3) */
		a = 0;
		b = IEC104_CAUSE(1, 3) | IEC104_CAUSE(5, 5) | IEC104_CAUSE(11, 12) |
		    IEC104_CAUSE(20, 41) | IEC104_CAUSE(48, 63);
		break;
	case OTSEG_IEC104_INIT:
		a = 0;
		b = IEC104_CAUSE(4, 4);
		break;
	case OTSEG_IEC104_ASK:
		a = IEC104_CAUSE(5, 5);
		b = IEC104_REFUSALS;
		break;
	case OTSEG_IEC104_PARAMETER:
		b |= IEC104_CAUSE(20, 36);
		break;
	case OTSEG_IEC104_FILE:
	case OTSEG_IEC104_SEGMENT:
		a = IEC104_CAUSE(5, 5) | IEC104_CAUSE(13, 13);
		b = a | IEC104_CAUSE(3, 3) | IEC104_REFUSALS;
		break;
	case OTSEG_IEC104_DIRECTORY:
		a = 0;
		b = IEC104_CAUSE(3, 3) | IEC104_CAUSE(5, 5);
		break;
	case OTSEG_IEC104_SECURE:
		a = IEC104_CAUSE(14, 16);
		b = a | IEC104_REFUSALS;
		break;
	case OTSEG_IEC104_UNKNOWN:
		a = IEC104_CAUSE(1, 63);
		b = a;
		break;
	}
	return dir == OTSEG_DIR_REQUEST ? a : b;
}

/*
 * The objects of a list (101, 7.2.2.1), each @size bytes of element behind its address; those
 * of the part that is asked for.
 */
OTSEG_INLINE u32 iec104_list(const u8 *buf, u32 have, struct otseg_msg *msg, u32 size)
{
	u32 first = (msg->part & 3) * OTSEG_IEC104_LIST;
	u32 count = pdu_u8(buf, OTSEG_IEC104_AT_NUMBER) & 0x7f;
	u32 off = OTSEG_IEC104_AT_OBJECT + first * (3 + size);
	u32 access = msg->access;
	u32 i;

	if (first + OTSEG_IEC104_LIST < count)
		msg->flags |= OTSEG_MSG_MORE;
	for (i = 0; i < OTSEG_IEC104_LIST; i++, off += 3 + size) {
		u32 address;

		if (first + i >= count || off + 3 > have)
			break;
		address = pdu_le24(buf, off);
		msg->objects[i].first = address;
		msg->objects[i].last = address;
		msg->objects[i].type = OTSEG_IEC104_OBJ_INFORMATION_OBJECT;
		msg->objects[i].access = (u8)access;
		msg->objects[i].values_off = 0;
		msg->n_objects = (u8)(i + 1);
	}
	return OTSEG_R_NONE;
}

/* What the only element of a command or of a parameter says beside its value. */
OTSEG_INLINE void iec104_qualifier(const u8 *buf, u32 have, u32 form, struct otseg_msg *msg)
{
	u32 at = OTSEG_IEC104_AT_ELEMENT + (form & 7);
	u32 octet;

	if (form & OTSEG_IEC104_WORD) {
		msg->values = OTSEG_VALUES_LE16;
		msg->objects[0].values_off = OTSEG_IEC104_AT_ELEMENT;
	}
	if (!(form & OTSEG_IEC104_QUALIFIED) || have <= at)
		return;
	octet = pdu_u8(buf, at);
	if (form & OTSEG_IEC104_SELECTS)
		msg_field(msg, OTSEG_IEC104_FIELD_SELECT, octet >> 7);
	if (form & OTSEG_IEC104_SWITCHES) {
		msg_field(msg, OTSEG_IEC104_FIELD_STATE,
			  form & OTSEG_IEC104_BIT ? octet & 1 : octet & 3);
		octet = octet >> 2 & 31;
	} else if (form & OTSEG_IEC104_SELECTS) {
		octet &= 0x7f;
	}
	msg_field(msg, OTSEG_IEC104_FIELD_QUALIFIER, octet);
}

/* Types whose qualifier says what they do. Unknown sub-functions of files are for private use. */
OTSEG_INLINE void iec104_sub(u32 type, u32 octet, struct otseg_msg *msg)
{
	u32 sub = type == OTSEG_IEC104_FN_C_CI_NA_1 ? octet >> 6 : octet & 15;

	msg_function(msg, type, sub, OTSEG_ACCESS_VENDOR);
	switch (type << 4 | sub) {
/* clang-format off */
#define X(id, function, number, name, class) \
	case (function) << 4 | (number): \
		msg->access = (class); \
		return;
	OTSEG_IEC104_SUBFUNCTIONS(X)
#undef X
	/* clang-format on */
	}
	msg->flags |= OTSEG_MSG_UNKNOWN;
}

/* The ASDU of an I frame whose header is there: objects and what they say, and the exact length. */
OTSEG_NOINLINE u32 iec104_asdu(const u8 *buf, u32 have, struct otseg_msg *msg)
{
	u32 type = pdu_u8(buf, OTSEG_IEC104_AT_TYPE);
	u32 number = pdu_u8(buf, OTSEG_IEC104_AT_NUMBER);
	u32 shape = otseg_iec104_table[type].shape;
	u32 size = otseg_iec104_table[type].size;
	u32 form = otseg_iec104_table[type].form;
	u32 is_run = number >> 7;
	u32 count = number & 0x7f;
	u32 length = msg->length;
	u32 first;

	if (shape == OTSEG_IEC104_UNKNOWN || shape == OTSEG_IEC104_SECURE) {
		msg->flags |= OTSEG_MSG_OPAQUE_OBJECTS | OTSEG_MSG_OPAQUE_VALUES;
		return length > OTSEG_IEC104_AT_OBJECT ? OTSEG_R_NONE : OTSEG_R_PDU_LENGTH;
	}
	if (!count || (is_run && shape != OTSEG_IEC104_INFO && shape != OTSEG_IEC104_DIRECTORY))
		return OTSEG_R_PDU_MALFORMED;
	if (count > 1 && shape != OTSEG_IEC104_INFO && shape != OTSEG_IEC104_EVENT &&
	    shape != OTSEG_IEC104_DIRECTORY)
		return OTSEG_R_PDU_MALFORMED;
	if (shape == OTSEG_IEC104_SEGMENT) {
		/* name of the file, of its section, length, bytes (101, 7.4.11.3.6) */
		if (length < OTSEG_IEC104_AT_ELEMENT + 4)
			return OTSEG_R_PDU_LENGTH;
		if (have > OTSEG_IEC104_AT_ELEMENT + 3 &&
		    length != OTSEG_IEC104_AT_ELEMENT + 4 + pdu_u8(buf, OTSEG_IEC104_AT_ELEMENT + 3))
			return OTSEG_R_PDU_LENGTH;
	} else if (length != OTSEG_IEC104_AT_OBJECT +
				     (is_run ? 3 + count * size : count * (3 + size))) {
		return OTSEG_R_PDU_LENGTH;
	}
	if (!is_run && count > 1)
		return iec104_list(buf, have, msg, size);
	if (have < OTSEG_IEC104_AT_ELEMENT)
		return OTSEG_R_NONE;
	first = pdu_le24(buf, OTSEG_IEC104_AT_OBJECT);
	if (first + count - 1 > 0xffffff)
		return OTSEG_R_PDU_MALFORMED;
	if (first && (shape == OTSEG_IEC104_STATION || shape == OTSEG_IEC104_INIT))
		return OTSEG_R_PDU_MALFORMED;
	if (type == OTSEG_IEC104_FN_C_CI_NA_1 || type == OTSEG_IEC104_FN_F_SC_NA_1) {
		u32 at = type == OTSEG_IEC104_FN_C_CI_NA_1 ? OTSEG_IEC104_AT_ELEMENT :
							     OTSEG_IEC104_AT_ELEMENT + 3;

		if (have <= at)
			return OTSEG_R_NONE;
		iec104_sub(type, pdu_u8(buf, at), msg);
	}
	if (!(msg->access & (OTSEG_ACCESS_SESSION | OTSEG_ACCESS_READ)) &&
	    !(form & OTSEG_IEC104_WORD))
		msg->flags |= OTSEG_MSG_OPAQUE_VALUES;
	msg_object(msg, OTSEG_IEC104_OBJ_INFORMATION_OBJECT, msg->access, first, first + count - 1, 0);
	iec104_qualifier(buf, have, form, msg);
	return OTSEG_R_NONE;
}

/* Whose message it is, from type to common address. */
OTSEG_INLINE u32 iec104_header(const u8 *buf, u32 have, struct otseg_msg *msg)
{
	u32 type = pdu_u8(buf, OTSEG_IEC104_AT_TYPE);
	u32 shape = otseg_iec104_table[type].shape;
	u32 access = otseg_iec104_table[type].access;
	u64 causes = iec104_causes(shape, msg->dir);
	u32 station;
	u32 octet;

	if (!type)
		return OTSEG_R_PDU_MALFORMED;
	if (!causes)
		return OTSEG_R_PDU_DIRECTION;
	if (shape == OTSEG_IEC104_UNKNOWN) {
		access = OTSEG_ACCESS_VENDOR;
		msg->flags |= OTSEG_MSG_UNKNOWN;
	}
	/* Files that a device sends are read from it. */
	if (access == OTSEG_IEC104_FILE_ACCESS)
		access = msg->dir == OTSEG_DIR_REQUEST ? OTSEG_ACCESS_PROGRAM : OTSEG_ACCESS_READ;
	if (type != OTSEG_IEC104_FN_C_CI_NA_1 && type != OTSEG_IEC104_FN_F_SC_NA_1)
		msg_function(msg, type, 0, access);
	if (have <= OTSEG_IEC104_AT_CAUSE)
		return OTSEG_R_NONE;
	octet = pdu_u8(buf, OTSEG_IEC104_AT_CAUSE);
	if (!(causes >> (octet & 63) & 1))
		return iec104_causes(shape, !msg->dir) >> (octet & 63) & 1 ? OTSEG_R_PDU_DIRECTION :
									     OTSEG_R_PDU_MALFORMED;
	msg_field(msg, OTSEG_IEC104_FIELD_CAUSE, octet & 63);
	msg_field(msg, OTSEG_IEC104_FIELD_NEGATIVE, octet >> 6 & 1);
	msg_field(msg, OTSEG_IEC104_FIELD_TEST, octet >> 7);
	if (have > OTSEG_IEC104_AT_ORIGINATOR)
		msg_field(msg, OTSEG_IEC104_FIELD_ORIGINATOR,
			  pdu_u8(buf, OTSEG_IEC104_AT_ORIGINATOR));
	if (have < OTSEG_IEC104_AT_OBJECT)
		return OTSEG_R_NONE;
	station = pdu_le16(buf, OTSEG_IEC104_AT_STATION);
	msg_unit(msg, station);
	/* 101, 7.2.4: 0 is not used; all stations are for these types alone */
	if (!station)
		return OTSEG_R_PDU_MALFORMED;
	if (station != OTSEG_IEC104_BROADCAST)
		return OTSEG_R_NONE;
	msg->flags |= OTSEG_MSG_BROADCAST;
	return type == OTSEG_IEC104_FN_C_IC_NA_1 || type == OTSEG_IEC104_FN_C_CI_NA_1 ||
			       type == OTSEG_IEC104_FN_C_CS_NA_1 ||
			       type == OTSEG_IEC104_FN_C_RP_NA_1 ?
		       OTSEG_R_NONE :
		       OTSEG_R_PDU_MALFORMED;
}

/* S and U frames (104, 5.1): four control octets and no more. */
OTSEG_INLINE u32 iec104_frame(const u8 *buf, u32 have, struct otseg_msg *msg)
{
	u32 octet = pdu_u8(buf, OTSEG_IEC104_AT_CONTROL);
	u32 code = 0x100 | octet;
	u32 is_u = octet & 2;

	if (otseg_iec104_table[code].shape != OTSEG_IEC104_FRAME)
		return OTSEG_R_PDU_MALFORMED;
	if (pdu_u8(buf, OTSEG_IEC104_AT_LENGTH) != 4)
		return OTSEG_R_PDU_LENGTH;
	if (have > OTSEG_IEC104_AT_CONTROL + 1 && pdu_u8(buf, OTSEG_IEC104_AT_CONTROL + 1))
		return OTSEG_R_PDU_MALFORMED;
	if (have > OTSEG_IEC104_AT_CONTROL + 2 &&
	    pdu_u8(buf, OTSEG_IEC104_AT_CONTROL + 2) & (is_u ? 0xff : 1))
		return OTSEG_R_PDU_MALFORMED;
	if (have > OTSEG_IEC104_AT_CONTROL + 3 && is_u && pdu_u8(buf, OTSEG_IEC104_AT_CONTROL + 3))
		return OTSEG_R_PDU_MALFORMED;
	if (code == OTSEG_IEC104_FN_STARTDT_ACT || code == OTSEG_IEC104_FN_STOPDT_ACT) {
		if (msg->dir != OTSEG_DIR_REQUEST)
			return OTSEG_R_PDU_DIRECTION;
	} else if (code == OTSEG_IEC104_FN_STARTDT_CON || code == OTSEG_IEC104_FN_STOPDT_CON) {
		if (msg->dir == OTSEG_DIR_REQUEST)
			return OTSEG_R_PDU_DIRECTION;
	}
	msg_function(msg, code, 0, otseg_iec104_table[code].access);
	return OTSEG_R_NONE;
}

/**
 * otseg_iec104_parse - make a message of the APDU that begins at @pdu
 * @pdu: its bytes
 * @have: their number; fewer than the APDU has, or more, is fine
 * @dir: enum otseg_msg_dir; the side that opened the flow is the controlling one
 * @msg: @part is set: which OTSEG_IEC104_LIST objects of a long list are wanted. Filled in as far
 *	as @have shows it
 *
 * Return: OTSEG_R_NONE, or the reason why no continuation of these bytes is acceptable.
 */
OTSEG_GLOBAL u32 otseg_iec104_parse(struct otseg_pdu *pdu, u32 have, u32 dir,
				    struct otseg_msg *msg)
{
	const u8 *buf;
	u32 length;
	u32 reason;

	if (!pdu || !msg)
		return OTSEG_R_INTERNAL;
	buf = pdu->bytes;
	msg_begin(msg, dir, OTSEG_SVC_IEC104);
	if (!have)
		return OTSEG_R_NONE;
	if (buf[0] != 0x68)
		return OTSEG_R_PDU_PROTOCOL;
	if (have <= OTSEG_IEC104_AT_LENGTH)
		return OTSEG_R_NONE;
	length = buf[OTSEG_IEC104_AT_LENGTH];
	if (length < 4 || length > OTSEG_IEC104_APDU_MAX)
		return OTSEG_R_PDU_LENGTH;
	length += OTSEG_IEC104_AT_CONTROL;
	have = msg_length(msg, length, have);
	if (have <= OTSEG_IEC104_AT_CONTROL)
		return OTSEG_R_NONE;
	if (buf[OTSEG_IEC104_AT_CONTROL] & 1)
		return iec104_frame(buf, have, msg);
	/* an I frame: its ASDU has a header and something behind it */
	if (length < OTSEG_IEC104_AT_OBJECT + 1)
		return OTSEG_R_PDU_LENGTH;
	if (have > OTSEG_IEC104_AT_CONTROL + 2 && buf[OTSEG_IEC104_AT_CONTROL + 2] & 1)
		return OTSEG_R_PDU_MALFORMED;
	if (have <= OTSEG_IEC104_AT_TYPE)
		return OTSEG_R_NONE;
	reason = iec104_header(buf, have, msg);
	if (reason || have < OTSEG_IEC104_AT_OBJECT)
		return reason;
	return iec104_asdu(buf, have, msg);
}

#define OTSEG_IEC104_PARSE otseg_iec104_parse

#endif /* OTSEG_IEC104_H */
