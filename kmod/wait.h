/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Waiting for a moment of a clock that goes on while the host is suspended.
 */
#ifndef OTSEG_WAIT_H
#define OTSEG_WAIT_H

#include <linux/hrtimer.h>
#include <linux/workqueue.h>

/**
 * struct otseg_wait - something that is done at a moment
 * @timer: expires then
 * @work: does it
 */
struct otseg_wait {
	struct hrtimer timer;
	struct work_struct work;
};

void otseg_wait_init(struct otseg_wait *wait, clockid_t clock, work_func_t what);
void otseg_wait_until(struct otseg_wait *wait, u64 when);
void otseg_wait_end(struct otseg_wait *wait);
void otseg_wait_stop(struct otseg_wait *wait);
void otseg_wait_exit(struct otseg_wait *wait);

#endif /* OTSEG_WAIT_H */
