// SPDX-License-Identifier: GPL-2.0-only
/*
 * An image as one JSON object: what the policy says, in the order of the image.
 */
#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "image_words.h"
#include "model.h"
#include "when.h"

static json_t *vlan_json(u32 vlan)
{
	if (vlan >> 16)
		return json_pack("[i, i]", vlan & 0xffff, vlan >> 16);
	return json_integer(vlan);
}

static json_t *link_json(const struct otseg_img_link *link)
{
	if (!link->vlan)
		return json_string((const char *)link->name);
	return json_pack("{s:s, s:o}", "name", (const char *)link->name, "vlan",
			 vlan_json(link->vlan));
}

static json_t *prefix_json(const struct otseg_img_prefix *record)
{
	struct otseg_prefix prefix = { .family = record->family, .len = record->len };
	char text[OTSEG_PREFIX_TEXT];
	unsigned int i;

	for (i = 0; i < 8; i++) {
		prefix.first.hi = prefix.first.hi << 8 | record->addr[i];
		prefix.first.lo = prefix.first.lo << 8 | record->addr[8 + i];
	}
	return json_string(otseg_prefix_print(text, &prefix));
}

static json_t *level_json(u16 tenths)
{
	return tenths % 10 ? json_real(tenths / 10.0) : json_integer(tenths / 10);
}

/**
 * otseg_mac_json - put a MAC address into words
 * @mac: as on the wire
 *
 * Return: a string.
 */
json_t *otseg_mac_json(const u8 mac[6])
{
	return json_sprintf("%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2], mac[3], mac[4],
			    mac[5]);
}

/**
 * otseg_image_macs - who may speak for a zone
 * @image: the image
 * @zone: index of the zone
 *
 * Return: its MAC addresses, u8[6] each, in order; otseg_vec_free() them.
 */
struct otseg_vec otseg_image_macs(const void *image, u32 zone)
{
	const struct otseg_img_mac *slots = OTSEG_IMAGE_RECORDS(image, MAC_HASH);
	struct otseg_vec macs = OTSEG_VEC(u8[6]);
	u32 i;

	for (i = 0; i < OTSEG_IMAGE_COUNT(image, MAC_HASH); i++)
		if (slots[i].zone_plus1 == zone + 1)
			otseg_vec_add(&macs, slots[i].addr, 1);
	if (macs.n)
		qsort(macs.data, macs.n, macs.size, otseg_compare_macs);
	return macs;
}

static json_t *macs_json(const void *image, u32 zone)
{
	struct otseg_vec found = otseg_image_macs(image, zone);
	const u8(*addr)[6] = found.data;
	json_t *list = json_array();
	size_t i;

	for (i = 0; i < found.n; i++)
		json_array_append_new(list, otseg_mac_json(addr[i]));
	otseg_vec_free(&found);
	return list;
}

/**
 * otseg_image_zone_json - put a zone into words
 * @image: the image
 * @zone: the zone
 *
 * Return: a map of the keys of the policy language, with the name as "name".
 */
json_t *otseg_image_zone_json(const void *image, const struct otseg_img_zone *zone)
{
	const struct otseg_img_prefix *prefixes = OTSEG_IMAGE_RECORDS(image, PREFIXES);
	u32 index = zone - OTSEG_IMAGE_RECORDS(image, ZONES), i;
	json_t *map, *links = json_array(), *addresses = json_array();

	for (i = 0; i < OTSEG_IMAGE_COUNT(image, LINKS); i++)
		if (zone->links[i / 64] >> i % 64 & 1)
			json_array_append_new(links,
					      link_json(&OTSEG_IMAGE_RECORDS(image, LINKS)[i]));
	for (i = 0; i < OTSEG_IMAGE_COUNT(image, PREFIXES); i++)
		if (!prefixes[i].asset_plus1 && prefixes[i].zone == index)
			json_array_append_new(addresses, prefix_json(&prefixes[i]));
	map = json_pack("{s:s, s:o, s:o, s:o}", "name", otseg_image_string(image, zone->name),
			"level", level_json(zone->level_tenths), "interfaces", links, "prefixes",
			addresses);
	if (zone->flags & OTSEG_ZONE_HAS_MACS)
		json_object_set_new(map, "macs", macs_json(image, index));
	return map;
}

static json_t *wire_json(const void *image, const struct otseg_img_wire *wire)
{
	const struct otseg_img_link *links = OTSEG_IMAGE_RECORDS(image, LINKS);
	json_t *map;

	map = json_pack("{s:s, s:[s, s], s:I}", "name", otseg_image_string(image, wire->name),
			"interfaces", (const char *)links[wire->ends[0]].name,
			(const char *)links[wire->ends[1]].name, "line", (json_int_t)wire->line);
	if (wire->flags & OTSEG_WIRE_MIRROR)
		json_object_set_new(map, "mirror-link", json_true());
	return map;
}

static json_t *routed_json(const void *image)
{
	const struct otseg_img_link *links = OTSEG_IMAGE_RECORDS(image, LINKS);
	json_t *names = json_array();
	u32 i;

	for (i = 0; i < OTSEG_IMAGE_COUNT(image, LINKS); i++)
		if (links[i].mode == OTSEG_MODE_ROUTE)
			json_array_append_new(names, json_string((const char *)links[i].name));
	return names;
}

static json_t *fail_open_json(const void *image)
{
	json_t *names = json_array();
	const char *name;
	u32 i;

	for (i = 0; i < OTSEG_IMAGE_COUNT(image, LINKS); i++) {
		name = otseg_image_open_interface(image, i);
		if (name)
			json_array_append_new(names, json_string(name));
	}
	return names;
}

/**
 * otseg_image_asset_json - put an asset into words
 * @image: the image
 * @asset: the asset
 *
 * Return: a map of the keys of the policy language, with the name as "name".
 */
json_t *otseg_image_asset_json(const void *image, const struct otseg_img_asset *asset)
{
	const struct otseg_img_prefix *prefixes = OTSEG_IMAGE_RECORDS(image, PREFIXES);
	const struct otseg_img_asset *assets = OTSEG_IMAGE_RECORDS(image, ASSETS);
	const struct otseg_img_zone *zones = OTSEG_IMAGE_RECORDS(image, ZONES);
	const u32 *refs = OTSEG_IMAGE_RECORDS(image, ASSET_REFS);
	bool is_list = asset->flags & OTSEG_ASSET_GROUP;
	json_t *map = json_object(), *list = json_array();
	const char *name;
	u32 i;

	json_object_set_new(map, "name", json_string(otseg_image_string(image, asset->name)));
	if (!is_list) {
		name = otseg_image_string(image, zones[asset->zone].name);
		json_object_set_new(map, "zone", json_string(name));
	}
	for (i = asset->refs; i < asset->refs + asset->n_refs; i++) {
		if (!is_list) {
			json_array_append_new(list, prefix_json(&prefixes[i]));
			continue;
		}
		name = otseg_image_string(image, assets[refs[i]].name);
		json_array_append_new(list, json_string(name));
	}
	json_object_set_new(map, is_list ? "members" : "address", list);
	if (*otseg_image_string(image, asset->note))
		json_object_set_new(map, "note",
				    json_string(otseg_image_string(image, asset->note)));
	return map;
}

static json_t *conduit_json(const void *image, const struct otseg_img_conduit *conduit)
{
	const struct otseg_img_zone *zones = OTSEG_IMAGE_RECORDS(image, ZONES);
	const struct otseg_img_rule *rules = OTSEG_IMAGE_RECORDS(image, RULES);
	json_t *list = json_array(), *map, *rate, *when;
	u32 i;

	for (i = conduit->rules; i < conduit->rules + conduit->n_rules; i++) {
		json_t *rule = otseg_image_rule_json(image, &rules[i]);

		json_object_set_new(rule, "line", json_integer(rules[i].line));
		json_array_append_new(list, rule);
	}
	map = json_pack("{s:s, s:s, s:s, s:s, s:b, s:s, s:s, s:I, s:I, s:I, s:o}", "name",
			otseg_image_string(image, conduit->name), "reason",
			otseg_image_string(image, conduit->reason), "from",
			otseg_image_string(image, zones[conduit->from].name), "to",
			otseg_image_string(image, zones[conduit->to].name), "intra",
			conduit->flags & OTSEG_CONDUIT_INTRA ? 1 : 0, "state",
			otseg_image_state(conduit), "mode",
			conduit->flags & OTSEG_CONDUIT_MONITOR ? "monitor" : "enforce",
			"flow_budget", (json_int_t)conduit->flow_budget, "session_budget",
			(json_int_t)conduit->session_budget, "line", (json_int_t)conduit->line,
			"rules", list);
	if (conduit->flags & (OTSEG_CONDUIT_ADOPT_ALWAYS | OTSEG_CONDUIT_ADOPT_NEVER))
		json_object_set_new(map, "adopt",
				    json_string(conduit->flags & OTSEG_CONDUIT_ADOPT_ALWAYS ?
							"always" :
							"never"));
	if (conduit->flags & OTSEG_CONDUIT_SURVIVES)
		json_object_set_new(map, "survives-island", json_true());
	when = otseg_when_json(image, conduit - OTSEG_IMAGE_RECORDS(image, CONDUITS));
	if (when)
		json_object_set_new(map, "when", when);
	if (conduit->flags & OTSEG_CONDUIT_RESET)
		json_object_set_new(map, "on-deny", json_string(otseg_image_on_deny(conduit)));
	rate = otseg_image_rate_json(&conduit->rate);
	if (rate)
		json_object_set_new(map, "rate", rate);
	return map;
}

/**
 * otseg_image_json - put an image into words
 * @image: an image that otseg_image_check() has accepted
 *
 * Return: an object with "name", "revision", "supersedes" (0: none), "digest", "size", "adopt"
 * ("never" or for how long), "arp", "neighbour_discovery" and the arrays "routed", "fail-open",
 * "zones", "wires", "assets" and "conduits", each in the order of the image.
 */
json_t *otseg_image_json(const void *image)
{
	const struct otseg_image *header = image;
	json_t *zones = json_array(), *assets = json_array(), *conduits = json_array();
	json_t *wires = json_array();
	char digest[2 * OTSEG_DIGEST_LEN + 1];
	u32 i;

	for (i = 0; i < OTSEG_DIGEST_LEN; i++)
		snprintf(digest + 2 * i, 3, "%02x", header->digest[i]);
	for (i = 0; i < OTSEG_IMAGE_COUNT(image, ZONES); i++) {
		const struct otseg_img_zone *zone = &OTSEG_IMAGE_RECORDS(image, ZONES)[i];
		json_t *map = otseg_image_zone_json(image, zone);

		json_object_set_new(map, "line", json_integer(zone->line));
		json_array_append_new(zones, map);
	}
	for (i = 0; i < OTSEG_IMAGE_COUNT(image, WIRES); i++)
		json_array_append_new(wires,
				      wire_json(image, &OTSEG_IMAGE_RECORDS(image, WIRES)[i]));
	for (i = 0; i < OTSEG_IMAGE_COUNT(image, ASSETS); i++) {
		const struct otseg_img_asset *asset = &OTSEG_IMAGE_RECORDS(image, ASSETS)[i];
		json_t *map = otseg_image_asset_json(image, asset);

		json_object_set_new(map, "line", json_integer(asset->line));
		json_array_append_new(assets, map);
	}
	for (i = 0; i < OTSEG_IMAGE_COUNT(image, CONDUITS); i++) {
		const struct otseg_img_conduit *all = OTSEG_IMAGE_RECORDS(image, CONDUITS);

		json_array_append_new(conduits, conduit_json(image, &all[i]));
	}
	return json_pack("{s:s, s:I, s:I, s:s, s:i, s:o, s:s, s:s, s:o, s:o, s:o, s:o, s:o, s:o}",
			 "name", otseg_image_string(image, header->name), "revision",
			 (json_int_t)header->revision, "supersedes", (json_int_t)header->supersedes,
			 "digest", digest, "size", (int)header->size, "adopt",
			 header->adopt_s ? otseg_image_seconds_json(header->adopt_s) :
					   json_string("never"),
			 "arp",
			 header->flags & OTSEG_IMG_NO_LINK_ARP ? "deny" : "allow",
			 "neighbour_discovery",
			 header->flags & OTSEG_IMG_NO_LINK_ND ? "deny" : "allow", "routed",
			 routed_json(image), "fail-open", fail_open_json(image), "zones", zones,
			 "wires", wires, "assets", assets, "conduits", conduits);
}
