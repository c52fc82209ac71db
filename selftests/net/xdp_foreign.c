// SPDX-License-Identifier: GPL-2.0-only
/*
 * What an intruder would put in the place of the datapath: an XDP program that passes every
 * frame.
 *
 *	xdp_foreign pin PATH	load it, and pin it there
 *	xdp_foreign swap LINK	have the pinned link run it
 */
#include <errno.h>
#include <linux/bpf.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static int bpf(int command, union bpf_attr *attr)
{
	int ret = (int)syscall(SYS_bpf, command, attr, sizeof(*attr));

	if (ret < 0)
		fprintf(stderr, "xdp_foreign: bpf(%d): %s\n", command, strerror(errno));
	return ret;
}

static int load(void)
{
	static const struct bpf_insn insns[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = XDP_PASS },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	union bpf_attr attr = {
		.prog_type = BPF_PROG_TYPE_XDP,
		.insns = (uintptr_t)insns,
		.insn_cnt = sizeof(insns) / sizeof(insns[0]),
		.license = (uintptr_t)"GPL",
		.prog_name = "xdp_foreign",
		.expected_attach_type = BPF_XDP, /* as the datapath's: else no link takes it */
	};

	return bpf(BPF_PROG_LOAD, &attr);
}

int main(int argc, char **argv)
{
	union bpf_attr attr = {};
	int prog, link;

	if (argc != 3 || (strcmp(argv[1], "pin") && strcmp(argv[1], "swap"))) {
		fprintf(stderr, "usage: xdp_foreign pin PATH | swap LINK\n");
		return 2;
	}
	prog = load();
	if (prog < 0)
		return 1;
	attr.pathname = (uintptr_t)argv[2];
	if (!strcmp(argv[1], "pin")) {
		attr.bpf_fd = (uint32_t)prog;
		return bpf(BPF_OBJ_PIN, &attr) < 0;
	}
	link = bpf(BPF_OBJ_GET, &attr);
	if (link < 0)
		return 1;
	memset(&attr, 0, sizeof(attr));
	attr.link_update.link_fd = (uint32_t)link;
	attr.link_update.new_prog_fd = (uint32_t)prog;
	return bpf(BPF_LINK_UPDATE, &attr) < 0;
}
