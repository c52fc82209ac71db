/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The policy in memory: what the loader makes of a text and the compiler makes
 * an image of. Names are resolved to indices, values to numbers and sorted
 * ranges, defaults are filled in; the order is that of the text. All of it lives
 * in the policy's arena.
 */
#ifndef OTSEG_POLICY_MODEL_H
#define OTSEG_POLICY_MODEL_H

#include "arena.h"
#include "otseg/service.h"
#include "policy.h"

#define OTSEG_NAME_MAX 63
#define OTSEG_FLOWS_DEFAULT 4096
#define OTSEG_FLOWS_MAX (1u << 24)
#define OTSEG_SESSIONS_DEFAULT 256
#define OTSEG_SESSIONS_MAX (1u << 16)
#define OTSEG_IDLE_MAX (30 * 24 * 3600) /* seconds */
#define OTSEG_BURST_BYTES_MIN 16384 /* no frame may be too big for its own limit */

/**
 * struct otseg_mark_at - a place in the text
 * @line: line, from 1
 * @column: column, from 1
 */
struct otseg_mark_at {
	unsigned int line;
	unsigned int column;
};

/**
 * struct otseg_address - an address of either family as one number
 * @hi: upper half; an IPv4 address is in its upper 32 bits
 * @lo: lower half
 */
struct otseg_address {
	u64 hi;
	u64 lo;
};

/**
 * struct otseg_prefix - an address prefix
 * @first: its first address
 * @family: 4 or 6
 * @len: prefix length
 * @at: its place in the text
 */
struct otseg_prefix {
	struct otseg_address first;
	u8 family;
	u8 len;
	struct otseg_mark_at at;
};

/**
 * struct otseg_ranges - a sorted list of ranges that do not touch
 * @items: the ranges
 * @n: their number
 */
struct otseg_ranges {
	struct otseg_img_range *items;
	size_t n;
};

/**
 * struct otseg_interface - an interface, or one VLAN of it
 * @name: its name, zero padded
 * @vlan: as in struct otseg_img_link
 * @at: its place in the text
 */
struct otseg_interface {
	char name[16];
	u32 vlan;
	struct otseg_mark_at at;
};

/**
 * struct otseg_zone - an IEC 62443 zone
 * @name: its name
 * @level_tenths: Purdue level times ten
 * @interfaces: where it lives
 * @n_interfaces: their number
 * @prefixes: its addresses
 * @n_prefixes: their number
 * @macs: source MACs that may speak for it, six bytes each
 * @n_macs: their number, 0: any
 * @at: its place in the text
 */
struct otseg_zone {
	const char *name;
	u16 level_tenths;
	struct otseg_interface *interfaces;
	size_t n_interfaces;
	struct otseg_prefix *prefixes;
	size_t n_prefixes;
	u8 (*macs)[6];
	size_t n_macs;
	struct otseg_mark_at at;
};

/**
 * struct otseg_asset - a named endpoint, or a named list of them
 * @name: its name
 * @note: what the policy says about it, or ""
 * @zone: index of its zone; OTSEG_NONE16 for a list across zones
 * @is_list: it has members instead of addresses
 * @is_used: a rule or a list names it
 * @prefixes: its addresses
 * @n_prefixes: their number
 * @members: a list's assets, by index
 * @n_members: their number
 * @at: its place in the text
 */
struct otseg_asset {
	const char *name;
	const char *note;
	u16 zone;
	bool is_list;
	bool is_used;
	struct otseg_prefix *prefixes;
	size_t n_prefixes;
	u32 *members;
	size_t n_members;
	struct otseg_mark_at at;
};

/**
 * struct otseg_rate - a limit
 * @count: packets or bytes in each period, 0: no limit
 * @period_s: 1, 60 or 3600; 0 without a limit
 * @burst: how many may come at once
 */
struct otseg_rate {
	u32 count;
	u16 period_s;
	u32 burst;
};

/**
 * struct otseg_limit - how much may come through a rule or a conduit
 * @packets: limit of packets
 * @bytes: limit of bytes
 */
struct otseg_limit {
	struct otseg_rate packets;
	struct otseg_rate bytes;
};

/**
 * struct otseg_text - a name that a message may bear
 * @string: the name, or its beginning
 * @text: which name, in the inspector's numbering
 * @is_prefix: whatever follows it
 */
struct otseg_text {
	const char *string;
	u8 text;
	bool is_prefix;
};

/**
 * struct otseg_rule - one permission
 * @name: its name, unique in its conduit
 * @service: enum otseg_service
 * @access: mask of enum otseg_access
 * @idle_s: 0: the service's own time
 * @from: assets that may initiate, by index, in the order of the text
 * @n_from: their number, 0: the whole zone
 * @to: assets that may answer
 * @n_to: their number, 0: the whole zone
 * @selectors: what packets it is about
 * @units: as in struct otseg_img_rule, like the next three
 * @functions: code << 16 | sub-function
 * @values: values that may be written
 * @objects: sorted by type and first
 * @n_objects: their number
 * @fields: numbers of fields, sorted by field and first
 * @n_fields: their number
 * @texts: names that it permits
 * @n_texts: their number
 * @limit: how much it permits
 * @at: its place in the text
 */
struct otseg_rule {
	const char *name;
	u8 service;
	u8 access;
	u32 idle_s;
	u32 *from;
	size_t n_from;
	u32 *to;
	size_t n_to;
	struct otseg_ranges selectors;
	struct otseg_ranges units;
	struct otseg_ranges functions;
	struct otseg_ranges values;
	struct otseg_img_object *objects;
	size_t n_objects;
	struct otseg_img_object *fields;
	size_t n_fields;
	struct otseg_text *texts;
	size_t n_texts;
	struct otseg_limit limit;
	struct otseg_mark_at at;
};

/* When a conduit takes up connections whose beginning was not seen. */
enum otseg_adopt {
	OTSEG_ADOPT_WINDOW, /* as long as the policy says */
	OTSEG_ADOPT_ALWAYS,
	OTSEG_ADOPT_NEVER,
};

/**
 * struct otseg_shift - from this second up to the next one: one distance from UTC
 * @from: seconds since 1970 (UTC)
 * @offset: seconds that local time is ahead of UTC
 * @name: what that is called
 */
struct otseg_shift {
	u64 from;
	s32 offset;
	const char *name;
};

/**
 * struct otseg_clock - a time zone, written out
 * @name: its name
 * @until: the second (UTC) at which what is known of it ends
 * @shifts: its shifts
 * @n_shifts: their number
 */
struct otseg_clock {
	const char *name;
	u64 until;
	struct otseg_shift *shifts;
	size_t n_shifts;
};

/**
 * struct otseg_window - hours of the week, as in struct otseg_img_window
 * @clock: index of its clock
 * @days: the days it begins on
 * @from: minute of the day
 * @until: minute of the day
 */
struct otseg_window {
	u16 clock;
	u16 days;
	u16 from;
	u16 until;
};

/**
 * enum otseg_on_deny - who hears of what a conduit refuses; in the order of the words
 * @OTSEG_DENY_DROP: nobody
 * @OTSEG_DENY_RESET: both sides of a TCP connection, by a reset
 * @OTSEG_DENY_EXCEPTION: the side that asks, by an exception of its protocol if that can tell
 *	(Modbus), and then both
 */
enum otseg_on_deny {
	OTSEG_DENY_DROP,
	OTSEG_DENY_RESET,
	OTSEG_DENY_EXCEPTION,
};

/**
 * struct otseg_conduit - an IEC 62443 conduit
 * @name: its name; `intra:` rules bear the name of their zone
 * @reason: why it exists
 * @from: zone that initiates, by index
 * @to: zone that answers; the same one for `intra:` rules
 * @is_enabled: its rules permit anything
 * @is_monitor: it reports instead of dropping
 * @survives_island: it stays when island mode cuts the others
 * @adopt: when it takes up connections whose beginning was not seen
 * @windows: hours in which it is in force
 * @n_windows: their number, 0: all
 * @on_deny: who hears of what it refuses
 * @flows: live flows it may hold
 * @sessions: how many of them may be inspected
 * @limit: how much its initiating side may send
 * @rules: its rules
 * @n_rules: their number
 * @at: its place in the text
 */
struct otseg_conduit {
	const char *name;
	const char *reason;
	u16 from;
	u16 to;
	bool is_enabled;
	bool is_monitor;
	bool survives_island;
	enum otseg_adopt adopt;
	struct otseg_window *windows;
	size_t n_windows;
	enum otseg_on_deny on_deny;
	u32 flows;
	u32 sessions;
	struct otseg_limit limit;
	struct otseg_rule *rules;
	size_t n_rules;
	struct otseg_mark_at at;
};

/**
 * struct otseg_wire - two interfaces that frames cross between
 * @name: its name
 * @ends: names of the interfaces, zero padded
 * @is_mirrored: an end follows the other one's link
 * @at: its place in the text
 */
struct otseg_wire {
	const char *name;
	char ends[2][16];
	bool is_mirrored;
	struct otseg_mark_at at;
};

/**
 * struct otseg_policy - a policy
 * @arena: where all of it lives
 * @file: the name of its text, for messages
 * @name: its name
 * @flags: OTSEG_IMG_*
 * @adopt_s: as in struct otseg_image
 * @revision: its revision
 * @supersedes: highest revision that it may follow, 0: its own
 * @zones: zones
 * @n_zones: their number
 * @wires: wires
 * @n_wires: their number
 * @routed: names of the interfaces between which the datapath routes, zero padded
 * @n_routed: their number
 * @fail_open: names of the interfaces at which unseen frames pass, zero padded
 * @n_fail_open: their number
 * @assets: assets and lists of them
 * @n_assets: their number
 * @clocks: time zones that windows go by
 * @n_clocks: their number
 * @conduits: conduits, those made of `intra:` rules last
 * @n_conduits: their number
 */
struct otseg_policy {
	struct otseg_arena arena;
	const char *file;
	const char *name;
	u32 flags;
	u32 adopt_s;
	u64 revision;
	u64 supersedes;
	struct otseg_zone *zones;
	size_t n_zones;
	struct otseg_wire *wires;
	size_t n_wires;
	char (*routed)[16];
	size_t n_routed;
	char (*fail_open)[16];
	size_t n_fail_open;
	struct otseg_asset *assets;
	size_t n_assets;
	struct otseg_clock *clocks;
	size_t n_clocks;
	struct otseg_conduit *conduits;
	size_t n_conduits;
};

/* Addresses as numbers. */
static inline int otseg_address_compare(struct otseg_address a, struct otseg_address b)
{
	if (a.hi != b.hi)
		return a.hi < b.hi ? -1 : 1;
	return a.lo < b.lo ? -1 : a.lo > b.lo;
}

static inline struct otseg_address otseg_prefix_mask(unsigned int len)
{
	struct otseg_address mask = { 0, 0 };

	if (len)
		mask.hi = len >= 64 ? ~0ull : ~0ull << (64 - len);
	if (len > 64)
		mask.lo = len >= 128 ? ~0ull : ~0ull << (128 - len);
	return mask;
}

/* The last address; below an IPv4 one the unused bits are set as well. */
static inline struct otseg_address otseg_prefix_last(const struct otseg_prefix *prefix)
{
	struct otseg_address mask = otseg_prefix_mask(prefix->len);

	return (struct otseg_address){ prefix->first.hi | ~mask.hi, prefix->first.lo | ~mask.lo };
}

static inline bool otseg_prefix_covers(const struct otseg_prefix *outer,
				       const struct otseg_prefix *inner)
{
	struct otseg_address mask = otseg_prefix_mask(outer->len);

	return outer->family == inner->family && outer->len <= inner->len &&
	       (inner->first.hi & mask.hi) == outer->first.hi &&
	       (inner->first.lo & mask.lo) == outer->first.lo;
}

#define OTSEG_PREFIX_TEXT 52 /* bytes that hold any prefix in words */

const char *otseg_prefix_print(char text[OTSEG_PREFIX_TEXT], const struct otseg_prefix *prefix);
int otseg_prefix_compare(const struct otseg_prefix *a, const struct otseg_prefix *b);

#endif /* OTSEG_POLICY_MODEL_H */
