// SPDX-License-Identifier: GPL-2.0-only
/*
 * The words of the policy language that stand for numbers, see words.h.
 */
#include <stdlib.h>
#include <string.h>

#include "model.h"
#include "words.h"
#include "../../bpf/proto/protocols.h"

#define X(id, word, head, on, tcp_port, udp_port, ethertype, kind)                                  \
	[OTSEG_SVC_##id] = { (word),	 OTSEG_SVC_##head, (on),		   (tcp_port), \
			     (udp_port), (ethertype),	   OTSEG_SERVICE_##kind },
const struct otseg_service_word otseg_services[OTSEG_SVC_COUNT] = { OTSEG_SERVICE_LIST(X) };
#undef X

#define X(id, bit, word, sentence) { .name = (word), .number = 1 << (bit) },
static const struct otseg_word access_words[] = { OTSEG_ACCESS_LIST(X) };
#undef X

static const struct otseg_word carrier_words[] = {
	{ .name = "tcp", .number = OTSEG_ON_TCP, .extra = OTSEG_SEL_TCP },
	{ .name = "udp", .number = OTSEG_ON_UDP, .extra = OTSEG_SEL_UDP },
	{ .name = "icmp", .number = OTSEG_ON_ICMP, .extra = OTSEG_SEL_ICMP },
	{ .name = "icmpv6", .number = OTSEG_ON_ICMPV6, .extra = OTSEG_SEL_ICMPV6 },
	{ .name = "arp", .number = OTSEG_ON_ARP, .extra = OTSEG_SEL_ARP },
	{ .name = "link", .number = OTSEG_ON_LINK, .extra = OTSEG_SEL_LINK },
};

const u8 otseg_carrier_choices[OTSEG_CARRIER_CHOICES] = { OTSEG_ON_TCP, OTSEG_ON_LINK,
							  OTSEG_ON_UDP };

/* RFC 826. */
static const struct otseg_word arp_words[] = {
	{ .name = "request", .number = 1 },
	{ .name = "reply", .number = 2 },
};

/* RFC 792, RFC 1256, RFC 8335; names as the registry of ICMP types has them. */
static const struct otseg_word icmp_words[] = {
	{ .name = "echo-reply", .number = 0 },
	{ .name = "destination-unreachable", .number = 3 },
	{ .name = "source-quench", .number = 4 },
	{ .name = "redirect", .number = 5 },
	{ .name = "echo", .number = 8 },
	{ .name = "router-advertisement", .number = 9 },
	{ .name = "router-solicitation", .number = 10 },
	{ .name = "time-exceeded", .number = 11 },
	{ .name = "parameter-problem", .number = 12 },
	{ .name = "timestamp", .number = 13 },
	{ .name = "timestamp-reply", .number = 14 },
	{ .name = "extended-echo", .number = 42 },
	{ .name = "extended-echo-reply", .number = 43 },
};

/* RFC 4443, RFC 4861, RFC 2710, RFC 3810, RFC 8335. */
static const struct otseg_word icmpv6_words[] = {
	{ .name = "destination-unreachable", .number = 1 },
	{ .name = "packet-too-big", .number = 2 },
	{ .name = "time-exceeded", .number = 3 },
	{ .name = "parameter-problem", .number = 4 },
	{ .name = "echo", .number = 128 },
	{ .name = "echo-reply", .number = 129 },
	{ .name = "multicast-listener-query", .number = 130 },
	{ .name = "multicast-listener-report", .number = 131 },
	{ .name = "multicast-listener-done", .number = 132 },
	{ .name = "router-solicitation", .number = 133 },
	{ .name = "router-advertisement", .number = 134 },
	{ .name = "neighbour-solicitation", .number = 135 },
	{ .name = "neighbour-advertisement", .number = 136 },
	{ .name = "redirect", .number = 137 },
	{ .name = "multicast-listener-report-v2", .number = 143 },
	{ .name = "extended-echo", .number = 160 },
	{ .name = "extended-echo-reply", .number = 161 },
};

#define LIST(array)                                         \
	{                                                   \
		(array), sizeof(array) / sizeof((array)[0]) \
	}

const struct otseg_word_list otseg_words_access = LIST(access_words);
const struct otseg_word_list otseg_words_arp = LIST(arp_words);
const struct otseg_word_list otseg_words_carriers = LIST(carrier_words);

/**
 * otseg_words_icmp - the ICMP types that have names
 * @service: OTSEG_SVC_ICMP or OTSEG_SVC_ICMPV6
 *
 * Return: the words.
 */
struct otseg_word_list otseg_words_icmp(unsigned int service)
{
	static const struct otseg_word_list four = LIST(icmp_words), six = LIST(icmpv6_words);

	return service == OTSEG_SVC_ICMPV6 ? six : four;
}

#define FUNCTION(id, code, word, classes, object, bits) \
	{ .name = (word), .number = (code), .extra = (object), .access = (classes), .flags = (bits) },
#define SUBFUNCTION(id, function, code, word, classes) \
	{ .name = (word), .number = (code), .extra = (function), .access = (classes) },
#define NUMBERS(id, code, word, highest, bits, text) \
	{ .name = (word), .number = (code), .extra = (highest), .flags = (bits), .sentence = (text) },
#define FIELD(id, code, word, highest, text) \
	{ .name = (word), .number = (code), .extra = (highest), .sentence = (text) },
#define FIELD_WORD(field, code, word) { .name = (word), .number = (code), .extra = (field) },
#define TEXT(id, code, word, text) { .name = (word), .number = (code), .sentence = (text) },
#define EXCEPTION(id, code, word) { .name = (word), .number = (code) },

/* The lists of one protocol, and what stands in for those of a service without an inspector. */
#define WORDS_INSPECTED(id)                                                             \
	static const struct otseg_word functions_##id[] = { OTSEG_##id##_FUNCTIONS(FUNCTION) }; \
	static const struct otseg_word subs_##id[] = { OTSEG_##id##_SUBFUNCTIONS(SUBFUNCTION) }; \
	static const struct otseg_word objects_##id[] = { OTSEG_##id##_OBJECTS(NUMBERS) };      \
	static const struct otseg_word fields_##id[] = { OTSEG_##id##_FIELDS(FIELD) };          \
	static const struct otseg_word field_words_##id[] = {                                   \
		OTSEG_##id##_FIELD_WORDS(FIELD_WORD)                                            \
	};                                                                                      \
	static const struct otseg_word texts_##id[] = { OTSEG_##id##_TEXTS(TEXT) };             \
	static const struct otseg_word exceptions_##id[] = { OTSEG_##id##_EXCEPTIONS(EXCEPTION) };
#define WORDS_OPAQUE(id)
#define WORDS_PLANNED(id)
#define X(id, name, family, on, tcp, udp, ether, state) WORDS_##state(id)
OTSEG_SERVICE_LIST(X)
#undef X

#define PROTOCOL_INSPECTED(id)                       \
	[OTSEG_SVC_##id] = {                         \
		OTSEG_##id##_SHAPE,                  \
		.functions = LIST(functions_##id),   \
		.subs = LIST(subs_##id),             \
		.objects = LIST(objects_##id),       \
		.fields = LIST(fields_##id),         \
		.field_words = LIST(field_words_##id), \
		.texts = LIST(texts_##id),           \
		.exceptions = LIST(exceptions_##id), \
	},
#define PROTOCOL_OPAQUE(id)
#define PROTOCOL_PLANNED(id)
#define X(id, name, family, on, tcp, udp, ether, state) PROTOCOL_##state(id)
static const struct otseg_protocol protocols[OTSEG_SVC_COUNT] = { OTSEG_SERVICE_LIST(X) };
#undef X

/**
 * otseg_words_protocol - what a rule can name of a service
 * @service: enum otseg_service
 *
 * Return: its words; those of a service that is not inspected are empty lists.
 */
const struct otseg_protocol *otseg_words_protocol(unsigned int service)
{
	return &protocols[service < OTSEG_SVC_COUNT ? service : OTSEG_SVC_NONE];
}

/**
 * otseg_words_known - the well-known port or ethertype of a service
 * @service: enum otseg_service
 * @carrier: OTSEG_SEL_*, the carrier that it rides on
 *
 * Return: it, in host order, or 0: there is none.
 */
u16 otseg_words_known(unsigned int service, u32 carrier)
{
	const struct otseg_service_word *word = &otseg_services[service];

	if (carrier == OTSEG_SEL_TCP)
		return word->tcp;
	return carrier == OTSEG_SEL_UDP ? word->udp : word->ether;
}

/**
 * otseg_words_of - find a word by its number among those that belong to another number
 * @list: the words
 * @extra: function of a sub-function, field of a word for its number
 * @number: the number
 *
 * Return: the word or NULL.
 */
const struct otseg_word *otseg_words_of(struct otseg_word_list list, u32 extra, u32 number)
{
	size_t i;

	for (i = 0; i < list.n; i++)
		if (list.words[i].extra == extra && list.words[i].number == number)
			return &list.words[i];
	return NULL;
}

/**
 * otseg_words_find - find a word by its spelling
 * @list: the words
 * @name: the spelling
 *
 * Return: the word or NULL.
 */
const struct otseg_word *otseg_words_find(struct otseg_word_list list, const char *name)
{
	size_t i;

	for (i = 0; i < list.n; i++)
		if (!strcmp(list.words[i].name, name))
			return &list.words[i];
	return NULL;
}

/**
 * otseg_words_number - find a word by its number
 * @list: the words
 * @number: the number
 *
 * Return: the word or NULL.
 */
const struct otseg_word *otseg_words_number(struct otseg_word_list list, u32 number)
{
	size_t i;

	for (i = 0; i < list.n; i++)
		if (list.words[i].number == number)
			return &list.words[i];
	return NULL;
}

/**
 * otseg_words_service - find a service by its name
 * @name: the name
 *
 * Return: enum otseg_service, or -1.
 */
int otseg_words_service(const char *name)
{
	int i;

	for (i = OTSEG_SVC_NONE + 1; i < OTSEG_SVC_COUNT; i++)
		if (!strcmp(otseg_services[i].name, name))
			return i;
	return -1;
}

/*
 * Letters to insert, drop, replace or swap to make one word of the other; gives
 * up past 63 letters.
 */
static unsigned int distance(const char *a, const char *b)
{
	size_t n = strlen(a), m = strlen(b), i, j;
	u8 rows[3][OTSEG_NAME_MAX + 1];
	u8 *before = rows[0], *last = rows[1], *row = rows[2];

	if (n > OTSEG_NAME_MAX || m > OTSEG_NAME_MAX)
		return OTSEG_NAME_MAX;
	for (j = 0; j <= m; j++)
		last[j] = j;
	for (i = 1; i <= n; i++) {
		u8 *swap;

		row[0] = i;
		for (j = 1; j <= m; j++) {
			unsigned int cost = last[j - 1] + (a[i - 1] != b[j - 1]);

			if (cost > last[j] + 1u)
				cost = last[j] + 1u;
			if (cost > row[j - 1] + 1u)
				cost = row[j - 1] + 1u;
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] &&
			    cost > before[j - 2] + 1u)
				cost = before[j - 2] + 1u;
			row[j] = cost;
		}
		swap = before;
		before = last;
		last = row;
		row = swap;
	}
	return last[m];
}

/* Every part of the one word between hyphens stands in the other. */
static bool has_parts(const char *name, const char *word)
{
	char part[OTSEG_NAME_MAX + 1];

	while (*word) {
		size_t len = strcspn(word, "-");

		if (len < 3 || len >= sizeof(part))
			return false;
		memcpy(part, word, len);
		part[len] = 0;
		if (!strstr(name, part))
			return false;
		word += len;
		if (*word)
			word++;
	}
	return true;
}

/**
 * otseg_words_suggest - say what a misspelt word may have meant
 * @source: the text it stands in
 * @word: the word
 * @names: what may stand there
 * @n: their number
 *
 * Return: "; did you mean 'a', 'b' or 'c'?", or "" if nothing is near.
 */
const char *otseg_words_suggest(struct otseg_source *source, const char *word,
				const char *const *names, size_t n)
{
	const char *best[3] = {};
	unsigned int costs[3];
	unsigned int limit = strlen(word) / 3 + 1;
	char text[3 * OTSEG_NAME_MAX + 64];
	size_t i, k, n_best = 0, len;

	/* Nobody reads them, and a hostile file could ask for very many. */
	if (source->diag->n_errors >= OTSEG_DIAG_MAX)
		return "";
	if (limit > 3)
		limit = 3;
	if (limit >= strlen(word))
		limit = strlen(word) ? strlen(word) - 1 : 0;
	for (i = 0; i < n; i++) {
		unsigned int cost = distance(word, names[i]);

		if (cost > limit) {
			if (!*word || !has_parts(names[i], word))
				continue;
			cost = limit + 1;
		}
		for (k = n_best; k > 0 && costs[k - 1] > cost; k--)
			if (k < 3) {
				best[k] = best[k - 1];
				costs[k] = costs[k - 1];
			}
		if (k < 3) {
			best[k] = names[i];
			costs[k] = cost;
			if (n_best < 3)
				n_best++;
		}
	}
	if (!n_best)
		return "";
	/* Those that are as near as the nearest. */
	while (costs[n_best - 1] > costs[0])
		n_best--;
	len = snprintf(text, sizeof(text), "; did you mean ");
	for (k = 0; k < n_best; k++)
		len += snprintf(text + len, sizeof(text) - len, "%s'%.*s'",
				!k		? "" :
				k + 1 == n_best ? " or " :
						  ", ",
				OTSEG_NAME_MAX, best[k]);
	snprintf(text + len, sizeof(text) - len, "?");
	return otseg_arena_text(source->arena, text, strlen(text));
}

/**
 * otseg_words_suggest_word - the same for a list of words
 * @source: the text it stands in
 * @word: the misspelt word
 * @list: what may stand there
 *
 * Return: as otseg_words_suggest().
 */
const char *otseg_words_suggest_word(struct otseg_source *source, const char *word,
				     struct otseg_word_list list)
{
	const char **names = otseg_alloc((list.n + 1) * sizeof(*names));
	const char *suggestion;
	size_t i;

	for (i = 0; i < list.n; i++)
		names[i] = list.words[i].name;
	suggestion = otseg_words_suggest(source, word, names, i);
	free(names);
	return suggestion;
}
