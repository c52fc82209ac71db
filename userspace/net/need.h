/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How much kernel memory a policy needs, and giving it to the datapath.
 */
#ifndef OTSEG_NEED_H
#define OTSEG_NEED_H

#include <stdbool.h>

#include "bpf.h"
#include "pin.h"

/**
 * struct otseg_need - what a policy needs
 * @room: map-backed mode: for the policy and its counters
 * @flow_steps: size of the flow table, see OTSEG_TABLE_FULL
 * @sessions: segments of sessions
 */
struct otseg_need {
	struct otseg_class room;
	u32 flow_steps;
	u32 sessions;
};

/**
 * struct otseg_provided - what a datapath has
 * @flows: live flows that there are places for
 * @sessions: inspected connections that there are places for
 * @bytes: of kernel memory, for both
 */
struct otseg_provided {
	u32 flows;
	u32 sessions;
	u64 bytes;
};

void otseg_need_of(const void *image, struct otseg_need *need);
void otseg_room_join(struct otseg_class *room, const struct otseg_class *other);
int otseg_need_provide(const struct otseg_bpf *bpf, const struct otseg_need *need, bool is_empty);
int otseg_need_provided(const struct otseg_bpf *bpf, struct otseg_provided *provided);

#endif /* OTSEG_NEED_H */
