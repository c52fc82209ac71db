// SPDX-License-Identifier: GPL-2.0-only
/*
 * Whether the addresses of a policy go together: each belongs to one zone, and
 * each asset lies in the zone that it names.
 */
#include <stdlib.h>
#include <string.h>

#include "load.h"

/* A prefix and the zone that holds it. */
struct owned_prefix {
	struct otseg_prefix prefix;
	u16 zone;
};

/* The widest prefixes of all zones, sorted, and those that hold the rest. */
struct owners {
	struct owned_prefix *widest;
	size_t n;
	const struct owned_prefix *rest4;
	const struct owned_prefix *rest6;
};

static int compare_owned(const void *left, const void *right)
{
	const struct owned_prefix *a = left, *b = right;
	int order = otseg_prefix_compare(&a->prefix, &b->prefix);

	if (order)
		return order;
	if (a->prefix.at.line != b->prefix.at.line)
		return a->prefix.at.line < b->prefix.at.line ? -1 : 1;
	return a->prefix.at.column < b->prefix.at.column ? -1 : 1;
}

static void report_overlap(struct otseg_loader *loader, const struct owned_prefix *a,
			   const struct owned_prefix *b)
{
	const struct otseg_policy *policy = loader->policy;
	const struct owned_prefix *first = a, *second = b;
	char one[OTSEG_PREFIX_TEXT], other[OTSEG_PREFIX_TEXT];

	if (b->prefix.at.line < a->prefix.at.line) {
		first = b;
		second = a;
	}
	otseg_prefix_print(one, &second->prefix);
	otseg_prefix_print(other, &first->prefix);
	if (first->zone != second->zone)
		otseg_diag_add(loader->source.diag, OTSEG_ERROR, loader->source.name,
			       second->prefix.at.line, second->prefix.at.column,
			       "%s of zone '%s' overlaps %s of zone '%s' in line %u: an address "
			       "belongs to one zone",
			       one, policy->zones[second->zone].name, other,
			       policy->zones[first->zone].name, first->prefix.at.line);
	else
		otseg_diag_add(loader->source.diag, OTSEG_ERROR, loader->source.name,
			       second->prefix.at.line, second->prefix.at.column,
			       "%s stands in zone '%s' twice, first in line %u", one,
			       policy->zones[first->zone].name, first->prefix.at.line);
}

/*
 * Sort the prefixes of all zones and keep the widest ones: those do not touch
 * each other, but for 0.0.0.0/0 and ::/0, which hold what no other zone names.
 */
static void keep_widest(struct otseg_loader *loader, struct owners *owners, size_t n)
{
	struct owned_prefix *all = owners->widest;
	const struct owned_prefix *last = NULL;
	size_t i;

	if (n)
		qsort(all, n, sizeof(*all), compare_owned);
	for (i = 0; i < n; i++) {
		struct owned_prefix *kept = &all[owners->n];

		if (owners->n && !otseg_prefix_compare(&all[i].prefix, &kept[-1].prefix)) {
			report_overlap(loader, &kept[-1], &all[i]);
			continue;
		}
		if (last && otseg_prefix_covers(&last->prefix, &all[i].prefix)) {
			if (last->zone != all[i].zone ||
			    !otseg_prefix_compare(&last->prefix, &all[i].prefix))
				report_overlap(loader, last, &all[i]);
			continue;
		}
		*kept = all[i];
		owners->n++;
		if (kept->prefix.len)
			last = kept;
		else if (kept->prefix.family == 4)
			owners->rest4 = kept;
		else
			owners->rest6 = kept;
	}
}

/* The zone of a whole prefix; NULL if it has none or more than one. */
static const struct owned_prefix *find_owner(const struct owners *owners,
					     const struct otseg_prefix *prefix)
{
	size_t low = 0, high = owners->n;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (otseg_prefix_compare(&owners->widest[middle].prefix, prefix) <= 0)
			low = middle + 1;
		else
			high = middle;
	}
	if (low && otseg_prefix_covers(&owners->widest[low - 1].prefix, prefix))
		return &owners->widest[low - 1];
	return prefix->family == 4 ? owners->rest4 : owners->rest6;
}

static void check_asset(struct otseg_loader *loader, const struct owners *owners,
			const struct otseg_asset *asset)
{
	const struct otseg_policy *policy = loader->policy;
	char words[OTSEG_PREFIX_TEXT];
	size_t i, k;

	for (i = 0; i < asset->n_prefixes; i++) {
		const struct otseg_prefix *prefix = &asset->prefixes[i];
		const struct owned_prefix *owner = find_owner(owners, prefix);

		otseg_prefix_print(words, prefix);
		for (k = 0; asset->n_prefixes <= OTSEG_MAX_LIST && k < i; k++)
			if (!otseg_prefix_compare(prefix, &asset->prefixes[k]))
				otseg_diag_add(loader->source.diag, OTSEG_ERROR,
					       loader->source.name, prefix->at.line,
					       prefix->at.column, "%s stands here twice", words);
		if (owner && owner->zone == asset->zone)
			continue;
		otseg_diag_add(loader->source.diag, OTSEG_ERROR, loader->source.name,
			       prefix->at.line, prefix->at.column,
			       "%s of asset '%s' lies outside its zone '%s': %s%s%s", words,
			       asset->name, policy->zones[asset->zone].name,
			       owner ? "it belongs to '" : "no prefix of the zone holds it",
			       owner ? policy->zones[owner->zone].name : "", owner ? "'" : "");
	}
}

/**
 * otseg_load_check_prefixes - see that all addresses go together
 * @loader: the loader, after zones and assets were read
 */
void otseg_load_check_prefixes(struct otseg_loader *loader)
{
	const struct otseg_policy *policy = loader->policy;
	struct owners owners = {};
	size_t n = 0, total = 0, i, k;

	for (i = 0; i < policy->n_zones; i++)
		n += policy->zones[i].n_prefixes;
	total = n;
	for (i = 0; i < policy->n_assets; i++)
		total += policy->assets[i].n_prefixes;
	if (total > OTSEG_MAX_PREFIXES)
		otseg_diag_add(loader->source.diag, OTSEG_ERROR, loader->source.name, 0, 0,
			       "%zu prefixes and addresses in zones and assets, at most %u are "
			       "possible",
			       total, OTSEG_MAX_PREFIXES);

	owners.widest = otseg_alloc(n * sizeof(*owners.widest));
	n = 0;
	for (i = 0; i < policy->n_zones; i++)
		for (k = 0; k < policy->zones[i].n_prefixes; k++) {
			owners.widest[n].prefix = policy->zones[i].prefixes[k];
			owners.widest[n].zone = i;
			n++;
		}
	keep_widest(loader, &owners, n);
	for (i = 0; i < policy->n_assets; i++)
		if (policy->assets[i].zone != OTSEG_NONE16)
			check_asset(loader, &owners, &policy->assets[i]);
	free(owners.widest);
}
