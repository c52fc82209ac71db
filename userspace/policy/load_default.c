// SPDX-License-Identifier: GPL-2.0-only
/*
 * The section `defaults` of a policy: what its rules need not say about their
 * services, and what passes on an interface's own link without a rule.
 */
#include "load.h"
#include "load_message.h"
#include "otseg/service.h"
#include "value.h"
#include "words.h"

static bool load_permission(struct otseg_loader *loader, const struct otseg_node *node,
			    const char *what, bool *is_denied)
{
	static const char *const choices[] = { "allow", "deny" };
	size_t choice;

	if (!otseg_value_choice(&loader->source, node, what, choices, 2, &choice))
		return false;
	*is_denied = choice == 1;
	return true;
}

static void load_idle(struct otseg_loader *loader, const struct otseg_node *node,
		      unsigned int service)
{
	if (node)
		otseg_value_seconds(&loader->source, node, "the idle time of a flow",
				    OTSEG_IDLE_MAX, &loader->defaults[service].idle_s);
}

static void load_flow(struct otseg_loader *loader, const struct otseg_node *node,
		      unsigned int service)
{
	const struct otseg_node *values[OTSEG_KEYS_MAX];

	if (otseg_keys_read(&loader->source, node, OTSEG_MAP_DEFAULTS_FLOW, values))
		load_idle(loader, values[OTSEG_KEY_DEFAULTS_FLOW_IDLE], service);
}

static void load_icmpv6(struct otseg_loader *loader, const struct otseg_node *node)
{
	const struct otseg_node *values[OTSEG_KEYS_MAX];
	bool is_denied = false;

	if (!otseg_keys_read(&loader->source, node, OTSEG_MAP_DEFAULTS_ICMPV6, values))
		return;
	load_idle(loader, values[OTSEG_KEY_DEFAULTS_ICMPV6_IDLE], OTSEG_SVC_ICMPV6);
	if (values[OTSEG_KEY_DEFAULTS_ICMPV6_ND] &&
	    load_permission(loader, values[OTSEG_KEY_DEFAULTS_ICMPV6_ND],
			    "what becomes of neighbour discovery", &is_denied) &&
	    is_denied)
		loader->policy->flags |= OTSEG_IMG_NO_LINK_ND;
}

/* Not every inspected service has ports and units. */
static void check_fit(struct otseg_loader *loader, const struct otseg_node *node, const char *key,
		      unsigned int service, bool fits)
{
	if (node && !fits)
		otseg_node_error(&loader->source, node,
				 "the key '%s' does not fit the service '%s'", key,
				 otseg_services[service].name);
}

static void load_inspected(struct otseg_loader *loader, const struct otseg_node *node,
			   unsigned int service)
{
	struct otseg_service_default *defaults = &loader->defaults[service];
	bool has_ports = otseg_services[service].carriers & OTSEG_ON_IP;
	bool has_units = otseg_words_protocol(service)->unit;
	const struct otseg_node *values[OTSEG_KEYS_MAX];

	if (!otseg_keys_read(&loader->source, node, OTSEG_MAP_DEFAULTS_INSPECTED, values))
		return;
	check_fit(loader, values[OTSEG_KEY_DEFAULTS_INSPECTED_PORT], "port", service, has_ports);
	check_fit(loader, values[OTSEG_KEY_DEFAULTS_INSPECTED_UNITS], "units", service, has_units);
	if (values[OTSEG_KEY_DEFAULTS_INSPECTED_PORT] && has_ports)
		otseg_value_ranges(&loader->source, values[OTSEG_KEY_DEFAULTS_INSPECTED_PORT],
				   "a port", 1, 65535, &defaults->ports);
	if (values[OTSEG_KEY_DEFAULTS_INSPECTED_ACCESS])
		otseg_load_access(loader, values[OTSEG_KEY_DEFAULTS_INSPECTED_ACCESS],
				  &defaults->access);
	if (values[OTSEG_KEY_DEFAULTS_INSPECTED_UNITS] && has_units)
		otseg_load_units(loader, values[OTSEG_KEY_DEFAULTS_INSPECTED_UNITS], service,
				 &defaults->units);
	load_idle(loader, values[OTSEG_KEY_DEFAULTS_INSPECTED_IDLE], service);
}

static void load_planned(struct otseg_loader *loader, const struct otseg_node *node,
			 unsigned int service)
{
	struct otseg_service_default *defaults = &loader->defaults[service];
	const struct otseg_node *values[OTSEG_KEYS_MAX];

	if (!otseg_keys_read(&loader->source, node, OTSEG_MAP_DEFAULTS_PLANNED, values))
		return;
	if (values[OTSEG_KEY_DEFAULTS_PLANNED_PORT])
		otseg_value_ranges(&loader->source, values[OTSEG_KEY_DEFAULTS_PLANNED_PORT],
				   "a port", 1, 65535, &defaults->ports);
	if (values[OTSEG_KEY_DEFAULTS_PLANNED_ACCESS])
		otseg_load_access(loader, values[OTSEG_KEY_DEFAULTS_PLANNED_ACCESS],
				  &defaults->access);
}

/**
 * otseg_load_defaults - read the section `defaults`
 * @loader: the loader
 * @node: the section
 */
void otseg_load_defaults(struct otseg_loader *loader, const struct otseg_node *node)
{
	const struct otseg_node *values[OTSEG_KEYS_MAX];
	bool is_denied = false;
	size_t i;

	if (!otseg_keys_read(&loader->source, node, OTSEG_MAP_DEFAULTS, values))
		return;
	for (i = 0; i < otseg_key_lists[OTSEG_MAP_DEFAULTS].n; i++) {
		int service = otseg_words_service(otseg_key_lists[OTSEG_MAP_DEFAULTS].keys[i]);

		if (!values[i])
			continue;
		if (service < 0) {
			otseg_node_error(&loader->source, values[i], "there is no service 'none'");
			continue;
		}
		if (service == OTSEG_SVC_ARP) {
			if (load_permission(loader, values[i], "what becomes of ARP", &is_denied) &&
			    is_denied)
				loader->policy->flags |= OTSEG_IMG_NO_LINK_ARP;
		} else if (service == OTSEG_SVC_ICMPV6) {
			load_icmpv6(loader, values[i]);
		} else if (otseg_services[service].state == OTSEG_SERVICE_INSPECTED) {
			load_inspected(loader, values[i], service);
		} else if (otseg_services[service].state == OTSEG_SERVICE_PLANNED) {
			load_planned(loader, values[i], service);
		} else {
			load_flow(loader, values[i], service);
		}
	}
}
