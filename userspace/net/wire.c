// SPDX-License-Identifier: GPL-2.0-only
/*
 * The datapath's hints of where wires lead. A hint that is wrong or missing costs
 * frames and never passes one: the datapath sends a frame only to the interface
 * that the policy it was judged by names.
 */
#include <errno.h>
#include <string.h>

#include "../command.h"
#include "../policy/policy.h"
#include "wire.h"

static const char *end_name(const void *image, const struct otseg_img_wire *wire, u32 end)
{
	return (const char *)OTSEG_IMAGE_RECORDS(image, LINKS)[wire->ends[end]].name;
}

/**
 * otseg_wire_crossing - go through the wires of a policy, direction by direction
 * @image: the policy's image, NULL: no policy
 * @list: attachments
 * @n_list: their number
 * @next: 0 at first; where to go on
 * @crossing: takes the next direction that has both of its ends
 *
 * Return: whether there was one.
 */
bool otseg_wire_crossing(const void *image, const struct otseg_attachment *list, size_t n_list,
			 size_t *next, struct otseg_crossing *crossing)
{
	while (image && *next < 2 * OTSEG_IMAGE_COUNT(image, WIRES)) {
		const struct otseg_img_wire *wire =
			&OTSEG_IMAGE_RECORDS(image, WIRES)[*next / 2];
		u32 end = *next % 2;

		++*next;
		crossing->wire = otseg_image_string(image, wire->name);
		crossing->in = otseg_attach_find(list, n_list, end_name(image, wire, end));
		crossing->out = otseg_attach_find(list, n_list, end_name(image, wire, !end));
		if (crossing->in && crossing->out)
			return true;
	}
	return false;
}

/**
 * otseg_wire_is_at - whether a policy has an interface as the end of a wire
 * @image: the policy's image
 * @role: the policy's name of the interface
 *
 * Return: whether it has.
 */
bool otseg_wire_is_at(const void *image, const char *role)
{
	const struct otseg_img_wire *wires = OTSEG_IMAGE_RECORDS(image, WIRES);
	u32 i;

	for (i = 0; i < 2 * OTSEG_IMAGE_COUNT(image, WIRES); i++) {
		if (!strncmp(end_name(image, &wires[i / 2], i % 2), role, OTSEG_DEVICE_NAME))
			return true;
	}
	return false;
}

/**
 * otseg_wire_warn - tell if frames are lost that are too long for the way out
 * @crossing: a direction of a wire
 *
 * The kernel drops them after the datapath has let them pass, and tells nobody.
 */
void otseg_wire_warn(const struct otseg_crossing *crossing)
{
	const struct otseg_device *in = &crossing->in->device, *out = &crossing->out->device;

	if (in->mtu > out->mtu)
		otseg_error_print("warning: wire %s: %s takes frames that are too long for %s (MTU "
				  "%u and %u): they are lost",
				  crossing->wire, in->name, out->name, in->mtu, out->mtu);
}

/**
 * otseg_wires_are_joined - whether the datapath knows where the wires of a policy lead
 * @image: the policy's image, NULL: no policy
 * @list: the interfaces that the datapath runs on
 * @n_list: their number
 *
 * Return: whether it does, of those that have both of their ends.
 */
bool otseg_wires_are_joined(const void *image, const struct otseg_attachment *list, size_t n_list)
{
	struct otseg_crossing crossing;
	size_t next = 0;

	while (otseg_wire_crossing(image, list, n_list, &next, &crossing)) {
		if (crossing.in->peer != crossing.out->device.ifindex)
			return false;
	}
	return true;
}

/**
 * otseg_wires_write - tell the datapath where the wires of a policy lead
 * @bpf: the set
 * @image: the policy's image, NULL: no policy
 * @list: the interfaces that the datapath runs on
 * @n_list: their number
 * @cut: others lead nowhere; else they stay as they are, for a policy that is still
 *	in force
 *
 * Return: 0 or a negative errno, which has been told.
 */
int otseg_wires_write(const struct otseg_bpf *bpf, const void *image,
		      const struct otseg_attachment *list, size_t n_list, bool cut)
{
	struct otseg_crossing crossing;
	size_t i, next;
	u32 peer;
	int err;

	for (i = 0; i < n_list; i++) {
		if (!list[i].device.name[0])
			continue;
		peer = 0;
		next = 0;
		while (!peer && otseg_wire_crossing(image, list, n_list, &next, &crossing)) {
			if (crossing.in == &list[i])
				peer = crossing.out->device.ifindex;
		}
		if (!peer && !cut)
			continue;
		err = otseg_attach_peer(bpf, &list[i], peer);
		if (err)
			return err;
	}
	return 0;
}
