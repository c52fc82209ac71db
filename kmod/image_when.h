/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The windows of conduits: which ones the time of day is in, and when that changes. For the
 * module and for the tool alike.
 */
#ifndef OTSEG_IMAGE_WHEN_H
#define OTSEG_IMAGE_WHEN_H

#include "../include/otseg/image.h"

#define OTSEG_NEVER (~0ull)

const struct otseg_img_shift *otseg_when_shift(const struct otseg_image *image, u32 clock, u64 now);
u32 otseg_when_next_conduit(const struct otseg_image *image, u32 *at, u64 now, u32 *within);
u64 otseg_when_next_edge(const struct otseg_image *image, u32 first, u32 n, u64 now);

#endif /* OTSEG_IMAGE_WHEN_H */
