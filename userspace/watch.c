// SPDX-License-Identifier: GPL-2.0-only
/*
 * Interfaces that appear late, or again: each one that the policy names and that nothing is
 * attached to is attached as soon as there is a device of its name. With the module such a
 * device is guarded from its first moment and passes nothing until then. Where a policy could
 * not be restored its interfaces are attached all the same, and pass nothing.
 *
 * And those whose driver loses the mark of native XDP, so that the guard lets nothing pass: they
 * run generic XDP from then on. Frames that were on their way when the datapath was attached have
 * no mark either; so it takes some that come later, and none that ever had one.
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
#include "protection.h"
#include "watch.h"

#define LOOK_MS 5000 /* policies change without a message */
#define KEEP_S 60 /* until what could not be kept is tried again */
#define SETTLE_S 2 /* after which no frame is on its way that came before the datapath */
#define DOUBTS 1024 /* a power of two */

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

/* An attachment, by index of its device, and the frames that it had lost the mark of. */
static struct {
	u32 ifindex;
	u32 since_s;
	u64 lost;
} doubts[DOUBTS];

/* Whether nobody has wished for native XDP, and the mark is lost, though none was at first. */
static bool is_losing(const struct otseg_active *active, const struct otseg_attachment *at)
{
	u32 slot = at->device.ifindex & (DOUBTS - 1);
	struct otseg_protection protection;

	if (!at->device.name[0] || at->link_flags & OTSEG_LINK_NATIVE)
		return false;
	otseg_protection_get(active, at->role, &protection);
	if (protection.at != at || protection.trouble != OTSEG_TROUBLE_MARK_LOST)
		return false;
	if (doubts[slot].ifindex == at->device.ifindex && doubts[slot].since_s == at->since_s)
		return protection.guard->lost > doubts[slot].lost &&
		       !otseg_active_is_waiting(active);
	if (otseg_attach_now() - at->since_s < SETTLE_S)
		return false;
	doubts[slot].ifindex = at->device.ifindex;
	doubts[slot].since_s = at->since_s;
	doubts[slot].lost = protection.guard->lost;
	return false;
}

static const struct otseg_attachment *losing_find(const struct otseg_active *active)
{
	size_t i;

	for (i = 0; active->has_bpf && i < active->n_attached; i++) {
		if (is_losing(active, &active->attached[i]))
			return &active->attached[i];
	}
	return NULL;
}

/* The image whose interfaces are to be attached, NULL: none. */
static const void *image_of(const struct otseg_active *active, struct otseg_kept *kept)
{
	if (!active->has_bpf)
		return NULL;
	if (active->generation)
		return active->image.data;
	return otseg_kept_read(kept) ? NULL : otseg_kept_links(kept)->data;
}

/* The first interface whose device waits; @role takes its name. */
static bool is_waiting(const struct otseg_active *active, struct otseg_device *device,
		       char role[OTSEG_DEVICE_NAME])
{
	struct otseg_kept kept = {};
	const void *image = image_of(active, &kept);
	const char *name;
	bool is = false;
	u32 i;

	for (i = 0; image && !is && i < OTSEG_IMAGE_COUNT(image, LINKS); i++) {
		name = otseg_image_interface(image, i);
		if (!name || otseg_attach_find(active->attached, active->n_attached, name))
			continue;
		is = !otseg_device_find(name, device);
		snprintf(role, OTSEG_DEVICE_NAME, "%s", name);
	}
	otseg_kept_free(&kept);
	return is;
}

/* The first that waits; *done: there was one. */
static int one_attach(const struct otseg_cli *cli, const struct otseg_active *active, bool *done)
{
	struct otseg_attachment at = {};
	struct otseg_device device;
	int err;

	if (!is_waiting(active, &device, at.role))
		return 0;
	err = otseg_interface_attach(active, &device, &at);
	*done = !err;
	if (!err)
		otseg_interface_report(cli, &at);
	return err;
}

/* The first that loses its marks. */
static int one_remode(const struct otseg_cli *cli, const struct otseg_active *active, bool *done)
{
	const struct otseg_attachment *now = losing_find(active);
	struct otseg_attachment at;
	int err;

	if (!now)
		return 0;
	err = otseg_interface_remode(active, now, OTSEG_ATTACH_GENERIC, &at);
	*done = !err;
	if (!err)
		otseg_interface_report(cli, &at);
	return err;
}

/* From a look under the lock; *done: there was something to do. */
static int one_mend(const struct otseg_cli *cli, bool *done)
{
	struct otseg_active active = {};
	struct otseg_pins lock;
	int err;

	*done = false;
	err = otseg_pins_hold(&lock);
	if (!err)
		err = otseg_active_open(&active, false);
	if (!err)
		err = one_attach(cli, &active, done);
	if (!err && !*done)
		err = one_remode(cli, &active, done);
	otseg_active_close(&active);
	otseg_pins_close(&lock);
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
		is = is_waiting(&active, &device, role) ||
		     (otseg_active_is_in_force(&active) && losing_find(&active));
		*is_kept = now_s() < watch->keep_at || otseg_kept_is_current(&active);
	}
	otseg_active_close(&active);
	return is;
}

static int look(void *data, int *wait_ms)
{
	bool done = true, is_kept = true;
	struct watch *watch = data;
	int err = 0;

	*wait_ms = LOOK_MS;
	while (!err && done && !otseg_link_watch_is_over() && is_needed(watch, &is_kept))
		err = one_mend(watch->cli, &done);
	if (!is_kept)
		watch->keep_at = otseg_kept_sync() ? now_s() + KEEP_S : 0;
	return err;
}

/**
 * otseg_watch_run - attach interfaces that appear or lose their marks, and keep what is in force for
 * the next start of the host, until a signal comes
 * @cli: the command line, for the output
 *
 * Return: enum otseg_exit.
 */
int otseg_watch_run(const struct otseg_cli *cli)
{
	struct watch watch = { .cli = cli };

	return otseg_link_watch(look, &watch) ? OTSEG_EXIT_SYSTEM : OTSEG_EXIT_OK;
}
