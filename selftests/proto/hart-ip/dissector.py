# SPDX-License-Identifier: GPL-2.0-only
"""Which of tshark's fields of HART-IP are ours; see selftests/captures/compare.py."""

SERVICE = "hart-ip"
FILTER = "hart_ip"
LAYERS = "udp hart_ip"
OTHER_PORT = 5095

elsewhere = set()  # frames of the capture at hand from or to that port


def text(node, name):
    return next((f.get("show") for f in node.iter("field") if f.get("name") == name), None)


def one(node, name):
    found = text(node, name)
    return None if found is None else int(found, 0)


def messages(protos, frame):
    found = []
    for proto in protos:
        if proto.get("name") == "udp" and OTHER_PORT in (one(proto, "udp.srcport"),
                                                         one(proto, "udp.dstport")):
            elsewhere.add(frame)
        if proto.get("name") != "hart_ip":
            continue
        message = {"function": one(proto, "hart_ip.message_id"), "fields": {}}
        if one(proto, "hart_ip.pt.command") is not None:
            message["sub_function"] = one(proto, "hart_ip.pt.command")
        host = one(proto, "hart_ip.session_init.master_type")
        if host is not None:
            message["fields"]["host"] = host
        if one(proto, "hart_ip.pt.short_addr") is not None:
            message["fields"]["polling-address"] = one(proto, "hart_ip.pt.short_addr") & 63
        if text(proto, "hart_ip.pt.long_address"):
            address = int(text(proto, "hart_ip.pt.long_address").replace(":", ""), 16)
            message["fields"]["device-type"] = address >> 24 & 0x3fff
            message["fields"]["device-id"] = address & 0xffffff
        if not message["fields"]:
            del message["fields"]
        found.append(message)
    return found


def explain(capture, frame, theirs, ours):
    if capture.endswith("hart_ip.pcap") and frame in elsewhere and theirs and ours is None:
        return "the server goes on from port 5095, which no rule for port 5094 follows"
    return None
