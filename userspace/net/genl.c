// SPDX-License-Identifier: GPL-2.0-only
/*
 * Generic netlink through libmnl: one socket, one request at a time, the
 * kernel's extended acknowledgement as the text of every refusal. Knows
 * messages, not policies.
 */
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "../command.h"
#include "../policy/policy.h"
#include "backend.h"
#include "genl.h"

#define BUFFER_SIZE 65536 /* holds a chunk, and the largest dump message */

/*
 * The connection. @what names the request under way, @extack is the module's
 * sentence about it.
 */
struct otseg_genl {
	struct mnl_socket *socket;
	u32 port;
	u32 sequence;
	u16 family;
	u32 groups[2]; /* of conduits, and of what is not enforced; 0: the module has none */
	const char *what;
	char extack[256];
	char out[BUFFER_SIZE];
	char in[BUFFER_SIZE];
};

/* Where attribute @type of a message is collected, by callback. */
struct attributes {
	const struct nlattr **table;
	u16 max;
};

static int attribute_collect(const struct nlattr *attr, void *data)
{
	struct attributes *a = data;
	u16 type = mnl_attr_get_type(attr);

	if (type <= a->max)
		a->table[type] = attr;
	return MNL_CB_OK;
}

static void attributes_parse(const struct nlmsghdr *nlh, const struct nlattr **table, u16 max)
{
	struct attributes a = { .table = table, .max = max };

	memset(table, 0, (max + 1) * sizeof(*table));
	mnl_attr_parse(nlh, sizeof(struct genlmsghdr), attribute_collect, &a);
}

static u32 get_u32(const struct nlattr *attr)
{
	return attr && mnl_attr_get_payload_len(attr) >= sizeof(u32) ? mnl_attr_get_u32(attr) : 0;
}

/* A "uint" of the spec: 4 or 8 bytes. */
static u64 get_uint(const struct nlattr *attr)
{
	if (attr && mnl_attr_get_payload_len(attr) >= sizeof(u64))
		return mnl_attr_get_u64(attr);
	return get_u32(attr);
}

static void get_text(char *text, size_t text_len, const struct nlattr *attr)
{
	text[0] = '\0';
	if (attr)
		snprintf(text, text_len, "%.*s", (int)mnl_attr_get_payload_len(attr),
			 (const char *)mnl_attr_get_payload(attr));
}

static void get_bytes(void *bytes, size_t n_bytes, const struct nlattr *attr)
{
	memset(bytes, 0, n_bytes);
	if (attr && mnl_attr_get_payload_len(attr) == n_bytes)
		memcpy(bytes, mnl_attr_get_payload(attr), n_bytes);
}

static int extack_collect(const struct nlattr *attr, void *data)
{
	struct otseg_genl *genl = data;

	if (mnl_attr_get_type(attr) == NLMSGERR_ATTR_MSG)
		get_text(genl->extack, sizeof(genl->extack), attr);
	return MNL_CB_OK;
}

/* NLMSG_ERROR, which is also the acknowledgement of success. */
static int on_error(const struct nlmsghdr *nlh, void *data)
{
	const struct nlmsgerr *err = mnl_nlmsg_get_payload(nlh);
	struct otseg_genl *genl = data;
	size_t off = sizeof(*err);

	if (mnl_nlmsg_get_payload_len(nlh) < sizeof(*err)) {
		errno = EBADMSG;
		return MNL_CB_ERROR;
	}
	if (nlh->nlmsg_flags & NLM_F_ACK_TLVS) {
		if (!(nlh->nlmsg_flags & NLM_F_CAPPED))
			off += err->msg.nlmsg_len - NLMSG_HDRLEN;
		if (NLMSG_ALIGN(off) <= mnl_nlmsg_get_payload_len(nlh))
			mnl_attr_parse(nlh, NLMSG_ALIGN(off), extack_collect, genl);
	}
	if (!err->error)
		return MNL_CB_STOP;
	errno = err->error < 0 ? -err->error : err->error;
	return MNL_CB_ERROR;
}

/* NLMSG_DONE carries the error of a dump that failed under way. */
static int on_done(const struct nlmsghdr *nlh, void *data)
{
	struct otseg_genl *genl = data;
	s32 error;

	if (mnl_nlmsg_get_payload_len(nlh) < sizeof(error))
		return MNL_CB_STOP;
	memcpy(&error, mnl_nlmsg_get_payload(nlh), sizeof(error));
	if (nlh->nlmsg_flags & NLM_F_ACK_TLVS)
		mnl_attr_parse(nlh, NLMSG_ALIGN(sizeof(error)), extack_collect, genl);
	if (!error)
		return MNL_CB_STOP;
	errno = error < 0 ? -error : error;
	return MNL_CB_ERROR;
}

/* A reply callback and its data, so that control messages can get @genl instead. */
struct reply {
	mnl_cb_t cb;
	void *data;
};

static int message_handle(struct otseg_genl *genl, const struct nlmsghdr *nlh,
			  const struct reply *reply)
{
	if (nlh->nlmsg_flags & NLM_F_DUMP_INTR) {
		errno = EINTR;
		return MNL_CB_ERROR;
	}
	switch (nlh->nlmsg_type) {
	case NLMSG_NOOP:
		return MNL_CB_OK;
	case NLMSG_ERROR:
		return on_error(nlh, genl);
	case NLMSG_DONE:
		return on_done(nlh, genl);
	default:
		if (mnl_nlmsg_get_payload_len(nlh) < sizeof(struct genlmsghdr) || !reply->cb)
			return MNL_CB_OK;
		return reply->cb(nlh, reply->data);
	}
}

/*
 * Sends the message in @genl->out and takes its replies until it is
 * acknowledged. Returns 0 or a negative errno; says nothing.
 */
static int talk(struct otseg_genl *genl, struct nlmsghdr *nlh, const struct reply *reply)
{
	const struct nlmsghdr *answer;
	ssize_t got;
	int len, ret;

	genl->extack[0] = '\0';
	if (mnl_socket_sendto(genl->socket, nlh, nlh->nlmsg_len) < 0)
		return -errno;
	for (;;) {
		got = mnl_socket_recvfrom(genl->socket, genl->in, sizeof(genl->in));
		if (got < 0)
			return -errno;
		len = (int)got;
		for (answer = (void *)genl->in; mnl_nlmsg_ok(answer, len);
		     answer = mnl_nlmsg_next(answer, &len)) {
			if (!mnl_nlmsg_seq_ok(answer, genl->sequence))
				continue;
			ret = message_handle(genl, answer, reply);
			if (ret == MNL_CB_ERROR)
				return -errno;
			if (ret == MNL_CB_STOP)
				return 0;
		}
	}
}

/* The same, and says what the module said. */
static int talk_aloud(struct otseg_genl *genl, struct nlmsghdr *nlh, const struct reply *reply)
{
	int err = talk(genl, nlh, reply);

	if (err && err != -EINTR)
		otseg_error_print("module: %s: %s%s%s%s", genl->what,
				  genl->extack[0] ? genl->extack : strerror(-err),
				  genl->extack[0] ? " (" : "",
				  genl->extack[0] ? strerror(-err) : "",
				  genl->extack[0] ? ")" : "");
	return err;
}

static struct nlmsghdr *request_begin(struct otseg_genl *genl, u8 command, u16 flags,
				      const char *what)
{
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(genl->out);
	struct genlmsghdr *header;

	nlh->nlmsg_type = genl->family;
	nlh->nlmsg_flags = (u16)(NLM_F_REQUEST | NLM_F_ACK | flags);
	nlh->nlmsg_seq = ++genl->sequence;
	header = mnl_nlmsg_put_extra_header(nlh, sizeof(*header));
	header->cmd = command;
	header->version = OTSEG_FAMILY_VERSION;
	genl->what = what;
	return nlh;
}

/* What is known of the family. */
struct family {
	u16 id;
	u32 groups[2];
};

static void group_note(struct family *family, const struct nlattr *group)
{
	const struct nlattr *part;
	const char *name = "";
	u32 id = 0;

	mnl_attr_for_each_nested(part, group) {
		if (mnl_attr_get_type(part) == CTRL_ATTR_MCAST_GRP_ID)
			id = get_u32(part);
		else if (mnl_attr_get_type(part) == CTRL_ATTR_MCAST_GRP_NAME)
			name = mnl_attr_get_str(part);
	}
	if (!strcmp(name, OTSEG_MCGRP_CONDUITS))
		family->groups[0] = id;
	else if (!strcmp(name, OTSEG_MCGRP_ENFORCEMENT))
		family->groups[1] = id;
}

static int on_family(const struct nlmsghdr *nlh, void *data)
{
	const struct nlattr *tb[CTRL_ATTR_MAX + 1], *group;
	struct family *family = data;

	attributes_parse(nlh, tb, CTRL_ATTR_MAX);
	if (tb[CTRL_ATTR_FAMILY_ID])
		family->id = mnl_attr_get_u16(tb[CTRL_ATTR_FAMILY_ID]);
	if (tb[CTRL_ATTR_MCAST_GROUPS])
		mnl_attr_for_each_nested(group, tb[CTRL_ATTR_MCAST_GROUPS])
			group_note(family, group);
	return MNL_CB_OK;
}

static int family_find(struct otseg_genl *genl)
{
	struct family family = {};
	struct reply reply = { .cb = on_family, .data = &family };
	struct nlmsghdr *nlh;
	int err;

	genl->family = GENL_ID_CTRL;
	nlh = request_begin(genl, CTRL_CMD_GETFAMILY, 0, "find the family");
	mnl_attr_put_strz(nlh, CTRL_ATTR_FAMILY_NAME, OTSEG_FAMILY_NAME);
	err = talk(genl, nlh, &reply);
	if (err)
		return err;
	if (!family.id)
		return -ENOENT;
	genl->family = family.id;
	memcpy(genl->groups, family.groups, sizeof(genl->groups));
	return 0;
}

/**
 * otseg_genl_open - connect to the module
 * @genl: takes the connection; otseg_genl_close() it
 *
 * Says nothing: an absent module is for the caller to judge.
 *
 * Return: 0, -ENOENT where the module is not there, or another negative errno.
 */
int otseg_genl_open(struct otseg_genl **genl)
{
	struct otseg_genl *new = calloc(1, sizeof(*new));
	int on = 1;
	int err;

	if (!new)
		return -ENOMEM;
	new->sequence = (u32)time(NULL);
	new->socket = mnl_socket_open2(NETLINK_GENERIC, SOCK_CLOEXEC);
	if (!new->socket) {
		err = -errno;
		free(new);
		return err;
	}
	if (mnl_socket_bind(new->socket, 0, MNL_SOCKET_AUTOPID) < 0) {
		err = -errno;
		goto out;
	}
	new->port = mnl_socket_get_portid(new->socket);
	/* Without them there is no sentence, and errors come with the whole request. */
	mnl_socket_setsockopt(new->socket, NETLINK_EXT_ACK, &on, sizeof(on));
	mnl_socket_setsockopt(new->socket, NETLINK_CAP_ACK, &on, sizeof(on));
	err = family_find(new);
	if (err)
		goto out;
	*genl = new;
	return 0;

out:
	otseg_genl_close(new);
	return err;
}

/**
 * otseg_genl_close - end a connection, and with it an open transaction
 * @genl: the connection, or NULL
 */
void otseg_genl_close(struct otseg_genl *genl)
{
	if (!genl)
		return;
	mnl_socket_close(genl->socket);
	free(genl);
}

/**
 * otseg_genl_listen - connect to hear what the module tells by itself
 * @genl: takes the connection, which is for otseg_genl_hear() only; otseg_genl_close() it
 *
 * Return: as otseg_genl_open() does.
 */
int otseg_genl_listen(struct otseg_genl **genl)
{
	struct otseg_genl *new;
	int err = otseg_genl_open(&new);
	size_t i;

	if (err)
		return err;
	for (i = 0; i < sizeof(new->groups) / sizeof(new->groups[0]); i++)
		if (new->groups[i] &&
		    mnl_socket_setsockopt(new->socket, NETLINK_ADD_MEMBERSHIP, &new->groups[i],
					  sizeof(new->groups[i])) < 0)
			err = -errno;
	if (err)
		otseg_genl_close(new);
	else
		*genl = new;
	return err;
}

static int on_news(const struct nlmsghdr *nlh, void *data)
{
	const struct genlmsghdr *header = mnl_nlmsg_get_payload(nlh);
	const struct nlattr *tb[OTSEG_A_CONDUIT_MAX + 1];
	struct otseg_genl_news *news = data;

	attributes_parse(nlh, tb, OTSEG_A_CONDUIT_MAX);
	news->is_unenforced = header->cmd == OTSEG_CMD_UNENFORCED_NTF;
	if (news->is_unenforced) {
		get_text(news->name, sizeof(news->name), tb[OTSEG_A_UNENFORCED_NAME]);
		news->conduits = get_u32(tb[OTSEG_A_UNENFORCED_CONDUITS]);
		news->of = get_u32(tb[OTSEG_A_UNENFORCED_OF]);
		return MNL_CB_STOP;
	}
	get_text(news->name, sizeof(news->name), tb[OTSEG_A_CONDUIT_NAME]);
	get_text(news->reason, sizeof(news->reason), tb[OTSEG_A_CONDUIT_REASON]);
	news->change = get_u32(tb[OTSEG_A_CONDUIT_CHANGE]);
	news->seconds_left = get_u32(tb[OTSEG_A_CONDUIT_SECONDS_LEFT]);
	return MNL_CB_STOP;
}

/**
 * otseg_genl_hear - take the next piece of news, if there is one
 * @genl: the connection, from otseg_genl_listen()
 * @news: takes it
 *
 * Return: 1; 0: there is none; -ENOBUFS: there were more than could be kept; another
 * negative errno.
 */
int otseg_genl_hear(struct otseg_genl *genl, struct otseg_genl_news *news)
{
	ssize_t len = recv(mnl_socket_get_fd(genl->socket), genl->in, sizeof(genl->in),
			   MSG_DONTWAIT);

	if (len < 0)
		return errno == EAGAIN || errno == EINTR ? 0 : -errno;
	*news = (struct otseg_genl_news){};
	return mnl_cb_run(genl->in, (size_t)len, 0, 0, on_news, news) < 0 ? -errno : 1;
}

static int on_status(const struct nlmsghdr *nlh, void *data)
{
	const struct nlattr *tb[OTSEG_A_STATUS_MAX + 1];
	struct otseg_genl_status *status = data;

	attributes_parse(nlh, tb, OTSEG_A_STATUS_MAX);
	get_text(status->version, sizeof(status->version), tb[OTSEG_A_STATUS_VERSION]);
	get_text(status->name, sizeof(status->name), tb[OTSEG_A_STATUS_NAME]);
	get_bytes(status->digest, sizeof(status->digest), tb[OTSEG_A_STATUS_DIGEST]);
	status->state = get_u32(tb[OTSEG_A_STATUS_STATE]);
	status->generation = get_u32(tb[OTSEG_A_STATUS_GENERATION]);
	status->image_version = get_u32(tb[OTSEG_A_STATUS_IMAGE_VERSION]);
	status->image_size = get_u32(tb[OTSEG_A_STATUS_IMAGE_SIZE]);
	status->counter_count = get_u32(tb[OTSEG_A_STATUS_COUNTER_COUNT]);
	status->flags = get_u32(tb[OTSEG_A_STATUS_FLAGS]);
	status->revision = get_uint(tb[OTSEG_A_STATUS_REVISION]);
	get_text(status->signer, sizeof(status->signer), tb[OTSEG_A_STATUS_SIGNER]);
	status->certificates = get_u32(tb[OTSEG_A_STATUS_CERTIFICATES]);
	status->least_revision = get_uint(tb[OTSEG_A_STATUS_LEAST_REVISION]);
	return MNL_CB_OK;
}

/**
 * otseg_genl_status_get - ask the module what it is and what it enforces
 * @genl: the connection
 * @status: takes the answer
 *
 * Return: 0 or a negative errno.
 */
int otseg_genl_status_get(struct otseg_genl *genl, struct otseg_genl_status *status)
{
	struct reply reply = { .cb = on_status, .data = status };

	memset(status, 0, sizeof(*status));
	return talk_aloud(genl, request_begin(genl, OTSEG_CMD_STATUS_GET, 0, "status"), &reply);
}

static int chunk_send(struct otseg_genl *genl, const struct otseg_blob *image, size_t off)
{
	const struct reply none = {};
	size_t len = image->len - off;
	struct nlmsghdr *nlh;

	if (len > OTSEG_CHUNK_MAX)
		len = OTSEG_CHUNK_MAX;
	nlh = request_begin(genl, OTSEG_CMD_POLICY_CHUNK, 0, "policy data");
	mnl_attr_put_u32(nlh, OTSEG_A_POLICY_OFFSET, (u32)off);
	mnl_attr_put(nlh, OTSEG_A_POLICY_DATA, len, (const char *)image->data + off);
	return talk_aloud(genl, nlh, &none);
}

/**
 * otseg_genl_policy_stage - hand an image to the module and have it verified
 * @genl: the connection, which then holds the transaction
 * @image: the image
 * @signature: its signature, or NULL
 *
 * Return: 0, -EBUSY if somebody else's transaction is open, or another negative errno.
 */
int otseg_genl_policy_stage(struct otseg_genl *genl, const struct otseg_blob *image,
			    const struct otseg_blob *signature)
{
	const struct otseg_image *header = image->data;
	const struct reply none = {};
	struct nlmsghdr *nlh;
	size_t off;
	int err;

	nlh = request_begin(genl, OTSEG_CMD_POLICY_STAGE, 0, "stage the policy");
	mnl_attr_put_u32(nlh, OTSEG_A_POLICY_IMAGE_SIZE, (u32)image->len);
	mnl_attr_put(nlh, OTSEG_A_POLICY_DIGEST, sizeof(header->digest), header->digest);
	err = talk_aloud(genl, nlh, &none);
	for (off = 0; !err && off < image->len; off += OTSEG_CHUNK_MAX)
		err = chunk_send(genl, image, off);
	if (err)
		return err;
	nlh = request_begin(genl, OTSEG_CMD_POLICY_VERIFY, 0, "verify the policy");
	if (signature)
		mnl_attr_put(nlh, OTSEG_A_POLICY_SIGNATURE, signature->len, signature->data);
	return talk_aloud(genl, nlh, &none);
}

static int on_commit(const struct nlmsghdr *nlh, void *data)
{
	const struct nlattr *tb[OTSEG_A_POLICY_MAX + 1];
	u32 *generation = data;

	attributes_parse(nlh, tb, OTSEG_A_POLICY_MAX);
	*generation = get_u32(tb[OTSEG_A_POLICY_GENERATION]);
	return MNL_CB_OK;
}

/**
 * otseg_genl_policy_commit - make the staged image the active policy
 * @genl: the connection that staged it
 * @expect_generation: refuse unless this is the active generation, 0: none is
 * @generation: takes the new generation
 *
 * Return: 0 or a negative errno.
 */
int otseg_genl_policy_commit(struct otseg_genl *genl, u32 expect_generation, u32 *generation)
{
	struct reply reply = { .cb = on_commit, .data = generation };
	struct nlmsghdr *nlh;

	nlh = request_begin(genl, OTSEG_CMD_POLICY_COMMIT, 0, "commit the policy");
	mnl_attr_put_u32(nlh, OTSEG_A_POLICY_EXPECT_GENERATION, expect_generation);
	return talk_aloud(genl, nlh, &reply);
}

/**
 * otseg_genl_policy_try - the same, but the policy before comes back in time
 * @genl: the connection that staged it
 * @expect_generation: refuse unless this is the active generation
 * @how: when, and what is let go of then
 * @generation: takes the new generation
 *
 * Return: 0 or a negative errno.
 */
int otseg_genl_policy_try(struct otseg_genl *genl, u32 expect_generation,
			  const struct otseg_genl_try *how, u32 *generation)
{
	struct reply reply = { .cb = on_commit, .data = generation };
	struct nlmsghdr *nlh;

	nlh = request_begin(genl, OTSEG_CMD_POLICY_COMMIT, 0, "commit the policy");
	mnl_attr_put_u32(nlh, OTSEG_A_POLICY_EXPECT_GENERATION, expect_generation);
	mnl_attr_put_u32(nlh, OTSEG_A_POLICY_CONFIRM_SECONDS, how->seconds);
	mnl_attr_put(nlh, OTSEG_A_POLICY_PROVISIONAL, how->n_provisional * sizeof(u32),
		     how->provisional);
	return talk_aloud(genl, nlh, &reply);
}

/**
 * otseg_genl_policy_confirm - keep the active policy, which is unconfirmed
 * @genl: the connection
 * @generation: refuse unless this is its generation
 *
 * Return: 0, -ENOENT if it does not wait for that, or another negative errno.
 */
int otseg_genl_policy_confirm(struct otseg_genl *genl, u32 generation)
{
	const struct reply none = {};
	struct nlmsghdr *nlh;

	nlh = request_begin(genl, OTSEG_CMD_POLICY_CONFIRM, 0, "confirm the policy");
	mnl_attr_put_u32(nlh, OTSEG_A_POLICY_EXPECT_GENERATION, generation);
	return talk_aloud(genl, nlh, &none);
}

/**
 * otseg_genl_policy_rollback - bring the last confirmed policy back
 * @genl: the connection
 * @generation: refuse unless this is the active one; takes the new one
 *
 * Return: 0, -ENOENT if the active one is confirmed, or another negative errno.
 */
int otseg_genl_policy_rollback(struct otseg_genl *genl, u32 *generation)
{
	struct reply reply = { .cb = on_commit, .data = generation };
	struct nlmsghdr *nlh;

	nlh = request_begin(genl, OTSEG_CMD_POLICY_ROLLBACK, 0, "roll the policy back");
	mnl_attr_put_u32(nlh, OTSEG_A_POLICY_EXPECT_GENERATION, *generation);
	return talk_aloud(genl, nlh, &reply);
}

static int on_policy(const struct nlmsghdr *nlh, void *data)
{
	const struct nlattr *tb[OTSEG_A_POLICY_MAX + 1];
	struct otseg_genl_policy *policy = data;

	attributes_parse(nlh, tb, OTSEG_A_POLICY_MAX);
	policy->generation = get_u32(tb[OTSEG_A_POLICY_GENERATION]);
	policy->since = get_u32(tb[OTSEG_A_POLICY_SINCE_GENERATION]);
	get_text(policy->name, sizeof(policy->name), tb[OTSEG_A_POLICY_NAME]);
	get_bytes(policy->digest, sizeof(policy->digest), tb[OTSEG_A_POLICY_DIGEST]);
	policy->confirm_state = get_u32(tb[OTSEG_A_POLICY_CONFIRM_STATE]);
	policy->state_seconds = get_u32(tb[OTSEG_A_POLICY_STATE_SECONDS]);
	policy->seconds_left = get_u32(tb[OTSEG_A_POLICY_SECONDS_LEFT]);
	get_text(policy->fallback_name, sizeof(policy->fallback_name),
		 tb[OTSEG_A_POLICY_FALLBACK_NAME]);
	get_bytes(policy->fallback_digest, sizeof(policy->fallback_digest),
		  tb[OTSEG_A_POLICY_FALLBACK_DIGEST]);
	return MNL_CB_OK;
}

/**
 * otseg_genl_policy_get - ask which policy is active, and whether it is there to stay
 * @genl: the connection
 * @policy: takes the answer
 *
 * Return: 0 or a negative errno.
 */
int otseg_genl_policy_get(struct otseg_genl *genl, struct otseg_genl_policy *policy)
{
	struct reply reply = { .cb = on_policy, .data = policy };

	memset(policy, 0, sizeof(*policy));
	return talk_aloud(genl, request_begin(genl, OTSEG_CMD_POLICY_GET, 0, "policy"), &reply);
}

/**
 * otseg_genl_policy_abort - give up the transaction of this connection
 * @genl: the connection
 *
 * Return: 0 or a negative errno.
 */
int otseg_genl_policy_abort(struct otseg_genl *genl)
{
	const struct reply none = {};
	struct nlmsghdr *nlh;

	nlh = request_begin(genl, OTSEG_CMD_POLICY_ABORT, 0, "abort the transaction");
	return talk_aloud(genl, nlh, &none);
}

/* An image that arrives by parts, in order. */
struct image_parts {
	char *data;
	u32 size;
	u32 received;
	u32 generation;
};

static int on_part(const struct nlmsghdr *nlh, void *data)
{
	const struct nlattr *tb[OTSEG_A_POLICY_MAX + 1];
	struct image_parts *parts = data;
	u32 len;

	attributes_parse(nlh, tb, OTSEG_A_POLICY_MAX);
	if (!tb[OTSEG_A_POLICY_DATA])
		return MNL_CB_OK;
	if (!parts->data) {
		parts->size = get_u32(tb[OTSEG_A_POLICY_IMAGE_SIZE]);
		parts->generation = get_u32(tb[OTSEG_A_POLICY_GENERATION]);
		if (parts->size > OTSEG_SIZE_MAX)
			goto bad;
		parts->data = malloc(parts->size);
		if (!parts->data)
			return MNL_CB_ERROR;
	}
	len = mnl_attr_get_payload_len(tb[OTSEG_A_POLICY_DATA]);
	if (get_u32(tb[OTSEG_A_POLICY_OFFSET]) != parts->received ||
	    len > parts->size - parts->received)
		goto bad;
	memcpy(parts->data + parts->received, mnl_attr_get_payload(tb[OTSEG_A_POLICY_DATA]), len);
	parts->received += len;
	return MNL_CB_OK;

bad:
	errno = EBADMSG;
	return MNL_CB_ERROR;
}

/**
 * otseg_genl_policy_read - read the active image back
 * @genl: the connection
 * @image: takes the image; otseg_blob_free() it
 * @generation: takes its generation
 *
 * Return: 0, -ENOENT without an active policy, or another negative errno.
 */
int otseg_genl_policy_read(struct otseg_genl *genl, struct otseg_blob *image, u32 *generation)
{
	struct image_parts parts;
	struct reply reply = { .cb = on_part, .data = &parts };
	struct nlmsghdr *nlh;
	int err, tries;

	/* A commit in between interrupts the dump; two in a row are rare enough. */
	for (tries = 0; tries < 10; tries++) {
		memset(&parts, 0, sizeof(parts));
		nlh = request_begin(genl, OTSEG_CMD_POLICY_READ, NLM_F_DUMP, "read the policy");
		err = talk_aloud(genl, nlh, &reply);
		if (!err && parts.data && parts.received == parts.size) {
			image->data = parts.data;
			image->len = parts.size;
			*generation = parts.generation;
			return 0;
		}
		free(parts.data);
		if (err != -EINTR)
			return err ? err : -ENOENT;
	}
	otseg_error_print("module: read the policy: it changes all the time");
	return -EBUSY;
}

static int interface_command(struct otseg_genl *genl, u8 command, u32 ifindex, const char *role,
			     bool is_provisional, const char *what)
{
	const struct reply none = {};
	struct nlmsghdr *nlh = request_begin(genl, command, 0, what);

	if (ifindex)
		mnl_attr_put_u32(nlh, OTSEG_A_INTERFACE_IFINDEX, ifindex);
	if (role)
		mnl_attr_put_strz(nlh, OTSEG_A_INTERFACE_ROLE, role);
	if (is_provisional)
		mnl_attr_put(nlh, OTSEG_A_INTERFACE_PROVISIONAL, 0, NULL);
	return talk_aloud(genl, nlh, &none);
}

/**
 * otseg_genl_interface_bind - have the module guard an interface
 * @genl: the connection
 * @ifindex: the interface, 0: the one of the name @role, as soon as there is one
 * @role: the policy's name for it
 * @is_provisional: for the active policy's sake: if that is rolled back, it is let go of
 *
 * Return: 0 or a negative errno.
 */
int otseg_genl_interface_bind(struct otseg_genl *genl, u32 ifindex, const char *role,
			      bool is_provisional)
{
	return interface_command(genl, OTSEG_CMD_INTERFACE_BIND, ifindex, role, is_provisional,
				 "guard the interface");
}

/**
 * otseg_genl_interface_unbind - undo otseg_genl_interface_bind()
 * @genl: the connection
 * @ifindex: the interface, or 0 for that of @role
 * @role: the policy's name for it, or NULL for that of @ifindex
 *
 * Return: 0 or a negative errno.
 */
int otseg_genl_interface_unbind(struct otseg_genl *genl, u32 ifindex, const char *role)
{
	return interface_command(genl, OTSEG_CMD_INTERFACE_UNBIND, ifindex, role, false,
				 "release the interface");
}

/* A list of what a dump brings, which grows. */
struct item_list {
	void *items;
	size_t n_items;
	size_t size; /* of each */
};

/* Room for one more; NULL: no memory. */
static void *item_add(struct item_list *list)
{
	void *items = reallocarray(list->items, list->n_items + 1, list->size);

	if (!items)
		return NULL;
	list->items = items;
	return (char *)items + list->size * list->n_items++;
}

/* All that a dump brings, of one moment; @doing is what for. */
static int list_ask(struct otseg_genl *genl, u8 command, const char *doing, mnl_cb_t on_item,
		    struct item_list *list)
{
	struct reply reply = { .cb = on_item, .data = list };
	int err, tries;

	for (tries = 0; tries < 10; tries++) {
		list->items = NULL;
		list->n_items = 0;
		err = talk_aloud(genl, request_begin(genl, command, NLM_F_DUMP, doing), &reply);
		if (!err)
			return 0;
		free(list->items);
		if (err != -EINTR)
			return err;
	}
	otseg_error_print("module: %s: they change all the time", doing);
	return -EBUSY;
}

static int on_interface(const struct nlmsghdr *nlh, void *data)
{
	const struct nlattr *tb[OTSEG_A_INTERFACE_MAX + 1];
	struct otseg_genl_interface *item = item_add(data);

	if (!item)
		return MNL_CB_ERROR;
	attributes_parse(nlh, tb, OTSEG_A_INTERFACE_MAX);
	item->ifindex = get_u32(tb[OTSEG_A_INTERFACE_IFINDEX]);
	get_text(item->device, sizeof(item->device), tb[OTSEG_A_INTERFACE_DEVICE]);
	get_text(item->role, sizeof(item->role), tb[OTSEG_A_INTERFACE_ROLE]);
	item->present = tb[OTSEG_A_INTERFACE_PRESENT];
	item->bound = tb[OTSEG_A_INTERFACE_BOUND];
	item->governed = tb[OTSEG_A_INTERFACE_GOVERNED];
	item->guarded = tb[OTSEG_A_INTERFACE_GUARDED];
	item->xdp_mode = get_u32(tb[OTSEG_A_INTERFACE_XDP_MODE]);
	item->unguarded = get_uint(tb[OTSEG_A_INTERFACE_UNGUARDED]);
	item->marked = tb[OTSEG_A_INTERFACE_MARKED];
	item->lost = get_uint(tb[OTSEG_A_INTERFACE_LOST]);
	item->fail_open = tb[OTSEG_A_INTERFACE_FAIL_OPEN];
	item->failed_open = get_uint(tb[OTSEG_A_INTERFACE_FAILED_OPEN]);
	return MNL_CB_OK;
}

/**
 * otseg_genl_interface_list - ask which interfaces the module guards
 * @genl: the connection
 * @list: takes the list; free() it
 * @n_list: takes its length
 *
 * Return: 0 or a negative errno.
 */
int otseg_genl_interface_list(struct otseg_genl *genl, struct otseg_genl_interface **list,
			      size_t *n_list)
{
	struct item_list found = { .size = sizeof(**list) };
	int err;

	err = list_ask(genl, OTSEG_CMD_INTERFACE_GET, "list the interfaces", on_interface, &found);
	if (err)
		return err;
	*list = found.items;
	*n_list = found.n_items;
	return 0;
}

static int on_conduit_set(const struct nlmsghdr *nlh, void *data)
{
	const struct nlattr *tb[OTSEG_A_CONDUIT_MAX + 1];
	u32 *generation = data;

	attributes_parse(nlh, tb, OTSEG_A_CONDUIT_MAX);
	*generation = get_u32(tb[OTSEG_A_CONDUIT_GENERATION]);
	return MNL_CB_OK;
}

/**
 * otseg_genl_conduit_set - change the state of a conduit, or island mode
 * @genl: the connection
 * @change: the change
 * @generation: takes the generation under which it is so
 *
 * Return: 0 or a negative errno.
 */
int otseg_genl_conduit_set(struct otseg_genl *genl, const struct otseg_change *change,
			   u32 *generation)
{
	struct reply reply = { .cb = on_conduit_set, .data = generation };
	struct nlmsghdr *nlh;

	nlh = request_begin(genl, OTSEG_CMD_CONDUIT_SET, 0, "change the conduit");
	mnl_attr_put_u32(nlh, OTSEG_A_CONDUIT_CHANGE, change->change);
	if (change->name)
		mnl_attr_put_strz(nlh, OTSEG_A_CONDUIT_NAME, change->name);
	if (change->seconds)
		mnl_attr_put_u32(nlh, OTSEG_A_CONDUIT_SECONDS, change->seconds);
	if (change->reason)
		mnl_attr_put_strz(nlh, OTSEG_A_CONDUIT_REASON, change->reason);
	return talk_aloud(genl, nlh, &reply);
}

static int on_conduit(const struct nlmsghdr *nlh, void *data)
{
	const struct nlattr *tb[OTSEG_A_CONDUIT_MAX + 1];
	struct otseg_genl_conduit *item = item_add(data);

	if (!item)
		return MNL_CB_ERROR;
	attributes_parse(nlh, tb, OTSEG_A_CONDUIT_MAX);
	get_text(item->name, sizeof(item->name), tb[OTSEG_A_CONDUIT_NAME]);
	item->flags = get_u32(tb[OTSEG_A_CONDUIT_FLAGS]);
	item->seconds_left = get_u32(tb[OTSEG_A_CONDUIT_SECONDS_LEFT]);
	item->since_s = get_u32(tb[OTSEG_A_CONDUIT_SINCE]);
	get_text(item->reason, sizeof(item->reason), tb[OTSEG_A_CONDUIT_REASON]);
	return MNL_CB_OK;
}

/**
 * otseg_genl_conduit_list - ask which conduits have been opened, closed or granted
 * @genl: the connection
 * @list: takes the list; free() it
 * @n_list: takes its length
 *
 * Return: 0 or a negative errno.
 */
int otseg_genl_conduit_list(struct otseg_genl *genl, struct otseg_genl_conduit **list,
			    size_t *n_list)
{
	struct item_list found = { .size = sizeof(**list) };
	int err = list_ask(genl, OTSEG_CMD_CONDUIT_GET, "list the conduits", on_conduit, &found);

	if (err)
		return err;
	*list = found.items;
	*n_list = found.n_items;
	return 0;
}

/* The values that one counters-get is expected to bring. */
struct counter_run {
	u64 *values;
	u32 count;
	bool complete;
};

static int on_counters(const struct nlmsghdr *nlh, void *data)
{
	const struct nlattr *tb[OTSEG_A_COUNTERS_MAX + 1];
	struct counter_run *run = data;
	const struct nlattr *values;

	attributes_parse(nlh, tb, OTSEG_A_COUNTERS_MAX);
	values = tb[OTSEG_A_COUNTERS_VALUES];
	if (!values || mnl_attr_get_payload_len(values) != run->count * sizeof(u64)) {
		errno = EBADMSG;
		return MNL_CB_ERROR;
	}
	memcpy(run->values, mnl_attr_get_payload(values), run->count * sizeof(u64));
	run->complete = true;
	return MNL_CB_OK;
}

/**
 * otseg_genl_counters_get - read a run of counters, summed over processors
 * @genl: the connection
 * @generation: refuse unless this generation is active
 * @first: index in the counter block
 * @count: how many
 * @values: takes them
 *
 * Return: 0 or a negative errno.
 */
int otseg_genl_counters_get(struct otseg_genl *genl, u32 generation, u32 first, u32 count,
			    u64 *values)
{
	struct counter_run run;
	struct reply reply = { .cb = on_counters, .data = &run };
	struct nlmsghdr *nlh;
	u32 done, n;
	int err;

	for (done = 0; done < count; done += n) {
		n = count - done < OTSEG_VALUES_MAX ? count - done : OTSEG_VALUES_MAX;
		run = (struct counter_run){ .values = values + done, .count = n };
		nlh = request_begin(genl, OTSEG_CMD_COUNTERS_GET, 0, "read the counters");
		mnl_attr_put_u32(nlh, OTSEG_A_COUNTERS_KIND, OTSEG_COUNTER_KIND_ALL);
		mnl_attr_put_u32(nlh, OTSEG_A_COUNTERS_FIRST, first + done);
		mnl_attr_put_u32(nlh, OTSEG_A_COUNTERS_COUNT, n);
		mnl_attr_put_u32(nlh, OTSEG_A_COUNTERS_GENERATION, generation);
		err = talk_aloud(genl, nlh, &reply);
		if (err)
			return err;
		if (!run.complete)
			return -EBADMSG;
	}
	return 0;
}
