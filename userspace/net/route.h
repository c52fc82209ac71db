/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Route mode on the devices of this host: which interfaces are in it, and which of
 * them cannot send what others redirect to them.
 */
#ifndef OTSEG_NET_ROUTE_H
#define OTSEG_NET_ROUTE_H

#include "attach.h"

bool otseg_route_is_at(const void *image, const char *role);
void otseg_route_warn(const void *image, const struct otseg_attachment *list, size_t n_list,
		      const struct otseg_attachment *out);

#endif /* OTSEG_NET_ROUTE_H */
