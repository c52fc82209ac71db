# SPDX-License-Identifier: GPL-2.0-only
"""Which of tshark's fields of PROFINET's calls are ours; see selftests/captures/compare.py."""

SERVICE = "profinet-cm"
FILTER = "dcerpc.dg_if_id"
LAYERS = "udp dcerpc pn_io_device pn_io_controller pn_io_supervisor pn_io_parameterserver pn_io_implicitar epm4"

REQUEST, RESPONSE, FAULT, REJECT = 0, 2, 3, 6
FRAGMENTED, LAST = 4, 2
READ, WRITE, READ_IMPLICIT = 2, 3, 5
PORT = 34964
MULTIPLE = 0xe040
MAPPER = "e1af8308-5d1f-11c9-91a4-08002b14a0fa"


def shown(node, name):
    return [field.get("show") for field in node.iter("field") if field.get("name") == name]


def number(node, name):
    return int(shown(node, name)[0], 0)


def records(protos):
    """Index and slot of what is read or written, from the blocks."""
    found = []
    for proto in protos:
        for block in proto.iter("field"):
            kind = [int(value, 0) for value in shown(block, "pn_io.block_type")][:1]
            if block.get("name") != "pn_io.block" or kind not in ([8], [9]):
                continue
            index = int(shown(block, "pn_io.index")[0], 0)
            if index != MULTIPLE:
                found.append((index, number(block, "pn_io.slot_nr"), number(block, "pn_io.subslot_nr"),
                              number(block, "pn_io.api")))
    return found


def messages(protos, frame):
    del frame
    found = []
    is_caller = False
    for n, proto in enumerate(protos):
        if proto.get("name") == "udp":
            is_caller = number(proto, "udp.srcport") != PORT
            if is_caller and number(proto, "udp.dstport") != PORT:
                return []
        if proto.get("name") != "dcerpc":
            continue
        kind, flags = number(proto, "dcerpc.pkt_type"), number(proto, "dcerpc.dg_flags1")
        operation = number(proto, "dcerpc.opnum") + 256 * (MAPPER in shown(proto, "dcerpc.dg_if_id"))
        is_whole = not flags & FRAGMENTED
        identifiers = shown(proto, "dcerpc.obj_id")[0]
        fields = {} if operation >= 256 else {"device-id": int(identifiers[28:32], 16),
                                              "vendor-id": int(identifiers[32:36], 16)}
        if kind not in (REQUEST, RESPONSE, FAULT, REJECT):
            found.append({"function": 512 | kind})
        elif kind != REQUEST:
            # an answer of who opened the conversation is of another one, that the other side opened
            found.append({"function": operation + 128 if is_caller else
                          operation if is_whole or flags & LAST else 514, "fields": fields})
        elif is_whole and operation in (READ, WRITE, READ_IMPLICIT):
            found += [{"function": operation, "objects": [{"type": "record", "first": index, "last": index}],
                       "fields": dict(fields, slot=slot, subslot=subslot, api=api)}
                      for index, slot, subslot, api in records(protos[n + 1:])]
        else:
            for other in protos[n + 1:]:
                fields.update({"station-name": name for name in shown(other, "pn_io.cminitiator_station_name")
                               if is_whole and operation == 0})
            found.append({"function": operation, "fields": fields})
    return found
