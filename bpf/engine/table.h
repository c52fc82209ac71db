/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The flow table: look-up, insertion, removal, time-outs, and the live counts of
 * conduits. Owns who may write a bucket; what a flow means is in track.h.
 *
 * A key may lie in either of two buckets; after the table has grown, also in the two of each
 * earlier size. A place belongs to whoever changes its
 * tag to OTSEG_TAG_BUSY. Two processors that open the same flow at once may leave
 * two entries: the first in look-up order is used, the other one times out.
 */
#ifndef OTSEG_TABLE_H
#define OTSEG_TABLE_H

#include "env.h"
#include "stream.h"

/* Both ports of a key, and its protocol with the family, as they lie in memory. */
OTSEG_INLINE u32 otseg_key_ports(const struct otseg_flow_key *key)
{
	return otseg_wire(u32, (const u8 *)&key->a_port);
}

OTSEG_INLINE u32 otseg_key_protocol(const struct otseg_flow_key *key)
{
	return otseg_wire(u16, &key->proto);
}

/* The keyed hash of what IPv4 fills of a key; @rest: what the other words add up to. */
OTSEG_INLINE u64 otseg_hash_of(const struct otseg_env *e, u64 rest, u32 a, u32 b, u32 ports,
			       u32 protocol)
{
	const u64 *seed = otseg_root_of(e)->seed;

	return otseg_hash_lane(seed, 0, rest, a, b, ports, protocol);
}

/**
 * otseg_flow_hash - keyed hash of a flow key
 * @e: surroundings
 * @key: the key
 *
 * A sender who does not know the seed cannot aim at one bucket. One lane is enough: 33 bits
 * of it are universal, the buckets are named by less, and two keys are told apart by
 * themselves.
 *
 * Return: the hash.
 */
OTSEG_INLINE u64 otseg_flow_hash(const struct otseg_env *e, const struct otseg_flow_key *key)
{
	const u64 *seed = otseg_root_of(e)->seed;
	u64 rest = 0;
	u32 i;

	if (key->family != 4) {
		for (i = 1; i < 4; i++)
			rest += otseg_hash_take(seed, 0, 2 * i + 2, key->a.w[i]) +
				otseg_hash_take(seed, 0, 2 * i + 3, key->b.w[i]);
	}
	return otseg_hash_of(e, rest, key->a.w[0], key->b.w[0], otseg_key_ports(key),
			     otseg_key_protocol(key));
}

/* The lower half makes tags of one bucket differ, whose upper halves have bits in common. */
OTSEG_INLINE u32 otseg_hash_tag(u64 hash)
{
	u32 tag = (u32)(hash >> 32) ^ (u32)hash;

	return tag > OTSEG_TAG_BUSY ? tag : tag + 2;
}

/* The two buckets of a hash, in a table of @mask + 1 buckets. */
OTSEG_INLINE u32 otseg_hash_bucket(u64 hash, const u32 which, u32 mask)
{
	return (u32)(hash >> (which ? 48 : 32)) & mask;
}

/* The size of the table, see OTSEG_TABLE_FULL. */
OTSEG_INLINE u64 otseg_table_size(const struct otseg_env *e)
{
	return otseg_read(otseg_root_of(e)->table);
}

OTSEG_INLINE u64 otseg_flow_make_id(u32 tag, u32 place)
{
	return (u64)tag << 32 | (place + 1);
}

OTSEG_INLINE u32 otseg_flow_place(u64 id)
{
	return (u32)id - 1;
}

OTSEG_INLINE u32 otseg_key_equals(const struct otseg_flow_key *x, const struct otseg_flow_key *y)
{
	u32 differ = (x->a.w[0] ^ y->a.w[0]) | (x->b.w[0] ^ y->b.w[0]);

	differ |= (u32)(x->a_port ^ y->a_port) | (u32)(x->b_port ^ y->b_port);
	differ |= (u32)(x->proto ^ y->proto) | (u32)(x->family ^ y->family);
	if (differ)
		return 0;
	differ = (x->a.w[1] ^ y->a.w[1]) | (x->a.w[2] ^ y->a.w[2]) | (x->a.w[3] ^ y->a.w[3]);
	differ |= (x->b.w[1] ^ y->b.w[1]) | (x->b.w[2] ^ y->b.w[2]) | (x->b.w[3] ^ y->b.w[3]);
	return !differ;
}

#define OTSEG_BUDGET_SPENT 0x10000u /* beside a reason, in place of a slot */

/**
 * otseg_budget_take - count one more live flow of a conduit
 * @e: surroundings
 * @conduit: the conduit
 * @is_inspected: the flow is an inspected one: these have a budget of their own
 *
 * Return: its budget slot, or OTSEG_BUDGET_SPENT and the reason.
 */
OTSEG_NOINLINE u32 otseg_budget_take(const struct otseg_env *e, u32 conduit, u32 is_inspected)
{
	const struct otseg_img_conduit *c = otseg_at(e, CONDUITS, conduit);
	u32 slot = c->budget_slot & (OTSEG_BUDGET_SLOTS - 1);
	struct otseg_live *live = otseg_live_at(e, slot);

	if (!live)
		return OTSEG_BUDGET_SPENT | OTSEG_R_INTERNAL;
	/* A count that a race has left below zero gets back by itself. */
	if ((s32)otseg_fetch_add32(&live->flows, 1) >= (s32)c->flow_budget) {
		otseg_fetch_add32(&live->flows, (u32)-1);
		return OTSEG_BUDGET_SPENT | OTSEG_R_FLOW_BUDGET;
	}
	if (is_inspected &&
	    (s32)otseg_fetch_add32(&live->sessions, 1) >= (s32)c->session_budget) {
		otseg_fetch_add32(&live->sessions, (u32)-1);
		otseg_fetch_add32(&live->flows, (u32)-1);
		return OTSEG_BUDGET_SPENT | OTSEG_R_SESSION_BUDGET;
	}
	return slot;
}

/**
 * otseg_budget_give - count one live flow less
 * @e: surroundings
 * @slot: the budget slot that it was counted in
 * @is_inspected: as it was counted
 */
OTSEG_INLINE void otseg_budget_give(const struct otseg_env *e, u32 slot, u32 is_inspected)
{
	struct otseg_live *live = otseg_live_at(e, slot);

	if (!live)
		return;
	otseg_fetch_add32(&live->flows, (u32)-1);
	if (is_inspected)
		otseg_fetch_add32(&live->sessions, (u32)-1);
}

/**
 * otseg_flow_end - remove a flow
 * @e: surroundings
 * @id: its id
 *
 * Only one caller of several succeeds; it gives back what the flow held.
 *
 * Return: whether this caller did.
 */
OTSEG_NOINLINE u32 otseg_flow_end(struct otseg_env *e, u64 id)
{
	u32 place = otseg_flow_place(id);
	struct otseg_flow_line *line = otseg_line_at(e, place / OTSEG_FLOW_WAYS);
	u32 way = place & (OTSEG_FLOW_WAYS - 1);
	u32 tag = (u32)(id >> 32);
	struct otseg_flow_bucket *bucket;
	struct otseg_flow *f;

	if (!line)
		return 0;
	bucket = &line->bucket;
	f = otseg_line_flow(line, place);
	if (otseg_cmpxchg32(&bucket->tag[way], tag, OTSEG_TAG_BUSY) != tag)
		return 0;
	if (f->session) {
		e->flow_id = id;
		otseg_stream_close(e, f);
	}
	otseg_budget_give(e, f->budget, f->flags & OTSEG_FLOW_INSPECTED);
	/* The grace begins before the place looks free. */
	otseg_write(bucket->deadline_s[way], e->now_s);
	otseg_barrier();
	otseg_write(bucket->tag[way], OTSEG_TAG_FREE);
	return 1;
}

/* Has the moment come? Seconds wrap. */
OTSEG_INLINE u32 otseg_is_past(u32 deadline_s, u32 now_s)
{
	return (s32)(deadline_s - now_s) <= 0;
}

#define OTSEG_FOUND_LATE 0x80000000u /* beside an id: the flow is past its time */

/* Looks for @key in one bucket; the id of the flow, 0: not here. */
OTSEG_NOINLINE u64 otseg_bucket_find(const struct otseg_env *e, const struct otseg_flow_key *key,
				     u32 index, u32 tag)
{
	struct otseg_flow_line *line = otseg_line_at(e, index);
	u64 id;
	u32 i;

	if (!line)
		return 0;
	for (i = 0; i < OTSEG_FLOW_WAYS; i++) {
		if (otseg_likely(otseg_read(line->bucket.tag[i]) != tag))
			continue;
		if (!otseg_key_equals(&line->flows[i].key, key))
			continue;
		id = otseg_flow_make_id(tag, index * OTSEG_FLOW_WAYS + i);
		if (otseg_unlikely(otseg_is_past(otseg_read(line->bucket.deadline_s[i]), e->now_s)))
			id |= OTSEG_FOUND_LATE;
		return otseg_forget(e, id);
	}
	return 0;
}

/* Place + 1 of the first flow with this tag in a bucket, 0: none. */
OTSEG_INLINE u32 otseg_bucket_scan(const struct otseg_flow_bucket *bucket, u32 index, u32 tag)
{
	u32 i;

	for (i = 0; i < OTSEG_FLOW_WAYS; i++) {
		if (otseg_read(bucket->tag[i]) == tag)
			return index * OTSEG_FLOW_WAYS + i + 1;
	}
	return 0;
}

/*
 * Number @i of the buckets that a hash had before the table grew, two for each size; none
 * where there was no such size: @earlier, see OTSEG_TABLE_FULL.
 */
OTSEG_INLINE u32 otseg_earlier_bucket(u64 hash, u32 earlier, u32 i)
{
	u32 size = earlier >> (i / 2 * 8 & 31) & 0xff;

	if (!size)
		return OTSEG_NONE32;
	return otseg_hash_bucket(hash, i & 1, otseg_table_buckets(size - 1) - 1);
}

/**
 * otseg_other_scan - look for a tag in all buckets of a hash but the first
 * @e: surroundings
 * @hash: the hash
 *
 * Return: place + 1 of the first flow with the tag of @hash, 0: none.
 */
OTSEG_NOINLINE u32 otseg_other_scan(const struct otseg_env *e, u64 hash)
{
	u64 table = otseg_table_size(e);
	u32 index = otseg_hash_bucket(hash, 1, otseg_table_mask(table));
	const struct otseg_flow_bucket *bucket = otseg_bucket_at(e, index);
	u32 tag = otseg_hash_tag(hash);
	u32 place = 0;
	u32 i;

	if (otseg_likely(bucket))
		place = otseg_bucket_scan(bucket, index, tag);
	if (otseg_likely(place || !otseg_table_earlier(table)))
		return otseg_forget(e, place);
	otseg_for(i, 2 * OTSEG_TABLE_EARLIER) {
		index = otseg_earlier_bucket(hash, otseg_table_earlier(table), i);
		bucket = index == OTSEG_NONE32 ? NULL : otseg_bucket_at(e, index);
		if (!bucket)
			continue;
		place = otseg_forget(e, otseg_bucket_scan(bucket, index, tag));
		if (place)
			return place;
	}
	return 0;
}

/* Looks for @key where the table had it before it grew; as otseg_bucket_find(). */
OTSEG_NOINLINE u64 otseg_earlier_find(const struct otseg_env *e, const struct otseg_flow_key *key,
				      u64 hash, u32 earlier)
{
	const struct otseg_flow_bucket *bucket;
	u32 tag = otseg_hash_tag(hash);
	struct otseg_flow *f;
	u32 place = 0;
	u32 index;
	u64 id;
	u32 i;

	/* The first one with the tag: the verifier would compare keys for each turn and way. */
	otseg_for(i, 2 * OTSEG_TABLE_EARLIER) {
		index = otseg_earlier_bucket(hash, earlier, i);
		bucket = index == OTSEG_NONE32 ? NULL : otseg_bucket_at(e, index);
		if (!bucket)
			continue;
		place = otseg_forget(e, otseg_bucket_scan(bucket, index, tag));
		if (place)
			break;
	}
	place = otseg_forget(e, place);
	if (!place)
		return 0;
	f = otseg_flow_at(e, place - 1);
	bucket = otseg_bucket_at(e, (place - 1) / OTSEG_FLOW_WAYS);
	if (!f || !bucket || !otseg_key_equals(&f->key, key))
		return 0;
	id = otseg_flow_make_id(tag, place - 1);
	if (otseg_is_past(otseg_read(bucket->deadline_s[(place - 1) & (OTSEG_FLOW_WAYS - 1)]), e->now_s))
		id |= OTSEG_FOUND_LATE;
	return otseg_forget(e, id);
}

/**
 * otseg_flow_find - look a flow up
 * @e: surroundings; takes the id of the flow
 * @key: its key
 * @hash: hash of @key
 *
 * A flow that is past its time is removed, and not found.
 *
 * Return: the flow, or NULL.
 */
OTSEG_INLINE struct otseg_flow *otseg_flow_find(struct otseg_env *e,
						const struct otseg_flow_key *key, u64 hash)
{
	u64 table = otseg_table_size(e);
	u32 mask = otseg_table_mask(table);
	u32 tag = otseg_hash_tag(hash);
	u64 id = otseg_bucket_find(e, key, otseg_hash_bucket(hash, 0, mask), tag);

	if (!id)
		id = otseg_bucket_find(e, key, otseg_hash_bucket(hash, 1, mask), tag);
	if (otseg_unlikely(!id && otseg_table_earlier(table)))
		id = otseg_earlier_find(e, key, hash, otseg_table_earlier(table));
	id = otseg_forget(e, id);
	if (otseg_unlikely(id & OTSEG_FOUND_LATE)) {
		otseg_flow_end(e, id & ~(u64)OTSEG_FOUND_LATE);
		id = 0;
	}
	e->flow_id = id;
	return id ? otseg_flow_at(e, otseg_flow_place(id)) : NULL;
}

/* Places of a bucket that can be taken now. */
OTSEG_NOINLINE u32 otseg_bucket_room(const struct otseg_env *e, u32 index)
{
	const struct otseg_flow_bucket *bucket = otseg_bucket_at(e, index);
	u32 room = 0;
	u32 i;

	if (!bucket)
		return 0;
	for (i = 0; i < OTSEG_FLOW_WAYS; i++) {
		if (otseg_read(bucket->tag[i]) == OTSEG_TAG_FREE &&
		    otseg_is_past(bucket->deadline_s[i] + OTSEG_FLOW_GRACE_S, e->now_s))
			room++;
	}
	return otseg_forget(e, room);
}

/**
 * otseg_bucket_sweep - remove the flows of one bucket that are past their time
 * @e: surroundings; only its tables and clock are used
 * @index: the bucket
 */
OTSEG_NOINLINE void otseg_bucket_sweep(struct otseg_env *e, u32 index)
{
	struct otseg_flow_bucket *bucket = otseg_bucket_at(e, index);
	u32 tag, way;
	u32 i;

	if (!bucket)
		return;
	otseg_for(i, OTSEG_FLOW_WAYS) {
		way = i & (OTSEG_FLOW_WAYS - 1);
		tag = otseg_read(bucket->tag[way]);
		if (tag > OTSEG_TAG_BUSY &&
		    otseg_is_past(otseg_read(bucket->deadline_s[way]), e->now_s))
			otseg_flow_end(e, otseg_flow_make_id(tag, index * OTSEG_FLOW_WAYS + way));
	}
}

/* Takes a place of a bucket; the place + 1, 0: none. */
OTSEG_NOINLINE u32 otseg_bucket_take(struct otseg_env *e, u32 index)
{
	struct otseg_flow_bucket *bucket = otseg_bucket_at(e, index);
	u32 i;

	if (!bucket)
		return 0;
	for (i = 0; i < OTSEG_FLOW_WAYS; i++) {
		if (otseg_read(bucket->tag[i]) != OTSEG_TAG_FREE ||
		    !otseg_is_past(bucket->deadline_s[i] + OTSEG_FLOW_GRACE_S, e->now_s))
			continue;
		if (otseg_cmpxchg32(&bucket->tag[i], OTSEG_TAG_FREE, OTSEG_TAG_BUSY) ==
		    OTSEG_TAG_FREE)
			return index * OTSEG_FLOW_WAYS + i + 1;
	}
	return 0;
}

/**
 * otseg_bucket_has_spilled - may a flow whose first bucket this is lie in its second one?
 * @e: surroundings
 * @index: the bucket, in a table that has not grown
 *
 * Return: whether one may.
 */
OTSEG_INLINE u32 otseg_bucket_has_spilled(const struct otseg_env *e, u32 index)
{
	const u64 *words = otseg_root_of(e)->spilled;

	return otseg_read(words[index / 64 & (OTSEG_FLOW_BUCKETS / 64 - 1)]) >> (index & 63) & 1;
}

/* A flow whose first bucket is @index goes to the second one. Before it can be found there. */
OTSEG_INLINE void bucket_spill(const struct otseg_env *e, u32 index)
{
	u64 *words = otseg_root_of(e)->spilled;

	if (!otseg_bucket_has_spilled(e, index))
		otseg_fetch_or64(&words[index / 64 & (OTSEG_FLOW_BUCKETS / 64 - 1)],
				 1ull << (index & 63));
}

/**
 * otseg_flow_take - take a place for a new flow
 * @e: surroundings; takes the id that the flow will have
 * @hash: hash of its key
 *
 * The first one of its two buckets is taken as long as half of it is free, then the emptier
 * one. The place is busy until otseg_flow_publish().
 *
 * Return: the entry to fill, or NULL if there is no room.
 */
OTSEG_INLINE struct otseg_flow *otseg_flow_take(struct otseg_env *e, u64 hash)
{
	u32 mask = otseg_table_mask(otseg_table_size(e));
	u32 first = otseg_hash_bucket(hash, 0, mask);
	u32 second = otseg_hash_bucket(hash, 1, mask);
	u32 room = otseg_bucket_room(e, first);
	u32 place;

	if (room < OTSEG_FLOW_WAYS / 2 && otseg_bucket_room(e, second) > room) {
		bucket_spill(e, first);
		first = second;
	}
	place = otseg_forget(e, otseg_bucket_take(e, first));
	if (otseg_unlikely(!place)) {
		/* For those who come after the grace. */
		otseg_bucket_sweep(e, first);
		otseg_bucket_sweep(e, second);
		return NULL;
	}
	e->flow_id = otseg_flow_make_id(otseg_hash_tag(hash), place - 1);
	return otseg_flow_at(e, place - 1);
}

/**
 * otseg_deadline_set - set when a flow ends
 * @e: surroundings
 * @deadline_s: the deadline of its place, in its bucket
 * @seconds: from now
 *
 * Written only when it changes: a bucket is shared by eight flows.
 */
OTSEG_INLINE void otseg_deadline_set(const struct otseg_env *e, u32 *deadline_s, u32 seconds)
{
	u32 deadline = e->now_s + seconds;
	const u32 *tag;

	/* The compiler takes it for one of eight. */
	otseg_opaque(deadline_s);
	tag = deadline_s - OTSEG_FLOW_WAYS;

	/* A place that was given free meanwhile keeps the beginning of its grace. */
	if (otseg_unlikely(otseg_read(*deadline_s) != deadline) &&
	    otseg_read(*tag) != OTSEG_TAG_FREE)
		otseg_write(*deadline_s, deadline);
}

/* The same for the flow @e->flow_id. */
OTSEG_INLINE void otseg_flow_touch(const struct otseg_env *e, u32 seconds)
{
	u32 place = otseg_flow_place(e->flow_id);
	struct otseg_flow_bucket *bucket = otseg_bucket_at(e, place / OTSEG_FLOW_WAYS);

	if (bucket)
		otseg_deadline_set(e, &bucket->deadline_s[place & (OTSEG_FLOW_WAYS - 1)], seconds);
}

/**
 * otseg_flow_publish - let a filled entry be found, or give its place back
 * @e: surroundings, @e->flow_id is the flow
 * @tag: the tag of its id, or OTSEG_TAG_FREE
 *
 * Pairs with the reads of the tag in otseg_bucket_find().
 */
OTSEG_INLINE void otseg_flow_publish(const struct otseg_env *e, u32 tag)
{
	u32 place = otseg_flow_place(e->flow_id);
	struct otseg_flow_bucket *bucket = otseg_bucket_at(e, place / OTSEG_FLOW_WAYS);

	if (bucket)
		otseg_cmpxchg32(&bucket->tag[place & (OTSEG_FLOW_WAYS - 1)], OTSEG_TAG_BUSY, tag);
}

#endif /* OTSEG_TABLE_H */
