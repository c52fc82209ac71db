/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Rates: one token bucket for packets and one for bytes of each rule that has a
 * rate, as a theoretical arrival time (the GCRA of ITU-T I.371) that all
 * processors share without a lock. Only frames of the side that opened the flow
 * use it up. A new policy generation begins with the other half of the table.
 */
#ifndef OTSEG_LIMIT_H
#define OTSEG_LIMIT_H

#include "env.h"

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

/* Takes @cost from a bucket of @depth; 1: it had enough. */
OTSEG_NOINLINE u32 otseg_limit_take(const struct otseg_env *e, u64 *bucket, u64 now, u64 cost,
				    u64 depth)
{
	u64 was, base;
	u32 i;

	otseg_for(i, OTSEG_LIMIT_TRIES) {
		was = otseg_read(*bucket);
		base = (s64)(was - now) > 0 ? was : now;
		/* Left behind by another rule: this one's bucket is empty at worst. */
		if (base - now > depth)
			base = now + depth;
		base = otseg_forget(e, base);
		if (base - now + cost > depth)
			return 0;
		if (otseg_cmpxchg64(bucket, was, base + cost) == was)
			return 1;
	}
	return 0;
}

/**
 * otseg_limit_check - let a frame use up its rule's rate
 * @e: surroundings
 * @rule_index: the rule
 * @bytes: length of the frame
 *
 * Return: 1: within the rate, 0: over it.
 */
OTSEG_NOINLINE u32 otseg_limit_check(const struct otseg_env *e, u32 rule_index, u32 bytes)
{
	const struct otseg_img_rule *rule = otseg_at(e, RULES, rule_index);
	u32 half = (e->generation & 1) * OTSEG_MAX_RULES;
	u32 packet_rate = rule->rate_packets;
	u32 byte_rate = rule->rate_bytes;
	struct otseg_limiter *limiter;
	u64 cost = 0;
	u64 now, depth;

	if (rule->limiter == OTSEG_NONE32)
		return 1;
	limiter = otseg_limiter_at(e, half + (rule->limiter & (OTSEG_MAX_RULES - 1)));
	if (!limiter)
		return 0;
	now = otseg_clock(e) << OTSEG_LIMIT_SHIFT;
	if (packet_rate) {
		cost = otseg_limit_cost(1, packet_rate, rule->packets_period_s);
		depth = otseg_limit_depth(rule->burst_packets, packet_rate, rule->packets_period_s);
		if (!otseg_forget(e, otseg_limit_take(e, &limiter->packets, now, cost, depth)))
			return 0;
	}
	if (!byte_rate)
		return 1;
	depth = otseg_limit_depth(rule->burst_bytes, byte_rate, rule->bytes_period_s);
	if (!otseg_limit_take(e, &limiter->bytes, now,
			      otseg_limit_cost(bytes, byte_rate, rule->bytes_period_s), depth)) {
		/* What the packet bucket gave is given back. */
		if (cost)
			__sync_fetch_and_add(&limiter->packets, -cost);
		return 0;
	}
	return 1;
}

#endif /* OTSEG_LIMIT_H */
