// SPDX-License-Identifier: GPL-2.0-only
/*
 * Waiting for a moment of CLOCK_BOOTTIME or CLOCK_REALTIME. The timer of a delayed work stands
 * still while the host is suspended, and may be late by an eighth of what it waits for. One of
 * these clocks is on time, and what has passed when the host wakes comes at once.
 */
#include <linux/init.h>

#include "wait.h"

static enum hrtimer_restart reached(struct hrtimer *timer)
{
	queue_work(system_unbound_wq, &container_of(timer, struct otseg_wait, timer)->work);
	return HRTIMER_NORESTART;
}

/**
 * otseg_wait_init - prepare to wait
 * @wait: to be prepared
 * @clock: which clock
 * @what: what is to be done, in process context
 */
void __init otseg_wait_init(struct otseg_wait *wait, clockid_t clock, work_func_t what)
{
	INIT_WORK(&wait->work, what);
#ifdef OTSEG_HAS_HRTIMER_SETUP
	hrtimer_setup(&wait->timer, reached, clock, HRTIMER_MODE_ABS);
#else
	hrtimer_init(&wait->timer, clock, HRTIMER_MODE_ABS);
	wait->timer.function = reached;
#endif
}

/**
 * otseg_wait_until - wait for a moment, and no longer for another one
 * @wait: what waits
 * @when: nanoseconds of its clock; what is past comes at once
 *
 * Context: any.
 */
void otseg_wait_until(struct otseg_wait *wait, u64 when)
{
	hrtimer_start(&wait->timer, ns_to_ktime(when), HRTIMER_MODE_ABS);
}

/**
 * otseg_wait_end - wait no longer
 * @wait: what waits; it may be about to be done
 *
 * Context: any.
 */
void otseg_wait_end(struct otseg_wait *wait)
{
	hrtimer_try_to_cancel(&wait->timer);
}

/**
 * otseg_wait_stop - have nothing done any more, for good
 * @wait: what waits; it is not being done afterwards, but may go on to wait
 *
 * Context: process, may sleep.
 */
void otseg_wait_stop(struct otseg_wait *wait)
{
	disable_work_sync(&wait->work);
}

/**
 * otseg_wait_exit - wait no longer, for good
 * @wait: what waits; it is stopped, and so is everything that has it wait
 *
 * Context: process.
 */
void otseg_wait_exit(struct otseg_wait *wait)
{
	hrtimer_cancel(&wait->timer);
}
