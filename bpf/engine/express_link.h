/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The short way of express.h for frames without an IP address: one without a VLAN tag, of a live
 * flow about which nothing has to be decided anew. Decides exactly what table.h and track.h
 * would, or leaves the frame to them, unchanged. A frame in several buffers is left to them, too:
 * it ends where the last of them does.
 */
#ifndef OTSEG_EXPRESS_LINK_H
#define OTSEG_EXPRESS_LINK_H

#include "express.h"

/* Is it a frame of that kind, as far as its ethertype tells? */
OTSEG_INLINE u32 link_is_plain(u32 type)
{
	return type >= OTSEG_ETHERTYPE_MIN && type != OTSEG_ETH_IPV4 && type != OTSEG_ETH_IPV6 &&
	       type != OTSEG_ETH_ARP && type != OTSEG_TAG_8021Q && type != OTSEG_TAG_8021AD;
}

/* What otseg_decode() would make of such a frame. */
OTSEG_INLINE void link_decode(const struct otseg_env *e, const u8 *h, u32 type)
{
	struct otseg_packet *p = &e->s->packet;

	__builtin_memset(p, 0, sizeof(*p));
	__builtin_memcpy(p->dst_mac, h, 6);
	__builtin_memcpy(p->src_mac, h + 6, 6);
	p->frame_len = e->s->arrival.frame_len;
	p->ethertype = (u16)type;
	p->l3_off = OTSEG_AT_IP;
	otseg_decode_ends(e, p);
}

/* The bucket that one of the key's two is, and where the tag is in it; place 0: nowhere. */
OTSEG_INLINE struct otseg_flow_line *link_scan(const struct otseg_env *e, u64 hash, const u32 which,
					       u32 *place)
{
	u32 index = otseg_hash_bucket(hash, which, otseg_table_mask(otseg_table_size(e)));
	struct otseg_flow_line *line = otseg_line_at(e, index);

	*place = 0;
	if (line)
		*place = otseg_forget(e, otseg_bucket_scan(&line->bucket, index,
							   otseg_hash_tag(hash)));
	return line;
}

/*
 * Finds the flow of the decoded frame where the table has it now. Return: 1; 0: none, or not by
 * the short way.
 */
OTSEG_INLINE u32 link_find(struct otseg_env *e, struct express_flow *at)
{
	struct otseg_flow_key *key = &e->s->key;
	struct otseg_flow_line *line;
	u32 from_b, place, way;
	u64 hash;

	from_b = otseg_forget(e, otseg_key_make(&e->s->packet, key));
	hash = otseg_flow_hash(e, key);
	line = link_scan(e, hash, 0, &place);
	if (otseg_unlikely(!place))
		line = link_scan(e, hash, 1, &place);
	if (otseg_unlikely(!line || !place))
		return 0;
	way = (place - 1) & (OTSEG_FLOW_WAYS - 1);
	at->f = otseg_line_flow(line, way);
	otseg_opaque(at->f);
	if (otseg_unlikely(!otseg_key_equals(&at->f->key, key) ||
			   otseg_is_past(otseg_read(line->bucket.deadline_s[way]), e->now_s)))
		return 0;
	e->flow_id = otseg_flow_make_id(otseg_hash_tag(hash), place - 1);
	at->deadline_s = &line->bucket.deadline_s[way];
	at->reply = from_b;
	return 1;
}

/* Is the flow of this policy, may its frames take the short way, and is this one expected here? */
OTSEG_INLINE u32 link_is_current(const struct otseg_env *e, const struct otseg_flow *f)
{
	const struct otseg_flow_dir *me = &f->dir[0];

	return express_is_current(e, f, me) && otseg_read(f->flags) & OTSEG_FLOW_EXPRESS &&
	       !otseg_read(me->vlan) && !(otseg_read(me->flags) & OTSEG_FLOW_MAC);
}

/**
 * otseg_express_link - decide about a frame without IP of a live flow
 * @e: surroundings; otseg_express_decide() has left the frame
 * @v: takes the verdict but for action and reason
 *
 * Return: as otseg_express_decide().
 */
OTSEG_INLINE u32 otseg_express_link(struct otseg_env *e, struct otseg_verdict *v)
{
	const u8 *h = otseg_peek(e, OTSEG_EXPRESS_HEADERS);
	u32 reason = OTSEG_R_FLOW;
	struct express_flow at;
	u32 type, out;

	if (!h)
		return OTSEG_EXPRESS_NO;
	type = otseg_be16(otseg_wire(u16, h + OTSEG_AT_TYPE));
	if (!link_is_plain(type) || h[6] & 1 || otseg_whole_len(e) != e->s->arrival.frame_len)
		return OTSEG_EXPRESS_NO;
	out = otseg_wire_way(e, otseg_wire_here(e));
	link_decode(e, h, type);
	if (!link_find(e, &at))
		return OTSEG_EXPRESS_NO;
	/* Such flows go one way. Before the rest of the flow, which is written before its generation is. */
	if (at.reply != (otseg_read(at.f->flags) & OTSEG_FLOW_FROM_B) ||
	    otseg_read(at.f->generation) != e->generation)
		return OTSEG_EXPRESS_NO;
	otseg_barrier();
	otseg_track_recall(v, &e->s->path, at.f, 0);
	otseg_barrier();
	if (!link_is_current(e, at.f))
		return OTSEG_EXPRESS_NO;
	v->flags = 0;
	v->n_messages = 0;
	if (e->s->path.inspected) {
		reason = OTSEG_EXPRESS_NO;
		if (!otseg_track_is_none_yet(at.f))
			reason = otseg_forget(e, otseg_brief_datagram(e, at.f));
		if (reason == OTSEG_EXPRESS_NO) {
			express_ask(e);
			return reason;
		}
	}
	otseg_track_note(e, at.f, 0);
	otseg_deadline_set(e, at.deadline_s, otseg_track_timeout(e, at.f));
	if (otseg_unlikely(out == OTSEG_WAY_OPEN || v->link != e->s->arrival.link))
		return reason;
	express_tell(v, reason, out);
	otseg_count_pass(e, reason, v->link, v->src_zone, v->conduit, v->rule);
	e->s->arrival.out = out;
	return OTSEG_EXPRESS_PASSED;
}

#endif /* OTSEG_EXPRESS_LINK_H */
