// SPDX-License-Identifier: GPL-2.0-only
/*
 * The cases of selftests/bpf/cases.c on the engine of this process, under ASan
 * and UBSan. selftests/bpf runs the same ones on the datapath.
 */
#include "../bpf/cases.h"

int main(void)
{
	struct subject *s = subject_engine_new();
	int code = cases_run(s);

	s->free(s);
	return code;
}
