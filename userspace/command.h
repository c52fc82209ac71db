/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The tool's grammar: otseg [OPTIONS] OBJECT [COMMAND [ARGUMENTS]]. Owns the
 * tables that describe objects and commands, their parsing, help and usage
 * errors. What a command does lives in the file of its object.
 */
#ifndef OTSEG_COMMAND_H
#define OTSEG_COMMAND_H

#include <stdbool.h>
#include <stdio.h>

/* Exit codes, for scripts; otseg(8) documents them. */
enum otseg_exit {
	OTSEG_EXIT_OK,
	OTSEG_EXIT_REFUSED, /* refused, or what was compared differs */
	OTSEG_EXIT_USAGE,
	OTSEG_EXIT_SYSTEM, /* the kernel, a file or the system said no */
};

#define OTSEG_CLI_WORDS 3 /* positional arguments of a command, at most */
#define OTSEG_CLI_KEYS 4 /* keyed arguments of a command, at most */

/**
 * struct otseg_key - one KEY VALUE pair that a command takes
 * @name: the key; on the command line also with "--" in front
 * @value: what help calls the value; in lower case, the allowed ones, with '|' between them
 * @sentence: what it does
 * @is_required: the command cannot do without
 */
struct otseg_key {
	const char *name;
	const char *value;
	const char *sentence;
	bool is_required;
};

/* The key of every command that changes what is in force. */
#define OTSEG_KEY_REASON(is_required)                                          \
	{                                                                      \
		"reason", "TEXT", "what for, kept in the history", is_required \
	}

struct otseg_cli;

/**
 * struct otseg_command - what one object can be asked to do
 * @name: the word; NULL ends a table
 * @words: names of the positional arguments, NULL-terminated unless full; all required
 * @keys: keyed arguments
 * @sentence: what it does, for help
 * @run: does it; returns enum otseg_exit
 */
struct otseg_command {
	const char *name;
	const char *words[OTSEG_CLI_WORDS];
	struct otseg_key keys[OTSEG_CLI_KEYS];
	const char *sentence;
	int (*run)(const struct otseg_cli *cli);
};

/**
 * struct otseg_object - a noun of the command line
 * @name: the word
 * @sentence: what it is, for help
 * @commands: its commands, ended by one without a name
 * @default_command: index of the command that the bare object means, -1: none
 */
struct otseg_object {
	const char *name;
	const char *sentence;
	const struct otseg_command *commands;
	int default_command;
};

/**
 * struct otseg_cli - a command line, parsed
 * @json: -j: JSON instead of text
 * @pretty: -p: JSON with indentation
 * @stats: -s: with counters
 * @object: the object
 * @command: the command
 * @words: positional arguments, as many as @command has
 * @keys: values of the keyed arguments in the order of @command, NULL: not given
 */
struct otseg_cli {
	bool json;
	bool pretty;
	bool stats;
	const struct otseg_object *object;
	const struct otseg_command *command;
	const char *words[OTSEG_CLI_WORDS];
	const char *keys[OTSEG_CLI_KEYS];
};

int otseg_command_main(const struct otseg_object *const *objects, int argc, char **argv);
void otseg_error_print(const char *format, ...) __attribute__((format(printf, 1, 2)));
const char *otseg_error_last(void);

#endif /* OTSEG_COMMAND_H */
