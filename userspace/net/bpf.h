/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The datapath's BPF object: loading it, pinning its maps and programs as one
 * set of the pin folder, and opening a pinned set again.
 */
#ifndef OTSEG_BPF_H
#define OTSEG_BPF_H

#include <stddef.h>

#include "otseg/types.h"
#include "pin.h"

/**
 * struct otseg_bpf - a pinned set, opened; fds are -1 where not open
 * @xdp: the program that interfaces run
 * @start: the program that starts the sweep of the flow table
 * @policy: map-backed mode: the outer map of the region
 * @counters: map-backed mode: counter blocks
 * @links: struct otseg_link by slot
 * @ports: the same interfaces, to send frames out by; a set of an older datapath
 *	has none
 * @buckets: struct otseg_flow_bucket
 * @flows: struct otseg_flow
 * @live: live flows by budget slot
 */
struct otseg_bpf {
	int xdp;
	int start;
	int policy;
	int counters;
	int links;
	int ports;
	int buckets;
	int flows;
	int live;
};

/* Nothing is open. */
#define OTSEG_BPF_CLOSED { -1, -1, -1, -1, -1, -1, -1, -1, -1 }

int otseg_bpf_find(char path[OTSEG_PIN_PATH], u8 digest[32]);
int otseg_bpf_create(const struct otseg_pins *pins, u32 set, const char *path,
		     enum otseg_backend_id backend, u32 *layout);
int otseg_bpf_open(const struct otseg_pins *pins, u32 set, struct otseg_bpf *bpf);
int otseg_bpf_start(const struct otseg_bpf *bpf);
void otseg_bpf_close(struct otseg_bpf *bpf);
u32 otseg_bpf_id(int prog_fd);

#endif /* OTSEG_BPF_H */
