/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A bench for the inspection of streams: a policy of a few rules, one flow, and
 * segments that are handed to otseg_payload_judge() as the engine does it. It
 * does not decode frames and knows no flow table; both have tests of their own.
 */
#ifndef RIG_H
#define RIG_H

#include "../../bpf/engine/payload.h"

#define RIG_RULES 64
#define RIG_LIST 8

/**
 * struct rig_rule - a rule of the bench's policy
 * @access: OTSEG_ACCESS_*
 * @n_units: used entries of @units
 * @n_functions: of @functions
 * @n_objects: of @objects
 * @n_values: of @values
 * @units: ranges
 * @functions: ranges
 * @objects: ranges of objects
 * @values: ranges
 * @rate_packets: packets a second, bursts of as many
 * @conduit: 0 to 3; see struct rig
 * @flags: OTSEG_RULE_*
 */
struct rig_rule {
	u8 access;
	u8 n_units;
	u8 n_functions;
	u8 n_objects;
	u8 n_values;
	struct otseg_img_range units[RIG_LIST];
	struct otseg_img_range functions[RIG_LIST];
	struct otseg_img_object objects[RIG_LIST];
	struct otseg_img_range values[RIG_LIST];
	u32 rate_packets;
	u32 conduit;
	u32 flags;
};

/**
 * struct rig - the bench
 * @e: surroundings of the code under test
 * @flow: the flow
 * @service: of the flow and of all rules; Modbus, unless set
 * @monitored: the next segments are judged in monitor mode
 * @segment: reason of the last segment
 * @n_observed: messages that were observed
 * @observed: the last one
 *
 * Conduit 0 to 2 are enabled, 3 is not. The flow's leaf is 0: all rules.
 */
struct rig {
	struct otseg_env e;
	struct otseg_flow flow;
	u32 service;
	u32 monitored;
	u32 segment;
	u32 n_observed;
	struct otseg_msg observed;
};

struct rig *rig_new(void);
void rig_reset(struct rig *rig);
void rig_free(struct rig *rig);
void rig_policy(struct rig *rig, const struct rig_rule *rules, u32 n_rules);
void rig_new_generation(struct rig *rig);
void rig_open(struct rig *rig, u32 client_isn, u32 server_isn);
u32 rig_segment(struct rig *rig, u32 dir, u32 flags, u32 seq, u32 ack, const void *bytes, u32 len);
u32 rig_match(struct rig *rig, const void *bytes, u32 len);
struct otseg_session *rig_session(struct rig *rig);
const char *rig_reason(u32 reason);
u32 rig_passes(u32 reason);

#endif /* RIG_H */
