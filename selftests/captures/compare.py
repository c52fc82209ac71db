#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
#
# What `otseg trace decode` says of captures is what tshark says of them, message by
# message, for every protocol that has a selftests/proto/*/dissector.py:
#
#   SERVICE                   name of the service
#   FILTER                    tshark display filter of the frames to look at
#   messages(protos, frame)   <proto> elements of a frame -> messages, in order; each a
#                             dict with keys of `otseg trace decode -j`, of which those
#                             that are there are compared
#   explain(capture, frame, theirs, ours)
#                             name of a known disagreement, or None; a message that only
#                             one of both sees is None at the other, or {"error": reason}
#                             where otseg refuses what the frame holds; missing where
#                             nothing differs
#   OPTIONS                   of tshark, may be missing
#   LAYERS                    protocols that messages() reads, for speed; may be missing
#   ENGINE                    False: a policy of one zone does not lead to the engine's
#                             inspector; may be missing
#
# Every disagreement must be known by name, and 99.9 % of the messages must agree, not counting
# those that only one side sees and a name explains. It does not prove that either is right where both agree.
#
# The engine is asked too (`otseg trace simulate`): where it inspects a frame of a flow that
# it knows, it must find the same messages in it as `otseg trace decode`.
#
#   compare.py [-v] [SERVICE]...    all, or some; -v shows what is explained as well
#
# CAPTURES is the folder of captures, OTSEG the tool.

import collections
import concurrent.futures
import contextlib
import glob
import importlib.util
import json
import os
import re
import shutil
import struct
import subprocess
import sys
import tempfile
import traceback
import xml.etree.ElementTree

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))
BUILD = os.environ.get("O", os.path.join(TOP, "build"))
CAPTURES = os.path.abspath(os.environ.get("CAPTURES", os.path.join(TOP, "..", "shared", "captures")))
TOOL = os.environ.get("OTSEG", os.path.join(BUILD, "otseg"))
AGREEMENT = 0.999
SEGMENT_MESSAGES = 32  # OTSEG_SEGMENT_PDUS
EXAMPLES = 10  # of each kind of disagreement that are shown

# Whatever the service, what its rule does not cover is told and passes: streams go on behind it.
POLICY = """
otseg: 1
name: captures
zones:
  all: {level: 2, interfaces: [any0], prefixes: [0.0.0.0/0]}
intra:
  all:
    reason: "to compare what is seen"
    mode: monitor
    rules:
      any: {service: %s}
"""
# Reasons of frames whose messages have been judged.
JUDGED = {"rule", "flow", "function-unknown", "unit", "access", "function", "object", "field", "value"}


def load(path):
    """A dissector.py as a module."""
    spec = importlib.util.spec_from_file_location("dissector", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def captures():
    """Names of all captures, relative to their folder."""
    names = []
    for folder, _, files in os.walk(CAPTURES):
        names += [os.path.relpath(os.path.join(folder, file), CAPTURES) for file in files
                  if re.search(r"\.(pcap|pcapng|cap|dmp|trace)$", file)]
    return sorted(names)


def protocols(name):
    """Names of the protocols that tshark sees in a capture."""
    run = subprocess.run(["tshark", "-r", os.path.join(CAPTURES, name), "-T", "fields",
                          "-e", "frame.protocols"],
                         stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False)
    return sorted({word for line in set(run.stdout.decode().split()) for word in line.split(":")})


def contents(workers):
    """capture -> protocols; kept in a file, by size and time of each capture."""
    path = os.path.join(BUILD, "captures.json")
    known = {}
    if os.path.exists(path):
        with open(path, encoding="utf-8") as kept:
            known = json.load(kept)
    stamps = {name: os.stat(os.path.join(CAPTURES, name)) for name in captures()}
    stamps = {name: [stat.st_size, int(stat.st_mtime)] for name, stat in stamps.items()}
    new = [name for name in stamps if known.get(name, [None])[0] != stamps[name]]
    for name, found in zip(new, workers.map(protocols, new)):
        known[name] = [stamps[name], found]
    os.makedirs(BUILD, exist_ok=True)
    with open(path, "w", encoding="utf-8") as kept:
        json.dump(known, kept)
    return {name: set(known[name][1]) for name in stamps}


def has_filter(dissector, found):
    """Whether the display filter can find something, by the protocols that it names."""
    return any(word.split(".")[0] in found
               for word in re.findall(r"[a-z_][\w.-]*", dissector.FILTER))


def of_tshark(dissector, name):
    """frame -> messages"""
    command = ["tshark", "-r", os.path.join(CAPTURES, name), "-Y", dissector.FILTER, "-T", "pdml",
               *getattr(dissector, "OPTIONS", [])]
    if hasattr(dissector, "LAYERS"):
        command += ["-J", dissector.LAYERS]
    frames = {}
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as run:
        for _, packet in xml.etree.ElementTree.iterparse(run.stdout):
            if packet.tag != "packet":
                continue
            protos = packet.findall("proto")
            frame = int(protos[0].find("field[@name='num']").get("show"))
            frames[frame] = dissector.messages(protos, frame)
            packet.clear()
    return frames


@contextlib.contextmanager
def ethernet(name):
    """
    A capture as otseg reads it: what was taken without Ethernet headers (link type NULL, RAW,
    SLL, IPV4 or IPV6) gets some.
    """
    path = os.path.join(CAPTURES, name)
    with tempfile.NamedTemporaryFile(suffix=".pcap") as plain, \
            tempfile.NamedTemporaryFile(suffix=".pcap") as framed:
        subprocess.run(["editcap", "-F", "pcap", path, plain.name], stdout=subprocess.DEVNULL,
                       stderr=subprocess.DEVNULL, check=False)
        data = plain.read()
        link = struct.unpack_from("<I", data, 20)[0] if len(data) >= 24 else 1
        strip = {0: 4, 12: 0, 101: 0, 113: 16, 228: 0, 229: 0}.get(link)
        if strip is None:
            yield path
            return
        framed.write(data[:20] + struct.pack("<I", 1))
        at = 24
        while at < len(data):
            stamp = data[at:at + 8]
            length, whole = struct.unpack_from("<II", data, at + 8)
            packet = data[at + 16 + strip:at + 16 + length]
            kind = b"\x86\xdd" if packet[:1] and packet[0] >> 4 == 6 else b"\x08\x00"
            framed.write(stamp + struct.pack("<II", len(packet) + 14, whole - strip + 14) +
                         b"\x02\0\0\0\0\x02\x02\0\0\0\0\x01" + kind + packet)
            at += 16 + length
        framed.flush()
        yield framed.name


def of_otseg(dissector, file):
    """frame -> messages, frame -> reason why the rest of it was refused"""
    run = subprocess.run([TOOL, "-j", "trace", "decode", file], capture_output=True, check=False)
    if run.returncode:
        raise RuntimeError(f"otseg: exit code {run.returncode}: {run.stderr.decode()}")
    frames = collections.defaultdict(list)
    errors = {}
    for text in run.stdout.decode().splitlines():
        line = json.loads(text)
        for message in line.get("messages", []):
            if message.get("service", line["service"]) == dissector.SERVICE:
                message["direction"] = line["direction"]
                frames[line["frame"]].append(message)
        if "error" in line:
            errors[line["frame"]] = line["error"]
    return frames, errors


def of_engine(dissector, name, file, decoded, errors):
    """How many frames the engine judged, and those in which it finds other messages."""
    with tempfile.NamedTemporaryFile("w", suffix=".yaml") as policy:
        policy.write(POLICY % dissector.SERVICE)
        policy.flush()
        run = subprocess.run([TOOL, "-j", "trace", "simulate", policy.name, file],
                             capture_output=True, check=False)
    if run.returncode:
        raise RuntimeError(f"otseg: exit code {run.returncode}: {run.stderr.decode()}")
    judged = 0
    differ = []
    for text in run.stdout.decode().splitlines():
        line = json.loads(text)
        if line.get("service") != dissector.SERVICE or line["reason"] not in JUDGED:
            continue
        judged += 1
        # The decoder names no message in what does not parse.
        seen = [message for message in line.get("messages", [])
                if message.get("refused", "") != errors.get(line["frame"])]
        known = decoded.get(line["frame"], [])
        why = None
        if len(seen) == SEGMENT_MESSAGES < len(known):
            why = "the engine takes no more messages of a segment"
            known = known[:SEGMENT_MESSAGES]
        # An answer that does not tell its function is only known to the decoder.
        keys = [[key for key in ("kind", "unit", "function") if key in message] for message in seen]
        same = len(seen) == len(known) and all(
            message[key] == other.get(key) for message, other, named in zip(seen, known, keys)
            for key in named)
        if why or not same:
            differ.append((why if same else None, f"{name} frame {line['frame']} ({line['reason']}): "
                           f"engine {json.dumps(seen)}, decoder {json.dumps(known)}", False))
    return judged, differ


def is_same(theirs, ours):
    """Whether ours has whatever theirs has."""
    if isinstance(theirs, dict):
        return isinstance(ours, dict) and all(is_same(theirs[key], ours.get(key)) for key in theirs)
    if isinstance(theirs, (list, tuple)):
        return (isinstance(ours, list) and len(theirs) == len(ours) and
                all(is_same(a, b) for a, b in zip(theirs, ours)))
    return theirs == ours


def align(theirs, ours):
    """Pairs of messages of a frame, in order, so that most agree; None: nothing on this side."""
    best = [[0] * (len(ours) + 1) for _ in range(len(theirs) + 1)]
    for i in reversed(range(len(theirs))):
        for k in reversed(range(len(ours))):
            best[i][k] = (best[i + 1][k + 1] + 1 if is_same(theirs[i], ours[k]) else
                          max(best[i + 1][k], best[i][k + 1]))
    pairs = []
    left, right = [], []  # what lies between two that agree

    def flush():
        for n in range(max(len(left), len(right))):
            pairs.append((left[n] if n < len(left) else None, right[n] if n < len(right) else None))
        left.clear()
        right.clear()

    i = k = 0
    while i < len(theirs) or k < len(ours):
        if i < len(theirs) and k < len(ours) and is_same(theirs[i], ours[k]):
            flush()
            pairs.append((theirs[i], ours[k]))
            i, k = i + 1, k + 1
        elif k == len(ours) or (i < len(theirs) and best[i + 1][k] >= best[i][k + 1]):
            left.append(theirs[i])
            i += 1
        else:
            right.append(ours[k])
            k += 1
    flush()
    return pairs


def compare(path, name):
    """
    Agreed messages of a capture, frames that the engine judged, and what differs:
    [(explanation or None, text, whether both see it)]
    """
    dissector = load(path)
    explain = getattr(dissector, "explain", lambda *_: None)
    agreed = judged = 0
    differ = []
    try:
        theirs = of_tshark(dissector, name)
        with ethernet(name) as file:
            ours, errors = of_otseg(dissector, file)
            if getattr(dissector, "ENGINE", True):
                judged, others = of_engine(dissector, name, file, ours, errors)
                differ += others
        for frame in sorted(set(theirs) | set(ours)):
            for a, b in align(theirs.get(frame, []), ours.get(frame, [])):
                if a is not None and b is not None and is_same(a, b):
                    agreed += 1
                    continue
                both = a is not None and b is not None
                if b is None and frame in errors:
                    b = {"error": errors[frame]}
                why = explain(name, frame, a, b)
                differ.append((why, f"{name} frame {frame}: tshark {json.dumps(a)}, "
                                    f"otseg {json.dumps(b)}", both))
    except Exception:  # of a dissector: as good as a disagreement
        differ.append((None, f"{name}: {traceback.format_exc()}", True))
    return agreed, judged, differ


def report(service, results, verbose):
    """Prints what came of one protocol. Return: whether it is well."""
    agreed = sum(count for count, _, _ in results)
    judged = sum(count for _, count, _ in results)
    by_name = collections.defaultdict(list)
    against = 0
    for _, _, differ in results:
        for why, text, seen_by_both in differ:
            by_name[why].append(text)
            against += seen_by_both or not why
    for why, texts in sorted(by_name.items(), key=lambda item: str(item[0])):
        print(f"#   {len(texts)}: {why or 'UNEXPLAINED'}")
        for text in texts[:EXAMPLES] if verbose or not why else []:
            print("\n".join(f"#     {line}" for line in text.splitlines()))
    differ = sum(len(texts) for texts in by_name.values())
    share = agreed / (agreed + against) if agreed + against else 0.0
    well = share >= AGREEMENT and None not in by_name
    return well, (f"{service}: {len(results)} captures, {agreed + differ} messages, "
                  f"{agreed} agreed, {100 * share:.2f} % but for what one side sees and is explained; "
                  f"{judged} frames judged by the engine")


def skip_all(why):
    print(f"TAP version 13\n1..0 # SKIP {why}")
    sys.exit(4)


def main():
    arguments = sys.argv[1:]
    verbose = "-v" in arguments
    chosen = [argument for argument in arguments if argument != "-v"]
    if not os.path.isdir(CAPTURES):
        skip_all(f"no captures in {CAPTURES}")
    if not shutil.which("tshark"):
        skip_all("no tshark")
    dissectors = {load(path).SERVICE: path
                  for path in sorted(glob.glob(os.path.join(TOP, "selftests/proto/*/dissector.py")))}
    if chosen:
        dissectors = {name: path for name, path in dissectors.items() if name in chosen}
    print(f"TAP version 13\n1..{len(dissectors)}", flush=True)
    failed = 0
    with concurrent.futures.ProcessPoolExecutor(os.cpu_count()) as workers:
        found = contents(workers)
        for number, (service, path) in enumerate(dissectors.items(), 1):
            dissector = load(path)
            names = [name for name in found if has_filter(dissector, found[name])]
            if not names:
                print(f"ok {number} - {service} # SKIP no capture has it", flush=True)
                continue
            results = list(workers.map(compare, [path] * len(names), names))
            well, text = report(service, results, verbose)
            failed += not well
            print(f"{'ok' if well else 'not ok'} {number} - {text}", flush=True)
    sys.exit(bool(failed))


if __name__ == "__main__":
    main()
