// SPDX-License-Identifier: GPL-2.0-only
/*
 * otseg policy confirm, rollback and history. An unconfirmed policy is the
 * module's: it is rolled back there, without the lock of the pin folder, which a
 * tool that hangs may hold. What is confirmed is rolled back by applying the
 * policy before.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "active.h"
#include "apply.h"
#include "change.h"
#include "confirm.h"
#include "duration.h"
#include "history.h"
#include "kept.h"
#include "print.h"

/* Adds to the history, and returns the exit code. */
static int told(const struct otseg_history_entry *what, int err)
{
	struct otseg_history_entry entry = *what;

	if (err) {
		entry.result = "refused";
		entry.why = otseg_error_last();
		entry.generation = 0;
	}
	otseg_history_add(&entry);
	if (!err)
		return OTSEG_EXIT_OK;
	if (err == -ENOENT || err == -EALREADY || err == -ESTALE || err == -ETIME ||
	    err == -EKEYREJECTED || err == -EBUSY || err == -EPROTO)
		return OTSEG_EXIT_REFUSED;
	return OTSEG_EXIT_SYSTEM;
}

/* What the module says of its policy; -ENOENT, told, without module or policy. */
static int module_ask(struct otseg_genl *genl, struct otseg_genl_policy *policy)
{
	int err;

	if (!genl) {
		otseg_error_print("nothing waits for a confirmation: the policy is not the module's");
		return -ENOENT;
	}
	err = otseg_genl_policy_get(genl, policy);
	if (err)
		return err;
	otseg_history_catch_up(policy);
	if (policy->generation)
		return 0;
	otseg_error_print("no policy is active");
	return -ENOENT;
}

static int waiting_check(const struct otseg_genl_policy *policy)
{
	if (policy->confirm_state == OTSEG_CONFIRM_STATE_UNCONFIRMED)
		return 0;
	if (policy->confirm_state == OTSEG_CONFIRM_STATE_ROLLED_BACK)
		otseg_error_print("too late: the policy was rolled back %u s ago, policy %s is active",
				  policy->state_seconds, policy->name);
	else
		otseg_error_print("policy %s does not wait for a confirmation", policy->name);
	return -ENOENT;
}

static void report(const struct otseg_cli *cli, const char *what, const char *name, u32 generation,
		   json_t *released)
{
	json_t *document, *device;
	size_t i;

	if (cli->json) {
		document = json_pack("{s:s, s:s, s:I, s:O}", "policy", name, "state", what,
				     "generation", (json_int_t)generation, "released", released);
		otseg_print_json(cli, document);
		json_decref(document);
		return;
	}
	if (!strcmp(what, "confirmed"))
		printf("policy %s is confirmed, generation %u\n", name, generation);
	else
		printf("rolled back: policy %s is active, generation %u\n", name, generation);
	json_array_foreach(released, i, device)
		printf("interface %s: released, it is no longer filtered\n",
		       json_string_value(device));
}

static int confirm_locked(const struct otseg_cli *cli, struct otseg_active *active,
			  struct otseg_history_entry *entry)
{
	struct otseg_genl *genl = otseg_backend_genl(active->backend);
	struct otseg_genl_policy policy;
	json_t *released;
	int err;

	err = module_ask(genl, &policy);
	if (!err) {
		err = waiting_check(&policy);
		/* Whoever has confirmed it already need not have lived to keep it. */
		if (err)
			otseg_kept_sync();
	}
	if (!err)
		err = otseg_genl_policy_confirm(genl, active->generation);
	if (err)
		return err;
	entry->image = active->image.data;
	/* That of its commit, whatever has become of conduits since. */
	entry->generation = policy.since ?: active->generation;
	released = json_array();
	otseg_apply_settle(active, released);
	if (!otseg_kept_sync())
		otseg_previous_clean(active->image.data);
	report(cli, "confirmed", policy.name, active->generation, released);
	json_decref(released);
	return 0;
}

/**
 * otseg_confirm_run - keep the active policy
 * @cli: the command line, for the output
 * @reason: for the history, or NULL
 *
 * Return: enum otseg_exit.
 */
int otseg_confirm_run(const struct otseg_cli *cli, const char *reason)
{
	struct otseg_history_entry entry = {
		.command = "confirm",
		.result = "confirmed",
		.reason = reason,
	};
	struct otseg_active active = {};
	struct otseg_pins lock;
	int err, ret;

	err = otseg_pins_hold(&lock);
	if (!err) {
		err = otseg_active_open(&active, false);
		if (!err)
			err = confirm_locked(cli, &active, &entry);
		ret = told(&entry, err);
		otseg_active_close(&active);
	} else {
		ret = told(&entry, err);
	}
	otseg_pins_close(&lock);
	return ret;
}

/* Lets go of what the policy needed that was rolled back: the kernel has done the rest. */
static void rollback_tidy(struct otseg_history_entry *entry, struct otseg_active *active,
			  json_t *released)
{
	struct otseg_pins lock;
	int err;

	err = otseg_pins_hold(&lock);
	if (!err)
		err = otseg_active_open(active, false);
	if (!err)
		err = otseg_apply_settle(active, released);
	if (err)
		otseg_error_print("warning: what the policy has left behind goes with the next apply");
	else
		entry->image = active->image.data;
	otseg_pins_close(&lock);
}

static int module_rollback(const struct otseg_cli *cli, struct otseg_genl *genl,
			   const struct otseg_genl_policy *policy, const char *reason)
{
	struct otseg_history_entry entry = {
		.command = "rollback",
		.result = "rolled back",
		.reason = reason,
		.generation = policy->generation,
	};
	struct otseg_active active = {};
	json_t *released = json_array();
	int err, ret;

	err = otseg_genl_policy_rollback(genl, &entry.generation);
	if (!err) {
		rollback_tidy(&entry, &active, released);
		otseg_kept_sync();
		report(cli, "rolled-back", policy->fallback_name, entry.generation, released);
	}
	ret = told(&entry, err);
	otseg_active_close(&active);
	json_decref(released);
	return ret;
}

/* Whether to go back one more: who asks for a rollback may not know yet that it has happened. */
static int previous_check(const struct otseg_active *active, bool to_previous)
{
	struct otseg_genl *genl = otseg_backend_genl(active->backend);
	struct otseg_genl_policy policy;
	int err;

	if (!genl)
		return 0;
	err = otseg_genl_policy_get(genl, &policy);
	if (err)
		return err;
	if (policy.confirm_state == OTSEG_CONFIRM_STATE_UNCONFIRMED) {
		otseg_error_print("policy %s is unconfirmed: roll it back first, or confirm it",
				  policy.name);
		return -EBUSY;
	}
	if (policy.confirm_state != OTSEG_CONFIRM_STATE_ROLLED_BACK || to_previous)
		return 0;
	otseg_error_print("already rolled back %u s ago, policy %s is active; 'policy rollback to "
			  "previous' goes back to the one before it",
			  policy.state_seconds, policy.name);
	return -EALREADY;
}

/* The policy in force is confirmed: the one before is applied. */
static int previous_apply(const struct otseg_cli *cli, bool to_previous, const char *reason)
{
	struct otseg_apply_options options = { .command = "rollback", .reason = reason };
	const struct otseg_history_entry entry = { .command = "rollback", .reason = reason };
	struct otseg_active active = {};
	struct otseg_blob image = {}, signature = {};
	int err, ret;

	err = otseg_active_open(&active, false);
	if (!err)
		err = otseg_active_need_policy(&active);
	if (!err)
		err = previous_check(&active, to_previous);
	if (!err)
		err = otseg_previous_read(active.image.data, &image);
	if (!err && otseg_backend_genl(active.backend))
		otseg_signature_find(otseg_backend_genl(active.backend), image.data, &signature);
	options.signature = signature.data ? &signature : NULL;
	options.wanted = active.pins.state.backend;
	otseg_active_close(&active);
	if (err)
		return told(&entry, err);
	ret = otseg_apply_policy(cli, &image, &options);
	otseg_blob_free(&signature);
	otseg_blob_free(&image);
	return ret;
}

/**
 * otseg_rollback_run - go back to the last confirmed policy, or to the one before
 * @cli: the command line, for the output
 * @to_previous: to the one before, also where the active one has come back by a rollback
 * @reason: for the history, or NULL
 *
 * Return: enum otseg_exit.
 */
int otseg_rollback_run(const struct otseg_cli *cli, bool to_previous, const char *reason)
{
	struct otseg_backend *module = NULL;
	struct otseg_genl_policy policy = {};
	struct otseg_genl *genl;
	int ret;

	if (!otseg_backend_open_module(&module)) {
		genl = otseg_backend_genl(module);
		if (!otseg_genl_policy_get(genl, &policy))
			otseg_history_catch_up(&policy);
		if (policy.confirm_state == OTSEG_CONFIRM_STATE_UNCONFIRMED && !to_previous) {
			ret = module_rollback(cli, genl, &policy, reason);
			otseg_backend_close(module);
			return ret;
		}
	}
	otseg_backend_close(module);
	return previous_apply(cli, to_previous, reason);
}

static const char *text_of(const json_t *line, const char *key)
{
	const char *text = json_string_value(json_object_get(line, key));

	return text ? text : "";
}

/* What a table shows of a line: who in one word, the digest short. */
static json_t *row_make(const json_t *line)
{
	const char *user = text_of(line, "user"), *from = text_of(line, "ssh");
	const char *why = text_of(line, "why"), *reason = text_of(line, "reason");
	const char *conduit = text_of(line, "conduit");
	u32 for_s = (u32)json_integer_value(json_object_get(line, "for_s"));
	char who[128], digest[13], comment[1400], length[OTSEG_DURATION_TEXT];
	int n;

	if (!*from)
		from = text_of(line, "tty");
	snprintf(who, sizeof(who), "%s%s%s", *user ? user : "-", *from ? "@" : "", from);
	snprintf(digest, sizeof(digest), "%s", text_of(line, "digest"));
	otseg_duration_print(length, for_s);
	n = snprintf(comment, sizeof(comment), "%s%s%s%s", conduit, for_s ? " for " : "",
		     for_s ? length : "", *conduit && (*reason || *why) ? ": " : "");
	snprintf(comment + n, sizeof(comment) - (size_t)n, "%s%s%s", reason,
		 *reason && *why ? ": " : "", why);
	return json_pack("{s:s, s:s, s:s, s:s, s:o, s:s, s:s}", "time", text_of(line, "time"),
			 "result", text_of(line, "result"), "policy", text_of(line, "policy"),
			 "digest", digest, "generation",
			 json_incref(json_object_get(line, "generation") ?: json_string("")), "who",
			 who, "comment", comment);
}

/**
 * otseg_history_run - show the history
 * @cli: the command line
 *
 * Return: enum otseg_exit.
 */
int otseg_history_run(const struct otseg_cli *cli)
{
	static const struct otseg_column columns[] = {
		{ "TIME", "time", false },     { "RESULT", "result", false },
		{ "POLICY", "policy", false }, { "DIGEST", "digest", false },
		{ "GEN", "generation", true }, { "WHO", "who", false },
		{ "WHY", "comment", false },   {},
	};
	struct otseg_backend *module = NULL;
	struct otseg_genl_policy policy;
	json_t *list = json_array(), *rows = list, *line;
	size_t i, n_damaged;
	int err;

	if (!geteuid() && !otseg_backend_open_module(&module)) {
		if (!otseg_genl_policy_get(otseg_backend_genl(module), &policy))
			otseg_history_catch_up(&policy);
		otseg_change_catch_up(otseg_backend_genl(module));
		otseg_backend_close(module);
	}
	err = otseg_history_read(list, &n_damaged);
	if (err) {
		otseg_error_print("the history cannot be read: %s", strerror(-err));
		json_decref(list);
		return OTSEG_EXIT_SYSTEM;
	}
	if (n_damaged)
		otseg_error_print("warning: %zu lines of the history cannot be read", n_damaged);
	if (!cli->json) {
		rows = json_array();
		json_array_foreach(list, i, line)
			json_array_append_new(rows, row_make(line));
		json_decref(list);
	}
	return otseg_print_rows(cli, "history", rows, columns);
}
