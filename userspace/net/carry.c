// SPDX-License-Identifier: GPL-2.0-only
/*
 * Moving a counter block from the layout of one image to that of the next. A
 * link is the same if name and VLAN are, a zone or conduit if its name is, a
 * rule if its name and that of its conduit are.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../policy/policy.h"
#include "carry.h"
#include "otseg/counters.h"

/* A counted thing by its name; @number tells VLANs of one name apart. */
struct name {
	const char *first;
	const char *second;
	u32 number;
	u32 index;
};

/* Lists the counted things of one kind in an image. */
typedef u32 (*list_fn)(const void *image, struct name *names);

static u32 links_list(const void *image, struct name *names)
{
	const struct otseg_img_link *links = OTSEG_IMAGE_RECORDS(image, LINKS);
	u32 i, n = OTSEG_IMAGE_COUNT(image, LINKS);

	/* Names of links are at most 15 bytes, so they end with NUL. */
	for (i = 0; i < n; i++)
		names[i] = (struct name){ (const char *)links[i].name, "", links[i].vlan, i };
	return n;
}

static u32 zones_list(const void *image, struct name *names)
{
	const struct otseg_img_zone *zones = OTSEG_IMAGE_RECORDS(image, ZONES);
	u32 i, n = OTSEG_IMAGE_COUNT(image, ZONES);

	for (i = 0; i < n; i++)
		names[i] = (struct name){ otseg_image_string(image, zones[i].name), "", 0, i };
	return n;
}

static u32 conduits_list(const void *image, struct name *names)
{
	const struct otseg_img_conduit *conduits = OTSEG_IMAGE_RECORDS(image, CONDUITS);
	u32 i, n = OTSEG_IMAGE_COUNT(image, CONDUITS);

	for (i = 0; i < n; i++)
		names[i] = (struct name){ otseg_image_string(image, conduits[i].name), "",
					  conduits[i].flags & OTSEG_CONDUIT_INTRA, i };
	return n;
}

static u32 rules_list(const void *image, struct name *names)
{
	const struct otseg_img_conduit *conduits = OTSEG_IMAGE_RECORDS(image, CONDUITS);
	const struct otseg_img_rule *rules = OTSEG_IMAGE_RECORDS(image, RULES);
	u32 i, n = OTSEG_IMAGE_COUNT(image, RULES);

	for (i = 0; i < n; i++) {
		const struct otseg_img_conduit *conduit = &conduits[rules[i].conduit];

		names[i] = (struct name){ otseg_image_string(image, conduit->name),
					  otseg_image_string(image, rules[i].name),
					  conduit->flags & OTSEG_CONDUIT_INTRA, i };
	}
	return n;
}

static int name_compare(const void *left, const void *right)
{
	const struct name *a = left, *b = right;
	int order = strcmp(a->first, b->first);

	if (!order)
		order = strcmp(a->second, b->second);
	if (!order)
		order = (a->number > b->number) - (a->number < b->number);
	return order;
}

static const struct {
	list_fn list;
	u32 first;
	u32 len;
} kinds[] = {
	{ links_list, OTSEG_CTR_LINK, OTSEG_CTR_LINK_LEN },
	{ zones_list, OTSEG_CTR_ZONE, OTSEG_CTR_ZONE_LEN },
	{ conduits_list, OTSEG_CTR_CONDUIT, OTSEG_CTR_CONDUIT_LEN },
	{ rules_list, OTSEG_CTR_RULE, OTSEG_CTR_RULE_LEN },
};

/**
 * otseg_carry_move - copy the counters of what two images have in common
 * @old_image: the image that @old_block counts for, checked
 * @old_block: OTSEG_CTR_COUNT counters
 * @new_image: the image that @new_block counts for, checked
 * @new_block: takes OTSEG_CTR_COUNT counters, zero for what is new
 *
 * Return: 0 or -ENOMEM.
 */
int otseg_carry_move(const void *old_image, const u64 *old_block, const void *new_image,
		     u64 *new_block)
{
	struct name *old_names = calloc(OTSEG_MAX_RULES, sizeof(*old_names));
	struct name *new_names = calloc(OTSEG_MAX_RULES, sizeof(*new_names));
	const struct name *was;
	u32 n_old, n_new, i;
	size_t k;

	if (!old_names || !new_names) {
		free(old_names);
		free(new_names);
		return -ENOMEM;
	}
	memset(new_block, 0, OTSEG_CTR_SIZE);
	memcpy(new_block + OTSEG_CTR_REASON, old_block + OTSEG_CTR_REASON,
	       OTSEG_R_MAX * OTSEG_CTR_REASON_LEN * sizeof(u64));
	for (k = 0; k < sizeof(kinds) / sizeof(kinds[0]); k++) {
		n_old = kinds[k].list(old_image, old_names);
		n_new = kinds[k].list(new_image, new_names);
		qsort(old_names, n_old, sizeof(*old_names), name_compare);
		for (i = 0; i < n_new; i++) {
			was = bsearch(&new_names[i], old_names, n_old, sizeof(*old_names),
				      name_compare);
			if (!was)
				continue;
			memcpy(new_block + kinds[k].first + i * kinds[k].len,
			       old_block + kinds[k].first + was->index * kinds[k].len,
			       kinds[k].len * sizeof(u64));
		}
	}
	free(old_names);
	free(new_names);
	return 0;
}
