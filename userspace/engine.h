/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The datapath's engine as a library of this process: the same source that
 * decides in XDP, on tables in ordinary memory. One thread per engine.
 */
#ifndef OTSEG_USER_ENGINE_H
#define OTSEG_USER_ENGINE_H

#include <stddef.h>

#include "../bpf/engine/message.h"
#include "../bpf/engine/packet.h"

struct otseg_engine;
struct otseg_world;

/* Told of each inspected message, while the frame's verdict is still in the making. */
typedef void (*otseg_engine_observer)(void *observer, const struct otseg_msg *msg,
				      const struct otseg_verdict *verdict);

struct otseg_engine *otseg_engine_new(void);
void otseg_engine_free(struct otseg_engine *engine);
int otseg_engine_load(struct otseg_engine *engine, const void *image, size_t size);
void otseg_engine_observe(struct otseg_engine *engine, otseg_engine_observer observe,
			  void *observer);
int otseg_engine_attach(struct otseg_engine *engine, u32 ifindex, const char *name, u32 flags);
void otseg_engine_since(struct otseg_engine *engine, u32 ifindex, u64 now_ns);
int otseg_engine_wire(struct otseg_engine *engine, u32 ifindex, u32 peer);
enum otseg_action otseg_engine_frame(struct otseg_engine *engine, u32 ifindex, const void *frame,
				     u32 len, u64 now_ns, struct otseg_verdict *verdict);
void otseg_engine_sweep(struct otseg_engine *engine, u64 now_ns);
const u64 *otseg_engine_counters(const struct otseg_engine *engine);
struct otseg_world *otseg_engine_world(struct otseg_engine *engine);

#endif /* OTSEG_USER_ENGINE_H */
