/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Every key of the policy language, by the kind of map it stands in. The loader
 * knows no other; Documentation/policy.schema.json is held to this list by a test.
 */
#ifndef OTSEG_POLICY_KEYS_H
#define OTSEG_POLICY_KEYS_H

#include "document.h"
#include "otseg/service.h"

/* Kinds of maps: X(ID, "name", "what messages call it") */
/* clang-format off */
#define OTSEG_KEY_MAPS(X)                                                      \
	X(POLICY, "policy", "a policy")                                        \
	X(ZONE, "zone", "a zone")                                              \
	X(INTERFACE, "interface", "an interface")                              \
	X(WIRE, "wire", "a wire")                                              \
	X(ASSET, "asset", "an asset")                                          \
	X(ASSET_LIST, "asset-list", "a list of assets")                        \
	X(CONDUIT, "conduit", "a conduit")                                     \
	X(INTRA, "intra", "the rules inside a zone")                           \
	X(RULE, "rule", "a rule")                                              \
	X(RATE, "rate", "a rate")                                              \
	X(DEFAULTS, "defaults", "the defaults")                                \
	X(DEFAULTS_FLOW, "defaults-flow", "the defaults of this service")      \
	X(DEFAULTS_ICMPV6, "defaults-icmpv6", "the defaults of icmpv6")        \
	X(DEFAULTS_INSPECTED, "defaults-inspected", "the defaults of this service") \
	X(DEFAULTS_PLANNED, "defaults-planned", "the defaults of this service")

#define OTSEG_KEYS_POLICY(X)                                                   \
	X(POLICY, OTSEG, "otseg")                                              \
	X(POLICY, NAME, "name")                                                \
	X(POLICY, REVISION, "revision")                                        \
	X(POLICY, SUPERSEDES, "supersedes")                                    \
	X(POLICY, MODE, "mode")                                                \
	X(POLICY, ADOPT, "adopt")                                              \
	X(POLICY, ZONES, "zones")                                              \
	X(POLICY, WIRES, "wires")                                              \
	X(POLICY, ROUTED, "routed")                                            \
	X(POLICY, FAIL_OPEN, "fail-open")                                      \
	X(POLICY, ASSETS, "assets")                                            \
	X(POLICY, CONDUITS, "conduits")                                        \
	X(POLICY, INTRA, "intra")                                              \
	X(POLICY, DEFAULTS, "defaults")

#define OTSEG_KEYS_ZONE(X)                                                     \
	X(ZONE, LEVEL, "level")                                                \
	X(ZONE, INTERFACES, "interfaces")                                      \
	X(ZONE, PREFIXES, "prefixes")                                          \
	X(ZONE, MACS, "macs")                                                  \
	X(ZONE, NOTE, "note")

#define OTSEG_KEYS_INTERFACE(X)                                                \
	X(INTERFACE, NAME, "name")                                             \
	X(INTERFACE, VLAN, "vlan")

#define OTSEG_KEYS_WIRE(X)                                                     \
	X(WIRE, INTERFACES, "interfaces")                                      \
	X(WIRE, MIRROR, "mirror-link")

#define OTSEG_KEYS_ASSET(X)                                                    \
	X(ASSET, ZONE, "zone")                                                 \
	X(ASSET, ADDRESS, "address")                                           \
	X(ASSET, NOTE, "note")

#define OTSEG_KEYS_ASSET_LIST(X)                                               \
	X(ASSET_LIST, MEMBERS, "members")                                      \
	X(ASSET_LIST, NOTE, "note")

#define OTSEG_KEYS_CONDUIT(X)                                                  \
	X(CONDUIT, REASON, "reason")                                           \
	X(CONDUIT, FROM, "from")                                               \
	X(CONDUIT, TO, "to")                                                   \
	X(CONDUIT, STATE, "state")                                             \
	X(CONDUIT, MODE, "mode")                                               \
	X(CONDUIT, ADOPT, "adopt")                                             \
	X(CONDUIT, SURVIVES_ISLAND, "survives-island")                         \
	X(CONDUIT, WHEN, "when")                                               \
	X(CONDUIT, ON_DENY, "on-deny")                                         \
	X(CONDUIT, FLOWS, "flows")                                             \
	X(CONDUIT, SESSIONS, "sessions")                                       \
	X(CONDUIT, RATE, "rate")                                               \
	X(CONDUIT, RULES, "rules")                                             \
	X(CONDUIT, NOTE, "note")

#define OTSEG_KEYS_INTRA(X)                                                    \
	X(INTRA, REASON, "reason")                                             \
	X(INTRA, STATE, "state")                                               \
	X(INTRA, MODE, "mode")                                                 \
	X(INTRA, ADOPT, "adopt")                                               \
	X(INTRA, WHEN, "when")                                                 \
	X(INTRA, ON_DENY, "on-deny")                                           \
	X(INTRA, FLOWS, "flows")                                               \
	X(INTRA, SESSIONS, "sessions")                                         \
	X(INTRA, RATE, "rate")                                                 \
	X(INTRA, RULES, "rules")                                               \
	X(INTRA, NOTE, "note")

#define OTSEG_KEYS_RULE(X)                                                     \
	X(RULE, FROM, "from")                                                  \
	X(RULE, TO, "to")                                                      \
	X(RULE, SERVICE, "service")                                            \
	X(RULE, PORT, "port")                                                  \
	X(RULE, TYPES, "types")                                                \
	X(RULE, OPERATIONS, "operations")                                      \
	X(RULE, ACCESS, "access")                                              \
	X(RULE, FUNCTIONS, "functions")                                        \
	X(RULE, UNITS, "units")                                                \
	X(RULE, OBJECTS, "objects")                                            \
	X(RULE, VALUES, "values")                                              \
	X(RULE, FIELDS, "fields")                                              \
	X(RULE, CARRIER, "carrier")                                            \
	X(RULE, ETHERTYPE, "ethertype")                                        \
	X(RULE, RATE, "rate")                                                  \
	X(RULE, IDLE, "idle")                                                  \
	X(RULE, NOTE, "note")

#define OTSEG_KEYS_RATE(X)                                                     \
	X(RATE, PACKETS, "packets")                                            \
	X(RATE, BYTES, "bytes")                                                \
	X(RATE, BURST, "burst")

/* What has defaults is a service: the list of those is theirs as well. */
#define OTSEG_KEYS_DEFAULTS(X) OTSEG_SERVICE_LIST(OTSEG_DEFAULTS_##X)

#define OTSEG_KEYS_DEFAULTS_FLOW(X)                                            \
	X(DEFAULTS_FLOW, IDLE, "idle")

#define OTSEG_KEYS_DEFAULTS_ICMPV6(X)                                          \
	X(DEFAULTS_ICMPV6, IDLE, "idle")                                       \
	X(DEFAULTS_ICMPV6, ND, "neighbour-discovery")

#define OTSEG_KEYS_DEFAULTS_INSPECTED(X)                                       \
	X(DEFAULTS_INSPECTED, PORT, "port")                                    \
	X(DEFAULTS_INSPECTED, ACCESS, "access")                                \
	X(DEFAULTS_INSPECTED, UNITS, "units")                                  \
	X(DEFAULTS_INSPECTED, IDLE, "idle")

#define OTSEG_KEYS_DEFAULTS_PLANNED(X)                                         \
	X(DEFAULTS_PLANNED, PORT, "port")                                      \
	X(DEFAULTS_PLANNED, ACCESS, "access")
/* clang-format on */

enum otseg_key_map {
#define X(id, name, what) OTSEG_MAP_##id,
	OTSEG_KEY_MAPS(X)
#undef X
		OTSEG_MAP_COUNT,
};

/* For each map an enum of its keys: OTSEG_KEY_<MAP>_<KEY>. */
#define OTSEG_KEY_ENUM(map, id, name) OTSEG_KEY_##map##_##id,
#define OTSEG_DEFAULTS_OTSEG_KEY_ENUM(id, name, family, on, tcp, udp, ether, state) \
	OTSEG_KEY_ENUM(DEFAULTS, id, name)
enum otseg_key_policy { OTSEG_KEYS_POLICY(OTSEG_KEY_ENUM) };
enum otseg_key_zone { OTSEG_KEYS_ZONE(OTSEG_KEY_ENUM) };
enum otseg_key_interface { OTSEG_KEYS_INTERFACE(OTSEG_KEY_ENUM) };
enum otseg_key_wire { OTSEG_KEYS_WIRE(OTSEG_KEY_ENUM) };
enum otseg_key_asset { OTSEG_KEYS_ASSET(OTSEG_KEY_ENUM) };
enum otseg_key_asset_list { OTSEG_KEYS_ASSET_LIST(OTSEG_KEY_ENUM) };
enum otseg_key_conduit { OTSEG_KEYS_CONDUIT(OTSEG_KEY_ENUM) };
enum otseg_key_intra { OTSEG_KEYS_INTRA(OTSEG_KEY_ENUM) };
enum otseg_key_rule { OTSEG_KEYS_RULE(OTSEG_KEY_ENUM) };
enum otseg_key_rate { OTSEG_KEYS_RATE(OTSEG_KEY_ENUM) };
enum otseg_key_defaults { OTSEG_KEYS_DEFAULTS(OTSEG_KEY_ENUM) };
enum otseg_key_defaults_flow { OTSEG_KEYS_DEFAULTS_FLOW(OTSEG_KEY_ENUM) };
enum otseg_key_defaults_icmpv6 { OTSEG_KEYS_DEFAULTS_ICMPV6(OTSEG_KEY_ENUM) };
enum otseg_key_defaults_inspected { OTSEG_KEYS_DEFAULTS_INSPECTED(OTSEG_KEY_ENUM) };
enum otseg_key_defaults_planned { OTSEG_KEYS_DEFAULTS_PLANNED(OTSEG_KEY_ENUM) };

#define OTSEG_KEYS_MAX 64 /* no map knows more keys */

/**
 * struct otseg_key_list - the keys of one kind of map
 * @name: its name in the schema
 * @what: what messages call it
 * @keys: the keys, by their enum
 * @n: their number
 */
struct otseg_key_list {
	const char *name;
	const char *what;
	const char *keys[OTSEG_KEYS_MAX];
	size_t n;
};

extern const struct otseg_key_list otseg_key_lists[OTSEG_MAP_COUNT];

bool otseg_keys_read(struct otseg_source *source, const struct otseg_node *node,
		     enum otseg_key_map map, const struct otseg_node *values[OTSEG_KEYS_MAX]);

#endif /* OTSEG_POLICY_KEYS_H */
