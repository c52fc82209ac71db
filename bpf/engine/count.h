/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Counting: what one frame and its verdict add to the counter block, each frame
 * once. Every index is masked into the block.
 */
#ifndef OTSEG_COUNT_H
#define OTSEG_COUNT_H

#include "env.h"

OTSEG_INLINE u32 otseg_reason_passes(u32 reason)
{
#define X(id, name, class, sentence) \
	| (OTSEG_REASON_##class == OTSEG_REASON_PASS ? 1ull << (OTSEG_R_##id & 63) : 0)
	const u64 passes = 0 OTSEG_REASON_LIST(X);
#undef X

	return reason < 64 && ((passes >> reason) & 1);
}

#define X(id, name, class, sentence) +(OTSEG_REASON_##class == OTSEG_REASON_PASS && OTSEG_R_##id >= 64)
_Static_assert((0 OTSEG_REASON_LIST(X)) == 0, "otseg_reason_passes() keeps those that pass in one word");
#undef X

/**
 * otseg_count_pass - count a frame that passes by a rule and a flow
 * @e: surroundings
 * @reason: why
 * @link: link that it came in by
 * @zone: zone of its source
 * @conduit: the conduit that answers for it
 * @rule: the rule that allows it
 *
 * What otseg_count_frame() does, without asking for what is so.
 */
OTSEG_INLINE void otseg_count_pass(const struct otseg_env *e, u32 reason, u32 link, u32 zone,
				   u32 conduit, u32 rule)
{
	u32 bytes = e->s->arrival.frame_len;
	u64 *c = e->counters;
	u64 *at;

	c[OTSEG_CTR_REASON + (reason & (OTSEG_R_MAX - 1))]++;
	at = &c[OTSEG_CTR_LINK + (link & (OTSEG_MAX_LINKS - 1)) * OTSEG_CTR_LINK_LEN];
	at[OTSEG_CTR_LINK_PACKETS]++;
	at[OTSEG_CTR_LINK_BYTES] += bytes;
	at = &c[OTSEG_CTR_ZONE + (zone & (OTSEG_MAX_ZONES - 1)) * OTSEG_CTR_ZONE_LEN];
	at[OTSEG_CTR_ZONE_PACKETS]++;
	at[OTSEG_CTR_ZONE_BYTES] += bytes;
	at = &c[otseg_counter_conduit(conduit)];
	at[OTSEG_CTR_CONDUIT_PACKETS]++;
	at[OTSEG_CTR_CONDUIT_BYTES] += bytes;
	at = &c[otseg_counter_rule(rule)];
	at[OTSEG_CTR_RULE_PACKETS]++;
	at[OTSEG_CTR_RULE_BYTES] += bytes;
}

/**
 * otseg_count_refused - count a frame that no rule has been found for
 * @e: surroundings
 * @v: its verdict: link and reason are known, and it is dropped
 *
 * What otseg_count_frame() does, without asking for what is so.
 */
OTSEG_INLINE void otseg_count_refused(const struct otseg_env *e, const struct otseg_verdict *v)
{
	u32 bytes = e->s->arrival.frame_len;
	u64 *c = e->counters;
	u64 *at;

	c[OTSEG_CTR_REASON + (v->reason & (OTSEG_R_MAX - 1))]++;
	at = &c[OTSEG_CTR_LINK + (v->link & (OTSEG_MAX_LINKS - 1)) * OTSEG_CTR_LINK_LEN];
	at[OTSEG_CTR_LINK_PACKETS]++;
	at[OTSEG_CTR_LINK_BYTES] += bytes;
	at[OTSEG_CTR_LINK_DROPS]++;
	if (otseg_likely(v->src_zone != OTSEG_NONE16)) {
		at = &c[OTSEG_CTR_ZONE +
			(v->src_zone & (OTSEG_MAX_ZONES - 1)) * OTSEG_CTR_ZONE_LEN];
		at[OTSEG_CTR_ZONE_PACKETS]++;
		at[OTSEG_CTR_ZONE_BYTES] += bytes;
		at[OTSEG_CTR_ZONE_DROPS]++;
	}
	if (v->conduit != OTSEG_NONE16)
		c[otseg_counter_conduit(v->conduit) + OTSEG_CTR_CONDUIT_DROPS]++;
}

/**
 * otseg_count_limited - count a frame that is over its conduit's rate
 * @e: surroundings
 * @conduit: the conduit
 *
 * Where the rate is asked, so that frames of conduits without one do not pay for it.
 */
OTSEG_INLINE void otseg_count_limited(const struct otseg_env *e, u32 conduit)
{
	e->counters[otseg_counter_conduit(conduit) + OTSEG_CTR_CONDUIT_LIMITED]++;
}

/**
 * otseg_count_frame - count a frame
 * @e: surroundings
 * @v: its verdict
 *
 * A frame that passes only because its conduit is in monitor mode counts as one
 * that the conduit passed and as monitored, not for any rule.
 */
OTSEG_INLINE void otseg_count_frame(const struct otseg_env *e, const struct otseg_verdict *v)
{
	u32 drops = v->action == OTSEG_ACTION_DROP;
	u32 bytes = e->s->arrival.frame_len;
	u64 *c = e->counters;
	u64 *at;

	c[OTSEG_CTR_REASON + (v->reason & (OTSEG_R_MAX - 1))]++;
	if (v->link != OTSEG_NONE16) {
		at = &c[OTSEG_CTR_LINK + (v->link & (OTSEG_MAX_LINKS - 1)) * OTSEG_CTR_LINK_LEN];
		at[OTSEG_CTR_LINK_PACKETS]++;
		at[OTSEG_CTR_LINK_BYTES] += bytes;
		at[OTSEG_CTR_LINK_DROPS] += drops;
	}
	if (v->src_zone != OTSEG_NONE16) {
		at = &c[OTSEG_CTR_ZONE +
			(v->src_zone & (OTSEG_MAX_ZONES - 1)) * OTSEG_CTR_ZONE_LEN];
		at[OTSEG_CTR_ZONE_PACKETS]++;
		at[OTSEG_CTR_ZONE_BYTES] += bytes;
		at[OTSEG_CTR_ZONE_DROPS] += drops;
	}
	if (v->conduit != OTSEG_NONE16) {
		at = &c[otseg_counter_conduit(v->conduit)];
		if (drops) {
			at[OTSEG_CTR_CONDUIT_DROPS]++;
		} else {
			at[OTSEG_CTR_CONDUIT_PACKETS]++;
			at[OTSEG_CTR_CONDUIT_BYTES] += bytes;
			at[OTSEG_CTR_CONDUIT_MONITORED] += v->flags & OTSEG_V_MONITORED;
		}
		at[OTSEG_CTR_CONDUIT_FLOWS] += (v->flags & OTSEG_V_OPENED) / OTSEG_V_OPENED;
		at[OTSEG_CTR_CONDUIT_ADOPTED] += (v->flags & (OTSEG_V_OPENED | OTSEG_V_ADOPTED)) ==
						 (OTSEG_V_OPENED | OTSEG_V_ADOPTED);
	}
	if (v->rule != OTSEG_NONE32) {
		at = &c[otseg_counter_rule(v->rule)];
		if (otseg_reason_passes(v->reason)) {
			at[OTSEG_CTR_RULE_PACKETS]++;
			at[OTSEG_CTR_RULE_BYTES] += bytes;
		}
		at[OTSEG_CTR_RULE_LIMITED] += v->reason == OTSEG_R_RATE_LIMIT;
	}
}

#endif /* OTSEG_COUNT_H */
