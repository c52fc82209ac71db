// SPDX-License-Identifier: GPL-2.0-only
/*
 * The list `routed` of a policy: interfaces between which the datapath itself
 * routes what is allowed.
 */
#include <string.h>

#include "load.h"

/* An interface with an untagged side, on no wire, that has not been named before. */
static bool load_member(struct otseg_loader *loader, const struct otseg_node *node, char name[16])
{
	const struct otseg_policy *policy = loader->policy;
	const struct otseg_wire *wire;
	const u32 untagged = 0;
	size_t i;

	if (!otseg_load_inhabited(loader, node, name))
		return false;
	if (!otseg_load_is_inhabited(policy, name, &untagged)) {
		otseg_node_error(&loader->source, node,
				 "no zone lives behind the untagged side of '%s', and frames with "
				 "VLAN tags are not routed",
				 name);
		return false;
	}
	wire = otseg_load_wire_of(policy, name);
	if (wire) {
		otseg_node_error(&loader->source, node,
				 "'%s' is an end of the wire '%s' in line %u; what comes in there "
				 "is not routed",
				 name, wire->name, wire->at.line);
		return false;
	}
	for (i = 0; i < policy->n_routed; i++)
		if (!strcmp(policy->routed[i], name)) {
			otseg_node_error(&loader->source, node, "'%s' stands here twice", name);
			return false;
		}
	return true;
}

/**
 * otseg_load_routed - read the list `routed`
 * @loader: the loader; zones and wires are there
 * @node: the list
 */
void otseg_load_routed(struct otseg_loader *loader, const struct otseg_node *node)
{
	struct otseg_policy *policy = loader->policy;
	size_t i;

	if (node->kind != OTSEG_NODE_LIST || node->n < 2 || node->n > OTSEG_MAX_LINKS) {
		otseg_node_error(&loader->source, node,
				 "expected a list of 2 to %u interfaces that frames are routed "
				 "between, found %s",
				 OTSEG_MAX_LINKS, otseg_node_found(&loader->source, node));
		return;
	}
	policy->routed =
		otseg_arena_alloc(loader->source.arena, node->n * sizeof(*policy->routed));
	for (i = 0; i < node->n; i++)
		if (load_member(loader, node->items[i], policy->routed[policy->n_routed]))
			policy->n_routed++;
}
