# SPDX-License-Identifier: GPL-2.0-only
"""What tshark calls the parts of a message of EtherNet/IP, to be compared with ours.

Independent is the dissection; which class's service a number is, both have from the path, so
the numbering of functions is repeated here.
"""

SERVICE = "enip"
FILTER = "enip && !cipio"

# Services of a class, by class, as bpf/proto/enip.h knows them.
OF_CLASS = {
    0x02: {0x4B},
    0x05: {0x4B, 0x4C},
    0x06: {0x4E, 0x52, 0x54, 0x56, 0x57, 0x5A, 0x5B},
    0x0F: {0x4B},
    0x37: set(range(0x4B, 0x52)),
    0x39: {0x4C, 0x4E} | set(range(0x4F, 0x5A)),
    0x3A: {0x4B},
    0x44: set(range(0x4B, 0x52)),
    0x67: {0x4B},
    0x6B: {0x4C, 0x4D, 0x4E, 0x52, 0x53, 0x55},
    0x6C: {0x4C},
    0xF3: set(range(0x4B, 0x53)),
    0xF6: {0x4C},
}
COMMON_MAX = 0x31
STATUS = {1: 0xB1, 2: 0xB2, 3: 0xB3, 0x64: 0xB4, 0x65: 0xB5, 0x69: 0xB9}


def own(element):
    """The fields of a protocol, but for those of protocols within."""
    for child in element:
        if child.tag == "field":
            yield child
            yield from own(child)


def within(element):
    """The protocols directly within one."""
    for child in element:
        if child.tag == "proto":
            yield child
        else:
            yield from within(child)


def number(element, name, default=None):
    for field in own(element):
        if field.get("name") == name and field.get("show"):
            return int(field.get("show"), 0)
    return default


def segments(element):
    """(name, value) of the segments of a path, in order; a path has a showname of its kind."""
    for field in own(element):
        name = field.get("name")
        if name in ("cip.class", "cip.instance", "cip.attribute", "cip.member", "cip.connpoint"):
            # what it has worked out from the Forward Open of the connection has no bytes
            if field.get("size") != "0":
                yield name[4:], int(field.get("show"), 0)
        elif name == "cip.symbol":
            yield "symbol", field.get("show")


def target(cip):
    """Fields of the request path, as far as there is one of each."""
    fields = {}
    seen = {}
    symbols = []
    path = None
    for child in cip:
        if (child.get("show") or child.get("showname") or "").startswith("Request Path:"):
            path = child
    if path is None:
        return fields, symbols
    for name, value in segments(path):
        if name == "symbol":
            symbols.append(value)
        elif name == "class":
            if "class" in fields and "outer-class" not in fields:
                fields["outer-class"] = fields["class"]
            for other in ("instance", "attribute", "member"):
                fields.pop(other, None)
            seen = {}
            fields["class"] = value
        else:
            name = "instance" if name == "connpoint" else name
            seen[name] = seen.get(name, 0) + 1
            fields[name] = value
    if seen.get("member", 0) > 1:
        del fields["member"]
    if symbols:
        fields["tag"] = symbols[0]
    if len(symbols) > 1:
        fields["name"] = symbols[1]
    return fields, symbols


def function(service, fields, symbols):
    number_of = fields.get("class", 0x6B if symbols else 0)
    if "outer-class" in fields and (fields["outer-class"], number_of) != (0x68, 0x6B):
        return 0xFF00 | service
    if service > COMMON_MAX and service in OF_CLASS.get(number_of, ()):
        return number_of << 8 | service
    return service


def route(manager):
    """The route of an Unconnected Send."""
    kinds = [f for f in own(manager) if f.get("name") == "cip.path_segment.type"]
    ports = [f for f in own(manager) if f.get("name") == "cip.port"]
    links = [f for f in own(manager) if f.get("name") == "cip.linkaddress.byte"]
    fields = {"hops": len(kinds)}
    if len(kinds) == 1:
        # of an extended one the number itself is the second
        fields["port"] = int(ports[-1].get("show"), 0)
        if links:
            fields["link"] = int(links[0].get("show"), 0)
    return fields


def opening(manager, fields):
    """The fields of a Forward Open or Forward Close."""
    for name, ours in (("cip.cm.ot_connid", "o-t-id"), ("cip.cm.to_connid", "t-o-id"),
                       ("cip.cm.fwo.transport", "transport-class")):
        value = number(manager, name)
        if value is not None:
            fields[ours] = value
    serial = number(manager, "cip.cm.conn_serial_num")
    vendor = number(manager, "cip.cm.vendor")
    if serial is not None and vendor is not None:
        fields["connection-serial"] = vendor << 16 | serial
    return fields


def pccc(rest):
    """Command and function of PCCC."""
    for proto in rest:
        command = number(proto, "cip.pccc.cmd.code")
        if command is None:
            continue
        sub = command << 8
        for name in ("06", "07", "0f"):
            sub |= number(proto, "cip.pccc.fnc.code_" + name, 0)
        return sub
    return None


def request(cip, rest, outer):
    """Messages of a request: itself, and those of its parts; @rest dissects its data."""
    service = number(cip, "cip.sc")
    fields, symbols = target(cip)
    code = function(service, fields, symbols)
    inner = [p for p in within(cip) if p.get("name") == "cip"]
    manager = [p for p in rest if p.get("name") == "cipcm"]
    if code == 0x0652:
        for proto in manager:
            inside = list(within(proto))
            for i, element in enumerate(inside):
                if element.get("name") == "cip":
                    way = {} if "connection-id" in outer else route(proto)
                    return request(element, inside[i + 1:], dict(outer, **way))
        return []
    if code in (0x0654, 0x065B, 0x064E):
        return [{"function": code, "fields": opening(manager[0], {}) if manager else {}}]
    if code == 0x0A:
        result = [{"function": code, "fields": dict(outer)}]
        for i, element in enumerate(inner):
            siblings = list(within(cip))
            at = siblings.index(element)
            after = []
            for other in siblings[at + 1:]:
                if other.get("name") == "cip":
                    break
                after.append(other)
            result += request(element, after, outer)
        return result
    message = {"function": code, "fields": dict(outer, **fields)}
    if code == 0x674B:
        sub = pccc(rest)
        if sub is not None:
            message["sub_function"] = sub
    return [message]


def answer(cip, rest):
    service = number(cip, "cip.sc")
    message = {"fields": {}}
    if service is None:
        for proto in rest:
            service = number(proto, "cip.cm.sc")
    status = number(cip, "cip.genstat")
    if status:
        message["exception"] = status
    elif service in (0x54, 0x5B):
        for proto in rest:
            if proto.get("name") == "cipcm":
                message["fields"] = opening(proto, {})
                message["fields"].pop("transport-class", None)
    return [message]


def one(encapsulation, rest):
    command = number(encapsulation, "enip.command")
    status = number(encapsulation, "enip.status")
    if command not in (0x6F, 0x70):
        message = {"function": 0x1000 | command}
        if status:
            message["exception"] = STATUS.get(status, 0xBF)
        return [message]
    for i, proto in enumerate(rest):
        if proto.get("name") != "cip":
            continue
        connection = number(encapsulation, "enip.cpf.cai.connid")
        # where a connection leads to, a message over it does not tell
        outer = {"hops": 0} if connection is None else {"connection-id": connection}
        if number(proto, "cip.rr"):
            return answer(proto, rest[i + 1:])
        return request(proto, rest[i + 1:], outer)
    return [{"exception": STATUS.get(status, 0xBF)}] if status else []


def messages(protos, frame):
    """Messages of all encapsulation messages of a frame."""
    result = []
    begun = None
    rest = []
    for proto in list(protos) + [None]:
        if proto is None or proto.get("name") == "enip":
            if begun is not None:
                result += one(begun, rest)
            begun, rest = proto, []
        else:
            rest.append(proto)
    return [{key: value for key, value in message.items() if value != {}} for message in result]
