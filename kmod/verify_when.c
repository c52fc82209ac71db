// SPDX-License-Identifier: GPL-2.0-only
/*
 * The judge of policy images, continued: windows of conduits, and the clocks they go by.
 */
#include "verify.h"

#define NAME_MOST 63 /* bytes of the name of a time zone, or of a shift */
#define OFFSET_MOST (26 * 60 * 60) /* seconds; no place on earth is that far from UTC */

/* Letters, digits and what else stands in the names of zones: nothing that needs quoting. */
static bool is_zone_name(const struct otseg_verify *v, u32 ref)
{
	const u8 *text = RECORDS(v, STRINGS);
	u32 i;

	if (!otseg_verify_is_text(v, ref))
		return false;
	text += ref;
	for (i = 0; i <= NAME_MOST && text[i]; i++) {
		u8 lower = text[i] | 0x20;

		if (!(lower >= 'a' && lower <= 'z' && text[i] < 0x80) &&
		    !(text[i] >= '0' && text[i] <= '9') && text[i] != '/' && text[i] != '_' &&
		    text[i] != '-' && text[i] != '+')
			return false;
	}
	return i > 0 && i <= NAME_MOST;
}

static int verify_clock(const struct otseg_verify *v, u32 index, u32 *at)
{
	const struct otseg_img_clock *clock = &RECORDS(v, CLOCKS)[index];
	const struct otseg_img_shift *shifts = RECORDS(v, SHIFTS);
	u32 end;

	if (!is_zone_name(v, clock->name))
		return REFUSE(v, CLOCKS, index, "the name is not that of a time zone");
	if (clock->reserved)
		return REFUSE(v, CLOCKS, index, "a reserved field is not zero");
	if (clock->shifts != *at || !clock->n_shifts ||
	    clock->n_shifts > COUNT(v, SHIFTS) - *at)
		return REFUSE(v, CLOCKS, index, "its shifts are not the next ones");
	for (end = *at + clock->n_shifts; *at < end; ++*at) {
		if (*at > clock->shifts && shifts[*at].from <= shifts[*at - 1].from)
			return REFUSE(v, SHIFTS, *at, "it is not in order");
		if (shifts[*at].from < OFFSET_MOST || shifts[*at].offset > OFFSET_MOST ||
		    shifts[*at].offset < -OFFSET_MOST)
			return REFUSE(v, SHIFTS, *at, "its time is out of range");
		if (!is_zone_name(v, shifts[*at].name))
			return REFUSE(v, SHIFTS, *at, "the name is not that of a time zone");
	}
	if (clock->until <= shifts[end - 1].from || clock->until > OTSEG_TIME_MAX)
		return REFUSE(v, CLOCKS, index, "it does not end behind its last shift");
	return 0;
}

static int verify_window(const struct otseg_verify *v, u32 index)
{
	const struct otseg_img_window *window = &RECORDS(v, WINDOWS)[index];

	if (window->conduit >= COUNT(v, CONDUITS) ||
	    !(RECORDS(v, CONDUITS)[window->conduit].flags & OTSEG_CONDUIT_TIMED))
		return REFUSE(v, WINDOWS, index, "conduit %u has no windows", window->conduit);
	if (window->clock >= COUNT(v, CLOCKS))
		return REFUSE(v, WINDOWS, index, "there is no clock %u", window->clock);
	if (!window->days || window->days > 0x7f)
		return REFUSE(v, WINDOWS, index, "there are no days 0x%x", window->days);
	if (window->from >= OTSEG_DAY_MINUTES || !window->until ||
	    window->until > OTSEG_DAY_MINUTES || window->from == window->until)
		return REFUSE(v, WINDOWS, index, "minutes %u to %u are no window", window->from,
			      window->until);
	if (window->reserved)
		return REFUSE(v, WINDOWS, index, "a reserved field is not zero");
	return 0;
}

/**
 * otseg_verify_windows - see that conduits with windows have some, and clocks for them
 * @v: the image
 *
 * Return: 0 or -EINVAL.
 */
int otseg_verify_windows(const struct otseg_verify *v)
{
	const struct otseg_img_conduit *conduits = RECORDS(v, CONDUITS);
	const struct otseg_img_window *windows = RECORDS(v, WINDOWS);
	u32 at = 0, first, i;
	int err;

	for (i = 0; i < COUNT(v, CLOCKS); i++) {
		err = verify_clock(v, i, &at);
		if (err)
			return err;
	}
	if (at != COUNT(v, SHIFTS))
		return REFUSE(v, SHIFTS, at, "it belongs to no clock");
	for (i = 0; i < COUNT(v, WINDOWS); i++) {
		pause_at(i);
		err = verify_window(v, i);
		if (err)
			return err;
	}
	at = 0;
	for (i = 0; i < COUNT(v, CONDUITS); i++) {
		pause_at(i);
		for (first = at; at < COUNT(v, WINDOWS) && windows[at].conduit == i; at++)
			;
		if (at - first > OTSEG_MAX_WINDOWS ||
		    (at == first && conduits[i].flags & OTSEG_CONDUIT_TIMED))
			return REFUSE(v, CONDUITS, i, "it has %u windows", at - first);
	}
	if (at != COUNT(v, WINDOWS))
		return REFUSE(v, WINDOWS, at, "it is not in order");
	return 0;
}
