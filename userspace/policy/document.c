// SPDX-License-Identifier: GPL-2.0-only
/*
 * A YAML text as a tree of nodes, see document.h.
 *
 * libyaml's events are used, not its document tree: anchors, aliases, tags and
 * depth are refused before anything is built, and the document tree would
 * search all anchors for each new one.
 */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "document.h"

#define MAX_DEPTH 16 /* a policy nests eight deep */
#define MAX_NODES (4u << 20)

static void source_error(struct otseg_source *source, unsigned int line, unsigned int column,
			 const char *text)
{
	otseg_diag_add(source->diag, OTSEG_ERROR, source->name, line, column, "%s", text);
}

/**
 * otseg_node_error - note an error at a node
 * @source: the text
 * @node: the place; NULL is the text as a whole
 * @format: printf format of the sentence
 */
void otseg_node_error(struct otseg_source *source, const struct otseg_node *node,
		      const char *format, ...)
{
	va_list args;
	char *text;

	va_start(args, format);
	if (vasprintf(&text, format, args) < 0)
		otseg_alloc_failed();
	va_end(args);
	otseg_diag_add(source->diag, OTSEG_ERROR, source->name, node ? node->line : 0,
		       node ? node->column : 0, "%s", text);
	free(text);
}

/**
 * otseg_node_warn - note a warning at a node
 * @source: the text
 * @node: the place; NULL is the text as a whole
 * @format: printf format of the sentence
 */
void otseg_node_warn(struct otseg_source *source, const struct otseg_node *node, const char *format,
		     ...)
{
	va_list args;
	char *text;

	va_start(args, format);
	if (vasprintf(&text, format, args) < 0)
		otseg_alloc_failed();
	va_end(args);
	otseg_diag_add(source->diag, OTSEG_WARNING, source->name, node ? node->line : 0,
		       node ? node->column : 0, "%s", text);
	free(text);
}

/**
 * otseg_node_found - say what a node is, for "expected ..., found ..."
 * @source: the text
 * @node: the node
 *
 * Return: the words, in the source's arena.
 */
const char *otseg_node_found(struct otseg_source *source, const struct otseg_node *node)
{
	char words[64];

	if (node->kind == OTSEG_NODE_MAP)
		return "a map";
	if (node->kind == OTSEG_NODE_LIST)
		return node->n ? "a list" : "an empty list";
	if (!node->len)
		return node->is_plain ? "nothing" : "an empty text";
	/* A cut in the middle of a character would not be text any more. */
	if (node->len > 40) {
		size_t len = 40;

		while (len && (node->text[len] & 0xc0) == 0x80)
			len--;
		snprintf(words, sizeof(words), "'%.*s...'", (int)len, node->text);
	} else {
		snprintf(words, sizeof(words), "'%s'", node->text);
	}
	return otseg_arena_text(source->arena, words, strlen(words));
}

/*
 * Length of the UTF-8 sequence at @text, 0 if it is none: overlong forms,
 * surrogates and numbers past U+10FFFF are not UTF-8.
 */
static size_t utf8_length(const unsigned char *text, size_t len, unsigned int *character)
{
	static const unsigned int least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	unsigned int value;
	size_t n, i;

	*character = text[0];
	if (text[0] < 0x80)
		return 1;
	if ((text[0] & 0xe0) == 0xc0)
		n = 2;
	else if ((text[0] & 0xf0) == 0xe0)
		n = 3;
	else if ((text[0] & 0xf8) == 0xf0)
		n = 4;
	else
		return 0;
	if (n > len)
		return 0;
	value = text[0] & (0x7f >> n);
	for (i = 1; i < n; i++) {
		if ((text[i] & 0xc0) != 0x80)
			return 0;
		value = value << 6 | (text[i] & 0x3f);
	}
	if (value < least[n] || value > 0x10ffff || (value >= 0xd800 && value <= 0xdfff))
		return 0;
	*character = value;
	return n;
}

/* Control characters that do not lay text out: they could command a terminal. */
static bool is_control(unsigned int character)
{
	if (character < 0x20)
		return character != '\t' && character != '\n' && character != '\r';
	return character >= 0x7f && character < 0xa0;
}

/* A text is UTF-8 without control characters other than those that lay it out. */
static bool check_bytes(struct otseg_source *source, const char *text, size_t len)
{
	unsigned int line = 1, column = 1;
	char words[64];
	size_t at = 0;

	if (len > OTSEG_POLICY_TEXT_MAX) {
		source_error(source, 0, 0, "the file is longer than 16 MiB");
		return false;
	}
	while (at < len) {
		unsigned int character;
		size_t n = utf8_length((const unsigned char *)text + at, len - at, &character);

		if (!n) {
			snprintf(words, sizeof(words), "byte 0x%02x is not UTF-8", character);
			source_error(source, line, column, words);
			return false;
		}
		if (is_control(character)) {
			snprintf(words, sizeof(words), "control character 0x%02x in the text",
				 character);
			source_error(source, line, column, words);
			return false;
		}
		column++;
		if (character == '\n') {
			line++;
			column = 1;
		}
		at += n;
	}
	return true;
}

/* A list or map whose end has not been seen. */
struct open_node {
	struct otseg_node *node;
	struct otseg_vec items;
};

/**
 * struct builder - the tree while it is built
 * @source: the text
 * @open: open lists and maps, outermost first
 * @depth: their number
 * @root: the document's node
 * @n_nodes: nodes so far
 * @n_documents: documents so far
 */
struct builder {
	struct otseg_source *source;
	struct open_node open[MAX_DEPTH];
	size_t depth;
	struct otseg_node *root;
	size_t n_nodes;
	unsigned int n_documents;
};

static bool fail_at(struct builder *builder, const yaml_mark_t *mark, const char *text)
{
	source_error(builder->source, mark->line + 1, mark->column + 1, text);
	return false;
}

static bool add_node(struct builder *builder, struct otseg_node *node, const yaml_mark_t *mark)
{
	struct open_node *parent;

	if (++builder->n_nodes > MAX_NODES)
		return fail_at(builder, mark, "the text has more than 4194304 values");
	if (!builder->depth) {
		builder->root = node;
		return true;
	}
	parent = &builder->open[builder->depth - 1];
	if (parent->node->kind == OTSEG_NODE_MAP && parent->items.n % 2 == 0 &&
	    node->kind != OTSEG_NODE_SCALAR)
		return fail_at(builder, mark, "a key must be a plain word, not a list or a map");
	otseg_vec_add(&parent->items, &node, 1);
	return true;
}

static struct otseg_node *new_node(struct builder *builder, enum otseg_node_kind kind,
				   const yaml_mark_t *mark)
{
	struct otseg_node *node = otseg_arena_alloc(builder->source->arena, sizeof(*node));

	node->kind = kind;
	node->line = mark->line + 1;
	node->column = mark->column + 1;
	return node;
}

static bool check_properties(struct builder *builder, const yaml_event_t *event,
			     const yaml_char_t *anchor, const yaml_char_t *tag)
{
	if (anchor)
		return fail_at(builder, &event->start_mark,
			       "anchors are not part of the policy language");
	if (tag)
		return fail_at(builder, &event->start_mark,
			       "tags are not part of the policy language");
	return true;
}

static bool add_scalar(struct builder *builder, const yaml_event_t *event)
{
	const char *text = (const char *)event->data.scalar.value;
	size_t len = event->data.scalar.length;
	struct otseg_node *node;
	unsigned int character;
	size_t at;

	if (!check_properties(builder, event, event->data.scalar.anchor, event->data.scalar.tag))
		return false;
	/* Escapes in quotes can spell what check_bytes() refused. */
	for (at = 0; at < len;) {
		size_t n = utf8_length((const unsigned char *)text + at, len - at, &character);

		if (!n || character == '\r' || is_control(character))
			return fail_at(builder, &event->start_mark,
				       "control character in the text");
		at += n;
	}

	node = new_node(builder, OTSEG_NODE_SCALAR, &event->start_mark);
	node->text = otseg_arena_text(builder->source->arena, text, len);
	node->len = len;
	node->is_plain = event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
	return add_node(builder, node, &event->start_mark);
}

static bool open_collection(struct builder *builder, const yaml_event_t *event,
			    enum otseg_node_kind kind)
{
	const yaml_char_t *anchor, *tag;
	struct otseg_node *node;

	if (kind == OTSEG_NODE_LIST) {
		anchor = event->data.sequence_start.anchor;
		tag = event->data.sequence_start.tag;
	} else {
		anchor = event->data.mapping_start.anchor;
		tag = event->data.mapping_start.tag;
	}
	if (!check_properties(builder, event, anchor, tag))
		return false;
	if (builder->depth == MAX_DEPTH)
		return fail_at(builder, &event->start_mark,
			       "lists and maps are nested more than 16 deep");

	node = new_node(builder, kind, &event->start_mark);
	if (!add_node(builder, node, &event->start_mark))
		return false;
	builder->open[builder->depth].node = node;
	builder->open[builder->depth].items = OTSEG_VEC(struct otseg_node *);
	builder->depth++;
	return true;
}

static int compare_keys(const void *left, const void *right)
{
	const struct otseg_node *a = *(const struct otseg_node *const *)left;
	const struct otseg_node *b = *(const struct otseg_node *const *)right;
	int order = strcmp(a->text, b->text);

	if (order)
		return order;
	if (a->line != b->line)
		return a->line < b->line ? -1 : 1;
	return a->column < b->column ? -1 : a->column > b->column;
}

static void check_duplicates(struct otseg_source *source, const struct otseg_node *map)
{
	const struct otseg_node **keys;
	size_t i, first = 0;

	if (map->n < 2)
		return;
	keys = otseg_alloc(map->n * sizeof(*keys));
	for (i = 0; i < map->n; i++)
		keys[i] = otseg_node_key(map, i);
	qsort(keys, map->n, sizeof(*keys), compare_keys);
	for (i = 1; i < map->n; i++) {
		if (strcmp(keys[first]->text, keys[i]->text))
			first = i;
		else
			otseg_node_error(source, keys[i], "%s stands here twice, first in line %u",
					 otseg_node_found(source, keys[i]), keys[first]->line);
	}
	free(keys);
}

static void close_collection(struct builder *builder)
{
	struct open_node *open = &builder->open[--builder->depth];
	struct otseg_node *node = open->node;
	size_t n = open->items.n;

	node->n = node->kind == OTSEG_NODE_MAP ? n / 2 : n;
	node->items = otseg_arena_alloc(builder->source->arena, n * sizeof(*node->items));
	if (n)
		memcpy(node->items, open->items.data, n * sizeof(*node->items));
	otseg_vec_free(&open->items);
	if (node->kind == OTSEG_NODE_MAP)
		check_duplicates(builder->source, node);
}

static bool take_event(struct builder *builder, const yaml_event_t *event)
{
	switch (event->type) {
	case YAML_DOCUMENT_START_EVENT:
		if (++builder->n_documents > 1)
			return fail_at(builder, &event->start_mark,
				       "a policy is one document: nothing may follow it");
		return true;
	case YAML_ALIAS_EVENT:
		return fail_at(builder, &event->start_mark,
			       "aliases are not part of the policy language");
	case YAML_SCALAR_EVENT:
		return add_scalar(builder, event);
	case YAML_SEQUENCE_START_EVENT:
		return open_collection(builder, event, OTSEG_NODE_LIST);
	case YAML_MAPPING_START_EVENT:
		return open_collection(builder, event, OTSEG_NODE_MAP);
	case YAML_SEQUENCE_END_EVENT:
	case YAML_MAPPING_END_EVENT:
		close_collection(builder);
		return true;
	default:
		return true;
	}
}

static void syntax_error(struct otseg_source *source, const yaml_parser_t *parser)
{
	const yaml_mark_t *mark = &parser->problem_mark;
	char words[256];

	snprintf(words, sizeof(words), "not YAML: %s%s%s",
		 parser->problem ? parser->problem : "cannot be read", parser->context ? ", " : "",
		 parser->context ? parser->context : "");
	source_error(source, mark->line + 1, mark->column + 1, words);
}

/**
 * otseg_document_parse - read a YAML text
 * @source: its name, arena and messages
 * @text: the text
 * @len: its bytes
 *
 * Return: the node of its one document; NULL after an error that leaves none.
 */
const struct otseg_node *otseg_document_parse(struct otseg_source *source, const char *text,
					      size_t len)
{
	struct builder builder = { .source = source };
	yaml_event_type_t type = YAML_NO_EVENT;
	yaml_parser_t parser;
	yaml_event_t event;
	bool good = true;

	if (!check_bytes(source, text, len))
		return NULL;
	if (!yaml_parser_initialize(&parser))
		otseg_alloc_failed();
	yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&parser, (const unsigned char *)text, len);

	while (good && type != YAML_STREAM_END_EVENT) {
		if (!yaml_parser_parse(&parser, &event)) {
			if (parser.error == YAML_MEMORY_ERROR)
				otseg_alloc_failed();
			syntax_error(source, &parser);
			good = false;
			break;
		}
		type = event.type;
		good = take_event(&builder, &event);
		yaml_event_delete(&event);
	}
	yaml_parser_delete(&parser);
	while (builder.depth)
		otseg_vec_free(&builder.open[--builder.depth].items);
	if (!good)
		return NULL;
	if (!builder.root)
		source_error(source, 0, 0, "the policy is empty");
	return builder.root;
}
