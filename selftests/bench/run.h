/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The few system facilities that the benchmark's processes share: test runs, a
 * clock, a processor to stay on, network namespaces.
 */
#ifndef OTSEG_BENCH_RUN_H
#define OTSEG_BENCH_RUN_H

#include "../../include/otseg/types.h"

#include <stddef.h>

int otseg_bench_run(int prog, void *frame, size_t len, u32 repeat, u32 *ns, u32 *action);
void otseg_bench_park(int prog);
int otseg_bench_run_live(int prog, void *frame, size_t len, u32 repeat, u32 batch);
u64 otseg_bench_now_ns(void);
int otseg_bench_pin(unsigned int cpu);
int otseg_bench_unpin(void);
int otseg_bench_claim(unsigned int cpu);
int otseg_bench_enter(const char *prefix, const char *name);

#endif /* OTSEG_BENCH_RUN_H */
