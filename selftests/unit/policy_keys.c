// SPDX-License-Identifier: GPL-2.0-only
/*
 * Lets test_policy_schema.py see what the loader knows.
 *
 *   policy_keys         prints every kind of map with its keys, and every word
 *   policy_keys FILE    is the policy accepted? Its messages, exit code 0 or 1
 */
#include <string.h>

#include "userspace/policy/keys.h"
#include "userspace/policy/words.h"

static void print_words(const char *kind, struct otseg_word_list list)
{
	size_t i;

	for (i = 0; i < list.n; i++)
		printf("word %s %s\n", kind, list.words[i].name);
}

static void print_all(void)
{
	size_t i, k;

	for (i = 0; i < OTSEG_MAP_COUNT; i++)
		for (k = 0; k < otseg_key_lists[i].n; k++)
			printf("key %s %s\n", otseg_key_lists[i].name, otseg_key_lists[i].keys[k]);
	for (i = OTSEG_SVC_NONE + 1; i < OTSEG_SVC_COUNT; i++)
		printf("word service %s\n", otseg_services[i].name);
	print_words("access", otseg_words_access);
	print_words("objects", otseg_words_protocol(OTSEG_SVC_MODBUS)->objects);
}

int main(int argc, char **argv)
{
	struct otseg_diag diag = {};
	struct otseg_policy *policy;

	if (argc < 2) {
		print_all();
		return 0;
	}
	policy = otseg_policy_load(argv[1], &diag);
	otseg_diag_print(stdout, &diag);
	otseg_diag_free(&diag);
	otseg_policy_free(policy);
	return !policy;
}
