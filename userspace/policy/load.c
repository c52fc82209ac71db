// SPDX-License-Identifier: GPL-2.0-only
/*
 * From a policy's text to its model: the file, the top of the document, and
 * what its sections share. Each section has a file load_*.c of its own.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "load.h"
#include "value.h"
#include "words.h"

/**
 * otseg_load_map - see that a node is a map from names to things
 * @loader: the loader
 * @node: the node
 * @what: what each entry is
 * @most: entries that are possible
 *
 * Return: whether it is; bad names are only noted as errors.
 */
bool otseg_load_map(struct otseg_loader *loader, const struct otseg_node *node, const char *what,
		    size_t most)
{
	const char *name;
	size_t i;

	if (node->kind != OTSEG_NODE_MAP) {
		otseg_node_error(&loader->source, node,
				 "expected a map from the name of each %s to what it is, found %s",
				 what, otseg_node_found(&loader->source, node));
		return false;
	}
	if (node->n > most) {
		otseg_node_error(&loader->source, node,
				 "%zu entries of the kind '%s', at most %zu are possible", node->n,
				 what, most);
		return false;
	}
	for (i = 0; i < node->n; i++)
		otseg_value_name(&loader->source, otseg_node_key(node, i), what, &name);
	return true;
}

static int compare_names(const void *left, const void *right)
{
	const struct otseg_name *a = left, *b = right;

	return strcmp(a->name, b->name);
}

static void sort_names(struct otseg_loader *loader, const struct otseg_node *map,
		       struct otseg_names *names)
{
	size_t i;

	if (!map || map->kind != OTSEG_NODE_MAP || !map->n)
		return;
	names->n = map->n;
	names->names = otseg_arena_alloc(loader->source.arena, map->n * sizeof(*names->names));
	for (i = 0; i < map->n; i++) {
		names->names[i].name = otseg_node_key(map, i)->text;
		names->names[i].index = i;
	}
	qsort(names->names, names->n, sizeof(*names->names), compare_names);
}

/**
 * otseg_load_find - find what a name stands for
 * @loader: the loader
 * @node: the name's node
 * @names: the names it may be
 * @what: what they are names of
 * @index: index of the named thing
 *
 * Return: 0, or -ENOENT after the error was noted.
 */
int otseg_load_find(struct otseg_loader *loader, const struct otseg_node *node,
		    const struct otseg_names *names, const char *what, u32 *index)
{
	struct otseg_name wanted = { .name = node->text };
	const struct otseg_name *found = NULL;
	const char **all;
	size_t i;

	if (node->kind != OTSEG_NODE_SCALAR || !node->len) {
		otseg_node_error(&loader->source, node, "expected the name of a%s %s, found %s",
				 strchr("aeiou", what[0]) ? "n" : "", what,
				 otseg_node_found(&loader->source, node));
		return -ENOENT;
	}
	if (names->n)
		found = bsearch(&wanted, names->names, names->n, sizeof(wanted), compare_names);
	if (found) {
		*index = found->index;
		return 0;
	}
	if (loader->source.diag->n_errors >= OTSEG_DIAG_MAX) {
		otseg_node_error(&loader->source, node, "no such %s", what);
		return -ENOENT;
	}
	all = otseg_alloc(names->n * sizeof(*all));
	for (i = 0; i < names->n; i++)
		all[i] = names->names[i].name;
	otseg_node_error(&loader->source, node, "there is no %s %s%s", what,
			 otseg_node_found(&loader->source, node),
			 otseg_words_suggest(&loader->source, node->text, all, names->n));
	free(all);
	return -ENOENT;
}

/**
 * otseg_load_note - check a note that is kept nowhere
 * @loader: the loader
 * @node: its node or NULL
 */
void otseg_load_note(struct otseg_loader *loader, const struct otseg_node *node)
{
	const char *text;

	if (node)
		otseg_value_text(&loader->source, node, "a note", &text);
}

static void load_revision(struct otseg_loader *loader, const struct otseg_node *revision,
			  const struct otseg_node *supersedes)
{
	struct otseg_policy *policy = loader->policy;

	if (revision)
		otseg_value_revision(&loader->source, revision, "a revision", 0, &policy->revision);
	if (supersedes && policy->revision == OTSEG_REVISION_MAX)
		otseg_node_error(&loader->source, supersedes,
				 "no revision is higher than that of this policy");
	else if (supersedes)
		otseg_value_revision(&loader->source, supersedes,
				     "the revision that this policy takes the place of",
				     policy->revision + 1, &policy->supersedes);
}

/* Whoever has connections taken up trusts what went before. */
static void load_adopt(struct otseg_loader *loader, const struct otseg_node *node)
{
	if (otseg_value_seconds(&loader->source, node,
				"for how long after an interface is attached connections are taken up",
				OTSEG_ADOPT_MAX, &loader->policy->adopt_s))
		otseg_node_warn(&loader->source, node,
				"connections that are open when an interface is attached are taken "
				"up: how they began is not seen");
}

static void load_document(struct otseg_loader *loader, const struct otseg_node *root)
{
	const struct otseg_node *values[OTSEG_KEYS_MAX];
	struct otseg_source *source = &loader->source;
	u32 version;

	if (!otseg_keys_read(source, root, OTSEG_MAP_POLICY, values))
		return;
	if (!values[OTSEG_KEY_POLICY_OTSEG])
		otseg_node_error(source, root,
				 "'otseg: 1' is missing: it says in which version of the policy "
				 "language this is written");
	else
		otseg_value_number(source, values[OTSEG_KEY_POLICY_OTSEG],
				   "the version of the policy language", 1, 1, &version);
	if (!values[OTSEG_KEY_POLICY_NAME])
		otseg_node_error(source, root, "'name' is missing: a policy needs a name");
	else
		otseg_value_name(source, values[OTSEG_KEY_POLICY_NAME], "the policy",
				 &loader->policy->name);
	load_revision(loader, values[OTSEG_KEY_POLICY_REVISION],
		      values[OTSEG_KEY_POLICY_SUPERSEDES]);
	if (!values[OTSEG_KEY_POLICY_ZONES]) {
		otseg_node_error(source, root, "'zones' is missing: a policy needs a zone");
		return;
	}

	/* Whatever their order in the text: what is named comes before what names it. */
	sort_names(loader, values[OTSEG_KEY_POLICY_ZONES], &loader->zones);
	sort_names(loader, values[OTSEG_KEY_POLICY_ASSETS], &loader->assets);
	otseg_load_zones(loader, values[OTSEG_KEY_POLICY_ZONES]);
	if (values[OTSEG_KEY_POLICY_WIRES])
		otseg_load_wires(loader, values[OTSEG_KEY_POLICY_WIRES]);
	if (values[OTSEG_KEY_POLICY_ROUTED])
		otseg_load_routed(loader, values[OTSEG_KEY_POLICY_ROUTED]);
	if (values[OTSEG_KEY_POLICY_FAIL_OPEN])
		otseg_load_fail_open(loader, values[OTSEG_KEY_POLICY_FAIL_OPEN]);
	if (values[OTSEG_KEY_POLICY_ASSETS])
		otseg_load_assets(loader, values[OTSEG_KEY_POLICY_ASSETS]);
	otseg_load_check_prefixes(loader);
	if (values[OTSEG_KEY_POLICY_DEFAULTS])
		otseg_load_defaults(loader, values[OTSEG_KEY_POLICY_DEFAULTS]);
	if (values[OTSEG_KEY_POLICY_MODE])
		otseg_load_mode(loader, values[OTSEG_KEY_POLICY_MODE], &loader->is_monitor);
	if (values[OTSEG_KEY_POLICY_ADOPT])
		load_adopt(loader, values[OTSEG_KEY_POLICY_ADOPT]);
	otseg_load_conduits(loader, values[OTSEG_KEY_POLICY_CONDUITS],
			    values[OTSEG_KEY_POLICY_INTRA]);
}

static void warn_unused(struct otseg_loader *loader)
{
	const struct otseg_policy *policy = loader->policy;
	size_t i;

	for (i = 0; i < policy->n_assets; i++)
		if (!policy->assets[i].is_used)
			otseg_diag_add(loader->source.diag, OTSEG_WARNING, loader->source.name,
				       policy->assets[i].at.line, policy->assets[i].at.column,
				       "no rule names the asset '%s'", policy->assets[i].name);
}

/**
 * otseg_policy_parse - make a policy of a text
 * @name: what messages call the text
 * @text: the text
 * @len: its bytes
 * @diag: where messages go
 *
 * Return: the policy, for otseg_policy_free(); NULL after an error.
 */
struct otseg_policy *otseg_policy_parse(const char *name, const char *text, size_t len,
					struct otseg_diag *diag)
{
	struct otseg_loader loader = { .source = { .name = name, .diag = diag } };
	unsigned int n_errors = diag->n_errors;
	const struct otseg_node *root;
	struct otseg_policy *policy;

	policy = otseg_alloc(sizeof(*policy));
	policy->file = otseg_arena_text(&policy->arena, name, strlen(name));
	loader.policy = policy;
	loader.source.arena = &policy->arena;

	root = otseg_document_parse(&loader.source, text, len);
	if (root) {
		load_document(&loader, root);
		if (diag->n_errors == n_errors)
			warn_unused(&loader);
	}
	if (diag->n_errors == n_errors)
		return policy;
	otseg_policy_free(policy);
	return NULL;
}

/* The whole file, or one byte more than a policy may have. */
static bool read_file(FILE *file, struct otseg_vec *text)
{
	char buffer[65536];
	size_t n;

	while (text->n <= OTSEG_POLICY_TEXT_MAX) {
		n = fread(buffer, 1, sizeof(buffer), file);
		if (!n)
			return !ferror(file);
		otseg_vec_add(text, buffer, n);
	}
	return true;
}

/**
 * otseg_policy_load - make a policy of a file
 * @path: the file; "-" is the standard input
 * @diag: where messages go
 *
 * Return: the policy, for otseg_policy_free(); NULL after an error.
 */
struct otseg_policy *otseg_policy_load(const char *path, struct otseg_diag *diag)
{
	bool is_stdin = !strcmp(path, "-");
	const char *name = is_stdin ? "<stdin>" : path;
	struct otseg_vec text = OTSEG_VEC(char);
	struct otseg_policy *policy = NULL;
	FILE *file = is_stdin ? stdin : fopen(path, "r");

	if (!file || !read_file(file, &text))
		otseg_diag_add(diag, OTSEG_ERROR, name, 0, 0, "cannot read it: %s",
			       strerror(errno));
	else
		policy = otseg_policy_parse(name, text.data ? text.data : "", text.n, diag);
	if (file && !is_stdin)
		fclose(file);
	otseg_vec_free(&text);
	return policy;
}
