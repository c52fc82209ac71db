// SPDX-License-Identifier: GPL-2.0-only
/*
 * Name index: one hash table for each of links, zones, conduits and rules. A
 * link is known by interface and VLAN, a rule by conduit and name. Owns the
 * decision that two records of different images are the same thing, and refuses
 * images in which two records are.
 */
#include <linux/jhash.h>
#include <linux/kernel.h>
#include <linux/log2.h>
#include <linux/random.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "names.h"

/**
 * struct otseg_name_table - open addressing, at most half full
 * @slots: record + 1, 0: free
 * @mask: slots - 1
 */
struct otseg_name_table {
	u32 *slots;
	u32 mask;
};

/**
 * struct otseg_names - the names of one image
 * @image: the image, which outlives this
 * @seed: keeps whoever writes policies from choosing the collisions
 * @count: records, by kind
 * @table: by kind; reasons have none
 */
struct otseg_names {
	const struct otseg_image *image;
	u32 seed;
	u32 count[OTSEG_KIND_COUNT];
	struct otseg_name_table table[OTSEG_KIND_COUNT];
};

/**
 * struct otseg_name - what a record is known by
 * @text: the name, not NUL-terminated
 * @len: its bytes
 * @scope: VLANs of a link, conduit of a rule, else 0
 */
struct otseg_name {
	const char *text;
	u32 len;
	u32 scope;
};

static const char *const kind_words[OTSEG_KIND_COUNT] = {
	[OTSEG_KIND_REASON] = "reason",	  [OTSEG_KIND_LINK] = "link", [OTSEG_KIND_ZONE] = "zone",
	[OTSEG_KIND_CONDUIT] = "conduit", [OTSEG_KIND_RULE] = "rule",
};

static struct otseg_name name_of(const struct otseg_image *image, enum otseg_kind kind, u32 record)
{
	struct otseg_name name = {};
	const struct otseg_img_link *link;
	const struct otseg_img_rule *rule;

	switch (kind) {
	case OTSEG_KIND_LINK:
		link = otseg_image_link(image, record);
		name.text = (const char *)link->name;
		name.len = strnlen(name.text, sizeof(link->name));
		name.scope = link->vlan;
		return name;
	case OTSEG_KIND_ZONE:
		name.text = otseg_image_string(image, otseg_image_zone(image, record)->name);
		break;
	case OTSEG_KIND_CONDUIT:
		name.text = otseg_image_string(image, otseg_image_conduit(image, record)->name);
		break;
	default:
		rule = otseg_image_rule(image, record);
		name.text = otseg_image_string(image, rule->name);
		name.scope = rule->conduit;
		break;
	}
	name.len = strlen(name.text);
	return name;
}

/* Finds the record of that name; *slot is where it is or belongs. */
static u32 find(const struct otseg_names *names, enum otseg_kind kind,
		const struct otseg_name *wanted, u32 *slot)
{
	const struct otseg_name_table *table = &names->table[kind];
	u32 at = jhash(wanted->text, wanted->len, names->seed ^ wanted->scope) & table->mask;

	for (; table->slots[at]; at = (at + 1) & table->mask) {
		u32 record = table->slots[at] - 1;
		struct otseg_name name = name_of(names->image, kind, record);

		if (name.scope == wanted->scope && name.len == wanted->len &&
		    !memcmp(name.text, wanted->text, name.len)) {
			*slot = at;
			return record;
		}
	}
	*slot = at;
	return OTSEG_NONE32;
}

static int build_table(struct otseg_names *names, enum otseg_kind kind, char *why, size_t why_len)
{
	struct otseg_name_table *table = &names->table[kind];
	u32 n_slots = roundup_pow_of_two(2 * names->count[kind] + 2);
	u32 record;

	table->slots = kvcalloc(n_slots, sizeof(*table->slots), GFP_KERNEL_ACCOUNT);
	if (!table->slots) {
		scnprintf(why, why_len, "no memory for the names of %u %ss", names->count[kind],
			  kind_words[kind]);
		return -ENOMEM;
	}
	table->mask = n_slots - 1;

	for (record = 0; record < names->count[kind]; record++) {
		struct otseg_name name = name_of(names->image, kind, record);
		u32 slot, other;

		other = find(names, kind, &name, &slot);
		if (other != OTSEG_NONE32) {
			scnprintf(why, why_len, "%ss %u and %u are both named %.*s",
				  kind_words[kind], other, record, (int)name.len, name.text);
			return -EINVAL;
		}
		table->slots[slot] = record + 1;
		cond_resched();
	}
	return 0;
}

/**
 * otseg_names_create - index the names of an image
 * @image: a verified image, which must outlive the index
 * @why: set to a sentence on refusal
 * @why_len: bytes of @why
 *
 * Context: process, may sleep.
 * Return: the index; -EINVAL if two records have the same name, -ENOMEM.
 */
struct otseg_names *otseg_names_create(const struct otseg_image *image, char *why, size_t why_len)
{
	struct otseg_names *names;
	int kind, err;

	names = kzalloc(sizeof(*names), GFP_KERNEL);
	if (!names) {
		scnprintf(why, why_len, "no memory for the index of names");
		return ERR_PTR(-ENOMEM);
	}
	names->image = image;
	names->seed = get_random_u32();
	names->count[OTSEG_KIND_LINK] = image->sec[OTSEG_SEC_LINKS].count;
	names->count[OTSEG_KIND_ZONE] = image->sec[OTSEG_SEC_ZONES].count;
	names->count[OTSEG_KIND_CONDUIT] = image->sec[OTSEG_SEC_CONDUITS].count;
	names->count[OTSEG_KIND_RULE] = image->sec[OTSEG_SEC_RULES].count;

	for (kind = OTSEG_KIND_LINK; kind < OTSEG_KIND_COUNT; kind++) {
		err = build_table(names, kind, why, why_len);
		if (err) {
			otseg_names_destroy(names);
			return ERR_PTR(err);
		}
	}
	return names;
}

/**
 * otseg_names_destroy - free an index
 * @names: the index, NULL is fine
 *
 * Context: process, may sleep.
 */
void otseg_names_destroy(struct otseg_names *names)
{
	int kind;

	if (!names)
		return;
	for (kind = 0; kind < OTSEG_KIND_COUNT; kind++)
		kvfree(names->table[kind].slots);
	kfree(names);
}

static void map_kind(const struct otseg_names *from, const struct otseg_names *to,
		     enum otseg_kind kind, struct otseg_carry *carry)
{
	u32 record, slot;

	for (record = 0; record < to->count[kind]; record++) {
		struct otseg_name name = name_of(to->image, kind, record);
		u32 *old = &carry->map[kind][record];

		cond_resched();
		*old = OTSEG_NONE32;
		if (!from)
			continue;
		if (kind == OTSEG_KIND_RULE) {
			/* The same name in another conduit is another rule. */
			name.scope = carry->map[OTSEG_KIND_CONDUIT][name.scope];
			if (name.scope == OTSEG_NONE32)
				continue;
		}
		*old = find(from, kind, &name, &slot);
	}
}

/**
 * otseg_names_map - tell for each record of an image which one it was before
 * @from: names of the image before, NULL: there was none
 * @to: names of the new image
 * @carry: whose maps to fill
 *
 * Context: process, may sleep.
 */
void otseg_names_map(const struct otseg_names *from, const struct otseg_names *to,
		     struct otseg_carry *carry)
{
	map_kind(from, to, OTSEG_KIND_LINK, carry);
	map_kind(from, to, OTSEG_KIND_ZONE, carry);
	/* Before the rules, which are looked up within their conduit. */
	map_kind(from, to, OTSEG_KIND_CONDUIT, carry);
	map_kind(from, to, OTSEG_KIND_RULE, carry);
}
