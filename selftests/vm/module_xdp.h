/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the XDP program of the module tests and its map are made of.
 */
#ifndef OTSEG_TEST_MODULE_XDP_H
#define OTSEG_TEST_MODULE_XDP_H

#define MARK_RIGHT 1 /* of the generation it was handed */
#define MARK_WRONG_MAGIC 2
#define MARK_OLD 3 /* of the generation before */
#define MARK_ANCIENT 4 /* two generations back */
#define MARK_LONG 5 /* right, but with four bytes too many */

/**
 * struct module_config - what the program does with a frame
 * @mark: MARK_*, 0: none
 * @is_counting: add 1 to a counter
 * @counter: which one, by parity of the generation
 * @delay_us: take this long between asking for the policy and counting
 */
struct module_config {
	__u32 mark;
	__u32 is_counting;
	__u32 counter[2];
	__u32 delay_us;
};

/**
 * struct module_result - what the program saw
 * @frames: frames counted
 * @no_counters: frames for which there was no counter block
 * @has_region: the module handed out a region
 * @generation: the region's
 * @image_magic: first word of the image
 * @tail: last word of the region
 * @has_wrong_size: a kfunc accepted a size that it must not accept
 * @has_unknown: there are counters of a generation that does not exist
 */
struct module_result {
	__u64 frames;
	__u64 no_counters;
	__u32 has_region;
	__u32 generation;
	__u32 image_magic;
	__u32 tail;
	__u32 has_wrong_size;
	__u32 has_unknown;
};

#endif /* OTSEG_TEST_MODULE_XDP_H */
