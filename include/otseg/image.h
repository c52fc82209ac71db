/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The policy image: the flat, position-independent form of a policy that the
 * tool compiles, the module verifies and the datapath reads in place.
 *
 * Layout: one header, then sections, each an array of one record type at an
 * offset that is a multiple of OTSEG_IMAGE_ALIGN, in the order of the list
 * below, without overlap; gaps are zero. All numbers are little-endian. A
 * string is a u32 offset into the STRINGS section, where it ends with NUL;
 * offset 0 is the empty string. Index + 1 fields use 0 for "none".
 *
 * The same policy text compiles to the same bytes. The digest is the SHA-256
 * of the whole image with the digest field zero; it is the policy's identity.
 */
#ifndef OTSEG_IMAGE_H
#define OTSEG_IMAGE_H

#include "types.h"

#define OTSEG_IMAGE_MAGIC 0x4753544f /* "OTSG" */
#define OTSEG_IMAGE_VERSION 7
#define OTSEG_IMAGE_ALIGN 64
#define OTSEG_IMAGE_MAX (32u << 20) /* bytes; a power of two, offsets are masked with it */
#define OTSEG_DIGEST_LEN 32

/* Capacities. The loader, the verifier and the counter layout hold to them. */
#define OTSEG_MAX_ZONES 256
#define OTSEG_MAX_LINKS 256
#define OTSEG_MAX_WIRES (OTSEG_MAX_LINKS / 2)
#define OTSEG_MAX_CONDUITS 4096
#define OTSEG_MAX_RULES 32768
#define OTSEG_MAX_LIMITERS OTSEG_MAX_RULES /* rules and conduits that have a rate */
#define OTSEG_MAX_PREFIXES 65536
#define OTSEG_MAX_CLASSES 4096
#define OTSEG_MAX_ASSETS 65536
#define OTSEG_MAX_MACS 16384
#define OTSEG_MAX_PAIRS 65535
#define OTSEG_MAX_LEAF_RULES 64 /* rules that one packet can have to be held against */
#define OTSEG_MAX_INTERVALS 65536 /* selector intervals of one cell */
#define OTSEG_MAX_LIST 64 /* ranges in one units, functions, objects or values list */
#define OTSEG_MAX_TEXT 128 /* bytes of one text that a rule names */
#define OTSEG_MAX_CLOCKS 64 /* time zones */
#define OTSEG_MAX_WINDOWS 32 /* windows of one conduit */
#define OTSEG_MAX_PROBES 8 /* slots to look at in the image's hash tables */
#define OTSEG_NONE16 0xffff
#define OTSEG_NONE32 0xffffffffu

/*
 * Sections: X(ID, record type, maximum count)
 */
/* clang-format off */
#define OTSEG_SECTION_LIST(X)                                                  \
	/* what a packet needs */                                              \
	X(LINK_HASH, u16, 2048)                                                \
	X(LINKS, struct otseg_img_link, OTSEG_MAX_LINKS)                       \
	X(ZONES, struct otseg_img_zone, OTSEG_MAX_ZONES)                       \
	X(CLASSES, struct otseg_img_class, OTSEG_MAX_CLASSES)                  \
	X(MAC_HASH, struct otseg_img_mac, 4 * OTSEG_MAX_MACS)                  \
	X(V4_ROOT, u32, 65536)                                                 \
	X(V4_NODES, struct otseg_img_node, 196608)                             \
	X(V4_ENTRIES, u32, 1048576)                                            \
	X(V6_RANGES, struct otseg_img_v6range, 2 * OTSEG_MAX_PREFIXES + 1)     \
	X(PAIR_MATRIX, u16, OTSEG_MAX_ZONES * OTSEG_MAX_ZONES)                 \
	X(PAIRS, struct otseg_img_pair, OTSEG_MAX_PAIRS)                       \
	X(ROLES, u16, 2097152)                                                 \
	X(CELL_MATRIX, u32, 2097152)                                           \
	X(CELLS, struct otseg_img_cell, 262144)                                \
	X(INTERVALS, struct otseg_img_interval, 524288)                        \
	X(LEAVES, struct otseg_img_leaf, 262144)                               \
	X(LEAF_RULES, u32, 1048576)                                            \
	X(CONDUITS, struct otseg_img_conduit, OTSEG_MAX_CONDUITS)              \
	X(RULES, struct otseg_img_rule, OTSEG_MAX_RULES)                       \
	X(RANGES, struct otseg_img_range, 262144)                              \
	X(OBJECTS, struct otseg_img_object, 262144)                            \
	X(TEXTS, struct otseg_img_text, 262144)                                \
	/* what a reader of the policy needs besides */                        \
	X(ASSETS, struct otseg_img_asset, OTSEG_MAX_ASSETS)                    \
	X(ASSET_REFS, u32, 1048576)                                            \
	X(PREFIXES, struct otseg_img_prefix, OTSEG_MAX_PREFIXES)               \
	X(WIRES, struct otseg_img_wire, OTSEG_MAX_WIRES)                       \
	/* what the owner of the policy needs to follow the time of day */     \
	X(CLOCKS, struct otseg_img_clock, OTSEG_MAX_CLOCKS)                    \
	X(SHIFTS, struct otseg_img_shift, 16384)                               \
	X(WINDOWS, struct otseg_img_window, 16384)                             \
	X(STRINGS, u8, 8388608)
/* clang-format on */

enum otseg_section_id {
#define X(id, type, max) OTSEG_SEC_##id,
	OTSEG_SECTION_LIST(X)
#undef X
	OTSEG_SEC_COUNT,
};

#define OTSEG_SEC_MAX 31
#define OTSEG_REVISION_MAX 0x7fffffffffffffffull
#define OTSEG_ADOPT_MAX (30 * 24 * 3600) /* seconds */

/**
 * struct otseg_section - where one array of the image lies
 * @off: bytes from the start of the image, a multiple of OTSEG_IMAGE_ALIGN
 * @count: records in it, 0 where the policy has none
 */
struct otseg_section {
	u32 off;
	u32 count;
};

/**
 * struct otseg_image - the image's header, at its first byte
 * @magic: OTSEG_IMAGE_MAGIC
 * @version: OTSEG_IMAGE_VERSION
 * @header_size: sizeof(struct otseg_image)
 * @size: bytes of the whole image, a multiple of OTSEG_IMAGE_ALIGN
 * @name: string, the policy's name
 * @digest: SHA-256 of the image with this field zero
 * @flags: OTSEG_IMG_*
 * @adopt_s: seconds after an interface was attached in which connections that come in by it are
 *	taken up although their beginning was not seen; at most OTSEG_ADOPT_MAX, 0: never
 * @revision: which edition of the policy this is, at most OTSEG_REVISION_MAX
 * @supersedes: highest revision that it may follow although its own is lower; higher than
 *	@revision, or 0: none
 * @sec: the sections, by enum otseg_section_id; the unused tail is zero
 */
struct otseg_image {
	u32 magic;
	u16 version;
	u16 header_size;
	u32 size;
	u32 name;
	u8 digest[OTSEG_DIGEST_LEN];
	u32 flags;
	u32 adopt_s;
	u64 revision;
	u64 supersedes;
	struct otseg_section sec[OTSEG_SEC_MAX];
};

#define OTSEG_IMG_NO_LINK_ARP 0x1 /* ARP passes by rule only */
#define OTSEG_IMG_NO_LINK_ND 0x2 /* neighbour discovery passes by rule only */
#define OTSEG_IMG_ISLAND 0x4 /* state: only conduits that survive it, and `intra:` rules */
#define OTSEG_IMG_ADOPT 0x8 /* some conduit has OTSEG_CONDUIT_ADOPT_ALWAYS */
#define OTSEG_IMG_ELSEWHERE 0x10 /* some rule is of a service of OTSEG_ELSEWHERE_LIST, on UDP */

/* What becomes of a frame that passes. */
enum otseg_img_mode {
	OTSEG_MODE_PASS, /* up to the host, which routes or bridges it */
	OTSEG_MODE_WIRE, /* it crosses the wire */
	OTSEG_MODE_ROUTE, /* the datapath routes it, or leaves it to the host */
};

#define OTSEG_IMG_LINK_FAIL_OPEN 0x1 /* the guard lets through what no datapath has seen */

/**
 * struct otseg_img_link - an interface, or one VLAN of it, that the policy names
 * @name: the interface's name, zero padded
 * @vlan: outer VLAN id in bits 0-11, inner one in bits 16-27; 0 is untagged
 * @hash: otseg_link_hash() of @name and @vlan, kept for a cheap first comparison
 * @wire_plus1: the wire that the interface is an end of, plus one; 0: none
 * @peer_plus1: the link of the same VLAN at the other end of the wire, plus one;
 *	0: no zone lives there, so nothing crosses
 * @mode: enum otseg_img_mode; WIRE on a wire and nowhere else, ROUTE only for
 *	untagged frames
 * @flags: OTSEG_IMG_LINK_*; FAIL_OPEN is the interface's, so all its links have it, and none
 *	on a wire
 * @zone_plus1: the zone that its frames without an address are of, plus one: the only one
 *	that lives behind it; 0: there are several
 * @reach: bit Z set: zone Z lives behind the peer, and an enabled conduit leads
 *	from it to a zone behind this link, or the other way
 */
struct otseg_img_link {
	u8 name[16];
	u32 vlan;
	u32 hash;
	u16 wire_plus1;
	u16 peer_plus1;
	u8 mode;
	u8 flags;
	u16 zone_plus1;
	u64 reach[OTSEG_MAX_ZONES / 64];
};

/**
 * otseg_link_fails_open - whether the guard lets through what no datapath has seen
 * @link: link of the interface
 * @image_flags: flags of the image
 *
 * Return: whether it does. Not in island mode: nothing crosses a boundary then that nobody has judged.
 */
static inline u32 otseg_link_fails_open(const struct otseg_img_link *link, u32 image_flags)
{
	return (link->flags & OTSEG_IMG_LINK_FAIL_OPEN) && !(image_flags & OTSEG_IMG_ISLAND);
}

#define OTSEG_ZONE_HAS_MACS 0x1 /* only the listed source MACs may speak for it */
#define OTSEG_ZONE_DEFAULT4 0x2 /* holds 0.0.0.0/0 */
#define OTSEG_ZONE_DEFAULT6 0x4 /* holds ::/0 */

/**
 * struct otseg_img_zone - an IEC 62443 zone
 * @links: bit L set: the zone lives behind link L
 * @name: string
 * @flags: OTSEG_ZONE_*
 * @level_tenths: Purdue level times ten
 * @n_classes: endpoint classes of this zone; their @local indices are below it
 * @line: line of the policy file that declares it
 */
struct otseg_img_zone {
	u64 links[OTSEG_MAX_LINKS / 64];
	u32 name;
	u32 flags;
	u16 level_tenths;
	u16 n_classes;
	u32 line;
};

/**
 * struct otseg_img_class - an endpoint class: addresses no rule tells apart
 * @zone: the zone it lies in
 * @local: its index among the classes of that zone
 *
 * Class 0 is "no zone": @zone is OTSEG_NONE16.
 */
struct otseg_img_class {
	u16 zone;
	u16 local;
};

/**
 * struct otseg_img_mac - slot of the hash of source MACs
 * @addr: the address in bytes 0-5, network order
 * @zone_plus1: the zone that it may speak for, plus one; 0 is a free slot
 */
struct otseg_img_mac {
	u8 addr[6];
	u16 zone_plus1;
};

#define OTSEG_TRIE_NODE 0x80000000u /* entry: the rest is a node, else a class */

/**
 * struct otseg_img_node - a 256-way node of the IPv4 trie, run-length coded
 * @bits: bit i set: child i differs from child i-1; bit 0 is always set
 * @entries: first of this node's entries in V4_ENTRIES, one per set bit
 * @before: set bits in the words before word w
 *
 * The trie is read by 16, 8 and 8 bits: V4_ROOT holds an entry for each upper
 * half of an address, each node one byte more. Nodes of the second level come
 * before those of the third, so an entry only ever points forward.
 */
struct otseg_img_node {
	u64 bits[4];
	u32 entries;
	u8 before[4];
};

/**
 * struct otseg_img_v6range - from this address up to the next one: one class
 * @hi: upper half of the first address of the range, as a number
 * @lo: lower half
 * @class: endpoint class
 * @reserved: zero
 *
 * Sorted by address without repeats; the first one is ::. A section of count 0
 * means no IPv6.
 */
struct otseg_img_v6range {
	u64 hi;
	u64 lo;
	u32 class;
	u32 reserved;
};

/**
 * struct otseg_img_pair - what one zone may ask of another (or of itself)
 * @src_roles: index into ROLES, one role for each class of the source zone
 * @dst_roles: the same for the destination zone
 * @cells: index into CELL_MATRIX, @n_src_roles rows of @n_dst_roles cells + 1
 * @n_src_roles: rows
 * @n_dst_roles: columns
 * @conduit: the conduit that answers for what no rule allows: the first enabled
 *	one of the pair, one in monitor mode before others
 * @reserved: zero
 *
 * A role is a class of endpoint classes: sources that the same rules name.
 *
 * PAIR_MATRIX holds the pair + 1 of two zones at source zone * zones +
 * destination zone, 0: no conduit. CELL_MATRIX holds the cell + 1 at
 * @cells + source role * @n_dst_roles + destination role, 0: no rule.
 */
struct otseg_img_pair {
	u32 src_roles;
	u32 dst_roles;
	u32 cells;
	u16 n_src_roles;
	u16 n_dst_roles;
	u16 conduit;
	u16 reserved;
};

/**
 * struct otseg_img_cell - the rules between one source and one destination role
 * @intervals: index into INTERVALS
 * @n_intervals: their number, at least 1
 */
struct otseg_img_cell {
	u32 intervals;
	u32 n_intervals;
};

/*
 * A selector is what a rule can tell apart before it looks inside: the carrier
 * in bits 16-31, and in bits 0-15 the destination port (TCP, UDP), type and
 * code (ICMP: type * 256 + code), the operation (ARP) or the ethertype (link).
 */
#define OTSEG_SEL(carrier, value) (((u32)(carrier) << 16) | (u32)(value))
#define OTSEG_SEL_ICMP 1
#define OTSEG_SEL_TCP 6
#define OTSEG_SEL_UDP 17
#define OTSEG_SEL_ICMPV6 58
#define OTSEG_SEL_ARP 256
#define OTSEG_SEL_LINK 257
#define OTSEG_SEL_END 258

/**
 * struct otseg_img_interval - from this selector up to the next one: one leaf
 * @first: first selector; the first interval of a cell begins at 0
 * @leaf_plus1: index into LEAVES plus one, 0: no rule
 */
struct otseg_img_interval {
	u32 first;
	u32 leaf_plus1;
};

/**
 * struct otseg_img_leaf - the rules a packet is held against
 * @rules: index into LEAF_RULES, in the order of the policy file
 * @n_rules: 1 to OTSEG_MAX_LEAF_RULES
 * @service: what its effective rules inspect: those of enabled conduits that are
 *	not void. An OPAQUE service if one of them is opaque: then the first
 *	enabled rule decides by itself. Without an effective rule: the service of
 *	its first inspected rule, else of its first rule. Rules that inspect
 *	services of different families never share a leaf.
 */
struct otseg_img_leaf {
	u32 rules;
	u16 n_rules;
	u16 service;
};

/**
 * struct otseg_img_rate - how much may come through a rule or a conduit
 * @packets: packets in each period, 0: no limit
 * @burst_packets: packets that may come at once
 * @bytes: bytes in each period, 0: no limit
 * @burst_bytes: bytes that may come at once
 * @packets_period_s: seconds that @packets are for: 1, 60 or 3600; 0 without
 * @bytes_period_s: seconds that @bytes are for: 1, 60 or 3600; 0 without
 * @limiter: index of its token buckets; OTSEG_NONE32 without a limit
 *
 * Limiters are numbered without gaps: those of rules first, then those of conduits,
 * each in the order of its section.
 */
struct otseg_img_rate {
	u32 packets;
	u32 burst_packets;
	u32 bytes;
	u32 burst_bytes;
	u16 packets_period_s;
	u16 bytes_period_s;
	u32 limiter;
};

/*
 * What the datapath heeds is ENABLED, MONITOR and ADOPT_*. ENABLED follows from the policy, which
 * has STANDING, SURVIVES and TIMED, and from the state, which is not the policy's and not
 * under its digest: OPENED, CLOSED, GRANTED, WITHIN and OTSEG_IMG_ISLAND. Without a state an
 * image is called plain, and that is what the tool compiles. See otseg_conduit_follows().
 */
#define OTSEG_CONDUIT_ENABLED 0x1 /* its rules permit something, now */
#define OTSEG_CONDUIT_MONITOR 0x2 /* would-be drops are counted and passed */
#define OTSEG_CONDUIT_INTRA 0x4 /* the `intra:` rules of one zone */
#define OTSEG_CONDUIT_STANDING 0x8 /* the policy enables it */
#define OTSEG_CONDUIT_SURVIVES 0x10 /* stays in island mode */
#define OTSEG_CONDUIT_OPENED 0x20 /* state: enabled by hand, until another policy */
#define OTSEG_CONDUIT_CLOSED 0x40 /* state: disabled by hand; stays for other policies */
#define OTSEG_CONDUIT_GRANTED 0x80 /* state: open until a time that its owner keeps */
#define OTSEG_CONDUIT_ADOPT_ALWAYS 0x100 /* takes connections up at any time */
#define OTSEG_CONDUIT_ADOPT_NEVER 0x200 /* and at no time, whatever the image says */
#define OTSEG_CONDUIT_RESET 0x400 /* `on-deny`: both sides of a refused TCP connection are told */
#define OTSEG_CONDUIT_EXCEPTION 0x800 /* the asking side by its protocol, where that can; with RESET */
#define OTSEG_CONDUIT_TIMED 0x1000 /* it has windows, and is in force within them only */
#define OTSEG_CONDUIT_WITHIN 0x2000 /* state: the time of day is within one of them */
#define OTSEG_CONDUIT_STATE                                                     \
	(OTSEG_CONDUIT_OPENED | OTSEG_CONDUIT_CLOSED | OTSEG_CONDUIT_GRANTED | \
	 OTSEG_CONDUIT_WITHIN)

/**
 * struct otseg_img_conduit - an IEC 62443 conduit
 * @name: string; `intra:` rules form a conduit named after their zone
 * @reason: string
 * @from: zone that initiates
 * @to: zone that answers
 * @flags: OTSEG_CONDUIT_*
 * @budget_slot: where its live flows are counted; follows from the name, so that
 *	it survives a policy swap
 * @flow_budget: live flows it may hold
 * @session_budget: how many of them may be inspected
 * @rules: first of its rules in RULES
 * @n_rules: their number
 * @line: line of the policy file
 * @rate: limit of all that its initiating side sends
 */
struct otseg_img_conduit {
	u32 name;
	u32 reason;
	u16 from;
	u16 to;
	u16 flags;
	u16 budget_slot;
	u32 flow_budget;
	u32 session_budget;
	u32 rules;
	u32 n_rules;
	u32 line;
	struct otseg_img_rate rate;
};

/**
 * otseg_conduit_follows - whether a conduit is in force
 * @conduit_flags: its flags; ENABLED does not count
 * @image_flags: flags of the image
 *
 * Return: what OTSEG_CONDUIT_ENABLED has to be.
 */
static inline u32 otseg_conduit_follows(u32 conduit_flags, u32 image_flags)
{
	const u32 policy = conduit_flags & (OTSEG_CONDUIT_STANDING | OTSEG_CONDUIT_CLOSED);

	if ((image_flags & OTSEG_IMG_ISLAND) &&
	    !(conduit_flags & (OTSEG_CONDUIT_SURVIVES | OTSEG_CONDUIT_INTRA)))
		return 0;
	if (conduit_flags & OTSEG_CONDUIT_GRANTED)
		return 1;
	/* A grant has an end of its own; whatever else is open, is so within its windows. */
	if ((conduit_flags & (OTSEG_CONDUIT_TIMED | OTSEG_CONDUIT_WITHIN)) == OTSEG_CONDUIT_TIMED)
		return 0;
	return policy == OTSEG_CONDUIT_STANDING || (conduit_flags & OTSEG_CONDUIT_OPENED);
}

#define OTSEG_BUDGET_SLOTS 8192

#define OTSEG_RULE_OPAQUE 0x1 /* allows by selector alone */
#define OTSEG_RULE_VOID 0x2 /* its service has no inspector: permits nothing */

/**
 * struct otseg_img_rule - one permission
 * @name: string, unique in its conduit
 * @conduit: the conduit it belongs to
 * @service: enum otseg_service
 * @access: mask of enum otseg_access that it permits
 * @flags: OTSEG_RULE_*
 * @idle_s: seconds without a packet after which a flow ends; 0: the service's own
 * @units: index into RANGES
 * @functions: index into RANGES; a function is code << 16 | sub-function
 * @objects: index into OBJECTS
 * @values: index into RANGES
 * @n_units: 0: every unit that is not a broadcast
 * @n_functions: 0: every function that the inspector knows and @access permits
 * @n_objects: 0: every object; otherwise a message must name objects, all allowed
 * @n_values: 0: every value; otherwise every written value must be in one
 * @fields: index into OBJECTS, whose types are fields in the inspector's numbering
 * @texts: index into TEXTS
 * @n_fields: 0: whatever the fields
 * @n_texts: 0: whatever the texts
 * @field_mask: bit F set: field F is in @fields; then a message must have it, and its
 *	number must be in one
 * @text_mask: the same for @texts
 * @reserved: zero
 * @rate: limit of what it permits
 * @from_refs: index into ASSET_REFS: the assets of `from:`, for the reader
 * @to_refs: the same for `to:`
 * @n_from: 0: the whole zone
 * @n_to: 0: the whole zone
 * @selectors: index into RANGES: the selectors it is reached by, for the reader
 * @n_selectors: their number
 * @line: line of the policy file
 */
struct otseg_img_rule {
	u32 name;
	u16 conduit;
	u8 service;
	u8 access;
	u16 flags;
	u16 n_selectors;
	u32 idle_s;
	u32 units;
	u32 functions;
	u32 objects;
	u32 values;
	u8 n_units;
	u8 n_functions;
	u8 n_objects;
	u8 n_values;
	u32 fields;
	u32 texts;
	u8 n_fields;
	u8 n_texts;
	u16 field_mask;
	u8 text_mask;
	u8 reserved[3];
	struct otseg_img_rate rate;
	u32 from_refs;
	u32 to_refs;
	u16 n_from;
	u16 n_to;
	u32 selectors;
	u32 line;
};

/**
 * struct otseg_img_range - a closed interval of numbers
 * @first: lowest
 * @last: highest
 *
 * Lists of them are sorted and do not touch. The selectors of a rule are a list
 * too, kept for the reader.
 */
struct otseg_img_range {
	u32 first;
	u32 last;
};

/**
 * struct otseg_img_object - a closed interval of objects of one type
 * @type: object type, in the numbering of the service's inspector
 * @first: lowest
 * @last: highest
 *
 * Lists are sorted by type and first and do not touch within a type.
 */
struct otseg_img_object {
	u32 type;
	u32 first;
	u32 last;
};

#define OTSEG_ASSET_GROUP 0x1 /* a named list of assets: @refs instead of prefixes */

#define OTSEG_TEXT_PREFIX 0x1 /* whatever follows it */

/**
 * struct otseg_img_text - a name that a message may bear
 * @string: string
 * @len: its bytes, 1 to OTSEG_MAX_TEXT
 * @text: which name, in the numbering of the service's inspector
 * @flags: OTSEG_TEXT_*
 */
struct otseg_img_text {
	u32 string;
	u16 len;
	u8 text;
	u8 flags;
};

/**
 * struct otseg_img_asset - a named endpoint or a named list of them
 * @name: string
 * @note: string
 * @zone: the zone it lies in, OTSEG_NONE16 for a list across zones
 * @flags: OTSEG_ASSET_*
 * @refs: index into PREFIXES, or for a list into ASSET_REFS
 * @n_refs: their number
 * @line: line of the policy file
 */
struct otseg_img_asset {
	u32 name;
	u32 note;
	u16 zone;
	u16 flags;
	u32 refs;
	u32 n_refs;
	u32 line;
};

/**
 * struct otseg_img_prefix - an address prefix as the policy names it
 * @addr: network order; an IPv4 address is in the first four bytes
 * @family: 4 or 6
 * @len: prefix length
 * @zone: zone it belongs to
 * @class: endpoint class of its first address
 * @asset_plus1: the asset that it is the address of, plus one; 0: a zone's prefix
 */
struct otseg_img_prefix {
	u8 addr[16];
	u8 family;
	u8 len;
	u16 zone;
	u32 class;
	u32 asset_plus1;
};

#define OTSEG_WIRE_MIRROR 0x1 /* an end follows the other one's link down and up */

/**
 * struct otseg_img_wire - two interfaces that frames cross between (bump in the wire)
 * @name: string
 * @ends: the first link of each of its interfaces, in the order of the text
 * @flags: OTSEG_WIRE_*
 * @line: line of the policy file
 */
struct otseg_img_wire {
	u32 name;
	u16 ends[2];
	u32 flags;
	u32 line;
};

/**
 * struct otseg_img_clock - the local time of a time zone, written out
 * @name: string, its name in the time zone database
 * @shifts: first of its shifts in SHIFTS
 * @n_shifts: their number, at least 1
 * @reserved: zero
 * @until: seconds since 1970 (UTC) at which the table ends
 *
 * Before its first shift and from @until on nobody knows the local time: no window is open.
 */
struct otseg_img_clock {
	u32 name;
	u32 shifts;
	u32 n_shifts;
	u32 reserved;
	u64 until;
};

/**
 * struct otseg_img_shift - from this second up to the next one: one distance from UTC
 * @from: seconds since 1970 (UTC)
 * @offset: seconds that local time is ahead of UTC
 * @name: string, what that is called: "CET"
 */
struct otseg_img_shift {
	u64 from;
	s32 offset;
	u32 name;
};

#define OTSEG_TIME_MAX (1ull << 40) /* seconds: no time in an image is as late as that */
#define OTSEG_DAY_MINUTES 1440

/**
 * struct otseg_img_window - hours of the week in which a conduit may be in force
 * @conduit: index of the conduit; the windows of a conduit follow one another, in the order
 *	of the text, and conduits stand in their own order
 * @clock: whose local time it speaks of
 * @days: bit D set: it begins on day D, 0 is Monday
 * @from: minute of the day it begins with
 * @until: minute of the day it ends before, 1 to 1440; less than @from: of the next day
 * @reserved: zero
 *
 * A moment is in a window if the local time of that moment is: see image_when.c.
 */
struct otseg_img_window {
	u16 conduit;
	u16 clock;
	u16 days;
	u16 from;
	u16 until;
	u16 reserved;
};

/*
 * The region: what the datapath is handed. One page that the owner of the
 * policy writes (struct otseg_runtime), the image, and a page of zeroes so that
 * a masked offset plus a record never leaves it.
 */
#define OTSEG_REGION_IMAGE 4096
#define OTSEG_REGION_TAIL 4096
#define OTSEG_REGION_SIZE (OTSEG_REGION_IMAGE + OTSEG_IMAGE_MAX + OTSEG_REGION_TAIL)

/* In maps, a region has room for a smaller image: a power of two, or this. */
#define OTSEG_IMAGE_THREE_QUARTERS (3u << 22)

#define OTSEG_RUNTIME_MAGIC 0x5254534f /* "OSTR" */

/**
 * struct otseg_runtime - what is true of an image while it is active
 * @magic: OTSEG_RUNTIME_MAGIC
 * @generation: counts activations since the module or the map was made; never 0
 * @image_size: bytes of the image
 * @counter_slot: map-backed mode: which of the two counter sets is this one's
 * @digest: the image's digest
 */
struct otseg_runtime {
	u32 magic;
	u32 generation;
	u32 image_size;
	u32 counter_slot;
	u8 digest[OTSEG_DIGEST_LEN];
};

/*
 * The two hashes that image and datapath must compute alike (32-bit FNV-1a and
 * a multiplicative finisher). They guard nothing: their tables are bounded by
 * the verifier.
 */
static inline u32 otseg_hash_fold(u32 hash, u32 word)
{
	hash = (hash ^ word) * 0x9e3779b1u;
	return hash ^ (hash >> 15);
}

/**
 * otseg_link_hash - place of a link in LINK_HASH
 * @name: interface name as four words, zero padded
 * @vlan: as in struct otseg_img_link
 *
 * LINK_HASH holds link + 1 (0: free) in a power of two of slots; a link lies
 * within OTSEG_MAX_PROBES slots, without a free one before it, from its hash;
 * slots wrap around. A table of no slots holds nothing.
 *
 * Return: the hash.
 */
static inline u32 otseg_link_hash(const u32 name[4], u32 vlan)
{
	u32 hash = 0x811c9dc5u;

	hash = otseg_hash_fold(hash, name[0]);
	hash = otseg_hash_fold(hash, name[1]);
	hash = otseg_hash_fold(hash, name[2]);
	hash = otseg_hash_fold(hash, name[3]);
	return otseg_hash_fold(hash, vlan);
}

/**
 * otseg_mac_hash - place of a MAC in MAC_HASH
 * @upper: bytes 0-3 of the address as a little-endian number
 * @lower: bytes 4-5, the same way
 * @zone: the zone that it speaks for
 *
 * Same rules as otseg_link_hash(); a MAC may stand there once for each zone.
 *
 * Return: the hash.
 */
static inline u32 otseg_mac_hash(u32 upper, u32 lower, u32 zone)
{
	u32 hash = 0x811c9dc5u;

	hash = otseg_hash_fold(hash, upper);
	hash = otseg_hash_fold(hash, lower);
	return otseg_hash_fold(hash, zone);
}

#endif /* OTSEG_IMAGE_H */
