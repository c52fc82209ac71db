// SPDX-License-Identifier: GPL-2.0-only
/*
 * Netlink handlers of interfaces. Owns the translation between attributes and
 * interface.c, and the look at which XDP program a device runs. Takes RTNL.
 */
#include <linux/bpf.h>
#include <linux/netdevice.h>
#include <linux/rtnetlink.h>
#include <net/genetlink.h>

#include "interface.h"
#include "netlink.h"
#include "netlink_gen.h"

static_assert(IFNAMSIZ - 1 == OTSEG_DEVICE_MAX, "specification and kernel agree");

#define INTERFACE_PAYLOAD                                                      \
	(3 * nla_total_size(sizeof(u32)) + 3 * nla_total_size_64bit(sizeof(u64)) + \
	 2 * nla_total_size(IFNAMSIZ) + 6 * nla_total_size(0))

/* The program behind one way to run XDP; a link keeps it in its first member. */
static const struct bpf_prog *xdp_prog_of(const struct bpf_xdp_entity *entity)
{
	if (entity->link)
		return ((const struct bpf_link *)entity->link)->prog;
	return entity->prog;
}

static int put_xdp(struct sk_buff *skb, const struct net_device *dev)
{
	static const struct {
		enum bpf_xdp_mode kernel;
		enum otseg_xdp_mode mode;
	} modes[] = {
		{ XDP_MODE_DRV, OTSEG_XDP_MODE_DRIVER },
		{ XDP_MODE_SKB, OTSEG_XDP_MODE_GENERIC },
		{ XDP_MODE_HW, OTSEG_XDP_MODE_HARDWARE },
	};
	int i;

	ASSERT_RTNL();
	for (i = 0; i < ARRAY_SIZE(modes); i++) {
		const struct bpf_prog *prog = xdp_prog_of(&dev->xdp_state[modes[i].kernel]);

		if (prog)
			return nla_put_u32(skb, OTSEG_A_INTERFACE_XDP_MODE, modes[i].mode) ||
			       nla_put_u32(skb, OTSEG_A_INTERFACE_XDP_PROG_ID, prog->aux->id);
	}
	return nla_put_u32(skb, OTSEG_A_INTERFACE_XDP_MODE, OTSEG_XDP_MODE_NONE);
}

static int put_netdev(struct sk_buff *skb, const struct net_device *dev)
{
	return nla_put_flag(skb, OTSEG_A_INTERFACE_PRESENT) ||
	       nla_put_u32(skb, OTSEG_A_INTERFACE_IFINDEX, dev->ifindex) ||
	       nla_put_string(skb, OTSEG_A_INTERFACE_DEVICE, dev->name) || put_xdp(skb, dev);
}

static int put_interface(struct sk_buff *skb, const struct otseg_interface *interface)
{
	if (nla_put_string(skb, OTSEG_A_INTERFACE_ROLE, interface->role) ||
	    (interface->dev && put_netdev(skb, interface->dev)) ||
	    (interface->is_bound && nla_put_flag(skb, OTSEG_A_INTERFACE_BOUND)) ||
	    (interface->is_governed && nla_put_flag(skb, OTSEG_A_INTERFACE_GOVERNED)) ||
	    (interface->guard.is_active && nla_put_flag(skb, OTSEG_A_INTERFACE_GUARDED)) ||
	    nla_put_uint(skb, OTSEG_A_INTERFACE_UNGUARDED, otseg_guard_drops(&interface->guard)) ||
	    (READ_ONCE(interface->guard.is_proved) &&
	     nla_put_flag(skb, OTSEG_A_INTERFACE_MARKED)) ||
	    nla_put_uint(skb, OTSEG_A_INTERFACE_LOST, otseg_guard_lost(&interface->guard)) ||
	    (otseg_guard_fails_open(&interface->guard) &&
	     nla_put_flag(skb, OTSEG_A_INTERFACE_FAIL_OPEN)) ||
	    nla_put_uint(skb, OTSEG_A_INTERFACE_FAILED_OPEN, otseg_guard_passed(&interface->guard)))
		return -EMSGSIZE;
	return 0;
}

/* Finds the interface that a request names by ifindex or role. */
static struct otseg_interface *find_interface(struct genl_info *info)
{
	const struct nlattr *ifindex = info->attrs[OTSEG_A_INTERFACE_IFINDEX];
	const struct nlattr *role = info->attrs[OTSEG_A_INTERFACE_ROLE];
	struct otseg_interface *interface = NULL;
	struct net_device *dev;

	if (!ifindex == !role) {
		GENL_SET_ERR_MSG(info, "expected ifindex or role, one of them");
		return ERR_PTR(-EINVAL);
	}
	if (role) {
		interface = otseg_interface_by_role(nla_data(role));
		if (!interface)
			GENL_SET_ERR_MSG_FMT(info, "role %s: not bound or governed",
					     (const char *)nla_data(role));
	} else {
		dev = __dev_get_by_index(&init_net, nla_get_u32(ifindex));
		if (dev)
			interface = otseg_interface_by_dev(dev);
		if (!interface)
			GENL_SET_ERR_MSG_FMT(info, "ifindex %u: not bound or governed",
					     nla_get_u32(ifindex));
	}
	return interface ?: ERR_PTR(-ENODEV);
}

/**
 * otseg_nl_interface_bind_doit - guard a device as an interface of the policy
 * @skb: the request
 * @info: the request, attributes checked against the specification
 *
 * Return: 0 or a negative error, with a sentence in the extended acknowledgement.
 */
int otseg_nl_interface_bind_doit(struct sk_buff *skb, struct genl_info *info)
{
	const struct nlattr *ifindex = info->attrs[OTSEG_A_INTERFACE_IFINDEX];
	const struct nlattr *role = info->attrs[OTSEG_A_INTERFACE_ROLE];
	bool is_provisional;
	u32 owner = info->snd_portid;

	if (!ifindex && !role) {
		GENL_SET_ERR_MSG(info, "ifindex and role are missing");
		return -EINVAL;
	}
	is_provisional = nla_get_flag(info->attrs[OTSEG_A_INTERFACE_PROVISIONAL]);
	if (!ifindex)
		return otseg_interface_expect(nla_data(role), is_provisional, owner, info->extack);
	return otseg_interface_bind(nla_get_u32(ifindex), role ? nla_data(role) : NULL,
				    is_provisional, owner, info->extack);
}

/**
 * otseg_nl_interface_unbind_doit - undo a binding
 * @skb: the request
 * @info: the request, attributes checked against the specification
 *
 * Return: 0 or a negative error, with a sentence in the extended acknowledgement.
 */
int otseg_nl_interface_unbind_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct otseg_interface *interface;
	int err;

	rtnl_lock();
	interface = find_interface(info);
	err = PTR_ERR_OR_ZERO(interface);
	if (!err)
		err = otseg_interface_unbind(interface, info->extack);
	rtnl_unlock();
	return err;
}

/**
 * otseg_nl_interface_get_doit - tell about one interface
 * @skb: the request
 * @info: the request, attributes checked against the specification
 *
 * Return: 0 or a negative error, with a sentence in the extended acknowledgement.
 */
int otseg_nl_interface_get_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct otseg_interface *interface;
	struct otseg_reply reply;
	int err;

	err = otseg_reply_begin(&reply, info, INTERFACE_PAYLOAD);
	if (err)
		return err;
	rtnl_lock();
	interface = find_interface(info);
	err = PTR_ERR_OR_ZERO(interface);
	if (!err)
		err = put_interface(reply.skb, interface);
	rtnl_unlock();
	return otseg_reply_send(&reply, info, err);
}

/**
 * otseg_nl_interface_get_dumpit - tell about all interfaces
 * @skb: the message to fill
 * @cb: how far the dump is
 *
 * Return: bytes in the message, 0 at the end, or a negative error.
 */
int otseg_nl_interface_get_dumpit(struct sk_buff *skb, struct netlink_callback *cb)
{
	const struct otseg_interface *interface;
	unsigned long done = cb->args[0], at = 0;
	int err = 0;

	rtnl_lock();
	list_for_each_entry(interface, &otseg_interfaces, list) {
		void *header;

		if (at++ < done)
			continue;
		header = genlmsg_put(skb, NETLINK_CB(cb->skb).portid, cb->nlh->nlmsg_seq,
				     &otseg_nl_family, NLM_F_MULTI, OTSEG_CMD_INTERFACE_GET);
		err = header ? put_interface(skb, interface) : -EMSGSIZE;
		if (err) {
			if (header)
				genlmsg_cancel(skb, header);
			break;
		}
		genlmsg_end(skb, header);
		cb->args[0]++;
	}
	rtnl_unlock();
	/* A full message is no error: the dump goes on with the next one. */
	return skb->len ?: err;
}
