// SPDX-License-Identifier: GPL-2.0-only
/*
 * Lets test_policy_schema.py see what the loader knows.
 *
 *   policy_keys         prints every kind of map with its keys, every word, what kind of
 *                       defaults each service has, and what each protocol knows by name
 *   policy_keys FILE... are the policies accepted? After the messages of each a line
 *                       `accepted` or `refused`
 */
#include <string.h>

#include "userspace/policy/keys.h"
#include "userspace/policy/load.h"
#include "userspace/policy/words.h"

static void print_words(const char *kind, struct otseg_word_list list)
{
	size_t i;

	for (i = 0; i < list.n; i++)
		printf("word %s %s\n", kind, list.words[i].name);
}

/* The map that the defaults of a service are. */
static const char *defaults_of(unsigned int service)
{
	if (service == OTSEG_SVC_ARP)
		return "permission";
	if (service == OTSEG_SVC_ICMPV6)
		return otseg_key_lists[OTSEG_MAP_DEFAULTS_ICMPV6].name;
	switch (otseg_services[service].state) {
	case OTSEG_SERVICE_INSPECTED:
		return otseg_key_lists[OTSEG_MAP_DEFAULTS_INSPECTED].name;
	case OTSEG_SERVICE_PLANNED:
		return otseg_key_lists[OTSEG_MAP_DEFAULTS_PLANNED].name;
	default:
		return otseg_key_lists[OTSEG_MAP_DEFAULTS_FLOW].name;
	}
}

static void print_functions(const char *name, const struct otseg_protocol *protocol)
{
	size_t i, k;

	for (i = 0; i < protocol->functions.n; i++) {
		const struct otseg_word *function = &protocol->functions.words[i];

		printf("function %s %s\n", name, function->name);
		for (k = 0; k < protocol->subs.n; k++)
			if (protocol->subs.words[k].extra == function->number)
				printf("function %s %s/%s\n", name, function->name,
				       protocol->subs.words[k].name);
	}
	printf("function-max %s %u\n", name, protocol->code_max);
}

static void print_objects(const char *name, const struct otseg_protocol *protocol)
{
	size_t i;

	for (i = 0; i < protocol->objects.n; i++) {
		const struct otseg_word *type = &protocol->objects.words[i];

		printf("object %s %s %u%s\n", name, type->name, type->extra,
		       type->flags & OTSEG_OBJ_PAIR ? " pair" : "");
	}
	if (protocol->any_type)
		printf("any-type %s %s %u %u\n", name, protocol->any_type, protocol->any_type_max,
		       protocol->any_max);
}

static void print_fields(const char *name, const struct otseg_protocol *protocol)
{
	size_t i, k;

	for (i = 0; i < protocol->fields.n; i++) {
		const struct otseg_word *field = &protocol->fields.words[i];

		printf("field %s %s %u\n", name, field->name, field->extra);
		for (k = 0; k < protocol->field_words.n; k++)
			if (protocol->field_words.words[k].extra == field->number)
				printf("field-word %s %s %s\n", name, field->name,
				       protocol->field_words.words[k].name);
	}
	for (i = 0; i < protocol->texts.n; i++)
		printf("text %s %s\n", name, protocol->texts.words[i].name);
}

static void print_service(unsigned int number)
{
	const struct otseg_key_list *keys = &otseg_key_lists[OTSEG_MAP_RULE];
	const struct otseg_protocol *protocol = otseg_words_protocol(number);
	const struct otseg_service_word *service = &otseg_services[number];
	const char *name = service->name;
	size_t i;

	printf("word service %s\n", name);
	printf("defaults %s %s\n", name, defaults_of(number));
	for (i = 0; i < keys->n; i++)
		if (otseg_load_key_fits(number, i))
			printf("fit %s %s\n", name, keys->keys[i]);
	/* The first one is that of a rule which names none. */
	if (service->carriers & OTSEG_ON_TCP)
		printf("carrier %s tcp\n", name);
	if (service->carriers & OTSEG_ON_LINK)
		printf("carrier %s link\n", name);
	if (service->carriers & OTSEG_ON_UDP)
		printf("carrier %s udp\n", name);
	if (service->state != OTSEG_SERVICE_INSPECTED)
		return;
	print_functions(name, protocol);
	print_objects(name, protocol);
	print_fields(name, protocol);
	if (protocol->unit)
		printf("unit %s %u\n", name, protocol->unit_max);
	if (protocol->value_max)
		printf("value %s %u\n", name, protocol->value_max);
}

static void print_all(void)
{
	size_t i, k;

	for (i = 0; i < OTSEG_MAP_COUNT; i++)
		for (k = 0; k < otseg_key_lists[i].n; k++)
			if (i != OTSEG_MAP_DEFAULTS || k != OTSEG_SVC_NONE)
				printf("key %s %s\n", otseg_key_lists[i].name,
				       otseg_key_lists[i].keys[k]);
	for (i = OTSEG_SVC_NONE + 1; i < OTSEG_SVC_COUNT; i++)
		print_service(i);
	print_words("access", otseg_words_access);
}

static void judge(const char *path)
{
	struct otseg_diag diag = {};
	struct otseg_policy *policy = otseg_policy_load(path, &diag);

	otseg_diag_print(stdout, &diag);
	puts(policy ? "accepted" : "refused");
	otseg_diag_free(&diag);
	otseg_policy_free(policy);
}

int main(int argc, char **argv)
{
	int i;

	if (argc < 2)
		print_all();
	for (i = 1; i < argc; i++)
		judge(argv[i]);
	return 0;
}
