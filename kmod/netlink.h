/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The generic netlink family, and what its handlers share: one way to begin and
 * to send a reply.
 */
#ifndef OTSEG_NETLINK_H
#define OTSEG_NETLINK_H

#include <net/genetlink.h>

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

#endif /* OTSEG_NETLINK_H */
