// SPDX-License-Identifier: GPL-2.0-only
/*
 * The key `when` of conduits: hours of the week, "Mon-Fri 06:00-18:00 Europe/Berlin".
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "load.h"
#include "when.h"

#define EXAMPLE "as in 'Mon-Fri 06:00-18:00 Europe/Berlin'"

/* A text that is being read: its node, and how far it is. */
struct words {
	struct otseg_loader *loader;
	const struct otseg_node *node;
	const char *at;
};

static bool take(struct words *words, char c)
{
	if (*words->at != c)
		return false;
	words->at++;
	return true;
}

static bool day_parse(struct words *words, u32 *day)
{
	size_t len = strspn(words->at, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");

	for (*day = 0; *day < 7; ++*day)
		if (len == 3 && !strncmp(words->at, otseg_when_days[*day], len))
			break;
	if (*day == 7) {
		otseg_node_error(&words->loader->source, words->node,
				 "expected a day, Mon to Sun, at '%s', " EXAMPLE, words->at);
		return false;
	}
	words->at += len;
	return true;
}

/* "Mon-Fri,Sun": a range may go past Sunday. */
static bool days_parse(struct words *words, u16 *days)
{
	u32 first, last;

	*days = 0;
	do {
		if (!day_parse(words, &first))
			return false;
		last = first;
		if (take(words, '-') && !day_parse(words, &last))
			return false;
		for (;; first = (first + 1) % 7) {
			if (*days >> first & 1) {
				otseg_node_error(&words->loader->source, words->node,
						 "the day %s stands in it twice",
						 otseg_when_days[first]);
				return false;
			}
			*days |= 1u << first;
			if (first == last)
				break;
		}
	} while (take(words, ','));
	return true;
}

static bool two_digits(const char *text, u32 *number)
{
	if (text[0] < '0' || text[0] > '9' || text[1] < '0' || text[1] > '9')
		return false;
	*number = (u32)(text[0] - '0') * 10 + (u32)(text[1] - '0');
	return true;
}

static bool minute_parse(struct words *words, u16 *minute)
{
	u32 hours, minutes;

	if (!two_digits(words->at, &hours) || words->at[2] != ':' ||
	    !two_digits(words->at + 3, &minutes) || minutes > 59 ||
	    hours * 60 + minutes > OTSEG_DAY_MINUTES) {
		otseg_node_error(&words->loader->source, words->node,
				 "expected a time of day, 00:00 to 24:00, at '%s', " EXAMPLE,
				 words->at);
		return false;
	}
	*minute = hours * 60 + minutes;
	words->at += 5;
	return true;
}

static bool hours_parse(struct words *words, struct otseg_window *window)
{
	if (!minute_parse(words, &window->from))
		return false;
	if (!take(words, '-')) {
		otseg_node_error(&words->loader->source, words->node,
				 "expected '-' and the end of the window at '%s', " EXAMPLE,
				 words->at);
		return false;
	}
	if (!minute_parse(words, &window->until))
		return false;
	if (window->from == OTSEG_DAY_MINUTES)
		window->from = 0;
	if (!window->until)
		window->until = OTSEG_DAY_MINUTES;
	if (window->from != window->until)
		return true;
	otseg_node_error(&words->loader->source, words->node,
			 "it ends when it begins; a whole day is 00:00-24:00");
	return false;
}

static bool clock_find(struct words *words, u16 *index)
{
	struct otseg_policy *policy = words->loader->policy;
	struct otseg_source *source = &words->loader->source;
	size_t i;
	int err;

	for (i = 0; i < policy->n_clocks; i++)
		if (!strcmp(policy->clocks[i].name, words->at))
			break;
	*index = i;
	if (i < policy->n_clocks)
		return true;
	if (i == OTSEG_MAX_CLOCKS) {
		otseg_node_error(source, words->node, "more than %u time zones", OTSEG_MAX_CLOCKS);
		return false;
	}
	if (!policy->clocks)
		policy->clocks = otseg_arena_alloc(source->arena,
						   OTSEG_MAX_CLOCKS * sizeof(*policy->clocks));
	err = otseg_clock_read(source->arena, words->at, &policy->clocks[i]);
	if (err == -E2BIG)
		otseg_node_error(source, words->node, "the time zone '%s' changes too often",
				 words->at);
	else if (err)
		otseg_node_error(source, words->node,
				 "there is no time zone '%s' here: expected 'UTC', or one of "
				 "/usr/share/zoneinfo",
				 words->at);
	else
		policy->n_clocks++;
	return !err;
}

static bool window_parse(struct otseg_loader *loader, const struct otseg_node *node,
			 struct otseg_window *window)
{
	struct words words = { .loader = loader, .node = node, .at = node->text };

	if (node->kind != OTSEG_NODE_SCALAR || !node->len) {
		otseg_node_error(&loader->source, node, "expected hours of the week, %s, found %s",
				 EXAMPLE, otseg_node_found(&loader->source, node));
		return false;
	}
	if (!days_parse(&words, &window->days))
		return false;
	if (!take(&words, ' ')) {
		otseg_node_error(&loader->source, node,
				 "expected a space and the hours at '%s', " EXAMPLE, words.at);
		return false;
	}
	if (!hours_parse(&words, window))
		return false;
	if (!take(&words, ' ')) {
		otseg_node_error(&loader->source, node,
				 "expected a space and a time zone at '%s', " EXAMPLE, words.at);
		return false;
	}
	return clock_find(&words, &window->clock);
}

/* Minutes of the week that a window has and the others before it have not. */
static bool adds_something(const struct otseg_window *windows, size_t n)
{
	u64 *taken = otseg_alloc(OTSEG_WEEK_WORDS * sizeof(*taken));
	u64 *all = otseg_alloc(OTSEG_WEEK_WORDS * sizeof(*all));
	size_t i;
	bool adds;

	for (i = 0; i < n; i++) {
		if (windows[i].clock != windows[n].clock)
			continue;
		otseg_when_mark(taken, windows[i].days, windows[i].from, windows[i].until);
	}
	memcpy(all, taken, OTSEG_WEEK_WORDS * sizeof(*all));
	otseg_when_mark(all, windows[n].days, windows[n].from, windows[n].until);
	adds = memcmp(all, taken, OTSEG_WEEK_WORDS * sizeof(*all));
	free(taken);
	free(all);
	return adds;
}

/**
 * otseg_load_when - read the windows of a conduit
 * @loader: the loader
 * @node: the node of `when`
 * @conduit: takes them
 */
void otseg_load_when(struct otseg_loader *loader, const struct otseg_node *node,
		     struct otseg_conduit *conduit)
{
	struct otseg_source *source = &loader->source;
	size_t n = otseg_node_count(node), i;

	if (!n || n > OTSEG_MAX_WINDOWS) {
		otseg_node_error(source, node, "expected 1 to %u windows, found %zu",
				 OTSEG_MAX_WINDOWS, n);
		return;
	}
	conduit->windows = otseg_arena_alloc(source->arena, n * sizeof(*conduit->windows));
	for (i = 0; i < n; i++) {
		const struct otseg_node *member = otseg_node_member(node, i);

		if (!window_parse(loader, member, &conduit->windows[conduit->n_windows]))
			continue;
		if (!adds_something(conduit->windows, conduit->n_windows))
			otseg_node_warn(source, member,
					"this window is useless: those before it have its hours");
		conduit->n_windows++;
	}
}
