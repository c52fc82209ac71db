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
 *
 * A change of the state of conduits is a swap to a copy of the active policy. They share
 * the pages that no state is in. While a conduit is granted for a time, or has windows, the
 * copy that is needed to end that is kept ready.
 *
 * While the active policy is unconfirmed, the last confirmed one is kept, with
 * all memory that it needs to become active again: bringing it back cannot fail.
 */
#include <crypto/sha2.h>
#include <linux/err.h>
#include <linux/highmem.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/netlink.h>
#include <linux/slab.h>

#include "conduit.h"
#include "confirm.h"
#include "image_state.h"
#include "image_verify.h"
#include "policy.h"
#include "signature.h"
#include "tree.h"
#include "unenforced.h"
#include "window.h"

static_assert(OTSEG_DIGEST_LEN == SHA256_DIGEST_SIZE, "the digest is a SHA-256");

#define OTSEG_DIGEST_AT (OTSEG_REGION_IMAGE + offsetof(struct otseg_image, digest))

static DEFINE_MUTEX(commit_lock);
static struct otseg_policy __rcu *active;

/*
 * What a policy needs of memory to become active, by itself. commit_lock.
 */
struct otseg_reserve {
	struct otseg_counters *counters;
	struct otseg_carry *live;
	struct otseg_carry *settled;
	struct otseg_node **nodes[OTSEG_KIND_COUNT];
};

/* A copy of the active policy, and what it needs to become active. commit_lock. */
struct otseg_successor {
	struct otseg_policy *policy;
	struct otseg_reserve reserve;
};

static struct otseg_successor spare; /* kept while something ends by itself */
static struct otseg_policy *fallback; /* comes back unless the active one is confirmed */
static struct otseg_reserve fallback_reserve;
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

static void identify(const struct otseg_policy *policy, struct otseg_policy_id *id)
{
	id->generation = policy->generation;
	memcpy(id->digest, policy->image->digest, sizeof(id->digest));
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
	if (!err && !otseg_state_is_plain(policy->image)) {
		scnprintf(why, why_len, "CONDUITS: it bears the state that conduits had somewhere");
		err = -EINVAL;
	}
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
	otseg_tree_forget(policy->nodes);
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

static void reserve_destroy(struct otseg_reserve *reserve)
{
	otseg_carry_destroy(reserve->settled);
	otseg_carry_destroy(reserve->live);
	otseg_tree_forget(reserve->nodes);
	otseg_counters_destroy(reserve->counters);
	*reserve = (struct otseg_reserve){};
}

/*
 * Everything of a swap that can fail: counters, the link to those of the policy
 * before, and room for sysfs nodes.
 */
static int reserve_create(struct otseg_reserve *reserve, const struct otseg_image *image)
{
	const u32 count[OTSEG_KIND_COUNT] = {
		[OTSEG_KIND_REASON] = OTSEG_R_MAX,
		[OTSEG_KIND_LINK] = image->sec[OTSEG_SEC_LINKS].count,
		[OTSEG_KIND_ZONE] = image->sec[OTSEG_SEC_ZONES].count,
		[OTSEG_KIND_CONDUIT] = image->sec[OTSEG_SEC_CONDUITS].count,
		[OTSEG_KIND_RULE] = image->sec[OTSEG_SEC_RULES].count,
	};

	*reserve = (struct otseg_reserve){};
	reserve->counters = otseg_counters_create(0, count);
	if (!reserve->counters)
		return -ENOMEM;
	reserve->settled = otseg_carry_create_settled(reserve->counters);
	reserve->live = otseg_carry_create(NULL, reserve->counters);
	if (!reserve->settled || !reserve->live || otseg_tree_alloc(reserve->nodes, count)) {
		reserve_destroy(reserve);
		return -ENOMEM;
	}
	return 0;
}

/*
 * Makes @new the active policy after @old, of which nothing is in use afterwards.
 * Cannot fail; takes all that is in @reserve.
 */
static void swap_policy(struct otseg_policy *new, struct otseg_policy *old,
			struct otseg_reserve *reserve)
{
	struct otseg_carry *live = reserve->live;

	new->generation = old->generation + 1;
	new->counters = reserve->counters;
	new->counters->generation = new->generation;
	memcpy(new->nodes, reserve->nodes, sizeof(new->nodes));
	live->from = old->counters;
	otseg_names_map(old->names, new->names, live);
	rcu_assign_pointer(new->counters->carry, live);
	write_runtime(new);

	otseg_tree_rebind(new, old, live);
	rcu_assign_pointer(active, new);

	/* From here on no packet counts in the old blocks. */
	synchronize_rcu();
	otseg_carry_settle(reserve->settled, new->counters, live);
	rcu_assign_pointer(new->counters->carry, reserve->settled);

	/* From here on no reader looks at the old policy. */
	synchronize_rcu();
	otseg_carry_destroy(live);
	otseg_tree_update(new, old);
	otseg_window_follow(new->image);
	otseg_unenforced_follow(new);
	*reserve = (struct otseg_reserve){};
}

/* Pages like those of a policy; the ones that no state is in are the same ones. */
static struct page **copy_pages(const struct otseg_policy *of)
{
	struct page **pages = kvcalloc(OTSEG_REGION_PAGES, sizeof(*pages), GFP_KERNEL_ACCOUNT);
	u32 i;

	for (i = 0; pages && i < OTSEG_REGION_PAGES; i++) {
		struct page *page = of->region.pages[i];
		u32 at = i * PAGE_SIZE;

		if (page == zero_page)
			continue;
		if (at >= OTSEG_REGION_IMAGE &&
		    !otseg_state_is_part(of->image, at - OTSEG_REGION_IMAGE,
					 at - OTSEG_REGION_IMAGE + PAGE_SIZE)) {
			get_page(page);
			pages[i] = page;
			continue;
		}
		pages[i] = alloc_page(GFP_KERNEL_ACCOUNT);
		if (!pages[i]) {
			otseg_mapping_free_pages(pages, OTSEG_REGION_PAGES, NULL);
			return NULL;
		}
		copy_highpage(pages[i], page);
		cond_resched();
	}
	return pages;
}

static void successor_destroy(struct otseg_successor *next)
{
	reserve_destroy(&next->reserve);
	otseg_policy_destroy(next->policy);
	*next = (struct otseg_successor){};
}

static int successor_create(struct otseg_successor *next, const struct otseg_policy *of)
{
	struct page **pages = copy_pages(of);
	char why[OTSEG_WHY_LEN];

	*next = (struct otseg_successor){ .policy = kzalloc(sizeof(*next->policy), GFP_KERNEL) };
	if (!pages || !next->policy ||
	    otseg_mapping_create(&next->policy->region, pages, OTSEG_REGION_PAGES, zero_page,
				 PAGE_KERNEL_RO)) {
		otseg_mapping_free_pages(pages, OTSEG_REGION_PAGES, NULL);
		goto err;
	}
	next->policy->image = next->policy->region.addr + OTSEG_REGION_IMAGE;
	next->policy->names = otseg_names_create(next->policy->image, why, sizeof(why));
	if (IS_ERR(next->policy->names)) {
		next->policy->names = NULL;
		goto err;
	}
	if (!reserve_create(&next->reserve, next->policy->image))
		return 0;
err:
	successor_destroy(next);
	return -ENOMEM;
}

/* Makes the copy the active policy, with the state that conduits have now. Cannot fail. */
static void succeed(struct otseg_successor *next, struct otseg_policy *old)
{
	struct otseg_policy *new = next->policy;

	new->since = old->since;
	new->signer = old->signer;
	otseg_conduit_write(new);
	otseg_conduit_compare(old->image, new->image);
	swap_policy(new, old, &next->reserve);
	next->policy = NULL;
	otseg_policy_destroy(old);
}

/* Whether a conduit of the policy is open until a time that comes by itself. */
static bool ends_by_itself(const struct otseg_policy *policy)
{
	return otseg_conduit_has_grants() || policy->image->sec[OTSEG_SEC_WINDOWS].count;
}

/* A grant, or a window, must be able to end whatever memory there is by then. */
static int provide_spare(const struct otseg_policy *now, bool is_needed)
{
	if (is_needed)
		return spare.policy ? 0 : successor_create(&spare, now);
	successor_destroy(&spare);
	return 0;
}

/* Frees what only an active policy needs. */
static void strip(struct otseg_policy *policy)
{
	otseg_tree_forget(policy->nodes);
	otseg_counters_destroy(policy->counters);
	policy->counters = NULL;
}

static const char *name_of(const struct otseg_policy *policy)
{
	return otseg_image_string(policy->image, policy->image->name);
}

static void drop_fallback(void)
{
	otseg_policy_destroy(fallback);
	fallback = NULL;
	reserve_destroy(&fallback_reserve);
}

static int check_generation(const struct otseg_policy *now, const u32 *expect,
			    struct netlink_ext_ack *extack)
{
	if (!expect || *expect == now->generation)
		return 0;
	NL_SET_ERR_MSG_FMT(extack, "the active generation is %u, expected was %u", now->generation,
			   *expect);
	return -ESTALE;
}

static int check_commit(const struct otseg_policy *policy, const struct otseg_policy *old,
			const u32 *expect, const struct otseg_confirm_request *confirm,
			struct netlink_ext_ack *extack)
{
	int err = check_generation(old, expect, extack);

	if (!err)
		err = otseg_signature_permit(policy, extack);
	if (err)
		return err;
	if (confirm && !old->image) {
		NL_SET_ERR_MSG(extack, "no policy is active that could come back");
		return -ENOENT;
	}
	/* What comes back is not asked again. */
	if (confirm && !fallback && !old->signer && otseg_signature_is_required()) {
		NL_SET_ERR_MSG(extack, "the policy that could come back is not signed");
		return -EKEYREJECTED;
	}
	/* One is kept for the way back. */
	if (old->generation >= U32_MAX - !!confirm) {
		NL_SET_ERR_MSG(extack, "all generations are used up, reload the module");
		return -EOVERFLOW;
	}
	return 0;
}

static enum otseg_succession succession(const struct otseg_confirm_request *confirm)
{
	if (!confirm)
		return OTSEG_SUCCESSION_STAY;
	return fallback ? OTSEG_SUCCESSION_NEXT_TRIAL : OTSEG_SUCCESSION_TRIAL;
}

/* The policy before is no longer active: what it becomes. */
static void retire(struct otseg_policy *old, const struct otseg_policy *new,
		   const struct otseg_confirm_request *confirm)
{
	if (!confirm) {
		otseg_signature_settle(new);
		otseg_confirm_end(OTSEG_CONFIRM_STATE_CONFIRMED);
		drop_fallback();
		otseg_policy_destroy(old);
		return;
	}
	if (fallback) {
		otseg_policy_destroy(old);
	} else {
		strip(old);
		fallback = old;
	}
	otseg_confirm_begin(confirm, fallback->image);
}

/**
 * otseg_policy_commit - make a policy the active one
 * @policy: from otseg_policy_create(); on success it belongs to the store
 * @expect_generation: refuse unless this is the active generation; NULL: any
 * @confirm: bring the last confirmed policy back unless this one is confirmed;
 *	NULL: it is confirmed
 * @generation: set to the generation it got
 * @extack: for the sentence on refusal
 *
 * Enforcement changes at once; the call returns when sysfs shows the policy.
 *
 * Context: process, may sleep.
 * Return: 0; -ESTALE if the active generation is another one, -EKEYREJECTED if
 * otseg_signature_permit() says so or the policy that could come back would have to
 * be signed, -ENOENT if there is no such policy, -EOVERFLOW when generations are used
 * up, -ENOMEM. On failure nothing has changed.
 */
int otseg_policy_commit(struct otseg_policy *policy, const u32 *expect_generation,
			const struct otseg_confirm_request *confirm, u32 *generation,
			struct netlink_ext_ack *extack)
{
	struct otseg_successor next_spare = {};
	struct otseg_reserve reserve = {};
	struct otseg_policy *old;
	int err;

	mutex_lock(&commit_lock);
	old = rcu_dereference_protected(active, lockdep_is_held(&commit_lock));
	err = check_commit(policy, old, expect_generation, confirm, extack);
	if (err)
		goto unlock;

	err = reserve_create(&reserve, policy->image);
	if (!err && ends_by_itself(policy))
		err = successor_create(&next_spare, policy);
	if (!err && confirm && !fallback)
		err = reserve_create(&fallback_reserve, old->image);
	if (err) {
		reserve_destroy(&reserve);
		successor_destroy(&next_spare);
		NL_SET_ERR_MSG(extack, "no memory for the policy's counters");
		goto unlock;
	}
	if (confirm)
		otseg_confirm_prepare(confirm);
	policy->since = old->generation + 1;
	otseg_conduit_adopt(policy, succession(confirm));
	swap_policy(policy, old, &reserve);
	successor_destroy(&spare);
	spare = next_spare;
	provide_spare(policy, ends_by_itself(policy));
	retire(old, policy, confirm);
	otseg_conduit_announce(policy);
	*generation = policy->generation;
	pr_info("policy %s is active, generation %u, digest %*phN\n", name_of(policy),
		policy->generation, OTSEG_DIGEST_LEN, policy->image->digest);
	if (confirm)
		pr_info("without a confirmation policy %s comes back in %u s\n", name_of(fallback),
			confirm->seconds);

unlock:
	mutex_unlock(&commit_lock);
	return err;
}

/* Whether the active policy is an unconfirmed one, and the expected one. */
static int check_unconfirmed(const struct otseg_policy *now, const u32 *expect,
			     struct netlink_ext_ack *extack)
{
	if (!fallback) {
		NL_SET_ERR_MSG(extack, "the active policy does not wait for a confirmation");
		return -ENOENT;
	}
	return check_generation(now, expect, extack);
}

/* Whether the active policy can be there to stay: asked again, for what has become necessary. */
static int check_confirm(const struct otseg_policy *now, const u32 *expect,
			 struct netlink_ext_ack *extack)
{
	int err = check_unconfirmed(now, expect, extack);

	if (err)
		return err;
	if (otseg_confirm_is_over()) {
		NL_SET_ERR_MSG(extack, "too late: the time for the confirmation is over");
		return -ETIME;
	}
	return otseg_signature_permit(now, extack);
}

/**
 * otseg_policy_confirm - keep the active policy, which is unconfirmed
 * @expect_generation: refuse unless this is the active generation; NULL: any
 * @told: set to generation and digest of the policy
 * @extack: for the sentence on refusal
 *
 * Context: process, may sleep.
 * Return: 0; -ENOENT if it is not unconfirmed, -ESTALE, -ETIME if it is about to be
 * rolled back, -EKEYREJECTED if otseg_signature_permit() says so by now.
 */
int otseg_policy_confirm(const u32 *expect_generation, struct otseg_policy_id *told,
			 struct netlink_ext_ack *extack)
{
	struct otseg_policy *now;
	int err;

	mutex_lock(&commit_lock);
	now = rcu_dereference_protected(active, lockdep_is_held(&commit_lock));
	err = check_confirm(now, expect_generation, extack);
	if (!err) {
		otseg_confirm_end(OTSEG_CONFIRM_STATE_CONFIRMED);
		otseg_signature_settle(now);
		otseg_conduit_settle();
		drop_fallback();
		identify(now, told);
		pr_info("policy %s is confirmed, generation %u\n", name_of(now), now->generation);
	}
	mutex_unlock(&commit_lock);
	return err;
}

/* Brings the fallback back. Cannot fail. */
static void roll_back(struct otseg_policy *old, struct otseg_policy_id *told)
{
	struct otseg_policy *new = fallback;

	lockdep_assert_held(&commit_lock);
	new->since = old->generation + 1;
	otseg_conduit_adopt(new, OTSEG_SUCCESSION_BACK);
	swap_policy(new, old, &fallback_reserve);
	fallback = NULL;
	/* Without memory the end of a grant asks for it again. */
	successor_destroy(&spare);
	provide_spare(new, ends_by_itself(new));
	otseg_conduit_announce(new);
	otseg_confirm_end(OTSEG_CONFIRM_STATE_ROLLED_BACK);
	identify(new, told);
	pr_warn("policy %s is rolled back: policy %s is active, generation %u, digest %*phN\n",
		name_of(old), name_of(new), new->generation, OTSEG_DIGEST_LEN, new->image->digest);
	otseg_confirm_release(0);
	otseg_policy_destroy(old);
}

/**
 * otseg_policy_rollback - bring back the last confirmed policy
 * @expect_generation: refuse unless this is the active generation; NULL: any
 * @told: set to generation and digest of the policy that came back
 * @extack: for the sentence on refusal
 *
 * Context: process, may sleep, takes RTNL.
 * Return: 0; -ENOENT if the active policy is not unconfirmed, -ESTALE.
 */
int otseg_policy_rollback(const u32 *expect_generation, struct otseg_policy_id *told,
			  struct netlink_ext_ack *extack)
{
	struct otseg_policy *old;
	int err;

	mutex_lock(&commit_lock);
	old = rcu_dereference_protected(active, lockdep_is_held(&commit_lock));
	err = check_unconfirmed(old, expect_generation, extack);
	if (!err)
		roll_back(old, told);
	mutex_unlock(&commit_lock);
	return err;
}

/**
 * otseg_policy_expire - bring back the last confirmed policy if its time has come
 *
 * Context: process, may sleep, takes RTNL.
 */
void otseg_policy_expire(void)
{
	struct otseg_policy *old;
	struct otseg_policy_id told;

	mutex_lock(&commit_lock);
	old = rcu_dereference_protected(active, lockdep_is_held(&commit_lock));
	if (fallback && otseg_confirm_is_over()) {
		pr_warn("policy %s was not confirmed in time\n", name_of(old));
		roll_back(old, &told);
	}
	mutex_unlock(&commit_lock);
}

/* All that is needed to change the state of conduits, and then the change. */
static int change(const struct otseg_conduit_request *request, struct otseg_policy *old,
		  struct otseg_successor *next)
{
	bool is_grant = request->change == OTSEG_CONDUIT_CHANGE_GRANT;
	int err;

	err = successor_create(next, old);
	if (!err)
		err = provide_spare(old, is_grant || ends_by_itself(old));
	if (!err)
		err = otseg_conduit_change(old->image, fallback ? fallback->image : NULL, request);
	if (err)
		successor_destroy(next);
	return err;
}

/**
 * otseg_policy_change - change the state of a conduit, or island mode
 * @request: the change
 * @expect_generation: refuse unless this is the active generation; NULL: any
 * @generation: set to the generation under which it is so
 * @extack: for the sentence on refusal
 *
 * The policy stays the same one. Flows are classified again at their next frame.
 *
 * Context: process, may sleep.
 * Return: 0; -ESTALE, what otseg_conduit_check() returned, -EOVERFLOW when generations
 * are used up, -ENOMEM. On failure nothing has changed.
 */
int otseg_policy_change(const struct otseg_conduit_request *request, const u32 *expect_generation,
			u32 *generation, struct netlink_ext_ack *extack)
{
	struct otseg_successor next;
	struct otseg_policy *old;
	int err;

	mutex_lock(&commit_lock);
	old = rcu_dereference_protected(active, lockdep_is_held(&commit_lock));
	err = check_generation(old, expect_generation, extack);
	if (!err)
		err = otseg_conduit_check(old->image, request, extack);
	if (err)
		goto unlock;
	if (!old->image) {
		err = otseg_conduit_change(NULL, NULL, request);
		if (err) {
			NL_SET_ERR_MSG(extack, "no memory to change the state of conduits");
			goto unlock;
		}
		*generation = 0;
		otseg_conduit_announce(old);
		goto unlock;
	}
	/* Some are kept for the end of grants and the way back. */
	if (old->generation >= U32_MAX - 2 * OTSEG_MAX_CONDUITS) {
		NL_SET_ERR_MSG(extack, "all generations are used up, reload the module");
		err = -EOVERFLOW;
		goto unlock;
	}
	err = change(request, old, &next);
	if (err) {
		NL_SET_ERR_MSG(extack, "no memory to change the state of conduits");
		goto unlock;
	}
	*generation = old->generation + 1;
	succeed(&next, old);
	old = rcu_dereference_protected(active, lockdep_is_held(&commit_lock));
	provide_spare(old, ends_by_itself(old));
	otseg_conduit_announce(old);
unlock:
	mutex_unlock(&commit_lock);
	return err;
}

/**
 * otseg_policy_follow_time - end the grants whose time is over, follow the windows of conduits
 *
 * Context: process, may sleep.
 */
void otseg_policy_follow_time(void)
{
	struct otseg_policy *now;
	bool is_due;

	mutex_lock(&commit_lock);
	now = rcu_dereference_protected(active, lockdep_is_held(&commit_lock));
	/* Both in any case: each goes on to wait for its own. */
	is_due = otseg_conduit_is_due();
	is_due |= now->image && otseg_window_is_due(now->image);
	if (!is_due)
		goto unlock;
	if (provide_spare(now, true)) {
		otseg_conduit_retry();
		goto unlock;
	}
	otseg_conduit_expire();
	succeed(&spare, now);
	now = rcu_dereference_protected(active, lockdep_is_held(&commit_lock));
	provide_spare(now, ends_by_itself(now));
	otseg_conduit_announce(now);
unlock:
	mutex_unlock(&commit_lock);
}

/**
 * otseg_policy_require_signed - take signed policies only, from now on
 *
 * The active policy stays, signed or not, unless it is unconfirmed. No unsigned one becomes
 * active again, by whatever way, or is confirmed.
 *
 * Context: process, may sleep.
 * Return: 0; -EBUSY while an unsigned policy may come back by itself, -ENOKEY if
 * nothing could be verified.
 */
int otseg_policy_require_signed(void)
{
	int err;

	mutex_lock(&commit_lock);
	if (fallback && !fallback->signer)
		err = -EBUSY;
	else
		err = otseg_signature_require();
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
	drop_fallback();
	successor_destroy(&spare);
	__free_page(zero_page);
}
