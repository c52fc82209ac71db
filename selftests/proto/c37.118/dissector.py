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
    if capture.endswith("4in1PMU_TCP.pcap") and "configuration-2" in (
            (ours or {}).get("function_name"), "configuration-2" if theirs else None):
        return "longer than is looked at: told at its beginning, by tshark at its end"
    if capture.endswith("c37_1100_clean_tcp.pcap") and frame == 6:
        return "a header frame without text, which tshark does not take for one"
    if (ours or {}).get("error") == "pdu-protocol" and "/c37_pmu_" in capture:
        return "somebody else's segments overlap the stream by one byte; tshark takes both"
    return None
