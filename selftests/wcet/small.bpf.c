// SPDX-License-Identifier: GPL-2.0-only
/*
 * Programs whose longest path is known by counting: worst_case_test.sh asks for
 * it. Written as instructions, so that no compiler has a say in it; where a source
 * line matters and no count, in C.
 */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#define NAKED __attribute__((naked))

char _license[] SEC("license") = "GPL";

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} numbers SEC(".maps");

#ifndef BPF_F_TEST_REG_INVARIANTS
struct bpf_iter_num {
	__u64 __opaque[1];
} __attribute__((aligned(8)));
#endif

extern int bpf_iter_num_new(struct bpf_iter_num *it, int start, int end) __weak __ksym;
extern int *bpf_iter_num_next(struct bpf_iter_num *it) __weak __ksym;
extern void bpf_iter_num_destroy(struct bpf_iter_num *it) __weak __ksym;

/* 2 instructions */
SEC("xdp")
NAKED int straight(void)
{
	asm volatile("r0 = 0; exit;");
}

/* The longer way has 7, and one helper call. */
SEC("xdp")
NAKED int fork(void)
{
	asm volatile("call 7;"
		     "if r0 > 5 goto 1f;"
		     "r0 = 1; r0 = 2; r0 = 3;"
		     "1: r0 = 0; exit;");
}

/* 1 + 10 * 2 + 2 */
SEC("xdp")
NAKED int counted(void)
{
	asm volatile("r6 = 0;"
		     "1: r6 += 1; if r6 < 10 goto 1b;"
		     "r0 = 0; exit;");
}

/* 1 + 3 * (1 + 5 * 2 + 2) + 2: a loop in a loop, the outer one counts down */
SEC("xdp")
NAKED int nested(void)
{
	asm volatile("r6 = 3;"
		     "1: r7 = 0;"
		     "2: r7 += 2; if r7 != 10 goto 2b;"
		     "r6 += -1; if r6 != 0 goto 1b;"
		     "r0 = 0; exit;");
}

/*
 * A way out from the middle: 9 whole turns of 4 and the tenth up to the test at its
 * top, not up to the way out below it, which is longer. 1 + 9 * 4 + 1 + 2
 */
SEC("xdp")
NAKED int left(void)
{
	asm volatile("r6 = 0;"
		     "1: if r6 == 9 goto 2f;"
		     "r6 += 1;"
		     "call 7;"
		     "if r0 != 7 goto 1b;"
		     "2: r0 = 0; exit;");
}

static __attribute__((naked, noinline, used)) int leaf(void)
{
	asm volatile("r0 = 0; r0 = 1; exit;");
}

/* 2 * (1 + 3) + 1 */
SEC("xdp")
NAKED int caller(void)
{
	asm volatile("call leaf; call leaf; exit;");
}

/* A loop that can be entered in two places. */
SEC("xdp")
NAKED int two_entries(void)
{
	asm volatile("call 7; r6 = 0;"
		     "if r0 == 0 goto 2f;"
		     "1: r6 += 1;"
		     "2: r6 += 2; if r6 < 20 goto 1b;"
		     "r0 = 0; exit;");
}

/* One look-up, whether the verifier puts it in line or not. */
SEC("xdp")
int lookup(struct xdp_md *ctx)
{
	__u32 zero = 0;
	__u64 *number = bpf_map_lookup_elem(&numbers, &zero);

	(void)ctx;
	return number ? *number & 1 : 0;
}

static long back(__u32 i, void *sum)
{
	*(__u64 *)sum += i ^ bpf_get_prandom_u32();
	return 0;
}

/* The helper's own loop: ten calls. */
SEC("xdp")
int called_back(struct xdp_md *ctx)
{
	__u64 sum = 0;

	(void)ctx;
	bpf_loop(10, back, &sum, 0);
	return sum & 1;
}

/* A loop whose end nothing shows. */
SEC("xdp")
int endless(struct xdp_md *ctx)
{
	struct bpf_iter_num it;
	int end = ctx->rx_queue_index & 1023;
	int sum = 0;
	int *next;

	bpf_iter_num_new(&it, 0, end);
	while ((next = bpf_iter_num_next(&it)))
		sum ^= *next;
	bpf_iter_num_destroy(&it);
	return sum & 1;
}
