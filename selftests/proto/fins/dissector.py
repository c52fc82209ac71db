# SPDX-License-Identifier: GPL-2.0-only
"""Which of tshark's fields of FINS are ours; see selftests/captures/compare.py."""

import os
import re

SERVICE = "fins"
FILTER = "omron"
LAYERS = "omron"

HERE = os.path.dirname(os.path.abspath(__file__))
AREAS = {}  # code -> (name, how it is counted)
with open(os.path.join(HERE, "..", "..", "..", "bpf", "proto", "fins.h"), encoding="utf-8") as header:
    for _code, _name, _kind in re.findall(
            r'Y\(X, \w+, (0x[0-9a-f]{2}), "([\w-]+)", (WORD|BIT|FLAG|LONG), ', header.read()):
        AREAS[int(_code, 16) % 0xff] = (_name, _kind)

RANGES = (0x0101, 0x0102, 0x0103, 0x0105)

COUNTED = (0x0102, 0x0202, 0x0307, 0x2301)

MADE_UP_IN = ("pcap/fins.pcap", "traces/omron.pcap")
MADE_UP = "made-up bytes: the data are not as many as the command says"
ONE_SIDE = "made-up flow: answers of the side that asks"


def numbers(node, name):
    """Values of a field, wherever it is below the node, in order."""
    return [int(f.get("value"), 16) for f in node.iter("field")
            if f.get("name") == name and f.get("value")]


def one(node, name, default=None):
    return (numbers(node, name) or [default])[0]


def objects(node, code):
    """What a command addresses, or None if it is not clear."""
    found = []
    addresses = numbers(node, "omron.memory.address")
    bits = numbers(node, "omron.memory.address.bits")
    areas = numbers(node, "omron.memory.area.read")
    count = one(node, "omron.memory.numitems", 1)
    for area, address, bit in zip(areas, addresses, bits):
        name, kind = AREAS.get(area, (None, None))
        if kind == "BIT" and bit < 16:
            address, bit = address * 16 + bit, 0
        limit = 0x100000 if kind == "BIT" else 0x10000
        if not name or bit or not count or address + count > limit:
            return None
        found.append({"type": name, "first": address, "last": address + count - 1})
    return found if code in RANGES and found else None


def messages(protos, frame):
    del frame
    found = []
    for node in protos:
        if node.get("name") != "omron":
            continue
        wrapper = one(node, "omron.tcp.command", 2)
        code = one(node, "omron.command")
        if wrapper != 2:
            found.append({"function": 0xff00 | wrapper})
            continue
        if code is None:
            continue
        message = {"function": code,
                   "fields": {"network": one(node, "omron.dna"), "unit-address": one(node, "omron.da2"),
                              "source-network": one(node, "omron.sna"),
                              "source-node": one(node, "omron.sa1")}}
        if one(node, "omron.icf") & 0x40:
            end = one(node, "omron.response.code")
            if code in (0x0620, 0x0920):
                del message["function"]  # which part, the answer does not tell
            if end is not None:
                message["fields"]["end-code"] = end
                if end & 0x7f3f:
                    message["exception"] = end >> 8 & 0x7f
        else:
            message["unit"] = one(node, "omron.da1")
            addressed = objects(node, code)
            if addressed is not None:
                message["objects"] = addressed
        found.append(message)
    return found


def explain(capture, frame, theirs, ours):
    del frame
    error = (ours or {}).get("error")
    if not capture.endswith(MADE_UP_IN):
        return None
    if error == "pdu-direction" and "unit" not in (theirs or {}):
        return ONE_SIDE
    if error == "pdu-length" and theirs and theirs.get("function") in COUNTED:
        return MADE_UP
    return None
