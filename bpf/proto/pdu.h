/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What every inspector needs: numbers at offsets of a PDU, and the parts of a
 * message being put together. Knows no protocol.
 *
 * Offsets are masked with OTSEG_PDU_MAX - 1, which is how the verifier sees that they
 * stay in the PDU; that the byte is one of those at hand the inspector asks itself. The
 * compiler must not know better: where it has seen off + 2 <= OTSEG_PDU_MAX it would leave
 * the mask out, and kernels before 6.16 do not follow that for 32 bits.
 */
#ifndef OTSEG_PDU_H
#define OTSEG_PDU_H

#include "../../include/otseg/reason.h"
#include "../engine/env.h"

OTSEG_INLINE u32 pdu_u8(const u8 *buf, u32 off)
{
	if (!__builtin_constant_p(off))
		otseg_hide(off);
	return buf[off & (OTSEG_PDU_MAX - 1)];
}

/* Eight bytes as they lie in memory. */
OTSEG_INLINE u64 pdu_word(const u8 *buf, u32 off)
{
	otseg_hide(off);
	return otseg_wire(u64, buf + (off & (OTSEG_PDU_MAX - 1)));
}

OTSEG_INLINE u32 pdu_be16(const u8 *buf, u32 off)
{
	return pdu_u8(buf, off) << 8 | pdu_u8(buf, off + 1);
}

OTSEG_INLINE u32 pdu_be24(const u8 *buf, u32 off)
{
	return pdu_be16(buf, off) << 8 | pdu_u8(buf, off + 2);
}

OTSEG_INLINE u32 pdu_be32(const u8 *buf, u32 off)
{
	return pdu_be16(buf, off) << 16 | pdu_be16(buf, off + 2);
}

OTSEG_INLINE u32 pdu_le16(const u8 *buf, u32 off)
{
	return pdu_u8(buf, off) | pdu_u8(buf, off + 1) << 8;
}

OTSEG_INLINE u32 pdu_le24(const u8 *buf, u32 off)
{
	return pdu_le16(buf, off) | pdu_u8(buf, off + 2) << 16;
}

OTSEG_INLINE u32 pdu_le32(const u8 *buf, u32 off)
{
	return pdu_le16(buf, off) | pdu_le16(buf, off + 2) << 16;
}

/*
 * Begins a message of which nothing is visible yet: an incomplete one. What came in
 * with it, @state and @part, stays.
 */
OTSEG_INLINE void msg_begin(struct otseg_msg *msg, u32 dir, u32 service)
{
	msg->function = 0;
	msg->unit = 0;
	msg->length = 0;
	msg->id = 0;
	msg->answer = OTSEG_ANSWER_ANY;
	msg->flags = OTSEG_MSG_PARTIAL | OTSEG_MSG_NO_UNIT | OTSEG_MSG_NO_FUNCTION;
	msg->field_mask = 0;
	msg->access = 0;
	msg->kind = OTSEG_KIND_NOTICE;
	msg->dir = (u8)dir;
	msg->service = (u8)service;
	msg->values = OTSEG_VALUES_NONE;
	msg->exception = 0;
	msg->n_objects = 0;
	msg->text_mask = 0;
	msg->memory = OTSEG_MEMORY_NONE;
	msg->recur.number = OTSEG_NUMBER_NONE;
	msg->recur.is_wide = 0;
	msg->recur.field = 0;
	msg->recur.n_free = 0;
}

/*
 * The PDU has @length bytes: notes that, and whether all of it that is ever looked at is
 * at hand. Return: how many of the @have bytes belong to it, at most OTSEG_PDU_MAX.
 */
OTSEG_INLINE u32 msg_length(struct otseg_msg *msg, u32 length, u32 have)
{
	u32 seen = length < OTSEG_PDU_MAX ? length : OTSEG_PDU_MAX;

	msg->length = length;
	if (have < seen)
		return have;
	msg->flags &= (u16)~OTSEG_MSG_PARTIAL;
	return seen;
}

OTSEG_INLINE void msg_unit(struct otseg_msg *msg, u32 unit)
{
	msg->unit = unit;
	msg->flags &= (u16)~OTSEG_MSG_NO_UNIT;
}

OTSEG_INLINE void msg_function(struct otseg_msg *msg, u32 code, u32 sub, u32 access)
{
	msg->function = code << 16 | (sub & 0xffff);
	msg->access = (u8)access;
	msg->flags &= (u16)~OTSEG_MSG_NO_FUNCTION;
}

/* @field is a constant. */
OTSEG_INLINE void msg_field(struct otseg_msg *msg, const u32 field, u32 value)
{
	msg->fields[field] = value;
	msg->field_mask |= (u16)(1u << field);
}

/* @text is a constant; the bytes must be at hand. */
OTSEG_INLINE void msg_text(struct otseg_msg *msg, const u32 text, u32 off, u32 len)
{
	msg->texts[text].off = (u16)off;
	msg->texts[text].len = (u16)len;
	msg->text_mask |= (u8)(1u << text);
}

/*
 * The number of @len bytes at @off tells the message from another one of the same content, and is
 * its @id: whatever it is, no byte of the message means anything else. @how is a constant.
 */
OTSEG_INLINE void msg_number(struct otseg_msg *msg, const u32 how, u32 off, u32 len)
{
	msg->recur.number_at = (u16)off;
	msg->recur.number_len = (u8)len;
	msg->recur.number = (u8)how;
}

/* What the @len bytes at @off are, the message does not show. */
OTSEG_INLINE void msg_free(struct otseg_msg *msg, u32 off, u32 len)
{
	u32 n = msg->recur.n_free;

	if (n >= OTSEG_MSG_FREE)
		return;
	msg->recur.free[n].off = (u16)off;
	msg->recur.free[n].len = (u16)len;
	msg->recur.n_free = (u8)(n + 1);
}

/* Objects @first to @last of @type; values written to them begin at @values_off, 0: none. */
OTSEG_INLINE void msg_object(struct otseg_msg *msg, u32 type, u32 access, u32 first, u32 last,
			     u32 values_off)
{
	struct otseg_msg_object *object;
	u32 index = msg->n_objects;

	if (index >= OTSEG_MSG_OBJECTS) {
		msg->flags |= OTSEG_MSG_OPAQUE_OBJECTS;
		return;
	}
	object = &msg->objects[index];
	object->first = first;
	object->last = last;
	object->type = (u8)type;
	object->access = (u8)access;
	object->values_off = (u16)values_off;
	msg->n_objects = (u8)(index + 1);
}

#endif /* OTSEG_PDU_H */
