/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The sysfs directories of what a policy names: zones/, conduits/ and their
 * rules/. A directory whose name survives a swap is the same directory.
 */
#ifndef OTSEG_TREE_H
#define OTSEG_TREE_H

#include <linux/kobject.h>

#include "counters.h"

struct otseg_node;
struct otseg_policy;

int otseg_tree_init(struct kobject *root);
void otseg_tree_exit(void);
int otseg_tree_alloc(struct otseg_node **nodes[OTSEG_KIND_COUNT], const u32 count[OTSEG_KIND_COUNT]);
void otseg_tree_forget(struct otseg_node **nodes[OTSEG_KIND_COUNT]);
void otseg_tree_rebind(struct otseg_policy *new, const struct otseg_policy *old,
		       const struct otseg_carry *live);
void otseg_tree_update(struct otseg_policy *new, const struct otseg_policy *old);

#endif /* OTSEG_TREE_H */
