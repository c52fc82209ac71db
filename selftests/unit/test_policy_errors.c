// SPDX-License-Identifier: GPL-2.0-only
/*
 * Each thing that can be wrong with a policy is found, in its line and column,
 * with the words that help; and what only deserves a warning gets no more. Does
 * not look at images.
 */
#include <stdlib.h>
#include <string.h>

#include "ktap.h"
#include "userspace/policy/policy.h"

/* The common head of most cases: they begin in line 15, their rules in line 20. */
#define HEAD                                                                                \
	"otseg: 1\n"                                                                        \
	"name: test\n"                                                                      \
	"zones:\n"                                                                          \
	"  it: {level: 4, interfaces: [it0], prefixes: [10.10.0.0/16, \"fd00:10::/64\"]}\n" \
	"  ot:\n"                                                                           \
	"    level: 1\n"                                                                    \
	"    interfaces: [ot0]\n"                                                           \
	"    prefixes: [192.168.10.0/24]\n"                                                 \
	"assets:\n"                                                                         \
	"  hmi: {zone: it, address: 10.10.5.30}\n"                                          \
	"  mes: {zone: it, address: 10.10.5.31}\n"                                          \
	"  plc: {zone: ot, address: 192.168.10.11}\n"                                       \
	"  all-it: [hmi, mes]\n"                                                            \
	"  mixed: [hmi, plc]\n"
#define CONDUIT                \
	HEAD "conduits:\n"     \
	     "  down:\n"       \
	     "    reason: x\n" \
	     "    from: it\n"  \
	     "    to: ot\n"    \
	     "    rules:\n"
#define ZONE "otseg: 1\nname: test\nzones:\n"
#define RULE(text) CONDUIT "      one: {" text "}\n"

/* Two zones and a wire between them, without assets; their rules stand in line 13. */
#define WIRED                                                             \
	ZONE "  a: {level: 1, interfaces: [x], prefixes: [10.0.0.0/8]}\n" \
	     "  b: {level: 1, interfaces: [y], prefixes: [11.0.0.0/8]}\n" \
	     "wires: {w: [x, y]}\n"                                       \
	     "conduits:\n"                                                \
	     "  c:\n"                                                     \
	     "    reason: x\n"                                            \
	     "    from: a\n"                                              \
	     "    to: b\n"                                                \
	     "    rules:\n"
#define TIMED(text)                                                       \
	ZONE "  a: {level: 1, interfaces: [x], prefixes: [10.0.0.0/8]}\n" \
	     "  b: {level: 1, interfaces: [y], prefixes: [11.0.0.0/8]}\n" \
	     "conduits:\n"                                                \
	     "  c: {reason: x, from: a, to: b, " text ",\n"               \
	     "      rules: {one: {service: tcp, port: 80}}}\n"
#define LINK_RULE(text) WIRED "      one: {" text "}\n"

struct test_case {
	const char *name;
	const char *text;
	const char *wanted; /* a message without the file's name; NULL: none at all */
};

static const struct test_case cases[] = {
	/* the text */
	{ "no text", "", "error: the policy is empty" },
	{ "no YAML", "a: [1,\nb: ]}", "2:5: error: not YAML: did not find expected key" },
	{ "not UTF-8", "otseg: 1\nname: \xff\n", "2:7: error: byte 0xff is not UTF-8" },
	{ "overlong UTF-8", "name: \xc0\x80\n", "1:7: error: byte 0xc0 is not UTF-8" },
	{ "surrogate", "name: \xed\xa0\x80\n", "1:7: error: byte 0xed is not UTF-8" },
	{ "control character", "name: a\x1b[1m\n",
	  "1:8: error: control character 0x1b in the text" },
	{ "C1 control character", "name: a\xc2\x9b\n", "1:8: error: control character 0x9b" },
	{ "escaped control character", "name: \"a\\e[1m\"\n", "1:7: error: control character" },
	{ "escaped NUL", "name: \"a\\0b\"\n", "1:7: error: control character" },
	{ "two documents", "otseg: 1\n---\notseg: 1\n", "2:1: error: a policy is one document" },
	{ "anchor", "otseg: &a 1\n", "1:8: error: anchors are not part of the policy language" },
	{ "alias", "a: 1\nb: *a\n", "2:4: error: aliases are not part" },
	{ "alias bomb", "a: &a [x]\nb: [*a, *a]\n", "1:4: error: anchors are not part" },
	{ "tag", "otseg: !!int 1\n", "1:8: error: tags are not part of the policy language" },
	{ "merge key", ZONE "  a: {<<: {level: 1}}\n", "4:7: error: unknown key '<<' in a zone" },
	{ "depth", "[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]\n",
	  "1:17: error: lists and maps are nested" },
	{ "a list as a key", "? [a]\n: b\n", "1:3: error: a key must be a plain word" },
	{ "a policy that is a list", "[otseg]\n", "1:1: error: expected a policy, a map" },

	/* the top */
	{ "no version", "name: x\nzones: {a: {level: 1}}\n", "1:1: error: 'otseg: 1' is missing" },
	{ "another version", "otseg: 2\nname: x\nzones: {a: {level: 1}}\n",
	  "1:8: error: expected the version of the policy language, a number from 1 to 1, found " },
	{ "quoted version", "otseg: \"1\"\nname: x\nzones: {a: {level: 1}}\n",
	  "1:8: error: expected" },
	{ "a revision that is none", "otseg: 1\nname: x\nrevision: -1\nzones: {a: {level: 1}}\n",
	  "3:11: error: expected a revision, a number from 0 to 9223372036854775807, found '-1'" },
	{ "a revision in quotes", "otseg: 1\nname: x\nrevision: \"1\"\nzones: {a: {level: 1}}\n",
	  "3:11: error: expected a revision" },
	{ "a revision that is too high",
	  "otseg: 1\nname: x\nrevision: 9223372036854775808\nzones: {a: {level: 1}}\n",
	  "3:11: error: expected a revision" },
	{ "a revision of many digits",
	  "otseg: 1\nname: x\nrevision: 99999999999999999999\nzones: {a: {level: 1}}\n",
	  "3:11: error: expected a revision" },
	{ "the highest revision",
	  "otseg: 1\nname: x\nrevision: 0x7fffffffffffffff\n"
	  "zones: {a: {level: 1, interfaces: [x], prefixes: [10.0.0.0/8]}}\n",
	  NULL },
	{ "connections that are taken up for a time",
	  "otseg: 1\nname: x\nadopt: 60s\n"
	  "zones: {a: {level: 1, interfaces: [x], prefixes: [10.0.0.0/8]}}\n",
	  "3:8: warning: connections that are open when an interface is attached are taken up: how "
	  "they began is not seen" },
	{ "a time for connections that is none",
	  "otseg: 1\nname: x\nadopt: always\nzones: {a: {level: 1}}\n",
	  "3:8: error: expected for how long after an interface is attached connections are taken "
	  "up, a time such as 90s, 10m or 1d of at most 30 days, found 'always'" },
	{ "a way back to itself",
	  "otseg: 1\nname: x\nrevision: 5\nsupersedes: 5\nzones: {a: {level: 1}}\n",
	  "4:13: error: expected the revision that this policy takes the place of, a number from 6 "
	  "to 9223372036854775807, found '5'" },
	{ "a way back",
	  "otseg: 1\nname: x\nrevision: 5\nsupersedes: 6\n"
	  "zones: {a: {level: 1, interfaces: [x], prefixes: [10.0.0.0/8]}}\n",
	  NULL },
	{ "a way back from nowhere",
	  "otseg: 1\nname: x\nrevision: 9223372036854775807\nsupersedes: 6\n"
	  "zones: {a: {level: 1}}\n",
	  "4:13: error: no revision is higher than that of this policy" },
	{ "no name", "otseg: 1\nzones: {a: {level: 1}}\n", "1:1: error: 'name' is missing" },
	{ "bad name", "otseg: 1\nname: a b\nzones: {a: {level: 1}}\n",
	  "2:7: error: expected the name of the policy: 1 to 63 letters" },
	{ "name with a path", "otseg: 1\nname: ../x\nzones: {a: {level: 1}}\n",
	  "2:7: error: expected" },
	{ "no zones", "otseg: 1\nname: x\n", "1:1: error: 'zones' is missing" },
	{ "empty zones", "otseg: 1\nname: x\nzones: {}\n", "3:8: error: a policy needs a zone" },
	{ "zones that are a list", "otseg: 1\nname: x\nzones: [a]\n",
	  "3:8: error: expected a map from the name of each zone to what it is, found a list" },
	{ "unknown key", HEAD "conduit: {}\n",
	  "15:1: error: unknown key 'conduit' in a policy; did you mean 'conduits'?" },
	{ "key twice", HEAD "assets: {}\n",
	  "15:1: error: 'assets' stands here twice, first in line 9" },
	{ "zone twice", ZONE "  a: {level: 1}\n  a: {level: 2}\n",
	  "5:3: error: 'a' stands here twice, first in line 4" },

	/* zones */
	{ "no level", ZONE "  a: {interfaces: [x]}\n", "4:3: error: 'level' is missing" },
	{ "level out of range", ZONE "  a: {level: 6}\n",
	  "4:14: error: expected a Purdue level, from 0 to 5 with at most one decimal, found '6'" },
	{ "level above five", ZONE "  a: {level: 5.1}\n", "4:14: error: expected a Purdue level" },
	{ "level too fine", ZONE "  a: {level: 3.55}\n", "4:14: error: expected a Purdue level" },
	{ "misspelt zone key", ZONE "  a: {lvel: 1}\n",
	  "4:7: error: unknown key 'lvel' in a zone; did you mean 'level'?" },
	{ "prefix that is none", ZONE "  a: {level: 1, prefixes: [10.0.0]}\n",
	  "4:28: error: expected an address or prefix such as" },
	{ "prefix length", ZONE "  a: {level: 1, prefixes: [10.0.0.0/33]}\n",
	  "4:28: error: expected a prefix length from 0 to 32, found '10.0.0.0/33'" },
	{ "IPv6 prefix length", ZONE "  a: {level: 1, prefixes: [\"fd00::/129\"]}\n",
	  "4:28: error: expected a prefix length from 0 to 128" },
	{ "host bits", ZONE "  a: {level: 1, prefixes: [10.0.0.1/24]}\n",
	  "4:28: error: '10.0.0.1/24' has bits set behind its prefix length; expected 10.0.0.0/2" },
	{ "overlapping zones",
	  ZONE
	  "  a: {level: 1, prefixes: [10.0.0.0/8]}\n  b: {level: 1, prefixes: [10.1.0.0/16]}\n",
	  "5:28: error: 10.1.0.0/16 of zone 'b' overlaps 10.0.0.0/8 of zone 'a' in line 4" },
	{ "overlapping zones, the wider one last",
	  ZONE
	  "  a: {level: 1, prefixes: [10.1.0.0/16]}\n  b: {level: 1, prefixes: [10.0.0.0/8]}\n",
	  "5:28: error: 10.0.0.0/8 of zone 'b' overlaps 10.1.0.0/16 of zone 'a' in line 4" },
	{ "overlapping zones, IPv6",
	  ZONE
	  "  a: {level: 1, prefixes: [\"fd00::/64\"]}\n  b: {level: 1, prefixes: [\"fd00::1\"]}\n",
	  "5:28: error: fd00::1 of zone 'b' overlaps fd00::/64 of zone 'a'" },
	{ "two zones of everything",
	  ZONE "  a: {level: 1, prefixes: [0.0.0.0/0]}\n  b: {level: 1, prefixes: [0.0.0.0/0]}\n",
	  "5:28: error: 0.0.0.0/0 of zone 'b' overlaps 0.0.0.0/0 of zone 'a'" },
	{ "everything besides another zone",
	  ZONE "  a: {level: 5, interfaces: [x], prefixes: [0.0.0.0/0, \"::/0\"]}\n"
	       "  b: {level: 1, interfaces: [y], prefixes: [10.0.0.0/8, \"fd00::/8\"]}\n",
	  NULL },
	{ "prefix twice", ZONE "  a: {level: 1, prefixes: [10.0.0.0/8, 10.0.0.0/8]}\n",
	  "4:40: error: 10.0.0.0/8 stands in zone 'a' twice" },
	{ "no interface's name", ZONE "  a: {level: 1, interfaces: [a/b]}\n",
	  "4:30: error: expected the name of an interface" },
	{ "interface's name too long", ZONE "  a: {level: 1, interfaces: [sixteen-letters-]}\n",
	  "4:30: error: expected the name of an interface" },
	{ "interface twice", ZONE "  a: {level: 1, interfaces: [x, x]}\n",
	  "4:33: error: the zone 'a' names this interface and VLAN twice" },
	{ "VLAN out of range", ZONE "  a: {level: 1, interfaces: [{name: x, vlan: 4095}]}\n",
	  "4:46: error: expected a VLAN, a number from 1 to 4094, found '4095'" },
	{ "three VLANs", ZONE "  a: {level: 1, interfaces: [{name: x, vlan: [1, 2, 3]}]}\n",
	  "4:46: error: expected a VLAN or [outer VLAN, inner VLAN], found a list of 3" },
	{ "wires that are a list", HEAD "wires: [it0, ot0]\n",
	  "15:8: error: expected a map from the name of each wire to what it is, found a list" },
	{ "wire that is no list", HEAD "wires:\n  w: it0\n",
	  "16:6: error: expected the two interfaces of the wire 'w' in a list, found 'it0'" },
	{ "wire with three ends", HEAD "wires:\n  w: [it0, ot0, it0]\n",
	  "16:6: error: expected the two interfaces of the wire 'w' in a list, found a list" },
	{ "wire with one interface", HEAD "wires:\n  w: [it0, it0]\n",
	  "16:12: error: both ends of the wire 'w' are the interface 'it0'" },
	{ "wire with an unknown peer", HEAD "wires:\n  w: [it0, ot1]\n",
	  "16:12: error: no zone lives behind the interface 'ot1'; did you mean 'ot0'?" },
	{ "wire without an interface's name", HEAD "wires:\n  w: [it0, \"a b\"]\n",
	  "16:12: error: expected the name of an interface" },
	{ "wire without a name", HEAD "wires:\n  ..: [it0, ot0]\n",
	  "16:3: error: expected the name of" },
	{ "interface in two wires", HEAD "wires:\n  w: [it0, ot0]\n  v: [ot0, it0]\n",
	  "17:7: error: 'ot0' is an end of the wire 'w' in line 16 already" },
	{ "wire that one VLAN cannot cross",
	  ZONE "  a: {level: 1, interfaces: [x, {name: x, vlan: 8}], prefixes: [10.0.0.0/8]}\n"
	       "  b: {level: 1, interfaces: [y], prefixes: [11.0.0.0/8]}\n"
	       "wires: {w: [x, y]}\n",
	  "6:13: warning: the zone 'a' cannot reach beyond this wire: no zone lives behind VLAN 8 "
	  "of 'y'" },
	{ "wire that untagged frames cannot cross",
	  ZONE "  a: {level: 1, interfaces: [x, {name: x, vlan: [8, 9]}], prefixes: [10.0.0.0/8]}\n"
	       "  b: {level: 1, interfaces: [{name: y, vlan: [8, 9]}], prefixes: [11.0.0.0/8]}\n"
	       "wires: {w: [x, y]}\n",
	  "6:13: warning: the zone 'a' cannot reach beyond this wire: no zone lives behind the "
	  "untagged side of 'y'" },
	{ "a wire",
	  ZONE "  a: {level: 1, interfaces: [x], prefixes: [10.0.0.0/8]}\n"
	       "  b: {level: 1, interfaces: [y], prefixes: [11.0.0.0/8]}\n"
	       "wires: {w: [y, x]}\n",
	  NULL },
	{ "wire whose ends mirror each other",
	  ZONE "  a: {level: 1, interfaces: [x], prefixes: [10.0.0.0/8]}\n"
	       "  b: {level: 1, interfaces: [y], prefixes: [11.0.0.0/8]}\n"
	       "wires: {w: {interfaces: [y, x], mirror-link: true}}\n",
	  NULL },
	{ "wire with an unknown key", HEAD "wires:\n  w: {ends: [it0, ot0]}\n",
	  "16:7: error: unknown key 'ends' in a wire" },
	{ "wire without interfaces", HEAD "wires:\n  w: {mirror-link: true}\n",
	  "16:6: error: 'interfaces' is missing: which two does the wire 'w' join?" },
	{ "wire that mirrors perhaps",
	  HEAD "wires:\n  w: {interfaces: [it0, ot0], mirror-link: on}\n",
	  "16:44: error: expected whether the ends mirror each other's link, true or false "
	  "without quotes, found 'on'" },
	{ "wire that mirrors in quotes",
	  HEAD "wires:\n  w: {interfaces: [it0, ot0], mirror-link: \"true\"}\n",
	  "16:44: error: expected whether" },
	{ "map of a wire with one interface", HEAD "wires:\n  w: {interfaces: [it0]}\n",
	  "16:19: error: expected the two interfaces of the wire 'w' in a list, found a list" },
	{ "routed that is no list", HEAD "routed: it0\n",
	  "15:9: error: expected a list of 2 to 256 interfaces that frames are routed between, "
	  "found 'it0'" },
	{ "one routed interface", HEAD "routed: [it0]\n",
	  "15:9: error: expected a list of 2 to 256 interfaces" },
	{ "unknown routed interface", HEAD "routed: [it0, ot1]\n",
	  "15:15: error: no zone lives behind the interface 'ot1'; did you mean 'ot0'?" },
	{ "interface that is routed twice", HEAD "routed: [it0, ot0, it0]\n",
	  "15:20: error: 'it0' stands here twice" },
	{ "routed interface on a wire", HEAD "routed: [it0, ot0]\nwires: {w: [ot0, it0]}\n",
	  "15:10: error: 'it0' is an end of the wire 'w' in line 16; what comes in there is not "
	  "routed" },
	{ "routed interface without an untagged side",
	  ZONE "  a: {level: 1, interfaces: [x], prefixes: [10.0.0.0/8]}\n"
	       "  b: {level: 1, interfaces: [{name: y, vlan: 8}], prefixes: [11.0.0.0/8]}\n"
	       "routed: [x, y]\n",
	  "6:13: error: no zone lives behind the untagged side of 'y', and frames with VLAN tags "
	  "are not routed" },
	{ "routed interfaces",
	  ZONE "  a: {level: 1, interfaces: [x, {name: x, vlan: 8}], prefixes: [10.0.0.0/8]}\n"
	       "  b: {level: 1, interfaces: [y], prefixes: [11.0.0.0/8]}\n"
	       "routed: [y, x]\n",
	  NULL },
	{ "fail-open that is no list", HEAD "fail-open: it0\n",
	  "15:12: error: expected a list of 1 to 256 interfaces that fail open, found 'it0'" },
	{ "nothing that fails open", HEAD "fail-open: []\n",
	  "15:12: error: expected a list of 1 to 256 interfaces that fail open" },
	{ "unknown interface that fails open", HEAD "fail-open: [ot1]\n",
	  "15:13: error: no zone lives behind the interface 'ot1'; did you mean 'ot0'?" },
	{ "interface that fails open twice", HEAD "fail-open: [it0, it0]\n",
	  "15:18: error: 'it0' stands here twice" },
	{ "interface on a wire that fails open", HEAD "fail-open: [it0]\nwires: {w: [ot0, it0]}\n",
	  "15:13: error: 'it0' is an end of the wire 'w' in line 16, which only the datapath lets "
	  "frames cross" },
	{ "interfaces that fail open",
	  ZONE "  a: {level: 1, interfaces: [{name: x, vlan: 8}], prefixes: [10.0.0.0/8]}\n"
	       "fail-open: [x]\n",
	  NULL },
	{ "VLAN without interface", ZONE "  a: {level: 1, interfaces: [{vlan: 1}]}\n",
	  "4:30: error: 'name' is missing" },
	{ "MAC of a group", ZONE "  a: {level: 1, macs: [\"01:00:00:00:00:01\"]}\n",
	  "4:24: error: expected a MAC address of one station" },
	{ "MAC twice",
	  ZONE "  a: {level: 1, macs: [\"02:00:00:00:00:01\", \"02:00:00:00:00:01\"]}\n",
	  "4:23: error: 02:00:00:00:00:01 stands here twice" },
	{ "no MACs", ZONE "  a: {level: 1, macs: []}\n", "4:23: error: expected MAC addresses" },
	{ "empty zone", ZONE "  a: {level: 1, interfaces: [x]}\n",
	  "4:3: warning: the zone 'a' is empty: no address belongs to it" },
	{ "zone without interface", ZONE "  a: {level: 1, prefixes: [10.0.0.0/8]}\n",
	  "4:3: warning: the zone 'a' lives behind no interface" },

	/* assets */
	{ "unknown zone", HEAD "  x: {zone: ort, address: 10.10.0.1}\n",
	  "15:13: error: there is no zone 'ort'; did you mean 'ot'?" },
	{ "asset without zone", HEAD "  x: {address: 10.10.0.1}\n",
	  "15:3: error: 'zone' is missing" },
	{ "asset without address", HEAD "  x: {zone: it}\n", "15:3: error: 'address' is missing" },
	{ "asset outside its zone", HEAD "  x: {zone: it, address: 10.11.0.1}\n",
	  "15:26: error: 10.11.0.1 of asset 'x' lies outside its zone 'it': no prefix of the zon" },
	{ "asset in another zone", HEAD "  x: {zone: it, address: 192.168.10.9}\n",
	  "15:26: error: 192.168.10.9 of asset 'x' lies outside its zone 'it': it belongs to 'ot" },
	{ "asset wider than its zone", HEAD "  x: {zone: ot, address: 192.168.0.0/16}\n",
	  "15:26: error: 192.168.0.0/16 of asset 'x' lies outside its zone 'ot'" },
	{ "asset's address twice", HEAD "  x: {zone: it, address: [10.10.0.1, 10.10.0.1]}\n",
	  "15:38: error: 10.10.0.1 stands here twice" },
	{ "list of an unknown asset", HEAD "  x: [hmo]\n",
	  "15:7: error: there is no asset 'hmo'; did you mean 'hmi'" },
	{ "list of a list", HEAD "  x: [all-it]\n", "15:7: error: 'all-it' is a list itself" },
	{ "list that repeats", HEAD "  x: {members: [hmi, hmi]}\n",
	  "error: 'hmi' stands here twice" },
	{ "empty list", HEAD "  x: []\n", "15:6: error: the list 'x' is empty" },
	{ "asset that no rule names", HEAD, "13:3: warning: no rule names the asset 'all-it'" },

	/* conduits */
	{ "no reason", HEAD "conduits:\n  a: {from: it, to: ot, rules: {r: {service: icmp}}}\n",
	  "16:3: error: 'reason' is missing: why does 'a' exist?" },
	{ "empty reason", HEAD "conduits:\n  a: {reason: \" \", from: it, to: ot}\n",
	  "16:15: error: expected the reason why this exists, found ' '" },
	{ "no from", HEAD "conduits:\n  a: {reason: x, to: ot}\n",
	  "16:3: error: 'from' is missing" },
	{ "unknown from", HEAD "conduits:\n  a: {reason: x, from: i, to: ot}\n",
	  "16:24: error: there is no zone 'i'" },
	{ "conduit to itself", HEAD "conduits:\n  a: {reason: x, from: it, to: it}\n",
	  "16:32: error: the conduit 'a' leads from zone 'it' to itself; rules inside a zone" },
	{ "wrong survival", HEAD "conduits:\n  a: {reason: x, from: it, to: ot, survives-island: maybe}\n",
	  "16:53: error: expected whether it stays in island mode" },
	{ "survival of a zone's own rules", HEAD "intra:\n  it: {reason: x, survives-island: true}\n",
	  "16:19: error:" },
	{ "wrong answer", HEAD "conduits:\n  a: {reason: x, from: it, to: ot, on-deny: refuse}\n",
	  "16:45: error: expected an answer, 'drop', 'reset' or 'exception', found 'refuse'" },
	{ "exceptions of nothing", HEAD "conduits:\n  a: {reason: x, from: it, to: ot, on-deny: exception}\n",
	  "16:45: warning: no rule of the conduit inspects modbus: 'exception' is as 'reset'" },
	{ "wrong state", HEAD "conduits:\n  a: {reason: x, from: it, to: ot, state: off}\n",
	  "16:43: error: expected a state, 'enabled' or 'disabled', found 'off'" },
	{ "wrong mode", HEAD "conduits:\n  a: {reason: x, from: it, to: ot, mode: watch}\n",
	  "16:42: error: expected a mode, 'enforce' or 'monitor', found 'watch'" },
	{ "wrong mode of the policy", HEAD "mode: watch\n",
	  "15:7: error: expected a mode, 'enforce' or 'monitor', found 'watch'" },
	{ "no flows", HEAD "conduits:\n  a: {reason: x, from: it, to: ot, flows: 0}\n",
	  "16:43: error: expected the flows it may hold, a number from 1 to 16777216, found '0'" },
	{ "no sessions", HEAD "conduits:\n  a: {reason: x, from: it, to: ot, sessions: 0}\n",
	  "16:46: error: expected the inspected flows it may hold, a number from 1 to 65536, found '0'" },
	{ "no rules", HEAD "conduits:\n  a: {reason: x, from: it, to: ot}\n",
	  "16:3: warning: 'a' has no rules: it permits nothing" },
	{ "intra of no zone", HEAD "intra:\n  its: {reason: x}\n",
	  "16:3: error: there is no zone 'its'; did you mean 'it'" },
	{ "intra with from", HEAD "intra:\n  it: {reason: x, from: ot}\n",
	  "16:19: error: unknown key 'from' in the rules inside a zone" },
	{ "conduit named like an intra zone",
	  HEAD "conduits:\n  it: {reason: x, from: it, to: ot}\nintra:\n  it: {reason: x}\n",
	  "16:3: error: the conduit 'it' bears the name of a zone that has rules under 'intra'" },

	/* rules */
	{ "no service", RULE("from: hmi"), "21:7: error: 'service' is missing" },
	{ "unknown service", RULE("service: mobdus"),
	  "21:22: error: there is no service 'mobdus'; did you mean 'modbus'?" },
	{ "unknown asset", RULE("service: icmp, from: hmj"),
	  "21:34: error: there is no asset 'hmj'; did you mean 'hmi'" },
	{ "asset of the other zone", RULE("service: icmp, from: plc"),
	  "21:34: error: 'plc' lies in zone 'ot', but 'from' of this conduit is zone 'it'" },
	{ "list across zones", RULE("service: icmp, from: mixed"),
	  "21:34: error: 'mixed' holds 'plc', which lies in zone 'ot', but 'from'" },
	{ "asset twice", RULE("service: icmp, from: [hmi, hmi]"),
	  "error: 'hmi' stands here twice" },
	{ "no asset", RULE("service: icmp, from: []"), "21:34: error: expected 1 to 65535 assets" },
	{ "zone for an asset", RULE("service: icmp, from: it"),
	  "21:34: error: there is no asset 'it'" },
	{ "port of icmp", RULE("service: icmp, port: 1"),
	  "21:28: error: the key 'port' does not fit the service 'icmp'" },
	{ "types of tcp", RULE("service: tcp, types: [echo]"),
	  "21:27: error: the key 'types' does not fit the service 'tcp'" },
	{ "access of tcp", RULE("service: tcp, access: read"),
	  "21:27: error: the key 'access' does not fit the service 'tcp'" },
	{ "units of a planned service", RULE("service: ads, units: 1"),
	  "the key 'units' does not fit the service 'ads', which has no inspector yet" },
	{ "operations of tcp", RULE("service: tcp, operations: [request]"),
	  "error: the key 'operations'" },
	{ "idle of arp", RULE("service: arp, idle: 5s"), "error: the key 'idle' does not fit" },
	{ "port 0", RULE("service: tcp, port: 0"),
	  "21:33: error: expected a port, a number or a range such as 1-5 from 1 to 65535, found" },
	{ "port out of range", RULE("service: tcp, port: [80, 65536]"),
	  "21:38: error: expected a port" },
	{ "range upside down", RULE("service: tcp, port: 9-8"), "21:33: error: expected a port" },
	{ "no port", RULE("service: tcp, port: []"),
	  "21:33: error: expected a port, found an empty list" },
	{ "unknown type", RULE("service: icmp, types: [ecco]"),
	  "21:36: error: icmp has no type 'ecco'; did you mean 'echo'" },
	{ "code out of range", RULE("service: icmp, types: [3/256]"),
	  "21:36: error: expected a code from 0 to 255 after the '/'" },
	{ "unknown operation", RULE("service: arp, operations: [requset]"),
	  "21:40: error: ARP has no operation 'requset'; did you mean 'request'?" },
	{ "unknown access class", RULE("service: modbus, access: wrte"),
	  "21:38: error: there is no access class 'wrte'; did you mean 'write'?" },
	{ "no access class", RULE("service: modbus, access: []"),
	  "21:38: error: expected an access class" },
	{ "unknown function", RULE("service: modbus, functions: [write-register]"),
	  "did you mean 'write-single-register', 'write-multiple-registers' or" },
	{ "function out of range", RULE("service: modbus, functions: 128"),
	  "21:41: error: modbus has no function '128'" },
	{ "sub-function of a plain function", RULE("service: modbus, functions: read-coils/1"),
	  "21:41: error: the function 'read-coils' has no sub-functions" },
	{ "unknown sub-function", RULE("service: modbus, functions: diagnostics/clear-counter"),
	  "there is no sub-function 'diagnostics/clear-counter'; did you mean 'clear-counters'" },
	{ "unit out of range", RULE("service: modbus, access: read, units: 256"),
	  "21:51: error: expected a unit, a number or a range such as 1-5 from 0 to 255" },
	{ "unknown object type",
	  RULE("service: modbus, access: read, objects: {holding-registers: 1}"),
	  "modbus has no objects of the type 'holding-registers'; did you mean 'holding-register" },
	{ "object out of range", RULE("service: modbus, access: read, objects: {coil: 65536}"),
	  "21:60: error: expected a coil, a number or a range such as 1-5 from 0 to 65535" },
	{ "record out of range",
	  RULE("service: modbus, access: read, objects: {file-record: 1/10000}"),
	  "error: expected a file-record, such as 4/0" },
	{ "objects that are a list", RULE("service: modbus, access: read, objects: [1]"),
	  "21:53: error: expected a map from types of objects" },
	{ "value out of range", RULE("service: modbus, access: write, values: 65536"),
	  "21:53: error: expected a value" },
	{ "too many ranges", NULL,
	  "21:51: error: a unit: 65 separate ranges, at most 64 are possible" },
	{ "rate without period", RULE("service: tcp, rate: {packets: 5}"),
	  "21:43: error: expected a rate of packets such as 200/s" },
	{ "rate of nothing", RULE("service: tcp, rate: {packets: 0/s}"),
	  "21:43: error: expected a rate" },
	{ "rate of bytes out of range", RULE("service: tcp, rate: {bytes: 5GB/s}"),
	  "21:41: error: expected a rate of bytes" },
	{ "burst alone", RULE("service: tcp, rate: {burst: 5, bytes: 1MB/s}"),
	  "21:41: error: 'burst' counts packets" },
	{ "empty rate", RULE("service: tcp, rate: {}"), "21:33: error: a rate needs" },
	{ "idle time out of range", RULE("service: tcp, idle: 31d"),
	  "21:33: error: expected the idle time of a flow, a time such as 90s" },
	{ "idle time of nothing", RULE("service: tcp, idle: 0"),
	  "21:33: error: expected the idle" },
	{ "number for a map", RULE("service: tcp, rate: 5/s"),
	  "21:33: error: expected a rate, a map" },
	{ "misspelt rule key", RULE("service: tcp, prot: 1"),
	  "21:27: error: unknown key 'prot' in a rule; did you mean 'port'?" },
	{ "rule that is no map", CONDUIT "      one: tcp\n",
	  "21:12: error: expected a rule, a map" },

	/* carriers and ethertypes */
	{ "carrier that is none", RULE("service: enip, access: read, carrier: sctp"),
	  "21:51: error: expected a carrier, 'tcp', 'link' or 'udp', found 'sctp'" },
	{ "carrier of another service", RULE("service: enip, access: read, carrier: [tcp, link]"),
	  "21:57: error: enip does not ride on link" },
	{ "no carrier", RULE("service: enip, access: read, carrier: []"),
	  "21:51: error: expected a carrier, found an empty list" },
	{ "carrier of a service that has one", RULE("service: s7comm, access: read, carrier: tcp"),
	  "21:44: error: the key 'carrier' does not fit the service 's7comm'" },
	{ "both carriers", RULE("service: enip, access: read, carrier: [tcp, udp], from: hmi"),
	  "14:3: warning: no rule names the asset 'mixed'" },
	{ "ethertype of another service", RULE("service: goose, access: write, ethertype: 0x88b8"),
	  "21:44: error: the key 'ethertype' does not fit the service 'goose'" },
	{ "no ethertype", LINK_RULE("service: ethertype"),
	  "13:12: error: 'ethertype' is missing: which one does the rule 'one' permit?" },
	{ "ethertype that is a length", LINK_RULE("service: ethertype, ethertype: 0x5ff"),
	  "13:44: error: expected an ethertype, a number or a range such as 1-5 from 1536 to "
	  "65535, found '0x5ff'" },
	{ "ethertypes", LINK_RULE("service: ethertype, ethertype: [0x88cc, 0x9000-0x90ff]"), NULL },
	{ "port of a service of the link", LINK_RULE("service: goose, access: write, port: 102"),
	  "13:44: error: the key 'port' does not fit the service 'goose'" },
	{ "from of a service of the link", RULE("service: goose, access: write, from: hmi"),
	  "21:44: error: the key 'from' does not fit the service 'goose'" },
	{ "to of a service of the link", RULE("service: ptp, to: plc"),
	  "21:27: error: the key 'to' does not fit the service 'ptp'" },
	{ "asset on the link",
	  RULE("service: ethercat, access: read, carrier: [udp, link], to: plc"),
	  "21:72: error: assets are addresses, and frames of 'ethercat' on the carrier 'link' "
	  "have none" },
	{ "asset on the link, which goes without saying",
	  RULE("service: ethercat, access: read, to: plc"),
	  "21:50: error: assets are addresses, and frames of 'ethercat' on the carrier 'link'" },
	{ "port on the link", LINK_RULE("service: ethercat, access: read, port: 5"),
	  "13:52: error: 'port' says nothing on the carrier 'link'" },
	{ "link without a wire", RULE("service: ptp"),
	  "21:7: warning: the rule 'one' permits nothing on the link: no wire joins interfaces "
	  "that its two zones live alone behind" },
	{ "link with a wire", LINK_RULE("service: ptp"), NULL },
	{ "link with another zone behind it",
	  ZONE "  a: {level: 1, interfaces: [x], prefixes: [10.0.0.0/8]}\n"
	       "  b: {level: 1, interfaces: [y], prefixes: [11.0.0.0/8]}\n"
	       "  d: {level: 1, interfaces: [y], prefixes: [12.0.0.0/8]}\n"
	       "wires: {w: [x, y]}\n"
	       "conduits: {c: {reason: x, from: a, to: b, rules: {r: {service: stp}}}}\n",
	  "8:51: warning: the rule 'r' permits nothing on the link" },
	{ "link inside a zone", HEAD "intra: {ot: {reason: x, rules: {r: {service: lldp}}}}\n",
	  "14:3: warning: no rule names the asset 'mixed'" },
	{ "link inside a zone at one end of a wire",
	  HEAD "wires: {w: [it0, ot0]}\nintra: {ot: {reason: x, rules: {r: {service: lldp}}}}\n",
	  "16:33: warning: the rule 'r' permits nothing on the link: its zone lives alone "
	  "neither behind an interface off a wire nor behind both ends of one" },
	{ "services of one family on one port",
	  WIRED "      one: {service: s7comm, access: read}\n"
		"      two: {service: mms, access: read}\n",
	  NULL },
	{ "inspected services that meet",
	  WIRED "      one: {service: modbus, access: read}\n"
		"      two: {service: mqtt, access: read, port: 502}\n",
	  "14:7: error: the rule 'two' and one before it inspect different services on the same "
	  "port" },

	/* fields and texts */
	{ "fields of a service without", RULE("service: modbus, access: read, fields: {unit: 1}"),
	  "21:44: error: the key 'fields' does not fit the service 'modbus'" },
	{ "fields of an opaque service", RULE("service: mqtt-tls, fields: {topic: a}"),
	  "21:32: error: the key 'fields' does not fit the service 'mqtt-tls'" },
	{ "fields that are a list", RULE("service: iec104, access: read, fields: [cause]"),
	  "21:52: error: expected a map from fields to their numbers or texts, such as "
	  "{cause: 6}, found a list" },
	{ "no fields", RULE("service: iec104, access: read, fields: {}"),
	  "21:52: error: expected a map from fields to their numbers or texts, such as "
	  "{cause: 6}, found an empty one" },
	{ "unknown field", RULE("service: iec104, access: read, fields: {couse: 6}"),
	  "21:53: error: iec104 has no field 'couse'; did you mean 'cause'?" },
	{ "unknown text", RULE("service: mqtt, access: read, fields: {topics: a}"),
	  "21:51: error: mqtt has no field 'topics'; did you mean 'topic'?" },
	{ "number of a field out of range",
	  RULE("service: iec104, access: read, fields: {cause: 64}"),
	  "21:60: error: expected a number of the field 'cause', a word for one, or a range from "
	  "0 to 63, found '64'" },
	{ "range of a field upside down",
	  RULE("service: iec104, access: read, fields: {cause: 6-5}"),
	  "21:60: error: expected a number of the field 'cause'" },
	{ "unknown word of a field",
	  RULE("service: iec104, access: read, fields: {cause: [spontaneous, spontan]}"),
	  "21:74: error: expected a number of the field 'cause', a word for one" },
	{ "word of another field",
	  RULE("service: iec104, access: read, fields: {select: periodic}"),
	  "21:61: error: expected a number of the field 'select'" },
	{ "map as a field", RULE("service: iec104, access: read, fields: {cause: {a: 1}}"),
	  "21:60: error: expected a number of the field 'cause'" },
	{ "empty list of a field", RULE("service: iec104, access: read, fields: {cause: []}"),
	  "21:60: error: expected numbers of the field 'cause', found an empty list" },
	{ "empty text", RULE("service: mqtt, access: read, fields: {topic: \"\"}"),
	  "21:58: error: expected a text of 1 to 128 bytes, or a beginning with '*' behind it" },
	{ "beginning of no length", RULE("service: mqtt, access: read, fields: {topic: \"*\"}"),
	  "21:58: error: expected a text of 1 to 128 bytes" },
	{ "empty list of texts", RULE("service: mqtt, access: read, fields: {topic: []}"),
	  "21:58: error: expected texts of 'topic', found an empty list" },
	{ "map as a text", RULE("service: mqtt, access: read, fields: {topic: {a: b}}"),
	  "21:58: error: expected a text of 1 to 128 bytes" },
	{ "text that is too long", NULL, "21:58: error: expected a text of 1 to 128 bytes" },
	{ "beginning that is as long as possible", NULL,
	  "14:3: warning: no rule names the asset 'mixed'" },
	{ "too many texts", NULL, "21:50: error: fields: 65 texts, at most 64 are possible" },
	{ "too many numbers of a field", NULL,
	  "21:65: error: originator: 65 separate ranges, at most 64 are possible" },
	{ "too many numbers of all fields", NULL,
	  "21:52: error: fields: 66 separate ranges, at most 64 are possible" },
	{ "fields that fit",
	  LINK_RULE("service: goose, access: [write, control], units: 0x3001, fields: "
		    "{gocbref: [\"IED1LD0/*\", IED2], simulation: no, confrev: [1, 3-5]}"),
	  NULL },

	/* objects and units of other protocols */
	{ "unit by its own name", RULE("service: dnp3, access: read, units: 65536"),
	  "21:49: error: expected an outstation, a number or a range such as 1-5 from 0 to 65535" },
	{ "units of a service without", RULE("service: enip, access: read, units: 1"),
	  "21:42: error: the key 'units' does not fit the service 'enip'" },
	{ "values that cannot be seen", RULE("service: dnp3, access: write, values: 1"),
	  "21:43: error: the key 'values' does not fit the service 'dnp3'" },
	{ "objects of a service without", RULE("service: mqtt, access: read, objects: {topic: 1}"),
	  "21:42: error: the key 'objects' does not fit the service 'mqtt'" },
	{ "type that is only numbered",
	  LINK_RULE("service: dnp3, access: read, objects: {group-99: 1}"), NULL },
	{ "number of a type out of range",
	  RULE("service: dnp3, access: read, objects: {group-300: 1}"),
	  "21:52: error: dnp3 has no objects of the type 'group-300'" },
	{ "type by name and by number",
	  LINK_RULE("service: dnp3, access: read, objects: "
		    "{binary-input: 0-9, group-1: 5-20, group-0x1: 21}"),
	  NULL },
	{ "object of a numbered type out of range",
	  RULE("service: dnp3, access: read, objects: {group-99: 65536}"),
	  "21:62: error: expected a group-99, a number or a range such as 1-5 from 0 to 65535" },
	{ "empty list of objects", RULE("service: dnp3, access: read, objects: {group-99: []}"),
	  "21:62: error: expected objects of the type 'group-99', found an empty list" },
	{ "function of another protocol", RULE("service: dnp3, functions: read-coils"),
	  "21:39: error: dnp3 has no function 'read-coils'; there are names, numbers to 287" },
	{ "function at the end of a long list", RULE("service: enip, functions: stop-conection"),
	  "; did you mean 'stop-connection'" },

	/* defaults */
	{ "defaults of no service", HEAD "defaults: {http: {}}\n",
	  "15:12: error: unknown key 'http' in the defaults" },
	{ "defaults with a wrong key", HEAD "defaults: {modbus: {prot: 1}}\n",
	  "15:21: error: unknown key 'prot' in the defaults of this service; did you mean 'port'" },
	{ "defaults of none", HEAD "defaults: {none: {}}\n", "error: there is no service 'none'" },
	{ "port by default on the link", HEAD "defaults: {goose: {port: 102}}\n",
	  "15:26: error: the key 'port' does not fit the service 'goose'" },
	{ "unit by default without units", HEAD "defaults: {enip: {units: 0}}\n",
	  "15:26: error: the key 'units' does not fit the service 'enip'" },
	{ "unit by default out of range", HEAD "defaults: {iec104: {units: 65536}}\n",
	  "15:28: error: expected a common-address, a number or a range such as 1-5 from 0 to "
	  "65535" },
	{ "access by default of an opaque service", HEAD "defaults: {lldp: {access: read}}\n",
	  "15:19: error: unknown key 'access' in the defaults of this service" },
	{ "idle time by default of a planned service", HEAD "defaults: {ads: {idle: 5}}\n",
	  "15:18: error: unknown key 'idle' in the defaults of this service" },
	{ "arp neither", HEAD "defaults: {arp: never}\n",
	  "15:17: error: expected what becomes of ARP, 'allow' or 'deny', found 'never'" },

	/* warnings of rules */
	{ "planned service", RULE("service: ads"),
	  "21:22: warning: the service 'ads' has no inspector yet" },
	{ "neither access nor functions", RULE("service: modbus"),
	  "21:7: warning: the rule 'one' names neither 'access' nor 'functions': it permits to r" },
	{ "function without objects",
	  RULE("service: modbus, functions: report-server-id, objects: {coil: 1}"),
	  "warning: 'report-server-id' names no object" },
	{ "function of other objects",
	  RULE("service: modbus, functions: [read-coils, 3], objects: {coil: 1}"),
	  "warning: 'read-holding-registers' addresses objects of the type 'holding-register', w" },
	{ "function beyond the access",
	  RULE("service: modbus, access: read, functions: write-single-coil"),
	  "warning: 'write-single-coil' needs more than the 'access' of the rule 'one'" },
	{ "function that needs two classes",
	  RULE("service: modbus, access: read, functions: read-write-multiple-registers"),
	  "warning: 'read-write-multiple-registers' needs more than the 'access' of the rule" },
	{ "function whose contents need more or less",
	  LINK_RULE("service: bacnet, access: [read, write], functions: write-property"), NULL },
	{ "function of which a part is grave",
	  LINK_RULE("service: s7comm, access: control, functions: [plc-control, plc-stop]"), NULL },
	{ "function with sub-functions of all classes",
	  LINK_RULE("service: modbus, access: read, functions: umas"), NULL },
	{ "sub-functions of other classes",
	  LINK_RULE("service: c37.118, access: read, functions: [command/stop-data]"),
	  "warning: 'command' needs more than the 'access' of the rule 'one': it never matches" },
	{ "sub-functions of which one fits",
	  LINK_RULE("service: c37.118, access: read, functions: [command/stop-data, "
		    "command/start-data]"),
	  NULL },
	{ "sub-function without a name",
	  LINK_RULE("service: c37.118, access: read, functions: [command/9]"), NULL },
	{ "function that can belong to the session",
	  LINK_RULE("service: s7comm-plus, access: read, functions: create-object"), NULL },
	{ "function without a single class of the access",
	  LINK_RULE("service: bacnet, access: read, functions: write-property"),
	  "warning: 'write-property' needs more than the 'access' of the rule 'one'" },
	{ "function whose objects the list does not tell",
	  LINK_RULE("service: melsec, functions: read, objects: {d: 0-99}"), NULL },
	{ "values without write", RULE("service: modbus, access: read, values: 1"),
	  "warning: the rule 'one' permits no write: 'values' says nothing" },
	{ "rule behind a wider one",
	  CONDUIT "      one: {service: tcp, port: 1-100}\n"
		  "      two: {service: tcp, port: 5, from: hmi}\n",
	  "22:7: warning: the rule 'two' is never reached: 'one' in line 21 takes all" },
	{ "rule behind two that cover it together",
	  CONDUIT "      one: {service: tcp, port: 1-50}\n"
		  "      two: {service: tcp, port: 51-100}\n"
		  "      three: {service: tcp, port: 40-60, to: plc}\n",
	  "23:7: warning: the rule 'three' is never reached" },
	{ "inspected rule beside an opaque one",
	  CONDUIT "      one: {service: modbus, access: read}\n"
		  "      two: {service: tcp, port: 502}\n",
	  "21:7: warning: the rule 'one' inspects nothing: 'two' in line 22 passes the same" },
	{ "inspected rule beside a partly opaque one",
	  CONDUIT "      one: {service: modbus, access: read}\n"
		  "      two: {service: tcp, from: hmi}\n",
	  "21:7: warning: the rule 'one' inspects less than it says: 'two' in line 22" },
	{ "inspected rule behind a wider one",
	  CONDUIT "      one: {service: modbus, access: [read, write], units: 1-9}\n"
		  "      two: {service: modbus, access: read, units: 2, objects: {coil: 7}}\n",
	  "22:7: warning: the rule 'two' is never reached" },
	{ "inspected rules that differ",
	  CONDUIT "      one: {service: modbus, access: read, units: 1}\n"
		  "      two: {service: modbus, access: write, units: 1}\n"
		  "      three: {service: modbus, access: read, units: 2}\n",
	  "warning: no rule names" },
	{ "rule behind one of a disabled conduit",
	  HEAD "conduits:\n"
	       "  a: {reason: x, from: it, to: ot, state: disabled, rules: {r: {service: tcp}}}\n"
	       "  b: {reason: x, from: it, to: ot, rules: {r: {service: tcp, from: [hmi, all-it],"
	       " to: plc}}}\n",
	  "14:3: warning: no rule names the asset 'mixed'" },
	{ "too many rules for the same endpoints", NULL,
	  "85:7: error: more than 64 rules apply to the same endpoints" },

	/* windows */
	{ "hours without days",
	  TIMED("when: \"06:00-18:00 UTC\""),
	  "expected a day, Mon to Sun, at '06:00-18:00 UTC'" },
	{ "an unknown day",
	  TIMED("when: \"Mo 06:00-18:00 UTC\""),
	  "expected a day, Mon to Sun, at 'Mo 06" },
	{ "a day in a range that is none",
	  TIMED("when: \"Mon-Fr 06:00-18:00 UTC\""),
	  "expected a day, Mon to Sun, at 'Fr 06" },
	{ "a day twice",
	  TIMED("when: \"Mon-Wed,Tue 06:00-18:00 UTC\""),
	  "the day Tue stands in it twice" },
	{ "a range of days that overlaps past Sunday",
	  TIMED("when: \"Mon,Sat-Mon 06:00-18:00 UTC\""),
	  "the day Mon stands in it twice" },
	{ "days without hours",
	  TIMED("when: Mon-Fri"),
	  "expected a space and the hours at ''" },
	{ "an hour without its zero",
	  TIMED("when: \"Mon 6:00-18:00 UTC\""),
	  "expected a time of day, 00:00 to 24:00, at '6:00" },
	{ "an hour that is none",
	  TIMED("when: \"Mon 06:00-24:01 UTC\""),
	  "expected a time of day, 00:00 to 24:00, at '24:01" },
	{ "a minute that is none",
	  TIMED("when: \"Mon 06:60-18:00 UTC\""),
	  "expected a time of day, 00:00 to 24:00, at '06:60" },
	{ "hours without an end",
	  TIMED("when: \"Mon 06:00 UTC\""),
	  "expected '-' and the end of the window at ' UTC'" },
	{ "a window of no length",
	  TIMED("when: \"Mon 06:00-06:00 UTC\""),
	  "it ends when it begins; a whole day is 00:00-24:00" },
	{ "a window from midnight to midnight",
	  TIMED("when: \"Mon 24:00-00:00 UTC\""),
	  NULL },
	{ "hours without a time zone",
	  TIMED("when: \"Mon 06:00-18:00\""),
	  "expected a space and a time zone at ''" },
	{ "an unknown time zone",
	  TIMED("when: \"Mon 06:00-18:00 Europe/Bonn\""),
	  "there is no time zone 'Europe/Bonn' here" },
	{ "a time zone that is a folder",
	  TIMED("when: \"Mon 06:00-18:00 Europe\""),
	  "there is no time zone 'Europe' here" },
	{ "a time zone that is another file",
	  TIMED("when: \"Mon 06:00-18:00 ../../../etc/passwd\""),
	  "there is no time zone '../../../etc/passwd' here" },
	{ "a time zone that is a table of them",
	  TIMED("when: \"Mon 06:00-18:00 tzdata/zi\""),
	  "there is no time zone 'tzdata/zi' here" },
	{ "a time zone with leap seconds",
	  TIMED("when: \"Mon 06:00-18:00 right/UTC\""),
	  "there is no time zone 'right/UTC' here" },
	{ "more behind a window",
	  TIMED("when: \"Mon 06:00-18:00 UTC UTC\""),
	  "there is no time zone 'UTC UTC' here" },
	{ "windows that are a map",
	  TIMED("when: {a: b}"),
	  "expected hours of the week, as in 'Mon-Fri 06:00-18:00 Europe/Berlin', found a map" },
	{ "no windows",
	  TIMED("when: []"),
	  "expected 1 to 32 windows, found 0" },
	{ "33 windows",
	  TIMED("when: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1, 2, "
		"3, 4, 5, 6, 7, 8, 9, 0, 1, 2]"),
	  "expected 1 to 32 windows, found 33" },
	{ "a useless window",
	  TIMED("when: [\"Mon-Fri 06:00-18:00 UTC\", \"Tue 07:00-08:00 UTC\"]"),
	  "warning: this window is useless: those before it have its hours" },
	{ "a window whose end another one has",
	  TIMED("when: [\"Sun 22:00-06:00 UTC\", \"Mon 00:00-05:00 UTC\"]"),
	  "warning: this window is useless" },
	{ "windows of different clocks",
	  TIMED("when: [\"Mon-Fri 06:00-18:00 UTC\", \"Tue 07:00-08:00 Europe/Berlin\"]"),
	  NULL },
};

/* Cases that are too long to be written down. */
static char *long_text(const struct test_case *test)
{
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);
	unsigned int i;

	fputs(CONDUIT, out);
	if (!strncmp(test->name, "too many ranges", 15)) {
		fputs("      one: {service: modbus, access: read, units: [", out);
		for (i = 0; i < 65; i++)
			fprintf(out, "%s%u", i ? ", " : "", 2 * i);
		fputs("]}\n", out);
	} else if (strstr(test->name, "as possible") || strstr(test->name, "too long")) {
		fputs("      one: {service: mqtt, access: read, fields: {topic: \"", out);
		for (i = 0; i < 128; i++)
			fputc('t', out);
		fputs(strstr(test->name, "too long") ? "t\"}}\n" : "*\"}}\n", out);
	} else if (strstr(test->name, "texts")) {
		fputs("      one: {service: mqtt, access: read, fields: {topic: [a, a", out);
		for (i = 1; i < 65; i++)
			fprintf(out, ", t%u", i);
		fputs("]}}\n", out);
	} else if (strstr(test->name, "of a field")) {
		fputs("      one: {service: iec104, access: read, fields: {originator: [0", out);
		for (i = 1; i < 65; i++)
			fprintf(out, ", %u", 2 * i);
		fputs("]}}\n", out);
	} else if (strstr(test->name, "of all fields")) {
		fputs("      one: {service: iec104, access: read, fields: {originator: [0", out);
		for (i = 1; i < 33; i++)
			fprintf(out, ", %u", 2 * i);
		fputs("], qualifier: [0", out);
		for (i = 1; i < 33; i++)
			fprintf(out, ", %u", 2 * i);
		fputs("]}}\n", out);
	} else {
		for (i = 0; i < 70; i++)
			fprintf(out, "      r%u: {service: modbus, access: read, units: %u}\n", i,
				i);
	}
	fclose(out);
	return text;
}

static char *messages_of(const char *text)
{
	struct otseg_diag diag = {};
	struct otseg_blob image;
	struct otseg_policy *policy = otseg_policy_parse("test", text, strlen(text), &diag);
	char *messages;
	size_t len;
	FILE *out = open_memstream(&messages, &len);

	if (policy && !otseg_policy_compile(policy, &image, &diag))
		otseg_blob_free(&image);
	else if (!diag.n_errors)
		fputs("refused without an error\n", out);
	otseg_policy_free(policy);
	otseg_diag_print(out, &diag);
	otseg_diag_free(&diag);
	fclose(out);
	return messages;
}

/* A message stands at the beginning of a line, behind the file's name, or anywhere in it. */
static bool is_said(const char *messages, const char *wanted)
{
	const char *at = messages;

	for (at = strstr(at, wanted); at; at = strstr(at + 1, wanted))
		if (wanted[0] < '0' || wanted[0] > '9' || at[-1] == ':')
			return true;
	return false;
}

static void test_files(void)
{
	char path[] = "/tmp/otseg-test-XXXXXX", zero[4096] = { 0 };
	struct otseg_diag diag = {};
	unsigned int i;
	FILE *file;

	ktap_result(!otseg_policy_load("/nonexistent/policy", &diag) && diag.n_errors == 1 &&
			    strstr(diag.messages[0].text, "No such file"),
		    "a file that does not exist");
	otseg_diag_free(&diag);
	file = fdopen(mkstemp(path), "w");
	fwrite(zero, 1, 1, file);
	fflush(file);
	ktap_result(!otseg_policy_load(path, &diag) && diag.n_errors == 1 &&
			    strstr(diag.messages[0].text, "control character 0x00"),
		    "a file with a NUL");
	otseg_diag_free(&diag);
	memset(zero, '#', sizeof(zero));
	for (i = 0; i < (16 << 20) / sizeof(zero); i++)
		fwrite(zero, 1, sizeof(zero), file);
	fclose(file);
	ktap_result(!otseg_policy_load(path, &diag) && diag.n_errors == 1 &&
			    strstr(diag.messages[0].text, "longer than 16 MiB"),
		    "a file of more than 16 MiB");
	otseg_diag_free(&diag);
	remove(path);
}

int main(void)
{
	size_t n = sizeof(cases) / sizeof(cases[0]), i;

	ktap_begin(n + 3);
	for (i = 0; i < n; i++) {
		char *made = cases[i].text ? NULL : long_text(&cases[i]);
		char *messages = messages_of(made ? made : cases[i].text);
		bool passed = cases[i].wanted ? is_said(messages, cases[i].wanted) : !*messages;

		if (!passed)
			printf("# wanted '%s', got:\n%s\n", cases[i].wanted ? cases[i].wanted : "",
			       messages);
		ktap_result(passed, "%s", cases[i].name);
		free(messages);
		free(made);
	}
	test_files();
	return ktap_end(n + 3);
}
