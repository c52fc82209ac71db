// SPDX-License-Identifier: GPL-2.0-only
/*
 * sysfs nodes of zones, conduits and rules. Owns the nodes, what their files
 * show and when a directory comes and goes; the values are the policy's.
 *
 * A node knows its record by the parity of the generation: a swap writes the
 * index for the generation to come while readers still use the other one, so
 * that the one assignment of the active pointer turns all files over as well.
 * Writers hold the commit lock. A file is read under RCU, no other lock.
 */
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/sysfs.h>

#include "conduit.h"
#include "policy.h"
#include "tree.h"

/**
 * struct otseg_node - a directory that stands for one record of the policy
 * @kobj: the directory
 * @rules: below a conduit, the directory of its rules; else NULL
 * @index: the record, by parity of the generation; OTSEG_NONE32: not in it
 */
struct otseg_node {
	struct kobject kobj;
	struct kobject *rules;
	u32 index[2];
};

/**
 * struct otseg_node_attr - a file of a node
 * @attr: its name
 * @show: writes the value for a record of a policy
 * @kind: for counters, the kind of the record
 * @field: for counters, which one of the record
 */
struct otseg_node_attr {
	struct attribute attr;
	ssize_t (*show)(const struct otseg_policy *policy, u32 record,
			const struct otseg_node_attr *attr, char *buf);
	enum otseg_kind kind;
	u32 field;
};

static struct kobject *zones_dir;
static struct kobject *conduits_dir;

static ssize_t show_node(struct kobject *kobj, struct attribute *attr, char *buf)
{
	const struct otseg_node_attr *file = container_of(attr, struct otseg_node_attr, attr);
	const struct otseg_node *node = container_of(kobj, struct otseg_node, kobj);
	const struct otseg_policy *policy;
	ssize_t len = -ENODEV;
	u32 record;

	rcu_read_lock();
	policy = otseg_policy_active();
	record = READ_ONCE(node->index[policy->generation & 1]);
	if (record != OTSEG_NONE32)
		len = file->show(policy, record, file, buf);
	rcu_read_unlock();
	return len;
}

static const struct sysfs_ops node_sysfs_ops = {
	.show = show_node,
};

static ssize_t show_counter(const struct otseg_policy *policy, u32 record,
			    const struct otseg_node_attr *attr, char *buf)
{
	return sysfs_emit(buf, "%llu\n",
			  otseg_counters_sum(policy->counters, attr->kind, record, attr->field));
}

static ssize_t show_level(const struct otseg_policy *policy, u32 record,
			  const struct otseg_node_attr *attr, char *buf)
{
	u32 tenths = otseg_image_zone(policy->image, record)->level_tenths;

	if (tenths % 10)
		return sysfs_emit(buf, "%u.%u\n", tenths / 10, tenths % 10);
	return sysfs_emit(buf, "%u\n", tenths / 10);
}

static ssize_t show_state(const struct otseg_policy *policy, u32 record,
			  const struct otseg_node_attr *attr, char *buf)
{
	u32 flags = otseg_image_conduit(policy->image, record)->flags;

	return sysfs_emit(buf, "%s\n", flags & OTSEG_CONDUIT_STANDING ? "enabled" : "disabled");
}

static ssize_t show_enabled(const struct otseg_policy *policy, u32 record,
			    const struct otseg_node_attr *attr, char *buf)
{
	u32 flags = otseg_image_conduit(policy->image, record)->flags;

	return sysfs_emit(buf, "%d\n", flags & OTSEG_CONDUIT_ENABLED ? 1 : 0);
}

static ssize_t show_grant_left(const struct otseg_policy *policy, u32 record,
			       const struct otseg_node_attr *attr, char *buf)
{
	const struct otseg_img_conduit *conduit = otseg_image_conduit(policy->image, record);
	const char *name = otseg_image_string(policy->image, conduit->name);

	return sysfs_emit(buf, "%u\n", otseg_conduit_seconds_left(name));
}

static ssize_t show_window(const struct otseg_policy *policy, u32 record,
			   const struct otseg_node_attr *attr, char *buf)
{
	u32 flags = otseg_image_conduit(policy->image, record)->flags;

	if (!(flags & OTSEG_CONDUIT_TIMED))
		return sysfs_emit(buf, "always\n");
	return sysfs_emit(buf, "%s\n", flags & OTSEG_CONDUIT_WITHIN ? "within" : "outside");
}

static ssize_t show_mode(const struct otseg_policy *policy, u32 record,
			 const struct otseg_node_attr *attr, char *buf)
{
	u32 flags = otseg_image_conduit(policy->image, record)->flags;

	return sysfs_emit(buf, "%s\n", flags & OTSEG_CONDUIT_MONITOR ? "monitor" : "enforce");
}

static ssize_t emit_zone_name(const struct otseg_image *image, u32 zone, char *buf)
{
	return sysfs_emit(buf, "%s\n",
			  otseg_image_string(image, otseg_image_zone(image, zone)->name));
}

static ssize_t show_from(const struct otseg_policy *policy, u32 record,
			 const struct otseg_node_attr *attr, char *buf)
{
	return emit_zone_name(policy->image, otseg_image_conduit(policy->image, record)->from, buf);
}

static ssize_t show_to(const struct otseg_policy *policy, u32 record,
		       const struct otseg_node_attr *attr, char *buf)
{
	return emit_zone_name(policy->image, otseg_image_conduit(policy->image, record)->to, buf);
}

static ssize_t show_reason(const struct otseg_policy *policy, u32 record,
			   const struct otseg_node_attr *attr, char *buf)
{
	u32 reason = otseg_image_conduit(policy->image, record)->reason;

	return sysfs_emit(buf, "%s\n", otseg_image_string(policy->image, reason));
}

#define NODE_ATTR(_dir, _name, _show)                     \
	static struct otseg_node_attr _dir##_##_name = {  \
		.attr = { .name = #_name, .mode = 0444 }, \
		.show = _show,                            \
	}

#define NODE_COUNTER(_dir, _name, _kind, _field)          \
	static struct otseg_node_attr _dir##_##_name = {  \
		.attr = { .name = #_name, .mode = 0444 }, \
		.show = show_counter,                     \
		.kind = OTSEG_KIND_##_kind,               \
		.field = OTSEG_CTR_##_kind##_##_field,    \
	}

NODE_ATTR(zone, level, show_level);
NODE_COUNTER(zone, packets, ZONE, PACKETS);
NODE_COUNTER(zone, bytes, ZONE, BYTES);
NODE_COUNTER(zone, drops, ZONE, DROPS);

static struct attribute *zone_attrs[] = {
	&zone_level.attr, &zone_packets.attr, &zone_bytes.attr, &zone_drops.attr, NULL,
};
ATTRIBUTE_GROUPS(zone);

NODE_ATTR(conduit, state, show_state);
NODE_ATTR(conduit, enabled, show_enabled);
NODE_ATTR(conduit, grant_left, show_grant_left);
NODE_ATTR(conduit, window, show_window);
NODE_ATTR(conduit, mode, show_mode);
NODE_ATTR(conduit, from, show_from);
NODE_ATTR(conduit, to, show_to);
NODE_ATTR(conduit, reason, show_reason);
NODE_COUNTER(conduit, packets, CONDUIT, PACKETS);
NODE_COUNTER(conduit, bytes, CONDUIT, BYTES);
NODE_COUNTER(conduit, drops, CONDUIT, DROPS);
NODE_COUNTER(conduit, monitored, CONDUIT, MONITORED);
NODE_COUNTER(conduit, flows_opened, CONDUIT, FLOWS);
NODE_COUNTER(conduit, messages, CONDUIT, MESSAGES);
NODE_COUNTER(conduit, limited, CONDUIT, LIMITED);
NODE_COUNTER(conduit, adopted, CONDUIT, ADOPTED);

static struct attribute *conduit_attrs[] = {
	&conduit_state.attr,
	&conduit_enabled.attr,
	&conduit_grant_left.attr,
	&conduit_window.attr,
	&conduit_mode.attr,
	&conduit_from.attr,
	&conduit_to.attr,
	&conduit_reason.attr,
	&conduit_packets.attr,
	&conduit_bytes.attr,
	&conduit_drops.attr,
	&conduit_monitored.attr,
	&conduit_flows_opened.attr,
	&conduit_messages.attr,
	&conduit_limited.attr,
	&conduit_adopted.attr,
	NULL,
};
ATTRIBUTE_GROUPS(conduit);

NODE_COUNTER(rule, packets, RULE, PACKETS);
NODE_COUNTER(rule, bytes, RULE, BYTES);
NODE_COUNTER(rule, messages, RULE, MESSAGES);
NODE_COUNTER(rule, limited, RULE, LIMITED);

static struct attribute *rule_attrs[] = {
	&rule_packets.attr, &rule_bytes.attr, &rule_messages.attr, &rule_limited.attr, NULL,
};
ATTRIBUTE_GROUPS(rule);

static void release_node(struct kobject *kobj)
{
	kfree(container_of(kobj, struct otseg_node, kobj));
}

static const struct kobj_type node_types[OTSEG_KIND_COUNT] = {
	[OTSEG_KIND_ZONE] = {
		.release = release_node,
		.sysfs_ops = &node_sysfs_ops,
		.default_groups = zone_groups,
	},
	[OTSEG_KIND_CONDUIT] = {
		.release = release_node,
		.sysfs_ops = &node_sysfs_ops,
		.default_groups = conduit_groups,
	},
	[OTSEG_KIND_RULE] = {
		.release = release_node,
		.sysfs_ops = &node_sysfs_ops,
		.default_groups = rule_groups,
	},
};

static void remove_node(struct otseg_node *node)
{
	if (node->rules) {
		kobject_del(node->rules);
		kobject_put(node->rules);
	}
	/* Waits for whoever reads one of its files. */
	kobject_del(&node->kobj);
	kobject_put(&node->kobj);
}

/* Makes a directory; NULL, and a line in the log, if that cannot be done. */
static struct otseg_node *create_node(enum otseg_kind kind, struct kobject *parent,
				      const char *name, u32 record)
{
	struct otseg_node *node;

	node = kzalloc(sizeof(*node), GFP_KERNEL);
	if (!node)
		goto err;
	node->index[0] = record;
	node->index[1] = record;
	if (kobject_init_and_add(&node->kobj, &node_types[kind], parent, "%s", name)) {
		kobject_put(&node->kobj);
		goto err;
	}
	if (kind == OTSEG_KIND_CONDUIT) {
		node->rules = kobject_create_and_add("rules", &node->kobj);
		if (!node->rules) {
			remove_node(node);
			goto err;
		}
	}
	return node;

err:
	pr_warn("sysfs shows nothing of %s/%s until the next commit: no memory\n", parent->name,
		name);
	return NULL;
}

/**
 * otseg_tree_alloc - make room for the nodes of a policy
 * @nodes: the policy's list of nodes by kind, empty; perhaps half made after an error
 * @count: its records by kind
 *
 * Context: process, may sleep.
 * Return: 0 or -ENOMEM.
 */
int otseg_tree_alloc(struct otseg_node **nodes[OTSEG_KIND_COUNT], const u32 count[OTSEG_KIND_COUNT])
{
	int kind;

	for (kind = OTSEG_KIND_ZONE; kind < OTSEG_KIND_COUNT; kind++) {
		nodes[kind] = kvcalloc(count[kind] + 1, sizeof(*nodes[kind]), GFP_KERNEL_ACCOUNT);
		if (!nodes[kind])
			return -ENOMEM;
	}
	return 0;
}

/**
 * otseg_tree_forget - free a policy's list of nodes, not the nodes
 * @nodes: the list, by kind
 */
void otseg_tree_forget(struct otseg_node **nodes[OTSEG_KIND_COUNT])
{
	int kind;

	for (kind = 0; kind < OTSEG_KIND_COUNT; kind++) {
		kvfree(nodes[kind]);
		nodes[kind] = NULL;
	}
}

/**
 * otseg_tree_rebind - give the existing nodes their records of the next policy
 * @new: the policy that is about to become active
 * @old: the active one
 * @live: says which record of @old a record of @new is
 *
 * Context: process, commit lock held. Cannot fail.
 */
void otseg_tree_rebind(struct otseg_policy *new, const struct otseg_policy *old,
		       const struct otseg_carry *live)
{
	int parity = new->generation & 1;
	int kind;
	u32 i;

	for (kind = OTSEG_KIND_ZONE; kind < OTSEG_KIND_COUNT; kind++) {
		for (i = 0; i < old->counters->count[kind]; i++)
			if (old->nodes[kind][i])
				WRITE_ONCE(old->nodes[kind][i]->index[parity], OTSEG_NONE32);

		for (i = 0; i < new->counters->count[kind]; i++) {
			u32 was = live->map[kind][i];

			if (was == OTSEG_NONE32 || !old->nodes[kind][was])
				continue;
			new->nodes[kind][i] = old->nodes[kind][was];
			WRITE_ONCE(new->nodes[kind][i]->index[parity], i);
		}
		cond_resched();
	}
}

static void remove_stale(const struct otseg_policy *old, enum otseg_kind kind, int parity)
{
	u32 i;

	for (i = 0; i < old->counters->count[kind]; i++) {
		struct otseg_node *node = old->nodes[kind][i];

		if (node && node->index[parity] == OTSEG_NONE32)
			remove_node(node);
		cond_resched();
	}
}

/**
 * otseg_tree_update - remove the directories of what is gone, make the new ones
 * @new: the active policy
 * @old: the one before; nobody reads it any more
 *
 * Context: process, may sleep; commit lock held.
 */
void otseg_tree_update(struct otseg_policy *new, const struct otseg_policy *old)
{
	const struct otseg_image *image = new->image;
	const struct otseg_img_rule *rule;
	struct otseg_node *conduit;
	const char *name;
	int kind;
	u32 i;

	/* Rules first: they lie within conduits. */
	for (kind = OTSEG_KIND_COUNT - 1; kind >= OTSEG_KIND_ZONE; kind--)
		remove_stale(old, kind, new->generation & 1);

	for (i = 0; i < new->counters->count[OTSEG_KIND_ZONE]; i++) {
		if (new->nodes[OTSEG_KIND_ZONE][i])
			continue;
		name = otseg_image_string(image, otseg_image_zone(image, i)->name);
		new->nodes[OTSEG_KIND_ZONE][i] = create_node(OTSEG_KIND_ZONE, zones_dir, name, i);
	}
	for (i = 0; i < new->counters->count[OTSEG_KIND_CONDUIT]; i++) {
		if (new->nodes[OTSEG_KIND_CONDUIT][i])
			continue;
		name = otseg_image_string(image, otseg_image_conduit(image, i)->name);
		new->nodes[OTSEG_KIND_CONDUIT][i] =
			create_node(OTSEG_KIND_CONDUIT, conduits_dir, name, i);
		cond_resched();
	}
	for (i = 0; i < new->counters->count[OTSEG_KIND_RULE]; i++) {
		rule = otseg_image_rule(image, i);
		conduit = new->nodes[OTSEG_KIND_CONDUIT][rule->conduit];
		if (new->nodes[OTSEG_KIND_RULE][i] || !conduit)
			continue;
		name = otseg_image_string(image, rule->name);
		new->nodes[OTSEG_KIND_RULE][i] =
			create_node(OTSEG_KIND_RULE, conduit->rules, name, i);
		cond_resched();
	}
}

/**
 * otseg_tree_init - make the directories zones and conduits
 * @root: /sys/kernel/otseg
 *
 * Return: 0 or -ENOMEM.
 */
int otseg_tree_init(struct kobject *root)
{
	zones_dir = kobject_create_and_add("zones", root);
	if (!zones_dir)
		return -ENOMEM;
	conduits_dir = kobject_create_and_add("conduits", root);
	if (!conduits_dir) {
		kobject_put(zones_dir);
		return -ENOMEM;
	}
	return 0;
}

static void remove_all(struct otseg_policy *policy, enum otseg_kind kind)
{
	u32 i;

	for (i = 0; policy->nodes[kind] && i < policy->counters->count[kind]; i++) {
		if (policy->nodes[kind][i])
			remove_node(policy->nodes[kind][i]);
		cond_resched();
	}
}

/**
 * otseg_tree_exit - remove everything that otseg_tree_init() and commits made
 *
 * Context: process, may sleep; no commit can happen any more.
 */
void otseg_tree_exit(void)
{
	struct otseg_policy *policy;

	rcu_read_lock();
	policy = otseg_policy_active();
	rcu_read_unlock();

	/* It stays the active one: nobody is left to commit another. */
	remove_all(policy, OTSEG_KIND_RULE);
	remove_all(policy, OTSEG_KIND_CONDUIT);
	remove_all(policy, OTSEG_KIND_ZONE);
	kobject_put(conduits_dir);
	kobject_put(zones_dir);
}
