// SPDX-License-Identifier: GPL-2.0-only
/*
 * One rule of an image in the words of the policy language: every constraint,
 * and nothing that goes without saying.
 */
#include "image_words.h"
#include "otseg/service.h"
#include "words.h"

#define SUB_ANY 0xffff
#define NAMED_FUNCTIONS 16 /* longer ranges of functions stay ranges */

/**
 * otseg_range_json - put a range into words
 * @first: lowest
 * @last: highest
 *
 * Return: a number, or a text such as "1-5".
 */
json_t *otseg_range_json(u32 first, u32 last)
{
	if (first == last)
		return json_integer(first);
	return json_sprintf("%u-%u", first, last);
}

/**
 * otseg_unwrap_json - leave the brackets of a list of one out
 * @list: the list; taken over
 *
 * Return: the list, or its only member.
 */
json_t *otseg_unwrap_json(json_t *list)
{
	json_t *only;

	if (json_array_size(list) != 1)
		return list;
	only = json_incref(json_array_get(list, 0));
	json_decref(list);
	return only;
}

static json_t *ranges_json(const void *image, u32 first, u32 n)
{
	const struct otseg_img_range *ranges = OTSEG_IMAGE_RECORDS(image, RANGES) + first;
	json_t *list = json_array();
	u32 i;

	for (i = 0; i < n; i++)
		json_array_append_new(list, otseg_range_json(ranges[i].first, ranges[i].last));
	return otseg_unwrap_json(list);
}

static json_t *refs_json(const void *image, u32 first, u32 n)
{
	const struct otseg_img_asset *assets = OTSEG_IMAGE_RECORDS(image, ASSETS);
	const u32 *refs = OTSEG_IMAGE_RECORDS(image, ASSET_REFS) + first;
	json_t *list = json_array();
	u32 i;

	for (i = 0; i < n; i++)
		json_array_append_new(list,
				      json_string(otseg_image_string(image, assets[refs[i]].name)));
	return otseg_unwrap_json(list);
}

/**
 * otseg_words_json - spell a mask
 * @list: words, whose numbers are bits
 * @mask: the mask
 *
 * Return: the words whose bits are set, in the order of @list.
 */
json_t *otseg_words_json(struct otseg_word_list list, u32 mask)
{
	json_t *names = json_array();
	size_t i;

	for (i = 0; i < list.n; i++)
		if (mask & list.words[i].number)
			json_array_append_new(names, json_string(list.words[i].name));
	return names;
}

static json_t *function_json(unsigned int service, u32 code)
{
	const struct otseg_word *word =
		otseg_words_number(otseg_words_protocol(service)->functions, code);

	return word ? json_string(word->name) : json_integer(code);
}

static json_t *subfunction_json(unsigned int service, u32 function)
{
	u32 code = function >> 16, sub = function & SUB_ANY;
	const struct otseg_protocol *protocol = otseg_words_protocol(service);
	const struct otseg_word *word = otseg_words_number(protocol->functions, code);
	const struct otseg_word *sub_word = otseg_words_of(protocol->subs, code, sub);

	if (word && sub_word)
		return json_sprintf("%s/%s", word->name, sub_word->name);
	if (word)
		return json_sprintf("%s/%u", word->name, sub);
	return json_sprintf("%u/%u", code, sub);
}

/**
 * otseg_functions_json - spell functions: whole ones as far as a range holds them
 * @list: takes the words
 * @service: enum otseg_service
 * @first: lowest; a function is code << 16 | sub-function
 * @last_function: highest
 */
void otseg_functions_json(json_t *list, unsigned int service, u32 first, u32 last_function)
{
	u64 at = first, end = (u64)last_function + 1;
	u32 code, last;

	while (at < end) {
		if (at & SUB_ANY || at + SUB_ANY >= end) {
			json_array_append_new(list, subfunction_json(service, at));
			at++;
			continue;
		}
		last = (end >> 16) - 1;
		code = at >> 16;
		if (last - code >= NAMED_FUNCTIONS) {
			json_array_append_new(list, otseg_range_json(code, last));
			code = last + 1;
		}
		for (; code <= last; code++)
			json_array_append_new(list, function_json(service, code));
		at = (u64)(last + 1) << 16;
	}
}

static json_t *functions_json(const void *image, const struct otseg_img_rule *rule)
{
	const struct otseg_img_range *ranges = OTSEG_IMAGE_RECORDS(image, RANGES);
	json_t *list = json_array();
	u32 i;

	for (i = 0; i < rule->n_functions; i++)
		otseg_functions_json(list, rule->service, ranges[rule->functions + i].first,
				     ranges[rule->functions + i].last);
	return otseg_unwrap_json(list);
}

static json_t *object_range_json(const struct otseg_word *type,
				 const struct otseg_img_object *object)
{
	if (!type || !(type->flags & OTSEG_OBJ_PAIR))
		return otseg_range_json(object->first, object->last);
	if (object->first == object->last)
		return json_sprintf("%u/%u", object->first >> 16, object->first & 0xffff);
	return json_sprintf("%u/%u-%u/%u", object->first >> 16, object->first & 0xffff,
			    object->last >> 16, object->last & 0xffff);
}

/**
 * otseg_objects_json - put objects into words
 * @service: enum otseg_service
 * @objects: the objects, sorted by type
 * @n: their number
 *
 * Return: a map from types to numbers.
 */
json_t *otseg_objects_json(unsigned int service, const struct otseg_img_object *objects, u32 n)
{
	const struct otseg_protocol *protocol = otseg_words_protocol(service);
	json_t *map = json_object();
	u32 i = 0;

	while (i < n) {
		const struct otseg_word *type =
			otseg_words_number(protocol->objects, objects[i].type);
		u32 number = objects[i].type;
		json_t *list = json_array();
		char name[32];

		for (; i < n && objects[i].type == number; i++)
			json_array_append_new(list, object_range_json(type, &objects[i]));
		snprintf(name, sizeof(name), "%s%u", protocol->any_type ? protocol->any_type : "",
			 number);
		json_object_set_new(map, type ? type->name : name, otseg_unwrap_json(list));
	}
	return map;
}

/* Whether a range of selectors holds all values of its carrier. */
static bool is_whole(const struct otseg_img_range *range)
{
	return !(range->first & 0xffff) && (range->last & 0xffff) == 0xffff;
}

/* Whether a range of selectors is what its service has where the rule names nothing. */
static bool is_well_known(unsigned int service, const struct otseg_img_range *range)
{
	u32 carrier = range->first >> 16;
	u16 known = otseg_words_known(service, carrier);

	return known ? range->first == OTSEG_SEL(carrier, known) && range->last == range->first :
		       is_whole(range);
}

/* The carriers, if they are not the one that a rule has without naming any. */
static json_t *carrier_json(const void *image, const struct otseg_img_rule *rule)
{
	const struct otseg_img_range *ranges = OTSEG_IMAGE_RECORDS(image, RANGES);
	u8 carriers = otseg_services[rule->service].carriers;
	json_t *list = json_array();
	bool is_first = true, is_usual = true;
	u32 i, k;

	for (k = 0; k < OTSEG_CARRIER_CHOICES; k++) {
		const struct otseg_word *carrier =
			otseg_words_number(otseg_words_carriers, otseg_carrier_choices[k]);
		bool is_there = false;

		for (i = 0; i < rule->n_selectors; i++)
			is_there |= ranges[rule->selectors + i].first >> 16 == carrier->extra;
		if (is_there)
			json_array_append_new(list, json_string(carrier->name));
		if (carriers & carrier->number) {
			is_usual &= is_there == is_first;
			is_first = false;
		}
	}
	if (!is_usual)
		return otseg_unwrap_json(list);
	json_decref(list);
	return NULL;
}

static json_t *ethertype_json(const void *image, const struct otseg_img_rule *rule)
{
	const struct otseg_img_range *ranges = OTSEG_IMAGE_RECORDS(image, RANGES);
	json_t *list = json_array();
	u32 i;

	ranges += rule->selectors;
	for (i = 0; i < rule->n_selectors; i++) {
		u32 first = ranges[i].first & 0xffff, last = ranges[i].last & 0xffff;

		json_array_append_new(list, first == last ?
						    json_sprintf("0x%04x", first) :
						    json_sprintf("0x%04x-0x%04x", first, last));
	}
	return otseg_unwrap_json(list);
}

/* Fields and texts, by their names. */
static json_t *fields_json(const void *image, const struct otseg_img_rule *rule)
{
	const struct otseg_protocol *protocol = otseg_words_protocol(rule->service);
	const struct otseg_img_object *fields = OTSEG_IMAGE_RECORDS(image, OBJECTS);
	const struct otseg_img_text *texts = OTSEG_IMAGE_RECORDS(image, TEXTS);
	json_t *map = json_object(), *list;
	u32 i, k;

	fields += rule->fields;
	texts += rule->texts;
	for (k = 0; k < protocol->fields.n; k++) {
		const struct otseg_word *field = &protocol->fields.words[k];

		if (!(rule->field_mask >> field->number & 1))
			continue;
		list = json_array();
		for (i = 0; i < rule->n_fields; i++) {
			const struct otseg_word *word = NULL;

			if (fields[i].type != field->number)
				continue;
			if (fields[i].first == fields[i].last)
				word = otseg_words_of(protocol->field_words, field->number,
						      fields[i].first);
			json_array_append_new(list,
					      word ? json_string(word->name) :
						     otseg_range_json(fields[i].first, fields[i].last));
		}
		json_object_set_new(map, field->name, otseg_unwrap_json(list));
	}
	for (k = 0; k < protocol->texts.n; k++) {
		const struct otseg_word *name = &protocol->texts.words[k];

		if (!(rule->text_mask >> name->number & 1))
			continue;
		list = json_array();
		for (i = 0; i < rule->n_texts; i++) {
			const char *text = otseg_image_string(image, texts[i].string);
			const char *star = texts[i].flags & OTSEG_TEXT_PREFIX ? "*" : "";

			if (texts[i].text == name->number)
				json_array_append_new(list, json_sprintf("%s%s", text, star));
		}
		json_object_set_new(map, name->name, otseg_unwrap_json(list));
	}
	return map;
}

static json_t *port_json(const void *image, const struct otseg_img_rule *rule)
{
	const struct otseg_img_range *ranges = OTSEG_IMAGE_RECORDS(image, RANGES);
	u32 carrier = ranges[rule->selectors].first >> 16, i;
	json_t *list;

	ranges += rule->selectors;
	for (i = 0; i < rule->n_selectors && is_well_known(rule->service, &ranges[i]); i++)
		;
	if (i == rule->n_selectors)
		return NULL;
	list = json_array();
	/* Named ports are the same on all carriers. */
	for (i = 0; i < rule->n_selectors && ranges[i].first >> 16 == carrier; i++)
		json_array_append_new(list, otseg_range_json(ranges[i].first & 0xffff,
							     ranges[i].last & 0xffff));
	return otseg_unwrap_json(list);
}

static json_t *types_json(const void *image, const struct otseg_img_rule *rule)
{
	const struct otseg_img_range *ranges = OTSEG_IMAGE_RECORDS(image, RANGES);
	struct otseg_word_list words = otseg_words_icmp(rule->service);
	json_t *list;
	u32 i;

	ranges += rule->selectors;
	if (is_whole(ranges))
		return NULL;
	list = json_array();
	for (i = 0; i < rule->n_selectors; i++) {
		u32 at = ranges[i].first & 0xffff, last = ranges[i].last & 0xffff;

		while (at <= last) {
			const struct otseg_word *word = otseg_words_number(words, at >> 8);

			if (!(at & 255) && at + 255 <= last) {
				json_array_append_new(list, word ? json_string(word->name) :
								   json_integer(at >> 8));
				at += 256;
				continue;
			}
			json_array_append_new(list,
					      word ? json_sprintf("%s/%u", word->name, at & 255) :
						     json_sprintf("%u/%u", at >> 8, at & 255));
			at++;
		}
	}
	return list;
}

static json_t *operations_json(const void *image, const struct otseg_img_rule *rule)
{
	const struct otseg_img_range *ranges = OTSEG_IMAGE_RECORDS(image, RANGES);
	json_t *list;
	u32 i, at;

	ranges += rule->selectors;
	if (is_whole(ranges))
		return NULL;
	list = json_array();
	for (i = 0; i < rule->n_selectors; i++) {
		u32 last = ranges[i].last & 0xffff;

		for (at = ranges[i].first & 0xffff; at <= last; at++) {
			const struct otseg_word *word = otseg_words_number(otseg_words_arp, at);

			if (!word)
				break;
			json_array_append_new(list, json_string(word->name));
		}
		if (at <= last)
			json_array_append_new(list, otseg_range_json(at, last));
	}
	return list;
}

static const char *period_word(u16 period_s)
{
	return period_s == 3600 ? "h" : period_s == 60 ? "m" : "s";
}

/**
 * otseg_image_rate_json - put a rate into words
 * @limit: the rate
 *
 * Return: a map of the keys of the policy language, NULL without a limit.
 */
json_t *otseg_image_rate_json(const struct otseg_img_rate *limit)
{
	static const struct {
		const char *name;
		u32 factor;
	} units[] = { { "GB", 1000000000 }, { "MB", 1000000 }, { "kB", 1000 }, { "B", 1 } };
	size_t unit = 0;
	json_t *rate;

	if (limit->limiter == OTSEG_NONE32)
		return NULL;
	rate = json_object();
	if (limit->packets) {
		json_object_set_new(rate, "packets",
				    json_sprintf("%u/%s", limit->packets,
						 period_word(limit->packets_period_s)));
		if (limit->burst_packets != limit->packets)
			json_object_set_new(rate, "burst", json_integer(limit->burst_packets));
	}
	if (limit->bytes) {
		while (limit->bytes % units[unit].factor)
			unit++;
		json_object_set_new(rate, "bytes",
				    json_sprintf("%u%s/%s", limit->bytes / units[unit].factor,
						 units[unit].name,
						 period_word(limit->bytes_period_s)));
	}
	return rate;
}

/**
 * otseg_image_seconds_json - put a time into words, as a policy spells it
 * @seconds: the time, not 0
 *
 * Return: the words.
 */
json_t *otseg_image_seconds_json(u32 seconds)
{
	if (seconds % (24 * 3600) == 0)
		return json_sprintf("%ud", seconds / (24 * 3600));
	if (seconds % 3600 == 0)
		return json_sprintf("%uh", seconds / 3600);
	if (seconds % 60 == 0)
		return json_sprintf("%um", seconds / 60);
	return json_sprintf("%us", seconds);
}

static void set(json_t *map, const char *key, json_t *value)
{
	if (value)
		json_object_set_new(map, key, value);
}

/**
 * otseg_image_rule_json - put a rule into words
 * @image: the image
 * @rule: the rule
 *
 * Return: a map of the keys of the policy language, with the name as "name".
 */
json_t *otseg_image_rule_json(const void *image, const struct otseg_img_rule *rule)
{
	const struct otseg_service_word *service = &otseg_services[rule->service];
	json_t *map = json_object();

	set(map, "name", json_string(otseg_image_string(image, rule->name)));
	if (rule->n_from)
		set(map, "from", refs_json(image, rule->from_refs, rule->n_from));
	if (rule->n_to)
		set(map, "to", refs_json(image, rule->to_refs, rule->n_to));
	set(map, "service", json_string(service->name));
	if (service->carriers & OTSEG_ON_LINK && !service->ether)
		set(map, "ethertype", ethertype_json(image, rule));
	else if (service->carriers & (OTSEG_ON_IP | OTSEG_ON_LINK))
		set(map, "port", port_json(image, rule));
	if (service->carriers & (OTSEG_ON_IP | OTSEG_ON_LINK))
		set(map, "carrier", carrier_json(image, rule));
	else if (service->carriers & (OTSEG_ON_ICMP | OTSEG_ON_ICMPV6))
		set(map, "types", types_json(image, rule));
	else
		set(map, "operations", operations_json(image, rule));
	if (rule->access != OTSEG_ACCESS_ANY)
		set(map, "access", otseg_unwrap_json(otseg_words_json(otseg_words_access, rule->access)));
	if (rule->n_functions)
		set(map, "functions", functions_json(image, rule));
	if (rule->n_units)
		set(map, "units", ranges_json(image, rule->units, rule->n_units));
	if (rule->n_objects)
		set(map, "objects",
		    otseg_objects_json(rule->service,
				       OTSEG_IMAGE_RECORDS(image, OBJECTS) + rule->objects,
				       rule->n_objects));
	if (rule->n_values)
		set(map, "values", ranges_json(image, rule->values, rule->n_values));
	if (rule->n_fields || rule->n_texts)
		set(map, "fields", fields_json(image, rule));
	set(map, "rate", otseg_image_rate_json(&rule->rate));
	if (rule->idle_s)
		set(map, "idle", otseg_image_seconds_json(rule->idle_s));
	return map;
}
