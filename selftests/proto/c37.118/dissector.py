# SPDX-License-Identifier: GPL-2.0-only
"""Which of tshark's fields of C37.118 are ours; see selftests/captures/compare.py."""

SERVICE = "c37.118"
FILTER = "synphasor"
LAYERS = "synphasor"


def one(node, name):
    return next((int(f.get("show"), 0) for f in node.iter("field") if f.get("name") == name), None)


def messages(protos, frame):
    del frame
    found = []
    for proto in protos:
        if proto.get("name") != "synphasor":
            continue
        message = {"function": one(proto, "synphasor.frtype"),
                   "unit": one(proto, "synphasor.idcode_stream_source"),
                   "fields": {"version": one(proto, "synphasor.version")}}
        command = one(proto, "synphasor.command")
        if command is not None:
            message["sub_function"] = command
        found.append(message)
    return found


def explain(capture, frame, theirs, ours):
    del capture, frame, theirs, ours
    return None
