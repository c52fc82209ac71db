/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Counters across a change of policy: what keeps its name keeps its counters.
 */
#ifndef OTSEG_CARRY_H
#define OTSEG_CARRY_H

#include "otseg/types.h"

int otseg_carry_move(const void *old_image, const u64 *old_block, const void *new_image,
		     u64 *new_block);

#endif /* OTSEG_CARRY_H */
