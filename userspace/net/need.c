// SPDX-License-Identifier: GPL-2.0-only
/*
 * From a policy to the memory that the datapath gets for it. Memory is only ever
 * added: what lives in the tables stays where it is, and a policy that needs less
 * than the last one takes nothing away.
 */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include "../../bpf/engine/env.h"
#include "../command.h"
#include "../policy/policy.h"
#include "need.h"
#include "root.h"
#include "segment.h"

/* Rooms that there are: each step to a larger one has the datapath loaded anew. */
static const u8 image_rooms[] = { 19, 21, 23, OTSEG_CLASS_THREE_QUARTERS | 24, 24, 25 };
static const u8 conduit_rooms[] = { 6, 9, 12 };
static const u8 rule_rooms[] = { 9, 12, 15 };
static const u8 limiter_rooms[] = { 9, 12, 15 };

_Static_assert(OTSEG_IMAGE_MAX == 1u << 25 && OTSEG_MAX_CONDUITS == 1 << 12 &&
		       OTSEG_MAX_RULES == 1 << 15 && OTSEG_MAX_LIMITERS == 1 << 15,
	       "the largest rooms are for any policy");
_Static_assert(OTSEG_IMAGE_THREE_QUARTERS == (1 << 24) / 4 * 3, "the datapath knows one such room");

/* The smallest one of @rooms for @amount; the last one is enough for any. */
static u8 room_for(const u8 *rooms, u32 amount)
{
	while (otseg_class_size(*rooms, 0) < amount)
		rooms++;
	return *rooms;
}

/* Whether connections through it are inspected. */
static bool is_inspected(const void *image, const struct otseg_img_conduit *conduit)
{
	const struct otseg_img_rule *rules = OTSEG_IMAGE_RECORDS(image, RULES) + conduit->rules;
	u32 i;

	for (i = 0; i < conduit->n_rules; i++) {
		if (!(rules[i].flags & (OTSEG_RULE_OPAQUE | OTSEG_RULE_VOID)))
			return true;
	}
	return false;
}

/* Inspected connections that the conduit may have at a time. */
static u32 conduit_sessions(const void *image, const struct otseg_img_conduit *conduit)
{
	if (!is_inspected(image, conduit))
		return 0;
	return conduit->flow_budget < conduit->session_budget ? conduit->flow_budget :
								conduit->session_budget;
}

/* Rules and conduits that have a rate. */
static u32 limiters(const void *image)
{
	const struct otseg_img_conduit *conduits = OTSEG_IMAGE_RECORDS(image, CONDUITS);
	const struct otseg_img_rule *rules = OTSEG_IMAGE_RECORDS(image, RULES);
	u32 i, n = 0;

	for (i = 0; i < OTSEG_IMAGE_COUNT(image, RULES); i++)
		n += rules[i].rate.limiter != OTSEG_NONE32;
	for (i = 0; i < OTSEG_IMAGE_COUNT(image, CONDUITS); i++)
		n += conduits[i].rate.limiter != OTSEG_NONE32;
	return n;
}

/* Steps that a table can have that has @steps at least: such that it can still grow, or all. */
static u32 steps_allowed(u32 steps)
{
	return steps > OTSEG_TABLE_STEPS - OTSEG_TABLE_GROWTH ? OTSEG_TABLE_STEPS : steps;
}

/*
 * Steps of the flow table until it is at most five eighths full of them: then there is room for each
 * one, also in the part that was as full before the table grew.
 */
static u32 flow_steps(u64 flows)
{
	u64 buckets = flows * 8 / 5 / OTSEG_FLOW_WAYS;
	u32 steps = 0;

	while (steps < OTSEG_TABLE_STEPS && otseg_table_buckets(steps) < buckets)
		steps++;
	return steps_allowed(steps);
}

/* Segments of sessions that are at most four fifths full of them. */
static u32 session_segments(u64 sessions)
{
	u64 n = (sessions + sessions / 4 + OTSEG_SEGMENT_SESSIONS - 1) / OTSEG_SEGMENT_SESSIONS;

	return n < OTSEG_SESSION_SEGMENTS ? (u32)n : OTSEG_SESSION_SEGMENTS;
}

/**
 * otseg_need_of - compute what a policy needs
 * @image: its image, checked
 * @need: takes it
 */
void otseg_need_of(const void *image, struct otseg_need *need)
{
	const struct otseg_img_conduit *conduits = OTSEG_IMAGE_RECORDS(image, CONDUITS);
	u32 i, n = OTSEG_IMAGE_COUNT(image, CONDUITS);
	u64 flows = 0, sessions = 0;

	/* Also of disabled ones: they are enabled without another policy. */
	for (i = 0; i < n; i++) {
		flows += conduits[i].flow_budget;
		sessions += conduit_sessions(image, &conduits[i]);
	}
	memset(need, 0, sizeof(*need));
	need->room.image = room_for(image_rooms, ((const struct otseg_image *)image)->size);
	need->room.conduits = room_for(conduit_rooms, n);
	need->room.rules = room_for(rule_rooms, OTSEG_IMAGE_COUNT(image, RULES));
	need->room.limiters = room_for(limiter_rooms, limiters(image));
	need->flow_steps = flow_steps(flows);
	need->sessions = session_segments(sessions);
}

static void at_least(u8 *room, u8 other)
{
	if (otseg_class_size(*room, (u32)-1) < otseg_class_size(other, (u32)-1))
		*room = other;
}

/**
 * otseg_room_join - make room for two
 * @room: room for one, takes that for both
 * @other: room for the other one
 */
void otseg_room_join(struct otseg_class *room, const struct otseg_class *other)
{
	at_least(&room->image, other->image);
	at_least(&room->conduits, other->conduits);
	at_least(&room->rules, other->rules);
	at_least(&room->limiters, other->limiters);
}

static u32 segments_after(u32 steps)
{
	return otseg_table_buckets(steps) / OTSEG_SEGMENT_BUCKETS;
}

static u32 sessions_of(const struct otseg_root *root)
{
	return root->sessions / OTSEG_SEGMENT_SESSIONS;
}

/* Steps of a table that has the size @table and is to have @steps: each earlier size costs. */
static u32 steps_grown(u64 table, u32 steps)
{
	u32 least = otseg_table_steps(table) + OTSEG_TABLE_GROWTH;

	return steps_allowed(steps < least ? least : steps);
}

static int table_provide(const struct otseg_bpf *bpf, struct otseg_root *root, u32 steps,
			 bool is_empty)
{
	u32 has = is_empty ? 0 : segments_after(otseg_table_steps(root->table));
	u64 table;
	int err;
	u32 n;

	if (segments_after(steps) <= has)
		return 0;
	if (!is_empty)
		steps = steps_grown(root->table, steps);
	n = segments_after(steps);
	err = otseg_segments_add(&otseg_flow_segments, bpf->table, has, n);
	if (err) {
		otseg_error_print("cannot make room for %u flows: %s", n * OTSEG_SEGMENT_PLACES,
				  strerror(-err));
		return err;
	}
	table = is_empty ? otseg_table_buckets(steps) - 1 : otseg_table_grown(root->table, steps);
	/* In one step, and after the segments. */
	__atomic_store_n(&root->table, table, __ATOMIC_RELEASE);
	return 0;
}

static int sessions_provide(const struct otseg_bpf *bpf, struct otseg_root *root, u32 n,
			    bool is_empty)
{
	u32 has = is_empty ? 0 : sessions_of(root);
	int err = 0;

	if (n > has)
		err = otseg_segments_add(&otseg_session_segments, bpf->sessions, has, n);
	if (err) {
		otseg_error_print("cannot make room for %u inspected connections: %s",
				  n * OTSEG_SEGMENT_SESSIONS, strerror(-err));
		return err;
	}
	if (n > has || is_empty)
		__atomic_store_n(&root->sessions, n * OTSEG_SEGMENT_SESSIONS, __ATOMIC_RELEASE);
	return 0;
}

/**
 * otseg_need_provide - see that a datapath has what a policy needs
 * @bpf: the set; it may be at work
 * @need: what is needed
 * @is_empty: it has nothing yet, and does not run
 *
 * Flows and sessions that there are go on.
 *
 * Return: 0 or a negative errno, which has been told; then it has at least what it had.
 */
int otseg_need_provide(const struct otseg_bpf *bpf, const struct otseg_need *need, bool is_empty)
{
	struct otseg_root *root;
	int err;

	err = otseg_root_map(bpf, PROT_READ | PROT_WRITE, &root);
	if (!err)
		err = table_provide(bpf, root, need->flow_steps, is_empty);
	if (!err)
		err = sessions_provide(bpf, root, need->sessions, is_empty);
	otseg_root_unmap(root);
	return err;
}

/**
 * otseg_need_provided - tell what a datapath has
 * @bpf: the set
 * @provided: takes it
 *
 * Return: 0 or a negative errno, which has been told.
 */
int otseg_need_provided(const struct otseg_bpf *bpf, struct otseg_provided *provided)
{
	struct otseg_root *root;
	int err = otseg_root_map(bpf, PROT_READ, &root);
	u32 segments;

	if (err)
		return err;
	segments = segments_after(otseg_table_steps(root->table));
	provided->flows = segments * OTSEG_SEGMENT_PLACES;
	provided->sessions = root->sessions;
	provided->bytes = otseg_segments_bytes(&otseg_flow_segments, segments) +
			  otseg_segments_bytes(&otseg_session_segments, sessions_of(root));
	otseg_root_unmap(root);
	return 0;
}
