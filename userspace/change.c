// SPDX-License-Identifier: GPL-2.0-only
/*
 * Changing the state of conduits. The module serialises changes by itself: with it nobody
 * has to wait for a tool that hangs. In map-backed mode the folder's lock does it.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "active.h"
#include "change.h"
#include "duration.h"
#include "history.h"
#include "kept.h"
#include "policy/when.h"
#include "print.h"

/* How a change is asked for, and what has become of it. */
struct change_words {
	const char *command;
	const char *result;
};

static const struct change_words words[] = {
	[OTSEG_CONDUIT_CHANGE_ENABLE] = { "enable", "enabled" },
	[OTSEG_CONDUIT_CHANGE_DISABLE] = { "disable", "disabled" },
	[OTSEG_CONDUIT_CHANGE_GRANT] = { "grant", "granted" },
	[OTSEG_CONDUIT_CHANGE_REVOKE] = { "revoke", "revoked" },
	[OTSEG_CONDUIT_CHANGE_ISLAND_ON] = { "island on", "island on" },
	[OTSEG_CONDUIT_CHANGE_ISLAND_OFF] = { "island off", "island off" },
};

/* Bytes that a terminal would obey, and more than the kernel keeps. */
static int reason_check(const char *reason)
{
	const unsigned char *at = (const unsigned char *)reason;

	if (reason && strlen(reason) > OTSEG_REASON_MAX) {
		otseg_error_print("'reason': %zu bytes, at most %d are possible", strlen(reason),
				  OTSEG_REASON_MAX);
		return -E2BIG;
	}
	for (; at && *at; at++) {
		if (*at < 0x20 || *at == 0x7f) {
			otseg_error_print("'reason': expected text without control characters");
			return -EINVAL;
		}
	}
	return 0;
}

static const struct otseg_img_conduit *conduit_of(const struct otseg_active *active,
						  const char *name)
{
	u32 at = otseg_state_find(active->image.data, name);

	return at == OTSEG_NONE32 ? NULL : &OTSEG_IMAGE_RECORDS(active->image.data, CONDUITS)[at];
}

static u32 image_flags(const struct otseg_active *active)
{
	return ((const struct otseg_image *)active->image.data)->flags;
}

/*
 * Whether only the module can say: a conduit that is not open now may be open again after a
 * rollback, and what would be so can be ended before.
 */
static bool is_modules_matter(const struct otseg_active *active, const struct otseg_change *change)
{
	return (change->change == OTSEG_CONDUIT_CHANGE_DISABLE ||
		change->change == OTSEG_CONDUIT_CHANGE_REVOKE) &&
	       otseg_active_is_waiting(active);
}

/* The same that the module would say, in the words of a person at the tool. */
static int change_check(const struct otseg_active *active, const struct otseg_change *change)
{
	const struct otseg_img_conduit *conduit;
	const char *why;

	if (!change->name) {
		why = otseg_state_refusal(image_flags(active), change->change);
		if (why)
			otseg_error_print("island mode %s", why);
		return why ? -EALREADY : 0;
	}
	if (is_modules_matter(active, change))
		return 0;
	conduit = conduit_of(active, change->name);
	if (!conduit) {
		otseg_error_print("the policy has no conduit '%s'", change->name);
		return -ENOENT;
	}
	why = otseg_state_refusal(conduit->flags, change->change);
	if (why) {
		otseg_error_print("conduit '%s' %s", change->name, why);
		return -EALREADY;
	}
	if (change->change == OTSEG_CONDUIT_CHANGE_GRANT && !otseg_backend_genl(active->backend)) {
		otseg_error_print("grant: needs the module: in map-backed mode nothing in the "
				  "kernel could end it");
		return -EOPNOTSUPP;
	}
	return 0;
}

static void report_text(const struct otseg_change *change, bool in_force, u32 n_cut, u32 generation)
{
	char left[OTSEG_DURATION_TEXT];

	if (!change->name) {
		if (change->change == OTSEG_CONDUIT_CHANGE_ISLAND_ON)
			printf("island mode is on, generation %u: %u %s cut\n",
			       generation, n_cut, n_cut == 1 ? "conduit is" : "conduits are");
		else
			printf("island mode is off, generation %u\n", generation);
		return;
	}
	printf("conduit %s is %s", change->name, words[change->change].result);
	if (change->change == OTSEG_CONDUIT_CHANGE_GRANT) {
		otseg_duration_print(left, change->seconds);
		printf(" for %s", left);
	}
	printf(", generation %u\n", generation);
	if (!in_force && (change->change == OTSEG_CONDUIT_CHANGE_GRANT ||
			  change->change == OTSEG_CONDUIT_CHANGE_ENABLE))
		puts("island mode is on: it passes nothing until 'otseg island off'");
}

/* What became of it; @active is what was in force before. */
static void report(const struct otseg_cli *cli, const struct otseg_active *active,
		   const struct otseg_change *change, u32 generation)
{
	const struct otseg_img_conduit *conduits =
		OTSEG_IMAGE_RECORDS(active->image.data, CONDUITS);
	u32 at = change->name ? otseg_state_find(active->image.data, change->name) : 0, i;
	bool in_force = false;
	u32 n_cut = 0;
	json_t *json;

	for (i = 0; i < OTSEG_IMAGE_COUNT(active->image.data, CONDUITS); i++)
		n_cut += conduits[i].flags & OTSEG_CONDUIT_ENABLED &&
			 !otseg_conduit_follows(conduits[i].flags, OTSEG_IMG_ISLAND);
	if (at != OTSEG_NONE32)
		otseg_image_change(active->image.data, at, change->change);
	if (change->name && at != OTSEG_NONE32)
		in_force = conduits[at].flags & OTSEG_CONDUIT_ENABLED;
	if (!cli->json) {
		report_text(change, in_force, n_cut, generation);
		return;
	}
	json = json_pack("{s:s, s:I}", "result", words[change->change].result, "generation",
			 (json_int_t)generation);
	if (change->name) {
		json_object_set_new(json, "conduit", json_string(change->name));
		json_object_set_new(json, "enabled", json_boolean(in_force));
	}
	if (change->change == OTSEG_CONDUIT_CHANGE_GRANT)
		json_object_set_new(json, "seconds_left", json_integer(change->seconds));
	if (change->change == OTSEG_CONDUIT_CHANGE_ISLAND_ON)
		json_object_set_new(json, "cut", json_integer(n_cut));
	otseg_print_json(cli, json);
	json_decref(json);
}

static void history_write(const struct otseg_active *active, const struct otseg_change *change,
			  int err)
{
	struct otseg_history_entry entry = {
		.command = words[change->change].command,
		.result = err ? "refused" : words[change->change].result,
		.why = err ? otseg_error_last() : NULL,
		.reason = change->reason,
		.image = active->generation ? active->image.data : NULL,
		.conduit = change->name,
		.for_s = change->seconds,
	};

	otseg_history_add(&entry);
}

/* Takes the lock only where it is needed; what is in force is read under it. */
static int owner_open(struct otseg_pins *lock, struct otseg_active *active)
{
	int err = otseg_active_open(active, false);

	if (err || otseg_backend_genl(active->backend))
		return err;
	err = otseg_pins_hold(lock);
	if (err)
		return err;
	otseg_active_close(active);
	return otseg_active_open(active, false);
}

static int exit_code(int err)
{
	switch (err) {
	case 0:
		return OTSEG_EXIT_OK;
	case -ENOENT:
	case -EALREADY:
	case -EBUSY:
	case -ESTALE:
	case -EOPNOTSUPP:
		return OTSEG_EXIT_REFUSED;
	default:
		return OTSEG_EXIT_SYSTEM;
	}
}

/**
 * otseg_change_run - change the state of a conduit, or island mode
 * @cli: the command line, for the output
 * @change: the change
 *
 * Return: enum otseg_exit; unless OK, nothing has changed.
 */
int otseg_change_run(const struct otseg_cli *cli, const struct otseg_change *change)
{
	struct otseg_pins lock = { .state_fd = -1, .lock_fd = -1 };
	struct otseg_active active = {};
	u32 generation = 0;
	int err;

	if (reason_check(change->reason))
		return OTSEG_EXIT_USAGE;
	err = owner_open(&lock, &active);
	if (!err && otseg_backend_genl(active.backend))
		otseg_change_catch_up(otseg_backend_genl(active.backend));
	if (!err)
		err = otseg_active_need_policy(&active);
	if (!err)
		err = change_check(&active, change);
	if (!err)
		err = active.backend->ops->change(active.backend, change, &generation);
	history_write(&active, change, err);
	/* Whoever has made it so already need not have lived to keep it. */
	if (!err || err == -EALREADY)
		otseg_kept_sync();
	if (!err)
		report(cli, &active, change, generation);
	otseg_active_close(&active);
	otseg_pins_close(&lock);
	return exit_code(err);
}

/* What the module says beside the image: only it knows times and reasons. */
static void details_add(struct otseg_genl *genl, json_t *conduits)
{
	struct otseg_genl_conduit *list = NULL;
	size_t n_list = 0, i, k;
	json_t *row, *grant;

	if (!genl || otseg_genl_conduit_list(genl, &list, &n_list))
		return;
	json_array_foreach(conduits, i, row) {
		const char *name = json_string_value(json_object_get(row, "name"));

		for (k = 0; k < n_list; k++)
			if (name && !strcmp(list[k].name, name))
				break;
		if (k == n_list)
			continue;
		if (*list[k].reason)
			json_object_set_new(row, "change_reason", json_string(list[k].reason));
		if (!(list[k].flags & OTSEG_CONDUIT_FLAG_GRANTED))
			continue;
		grant = json_pack("{s:I, s:I}", "seconds_left", (json_int_t)list[k].seconds_left,
				  "since_s", (json_int_t)list[k].since_s);
		json_object_set_new(row, "grant", grant);
	}
	free(list);
}

static const char *now_word(u32 flags)
{
	const u32 within = flags & OTSEG_CONDUIT_TIMED ? OTSEG_CONDUIT_WITHIN : 0;

	if (!(flags & OTSEG_CONDUIT_ENABLED)) {
		if (otseg_conduit_follows(flags, 0))
			return "cut";
		return otseg_conduit_follows(flags | within, 0) ? "waiting" : "disabled";
	}
	return flags & OTSEG_CONDUIT_GRANTED ? "granted" : "enabled";
}

/* "open until Fri 18:00 CET", by the clock of its windows. */
static json_t *window_text(const void *image, const struct otseg_when_look *look, u64 now)
{
	char text[OTSEG_WHEN_TEXT];

	if (!otseg_when_shift(image, look->clock, now))
		return look->until == OTSEG_NEVER ?
			       json_string("closed: the policy knows no time as late as this") :
			       json_string("closed: the host's clock is not set");
	if (look->until == OTSEG_NEVER)
		return json_string(look->is_open ? "open" : "closed");
	otseg_when_time(image, look->clock, now, look->until, text);
	return json_sprintf("%s %s", look->is_open ? "open until" : "opens", text);
}

/* What its windows are, by the clock of this host, and when that changes. */
static void window_add(const void *image, u32 conduit, json_t *row)
{
	u64 now = (u64)time(NULL);
	struct otseg_when_look look;
	json_t *window;

	if (!otseg_when_look(image, conduit, now, &look))
		return;
	window = json_pack("{s:b, s:o}", "open", look.is_open, "text",
			   window_text(image, &look, now));
	if (look.until != OTSEG_NEVER)
		json_object_set_new(window, "seconds_left",
				    json_integer((json_int_t)(look.until - now)));
	json_object_set_new(row, "window", window);
}

/**
 * otseg_change_show - say of conduits what state they are in now
 * @active: what is in force
 * @conduits: array of them, in the order of the image
 *
 * Adds to each: "now": enabled, granted, disabled, waiting for a window, or cut by island
 * mode; "enabled": whether it is in force; "window" where it has some; "by_hand" where somebody
 * has enabled or disabled it; "grant" and "change_reason", if the module has one.
 */
void otseg_change_show(const struct otseg_active *active, json_t *conduits)
{
	const struct otseg_img_conduit *all = OTSEG_IMAGE_RECORDS(active->image.data, CONDUITS);
	json_t *row;
	size_t i;

	json_array_foreach(conduits, i, row) {
		u32 flags = all[i].flags;

		json_object_set_new(row, "now", json_string(now_word(flags)));
		window_add(active->image.data, (u32)i, row);
		json_object_set_new(row, "enabled", json_boolean(flags & OTSEG_CONDUIT_ENABLED));
		if (flags & (OTSEG_CONDUIT_OPENED | OTSEG_CONDUIT_CLOSED))
			json_object_set_new(row, "by_hand",
					    json_string(flags & OTSEG_CONDUIT_OPENED ? "enabled" :
										       "disabled"));
	}
	details_add(otseg_backend_genl(active->backend), conduits);
}

/**
 * otseg_change_catch_up - remember which grants the kernel has ended
 * @genl: the connection to the module
 */
void otseg_change_catch_up(struct otseg_genl *genl)
{
	struct otseg_genl_conduit *list = NULL;
	size_t n_list = 0;

	if (otseg_genl_conduit_list(genl, &list, &n_list))
		return;
	otseg_history_grants(list, n_list);
	free(list);
}
