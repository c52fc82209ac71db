// SPDX-License-Identifier: GPL-2.0-only
/*
 * otseg island: cutting what leads from zone to zone, in one step, and back
 * (IEC 62443-3-3, SR 5.2 RE 2, island mode).
 */
#include "active.h"
#include "change.h"
#include "object.h"
#include "print.h"

enum { ISLAND_REASON = 0 };

static int island_change(const struct otseg_cli *cli, enum otseg_conduit_change what)
{
	const struct otseg_change change = {
		.change = what,
		.reason = cli->keys[ISLAND_REASON],
	};

	return otseg_change_run(cli, &change);
}

static int on_run(const struct otseg_cli *cli)
{
	return island_change(cli, OTSEG_CONDUIT_CHANGE_ISLAND_ON);
}

static int off_run(const struct otseg_cli *cli)
{
	return island_change(cli, OTSEG_CONDUIT_CHANGE_ISLAND_OFF);
}

static int show_run(const struct otseg_cli *cli)
{
	static const struct otseg_column columns[] = {
		{ "CONDUIT", "name", false },
		{ "FROM", "from", false },
		{ "TO", "to", false },
		{ "STATE", "now", false },
		{ "SURVIVES", "survives-island", false },
		{},
	};
	struct otseg_active active;
	json_t *policy, *conduits, *document;
	int ret = OTSEG_EXIT_SYSTEM;
	bool is_on;

	if (otseg_active_open(&active, false))
		goto out;
	if (otseg_active_need_policy(&active)) {
		ret = OTSEG_EXIT_REFUSED;
		goto out;
	}
	is_on = otseg_image_is_island(active.image.data);
	policy = otseg_image_json(active.image.data);
	conduits = json_incref(json_object_get(policy, "conduits"));
	json_decref(policy);
	otseg_change_show(&active, conduits);
	ret = OTSEG_EXIT_OK;
	if (cli->json) {
		document = json_pack("{s:b}", "island", is_on);
		otseg_print_json(cli, document);
		json_decref(document);
	} else {
		printf("island mode is %s\n\n", is_on ? "on" : "off");
		otseg_print_table(conduits, columns);
	}
	json_decref(conduits);
out:
	otseg_active_close(&active);
	return ret;
}

static const struct otseg_command commands[] = {
	{
		.name = "show",
		.sentence = "Show whether island mode is on, and what it spares.",
		.run = show_run,
	},
	{
		.name = "on",
		.keys = { OTSEG_KEY_REASON(false) },
		.sentence = "Cut every conduit that does not survive island mode.",
		.run = on_run,
	},
	{
		.name = "off",
		.keys = { OTSEG_KEY_REASON(false) },
		.sentence = "End island mode: conduits are what they were.",
		.run = off_run,
	},
	{},
};

const struct otseg_object otseg_object_island = {
	.name = "island",
	.sentence = "cutting the zones from each other, in one step",
	.commands = commands,
	.default_command = 0,
};
