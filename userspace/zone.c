// SPDX-License-Identifier: GPL-2.0-only
/*
 * otseg zone: the zones of the active policy.
 */
#include "object.h"
#include "otseg/counters.h"
#include "show.h"

static int show_run(const struct otseg_cli *cli)
{
	static const struct otseg_column columns[] = {
		{ "ZONE", "name", false },
		{ "LEVEL", "level", true },
		{ "INTERFACES", "interfaces", false },
		{ "PREFIXES", "prefixes", false },
		{},
	};
	static const struct otseg_column stats_columns[] = {
		{ "ZONE", "name", false },	{ "LEVEL", "level", true },
		{ "PACKETS", "packets", true }, { "BYTES", "bytes", true },
		{ "DROPS", "drops", true },	{},
	};
	static const struct otseg_shown shown = {
		.section = "zones",
		.noun = "zone",
		.counters = {
			[OTSEG_CTR_ZONE_PACKETS] = "packets",
			[OTSEG_CTR_ZONE_BYTES] = "bytes",
			[OTSEG_CTR_ZONE_DROPS] = "drops",
		},
		.first = OTSEG_CTR_ZONE,
		.len = OTSEG_CTR_ZONE_LEN,
		.columns = columns,
		.stats_columns = stats_columns,
	};

	return otseg_show_run(cli, &shown, cli->keys[0]);
}

static const struct otseg_command commands[] = {
	{
		.name = "show",
		.keys = { { "name", "NAME", "only the zone of this name", false } },
		.sentence = "List the zones; with -s what was sent from each.",
		.run = show_run,
	},
	{},
};

const struct otseg_object otseg_object_zone = {
	.name = "zone",
	.sentence = "groups of endpoints with the same protection needs",
	.commands = commands,
	.default_command = 0,
};
