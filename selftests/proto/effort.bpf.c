// SPDX-License-Identifier: GPL-2.0-only
/*
 * A program that only asks the inspector of OTSEG_EFFORT_SERVICE, built for each of
 * them: what the verifier has to do for it is what it has to do for the inspector.
 */
#include <linux/bpf.h>

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

#include "../../bpf/engine/env.h"
#include "../../bpf/engine/inspect.h"

char _license[] SEC("license") = "GPL";

struct effort_question {
	struct otseg_pdu pdu;
	struct otseg_msg msg;
	u32 have;
	u32 dir;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct effort_question);
} effort_map SEC(".maps");

/* maps.h wants them. */
#define STAGE(name)                  \
	SEC("xdp")                   \
	int name(struct xdp_md *ctx) \
	{                            \
		(void)ctx;           \
		return XDP_ABORTED;  \
	}

STAGE(otseg_xdp)
STAGE(otseg_long)
STAGE(otseg_open)
STAGE(otseg_stream)
STAGE(otseg_judge)
STAGE(otseg_deny)

SEC("xdp")
int effort(struct xdp_md *ctx)
{
	struct effort_question *question;
	u32 zero = 0;

	(void)ctx;
	question = bpf_map_lookup_elem(&effort_map, &zero);
	if (!question)
		return XDP_ABORTED;
	return (int)otseg_inspect_pdu(OTSEG_EFFORT_SERVICE, &question->pdu, question->have,
				      question->dir, &question->msg);
}
