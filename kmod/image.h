/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Access to the sections of a verified image. Nothing here checks anything:
 * otseg_image_verify() has.
 */
#ifndef OTSEG_KMOD_IMAGE_H
#define OTSEG_KMOD_IMAGE_H

#include "../include/otseg/image.h"

static inline const void *otseg_image_section(const struct otseg_image *image,
					      enum otseg_section_id id)
{
	return (const u8 *)image + image->sec[id].off;
}

static inline const char *otseg_image_string(const struct otseg_image *image, u32 off)
{
	return (const char *)otseg_image_section(image, OTSEG_SEC_STRINGS) + off;
}

static inline const struct otseg_img_link *otseg_image_link(const struct otseg_image *image,
							    u32 index)
{
	return (const struct otseg_img_link *)otseg_image_section(image, OTSEG_SEC_LINKS) + index;
}

static inline const struct otseg_img_zone *otseg_image_zone(const struct otseg_image *image,
							    u32 index)
{
	return (const struct otseg_img_zone *)otseg_image_section(image, OTSEG_SEC_ZONES) + index;
}

static inline const struct otseg_img_conduit *otseg_image_conduit(const struct otseg_image *image,
								  u32 index)
{
	const struct otseg_img_conduit *conduits;

	conduits = otseg_image_section(image, OTSEG_SEC_CONDUITS);
	return conduits + index;
}

static inline const struct otseg_img_rule *otseg_image_rule(const struct otseg_image *image,
							    u32 index)
{
	return (const struct otseg_img_rule *)otseg_image_section(image, OTSEG_SEC_RULES) + index;
}

#endif /* OTSEG_KMOD_IMAGE_H */
