// SPDX-License-Identifier: GPL-2.0-only
/*
 * Names and values of inspected messages. Everything about a protocol comes from
 * its list of names in bpf/proto/.
 */
#include <string.h>

#include "../bpf/proto/modbus_names.h"
#include "message.h"
#include "service.h"

#define TEXT_VALUES 8 /* written values that a line of text shows */

/* A number with a word for it. */
struct word {
	u32 number;
	const char *name;
};

#define N_WORDS(list) (sizeof(list) / sizeof((list)[0]))

static const struct word functions[] = {
#define X(id, code, name, access, object, flags) { code, name },
	OTSEG_MODBUS_FUNCTIONS(X)
#undef X
};

static const struct word diagnostics[] = {
#define X(id, number, name, access) { number, name },
	OTSEG_MODBUS_DIAGNOSTICS(X)
#undef X
};

static const struct word interfaces[] = {
#define X(id, number, name, access, flags) { number, name },
	OTSEG_MODBUS_INTERFACES(X)
#undef X
};

static const struct word objects[] = {
#define X(id, number, name, max, sentence) { number, name },
	OTSEG_MODBUS_OBJECTS(X)
#undef X
};

static const struct word exceptions[] = {
#define X(id, code, name) { code, name },
	OTSEG_MODBUS_EXCEPTIONS(X)
#undef X
};

static void word_add(json_t *to, const char *key, const struct word *words, size_t n_words,
		     u32 number)
{
	size_t i;

	for (i = 0; i < n_words; i++) {
		if (words[i].number == number)
			json_object_set_new(to, key, json_string(words[i].name));
	}
}

static void function_add(json_t *message, const struct otseg_msg *msg)
{
	u32 code = msg->function >> 16;
	u32 sub = msg->function & 0xffff;

	if (msg->flags & OTSEG_MSG_NO_FUNCTION)
		return;
	json_object_set_new(message, "function", json_integer(code));
	word_add(message, "function_name", functions, N_WORDS(functions), code);
	/* An exception names the function alone. */
	if (msg->flags & OTSEG_MSG_EXCEPTION)
		return;
	if (code == OTSEG_MODBUS_FC_DIAGNOSTICS) {
		json_object_set_new(message, "sub_function", json_integer(sub));
		word_add(message, "sub_function_name", diagnostics, N_WORDS(diagnostics), sub);
	} else if (code == OTSEG_MODBUS_FC_ENCAPSULATED_INTERFACE) {
		json_object_set_new(message, "sub_function", json_integer(sub));
		word_add(message, "sub_function_name", interfaces, N_WORDS(interfaces), sub);
	}
}

/* Value @index of those that begin at @off, as the message encodes them. */
static u32 value_get(const struct otseg_msg *msg, const u8 *pdu, u32 off, u32 index)
{
	if (msg->values == OTSEG_VALUES_BITS)
		return pdu[off + index / 8] >> index % 8 & 1;
	return (u32)pdu[off + 2 * index] << 8 | pdu[off + 2 * index + 1];
}

static void values_add(json_t *values, const struct otseg_msg *msg,
		       const struct otseg_msg_object *object, const u8 *pdu, u32 pdu_len)
{
	u32 n = object->last - object->first + 1;
	u32 i, need;

	need = msg->values == OTSEG_VALUES_BITS ? (n + 7) / 8 : 2 * n;
	if (!object->values_off || object->values_off + need > pdu_len)
		return;
	for (i = 0; i < n; i++)
		json_array_append_new(values,
				      json_integer(value_get(msg, pdu, object->values_off, i)));
}

static json_t *object_json(const struct otseg_msg_object *object)
{
	json_t *one = json_object();

	word_add(one, "type", objects, N_WORDS(objects), object->type);
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
	json_t *message = json_object();
	json_t *list = json_array();
	json_t *values = json_array();
	u32 i;

	if (msg->dir == OTSEG_DIR_REQUEST && !(msg->flags & OTSEG_MSG_NO_FUNCTION))
		json_object_set_new(message, "access",
				    json_string(otseg_access_gravest(msg->access)));
	function_add(message, msg);
	if (!(msg->flags & OTSEG_MSG_NO_UNIT))
		json_object_set_new(message, "unit", json_integer(msg->unit));
	if (msg->flags & OTSEG_MSG_BROADCAST)
		json_object_set_new(message, "broadcast", json_true());
	if (msg->flags & OTSEG_MSG_PARTIAL)
		json_object_set_new(message, "partial", json_true());
	if (msg->flags & OTSEG_MSG_EXCEPTION) {
		json_object_set_new(message, "exception", json_integer(msg->exception));
		word_add(message, "exception_name", exceptions, N_WORDS(exceptions),
			 msg->exception);
	}
	for (i = 0; i < msg->n_objects; i++) {
		json_array_append_new(list, object_json(&msg->objects[i]));
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
