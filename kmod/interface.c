// SPDX-License-Identifier: GPL-2.0-only
/*
 * The list of interfaces, their binding to devices and the events of devices.
 * Owns the rule that a bound or governed interface has its guard on duty as long
 * as its device exists. Only devices of the initial network namespace count. As long as one is
 * bound the module stays: without it the interface would pass everything.
 *
 * The list and all bindings change under RTNL. sysfs never takes RTNL, so a
 * directory may be removed with it held.
 */
#include <linux/err.h>
#include <linux/etherdevice.h>
#include <linux/module.h>
#include <linux/netlink.h>
#include <linux/notifier.h>
#include <linux/rtnetlink.h>
#include <linux/slab.h>
#include <net/net_namespace.h>

#include "../include/otseg/image.h"
#include "confirm.h"
#include "interface.h"

LIST_HEAD(otseg_interfaces);
static u32 n_interfaces;

/**
 * otseg_interface_count - interfaces that are bound or governed
 *
 * Return: their number, from one moment.
 */
u32 otseg_interface_count(void)
{
	return READ_ONCE(n_interfaces);
}

/**
 * otseg_interface_by_dev - find the interface that a device stands for
 * @dev: the device
 *
 * Context: RTNL held.
 * Return: the interface or NULL.
 */
struct otseg_interface *otseg_interface_by_dev(const struct net_device *dev)
{
	struct otseg_interface *interface;

	ASSERT_RTNL();
	list_for_each_entry(interface, &otseg_interfaces, list)
		if (interface->dev == dev)
			return interface;
	return NULL;
}

/**
 * otseg_interface_by_role - find an interface by its name in the policy
 * @role: the name
 *
 * Context: RTNL held.
 * Return: the interface or NULL.
 */
struct otseg_interface *otseg_interface_by_role(const char *role)
{
	struct otseg_interface *interface;

	ASSERT_RTNL();
	list_for_each_entry(interface, &otseg_interfaces, list)
		if (!strcmp(interface->role, role))
			return interface;
	return NULL;
}

static struct otseg_interface *create(const char *role, bool is_governed)
{
	struct otseg_interface *interface;

	interface = kzalloc(sizeof(*interface), GFP_KERNEL);
	if (!interface)
		return NULL;
	strscpy(interface->role, role, sizeof(interface->role));
	interface->is_governed = is_governed;
	if (otseg_guard_init(&interface->guard, interface->role)) {
		kfree(interface);
		return NULL;
	}
	if (otseg_interface_dir_add(interface))
		return NULL;
	list_add_tail(&interface->list, &otseg_interfaces);
	WRITE_ONCE(n_interfaces, n_interfaces + 1);
	return interface;
}

static void destroy(struct otseg_interface *interface)
{
	list_del(&interface->list);
	WRITE_ONCE(n_interfaces, n_interfaces - 1);
	otseg_interface_release(interface);
}

static int attach(struct otseg_interface *interface, struct net_device *dev)
{
	int err;

	err = otseg_guard_attach(&interface->guard, dev);
	if (err) {
		netdev_err(dev, "the guard of interface %s cannot be set up: %d\n", interface->role,
			   err);
		return err;
	}
	interface->dev = dev;
	interface->is_by_name = true;
	otseg_interface_rename(interface, dev->name);
	netdev_info(dev, "guarded as interface %s\n", interface->role);
	return 0;
}

static void detach(struct otseg_interface *interface)
{
	if (!interface->dev)
		return;
	otseg_guard_detach(&interface->guard);
	netdev_info(interface->dev, "no longer guarded as interface %s\n", interface->role);
	interface->dev = NULL;
	otseg_interface_rename(interface, "");
}

static struct otseg_interface *create_bindable(const char *role, struct netlink_ext_ack *extack)
{
	struct otseg_interface *interface;

	if (n_interfaces >= OTSEG_MAX_LINKS) {
		NL_SET_ERR_MSG_FMT(extack, "all %u interfaces there can be exist", n_interfaces);
		return ERR_PTR(-ENOSPC);
	}
	interface = create(role, false);
	if (interface)
		return interface;
	NL_SET_ERR_MSG_FMT(extack, "no memory for interface %s", role);
	return ERR_PTR(-ENOMEM);
}

static int set_bound(struct otseg_interface *interface, bool is_provisional, u32 owner,
		     struct netlink_ext_ack *extack)
{
	if (!interface->is_bound && !try_module_get(THIS_MODULE)) {
		NL_SET_ERR_MSG(extack, "the module is about to be unloaded");
		return -ESHUTDOWN;
	}
	otseg_confirm_bind(interface, is_provisional, owner);
	WRITE_ONCE(interface->is_bound, true);
	return 0;
}

/*
 * Whether the device of the interface has another name by now. While a host starts, a name may be
 * one device's for a moment and then another's: the interface goes along with its name, unless
 * somebody has said which device it is.
 */
static bool is_astray(const struct otseg_interface *interface)
{
	return interface->dev && interface->is_by_name && !interface->is_governed &&
	       __dev_get_by_name(&init_net, interface->role) != interface->dev;
}

/*
 * Has an interface guard @dev, and not the device that it had, which @left is set to, nor another
 * interface. Both that lose something have to be astray. After a failure everything is as before.
 */
static int move_to(struct otseg_interface *interface, struct net_device *dev,
		   struct net_device **left)
{
	struct otseg_interface *own = otseg_interface_by_dev(dev);
	struct net_device *had = interface->dev;
	int err;

	*left = NULL;
	detach(interface);
	err = attach(interface, dev);
	if (err) {
		if (had)
			attach(interface, had);
		return err;
	}
	/* Guarded twice for a moment, and never not at all. */
	if (own)
		detach(own);
	*left = had;
	return 0;
}

/* The interface whose role is the name of a device, or an alternative one. */
static struct otseg_interface *by_name(const struct net_device *dev)
{
	struct otseg_interface *interface = otseg_interface_by_role(dev->name);

	if (interface)
		return interface;
	list_for_each_entry(interface, &otseg_interfaces, list)
		if (__dev_get_by_name(&init_net, interface->role) == dev)
			return interface;
	return NULL;
}

/*
 * The interface of a device's name takes it, if it waits, or its own has another name by now. @left is
 * set to that one, which may have an interface waiting for it, too.
 */
static int take(struct net_device *dev, struct net_device **left)
{
	struct otseg_interface *own = otseg_interface_by_dev(dev), *interface;

	*left = NULL;
	if (own)
		otseg_interface_rename(own, dev->name);
	interface = by_name(dev);
	if (!interface || interface->dev == dev)
		return 0;
	if (interface->is_governed && dev->flags & IFF_LOOPBACK) {
		netdev_err(dev, "the loopback device cannot be governed\n");
		return -EOPNOTSUPP;
	}
	if ((interface->dev && !is_astray(interface)) || (own && !is_astray(own))) {
		if (!interface->is_governed)
			return 0;
		netdev_err(dev, "refused: interface %s is governed and is another device\n",
			   interface->role);
		return -EBUSY;
	}
	return move_to(interface, dev, left);
}

/* Devices that are nobody's any more, one after the other, find who waits for them. */
static void settle(struct net_device *left)
{
	while (left)
		take(left, &left);
}

static int bind_device(struct net_device *dev, const char *role, bool is_provisional, u32 owner,
		       struct netlink_ext_ack *extack)
{
	struct otseg_interface *interface;
	struct net_device *left;
	bool is_new = false;
	int err;

	if (dev->flags & IFF_LOOPBACK) {
		NL_SET_ERR_MSG(extack, "the loopback device cannot be an interface of the policy");
		return -EOPNOTSUPP;
	}
	if (!dev_valid_name(role)) {
		NL_SET_ERR_MSG_FMT(extack, "role \"%s\": not a name that an interface can have",
				   role);
		return -EINVAL;
	}
	err = otseg_confirm_check(role, is_provisional, extack);
	if (err)
		return err;
	interface = otseg_interface_by_dev(dev);
	if (interface && strcmp(interface->role, role)) {
		if (!is_astray(interface)) {
			NL_SET_ERR_MSG_FMT(extack, "device %s is interface %s already", dev->name,
					   interface->role);
			return -EEXIST;
		}
		interface = NULL;
	}
	if (!interface) {
		interface = otseg_interface_by_role(role);
		if (interface && interface->dev && !is_astray(interface)) {
			NL_SET_ERR_MSG_FMT(extack, "interface %s is device %s already", role,
					   interface->dev->name);
			return -EBUSY;
		}
	}
	if (!interface) {
		interface = create_bindable(role, extack);
		if (IS_ERR(interface))
			return PTR_ERR(interface);
		is_new = true;
	}
	if (interface->dev != dev) {
		err = move_to(interface, dev, &left);
		if (err) {
			NL_SET_ERR_MSG_FMT(extack, "the guard cannot be set up on device %s",
					   dev->name);
			if (is_new)
				destroy(interface);
			return err;
		}
		settle(left);
	}
	otseg_guard_prove(&interface->guard);
	return set_bound(interface, is_provisional, owner, extack);
}

/**
 * otseg_interface_bind - make a device an interface of the policy and guard it
 * @ifindex: the device
 * @role: the interface name that the policy uses, NULL: the device's own
 * @is_provisional: for the sake of the active policy, see otseg_confirm_bind()
 * @owner: port id of the socket that asks, likewise
 * @extack: for the sentence on refusal
 *
 * Binding again what is bound is fine, and begins anew to see whether marks reach the guard.
 *
 * Context: process, takes RTNL.
 * Return: 0; -ENODEV, -EOPNOTSUPP for loopback, -EINVAL for a bad role, -EEXIST
 * if the device has another role, -EBUSY if another device has the role, -ESTALE if it comes
 * too late (otseg_confirm_check()), -ESHUTDOWN if the module is being unloaded, -ENOSPC, -ENOMEM.
 */
int otseg_interface_bind(u32 ifindex, const char *role, bool is_provisional, u32 owner,
			 struct netlink_ext_ack *extack)
{
	struct net_device *dev;
	int err = -ENODEV;

	rtnl_lock();
	dev = __dev_get_by_index(&init_net, ifindex);
	if (dev)
		err = bind_device(dev, role ?: dev->name, is_provisional, owner, extack);
	else
		NL_SET_ERR_MSG_FMT(extack, "ifindex %u: no such device", ifindex);
	/* Whatever becomes of its name. */
	if (!err)
		otseg_interface_by_dev(dev)->is_by_name = false;
	rtnl_unlock();
	return err;
}

/* Binds a role whose device is still to come. */
static int expect_role(const char *role, bool is_provisional, u32 owner,
		       struct netlink_ext_ack *extack)
{
	struct otseg_interface *interface = otseg_interface_by_role(role);
	int err;

	if (!dev_valid_name(role)) {
		NL_SET_ERR_MSG_FMT(extack, "role \"%s\": not a name that an interface can have",
				   role);
		return -EINVAL;
	}
	err = otseg_confirm_check(role, is_provisional, extack);
	if (err)
		return err;
	if (!interface) {
		interface = create_bindable(role, extack);
		if (IS_ERR(interface))
			return PTR_ERR(interface);
	}
	return set_bound(interface, is_provisional, owner, extack);
}

/**
 * otseg_interface_expect - guard the device of a role's name, as soon as there is one
 * @role: the interface name that the policy uses
 * @is_provisional: as for otseg_interface_bind()
 * @owner: likewise
 * @extack: for the sentence on refusal
 *
 * Context: process, takes RTNL.
 * Return: as otseg_interface_bind() does, but for -ENODEV. -EBUSY: the device of this name would
 * stay without a guard.
 */
int otseg_interface_expect(const char *role, bool is_provisional, u32 owner,
			   struct netlink_ext_ack *extack)
{
	struct otseg_interface *own = NULL;
	struct net_device *dev;
	int err;

	rtnl_lock();
	dev = __dev_get_by_name(&init_net, role);
	if (dev)
		own = otseg_interface_by_dev(dev);
	/* One that is guarded may have another role; this one may be a device of another name. */
	if (dev && (!own || is_astray(own)))
		err = bind_device(dev, role, is_provisional, owner, extack);
	else
		err = expect_role(role, is_provisional, owner, extack);
	rtnl_unlock();
	return err;
}

/**
 * otseg_interface_unbind - undo otseg_interface_bind()
 * @interface: the interface; may be gone afterwards
 * @extack: for the sentence on refusal
 *
 * Context: process, RTNL held.
 * Return: 0; -ENOENT if it is not bound.
 */
int otseg_interface_unbind(struct otseg_interface *interface, struct netlink_ext_ack *extack)
{
	if (!interface->is_bound) {
		NL_SET_ERR_MSG_FMT(extack, "interface %s is governed, but not bound",
				   interface->role);
		return -ENOENT;
	}
	WRITE_ONCE(interface->is_bound, false);
	interface->is_provisional = false;
	interface->owner = 0;
	module_put(THIS_MODULE);
	if (!interface->is_governed) {
		detach(interface);
		destroy(interface);
	}
	return 0;
}

/*
 * A device has appeared under a name, or under a new one, or is about to be used under one. An
 * interface that waits for it takes it. Two devices cannot be one governed interface: rather
 * than leave one of them without a guard, the kernel is told to refuse it.
 */
static int device_named(struct net_device *dev)
{
	struct net_device *left;
	int err = take(dev, &left);

	settle(left);
	return err;
}

/* The name that a device leaves free may be another one's by now. */
static void device_gone(const struct net_device *dev)
{
	struct otseg_interface *interface = otseg_interface_by_dev(dev);
	struct net_device *heir;

	if (!interface)
		return;
	detach(interface);
	heir = __dev_get_by_name(&init_net, interface->role);
	if (heir && heir != dev)
		device_named(heir);
}

static int device_event(struct notifier_block *nb, unsigned long event, void *info)
{
	struct net_device *dev = netdev_notifier_info_to_dev(info);

	if (!net_eq(dev_net(dev), &init_net))
		return NOTIFY_DONE;

	switch (event) {
	case NETDEV_REGISTER:
	case NETDEV_CHANGENAME:
	/* Nobody heeds what is said of a device that comes from another network namespace. */
	case NETDEV_PRE_UP:
		return notifier_from_errno(device_named(dev));
	case NETDEV_UNREGISTER:
		device_gone(dev);
		break;
	}
	return NOTIFY_DONE;
}

static struct notifier_block device_notifier = {
	.notifier_call = device_event,
};

static void destroy_all(void)
{
	struct otseg_interface *interface, *next;

	rtnl_lock();
	list_for_each_entry_safe(interface, next, &otseg_interfaces, list) {
		detach(interface);
		destroy(interface);
	}
	rtnl_unlock();
	/* The last frames may be in their guards. */
	rcu_barrier();
}

static int __init govern(const char *role)
{
	int err = 0;

	if (!dev_valid_name(role)) {
		pr_err("governed=%s: not a name that an interface can have\n", role);
		return -EINVAL;
	}
	rtnl_lock();
	if (!otseg_interface_by_role(role) && !create(role, true))
		err = -ENOMEM;
	rtnl_unlock();
	return err;
}

/**
 * otseg_interface_init - guard what is governed and watch for devices
 * @root: /sys/kernel/otseg
 * @governed: interface names of the module parameter
 * @n_governed: their number
 *
 * Context: the policy store is up.
 * Return: 0; -EINVAL for a bad name, -EOPNOTSUPP for loopback, -ENOMEM.
 */
int __init otseg_interface_init(struct kobject *root, char *const *governed, u32 n_governed)
{
	u32 i;
	int err;

	err = otseg_interface_dir_init(root);
	if (err)
		return err;
	for (i = 0; i < n_governed; i++) {
		err = govern(governed[i]);
		if (err)
			goto err_interfaces;
	}
	/* Tells of the devices that exist as if they had just appeared. */
	err = register_netdevice_notifier(&device_notifier);
	if (err)
		goto err_interfaces;
	return 0;

err_interfaces:
	destroy_all();
	otseg_interface_dir_exit();
	return err;
}

/**
 * otseg_interface_exit - take all guards off duty
 *
 * Context: process, may sleep.
 */
void otseg_interface_exit(void)
{
	unregister_netdevice_notifier(&device_notifier);
	destroy_all();
	otseg_interface_dir_exit();
}
