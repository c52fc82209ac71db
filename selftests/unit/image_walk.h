/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The look-ups that the datapath does in an image, written a second time and as
 * plainly as possible, with its bounds on every loop as assertions.
 */
#ifndef OTSEG_SELFTEST_IMAGE_WALK_H
#define OTSEG_SELFTEST_IMAGE_WALK_H

#include "userspace/policy/policy.h"

u32 image_walk_class4(const void *image, u32 address);
u32 image_walk_class6(const void *image, u64 hi, u64 lo);
u32 image_walk_link(const void *image, const char name[16], u32 vlan);
bool image_walk_mac(const void *image, const u8 mac[6], u32 zone);
const struct otseg_img_leaf *image_walk_leaf(const void *image, u32 src_class, u32 dst_class,
					     u32 selector);
u64 image_walk_all(const void *image);

#endif /* OTSEG_SELFTEST_IMAGE_WALK_H */
