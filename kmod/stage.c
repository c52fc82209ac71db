// SPDX-License-Identifier: GPL-2.0-only
/*
 * The one transaction there can be. Owns the pages of an image until they are a
 * policy, and that policy until it is committed. It belongs to a socket, known
 * by its netlink port, and dies with it.
 *
 * stage_lock is held through every step of the transaction. info says who owns
 * it and how far it is; it has a lock of its own, so that neither a reader nor
 * another socket ever waits for a verification or a commit.
 */
#include <linux/err.h>
#include <linux/gfp.h>
#include <linux/mutex.h>
#include <linux/netlink.h>
#include <linux/slab.h>
#include <linux/spinlock.h>

#include "confirm.h"
#include "policy.h"
#include "signature.h"
#include "stage.h"

static DEFINE_MUTEX(stage_lock);
static struct page **pages; /* of the region to be; NULL once they are a policy */
static struct otseg_policy *candidate; /* the verified policy */
/*
 * Why the last image was refused. It is sent after the lock is released, hence
 * not on the stack; the last byte stays 0 whatever happens.
 */
static char why[OTSEG_WHY_LEN];

static DEFINE_SPINLOCK(info_lock);
static struct otseg_stage_info info;

/* Makes this socket the owner, unless another one is. */
static int claim(u32 owner, struct netlink_ext_ack *extack)
{
	int err = 0;

	spin_lock(&info_lock);
	if (info.owner && info.owner != owner)
		err = -EBUSY;
	else
		info.owner = owner;
	spin_unlock(&info_lock);

	if (err)
		NL_SET_ERR_MSG(extack, "another socket holds a transaction, wait for its end");
	return err;
}

static int check_owner(u32 owner, struct netlink_ext_ack *extack)
{
	int err;

	spin_lock(&info_lock);
	err = info.owner == owner ? 0 : -ENOENT;
	spin_unlock(&info_lock);

	if (err)
		NL_SET_ERR_MSG(extack, "this socket holds no transaction, policy-stage opens one");
	return err;
}

static void set_state(enum otseg_stage_state state)
{
	spin_lock(&info_lock);
	info.state = state;
	spin_unlock(&info_lock);
}

static void drop_image(void)
{
	lockdep_assert_held(&stage_lock);
	otseg_mapping_free_pages(pages, OTSEG_REGION_PAGES, NULL);
	pages = NULL;
	otseg_policy_destroy(candidate);
	candidate = NULL;
}

/* Nothing is bound for it any more once it is over: see otseg_stage_binds(). */
static void end_transaction(void)
{
	drop_image();
	spin_lock(&info_lock);
	info = (struct otseg_stage_info){};
	spin_unlock(&info_lock);
}

/* The same; what was bound for it meets its @fate. */
static void settle_transaction(u32 owner, void (*fate)(u32 owner))
{
	bool has_bound;

	spin_lock(&info_lock);
	has_bound = info.has_bound;
	spin_unlock(&info_lock);
	end_transaction();
	if (has_bound)
		fate(owner);
}

static int get_page_at(u32 index)
{
	if (!pages[index])
		pages[index] = alloc_page(GFP_KERNEL_ACCOUNT | __GFP_ZERO);
	return pages[index] ? 0 : -ENOMEM;
}

/**
 * otseg_stage_open - open the transaction, or start it over
 * @owner: port id of the socket
 * @size: bytes of the image to come
 * @digest: its digest
 * @extack: for the sentence on refusal
 *
 * Context: process, may sleep.
 * Return: 0; -EBUSY if another socket holds a transaction, -EINVAL for a size
 * that no image has, -ENOMEM.
 */
int otseg_stage_open(u32 owner, u32 size, const u8 *digest, struct netlink_ext_ack *extack)
{
	int err = -ENOMEM;

	if (size % OTSEG_IMAGE_ALIGN) {
		NL_SET_ERR_MSG_FMT(extack, "image-size %u is not a multiple of %u", size,
				   OTSEG_IMAGE_ALIGN);
		return -EINVAL;
	}
	err = claim(owner, extack);
	if (err)
		return err;

	mutex_lock(&stage_lock);
	drop_image();
	pages = kvcalloc(OTSEG_REGION_PAGES, sizeof(*pages), GFP_KERNEL_ACCOUNT);
	/* The first page is the runtime's, and always the region's own. */
	if (!pages || get_page_at(0)) {
		NL_SET_ERR_MSG(extack, "no memory for a transaction");
		settle_transaction(owner, otseg_confirm_adopt);
		err = -ENOMEM;
		goto unlock;
	}
	spin_lock(&info_lock);
	info.state = OTSEG_STAGE_STATE_FILLING;
	info.size = size;
	info.received = 0;
	memcpy(info.digest, digest, sizeof(info.digest));
	spin_unlock(&info_lock);
unlock:
	mutex_unlock(&stage_lock);
	return err;
}

static int add_chunk(u32 offset, const void *data, u32 len, struct netlink_ext_ack *extack)
{
	u32 at = OTSEG_REGION_IMAGE + offset;
	u32 page;

	if (info.state != OTSEG_STAGE_STATE_FILLING) {
		NL_SET_ERR_MSG_FMT(extack, "offset %u: all %u bytes have arrived already", offset,
				   info.size);
		return -EINVAL;
	}
	if (offset != info.received) {
		NL_SET_ERR_MSG_FMT(extack, "offset %u: expected %u, the next byte", offset,
				   info.received);
		return -EINVAL;
	}
	if (len > info.size - offset) {
		NL_SET_ERR_MSG_FMT(extack, "%u bytes at offset %u: the image has only %u", len,
				   offset, info.size);
		return -EMSGSIZE;
	}
	for (page = at / PAGE_SIZE; page <= (at + len - 1) / PAGE_SIZE; page++) {
		if (get_page_at(page)) {
			NL_SET_ERR_MSG_FMT(extack, "no memory for %u bytes at offset %u", len,
					   offset);
			return -ENOMEM;
		}
	}
	otseg_policy_write(pages, at, data, len);

	spin_lock(&info_lock);
	info.received += len;
	if (info.received == info.size)
		info.state = OTSEG_STAGE_STATE_COMPLETE;
	spin_unlock(&info_lock);
	return 0;
}

/**
 * otseg_stage_add - add the next bytes of the image
 * @owner: port id of the socket
 * @offset: where they begin; must be the number of bytes received so far
 * @data: the bytes
 * @len: their number, at least 1
 * @extack: for the sentence on refusal
 *
 * Context: process, may sleep.
 * Return: 0; -ENOENT without a transaction of this socket, -EINVAL out of
 * order, -EMSGSIZE past the end, -ENOMEM. On failure nothing has changed.
 */
int otseg_stage_add(u32 owner, u32 offset, const void *data, u32 len,
		    struct netlink_ext_ack *extack)
{
	int err;

	mutex_lock(&stage_lock);
	err = check_owner(owner, extack);
	if (!err)
		err = add_chunk(offset, data, len, extack);
	mutex_unlock(&stage_lock);
	return err;
}

/* Makes the candidate of the received pages, unless there is one. */
static int create_candidate(struct netlink_ext_ack *extack)
{
	struct otseg_policy *policy;

	if (info.state == OTSEG_STAGE_STATE_VERIFIED)
		return 0;
	if (info.state != OTSEG_STAGE_STATE_COMPLETE) {
		NL_SET_ERR_MSG_FMT(extack, "the image is cut short: %u of %u bytes have arrived",
				   info.received, info.size);
		return -ENODATA;
	}

	policy = otseg_policy_create(pages, info.size, info.digest, why, sizeof(why) - 1);
	pages = NULL;
	if (IS_ERR(policy)) {
		pr_notice("image refused: %s\n", why);
		if (extack)
			extack->_msg = why;
		return PTR_ERR(policy);
	}
	candidate = policy;
	set_state(OTSEG_STAGE_STATE_VERIFIED);
	return 0;
}

/* Somebody tried to put in force what nobody vouches for: worth a line in the log. */
static void log_refusal(int err, const struct netlink_ext_ack *extack)
{
	if ((err == -EKEYREJECTED || err == -ENOKEY) && extack)
		pr_notice("image refused: %s\n", extack->_msg);
}

static int verify_image(const void *signature, size_t len, struct netlink_ext_ack *extack)
{
	int err = create_candidate(extack);

	if (err == -ENODATA)
		return err;
	if (!err && signature)
		err = otseg_signature_verify(candidate, signature, len, extack);
	/* Asked again at the commit: better to be refused before anything depends on it. */
	if (!err)
		err = otseg_signature_permit(candidate, extack);
	log_refusal(err, extack);
	/* Who is refused something changes nothing: what he has bound stays bound. */
	if (err)
		settle_transaction(info.owner, otseg_confirm_adopt);
	return err;
}

/**
 * otseg_stage_verify - verify the staged image
 * @owner: port id of the socket
 * @signature: its signature, or NULL
 * @len: bytes of @signature
 * @extack: for the sentence on refusal
 *
 * An image that is refused ends the transaction, one that is cut short does not.
 *
 * Context: process, may sleep.
 * Return: 0; -ENOENT without a transaction of this socket, -ENODATA if bytes are
 * missing, else what otseg_policy_create(), otseg_signature_verify() or
 * otseg_signature_permit() returned.
 */
int otseg_stage_verify(u32 owner, const void *signature, size_t len,
		       struct netlink_ext_ack *extack)
{
	int err;

	mutex_lock(&stage_lock);
	err = check_owner(owner, extack);
	if (!err)
		err = verify_image(signature, len, extack);
	mutex_unlock(&stage_lock);
	return err;
}

static int commit_image(const u32 *expect_generation, const struct otseg_confirm_request *confirm,
			u32 *generation, struct netlink_ext_ack *extack)
{
	int err;

	if (info.state != OTSEG_STAGE_STATE_VERIFIED) {
		NL_SET_ERR_MSG(extack, "the image is not verified, policy-verify does that");
		return -EINVAL;
	}
	err = otseg_policy_commit(candidate, expect_generation, confirm, generation, extack);
	log_refusal(err, extack);
	if (err)
		return err;
	candidate = NULL;
	settle_transaction(info.owner, otseg_confirm_adopt);
	return 0;
}

/**
 * otseg_stage_commit - make the verified image the active policy
 * @owner: port id of the socket
 * @expect_generation: refuse unless this is the active generation; NULL: any
 * @confirm: as for otseg_policy_commit()
 * @generation: set to the generation it got
 * @extack: for the sentence on refusal
 *
 * Success ends the transaction; after a refusal it can be tried again.
 *
 * Context: process, may sleep.
 * Return: 0; -ENOENT without a transaction of this socket, -EINVAL if the image
 * is not verified, else what otseg_policy_commit() returned.
 */
int otseg_stage_commit(u32 owner, const u32 *expect_generation,
		       const struct otseg_confirm_request *confirm, u32 *generation,
		       struct netlink_ext_ack *extack)
{
	int err;

	mutex_lock(&stage_lock);
	err = check_owner(owner, extack);
	if (!err)
		err = commit_image(expect_generation, confirm, generation, extack);
	mutex_unlock(&stage_lock);
	return err;
}

/**
 * otseg_stage_abort - drop the transaction
 * @owner: port id of the socket
 * @extack: for the sentence on refusal
 *
 * Interfaces that were bound for it are let go of.
 *
 * Context: process, may sleep, takes RTNL.
 * Return: 0; -ENOENT without a transaction of this socket.
 */
int otseg_stage_abort(u32 owner, struct netlink_ext_ack *extack)
{
	int err;

	mutex_lock(&stage_lock);
	err = check_owner(owner, extack);
	if (!err)
		settle_transaction(owner, otseg_confirm_release);
	mutex_unlock(&stage_lock);
	return err;
}

/**
 * otseg_stage_binds - a socket is about to bind an interface
 * @owner: its port id
 *
 * Context: process, RTNL held.
 * Return: whether it does so for its transaction, and will have it let go of.
 */
bool otseg_stage_binds(u32 owner)
{
	bool is;

	spin_lock(&info_lock);
	is = info.owner && info.owner == owner;
	info.has_bound |= is;
	spin_unlock(&info_lock);
	return is;
}

/**
 * otseg_stage_release - a socket has been closed: drop its transaction, if any
 * @owner: port id of the socket
 *
 * Context: process, may sleep, takes RTNL. Called for every socket, so it must not wait
 * unless the transaction is this socket's.
 */
void otseg_stage_release(u32 owner)
{
	if (check_owner(owner, NULL))
		return;
	mutex_lock(&stage_lock);
	if (!check_owner(owner, NULL))
		settle_transaction(owner, otseg_confirm_release);
	mutex_unlock(&stage_lock);
}

/**
 * otseg_stage_tell - tell how far the transaction is
 * @copy: set to what is true now
 */
void otseg_stage_tell(struct otseg_stage_info *copy)
{
	spin_lock(&info_lock);
	*copy = info;
	spin_unlock(&info_lock);
}

/**
 * otseg_stage_exit - drop whatever is staged
 *
 * Context: process; no request can come any more.
 */
void otseg_stage_exit(void)
{
	mutex_lock(&stage_lock);
	end_transaction();
	mutex_unlock(&stage_lock);
}
