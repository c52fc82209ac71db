#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""
The frames that adversary.c has written down, on the translated datapath: how
many BPF instructions each takes, beside the bound of the entry it belongs to; of the messages
of each protocol, the dearest one. An answer other than the engine's, or a frame over its bound, is an error.

    replay.py OBJECT FRAMES <the output of worst_case -j
"""
import sys
sys.dont_write_bytecode = True

# pylint: disable=wrong-import-position
import json
import struct

from machine import Machine, MachineError
from program import ProgramError, load

PROGRAMS = ("otseg_xdp", "otseg_long", "otseg_open", "otseg_stream", "otseg_judge",
            "otseg_deny")  # by enum otseg_stage
RECORD = struct.Struct("=IIQII32s")
LINK = struct.Struct("<II16sII32x")  # struct otseg_link
POLICY, FRAME, TABLE_FULL, TABLE_EMPTY = range(4)
XDP_PASS = 2
SEED_WORDS = 22
LINK_NAMES = (b"it0", b"ot0", b"ot1", b"nowhere")
REFUSALS = (4096, 64)  # places, and the bytes of one
SEGMENTS = 64  # of each table
BUCKETS = 512  # of a segment
LINE = 1088  # bytes of a bucket with its flows
# How the name of a frame tells its entry: the first that fits; or it begins with an entry's name.
ENTRIES = (("ARP", "ARP"), ("told of", "everything"), ("live flow", "flow"), ("not inspected", "flow"),
           ("swapped", "modbus, policy swapped"), ("answer", "modbus answer"),
           ("one request", "modbus"), ("denied", "new flow"), ("UDP", "new flow"),
           ("new flow", "new flow"), ("", "modbus"))


def records(path):
    with open(path, "rb") as file:
        while True:
            head = file.read(RECORD.size)
            if len(head) < RECORD.size:
                return
            kind, ifindex, now_ns, action, length, name = RECORD.unpack(head)
            yield kind, ifindex, now_ns, action, name.rstrip(b"\0").decode(), file.read(length)


def seed(word=0):
    """otseg_hash_seed(): that of the userspace engine."""
    ones = (1 << 64) - 1
    for _ in range(SEED_WORDS):
        word = word + 0x9e3779b97f4a7c15 & ones
        mixed = (word ^ word >> 30) * 0xbf58476d1ce4e5b9 & ones
        mixed = (mixed ^ mixed >> 27) * 0x94d049bb133111eb & ones
        yield mixed ^ mixed >> 31


def prepare(machine):
    """Interfaces, and the hash key, as the engine's tests have them."""
    machine.per_processor("otseg_scratch")
    machine.per_processor("otseg_refusals", *REFUSALS)
    for i in range(SEGMENTS):
        machine.inner("otseg_table", index=i)
        machine.inner("otseg_sessions", index=i)
    machine.memory.write(machine.map("otseg.data"), struct.pack(f"<{SEED_WORDS}Q", *seed()))
    for i, name in enumerate(LINK_NAMES, 1):
        machine.memory.write(machine.map("otseg_links") + LINK.size * i,
                             LINK.pack(i, 0, name, 0, 0))


def clock(machine, now_ns):
    """The datapath's clock, which stands behind the key."""
    machine.memory.write(machine.map("otseg.data") + 8 * SEED_WORDS + 16,
                         struct.pack("<Q", now_ns))


def runtime(generation, size):
    """struct otseg_runtime, and the image's place behind its page."""
    return struct.pack("<4s3I", b"OSTR", generation, size, generation & 1).ljust(4096, b"\0")


def show(name, count, bound, entry):
    print(f"{name:32} {count:12} {bound:12} {bound / count:8.1f}x  {entry}")


def main():
    bounds = {e["entry"]: e["instructions"] for e in json.load(sys.stdin)["entries"]}
    machine = Machine(load(sys.argv[1], *PROGRAMS))
    prepare(machine)
    generation, failed, dearest = 0, 0, {}
    print(f"{'frame':32} {'instructions':>12} {'bound':>12} {'bound is':>9}  of entry")
    for kind, ifindex, now_ns, action, name, data in records(sys.argv[2]):
        if kind == POLICY:
            generation += 1
            machine.inner("otseg_policy", runtime(generation, len(data)) + data)
        elif kind in (TABLE_FULL, TABLE_EMPTY):
            bucket = struct.pack("<16I", *[2] * 8, *[100000] * 8) if kind == TABLE_FULL \
                else bytes(64)
            for i in range(SEGMENTS * BUCKETS):
                lines = machine.inner("otseg_table", index=i // BUCKETS)
                machine.memory.write(lines + i % BUCKETS * LINE, bucket)
        else:
            clock(machine, now_ns)
            answer, count = machine.packet(data, ifindex, now_ns)
            entry = name.partition(": ")[0]
            if entry not in bounds:
                entry = next(e for part, e in ENTRIES if part in name)
            if (answer == XDP_PASS) != bool(action):
                print(f"replay.py: {name or 'a frame before'}: answer {answer}, "
                      f"the engine's is {action}", file=sys.stderr)
                failed = 1
            if count > bounds[entry]:
                print(f"replay.py: {name}: {count} instructions are over the bound of "
                      f"'{entry}'", file=sys.stderr)
                failed = 1
            if name and name.startswith(f"{entry}: "):
                dearest[entry] = max(dearest.get(entry, (0, "")), (count, name))
            elif name:
                show(name, count, bounds[entry], entry)
    for entry, (count, name) in dearest.items():
        show(name, count, bounds[entry], entry)
    return failed


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (MachineError, ProgramError) as err:
        print(f"replay.py: {err}", file=sys.stderr)
        sys.exit(2)
