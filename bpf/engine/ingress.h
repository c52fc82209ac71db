/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where a frame came in: from interface and VLAN to the image's link, and
 * whether a source MAC may speak for a zone.
 */
#ifndef OTSEG_INGRESS_H
#define OTSEG_INGRESS_H

#include "env.h"

/**
 * otseg_ingress_open - find the interface among the governed ones
 * @e: surroundings; takes the interface's flags
 *
 * Return: its entry, or NULL.
 */
OTSEG_INLINE const struct otseg_link *otseg_ingress_open(struct otseg_env *e)
{
	const struct otseg_link *entry = otseg_link_at(e, e->s->arrival.ifindex);

	if (!entry || entry->ifindex != e->s->arrival.ifindex || !e->s->arrival.ifindex)
		return NULL;
	e->s->arrival.link_flags = entry->flags;
	return entry;
}

/* Is it the interface that the policy names? */
OTSEG_INLINE u32 otseg_ingress_is_named(const struct otseg_link *entry,
					const struct otseg_img_link *link)
{
	const u8 *name = (const u8 *)entry->name;

	return !((otseg_wire(u64, name) ^ otseg_wire(u64, link->name)) |
		 (otseg_wire(u64, name + 8) ^ otseg_wire(u64, link->name + 8)));
}

/**
 * otseg_link_find - find the image's link of a governed interface
 * @e: surroundings
 * @entry: the interface, NULL: none
 * @vlan: VLAN tags, as in struct otseg_packet
 *
 * Return: the link, or OTSEG_NONE16.
 */
OTSEG_INLINE u32 otseg_link_find(const struct otseg_env *e, const struct otseg_link *entry,
				 u32 vlan)
{
	const struct otseg_img_link *link;
	u32 slots = otseg_count(e, LINK_HASH);
	u32 hash, slot;
	u32 i;

	if (!entry || !slots)
		return OTSEG_NONE16;
	hash = otseg_link_hash(entry->name, vlan);
	for (i = 0; i < OTSEG_MAX_PROBES; i++) {
		slot = *otseg_at(e, LINK_HASH, (hash + i) & (slots - 1));
		if (!slot)
			break;
		link = otseg_at(e, LINKS, slot - 1);
		if (link->hash == hash && link->vlan == vlan && otseg_ingress_is_named(entry, link))
			return (slot - 1) & (OTSEG_MAX_LINKS - 1);
	}
	return OTSEG_NONE16;
}

/**
 * otseg_ingress_link - find the image's link of a frame
 * @e: surroundings; takes the interface's flags
 * @vlan: its VLAN tags, as in struct otseg_packet
 *
 * Return: the link, or OTSEG_NONE16.
 */
OTSEG_NOINLINE u32 otseg_ingress_link(struct otseg_env *e, u32 vlan)
{
	return otseg_link_find(e, otseg_ingress_open(e), vlan);
}

/**
 * otseg_ingress_mac - may this source MAC speak for this zone?
 * @e: surroundings
 * @p: the packet
 * @zone: a zone with OTSEG_ZONE_HAS_MACS
 *
 * Return: 1 or 0.
 */
OTSEG_NOINLINE u32 otseg_ingress_mac(const struct otseg_env *e, const struct otseg_packet *p,
				     u32 zone)
{
	u32 slots = otseg_count(e, MAC_HASH);
	const struct otseg_img_mac *mac;
	u32 upper = 0;
	u32 lower = 0;
	u32 hash;
	u32 i;

	if (!slots)
		return 0;
	__builtin_memcpy(&upper, p->src_mac, 4);
	__builtin_memcpy(&lower, p->src_mac + 4, 2);
	hash = otseg_mac_hash(upper, lower, zone);
	for (i = 0; i < OTSEG_MAX_PROBES; i++) {
		mac = otseg_at(e, MAC_HASH, (hash + i) & (slots - 1));
		if (!mac->zone_plus1)
			break;
		if (mac->zone_plus1 == zone + 1 && otseg_mac_equals(mac->addr, p->src_mac))
			return 1;
	}
	return 0;
}

#endif /* OTSEG_INGRESS_H */
