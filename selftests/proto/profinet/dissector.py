# SPDX-License-Identifier: GPL-2.0-only
"""Which of tshark's fields of PROFINET are ours; see selftests/captures/compare.py."""

SERVICE = "profinet"
FILTER = "pn_rt"
LAYERS = "pn_rt pn_dcp pn_io"

# first and last identifier, function
RANGES = [(0x20, 0x21, 0x20), (0x80, 0x81, 0x20), (0x100, 0xfff, 0x100), (0x8000, 0xbbff, 0x8000),
          (0xbc00, 0xbfff, 0xbc00), (0xc000, 0xf7ff, 0xc000), (0xf800, 0xfbff, 0xf800),
          (0xff00, 0xff01, 0xff00), (0xff20, 0xff21, 0xff20), (0xff41, 0xff43, 0xff41), (0xff80, 0xff8f, 0xff80)]
SUBOPTIONS = ("ip", "device", "dhcp", "control", "deviceinitiative", "tsn", "all", "manuf")
GET_SET, ALARMS = 0xfefd, (0xfc01, 0xfe01)


def numbers(node, name):
    return [int(field.get("show"), 0) for field in node.iter("field") if field.get("name") == name]


def blocks(dcp):
    """Option and suboption of each block, as one number; a suboption follows its option."""
    found = []
    names = {f"pn_dcp.suboption_{name}" for name in SUBOPTIONS}
    for field in dcp.iter("field"):
        if field.get("name") == "pn_dcp.option":
            found.append(int(field.get("show"), 0) << 8)
        elif field.get("name") in names and found and not found[-1] & 0xff:
            found[-1] |= int(field.get("show"), 0)
    return found


def function_of(identifier):
    return next((to for first, last, to in RANGES if first <= identifier <= last), identifier)


def dcp_messages(dcp, identifier):
    service, kind = numbers(dcp, "pn_dcp.service_id")[0], numbers(dcp, "pn_dcp.service_type")[0]
    names = blocks(dcp)
    fields = {"frame-id": identifier, "xid": numbers(dcp, "pn_dcp.xid")[0]}
    if service == 4 and kind == 0:
        return [{"function": identifier, "sub_function": name, "fields": fields,
                 "objects": [{"type": "block", "first": name, "last": name}]} for name in names]
    message = {"function": identifier, "fields": fields}
    if kind == 0:
        message["objects"] = [{"type": "block", "first": name, "last": name} for name in names]
    if identifier == GET_SET:
        message["sub_function"] = service << 4 | kind
    addresses = [field.get("show") for field in dcp.iter("field") if field.get("name") == "pn_dcp.suboption_ip_ip"]
    if addresses:
        fields["ip-address"] = int.from_bytes(bytes(map(int, addresses[-1].split("."))), "big")
    return [message]


def messages(protos, frame):
    del frame
    found = []
    identifier = None
    for proto in protos:
        name = proto.get("name")
        if name == "pn_rt" and numbers(proto, "pn_rt.frame_id"):
            identifier = numbers(proto, "pn_rt.frame_id")[0]
            found.append({"function": function_of(identifier), "fields": {"frame-id": identifier}})
        elif name == "pn_dcp":
            found[-1:] = dcp_messages(proto, identifier)
        elif name == "pn_io" and identifier in ALARMS:
            found[-1]["sub_function"] = numbers(proto, "pn_io.pdu_type.type")[0]
            if numbers(proto, "pn_io.slot_nr"):
                subslot = numbers(proto, "pn_io.slot_nr")[0] << 16 | numbers(proto, "pn_io.subslot_nr")[0]
                found[-1]["objects"] = [{"type": "subslot", "first": subslot, "last": subslot}]
    return found
