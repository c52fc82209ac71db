// SPDX-License-Identifier: GPL-2.0-only
/*
 * Netlink handlers of the module's status and of counters. Reads under RCU.
 */
#include <linux/minmax.h>
#include <net/genetlink.h>

#include "interface.h"
#include "main.h"
#include "netlink.h"
#include "netlink_gen.h"
#include "policy.h"
#include "signature.h"
#include "stage.h"

#define STATUS_PAYLOAD                                                          \
	(13 * nla_total_size(sizeof(u32)) + 2 * nla_total_size(sizeof(u64)) +   \
	 nla_total_size(OTSEG_DIGEST_SIZE) + nla_total_size(OTSEG_NAME_MAX + 1) + \
	 nla_total_size(OTSEG_SIGNER_MAX + 1) + nla_total_size(sizeof(OTSEG_VERSION)))

static int put_policy(struct sk_buff *skb, const struct otseg_policy *policy)
{
	const struct otseg_image *image = policy->image;

	if (!image)
		return nla_put_u32(skb, OTSEG_A_STATUS_STATE, OTSEG_POLICY_STATE_NONE) ||
		       nla_put_u32(skb, OTSEG_A_STATUS_GENERATION, 0);
	return nla_put_u32(skb, OTSEG_A_STATUS_STATE, OTSEG_POLICY_STATE_ACTIVE) ||
	       nla_put_u32(skb, OTSEG_A_STATUS_GENERATION, policy->generation) ||
	       nla_put_string(skb, OTSEG_A_STATUS_NAME, otseg_image_string(image, image->name)) ||
	       nla_put(skb, OTSEG_A_STATUS_DIGEST, OTSEG_DIGEST_LEN, image->digest) ||
	       nla_put_u32(skb, OTSEG_A_STATUS_IMAGE_SIZE, image->size) ||
	       nla_put_u32(skb, OTSEG_A_STATUS_LINKS, image->sec[OTSEG_SEC_LINKS].count) ||
	       nla_put_u32(skb, OTSEG_A_STATUS_ZONES, image->sec[OTSEG_SEC_ZONES].count) ||
	       nla_put_u32(skb, OTSEG_A_STATUS_CONDUITS, image->sec[OTSEG_SEC_CONDUITS].count) ||
	       nla_put_u32(skb, OTSEG_A_STATUS_RULES, image->sec[OTSEG_SEC_RULES].count) ||
	       nla_put_uint(skb, OTSEG_A_STATUS_REVISION, image->revision) ||
	       (policy->signer &&
		nla_put_string(skb, OTSEG_A_STATUS_SIGNER, otseg_signature_by(policy)));
}

static int put_module(struct sk_buff *skb, bool is_island)
{
	struct otseg_stage_info stage;
	u32 flags = 0;

	otseg_stage_tell(&stage);
	if (stage.state != OTSEG_STAGE_STATE_NONE)
		flags |= OTSEG_STATUS_FLAG_TRANSACTION;
	if (otseg_has_governed())
		flags |= OTSEG_STATUS_FLAG_GOVERNED;
	if (is_island)
		flags |= OTSEG_STATUS_FLAG_ISLAND;
	if (otseg_signature_is_required())
		flags |= OTSEG_STATUS_FLAG_REQUIRE_SIGNED;

	return nla_put_string(skb, OTSEG_A_STATUS_VERSION, OTSEG_VERSION) ||
	       nla_put_u32(skb, OTSEG_A_STATUS_IMAGE_VERSION, OTSEG_IMAGE_VERSION) ||
	       nla_put_u32(skb, OTSEG_A_STATUS_COUNTER_COUNT, OTSEG_CTR_COUNT) ||
	       nla_put_u32(skb, OTSEG_A_STATUS_INTERFACES, otseg_interface_count()) ||
	       nla_put_u32(skb, OTSEG_A_STATUS_FLAGS, flags) ||
	       nla_put_u32(skb, OTSEG_A_STATUS_CERTIFICATES, otseg_signature_certificates()) ||
	       nla_put_uint(skb, OTSEG_A_STATUS_LEAST_REVISION, otseg_signature_least_revision());
}

/**
 * otseg_nl_status_get_doit - tell what the module is and what it enforces
 * @skb: the request
 * @info: the request, attributes checked against the specification
 *
 * Return: 0 or a negative error, with a sentence in the extended acknowledgement.
 */
int otseg_nl_status_get_doit(struct sk_buff *skb, struct genl_info *info)
{
	const struct otseg_policy *policy;
	struct otseg_reply reply;
	bool is_island;
	int err;

	err = otseg_reply_begin(&reply, info, STATUS_PAYLOAD);
	if (err)
		return err;
	rcu_read_lock();
	policy = otseg_policy_active();
	is_island = policy->image && policy->image->flags & OTSEG_IMG_ISLAND;
	err = put_policy(reply.skb, policy);
	rcu_read_unlock();
	if (err || put_module(reply.skb, is_island))
		err = -EMSGSIZE;
	return otseg_reply_send(&reply, info, err);
}

/* The kind that an index counts within; -1: the whole block. */
static int kind_of(u32 kind)
{
	static const int kinds[] = {
		[OTSEG_COUNTER_KIND_ALL] = -1,
		[OTSEG_COUNTER_KIND_REASON] = OTSEG_KIND_REASON,
		[OTSEG_COUNTER_KIND_LINK] = OTSEG_KIND_LINK,
		[OTSEG_COUNTER_KIND_ZONE] = OTSEG_KIND_ZONE,
		[OTSEG_COUNTER_KIND_CONDUIT] = OTSEG_KIND_CONDUIT,
		[OTSEG_COUNTER_KIND_RULE] = OTSEG_KIND_RULE,
	};

	return kinds[kind];
}

/**
 * struct otseg_counter_run - a run of counters that a request asks for
 * @kind: enum otseg_counter_kind
 * @first: first index within the kind
 * @count: counters
 * @begin: index in the block of the first of the kind
 */
struct otseg_counter_run {
	u32 kind;
	u32 first;
	u32 count;
	u32 begin;
};

static int parse_run(struct genl_info *info, struct otseg_counter_run *run)
{
	const struct nlattr *kind = info->attrs[OTSEG_A_COUNTERS_KIND];
	const struct nlattr *first = info->attrs[OTSEG_A_COUNTERS_FIRST];
	u32 end = OTSEG_CTR_COUNT;
	int k;

	if (GENL_REQ_ATTR_CHECK(info, OTSEG_A_COUNTERS_COUNT)) {
		GENL_SET_ERR_MSG(info, "count is missing");
		return -EINVAL;
	}
	run->kind = kind ? nla_get_u32(kind) : OTSEG_COUNTER_KIND_ALL;
	run->first = first ? nla_get_u32(first) : 0;
	run->count = nla_get_u32(info->attrs[OTSEG_A_COUNTERS_COUNT]);
	run->begin = 0;

	k = kind_of(run->kind);
	if (k >= 0) {
		run->begin = otseg_kind_layouts[k].first;
		end = otseg_kind_layouts[k].len * otseg_kind_layouts[k].max;
	}
	if (run->first > end || run->count > end - run->first) {
		GENL_SET_ERR_MSG_FMT(info, "counters %u to %llu: there are %u", run->first,
				     (u64)run->first + run->count - 1, end);
		return -ERANGE;
	}
	return 0;
}

/* Reads the counters into a reserved attribute and tells their generation. */
static int read_run(struct genl_info *info, const struct otseg_counter_run *run, u64 *values,
		    u32 *generation)
{
	const struct nlattr *expected = info->attrs[OTSEG_A_COUNTERS_GENERATION];
	const struct otseg_policy *policy;
	int err = 0;
	u32 i;

	rcu_read_lock();
	policy = otseg_policy_active();
	*generation = policy->generation;
	if (expected && nla_get_u32(expected) != policy->generation) {
		GENL_SET_ERR_MSG_FMT(info, "the active generation is %u, expected was %u",
				     policy->generation, nla_get_u32(expected));
		err = -ESTALE;
	}
	for (i = 0; !err && i < run->count; i++) {
		u64 sum = otseg_counters_at(policy->counters, run->begin + run->first + i);

		/* Attributes are aligned to four bytes only. */
		memcpy(&values[i], &sum, sizeof(sum));
	}
	rcu_read_unlock();
	return err;
}

/**
 * otseg_nl_counters_get_doit - read a run of counters
 * @skb: the request
 * @info: the request, attributes checked against the specification
 *
 * Return: 0 or a negative error, with a sentence in the extended acknowledgement.
 */
int otseg_nl_counters_get_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct otseg_counter_run run;
	struct otseg_reply reply;
	struct nlattr *values;
	u32 generation;
	int err;

	err = parse_run(info, &run);
	if (err)
		return err;
	err = otseg_reply_begin(&reply, info,
				4 * nla_total_size(sizeof(u32)) +
					nla_total_size(run.count * sizeof(u64)));
	if (err)
		return err;

	values = nla_reserve(reply.skb, OTSEG_A_COUNTERS_VALUES, run.count * sizeof(u64));
	if (!values) {
		err = -EMSGSIZE;
		goto send;
	}
	err = read_run(info, &run, nla_data(values), &generation);
	if (!err && (nla_put_u32(reply.skb, OTSEG_A_COUNTERS_GENERATION, generation) ||
		     nla_put_u32(reply.skb, OTSEG_A_COUNTERS_KIND, run.kind) ||
		     nla_put_u32(reply.skb, OTSEG_A_COUNTERS_FIRST, run.first) ||
		     nla_put_u32(reply.skb, OTSEG_A_COUNTERS_COUNT, run.count)))
		err = -EMSGSIZE;
send:
	return otseg_reply_send(&reply, info, err);
}

/**
 * otseg_netlink_unenforced_tell - tell who listens what is not enforced
 * @info: it
 *
 * Context: process, may sleep.
 */
void otseg_netlink_unenforced_tell(const struct otseg_unenforced_info *info)
{
	struct sk_buff *skb;
	void *header;

	if (!genl_has_listeners(&otseg_nl_family, &init_net, OTSEG_NLGRP_ENFORCEMENT))
		return;
	skb = genlmsg_new(4 * nla_total_size(sizeof(u32)) + nla_total_size_64bit(sizeof(u64)) +
				  nla_total_size(OTSEG_NAME_MAX + 1),
			  GFP_KERNEL);
	if (!skb)
		return;
	header = genlmsg_put(skb, 0, 0, &otseg_nl_family, 0, OTSEG_CMD_UNENFORCED_NTF);
	if (!header || nla_put_u32(skb, OTSEG_A_UNENFORCED_GENERATION, info->generation) ||
	    nla_put_string(skb, OTSEG_A_UNENFORCED_NAME, info->name) ||
	    nla_put_u32(skb, OTSEG_A_UNENFORCED_CONDUITS, info->conduits) ||
	    nla_put_u32(skb, OTSEG_A_UNENFORCED_OF, info->of) ||
	    nla_put_u32(skb, OTSEG_A_UNENFORCED_INTERFACES, info->interfaces) ||
	    nla_put_uint(skb, OTSEG_A_UNENFORCED_FAILED_OPEN, info->failed_open)) {
		nlmsg_free(skb);
		return;
	}
	genlmsg_end(skb, header);
	genlmsg_multicast(&otseg_nl_family, skb, 0, OTSEG_NLGRP_ENFORCEMENT, GFP_KERNEL);
}
