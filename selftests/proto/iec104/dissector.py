# SPDX-License-Identifier: GPL-2.0-only
"""Which of tshark's fields of IEC 60870-5-104 are ours; see selftests/captures/compare.py."""

SERVICE = "iec104"
FILTER = "iec60870_104"
LAYERS = "iec60870_104 iec60870_asdu"

LIST = 32  # objects that make a message, OTSEG_IEC104_LIST
# The first octet of a U frame but for its two lowest bits, as tshark numbers them.
U_SHIFT = 2
# Qualifiers and commands that tshark shows: our field, theirs
FIELDS = {"cause": "causetx", "negative": "nega", "test": "test", "originator": "oa"}
COMMANDS = ("sco", "dco", "rco")
STATES = {"sco": "sco.on", "dco": "dco.on", "rco": "rco.up"}


def numbers(node, name):
    """Values of a field, wherever it is below the node, in order."""
    return [int(f.get("show"), 0) for f in node.iter("field")
            if f.get("name") == "iec60870_" + name]


def number(node, name):
    return (numbers(node, name) or [None])[0]


def commanded(asdu, fields):
    """What the element of a command says beside its value."""
    for kind in COMMANDS:
        if numbers(asdu, f"asdu.{kind}.se"):
            fields["select"] = number(asdu, f"asdu.{kind}.se")
            fields["qualifier"] = number(asdu, f"asdu.{kind}.qu")
            fields["state"] = number(asdu, "asdu." + STATES[kind])
    if numbers(asdu, "asdu.qos.se"):
        fields["select"] = number(asdu, "asdu.qos.se")
        fields["qualifier"] = number(asdu, "asdu.qos.ql")
    for name in ("asdu.qoi", "asdu.qrp"):
        if numbers(asdu, name):
            fields["qualifier"] = number(asdu, name)


def of_asdu(asdu):
    kind = number(asdu, "asdu.typeid")
    message = {"function": kind, "unit": number(asdu, "asdu.addr")}
    message["fields"] = {ours: number(asdu, "asdu." + theirs) for ours, theirs in FIELDS.items()}
    commanded(asdu, message["fields"])
    count = number(asdu, "asdu.numix")
    if number(asdu, "asdu.sq"):
        first = number(asdu, "asdu.ioa")
        objects = [{"type": "information-object", "first": first, "last": first + count - 1}]
    else:
        objects = [{"type": "information-object", "first": ioa, "last": ioa}
                   for ioa in numbers(asdu, "asdu.ioa")]
    return [dict(message, objects=objects[at:at + LIST])
            for at in range(0, max(len(objects), 1), LIST)]


def messages(protos, frame):
    del frame
    found = []
    for proto, behind in zip(protos, protos[1:] + [None]):
        if proto.get("name") != "iec60870_104":
            continue
        kind = number(proto, "104.type")
        if kind == 1:
            found.append({"function": 0x101})
        elif kind == 3:
            found.append({"function": 0x103 | number(proto, "104.utype") << U_SHIFT})
        elif kind == 0 and behind is not None and behind.get("name") == "iec60870_asdu":
            found += of_asdu(behind)
        else:
            found.append({})
    return found


def explain(capture, frame, theirs, ours):
    del frame
    # a capture made to test dissectors: APDUs behind other bytes, and other bytes alone
    if capture.endswith("TestDissectIec104.pcap") and theirs is not None and \
            (ours or {}).get("error") == "pdu-protocol":
        return "tshark looks for the octet 68 anywhere in a segment"
    return None
