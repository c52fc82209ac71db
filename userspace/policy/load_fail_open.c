// SPDX-License-Identifier: GPL-2.0-only
/*
 * The list `fail-open` of a policy: interfaces at which the guard lets through what
 * no datapath has seen.
 */
#include <string.h>

#include "load.h"

/* An interface on no wire that has not been named before. */
static bool load_member(struct otseg_loader *loader, const struct otseg_node *node, char name[16])
{
	const struct otseg_policy *policy = loader->policy;
	const struct otseg_wire *wire;
	size_t i;

	if (!otseg_load_inhabited(loader, node, name))
		return false;
	wire = otseg_load_wire_of(policy, name);
	if (wire) {
		otseg_node_error(&loader->source, node,
				 "'%s' is an end of the wire '%s' in line %u, which only the "
				 "datapath lets frames cross",
				 name, wire->name, wire->at.line);
		return false;
	}
	for (i = 0; i < policy->n_fail_open; i++)
		if (!strcmp(policy->fail_open[i], name)) {
			otseg_node_error(&loader->source, node, "'%s' stands here twice", name);
			return false;
		}
	return true;
}

/**
 * otseg_load_fail_open - read the list `fail-open`
 * @loader: the loader; zones and wires are there
 * @node: the list
 */
void otseg_load_fail_open(struct otseg_loader *loader, const struct otseg_node *node)
{
	struct otseg_policy *policy = loader->policy;
	size_t i;

	if (node->kind != OTSEG_NODE_LIST || !node->n || node->n > OTSEG_MAX_LINKS) {
		otseg_node_error(&loader->source, node,
				 "expected a list of 1 to %u interfaces that fail open, found %s",
				 OTSEG_MAX_LINKS, otseg_node_found(&loader->source, node));
		return;
	}
	policy->fail_open =
		otseg_arena_alloc(loader->source.arena, node->n * sizeof(*policy->fail_open));
	for (i = 0; i < node->n; i++)
		if (load_member(loader, node->items[i], policy->fail_open[policy->n_fail_open]))
			policy->n_fail_open++;
}
