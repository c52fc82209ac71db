// SPDX-License-Identifier: GPL-2.0-only
/*
 * From a policy's model to its image: the order of the steps, the records that
 * say what the policy says, and the laying out of the sections.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "compile.h"
#include "words.h"

/**
 * struct section_shape - what a section holds
 * @size: bytes of a record
 * @most: records that are possible
 * @what: what to call them when there are too many
 */
struct section_shape {
	size_t size;
	size_t most;
	const char *what;
};

#define X(id, type, max) [OTSEG_SEC_##id] = { sizeof(type), (max), #id },
static const struct section_shape shapes[OTSEG_SEC_COUNT] = { OTSEG_SECTION_LIST(X) };
#undef X

static void compile_say(struct otseg_compiler *compiler, enum otseg_severity severity,
			struct otseg_mark_at at, const char *format, va_list args)
{
	char *text;

	if (vasprintf(&text, format, args) < 0)
		otseg_alloc_failed();
	otseg_diag_add(compiler->diag, severity, compiler->policy->file, at.line, at.column, "%s",
		       text);
	free(text);
}

/**
 * otseg_compile_error - note an error at a place in the policy's text
 * @compiler: the compiler
 * @at: the place
 * @format: printf format of the sentence
 *
 * Return: -E2BIG: what the compiler refuses is too big for an image.
 */
int otseg_compile_error(struct otseg_compiler *compiler, struct otseg_mark_at at,
			const char *format, ...)
{
	va_list args;

	va_start(args, format);
	compile_say(compiler, OTSEG_ERROR, at, format, args);
	va_end(args);
	return -E2BIG;
}

/**
 * otseg_compile_warn - note a warning at a place in the policy's text
 * @compiler: the compiler
 * @at: the place
 * @format: printf format of the sentence
 */
void otseg_compile_warn(struct otseg_compiler *compiler, struct otseg_mark_at at,
			const char *format, ...)
{
	va_list args;

	va_start(args, format);
	compile_say(compiler, OTSEG_WARNING, at, format, args);
	va_end(args);
}

/**
 * otseg_compile_capacity - see that a section has not grown too big
 * @compiler: the compiler
 * @id: the section
 *
 * Return: 0 or a negative errno after the error was noted.
 */
int otseg_compile_capacity(struct otseg_compiler *compiler, enum otseg_section_id id)
{
	if (compiler->sections[id].vec.n <= shapes[id].most)
		return 0;
	return otseg_compile_error(compiler, (struct otseg_mark_at){ 0, 0 },
				   "the policy is too big: section %s of the image would hold more "
				   "than %zu records",
				   shapes[id].what, shapes[id].most);
}

/**
 * otseg_strings_add - find a text in STRINGS, or add it
 * @compiler: the compiler
 * @text: the text
 *
 * Return: its offset.
 */
u32 otseg_strings_add(struct otseg_compiler *compiler, const char *text)
{
	return otseg_pool_add(OTSEG_SECTION(compiler, STRINGS), text, strlen(text) + 1);
}

static void index_rules(struct otseg_compiler *compiler)
{
	const struct otseg_policy *policy = compiler->policy;
	size_t i, k, n = 0;

	for (i = 0; i < policy->n_conduits; i++)
		n += policy->conduits[i].n_rules;
	compiler->n_rules = n;
	compiler->rules = otseg_arena_alloc(&compiler->arena, n * sizeof(*compiler->rules));
	compiler->conduits = otseg_arena_alloc(&compiler->arena, n * sizeof(*compiler->conduits));
	compiler->ends = otseg_arena_alloc(&compiler->arena, n * sizeof(*compiler->ends));
	compiler->shadows = otseg_arena_alloc(&compiler->arena, n * sizeof(*compiler->shadows));
	n = 0;
	for (i = 0; i < policy->n_conduits; i++)
		for (k = 0; k < policy->conduits[i].n_rules; k++) {
			compiler->rules[n] = &policy->conduits[i].rules[k];
			compiler->conduits[n] = &policy->conduits[i];
			n++;
		}
}

static void write_zones(struct otseg_compiler *compiler)
{
	const struct otseg_policy *policy = compiler->policy;
	const struct otseg_vec *classes = &OTSEG_SECTION(compiler, CLASSES)->vec;
	size_t i, k;

	for (i = 0; i < policy->n_zones; i++) {
		const struct otseg_zone *zone = &policy->zones[i];
		struct otseg_img_zone record = {
			.name = otseg_strings_add(compiler, zone->name),
			.flags = zone->n_macs ? OTSEG_ZONE_HAS_MACS : 0,
			.level_tenths = zone->level_tenths,
			.line = zone->at.line,
		};

		for (k = 0; k < zone->n_prefixes; k++)
			if (!zone->prefixes[k].len)
				record.flags |= zone->prefixes[k].family == 4 ?
							OTSEG_ZONE_DEFAULT4 :
							OTSEG_ZONE_DEFAULT6;
		k = i + 1 < policy->n_zones ? compiler->first_class[i + 1] : classes->n;
		record.n_classes = k - compiler->first_class[i];
		otseg_vec_add(&OTSEG_SECTION(compiler, ZONES)->vec, &record, 1);
	}
}

static u32 hash_name(const char *name)
{
	u32 hash = 0x811c9dc5u;

	for (; *name; name++)
		hash = otseg_hash_fold(hash, (unsigned char)*name);
	return hash;
}

static int compare_by_name(const void *left, const void *right)
{
	const struct otseg_conduit *a = *(const struct otseg_conduit *const *)left;
	const struct otseg_conduit *b = *(const struct otseg_conduit *const *)right;

	return strcmp(a->name, b->name);
}

/* By name and not by place, so that a conduit keeps its slot when others come and go. */
static void assign_slots(struct otseg_compiler *compiler)
{
	const struct otseg_policy *policy = compiler->policy;
	struct otseg_img_conduit *records = OTSEG_SECTION(compiler, CONDUITS)->vec.data;
	const struct otseg_conduit **sorted;
	bool *is_taken;
	size_t i;

	sorted = otseg_alloc(policy->n_conduits * sizeof(*sorted));
	is_taken = otseg_alloc(OTSEG_BUDGET_SLOTS * sizeof(*is_taken));
	for (i = 0; i < policy->n_conduits; i++)
		sorted[i] = &policy->conduits[i];
	qsort(sorted, policy->n_conduits, sizeof(*sorted), compare_by_name);
	for (i = 0; i < policy->n_conduits; i++) {
		u32 slot = hash_name(sorted[i]->name) % OTSEG_BUDGET_SLOTS;

		while (is_taken[slot])
			slot = (slot + 1) % OTSEG_BUDGET_SLOTS;
		is_taken[slot] = true;
		records[sorted[i] - policy->conduits].budget_slot = slot;
	}
	free(sorted);
	free(is_taken);
}

/* The rate of a rule or a conduit, with the next limiter if there is one. */
static struct otseg_img_rate rate_of(struct otseg_compiler *compiler,
				     const struct otseg_limit *limit)
{
	struct otseg_img_rate rate = {
		.packets = limit->packets.count,
		.burst_packets = limit->packets.burst,
		.bytes = limit->bytes.count,
		.burst_bytes = limit->bytes.burst,
		.packets_period_s = limit->packets.period_s,
		.bytes_period_s = limit->bytes.period_s,
		.limiter = OTSEG_NONE32,
	};

	if (rate.packets || rate.bytes)
		rate.limiter = compiler->n_limiters++;
	return rate;
}

/* The flags that a conduit has for it, by enum otseg_adopt. */
static const u16 adopt_flags[] = {
	[OTSEG_ADOPT_WINDOW] = 0,
	[OTSEG_ADOPT_ALWAYS] = OTSEG_CONDUIT_ADOPT_ALWAYS,
	[OTSEG_ADOPT_NEVER] = OTSEG_CONDUIT_ADOPT_NEVER,
};

/* OTSEG_IMG_ADOPT, if some conduit takes connections up at any time. */
static u32 image_adopts(const struct otseg_policy *policy)
{
	size_t i;

	for (i = 0; i < policy->n_conduits; i++)
		if (policy->conduits[i].adopt == OTSEG_ADOPT_ALWAYS)
			return OTSEG_IMG_ADOPT;
	return 0;
}

/* May answers to what the rule permits come from another port than was asked? */
static bool is_elsewhere(const struct otseg_rule *rule)
{
	size_t i;

	if (!otseg_service_is_elsewhere(rule->service))
		return false;
	for (i = 0; i < rule->selectors.n; i++)
		if (rule->selectors.items[i].first >> 16 == OTSEG_SEL_UDP)
			return true;
	return false;
}

/* OTSEG_IMG_ELSEWHERE, if some rule is such a one. */
static u32 image_is_elsewhere(const struct otseg_policy *policy)
{
	size_t i, j;

	for (i = 0; i < policy->n_conduits; i++)
		for (j = 0; j < policy->conduits[i].n_rules; j++)
			if (is_elsewhere(&policy->conduits[i].rules[j]))
				return OTSEG_IMG_ELSEWHERE;
	return 0;
}

static void write_conduits(struct otseg_compiler *compiler)
{
	const struct otseg_policy *policy = compiler->policy;
	u32 rules = 0;
	size_t i;

	for (i = 0; i < policy->n_conduits; i++) {
		const struct otseg_conduit *conduit = &policy->conduits[i];
		struct otseg_img_conduit record = {
			.name = otseg_strings_add(compiler, conduit->name),
			.reason = otseg_strings_add(compiler, conduit->reason),
			.from = conduit->from,
			.to = conduit->to,
			.flags = (conduit->is_enabled ? OTSEG_CONDUIT_STANDING : 0) |
				 (conduit->survives_island ? OTSEG_CONDUIT_SURVIVES : 0) |
				 (conduit->is_monitor ? OTSEG_CONDUIT_MONITOR : 0) |
				 adopt_flags[conduit->adopt] |
				 (conduit->n_windows ? OTSEG_CONDUIT_TIMED : 0) |
				 (conduit->on_deny != OTSEG_DENY_DROP ? OTSEG_CONDUIT_RESET : 0) |
				 (conduit->on_deny == OTSEG_DENY_EXCEPTION ?
					  OTSEG_CONDUIT_EXCEPTION :
					  0) |
				 (conduit->from == conduit->to ? OTSEG_CONDUIT_INTRA : 0),
			.flow_budget = conduit->flows,
			.session_budget = conduit->sessions,
			.rules = rules,
			.n_rules = conduit->n_rules,
			.line = conduit->at.line,
			.rate = rate_of(compiler, &conduit->limit),
		};

		rules += conduit->n_rules;
		otseg_vec_add(&OTSEG_SECTION(compiler, CONDUITS)->vec, &record, 1);
	}
	if (policy->n_conduits)
		assign_slots(compiler);
}

static void write_clocks(struct otseg_compiler *compiler)
{
	const struct otseg_policy *policy = compiler->policy;
	struct otseg_vec *shifts = &OTSEG_SECTION(compiler, SHIFTS)->vec;
	size_t i, k;

	for (i = 0; i < policy->n_clocks; i++) {
		const struct otseg_clock *clock = &policy->clocks[i];
		struct otseg_img_clock record = {
			.name = otseg_strings_add(compiler, clock->name),
			.shifts = shifts->n,
			.n_shifts = clock->n_shifts,
			.until = clock->until,
		};

		otseg_vec_add(&OTSEG_SECTION(compiler, CLOCKS)->vec, &record, 1);
		for (k = 0; k < clock->n_shifts; k++) {
			struct otseg_img_shift shift = {
				.from = clock->shifts[k].from,
				.offset = clock->shifts[k].offset,
				.name = otseg_strings_add(compiler, clock->shifts[k].name),
			};

			otseg_vec_add(shifts, &shift, 1);
		}
	}
}

static void write_windows(struct otseg_compiler *compiler)
{
	const struct otseg_policy *policy = compiler->policy;
	size_t i, k;

	for (i = 0; i < policy->n_conduits; i++) {
		for (k = 0; k < policy->conduits[i].n_windows; k++) {
			const struct otseg_window *window = &policy->conduits[i].windows[k];
			struct otseg_img_window record = {
				.conduit = i,
				.clock = window->clock,
				.days = window->days,
				.from = window->from,
				.until = window->until,
			};

			otseg_vec_add(&OTSEG_SECTION(compiler, WINDOWS)->vec, &record, 1);
		}
	}
}

static u32 add_ranges(struct otseg_compiler *compiler, const struct otseg_ranges *ranges)
{
	return otseg_pool_add(OTSEG_SECTION(compiler, RANGES), ranges->items, ranges->n);
}

static u32 add_texts(struct otseg_compiler *compiler, const struct otseg_rule *rule)
{
	struct otseg_vec *vec = &OTSEG_SECTION(compiler, TEXTS)->vec;
	u32 first = vec->n;
	size_t i;

	for (i = 0; i < rule->n_texts; i++) {
		const struct otseg_text *text = &rule->texts[i];
		struct otseg_img_text record = {
			.string = otseg_strings_add(compiler, text->string),
			.len = strlen(text->string),
			.text = text->text,
			.flags = text->is_prefix ? OTSEG_TEXT_PREFIX : 0,
		};

		otseg_vec_add(vec, &record, 1);
	}
	return rule->n_texts ? first : 0;
}

static void write_rules(struct otseg_compiler *compiler)
{
	static const u16 flags[] = {
		[OTSEG_SERVICE_OPAQUE] = OTSEG_RULE_OPAQUE,
		[OTSEG_SERVICE_INSPECTED] = 0,
		[OTSEG_SERVICE_PLANNED] = OTSEG_RULE_VOID,
	};
	struct otseg_pool *refs = OTSEG_SECTION(compiler, ASSET_REFS);
	size_t i, k;

	for (i = 0; i < compiler->n_rules; i++) {
		const struct otseg_rule *rule = compiler->rules[i];
		struct otseg_img_rule record = {
			.name = otseg_strings_add(compiler, rule->name),
			.conduit = compiler->conduits[i] - compiler->policy->conduits,
			.service = rule->service,
			.access = rule->access,
			.flags = flags[otseg_services[rule->service].state],
			.idle_s = rule->idle_s,
			.units = add_ranges(compiler, &rule->units),
			.functions = add_ranges(compiler, &rule->functions),
			.objects = otseg_pool_add(OTSEG_SECTION(compiler, OBJECTS), rule->objects,
						  rule->n_objects),
			.values = add_ranges(compiler, &rule->values),
			.n_units = rule->units.n,
			.n_functions = rule->functions.n,
			.n_objects = rule->n_objects,
			.n_values = rule->values.n,
			.fields = otseg_pool_add(OTSEG_SECTION(compiler, OBJECTS), rule->fields,
						 rule->n_fields),
			.n_fields = rule->n_fields,
			.texts = add_texts(compiler, rule),
			.n_texts = rule->n_texts,
			.rate = rate_of(compiler, &rule->limit),
			.from_refs = otseg_pool_add(refs, rule->from, rule->n_from),
			.to_refs = otseg_pool_add(refs, rule->to, rule->n_to),
			.n_from = rule->n_from,
			.n_to = rule->n_to,
			.selectors = add_ranges(compiler, &rule->selectors),
			.n_selectors = rule->selectors.n,
			.line = rule->at.line,
		};

		for (k = 0; k < rule->n_fields; k++)
			record.field_mask |= 1u << rule->fields[k].type;
		for (k = 0; k < rule->n_texts; k++)
			record.text_mask |= 1u << rule->texts[k].text;
		otseg_vec_add(&OTSEG_SECTION(compiler, RULES)->vec, &record, 1);
	}
}

static u32 class_of(const struct otseg_compiler *compiler, const struct otseg_prefix *prefix)
{
	const struct otseg_pool *sections = compiler->sections;
	const struct otseg_img_v6range *ranges = sections[OTSEG_SEC_V6_RANGES].vec.data;
	size_t low = 0, high = sections[OTSEG_SEC_V6_RANGES].vec.n;
	const struct otseg_img_node *nodes = sections[OTSEG_SEC_V4_NODES].vec.data;
	const u32 *entries = sections[OTSEG_SEC_V4_ENTRIES].vec.data;
	u32 address = prefix->first.hi >> 32, entry;
	unsigned int shift;

	if (prefix->family == 6) {
		while (high - low > 1) {
			size_t middle = (low + high) / 2;
			struct otseg_address first = { ranges[middle].hi, ranges[middle].lo };

			if (otseg_address_compare(first, prefix->first) <= 0)
				low = middle;
			else
				high = middle;
		}
		return ranges[low].class;
	}
	entry = ((const u32 *)sections[OTSEG_SEC_V4_ROOT].vec.data)[address >> 16];
	for (shift = 8; entry & OTSEG_TRIE_NODE; shift -= 8) {
		const struct otseg_img_node *node = &nodes[entry & ~OTSEG_TRIE_NODE];
		unsigned int child = address >> shift & 255;
		u64 below = node->bits[child / 64] & (~0ull >> (63 - child % 64));

		entry = entries[node->entries + node->before[child / 64] +
				__builtin_popcountll(below) - 1];
	}
	return entry;
}

static void write_prefix(struct otseg_compiler *compiler, const struct otseg_prefix *prefix,
			 u16 zone, u32 asset_plus1)
{
	struct otseg_img_prefix record = {
		.family = prefix->family,
		.len = prefix->len,
		.zone = zone,
		.class = class_of(compiler, prefix),
		.asset_plus1 = asset_plus1,
	};
	unsigned int i;

	for (i = 0; i < 8; i++) {
		record.addr[i] = prefix->first.hi >> (56 - 8 * i);
		record.addr[8 + i] = prefix->first.lo >> (56 - 8 * i);
	}
	otseg_vec_add(&OTSEG_SECTION(compiler, PREFIXES)->vec, &record, 1);
}

static void write_assets(struct otseg_compiler *compiler)
{
	const struct otseg_policy *policy = compiler->policy;
	size_t i, k;

	for (i = 0; i < policy->n_zones; i++)
		for (k = 0; k < policy->zones[i].n_prefixes; k++)
			write_prefix(compiler, &policy->zones[i].prefixes[k], i, 0);
	for (i = 0; i < policy->n_assets; i++) {
		const struct otseg_asset *asset = &policy->assets[i];
		struct otseg_img_asset record = {
			.name = otseg_strings_add(compiler, asset->name),
			.note = otseg_strings_add(compiler, asset->note),
			.zone = asset->zone,
			.flags = asset->is_list ? OTSEG_ASSET_GROUP : 0,
			.refs = OTSEG_SECTION(compiler, PREFIXES)->vec.n,
			.n_refs = asset->n_prefixes,
			.line = asset->at.line,
		};

		if (asset->is_list) {
			record.refs = otseg_pool_add(OTSEG_SECTION(compiler, ASSET_REFS),
						     asset->members, asset->n_members);
			record.n_refs = asset->n_members;
		}
		for (k = 0; k < asset->n_prefixes; k++)
			write_prefix(compiler, &asset->prefixes[k], asset->zone, i + 1);
		otseg_vec_add(&OTSEG_SECTION(compiler, ASSETS)->vec, &record, 1);
	}
}

static int compile_sections(struct otseg_compiler *compiler)
{
	int err;
	size_t i;

	/* Offset 0 is the empty string. */
	otseg_strings_add(compiler, "");
	otseg_strings_add(compiler, compiler->policy->name);
	index_rules(compiler);
	err = otseg_compile_classes(compiler);
	if (err)
		return err;
	write_zones(compiler);
	err = otseg_compile_links(compiler);
	if (err)
		return err;
	otseg_compile_wires(compiler);
	otseg_compile_routed(compiler);
	otseg_compile_fail_open(compiler);
	err = otseg_compile_macs(compiler);
	if (err)
		return err;
	err = otseg_compile_pairs(compiler);
	if (err)
		return err;
	write_rules(compiler);
	write_conduits(compiler);
	write_clocks(compiler);
	write_windows(compiler);
	if (compiler->n_limiters > OTSEG_MAX_LIMITERS)
		return otseg_compile_error(compiler, (struct otseg_mark_at){ 0, 0 },
					   "%u rules and conduits have a rate, at most %u are possible",
					   compiler->n_limiters, OTSEG_MAX_LIMITERS);
	write_assets(compiler);
	for (i = 0; i < OTSEG_SEC_COUNT; i++) {
		err = otseg_compile_capacity(compiler, i);
		if (err)
			return err;
	}
	otseg_compile_shadows(compiler);
	return 0;
}

static size_t align(size_t bytes)
{
	return (bytes + OTSEG_IMAGE_ALIGN - 1) / OTSEG_IMAGE_ALIGN * OTSEG_IMAGE_ALIGN;
}

static int write_image(struct otseg_compiler *compiler, struct otseg_blob *image)
{
	struct otseg_image header = {
		.magic = OTSEG_IMAGE_MAGIC,
		.version = OTSEG_IMAGE_VERSION,
		.header_size = sizeof(header),
		.name = otseg_strings_add(compiler, compiler->policy->name),
		.flags = compiler->policy->flags | image_adopts(compiler->policy) |
			 image_is_elsewhere(compiler->policy),
		.adopt_s = compiler->policy->adopt_s,
		.revision = compiler->policy->revision,
		.supersedes = compiler->policy->supersedes,
	};
	size_t off = align(sizeof(header)), i;

	for (i = 0; i < OTSEG_SEC_COUNT; i++) {
		const struct otseg_vec *vec = &compiler->sections[i].vec;

		header.sec[i].off = off;
		header.sec[i].count = vec->n;
		off = align(off + vec->n * vec->size);
	}
	if (off > OTSEG_IMAGE_MAX)
		return otseg_compile_error(compiler, (struct otseg_mark_at){ 0, 0 },
					   "the policy is too big: its image would have %zu bytes, "
					   "at most %u are possible",
					   off, OTSEG_IMAGE_MAX);
	header.size = off;
	image->len = off;
	image->data = otseg_alloc(off);
	memcpy(image->data, &header, sizeof(header));
	for (i = 0; i < OTSEG_SEC_COUNT; i++) {
		const struct otseg_vec *vec = &compiler->sections[i].vec;

		if (vec->n)
			memcpy((char *)image->data + header.sec[i].off, vec->data,
			       vec->n * vec->size);
	}
	otseg_image_plain(image->data);
	return otseg_image_digest(image->data, image->len,
				  ((struct otseg_image *)image->data)->digest);
}

/**
 * otseg_policy_compile - make the image of a policy
 * @policy: the policy
 * @image: the image, for otseg_blob_free(); empty after an error
 * @diag: where messages go
 *
 * Return: 0; -E2BIG if the policy is too big or too entangled; another negative
 * errno if the image cannot be made for a reason that is not the policy's.
 */
int otseg_policy_compile(const struct otseg_policy *policy, struct otseg_blob *image,
			 struct otseg_diag *diag)
{
	struct otseg_compiler compiler = { .policy = policy, .diag = diag };
	char why[256];
	size_t i;
	int err;

	memset(image, 0, sizeof(*image));
	for (i = 0; i < OTSEG_SEC_COUNT; i++)
		compiler.sections[i].vec.size = shapes[i].size;
	err = compile_sections(&compiler);
	if (!err)
		err = write_image(&compiler, image);
	for (i = 0; i < OTSEG_SEC_COUNT; i++)
		otseg_pool_free(&compiler.sections[i]);
	otseg_arena_free(&compiler.arena);
	if (!err) {
		err = otseg_image_check(image->data, image->len, why, sizeof(why));
		if (err)
			otseg_diag_add(diag, OTSEG_ERROR, policy->file, 0, 0,
				       "the image that was made of it does not hold: %s", why);
	}
	if (err)
		otseg_blob_free(image);
	return err;
}

/**
 * otseg_blob_free - free the bytes of a blob
 * @blob: the blob; afterwards it is empty
 */
void otseg_blob_free(struct otseg_blob *blob)
{
	free(blob->data);
	memset(blob, 0, sizeof(*blob));
}

/**
 * otseg_blob_copy - copy the bytes of a blob
 * @copy: takes the copy; otseg_blob_free() it
 * @blob: the blob
 *
 * Return: 0 or -ENOMEM.
 */
int otseg_blob_copy(struct otseg_blob *copy, const struct otseg_blob *blob)
{
	void *data = malloc(blob->len);

	if (!data)
		return -ENOMEM;
	*copy = (struct otseg_blob){ memcpy(data, blob->data, blob->len), blob->len };
	return 0;
}
