// SPDX-License-Identifier: GPL-2.0-only
/*
 * The sections `zones` and `assets` of a policy, and whether their addresses go
 * together.
 */
#include <stdlib.h>
#include <string.h>

#include "load.h"
#include "value.h"
#include "words.h"

#define VLAN_MAX 4094

static bool load_vlan(struct otseg_loader *loader, const struct otseg_node *node, u32 *vlan)
{
	struct otseg_source *source = &loader->source;
	u32 outer, inner = 0;

	if (node->kind != OTSEG_NODE_LIST) {
		if (!otseg_value_number(source, node, "a VLAN", 1, VLAN_MAX, &outer))
			return false;
	} else if (node->n != 2) {
		otseg_node_error(source, node,
				 "expected a VLAN or [outer VLAN, inner VLAN], found a list of %zu",
				 node->n);
		return false;
	} else if (!otseg_value_number(source, node->items[0], "the outer VLAN", 1, VLAN_MAX,
				       &outer) ||
		   !otseg_value_number(source, node->items[1], "the inner VLAN", 1, VLAN_MAX,
				       &inner)) {
		return false;
	}
	*vlan = outer | inner << 16;
	return true;
}

/**
 * otseg_load_interface_name - read the name of an interface
 * @loader: the loader
 * @node: its node
 * @name: takes the name, zero padded
 *
 * Return: whether it is one; else the error was noted.
 */
bool otseg_load_interface_name(struct otseg_loader *loader, const struct otseg_node *node,
			       char name[16])
{
	size_t i;

	if (node->kind != OTSEG_NODE_SCALAR || !node->len || node->len >= 16 ||
	    !strcmp(node->text, ".") || !strcmp(node->text, ".."))
		goto bad_name;
	for (i = 0; i < node->len; i++)
		if (node->text[i] <= ' ' || node->text[i] > '~' || strchr("/:", node->text[i]))
			goto bad_name;
	memset(name, 0, 16);
	memcpy(name, node->text, node->len);
	return true;

bad_name:
	otseg_node_error(&loader->source, node,
			 "expected the name of an interface, 1 to 15 characters without '/', ':' "
			 "or blanks, found %s",
			 otseg_node_found(&loader->source, node));
	return false;
}

/**
 * otseg_load_is_inhabited - whether some zone lives behind an interface
 * @policy: the policy; its zones are there
 * @name: the interface
 * @vlan: behind that VLAN of it; NULL: anywhere
 *
 * Return: whether one does.
 */
bool otseg_load_is_inhabited(const struct otseg_policy *policy, const char *name, const u32 *vlan)
{
	size_t i, k;

	for (i = 0; i < policy->n_zones; i++)
		for (k = 0; k < policy->zones[i].n_interfaces; k++) {
			const struct otseg_interface *interface = &policy->zones[i].interfaces[k];

			if (!strcmp(interface->name, name) && (!vlan || *vlan == interface->vlan))
				return true;
		}
	return false;
}

static void refuse_unknown(struct otseg_loader *loader, const struct otseg_node *node)
{
	const struct otseg_policy *policy = loader->policy;
	size_t i, k, n = 0;
	const char **names;

	for (i = 0; i < policy->n_zones; i++)
		n += policy->zones[i].n_interfaces;
	names = otseg_alloc(n * sizeof(*names));
	n = 0;
	for (i = 0; i < policy->n_zones; i++)
		for (k = 0; k < policy->zones[i].n_interfaces; k++)
			names[n++] = policy->zones[i].interfaces[k].name;
	otseg_node_error(&loader->source, node, "no zone lives behind the interface %s%s",
			 otseg_node_found(&loader->source, node),
			 otseg_words_suggest(&loader->source, node->text, names, n));
	free(names);
}

/**
 * otseg_load_inhabited - read the name of an interface that some zone lives behind
 * @loader: the loader; zones are there
 * @node: its node
 * @name: takes the name, zero padded
 *
 * Return: whether it is one; else the error was noted.
 */
bool otseg_load_inhabited(struct otseg_loader *loader, const struct otseg_node *node,
			  char name[16])
{
	if (!otseg_load_interface_name(loader, node, name))
		return false;
	if (otseg_load_is_inhabited(loader->policy, name, NULL))
		return true;
	refuse_unknown(loader, node);
	return false;
}

static bool load_interface(struct otseg_loader *loader, const struct otseg_node *node,
			   struct otseg_interface *interface)
{
	struct otseg_source *source = &loader->source;
	const struct otseg_node *values[OTSEG_KEYS_MAX];
	const struct otseg_node *name = node;

	interface->at = otseg_load_mark(node);
	if (node->kind == OTSEG_NODE_MAP) {
		if (!otseg_keys_read(source, node, OTSEG_MAP_INTERFACE, values))
			return false;
		name = values[OTSEG_KEY_INTERFACE_NAME];
		if (!name) {
			otseg_node_error(source, node, "'name' is missing: which interface?");
			return false;
		}
		if (values[OTSEG_KEY_INTERFACE_VLAN] &&
		    !load_vlan(loader, values[OTSEG_KEY_INTERFACE_VLAN], &interface->vlan))
			return false;
	}
	return otseg_load_interface_name(loader, name, interface->name);
}

static void load_interfaces(struct otseg_loader *loader, const struct otseg_node *node,
			    struct otseg_zone *zone)
{
	struct otseg_source *source = &loader->source;
	size_t i, k, n = otseg_node_count(node);

	if (n > OTSEG_MAX_LINKS) {
		otseg_node_error(source, node, "%zu interfaces, at most %u are possible", n,
				 OTSEG_MAX_LINKS);
		return;
	}
	zone->interfaces = otseg_arena_alloc(source->arena, n * sizeof(*zone->interfaces));
	for (i = 0; i < n; i++) {
		const struct otseg_node *member = otseg_node_member(node, i);
		struct otseg_interface *interface = &zone->interfaces[zone->n_interfaces];

		memset(interface, 0, sizeof(*interface));
		if (!load_interface(loader, member, interface))
			continue;
		for (k = 0; k < zone->n_interfaces; k++)
			if (!memcmp(interface->name, zone->interfaces[k].name,
				    sizeof(interface->name)) &&
			    interface->vlan == zone->interfaces[k].vlan)
				break;
		if (k < zone->n_interfaces)
			otseg_node_error(source, member,
					 "the zone '%s' names this interface and VLAN twice",
					 zone->name);
		else
			zone->n_interfaces++;
	}
}

static struct otseg_prefix *load_prefixes(struct otseg_loader *loader,
					  const struct otseg_node *node, size_t *n_prefixes)
{
	struct otseg_source *source = &loader->source;
	size_t i, n = otseg_node_count(node);
	struct otseg_prefix *prefixes;

	prefixes = otseg_arena_alloc(source->arena, n * sizeof(*prefixes));
	for (i = 0; i < n; i++)
		if (otseg_value_prefix(source, otseg_node_member(node, i), &prefixes[*n_prefixes]))
			++*n_prefixes;
	return prefixes;
}

static void load_macs(struct otseg_loader *loader, const struct otseg_node *node,
		      struct otseg_zone *zone)
{
	struct otseg_source *source = &loader->source;
	size_t i, n = otseg_node_count(node);

	if (!n)
		otseg_node_error(source, node,
				 "expected MAC addresses, found an empty list; leave 'macs' out to "
				 "let any station speak for the zone");
	zone->macs = otseg_arena_alloc(source->arena, n * sizeof(*zone->macs));
	for (i = 0; i < n; i++)
		if (otseg_value_mac(source, otseg_node_member(node, i), zone->macs[zone->n_macs]))
			zone->n_macs++;
	/* Their order says nothing, so it shall not change the image. */
	if (zone->n_macs)
		qsort(zone->macs, zone->n_macs, sizeof(*zone->macs), otseg_compare_macs);
	for (i = 1; i < zone->n_macs; i++)
		if (!memcmp(zone->macs[i - 1], zone->macs[i], 6))
			otseg_node_error(source, node,
					 "%02x:%02x:%02x:%02x:%02x:%02x stands here twice",
					 zone->macs[i][0], zone->macs[i][1], zone->macs[i][2],
					 zone->macs[i][3], zone->macs[i][4], zone->macs[i][5]);
}

static void load_zone(struct otseg_loader *loader, const struct otseg_node *key,
		      const struct otseg_node *node, struct otseg_zone *zone)
{
	const struct otseg_node *values[OTSEG_KEYS_MAX];
	struct otseg_source *source = &loader->source;

	zone->name = key->text;
	zone->at = otseg_load_mark(key);
	if (!otseg_keys_read(source, node, OTSEG_MAP_ZONE, values))
		return;
	if (!values[OTSEG_KEY_ZONE_LEVEL])
		otseg_node_error(source, key,
				 "'level' is missing: the zone '%s' needs its Purdue level",
				 zone->name);
	else
		otseg_value_level(source, values[OTSEG_KEY_ZONE_LEVEL], &zone->level_tenths);
	if (values[OTSEG_KEY_ZONE_INTERFACES])
		load_interfaces(loader, values[OTSEG_KEY_ZONE_INTERFACES], zone);
	if (values[OTSEG_KEY_ZONE_PREFIXES])
		zone->prefixes =
			load_prefixes(loader, values[OTSEG_KEY_ZONE_PREFIXES], &zone->n_prefixes);
	if (values[OTSEG_KEY_ZONE_MACS])
		load_macs(loader, values[OTSEG_KEY_ZONE_MACS], zone);
	otseg_load_note(loader, values[OTSEG_KEY_ZONE_NOTE]);

	if (!values[OTSEG_KEY_ZONE_PREFIXES] || !otseg_node_count(values[OTSEG_KEY_ZONE_PREFIXES]))
		otseg_node_warn(source, key, "the zone '%s' is empty: no address belongs to it",
				zone->name);
	else if (!zone->n_interfaces)
		otseg_node_warn(source, key,
				"the zone '%s' lives behind no interface: nothing can come from it",
				zone->name);
}

/**
 * otseg_load_zones - read the section `zones`
 * @loader: the loader
 * @node: the section
 */
void otseg_load_zones(struct otseg_loader *loader, const struct otseg_node *node)
{
	struct otseg_policy *policy = loader->policy;
	size_t i, n_macs = 0;

	if (!otseg_load_map(loader, node, "zone", OTSEG_MAX_ZONES))
		return;
	if (!node->n)
		otseg_node_error(&loader->source, node, "a policy needs a zone");
	policy->zones = otseg_arena_alloc(loader->source.arena, node->n * sizeof(*policy->zones));
	policy->n_zones = node->n;
	for (i = 0; i < node->n; i++) {
		load_zone(loader, otseg_node_key(node, i), otseg_node_value(node, i),
			  &policy->zones[i]);
		n_macs += policy->zones[i].n_macs;
	}
	if (n_macs > OTSEG_MAX_MACS)
		otseg_node_error(&loader->source, node,
				 "%zu MAC addresses in all zones, at most %u are possible", n_macs,
				 OTSEG_MAX_MACS);
}

static void load_members(struct otseg_loader *loader, const struct otseg_node *node,
			 struct otseg_asset *asset)
{
	struct otseg_source *source = &loader->source;
	struct otseg_policy *policy = loader->policy;
	size_t i, n = otseg_node_count(node);

	asset->is_list = true;
	asset->zone = OTSEG_NONE16;
	if (!n)
		otseg_node_error(source, node, "the list '%s' is empty", asset->name);
	asset->members = otseg_arena_alloc(source->arena, n * sizeof(*asset->members));
	loader->n_refs += n;
	for (i = 0; i < n; i++) {
		const struct otseg_node *member = otseg_node_member(node, i);
		u32 index;

		if (otseg_load_find(loader, member, &loader->assets, "asset", &index))
			continue;
		if (policy->assets[index].is_list) {
			otseg_node_error(source, member,
					 "'%s' is a list itself: a list holds single assets only",
					 member->text);
			continue;
		}
		policy->assets[index].is_used = true;
		if (!asset->n_members)
			asset->zone = policy->assets[index].zone;
		else if (asset->zone != policy->assets[index].zone)
			asset->zone = OTSEG_NONE16;
		asset->members[asset->n_members++] = index;
	}
	otseg_load_check_repeats(loader, node, asset->members, asset->n_members);
}

static void load_asset(struct otseg_loader *loader, const struct otseg_node *key,
		       const struct otseg_node *node, struct otseg_asset *asset)
{
	const struct otseg_node *values[OTSEG_KEYS_MAX];
	struct otseg_source *source = &loader->source;
	u32 zone;

	if (!otseg_keys_read(source, node, OTSEG_MAP_ASSET, values))
		return;
	if (!values[OTSEG_KEY_ASSET_ZONE])
		otseg_node_error(source, key, "'zone' is missing: where does the asset '%s' live?",
				 asset->name);
	else if (!otseg_load_find(loader, values[OTSEG_KEY_ASSET_ZONE], &loader->zones, "zone",
				  &zone))
		asset->zone = zone;
	if (!values[OTSEG_KEY_ASSET_ADDRESS])
		otseg_node_error(source, key, "'address' is missing: the asset '%s' needs one",
				 asset->name);
	else if (!otseg_node_count(values[OTSEG_KEY_ASSET_ADDRESS]))
		otseg_node_error(source, values[OTSEG_KEY_ASSET_ADDRESS],
				 "expected an address or prefix, found an empty list");
	else
		asset->prefixes =
			load_prefixes(loader, values[OTSEG_KEY_ASSET_ADDRESS], &asset->n_prefixes);
	if (values[OTSEG_KEY_ASSET_NOTE])
		otseg_value_text(source, values[OTSEG_KEY_ASSET_NOTE], "a note", &asset->note);
}

static const struct otseg_node *
list_members(struct otseg_loader *loader, const struct otseg_node *node, struct otseg_asset *asset)
{
	const struct otseg_node *values[OTSEG_KEYS_MAX];
	size_t i;

	if (node->kind == OTSEG_NODE_LIST)
		return node;
	for (i = 0; node->kind == OTSEG_NODE_MAP && i < node->n; i++) {
		if (strcmp(otseg_node_key(node, i)->text, "members"))
			continue;
		otseg_keys_read(&loader->source, node, OTSEG_MAP_ASSET_LIST, values);
		if (values[OTSEG_KEY_ASSET_LIST_NOTE])
			otseg_value_text(&loader->source, values[OTSEG_KEY_ASSET_LIST_NOTE],
					 "a note", &asset->note);
		return values[OTSEG_KEY_ASSET_LIST_MEMBERS];
	}
	return NULL;
}

/**
 * otseg_load_assets - read the section `assets`
 * @loader: the loader
 * @node: the section
 */
void otseg_load_assets(struct otseg_loader *loader, const struct otseg_node *node)
{
	struct otseg_policy *policy = loader->policy;
	const struct otseg_node **members;
	size_t i;

	if (!otseg_load_map(loader, node, "asset", OTSEG_MAX_ASSETS))
		return;
	policy->assets = otseg_arena_alloc(loader->source.arena, node->n * sizeof(*policy->assets));
	policy->n_assets = node->n;
	members = otseg_alloc(node->n * sizeof(*members));
	for (i = 0; i < node->n; i++) {
		struct otseg_asset *asset = &policy->assets[i];

		asset->name = otseg_node_key(node, i)->text;
		asset->note = "";
		asset->zone = OTSEG_NONE16;
		asset->at = otseg_load_mark(otseg_node_key(node, i));
		members[i] = list_members(loader, otseg_node_value(node, i), asset);
		asset->is_list = members[i];
		if (!asset->is_list)
			load_asset(loader, otseg_node_key(node, i), otseg_node_value(node, i),
				   asset);
	}
	for (i = 0; i < node->n; i++)
		if (members[i])
			load_members(loader, members[i], &policy->assets[i]);
	free(members);
}
