// SPDX-License-Identifier: GPL-2.0-only
/*
 * The time of day, for the windows of conduits. Owns the timer that waits for the next edge
 * and the look that follows; which windows are open is image_when.c's matter, the swap
 * policy.c's.
 *
 * The timer is one of CLOCK_REALTIME with an absolute end: the kernel sets it anew when the
 * time of day is set, or jumps after a suspend, so an edge that is jumped over is one that
 * comes at once. A clock that is set back past an edge moves no timer: for that, and for
 * whatever else, there is a look each second.
 */
#include <linux/jiffies.h>
#include <linux/ktime.h>
#include <linux/timekeeping.h>
#include <linux/workqueue.h>

#include "image.h"
#include "image_state.h"
#include "image_when.h"
#include "policy.h"
#include "wait.h"
#include "window.h"

static void look_work(struct work_struct *work);
static DECLARE_DELAYED_WORK(look, look_work);
static struct otseg_wait edge;

static void look_work(struct work_struct *work)
{
	otseg_policy_follow_time();
}

/* Before 1970 nothing is open, as in 1970. */
static u64 time_of_day(void)
{
	return max_t(time64_t, ktime_get_real_seconds(), 0);
}

static u32 count_windows(const struct otseg_image *image)
{
	return image->sec[OTSEG_SEC_WINDOWS].count;
}

/**
 * otseg_window_write - write into an image which windows are open now
 * @image: the image, in which no state is written yet
 * @writer: how to write
 *
 * Context: process, commit lock held. otseg_state_settle() has to follow.
 */
void otseg_window_write(const struct otseg_image *image, const struct otseg_state_writer *writer)
{
	const u64 now = time_of_day();
	u32 at = 0, conduit, within;

	while ((conduit = otseg_when_next_conduit(image, &at, now, &within)) != OTSEG_NONE32)
		otseg_state_set(image, conduit, within, writer);
}

/**
 * otseg_window_follow - follow the windows of another image from now on
 * @image: the active one
 *
 * Context: process, commit lock held.
 */
void otseg_window_follow(const struct otseg_image *image)
{
	if (count_windows(image)) {
		/* An edge may have come since its state was written. */
		mod_delayed_work(system_unbound_wq, &look, 0);
		return;
	}
	otseg_wait_end(&edge);
	cancel_delayed_work(&look);
}

/**
 * otseg_window_is_due - whether a window has begun or ended
 * @image: the active one
 *
 * If none has, it is asked again in time.
 *
 * Context: process, commit lock held.
 * Return: whether the image has to change.
 */
bool otseg_window_is_due(const struct otseg_image *image)
{
	const u64 now = time_of_day();
	u32 at = 0, conduit, within;
	u64 next;

	if (!count_windows(image))
		return false;
	while ((conduit = otseg_when_next_conduit(image, &at, now, &within)) != OTSEG_NONE32)
		if ((otseg_image_conduit(image, conduit)->flags & OTSEG_CONDUIT_WITHIN) != within)
			return true;
	next = otseg_when_next_edge(image, 0, count_windows(image), now);
	if (next < KTIME_SEC_MAX)
		otseg_wait_until(&edge, next * NSEC_PER_SEC);
	queue_delayed_work(system_unbound_wq, &look, HZ);
	return false;
}

/**
 * otseg_window_init - prepare the timer
 */
void __init otseg_window_init(void)
{
	otseg_wait_init(&edge, CLOCK_REALTIME, look_work);
}

/**
 * otseg_window_exit - stop waiting
 *
 * Context: process, may sleep; no commit can happen any more, and otseg_conduit_stop() was
 * called.
 */
void otseg_window_exit(void)
{
	disable_delayed_work_sync(&look);
	otseg_wait_stop(&edge);
	otseg_wait_exit(&edge);
}
