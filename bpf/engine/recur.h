/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Messages that come again, as polling does: a PDU that a rule has covered is known when the same
 * bytes come once more, and need not be inspected again. Owns what of a session is known.
 *
 * What is found out about a PDU depends on its bytes, on what the inspector keeps of the
 * conversation, and on the policy; nothing else. So if all three are the same, so is the verdict;
 * only what the message leaves behind is still to be done. Bytes are compared, not sums of them. An
 * inspector names those that may differ because no verdict depends on them (pdu.h): the number that
 * pairs an answer with its request, clocks. Only what passed by rules without a rate is kept, and
 * only of the side that opened the flow.
 */
#ifndef OTSEG_RECUR_H
#define OTSEG_RECUR_H

#include "env.h"

#define OTSEG_RECUR_MIN 12 /* bytes of such a PDU */
#define OTSEG_BER_SIGN 0x80 /* of the first byte of an INTEGER's contents */
#define OTSEG_RECUR_PATIENCE 8 /* PDUs that are not known, before one takes the place of another */

_Static_assert(OTSEG_RECUR_MIN >= 8, "its last word is a whole one");
_Static_assert(OTSEG_RECUR_PARTS == 4 && OTSEG_RECUR_MAX % 8 == 0, "as they are gone through");

/* The place of a PDU whose last eight bytes are @end: what is asked for stands there mostly. */
OTSEG_INLINE struct otseg_recurrence *recur_place(struct otseg_session *s, u64 end)
{
	u32 index = (u32)(end * 0x9e3779b97f4a7c15ull >> 62);

	return &s->recurrences[index & (OTSEG_RECURRENCES - 1)];
}

/* Is @len what such a PDU may have? */
OTSEG_INLINE u32 otseg_recur_is(u32 len)
{
	return len - OTSEG_RECUR_MIN <= OTSEG_RECUR_MAX - OTSEG_RECUR_MIN;
}

/**
 * otseg_recur_find - look for the place where a payload may be known
 * @e: surroundings: the packet, whose payload otseg_recur_is()
 * @s: its session, which need not be held
 *
 * Return: the place, if it is worth to ask otseg_recur_is_known(), or NULL.
 */
OTSEG_INLINE struct otseg_recurrence *otseg_recur_find(const struct otseg_env *e,
						       struct otseg_session *s)
{
	const struct otseg_packet *p = &e->s->packet;
	const u8 *end = otseg_peek_at(e, p->payload_off + ((p->payload_len - 8u) & 0xff), 8);
	struct otseg_recurrence *r;

	if (!end || !otseg_has_recur(e))
		return NULL;
	r = recur_place(s, otseg_wire(u64, end));
	return otseg_read(r->generation) == e->generation && otseg_read(r->len) == p->payload_len ?
		       r :
		       NULL;
}

/* A byte of ones for each bit of @bits. */
OTSEG_INLINE u64 recur_mask(u32 bits)
{
	u64 spread = bits * 0x0101010101010101ull & 0x8040201008040201ull;

	return (((spread + 0x7f7f7f7f7f7f7f7full) & 0x8080808080808080ull) >> 7) * 0xff;
}

/* Bits of the mask for the eight bytes that begin at @off, which is at most OTSEG_RECUR_MAX - 8. */
OTSEG_INLINE u32 recur_bits(const struct otseg_recurrence *r, u32 off)
{
	u32 word = off / 8;
	u32 next = word + 1 < OTSEG_RECUR_MAX / 8 ? word + 1 : word;

	return (r->mask[word] | (u32)r->mask[next] << 8) >> (off & 7) & 0xff;
}

/**
 * otseg_recur_is_known - is the payload what is known at this place?
 * @e: surroundings: the packet
 * @r: the place; its session is held
 * @state: what the inspector keeps of the conversation
 *
 * Return: whether it is.
 */
OTSEG_INLINE u32 otseg_recur_is_known(const struct otseg_env *e, const struct otseg_recurrence *r,
				      u32 state)
{
	const struct otseg_packet *p = &e->s->packet;
	const u8 *bytes = (const u8 *)r->bytes;
	u32 off = p->payload_off;
	/* Read anew, or the verifier goes on from every turn of the loop by itself. */
	u32 last = otseg_forget(e, otseg_read(p->payload_len) - 8u) & 0xff;
	const u8 *word;
	u64 differ;
	u32 i;

	if (r->generation != e->generation || r->len != p->payload_len || r->state != state ||
	    last > OTSEG_RECUR_MAX - 8)
		return 0;
	word = otseg_peek_at(e, off + last, 8);
	if (!word)
		return 0;
	differ = (otseg_wire(u64, word) & recur_mask(recur_bits(r, last))) ^
		 otseg_wire(u64, bytes + last);
	/* Nor may what each turn tells of it stay behind. */
	last = otseg_forget(e, last);
	for (i = 0; i < OTSEG_RECUR_MAX - 8 && i < last; i += 8) {
		word = otseg_peek_at(e, off + i, 8);
		if (!word)
			return 0;
		differ |= (otseg_wire(u64, word) & recur_mask(r->mask[i / 8])) ^
			  otseg_wire(u64, bytes + i);
	}
	if (r->number == OTSEG_NUMBER_BER) {
		word = otseg_peek_at(e, off + r->number_at, 1);
		differ |= word ? *word & OTSEG_BER_SIGN : 1;
	}
	return otseg_forget(e, !differ);
}

/* The number of the message at hand, which has one, as it stands in the payload. */
OTSEG_INLINE u32 recur_number(const struct otseg_env *e, const struct otseg_recurrence *r)
{
	const u8 *at = otseg_peek_at(e, e->s->packet.payload_off + r->number_at, 4);
	u32 shift = (32 - 8 * r->number_len) & 31;
	u32 word = at ? otseg_wire(u32, at) : 0;

	if (r->number == OTSEG_NUMBER_LE)
		return word << shift >> shift;
	return __builtin_bswap32(word) >> shift;
}

/**
 * otseg_recur_recall - a payload is known: what it leaves to be remembered goes to the inspection
 * @e: surroundings: the packet
 * @r: where it is known
 */
OTSEG_INLINE void otseg_recur_recall(const struct otseg_env *e, struct otseg_recurrence *r)
{
	struct otseg_inspection *in = &e->s->inspection;
	struct otseg_msg *msg = &in->msg;
	u32 has_number = r->number != OTSEG_NUMBER_NONE;
	u32 number = has_number ? recur_number(e, r) : 0;
	u32 i;

	r->misses = 0;
	in->rule = r->rules[0];
	in->requests[0] = r->request;
	msg->memory = r->memory;
	if (r->memory & OTSEG_MEMORY_PUBLISHED) {
		msg->unit = r->unit;
		msg->id = r->request.id;
		for (i = 0; i < 4; i++)
			msg->keep[i] = r->keep[i];
		if (has_number && r->memory == OTSEG_MEMORY_SEQUENCE)
			msg->keep[1] = number;
	} else if (has_number) {
		in->requests[0].id = (u16)number;
		if (r->is_wide)
			in->requests[0].answer = (u16)(number >> 16);
	}
}

/* The PDU may be different in the @len bytes at @off. */
OTSEG_NOINLINE void recur_clear(struct otseg_recurrence *r, u32 off, u32 len)
{
	u8 *bytes = (u8 *)r->bytes;
	u32 at, i;

	otseg_for(i, len) {
		at = off + i;
		if (at >= OTSEG_RECUR_MAX)
			break;
		otseg_opaque(at);
		at &= 0xff;
		if (at >= OTSEG_RECUR_MAX)
			break;
		bytes[at] = 0;
		r->mask[at / 8] &= (u8)(0xff ^ 1u << (at & 7));
	}
}

/* Clears what of the PDU may be different. */
OTSEG_INLINE void recur_free(struct otseg_recurrence *r, const struct otseg_msg_recur *recur)
{
	u32 k;

	for (k = 0; k < OTSEG_MSG_FREE; k++) {
		if (k < recur->n_free)
			recur_clear(r, recur->free[k].off, recur->free[k].len);
	}
	if (r->number != OTSEG_NUMBER_NONE)
		recur_clear(r, r->number_at, r->number_len);
}

/*
 * Would another number make no other rule cover the message? None that is a field, unless
 * the first rule covers it, whatever the number is.
 */
OTSEG_INLINE u32 recur_is_free(const struct otseg_env *e)
{
	const struct otseg_inspection *in = &e->s->inspection;
	u32 field = in->msg.recur.field;
	u32 first;

	if (!field || in->msg.recur.number == OTSEG_NUMBER_NONE)
		return 1;
	first = *otseg_at(e, LEAF_RULES, otseg_at(e, LEAVES, in->leaf)->rules);
	return in->n_rules == 1 && in->rules[0] == first &&
	       !(otseg_at(e, RULES, first)->field_mask >> ((field - 1) & 15) & 1);
}

/*
 * Is the number, if there is one, where it can be read as a whole word, and @first, its first
 * byte, not that of a negative one?
 */
OTSEG_INLINE u32 recur_is_whole(const struct otseg_msg_recur *recur, u32 len, u32 first)
{
	return recur->number_at + 4u <= len && recur->number_len - 1u < 4 &&
	       !(recur->number == OTSEG_NUMBER_BER && first & OTSEG_BER_SIGN);
}

/* What the number of the PDU is, NONE if it may not differ. */
OTSEG_INLINE void recur_take(struct otseg_recurrence *r, const struct otseg_msg_recur *recur,
			     u32 may_differ)
{
	r->number_at = recur->number_at;
	r->number_len = recur->number_len;
	r->is_wide = recur->is_wide;
	r->number = may_differ ? recur->number : OTSEG_NUMBER_NONE;
}

/* Notes the PDU of @len bytes that begins at @at of the scratch bytes, and what came of it. */
OTSEG_INLINE void recur_keep(const struct otseg_env *e, struct otseg_recurrence *r, u32 at, u32 len)
{
	const struct otseg_inspection *in = &e->s->inspection;
	const u8 *bytes = (const u8 *)in->bytes + (at & (OTSEG_INSPECTION_BYTES / 2 - 1));
	const struct otseg_msg *msg = &in->msg;
	u32 first = bytes[msg->recur.number_at & (OTSEG_INSPECTION_BYTES / 2 - 1)];
	u32 i;

	recur_take(r, &msg->recur,
		   recur_is_whole(&msg->recur, len, first) && otseg_forget(e, recur_is_free(e)));
	otseg_for(i, OTSEG_RECUR_MAX / 8) {
		u32 word = i < OTSEG_RECUR_MAX / 8 ? i : 0;

		r->mask[word] = 0xff;
		r->bytes[word] = otseg_wire(u64, bytes + 8 * word);
	}
	recur_free(r, &msg->recur);
	for (i = 0; i < 4; i++)
		r->keep[i] = msg->keep[i];
	for (i = 0; i < OTSEG_RECUR_PARTS; i++)
		r->rules[i] = (u16)in->rules[i];
	r->request = in->requests[0];
	if (msg->memory & OTSEG_MEMORY_PUBLISHED)
		r->request.id = msg->id;
	r->unit = msg->unit;
	r->state = in->state;
	r->len = (u16)len;
	r->n_rules = (u8)in->n_rules;
	r->n_requests = (u8)in->n_requests;
	r->memory = msg->memory;
	r->misses = 0;
	otseg_write(r->generation, e->generation);
}

/*
 * A payload passes: keep it, if it may be known when it comes again. @at: offset in the scratch
 * bytes where its data begins, which is all new. The inspection holds the session, whose state
 * is not that of the inspection yet.
 */
OTSEG_NOINLINE u32 recur_note(const struct otseg_env *e, u64 at, u64 unused)
{
	const struct otseg_inspection *in = &e->s->inspection;
	struct otseg_session *s = otseg_session_at(e, in->slot - 1u);
	u32 len = in->end - (u32)at;
	struct otseg_recurrence *r;
	const u8 *end;

	(void)unused;
	if (!s || in->is_monitored || !otseg_recur_is(len) || in->at != in->end ||
	    in->msg.length != len || in->n_limited || in->n_requests > 1 ||
	    in->n_rules != in->n_messages || in->n_rules - 1 >= OTSEG_RECUR_PARTS ||
	    in->answered || in->state != (s->state | (in->state & OTSEG_STATE_DATAGRAM)) ||
	    (in->memory && (in->memory & ~OTSEG_MEMORY_PUBLISHED || in->n_messages != 1)))
		return 0;
	end = (const u8 *)in->bytes + (((u32)at + len - 8) & (OTSEG_INSPECTION_BYTES / 2 - 1));
	r = recur_place(s, otseg_wire(u64, end));
	if (r->generation == e->generation && ++r->misses < OTSEG_RECUR_PATIENCE)
		return 0;
	recur_keep(e, r, (u32)at, len);
	return 0;
}

OTSEG_UNIT(recur_unit, recur_note)

/**
 * otseg_recur_note - a payload passes: keep it, if it may be known when it comes again
 * @e: surroundings; the payload was judged, the inspection has the slot of its session, which
 *	is held, and @in->state is not the session's yet
 * @at: offset in the scratch bytes where its data begins, which is all new
 * @dir: enum otseg_msg_dir
 */
OTSEG_INLINE void otseg_recur_note(struct otseg_env *e, u32 at, u32 dir)
{
	if (otseg_has_recur(e) && dir == OTSEG_DIR_REQUEST && e->s->inspection.slot)
		recur_unit(e, at, 0);
}

#endif /* OTSEG_RECUR_H */
