/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Events: who is told of a frame that was dropped or would have been. Owns how many
 * are told, and what is in them; who listens is none of its business.
 *
 * A flood must not make the firewall write, nor one flood keep another matter from being
 * told. So each processor has OTSEG_EVENT_KINDS token buckets of its own, and an event takes
 * from the one that the hash of its reason and its conduit (or link, where there is
 * none) names. That bounds the events of a second whatever arrives. What is not told
 * is counted, in all and in the next event of its kind. Nobody is woken up:
 * who reads looks by himself.
 */
#ifndef OTSEG_EVENT_ENGINE_H
#define OTSEG_EVENT_ENGINE_H

#include "decode.h"

#define OTSEG_EVENT_GAP_SHIFT 22 /* the knob counts in units of 4.2 ms */

/* The bucket of an event. */
OTSEG_INLINE u32 event_kind(const struct otseg_verdict *v)
{
	u32 where = v->conduit != OTSEG_NONE16 ? v->conduit : 0x10000u | v->link;

	return (((where << 6) ^ v->reason) * 0x9e3779b1u) >> 26;
}

_Static_assert(OTSEG_EVENT_KINDS == 1 << (32 - 26), "the hash names a bucket");

/* What the inspection refused. */
OTSEG_INLINE void event_message(const struct otseg_env *e, struct otseg_event *event)
{
	const struct otseg_refused *refused = &e->s->inspection.refused;

	event->flags = OTSEG_EVENT_MESSAGE;
	event->access = refused->access;
	if (!(refused->flags & OTSEG_MSG_NO_UNIT)) {
		event->flags |= OTSEG_EVENT_UNIT;
		event->unit = refused->unit;
	}
	if (!(refused->flags & OTSEG_MSG_NO_FUNCTION)) {
		event->flags |= OTSEG_EVENT_FUNCTION;
		event->function = refused->function;
	}
	if (refused->has_object) {
		event->flags |= OTSEG_EVENT_OBJECT;
		event->object_type = refused->type;
		event->first = refused->first;
		event->last = refused->last;
	}
}

/*
 * Tells of the frame at hand; 0: there was no room. It is decoded once more: by what way
 * it was decided about, and how much of it was looked at then, does not matter here.
 */
OTSEG_INLINE u32 otseg_event_tell(struct otseg_env *e, u64 suppressed, u64 unused)
{
	const struct otseg_verdict *v = &e->s->verdict;
	struct otseg_packet *p = &e->s->quoted;
	struct otseg_event *event = &e->s->event;

	(void)unused;
	/* The short way knows what lies together only. */
	e->s->arrival.frame_len = otseg_whole_len(e);
	otseg_decode(e, p);
	__builtin_memset(event, 0, sizeof(*event));
	event->time_ns = otseg_clock(e);
	event->generation = e->generation;
	event->suppressed = (u32)suppressed;
	event->ifindex = e->s->arrival.ifindex;
	event->vlan = p->vlan;
	if (p->family != OTSEG_FAMILY_LINK) {
		event->family = p->family;
		__builtin_memcpy(event->src, &p->src, sizeof(event->src));
		__builtin_memcpy(event->dst, &p->dst, sizeof(event->dst));
		event->sport = p->sport;
		event->dport = p->dport;
	}
	/* Of a frame that was routed, the sender's is no longer there. */
	if (!(v->flags & OTSEG_V_ROUTE))
		__builtin_memcpy(event->src_mac, p->src_mac, sizeof(event->src_mac));
	event->rule = v->rule;
	event->frame_len = e->s->arrival.frame_len;
	event->ethertype = p->ethertype;
	if (p->proto == OTSEG_PROTO_ICMP || p->proto == OTSEG_PROTO_ICMPV6)
		event->dport = (u16)p->selector;
	event->src_zone = v->src_zone;
	event->dst_zone = v->dst_zone;
	event->conduit = v->conduit;
	event->link = v->link;
	event->proto = p->proto;
	event->action = v->action;
	event->reason = v->reason;
	event->verdict_flags = v->flags;
	event->denial = v->denial;
	event->service = v->service;
	if ((v->reason >= OTSEG_R_FUNCTION_UNKNOWN && v->reason <= OTSEG_R_PDU_EFFORT) ||
	    v->reason == OTSEG_R_FIELD)
		event_message(e, event);
	return otseg_event_send(e, event);
}

OTSEG_UNIT(otseg_unit_tell, otseg_event_tell)

/**
 * otseg_event_note - tell of a frame that was refused, if its kind has not been told of too often
 * @e: surroundings; @e->s->verdict is the verdict
 */
OTSEG_INLINE void otseg_event_note(struct otseg_env *e)
{
	const struct otseg_verdict *v = &e->s->verdict;
	struct otseg_teller *teller = &e->s->tellers[event_kind(v)];
	u64 gap = (u64)otseg_event_gap_of(e) << OTSEG_EVENT_GAP_SHIFT;
	u64 *counted = &e->counters[OTSEG_CTR_EVENT];
	u64 now = e->s->arrival.now_ns;
	u64 next = teller->next_ns;

	if (!gap)
		return;
	if ((s64)(next - now) < 0)
		next = now;
	if (otseg_likely(next - now > (OTSEG_EVENT_BURST - 1) * gap)) {
		teller->suppressed++;
		counted[OTSEG_CTR_EVENT_SUPPRESSED]++;
		return;
	}
	teller->next_ns = next + gap;
	if (otseg_unit_tell(e, teller->suppressed, 0) == 1) {
		teller->suppressed = 0;
		counted[OTSEG_CTR_EVENT_TOLD]++;
	} else {
		teller->suppressed++;
		counted[OTSEG_CTR_EVENT_LOST]++;
	}
}

#endif /* OTSEG_EVENT_ENGINE_H */
