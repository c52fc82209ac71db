/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Something that decides about frames: the engine in this process, or the
 * datapath in the kernel. Tests are written against this, and run on both.
 */
#ifndef SUBJECT_H
#define SUBJECT_H

#include <stddef.h>

#include "../../bpf/engine/packet.h"
#include "../../include/otseg/event.h"
#include "../../include/otseg/reason.h"
#include "frames.h"

#define SUBJECT_EVENTS 1024 /* events that wait to be asked for; more are forgotten */
#define SUBJECT_LINKS 4 /* interfaces: it0, ot0, ot1 and one that no policy names */

struct otseg_flow_line;
struct otseg_root;

/**
 * struct subject - one of them
 * @ifindex: of its interfaces, in the order above
 * @now_ns: its clock; tests move it
 * @root: what of its tables is in use
 * @lines: its flow table, all of it
 * @frame: decides about a frame; 0 or a negative errno
 * @load: puts an image in force as a new generation; 0 or a negative errno
 * @checksums: says whether the interface's checksums are real
 * @since: says since when an interface is attached, by otseg_seconds(), 0: nobody knows;
 *	forgotten with @checksums
 * @peer: says which interface is at the other end of one's wire, 0: none; at first
 *	the first two are each other's
 * @rename: gives an interface the name of the one of this number, as whoever attaches does
 * @carrier: says whether an interface is up
 * @counters: the counter block of the generation in force, NULL: none
 * @collect: takes over what was told since, into @events
 * @events: ring of events that were told and not asked for
 * @n_told: of these, ever told
 * @n_asked: of these, ever asked for
 * @free: ends it
 */
struct subject {
	u32 ifindex[SUBJECT_LINKS];
	u64 now_ns;
	struct otseg_root *root;
	struct otseg_flow_line *lines;
	int (*frame)(struct subject *s, u32 ifindex, const void *bytes, u32 len,
		     struct otseg_verdict *v);
	int (*load)(struct subject *s, const void *image, size_t len);
	void (*checksums)(struct subject *s, u32 ifindex, int are_real);
	void (*since)(struct subject *s, u32 ifindex, u32 since_s);
	void (*peer)(struct subject *s, u32 ifindex, u32 peer);
	void (*rename)(struct subject *s, u32 ifindex, u32 named);
	void (*carrier)(struct subject *s, u32 ifindex, int is_up);
	const u64 *(*counters)(struct subject *s);
	void (*collect)(struct subject *s);
	struct otseg_event events[SUBJECT_EVENTS];
	u32 n_told;
	u32 n_asked;
	void (*free)(struct subject *s);
};

extern const char *const subject_names[SUBJECT_LINKS];

struct otseg_world;

struct subject *subject_engine_new(void);
struct otseg_world *subject_engine_world(struct subject *s);
void subject_tell(void *subject, const struct otseg_event *event);
int subject_event(struct subject *s, struct otseg_event *event);
int subject_policy(struct subject *s, const char *text);
u32 subject_send(struct subject *s, u32 ifindex, const struct frame *f, struct otseg_verdict *v);

#endif /* SUBJECT_H */
