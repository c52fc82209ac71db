// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a rule says about the messages that its service's inspector sees: access
 * classes, functions, units, objects, values, fields and texts; and which of these
 * cannot go together.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "load_message.h"
#include "value.h"
#include "words.h"

#define SUB_ANY 0xffff

/**
 * otseg_load_access - read access classes
 * @loader: the loader
 * @node: a class or a list of them
 * @access: mask of enum otseg_access
 *
 * Return: whether all of them exist.
 */
bool otseg_load_access(struct otseg_loader *loader, const struct otseg_node *node, u8 *access)
{
	struct otseg_source *source = &loader->source;
	size_t i, n = otseg_node_count(node);
	bool good = n > 0;

	if (!n)
		otseg_node_error(source, node, "expected an access class, found an empty list");
	*access = 0;
	for (i = 0; i < n; i++) {
		const struct otseg_node *member = otseg_node_member(node, i);
		const struct otseg_word *word = NULL;

		if (member->kind == OTSEG_NODE_SCALAR)
			word = otseg_words_find(otseg_words_access, member->text);
		if (word) {
			*access |= word->number;
			continue;
		}
		good = false;
		otseg_node_error(source, member, "there is no access class %s%s",
				 otseg_node_found(source, member),
				 member->kind == OTSEG_NODE_SCALAR ?
					 otseg_words_suggest_word(source, member->text,
								  otseg_words_access) :
					 "");
	}
	return good;
}

static bool unknown_function(struct otseg_loader *loader, const struct otseg_node *node,
			     unsigned int service, const char *name)
{
	struct otseg_source *source = &loader->source;
	const char *suggestion =
		otseg_words_suggest_word(source, name, otseg_words_protocol(service)->functions);

	otseg_node_error(source, node,
			 "%s has no function %s; there are names, numbers to %u and ranges%s",
			 otseg_services[service].name, otseg_node_found(source, node),
			 otseg_words_protocol(service)->code_max, suggestion);
	return false;
}

static const struct otseg_word *find_sub(const struct otseg_protocol *protocol, u32 code,
					 const char *name)
{
	size_t i;

	for (i = 0; i < protocol->subs.n; i++)
		if (protocol->subs.words[i].extra == code &&
		    !strcmp(protocol->subs.words[i].name, name))
			return &protocol->subs.words[i];
	return NULL;
}

/* A function by name or number, with a sub-function after a slash, or a range of numbers. */
static bool parse_function(struct otseg_loader *loader, const struct otseg_node *node,
			   unsigned int service, struct otseg_img_range *range)
{
	const struct otseg_protocol *protocol = otseg_words_protocol(service);
	struct otseg_source *source = &loader->source;
	const struct otseg_word *word;
	const char *slash, *name, *rest;
	u32 least = service == OTSEG_SVC_MODBUS; /* which has no function 0 */
	u32 code, sub;

	slash = strchr(node->text, '/');
	name = otseg_arena_text(source->arena, node->text,
				slash ? (size_t)(slash - node->text) : node->len);
	word = otseg_words_find(protocol->functions, name);
	if (!word && !slash && otseg_range_parse(name, range) &&
	    range->first >= least && range->first <= range->last &&
	    range->last <= protocol->code_max) {
		range->first = range->first << 16;
		range->last = range->last << 16 | SUB_ANY;
		return true;
	}
	if (!word && otseg_number_parse(name, strlen(name), &code))
		word = otseg_words_number(protocol->functions, code);
	if (!word)
		return unknown_function(loader, node, service, name);
	code = word->number;
	range->first = code << 16;
	range->last = code << 16 | SUB_ANY;
	if (!slash)
		return true;

	if (!(word->flags & OTSEG_FN_SUB)) {
		otseg_node_error(source, node, "the function '%s' has no sub-functions, found %s",
				 word->name, otseg_node_found(source, node));
		return false;
	}
	rest = slash + 1;
	word = find_sub(protocol, code, rest);
	if (word) {
		sub = word->number;
	} else if (!otseg_number_parse(rest, strlen(rest), &sub) || sub > protocol->sub_max) {
		otseg_node_error(source, node, "there is no sub-function %s%s",
				 otseg_node_found(source, node),
				 otseg_words_suggest_word(source, rest, protocol->subs));
		return false;
	}
	range->first = code << 16 | sub;
	range->last = range->first;
	return true;
}

static void load_functions(struct otseg_loader *loader, const struct otseg_node *node,
			   struct otseg_rule *rule)
{
	struct otseg_vec items = OTSEG_VEC(struct otseg_img_range);
	struct otseg_source *source = &loader->source;
	size_t i, n = otseg_node_count(node);

	if (!n)
		otseg_node_error(source, node, "expected a function, found an empty list");
	for (i = 0; i < n; i++) {
		const struct otseg_node *member = otseg_node_member(node, i);
		struct otseg_img_range range;

		if (member->kind != OTSEG_NODE_SCALAR)
			otseg_node_error(source, member, "expected a function, found %s",
					 otseg_node_found(source, member));
		else if (parse_function(loader, member, rule->service, &range))
			otseg_vec_add(&items, &range, 1);
	}
	otseg_ranges_set(source, node, "functions", &items, &rule->functions);
}

/* A number; for objects that are counted twice, such as records of files, also `a/b`. */
static bool parse_object(const char *text, size_t len, const struct otseg_word *type, u32 *number)
{
	const char *slash = memchr(text, '/', len);
	u32 upper, lower, most = type->extra;

	if (!slash)
		return otseg_number_parse(text, len, number) && *number <= most;
	if (!(type->flags & OTSEG_OBJ_PAIR) || !otseg_number_parse(text, slash - text, &upper) ||
	    !otseg_number_parse(slash + 1, text + len - slash - 1, &lower) || upper > most >> 16 ||
	    lower > (most & 0xffff))
		return false;
	*number = upper << 16 | lower;
	return true;
}

static bool parse_objects(const char *text, const struct otseg_word *type,
			  struct otseg_img_range *range)
{
	const char *dash = strchr(text, '-');
	size_t len = dash ? (size_t)(dash - text) : strlen(text);

	if (!parse_object(text, len, type, &range->first))
		return false;
	range->last = range->first;
	return !dash || (parse_object(dash + 1, strlen(dash + 1), type, &range->last) &&
			 range->first <= range->last);
}

static void load_objects_of(struct otseg_loader *loader, const struct otseg_node *node,
			    const struct otseg_word *type, struct otseg_ranges *ranges)
{
	struct otseg_vec items = OTSEG_VEC(struct otseg_img_range);
	struct otseg_source *source = &loader->source;
	size_t i, n = otseg_node_count(node);

	if (!n)
		otseg_node_error(source, node,
				 "expected objects of the type '%s', found an empty list",
				 type->name);
	for (i = 0; i < n; i++) {
		const struct otseg_node *member = otseg_node_member(node, i);
		struct otseg_img_range range;

		if (member->kind == OTSEG_NODE_SCALAR &&
		    parse_objects(member->text, type, &range)) {
			otseg_vec_add(&items, &range, 1);
			continue;
		}
		if (type->flags & OTSEG_OBJ_PAIR)
			otseg_node_error(source, member,
					 "expected a %s, such as 4/0 or a range such as 4/0-4/99 "
					 "up to %u/%u, found %s",
					 type->name, type->extra >> 16, type->extra & 0xffff,
					 otseg_node_found(source, member));
		else
			otseg_node_error(source, member,
					 "expected a %s, a number or a range such as 1-5 from 0 to "
					 "%u, found %s",
					 type->name, type->extra, otseg_node_found(source, member));
	}
	otseg_ranges_set(source, node, "objects", &items, ranges);
}

/* A type of objects by its name or, where there are such, by its number, which takes @any. */
static const struct otseg_word *object_type(const struct otseg_protocol *protocol, const char *name,
					    struct otseg_word *any)
{
	const struct otseg_word *type = otseg_words_find(protocol->objects, name);
	size_t len = protocol->any_type ? strlen(protocol->any_type) : 0;

	if (type || !len || strncmp(name, protocol->any_type, len))
		return type;
	*any = (struct otseg_word){ .name = name, .extra = protocol->any_max };
	if (!otseg_number_parse(name + len, strlen(name + len), &any->number) ||
	    any->number > protocol->any_type_max)
		return NULL;
	type = otseg_words_number(protocol->objects, any->number);
	return type ? type : any;
}

static int compare_objects(const void *left, const void *right)
{
	const struct otseg_img_object *a = left, *b = right;

	if (a->type != b->type)
		return a->type < b->type ? -1 : 1;
	return a->first < b->first ? -1 : a->first > b->first;
}

/* Ranges of one type that touch become one: a type may stand there by name and by number. */
static void join_objects(struct otseg_vec *items)
{
	struct otseg_img_object *objects = items->data;
	size_t i, n = 0;

	qsort(objects, items->n, sizeof(*objects), compare_objects);
	for (i = 0; i < items->n; i++) {
		struct otseg_img_object *last = n ? &objects[n - 1] : NULL;

		if (last && last->type == objects[i].type &&
		    objects[i].first <= (u64)last->last + 1) {
			if (objects[i].last > last->last)
				last->last = objects[i].last;
			continue;
		}
		objects[n++] = objects[i];
	}
	items->n = n;
}

/* A sorted list of objects, or of fields, becomes the rule's. */
static void set_objects(struct otseg_loader *loader, const struct otseg_node *node,
			const char *what, struct otseg_vec *items,
			struct otseg_img_object **objects, size_t *n)
{
	struct otseg_source *source = &loader->source;

	if (items->n)
		join_objects(items);
	if (items->n > OTSEG_MAX_LIST)
		otseg_node_error(source, node, "%s: %zu separate ranges, at most %u are possible",
				 what, items->n, OTSEG_MAX_LIST);
	*n = items->n;
	*objects = otseg_arena_alloc(source->arena, items->n * sizeof(**objects));
	if (items->n)
		memcpy(*objects, items->data, items->n * sizeof(**objects));
	otseg_vec_free(items);
}

static void load_objects(struct otseg_loader *loader, const struct otseg_node *node,
			 struct otseg_rule *rule)
{
	const struct otseg_protocol *protocol = otseg_words_protocol(rule->service);
	struct otseg_vec items = OTSEG_VEC(struct otseg_img_object);
	struct otseg_source *source = &loader->source;
	size_t i, k;

	if (node->kind != OTSEG_NODE_MAP || !node->n) {
		otseg_node_error(source, node,
				 "expected a map from types of objects to their numbers, such as "
				 "{holding-register: 0-99}, found %s",
				 node->kind == OTSEG_NODE_MAP ? "an empty one" :
								otseg_node_found(source, node));
		return;
	}
	for (i = 0; i < node->n; i++) {
		const struct otseg_node *key = otseg_node_key(node, i);
		struct otseg_word any;
		const struct otseg_word *type = object_type(protocol, key->text, &any);
		struct otseg_ranges ranges = { NULL, 0 };

		if (!type) {
			otseg_node_error(source, key, "%s has no objects of the type %s%s",
					 otseg_services[rule->service].name,
					 otseg_node_found(source, key),
					 otseg_words_suggest_word(source, key->text,
								  protocol->objects));
			continue;
		}
		load_objects_of(loader, otseg_node_value(node, i), type, &ranges);
		for (k = 0; k < ranges.n; k++) {
			struct otseg_img_object object = { type->number, ranges.items[k].first,
							   ranges.items[k].last };

			otseg_vec_add(&items, &object, 1);
		}
	}
	set_objects(loader, node, "objects", &items, &rule->objects, &rule->n_objects);
}

/* A number of a field, a word for one, or a range of numbers. */
static bool parse_field(const struct otseg_protocol *protocol, const struct otseg_word *field,
			const char *text, struct otseg_img_range *range)
{
	size_t i;

	for (i = 0; i < protocol->field_words.n; i++) {
		const struct otseg_word *word = &protocol->field_words.words[i];

		if (word->extra == field->number && !strcmp(word->name, text)) {
			range->first = word->number;
			range->last = word->number;
			return true;
		}
	}
	return otseg_range_parse(text, range) && range->first <= range->last &&
	       range->last <= field->extra;
}

static void load_field(struct otseg_loader *loader, const struct otseg_node *node,
		       const struct otseg_protocol *protocol, const struct otseg_word *field,
		       struct otseg_vec *fields)
{
	struct otseg_vec items = OTSEG_VEC(struct otseg_img_range);
	struct otseg_source *source = &loader->source;
	struct otseg_ranges ranges = { NULL, 0 };
	size_t i, n = otseg_node_count(node);

	if (!n)
		otseg_node_error(source, node,
				 "expected numbers of the field '%s', found an empty list",
				 field->name);
	for (i = 0; i < n; i++) {
		const struct otseg_node *member = otseg_node_member(node, i);
		struct otseg_img_range range;

		if (member->kind == OTSEG_NODE_SCALAR &&
		    parse_field(protocol, field, member->text, &range))
			otseg_vec_add(&items, &range, 1);
		else
			otseg_node_error(source, member,
					 "expected a number of the field '%s', a word for one, or a "
					 "range from 0 to %u, found %s",
					 field->name, field->extra,
					 otseg_node_found(source, member));
	}
	otseg_ranges_set(source, node, field->name, &items, &ranges);
	for (i = 0; i < ranges.n; i++) {
		struct otseg_img_object object = { field->number, ranges.items[i].first,
						   ranges.items[i].last };

		otseg_vec_add(fields, &object, 1);
	}
}

static void load_text(struct otseg_loader *loader, const struct otseg_node *node,
		      const struct otseg_word *name, struct otseg_vec *texts)
{
	struct otseg_source *source = &loader->source;
	size_t i, n = otseg_node_count(node);

	if (!n)
		otseg_node_error(source, node, "expected texts of '%s', found an empty list",
				 name->name);
	for (i = 0; i < n; i++) {
		const struct otseg_node *member = otseg_node_member(node, i);
		struct otseg_text text = { .text = name->number };
		size_t len = member->kind == OTSEG_NODE_SCALAR ? member->len : 0;

		if (len && member->text[len - 1] == '*') {
			text.is_prefix = true;
			len--;
		}
		if (!len || len > OTSEG_MAX_TEXT || strlen(member->text) != member->len) {
			otseg_node_error(source, member,
					 "expected a text of 1 to %u bytes, or a beginning with '*' "
					 "behind it, found %s",
					 OTSEG_MAX_TEXT, otseg_node_found(source, member));
			continue;
		}
		text.string = otseg_arena_text(source->arena, member->text, len);
		otseg_vec_add(texts, &text, 1);
	}
}

static int compare_texts(const void *left, const void *right)
{
	const struct otseg_text *a = left, *b = right;
	int order = strcmp(a->string, b->string);

	if (a->text != b->text)
		return a->text < b->text ? -1 : 1;
	return order ? order : a->is_prefix - b->is_prefix;
}

/* In one order, whatever that of the text, and each once. */
static void set_texts(struct otseg_loader *loader, const struct otseg_node *node,
		      struct otseg_vec *items, struct otseg_rule *rule)
{
	struct otseg_text *texts = items->data;
	size_t i, n = 0;

	if (items->n)
		qsort(texts, items->n, sizeof(*texts), compare_texts);
	for (i = 0; i < items->n; i++)
		if (!n || compare_texts(&texts[n - 1], &texts[i]))
			texts[n++] = texts[i];
	if (n > OTSEG_MAX_LIST)
		otseg_node_error(&loader->source, node,
				 "fields: %zu texts, at most %u are possible", n, OTSEG_MAX_LIST);
	rule->n_texts = n;
	rule->texts = otseg_arena_alloc(loader->source.arena, n * sizeof(*texts));
	if (n)
		memcpy(rule->texts, texts, n * sizeof(*texts));
	otseg_vec_free(items);
}

/* Numbers and texts stand in one map: what was meant may be either. */
static const char *suggest_field(struct otseg_source *source, const char *name,
				 const struct otseg_protocol *protocol)
{
	size_t i, n = protocol->fields.n, n_all = n + protocol->texts.n;
	const char **names = otseg_alloc((n_all + 1) * sizeof(*names));
	const char *suggestion;

	for (i = 0; i < n_all; i++)
		names[i] = i < n ? protocol->fields.words[i].name :
				   protocol->texts.words[i - n].name;
	suggestion = otseg_words_suggest(source, name, names, n_all);
	free(names);
	return suggestion;
}

static void load_fields(struct otseg_loader *loader, const struct otseg_node *node,
			struct otseg_rule *rule)
{
	const struct otseg_protocol *protocol = otseg_words_protocol(rule->service);
	struct otseg_vec fields = OTSEG_VEC(struct otseg_img_object);
	struct otseg_vec texts = OTSEG_VEC(struct otseg_text);
	struct otseg_source *source = &loader->source;
	size_t i;

	if (node->kind != OTSEG_NODE_MAP || !node->n) {
		otseg_node_error(source, node,
				 "expected a map from fields to their numbers or texts, such as "
				 "{cause: 6}, found %s",
				 node->kind == OTSEG_NODE_MAP ? "an empty one" :
								otseg_node_found(source, node));
		return;
	}
	for (i = 0; i < node->n; i++) {
		const struct otseg_node *key = otseg_node_key(node, i);
		const struct otseg_word *field = otseg_words_find(protocol->fields, key->text);
		const struct otseg_word *text = otseg_words_find(protocol->texts, key->text);

		if (field)
			load_field(loader, otseg_node_value(node, i), protocol, field, &fields);
		else if (text)
			load_text(loader, otseg_node_value(node, i), text, &texts);
		else
			otseg_node_error(source, key, "%s has no field %s%s",
					 otseg_services[rule->service].name,
					 otseg_node_found(source, key),
					 suggest_field(source, key->text, protocol));
	}
	set_objects(loader, node, "fields", &fields, &rule->fields, &rule->n_fields);
	set_texts(loader, node, &texts, rule);
}

static bool names_type(const struct otseg_rule *rule, u32 type)
{
	size_t i;

	for (i = 0; i < rule->n_objects; i++)
		if (rule->objects[i].type == type)
			return true;
	return false;
}

static bool names_function(const struct otseg_rule *rule, u32 first, u32 last)
{
	struct otseg_img_range range = { first, last };

	return otseg_ranges_cover(rule->functions.items, rule->functions.n, &range, 1);
}

/*
 * Whether messages of a function that the rule names can have classes that it permits.
 * The lists give a function all classes that its sub-functions and contents can bring, and
 * what a single message brings may be less: it may pass if the rule has one of them.
 * Where the list is exact the rule must have all, and of sub-functions one that is named.
 */
static bool is_permitted(const struct otseg_rule *rule, const struct otseg_word *function)
{
	const struct otseg_protocol *protocol = otseg_words_protocol(rule->service);
	u8 access = rule->access | OTSEG_ACCESS_SESSION, classes = 0;
	u32 code = function->number << 16;
	size_t i;

	if (!(function->flags & OTSEG_FN_SUB) && protocol->is_exact)
		return !(function->access & ~access);
	if (!(function->flags & OTSEG_FN_SUB) || names_function(rule, code, code | SUB_ANY))
		return function->access & access;
	for (i = 0; i < protocol->subs.n; i++) {
		const struct otseg_word *sub = &protocol->subs.words[i];

		if (sub->extra == function->number &&
		    names_function(rule, code | sub->number, code | sub->number))
			classes |= sub->access;
	}
	/* Sub-functions without a name: nothing is known of them. */
	return !classes || classes & access;
}

/* A named function that other keys exclude is a slip of the pen. */
static void check_functions(struct otseg_loader *loader, const struct otseg_node *node,
			    const struct otseg_rule *rule)
{
	const struct otseg_protocol *protocol = otseg_words_protocol(rule->service);
	struct otseg_word_list functions = protocol->functions;
	size_t i, k;

	for (i = 0; i < functions.n; i++) {
		const struct otseg_word *function = &functions.words[i];
		const struct otseg_word *type;
		u32 code = function->number;

		for (k = 0; k < rule->functions.n; k++)
			if (rule->functions.items[k].first >> 16 <= code &&
			    rule->functions.items[k].last >> 16 >= code)
				break;
		if (k == rule->functions.n)
			continue;
		if (function->access == OTSEG_ACCESS_SESSION)
			continue;
		type = otseg_words_number(protocol->objects, function->extra);
		if (!is_permitted(rule, function))
			otseg_node_warn(&loader->source, node,
					"'%s' needs more than the 'access' of the rule '%s': it "
					"never matches",
					function->name, rule->name);
		else if (rule->n_objects && !type && protocol->is_exact)
			otseg_node_warn(&loader->source, node,
					"'%s' names no object: with the 'objects' of the rule '%s' "
					"it never matches",
					function->name, rule->name);
		else if (rule->n_objects && type && !protocol->any_type &&
			 !names_type(rule, function->extra))
			otseg_node_warn(&loader->source, node,
					"'%s' addresses objects of the type '%s', which the rule "
					"'%s' does not list: it never matches",
					function->name, type->name, rule->name);
	}
}

static bool can_write(const struct otseg_rule *rule)
{
	struct otseg_word_list functions = otseg_words_protocol(rule->service)->functions;
	size_t i, k;

	if (!(rule->access & OTSEG_ACCESS_WRITE))
		return false;
	for (i = 0; rule->functions.n && i < functions.n; i++)
		for (k = 0; k < rule->functions.n; k++)
			if ((functions.words[i].access & OTSEG_ACCESS_WRITE) &&
			    rule->functions.items[k].first >> 16 <= functions.words[i].number &&
			    rule->functions.items[k].last >> 16 >= functions.words[i].number)
				return true;
	return !rule->functions.n;
}

/**
 * otseg_load_units - read addresses within an endpoint
 * @loader: the loader
 * @node: one, or a list of them
 * @service: whose they are; it has units
 * @units: the result
 */
void otseg_load_units(struct otseg_loader *loader, const struct otseg_node *node,
		      unsigned int service, struct otseg_ranges *units)
{
	const struct otseg_protocol *protocol = otseg_words_protocol(service);
	const char *article = strchr("aeio", protocol->unit[0]) ? "an" : "a";
	char what[64];

	snprintf(what, sizeof(what), "%s %s", article, protocol->unit);
	otseg_value_ranges(&loader->source, node, what, 0, protocol->unit_max, units);
}

/**
 * otseg_load_message - read what a rule says about inspected messages
 * @loader: the loader
 * @key: the rule's name
 * @values: its keys
 * @rule: the rule; its service is known
 */
void otseg_load_message(struct otseg_loader *loader, const struct otseg_node *key,
			const struct otseg_node **values, struct otseg_rule *rule)
{
	const struct otseg_service_default *defaults = &loader->defaults[rule->service];
	const struct otseg_protocol *protocol = otseg_words_protocol(rule->service);
	struct otseg_source *source = &loader->source;

	rule->access = OTSEG_ACCESS_ANY;
	if (otseg_services[rule->service].state == OTSEG_SERVICE_OPAQUE)
		return;
	if (values[OTSEG_KEY_RULE_ACCESS]) {
		otseg_load_access(loader, values[OTSEG_KEY_RULE_ACCESS], &rule->access);
	} else if (!values[OTSEG_KEY_RULE_FUNCTIONS]) {
		if (defaults->access) {
			rule->access = defaults->access;
		} else if (otseg_services[rule->service].state == OTSEG_SERVICE_INSPECTED) {
			rule->access = OTSEG_ACCESS_READ;
			otseg_node_warn(source, key,
					"the rule '%s' names neither 'access' nor 'functions': it "
					"permits to read",
					rule->name);
		}
	}
	if (values[OTSEG_KEY_RULE_FUNCTIONS])
		load_functions(loader, values[OTSEG_KEY_RULE_FUNCTIONS], rule);
	rule->units = defaults->units;
	if (values[OTSEG_KEY_RULE_UNITS])
		otseg_load_units(loader, values[OTSEG_KEY_RULE_UNITS], rule->service, &rule->units);
	if (values[OTSEG_KEY_RULE_OBJECTS])
		load_objects(loader, values[OTSEG_KEY_RULE_OBJECTS], rule);
	if (values[OTSEG_KEY_RULE_VALUES])
		otseg_value_ranges(source, values[OTSEG_KEY_RULE_VALUES], "a value", 0,
				   protocol->value_max, &rule->values);
	if (values[OTSEG_KEY_RULE_FIELDS])
		load_fields(loader, values[OTSEG_KEY_RULE_FIELDS], rule);
	if (values[OTSEG_KEY_RULE_FUNCTIONS])
		check_functions(loader, values[OTSEG_KEY_RULE_FUNCTIONS], rule);
	if (values[OTSEG_KEY_RULE_VALUES] && !can_write(rule))
		otseg_node_warn(source, values[OTSEG_KEY_RULE_VALUES],
				"the rule '%s' permits no write: 'values' says nothing",
				rule->name);
}
