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

/* What both lanes add up to, in 64 bits of hash. */
#define otseg_hash_join(seed, upper, lower)                                      \
	((((upper) + (seed)[2 * OTSEG_HASH_LANE - 1]) & 0xffffffff00000000ull) | \
	 ((lower) + (seed)[OTSEG_HASH_LANE - 1]) >> 32)

/* The hash of a key by its first four words, and what the others have added up to. */
#define otseg_hash_more(seed, upper, lower, a, b, c, d)                                          \
	otseg_hash_join(seed,                                                                    \
			(upper) + otseg_hash_take(seed, 1, 0, a) +                               \
				otseg_hash_take(seed, 1, 1, b) + otseg_hash_take(seed, 1, 2, c) + \
				otseg_hash_take(seed, 1, 3, d),                                  \
			(lower) + otseg_hash_take(seed, 0, 0, a) +                               \
				otseg_hash_take(seed, 0, 1, b) + otseg_hash_take(seed, 0, 2, c) + \
				otseg_hash_take(seed, 0, 3, d))

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
