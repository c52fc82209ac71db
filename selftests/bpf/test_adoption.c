// SPDX-License-Identifier: GPL-2.0-only
/*
 * The cases of adoption.c on the datapath in the kernel. The engine of this source as a
 * process runs the same ones (selftests/unit/test_adopt.c).
 */
#include "adoption.h"
#include "datapath.h"

int main(void)
{
	struct subject *s = datapath_begin();
	int code = adoption_run(s);

	s->free(s);
	return code;
}
