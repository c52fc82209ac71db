/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The datapath as a subject: the BPF object in map-backed test mode, in a network
 * namespace of this process, fed through BPF_PROG_TEST_RUN.
 */
#ifndef DATAPATH_H
#define DATAPATH_H

#include "subject.h"

struct subject *datapath_new(const char *knob);
struct subject *datapath_begin(void);
const void *datapath_table(struct subject *s, const char *map, size_t *len);
void datapath_map_forget(struct subject *s, const char *map, u32 key);
int datapath_change(struct subject *s, u32 ifindex, struct frame *f);
u64 datapath_cost(struct subject *s, u32 ifindex, const struct frame *f, u32 repeat);
int datapath_start(struct subject *s);
u32 datapath_insns(struct subject *s);

#endif /* DATAPATH_H */
