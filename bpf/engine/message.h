/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The common form of an inspected message: what an inspector makes of one PDU
 * and what a rule is held against. A rule's matcher knows no protocol; a
 * protocol knows no rule; both know only this.
 */
#ifndef OTSEG_MESSAGE_H
#define OTSEG_MESSAGE_H

#include "../../include/otseg/service.h"
#include "../../include/otseg/types.h"

#define OTSEG_PDU_MAX 512 /* bytes of one PDU, a power of two; inspectors mask offsets with it */
#define OTSEG_MSG_OBJECTS 36 /* objects of one message; Modbus FC 20 can name 35 */

/**
 * struct otseg_pdu - bytes of a PDU, as far as an inspector can address them
 * @bytes: the PDU begins at the first one
 */
struct otseg_pdu {
	u8 bytes[OTSEG_PDU_MAX];
};

enum otseg_msg_dir {
	OTSEG_DIR_REQUEST, /* from the side that opened the flow */
	OTSEG_DIR_RESPONSE,
};

#define OTSEG_MSG_BROADCAST 0x01 /* addresses every unit: only a rule that names the unit covers it */
#define OTSEG_MSG_UNKNOWN 0x02 /* function unknown to the inspector: only a rule that names it covers it */
#define OTSEG_MSG_OPAQUE_VALUES 0x04 /* writes, but what is not visible: no rule with values covers it */
#define OTSEG_MSG_EXCEPTION 0x08 /* a response that reports an error */
#define OTSEG_MSG_PARTIAL 0x10 /* the PDU goes on in a later segment: objects may be missing */
#define OTSEG_MSG_NO_UNIT 0x20 /* of a partial one: @unit is not visible yet */
#define OTSEG_MSG_NO_FUNCTION 0x40 /* of a partial one: @function and @access are not visible yet */

enum otseg_msg_values {
	OTSEG_VALUES_NONE,
	OTSEG_VALUES_BE16, /* big-endian 16-bit words, one for each object */
	OTSEG_VALUES_BITS, /* bits, lowest of the first byte first, one for each object */
};

/* An answer that fits whatever was asked, or a question that leaves it open. */
#define OTSEG_ANSWER_ANY 0xffff

/**
 * struct otseg_msg_object - objects of one type that a message addresses
 * @first: lowest
 * @last: highest
 * @type: object type in the inspector's numbering
 * @access: OTSEG_ACCESS_* of this part
 * @values_off: offset in the PDU of the values written to it, 0: none
 */
struct otseg_msg_object {
	u32 first;
	u32 last;
	u8 type;
	u8 access;
	u16 values_off;
};

/**
 * struct otseg_msg - one inspected message
 * @function: function code << 16 | sub-function
 * @unit: unit, station or other address within the endpoint
 * @length: bytes of the PDU on the wire; of a partial one 0 if not yet visible
 * @id: what pairs a response with its request, as the protocol has it
 * @answer: of a request the size of its answer, of a response its own, in the
 *	inspector's unit, or OTSEG_ANSWER_ANY
 * @access: OTSEG_ACCESS_* bits, all of which a rule must permit
 * @flags: OTSEG_MSG_*
 * @dir: enum otseg_msg_dir
 * @service: enum otseg_service
 * @values: enum otseg_msg_values, how written values are encoded
 * @n_objects: used entries of @objects
 * @exception: error code of a response with OTSEG_MSG_EXCEPTION
 * @reserved: zero
 * @objects: what it addresses
 */
struct otseg_msg {
	u32 function;
	u32 unit;
	u32 length;
	u16 id;
	u16 answer;
	u8 access;
	u8 flags;
	u8 dir;
	u8 service;
	u8 values;
	u8 n_objects;
	u8 exception;
	u8 reserved;
	struct otseg_msg_object objects[OTSEG_MSG_OBJECTS];
};

#endif /* OTSEG_MESSAGE_H */
