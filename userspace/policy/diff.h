/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What two images do differently: which frames and messages pass by the one and not by the
 * other. Computed on the tables that the datapath reads, not on the text: links, address
 * classes, roles, cells, leaves and messages of both images are laid over each other, and
 * whatever both treat alike is never split further. Exact: a frame is in the difference if
 * and only if the two images decide about it differently.
 */
#ifndef OTSEG_POLICY_DIFF_H
#define OTSEG_POLICY_DIFF_H

#include "arena.h"
#include "model.h"

enum otseg_diff_side {
	OTSEG_DIFF_OLD,
	OTSEG_DIFF_NEW,
};

/* In the order in which they are told: what matters most to the reader first. */
enum otseg_diff_kind {
	OTSEG_DIFF_UNENFORCED, /* what no rule allows passes now: monitor mode */
	OTSEG_DIFF_ALLOWED,
	OTSEG_DIFF_DENIED,
	OTSEG_DIFF_ENFORCED, /* what no rule allows passed, and does no more */
	OTSEG_DIFF_KINDS,
};

/**
 * struct otseg_span - a closed interval of numbers
 * @first: lowest
 * @last: highest
 */
struct otseg_span {
	u64 first;
	u64 last;
};

/**
 * struct otseg_set - a set of numbers: sorted intervals that do not touch
 * @spans: the intervals
 * @n: their number
 */
struct otseg_set {
	const struct otseg_span *spans;
	u32 n;
};

static inline void otseg_span_add(struct otseg_vec *spans, u64 first, u64 last)
{
	struct otseg_span span = { first, last };

	otseg_vec_add(spans, &span, 1);
}

struct otseg_set otseg_set_make(struct otseg_arena *arena, struct otseg_vec *spans);
struct otseg_set otseg_set_span(struct otseg_arena *arena, u64 first, u64 last);
struct otseg_set otseg_set_and(struct otseg_arena *arena, struct otseg_set a, struct otseg_set b);
struct otseg_set otseg_set_or(struct otseg_arena *arena, struct otseg_set a, struct otseg_set b);
struct otseg_set otseg_set_minus(struct otseg_arena *arena, struct otseg_set a, struct otseg_set b);
bool otseg_set_meets(struct otseg_set a, struct otseg_set b);
bool otseg_set_covers(struct otseg_set outer, struct otseg_set inner);
bool otseg_set_equals(struct otseg_set a, struct otseg_set b);
bool otseg_set_has(struct otseg_set set, u64 number);

/*
 * What a message has one of, and a rule a set of: service, unit, function, each field, and
 * each text. Numbers that only a rule with a list covers (functions that the inspector does
 * not know, broadcasts) stand above the others.
 */
enum otseg_diff_dim {
	OTSEG_DIM_SERVICE,
	OTSEG_DIM_UNIT,
	OTSEG_DIM_FUNCTION,
	OTSEG_DIM_FIELDS,
	OTSEG_DIM_TEXTS = OTSEG_DIM_FIELDS + 16,
	OTSEG_DIMS = OTSEG_DIM_TEXTS + 8,
};

#define OTSEG_KEY_SPECIAL (1ull << 32) /* a broadcast unit; an unknown function; no such field */
#define OTSEG_KEY_NO_UNIT (2ull << 32)

/**
 * struct otseg_diff_text - a pattern of the two leaves at hand
 * @bytes: the text
 * @len: its bytes
 * @is_prefix: whatever follows
 * @end: the patterns that begin with it are those up to this one
 */
struct otseg_diff_text {
	const char *bytes;
	u16 len;
	bool is_prefix;
	u16 end;
};

/**
 * struct otseg_diff_texts - the patterns for one name of a message
 * @texts: sorted, each before those that it is a prefix of. The key of a text is the last of
 *	them that it fits; @n: it fits none; @n + 1: there is no such text
 * @n: their number
 */
struct otseg_diff_texts {
	const struct otseg_diff_text *texts;
	u32 n;
};

/**
 * struct otseg_diff_message - messages that one side's rule permits and the other side does not
 * @rule: the rule
 * @side: enum otseg_diff_side
 * @is_whole: all that the rule permits
 * @is_opening: the connection too, which no rule of the other side lets open
 * @is_session: messages that only keep the session
 * @is_blind: everything, for the rule does not look inside; but for @except
 * @is_coarse: too entangled: the difference lies in here, but may be smaller
 * @dim: what they have one of each
 * @all: the same, of the whole rule
 * @texts: patterns that the keys of texts speak of
 * @except: rules of the other side by which some of them pass, by index
 * @n_except: their number
 */
struct otseg_diff_message {
	u32 rule;
	u8 side;
	bool is_whole;
	bool is_opening;
	bool is_session;
	bool is_blind;
	bool is_coarse;
	struct otseg_set dim[OTSEG_DIMS];
	struct otseg_set all[OTSEG_DIMS];
	struct otseg_diff_texts texts[8];
	const u32 *except;
	u32 n_except;
};

/* MAC addresses that may speak: any but those listed, or those listed. */
struct otseg_diff_macs {
	const u8 (*macs)[6];
	u32 n;
	bool is_but;
};

/**
 * struct otseg_diff_addresses - a closed range of addresses
 * @first: lowest
 * @last: highest
 */
struct otseg_diff_addresses {
	struct otseg_address first;
	struct otseg_address last;
};

/**
 * struct otseg_diff_entry - frames that the two images decide about differently
 * @kind: enum otseg_diff_kind
 * @family: 4, 6, or 0: frames without an address
 * @is_placed: it is interfaces, wires, zones or MAC addresses that differ, not rules
 * @is_neighbour: it is about address resolution by default
 * @is_announcement: of a host about itself, so that there is no other end
 * @is_all_src: the sources are all addresses of the zone
 * @is_all_dst: the destinations are
 * @rule: by which rule, by index and side; OTSEG_NONE32: none
 * @conduit: whose mode it is
 * @src_zone: zones, by index, of @side
 * @dst_zone: the same
 * @side: enum otseg_diff_side that names come from
 * @links: where they come in, by index into struct otseg_diff's links
 * @n_links: their number
 * @macs: who may be the sender
 * @src: source addresses
 * @n_src: their number
 * @dst: destination addresses
 * @n_dst: their number
 * @selectors: OTSEG_SEL()
 * @message: which messages; NULL: all
 * @sequence: keeps the order of what sorts alike
 */
struct otseg_diff_entry {
	u8 kind;
	u8 family;
	bool is_placed;
	bool is_neighbour;
	bool is_announcement;
	bool is_all_src;
	bool is_all_dst;
	u8 side;
	u32 rule;
	u16 conduit;
	u16 src_zone;
	u16 dst_zone;
	const u16 *links;
	u32 n_links;
	struct otseg_diff_macs macs;
	const struct otseg_diff_addresses *src;
	u32 n_src;
	const struct otseg_diff_addresses *dst;
	u32 n_dst;
	struct otseg_set selectors;
	const struct otseg_diff_message *message;
	u32 sequence;
};

/* Two records of the two images that do the same job. */
struct otseg_diff_twins {
	u32 index[2];
};

/**
 * struct otseg_diff - the difference
 * @arena: where it lives
 * @image: both images
 * @links: links of either image, each with its index plus one in both
 * @entries: struct otseg_diff_entry, those of one kind together
 * @rules: struct otseg_diff_twins: rules for the same traffic with other limits
 * @conduits: the same, conduits
 * @ways: the same, links by index into @links: what passes leaves elsewhere
 * @is_full: more entries than can be kept
 */
struct otseg_diff {
	struct otseg_arena arena;
	const void *image[2];
	struct otseg_vec links;
	struct otseg_vec entries;
	struct otseg_vec rules;
	struct otseg_vec conduits;
	struct otseg_vec ways;
	bool is_full;
};

struct json_t;

struct json_t *otseg_diff_entry_json(const struct otseg_diff *diff,
				     const struct otseg_diff_entry *entry);
u32 otseg_diff_adopts(const void *image, const struct otseg_img_conduit *conduit);
struct json_t *otseg_diff_limit_json(const struct otseg_diff *diff, bool is_conduit,
				     const struct otseg_diff_twins *twins);
struct json_t *otseg_diff_way_json(const struct otseg_diff *diff, u32 link);
void otseg_diff_entry_print(FILE *out, const struct json_t *entry);
void otseg_diff_plain_print(FILE *out, const struct json_t *value);

#define OTSEG_DIFF_MAX_ENTRIES 1000000 /* kept */

void otseg_diff_make(struct otseg_diff *diff, const void *old_image, const void *new_image);
void otseg_diff_free(struct otseg_diff *diff);

/**
 * struct otseg_diff_leaf - what one side does with the frames of a leaf
 * @kind: whether they pass
 * @rules: the rules in force, by index, in their order; one without a rule passes by default
 * @n_rules: their number
 * @first: the one that the flow belongs to
 * @conduit: the conduit that answers
 * @is_monitored: it lets what is refused pass
 */
struct otseg_diff_leaf {
	enum { OTSEG_LEAF_DENIED, OTSEG_LEAF_BLIND, OTSEG_LEAF_INSPECTED } kind;
	u32 rules[OTSEG_MAX_LEAF_RULES];
	u32 n_rules;
	u32 first;
	u16 conduit;
	bool is_monitored;
};

/**
 * struct otseg_diff_link - an interface, or one VLAN of it, that one of both images names
 * @name: the interface's name, zero padded
 * @vlan: as in struct otseg_img_link
 * @index_plus1: its index in both, plus one; 0: there is none
 */
struct otseg_diff_link {
	char name[16];
	u32 vlan;
	u16 index_plus1[2];
};

/**
 * struct otseg_diff_class - addresses that both images treat alike
 * @class: their class in both
 * @place: their place
 * @is_no_source: no frame may come from there, whatever a policy says
 * @ranges: the first of them in struct otseg_diff_work's ranges
 * @n_ranges: their number
 */
struct otseg_diff_class {
	u32 class[2];
	u32 place;
	bool is_no_source;
	u32 ranges;
	u32 n_ranges;
};

/**
 * struct otseg_diff_place - classes that lie in the same zones
 * @family: 4 or 6
 * @zone: their zone in both, OTSEG_NONE16: none
 * @is_alone: no other place of the family lies in that zone
 * @classes: the first of them in struct otseg_diff_work's members
 * @n_classes: their number
 * @links: where one of the zones lives: the first in struct otseg_diff_work's homes
 * @n_links: their number
 */
struct otseg_diff_place {
	u32 family;
	u16 zone[2];
	bool is_alone[2];
	u32 classes;
	u32 n_classes;
	u32 links;
	u32 n_links;
};

/**
 * struct otseg_diff_work - what is known while two images are compared
 * @diff: the difference
 * @classes: struct otseg_diff_class
 * @ranges: struct otseg_diff_addresses, those of a class together and in order
 * @places: struct otseg_diff_place
 * @members: u32, classes, those of a place together
 * @homes: u16, links of the difference, those of a place together
 * @contents: what rules say about messages
 * @content: number in @contents, plus one, of each rule of both images; 0: not known yet
 * @whole: for each rule of both images the message that is all it permits, plus one: without
 *	and with the connection
 * @messages: struct otseg_diff_message *
 * @message_keys: their bytes
 * @message_of: u32 pairs: place in @message_keys and index in @messages
 * @selectors: sets of selectors
 * @deltas: struct otseg_diff_delta
 * @cells: keys of cells that were compared
 * @answers: for each of them where its deltas are in @lists, and their number
 * @lists: u32, indices into @deltas
 * @leaves: keys of leaves that were compared
 * @leaf_answers: as @answers, in @leaf_lists
 * @leaf_lists: u32, indices into @messages
 * @twins: rules, and conduits, that have the same traffic
 * @twin_leaves: pairs of leaves whose rules are in @twins, or have no limits to compare
 */
struct otseg_diff_work {
	struct otseg_diff *diff;
	struct otseg_vec classes;
	struct otseg_vec ranges;
	struct otseg_vec places;
	struct otseg_vec members;
	struct otseg_vec homes;
	struct otseg_pool contents;
	u32 *content[2];
	u32 *whole[2];
	struct otseg_vec messages;
	struct otseg_pool message_keys;
	struct otseg_vec message_of;
	struct otseg_pool selectors;
	struct otseg_pool deltas;
	struct otseg_pool cells;
	struct otseg_vec answers;
	struct otseg_vec lists;
	struct otseg_pool leaves;
	struct otseg_vec leaf_answers;
	struct otseg_vec leaf_lists;
	struct otseg_pool twins[2];
	struct otseg_pool twin_leaves;
};

/* What two cells do differently: kind, and how it is to be told. */
struct otseg_diff_delta {
	u32 kind;
	u32 rule;
	u32 conduit;
	u32 message_plus1;
	u32 selectors;
	u32 n_selectors;
	u32 is_neighbour;
};

/* What is asked about two cells; all of it numbers, so that it can be looked up as bytes. */
struct otseg_diff_question {
	u32 cell_plus1[2];
	u32 answer[2]; /* conduits that answer for what has no rule */
	u32 reverse[2]; /* monitoring ones of the way back: they answer for what opens nothing */
	u32 is_placed[2]; /* the frame gets so far */
	u32 is_default[2]; /* address resolution passes without a rule */
	u32 family;
	u32 is_neighbour; /* address resolution; else all but that */
};

/* Internal to diff_*.c. */
void otseg_diff_messages(struct otseg_diff *diff, const struct otseg_diff_leaf *one,
			 const struct otseg_diff_leaf *other, enum otseg_diff_side side,
			 struct otseg_vec *found);
bool otseg_diff_rules_meet(const void *const image[2], const struct otseg_diff_leaf leaf[2],
			   const u32 member[2]);
u32 otseg_diff_content(struct otseg_pool *contents, const void *image, u32 rule);
void otseg_diff_cells(struct otseg_diff_work *work, const struct otseg_diff_question *question,
		      const u32 **deltas, u32 *n);
void otseg_diff_places(struct otseg_diff_work *work);
void otseg_diff_pairs(struct otseg_diff_work *work);

#endif /* OTSEG_POLICY_DIFF_H */
