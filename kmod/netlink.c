// SPDX-License-Identifier: GPL-2.0-only
/*
 * The generic netlink family: registration, and the end of sockets. Operations
 * and attribute policies are generated from the specification (netlink_gen.c);
 * the handlers are in netlink_policy.c, netlink_interface.c and
 * netlink_status.c. Handlers run in parallel, in process context.
 */
#include <linux/netlink.h>
#include <linux/notifier.h>
#include <net/genetlink.h>
#include <net/net_namespace.h>

#include "netlink.h"
#include "netlink_gen.h"
#include "stage.h"

/**
 * otseg_reply_begin - begin the reply to a request
 * @reply: what to begin
 * @info: the request
 * @payload: room for this many bytes of attributes
 *
 * Return: 0, -ENOMEM or -EMSGSIZE.
 */
int otseg_reply_begin(struct otseg_reply *reply, struct genl_info *info, size_t payload)
{
	reply->skb = genlmsg_new(payload, GFP_KERNEL);
	if (!reply->skb) {
		GENL_SET_ERR_MSG(info, "no memory for the reply");
		return -ENOMEM;
	}
	reply->header = genlmsg_iput(reply->skb, info);
	if (!reply->header) {
		nlmsg_free(reply->skb);
		return -EMSGSIZE;
	}
	return 0;
}

/**
 * otseg_reply_send - send a reply, or drop it
 * @reply: from otseg_reply_begin()
 * @info: the request
 * @err: not 0: drop it and return this
 *
 * Return: 0 or a negative error.
 */
int otseg_reply_send(struct otseg_reply *reply, struct genl_info *info, int err)
{
	if (err) {
		nlmsg_free(reply->skb);
		return err;
	}
	genlmsg_end(reply->skb, reply->header);
	return genlmsg_reply(reply->skb, info);
}

/* The kernel itself checks attributes only where an operation takes some. */
static int refuse_attributes(const struct nlmsghdr *nlh, struct netlink_ext_ack *extack)
{
	if (!nlmsg_attrlen(nlh, GENL_HDRLEN))
		return 0;
	NL_SET_BAD_ATTR(extack, nlmsg_attrdata(nlh, GENL_HDRLEN));
	NL_SET_ERR_MSG(extack, "this operation takes no attributes");
	return -EINVAL;
}

/**
 * otseg_nl_no_attributes - refuse a request with attributes
 * @ops: the operation, which takes none
 * @skb: the request
 * @info: the request
 *
 * Return: 0 or -EINVAL.
 */
int otseg_nl_no_attributes(const struct genl_split_ops *ops, struct sk_buff *skb,
			   struct genl_info *info)
{
	return refuse_attributes(info->nlhdr, info->extack);
}

/**
 * otseg_nl_no_attributes_start - refuse a dump with attributes
 * @cb: the dump
 *
 * Return: 0 or -EINVAL.
 */
int otseg_nl_no_attributes_start(struct netlink_callback *cb)
{
	return refuse_attributes(cb->nlh, cb->extack);
}

static int socket_event(struct notifier_block *nb, unsigned long event, void *data)
{
	const struct netlink_notify *notify = data;

	if (event == NETLINK_URELEASE && notify->protocol == NETLINK_GENERIC &&
	    net_eq(notify->net, &init_net))
		otseg_stage_release(notify->portid);
	return NOTIFY_DONE;
}

static struct notifier_block socket_notifier = {
	.notifier_call = socket_event,
};

/**
 * otseg_netlink_init - register the family
 *
 * Context: everything else is up.
 * Return: 0 or what a registration returned.
 */
int __init otseg_netlink_init(void)
{
	int err;

	err = netlink_register_notifier(&socket_notifier);
	if (err)
		return err;
	/* The generator assumes a family in every network namespace. */
	otseg_nl_family.netnsok = false;
	err = genl_register_family(&otseg_nl_family);
	if (err)
		netlink_unregister_notifier(&socket_notifier);
	return err;
}

/**
 * otseg_netlink_exit - unregister the family and drop what is staged
 *
 * Context: process, may sleep.
 */
void otseg_netlink_exit(void)
{
	genl_unregister_family(&otseg_nl_family);
	netlink_unregister_notifier(&socket_notifier);
	otseg_stage_exit();
}
