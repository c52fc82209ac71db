/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Network devices as the tool sees them: look-up, and the settings of theirs that
 * the datapath depends on.
 */
#ifndef OTSEG_LINK_H
#define OTSEG_LINK_H

#include <stdbool.h>

#include "otseg/types.h"

#define OTSEG_DEVICE_NAME 16 /* with the closing NUL, as the kernel's IFNAMSIZ */

/**
 * struct otseg_device - a network device that exists
 * @ifindex: its index
 * @name: its name
 * @kind: type of a virtual device ("veth"), empty for hardware
 * @mtu: bytes of a packet that it sends at most
 * @is_up: administratively up
 * @has_carrier: up, and so is what it is connected to
 */
struct otseg_device {
	u32 ifindex;
	char name[OTSEG_DEVICE_NAME];
	char kind[OTSEG_DEVICE_NAME];
	u32 mtu;
	bool is_up;
	bool has_carrier;
};

int otseg_device_find(const char *name, struct otseg_device *device);
int otseg_device_get(u32 ifindex, struct otseg_device *device);
bool otseg_device_has_checksums(const struct otseg_device *device);
bool otseg_device_loses_mark(const struct otseg_device *device);
int otseg_device_expose_vlans(const struct otseg_device *device);
int otseg_device_set_up(const struct otseg_device *device, bool is_up);
int otseg_device_keep_frames(const struct otseg_device *device);

#endif /* OTSEG_LINK_H */
