// SPDX-License-Identifier: GPL-2.0-only
/*
 * Items of the active policy in the policy's own words, by the position in the
 * image that the counters go by.
 */
#include <errno.h>
#include <string.h>

#include "active.h"
#include "show.h"

/* Rules stand under their conduits there; here each says which one is its own. */
static json_t *rules_collect(const json_t *policy)
{
	json_t *rows = json_array(), *conduit, *rule, *row;
	size_t c, r;

	json_array_foreach(json_object_get(policy, "conduits"), c, conduit) {
		json_array_foreach(json_object_get(conduit, "rules"), r, rule) {
			row = json_object();
			json_object_set(row, "conduit", json_object_get(conduit, "name"));
			json_object_update_missing(row, rule);
			json_array_append_new(rows, row);
		}
	}
	return rows;
}

static json_t *items_collect(const json_t *policy, const char *section)
{
	json_t *rows;
	size_t i;

	if (!strcmp(section, "rules"))
		return rules_collect(policy);
	rows = json_deep_copy(json_object_get(policy, section));
	if (!rows)
		return NULL;
	/* A list of conduits is not the place for their rules in full. */
	for (i = 0; i < json_array_size(rows); i++) {
		json_t *row = json_array_get(rows, i);
		size_t n = json_array_size(json_object_get(row, "rules"));

		if (json_object_get(row, "rules"))
			json_object_set_new(row, "rules", json_integer((json_int_t)n));
	}
	return rows;
}

static void counters_add(json_t *rows, const struct otseg_shown *shown, const u64 *block)
{
	const u64 *item = block + shown->first;
	json_t *row;
	size_t i, c;

	json_array_foreach(rows, i, row) {
		for (c = 0; c < shown->len && shown->counters[c]; c++)
			json_object_set_new(row, shown->counters[c],
					    json_integer((json_int_t)item[c]));
		item += shown->len;
	}
}

/* By name, a rule also by CONDUIT/NAME. */
static bool is_wanted(const json_t *row, const char *wanted)
{
	const char *conduit = json_string_value(json_object_get(row, "conduit"));
	const char *name = json_string_value(json_object_get(row, "name"));
	const char *slash = strchr(wanted, '/');

	if (!name)
		return false;
	if (!strcmp(name, wanted))
		return true;
	return conduit && slash && strlen(conduit) == (size_t)(slash - wanted) &&
	       !strncmp(conduit, wanted, strlen(conduit)) && !strcmp(slash + 1, name);
}

static void rows_filter(json_t *rows, const char *wanted)
{
	size_t i;

	for (i = json_array_size(rows); i-- > 0;) {
		if (!is_wanted(json_array_get(rows, i), wanted))
			json_array_remove(rows, i);
	}
}

/**
 * otseg_show_run - list items of the active policy
 * @cli: the command line
 * @shown: the kind of item
 * @wanted: only items of this name; NULL: all
 *
 * Return: enum otseg_exit.
 */
int otseg_show_run(const struct otseg_cli *cli, const struct otseg_shown *shown, const char *wanted)
{
	struct otseg_active active;
	json_t *policy, *rows;
	int err, ret = OTSEG_EXIT_SYSTEM;

	err = otseg_active_open(&active, cli->stats);
	if (err)
		goto out;
	if (otseg_active_need_policy(&active)) {
		ret = OTSEG_EXIT_REFUSED;
		goto out;
	}
	policy = otseg_image_json(active.image.data);
	rows = items_collect(policy, shown->section);
	json_decref(policy);
	if (shown->add)
		shown->add(&active, rows);
	if (active.counters)
		counters_add(rows, shown, active.counters);
	if (wanted)
		rows_filter(rows, wanted);
	if (wanted && rows && !json_array_size(rows)) {
		otseg_error_print("no %s '%s'", shown->noun, wanted);
		json_decref(rows);
		ret = OTSEG_EXIT_REFUSED;
		goto out;
	}
	ret = otseg_print_rows(cli, shown->section, rows,
			       cli->stats ? shown->stats_columns : shown->columns);
out:
	otseg_active_close(&active);
	return ret;
}
