/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The mark that the datapath leaves in front of a frame it passes to the host
 * (XDP metadata), and that the guard asks for. It is the same for all frames of
 * a generation, because the stack does not merge frames whose marks differ.
 */
#ifndef OTSEG_MARK_H
#define OTSEG_MARK_H

#include "types.h"

#define OTSEG_MARK_MAGIC 0x4b52414d /* "MARK" */

/**
 * struct otseg_mark - the mark, right before the frame's first byte
 * @magic: OTSEG_MARK_MAGIC
 * @generation: of the policy that passed the frame
 */
struct otseg_mark {
	u32 magic;
	u32 generation;
};

#endif /* OTSEG_MARK_H */
