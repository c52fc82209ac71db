// SPDX-License-Identifier: GPL-2.0-only
/*
 * A module with faults, one for each kind that a kernel may look for. Loaded by complaints.sh,
 * each time with the name of one of them.
 */
#include <linux/init.h>
#include <linux/list.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/preempt.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/timer.h>
#include <linux/vmalloc.h>

static char *fault = "";
module_param(fault, charp, 0);
MODULE_PARM_DESC(fault, "which fault");

/* What the compiler cannot know in advance. */
static unsigned int forty = 40;
module_param(forty, uint, 0);
MODULE_PARM_DESC(forty, "40");

static DEFINE_MUTEX(first);
static DEFINE_MUTEX(second);
static char __rcu *shared;

static void warn(void)
{
	WARN_ON(forty == 40);
}

static void sleep_atomic(void)
{
	preempt_disable();
	might_sleep();
	preempt_enable();
}

static void read_unlocked(void)
{
	WRITE_ONCE(forty, forty + !!rcu_dereference(shared));
}

static void shift_too_far(void)
{
	pr_info("shifted: %d\n", 1 << forty);
}

static void lock_both_ways(void)
{
	mutex_lock(&first);
	mutex_lock(&second);
	mutex_unlock(&second);
	mutex_unlock(&first);
	mutex_lock(&second);
	mutex_lock(&first);
	mutex_unlock(&first);
	mutex_unlock(&second);
}

static void expire(struct timer_list *timer)
{
}

static void start_twice(void)
{
	static struct timer_list timer;

	timer_setup(&timer, expire, 0);
	mod_timer(&timer, jiffies + 100 * HZ);
	timer_setup(&timer, expire, 0);
	timer_delete_sync(&timer);
}

static void add_twice(void)
{
	LIST_HEAD(list);
	LIST_HEAD(entry);

	list_add(&entry, &list);
	list_add(&entry, &list);
}

static void leak(void)
{
	char *lost = kmalloc(forty, GFP_KERNEL);

	if (lost)
		strscpy(lost, "lost", forty);
}

static void write_beyond(void)
{
	char *bytes = kmalloc(40, GFP_KERNEL);

	if (bytes)
		WRITE_ONCE(bytes[forty], 1);
	kfree(bytes);
}

static void write_beyond_pages(void)
{
	char *bytes = vmalloc(PAGE_SIZE - 40);

	if (bytes)
		WRITE_ONCE(bytes[PAGE_SIZE - forty], 1);
	vfree(bytes);
}

static void use_freed(void)
{
	char *bytes = kmalloc(80, GFP_KERNEL);

	kfree(bytes);
	if (bytes)
		WRITE_ONCE(forty, forty + READ_ONCE(bytes[forty]));
}

static const struct {
	const char *name;
	void (*make)(void);
} faults[] = {
	{ "warn", warn },
	{ "sleep_atomic", sleep_atomic },
	{ "read_unlocked", read_unlocked },
	{ "shift_too_far", shift_too_far },
	{ "lock_both_ways", lock_both_ways },
	{ "start_twice", start_twice },
	{ "add_twice", add_twice },
	{ "leak", leak },
	{ "write_beyond", write_beyond },
	{ "write_beyond_pages", write_beyond_pages },
	{ "use_freed", use_freed },
};

static int __init complaints_init(void)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(faults); i++) {
		if (!strcmp(faults[i].name, fault)) {
			faults[i].make();
			return 0;
		}
	}
	return -EINVAL;
}
module_init(complaints_init);

static void __exit complaints_exit(void)
{
}
module_exit(complaints_exit);

MODULE_DESCRIPTION("otseg: faults that the tests' kernel is to complain of");
MODULE_LICENSE("GPL");
