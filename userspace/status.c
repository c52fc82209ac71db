// SPDX-License-Identifier: GPL-2.0-only
/*
 * otseg status: what is in force on this host, in one screen.
 */
#include <errno.h>
#include <string.h>

#include "active.h"
#include "change.h"
#include "duration.h"
#include "event.h"
#include "net/need.h"
#include "object.h"
#include "print.h"
#include "protection.h"
#include "reason.h"
#include "unenforced.h"

static json_t *counts_json(const void *image)
{
	return json_pack("{s:i, s:i, s:i, s:i}", "links", (int)OTSEG_IMAGE_COUNT(image, LINKS),
			 "zones", (int)OTSEG_IMAGE_COUNT(image, ZONES), "conduits",
			 (int)OTSEG_IMAGE_COUNT(image, CONDUITS), "rules",
			 (int)OTSEG_IMAGE_COUNT(image, RULES));
}

static json_t *policy_json(const struct otseg_active *active)
{
	const struct otseg_image *header = active->image.data;
	char digest[2 * OTSEG_DIGEST_LEN + 1];
	json_t *policy;

	otseg_print_hex(digest, header->digest, sizeof(header->digest));
	policy = json_pack("{s:s, s:s, s:I, s:I, s:I}", "name",
			   otseg_image_string(active->image.data, header->name), "digest", digest,
			   "generation", (json_int_t)active->generation, "revision",
			   (json_int_t)header->revision, "image_size",
			   (json_int_t)active->image.len);
	json_object_update_missing_new(policy, counts_json(active->image.data));
	return policy;
}

/* Seconds for which connections that come in by an interface are taken up yet. */
static u32 adopting_s(const struct otseg_active *active, const struct otseg_attachment *at)
{
	const struct otseg_image *image = active->image.data;
	u32 adopt_s = active->generation ? image->adopt_s : 0;
	u32 age_s = otseg_attach_now() - at->since_s;

	/* The datapath has them taken up as long as no more than so many have passed. */
	return at->since_s && adopt_s && age_s <= adopt_s ? adopt_s - age_s + 1 : 0;
}

static json_t *interfaces_json(const struct otseg_active *active)
{
	struct otseg_protection protection;
	json_t *list = json_array();
	size_t i;

	for (i = 0; i < active->n_attached; i++) {
		const struct otseg_attachment *at = &active->attached[i];

		if (!at->device.name[0])
			continue;
		otseg_protection_get(active, at->role, &protection);
		json_array_append_new(list, json_pack("{s:s, s:s, s:s, s:s, s:I}", "name", at->role,
						      "device", at->device.name, "xdp",
						      otseg_attach_mode_name(at->mode), "protection",
						      otseg_protection_word(&protection),
						      "adopting_s",
						      (json_int_t)adopting_s(active, at)));
	}
	return list;
}

/* Reasons that occurred: passes and drops, the gravest matter for the reader last. */
static json_t *reasons_json(const struct otseg_active *active)
{
	json_t *list = json_array();
	u64 packets;
	int i;

	for (i = 0; i < OTSEG_R_COUNT; i++) {
		packets = active->counters[OTSEG_CTR_REASON + i];
		if (!packets)
			continue;
		json_array_append_new(list, json_pack("{s:s, s:s, s:I}", "name",
						      otseg_reason_name((unsigned int)i), "class",
						      otseg_reason_class_name((unsigned int)i),
						      "packets", (json_int_t)packets));
	}
	return list;
}

/* What there is room for; it grows with the policies that are applied. */
static json_t *room_json(const struct otseg_active *active)
{
	const struct otseg_class *room = &active->pins.state.room;
	struct otseg_provided provided;
	json_t *json, *policy;

	if (otseg_need_provided(&active->bpf, &provided))
		return json_null();
	json = json_pack("{s:I, s:I, s:I}", "flows", (json_int_t)provided.flows, "sessions",
			 (json_int_t)provided.sessions, "table_bytes", (json_int_t)provided.bytes);
	if (active->pins.state.backend == OTSEG_BACKEND_MAP) {
		policy = json_pack("{s:I, s:I, s:I, s:I}", "image_size",
				   (json_int_t)otseg_room_image(room), "conduits",
				   (json_int_t)otseg_room_conduits(room), "rules",
				   (json_int_t)otseg_room_rules(room), "rates",
				   (json_int_t)otseg_room_limiters(room));
		json_object_update_missing_new(json, policy);
	}
	return json;
}

static json_t *module_json(const struct otseg_genl_status *status)
{
	return json_pack("{s:s, s:I, s:b, s:b}", "version", status->version, "image_version",
			 (json_int_t)status->image_version, "transaction",
			 !!(status->flags & OTSEG_STATUS_FLAG_TRANSACTION), "governed",
			 !!(status->flags & OTSEG_STATUS_FLAG_GOVERNED));
}

/* Who has signed the policy, and who must have. */
static json_t *signature_json(const struct otseg_genl_status *status)
{
	json_t *json = json_pack("{s:b, s:I, s:I}", "required",
				 !!(status->flags & OTSEG_STATUS_FLAG_REQUIRE_SIGNED),
				 "certificates", (json_int_t)status->certificates, "least_revision",
				 (json_int_t)status->least_revision);

	if (*status->signer)
		json_object_set_new(json, "signer", json_string(status->signer));
	return json;
}

/* Where nobody has ever spoken of signatures, nothing is said in text. */
static void signature_text(const json_t *signature, bool has_policy)
{
	const char *signer = json_string_value(json_object_get(signature, "signer"));
	bool required = json_is_true(json_object_get(signature, "required"));
	json_int_t n;

	if (has_policy && signer)
		printf("signature   by '%s'\n", signer);
	else if (has_policy && required)
		puts("signature   none, though signatures are required: it was active before they were");
	if (!required)
		return;
	n = json_integer_value(json_object_get(signature, "certificates"));
	printf("signed only revision %lld or higher, %lld certificate%s\n",
	       json_integer_value(json_object_get(signature, "least_revision")), n,
	       n == 1 ? "" : "s");
}

/* Whether the policy is there to stay; a confirmed one says nothing in text. */
static json_t *confirm_json(struct otseg_genl *genl)
{
	static const char *const states[] = { "confirmed", "unconfirmed", "rolled-back" };
	struct otseg_genl_policy policy;
	json_t *json;

	if (otseg_genl_policy_get(genl, &policy) ||
	    policy.confirm_state > OTSEG_CONFIRM_STATE_ROLLED_BACK)
		return json_null();
	json = json_pack("{s:s, s:I}", "state", states[policy.confirm_state], "since_s",
			 (json_int_t)policy.state_seconds);
	if (policy.confirm_state == OTSEG_CONFIRM_STATE_UNCONFIRMED) {
		json_object_set_new(json, "seconds_left", json_integer(policy.seconds_left));
		json_object_set_new(json, "fallback", json_string(policy.fallback_name));
	}
	return json;
}

static void confirm_text(const json_t *confirm)
{
	const char *state = json_string_value(json_object_get(confirm, "state"));

	if (!state)
		return;
	if (!strcmp(state, "unconfirmed"))
		printf("confirm     unconfirmed: policy %s comes back in %lld s\n",
		       json_string_value(json_object_get(confirm, "fallback")),
		       json_integer_value(json_object_get(confirm, "seconds_left")));
	else if (!strcmp(state, "rolled-back"))
		printf("confirm     rolled back: the policy after this one was taken back %lld s ago\n",
		       json_integer_value(json_object_get(confirm, "since_s")));
}

/* Conduits whose state is not the policy's alone: granted, by hand, cut, or with windows. */
static json_t *conduits_json(const struct otseg_active *active)
{
	const void *image = active->image.data;
	const struct otseg_img_conduit *conduits = OTSEG_IMAGE_RECORDS(image, CONDUITS);
	json_t *list = json_array(), *row;
	size_t i;

	for (i = 0; i < OTSEG_IMAGE_COUNT(image, CONDUITS); i++)
		json_array_append_new(list, json_pack("{s:s, s:s}", "name",
						      otseg_image_string(image, conduits[i].name),
						      "state", otseg_image_state(&conduits[i])));
	otseg_change_show(active, list);
	for (i = json_array_size(list); i--;) {
		row = json_array_get(list, i);
		json_object_del(row, "enabled");
		if (!json_object_get(row, "window") &&
		    json_equal(json_object_get(row, "now"), json_object_get(row, "state")))
			json_array_remove(list, i);
	}
	return list;
}

static void conduits_text(const json_t *status)
{
	const json_t *conduits = json_object_get(status, "changed_conduits"), *row;
	const char *now, *reason, *text;
	char left[OTSEG_DURATION_TEXT];
	const json_t *grant, *window;
	size_t i, n_cut = 0;

	json_array_foreach(conduits, i, row)
		n_cut += !strcmp(json_string_value(json_object_get(row, "now")), "cut");
	if (json_is_true(json_object_get(status, "island")))
		printf("island      on: %zu %s cut\n", n_cut, n_cut == 1 ? "conduit is" : "conduits are");
	json_array_foreach(conduits, i, row) {
		now = json_string_value(json_object_get(row, "now"));
		reason = json_string_value(json_object_get(row, "change_reason"));
		grant = json_object_get(row, "grant");
		window = json_object_get(row, "window");
		text = json_string_value(json_object_get(window, "text"));
		if (!grant && !json_object_get(row, "by_hand") && !window)
			continue;
		printf("conduit     %s: %s", json_string_value(json_object_get(row, "name")), now);
		if (window)
			printf(", %s", text);
		if (grant) {
			u32 s = (u32)json_integer_value(json_object_get(grant, "seconds_left"));

			otseg_duration_print(left, s);
			printf("%s, %s left", strcmp(now, "cut") ? "" : ", granted", left);
		} else if (json_object_get(row, "by_hand")) {
			fputs(" by hand", stdout);
		}
		printf("%s%s\n", reason ? ": " : "", reason ? reason : "");
	}
}

static json_t *status_json(const struct otseg_active *active, bool with_stats)
{
	struct otseg_genl *genl = otseg_backend_genl(active->backend);
	struct otseg_genl_status module;
	json_t *status, *unenforced;
	bool is_told;

	status = json_pack("{s:s, s:s, s:s, s:o}", "version", OTSEG_VERSION, "state",
			   active->generation ? "active" : "none", "backend",
			   active->backend ? active->backend->ops->name : "none", "interfaces",
			   interfaces_json(active));
	json_object_set_new(status, "not_protected", otseg_protection_troubles(active));
	if (active->generation) {
		json_object_set_new(status, "policy", policy_json(active));
		json_object_set_new(status, "island",
				    json_boolean(otseg_image_is_island(active->image.data)));
		json_object_set_new(status, "changed_conduits", conduits_json(active));
		unenforced = otseg_unenforced_json(active->image.data, active);
		if (unenforced)
			json_object_set_new(status, "not_enforced", unenforced);
	}
	if (active->bpf.root >= 0 && active->has_bpf)
		json_object_set_new(status, "room", room_json(active));
	if (genl) {
		is_told = !otseg_genl_status_get(genl, &module);
		json_object_set_new(status, "module", is_told ? module_json(&module) : json_null());
		json_object_set_new(status, "signature",
				    is_told ? signature_json(&module) : json_null());
	}
	if (genl && active->generation)
		json_object_set_new(status, "confirm", confirm_json(genl));
	if (active->counters && with_stats) {
		json_object_set_new(status, "reasons", reasons_json(active));
		json_object_set_new(status, "events", otseg_event_counts(active->counters));
		json_object_set_new(status, "denials", otseg_denial_counts(active->counters));
	}
	return status;
}

static void troubles_text(const json_t *status)
{
	json_t *row;
	size_t i;

	json_array_foreach(json_object_get(status, "not_protected"), i, row)
		printf("interface   %s: %s\n", json_string_value(json_object_get(row, "name")),
		       json_string_value(json_object_get(row, "trouble")));
}

static void status_text(const struct otseg_active *active, const json_t *status)
{
	static const struct otseg_column reason_columns[] = {
		{ "REASON", "name", false },
		{ "CLASS", "class", false },
		{ "PACKETS", "packets", true },
		{},
	};
	const json_t *policy = json_object_get(status, "policy"), *events, *denials;
	const json_t *room = json_object_get(status, "room");
	json_int_t zones = json_integer_value(json_object_get(policy, "zones"));
	json_int_t conduits = json_integer_value(json_object_get(policy, "conduits"));
	json_int_t rules = json_integer_value(json_object_get(policy, "rules"));
	size_t i;

	if (policy)
		printf("policy      %s, generation %u\n"
		       "digest      %s\n"
		       "contents    %lld zone%s, %lld conduit%s, %lld rule%s\n",
		       json_string_value(json_object_get(policy, "name")), active->generation,
		       json_string_value(json_object_get(policy, "digest")), zones,
		       otseg_plural(zones), conduits, otseg_plural(conduits), rules,
		       otseg_plural(rules));
	else
		puts("policy      none is active");
	if (json_integer_value(json_object_get(policy, "revision")))
		printf("revision    %lld\n",
		       json_integer_value(json_object_get(policy, "revision")));
	signature_text(json_object_get(status, "signature"), policy);
	otseg_unenforced_print(stdout, "mode        ", json_object_get(status, "not_enforced"));
	confirm_text(json_object_get(status, "confirm"));
	conduits_text(status);
	printf("backend     %s\n", active->backend ? active->backend->ops->name : "none");
	if (json_is_object(room))
		printf("room        for %lld flows and %lld inspected connections, in %lld KiB\n",
		       json_integer_value(json_object_get(room, "flows")),
		       json_integer_value(json_object_get(room, "sessions")),
		       json_integer_value(json_object_get(room, "table_bytes")) / 1024);
	for (i = 0; i < active->n_attached; i++) {
		const struct otseg_attachment *at = &active->attached[i];

		if (!at->device.name[0])
			continue;
		printf("interface   %s", at->device.name);
		if (strcmp(at->device.name, at->role))
			printf(" as %s", at->role);
		printf(", %s XDP", otseg_attach_mode_name(at->mode));
		if (adopting_s(active, at))
			printf(", adopting connections for %u s", adopting_s(active, at));
		putchar('\n');
	}
	if (!active->n_attached)
		puts("interface   none is governed");
	troubles_text(status);
	events = json_object_get(status, "events");
	if (events)
		printf("events      %lld told, %lld suppressed, %lld lost\n",
		       json_integer_value(json_object_get(events, "told")),
		       json_integer_value(json_object_get(events, "suppressed")),
		       json_integer_value(json_object_get(events, "lost")));
	denials = json_object_get(status, "denials");
	if (denials)
		printf("denials     %lld told, %lld suppressed, %lld failed\n",
		       json_integer_value(json_object_get(denials, "told")),
		       json_integer_value(json_object_get(denials, "suppressed")),
		       json_integer_value(json_object_get(denials, "failed")));
	if (json_object_get(status, "reasons")) {
		putchar('\n');
		otseg_print_table(json_object_get(status, "reasons"), reason_columns);
	}
}

static int show_run(const struct otseg_cli *cli)
{
	struct otseg_active active;
	json_t *status;
	int err;

	/* Counters in any case: what monitor mode lets pass is never left out. */
	err = otseg_active_open(&active, true);
	if (!err) {
		status = status_json(&active, cli->stats);
		if (cli->json)
			otseg_print_json(cli, status);
		else
			status_text(&active, status);
		json_decref(status);
	}
	otseg_active_close(&active);
	return err ? OTSEG_EXIT_SYSTEM : OTSEG_EXIT_OK;
}

static const struct otseg_command commands[] = {
	{
		.name = "show",
		.sentence = "Show what is in force; with -s how many frames met which reason.",
		.run = show_run,
	},
	{},
};

const struct otseg_object otseg_object_status = {
	.name = "status",
	.sentence = "what is in force on this host",
	.commands = commands,
	.default_command = 0,
};
