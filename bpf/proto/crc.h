/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Tables of cyclic redundancy checks, a byte at a time. A table is linear: the entry of a
 * byte is that of each of its bits, put together; so eight numbers make it.
 */
#ifndef OTSEG_CRC_H
#define OTSEG_CRC_H

/* Entry of byte @n, from those of 1, 2, 4 ... 128. */
#define OTSEG_CRC_ENTRY(n, a, b, c, d, e, f, g, h)                                             \
	(((n) & 1 ? (a) : 0) ^ ((n) & 2 ? (b) : 0) ^ ((n) & 4 ? (c) : 0) ^                     \
	 ((n) & 8 ? (d) : 0) ^ ((n) & 16 ? (e) : 0) ^ ((n) & 32 ? (f) : 0) ^                   \
	 ((n) & 64 ? (g) : 0) ^ ((n) & 128 ? (h) : 0))

/* @entry of 0 to 255. */
#define OTSEG_CRC_4(entry, n) entry(n), entry((n) + 1), entry((n) + 2), entry((n) + 3)
#define OTSEG_CRC_16(entry, n)                                                                 \
	OTSEG_CRC_4(entry, n), OTSEG_CRC_4(entry, (n) + 4), OTSEG_CRC_4(entry, (n) + 8),       \
		OTSEG_CRC_4(entry, (n) + 12)
#define OTSEG_CRC_64(entry, n)                                                                 \
	OTSEG_CRC_16(entry, n), OTSEG_CRC_16(entry, (n) + 16), OTSEG_CRC_16(entry, (n) + 32),  \
		OTSEG_CRC_16(entry, (n) + 48)
#define OTSEG_CRC_TABLE(entry)                                                                 \
	OTSEG_CRC_64(entry, 0), OTSEG_CRC_64(entry, 64), OTSEG_CRC_64(entry, 128),             \
		OTSEG_CRC_64(entry, 192)

#endif /* OTSEG_CRC_H */
