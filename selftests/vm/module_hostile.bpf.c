// SPDX-License-Identifier: GPL-2.0-only
/*
 * A program that no kernel may accept: it writes to the policy.
 */
#include <linux/bpf.h>
#include <stddef.h>

#include <bpf/bpf_helpers.h>

#include "otseg/image.h"

extern __u8 *bpf_otseg_policy(struct xdp_md *ctx, const size_t rdonly_buf_size) __ksym;

SEC("xdp")
int module_hostile(struct xdp_md *ctx)
{
	__u8 *region = bpf_otseg_policy(ctx, OTSEG_REGION_SIZE);

	if (region)
		region[OTSEG_REGION_IMAGE] = 0;
	return XDP_PASS;
}

const char module_license[] SEC("license") = "GPL";
