# SPDX-License-Identifier: GPL-2.0-only
"""What tshark calls the parts of an I/O datagram of EtherNet/IP, to be compared with ours."""

SERVICE = "enip-io"
FILTER = "cipio"


def messages(protos, frame):
    """One datagram, one message."""
    fields = {}
    for proto in protos:
        for field in proto.iter("field"):
            if field.get("name") == "enip.cpf.sai.connid":
                fields["connection-id"] = int(field.get("show"), 0)
            elif field.get("name") == "enip.cpf.length":
                fields["size"] = int(field.get("show"), 0)
    return [{"function": 1, "fields": fields}] if "connection-id" in fields else []
