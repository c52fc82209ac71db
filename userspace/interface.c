// SPDX-License-Identifier: GPL-2.0-only
/*
 * otseg interface: the interfaces that the policy names, those that the datapath
 * runs on and those that the module guards; attaching and detaching by hand.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "active.h"
#include "boot.h"
#include "detach.h"
#include "interface.h"
#include "mirror.h"
#include "net/netdev.h"
#include "net/route.h"
#include "net/wire.h"
#include "object.h"
#include "print.h"
#include "protection.h"
#include "watch.h"

enum {
	ATTACH_NAME,
	ATTACH_MODE,
};

/* Row of @name, which comes into being if there is none. */
static json_t *row_get(json_t *rows, const char *name)
{
	json_t *row;
	size_t i;

	json_array_foreach(rows, i, row) {
		if (!strcmp(json_string_value(json_object_get(row, "name")), name))
			return row;
	}
	row = json_pack("{s:s, s:b, s:s}", "name", name, "in_policy", 0, "xdp", "none");
	json_array_append_new(rows, row);
	return row;
}

static void number_add(json_t *row, const char *key, u64 number)
{
	json_int_t before = json_integer_value(json_object_get(row, key));

	json_object_set_new(row, key, json_integer(before + (json_int_t)number));
}

/* Of its links, VLANs are in pass mode where the interface is in route mode. */
static void mode_add(json_t *row, u32 mode)
{
	static const char *const names[] = { "pass", "wire", "route" };

	if (mode != OTSEG_MODE_PASS || !json_object_get(row, "mode"))
		json_object_set_new(row, "mode", json_string(names[mode]));
}

static void policy_add(const struct otseg_active *active, json_t *rows)
{
	const struct otseg_img_link *links;
	json_t *row, *vlans;
	u32 i;

	if (!active->generation)
		return;
	links = OTSEG_IMAGE_RECORDS(active->image.data, LINKS);
	for (i = 0; i < OTSEG_IMAGE_COUNT(active->image.data, LINKS); i++) {
		row = row_get(rows, (const char *)links[i].name);
		json_object_set_new(row, "in_policy", json_true());
		mode_add(row, links[i].mode);
		vlans = json_object_get(row, "vlans");
		if (!vlans) {
			vlans = json_array();
			json_object_set_new(row, "vlans", vlans);
		}
		if (links[i].vlan >> 16)
			json_array_append_new(vlans, json_sprintf("%u.%u", links[i].vlan & 0xfff,
								  links[i].vlan >> 16));
		else if (links[i].vlan)
			json_array_append_new(vlans, json_sprintf("%u", links[i].vlan));
		if (active->counters) {
			const u64 *block =
				active->counters + OTSEG_CTR_LINK + i * OTSEG_CTR_LINK_LEN;

			number_add(row, "packets", block[OTSEG_CTR_LINK_PACKETS]);
			number_add(row, "bytes", block[OTSEG_CTR_LINK_BYTES]);
			number_add(row, "drops", block[OTSEG_CTR_LINK_DROPS]);
			number_add(row, "routed", block[OTSEG_CTR_LINK_ROUTED]);
		}
	}
}

static void wires_add(const struct otseg_active *active, json_t *rows)
{
	const struct otseg_img_link *links;
	const struct otseg_img_wire *wire;
	json_t *row;
	u32 i;

	if (!active->generation)
		return;
	links = OTSEG_IMAGE_RECORDS(active->image.data, LINKS);
	for (i = 0; i < 2 * OTSEG_IMAGE_COUNT(active->image.data, WIRES); i++) {
		wire = &OTSEG_IMAGE_RECORDS(active->image.data, WIRES)[i / 2];
		row = row_get(rows, (const char *)links[wire->ends[i % 2]].name);
		json_object_set_new(row, "wire",
				    json_string(otseg_image_string(active->image.data, wire->name)));
		json_object_set_new(row, "peer",
				    json_string((const char *)links[wire->ends[!(i % 2)]].name));
	}
}

/* Its link, in a word. */
static const char *link_of(const struct otseg_attachment *at)
{
	if (at->device.is_up)
		return at->device.has_carrier ? "up" : "no carrier";
	return at->link_flags & OTSEG_LINK_HELD ? "mirrored" : "down";
}

static void attached_add(const struct otseg_active *active, json_t *rows)
{
	json_t *row;
	size_t i;

	for (i = 0; i < active->n_attached; i++) {
		const struct otseg_attachment *at = &active->attached[i];

		if (!at->device.name[0])
			continue;
		row = row_get(rows, at->role);
		json_object_set_new(row, "device", json_string(at->device.name));
		json_object_set_new(row, "ifindex", json_integer(at->device.ifindex));
		json_object_set_new(row, "xdp", json_string(otseg_attach_mode_name(at->mode)));
		json_object_set_new(row, "prog_id", json_integer(at->prog_id));
		json_object_set_new(row, "by_hand",
				    json_boolean(at->link_flags & OTSEG_LINK_BY_HAND));
		json_object_set_new(row, "link", json_string(link_of(at)));
	}
}

static void guards_add(const struct otseg_active *active, bool stats, json_t *rows)
{
	json_t *row;
	size_t i;

	for (i = 0; i < active->n_guards; i++) {
		const struct otseg_genl_interface *guard = &active->guards[i];

		row = row_get(rows, guard->role);
		json_object_set_new(row, "guarded", json_boolean(guard->guarded));
		json_object_set_new(row, "marked", json_boolean(guard->marked));
		json_object_set_new(row, "fail_open", json_boolean(guard->fail_open));
		json_object_set_new(row, "governed", json_boolean(guard->governed));
		json_object_set_new(row, "bound", json_boolean(guard->bound));
		if (guard->present) {
			json_object_set_new(row, "device", json_string(guard->device));
			json_object_set_new(row, "ifindex", json_integer(guard->ifindex));
		}
		if (!stats)
			continue;
		number_add(row, "unguarded", guard->unguarded);
		number_add(row, "failed_open", guard->failed_open);
	}
}

/* What each one does with a frame, and what protects it. */
static void states_add(const struct otseg_active *active, json_t *rows)
{
	struct otseg_protection protection;
	const char *word;
	json_t *row, *trouble;
	size_t i;

	json_array_foreach(rows, i, row) {
		otseg_protection_get(active, json_string_value(json_object_get(row, "name")),
				     &protection);
		if (protection.device.name[0]) {
			json_object_set_new(row, "device", json_string(protection.device.name));
			json_object_set_new(row, "ifindex",
					    json_integer(protection.device.ifindex));
		}
		if (protection.prog_id) {
			json_object_set_new(row, "xdp",
					    json_string(otseg_attach_mode_name(protection.mode)));
			json_object_set_new(row, "prog_id", json_integer(protection.prog_id));
		}
		json_object_set_new(row, "state", json_string(otseg_protection_state(&protection)));
		word = otseg_protection_word(&protection);
		if (word)
			json_object_set_new(row, "protection", json_string(word));
		trouble = otseg_protection_trouble(&protection);
		if (trouble)
			json_object_set_new(row, "trouble", trouble);
	}
}

/* No reader of the table may overlook it. */
static void troubles_warn(const json_t *rows)
{
	const json_t *trouble;
	json_t *row;
	size_t i;

	json_array_foreach((json_t *)rows, i, row) {
		trouble = json_object_get(row, "trouble");
		if (trouble)
			otseg_error_print("warning: interface %s: %s",
					  json_string_value(json_object_get(row, "name")),
					  json_string_value(trouble));
	}
}

static int show_run(const struct otseg_cli *cli)
{
	static const struct otseg_column columns[] = {
		{ "INTERFACE", "name", false },
		{ "DEVICE", "device", false },
		{ "VLANS", "vlans", false },
		{ "MODE", "mode", false },
		{ "WIRE", "wire", false },
		{ "LINK", "link", false },
		{ "STATE", "state", false },
		{ "XDP", "xdp", false },
		{ "PROTECTION", "protection", false },
		{},
	};
	static const struct otseg_column stats_columns[] = {
		{ "INTERFACE", "name", false },
		{ "DEVICE", "device", false },
		{ "STATE", "state", false },
		{ "XDP", "xdp", false },
		{ "PACKETS", "packets", true },
		{ "BYTES", "bytes", true },
		{ "DROPS", "drops", true },
		{ "ROUTED", "routed", true },
		{ "UNGUARDED", "unguarded", true },
		{ "FAILED OPEN", "failed_open", true },
		{},
	};
	const char *wanted = cli->keys[0];
	struct otseg_active active;
	json_t *rows, *row;
	size_t i;
	int err, ret = OTSEG_EXIT_SYSTEM;

	err = otseg_active_open(&active, cli->stats);
	if (err)
		goto out;
	rows = json_array();
	policy_add(&active, rows);
	wires_add(&active, rows);
	attached_add(&active, rows);
	guards_add(&active, cli->stats, rows);
	states_add(&active, rows);
	for (i = json_array_size(rows); wanted && i-- > 0;) {
		row = json_array_get(rows, i);
		if (strcmp(json_string_value(json_object_get(row, "name")), wanted))
			json_array_remove(rows, i);
	}
	if (wanted && !json_array_size(rows)) {
		otseg_error_print("no interface '%s'", wanted);
		json_decref(rows);
		ret = OTSEG_EXIT_REFUSED;
		goto out;
	}
	json_incref(rows);
	ret = otseg_print_rows(cli, "interfaces", rows, cli->stats ? stats_columns : columns);
	if (!cli->json)
		troubles_warn(rows);
	json_decref(rows);
out:
	otseg_active_close(&active);
	return ret;
}

static enum otseg_attach_mode mode_parse(const char *word)
{
	if (word && !strcmp(word, "native"))
		return OTSEG_ATTACH_NATIVE;
	if (word && !strcmp(word, "generic"))
		return OTSEG_ATTACH_GENERIC;
	return OTSEG_ATTACH_AUTO;
}

/* The same for an interface that the policy routes. */
static void routes_join(const void *image, const struct otseg_attachment *list, size_t n_list,
			const char *role)
{
	const struct otseg_attachment *at = otseg_attach_find(list, n_list, role);

	if (!image || !at || !otseg_route_is_at(image, role))
		return;
	if (at->mode == OTSEG_ATTACH_GENERIC)
		otseg_device_keep_frames(&at->device);
	otseg_route_warn(image, list, n_list, at);
}

/* A wire of the policy may have waited for this end. */
static int wires_join(const struct otseg_active *active, const char *role)
{
	const void *image = active->generation ? active->image.data : NULL;
	struct otseg_attachment *list = NULL;
	struct otseg_crossing crossing;
	size_t n_list = 0, next = 0;
	int err;

	err = otseg_attach_list(&active->pins, &active->bpf, &list, &n_list);
	while (!err && otseg_wire_crossing(image, list, n_list, &next, &crossing)) {
		if (strcmp(crossing.in->role, role) && strcmp(crossing.out->role, role))
			continue;
		otseg_wire_warn(&crossing);
		if (crossing.in->mode == OTSEG_ATTACH_GENERIC)
			otseg_device_keep_frames(&crossing.in->device);
		else if (!otseg_netdev_takes_frames(crossing.out->device.ifindex))
			otseg_error_print("warning: wire %s: the driver of %s sends no frames of "
					  "native XDP; attach %s with 'mode generic'",
					  crossing.wire, crossing.out->device.name,
					  crossing.in->device.name);
	}
	/* While another policy may come back, hints are only ever added. */
	if (!err)
		err = otseg_wires_write(&active->bpf, image, list, n_list,
					!otseg_active_is_waiting(active));
	if (!err)
		routes_join(image, list, n_list, role);
	free(list);
	return err;
}

/* Where the driver of an interface is known to lose the mark that its guard will ask for, auto is generic. */
static void mode_settle(const struct otseg_active *active, const struct otseg_device *device,
			struct otseg_attachment *how)
{
	if (how->mode == OTSEG_ATTACH_NATIVE)
		how->link_flags |= OTSEG_LINK_NATIVE;
	if (how->mode != OTSEG_ATTACH_AUTO || !otseg_backend_genl(active->backend) ||
	    !otseg_device_loses_mark(device) ||
	    (active->generation && otseg_wire_is_at(active->image.data, how->role)))
		return;
	how->mode = OTSEG_ATTACH_GENERIC;
	how->link_flags |= OTSEG_LINK_LOSES_MARK;
}

/**
 * otseg_interface_attach - govern a device
 * @active: what is in force, with a datapath; the folder is locked
 * @device: the device
 * @how: the policy's name for it, flags of its link and mode; takes what has become of it
 *
 * It passes what the policy allows from then on.
 *
 * Return: 0 or a negative errno, which has been told.
 */
int otseg_interface_attach(const struct otseg_active *active, const struct otseg_device *device,
			   struct otseg_attachment *how)
{
	struct otseg_attachment at;
	size_t i;
	int err;

	for (i = 0; i < active->n_attached; i++) {
		at = active->attached[i];
		if (!at.device.name[0])
			continue;
		if (at.device.ifindex == device->ifindex || !strcmp(at.role, how->role)) {
			otseg_error_print("%s: already attached as '%s'", at.device.name, at.role);
			return -EBUSY;
		}
	}
	mode_settle(active, device, how);
	err = otseg_attach_add(&active->pins, &active->bpf, device, how->role, how->link_flags,
			       how->mode, &at);
	if (err)
		return err;
	err = active->backend->ops->bind(active->backend, device->ifindex, how->role,
					 !(how->link_flags & OTSEG_LINK_BY_HAND));
	if (!err)
		err = wires_join(active, how->role);
	if (err) {
		otseg_attach_remove(&active->pins, &active->bpf, device->ifindex);
		return err;
	}
	*how = at;
	return 0;
}

/*
 * In which way an interface runs the datapath can be changed only by detaching it for a moment,
 * which its guard has to be there for. A policy that waits to come back knows the attachment of now.
 */
static int remode_check(const struct otseg_active *active,
			const struct otseg_protection *protection)
{
	const struct otseg_attachment *now = protection->at;

	if (!now || !protection->guard || protection->is_wire) {
		otseg_error_print("%s: already attached as '%s'", protection->device.name,
				  protection->role);
		return -EBUSY;
	}
	if (!otseg_active_is_waiting(active))
		return 0;
	otseg_error_print("%s: another policy may come back, and knows how it is attached now; "
			  "confirm the policy in force first, or roll it back",
			  now->device.name);
	return -EBUSY;
}

/**
 * otseg_interface_remode - have the datapath run on an interface in another way
 * @active: what is in force, with a datapath; the folder is locked
 * @now: the interface, as it is attached
 * @mode: the other way
 * @at: takes what has become of it
 *
 * Its guard stays on duty, so it passes nothing meanwhile.
 *
 * Return: 0 or a negative errno, which has been told; then it is as before, or closed.
 */
int otseg_interface_remode(const struct otseg_active *active, const struct otseg_attachment *now,
			   enum otseg_attach_mode mode, struct otseg_attachment *at)
{
	const struct otseg_device *device = &now->device;
	u32 keep = OTSEG_LINK_BY_HAND | OTSEG_LINK_NATIVE | OTSEG_LINK_LOSES_MARK;
	u32 flags = now->link_flags & OTSEG_LINK_BY_HAND;
	struct otseg_protection protection;
	int err, again;

	otseg_protection_get(active, now->role, &protection);
	err = remode_check(active, &protection);
	if (err)
		return err;
	err = otseg_attach_remove(&active->pins, &active->bpf, device->ifindex);
	if (err)
		return err;
	if (mode == OTSEG_ATTACH_NATIVE)
		flags |= OTSEG_LINK_NATIVE;
	else if (protection.trouble == OTSEG_TROUBLE_MARK_LOST)
		flags |= OTSEG_LINK_LOSES_MARK;
	err = otseg_attach_add(&active->pins, &active->bpf, device, now->role, flags, mode, at);
	if (err) {
		again = otseg_attach_add(&active->pins, &active->bpf, device, now->role,
					 now->link_flags & keep, now->mode, at);
		if (again)
			return err;
	}
	again = active->backend->ops->bind(active->backend, device->ifindex, now->role, false);
	if (!again)
		again = wires_join(active, now->role);
	return err ? err : again;
}

/**
 * otseg_interface_report - say that a device is governed from now on
 * @cli: the command line, for the output
 * @at: what otseg_interface_attach() has made
 */
void otseg_interface_report(const struct otseg_cli *cli, const struct otseg_attachment *at)
{
	if (cli->json)
		printf("{\"name\":\"%s\",\"device\":\"%s\",\"xdp\":\"%s\"}\n", at->role,
		       at->device.name, otseg_attach_mode_name(at->mode));
	else
		printf("interface %s: governed as %s from now on, %s XDP%s\n", at->device.name,
		       at->role, otseg_attach_mode_name(at->mode),
		       at->link_flags & OTSEG_LINK_LOSES_MARK ? otseg_attach_why(at) : "");
	fflush(stdout);
}

/* The attachment of a device that is only to run in another way; NULL: there is none such. */
static const struct otseg_attachment *remodable(const struct otseg_active *active,
						const struct otseg_device *device, const char *role,
						enum otseg_attach_mode mode)
{
	size_t i;

	for (i = 0; i < active->n_attached; i++) {
		const struct otseg_attachment *at = &active->attached[i];

		if (at->device.name[0] && at->device.ifindex == device->ifindex &&
		    (!role || !strcmp(at->role, role)) && mode != OTSEG_ATTACH_AUTO &&
		    mode != at->mode)
			return at;
	}
	return NULL;
}

static int device_attach(const struct otseg_cli *cli, struct otseg_active *active)
{
	const char *role = cli->keys[ATTACH_NAME] ? cli->keys[ATTACH_NAME] : cli->words[0];
	struct otseg_attachment at = {
		.link_flags = OTSEG_LINK_BY_HAND,
		.mode = mode_parse(cli->keys[ATTACH_MODE]),
	};
	const struct otseg_attachment *now;
	struct otseg_device device;
	int err;

	if (!active->has_bpf) {
		otseg_error_print("no datapath is loaded; 'otseg policy apply' loads it");
		return -ENOENT;
	}
	snprintf(at.role, sizeof(at.role), "%s", role);
	err = otseg_device_find(cli->words[0], &device);
	if (err) {
		otseg_error_print("%s: %s", cli->words[0], strerror(-err));
		return err;
	}
	now = remodable(active, &device, cli->keys[ATTACH_NAME], at.mode);
	if (now)
		err = otseg_interface_remode(active, now, at.mode, &at);
	else
		err = otseg_interface_attach(active, &device, &at);
	if (!err)
		otseg_interface_report(cli, &at);
	return err;
}

static int attach_run(const struct otseg_cli *cli)
{
	struct otseg_active active = {};
	struct otseg_pins lock;
	int err;

	if (cli->keys[ATTACH_NAME] && strlen(cli->keys[ATTACH_NAME]) >= OTSEG_DEVICE_NAME) {
		otseg_error_print("'name %s': at most %d bytes\nTry 'otseg interface attach help'.",
				  cli->keys[ATTACH_NAME], OTSEG_DEVICE_NAME - 1);
		return OTSEG_EXIT_USAGE;
	}
	err = otseg_pins_hold(&lock);
	if (!err) {
		err = otseg_active_open(&active, false);
		if (!err)
			err = device_attach(cli, &active);
		otseg_active_close(&active);
	}
	otseg_pins_close(&lock);
	if (!err)
		return OTSEG_EXIT_OK;
	return err == -EBUSY || err == -ENOENT ? OTSEG_EXIT_REFUSED : OTSEG_EXIT_SYSTEM;
}

static int mirror_run(const struct otseg_cli *cli)
{
	return otseg_mirror_run(cli, cli->keys[0]);
}

static int watch_run(const struct otseg_cli *cli)
{
	return otseg_watch_run(cli);
}

static int close_run(const struct otseg_cli *cli)
{
	return otseg_boot_close_run(cli);
}

static int detach_run(const struct otseg_cli *cli)
{
	return otseg_detach_run(cli, cli->words[0]);
}

static const struct otseg_command commands[] = {
	{
		.name = "show",
		.keys = { { "name", "NAME", "only the interface that the policy calls so", false } },
		.sentence = "List interfaces: those of the policy, those attached, those guarded.",
		.run = show_run,
	},
	{
		.name = "attach",
		.words = { "DEVICE" },
		.keys = { { "name", "NAME", "the policy's name for it; default: its own", false },
			  { "mode", "auto|native|generic",
			    "how XDP runs; auto: generic where the driver has no native one",
			    false } },
		.sentence = "Govern a device that the policy does not name by its own name, or not "
			    "yet. It passes what the policy allows, so nothing without one. One "
			    "that is attached already and guarded only changes its mode.",
		.run = attach_run,
	},
	{
		.name = "mirror",
		.keys = { { "settle", "SECONDS",
			    "how long an end that comes up may take to find its link; default: 10",
			    false } },
		.sentence = "Mirror the links of wires with 'mirror-link', until it is ended: an end "
			    "whose other end has no link is taken down, and up again.",
		.run = mirror_run,
	},
	{
		.name = "watch",
		.sentence = "Attach interfaces of the policy that appear, and in generic mode those "
			    "whose driver loses the mark, until it is ended.",
		.run = watch_run,
	},
	{
		.name = "close",
		.sentence = "When the host starts: close the interfaces of the policy that 'policy "
			    "restore' is to put in force, before any link is up.",
		.run = close_run,
	},
	{
		.name = "detach",
		.words = { "DEVICE" },
		.sentence = "Govern a device no longer: it passes everything, unfiltered, unless "
			    "the module's parameter 'governed' names it.",
		.run = detach_run,
	},
	{},
};

const struct otseg_object otseg_object_interface = {
	.name = "interface",
	.sentence = "network devices behind which zones live",
	.commands = commands,
	.default_command = 0,
};
