#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
#
# The JSON Schema of policies and the loader say the same: every key and every
# word of the one is known to the other, every example is good for both, and a
# table of good and bad policies is judged alike. What only the loader can see
# is not in the table.
#
# What depends on services stands at the end of the schema and is made from the
# loader's own lists: a new protocol needs `test_policy_schema.py --write`, which
# rewrites that part, and nothing else.

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
    (True, CONDUIT, "when: Mon-Fri 06:00-18:00 Europe/Berlin"),
    (True, CONDUIT, "when: ['Sat-Mon,Wed 22:00-06:00 UTC', 'Tue 00:00-24:00 Etc/GMT+5']"),
    (False, CONDUIT, "when: []"), (False, CONDUIT, "when: 5"), (False, CONDUIT, "when: {a: b}"),
    (False, CONDUIT, "when: Mon-Fri 06:00-18:00"), (False, CONDUIT, "when: 06:00-18:00 UTC"),
    (False, CONDUIT, "when: Mon-Fri 6:00-18:00 UTC"),
    (False, CONDUIT, "when: Mon-Fri 06:00-24:01 UTC"),
    (False, CONDUIT, "when: Mo 06:00-18:00 UTC"), (False, CONDUIT, "when: mon 06:00-18:00 UTC"),
    (True, "%s", ZONES + "intra: {it: {reason: x, when: Sun 01:00-02:00 UTC}}\n"),
    (True, "%s", ZONES),
    (False, "%s", "name: x\nzones: {a: {level: 1}}\n"),
    (False, "%s", "otseg: 2\nname: x\nzones: {a: {level: 1}}\n"),
    (False, "%s", "otseg: \"1\"\nname: x\nzones: {a: {level: 1}}\n"),
    (False, "%s", "otseg: 1\nzones: {a: {level: 1}}\n"),
    (True, "%s", ZONES + "revision: 0\n"), (True, "%s", ZONES + "revision: 9223372036854775807\n"),
    (False, "%s", ZONES + "revision: 9223372036854775808\n"),
    (False, "%s", ZONES + "revision: -1\n"), (False, "%s", ZONES + "revision: \"1\"\n"),
    (False, "%s", ZONES + "revision: [1]\n"), (False, "%s", ZONES + "supersedes: 0\n"),
    (True, "%s", ZONES + "revision: 5\nsupersedes: 6\n"), (True, "%s", ZONES + "supersedes: 1\n"),
    (True, "%s", ZONES + "adopt: 60s\n"), (True, "%s", ZONES + "adopt: 90\n"),
    (False, "%s", ZONES + "adopt: always\n"), (False, "%s", ZONES + "adopt: 0s\n"),
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
    (True, "%s", ZONES + "wires: {w: {interfaces: [it0, ot0]}}\n"),
    (True, "%s", ZONES + "wires: {w: {interfaces: [it0, ot0], mirror-link: true}}\n"),
    (True, "%s", ZONES + "wires: {w: {interfaces: [it0, ot0], mirror-link: false}}\n"),
    (False, "%s", ZONES + "wires: {w: {interfaces: [it0, ot0], mirror-link: \"true\"}}\n"),
    (False, "%s", ZONES + "wires: {w: {mirror-link: true}}\n"),
    (False, "%s", ZONES + "wires: {w: {interfaces: [it0]}}\n"),
    (False, "%s", ZONES + "wires: {w: [it0, \"a b\"]}\n"),
    (False, "%s", ZONES + "wires: {w w: [it0, ot0]}\n"),
    (True, "%s", ZONES + "routed: [it0, ot0]\n"), (False, "%s", ZONES + "routed: [it0]\n"),
    (False, "%s", ZONES + "routed: [it0, it0]\n"), (False, "%s", ZONES + "routed: it0\n"),
    (False, "%s", ZONES + "routed: [it0, \"a b\"]\n"), (False, "%s", ZONES + "routed: {}\n"),
    (True, "%s", ZONES + "fail-open: [it0]\n"), (False, "%s", ZONES + "fail-open: []\n"),
    (False, "%s", ZONES + "fail-open: it0\n"), (False, "%s", ZONES + "fail-open: [it0, it0]\n"),

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
    (True, CONDUIT, "survives-island: true"), (False, CONDUIT, "survives-island: 1"),
    (False, "%s", ZONES + "intra: {it: {reason: x, survives-island: true}}\n"),
    (True, CONDUIT, "adopt: always"), (True, CONDUIT, "adopt: never"),
    (False, CONDUIT, "adopt: 60s"), (False, CONDUIT, "adopt: true"),
    (True, "%s", ZONES + "intra: {it: {reason: x, adopt: always}}\n"),
    (True, CONDUIT, "on-deny: drop"), (True, CONDUIT, "on-deny: reset"),
    (True, CONDUIT, "on-deny: exception"), (False, CONDUIT, "on-deny: true"),
    (True, "%s", ZONES + "intra: {it: {reason: x, on-deny: reset}}\n"),
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
    (True, RULE, "service: modbus, access: read, carrier: [tcp, udp]"),
    (False, RULE, "service: modbus, access: read, carrier: []"),
    (False, RULE, "service: modbus, access: read, carrier: {tcp: udp}"),
    (True, RULE, "service: ethercat, access: read, from: hmi, carrier: udp"),
    (False, RULE, "service: ethercat, access: read, from: hmi"),
    (True, RULE, "service: ethercat, access: read, port: 5, carrier: [udp, link]"),
    (False, RULE, "service: ethercat, access: read, port: 5, carrier: [link]"),
    (True, RULE, "service: ethercat, access: read, carrier: link"),
    (False, RULE, "service: ethercat, access: read, from: hmi, carrier: link"),
    (False, RULE, "service: ethercat, access: read, to: plc, carrier: [udp, link]"),
    (True, RULE, "service: ethertype, ethertype: [0x88cc, 36864-36880]"),
    (False, RULE, "service: ethertype"), (False, RULE, "service: ethertype, ethertype: 1535"),
    (False, RULE, "service: ethertype, ethertype: 65536"), (False, RULE, "service: ethertype, ethertype: []"),
    (True, RULE, "service: mqtt, access: read, fields: {topic: [a, \"b/*\", \"**\", 5, 1.5, true], qos: 0}"),
    (False, RULE, "service: mqtt, access: read, fields: {topic: \"*\"}"),
    (False, RULE, "service: mqtt, access: read, fields: {topic: \"\"}"),
    (False, RULE, "service: mqtt, access: read, fields: {topic: }"),
    (False, RULE, "service: mqtt, access: read, fields: {topic: []}"),
    (True, RULE, "service: mqtt, access: read, fields: {topic: %s*}" % ("x" * 128)),
    (False, RULE, "service: mqtt, access: read, fields: {topic: %s*}" % ("x" * 129)),
    (False, RULE, "service: mqtt, access: read, fields: {topic: [%s]}" %
     ", ".join("t%d" % i for i in range(65))),
    (False, RULE, "service: mqtt, access: read, fields: {}"),
    (False, RULE, "service: mqtt, access: read, fields: [topic]"),
    (False, RULE, "service: iec104, access: read, fields: {cause: []}"),
    (False, RULE, "service: iec104, access: read, fields: {cause: {a: 1}}"),
    (False, RULE, "service: iec104, access: read, fields: {select: spontaneous}"),
    (True, RULE, "service: iec104, access: read, fields: {cause: [spontaneous, 5, 7-9, 0x0a]}"),
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
    (True, DEFAULTS, "{tcp: {idle: 1h}, udp: {idle: 30s}, icmp: {idle: 9}, arp: deny}"),
    (True, DEFAULTS, "{icmpv6: {idle: 9, neighbour-discovery: deny}, arp: allow}"),
    (True, DEFAULTS, "{modbus: {port: [502, 1502], access: read, units: [1], idle: 1h}}"),
    (True, DEFAULTS, "{ads: {port: 48898, access: [read]}, mqtt: {}, lldp: {idle: 1m}}"),
    (False, DEFAULTS, "{none: {}}"), (False, DEFAULTS, "{lldp: {access: read}}"),
    (False, DEFAULTS, "{goose: {port: 5}}"), (False, DEFAULTS, "{enip: {units: 0}}"),
    (True, DEFAULTS, "{goose: {units: 0x3fff, access: [write, control]}, dnp3: {units: [1, 9-20]}}"),
    (False, DEFAULTS, "{http: {}}"), (False, DEFAULTS, "{arp: never}"), (False, DEFAULTS, "{tcp: 5}"),
    (False, DEFAULTS, "{tcp: {port: 5}}"), (False, DEFAULTS, "{modbus: {functions: 5}}"),
    (False, DEFAULTS, "{ads: {idle: 5}}"), (False, DEFAULTS, "{icmp: {neighbour-discovery: deny}}"),
]


class PolicyLoader(yaml.SafeLoader):
    """Reads as the policy language does: a plain scalar is a number or a text, nothing else."""


PolicyLoader.yaml_implicit_resolvers = {}
PolicyLoader.add_implicit_resolver("tag:yaml.org,2002:int", re.compile(r"^[0-9]+$"), list("0123456789"))
PolicyLoader.add_implicit_resolver("tag:yaml.org,2002:float", re.compile(r"^[0-9]+\.[0-9]+$"),
                                   list("0123456789"))
PolicyLoader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile(r"^(true|false)$"), list("tf"))
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


def judged(texts):
    """By the loader: (accepted, messages) of each."""
    with tempfile.TemporaryDirectory() as folder:
        for number, text in enumerate(texts):
            with open(os.path.join(folder, "%d.yaml" % number), "w", encoding="utf-8") as file:
                file.write(text)
        done = subprocess.run([KEYS] + ["%d.yaml" % number for number in range(len(texts))], cwd=folder,
                              capture_output=True, text=True, check=False)
    if done.returncode or done.stderr:
        raise SystemExit(done.stderr)
    verdicts, messages = [], ""
    for line in done.stdout.splitlines():
        if line in ("accepted", "refused"):
            verdicts.append((line == "accepted", messages))
            messages = ""
        else:
            messages += line + "\n"
    assert len(verdicts) == len(texts)
    return verdicts


def known():
    """What the loader knows: for each kind of line the words that follow, in their order."""
    lists = {}
    for line in subprocess.run([KEYS], capture_output=True, text=True, check=True).stdout.splitlines():
        what, *words = line.split()
        lists.setdefault(what, []).append(words)
    return lists


def chosen(lists, what, service):
    """Of the lines of one kind those of a service, without its name."""
    return [words[1:] for words in lists.get(what, []) if words[0] == service]


def ref(name):
    return {"$ref": "#/$defs/" + name}


NUMBER = "(0x[0-9a-fA-F]+|[0-9]+)"
RANGE = NUMBER + "(-" + NUMBER + ")?"


def one_or_more(form):
    return {"anyOf": [form, {"type": "array", "items": form, "minItems": 1}]}


def numbers(highest):
    """A number or a range, or a list of these."""
    return ref("numbers-%s" % highest)


def rule_of(lists, service, forms):
    """
    What the keys of a service's rules hold, beyond what holds for all services. What can stand
    alone and in a list becomes a definition in @forms.
    """
    keys = {}

    def form(name, definition):
        forms[name] = definition
        return one_or_more(ref(name))

    def field(name, highest):
        words = [word for other, word in chosen(lists, "field-word", service) if other == name]
        if not words:
            return numbers(highest)
        return form("field-%s-%s" % (service, name), {"anyOf": [{"enum": words}, ref("number-%s" % highest)]})

    functions = [words[0] for words in chosen(lists, "function", service)]
    if functions:
        highest = int(chosen(lists, "function-max", service)[0][0])
        keys["functions"] = form("function-" + service, {"anyOf": [
            {"enum": functions}, {"type": "integer", "minimum": 0, "maximum": highest},
            {"type": "string", "pattern": "^(%s|%s/[a-z0-9.-]+|[a-z][a-z0-9.-]*/%s)$" % (RANGE, NUMBER, NUMBER)}]})
    objects = {words[0]: ref("object-pairs") if words[2:] else numbers(words[1])
               for words in chosen(lists, "object", service)}
    types = {"^%s%s$" % (name, NUMBER): numbers(highest)
             for name, _, highest in chosen(lists, "any-type", service)}
    if objects or types:
        keys["objects"] = {"properties": objects, "additionalProperties": False}
    if types:
        keys["objects"]["patternProperties"] = types
        # Those that have a name go by their own highest number.
        keys["objects"]["$comment"] = ("Of a type by its number: not how high it is, nor how high its "
                                       "objects are if it has a name.")
    fields = {name: field(name, highest) for name, highest in chosen(lists, "field", service)}
    fields.update({words[0]: ref("message-texts") for words in chosen(lists, "text", service)})
    if fields:
        keys["fields"] = {"properties": fields, "additionalProperties": False}
    for kind, key in (("unit", "units"), ("value", "values")):
        for words in chosen(lists, kind, service):
            keys[key] = numbers(words[0])
    if [service, "carrier"] in lists["fit"]:
        keys["carrier"] = one_or_more({"enum": [words[0] for words in chosen(lists, "carrier", service)]})
    return keys


def defaults_of(lists, service, kind):
    if kind == "permission":
        return {"enum": ["allow", "deny"]}
    form = ref(kind)
    if kind == "defaults-inspected":
        units = chosen(lists, "unit", service)
        form["properties"] = {"units": numbers(units[0][0]) if units else False}
        if [service, "port"] not in lists["fit"]:
            form["properties"]["port"] = False
    return form


def generated(lists):
    """The definitions of the schema that depend on services."""
    services = [words[1] for words in lists["word"] if words[0] == "service"]
    keys = [words[1] for words in lists["key"] if words[0] == "rule"]
    groups = {}
    for service in services:
        fits = tuple(key for key in keys if [service, key] in lists["fit"])
        groups.setdefault(fits, []).append(service)
    conditions, forms = [], {}
    for fits, members in groups.items():
        then = {"properties": {key: False for key in keys if key not in fits}}
        if "ethertype" in fits:
            then["required"] = ["ethertype"]
        conditions.append({"if": {"properties": {"service": {"enum": members}}}, "then": then})
    on_link = [service for service in services
               if [service, "carrier"] in lists["fit"] and chosen(lists, "carrier", service)[0] == ["link"]]
    conditions.append({"$comment": "On the link unless they say otherwise.",
                       "if": {"properties": {"service": {"enum": on_link}}, "not": {"required": ["carrier"]}},
                       "then": {"properties": {key: False for key in ("from", "to", "port")}}})
    for service in services:
        rule = rule_of(lists, service, forms)
        if rule:
            conditions.append({"if": {"properties": {"service": {"const": service}}}, "then": {"properties": rule}})
    result = {
        "service": {"$comment": "From here on made by selftests/unit/test_policy_schema.py --write.", "enum": services},
        "rule-services": {"allOf": conditions},
        "defaults": {
            "type": "object", "additionalProperties": False,
            "properties": {service: defaults_of(lists, service, kind) for service, kind in lists["defaults"]}},
    }
    result.update(forms)
    highest = sorted(set(re.findall(r"#/\$defs/numbers?-([0-9]+)", json.dumps(result))), key=int)
    for number in highest:
        result["number-" + number] = {"anyOf": [{"type": "integer", "minimum": 0, "maximum": int(number)},
                                                {"type": "string", "pattern": "^%s$" % RANGE}]}
        result["numbers-" + number] = one_or_more(ref("number-" + number))
    return result


def text_of(definitions):
    """As they stand in the schema: a line for each, and for each member of the long ones."""
    lines = []
    for name, definition in definitions.items():
        if name == "rule-services":
            members = ",\n".join("      " + json.dumps(member) for member in definition["allOf"])
            lines.append('    "%s": {"allOf": [\n%s\n    ]}' % (name, members))
        elif name == "defaults":
            members = ",\n".join('        "%s": %s' % (key, json.dumps(value))
                                 for key, value in definition["properties"].items())
            lines.append('    "%s": {\n      "type": "object",\n      "additionalProperties": false,\n'
                         '      "properties": {\n%s\n      }\n    }' % (name, members))
        else:
            lines.append('    "%s": %s' % (name, json.dumps(definition)))
    return ",\n".join(lines) + "\n  }\n}\n"


def rewritten(text, lists):
    return text[:text.index('\n    "service": {') + 1] + text_of(generated(lists))


def table_of(lists):
    """Good and bad rules of each service: which key fits it, and where its numbers and words end."""
    table = []
    for service in (words[1] for words in lists["word"] if words[0] == "service"):
        objects, fields = chosen(lists, "object", service), chosen(lists, "field", service)
        texts, carriers = chosen(lists, "text", service), chosen(lists, "carrier", service)
        units, values = chosen(lists, "unit", service), chosen(lists, "value", service)
        functions, highest = chosen(lists, "function", service), chosen(lists, "function-max", service)
        head = "service: " + service + (", ethertype: 0x9000" if [service, "ethertype"] in lists["fit"] else "")
        samples = {
            "from": "from: hmi", "to": "to: plc", "port": "port: 7", "types": "types: 8", "operations": "operations: 1",
            "access": "access: read", "functions": "functions: 1", "units": "units: 0", "values": "values: 0",
            "objects": "objects: {%s: 0}" % (objects[0][0] if objects else "coil"),
            "fields": "fields: {%s: 0}" % (fields or texts or [["cause"]])[0][0],
            "carrier": "carrier: %s" % (carriers[-1][0] if carriers else "tcp"), "idle": "idle: 5s",
            "rate": "rate: {packets: 1/s}",
        }
        if ["link"] in carriers and len(carriers) > 1:
            for key in ("from", "to", "port"):
                table.append((False, RULE, head + ", " + samples[key]))
                samples[key] += ", carrier: udp"
        for key, text in samples.items():
            table.append(([service, key] in lists["fit"], RULE, head + ", " + text))
        named = ", ".join("%s: %s" % (words[0], words[1]) for words in objects[:64])
        good = ["objects: {%s}" % named] if objects else []
        bad = ["objects: {nothing: 1}"] if objects else []
        bad += ["objects: {%s: %d}" % (words[0], int(words[1]) + 1) for words in objects[:1] if not words[2:]]
        for name, last, _ in chosen(lists, "any-type", service):
            good.append("objects: {%s%s: [0, 1-2]}" % (name, last))
            bad.append("objects: {%sx: 1}" % name)
        if fields or texts:
            named = ["%s: %s" % (name, most) for name, most in fields] + ["%s: x" % words[0] for words in texts]
            good.append("fields: {%s}" % ", ".join(named))
            bad.append("fields: {nothing: 1}")
        for name, most in fields:
            bad += ["fields: {%s: %d}" % (name, int(most) + 1)]
            words = [word for field, word in chosen(lists, "field-word", service) if field == name]
            if words:
                good.append("fields: {%s: [%s]}" % (name, ", ".join(words)))
                bad.append("fields: {%s: nothing}" % name)
        for kind, key in ((units, "units"), (values, "values")):
            for words in kind:
                good.append("%s: [0, %s]" % (key, words[0]))
                bad.append("%s: %d" % (key, int(words[0]) + 1))
        if functions:
            names = [words[0] for words in functions]
            good.append("functions: [%s, %s, %s]" % (names[0], names[-1], highest[0][0]))
            bad += ["functions: %d" % (int(highest[0][0]) + 1), "functions: no-such-function"]
        table += [(True, RULE, head + ", access: write, " + text) for text in good]
        table += [(False, RULE, head + ", access: write, " + text) for text in bad]
    return table


def properties(definition):
    """The keys of a definition, which may offer other forms beside the map."""
    for form in [definition] + definition.get("anyOf", []):
        if "properties" in form:
            return set(form["properties"]), form.get("additionalProperties")
    return None, None


def main():
    lists = known()
    text = open(SCHEMA, encoding="utf-8").read()
    if sys.argv[1:] == ["--write"]:
        with open(SCHEMA, "w", encoding="utf-8") as file:
            file.write(rewritten(text, lists))
        return 0
    schema = json.loads(text)
    validator = jsonschema.Draft202012Validator(schema)
    jsonschema.Draft202012Validator.check_schema(schema)
    definitions = schema["$defs"]
    keys = {}
    for kind, name in lists["key"]:
        keys.setdefault(kind, set()).add(name)
    examples = sorted(name for name in os.listdir(EXAMPLES) if name.endswith(".yaml"))
    table = TABLE + table_of(lists)
    report = Report(len(keys) + 3 + len(examples) + len(table))

    for kind in sorted(keys):
        found, rest = properties(definitions.get(kind, {}))
        report.result(found == keys[kind] and rest is False, "keys of " + kind,
                      "loader: %s" % sorted(keys[kind]), "schema: %s" % sorted(found or []))
    maps = {name for name, definition in definitions.items() if properties(definition)[0]}
    report.result(maps == set(keys), "no other maps", maps ^ set(keys))
    access = {words[1] for words in lists["word"] if words[0] == "access"}
    report.result(set(definitions["access-class"]["enum"]) == access, "words of access", access)
    report.result(rewritten(text, lists) == text, "what depends on services is that of the loader",
                  "run it with --write")

    texts = [open(os.path.join(EXAMPLES, name), encoding="utf-8").read() for name in examples]
    for name, policy, (accepted, messages) in zip(examples, texts, judged(texts)):
        errors = [error.message[:300] for error in validator.iter_errors(read(policy))]
        report.result(accepted and not errors and not messages, "example " + name, messages, *errors)

    texts = [form % case for _, form, case in table]
    for (good, _, case), policy, (accepted, messages) in zip(table, texts, judged(texts)):
        errors = [error.message[:300] for error in validator.iter_errors(read(policy))]
        report.result(accepted == good and (not errors) == good,
                      "%s: %s" % ("good" if good else "bad", " ".join(case.split())[-70:]),
                      "loader: %s" % (messages or "accepted"), "schema: %s" % (errors or "accepted"))
    return 1 if report.failed else 0


sys.exit(main())
