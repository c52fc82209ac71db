// SPDX-License-Identifier: GPL-2.0-only
/*
 * Windows of conduits in words, and which one the time of day is in. How that is found out is
 * in the module's own text, built for the tool.
 */
#include <stdlib.h>
#include <string.h>

#include "../../kmod/image_when.c"
#include "arena.h"
#include "when.h"

#define LOOK_AHEAD (16 * 24 * 60 * 60) /* seconds: windows come again each week */

const char *const otseg_when_days[7] = { "Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun" };

/* Where the windows of a conduit are. */
static u32 windows_of(const void *image, u32 conduit, u32 *n)
{
	const struct otseg_img_window *windows = OTSEG_IMAGE_RECORDS(image, WINDOWS);
	u32 count = OTSEG_IMAGE_COUNT(image, WINDOWS), first = 0, end;

	while (first < count && windows[first].conduit != conduit)
		first++;
	for (end = first; end < count && windows[end].conduit == conduit; end++)
		;
	*n = end - first;
	return first;
}

static void days_print(FILE *out, u32 days)
{
	const char *before = "";
	u32 first, last;

	for (first = 0; first < 7; first = last + 1) {
		last = first;
		if (!(days >> first & 1))
			continue;
		while (last < 6 && days >> (last + 1) & 1)
			last++;
		fprintf(out, "%s%s", before, otseg_when_days[first]);
		if (last > first)
			fprintf(out, "-%s", otseg_when_days[last]);
		before = ",";
	}
}

static json_t *window_json(const void *image, const struct otseg_img_window *window)
{
	const struct otseg_img_clock *clock =
		&OTSEG_IMAGE_RECORDS(image, CLOCKS)[window->clock];
	json_t *json;
	char *text;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	if (!out)
		otseg_alloc_failed();
	days_print(out, window->days);
	fprintf(out, " %02u:%02u-%02u:%02u %s", window->from / 60u, window->from % 60u,
		window->until / 60u, window->until % 60u, otseg_image_string(image, clock->name));
	if (fclose(out))
		otseg_alloc_failed();
	json = json_string(text);
	free(text);
	return json;
}

/**
 * otseg_when_json - put the windows of a conduit into words
 * @image: the image
 * @conduit: index of the conduit
 *
 * Return: an array of texts, as `when` has them; NULL: it has none.
 */
json_t *otseg_when_json(const void *image, u32 conduit)
{
	json_t *list;
	u32 first, n, i;

	first = windows_of(image, conduit, &n);
	if (!n)
		return NULL;
	list = json_array();
	for (i = first; i < first + n; i++)
		json_array_append_new(list,
				      window_json(image, &OTSEG_IMAGE_RECORDS(image, WINDOWS)[i]));
	return list;
}

/**
 * otseg_when_mark - mark the minutes of the week that a window has
 * @week: a bit for each minute, from Monday on
 * @days: the days it begins on
 * @from: minute of the day
 * @until: minute of the day, less than @from: of the next one
 */
void otseg_when_mark(u64 week[OTSEG_WEEK_WORDS], u32 days, u32 from, u32 until)
{
	u32 len = until > from ? until - from : until + OTSEG_DAY_MINUTES - from, day, i;

	for (day = 0; day < 7; day++) {
		for (i = 0; days >> day & 1 && i < len; i++) {
			u32 minute = (day * OTSEG_DAY_MINUTES + from + i) % OTSEG_WEEK_MINUTES;

			week[minute / 64] |= 1ull << (minute % 64);
		}
	}
}

static bool is_same_clock(const void *image, u32 clock, const void *other, u32 other_clock)
{
	const struct otseg_img_clock *a = &OTSEG_IMAGE_RECORDS(image, CLOCKS)[clock];
	const struct otseg_img_clock *b = &OTSEG_IMAGE_RECORDS(other, CLOCKS)[other_clock];
	const struct otseg_img_shift *one = &OTSEG_IMAGE_RECORDS(image, SHIFTS)[a->shifts];
	const struct otseg_img_shift *two = &OTSEG_IMAGE_RECORDS(other, SHIFTS)[b->shifts];
	u32 i;

	if (a->n_shifts != b->n_shifts || a->until != b->until)
		return false;
	for (i = 0; i < a->n_shifts; i++)
		if (one[i].from != two[i].from || one[i].offset != two[i].offset)
			return false;
	return true;
}

/* The hours that a conduit has by one clock. */
static void week_of(const void *image, u32 first, u32 n, const void *of, u32 clock,
		    u64 week[OTSEG_WEEK_WORDS])
{
	const struct otseg_img_window *windows = OTSEG_IMAGE_RECORDS(image, WINDOWS);
	u32 i;

	memset(week, 0, OTSEG_WEEK_WORDS * sizeof(*week));
	for (i = first; i < first + n; i++)
		if (is_same_clock(image, windows[i].clock, of, clock))
			otseg_when_mark(week, windows[i].days, windows[i].from, windows[i].until);
}

/* Whether a conduit has no hours that the other one has not. */
static bool covers(const void *image, u32 first, u32 n, const void *other, u32 other_first,
		   u32 n_other)
{
	const struct otseg_img_window *windows = OTSEG_IMAGE_RECORDS(image, WINDOWS);
	u64 own[OTSEG_WEEK_WORDS], its[OTSEG_WEEK_WORDS];
	u32 i, k;

	for (i = first; i < first + n; i++) {
		week_of(image, first, n, image, windows[i].clock, own);
		week_of(other, other_first, n_other, image, windows[i].clock, its);
		for (k = 0; k < OTSEG_WEEK_WORDS; k++)
			if (own[k] & ~its[k])
				return false;
	}
	return true;
}

/**
 * otseg_when_is_same - whether two conduits have the same hours
 * @image: an image
 * @conduit: index of a conduit in it
 * @other: another one
 * @other_conduit: index of the other conduit
 *
 * Hours by different clocks count as different ones, unless the clocks always agree.
 *
 * Return: whether they have.
 */
bool otseg_when_is_same(const void *image, u32 conduit, const void *other, u32 other_conduit)
{
	u32 first, n, other_first, n_other;

	first = windows_of(image, conduit, &n);
	other_first = windows_of(other, other_conduit, &n_other);
	if (!n || !n_other)
		return n == n_other;
	return covers(image, first, n, other, other_first, n_other) &&
	       covers(other, other_first, n_other, image, first, n);
}

static bool is_open_at(const void *image, u32 first, u64 now)
{
	u32 within = 0;

	otseg_when_next_conduit(image, &first, now, &within);
	return within;
}

/**
 * otseg_when_look - tell whether the windows of a conduit are open, and until when
 * @image: the image
 * @conduit: index of the conduit
 * @now: seconds since 1970 (UTC)
 * @look: takes it
 *
 * Return: whether it has windows.
 */
bool otseg_when_look(const void *image, u32 conduit, u64 now, struct otseg_when_look *look)
{
	u32 first, n;
	u64 at = now;

	first = windows_of(image, conduit, &n);
	if (!n)
		return false;
	look->clock = OTSEG_IMAGE_RECORDS(image, WINDOWS)[first].clock;
	look->is_open = is_open_at(image, first, now);
	look->until = OTSEG_NEVER;
	while (at < now + LOOK_AHEAD || !otseg_when_shift(image, look->clock, now)) {
		at = otseg_when_next_edge(image, first, n, at);
		if (at == OTSEG_NEVER)
			break;
		if (is_open_at(image, first, at) == look->is_open)
			continue;
		look->until = at;
		break;
	}
	return true;
}

/**
 * otseg_when_open - open every window of an image, or those that a moment is in
 * @image: a verified image, which can be written to
 * @now: seconds since 1970 (UTC), OTSEG_NEVER: every one
 */
void otseg_when_open(void *image, u64 now)
{
	u32 at = 0, conduit, within;

	while ((conduit = otseg_when_next_conduit(image, &at, now, &within)) != OTSEG_NONE32)
		otseg_image_within(image, conduit, now == OTSEG_NEVER || within);
	otseg_image_settle(image);
}

/**
 * otseg_when_time - write a moment as a clock shows it: "Fri 18:00 CET"
 * @image: the image
 * @clock: index of the clock
 * @now: what moment it is
 * @at: the moment to tell of; further than a week away with its date
 * @text: takes it
 */
void otseg_when_time(const void *image, u32 clock, u64 now, u64 at, char text[OTSEG_WHEN_TEXT])
{
	const struct otseg_img_shift *shift = otseg_when_shift(image, clock, at);
	s64 offset = shift ? shift->offset : 0;
	time_t local = (time_t)at + offset;
	const char *format = at < now + 6 * DAY ? "%a %H:%M" : "%Y-%m-%d %H:%M";
	char moment[OTSEG_WHEN_TEXT / 2];
	struct tm tm;

	gmtime_r(&local, &tm);
	strftime(moment, sizeof(moment), format, &tm);
	snprintf(text, OTSEG_WHEN_TEXT, "%s %.20s", moment,
		 shift ? otseg_image_string(image, shift->name) : "UTC");
}
