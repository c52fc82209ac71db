// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a device can do with XDP, by the kernel's generic-netlink family "netdev".
 * Its numbers are ABI; headers of older systems do not have them.
 */
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/genetlink.h>
#include <stdlib.h>

#include "netdev.h"

/* <linux/netdev.h> */
#define NETDEV_NAME "netdev"
#define NETDEV_VERSION 1
#define NETDEV_DEV_GET 1
#define NETDEV_A_IFINDEX 1
#define NETDEV_A_XDP_FEATURES 3
#define NETDEV_ACT_NDO_XMIT 4

/* The attribute that an answer is asked for, and its value. */
struct answer {
	u16 type;
	u64 value;
};

static int on_attribute(const struct nlattr *attr, void *data)
{
	struct answer *answer = data;

	if (mnl_attr_get_type(attr) != answer->type)
		return MNL_CB_OK;
	if (mnl_attr_get_payload_len(attr) == sizeof(u16))
		answer->value = mnl_attr_get_u16(attr);
	else if (mnl_attr_get_payload_len(attr) == sizeof(u64))
		answer->value = mnl_attr_get_u64(attr);
	return MNL_CB_OK;
}

static int on_message(const struct nlmsghdr *nlh, void *data)
{
	return mnl_attr_parse(nlh, sizeof(struct genlmsghdr), on_attribute, data);
}

static struct nlmsghdr *request_begin(void *buffer, u16 family, u8 command, u8 version)
{
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buffer);
	struct genlmsghdr *header;

	nlh->nlmsg_type = family;
	nlh->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
	header = mnl_nlmsg_put_extra_header(nlh, sizeof(*header));
	header->cmd = command;
	header->version = version;
	return nlh;
}

static int talk(struct mnl_socket *socket, struct nlmsghdr *nlh, struct answer *answer)
{
	char buffer[8192];
	ssize_t len;
	int ret;

	if (mnl_socket_sendto(socket, nlh, nlh->nlmsg_len) < 0)
		return -errno;
	do {
		len = mnl_socket_recvfrom(socket, buffer, sizeof(buffer));
		if (len < 0)
			return -errno;
		ret = mnl_cb_run(buffer, (size_t)len, 0, mnl_socket_get_portid(socket), on_message,
				 answer);
	} while (ret > 0);
	return ret < 0 ? -errno : 0;
}

static int features_get(struct mnl_socket *socket, u32 ifindex, u64 *features)
{
	struct answer family = { .type = CTRL_ATTR_FAMILY_ID };
	struct answer answer = { .type = NETDEV_A_XDP_FEATURES };
	char buffer[256];
	struct nlmsghdr *nlh;
	int err;

	nlh = request_begin(buffer, GENL_ID_CTRL, CTRL_CMD_GETFAMILY, 1);
	mnl_attr_put_strz(nlh, CTRL_ATTR_FAMILY_NAME, NETDEV_NAME);
	err = talk(socket, nlh, &family);
	if (err)
		return err;
	nlh = request_begin(buffer, (u16)family.value, NETDEV_DEV_GET, NETDEV_VERSION);
	mnl_attr_put_u32(nlh, NETDEV_A_IFINDEX, ifindex);
	err = talk(socket, nlh, &answer);
	*features = answer.value;
	return err;
}

/**
 * otseg_netdev_takes_frames - whether a device sends what native XDP redirects to it
 * @ifindex: the device, as it is set up now
 *
 * A driver that does not would drop such frames; frames that generic XDP redirects
 * go out of every device.
 *
 * Return: true, also if the kernel does not tell.
 */
bool otseg_netdev_takes_frames(u32 ifindex)
{
	struct mnl_socket *socket = mnl_socket_open2(NETLINK_GENERIC, SOCK_CLOEXEC);
	u64 features = 0;
	int err;

	if (!socket)
		return true;
	err = mnl_socket_bind(socket, 0, MNL_SOCKET_AUTOPID) < 0 ? -errno : 0;
	if (!err)
		err = features_get(socket, ifindex, &features);
	mnl_socket_close(socket);
	return err || features & NETDEV_ACT_NDO_XMIT;
}
