// SPDX-License-Identifier: GPL-2.0-only
/*
 * otseg conduit: the conduits of the active policy, and their state.
 */
#include "change.h"
#include "duration.h"
#include "object.h"
#include "otseg/counters.h"
#include "show.h"

enum {
	CHANGE_REASON = 0,
	GRANT_FOR = 0,
	GRANT_REASON = 1,
};

static int show_run(const struct otseg_cli *cli)
{
	static const struct otseg_column columns[] = {
		{ "CONDUIT", "name", false },
		{ "FROM", "from", false },
		{ "TO", "to", false },
		{ "STATE", "now", false },
		{ "LEFT", "grant.seconds_left", true },
		{ "WINDOW", "window.text", false },
		{ "MODE", "mode", false },
		{ "RULES", "rules", true },
		{ "REASON", "reason", false },
		{},
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
		{ "ADOPTED", "adopted", true },
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
			[OTSEG_CTR_CONDUIT_ADOPTED] = "adopted",
		},
		.first = OTSEG_CTR_CONDUIT,
		.len = OTSEG_CTR_CONDUIT_LEN,
		.columns = columns,
		.stats_columns = stats_columns,
		.add = otseg_change_show,
	};

	return otseg_show_run(cli, &shown, cli->keys[0]);
}

static int change_run(const struct otseg_cli *cli, enum otseg_conduit_change what)
{
	const struct otseg_change change = {
		.change = what,
		.name = cli->words[0],
		.reason = cli->keys[CHANGE_REASON],
	};

	return otseg_change_run(cli, &change);
}

static int enable_run(const struct otseg_cli *cli)
{
	return change_run(cli, OTSEG_CONDUIT_CHANGE_ENABLE);
}

static int disable_run(const struct otseg_cli *cli)
{
	return change_run(cli, OTSEG_CONDUIT_CHANGE_DISABLE);
}

static int revoke_run(const struct otseg_cli *cli)
{
	return change_run(cli, OTSEG_CONDUIT_CHANGE_REVOKE);
}

static int grant_run(const struct otseg_cli *cli)
{
	const struct otseg_change change = {
		.change = OTSEG_CONDUIT_CHANGE_GRANT,
		.name = cli->words[0],
		.seconds = otseg_duration_parse(cli->keys[GRANT_FOR], OTSEG_GRANT_MAX),
		.reason = cli->keys[GRANT_REASON],
	};

	if (change.seconds)
		return otseg_change_run(cli, &change);
	otseg_error_print("'for %s': expected a time like 90s, 10m, 2h or 1d, up to %u seconds\n"
			  "Try 'otseg conduit grant help'.",
			  cli->keys[GRANT_FOR], OTSEG_GRANT_MAX);
	return OTSEG_EXIT_USAGE;
}

static const struct otseg_command commands[] = {
	{
		.name = "show",
		.keys = { { "name", "NAME", "only the conduit of this name", false } },
		.sentence = "List the conduits; with -s what passed through each.",
		.run = show_run,
	},
	{
		.name = "grant",
		.words = { "NAME" },
		.keys = { { "for", "TIME", "how long: 90s, 10m, 2h, 1d", true },
			  OTSEG_KEY_REASON(true) },
		.sentence = "Open a disabled conduit for a time, whose end the kernel keeps.",
		.run = grant_run,
	},
	{
		.name = "revoke",
		.words = { "NAME" },
		.keys = { OTSEG_KEY_REASON(false) },
		.sentence = "End a grant before its time.",
		.run = revoke_run,
	},
	{
		.name = "enable",
		.words = { "NAME" },
		.keys = { OTSEG_KEY_REASON(false) },
		.sentence = "Open a disabled conduit, until another policy is applied.",
		.run = enable_run,
	},
	{
		.name = "disable",
		.words = { "NAME" },
		.keys = { OTSEG_KEY_REASON(false) },
		.sentence = "Close a conduit, until it is enabled again.",
		.run = disable_run,
	},
	{},
};

const struct otseg_object otseg_object_conduit = {
	.name = "conduit",
	.sentence = "what one zone may ask of another",
	.commands = commands,
	.default_command = 0,
};
