// SPDX-License-Identifier: GPL-2.0-only
/*
 * The engine's userspace world: owns the tables that are maps in BPF, and calls
 * the engine frame by frame. Decides nothing itself.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../bpf/engine/engine.h"
#include "engine.h"

/**
 * struct otseg_engine - one engine
 * @world: its tables
 * @scratch: its scratch memory
 * @image: room for the largest image, and what may be read past it
 * @size: bytes of the image in it
 * @generation: of the image, 0: there is none
 * @counters: counter block
 */
struct otseg_engine {
	struct otseg_world world;
	struct otseg_scratch scratch;
	u8 *image;
	u32 size;
	u32 generation;
	u64 *counters;
};

/**
 * otseg_engine_new - make an engine without a policy and without interfaces
 *
 * Return: the engine, or NULL without memory.
 */
struct otseg_engine *otseg_engine_new(void)
{
	struct otseg_engine *engine = calloc(1, sizeof(*engine));
	struct otseg_world *w;

	if (!engine)
		return NULL;
	w = &engine->world;
	w->lines = calloc(OTSEG_FLOW_BUCKETS, sizeof(*w->lines));
	w->sessions = calloc(OTSEG_SESSIONS, sizeof(*w->sessions));
	w->limits = calloc(OTSEG_LIMITERS, sizeof(*w->limits));
	w->live = calloc(OTSEG_BUDGET_SLOTS, sizeof(*w->live));
	w->links = calloc(OTSEG_LINK_SLOTS, sizeof(*w->links));
	w->memory = calloc(OTSEG_MEMORY_LINES, sizeof(*w->memory));
	engine->image = calloc(1, OTSEG_IMAGE_MAX + OTSEG_REGION_TAIL);
	engine->counters = calloc(OTSEG_CTR_COUNT, sizeof(*engine->counters));
	if (!w->lines || !w->sessions || !w->limits || !w->live || !w->links || !w->memory ||
	    !engine->image || !engine->counters) {
		otseg_engine_free(engine);
		return NULL;
	}
	/* Offline nobody aims at a bucket, and the same capture gives the same flows. */
	otseg_hash_seed(w->root.seed, 0);
	w->root.table = OTSEG_TABLE_FULL;
	w->root.sessions = OTSEG_SESSIONS;
	return engine;
}

/**
 * otseg_engine_free - end an engine
 * @engine: the engine, or NULL
 */
void otseg_engine_free(struct otseg_engine *engine)
{
	if (!engine)
		return;
	free(engine->world.lines);
	free(engine->world.sessions);
	free(engine->world.limits);
	free(engine->world.live);
	free(engine->world.links);
	free(engine->world.memory);
	free(engine->image);
	free(engine->counters);
	free(engine);
}

/**
 * otseg_engine_load - put an image in force, as a new generation
 * @engine: the engine; its flows go on, its counters begin at 0
 * @image: the image; copied. The caller has verified it: the engine cannot be led
 *	out of it, but decides nonsense with a wrong one
 * @size: its bytes
 *
 * Return: 0, or -E2BIG if no image is that large.
 */
int otseg_engine_load(struct otseg_engine *engine, const void *image, size_t size)
{
	if (size > OTSEG_IMAGE_MAX)
		return -E2BIG;
	memcpy(engine->image, image, size);
	if (size < engine->size)
		memset(engine->image + size, 0, engine->size - size);
	memset(engine->counters, 0, OTSEG_CTR_SIZE);
	engine->size = (u32)size;
	engine->generation++;
	return 0;
}

/**
 * otseg_engine_observe - have somebody told of each inspected message
 * @engine: the engine
 * @observe: called from otseg_engine_frame(); NULL: nobody
 * @observer: passed to it
 */
void otseg_engine_observe(struct otseg_engine *engine, otseg_engine_observer observe,
			  void *observer)
{
	engine->world.observe = observe;
	engine->world.observer = observer;
}

/**
 * otseg_engine_attach - name an interface as the policy does
 * @engine: the engine
 * @ifindex: the interface, not 0
 * @name: its name in the policy, at most 15 characters
 * @flags: OTSEG_LINK_*
 *
 * Return: 0, -EINVAL for a name or number that no interface has, or -EBUSY if
 * another interface has the same slot.
 */
int otseg_engine_attach(struct otseg_engine *engine, u32 ifindex, const char *name, u32 flags)
{
	struct otseg_link *link = &engine->world.links[ifindex & (OTSEG_LINK_SLOTS - 1)];
	size_t len = strlen(name);
	u32 peer = link->peer;

	if (!ifindex || !len || len >= sizeof(link->name))
		return -EINVAL;
	if (link->ifindex && link->ifindex != ifindex)
		return -EBUSY;
	memset(link, 0, sizeof(*link));
	memcpy(link->name, name, len);
	link->flags = flags;
	link->peer = peer;
	link->ifindex = ifindex;
	engine->world.root.names++;
	return 0;
}

/**
 * otseg_engine_since - say since when an interface is attached
 * @engine: the engine
 * @ifindex: the interface, attached; attached again, nobody knows
 * @now_ns: when, by the clock of otseg_engine_frame()
 */
void otseg_engine_since(struct otseg_engine *engine, u32 ifindex, u64 now_ns)
{
	engine->world.links[ifindex & (OTSEG_LINK_SLOTS - 1)].since_s = otseg_seconds(now_ns);
}

/**
 * otseg_engine_wire - say which interface is at the other end of one's wire
 * @engine: the engine
 * @ifindex: an interface, attached
 * @peer: the other end, 0: none
 *
 * Return: 0 or -ENODEV.
 */
int otseg_engine_wire(struct otseg_engine *engine, u32 ifindex, u32 peer)
{
	struct otseg_link *link = &engine->world.links[ifindex & (OTSEG_LINK_SLOTS - 1)];

	if (!ifindex || link->ifindex != ifindex)
		return -ENODEV;
	link->peer = peer;
	link->known = 0;
	engine->world.root.names++;
	return 0;
}

/**
 * otseg_engine_frame - decide about a frame
 * @engine: the engine
 * @ifindex: the interface it comes in by
 * @frame: its bytes, from the Ethernet header on
 * @len: their number
 * @now_ns: a clock that does not run backward, more than OTSEG_FLOW_GRACE_S
 * @verdict: takes the verdict
 *
 * Return: what happens to it.
 */
enum otseg_action otseg_engine_frame(struct otseg_engine *engine, u32 ifindex, const void *frame,
				     u32 len, u64 now_ns, struct otseg_verdict *verdict)
{
	struct otseg_env e = {
		.world = &engine->world,
		.image = engine->image,
		.counters = engine->counters,
		.s = &engine->scratch,
		.now_s = otseg_seconds(now_ns),
		.generation = engine->generation,
	};
	enum otseg_action action;

	if (!engine->generation) {
		otseg_verdict_clear(verdict);
		verdict->reason = OTSEG_R_NO_POLICY;
		return OTSEG_ACTION_DROP;
	}
	engine->scratch.arrival.now_ns = now_ns;
	engine->scratch.arrival.ifindex = ifindex;
	engine->scratch.arrival.frame_len = len;
	engine->scratch.arrival.link_flags = 0;
	engine->scratch.arrival.link = OTSEG_NONE16;
	engine->world.frame = frame;
	engine->world.frame_len = len;
	action = otseg_frame_judge(&e);
	*verdict = engine->scratch.verdict;
	/* Verdicts of the short way are not written in full. */
	engine->scratch.verdict.denial = OTSEG_DENIAL_NONE;
	engine->world.frame = NULL;
	engine->world.frame_len = 0;
	return action;
}

/**
 * otseg_engine_sweep - remove the flows whose time is over
 * @engine: the engine
 * @now_ns: the clock of otseg_engine_frame()
 *
 * They are over for the next frame in any case; this gives their conduit's budget
 * back.
 */
void otseg_engine_sweep(struct otseg_engine *engine, u64 now_ns)
{
	struct otseg_env e = {
		.world = &engine->world,
		.image = engine->image,
		.counters = engine->counters,
		.s = &engine->scratch,
		.now_s = otseg_seconds(now_ns),
		.generation = engine->generation,
	};
	u32 i;

	for (i = 0; i < OTSEG_FLOW_BUCKETS; i++)
		otseg_bucket_sweep(&e, i);
}

/**
 * otseg_engine_counters - what was counted since the image is in force
 * @engine: the engine
 *
 * Return: a counter block (include/otseg/counters.h), valid as long as the engine.
 */
const u64 *otseg_engine_counters(const struct otseg_engine *engine)
{
	return engine->counters;
}

/**
 * otseg_engine_world - the engine's tables, for those who compare or print them
 * @engine: the engine
 *
 * Return: the tables, valid as long as the engine.
 */
struct otseg_world *otseg_engine_world(struct otseg_engine *engine)
{
	return &engine->world;
}
