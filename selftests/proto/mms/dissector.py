# SPDX-License-Identifier: GPL-2.0-only
"""
Which of tshark's fields of MMS and of the ISO session are ours; see
selftests/captures/compare.py. What the transport says is s7comm's to compare.
"""

SERVICE = "mms"
FILTER = "ses || mms"
LAYERS = "ses mms"

# otseg shows connections and empty TPDUs with no service, which are not told apart there
ENGINE = False

READ, WRITE = 4, 5
NO_SERVICE, NO_SESSION = -1, -2
PDUS = {
    "initiate_RequestPDU": 0x108, "initiate_ResponsePDU": 0x108,
    "conclude_RequestPDU": 0x10b, "conclude_ResponsePDU": 0x10b, "conclude_ErrorPDU": 0x10b,
    "cancel_RequestPDU": 0x105, "cancel_ResponsePDU": 0x105, "cancel_ErrorPDU": 0x105,
}
# session PDUs by themselves: refuse, finish, disconnect, not finished, abort, abort accept
SESSION = {12: 0x108, 9: 0x110, 10: 0x110, 8: 0x110, 25: 0x111, 26: 0x111}

BARE = "MMS without session and presentation is not taken"
BROKEN = "an accept whose user data have length 0: what follows has no association"


def fields(node, name):
    return [f for f in node.iter("field") if f.get("name") == name]


def text(node, name):
    found = fields(node, name)
    return bytes.fromhex(found[0].get("value")).decode() if found else None


def names(node):
    """Domain and item, as far as there are some."""
    found = {"domain": text(node, "mms.domainId"), "item": text(node, "mms.itemId")}
    for scope in ("mms.vmd_specific", "mms.aa_specific"):
        found["item"] = found["item"] or text(node, scope)
    return {key: value for key, value in found.items() if value}


def of_mms(node):
    kind = next(f.get("name") for f in node.iter("field")).removeprefix("mms.")
    kind = kind.removesuffix("_element")
    if kind == "confirmed_RequestPDU":
        function = int(fields(node, "mms.confirmedServiceRequest")[0].get("show"))
        message = {"function": function, "kind": "request"}
        if function not in (READ, WRITE):
            return [message]
        variables = fields(node, "mms.listOfVariable_item_element")
        if not variables:
            return [dict(message, fields=names(node))]
        found = [dict(message, fields=names(variable)) for variable in variables]
        for more in found[1:]:
            more["kind"] = "notice"
        return found
    if kind == "confirmed_ResponsePDU":
        services = fields(node, "mms.confirmedServiceResponse")
        if not services:
            return [{"function": NO_SERVICE}]
        return [{"function": int(services[0].get("show")), "kind": "answer"}]
    if kind == "unconfirmed_PDU":
        return [{"function": 0x130 + int(fields(node, "mms.unconfirmedService")[0].get("show")),
                 "kind": "notice"}]
    if kind in PDUS:
        return [{"function": PDUS[kind]}]
    return [{}]


def messages(protos, frame):
    del frame
    found = []
    if "ses" not in {proto.get("name") for proto in protos}:
        return [{"function": NO_SESSION}]
    inside = [proto.get("name") for proto in protos]
    for place, proto in enumerate(protos):
        if proto.get("name") == "mms":
            found += of_mms(proto)
        elif proto.get("name") == "ses" and "mms" not in inside[place + 1:]:
            kinds = [int(f.get("show")) for f in fields(proto, "ses.type")]
            found += [{"function": SESSION[kind]} for kind in kinds if kind in SESSION]
    return found


def explain(capture, frame, theirs, ours):
    del frame
    if "/mms-" in capture and (theirs or {}).get("function") == NO_SESSION and \
            (ours or {}).get("error") == "pdu-state":
        return BARE
    if "/iec61850_" in capture and (ours or {}).get("error") == "pdu-state":
        return BROKEN
    return None
