// SPDX-License-Identifier: GPL-2.0-only
/*
 * The root of the sysfs tree: what is true of the whole firewall, and the
 * counters by reason, of events and of denials. Files are read under RCU. The directories below zones/,
 * conduits/ and interfaces/ belong to tree.c and interface.c.
 */
#include <linux/kernel.h>
#include <linux/slab.h>
#include <linux/sysfs.h>

#include "../include/otseg/counters.h"
#include "confirm.h"
#include "policy.h"
#include "signature.h"
#include "sysfs.h"

/**
 * struct otseg_root_attr - a file of the root
 * @attr: its name
 * @show: writes the value for the active policy
 */
struct otseg_root_attr {
	struct attribute attr;
	ssize_t (*show)(const struct otseg_policy *policy, char *buf);
};

/**
 * struct otseg_reason_attr - a file that counts the frames of one reason, events or denials
 * @attr: its name
 * @reason: enum otseg_reason, or the place of a counter of events or denials among them
 */
struct otseg_reason_attr {
	struct attribute attr;
	u32 reason;
};

static ssize_t show_version(const struct otseg_policy *policy, char *buf)
{
	return sysfs_emit(buf, "%s\n", OTSEG_VERSION);
}

static ssize_t show_state(const struct otseg_policy *policy, char *buf)
{
	return sysfs_emit(buf, "%s\n", policy->image ? "active" : "none");
}

static ssize_t show_generation(const struct otseg_policy *policy, char *buf)
{
	return sysfs_emit(buf, "%u\n", policy->generation);
}

static ssize_t show_digest(const struct otseg_policy *policy, char *buf)
{
	if (!policy->image)
		return sysfs_emit(buf, "\n");
	return sysfs_emit(buf, "%*phN\n", OTSEG_DIGEST_LEN, policy->image->digest);
}

static ssize_t show_policy(const struct otseg_policy *policy, char *buf)
{
	if (!policy->image)
		return sysfs_emit(buf, "\n");
	return sysfs_emit(buf, "%s\n", otseg_image_string(policy->image, policy->image->name));
}

/* What one must know before believing that denied means dropped. */
static ssize_t show_mode(const struct otseg_policy *policy, char *buf)
{
	u32 enforcing = 0, monitoring = 0;
	u32 i;

	for (i = 0; i < policy->counters->count[OTSEG_KIND_CONDUIT]; i++) {
		u32 flags = otseg_image_conduit(policy->image, i)->flags;

		if (!(flags & OTSEG_CONDUIT_ENABLED))
			continue;
		if (flags & OTSEG_CONDUIT_MONITOR)
			monitoring++;
		else
			enforcing++;
	}
	if (!monitoring)
		return sysfs_emit(buf, "enforce\n");
	return sysfs_emit(buf, "%s\n", enforcing ? "mixed" : "monitor");
}

static ssize_t show_island(const struct otseg_policy *policy, char *buf)
{
	return sysfs_emit(buf, "%d\n",
			  policy->image && policy->image->flags & OTSEG_IMG_ISLAND ? 1 : 0);
}

static ssize_t show_confirmation(const struct otseg_policy *policy, char *buf)
{
	static const char *const names[] = {
		[OTSEG_CONFIRM_STATE_CONFIRMED] = "confirmed",
		[OTSEG_CONFIRM_STATE_UNCONFIRMED] = "unconfirmed",
		[OTSEG_CONFIRM_STATE_ROLLED_BACK] = "rolled-back",
	};
	struct otseg_confirm_info info;

	if (!policy->image)
		return sysfs_emit(buf, "none\n");
	otseg_confirm_tell(&info);
	return sysfs_emit(buf, "%s\n", names[info.state]);
}

static ssize_t show_seconds_left(const struct otseg_policy *policy, char *buf)
{
	struct otseg_confirm_info info;

	otseg_confirm_tell(&info);
	return sysfs_emit(buf, "%u\n", info.seconds_left);
}

static ssize_t show_revision(const struct otseg_policy *policy, char *buf)
{
	return sysfs_emit(buf, "%llu\n", policy->image ? policy->image->revision : 0);
}

static ssize_t show_signer(const struct otseg_policy *policy, char *buf)
{
	return sysfs_emit(buf, "%s\n", otseg_signature_by(policy));
}

static ssize_t show_require_signed(const struct otseg_policy *policy, char *buf)
{
	return sysfs_emit(buf, "%d\n", otseg_signature_is_required());
}

static ssize_t show_least_revision(const struct otseg_policy *policy, char *buf)
{
	return sysfs_emit(buf, "%llu\n", otseg_signature_least_revision());
}

static ssize_t show_root(struct kobject *kobj, struct attribute *attr, char *buf)
{
	const struct otseg_root_attr *file = container_of(attr, struct otseg_root_attr, attr);
	ssize_t len;

	rcu_read_lock();
	len = file->show(otseg_policy_active(), buf);
	rcu_read_unlock();
	return len;
}

static ssize_t show_reason(struct kobject *kobj, struct attribute *attr, char *buf)
{
	const struct otseg_reason_attr *file = container_of(attr, struct otseg_reason_attr, attr);
	u64 sum;

	rcu_read_lock();
	sum = otseg_counters_sum(otseg_policy_active()->counters, OTSEG_KIND_REASON, file->reason,
				 0);
	rcu_read_unlock();
	return sysfs_emit(buf, "%llu\n", sum);
}

#define ROOT_ATTR(_name)                                  \
	static struct otseg_root_attr root_##_name = {    \
		.attr = { .name = #_name, .mode = 0444 }, \
		.show = show_##_name,                     \
	}

ROOT_ATTR(version);
ROOT_ATTR(state);
ROOT_ATTR(generation);
ROOT_ATTR(digest);
ROOT_ATTR(policy);
ROOT_ATTR(mode);
ROOT_ATTR(island);
ROOT_ATTR(confirmation);
ROOT_ATTR(seconds_left);
ROOT_ATTR(revision);
ROOT_ATTR(signer);
ROOT_ATTR(require_signed);
ROOT_ATTR(least_revision);

static struct attribute *root_attrs[] = {
	&root_version.attr,
	&root_state.attr,
	&root_generation.attr,
	&root_digest.attr,
	&root_policy.attr,
	&root_mode.attr,
	&root_island.attr,
	&root_confirmation.attr,
	&root_seconds_left.attr,
	&root_revision.attr,
	&root_signer.attr,
	&root_require_signed.attr,
	&root_least_revision.attr,
	NULL,
};
ATTRIBUTE_GROUPS(root);

static struct otseg_reason_attr reason_files[] = {
#define X(_id, _name, _class, _sentence)                 \
	{                                                \
		.attr = { .name = _name, .mode = 0444 }, \
		.reason = OTSEG_R_##_id,                 \
	},
	OTSEG_REASON_LIST(X)
#undef X
};

#define EVENT_FILE(_name, _counter)                                                          \
	{                                                                                    \
		.attr = { .name = _name, .mode = 0444 },                                     \
		.reason = OTSEG_CTR_EVENT - OTSEG_CTR_REASON + OTSEG_CTR_EVENT_##_counter, \
	}

static struct otseg_reason_attr event_files[] = {
	EVENT_FILE("told", TOLD),
	EVENT_FILE("suppressed", SUPPRESSED),
	EVENT_FILE("lost", LOST),
};

static struct attribute *events_attrs[] = {
	&event_files[0].attr,
	&event_files[1].attr,
	&event_files[2].attr,
	NULL,
};
ATTRIBUTE_GROUPS(events);

#define DENIAL_FILE(_name, _counter)                                                           \
	{                                                                                      \
		.attr = { .name = _name, .mode = 0444 },                                       \
		.reason = OTSEG_CTR_DENIAL - OTSEG_CTR_REASON + OTSEG_CTR_DENIAL_##_counter, \
	}

static struct otseg_reason_attr denial_files[] = {
	DENIAL_FILE("told", TOLD),
	DENIAL_FILE("suppressed", SUPPRESSED),
	DENIAL_FILE("failed", FAILED),
};

static struct attribute *denials_attrs[] = {
	&denial_files[0].attr,
	&denial_files[1].attr,
	&denial_files[2].attr,
	NULL,
};
ATTRIBUTE_GROUPS(denials);

static const enum otseg_reason_class reason_classes[] = {
#define X(_id, _name, _class, _sentence) OTSEG_REASON_##_class,
	OTSEG_REASON_LIST(X)
#undef X
};

/* Filled at init from the lists above, which cannot be split at compile time. */
static struct attribute *drops_attrs[OTSEG_R_COUNT + 1];
static struct attribute *passes_attrs[OTSEG_R_COUNT + 1];
ATTRIBUTE_GROUPS(drops);
ATTRIBUTE_GROUPS(passes);

static const struct sysfs_ops root_sysfs_ops = { .show = show_root };
static const struct sysfs_ops reason_sysfs_ops = { .show = show_reason };

static void release_dir(struct kobject *kobj)
{
	kfree(kobj);
}

static const struct kobj_type root_type = {
	.release = release_dir,
	.sysfs_ops = &root_sysfs_ops,
	.default_groups = root_groups,
};

static const struct kobj_type drops_type = {
	.release = release_dir,
	.sysfs_ops = &reason_sysfs_ops,
	.default_groups = drops_groups,
};

static const struct kobj_type passes_type = {
	.release = release_dir,
	.sysfs_ops = &reason_sysfs_ops,
	.default_groups = passes_groups,
};

static const struct kobj_type events_type = {
	.release = release_dir,
	.sysfs_ops = &reason_sysfs_ops,
	.default_groups = events_groups,
};

static const struct kobj_type denials_type = {
	.release = release_dir,
	.sysfs_ops = &reason_sysfs_ops,
	.default_groups = denials_groups,
};

static struct kobject *root_dir;
static struct kobject *drops_dir;
static struct kobject *passes_dir;
static struct kobject *events_dir;
static struct kobject *denials_dir;

static struct kobject *create_dir(const struct kobj_type *type, struct kobject *parent,
				  const char *name)
{
	struct kobject *dir = kzalloc(sizeof(*dir), GFP_KERNEL);

	if (!dir)
		return NULL;
	if (kobject_init_and_add(dir, type, parent, "%s", name)) {
		kobject_put(dir);
		return NULL;
	}
	return dir;
}

/**
 * otseg_sysfs_init - make /sys/kernel/otseg and its files
 *
 * Context: the policy store is up.
 * Return: the directory, NULL without memory.
 */
struct kobject *__init otseg_sysfs_init(void)
{
	struct attribute **drops = drops_attrs, **passes = passes_attrs;
	u32 i;

	for (i = 0; i < OTSEG_R_COUNT; i++) {
		if (reason_classes[i] == OTSEG_REASON_PASS)
			*passes++ = &reason_files[i].attr;
		else
			*drops++ = &reason_files[i].attr;
	}

	root_dir = create_dir(&root_type, kernel_kobj, "otseg");
	if (!root_dir)
		return NULL;
	drops_dir = create_dir(&drops_type, root_dir, "drops");
	if (!drops_dir)
		goto err_root;
	passes_dir = create_dir(&passes_type, root_dir, "passes");
	if (!passes_dir)
		goto err_drops;
	events_dir = create_dir(&events_type, root_dir, "events");
	if (!events_dir)
		goto err_passes;
	denials_dir = create_dir(&denials_type, root_dir, "denials");
	if (!denials_dir)
		goto err_events;
	return root_dir;

err_events:
	kobject_put(events_dir);
err_passes:
	kobject_put(passes_dir);
err_drops:
	kobject_put(drops_dir);
err_root:
	kobject_put(root_dir);
	return NULL;
}

/**
 * otseg_sysfs_exit - remove /sys/kernel/otseg
 *
 * Context: process; nothing else is below it any more.
 */
void otseg_sysfs_exit(void)
{
	kobject_put(denials_dir);
	kobject_put(events_dir);
	kobject_put(passes_dir);
	kobject_put(drops_dir);
	kobject_put(root_dir);
}
