/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The one judge of policy images, for the module and for the tool alike.
 */
#ifndef OTSEG_IMAGE_VERIFY_H
#define OTSEG_IMAGE_VERIFY_H

#include "../include/otseg/image.h"

int otseg_image_verify(const void *image, size_t size, char *why, size_t why_len);

#endif /* OTSEG_IMAGE_VERIFY_H */
