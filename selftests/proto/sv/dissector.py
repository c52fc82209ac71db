# SPDX-License-Identifier: GPL-2.0-only
"""Which of tshark's fields of sampled values are ours; see selftests/captures/compare.py."""

SERVICE = "sv"
FILTER = "sv"
LAYERS = "sv"

NUMBERS = {"sv.smpCnt": "smpcnt", "sv.confRev": "confrev", "sv.smpSynch": "smpsynch", "sv.smpRate": "smprate",
           "sv.smpMod": "smpmod"}

SHORT = "the header declares four bytes less than the samples have"


def shown(node, name):
    return [field.get("show") for field in node.iter("field") if field.get("name") == name]


def messages(protos, frame):
    del frame
    found = []
    for proto in protos:
        if proto.get("name") != "sv":
            continue
        unit = int(shown(proto, "sv.appid")[0], 0)
        asdus = [field for field in proto.iter("field") if field.get("name") == "sv.ASDU_element"]
        simulation = int((shown(proto, "sv.reserve1.s_bit") or ["0"])[0], 0)
        for asdu in asdus:
            fields = {ours: int(value, 0) for theirs, ours in NUMBERS.items() for value in shown(asdu, theirs)}
            if fields.get("smpsynch", 0) < 0:  # tshark has it signed
                fields["smpsynch"] &= 0xff
            fields.update({"svid": value for value in shown(asdu, "sv.svID")})
            fields.update({"asdus": len(asdus), "simulation": simulation})
            found.append({"function": 1, "unit": unit, "fields": fields})
    return found


def explain(capture, frame, theirs, ours):
    del frame, theirs
    if capture.endswith("IEC61850_SV.pcap") and (ours or {}).get("error") == "pdu-length":
        return SHORT
    return None
