// SPDX-License-Identifier: GPL-2.0-only
/*
 * Entries of a difference in words: who, where, which messages, by which rule.
 */
#include <stdlib.h>
#include <string.h>

#include "diff.h"
#include "image_words.h"
#include "otseg/service.h"
#include "when.h"

#define MAX_WORDS 64 /* addresses, ports or texts of one entry that are spelt out */
#define MAX_TEXT 8 /* of which a line of text has so many */

static const char *zone_name(const struct otseg_diff *diff, u32 side, u16 zone)
{
	const void *image = diff->image[side];

	return otseg_image_string(image, OTSEG_IMAGE_RECORDS(image, ZONES)[zone].name);
}

static const char *conduit_name(const struct otseg_diff *diff, u32 side, u32 conduit)
{
	const void *image = diff->image[side];

	return otseg_image_string(image, OTSEG_IMAGE_RECORDS(image, CONDUITS)[conduit].name);
}

static const struct otseg_img_rule *rule_of(const struct otseg_diff *diff, u32 side, u32 rule)
{
	return OTSEG_IMAGE_RECORDS(diff->image[side], RULES) + rule;
}

/* The longest prefix that begins at @at and goes no further than @last. */
static struct otseg_prefix prefix_from(u32 family, struct otseg_address at,
				       struct otseg_address last)
{
	struct otseg_prefix prefix = { .first = at,
				       .family = family,
				       .len = family == 4 ? 32 : 128 };

	while (prefix.len) {
		struct otseg_address mask = otseg_prefix_mask(prefix.len - 1);
		struct otseg_prefix wider = prefix;
		struct otseg_address end;

		wider.len--;
		end = otseg_prefix_last(&wider);
		if ((at.hi & ~mask.hi) || (at.lo & ~mask.lo) ||
		    otseg_address_compare(end, last) > 0)
			break;
		prefix = wider;
	}
	return prefix;
}

/* A range of addresses: a prefix, or its first and last one. */
static void addresses_add(json_t *list, u32 family, const struct otseg_diff_addresses *range)
{
	struct otseg_prefix prefix = prefix_from(family, range->first, range->last);
	char text[OTSEG_PREFIX_TEXT], end[OTSEG_PREFIX_TEXT];
	struct otseg_address last = otseg_prefix_last(&prefix);

	if (otseg_address_compare(last, range->last) >= 0) {
		json_array_append_new(list, json_string(otseg_prefix_print(text, &prefix)));
		return;
	}
	prefix.len = family == 4 ? 32 : 128;
	otseg_prefix_print(text, &prefix);
	prefix.first = range->last;
	if (family == 4)
		prefix.first = (struct otseg_address){ range->last.hi & ~0xffffffffull, 0 };
	json_array_append_new(list, json_sprintf("%s-%s", text, otseg_prefix_print(end, &prefix)));
}

static bool ranges_hold(const struct otseg_diff_addresses *ranges, u32 n,
			const struct otseg_prefix *prefix)
{
	struct otseg_address last = otseg_prefix_last(prefix);
	u32 low = 0, high = n;

	while (low < high) {
		u32 middle = (low + high) / 2;

		if (otseg_address_compare(ranges[middle].last, prefix->first) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low < n && otseg_address_compare(ranges[low].first, prefix->first) <= 0 &&
	       otseg_address_compare(ranges[low].last, last) >= 0;
}

/* Whether all addresses of an asset are among @ranges; it must have one of the family. */
static bool ranges_hold_asset(const struct otseg_diff_addresses *ranges, u32 n, u32 family,
			      const void *image, const struct otseg_img_asset *asset)
{
	const struct otseg_img_prefix *records = OTSEG_IMAGE_RECORDS(image, PREFIXES) + asset->refs;
	bool is_held = false;
	u32 i, k;

	for (i = 0; i < asset->n_refs; i++) {
		struct otseg_prefix prefix = { .family = records[i].family, .len = records[i].len };

		if (records[i].family != family)
			continue;
		for (k = 0; k < 8; k++) {
			prefix.first.hi = prefix.first.hi << 8 | records[i].addr[k];
			prefix.first.lo = prefix.first.lo << 8 | records[i].addr[8 + k];
		}
		if (family == 4)
			prefix.first.lo = 0, prefix.first.hi &= ~0xffffffffull;
		is_held = ranges_hold(ranges, n, &prefix);
		if (!is_held)
			return false;
	}
	return is_held;
}

/* Names of a rule's assets that are among @ranges; lists of them by their members. */
static void names_add(json_t *names, const struct otseg_diff_addresses *ranges, u32 n, u32 family,
		      const void *image, u32 refs, u32 n_refs, u32 depth)
{
	const struct otseg_img_asset *assets = OTSEG_IMAGE_RECORDS(image, ASSETS);
	u32 i;

	for (i = 0; i < n_refs && json_array_size(names) < MAX_WORDS; i++) {
		const struct otseg_img_asset *asset =
			&assets[OTSEG_IMAGE_RECORDS(image, ASSET_REFS)[refs + i]];

		if (asset->flags & OTSEG_ASSET_GROUP) {
			if (depth)
				names_add(names, ranges, n, family, image, asset->refs,
					  asset->n_refs, depth - 1);
		} else if (ranges_hold_asset(ranges, n, family, image, asset)) {
			json_array_append_new(names,
					      json_string(otseg_image_string(image, asset->name)));
		}
	}
}

static json_t *end_json(const struct otseg_diff *diff, const struct otseg_diff_entry *entry,
			bool is_dst)
{
	const struct otseg_diff_addresses *ranges = is_dst ? entry->dst : entry->src;
	u32 n = is_dst ? entry->n_dst : entry->n_src, i;
	u16 zone = is_dst ? entry->dst_zone : entry->src_zone;
	json_t *end = json_object(), *names = json_array(), *addresses = json_array();
	const struct otseg_img_rule *rule;

	if (zone != OTSEG_NONE16)
		json_object_set_new(end, "zone", json_string(zone_name(diff, entry->side, zone)));
	if (entry->rule != OTSEG_NONE32) {
		rule = rule_of(diff, entry->side, entry->rule);
		names_add(names, ranges, n, entry->family, diff->image[entry->side],
			  is_dst ? rule->to_refs : rule->from_refs,
			  is_dst ? rule->n_to : rule->n_from, 1);
	}
	for (i = 0; i < n && i < MAX_WORDS; i++)
		addresses_add(addresses, entry->family, &ranges[i]);
	if (json_array_size(names))
		json_object_set(end, "names", names);
	if (entry->family && n)
		json_object_set(end, "addresses", addresses);
	if (n > MAX_WORDS)
		json_object_set_new(end, "more", json_true());
	if (is_dst ? entry->is_all_dst : entry->is_all_src)
		json_object_set_new(end, "all", json_true());
	json_decref(names);
	json_decref(addresses);
	return end;
}

static json_t *link_json(const struct otseg_diff *diff, u32 link)
{
	const struct otseg_diff_link *at = otseg_vec_at(&diff->links, link);

	if (!at->vlan)
		return json_string(at->name);
	if (at->vlan >> 16)
		return json_sprintf("%s vlan %u/%u", at->name, at->vlan & 0xffff, at->vlan >> 16);
	return json_sprintf("%s vlan %u", at->name, at->vlan);
}

static json_t *macs_json(const struct otseg_diff_macs *macs)
{
	json_t *list = json_array();
	u32 i;

	for (i = 0; i < macs->n && i < MAX_WORDS; i++)
		json_array_append_new(list, otseg_mac_json(macs->macs[i]));
	return list;
}

/* One interval of selectors, which may span carriers: "tcp 502", "icmp echo", "arp". */
static void selector_add(json_t *list, u32 first, u32 last)
{
	static const struct {
		u32 kind;
		const char *name;
	} carriers[] = {
		{ OTSEG_SEL_ICMP, "icmp" }, { OTSEG_SEL_TCP, "tcp" },
		{ OTSEG_SEL_UDP, "udp" },   { OTSEG_SEL_ICMPV6, "icmpv6" },
		{ OTSEG_SEL_ARP, "arp" },   { OTSEG_SEL_LINK, "link" },
	};
	u32 low = first & 0xffff, high = last & 0xffff;
	const struct otseg_word *word;
	const char *name = "?";
	size_t i;

	for (i = 0; i < sizeof(carriers) / sizeof(carriers[0]); i++)
		if (carriers[i].kind == first >> 16)
			name = carriers[i].name;
	if (!low && high == 0xffff) {
		json_array_append_new(list, json_string(name));
		return;
	}
	if (first >> 16 == OTSEG_SEL_LINK) {
		json_array_append_new(list, low == high ? json_sprintf("0x%04x", low) :
							  json_sprintf("0x%04x-0x%04x", low, high));
		return;
	}
	if (first >> 16 == OTSEG_SEL_ICMP || first >> 16 == OTSEG_SEL_ICMPV6) {
		word = otseg_words_number(otseg_words_icmp(first >> 16 == OTSEG_SEL_ICMP ?
								   OTSEG_SVC_ICMP :
								   OTSEG_SVC_ICMPV6),
					  low >> 8);
		if (word && low >> 8 == high >> 8)
			json_array_append_new(list,
					      low & 255 ? json_sprintf("%s %s/%u", name, word->name,
								       low & 255) :
							  json_sprintf("%s %s", name, word->name));
		else if (low >> 8 == high >> 8)
			json_array_append_new(list,
					      json_sprintf("%s %u/%u", name, low >> 8, low & 255));
		else
			json_array_append_new(list,
					      json_sprintf("%s %u-%u", name, low >> 8, high >> 8));
		return;
	}
	json_array_append_new(list, low == high ? json_sprintf("%s %u", name, low) :
						  json_sprintf("%s %u-%u", name, low, high));
}

static json_t *selectors_json(struct otseg_set selectors)
{
	json_t *list = json_array();
	u32 i;

	for (i = 0; i < selectors.n && i < MAX_WORDS; i++) {
		u64 at = selectors.spans[i].first, end;

		while (at <= selectors.spans[i].last) {
			end = at | 0xffff;
			if (end > selectors.spans[i].last)
				end = selectors.spans[i].last;
			selector_add(list, at, end);
			at = end + 1;
		}
	}
	return list;
}

/* What a rule says about messages, and nothing else. */
static json_t *rule_messages(const struct otseg_diff *diff, u32 side, u32 index)
{
	static const char *const others[] = { "name",	    "from",    "to",	    "service",
					      "port",	    "carrier", "ethertype", "types",
					      "operations", "rate",    "idle" };
	json_t *map = otseg_image_rule_json(diff->image[side], rule_of(diff, side, index));
	size_t i;

	for (i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		json_object_del(map, others[i]);
	return map;
}

static json_t *numbers_json(struct otseg_set set)
{
	json_t *list = json_array();
	u32 i;

	for (i = 0; i < set.n; i++)
		json_array_append_new(list,
				      otseg_range_json(set.spans[i].first, set.spans[i].last));
	return otseg_unwrap_json(list);
}

static json_t *objects_json(unsigned int service, struct otseg_set set)
{
	struct otseg_vec objects = OTSEG_VEC(struct otseg_img_object);
	json_t *map;
	u32 i;

	for (i = 0; i < set.n; i++) {
		u64 at = set.spans[i].first, end;

		while (at <= set.spans[i].last) {
			struct otseg_img_object object = { .type = at >> 32, .first = (u32)at };

			end = at | 0xffffffff;
			if (end > set.spans[i].last)
				end = set.spans[i].last;
			object.last = (u32)end;
			otseg_vec_add(&objects, &object, 1);
			at = end + 1;
		}
	}
	map = otseg_objects_json(service, objects.data, objects.n);
	otseg_vec_free(&objects);
	return map;
}

static struct otseg_set rule_objects(struct otseg_arena *arena, const void *image,
				     const struct otseg_img_rule *rule)
{
	const struct otseg_img_object *objects =
		OTSEG_IMAGE_RECORDS(image, OBJECTS) + rule->objects;
	struct otseg_vec spans = OTSEG_VEC(struct otseg_span);
	u32 i;

	for (i = 0; i < rule->n_objects; i++) {
		u64 type = (u64)(objects[i].type & 0xff) << 32;

		otseg_span_add(&spans, type | objects[i].first, type | objects[i].last);
	}
	return otseg_set_make(arena, &spans);
}

static struct otseg_set rule_values(struct otseg_arena *arena, const void *image,
				    const struct otseg_img_rule *rule)
{
	const struct otseg_img_range *ranges = OTSEG_IMAGE_RECORDS(image, RANGES) + rule->values;
	struct otseg_vec spans = OTSEG_VEC(struct otseg_span);
	u32 i;

	for (i = 0; i < rule->n_values; i++)
		otseg_span_add(&spans, ranges[i].first, ranges[i].last);
	return otseg_set_make(arena, &spans);
}

/* A list that messages have several of: what the rule has, and each of the other side's. */
struct lists {
	bool is_any;
	struct otseg_set own;
	struct otseg_set other[OTSEG_MAX_LEAF_RULES];
	struct otseg_set others;
	u32 n;
	bool is_covered; /* by each of the other side's rules */
};

static void lists_read(struct otseg_arena *arena, const struct otseg_diff *diff,
		       const struct otseg_diff_message *message, bool is_values,
		       struct lists *lists)
{
	const void *image = diff->image[message->side], *other = diff->image[!message->side];
	const struct otseg_img_rule *rule = rule_of(diff, message->side, message->rule);
	u32 i;

	memset(lists, 0, sizeof(*lists));
	lists->is_any = is_values ? !rule->n_values : !rule->n_objects;
	lists->own = is_values ? rule_values(arena, image, rule) : rule_objects(arena, image, rule);
	lists->is_covered = true;
	for (i = 0; i < message->n_except; i++) {
		const struct otseg_img_rule *by = rule_of(diff, !message->side, message->except[i]);
		struct otseg_set set = is_values ? rule_values(arena, other, by) :
						   rule_objects(arena, other, by);

		if (!set.n)
			continue;
		lists->is_covered &= !lists->is_any && otseg_set_covers(set, lists->own);
		lists->others = otseg_set_or(arena, lists->others, set);
		lists->other[lists->n++] = lists->is_any ? set :
							   otseg_set_and(arena, set, lists->own);
	}
}

static json_t *list_json(unsigned int service, bool is_values, struct otseg_set set)
{
	return is_values ? numbers_json(set) : objects_json(service, set);
}

/* Messages told by what the other side's rules lack, if that is one of both lists. */
static bool reduce(json_t *map, const struct otseg_diff *diff,
		   const struct otseg_diff_message *message)
{
	const struct otseg_img_rule *rule = rule_of(diff, message->side, message->rule);
	struct lists lists[2], *list;
	struct otseg_arena arena = {};
	struct otseg_set left;
	json_t *together;
	bool is_values = false;
	u32 i;

	if (message->is_session || message->is_blind || !message->n_except)
		return true;
	for (i = 0; i < message->n_except; i++)
		if (rule->access & ~(rule_of(diff, !message->side, message->except[i])->access |
				     OTSEG_ACCESS_SESSION))
			return false;
	for (i = 0; i < 2; i++)
		lists_read(&arena, diff, message, i, &lists[i]);
	if (lists[0].is_covered == lists[1].is_covered) {
		otseg_arena_free(&arena);
		return false;
	}
	is_values = lists[0].is_covered;
	list = &lists[is_values];
	left = otseg_set_minus(&arena, list->own, list->others);
	if (list->is_any) {
		json_object_set_new(map, is_values ? "values_but" : "objects_but",
				    list_json(rule->service, is_values, list->others));
	} else if (left.n) {
		json_object_set_new(map, is_values ? "values" : "objects",
				    list_json(rule->service, is_values, left));
	} else {
		json_object_del(map, is_values ? "values" : "objects");
	}
	if (list->n > 1 || (!list->is_any && !left.n)) {
		together = json_array();
		for (i = 0; i < list->n; i++)
			json_array_append_new(together,
					      list_json(rule->service, is_values, list->other[i]));
		json_object_set_new(map, "together", together);
	}
	otseg_arena_free(&arena);
	return true;
}

static json_t *units_json(struct otseg_set set)
{
	json_t *list = json_array();
	u32 i;

	for (i = 0; i < set.n; i++) {
		u64 first = set.spans[i].first, last = set.spans[i].last;
		const char *what = first >= OTSEG_KEY_NO_UNIT ? NULL : "";

		if (!what) {
			json_array_append_new(list, json_string("none"));
			continue;
		}
		if (last >= OTSEG_KEY_NO_UNIT)
			last = OTSEG_KEY_NO_UNIT - 1;
		if (first < OTSEG_KEY_SPECIAL) {
			json_array_append_new(list, otseg_range_json(first, last));
			continue;
		}
		json_array_append_new(list, first == last ?
						    json_sprintf("broadcast %u", (u32)first) :
						    json_sprintf("broadcast %u-%u", (u32)first,
								 (u32)last));
	}
	return otseg_unwrap_json(list);
}

static json_t *functions_json(unsigned int service, struct otseg_set set)
{
	json_t *list = json_array();
	u32 i;

	for (i = 0; i < set.n; i++)
		otseg_functions_json(list, service, (u32)set.spans[i].first,
				     (u32)set.spans[i].last);
	return otseg_unwrap_json(list);
}

static json_t *field_json(const struct otseg_protocol *protocol, u32 field, struct otseg_set set)
{
	json_t *list = json_array();
	u32 i;

	for (i = 0; i < set.n; i++) {
		u64 first = set.spans[i].first, last = set.spans[i].last;
		const struct otseg_word *word = NULL;

		if (first >= OTSEG_KEY_SPECIAL) {
			json_array_append_new(list, json_string("none"));
			continue;
		}
		if (first == last)
			word = otseg_words_of(protocol->field_words, field, first);
		if (last >= OTSEG_KEY_SPECIAL)
			last = OTSEG_KEY_SPECIAL - 1;
		json_array_append_new(list, word ? json_string(word->name) :
						   otseg_range_json(first, last));
	}
	return otseg_unwrap_json(list);
}

static json_t *text_json(const struct otseg_diff_text *text)
{
	return json_sprintf("%.*s%s", text->len, text->bytes, text->is_prefix ? "*" : "");
}

/* Texts that fit a pattern, but none of the longer ones that are not in the set. */
static json_t *texts_json(const struct otseg_diff_texts *texts, struct otseg_set set)
{
	json_t *list = json_array(), *but;
	u32 i, k;

	for (i = 0; i < texts->n; i++) {
		const struct otseg_diff_text *text = &texts->texts[i];

		if (!otseg_set_has(set, i))
			continue;
		but = json_array();
		for (k = i + 1; k < text->end; k++)
			if (!otseg_set_has(set, k))
				json_array_append_new(but, text_json(&texts->texts[k]));
		json_array_append_new(list, text_json(text));
		if (json_array_size(but))
			json_array_append_new(list, json_pack("{s:o}", "but", but));
		else
			json_decref(but);
	}
	if (otseg_set_has(set, texts->n))
		json_array_append_new(list, json_string("others"));
	if (otseg_set_has(set, texts->n + 1))
		json_array_append_new(list, json_string("none"));
	return otseg_unwrap_json(list);
}

static const char *word_of(struct otseg_word_list list, u32 number)
{
	const struct otseg_word *word = otseg_words_number(list, number);

	return word ? word->name : "?";
}

/* What makes a part of a rule's messages: units, functions, fields, names. */
static void narrow(json_t *map, const struct otseg_diff *diff,
		   const struct otseg_diff_message *message)
{
	const struct otseg_img_rule *rule = rule_of(diff, message->side, message->rule);
	const struct otseg_protocol *protocol = otseg_words_protocol(rule->service);
	json_t *fields = json_object_get(map, "fields");
	u32 i;

	if (!message->dim[0].n)
		return;
	if (!otseg_set_equals(message->dim[OTSEG_DIM_UNIT], message->all[OTSEG_DIM_UNIT]))
		json_object_set_new(map, "units", units_json(message->dim[OTSEG_DIM_UNIT]));
	if (!otseg_set_equals(message->dim[OTSEG_DIM_FUNCTION], message->all[OTSEG_DIM_FUNCTION]))
		json_object_set_new(map, "functions",
				    functions_json(rule->service,
						   message->dim[OTSEG_DIM_FUNCTION]));
	fields = fields ? json_deep_copy(fields) : json_object();
	for (i = 0; i < 16; i++) {
		u32 d = OTSEG_DIM_FIELDS + i;

		if (!otseg_set_equals(message->dim[d], message->all[d]))
			json_object_set_new(fields, word_of(protocol->fields, i),
					    field_json(protocol, i, message->dim[d]));
	}
	for (i = 0; i < 8; i++) {
		u32 d = OTSEG_DIM_TEXTS + i;

		if (!otseg_set_equals(message->dim[d], message->all[d]))
			json_object_set_new(fields, word_of(protocol->texts, i),
					    texts_json(&message->texts[i], message->dim[d]));
	}
	if (json_object_size(fields))
		json_object_set(map, "fields", fields);
	json_decref(fields);
}

static json_t *except_json(const struct otseg_diff *diff, const struct otseg_diff_message *message)
{
	json_t *list = json_array(), *map;
	u32 i;

	for (i = 0; i < message->n_except; i++) {
		u32 index = message->except[i];
		const struct otseg_img_rule *rule = rule_of(diff, !message->side, index);
		const char *name = otseg_image_string(diff->image[!message->side], rule->name);

		map = rule_messages(diff, !message->side, index);
		json_object_set_new(map, "rule", json_string(name));
		json_object_set_new(map, "conduit",
				    json_string(conduit_name(diff, !message->side, rule->conduit)));
		json_array_append_new(list, map);
	}
	return list;
}

static json_t *message_json(const struct otseg_diff *diff, const struct otseg_diff_message *message)
{
	json_t *map = rule_messages(diff, message->side, message->rule);

	if (message->is_session) {
		json_object_clear(map);
		json_object_set_new(map, "session", json_true());
	}
	narrow(map, diff, message);
	if (!reduce(map, diff, message) || message->is_blind)
		if (message->n_except)
			json_object_set_new(map, "except", except_json(diff, message));
	if (message->is_coarse)
		json_object_set_new(map, "coarse", json_true());
	return map;
}

static const char *const kind_words[OTSEG_DIFF_KINDS] = {
	[OTSEG_DIFF_UNENFORCED] = "no longer enforced",
	[OTSEG_DIFF_ALLOWED] = "now allowed",
	[OTSEG_DIFF_DENIED] = "no longer allowed",
	[OTSEG_DIFF_ENFORCED] = "enforced again",
};

/**
 * otseg_diff_entry_json - put an entry into words
 * @diff: the difference
 * @entry: one of its entries
 *
 * Return: the words, as one object.
 */
json_t *otseg_diff_entry_json(const struct otseg_diff *diff, const struct otseg_diff_entry *entry)
{
	const void *image = diff->image[entry->side];
	json_t *map = json_pack("{s:s}", "effect", kind_words[entry->kind]);
	json_t *links = json_array();
	u32 i;

	json_object_set_new(map, "from", end_json(diff, entry, false));
	if (!entry->is_announcement)
		json_object_set_new(map, "to", end_json(diff, entry, true));
	for (i = 0; i < entry->n_links; i++)
		json_array_append_new(links, link_json(diff, entry->links[i]));
	json_object_set_new(map, "interfaces", links);
	if (entry->is_placed)
		json_object_set_new(map, "because", json_string("interface"));
	if (entry->macs.n || !entry->macs.is_but)
		json_object_set_new(map, entry->macs.is_but ? "macs_but" : "macs",
				    macs_json(&entry->macs));
	json_object_set_new(map, "selectors", selectors_json(entry->selectors));
	if (entry->is_neighbour) {
		json_object_set_new(map, "service",
				    json_string(entry->family == 4 ? "arp" :
								     "neighbour-discovery"));
		json_object_set_new(map, "announcement", json_boolean(entry->is_announcement));
	}
	if (entry->rule != OTSEG_NONE32) {
		const struct otseg_img_rule *rule = rule_of(diff, entry->side, entry->rule);

		json_object_set_new(map, "service",
				    json_string(otseg_services[rule->service].name));
		if (entry->message)
			json_object_set_new(map, "messages", message_json(diff, entry->message));
		json_object_set_new(map, "rule",
				    json_string(otseg_image_string(image, rule->name)));
		json_object_set_new(map, "conduit",
				    json_string(conduit_name(diff, entry->side, rule->conduit)));
	} else if (entry->conduit != OTSEG_NONE16) {
		json_object_set_new(map, "conduit",
				    json_string(conduit_name(diff, entry->side, entry->conduit)));
	}
	return map;
}

static void set_limit(json_t *map, const char *key, json_t *old_value, json_t *new_value)
{
	json_t *pair;

	if ((!old_value && !new_value) || (old_value && json_equal(old_value, new_value))) {
		json_decref(old_value);
		json_decref(new_value);
		return;
	}
	pair = json_object();
	json_object_set_new(pair, "old", old_value ? old_value : json_string("none"));
	json_object_set_new(pair, "new", new_value ? new_value : json_string("none"));
	json_object_set_new(map, key, pair);
}

static json_t *when_of(const void *image, u32 conduit)
{
	json_t *when = otseg_when_json(image, conduit);

	return when ? when : json_string("always");
}

static json_t *idle_of(u32 idle_s)
{
	return idle_s ? json_sprintf("%us", idle_s) : json_string("the service's own");
}

static json_t *adopt_of(const struct otseg_diff *diff, u32 side,
			const struct otseg_img_conduit *conduit)
{
	u32 adopt_s = otseg_diff_adopts(diff->image[side], conduit);

	if (!adopt_s)
		return json_string("never");
	return adopt_s == OTSEG_NONE32 ? json_string("always") : json_sprintf("%us", adopt_s);
}

/**
 * otseg_diff_limit_json - put a limit that differs into words
 * @diff: the difference
 * @is_conduit: of conduits, not rules
 * @twins: the two
 *
 * Return: the words, as one object.
 */
json_t *otseg_diff_limit_json(const struct otseg_diff *diff, bool is_conduit,
			      const struct otseg_diff_twins *twins)
{
	const char *names[2], *conduits[2];
	json_t *map = json_object(), *limits = json_object();
	const struct otseg_img_conduit *conduit[2];
	const struct otseg_img_rule *rule[2];
	u32 s;

	for (s = 0; s < 2; s++) {
		u32 at = twins->index[s];

		rule[s] = rule_of(diff, s, is_conduit ? 0 : at);
		names[s] = is_conduit ? "" : otseg_image_string(diff->image[s], rule[s]->name);
		if (!is_conduit)
			at = rule[s]->conduit;
		conduit[s] = OTSEG_IMAGE_RECORDS(diff->image[s], CONDUITS) + at;
		conduits[s] = conduit_name(diff, s, at);
	}
	if (is_conduit) {
		if (!otseg_when_is_same(diff->image[0], twins->index[0], diff->image[1],
					twins->index[1]))
			set_limit(limits, "when", when_of(diff->image[0], twins->index[0]),
				  when_of(diff->image[1], twins->index[1]));
		set_limit(limits, "flows", json_integer(conduit[0]->flow_budget),
			  json_integer(conduit[1]->flow_budget));
		set_limit(limits, "sessions", json_integer(conduit[0]->session_budget),
			  json_integer(conduit[1]->session_budget));
		set_limit(limits, "adopt", adopt_of(diff, 0, conduit[0]),
			  adopt_of(diff, 1, conduit[1]));
		set_limit(limits, "rate", otseg_image_rate_json(&conduit[0]->rate),
			  otseg_image_rate_json(&conduit[1]->rate));
		set_limit(limits, "on-deny", json_string(otseg_image_on_deny(conduit[0])),
			  json_string(otseg_image_on_deny(conduit[1])));
	} else {
		json_object_set_new(map, "rule", json_string(names[1]));
		set_limit(limits, "rate", otseg_image_rate_json(&rule[0]->rate),
			  otseg_image_rate_json(&rule[1]->rate));
		set_limit(limits, "idle", idle_of(rule[0]->idle_s), idle_of(rule[1]->idle_s));
	}
	json_object_set_new(map, "conduit", json_string(conduits[1]));
	if (strcmp(names[0], names[1]) || strcmp(conduits[0], conduits[1]))
		json_object_set_new(map, "was",
				    is_conduit ? json_string(conduits[0]) :
						 json_sprintf("%s/%s", conduits[0], names[0]));
	if (!json_object_size(limits))
		json_object_set_new(limits, "shared", json_string("its rate is shared otherwise"));
	json_object_set_new(map, "limits", limits);
	return map;
}

static json_t *way_of(const void *image, u32 index)
{
	const struct otseg_img_link *links = OTSEG_IMAGE_RECORDS(image, LINKS);
	const struct otseg_img_link *link = &links[index], *peer;
	const char *open = link->flags & OTSEG_IMG_LINK_FAIL_OPEN ?
				   ", unfiltered while the datapath does not run there" :
				   "";
	bool is_mirrored;

	if (link->mode == OTSEG_MODE_ROUTE)
		return json_sprintf("routed by the datapath%s", open);
	if (link->mode != OTSEG_MODE_WIRE)
		return json_sprintf("up to the host%s", open);
	if (!link->peer_plus1)
		return json_string("nowhere: the other end of the wire has no such VLAN");
	peer = &links[link->peer_plus1 - 1];
	is_mirrored = OTSEG_IMAGE_RECORDS(image, WIRES)[link->wire_plus1 - 1].flags &
		      OTSEG_WIRE_MIRROR;
	return json_sprintf("across the wire to %s%s", (const char *)peer->name,
			    is_mirrored ? ", whose link it mirrors" : "");
}

/**
 * otseg_diff_way_json - put into words where what passes leaves
 * @diff: the difference
 * @link: a link of it, of both images
 *
 * Return: the words, as one object.
 */
json_t *otseg_diff_way_json(const struct otseg_diff *diff, u32 link)
{
	const struct otseg_diff_link *at = otseg_vec_at(&diff->links, link);

	return json_pack("{s:o, s:o, s:o}", "interface", link_json(diff, link), "old",
			 way_of(diff->image[0], at->index_plus1[0] - 1u), "new",
			 way_of(diff->image[1], at->index_plus1[1] - 1u));
}

/**
 * otseg_diff_plain_print - print a value of JSON without its punctuation
 * @out: where to
 * @value: the value: "holding-register 0-99, 200; coil 1"
 */
void otseg_diff_plain_print(FILE *out, const json_t *value)
{
	json_t *item;
	const char *key;
	size_t i, n = 0;

	if (json_is_string(value)) {
		fputs(json_string_value(value), out);
	} else if (json_is_integer(value)) {
		fprintf(out, "%lld", json_integer_value(value));
	} else if (json_is_array(value)) {
		json_array_foreach(value, i, item) {
			fputs(i ? ", " : "", out);
			if (i == MAX_TEXT) {
				fprintf(out, "and %zu more", json_array_size(value) - i);
				break;
			}
			otseg_diff_plain_print(out, item);
		}
	} else if (json_is_object(value)) {
		json_object_foreach((json_t *)value, key, item) {
			fprintf(out, "%s%s ", n++ ? "; " : "", key);
			otseg_diff_plain_print(out, item);
		}
	}
}

static void put_end(FILE *out, const char *word, const json_t *end)
{
	const json_t *names = json_object_get(end, "names");
	const json_t *addresses = json_object_get(end, "addresses");
	const json_t *zone = json_object_get(end, "zone");

	fprintf(out, " %s ", word);
	if (json_object_get(end, "all") || !addresses) {
		fprintf(out, "%szone ", addresses ? "all of " : "");
		otseg_diff_plain_print(out, zone);
		return;
	}
	if (names) {
		otseg_diff_plain_print(out, names);
		fputs(" (", out);
	}
	otseg_diff_plain_print(out, addresses);
	if (names)
		fputc(')', out);
	if (zone) {
		fputs(" in zone ", out);
		otseg_diff_plain_print(out, zone);
	}
}

static void put_except(FILE *out, const json_t *except)
{
	json_t *rule;
	size_t i;

	fputs(", except what passes by ", out);
	json_array_foreach(except, i, rule)
		fprintf(out, "%srule %s of conduit %s", i ? ", " : "",
			json_string_value(json_object_get(rule, "rule")),
			json_string_value(json_object_get(rule, "conduit")));
}

static void put_together(FILE *out, const json_t *messages)
{
	json_t *part;
	size_t i;

	fprintf(out, ", %sin one message: ",
		json_object_get(messages, "objects") || json_object_get(messages, "values") ||
				json_object_get(messages, "objects_but") ||
				json_object_get(messages, "values_but") ?
			"or " :
			"");
	json_array_foreach(json_object_get(messages, "together"), i, part) {
		fputs(i ? " with " : "", out);
		otseg_diff_plain_print(out, part);
	}
}

static void put_messages(FILE *out, const json_t *messages)
{
	const json_t *together = json_object_get(messages, "together"), *value;
	const char *key;

	json_object_foreach((json_t *)messages, key, value) {
		if (!strcmp(key, "except") || !strcmp(key, "together") || !strcmp(key, "coarse"))
			continue;
		if (!strcmp(key, "session")) {
			fputs(", messages that only keep the session", out);
			continue;
		}
		fprintf(out, ", %s ",
			!strcmp(key, "objects_but") ? "objects other than" :
			!strcmp(key, "values_but")  ? "values other than" :
						      key);
		otseg_diff_plain_print(out, value);
	}
	if (together)
		put_together(out, messages);
	if (json_object_get(messages, "except"))
		put_except(out, json_object_get(messages, "except"));
	if (json_object_get(messages, "coarse"))
		fputs(" (at most: the rules are too entangled to say which of these)", out);
}

/**
 * otseg_diff_entry_print - print an entry as a line of text
 * @out: where to
 * @entry: what otseg_diff_entry_json() has made
 */
void otseg_diff_entry_print(FILE *out, const json_t *entry)
{
	const json_t *to = json_object_get(entry, "to"),
		     *messages = json_object_get(entry, "messages");
	const char *service = json_string_value(json_object_get(entry, "service"));
	const json_t *conduit = json_object_get(entry, "conduit");
	const json_t *selectors = json_object_get(entry, "selectors");

	fprintf(out, "%s:", json_string_value(json_object_get(entry, "effect")));
	if (json_object_get(json_object_get(entry, "from"), "zone"))
		put_end(out, "from", json_object_get(entry, "from"));
	else
		fputs(" from link-local addresses", out);
	if (to)
		put_end(out, "to", to);
	if (json_object_get(entry, "because") || json_object_get(entry, "announcement") || !to) {
		fputs(", coming in by ", out);
		otseg_diff_plain_print(out, json_object_get(entry, "interfaces"));
	}
	if (json_object_get(entry, "macs")) {
		fputs(", sent by ", out);
		otseg_diff_plain_print(out, json_object_get(entry, "macs"));
	}
	if (json_object_get(entry, "macs_but")) {
		fputs(", sent by others than ", out);
		otseg_diff_plain_print(out, json_object_get(entry, "macs_but"));
	}
	fputs(": ", out);
	if (!service) {
		fputs("what no rule allows (", out);
		otseg_diff_plain_print(out, selectors);
		fputs("), conduit ", out);
		otseg_diff_plain_print(out, conduit);
		fputs(" in monitor mode\n", out);
		return;
	}
	fputs(service, out);
	if (!to) {
		fputs(", announcements of these addresses", out);
	} else if (json_array_size(selectors)) {
		const char *only = json_string_value(json_array_get(selectors, 0));

		if (json_array_size(selectors) > 1 || strcmp(only, service)) {
			fputs(" (", out);
			otseg_diff_plain_print(out, selectors);
			fputc(')', out);
		}
	}
	if (messages)
		put_messages(out, messages);
	if (json_object_get(entry, "rule")) {
		fputs("; by rule ", out);
		otseg_diff_plain_print(out, json_object_get(entry, "rule"));
		fputs(" of conduit ", out);
		otseg_diff_plain_print(out, conduit);
	} else {
		fputs("; by default", out);
	}
	fputc('\n', out);
}
