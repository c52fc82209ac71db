// SPDX-License-Identifier: GPL-2.0-only
/*
 * Route mode needs nothing from the tool to be right: the datapath itself sees
 * whether a device can send a frame, and leaves it to the host where not. What is
 * here says so to whoever expects it to be fast.
 */
#include <string.h>

#include "../command.h"
#include "../policy/policy.h"
#include "netdev.h"
#include "route.h"

/**
 * otseg_route_is_at - whether a policy has an interface in route mode
 * @image: the policy's image
 * @role: the policy's name of the interface
 *
 * Return: whether it has.
 */
bool otseg_route_is_at(const void *image, const char *role)
{
	const struct otseg_img_link *links = OTSEG_IMAGE_RECORDS(image, LINKS);
	u32 i;

	for (i = 0; i < OTSEG_IMAGE_COUNT(image, LINKS); i++) {
		if (links[i].mode == OTSEG_MODE_ROUTE &&
		    !strncmp((const char *)links[i].name, role, sizeof(links[i].name)))
			return true;
	}
	return false;
}

/**
 * otseg_route_warn - tell if the host routes what should leave by an interface
 * @image: the policy's image
 * @list: attachments
 * @n_list: their number
 * @out: the interface, one of them
 *
 * It does if some frames in route mode come in by native XDP and the driver of the
 * interface does not send what that redirects.
 */
void otseg_route_warn(const void *image, const struct otseg_attachment *list, size_t n_list,
		      const struct otseg_attachment *out)
{
	size_t i;

	if (!out->device.name[0] || !otseg_route_is_at(image, out->role))
		return;
	for (i = 0; i < n_list; i++) {
		if (&list[i] != out && list[i].device.name[0] &&
		    list[i].mode == OTSEG_ATTACH_NATIVE && otseg_route_is_at(image, list[i].role))
			break;
	}
	if (i < n_list && !otseg_netdev_takes_frames(out->device.ifindex))
		otseg_error_print("warning: what leaves by %s is routed by the host: its driver "
				  "sends no frames of native XDP",
				  out->device.name);
}
