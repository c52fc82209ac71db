// SPDX-License-Identifier: GPL-2.0-only
/*
 * Interfaces that appear late, or again: each one that the policy names and that nothing is
 * attached to is attached as soon as there is a device of its name. With the module such a
 * device is guarded from its first moment and passes nothing until then.
 */
#include <stdio.h>
#include <string.h>

#include "active.h"
#include "interface.h"
#include "net/link_watch.h"
#include "watch.h"

#define LOOK_MS 5000 /* policies change without a message */

/* Whether a link of the policy is the first of its name, and its device waits. */
static bool is_waiting(const struct otseg_active *active, u32 link, struct otseg_device *device)
{
	const struct otseg_img_link *links = OTSEG_IMAGE_RECORDS(active->image.data, LINKS);
	const char *role = (const char *)links[link].name;
	u32 i;

	for (i = 0; i < link; i++)
		if (!memcmp(links[i].name, links[link].name, sizeof(links[i].name)))
			return false;
	return !otseg_attach_find(active->attached, active->n_attached, role) &&
	       !otseg_device_find(role, device);
}

/* The first that waits, from a look under the lock; *attached: there was one. */
static int one_attach(const struct otseg_cli *cli, bool *attached)
{
	struct otseg_attachment at = {};
	struct otseg_active active = {};
	struct otseg_device device;
	struct otseg_pins lock;
	int err;
	u32 i;

	*attached = false;
	err = otseg_pins_hold(&lock);
	if (!err)
		err = otseg_active_open(&active, false);
	for (i = 0; !err && active.has_bpf && active.generation &&
		    i < OTSEG_IMAGE_COUNT(active.image.data, LINKS);
	     i++) {
		const struct otseg_img_link *links = OTSEG_IMAGE_RECORDS(active.image.data, LINKS);

		if (!is_waiting(&active, i, &device))
			continue;
		snprintf(at.role, sizeof(at.role), "%s", (const char *)links[i].name);
		err = otseg_interface_attach(&active, &device, &at);
		*attached = !err;
		if (!err)
			otseg_interface_report(cli, &at);
		break;
	}
	otseg_active_close(&active);
	otseg_pins_close(&lock);
	return err;
}

/* Without the lock, which a look would keep others from: is there anything to do? */
static bool is_needed(void)
{
	struct otseg_active active;
	struct otseg_device device;
	bool is = false;
	u32 i;

	if (!otseg_active_open(&active, false) && active.has_bpf && active.generation)
		for (i = 0; !is && i < OTSEG_IMAGE_COUNT(active.image.data, LINKS); i++)
			is = is_waiting(&active, i, &device);
	otseg_active_close(&active);
	return is;
}

static int look(void *data, int *wait_ms)
{
	const struct otseg_cli *cli = *(const struct otseg_cli **)data;
	bool attached = true;
	int err = 0;

	*wait_ms = LOOK_MS;
	while (!err && attached && !otseg_link_watch_is_over() && is_needed())
		err = one_attach(cli, &attached);
	return err;
}

/**
 * otseg_watch_run - attach interfaces that appear until a signal comes
 * @cli: the command line, for the output
 *
 * Return: enum otseg_exit.
 */
int otseg_watch_run(const struct otseg_cli *cli)
{
	return otseg_link_watch(look, &cli) ? OTSEG_EXIT_SYSTEM : OTSEG_EXIT_OK;
}
