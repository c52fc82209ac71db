# SPDX-License-Identifier: GPL-2.0-only
"""Which of tshark's fields of OPC UA are ours; see selftests/captures/compare.py."""

SERVICE = "opcua"
FILTER = "opcua"
LAYERS = "frame tcp opcua"

MESSAGES = {"HEL": 1, "ACK": 2, "ERR": 3, "RHE": 4, "OPN": 5, "CLO": 6, "MSG": 7}
CHUNKS = {"F": 0, "C": 1, "A": 2}
OURS = {"HEL": 1, "ACK": 1, "ERR": 3, "RHE": 2}
POLICIES = ["None", "Basic128Rsa15", "Basic256", "Basic256Sha256", "Aes128_Sha256_RsaOaep",
            "Aes256_Sha256_RsaPss"]
FAULT = 397
ARRAYS = ("NodesToRead", "NodesToWrite", "NodesToBrowse", "ItemsToCreate", "MethodsToCall",
          "NodesToRegister", "NodesToUnregister", "NodesToDelete")
NODES = ("NodeId: NodeId", "ObjectId: NodeId", "MethodId: NodeId")
SEEN = 1024  # bytes of a chunk that are looked at
MOST = 36  # objects of a message

NO_OPENING = "the capture begins in the conversation: no Hello is before it"

LATER = "tshark shows a chunk in the frame where it ends, otseg where enough of it is there"
# Those with chunks of several segments.
LONG = ("opcua_with-gap",)

# Of the conversations of the capture at hand, by tcp.stream; and which one a frame is of.
policies = {}
greeted = {}
streams = {}
last_frame = 0


def first(node, name):
    """The first value of a field below the node, or None."""
    for field in node.iter("field"):
        if field.get("name") == name:
            return field.get("show")
    return None


def service(proto):
    """The type of a service's message, or None if it cannot be read."""
    number = first(proto, "opcua.servicenodeid.numeric")
    return int(number) if number else None


def nodes(proto):
    """NodeIds that a request addresses: (namespace, number or string, is a string)."""
    found = []
    for array in proto.iter("field"):
        if (array.get("show") or "").split(":")[0] not in ARRAYS:
            continue
        for item in array:
            inner = [part for child in item
                     for part in ([child] if child.get("show") in NODES else
                                  child if child.get("show") == "ItemToMonitor: ReadValueId" else [])]
            for node in inner:
                if node.get("show") in NODES:
                    text = first(node, "opcua.nodeid.string")
                    number = first(node, "opcua.nodeid.numeric")
                    space = int(first(node, "opcua.nodeid.nsindex") or 0)
                    found.append((space, text if number is None else int(number), number is None))
    return found


def message(proto, stream):
    """The messages of one chunk."""
    kind = first(proto, "opcua.transport.type")
    chunk = first(proto, "opcua.transport.chunk")
    fields = {"message": MESSAGES[kind], "chunk": CHUNKS[chunk]}
    found = {"fields": fields}
    if kind in OURS:
        found["function"] = OURS[kind]
    if kind == "HEL":
        fields["endpoint-url"] = first(proto, "opcua.transport.endpoint")
    elif kind == "OPN":
        uri = (first(proto, "opcua.security.spu") or "").split("#")[-1]
        policies[stream] = POLICIES.index(uri) if uri in POLICIES else 15
        found["function"] = 446
    elif kind == "CLO":
        found["function"] = 452
    if kind in ("OPN", "CLO", "MSG") and stream in policies:
        fields["security-policy"] = policies[stream]
    if policies.get(stream, 0) or kind != "MSG" or chunk != "F":
        return [found]
    code = service(proto)
    result = first(proto, "opcua.ServiceResult") or first(proto, "opcua.StatusCode")
    is_answer = first(proto, "opcua.Timestamp") and not first(proto, "opcua.TimeoutHint")
    if code == FAULT:
        return [found]
    if is_answer:
        found["function"] = code - (1 if code > 12000 else 3)
        if result:
            fields["status"] = int(result, 0)
        return [found]
    found["function"] = code
    if int(first(proto, "opcua.transport.size")) > SEEN:
        return [found]
    known = nodes(proto)
    if known and all(is_text for _, _, is_text in known):
        return [dict(found, fields=dict(fields, node=text, **{"node-namespace": space}))
                for space, text, _ in known]
    found["objects"] = [{"type": f"namespace-{space}", "first": number, "last": number}
                        for space, number, is_text in known if not is_text][:MOST]
    return [found]


def messages(protos, frame):
    global last_frame
    if frame <= last_frame:
        policies.clear()
        greeted.clear()
        streams.clear()
    last_frame = frame
    stream = None
    found = []
    for proto in protos:
        if proto.get("name") == "tcp":
            stream = first(proto, "tcp.stream")
            streams[frame] = stream
        elif proto.get("name") == "opcua" and first(proto, "opcua.transport.type"):
            if first(proto, "opcua.transport.type") in ("HEL", "RHE"):
                greeted.setdefault(stream, frame)
            found += message(proto, stream)
    return found


def explain(capture, frame, theirs, ours):
    if (ours or {}).get("error") == "pdu-state" and frame in streams and \
            greeted.get(streams[frame], frame) >= frame:
        return NO_OPENING
    if not (theirs and ours) and any(name in capture for name in LONG):
        return LATER
    return None
