/* SPDX-License-Identifier: GPL-2.0-only */
/* Do not edit directly, auto-generated from: */
/*	Documentation/netlink/specs/otseg.yaml */
/* YNL-GEN kernel header */

#ifndef _LINUX_OTSEG_GEN_H
#define _LINUX_OTSEG_GEN_H

#include <net/netlink.h>
#include <net/genetlink.h>

#include <uapi/linux/otseg.h>

int otseg_nl_no_attributes(const struct genl_split_ops *ops,
			   struct sk_buff *skb, struct genl_info *info);
int otseg_nl_no_attributes_start(struct netlink_callback *cb);

int otseg_nl_policy_stage_doit(struct sk_buff *skb, struct genl_info *info);
int otseg_nl_policy_chunk_doit(struct sk_buff *skb, struct genl_info *info);
int otseg_nl_policy_verify_doit(struct sk_buff *skb, struct genl_info *info);
int otseg_nl_policy_commit_doit(struct sk_buff *skb, struct genl_info *info);
int otseg_nl_policy_abort_doit(struct sk_buff *skb, struct genl_info *info);
int otseg_nl_policy_get_doit(struct sk_buff *skb, struct genl_info *info);
int otseg_nl_policy_read_dumpit(struct sk_buff *skb,
				struct netlink_callback *cb);
int otseg_nl_interface_bind_doit(struct sk_buff *skb, struct genl_info *info);
int otseg_nl_interface_unbind_doit(struct sk_buff *skb, struct genl_info *info);
int otseg_nl_interface_get_doit(struct sk_buff *skb, struct genl_info *info);
int otseg_nl_interface_get_dumpit(struct sk_buff *skb,
				  struct netlink_callback *cb);
int otseg_nl_status_get_doit(struct sk_buff *skb, struct genl_info *info);
int otseg_nl_counters_get_doit(struct sk_buff *skb, struct genl_info *info);
int otseg_nl_policy_confirm_doit(struct sk_buff *skb, struct genl_info *info);
int otseg_nl_policy_rollback_doit(struct sk_buff *skb, struct genl_info *info);
int otseg_nl_conduit_set_doit(struct sk_buff *skb, struct genl_info *info);
int otseg_nl_conduit_get_dumpit(struct sk_buff *skb,
				struct netlink_callback *cb);

enum {
	OTSEG_NLGRP_CONDUITS,
	OTSEG_NLGRP_ENFORCEMENT,
};

extern struct genl_family otseg_nl_family;

#endif /* _LINUX_OTSEG_GEN_H */
