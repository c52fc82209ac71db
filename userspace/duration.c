// SPDX-License-Identifier: GPL-2.0-only
/*
 * Lengths of time: one number and one unit.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "duration.h"

static const char units[] = "smhd";
static const u32 lengths[] = { 1, 60, 3600, 86400 };

/**
 * otseg_duration_parse - read a time: "90s", "10m", "2h", "1d", or seconds
 * @text: the text
 * @most: seconds, at most
 *
 * Return: seconds; 0: it is none, or too long.
 */
u32 otseg_duration_parse(const char *text, u32 most)
{
	unsigned long n;
	const char *unit;
	char *end;
	u32 length = 1;

	if (*text < '0' || *text > '9')
		return 0;
	n = strtoul(text, &end, 10);
	if (*end) {
		unit = strchr(units, *end);
		if (!unit || end[1])
			return 0;
		length = lengths[unit - units];
	}
	return n <= most / length ? (u32)n * length : 0;
}

/**
 * otseg_duration_print - write a time for people: its two largest units
 * @text: takes it
 * @seconds: the time
 */
void otseg_duration_print(char text[OTSEG_DURATION_TEXT], u32 seconds)
{
	int unit = 3;
	u32 rest;

	while (unit && seconds < lengths[unit])
		unit--;
	rest = seconds % lengths[unit];
	if (unit && rest / lengths[unit - 1])
		snprintf(text, OTSEG_DURATION_TEXT, "%u%c%u%c", seconds / lengths[unit],
			 units[unit], rest / lengths[unit - 1], units[unit - 1]);
	else
		snprintf(text, OTSEG_DURATION_TEXT, "%u%c", seconds / lengths[unit], units[unit]);
}
