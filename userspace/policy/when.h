/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Windows of conduits in words: as the policy says them, and as the day goes.
 */
#ifndef OTSEG_POLICY_WHEN_H
#define OTSEG_POLICY_WHEN_H

#include <jansson.h>
#include <time.h>

#include "../../kmod/image_when.h"
#include "policy.h"

#define OTSEG_WEEK_MINUTES (7 * OTSEG_DAY_MINUTES)
#define OTSEG_WEEK_WORDS ((OTSEG_WEEK_MINUTES + 63) / 64)

#define OTSEG_WHEN_TEXT 64 /* bytes that hold a moment in words */

/**
 * struct otseg_when_look - the windows of a conduit at a moment
 * @clock: the clock of the first of them, to tell moments by
 * @is_open: the moment is in one of them
 * @until: seconds since 1970 (UTC) until which that is so, OTSEG_NEVER: for good
 */
struct otseg_when_look {
	u32 clock;
	bool is_open;
	u64 until;
};

extern const char *const otseg_when_days[7];

void otseg_when_mark(u64 week[OTSEG_WEEK_WORDS], u32 days, u32 from, u32 until);
bool otseg_when_is_same(const void *image, u32 conduit, const void *other, u32 other_conduit);
json_t *otseg_when_json(const void *image, u32 conduit);
bool otseg_when_look(const void *image, u32 conduit, u64 now, struct otseg_when_look *look);
void otseg_when_open(void *image, u64 now);
void otseg_when_time(const void *image, u32 clock, u64 now, u64 at, char text[OTSEG_WHEN_TEXT]);

#endif /* OTSEG_POLICY_WHEN_H */
