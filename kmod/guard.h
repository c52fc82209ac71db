/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The guard: lets into the host only what the datapath has marked.
 */
#ifndef OTSEG_GUARD_H
#define OTSEG_GUARD_H

#include <linux/netfilter.h>

struct net_device;

/**
 * struct otseg_guard_counts - what a guard counts; never goes backward
 * @drops: frames dropped
 * @lost: frames without a mark that the driver's own XDP should have seen
 * @passed: frames without a mark that were let through, because the policy says so
 */
struct otseg_guard_counts {
	u64 drops;
	u64 lost;
	u64 passed;
};

/**
 * struct otseg_guard - the guard of one interface
 * @ops: its hook, registered while @is_active
 * @role: the policy's name for its interface
 * @counts: what it has counted, by processor
 * @lost_before: @counts.lost when the proof was begun anew; RTNL to write
 * @is_active: on duty; written under RTNL, read anywhere
 * @is_proved: a frame with a valid mark has come since the proof was begun anew
 */
struct otseg_guard {
	struct nf_hook_ops ops;
	const char *role;
	struct otseg_guard_counts __percpu *counts;
	u64 lost_before;
	bool is_active;
	bool is_proved;
};

int otseg_guard_init(struct otseg_guard *guard, const char *role);
void otseg_guard_free(struct otseg_guard *guard);
int otseg_guard_attach(struct otseg_guard *guard, struct net_device *dev);
void otseg_guard_detach(struct otseg_guard *guard);
void otseg_guard_prove(struct otseg_guard *guard);
u64 otseg_guard_drops(const struct otseg_guard *guard);
u64 otseg_guard_lost(const struct otseg_guard *guard);
u64 otseg_guard_passed(const struct otseg_guard *guard);
u64 otseg_guard_passed_all(void);
bool otseg_guard_fails_open(const struct otseg_guard *guard);

#endif /* OTSEG_GUARD_H */
