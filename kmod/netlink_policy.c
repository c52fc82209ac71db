// SPDX-License-Identifier: GPL-2.0-only
/*
 * Netlink handlers of the policy: the transaction and what is active. Owns the
 * translation between attributes and stage.c or policy.c, nothing else.
 */
#include <net/genetlink.h>

#include "confirm.h"
#include "netlink.h"
#include "netlink_gen.h"
#include "policy.h"
#include "stage.h"

static_assert(OTSEG_DIGEST_SIZE == OTSEG_DIGEST_LEN, "specification and image format agree");
static_assert(sizeof(struct otseg_image) == OTSEG_SIZE_MIN, "specification and image format agree");
static_assert(OTSEG_SIZE_MAX == OTSEG_IMAGE_MAX, "specification and image format agree");

/* Room for all attributes of a policy but "data". */
#define POLICY_PAYLOAD                                                             \
	(12 * nla_total_size(sizeof(u32)) + 3 * nla_total_size(OTSEG_DIGEST_SIZE) + \
	 2 * nla_total_size(OTSEG_NAME_MAX + 1))

/**
 * otseg_nl_policy_stage_doit - open a transaction, or start it over
 * @skb: the request
 * @info: the request, attributes checked against the specification
 *
 * Return: 0 or a negative error, with a sentence in the extended acknowledgement.
 */
int otseg_nl_policy_stage_doit(struct sk_buff *skb, struct genl_info *info)
{
	if (GENL_REQ_ATTR_CHECK(info, OTSEG_A_POLICY_IMAGE_SIZE)) {
		GENL_SET_ERR_MSG(info, "image-size is missing");
		return -EINVAL;
	}
	if (GENL_REQ_ATTR_CHECK(info, OTSEG_A_POLICY_DIGEST)) {
		GENL_SET_ERR_MSG(info, "digest is missing");
		return -EINVAL;
	}
	return otseg_stage_open(info->snd_portid,
				nla_get_u32(info->attrs[OTSEG_A_POLICY_IMAGE_SIZE]),
				nla_data(info->attrs[OTSEG_A_POLICY_DIGEST]), info->extack);
}

/**
 * otseg_nl_policy_chunk_doit - add the next bytes of the image
 * @skb: the request
 * @info: the request, attributes checked against the specification
 *
 * Return: 0 or a negative error, with a sentence in the extended acknowledgement.
 */
int otseg_nl_policy_chunk_doit(struct sk_buff *skb, struct genl_info *info)
{
	const struct nlattr *data = info->attrs[OTSEG_A_POLICY_DATA];

	if (GENL_REQ_ATTR_CHECK(info, OTSEG_A_POLICY_OFFSET)) {
		GENL_SET_ERR_MSG(info, "offset is missing");
		return -EINVAL;
	}
	if (GENL_REQ_ATTR_CHECK(info, OTSEG_A_POLICY_DATA)) {
		GENL_SET_ERR_MSG(info, "data is missing");
		return -EINVAL;
	}
	if (!nla_len(data) || nla_len(data) > OTSEG_CHUNK_MAX) {
		NL_SET_BAD_ATTR(info->extack, data);
		GENL_SET_ERR_MSG_FMT(info, "data of %d bytes: expected 1 to %u", nla_len(data),
				     OTSEG_CHUNK_MAX);
		return -ERANGE;
	}
	return otseg_stage_add(info->snd_portid, nla_get_u32(info->attrs[OTSEG_A_POLICY_OFFSET]),
			       nla_data(data), nla_len(data), info->extack);
}

/**
 * otseg_nl_policy_verify_doit - verify the staged image
 * @skb: the request
 * @info: the request, attributes checked against the specification
 *
 * Return: 0 or a negative error, with a sentence in the extended acknowledgement.
 */
int otseg_nl_policy_verify_doit(struct sk_buff *skb, struct genl_info *info)
{
	const struct nlattr *signature = info->attrs[OTSEG_A_POLICY_SIGNATURE];
	struct otseg_stage_info stage;
	struct otseg_reply reply;
	int err;

	if (signature && (!nla_len(signature) || nla_len(signature) > OTSEG_SIGNATURE_MAX)) {
		NL_SET_BAD_ATTR(info->extack, signature);
		GENL_SET_ERR_MSG_FMT(info, "signature of %d bytes: expected 1 to %u",
				     nla_len(signature), OTSEG_SIGNATURE_MAX);
		return -ERANGE;
	}
	/* First, so that what is verified is told of. */
	err = otseg_reply_begin(&reply, info, POLICY_PAYLOAD);
	if (err)
		return err;
	err = otseg_stage_verify(info->snd_portid, signature ? nla_data(signature) : NULL,
				 signature ? nla_len(signature) : 0, info->extack);
	otseg_stage_tell(&stage);
	if (!err &&
	    (nla_put_u32(reply.skb, OTSEG_A_POLICY_IMAGE_SIZE, stage.size) ||
	     nla_put(reply.skb, OTSEG_A_POLICY_DIGEST, sizeof(stage.digest), stage.digest)))
		err = -EMSGSIZE;
	return otseg_reply_send(&reply, info, err);
}

/* What a commit says of its confirmation; @request->seconds is 0 where nothing. */
static int parse_confirm(struct genl_info *info, struct otseg_confirm_request *request)
{
	const struct nlattr *seconds = info->attrs[OTSEG_A_POLICY_CONFIRM_SECONDS];
	const struct nlattr *provisional = info->attrs[OTSEG_A_POLICY_PROVISIONAL];

	if (seconds)
		request->seconds = nla_get_u32(seconds);
	if (!provisional)
		return 0;
	if (nla_len(provisional) % sizeof(u32) ||
	    nla_len(provisional) > OTSEG_PROVISIONAL_MAX * sizeof(u32)) {
		NL_SET_BAD_ATTR(info->extack, provisional);
		GENL_SET_ERR_MSG_FMT(info,
				     "provisional of %d bytes: expected up to %u indices of 4 bytes",
				     nla_len(provisional), OTSEG_PROVISIONAL_MAX);
		return -ERANGE;
	}
	request->provisional = nla_data(provisional);
	request->n_provisional = nla_len(provisional) / sizeof(u32);
	return 0;
}

/**
 * otseg_nl_policy_commit_doit - make the verified image the active policy
 * @skb: the request
 * @info: the request, attributes checked against the specification
 *
 * Return: 0 or a negative error, with a sentence in the extended acknowledgement.
 */
int otseg_nl_policy_commit_doit(struct sk_buff *skb, struct genl_info *info)
{
	const struct nlattr *expect = info->attrs[OTSEG_A_POLICY_EXPECT_GENERATION];
	u32 expect_generation = expect ? nla_get_u32(expect) : 0;
	struct otseg_confirm_request confirm = {};
	struct otseg_stage_info stage;
	struct otseg_reply reply;
	u32 generation;
	int err;

	err = parse_confirm(info, &confirm);
	if (err)
		return err;
	/* First, so that nothing can fail once the policy is active. */
	err = otseg_reply_begin(&reply, info, POLICY_PAYLOAD);
	if (err)
		return err;
	otseg_stage_tell(&stage);
	err = otseg_stage_commit(info->snd_portid, expect ? &expect_generation : NULL,
				 confirm.seconds ? &confirm : NULL, &generation, info->extack);
	if (!err && (nla_put_u32(reply.skb, OTSEG_A_POLICY_GENERATION, generation) ||
		     nla_put(reply.skb, OTSEG_A_POLICY_DIGEST, sizeof(stage.digest), stage.digest)))
		err = -EMSGSIZE;
	return otseg_reply_send(&reply, info, err);
}

/* Confirms or rolls back, and replies which policy is active then. */
static int settle(struct genl_info *info,
		  int (*how)(const u32 *expect_generation, struct otseg_policy_id *told,
			     struct netlink_ext_ack *extack))
{
	const struct nlattr *expect = info->attrs[OTSEG_A_POLICY_EXPECT_GENERATION];
	u32 expect_generation = expect ? nla_get_u32(expect) : 0;
	struct otseg_policy_id id;
	struct otseg_reply reply;
	int err;

	/* First, so that nothing can fail once it is done. */
	err = otseg_reply_begin(&reply, info, POLICY_PAYLOAD);
	if (err)
		return err;
	err = how(expect ? &expect_generation : NULL, &id, info->extack);
	if (!err && (nla_put_u32(reply.skb, OTSEG_A_POLICY_GENERATION, id.generation) ||
		     nla_put(reply.skb, OTSEG_A_POLICY_DIGEST, sizeof(id.digest), id.digest)))
		err = -EMSGSIZE;
	return otseg_reply_send(&reply, info, err);
}

/**
 * otseg_nl_policy_confirm_doit - keep the active policy, which is unconfirmed
 * @skb: the request
 * @info: the request, attributes checked against the specification
 *
 * Return: 0 or a negative error, with a sentence in the extended acknowledgement.
 */
int otseg_nl_policy_confirm_doit(struct sk_buff *skb, struct genl_info *info)
{
	return settle(info, otseg_policy_confirm);
}

/**
 * otseg_nl_policy_rollback_doit - bring back the last confirmed policy
 * @skb: the request
 * @info: the request, attributes checked against the specification
 *
 * Return: 0 or a negative error, with a sentence in the extended acknowledgement.
 */
int otseg_nl_policy_rollback_doit(struct sk_buff *skb, struct genl_info *info)
{
	return settle(info, otseg_policy_rollback);
}

/**
 * otseg_nl_policy_abort_doit - drop the transaction
 * @skb: the request
 * @info: the request, attributes checked against the specification
 *
 * Return: 0 or a negative error, with a sentence in the extended acknowledgement.
 */
int otseg_nl_policy_abort_doit(struct sk_buff *skb, struct genl_info *info)
{
	return otseg_stage_abort(info->snd_portid, info->extack);
}

static int put_active(struct sk_buff *skb, const struct otseg_policy *policy)
{
	const struct otseg_image *image = policy->image;

	if (!image)
		return nla_put_u32(skb, OTSEG_A_POLICY_STATE, OTSEG_POLICY_STATE_NONE) ||
		       nla_put_u32(skb, OTSEG_A_POLICY_GENERATION, 0);
	return nla_put_u32(skb, OTSEG_A_POLICY_STATE, OTSEG_POLICY_STATE_ACTIVE) ||
	       nla_put_u32(skb, OTSEG_A_POLICY_GENERATION, policy->generation) ||
	       nla_put_u32(skb, OTSEG_A_POLICY_SINCE_GENERATION, policy->since) ||
	       nla_put_u32(skb, OTSEG_A_POLICY_IMAGE_SIZE, image->size) ||
	       nla_put(skb, OTSEG_A_POLICY_DIGEST, OTSEG_DIGEST_LEN, image->digest) ||
	       nla_put_string(skb, OTSEG_A_POLICY_NAME, otseg_image_string(image, image->name));
}

static int put_confirm(struct sk_buff *skb)
{
	struct otseg_confirm_info confirm;

	otseg_confirm_tell(&confirm);
	if (nla_put_u32(skb, OTSEG_A_POLICY_CONFIRM_STATE, confirm.state) ||
	    nla_put_u32(skb, OTSEG_A_POLICY_STATE_SECONDS, confirm.state_seconds))
		return -EMSGSIZE;
	if (confirm.state != OTSEG_CONFIRM_STATE_UNCONFIRMED)
		return 0;
	return nla_put_u32(skb, OTSEG_A_POLICY_SECONDS_LEFT, confirm.seconds_left) ||
	       nla_put_string(skb, OTSEG_A_POLICY_FALLBACK_NAME, confirm.name) ||
	       nla_put(skb, OTSEG_A_POLICY_FALLBACK_DIGEST, sizeof(confirm.digest),
		       confirm.digest);
}

static int put_stage(struct sk_buff *skb)
{
	struct otseg_stage_info stage;

	otseg_stage_tell(&stage);
	if (nla_put_u32(skb, OTSEG_A_POLICY_STAGED_STATE, stage.state))
		return -EMSGSIZE;
	if (stage.state == OTSEG_STAGE_STATE_NONE)
		return 0;
	return nla_put_u32(skb, OTSEG_A_POLICY_STAGED_SIZE, stage.size) ||
	       nla_put_u32(skb, OTSEG_A_POLICY_STAGED_RECEIVED, stage.received) ||
	       nla_put(skb, OTSEG_A_POLICY_STAGED_DIGEST, sizeof(stage.digest), stage.digest);
}

/**
 * otseg_nl_policy_get_doit - tell what is active and what is staged
 * @skb: the request
 * @info: the request, attributes checked against the specification
 *
 * Return: 0 or a negative error, with a sentence in the extended acknowledgement.
 */
int otseg_nl_policy_get_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct otseg_reply reply;
	int err;

	err = otseg_reply_begin(&reply, info, POLICY_PAYLOAD);
	if (err)
		return err;
	rcu_read_lock();
	err = put_active(reply.skb, otseg_policy_active());
	rcu_read_unlock();
	if (err || put_confirm(reply.skb) || put_stage(reply.skb))
		err = -EMSGSIZE;
	return otseg_reply_send(&reply, info, err);
}

/**
 * struct otseg_read_state - how far a dump of the image is
 * @generation: of the image that is read; 0 before the first message
 * @offset: next byte
 */
struct otseg_read_state {
	u32 generation;
	u32 offset;
};

/* Puts as much of the image into a message as there is room for. */
static int put_part(struct sk_buff *skb, struct netlink_callback *cb,
		    const struct otseg_image *image, struct otseg_read_state *state)
{
	void *header;
	int room;

	header = genlmsg_put(skb, NETLINK_CB(cb->skb).portid, cb->nlh->nlmsg_seq, &otseg_nl_family,
			     NLM_F_MULTI, OTSEG_CMD_POLICY_READ);
	if (!header)
		return -EMSGSIZE;
	genl_dump_check_consistent(cb, header);

	if (nla_put_u32(skb, OTSEG_A_POLICY_GENERATION, state->generation) ||
	    nla_put_u32(skb, OTSEG_A_POLICY_IMAGE_SIZE, image->size) ||
	    nla_put_u32(skb, OTSEG_A_POLICY_OFFSET, state->offset))
		goto cancel;
	room = skb_tailroom(skb) - nla_total_size(0) - NLA_ALIGNTO;
	room = min3(room, OTSEG_CHUNK_MAX, (int)(image->size - state->offset));
	if (room <= 0 || nla_put(skb, OTSEG_A_POLICY_DATA, room, (u8 *)image + state->offset))
		goto cancel;
	genlmsg_end(skb, header);
	state->offset += room;
	return 0;

cancel:
	genlmsg_cancel(skb, header);
	return -EMSGSIZE;
}

/**
 * otseg_nl_policy_read_dumpit - read the active image back
 * @skb: the message to fill
 * @cb: how far the dump is
 *
 * Return: bytes in the message, 0 at the end, or a negative error.
 */
int otseg_nl_policy_read_dumpit(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct otseg_read_state *state = (void *)cb->ctx;
	const struct otseg_policy *policy;
	int err = 0;

	rcu_read_lock();
	policy = otseg_policy_active();
	if (!policy->image) {
		NL_SET_ERR_MSG(cb->extack, "no policy is active");
		err = -ENOENT;
		goto unlock;
	}
	/* The final message is marked NLM_F_DUMP_INTR when this number changes. */
	cb->seq = policy->generation;
	if (!state->generation)
		state->generation = policy->generation;
	if (state->generation != policy->generation || state->offset == policy->image->size)
		goto unlock;

	err = put_part(skb, cb, policy->image, state);
	if (!err)
		err = skb->len;
unlock:
	rcu_read_unlock();
	return err;
}
