# SPDX-License-Identifier: GPL-2.0-only
"""
Which of tshark's fields of COTP and S7comm are ours; see selftests/captures/compare.py. What
the transport itself says (connections, TPDUs without data) counts as S7comm's.
"""

SERVICE = "s7comm"
# all frames with COTP, of captures with S7comm: a name of a protocol chooses captures
FILTER = r's7comm || frame.protocols contains "\x63otp"'
LAYERS = "tpkt cotp s7comm ses mms data"

AREAS = {0x03: "system-info-200", 0x05: "system-flag-200", 0x06: "analog-input-200",
         0x07: "analog-output-200", 0x1c: "counter", 0x1d: "timer", 0x80: "periphery",
         0x81: "input", 0x82: "output", 0x83: "flag", 0x84: "db", 0x85: "di", 0x86: "local",
         0x87: "v"}
# bytes of an element, by its type
SIZES = {1: 1, 2: 1, 3: 1, 4: 2, 5: 2, 6: 4, 7: 4, 8: 4, 9: 2, 10: 4, 11: 4, 12: 2}

SENT_AGAIN = "tshark takes the segment for sent again, and does not look inside"


def numbers(node, name):
    """Values of a field, wherever it is below the node, in order."""
    return [int(f.get("show"), 0) for f in node.iter("field") if f.get("name") == name]


def number(node, name):
    return (numbers(node, name) or [None])[0]


def item(node):
    """What an item of a read or write addresses."""
    area = number(node, "s7comm.param.item.area")
    count = number(node, "s7comm.param.item.length")
    if area in (0x1c, 0x1d):
        first = number(node, "s7comm.param.item.address.number")
        last = first + count - 1
    else:
        first = number(node, "s7comm.param.item.address.byte")
        last = first + SIZES[number(node, "s7comm.param.item.transp_size")] * count - 1
    if area in (0x84, 0x85):
        first += number(node, "s7comm.param.item.db") << 16
        last += number(node, "s7comm.param.item.db") << 16
    return {"type": AREAS[area], "first": first, "last": last}


def of_s7comm(node):
    rosctr = number(node, "s7comm.header.rosctr")
    message = {"fields": {"rosctr": rosctr}}
    exception = number(node, "s7comm.header.errcls")
    if exception:
        message["exception"] = exception
    if rosctr == 7:
        message["function"] = 0x700 + number(node, "s7comm.param.userdata.funcgroup")
        error = number(node, "s7comm.param.errcod")
        if error and number(node, "s7comm.param.userdata.type") == 8:
            # otseg prints no sub-function of an error
            message["exception"] = error >> 8
            return message
        message["sub_function"] = (numbers(node, "s7comm.param.userdata.subfunc") +
                                   numbers(node, "s7comm.param.modetrans.subfunc") + [None])[0]
        identifier = number(node, "s7comm.data.userdata.szl_id")
        if number(node, "s7comm.param.userdata.type") == 4 and identifier is not None:
            index = number(node, "s7comm.data.userdata.szl_index")
            message["objects"] = [{"type": "szl", "first": identifier << 16 | index,
                                   "last": identifier << 16 | index}]
        return message
    function = number(node, "s7comm.param.func")
    if function is not None:
        message["function"] = function
    if rosctr == 1:
        message["objects"] = [item(f) for f in node.iter("field")
                              if f.get("name") == "s7comm.param.item"]
    return message


def messages(protos, frame):
    del frame
    found = []
    for proto, behind in zip(protos, protos[1:] + [None]):
        if proto.get("name") == "s7comm":
            found.append(of_s7comm(proto))
        elif proto.get("name") == "cotp":
            kind = number(proto, "cotp.type")
            if kind is None:
                continue
            message = {"function": 0x8e0 if kind == 0xd else 0x800 | kind << 4}
            if kind != 0xf or behind is None or behind.get("name") == "tpkt":
                found.append(message)
    return found


def explain(capture, frame, theirs, ours):
    del frame
    if capture.endswith("s7comm_clean.pcap") and theirs is None and "error" not in ours:
        return SENT_AGAIN
    return None
