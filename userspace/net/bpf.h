/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The datapath's BPF object: loading it, pinning its maps and programs as one
 * set of the pin folder, and opening a pinned set again.
 */
#ifndef OTSEG_BPF_H
#define OTSEG_BPF_H

#include <stddef.h>

#include "otseg/counters.h"
#include "pin.h"

/**
 * struct otseg_bpf - a pinned set, opened; fds are -1 where not open
 * @xdp: the program that interfaces run
 * @start: the program that starts the sweep of the flow table
 * @policy: map-backed mode: the outer map of the region
 * @counters: map-backed mode: counter blocks
 * @links: struct otseg_link by slot
 * @live: live flows by budget slot
 * @ports: the same interfaces as in @links, to send frames out by; a set of an older
 *	datapath has neither this nor the following ones
 * @table: segments of struct otseg_flow_line
 * @sessions: segments of struct otseg_session
 * @root: struct otseg_root
 */
struct otseg_bpf {
	int xdp;
	int start;
	int policy;
	int counters;
	int links;
	int live;
	int ports;
	int table;
	int sessions;
	int root;
};

/* Nothing is open. */
#define OTSEG_BPF_CLOSED { -1, -1, -1, -1, -1, -1, -1, -1, -1, -1 }

/* What a member of struct otseg_class says; @any: what zero does. */
static inline u32 otseg_class_size(u8 member, u32 any)
{
	u32 size = 1u << (member & ~OTSEG_CLASS_THREE_QUARTERS);

	if (!member)
		return any;
	return member & OTSEG_CLASS_THREE_QUARTERS ? size / 4 * 3 : size;
}

/* What all of it says, in records, and in bytes of the maps. */
static inline u32 otseg_room_image(const struct otseg_class *room)
{
	return otseg_class_size(room->image, OTSEG_IMAGE_MAX);
}

static inline u32 otseg_room_conduits(const struct otseg_class *room)
{
	return otseg_class_size(room->conduits, OTSEG_MAX_CONDUITS);
}

static inline u32 otseg_room_rules(const struct otseg_class *room)
{
	return otseg_class_size(room->rules, OTSEG_MAX_RULES);
}

static inline u32 otseg_room_limiters(const struct otseg_class *room)
{
	return otseg_class_size(room->limiters, OTSEG_MAX_LIMITERS);
}

static inline u32 otseg_room_region(const struct otseg_class *room)
{
	return OTSEG_REGION_IMAGE + otseg_room_image(room) + OTSEG_REGION_TAIL;
}

static inline u32 otseg_room_block(const struct otseg_class *room)
{
	return 8 * (OTSEG_CTR_CONDUIT + otseg_room_conduits(room) * OTSEG_CTR_CONDUIT_LEN +
		    otseg_room_rules(room) * OTSEG_CTR_RULE_LEN);
}

int otseg_bpf_find(char path[OTSEG_PIN_PATH], u8 digest[32]);
int otseg_bpf_create(const struct otseg_pins *pins, u32 set, const char *path,
		     enum otseg_backend_id backend, const struct otseg_class *room, u32 *layout);
int otseg_bpf_region(const struct otseg_class *room);
int otseg_bpf_open(const struct otseg_pins *pins, u32 set, struct otseg_bpf *bpf);
int otseg_bpf_start(const struct otseg_bpf *bpf);
void otseg_bpf_close(struct otseg_bpf *bpf);
u32 otseg_bpf_id(int prog_fd);

#endif /* OTSEG_BPF_H */
