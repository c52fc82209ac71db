// SPDX-License-Identifier: GPL-2.0-only
/*
 * The start of the host, from what kept.c has kept: the last confirmed policy, and what somebody
 * has closed. What was opened is not kept: grants and conduits that were enabled by hand end with
 * the host.
 *
 * `interface close` comes first, before any link is up: with the module its guard drops what no
 * datapath has judged, also on devices that are still to come; map-backed, the datapath is
 * attached without a policy. `policy restore` then puts the policy in force, closed as it was.
 * Whatever fails leaves closed what is closed, and what cannot be closed is taken down.
 */
#include <errno.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "active.h"
#include "apply.h"
#include "boot.h"
#include "history.h"
#include "kept.h"
#include "net/link.h"
#include "print.h"

extern char **environ;

static int module_load(void)
{
	char *const argv[] = { "modprobe", "otseg", NULL };
	int err, status;
	pid_t pid;

	err = posix_spawnp(&pid, argv[0], NULL, NULL, argv, environ);
	if (err)
		return -err;
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -errno;
	return WIFEXITED(status) && !WEXITSTATUS(status) ? 0 : -ENOENT;
}

static int module_open(struct otseg_backend **module)
{
	int err = otseg_backend_open_module(module);

	if (err == -ENOENT) {
		err = module_load();
		if (!err)
			err = otseg_backend_open_module(module);
	}
	if (err)
		otseg_error_print("module: it cannot be loaded: %s", strerror(-err));
	return err;
}

/* From here on nothing passes to the host that no datapath has judged. */
static int module_guard(const void *image)
{
	struct otseg_backend *module;
	const char *role;
	int err, first;
	u32 i;

	first = module_open(&module);
	if (first)
		return first;
	for (i = 0; i < OTSEG_IMAGE_COUNT(image, LINKS); i++) {
		role = otseg_image_interface(image, i);
		err = role ? otseg_genl_interface_bind(otseg_backend_genl(module), 0, role, false) :
			     0;
		first = first ?: err;
	}
	otseg_backend_close(module);
	return first;
}

static bool is_attached(const struct otseg_pins *pins, const struct otseg_device *device)
{
	char path[OTSEG_PIN_PATH];

	return !otseg_pins_path(pins, path, "links/%u", device->ifindex) && !access(path, F_OK);
}

/* The last resort: a link that is down passes nothing. Where the datapath is, it need not be. */
static void take_down(const void *image)
{
	struct otseg_device device;
	struct otseg_pins pins;
	const char *role;
	u32 i;

	otseg_pins_open(&pins);
	for (i = 0; i < OTSEG_IMAGE_COUNT(image, LINKS); i++) {
		role = otseg_image_interface(image, i);
		if (!role || otseg_device_find(role, &device) || is_attached(&pins, &device))
			continue;
		if (!otseg_device_set_up(&device, false))
			otseg_error_print("interface %s: CANNOT BE CLOSED, taken down",
					  device.name);
		else
			otseg_error_print("interface %s: CANNOT BE CLOSED, and not taken down",
					  device.name);
	}
	otseg_pins_close(&pins);
}

/*
 * Without the module the datapath closes them, as nothing is to pass yet. So it does where every
 * device of the host is closed: the next apply lets go of those that its policy does not govern.
 */
static int interfaces_close(const struct otseg_kept *kept)
{
	const struct otseg_blob *links = otseg_kept_links(kept);
	int err = -ENOENT;

	if (!links->data) {
		otseg_error_print("NO INTERFACE CAN BE CLOSED");
		return err;
	}
	if (kept->owner != OTSEG_BACKEND_MAP && !kept->is_blind)
		err = module_guard(links->data);
	if (err)
		err = otseg_apply_closed(links);
	if (err)
		take_down(links->data);
	return err;
}

/* @image: the policy that it is about, NULL: none. */
static void report(const struct otseg_cli *cli, const void *image, const char *what)
{
	const struct otseg_image *header = image;
	const char *name = image ? otseg_image_string(image, header->name) : NULL;
	json_t *document;

	if (cli->json) {
		document = json_pack("{s:s?, s:s}", "policy", name, "result", what);
		otseg_print_json(cli, document);
		json_decref(document);
	} else if (name) {
		printf("policy %s: %s\n", name, what);
	} else {
		puts(what);
	}
}

/* Whether there is nothing to do, which is reported; else @kept is what to do it with. */
static bool is_done(const struct otseg_cli *cli, struct otseg_kept *kept)
{
	struct otseg_active active;
	bool is;

	is = !otseg_active_open(&active, false) && otseg_active_is_in_force(&active);
	if (is)
		report(cli, active.image.data, "it is in force already");
	otseg_active_close(&active);
	if (is)
		return true;
	if (otseg_kept_read(kept) == -ENOENT) {
		report(cli, NULL, "no policy is kept that could be restored");
		return true;
	}
	otseg_kept_tell(kept);
	return false;
}

/**
 * otseg_boot_close_run - close the interfaces of the policy that is to come back
 * @cli: the command line, for the output
 *
 * Return: enum otseg_exit; OK: they are closed, whether or not there is a policy to come back.
 */
int otseg_boot_close_run(const struct otseg_cli *cli)
{
	struct otseg_kept kept;
	int err;

	if (is_done(cli, &kept))
		return OTSEG_EXIT_OK;
	err = interfaces_close(&kept);
	if (!err && kept.image.data)
		report(cli, kept.image.data, "its interfaces are closed");
	else if (!err && kept.is_blind)
		report(cli, NULL, "every interface is closed");
	else if (!err)
		report(cli, NULL, "the interfaces of the last policy are closed");
	otseg_kept_free(&kept);
	return err ? OTSEG_EXIT_SYSTEM : OTSEG_EXIT_OK;
}

static bool is_listed(const struct otseg_genl_conduit *list, size_t n_list, const char *name)
{
	size_t i;

	for (i = 0; i < n_list; i++)
		if (!strcmp(list[i].name, name))
			return true;
	return false;
}

/* In the module what closes is there before the policy is. */
static int closings_ask(const void *image, struct otseg_genl *genl)
{
	const struct otseg_img_conduit *conduits = OTSEG_IMAGE_RECORDS(image, CONDUITS);
	struct otseg_change change = { .change = OTSEG_CONDUIT_CHANGE_ISLAND_ON,
				       .reason = "restored" };
	struct otseg_genl_conduit *list = NULL;
	struct otseg_genl_status status;
	size_t n_list = 0;
	u32 generation, i;
	int err;

	err = otseg_genl_status_get(genl, &status);
	if (!err)
		err = otseg_genl_conduit_list(genl, &list, &n_list);
	/* What a restore that was killed has asked for is there already. */
	if (!err && otseg_image_is_island(image) && !(status.flags & OTSEG_STATUS_FLAG_ISLAND))
		err = otseg_genl_conduit_set(genl, &change, &generation);
	change.change = OTSEG_CONDUIT_CHANGE_DISABLE;
	for (i = 0; !err && i < OTSEG_IMAGE_COUNT(image, CONDUITS); i++) {
		change.name = otseg_image_string(image, conduits[i].name);
		if (conduits[i].flags & OTSEG_CONDUIT_CLOSED &&
		    !is_listed(list, n_list, change.name))
			err = otseg_genl_conduit_set(genl, &change, &generation);
	}
	free(list);
	return err;
}

/* Has the module know what is closed; takes the signature if that is verified there. */
static int module_prepare(struct otseg_genl *genl, const void *image, struct otseg_blob *signature)
{
	int err = closings_ask(image, genl);

	return err ? err : otseg_signature_find(genl, image, signature);
}

/* Map-backed, the policy begins with the state that the image bears. */
static int restore(const struct otseg_cli *cli, const struct otseg_kept *kept)
{
	struct otseg_apply_options options = { .command = "restore" };
	struct otseg_blob plain = {}, signature = {};
	struct otseg_backend *module = NULL;
	int err, ret = OTSEG_EXIT_SYSTEM;

	if (kept->owner != OTSEG_BACKEND_MAP && !module_open(&module)) {
		options.wanted = OTSEG_BACKEND_MODULE;
		err = module_prepare(otseg_backend_genl(module), kept->image.data, &signature);
		options.signature = signature.data ? &signature : NULL;
		otseg_backend_close(module);
	} else {
		options.wanted = OTSEG_BACKEND_MAP;
		options.state = kept->image.data;
		err = kept->owner == OTSEG_BACKEND_MODULE ? -ENOENT : 0;
	}
	if (!err)
		err = otseg_blob_copy(&plain, &kept->image);
	if (!err) {
		otseg_image_plain(plain.data);
		ret = otseg_apply_policy(cli, &plain, &options);
	}
	otseg_blob_free(&plain);
	otseg_blob_free(&signature);
	return ret;
}

/**
 * otseg_boot_restore_run - put the last confirmed policy in force again
 * @cli: the command line, for the output
 *
 * Return: enum otseg_exit; unless OK, what is governed is closed.
 */
int otseg_boot_restore_run(const struct otseg_cli *cli)
{
	struct otseg_kept kept;
	int ret = OTSEG_EXIT_SYSTEM;

	if (is_done(cli, &kept))
		return OTSEG_EXIT_OK;
	if (kept.image.data)
		ret = restore(cli, &kept);
	if (ret && !interfaces_close(&kept))
		otseg_error_print("NOT RESTORED: what is governed is closed, until 'otseg policy "
				  "restore' or 'otseg policy apply'");
	else if (ret)
		otseg_error_print("NOT RESTORED, AND NOT ALL OF IT IS CLOSED");
	if (ret && !kept.image.data)
		otseg_error_print("what was closed by hand is not remembered: close it again");
	otseg_kept_free(&kept);
	return ret;
}
