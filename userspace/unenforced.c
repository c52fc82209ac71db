// SPDX-License-Identifier: GPL-2.0-only
/*
 * Conduits that are enabled and in monitor mode, and interfaces that fail open.
 */
#include <string.h>

#include "otseg/counters.h"
#include "policy/policy.h"
#include "print.h"
#include "unenforced.h"

#define MAX_TOLD 10 /* conduits that a text names */

static json_t *open_json(const struct otseg_active *active, const char *role)
{
	json_t *row = json_pack("{s:s}", "name", role);
	size_t i;

	for (i = 0; active && i < active->n_guards; i++)
		if (!strcmp(active->guards[i].role, role))
			json_object_set_new(row, "failed_open",
					    json_integer((json_int_t)active->guards[i].failed_open));
	return row;
}

/**
 * otseg_unenforced_json - what a policy does not enforce
 * @image: its image
 * @active: it is in force, with counters, there; NULL: it is not
 *
 * Return: "conduits", those in monitor mode, each with what would have been dropped; "of", how
 * many there are that could be enforced; "fail-open", interfaces that do so, with a guard each with
 * what has passed; NULL if all is enforced.
 */
json_t *otseg_unenforced_json(const void *image, const struct otseg_active *active)
{
	const struct otseg_img_conduit *conduits = OTSEG_IMAGE_RECORDS(image, CONDUITS);
	const struct otseg_img_zone *zones = OTSEG_IMAGE_RECORDS(image, ZONES);
	const struct otseg_img_link *links = OTSEG_IMAGE_RECORDS(image, LINKS);
	const struct otseg_image *header = image;
	json_t *list = json_array(), *open = json_array(), *row;
	const char *name;
	u32 i, of = 0;

	for (i = 0; i < OTSEG_IMAGE_COUNT(image, CONDUITS); i++) {
		if (!(conduits[i].flags & OTSEG_CONDUIT_ENABLED))
			continue;
		of++;
		if (!(conduits[i].flags & OTSEG_CONDUIT_MONITOR))
			continue;
		row = json_pack("{s:s, s:s, s:s}", "name",
				otseg_image_string(image, conduits[i].name), "from",
				otseg_image_string(image, zones[conduits[i].from].name), "to",
				otseg_image_string(image, zones[conduits[i].to].name));
		if (active) {
			const u64 *own = active->counters + OTSEG_CTR_CONDUIT + i * OTSEG_CTR_CONDUIT_LEN;
			json_int_t passed = (json_int_t)own[OTSEG_CTR_CONDUIT_MONITORED];

			json_object_set_new(row, "monitored", json_integer(passed));
		}
		json_array_append_new(list, row);
	}
	for (i = 0; i < OTSEG_IMAGE_COUNT(image, LINKS); i++) {
		name = otseg_link_fails_open(&links[i], header->flags) ?
			       otseg_image_interface(image, i) :
			       NULL;
		if (name)
			json_array_append_new(open, open_json(active, name));
	}
	if (json_array_size(list) || json_array_size(open))
		return json_pack("{s:o, s:I, s:o}", "conduits", list, "of", (json_int_t)of,
				 "fail-open", open);
	json_decref(list);
	json_decref(open);
	return NULL;
}

/**
 * otseg_unenforced_print - say loudly what is not enforced
 * @out: where to
 * @prefix: of each line
 * @unenforced: what otseg_unenforced_json() has found; NULL: nothing
 */
void otseg_unenforced_print(FILE *out, const char *prefix, const json_t *unenforced)
{
	const json_t *list = json_object_get(unenforced, "conduits"), *counted;
	size_t n = json_array_size(list), i;
	json_t *row;

	json_array_foreach(json_object_get(unenforced, "fail-open"), i, row) {
		fprintf(out, "%sFAIL OPEN: interface %s passes everything while the datapath does "
			"not run there",
			prefix, json_string_value(json_object_get(row, "name")));
		counted = json_object_get(row, "failed_open");
		if (counted)
			fprintf(out, "; %lld frames passed unseen", json_integer_value(counted));
		fputc('\n', out);
	}
	if (!n)
		return;
	if (n == (size_t)json_integer_value(json_object_get(unenforced, "of")))
		fprintf(out, "%sNOT ENFORCED: every conduit is in monitor mode\n", prefix);
	json_array_foreach(list, i, row) {
		if (i == MAX_TOLD) {
			fprintf(out, "%sNOT ENFORCED: %zu more conduit%s\n", prefix, n - i,
				otseg_plural(n - i));
			break;
		}
		fprintf(out, "%sNOT ENFORCED: conduit %s, from %s to %s, is in monitor mode",
			prefix, json_string_value(json_object_get(row, "name")),
			json_string_value(json_object_get(row, "from")),
			json_string_value(json_object_get(row, "to")));
		counted = json_object_get(row, "monitored");
		if (counted)
			fprintf(out, "; %lld frames passed that would have been dropped",
				json_integer_value(counted));
		fputc('\n', out);
	}
}
