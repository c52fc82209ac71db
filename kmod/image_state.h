/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The state of conduits in an image: what of it follows from their flags. For the
 * module and for the tool alike.
 */
#ifndef OTSEG_IMAGE_STATE_H
#define OTSEG_IMAGE_STATE_H

#include "../include/otseg/image.h"
#include "../include/uapi/linux/otseg.h"

/**
 * struct otseg_state_writer - how to change an image that is mapped read-only
 * @write: writes @len bytes from @from to byte @at of the image
 * @context: for @write
 */
struct otseg_state_writer {
	void (*write)(void *context, u32 at, const void *from, u32 len);
	void *context;
};

const char *otseg_state_refusal(u32 flags, enum otseg_conduit_change change);
u32 otseg_state_next(u32 flags, enum otseg_conduit_change change);
u32 otseg_state_find(const struct otseg_image *image, const char *name);
int otseg_state_is_plain(const struct otseg_image *image);
int otseg_state_is_part(const struct otseg_image *image, u32 from, u32 to);
void otseg_state_set(const struct otseg_image *image, u32 conduit, u32 state,
		     const struct otseg_state_writer *writer);
void otseg_state_settle(const struct otseg_image *image, u32 island,
			const struct otseg_state_writer *writer);

#endif /* OTSEG_IMAGE_STATE_H */
