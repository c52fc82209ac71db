// SPDX-License-Identifier: GPL-2.0-only
/*
 * interfaces/<role>/ in sysfs, and the life of the memory behind it: an
 * interface is freed when the last reference to its directory is gone and no
 * frame can be in its guard. Files never wait for RTNL.
 */
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/string.h>
#include <linux/sysfs.h>

#include "interface.h"

/**
 * struct otseg_interface_attr - a file of an interface
 * @attr: its name
 * @show: writes the value
 */
struct otseg_interface_attr {
	struct attribute attr;
	ssize_t (*show)(struct otseg_interface *interface, char *buf);
};

static struct kobject *interfaces_dir;
static DEFINE_SPINLOCK(name_lock); /* otseg_interface.device of all interfaces */

static ssize_t show_device(struct otseg_interface *interface, char *buf)
{
	ssize_t len;

	spin_lock(&name_lock);
	len = sysfs_emit(buf, "%s\n", interface->device);
	spin_unlock(&name_lock);
	return len;
}

static ssize_t show_bound(struct otseg_interface *interface, char *buf)
{
	return sysfs_emit(buf, "%d\n", READ_ONCE(interface->is_bound));
}

static ssize_t show_governed(struct otseg_interface *interface, char *buf)
{
	return sysfs_emit(buf, "%d\n", interface->is_governed);
}

static ssize_t show_guard(struct otseg_interface *interface, char *buf)
{
	return sysfs_emit(buf, "%s\n", READ_ONCE(interface->guard.is_active) ? "active" : "absent");
}

static ssize_t show_unguarded(struct otseg_interface *interface, char *buf)
{
	return sysfs_emit(buf, "%llu\n", otseg_guard_drops(&interface->guard));
}

static ssize_t show_marked(struct otseg_interface *interface, char *buf)
{
	return sysfs_emit(buf, "%d\n", READ_ONCE(interface->guard.is_proved));
}

static ssize_t show_fail_open(struct otseg_interface *interface, char *buf)
{
	return sysfs_emit(buf, "%d\n", otseg_guard_fails_open(&interface->guard));
}

static ssize_t show_failed_open(struct otseg_interface *interface, char *buf)
{
	return sysfs_emit(buf, "%llu\n", otseg_guard_passed(&interface->guard));
}

#define INTERFACE_ATTR(_name)                                    \
	static struct otseg_interface_attr interface_##_name = { \
		.attr = { .name = #_name, .mode = 0444 },        \
		.show = show_##_name,                            \
	}

INTERFACE_ATTR(device);
INTERFACE_ATTR(bound);
INTERFACE_ATTR(governed);
INTERFACE_ATTR(guard);
INTERFACE_ATTR(unguarded);
INTERFACE_ATTR(marked);
INTERFACE_ATTR(fail_open);
INTERFACE_ATTR(failed_open);

static struct attribute *interface_attrs[] = {
	&interface_device.attr,
	&interface_bound.attr,
	&interface_governed.attr,
	&interface_guard.attr,
	&interface_unguarded.attr,
	&interface_marked.attr,
	&interface_fail_open.attr,
	&interface_failed_open.attr,
	NULL,
};
ATTRIBUTE_GROUPS(interface);

static ssize_t show_interface(struct kobject *kobj, struct attribute *attr, char *buf)
{
	const struct otseg_interface_attr *file =
		container_of(attr, struct otseg_interface_attr, attr);

	return file->show(container_of(kobj, struct otseg_interface, kobj), buf);
}

static const struct sysfs_ops interface_sysfs_ops = {
	.show = show_interface,
};

static void free_interface(struct rcu_head *rcu)
{
	struct otseg_interface *interface = container_of(rcu, struct otseg_interface, rcu);

	otseg_guard_free(&interface->guard);
	kfree(interface);
}

static void release_kobj(struct kobject *kobj)
{
	call_rcu(&container_of(kobj, struct otseg_interface, kobj)->rcu, free_interface);
}

static const struct kobj_type interface_type = {
	.release = release_kobj,
	.sysfs_ops = &interface_sysfs_ops,
	.default_groups = interface_groups,
};

/**
 * otseg_interface_dir_add - make the directory of an interface
 * @interface: the interface; from now on otseg_interface_release() frees it. On failure
 *	it is freed
 *
 * Context: process, may sleep.
 * Return: 0 or -ENOMEM.
 */
int otseg_interface_dir_add(struct otseg_interface *interface)
{
	int err = kobject_init_and_add(&interface->kobj, &interface_type, interfaces_dir, "%s",
				       interface->role);

	/* There is no directory that could be removed. */
	if (err)
		kobject_put(&interface->kobj);
	return err;
}

/**
 * otseg_interface_release - remove the directory and let go of the interface
 * @interface: off the list, its guard off duty
 *
 * Context: process, may sleep; waits for readers of its files.
 */
void otseg_interface_release(struct otseg_interface *interface)
{
	kobject_del(&interface->kobj);
	kobject_put(&interface->kobj);
}

/**
 * otseg_interface_rename - set the device name that sysfs shows
 * @interface: the interface
 * @device: the name, empty without a device
 */
void otseg_interface_rename(struct otseg_interface *interface, const char *device)
{
	spin_lock(&name_lock);
	strscpy(interface->device, device, sizeof(interface->device));
	spin_unlock(&name_lock);
}

/**
 * otseg_interface_dir_init - make the directory interfaces
 * @root: /sys/kernel/otseg
 *
 * Return: 0 or -ENOMEM.
 */
int otseg_interface_dir_init(struct kobject *root)
{
	interfaces_dir = kobject_create_and_add("interfaces", root);
	return interfaces_dir ? 0 : -ENOMEM;
}

/**
 * otseg_interface_dir_exit - remove the directory interfaces
 *
 * Context: process; it is empty.
 */
void otseg_interface_dir_exit(void)
{
	kobject_put(interfaces_dir);
}
