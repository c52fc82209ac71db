# SPDX-License-Identifier: GPL-2.0-only
"""Which of tshark's fields of EtherCAT are ours; see selftests/captures/compare.py."""

SERVICE = "ethercat"
FILTER = "ecatf"
LAYERS = "ecatf ecat tc_nv ecat_mailbox"

LOOKED_AT = 1024  # bytes of a frame
BY_POSITION, LOGICAL = 0x10000, 0x20000
AUTO_INCREMENT, BROADCAST, LOGICALS = (1, 2, 3, 13), (7, 8, 9), (10, 11, 12)


def numbers(node, name):
    return [int(field.get("show"), 0) for field in node.iter("field") if field.get("name") == name]


def datagrams(proto, begin):
    commands = numbers(proto, "ecat.cmd")
    index = numbers(proto, "ecat.idx")
    length = numbers(proto, "ecat.subframe.length")
    circulated = numbers(proto, "ecat.subframe.circulating")
    counters = [field for field in proto.iter("field") if field.get("name") == "ecat.cnt"]
    adp, ado = numbers(proto, "ecat.adp"), numbers(proto, "ecat.ado")
    logical = numbers(proto, "ecat.lad")
    for n, command in enumerate(commands):
        message = {"function": command,
                   "fields": {"index": index[n], "length": length[n], "circulated": circulated[n]}}
        if int(counters[n].get("pos")) + 2 - begin <= LOOKED_AT:
            message["fields"]["working-counter"] = int(counters[n].get("show"), 0)
        if command in LOGICALS:
            first, kind = logical.pop(0), "logical"
            message["unit"] = LOGICAL
        else:
            slave, first, kind = adp.pop(0), ado.pop(0), "register"
            message["unit"] = (BY_POSITION + (-slave & 0xffff) if command in AUTO_INCREMENT else
                               0 if command in BROADCAST else slave)
        if command and command <= 14:
            message["objects"] = [{"type": kind, "first": first, "last": first + length[n] - 1}] if length[n] else []
        yield message


def messages(protos, frame):
    del frame
    found = []
    begin = 0
    for proto in protos:
        if proto.get("name") == "ecatf":
            begin = int(proto.get("pos"))
        elif proto.get("name") == "ecat":
            found += datagrams(proto, begin)
        elif proto.get("name") == "tc_nv":
            found += [{"function": 256, "objects": [{"type": "variable", "first": n, "last": n}]}
                      for n in numbers(proto, "tc_nv.id")]
        elif proto.get("name") == "ecat_mailbox":
            found += [{"function": 512 + n} for n in numbers(proto, "ecat_mailbox.type")]
    return found
