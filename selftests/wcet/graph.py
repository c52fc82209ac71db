# SPDX-License-Identifier: GPL-2.0-only
"""
The control flow of one function, instruction by instruction: what follows what,
what dominates what, and its natural loops. Knows no bounds and no costs.
"""


class GraphError(Exception):
    """The control flow is none that a bound can be computed for."""


class Loop:
    """
    A natural loop: @nodes that can come back to @header without leaving, through
    the jumps from @latches.
    """

    def __init__(self, header):
        self.header = header
        self.latches = set()
        self.nodes = {header}
        self.parent = None


class Graph:
    """The instructions from @start to before @end, where @usable says that they may be run."""

    def __init__(self, insns, start, end, usable=lambda insn: True):
        self.insns = insns
        self.start = start
        self.end = end
        self.next = {}
        self._reach(usable)
        self.order = self._order()
        self.position = {node: i for i, node in enumerate(self.order)}
        self.before = {node: [] for node in self.order}
        for node in self.order:
            for following in self.next[node]:
                self.before[following].append(node)
        self.above = self._dominators()
        self.loops = self._loops()

    def _followers(self, at):
        insn = self.insns[at]
        size = 2 if insn.wide else 1
        if insn.is_exit:
            return []
        if insn.jump is None:
            return [at + size]
        if insn.always_jumps:
            return [at + 1 + insn.jump]
        return [at + 1, at + 1 + insn.jump]

    def _reach(self, usable):
        todo = [self.start]
        while todo:
            at = todo.pop()
            if at in self.next:
                continue
            if not self.start <= at < self.end or self.insns[at].filler:
                raise GraphError(f"control leaves the function at instruction {at}")
            # A path ends where it would do what is not asked about.
            follow = self._followers(at) if usable(self.insns[at]) else []
            self.next[at] = list(dict.fromkeys(follow))
            todo += self.next[at]

    def _order(self):
        """Reverse postorder."""
        done, seen = [], {self.start}
        stack = [(self.start, iter(self.next[self.start]))]
        while stack:
            node, rest = stack[-1]
            for following in rest:
                if following not in seen:
                    seen.add(following)
                    stack.append((following, iter(self.next[following])))
                    break
            else:
                done.append(node)
                stack.pop()
        return done[::-1]

    def _dominators(self):
        """Immediate dominators (Cooper, Harvey and Kennedy)."""
        above = {self.start: self.start}
        changed = True
        while changed:
            changed = False
            for node in self.order[1:]:
                known = [b for b in self.before[node] if b in above]
                new = known[0]
                for other in known[1:]:
                    while new != other:
                        while self.position[new] > self.position[other]:
                            new = above[new]
                        while self.position[other] > self.position[new]:
                            other = above[other]
                if above.get(node) != new:
                    above[node] = new
                    changed = True
        return above

    def dominates(self, upper, lower):
        """Whether every way to @lower leads through @upper."""
        while self.position[lower] > self.position[upper]:
            lower = self.above[lower]
        return lower == upper

    def _loops(self):
        """Loops, inner ones first."""
        loops = {}
        for node in self.order:
            for following in self.next[node]:
                if self.position[following] > self.position[node]:
                    continue
                if not self.dominates(following, node):
                    raise GraphError("a loop with two entries (irreducible) at instruction "
                                     f"{following}")
                loops.setdefault(following, Loop(following)).latches.add(node)
        for loop in loops.values():
            todo = [latch for latch in loop.latches if latch != loop.header]
            while todo:
                node = todo.pop()
                if node not in loop.nodes:
                    loop.nodes.add(node)
                    todo += self.before[node]
        found = sorted(loops.values(), key=lambda loop: len(loop.nodes))
        for i, loop in enumerate(found):
            loop.parent = next((outer for outer in found[i + 1:]
                                if loop.header in outer.nodes), None)
        return found
