// SPDX-License-Identifier: GPL-2.0-only
/*
 * The state of conduits in an image that is the tool's own. What follows from it is in the
 * module's own text, built for the tool.
 */
#include <stdlib.h>

#include "../../kmod/image_state.c"
#include "policy.h"

static void write_bytes(void *image, u32 at, const void *from, u32 len)
{
	memcpy((u8 *)image + at, from, len);
}

/**
 * otseg_image_plain - take the state of conduits off an image
 * @image: a verified image, which can be written to
 */
void otseg_image_plain(void *image)
{
	const struct otseg_state_writer writer = { write_bytes, image };
	u32 i;

	for (i = 0; i < OTSEG_IMAGE_COUNT(image, CONDUITS); i++)
		otseg_state_set(image, i, 0, &writer);
	otseg_state_settle(image, 0, &writer);
}

/**
 * otseg_image_change - change the state of a conduit, or island mode
 * @image: a verified image, which can be written to
 * @conduit: index of the conduit; not looked at for island mode
 * @change: what otseg_state_refusal() has no refusal for
 */
void otseg_image_change(void *image, u32 conduit, enum otseg_conduit_change change)
{
	const struct otseg_img_conduit *conduits = OTSEG_IMAGE_RECORDS(image, CONDUITS);
	const struct otseg_state_writer writer = { write_bytes, image };
	u32 island = ((const struct otseg_image *)image)->flags & OTSEG_IMG_ISLAND;

	if (change == OTSEG_CONDUIT_CHANGE_ISLAND_ON)
		island = OTSEG_IMG_ISLAND;
	else if (change == OTSEG_CONDUIT_CHANGE_ISLAND_OFF)
		island = 0;
	else
		otseg_state_set(image, conduit, otseg_state_next(conduits[conduit].flags, change),
				&writer);
	otseg_state_settle(image, island, &writer);
}

/**
 * otseg_image_close - say that a conduit is disabled by hand
 * @image: a verified image, which can be written to
 * @conduit: index of the conduit
 *
 * Also of one that the policy disables: that stays, and the policy that follows may enable it.
 */
void otseg_image_close(void *image, u32 conduit)
{
	const struct otseg_img_conduit *conduits = OTSEG_IMAGE_RECORDS(image, CONDUITS);
	const struct otseg_state_writer writer = { write_bytes, image };

	otseg_state_set(image, conduit, conduits[conduit].flags | OTSEG_CONDUIT_CLOSED, &writer);
	otseg_image_settle(image);
}

/**
 * otseg_image_inherit - give a policy the state that stays when another one follows
 * @image: the image of the policy to come, plain, which can be written to
 * @before: that of the policy in force
 *
 * What closes stays, for conduits of the same name: those disabled by hand, and island
 * mode. What was enabled by hand ends.
 */
void otseg_image_inherit(void *image, const void *before)
{
	const struct otseg_img_conduit *conduits = OTSEG_IMAGE_RECORDS(before, CONDUITS);
	const struct otseg_state_writer writer = { write_bytes, image };
	u32 i, at;

	for (i = 0; i < OTSEG_IMAGE_COUNT(before, CONDUITS); i++) {
		if (!(conduits[i].flags & OTSEG_CONDUIT_CLOSED))
			continue;
		at = otseg_state_find(image, otseg_image_string(before, conduits[i].name));
		if (at != OTSEG_NONE32)
			otseg_state_set(image, at, OTSEG_CONDUIT_CLOSED, &writer);
	}
	otseg_state_settle(image, ((const struct otseg_image *)before)->flags, &writer);
}

/**
 * otseg_image_within - say whether a conduit with windows is within one
 * @image: a verified image, which can be written to; otseg_image_settle() has to follow
 * @conduit: index of the conduit
 * @is_within: what to say
 */
void otseg_image_within(void *image, u32 conduit, bool is_within)
{
	const struct otseg_img_conduit *conduits = OTSEG_IMAGE_RECORDS(image, CONDUITS);
	const struct otseg_state_writer writer = { write_bytes, image };
	u32 state = conduits[conduit].flags & ~OTSEG_CONDUIT_WITHIN;

	otseg_state_set(image, conduit, is_within ? state | OTSEG_CONDUIT_WITHIN : state, &writer);
}

/**
 * otseg_image_settle - make all that depends on the state of conduits follow from it
 * @image: a verified image, which can be written to
 */
void otseg_image_settle(void *image)
{
	const struct otseg_state_writer writer = { write_bytes, image };

	otseg_state_settle(image, ((const struct otseg_image *)image)->flags, &writer);
}

/**
 * otseg_image_is_by_hand - whether an image bears a state that somebody has given it
 * @image: a verified image
 *
 * Return: whether it does; the windows that the time of day is in are nobody's doing.
 */
bool otseg_image_is_by_hand(const void *image)
{
	const struct otseg_img_conduit *conduits = OTSEG_IMAGE_RECORDS(image, CONDUITS);
	u32 i;

	for (i = 0; i < OTSEG_IMAGE_COUNT(image, CONDUITS); i++)
		if (conduits[i].flags & OTSEG_CONDUIT_STATE & ~OTSEG_CONDUIT_WITHIN)
			return true;
	return otseg_image_is_island(image);
}
