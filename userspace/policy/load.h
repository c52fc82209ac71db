/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the parts of the loader share while they turn a text into a model.
 */
#ifndef OTSEG_POLICY_LOAD_H
#define OTSEG_POLICY_LOAD_H

#include "document.h"
#include "keys.h"
#include "model.h"

/**
 * struct otseg_name - a name and what it names
 * @name: the name
 * @index: index into the array of its kind
 */
struct otseg_name {
	const char *name;
	u32 index;
};

/**
 * struct otseg_names - all names of one kind, sorted
 * @names: the names
 * @n: their number
 */
struct otseg_names {
	struct otseg_name *names;
	size_t n;
};

/**
 * struct otseg_service_default - what a rule need not say about its service
 * @ports: its ports, none: the well-known one
 * @units: its units
 * @access: mask of its access classes, 0: none named
 * @idle_s: 0: none named
 */
struct otseg_service_default {
	struct otseg_ranges ports;
	struct otseg_ranges units;
	u8 access;
	u32 idle_s;
};

/**
 * struct otseg_loader - a policy that is being read
 * @source: its text
 * @policy: what it becomes
 * @zones: names of the zones
 * @assets: names of the assets
 * @defaults: by service
 * @is_monitor: conduits that do not say otherwise are in monitor mode
 * @n_rules: rules so far
 * @n_refs: names of assets in rules and lists so far
 */
struct otseg_loader {
	struct otseg_source source;
	struct otseg_policy *policy;
	struct otseg_names zones;
	struct otseg_names assets;
	struct otseg_service_default defaults[OTSEG_SVC_COUNT];
	bool is_monitor;
	size_t n_rules;
	size_t n_refs;
};

#define OTSEG_MAX_ASSET_REFS 1048576 /* as the image's section ASSET_REFS */

bool otseg_load_map(struct otseg_loader *loader, const struct otseg_node *node, const char *what,
		    size_t most);
int otseg_load_find(struct otseg_loader *loader, const struct otseg_node *node,
		    const struct otseg_names *names, const char *what, u32 *index);
void otseg_load_note(struct otseg_loader *loader, const struct otseg_node *node);

static inline struct otseg_mark_at otseg_load_mark(const struct otseg_node *node)
{
	return (struct otseg_mark_at){ node->line, node->column };
}

bool otseg_load_interface_name(struct otseg_loader *loader, const struct otseg_node *node,
			       char name[16]);
bool otseg_load_is_inhabited(const struct otseg_policy *policy, const char *name, const u32 *vlan);
bool otseg_load_inhabited(struct otseg_loader *loader, const struct otseg_node *node,
			  char name[16]);
void otseg_load_zones(struct otseg_loader *loader, const struct otseg_node *node);
void otseg_load_wires(struct otseg_loader *loader, const struct otseg_node *node);
const struct otseg_wire *otseg_load_wire_of(const struct otseg_policy *policy, const char *name);
bool otseg_load_link_leads(const struct otseg_policy *policy, u16 from, u16 to);
void otseg_load_routed(struct otseg_loader *loader, const struct otseg_node *node);
void otseg_load_fail_open(struct otseg_loader *loader, const struct otseg_node *node);
void otseg_load_assets(struct otseg_loader *loader, const struct otseg_node *node);
void otseg_load_defaults(struct otseg_loader *loader, const struct otseg_node *node);
void otseg_load_mode(struct otseg_loader *loader, const struct otseg_node *node, bool *is_monitor);
void otseg_load_when(struct otseg_loader *loader, const struct otseg_node *node,
		     struct otseg_conduit *conduit);
void otseg_load_conduits(struct otseg_loader *loader, const struct otseg_node *conduits,
			 const struct otseg_node *intra);
bool otseg_load_rule(struct otseg_loader *loader, const struct otseg_conduit *conduit,
		     const struct otseg_node *key, const struct otseg_node *node,
		     struct otseg_rule *rule);
bool otseg_load_key_fits(unsigned int number, enum otseg_key_rule key);
bool otseg_load_is_link(const struct otseg_rule *rule);
void otseg_load_rate(struct otseg_loader *loader, const struct otseg_node *node,
		     struct otseg_limit *limit);
void otseg_load_check_repeats(struct otseg_loader *loader, const struct otseg_node *node,
			      const u32 *assets, size_t n);
bool otseg_load_access(struct otseg_loader *loader, const struct otseg_node *node, u8 *access);
void otseg_load_check_prefixes(struct otseg_loader *loader);

#endif /* OTSEG_POLICY_LOAD_H */
