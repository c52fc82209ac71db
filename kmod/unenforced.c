// SPDX-License-Identifier: GPL-2.0-only
/*
 * Saying what is not enforced: conduits in monitor mode, past which frames go that the policy
 * denies. Into the kernel's log when that begins, changes and ends; to who listens then, and
 * again each minute as long as it is so. Owns what was said last.
 */
#include <linux/jiffies.h>
#include <linux/ratelimit.h>
#include <linux/spinlock.h>
#include <linux/string.h>
#include <linux/workqueue.h>

#include "netlink.h"
#include "policy.h"
#include "unenforced.h"

#define REMIND_S 60

static void remind_work(struct work_struct *work);
static DECLARE_DELAYED_WORK(remind, remind_work);

static DEFINE_SPINLOCK(said_lock);
static struct otseg_unenforced_info said;

static void remind_work(struct work_struct *work)
{
	struct otseg_unenforced_info info;

	spin_lock(&said_lock);
	info = said;
	spin_unlock(&said_lock);
	if (!info.conduits)
		return;
	otseg_netlink_unenforced_tell(&info);
	queue_delayed_work(system_unbound_wq, &remind, REMIND_S * HZ);
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
}

static void log_change(const struct otseg_unenforced_info *info)
{
	static DEFINE_RATELIMIT_STATE(limit, 10 * HZ, 10);

	if (!__ratelimit(&limit))
		return;
	if (!info->conduits)
		pr_notice("policy %s is enforced: no conduit is in monitor mode any more\n",
			  info->name);
	else
		pr_warn("NOT ENFORCED: %u of %u conduits of policy %s are in monitor mode, what they deny passes\n",
			info->conduits, info->of, info->name);
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

	count(policy, &info);
	spin_lock(&said_lock);
	before = said;
	said = info;
	spin_unlock(&said_lock);
	if (!info.conduits && !before.conduits)
		return;
	if (info.conduits == before.conduits && info.of == before.of &&
	    !strcmp(info.name, before.name))
		return;
	log_change(&info);
	otseg_netlink_unenforced_tell(&info);
	if (info.conduits)
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
