# SPDX-License-Identifier: GPL-2.0-only
"""Which of tshark's fields of MQTT are ours; see selftests/captures/compare.py."""

SERVICE = "mqtt"
FILTER = "mqtt"
LAYERS = "frame tcp mqtt"

PUBLISH, WILL, DELIVER, RESPONSE_TOPIC = 3, 16, 17, 18
BROKERS = {1883}


def values(node, name):
    """Values of a field below the node, in order."""
    return [f.get("show") for f in node.iter("field") if f.get("name") == name]


def first(node, name, default=None):
    return (values(node, name) or [default])[0]


def response_topics(node):
    """Values of the property 8."""
    found, wanted = [], False
    for field in node.iter("field"):
        if field.get("name") == "mqtt.property_id":
            wanted = int(field.get("show"), 0) == 8
        elif field.get("name") == "mqtt.prop_string" and wanted:
            found.append(field.get("show"))
    return found


def shared(topic):
    """A filter without what makes it a shared one, and whether that was there."""
    if topic.startswith("$share/"):
        return topic.split("/", 2)[2], 1
    return topic, int(topic.startswith("$") and topic.split("/")[0] != "$SYS")


def packet(proto, to_broker):
    """The messages of one packet."""
    kind = int(first(proto, "mqtt.msgtype"))
    found = {"function": kind, "fields": {}}
    if kind == 1:
        found["fields"] = {"level": int(first(proto, "mqtt.ver")) & 127,
                           "password": int(first(proto, "mqtt.conflag.passwd")),
                           "client-id": first(proto, "mqtt.clientid", "")}
        parts = [found]
        if first(proto, "mqtt.conflag.willflag") == "1":
            fields = {"qos": int(first(proto, "mqtt.conflag.qos")),
                      "retain": int(first(proto, "mqtt.conflag.retain"))}
            parts.append({"function": WILL,
                          "fields": dict(fields, topic=first(proto, "mqtt.willtopic"))})
            parts += [{"function": RESPONSE_TOPIC, "fields": {"topic": topic}}
                      for topic in response_topics(proto)]
        return parts
    if kind == PUBLISH:
        found["function"] = PUBLISH if to_broker else DELIVER
        found["fields"] = {"qos": int(first(proto, "mqtt.qos")),
                           "retain": int(first(proto, "mqtt.retain")),
                           "dup": int(first(proto, "mqtt.dupflag")),
                           "topic": first(proto, "mqtt.topic")}
        return [found] + [{"function": RESPONSE_TOPIC, "fields": {"topic": topic}}
                          for topic in response_topics(proto) if to_broker]
    if kind in (8, 10):
        qos = [int(q) for q in values(proto, "mqtt.subscription_options_qos") or
               values(proto, "mqtt.sub.qos")]
        parts = []
        for i, topic in enumerate(values(proto, "mqtt.topic")):
            name, is_shared = shared(topic)
            parts.append({"function": kind, "fields": {"topic": name}})
            if kind == 8:
                parts[-1]["sub_function"] = is_shared
                parts[-1]["fields"]["qos"] = qos[i]
        return parts
    return [found]


def messages(protos, frame):
    del frame
    found = []
    to_broker = True
    for proto in protos:
        if proto.get("name") == "tcp":
            to_broker = int(first(proto, "tcp.dstport")) in BROKERS
        elif proto.get("name") == "mqtt" and first(proto, "mqtt.msgtype"):
            found += packet(proto, to_broker)
    return found


LATER = "tshark shows a packet in the frame where it ends, otseg where enough of it is there"

# (capture, the reason why otseg refuses it, why)
EXPLAINED = [
    ("mqtt-events-invalid-qos", "pdu-malformed", "QoS 3"),
    ("mqtt-events-unassigned-msgtype", "pdu-malformed", "packets of type 0"),
    ("mqtt-events-missing-connect", "pdu-state", "the segment with CONNECT is missing"),
    ("mqtt-midstream-split", "pdu-state", "the capture begins behind CONNECT"),
    ("mqtt-midstream-split", "pdu-malformed",
     "the capture begins behind CONNECT, and the PUBLISH that is refused goes on for three segments"),
    ("mqtt-ping", "pdu-state", "two PINGs without a CONNECT"),
    ("mqtt5-excessiveproplen", "pdu-length", "properties that are longer than the packet"),
    ("mqtt5-excessiveproplen", "pdu-state", "the CONNECT before was refused"),
]
# Those with PUBLISH packets of several segments.
LONG = ("mqtt5_pub_jpeg", "mqtt-limit-2")


def explain(capture, frame, theirs, ours):
    del frame
    for name, reason, why in EXPLAINED:
        if name in capture and (ours or {}).get("error") == reason:
            return why
    if not (theirs and ours) and any(name in capture for name in LONG):
        return LATER
    return None
