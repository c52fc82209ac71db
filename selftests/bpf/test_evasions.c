// SPDX-License-Identifier: GPL-2.0-only
/*
 * The evasions E1 to E14 against every protocol, through the datapath in the kernel and through
 * the engine in userspace, which have to agree. What can be done to any message of a
 * carrier (pieces, repetitions, fragments, tags) is in tricks.c; what depends on the protocol,
 * and what does not apply to it and why, is in ../proto/NAME/evasions.
 *
 *   test_evasions [FOLDER [NAME]...]     the folder "proto", some protocols of it
 *
 * A result for each evasion and protocol. That the engine understands what it lets pass is
 * the matter of ../proto/suite.c.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../include/otseg/service.h"
#include "../../userspace/policy/words.h"
#include "../unit/ktap.h"
#include "datapath.h"
#include "trial.h"

/* Why an evasion cannot be, whatever the protocol, by carrier. */
static const struct {
	u32 number;
	const char *words;
} without[] = {
	{ 3, "nothing but TCP sends a byte again" },
	{ 4, "nothing but TCP has an order to keep" },
	{ 5, "its frames have no checksum or acknowledgement of their own" },
	{ 6, "nothing but TCP has these flags" },
	{ 7, "its frames have no IP header" },
};

static const char *const evasion_words[] = {
	"",
	"pieces",
	"several messages in a frame",
	"other bytes at the same sequence numbers",
	"segments ahead of their turn",
	"frames that only the firewall believes",
	"data in a SYN, urgent, behind a FIN",
	"fragments, options, extension headers",
	"tags and headers of the link",
	"other protocols here, this one elsewhere",
	"lengths that disagree",
	"nesting",
	"addresses of everybody",
	"tunnels",
	"encryption",
};

/* The policy of a file. */

static const char policy_format[] =
	"otseg: 1\n"
	"name: evasions\n"
	"zones:\n"
	"  it: {level: 4, interfaces: [it0], prefixes: [10.0.0.0/24, 'fd00:10::/64']}\n"
	"  cell: {level: 1, interfaces: [ot0], prefixes: [192.168.10.0/24, 'fd00:20::/64']}\n"
	"%sconduits:\n"
	"  all:\n"
	"    reason: what is allowed must pass, and nothing else\n"
	"    from: it\n"
	"    to: cell\n"
	"    flows: 262144\n"
	"    sessions: 65536\n"
	"    rules:\n";

static int policy_set(struct trial *t)
{
	const struct evasion_file *file = t->file;
	char *text;
	size_t len;
	FILE *out = open_memstream(&text, &len);
	u32 i;
	int err;

	fprintf(out, policy_format,
		t->face->carrier == OTSEG_ON_LINK ? "wires: {line: [it0, ot0]}\n" : "");
	for (i = 0; i < file->n_rules; i++) {
		size_t word = strcspn(file->rules[i], ",");
		int is_ours = word == strlen(file->name) &&
			      !strncmp(file->rules[i], file->name, word);

		fprintf(out, "      r%u: {service: %s%s}\n", i, file->rules[i],
			is_ours && t->face->carrier == OTSEG_ON_UDP &&
					otseg_services[file->service].carriers != OTSEG_ON_UDP ?
				", carrier: udp" :
				"");
	}
	fclose(out);
	err = subject_policy(t->subjects[0], text) || subject_policy(t->subjects[1], text);
	free(text);
	return err;
}

/* Running. */

static void case_run(struct trial *t, const struct evasion_case *one)
{
	static const u8 none[6];
	u32 i;

	if (one->is_alone)
		trial_begin_alone(t);
	else
		trial_begin(t);
	t->mac = memcmp(one->mac, none, 6) ? one->mac : NULL;
	for (i = 0; i < one->steps.n; i++) {
		const struct evasion_step *step = &one->steps.at[i];
		const struct say syn = { .flags = OTSEG_TCP_SYN };
		u16 port = t->port;

		if (step->bytes) {
			trial_expect(t, trial_tell_step(t, step), step->reason, "%s, line %u",
				     one->words, step->line);
			continue;
		}
		t->sport++;
		t->port = step->port;
		trial_expect(t, trial_send(t, &syn), step->reason, "%s, line %u", one->words,
			     step->line);
		t->sport--;
		t->port = port;
	}
}

/* Whether the rules do what the file says, without any trick. */
static void plain_run(struct trial *t)
{
	trial_begin(t);
	trial_expect(t, trial_tell_step(t, &t->face->allowed), EVASION_PASS, "the allowed message");
	trial_expect(t, trial_tell_step(t, &t->face->allowed), EVASION_PASS,
		     "the allowed message once more");
	trial_expect(t, trial_tell_step(t, &t->face->refused), t->face->refused.reason,
		     "the refused message");
}

/**
 * struct sum - what came of an evasion, over all carriers
 * @n_tried: tricks and conversations
 * @n_frames: sent
 * @n_wrong: of them
 */
struct sum {
	u32 n_tried;
	u32 n_frames;
	u32 n_wrong;
};

/* Over one carrier: all evasions under one policy. */
static void face_run(struct trial *t, const struct evasion_face *face, struct sum *sums)
{
	u32 i, err;

	t->face = face;
	err = policy_set(t) != 0;
	for (t->number = 1; t->number <= EVASIONS; t->number++) {
		struct sum *sum = &sums[t->number];

		t->n_frames = 0;
		t->n_wrong = err;
		plain_run(t);
		sum->n_tried += tricks_run(t);
		for (i = 0; i < face->n_cases; i++) {
			if (face->cases[i].number != t->number)
				continue;
			case_run(t, &face->cases[i]);
			sum->n_tried++;
		}
		sum->n_frames += t->n_frames;
		sum->n_wrong += t->n_wrong;
	}
}

static const char *why_not(const struct evasion_file *file, u32 number)
{
	size_t i;

	if (file->why_not[number])
		return file->why_not[number];
	for (i = 0; i < sizeof(without) / sizeof(without[0]); i++)
		if (without[i].number == number)
			return without[i].words;
	return NULL;
}

static void file_run(struct trial *t, const struct evasion_file *file)
{
	struct sum sums[EVASIONS + 1] = { 0 };
	const char *why;
	u32 i;

	t->file = file;
	for (i = 0; i < file->n_faces; i++)
		face_run(t, &file->faces[i], sums);
	for (i = 1; i <= EVASIONS; i++) {
		why = why_not(file, i);
		if (sums[i].n_tried && !file->why_not[i])
			ktap_result(!sums[i].n_wrong, "E%u %s: %s (%u frames)", i, file->name,
				    evasion_words[i], sums[i].n_frames);
		else
			ktap_result(!sums[i].n_tried && why && !sums[i].n_wrong,
				    "E%u %s: %s: does not apply: %s", i, file->name,
				    evasion_words[i],
				    sums[i].n_tried ? "but it is tried" :
				    why		    ? why :
						      "nobody says why");
	}
}

static void ends_set(struct trial *t)
{
	u32 i;

	for (i = 0; i < 2; i++) {
		struct subject *s = t->subjects[i];

		end_set(&t->ends[i][0][0], s->ifindex[0], 0, "10.0.0.5", 5);
		end_set(&t->ends[i][0][1], s->ifindex[1], 0, "192.168.10.11", 11);
		end_set(&t->ends[i][1][0], s->ifindex[0], 0, "fd00:10::5", 5);
		end_set(&t->ends[i][1][1], s->ifindex[1], 0, "fd00:20::b", 11);
		s->peer(s, s->ifindex[0], s->ifindex[1]);
		s->peer(s, s->ifindex[1], s->ifindex[0]);
	}
}

/* Whether it is in the list; an empty one is of all. */
static bool is_chosen(const char *name, char **chosen)
{
	char **one;

	for (one = chosen; *one; one++)
		if (!strcmp(name, *one))
			return true;
	return !*chosen;
}

int main(int argc, char **argv)
{
	const char *top = argc > 1				  ? argv[1] :
			  access("selftests/proto/suite.c", R_OK) ? "../proto" :
								    "selftests/proto";
	struct evasion_file files[OTSEG_SVC_COUNT];
	struct trial t = { .sport = 20000, .others = files };
	char **chosen = argv + (argc > 2 ? 2 : argc);
	u32 n_chosen = 0, i;

	for (i = 0; i < OTSEG_SVC_COUNT; i++) {
		if (otseg_services[i].state != OTSEG_SERVICE_INSPECTED)
			continue;
		if (evasion_read(top, otseg_services[i].name, &files[t.n_others])) {
			printf("Bail out! no %s/%s/evasions\n", top, otseg_services[i].name);
			return KTAP_FAIL;
		}
		n_chosen += is_chosen(otseg_services[i].name, chosen);
		t.n_others++;
	}
	t.subjects[0] = datapath_new(NULL);
	if (!t.subjects[0] && errno == EPERM) {
		printf("TAP version 13\n1..0 # SKIP BPF and network namespaces need root\n");
		return KTAP_SKIP;
	}
	ktap_begin(1 + (int)n_chosen * EVASIONS);
	if (!ktap_result(!!t.subjects[0], "the datapath loads"))
		return KTAP_FAIL;
	t.subjects[1] = subject_engine_new();
	ends_set(&t);
	for (i = 0; i < t.n_others; i++) {
		if (is_chosen(files[i].name, chosen))
			file_run(&t, &files[i]);
	}
	for (i = 0; i < t.n_others; i++)
		evasion_free(&files[i]);
	t.subjects[0]->free(t.subjects[0]);
	t.subjects[1]->free(t.subjects[1]);
	return ktap_end(1 + (int)n_chosen * EVASIONS);
}
