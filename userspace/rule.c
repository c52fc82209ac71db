// SPDX-License-Identifier: GPL-2.0-only
/*
 * otseg rule: the rules of the active policy.
 */
#include "object.h"
#include "otseg/counters.h"
#include "show.h"

static int show_run(const struct otseg_cli *cli)
{
	static const struct otseg_column columns[] = {
		{ "CONDUIT", "conduit", false },
		{ "RULE", "name", false },
		{ "SERVICE", "service", false },
		{ "FROM", "from", false },
		{ "TO", "to", false },
		{ "ACCESS", "access", false },
		{ "UNITS", "units", false },
		{ "OBJECTS", "objects", false },
		{},
	};
	static const struct otseg_column stats_columns[] = {
		{ "CONDUIT", "conduit", false }, { "RULE", "name", false },
		{ "SERVICE", "service", false }, { "PACKETS", "packets", true },
		{ "BYTES", "bytes", true },	 { "MESSAGES", "messages", true },
		{ "LIMITED", "limited", true },	 {},
	};
	static const struct otseg_shown shown = {
		.section = "rules",
		.noun = "rule",
		.counters = {
			[OTSEG_CTR_RULE_PACKETS] = "packets",
			[OTSEG_CTR_RULE_BYTES] = "bytes",
			[OTSEG_CTR_RULE_MESSAGES] = "messages",
			[OTSEG_CTR_RULE_LIMITED] = "limited",
		},
		.first = OTSEG_CTR_RULE,
		.len = OTSEG_CTR_RULE_LEN,
		.columns = columns,
		.stats_columns = stats_columns,
	};

	return otseg_show_run(cli, &shown, cli->keys[0]);
}

static const struct otseg_command commands[] = {
	{
		.name = "show",
		.keys = { { "name", "NAME", "only rules of this name; CONDUIT/NAME is one of them",
			    false } },
		.sentence = "List the rules; with -s what each one allowed.",
		.run = show_run,
	},
	{},
};

const struct otseg_object otseg_object_rule = {
	.name = "rule",
	.sentence = "single permissions of a conduit",
	.commands = commands,
	.default_command = 0,
};
