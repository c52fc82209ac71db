/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Waiting for the edges of windows, by the time of day.
 */
#ifndef OTSEG_WINDOW_H
#define OTSEG_WINDOW_H

#include <linux/types.h>

#include "../include/otseg/image.h"

struct otseg_state_writer;

void otseg_window_init(void);
void otseg_window_exit(void);
void otseg_window_write(const struct otseg_image *image, const struct otseg_state_writer *writer);
void otseg_window_follow(const struct otseg_image *image);
bool otseg_window_is_due(const struct otseg_image *image);

#endif /* OTSEG_WINDOW_H */
