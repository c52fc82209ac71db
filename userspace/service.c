// SPDX-License-Identifier: GPL-2.0-only
/*
 * otseg service: the list of services that a rule can name, and of the classes
 * of access that it can allow.
 */
#include "object.h"
#include "policy/image_words.h"
#include "print.h"
#include "service.h"

static const struct {
	unsigned int bit;
	const char *name;
	const char *sentence;
} classes[] = {
#define X(id, bit_number, class_name, text) { 1u << (bit_number), class_name, text },
	OTSEG_ACCESS_LIST(X)
#undef X
};

#define N_CLASSES (sizeof(classes) / sizeof(classes[0]))

/**
 * otseg_service_name - the word for a service
 * @service: enum otseg_service
 *
 * Return: the word, "unknown" for a number without one.
 */
const char *otseg_service_name(unsigned int service)
{
	return service < OTSEG_SVC_COUNT ? otseg_services[service].name : "unknown";
}

/**
 * otseg_access_gravest - the word for the gravest class of a mask
 * @mask: OTSEG_ACCESS_*
 *
 * Return: the word, "none" for an empty mask.
 */
const char *otseg_access_gravest(unsigned int mask)
{
	size_t i;

	for (i = N_CLASSES; i-- > 0;) {
		if (mask & classes[i].bit)
			return classes[i].name;
	}
	return "none";
}

static int list_run(const struct otseg_cli *cli)
{
	static const char *const states[] = { "opaque", "inspected", "planned" };
	static const struct otseg_column columns[] = {
		{ "SERVICE", "name", false },
		{ "CARRIER", "carriers", false },
		{ "PORT", "port", true },
		{ "ETHERTYPE", "ethertype", true },
		{ "STATE", "state", false },
		{},
	};
	json_t *rows = json_array(), *row;
	int i;

	for (i = OTSEG_SVC_NONE + 1; i < OTSEG_SVC_COUNT; i++) {
		const struct otseg_service_word *word = &otseg_services[i];

		row = json_pack("{s:s, s:o, s:s}", "name", word->name, "carriers",
				otseg_words_json(otseg_words_carriers, word->carriers), "state",
				states[word->state]);
		if (word->tcp || word->udp)
			json_object_set_new(row, "port",
					    json_integer(word->tcp ? word->tcp : word->udp));
		if (word->tcp && word->udp)
			json_object_set_new(row, "udp_port", json_integer(word->udp));
		if (word->ether)
			json_object_set_new(row, "ethertype", json_sprintf("0x%04x", word->ether));
		json_array_append_new(rows, row);
	}
	return otseg_print_rows(cli, "services", rows, columns);
}

static int access_run(const struct otseg_cli *cli)
{
	static const struct otseg_column columns[] = {
		{ "ACCESS", "name", false },
		{ "MEANING", "sentence", false },
		{},
	};
	json_t *rows = json_array();
	size_t i;

	for (i = 0; i < N_CLASSES; i++)
		json_array_append_new(rows, json_pack("{s:s, s:s}", "name", classes[i].name,
						      "sentence", classes[i].sentence));
	return otseg_print_rows(cli, "access", rows, columns);
}

static const struct otseg_command commands[] = {
	{
		.name = "list",
		.sentence = "List the services. Planned ones are accepted and permit nothing.",
		.run = list_run,
	},
	{
		.name = "access",
		.sentence = "List the classes of access, from harmless to grave.",
		.run = access_run,
	},
	{},
};

const struct otseg_object otseg_object_service = {
	.name = "service",
	.sentence = "what a rule can allow by name",
	.commands = commands,
	.default_command = 0,
};
