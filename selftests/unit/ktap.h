/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * KTAP for tests in C: a table of cases, and CHECK() inside them. A failed check
 * is printed and fails its case; the case goes on.
 */
#ifndef KTAP_H
#define KTAP_H

#include <stdarg.h>
#include <stdio.h>

#define KTAP_PASS 0
#define KTAP_FAIL 1
#define KTAP_SKIP 4

/**
 * struct ktap_case - one test
 * @name: what it proves
 * @run: the test
 */
struct ktap_case {
	const char *name;
	void (*run)(void);
};

static int ktap_failures;

/* Prints what was expected; false if it was not so. */
#define CHECK(claim, ...) ktap_check(!!(claim), #claim, __FILE__, __LINE__, " " __VA_ARGS__)

__attribute__((format(printf, 5, 6), unused)) static int
ktap_check(int is_true, const char *claim, const char *file, int line, const char *format, ...)
{
	va_list args;

	if (is_true)
		return 1;
	ktap_failures++;
	printf("# %s:%d: not so: %s", file, line, claim);
	if (format[1]) {
		printf(":");
		va_start(args, format);
		vprintf(format, args);
		va_end(args);
	}
	printf("\n");
	return 0;
}

/**
 * ktap_run - run all cases
 * @cases: the table
 * @n_cases: its length
 *
 * Return: exit code of the program.
 */
static inline int ktap_run(const struct ktap_case *cases, int n_cases)
{
	int failed = 0;
	int i;

	printf("TAP version 13\n1..%d\n", n_cases);
	for (i = 0; i < n_cases; i++) {
		ktap_failures = 0;
		cases[i].run();
		failed += ktap_failures > 0;
		printf("%sok %d - %s\n", ktap_failures ? "not " : "", i + 1, cases[i].name);
		fflush(stdout);
	}
	return failed ? KTAP_FAIL : KTAP_PASS;
}

/*
 * For tests whose cases are the rows of a table of their own: the plan, a result
 * for each row, and the exit code of the program.
 */
static int ktap_results, ktap_failed_results;

static inline void ktap_begin(int n_results)
{
	printf("TAP version 13\n1..%d\n", n_results);
}

__attribute__((format(printf, 2, 3), unused)) static int ktap_result(int passed, const char *format,
								     ...)
{
	va_list args;

	ktap_failed_results += !passed;
	printf("%sok %d - ", passed ? "" : "not ", ++ktap_results);
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	printf("\n");
	fflush(stdout);
	return passed;
}

static inline int ktap_end(int n_results)
{
	if (ktap_results != n_results)
		printf("# %d results were announced, %d came\n", n_results, ktap_results);
	return ktap_failed_results || ktap_results != n_results ? KTAP_FAIL : KTAP_PASS;
}

#endif /* KTAP_H */
