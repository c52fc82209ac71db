/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The datapath's root (struct otseg_root), mapped.
 */
#ifndef OTSEG_ROOT_H
#define OTSEG_ROOT_H

#include "bpf.h"

struct otseg_root;

int otseg_root_map(const struct otseg_bpf *bpf, int protection, struct otseg_root **root);
void otseg_root_unmap(struct otseg_root *root);

#endif /* OTSEG_ROOT_H */
