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
#include "policy/words.h"
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
	u32 port_service; /* whose port that is */
	u64 n_frames;
	u64 n_messages;
	u64 n_errors;
};

/* What a frame turned out to carry. */
struct finding {
	const struct otseg_frame *frame;
	struct otseg_packet packet;
	u32 service;
	enum otseg_msg_dir dir;
	json_t *messages;
	u32 reason; /* why the rest was not understood */
};

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

/* The request that a message answers, NULL: it is not known. */
static struct otseg_asked *asked_find(struct otseg_connection *connection,
				      const struct otseg_msg *msg)
{
	u32 i;

	for (i = 0; i < OTSEG_REASSEMBLY_REQUESTS; i++) {
		struct otseg_asked *asked = &connection->asked[i];

		if (!asked->objects || asked->id != msg->id ||
		    (!(msg->flags & OTSEG_MSG_NO_UNIT) && asked->unit != (u16)msg->unit))
			continue;
		if (msg->flags & OTSEG_MSG_NO_FUNCTION ||
		    asked->function >> 16 == msg->function >> 16)
			return asked;
	}
	return NULL;
}

/* A response says what was asked for in few protocols; where it does not, it is repeated. */
static json_t *message_json(struct decode *run, struct otseg_connection *connection)
{
	struct otseg_msg *msg = &run->msg;
	u32 seen = msg->length < OTSEG_PDU_MAX ? msg->length : OTSEG_PDU_MAX;
	struct otseg_asked *asked = NULL;
	json_t *message;

	if (msg->kind == OTSEG_KIND_ANSWER)
		asked = asked_find(connection, msg);
	if (asked && msg->flags & OTSEG_MSG_NO_FUNCTION) {
		msg->function = asked->function;
		msg->flags &= (u16)~OTSEG_MSG_NO_FUNCTION;
	}
	message = otseg_message_json(msg, run->pdu.bytes, seen);
	if (msg->kind == OTSEG_KIND_REQUEST)
		asked_add(connection, msg, json_object_get(message, "objects"));
	if (!asked)
		return message;
	if (!msg->n_objects)
		json_object_set(message, "objects", asked->objects);
	json_decref(asked->objects);
	asked->objects = NULL;
	return message;
}

/*
 * Takes one PDU from the front of @bytes. Returns its length, 0 if it is not
 * there as far as it is looked at, -1 with @finding->reason if it is none.
 */
static s64 pdu_take(struct decode *run, struct otseg_connection *connection,
		    struct finding *finding, const u8 *bytes, u32 n_bytes)
{
	struct otseg_msg *msg = &run->msg;
	u32 have = n_bytes < OTSEG_PDU_MAX ? n_bytes : OTSEG_PDU_MAX;
	u32 reason;

	memcpy(run->pdu.bytes, bytes, have);
	memset(run->pdu.bytes + have, 0, sizeof(run->pdu.bytes) - have);
	msg->part = 0;
	msg->state = connection->state;
	do {
		reason = otseg_inspect_pdu(finding->service, &run->pdu, have, finding->dir, msg);
		if (reason) {
			finding->reason = reason;
			return -1;
		}
		if (msg->flags & OTSEG_MSG_PARTIAL)
			return 0;
		if (finding->packet.family == OTSEG_FAMILY_LINK)
			otseg_inspect_ends(msg, finding->packet.src_mac, finding->packet.dst_mac);
		json_array_append_new(finding->messages, message_json(run, connection));
		msg->part++;
	} while (msg->flags & OTSEG_MSG_MORE);
	connection->state = msg->state;
	return msg->length;
}

static void ends_print(char *src, char *dst, size_t size, const struct finding *finding)
{
	const struct otseg_packet *packet = &finding->packet;

	if (packet->family != OTSEG_FAMILY_LINK) {
		otseg_print_address(src, size, packet->family, &packet->src);
		otseg_print_address(dst, size, packet->family, &packet->dst);
		return;
	}
	otseg_print_mac(src, size, packet->src_mac);
	otseg_print_mac(dst, size, packet->dst_mac);
}

static const char *direction_name(const struct finding *finding)
{
	return finding->dir == OTSEG_DIR_REQUEST ? "request" : "response";
}

static void line_begin(const struct finding *finding, const char *service, const char *src,
		       const char *dst)
{
	printf("%llu ", (unsigned long long)finding->frame->number);
	if (finding->packet.family != OTSEG_FAMILY_LINK)
		printf("%s:%u > %s:%u", src, finding->packet.sport, dst, finding->packet.dport);
	else
		printf("%s > %s", src, dst);
	printf(" %s %s", service, direction_name(finding));
}

static void finding_print(const struct decode *run, const struct finding *finding)
{
	const struct otseg_packet *packet = &finding->packet;
	const char *name;
	char src[64], dst[64];
	json_t *document, *message;
	size_t i;

	ends_print(src, dst, sizeof(src), finding);
	name = otseg_service_name(finding->service);
	if (run->cli->json) {
		document = json_pack("{s:I, s:s, s:s, s:s, s:s}", "frame",
				     (json_int_t)finding->frame->number, "service", name,
				     "direction", direction_name(finding), "src", src, "dst", dst);
		if (packet->family != OTSEG_FAMILY_LINK) {
			json_object_set_new(document, "src_port", json_integer(packet->sport));
			json_object_set_new(document, "dst_port", json_integer(packet->dport));
		}
		json_object_set(document, "messages", finding->messages);
		if (finding->reason)
			json_object_set_new(document, "error",
					    json_string(otseg_reason_name(finding->reason)));
		otseg_print_json(run->cli, document);
		json_decref(document);
		return;
	}
	json_array_foreach(finding->messages, i, message) {
		const char *its = json_string_value(json_object_get(message, "service"));

		line_begin(finding, its ? its : name, src, dst);
		putchar(' ');
		otseg_message_text(stdout, message);
		putchar('\n');
	}
	if (finding->reason) {
		line_begin(finding, name, src, dst);
		printf(": %s\n", otseg_reason_name(finding->reason));
	}
}

static void segment_decode(struct decode *run, struct finding *finding,
			   struct otseg_connection *connection, struct otseg_stream *stream)
{
	const struct otseg_packet *packet = &finding->packet;
	const u8 *bytes;
	u32 n_bytes;
	s64 len = 1;

	bytes = otseg_reassembly_feed(run->reassembly, stream, packet,
				      finding->frame->data + packet->payload_off, &n_bytes);
	while (n_bytes && len > 0) {
		len = pdu_take(run, connection, finding, bytes, n_bytes);
		if (len > n_bytes) {
			stream->skip = (u32)(len - n_bytes);
			return;
		}
		if (len > 0) {
			bytes += len;
			n_bytes -= (u32)len;
		}
	}
	if (!len)
		otseg_reassembly_keep(stream, bytes, n_bytes);
}

/* A datagram holds whole PDUs. */
static void datagram_decode(struct decode *run, struct finding *finding,
			    struct otseg_connection *connection)
{
	const struct otseg_packet *packet = &finding->packet;
	const u8 *bytes = finding->frame->data + packet->payload_off;
	u32 n_bytes = packet->payload_len;
	s64 len;

	connection->state |= OTSEG_STATE_DATAGRAM;
	while (n_bytes && !finding->reason) {
		len = pdu_take(run, connection, finding, bytes, n_bytes);
		if (!len || len > n_bytes)
			finding->reason = OTSEG_R_PDU_LENGTH;
		if (len <= 0 || len > n_bytes)
			return;
		bytes += len;
		n_bytes -= (u32)len;
	}
}

/* The inspected service whose port or ethertype this is, NONE: nobody's. @carrier: OTSEG_SEL_*. */
static u32 service_at(const struct decode *run, u32 carrier, u16 number)
{
	u32 i;

	if (run->port && number == run->port && carrier != OTSEG_SEL_LINK)
		return run->port_service;
	for (i = 0; i < OTSEG_SVC_COUNT; i++) {
		if (number && otseg_services[i].state == OTSEG_SERVICE_INSPECTED &&
		    otseg_words_known(i, carrier) == number)
			return i;
	}
	return OTSEG_SVC_NONE;
}

/* Whose packet is it, and where does its payload lie? NONE: nobody's. */
static u32 packet_place(const struct decode *run, const struct otseg_packet *packet,
			u32 frame_len, u32 reason)
{
	u32 service;

	if (!reason && packet->family == OTSEG_FAMILY_LINK)
		return service_at(run, OTSEG_SEL_LINK, packet->ethertype);
	if (reason || packet->fault ||
	    (packet->proto != OTSEG_PROTO_TCP && packet->proto != OTSEG_PROTO_UDP))
		return OTSEG_SVC_NONE;
	/* A frame that was cut when it was captured has less than its headers say. */
	if (packet->payload_off + packet->payload_len > frame_len)
		return OTSEG_SVC_NONE;
	service = service_at(run, packet->proto, packet->dport);
	return service ? service : service_at(run, packet->proto, packet->sport);
}

/* The side that opened the flow asks; without its beginning, the side that has another port. */
static enum otseg_msg_dir direction_of(const struct decode *run, const struct finding *finding,
				       struct otseg_connection *connection)
{
	const struct otseg_packet *packet = &finding->packet;
	u32 end = otseg_reassembly_end(packet);

	if (packet->proto == OTSEG_PROTO_TCP && packet->tcp_flags & OTSEG_TCP_SYN)
		connection->opener = 1 + (packet->tcp_flags & OTSEG_TCP_ACK ? !end : end);
	if (!connection->opener) {
		u32 is_answer = packet->proto && packet->sport != packet->dport &&
				service_at(run, packet->proto, packet->dport) != finding->service;

		connection->opener = 1 + (is_answer ? !end : end);
	}
	return connection->opener == 1 + end ? OTSEG_DIR_REQUEST : OTSEG_DIR_RESPONSE;
}

static int frame_decode(struct decode *run, const struct otseg_frame *frame)
{
	struct otseg_world world = { .frame = frame->data, .frame_len = frame->len };
	struct otseg_env env = { .world = &world, .s = run->scratch };
	struct otseg_connection *connection;
	struct finding finding = { .frame = frame };
	struct otseg_stream *stream;
	u32 reason;

	run->n_frames++;
	run->scratch->arrival.frame_len = frame->len;
	reason = otseg_decode(&env, &run->scratch->packet);
	finding.packet = run->scratch->packet;
	finding.service = packet_place(run, &finding.packet, frame->len, reason);
	if (!finding.service)
		return 0;
	connection = otseg_reassembly_find(run->reassembly, &finding.packet, &stream);
	if (!connection)
		return -ENOMEM;
	finding.dir = direction_of(run, &finding, connection);
	finding.messages = json_array();
	if (finding.packet.proto == OTSEG_PROTO_TCP)
		segment_decode(run, &finding, connection, stream);
	else
		datagram_decode(run, &finding, connection);
	if (json_array_size(finding.messages) || finding.reason)
		finding_print(run, &finding);
	run->n_messages += json_array_size(finding.messages);
	run->n_errors += !!finding.reason;
	json_decref(finding.messages);
	return 0;
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
	const char *service = cli->keys[OTSEG_DECODE_SERVICE];
	struct decode run = { .cli = cli, .port_service = OTSEG_SVC_MODBUS };
	int err = -ENOMEM;

	if (port && port_parse(port, &run.port)) {
		otseg_error_print("'port %s': expected a number from 1 to 65535\n"
				  "Try 'otseg trace decode help'.",
				  port);
		return OTSEG_EXIT_USAGE;
	}
	if (service) {
		int number = otseg_words_service(service);

		if (number < 0 || otseg_services[number].state != OTSEG_SERVICE_INSPECTED || !port) {
			otseg_error_print("'service %s': expected an inspected service, beside 'port'\n"
					  "Try 'otseg trace decode help'.",
					  service);
			return OTSEG_EXIT_USAGE;
		}
		run.port_service = (u32)number;
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
