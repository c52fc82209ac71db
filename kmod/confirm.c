// SPDX-License-Identifier: GPL-2.0-only
/*
 * The confirmation of a policy. Owns the deadline, what waits for it,
 * and which interfaces go with a policy that does not stay, or never came. Which policy comes
 * back, and its return, are policy.c's.
 *
 * Nothing in userspace is needed once a commit has begun it. The clock is
 * CLOCK_BOOTTIME: it does not jump when the time of day is set, and goes on while
 * the host is suspended.
 */
#include <linux/bpf.h>
#include <linux/ktime.h>
#include <linux/netdevice.h>
#include <linux/rtnetlink.h>
#include <linux/spinlock.h>
#include <linux/string.h>

#include "confirm.h"
#include "image.h"
#include "interface.h"
#include "policy.h"
#include "stage.h"
#include "wait.h"

static_assert(OTSEG_PROVISIONAL_MAX == OTSEG_MAX_LINKS, "specification and image format agree");

static struct otseg_wait wait;

static DEFINE_SPINLOCK(info_lock);
static enum otseg_confirm_state state;
static u64 since; /* nanoseconds of the boot-time clock */
static u64 deadline;
static char back_name[OTSEG_NAME_MAX + 1];
static u8 back_digest[OTSEG_DIGEST_LEN];

static void wait_work(struct work_struct *work)
{
	otseg_policy_expire();
}

/* The XDP link of a device, NULL: it has none. A link is its first member. */
static struct bpf_link *link_of(const struct net_device *dev)
{
	int mode;

	ASSERT_RTNL();
	for (mode = 0; mode < __MAX_XDP_MODE; mode++)
		if (dev->xdp_state[mode].link)
			return (struct bpf_link *)dev->xdp_state[mode].link;
	return NULL;
}

static bool is_named(const struct otseg_image *image, const char *role)
{
	u32 i;

	for (i = 0; i < image->sec[OTSEG_SEC_LINKS].count; i++)
		if (!strncmp((const char *)otseg_image_link(image, i)->name, role, IFNAMSIZ - 1))
			return true;
	return false;
}

static bool is_named_now(const char *role)
{
	const struct otseg_image *image;
	bool is;

	rcu_read_lock();
	image = otseg_policy_active()->image;
	is = image && is_named(image, role);
	rcu_read_unlock();
	return is;
}

static void remember_link(struct otseg_interface *interface)
{
	const struct bpf_link *link = interface->dev ? link_of(interface->dev) : NULL;

	interface->link_id = link ? link->id : 0;
}

/**
 * otseg_confirm_check - whether an interface may be bound
 * @role: its name
 * @is_provisional: for the sake of the active policy, and with it if that is rolled back
 * @extack: for the sentence on refusal
 *
 * Whoever binds it may have seen a policy that has been rolled back since.
 *
 * Context: process, RTNL held.
 * Return: 0, or -ESTALE if it came with what is rolled back.
 */
int otseg_confirm_check(const char *role, bool is_provisional, struct netlink_ext_ack *extack)
{
	const struct otseg_interface *interface = otseg_interface_by_role(role);

	if (!is_provisional || READ_ONCE(state) != OTSEG_CONFIRM_STATE_ROLLED_BACK ||
	    (interface && interface->is_bound) || is_named_now(role))
		return 0;
	NL_SET_ERR_MSG_FMT(extack, "the policy that names %s has been rolled back", role);
	return -ESTALE;
}

/**
 * otseg_confirm_bind - an interface is about to be bound
 * @interface: the interface
 * @is_provisional: for the sake of the active policy, and with it if that is rolled back
 * @owner: port id of the socket that asks; if a transaction is its, for the sake of that
 *
 * Context: process, RTNL held.
 */
void otseg_confirm_bind(struct otseg_interface *interface, bool is_provisional, u32 owner)
{
	remember_link(interface);
	if (!interface->is_bound) {
		interface->owner = otseg_stage_binds(owner) ? owner : 0;
		interface->had_link = interface->link_id;
	} else if (interface->owner != owner) {
		interface->owner = 0;
	}
	/* Whoever binds it for its own sake means it to stay. */
	if (!is_provisional)
		interface->is_provisional = false;
	else if (!interface->is_bound)
		interface->is_provisional = READ_ONCE(state) == OTSEG_CONFIRM_STATE_UNCONFIRMED;
}

static void remember(u32 ifindex)
{
	const struct net_device *dev = __dev_get_by_index(&init_net, ifindex);
	struct otseg_interface *interface = dev ? otseg_interface_by_dev(dev) : NULL;

	if (!interface)
		return;
	interface->is_provisional = true;
	remember_link(interface);
}

/**
 * otseg_confirm_prepare - a policy is about to be active that has to be confirmed
 * @request: which interfaces are there for its sake; they add to those of an earlier one that waits
 *
 * RTNL may be held by a driver that hangs: then nothing is in force yet.
 *
 * Context: process, commit lock held, takes RTNL.
 */
void otseg_confirm_prepare(const struct otseg_confirm_request *request)
{
	u32 i;

	rtnl_lock();
	for (i = 0; i < request->n_provisional; i++)
		remember(request->provisional[i]);
	rtnl_unlock();
}

/**
 * otseg_confirm_begin - the active policy waits for its confirmation
 * @request: for how long
 * @back: image of the policy that comes back otherwise
 *
 * Context: process, commit lock held.
 */
void otseg_confirm_begin(const struct otseg_confirm_request *request,
			 const struct otseg_image *back)
{
	u64 now = ktime_get_boottime_ns();

	spin_lock(&info_lock);
	WRITE_ONCE(state, OTSEG_CONFIRM_STATE_UNCONFIRMED);
	since = now;
	deadline = now + (u64)request->seconds * NSEC_PER_SEC;
	strscpy(back_name, otseg_image_string(back, back->name), sizeof(back_name));
	memcpy(back_digest, back->digest, sizeof(back_digest));
	spin_unlock(&info_lock);
	otseg_wait_until(&wait, deadline);
}

static void keep_interfaces(void)
{
	struct otseg_interface *interface;

	rtnl_lock();
	list_for_each_entry(interface, &otseg_interfaces, list)
		interface->is_provisional = false;
	rtnl_unlock();
}

/**
 * otseg_confirm_end - the active policy waits no longer
 * @what: why not
 *
 * Context: process, commit lock held, takes RTNL. The work may be about to ask for the
 * lock; it finds nothing to do.
 */
void otseg_confirm_end(enum otseg_confirm_state what)
{
	otseg_wait_end(&wait);
	if (what == OTSEG_CONFIRM_STATE_CONFIRMED)
		keep_interfaces();
	spin_lock(&info_lock);
	WRITE_ONCE(state, what);
	since = ktime_get_boottime_ns();
	spin_unlock(&info_lock);
}

/* Whether the interface is one of those that go, and no longer. */
static bool goes(struct otseg_interface *interface, u32 owner)
{
	if (owner ? interface->owner != owner : !interface->is_provisional)
		return false;
	if (owner)
		interface->owner = 0;
	else
		interface->is_provisional = false;
	/* Where a datapath ran without a guard, the policy in force may be another owner's. */
	return (owner && interface->had_link) || !is_named_now(interface->role);
}

/*
 * Lets go of interfaces that came with what does not stay, and returns the XDP link of the
 * first one that has to be detached, NULL: there is none left. What runs there by now may be
 * somebody else's.
 */
static struct bpf_link *let_go(u32 owner)
{
	struct otseg_interface *interface, *next;
	struct bpf_link *link;

	ASSERT_RTNL();
	list_for_each_entry_safe(interface, next, &otseg_interfaces, list) {
		if (!goes(interface, owner))
			continue;
		pr_info("interface %s is released, the policy in force does not name it\n",
			interface->role);
		link = interface->dev ? link_of(interface->dev) : NULL;
		/* What ran before a transaction goes on, whoever owned its policy. */
		if (link && (link->id != interface->link_id || (owner && interface->had_link)))
			link = NULL;
		if (interface->is_bound)
			otseg_interface_unbind(interface, NULL);
		if (!link)
			continue;
		link = bpf_link_inc_not_zero(link);
		if (!IS_ERR(link))
			return link;
	}
	return NULL;
}

/**
 * otseg_confirm_adopt - what was bound for a transaction stays: it is in force, or was refused
 * @owner: port id of its socket
 *
 * Context: process, takes RTNL.
 */
void otseg_confirm_adopt(u32 owner)
{
	struct otseg_interface *interface;

	rtnl_lock();
	list_for_each_entry(interface, &otseg_interfaces, list)
		if (interface->owner == owner)
			interface->owner = 0;
	rtnl_unlock();
}

/**
 * otseg_confirm_release - let go of the interfaces that came with what does not stay
 * @owner: port id of the socket whose transaction has ended without a commit; 0: what has been
 *	rolled back is meant
 *
 * They are as they were before: neither guarded nor filtered, but for what the policy in force
 * names. One that the module parameter governs stays guarded.
 *
 * Context: process, takes RTNL.
 */
void otseg_confirm_release(u32 owner)
{
	struct bpf_link *link;

	for (;;) {
		rtnl_lock();
		link = let_go(owner);
		rtnl_unlock();
		if (!link)
			return;
		link->ops->detach(link);
		bpf_link_put(link);
	}
}

/**
 * otseg_confirm_is_over - whether the active policy has waited long enough
 *
 * Context: process, commit lock held; the policy is unconfirmed.
 * Return: whether the time for its confirmation is over.
 */
bool otseg_confirm_is_over(void)
{
	return ktime_get_boottime_ns() >= deadline;
}

/**
 * otseg_confirm_tell - tell whether the active policy is there to stay
 * @info: set to what is true now
 *
 * Context: any but interrupts.
 */
void otseg_confirm_tell(struct otseg_confirm_info *info)
{
	u64 now = ktime_get_boottime_ns();

	*info = (struct otseg_confirm_info){};
	spin_lock(&info_lock);
	info->state = state;
	info->state_seconds = now > since ? div_u64(now - since, NSEC_PER_SEC) : 0;
	if (state == OTSEG_CONFIRM_STATE_UNCONFIRMED) {
		if (deadline > now)
			info->seconds_left =
				div_u64(deadline - now + NSEC_PER_SEC - 1, NSEC_PER_SEC);
		strscpy(info->name, back_name, sizeof(info->name));
		memcpy(info->digest, back_digest, sizeof(info->digest));
	}
	spin_unlock(&info_lock);
}

/**
 * otseg_confirm_init - prepare to wait
 */
void __init otseg_confirm_init(void)
{
	otseg_wait_init(&wait, CLOCK_BOOTTIME, wait_work);
}

/**
 * otseg_confirm_exit - stop waiting; nothing comes back
 *
 * Context: process, may sleep; no commit can happen any more.
 */
void otseg_confirm_exit(void)
{
	otseg_wait_stop(&wait);
	otseg_wait_exit(&wait);
}
