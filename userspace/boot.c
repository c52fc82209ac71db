// SPDX-License-Identifier: GPL-2.0-only
/*
 * The start of the host. On disk is kept which policy was confirmed last, who owned it, and
 * what somebody has closed: island mode, and conduits that were disabled by hand. What was
 * opened is not kept: grants and conduits that were enabled by hand end with the host.
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
#include "net/link.h"
#include "print.h"
#include "source.h"

#define IMAGE "boot.img"
#define STATE "boot.json"

extern char **environ;

/* What is kept. */
struct boot {
	struct otseg_blob image;
	enum otseg_backend_id backend;
	json_t *state; /* "backend", "interfaces", "island", "closed" */
};

static json_t *state_read(void)
{
	char path[OTSEG_STATE_PATH];
	json_t *state = NULL;

	if (!otseg_history_path(path, STATE))
		state = json_load_file(path, JSON_REJECT_DUPLICATES, NULL);
	if (!json_is_object(state)) {
		json_decref(state);
		state = json_object();
	}
	if (!json_is_array(json_object_get(state, "closed")))
		json_object_set_new(state, "closed", json_array());
	return state;
}

/* Each interface that the policy names, once. */
static json_t *interfaces_json(const void *image)
{
	const struct otseg_img_link *links = OTSEG_IMAGE_RECORDS(image, LINKS);
	json_t *list = json_array();
	u32 i, k;

	for (i = 0; i < OTSEG_IMAGE_COUNT(image, LINKS); i++) {
		for (k = 0; k < i; k++)
			if (!memcmp(links[k].name, links[i].name, sizeof(links[i].name)))
				break;
		if (k == i)
			json_array_append_new(list, json_string((const char *)links[i].name));
	}
	return list;
}

static int state_write(const json_t *state)
{
	char *text = json_dumps(state, JSON_INDENT(2));
	struct otseg_blob blob = { text, text ? strlen(text) : 0 };
	int err = text ? otseg_history_keep(STATE, &blob) : -ENOMEM;

	free(text);
	return err;
}

static void keep_warn(int err)
{
	if (err)
		otseg_error_print("warning: what comes back at the next start of the host cannot be "
				  "kept: %s",
				  strerror(-err));
}

/**
 * otseg_boot_keep - have a policy come back when the host starts
 * @image: its image; it is in force, and confirmed
 * @backend: who owns it
 */
void otseg_boot_keep(const struct otseg_blob *image, enum otseg_backend_id backend)
{
	json_t *state = state_read();
	int err;

	json_object_set_new(state, "backend", json_string(otseg_backend_id_name(backend)));
	/* They can be closed although the image may be damaged by then. */
	json_object_set_new(state, "interfaces", interfaces_json(image->data));
	err = state_write(state);
	if (!err)
		err = otseg_history_keep(IMAGE, image);
	keep_warn(err);
	json_decref(state);
}

static void closed_set(json_t *closed, const char *name, bool is_closed)
{
	size_t i;

	for (i = json_array_size(closed); i--;)
		if (!strcmp(json_string_value(json_array_get(closed, i)) ?: "", name))
			json_array_remove(closed, i);
	if (is_closed)
		json_array_append_new(closed, json_string(name));
}

/**
 * otseg_boot_change - have what somebody closes stay closed when the host starts
 * @change: what has become of a conduit, or of island mode
 */
void otseg_boot_change(const struct otseg_change *change)
{
	json_t *state = state_read(), *closed = json_object_get(state, "closed");

	switch (change->change) {
	case OTSEG_CONDUIT_CHANGE_ENABLE:
	case OTSEG_CONDUIT_CHANGE_DISABLE:
		closed_set(closed, change->name, change->change == OTSEG_CONDUIT_CHANGE_DISABLE);
		break;
	case OTSEG_CONDUIT_CHANGE_ISLAND_ON:
	case OTSEG_CONDUIT_CHANGE_ISLAND_OFF:
		json_object_set_new(state, "island",
				    json_boolean(change->change == OTSEG_CONDUIT_CHANGE_ISLAND_ON));
		break;
	default:
		json_decref(state);
		return;
	}
	keep_warn(state_write(state));
	json_decref(state);
}

/**
 * otseg_boot_forget - have nothing come back when the host starts
 */
void otseg_boot_forget(void)
{
	char path[OTSEG_STATE_PATH];

	if (!otseg_history_path(path, IMAGE))
		unlink(path);
	if (!otseg_history_path(path, STATE))
		unlink(path);
}

static void boot_close(struct boot *boot)
{
	otseg_blob_free(&boot->image);
	json_decref(boot->state);
}

/* -ENOENT, not told: nothing is to come back. */
static int boot_open(struct boot *boot)
{
	char path[OTSEG_STATE_PATH];
	const char *owner;
	int err;

	*boot = (struct boot){ .backend = OTSEG_BACKEND_MODULE };
	err = otseg_history_path(path, IMAGE);
	if (!err && access(path, F_OK))
		return -errno;
	boot->state = state_read();
	owner = json_string_value(json_object_get(boot->state, "backend"));
	if (owner && !strcmp(owner, otseg_backend_id_name(OTSEG_BACKEND_MAP)))
		boot->backend = OTSEG_BACKEND_MAP;
	if (!err)
		err = otseg_source_image(path, &boot->image);
	return err;
}

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
static int module_guard(const struct boot *boot)
{
	struct otseg_backend *module;
	json_t *role;
	int err, first;
	size_t i;

	first = module_open(&module);
	if (first)
		return first;
	json_array_foreach(json_object_get(boot->state, "interfaces"), i, role) {
		err = otseg_genl_interface_bind(otseg_backend_genl(module), 0,
						json_string_value(role) ?: "");
		first = first ?: err;
	}
	otseg_backend_close(module);
	return first;
}

/* The last resort: a link that is down passes nothing. */
static void take_down(const struct boot *boot)
{
	struct otseg_device device;
	json_t *role;
	size_t i;

	json_array_foreach(json_object_get(boot->state, "interfaces"), i, role) {
		if (otseg_device_find(json_string_value(role) ?: "", &device))
			continue;
		if (!otseg_device_set_up(&device, false))
			otseg_error_print("interface %s: CANNOT BE CLOSED, taken down",
					  device.name);
		else
			otseg_error_print("interface %s: CANNOT BE CLOSED, and not taken down",
					  device.name);
	}
}

static void report(const struct otseg_cli *cli, const struct boot *boot, const char *what)
{
	const struct otseg_image *header = boot->image.data;
	const char *name = otseg_image_string(boot->image.data, header->name);
	json_t *document;

	if (!cli->json) {
		printf("policy %s: %s\n", name, what);
		return;
	}
	document = json_pack("{s:s, s:s}", "policy", name, "result", what);
	otseg_print_json(cli, document);
	json_decref(document);
}

/* Exit of a command for which there may be nothing to do. */
static int nothing(const struct otseg_cli *cli)
{
	json_t *document;

	if (!cli->json) {
		puts("no policy is kept that could be restored");
		return OTSEG_EXIT_OK;
	}
	document = json_pack("{s:n, s:s}", "policy", "result", "nothing is kept");
	otseg_print_json(cli, document);
	json_decref(document);
	return OTSEG_EXIT_OK;
}

/* Whether something is in force already. */
static int is_in_force(bool *is)
{
	struct otseg_active active;
	int err = otseg_active_open(&active, false);

	*is = !err && active.has_bpf && active.generation;
	otseg_active_close(&active);
	return err;
}

/**
 * otseg_boot_close_run - close the interfaces of the policy that is to come back
 * @cli: the command line, for the output
 *
 * Return: enum otseg_exit.
 */
int otseg_boot_close_run(const struct otseg_cli *cli)
{
	struct boot boot;
	bool is = false;
	int err, damaged;

	damaged = boot_open(&boot);
	if (damaged == -ENOENT && !boot.state)
		return nothing(cli);
	err = boot.backend == OTSEG_BACKEND_MODULE ? module_guard(&boot) : damaged;
	if (!err && boot.backend == OTSEG_BACKEND_MAP)
		err = is_in_force(&is);
	if (!err && boot.backend == OTSEG_BACKEND_MAP && !is)
		err = otseg_apply_closed(&boot.image);
	if (err)
		take_down(&boot);
	/* Closed, but there is nothing to restore. */
	err = err ?: damaged;
	if (damaged)
		otseg_error_print("what is kept of the last confirmed policy cannot be used");
	if (!err)
		report(cli, &boot, is ? "it is in force already" : "its interfaces are closed");
	boot_close(&boot);
	return err ? OTSEG_EXIT_SYSTEM : OTSEG_EXIT_OK;
}

/* In the module what closes is there before the policy is. */
static int closings_ask(const struct boot *boot, struct otseg_genl *genl)
{
	struct otseg_change change = { .change = OTSEG_CONDUIT_CHANGE_ISLAND_ON,
				       .reason = "restored" };
	const json_t *closed = json_object_get(boot->state, "closed");
	struct otseg_genl_conduit *list = NULL;
	struct otseg_genl_status status;
	size_t i, k, n_list = 0;
	u32 generation;
	int err;

	err = otseg_genl_status_get(genl, &status);
	if (!err)
		err = otseg_genl_conduit_list(genl, &list, &n_list);
	/* What a restore that was killed has asked for is there already. */
	if (!err && json_is_true(json_object_get(boot->state, "island")) &&
	    !(status.flags & OTSEG_STATUS_FLAG_ISLAND))
		err = otseg_genl_conduit_set(genl, &change, &generation);
	change.change = OTSEG_CONDUIT_CHANGE_DISABLE;
	for (i = 0; !err && i < json_array_size(closed); i++) {
		change.name = json_string_value(json_array_get(closed, i));
		for (k = 0; k < n_list && change.name; k++)
			if (!strcmp(list[k].name, change.name))
				break;
		if (change.name && k == n_list)
			err = otseg_genl_conduit_set(genl, &change, &generation);
	}
	free(list);
	return err;
}

/* Map-backed, the policy begins with the state that this image bears. */
static void closings_write(const struct boot *boot, void *image)
{
	const struct otseg_img_conduit *conduits = OTSEG_IMAGE_RECORDS(image, CONDUITS);
	const json_t *closed = json_object_get(boot->state, "closed"), *name;
	size_t i;
	u32 at;

	json_array_foreach(closed, i, name) {
		at = json_is_string(name) ? otseg_state_find(image, json_string_value(name)) :
					    OTSEG_NONE32;
		if (at != OTSEG_NONE32 &&
		    !otseg_state_refusal(conduits[at].flags, OTSEG_CONDUIT_CHANGE_DISABLE))
			otseg_image_change(image, at, OTSEG_CONDUIT_CHANGE_DISABLE);
	}
	if (json_is_true(json_object_get(boot->state, "island")))
		otseg_image_change(image, 0, OTSEG_CONDUIT_CHANGE_ISLAND_ON);
}

static int restore_map(const struct otseg_cli *cli, const struct boot *boot)
{
	struct otseg_apply_options options = { .command = "restore", .wanted = OTSEG_BACKEND_MAP };
	void *state = malloc(boot->image.len);
	int ret;

	if (!state)
		return OTSEG_EXIT_SYSTEM;
	memcpy(state, boot->image.data, boot->image.len);
	closings_write(boot, state);
	options.state = state;
	ret = otseg_apply_policy(cli, &boot->image, &options);
	free(state);
	return ret;
}

static int restore_module(const struct otseg_cli *cli, const struct boot *boot)
{
	struct otseg_apply_options options = { .command = "restore",
					       .wanted = OTSEG_BACKEND_MODULE };
	struct otseg_blob signature = {};
	struct otseg_genl_status status;
	struct otseg_backend *module;
	int ret = OTSEG_EXIT_SYSTEM;

	if (module_open(&module))
		return ret;
	if (!closings_ask(boot, otseg_backend_genl(module)) &&
	    !otseg_genl_status_get(otseg_backend_genl(module), &status)) {
		if (status.certificates && !otseg_signature_read(boot->image.data, &signature))
			options.signature = &signature;
		ret = OTSEG_EXIT_OK;
	}
	otseg_backend_close(module);
	if (!ret)
		ret = otseg_apply_policy(cli, &boot->image, &options);
	otseg_blob_free(&signature);
	return ret;
}

/**
 * otseg_boot_restore_run - put the last confirmed policy in force again
 * @cli: the command line, for the output
 *
 * Return: enum otseg_exit; unless OK, what is closed stays closed.
 */
int otseg_boot_restore_run(const struct otseg_cli *cli)
{
	struct boot boot;
	bool is = false;
	int err, ret = OTSEG_EXIT_SYSTEM;

	err = boot_open(&boot);
	if (err == -ENOENT && !boot.state)
		return nothing(cli);
	if (!err)
		err = is_in_force(&is);
	if (!err && is) {
		report(cli, &boot, "not restored: a policy is in force already");
		ret = OTSEG_EXIT_OK;
	} else if (!err) {
		ret = boot.backend == OTSEG_BACKEND_MAP ? restore_map(cli, &boot) :
							  restore_module(cli, &boot);
	}
	if (ret)
		otseg_error_print("NOT RESTORED: what is governed stays closed, until 'otseg policy "
				  "apply'");
	boot_close(&boot);
	return ret;
}
