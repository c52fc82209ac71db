/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Rates: one token bucket for packets and one for bytes of each rule and each
 * conduit that has a rate, as a theoretical arrival time (the GCRA of ITU-T I.371)
 * that all processors share without a lock. Only frames of the side that opened the
 * flow use it up, and a frame that does not pass in the end gives back what its
 * buckets gave. A new policy generation begins with the other half of the table.
 */
#ifndef OTSEG_LIMIT_H
#define OTSEG_LIMIT_H

#include "count.h"

#define OTSEG_LIMIT_TRIES 8
#define OTSEG_LIMIT_SHIFT 8 /* times are kept in ns << 8: rates up to a byte a nanosecond */
#define OTSEG_SECOND 1000000000ull
#define OTSEG_LIMIT_MAX_S 1000000ull /* nothing takes longer than that */

/* What @amount of @rate in @period_s seconds takes, in ns << OTSEG_LIMIT_SHIFT. */
OTSEG_INLINE u64 otseg_limit_cost(u32 amount, u32 rate, u32 period_s)
{
	u64 whole = (u64)amount * period_s;
	u64 seconds = whole / rate;

	if (seconds >= OTSEG_LIMIT_MAX_S)
		return (OTSEG_LIMIT_MAX_S * OTSEG_SECOND) << OTSEG_LIMIT_SHIFT;
	whole = (whole - seconds * rate) * OTSEG_SECOND;
	/* The shift comes before the last division where there is room: fast rates need it. */
	if (rate < 1u << 24)
		whole = (whole << OTSEG_LIMIT_SHIFT) / rate;
	else
		whole = whole / (rate >> OTSEG_LIMIT_SHIFT);
	return (seconds * OTSEG_SECOND << OTSEG_LIMIT_SHIFT) + whole;
}

/* How far ahead of the clock a bucket may be: a full burst. */
OTSEG_INLINE u64 otseg_limit_depth(u32 burst, u32 rate, u32 period_s)
{
	return otseg_limit_cost(burst, rate, period_s) + (1 << OTSEG_LIMIT_SHIFT);
}

/*
 * Takes @cost from a bucket of @depth; 1: it had enough. A bucket that is far ahead of the
 * clock was another rule's under an older policy, or comes from another age of the clock,
 * which wraps after 834 days: it is taken for a full one. Processors need not agree about the
 * time to the nanosecond, so one that is a little ahead is an empty one.
 */
OTSEG_NOINLINE u32 otseg_limit_take(const struct otseg_env *e, u64 *bucket, u64 now, u64 cost,
				    u64 depth)
{
	u64 was, base;
	u32 i;

	otseg_for(i, OTSEG_LIMIT_TRIES) {
		was = otseg_read(*bucket);
		base = (s64)(was - now) > 0 ? was : now;
		if (base - now > 2 * depth)
			base = now;
		else if (base - now > depth)
			base = now + depth;
		base = otseg_forget(e, base);
		if (base - now + cost > depth) {
			if (base != was)
				otseg_cmpxchg64(bucket, was, base);
			return 0;
		}
		if (otseg_cmpxchg64(bucket, was, base + cost) == was)
			return 1;
	}
	return 0;
}

/* The buckets of a rate that has a limiter; NULL: there are none. */
OTSEG_INLINE struct otseg_limiter *limit_buckets(const struct otseg_env *e,
						 const struct otseg_img_rate *rate)
{
	u32 mask = OTSEG_MASK(limiters);
	u32 half = (e->generation & 1) * (mask + 1);

	return otseg_limiter_at(e, half + (rate->limiter & mask));
}

/* Gives back what a frame has used up of the packets of a rate. */
OTSEG_INLINE void limit_give_packet(struct otseg_limiter *limiter, const struct otseg_img_rate *rate)
{
	if (rate->packets)
		__sync_fetch_and_add(&limiter->packets,
				     -otseg_limit_cost(1, rate->packets, rate->packets_period_s));
}

/* Lets a frame use up a rate that has a limiter; 1: it is within it, 0: over it. */
OTSEG_NOINLINE u32 limit_use(const struct otseg_env *e, const struct otseg_img_rate *rate, u32 bytes)
{
	u32 packet_rate = rate->packets;
	u32 byte_rate = rate->bytes;
	struct otseg_limiter *limiter;
	u64 now, depth;

	limiter = limit_buckets(e, rate);
	if (!limiter)
		return 0;
	now = otseg_clock(e) << OTSEG_LIMIT_SHIFT;
	if (packet_rate) {
		depth = otseg_limit_depth(rate->burst_packets, packet_rate, rate->packets_period_s);
		if (!otseg_forget(e, otseg_limit_take(e, &limiter->packets, now,
						      otseg_limit_cost(1, packet_rate,
								       rate->packets_period_s),
						      depth)))
			return 0;
	}
	if (!byte_rate)
		return 1;
	depth = otseg_limit_depth(rate->burst_bytes, byte_rate, rate->bytes_period_s);
	if (!otseg_limit_take(e, &limiter->bytes, now,
			      otseg_limit_cost(bytes, byte_rate, rate->bytes_period_s), depth)) {
		limit_give_packet(limiter, rate);
		return 0;
	}
	return 1;
}

/* The same of any rate; most have none. */
OTSEG_INLINE u32 otseg_limit_use(const struct otseg_env *e, const struct otseg_img_rate *rate,
				 u32 bytes)
{
	return rate->limiter == OTSEG_NONE32 || limit_use(e, rate, bytes);
}

/* Undoes otseg_limit_use(). */
OTSEG_NOINLINE void otseg_limit_give(const struct otseg_env *e, const struct otseg_img_rate *rate,
				     u32 bytes)
{
	struct otseg_limiter *limiter;

	if (rate->limiter == OTSEG_NONE32)
		return;
	limiter = limit_buckets(e, rate);
	if (!limiter)
		return;
	limit_give_packet(limiter, rate);
	if (rate->bytes)
		__sync_fetch_and_add(&limiter->bytes,
				     -otseg_limit_cost(bytes, rate->bytes, rate->bytes_period_s));
}

/**
 * otseg_limit_rule - let a frame use up a rule's rate
 * @e: surroundings
 * @rule: the rule
 *
 * Return: 1: within the rate, 0: over it.
 */
OTSEG_INLINE u32 otseg_limit_rule(const struct otseg_env *e, u32 rule)
{
	return otseg_limit_use(e, &otseg_at(e, RULES, rule)->rate, e->s->arrival.frame_len);
}

/**
 * otseg_limit_frame - let a frame use up the rates of its rule and its conduit
 * @e: surroundings; notes what was used up, see otseg_limit_refund()
 * @rule: the rule; OTSEG_NONE32: the flow is inspected, its messages use up the rules'
 * @conduit: the conduit
 *
 * Return: OTSEG_R_NONE, or which of them it is over.
 */
OTSEG_NOINLINE u32 otseg_limit_frame(const struct otseg_env *e, u32 rule, u32 conduit)
{
	const struct otseg_img_rate *whole = &otseg_at(e, CONDUITS, conduit)->rate;
	u32 bytes = e->s->arrival.frame_len;

	if (rule != OTSEG_NONE32 && !otseg_forget(e, otseg_limit_rule(e, rule)))
		return OTSEG_R_RATE_LIMIT;
	if (!otseg_forget(e, otseg_limit_use(e, whole, bytes))) {
		if (rule != OTSEG_NONE32)
			otseg_limit_give(e, &otseg_at(e, RULES, rule)->rate, bytes);
		otseg_count_limited(e, conduit);
		return OTSEG_R_CONDUIT_RATE;
	}
	e->s->paid = 1ull << 32 | rule;
	return OTSEG_R_NONE;
}

/**
 * otseg_limit_refund - give back what otseg_limit_frame() has let a frame use up
 * @e: surroundings
 * @conduit: the conduit
 *
 * For a frame that something else refused: who is kept out must not use up what is
 * there for those who are let in.
 */
OTSEG_NOINLINE void otseg_limit_refund(const struct otseg_env *e, u32 conduit)
{
	u32 rule = (u32)e->s->paid;

	if (rule != OTSEG_NONE32)
		otseg_limit_give(e, &otseg_at(e, RULES, rule)->rate, e->s->arrival.frame_len);
	otseg_limit_give(e, &otseg_at(e, CONDUITS, conduit)->rate, e->s->arrival.frame_len);
}

#endif /* OTSEG_LIMIT_H */
