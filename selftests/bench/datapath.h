/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The datapath under measurement: the BPF object in map-backed mode with one
 * policy image, as this process alone sees it. Nothing of it is pinned.
 */
#ifndef OTSEG_BENCH_DATAPATH_H
#define OTSEG_BENCH_DATAPATH_H

#include "../../include/otseg/reason.h"
#include "../../include/otseg/types.h"

#include <stdbool.h>

#define OTSEG_BENCH_CHECKSUMS 0x1 /* OTSEG_LINK_CHECKSUMS of the datapath */

struct bpf_object;

/**
 * struct otseg_bench_datapath - a loaded datapath
 * @object: the BPF object
 * @prog: its XDP program
 * @flags: BPF_F_* that the program was loaded with
 * @slot: which of the two counter sets it counts in
 * @block: room for a counter block, for otseg_bench_datapath_reasons()
 */
struct otseg_bench_datapath {
	struct bpf_object *object;
	int prog;
	u32 flags;
	u32 slot;
	u64 *block;
};

int otseg_bench_datapath_open(struct otseg_bench_datapath *dp, const char *object,
			      const char *image, bool recurs);
void otseg_bench_datapath_close(struct otseg_bench_datapath *dp);
int otseg_bench_datapath_link(struct otseg_bench_datapath *dp, unsigned int ifindex,
			      const char *name, u32 flags);
int otseg_bench_datapath_forget(struct otseg_bench_datapath *dp);
int otseg_bench_datapath_reasons(struct otseg_bench_datapath *dp, u64 reasons[OTSEG_R_MAX]);

#endif /* OTSEG_BENCH_DATAPATH_H */
