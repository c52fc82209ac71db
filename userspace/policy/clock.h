/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Time zones, written out for an image.
 */
#ifndef OTSEG_POLICY_CLOCK_H
#define OTSEG_POLICY_CLOCK_H

#include "model.h"

#define OTSEG_CLOCK_SHIFTS_MAX 256 /* of one time zone */

int otseg_clock_read(struct otseg_arena *arena, const char *name, struct otseg_clock *clock);

#endif /* OTSEG_POLICY_CLOCK_H */
