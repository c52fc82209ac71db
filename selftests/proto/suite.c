// SPDX-License-Identifier: GPL-2.0-only
/*
 * The messages of each protocol: what must be understood and what refused, byte for
 * byte as it stands in <folder>/messages, and the same of every beginning and with
 * more bytes behind; and of those that TCP carries, once more through the engine's streams, in
 * segments of any size. Then: nothing that a rule can name is missing from them.
 *
 *   suite [FOLDER]...             all folders, or some
 *   suite --seeds DIR SERVICE     writes those of its family as inputs of the fuzzer
 *
 * A folder is named as its service. Its file "messages" has a line each:
 *
 *   conversation WORDS...    a new one begins
 *   service NAME             what follows is of another service
 *   datagrams                what follows comes in datagrams; so does all of a service that
 *			      TCP does not carry
 *   > HEX => EXPECT          of the side that opened the flow; < of the other one
 *
 * HEX: bytes with or without space between; HH*N stands for N bytes. EXPECT:
 * "! reason", or items of ask_items[], for each part of the PDU, parts separated by |. Of a
 * field that must not be there, the number is "absent".
 */
#include <ctype.h>
#include <errno.h>
#include <glob.h>
#include <stdbool.h>

#include "../unit/ktap.h"
#include "../unit/rig.h"
#include "ask.h"

#define SEEN_MAX 1024 /* words of a list */
#define BYTES_MAX 65536

/* What the accepted messages named, by service. */
struct seen {
	u8 functions[SEEN_MAX];
	u8 subs[SEEN_MAX];
	u8 objects[SEEN_MAX];
	u8 fields[SEEN_MAX];
	u8 texts[SEEN_MAX];
	u32 n_messages;
};

/* One line with bytes. */
struct line {
	char *expect;
	u8 *bytes;
	u32 n_bytes;
	u32 number; /* in the file */
	u32 dir;
	u32 service;
	bool is_first; /* of a conversation */
	bool is_datagram;
};

struct file {
	const char *folder;
	struct line *lines;
	u32 n_lines;
	u32 n_wrong;
};

static struct seen seen[OTSEG_SVC_COUNT];
static const char *seeds; /* directory; NULL: test */
static u32 seeds_of; /* enum otseg_service */

__attribute__((format(printf, 3, 4))) static void wrong(struct file *file, const struct line *line,
							const char *format, ...)
{
	va_list args;

	if (file->n_wrong++ >= 100)
		return;
	printf("# %s/messages:%u: ", file->folder, line->number);
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	printf("\n");
}

static const char *const reasons[] = {
#define X(id, name, class, sentence) [OTSEG_R_##id] = (name),
	OTSEG_REASON_LIST(X)
#undef X
};

/* Reading the file. */

/* Hex to bytes. Return: their number, or -1. */
static int bytes_of(const char *text, const char *end, u8 *bytes)
{
	int n = 0;

	while (text < end) {
		char digits[3] = "";
		unsigned long times = 1;
		char *stop;

		if (isspace((unsigned char)*text)) {
			text++;
			continue;
		}
		if (end - text < 2 || !isxdigit((unsigned char)text[0]) ||
		    !isxdigit((unsigned char)text[1]))
			return -1;
		memcpy(digits, text, 2);
		text += 2;
		if (text < end && *text == '*') {
			times = strtoul(text + 1, &stop, 10);
			text = stop;
		}
		if (times > (unsigned long)(BYTES_MAX - n))
			return -1;
		memset(bytes + n, (int)strtoul(digits, NULL, 16), times);
		n += (int)times;
	}
	return n;
}

/* A line with bytes, appended. */
static void line_read(struct file *file, struct line *line, const char *text)
{
	static u8 bytes[BYTES_MAX];
	const char *arrow = strstr(text, "=>");
	int n = arrow ? bytes_of(text + 1, arrow, bytes) : -1;

	if (n <= 0) {
		wrong(file, line, "not a line of messages");
		return;
	}
	line->dir = *text == '<' ? OTSEG_DIR_RESPONSE : OTSEG_DIR_REQUEST;
	line->n_bytes = (u32)n;
	line->bytes = malloc((size_t)n);
	memcpy(line->bytes, bytes, (size_t)n);
	line->expect = strdup(arrow + 2);
	file->lines = realloc(file->lines, (file->n_lines + 1) * sizeof(*line));
	file->lines[file->n_lines++] = *line;
	line->is_first = false;
}

static void file_read(struct file *file, FILE *from, u32 service)
{
	struct line line = { .service = service, .is_first = true };
	char *text = NULL;
	size_t room = 0;

	while (getline(&text, &room, from) >= 0) {
		int known;

		line.number++;
		text[strcspn(text, "\n")] = 0;
		if (!*text || *text == '#')
			continue;
		if (*text == '>' || *text == '<') {
			line_read(file, &line, text);
		} else if (!strncmp(text, "conversation", 12)) {
			line.is_first = true;
		} else if (!strcmp(text, "datagrams")) {
			line.is_datagram = true;
		} else if (!strncmp(text, "service ", 8)) {
			known = otseg_words_service(text + 8);
			if (known < 0)
				wrong(file, &line, "no such service");
			else
				line.service = (u32)known;
			line.is_datagram = false;
		} else {
			wrong(file, &line, "not a line of messages");
		}
	}
	free(text);
}

static void file_free(struct file *file)
{
	u32 i;

	for (i = 0; i < file->n_lines; i++) {
		free(file->lines[i].bytes);
		free(file->lines[i].expect);
	}
	free(file->lines);
}

/* What is expected of a message. */

/**
 * struct item - one expectation, as it is read
 * @words: of the service
 * @line: what was asked
 * @msg: what came
 * @n_objects: objects that were expected so far
 */
struct item {
	const struct otseg_protocol *words;
	const struct line *line;
	const struct otseg_msg *msg;
	u32 n_objects;
};

/* A word of the list, or a number. Return: 1, or 0: it is neither. */
static int number_of(struct otseg_word_list list, const char *text, u32 *number)
{
	const struct otseg_word *word = otseg_words_find(list, text);
	char *end;

	if (word) {
		*number = word->number;
		return 1;
	}
	*number = (u32)strtoul(text, &end, 0);
	if (*end == '/') /* a pair */
		*number = *number << 16 | (u32)strtoul(end + 1, &end, 0);
	return *text && !*end;
}

static const struct otseg_word_list no_words;

static int expect_function(struct item *item, char *text)
{
	char *slash = strchr(text, '/');
	u32 code, sub, i;

	if (slash)
		*slash++ = 0;
	if (!number_of(item->words->functions, text, &code) ||
	    item->msg->flags & OTSEG_MSG_NO_FUNCTION || code != item->msg->function >> 16)
		return 0;
	if (!slash)
		return 1;
	for (i = 0; i < item->words->subs.n; i++) {
		const struct otseg_word *word = &item->words->subs.words[i];

		if (word->extra == code && !strcmp(word->name, slash))
			return word->number == (item->msg->function & 0xffff);
	}
	return number_of(no_words, slash, &sub) && sub == (item->msg->function & 0xffff);
}

/* Sum of the words of a list with commas in between; "none" is 0. Return: 1, or 0. */
static int mask_of(struct otseg_word_list list, char *text, u32 *mask)
{
	const struct otseg_word *word;
	char *one, *rest = NULL;

	*mask = 0;
	if (!strcmp(text, "none"))
		return 1;
	for (one = strtok_r(text, ",", &rest); one; one = strtok_r(NULL, ",", &rest)) {
		word = otseg_words_find(list, one);
		if (!word)
			return 0;
		*mask |= word->number;
	}
	return 1;
}

static int expect_access(struct item *item, char *text)
{
	u32 mask;

	return mask_of(otseg_words_access, text, &mask) && mask == item->msg->access;
}

static int expect_unit(struct item *item, char *text)
{
	u32 unit;

	return number_of(no_words, text, &unit) && !(item->msg->flags & OTSEG_MSG_NO_UNIT) &&
	       unit == item->msg->unit;
}

static int expect_kind(struct item *item, char *text)
{
	static const char *const kinds[] = { "request", "answer", "notice" };

	return !strcmp(text, kinds[item->msg->kind]);
}

static int expect_exception(struct item *item, char *text)
{
	u32 code;

	return number_of(item->words->exceptions, text, &code) &&
	       item->msg->flags & OTSEG_MSG_EXCEPTION && code == item->msg->exception;
}

static int expect_service(struct item *item, char *text)
{
	return !strcmp(text, otseg_services[item->msg->service].name);
}

static int expect_object(struct item *item, char *text)
{
	const char *any = item->words->any_type;
	const struct otseg_msg_object *object = &item->msg->objects[item->n_objects];
	char *numbers = strrchr(text, ':'), *dash;
	u32 type, first, last;

	if (!numbers || item->n_objects++ >= item->msg->n_objects)
		return 0;
	*numbers++ = 0;
	dash = strchr(numbers, '-');
	if (dash)
		*dash++ = 0;
	if (any && !strncmp(text, any, strlen(any)) && text[strlen(any)] == '-')
		text += strlen(any) + 1;
	if (!number_of(item->words->objects, text, &type) || !number_of(no_words, numbers, &first))
		return 0;
	last = first;
	if (dash && !number_of(no_words, dash, &last))
		return 0;
	return object->type == type && object->first == first && object->last == last;
}

/* The name of a field stands before the equals sign. */
static int expect_field(struct item *item, const char *name, const char *text)
{
	const struct otseg_word *field = otseg_words_find(item->words->fields, name);
	u32 number, i;

	if (!field)
		return 0;
	if (!strcmp(text, "absent"))
		return !(item->msg->field_mask >> field->number & 1);
	if (!(item->msg->field_mask >> field->number & 1))
		return 0;
	for (i = 0; i < item->words->field_words.n; i++) {
		const struct otseg_word *word = &item->words->field_words.words[i];

		if (word->extra == field->number && !strcmp(word->name, text))
			return word->number == item->msg->fields[field->number];
	}
	return number_of(no_words, text, &number) && number == item->msg->fields[field->number];
}

/* \xHH stands for a byte that cannot be written. */
static int expect_text(struct item *item, const char *name, const char *text)
{
	const struct otseg_word *known = otseg_words_find(item->words->texts, name);
	const struct otseg_msg_text *at;
	u32 i;

	if (!known || !(item->msg->text_mask >> known->number & 1))
		return 0;
	at = &item->msg->texts[known->number];
	for (i = 0; i < at->len; i++) {
		unsigned int byte = (u8)*text;

		if (!*text)
			return 0;
		text += sscanf(text, "\\x%2x", &byte) == 1 ? 4 : 1;
		if (byte != item->line->bytes[at->off + i])
			return 0;
	}
	return !*text;
}

/* Those that are named are set, and no others; whether it has unit and function, only if named. */
static int expect_flags(struct item *item, char *text)
{
	static const struct otseg_word words[] = {
		{ .name = "broadcast", .number = OTSEG_MSG_BROADCAST },
		{ .name = "unknown", .number = OTSEG_MSG_UNKNOWN },
		{ .name = "opaque-values", .number = OTSEG_MSG_OPAQUE_VALUES },
		{ .name = "opaque-objects", .number = OTSEG_MSG_OPAQUE_OBJECTS },
		{ .name = "exception", .number = OTSEG_MSG_EXCEPTION },
		{ .name = "no-unit", .number = OTSEG_MSG_NO_UNIT },
		{ .name = "no-function", .number = OTSEG_MSG_NO_FUNCTION },
	};
	const struct otseg_word_list list = { words, sizeof(words) / sizeof(words[0]) };
	const u32 only_if_named = OTSEG_MSG_NO_UNIT | OTSEG_MSG_NO_FUNCTION;
	u32 mask;

	if (!mask_of(list, text, &mask))
		return 0;
	return (item->msg->flags & ~(u32)OTSEG_MSG_MORE & (mask | ~only_if_named)) == mask;
}

static int expect_item(struct item *item, char *text)
{
	static const struct {
		const char *name;
		int (*holds)(struct item *item, char *text);
	} ask_items[] = {
		{ "function", expect_function }, { "access", expect_access },
		{ "unit", expect_unit },	 { "kind", expect_kind },
		{ "object", expect_object },	 { "exception", expect_exception },
		{ "flags", expect_flags },	 { "service", expect_service },
	};
	char *value = strchr(text, '=');
	size_t i;

	if (!value)
		return 0;
	*value++ = 0;
	if (!strncmp(text, "field.", 6))
		return expect_field(item, text + 6, value);
	if (!strncmp(text, "text.", 5))
		return expect_text(item, text + 5, value);
	for (i = 0; i < sizeof(ask_items) / sizeof(ask_items[0]); i++)
		if (!strcmp(text, ask_items[i].name))
			return ask_items[i].holds(item, value);
	return 0;
}

/* What came of a part, in the words of the file as far as it has some. */
static void part_print(const struct item *item)
{
	const struct otseg_msg *msg = item->msg;
	u32 i;

	printf("#   it is: function=%u/%u access=0x%02x unit=%u kind=%u service=%s flags=0x%x",
	       msg->function >> 16, msg->function & 0xffff, msg->access, msg->unit, msg->kind,
	       otseg_services[msg->service].name, msg->flags);
	if (msg->flags & OTSEG_MSG_EXCEPTION)
		printf(" exception=%u", msg->exception);
	for (i = 0; i < msg->n_objects; i++)
		printf(" object=%u:%u-%u", msg->objects[i].type, msg->objects[i].first,
		       msg->objects[i].last);
	for (i = 0; i < OTSEG_MSG_FIELDS; i++)
		if (msg->field_mask >> i & 1)
			printf(" field.%u=%u", i, msg->fields[i]);
	for (i = 0; i < OTSEG_MSG_TEXTS; i++)
		if (msg->text_mask >> i & 1)
			printf(" text.%u=%.*s", i, msg->texts[i].len,
			       (const char *)item->line->bytes + msg->texts[i].off);
	printf("\n");
}

static void part_expect(struct file *file, const struct line *line, const struct otseg_msg *msg,
			char *expect)
{
	struct item item = {
		.words = otseg_words_protocol(msg->service ? msg->service : line->service),
		.line = line,
		.msg = msg,
	};
	char *one, *rest = NULL;
	bool has_objects = false;
	u32 before = file->n_wrong;
	char shown[128];

	for (one = strtok_r(expect, " \t", &rest); one; one = strtok_r(NULL, " \t", &rest)) {
		snprintf(shown, sizeof(shown), "%s", one);
		has_objects |= !strncmp(one, "object=", 7);
		if (!expect_item(&item, one))
			wrong(file, line, "not so: %s", shown);
	}
	if (has_objects && item.n_objects < msg->n_objects)
		wrong(file, line, "it has more objects");
	if (file->n_wrong != before)
		part_print(&item);
}

/* The parts of an accepted PDU. */
static void parts_expect(struct file *file, const struct line *line, const struct answer *answer)
{
	char *expect = strdup(line->expect);
	char *part = expect, *end;
	u32 n = 0;

	do {
		end = strchr(part, '|');
		if (end)
			*end = 0;
		if (n < answer->n_parts)
			part_expect(file, line, &answer->parts[n], part);
		n++;
		part = end ? end + 1 : NULL;
	} while (part);
	if (n != answer->n_parts)
		wrong(file, line, "it has %u parts, not %u", answer->n_parts, n);
	free(expect);
}

/* Whether a field is not the inspector's: the addresses of a frame. */
static bool is_engines(u32 service, u32 field)
{
	return otseg_services[service].carriers & OTSEG_ON_LINK &&
	       (field == OTSEG_FIELD_SOURCE || field == OTSEG_FIELD_DESTINATION);
}

/* What a rule could name of it. */
static void see(const struct line *line, const struct otseg_msg *msg)
{
	u32 service = msg->service ? msg->service : line->service;
	const struct otseg_protocol *words = otseg_words_protocol(service);
	struct seen *s = &seen[service];
	u32 i, k;

	s->n_messages++;
	for (i = 0; i < words->functions.n && i < SEEN_MAX; i++)
		if (!(msg->flags & OTSEG_MSG_NO_FUNCTION) &&
		    words->functions.words[i].number == msg->function >> 16)
			s->functions[i] = 1;
	for (i = 0; i < words->subs.n && i < SEEN_MAX; i++)
		if (!(msg->flags & OTSEG_MSG_NO_FUNCTION) &&
		    words->subs.words[i].extra == msg->function >> 16 &&
		    (words->subs.words[i].number == (msg->function & 0xffff) ||
		     /* the engine's to say */
		     (msg->memory == OTSEG_MEMORY_END && words->subs.words[i].number == OTSEG_SUB_OWN)))
			s->subs[i] = 1;
	for (i = 0; i < words->objects.n && i < SEEN_MAX; i++)
		for (k = 0; k < msg->n_objects; k++)
			if (words->objects.words[i].number == msg->objects[k].type)
				s->objects[i] = 1;
	for (i = 0; i < words->fields.n && i < SEEN_MAX; i++)
		if (msg->field_mask >> words->fields.words[i].number & 1 ||
		    is_engines(service, words->fields.words[i].number))
			s->fields[i] = 1;
	for (i = 0; i < words->texts.n && i < SEEN_MAX; i++)
		if (msg->text_mask >> words->texts.words[i].number & 1)
			s->texts[i] = 1;
}

/* What the list of functions says of its access is what the inspector says, or more. */
static void access_expect(struct file *file, const struct line *line, const struct otseg_msg *msg)
{
	const struct otseg_protocol *words =
		otseg_words_protocol(msg->service ? msg->service : line->service);
	const struct otseg_word *word =
		otseg_words_of(words->subs, msg->function >> 16, msg->function & 0xffff);

	if (msg->kind == OTSEG_KIND_ANSWER ||
	    msg->flags & (OTSEG_MSG_NO_FUNCTION | OTSEG_MSG_UNKNOWN))
		return;
	if (!word)
		word = otseg_words_number(words->functions, msg->function >> 16);
	if (!word)
		wrong(file, line, "function %u is not in the list and not unknown",
		      msg->function >> 16);
	else if (msg->access & ~word->access)
		wrong(file, line, "%s has access 0x%02x, its list 0x%02x", word->name, msg->access,
		      word->access);
}

/* Every beginning, from the shortest. */
static void beginnings(struct file *file, const struct line *line, const struct ask *whole,
		       const struct answer *answer)
{
	struct answer now = {}, before = {}, swap;
	struct ask ask = *whole;
	const char *complaint;
	u32 end = whole->have < OTSEG_PDU_MAX ? whole->have : OTSEG_PDU_MAX;

	for (ask.have = 0; ask.have < end; ask.have++) {
		ask_all(&ask, &now);
		complaint = now.wrong;
		if (ask.is_datagram && !complaint)
			continue;
		if (!complaint && answer->fate == ASK_WHOLE && now.fate != ASK_PARTIAL)
			complaint = now.fate == ASK_WHOLE ? "is taken for the whole" :
							    reasons[now.reason];
		if (!complaint && ask.have)
			complaint = ask_follows(&before, &now);
		if (!complaint)
			complaint = ask_follows(&now, answer);
		if (complaint) {
			wrong(file, line, "its first %u bytes: %s", ask.have, complaint);
			break;
		}
		swap = before;
		before = now;
		now = swap;
	}
	free(now.parts);
	free(before.parts);
}

/* The same bytes with @n others behind. */
static void followed(struct file *file, const struct line *line, const struct ask *whole,
		     const struct answer *answer, const u8 *behind, u32 n, const char *what)
{
	struct answer longer = {};
	struct ask ask = *whole;
	const char *complaint;
	u8 *bytes = malloc(whole->have + n);

	memcpy(bytes, whole->bytes, whole->have);
	memcpy(bytes + whole->have, behind, n);
	ask.bytes = bytes;
	ask.have += n;
	ask_all(&ask, &longer);
	complaint = longer.wrong;
	if (!complaint && longer.fate == ASK_REFUSED)
		complaint = reasons[longer.reason];
	if (!complaint)
		complaint = ask_follows(answer, &longer);
	if (complaint)
		wrong(file, line, "with %u bytes of %s behind: %s", n, what, complaint);
	free(longer.parts);
	free(bytes);
}

static void more_behind(struct file *file, const struct line *line, const struct ask *ask,
			const struct answer *answer)
{
	static const u8 garbage[][7] = {
		{ 0 },
		{ 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff },
		{ 0x68, 0x05, 0x64, 0x03, 0x00, 0x80, 0x01 },
	};
	const struct line *next = line + 1;
	u32 i, n;

	for (i = 0; i < sizeof(garbage) / sizeof(garbage[0]); i++)
		for (n = 1; n <= sizeof(garbage[0]); n++)
			followed(file, line, ask, answer, garbage[i], n, "garbage");
	if (next < file->lines + file->n_lines && !next->is_first)
		followed(file, line, ask, answer, next->bytes, next->n_bytes, "the next message");
}

/* A datagram holds whole PDUs: what becomes of it if the first one does not end with it. */
static void datagram_end(const struct ask *whole, struct answer *answer)
{
	struct answer next = {};
	struct ask ask = *whole;

	if (answer->fate == ASK_PARTIAL) {
		answer->fate = ASK_REFUSED;
		answer->reason = OTSEG_R_PDU_LENGTH;
	}
	if (answer->fate != ASK_WHOLE || answer->parts->length == ask.have)
		return;
	if (answer->parts->length > ask.have) {
		answer->fate = ASK_REFUSED;
		answer->reason = OTSEG_R_PDU_LENGTH;
		return;
	}
	ask.state = answer->state;
	ask.bytes += answer->parts->length;
	ask.have -= answer->parts->length;
	ask_all(&ask, &next);
	datagram_end(&ask, &next);
	if (next.fate == ASK_REFUSED) {
		answer->fate = ASK_REFUSED;
		answer->reason = next.reason;
	}
	free(next.parts);
}

/* One line. Return: the state behind it. */
static u32 line_run(struct file *file, const struct line *line, u32 state)
{
	struct ask ask = {
		.service = line->service,
		.dir = line->dir,
		.bytes = line->bytes,
		.have = line->n_bytes,
	};
	const char *expect = line->expect + strspn(line->expect, " \t");
	struct answer answer = {};
	const char *complaint;
	char reason[32];
	u32 i;

	ask_carry(&ask, state, line->is_datagram);
	ask_all(&ask, &answer);
	if (ask.is_datagram)
		datagram_end(&ask, &answer);
	if (answer.wrong)
		wrong(file, line, "%s", answer.wrong);
	else if (*expect == '!' && sscanf(expect + 1, "%31s", reason) != 1)
		wrong(file, line, "refused for what reason?");
	else if (*expect == '!' && answer.fate != ASK_REFUSED)
		wrong(file, line, "%s, not refused",
		      answer.fate == ASK_WHOLE ? "accepted" : "partial");
	else if (*expect == '!' && strcmp(reason, reasons[answer.reason]))
		wrong(file, line, "refused, but for %s", reasons[answer.reason]);
	else if (*expect != '!' && answer.fate == ASK_REFUSED)
		wrong(file, line, "refused: %s", reasons[answer.reason]);
	else if (*expect != '!' && answer.fate == ASK_PARTIAL)
		wrong(file, line, "it has more bytes: %u", answer.parts->length);
	else if (*expect != '!' && answer.parts->length != line->n_bytes)
		wrong(file, line, "it ends after %u bytes", answer.parts->length);
	complaint = answer.wrong || answer.fate != ASK_WHOLE ? NULL : ask_recurs(&ask, &answer);
	if (complaint)
		wrong(file, line, "if it comes again: %s", complaint);
	if (answer.fate != ASK_PARTIAL)
		beginnings(file, line, &ask, &answer);
	if (answer.fate == ASK_WHOLE && !answer.wrong) {
		state = answer.state;
		parts_expect(file, line, &answer);
		for (i = 0; i < answer.n_parts; i++) {
			see(line, &answer.parts[i]);
			access_expect(file, line, &answer.parts[i]);
		}
		if (!ask.is_datagram)
			more_behind(file, line, &ask, &answer);
	}
	free(answer.parts);
	return state;
}

/* Through the engine: nothing is refused, in monitor mode, but what is no PDU. */

#define SEGMENT 1400
#define ROUNDS 8 /* each line in two segments, which meet at other places */

static void segments_send(struct rig *rig, const struct line *line, u32 *next, u32 first, u32 size)
{
	u32 at = 0;
	u32 len;

	while (at < line->n_bytes) {
		len = at || !first ? size : first;
		if (len > line->n_bytes - at)
			len = line->n_bytes - at;
		rig_segment(rig, line->dir, 0, next[line->dir], next[!line->dir], line->bytes + at,
			    len);
		next[line->dir] += len;
		at += len;
	}
	rig_segment(rig, !line->dir, 0, next[!line->dir], next[line->dir], "", 0);
}

/* The flow is now at a conversation of this service. */
static void rig_begin(struct rig *rig, u32 service, u32 *next)
{
	const struct rig_rule any = { .access = OTSEG_ACCESS_ANY };

	rig->service = service;
	rig_reset(rig);
	rig_policy(rig, &any, 1);
	rig_open(rig, 1000, 2000);
	rig->monitored = 1;
	next[OTSEG_DIR_REQUEST] = 1001;
	next[OTSEG_DIR_RESPONSE] = 2001;
}

/* All lines of a file, each in segments of @size bytes, the first one of another size. */
static void streams_run(struct file *file, struct rig *rig, u32 round, u32 size)
{
	struct answer answer = {};
	u32 state = 0;
	u32 next[2];
	u32 i;

	for (i = 0; i < file->n_lines; i++) {
		const struct line *line = &file->lines[i];
		struct ask ask = { .service = line->service,
				   .dir = line->dir,
				   .bytes = line->bytes,
				   .have = line->n_bytes };
		u32 before;

		if (line->is_first || !i)
			state = 0;
		ask_carry(&ask, state, line->is_datagram);
		ask_all(&ask, &answer);
		if (line->is_first || !i || rig->service != line->service)
			rig_begin(rig, line->service, next);
		if (ask.is_datagram || answer.fate != ASK_WHOLE ||
		    answer.n_parts >= OTSEG_SEGMENT_PDUS)
			continue;
		before = rig->n_observed;
		segments_send(rig, line, next,
			      round ? 1 + round * 7919 % line->n_bytes % SEGMENT : 0, size);
		if (rig->n_observed - before != answer.n_parts ||
		    !ask_is_same(&rig->observed, &answer.parts[answer.n_parts - 1])) {
			wrong(file, line,
			      "as segments of %u bytes, round %u, the engine sees another "
			      "(%u messages)",
			      size, round, rig->n_observed - before);
			break;
		}
		state = answer.state;
	}
	free(answer.parts);
}

static void streams(struct file *file)
{
	struct rig *rig = rig_new();
	u32 round;

	for (round = 0; round < ROUNDS && !file->n_wrong; round++)
		streams_run(file, rig, round, SEGMENT);
	if (!file->n_wrong)
		streams_run(file, rig, 0, 1);
	rig_free(rig);
}

/* An input of the fuzzer: direction and carrier, state, bytes. */
static void seed_write(const struct file *file, const struct line *line, const struct ask *ask)
{
	u32 state = ask->state;
	u8 head[5] = { (u8)(ask->dir | ask->is_datagram << 1), (u8)state, (u8)(state >> 8),
		       (u8)(state >> 16), (u8)(state >> 24) };
	char path[4096];
	FILE *to;

	if (otseg_services[line->service].family != otseg_services[seeds_of].family)
		return;
	snprintf(path, sizeof(path), "%s/%s-%u", seeds, file->folder, line->number);
	to = fopen(path, "w");
	if (!to || fwrite(head, sizeof(head), 1, to) != 1 ||
	    fwrite(line->bytes, line->n_bytes, 1, to) != 1)
		perror(path);
	if (to)
		fclose(to);
}

/* Without results: the states that a conversation goes through. */
static u32 line_seed(const struct file *file, const struct line *line, u32 state)
{
	struct ask ask = { .service = line->service,
			   .dir = line->dir,
			   .bytes = line->bytes,
			   .have = line->n_bytes };
	struct answer answer = {};

	ask_carry(&ask, state, line->is_datagram);
	seed_write(file, line, &ask);
	ask_all(&ask, &answer);
	if (answer.fate == ASK_WHOLE)
		state = answer.state;
	free(answer.parts);
	return state;
}

/* Coverage. */

static u32 missing_of(const char *service, const char *kind, struct otseg_word_list list,
		      const u8 *was_seen)
{
	u32 missing = 0;
	size_t i;

	for (i = 0; i < list.n && i < SEEN_MAX; i++) {
		if (was_seen[i])
			continue;
		printf("# %s: no message has %s %s\n", service, kind, list.words[i].name);
		missing++;
	}
	return missing;
}

static void coverage(u32 service)
{
	const struct otseg_protocol *words = otseg_words_protocol(service);
	const char *name = otseg_services[service].name;
	const struct seen *s = &seen[service];
	u32 missing = missing_of(name, "function", words->functions, s->functions) +
		      missing_of(name, "sub-function", words->subs, s->subs) +
		      missing_of(name, "object type", words->objects, s->objects) +
		      missing_of(name, "field", words->fields, s->fields) +
		      missing_of(name, "text", words->texts, s->texts);

	ktap_result(!missing && s->n_messages, "%s: all that a rule can name is in %u messages",
		    name, s->n_messages);
}

static bool is_inspected(u32 service)
{
	return otseg_services[service].state == OTSEG_SERVICE_INSPECTED;
}

/* A folder of messages. Return: 0, or -1: there are none. */
static int folder_run(const char *folder)
{
	int service = otseg_words_service(folder);
	struct file file = { .folder = folder };
	u32 state = 0;
	char path[4096];
	FILE *from;
	u32 i;

	snprintf(path, sizeof(path), "%s/%s/messages", HERE, folder);
	from = fopen(path, "r");
	if (!from) {
		perror(path);
		return -1;
	}
	file_read(&file, from, service < 0 ? OTSEG_SVC_NONE : (u32)service);
	fclose(from);
	for (i = 0; i < file.n_lines; i++) {
		const struct line *line = &file.lines[i];

		if (line->is_first)
			state = 0;
		if (!is_inspected(line->service))
			wrong(&file, line, "its service is not inspected");
		else if (seeds)
			state = line_seed(&file, line, state);
		else
			state = line_run(&file, line, state);
	}
	if (!seeds && !file.n_wrong)
		streams(&file);
	if (!seeds)
		ktap_result(!file.n_wrong && file.n_lines, "%s: %u messages", folder, file.n_lines);
	file_free(&file);
	return 0;
}

int main(int argc, char **argv)
{
	char **folders = argv + 1;
	int n_folders = argc - 1;
	glob_t found = {};
	int failed = 0;
	bool all;
	u32 i;

	if (argc == 4 && !strcmp(argv[1], "--seeds")) {
		seeds = argv[2];
		seeds_of = (u32)otseg_words_service(argv[3]);
		n_folders = 0;
		if (seeds_of >= OTSEG_SVC_COUNT)
			return KTAP_FAIL;
	}
	all = !n_folders;
	if (!seeds)
		printf("TAP version 13\n");
	while (n_folders--)
		failed |= folder_run(*folders++);
	if (all)
		glob(HERE "/*/messages", 0, NULL, &found);
	for (i = 0; i < found.gl_pathc; i++) {
		*strrchr(found.gl_pathv[i], '/') = 0;
		failed |= folder_run(strrchr(found.gl_pathv[i], '/') + 1);
	}
	for (i = 0; !seeds && i < OTSEG_SVC_COUNT; i++)
		if (is_inspected(i) && (all || seen[i].n_messages))
			coverage(i);
	if (!seeds)
		printf("1..%d\n", ktap_results);
	globfree(&found);
	return failed || ktap_failed_results ? KTAP_FAIL : KTAP_PASS;
}
