// SPDX-License-Identifier: GPL-2.0-only
/*
 * The guard's hook: netfilter's netdev ingress, the first station of a frame in
 * the host after XDP. Owns the decision whether a frame carries a valid mark, and what becomes
 * of one that does not.
 * Runs in softirq under RCU and takes no lock; frames are not parsed.
 */
#include <linux/netdevice.h>
#include <linux/netfilter_netdev.h>
#include <linux/percpu.h>
#include <linux/skbuff.h>

#include "../include/otseg/mark.h"
#include "guard.h"
#include "image.h"
#include "policy.h"

/* Frames that all guards have let through without a mark. */
static DEFINE_PER_CPU(u64, passed_all);

/* Whether the mark is one that the datapath leaves under this policy. */
static bool is_marked(const struct sk_buff *skb, const struct otseg_policy *policy)
{
	struct otseg_mark mark;

	if (skb_metadata_len(skb) != sizeof(mark))
		return false;
	memcpy(&mark, skb_metadata_end(skb) - sizeof(mark), sizeof(mark));
	if (mark.magic != OTSEG_MARK_MAGIC || !mark.generation)
		return false;

	/* A frame may have waited in a queue while the policy was swapped. */
	return mark.generation == policy->generation || mark.generation + 1 == policy->generation;
}

/*
 * Whether a program that the driver runs has seen a frame. Those that the host sends itself, and
 * hears again as a member of their group, come by no driver.
 */
static bool is_lost(const struct sk_buff *skb, const struct net_device *dev)
{
	const struct bpf_xdp_entity *native = &dev->xdp_state[XDP_MODE_DRV];

	return (READ_ONCE(native->link) || READ_ONCE(native->prog)) &&
	       skb->pkt_type != PACKET_LOOPBACK;
}

/* Whether the policy says of the interface that what no datapath has seen passes. */
static bool fails_open(const struct otseg_guard *guard, const struct otseg_policy *policy)
{
	u32 i;

	if (!policy->image)
		return false;
	for (i = 0; i < policy->image->sec[OTSEG_SEC_LINKS].count; i++) {
		const struct otseg_img_link *link = otseg_image_link(policy->image, i);

		if (otseg_link_fails_open(link, policy->image->flags) &&
		    !strncmp((const char *)link->name, guard->role, sizeof(link->name)))
			return true;
	}
	return false;
}

static void count_unguarded(struct otseg_guard *guard, const struct otseg_policy *policy)
{
	u64 *block = otseg_counters_block(policy->counters, policy->generation);
	u64 *counter = &block[OTSEG_CTR_REASON + OTSEG_R_UNGUARDED * OTSEG_CTR_REASON_LEN];

	this_cpu_inc(guard->counts->drops);
	/* Readers on other processors must not see half of it. */
	WRITE_ONCE(*counter, *counter + 1);
}

static unsigned int guard_frame(void *priv, struct sk_buff *skb, const struct nf_hook_state *state)
{
	const struct otseg_policy *policy = otseg_policy_active();
	struct otseg_guard *guard = priv;

	/* First of all: some functions of the stack forget the metadata. */
	if (likely(is_marked(skb, policy))) {
		/*
		 * The mark is for this guard alone. Were the frame forwarded to
		 * another guarded interface of this host, it would speak there
		 * for a datapath that never saw it.
		 */
		skb_metadata_clear(skb);
		/* Written once: all processors read this. */
		if (unlikely(!READ_ONCE(guard->is_proved)))
			WRITE_ONCE(guard->is_proved, true);
		return NF_ACCEPT;
	}
	if (is_lost(skb, guard->ops.dev))
		this_cpu_inc(guard->counts->lost);
	if (fails_open(guard, policy)) {
		/* Nor does what another program has left there speak for the datapath. */
		skb_metadata_clear(skb);
		this_cpu_inc(guard->counts->passed);
		this_cpu_inc(passed_all);
		return NF_ACCEPT;
	}
	count_unguarded(guard, policy);
	return NF_DROP;
}

/**
 * otseg_guard_init - prepare a guard that is off duty
 * @guard: zeroed
 * @role: the policy's name for its interface; as long as the guard
 *
 * Context: process, may sleep.
 * Return: 0 or -ENOMEM.
 */
int otseg_guard_init(struct otseg_guard *guard, const char *role)
{
	guard->role = role;
	guard->counts = alloc_percpu(struct otseg_guard_counts);
	return guard->counts ? 0 : -ENOMEM;
}

/**
 * otseg_guard_free - free what otseg_guard_init() made
 * @guard: off duty, and since then a grace period has passed
 */
void otseg_guard_free(struct otseg_guard *guard)
{
	free_percpu(guard->counts);
}

/**
 * otseg_guard_attach - put the guard on duty on a device
 * @guard: off duty
 * @dev: the device
 *
 * Context: process, RTNL held.
 * Return: 0 or what nf_register_net_hook() returned.
 */
int otseg_guard_attach(struct otseg_guard *guard, struct net_device *dev)
{
	int err;

	otseg_guard_prove(guard);
	guard->ops = (struct nf_hook_ops){
		.hook = guard_frame,
		.priv = guard,
		.dev = dev,
		.pf = NFPROTO_NETDEV,
		.hooknum = NF_NETDEV_INGRESS,
		/* Before anything that could accept or rewrite the frame. */
		.priority = INT_MIN,
	};
	err = nf_register_net_hook(dev_net(dev), &guard->ops);
	if (!err)
		WRITE_ONCE(guard->is_active, true);
	return err;
}

/**
 * otseg_guard_detach - take the guard off duty
 * @guard: the guard; nothing happens if it is off duty
 *
 * Frames that are in the hook may use @guard until a grace period has passed.
 *
 * Context: process, RTNL held.
 */
void otseg_guard_detach(struct otseg_guard *guard)
{
	if (!guard->is_active)
		return;
	WRITE_ONCE(guard->is_active, false);
	nf_unregister_net_hook(dev_net(guard->ops.dev), &guard->ops);
}

static struct otseg_guard_counts counts_sum(const struct otseg_guard *guard)
{
	struct otseg_guard_counts sum = {};
	int cpu;

	for_each_possible_cpu(cpu) {
		const struct otseg_guard_counts *counts = per_cpu_ptr(guard->counts, cpu);

		sum.drops += READ_ONCE(counts->drops);
		sum.lost += READ_ONCE(counts->lost);
		sum.passed += READ_ONCE(counts->passed);
	}
	return sum;
}

/**
 * otseg_guard_prove - begin anew to see whether marks reach the guard
 * @guard: the guard
 *
 * For another way to run the datapath on the device. A frame of the old way that is in the hook
 * may still count.
 *
 * Context: process, RTNL held.
 */
void otseg_guard_prove(struct otseg_guard *guard)
{
	guard->lost_before = counts_sum(guard).lost;
	WRITE_ONCE(guard->is_proved, false);
}

/**
 * otseg_guard_drops - frames that the guard has dropped
 * @guard: the guard
 *
 * Return: the sum over all processors; never goes backward.
 */
u64 otseg_guard_drops(const struct otseg_guard *guard)
{
	return counts_sum(guard).drops;
}

/**
 * otseg_guard_lost - frames without the mark although the driver runs an XDP program
 * @guard: the guard
 *
 * Context: process, RTNL held.
 * Return: their number since the proof was begun anew.
 */
u64 otseg_guard_lost(const struct otseg_guard *guard)
{
	return counts_sum(guard).lost - guard->lost_before;
}

/**
 * otseg_guard_passed - frames without a mark that the guard has let through
 * @guard: the guard
 *
 * Return: the sum over all processors; never goes backward.
 */
u64 otseg_guard_passed(const struct otseg_guard *guard)
{
	return counts_sum(guard).passed;
}

/**
 * otseg_guard_passed_all - frames without a mark that any guard has let through
 *
 * Return: the sum over all processors, since the module was loaded.
 */
u64 otseg_guard_passed_all(void)
{
	u64 sum = 0;
	int cpu;

	for_each_possible_cpu(cpu)
		sum += READ_ONCE(per_cpu(passed_all, cpu));
	return sum;
}

/**
 * otseg_guard_fails_open - whether the policy in force has it let through what has no mark
 * @guard: the guard
 *
 * Context: any.
 * Return: whether it does.
 */
bool otseg_guard_fails_open(const struct otseg_guard *guard)
{
	bool is_open;

	rcu_read_lock();
	is_open = fails_open(guard, otseg_policy_active());
	rcu_read_unlock();
	return is_open;
}
