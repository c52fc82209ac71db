// SPDX-License-Identifier: GPL-2.0-only
/*
 * otseg conduit: the conduits of the active policy.
 */
#include "object.h"
#include "otseg/counters.h"
#include "show.h"

static int show_run(const struct otseg_cli *cli)
{
	static const struct otseg_column columns[] = {
		{ "CONDUIT", "name", false },  { "FROM", "from", false },
		{ "TO", "to", false },	       { "STATE", "state", false },
		{ "MODE", "mode", false },     { "RULES", "rules", true },
		{ "REASON", "reason", false }, {},
	};
	static const struct otseg_column stats_columns[] = {
		{ "CONDUIT", "name", false },
		{ "FROM", "from", false },
		{ "TO", "to", false },
		{ "MODE", "mode", false },
		{ "PACKETS", "packets", true },
		{ "BYTES", "bytes", true },
		{ "DROPS", "drops", true },
		{ "MONITORED", "monitored", true },
		{ "FLOWS", "flows", true },
		{ "MESSAGES", "messages", true },
		{ "LIMITED", "limited", true },
		{},
	};
	static const struct otseg_shown shown = {
		.section = "conduits",
		.noun = "conduit",
		.counters = {
			[OTSEG_CTR_CONDUIT_PACKETS] = "packets",
			[OTSEG_CTR_CONDUIT_BYTES] = "bytes",
			[OTSEG_CTR_CONDUIT_DROPS] = "drops",
			[OTSEG_CTR_CONDUIT_MONITORED] = "monitored",
			[OTSEG_CTR_CONDUIT_FLOWS] = "flows",
			[OTSEG_CTR_CONDUIT_MESSAGES] = "messages",
			[OTSEG_CTR_CONDUIT_LIMITED] = "limited",
		},
		.first = OTSEG_CTR_CONDUIT,
		.len = OTSEG_CTR_CONDUIT_LEN,
		.columns = columns,
		.stats_columns = stats_columns,
	};

	return otseg_show_run(cli, &shown, cli->keys[0]);
}

static const struct otseg_command commands[] = {
	{
		.name = "show",
		.keys = { { "name", "NAME", "only the conduit of this name", false } },
		.sentence = "List the conduits; with -s what passed through each.",
		.run = show_run,
	},
	{},
};

const struct otseg_object otseg_object_conduit = {
	.name = "conduit",
	.sentence = "what one zone may ask of another",
	.commands = commands,
	.default_command = 0,
};
