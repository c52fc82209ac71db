/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The datapath's tables that have as much memory as is needed: arrays of maps of
 * one size, the segments, the first ones of which exist.
 */
#ifndef OTSEG_SEGMENT_H
#define OTSEG_SEGMENT_H

#include <stddef.h>

#include "otseg/types.h"

/**
 * struct otseg_segments - what the segments of one table are like
 * @name: of each, in the kernel
 * @max: segments that the table can have
 * @len: records in each
 * @size: bytes of a record
 */
struct otseg_segments {
	const char *name;
	u32 max;
	u32 len;
	u32 size;
};

extern const struct otseg_segments otseg_flow_segments;
extern const struct otseg_segments otseg_session_segments;

size_t otseg_segments_bytes(const struct otseg_segments *segments, u32 n);
int otseg_segments_add(const struct otseg_segments *segments, int outer, u32 from, u32 to);
int otseg_segments_map(const struct otseg_segments *segments, int outer, u32 n, int protection,
		       void **records);
void otseg_segments_unmap(const struct otseg_segments *segments, void *records, u32 n);

#endif /* OTSEG_SEGMENT_H */
