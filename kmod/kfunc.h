/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The kernel functions of the XDP program. Declared here for the compiler; the
 * program finds them through BTF.
 */
#ifndef OTSEG_KFUNC_H
#define OTSEG_KFUNC_H

#include <linux/types.h>

struct xdp_md;

const u8 *bpf_otseg_policy(struct xdp_md *ctx, const size_t rdonly_buf_size);
u64 *bpf_otseg_counters(struct xdp_md *ctx, u32 generation, const size_t rdwr_buf_size);

int otseg_kfunc_init(void);

#endif /* OTSEG_KFUNC_H */
