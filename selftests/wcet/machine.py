# SPDX-License-Identifier: GPL-2.0-only
"""
Runs a program that was read back, and counts its instructions: enough of BPF,
of the kernel's helpers and of what lies behind an XDP context for the datapath.
Maps are arrays in an empty memory; their values begin where the program looks.
"""
import operator
import struct

from path import is_inlined_lookup

MASK = (1 << 64) - 1
LOW = (1 << 32) - 1
PAGE = 4096
SIZES = {0x00: 4, 0x08: 2, 0x10: 1, 0x18: 8}
MAP_AT, STACK_AT, CONTEXT_AT, QUEUE_AT, DEVICE_AT, FRAME_AT = (i << 40 for i in range(1, 7))
FRAME_ROOM = 512


_MATH = {0x0: operator.add, 0x1: operator.sub, 0x2: operator.mul, 0x4: operator.or_,
         0x5: operator.and_, 0x8: lambda x, y: -x, 0xa: operator.xor}


class MachineError(Exception):
    """Something that this machine does not have."""


class Memory:
    """All addresses; what was never written is zero."""

    def __init__(self):
        self._pages = {}

    def _page(self, address):
        page = self._pages.get(address // PAGE)
        if page is None:
            page = self._pages[address // PAGE] = bytearray(PAGE)
        return page

    def read(self, address, length):
        data = b""
        while length:
            at = address % PAGE
            part = bytes(self._page(address)[at:at + length])
            data, address, length = data + part, address + len(part), length - len(part)
        return data

    def write(self, address, data):
        while data:
            at = address % PAGE
            part = data[:PAGE - at]
            self._page(address)[at:at + len(part)] = part
            address, data = address + len(part), data[len(part):]

    def load(self, address, size):
        at = address % PAGE
        if at + size <= PAGE:
            return int.from_bytes(self._page(address)[at:at + size], "little")
        return int.from_bytes(self.read(address, size), "little")

    def store(self, address, size, value):
        self.write(address, (value & (1 << 8 * size) - 1).to_bytes(size, "little"))


def signed(value, bits):
    return value - (1 << bits) if value >> (bits - 1) else value


class Machine:
    """
    Programs with their maps, over many packets: the first one runs, and leaves a packet to
    others by their places in the list.
    """

    def __init__(self, programs):
        program = programs[0]
        self.programs, self.program, self.memory = programs, program, Memory()
        self.now_ns = self.frame_len = 0
        self._iterators = {}
        first = next(at for at in range(len(program.insns))
                     if is_inlined_lookup(program.insns, at))
        self._values = program.insns[first].imm
        self._bases = {number: MAP_AT + (i << 34) for i, number in enumerate(program.maps)}
        self._inner = {}
        for number, (_, value) in program.maps.items():
            self.memory.write(self._bases[number] + self._values, value)

    def map(self, name):
        """Where the values of a map begin."""
        number = next(n for n, (other, _) in self.program.maps.items() if other == name)
        return self._bases[number] + self._values

    def inner(self, name, value=b"", index=0):
        """
        Put a map that begins with this value into the array of maps @name; one that is there
        already is used again. Gives back where its values begin.
        """
        base = self._inner.setdefault(
            (name, index), MAP_AT + (len(self._bases) + len(self._inner) + 1 << 34))
        self.memory.store(self.map(name) + 8 * index, 8, base)
        self.memory.write(base + self._values, value)
        return base + self._values

    def per_processor(self, name, entries=1, size=0):
        """Give the only processor its own values, of so many bytes, of a map."""
        at = self.map(name)
        values = at + -(-8 * entries // PAGE) * PAGE
        for i in range(entries):
            self.memory.store(at + 8 * i, 8, values + size * i)

    def packet(self, bytes_, ifindex, now_ns):
        """Run the program on a packet. Gives back its answer and its instructions."""
        self.now_ns, self.frame_len = now_ns, len(bytes_)
        self.memory.write(FRAME_AT + FRAME_ROOM, bytes_)
        # struct xdp_buff: data, its end, metadata, headroom, receive queue
        self.memory.write(CONTEXT_AT, struct.pack(
            "<5Q", FRAME_AT + FRAME_ROOM, FRAME_AT + FRAME_ROOM + len(bytes_),
            FRAME_AT + FRAME_ROOM, FRAME_AT, QUEUE_AT))
        self.memory.store(QUEUE_AT, 8, DEVICE_AT)
        # Where a device has its number differs; nothing else is read of it.
        self.memory.write(DEVICE_AT, struct.pack("<I", ifindex) * (PAGE // 4))
        return self._run()

    def _helper(self, name, regs):
        memory = self.memory
        if name == "bpf_xdp_load_bytes":
            if regs[2] + regs[4] > self.frame_len:
                return MASK
            memory.write(regs[3], memory.read(FRAME_AT + FRAME_ROOM + regs[2], regs[4]))
        elif name == "bpf_xdp_get_buff_len":
            return self.frame_len
        elif name == "bpf_ringbuf_output":
            return 0
        elif name in ("bpf_ktime_get_coarse_ns", "bpf_ktime_get_ns"):
            return self.now_ns
        elif name == "bpf_xdp_adjust_meta":
            memory.store(CONTEXT_AT + 16, 8, memory.load(CONTEXT_AT + 16, 8) + signed(regs[2], 64))
        elif name == "bpf_csum_diff":
            words = struct.unpack(f"<{regs[4] // 4}I", memory.read(regs[3], regs[4]))
            total = sum(words) + regs[5]
            while total >> 32:
                total = (total & LOW) + (total >> 32)
            return total
        elif name == "bpf_iter_num_new":
            ends = [signed(reg & LOW, 32) for reg in regs[2:4]]
            self._iterators[regs[1]] = ends
        elif name == "bpf_iter_num_next":
            ends = self._iterators[regs[1]]
            if ends[0] >= ends[1]:
                return 0
            memory.store(regs[1], 4, ends[0])
            ends[0] += 1
            return regs[1]
        elif name != "bpf_iter_num_destroy":
            raise MachineError(f"{name}() is not known here")
        return 0

    def _atomic(self, insn, regs):
        size = SIZES[insn.op & 0x18]
        address = (regs[insn.dst] + insn.off) & MASK
        old, operand = self.memory.load(address, size), regs[insn.src]
        kind, fetches = insn.imm & 0xf0, insn.imm & 1
        new = {0x00: old + operand, 0x40: old | operand, 0x50: old & operand,
               0xa0: old ^ operand, 0xe0: operand}.get(kind)
        if kind == 0xf0:
            mask = (1 << 8 * size) - 1
            new = operand if old == regs[0] & mask else old
            regs[0] = old
        elif fetches:
            regs[insn.src] = old
        self.memory.store(address, size, new)

    @staticmethod
    def _math(insn, regs, bits):
        mask, op = (1 << bits) - 1, insn.op >> 4
        x, y = regs[insn.dst] & mask, (regs[insn.src] if insn.op & 8 else insn.imm) & mask
        if op in _MATH:
            return _MATH[op](x, y) & mask
        if op == 0xb and insn.off < 2:
            return y
        if op == 0xd:
            size = insn.imm // 8
            value = (x & (1 << insn.imm) - 1).to_bytes(size, "little")
            swaps = bits == 64 or insn.op & 8
            return int.from_bytes(value, "big" if swaps else "little")
        if op == 0xb:
            return signed(y & (1 << insn.off) - 1, insn.off) & mask
        if op in (0x3, 0x9):
            if insn.off:
                raise MachineError("no signed division here")
            return (x // y if y else 0) if op == 0x3 else (x % y if y else x)
        y &= bits - 1
        if op == 0x6:
            return x << y & mask
        return (x if op == 0x7 else signed(x, bits)) >> y & mask

    @staticmethod
    def _test(insn, regs):
        bits = 64 if insn.op & 7 == 5 else 32
        mask, op = (1 << bits) - 1, insn.op >> 4
        x, y = regs[insn.dst] & mask, (regs[insn.src] if insn.op & 8 else insn.imm) & mask
        if op in (0x6, 0x7, 0xc, 0xd):
            x, y = signed(x, bits), signed(y, bits)
        if op == 0x1:
            return x == y
        if op == 0x5:
            return x != y
        if op in (0x2, 0x6):
            return x > y
        if op in (0x3, 0x7):
            return x >= y
        if op in (0xa, 0xc):
            return x < y
        return x <= y if op in (0xb, 0xd) else x & y

    def _run(self):
        insns, memory = self.programs[0].insns, self.memory
        regs = [0, CONTEXT_AT] + [0] * 8 + [STACK_AT]
        calls, at, count = [], 0, 0
        while True:
            insn = insns[at]
            kind = insn.op & 7
            count += 1
            at += 1
            if kind in (7, 4):
                regs[insn.dst] = self._math(insn, regs, 64 if kind == 7 else 32)
            elif kind == 1:
                size = SIZES[insn.op & 0x18]
                value = memory.load((regs[insn.src] + insn.off) & MASK, size)
                if insn.op & 0xe0 == 0x80:
                    value = signed(value, 8 * size) & MASK
                regs[insn.dst] = value
            elif insn.op == 0x95:
                if not calls:
                    return regs[0] & LOW, count
                at, regs[6:] = calls.pop()
            elif insn.op == 0x85 and insn.target is not None:
                calls.append((at, regs[6:]))
                regs[10] -= PAGE
                at = insn.target
            elif insn.op == 0x85 and insn.callee == "bpf_tail_call":
                insns, at, calls = self.programs[regs[3]].insns, 0, []
                regs = [0, CONTEXT_AT] + [0] * 8 + [STACK_AT]
            elif insn.op == 0x85:
                regs[0] = self._helper(insn.callee, regs)
            elif kind in (5, 6):
                if insn.always_jumps or self._test(insn, regs):
                    at += insn.jump
            elif kind == 3 and insn.op & 0xe0 == 0xc0:
                self._atomic(insn, regs)
            elif kind in (2, 3) and insn.op & 0xe0 == 0x60:
                memory.store((regs[insn.dst] + insn.off) & MASK, SIZES[insn.op & 0x18],
                             regs[insn.src] if kind == 3 else insn.imm)
            elif insn.wide:
                high = insns[at].imm
                regs[insn.dst] = (insn.imm & LOW) | (high & LOW) << 32
                if insn.src == 1:
                    regs[insn.dst] = self._bases[insn.imm]
                elif insn.src == 2:
                    regs[insn.dst] = self._bases[insn.imm] + self._values + high
                at += 1
            elif insn.op != 0xc0:
                raise MachineError(f"operation {insn.op:#x} is not known here")
