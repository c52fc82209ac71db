// SPDX-License-Identifier: GPL-2.0-only
/*
 * The sections `conduits` and `intra` of a policy.
 */
#include <string.h>

#include "load.h"
#include "value.h"

/* The keys that conduits and `intra:` entries share. */
struct conduit_nodes {
	const struct otseg_node *reason;
	const struct otseg_node *state;
	const struct otseg_node *mode;
	const struct otseg_node *adopt;
	const struct otseg_node *survives_island;
	const struct otseg_node *when;
	const struct otseg_node *on_deny;
	const struct otseg_node *flows;
	const struct otseg_node *sessions;
	const struct otseg_node *rate;
	const struct otseg_node *rules;
	const struct otseg_node *note;
};

static void load_rules(struct otseg_loader *loader, const struct otseg_node *node,
		       struct otseg_conduit *conduit)
{
	size_t i;

	if (!otseg_load_map(loader, node, "rule", OTSEG_MAX_RULES))
		return;
	loader->n_rules += node->n;
	conduit->rules = otseg_arena_alloc(loader->source.arena, node->n * sizeof(*conduit->rules));
	for (i = 0; i < node->n; i++)
		if (otseg_load_rule(loader, conduit, otseg_node_key(node, i),
				    otseg_node_value(node, i), &conduit->rules[conduit->n_rules]))
			conduit->n_rules++;
}

/* Link-level frames have no addresses to tell zones by: where they come in must. */
static void warn_link(struct otseg_loader *loader, const struct otseg_conduit *conduit)
{
	const struct otseg_policy *policy = loader->policy;
	size_t i;

	for (i = 0; i < conduit->n_rules; i++)
		if (otseg_load_is_link(&conduit->rules[i]))
			break;
	if (i == conduit->n_rules || conduit->from == OTSEG_NONE16 || conduit->to == OTSEG_NONE16 ||
	    otseg_load_link_leads(policy, conduit->from, conduit->to))
		return;
	for (; i < conduit->n_rules; i++) {
		const struct otseg_rule *rule = &conduit->rules[i];
		const char *why = "no wire joins interfaces that its two zones live alone behind";

		if (!otseg_load_is_link(rule))
			continue;
		if (conduit->from == conduit->to)
			why = "its zone lives alone neither behind an interface off a wire "
			      "nor behind both ends of one";
		otseg_diag_add(loader->source.diag, OTSEG_WARNING, loader->source.name,
			       rule->at.line, rule->at.column,
			       "the rule '%s' permits nothing on the link: %s", rule->name, why);
	}
}

/**
 * otseg_load_mode - read a mode, of a conduit or of the whole policy
 * @loader: the loader
 * @node: its node
 * @is_monitor: takes whether it is monitor mode
 */
void otseg_load_mode(struct otseg_loader *loader, const struct otseg_node *node, bool *is_monitor)
{
	static const char *const modes[] = { "enforce", "monitor" };
	size_t choice;

	if (otseg_value_choice(&loader->source, node, "a mode", modes, 2, &choice))
		*is_monitor = choice == 1;
}

static void load_adopt(struct otseg_loader *loader, const struct otseg_node *key,
		       const struct otseg_node *node, struct otseg_conduit *conduit)
{
	static const char *const times[] = { "always", "never" };
	size_t choice;

	if (!otseg_value_choice(&loader->source, node, "when connections are taken up", times, 2,
				&choice))
		return;
	conduit->adopt = choice ? OTSEG_ADOPT_NEVER : OTSEG_ADOPT_ALWAYS;
	if (!choice)
		otseg_node_warn(&loader->source, node,
				"'%s' takes up connections at any time: how they began is not seen",
				key->text);
}

/* Who hears of what the conduit refuses. */
static void load_on_deny(struct otseg_loader *loader, const struct otseg_node *node,
			 struct otseg_conduit *conduit)
{
	static const char *const answers[] = { "drop", "reset", "exception" };
	size_t choice, i;

	if (!otseg_value_choice(&loader->source, node, "an answer", answers, 3, &choice))
		return;
	conduit->on_deny = choice;
	if (conduit->on_deny != OTSEG_DENY_EXCEPTION)
		return;
	for (i = 0; i < conduit->n_rules; i++)
		if (conduit->rules[i].service == OTSEG_SVC_MODBUS)
			return;
	otseg_node_warn(&loader->source, node,
			"no rule of the conduit inspects modbus: 'exception' is as 'reset'");
}

static void load_contents(struct otseg_loader *loader, const struct otseg_node *key,
			  const struct conduit_nodes *nodes, struct otseg_conduit *conduit)
{
	static const char *const states[] = { "enabled", "disabled" };
	struct otseg_source *source = &loader->source;
	size_t choice;

	conduit->reason = "";
	conduit->is_enabled = true;
	conduit->flows = OTSEG_FLOWS_DEFAULT;
	conduit->sessions = OTSEG_SESSIONS_DEFAULT;
	if (!nodes->reason)
		otseg_node_error(source, key, "'reason' is missing: why does '%s' exist?",
				 key->text);
	else
		otseg_value_text(source, nodes->reason, "the reason why this exists",
				 &conduit->reason);
	if (nodes->state && otseg_value_choice(source, nodes->state, "a state", states, 2, &choice))
		conduit->is_enabled = choice == 0;
	conduit->is_monitor = loader->is_monitor;
	if (nodes->mode)
		otseg_load_mode(loader, nodes->mode, &conduit->is_monitor);
	if (nodes->adopt)
		load_adopt(loader, key, nodes->adopt, conduit);
	if (nodes->survives_island)
		otseg_value_flag(source, nodes->survives_island,
				 "whether it stays in island mode", &conduit->survives_island);
	if (nodes->when)
		otseg_load_when(loader, nodes->when, conduit);
	if (nodes->flows)
		otseg_value_number(source, nodes->flows, "the flows it may hold", 1,
				   OTSEG_FLOWS_MAX, &conduit->flows);
	if (nodes->sessions)
		otseg_value_number(source, nodes->sessions, "the inspected flows it may hold", 1,
				   OTSEG_SESSIONS_MAX, &conduit->sessions);
	if (nodes->rate)
		otseg_load_rate(loader, nodes->rate, &conduit->limit);
	otseg_load_note(loader, nodes->note);
	if (nodes->rules)
		load_rules(loader, nodes->rules, conduit);
	if (nodes->on_deny)
		load_on_deny(loader, nodes->on_deny, conduit);
	warn_link(loader, conduit);
	if (!nodes->rules || (nodes->rules->kind == OTSEG_NODE_MAP && !nodes->rules->n))
		otseg_node_warn(source, key, "'%s' has no rules: it permits nothing", key->text);
}

static bool load_zone_ref(struct otseg_loader *loader, const struct otseg_node *key,
			  const struct otseg_node *node, const char *end, u16 *zone)
{
	u32 index;

	if (!node) {
		otseg_node_error(&loader->source, key,
				 "'%s' is missing: the conduit '%s' needs a zone", end, key->text);
		return false;
	}
	if (otseg_load_find(loader, node, &loader->zones, "zone", &index))
		return false;
	*zone = index;
	return true;
}

static void load_conduit(struct otseg_loader *loader, const struct otseg_node *key,
			 const struct otseg_node *node, struct otseg_conduit *conduit)
{
	const struct otseg_node *values[OTSEG_KEYS_MAX];
	struct otseg_source *source = &loader->source;
	struct conduit_nodes nodes;
	bool has_from, has_to;

	if (!otseg_keys_read(source, node, OTSEG_MAP_CONDUIT, values))
		return;
	has_from =
		load_zone_ref(loader, key, values[OTSEG_KEY_CONDUIT_FROM], "from", &conduit->from);
	has_to = load_zone_ref(loader, key, values[OTSEG_KEY_CONDUIT_TO], "to", &conduit->to);
	if (has_from && has_to && conduit->from == conduit->to)
		otseg_node_error(source, values[OTSEG_KEY_CONDUIT_TO],
				 "the conduit '%s' leads from zone '%s' to itself; rules inside a "
				 "zone stand under 'intra'",
				 key->text, loader->policy->zones[conduit->to].name);
	nodes = (struct conduit_nodes){
		.reason = values[OTSEG_KEY_CONDUIT_REASON],
		.state = values[OTSEG_KEY_CONDUIT_STATE],
		.mode = values[OTSEG_KEY_CONDUIT_MODE],
		.adopt = values[OTSEG_KEY_CONDUIT_ADOPT],
		.survives_island = values[OTSEG_KEY_CONDUIT_SURVIVES_ISLAND],
		.when = values[OTSEG_KEY_CONDUIT_WHEN],
		.on_deny = values[OTSEG_KEY_CONDUIT_ON_DENY],
		.flows = values[OTSEG_KEY_CONDUIT_FLOWS],
		.sessions = values[OTSEG_KEY_CONDUIT_SESSIONS],
		.rate = values[OTSEG_KEY_CONDUIT_RATE],
		.rules = values[OTSEG_KEY_CONDUIT_RULES],
		.note = values[OTSEG_KEY_CONDUIT_NOTE],
	};
	load_contents(loader, key, &nodes, conduit);
}

static void load_intra(struct otseg_loader *loader, const struct otseg_node *key,
		       const struct otseg_node *node, struct otseg_conduit *conduit)
{
	const struct otseg_node *values[OTSEG_KEYS_MAX];
	struct conduit_nodes nodes;
	u32 zone;

	if (!otseg_load_find(loader, key, &loader->zones, "zone", &zone)) {
		conduit->from = zone;
		conduit->to = zone;
	}
	if (!otseg_keys_read(&loader->source, node, OTSEG_MAP_INTRA, values))
		return;
	nodes = (struct conduit_nodes){
		.reason = values[OTSEG_KEY_INTRA_REASON],
		.state = values[OTSEG_KEY_INTRA_STATE],
		.mode = values[OTSEG_KEY_INTRA_MODE],
		.adopt = values[OTSEG_KEY_INTRA_ADOPT],
		.when = values[OTSEG_KEY_INTRA_WHEN],
		.on_deny = values[OTSEG_KEY_INTRA_ON_DENY],
		.flows = values[OTSEG_KEY_INTRA_FLOWS],
		.sessions = values[OTSEG_KEY_INTRA_SESSIONS],
		.rate = values[OTSEG_KEY_INTRA_RATE],
		.rules = values[OTSEG_KEY_INTRA_RULES],
		.note = values[OTSEG_KEY_INTRA_NOTE],
	};
	load_contents(loader, key, &nodes, conduit);
}

static struct otseg_conduit *add_conduit(struct otseg_loader *loader, const struct otseg_node *key)
{
	struct otseg_conduit *conduit = &loader->policy->conduits[loader->policy->n_conduits++];

	conduit->name = key->text;
	conduit->at = otseg_load_mark(key);
	conduit->from = OTSEG_NONE16;
	conduit->to = OTSEG_NONE16;
	return conduit;
}

/* Both kinds are shown and counted by their name. */
static void check_names(struct otseg_loader *loader, const struct otseg_node *conduits,
			const struct otseg_node *intra)
{
	size_t i, k;

	for (i = 0; i < intra->n; i++)
		for (k = 0; k < conduits->n; k++)
			if (!strcmp(otseg_node_key(intra, i)->text,
				    otseg_node_key(conduits, k)->text))
				otseg_node_error(&loader->source, otseg_node_key(conduits, k),
						 "the conduit '%s' bears the name of a zone that "
						 "has rules under 'intra'",
						 otseg_node_key(conduits, k)->text);
}

/**
 * otseg_load_conduits - read the sections `conduits` and `intra`
 * @loader: the loader
 * @conduits: the one section or NULL
 * @intra: the other one or NULL
 */
void otseg_load_conduits(struct otseg_loader *loader, const struct otseg_node *conduits,
			 const struct otseg_node *intra)
{
	struct otseg_policy *policy = loader->policy;
	struct otseg_source *source = &loader->source;
	size_t i, n;

	if (conduits && !otseg_load_map(loader, conduits, "conduit", OTSEG_MAX_CONDUITS))
		conduits = NULL;
	if (intra && !otseg_load_map(loader, intra, "zone", OTSEG_MAX_ZONES))
		intra = NULL;
	n = (conduits ? conduits->n : 0) + (intra ? intra->n : 0);
	if (n > OTSEG_MAX_CONDUITS) {
		otseg_node_error(source, intra,
				 "%zu conduits and zones with rules inside, at most %u are "
				 "possible together",
				 n, OTSEG_MAX_CONDUITS);
		return;
	}
	policy->conduits = otseg_arena_alloc(source->arena, n * sizeof(*policy->conduits));
	for (i = 0; conduits && i < conduits->n; i++)
		load_conduit(loader, otseg_node_key(conduits, i), otseg_node_value(conduits, i),
			     add_conduit(loader, otseg_node_key(conduits, i)));
	for (i = 0; intra && i < intra->n; i++)
		load_intra(loader, otseg_node_key(intra, i), otseg_node_value(intra, i),
			   add_conduit(loader, otseg_node_key(intra, i)));
	if (conduits && intra)
		check_names(loader, conduits, intra);
	if (loader->n_rules > OTSEG_MAX_RULES)
		otseg_node_error(source, NULL, "%zu rules, at most %u are possible",
				 loader->n_rules, OTSEG_MAX_RULES);
	if (loader->n_refs > OTSEG_MAX_ASSET_REFS)
		otseg_node_error(source, NULL,
				 "%zu names of assets in rules and lists, at most %u are possible",
				 loader->n_refs, OTSEG_MAX_ASSET_REFS);
}
