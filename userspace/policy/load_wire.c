// SPDX-License-Identifier: GPL-2.0-only
/*
 * The section `wires` of a policy: which interfaces frames cross between. What
 * lives behind them, the zones say.
 */
#include <stdio.h>
#include <string.h>

#include "load.h"
#include "value.h"

/**
 * otseg_load_wire_of - find the wire that an interface is an end of
 * @policy: its wires are there
 * @name: the interface
 *
 * Return: the wire, NULL: none.
 */
const struct otseg_wire *otseg_load_wire_of(const struct otseg_policy *policy, const char *name)
{
	size_t i;

	for (i = 0; i < policy->n_wires; i++)
		if (!strcmp(policy->wires[i].ends[0], name) ||
		    !strcmp(policy->wires[i].ends[1], name))
			return &policy->wires[i];
	return NULL;
}

/* An interface of the policy that is no end of another wire. */
static bool load_end(struct otseg_loader *loader, const struct otseg_node *node, char name[16])
{
	const struct otseg_wire *wire;

	if (!otseg_load_inhabited(loader, node, name))
		return false;
	wire = otseg_load_wire_of(loader->policy, name);
	if (wire)
		otseg_node_error(&loader->source, node,
				 "'%s' is an end of the wire '%s' in line %u already", name,
				 wire->name, wire->at.line);
	return !wire;
}

/* A VLAN that only one end knows: nothing can cross there. */
static void warn_lonely(struct otseg_loader *loader, const struct otseg_node *node,
			const char *name, const char *other)
{
	const struct otseg_policy *policy = loader->policy;
	char tag[40];
	size_t i, k;

	for (i = 0; i < policy->n_zones; i++)
		for (k = 0; k < policy->zones[i].n_interfaces; k++) {
			const struct otseg_interface *interface = &policy->zones[i].interfaces[k];
			u32 vlan = interface->vlan;

			if (strcmp(interface->name, name) ||
			    otseg_load_is_inhabited(policy, other, &vlan))
				continue;
			snprintf(tag, sizeof(tag), vlan >> 16 ? "VLAN [%u, %u]" : "VLAN %u",
				 vlan & 0xffff, vlan >> 16);
			otseg_node_warn(&loader->source, node,
					"the zone '%s' cannot reach beyond this wire: no zone lives "
					"behind %s of '%s'",
					policy->zones[i].name, vlan ? tag : "the untagged side",
					other);
		}
}

/* The keys of a wire; returns its interfaces, NULL after an error. */
static const struct otseg_node *load_keys(struct otseg_loader *loader,
					  const struct otseg_node *node, struct otseg_wire *wire)
{
	const struct otseg_node *values[OTSEG_KEYS_MAX];

	if (!otseg_keys_read(&loader->source, node, OTSEG_MAP_WIRE, values))
		return NULL;
	if (values[OTSEG_KEY_WIRE_MIRROR] &&
	    !otseg_value_flag(&loader->source, values[OTSEG_KEY_WIRE_MIRROR],
			      "whether the ends mirror each other's link", &wire->is_mirrored))
		return NULL;
	if (!values[OTSEG_KEY_WIRE_INTERFACES])
		otseg_node_error(&loader->source, node,
				 "'interfaces' is missing: which two does the wire '%s' join?",
				 wire->name);
	return values[OTSEG_KEY_WIRE_INTERFACES];
}

static void load_wire(struct otseg_loader *loader, const struct otseg_node *key,
		      const struct otseg_node *node)
{
	struct otseg_policy *policy = loader->policy;
	struct otseg_wire wire = { .name = key->text, .at = otseg_load_mark(key) };
	size_t i;

	if (node->kind == OTSEG_NODE_MAP)
		node = load_keys(loader, node, &wire);
	if (!node)
		return;
	if (node->kind != OTSEG_NODE_LIST || node->n != 2) {
		otseg_node_error(&loader->source, node,
				 "expected the two interfaces of the wire '%s' in a list, found %s",
				 wire.name, otseg_node_found(&loader->source, node));
		return;
	}
	for (i = 0; i < 2; i++)
		if (!load_end(loader, node->items[i], wire.ends[i]))
			return;
	if (!strcmp(wire.ends[0], wire.ends[1])) {
		otseg_node_error(&loader->source, node->items[1],
				 "both ends of the wire '%s' are the interface '%s'", wire.name,
				 wire.ends[0]);
		return;
	}
	warn_lonely(loader, node->items[0], wire.ends[0], wire.ends[1]);
	warn_lonely(loader, node->items[1], wire.ends[1], wire.ends[0]);
	policy->wires[policy->n_wires++] = wire;
}

/**
 * otseg_load_wires - read the section `wires`
 * @loader: the loader; zones are there
 * @node: the section
 */
void otseg_load_wires(struct otseg_loader *loader, const struct otseg_node *node)
{
	struct otseg_policy *policy = loader->policy;
	size_t i;

	if (!otseg_load_map(loader, node, "wire", OTSEG_MAX_WIRES))
		return;
	policy->wires = otseg_arena_alloc(loader->source.arena, node->n * sizeof(*policy->wires));
	for (i = 0; i < node->n; i++)
		load_wire(loader, otseg_node_key(node, i), otseg_node_value(node, i));
}

/* The zone that lives behind an interface and VLAN alone, OTSEG_NONE32: none does. */
static u32 only_zone(const struct otseg_policy *policy, const char *name, u32 vlan)
{
	u32 zone = OTSEG_NONE32;
	size_t i, k;

	for (i = 0; i < policy->n_zones; i++)
		for (k = 0; k < policy->zones[i].n_interfaces; k++) {
			const struct otseg_interface *interface = &policy->zones[i].interfaces[k];

			if (interface->vlan != vlan || strcmp(interface->name, name))
				continue;
			if (zone != OTSEG_NONE32)
				return OTSEG_NONE32;
			zone = i;
		}
	return zone;
}

/**
 * otseg_load_link_leads - whether frames without an IP address get from a zone to another
 * @policy: the policy; zones and wires are there
 * @from: the one zone
 * @to: the other one, or the same
 *
 * Return: whether @from lives alone behind an interface and @to behind the other end of its
 * wire; off a wire they are the same zone.
 */
bool otseg_load_link_leads(const struct otseg_policy *policy, u16 from, u16 to)
{
	const struct otseg_zone *zone = &policy->zones[from];
	size_t i, k;

	for (i = 0; i < zone->n_interfaces; i++) {
		const struct otseg_interface *interface = &zone->interfaces[i];
		const char *far = interface->name;

		if (only_zone(policy, interface->name, interface->vlan) != from)
			continue;
		for (k = 0; k < policy->n_wires; k++) {
			if (!strcmp(policy->wires[k].ends[0], interface->name))
				far = policy->wires[k].ends[1];
			else if (!strcmp(policy->wires[k].ends[1], interface->name))
				far = policy->wires[k].ends[0];
		}
		if (only_zone(policy, far, interface->vlan) == to)
			return true;
	}
	return false;
}
