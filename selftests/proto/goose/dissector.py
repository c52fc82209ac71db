# SPDX-License-Identifier: GPL-2.0-only
"""Which of tshark's fields of GOOSE are ours; see selftests/captures/compare.py."""

SERVICE = "goose"
FILTER = "goose"
LAYERS = "goose"

NUMBERS = {"goose.timeAllowedtoLive": "time-allowed-to-live", "goose.stNum": "stnum", "goose.sqNum": "sqnum",
           "goose.confRev": "confrev", "goose.ndsCom": "ndscom", "goose.numDatSetEntries": "entries"}
TEXTS = {"goose.gocbRef": "gocbref", "goose.goID": "goid"}
SIMULATION = {(0, 0): 0, (1, 1): 1, (0, 1): 2, (1, 0): 3}  # of the header, of the publication


def shown(proto, name):
    return [field.get("show") for field in proto.iter("field") if field.get("name") == name]


def messages(protos, frame):
    del frame
    found = []
    for proto in protos:
        if proto.get("name") != "goose":
            continue
        fields = {ours: int(value, 0) & 0xffffffff
                  for theirs, ours in NUMBERS.items() for value in shown(proto, theirs)}
        for theirs, ours in TEXTS.items():
            fields.update({ours: value for value in shown(proto, theirs)})
        header = shown(proto, "goose.reserve1.s_bit") or ["0"]
        inner = shown(proto, "goose.simulation") or ["0"]
        fields["simulation"] = SIMULATION[int(header[0], 0), int(inner[0], 0)]
        fields.setdefault("ndscom", 0)
        found.append({"function": 1, "unit": int(shown(proto, "goose.appid")[0], 0), "fields": fields})
    return found
