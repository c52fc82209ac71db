// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reading what is in force. An image read back is checked before anything looks
 * into it, as an image from a file is.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "active.h"
#include "command.h"

static int backend_find(struct otseg_active *active)
{
	int err;

	if (active->pins.state.backend == OTSEG_BACKEND_MAP)
		return otseg_backend_open_map(&active->pins, &active->bpf, &active->pins.state.room,
					      NULL, NULL, &active->backend);
	err = otseg_backend_open_module(&active->backend);
	if (err == -ENOENT && active->pins.state.backend != OTSEG_BACKEND_MODULE)
		return 0;
	if (err)
		otseg_error_print("module: %s", strerror(-err));
	return err;
}

static int policy_read(struct otseg_active *active, bool with_counters)
{
	char why[256];
	int err;

	err = active->backend->ops->read(active->backend, &active->image, &active->generation);
	if (err == -ENOENT) {
		active->generation = 0;
		return 0;
	}
	if (err)
		return err;
	err = otseg_image_check_active(active->image.data, active->image.len, why, sizeof(why));
	if (err) {
		otseg_error_print("active policy: %s", why);
		return err;
	}
	if (!with_counters)
		return 0;
	active->counters = calloc(1, OTSEG_CTR_SIZE);
	if (!active->counters)
		return -ENOMEM;
	return active->backend->ops->counters(active->backend, active->generation,
					      active->counters);
}

static int interfaces_read(struct otseg_active *active)
{
	struct otseg_genl *genl = otseg_backend_genl(active->backend);
	int err = 0;

	if (active->has_bpf)
		err = otseg_attach_list(&active->pins, &active->bpf, &active->attached,
					&active->n_attached);
	if (!err && genl)
		err = otseg_genl_interface_list(genl, &active->guards, &active->n_guards);
	return err;
}

/* The folder and the owner of the policy, but not the policy. */
static int owner_open(struct otseg_active *active)
{
	int err;

	memset(active, 0, sizeof(*active));
	err = otseg_pins_open(&active->pins);
	if (err)
		return err;
	if (active->pins.state.backend != OTSEG_BACKEND_NONE) {
		if (active->pins.state.netns != otseg_pins_netns()) {
			otseg_error_print("%s: belongs to another network namespace",
					  active->pins.dir);
			return -EXDEV;
		}
		err = otseg_bpf_open(&active->pins, active->pins.state.set, &active->bpf);
		if (err)
			return err;
		active->has_bpf = true;
	}
	return backend_find(active);
}

/**
 * otseg_active_open - read what is in force
 * @active: takes it; otseg_active_close() it, also after an error
 * @with_counters: read the counters too
 *
 * That nothing is in force is no error.
 *
 * Return: 0 or a negative errno, which has been told.
 */
int otseg_active_open(struct otseg_active *active, bool with_counters)
{
	int err;

	err = owner_open(active);
	if (!err && active->backend)
		err = policy_read(active, with_counters);
	if (!err && active->backend)
		err = interfaces_read(active);
	return err;
}

/**
 * otseg_active_is_current - whether what was read is still in force
 * @active: what was in force
 *
 * Attachments may have changed all the same.
 *
 * Return: whether it is; false if that cannot be said.
 */
bool otseg_active_is_current(const struct otseg_active *active)
{
	struct otseg_active now;
	bool same;
	int err;

	err = owner_open(&now);
	if (!err && now.backend)
		err = now.backend->ops->active(now.backend, &now.generation);
	same = !err && now.generation == active->generation &&
	       !memcmp(&now.pins.state, &active->pins.state, sizeof(now.pins.state));
	otseg_active_close(&now);
	return same;
}

/**
 * otseg_active_is_waiting - whether another policy may come back
 * @active: what is in force
 *
 * Return: whether the policy in force is unconfirmed; true if that cannot be said.
 */
bool otseg_active_is_waiting(const struct otseg_active *active)
{
	struct otseg_genl *genl = otseg_backend_genl(active->backend);
	struct otseg_genl_policy policy;

	if (!genl || !active->generation)
		return false;
	return otseg_genl_policy_get(genl, &policy) ||
	       policy.confirm_state == OTSEG_CONFIRM_STATE_UNCONFIRMED;
}

/**
 * otseg_active_need_policy - insist that a policy is active
 * @active: what is in force
 *
 * Return: 0, or -ENOENT, which has been told.
 */
int otseg_active_need_policy(const struct otseg_active *active)
{
	if (active->generation)
		return 0;
	otseg_error_print("no policy is active");
	return -ENOENT;
}

/**
 * otseg_active_close - free what otseg_active_open() took
 * @active: what was in force
 */
void otseg_active_close(struct otseg_active *active)
{
	free(active->guards);
	free(active->attached);
	free(active->counters);
	otseg_blob_free(&active->image);
	otseg_backend_close(active->backend);
	if (active->has_bpf)
		otseg_bpf_close(&active->bpf);
	otseg_pins_close(&active->pins);
}
