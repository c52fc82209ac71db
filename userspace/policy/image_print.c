// SPDX-License-Identifier: GPL-2.0-only
/*
 * An image as text: a policy again. Every item stands in the line that it had in
 * the text the image was made of, so that the printed policy compiles to the
 * same image. Where the usual layout has no room for that, everything is put
 * into brackets, between which lines may end anywhere.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "image_words.h"
#include "model.h"

#define LINE_LAST 0x7fffffff

/**
 * struct writer - a text while it is written
 * @out: where to
 * @line: the line that is being written, from 1
 * @is_bracketed: the whole text stands in brackets
 * @is_exact: so far every item stands in its line
 */
struct writer {
	FILE *out;
	unsigned int line;
	bool is_bracketed;
	bool is_exact;
};

static void end_line(struct writer *writer)
{
	fputc('\n', writer->out);
	writer->line++;
}

static bool is_plain(const char *text)
{
	static const char letters[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
		"._/-";
	static const char *const others[] = { "true", "false", "null", "yes", "no", "on", "off" };
	size_t i;

	if (!*text || strspn(text, letters) != strlen(text) || strchr("._/-", *text))
		return false;
	/* What another reader of YAML would take for something else than a text. */
	for (i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		if (!strcasecmp(text, others[i]))
			return false;
	return strspn(text, "0123456789._") != strlen(text) ||
	       strchr(text, '.') != strrchr(text, '.');
}

static void put_text(FILE *out, const char *text)
{
	if (is_plain(text)) {
		fputs(text, out);
		return;
	}
	fputc('"', out);
	for (; *text; text++) {
		if (*text == '"' || *text == '\\')
			fprintf(out, "\\%c", *text);
		else if (*text == '\n')
			fputs("\\n", out);
		else if (*text == '\t')
			fputs("\\t", out);
		else
			fputc(*text, out);
	}
	fputc('"', out);
}

static void put_value(FILE *out, const json_t *value)
{
	const char *key;
	json_t *member;
	size_t i = 0;

	switch (json_typeof(value)) {
	case JSON_OBJECT:
		fputc('{', out);
		/* Maps nest three deep here: a rule, its rate or objects, an interface. */
		json_object_foreach((json_t *)value, key, member) {
			fputs(i++ ? ", " : "", out);
			put_text(out, key);
			fputs(": ", out);
			put_value(out, member);
		}
		fputc('}', out);
		break;
	case JSON_ARRAY:
		fputc('[', out);
		json_array_foreach(value, i, member) {
			fputs(i ? ", " : "", out);
			put_value(out, member);
		}
		fputc(']', out);
		break;
	case JSON_STRING:
		put_text(out, json_string_value(value));
		break;
	case JSON_TRUE:
		fputs("true", out);
		break;
	case JSON_REAL:
		fprintf(out, "%.1f", json_real_value(value));
		break;
	default:
		fprintf(out, "%lld", (long long)json_integer_value(value));
		break;
	}
}

/* What an item is, without what stands elsewhere. */
static json_t *item_body(json_t *map)
{
	json_t *copy = json_copy(map), *address = json_object_get(map, "address");
	json_t *members = json_object_get(map, "members");

	/* Where nothing else is said, the list stands for the map. */
	if (!members)
		members = json_object_get(map, "interfaces");
	json_object_del(copy, "name");
	json_object_del(copy, "line");
	if (json_array_size(address) == 1)
		json_object_set(copy, "address", json_array_get(address, 0));
	if (members && json_object_size(copy) == 1) {
		json_incref(members);
		json_decref(copy);
		return members;
	}
	return copy;
}

/*
 * An item of a section: its name and what it is, with a line for each key if they
 * end before line @next, else in one line.
 */
static void put_item(struct writer *writer, json_t *map, bool in_brackets, int indent,
		     json_int_t next)
{
	json_t *body = item_body(map), *value;
	const char *key;

	put_text(writer->out, json_string_value(json_object_get(map, "name")));
	fputc(':', writer->out);
	if (in_brackets || !writer->is_exact || !json_is_object(body) ||
	    writer->line + json_object_size(body) >= (size_t)next) {
		fputc(' ', writer->out);
		put_value(writer->out, body);
	} else {
		json_object_foreach(body, key, value) {
			end_line(writer);
			fprintf(writer->out, "%*s%s: ", indent + 2, "", key);
			put_value(writer->out, value);
		}
	}
	json_decref(body);
}

/*
 * Go to the line of an item. Between brackets an item may share its line with
 * what comes before; else a line is its own.
 */
static void go_to(struct writer *writer, const json_t *map, bool in_brackets, int indent)
{
	unsigned int line = json_integer_value(json_object_get(map, "line"));

	/* No text has more lines than bytes. */
	if (line > OTSEG_POLICY_TEXT_MAX)
		writer->is_exact = false;
	if (!in_brackets)
		end_line(writer);
	while (writer->is_exact && writer->line < line)
		end_line(writer);
	if (writer->line != line)
		writer->is_exact = false;
	if (in_brackets && !writer->is_exact)
		end_line(writer);
	fprintf(writer->out, "%*s", indent, "");
}

static json_int_t line_of(const json_t *items, size_t i, json_int_t next)
{
	const json_t *item = json_array_get(items, i);

	return item ? json_integer_value(json_object_get(item, "line")) : next;
}

static void put_list(struct writer *writer, json_t *items, bool in_brackets, int indent,
		     json_int_t next)
{
	json_t *item;
	size_t i;

	json_array_foreach(items, i, item) {
		if (in_brackets && i)
			fputs(", ", writer->out);
		go_to(writer, item, in_brackets, indent);
		put_item(writer, item, in_brackets, indent, line_of(items, i + 1, next));
	}
}

static json_t *conduit_head(const json_t *conduit)
{
	bool is_intra = json_is_true(json_object_get(conduit, "intra"));
	json_t *head = json_object(), *when;
	json_int_t budget;

	json_object_set(head, "reason", json_object_get(conduit, "reason"));
	if (!is_intra) {
		json_object_set(head, "from", json_object_get(conduit, "from"));
		json_object_set(head, "to", json_object_get(conduit, "to"));
	}
	if (strcmp(json_string_value(json_object_get(conduit, "state")), "enabled"))
		json_object_set(head, "state", json_object_get(conduit, "state"));
	if (strcmp(json_string_value(json_object_get(conduit, "mode")), "enforce"))
		json_object_set(head, "mode", json_object_get(conduit, "mode"));
	if (json_object_get(conduit, "adopt"))
		json_object_set(head, "adopt", json_object_get(conduit, "adopt"));
	if (json_object_get(conduit, "survives-island"))
		json_object_set(head, "survives-island", json_object_get(conduit, "survives-island"));
	when = json_object_get(conduit, "when");
	if (when)
		json_object_set(head, "when",
				json_array_size(when) == 1 ? json_array_get(when, 0) : when);
	if (json_object_get(conduit, "on-deny"))
		json_object_set(head, "on-deny", json_object_get(conduit, "on-deny"));
	budget = json_integer_value(json_object_get(conduit, "flow_budget"));
	if (budget != OTSEG_FLOWS_DEFAULT)
		json_object_set_new(head, "flows", json_integer(budget));
	budget = json_integer_value(json_object_get(conduit, "session_budget"));
	if (budget != OTSEG_SESSIONS_DEFAULT)
		json_object_set_new(head, "sessions", json_integer(budget));
	if (json_object_get(conduit, "rate"))
		json_object_set(head, "rate", json_object_get(conduit, "rate"));
	return head;
}

/* Whether the head of a conduit has room, a line for each key, before its first rule. */
static bool has_room(const json_t *conduit, const json_t *head)
{
	const json_t *first = json_array_get(json_object_get(conduit, "rules"), 0);
	json_int_t lines = json_integer_value(json_object_get(first, "line")) -
			   json_integer_value(json_object_get(conduit, "line"));

	return !first || lines > (json_int_t)json_object_size(head) + 1;
}

static void put_conduit(struct writer *writer, json_t *conduit, bool in_brackets, int indent,
			json_int_t next)
{
	json_t *rules = json_object_get(conduit, "rules"), *head = conduit_head(conduit), *value;
	bool is_short = in_brackets || (writer->is_exact && !has_room(conduit, head));
	const char *key;
	size_t i = 0;

	go_to(writer, conduit, in_brackets, indent);
	put_text(writer->out, json_string_value(json_object_get(conduit, "name")));
	fputs(is_short ? ": {" : ":", writer->out);
	json_object_foreach(head, key, value) {
		if (is_short) {
			fputs(i++ ? ", " : "", writer->out);
		} else {
			end_line(writer);
			fprintf(writer->out, "%*s", indent + 2, "");
		}
		fprintf(writer->out, "%s: ", key);
		put_value(writer->out, value);
	}
	json_decref(head);
	if (!is_short && json_array_size(rules)) {
		end_line(writer);
		fprintf(writer->out, "%*srules:", indent + 2, "");
		put_list(writer, rules, false, indent + 4, next);
	} else if (is_short) {
		if (json_array_size(rules)) {
			fputs(", rules: {", writer->out);
			put_list(writer, rules, true, indent + 4, next);
			fputc('}', writer->out);
		}
		fputc('}', writer->out);
	}
}

/* A section of the text: its key, its items, the line of the first of them, and its end. */
struct section {
	const char *key;
	json_t *items;
	json_int_t line;
	json_int_t next;
};

static void put_section(struct writer *writer, const struct section *section, bool is_conduits)
{
	bool in_brackets = writer->is_bracketed;
	json_t *item;
	size_t i;

	if (in_brackets) {
		fprintf(writer->out, ", %s: {", section->key);
	} else {
		end_line(writer);
		if (section->line > OTSEG_POLICY_TEXT_MAX)
			writer->is_exact = false;
		while (writer->is_exact && writer->line + 1 < section->line)
			end_line(writer);
		if (!writer->is_exact)
			end_line(writer);
		fprintf(writer->out, "%s:", section->key);
	}
	if (is_conduits) {
		json_array_foreach(section->items, i, item) {
			if (in_brackets && i)
				fputs(", ", writer->out);
			put_conduit(writer, item, in_brackets, 2,
				    line_of(section->items, i + 1, section->next));
		}
	} else {
		put_list(writer, section->items, in_brackets, 2, section->next);
	}
	if (in_brackets)
		fputc('}', writer->out);
}

/* A key of the policy with a short value. */
static void put_key(struct writer *writer, const char *key)
{
	if (writer->is_bracketed)
		fputs(", ", writer->out);
	else
		end_line(writer);
	fprintf(writer->out, "%s: ", key);
}

static bool is_denied(const json_t *policy, const char *key)
{
	return !strcmp(json_string_value(json_object_get(policy, key)), "deny");
}

/* Left out where they are 0. */
static const char *const revisions[] = { "revision", "supersedes" };

/* Left out where they are empty. */
static const char *const lists[] = { "routed", "fail-open" };

static bool has_list(const json_t *policy, const char *key)
{
	return json_array_size(json_object_get(policy, key)) != 0;
}

static bool is_adopting(const json_t *policy)
{
	return strcmp(json_string_value(json_object_get(policy, "adopt")), "never") != 0;
}

static json_int_t number_of(const json_t *policy, const char *key)
{
	return json_integer_value(json_object_get(policy, key));
}

/* What has no line of its own in an image, in one line each. */
static void put_settings(struct writer *writer, const json_t *policy)
{
	bool no_arp = is_denied(policy, "arp"), no_nd = is_denied(policy, "neighbour_discovery");
	size_t i;

	for (i = 0; i < sizeof(revisions) / sizeof(revisions[0]); i++) {
		if (!number_of(policy, revisions[i]))
			continue;
		put_key(writer, revisions[i]);
		put_value(writer->out, json_object_get(policy, revisions[i]));
	}
	if (is_adopting(policy)) {
		put_key(writer, "adopt");
		put_value(writer->out, json_object_get(policy, "adopt"));
	}
	for (i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
		if (!has_list(policy, lists[i]))
			continue;
		put_key(writer, lists[i]);
		put_value(writer->out, json_object_get(policy, lists[i]));
	}
	if (no_arp || no_nd) {
		put_key(writer, "defaults");
		fprintf(writer->out, "{%s%s%s}", no_arp ? "arp: deny" : "",
			no_arp && no_nd ? ", " : "",
			no_nd ? "icmpv6: {neighbour-discovery: deny}" : "");
	}
}

/* Lines that they take. */
static json_int_t settings_lines(const json_t *policy)
{
	return !!number_of(policy, revisions[0]) + !!number_of(policy, revisions[1]) +
	       is_adopting(policy) + has_list(policy, lists[0]) + has_list(policy, lists[1]) +
	       (is_denied(policy, "arp") || is_denied(policy, "neighbour_discovery"));
}

static int compare_sections(const void *left, const void *right)
{
	const struct section *a = left, *b = right;

	if (a->line != b->line)
		return a->line < b->line ? -1 : 1;
	return strcmp(a->key, b->key);
}

static bool put_policy(struct writer *writer, const json_t *policy, const struct section *sections,
		       size_t n)
{
	bool has_room;
	size_t i;

	writer->line = 1;
	writer->is_exact = true;
	fputs(writer->is_bracketed ? "{otseg: 1, " : "otseg: 1", writer->out);
	if (!writer->is_bracketed)
		end_line(writer);
	fputs("name: ", writer->out);
	put_text(writer->out, json_string_value(json_object_get(policy, "name")));
	/* They stand where there is room: in front, or else at the end. */
	has_room = !n || sections[0].line > writer->line + 1 + settings_lines(policy);
	if (has_room)
		put_settings(writer, policy);
	for (i = 0; i < n; i++)
		put_section(writer, &sections[i],
			    !strcmp(sections[i].key, "conduits") ||
				    !strcmp(sections[i].key, "intra"));
	if (!has_room)
		put_settings(writer, policy);
	if (writer->is_bracketed)
		fputc('}', writer->out);
	end_line(writer);
	fprintf(writer->out, "# sha256 %s\n", json_string_value(json_object_get(policy, "digest")));
	return writer->is_exact;
}

/* Writes into memory first: only its end shows whether a layout was exact. */
static bool try_layout(const json_t *policy, const struct section *sections, size_t n,
		       bool is_bracketed, char **text)
{
	struct writer writer = { .is_bracketed = is_bracketed };
	bool is_exact;
	size_t len;

	*text = NULL;
	writer.out = open_memstream(text, &len);
	if (!writer.out)
		otseg_alloc_failed();
	is_exact = put_policy(&writer, policy, sections, n);
	if (fclose(writer.out))
		otseg_alloc_failed();
	return is_exact;
}

static int print_text(FILE *out, const json_t *policy)
{
	json_t *conduits = json_array(), *intra = json_array(), *item;
	struct section sections[5];
	const struct section all[5] = {
		{ .key = "zones", .items = json_object_get(policy, "zones") },
		{ .key = "wires", .items = json_object_get(policy, "wires") },
		{ .key = "assets", .items = json_object_get(policy, "assets") },
		{ .key = "conduits", .items = conduits },
		{ .key = "intra", .items = intra },
	};
	char *usual, *bracketed = NULL;
	size_t i, n = 0;
	int err;

	json_array_foreach(json_object_get(policy, "conduits"), i, item)
		json_array_append(json_is_true(json_object_get(item, "intra")) ? intra : conduits,
				  item);
	for (i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		if (!json_array_size(all[i].items))
			continue;
		sections[n] = all[i];
		item = json_array_get(all[i].items, 0);
		sections[n++].line = json_integer_value(json_object_get(item, "line"));
	}
	qsort(sections, n, sizeof(sections[0]), compare_sections);
	/* A section ends before the key of the next one. */
	for (i = 0; i < n; i++)
		sections[i].next = i + 1 < n ? sections[i + 1].line - 1 : LINE_LAST;
	if (!try_layout(policy, sections, n, false, &usual) &&
	    try_layout(policy, sections, n, true, &bracketed)) {
		free(usual);
		usual = bracketed;
		bracketed = NULL;
	}
	err = fputs(usual, out) < 0 ? -EIO : 0;
	free(usual);
	free(bracketed);
	json_decref(conduits);
	json_decref(intra);
	return err;
}

/**
 * otseg_image_print - print what an image says
 * @out: where to
 * @image: an image that otseg_image_check() has accepted
 * @flags: OTSEG_PRINT_*; without OTSEG_PRINT_JSON a policy file
 *
 * Return: 0 or a negative errno.
 */
int otseg_image_print(FILE *out, const void *image, unsigned int flags)
{
	json_t *policy = otseg_image_json(image);
	int err;

	if (!policy)
		return -ENOMEM;
	if (flags & OTSEG_PRINT_JSON) {
		err = json_dumpf(policy, out, flags & OTSEG_PRINT_PRETTY ? JSON_INDENT(2) : 0);
		err = err || fputc('\n', out) == EOF ? -EIO : 0;
	} else {
		err = print_text(out, policy);
	}
	json_decref(policy);
	return err;
}
