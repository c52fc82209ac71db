/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Asks an inspector, from memory that ends where the bytes end, and says what of its
 * answer breaks the contract of Documentation/adding-a-protocol.md. For suite.c and
 * the fuzzer; knows no protocol.
 */
#ifndef ASK_H
#define ASK_H

#include <stdlib.h>
#include <string.h>

#include "../../bpf/engine/env.h"
#include "../../bpf/engine/inspect.h"
#include "../../bpf/engine/recur.h"
#include "../../userspace/policy/words.h"

#define ASK_PARTS 4096 /* of one PDU */

/**
 * struct ask - a question to an inspector
 * @service: enum otseg_service
 * @dir: enum otseg_msg_dir
 * @state: of the conversation
 * @is_datagram: the bytes are all there are: then a beginning, and what could follow, tell
 *	nothing
 * @bytes: a PDU from its beginning
 * @have: their number
 */
struct ask {
	u32 service;
	u32 dir;
	u32 state;
	u32 is_datagram;
	const u8 *bytes;
	u32 have;
};

/* What became of a PDU, or of its beginning. */
enum ask_fate {
	ASK_PARTIAL,
	ASK_WHOLE,
	ASK_REFUSED,
};

/* Bits of the state that are the engine's. */
#define ASK_STATE_ENGINE (OTSEG_STATE_AGAIN | OTSEG_STATE_DATAGRAM)

/* Sets a question's state, and whether it comes in a datagram (@is_datagram, if both can be). */
static inline void ask_carry(struct ask *ask, u32 state, u32 is_datagram)
{
	u8 carriers = otseg_services[ask->service].carriers;

	ask->is_datagram = !(carriers & OTSEG_ON_TCP) ||
			   (is_datagram && carriers & (OTSEG_ON_UDP | OTSEG_ON_LINK));
	ask->state = (state & ~OTSEG_STATE_DATAGRAM) |
		     (ask->is_datagram ? OTSEG_STATE_DATAGRAM : 0);
}

/* How many of the bytes an inspector can look at. */
static inline u32 ask_seen(const struct ask *ask)
{
	return ask->have < OTSEG_PDU_MAX ? ask->have : OTSEG_PDU_MAX;
}

/* One part. Nothing of what was in @msg shows in it afterwards. Return: enum otseg_reason. */
static inline u32 ask_part(const struct ask *ask, u32 part, u32 state, struct otseg_msg *msg,
			   u8 fill)
{
	u32 seen = ask_seen(ask);
	u8 *exact = malloc(seen ? seen : 1);
	u32 reason;

	memcpy(exact, ask->bytes, seen);
	memset(msg, fill, sizeof(*msg));
	msg->state = state;
	msg->part = part;
	reason = otseg_inspect_pdu(ask->service, (struct otseg_pdu *)(seen ? exact : exact + 1),
				   ask->have, ask->dir, msg);
	free(exact);
	return reason;
}

/* Whether two answers say the same. */
static inline int ask_is_same(const struct otseg_msg *a, const struct otseg_msg *b)
{
	u32 i;

	if (a->function != b->function || a->unit != b->unit || a->length != b->length ||
	    a->state != b->state || a->id != b->id || a->answer != b->answer ||
	    a->flags != b->flags || a->field_mask != b->field_mask || a->access != b->access ||
	    a->kind != b->kind || a->dir != b->dir || a->service != b->service ||
	    a->values != b->values || a->exception != b->exception ||
	    a->n_objects != b->n_objects || a->text_mask != b->text_mask)
		return 0;
	for (i = 0; i < OTSEG_MSG_FIELDS; i++)
		if (a->field_mask >> i & 1 && a->fields[i] != b->fields[i])
			return 0;
	for (i = 0; i < OTSEG_MSG_TEXTS; i++)
		if (a->text_mask >> i & 1 &&
		    memcmp(&a->texts[i], &b->texts[i], sizeof(a->texts[i])))
			return 0;
	return a->n_objects > OTSEG_MSG_OBJECTS ||
	       !memcmp(a->objects, b->objects, a->n_objects * sizeof(a->objects[0]));
}

/* The words of the service that a message is of. */
static inline const struct otseg_protocol *ask_words(const struct ask *ask,
						     const struct otseg_msg *msg)
{
	return otseg_words_protocol(msg->service ? msg->service : ask->service);
}

/* What is wrong with the objects of a message, or NULL. */
static inline const char *ask_objects(const struct ask *ask, const struct otseg_msg *msg)
{
	const struct otseg_protocol *words = ask_words(ask, msg);
	u32 i;

	if (msg->n_objects > OTSEG_MSG_OBJECTS)
		return "more objects than there are";
	for (i = 0; i < msg->n_objects; i++) {
		const struct otseg_msg_object *object = &msg->objects[i];
		const struct otseg_word *word = otseg_words_number(words->objects, object->type);

		if (!object->type || (!word && !words->any_type))
			return "the type of an object is not in the list";
		if (object->first > object->last)
			return "an object ends before it begins";
		if (object->last > (word ? word->extra : words->any_max))
			return "an object is above the highest of its type";
		if (!object->access || object->access & ~msg->access)
			return "an object has no access, or one that its message has not";
		if (object->values_off >= OTSEG_PDU_MAX ||
		    (object->values_off && msg->length && object->values_off >= msg->length))
			return "values do not lie in the PDU";
		if (object->values_off && !msg->values)
			return "values without an encoding";
	}
	return NULL;
}

/* What is wrong with one part of a PDU that was not refused, or NULL. */
static inline const char *ask_sound(const struct ask *ask, const struct otseg_msg *msg)
{
	const struct otseg_protocol *words = ask_words(ask, msg);
	u32 seen = ask_seen(ask);
	u32 i;

	if (msg->dir != ask->dir)
		return "the direction is another";
	if (msg->service >= OTSEG_SVC_COUNT ||
	    (msg->service &&
	     otseg_services[msg->service].family != otseg_services[ask->service].family))
		return "the service is of another family";
	if (msg->kind > OTSEG_KIND_NOTICE)
		return "the kind does not exist";
	if (!(msg->flags & OTSEG_MSG_NO_UNIT) && msg->unit > words->unit_max)
		return "the unit is above the highest";
	if (!(msg->flags & OTSEG_MSG_PARTIAL)) {
		if (!msg->length)
			return "a PDU of no bytes";
		if (msg->length > ask->have && seen < OTSEG_PDU_MAX)
			return "a whole PDU is longer than the bytes at hand";
		if (msg->kind != OTSEG_KIND_ANSWER && msg->flags & OTSEG_MSG_NO_FUNCTION)
			return "a request or notice without a function";
	} else if (seen == OTSEG_PDU_MAX) {
		return "partial, although no more bytes are ever looked at";
	}
	if (!(msg->flags & OTSEG_MSG_NO_FUNCTION) && msg->kind != OTSEG_KIND_ANSWER) {
		if (!msg->access)
			return "a request or notice without access";
		if (msg->flags & OTSEG_MSG_UNKNOWN && !(msg->access & OTSEG_ACCESS_VENDOR))
			return "an unknown function without access vendor";
	}
	for (i = 0; i < OTSEG_MSG_FIELDS; i++) {
		const struct otseg_word *word = otseg_words_number(words->fields, i);

		if (!(msg->field_mask >> i & 1))
			continue;
		if (!word)
			return "a field is not in the list";
		if (msg->fields[i] > word->extra)
			return "a field is above its highest number";
	}
	if (msg->text_mask >> OTSEG_MSG_TEXTS)
		return "a text that does not exist";
	for (i = 0; i < OTSEG_MSG_TEXTS; i++) {
		if (!(msg->text_mask >> i & 1))
			continue;
		if (!otseg_words_number(words->texts, i))
			return "a text is not in the list";
		if (msg->texts[i].off > seen || msg->texts[i].len > seen - msg->texts[i].off ||
		    (msg->length && msg->texts[i].off + msg->texts[i].len > msg->length))
			return "a text is not within the bytes at hand";
	}
	return ask_objects(ask, msg);
}

/* What a longer beginning of the same part takes back of a shorter one, or NULL. */
static inline const char *ask_kept(const struct otseg_msg *early, const struct otseg_msg *late)
{
	u32 i;

	if (early->length && early->length != late->length)
		return "the length changes";
	if (early->service && early->service != late->service)
		return "the service changes";
	if (!(early->flags & OTSEG_MSG_NO_UNIT) &&
	    (late->flags & OTSEG_MSG_NO_UNIT || early->unit != late->unit))
		return "the unit changes";
	if (early->flags & ~late->flags &
	    (OTSEG_MSG_BROADCAST | OTSEG_MSG_UNKNOWN | OTSEG_MSG_EXCEPTION |
	     OTSEG_MSG_OPAQUE_VALUES | OTSEG_MSG_OPAQUE_OBJECTS | OTSEG_MSG_MORE))
		return "a flag is taken back";
	if (!(early->flags & OTSEG_MSG_NO_FUNCTION)) {
		if (late->flags & OTSEG_MSG_NO_FUNCTION || early->function != late->function)
			return "the function changes";
		if (early->kind != late->kind)
			return "the kind changes";
		if (early->access & ~late->access)
			return "an access is taken back";
	}
	if (early->field_mask & ~late->field_mask || early->text_mask & ~late->text_mask)
		return "a field or text is taken back";
	for (i = 0; i < OTSEG_MSG_FIELDS; i++)
		if (early->field_mask >> i & 1 && early->fields[i] != late->fields[i])
			return "a field changes";
	for (i = 0; i < OTSEG_MSG_TEXTS; i++)
		if (early->text_mask >> i & 1 &&
		    memcmp(&early->texts[i], &late->texts[i], sizeof(early->texts[i])))
			return "a text changes";
	if (early->n_objects > late->n_objects)
		return "an object is taken back";
	for (i = 0; i < early->n_objects; i++)
		if (early->objects[i].type != late->objects[i].type ||
		    early->objects[i].first != late->objects[i].first ||
		    early->objects[i].last > late->objects[i].last ||
		    early->objects[i].access & ~late->objects[i].access)
			return "an object changes";
	return NULL;
}

/**
 * struct answer - what an inspector makes of all parts
 * @fate: enum ask_fate
 * @reason: of the refusal
 * @wrong: what breaks the contract, or NULL
 * @n_parts: parts that are visible
 * @state: of the conversation, behind it
 * @parts: them; grows as needed
 * @room: parts that there is memory for
 */
struct answer {
	enum ask_fate fate;
	u32 reason;
	const char *wrong;
	u32 n_parts;
	u32 state;
	struct otseg_msg *parts;
	u32 room;
};

/*
 * Asks for every part, each with the state that the one before has left, and each twice:
 * the answer follows from the question alone.
 */
static inline void ask_all(const struct ask *ask, struct answer *answer)
{
	struct otseg_msg again;

	answer->wrong = NULL;
	answer->reason = OTSEG_R_NONE;
	answer->n_parts = 0;
	answer->state = ask->state;
	for (;;) {
		struct otseg_msg *msg, *first;
		u32 part = answer->n_parts;

		if (part == answer->room) {
			answer->room = part ? 2 * part : 4;
			answer->parts = realloc(answer->parts, answer->room * sizeof(*msg));
		}
		first = answer->parts;
		msg = &first[part];
		answer->reason = ask_part(ask, part, answer->state, msg, 0xee);
		if (ask_part(ask, part, answer->state, &again, 0x11) != answer->reason)
			answer->wrong = "asked again it answers otherwise";
		if (answer->reason) {
			answer->fate = ASK_REFUSED;
			if (answer->reason >= OTSEG_R_COUNT || answer->reason == OTSEG_R_INTERNAL)
				answer->wrong = "refused without a reason of its own";
			return;
		}
		if (!answer->wrong && !ask_is_same(msg, &again))
			answer->wrong = "something in the message is not set";
		if (!answer->wrong)
			answer->wrong = ask_sound(ask, msg);
		if (!answer->wrong && part && msg->kind == OTSEG_KIND_REQUEST)
			answer->wrong = "a request that is not the first part";
		if (!answer->wrong && part &&
		    (msg->length != first->length || msg->flags & OTSEG_MSG_PARTIAL))
			answer->wrong = "parts differ in length, or a later one is partial";
		if (!answer->wrong && (msg->state ^ answer->state) & ASK_STATE_ENGINE)
			answer->wrong = "it changes bits of the state that are the engine's";
		answer->state = msg->state;
		answer->n_parts++;
		/* Of an incomplete PDU only the first part is asked for. */
		if (answer->wrong || msg->flags & OTSEG_MSG_PARTIAL ||
		    !(msg->flags & OTSEG_MSG_MORE))
			break;
		if (answer->n_parts == ASK_PARTS) {
			answer->wrong = "its parts do not end";
			break;
		}
	}
	answer->fate = answer->parts->flags & OTSEG_MSG_PARTIAL ? ASK_PARTIAL : ASK_WHOLE;
}

/* Whether @late, of more bytes, fits @early. Return: what does not, or NULL. */
static inline const char *ask_follows(const struct answer *early, const struct answer *late)
{
	const char *wrong;
	u32 i;

	if (early->fate == ASK_REFUSED)
		return late->fate == ASK_REFUSED ? NULL : "what was refused is accepted later";
	if (early->fate == ASK_WHOLE && late->fate != ASK_WHOLE)
		return "what was whole depends on what follows";
	if (late->fate == ASK_REFUSED)
		return NULL;
	if (early->n_parts > late->n_parts ||
	    (early->fate == ASK_WHOLE && early->n_parts != late->n_parts))
		return "parts disappear";
	for (i = 0; i < early->n_parts; i++) {
		wrong = ask_kept(&early->parts[i], &late->parts[i]);
		if (wrong)
			return wrong;
		if (early->fate == ASK_WHOLE && !ask_is_same(&early->parts[i], &late->parts[i]))
			return "what was whole changes with what follows";
	}
	return NULL;
}

/* The number that a message of these bytes has by @recur. */
static inline u32 ask_number(const u8 *bytes, const struct otseg_msg_recur *recur)
{
	u32 number = 0;
	u32 i;

	if (recur->number == OTSEG_NUMBER_NONE)
		return 0;
	for (i = 0; i < recur->number_len; i++)
		number |= (u32)bytes[recur->number_at + i]
			  << 8 * (recur->number == OTSEG_NUMBER_LE ? i : recur->number_len - 1u - i);
	return number;
}

/* Whether a message is @first with another number. */
static inline int ask_is_again(const struct otseg_msg *first, struct otseg_msg *again,
			       const struct otseg_msg_recur *recur, u32 number)
{
	u32 i;

	for (i = 0; i < 4; i++)
		if (first->memory && again->keep[i] !=
					     (i == 1 && recur->number != OTSEG_NUMBER_NONE ? number : first->keep[i]))
			return 0;
	if (recur->number != OTSEG_NUMBER_NONE && !first->memory &&
	    first->kind == OTSEG_KIND_REQUEST) {
		if (again->id != (u16)number ||
		    (recur->is_wide && again->answer != number >> 16))
			return 0;
		again->id = first->id;
		again->answer = first->answer;
	}
	if (first->kind == OTSEG_KIND_NOTICE && !first->memory) {
		again->id = first->id;
		again->answer = first->answer;
	}
	if (recur->number != OTSEG_NUMBER_NONE && recur->field)
		again->fields[recur->field - 1] = first->fields[recur->field - 1];
	return ask_is_same(first, again) && first->memory == again->memory &&
	       (first->memory != OTSEG_MEMORY_SEQUENCE ||
		(first->unit == again->unit && first->id == again->id));
}

/* Bits of byte @i of a PDU that is known that may be different. */
static inline u8 ask_may_differ(const struct otseg_recurrence *known, u32 i)
{
	if (known->mask[i / 8] >> (i & 7) & 1)
		return 0;
	if (known->number == OTSEG_NUMBER_BER && i == known->number_at)
		return 0xff ^ OTSEG_BER_SIGN;
	return 0xff;
}

/*
 * Whether the PDU is what it was if all is different that may be, see recur.h. Return: NULL, or what
 * is wrong.
 */
static inline const char *ask_recurs(const struct ask *ask, const struct answer *answer)
{
	static const u8 patterns[] = { 0xff, 0x01, 0x80, 0x5a };
	const struct otseg_msg *last = &answer->parts[answer->n_parts - 1];
	struct otseg_msg_recur recur = last->recur;
	struct otseg_recurrence known = {};
	struct ask question = *ask;
	struct answer again = {};
	const char *wrong = NULL;
	u8 bytes[OTSEG_RECUR_MAX];
	u32 i, k;

	if (answer->fate != ASK_WHOLE || answer->reason || last->length != ask->have ||
	    ask->dir != OTSEG_DIR_REQUEST || !otseg_recur_is(ask->have) ||
	    answer->state != ask->state || last->kind == OTSEG_KIND_ANSWER)
		return NULL;
	for (i = 0; i < answer->n_parts; i++)
		if (answer->parts[i].memory != OTSEG_MEMORY_NONE &&
		    answer->parts[i].memory != OTSEG_MEMORY_SEQUENCE)
			return NULL;
	i = recur.number_at < ask->have ? ask->bytes[recur.number_at] : 0;
	recur_take(&known, &recur, recur_is_whole(&recur, ask->have, i));
	recur.number = known.number;
	memset(known.mask, 0xff, sizeof(known.mask));
	recur_free(&known, &recur);
	question.bytes = bytes;
	for (k = 0; !wrong && k < sizeof(patterns); k++) {
		for (i = 0; i < ask->have; i++)
			bytes[i] = (u8)(ask->bytes[i] ^
					(patterns[k] & ask_may_differ(&known, i)));
		ask_all(&question, &again);
		wrong = again.wrong;
		if (!wrong && (again.fate != ASK_WHOLE || again.reason ||
			       again.n_parts != answer->n_parts || again.state != answer->state))
			wrong = "what may differ is looked at";
		for (i = 0; !wrong && i < answer->n_parts; i++)
			if (!ask_is_again(&answer->parts[i], &again.parts[i], &recur,
					  ask_number(bytes, &recur)))
				wrong = "what may differ shows in the message";
	}
	free(again.parts);
	return wrong;
}

#endif /* ASK_H */
