/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Wires of a policy on the devices of this host: which attached interface is the
 * other end of which.
 */
#ifndef OTSEG_NET_WIRE_H
#define OTSEG_NET_WIRE_H

#include "attach.h"

/**
 * struct otseg_crossing - one direction of a wire both of whose ends are attached
 * @wire: the wire's name
 * @in: where frames come in
 * @out: where they leave
 */
struct otseg_crossing {
	const char *wire;
	const struct otseg_attachment *in;
	const struct otseg_attachment *out;
};

bool otseg_wire_crossing(const void *image, const struct otseg_attachment *list, size_t n_list,
			 size_t *next, struct otseg_crossing *crossing);
bool otseg_wire_is_at(const void *image, const char *role);
void otseg_wire_warn(const struct otseg_crossing *crossing);
bool otseg_wires_are_joined(const void *image, const struct otseg_attachment *list, size_t n_list);
int otseg_wires_write(const struct otseg_bpf *bpf, const void *image,
		      const struct otseg_attachment *list, size_t n_list, bool cut);

#endif /* OTSEG_NET_WIRE_H */
