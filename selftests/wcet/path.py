# SPDX-License-Identifier: GPL-2.0-only
"""
The longest path: through a function, its loops and the functions it calls. Owns
what counts as what; where bounds come from is in turns.py and bounds.py.

A loop is folded into its header, inner ones first. Each way out of it costs
as many whole turns as it can have made by then, at the longest turn each, and the
longest way from the header to that exit. What is left has no loops.
"""
import re
import typing

from graph import Graph, GraphError
from program import CALL_BPF
from turns import Turns

METRICS = ("instructions", "lookups", "helpers", "kfuncs", "tail_calls")
HEAD = re.compile(r"\b(?:otseg_)?(?:for|while)\b ?\(")


class PathError(Exception):
    """No bound: the text says which loop has none, or what else stands in the way."""


def union(x, y):
    """Both dictionaries in one; mostly there is nothing to do."""
    return {**x, **y} if x and y else x or y


class Cost(typing.NamedTuple):
    """
    What paths take at most, each of METRICS by itself, and what is to be added once to
    that: name of a loop or function -> (Total, Cost of a turn or call).
    """
    counts: tuple = (0,) * len(METRICS)
    totals: dict = {}

    def plus(self, other, times=1):
        counts = tuple(x + y * times for x, y in zip(self.counts, other.counts))
        return Cost(counts, union(self.totals, other.totals))

    def most(self, other):
        """The worst of both; a total of one is one of the other too."""
        return Cost(tuple(map(max, self.counts, other.counts)), union(self.totals, other.totals))

    def settle(self, scope):
        """
        The totals of the function @scope added. However a pool is shared, nobody gets
        more out of it than by giving all of it to who makes most of a unit.
        """
        pools, totals = {}, {}
        for name, (total, cost) in self.totals.items():
            if total.scope != scope:
                totals[name] = (total, cost)
                continue
            spent = Cost(tuple(-(-total.size * count // total.units) for count in cost.counts))
            pools[total.pool] = spent.most(pools.get(total.pool, Cost()))
        whole = Cost(self.counts, totals)
        for spent in pools.values():
            whole = whole.plus(spent)
        return whole


def worse(x, y):
    """The worst of two costs, of which either may be None: no way."""
    return x.most(y) if x and y else x or y


class LoopReport(typing.NamedTuple):
    """One loop, for the reader."""
    function: str
    source: str
    place: str
    turns: typing.Optional[int]
    total: typing.Optional[int]
    origin: str
    cost: int


def is_inlined_lookup(insns, at):
    """
    Whether an array look-up that the verifier has put in place of the call begins
    here: r1 (the map) moves to the values, r0 = *(u32 *)r2 is the key, and is compared
    with the number of entries.
    """
    def shape(i):
        return (insns[i].op, insns[i].dst, insns[i].src) if i < len(insns) else None

    return shape(at) == (0x07, 1, 0) and shape(at + 1) == (0x61, 0, 2) and \
        insns[at + 1].off == 0 and shape(at + 2) == (0x35, 0, 0)


class Paths:
    """
    The longest paths of a program that call none of the functions @without, and nothing from
    the lines of source @without. @bounds is what people say, in @constants.
    """

    def __init__(self, program, bounds, constants, without=()):
        self.program, self.bounds, self.constants = program, bounds, constants
        self.without = frozenset(without)  # functions, and lines of the source
        self.loops = []
        self.problems = []  # loops without a bound, and bounds that are not clear
        self.said = set()  # loops that a person has bounded
        self._done, self._doing = {}, []

    def _usable(self, insn):
        return not (insn.is_call and (self.program.functions.get(insn.target) in self.without or
                                      (insn.line and insn.line[2] in self.without)))

    def of(self, start=0):
        """The longest path of the function at @start; deepest call chain; both of all it calls."""
        name = self.program.functions[start]
        if start in self._done:
            return self._done[start]
        if start in self._doing:
            raise PathError(f"recursion: {name}() is called by what it calls")
        self._doing.append(start)
        try:
            graph = Graph(self.program.insns, *self.program.ranges[start], self._usable)
        except GraphError as err:
            raise PathError(f"{name}(): {err}") from err
        self._done[start] = Function(self, name, graph).longest()
        self._doing.pop()
        return self._done[start]

    def whole(self):
        """The longest path of the program, and its deepest call chain."""
        cost, chain = self.of(min(self.program.functions))
        if self.problems:
            raise PathError("\n".join(self.problems))
        if cost is None:
            raise PathError("there is no such way through the program")
        for name, (total, _) in cost.totals.items():
            raise PathError(f"{name}: its total is one of {total.scope}(), which does not "
                            "call it on each way")
        return cost, chain


class Function:
    """One function while its longest path is looked for."""

    def __init__(self, paths, name, graph):
        self.paths, self.name, self.graph = paths, name, graph
        self.turns = Turns(graph, lambda insn: paths.bounds.turns(name, insn.line and insn.line[2],
                                                                  paths.constants))
        self.chain = ()
        self.folded = {}  # loop header -> {edge out of the loop: Cost from its header}

    def _called(self, start):
        cost, chain = self.paths.of(start)
        self.chain = max(self.chain, chain, key=len)
        return cost

    def _node(self, at):
        """Cost of one instruction, with what it calls; None if that does not come back."""
        insn = self.graph.insns[at]
        callee = insn.callee if insn.is_call else None
        is_lookup = is_inlined_lookup(self.graph.insns, at) or \
            bool(callee and callee.endswith("map_lookup_elem"))
        is_kfunc = callee is not None and insn.src == 2
        is_tail = callee == "bpf_tail_call"
        is_helper = callee is not None and not (is_kfunc or is_tail or is_lookup)
        cost = Cost((1, is_lookup, is_helper, is_kfunc, is_tail))
        if insn.is_call and insn.src == CALL_BPF:
            called = self._called(insn.target)
            return called and cost.plus(called)
        elif callee:
            back = self.turns.callback(at)
            if back:
                cost = cost.plus(self._called(back[1]) or Cost(), back[0])
        return cost

    def _region(self, start, nodes):
        """
        Go through @nodes, of which only @start is entered from outside and to which inner
        loops are folded. Gives back the costs of getting back to @start, of each edge
        out, and of the end of the function.
        """
        arrived, again, out, end = {start: Cost()}, None, {}, None
        for at in nodes:
            cost = arrived.get(at)
            if cost is None:
                continue
            if at in self.folded:
                edges = self.folded[at].items()
            elif not self.graph.next[at] and not self.graph.insns[at].is_exit:
                continue  # what it would call is left out
            else:
                node = self._node(at)
                edges = [((at, way), node) for way in self.graph.next[at] if node]
                if self.graph.insns[at].is_exit:
                    end = worse(end, cost.plus(node))
            for edge, more in edges:
                way, whole = edge[1], cost.plus(more)
                if way == start:
                    again = worse(again, whole)
                elif way in nodes:
                    arrived[way] = worse(arrived.get(way), whole)
                else:
                    out[edge] = worse(out.get(edge), whole)
        return again, out, end

    def _source(self, loop):
        """The line that names a loop: where its iterator begins, else its for or while."""
        insns = self.graph.insns
        if loop.header in self.turns.iterators:
            return insns[self.turns.iterators[loop.header].made].line
        lines = [insns[at].line for at in [loop.header, *sorted(loop.latches), *sorted(loop.nodes)]
                 if insns[at].line]
        return next((line for line in lines if HEAD.search(line[2])), lines[0] if lines else None)

    def _fold(self, loop):
        bounds, constants = self.paths.bounds, self.paths.constants
        nodes = dict.fromkeys(sorted(loop.nodes, key=self.graph.position.get))
        again, out, _ = self._region(loop.header, nodes)
        turns = self.turns.of(loop)
        file, number, text = self._source(loop) or ("", 0, f"instruction {loop.header}")
        place = f"{file.rsplit('/', 1)[-1]}:{number}"
        name = f"{self.name}: {text}"
        said = bounds.turns(self.name, text, constants)
        iterator = self.turns.iterators.get(loop.header)
        is_shown = turns is not None and (iterator is None or iterator.exact)
        if said is not None and is_shown:
            self.paths.problems.append(f"the code itself bounds this loop: {name} ({place})")
        if said is not None and name in self.paths.said:
            self.paths.problems.append(f"two loops read alike: {name} ({place})")
        if said is not None:
            self.paths.said.add(name)
        if turns is None and said is None:
            self.paths.problems.append(f"a loop without a bound: {name} ({place})")
        if turns is None:
            turns = dict.fromkeys(out, said or 0)
        origin = "code" if is_shown else "file"
        turn = again or Cost()
        most = max(turns.values(), default=0)
        total = bounds.total(self.name, text, constants)
        if total:
            for edge, cost in out.items():
                out[edge] = Cost(cost.counts, {**cost.totals, **turn.totals, name: (total, turn)})
        else:
            out = {edge: cost.plus(turn, turns[edge]) for edge, cost in out.items()
                   if edge in turns}
        self.folded[loop.header] = out
        self.paths.loops.append(LoopReport(self.name, text, place, most,
                                           total and total.size // total.units, origin,
                                           turn.counts[0]))

    def longest(self):
        for loop in self.graph.loops:
            self._fold(loop)
        nodes = dict.fromkeys(self.graph.order)
        _, _, end = self._region(self.graph.start, nodes)
        if end is None:
            return None, ()
        return end.settle(self.name), (self.name,) + self.chain
