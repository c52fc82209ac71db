/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The guard: lets into the host only what the datapath has marked.
 */
#ifndef OTSEG_GUARD_H
#define OTSEG_GUARD_H

#include <linux/netfilter.h>

struct net_device;

/**
 * struct otseg_guard - the guard of one interface
 * @ops: its hook, registered while @is_active
 * @drops: frames dropped, by processor
 * @is_active: on duty; written under RTNL, read anywhere
 */
struct otseg_guard {
	struct nf_hook_ops ops;
	u64 __percpu *drops;
	bool is_active;
};

int otseg_guard_init(struct otseg_guard *guard);
void otseg_guard_free(struct otseg_guard *guard);
int otseg_guard_attach(struct otseg_guard *guard, struct net_device *dev);
void otseg_guard_detach(struct otseg_guard *guard);
u64 otseg_guard_drops(const struct otseg_guard *guard);

#endif /* OTSEG_GUARD_H */
