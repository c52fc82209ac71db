// SPDX-License-Identifier: GPL-2.0-only
/*
 * The judge of policy images, continued: conduits, rules, and the pairs, cells
 * and leaves that lead from endpoint classes to them.
 */
#include "verify.h"

#define IDLE_MAX (30 * 24 * 3600) /* seconds */

struct service_shape {
	u8 family;
	u8 carriers;
	u8 state;
};

#define X(id, name, head, on, tcp, udp, ether, kind) \
	[OTSEG_SVC_##id] = { OTSEG_SVC_##head, (on), OTSEG_SERVICE_##kind },
static const struct service_shape services[OTSEG_SVC_COUNT] = { OTSEG_SERVICE_LIST(X) };
#undef X

static int verify_roles(const struct otseg_verify *v, u32 pair, u32 first, u16 zone, u32 n_roles)
{
	u32 n = RECORDS(v, ZONES)[zone].n_classes, i;
	const u16 *roles = RECORDS(v, ROLES);

	if (!n || !n_roles)
		return REFUSE(v, PAIRS, pair, "zone %u has no classes", zone);
	if (!is_within(first, n, COUNT(v, ROLES)))
		return REFUSE(v, PAIRS, pair, "there are no roles %u to %u", first, first + n - 1);
	for (i = 0; i < n; i++)
		if (roles[first + i] >= n_roles)
			return REFUSE(v, ROLES, first + i, "pair %u has only %u roles there", pair,
				      n_roles);
	return 0;
}

static int verify_pair(const struct otseg_verify *v, u32 index, u16 src, u16 dst)
{
	const struct otseg_img_pair *pair = &RECORDS(v, PAIRS)[index];
	u64 n_cells = (u64)pair->n_src_roles * pair->n_dst_roles;
	const struct otseg_img_conduit *conduit;
	int err;

	err = verify_roles(v, index, pair->src_roles, src, pair->n_src_roles);
	if (!err)
		err = verify_roles(v, index, pair->dst_roles, dst, pair->n_dst_roles);
	if (err)
		return err;
	if (pair->cells > COUNT(v, CELL_MATRIX) || n_cells > COUNT(v, CELL_MATRIX) - pair->cells)
		return REFUSE(v, PAIRS, index, "its cells end behind CELL_MATRIX");
	if (pair->reserved)
		return REFUSE(v, PAIRS, index, "a reserved field is not zero");
	if (pair->conduit == OTSEG_NONE16)
		return 0;
	if (pair->conduit >= COUNT(v, CONDUITS))
		return REFUSE(v, PAIRS, index, "there is no conduit %u", pair->conduit);
	conduit = &RECORDS(v, CONDUITS)[pair->conduit];
	if (conduit->from != src || conduit->to != dst || !(conduit->flags & OTSEG_CONDUIT_ENABLED))
		return REFUSE(v, PAIRS, index, "conduit %u cannot answer for it", pair->conduit);
	return 0;
}

/**
 * otseg_verify_pairs - see that each pair has roles for all classes and cells for all roles
 * @v: the image
 *
 * Return: 0 or -EINVAL.
 */
int otseg_verify_pairs(const struct otseg_verify *v)
{
	const u16 *matrix = RECORDS(v, PAIR_MATRIX);
	u32 n_zones = COUNT(v, ZONES), n_used = 0, i;
	int err;

	if (COUNT(v, PAIR_MATRIX) != n_zones * n_zones)
		return otseg_verify_refuse(v, "PAIR_MATRIX: %u entries for %u zones",
					   COUNT(v, PAIR_MATRIX), n_zones);
	for (i = 0; i < COUNT(v, PAIR_MATRIX); i++) {
		pause_at(i);
		if (!matrix[i])
			continue;
		n_used++;
		if (matrix[i] > COUNT(v, PAIRS))
			return REFUSE(v, PAIR_MATRIX, i, "there is no pair %u", matrix[i] - 1);
		err = verify_pair(v, matrix[i] - 1, i / n_zones, i % n_zones);
		if (err)
			return err;
	}
	if (n_used != COUNT(v, PAIRS))
		return otseg_verify_refuse(v, "PAIR_MATRIX: it names %u of %u pairs", n_used,
					   COUNT(v, PAIRS));
	return 0;
}

/**
 * otseg_verify_cells - see that cells have intervals in order
 * @v: the image
 *
 * Return: 0 or -EINVAL.
 */
int otseg_verify_cells(const struct otseg_verify *v)
{
	const struct otseg_img_interval *intervals = RECORDS(v, INTERVALS);
	const struct otseg_img_cell *cells = RECORDS(v, CELLS);
	const u32 *matrix = RECORDS(v, CELL_MATRIX);
	u32 at = 0, i, k;

	for (i = 0; i < COUNT(v, CELL_MATRIX); i++) {
		pause_at(i);
		if (matrix[i] > COUNT(v, CELLS))
			return REFUSE(v, CELL_MATRIX, i, "there is no cell %u", matrix[i] - 1);
	}
	for (i = 0; i < COUNT(v, CELLS); i++) {
		u32 n = cells[i].n_intervals;

		pause_at(i);
		if (cells[i].intervals != at || !n || n > COUNT(v, INTERVALS) - at)
			return REFUSE(v, CELLS, i, "its intervals are not the next ones");
		if (n > OTSEG_MAX_INTERVALS)
			return REFUSE(v, CELLS, i, "%u intervals, at most %u are possible", n,
				      OTSEG_MAX_INTERVALS);
		for (k = 0; k < n; k++, at++) {
			pause_at(at);
			if (k ? intervals[at].first <= intervals[at - 1].first :
				intervals[at].first != 0)
				return REFUSE(v, INTERVALS, at, "it is not in order");
			if (intervals[at].leaf_plus1 > COUNT(v, LEAVES))
				return REFUSE(v, INTERVALS, at, "there is no leaf %u",
					      intervals[at].leaf_plus1 - 1);
		}
	}
	if (at != COUNT(v, INTERVALS))
		return REFUSE(v, INTERVALS, at, "it belongs to no cell");
	return 0;
}

/*
 * The service of a leaf decides whether anybody looks inside: it must follow from
 * its rules, see struct otseg_img_leaf.
 */
static int verify_leaf_service(const struct otseg_verify *v, u32 index,
			       const struct otseg_img_leaf *leaf)
{
	const struct otseg_img_conduit *conduits = RECORDS(v, CONDUITS);
	const struct otseg_img_rule *rules = RECORDS(v, RULES);
	const u32 *members = RECORDS(v, LEAF_RULES) + leaf->rules;
	u32 inspected = 0, effective = 0, opaque = 0, wanted, i;

	for (i = 0; i < leaf->n_rules; i++) {
		const struct otseg_img_rule *rule = &rules[members[i]];
		u8 state = services[rule->service].state;

		if (state == OTSEG_SERVICE_INSPECTED) {
			if (inspected &&
			    services[inspected].family != services[rule->service].family)
				return REFUSE(v, LEAVES, index,
					      "its rules inspect different services");
			inspected = inspected ?: rule->service;
		}
		if (state == OTSEG_SERVICE_PLANNED ||
		    !(conduits[rule->conduit].flags & OTSEG_CONDUIT_ENABLED))
			continue;
		if (state == OTSEG_SERVICE_OPAQUE && !opaque)
			opaque = rule->service;
		if (!effective)
			effective = rule->service;
	}
	wanted = opaque ?: effective ?: inspected ?: rules[members[0]].service;
	if (leaf->service != wanted)
		return REFUSE(v, LEAVES, index, "its rules make its service %u and not %u", wanted,
			      leaf->service);
	return 0;
}

/**
 * otseg_verify_leaves - see that leaves have rules, and the service that follows from them
 * @v: the image
 *
 * Return: 0 or -EINVAL.
 */
int otseg_verify_leaves(const struct otseg_verify *v)
{
	const struct otseg_img_conduit *conduits = RECORDS(v, CONDUITS);
	const struct otseg_img_leaf *leaves = RECORDS(v, LEAVES);
	const struct otseg_img_rule *rules = RECORDS(v, RULES);
	const u32 *members = RECORDS(v, LEAF_RULES);
	u32 at = 0, i, k;
	int err;

	for (i = 0; i < COUNT(v, LEAVES); i++) {
		const struct otseg_img_leaf *leaf = &leaves[i];

		pause_at(i);
		if (leaf->rules != at || !leaf->n_rules || leaf->n_rules > OTSEG_MAX_LEAF_RULES ||
		    leaf->n_rules > COUNT(v, LEAF_RULES) - at)
			return REFUSE(v, LEAVES, i, "its rules are not the next 1 to %u ones",
				      OTSEG_MAX_LEAF_RULES);
		for (k = 0; k < leaf->n_rules; k++, at++) {
			const struct otseg_img_conduit *one, *other;

			if (members[at] >= COUNT(v, RULES))
				return REFUSE(v, LEAF_RULES, at, "there is no rule %u",
					      members[at]);
			if (!k)
				continue;
			if (members[at] <= members[at - 1])
				return REFUSE(v, LEAF_RULES, at, "it is not in order");
			one = &conduits[rules[members[at]].conduit];
			other = &conduits[rules[members[at - 1]].conduit];
			if (one->from != other->from || one->to != other->to)
				return REFUSE(v, LEAF_RULES, at, "it is for other zones");
		}
		err = verify_leaf_service(v, i, leaf);
		if (err)
			return err;
	}
	if (at != COUNT(v, LEAF_RULES))
		return REFUSE(v, LEAF_RULES, at, "it belongs to no leaf");
	return 0;
}

/* Each conduit counts its flows in a slot of its own: in eight rounds, to need little memory. */
static int verify_slots(const struct otseg_verify *v)
{
	const struct otseg_img_conduit *conduits = RECORDS(v, CONDUITS);
	const u32 span = OTSEG_BUDGET_SLOTS / 8;
	u64 taken[OTSEG_BUDGET_SLOTS / 8 / 64];
	u32 round, i;

	for (round = 0; round < 8; round++) {
		for (i = 0; i < span / 64; i++)
			taken[i] = 0;
		for (i = 0; i < COUNT(v, CONDUITS); i++) {
			u32 slot = conduits[i].budget_slot;

			if (slot / span != round)
				continue;
			if (taken[slot % span / 64] >> (slot % 64) & 1)
				return REFUSE(v, CONDUITS, i, "its budget slot %u is taken", slot);
			taken[slot % span / 64] |= 1ull << (slot % 64);
		}
		cond_resched();
	}
	return 0;
}

static bool is_rate(u32 rate, u32 burst, u32 period_s)
{
	if (!rate)
		return !burst && !period_s;
	return burst && (period_s == 1 || period_s == 60 || period_s == 3600);
}

/* What is wrong with a rate, NULL: nothing. Limiters are numbered without gaps. */
static const char *rate_fault(const struct otseg_img_rate *rate, u32 *limiters)
{
	if (!is_rate(rate->packets, rate->burst_packets, rate->packets_period_s) ||
	    !is_rate(rate->bytes, rate->burst_bytes, rate->bytes_period_s))
		return "its rate, burst and period do not fit";
	if (rate->limiter != (rate->packets || rate->bytes ? (*limiters)++ : OTSEG_NONE32))
		return "its limiter is not the next one";
	if (*limiters > OTSEG_MAX_LIMITERS)
		return "more limiters than there may be";
	return NULL;
}

/* Known ones, and ENABLED as it follows from the others. */
static bool are_conduit_flags(const struct otseg_verify *v, u32 flags, bool is_intra)
{
	const u32 known = OTSEG_CONDUIT_ENABLED | OTSEG_CONDUIT_MONITOR | OTSEG_CONDUIT_INTRA |
			  OTSEG_CONDUIT_STANDING | OTSEG_CONDUIT_SURVIVES | OTSEG_CONDUIT_TIMED |
			  OTSEG_CONDUIT_STATE | OTSEG_CONDUIT_ADOPT_ALWAYS |
			  OTSEG_CONDUIT_ADOPT_NEVER | OTSEG_CONDUIT_RESET |
			  OTSEG_CONDUIT_EXCEPTION;

	return !(flags & ~known) &&
	       !!(flags & OTSEG_CONDUIT_INTRA) == is_intra &&
	       !(is_intra && flags & OTSEG_CONDUIT_SURVIVES) &&
	       !(flags & OTSEG_CONDUIT_ADOPT_ALWAYS && flags & OTSEG_CONDUIT_ADOPT_NEVER) &&
	       !(flags & OTSEG_CONDUIT_WITHIN && !(flags & OTSEG_CONDUIT_TIMED)) &&
	       !(flags & OTSEG_CONDUIT_EXCEPTION && !(flags & OTSEG_CONDUIT_RESET)) &&
	       !!(flags & OTSEG_CONDUIT_ENABLED) ==
		       !!otseg_conduit_follows(flags, v->image->flags);
}

/**
 * otseg_verify_conduits - see that conduits have their rules, zones and budgets
 * @v: the image
 *
 * Return: 0 or -EINVAL.
 */
int otseg_verify_conduits(const struct otseg_verify *v)
{
	const struct otseg_img_conduit *conduits = RECORDS(v, CONDUITS);
	const struct otseg_img_rule *rules = RECORDS(v, RULES);
	u32 n_zones = COUNT(v, ZONES), at = 0, adopts = 0, i;

	for (i = 0; i < COUNT(v, CONDUITS); i++) {
		const struct otseg_img_conduit *conduit = &conduits[i];
		bool is_intra = conduit->from == conduit->to;
		u32 end;

		if (!otseg_verify_is_name(v, conduit->name))
			return REFUSE(v, CONDUITS, i, "the name is not a name");
		if (!otseg_verify_is_text(v, conduit->reason) ||
		    !RECORDS(v, STRINGS)[conduit->reason])
			return REFUSE(v, CONDUITS, i, "it has no reason");
		if (conduit->from >= n_zones || conduit->to >= n_zones)
			return REFUSE(v, CONDUITS, i, "there are no zones %u and %u", conduit->from,
				      conduit->to);
		if (!are_conduit_flags(v, conduit->flags, is_intra))
			return REFUSE(v, CONDUITS, i, "wrong flags 0x%x", conduit->flags);
		adopts |= conduit->flags & OTSEG_CONDUIT_ADOPT_ALWAYS;
		if (conduit->budget_slot >= OTSEG_BUDGET_SLOTS || !conduit->flow_budget)
			return REFUSE(v, CONDUITS, i, "it has no flow budget");
		if (!conduit->session_budget)
			return REFUSE(v, CONDUITS, i, "it has no session budget");
		if (conduit->rules != at || conduit->n_rules > COUNT(v, RULES) - at)
			return REFUSE(v, CONDUITS, i, "its rules are not the next ones");
		for (end = at + conduit->n_rules; at < end; at++)
			if (rules[at].conduit != i)
				return REFUSE(v, RULES, at, "it belongs to conduit %u, not to %u",
					      i, rules[at].conduit);
	}
	if (!adopts != !(v->image->flags & OTSEG_IMG_ADOPT))
		return otseg_verify_refuse(v, "header: its flags do not fit what conduits take up");
	if (at != COUNT(v, RULES))
		return REFUSE(v, RULES, at, "it belongs to no conduit");
	return verify_slots(v);
}

/* A list of ranges: short, in its section, sorted, and without ranges that touch. */
static bool are_ranges(const struct otseg_verify *v, u32 first, u32 n)
{
	const struct otseg_img_range *ranges = RECORDS(v, RANGES);
	u32 i;

	if (n > OTSEG_MAX_LIST || !is_within(first, n, COUNT(v, RANGES)))
		return false;
	ranges += first;
	for (i = 0; i < n; i++)
		if (ranges[i].first > ranges[i].last ||
		    (i && ranges[i].first <= (u64)ranges[i - 1].last + 1))
			return false;
	return true;
}

static bool are_objects(const struct otseg_verify *v, u32 first, u32 n)
{
	const struct otseg_img_object *objects = RECORDS(v, OBJECTS);
	u32 i;

	if (n > OTSEG_MAX_LIST || !is_within(first, n, COUNT(v, OBJECTS)))
		return false;
	objects += first;
	for (i = 0; i < n; i++) {
		if (objects[i].first > objects[i].last)
			return false;
		if (!i || objects[i].type > objects[i - 1].type)
			continue;
		if (objects[i].type < objects[i - 1].type ||
		    objects[i].first <= (u64)objects[i - 1].last + 1)
			return false;
	}
	return true;
}

/* The fields that a rule names; one that does not exist makes it differ from every mask. */
static u32 fields_of(const struct otseg_verify *v, const struct otseg_img_rule *rule)
{
	const struct otseg_img_object *fields = RECORDS(v, OBJECTS);
	u32 mask = 0, i;

	for (i = 0; i < rule->n_fields; i++) {
		u32 field = fields[rule->fields + i].type;

		mask |= field < 16 ? 1u << field : 1u << 16;
	}
	return mask;
}

static bool are_texts(const struct otseg_verify *v, const struct otseg_img_rule *rule)
{
	const struct otseg_img_text *texts = RECORDS(v, TEXTS);
	u32 mask = 0, i;

	if (rule->n_texts > OTSEG_MAX_LIST || !is_within(rule->texts, rule->n_texts, COUNT(v, TEXTS)))
		return false;
	for (i = 0; i < rule->n_texts; i++) {
		const struct otseg_img_text *text = &texts[rule->texts + i];

		if (text->text >= 8 || text->flags & ~OTSEG_TEXT_PREFIX || !text->len ||
		    text->len > OTSEG_MAX_TEXT || !is_within(text->string, text->len, COUNT(v, STRINGS)))
			return false;
		mask |= 1u << text->text;
	}
	return rule->text_mask == mask;
}

static u8 carrier_of(u32 selector)
{
	switch (selector >> 16) {
	case OTSEG_SEL_ICMP:
		return OTSEG_ON_ICMP;
	case OTSEG_SEL_TCP:
		return OTSEG_ON_TCP;
	case OTSEG_SEL_UDP:
		return OTSEG_ON_UDP;
	case OTSEG_SEL_ICMPV6:
		return OTSEG_ON_ICMPV6;
	case OTSEG_SEL_ARP:
		return OTSEG_ON_ARP;
	case OTSEG_SEL_LINK:
		return OTSEG_ON_LINK;
	default:
		return 0;
	}
}

static int verify_rule(const struct otseg_verify *v, u32 i, u32 *limiters)
{
	const struct otseg_img_rule *rule = &RECORDS(v, RULES)[i];
	const struct otseg_img_range *ranges = RECORDS(v, RANGES);
	const char *fault;
	u32 flags = 0, k;
	u8 state;

	if (!otseg_verify_is_name(v, rule->name))
		return REFUSE(v, RULES, i, "the name is not a name");
	if (rule->service == OTSEG_SVC_NONE || rule->service >= OTSEG_SVC_COUNT)
		return REFUSE(v, RULES, i, "there is no service %u", rule->service);
	state = services[rule->service].state;
	if (state == OTSEG_SERVICE_OPAQUE)
		flags = OTSEG_RULE_OPAQUE;
	else if (state == OTSEG_SERVICE_PLANNED)
		flags = OTSEG_RULE_VOID;
	if (rule->flags != flags)
		return REFUSE(v, RULES, i, "its flags 0x%x do not fit its service", rule->flags);
	if (!rule->access || rule->idle_s > IDLE_MAX)
		return REFUSE(v, RULES, i, "its access or idle time is out of range");
	if (state != OTSEG_SERVICE_INSPECTED &&
	    (rule->n_units || rule->n_functions || rule->n_objects || rule->n_values ||
	     rule->n_fields || rule->n_texts))
		return REFUSE(v, RULES, i, "nobody inspects what it asks for");
	if (!are_ranges(v, rule->units, rule->n_units))
		return REFUSE(v, RULES, i, "its units are not a sorted list in RANGES");
	if (!are_ranges(v, rule->functions, rule->n_functions))
		return REFUSE(v, RULES, i, "its functions are not a sorted list in RANGES");
	if (!are_objects(v, rule->objects, rule->n_objects))
		return REFUSE(v, RULES, i, "its objects are not a sorted list in OBJECTS");
	if (!are_ranges(v, rule->values, rule->n_values))
		return REFUSE(v, RULES, i, "its values are not a sorted list in RANGES");
	if (!are_objects(v, rule->fields, rule->n_fields) ||
	    rule->field_mask != fields_of(v, rule))
		return REFUSE(v, RULES, i, "its fields are not a sorted list in OBJECTS");
	if (!are_texts(v, rule))
		return REFUSE(v, RULES, i, "its texts are not a list in TEXTS");
	if (rule->reserved[0] || rule->reserved[1] || rule->reserved[2])
		return REFUSE(v, RULES, i, "a reserved field is not zero");
	if (!rule->n_selectors || !are_ranges(v, rule->selectors, rule->n_selectors))
		return REFUSE(v, RULES, i, "its selectors are not a sorted list in RANGES");
	for (k = 0; k < rule->n_selectors; k++) {
		const struct otseg_img_range *range = &ranges[rule->selectors + k];

		if (range->first >> 16 != range->last >> 16 ||
		    !(carrier_of(range->first) & services[rule->service].carriers))
			return REFUSE(v, RULES, i, "its selectors do not fit its service");
	}
	fault = rate_fault(&rule->rate, limiters);
	if (fault)
		return REFUSE(v, RULES, i, "%s", fault);
	if (!is_within(rule->from_refs, rule->n_from, COUNT(v, ASSET_REFS)) ||
	    !is_within(rule->to_refs, rule->n_to, COUNT(v, ASSET_REFS)))
		return REFUSE(v, RULES, i, "its assets are not in ASSET_REFS");
	return 0;
}

/* May answers to what the rule permits come from another port than was asked? */
static bool is_elsewhere(const struct otseg_verify *v, const struct otseg_img_rule *rule)
{
	const struct otseg_img_range *ranges = RECORDS(v, RANGES);
	u32 k;

	if (!otseg_service_is_elsewhere(rule->service))
		return false;
	for (k = 0; k < rule->n_selectors; k++)
		if (ranges[rule->selectors + k].first >> 16 == OTSEG_SEL_UDP)
			return true;
	return false;
}

/**
 * otseg_verify_rules - see that rules are consistent in themselves, and rates as well
 * @v: the image
 *
 * Return: 0 or -EINVAL.
 */
int otseg_verify_rules(const struct otseg_verify *v)
{
	u32 limiters = 0, i;
	bool elsewhere = false;
	int err;

	for (i = 0; i < COUNT(v, RULES); i++) {
		pause_at(i * 64);
		err = verify_rule(v, i, &limiters);
		if (err)
			return err;
		elsewhere |= is_elsewhere(v, &RECORDS(v, RULES)[i]);
	}
	if (elsewhere != !!(v->image->flags & OTSEG_IMG_ELSEWHERE))
		return otseg_verify_refuse(v,
					   "header: its flags do not fit where answers may come from");
	for (i = 0; i < COUNT(v, CONDUITS); i++) {
		const char *fault = rate_fault(&RECORDS(v, CONDUITS)[i].rate, &limiters);

		pause_at(i);
		if (fault)
			return REFUSE(v, CONDUITS, i, "%s", fault);
	}
	return 0;
}
