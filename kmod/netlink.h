/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The generic netlink family, and what its handlers share: one way to begin and
 * to send a reply.
 */
#ifndef OTSEG_NETLINK_H
#define OTSEG_NETLINK_H

#include <net/genetlink.h>

#include "../include/uapi/linux/otseg.h"

struct otseg_conduit_info;
struct otseg_policy;

/**
 * struct otseg_unenforced_info - what is not enforced
 * @generation: of the active policy
 * @name: its name
 * @conduits: conduits in force that are in monitor mode
 * @of: conduits in force
 * @interfaces: those that fail open
 * @failed_open: frames without the datapath's mark that they have let through, since the
 *	module was loaded
 */
struct otseg_unenforced_info {
	u32 generation;
	char name[OTSEG_NAME_MAX + 1];
	u32 conduits;
	u32 of;
	u32 interfaces;
	u64 failed_open;
};

/**
 * struct otseg_reply - a reply under construction
 * @skb: the message
 * @header: as genlmsg_put() returned it
 */
struct otseg_reply {
	struct sk_buff *skb;
	void *header;
};

int otseg_netlink_init(void);
void otseg_netlink_exit(void);
int otseg_reply_begin(struct otseg_reply *reply, struct genl_info *info, size_t payload);
int otseg_reply_send(struct otseg_reply *reply, struct genl_info *info, int err);
void otseg_netlink_conduit_tell(const struct otseg_policy *policy,
				const struct otseg_conduit_info *info,
				enum otseg_conduit_change change);
void otseg_netlink_unenforced_tell(const struct otseg_unenforced_info *info);

#endif /* OTSEG_NETLINK_H */
