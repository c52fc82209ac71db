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
 * And what whoever applied a policy has not lived to do: the guards of interfaces that are still to
 * come, where wires lead after a rollback, what is kept for the next start of the host, and the
 * history, also of what the kernel does by itself.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "active.h"
#include "change.h"
#include "history.h"
#include "interface.h"
#include "kept.h"
#include "net/link_watch.h"
#include "net/wire.h"
#include "protection.h"
#include "watch.h"

#define LOOK_MS 5000 /* policies change without a message */
#define WRITE_S 4 /* for whoever has changed something to write it down */
#define KEEP_S 60 /* until what could not be kept is tried again */
#define SETTLE_S 2 /* after which no frame is on its way that came before the datapath */
#define DOUBTS 1024 /* a power of two */

#define PAUSE_S 5 /* after a failure at an interface, twice as long after the next one */
#define PAUSE_MAX_S 60

/* Until when an interface is left alone; times are of the monotonic clock. */
struct pause {
	char role[OTSEG_DEVICE_NAME];
	time_t until;
	time_t seconds;
};

/*
 * Over all looks; @keep_at: before that time, nothing is kept; @seen: the module's generation, since
 * @seen_at; @written: the one that the history has caught up with.
 */
struct watch {
	const struct otseg_cli *cli;
	time_t keep_at;
	u32 seen;
	time_t seen_at;
	u32 written;
	struct pause *pauses;
	size_t n_pauses;
};

typedef int role_fn(const struct watch *watch, const struct otseg_active *active, const char *role);

static time_t now_s(void)
{
	struct timespec now = {};

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec;
}

static bool is_paused(const struct watch *watch, const char *role)
{
	size_t i;

	for (i = 0; i < watch->n_pauses; i++) {
		if (!strcmp(watch->pauses[i].role, role))
			return now_s() < watch->pauses[i].until;
	}
	return false;
}

/* What fails at one interface, which has been told, must not keep others waiting. */
static void pause_add(struct watch *watch, const char *role)
{
	struct pause *pause = watch->pauses;
	size_t n = watch->n_pauses, i;

	for (i = 0; i < n && strcmp(pause[i].role, role); i++)
		;
	if (i == n) {
		pause = realloc(pause, (n + 1) * sizeof(*pause));
		if (!pause)
			return;
		watch->pauses = pause;
		watch->n_pauses++;
		pause[i] = (struct pause){ .seconds = PAUSE_S };
		snprintf(pause[i].role, sizeof(pause[i].role), "%s", role);
	} else if (pause[i].seconds < PAUSE_MAX_S) {
		pause[i].seconds *= 2;
	}
	pause[i].until = now_s() + pause[i].seconds;
}

static void pause_end(struct watch *watch, const char *role)
{
	size_t i;

	for (i = 0; i < watch->n_pauses; i++) {
		if (!strcmp(watch->pauses[i].role, role))
			watch->pauses[i] = watch->pauses[--watch->n_pauses];
	}
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

static const struct otseg_attachment *losing_find(const struct watch *watch,
						  const struct otseg_active *active)
{
	size_t i;

	for (i = 0; active->has_bpf && i < active->n_attached; i++) {
		if (!is_paused(watch, active->attached[i].role) &&
		    is_losing(active, &active->attached[i]))
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

/* Of the interfaces that nothing is attached to, the first that @is; @role takes its name. */
static bool role_find(const struct watch *watch, const struct otseg_active *active,
		      bool (*is)(const struct otseg_active *active, const char *role),
		      char role[OTSEG_DEVICE_NAME])
{
	struct otseg_kept kept = {};
	const void *image = image_of(active, &kept);
	const char *name;
	bool found = false;
	u32 i;

	for (i = 0; image && !found && i < OTSEG_IMAGE_COUNT(image, LINKS); i++) {
		name = otseg_image_interface(image, i);
		if (!name || otseg_attach_find(active->attached, active->n_attached, name) ||
		    is_paused(watch, name))
			continue;
		found = is(active, name);
		if (found)
			snprintf(role, OTSEG_DEVICE_NAME, "%s", name);
	}
	otseg_kept_free(&kept);
	return found;
}

/* Its device has come. */
static bool is_waiting(const struct otseg_active *active, const char *role)
{
	struct otseg_device device;

	(void)active;
	return !otseg_device_find(role, &device);
}

/* The module does not guard it: whoever applied the policy did not live to say so. */
static bool is_unguarded(const struct otseg_active *active, const char *role)
{
	size_t i;

	if (!otseg_backend_genl(active->backend))
		return false;
	for (i = 0; i < active->n_guards; i++) {
		if (active->guards[i].bound && !strcmp(active->guards[i].role, role))
			return false;
	}
	return true;
}

static int role_guard(const struct watch *watch, const struct otseg_active *active,
		      const char *role)
{
	(void)watch;
	return active->backend->ops->bind(active->backend, 0, role, true);
}

static int role_attach(const struct watch *watch, const struct otseg_active *active,
		       const char *role)
{
	struct otseg_attachment at = {};
	struct otseg_device device;
	int err;

	err = otseg_device_find(role, &device);
	if (err)
		return err;
	snprintf(at.role, sizeof(at.role), "%s", role);
	err = otseg_interface_attach(active, &device, &at);
	if (!err)
		otseg_interface_report(watch->cli, &at);
	return err;
}

static int role_remode(const struct watch *watch, const struct otseg_active *active,
		       const char *role)
{
	const struct otseg_attachment *now =
		otseg_attach_find(active->attached, active->n_attached, role);
	struct otseg_attachment at;
	int err;

	err = otseg_interface_remode(active, now, OTSEG_ATTACH_GENERIC, &at);
	if (!err)
		otseg_interface_report(watch->cli, &at);
	return err;
}

/* What is to be done at one interface; NULL: nothing. */
static role_fn *role_next(const struct watch *watch, const struct otseg_active *active,
			  char role[OTSEG_DEVICE_NAME])
{
	const struct otseg_attachment *losing;

	if (role_find(watch, active, is_unguarded, role))
		return role_guard;
	if (role_find(watch, active, is_waiting, role))
		return role_attach;
	losing = otseg_active_is_in_force(active) ? losing_find(watch, active) : NULL;
	if (!losing)
		return NULL;
	snprintf(role, OTSEG_DEVICE_NAME, "%s", losing->role);
	return role_remode;
}

/* A policy that has come back finds its wires as the one before it needed them. */
static bool is_unjoined(const struct otseg_active *active)
{
	return otseg_active_is_in_force(active) &&
	       !otseg_wires_are_joined(active->image.data, active->attached, active->n_attached);
}

/* From a look under the lock. @done: there was nothing to do. */
static int one_mend(struct watch *watch, bool *done)
{
	struct otseg_active active = {};
	char role[OTSEG_DEVICE_NAME];
	struct otseg_pins lock;
	role_fn *fn = NULL;
	int err;

	err = otseg_pins_hold(&lock);
	if (!err)
		err = otseg_active_open(&active, false);
	if (!err && is_unjoined(&active))
		err = otseg_wires_write(&active.bpf, active.image.data, active.attached,
					active.n_attached, !otseg_active_is_waiting(&active));
	if (!err)
		fn = role_next(watch, &active, role);
	*done = !fn;
	if (fn && fn(watch, &active, role))
		pause_add(watch, role);
	else if (fn)
		pause_end(watch, role);
	otseg_active_close(&active);
	otseg_pins_close(&lock);
	return err;
}

/*
 * What the kernel does by itself: bring a policy back, end a grant. Whoever else changes something
 * writes it down after it has come into force: for that he has the time of a look at least.
 */
static void history_follow(struct watch *watch, u32 generation)
{
	struct otseg_genl_policy policy;
	struct otseg_backend *module;
	struct otseg_genl *genl;

	if (generation == watch->written)
		return;
	if (generation != watch->seen) {
		watch->seen = generation;
		watch->seen_at = now_s();
		return;
	}
	if (now_s() - watch->seen_at < WRITE_S || otseg_backend_open_module(&module))
		return;
	genl = otseg_backend_genl(module);
	if (!otseg_genl_policy_get(genl, &policy) && policy.generation == generation) {
		otseg_history_catch_up(&policy);
		otseg_change_catch_up(genl);
		watch->written = generation;
	}
	otseg_backend_close(module);
}

/* Without the lock, which a look would keep others from. */
struct need {
	bool mend;
	bool keep;
	u32 generation; /* of the module's policy */
};

static void need_find(const struct watch *watch, struct need *need)
{
	char role[OTSEG_DEVICE_NAME];
	struct otseg_active active;

	*need = (struct need){};
	if (!otseg_active_open(&active, false)) {
		need->mend = is_unjoined(&active) || role_next(watch, &active, role);
		need->keep = now_s() >= watch->keep_at && !otseg_kept_is_current(&active);
		if (otseg_backend_genl(active.backend))
			need->generation = active.generation;
	}
	otseg_active_close(&active);
}

static int look(void *data, int *wait_ms)
{
	struct watch *watch = data;
	struct need need;
	bool done = false;
	int err = 0;

	*wait_ms = LOOK_MS;
	for (need_find(watch, &need); !err && !done && need.mend && !otseg_link_watch_is_over();
	     need_find(watch, &need))
		err = one_mend(watch, &done);
	history_follow(watch, need.generation);
	if (need.keep)
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
	int err;

	err = otseg_link_watch(look, &watch);
	free(watch.pauses);
	return err ? OTSEG_EXIT_SYSTEM : OTSEG_EXIT_OK;
}
