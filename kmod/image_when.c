// SPDX-License-Identifier: GPL-2.0-only
/*
 * The windows of conduits in a verified image. Compiled into the module and into the tool.
 * Knows no time zone: the image has a table of each clock's distance from UTC. Allocates
 * nothing, cannot fail.
 *
 * A moment is in a window if its local time is. So an hour that the clocks leave out is in
 * none, and one that they show twice is in its windows twice.
 */
#include "image_when.h"
#include "verify.h"

#define DAY (24 * 60 * 60)

/**
 * otseg_when_shift - how far a clock is from UTC
 * @image: the image
 * @clock: index of the clock
 * @now: seconds since 1970 (UTC)
 *
 * Return: the shift that holds then; NULL: its table does not reach so far.
 */
const struct otseg_img_shift *otseg_when_shift(const struct otseg_image *image, u32 clock, u64 now)
{
	const struct otseg_verify v = { .image = image };
	const struct otseg_img_clock *of = &RECORDS(&v, CLOCKS)[clock];
	const struct otseg_img_shift *shifts = RECORDS(&v, SHIFTS) + of->shifts;
	u32 low = 0, high = of->n_shifts;

	if (now < shifts[0].from || now >= of->until)
		return NULL;
	while (high - low > 1) {
		u32 middle = (low + high) / 2;

		if (shifts[middle].from <= now)
			low = middle;
		else
			high = middle;
	}
	return &shifts[low];
}

/* Seconds since 1970-01-01 00:00 as the clock shows them. */
static u64 local_of(const struct otseg_img_shift *shift, u64 now)
{
	return (u64)((s64)now + shift->offset);
}

static u32 is_in_window(const struct otseg_image *image, const struct otseg_img_window *window,
			u64 now)
{
	const struct otseg_img_shift *shift = otseg_when_shift(image, window->clock, now);
	u32 day, minute, today, yesterday;
	u64 local;

	if (!shift)
		return 0;
	local = local_of(shift, now);
	/* 1970 began on a Thursday. */
	day = (u32)(local / DAY + 3) % 7;
	minute = (u32)(local % DAY) / 60;
	today = window->days >> day & 1;
	yesterday = window->days >> (day + 6) % 7 & 1;
	if (window->from < window->until)
		return today && minute >= window->from && minute < window->until;
	return (today && minute >= window->from) || (yesterday && minute < window->until);
}

/**
 * otseg_when_next_conduit - go from one conduit that has windows to the next
 * @image: the image
 * @at: index of a window, from 0; set to the first one of the next conduit
 * @now: seconds since 1970 (UTC)
 * @within: set to OTSEG_CONDUIT_WITHIN if @now is in one of its windows, else to 0
 *
 * Return: index of the conduit whose windows begin at @at; OTSEG_NONE32: there are no more.
 */
u32 otseg_when_next_conduit(const struct otseg_image *image, u32 *at, u64 now, u32 *within)
{
	const struct otseg_verify v = { .image = image };
	const struct otseg_img_window *windows = RECORDS(&v, WINDOWS);
	u32 conduit;

	if (*at >= COUNT(&v, WINDOWS))
		return OTSEG_NONE32;
	conduit = windows[*at].conduit;
	for (*within = 0; *at < COUNT(&v, WINDOWS) && windows[*at].conduit == conduit; ++*at)
		if (is_in_window(image, &windows[*at], now))
			*within = OTSEG_CONDUIT_WITHIN;
	return conduit;
}

/* When a clock goes on to its next shift, or its table begins or ends. */
static u64 next_shift(const struct otseg_image *image, u32 clock, u64 now)
{
	const struct otseg_verify v = { .image = image };
	const struct otseg_img_clock *of = &RECORDS(&v, CLOCKS)[clock];
	const struct otseg_img_shift *shifts = RECORDS(&v, SHIFTS) + of->shifts;
	const struct otseg_img_shift *shift;

	if (now >= of->until)
		return OTSEG_NEVER;
	shift = otseg_when_shift(image, clock, now);
	if (!shift)
		return shifts[0].from;
	return shift + 1 < shifts + of->n_shifts ? shift[1].from : of->until;
}

/* When its clock shows next when it begins or ends, whatever the day, or midnight. */
static u64 next_minute(const struct otseg_image *image, const struct otseg_img_window *window,
		       u64 now)
{
	const struct otseg_img_shift *shift = otseg_when_shift(image, window->clock, now);
	const u32 edges[] = { window->from * 60u, window->until * 60u, DAY };
	u32 second, left = DAY, i;

	if (!shift)
		return OTSEG_NEVER;
	second = (u32)(local_of(shift, now) % DAY);
	for (i = 0; i < sizeof(edges) / sizeof(edges[0]); i++)
		if (edges[i] > second && edges[i] - second < left)
			left = edges[i] - second;
	return now + left;
}

/**
 * otseg_when_next_edge - until when it holds which windows are open
 * @image: the image
 * @first: first of the windows that matter
 * @n: their number
 * @now: seconds since 1970 (UTC)
 *
 * Return: the next second at which one of them may begin or end; OTSEG_NEVER: none will.
 */
u64 otseg_when_next_edge(const struct otseg_image *image, u32 first, u32 n, u64 now)
{
	const struct otseg_verify v = { .image = image };
	const struct otseg_img_window *windows = RECORDS(&v, WINDOWS) + first;
	u64 next = OTSEG_NEVER;
	u32 i;

	for (i = 0; i < n; i++) {
		const u64 edges[] = { next_minute(image, &windows[i], now),
				      next_shift(image, windows[i].clock, now) };

		next = edges[0] < next ? edges[0] : next;
		next = edges[1] < next ? edges[1] : next;
	}
	return next;
}
