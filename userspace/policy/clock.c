// SPDX-License-Identifier: GPL-2.0-only
/*
 * Time zones, as the host's time zone database has them: the C library is asked what the local
 * time is, day by day, and where it changes to the second. What comes out depends on the
 * name and on the database only, not on when it is asked.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "clock.h"

#define DATABASE "/usr/share/zoneinfo/"
#define MAGIC "TZif" /* RFC 8536, section 3.1 */
#define FIRST 1767225600 /* 2026-01-01 00:00 UTC: a clock that shows less is not set yet */
#define UNTIL 3029529600 /* 2066-01-01 00:00 UTC */
#define STEP (24 * 60 * 60)

/* Local time at a moment: how far it is from UTC, and what that is called. */
struct local {
	s32 offset;
	char name[16];
};

static bool is_name(const char *name)
{
	static const char letters[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789/_+-";
	size_t len = strlen(name);

	/* Those with leap seconds tell another time than the kernel. */
	return len && len <= OTSEG_NAME_MAX && strspn(name, letters) == len && name[0] != '/' &&
	       name[len - 1] != '/' && strncmp(name, "right/", 6);
}

static int database_check(const char *name)
{
	char path[sizeof(DATABASE) + OTSEG_NAME_MAX], magic[sizeof(MAGIC) - 1];
	int fd, err = 0;

	snprintf(path, sizeof(path), DATABASE "%s", name);
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return -ENOENT;
	if (read(fd, magic, sizeof(magic)) != sizeof(magic) || memcmp(magic, MAGIC, sizeof(magic)))
		err = -ENOENT;
	close(fd);
	return err;
}

static struct local local_at(s64 second)
{
	time_t at = second;
	struct local local = {};
	struct tm tm;

	localtime_r(&at, &tm);
	local.offset = (s32)tm.tm_gmtoff;
	snprintf(local.name, sizeof(local.name), "%s", tm.tm_zone ? tm.tm_zone : "");
	return local;
}

static bool is_same(const struct local *a, const struct local *b)
{
	return a->offset == b->offset && !strcmp(a->name, b->name);
}

/* The first second between two that is no longer as the first of them was. */
static s64 change_find(s64 low, s64 high, const struct local *before)
{
	while (high - low > 1) {
		s64 middle = low + (high - low) / 2;
		struct local local = local_at(middle);

		if (is_same(&local, before))
			low = middle;
		else
			high = middle;
	}
	return high;
}

static void shift_add(struct otseg_arena *arena, struct otseg_clock *clock, s64 from,
		      const struct local *local)
{
	clock->shifts[clock->n_shifts++] = (struct otseg_shift){
		.from = (u64)from,
		.offset = local->offset,
		.name = otseg_arena_text(arena, local->name, strlen(local->name)),
	};
}

static int shifts_walk(struct otseg_arena *arena, struct otseg_clock *clock)
{
	struct local before = local_at(FIRST), now;
	s64 at, next;

	shift_add(arena, clock, FIRST, &before);
	for (at = FIRST; at < UNTIL; at = next) {
		next = at + STEP < UNTIL ? at + STEP : UNTIL;
		now = local_at(next);
		if (is_same(&now, &before))
			continue;
		next = change_find(at, next, &before);
		if (next >= UNTIL)
			break;
		if (clock->n_shifts == OTSEG_CLOCK_SHIFTS_MAX)
			return -E2BIG;
		before = local_at(next);
		shift_add(arena, clock, next, &before);
	}
	return 0;
}

/**
 * otseg_clock_read - write out a time zone
 * @arena: where what it points to lives
 * @name: its name in the database; "UTC" needs none
 * @clock: takes it
 *
 * Return: 0; -ENOENT: there is no such time zone here; -E2BIG: it changes too often.
 */
int otseg_clock_read(struct otseg_arena *arena, const char *name, struct otseg_clock *clock)
{
	const struct local utc = { .name = "UTC" };
	const char *was = getenv("TZ");
	char *zone, *kept;
	int err = 0;

	if (!is_name(name))
		return -ENOENT;
	*clock = (struct otseg_clock){ .name = name, .until = UNTIL };
	clock->shifts = otseg_arena_alloc(arena, OTSEG_CLOCK_SHIFTS_MAX * sizeof(*clock->shifts));
	if (!strcmp(name, "UTC")) {
		shift_add(arena, clock, FIRST, &utc);
		return 0;
	}
	if (database_check(name))
		return -ENOENT;
	/* The library knows one time zone at a time. */
	kept = was ? strdup(was) : NULL;
	if ((was && !kept) || asprintf(&zone, ":" DATABASE "%s", name) < 0)
		otseg_alloc_failed();
	if (setenv("TZ", zone, 1))
		otseg_alloc_failed();
	tzset();
	err = shifts_walk(arena, clock);
	if (kept)
		setenv("TZ", kept, 1);
	else
		unsetenv("TZ");
	tzset();
	free(kept);
	free(zone);
	return err;
}
