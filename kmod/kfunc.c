// SPDX-License-Identifier: GPL-2.0-only
/*
 * The functions that the XDP program calls: they hand out the active policy and
 * this processor's counters. Softirq, no lock, no allocation.
 *
 * A loaded program that uses them pins the module.
 */
#include <linux/bpf.h>
#include <linux/btf.h>
#include <linux/btf_ids.h>
#include <linux/module.h>

#include "kfunc.h"
#include "policy.h"

__bpf_kfunc_start_defs();

/**
 * bpf_otseg_policy - hand out the region of the active policy
 * @ctx: the frame, not looked at
 * @rdonly_buf_size: must be OTSEG_REGION_SIZE
 *
 * Context: an XDP program. Good until the program returns.
 * Return: the region; NULL if no policy is active or the size is another one.
 */
__bpf_kfunc const u8 *bpf_otseg_policy(struct xdp_md *ctx, const size_t rdonly_buf_size)
{
	if (rdonly_buf_size != OTSEG_REGION_SIZE)
		return NULL;
	return otseg_policy_active()->region.addr;
}

/**
 * bpf_otseg_counters - hand out this processor's counters of a generation
 * @ctx: the frame, not looked at
 * @generation: of the policy that this frame was held against; 0: none is active
 * @rdwr_buf_size: must be OTSEG_CTR_SIZE
 *
 * Context: an XDP program. Good until the program returns.
 * Return: the block; NULL if the generation is gone or the size is another one.
 */
__bpf_kfunc u64 *bpf_otseg_counters(struct xdp_md *ctx, u32 generation, const size_t rdwr_buf_size)
{
	if (rdwr_buf_size != OTSEG_CTR_SIZE)
		return NULL;
	return otseg_counters_block(otseg_policy_active()->counters, generation);
}

__bpf_kfunc_end_defs();

BTF_KFUNCS_START(otseg_kfunc_ids)
BTF_ID_FLAGS(func, bpf_otseg_policy, KF_RET_NULL)
BTF_ID_FLAGS(func, bpf_otseg_counters, KF_RET_NULL)
BTF_KFUNCS_END(otseg_kfunc_ids)

static const struct btf_kfunc_id_set otseg_kfuncs = {
	.owner = THIS_MODULE,
	.set = &otseg_kfunc_ids,
};

/**
 * struct otseg_probe_ids - struct btf_id_set8 with room for one function
 * @cnt: functions
 * @flags: BTF_SET8_KFUNCS
 * @pair: the function's BTF id and flags
 */
struct otseg_probe_ids {
	u32 cnt;
	u32 flags;
	struct {
		u32 id;
		u32 flags;
	} pair;
};

/*
 * Whether the kernel has taken this module's BTF. Registration succeeds without
 * it, and the functions then silently do not exist. What tells is a set that
 * cannot be valid (type 0 is no function): with BTF it is refused, without it
 * nobody looks.
 */
static bool __init has_btf(void)
{
	static struct otseg_probe_ids ids = {
		.cnt = 1,
		.flags = BTF_SET8_KFUNCS,
	};
	static const struct btf_kfunc_id_set probe = {
		.owner = THIS_MODULE,
		.set = (struct btf_id_set8 *)&ids,
	};

	return register_btf_kfunc_id_set(BPF_PROG_TYPE_XDP, &probe) != 0;
}

/**
 * otseg_kfunc_init - offer the functions to XDP programs
 *
 * They go when the module goes; there is nothing to undo.
 *
 * Return: 0; -ENOPKG if the module has no BTF, or what the registration returned.
 */
int __init otseg_kfunc_init(void)
{
	if (!has_btf()) {
		pr_err("the kernel has no BTF of this module, XDP programs could not use it\n");
		pr_err("build it against headers that contain vmlinux, with pahole installed, for exactly this kernel\n");
		return -ENOPKG;
	}
	return register_btf_kfunc_id_set(BPF_PROG_TYPE_XDP, &otseg_kfuncs);
}
