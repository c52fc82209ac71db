// SPDX-License-Identifier: GPL-2.0-only
/*
 * Test runs of XDP programs and where they take place.
 */
#define _GNU_SOURCE
#include "run.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/if_link.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define PARKS "park%d"

/**
 * otseg_bench_run - run an XDP program on one frame, over and over
 * @prog: the program
 * @frame: the frame; the program's changes to it stay from one run to the next
 * @len: its bytes
 * @repeat: runs
 * @ns: nanoseconds of one run by the kernel's clock, rounded down; may be NULL
 * @action: XDP action of the last run; may be NULL
 *
 * Return: 0, or a negative errno.
 */
int otseg_bench_run(int prog, void *frame, size_t len, u32 repeat, u32 *ns, u32 *action)
{
	LIBBPF_OPTS(bpf_test_run_opts, opts,
		.data_in = frame,
		.data_size_in = len,
		.repeat = repeat,
	);
	int err;

	err = bpf_prog_test_run_opts(prog, &opts);
	if (err)
		return err;
	if (ns)
		*ns = opts.duration;
	if (action)
		*action = opts.retval;
	return 0;
}

/**
 * otseg_bench_park - attach a program to a device that nobody uses, if there is one left
 * @prog: the program
 *
 * A test run of a program that is attached nowhere begins and ends with waiting for all
 * processors to be done with the list of such programs: milliseconds, and tens of them on
 * a busy machine. bench.sh leaves devices for this, named PARKS.
 */
void otseg_bench_park(int prog)
{
	LIBBPF_OPTS(bpf_link_create_opts, opts, .flags = XDP_FLAGS_SKB_MODE);
	static int parked;
	unsigned int ifindex;
	char name[16];

	snprintf(name, sizeof(name), PARKS, parked);
	ifindex = if_nametoindex(name);
	/* The link lasts as long as this process. */
	if (ifindex && bpf_link_create(prog, ifindex, BPF_XDP, &opts) >= 0)
		parked++;
}

/**
 * otseg_bench_run_live - send live frames through an XDP program
 * @prog: the program
 * @frame: what each frame is before its page is used a second time
 * @len: its bytes
 * @repeat: frames
 * @batch: frames that are sent together, 0: as many as the kernel chooses
 *
 * Return: 0, or a negative errno.
 */
int otseg_bench_run_live(int prog, void *frame, size_t len, u32 repeat, u32 batch)
{
	LIBBPF_OPTS(bpf_test_run_opts, opts,
		.data_in = frame,
		.data_size_in = len,
		.repeat = repeat,
		.flags = BPF_F_TEST_XDP_LIVE_FRAMES,
		.batch_size = batch,
	);

	return bpf_prog_test_run_opts(prog, &opts);
}

/**
 * otseg_bench_now_ns - the monotonic clock
 *
 * Return: nanoseconds.
 */
u64 otseg_bench_now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (u64)now.tv_sec * 1000000000 + now.tv_nsec;
}

/**
 * otseg_bench_pin - keep the calling thread on one processor
 * @cpu: the processor
 *
 * Return: 0, or a negative errno.
 */
int otseg_bench_pin(unsigned int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	return sched_setaffinity(0, sizeof(set), &set) ? -errno : 0;
}

/**
 * otseg_bench_unpin - let the calling thread run on any processor
 *
 * Return: 0, or a negative errno.
 */
int otseg_bench_unpin(void)
{
	cpu_set_t set;

	memset(&set, 0xff, sizeof(set));
	return sched_setaffinity(0, sizeof(set), &set) ? -errno : 0;
}

/**
 * otseg_bench_claim - keep the calling thread on a processor, before all others
 * @cpu: the processor
 *
 * What else the machine does then hardly shows. The kernel keeps a twentieth of
 * each second for the others. Without the right to it, only says so.
 *
 * Return: 0, or a negative errno.
 */
int otseg_bench_claim(unsigned int cpu)
{
	const struct sched_param first = { .sched_priority = 1 };

	if (sched_setscheduler(0, SCHED_FIFO, &first))
		fprintf(stderr, "bench: no priority over others: %s\n", strerror(errno));
	return otseg_bench_pin(cpu);
}

/**
 * otseg_bench_enter - move the calling thread into a named network namespace
 * @prefix: its name below /run/netns up to a dash
 * @name: the rest of it
 *
 * Return: 0, or a negative errno.
 */
int otseg_bench_enter(const char *prefix, const char *name)
{
	char path[256];
	int err = 0;
	int fd;

	snprintf(path, sizeof(path), "/run/netns/%s-%s", prefix, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (setns(fd, CLONE_NEWNET))
		err = -errno;
	close(fd);
	return err;
}
