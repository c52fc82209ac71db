// SPDX-License-Identifier: GPL-2.0-only
/*
 * The report about two images: what they do differently (diff.h), and, beside that, what is
 * written differently in them: zones, wires, assets, conduits and rules that came, went or
 * changed. Only the first counts; lines never do.
 */
#include <errno.h>
#include <string.h>

#include "diff.h"
#include "image_words.h"
#include "model.h"

#define MAX_TOLD 100 /* entries of one kind that a text has */
#define MAX_LISTED 20000 /* that JSON has */

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
					    "adopt", "arp", "neighbour_discovery", "routed",
					    "fail-open" };
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

/* Entries of one kind, so many as are wanted; @n takes how many there are. */
static json_t *entries_json(const struct otseg_diff *diff, enum otseg_diff_kind kind, size_t most,
			    size_t *n)
{
	const struct otseg_diff_entry *all = diff->entries.data;
	json_t *list = json_array();
	size_t i;

	*n = 0;
	for (i = 0; i < diff->entries.n; i++)
		if (all[i].kind == kind && ++*n <= most)
			json_array_append_new(list, otseg_diff_entry_json(diff, &all[i]));
	return list;
}

static json_t *limits_json(const struct otseg_diff *diff)
{
	const struct otseg_diff_twins *rules = diff->rules.data, *conduits = diff->conduits.data;
	json_t *list = json_array();
	size_t i;

	for (i = 0; i < diff->conduits.n; i++)
		json_array_append_new(list, otseg_diff_limit_json(diff, true, &conduits[i]));
	for (i = 0; i < diff->rules.n && i < MAX_LISTED; i++)
		json_array_append_new(list, otseg_diff_limit_json(diff, false, &rules[i]));
	return list;
}

static json_t *ways_json(const struct otseg_diff *diff)
{
	json_t *list = json_array();
	size_t i;

	for (i = 0; i < diff->ways.n; i++)
		json_array_append_new(list, otseg_diff_way_json(diff, ((u32 *)diff->ways.data)[i]));
	return list;
}

static const char *const kind_keys[OTSEG_DIFF_KINDS] = {
	[OTSEG_DIFF_UNENFORCED] = "unenforced",
	[OTSEG_DIFF_ALLOWED] = "allowed",
	[OTSEG_DIFF_DENIED] = "denied",
	[OTSEG_DIFF_ENFORCED] = "enforced",
};

static json_t *report_json(const struct otseg_diff *diff, bool differs, const json_t *changes,
			   const json_t *old_policy, const json_t *new_policy)
{
	json_t *report, *counts = json_object();
	size_t kind, n;

	report = json_pack("{s:b, s:b, s:O, s:O}", "differs", differs, "written_differently",
			   json_array_size(changes) != 0, "old_digest",
			   json_object_get(old_policy, "digest"), "new_digest",
			   json_object_get(new_policy, "digest"));
	for (kind = 0; kind < OTSEG_DIFF_KINDS; kind++) {
		json_object_set_new(report, kind_keys[kind],
				    entries_json(diff, kind, MAX_LISTED, &n));
		json_object_set_new(counts, kind_keys[kind], json_integer((json_int_t)n));
	}
	json_object_set_new(report, "limits", limits_json(diff));
	json_object_set_new(report, "ways", ways_json(diff));
	json_object_set_new(report, "counts", counts);
	if (diff->is_full)
		json_object_set_new(report, "incomplete", json_true());
	json_object_set(report, "changes", (json_t *)changes);
	return report;
}

/* How many more there are of each conduit, after the first ones. */
static void print_rest(FILE *out, const struct otseg_diff *diff, enum otseg_diff_kind kind,
		       const char *effect)
{
	const struct otseg_diff_entry *all = diff->entries.data;
	json_t *counts = json_object(), *count;
	size_t i, n = 0, told = 0;
	const char *name;

	for (i = 0; i < diff->entries.n; i++) {
		const struct otseg_diff_entry *entry = &all[i];
		const void *image = diff->image[entry->side];
		const struct otseg_img_conduit *conduits = OTSEG_IMAGE_RECORDS(image, CONDUITS);
		u32 conduit = entry->conduit;
		json_int_t before;

		if (entry->kind != kind || ++n <= MAX_TOLD)
			continue;
		if (entry->rule != OTSEG_NONE32)
			conduit = OTSEG_IMAGE_RECORDS(image, RULES)[entry->rule].conduit;
		name = "the defaults";
		if (conduit != OTSEG_NONE16)
			name = otseg_image_string(image, conduits[conduit].name);
		before = json_integer_value(json_object_get(counts, name));
		json_object_set_new(counts, name, json_integer(before + 1));
	}
	if (n > MAX_TOLD) {
		fprintf(out, "%s: %zu more:", effect, n - MAX_TOLD);
		json_object_foreach(counts, name, count) {
			if (told++ == 8) {
				fprintf(out, " and of %zu other conduits",
					json_object_size(counts) - 8);
				break;
			}
			fprintf(out, "%s %lld of conduit %s", told > 1 ? "," : "",
				json_integer_value(count), name);
		}
		fputc('\n', out);
	}
	json_decref(counts);
}

static void put_limits(FILE *out, const json_t *limit)
{
	const json_t *limits = json_object_get(limit, "limits"), *pair;
	const char *key, *rule = json_string_value(json_object_get(limit, "rule"));
	const char *was = json_string_value(json_object_get(limit, "was"));
	size_t n = 0;

	fputs("changed limit: ", out);
	if (rule)
		fprintf(out, "rule %s of ", rule);
	fprintf(out, "conduit %s", json_string_value(json_object_get(limit, "conduit")));
	if (was)
		fprintf(out, " (was %s)", was);
	json_object_foreach((json_t *)limits, key, pair) {
		if (json_is_string(pair)) {
			fprintf(out, ": %s", json_string_value(pair));
			break;
		}
		fprintf(out, "%s %s ", n++ ? "," : ":", key);
		otseg_diff_plain_print(out, json_object_get(pair, "old"));
		fputs(" -> ", out);
		otseg_diff_plain_print(out, json_object_get(pair, "new"));
	}
	fputc('\n', out);
}

static void put_way(FILE *out, const json_t *way)
{
	fprintf(out, "changed way: what passes on %s goes %s (it went %s)\n",
		json_string_value(json_object_get(way, "interface")),
		json_string_value(json_object_get(way, "new")),
		json_string_value(json_object_get(way, "old")));
}

/* The same effect in other words: which. */
static void put_changes(FILE *out, const json_t *changes)
{
	json_t *change;
	size_t i;

	if (!json_array_size(changes))
		return;
	fputs("The effect is the same. What is written differs: ", out);
	json_array_foreach(changes, i, change) {
		if (i == 8) {
			fprintf(out, " and %zu more", json_array_size(changes) - i);
			break;
		}
		fprintf(out, "%s%s %s (%s)", i ? ", " : "",
			json_string_value(json_object_get(change, "kind")),
			json_string_value(json_object_get(change, "name")),
			json_string_value(json_object_get(change, "change")));
	}
	fputs(".\n", out);
}

static void print_text(FILE *out, const struct otseg_diff *diff, bool differs,
		       const json_t *changes)
{
	json_t *list, *item;
	const char *effect;
	size_t kind, i, n;

	if (!differs) {
		put_changes(out, changes);
		return;
	}
	for (kind = 0; kind < OTSEG_DIFF_KINDS; kind++) {
		list = entries_json(diff, kind, MAX_TOLD, &n);
		effect = json_string_value(json_object_get(json_array_get(list, 0), "effect"));
		json_array_foreach(list, i, item)
			otseg_diff_entry_print(out, item);
		if (effect)
			print_rest(out, diff, kind, effect);
		json_decref(list);
	}
	list = limits_json(diff);
	json_array_foreach(list, i, item) {
		if (i == MAX_TOLD) {
			fprintf(out, "changed limit: %zu more\n", json_array_size(list) - i);
			break;
		}
		put_limits(out, item);
	}
	json_decref(list);
	list = ways_json(diff);
	json_array_foreach(list, i, item)
		put_way(out, item);
	json_decref(list);
	if (diff->is_full)
		fputs("There is more, which was not compared.\n", out);
}

/**
 * otseg_image_diff - tell what two images do differently
 * @out: where to
 * @old_image: an image that otseg_image_check() has accepted
 * @new_image: another one
 * @flags: OTSEG_PRINT_*
 *
 * Return: 0 if they have the same effect, however they are written, 1 if not; a negative
 * errno.
 */
int otseg_image_diff(FILE *out, const void *old_image, const void *new_image, unsigned int flags)
{
	json_t *old_policy = otseg_image_json(old_image), *new_policy = otseg_image_json(new_image);
	json_t *changes, *report;
	struct otseg_diff diff;
	bool differs;
	int err = 0;

	if (!old_policy || !new_policy) {
		json_decref(old_policy);
		json_decref(new_policy);
		return -ENOMEM;
	}
	otseg_diff_make(&diff, old_image, new_image);
	differs = diff.entries.n || diff.rules.n || diff.conduits.n || diff.ways.n || diff.is_full;
	changes = compare(old_policy, new_policy);
	if (flags & OTSEG_PRINT_JSON) {
		report = report_json(&diff, differs, changes, old_policy, new_policy);
		err = json_dumpf(report, out, flags & OTSEG_PRINT_PRETTY ? JSON_INDENT(2) : 0);
		json_decref(report);
		err = err || fputc('\n', out) == EOF ? -EIO : 0;
	} else {
		print_text(out, &diff, differs, changes);
	}
	otseg_diff_free(&diff);
	json_decref(changes);
	json_decref(old_policy);
	json_decref(new_policy);
	return err ? err : differs;
}
