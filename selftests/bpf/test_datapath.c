// SPDX-License-Identifier: GPL-2.0-only
/*
 * The cases of cases.c on the datapath in the kernel. The engine of this source
 * as a process runs the same ones (selftests/unit/test_engine.c).
 */
#include <errno.h>
#include <string.h>

#include "../unit/ktap.h"
#include "cases.h"
#include "datapath.h"

int main(void)
{
	struct subject *s = datapath_new(NULL, 1);
	int code;

	if (!s && errno == EPERM) {
		printf("TAP version 13\n1..0 # SKIP BPF and network namespaces need root\n");
		return KTAP_SKIP;
	}
	if (!s) {
		printf("TAP version 13\n1..1\nnot ok 1 - the datapath loads: %s\n",
		       strerror(errno));
		return KTAP_FAIL;
	}
	code = cases_run(s);
	s->free(s);
	return code;
}
