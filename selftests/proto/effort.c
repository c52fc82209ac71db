// SPDX-License-Identifier: GPL-2.0-only
/*
 * Loads the program of effort.bpf.c and says what that costs the verifier, for
 * effort.sh:
 *
 *   effort OBJECT [LOG_LEVEL]    prints "steps N, instructions N, stack N", stack by
 *				  function; with LOG_LEVEL also what the verifier says
 *   effort -a OBJECT             the steps of every program, all of which it loads
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/libbpf.h>

#define LOG_LEVEL_STATS 4

static char log_of_verifier[16 << 20];

#define PROGRAMS 16

static char logs_of_all[PROGRAMS][1 << 20];

static int quiet(enum libbpf_print_level level, const char *format, va_list args)
{
	return level == LIBBPF_WARN ? vfprintf(stderr, format, args) : 0;
}

/* The number behind @word, with which a line of the verifier's statistics begins. */
static unsigned long number(const char *log, const char *word)
{
	const char *at = strstr(log, word);

	while (at && at > log && at[-1] != '\n')
		at = strstr(at + 1, word);
	return at ? strtoul(at + strlen(word), NULL, 10) : 0;
}

/* The datapath's maps are large, and the program needs none of them. */
static void leave_out_maps(struct bpf_object *object)
{
	struct bpf_map *map;

	bpf_object__for_each_map(map, object) {
		if (!strncmp(bpf_map__name(map), "otseg_", 6) &&
		    strcmp(bpf_map__name(map), "otseg_stages"))
			bpf_map__set_autocreate(map, false);
	}
}

/* What the verifier said last about the program that it refused. */
static void tail_print(const char *log)
{
	const char *from = log + strlen(log);
	int lines = 12;

	while (from > log && lines) {
		from--;
		lines -= *from == '\n';
	}
	fprintf(stderr, "%s\n", from);
}

static int load_all(const char *path)
{
	struct bpf_object *object = bpf_object__open_file(path, NULL);
	struct bpf_program *program;
	int error, n = 0;

	if (!object)
		return 1;
	bpf_object__for_each_program(program, object) {
		if (n == PROGRAMS)
			return 1;
		bpf_program__set_log_level(program, LOG_LEVEL_STATS);
		bpf_program__set_log_buf(program, logs_of_all[n++], sizeof(logs_of_all[0]));
	}
	error = bpf_object__load(object);
	n = 0;
	bpf_object__for_each_program(program, object) {
		if (error && strstr(logs_of_all[n], "processed "))
			tail_print(logs_of_all[n]);
		printf("%s %s %lu\n", bpf_program__name(program), error ? "refused" : "steps",
		       number(logs_of_all[n++], "processed "));
	}
	bpf_object__close(object);
	return !!error;
}

int main(int argc, char **argv)
{
	struct bpf_program *program;
	struct bpf_object *object;
	const char *stack;
	int error;

	if (argc != 2 && argc != 3) {
		fprintf(stderr, "usage: effort OBJECT [LOG_LEVEL]\n");
		return 2;
	}
	libbpf_set_print(quiet);
	if (argc == 3 && !strcmp(argv[1], "-a"))
		return load_all(argv[2]);
	object = bpf_object__open_file(argv[1], NULL);
	if (!object)
		return 1;
	leave_out_maps(object);
	program = bpf_object__find_program_by_name(object, "effort");
	if (!program)
		return 1;
	bpf_program__set_log_level(program, LOG_LEVEL_STATS | (argc > 2 ? atoi(argv[2]) : 0));
	bpf_program__set_log_buf(program, log_of_verifier, sizeof(log_of_verifier));
	error = bpf_object__load(object);
	if (error || argc > 2)
		fprintf(stderr, "%s", log_of_verifier);
	if (error)
		return 1;
	stack = strstr(log_of_verifier, "stack depth ");
	stack = stack ? stack + strlen("stack depth ") : "?";
	printf("steps %lu, instructions %zu, stack %.*s\n", number(log_of_verifier, "processed "),
	       bpf_program__insn_cnt(program), (int)strcspn(stack, "\n"), stack);
	bpf_object__close(object);
	return 0;
}
