/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A YAML text as a tree of nodes that know their place in the file, and the
 * messages about them. Owns the limits that keep a hostile text from costing
 * more than its size; knows nothing of what a policy says.
 */
#ifndef OTSEG_POLICY_DOCUMENT_H
#define OTSEG_POLICY_DOCUMENT_H

#include "arena.h"
#include "policy.h"

enum otseg_node_kind {
	OTSEG_NODE_SCALAR,
	OTSEG_NODE_LIST,
	OTSEG_NODE_MAP,
};

/**
 * struct otseg_node - a value of the text
 * @kind: what it is
 * @is_plain: a scalar without quotes
 * @line: line, from 1
 * @column: column, from 1
 * @text: a scalar's text, ends with NUL and holds no other
 * @len: its bytes
 * @n: members of a list, entries of a map
 * @items: members of a list; of a map each key followed by its value
 */
struct otseg_node {
	enum otseg_node_kind kind;
	bool is_plain;
	unsigned int line;
	unsigned int column;
	const char *text;
	size_t len;
	size_t n;
	const struct otseg_node **items;
};

/**
 * struct otseg_source - a text that is being read
 * @name: what messages call it
 * @arena: where its nodes and all that is made of them live
 * @diag: where messages go
 */
struct otseg_source {
	const char *name;
	struct otseg_arena *arena;
	struct otseg_diag *diag;
};

const struct otseg_node *otseg_document_parse(struct otseg_source *source, const char *text,
					      size_t len);

void otseg_node_error(struct otseg_source *source, const struct otseg_node *node,
		      const char *format, ...) __attribute__((format(printf, 3, 4)));
void otseg_node_warn(struct otseg_source *source, const struct otseg_node *node, const char *format,
		     ...) __attribute__((format(printf, 3, 4)));
const char *otseg_node_found(struct otseg_source *source, const struct otseg_node *node);

/* Entries of a map and members of a list; a scalar reads as a list of itself. */
static inline const struct otseg_node *otseg_node_key(const struct otseg_node *map, size_t i)
{
	return map->items[2 * i];
}

static inline const struct otseg_node *otseg_node_value(const struct otseg_node *map, size_t i)
{
	return map->items[2 * i + 1];
}

static inline size_t otseg_node_count(const struct otseg_node *node)
{
	return node->kind == OTSEG_NODE_LIST ? node->n : 1;
}

static inline const struct otseg_node *otseg_node_member(const struct otseg_node *node, size_t i)
{
	return node->kind == OTSEG_NODE_LIST ? node->items[i] : node;
}

#endif /* OTSEG_POLICY_DOCUMENT_H */
