// SPDX-License-Identifier: GPL-2.0-only
/*
 * The state of conduits beside the policy. Owns who is opened, closed or granted, whether
 * island mode is on, and what waits for the end of a grant. How that gets into an
 * image is image_state.c's, how the image becomes active policy.c's.
 *
 * A conduit is known by its name, so that its state outlives a swap. Changed under the
 * commit lock, and the list under info_lock as well, which readers hold.
 *
 * While a policy is unconfirmed, what was opened or granted under the one that may come back is
 * kept, whatever becomes of it: a rollback opens that again, unless it has ended meanwhile.
 *
 * Nothing in userspace is needed for a grant to end. The clock is CLOCK_BOOTTIME: it does
 * not jump when the time of day is set, and goes on while the host is suspended. Windows, which
 * do go by the time of day, are window.c's.
 */
#include <linux/ktime.h>
#include <linux/list.h>
#include <linux/netlink.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/string.h>

#include "conduit.h"
#include "image_state.h"
#include "netlink.h"
#include "policy.h"
#include "wait.h"
#include "window.h"

#define OTSEG_WAIT_RETRY NSEC_PER_SEC /* until memory is asked for again */

/**
 * struct otseg_conduit_entry - a conduit whose state is not the policy's, or news of one
 * @list: entries, or news
 * @name: its name
 * @state: of OTSEG_CONDUIT_STATE
 * @dormant: what was open by hand under the policy that may come back
 * @change: what has become of it; of news only
 * @since: when, in nanoseconds of the boot-time clock
 * @deadline: the end of its grant
 * @reason: what for
 */
struct otseg_conduit_entry {
	struct list_head list;
	char name[OTSEG_NAME_MAX + 1];
	u32 state;
	u32 dormant;
	enum otseg_conduit_change change;
	u64 since;
	u64 deadline;
	char reason[OTSEG_REASON_MAX + 1];
};

static struct otseg_wait wait;

static DEFINE_SPINLOCK(info_lock);
static LIST_HEAD(entries);
static LIST_HEAD(news);
static u32 island; /* OTSEG_IMG_ISLAND or 0 */

static void wait_work(struct work_struct *work)
{
	otseg_policy_follow_time();
}

static struct otseg_conduit_entry *find(const char *name)
{
	struct otseg_conduit_entry *entry;

	list_for_each_entry(entry, &entries, list)
		if (!strcmp(entry->name, name))
			return entry;
	return NULL;
}

static u64 first_deadline(void)
{
	const struct otseg_conduit_entry *entry;
	u64 first = U64_MAX;

	list_for_each_entry(entry, &entries, list)
		if (entry->state & OTSEG_CONDUIT_GRANTED)
			first = min(first, entry->deadline);
	return first;
}

static void wait_more(void)
{
	u64 first = first_deadline();

	if (first == U64_MAX)
		otseg_wait_end(&wait);
	else
		otseg_wait_until(&wait, first);
}

/* Keeps what is to be told of an entry. Without memory nobody hears of it; it happens anyway. */
static void note(const struct otseg_conduit_entry *entry, enum otseg_conduit_change change)
{
	struct otseg_conduit_entry *item = kmemdup(entry, sizeof(*entry), GFP_KERNEL);

	if (!item)
		return;
	item->change = change;
	list_add_tail(&item->list, &news);
}

static void set_state(struct otseg_conduit_entry *entry, u32 state, u32 dormant)
{
	spin_lock(&info_lock);
	entry->state = state;
	entry->dormant = dormant;
	if (!(state | dormant))
		list_del(&entry->list);
	spin_unlock(&info_lock);
	if (!(state | dormant))
		kfree(entry);
}

static bool is_of_island(enum otseg_conduit_change change)
{
	return change == OTSEG_CONDUIT_CHANGE_ISLAND_ON ||
	       change == OTSEG_CONDUIT_CHANGE_ISLAND_OFF;
}

/* What only closes can be asked for before there is a policy: it holds for the first one. */
static bool is_for_later(enum otseg_conduit_change change)
{
	return change == OTSEG_CONDUIT_CHANGE_DISABLE || is_of_island(change);
}

static int check_room(const struct otseg_conduit_request *request, struct netlink_ext_ack *extack)
{
	if (find(request->name)) {
		NL_SET_ERR_MSG_FMT(extack, "conduit %s is disabled already", request->name);
		return -EALREADY;
	}
	if (list_count_nodes(&entries) < OTSEG_MAX_CONDUITS)
		return 0;
	NL_SET_ERR_MSG(extack, "no policy has so many conduits");
	return -ENOSPC;
}

/* What is left of it after a change: the latest word on a conduit is what counts. */
static u32 dormant_after(const struct otseg_conduit_entry *entry, enum otseg_conduit_change change)
{
	/* A grant has an end, and what it is given for ends with it. */
	if (change == OTSEG_CONDUIT_CHANGE_DISABLE || change == OTSEG_CONDUIT_CHANGE_GRANT)
		return 0;
	return entry->dormant & ~OTSEG_CONDUIT_GRANTED;
}

/* Whether a change ends what a rollback would open, whether or not it is open now. */
static bool ends_dormant(const struct otseg_conduit_request *request)
{
	const struct otseg_conduit_entry *entry = find(request->name);

	if (request->change != OTSEG_CONDUIT_CHANGE_DISABLE &&
	    request->change != OTSEG_CONDUIT_CHANGE_REVOKE)
		return false;
	return entry && entry->dormant != dormant_after(entry, request->change);
}

/**
 * otseg_conduit_check - whether a change is possible
 * @image: the active image, NULL without one
 * @request: the change
 * @extack: for the sentence on refusal
 *
 * What a rollback would open again can be closed whether or not it is open now.
 *
 * Context: process, commit lock held.
 * Return: 0; -ENOENT without a policy, or a conduit or grant of that name, -EBUSY if a grant
 * stands in the way, -EALREADY if there is nothing to change.
 */
int otseg_conduit_check(const struct otseg_image *image,
			const struct otseg_conduit_request *request, struct netlink_ext_ack *extack)
{
	const char *why;
	u32 at, flags;

	if (!image && !is_for_later(request->change)) {
		NL_SET_ERR_MSG(extack, "no policy is active");
		return -ENOENT;
	}
	if (is_of_island(request->change)) {
		why = otseg_state_refusal(island, request->change);
		if (why)
			NL_SET_ERR_MSG_FMT(extack, "island mode %s", why);
		return why ? -EALREADY : 0;
	}
	if (!image)
		return check_room(request, extack);
	at = otseg_state_find(image, request->name);
	flags = at == OTSEG_NONE32 ? 0 : otseg_image_conduit(image, at)->flags;
	if (!(flags & OTSEG_CONDUIT_GRANTED) && ends_dormant(request))
		return 0;
	if (at == OTSEG_NONE32) {
		NL_SET_ERR_MSG_FMT(extack, "the policy has no conduit %s", request->name);
		return -ENOENT;
	}
	why = otseg_state_refusal(flags, request->change);
	if (!why)
		return 0;
	NL_SET_ERR_MSG_FMT(extack, "conduit %s %s", request->name, why);
	if (request->change == OTSEG_CONDUIT_CHANGE_REVOKE)
		return -ENOENT;
	return flags & OTSEG_CONDUIT_GRANTED ? -EBUSY : -EALREADY;
}

static void log_change(const char *name, enum otseg_conduit_change change)
{
	static const char *const words[] = {
		[OTSEG_CONDUIT_CHANGE_ENABLE] = "enabled",
		[OTSEG_CONDUIT_CHANGE_DISABLE] = "disabled",
		[OTSEG_CONDUIT_CHANGE_GRANT] = "granted",
		[OTSEG_CONDUIT_CHANGE_REVOKE] = "no longer granted",
	};

	pr_info("conduit %s is %s\n", name, words[change]);
}

static void set_island(const struct otseg_conduit_request *request)
{
	struct otseg_conduit_entry about = { .since = ktime_get_boottime_ns() };

	island = request->change == OTSEG_CONDUIT_CHANGE_ISLAND_ON ? OTSEG_IMG_ISLAND : 0;
	strscpy(about.reason, request->reason, sizeof(about.reason));
	note(&about, request->change);
	pr_notice("island mode is %s\n", island ? "on" : "off");
}

/* What a change begins with: flags of the conduit where the policy has it. */
static u32 flags_before(const struct otseg_image *image, const struct otseg_conduit_entry *entry)
{
	u32 at;

	/* Of a policy to come it is not known: it may enable it. */
	if (!image)
		return OTSEG_CONDUIT_STANDING;
	at = otseg_state_find(image, entry->name);
	return at == OTSEG_NONE32 ? entry->state : otseg_image_conduit(image, at)->flags;
}

static bool is_standing(const struct otseg_image *image, const char *name)
{
	u32 at = image ? otseg_state_find(image, name) : OTSEG_NONE32;

	return at != OTSEG_NONE32 && otseg_image_conduit(image, at)->flags & OTSEG_CONDUIT_STANDING;
}

/**
 * otseg_conduit_change - change the state of a conduit, or island mode
 * @image: the active image, NULL without one
 * @back: image of the policy that may come back, NULL: none
 * @request: what otseg_conduit_check() has accepted
 *
 * Context: process, may sleep, commit lock held. otseg_conduit_write() has to follow, if
 * there is an image.
 * Return: 0 or -ENOMEM.
 */
int otseg_conduit_change(const struct otseg_image *image, const struct otseg_image *back,
			 const struct otseg_conduit_request *request)
{
	struct otseg_conduit_entry *entry;
	u32 flags;

	if (is_of_island(request->change)) {
		set_island(request);
		return 0;
	}
	entry = find(request->name);
	if (!entry) {
		entry = kzalloc(sizeof(*entry), GFP_KERNEL_ACCOUNT);
		if (!entry)
			return -ENOMEM;
		strscpy(entry->name, request->name, sizeof(entry->name));
		spin_lock(&info_lock);
		list_add_tail(&entry->list, &entries);
		spin_unlock(&info_lock);
	}
	spin_lock(&info_lock);
	entry->since = ktime_get_boottime_ns();
	if (request->change == OTSEG_CONDUIT_CHANGE_GRANT)
		entry->deadline = entry->since + (u64)request->seconds * NSEC_PER_SEC;
	strscpy(entry->reason, request->reason, sizeof(entry->reason));
	spin_unlock(&info_lock);
	flags = flags_before(image, entry);
	/* Closed, it is so for the policy that may come back, too. */
	if (request->change == OTSEG_CONDUIT_CHANGE_DISABLE && is_standing(back, request->name))
		flags |= OTSEG_CONDUIT_STANDING;
	note(entry, request->change);
	/* What the time of day makes of it is no state that stays. */
	set_state(entry, otseg_state_next(flags, request->change) & ~OTSEG_CONDUIT_WITHIN,
		  dormant_after(entry, request->change));
	log_change(request->name, request->change);
	wait_more();
	return 0;
}

/**
 * otseg_conduit_has_grants - whether a conduit is open for a time
 *
 * Context: process, commit lock held.
 * Return: whether one is.
 */
bool otseg_conduit_has_grants(void)
{
	return first_deadline() != U64_MAX;
}

/**
 * otseg_conduit_is_due - whether the time of a grant is over
 *
 * If not, it is asked again in time.
 *
 * Context: process, commit lock held.
 * Return: whether otseg_conduit_expire() has something to do.
 */
bool otseg_conduit_is_due(void)
{
	if (ktime_get_boottime_ns() >= first_deadline())
		return true;
	wait_more();
	return false;
}

/**
 * otseg_conduit_expire - end the grants whose time is over
 *
 * Context: process, may sleep, commit lock held. otseg_conduit_write() has to follow.
 */
void otseg_conduit_expire(void)
{
	struct otseg_conduit_entry *entry, *next;
	u64 now = ktime_get_boottime_ns();

	list_for_each_entry_safe(entry, next, &entries, list) {
		if (!(entry->state & OTSEG_CONDUIT_GRANTED) || entry->deadline > now)
			continue;
		pr_notice("the grant of conduit %s is over\n", entry->name);
		note(entry, OTSEG_CONDUIT_CHANGE_EXPIRE);
		set_state(entry, entry->state & ~OTSEG_CONDUIT_GRANTED,
			  entry->dormant & ~OTSEG_CONDUIT_GRANTED);
	}
	wait_more();
}

/**
 * otseg_conduit_retry - have the end of a grant tried again soon
 *
 * Context: process, commit lock held.
 */
void otseg_conduit_retry(void)
{
	pr_warn_ratelimited("no memory to end what is over, a grant or a window, trying again\n");
	otseg_wait_until(&wait, ktime_get_boottime_ns() + OTSEG_WAIT_RETRY);
}

static bool is_trial(enum otseg_succession how)
{
	return how == OTSEG_SUCCESSION_TRIAL || how == OTSEG_SUCCESSION_NEXT_TRIAL;
}

/* What is open again under the policy that comes back. */
static u32 woken(const struct otseg_conduit_entry *entry)
{
	if (entry->deadline > ktime_get_boottime_ns())
		return entry->dormant;
	return entry->dormant & ~OTSEG_CONDUIT_GRANTED;
}

/*
 * What of a state stays when another policy follows: what closes, and what ends by itself. One
 * that comes back has again what was open under it.
 */
static u32 inherited(const struct otseg_image *image, const struct otseg_conduit_entry *entry,
		     enum otseg_succession how)
{
	u32 at = otseg_state_find(image, entry->name);
	u32 state = entry->state & ~OTSEG_CONDUIT_OPENED, flags;

	if (at == OTSEG_NONE32)
		return is_trial(how) ? state & OTSEG_CONDUIT_CLOSED : 0;
	if (how == OTSEG_SUCCESSION_BACK)
		state |= woken(entry);
	flags = otseg_image_conduit(image, at)->flags & ~OTSEG_CONDUIT_STATE;
	/* Nothing to grant where it is open anyway. */
	if (otseg_conduit_follows(flags | (state & OTSEG_CONDUIT_CLOSED), 0))
		return 0;
	return state;
}

static u32 dormant_under(const struct otseg_conduit_entry *entry, enum otseg_succession how)
{
	if (how == OTSEG_SUCCESSION_TRIAL)
		return entry->state & (OTSEG_CONDUIT_OPENED | OTSEG_CONDUIT_GRANTED);
	return is_trial(how) ? entry->dormant : 0;
}

static void note_succession(const struct otseg_conduit_entry *entry, u32 state)
{
	u32 more = state & ~entry->state;
	enum otseg_conduit_change change;

	if (!more) {
		note(entry, OTSEG_CONDUIT_CHANGE_DROP);
		return;
	}
	change = more & OTSEG_CONDUIT_GRANTED ? OTSEG_CONDUIT_CHANGE_GRANT :
						OTSEG_CONDUIT_CHANGE_ENABLE;
	note(entry, change);
	log_change(entry->name, change);
}

/**
 * otseg_conduit_adopt - carry the state of conduits over to another policy
 * @policy: it is about to become active, and nobody reads it yet
 * @how: how it follows the one before
 *
 * What closes stays, and what ends by itself, for conduits of the same name. A policy that comes
 * back has again what was open under it.
 *
 * Context: process, may sleep, commit lock held. Cannot fail.
 */
void otseg_conduit_adopt(const struct otseg_policy *policy, enum otseg_succession how)
{
	struct otseg_conduit_entry *entry, *next;

	list_for_each_entry_safe(entry, next, &entries, list) {
		u32 state = inherited(policy->image, entry, how);

		if (state != entry->state)
			note_succession(entry, state);
		set_state(entry, state, dormant_under(entry, how));
		cond_resched();
	}
	wait_more();
	otseg_conduit_write(policy);
}

/**
 * otseg_conduit_settle - forget what would have come back with another policy
 *
 * Context: process, commit lock held.
 */
void otseg_conduit_settle(void)
{
	struct otseg_conduit_entry *entry, *next;

	list_for_each_entry_safe(entry, next, &entries, list)
		set_state(entry, entry->state, 0);
}

static u32 within_of(const struct otseg_image *image, u32 conduit)
{
	return otseg_image_conduit(image, conduit)->flags & OTSEG_CONDUIT_WITHIN;
}

static void write_image(void *policy, u32 at, const void *from, u32 len)
{
	otseg_policy_write(((const struct otseg_policy *)policy)->region.pages,
			   OTSEG_REGION_IMAGE + at, from, len);
}

/**
 * otseg_conduit_write - write the state of conduits into the image of a policy
 * @policy: it is about to become active, and nobody reads it yet
 *
 * Context: process, may sleep, commit lock held. Cannot fail.
 */
void otseg_conduit_write(const struct otseg_policy *policy)
{
	const struct otseg_state_writer writer = { write_image, (void *)policy };
	const struct otseg_conduit_entry *entry;
	u32 i;

	for (i = 0; i < policy->image->sec[OTSEG_SEC_CONDUITS].count; i++)
		otseg_state_set(policy->image, i, 0, &writer);
	otseg_window_write(policy->image, &writer);
	list_for_each_entry(entry, &entries, list) {
		i = otseg_state_find(policy->image, entry->name);
		if (i != OTSEG_NONE32)
			otseg_state_set(policy->image, i,
					entry->state | within_of(policy->image, i), &writer);
		cond_resched();
	}
	otseg_state_settle(policy->image, island, &writer);
}

/**
 * otseg_conduit_compare - note which windows have begun or ended
 * @old: image of the active policy
 * @new: of its successor, the same policy in another state
 *
 * Context: process, may sleep, commit lock held.
 */
void otseg_conduit_compare(const struct otseg_image *old, const struct otseg_image *new)
{
	u32 n_begun = 0, n_ended = 0, i;

	for (i = 0; i < new->sec[OTSEG_SEC_CONDUITS].count; i++) {
		struct otseg_conduit_entry about = { .since = ktime_get_boottime_ns() };
		bool is_within = within_of(new, i);

		if (within_of(old, i) == within_of(new, i))
			continue;
		n_begun += is_within;
		n_ended += !is_within;
		strscpy(about.name, otseg_image_string(new, otseg_image_conduit(new, i)->name),
			sizeof(about.name));
		note(&about, is_within ? OTSEG_CONDUIT_CHANGE_WINDOW_BEGIN :
					 OTSEG_CONDUIT_CHANGE_WINDOW_END);
		cond_resched();
	}
	if (n_begun || n_ended)
		pr_notice("windows have begun for %u conduits and ended for %u\n", n_begun,
			  n_ended);
}

static void fill(struct otseg_conduit_info *info, const struct otseg_conduit_entry *entry)
{
	u64 now = ktime_get_boottime_ns();

	*info = (struct otseg_conduit_info){ .state = entry->state };
	strscpy(info->name, entry->name, sizeof(info->name));
	strscpy(info->reason, entry->reason, sizeof(info->reason));
	info->since_seconds = now > entry->since ? div_u64(now - entry->since, NSEC_PER_SEC) : 0;
	if (entry->state & OTSEG_CONDUIT_GRANTED && entry->deadline > now)
		info->seconds_left =
			div_u64(entry->deadline - now + NSEC_PER_SEC - 1, NSEC_PER_SEC);
}

/**
 * otseg_conduit_announce - tell who listens what has changed
 * @policy: the active one
 *
 * Context: process, may sleep, commit lock held.
 */
void otseg_conduit_announce(const struct otseg_policy *policy)
{
	struct otseg_conduit_entry *item, *next;
	const struct otseg_conduit_entry *now;
	struct otseg_conduit_info info;

	list_for_each_entry_safe(item, next, &news, list) {
		now = find(item->name);
		item->state = now ? now->state : 0;
		item->deadline = now ? now->deadline : 0;
		fill(&info, item);
		otseg_netlink_conduit_tell(policy, &info, item->change);
		list_del(&item->list);
		kfree(item);
	}
}

/**
 * otseg_conduit_tell - tell the state of a conduit whose state is not the policy's
 * @index: which one of them, from 0
 * @info: set to what is true now
 *
 * Context: any but interrupts.
 * Return: whether there is one of that index.
 */
bool otseg_conduit_tell(u32 index, struct otseg_conduit_info *info)
{
	const struct otseg_conduit_entry *entry;
	bool is_there = false;

	spin_lock(&info_lock);
	list_for_each_entry(entry, &entries, list) {
		if (!entry->state || index--)
			continue;
		fill(info, entry);
		is_there = true;
		break;
	}
	spin_unlock(&info_lock);
	return is_there;
}

/**
 * otseg_conduit_seconds_left - tell for how long a conduit is granted
 * @name: its name
 *
 * Context: any but interrupts.
 * Return: seconds until the end, 0: it is not granted.
 */
u32 otseg_conduit_seconds_left(const char *name)
{
	const struct otseg_conduit_entry *entry;
	struct otseg_conduit_info info = {};

	spin_lock(&info_lock);
	entry = find(name);
	if (entry)
		fill(&info, entry);
	spin_unlock(&info_lock);
	return info.seconds_left;
}

/**
 * otseg_conduit_init - prepare to wait
 */
void __init otseg_conduit_init(void)
{
	otseg_wait_init(&wait, CLOCK_BOOTTIME, wait_work);
}

/**
 * otseg_conduit_stop - have no grant end any more
 *
 * Context: process, may sleep; no commit can happen any more.
 */
void otseg_conduit_stop(void)
{
	otseg_wait_stop(&wait);
}

/**
 * otseg_conduit_exit - stop waiting, and forget the state of all conduits
 *
 * Context: process; otseg_conduit_stop() and otseg_window_exit() were called, and nobody reads
 * any more.
 */
void otseg_conduit_exit(void)
{
	struct otseg_conduit_entry *entry, *next;

	otseg_wait_exit(&wait);
	list_splice_init(&news, &entries);
	list_for_each_entry_safe(entry, next, &entries, list)
		kfree(entry);
	INIT_LIST_HEAD(&entries);
}
