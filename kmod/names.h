/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Index of the names of an image: what a record is called decides whether it is
 * the same thing as a record of the image before.
 */
#ifndef OTSEG_NAMES_H
#define OTSEG_NAMES_H

#include "counters.h"
#include "image.h"

struct otseg_names;

struct otseg_names *otseg_names_create(const struct otseg_image *image, char *why, size_t why_len);
void otseg_names_destroy(struct otseg_names *names);
void otseg_names_map(const struct otseg_names *from, const struct otseg_names *to,
		     struct otseg_carry *carry);

#endif /* OTSEG_NAMES_H */
