#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
#
# The JSON Schema of policies and the loader say the same: every key and every
# word of the one is known to the other, every example is good for both, and a
# table of good and bad policies is judged alike. What only the loader can see
# is not in the table.

import json
import os
import re
import subprocess
import sys
import tempfile

TOP = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", ".."))
BUILD = os.environ.get("O", os.path.join(TOP, "build"))
KEYS = os.path.join(BUILD, "selftests", "unit", "policy_keys")
SCHEMA = os.path.join(TOP, "Documentation", "policy.schema.json")
EXAMPLES = os.path.join(TOP, "Documentation", "examples")

try:
    import jsonschema
    import yaml
except ImportError as missing:
    print("TAP version 13\n1..0 # SKIP no Python module", missing.name)
    sys.exit(4)

ZONES = """
otseg: 1
name: test
zones:
  it: {level: 4, interfaces: [it0], prefixes: [10.10.0.0/16]}
  ot: {level: 1, interfaces: [ot0], prefixes: [192.168.10.0/24]}
assets:
  hmi: {zone: it, address: 10.10.5.30}
  plc: {zone: ot, address: 192.168.10.11}
"""
CONDUIT = ZONES + "conduits: {c: {reason: x, from: it, to: ot, %s}}\n"
RULE = ZONES + "conduits: {c: {reason: x, from: it, to: ot, rules: {r: {%s}}}}\n"
ZONE = "otseg: 1\nname: test\nzones: {a: {%s}}\n"
ASSET = ZONES + "  x: %s\n"
DEFAULTS = ZONES + "defaults: %s\n"

# (is it good?, form, text)
TABLE = [
    (True, "%s", ZONES),
    (False, "%s", "name: x\nzones: {a: {level: 1}}\n"),
    (False, "%s", "otseg: 2\nname: x\nzones: {a: {level: 1}}\n"),
    (False, "%s", "otseg: \"1\"\nname: x\nzones: {a: {level: 1}}\n"),
    (False, "%s", "otseg: 1\nzones: {a: {level: 1}}\n"),
    (False, "%s", "otseg: 1\nname: x\n"),
    (False, "%s", "otseg: 1\nname: x\nzones: {}\n"),
    (False, "%s", "otseg: 1\nname: x\nzones: [a]\n"),
    (False, "%s", "otseg: 1\nname: .x\nzones: {a: {level: 1}}\n"),
    (False, "%s", "otseg: 1\nname: " + "x" * 64 + "\nzones: {a: {level: 1}}\n"),
    (True, "%s", "otseg: 1\nname: " + "x" * 63 + "\nzones: {a: {level: 1}}\n"),
    (False, "%s", "otseg: 1\nname: x\nzones: {a b: {level: 1}}\n"),
    (False, "%s", ZONES + "zone: {}\n"),
    (True, "%s", ZONES + "conduits: {}\nintra: {}\ndefaults: {}\nwires: {}\n"),
    (True, "%s", ZONES + "wires: {w: [it0, ot0]}\n"),
    (False, "%s", ZONES + "wires: [it0, ot0]\n"), (False, "%s", ZONES + "wires: {w: it0}\n"),
    (False, "%s", ZONES + "wires: {w: [it0]}\n"), (False, "%s", ZONES + "wires: {w: [it0, it0]}\n"),
    (False, "%s", ZONES + "wires: {w: [it0, ot0, it1]}\n"),
    (False, "%s", ZONES + "wires: {w: {interfaces: [it0, ot0]}}\n"),
    (False, "%s", ZONES + "wires: {w: [it0, \"a b\"]}\n"),
    (False, "%s", ZONES + "wires: {w w: [it0, ot0]}\n"),

    (True, ZONE, "level: 0"), (True, ZONE, "level: 3.5"), (True, ZONE, "level: 5"),
    (False, ZONE, "level: 5.1"), (False, ZONE, "level: 6"), (False, ZONE, "level: -1"),
    (False, ZONE, "level: 3.55"), (False, ZONE, "level: high"), (False, ZONE, "level: \"4\""),
    (False, ZONE, "note: x"),
    (True, ZONE, "level: 1, interfaces: []"), (True, ZONE, "level: 1, interfaces: eth0"),
    (True, ZONE, "level: 1, interfaces: [eth0, {name: eth0, vlan: 1}, {name: eth0, vlan: [1, 2]}]"),
    (True, ZONE, "level: 1, interfaces: [{name: eth0}]"),
    (False, ZONE, "level: 1, interfaces: [{vlan: 1}]"),
    (False, ZONE, "level: 1, interfaces: [{name: eth0, vlan: 0}]"),
    (False, ZONE, "level: 1, interfaces: [{name: eth0, vlan: 4095}]"),
    (False, ZONE, "level: 1, interfaces: [{name: eth0, vlan: \"5\"}]"),
    (False, ZONE, "level: 1, interfaces: [{name: eth0, vlan: [1]}]"),
    (False, ZONE, "level: 1, interfaces: [{name: eth0, vid: 1}]"),
    (False, ZONE, "level: 1, interfaces: [sixteen-letters-]"),
    (False, ZONE, "level: 1, interfaces: [a/b]"), (False, ZONE, "level: 1, interfaces: [\"a b\"]"),
    (False, ZONE, "level: 1, interfaces: [\"..\"]"),
    (True, ZONE, "level: 1, prefixes: 10.0.0.0/8"), (True, ZONE, "level: 1, prefixes: [\"fd00::/8\"]"),
    (True, ZONE, "level: 1, prefixes: [\"::/0\", 0.0.0.0/0]"), (True, ZONE, "level: 1, prefixes: []"),
    (False, ZONE, "level: 1, prefixes: [10.0.0/8]"), (False, ZONE, "level: 1, prefixes: [10.0.0.0/33]"),
    (False, ZONE, "level: 1, prefixes: [\"fd00::/129\"]"), (False, ZONE, "level: 1, prefixes: [x]"),
    (True, ZONE, "level: 1, macs: [\"02:00:00:00:00:0A\"]"),
    (False, ZONE, "level: 1, macs: []"), (False, ZONE, "level: 1, macs: [\"01:00:00:00:00:01\"]"),
    (False, ZONE, "level: 1, macs: [\"00:00:00:00:00:00\"]"),
    (False, ZONE, "level: 1, macs: [\"02-00-00-00-00-01\"]"),
    (True, ZONE, "level: 1, note: a b c"), (False, ZONE, "level: 1, note: \"\""),
    (False, ZONE, "level: 1, note: [x]"), (False, ZONE, "level: 1, note:"),

    (True, ASSET, "{zone: it, address: [10.10.1.1, 10.10.2.0/24], note: n}"),
    (False, ASSET, "{zone: it}"), (False, ASSET, "{address: 10.10.1.1}"),
    (False, ASSET, "{zone: it, address: []}"), (False, ASSET, "{zone: it, address: host}"),
    (False, ASSET, "{zone: it, address: 10.10.1.1, mac: x}"), (False, ASSET, "10.10.1.1"),
    (True, ASSET, "[hmi, plc]"), (True, ASSET, "{members: [hmi], note: n}"),
    (True, ASSET, "{members: hmi}"),
    (False, ASSET, "[]"), (False, ASSET, "{members: []}"), (False, ASSET, "[hmi, hmi]"),
    (False, ASSET, "{members: [hmi], zone: it}"),

    (True, CONDUIT, "state: enabled, mode: enforce, flows: 1, note: n, rules: {}"),
    (True, CONDUIT, "state: disabled, mode: monitor, flows: 16777216"),
    (False, CONDUIT, "state: on"), (False, CONDUIT, "mode: off"), (False, CONDUIT, "flows: 0"),
    (True, CONDUIT, "rate: {packets: 5/s, burst: 3, bytes: 1MB/s}"),
    (False, CONDUIT, "rate: {}"), (False, CONDUIT, "rate: 5/s"), (False, CONDUIT, "rate: {burst: 5}"),
    (True, CONDUIT, "sessions: 1"), (True, CONDUIT, "sessions: 65536"),
    (False, CONDUIT, "sessions: 0"), (False, CONDUIT, "sessions: 65537"),
    (False, CONDUIT, "flows: 16777217"), (False, CONDUIT, "flows: \"5\""),
    (False, CONDUIT, "flows: many"), (False, CONDUIT, "rules: []"), (False, CONDUIT, "rule: {}"),
    (False, "%s", ZONES + "conduits: {c: {from: it, to: ot}}\n"),
    (False, "%s", ZONES + "conduits: {c: {reason: \" \", from: it, to: ot}}\n"),
    (False, "%s", ZONES + "conduits: {c: {reason: x, to: ot}}\n"),
    (False, "%s", ZONES + "conduits: {c: {reason: x, from: it}}\n"),
    (False, "%s", ZONES + "conduits: {c: {reason: x, from: [it], to: ot}}\n"),
    (True, "%s", ZONES + "intra: {it: {reason: x, state: disabled, rules: {r: {service: tcp}}}}\n"),
    (False, "%s", ZONES + "intra: {it: {rules: {r: {service: tcp}}}}\n"),
    (False, "%s", ZONES + "intra: {it: {reason: x, from: ot}}\n"),

    (False, RULE, "port: 1"), (False, RULE, "service: http"), (False, RULE, "service: none"),
    (True, RULE, "service: tcp"), (True, RULE, "service: tcp, from: hmi, to: [plc]"),
    (False, RULE, "service: tcp, from: []"), (False, RULE, "service: tcp, from: [hmi, hmi]"),
    (True, RULE, "service: tcp, port: [1, 2-3, 0x50]"), (True, RULE, "service: udp, port: \"5\""),
    (False, RULE, "service: tcp, port: 0"), (False, RULE, "service: tcp, port: 65536"),
    (False, RULE, "service: tcp, port: []"), (False, RULE, "service: tcp, port: https"),
    (False, RULE, "service: tcp, port: 1.5"), (False, RULE, "service: tcp, port: {a: 1}"),
    (True, RULE, "service: icmp, types: [echo, 3, 3/1]"), (True, RULE, "service: icmpv6, types: echo"),
    (False, RULE, "service: icmp, types: []"), (False, RULE, "service: icmp, types: [[8]]"),
    (True, RULE, "service: arp, operations: [request, 2, 3-4]"),
    (False, RULE, "service: arp, operations: [-1]"),
    (True, RULE, "service: modbus, access: read"),
    (True, RULE, "service: modbus, access: [read, write, session, control, diagnostic, program, vendor]"),
    (False, RULE, "service: modbus, access: []"), (False, RULE, "service: modbus, access: all"),
    (True, RULE, "service: modbus, functions: [read-coils, 3, 5-6, diagnostics/0, 8/clear-counters]"),
    (False, RULE, "service: modbus, functions: []"), (False, RULE, "service: modbus, functions: {a: b}"),
    (True, RULE, "service: modbus, access: read, units: [0, 1-9, 255]"),
    (False, RULE, "service: modbus, access: read, units: 256"),
    (False, RULE, "service: modbus, access: read, units: []"),
    (True, RULE, "service: modbus, access: read, objects: {coil: 1, fifo: [1, 2-3], input-register: 0x10-0x1f}"),
    (True, RULE, "service: modbus, access: read, objects: {file-record: [4/1, 4/5-4/9, 70000]}"),
    (False, RULE, "service: modbus, access: read, objects: {}"),
    (False, RULE, "service: modbus, access: read, objects: [1]"),
    (False, RULE, "service: modbus, access: read, objects: {coils: 1}"),
    (False, RULE, "service: modbus, access: read, objects: {coil: []}"),
    (True, RULE, "service: modbus, access: write, values: [0, 5-9]"),
    (False, RULE, "service: modbus, access: write, values: []"),
    (False, RULE, "service: modbus, access: write, values: low"),
    (True, RULE, "service: tcp, rate: {packets: 5/s, burst: 3}"),
    (True, RULE, "service: tcp, rate: {bytes: 1MB/h, packets: 7/m}"),
    (False, RULE, "service: tcp, rate: {}"), (False, RULE, "service: tcp, rate: 5/s"),
    (False, RULE, "service: tcp, rate: {packets: 5}"), (False, RULE, "service: tcp, rate: {packets: 5/d}"),
    (False, RULE, "service: tcp, rate: {bytes: 5Mb/s}"), (False, RULE, "service: tcp, rate: {burst: 5}"),
    (False, RULE, "service: tcp, rate: {bytes: 5/s, burst: 5}"),
    (False, RULE, "service: tcp, rate: {packets: 5/s, burst: 0}"),
    (False, RULE, "service: tcp, rate: {packets: 5/s, burst: \"5\"}"),
    (True, RULE, "service: tcp, idle: 5"), (True, RULE, "service: tcp, idle: 8h"),
    (False, RULE, "service: tcp, idle: 0"), (False, RULE, "service: tcp, idle: 5w"),
    (False, RULE, "service: tcp, idle: 2592001"), (True, RULE, "service: tcp, note: x"),
] + [
    # which key fits which service
    (service in services, RULE, "service: %s, %s" % (service, key))
    for key, services in (
        ("port: 7", ("tcp", "udp", "modbus", "s7comm", "mqtt")),
        ("types: 8", ("icmp", "icmpv6")),
        ("operations: 1", ("arp",)),
        ("access: read", ("modbus", "s7comm", "mqtt")),
        ("functions: 1", ("modbus",)),
        ("units: 1", ("modbus",)),
        ("objects: {coil: 1}", ("modbus",)),
        ("values: 1", ("modbus",)),
        ("idle: 5s", ("tcp", "udp", "icmp", "icmpv6", "modbus")),
        ("rate: {packets: 1/s}", ("tcp", "udp", "icmp", "icmpv6", "arp", "modbus", "s7comm", "mqtt")),
    )
    for service in ("tcp", "udp", "icmp", "icmpv6", "arp", "modbus", "s7comm", "mqtt")
] + [
    (True, DEFAULTS, "{tcp: {idle: 1h}, udp: {idle: 30s}, icmp: {idle: 9}, arp: deny}"),
    (True, DEFAULTS, "{icmpv6: {idle: 9, neighbour-discovery: deny}, arp: allow}"),
    (True, DEFAULTS, "{modbus: {port: [502, 1502], access: read, units: [1], idle: 1h}}"),
    (True, DEFAULTS, "{s7comm: {port: 102, access: [read]}, mqtt: {}}"),
    (False, DEFAULTS, "{http: {}}"), (False, DEFAULTS, "{arp: never}"), (False, DEFAULTS, "{tcp: 5}"),
    (False, DEFAULTS, "{tcp: {port: 5}}"), (False, DEFAULTS, "{modbus: {functions: 5}}"),
    (False, DEFAULTS, "{mqtt: {idle: 5}}"), (False, DEFAULTS, "{icmp: {neighbour-discovery: deny}}"),
]


class PolicyLoader(yaml.SafeLoader):
    """Reads as the policy language does: a plain scalar is a number or a text, nothing else."""


PolicyLoader.yaml_implicit_resolvers = {}
PolicyLoader.add_implicit_resolver("tag:yaml.org,2002:int", re.compile(r"^[0-9]+$"), list("0123456789"))
PolicyLoader.add_implicit_resolver("tag:yaml.org,2002:float", re.compile(r"^[0-9]+\.[0-9]+$"),
                                   list("0123456789"))
PolicyLoader.add_implicit_resolver("tag:yaml.org,2002:null", re.compile(r"^$"), [""])
PolicyLoader.add_constructor("tag:yaml.org,2002:int",
                             lambda loader, node: int(loader.construct_scalar(node), 10))


def read(text):
    return yaml.load(text, Loader=PolicyLoader)


class Report:
    def __init__(self, count):
        self.number = self.failed = 0
        print("TAP version 13\n1..%d" % count)

    def result(self, passed, name, *notes):
        self.number += 1
        for note in notes if not passed else ():
            print("#", str(note).replace("\n", "\n# "))
        self.failed += not passed
        print("%sok %d - %s" % ("" if passed else "not ", self.number, name))


def is_accepted(text):
    """By the loader: (accepted, messages)."""
    with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
        file.write(text)
        file.flush()
        done = subprocess.run([KEYS, file.name], capture_output=True, text=True, check=False)
    if done.returncode not in (0, 1) or done.stderr:
        raise SystemExit(done.stderr)
    return done.returncode == 0, done.stdout


def known():
    """What the loader knows: keys by kind of map, words by kind."""
    keys, words = {}, {}
    for line in subprocess.run([KEYS], capture_output=True, text=True, check=True).stdout.splitlines():
        what, kind, name = line.split()
        (keys if what == "key" else words).setdefault(kind, set()).add(name)
    return keys, words


def properties(definition):
    """The keys of a definition, which may offer other forms beside the map."""
    for form in [definition] + definition.get("anyOf", []):
        if "properties" in form:
            return set(form["properties"]), form.get("additionalProperties")
    return None, None


def main():
    schema = json.load(open(SCHEMA, encoding="utf-8"))
    validator = jsonschema.Draft202012Validator(schema)
    jsonschema.Draft202012Validator.check_schema(schema)
    definitions = schema["$defs"]
    keys, words = known()
    examples = sorted(name for name in os.listdir(EXAMPLES) if name.endswith(".yaml"))
    report = Report(len(keys) + 4 + len(examples) + len(TABLE))

    for kind in sorted(keys):
        found, rest = properties(definitions.get(kind, {}))
        report.result(found == keys[kind] and rest is False, "keys of " + kind,
                      "loader: %s" % sorted(keys[kind]), "schema: %s" % sorted(found or []))
    maps = {name for name, definition in definitions.items() if properties(definition)[0]}
    report.result(maps == set(keys), "no other maps", maps ^ set(keys))
    for kind, enum in (("service", definitions["rule"]["properties"]["service"]["enum"]),
                       ("access", definitions["access-class"]["enum"]),
                       ("objects", definitions["objects"]["propertyNames"]["enum"])):
        report.result(set(enum) == words[kind], "words of " + kind, set(enum) ^ words[kind])

    for name in examples:
        text = open(os.path.join(EXAMPLES, name), encoding="utf-8").read()
        accepted, messages = is_accepted(text)
        errors = [error.message for error in validator.iter_errors(read(text))]
        report.result(accepted and not errors and not messages, "example " + name, messages, *errors)

    for good, form, text in TABLE:
        policy = form % text
        accepted, messages = is_accepted(policy)
        errors = [error.message for error in validator.iter_errors(read(policy))]
        report.result(accepted == good and (not errors) == good,
                      "%s: %s" % ("good" if good else "bad", " ".join(text.split())[-70:]),
                      "loader: %s" % (messages or "accepted"), "schema: %s" % (errors or "accepted"))
    return 1 if report.failed else 0


sys.exit(main())
