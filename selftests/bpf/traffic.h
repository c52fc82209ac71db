/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Random traffic with a memory: conversations of TCP, Modbus, UDP, ICMP, ARP and
 * neighbour discovery that mostly behave, are segmented, repeated and closed like
 * real ones, and now and then are spoiled, spoofed or cut. The same seed gives the
 * same frames.
 */
#ifndef TRAFFIC_H
#define TRAFFIC_H

#include "frames.h"

#define TRAFFIC_POLICIES 4

struct traffic;

/**
 * struct traffic_event - the next frame
 * @link: which of the interfaces it comes in by, 0 to SUBJECT_LINKS - 1
 * @later_ns: time that has passed since the last one
 * @frame: the frame
 */
struct traffic_event {
	u32 link;
	u64 later_ns;
	struct frame frame;
};

/* Policies that the traffic is about. */
extern const char *const traffic_policy[TRAFFIC_POLICIES];

struct traffic *traffic_new(u64 seed);
void traffic_next(struct traffic *t, struct traffic_event *event);
void traffic_dropped(struct traffic *t);
void traffic_free(struct traffic *t);

#endif /* TRAFFIC_H */
