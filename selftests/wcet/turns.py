# SPDX-License-Identifier: GPL-2.0-only
"""
How often a loop turns, found out by running it on what is known: constants in
registers, frame addresses and the kernel's number iterators. Where a branch is
not decided by these both ways are taken, and what they leave is merged. A loop
that this does not end is one that a person has to bound.
"""
import operator
import typing

MASK = (1 << 64) - 1
TURNS_MAX = 1 << 14
SOME = "some pointer, not NULL"
CALLBACKS_LATER = ("bpf_timer_set_callback",)


class TurnsError(Exception):
    """A program that is bounded by something that this does not know."""


def _signed(value, bits):
    return value - (1 << bits) if value >> (bits - 1) else value


_MATH = {0x0: operator.add, 0x1: operator.sub, 0x2: operator.mul, 0x4: operator.or_,
         0x5: operator.and_, 0x6: lambda x, y: x << (y & 63), 0x7: lambda x, y: x >> (y & 63),
         0xa: operator.xor, 0xb: lambda x, y: y}
_TESTS = {0x1: operator.eq, 0x2: operator.gt, 0x3: operator.ge, 0x4: operator.and_,
          0x5: operator.ne, 0xa: operator.lt, 0xb: operator.le,
          0x6: operator.gt, 0x7: operator.ge, 0xc: operator.lt, 0xd: operator.le}
_SIGNED = (0x6, 0x7, 0xc, 0xd)


class Iterator(typing.NamedTuple):
    """
    A bpf_iter_num in the frame: begun at instruction @made, with @left values to come,
    or at most so many if it is not @exact; None: any number.
    """
    made: int
    left: typing.Optional[int]
    exact: bool


class State:
    """
    Registers: a number, ("frame", offset), ("function", start), SOME or None. Iterators
    by their offset; the verifier lets nothing else write to where they lie.
    """

    def __init__(self, regs, iterators):
        self.regs, self.iterators = regs, iterators

    def __eq__(self, other):
        return self.regs == other.regs and self.iterators == other.iterators

    def copy(self):
        return State(list(self.regs), dict(self.iterators))

    def merge(self, other):
        regs = [x if x == y else None for x, y in zip(self.regs, other.regs)]
        return State(regs, {at: it for at, it in self.iterators.items()
                            if other.iterators.get(at) == it})


def _slot(value):
    return value[1] if isinstance(value, tuple) and value[0] == "frame" else None


class Turns:
    """
    The loops of one function. @limit(instruction, line) is what a person says about
    an iterator that begins there with an end that is not constant, or None.
    """

    def __init__(self, graph, limit):
        self.graph = graph
        self.limit = limit
        self.entered = {}  # loop header -> state in which the loop is entered
        self.before = {}  # instruction -> state, merged over all ways to it
        self.iterators = {}  # loop header -> the iterator that it asks
        self._headers = {loop.header: loop for loop in graph.loops}
        self._slots = {}  # call for an iterator -> its place in the frame
        first = State([None] * 10 + [("frame", 0)], {})
        self._walk(graph.start, first, graph.order, None)
        # Now it is known which loops use which iterators: once more, forgetting less.
        self._slots = {at: _slot(state.regs[1]) for at, state in self.before.items()
                       if (graph.insns[at].callee or "").startswith("bpf_iter_num")}
        self.entered, self.before = {}, {}
        self._walk(graph.start, first, graph.order, None)

    def _call(self, at, insn, state):
        regs = state.regs
        answer, slot = None, _slot(regs[1])
        if insn.callee == "bpf_iter_num_new" and slot is not None:
            state.iterators.pop(slot, None)
            first, end = regs[2], regs[3]
            if isinstance(first, int) and isinstance(end, int):
                left = max(0, _signed(end & 0xffffffff, 32) - _signed(first & 0xffffffff, 32))
                state.iterators[slot] = Iterator(at, left, True)
            else:
                left = self.limit(insn)
                state.iterators[slot] = Iterator(at, left, False)
        elif insn.callee == "bpf_iter_num_next" and slot in state.iterators:
            it = state.iterators[slot]
            if it.left == 0:
                answer = 0
            elif it.left is not None:
                answer = SOME if it.exact else None
                state.iterators[slot] = Iterator(it.made, it.left - 1, it.exact)
        elif insn.callee == "bpf_iter_num_destroy":
            state.iterators.pop(slot, None)
        state.regs[0:6] = [answer] + [None] * 5

    def _step(self, at, state):
        """The state after an instruction."""
        insn = self.graph.insns[at]
        state = state.copy()
        kind, op, regs = insn.op & 7, insn.op >> 4, state.regs
        if insn.is_call:
            self._call(at, insn, state)
        elif insn.op == 0x18:
            regs[insn.dst] = ("function", insn.target) if insn.target is not None else None
        elif kind in (0, 1):
            regs[insn.dst] = None
        elif kind == 3 and insn.op & 0xe0 == 0xc0:
            regs[insn.src] = regs[0] = None  # an atomic may fetch into either
        elif kind in (4, 7):
            regs[insn.dst] = self._math(insn, kind, op, regs)
        return state

    @staticmethod
    def _math(insn, kind, op, regs):
        x, y = regs[insn.dst], regs[insn.src] if insn.op & 8 else insn.imm & MASK
        if op == 0xb and kind == 7 and not insn.off:
            return y
        if op == 0 and kind == 7 and _slot(x) is not None and isinstance(y, int):
            return ("frame", x[1] + _signed(y, 64))
        if op not in _MATH or insn.off or not isinstance(y, int) or \
                (op != 0xb and not isinstance(x, int)):
            return None
        x = x if isinstance(x, int) else 0
        if kind == 4:
            x, y = x & 0xffffffff, y & (0x1f if op in (0x6, 0x7) else 0xffffffff)
            return _MATH[op](x, y) & 0xffffffff
        return _MATH[op](x, y) & MASK

    def _ways(self, at, state):
        """Where control may go from an instruction in this state."""
        insn = self.graph.insns[at]
        ways = self.graph.next[at]
        if insn.jump is None or insn.always_jumps or len(ways) < 2:
            return ways
        x, y = state.regs[insn.dst], state.regs[insn.src] if insn.op & 8 else insn.imm & MASK
        op, bits = insn.op >> 4, 64 if insn.op & 7 == 5 else 32
        if x == SOME and y == 0 and bits == 64 and op in (0x1, 0x5):
            taken = op == 0x5
        elif isinstance(x, int) and isinstance(y, int) and op in _TESTS:
            x, y = x & (1 << bits) - 1, y & (1 << bits) - 1
            if op in _SIGNED:
                x, y = _signed(x, bits), _signed(y, bits)
            taken = bool(_TESTS[op](x, y))
        else:
            return ways
        return [at + 1 + insn.jump if taken else at + 1]

    def _forget(self, loop, state):
        """@state, without what any turn of the loop changes."""
        state = state.copy()
        for at in loop.nodes:
            insn = self.graph.insns[at]
            kind = insn.op & 7
            if insn.is_call:
                state.regs[0:6] = [None] * 6
                if insn.callee and insn.callee.startswith("bpf_iter_num"):
                    slot = self._slots.get(at)
                    state.iterators = {i: it for i, it in state.iterators.items()
                                       if slot not in (None, i)}
            elif kind in (0, 1, 4, 7):
                state.regs[insn.dst] = None
            elif kind == 3:
                state.regs[insn.src] = state.regs[0] = None
        return state

    def _walk(self, start, state, nodes, loop):
        """
        Go through @nodes once, in order, from @start. Gives back the state that comes
        back to @start, None if none does, and the edges that lead out.
        """
        states, again, left = {start: state}, None, set()
        for at in nodes:
            state = states.pop(at, None)
            if state is None:
                continue
            if at in self._headers and (loop is None or at != start):
                old = self.entered.get(at)
                if loop is None:
                    self.entered[at] = state if old is None else old.merge(state)
                state = self._forget(self._headers[at], state)
            if loop is None:
                self.before[at] = state
            elif self.graph.insns[at].callee == "bpf_iter_num_next":
                it = state.iterators.get(_slot(state.regs[1]))
                if it and self._inner(at) is loop:
                    self.iterators[start] = it
            after = self._step(at, state)
            for way in self._ways(at, after):
                if loop and way == start:
                    again = after if again is None else again.merge(after)
                elif loop and way not in loop.nodes:
                    left.add((at, way))
                elif self.graph.position[way] > self.graph.position[at]:
                    states[way] = after if way not in states else states[way].merge(after)
        return again, left

    def _inner(self, at):
        return next(loop for loop in self.graph.loops if at in loop.nodes)

    def of(self, loop):
        """
        Edge out of the loop -> how often at most the loop has turned when it is left there.
        None: nothing here says so.
        """
        state = self.entered.get(loop.header)
        if state is None:
            return {}
        nodes = sorted(loop.nodes, key=self.graph.position.get)
        exits = {}
        for turn in range(TURNS_MAX):
            again, left = self._walk(loop.header, state, nodes, loop)
            exits.update(dict.fromkeys(left, turn))
            if again is None:
                return exits
            if again == state:
                break
            state = again
        return None

    def callback(self, at):
        """(times, start) of the function that the helper called at @at calls back, or None."""
        insn, state = self.graph.insns[at], self.before.get(at)
        given = [r[1] for r in (state.regs[1:6] if state else [])
                 if isinstance(r, tuple) and r[0] == "function"]
        if not given or insn.callee in CALLBACKS_LATER:
            return None
        if insn.callee != "bpf_loop" or not isinstance(state.regs[1], int):
            raise TurnsError(f"{insn.callee}() at instruction {at} calls back, it is not known "
                             "how often")
        return state.regs[1], given[0]
