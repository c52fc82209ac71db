// SPDX-License-Identifier: GPL-2.0-only
/*
 * One rule of a policy: whom it is about, by which service, how much and how
 * long. What it says about inspected messages is in load_message.c.
 */
#include <stdlib.h>
#include <string.h>

#include "load.h"
#include "load_message.h"
#include "value.h"
#include "words.h"

/**
 * otseg_load_key_fits - whether rules of a service may have a key
 * @number: the service
 * @key: the key
 *
 * Return: whether it says something about the service.
 */
bool otseg_load_key_fits(unsigned int number, enum otseg_key_rule key)
{
	const struct otseg_protocol *protocol = otseg_words_protocol(number);
	const struct otseg_service_word *service = &otseg_services[number];

	switch (key) {
	case OTSEG_KEY_RULE_PORT:
		return service->carriers & OTSEG_ON_IP;
	case OTSEG_KEY_RULE_CARRIER:
		return service->carriers & (service->carriers - 1);
	case OTSEG_KEY_RULE_ETHERTYPE:
		return service->carriers & OTSEG_ON_LINK && !service->ether;
	case OTSEG_KEY_RULE_FROM:
	case OTSEG_KEY_RULE_TO:
		return service->carriers != OTSEG_ON_LINK;
	case OTSEG_KEY_RULE_TYPES:
		return service->carriers & (OTSEG_ON_ICMP | OTSEG_ON_ICMPV6);
	case OTSEG_KEY_RULE_OPERATIONS:
		return service->carriers & OTSEG_ON_ARP;
	case OTSEG_KEY_RULE_IDLE:
		return service->state != OTSEG_SERVICE_PLANNED &&
		       !(service->carriers & OTSEG_ON_ARP);
	case OTSEG_KEY_RULE_ACCESS:
		return service->state != OTSEG_SERVICE_OPAQUE;
	case OTSEG_KEY_RULE_FUNCTIONS:
		return service->state == OTSEG_SERVICE_INSPECTED;
	case OTSEG_KEY_RULE_UNITS:
		return protocol->unit;
	case OTSEG_KEY_RULE_OBJECTS:
		return protocol->objects.n || protocol->any_type;
	case OTSEG_KEY_RULE_VALUES:
		return protocol->value_max;
	case OTSEG_KEY_RULE_FIELDS:
		return protocol->fields.n || protocol->texts.n;
	default:
		return true;
	}
}

static void check_keys(struct otseg_loader *loader, const struct otseg_node *node,
		       const struct otseg_node **values, unsigned int service)
{
	const struct otseg_key_list *list = &otseg_key_lists[OTSEG_MAP_RULE];
	size_t i, k;

	for (k = 0; k < list->n; k++) {
		if (!values[k] || otseg_load_key_fits(service, k))
			continue;
		for (i = 0; otseg_node_value(node, i) != values[k]; i++)
			;
		otseg_node_error(&loader->source, otseg_node_key(node, i),
				 "the key '%s' does not fit the service '%s'%s", list->keys[k],
				 otseg_services[service].name,
				 otseg_services[service].state == OTSEG_SERVICE_PLANNED ?
					 ", which has no inspector yet" :
					 "");
		values[k] = NULL;
	}
}

static void check_zone(struct otseg_loader *loader, const struct otseg_node *node, u32 asset,
		       u32 member, u16 zone, const char *end)
{
	const struct otseg_policy *policy = loader->policy;
	u16 actual = policy->assets[member].zone;

	if (actual == zone || actual == OTSEG_NONE16 || zone == OTSEG_NONE16)
		return;
	otseg_node_error(&loader->source, node,
			 "'%s'%s%s%s lies in zone '%s', but '%s' of this conduit is zone '%s'",
			 policy->assets[asset].name, asset == member ? "" : " holds '",
			 asset == member ? "" : policy->assets[member].name,
			 asset == member ? "" : "', which", policy->zones[actual].name, end,
			 policy->zones[zone].name);
}

/**
 * otseg_load_check_repeats - see that no asset is named twice in a list
 * @loader: the loader
 * @node: the list
 * @assets: the assets, by index
 * @n: their number
 */
void otseg_load_check_repeats(struct otseg_loader *loader, const struct otseg_node *node,
			      const u32 *assets, size_t n)
{
	u32 *sorted;
	size_t i;

	if (n < 2)
		return;
	sorted = otseg_alloc(n * sizeof(*sorted));
	memcpy(sorted, assets, n * sizeof(*sorted));
	qsort(sorted, n, sizeof(*sorted), otseg_compare_u32);
	for (i = 1; i < n; i++)
		if (sorted[i] == sorted[i - 1])
			otseg_node_error(&loader->source, node, "'%s' stands here twice",
					 loader->policy->assets[sorted[i]].name);
	free(sorted);
}

/* The assets that `from:` or `to:` names; none is the whole zone. */
static void load_end(struct otseg_loader *loader, const struct otseg_node *node, u16 zone,
		     const char *end, u32 **assets, size_t *n_assets)
{
	struct otseg_policy *policy = loader->policy;
	struct otseg_source *source = &loader->source;
	size_t i, k, n;

	if (!node)
		return;
	n = otseg_node_count(node);
	if (!n || n > OTSEG_NONE16) {
		otseg_node_error(source, node,
				 "expected 1 to %u assets, found %s; leave '%s' out to mean the "
				 "whole zone",
				 OTSEG_NONE16, otseg_node_found(source, node), end);
		return;
	}
	*assets = otseg_arena_alloc(source->arena, n * sizeof(**assets));
	loader->n_refs += n;
	for (i = 0; i < n; i++) {
		const struct otseg_node *member = otseg_node_member(node, i);
		struct otseg_asset *asset;
		u32 index;

		if (otseg_load_find(loader, member, &loader->assets, "asset", &index))
			continue;
		asset = &policy->assets[index];
		asset->is_used = true;
		(*assets)[(*n_assets)++] = index;
		if (!asset->is_list) {
			check_zone(loader, member, index, index, zone, end);
		} else if (asset->zone != zone) {
			for (k = 0; k < asset->n_members; k++)
				check_zone(loader, member, index, asset->members[k], zone, end);
		}
	}
	otseg_load_check_repeats(loader, node, *assets, *n_assets);
}

/* An ICMP type by name or number, with its code after a slash or all its codes. */
static bool parse_type(struct otseg_loader *loader, const struct otseg_node *node,
		       unsigned int service, struct otseg_img_range *range)
{
	const char *slash = strchr(node->text, '/');
	struct otseg_word_list words = otseg_words_icmp(service);
	size_t len = slash ? (size_t)(slash - node->text) : node->len;
	const char *name = otseg_arena_text(loader->source.arena, node->text, len);
	const struct otseg_word *word = otseg_words_find(words, name);
	u32 type, code;

	if (word) {
		type = word->number;
	} else if (!otseg_number_parse(name, len, &type) || type > 255) {
		otseg_node_error(&loader->source, node, "%s has no type %s%s",
				 otseg_services[service].name,
				 otseg_node_found(&loader->source, node),
				 otseg_words_suggest_word(&loader->source, name, words));
		return false;
	}
	range->first = type << 8;
	range->last = type << 8 | 255;
	if (!slash)
		return true;
	if (!otseg_number_parse(slash + 1, strlen(slash + 1), &code) || code > 255) {
		otseg_node_error(&loader->source, node,
				 "expected a code from 0 to 255 after the '/', found %s",
				 otseg_node_found(&loader->source, node));
		return false;
	}
	range->first |= code;
	range->last = range->first;
	return true;
}

static bool parse_operation(struct otseg_loader *loader, const struct otseg_node *node,
			    struct otseg_img_range *range)
{
	const struct otseg_word *word = otseg_words_find(otseg_words_arp, node->text);

	if (word) {
		range->first = word->number;
		range->last = word->number;
		return true;
	}
	if (otseg_range_parse(node->text, range) && range->first <= range->last &&
	    range->last <= 65535)
		return true;
	otseg_node_error(&loader->source, node, "ARP has no operation %s%s",
			 otseg_node_found(&loader->source, node),
			 otseg_words_suggest_word(&loader->source, node->text, otseg_words_arp));
	return false;
}

static bool load_words(struct otseg_loader *loader, const struct otseg_node *node,
		       unsigned int service, struct otseg_ranges *ranges)
{
	struct otseg_vec items = OTSEG_VEC(struct otseg_img_range);
	const char *what = service == OTSEG_SVC_ARP ? "an operation" : "a type";
	size_t i, n = otseg_node_count(node);
	bool good = n > 0;

	for (i = 0; i < n; i++) {
		const struct otseg_node *member = otseg_node_member(node, i);
		struct otseg_img_range range;

		if (member->kind != OTSEG_NODE_SCALAR || !member->len) {
			otseg_node_error(&loader->source, member, "expected %s, found %s", what,
					 otseg_node_found(&loader->source, member));
			good = false;
		} else if (service == OTSEG_SVC_ARP ? parse_operation(loader, member, &range) :
						      parse_type(loader, member, service, &range)) {
			otseg_vec_add(&items, &range, 1);
		} else {
			good = false;
		}
	}
	if (!n)
		otseg_node_error(&loader->source, node, "expected %s, found an empty list", what);
	return otseg_ranges_set(&loader->source, node, what, &items, ranges) && good;
}

/* The carriers of a rule: those that it names, else the first that its service has. */
static u8 load_carriers(struct otseg_loader *loader, const struct otseg_node *node,
			const struct otseg_service_word *service)
{
	const u8 *choices = otseg_carrier_choices;
	size_t i, k, n = node ? otseg_node_count(node) : 0;
	const char *names[OTSEG_CARRIER_CHOICES];
	u8 carriers = 0;

	for (k = 0; k < OTSEG_CARRIER_CHOICES; k++) {
		names[k] = otseg_words_number(otseg_words_carriers, choices[k])->name;
		if (!node && service->carriers & choices[k])
			return choices[k];
	}
	if (!node)
		return service->carriers;
	if (!n)
		otseg_node_error(&loader->source, node, "expected a carrier, found an empty list");
	for (i = 0; i < n; i++) {
		const struct otseg_node *member = otseg_node_member(node, i);

		if (!otseg_value_choice(&loader->source, member, "a carrier", names,
					OTSEG_CARRIER_CHOICES, &k))
			continue;
		if (!(service->carriers & choices[k]))
			otseg_node_error(&loader->source, member, "%s does not ride on %s",
					 service->name, names[k]);
		carriers |= choices[k];
	}
	return carriers;
}

/* What packets the rule is about: on each carrier the same ports, types or operations. */
static void load_selectors(struct otseg_loader *loader, const struct otseg_node *node,
			   const struct otseg_node **values, struct otseg_rule *rule)
{
	const struct otseg_service_word *service = &otseg_services[rule->service];
	struct otseg_ranges *ports = &loader->defaults[rule->service].ports;
	u8 mask = load_carriers(loader, values[OTSEG_KEY_RULE_CARRIER], service);
	struct otseg_img_range all = { 0, 65535 }, known;
	struct otseg_ranges wanted = { &all, 1 }, ethertypes = { NULL, 0 };
	bool is_known = false;
	struct otseg_vec items = OTSEG_VEC(struct otseg_img_range);
	size_t i, k;

	if (values[OTSEG_KEY_RULE_PORT] && mask && !(mask & OTSEG_ON_IP))
		otseg_node_error(&loader->source, values[OTSEG_KEY_RULE_PORT],
				 "'port' says nothing on the carrier 'link'");
	else if (values[OTSEG_KEY_RULE_PORT])
		otseg_value_ranges(&loader->source, values[OTSEG_KEY_RULE_PORT], "a port", 1, 65535,
				   &wanted);
	else if (values[OTSEG_KEY_RULE_TYPES])
		load_words(loader, values[OTSEG_KEY_RULE_TYPES], rule->service, &wanted);
	else if (values[OTSEG_KEY_RULE_OPERATIONS])
		load_words(loader, values[OTSEG_KEY_RULE_OPERATIONS], rule->service, &wanted);
	else if (ports->n)
		wanted = *ports;
	else
		is_known = true;
	if (values[OTSEG_KEY_RULE_ETHERTYPE])
		otseg_value_ranges(&loader->source, values[OTSEG_KEY_RULE_ETHERTYPE],
				   "an ethertype", 0x600, 65535, &ethertypes);
	else if (service->carriers == OTSEG_ON_LINK && !service->ether)
		otseg_node_error(&loader->source, node,
				 "'ethertype' is missing: which one does the rule '%s' permit?",
				 rule->name);

	for (i = 0; i < otseg_words_carriers.n; i++) {
		const struct otseg_word *carrier = &otseg_words_carriers.words[i];
		u8 on = mask & carrier->number;
		struct otseg_ranges own = wanted;

		if (on == OTSEG_ON_LINK && ethertypes.n) {
			own = ethertypes;
		} else if (on == OTSEG_ON_LINK || (is_known && on & OTSEG_ON_IP)) {
			known.first = otseg_words_known(rule->service, carrier->extra);
			known.last = known.first;
			if (known.first)
				own = (struct otseg_ranges){ &known, 1 };
		}
		for (k = 0; on && k < own.n; k++) {
			struct otseg_img_range range = {
				OTSEG_SEL(carrier->extra, own.items[k].first),
				OTSEG_SEL(carrier->extra, own.items[k].last),
			};

			otseg_vec_add(&items, &range, 1);
		}
	}
	otseg_ranges_set(&loader->source, node, "ports", &items, &rule->selectors);
}

/**
 * otseg_load_is_link - whether a rule is about frames without an IP address
 * @rule: the rule; its selectors are there
 *
 * Return: whether one of its carriers is the link itself.
 */
bool otseg_load_is_link(const struct otseg_rule *rule)
{
	size_t n = rule->selectors.n;

	/* They are sorted, and no carrier comes behind this one. */
	return n && rule->selectors.items[n - 1].last >> 16 == OTSEG_SEL_LINK;
}

/**
 * otseg_load_rate - read how much may come through a rule or a conduit
 * @loader: the loader
 * @node: what it says
 * @limit: the limit, zeroed
 */
void otseg_load_rate(struct otseg_loader *loader, const struct otseg_node *node,
		     struct otseg_limit *limit)
{
	const struct otseg_node *values[OTSEG_KEYS_MAX];
	struct otseg_source *source = &loader->source;

	if (!otseg_keys_read(source, node, OTSEG_MAP_RATE, values))
		return;
	if (!values[OTSEG_KEY_RATE_PACKETS] && !values[OTSEG_KEY_RATE_BYTES])
		otseg_node_error(source, node, "a rate needs 'packets', 'bytes' or both");
	if (values[OTSEG_KEY_RATE_PACKETS])
		otseg_value_rate(source, values[OTSEG_KEY_RATE_PACKETS], false, &limit->packets);
	if (values[OTSEG_KEY_RATE_BYTES])
		otseg_value_rate(source, values[OTSEG_KEY_RATE_BYTES], true, &limit->bytes);
	if (!values[OTSEG_KEY_RATE_BURST])
		return;
	if (!values[OTSEG_KEY_RATE_PACKETS])
		otseg_node_error(source, values[OTSEG_KEY_RATE_BURST],
				 "'burst' counts packets: it needs 'packets' beside it");
	else
		otseg_value_number(source, values[OTSEG_KEY_RATE_BURST],
				   "the packets that may come at once", 1, 0x7fffffff,
				   &limit->packets.burst);
}

/**
 * otseg_load_rule - read one rule
 * @loader: the loader
 * @conduit: the conduit it belongs to
 * @key: its name
 * @node: what it says
 * @rule: the rule, zeroed
 *
 * Return: whether there is a rule; what is wrong within it is noted as errors.
 */
bool otseg_load_rule(struct otseg_loader *loader, const struct otseg_conduit *conduit,
		     const struct otseg_node *key, const struct otseg_node *node,
		     struct otseg_rule *rule)
{
	const struct otseg_node *values[OTSEG_KEYS_MAX];
	struct otseg_source *source = &loader->source;
	const struct otseg_node *word;
	const char *names[OTSEG_SVC_COUNT];
	int service;

	rule->name = key->text;
	rule->at = otseg_load_mark(key);
	if (!otseg_keys_read(source, node, OTSEG_MAP_RULE, values))
		return false;
	word = values[OTSEG_KEY_RULE_SERVICE];
	if (!word) {
		otseg_node_error(source, key,
				 "'service' is missing: what does the rule '%s' permit?",
				 rule->name);
		return false;
	}
	service = word->kind == OTSEG_NODE_SCALAR ? otseg_words_service(word->text) : -1;
	if (service < 0) {
		for (service = 1; service < OTSEG_SVC_COUNT; service++)
			names[service - 1] = otseg_services[service].name;
		otseg_node_error(source, word, "there is no service %s%s",
				 otseg_node_found(source, word),
				 word->kind == OTSEG_NODE_SCALAR ?
					 otseg_words_suggest(source, word->text, names,
							     OTSEG_SVC_COUNT - 1) :
					 "");
		return false;
	}
	rule->service = service;
	if (otseg_services[service].state == OTSEG_SERVICE_PLANNED)
		otseg_node_warn(source, word,
				"the service '%s' has no inspector yet: the rule '%s' permits "
				"nothing",
				word->text, rule->name);

	check_keys(loader, node, values, service);
	load_end(loader, values[OTSEG_KEY_RULE_FROM], conduit->from, "from", &rule->from,
		 &rule->n_from);
	load_end(loader, values[OTSEG_KEY_RULE_TO], conduit->to, "to", &rule->to, &rule->n_to);
	load_selectors(loader, node, values, rule);
	if ((rule->n_from || rule->n_to) && otseg_load_is_link(rule))
		otseg_node_error(source,
				 values[rule->n_from ? OTSEG_KEY_RULE_FROM : OTSEG_KEY_RULE_TO],
				 "assets are addresses, and frames of '%s' on the carrier 'link' "
				 "have none: the rule is for the whole zone",
				 word->text);
	otseg_load_message(loader, key, values, rule);
	rule->idle_s = loader->defaults[service].idle_s;
	if (values[OTSEG_KEY_RULE_IDLE])
		otseg_value_seconds(source, values[OTSEG_KEY_RULE_IDLE], "the idle time of a flow",
				    OTSEG_IDLE_MAX, &rule->idle_s);
	if (values[OTSEG_KEY_RULE_RATE])
		otseg_load_rate(loader, values[OTSEG_KEY_RULE_RATE], &rule->limit);
	otseg_load_note(loader, values[OTSEG_KEY_RULE_NOTE]);
	return true;
}
