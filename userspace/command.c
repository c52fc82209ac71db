// SPDX-License-Identifier: GPL-2.0-only
/*
 * Parsing of the command line by the objects' tables, help, and usage errors.
 * Words count in full only: an abbreviation is a typing error.
 */
#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "command.h"

#ifndef OTSEG_VERSION
#error "the build defines OTSEG_VERSION"
#endif

/* What is left of the arguments while they are parsed. */
struct arguments {
	char **argv;
	int argc;
	int at;
};

static char last_error[1024];

/**
 * otseg_error_print - say on stderr what went wrong
 * @format: as for printf, one sentence without a final newline
 */
void otseg_error_print(const char *format, ...)
{
	va_list ap;

	fflush(stdout);
	fputs("otseg: ", stderr);
	va_start(ap, format);
	vfprintf(stderr, format, ap);
	va_end(ap);
	fputc('\n', stderr);
	if (!strncmp(format, "warning: ", strlen("warning: ")))
		return;
	va_start(ap, format);
	vsnprintf(last_error, sizeof(last_error), format, ap);
	va_end(ap);
}

/**
 * otseg_error_last - the last error that otseg_error_print() has told
 *
 * Return: the sentence, empty if there was none.
 */
const char *otseg_error_last(void)
{
	return last_error;
}

static int usage_error(const struct otseg_cli *cli, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Names the wrong word and where to read on. */
static int usage_error(const struct otseg_cli *cli, const char *format, ...)
{
	va_list ap;

	fputs("otseg: ", stderr);
	va_start(ap, format);
	vfprintf(stderr, format, ap);
	va_end(ap);
	fputs("\nTry 'otseg ", stderr);
	if (cli->object)
		fprintf(stderr, "%s ", cli->object->name);
	if (cli->command)
		fprintf(stderr, "%s ", cli->command->name);
	fputs("help'.\n", stderr);
	return OTSEG_EXIT_USAGE;
}

static void synopsis_print(const struct otseg_object *object, const struct otseg_command *command)
{
	int i;

	printf("otseg [OPTIONS] %s %s", object->name, command->name);
	for (i = 0; i < OTSEG_CLI_WORDS && command->words[i]; i++)
		printf(" %s", command->words[i]);
	for (i = 0; i < OTSEG_CLI_KEYS && command->keys[i].name; i++)
		printf(command->keys[i].is_required ? " %s %s" : " [%s %s]", command->keys[i].name,
		       command->keys[i].value);
	putchar('\n');
}

static void options_print(void)
{
	fputs("Options, anywhere on the line:\n"
	      "  -j, --json      print JSON\n"
	      "  -p, --pretty    print JSON with indentation\n"
	      "  -s, --stats     print counters too\n"
	      "  -V, --version   print the version\n"
	      "  -h, --help      print this\n",
	      stdout);
}

static int help_main(const struct otseg_object *const *objects)
{
	int i;

	fputs("Usage: otseg [OPTIONS] OBJECT [COMMAND [ARGUMENTS]]\n"
	      "       otseg OBJECT [COMMAND] help\n"
	      "Zone-and-conduit firewall between IT and OT networks.\n\n"
	      "Objects:\n",
	      stdout);
	for (i = 0; objects[i]; i++)
		printf("  %-12s %s\n", objects[i]->name, objects[i]->sentence);
	putchar('\n');
	options_print();
	printf("\nWithout an object: %s.\n", objects[0]->name);
	return OTSEG_EXIT_OK;
}

static int help_object(const struct otseg_object *object)
{
	const struct otseg_command *command;

	printf("%s: %s\n\n", object->name, object->sentence);
	for (command = object->commands; command->name; command++) {
		fputs(command == object->commands ? "Usage: " : "       ", stdout);
		synopsis_print(object, command);
	}
	putchar('\n');
	for (command = object->commands; command->name; command++)
		printf("  %-12s %s\n", command->name, command->sentence);
	if (object->default_command >= 0)
		printf("\nWithout a command: %s.\n",
		       object->commands[object->default_command].name);
	putchar('\n');
	options_print();
	return OTSEG_EXIT_OK;
}

static int help_command(const struct otseg_object *object, const struct otseg_command *command)
{
	int i;

	fputs("Usage: ", stdout);
	synopsis_print(object, command);
	printf("%s\n\n", command->sentence);
	for (i = 0; i < OTSEG_CLI_KEYS && command->keys[i].name; i++) {
		printf("  %s %s\n", command->keys[i].name, command->keys[i].value);
		printf("        %s\n", command->keys[i].sentence);
	}
	if (i)
		putchar('\n');
	options_print();
	return OTSEG_EXIT_OK;
}

/* Whether @word is one of the choices in @list, "a|b|c". */
static bool is_choice(const char *list, const char *word)
{
	size_t len = strlen(word);

	while (list) {
		if (!strncmp(list, word, len) && (list[len] == '|' || !list[len]))
			return true;
		list = strchr(list, '|');
		if (list)
			list++;
	}
	return false;
}

static int key_find(const struct otseg_command *command, const char *name, size_t len)
{
	int i;

	for (i = 0; i < OTSEG_CLI_KEYS && command->keys[i].name; i++) {
		if (strlen(command->keys[i].name) == len &&
		    !strncmp(command->keys[i].name, name, len))
			return i;
	}
	return -1;
}

static int key_set(struct otseg_cli *cli, int key, const char *value)
{
	const struct otseg_key *k = &cli->command->keys[key];

	if (!value)
		return usage_error(cli, "'%s' needs a value: %s", k->name, k->value);
	if (cli->keys[key])
		return usage_error(cli, "'%s' is given twice", k->name);
	if (islower(*k->value) && !is_choice(k->value, value))
		return usage_error(cli, "'%s %s': expected %s", k->name, value, k->value);
	if (!*value)
		return usage_error(cli, "'%s' needs a value: %s", k->name, k->value);
	cli->keys[key] = value;
	return OTSEG_EXIT_OK;
}

/* One argument that begins with "--": a key of the command, with = or a space. */
static int parse_dashed(struct otseg_cli *cli, struct arguments *args, const char *word)
{
	const char *name = word + 2;
	size_t len = strcspn(name, "=");
	int key = key_find(cli->command, name, len);

	if (strncmp(word, "--", 2) || key < 0)
		return usage_error(cli, "unknown option '%s'", word);
	if (name[len])
		return key_set(cli, key, name + len + 1);
	return key_set(cli, key, args->at < args->argc ? args->argv[args->at++] : NULL);
}

/* Everything behind the command. Positional words come first, then pairs. */
static int parse_arguments(struct otseg_cli *cli, struct arguments *args)
{
	const struct otseg_command *command = cli->command;
	bool only_words = false;
	int n_words = 0;
	int key, ret;

	while (args->at < args->argc) {
		const char *word = args->argv[args->at++];
		bool wants_word = n_words < OTSEG_CLI_WORDS && command->words[n_words];

		if (!only_words && !strcmp(word, "--")) {
			only_words = true;
		} else if (!only_words && word[0] == '-' && word[1]) {
			ret = parse_dashed(cli, args, word);
			if (ret)
				return ret;
		} else if (wants_word) {
			if (!*word)
				return usage_error(cli, "%s is empty", command->words[n_words]);
			cli->words[n_words++] = word;
		} else {
			key = key_find(command, word, strlen(word));
			if (key < 0)
				return usage_error(cli, "unexpected word '%s'", word);
			ret = key_set(cli, key,
				      args->at < args->argc ? args->argv[args->at++] : NULL);
			if (ret)
				return ret;
		}
	}
	if (n_words < OTSEG_CLI_WORDS && command->words[n_words])
		return usage_error(cli, "%s is missing", command->words[n_words]);
	for (key = 0; key < OTSEG_CLI_KEYS && command->keys[key].name; key++) {
		if (command->keys[key].is_required && !cli->keys[key])
			return usage_error(cli, "'%s %s' is missing", command->keys[key].name,
					   command->keys[key].value);
	}
	return OTSEG_EXIT_OK;
}

/* Takes the global options out of the arguments; they may stand anywhere. */
static bool take_options(struct otseg_cli *cli, struct arguments *args, bool *help)
{
	int from, to = 0;
	bool version = false;

	for (from = 0; from < args->argc; from++) {
		char *word = args->argv[from];

		if (!strcmp(word, "--")) {
			while (from < args->argc)
				args->argv[to++] = args->argv[from++];
			break;
		}
		if (!strcmp(word, "-j") || !strcmp(word, "--json"))
			cli->json = true;
		else if (!strcmp(word, "-p") || !strcmp(word, "--pretty"))
			cli->pretty = true;
		else if (!strcmp(word, "-s") || !strcmp(word, "--stats"))
			cli->stats = true;
		else if (!strcmp(word, "-V") || !strcmp(word, "--version"))
			version = true;
		else if (!strcmp(word, "-h") || !strcmp(word, "--help"))
			*help = true;
		else
			args->argv[to++] = word;
	}
	args->argc = to;
	return version;
}

static int object_find(struct otseg_cli *cli, const struct otseg_object *const *objects,
		       struct arguments *args)
{
	const char *word;
	int i;

	if (args->at == args->argc) {
		cli->object = objects[0];
		return OTSEG_EXIT_OK;
	}
	word = args->argv[args->at++];
	for (i = 0; objects[i]; i++) {
		if (!strcmp(objects[i]->name, word)) {
			cli->object = objects[i];
			return OTSEG_EXIT_OK;
		}
	}
	if (word[0] == '-')
		return usage_error(cli, "unknown option '%s'", word);
	return usage_error(cli, "unknown object '%s'", word);
}

static int command_find(struct otseg_cli *cli, struct arguments *args)
{
	const struct otseg_command *command;
	const char *word;

	if (args->at == args->argc || args->argv[args->at][0] == '-') {
		if (cli->object->default_command < 0)
			return usage_error(cli, "'%s' needs a command", cli->object->name);
		cli->command = &cli->object->commands[cli->object->default_command];
		return OTSEG_EXIT_OK;
	}
	word = args->argv[args->at++];
	for (command = cli->object->commands; command->name; command++) {
		if (!strcmp(command->name, word)) {
			cli->command = command;
			return OTSEG_EXIT_OK;
		}
	}
	return usage_error(cli, "unknown command '%s' of '%s'", word, cli->object->name);
}

/* A write that failed late (a full disk, a closed pipe) is a failure of the command. */
static int output_finish(int exit_code)
{
	if (!fflush(stdout) && !ferror(stdout))
		return exit_code;
	if (errno == EPIPE)
		return exit_code;
	otseg_error_print("standard output: %s", strerror(errno));
	return OTSEG_EXIT_SYSTEM;
}

/* Whether the next argument asks for help, as a word: "otseg zone help". */
static bool is_help(const struct arguments *args)
{
	return args->at < args->argc && !strcmp(args->argv[args->at], "help");
}

static int run(struct otseg_cli *cli, const struct otseg_object *const *objects,
	       struct arguments *args)
{
	bool help = false;
	int ret;

	if (take_options(cli, args, &help)) {
		printf("otseg %s\n", OTSEG_VERSION);
		return OTSEG_EXIT_OK;
	}
	if (is_help(args) || (help && args->at == args->argc))
		return help_main(objects);
	ret = object_find(cli, objects, args);
	if (ret)
		return ret;
	if (is_help(args) || (help && args->at == args->argc))
		return help_object(cli->object);
	ret = command_find(cli, args);
	if (ret)
		return ret;
	if (is_help(args) || help)
		return help_command(cli->object, cli->command);
	ret = parse_arguments(cli, args);
	if (ret)
		return ret;
	return cli->command->run(cli);
}

/**
 * otseg_command_main - parse a command line and do what it asks
 * @objects: the objects, NULL-terminated; the first one is the default
 * @argc: as main() got it
 * @argv: as main() got it; reordered
 *
 * Return: enum otseg_exit.
 */
int otseg_command_main(const struct otseg_object *const *objects, int argc, char **argv)
{
	struct arguments args = { .argv = argv + 1, .argc = argc > 0 ? argc - 1 : 0 };
	struct otseg_cli cli = {};

	return output_finish(run(&cli, objects, &args));
}
