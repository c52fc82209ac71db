#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
#
# The tool's view of Modbus captures is that of tshark: unit, function and
# addressed objects of every ADU that tshark dissects, frame by frame. What
# differs is named in EXPLAINED, and nothing else may; an entry that explains
# nothing any more fails too.
#
# It does not prove that either is right where both agree.

import json
import os
import shutil
import subprocess
import sys
import tempfile
import xml.etree.ElementTree

TOP = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", ".."))
CAPTURES = os.path.abspath(os.path.join(TOP, "..", "shared", "captures"))
TOOL = os.environ.get("OTSEG", os.path.join(os.environ.get("O", os.path.join(TOP, "build")), "otseg"))

SURICATA = "OISF_suricata-verify/tests/modbus/modbus.pcap"
ZEEK = "zeek_zeek/testing/btest/Traces/modbus/"
ITI = "ITI_ICS-Security-Tools/pcaps/ModbusTCP/"
NDPI = "ntop_nDPI/tests/cfgs/default/pcap/modbus.pcap"

NO_REQUEST = "the request is not in the capture: tshark numbers its objects from 0"
OUT_OF_ORDER = "tshark takes the segment for out of order or sent again, and does not look inside"

# (command, capture, frames, the tool's reason, why). Frames "*": whatever has that reason.
EXPLAINED = [
    ("decode", SURICATA, (32, 34), "pdu-length",
     "device identification has 3 bytes, the header declares 4"),
    ("decode", SURICATA, (91, 93, 95, 97, 99), "pdu-length",
     "an exception has 1 byte, the header declares 2"),
    ("decode", ZEEK + "4SICS-GeekLounge-151022-min.pcap", (1,), "pdu-malformed",
     "reads 0 registers, which spec 6.17 excludes"),
    ("decode", ZEEK + "fuzz-1011.pcap", (1,), "pdu-malformed",
     "reads 147 registers, spec 6.4 has at most 125"),
    ("decode", ZEEK + "fuzz-1011.pcap", (3, 6), None, NO_REQUEST),
    ("decode", ZEEK + "fuzz-72.pcap", (2, 19, 21, 25, 26, 27, 32), None, OUT_OF_ORDER),
    ("decode", ZEEK + "fuzz-72.pcap", (20,), None,
     "the IP header announces more bytes than the frame has"),
    ("decode", ZEEK + "modbus-eit.pcap", (2,), "pdu-length",
     "device identification with bytes behind its last object"),
    ("decode", ZEEK + "modbusBig.pcap", (1,), None, NO_REQUEST),
    ("decode", ZEEK + "modbusBig.pcap", (3150,), None, OUT_OF_ORDER),
    ("decode", ITI + "Modbus/modbus_test_2.pcap", (3,), None, NO_REQUEST),
    ("decode", ITI + "ModbusTCP.pcap", (3,), None, NO_REQUEST),
    ("decode", ITI + "mb2.pcap", (19, 24), None,
     "the request is not in the capture: the answer repeats its objects, which only tshark reads"),
    ("decode", ITI + "mb2.pcap", (1131, 13176), None, OUT_OF_ORDER),
    ("decode", ITI + "mb2.pcap", (3008,), None,
     "answers frame 1131, which tshark does not know: it numbers its objects from 0"),
    ("decode", NDPI, (96, 98, 100, 102), None, NO_REQUEST),

    ("simulate", SURICATA, (91, 93, 95, 97, 99), "no-rule",
     "answers of connections from port 502 to 4446, which no rule allows to open"),
    ("simulate", ZEEK + "fuzz-1011.pcap", (1,), "mac-spoofed", "the source is a group address"),
    ("simulate", ZEEK + "fuzz-1011.pcap", (3, 6), "tcp-no-flow",
     "answers of a connection that is older than the capture, before any request"),
    ("simulate", ZEEK + "fuzz-72.pcap", "*", "tcp-window", "numbers changed by a fuzzer"),
    ("simulate", ZEEK + "fuzz-72.pcap", "*", "stream-gap", "behind a segment that was refused"),
    ("simulate", ZEEK + "fuzz-72.pcap", (11,), "mac-spoofed", "the source is a group address"),
    ("simulate", ZEEK + "fuzz-72.pcap", (20,), "ip-header",
     "the IP header announces more bytes than the frame has"),
    ("simulate", ZEEK + "modbusBig.pcap", (1,), "tcp-no-flow",
     "an answer of a connection that is older than the capture, before any request"),
    ("simulate", ZEEK + "modbusBig.pcap", (3150,), "rule", OUT_OF_ORDER),
    ("simulate", ZEEK + "modbusSmall.pcap", "*", "spoofed", "loopback addresses come by no interface"),
    ("simulate", ITI + "mb2.pcap", (19, 24), "tcp-no-flow",
     "answers of connections that are older than the capture, before any request"),
    ("simulate", ITI + "mb2.pcap", (1131, 13176), "rule", OUT_OF_ORDER),
    ("simulate", ITI + "mb2.pcap", (3008,), "stream-gap",
     "behind a segment of the answering side that the capture lacks"),
]

# Everything is allowed, and what is wrong is told and passes: streams go on behind it.
POLICY = """
otseg: 1
name: captures
zones:
  all: {level: 2, interfaces: [any0], prefixes: [0.0.0.0/0]}
intra:
  all:
    reason: "all of Modbus, to compare what is seen"
    mode: monitor
    rules:
      any: {service: modbus, functions: [1-127], units: [0-255]}
"""

WRITE_ONE = (5, 6, 22)
def numbers(node, name):
    """Values of a field, wherever it is below the node, in order."""
    return [int(f.get("show"), 0) for f in node.iter("field") if f.get("name") == name]


def tshark_ranges(code, first, bits, words, numbered):
    """Object ranges that tshark shows for one ADU, as sorted (first, last)."""
    if code == 23 and len(first) == 2:
        return sorted(zip(first, (f + n - 1 for f, n in zip(first, words))))
    if numbered:
        return [(numbered[0], numbered[-1])]
    if not first:
        return []
    if code in WRITE_ONE or code == 24:
        return [(first[0], first[0])]
    count = (bits or words or [1])[0]
    return [(first[0], first[0] + count - 1)]


def tshark_adus(path):
    """frame -> [(unit, function, is_exception, ranges)]"""
    frames = {}
    command = ["tshark", "-r", path, "-Y", "modbus", "-T", "pdml", "-J", "mbtcp modbus"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as run:
        for _, packet in xml.etree.ElementTree.iterparse(run.stdout):
            if packet.tag != "packet":
                continue
            number = None
            adus = []
            unit = None
            for proto in packet.findall("proto"):
                name = proto.get("name")
                if name == "geninfo":
                    for field in proto.findall("field"):
                        if field.get("name") == "num":
                            number = int(field.get("show"))
                elif name == "mbtcp":
                    unit = (numbers(proto, "mbtcp.unit_id") or [None])[0]
                elif name == "modbus":
                    code = (numbers(proto, "modbus.func_code") or [None])[0]
                    exception = bool(numbers(proto, "modbus.exception_code"))
                    numbered = numbers(proto, "modbus.regnum16") + numbers(proto, "modbus.bitnum")
                    adus.append((unit, code, exception,
                                 tshark_ranges(code, numbers(proto, "modbus.reference_num"),
                                               numbers(proto, "modbus.bit_cnt"),
                                               numbers(proto, "modbus.word_cnt"), numbered)))
            frames[number] = adus
            packet.clear()
    return frames


def tool_adus(arguments):
    """The same from the tool, with the verdict's reason of each frame."""
    run = subprocess.run([TOOL, "-j", "trace", *arguments], capture_output=True, check=False)
    if run.returncode:
        raise RuntimeError(f"exit code {run.returncode}: {run.stderr.decode()}")
    frames = {}
    reasons = {}
    for line in run.stdout.decode().splitlines():
        item = json.loads(line)
        if "frame" not in item:
            continue
        reasons[item["frame"]] = item.get("reason") or item.get("error")
        adus = []
        for message in item.get("messages", []):
            ranges = sorted((o["first"], o["last"]) for o in message["objects"])
            # The engine does not repeat a request's objects for the answer.
            if "verdict" in item and (item.get("reply") or "refused" in message):
                ranges = None
            adus.append((message["unit"], message["function"], "exception" in message, ranges))
        if adus:
            frames[item["frame"]] = adus
    return frames, reasons


def is_same(theirs, ours):
    if theirs is None or ours is None or len(theirs) != len(ours):
        return False
    return all(a[:3] == b[:3] and b[3] in (None, a[3]) for a, b in zip(theirs, ours))


def compare(command, name, theirs, ours, reasons):
    """Complaints about one capture; every difference must be explained, and every entry used."""
    entries = [e for e in EXPLAINED if e[0] == command and e[1] == name]
    used = [set() for _ in entries]
    complaints = []
    for number in sorted(set(theirs) | set(ours)):
        if is_same(theirs.get(number), ours.get(number)):
            continue
        for entry, frames in zip(entries, used):
            if reasons.get(number) == entry[3] and (entry[2] == "*" or number in entry[2]):
                frames.add(number)
                break
        else:
            complaints.append(f"frame {number} ({reasons.get(number)}): tshark "
                              f"{theirs.get(number)}, otseg {ours.get(number)}")
    for entry, frames in zip(entries, used):
        if not frames or (entry[2] != "*" and frames != set(entry[2])):
            complaints.append(f"explained, but no difference any more: {entry}")
    return complaints


def skip_all(why):
    print(f"TAP version 13\n1..0 # SKIP {why}")
    sys.exit(4)


def main():
    index = os.path.join(CAPTURES, "INDEX.tsv")
    if not os.path.exists(index):
        skip_all(f"no captures in {CAPTURES}")
    if not shutil.which("tshark"):
        skip_all("no tshark")
    with open(index, encoding="utf-8") as lines:
        rows = [line.split("\t") for line in lines]
    names = [row[0] for row in rows if "modbus:" in row[1]]
    print(f"TAP version 13\n1..{2 * len(names)}", flush=True)
    number = 0
    failed = 0
    with tempfile.NamedTemporaryFile("w", suffix=".yaml") as policy:
        policy.write(POLICY)
        policy.flush()
        for name in names:
            path = os.path.join(CAPTURES, name)
            theirs = tshark_adus(path)
            for arguments in (["decode", path], ["simulate", policy.name, path]):
                try:
                    complaints = compare(arguments[0], name, theirs, *tool_adus(arguments))
                except (RuntimeError, ValueError, KeyError) as error:
                    complaints = [repr(error)]
                if not theirs:
                    complaints.append("tshark sees no Modbus here: nothing was compared")
                number += 1
                failed += bool(complaints)
                for complaint in complaints[:20]:
                    print(f"# {complaint}")
                adus = sum(len(adus) for adus in theirs.values())
                print(f"{'not ok' if complaints else 'ok'} {number} - {arguments[0]} "
                      f"{name}: {adus} ADUs", flush=True)
    sys.exit(bool(failed))


if __name__ == "__main__":
    main()
