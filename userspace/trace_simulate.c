// SPDX-License-Identifier: GPL-2.0-only
/*
 * otseg trace simulate: what a policy does with the frames of a capture. The
 * engine decides, as in the kernel; here are only the way a frame comes in, and
 * the words for what came out.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "../bpf/engine/classify.h"
#include "../bpf/engine/decode.h"
#include "capture.h"
#include "engine.h"
#include "message.h"
#include "opening.h"
#include "policy/when.h"
#include "print.h"
#include "reason.h"
#include "service.h"
#include "source.h"
#include "trace.h"

#define START_NS 1000000000000ull /* the engine's clock at the first frame */
#define SWEEP_NS 1300000000ull /* how often the datapath looks at every flow */

/*
 * One run over a capture. Interface number i + 1 of the engine has the name of
 * link i, unless an earlier link has that name too.
 */
struct simulate {
	const struct otseg_cli *cli;
	struct otseg_blob image;
	struct otseg_engine *engine;
	struct otseg_scratch *scratch;
	u32 interface; /* of every frame, 0: where its source lives */
	bool assumes; /* connections older than the capture */
	u64 first_ns;
	u64 now_ns;
	u64 swept_ns;
	json_t *messages; /* of the frame at hand */
	u64 n_frames;
	u64 n_messages;
	u64 n_passed;
	u64 n_monitored;
	u64 n_completed;
	u64 n_assumed;
	u64 by_reason[OTSEG_R_COUNT];
};

/* Number of the engine's interface with the name of a link. */
static u32 interface_of(const struct simulate *run, u32 link)
{
	const struct otseg_img_link *links = OTSEG_IMAGE_RECORDS(run->image.data, LINKS);
	u32 i;

	for (i = 0; i < link; i++) {
		if (!memcmp(links[i].name, links[link].name, sizeof(links[i].name)))
			break;
	}
	return i + 1;
}

static int interfaces_attach(struct simulate *run)
{
	const struct otseg_img_link *links = OTSEG_IMAGE_RECORDS(run->image.data, LINKS);
	const struct otseg_img_wire *wires = OTSEG_IMAGE_RECORDS(run->image.data, WIRES);
	u32 i, n = OTSEG_IMAGE_COUNT(run->image.data, LINKS);
	const char *wanted = run->cli->keys[OTSEG_SIMULATE_INTERFACE];
	int err;

	for (i = 0; i < n; i++) {
		if (wanted && !strcmp((const char *)links[i].name, wanted) && !run->interface)
			run->interface = i + 1;
		/* Captures of a sender lack checksums: none is taken for real. */
		err = otseg_engine_attach(run->engine, interface_of(run, i),
					  (const char *)links[i].name, 0);
		if (err)
			return err;
		otseg_engine_since(run->engine, interface_of(run, i), START_NS);
	}
	for (i = 0; i < OTSEG_IMAGE_COUNT(run->image.data, WIRES); i++) {
		const struct otseg_img_wire *wire = &wires[i];
		u32 a = interface_of(run, wire->ends[0]), b = interface_of(run, wire->ends[1]);

		err = otseg_engine_wire(run->engine, a, b);
		if (!err)
			err = otseg_engine_wire(run->engine, b, a);
		if (err)
			return err;
	}
	if (wanted && !run->interface) {
		otseg_error_print("the policy has no interface '%s'", wanted);
		return -EINVAL;
	}
	return 0;
}

/* Decodes a frame into the scratch memory. */
static bool packet_decode(struct simulate *run, const struct otseg_frame *frame)
{
	struct otseg_world world = { .frame = frame->data, .frame_len = frame->len };
	struct otseg_env env = { .world = &world, .s = run->scratch };

	run->scratch->arrival.frame_len = frame->len;
	return !otseg_decode(&env, &run->scratch->packet);
}

/* Where a frame comes in: by the link of its VLAN behind which its source lives. */
static u32 interface_infer(struct simulate *run, const struct otseg_frame *frame)
{
	const struct otseg_img_link *links = OTSEG_IMAGE_RECORDS(run->image.data, LINKS);
	const struct otseg_packet *packet = &run->scratch->packet;
	struct otseg_env env = { .image = run->image.data };
	u32 n = OTSEG_IMAGE_COUNT(run->image.data, LINKS);
	u32 class, zone, i, found = 0;

	/* A frame without an address is the same at every interface. */
	if (!packet_decode(run, frame))
		return 1;
	/* ARP speaks of IPv4 addresses. */
	class = otseg_class_of(&env, &packet->src, packet->family ? packet->family : 4);
	zone = otseg_class_zone(&env, class);
	if (zone == OTSEG_NONE16)
		return 1;
	for (i = 0; i < n; i++) {
		if (!otseg_zone_is_behind(&env, zone, i))
			continue;
		if (links[i].vlan == packet->vlan)
			return interface_of(run, i);
		if (!found)
			found = interface_of(run, i);
	}
	return found ? found : 1;
}

/* Hears of each message that the engine inspects. */
static void message_observe(void *observer, const struct otseg_msg *msg,
			    const struct otseg_verdict *verdict)
{
	/* The message is the first member of what holds its bytes too. */
	const struct otseg_inspection *in = (const struct otseg_inspection *)msg;
	struct simulate *run = observer;
	json_t *message;

	message = otseg_message_json(msg, (const u8 *)in->bytes + in->at, in->end - in->at);
	if (verdict->reason != OTSEG_R_RULE)
		json_object_set_new(message, "refused",
				    json_string(otseg_reason_name(verdict->reason)));
	json_array_append_new(run->messages, message);
}

static json_t *name_json(const struct simulate *run, u32 string)
{
	return json_string(otseg_image_string(run->image.data, string));
}

static json_t *zone_json(const struct simulate *run, u16 zone)
{
	if (zone >= OTSEG_IMAGE_COUNT(run->image.data, ZONES))
		return json_null();
	return name_json(run, OTSEG_IMAGE_RECORDS(run->image.data, ZONES)[zone].name);
}

static json_t *conduit_json(const struct simulate *run, u16 conduit)
{
	if (conduit >= OTSEG_IMAGE_COUNT(run->image.data, CONDUITS))
		return json_null();
	return name_json(run, OTSEG_IMAGE_RECORDS(run->image.data, CONDUITS)[conduit].name);
}

static json_t *rule_json(const struct simulate *run, u32 rule)
{
	if (rule >= OTSEG_IMAGE_COUNT(run->image.data, RULES))
		return json_null();
	return name_json(run, OTSEG_IMAGE_RECORDS(run->image.data, RULES)[rule].name);
}

/* The wire of a frame that leaves by one. */
static const struct otseg_img_wire *wire_of(const struct simulate *run,
					    const struct otseg_verdict *verdict)
{
	const struct otseg_img_link *links = OTSEG_IMAGE_RECORDS(run->image.data, LINKS);

	return &OTSEG_IMAGE_RECORDS(run->image.data, WIRES)[links[verdict->link].wire_plus1 - 1];
}

static json_t *verdict_json(const struct simulate *run, const struct otseg_frame *frame,
			    u32 interface, const struct otseg_verdict *verdict)
{
	const struct otseg_img_link *links = OTSEG_IMAGE_RECORDS(run->image.data, LINKS);
	bool passes = verdict->action == OTSEG_ACTION_PASS;
	json_t *document;

	document = json_pack("{s:I, s:s, s:s, s:s}", "frame", (json_int_t)frame->number, "verdict",
			     passes ? "pass" : "drop", "reason", otseg_reason_name(verdict->reason),
			     "interface", (const char *)links[interface - 1].name);
	json_object_set_new(document, "src_zone", zone_json(run, verdict->src_zone));
	json_object_set_new(document, "dst_zone", zone_json(run, verdict->dst_zone));
	json_object_set_new(document, "conduit", conduit_json(run, verdict->conduit));
	json_object_set_new(document, "rule", rule_json(run, verdict->rule));
	json_object_set_new(document, "service",
			    verdict->service == OTSEG_SVC_NONE ?
				    json_null() :
				    json_string(otseg_service_name(verdict->service)));
	if (verdict->flags & OTSEG_V_MONITORED)
		json_object_set_new(document, "monitored", json_true());
	if (verdict->flags & OTSEG_V_WIRE)
		json_object_set_new(document, "wire", name_json(run, wire_of(run, verdict)->name));
	if (verdict->flags & OTSEG_V_REPLY)
		json_object_set_new(document, "reply", json_true());
	if (verdict->flags & OTSEG_V_ADOPTED && verdict->flags & OTSEG_V_OPENED)
		json_object_set_new(document, "adopted", json_true());
	if (verdict->denial)
		json_object_set_new(document, "told", json_string(otseg_denial_name(verdict->denial)));
	if (frame->wire_len > frame->len)
		json_object_set_new(document, "truncated", json_true());
	if (json_array_size(run->messages))
		json_object_set(document, "messages", run->messages);
	return document;
}

static const char *text_of(const json_t *document, const char *key)
{
	const char *text = json_string_value(json_object_get(document, key));

	return text ? text : "-";
}

static void verdict_text(const json_t *document)
{
	const char *told = json_string_value(json_object_get(document, "told"));
	json_t *message;
	size_t i;

	printf("%lld %s %s%s%s%s%s %s > %s %s/%s %s",
	       json_integer_value(json_object_get(document, "frame")), text_of(document, "verdict"),
	       text_of(document, "reason"),
	       json_object_get(document, "monitored") ? " (monitored)" : "",
	       told ? " (told by " : "", told ? told : "", told ? ")" : "",
	       text_of(document, "src_zone"), text_of(document, "dst_zone"),
	       text_of(document, "conduit"), text_of(document, "rule"),
	       text_of(document, "service"));
	json_array_foreach(json_object_get(document, "messages"), i, message) {
		fputs(i ? "; " : ": ", stdout);
		otseg_message_text(stdout, message);
		if (json_object_get(message, "refused"))
			printf(" (%s)", text_of(message, "refused"));
	}
	putchar('\n');
}

static u64 clock_of(struct simulate *run, const struct otseg_frame *frame)
{
	u64 now_ns;

	if (!run->n_frames)
		run->first_ns = frame->time_ns;
	/* The datapath's clock does not run backward; a capture's may. */
	now_ns = START_NS + (frame->time_ns - run->first_ns);
	if (frame->time_ns > run->first_ns && now_ns > run->now_ns)
		run->now_ns = now_ns;
	if (!run->now_ns)
		run->now_ns = START_NS;
	if (run->now_ns - run->swept_ns > SWEEP_NS) {
		otseg_engine_sweep(run->engine, run->now_ns);
		run->swept_ns = run->now_ns;
	}
	return run->now_ns;
}

/*
 * A segment of a connection that began before the capture, on its way to the side
 * that answers: has the engine see the opening first. Only one with a payload: it
 * begins with a PDU more likely than not, which a keep-alive (a byte before the
 * next one) does not.
 */
static bool opening_assume(struct simulate *run, const struct otseg_frame *frame, u32 interface,
			   struct otseg_verdict *verdict)
{
	struct otseg_packet packet;
	u8 bytes[OTSEG_OPENING_MAX];
	struct otseg_frame opening = { .data = bytes };
	struct otseg_verdict of_opening;
	enum otseg_opening step;
	u32 way = interface;

	if (!packet_decode(run, frame))
		return false;
	packet = run->scratch->packet;
	if (packet.payload_len < 2 || packet.sport < packet.dport ||
	    packet.tcp_flags & (OTSEG_TCP_SYN | OTSEG_TCP_RST) ||
	    !(packet.tcp_flags & OTSEG_TCP_ACK))
		return false;
	for (step = OTSEG_OPENING_SYN; step < OTSEG_OPENING_COUNT; step++) {
		opening.len = otseg_opening_build(frame, &packet, step, bytes);
		if (!opening.len)
			return false;
		if (!run->interface)
			way = interface_infer(run, &opening);
		otseg_engine_frame(run->engine, way, bytes, opening.len, run->now_ns, &of_opening);
		if (of_opening.reason != OTSEG_R_RULE && of_opening.reason != OTSEG_R_FLOW) {
			/* the connection would not have come to be, and this is why */
			*verdict = of_opening;
			return true;
		}
	}
	otseg_engine_frame(run->engine, interface, frame->data, frame->len, run->now_ns, verdict);
	return true;
}

static void frame_simulate(struct simulate *run, const struct otseg_frame *frame)
{
	u32 interface = run->interface ? run->interface : interface_infer(run, frame);
	struct otseg_verdict verdict;
	bool assumed = false;
	json_t *document;

	run->messages = json_array();
	otseg_engine_frame(run->engine, interface, frame->data, frame->len, clock_of(run, frame),
			   &verdict);
	if (run->assumes && verdict.reason == OTSEG_R_TCP_NO_FLOW)
		assumed = opening_assume(run, frame, interface, &verdict);
	document = verdict_json(run, frame, interface, &verdict);
	if (assumed)
		json_object_set_new(document, "opening_assumed", json_true());
	if (run->cli->json)
		otseg_print_json(run->cli, document);
	else
		verdict_text(document);
	json_decref(document);
	run->n_frames++;
	run->n_messages += json_array_size(run->messages);
	run->n_passed += verdict.action == OTSEG_ACTION_PASS;
	run->n_monitored += !!(verdict.flags & OTSEG_V_MONITORED);
	run->n_completed += frame->completed;
	run->n_assumed += assumed;
	if (verdict.reason < OTSEG_R_COUNT)
		run->by_reason[verdict.reason]++;
	json_decref(run->messages);
}

static void count_set(json_t *object, const char *key, u64 count)
{
	json_object_set_new(object, key, json_integer((json_int_t)count));
}

static void summary_print(const struct simulate *run)
{
	json_t *reasons = json_object(), *summary, *document, *count;
	const char *name;
	unsigned int i;

	for (i = 0; i < OTSEG_R_COUNT; i++) {
		if (run->by_reason[i])
			count_set(reasons, otseg_reason_name(i), run->by_reason[i]);
	}
	summary = json_object();
	count_set(summary, "frames", run->n_frames);
	count_set(summary, "pass", run->n_passed);
	count_set(summary, "drop", run->n_frames - run->n_passed);
	count_set(summary, "monitored", run->n_monitored);
	count_set(summary, "messages", run->n_messages);
	count_set(summary, "completed_checksums", run->n_completed);
	count_set(summary, "assumed_openings", run->n_assumed);
	json_object_set(summary, "reasons", reasons);
	document = json_pack("{s:o}", "summary", summary);
	if (run->cli->json) {
		otseg_print_json(run->cli, document);
	} else {
		printf("%llu frames, %llu pass, %llu drop, %llu messages\n",
		       (unsigned long long)run->n_frames, (unsigned long long)run->n_passed,
		       (unsigned long long)(run->n_frames - run->n_passed),
		       (unsigned long long)run->n_messages);
		json_object_foreach(reasons, name, count)
			printf("  %-18s %lld\n", name, json_integer_value(count));
	}
	json_decref(reasons);
	json_decref(document);
}

static int capture_simulate(struct simulate *run, const char *path)
{
	struct otseg_capture *capture;
	struct otseg_frame frame;
	int err;

	err = otseg_capture_open(path, &capture);
	if (err)
		return err;
	while ((err = otseg_capture_next(capture, &frame)) > 0)
		frame_simulate(run, &frame);
	summary_print(run);
	otseg_capture_close(capture);
	return err;
}

static int policy_read(const char *path, struct otseg_blob *image)
{
	struct otseg_diag diag = {};
	int err;

	if (strcmp(path, "active") && access(path, R_OK)) {
		otseg_error_print("%s: %s", path, strerror(errno));
		return OTSEG_EXIT_SYSTEM;
	}
	err = otseg_source_any(path, image, &diag);
	otseg_diag_print(stderr, &diag);
	otseg_diag_free(&diag);
	return err ? OTSEG_EXIT_REFUSED : OTSEG_EXIT_OK;
}

static bool time_parse(const char *text, u64 *at)
{
	struct tm tm = {};
	const char *end = strptime(text, "%Y-%m-%dT%H:%M:%SZ", &tm);
	time_t time = end && !*end ? timegm(&tm) : -1;

	*at = (u64)time;
	return time >= 0;
}

/*
 * Which windows are open: those of a moment, or all of them, for a policy that is not in
 * force. What is in force says so itself.
 */
static int windows_open(const struct otseg_cli *cli, const struct otseg_blob *image)
{
	const char *text = cli->keys[OTSEG_SIMULATE_AT];
	u64 at = OTSEG_NEVER;

	if (text && !time_parse(text, &at)) {
		otseg_error_print("'at %s': expected a time (UTC) like 2026-11-27T06:30:00Z\n"
				  "Try 'otseg trace simulate help'.",
				  text);
		return OTSEG_EXIT_USAGE;
	}
	if (!OTSEG_IMAGE_COUNT(image->data, WINDOWS) ||
	    (!text && !strcmp(cli->words[0], "active")))
		return OTSEG_EXIT_OK;
	otseg_when_open(image->data, at);
	if (!text)
		otseg_error_print("warning: the policy has conduits with windows, which are all "
				  "taken to be open; 'at TIME' says when");
	return OTSEG_EXIT_OK;
}

/**
 * otseg_trace_simulate - the command `trace simulate`
 * @cli: the command line
 *
 * Return: enum otseg_exit.
 */
int otseg_trace_simulate(const struct otseg_cli *cli)
{
	const char *opening = cli->keys[OTSEG_SIMULATE_OPENING];
	struct simulate run = { .cli = cli };
	int ret, err;

	run.assumes = !opening || !strcmp(opening, "assume");
	ret = policy_read(cli->words[0], &run.image);
	if (!ret)
		ret = windows_open(cli, &run.image);
	if (ret) {
		otseg_blob_free(&run.image);
		return ret;
	}
	run.engine = otseg_engine_new();
	run.scratch = calloc(1, sizeof(*run.scratch));
	if (!run.engine || !run.scratch) {
		otseg_error_print("%s", strerror(ENOMEM));
		ret = OTSEG_EXIT_SYSTEM;
		goto out;
	}
	err = otseg_engine_load(run.engine, run.image.data, run.image.len);
	if (!err) {
		otseg_engine_observe(run.engine, message_observe, &run);
		err = interfaces_attach(&run);
	}
	if (!err)
		err = capture_simulate(&run, cli->words[1]);
	if (err)
		ret = err == -EINVAL || err == -EPROTO ? OTSEG_EXIT_REFUSED : OTSEG_EXIT_SYSTEM;
out:
	otseg_engine_free(run.engine);
	free(run.scratch);
	otseg_blob_free(&run.image);
	return ret;
}
