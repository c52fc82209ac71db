/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Reading the events that the datapath tells of refused frames.
 */
#ifndef OTSEG_RING_H
#define OTSEG_RING_H

#include "otseg/event.h"
#include "pin.h"

struct otseg_ring;

/* Handles one event. Return: 0, or a negative number to stop reading after it. */
typedef int (*otseg_ring_fn)(void *data, const struct otseg_event *event);

int otseg_ring_open(const struct otseg_pins *pins, otseg_ring_fn handle, void *data,
		    struct otseg_ring **ring);
int otseg_ring_read(struct otseg_ring *ring);
void otseg_ring_close(struct otseg_ring *ring);

#endif /* OTSEG_RING_H */
