// SPDX-License-Identifier: GPL-2.0-only
/*
 * The policy in memory, see model.h: what all that read it need of its parts.
 */
#include <arpa/inet.h>
#include <stdlib.h>

#include "model.h"

/**
 * otseg_policy_free - free a policy
 * @policy: the policy, may be NULL
 */
void otseg_policy_free(struct otseg_policy *policy)
{
	if (!policy)
		return;
	otseg_arena_free(&policy->arena);
	free(policy);
}

/**
 * otseg_prefix_compare - order prefixes by family, address and length
 * @a: one prefix
 * @b: another one
 *
 * A prefix comes before those that it covers.
 *
 * Return: less than, equal to or greater than zero.
 */
int otseg_prefix_compare(const struct otseg_prefix *a, const struct otseg_prefix *b)
{
	int order;

	if (a->family != b->family)
		return a->family < b->family ? -1 : 1;
	order = otseg_address_compare(a->first, b->first);
	if (order)
		return order;
	return a->len < b->len ? -1 : a->len > b->len;
}

/**
 * otseg_prefix_print - put a prefix into words
 * @text: where to
 * @prefix: the prefix; a single address is printed without its length
 *
 * Return: @text.
 */
const char *otseg_prefix_print(char text[OTSEG_PREFIX_TEXT], const struct otseg_prefix *prefix)
{
	unsigned char bytes[16];
	char address[INET6_ADDRSTRLEN];
	unsigned int i;

	for (i = 0; i < 8; i++) {
		bytes[i] = prefix->first.hi >> (56 - 8 * i);
		bytes[8 + i] = prefix->first.lo >> (56 - 8 * i);
	}
	inet_ntop(prefix->family == 4 ? AF_INET : AF_INET6, bytes, address, sizeof(address));
	if (prefix->len == (prefix->family == 4 ? 32 : 128))
		snprintf(text, OTSEG_PREFIX_TEXT, "%s", address);
	else
		snprintf(text, OTSEG_PREFIX_TEXT, "%s/%u", address, prefix->len);
	return text;
}
