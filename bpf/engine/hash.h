/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The keyed hash of flow keys: multiply and add, which is strongly universal (M.
 * Dietzfelbinger, "Universal hashing and k-wise independent random variables via
 * integer arithmetic without primes"; M. Thorup, "High speed hashing for integers
 * and strings", section 3.2): whatever two flows a sender picks, over the choice of
 * the seed they meet in one bucket as rarely as by chance. Of larger sets it promises
 * less, which costs those flows their place and nobody else anything. It takes a
 * tenth of the time of a cryptographic hash; unlike with that, who could read the hash
 * of flows would learn the seed, but the hash leaves the host nowhere.
 */
#ifndef OTSEG_HASH_H
#define OTSEG_HASH_H

#include "../../include/otseg/types.h"

#define OTSEG_HASH_WORDS 10 /* of 32 bits: those of an IPv6 flow's key */
#define OTSEG_HASH_LANE (OTSEG_HASH_WORDS + 1) /* seed words for 32 bits of hash */
#define OTSEG_SEED_WORDS (2 * OTSEG_HASH_LANE)

/* One more word of the key; @i is its number. */
#define otseg_hash_take(seed, lane, i, word) \
	((seed)[OTSEG_HASH_LANE * (lane) + (i)] * (u32)(word))

/* What one lane adds up to: the first four words of a key, and what the others have. */
#define otseg_hash_lane(seed, lane, rest, a, b, c, d)                                      \
	((rest) + otseg_hash_take(seed, lane, 0, a) + otseg_hash_take(seed, lane, 1, b) +  \
	 otseg_hash_take(seed, lane, 2, c) + otseg_hash_take(seed, lane, 3, d) +           \
	 (seed)[OTSEG_HASH_LANE * (lane) + OTSEG_HASH_LANE - 1])

/* Both lanes, in 64 bits of hash: for where the hash stands for the key. */
#define otseg_hash_more(seed, upper, lower, a, b, c, d)                              \
	((otseg_hash_lane(seed, 1, upper, a, b, c, d) & 0xffffffff00000000ull) |     \
	 otseg_hash_lane(seed, 0, lower, a, b, c, d) >> 32)

/**
 * otseg_hash_seed - draw a seed that is the same every time (splitmix64, S. Vigna)
 * @seed: takes OTSEG_SEED_WORDS words
 * @from: what it is drawn from
 *
 * For where nobody aims at a bucket: offline, and in tests.
 */
static inline void otseg_hash_seed(u64 *seed, u64 from)
{
	u64 word;
	u32 i;

	for (i = 0; i < OTSEG_SEED_WORDS; i++) {
		from += 0x9e3779b97f4a7c15ull;
		word = (from ^ from >> 30) * 0xbf58476d1ce4e5b9ull;
		word = (word ^ word >> 27) * 0x94d049bb133111ebull;
		seed[i] = word ^ word >> 31;
	}
}

#endif /* OTSEG_HASH_H */
