/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The flow entry: what is remembered of one conversation that a rule allowed.
 * Owns the layout of entries and buckets; look-up, insertion and time-outs are
 * in table.h, what TCP makes of the numbers is in tcp.h.
 *
 * Concurrency: no locks. The fields of struct otseg_flow_dir are written only
 * by frames of that direction (one receive queue, one processor) and read by
 * the other one. The rest is written before the entry is published, and again
 * by whoever classifies the flow anew under a new generation: every writer then
 * writes the same values, and @generation last. A place that is given free is
 * not used again for OTSEG_FLOW_GRACE_S seconds, far longer than any packet
 * takes, so a processor that still looks at the old entry sees it whole.
 */
#ifndef OTSEG_FLOW_H
#define OTSEG_FLOW_H

#include "packet.h"

#define OTSEG_FLOW_WAYS 8
#define OTSEG_FLOW_SEGMENTS 64 /* that the table can have; a power of two */
#define OTSEG_SEGMENT_BUCKETS 512 /* a power of two */
#define OTSEG_SEGMENT_PLACES (OTSEG_SEGMENT_BUCKETS * OTSEG_FLOW_WAYS)
#define OTSEG_FLOW_BUCKETS (OTSEG_FLOW_SEGMENTS * OTSEG_SEGMENT_BUCKETS)
#define OTSEG_FLOW_PLACES (OTSEG_FLOW_BUCKETS * OTSEG_FLOW_WAYS) /* 262,144 */
#define OTSEG_FLOW_GRACE_S 2

/**
 * struct otseg_flow_key - both ends of a conversation, the lower one first
 * @a: the lower address
 * @b: the other address
 * @a_port: port of @a; ICMP echo: identifier
 * @b_port: port of @b; ICMP echo: 1 if @b asks and @a answers, else 0
 * @proto: IP protocol
 * @family: 4, 6 or OTSEG_FAMILY_LINK
 * @reserved: zero
 *
 * Addresses are compared word by word as they lie in memory: any total order
 * serves, as long as both directions agree. The two ends of a flow never share
 * an address.
 */
struct otseg_flow_key {
	struct otseg_addr a;
	struct otseg_addr b;
	u16 a_port;
	u16 b_port;
	u8 proto;
	u8 family;
	u16 reserved;
};

/* What has been seen of one direction of a TCP connection. */
#define OTSEG_FLOW_RENEW 0x01 /* the opener has sent a new SYN on a live connection */
#define OTSEG_FLOW_SYN 0x02 /* its SYN (or SYN-ACK) has passed; adopted: a segment of it has */
#define OTSEG_FLOW_SCALED 0x04 /* its SYN carried the window scale option */
#define OTSEG_FLOW_ACKED 0x08 /* it has acknowledged the other side's SYN */
#define OTSEG_FLOW_FIN 0x10 /* its FIN has passed */
#define OTSEG_FLOW_FIN_ACKED 0x20 /* it has acknowledged the other side's FIN */
#define OTSEG_FLOW_RST 0x40 /* its RST has passed */
#define OTSEG_FLOW_MAC 0x80 /* its zone restricts source MACs: look each time */

/**
 * struct otseg_flow_dir - one direction of a flow
 * @bytes: of the frames passed
 * @packets: frames passed
 * @ifindex: interface it comes in by
 * @vlan: VLAN it comes in by, as in struct otseg_packet
 * @end: TCP: highest sequence number sent, plus one
 * @grant: TCP: highest acknowledgement plus window it has offered: the other
 *	direction may send up to there
 * @window: TCP: largest window offered, in units of 1 << @scale
 * @scale: TCP: window shift
 * @flags: OTSEG_FLOW_RENEW and following
 */
struct otseg_flow_dir {
	u64 bytes;
	u32 packets;
	u32 ifindex;
	u32 vlan;
	u32 end;
	u32 grant;
	u16 window;
	u8 scale;
	u8 flags;
};

#define OTSEG_FLOW_FROM_B 0x01 /* the flow was opened by @key.b */
#define OTSEG_FLOW_INSPECTED 0x02 /* its service has an inspector */
#define OTSEG_FLOW_EXPRESS 0x04 /* enforced, and only its messages can have a rate, their rule's: see express.h */
#define OTSEG_FLOW_IDLE 0x08 /* its rule says how long it may be idle */
#define OTSEG_FLOW_ADOPTED 0x10 /* TCP: its beginning was not seen */
#define OTSEG_FLOW_POLL 0x20 /* TCP: its rule is the first that messages are held against: see poll.h */
#define OTSEG_FLOW_TOLD 0x40 /* both sides are told if it is no longer allowed */
#define OTSEG_FLOW_CUT 0x80 /* that has begun: nothing of it passes any more */

/**
 * struct otseg_flow - one conversation
 * @key: both ends
 * @dir: by direction: 0 is the side that opened the flow, 1 the one that answers
 * @rule: the rule that allowed it to open; of an inspected flow the first enabled
 *	rule of its leaf; OTSEG_NONE32: none did, it lives in a conduit in monitor mode
 * @leaf: leaf of the image; without @rule the enum otseg_reason against it
 * @generation: of the policy that the other fields speak of; 0: they are changing
 * @session: slot of its inspection state plus one, 0: none
 * @budget: budget slot in which it is counted
 * @conduit: conduit it was opened through
 * @service: enum otseg_service
 * @flags: OTSEG_FLOW_FROM_B and following
 * @zone: zones of the two ends, by direction: source zone of @dir
 * @link: links of the image that @dir comes in by
 */
struct otseg_flow {
	struct otseg_flow_key key;
	struct otseg_flow_dir dir[2];
	u32 rule;
	u32 leaf;
	u32 generation;
	u16 session;
	u16 budget;
	u16 conduit;
	u8 service;
	u8 flags;
	u8 zone[2];
	u8 link[2];
};

_Static_assert(sizeof(struct otseg_flow_key) == 40, "no padding in the key");
_Static_assert(sizeof(struct otseg_flow) == 128, "two cache lines");

#define OTSEG_TAG_FREE 0
#define OTSEG_TAG_BUSY 1 /* being filled or emptied */

/**
 * struct otseg_flow_bucket - eight places of the table
 * @tag: that of the key's hash, or OTSEG_TAG_*
 * @deadline_s: when the flow ends, in seconds of the datapath's clock; of a free
 *	place, when it was given free
 *
 * Place i of bucket b is flow b * OTSEG_FLOW_WAYS + i.
 */
struct otseg_flow_bucket {
	u32 tag[OTSEG_FLOW_WAYS];
	u32 deadline_s[OTSEG_FLOW_WAYS];
};

_Static_assert(sizeof(struct otseg_flow_bucket) == 64, "one cache line");
_Static_assert(__builtin_offsetof(struct otseg_flow_bucket, deadline_s) ==
		       OTSEG_FLOW_WAYS * sizeof(u32),
	       "from a deadline one comes to the tag of its place: otseg_deadline_set()");

/**
 * struct otseg_flow_line - a bucket and its flows
 * @bucket: the bucket
 * @flows: its places
 */
struct otseg_flow_line {
	struct otseg_flow_bucket bucket;
	struct otseg_flow flows[OTSEG_FLOW_WAYS];
};

_Static_assert(sizeof(struct otseg_flow_line) == 17 * 64, "whole cache lines");

/*
 * The size of the table, in one word so that it changes at once. The table only
 * grows; the flows stay where they are, so that whoever misses one looks where the
 * earlier sizes had it, too. There are few of them because that takes time: the table
 * becomes OTSEG_TABLE_GROWTH steps larger at least. By less, there would not be room for
 * each flow in the part that it had before.
 * Low half: buckets in use minus one. High half: a byte for each earlier size, the last
 * one lowest: its steps plus one, 0: none.
 */
#define OTSEG_TABLE_STEPS 6 /* to twice as many each, from one segment to all */
#define OTSEG_TABLE_GROWTH 2
#define OTSEG_TABLE_EARLIER 3 /* sizes that there can have been */
#define OTSEG_TABLE_FULL ((u64)OTSEG_FLOW_BUCKETS - 1)

_Static_assert(OTSEG_FLOW_SEGMENTS == 1 << OTSEG_TABLE_STEPS,
	       "it begins with one segment at least and ends with all");
_Static_assert((OTSEG_TABLE_STEPS + OTSEG_TABLE_GROWTH - 1) / OTSEG_TABLE_GROWTH <= OTSEG_TABLE_EARLIER &&
		       sizeof(u32) >= OTSEG_TABLE_EARLIER,
	       "a byte for each");

/* Buckets after @steps. */
static inline u32 otseg_table_buckets(u32 steps)
{
	return OTSEG_SEGMENT_BUCKETS << (steps & 31);
}

static inline u32 otseg_table_mask(u64 table)
{
	return (u32)table;
}

static inline u32 otseg_table_earlier(u64 table)
{
	return (u32)(table >> 32);
}

/* Its steps. */
static inline u32 otseg_table_steps(u64 table)
{
	u32 steps = 0;

	while (otseg_table_buckets(steps) <= otseg_table_mask(table))
		steps++;
	return steps;
}

/* The size after @steps of a table that had the size @table before. */
static inline u64 otseg_table_grown(u64 table, u32 steps)
{
	u32 earlier = otseg_table_earlier(table) << 8 | (otseg_table_steps(table) + 1);

	return (u64)earlier << 32 | (otseg_table_buckets(steps) - 1);
}

#endif /* OTSEG_FLOW_H */
