/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Conversations: which flow a frame belongs to, who may open one, whether a live
 * one is still allowed after a policy swap, and what a frame of one changes. TCP
 * has its own rules in tcp.h; UDP and ICMP echo are requests and replies; frames without
 * an IP address go one way.
 */
#ifndef OTSEG_TRACK_H
#define OTSEG_TRACK_H

#include "checksum.h"
#include "classify.h"
#include "count.h"
#include "limit.h"
#include "payload.h"
#include "table.h"
#include "tcp.h"

/* Time-outs in seconds of what is not TCP. */
#define OTSEG_UDP_NEW_S 30 /* nothing has come back yet */
#define OTSEG_UDP_IDLE_S 180
#define OTSEG_ECHO_S 30
#define OTSEG_REFUSED_S 2 /* a flow whose first datagram was refused, or what was to take it up */

OTSEG_INLINE u32 otseg_addr_is_lower(const struct otseg_addr *x, const struct otseg_addr *y)
{
	if (x->w[0] != y->w[0])
		return x->w[0] < y->w[0];
	if (x->w[1] != y->w[1])
		return x->w[1] < y->w[1];
	if (x->w[2] != y->w[2])
		return x->w[2] < y->w[2];
	return x->w[3] < y->w[3];
}

OTSEG_INLINE u32 otseg_echo_is_request(const struct otseg_packet *p)
{
	return p->selector == OTSEG_SEL(OTSEG_SEL_ICMP, OTSEG_ICMP_ECHO << 8) ||
	       p->selector == OTSEG_SEL(OTSEG_SEL_ICMPV6, OTSEG_ICMPV6_ECHO << 8);
}

OTSEG_INLINE u32 otseg_echo_is_reply(const struct otseg_packet *p)
{
	return p->selector == OTSEG_SEL(OTSEG_SEL_ICMP, OTSEG_ICMP_ECHO_REPLY << 8) ||
	       p->selector == OTSEG_SEL(OTSEG_SEL_ICMPV6, OTSEG_ICMPV6_ECHO_REPLY << 8);
}

/* Does this kind of frame belong to flows? */
OTSEG_INLINE u32 otseg_is_tracked(const struct otseg_packet *p)
{
	if (p->fault)
		return 0;
	return p->proto == OTSEG_PROTO_TCP || p->proto == OTSEG_PROTO_UDP ||
	       p->family == OTSEG_FAMILY_LINK || otseg_echo_is_request(p) || otseg_echo_is_reply(p);
}

/**
 * otseg_key_make - the flow key of a packet
 * @p: the packet, which otseg_is_tracked()
 * @key: takes the key
 *
 * Return: 1 if the source is @key->b, else 0.
 */
OTSEG_NOINLINE u32 otseg_key_make(const struct otseg_packet *p, struct otseg_flow_key *key)
{
	u32 from_b = otseg_addr_is_lower(&p->dst, &p->src);

	if (from_b) {
		key->a = p->dst;
		key->b = p->src;
		key->a_port = p->dport;
		key->b_port = p->sport;
	} else {
		key->a = p->src;
		key->b = p->dst;
		key->a_port = p->sport;
		key->b_port = p->dport;
	}
	key->proto = p->proto;
	key->family = p->family;
	key->reserved = 0;
	if (p->proto == OTSEG_PROTO_ICMP || p->proto == OTSEG_PROTO_ICMPV6)
		key->b_port = (u16)(otseg_echo_is_request(p) ? from_b : !from_b);
	return from_b;
}

/**
 * otseg_answer - find the conduit that answers for a frame that no rule is asked for
 * @e: surroundings
 * @v: verdict, both zones are known
 * @may_reply: the frame cannot open anything: then a conduit in monitor mode in
 *	the other direction answers for it too, or it would cut off replies
 *
 * Return: the conduit, or OTSEG_NONE16.
 */
OTSEG_NOINLINE u32 otseg_answer(const struct otseg_env *e, const struct otseg_verdict *v,
				u32 may_reply)
{
	u32 pair = otseg_pair_of(e, v->src_zone, v->dst_zone);
	u32 conduit = OTSEG_NONE16;

	if (pair)
		conduit = otseg_at(e, PAIRS, pair - 1)->conduit;
	if (conduit != OTSEG_NONE16 || !may_reply)
		return conduit;
	pair = otseg_pair_of(e, v->dst_zone, v->src_zone);
	if (pair)
		conduit = otseg_at(e, PAIRS, pair - 1)->conduit;
	return otseg_conduit_is_monitored(e, conduit) ? conduit : OTSEG_NONE16;
}

/* Takes over the frame's way in: frames of this direction are expected from there. */
OTSEG_INLINE void otseg_track_ingress(const struct otseg_env *e, const struct otseg_packet *p,
				      const struct otseg_verdict *v, struct otseg_flow *f, u32 reply)
{
	struct otseg_flow_dir *d = reply ? &f->dir[1] : &f->dir[0];

	d->vlan = p->vlan;
	if (reply)
		f->link[1] = (u8)v->link;
	else
		f->link[0] = (u8)v->link;
	if (otseg_at(e, ZONES, v->src_zone)->flags & OTSEG_ZONE_HAS_MACS)
		d->flags |= OTSEG_FLOW_MAC;
	else
		d->flags &= ~OTSEG_FLOW_MAC;
	otseg_barrier();
	otseg_write(d->ifindex, e->s->arrival.ifindex);
}

/* What the flow remembers becomes the frame's verdict. */
OTSEG_INLINE void otseg_track_recall(struct otseg_verdict *v, struct otseg_path *path,
				     const struct otseg_flow *f, u32 reply)
{
	v->link = f->link[reply & 1];
	v->src_zone = f->zone[reply & 1];
	v->dst_zone = f->zone[~reply & 1];
	v->conduit = f->conduit;
	v->rule = f->rule;
	v->service = f->service;
	path->leaf = f->leaf;
	path->rule = f->rule;
	path->conduit = f->conduit;
	path->service = f->service;
	path->inspected = f->flags & OTSEG_FLOW_INSPECTED;
}

/* OTSEG_FLOW_EXPRESS, if frames that go by @e->s->path may take the short way. */
OTSEG_INLINE u32 otseg_track_express(const struct otseg_env *e)
{
	const struct otseg_path *path = &e->s->path;

	if (path->rule == OTSEG_NONE32 || otseg_conduit_is_monitored(e, path->conduit))
		return 0;
	if (otseg_at(e, CONDUITS, path->conduit)->rate.limiter != OTSEG_NONE32)
		return 0;
	if (!path->inspected && otseg_at(e, RULES, path->rule)->rate.limiter != OTSEG_NONE32)
		return 0;
	return OTSEG_FLOW_EXPRESS;
}

/* OTSEG_FLOW_POLL, if the flow of the packet has polls, and its rule is the first they are held against. */
OTSEG_INLINE u32 track_polls(const struct otseg_env *e)
{
	const struct otseg_path *path = &e->s->path;

	if (!path->inspected || !otseg_inspect_has_brief(path->service) ||
	    e->s->packet.proto != OTSEG_PROTO_TCP)
		return 0;
	return *otseg_at(e, LEAF_RULES, otseg_at(e, LEAVES, path->leaf)->rules) == path->rule ?
		       OTSEG_FLOW_POLL :
		       0;
}

/* What the policy has for @e->s->path, as flags of a flow. */
OTSEG_INLINE u32 track_flags(const struct otseg_env *e)
{
	u32 rule = e->s->path.rule;
	u32 flags = otseg_track_express(e);

	if (otseg_at(e, CONDUITS, e->s->path.conduit)->flags & OTSEG_CONDUIT_RESET)
		flags |= OTSEG_FLOW_TOLD;
	if (rule != OTSEG_NONE32 && otseg_at(e, RULES, rule)->idle_s)
		flags |= OTSEG_FLOW_IDLE;
	if (flags & OTSEG_FLOW_EXPRESS)
		flags |= track_polls(e);
	return otseg_forget(e, flags);
}

/* Whether the conduit's budget is the one that the flow counts in. */
OTSEG_INLINE u32 track_counts_for(const struct otseg_env *e, const struct otseg_flow *f, u32 conduit)
{
	return f->budget == (otseg_at(e, CONDUITS, conduit)->budget_slot & (OTSEG_BUDGET_SLOTS - 1));
}

/* Is it to be told that this flow ends? Then denial.h decides what becomes of it. */
OTSEG_INLINE u32 track_is_told(const struct otseg_env *e, const struct otseg_flow *f)
{
	if (!(f->flags & OTSEG_FLOW_TOLD) || f->key.proto != OTSEG_PROTO_TCP)
		return 0;
	e->s->cut = e->flow_id;
	return 1;
}

#define OTSEG_TRACK_GONE 0x100 /* the flow is no more, or is to be opened anew */

/*
 * The policy has changed since the flow was last looked at. The zones in @v and
 * the classes in @path are this frame's.
 */
OTSEG_NOINLINE u32 otseg_track_renew(struct otseg_env *e, const struct otseg_packet *p,
				     struct otseg_verdict *v, struct otseg_flow *f, u32 reply)
{
	struct otseg_path *path = &e->s->path;
	u32 was = otseg_read(f->generation);
	u32 is_mine = was && (s32)(e->generation - was) > 0;
	u32 selector = p->selector;
	u64 id = e->flow_id;
	u32 reason, class, slot;

	if (reply) {
		class = path->src_class;
		path->src_class = path->dst_class;
		path->dst_class = class;
		if (p->family == 4 && p->proto == OTSEG_PROTO_ICMP)
			selector = OTSEG_SEL(OTSEG_SEL_ICMP, OTSEG_ICMP_ECHO << 8);
		else if (p->proto == OTSEG_PROTO_ICMPV6)
			selector = OTSEG_SEL(OTSEG_SEL_ICMPV6, OTSEG_ICMPV6_ECHO << 8);
		else
			selector = OTSEG_SEL(p->proto, p->sport);
		reason = otseg_path_find(e, path, v->dst_zone, v->src_zone, selector);
	} else {
		reason = otseg_path_find(e, path, v->src_zone, v->dst_zone, selector);
	}
	reason = otseg_forget(e, reason);
	v->conduit = path->conduit;
	v->service = path->service;
	if (reason != OTSEG_R_RULE && !otseg_conduit_is_monitored(e, path->conduit)) {
		if (is_mine && !track_is_told(e, f))
			otseg_flow_end(e, id);
		return reason;
	}
	if (reason != OTSEG_R_RULE) {
		path->leaf = reason;
		path->rule = OTSEG_NONE32;
		path->inspected = 0;
	}
	v->rule = path->rule;
	/* What was passed unseen cannot be inspected from its middle, nor the other way. */
	if (!path->inspected != !(f->flags & OTSEG_FLOW_INSPECTED) ||
	    (path->inspected &&
	     otseg_service_family(path->service) != otseg_service_family(f->service))) {
		if (!is_mine)
			return OTSEG_R_STREAM_BUSY;
		if (!otseg_tcp_is_opener(p->tcp_flags) && track_is_told(e, f))
			return OTSEG_R_FLOW_CUT;
		otseg_flow_end(e, id);
		e->flow_id = 0;
		return OTSEG_TRACK_GONE;
	}
	/* One processor moves the flow; others judge their frame by themselves meanwhile. */
	if (!is_mine || otseg_cmpxchg32(&f->generation, was, 0) != was)
		return path->inspected ? OTSEG_R_STREAM_BUSY : OTSEG_R_NONE;
	if (!track_counts_for(e, f, path->conduit)) {
		slot = otseg_forget(e, otseg_budget_take(e, path->conduit, path->inspected));
		if (slot & OTSEG_BUDGET_SPENT) {
			otseg_flow_end(e, id);
			return slot & ~OTSEG_BUDGET_SPENT;
		}
		otseg_budget_give(e, f->budget, path->inspected);
		f->budget = (u16)slot;
	}
	f->rule = path->rule;
	f->leaf = path->leaf;
	f->conduit = path->conduit;
	f->service = path->service;
	f->flags = (u8)((f->flags & ~(OTSEG_FLOW_EXPRESS | OTSEG_FLOW_IDLE | OTSEG_FLOW_POLL |
				      OTSEG_FLOW_TOLD)) |
			track_flags(e));
	f->zone[0] = (u8)(reply ? v->dst_zone : v->src_zone);
	f->zone[1] = (u8)(reply ? v->src_zone : v->dst_zone);
	/* The other direction is placed again when it comes. */
	f->dir[0].ifindex = 0;
	f->dir[1].ifindex = 0;
	otseg_track_ingress(e, p, v, f, reply);
	otseg_barrier();
	/* A full barrier: who sees the generation sees the rest. */
	otseg_cmpxchg32(&f->generation, 0, e->generation);
	return OTSEG_R_NONE;
}

/*
 * Is this frame of the flow's direction, and the flow still allowed?
 * Return: NONE, a reason against it, or OTSEG_TRACK_GONE.
 */
OTSEG_NOINLINE u32 otseg_track_enter(struct otseg_env *e, const struct otseg_packet *p,
				     struct otseg_verdict *v, struct otseg_flow *f, u32 reply)
{
	const struct otseg_flow_dir *d = reply ? &f->dir[1] : &f->dir[0];
	struct otseg_path *path = &e->s->path;
	u32 generation = otseg_read(f->generation);
	u32 reason;

	if (otseg_likely(generation == e->generation && otseg_read(d->ifindex) == e->s->arrival.ifindex &&
			 d->vlan == p->vlan && !(p->src_mac[0] & 1))) {
		otseg_barrier();
		otseg_track_recall(v, path, f, reply);
		otseg_barrier();
		if (otseg_likely(otseg_read(f->generation) == generation &&
				 otseg_read(d->ifindex) == e->s->arrival.ifindex)) {
			if (otseg_unlikely(d->flags & OTSEG_FLOW_MAC) &&
			    !otseg_ingress_mac(e, p, v->src_zone)) {
				v->conduit = OTSEG_NONE16;
				return OTSEG_R_MAC_SPOOFED;
			}
			if (path->inspected)
				otseg_ingress_open(e);
			return OTSEG_R_NONE;
		}
	}
	v->conduit = OTSEG_NONE16;
	v->rule = OTSEG_NONE32;
	v->src_zone = OTSEG_NONE16;
	v->dst_zone = OTSEG_NONE16;
	v->link = (u16)otseg_ingress_link(e, p->vlan);
	if (v->link == OTSEG_NONE16)
		return OTSEG_R_UNKNOWN_LINK;
	reason = otseg_forget(e, otseg_place(e, p, v, path));
	if (reason)
		return reason;
	if (generation != e->generation)
		return otseg_track_renew(e, p, v, f, reply);
	otseg_track_ingress(e, p, v, f, reply);
	otseg_track_recall(v, path, f, reply);
	return OTSEG_R_NONE;
}

/* Seconds that the flow lives on after a frame that passed. */
OTSEG_INLINE u32 otseg_track_timeout(const struct otseg_env *e, const struct otseg_flow *f)
{
	u32 idle_s = 0;

	/* Few rules say so: what is not read is not waited for. */
	if (otseg_unlikely(f->flags & OTSEG_FLOW_IDLE))
		idle_s = otseg_at(e, RULES, f->rule)->idle_s;
	if (f->key.proto == OTSEG_PROTO_TCP)
		return otseg_tcp_timeout(f, idle_s);
	if (f->key.family == OTSEG_FAMILY_LINK)
		return idle_s ? idle_s : OTSEG_UDP_IDLE_S;
	if (f->key.proto != OTSEG_PROTO_UDP)
		return OTSEG_ECHO_S;
	if (!f->dir[1].packets)
		return idle_s && idle_s < OTSEG_UDP_NEW_S ? idle_s : OTSEG_UDP_NEW_S;
	return idle_s ? idle_s : OTSEG_UDP_IDLE_S;
}

/* What holds for inspected segments and datagrams before their payload is judged. */
OTSEG_INLINE u32 otseg_track_inspectable(const struct otseg_env *e, const struct otseg_packet *p)
{
	if (p->tcp_flags & OTSEG_TCP_URG)
		return OTSEG_R_TCP_URGENT;
	if ((p->tcp_flags & OTSEG_TCP_RST) && p->payload_len)
		return OTSEG_R_TCP_STATE;
	/* What its receiver will throw away must not change what is known of the conversation. */
	if (e->s->arrival.link_flags & OTSEG_LINK_CHECKSUMS) {
		if (p->proto == OTSEG_PROTO_TCP)
			return otseg_checksum_tcp(e, p);
		if (p->proto == OTSEG_PROTO_UDP)
			return otseg_checksum_udp(e, p);
	}
	return OTSEG_R_NONE;
}

/* A frame that passes leaves its trace in the flow. */
OTSEG_INLINE void otseg_track_note(const struct otseg_env *e, struct otseg_flow *f, u32 reply)
{
	struct otseg_flow_dir *d = &f->dir[reply & 1];

	otseg_opaque(d);
	d->packets++;
	d->bytes += e->s->arrival.frame_len;
}

/* Has nothing of the flow passed so far? */
OTSEG_INLINE u32 otseg_track_is_none_yet(const struct otseg_flow *f)
{
	return !f->dir[0].bytes && f->key.proto != OTSEG_PROTO_TCP;
}

/* A frame passes, and is not the one that opens its flow: what the flow keeps of it. */
OTSEG_INLINE void otseg_track_pass(struct otseg_env *e, struct otseg_flow *f, u32 reply)
{
	otseg_track_note(e, f, reply);
	if (f->key.proto == OTSEG_PROTO_TCP)
		otseg_tcp_commit(&e->s->packet, f, reply);
	otseg_flow_touch(e, otseg_track_timeout(e, f));
}

/**
 * otseg_track_stream - decide about a frame of an inspected flow, once only its payload has to
 *	be judged
 * @e: surroundings: @e->s->is_new is OTSEG_NEW_STREAM, @e->flow_id is the flow; @e->s->said
 *	speaks against the frame if it is not 0: it passes in monitor mode only
 * @v: the verdict so far; with OTSEG_V_OPENED the frame has just opened the flow
 * @is_prepared: the payload is prepared, and its session held
 *
 * Return: enum otseg_reason.
 */
OTSEG_INLINE u32 otseg_track_stream(struct otseg_env *e, struct otseg_verdict *v, const u32 is_prepared)
{
	struct otseg_flow *f = otseg_flow_at(e, otseg_flow_place(e->flow_id));
	u32 is_monitored = otseg_conduit_is_monitored(e, v->conduit);
	u32 reply = v->flags & OTSEG_V_REPLY ? 1 : 0;
	u32 is_opened = v->flags & OTSEG_V_OPENED;
	u32 reason;

	if (!f)
		return OTSEG_R_INTERNAL;
	if (is_prepared)
		reason = otseg_payload_conclude(e, reply, is_monitored);
	else
		reason = otseg_payload_judge(e, f, reply, is_monitored);
	reason = otseg_forget(e, reason);
	if (otseg_unlikely(reason == OTSEG_UNJUDGED))
		return reason;
	if (!otseg_reason_passes(reason) && !is_monitored) {
		/*
		 * A flow whose first datagram is refused is none yet, nor is a connection whose first
		 * segment is that was to take it up. It keeps its place for as long
		 * as that could not be used again anyway, so that the conduit's budget bounds how
		 * many of them there are.
		 */
		if (is_opened && f->key.proto == OTSEG_PROTO_TCP && !(v->flags & OTSEG_V_ADOPTED)) {
			otseg_flow_end(e, e->flow_id);
		} else if (is_opened) {
			__builtin_memset(f->dir, 0, sizeof(f->dir));
			otseg_flow_touch(e, OTSEG_REFUSED_S);
		}
		v->flags &= ~OTSEG_V_OPENED;
		return reason;
	}
	if (is_opened)
		return reason;
	if (otseg_unlikely(otseg_track_is_none_yet(f)))
		v->flags |= OTSEG_V_OPENED;
	if (otseg_unlikely(e->s->said))
		reason = (u32)e->s->said;
	reason = otseg_forget(e, reason);
	otseg_track_pass(e, f, reply);
	return reason;
}

/* Has the payload judged, @fault apart; in place of a reason, see OTSEG_UNJUDGED. */
OTSEG_INLINE u32 otseg_track_ask(struct otseg_env *e, struct otseg_verdict *v, u32 fault)
{
	e->s->is_new = OTSEG_NEW_STREAM;
	e->s->inspection.task = 0;
	e->s->said = fault;
	return otseg_leave_to(e, OTSEG_STAGE_STREAM) ? OTSEG_UNJUDGED : otseg_track_stream(e, v, 0);
}

/**
 * otseg_track_frame - decide about a frame of a live flow
 * @e: surroundings, @e->flow_id is the flow
 * @p: the packet
 * @v: verdict
 * @f: the flow
 * @reply: it travels against the direction the flow was opened in
 *
 * Return: enum otseg_reason, or OTSEG_TRACK_GONE: decide as if there were no flow;
 * @e->flow_id not 0: its place may be used again. Or OTSEG_UNJUDGED.
 */
OTSEG_INLINE u32 otseg_track_frame(struct otseg_env *e, const struct otseg_packet *p,
				   struct otseg_verdict *v, struct otseg_flow *f, u32 reply)
{
	u32 reason = otseg_forget(e, otseg_track_enter(e, p, v, f, reply));
	const struct otseg_path *path = &e->s->path;
	u32 fault = OTSEG_R_NONE;
	u32 tcp = OTSEG_R_FLOW;

	v->flags = reply ? OTSEG_V_REPLY : 0;
	if (otseg_unlikely(reason))
		return reason;
	if (otseg_unlikely(reply && otseg_track_is_none_yet(f))) {
		v->conduit = OTSEG_NONE16;
		return OTSEG_R_NO_CONDUIT;
	}
	reason = OTSEG_R_FLOW;
	if (otseg_unlikely(v->rule == OTSEG_NONE32))
		reason = path->leaf & (OTSEG_R_MAX - 1);
	if (f->key.proto == OTSEG_PROTO_TCP) {
		if (otseg_unlikely(f->flags & OTSEG_FLOW_CUT))
			return !reply && otseg_tcp_is_opener(p->tcp_flags) ? OTSEG_TRACK_GONE :
									     OTSEG_R_FLOW_CUT;
		tcp = otseg_forget(e, otseg_tcp_check(p, f, reply));
		if (otseg_unlikely(tcp & OTSEG_TCP_FRESH))
			return OTSEG_TRACK_GONE;
		if (otseg_unlikely(tcp & OTSEG_TCP_OVER))
			otseg_flow_end(e, e->flow_id);
		if (otseg_unlikely((tcp & 0xff) != OTSEG_R_FLOW)) {
			if (!(tcp & OTSEG_TCP_OVER) && otseg_conduit_is_monitored(e, v->conduit))
				otseg_tcp_resync(p, f, reply);
			return tcp & 0xff;
		}
	}
	if (path->inspected)
		fault = otseg_forget(e, otseg_track_inspectable(e, p));
	/* Of inspected flows, the messages use up the rules' rates. */
	if (!reply && !fault && v->rule != OTSEG_NONE32)
		fault = otseg_limit_frame(e, path->inspected ? OTSEG_NONE32 : v->rule, v->conduit);
	if (otseg_unlikely(fault) && !otseg_conduit_is_monitored(e, v->conduit))
		return fault;
	if (path->inspected && !(tcp & OTSEG_TCP_QUIET))
		return otseg_track_ask(e, v, fault);
	fault = otseg_forget(e, fault);
	if (otseg_unlikely(fault))
		reason = fault;
	reason = otseg_forget(e, reason);
	if (otseg_unlikely(tcp & OTSEG_TCP_QUIET)) {
		otseg_track_note(e, f, reply);
		if (otseg_tcp_is_opener(p->tcp_flags))
			f->dir[0].flags |= OTSEG_FLOW_RENEW;
		return reason;
	}
	otseg_track_pass(e, f, reply);
	return reason;
}

/* Fills a new entry; an entry that is used again keeps its place, key and budget. */
OTSEG_INLINE void otseg_track_fill(const struct otseg_env *e, const struct otseg_packet *p,
				   const struct otseg_verdict *v, struct otseg_flow *f, u32 from_b)
{
	const struct otseg_path *path = &e->s->path;
	u32 is_adopted = v->flags & OTSEG_V_ADOPTED;
	/* Only what takes up a flow can come from the side that answers. */
	u32 reply = v->flags & OTSEG_V_REPLY ? 1 : 0;

	__builtin_memset(f->dir, 0, sizeof(f->dir));
	f->rule = path->rule;
	f->leaf = path->leaf;
	f->session = 0;
	f->conduit = path->conduit;
	f->service = path->service;
	f->flags = (u8)((from_b ^ reply ? OTSEG_FLOW_FROM_B : 0) |
			(path->inspected ? OTSEG_FLOW_INSPECTED : 0) |
			(is_adopted ? OTSEG_FLOW_ADOPTED : 0) |
			track_flags(e));
	f->zone[0] = (u8)(reply ? v->dst_zone : v->src_zone);
	f->zone[1] = (u8)(reply ? v->src_zone : v->dst_zone);
	f->link[0] = 0;
	f->link[1] = 0;
	otseg_track_ingress(e, p, v, f, reply);
	if (otseg_unlikely(is_adopted))
		otseg_tcp_adopt(p, f, reply);
	else if (p->proto == OTSEG_PROTO_TCP)
		otseg_tcp_open(p, f);
	otseg_track_note(e, f, reply);
	otseg_write(f->generation, e->generation);
}

/**
 * otseg_track_open - open a flow
 * @e: surroundings; @e->s->path is the way, @e->s->key the key; @e->flow_id not 0:
 *	a flow of this key is over, and its place is used again
 * @p: the packet
 * @v: verdict; zones, link, conduit and rule are known
 * @hash: hash of the key
 * @from_b: the source is the key's b
 *
 * Return: enum otseg_reason: RULE if the flow was opened.
 */
OTSEG_NOINLINE u32 otseg_track_open(struct otseg_env *e, const struct otseg_packet *p,
				    struct otseg_verdict *v, u64 hash, u32 from_b)
{
	u32 is_again = e->flow_id != 0;
	u32 inspected = e->s->path.inspected;
	u64 old_id = e->flow_id;
	struct otseg_flow *f;
	u32 slot, was;

	slot = otseg_forget(e, otseg_budget_take(e, v->conduit, inspected));
	if (is_again) {
		/* Its own old place must not count against it. */
		f = otseg_flow_at(e, otseg_flow_place(old_id));
		if (!f)
			return OTSEG_R_INTERNAL;
		if (f->session)
			otseg_stream_close(e, f);
		f->session = 0;
		was = f->flags & OTSEG_FLOW_INSPECTED;
		if (!(slot & OTSEG_BUDGET_SPENT))
			otseg_budget_give(e, f->budget, was);
		else if (track_counts_for(e, f, v->conduit) && !was == !inspected)
			slot = f->budget;
		if (slot & OTSEG_BUDGET_SPENT) {
			otseg_flow_end(e, old_id);
			return slot & ~OTSEG_BUDGET_SPENT;
		}
	} else {
		if (slot & OTSEG_BUDGET_SPENT)
			return slot & ~OTSEG_BUDGET_SPENT;
		f = otseg_flow_take(e, hash);
		if (!f) {
			otseg_budget_give(e, slot, inspected);
			return OTSEG_R_FLOW_TABLE;
		}
		f->key = e->s->key;
	}
	f->budget = (u16)slot;
	otseg_track_fill(e, p, v, f, from_b);
	otseg_flow_touch(e, otseg_track_timeout(e, f));
	if (!is_again)
		otseg_flow_publish(e, otseg_hash_tag(hash));
	v->flags |= OTSEG_V_OPENED;
	return OTSEG_R_RULE;
}

/*
 * Does the opening segment of an inspected flow pass, and does its stream begin? What a
 * datagram holds is asked for later.
 */
OTSEG_INLINE u32 otseg_track_begin(struct otseg_env *e, struct otseg_flow *f, u32 is_monitored)
{
	u32 is_tcp = f->key.proto == OTSEG_PROTO_TCP;
	u32 fault = otseg_track_inspectable(e, &e->s->packet);
	u32 reason;

	if (fault && !is_monitored)
		return fault;
	reason = otseg_forget(e, otseg_stream_open(e, f));
	if (!is_tcp || !otseg_reason_passes(reason))
		return reason;
	reason = otseg_stream_start(e, f);
	if (!otseg_reason_passes(reason))
		return reason;
	return fault ? fault : OTSEG_R_RULE;
}

/**
 * otseg_track_start - start the inspection of a flow that was just opened
 * @e: surroundings, @e->flow_id is the flow
 * @v: verdict; takes the rule back that opened it
 *
 * Without it there is no flow, unless the conduit is in monitor mode.
 *
 * Return: enum otseg_reason: RULE if it was started.
 */
OTSEG_INLINE u32 otseg_track_start(struct otseg_env *e, struct otseg_verdict *v)
{
	u32 is_monitored = otseg_conduit_is_monitored(e, v->conduit);
	struct otseg_flow *f = otseg_flow_at(e, otseg_flow_place(e->flow_id));
	u32 reason;

	if (!f)
		return OTSEG_R_INTERNAL;
	otseg_ingress_open(e);
	reason = otseg_forget(e, otseg_track_begin(e, f, is_monitored));
	v->rule = f->rule;
	if (reason == OTSEG_R_RULE)
		return reason;
	if (!is_monitored) {
		otseg_flow_end(e, e->flow_id);
		v->flags &= ~OTSEG_V_OPENED;
	}
	return reason;
}

#endif /* OTSEG_TRACK_H */
