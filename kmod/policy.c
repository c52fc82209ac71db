// SPDX-License-Identifier: GPL-2.0-only
/*
 * The policy store: makes a policy of received pages, and makes it the active
 * one. Owns the active pointer and the order of a swap.
 *
 * commit_lock serialises commits. The active policy is read under RCU, from
 * softirq by kfuncs and guard, from process context by netlink and sysfs. It is
 * never NULL between init and exit. A swap is one pointer assignment; a packet
 * or reader that began before it finishes with the old policy, which is freed
 * after two grace periods: one for the packets that still count in it, one for
 * the readers that still add its counts to those of the new one.
 */
#include <crypto/sha2.h>
#include <linux/err.h>
#include <linux/highmem.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/netlink.h>
#include <linux/slab.h>

#include "image_verify.h"
#include "policy.h"
#include "tree.h"

static_assert(OTSEG_DIGEST_LEN == SHA256_DIGEST_SIZE, "the digest is a SHA-256");

#define OTSEG_DIGEST_AT (OTSEG_REGION_IMAGE + offsetof(struct otseg_image, digest))

static DEFINE_MUTEX(commit_lock);
static struct otseg_policy __rcu *active;
static struct page *zero_page; /* behind every page of a region that no image reaches */

/**
 * otseg_policy_active - the policy that is enforced
 *
 * Context: RCU read-side section or bottom halves off.
 * Return: the policy, never NULL.
 */
struct otseg_policy *otseg_policy_active(void)
{
	return rcu_dereference_check(active, rcu_read_lock_bh_held());
}

/**
 * otseg_policy_write - write into the pages of a region that is not active yet
 * @pages: the region's pages; those that are written to exist
 * @at: byte of the region
 * @from: what to write
 * @len: its bytes
 *
 * Context: process.
 */
void otseg_policy_write(struct page **pages, u32 at, const void *from, u32 len)
{
	while (len) {
		u32 in_page = at % PAGE_SIZE;
		u32 n = min_t(u32, len, PAGE_SIZE - in_page);

		memcpy_to_page(pages[at / PAGE_SIZE], in_page, from, n);
		at += n;
		from += n;
		len -= n;
	}
}

/* Compares the digest that was announced with the header's and the real one. */
static int check_digest(const struct otseg_policy *policy, u32 size, const u8 *announced, char *why,
			size_t why_len)
{
	static const u8 zeroes[OTSEG_DIGEST_LEN];
	struct page **pages = policy->region.pages;
	u8 digest[OTSEG_DIGEST_LEN];

	if (memcmp(policy->image->digest, announced, sizeof(digest))) {
		scnprintf(why, why_len, "the digest in the header is not the one announced");
		return -EBADMSG;
	}

	/* The digest covers the image with its own field zero. */
	otseg_policy_write(pages, OTSEG_DIGEST_AT, zeroes, sizeof(zeroes));
	sha256((const u8 *)policy->image, size, digest);
	otseg_policy_write(pages, OTSEG_DIGEST_AT, announced, sizeof(digest));

	if (memcmp(digest, announced, sizeof(digest))) {
		scnprintf(why, why_len, "the image's SHA-256 is %*phN, announced was %*phN",
			  OTSEG_DIGEST_LEN, digest, OTSEG_DIGEST_LEN, announced);
		return -EBADMSG;
	}
	return 0;
}

/**
 * otseg_policy_create - make a policy of a received image, if it is in order
 * @pages: kvmalloc'ed array of OTSEG_REGION_PAGES: first page and those of the
 *	image, else NULL. Belongs to the policy from now on, also on failure
 * @size: bytes of the image
 * @digest: digest that was announced for it
 * @why: set to a sentence on refusal
 * @why_len: bytes of @why
 *
 * Context: process, may sleep.
 * Return: a policy to commit or to destroy; -EBADMSG if a digest differs, what
 * otseg_image_verify() or otseg_names_create() returned, or -ENOMEM.
 */
struct otseg_policy *otseg_policy_create(struct page **pages, u32 size, const u8 *digest, char *why,
					 size_t why_len)
{
	struct otseg_policy *policy;
	int err;

	policy = kzalloc(sizeof(*policy), GFP_KERNEL);
	if (!policy || otseg_mapping_create(&policy->region, pages, OTSEG_REGION_PAGES, zero_page,
					    PAGE_KERNEL_RO)) {
		scnprintf(why, why_len, "no memory to map the image");
		otseg_mapping_free_pages(pages, OTSEG_REGION_PAGES, NULL);
		kfree(policy);
		return ERR_PTR(-ENOMEM);
	}
	policy->image = policy->region.addr + OTSEG_REGION_IMAGE;

	err = check_digest(policy, size, digest, why, why_len);
	if (!err)
		err = otseg_image_verify(policy->image, size, why, why_len);
	if (!err) {
		policy->names = otseg_names_create(policy->image, why, why_len);
		err = PTR_ERR_OR_ZERO(policy->names);
	}
	if (err) {
		if (IS_ERR(policy->names))
			policy->names = NULL;
		otseg_policy_destroy(policy);
		return ERR_PTR(err);
	}
	return policy;
}

/**
 * otseg_policy_destroy - free a policy that is not active and that nobody reads
 * @policy: the policy, NULL is fine; its sysfs nodes stay
 *
 * Context: process, may sleep.
 */
void otseg_policy_destroy(struct otseg_policy *policy)
{
	if (!policy)
		return;
	otseg_tree_forget(policy);
	otseg_counters_destroy(policy->counters);
	otseg_names_destroy(policy->names);
	otseg_mapping_destroy(&policy->region);
	kfree(policy);
}

static void write_runtime(struct otseg_policy *policy)
{
	struct otseg_runtime runtime = {
		.magic = OTSEG_RUNTIME_MAGIC,
		.generation = policy->generation,
		.image_size = policy->image->size,
	};

	memcpy(runtime.digest, policy->image->digest, sizeof(runtime.digest));
	otseg_policy_write(policy->region.pages, 0, &runtime, sizeof(runtime));
}

/*
 * Everything of a swap that can fail: counters, the link to those of the old
 * policy, and room for sysfs nodes.
 */
static int prepare(struct otseg_policy *new, const struct otseg_policy *old,
		   struct otseg_carry **live, struct otseg_carry **settled)
{
	const u32 count[OTSEG_KIND_COUNT] = {
		[OTSEG_KIND_REASON] = OTSEG_R_MAX,
		[OTSEG_KIND_LINK] = new->image->sec[OTSEG_SEC_LINKS].count,
		[OTSEG_KIND_ZONE] = new->image->sec[OTSEG_SEC_ZONES].count,
		[OTSEG_KIND_CONDUIT] = new->image->sec[OTSEG_SEC_CONDUITS].count,
		[OTSEG_KIND_RULE] = new->image->sec[OTSEG_SEC_RULES].count,
	};

	*settled = NULL;
	*live = NULL;
	new->counters = otseg_counters_create(new->generation, count);
	if (!new->counters)
		return -ENOMEM;
	*settled = otseg_carry_create_settled(new->counters);
	*live = otseg_carry_create(old->counters, new->counters);
	if (!*settled || !*live || otseg_tree_alloc(new)) {
		otseg_carry_destroy(*settled);
		otseg_carry_destroy(*live);
		return -ENOMEM;
	}
	otseg_names_map(old->names, new->names, *live);
	rcu_assign_pointer(new->counters->carry, *live);
	return 0;
}

/* Makes @new the active policy and lets go of the one before. */
static void swap_policy(struct otseg_policy *new, struct otseg_policy *old,
			struct otseg_carry *live, struct otseg_carry *settled)
{
	otseg_tree_rebind(new, old, live);
	rcu_assign_pointer(active, new);

	/* From here on no packet counts in the old blocks. */
	synchronize_rcu();
	otseg_carry_settle(settled, new->counters, live);
	rcu_assign_pointer(new->counters->carry, settled);

	/* From here on no reader looks at the old policy. */
	synchronize_rcu();
	otseg_carry_destroy(live);
	otseg_tree_update(new, old);
	otseg_policy_destroy(old);
}

/**
 * otseg_policy_commit - make a policy the active one
 * @policy: from otseg_policy_create(); on success it belongs to the store
 * @expect_generation: refuse unless this is the active generation; NULL: any
 * @generation: set to the generation it got
 * @extack: for the sentence on refusal
 *
 * Enforcement changes at once; the call returns when sysfs shows the policy.
 *
 * Context: process, may sleep.
 * Return: 0; -ESTALE if the active generation is another one, -EOVERFLOW when
 * generations are used up, -ENOMEM. On failure nothing has changed.
 */
int otseg_policy_commit(struct otseg_policy *policy, const u32 *expect_generation, u32 *generation,
			struct netlink_ext_ack *extack)
{
	struct otseg_carry *live, *settled;
	struct otseg_policy *old;
	int err = 0;

	mutex_lock(&commit_lock);
	old = rcu_dereference_protected(active, lockdep_is_held(&commit_lock));

	if (expect_generation && *expect_generation != old->generation) {
		NL_SET_ERR_MSG_FMT(extack, "the active generation is %u, expected was %u",
				   old->generation, *expect_generation);
		err = -ESTALE;
		goto unlock;
	}
	if (old->generation == U32_MAX) {
		NL_SET_ERR_MSG(extack, "all generations are used up, reload the module");
		err = -EOVERFLOW;
		goto unlock;
	}

	policy->generation = old->generation + 1;
	err = prepare(policy, old, &live, &settled);
	if (err) {
		NL_SET_ERR_MSG(extack, "no memory for the policy's counters");
		otseg_tree_forget(policy);
		otseg_counters_destroy(policy->counters);
		policy->counters = NULL;
		goto unlock;
	}
	write_runtime(policy);
	swap_policy(policy, old, live, settled);
	*generation = policy->generation;
	pr_info("policy %s is active, generation %u, digest %*phN\n",
		otseg_image_string(policy->image, policy->image->name), policy->generation,
		OTSEG_DIGEST_LEN, policy->image->digest);

unlock:
	mutex_unlock(&commit_lock);
	return err;
}

/**
 * otseg_policy_init - start with the empty policy of generation 0
 *
 * It has counters, so that frames dropped for want of a policy are counted.
 *
 * Return: 0 or -ENOMEM.
 */
int __init otseg_policy_init(void)
{
	const u32 count[OTSEG_KIND_COUNT] = { [OTSEG_KIND_REASON] = OTSEG_R_MAX };
	struct otseg_policy *empty;

	zero_page = alloc_page(GFP_KERNEL | __GFP_ZERO);
	if (!zero_page)
		return -ENOMEM;
	empty = kzalloc(sizeof(*empty), GFP_KERNEL);
	if (!empty)
		goto err_page;
	empty->counters = otseg_counters_create(0, count);
	if (!empty->counters)
		goto err_policy;
	rcu_assign_pointer(active, empty);
	return 0;

err_policy:
	kfree(empty);
err_page:
	__free_page(zero_page);
	return -ENOMEM;
}

/**
 * otseg_policy_exit - free the active policy
 *
 * Context: process; every user of the policy is gone.
 */
void otseg_policy_exit(void)
{
	struct otseg_policy *last = rcu_dereference_protected(active, true);

	RCU_INIT_POINTER(active, NULL);
	synchronize_rcu();
	otseg_policy_destroy(last);
	__free_page(zero_page);
}
