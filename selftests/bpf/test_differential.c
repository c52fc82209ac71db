// SPDX-License-Identifier: GPL-2.0-only
/*
 * One engine, two builds: the datapath in the kernel and the engine of this
 * process get the same random traffic under changing policies, and must agree in
 * every verdict, every event, every counter and, at the end, every byte of their tables. The
 * engine of this process takes the long way for all frames, so the short way of
 * express.h is held against the rest of the engine, too.
 *
 *   test_differential [FRAMES [SEED]]
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../../bpf/engine/env.h"
#include "../unit/ktap.h"
#include "../../userspace/engine.h"
#include "datapath.h"
#include "traffic.h"

#define FRAMES 1000000
#define SWAP_EVERY 15000 /* frames under one policy */
#define REASONS_MIN 40 /* different reasons that the traffic must meet */

static const char *const reason_names[] = {
#define X(id, name, class, sentence) name,
	OTSEG_REASON_LIST(X)
#undef X
};

static void verdict_print(const char *who, const struct otseg_verdict *v)
{
	printf("# %-8s action %u reason %s rule %d zones %d->%d conduit %d link %d flags %#x service %u messages %u\n",
	       who, v->action, v->reason < OTSEG_R_COUNT ? reason_names[v->reason] : "?",
	       (int)v->rule, (short)v->src_zone, (short)v->dst_zone, (short)v->conduit, (short)v->link,
	       v->flags, v->service, v->n_messages);
}

static void frame_print(const struct frame *f)
{
	u32 i;

	for (i = 0; i < f->len; i++)
		printf("%s%02x", i % 32 ? "" : "\n#  ", f->bytes[i]);
	printf("\n");
}

/* Whether both tell the same of the frame; interface numbers may differ. */
static int events_agree(struct subject *kernel, struct subject *process, u64 *told)
{
	struct otseg_event x, y;
	int is_told = subject_event(kernel, &x);

	if (is_told != subject_event(process, &y))
		return 0;
	if (!is_told)
		return 1;
	(*told)++;
	x.ifindex = y.ifindex;
	return !memcmp(&x, &y, sizeof(x)) && !subject_event(kernel, &x) &&
	       !subject_event(process, &y);
}

/* Frames on which both agreed. */
static u64 agree(struct subject *kernel, struct subject *process, u64 frames, u64 seed,
		 u64 reasons[OTSEG_R_COUNT], u64 *told)
{
	struct traffic *t = traffic_new(seed);
	struct traffic_event event;
	struct otseg_verdict x, y;
	u32 policy = 0;
	u64 i;

	for (i = 0; i < frames; i++) {
		if (i % SWAP_EVERY == 0) {
			u32 link = (u32)(i / SWAP_EVERY) % 3;
			int are_real = (int)(i / SWAP_EVERY) & 1;

			if (i && memcmp(kernel->counters(kernel), process->counters(process),
					OTSEG_CTR_SIZE)) {
				printf("# counters differ before frame %llu\n",
				       (unsigned long long)i);
				break;
			}
			if (subject_policy(kernel, traffic_policy[policy]) ||
			    subject_policy(process, traffic_policy[policy]))
				break;
			kernel->checksums(kernel, kernel->ifindex[link], are_real);
			process->checksums(process, process->ifindex[link], are_real);
			kernel->since(kernel, kernel->ifindex[link], otseg_seconds(kernel->now_ns));
			process->since(process, process->ifindex[link], otseg_seconds(kernel->now_ns));
			policy = (policy + 1) % TRAFFIC_POLICIES;
		}
		traffic_next(t, &event);
		kernel->now_ns += event.later_ns;
		process->now_ns = kernel->now_ns;
		subject_send(kernel, kernel->ifindex[event.link], &event.frame, &x);
		subject_send(process, process->ifindex[event.link], &event.frame, &y);
		if (memcmp(&x, &y, sizeof(x))) {
			printf("# frame %llu on link %u:", (unsigned long long)i, event.link);
			frame_print(&event.frame);
			verdict_print("kernel", &x);
			verdict_print("process", &y);
			break;
		}
		if (!events_agree(kernel, process, told)) {
			printf("# events differ after frame %llu\n", (unsigned long long)i);
			break;
		}
		if (x.action == OTSEG_ACTION_DROP)
			traffic_dropped(t);
		if (x.reason < OTSEG_R_COUNT)
			reasons[x.reason]++;
	}
	traffic_free(t);
	return i;
}

/* Interface numbers are the one thing that may differ. */
static void flows_neutral(struct otseg_flow_line *lines, const struct subject *s)
{
	u32 i, j, k;

	for (i = 0; i < OTSEG_FLOW_PLACES; i++) {
		struct otseg_flow *flow = otseg_line_flow(&lines[i / OTSEG_FLOW_WAYS], i);

		for (j = 0; j < 2; j++) {
			for (k = 0; k < SUBJECT_LINKS; k++) {
				if (flow->dir[j].ifindex == s->ifindex[k]) {
					flow->dir[j].ifindex = 1000 + k;
					break;
				}
			}
		}
	}
}

/* What is known of messages is of no use on the long way. */
static void sessions_neutral(struct otseg_session *sessions)
{
	u32 i;

	for (i = 0; i < OTSEG_SESSIONS; i++)
		memset(sessions[i].recurrences, 0, sizeof(sessions[i].recurrences));
}

static void table_check(struct subject *kernel, const char *map, const void *mine, size_t len)
{
	size_t size;
	const void *theirs = datapath_table(kernel, map, &size);

	ktap_result(size == len && !memcmp(mine, theirs, len), "%s is the same", map);
}

/* Whether the live counts are those of the flows in the table, no more and no less. */
static int live_is_exact(const struct otseg_world *w)
{
	static struct otseg_live counted[OTSEG_BUDGET_SLOTS];
	u32 i;

	for (i = 0; i < OTSEG_FLOW_PLACES; i++) {
		struct otseg_flow_line *line = &w->lines[i / OTSEG_FLOW_WAYS];
		const struct otseg_flow *flow = otseg_line_flow(line, i);

		if (line->bucket.tag[i % OTSEG_FLOW_WAYS] <= OTSEG_TAG_BUSY)
			continue;
		counted[flow->budget].flows++;
		counted[flow->budget].sessions += !!(flow->flags & OTSEG_FLOW_INSPECTED);
	}
	return !memcmp(counted, w->live, sizeof(counted));
}

int main(int argc, char **argv)
{
	u64 frames = argc > 1 ? strtoull(argv[1], NULL, 0) : FRAMES;
	u64 seed = argc > 2 ? strtoull(argv[2], NULL, 0) : 20240229;
	struct subject *kernel = datapath_new(NULL);
	u64 reasons[OTSEG_R_COUNT] = { 0 };
	struct subject *process;
	struct otseg_world *w;
	unsigned int n = 0;
	u64 told = 0;
	size_t size;
	u64 agreed;
	u32 i;

	if (!kernel && errno == EPERM) {
		printf("TAP version 13\n1..0 # SKIP BPF and network namespaces need root\n");
		return KTAP_SKIP;
	}
	ktap_begin(11);
	if (!ktap_result(!!kernel, "the datapath loads"))
		return KTAP_FAIL;
	process = subject_engine_new();
	w = subject_engine_world(process);
	w->long_way = 1;
	agreed = agree(kernel, process, frames, seed, reasons, &told);
	ktap_result(agreed == frames, "the same verdicts on %llu of %llu frames, seed %llu",
		    (unsigned long long)agreed, (unsigned long long)frames,
		    (unsigned long long)seed);
	ktap_result(told > frames / 100, "the same %llu events", (unsigned long long)told);
	ktap_result(!memcmp(kernel->counters(kernel), process->counters(process), OTSEG_CTR_SIZE),
		    "the same counters");
	flows_neutral(w->lines, process);
	flows_neutral((struct otseg_flow_line *)datapath_table(kernel, "otseg_table", &size), kernel);
	table_check(kernel, "otseg_table", w->lines, OTSEG_FLOW_BUCKETS * sizeof(*w->lines));
	sessions_neutral(w->sessions);
	sessions_neutral((struct otseg_session *)datapath_table(kernel, "otseg_sessions", &size));
	table_check(kernel, "otseg_sessions", w->sessions, OTSEG_SESSIONS * sizeof(*w->sessions));
	table_check(kernel, "otseg_limits", w->limits, OTSEG_LIMITERS * sizeof(*w->limits));
	table_check(kernel, "otseg_live", w->live, OTSEG_BUDGET_SLOTS * sizeof(*w->live));
	ktap_result(live_is_exact(w), "live counts are those of the table");
	for (i = 0; i < OTSEG_R_COUNT; i++) {
		if (reasons[i])
			printf("# %10llu %s\n", (unsigned long long)reasons[i], reason_names[i]);
		n += reasons[i] > 0;
	}
	ktap_result(n >= REASONS_MIN || frames < FRAMES, "the traffic met %u reasons", n);
	ktap_result(1, "%u instructions for the verifier", datapath_insns(kernel));
	kernel->free(kernel);
	process->free(process);
	return ktap_end(11);
}
