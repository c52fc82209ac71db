// SPDX-License-Identifier: GPL-2.0-only
/*
 * The ring of events, read by polling: the datapath wakes nobody up, so that what it does
 * for a frame does not depend on whether somebody listens. A ring has one reader at
 * a time, which holds the lock of the folder's "links".
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "../command.h"
#include "ring.h"

/**
 * struct otseg_ring - a ring that is being read
 * @buffer: the reader
 * @map: its map
 * @lock: the lock
 * @handle: told of each event
 * @data: passed to it
 */
struct otseg_ring {
	struct ring_buffer *buffer;
	int map;
	int lock;
	otseg_ring_fn handle;
	void *data;
};

static int record_handle(void *data, void *record, size_t len)
{
	struct otseg_ring *ring = data;

	/* A datapath of another version is not loaded; see OTSEG_STATE_LAYOUT. */
	if (len != sizeof(struct otseg_event))
		return -EPROTO;
	return ring->handle(ring->data, record);
}

static int lock_take(struct otseg_ring *ring, const struct otseg_pins *pins)
{
	char path[OTSEG_PIN_PATH];
	int err = otseg_pins_path(pins, path, "links");

	if (err)
		return err;
	ring->lock = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (ring->lock < 0)
		return -errno;
	if (flock(ring->lock, LOCK_EX | LOCK_NB))
		return errno == EWOULDBLOCK ? -EBUSY : -errno;
	return 0;
}

static int map_open(struct otseg_ring *ring, const struct otseg_pins *pins)
{
	char path[OTSEG_PIN_PATH];
	int err = otseg_pins_path(pins, path, "set%u/otseg_events", pins->state.set);

	if (err)
		return err;
	ring->map = bpf_obj_get(path);
	if (ring->map < 0)
		return -errno;
	ring->buffer = ring_buffer__new(ring->map, record_handle, ring, NULL);
	return ring->buffer ? 0 : -errno;
}

/**
 * otseg_ring_open - begin to read the events of the datapath in use
 * @pins: the folder
 * @handle: told of each event
 * @data: passed to it
 * @ring: takes the ring; otseg_ring_close() it
 *
 * Return: 0; -EBUSY if somebody reads them already; another negative errno. Told.
 */
int otseg_ring_open(const struct otseg_pins *pins, otseg_ring_fn handle, void *data,
		    struct otseg_ring **ring)
{
	struct otseg_ring *new = calloc(1, sizeof(*new));
	int err;

	if (!new)
		return -ENOMEM;
	new->map = -1;
	new->lock = -1;
	new->handle = handle;
	new->data = data;
	err = lock_take(new, pins);
	if (!err)
		err = map_open(new, pins);
	if (err) {
		otseg_error_print("events: %s", err == -EBUSY ? "another otseg reads them" :
								strerror(-err));
		otseg_ring_close(new);
		return err;
	}
	*ring = new;
	return 0;
}

/**
 * otseg_ring_read - handle the events that wait
 * @ring: the ring
 *
 * Return: their number, or what the handler returned if it was negative.
 */
int otseg_ring_read(struct otseg_ring *ring)
{
	return ring_buffer__consume(ring->buffer);
}

/**
 * otseg_ring_close - end reading
 * @ring: the ring, or NULL
 */
void otseg_ring_close(struct otseg_ring *ring)
{
	if (!ring)
		return;
	ring_buffer__free(ring->buffer);
	if (ring->map >= 0)
		close(ring->map);
	if (ring->lock >= 0)
		close(ring->lock);
	free(ring);
}
