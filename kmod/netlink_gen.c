// SPDX-License-Identifier: GPL-2.0-only
/* Do not edit directly, auto-generated from: */
/*	Documentation/netlink/specs/otseg.yaml */
/* YNL-GEN kernel source */

#include <net/netlink.h>
#include <net/genetlink.h>

#include "netlink_gen.h"

#include <uapi/linux/otseg.h>

/* Integer value ranges */
static const struct netlink_range_validation otseg_a_policy_image_size_range = {
	.min	= OTSEG_SIZE_MIN,
	.max	= OTSEG_SIZE_MAX,
};

static const struct netlink_range_validation otseg_a_policy_offset_range = {
	.max	= OTSEG_SIZE_MAX,
};

static const struct netlink_range_validation otseg_a_policy_confirm_seconds_range = {
	.min	= 1ULL,
	.max	= OTSEG_CONFIRM_MAX,
};

static const struct netlink_range_validation otseg_a_conduit_seconds_range = {
	.min	= 1ULL,
	.max	= OTSEG_GRANT_MAX,
};

/* OTSEG_CMD_POLICY_STAGE - do */
static const struct nla_policy otseg_policy_stage_nl_policy[OTSEG_A_POLICY_IMAGE_SIZE + 1] = {
	[OTSEG_A_POLICY_IMAGE_SIZE] = NLA_POLICY_FULL_RANGE(NLA_U32, &otseg_a_policy_image_size_range),
	[OTSEG_A_POLICY_DIGEST] = NLA_POLICY_EXACT_LEN(OTSEG_DIGEST_SIZE),
};

/* OTSEG_CMD_POLICY_CHUNK - do */
static const struct nla_policy otseg_policy_chunk_nl_policy[OTSEG_A_POLICY_DATA + 1] = {
	[OTSEG_A_POLICY_OFFSET] = NLA_POLICY_FULL_RANGE(NLA_U32, &otseg_a_policy_offset_range),
	[OTSEG_A_POLICY_DATA] = { .type = NLA_BINARY, },
};

/* OTSEG_CMD_POLICY_VERIFY - do */
static const struct nla_policy otseg_policy_verify_nl_policy[OTSEG_A_POLICY_SIGNATURE + 1] = {
	[OTSEG_A_POLICY_SIGNATURE] = { .type = NLA_BINARY, },
};

/* OTSEG_CMD_POLICY_COMMIT - do */
static const struct nla_policy otseg_policy_commit_nl_policy[OTSEG_A_POLICY_PROVISIONAL + 1] = {
	[OTSEG_A_POLICY_EXPECT_GENERATION] = { .type = NLA_U32, },
	[OTSEG_A_POLICY_CONFIRM_SECONDS] = NLA_POLICY_FULL_RANGE(NLA_U32, &otseg_a_policy_confirm_seconds_range),
	[OTSEG_A_POLICY_PROVISIONAL] = { .type = NLA_BINARY, },
};

/* OTSEG_CMD_INTERFACE_BIND - do */
static const struct nla_policy otseg_interface_bind_nl_policy[OTSEG_A_INTERFACE_PROVISIONAL + 1] = {
	[OTSEG_A_INTERFACE_IFINDEX] = NLA_POLICY_MIN(NLA_U32, 1),
	[OTSEG_A_INTERFACE_ROLE] = { .type = NLA_NUL_STRING, .len = OTSEG_DEVICE_MAX, },
	[OTSEG_A_INTERFACE_PROVISIONAL] = { .type = NLA_FLAG, },
};

/* OTSEG_CMD_INTERFACE_UNBIND - do */
static const struct nla_policy otseg_interface_unbind_nl_policy[OTSEG_A_INTERFACE_ROLE + 1] = {
	[OTSEG_A_INTERFACE_IFINDEX] = NLA_POLICY_MIN(NLA_U32, 1),
	[OTSEG_A_INTERFACE_ROLE] = { .type = NLA_NUL_STRING, .len = OTSEG_DEVICE_MAX, },
};

/* OTSEG_CMD_INTERFACE_GET - do */
static const struct nla_policy otseg_interface_get_nl_policy[OTSEG_A_INTERFACE_ROLE + 1] = {
	[OTSEG_A_INTERFACE_IFINDEX] = NLA_POLICY_MIN(NLA_U32, 1),
	[OTSEG_A_INTERFACE_ROLE] = { .type = NLA_NUL_STRING, .len = OTSEG_DEVICE_MAX, },
};

/* OTSEG_CMD_COUNTERS_GET - do */
static const struct nla_policy otseg_counters_get_nl_policy[OTSEG_A_COUNTERS_GENERATION + 1] = {
	[OTSEG_A_COUNTERS_KIND] = NLA_POLICY_MAX(NLA_U32, 5),
	[OTSEG_A_COUNTERS_FIRST] = { .type = NLA_U32, },
	[OTSEG_A_COUNTERS_COUNT] = NLA_POLICY_RANGE(NLA_U32, 1, OTSEG_VALUES_MAX),
	[OTSEG_A_COUNTERS_GENERATION] = { .type = NLA_U32, },
};

/* OTSEG_CMD_POLICY_CONFIRM - do */
static const struct nla_policy otseg_policy_confirm_nl_policy[OTSEG_A_POLICY_EXPECT_GENERATION + 1] = {
	[OTSEG_A_POLICY_EXPECT_GENERATION] = { .type = NLA_U32, },
};

/* OTSEG_CMD_POLICY_ROLLBACK - do */
static const struct nla_policy otseg_policy_rollback_nl_policy[OTSEG_A_POLICY_EXPECT_GENERATION + 1] = {
	[OTSEG_A_POLICY_EXPECT_GENERATION] = { .type = NLA_U32, },
};

/* OTSEG_CMD_CONDUIT_SET - do */
static const struct nla_policy otseg_conduit_set_nl_policy[OTSEG_A_CONDUIT_EXPECT_GENERATION + 1] = {
	[OTSEG_A_CONDUIT_NAME] = { .type = NLA_NUL_STRING, .len = OTSEG_NAME_MAX, },
	[OTSEG_A_CONDUIT_CHANGE] = NLA_POLICY_MAX(NLA_U32, 5),
	[OTSEG_A_CONDUIT_SECONDS] = NLA_POLICY_FULL_RANGE(NLA_U32, &otseg_a_conduit_seconds_range),
	[OTSEG_A_CONDUIT_REASON] = { .type = NLA_NUL_STRING, .len = OTSEG_REASON_MAX, },
	[OTSEG_A_CONDUIT_EXPECT_GENERATION] = { .type = NLA_U32, },
};

/* Ops table for otseg */
static const struct genl_split_ops otseg_nl_ops[] = {
	{
		.cmd		= OTSEG_CMD_POLICY_STAGE,
		.doit		= otseg_nl_policy_stage_doit,
		.policy		= otseg_policy_stage_nl_policy,
		.maxattr	= OTSEG_A_POLICY_IMAGE_SIZE,
		.flags		= GENL_ADMIN_PERM | GENL_CMD_CAP_DO,
	},
	{
		.cmd		= OTSEG_CMD_POLICY_CHUNK,
		.doit		= otseg_nl_policy_chunk_doit,
		.policy		= otseg_policy_chunk_nl_policy,
		.maxattr	= OTSEG_A_POLICY_DATA,
		.flags		= GENL_ADMIN_PERM | GENL_CMD_CAP_DO,
	},
	{
		.cmd		= OTSEG_CMD_POLICY_VERIFY,
		.doit		= otseg_nl_policy_verify_doit,
		.policy		= otseg_policy_verify_nl_policy,
		.maxattr	= OTSEG_A_POLICY_SIGNATURE,
		.flags		= GENL_ADMIN_PERM | GENL_CMD_CAP_DO,
	},
	{
		.cmd		= OTSEG_CMD_POLICY_COMMIT,
		.doit		= otseg_nl_policy_commit_doit,
		.policy		= otseg_policy_commit_nl_policy,
		.maxattr	= OTSEG_A_POLICY_PROVISIONAL,
		.flags		= GENL_ADMIN_PERM | GENL_CMD_CAP_DO,
	},
	{
		.cmd		= OTSEG_CMD_POLICY_ABORT,
		.pre_doit	= otseg_nl_no_attributes,
		.doit		= otseg_nl_policy_abort_doit,
		.flags		= GENL_ADMIN_PERM | GENL_CMD_CAP_DO,
	},
	{
		.cmd		= OTSEG_CMD_POLICY_GET,
		.pre_doit	= otseg_nl_no_attributes,
		.doit		= otseg_nl_policy_get_doit,
		.flags		= GENL_CMD_CAP_DO,
	},
	{
		.cmd	= OTSEG_CMD_POLICY_READ,
		.start	= otseg_nl_no_attributes_start,
		.dumpit	= otseg_nl_policy_read_dumpit,
		.flags	= GENL_ADMIN_PERM | GENL_CMD_CAP_DUMP,
	},
	{
		.cmd		= OTSEG_CMD_INTERFACE_BIND,
		.doit		= otseg_nl_interface_bind_doit,
		.policy		= otseg_interface_bind_nl_policy,
		.maxattr	= OTSEG_A_INTERFACE_PROVISIONAL,
		.flags		= GENL_ADMIN_PERM | GENL_CMD_CAP_DO,
	},
	{
		.cmd		= OTSEG_CMD_INTERFACE_UNBIND,
		.doit		= otseg_nl_interface_unbind_doit,
		.policy		= otseg_interface_unbind_nl_policy,
		.maxattr	= OTSEG_A_INTERFACE_ROLE,
		.flags		= GENL_ADMIN_PERM | GENL_CMD_CAP_DO,
	},
	{
		.cmd		= OTSEG_CMD_INTERFACE_GET,
		.doit		= otseg_nl_interface_get_doit,
		.policy		= otseg_interface_get_nl_policy,
		.maxattr	= OTSEG_A_INTERFACE_ROLE,
		.flags		= GENL_CMD_CAP_DO,
	},
	{
		.cmd	= OTSEG_CMD_INTERFACE_GET,
		.start	= otseg_nl_no_attributes_start,
		.dumpit	= otseg_nl_interface_get_dumpit,
		.flags	= GENL_CMD_CAP_DUMP,
	},
	{
		.cmd		= OTSEG_CMD_STATUS_GET,
		.pre_doit	= otseg_nl_no_attributes,
		.doit		= otseg_nl_status_get_doit,
		.flags		= GENL_CMD_CAP_DO,
	},
	{
		.cmd		= OTSEG_CMD_COUNTERS_GET,
		.doit		= otseg_nl_counters_get_doit,
		.policy		= otseg_counters_get_nl_policy,
		.maxattr	= OTSEG_A_COUNTERS_GENERATION,
		.flags		= GENL_CMD_CAP_DO,
	},
	{
		.cmd		= OTSEG_CMD_POLICY_CONFIRM,
		.doit		= otseg_nl_policy_confirm_doit,
		.policy		= otseg_policy_confirm_nl_policy,
		.maxattr	= OTSEG_A_POLICY_EXPECT_GENERATION,
		.flags		= GENL_ADMIN_PERM | GENL_CMD_CAP_DO,
	},
	{
		.cmd		= OTSEG_CMD_POLICY_ROLLBACK,
		.doit		= otseg_nl_policy_rollback_doit,
		.policy		= otseg_policy_rollback_nl_policy,
		.maxattr	= OTSEG_A_POLICY_EXPECT_GENERATION,
		.flags		= GENL_ADMIN_PERM | GENL_CMD_CAP_DO,
	},
	{
		.cmd		= OTSEG_CMD_CONDUIT_SET,
		.doit		= otseg_nl_conduit_set_doit,
		.policy		= otseg_conduit_set_nl_policy,
		.maxattr	= OTSEG_A_CONDUIT_EXPECT_GENERATION,
		.flags		= GENL_ADMIN_PERM | GENL_CMD_CAP_DO,
	},
	{
		.cmd	= OTSEG_CMD_CONDUIT_GET,
		.start	= otseg_nl_no_attributes_start,
		.dumpit	= otseg_nl_conduit_get_dumpit,
		.flags	= GENL_CMD_CAP_DUMP,
	},
};

static const struct genl_multicast_group otseg_nl_mcgrps[] = {
	[OTSEG_NLGRP_CONDUITS] = { "conduits", },
	[OTSEG_NLGRP_ENFORCEMENT] = { "enforcement", },
};

struct genl_family otseg_nl_family __ro_after_init = {
	.name		= OTSEG_FAMILY_NAME,
	.version	= OTSEG_FAMILY_VERSION,
	.netnsok	= true,
	.parallel_ops	= true,
	.module		= THIS_MODULE,
	.split_ops	= otseg_nl_ops,
	.n_split_ops	= ARRAY_SIZE(otseg_nl_ops),
	.mcgrps		= otseg_nl_mcgrps,
	.n_mcgrps	= ARRAY_SIZE(otseg_nl_mcgrps),
};
