// SPDX-License-Identifier: GPL-2.0-only
/*
 * otseg trace decode: what the inspectors make of the frames of a capture. Uses
 * the datapath's own decoder and inspectors; only the order of segments is put
 * right here, and answers are given the objects of their questions.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../bpf/engine/decode.h"
#include "../bpf/engine/inspect.h"
#include "capture.h"
#include "message.h"
#include "print.h"
#include "reason.h"
#include "reassembly.h"
#include "service.h"
#include "trace.h"

/* One run over a capture. */
struct decode {
	const struct otseg_cli *cli;
	struct otseg_reassembly *reassembly;
	struct otseg_scratch *scratch;
	struct otseg_msg msg;
	struct otseg_pdu pdu;
	u16 port;
	u64 n_frames;
	u64 n_messages;
	u64 n_errors;
};

/* What a frame turned out to carry. */
struct finding {
	const struct otseg_frame *frame;
	const struct otseg_packet *packet;
	enum otseg_msg_dir dir;
	json_t *messages;
	u32 reason; /* why the rest was not understood */
};

static bool is_modbus(const struct decode *run, u16 port)
{
	return port == 502 || (run->port && port == run->port);
}

static void asked_add(struct otseg_connection *connection, const struct otseg_msg *msg,
		      json_t *objects)
{
	struct otseg_asked *asked =
		&connection->asked[connection->asked_at++ % OTSEG_REASSEMBLY_REQUESTS];

	json_decref(asked->objects);
	asked->function = msg->function;
	asked->id = msg->id;
	asked->unit = (u16)msg->unit;
	asked->objects = json_incref(objects);
}

/* A response says what was asked for in few protocols; here it is repeated. */
static void asked_find(struct otseg_connection *connection, const struct otseg_msg *msg,
		       json_t *message)
{
	u32 i;

	for (i = 0; i < OTSEG_REASSEMBLY_REQUESTS; i++) {
		struct otseg_asked *asked = &connection->asked[i];

		if (!asked->objects || asked->id != msg->id || asked->unit != msg->unit ||
		    asked->function >> 16 != msg->function >> 16)
			continue;
		json_object_set(message, "objects", asked->objects);
		json_decref(asked->objects);
		asked->objects = NULL;
		return;
	}
}

/*
 * Takes one PDU from the front of @bytes. Returns its length, 0 if it is not
 * there as a whole, -1 with @finding->reason if it is none.
 */
static int pdu_take(struct decode *run, struct otseg_connection *connection,
		    struct finding *finding, const u8 *bytes, u32 n_bytes)
{
	struct otseg_msg *msg = &run->msg;
	u32 have = n_bytes < OTSEG_PDU_MAX ? n_bytes : OTSEG_PDU_MAX;
	json_t *message;
	u32 reason;

	memcpy(run->pdu.bytes, bytes, have);
	memset(run->pdu.bytes + have, 0, sizeof(run->pdu.bytes) - have);
	reason = otseg_inspect_pdu(OTSEG_SVC_MODBUS, &run->pdu, have, finding->dir, msg);
	if (reason) {
		finding->reason = reason;
		return -1;
	}
	if (msg->flags & OTSEG_MSG_PARTIAL)
		return 0;
	message = otseg_message_json(msg, run->pdu.bytes, msg->length);
	if (finding->dir == OTSEG_DIR_REQUEST)
		asked_add(connection, msg, json_object_get(message, "objects"));
	else
		asked_find(connection, msg, message);
	json_array_append_new(finding->messages, message);
	return (int)msg->length;
}

static void finding_print(const struct decode *run, const struct finding *finding)
{
	const struct otseg_packet *packet = finding->packet;
	char src[64], dst[64];
	json_t *document, *message;
	size_t i;

	otseg_print_address(src, sizeof(src), packet->family, &packet->src);
	otseg_print_address(dst, sizeof(dst), packet->family, &packet->dst);
	if (run->cli->json) {
		document = json_pack("{s:I, s:s, s:s, s:s, s:i, s:s, s:i, s:O}", "frame",
				     (json_int_t)finding->frame->number, "service",
				     otseg_service_name(OTSEG_SVC_MODBUS), "direction",
				     finding->dir == OTSEG_DIR_REQUEST ? "request" : "response",
				     "src", src, "src_port", packet->sport, "dst", dst, "dst_port",
				     packet->dport, "messages", finding->messages);
		if (finding->reason)
			json_object_set_new(document, "error",
					    json_string(otseg_reason_name(finding->reason)));
		otseg_print_json(run->cli, document);
		json_decref(document);
		return;
	}
	json_array_foreach(finding->messages, i, message) {
		printf("%llu %s:%u > %s:%u %s %s ", (unsigned long long)finding->frame->number, src,
		       packet->sport, dst, packet->dport, otseg_service_name(OTSEG_SVC_MODBUS),
		       finding->dir == OTSEG_DIR_REQUEST ? "request" : "response");
		otseg_message_text(stdout, message);
		putchar('\n');
	}
	if (finding->reason)
		printf("%llu %s:%u > %s:%u %s %s: %s\n", (unsigned long long)finding->frame->number,
		       src, packet->sport, dst, packet->dport, otseg_service_name(OTSEG_SVC_MODBUS),
		       finding->dir == OTSEG_DIR_REQUEST ? "request" : "response",
		       otseg_reason_name(finding->reason));
}

static int segment_decode(struct decode *run, struct finding *finding)
{
	const struct otseg_packet *packet = finding->packet;
	struct otseg_connection *connection;
	struct otseg_stream *stream;
	const u8 *bytes;
	u32 n_bytes;
	int len = 1;

	connection = otseg_reassembly_find(run->reassembly, packet, &stream);
	if (!connection)
		return -ENOMEM;
	bytes = otseg_reassembly_feed(run->reassembly, stream, packet,
				      finding->frame->data + packet->payload_off, &n_bytes);
	while (n_bytes && len > 0) {
		len = pdu_take(run, connection, finding, bytes, n_bytes);
		if (len > 0) {
			bytes += len;
			n_bytes -= (u32)len;
		}
	}
	if (!len)
		otseg_reassembly_keep(stream, bytes, n_bytes);
	return 0;
}

static int frame_decode(struct decode *run, const struct otseg_frame *frame)
{
	struct otseg_world world = { .frame = frame->data, .frame_len = frame->len };
	struct otseg_env env = { .world = &world, .s = run->scratch };
	struct otseg_packet *packet = &run->scratch->packet;
	struct finding finding = { .frame = frame, .packet = packet };
	int err;

	run->n_frames++;
	run->scratch->arrival.frame_len = frame->len;
	if (otseg_decode(&env, packet) || packet->fault || packet->proto != OTSEG_SEL_TCP)
		return 0;
	if (!is_modbus(run, packet->sport) && !is_modbus(run, packet->dport))
		return 0;
	/* A frame that was cut when it was captured has less than its headers say. */
	if (packet->payload_off + packet->payload_len > frame->len)
		return 0;
	finding.dir = is_modbus(run, packet->dport) ? OTSEG_DIR_REQUEST : OTSEG_DIR_RESPONSE;
	finding.messages = json_array();
	err = segment_decode(run, &finding);
	if (!err && (json_array_size(finding.messages) || finding.reason))
		finding_print(run, &finding);
	run->n_messages += json_array_size(finding.messages);
	run->n_errors += !!finding.reason;
	json_decref(finding.messages);
	return err;
}

static void summary_print(const struct decode *run)
{
	json_t *document;

	if (run->cli->json) {
		document = json_pack("{s:{s:I, s:I, s:I}}", "summary", "frames",
				     (json_int_t)run->n_frames, "messages",
				     (json_int_t)run->n_messages, "errors",
				     (json_int_t)run->n_errors);
		otseg_print_json(run->cli, document);
		json_decref(document);
		return;
	}
	printf("%llu frames, %llu messages, %llu not understood\n",
	       (unsigned long long)run->n_frames, (unsigned long long)run->n_messages,
	       (unsigned long long)run->n_errors);
}

static int port_parse(const char *text, u16 *port)
{
	char *end;
	unsigned long value = strtoul(text, &end, 10);

	if (*end || !value || value > 65535 || *text < '0' || *text > '9')
		return -EINVAL;
	*port = (u16)value;
	return 0;
}

static int capture_decode(struct decode *run)
{
	struct otseg_capture *capture;
	struct otseg_frame frame;
	int err;

	err = otseg_capture_open(run->cli->words[0], &capture);
	if (err)
		return err;
	while ((err = otseg_capture_next(capture, &frame)) > 0) {
		err = frame_decode(run, &frame);
		if (err) {
			otseg_error_print("%s", strerror(-err));
			break;
		}
	}
	summary_print(run);
	otseg_capture_close(capture);
	return err;
}

/**
 * otseg_trace_decode - the command `trace decode`
 * @cli: the command line
 *
 * Return: enum otseg_exit.
 */
int otseg_trace_decode(const struct otseg_cli *cli)
{
	const char *port = cli->keys[OTSEG_DECODE_PORT];
	struct decode run = { .cli = cli };
	int err = -ENOMEM;

	if (port && port_parse(port, &run.port)) {
		otseg_error_print("'port %s': expected a number from 1 to 65535\n"
				  "Try 'otseg trace decode help'.",
				  port);
		return OTSEG_EXIT_USAGE;
	}
	run.reassembly = otseg_reassembly_create();
	run.scratch = calloc(1, sizeof(*run.scratch));
	if (run.reassembly && run.scratch)
		err = capture_decode(&run);
	else
		otseg_error_print("%s", strerror(ENOMEM));
	otseg_reassembly_free(run.reassembly);
	free(run.scratch);
	if (!err)
		return OTSEG_EXIT_OK;
	return err == -EPROTO ? OTSEG_EXIT_REFUSED : OTSEG_EXIT_SYSTEM;
}
