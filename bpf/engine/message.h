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

#define OTSEG_PDU_MAX 1024 /* bytes of a PDU that are looked at, a power of two; offsets are masked with it */
#define OTSEG_MSG_OBJECTS 36 /* objects of one message; Modbus FC 20 can name 35 */
#define OTSEG_MSG_FIELDS 16 /* numbers that a rule can name beside unit, function and objects */
#define OTSEG_MSG_TEXTS 2 /* names that a rule can name */

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

/* What a message is to the conversation. */
enum otseg_msg_kind {
	OTSEG_KIND_REQUEST, /* a rule must cover it, and it will be answered: it is remembered */
	OTSEG_KIND_ANSWER, /* passes if a request is remembered that it fits */
	OTSEG_KIND_NOTICE, /* a rule must cover it, whichever side it comes from; nothing answers it */
};

#define OTSEG_MSG_BROADCAST 0x01 /* addresses every unit: only a rule that names the unit covers it */
#define OTSEG_MSG_UNKNOWN 0x02 /* function unknown to the inspector: only a rule that names it covers it */
#define OTSEG_MSG_OPAQUE_VALUES 0x04 /* writes, but what is not visible: no rule with values covers it */
#define OTSEG_MSG_EXCEPTION 0x08 /* a response that reports an error */
#define OTSEG_MSG_PARTIAL 0x10 /* the PDU goes on in a later segment: objects may be missing */
#define OTSEG_MSG_NO_UNIT 0x20 /* @unit is not visible yet, or the message has none */
#define OTSEG_MSG_NO_FUNCTION 0x40 /* @function and @access are not visible yet; of an answer: it does not tell */
#define OTSEG_MSG_OPAQUE_OBJECTS 0x80 /* addresses more than is visible: no rule with objects covers it */
#define OTSEG_MSG_MORE 0x100 /* the PDU holds another message: it is @part + 1 */

enum otseg_msg_values {
	OTSEG_VALUES_NONE,
	OTSEG_VALUES_BE16, /* big-endian 16-bit words, one for each object */
	OTSEG_VALUES_BITS, /* bits, lowest of the first byte first, one for each object */
	OTSEG_VALUES_U8, /* bytes, one for each object */
	OTSEG_VALUES_LE16, /* little-endian 16-bit words, one for each object */
};

/* What a message has to do with messages of other flows, or with earlier ones: memory.h, stream.h. Bits. */
enum otseg_msg_memory {
	OTSEG_MEMORY_NONE,
	OTSEG_MEMORY_OPEN = 1, /* a request for an I/O connection; its answer, with the numbers of both directions */
	OTSEG_MEMORY_NEED = 2, /* belongs to such a connection: passes if there is one */
	OTSEG_MEMORY_BEGIN = 4, /* a request for another connection: who has opened one, this or OPEN, may end it */
	OTSEG_MEMORY_END = 8, /* ends one: OTSEG_SUB_OWN, of class session, once, if this conversation opened it */
	OTSEG_MEMORY_SEQUENCE = 16, /* a publication: state, repetition, revision, validity in ms */
	OTSEG_MEMORY_REVISION = 32, /* the same, of which the revision alone is held against later ones */
};

#define OTSEG_MEMORY_PUBLISHED (OTSEG_MEMORY_SEQUENCE | OTSEG_MEMORY_REVISION)

#define OTSEG_SUB_OWN 1 /* sub-function of what ends a connection of the conversation's own */

/* How the number is written that tells a message from the last one of the same content. */
enum otseg_msg_number {
	OTSEG_NUMBER_NONE, /* there is none */
	OTSEG_NUMBER_BE,
	OTSEG_NUMBER_LE,
	OTSEG_NUMBER_BER, /* the contents of an INTEGER, highest first; the first bit is its sign */
};

#define OTSEG_MSG_FREE 4 /* runs of bytes that say nothing */

/* An answer that fits whatever was asked, or a question that leaves it open. */
#define OTSEG_ANSWER_ANY 0xffff

/* Fields of link-level services that not the inspector fills but the engine. */
#define OTSEG_FIELD_SOURCE 14 /* last four bytes of the source MAC address, as a number */
#define OTSEG_FIELD_DESTINATION 15 /* of the destination */

/*
 * In @state: earlier messages of the conversation come again, after a change of
 * policy. What depends on their order must not be refused then.
 */
#define OTSEG_STATE_AGAIN 0x80000000u

/*
 * In @state: the bytes at hand are a whole datagram or link-level payload, which ends where
 * they end. For protocols that have no length of their own there, or another form on a stream.
 */
#define OTSEG_STATE_DATAGRAM 0x40000000u

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
 * struct otseg_msg_text - a name within the PDU
 * @off: offset of its first byte in the PDU
 * @len: its bytes; they lie within the bytes at hand
 */
struct otseg_msg_text {
	u16 off;
	u16 len;
};

/**
 * struct otseg_msg_recur - what of the PDU may be different, and the message is the same
 * @number_at: offset of its number: of what OTSEG_MEMORY_SEQUENCE counts, @keep[1], else of @id
 * @number_len: its bytes, at most 4
 * @number: enum otseg_msg_number
 * @is_wide: the upper half of its 32 bits is @answer
 * @field: field that has this number as well, plus one; 0: none
 * @n_free: used entries of @free
 * @reserved: zero
 * @free: bytes that the message does not show, whatever they are
 */
struct otseg_msg_recur {
	u16 number_at;
	u8 number_len;
	u8 number;
	u8 is_wide;
	u8 field;
	u8 n_free;
	u8 reserved;
	struct otseg_msg_text free[OTSEG_MSG_FREE];
};

/**
 * struct otseg_msg - one inspected message
 * @function: function code << 16 | sub-function
 * @unit: unit, station or other address within the endpoint
 * @length: bytes of the PDU on the wire, which may be more than OTSEG_PDU_MAX: then
 *	the rest is not looked at; of a partial one 0 if not yet visible
 * @state: in and out: what the inspector keeps of the conversation, of both
 *	directions in one; 0 at its beginning. It counts only if the segment passes.
 * @part: in: which message of the PDU is wanted, from 0
 * @id: what pairs a response with its request, as the protocol has it
 * @answer: of a request the size of its answer, of a response its own, in the
 *	inspector's unit, or OTSEG_ANSWER_ANY
 * @flags: OTSEG_MSG_*
 * @field_mask: bit F set: @fields[F] is there
 * @access: OTSEG_ACCESS_* bits, all of which a rule must permit; one of session alone
 *	is covered by any rule, whatever functions, objects and values it names
 * @kind: enum otseg_msg_kind
 * @dir: enum otseg_msg_dir
 * @service: enum otseg_service, NONE: it is any one's of the inspector's family
 * @values: enum otseg_msg_values, how written values are encoded
 * @exception: error code of a response with OTSEG_MSG_EXCEPTION
 * @n_objects: used entries of @objects
 * @text_mask: bit T set: @texts[T] is there
 * @memory: enum otseg_msg_memory
 * @reserved: zero
 * @keep: numbers that @memory asks for. OPEN, of an answer: from the side that asked, to it;
 *	of a request, BEGIN and END: the route, and not 0 if that is not all of it; then, and in answers, two
 *	that name the connection; NEED: the connection's; SEQUENCE and REVISION: as it says, of the stream
 *	@unit and @id; the first two of REVISION are always the same
 * @fields: numbers, by the inspector's numbering of fields
 * @texts: names, likewise
 * @recur: what may differ of a message that comes again
 * @objects: what it addresses
 */
struct otseg_msg {
	u32 function;
	u32 unit;
	u32 length;
	u32 state;
	u32 part;
	u16 id;
	u16 answer;
	u16 flags;
	u16 field_mask;
	u8 access;
	u8 kind;
	u8 dir;
	u8 service;
	u8 values;
	u8 exception;
	u8 n_objects;
	u8 text_mask;
	u8 memory;
	u8 reserved[3];
	u32 keep[4];
	u32 fields[OTSEG_MSG_FIELDS];
	struct otseg_msg_text texts[OTSEG_MSG_TEXTS];
	struct otseg_msg_recur recur;
	struct otseg_msg_object objects[OTSEG_MSG_OBJECTS];
};

#endif /* OTSEG_MESSAGE_H */
