// SPDX-License-Identifier: GPL-2.0-only
/*
 * The cases of selftests/bpf/adoption.c on the engine of this process, under ASan and UBSan,
 * all frames by the long way. selftests/bpf runs the same ones on the datapath.
 */
#include "../../bpf/engine/env.h"
#include "../bpf/adoption.h"

int main(void)
{
	struct subject *s = subject_engine_new();
	int code;

	subject_engine_world(s)->long_way = 1;
	code = adoption_run(s);
	s->free(s);
	return code;
}
