/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A message against the rules of a leaf. One rule must cover the whole message:
 * unit, access, function, every object, every written value, every field and name that
 * the rule speaks of. Knows no protocol.
 *
 * Of a message that no rule covers, the reason is that of the rule that got
 * furthest in this order; it tells the reader what is closest to being allowed.
 * A message of which only the beginning is there is held against what is known.
 */
#ifndef OTSEG_MATCH_H
#define OTSEG_MATCH_H

#include "../../include/otseg/reason.h"
#include "env.h"

/* How far a rule got is the reason it stopped for: the numbers are in that order. */
_Static_assert(OTSEG_R_FUNCTION_UNKNOWN < OTSEG_R_UNIT && OTSEG_R_UNIT < OTSEG_R_ACCESS &&
		       OTSEG_R_ACCESS < OTSEG_R_FUNCTION && OTSEG_R_FUNCTION < OTSEG_R_OBJECT &&
		       OTSEG_R_OBJECT < OTSEG_R_VALUE && OTSEG_R_VALUE < OTSEG_R_FIELD &&
		       OTSEG_R_PDU_PROTOCOL < OTSEG_R_FUNCTION_UNKNOWN,
	       "reasons of a match ascend");

#define OTSEG_LIST_STEPS 8 /* of a binary search in a list whose length is a u8 */

/*
 * One step of a binary search in the records from @low up to @high: the half that
 * can hold @key, or the record in the middle, which spans @first to @last. All
 * keys are below 2^63. Without a branch, and the compiler cannot make one of it, so
 * that the verifier has one path to walk instead of one for each outcome of each step.
 */
OTSEG_INLINE u32 match_step(u64 key, u64 first, u64 last, u32 *low, u32 *high)
{
	u32 middle = (*low + *high) >> 1;
	u64 below = key - first;
	u64 above = last - key;
	u32 is_below, is_above;

	otseg_opaque(below);
	otseg_opaque(above);
	is_below = (u32)(below >> 63);
	is_above = (u32)(above >> 63);
	*high += (middle - *high) & -is_below;
	*low += (middle + 1 - *low) & -is_above;
	return !(is_below | is_above);
}

/**
 * otseg_match_number - look a number up in a sorted list of ranges
 * @e: surroundings
 * @at: first record of the list in RANGES
 * @n: their number, at most 255
 * @number: what is looked for
 *
 * Return: whether a range holds it.
 */
OTSEG_NOINLINE u32 otseg_match_number(const struct otseg_env *e, u32 at, u32 n, u32 number)
{
	u32 low = 0;
	u32 i;

	for (i = 0; i < OTSEG_LIST_STEPS && low < n; i++) {
		const struct otseg_img_range *range = otseg_at(e, RANGES, at + ((low + n) >> 1));

		if (match_step(number, range->first, range->last, &low, &n))
			return 1;
	}
	return 0;
}

/* The same; most lists have one range, and a call costs more than that. */
OTSEG_INLINE u32 match_number(const struct otseg_env *e, u32 at, u32 n, u32 number)
{
	const struct otseg_img_range *range = otseg_at(e, RANGES, at);

	if (otseg_likely(n == 1))
		return number - range->first <= range->last - range->first;
	return otseg_match_number(e, at, n, number);
}

/* Whether one interval of the sorted list holds the whole object. */
OTSEG_NOINLINE u32 match_object(const struct otseg_env *e, u32 at, u32 n,
				const struct otseg_msg_object *object)
{
	u64 key = (u64)object->type << 32 | object->first;
	u32 low = 0;
	u32 i;

	for (i = 0; i < OTSEG_LIST_STEPS && low < n; i++) {
		const struct otseg_img_object *range = otseg_at(e, OBJECTS, at + ((low + n) >> 1));
		u64 type = (u64)(range->type & 0xff) << 32;

		if (match_step(key, type | range->first, type | range->last, &low, &n))
			return object->last <= range->last;
	}
	return 0;
}

/* The same for a message's only object; a list of one range as above. */
OTSEG_INLINE u32 match_only_object(const struct otseg_env *e, const struct otseg_img_rule *rule,
				   const struct otseg_msg_object *object)
{
	const struct otseg_img_object *range = otseg_at(e, OBJECTS, rule->objects);
	struct otseg_msg_object *copy = &e->s->inspection.msg.objects[0];

	if (otseg_likely(rule->n_objects == 1))
		return object->type == (range->type & 0xff) && object->first >= range->first &&
		       object->last <= range->last;
	/* What a call is told of lies in memory; the message itself may lie in registers. */
	copy->type = object->type;
	copy->first = object->first;
	copy->last = object->last;
	return match_object(e, rule->objects, rule->n_objects, copy);
}

/*
 * Whether @steps more may be spent on the segment. A policy may have long lists and a
 * message many values; their product must not keep the processor.
 */
OTSEG_INLINE u32 match_affords(const struct otseg_env *e, u32 steps)
{
	struct otseg_inspection *in = &e->s->inspection;

	in->effort += steps;
	return in->effort <= OTSEG_EFFORT_MAX;
}

/* Whether the list holds each of the @count values of 8 or 16 bits at @off of the PDU. */
OTSEG_INLINE u32 match_words(const struct otseg_env *e, const struct otseg_img_rule *rule,
			     u32 off, u32 count)
{
	const struct otseg_inspection *in = &e->s->inspection;
	const u8 *bytes = (const u8 *)in->bytes;
	u32 width = in->msg.values == OTSEG_VALUES_U8 ? 1 : 2;
	u32 at = in->at + off;
	u32 i;

	if (count > OTSEG_PDU_MAX || !match_affords(e, count))
		return 0;
	otseg_for(i, count) {
		u32 first = bytes[(at + width * i) & (OTSEG_INSPECTION_BYTES - 1)];
		u32 second = bytes[(at + width * i + 1) & (OTSEG_INSPECTION_BYTES - 1)];
		u32 value = first;

		if (in->msg.values == OTSEG_VALUES_BE16)
			value = first << 8 | second;
		else if (in->msg.values == OTSEG_VALUES_LE16)
			value = second << 8 | first;
		if (!otseg_forget(e, otseg_match_number(e, rule->values, rule->n_values, value)))
			return 0;
	}
	return 1;
}

/* The same for @count bits: which of 0 and 1 occur decides. */
OTSEG_INLINE u32 match_bits(const struct otseg_env *e, const struct otseg_img_rule *rule, u32 off,
			    u32 count)
{
	const struct otseg_inspection *in = &e->s->inspection;
	const u8 *bytes = (const u8 *)in->bytes;
	u32 at = in->at + off;
	u32 ones = 0;
	u32 zeroes = 0;
	u32 i;

	if (count > 8 * OTSEG_PDU_MAX || !match_affords(e, (count + 7) / 8))
		return 0;
	otseg_for(i, (count + 7) / 8) {
		u32 byte = bytes[(at + i) & (OTSEG_INSPECTION_BYTES - 1)];
		u32 mask = count - 8 * i < 8 ? (1u << (count & 7)) - 1 : 0xff;

		ones |= byte & mask;
		zeroes |= ~byte & mask;
	}
	if (ones && !otseg_match_number(e, rule->values, rule->n_values, 1))
		return 0;
	return !zeroes || otseg_match_number(e, rule->values, rule->n_values, 0);
}

/* Whether every value that the message writes is one that the rule allows. */
OTSEG_NOINLINE u32 match_values(const struct otseg_env *e, const struct otseg_img_rule *rule)
{
	const struct otseg_msg *msg = &e->s->inspection.msg;
	u32 i;

	if (msg->flags & OTSEG_MSG_PARTIAL)
		return 1;
	if (msg->flags & OTSEG_MSG_OPAQUE_VALUES || !match_affords(e, msg->n_objects))
		return 0;
	otseg_for(i, msg->n_objects) {
		const struct otseg_msg_object *object;
		u32 count;

		if (i >= OTSEG_MSG_OBJECTS)
			return 0;
		object = &msg->objects[i];
		if (!object->values_off)
			continue;
		count = object->last - object->first + 1;
		if (msg->values == OTSEG_VALUES_BITS ?
			    !match_bits(e, rule, object->values_off, count) :
			    !match_words(e, rule, object->values_off, count))
			return 0;
	}
	return 1;
}

/* Whether the rule allows every object that the message addresses. */
OTSEG_NOINLINE u32 match_objects(const struct otseg_env *e, const struct otseg_img_rule *rule)
{
	const struct otseg_msg *msg = &e->s->inspection.msg;
	u32 i;

	if (msg->flags & OTSEG_MSG_OPAQUE_OBJECTS)
		return 0;
	if (!msg->n_objects)
		return msg->flags & OTSEG_MSG_PARTIAL;
	if (!match_affords(e, msg->n_objects))
		return 0;
	otseg_for(i, msg->n_objects) {
		if (i >= OTSEG_MSG_OBJECTS)
			return 0;
		if (!otseg_forget(e, match_object(e, rule->objects, rule->n_objects,
						  &msg->objects[i])))
			return 0;
	}
	return 1;
}

/* Whether the rule allows the number of each field that it names. */
OTSEG_NOINLINE u32 match_fields(const struct otseg_env *e, const struct otseg_img_rule *rule)
{
	const struct otseg_msg *msg = &e->s->inspection.msg;
	struct otseg_msg_object field = {};
	u32 mask = rule->field_mask & msg->field_mask;
	u32 i;

	if (!match_affords(e, OTSEG_MSG_FIELDS))
		return 0;
	otseg_for(i, OTSEG_MSG_FIELDS) {
		if (!(mask >> (i & 15) & 1))
			continue;
		field.type = (u8)i;
		field.first = msg->fields[i & (OTSEG_MSG_FIELDS - 1)];
		field.last = field.first;
		if (!otseg_forget(e, match_object(e, rule->fields, rule->n_fields, &field)))
			return 0;
	}
	return 1;
}

/* Whether a name in the PDU is @text, or begins with it; eight bytes at a time. */
OTSEG_NOINLINE u32 match_text(const struct otseg_env *e, const struct otseg_img_text *text, u32 off,
			      u32 len)
{
	const struct otseg_inspection *in = &e->s->inspection;
	const u8 *wanted = (const u8 *)otseg_at(e, STRINGS, text->string);
	const u8 *bytes = (const u8 *)in->bytes;
	u32 left = text->len;
	u64 differ;
	u32 i;

	if (text->flags & OTSEG_TEXT_PREFIX ? len < left : len != left)
		return 0;
	off = (in->at + off) & (OTSEG_INSPECTION_BYTES - 1);
	for (i = 0; i < OTSEG_MAX_TEXT; i += 8) {
		if (left <= i)
			break;
		differ = otseg_wire(u64, wanted + i) ^
			 otseg_wire(u64, bytes + ((off + i) & (OTSEG_INSPECTION_BYTES - 1)));
		if (left - i < 8)
			differ <<= 8 * (8 - (left - i)) & 63;
		if (differ)
			return 0;
	}
	return 1;
}

/* Whether the rule allows the message's name number @which. */
OTSEG_NOINLINE u32 match_name(const struct otseg_env *e, const struct otseg_img_rule *rule, u32 which)
{
	const struct otseg_msg *msg = &e->s->inspection.msg;
	u32 off = msg->texts[which & (OTSEG_MSG_TEXTS - 1)].off;
	u32 len = msg->texts[which & (OTSEG_MSG_TEXTS - 1)].len;
	u32 texts = rule->texts;
	u32 i;

	if (!match_affords(e, rule->n_texts * (OTSEG_MAX_TEXT / 8)))
		return 0;
	otseg_for(i, rule->n_texts) {
		const struct otseg_img_text *text = otseg_at(e, TEXTS, texts + i);

		if (text->text == which && otseg_forget(e, match_text(e, text, off, len)))
			return 1;
	}
	return 0;
}

/*
 * Whether fields and names are as the rule wants them. What it names, a message must have,
 * unless that is still to come, or the message only keeps the session.
 */
OTSEG_INLINE u32 match_details(const struct otseg_env *e, const struct otseg_img_rule *rule)
{
	const struct otseg_msg *msg = &e->s->inspection.msg;
	u32 may_lack = msg->flags & OTSEG_MSG_PARTIAL || msg->access == OTSEG_ACCESS_SESSION;

	if (!may_lack &&
	    (rule->field_mask & ~msg->field_mask || rule->text_mask & ~msg->text_mask))
		return 0;
	if (rule->field_mask & msg->field_mask && !otseg_forget(e, match_fields(e, rule)))
		return 0;
	if (rule->text_mask & msg->text_mask & 1 && !otseg_forget(e, match_name(e, rule, 0)))
		return 0;
	return !(rule->text_mask & msg->text_mask & 2) || otseg_forget(e, match_name(e, rule, 1));
}

#define OTSEG_MATCH_ASK 0x300 /* in place of a reason: that was not all there is to look at */

/*
 * OTSEG_R_RULE if the rule covers the message, else what it stops for; OTSEG_MATCH_ASK: what is
 * left are fields and names.
 */
OTSEG_INLINE u32 match_rule(const struct otseg_env *e, const struct otseg_img_rule *rule)
{
	const struct otseg_msg *msg = &e->s->inspection.msg;
	u32 is_session = msg->access == OTSEG_ACCESS_SESSION;
	u32 flags = msg->flags;
	u32 is_only = msg->n_objects == 1 && !(flags & OTSEG_MSG_OPAQUE_OBJECTS);

	if (msg->service != rule->service && msg->service)
		return OTSEG_R_PDU_PROTOCOL;
	if (rule->n_units) {
		if (!(flags & OTSEG_MSG_NO_UNIT) &&
		    !match_number(e, rule->units, rule->n_units, msg->unit))
			return OTSEG_R_UNIT;
	} else if (flags & OTSEG_MSG_BROADCAST) {
		return OTSEG_R_UNIT;
	}
	if (flags & OTSEG_MSG_NO_FUNCTION && flags & OTSEG_MSG_PARTIAL)
		return OTSEG_R_RULE;
	if (flags & OTSEG_MSG_UNKNOWN && !rule->n_functions)
		return OTSEG_R_FUNCTION;
	if (msg->access & ~(rule->access | OTSEG_ACCESS_SESSION))
		return OTSEG_R_ACCESS;
	if (is_session)
		goto details;
	if (rule->n_functions &&
	    !match_number(e, rule->functions, rule->n_functions, msg->function))
		return OTSEG_R_FUNCTION;
	if (rule->n_objects &&
	    !otseg_forget(e, is_only ? match_only_object(e, rule, &msg->objects[0]) :
				       match_objects(e, rule)))
		return OTSEG_R_OBJECT;
	if (rule->n_values && !otseg_forget(e, match_values(e, rule)))
		return OTSEG_R_VALUE;
details:
	return rule->field_mask | rule->text_mask ? OTSEG_MATCH_ASK : OTSEG_R_RULE;
}

/**
 * otseg_match_is_brief - can otseg_match_brief() be asked of a rule?
 * @rule: the rule
 *
 * It asks for nothing but who, what and where, and it has no rate.
 *
 * Return: whether it can.
 */
OTSEG_INLINE u32 otseg_match_is_brief(const struct otseg_img_rule *rule)
{
	return !(rule->flags & OTSEG_RULE_VOID) && rule->rate.limiter == OTSEG_NONE32 &&
	       !rule->n_values && !(rule->field_mask | rule->text_mask);
}

/**
 * otseg_match_brief - hold a brief message against a rule
 * @e: surroundings
 * @msg: a whole message of the rule's service, of a function that the inspector knows, without
 *	flags, which names one object; it may lie in registers
 * @rule: a rule that otseg_match_is_brief(), and whose conduit is enabled
 *
 * Return: OTSEG_R_RULE if it is covered, else what the rule stops for.
 */
OTSEG_INLINE u32 otseg_match_brief(const struct otseg_env *e, const struct otseg_msg *msg,
				   const struct otseg_img_rule *rule)
{
	if (rule->n_units && !match_number(e, rule->units, rule->n_units, msg->unit))
		return OTSEG_R_UNIT;
	if (msg->access & ~(rule->access | OTSEG_ACCESS_SESSION))
		return OTSEG_R_ACCESS;
	if (rule->n_functions &&
	    !match_number(e, rule->functions, rule->n_functions, msg->function))
		return OTSEG_R_FUNCTION;
	if (rule->n_objects && !match_only_object(e, rule, &msg->objects[0]))
		return OTSEG_R_OBJECT;
	return OTSEG_R_RULE;
}

/* Fields and names of the message, held against the rule of this index; OTSEG_R_RULE: they fit. */
OTSEG_INLINE u32 match_more(struct otseg_env *e, u64 index, u64 unused)
{
	(void)unused;
	return match_details(e, otseg_at(e, RULES, (u32)index)) ? OTSEG_R_RULE : OTSEG_R_FIELD;
}

OTSEG_UNIT(match_more_unit, match_more)

/* The rule of this index, by itself: the verifier does not see the loop around it. */
OTSEG_INLINE u32 match_one(struct otseg_env *e, u64 index, u64 unused)
{
	(void)unused;
	return match_rule(e, otseg_at(e, RULES, (u32)index));
}

OTSEG_UNIT(match_one_unit, match_one)

/*
 * Number @i of the rules of a leaf: 1 if it covers the message, or no more steps may be spent.
 * What it stops for is noted. In a unit that holds only this rule, it is judged @in_line.
 */
OTSEG_INLINE u32 match_candidate(struct otseg_env *e, const struct otseg_img_leaf *l, u32 i,
				 const u32 in_line)
{
	u32 index = *otseg_at(e, LEAF_RULES, l->rules + i);
	const struct otseg_img_rule *rule = otseg_at(e, RULES, index);
	struct otseg_inspection *in = &e->s->inspection;
	u32 stop;

	if (!match_affords(e, 1))
		return 1;
	if (!(otseg_at(e, CONDUITS, rule->conduit)->flags & OTSEG_CONDUIT_ENABLED))
		return 0;
	if (rule->flags & OTSEG_RULE_VOID) {
		if (in->stop < OTSEG_R_UNIT)
			in->stop = OTSEG_R_NO_INSPECTOR;
		return 0;
	}
	stop = otseg_forget(e, in_line ? match_one(e, index, 0) : match_one_unit(e, index, 0));
	if (stop == OTSEG_MATCH_ASK)
		stop = otseg_forget(e, in_line ? match_more(e, index, 0) :
						 match_more_unit(e, index, 0));
	if (stop == OTSEG_R_RULE) {
		in->rule = index;
		return 1;
	}
	if (in->stop < stop)
		in->stop = stop;
	return 0;
}

/* The first rule, beside which most leaves have no other. 1: no other has to be looked at. */
OTSEG_INLINE u32 match_begin(struct otseg_env *e, u64 leaf, u64 unused)
{
	const struct otseg_img_leaf *l = otseg_at(e, LEAVES, (u32)leaf);

	(void)unused;
	return (l->n_rules && match_candidate(e, l, 0, 1)) || l->n_rules <= 1;
}

OTSEG_UNIT(match_begin_unit, match_begin)

/* The others. */
OTSEG_NOINLINE void match_go_on(struct otseg_env *e, u32 leaf)
{
	const struct otseg_img_leaf *l = otseg_at(e, LEAVES, leaf);
	u32 i;

	otseg_for(i, l->n_rules - 1) {
		if (otseg_forget(e, match_candidate(e, l, i + 1, 0)))
			return;
	}
}

/**
 * otseg_match_message - hold the message at hand against the rules of a leaf
 * @e: surroundings; the message is in the inspection scratch, its rule goes there
 * @leaf: index of the leaf
 *
 * Rules count in the order of the policy file; those of disabled conduits and
 * those without an inspector permit nothing.
 *
 * Return: OTSEG_R_RULE if one covers the message, else why none does.
 */
OTSEG_INLINE u32 otseg_match_message(struct otseg_env *e, u32 leaf)
{
	struct otseg_inspection *in = &e->s->inspection;

	in->rule = OTSEG_NONE32;
	in->stop = OTSEG_R_CONDUIT_DISABLED;
	if (otseg_at(e, LEAVES, leaf)->n_rules > OTSEG_MAX_LEAF_RULES)
		return OTSEG_R_INTERNAL;
	if (otseg_unlikely(!match_begin_unit(e, leaf, 0)))
		match_go_on(e, leaf);
	if (otseg_likely(in->rule != OTSEG_NONE32))
		return OTSEG_R_RULE;
	if (otseg_unlikely(in->effort > OTSEG_EFFORT_MAX))
		return OTSEG_R_PDU_EFFORT;
	if (in->stop == OTSEG_R_FUNCTION && in->msg.flags & OTSEG_MSG_UNKNOWN)
		return OTSEG_R_FUNCTION_UNKNOWN;
	return in->stop;
}

#endif /* OTSEG_MATCH_H */
