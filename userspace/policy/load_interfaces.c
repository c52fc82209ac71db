// SPDX-License-Identifier: GPL-2.0-only
/*
 * The lists of interfaces of a policy: `routed`, between which the datapath itself routes what
 * is allowed, and `fail-open`, at which the guard lets through what no datapath has seen.
 */
#include <string.h>

#include "load.h"

/**
 * struct list - such a list
 * @what: what its members do, as in "expected a list of 2 to 256 interfaces that ..."
 * @least: how many it has at least
 * @is_untagged: a zone has to live behind the untagged side
 * @not_on_wire: why none of them is an end of a wire, after the words that it is one
 * @names: those read so far
 * @n: their number
 */
struct list {
	const char *what;
	size_t least;
	bool is_untagged;
	const char *not_on_wire;
	char (*names)[16];
	size_t n;
};

/* An interface on no wire that has not been named before. */
static bool load_member(struct otseg_loader *loader, const struct otseg_node *node,
			const struct list *list, char name[16])
{
	const struct otseg_policy *policy = loader->policy;
	const struct otseg_wire *wire;
	const u32 untagged = 0;
	size_t i;

	if (!otseg_load_inhabited(loader, node, name))
		return false;
	if (list->is_untagged && !otseg_load_is_inhabited(policy, name, &untagged)) {
		otseg_node_error(&loader->source, node,
				 "no zone lives behind the untagged side of '%s', and frames with "
				 "VLAN tags are not routed",
				 name);
		return false;
	}
	wire = otseg_load_wire_of(policy, name);
	if (wire) {
		otseg_node_error(&loader->source, node,
				 "'%s' is an end of the wire '%s' in line %u%s", name, wire->name,
				 wire->at.line, list->not_on_wire);
		return false;
	}
	for (i = 0; i < list->n; i++)
		if (!strcmp(list->names[i], name)) {
			otseg_node_error(&loader->source, node, "'%s' stands here twice", name);
			return false;
		}
	return true;
}

static void load_list(struct otseg_loader *loader, const struct otseg_node *node, struct list *list)
{
	size_t i;

	if (node->kind != OTSEG_NODE_LIST || node->n < list->least || node->n > OTSEG_MAX_LINKS) {
		otseg_node_error(&loader->source, node,
				 "expected a list of %zu to %u interfaces that %s, found %s",
				 list->least, OTSEG_MAX_LINKS, list->what,
				 otseg_node_found(&loader->source, node));
		return;
	}
	list->names = otseg_arena_alloc(loader->source.arena, node->n * sizeof(*list->names));
	for (i = 0; i < node->n; i++)
		if (load_member(loader, node->items[i], list, list->names[list->n]))
			list->n++;
}

/**
 * otseg_load_routed - read the list `routed`
 * @loader: the loader; zones and wires are there
 * @node: the list
 */
void otseg_load_routed(struct otseg_loader *loader, const struct otseg_node *node)
{
	struct list list = { .what = "frames are routed between",
			     .least = 2,
			     .is_untagged = true,
			     .not_on_wire = "; what comes in there is not routed" };

	load_list(loader, node, &list);
	loader->policy->routed = list.names;
	loader->policy->n_routed = list.n;
}

/**
 * otseg_load_fail_open - read the list `fail-open`
 * @loader: the loader; zones and wires are there
 * @node: the list
 */
void otseg_load_fail_open(struct otseg_loader *loader, const struct otseg_node *node)
{
	struct list list = { .what = "fail open",
			     .least = 1,
			     .not_on_wire = ", which only the datapath lets frames cross" };

	load_list(loader, node, &list);
	loader->policy->fail_open = list.names;
	loader->policy->n_fail_open = list.n;
}
