// SPDX-License-Identifier: GPL-2.0-only
/*
 * Added to the module by module_memory.sh: which of its allocations fail.
 *
 *	fail_at=N	the N-th from now on; counts down to 0, which is none
 *	fail_all=1	all of them
 */
#include <linux/moduleparam.h>
#include <linux/spinlock.h>

#include "module_fail.h"

static DEFINE_SPINLOCK(lock);

static unsigned long fail_at;
module_param(fail_at, ulong, 0644);
MODULE_PARM_DESC(fail_at, "number of the allocation that fails, counted down; 0: none");

static bool fail_all;
module_param(fail_all, bool, 0644);
MODULE_PARM_DESC(fail_all, "whether all allocations fail");

/**
 * otseg_fails - whether the allocation that is about to be made fails
 *
 * Context: any.
 * Return: whether it does.
 */
bool otseg_fails(void)
{
	unsigned long flags;
	bool fails;

	spin_lock_irqsave(&lock, flags);
	fails = fail_all || (fail_at && !--fail_at);
	spin_unlock_irqrestore(&lock, flags);
	return fails;
}
