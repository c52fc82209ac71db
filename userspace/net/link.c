// SPDX-License-Identifier: GPL-2.0-only
/*
 * Devices through libnl-route, and the offloads that would hide from XDP what is on
 * the wire through the ethtool ioctl.
 */
#include <errno.h>
#include <linux/ethtool.h>
#include <linux/if.h>
#include <linux/sockios.h>
#include <netlink/errno.h>
#include <netlink/netlink.h>
#include <netlink/route/link.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "link.h"

static int device_read(u32 ifindex, const char *name, struct otseg_device *device)
{
	struct nl_sock *socket = nl_socket_alloc();
	struct rtnl_link *link = NULL;
	const char *kind;
	int err;

	if (!socket)
		return -ENOMEM;
	err = nl_connect(socket, NETLINK_ROUTE);
	if (!err)
		err = rtnl_link_get_kernel(socket, (int)ifindex, name, &link);
	if (err) {
		err = err == -NLE_NODEV || err == -NLE_OBJ_NOTFOUND ? -ENODEV : -EIO;
		goto out;
	}
	kind = rtnl_link_get_type(link);
	memset(device, 0, sizeof(*device));
	device->ifindex = (u32)rtnl_link_get_ifindex(link);
	snprintf(device->name, sizeof(device->name), "%s", rtnl_link_get_name(link));
	snprintf(device->kind, sizeof(device->kind), "%s", kind ? kind : "");
	device->mtu = rtnl_link_get_mtu(link);
	device->is_up = rtnl_link_get_flags(link) & IFF_UP;
	device->has_carrier = rtnl_link_get_flags(link) & IFF_LOWER_UP;
	rtnl_link_put(link);
out:
	nl_socket_free(socket);
	return err;
}

/**
 * otseg_device_find - look a device up by name
 * @name: its name, alternative names included
 * @device: takes what is known of it
 *
 * Return: 0, -ENODEV, or another negative errno.
 */
int otseg_device_find(const char *name, struct otseg_device *device)
{
	if (!*name || strlen(name) >= OTSEG_DEVICE_NAME)
		return -ENODEV;
	return device_read(0, name, device);
}

/**
 * otseg_device_get - look a device up by index
 * @ifindex: its index
 * @device: takes what is known of it
 *
 * Return: 0, -ENODEV, or another negative errno.
 */
int otseg_device_get(u32 ifindex, struct otseg_device *device)
{
	if (!ifindex)
		return -ENODEV;
	return device_read(ifindex, NULL, device);
}

/**
 * otseg_device_set_up - take a device up or down
 * @device: the device
 * @is_up: up
 *
 * Return: 0, -ENODEV, or another negative errno.
 */
int otseg_device_set_up(const struct otseg_device *device, bool is_up)
{
	struct nl_sock *socket = nl_socket_alloc();
	struct rtnl_link *link = rtnl_link_alloc();
	struct rtnl_link *change = rtnl_link_alloc();
	int err = -ENOMEM;

	if (!socket || !link || !change)
		goto out;
	rtnl_link_set_ifindex(link, (int)device->ifindex);
	if (is_up)
		rtnl_link_set_flags(change, IFF_UP);
	else
		rtnl_link_unset_flags(change, IFF_UP);
	err = nl_connect(socket, NETLINK_ROUTE);
	if (!err)
		err = rtnl_link_change(socket, link, change, 0);
	if (err)
		err = err == -NLE_NODEV || err == -NLE_OBJ_NOTFOUND ? -ENODEV : -EIO;
out:
	rtnl_link_put(change);
	rtnl_link_put(link);
	nl_socket_free(socket);
	return err;
}

/* The driver's name, empty where the device tells none. */
static void driver_get(const struct otseg_device *device, char driver[32])
{
	struct ethtool_drvinfo info = { .cmd = ETHTOOL_GDRVINFO };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct ifreq request = {};

	driver[0] = '\0';
	if (fd < 0)
		return;
	memcpy(request.ifr_name, device->name, sizeof(device->name));
	request.ifr_data = (void *)&info;
	if (!ioctl(fd, SIOCETHTOOL, &request))
		snprintf(driver, 32, "%s", info.driver);
	close(fd);
}

/**
 * otseg_device_has_checksums - whether transport checksums of its frames are real
 * @device: the device
 *
 * The peer of a virtual device, or the host of a virtual machine, hands over
 * frames of its own with checksums that were to be completed by hardware which
 * does not exist. Frames of real hardware went over a wire.
 *
 * Return: true if they can be checked.
 */
bool otseg_device_has_checksums(const struct otseg_device *device)
{
	static const char *const virtual_drivers[] = { "",	  "hv_netvsc", "virtio_net",
						       "vmxnet3", "vif",       "xen_netfront",
						       "xennet",  "ena",       "gve" };
	char driver[32];
	size_t i;

	if (device->kind[0])
		return false;
	driver_get(device, driver);
	for (i = 0; i < sizeof(virtual_drivers) / sizeof(virtual_drivers[0]); i++) {
		if (!strcmp(driver, virtual_drivers[i]))
			return false;
	}
	return true;
}

/**
 * otseg_device_loses_mark - whether its driver is known to lose the mark of native XDP
 * @device: the device
 *
 * These refuse XDP metadata (xdp_set_data_meta_invalid(), or no room in front of the frame) or,
 * mlx4, take it and forget it, in Linux 6.12 and 7.2. Others show it, see watch.c. Generic XDP
 * has metadata on every device.
 *
 * Return: true if the guard would drop all that the datapath allows.
 */
bool otseg_device_loses_mark(const struct otseg_device *device)
{
	static const char *const drivers[] = {
		"am65-cpsw-nuss",
		"ena",
		"fec",
		"fsl_dpaa2_eth",
		"fsl_enetc",
		"fsl_enetc_vf",
		"gve",
		"hv_netvsc",
		"lan966x-switch",
		"mlx4_en",
		"vmxnet3",
	};
	char driver[32];
	size_t i;

	driver_get(device, driver);
	for (i = 0; i < sizeof(drivers) / sizeof(drivers[0]); i++) {
		if (!strcmp(driver, drivers[i]))
			return true;
	}
	return false;
}

static int feature_flags(int fd, const struct otseg_device *device, u32 command, u32 *flags)
{
	struct ethtool_value value = { .cmd = command, .data = *flags };
	struct ifreq request = {};

	memcpy(request.ifr_name, device->name, sizeof(device->name));
	request.ifr_data = (void *)&value;
	if (ioctl(fd, SIOCETHTOOL, &request))
		return -errno;
	*flags = value.data;
	return 0;
}

/**
 * otseg_device_expose_vlans - have VLAN tags stay in the frames it receives
 * @device: the device
 *
 * Hardware that strips the tag would have the datapath see a tagged frame as an
 * untagged one.
 *
 * Return: 0; -EOPNOTSUPP if it strips tags and cannot be told not to; another
 * negative errno.
 */
int otseg_device_expose_vlans(const struct otseg_device *device)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	u32 flags = 0;
	int err;

	if (fd < 0)
		return -errno;
	err = feature_flags(fd, device, ETHTOOL_GFLAGS, &flags);
	if (err == -EOPNOTSUPP)
		err = 0;
	if (err || !(flags & ETH_FLAG_RXVLAN))
		goto out;
	flags &= ~(u32)ETH_FLAG_RXVLAN;
	err = feature_flags(fd, device, ETHTOOL_SFLAGS, &flags);
	if (!err)
		err = feature_flags(fd, device, ETHTOOL_GFLAGS, &flags);
	if (!err && flags & ETH_FLAG_RXVLAN)
		err = -EOPNOTSUPP;
out:
	close(fd);
	return err;
}

/**
 * otseg_device_keep_frames - have frames that it receives stay as they are
 * @device: the device
 *
 * What the kernel has merged before generic XDP sees it is too long to leave by
 * another interface.
 *
 * Return: 0 or a negative errno.
 */
int otseg_device_keep_frames(const struct otseg_device *device)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	u32 off = 0;
	int err;

	if (fd < 0)
		return -errno;
	err = feature_flags(fd, device, ETHTOOL_SGRO, &off);
	close(fd);
	return err == -EOPNOTSUPP ? 0 : err;
}
