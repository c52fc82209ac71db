// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the inspection of each protocol costs: nanoseconds of one allowed message in test runs,
 * for a bare XDP program and for the datapath, run after run in turns.
 *
 *   protocols [-r ROUNDS] [-f FIRST] [-n FRAMES] OBJECT IMAGE LINK_IMAGE FOLDER
 *   protocols -e OBJECT
 *
 * Prints "cost,protocols,SERVICE,ROUND,BARE,DATAPATH" lines, and for each service
 * "message,SERVICE,LINE,BYTES": which line of FOLDER/SERVICE/messages it was. modbus-long is a
 * Modbus message that is no brief one. "cost,inspected,..." is the same message for a datapath that
 * does not know it when it comes again: what one costs that is new. The conversation
 * before it is played first. On TCP the message comes as a segment that goes on where the one
 * before ended, and a bare acknowledgement follows each; only the message is timed. Datagrams and
 * frames without IP are sent again as they are. Each run must have counted every frame as one that
 * passes.
 *
 * With -e "effort,PROGRAM,STEPS,INSTRUCTIONS" for each program of the datapath: what the
 * verifier had to do, and what it has made of the program.
 */
#define _GNU_SOURCE
#include "../proto/lines.h"
#include "../../include/otseg/service.h"
#include "datapath.h"
#include "frame.h"
#include "run.h"
#include "traffic.skel.h"

#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <getopt.h>
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/if_link.h>
#include <linux/ip.h>
#include <linux/tcp.h>
#include <linux/udp.h>
#include <net/if.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LOOPBACK 1
#define CLIENT_PORT 49152
#define FIRST_SEQ 1000
#define MESSAGE_MAX 1400
#define TRIES 64 /* repetitions that a message must survive to be measured */
#define LOG_STATS 4

/**
 * struct choice - which message of a service is measured
 * @name: what it is called in the output
 * @service: its name
 * @expect: how the line goes on: the first such one that can be repeated
 * @tcp: TCP port, 0: none
 * @udp: UDP port, 0: none
 * @ether: ethertype
 */
struct choice {
	const char *name;
	const char *service;
	const char *expect;
	u16 tcp;
	u16 udp;
	u16 ether;
};

/* What is read or sent over and over in usual operation. */
#define ASK_INSPECTED(name, tcp, udp, ether) { name, name, NULL, tcp, udp, ether },
#define ASK_OPAQUE(name, tcp, udp, ether)
#define ASK_PLANNED(name, tcp, udp, ether)
#define X(id, name, family, on, tcp, udp, ether, state) ASK_##state(name, tcp, udp, ether)
static struct choice choices[] = {
	OTSEG_SERVICE_LIST(X)
	/* what is too long for the short way, to tell it from what inspectors cost */
	{ "modbus-long", "modbus", "function=write-multiple-registers", 502, 0, 0 },
};

#undef X

static const struct {
	const char *service;
	const char *expect;
} usual[] = {
	{ "modbus", "function=read-holding-registers" },
	{ "s7comm", "function=read" },
	{ "mqtt", "function=publish/plain" },
	{ "s7comm-plus", "function=get-multi-variables" },
	{ "mms", "function=read" },
	{ "dnp3", "function=read/" },
	{ "enip", "function=read-tag" },
	{ "iec104", "function=c-ic-na-1" },
	{ "opcua", "function=read " },
	{ "bacnet", "function=read-property " },
	{ "goose", "function=publish" },
	{ "sv", "function=publish" },
	{ "profinet", "function=rt-class-1 " },
	{ "profinet-cm", "function=read" },
	{ "ethercat", "function=lrd" },
	{ "hart-ip", "/read-primary-variable" },
	{ "fins", "function=memory-area-read" },
	{ "melsec", "function=read " },
	{ "c37.118", "function=data" },
};

/* I/O passes after an allowed Forward Open of another connection only. */
#define LEFT_OUT "enip-io"

#define N_CHOICES (sizeof(choices) / sizeof(choices[0]))

/**
 * struct bench - what is measured
 * @datapath: the datapath
 * @bare: step program with a bare program behind it
 * @full: step program with the datapath behind it
 * @frame: the frame that is sent
 * @len: bytes of it
 * @seq: next sequence numbers of both sides
 */
struct bench {
	struct otseg_bench_datapath datapath;
	struct traffic *bare;
	struct traffic *full;
	u8 frame[1600];
	size_t len;
	u32 seq[2];
};

static const u8 near_mac[ETH_ALEN] = { 2, 0, 0, 0, 0, 4 };
static const u8 far_mac[ETH_ALEN] = { 2, 0, 0, 0, 0, 3 };

static u16 header_sum(const void *header, size_t len)
{
	const u8 *bytes = header;
	u32 sum = 0;
	size_t i;

	for (i = 0; i + 1 < len; i += 2)
		sum += (u32)bytes[i] << 8 | bytes[i + 1];
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return htons((u16)~sum);
}

/* Checksums of transport headers stay zero: the interface is said to have none. */
static void ip_fill(u8 *at, int dir, u8 proto, size_t l4_len)
{
	struct iphdr ip = {
		.version = 4,
		.ihl = 5,
		.tot_len = htons((u16)(sizeof(ip) + l4_len)),
		.id = htons(1),
		.frag_off = htons(0x4000),
		.ttl = 64,
		.protocol = proto,
		.saddr = htonl(dir ? OTSEG_BENCH_FAR : OTSEG_BENCH_NEAR),
		.daddr = htonl(dir ? OTSEG_BENCH_NEAR : OTSEG_BENCH_FAR),
	};

	ip.check = header_sum(&ip, sizeof(ip));
	memcpy(at, &ip, sizeof(ip));
}

static void ethernet_fill(struct bench *b, int dir, u16 type)
{
	memset(b->frame, 0, sizeof(b->frame));
	memcpy(b->frame, dir ? near_mac : far_mac, ETH_ALEN);
	memcpy(b->frame + ETH_ALEN, dir ? far_mac : near_mac, ETH_ALEN);
	b->frame[12] = (u8)(type >> 8);
	b->frame[13] = (u8)type;
}

/* A segment of the connection; @data may be NULL. */
static void segment_fill(struct bench *b, u16 port, int dir, u8 flags, const void *data, size_t len)
{
	struct tcphdr tcp = {
		.source = htons(dir ? port : CLIENT_PORT),
		.dest = htons(dir ? CLIENT_PORT : port),
		.seq = htonl(b->seq[dir]),
		.ack_seq = htonl(flags & OTSEG_BENCH_ACK ? b->seq[!dir] : 0),
		.doff = 5,
		.window = htons(65535),
	};
	u8 *at = b->frame + ETH_HLEN;

	((u8 *)&tcp)[13] = flags;
	ethernet_fill(b, dir, ETH_P_IP);
	ip_fill(at, dir, IPPROTO_TCP, sizeof(tcp) + len);
	memcpy(at + sizeof(struct iphdr), &tcp, sizeof(tcp));
	if (len)
		memcpy(at + sizeof(struct iphdr) + sizeof(tcp), data, len);
	b->len = ETH_HLEN + sizeof(struct iphdr) + sizeof(tcp) + len;
}

static void datagram_fill(struct bench *b, u16 port, int dir, const void *data, size_t len)
{
	struct udphdr udp = {
		.source = htons(dir ? port : CLIENT_PORT),
		.dest = htons(dir ? CLIENT_PORT : port),
		.len = htons((u16)(sizeof(udp) + len)),
	};
	u8 *at = b->frame + ETH_HLEN;

	ethernet_fill(b, dir, ETH_P_IP);
	ip_fill(at, dir, IPPROTO_UDP, sizeof(udp) + len);
	memcpy(at + sizeof(struct iphdr), &udp, sizeof(udp));
	memcpy(at + sizeof(struct iphdr) + sizeof(udp), data, len);
	b->len = ETH_HLEN + sizeof(struct iphdr) + sizeof(udp) + len;
}

/* Frames of a length of their own have padding. */
static int frame_send(struct bench *b)
{
	u32 action;
	int err;

	if (b->len < OTSEG_BENCH_UDP_LEN)
		b->len = OTSEG_BENCH_UDP_LEN;
	err = otseg_bench_run(b->datapath.prog, b->frame, b->len, 1, NULL, &action);
	return err ?: action == XDP_PASS ? 0 : -EACCES;
}

static int segment_send(struct bench *b, u16 port, int dir, u8 flags, const void *data, size_t len)
{
	int err;

	segment_fill(b, port, dir, flags, data, len);
	err = frame_send(b);
	b->seq[dir] += (u32)len + !!(flags & OTSEG_BENCH_SYN);
	return err;
}

static int connection_open(struct bench *b, u16 port)
{
	int err;

	b->seq[0] = FIRST_SEQ;
	b->seq[1] = FIRST_SEQ;
	err = segment_send(b, port, 0, OTSEG_BENCH_SYN, NULL, 0);
	err = err ?: segment_send(b, port, 1, OTSEG_BENCH_SYN | OTSEG_BENCH_ACK, NULL, 0);
	return err ?: segment_send(b, port, 0, OTSEG_BENCH_ACK, NULL, 0);
}

/* Is it part of a TCP stream? */
static bool is_stream(const struct choice *c, const struct proto_line *line)
{
	return c->tcp && !line->is_datagram;
}

static void message_fill(struct bench *b, const struct choice *c, const struct proto_line *line)
{
	if (c->udp) {
		datagram_fill(b, c->udp, line->is_reply, line->bytes, line->len);
		return;
	}
	ethernet_fill(b, line->is_reply, c->ether);
	memcpy(b->frame + ETH_HLEN, line->bytes, line->len);
	b->len = ETH_HLEN + line->len;
}

/* The conversation from its first line up to, but not with, @line. What does not pass is left out. */
static int conversation_play(struct bench *b, const struct choice *c, const struct proto_line *line)
{
	const struct proto_line *first = line;
	int err;

	while (!first->is_first)
		first--;
	err = otseg_bench_datapath_forget(&b->datapath);
	if (is_stream(c, line))
		err = err ?: connection_open(b, c->tcp);
	for (; !err && first < line; first++) {
		if (first->len > MESSAGE_MAX || first->is_datagram != line->is_datagram)
			continue;
		if (!is_stream(c, line)) {
			message_fill(b, c, first);
			err = frame_send(b);
		} else {
			err = segment_send(b, c->tcp, first->is_reply,
					   OTSEG_BENCH_PSH | OTSEG_BENCH_ACK, first->bytes,
					   first->len);
			err = err ?: segment_send(b, c->tcp, !first->is_reply, OTSEG_BENCH_ACK, NULL, 0);
		}
		if (err == -EACCES && is_stream(c, line))
			b->seq[first->is_reply] -= first->len;
		if (err == -EACCES)
			err = 0;
	}
	return err;
}

static void plan_fill(struct bench *b, struct traffic *side, const struct choice *c,
		      const struct proto_line *line)
{
	struct otseg_bench_message *plan = &side->bss->message_plan;

	memset(plan, 0, sizeof(*plan));
	if (!is_stream(c, line)) {
		message_fill(b, c, line);
		return;
	}
	plan->is_tcp = 1;
	plan->tcp.len[0] = line->len;
	memcpy(plan->tcp.seq, b->seq, sizeof(b->seq));
	segment_fill(b, c->tcp, 1, OTSEG_BENCH_ACK, NULL, 0);
	memcpy(plan->head[1], b->frame, sizeof(plan->head[1]));
	segment_fill(b, c->tcp, 0, OTSEG_BENCH_PSH | OTSEG_BENCH_ACK, line->bytes, line->len);
	memcpy(plan->head[0], b->frame, sizeof(plan->head[0]));
	/* These bytes of the acknowledgement are its padding. */
	memcpy((u8 *)plan->head[1] + 54, b->frame + 54, 2);
}

/* Sends the message @times; @ns: what one of them took. */
static int message_run(struct bench *b, struct traffic *side, const struct choice *c,
		       const struct proto_line *line, u32 times, double *ns)
{
	const struct otseg_bench_tcp *took = &side->bss->message_plan.tcp;
	int prog = bpf_program__fd(side->progs.otseg_b_message);
	u32 action;
	int err;

	plan_fill(b, side, c, line);
	if (b->len < OTSEG_BENCH_UDP_LEN)
		b->len = OTSEG_BENCH_UDP_LEN;
	err = otseg_bench_run(prog, b->frame, b->len, is_stream(c, line) ? 2 * times : times,
			      NULL, &action);
	if (err)
		return err;
	if (action != XDP_PASS)
		return -EACCES;
	if (!took->timed[0])
		return -ENODATA;
	*ns = (double)took->spent_ns[0] / took->timed[0];
	return 0;
}

/* Measures a message once, after its conversation; each one must have passed. */
static int message_measure(struct bench *b, const struct choice *c, const struct proto_line *line,
			   u32 times, double ns[2])
{
	u64 before[OTSEG_R_MAX], after[OTSEG_R_MAX];
	u64 passed, messages;
	int err;

	err = conversation_play(b, c, line);
	err = err ?: otseg_bench_datapath_reasons(&b->datapath, before);
	err = err ?: message_run(b, b->bare, c, line, times, &ns[0]);
	err = err ?: message_run(b, b->full, c, line, times, &ns[1]);
	err = err ?: otseg_bench_datapath_reasons(&b->datapath, after);
	if (err)
		return err;
	messages = after[OTSEG_R_RULE] - before[OTSEG_R_RULE];
	passed = messages + after[OTSEG_R_FLOW] - before[OTSEG_R_FLOW];
	return messages >= times && passed == (is_stream(c, line) ? 2 * (u64)times : times) ?
		       0 :
		       -EACCES;
}

/* The first message of the kind that can be sent again and again, or NULL. */
static const struct proto_line *message_choose(struct bench *b, const struct choice *c,
					       const struct proto_line *lines, int n)
{
	const struct proto_line *line;
	double ns[2];

	for (line = lines; line < lines + n; line++) {
		if (line->is_reply || line->len > MESSAGE_MAX || !strstr(line->expect, c->expect) ||
		    strcmp(line->service, c->service))
			continue;
		if (!message_measure(b, c, line, TRIES, ns))
			return line;
	}
	return NULL;
}

static struct traffic *side_open(int target, u32 flags)
{
	struct traffic *side = traffic__open();
	struct bpf_program *prog;
	u32 zero = 0;

	if (!side)
		return NULL;
	bpf_object__for_each_program(prog, side->obj)
		bpf_program__set_flags(prog, flags);
	if (traffic__load(side)) {
		traffic__destroy(side);
		return NULL;
	}
	if (target < 0)
		target = bpf_program__fd(side->progs.otseg_b_pass);
	otseg_bench_park(bpf_program__fd(side->progs.otseg_b_message));
	if (bpf_map_update_elem(bpf_map__fd(side->maps.otseg_b_target), &zero, &target, 0)) {
		traffic__destroy(side);
		return NULL;
	}
	return side;
}

static int bench_open(struct bench *b, const char *object, const char *image, bool recurs)
{
	int err = otseg_bench_datapath_open(&b->datapath, object, image, recurs);

	err = err ?: otseg_bench_datapath_link(&b->datapath, LOOPBACK, "it0", 0);
	if (err)
		return err;
	otseg_bench_park(b->datapath.prog);
	b->full = side_open(b->datapath.prog, b->datapath.flags);
	b->bare = side_open(-1, b->datapath.flags);
	return b->full && b->bare ? 0 : -ENOMEM;
}

/*
 * All services, @rounds each; those without IP by odd ones of @benches; the upper two inspect each
 * message. Return: 1 if one could not be measured.
 */
static int bench_run(struct bench *benches, const char *folder, int rounds, int first, u32 frames)
{
	const struct proto_line *chosen[N_CHOICES] = { NULL };
	struct proto_line *lines[N_CHOICES];
	int failed = 0;
	double ns[2];
	int n[N_CHOICES];
	int round, err;
	size_t i, k;

	for (i = 0; i < N_CHOICES; i++) {
		struct choice *c = &choices[i];
		struct bench *b = &benches[!c->tcp && !c->udp];

		for (k = 0; k < sizeof(usual) / sizeof(usual[0]); k++)
			if (!c->expect && !strcmp(usual[k].service, c->service))
				c->expect = usual[k].expect;
		n[i] = proto_lines_read(folder, c->service, &lines[i]);
		if (c->expect && n[i] > 0)
			chosen[i] = message_choose(b, c, lines[i], n[i]);
		if (chosen[i]) {
			if (!first)
				printf("message,%s,%u,%u\n", c->name, chosen[i]->number,
				       chosen[i]->len);
			continue;
		}
		if (!strcmp(c->service, LEFT_OUT))
			continue;
		fprintf(stderr, "protocols: %s: no message that can be repeated\n", c->name);
		failed = 1;
	}
	for (round = first; round < first + rounds; round++) {
		for (i = 0; i < N_CHOICES; i++) {
			struct bench *b = &benches[!choices[i].tcp && !choices[i].udp];

			if (!chosen[i])
				continue;
			for (k = 0; k < 2; k++) {
				err = message_measure(b + 2 * k, &choices[i], chosen[i], frames, ns);
				if (!err) {
					printf("cost,%s,%s,%d,%.1f,%.1f\n",
					       k ? "inspected" : "protocols", choices[i].name,
					       round, ns[0], ns[1]);
					continue;
				}
				fprintf(stderr, "protocols: %s: not measured: %s\n",
					choices[i].name, strerror(-err));
				failed = 1;
			}
		}
	}
	for (i = 0; i < N_CHOICES; i++)
		if (n[i] >= 0)
			proto_lines_free(lines[i], n[i]);
	return failed;
}

/* The number behind @word in the verifier's statistics. */
static unsigned long number(const char *log, const char *word)
{
	const char *at = strstr(log, word);

	return at ? strtoul(at + strlen(word), NULL, 10) : 0;
}

/* What the verifier says of each program. */
static int effort(const char *path)
{
	static char logs[8][1 << 16];
	struct bpf_object *object = bpf_object__open_file(path, NULL);
	struct bpf_program *prog;
	int n = 0;
	int err;

	if (!object)
		return 1;
	bpf_object__for_each_program(prog, object) {
		bpf_program__set_log_level(prog, LOG_STATS);
		if (n < 8)
			bpf_program__set_log_buf(prog, logs[n++], sizeof(logs[0]));
	}
	err = bpf_object__load(object);
	n = 0;
	bpf_object__for_each_program(prog, object) {
		struct bpf_prog_info info = { 0 };
		u32 len = sizeof(info);

		err = err ?: bpf_obj_get_info_by_fd(bpf_program__fd(prog), &info, &len);
		if (!err && n < 8)
			printf("effort,%s,%lu,%u\n", bpf_program__name(prog),
			       number(logs[n++], "processed "), info.xlated_prog_len / 8);
	}
	bpf_object__close(object);
	return err != 0;
}

static int usage(void)
{
	fprintf(stderr, "usage: protocols [-r ROUNDS] [-f FIRST] [-n FRAMES] OBJECT IMAGE LINK_IMAGE "
			"FOLDER\n"
			"       protocols -e OBJECT\n");
	return 2;
}

int main(int argc, char **argv)
{
	static struct bench benches[4];
	int rounds = 15, first = 0;
	u32 frames = 20000;
	int option, err, i;

	while ((option = getopt(argc, argv, "r:f:n:e:")) != -1) {
		switch (option) {
		case 'r':
			rounds = atoi(optarg);
			break;
		case 'f':
			first = atoi(optarg);
			break;
		case 'n':
			frames = (u32)strtoul(optarg, NULL, 10);
			break;
		case 'e':
			return effort(optarg);
		default:
			return usage();
		}
	}
	if (argc - optind != 4 || rounds < 1 || frames < 1)
		return usage();
	setlinebuf(stdout);
	err = otseg_bench_claim(1);
	for (i = 0; !err && i < 4; i++)
		err = bench_open(&benches[i], argv[optind], argv[optind + 1 + i % 2], i < 2);
	if (err) {
		fprintf(stderr, "protocols: cannot prepare: %s\n", strerror(-err));
		return 1;
	}
	err = bench_run(benches, argv[optind + 3], rounds, first, frames);
	for (i = 0; i < 4; i++) {
		traffic__destroy(benches[i].full);
		traffic__destroy(benches[i].bare);
		otseg_bench_datapath_close(&benches[i].datapath);
	}
	return err;
}
