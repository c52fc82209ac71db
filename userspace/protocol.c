// SPDX-License-Identifier: GPL-2.0-only
/*
 * otseg protocol: what a rule can name of the services that are inspected, from the
 * lists that the policy loader reads by.
 */
#include <stdio.h>

#include "object.h"
#include "policy/image_words.h"
#include "print.h"
#include "service.h"

static void sentence_add(json_t *row, const struct otseg_word *word)
{
	if (word->sentence)
		json_object_set_new(row, "sentence", json_string(word->sentence));
}

static json_t *functions_json(const struct otseg_protocol *protocol)
{
	json_t *rows = json_array(), *row;
	size_t i, k;

	for (i = 0; i < protocol->functions.n; i++) {
		const struct otseg_word *function = &protocol->functions.words[i];
		const struct otseg_word *type =
			otseg_words_number(protocol->objects, function->extra);

		row = json_pack("{s:s, s:I, s:o}", "name", function->name, "number",
				(json_int_t)function->number, "access",
				otseg_words_json(otseg_words_access, function->access));
		if (type)
			json_object_set_new(row, "objects", json_string(type->name));
		json_array_append_new(rows, row);
		for (k = 0; k < protocol->subs.n; k++) {
			const struct otseg_word *sub = &protocol->subs.words[k];

			if (sub->extra != function->number)
				continue;
			row = json_pack("{s:o, s:o, s:o}", "name",
					json_sprintf("%s/%s", function->name, sub->name), "number",
					json_sprintf("%u/%u", function->number, sub->number),
					"access",
					otseg_words_json(otseg_words_access, sub->access));
			json_array_append_new(rows, row);
		}
	}
	return rows;
}

static json_t *objects_json(const struct otseg_protocol *protocol)
{
	json_t *rows = json_array(), *row;
	size_t i;

	for (i = 0; i < protocol->objects.n; i++) {
		const struct otseg_word *type = &protocol->objects.words[i];

		row = json_pack("{s:s, s:I, s:I}", "name", type->name, "type",
				(json_int_t)type->number, "highest", (json_int_t)type->extra);
		if (type->flags & OTSEG_OBJ_PAIR)
			json_object_set_new(row, "highest",
					    json_sprintf("%u/%u", type->extra >> 16,
							 type->extra & 0xffff));
		sentence_add(row, type);
		json_array_append_new(rows, row);
	}
	if (protocol->any_type)
		json_array_append_new(rows, json_pack("{s:o, s:I, s:s}", "name",
						      json_sprintf("%sN", protocol->any_type),
						      "highest", (json_int_t)protocol->any_max,
						      "sentence", "a type without a name of its own"));
	return rows;
}

static json_t *fields_json(const struct otseg_protocol *protocol)
{
	json_t *rows = json_array(), *row, *words;
	size_t i, k;

	for (i = 0; i < protocol->fields.n; i++) {
		const struct otseg_word *field = &protocol->fields.words[i];

		words = json_object();
		for (k = 0; k < protocol->field_words.n; k++) {
			const struct otseg_word *word = &protocol->field_words.words[k];

			if (word->extra == field->number)
				json_object_set_new(words, word->name, json_integer(word->number));
		}
		row = json_pack("{s:s, s:I}", "name", field->name, "highest",
				(json_int_t)field->extra);
		if (json_object_size(words))
			json_object_set(row, "words", words);
		json_decref(words);
		sentence_add(row, field);
		json_array_append_new(rows, row);
	}
	for (i = 0; i < protocol->texts.n; i++) {
		row = json_pack("{s:s, s:s}", "name", protocol->texts.words[i].name, "highest",
				"text");
		sentence_add(row, &protocol->texts.words[i]);
		json_array_append_new(rows, row);
	}
	return rows;
}

static void table_print(const char *title, const json_t *rows, const struct otseg_column *columns)
{
	if (!json_array_size(rows))
		return;
	printf("\n%s\n", title);
	otseg_print_table(rows, columns);
}

static int show_run(const struct otseg_cli *cli)
{
	static const struct otseg_column functions[] = {
		{ "FUNCTION", "name", false },
		{ "NUMBER", "number", true },
		{ "ACCESS", "access", false },
		{ "OBJECTS", "objects", false },
		{},
	};
	static const struct otseg_column objects[] = {
		{ "OBJECTS", "name", false },
		{ "HIGHEST", "highest", true },
		{ "MEANING", "sentence", false },
		{},
	};
	static const struct otseg_column fields[] = {
		{ "FIELD", "name", false },
		{ "HIGHEST", "highest", true },
		{ "MEANING", "sentence", false },
		{ "WORDS", "words", false },
		{},
	};
	int service = otseg_words_service(cli->words[0]);
	const struct otseg_protocol *protocol;
	json_t *document;

	if (service < 0 || otseg_services[service].state != OTSEG_SERVICE_INSPECTED) {
		otseg_error_print("'%s' is no inspected service: 'otseg protocol list' has them",
				  cli->words[0]);
		return OTSEG_EXIT_USAGE;
	}
	protocol = otseg_words_protocol((unsigned int)service);
	document = json_pack("{s:s, s:o, s:o, s:o}", "name", otseg_services[service].name,
			     "functions", functions_json(protocol), "objects",
			     objects_json(protocol), "fields", fields_json(protocol));
	if (protocol->unit) {
		json_object_set_new(document, "unit", json_string(protocol->unit));
		json_object_set_new(document, "unit_max", json_integer(protocol->unit_max));
	}
	if (cli->json) {
		otseg_print_json(cli, document);
	} else {
		printf("%s: numbers of functions to %u", otseg_services[service].name,
		       protocol->code_max);
		if (protocol->unit)
			printf("; each of 'units' is its %s from 0 to %u", protocol->unit,
			       protocol->unit_max);
		if (protocol->value_max)
			printf("; 'values' to %u", protocol->value_max);
		putchar('\n');
		table_print("functions:", json_object_get(document, "functions"), functions);
		table_print("objects:", json_object_get(document, "objects"), objects);
		table_print("fields:", json_object_get(document, "fields"), fields);
	}
	json_decref(document);
	return OTSEG_EXIT_OK;
}

static int list_run(const struct otseg_cli *cli)
{
	static const struct otseg_column columns[] = {
		{ "PROTOCOL", "name", false },
		{ "UNIT", "unit", false },
		{ "FUNCTIONS", "functions", true },
		{ "OBJECTS", "objects", true },
		{ "FIELDS", "fields", true },
		{},
	};
	json_t *rows = json_array(), *row;
	unsigned int i;

	for (i = 0; i < OTSEG_SVC_COUNT; i++) {
		const struct otseg_protocol *protocol = otseg_words_protocol(i);

		if (otseg_services[i].state != OTSEG_SERVICE_INSPECTED)
			continue;
		row = json_pack("{s:s, s:I, s:I, s:I}", "name", otseg_services[i].name, "functions",
				(json_int_t)(protocol->functions.n + protocol->subs.n), "objects",
				(json_int_t)protocol->objects.n, "fields",
				(json_int_t)(protocol->fields.n + protocol->texts.n));
		if (protocol->unit)
			json_object_set_new(row, "unit", json_string(protocol->unit));
		json_array_append_new(rows, row);
	}
	return otseg_print_rows(cli, "protocols", rows, columns);
}

static const struct otseg_command commands[] = {
	{
		.name = "list",
		.sentence = "List the services that are inspected, and how much a rule can name of each.",
		.run = list_run,
	},
	{
		.name = "show",
		.words = { "NAME" },
		.sentence = "Show functions with their classes of access, objects and fields of one.",
		.run = show_run,
	},
	{},
};

const struct otseg_object otseg_object_protocol = {
	.name = "protocol",
	.sentence = "what a rule can name of inspected services",
	.commands = commands,
	.default_command = 0,
};
