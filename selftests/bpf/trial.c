// SPDX-License-Identifier: GPL-2.0-only
/*
 * Frames and flows of trial.h.
 */
#include "trial.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "../../include/otseg/service.h"
#include "../../userspace/policy/words.h"

static const char *carrier_name(u32 carrier)
{
	return carrier == OTSEG_ON_TCP ? "TCP" : carrier == OTSEG_ON_UDP ? "UDP" : "link";
}

/* Frames. */

static void frame_make(struct trial *t, u32 which, const struct say *s, struct frame *f)
{
	const struct end *from = &t->ends[which][t->family][s->dir];
	const struct end *to = &t->ends[which][t->family][!s->dir];
	struct tcp tcp = { t->seq[s->dir] + s->ahead,
			   t->seq[!s->dir] + s->ack_ahead,
			   s->dir ? t->port : t->sport,
			   s->dir ? t->sport : t->port,
			   s->flags,
			   65000,
			   -1 };

	if (t->face->carrier == OTSEG_ON_TCP) {
		frame_tcp(f, from, to, &tcp, s->bytes, s->len);
	} else if (t->face->carrier == OTSEG_ON_UDP) {
		frame_udp(f, from, to, tcp.sport, tcp.dport, s->bytes, s->len);
	} else {
		frame_ethernet(f, t->mac && !s->dir ? t->mac : to->mac, from->mac, 0, t->port);
		memcpy(f->bytes + f->len, s->bytes, s->len);
		f->len += s->len;
	}
	if (s->spoil)
		s->spoil(f);
}

/**
 * trial_send - send a frame to both
 * @t: the flow
 * @s: the frame
 *
 * Return: EVASION_PASS, or the reason that it was dropped for.
 */
u32 trial_send(struct trial *t, const struct say *s)
{
	struct otseg_verdict v[2];
	struct frame f;
	u32 i;

	for (i = 0; i < 2; i++) {
		frame_make(t, i, s, &f);
		subject_send(t->subjects[i], t->ends[i][0][s->dir].ifindex, &f, &v[i]);
	}
	t->n_frames++;
	if (memcmp(&v[0], &v[1], sizeof(v[0])) && t->n_wrong++ < TRIAL_COMPLAINTS)
		printf("# E%u %s over %s: the kernel says %s, the process %s\n", t->number,
		       t->file->name, carrier_name(t->face->carrier), evasion_reason(v[0].reason),
		       evasion_reason(v[1].reason));
	return v[0].action == OTSEG_ACTION_PASS ? EVASION_PASS : v[0].reason;
}

/**
 * trial_expect - hold what became of something against what should have
 * @t: the flow; counts and says what is wrong
 * @got: a reason
 * @wanted: the right one
 * @format: what it was
 */
void trial_expect(struct trial *t, u32 got, u32 wanted, const char *format, ...)
{
	va_list args;

	if (got == wanted || t->n_wrong++ >= TRIAL_COMPLAINTS)
		return;
	printf("# E%u %s over %s: ", t->number, t->file->name, carrier_name(t->face->carrier));
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	printf(": %s, not %s\n", evasion_reason(got), evasion_reason(wanted));
}

/**
 * trial_hear - what was said has passed: it counts, and the other side acknowledges it
 * @t: the flow
 * @s: what was said
 */
void trial_hear(struct trial *t, const struct say *s)
{
	const struct say ack = { .dir = !s->dir, .flags = A };

	if (t->face->carrier != OTSEG_ON_TCP)
		return;
	t->seq[s->dir] += s->len;
	trial_send(t, &ack);
}

/**
 * trial_tell - send a message, which is acknowledged as far as it passes
 * @t: the flow
 * @dir: 0: of the opener
 * @bytes: the message
 * @len: bytes of it
 *
 * Return: EVASION_PASS, or the reason that its first refused segment was dropped for.
 */
u32 trial_tell(struct trial *t, u32 dir, const u8 *bytes, u32 len)
{
	struct say s = { .dir = dir, .flags = A };
	u32 off, reason = EVASION_PASS;

	for (off = 0; off < len && reason == EVASION_PASS; off += s.len) {
		s.bytes = bytes + off;
		s.len = len - off > SEGMENT_MAX ? SEGMENT_MAX : len - off;
		reason = trial_send(t, &s);
		if (reason == EVASION_PASS)
			trial_hear(t, &s);
	}
	return reason;
}

/**
 * trial_tell_step - send a message of a file
 * @t: the flow
 * @step: the message
 *
 * Return: as trial_tell().
 */
u32 trial_tell_step(struct trial *t, const struct evasion_step *step)
{
	return trial_tell(t, step->is_reply, step->bytes, step->len);
}

static void shake(struct trial *t)
{
	const struct say syn = { .flags = OTSEG_TCP_SYN };
	const struct say answer = { .dir = 1, .flags = OTSEG_TCP_SYN | A };
	const struct say ack = { .flags = A };

	t->seq[0] = 1000;
	t->seq[1] = 0xfffffc00u;
	trial_send(t, &syn);
	t->seq[0]++;
	trial_send(t, &answer);
	t->seq[1]++;
	trial_send(t, &ack);
}

static u16 port_of(u32 service, u32 carrier)
{
	const struct otseg_service_word *word = &otseg_services[service];

	return carrier == OTSEG_ON_TCP ? word->tcp :
	       carrier == OTSEG_ON_UDP ? word->udp :
					 word->ether;
}

/* What opens conversations through another service: a TCP connection of its own. */
static void open_elsewhere(struct trial *t, u32 service)
{
	static struct evasion_face other = { .carrier = OTSEG_ON_TCP };
	const struct evasion_steps *opens = &t->face->opens;
	const struct evasion_face *face = t->face;
	u16 port = t->port;
	u32 i;

	t->face = &other;
	t->port = port_of(service, OTSEG_ON_TCP);
	shake(t);
	for (i = 0; i < opens->n; i++)
		if (opens->at[i].service == service)
			trial_expect(t, trial_tell_step(t, &opens->at[i]), EVASION_PASS, "line %u",
				     opens->at[i].line);
	t->face = face;
	t->port = port;
}

/**
 * trial_begin_alone - begin a flow; what was before is over
 * @t: takes it
 */
void trial_begin_alone(struct trial *t)
{
	t->sport = t->sport < 60000 ? t->sport + 1 : 20000;
	t->subjects[0]->now_ns += 10000ull * 1000000000;
	t->subjects[1]->now_ns = t->subjects[0]->now_ns;
	t->port = port_of(t->file->service, t->face->carrier);
	t->mac = NULL;
	if (t->face->carrier == OTSEG_ON_TCP)
		shake(t);
}

/**
 * trial_begin - begin a conversation, with what opens those of the protocol
 * @t: takes its flow
 */
void trial_begin(struct trial *t)
{
	const struct evasion_steps *opens = &t->face->opens;
	u32 i, before = 0;

	trial_begin_alone(t);
	for (i = 0; i < opens->n; i++) {
		u32 service = opens->at[i].service;

		if (service && service != before)
			open_elsewhere(t, service);
		before = service;
	}
	for (i = 0; i < opens->n; i++)
		if (!opens->at[i].service)
			trial_expect(t, trial_tell_step(t, &opens->at[i]), EVASION_PASS,
				     "line %u, which opens", opens->at[i].line);
}

/**
 * trial_say - a message of the opener in one frame
 * @step: the message
 *
 * Return: the frame.
 */
struct say trial_say(const struct evasion_step *step)
{
	return (struct say){ .flags = A, .bytes = step->bytes, .len = step->len };
}
