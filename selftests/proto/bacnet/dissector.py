# SPDX-License-Identifier: GPL-2.0-only
"""Which of tshark's fields of BACnet/IP are ours; see selftests/captures/compare.py."""

import os
import re

SERVICE = "bacnet"
FILTER = "bvlc"
LAYERS = "bvlc bacnet bacapp"

HERE = os.path.dirname(os.path.abspath(__file__))
with open(os.path.join(HERE, "..", "..", "..", "bpf", "proto", "bacnet.h"), encoding="utf-8") as header:
    TYPES = {int(number) - 1: name for number, name in
             re.findall(r'X\(\w+, (\d+), "([\w-]+)", 0x3fffff, 0,', header.read())}

# Services whose object identifiers all are what they address.
ADDRESSED = {5, 6, 7, 8, 9, 11, 12, 14, 15, 26, 28, 29, 0x100, 0x101}
ONE_PROPERTY = {8, 9, 12, 15, 26}


def numbers(node, name):
    """Values of a field, wherever it is below the node, in order."""
    return [int(f.get("show"), 0) for f in node.iter("field")
            if f.get("name") == name and f.get("show")]


def one(node, name, default=None):
    return (numbers(node, name) or [default])[0]


def objects(node):
    found = []
    for kind, number in zip(numbers(node, "bacapp.objectType"), numbers(node, "bacapp.instance_number")):
        if kind > 127:
            kind, number = "proprietary", kind << 22 | number
        else:
            kind = TYPES.get(kind, "object-type-%d" % (kind + 1))
        found.append({"type": kind, "first": number, "last": number})
    return found


def application(node, message):
    """What an APDU adds to a message."""
    kind = one(node, "bacapp.type")
    confirmed = one(node, "bacapp.confirmed_service")
    segmented = one(node, "bacapp.segmented_request", 0)
    if kind == 0:
        message["function"] = confirmed
    elif kind == 1:
        message["function"] = 0x100 | one(node, "bacapp.unconfirmed_service")
    elif kind == 4:
        message["function"] = 0x404
    elif kind in (2, 3, 5) and not (segmented and one(node, "bacapp.sequence_number", 0)):
        message["function"] = confirmed
    if kind == 5:
        code = one(node, "bacapp.error_code")
        if code is not None and message.get("function") not in (8, 9, 10, 16, 18, 30):
            message["exception"] = code
    elif kind == 6:
        message["exception"] = 0xd0 | one(node, "bacapp.reject_reason")
    elif kind == 7:
        message["exception"] = 0xe0 | one(node, "bacapp.abort_reason")
    if kind > 1 or segmented:
        return
    if message["function"] in ADDRESSED:
        message["objects"] = objects(node)
    if message["function"] in ONE_PROPERTY:
        message["fields"]["property"] = one(node, "bacapp.property_identifier")


def messages(protos, frame):
    del frame
    found = []
    for node in protos:
        if node.get("name") == "bvlc":
            function = one(node, "bvlc.function")
            message = {"fields": {"bvlc": function}}
            if function not in (4, 9, 10, 11):
                message["function"] = 0x300 | function
            found.append(message)
        elif node.get("name") == "bacnet" and found:
            message = found[-1]
            network = one(node, "bacnet.mesgtyp")
            if network is not None:
                message["function"] = 0x200 | network
            for name, field in (("bacnet.snet", "source-network"), ("bacnet.hopc", "hop-count")):
                if one(node, name) is not None:
                    message["fields"][field] = one(node, name)
            if one(node, "bacnet.control_dest") and one(node, "bacnet.snet") is None:
                message["unit"] = one(node, "bacnet.dnet")
        elif node.get("name") == "bacapp" and found:
            application(node, found[-1])
    # of a write of several properties each is a message
    return [m for m in found if m.get("function") != 16]


def explain(capture, frame, theirs, ours):
    if capture.endswith("ntop_nDPI/tests/cfgs/default/pcap/bacnet.pcap") and frame == 18 and \
            (ours or {}).get("error") == "pdu-direction" and "exception" in (theirs or {}):
        return "made-up flow: an error of the side that asks, as a broadcast"
    return None
