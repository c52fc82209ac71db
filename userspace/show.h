/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Listing what the active policy consists of, with the counters of each item.
 */
#ifndef OTSEG_SHOW_H
#define OTSEG_SHOW_H

#include <jansson.h>

#include "command.h"
#include "otseg/types.h"
#include "print.h"

#define OTSEG_SHOW_COUNTERS 8

struct otseg_active;

/**
 * struct otseg_shown - one kind of item
 * @section: its list in the policy's JSON, and in the output
 * @noun: what one item is called
 * @counters: names of its counters in order, NULL-terminated
 * @first: where the counters of item 0 are in the counter block
 * @len: counters of one item
 * @columns: of the text table
 * @stats_columns: the same with counters
 * @add: adds to the items, in the order of the image, what is not in it; NULL: nothing
 */
struct otseg_shown {
	const char *section;
	const char *noun;
	const char *counters[OTSEG_SHOW_COUNTERS];
	u32 first;
	u32 len;
	const struct otseg_column *columns;
	const struct otseg_column *stats_columns;
	void (*add)(const struct otseg_active *active, json_t *rows);
};

int otseg_show_run(const struct otseg_cli *cli, const struct otseg_shown *shown,
		   const char *wanted);

#endif /* OTSEG_SHOW_H */
