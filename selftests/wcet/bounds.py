# SPDX-License-Identifier: GPL-2.0-only
"""
What people say about loops: the file of bounds, and the constants of the source
that it counts in. Owns its syntax, and that no line of it has become stale.
"""
import ast
import operator
import pathlib
import re
import typing

from fields import read_fields

HEADERS = ("include/otseg", "bpf/engine", "bpf/proto", "bpf")
DEFINE = re.compile(r"^#define[ \t]+(\w+)[ \t]+(.+?)(?:[ \t]*/[*/].*)?$", re.M)
OPERATORS = {ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul,
             ast.Div: operator.floordiv, ast.FloorDiv: operator.floordiv,
             ast.LShift: operator.lshift}
KINDS = {"set": 3, "loop": 4, "pool": 4, "total": 5, "part": 3, "again": 2}


class BoundsError(Exception):
    """A line that says nothing, or something wrong."""


class Constants:
    """The numbers that headers under @top define, and those that @settings put in their place."""

    def __init__(self, top, settings):
        self._texts = {}
        for folder in HEADERS:
            for header in sorted(pathlib.Path(top, folder).glob("*.h")):
                self._texts.update(DEFINE.findall(header.read_text(encoding="utf-8")))
        self._settings = settings

    def knows(self, name):
        return name in self._texts or name in self._settings

    def value(self, text):
        """The value of an expression of numbers, names and + - * / <<."""
        try:
            return self._of(ast.parse(re.sub(r"(?<=[0-9a-fA-F])[uUlL]+\b", "", str(text)).strip(),
                                      mode="eval").body)
        except SyntaxError:
            raise BoundsError(f"'{text}' is no number and no sum of numbers") from None

    def _of(self, node):
        if isinstance(node, ast.Constant) and isinstance(node.value, int):
            return node.value
        if isinstance(node, ast.BinOp) and type(node.op) in OPERATORS:
            return OPERATORS[type(node.op)](self._of(node.left), self._of(node.right))
        if isinstance(node, ast.Name) and node.id in self._settings:
            return self.value(self._settings[node.id])
        if isinstance(node, ast.Name) and node.id in self._texts:
            return self.value(self._texts[node.id])
        raise BoundsError(f"'{ast.unparse(node)}' is no constant of the source")


class Total(typing.NamedTuple):
    """
    What all turns of a loop take together during one run of the function @scope: @units for
    each, of the @size of @pool.
    """
    pool: str
    size: int
    scope: str
    units: int


class Bounds:
    """The file at @path, or nothing said at all."""

    def __init__(self, path=None):
        self._lines = []
        self._used = set()
        if not path:
            return
        for place, words in read_fields(path):
            if len(words) != KINDS.get(words[0], 0) + 1 or not words[-1]:
                raise BoundsError(f"{place}: not one of: " + ", ".join(
                    f"{kind} with {n} more fields" for kind, n in KINDS.items()))
            self._lines.append((place, words))

    def _find(self, kind, *names):
        for place, words in self._lines:
            if (words[0], *words[1:1 + len(names)]) == (kind, *names):
                self._used.add(place)
                return words[1 + len(names):]
        return None

    def settings(self):
        """Constants that the file itself lays down."""
        return {words[1]: words[2] for _, words in self._lines if words[0] == "set"}

    def turns(self, function, source, constants):
        """How often the loop at this line of source turns each time, None: nothing is said."""
        found = self._find("loop", function, source)
        return constants.value(found[0]) if found else None

    def total(self, function, source, constants):
        """The pool that the turns of this loop are taken from, None: they are counted each time."""
        found = self._find("total", function, source)
        if not found:
            return None
        pool = self._find("pool", found[0])
        if not pool:
            raise BoundsError(f"there is no pool '{found[0]}'")
        return Total(found[0], constants.value(pool[0]), pool[1], constants.value(found[1]))

    def parts(self, programs):
        """Parts of functions that have a name of their own: name -> the line of source that calls."""
        parts = {words[1]: words[2] for _, words in self._lines if words[0] == "part"}
        calls = {insn.line[2] for program in programs for insn in program.insns
                 if insn.is_call and insn.line}
        for name, line in parts.items():
            if line in calls:
                self._find("part", name)
        return parts

    def again(self, constants):
        """How often a frame may be judged from the start once more."""
        found = self._find("again")
        return constants.value(found[0]) if found else None

    def stale(self):
        """Lines that have bounded nothing."""
        return [f"{place}: the program has no such {words[0]} (any more): {words[1]}" +
                (f": {words[2]}" if words[0] in ("loop", "total") else "")
                for place, words in self._lines
                if words[0] != "set" and place not in self._used]
