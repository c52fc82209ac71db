// SPDX-License-Identifier: GPL-2.0-only
/*
 * Interfaces that appear late, or again: each one that the policy names and that nothing is
 * attached to is attached as soon as there is a device of its name. With the module such a
 * device is guarded from its first moment and passes nothing until then.
 *
 * And what is kept for the next start of the host: where it is not what is in force, because
 * whoever changed that was killed or found the disk full, it is made so.
 */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "active.h"
#include "interface.h"
#include "kept.h"
#include "net/link_watch.h"
#include "watch.h"

#define LOOK_MS 5000 /* policies change without a message */
#define KEEP_S 60 /* until what could not be kept is tried again */

/* Over all looks; @keep_at: before that time of the monotonic clock, nothing is kept. */
struct watch {
	const struct otseg_cli *cli;
	time_t keep_at;
};

static time_t now_s(void)
{
	struct timespec now = {};

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec;
}

/* The first interface whose device waits; @role takes its name. */
static bool is_waiting(const struct otseg_active *active, struct otseg_device *device,
		       char role[OTSEG_DEVICE_NAME])
{
	const void *image = active->image.data;
	const char *name;
	bool is = false;
	u32 i;

	if (!otseg_active_is_in_force(active))
		return false;
	for (i = 0; !is && i < OTSEG_IMAGE_COUNT(image, LINKS); i++) {
		name = otseg_image_interface(image, i);
		if (!name || otseg_attach_find(active->attached, active->n_attached, name))
			continue;
		is = !otseg_device_find(name, device);
		snprintf(role, OTSEG_DEVICE_NAME, "%s", name);
	}
	return is;
}

/* The first that waits, from a look under the lock; *attached: there was one. */
static int one_attach(const struct otseg_cli *cli, bool *attached)
{
	struct otseg_attachment at = {};
	struct otseg_active active;
	struct otseg_device device;
	struct otseg_pins lock;
	int err;

	*attached = false;
	err = otseg_pins_hold(&lock);
	if (!err) {
		err = otseg_active_open(&active, false);
		if (!err && is_waiting(&active, &device, at.role)) {
			err = otseg_interface_attach(&active, &device, &at);
			*attached = !err;
		}
		otseg_active_close(&active);
	}
	otseg_pins_close(&lock);
	if (*attached)
		otseg_interface_report(cli, &at);
	return err;
}

/* Without the lock, which a look would keep others from: is there anything to do? */
static bool is_needed(const struct watch *watch, bool *is_kept)
{
	char role[OTSEG_DEVICE_NAME];
	struct otseg_active active;
	struct otseg_device device;
	bool is = false;

	if (!otseg_active_open(&active, false)) {
		is = is_waiting(&active, &device, role);
		*is_kept = now_s() < watch->keep_at || otseg_kept_is_current(&active);
	}
	otseg_active_close(&active);
	return is;
}

static int look(void *data, int *wait_ms)
{
	bool attached = true, is_kept = true;
	struct watch *watch = data;
	int err = 0;

	*wait_ms = LOOK_MS;
	while (!err && attached && !otseg_link_watch_is_over() && is_needed(watch, &is_kept))
		err = one_attach(watch->cli, &attached);
	if (!is_kept)
		watch->keep_at = otseg_kept_sync() ? now_s() + KEEP_S : 0;
	return err;
}

/**
 * otseg_watch_run - attach interfaces that appear, and keep what is in force for the next start of
 * the host, until a signal comes
 * @cli: the command line, for the output
 *
 * Return: enum otseg_exit.
 */
int otseg_watch_run(const struct otseg_cli *cli)
{
	struct watch watch = { .cli = cli };

	return otseg_link_watch(look, &watch) ? OTSEG_EXIT_SYSTEM : OTSEG_EXIT_OK;
}
