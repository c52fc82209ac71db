// SPDX-License-Identifier: GPL-2.0-only
/*
 * The engine over sequences of frames: frames of lifelike conversations, spoiled
 * as the input says, and frames that are the input's own bytes. Besides what the
 * sanitisers see, each verdict must be consistent, and counted exactly once.
 *
 * Input: a byte that chooses policy and conversations, then records. A record is
 * a byte of kind and link, a byte of time, and either two bytes of length and that
 * many bytes of frame, or up to three changes (offset, 2 bytes; value) of the next
 * frame of the conversations.
 */
#include <stdlib.h>
#include <string.h>

#include "../../include/otseg/counters.h"
#include "../../userspace/engine.h"
#include "../../userspace/policy/policy.h"
#include "../bpf/subject.h"
#include "../bpf/traffic.h"

#define FRAMES_MAX 512
#define DAY_NS (86400ull * 1000000000ull)

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

/**
 * struct input - what is left of the fuzzer's bytes
 * @at: the next one
 * @left: their number
 */
struct input {
	const u8 *at;
	size_t left;
};

static u32 take(struct input *in, u32 n)
{
	u32 value = 0;

	while (n-- && in->left) {
		value = value << 8 | *in->at++;
		in->left--;
	}
	return value;
}

static void policy_load(struct otseg_engine *engine, u32 which)
{
	static struct otseg_blob images[TRAFFIC_POLICIES];
	struct otseg_blob *image = &images[which];

	if (!image->data) {
		const char *text = traffic_policy[which];
		struct otseg_diag diag = { 0 };
		struct otseg_policy *policy;

		policy = otseg_policy_parse("traffic", text, strlen(text), &diag);
		if (!policy || otseg_policy_compile(policy, image, &diag))
			abort();
		otseg_policy_free(policy);
		otseg_diag_free(&diag);
	}
	if (otseg_engine_load(engine, image->data, image->len))
		abort();
}

static void verdict_check(const struct otseg_engine *engine, enum otseg_action action,
			  const struct otseg_verdict *v, u64 before)
{
	static const enum otseg_reason_class classes[] = {
#define X(id, name, class, sentence) OTSEG_REASON_##class,
		OTSEG_REASON_LIST(X)
#undef X
	};
	u32 passes;

	if (v->reason >= OTSEG_R_COUNT || v->reason == OTSEG_R_NONE ||
	    v->reason == OTSEG_R_INTERNAL)
		abort();
	passes = classes[v->reason] == OTSEG_REASON_PASS || v->flags & OTSEG_V_MONITORED;
	if (passes ? action != OTSEG_ACTION_PASS : action != OTSEG_ACTION_DROP)
		abort();
	if (otseg_engine_counters(engine)[OTSEG_CTR_REASON + v->reason] != before + 1)
		abort();
}

static void judge(struct otseg_engine *engine, u32 link, const u8 *bytes, u32 len, u64 now_ns,
		  struct traffic *traffic)
{
	static u64 before[OTSEG_R_COUNT];
	struct otseg_verdict v;
	enum otseg_action action;
	u8 *frame = malloc(len ? len : 1);

	if (!frame)
		abort();
	memcpy(before, otseg_engine_counters(engine) + OTSEG_CTR_REASON, sizeof(before));
	/* A copy, so that the sanitiser sees where it ends. */
	memcpy(frame, bytes, len);
	action = otseg_engine_frame(engine, link + 1, frame, len, now_ns, &v);
	if (v.reason >= OTSEG_R_COUNT)
		abort();
	verdict_check(engine, action, &v, before[v.reason]);
	if (action == OTSEG_ACTION_DROP && traffic)
		traffic_dropped(traffic);
	free(frame);
}

/**
 * LLVMFuzzerTestOneInput - one input
 * @data: its bytes
 * @size: their number
 *
 * Return: 0.
 */
int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	static struct otseg_engine *engine;
	static u64 now_ns;
	struct input in = { data, size };
	struct traffic_event event;
	struct traffic *traffic;
	u32 n_frames = 0;
	u32 choice, kind, i;

	if (!engine) {
		engine = otseg_engine_new();
		if (!engine)
			abort();
		for (i = 0; i < SUBJECT_LINKS; i++)
			otseg_engine_attach(engine, i + 1, subject_names[i], 0);
	}
	/* Nothing lives that long: the input begins with an empty table. */
	now_ns += 10 * DAY_NS;
	choice = take(&in, 1);
	policy_load(engine, choice % TRAFFIC_POLICIES);
	traffic = traffic_new(choice / TRAFFIC_POLICIES + 1);
	if (!traffic)
		abort();
	while (in.left && n_frames++ < FRAMES_MAX) {
		kind = take(&in, 1);
		now_ns += (u64)take(&in, 1) << (kind & 0x40 ? 30 : 20);
		if (kind & 0x80) {
			u32 len = take(&in, 2) & 0x7ff;

			if (len > in.left)
				len = (u32)in.left;
			judge(engine, kind % SUBJECT_LINKS, in.at, len, now_ns, NULL);
			in.at += len;
			in.left -= len;
			continue;
		}
		traffic_next(traffic, &event);
		for (i = 0; i < (kind >> 2 & 3) && event.frame.len; i++)
			event.frame.bytes[take(&in, 2) % event.frame.len] = (u8)take(&in, 1);
		judge(engine, event.link, event.frame.bytes, event.frame.len, now_ns, traffic);
		if (kind == 0x3f)
			policy_load(engine, take(&in, 1) % TRAFFIC_POLICIES);
	}
	traffic_free(traffic);
	return 0;
}
