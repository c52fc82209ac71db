// SPDX-License-Identifier: GPL-2.0-only
/*
 * Ending enforcement. The guard of the module goes first, then the datapath, so
 * that an interface filters until the moment it filters no more. Every interface
 * that passes unfiltered afterwards is named.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "active.h"
#include "detach.h"
#include "history.h"
#include "kept.h"
#include "print.h"

static bool is_governed(const struct otseg_active *active, u32 ifindex)
{
	size_t i;

	for (i = 0; i < active->n_guards; i++) {
		if (active->guards[i].ifindex == ifindex && active->guards[i].governed)
			return true;
	}
	return false;
}

static int one_detach(struct otseg_active *active, const struct otseg_attachment *at, json_t *done)
{
	bool closed = is_governed(active, at->device.ifindex);
	int err;

	if (at->device.name[0] && active->backend) {
		err = active->backend->ops->unbind(active->backend, at->device.ifindex);
		if (err && err != -ENOENT && err != -ENODEV)
			return err;
	}
	err = otseg_attach_remove(&active->pins, &active->bpf, at->device.ifindex);
	if (err || !at->device.name[0])
		return err;
	json_array_append_new(done, json_pack("{s:s, s:s, s:s}", "name", at->role, "device",
					      at->device.name, "passes",
					      closed ? "nothing" : "everything"));
	return 0;
}

static int all_detach(struct otseg_active *active, json_t *done)
{
	size_t i;
	int err;

	for (i = 0; i < active->n_attached; i++) {
		err = one_detach(active, &active->attached[i], done);
		if (err)
			return err;
	}
	return otseg_pins_remove(&active->pins);
}

static int named_detach(struct otseg_active *active, const char *device, json_t *done)
{
	size_t i;

	for (i = 0; i < active->n_attached; i++) {
		if (!strcmp(active->attached[i].device.name, device))
			return one_detach(active, &active->attached[i], done);
	}
	otseg_error_print("%s: the datapath does not run on it", device);
	return -ENOENT;
}

static void report(const struct otseg_cli *cli, const struct otseg_active *active, json_t *done)
{
	json_t *document, *item;
	size_t i;

	if (cli->json) {
		document = json_pack("{s:O}", "detached", done);
		otseg_print_json(cli, document);
		json_decref(document);
		return;
	}
	json_array_foreach(done, i, item) {
		const char *passes = json_string_value(json_object_get(item, "passes"));

		printf("interface %s: detached, it passes %s now%s\n",
		       json_string_value(json_object_get(item, "device")), passes,
		       strcmp(passes, "nothing") ? ", unfiltered" :
						   " (the module's parameter 'governed' names it)");
	}
	if (!json_array_size(done))
		puts("nothing was attached");
	if (otseg_backend_genl(active->backend) && active->generation)
		puts("the module keeps its policy; apply one to enforce again");
}

/*
 * Where nothing is enforced, nothing has to come back either; a module that is still waiting
 * for that would change its policy behind everybody's back.
 */
static void waiting_end(const struct otseg_active *active)
{
	struct otseg_genl *genl = otseg_backend_genl(active->backend);
	struct otseg_genl_policy policy;

	if (genl && !otseg_genl_policy_get(genl, &policy) &&
	    policy.confirm_state == OTSEG_CONFIRM_STATE_UNCONFIRMED)
		otseg_genl_policy_confirm(genl, policy.generation);
}

/* Those that wait for a device, or for a policy. */
static void guards_release(const struct otseg_active *active)
{
	struct otseg_genl *genl = otseg_backend_genl(active->backend);
	struct otseg_genl_interface *list = NULL;
	size_t n_list = 0, i;

	if (!genl || otseg_genl_interface_list(genl, &list, &n_list))
		return;
	for (i = 0; i < n_list; i++)
		if (list[i].bound)
			otseg_genl_interface_unbind(genl, 0, list[i].role);
	free(list);
}

static void history_write(const struct otseg_active *active, int err)
{
	const struct otseg_history_entry entry = {
		.command = "detach",
		.result = err ? "refused" : "detached",
		.why = err ? otseg_error_last() : NULL,
		.image = active->generation ? active->image.data : NULL,
	};

	otseg_history_add(&entry);
}

/**
 * otseg_detach_run - end enforcement
 * @cli: the command line, for the output
 * @device: the interface, NULL: all of them, and remove the datapath
 *
 * Return: enum otseg_exit.
 */
int otseg_detach_run(const struct otseg_cli *cli, const char *device)
{
	struct otseg_active active = {};
	struct otseg_pins lock;
	json_t *done = json_array();
	int err;

	err = otseg_pins_hold(&lock);
	if (err)
		goto out;
	err = otseg_active_open(&active, false);
	if (err)
		goto out_active;
	if (device)
		err = named_detach(&active, device, done);
	else if (active.has_bpf)
		err = all_detach(&active, done);
	if (!device && !err)
		waiting_end(&active);
	if (!device && !err)
		guards_release(&active);
	if (!device && !err)
		otseg_kept_forget();
	if (!device && active.has_bpf)
		history_write(&active, err);
	if (!err || json_array_size(done))
		report(cli, &active, done);
out_active:
	otseg_active_close(&active);
out:
	otseg_pins_close(&lock);
	json_decref(done);
	if (!err)
		return OTSEG_EXIT_OK;
	return err == -EBUSY || (err == -ENOENT && device) ? OTSEG_EXIT_REFUSED : OTSEG_EXIT_SYSTEM;
}
