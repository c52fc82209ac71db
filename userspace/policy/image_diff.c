// SPDX-License-Identifier: GPL-2.0-only
/*
 * What is different between two images, in the words of the policy language:
 * zones, wires, assets, conduits and rules that came, went or changed. Lines do not
 * count.
 */
#include <errno.h>
#include <string.h>

#include "image_words.h"
#include "model.h"

/* Keys that are not a difference: the name is what things are matched by. */
static bool is_ignored(const char *key)
{
	return !strcmp(key, "line") || !strcmp(key, "rules") || !strcmp(key, "name");
}

static json_t *find_by_name(const json_t *index, const json_t *item)
{
	return json_object_get(index, json_string_value(json_object_get(item, "name")));
}

static json_t *index_by_name(const json_t *items)
{
	json_t *index = json_object(), *item;
	size_t i;

	json_array_foreach(items, i, item)
		json_object_set(index, json_string_value(json_object_get(item, "name")), item);
	return index;
}

static json_t *without_ignored(const json_t *item)
{
	json_t *copy = json_object(), *value;
	const char *key;

	json_object_foreach((json_t *)item, key, value)
		if (!is_ignored(key))
			json_object_set(copy, key, value);
	return copy;
}

static void add_change(json_t *changes, const char *change, const char *kind, const char *parent,
		       const json_t *item, json_t *what)
{
	const char *name = json_string_value(json_object_get(item, "name"));
	json_t *entry = json_pack("{s:s, s:s}", "change", change, "kind", kind);

	json_object_set_new(entry, "name",
			    parent ? json_sprintf("%s/%s", parent, name) : json_string(name));
	json_object_set_new(entry, strcmp(change, "changed") ? "item" : "keys", what);
	json_array_append_new(changes, entry);
}

/* The keys in which two items differ, each with both values. */
static json_t *changed_keys(const json_t *old_item, const json_t *new_item)
{
	json_t *keys = json_object(), *value;
	const char *key;

	json_object_foreach((json_t *)old_item, key, value) {
		json_t *now = json_object_get(new_item, key);

		if (is_ignored(key) || json_equal(value, now))
			continue;
		json_object_set_new(keys, key, json_pack("{s:O}", "old", value));
		if (now)
			json_object_set(json_object_get(keys, key), "new", now);
	}
	json_object_foreach((json_t *)new_item, key, value)
		if (!is_ignored(key) && !json_object_get(old_item, key))
			json_object_set_new(keys, key, json_pack("{s:O}", "new", value));
	return keys;
}

/* Names that both lists hold, in the order of the first. */
static json_t *common_names(const json_t *items, const json_t *other_index)
{
	json_t *names = json_array(), *item;
	size_t i;

	json_array_foreach(items, i, item)
		if (find_by_name(other_index, item))
			json_array_append(names, json_object_get(item, "name"));
	return names;
}

static void compare_lists(json_t *changes, const char *kind, const char *parent,
			  const json_t *old_list, const json_t *new_list)
{
	json_t *old_index = index_by_name(old_list), *new_index = index_by_name(new_list);
	bool has_rules = !strcmp(kind, "conduit");
	json_t *item, *other, *keys, *old_order, *new_order;
	size_t i;

	json_array_foreach(old_list, i, item) {
		if (!find_by_name(new_index, item)) {
			add_change(changes, "removed", kind, parent, item, without_ignored(item));
			if (has_rules)
				compare_lists(changes, "rule",
					      json_string_value(json_object_get(item, "name")),
					      json_object_get(item, "rules"), NULL);
		}
	}
	json_array_foreach(new_list, i, item) {
		other = find_by_name(old_index, item);
		if (!other) {
			add_change(changes, "added", kind, parent, item, without_ignored(item));
		} else {
			keys = changed_keys(other, item);
			if (json_object_size(keys))
				add_change(changes, "changed", kind, parent, item, keys);
			else
				json_decref(keys);
		}
		/* Once: rules hold no further lists. */
		if (has_rules)
			compare_lists(changes, "rule",
				      json_string_value(json_object_get(item, "name")),
				      json_object_get(other, "rules"),
				      json_object_get(item, "rules"));
	}

	/* The first rule that allows is the one that counts, so their order is policy. */
	old_order = common_names(old_list, new_index);
	new_order = common_names(new_list, old_index);
	if (parent && !json_equal(old_order, new_order)) {
		item = json_pack("{s:s}", "name", parent);
		add_change(changes, "changed", "conduit", NULL, item,
			   json_pack("{s:{s:O, s:O}}", "order of rules", "old", old_order, "new",
				     new_order));
		json_decref(item);
	}
	json_decref(old_order);
	json_decref(new_order);
	json_decref(old_index);
	json_decref(new_index);
}

static json_t *compare(const json_t *old_policy, const json_t *new_policy)
{
	static const char *const keys[] = { "name", "revision", "supersedes",
					    "arp", "neighbour_discovery", "routed" };
	json_t *changes = json_array(), *differing = json_object();
	size_t i;

	for (i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		json_t *before = json_object_get(old_policy, keys[i]);
		json_t *after = json_object_get(new_policy, keys[i]);

		if (!json_equal(before, after))
			json_object_set_new(differing, keys[i],
					    json_pack("{s:O, s:O}", "old", before, "new", after));
	}
	if (json_object_size(differing))
		add_change(changes, "changed", "policy", NULL, new_policy, differing);
	else
		json_decref(differing);
	compare_lists(changes, "zone", NULL, json_object_get(old_policy, "zones"),
		      json_object_get(new_policy, "zones"));
	compare_lists(changes, "wire", NULL, json_object_get(old_policy, "wires"),
		      json_object_get(new_policy, "wires"));
	compare_lists(changes, "asset", NULL, json_object_get(old_policy, "assets"),
		      json_object_get(new_policy, "assets"));
	compare_lists(changes, "conduit", NULL, json_object_get(old_policy, "conduits"),
		      json_object_get(new_policy, "conduits"));
	return changes;
}

static void put_value(FILE *out, const json_t *value)
{
	if (json_is_string(value))
		fputs(json_string_value(value), out);
	else if (value)
		json_dumpf(value, out, JSON_ENCODE_ANY | JSON_REAL_PRECISION(3));
	else
		fputs("nothing", out);
}

static void print_text(FILE *out, const json_t *changes)
{
	json_t *change, *value;
	const char *key;
	size_t i;

	json_array_foreach(changes, i, change) {
		const char *what = json_string_value(json_object_get(change, "change"));

		fprintf(out, "%c %s %s\n",
			!strcmp(what, "added")	 ? '+' :
			!strcmp(what, "removed") ? '-' :
						   '~',
			json_string_value(json_object_get(change, "kind")),
			json_string_value(json_object_get(change, "name")));
		json_object_foreach(json_object_get(change, "item"), key, value) {
			fprintf(out, "    %s: ", key);
			put_value(out, value);
			fputc('\n', out);
		}
		json_object_foreach(json_object_get(change, "keys"), key, value) {
			fprintf(out, "    %s: ", key);
			put_value(out, json_object_get(value, "old"));
			fputs(" -> ", out);
			put_value(out, json_object_get(value, "new"));
			fputc('\n', out);
		}
	}
}

/**
 * otseg_image_diff - print what is different between two images
 * @out: where to
 * @old_image: an image that otseg_image_check() has accepted
 * @new_image: another one
 * @flags: OTSEG_PRINT_*
 *
 * Return: 0 if they say the same, 1 if not; a negative errno.
 */
int otseg_image_diff(FILE *out, const void *old_image, const void *new_image, unsigned int flags)
{
	json_t *old_policy = otseg_image_json(old_image), *new_policy = otseg_image_json(new_image);
	json_t *changes, *report;
	bool differs;
	int err = 0;

	if (!old_policy || !new_policy) {
		json_decref(old_policy);
		json_decref(new_policy);
		return -ENOMEM;
	}
	changes = compare(old_policy, new_policy);
	differs = json_array_size(changes);
	if (flags & OTSEG_PRINT_JSON) {
		report = json_pack("{s:b, s:O, s:O, s:O}", "differs", differs, "old_digest",
				   json_object_get(old_policy, "digest"), "new_digest",
				   json_object_get(new_policy, "digest"), "changes", changes);
		err = json_dumpf(report, out, flags & OTSEG_PRINT_PRETTY ? JSON_INDENT(2) : 0);
		json_decref(report);
		err = err || fputc('\n', out) == EOF ? -EIO : 0;
	} else {
		print_text(out, changes);
	}
	json_decref(changes);
	json_decref(old_policy);
	json_decref(new_policy);
	return err ? err : differs;
}
