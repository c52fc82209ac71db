// SPDX-License-Identifier: GPL-2.0-only
/*
 * Names and values of inspected messages. Everything about a protocol comes from
 * its list of names in bpf/proto/.
 */
#include <string.h>

#include "message.h"
#include "policy/words.h"
#include "service.h"

#define TEXT_VALUES 8 /* written values that a line of text shows */

static void word_add(json_t *to, const char *key, const struct otseg_word *word)
{
	if (word)
		json_object_set_new(to, key, json_string(word->name));
}

static void function_add(json_t *message, const struct otseg_msg *msg)
{
	const struct otseg_protocol *protocol = otseg_words_protocol(msg->service);
	u32 code = msg->function >> 16, sub = msg->function & 0xffff;
	const struct otseg_word *word = otseg_words_number(protocol->functions, code);

	if (msg->flags & OTSEG_MSG_NO_FUNCTION)
		return;
	json_object_set_new(message, "function", json_integer(code));
	word_add(message, "function_name", word);
	/* An exception names the function alone. */
	if (msg->flags & OTSEG_MSG_EXCEPTION || (!sub && !(word && word->flags & OTSEG_FN_SUB)))
		return;
	json_object_set_new(message, "sub_function", json_integer(sub));
	word_add(message, "sub_function_name", otseg_words_of(protocol->subs, code, sub));
}

static void fields_add(json_t *message, const struct otseg_msg *msg, const u8 *pdu, u32 pdu_len)
{
	const struct otseg_protocol *protocol = otseg_words_protocol(msg->service);
	json_t *fields = json_object();
	const struct otseg_word *word;
	size_t i;

	for (i = 0; i < protocol->fields.n; i++) {
		word = &protocol->fields.words[i];
		if (msg->field_mask >> word->number & 1)
			json_object_set_new(fields, word->name,
					    json_integer(msg->fields[word->number]));
	}
	for (i = 0; pdu && i < protocol->texts.n; i++) {
		const struct otseg_msg_text *text = &msg->texts[protocol->texts.words[i].number];

		word = &protocol->texts.words[i];
		if (!(msg->text_mask >> word->number & 1) || text->off + text->len > pdu_len)
			continue;
		/* What is no UTF-8 is shown as far as it is ASCII. */
		if (json_object_set_new(fields, word->name,
					json_stringn((const char *)pdu + text->off, text->len)))
			json_object_set_new(fields, word->name, json_string("?"));
	}
	if (json_object_size(fields))
		json_object_set_new(message, "fields", fields);
	else
		json_decref(fields);
}

/* Value @index of those that begin at @off, as the message encodes them. */
static u32 value_get(const struct otseg_msg *msg, const u8 *pdu, u32 off, u32 index)
{
	switch (msg->values) {
	case OTSEG_VALUES_BITS:
		return pdu[off + index / 8] >> index % 8 & 1;
	case OTSEG_VALUES_U8:
		return pdu[off + index];
	case OTSEG_VALUES_LE16:
		return pdu[off + 2 * index] | (u32)pdu[off + 2 * index + 1] << 8;
	default:
		return (u32)pdu[off + 2 * index] << 8 | pdu[off + 2 * index + 1];
	}
}

static void values_add(json_t *values, const struct otseg_msg *msg,
		       const struct otseg_msg_object *object, const u8 *pdu, u32 pdu_len)
{
	u64 n = (u64)object->last - object->first + 1, need = 2 * n;
	u32 i;

	if (msg->values == OTSEG_VALUES_BITS)
		need = (n + 7) / 8;
	else if (msg->values == OTSEG_VALUES_U8)
		need = n;
	if (!object->values_off || object->values_off + need > pdu_len)
		return;
	for (i = 0; i < n; i++)
		json_array_append_new(values,
				      json_integer(value_get(msg, pdu, object->values_off, i)));
}

static json_t *object_json(const struct otseg_msg *msg, const struct otseg_msg_object *object)
{
	const struct otseg_protocol *protocol = otseg_words_protocol(msg->service);
	const struct otseg_word *word = otseg_words_number(protocol->objects, object->type);
	json_t *one = json_object();

	if (word)
		json_object_set_new(one, "type", json_string(word->name));
	else if (protocol->any_type)
		json_object_set_new(one, "type",
				    json_sprintf("%s%u", protocol->any_type, object->type));
	json_object_set_new(one, "first", json_integer(object->first));
	json_object_set_new(one, "last", json_integer(object->last));
	json_object_set_new(one, "access", json_string(otseg_access_gravest(object->access)));
	return one;
}

/**
 * otseg_message_json - spell a message
 * @msg: the message
 * @pdu: its bytes, for written values; NULL: not at hand
 * @pdu_len: their number
 *
 * Return: an object, or NULL without memory.
 */
json_t *otseg_message_json(const struct otseg_msg *msg, const u8 *pdu, u32 pdu_len)
{
	static const char *const kinds[] = { "request", "answer", "notice" };
	json_t *message = json_object();
	json_t *list = json_array();
	json_t *values = json_array();
	u32 i;

	if (msg->kind != OTSEG_KIND_ANSWER && !(msg->flags & OTSEG_MSG_NO_FUNCTION))
		json_object_set_new(message, "access",
				    json_string(otseg_access_gravest(msg->access)));
	if (msg->service != OTSEG_SVC_NONE)
		json_object_set_new(message, "service",
				    json_string(otseg_service_name(msg->service)));
	if (pdu)
		json_object_set_new(message, "kind", json_string(kinds[msg->kind]));
	function_add(message, msg);
	if (!(msg->flags & OTSEG_MSG_NO_UNIT))
		json_object_set_new(message, "unit", json_integer(msg->unit));
	if (msg->flags & OTSEG_MSG_BROADCAST)
		json_object_set_new(message, "broadcast", json_true());
	if (msg->flags & OTSEG_MSG_PARTIAL)
		json_object_set_new(message, "partial", json_true());
	if (msg->flags & OTSEG_MSG_EXCEPTION) {
		json_object_set_new(message, "exception", json_integer(msg->exception));
		word_add(message, "exception_name",
			 otseg_words_number(otseg_words_protocol(msg->service)->exceptions,
					    msg->exception));
	}
	fields_add(message, msg, pdu, pdu_len);
	for (i = 0; i < msg->n_objects; i++) {
		json_array_append_new(list, object_json(msg, &msg->objects[i]));
		if (pdu && msg->values != OTSEG_VALUES_NONE)
			values_add(values, msg, &msg->objects[i], pdu, pdu_len);
	}
	json_object_set_new(message, "objects", list);
	if (json_array_size(values))
		json_object_set_new(message, "values", values);
	else
		json_decref(values);
	return message;
}

static void text_name(FILE *out, const json_t *message, const char *key, const char *name_key)
{
	const char *name = json_string_value(json_object_get(message, name_key));
	const json_t *number = json_object_get(message, key);

	if (name)
		fputs(name, out);
	else if (number)
		fprintf(out, "%s %lld", key, json_integer_value(number));
}

/**
 * otseg_message_text - print a message as a part of a line
 * @out: where to
 * @message: what otseg_message_json() made of it
 */
void otseg_message_text(FILE *out, const json_t *message)
{
	const json_t *unit = json_object_get(message, "unit");
	const json_t *values = json_object_get(message, "values");
	const char *key;
	json_t *item;
	size_t i;

	if (unit)
		fprintf(out, "unit %lld ", json_integer_value(unit));
	text_name(out, message, "function", "function_name");
	if (json_object_get(message, "sub_function")) {
		fputc('/', out);
		text_name(out, message, "sub_function", "sub_function_name");
	}
	if (json_object_get(message, "exception")) {
		fputs(" exception ", out);
		text_name(out, message, "exception", "exception_name");
	}
	json_object_foreach(json_object_get(message, "fields"), key, item) {
		if (json_is_string(item))
			fprintf(out, " %s '%s'", key, json_string_value(item));
		else
			fprintf(out, " %s %lld", key, json_integer_value(item));
	}
	json_array_foreach(json_object_get(message, "objects"), i, item) {
		json_int_t first = json_integer_value(json_object_get(item, "first"));
		json_int_t last = json_integer_value(json_object_get(item, "last"));

		fprintf(out, "%s%s %lld", i ? ", " : " ",
			json_string_value(json_object_get(item, "type")), first);
		if (last != first)
			fprintf(out, "-%lld", last);
	}
	for (i = 0; i < json_array_size(values) && i < TEXT_VALUES; i++)
		fprintf(out, "%s%lld", i ? "," : " = ",
			json_integer_value(json_array_get(values, i)));
	if (i < json_array_size(values))
		fputs(",...", out);
	if (json_object_get(message, "partial"))
		fputs(" (incomplete)", out);
}
