# SPDX-License-Identifier: GPL-2.0-only
"""Which of tshark's fields of Modbus are ours; see selftests/captures/compare.py."""

SERVICE = "modbus"
FILTER = "modbus"
LAYERS = "mbtcp modbus"

TYPES = {1: "coil", 2: "discrete-input", 3: "holding-register", 4: "input-register", 5: "coil",
         6: "holding-register", 15: "coil", 16: "holding-register", 22: "holding-register",
         23: "holding-register", 24: "fifo"}
WRITE_ONE = (5, 6, 22)

NO_REQUEST = "the request is not in the capture: tshark numbers its objects from 0, or repeats the answer's"
OUT_OF_ORDER = "tshark takes the segment for out of order or sent again, and does not look inside"

# (capture, frames, the reason why otseg refuses it, why)
EXPLAINED = [
    ("tests/modbus/modbus.pcap", (32, 34), "pdu-length",
     "device identification has 3 bytes, the header declares 4"),
    ("tests/modbus/modbus.pcap", (91, 93, 95, 97, 99), "pdu-malformed",
     "exceptions of the side that opened the connection, from port 502 to 4446"),
    ("4SICS-GeekLounge-151022-min.pcap", (1,), "pdu-malformed",
     "reads 0 registers, which spec 6.17 excludes"),
    ("fuzz-1011.pcap", (1,), "pdu-malformed", "reads 147 registers, spec 6.4 has at most 125"),
    ("fuzz-72.pcap", (2, 19, 21, 25, 26, 27, 32), None, OUT_OF_ORDER),
    ("fuzz-72.pcap", (20,), None, "the IP header announces more bytes than the frame has"),
    ("modbus-eit.pcap", (2,), "pdu-length",
     "device identification with bytes behind its last object"),
    ("modbusBig.pcap", (3150,), None, OUT_OF_ORDER),
    ("mb2.pcap", (1131, 13176), None, OUT_OF_ORDER),
    ("mb2.pcap", (3008,), None,
     "answers frame 1131, which tshark does not know: it numbers its objects from 0"),
]


def numbers(node, name):
    """Values of a field, wherever it is below the node, in order."""
    return [int(f.get("show"), 0) for f in node.iter("field") if f.get("name") == name]


def objects(node, code):
    """What a message addresses, or None if tshark does not say."""
    first = numbers(node, "modbus.reference_num")
    words = numbers(node, "modbus.word_cnt")
    numbered = numbers(node, "modbus.regnum16") + numbers(node, "modbus.bitnum")
    if code not in TYPES:
        return []
    if code == 23 and len(first) == 2:
        ranges = [(f, f + n - 1) for f, n in zip(first, words)]
    elif numbered:
        ranges = [(numbered[0], numbered[-1])]
    elif not first:
        ranges = []
    elif code in WRITE_ONE or code == 24:
        ranges = [(first[0], first[0])]
    else:
        count = (numbers(node, "modbus.bit_cnt") or words or [1])[0]
        ranges = [(first[0], first[0] + count - 1)]
    return [{"type": TYPES[code], "first": f, "last": n} for f, n in ranges]


def messages(protos, frame):
    del frame
    found = []
    unit = None
    for proto in protos:
        if proto.get("name") == "mbtcp":
            unit = (numbers(proto, "mbtcp.unit_id") or [None])[0]
        elif proto.get("name") == "modbus":
            code = (numbers(proto, "modbus.func_code") or [None])[0]
            message = {"unit": unit, "function": code, "objects": objects(proto, code)}
            exception = numbers(proto, "modbus.exception_code")
            if exception:
                message["exception"] = exception[0]
            found.append(message)
    return found


def explain(capture, frame, theirs, ours):
    del theirs
    for name, frames, reason, why in EXPLAINED:
        if capture.endswith(name) and frame in frames and (ours or {}).get("error") == reason:
            return why
    if ours and ours.get("kind") == "answer" and not ours["objects"]:
        return NO_REQUEST
    return None
