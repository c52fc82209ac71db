/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the drivers of devices can do with XDP.
 */
#ifndef OTSEG_NETDEV_H
#define OTSEG_NETDEV_H

#include <stdbool.h>

#include "otseg/types.h"

bool otseg_netdev_takes_frames(u32 ifindex);

#endif /* OTSEG_NETDEV_H */
