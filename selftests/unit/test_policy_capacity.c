// SPDX-License-Identifier: GPL-2.0-only
/*
 * A policy that uses every capacity at once compiles in two seconds into an
 * image that fits; one that goes beyond a capacity is refused by its name. Built
 * without sanitizers, which would measure themselves.
 *
 *   test_policy_capacity GENERATOR
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "image_walk.h"
#include "ktap.h"

#define SECONDS 2.0

static const char *generator;

static double now(void)
{
	struct timespec at;

	/* The time of this process alone: others may share the processor. */
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &at);
	return at.tv_sec + at.tv_nsec / 1e9;
}

static char *generate(size_t *len)
{
	FILE *in = popen(generator, "r"), *out;
	char buffer[65536], *text = NULL;
	size_t n;

	if (!in)
		return NULL;
	out = open_memstream(&text, len);
	while ((n = fread(buffer, 1, sizeof(buffer), in)))
		fwrite(buffer, 1, n, out);
	fclose(out);
	pclose(in);
	return text;
}

static void test_full(void)
{
	struct otseg_diag diag = {};
	struct otseg_blob image = {};
	struct otseg_policy *policy;
	double before, loaded, compiled;
	char *text, why[256];
	size_t len;

	text = generate(&len);
	if (!CHECK(text && len))
		return;
	before = now();
	policy = otseg_policy_parse("capacity", text, len, &diag);
	loaded = now();
	if (policy)
		otseg_policy_compile(policy, &image, &diag);
	compiled = now();
	if (CHECK(image.data)) {
		CHECK(!diag.n_errors && !diag.n_warnings);
		CHECK(OTSEG_IMAGE_COUNT(image.data, ZONES) == OTSEG_MAX_ZONES);
		CHECK(OTSEG_IMAGE_COUNT(image.data, LINKS) == OTSEG_MAX_LINKS);
		CHECK(OTSEG_IMAGE_COUNT(image.data, CONDUITS) == OTSEG_MAX_CONDUITS);
		CHECK(OTSEG_IMAGE_COUNT(image.data, RULES) == OTSEG_MAX_RULES);
		CHECK(OTSEG_IMAGE_COUNT(image.data, PREFIXES) == OTSEG_MAX_PREFIXES);
		CHECK(OTSEG_IMAGE_COUNT(image.data, CLASSES) == OTSEG_MAX_CLASSES);
		CHECK(OTSEG_IMAGE_COUNT(image.data, V6_RANGES) > 10000);
		CHECK(compiled - before < SECONDS);
		printf("# %zu bytes of text: read in %.2f s, compiled in %.2f s to %zu bytes\n",
		       len, loaded - before, compiled - loaded, image.len);
		before = now();
		CHECK(!otseg_image_check(image.data, image.len, why, sizeof(why)), "%s", why);
		printf("# verified in %.3f s\n", now() - before);
		image_walk_all(image.data);
	} else {
		otseg_diag_print(stdout, &diag);
	}
	otseg_blob_free(&image);
	otseg_policy_free(policy);
	otseg_diag_free(&diag);
	free(text);
}

/* @n entries of a format that takes their number. */
__attribute__((format(printf, 2, 0))) static char *many(const char *head, const char *format,
							unsigned int n, const char *tail)
{
	char *text;
	size_t len;
	FILE *out = open_memstream(&text, &len);
	unsigned int i;

	fputs("otseg: 1\nname: x\n", out);
	fputs(head, out);
	for (i = 0; i < n; i++)
		fprintf(out, format, i);
	fputs(tail, out);
	fclose(out);
	return text;
}

static void check_refused(char *text, const char *wanted)
{
	struct otseg_diag diag = {};
	struct otseg_blob image = {};
	struct otseg_policy *policy = otseg_policy_parse("test", text, strlen(text), &diag);
	bool found = false;
	unsigned int i;

	if (policy)
		otseg_policy_compile(policy, &image, &diag);
	for (i = 0; i < diag.n_messages; i++)
		found |= strstr(diag.messages[i].text, wanted) &&
			 diag.messages[i].severity == OTSEG_ERROR;
	if (!CHECK(found && !image.data, "no '%s'", wanted))
		otseg_diag_print(stdout, &diag);
	otseg_blob_free(&image);
	otseg_policy_free(policy);
	otseg_diag_free(&diag);
	free(text);
}

#define TWO \
	"zones:\n  a: {level: 1, prefixes: [10.0.0.0/8]}\n  b: {level: 1, prefixes: [11.0.0.0/8]}\n"
#define ONE_RULE "conduits: {c: {reason: x, from: a, to: b, rules: {r: {service: tcp}}}}\n"

static void test_beyond(void)
{
	check_refused(many("zones:\n", "  z%u: {level: 1}\n", 257, ""),
		      "257 entries of the kind 'zone', at most 256");
	check_refused(many("zones: {a: {level: 1, interfaces: [", "eth%u, ", 257, "]}}\n"),
		      "257 interfaces, at most 256");
	check_refused(many("zones: {a: {level: 1, interfaces: [x, y]}}\nwires:\n", "  w%u: [x, y]\n",
			   129, ""),
		      "129 entries of the kind 'wire', at most 128 are possible");
	check_refused(many("zones:\n  a: {level: 1}\n  b: {level: 1}\nconduits:\n",
			   "  c%u: {reason: x, from: a, to: b}\n", 4097, ""),
		      "4097 entries of the kind 'conduit', at most 4096");
	check_refused(many(TWO
			   "conduits:\n  c:\n    reason: x\n    from: a\n    to: b\n    rules:\n",
			   "      r%u: {service: tcp, port: 1}\n", 32769, ""),
		      "32769 entries of the kind 'rule', at most 32768");
}

static void test_classes(void)
{
	char *text;
	size_t len;
	FILE *out = open_memstream(&text, &len);
	unsigned int i;

	fputs("otseg: 1\nname: x\n" TWO "assets:\n", out);
	for (i = 0; i < 4096; i++)
		fprintf(out, "  a%u: {zone: a, address: 10.0.%u.%u}\n", i, i / 256, i % 256);
	fputs("conduits:\n  c:\n    reason: x\n    from: a\n    to: b\n    rules:\n", out);
	for (i = 0; i < 4096; i++)
		fprintf(out, "      r%u: {service: tcp, port: 1, from: a%u}\n", i, i);
	fclose(out);
	check_refused(text, "the rules tell more than 4095 endpoint classes apart");
}

static void test_prefixes(void)
{
	char *text;
	size_t len;
	FILE *out = open_memstream(&text, &len);
	unsigned int i;

	fputs("otseg: 1\nname: x\n" TWO "assets:\n  x:\n    zone: a\n    address:\n", out);
	for (i = 0; i < 65535; i++)
		fprintf(out, "      - 10.1.%u.%u\n", i / 256, i % 256);
	fputs(ONE_RULE, out);
	fclose(out);
	check_refused(text, "65537 prefixes and addresses in zones and assets, at most 65536");
}

static void test_roles(void)
{
	char *text;
	size_t len;
	FILE *out = open_memstream(&text, &len);
	unsigned int i;

	fputs("otseg: 1\nname: x\n" TWO "assets:\n", out);
	for (i = 0; i < 2000; i++)
		fprintf(out,
			"  a%u: {zone: a, address: 10.0.%u.%u}\n  b%u: {zone: b, address: "
			"11.0.%u.%u}\n",
			i, i / 256, i % 256, i, i / 256, i % 256);
	fputs("conduits:\n  c:\n    reason: x\n    from: a\n    to: b\n    rules:\n", out);
	for (i = 0; i < 2000; i++)
		fprintf(out, "      r%u: {service: tcp, port: 1, from: a%u, to: b%u}\n", i, i, i);
	fclose(out);
	check_refused(text,
		      "section CELL_MATRIX of the image would hold more than 2097152 records");
}

static void test_macs(void)
{
	struct otseg_diag diag = {};
	struct otseg_blob image = {};
	struct otseg_policy *policy;
	char *text;
	size_t len;
	FILE *out = open_memstream(&text, &len);
	unsigned int i;

	fputs("otseg: 1\nname: x\nzones:\n  a:\n    level: 1\n    macs:\n", out);
	for (i = 0; i < OTSEG_MAX_MACS; i++)
		fprintf(out, "      - \"00:1b:1b:00:%02x:%02x\"\n", i / 256, i % 256);
	fclose(out);
	policy = otseg_policy_parse("macs", text, len, &diag);
	if (CHECK(policy))
		CHECK(!otseg_policy_compile(policy, &image, &diag));
	if (image.data) {
		image_walk_all(image.data);
		printf("# %u slots\n", OTSEG_IMAGE_COUNT(image.data, MAC_HASH));
	}
	otseg_diag_print(stdout, &diag);
	otseg_blob_free(&image);
	otseg_policy_free(policy);
	otseg_diag_free(&diag);
	free(text);
}

int main(int argc, char **argv)
{
	static const struct ktap_case cases[] = {
		{ "all capacities at once, within two seconds", test_full },
		{ "as many MAC addresses as there can be", test_macs },
		{ "too many zones, interfaces, conduits, rules", test_beyond },
		{ "too many prefixes", test_prefixes },
		{ "too many endpoint classes", test_classes },
		{ "too many roles", test_roles },
	};
	char *path = NULL;

	if (argc > 1)
		generator = argv[1];
	else if (asprintf(&path, "%.*s/gen_policy",
			  (int)(strrchr(argv[0], '/') ? strrchr(argv[0], '/') - argv[0] : 1),
			  strrchr(argv[0], '/') ? argv[0] : ".") > 0)
		generator = path;
	return ktap_run(cases, sizeof(cases) / sizeof(cases[0]));
}
