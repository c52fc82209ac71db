// SPDX-License-Identifier: GPL-2.0-only
/*
 * The cases of cases.c on the datapath in the kernel. The engine of this source
 * as a process runs the same ones (selftests/unit/test_engine.c).
 */
#include "cases.h"
#include "datapath.h"

int main(void)
{
	struct subject *s = datapath_begin();
	int code = cases_run(s);

	s->free(s);
	return code;
}
