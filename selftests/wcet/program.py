# SPDX-License-Identifier: GPL-2.0-only
"""
A BPF program as the kernel runs it: loaded through libbpf, never attached, and
read back after the verifier has rewritten it. Owns how instructions, function
names and source lines get here; judges nothing.
"""
import ctypes as c
import os
import struct

INSN = struct.Struct("<BBhi")
CALL_HELPER, CALL_BPF, CALL_KFUNC = 0, 1, 2
PSEUDO_FUNC = 4


class ProgramError(Exception):
    """The program cannot be read; the text says why."""


class Insn:
    """One instruction. A 16 byte load is one, with @wide set, and a filler after it."""

    def __init__(self, raw):
        self.op, regs, self.off, self.imm = INSN.unpack(raw)
        self.dst, self.src = regs & 15, regs >> 4
        self.wide = False
        self.filler = False
        self.callee = None  # name of a helper or kfunc that is called
        self.target = None  # first instruction of the BPF function that is called or named
        self.line = None  # (file, line number, text of the line)

    @property
    def is_jump(self):
        return self.op & 7 in (5, 6)

    @property
    def is_exit(self):
        return self.op == 0x95

    @property
    def is_call(self):
        return self.op == 0x85

    @property
    def jump(self):
        """The jump's distance; None if it is no jump."""
        if not self.is_jump or self.is_call or self.is_exit:
            return None
        return self.imm if self.op == 0x06 else self.off

    @property
    def always_jumps(self):
        return self.op in (0x05, 0x06)


class Program:
    """Instructions, where each function begins, and the maps that they name."""

    def __init__(self, insns, functions, maps=None):
        self.insns = insns
        self.functions = functions  # first instruction -> name
        self.maps = maps or {}  # number in the kernel -> (name, the value it begins with)
        starts = sorted(functions)
        self.ranges = dict(zip(starts, zip(starts, starts[1:] + [len(insns)])))


class InfoFunc(c.Structure):
    _fields_ = [("insn_off", c.c_uint32), ("type_id", c.c_uint32)]


class InfoLine(c.Structure):
    _fields_ = [("insn_off", c.c_uint32), ("file_off", c.c_uint32), ("text_off", c.c_uint32),
                ("line_col", c.c_uint32)]


class Info(c.Structure):
    """struct bpf_prog_info (uapi/linux/bpf.h) as of Linux 5.2; it only grows at the end."""
    _fields_ = [("type", c.c_uint32), ("id", c.c_uint32), ("tag", c.c_uint8 * 8),
                ("jited_len", c.c_uint32), ("xlated_len", c.c_uint32),
                ("jited", c.c_uint64), ("xlated", c.c_uint64),
                ("load_time", c.c_uint64), ("uid", c.c_uint32), ("nr_maps", c.c_uint32),
                ("maps", c.c_uint64), ("name", c.c_char * 16), ("ifindex", c.c_uint32),
                ("bits", c.c_uint32), ("netns_dev", c.c_uint64), ("netns_ino", c.c_uint64),
                ("nr_ksyms", c.c_uint32), ("nr_func_lens", c.c_uint32),
                ("ksyms", c.c_uint64), ("func_lens", c.c_uint64),
                ("btf_id", c.c_uint32), ("func_size", c.c_uint32), ("funcs", c.c_uint64),
                ("nr_funcs", c.c_uint32), ("nr_lines", c.c_uint32), ("lines", c.c_uint64),
                ("jited_lines", c.c_uint64), ("nr_jited_lines", c.c_uint32),
                ("line_size", c.c_uint32)]


def libbpf():
    """libbpf, with the types of what is used of it."""
    try:
        lib = c.CDLL("libbpf.so.1", use_errno=True)
    except OSError as err:
        raise ProgramError(f"libbpf is missing: {err}") from err
    for name, args in (("bpf_object__open_file", (c.c_char_p, c.c_void_p)),
                       ("bpf_object__find_program_by_name", (c.c_void_p, c.c_char_p)),
                       ("bpf_object__btf", (c.c_void_p,)),
                       ("bpf_object__next_map", (c.c_void_p, c.c_void_p)),
                       ("bpf_map__name", (c.c_void_p,)),
                       ("bpf_map__initial_value", (c.c_void_p, c.c_void_p)),
                       ("btf__name_by_offset", (c.c_void_p, c.c_uint32)),
                       ("btf__type_by_id", (c.c_void_p, c.c_uint32))):
        getattr(lib, name).argtypes = args
        getattr(lib, name).restype = c.c_void_p
    lib.btf__name_by_offset.restype = c.c_char_p
    lib.btf__type_by_id.restype = c.POINTER(c.c_uint32)
    lib.bpf_map__name.restype = c.c_char_p
    for name in ("bpf_object__load", "bpf_program__fd", "bpf_map__fd", "bpf_object__close"):
        getattr(lib, name).argtypes = (c.c_void_p,)
    lib.bpf_obj_get_info_by_fd.argtypes = (c.c_int, c.c_void_p, c.c_void_p)
    return lib


def kernel_symbols():
    """Address -> name of the kernel's functions, and the address that calls are relative to."""
    names, base = {}, 0
    with open("/proc/kallsyms", encoding="ascii") as symbols:
        for symbol in symbols:
            address, kind, name = symbol.split()[:3]
            if kind in "tTwW":
                names.setdefault(int(address, 16), name)
            if name == "__bpf_call_base":
                base = int(address, 16)
    if not base:
        raise ProgramError("the kernel does not show its symbols: run this as root, "
                           "with kernel.kptr_restrict below 2")
    return names, base


def decode(raw):
    """Bytes to instructions."""
    insns = [Insn(raw[at:at + 8]) for at in range(0, len(raw), 8)]
    for insn, following in zip(insns, insns[1:]):
        if insn.op == 0x18 and not insn.filler:
            insn.wide = following.filler = True
    return insns


def resolve(insns, functions, names, base):
    """Say of every call what it calls."""
    for at, insn in enumerate(insns):
        if insn.wide and insn.src == PSEUDO_FUNC:
            # what is loaded is the address of a callback: its distance, or where it was put
            insn.target = at + 1 + insn.imm
        elif insn.is_call and insn.src == CALL_BPF:
            # the kernel shows 16 bits of the distance, which may be longer
            near = at + 1 + insn.off
            insn.target = next((far for far in (near, near + (1 << 16), near - (1 << 16))
                                if far in functions), near)
        elif insn.is_call:
            address = (base + insn.imm) & (1 << 64) - 1
            insn.callee = names.get(address, "bpf_tail_call" if insn.imm == 12 else None)
            if insn.callee is None:
                raise ProgramError(f"instruction {at} calls something without a name ({insn.imm})")
        else:
            continue
        if insn.target is not None and insn.target not in functions:
            raise ProgramError(f"instruction {at} calls {insn.target}, where no function begins")


def load(path, *names):
    """
    Load the object @path into the kernel and read the programs @names back: a list. Nothing
    is attached or pinned: the kernel forgets the programs with this process.
    """
    lib = libbpf()
    # libbpf tells on stderr what is wrong, in more words than an errno has.
    obj = lib.bpf_object__open_file(os.fsencode(path), None)
    if not obj:
        raise ProgramError(f"{path}: {os.strerror(c.get_errno())}")
    try:
        err = lib.bpf_object__load(obj)
        if err:
            raise ProgramError(f"{path}: the kernel does not take it: {os.strerror(-err)}")
        found = []
        for name in names:
            prog = lib.bpf_object__find_program_by_name(obj, name.encode())
            if not prog:
                raise ProgramError(f"{path}: no program {name}")
            found.append(read(lib, lib.bpf_object__btf(obj), lib.bpf_program__fd(prog)))
            found[-1].maps = read_maps(lib, obj)
        return found
    finally:
        lib.bpf_object__close(obj)


def read_maps(lib, obj):
    """The maps of an object; most begin with zeroes, for which there are no bytes here."""
    maps, bpf_map = {}, lib.bpf_object__next_map(obj, None)
    while bpf_map:
        info, size = (c.c_uint32 * 64)(), c.c_uint32(256)
        if lib.bpf_obj_get_info_by_fd(lib.bpf_map__fd(bpf_map), info, c.byref(size)):
            raise ProgramError(f"cannot read a map back: {os.strerror(c.get_errno())}")
        length = c.c_size_t()
        value = lib.bpf_map__initial_value(bpf_map, c.byref(length))
        maps[info[1]] = (lib.bpf_map__name(bpf_map).decode(),
                         c.string_at(value, length.value) if value else b"")
        bpf_map = lib.bpf_object__next_map(obj, bpf_map)
    return maps


def read(lib, btf, fd):
    """The program behind @fd; @btf has its names and lines."""
    def ask(info):
        size = c.c_uint32(c.sizeof(info))
        if lib.bpf_obj_get_info_by_fd(fd, c.byref(info), c.byref(size)):
            raise ProgramError(f"cannot read the program back: {os.strerror(c.get_errno())}")

    def text(off):
        return lib.btf__name_by_offset(btf, off).decode()

    sizes, info = Info(), Info()
    ask(sizes)
    raw = c.create_string_buffer(sizes.xlated_len)
    funcs = (InfoFunc * sizes.nr_funcs)()
    lines = (InfoLine * sizes.nr_lines)()
    info.xlated_len, info.xlated = sizes.xlated_len, c.addressof(raw)
    info.nr_funcs, info.func_size = sizes.nr_funcs, c.sizeof(InfoFunc)
    info.nr_lines, info.line_size = sizes.nr_lines, c.sizeof(InfoLine)
    info.funcs, info.lines = c.addressof(funcs), c.addressof(lines)
    ask(info)
    if not info.xlated or not info.nr_funcs:
        raise ProgramError("the kernel shows no instructions or no function names")
    insns = decode(raw.raw)
    functions = {f.insn_off: text(lib.btf__type_by_id(btf, f.type_id)[0]) for f in funcs}
    starts = {line.insn_off: (text(line.file_off), line.line_col >> 10,
                              " ".join(text(line.text_off).split())) for line in lines}
    line = None
    for at, insn in enumerate(insns):
        line = starts.get(at, None if at in functions else line)
        insn.line = line
    resolve(insns, functions, *kernel_symbols())
    return Program(insns, functions)
