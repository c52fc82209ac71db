// SPDX-License-Identifier: GPL-2.0-only
/*
 * The keys of the policy language, see keys.h, and the reading of a map by them.
 */
#include <string.h>

#include "keys.h"
#include "words.h"

#define KEY_NAME(map, id, name) name,
#define KEY_ONE(map, id, name) +1
#define OTSEG_DEFAULTS_KEY_NAME(id, name, family, on, tcp, udp, ether, state) \
	KEY_NAME(DEFAULTS, id, name)
#define OTSEG_DEFAULTS_KEY_ONE(id, name, family, on, tcp, udp, ether, state) \
	KEY_ONE(DEFAULTS, id, name)
#define X(id, key_name, words)                         \
	[OTSEG_MAP_##id] = {                           \
		.name = (key_name),                    \
		.what = (words),                       \
		.keys = { OTSEG_KEYS_##id(KEY_NAME) }, \
		.n = 0 OTSEG_KEYS_##id(KEY_ONE),       \
	},
const struct otseg_key_list otseg_key_lists[OTSEG_MAP_COUNT] = { OTSEG_KEY_MAPS(X) };
#undef X

/**
 * otseg_keys_read - take a map apart
 * @source: the text
 * @node: what should be a map
 * @map: which kind of map
 * @values: the node of each key, NULL where the text has none
 *
 * Return: false if @node is no map; unknown keys are only noted as errors.
 */
bool otseg_keys_read(struct otseg_source *source, const struct otseg_node *node,
		     enum otseg_key_map map, const struct otseg_node *values[OTSEG_KEYS_MAX])
{
	const struct otseg_key_list *list = &otseg_key_lists[map];
	size_t i, k;

	memset(values, 0, OTSEG_KEYS_MAX * sizeof(*values));
	if (node->kind != OTSEG_NODE_MAP) {
		otseg_node_error(source, node, "expected %s, a map of keys and values, found %s",
				 list->what, otseg_node_found(source, node));
		return false;
	}
	for (i = 0; i < node->n; i++) {
		const struct otseg_node *key = otseg_node_key(node, i);

		for (k = 0; k < list->n; k++)
			if (!strcmp(key->text, list->keys[k]))
				break;
		if (k < list->n)
			values[k] = otseg_node_value(node, i);
		else
			otseg_node_error(source, key, "unknown key %s in %s%s",
					 otseg_node_found(source, key), list->what,
					 otseg_words_suggest(source, key->text, list->keys,
							     list->n));
	}
	return true;
}
