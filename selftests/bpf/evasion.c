// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reads the evasions of a protocol. A line each:
 *
 *   rule SERVICE, KEYS...         of the policy: the inside of a rule's braces
 *   opens > HEX                   has to pass at the beginning of each conversation; < of the
 *				     other side; "opens NAME > HEX" through another service
 *   allowed > HEX                 a message that the rules let pass, however often it comes
 *   refused > HEX => REASON       one that they refuse
 *   joined REASON                 why both in one datagram are refused, if for another reason
 *   datagrams                     what follows is the protocol over UDP
 *   datagrams alike               over UDP it is just the same
 *   EN WORDS                      a conversation that tries evasion N begins
 *   EN alone: WORDS               the same, and nothing opens it
 *   EN not: WORDS                 evasion N cannot be: why
 *   to MAC                        its frames go there
 *   > HEX => REASON               a message of it, and why it is refused; "pass": it is not
 *   port N => REASON              what becomes of a connection to another port
 *
 * HEX is that of ../proto/suite.c, or a word of foreign[]: what other protocols begin with.
 */
#include "evasion.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../include/otseg/service.h"
#include "../../userspace/policy/words.h"
#include "../proto/lines.h"

#define BYTES_MAX 16384

static const char *const reasons[] = {
#define X(id, name, class, sentence) [OTSEG_R_##id] = (name),
	OTSEG_REASON_LIST(X)
#undef X
};

static const struct {
	const char *word;
	const char *hex;
} foreign[] = {
	/* GET / HTTP/1.1 */
	{ "@http", "474554202f20485454502f312e310d0a486f73743a20706c630d0a0d0a" },
	/* HTTP/1.1 200 OK */
	{ "@http-answer", "485454502f312e3120323030204f4b0d0a0d0a" },
	/* a ClientHello and a ServerHello in records of TLS 1.2 (RFC 5246, 6.2.1 and 7.4.1) */
	{ "@tls", "160301002d010000290303 11*32 000002c02f0100" },
	{ "@tls-answer", "160303002a020000260303 22*32 00c02f00" },
	/* a ClientHello in a record of DTLS 1.2 (RFC 6347, 4.3.1 and 4.2.2) */
	{ "@dtls",
	  "16fefd0000000000000000 0036 01 00002a 0000 000000 00002a fefd 33*32 0000 0002c02f 0100" },
};

/**
 * evasion_reason - the name of a reason
 * @reason: enum otseg_reason
 *
 * Return: it; "pass" for EVASION_PASS.
 */
const char *evasion_reason(u32 reason)
{
	if (reason == EVASION_PASS)
		return "pass";
	return reason < OTSEG_R_COUNT ? reasons[reason] : "?";
}

static void *grow(void *at, u32 n, size_t size)
{
	at = realloc(at, (n + 1) * size);
	if (!at)
		abort();
	memset((char *)at + n * size, 0, size);
	return at;
}

static int reason_read(const char *text, u32 *reason)
{
	text += strspn(text, " \t");
	for (*reason = OTSEG_R_RULE; *reason < OTSEG_R_COUNT; ++*reason)
		if (!strcmp(text, evasion_reason(*reason)))
			return 0;
	return -EINVAL;
}

static int bytes_read(struct evasion_step *step, const char *text, const char *end)
{
	static u8 bytes[BYTES_MAX];
	int n = 0, more;
	size_t i;

	text += strspn(text, " \t");
	for (i = 0; i < sizeof(foreign) / sizeof(foreign[0]); i++) {
		size_t len = strlen(foreign[i].word);

		if (!strncmp(text, foreign[i].word, len) &&
		    (text + len == end || text[len] == ' ')) {
			n = proto_bytes(foreign[i].hex, foreign[i].hex + strlen(foreign[i].hex),
					bytes, sizeof(bytes));
			text += len;
		}
	}
	more = proto_bytes(text, end, bytes + n, (u32)(sizeof(bytes) - (size_t)n));
	if (more < 0 || !(n + more))
		return -EINVAL;
	step->len = (u32)(n + more);
	step->bytes = malloc(step->len);
	if (!step->bytes)
		return -ENOMEM;
	memcpy(step->bytes, bytes, step->len);
	return 0;
}

/* A message, with what becomes of it: by itself it passes. */
static int message_read(struct evasion_step *step, const char *text)
{
	const char *arrow = strstr(text, "=>");
	int err = 0;

	if (*text != '>' && *text != '<')
		return -EINVAL;
	step->is_reply = *text == '<';
	step->reason = EVASION_PASS;
	if (arrow)
		err = reason_read(arrow + 2, &step->reason);
	return err ? err : bytes_read(step, text + 1, arrow ? arrow : text + strlen(text));
}

static struct evasion_step *step_add(struct evasion_steps *steps, u32 line)
{
	steps->at = grow(steps->at, steps->n, sizeof(*steps->at));
	steps->at[steps->n].line = line;
	return &steps->at[steps->n++];
}

static int open_read(struct evasion_face *face, const char *text, u32 line)
{
	struct evasion_step *step = step_add(&face->opens, line);
	char name[32];
	int service, used;

	if (sscanf(text, "%31[a-z0-9.-] %n", name, &used) == 1) {
		service = otseg_words_service(name);
		if (service < 0)
			return -EINVAL;
		step->service = (u32)service;
		text += used;
	}
	return message_read(step, text);
}

/* "EN WORDS" */
static int case_read(struct evasion_file *file, struct evasion_face *face, const char *text)
{
	struct evasion_case *new;
	unsigned int number;
	int used = 0;

	if (sscanf(text, "E%u %n", &number, &used) != 1 || !number || number > EVASIONS ||
	    !text[used])
		return -EINVAL;
	text += used;
	if (!strncmp(text, "not: ", 5)) {
		if (file->why_not[number])
			return -EINVAL;
		file->why_not[number] = strdup(text + 5);
		return 0;
	}
	face->cases = grow(face->cases, face->n_cases, sizeof(*face->cases));
	new = &face->cases[face->n_cases++];
	new->number = number;
	new->is_alone = !strncmp(text, "alone: ", 7);
	new->words = strdup(new->is_alone ? text + 7 : text);
	return 0;
}

/* A line of the conversation that was begun last. */
static int step_read(struct evasion_face *face, const char *text, u32 line)
{
	struct evasion_case *last = face->n_cases ? &face->cases[face->n_cases - 1] : NULL;
	struct evasion_step *step;
	int used = 0;

	if (!last)
		return -EINVAL;
	if (!strncmp(text, "to ", 3))
		return sscanf(text, "to %hhx:%hhx:%hhx:%hhx:%hhx:%hhx", &last->mac[0],
			      &last->mac[1], &last->mac[2], &last->mac[3], &last->mac[4],
			      &last->mac[5]) == 6 ?
			       0 :
			       -EINVAL;
	step = step_add(&last->steps, line);
	if (!strncmp(text, "port ", 5))
		return sscanf(text, "port %hu => %n", &step->port, &used) == 1 && used ?
			       reason_read(text + used, &step->reason) :
			       -EINVAL;
	return strstr(text, "=>") ? message_read(step, text) : -EINVAL;
}

static int steps_copy(struct evasion_steps *to, const struct evasion_steps *from)
{
	u32 i;

	for (i = 0; i < from->n; i++) {
		struct evasion_step *step = step_add(to, 0);

		*step = from->at[i];
		step->bytes = NULL;
		if (!from->at[i].bytes)
			continue;
		step->bytes = malloc(step->len);
		if (!step->bytes)
			return -ENOMEM;
		memcpy(step->bytes, from->at[i].bytes, step->len);
	}
	return 0;
}

/* The second face is as the first one. */
static int face_copy(struct evasion_face *to, const struct evasion_face *from)
{
	const struct evasion_steps both = { (struct evasion_step[]){ from->allowed, from->refused },
					    2 };
	struct evasion_steps copies = { 0 };
	u32 i;

	if (steps_copy(&to->opens, &from->opens) || steps_copy(&copies, &both))
		return -ENOMEM;
	to->allowed = copies.at[0];
	to->refused = copies.at[1];
	free(copies.at);
	to->joined = from->joined;
	for (i = 0; i < from->n_cases; i++) {
		to->cases = grow(to->cases, i, sizeof(*to->cases));
		to->cases[i].number = from->cases[i].number;
		to->cases[i].words = strdup(from->cases[i].words);
		to->cases[i].is_alone = from->cases[i].is_alone;
		memcpy(to->cases[i].mac, from->cases[i].mac, 6);
		to->n_cases = i + 1;
		if (steps_copy(&to->cases[i].steps, &from->cases[i].steps))
			return -ENOMEM;
	}
	return 0;
}

static int face_add(struct evasion_file *file)
{
	const struct otseg_service_word *word = &otseg_services[file->service];
	struct evasion_face *face = &file->faces[file->n_faces];

	if (file->n_faces == 2 || (file->n_faces && !(word->carriers & OTSEG_ON_UDP)))
		return -EINVAL;
	if (word->carriers & OTSEG_ON_TCP && !file->n_faces)
		face->carrier = OTSEG_ON_TCP;
	else if (word->carriers & OTSEG_ON_LINK && !file->n_faces)
		face->carrier = OTSEG_ON_LINK;
	else
		face->carrier = OTSEG_ON_UDP;
	file->n_faces++;
	return 0;
}

static int line_read(struct evasion_file *file, const char *text, u32 line)
{
	struct evasion_face *face = &file->faces[file->n_faces - 1];

	if (!strncmp(text, "rule ", 5)) {
		file->rules = grow(file->rules, file->n_rules, sizeof(*file->rules));
		file->rules[file->n_rules++] = strdup(text + 5);
		return 0;
	}
	if (!strncmp(text, "opens ", 6))
		return open_read(face, text + 6, line);
	if (!strncmp(text, "allowed ", 8))
		return message_read(&face->allowed, text + 8);
	if (!strncmp(text, "refused ", 8))
		return message_read(&face->refused, text + 8);
	if (!strncmp(text, "joined ", 7))
		return reason_read(text + 7, &face->joined);
	if (!strcmp(text, "datagrams"))
		return face_add(file);
	if (!strcmp(text, "datagrams alike"))
		return face_add(file) ?: face_copy(&file->faces[1], &file->faces[0]);
	if (*text == 'E')
		return case_read(file, face, text);
	return step_read(face, text, line);
}

/**
 * evasion_read - read the evasions of a protocol
 * @top: the folder "proto"
 * @name: the protocol's folder in it
 * @file: takes them, to be freed with evasion_free(), whatever comes back
 *
 * Return: 0 or a negative errno; the line that is wrong is printed.
 */
int evasion_read(const char *top, const char *name, struct evasion_file *file)
{
	char *text = NULL;
	char path[4096];
	size_t room = 0;
	u32 line = 0, i;
	int err = 0;
	FILE *from;

	memset(file, 0, sizeof(*file));
	snprintf(file->name, sizeof(file->name), "%s", name);
	if (otseg_words_service(name) < 0)
		return -EINVAL;
	file->service = (u32)otseg_words_service(name);
	err = face_add(file);
	snprintf(path, sizeof(path), "%s/%s/evasions", top, name);
	from = fopen(path, "r");
	if (!from)
		return -errno;
	while (!err && getline(&text, &room, from) >= 0) {
		line++;
		text[strcspn(text, "\n")] = 0;
		if (*text && *text != '#')
			err = line_read(file, text, line);
		if (err)
			printf("# %s/evasions:%u: not a line of evasions\n", name, line);
	}
	for (i = 0; i < file->n_faces; i++)
		if (!file->faces[i].joined)
			file->faces[i].joined = file->faces[i].refused.reason;
	free(text);
	fclose(from);
	return err;
}

static void steps_free(struct evasion_steps *steps)
{
	while (steps->n)
		free(steps->at[--steps->n].bytes);
	free(steps->at);
}

/**
 * evasion_free - let go of the evasions of a protocol
 * @file: what evasion_read() has given
 */
void evasion_free(struct evasion_file *file)
{
	u32 i, k;

	for (i = 0; i < file->n_faces; i++) {
		struct evasion_face *face = &file->faces[i];

		steps_free(&face->opens);
		free(face->allowed.bytes);
		free(face->refused.bytes);
		for (k = 0; k < face->n_cases; k++) {
			free(face->cases[k].words);
			steps_free(&face->cases[k].steps);
		}
		free(face->cases);
	}
	for (i = 0; i < file->n_rules; i++)
		free(file->rules[i]);
	free(file->rules);
	for (i = 0; i <= EVASIONS; i++)
		free(file->why_not[i]);
}
