// SPDX-License-Identifier: GPL-2.0-only
/*
 * The messages of ../proto through the datapath in the kernel and through the engine in
 * userspace: in whole segments, cut in two at each byte, and byte by byte, the verdicts are the
 * same, and those of a message that is cut are those of the whole one. And again, once they have
 * come before, with a bit of each byte changed: what is known (recur.h) is judged as if it were
 * not, for which the engine in userspace goes the long way. What each message must
 * become is that folder's test; here it only counts that both agree, and that some pass.
 */
#include <errno.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../bpf/engine/env.h"
#include "../../include/otseg/service.h"
#include "../../userspace/policy/words.h"
#include "../unit/ktap.h"
#include "datapath.h"
#include "subject.h"

#define MESSAGE_MAX 65536
#define SEGMENT_MAX 1400
#define LEARNED 3 /* times that a message is said before it is changed */
#define CHANGED_MAX 256 /* bytes of such a message: more than are known again */
#define GARBAGE 8 /* bytes of 0xff, with which no message of any protocol begins */

enum way {
	ROUND_WHOLE,
	ROUND_CUTS,
	ROUND_AGAIN,
	ROUNDS,
};

/* A message that has passed in the conversation. */
struct heard {
	u8 *bytes;
	u32 len;
	u32 dir;
};

struct wire {
	struct subject *kernel;
	struct subject *process;
	const char *folder;
	u32 service;
	u32 carrier;
	u32 n_line;
	u32 n_passed;
	u32 n_dropped;
	u32 n_differ;
	u32 n_cuts;
	u32 n_changed; /* messages that pass with something changed */
	struct heard *heard;
	u32 n_heard;
	struct otseg_verdict verdict; /* of the frame that was sent last */
	u16 port;
	u16 sport;
	u32 seq[2];
	struct end ends[2][2]; /* of the kernel's and of the process's interfaces */
};

static const char policy_format[] =
	"otseg: 1\n"
	"name: messages\n"
	"zones:\n"
	"  it: {level: 4, interfaces: [it0], prefixes: [10.0.0.0/24]}\n"
	"  cell: {level: 1, interfaces: [ot0], prefixes: [192.168.10.0/24]}\n"
	"%sconduits:\n"
	"  all:\n"
	"    reason: whatever the messages are\n"
	"    from: it\n"
	"    to: cell\n"
	"    flows: 262144\n"
	"    sessions: 65536\n"
	"    rules:\n";

static const char rule_format[] =
	"      r%u: {service: %s, %sidle: 60s, access: [session, read, diagnostic, write, control, program, vendor]}\n";

static int policy_set(struct wire *w)
{
	u32 family = otseg_services[w->service].family, i;
	const char *carrier = "carrier: udp, ";
	char *text;
	size_t len;
	FILE *out = open_memstream(&text, &len);
	int err;

	if (w->carrier != OTSEG_ON_UDP || !(otseg_services[w->service].carriers & ~OTSEG_ON_UDP))
		carrier = "";
	fprintf(out, policy_format,
		w->carrier == OTSEG_ON_LINK ? "wires: {line: [it0, ot0]}\n" : "");
	for (i = 0; i < OTSEG_SVC_COUNT; i++)
		if (otseg_services[i].state == OTSEG_SERVICE_INSPECTED &&
		    otseg_services[i].family == family)
			fprintf(out, rule_format, i, otseg_services[i].name, carrier);
	fclose(out);
	err = subject_policy(w->kernel, text) || subject_policy(w->process, text);
	free(text);
	return err;
}

/* Sends what make() makes to both. Return: whether it passed. */
static int frame_send(struct wire *w, u32 dir, const void *bytes, u32 len, u8 flags)
{
	struct tcp tcp = { w->seq[dir],
			   w->seq[!dir],
			   dir ? w->port : w->sport,
			   dir ? w->sport : w->port,
			   flags,
			   65000,
			   -1 };
	struct otseg_verdict x, y;
	struct frame f;
	u32 i;

	for (i = 0; i < 2; i++) {
		const struct end *from = &w->ends[i][dir], *to = &w->ends[i][!dir];
		struct subject *subject = i ? w->process : w->kernel;

		if (w->carrier == OTSEG_ON_TCP) {
			frame_tcp(&f, from, to, &tcp, bytes, len);
		} else if (w->carrier == OTSEG_ON_UDP) {
			frame_udp(&f, from, to, tcp.sport, tcp.dport, bytes, len);
		} else {
			frame_ethernet(&f, to->mac, from->mac, 0, otseg_services[w->service].ether);
			memcpy(f.bytes + f.len, bytes, len);
			f.len += len;
		}
		subject_send(subject, from->ifindex, &f, i ? &y : &x);
	}
	w->verdict = x;
	if (memcmp(&x, &y, sizeof(x)) && w->n_differ++ < 5)
		printf("# %s/messages:%u: kernel %u/%u rule %u messages %u, process %u/%u rule %u messages %u\n",
		       w->folder, w->n_line, x.action, x.reason, x.rule, x.n_messages, y.action,
		       y.reason, y.rule, y.n_messages);
	if (len) {
		w->n_passed += x.action == OTSEG_ACTION_PASS;
		w->n_dropped += x.action != OTSEG_ACTION_PASS;
	}
	return x.action == OTSEG_ACTION_PASS;
}

static void flow_begin(struct wire *w)
{
	w->sport = w->sport < 60000 ? w->sport + 1 : 20000;
	w->seq[0] = 1000;
	w->seq[1] = 0xfffffc00u;
	/* what was, is over */
	w->kernel->now_ns += 1000ull * 1000000000;
	w->process->now_ns = w->kernel->now_ns;
	if (w->carrier != OTSEG_ON_TCP)
		return;
	frame_send(w, 0, NULL, 0, OTSEG_TCP_SYN);
	w->seq[0]++;
	frame_send(w, 1, NULL, 0, OTSEG_TCP_SYN | OTSEG_TCP_ACK);
	w->seq[1]++;
	frame_send(w, 0, NULL, 0, OTSEG_TCP_ACK);
}

static void conversation_begin(struct wire *w)
{
	while (w->n_heard)
		free(w->heard[--w->n_heard].bytes);
	flow_begin(w);
}

/* A piece of a message, which the other side acknowledges. Return: whether it passed. */
static int piece_send(struct wire *w, u32 dir, const u8 *bytes, u32 len)
{
	int has_passed = frame_send(w, dir, bytes, len, OTSEG_TCP_ACK | OTSEG_TCP_PSH);

	if (!has_passed || w->carrier != OTSEG_ON_TCP)
		return has_passed;
	w->seq[dir] += len;
	frame_send(w, !dir, NULL, 0, OTSEG_TCP_ACK);
	return 1;
}

static int message_whole(struct wire *w, u32 dir, const u8 *bytes, u32 len)
{
	u32 size, off;
	int has_passed = 1;

	for (off = 0; off < len; off += size) {
		size = len - off < SEGMENT_MAX ? len - off : SEGMENT_MAX;
		has_passed &= piece_send(w, dir, bytes + off, size);
	}
	return has_passed;
}

/* What has passed is said once more: a beginning of what is refused waits in the other flow. */
static void conversation_again(struct wire *w)
{
	u32 i;

	flow_begin(w);
	for (i = 0; i < w->n_heard; i++)
		message_whole(w, w->heard[i].dir, w->heard[i].bytes, w->heard[i].len);
}

/*
 * Grows by a byte; after each, the rest comes with garbage behind, for which all of that is dropped
 * and forgotten, whatever the message is: it is judged, and the next cut can be tried.
 */
static int message_cut(struct wire *w, u32 dir, const u8 *bytes, u32 len)
{
	static u8 room[SEGMENT_MAX + GARBAGE];
	struct otseg_verdict whole;
	u32 at;

	memcpy(room, bytes, len);
	memset(room + len, 0xff, GARBAGE);
	if (frame_send(w, dir, room, len + GARBAGE, OTSEG_TCP_ACK) && w->n_differ++ < 5)
		printf("# %s/messages:%u: passes with garbage behind\n", w->folder, w->n_line);
	whole = w->verdict;
	for (at = 1; piece_send(w, dir, bytes + at - 1, 1); at++) {
		if (at == len)
			return 1;
		w->n_cuts++;
		frame_send(w, dir, room + at, len + GARBAGE - at, OTSEG_TCP_ACK);
		if ((w->verdict.reason != whole.reason ||
		     (len <= OTSEG_PDU_MAX && w->verdict.n_messages != whole.n_messages)) &&
		    w->n_differ++ < 5)
			printf("# %s/messages:%u: cut at %u it is %u with %u messages, not %u with %u\n",
			       w->folder, w->n_line, at, w->verdict.reason, w->verdict.n_messages,
			       whole.reason, whole.n_messages);
	}
	/* a beginning may be refused for what it shows first */
	if (at > 1)
		conversation_again(w);
	return 0;
}

/* Has passed, and is said again with the others of the conversation. */
static void message_hear(struct wire *w, u32 dir, const u8 *bytes, u32 len)
{
	struct heard *new;

	w->heard = realloc(w->heard, (w->n_heard + 1) * sizeof(*new));
	new = &w->heard[w->n_heard++];
	*new = (struct heard){ malloc(len), len, dir };
	memcpy(new->bytes, bytes, len);
}

/* Says a message until it is known. Return: whether it passes each time. */
static int message_learn(struct wire *w, u32 dir, const u8 *bytes, u32 len)
{
	u32 i;

	for (i = 0; i < LEARNED && message_whole(w, dir, bytes, len); i++)
		;
	return i == LEARNED;
}

/*
 * A bit of each byte is changed in turn, another one each time. If the message is something else to
 * the conversation after that, that begins anew.
 */
static void message_changed(struct wire *w, u32 dir, const u8 *bytes, u32 len)
{
	static u8 room[CHANGED_MAX];
	struct otseg_verdict usual;
	u32 at;

	if (len > CHANGED_MAX || !message_learn(w, dir, bytes, len))
		return;
	usual = w->verdict;
	memcpy(room, bytes, len);
	for (at = 0; at < len; at++) {
		room[at] ^= (u8)(1 << (w->n_line + at) % 8);
		w->n_changed += (u32)piece_send(w, dir, room, len);
		room[at] = bytes[at];
		if (piece_send(w, dir, bytes, len) && w->verdict.n_messages == usual.n_messages)
			continue;
		conversation_again(w);
		if (!message_learn(w, dir, bytes, len))
			return;
	}
}

/* A message that comes again, if it can. */
static void message_again(struct wire *w, u32 dir, const u8 *bytes, u32 len)
{
	if (!message_whole(w, dir, bytes, len))
		return;
	message_hear(w, dir, bytes, len);
	if (dir)
		return;
	message_changed(w, dir, bytes, len);
	conversation_again(w);
}

static void message_send(struct wire *w, enum way round, u32 dir, const u8 *bytes, u32 len)
{
	if (round == ROUND_AGAIN) {
		message_again(w, dir, bytes, len > SEGMENT_MAX && w->carrier != OTSEG_ON_TCP ? SEGMENT_MAX : len);
		return;
	}
	if (w->carrier != OTSEG_ON_TCP) {
		/* cut off, as nothing longer fits */
		piece_send(w, dir, bytes, len > SEGMENT_MAX ? SEGMENT_MAX : len);
		return;
	}
	if (round == ROUND_WHOLE || len > SEGMENT_MAX)
		message_whole(w, dir, bytes, len);
	else if (message_cut(w, dir, bytes, len))
		message_hear(w, dir, bytes, len);
}

static u32 bytes_read(const char *text, u8 *bytes)
{
	u32 n = 0;

	while (*text && strncmp(text, "=>", 2)) {
		unsigned int byte, times = 1;
		int used = 0;

		if (*text == ' ') {
			text++;
			continue;
		}
		if (sscanf(text, "%2x%n", &byte, &used) != 1 || used != 2)
			return 0;
		text += used;
		if (sscanf(text, "*%u%n", &times, &used) == 1)
			text += used;
		while (times-- && n < MESSAGE_MAX)
			bytes[n++] = (u8)byte;
	}
	return n;
}

static void carrier_set(struct wire *w, int is_datagram)
{
	const struct otseg_service_word *word = &otseg_services[w->service];

	if (word->carriers & OTSEG_ON_TCP && !is_datagram)
		w->carrier = OTSEG_ON_TCP;
	else
		w->carrier = word->carriers & OTSEG_ON_UDP && !(word->carriers & OTSEG_ON_LINK) ?
				     OTSEG_ON_UDP :
				     OTSEG_ON_LINK;
	w->port = w->carrier == OTSEG_ON_TCP ? word->tcp : word->udp;
}

static int file_run(struct wire *w, FILE *from, enum way round)
{
	static u8 bytes[MESSAGE_MAX];
	char *line = NULL;
	size_t size = 0;
	u32 n;

	w->n_line = 0;
	carrier_set(w, 0);
	if (policy_set(w))
		return -EINVAL;
	conversation_begin(w);
	while (getline(&line, &size, from) > 0) {
		w->n_line++;
		line[strcspn(line, "\n")] = 0;
		if (!strncmp(line, "conversation", 12)) {
			conversation_begin(w);
		} else if (!strcmp(line, "datagrams") || !strncmp(line, "service ", 8)) {
			carrier_set(w, *line == 'd');
			if (policy_set(w))
				return -EINVAL;
			conversation_begin(w);
		} else if (*line == '>' || *line == '<') {
			n = bytes_read(line + 1, bytes);
			if (n)
				message_send(w, round, *line == '<', bytes, n);
		}
	}
	free(line);
	return 0;
}

static void folder_run(struct wire *w, const char *path)
{
	FILE *from = fopen(path, "r");
	int err = from ? 0 : -errno;
	u32 round;

	w->n_passed = 0;
	w->n_dropped = 0;
	w->n_differ = 0;
	w->n_cuts = 0;
	w->n_changed = 0;
	for (round = 0; !err && round < ROUNDS; round++) {
		rewind(from);
		subject_engine_world(w->process)->long_way = round == ROUND_AGAIN;
		err = file_run(w, from, round);
	}
	if (from)
		fclose(from);
	/* I/O needs a connection, which no message of its own opens */
	ktap_result(!err && !w->n_differ && w->n_dropped &&
			    !w->n_passed == (w->service == OTSEG_SVC_ENIP_IO),
		    "%s: %u frames pass and %u are dropped alike, %u of cut messages; %u changed ones pass",
		    w->folder, w->n_passed, w->n_dropped, w->n_cuts, w->n_changed);
}

static void ends_set(struct wire *w)
{
	u32 i;

	for (i = 0; i < 2; i++) {
		struct subject *s = i ? w->process : w->kernel;

		end_set(&w->ends[i][0], s->ifindex[0], 0, "10.0.0.5", 5);
		end_set(&w->ends[i][1], s->ifindex[1], 0, "192.168.10.11", 11);
		s->peer(s, s->ifindex[0], s->ifindex[1]);
		s->peer(s, s->ifindex[1], s->ifindex[0]);
	}
}

int main(int argc, char **argv)
{
	struct wire w = { .kernel = datapath_new(NULL), .sport = 20000 };
	const char *folders = argc > 1				      ? argv[1] :
			      access("selftests/proto/suite.c", R_OK) ? "../proto" :
									"selftests/proto";
	char pattern[4096];
	glob_t found;
	size_t i;

	if (!w.kernel && errno == EPERM) {
		printf("TAP version 13\n1..0 # SKIP BPF and network namespaces need root\n");
		return KTAP_SKIP;
	}
	snprintf(pattern, sizeof(pattern), "%s/*/messages", folders);
	if (glob(pattern, 0, NULL, &found)) {
		printf("Bail out! no %s\n", pattern);
		return KTAP_FAIL;
	}
	ktap_begin(1 + (u32)found.gl_pathc);
	if (!ktap_result(!!w.kernel, "the datapath loads"))
		return KTAP_FAIL;
	w.process = subject_engine_new();
	ends_set(&w);
	for (i = 0; i < found.gl_pathc; i++) {
		char *path = found.gl_pathv[i], *folder = strdup(path), *name;
		int service;

		*strrchr(folder, '/') = 0;
		name = strrchr(folder, '/') + 1;
		service = otseg_words_service(name);
		w.folder = name;
		w.service = service < 0 ? OTSEG_SVC_NONE : (u32)service;
		if (service < 0)
			ktap_result(0, "%s is a service", name);
		else
			folder_run(&w, path);
		free(folder);
	}
	globfree(&found);
	w.kernel->free(w.kernel);
	w.process->free(w.process);
	return ktap_end(1 + (u32)found.gl_pathc);
}
