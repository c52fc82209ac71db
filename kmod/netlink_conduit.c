// SPDX-License-Identifier: GPL-2.0-only
/*
 * Netlink handlers of the state of conduits, and what tells of a change. Owns the
 * translation between attributes and conduit.c or policy.c, nothing else.
 */
#include <net/genetlink.h>

#include "conduit.h"
#include "image_state.h"
#include "netlink.h"
#include "netlink_gen.h"
#include "policy.h"

/* Room for all attributes of a conduit. */
#define CONDUIT_PAYLOAD                                                     \
	(7 * nla_total_size(sizeof(u32)) + nla_total_size(OTSEG_NAME_MAX + 1) + \
	 nla_total_size(OTSEG_REASON_MAX + 1))

static const char *text_of(const struct genl_info *info, int attribute)
{
	return info->attrs[attribute] ? nla_data(info->attrs[attribute]) : "";
}

static int parse_request(struct genl_info *info, struct otseg_conduit_request *request)
{
	const struct nlattr *seconds = info->attrs[OTSEG_A_CONDUIT_SECONDS];

	if (GENL_REQ_ATTR_CHECK(info, OTSEG_A_CONDUIT_CHANGE)) {
		GENL_SET_ERR_MSG(info, "change is missing");
		return -EINVAL;
	}
	request->change = nla_get_u32(info->attrs[OTSEG_A_CONDUIT_CHANGE]);
	request->name = text_of(info, OTSEG_A_CONDUIT_NAME);
	request->reason = text_of(info, OTSEG_A_CONDUIT_REASON);
	request->seconds = seconds ? nla_get_u32(seconds) : 0;
	if (request->change < OTSEG_CONDUIT_CHANGE_ISLAND_ON && !*request->name) {
		GENL_SET_ERR_MSG(info, "name is missing");
		return -EINVAL;
	}
	if (request->change == OTSEG_CONDUIT_CHANGE_GRANT && !seconds) {
		GENL_SET_ERR_MSG(info, "seconds is missing");
		return -EINVAL;
	}
	return 0;
}

/**
 * otseg_nl_conduit_set_doit - change the state of a conduit, or island mode
 * @skb: the request
 * @info: the request, attributes checked against the specification
 *
 * Return: 0 or a negative error, with a sentence in the extended acknowledgement.
 */
int otseg_nl_conduit_set_doit(struct sk_buff *skb, struct genl_info *info)
{
	const struct nlattr *expect = info->attrs[OTSEG_A_CONDUIT_EXPECT_GENERATION];
	u32 expect_generation = expect ? nla_get_u32(expect) : 0;
	struct otseg_conduit_request request;
	struct otseg_reply reply;
	u32 generation;
	int err;

	err = parse_request(info, &request);
	if (err)
		return err;
	/* First, so that nothing can fail once it is done. */
	err = otseg_reply_begin(&reply, info, CONDUIT_PAYLOAD);
	if (err)
		return err;
	err = otseg_policy_change(&request, expect ? &expect_generation : NULL, &generation,
				  info->extack);
	if (!err && nla_put_u32(reply.skb, OTSEG_A_CONDUIT_GENERATION, generation))
		err = -EMSGSIZE;
	return otseg_reply_send(&reply, info, err);
}

/* The state of a conduit in the active image, as enum otseg_conduit_flag. */
static u32 flags_of(const struct otseg_policy *policy, const char *name)
{
	static const struct {
		u32 in_image;
		u32 told;
	} flags[] = {
		{ OTSEG_CONDUIT_ENABLED, OTSEG_CONDUIT_FLAG_IN_FORCE },
		{ OTSEG_CONDUIT_STANDING, OTSEG_CONDUIT_FLAG_BY_POLICY },
		{ OTSEG_CONDUIT_SURVIVES, OTSEG_CONDUIT_FLAG_SURVIVES_ISLAND },
		{ OTSEG_CONDUIT_OPENED, OTSEG_CONDUIT_FLAG_OPENED },
		{ OTSEG_CONDUIT_CLOSED, OTSEG_CONDUIT_FLAG_CLOSED },
		{ OTSEG_CONDUIT_GRANTED, OTSEG_CONDUIT_FLAG_GRANTED },
		{ OTSEG_CONDUIT_TIMED, OTSEG_CONDUIT_FLAG_TIMED },
		{ OTSEG_CONDUIT_WITHIN, OTSEG_CONDUIT_FLAG_WITHIN },
	};
	u32 at = policy->image ? otseg_state_find(policy->image, name) : OTSEG_NONE32;
	u32 told = 0, i;

	if (at == OTSEG_NONE32)
		return 0;
	for (i = 0; i < ARRAY_SIZE(flags); i++)
		if (otseg_image_conduit(policy->image, at)->flags & flags[i].in_image)
			told |= flags[i].told;
	return told;
}

static int put_conduit(struct sk_buff *skb, const struct otseg_policy *policy,
		       const struct otseg_conduit_info *info)
{
	if (nla_put_u32(skb, OTSEG_A_CONDUIT_GENERATION, policy->generation))
		return -EMSGSIZE;
	if (info->name[0] &&
	    (nla_put_string(skb, OTSEG_A_CONDUIT_NAME, info->name) ||
	     nla_put_u32(skb, OTSEG_A_CONDUIT_FLAGS, flags_of(policy, info->name))))
		return -EMSGSIZE;
	if (info->seconds_left &&
	    nla_put_u32(skb, OTSEG_A_CONDUIT_SECONDS_LEFT, info->seconds_left))
		return -EMSGSIZE;
	if (info->reason[0] && nla_put_string(skb, OTSEG_A_CONDUIT_REASON, info->reason))
		return -EMSGSIZE;
	return 0;
}

/**
 * otseg_nl_conduit_get_dumpit - tell which conduits have been opened, closed or granted
 * @skb: the message to fill
 * @cb: how far the dump is
 *
 * Return: bytes in the message, 0 at the end, or a negative error.
 */
int otseg_nl_conduit_get_dumpit(struct sk_buff *skb, struct netlink_callback *cb)
{
	u32 *next = (u32 *)cb->ctx;
	struct otseg_conduit_info info;
	void *header;
	int err = 0;

	rcu_read_lock();
	cb->seq = otseg_policy_active()->generation;
	while (otseg_conduit_tell(*next, &info)) {
		header = genlmsg_put(skb, NETLINK_CB(cb->skb).portid, cb->nlh->nlmsg_seq,
				     &otseg_nl_family, NLM_F_MULTI, OTSEG_CMD_CONDUIT_GET);
		if (!header) {
			err = -EMSGSIZE;
			break;
		}
		genl_dump_check_consistent(cb, header);
		err = put_conduit(skb, otseg_policy_active(), &info);
		if (!err)
			err = nla_put_u32(skb, OTSEG_A_CONDUIT_SINCE, info.since_seconds);
		if (err) {
			genlmsg_cancel(skb, header);
			break;
		}
		genlmsg_end(skb, header);
		++*next;
	}
	rcu_read_unlock();
	return err && !skb->len ? err : skb->len;
}

/**
 * otseg_netlink_conduit_tell - tell who listens that the state of a conduit has changed
 * @policy: the active one
 * @info: the state
 * @change: what has become of it
 *
 * Context: process, may sleep; @policy stays.
 */
void otseg_netlink_conduit_tell(const struct otseg_policy *policy,
				const struct otseg_conduit_info *info,
				enum otseg_conduit_change change)
{
	struct sk_buff *skb;
	void *header;

	if (!genl_has_listeners(&otseg_nl_family, &init_net, OTSEG_NLGRP_CONDUITS))
		return;
	skb = genlmsg_new(CONDUIT_PAYLOAD, GFP_KERNEL);
	if (!skb)
		return;
	header = genlmsg_put(skb, 0, 0, &otseg_nl_family, 0, OTSEG_CMD_CONDUIT_NTF);
	if (!header || put_conduit(skb, policy, info) ||
	    nla_put_u32(skb, OTSEG_A_CONDUIT_CHANGE, change)) {
		nlmsg_free(skb);
		return;
	}
	genlmsg_end(skb, header);
	genlmsg_multicast(&otseg_nl_family, skb, 0, OTSEG_NLGRP_CONDUITS, GFP_KERNEL);
}
