// SPDX-License-Identifier: GPL-2.0-only
/*
 * Two files, for the next start of the host:
 *
 *	boot.img	the last confirmed policy, with the state of what somebody has closed:
 *			island mode, and conduits that were disabled by hand
 *	boot.json	who owns it, and the interfaces that it governs
 *
 * All that decides what will pass is in the first one: it comes back as a whole, or not at
 * all. The second one is there for when the first one cannot be used, so that what it governs
 * can be closed.
 *
 * Both are made of what is in force, under a lock, and never of what was kept before (but for
 * the image that comes back unless another one is confirmed, which is known by its digest). So
 * they are right after each change, whoever makes one at the same time; and where somebody was
 * killed before he could keep his change, or found the disk full, whoever comes next does.
 */
#include <errno.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "command.h"
#include "history.h"
#include "kept.h"
#include "source.h"

#define IMAGE "boot.img"
#define STATE "boot.json"
#define STATE_MAX 65536 /* bytes */
#define SYNC_TRIES 5

/* What the two files are to hold. */
struct files {
	struct otseg_blob image;
	struct otseg_blob state;
};

static int file_read(const char *name, struct otseg_blob *blob, size_t max)
{
	char path[OTSEG_STATE_PATH];
	int err = otseg_history_path(path, name);

	return err ? err : otseg_source_read(path, blob, max);
}

static bool file_is(const char *name, const struct otseg_blob *wanted)
{
	struct otseg_blob blob = {};
	bool is;

	is = !file_read(name, &blob, wanted->len) && blob.len == wanted->len &&
	     !memcmp(blob.data, wanted->data, wanted->len);
	otseg_blob_free(&blob);
	return is;
}

static int image_read(struct otseg_blob *image, char why[OTSEG_KEPT_WHY])
{
	int err = file_read(IMAGE, image, OTSEG_IMAGE_MAX);

	if (err) {
		snprintf(why, OTSEG_KEPT_WHY, "%s", strerror(-err));
		return err;
	}
	if (!otseg_image_check_active(image->data, image->len, why, OTSEG_KEPT_WHY))
		return 0;
	otseg_blob_free(image);
	return -EPROTO;
}

/* A policy that allows nothing: all that counts of it is the interfaces that it governs. */
static int closed_make(json_t *interfaces, struct otseg_blob *image)
{
	json_t *json = json_pack("{s:i, s:s, s:{s:{s:i, s:O, s:[s]}}, s:{}}", "otseg", 1, "name",
				 "closed", "zones", "closed", "level", 0, "interfaces", interfaces,
				 "prefixes", "0.0.0.0/0", "conduits");
	char *text = json_dumps(json, 0); /* and JSON is YAML */
	struct otseg_policy *policy = NULL;
	struct otseg_diag diag = {};
	int err = -EPROTO;

	if (text)
		policy = otseg_policy_parse(STATE, text, strlen(text), &diag);
	if (policy)
		err = otseg_policy_compile(policy, image, &diag);
	otseg_policy_free(policy);
	otseg_diag_free(&diag);
	free(text);
	json_decref(json);
	return err;
}

/* Devices that come later are not among them. */
static json_t *devices_list(void)
{
	struct if_nameindex *list = if_nameindex(), *device;
	json_t *names = json_array();

	for (device = list; device && device->if_index; device++)
		if (strcmp(device->if_name, "lo"))
			json_array_append_new(names, json_string(device->if_name));
	if_freenameindex(list);
	return names;
}

static int state_parse(const struct otseg_blob *text, struct otseg_kept *kept)
{
	json_t *state = json_loadb(text->data, text->len, JSON_REJECT_DUPLICATES, NULL);
	enum otseg_backend_id owner = OTSEG_BACKEND_MODULE;
	const char *word = "";
	json_t *interfaces;
	int err = -EPROTO;

	if (!json_unpack(state, "{s:s, s:o}", "backend", &word, "interfaces", &interfaces)) {
		while (owner && strcmp(word, otseg_backend_id_name(owner)))
			owner--;
		if (owner)
			err = closed_make(interfaces, &kept->closed);
		if (!err)
			kept->owner = owner;
	}
	json_decref(state);
	return err;
}

static int state_read(struct otseg_kept *kept)
{
	struct otseg_blob text = {};
	int err = file_read(STATE, &text, STATE_MAX);

	if (!err) {
		err = state_parse(&text, kept);
		otseg_blob_free(&text);
	}
	if (err)
		snprintf(kept->owner_why, sizeof(kept->owner_why), "%s",
			 err == -EPROTO ? "it is damaged" : strerror(-err));
	return err;
}

/**
 * otseg_kept_read - read what was kept
 * @kept: takes it; otseg_kept_free() it
 *
 * Where neither file can be used it is not known what was governed: then that is every
 * interface that the host has now.
 *
 * Return: 0; -ENOENT if nothing is kept; not told.
 */
int otseg_kept_read(struct otseg_kept *kept)
{
	json_t *devices;
	int err, state_err;

	*kept = (struct otseg_kept){};
	err = image_read(&kept->image, kept->image_why);
	state_err = state_read(kept);
	if (err == -ENOENT && state_err == -ENOENT)
		return -ENOENT;
	if (err && state_err) {
		devices = devices_list();
		kept->is_blind = true;
		closed_make(devices, &kept->closed);
		json_decref(devices);
	}
	return 0;
}

static void why_tell(const char *name, const char *what, const char *why)
{
	char path[OTSEG_STATE_PATH];

	if (*why && !otseg_history_path(path, name))
		otseg_error_print("%s: %s: %s", path, what, why);
}

/**
 * otseg_kept_tell - say what of it cannot be used
 * @kept: what was kept
 */
void otseg_kept_tell(const struct otseg_kept *kept)
{
	why_tell(IMAGE, "the policy that is to come back cannot be read", kept->image_why);
	why_tell(STATE, "who owns it, and what it governs, cannot be read", kept->owner_why);
	if (kept->is_blind)
		otseg_error_print("NOTHING TELLS WHICH INTERFACES ARE GOVERNED: every one of this "
				  "host is closed");
}

/**
 * otseg_kept_free - free what otseg_kept_read() took
 * @kept: what was kept
 */
void otseg_kept_free(struct otseg_kept *kept)
{
	otseg_blob_free(&kept->image);
	otseg_blob_free(&kept->closed);
}

static bool is_policy(const struct otseg_blob *image, const u8 digest[OTSEG_DIGEST_LEN])
{
	return !memcmp(((const struct otseg_image *)image->data)->digest, digest,
		       OTSEG_DIGEST_LEN);
}

/* The last confirmed policy is not the one in force while that waits to be confirmed. */
static int fallback_read(const struct otseg_active *active, const struct otseg_genl_policy *policy,
			 struct otseg_blob *image)
{
	char why[OTSEG_KEPT_WHY];
	int err;

	if (!image_read(image, why) && is_policy(image, policy->fallback_digest))
		return 0;
	otseg_blob_free(image);
	err = otseg_previous_read(active->image.data, image);
	if (!err && !is_policy(image, policy->fallback_digest))
		err = -ESTALE;
	return err;
}

/* The last confirmed policy; -EAGAIN: what is in force has changed since it was read. */
static int confirmed_read(const struct otseg_active *active, struct otseg_blob *image)
{
	struct otseg_genl *genl = otseg_backend_genl(active->backend);
	struct otseg_genl_policy policy = {};
	int err = genl ? otseg_genl_policy_get(genl, &policy) : 0;

	if (err)
		return err;
	if (genl && policy.generation != active->generation)
		return -EAGAIN;
	if (policy.confirm_state == OTSEG_CONFIRM_STATE_UNCONFIRMED &&
	    !is_policy(&active->image, policy.fallback_digest))
		return fallback_read(active, &policy, image);
	return otseg_blob_copy(image, &active->image);
}

/* What is closed of the policy that may come back, where the one in force has no such conduit. */
static int absent_close(const struct otseg_active *active, void *image)
{
	const struct otseg_img_conduit *conduits = OTSEG_IMAGE_RECORDS(image, CONDUITS);
	struct otseg_genl *genl = otseg_backend_genl(active->backend);
	struct otseg_genl_conduit *list = NULL;
	size_t i, n_list = 0;
	int err = 0;
	u32 at;

	if (genl)
		err = otseg_genl_conduit_list(genl, &list, &n_list);
	for (i = 0; i < n_list; i++) {
		at = otseg_state_find(image, list[i].name);
		/* Of one that the policy in force does not have, nothing else is remembered. */
		if (at != OTSEG_NONE32 && !(conduits[at].flags & OTSEG_CONDUIT_CLOSED) &&
		    (!list[i].flags || list[i].flags & OTSEG_CONDUIT_FLAG_CLOSED))
			otseg_image_close(image, at);
	}
	free(list);
	return err;
}

static json_t *interfaces_list(const void *image)
{
	json_t *list = json_array();
	const char *name;
	u32 i;

	for (i = 0; i < OTSEG_IMAGE_COUNT(image, LINKS); i++) {
		name = otseg_image_interface(image, i);
		if (name)
			json_array_append_new(list, json_string(name));
	}
	return list;
}

static int state_make(const struct otseg_active *active, struct files *files)
{
	json_t *state = json_pack("{s:s, s:o}", "backend",
				  otseg_backend_id_name(active->pins.state.backend), "interfaces",
				  interfaces_list(files->image.data));

	files->state.data = json_dumps(state, JSON_INDENT(2));
	json_decref(state);
	if (!files->state.data)
		return -ENOMEM;
	files->state.len = strlen(files->state.data);
	return 0;
}

static void files_free(struct files *files)
{
	otseg_blob_free(&files->image);
	otseg_blob_free(&files->state);
}

/* files_free() them, also after an error. */
static int files_make(const struct otseg_active *active, struct files *files)
{
	int err;

	*files = (struct files){};
	err = confirmed_read(active, &files->image);
	if (err)
		return err;
	/* Of the state, only what closes. */
	otseg_image_plain(files->image.data);
	otseg_image_inherit(files->image.data, active->image.data);
	err = absent_close(active, files->image.data);
	return err ? err : state_make(active, files);
}

static int file_write(const char *name, const struct otseg_blob *blob)
{
	return file_is(name, blob) ? 0 : otseg_history_keep(name, blob);
}

/* What is kept need not be what the module takes when the host starts: then somebody must know. */
static void signature_check(const struct otseg_active *active, const void *image)
{
	struct otseg_genl *genl = otseg_backend_genl(active->backend);
	const struct otseg_image *header = image;
	struct otseg_blob signature = {};
	struct otseg_genl_status status;

	if (!genl || otseg_genl_status_get(genl, &status) ||
	    !(status.flags & OTSEG_STATUS_FLAG_REQUIRE_SIGNED))
		return;
	if (otseg_signature_read(image, &signature, true))
		otseg_error_print("warning: the next start of the host cannot bring policy %s back",
				  otseg_image_string(image, header->name));
	otseg_blob_free(&signature);
}

static int sync_locked(void)
{
	struct otseg_active active;
	struct files files = {};
	int err;

	err = otseg_active_open(&active, false);
	if (!err && otseg_active_is_in_force(&active)) {
		err = files_make(&active, &files);
		if (!err)
			err = file_write(IMAGE, &files.image);
		if (!err)
			err = file_write(STATE, &files.state);
		if (!err)
			signature_check(&active, files.image.data);
	}
	files_free(&files);
	otseg_active_close(&active);
	return err;
}

/**
 * otseg_kept_sync - keep for the next start of the host what is in force now
 *
 * To be called after each change of it, and after one that was not needed: whoever made it so
 * may not have lived to keep it. Where nothing is in force, what is kept stays.
 *
 * Return: 0 or a negative errno, which has been told; then what was kept before is there.
 */
int otseg_kept_sync(void)
{
	int lock = otseg_history_lock(), err = lock, tries;

	if (lock >= 0) {
		err = -EAGAIN;
		for (tries = 0; err == -EAGAIN && tries < SYNC_TRIES; tries++)
			err = sync_locked();
		close(lock);
	}
	if (err)
		otseg_error_print("warning: the next start of the host brings back what was kept "
				  "before: what is in force cannot be kept: %s",
				  strerror(-err));
	return err;
}

/**
 * otseg_kept_is_current - whether what is kept is what is in force
 * @active: what is in force
 *
 * Return: whether it is, and where nothing is in force.
 */
bool otseg_kept_is_current(const struct otseg_active *active)
{
	struct files files;
	bool is;

	if (!otseg_active_is_in_force(active))
		return true;
	is = !files_make(active, &files) && file_is(IMAGE, &files.image) &&
	     file_is(STATE, &files.state);
	files_free(&files);
	return is;
}

/**
 * otseg_kept_forget - keep nothing for the next start of the host
 */
void otseg_kept_forget(void)
{
	int lock = otseg_history_lock();
	char path[OTSEG_STATE_PATH];

	if (!otseg_history_path(path, STATE))
		unlink(path);
	if (!otseg_history_path(path, IMAGE))
		unlink(path);
	if (lock >= 0)
		close(lock);
}
