// SPDX-License-Identifier: GPL-2.0-only
/*
 * The engine of this process as a subject, and what all subjects share.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../bpf/engine/env.h"
#include "../../userspace/engine.h"
#include "../../userspace/policy/policy.h"
#include "subject.h"

const char *const subject_names[SUBJECT_LINKS] = { "it0", "ot0", "ot1", "nowhere" };

/**
 * struct engine_subject - the engine of this process
 * @subject: as a subject
 * @engine: the engine
 */
struct engine_subject {
	struct subject subject;
	struct otseg_engine *engine;
};

static struct engine_subject *engine_of(struct subject *s)
{
	return (struct engine_subject *)s;
}

static int engine_frame(struct subject *s, u32 ifindex, const void *bytes, u32 len,
			struct otseg_verdict *v)
{
	/* On the heap and no longer than it is, so that a sanitizer sees its end. */
	u8 *copy = malloc(len ? len : 1);

	if (!copy)
		return -ENOMEM;
	memcpy(copy, bytes, len);
	otseg_engine_frame(engine_of(s)->engine, ifindex, copy, len, s->now_ns, v);
	free(copy);
	return 0;
}

static int engine_load(struct subject *s, const void *image, size_t len)
{
	return otseg_engine_load(engine_of(s)->engine, image, len);
}

static void engine_checksums(struct subject *s, u32 ifindex, int are_real)
{
	u32 i;

	for (i = 0; i < SUBJECT_LINKS; i++) {
		if (s->ifindex[i] == ifindex)
			otseg_engine_attach(engine_of(s)->engine, ifindex, subject_names[i],
					    are_real ? OTSEG_LINK_CHECKSUMS : 0);
	}
}

static void engine_since(struct subject *s, u32 ifindex, u32 since_s)
{
	subject_engine_world(s)->links[ifindex & (OTSEG_LINK_SLOTS - 1)].since_s = since_s;
}

static void engine_peer(struct subject *s, u32 ifindex, u32 peer)
{
	otseg_engine_wire(engine_of(s)->engine, ifindex, peer);
}

static void engine_rename(struct subject *s, u32 ifindex, u32 named)
{
	otseg_engine_attach(engine_of(s)->engine, ifindex, subject_names[named], 0);
}

/* The engine knows no devices: one that is down is one that is not there. */
static void engine_carrier(struct subject *s, u32 ifindex, int is_up)
{
	struct otseg_link *link =
		&subject_engine_world(s)->links[ifindex & (OTSEG_LINK_SLOTS - 1)];

	link->ifindex = is_up ? ifindex : 0;
}

static const u64 *engine_counters(struct subject *s)
{
	return otseg_engine_counters(engine_of(s)->engine);
}

/* It tells at once. */
static void engine_collect(struct subject *s)
{
	(void)s;
}

static void engine_free(struct subject *s)
{
	otseg_engine_free(engine_of(s)->engine);
	free(s);
}

/**
 * subject_engine_new - make an engine in this process
 *
 * Its interfaces have the numbers 1 to SUBJECT_LINKS.
 *
 * Return: the subject; it ends the program if there is no memory.
 */
struct subject *subject_engine_new(void)
{
	struct engine_subject *es = calloc(1, sizeof(*es));
	struct subject *s;
	u32 i;

	if (!es)
		abort();
	es->engine = otseg_engine_new();
	if (!es->engine)
		abort();
	s = &es->subject;
	s->now_ns = 1000ull * 1000 * 1000 * 1000;
	s->root = &subject_engine_world(s)->root;
	s->lines = subject_engine_world(s)->lines;
	s->frame = engine_frame;
	s->load = engine_load;
	s->checksums = engine_checksums;
	s->since = engine_since;
	s->peer = engine_peer;
	s->rename = engine_rename;
	s->carrier = engine_carrier;
	s->counters = engine_counters;
	s->collect = engine_collect;
	otseg_engine_world(es->engine)->tell = subject_tell;
	otseg_engine_world(es->engine)->listener = s;
	s->free = engine_free;
	for (i = 0; i < SUBJECT_LINKS; i++) {
		s->ifindex[i] = i + 1;
		engine_checksums(s, i + 1, 0);
	}
	engine_peer(s, 1, 2);
	engine_peer(s, 2, 1);
	return s;
}

/**
 * subject_engine_world - the tables of an engine in this process
 * @s: the subject
 *
 * Return: its tables.
 */
struct otseg_world *subject_engine_world(struct subject *s)
{
	return otseg_engine_world(engine_of(s)->engine);
}

/**
 * subject_tell - note an event
 * @subject: the subject
 * @event: the event
 */
void subject_tell(void *subject, const struct otseg_event *event)
{
	struct subject *s = subject;

	s->events[s->n_told++ % SUBJECT_EVENTS] = *event;
	if (s->n_told - s->n_asked > SUBJECT_EVENTS)
		s->n_asked = s->n_told - SUBJECT_EVENTS;
}

/**
 * subject_event - ask for the next event
 * @s: the subject
 * @event: takes it
 *
 * Return: 1, or 0 if nothing was told.
 */
int subject_event(struct subject *s, struct otseg_event *event)
{
	if (s->n_asked == s->n_told)
		s->collect(s);
	if (s->n_asked == s->n_told)
		return 0;
	*event = s->events[s->n_asked++ % SUBJECT_EVENTS];
	return 1;
}

/**
 * subject_policy - compile a policy and put it in force
 * @s: the subject
 * @text: the policy
 *
 * Return: 0 or a negative errno; what is wrong with the policy is printed.
 */
int subject_policy(struct subject *s, const char *text)
{
	struct otseg_diag diag = { 0 };
	struct otseg_blob image = { 0 };
	struct otseg_policy *policy;
	int err = -EINVAL;

	policy = otseg_policy_parse("test", text, strlen(text), &diag);
	if (policy)
		err = otseg_policy_compile(policy, &image, &diag);
	if (diag.n_errors)
		otseg_diag_print(stderr, &diag);
	if (!err)
		err = s->load(s, image.data, image.len);
	otseg_blob_free(&image);
	otseg_policy_free(policy);
	otseg_diag_free(&diag);
	return err;
}

/**
 * subject_send - have a frame decided about
 * @s: the subject
 * @ifindex: interface it comes in by
 * @f: the frame
 * @v: takes the verdict
 *
 * Return: the reason; ends the program if there was no decision.
 */
u32 subject_send(struct subject *s, u32 ifindex, const struct frame *f, struct otseg_verdict *v)
{
	int err = s->frame(s, ifindex, f->bytes, f->len, v);

	if (err) {
		fprintf(stderr, "no verdict: %s\n", strerror(-err));
		exit(1);
	}
	return v->reason;
}
