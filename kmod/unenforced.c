// SPDX-License-Identifier: GPL-2.0-only
/*
 * Saying what is not enforced: conduits in monitor mode, past which frames go that the policy
 * denies, and interfaces that fail open. Into the kernel's log when that begins, changes and ends;
 * to who listens then, and again each minute as long as it is so, or in which an interface has let
 * frames pass. Owns what was said last.
 */
#include <linux/jiffies.h>
#include <linux/ratelimit.h>
#include <linux/spinlock.h>
#include <linux/string.h>
#include <linux/workqueue.h>

#include "guard.h"
#include "netlink.h"
#include "policy.h"
#include "unenforced.h"

#define REMIND_S 60

static void remind_work(struct work_struct *work);
static DECLARE_DELAYED_WORK(remind, remind_work);

static DEFINE_SPINLOCK(said_lock);
static struct otseg_unenforced_info said;
static u8 said_digest[OTSEG_DIGEST_LEN]; /* of the policy that it is about */

static bool is_enforced(const struct otseg_unenforced_info *info)
{
	return !info->conduits && !info->interfaces;
}

static void remind_work(struct work_struct *work)
{
	struct otseg_unenforced_info info;
	u64 before;

	spin_lock(&said_lock);
	before = said.failed_open;
	said.failed_open = otseg_guard_passed_all();
	info = said;
	spin_unlock(&said_lock);
	/* Also what passed before there was another policy. */
	if (info.failed_open != before)
		pr_warn("NOT GUARDED: %llu frames that no datapath has seen have passed by interfaces that fail open\n",
			info.failed_open - before);
	if (info.conduits || info.failed_open != before)
		otseg_netlink_unenforced_tell(&info);
	if (!is_enforced(&info))
		queue_delayed_work(system_unbound_wq, &remind, REMIND_S * HZ);
}

/* Whether a link is the first one of an interface that fails open. */
static bool is_open_interface(const struct otseg_image *image, u32 index)
{
	const struct otseg_img_link *link = otseg_image_link(image, index);
	u32 i;

	if (!otseg_link_fails_open(link, image->flags))
		return false;
	for (i = 0; i < index; i++)
		if (!memcmp(otseg_image_link(image, i)->name, link->name, sizeof(link->name)))
			return false;
	return true;
}

static void count(const struct otseg_policy *policy, struct otseg_unenforced_info *info)
{
	u32 i;

	*info = (struct otseg_unenforced_info){ .generation = policy->generation };
	strscpy(info->name, otseg_image_string(policy->image, policy->image->name),
		sizeof(info->name));
	for (i = 0; i < policy->image->sec[OTSEG_SEC_CONDUITS].count; i++) {
		u32 flags = otseg_image_conduit(policy->image, i)->flags;

		if (!(flags & OTSEG_CONDUIT_ENABLED))
			continue;
		info->of++;
		info->conduits += !!(flags & OTSEG_CONDUIT_MONITOR);
	}
	for (i = 0; i < policy->image->sec[OTSEG_SEC_LINKS].count; i++)
		info->interfaces += is_open_interface(policy->image, i);
	info->failed_open = otseg_guard_passed_all();
}

static void log_change(const struct otseg_unenforced_info *info,
		       const struct otseg_unenforced_info *before)
{
	static DEFINE_RATELIMIT_STATE(limit, 10 * HZ, 10);

	if (!__ratelimit(&limit))
		return;
	if (info->conduits)
		pr_warn("NOT ENFORCED: %u of %u conduits of policy %s are in monitor mode, what they deny passes\n",
			info->conduits, info->of, info->name);
	else if (before->conduits)
		pr_notice("policy %s is enforced: no conduit is in monitor mode any more\n",
			  info->name);
	if (info->interfaces)
		pr_warn("FAIL OPEN: %u interfaces of policy %s let pass what no datapath has seen\n",
			info->interfaces, info->name);
	else if (before->interfaces)
		pr_notice("policy %s is guarded: no interface fails open any more\n", info->name);
}

/**
 * otseg_unenforced_follow - say what of another policy is not enforced
 * @policy: the active one
 *
 * Context: process, may sleep, commit lock held.
 */
void otseg_unenforced_follow(const struct otseg_policy *policy)
{
	struct otseg_unenforced_info info, before;
	bool is_same;

	count(policy, &info);
	spin_lock(&said_lock);
	before = said;
	is_same = info.conduits == before.conduits && info.of == before.of &&
		  info.interfaces == before.interfaces &&
		  !memcmp(said_digest, policy->image->digest, sizeof(said_digest));
	said = info;
	memcpy(said_digest, policy->image->digest, sizeof(said_digest));
	/* What nobody has been told of is still to be told. */
	said.failed_open = before.failed_open;
	spin_unlock(&said_lock);
	if (is_same || (is_enforced(&info) && is_enforced(&before)))
		return;
	log_change(&info, &before);
	otseg_netlink_unenforced_tell(&info);
	if (!is_enforced(&info))
		mod_delayed_work(system_unbound_wq, &remind, REMIND_S * HZ);
}

/**
 * otseg_unenforced_exit - say no more
 *
 * Context: process, may sleep; no commit can happen any more.
 */
void otseg_unenforced_exit(void)
{
	disable_delayed_work_sync(&remind);
}
