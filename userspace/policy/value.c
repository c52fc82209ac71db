// SPDX-License-Identifier: GPL-2.0-only
/*
 * Single values of the policy language, see value.h.
 */
#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "value.h"
#include "words.h"

#define TEXT_MAX 1024 /* bytes of a reason or note */

static bool parse_up_to(const char *text, size_t len, u64 most, u64 *number)
{
	unsigned int base = 10;
	u64 value = 0;
	size_t i = 0;

	if (len > 2 && text[0] == '0' && (text[1] == 'x' || text[1] == 'X')) {
		base = 16;
		i = 2;
	}
	if (i == len)
		return false;
	for (; i < len; i++) {
		unsigned int digit;

		if (text[i] >= '0' && text[i] <= '9')
			digit = text[i] - '0';
		else if (base == 16 && text[i] >= 'a' && text[i] <= 'f')
			digit = text[i] - 'a' + 10;
		else if (base == 16 && text[i] >= 'A' && text[i] <= 'F')
			digit = text[i] - 'A' + 10;
		else
			return false;
		if (value > (most - digit) / base)
			return false;
		value = value * base + digit;
	}
	*number = value;
	return true;
}

/**
 * otseg_number_parse - read a number, decimal or after 0x in hexadecimal
 * @text: the text, nothing else around the number
 * @len: its bytes
 * @number: the number
 *
 * Return: whether it is one and fits.
 */
bool otseg_number_parse(const char *text, size_t len, u32 *number)
{
	u64 value;

	if (!parse_up_to(text, len, 0xffffffffu, &value))
		return false;
	*number = value;
	return true;
}

/**
 * otseg_range_parse - read `number` or `first-last`
 * @text: the text
 * @range: the range
 *
 * Return: whether it is one; @first may lie after @last.
 */
bool otseg_range_parse(const char *text, struct otseg_img_range *range)
{
	const char *dash = strchr(text, '-');

	if (!dash) {
		if (!otseg_number_parse(text, strlen(text), &range->first))
			return false;
		range->last = range->first;
		return true;
	}
	return otseg_number_parse(text, dash - text, &range->first) &&
	       otseg_number_parse(dash + 1, strlen(dash + 1), &range->last);
}

static bool expected(struct otseg_source *source, const struct otseg_node *node, const char *what)
{
	otseg_node_error(source, node, "expected %s, found %s", what,
			 otseg_node_found(source, node));
	return false;
}

/**
 * otseg_value_text - read a text that says something
 * @source: the text it stands in
 * @node: its node
 * @what: what to call it
 * @text: the text, without blanks at its end
 *
 * Return: whether there is one.
 */
bool otseg_value_text(struct otseg_source *source, const struct otseg_node *node, const char *what,
		      const char **text)
{
	size_t len = node->len;

	if (node->kind != OTSEG_NODE_SCALAR)
		return expected(source, node, what);
	while (len && strchr(" \t\n", node->text[len - 1]))
		len--;
	if (!len)
		return expected(source, node, what);
	if (len > TEXT_MAX) {
		otseg_node_error(source, node, "%s is longer than %u bytes", what, TEXT_MAX);
		return false;
	}
	*text = otseg_arena_text(source->arena, node->text, len);
	return true;
}

/**
 * otseg_value_name - read the name that the policy gives to something
 * @source: the text it stands in
 * @node: its node
 * @what: what bears it
 * @name: the name
 *
 * Return: whether there is one.
 */
bool otseg_value_name(struct otseg_source *source, const struct otseg_node *node, const char *what,
		      const char **name)
{
	static const char letters[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
		"._-";

	if (node->kind == OTSEG_NODE_SCALAR && node->len && node->len <= OTSEG_NAME_MAX &&
	    strspn(node->text, letters) == node->len && !strchr("._-", node->text[0])) {
		*name = node->text;
		return true;
	}
	otseg_node_error(source, node,
			 "expected the name of %s: 1 to %u letters, digits, '.', '_' or '-', the "
			 "first a letter or digit; found %s",
			 what, OTSEG_NAME_MAX, otseg_node_found(source, node));
	return false;
}

/**
 * otseg_value_number - read a number
 * @source: the text it stands in
 * @node: its node
 * @what: what to call it
 * @least: lowest that is allowed
 * @most: highest
 * @number: the number
 *
 * Return: whether there is one.
 */
bool otseg_value_number(struct otseg_source *source, const struct otseg_node *node,
			const char *what, u32 least, u32 most, u32 *number)
{
	if (node->kind == OTSEG_NODE_SCALAR && node->is_plain &&
	    otseg_number_parse(node->text, node->len, number) && *number >= least &&
	    *number <= most)
		return true;
	otseg_node_error(source, node, "expected %s, a number from %u to %u, found %s", what, least,
			 most, otseg_node_found(source, node));
	return false;
}

/**
 * otseg_value_revision - read a revision
 * @source: the text it stands in
 * @node: its node
 * @what: what to call it
 * @least: lowest that is allowed
 * @revision: the revision
 *
 * Return: whether there is one.
 */
bool otseg_value_revision(struct otseg_source *source, const struct otseg_node *node,
			  const char *what, u64 least, u64 *revision)
{
	if (node->kind == OTSEG_NODE_SCALAR && node->is_plain &&
	    parse_up_to(node->text, node->len, OTSEG_REVISION_MAX, revision) && *revision >= least)
		return true;
	otseg_node_error(source, node, "expected %s, a number from %llu to %llu, found %s", what,
			 (unsigned long long)least, (unsigned long long)OTSEG_REVISION_MAX,
			 otseg_node_found(source, node));
	return false;
}

/**
 * otseg_value_flag - read `true` or `false`
 * @source: the text
 * @node: the value
 * @what: what it says
 * @flag: takes it
 *
 * Return: whether it is one; else the error was noted.
 */
bool otseg_value_flag(struct otseg_source *source, const struct otseg_node *node, const char *what,
		      bool *flag)
{
	bool is_word = node->kind == OTSEG_NODE_SCALAR && node->is_plain;

	*flag = is_word && !strcmp(node->text, "true");
	if (*flag || (is_word && !strcmp(node->text, "false")))
		return true;
	otseg_node_error(source, node, "expected %s, true or false without quotes, found %s", what,
			 otseg_node_found(source, node));
	return false;
}

/**
 * otseg_value_choice - read one of a few words
 * @source: the text it stands in
 * @node: its node
 * @what: what to call it
 * @choices: the words
 * @n: their number
 * @choice: index of the word
 *
 * Return: whether there is one.
 */
bool otseg_value_choice(struct otseg_source *source, const struct otseg_node *node,
			const char *what, const char *const *choices, size_t n, size_t *choice)
{
	char list[256] = "";
	size_t i, len = 0;

	for (i = 0; node->kind == OTSEG_NODE_SCALAR && i < n; i++)
		if (!strcmp(node->text, choices[i])) {
			*choice = i;
			return true;
		}
	for (i = 0; i < n && len < sizeof(list); i++)
		len += snprintf(list + len, sizeof(list) - len, "%s'%s'",
				!i	   ? "" :
				i + 1 == n ? " or " :
					     ", ",
				choices[i]);
	otseg_node_error(source, node, "expected %s, %s, found %s", what, list,
			 otseg_node_found(source, node));
	return false;
}

static int compare_ranges(const void *left, const void *right)
{
	const struct otseg_img_range *a = left, *b = right;

	if (a->first != b->first)
		return a->first < b->first ? -1 : 1;
	return a->last < b->last ? -1 : a->last > b->last;
}

/**
 * otseg_ranges_set - make a sorted list of ranges that do not touch
 * @source: the text they stand in
 * @node: where they stand
 * @what: what to call them
 * @items: the ranges in any order; freed
 * @ranges: the list
 *
 * Return: whether it is short enough.
 */
bool otseg_ranges_set(struct otseg_source *source, const struct otseg_node *node, const char *what,
		      struct otseg_vec *items, struct otseg_ranges *ranges)
{
	struct otseg_img_range *all = items->data;
	size_t i, n = 0;

	if (items->n)
		qsort(all, items->n, sizeof(*all), compare_ranges);
	for (i = 0; i < items->n; i++) {
		if (n && (all[n - 1].last == OTSEG_NONE32 || all[i].first <= all[n - 1].last + 1)) {
			if (all[i].last > all[n - 1].last)
				all[n - 1].last = all[i].last;
		} else {
			all[n++] = all[i];
		}
	}
	ranges->n = n;
	ranges->items = otseg_arena_alloc(source->arena, n * sizeof(*all));
	if (n)
		memcpy(ranges->items, all, n * sizeof(*all));
	otseg_vec_free(items);
	if (n <= OTSEG_MAX_LIST)
		return true;
	otseg_node_error(source, node, "%s: %zu separate ranges, at most %u are possible", what, n,
			 OTSEG_MAX_LIST);
	return false;
}

/**
 * otseg_ranges_cover - ask whether one list of ranges holds all of another
 * @outer: the list that may hold the other, sorted, not touching
 * @n_outer: its ranges
 * @inner: the other list
 * @n_inner: its ranges
 *
 * Return: whether it does.
 */
bool otseg_ranges_cover(const struct otseg_img_range *outer, size_t n_outer,
			const struct otseg_img_range *inner, size_t n_inner)
{
	size_t i, o = 0;

	for (i = 0; i < n_inner; i++) {
		while (o < n_outer && outer[o].last < inner[i].first)
			o++;
		if (o == n_outer || outer[o].first > inner[i].first ||
		    outer[o].last < inner[i].last)
			return false;
	}
	return true;
}

/**
 * otseg_value_ranges - read a number, a range `first-last` or a list of these
 * @source: the text it stands in
 * @node: its node
 * @what: what to call it
 * @least: lowest number that is allowed
 * @most: highest
 * @ranges: the ranges, sorted and joined
 *
 * Return: whether all of them are good.
 */
bool otseg_value_ranges(struct otseg_source *source, const struct otseg_node *node,
			const char *what, u32 least, u32 most, struct otseg_ranges *ranges)
{
	struct otseg_vec items = OTSEG_VEC(struct otseg_img_range);
	size_t i, n = otseg_node_count(node);
	bool good = n > 0;

	if (!n)
		expected(source, node, what);
	for (i = 0; i < n; i++) {
		const struct otseg_node *member = otseg_node_member(node, i);
		struct otseg_img_range range;

		if (member->kind == OTSEG_NODE_SCALAR && otseg_range_parse(member->text, &range) &&
		    range.first <= range.last && range.first >= least && range.last <= most) {
			otseg_vec_add(&items, &range, 1);
			continue;
		}
		otseg_node_error(source, member,
				 "expected %s, a number or a range such as 1-5 from %u to %u, "
				 "found %s",
				 what, least, most, otseg_node_found(source, member));
		good = false;
	}
	return otseg_ranges_set(source, node, what, &items, ranges) && good;
}

/**
 * otseg_value_level - read a Purdue level
 * @source: the text it stands in
 * @node: its node
 * @tenths: the level times ten
 *
 * Return: whether there is one.
 */
bool otseg_value_level(struct otseg_source *source, const struct otseg_node *node, u16 *tenths)
{
	const char *text = node->text;

	if (node->kind == OTSEG_NODE_SCALAR && node->is_plain && text[0] >= '0' && text[0] <= '5') {
		*tenths = (text[0] - '0') * 10;
		if (node->len == 1)
			return true;
		if (node->len == 3 && text[1] == '.' && text[2] >= '0' && text[2] <= '9') {
			*tenths += text[2] - '0';
			if (*tenths <= 50)
				return true;
		}
	}
	return expected(source, node, "a Purdue level, from 0 to 5 with at most one decimal");
}

static u64 be64(const unsigned char *bytes)
{
	u64 value = 0;
	unsigned int i;

	for (i = 0; i < 8; i++)
		value = value << 8 | bytes[i];
	return value;
}

/**
 * otseg_value_prefix - read an address or an address prefix
 * @source: the text it stands in
 * @node: its node
 * @prefix: the prefix; an address is one of full length
 *
 * Return: whether there is one.
 */
bool otseg_value_prefix(struct otseg_source *source, const struct otseg_node *node,
			struct otseg_prefix *prefix)
{
	static const char what[] = "an address or prefix such as 192.168.10.0/24 or fd00:10::/64";
	unsigned char bytes[16] = { 0 };
	char address[INET6_ADDRSTRLEN];
	struct otseg_prefix network;
	char words[OTSEG_PREFIX_TEXT];
	struct otseg_address mask;
	const char *slash;
	size_t len;
	u32 bits;

	if (node->kind != OTSEG_NODE_SCALAR)
		return expected(source, node, what);
	slash = strchr(node->text, '/');
	len = slash ? (size_t)(slash - node->text) : node->len;
	if (len >= sizeof(address))
		return expected(source, node, what);
	memcpy(address, node->text, len);
	address[len] = 0;
	if (inet_pton(AF_INET, address, bytes) == 1)
		prefix->family = 4;
	else if (inet_pton(AF_INET6, address, bytes) == 1)
		prefix->family = 6;
	else
		return expected(source, node, what);

	bits = prefix->family == 4 ? 32 : 128;
	if (slash && (!otseg_number_parse(slash + 1, strlen(slash + 1), &bits) ||
		      bits > (prefix->family == 4 ? 32 : 128)))
		return expected(source, node,
				prefix->family == 4 ? "a prefix length from 0 to 32" :
						      "a prefix length from 0 to 128");
	prefix->len = bits;
	prefix->first = (struct otseg_address){ be64(bytes), be64(bytes + 8) };
	prefix->at = (struct otseg_mark_at){ node->line, node->column };

	mask = otseg_prefix_mask(bits);
	network = *prefix;
	network.first.hi &= mask.hi;
	network.first.lo &= mask.lo;
	if (!otseg_address_compare(network.first, prefix->first))
		return true;
	otseg_node_error(source, node, "%s has bits set behind its prefix length; expected %s",
			 otseg_node_found(source, node), otseg_prefix_print(words, &network));
	return false;
}

/**
 * otseg_value_mac - read a MAC address
 * @source: the text it stands in
 * @node: its node
 * @mac: the address
 *
 * Return: whether there is one that a frame can come from.
 */
bool otseg_value_mac(struct otseg_source *source, const struct otseg_node *node, u8 mac[6])
{
	static const char what[] = "a MAC address of one station, such as 00:1b:1b:0a:0b:0c";
	static const u8 none[6];
	size_t i;

	if (node->kind != OTSEG_NODE_SCALAR || node->len != 17)
		return expected(source, node, what);
	for (i = 0; i < 6; i++) {
		const char *text = node->text + 3 * i;
		char digits[5] = { '0', 'x', text[0], text[1], 0 };
		u32 byte;

		if (!otseg_number_parse(digits, 4, &byte) || (i < 5 && text[2] != ':'))
			return expected(source, node, what);
		mac[i] = byte;
	}
	if ((mac[0] & 1) || !memcmp(mac, none, 6))
		return expected(source, node, what);
	return true;
}

/**
 * otseg_value_seconds - read a time
 * @source: the text it stands in
 * @node: its node
 * @what: what to call it
 * @most: longest that is allowed, in seconds
 * @seconds: the time
 *
 * Return: whether there is one.
 */
bool otseg_value_seconds(struct otseg_source *source, const struct otseg_node *node,
			 const char *what, u32 most, u32 *seconds)
{
	u64 unit = 1;
	size_t len;
	u32 number;

	if (node->kind == OTSEG_NODE_SCALAR && node->len) {
		len = node->len;
		switch (node->text[len - 1]) {
		case 'd':
			unit = 24 * 3600;
			len--;
			break;
		case 'h':
			unit = 3600;
			len--;
			break;
		case 'm':
			unit = 60;
			len--;
			break;
		case 's':
			len--;
			break;
		}
		if (otseg_number_parse(node->text, len, &number) && number &&
		    number * unit <= most) {
			*seconds = number * unit;
			return true;
		}
	}
	otseg_node_error(source, node,
			 "expected %s, a time such as 90s, 10m or 1d of at most %u days, found %s",
			 what, most / (24 * 3600), otseg_node_found(source, node));
	return false;
}

static bool parse_bytes(const char *text, size_t len, u32 *number)
{
	static const struct {
		const char *suffix;
		u64 factor;
	} units[] = {
		{ "KiB", 1ull << 10 },
		{ "MiB", 1ull << 20 },
		{ "GiB", 1ull << 30 },
		{ "kB", 1000 },
		{ "MB", 1000000 },
		{ "GB", 1000000000 },
		{ "B", 1 },
	};
	u64 factor = 1;
	size_t i;

	for (i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		size_t n = strlen(units[i].suffix);

		if (len > n && !memcmp(text + len - n, units[i].suffix, n)) {
			factor = units[i].factor;
			len -= n;
			break;
		}
	}
	if (!otseg_number_parse(text, len, number) || *number * factor > 0xffffffffull)
		return false;
	*number *= factor;
	return true;
}

/**
 * otseg_value_rate - read a rate: so many a second, minute or hour
 * @source: the text it stands in
 * @node: its node
 * @is_bytes: whether it is of bytes rather than of packets
 * @rate: the rate; its burst is as many as come in one period
 *
 * Return: whether there is one.
 */
bool otseg_value_rate(struct otseg_source *source, const struct otseg_node *node, bool is_bytes,
		      struct otseg_rate *rate)
{
	const char *what = is_bytes ? "a rate of bytes such as 1MB/s, 500kB/m or 10MiB/h" :
				      "a rate of packets such as 200/s, 30/m or 5/h";
	const char *slash;
	bool good;

	if (node->kind != OTSEG_NODE_SCALAR)
		return expected(source, node, what);
	slash = strchr(node->text, '/');
	if (!slash || slash == node->text)
		return expected(source, node, what);
	if (!strcmp(slash, "/s"))
		rate->period_s = 1;
	else if (!strcmp(slash, "/m"))
		rate->period_s = 60;
	else if (!strcmp(slash, "/h"))
		rate->period_s = 3600;
	else
		return expected(source, node, what);
	if (is_bytes)
		good = parse_bytes(node->text, slash - node->text, &rate->count);
	else
		good = otseg_number_parse(node->text, slash - node->text, &rate->count);
	if (!good || !rate->count)
		return expected(source, node, what);
	rate->burst = rate->count;
	if (is_bytes && rate->burst < OTSEG_BURST_BYTES_MIN)
		rate->burst = OTSEG_BURST_BYTES_MIN;
	return true;
}
