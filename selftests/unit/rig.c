// SPDX-License-Identifier: GPL-2.0-only
/*
 * The bench of rig.h: builds the sections of a policy image that the inspection
 * of streams reads, and the tables of a userspace world.
 */
#include <stdlib.h>

#include "rig.h"

#define CONDUITS_AT 4096
#define LEAVES_AT 8192
#define LEAF_RULES_AT 12288
#define RULES_AT 16384
#define RANGES_AT 65536
#define OBJECTS_AT 131072

static void section(struct otseg_image *image, enum otseg_section_id id, u32 off, u32 count)
{
	image->sec[id].off = off;
	image->sec[id].count = count;
}

static void observe(void *observer, const struct otseg_msg *msg,
		    const struct otseg_verdict *verdict)
{
	struct rig *rig = observer;

	(void)verdict;
	rig->observed = *msg;
	rig->n_observed++;
}

/**
 * rig_new - make a bench without a policy
 *
 * Return: the bench; it ends the program if there is no memory.
 */
struct rig *rig_new(void)
{
	struct rig *rig = calloc(1, sizeof(*rig));
	struct otseg_world *w = calloc(1, sizeof(*w));

	if (!rig || !w)
		abort();
	w->lines = calloc(OTSEG_FLOW_BUCKETS, sizeof(*w->lines));
	w->sessions = calloc(OTSEG_SESSIONS, sizeof(*w->sessions));
	w->limits = calloc(OTSEG_LIMITERS, sizeof(*w->limits));
	w->root.table = OTSEG_TABLE_FULL;
	w->root.sessions = OTSEG_SESSIONS;
	w->observe = observe;
	w->observer = rig;
	rig->e.world = w;
	rig->e.s = calloc(1, sizeof(*rig->e.s));
	rig->e.counters = calloc(1, OTSEG_CTR_SIZE);
	rig->e.image = calloc(1, OTSEG_IMAGE_MAX + OTSEG_REGION_TAIL);
	if (!w->lines || !w->sessions || !w->limits || !rig->e.s || !rig->e.counters ||
	    !rig->e.image)
		abort();
	rig->service = OTSEG_SVC_MODBUS;
	rig_reset(rig);
	return rig;
}

/**
 * rig_reset - forget the flow and what was counted for the bench's rules
 * @rig: the bench
 */
void rig_reset(struct rig *rig)
{
	struct otseg_world *w = rig->e.world;

	if (rig->flow.session)
		memset(rig_session(rig), 0, sizeof(struct otseg_session));
	memset(&rig->flow, 0, sizeof(rig->flow));
	memset(&w->lines[0], 0, sizeof(w->lines[0]));
	memset(w->limits, 0, RIG_RULES * sizeof(*w->limits));
	memset(w->limits + OTSEG_MAX_LIMITERS, 0, RIG_RULES * sizeof(*w->limits));
	memset(rig->e.counters + OTSEG_CTR_RULE, 0, RIG_RULES * OTSEG_CTR_RULE_LEN * 8);
	memset(rig->e.counters + OTSEG_CTR_CONDUIT, 0, 4 * OTSEG_CTR_CONDUIT_LEN * 8);
	w->lines[0].bucket.tag[0] = 77;
	w->lines[0].bucket.deadline_s[0] = 100000;
	rig->e.generation = 1;
	rig->e.s->arrival.now_ns = 1000 * 1000000000ull;
	rig->e.now_s = 1000;
	rig->e.flow_id = 77ull << 32 | 1;
	rig->e.s->path.service = (u8)rig->service;
	rig->e.s->path.leaf = 0;
	rig->e.s->path.rule = 0;
	rig->monitored = 0;
	rig->n_observed = 0;
}

/**
 * rig_free - end a bench
 * @rig: the bench
 */
void rig_free(struct rig *rig)
{
	struct otseg_world *w = rig->e.world;

	free(w->lines);
	free(w->sessions);
	free(w->limits);
	free(w);
	free(rig->e.s);
	free(rig->e.counters);
	free((void *)rig->e.image);
	free(rig);
}

/**
 * rig_policy - put rules into force, in the same generation
 * @rig: the bench
 * @rules: the rules
 * @n_rules: their number, at most RIG_RULES
 */
void rig_policy(struct rig *rig, const struct rig_rule *rules, u32 n_rules)
{
	u8 *base = (u8 *)rig->e.image;
	struct otseg_image *image = (struct otseg_image *)base;
	struct otseg_img_conduit *conduits = (void *)(base + CONDUITS_AT);
	struct otseg_img_leaf *leaf = (void *)(base + LEAVES_AT);
	u32 *leaf_rules = (void *)(base + LEAF_RULES_AT);
	struct otseg_img_rule *out = (void *)(base + RULES_AT);
	struct otseg_img_range *ranges = (void *)(base + RANGES_AT);
	struct otseg_img_object *objects = (void *)(base + OBJECTS_AT);
	u32 n_ranges = 0;
	u32 n_objects = 0;
	u32 i, j;

	for (i = 0; i < 4; i++)
		conduits[i] = (struct otseg_img_conduit){
			.flags = i < 3 ? OTSEG_CONDUIT_ENABLED : 0,
			.rate.limiter = OTSEG_NONE32,
		};
	leaf->rules = 0;
	leaf->n_rules = (u16)n_rules;
	leaf->service = (u8)rig->service;
	for (i = 0; i < n_rules; i++) {
		const struct rig_rule *r = &rules[i];

		leaf_rules[i] = i;
		memset(&out[i], 0, sizeof(out[i]));
		out[i].conduit = (u16)r->conduit;
		out[i].service = (u8)rig->service;
		out[i].access = r->access;
		out[i].flags = (u16)r->flags;
		out[i].rate.limiter = r->rate_packets ? i : OTSEG_NONE32;
		out[i].rate.packets = r->rate_packets;
		out[i].rate.burst_packets = r->rate_packets;
		out[i].rate.packets_period_s = 1;
		out[i].n_units = r->n_units;
		out[i].units = n_ranges;
		for (j = 0; j < r->n_units; j++)
			ranges[n_ranges++] = r->units[j];
		out[i].n_functions = r->n_functions;
		out[i].functions = n_ranges;
		for (j = 0; j < r->n_functions; j++)
			ranges[n_ranges++] = r->functions[j];
		out[i].n_values = r->n_values;
		out[i].values = n_ranges;
		for (j = 0; j < r->n_values; j++)
			ranges[n_ranges++] = r->values[j];
		out[i].n_objects = r->n_objects;
		out[i].objects = n_objects;
		for (j = 0; j < r->n_objects; j++)
			objects[n_objects++] = r->objects[j];
	}
	section(image, OTSEG_SEC_CONDUITS, CONDUITS_AT, 4);
	section(image, OTSEG_SEC_LEAVES, LEAVES_AT, 1);
	section(image, OTSEG_SEC_LEAF_RULES, LEAF_RULES_AT, n_rules);
	section(image, OTSEG_SEC_RULES, RULES_AT, n_rules);
	section(image, OTSEG_SEC_RANGES, RANGES_AT, n_ranges);
	section(image, OTSEG_SEC_OBJECTS, OBJECTS_AT, n_objects);
}

/**
 * rig_new_generation - the policy in force is another one from now on
 * @rig: the bench
 */
void rig_new_generation(struct rig *rig)
{
	rig->e.generation++;
}

/**
 * rig_open - open the flow with a complete handshake
 * @rig: the bench
 * @client_isn: sequence number of the SYN
 * @server_isn: that of the SYN-ACK
 */
void rig_open(struct rig *rig, u32 client_isn, u32 server_isn)
{
	memset(&rig->e.s->packet, 0, sizeof(rig->e.s->packet));
	rig->segment = otseg_stream_open(&rig->e, &rig->flow);
	rig_segment(rig, OTSEG_DIR_REQUEST, OTSEG_TCP_SYN, client_isn, 0, "", 0);
	rig_segment(rig, OTSEG_DIR_RESPONSE, OTSEG_TCP_SYN | OTSEG_TCP_ACK, server_isn,
		    client_isn + 1, "", 0);
	rig_segment(rig, OTSEG_DIR_REQUEST, OTSEG_TCP_ACK, client_isn + 1, server_isn + 1, "", 0);
}

/**
 * rig_segment - hand a segment to the code under test
 * @rig: the bench
 * @dir: enum otseg_msg_dir
 * @flags: OTSEG_TCP_*; 0 means ACK
 * @seq: sequence number
 * @ack: acknowledgement
 * @bytes: payload; copied, so that the sanitiser sees its end
 * @len: its length
 *
 * Return: the reason; also in @rig->segment.
 */
u32 rig_segment(struct rig *rig, u32 dir, u32 flags, u32 seq, u32 ack, const void *bytes, u32 len)
{
	struct otseg_packet *p = &rig->e.s->packet;
	u8 *frame = malloc(len + 54);

	if (!frame)
		abort();
	memset(frame, 0xee, 54);
	memcpy(frame + 54, bytes, len);
	rig->e.world->frame = frame;
	rig->e.world->frame_len = len + 54;
	rig->e.s->arrival.frame_len = len + 54;
	p->proto = 6;
	p->seq = seq;
	p->ack = ack;
	p->payload_off = 54;
	p->payload_len = (u16)len;
	p->tcp_flags = (u8)(flags ? flags : OTSEG_TCP_ACK);
	rig->e.s->inspection.task = 0;
	rig->segment = otseg_payload_judge(&rig->e, &rig->flow, dir, rig->monitored);
	free(frame);
	return rig->segment;
}

/**
 * rig_match - parse a request and hold it against the rules
 * @rig: the bench
 * @bytes: its bytes, or the first of them
 * @len: their number
 *
 * Return: the reason.
 */
u32 rig_match(struct rig *rig, const void *bytes, u32 len)
{
	struct otseg_inspection *in = &rig->e.s->inspection;
	u32 reason;

	memset(in->bytes, 0xee, sizeof(in->bytes));
	in->at = 3;
	in->effort = 0;
	memcpy((u8 *)in->bytes + 3, bytes, len);
	in->msg.state = 0;
	in->msg.part = 0;
	reason = otseg_inspect_pdu(OTSEG_SVC_MODBUS, (struct otseg_pdu *)((u8 *)in->bytes + 3), len,
				   OTSEG_DIR_REQUEST, &in->msg);
	return reason ? reason : otseg_match_message(&rig->e, 0);
}

/**
 * rig_session - the flow's session
 * @rig: the bench
 *
 * Return: the session, or NULL.
 */
struct otseg_session *rig_session(struct rig *rig)
{
	return rig->flow.session ? &rig->e.world->sessions[rig->flow.session - 1] : NULL;
}

/**
 * rig_reason - name of a reason
 * @reason: enum otseg_reason
 *
 * Return: the name.
 */
const char *rig_reason(u32 reason)
{
	static const char *const names[] = {
#define X(id, name, class, sentence) name,
		OTSEG_REASON_LIST(X)
#undef X
	};

	return reason < OTSEG_R_COUNT ? names[reason] : "?";
}

/**
 * rig_passes - whether a segment with this reason passes outside monitor mode
 * @reason: enum otseg_reason
 *
 * Return: 1 or 0.
 */
u32 rig_passes(u32 reason)
{
	return reason == OTSEG_R_RULE || reason == OTSEG_R_FLOW;
}
