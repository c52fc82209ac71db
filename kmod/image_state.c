// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the state of conduits makes of an image: the one place that knows which of its
 * fields follow from their flags. Compiled into the module and into the tool. The image
 * is a verified one that no frame is judged by yet. Allocates nothing, cannot fail.
 */
#include "image_state.h"
#include "verify.h"

#ifdef __KERNEL__
#include <linux/string.h>
#else
#include <stddef.h>
#include <string.h>
#endif

static void write_field(const struct otseg_state_writer *writer, const struct otseg_image *image,
			const void *field, const void *value, u32 len)
{
	if (memcmp(field, value, len))
		writer->write(writer->context, (u32)((const u8 *)field - (const u8 *)image), value,
			      len);
}

/**
 * otseg_state_refusal - why a conduit, or the image, cannot be changed so
 * @flags: flags of the conduit; of the image, for island mode
 * @change: what is asked for
 *
 * Return: the end of a sentence that begins with what it is about; NULL: it can.
 */
const char *otseg_state_refusal(u32 flags, enum otseg_conduit_change change)
{
	const u32 without = OTSEG_CONDUIT_GRANTED | OTSEG_CONDUIT_TIMED | OTSEG_CONDUIT_WITHIN;
	bool is_granted = flags & OTSEG_CONDUIT_GRANTED;
	bool is_open = otseg_conduit_follows(flags & ~without, 0);

	switch (change) {
	case OTSEG_CONDUIT_CHANGE_ENABLE:
		if (is_granted)
			return "is granted for a time: revoke that first";
		if (is_open && flags & OTSEG_CONDUIT_TIMED)
			return "is enabled already, within its windows: a grant opens it beyond them";
		return is_open ? "is enabled already" : NULL;
	case OTSEG_CONDUIT_CHANGE_DISABLE:
		if (is_granted)
			return "is granted for a time: revoke ends that";
		return is_open ? NULL : "is disabled already";
	case OTSEG_CONDUIT_CHANGE_GRANT:
		if (is_granted)
			return "is granted already";
		/* What has windows can be granted beyond them. */
		is_open = is_open && !(flags & OTSEG_CONDUIT_TIMED);
		return is_open ? "is enabled: there is nothing to grant" : NULL;
	case OTSEG_CONDUIT_CHANGE_REVOKE:
		return is_granted ? NULL : "is not granted";
	case OTSEG_CONDUIT_CHANGE_ISLAND_ON:
		return flags & OTSEG_IMG_ISLAND ? "is on already" : NULL;
	default:
		return flags & OTSEG_IMG_ISLAND ? NULL : "is off already";
	}
}

/**
 * otseg_state_next - the state of a conduit after a change
 * @flags: its flags, for which otseg_state_refusal() has no refusal
 * @change: the change, none of island mode
 *
 * Return: the flags of OTSEG_CONDUIT_STATE that it has then.
 */
u32 otseg_state_next(u32 flags, enum otseg_conduit_change change)
{
	u32 state = flags & OTSEG_CONDUIT_STATE;

	switch (change) {
	case OTSEG_CONDUIT_CHANGE_ENABLE:
		state &= ~OTSEG_CONDUIT_CLOSED;
		return flags & OTSEG_CONDUIT_STANDING ? state : state | OTSEG_CONDUIT_OPENED;
	case OTSEG_CONDUIT_CHANGE_DISABLE:
		state &= ~OTSEG_CONDUIT_OPENED;
		return flags & OTSEG_CONDUIT_STANDING ? state | OTSEG_CONDUIT_CLOSED : state;
	case OTSEG_CONDUIT_CHANGE_GRANT:
		return state | OTSEG_CONDUIT_GRANTED;
	case OTSEG_CONDUIT_CHANGE_REVOKE:
		return state & ~OTSEG_CONDUIT_GRANTED;
	default:
		return state;
	}
}

/**
 * otseg_state_find - find a conduit
 * @image: the image
 * @name: its name
 *
 * Return: its index, OTSEG_NONE32: the policy has none of that name.
 */
u32 otseg_state_find(const struct otseg_image *image, const char *name)
{
	const struct otseg_verify v = { .image = image };
	const char *strings = (const char *)RECORDS(&v, STRINGS);
	u32 i;

	for (i = 0; i < COUNT(&v, CONDUITS); i++)
		if (!strcmp(strings + RECORDS(&v, CONDUITS)[i].name, name))
			return i;
	return OTSEG_NONE32;
}

/**
 * otseg_state_is_plain - whether an image bears no state
 * @image: the image
 *
 * Return: whether it is as it was compiled.
 */
int otseg_state_is_plain(const struct otseg_image *image)
{
	const struct otseg_verify v = { .image = image };
	u32 i;

	for (i = 0; i < COUNT(&v, CONDUITS); i++)
		if (RECORDS(&v, CONDUITS)[i].flags & OTSEG_CONDUIT_STATE)
			return 0;
	return !(image->flags & OTSEG_IMG_ISLAND);
}

/**
 * otseg_state_is_part - whether something between two bytes depends on the state
 * @image: the image
 * @from: the first byte
 * @to: the one after the last
 *
 * Return: whether otseg_state_settle() may write there.
 */
int otseg_state_is_part(const struct otseg_image *image, u32 from, u32 to)
{
	static const struct {
		u32 id;
		u32 size;
	} parts[] = {
		{ OTSEG_SEC_LINKS, sizeof(struct otseg_img_link) },
		{ OTSEG_SEC_PAIRS, sizeof(struct otseg_img_pair) },
		{ OTSEG_SEC_LEAVES, sizeof(struct otseg_img_leaf) },
		{ OTSEG_SEC_CONDUITS, sizeof(struct otseg_img_conduit) },
	};
	u32 i;

	if (from < sizeof(*image))
		return 1;
	for (i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		const struct otseg_section *sec = &image->sec[parts[i].id];

		if (from < sec->off + sec->count * parts[i].size && to > sec->off)
			return 1;
	}
	return 0;
}

/**
 * otseg_state_set - give a conduit another state
 * @image: the image; otseg_state_settle() has to follow
 * @conduit: index of the conduit
 * @state: flags of OTSEG_CONDUIT_STATE
 * @writer: how to write
 */
void otseg_state_set(const struct otseg_image *image, u32 conduit, u32 state,
		     const struct otseg_state_writer *writer)
{
	const struct otseg_verify v = { .image = image };
	const struct otseg_img_conduit *record = &RECORDS(&v, CONDUITS)[conduit];
	u16 flags = record->flags & ~OTSEG_CONDUIT_STATE;

	flags |= state & OTSEG_CONDUIT_STATE;
	write_field(writer, image, &record->flags, &flags, sizeof(flags));
}

static bool is_enabled(const struct otseg_verify *v, u32 conduit)
{
	return RECORDS(v, CONDUITS)[conduit].flags & OTSEG_CONDUIT_ENABLED;
}

static void settle_conduits(const struct otseg_verify *v, const struct otseg_state_writer *writer)
{
	const struct otseg_img_conduit *conduits = RECORDS(v, CONDUITS);
	u32 i;

	for (i = 0; i < COUNT(v, CONDUITS); i++) {
		u16 flags = conduits[i].flags & ~OTSEG_CONDUIT_ENABLED;

		if (otseg_conduit_follows(flags, v->image->flags))
			flags |= OTSEG_CONDUIT_ENABLED;
		write_field(writer, v->image, &conduits[i].flags, &flags, sizeof(flags));
	}
}

/* The conduit that answers for what no rule allows, see struct otseg_img_pair. */
static void settle_pairs(const struct otseg_verify *v, const struct otseg_state_writer *writer)
{
	const struct otseg_img_conduit *conduits = RECORDS(v, CONDUITS);
	const struct otseg_img_pair *pairs = RECORDS(v, PAIRS);
	const u16 *matrix = RECORDS(v, PAIR_MATRIX);
	const u16 none = OTSEG_NONE16;
	u32 i;

	for (i = 0; i < COUNT(v, PAIRS); i++)
		write_field(writer, v->image, &pairs[i].conduit, &none, sizeof(none));
	for (i = 0; i < COUNT(v, CONDUITS); i++) {
		u32 pair = matrix[conduits[i].from * COUNT(v, ZONES) + conduits[i].to];
		const u16 self = (u16)i;
		u16 answer;

		if (!pair || !is_enabled(v, i))
			continue;
		answer = pairs[pair - 1].conduit;
		if (answer == OTSEG_NONE16 ||
		    (conduits[i].flags & ~conduits[answer].flags & OTSEG_CONDUIT_MONITOR))
			write_field(writer, v->image, &pairs[pair - 1].conduit, &self,
				    sizeof(self));
	}
}

/* What the effective rules of a leaf inspect, see struct otseg_img_leaf. */
static u16 leaf_service(const struct otseg_verify *v, const struct otseg_img_leaf *leaf)
{
	const u32 *members = RECORDS(v, LEAF_RULES) + leaf->rules;
	const struct otseg_img_rule *rules = RECORDS(v, RULES);
	const u16 own = OTSEG_RULE_OPAQUE | OTSEG_RULE_VOID;
	u16 effective = 0, inspected = 0;
	u32 i;

	for (i = 0; i < leaf->n_rules; i++) {
		const struct otseg_img_rule *rule = &rules[members[i]];

		if (!(rule->flags & own) && !inspected)
			inspected = rule->service;
		if (rule->flags & OTSEG_RULE_VOID || !is_enabled(v, rule->conduit))
			continue;
		if (rule->flags & OTSEG_RULE_OPAQUE)
			return rule->service;
		if (!effective)
			effective = rule->service;
	}
	return effective ?: inspected ?: rules[members[0]].service;
}

static void settle_leaves(const struct otseg_verify *v, const struct otseg_state_writer *writer)
{
	const struct otseg_img_leaf *leaves = RECORDS(v, LEAVES);
	u32 i;

	for (i = 0; i < COUNT(v, LEAVES); i++) {
		const u16 service = leaf_service(v, &leaves[i]);

		pause_at(i);
		write_field(writer, v->image, &leaves[i].service, &service, sizeof(service));
	}
}

static bool is_behind(const struct otseg_verify *v, u32 zone, u32 link)
{
	return RECORDS(v, ZONES)[zone].links[link / 64] >> (link % 64) & 1;
}

/* Who may be found across a wire, see struct otseg_img_link. */
static void settle_links(const struct otseg_verify *v, const struct otseg_state_writer *writer)
{
	const struct otseg_img_conduit *conduits = RECORDS(v, CONDUITS);
	const struct otseg_img_link *links = RECORDS(v, LINKS);
	u64 reach[OTSEG_MAX_ZONES / 64];
	u32 i, k;

	for (i = 0; i < COUNT(v, LINKS); i++) {
		u32 peer = links[i].peer_plus1 - 1u;

		if (!links[i].peer_plus1)
			continue;
		memset(reach, 0, sizeof(reach));
		for (k = 0; k < COUNT(v, CONDUITS); k++) {
			u32 from = conduits[k].from, to = conduits[k].to;

			if (!is_enabled(v, k))
				continue;
			if (is_behind(v, from, i) && is_behind(v, to, peer))
				reach[to / 64] |= 1ull << (to % 64);
			if (is_behind(v, to, i) && is_behind(v, from, peer))
				reach[from / 64] |= 1ull << (from % 64);
		}
		cond_resched();
		write_field(writer, v->image, links[i].reach, reach, sizeof(reach));
	}
}

/**
 * otseg_state_settle - make all that depends on the state of conduits follow from it
 * @image: the image; what it is read through may be mapped read-only
 * @island: OTSEG_IMG_ISLAND: island mode is on, 0: it is off
 * @writer: how to write
 *
 * Takes time in proportion to the image. Context: may sleep in the kernel.
 */
void otseg_state_settle(const struct otseg_image *image, u32 island,
			const struct otseg_state_writer *writer)
{
	const u32 flags = (image->flags & ~OTSEG_IMG_ISLAND) | (island & OTSEG_IMG_ISLAND);
	const struct otseg_verify v = { .image = image };

	write_field(writer, image, &image->flags, &flags, sizeof(flags));
	settle_conduits(&v, writer);
	settle_leaves(&v, writer);
	settle_pairs(&v, writer);
	settle_links(&v, writer);
}
