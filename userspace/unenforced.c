// SPDX-License-Identifier: GPL-2.0-only
/*
 * Conduits that are enabled and in monitor mode.
 */
#include <string.h>

#include "otseg/counters.h"
#include "policy/policy.h"
#include "print.h"
#include "unenforced.h"

#define MAX_TOLD 10 /* conduits that a text names */

/**
 * otseg_unenforced_json - what a policy does not enforce
 * @image: its image
 * @counters: a counter block of it, NULL: it is not in force
 *
 * Return: "conduits", those in monitor mode, each with what would have been dropped; "of", how
 * many there are that could be enforced; NULL if all of them are.
 */
json_t *otseg_unenforced_json(const void *image, const u64 *counters)
{
	const struct otseg_img_conduit *conduits = OTSEG_IMAGE_RECORDS(image, CONDUITS);
	const struct otseg_img_zone *zones = OTSEG_IMAGE_RECORDS(image, ZONES);
	json_t *list = json_array(), *row;
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
		if (counters) {
			const u64 *own = counters + OTSEG_CTR_CONDUIT + i * OTSEG_CTR_CONDUIT_LEN;
			json_int_t passed = (json_int_t)own[OTSEG_CTR_CONDUIT_MONITORED];

			json_object_set_new(row, "monitored", json_integer(passed));
		}
		json_array_append_new(list, row);
	}
	if (json_array_size(list))
		return json_pack("{s:o, s:I}", "conduits", list, "of", (json_int_t)of);
	json_decref(list);
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
