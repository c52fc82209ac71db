// SPDX-License-Identifier: GPL-2.0-only
/*
 * otseg reason: the list of reasons why a frame passes or is dropped.
 */
#include "../bpf/engine/packet.h"
#include "object.h"
#include "print.h"
#include "reason.h"

static const struct {
	const char *name;
	const char *class_name;
	const char *sentence;
} reasons[] = {
#define CLASS_PASS "pass"
#define CLASS_DENY "deny"
#define CLASS_INVALID "invalid"
#define CLASS_FAULT "fault"
#define X(id, reason_name, reason_class, text) { reason_name, CLASS_##reason_class, text },
	OTSEG_REASON_LIST(X)
#undef X
};

/**
 * otseg_reason_name - the word for a reason
 * @reason: enum otseg_reason
 *
 * Return: the word, "unknown" for a number without one.
 */
const char *otseg_reason_name(unsigned int reason)
{
	return reason < OTSEG_R_COUNT ? reasons[reason].name : "unknown";
}

/**
 * otseg_reason_class_name - the word for the class of a reason
 * @reason: enum otseg_reason
 *
 * Return: "pass", "deny", "invalid" or "fault".
 */
const char *otseg_reason_class_name(unsigned int reason)
{
	return reason < OTSEG_R_COUNT ? reasons[reason].class_name : CLASS_FAULT;
}

static int list_run(const struct otseg_cli *cli)
{
	static const struct otseg_column columns[] = {
		{ "REASON", "name", false },
		{ "CLASS", "class", false },
		{ "MEANING", "sentence", false },
		{},
	};
	json_t *rows = json_array();
	int i;

	for (i = 0; i < OTSEG_R_COUNT; i++)
		json_array_append_new(rows, json_pack("{s:s, s:s, s:s}", "name", reasons[i].name,
						      "class", reasons[i].class_name, "sentence",
						      reasons[i].sentence));
	return otseg_print_rows(cli, "reasons", rows, columns);
}

static const struct otseg_command commands[] = {
	{
		.name = "list",
		.sentence = "List every reason, with its class and what it means.",
		.run = list_run,
	},
	{},
};

const struct otseg_object otseg_object_reason = {
	.name = "reason",
	.sentence = "why a frame passes or is dropped",
	.commands = commands,
	.default_command = 0,
};

/**
 * otseg_denial_name - the word for who was told of a frame that was dropped
 * @denial: enum otseg_denial
 *
 * Return: the word, NULL: nobody was.
 */
const char *otseg_denial_name(unsigned int denial)
{
	static const char *const names[] = {
		[OTSEG_DENIAL_RESET] = "reset",
		[OTSEG_DENIAL_PEER] = "peer-reset",
		[OTSEG_DENIAL_EXCEPTION] = "exception",
	};

	return denial < sizeof(names) / sizeof(names[0]) ? names[denial] : NULL;
}
