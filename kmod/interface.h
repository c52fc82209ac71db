/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The interfaces that the firewall answers for: bound by the tool, or governed
 * by name from the moment the module is loaded.
 */
#ifndef OTSEG_INTERFACE_H
#define OTSEG_INTERFACE_H

#include <linux/kobject.h>
#include <linux/list.h>
#include <linux/netdevice.h>
#include <linux/rcupdate.h>

#include "guard.h"

struct netlink_ext_ack;

/**
 * struct otseg_interface - an interface of the policy and the device behind it
 * @kobj: interfaces/<role> in sysfs; owns the memory
 * @rcu: frees it when no frame is in its guard any more
 * @list: all interfaces; RTNL
 * @role: the interface name that the policy uses; constant
 * @device: name of @dev, empty while there is none; under its own lock
 * @dev: the device, NULL while there is none; RTNL
 * @is_bound: by interface-bind; RTNL to write
 * @is_governed: by the module parameter; constant
 * @is_by_name: @dev had the role's name when it came, nobody has said that it is the one; RTNL
 * @is_provisional: a rollback lets go of it; RTNL
 * @owner: port id of the socket whose transaction it was bound for, 0: that is over; RTNL
 * @had_link: an XDP link ran on @dev before it was bound for the first time; RTNL
 * @link_id: the XDP link that ran on @dev when it was bound last, 0: none; RTNL
 * @guard: on duty exactly while there is a device
 */
struct otseg_interface {
	struct kobject kobj;
	struct rcu_head rcu;
	struct list_head list;
	char role[IFNAMSIZ];
	char device[IFNAMSIZ];
	struct net_device *dev;
	bool is_bound;
	bool is_governed;
	bool is_by_name;
	bool is_provisional;
	bool had_link;
	u32 owner;
	u32 link_id;
	struct otseg_guard guard;
};

extern struct list_head otseg_interfaces;

int otseg_interface_init(struct kobject *root, char *const *governed, u32 n_governed);
void otseg_interface_exit(void);
u32 otseg_interface_count(void);
struct otseg_interface *otseg_interface_by_dev(const struct net_device *dev);
struct otseg_interface *otseg_interface_by_role(const char *role);
int otseg_interface_bind(u32 ifindex, const char *role, bool is_provisional, u32 owner,
			 struct netlink_ext_ack *extack);
int otseg_interface_expect(const char *role, bool is_provisional, u32 owner,
			   struct netlink_ext_ack *extack);
int otseg_interface_unbind(struct otseg_interface *interface, struct netlink_ext_ack *extack);

int otseg_interface_dir_init(struct kobject *root);
void otseg_interface_dir_exit(void);
int otseg_interface_dir_add(struct otseg_interface *interface);
void otseg_interface_rename(struct otseg_interface *interface, const char *device);
void otseg_interface_release(struct otseg_interface *interface);

#endif /* OTSEG_INTERFACE_H */
