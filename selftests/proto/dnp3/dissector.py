# SPDX-License-Identifier: GPL-2.0-only
"""Which of tshark's fields of DNP3 are ours; see selftests/captures/compare.py."""

import re

SERVICE = "dnp3"
FILTER = "dnp3"
LAYERS = "dnp3"

POINTS = 0xffff
TYPES = {0: "device-attribute", 1: "binary-input", 2: "binary-input-event", 3: "double-bit-input",
         4: "double-bit-input-event", 10: "binary-output", 11: "binary-output-event",
         12: "binary-command", 20: "counter", 21: "frozen-counter", 22: "counter-event",
         30: "analog-input", 32: "analog-input-event", 34: "analog-deadband",
         40: "analog-output-status", 41: "analog-output", 42: "analog-output-event", 50: "time",
         51: "time-cto", 52: "time-delay", 60: "class-data", 70: "file",
         80: "internal-indication", 120: "authentication"}
COMMANDS = (12, 41)
NOT_DISSECTED = (18, 22, 32)
WITH_DATA = (2, 3, 4, 5, 6, 25, 26, 27, 28, 29, 30, 32, 33)

NO_USER_DATA = "conformance test: a length that says that there is no user data, or that there is some"
SENT_AGAIN = "sent again by TCP: tshark looks inside again"

# (capture, reason why otseg refuses a frame, why)
EXPLAINED = [
    ("DNP3-Malformed.pcap", ("pdu-length", "pdu-malformed"),
     "made to be malformed: lengths, qualifiers and counts that cannot be"),
    ("dnp3/dnp3.pcap", ("pdu-protocol", "pdu-malformed"), "start octets or a qualifier that do not exist"),
    ("pcap/dnp3.pcap", ("pdu-protocol", "pdu-malformed"), "start octets or a qualifier that do not exist"),
    ("dnp3-flowbuffer-overflow-assert.pcap", ("pdu-direction", "pdu-state"),
     "an outstation confirms, in a fragment of several frames"),
    ("dnp3-max-points/test.pcap", ("pdu-direction", "pdu-state"),
     "whoever opened the connection writes without DIR, in a fragment of several frames"),
    ("6.6.2.3/dump.pcap", ("pdu-length",), NO_USER_DATA),
    ("6.6.2.4/dump.pcap", ("pdu-length",), NO_USER_DATA),
    ("6.6.2.5/dump.pcap", ("pdu-length",), NO_USER_DATA),
    ("DNP3-RequestLink.pcap", ("pdu-length",), "a link frame whose length is 0"),
    ("DNP3-SelectOperateRequest.pcap", ("pdu-length",), "a link frame whose length is 0"),
]


def numbers(node, name):
    """Values of a field, wherever it is below the node, in order."""
    return [int(f.get("show"), 0) for f in node.iter("field") if f.get("name") == name]


def one(node, name):
    return (numbers(node, name) or [None])[0]


def header(node, function):
    """What an object header addresses: (variation, objects of each part, control codes)."""
    group, variation = divmod(int(node.get("show"), 0), 256)
    kind = TYPES.get(group, f"group-{group}")
    prefix, code = one(node, "dnp3.al.objq.prefix"), one(node, "dnp3.al.objq.range")
    points = [f for f in node.findall("field") if f.get("show", "").startswith("Point Number")]
    if group in COMMANDS and function in WITH_DATA and points:
        found = []
        for point in points:
            number = int(re.match(r"Point Number (\d+)", point.get("show")).group(1))
            control = one(point, "dnp3.ctl.op")
            if control is not None:
                control |= one(point, "dnp3.ctl.clr") << 4 | one(point, "dnp3.ctl.trip") << 6
            found.append(([{"type": kind, "first": number, "last": number}], control))
        return variation, found
    if code in (0, 1, 2):
        ranges = [(one(node, "dnp3.al.range.start"), one(node, "dnp3.al.range.stop"))]
    elif prefix in (1, 2, 3):
        ranges = [(number, number) for number in numbers(node, "dnp3.al.index")] or None
    elif code == 6 or (function not in WITH_DATA and group != 120 and code in (7, 8, 9)):
        ranges = [(0, POINTS)]
    elif code in (7, 8, 9):
        ranges = [(0, one(node, "dnp3.al.range.quantity") - 1)]
    else:
        ranges = [(0, 0)]
    if ranges is None or group == 255:
        return variation, [(None, None)]
    return variation, [([{"type": kind, "first": a, "last": b} for a, b in ranges], None)]


def fragment(proto, message):
    """A frame with an application header: a message for each part of a request."""
    function = one(proto, "dnp3.al.func")
    message = dict(message, function=function)
    if function in (129, 130, 131):
        if function == 129:
            del message["function"]  # ours is that of the request
            refused = one(proto, "dnp3.al.iin") & 7
            if refused:
                message["exception"] = refused & -refused
        return [message]
    parts = []
    for node in proto.iter("field"):
        if node.get("name") != "dnp3.al.obj":
            continue
        variation, found = header(node, function)
        for objects, control in found:
            part = dict(message, fields={**message["fields"], "variation": variation})
            if objects is not None:
                part["objects"] = objects
            if control is not None:
                part["fields"]["control-code"] = control
            parts.append(part)
    return parts or [message]


def messages(protos, frame):
    del frame
    found = []
    for proto in protos:
        if proto.get("name") != "dnp3" or one(proto, "dnp3.ctl") is None:
            continue
        control = one(proto, "dnp3.ctl")
        ends = one(proto, "dnp3.src"), one(proto, "dnp3.dst")
        master, unit = ends if control & 0x80 else reversed(ends)
        message = {"unit": unit, "fields": {"master": master}}
        link, transport = control & 15, one(proto, "dnp3.tr.ctl")
        if not control & 0x40 or link not in (3, 4):
            message["function"] = link + (256 if control & 0x40 else 272)
            found.append(message)
        elif transport is None or transport & 0xc0 != 0xc0 or one(proto, "dnp3.al.func") is None:
            found.append(message)  # tshark tells what it was when the last frame is there
        else:
            found += fragment(proto, message)
    return found


def explain(capture, frame, theirs, ours):
    del frame
    if theirs is None and (ours or {}).get("function") in NOT_DISSECTED:
        return "tshark does not look into the objects of this function"
    if ours is None and capture.endswith("pcap/dnp3.pcap"):
        return SENT_AGAIN
    for name, reasons, why in EXPLAINED:
        if capture.endswith(name) and (ours or {}).get("error") in reasons:
            return why
    return None
