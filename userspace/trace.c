// SPDX-License-Identifier: GPL-2.0-only
/*
 * otseg trace: captures instead of interfaces.
 */
#include "object.h"
#include "trace.h"

static const struct otseg_command commands[] = {
	{
		.name = "simulate",
		.words = { "POLICY", "CAPTURE" },
		.keys = { { "interface", "NAME",
			    "where the frames came in; otherwise each came in where its source "
			    "lives",
			    false },
			  { "opening", "assume|seen",
			    "assume (default): connections older than the capture were opened "
			    "before it",
			    false },
			  { "at", "TIME",
			    "only windows are open that are so then, as 2026-11-27T06:30:00Z; "
			    "otherwise every window is",
			    false } },
		.sentence = "Say what the policy (a file, an image or 'active') does with each "
			    "frame of a capture.",
		.run = otseg_trace_simulate,
	},
	{
		.name = "decode",
		.words = { "CAPTURE" },
		.keys = { { "port", "NUMBER", "look at this TCP or UDP port too", false },
			  { "service", "NAME", "for this service, otherwise for modbus", false } },
		.sentence = "Show what the inspectors see in a capture, without a policy.",
		.run = otseg_trace_decode,
	},
	{},
};

const struct otseg_object otseg_object_trace = {
	.name = "trace",
	.sentence = "captures of frames",
	.commands = commands,
	.default_command = -1,
};
