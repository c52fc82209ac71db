// SPDX-License-Identifier: GPL-2.0-only
/*
 * What an image leads to is what its policy says: random policies are compiled,
 * and for random packets the rules that the image's tables lead to must be those
 * that a search through the whole policy finds, in the same order. Does not look
 * inside inspected messages.
 */
#include <stdlib.h>
#include <string.h>

#include "image_walk.h"
#include "ktap.h"
#include "userspace/policy/model.h"

#define POLICIES 300
#define PACKETS 2000

static u64 random_state;

static u32 pick(u32 n)
{
	random_state = random_state * 6364136223846793005ull + 1442695040888963407ull;
	return (random_state >> 33) % n;
}

static void print_prefix4(FILE *out, u32 zone)
{
	u32 len = 16 + pick(17), host = pick(4) * 0x4000 + pick(4) * 0x101;

	host &= len == 16 ? 0 : 0xffffu << (32 - len);
	fprintf(out, "10.%u.%u.%u/%u", zone, host >> 8 & 255, host & 255, len);
}

static void print_prefix6(FILE *out, u32 zone)
{
	u32 len = pick(3) * 16 + 96, group = pick(3);

	if (len == 96)
		fprintf(out, "\"fd00:%u::/96\"", zone);
	else if (len == 112)
		fprintf(out, "\"fd00:%u::%u:0/112\"", zone, group);
	else
		fprintf(out, "\"fd00:%u::%u:%u\"", zone, group, pick(3));
}

static void print_prefix(FILE *out, u32 zone)
{
	if (pick(3))
		print_prefix4(out, zone);
	else
		print_prefix6(out, zone);
}

/* One of the zones holds what no other names, sometimes. */
static void print_zones(FILE *out, u32 n, u32 rest)
{
	u32 i;

	fprintf(out, "otseg: 1\nname: random\nzones:\n");
	for (i = 0; i < n; i++) {
		fprintf(out, "  z%u: {level: 1, prefixes: [10.%u.0.0/16, \"fd00:%u::/96\"", i, i,
			i);
		if (i == rest)
			fprintf(out, ", 0.0.0.0/0, \"::/0\"");
		fprintf(out, "]}\n");
	}
}

static void print_assets(FILE *out, u32 n_zones, u32 n, u32 rest)
{
	u32 i;

	fprintf(out, "assets:\n");
	for (i = 0; i < n; i++) {
		u32 zone = i % n_zones;

		/* Two addresses differ, or else the policy would be refused. */
		fprintf(out, "  a%u: {zone: z%u, address: [", i, zone);
		if (zone == rest && !pick(3)) {
			fprintf(out, "10.0.0.0/8");
		} else {
			print_prefix(out, zone);
			fprintf(out, ", 10.%u.99.%u", zone, i);
		}
		fprintf(out, "]}\n");
	}
	for (i = 0; i < n_zones; i++)
		fprintf(out, "  g%u: [a%u, a%u]\n", i, i, i + n_zones);
}

static void print_end(FILE *out, const char *key, u32 zone, u32 n_zones, u32 n_assets)
{
	u32 first = zone + pick(n_assets / n_zones) * n_zones;
	u32 second = zone + pick(n_assets / n_zones) * n_zones;

	switch (pick(5)) {
	case 0:
		break;
	case 1:
		fprintf(out, "%s: g%u, ", key, zone);
		break;
	case 2:
		if (first != second) {
			fprintf(out, "%s: [a%u, a%u], ", key, first, second);
			break;
		}
		fprintf(out, "%s: a%u, ", key, first);
		break;
	default:
		fprintf(out, "%s: a%u, ", key, first);
		break;
	}
}

static void print_rules(FILE *out, u32 from, u32 to, u32 n_zones, u32 n_assets)
{
	static const char *const services[] = {
		"service: tcp, port: [%u, %u-9]",
		"service: tcp",
		"service: udp, port: [%u, %u-9]",
		"service: modbus, access: read, port: [%u, %u-9]",
		"service: icmp, types: [%u, %u/0]",
		"service: arp, operations: [%u, %u-9]",
		"service: ads, port: [%u, %u-9]",
	};
	u32 n = 1 + pick(5), i;

	for (i = 0; i < n; i++) {
		fprintf(out, "      r%u: {", i);
		print_end(out, "from", from, n_zones, n_assets);
		print_end(out, "to", to, n_zones, n_assets);
		fprintf(out, services[pick(7)], 1 + pick(9), 1 + pick(9));
		fprintf(out, "}\n");
	}
}

static char *random_policy(void)
{
	u32 n_zones = 2 + pick(3), n_assets = n_zones * (2 + pick(3)), rest = pick(2 * n_zones), i;
	u32 n_conduits = 1 + pick(5);
	char *text;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	print_zones(out, n_zones, rest);
	print_assets(out, n_zones, n_assets, rest);
	fprintf(out, "conduits:\n");
	for (i = 0; i < n_conduits; i++) {
		u32 from = pick(n_zones), to = (from + 1 + pick(n_zones - 1)) % n_zones;

		fprintf(out,
			"  c%u:\n    reason: x\n    from: z%u\n    to: z%u\n    state: %s\n"
			"    rules:\n",
			i, from, to, pick(4) ? "enabled" : "disabled");
		print_rules(out, from, to, n_zones, n_assets);
	}
	fprintf(out, "intra:\n  z0:\n    reason: x\n    rules:\n");
	print_rules(out, 0, 0, n_zones, n_assets);
	fclose(out);
	return text;
}

/* The search through the policy. */
static u16 zone_of(const struct otseg_policy *policy, const struct otseg_prefix *address)
{
	int longest = -1;
	u16 zone = OTSEG_NONE16;
	size_t i, k;

	for (i = 0; i < policy->n_zones; i++)
		for (k = 0; k < policy->zones[i].n_prefixes; k++)
			if (otseg_prefix_covers(&policy->zones[i].prefixes[k], address) &&
			    policy->zones[i].prefixes[k].len > longest) {
				longest = policy->zones[i].prefixes[k].len;
				zone = i;
			}
	return zone;
}

static bool asset_holds(const struct otseg_policy *policy, u32 index,
			const struct otseg_prefix *address)
{
	const struct otseg_asset *asset = &policy->assets[index];
	size_t i;

	for (i = 0; i < asset->n_members; i++)
		if (asset_holds(policy, asset->members[i], address))
			return true;
	for (i = 0; i < asset->n_prefixes; i++)
		if (otseg_prefix_covers(&asset->prefixes[i], address))
			return true;
	return false;
}

static bool end_holds(const struct otseg_policy *policy, const u32 *assets, size_t n,
		      const struct otseg_prefix *address)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (asset_holds(policy, assets[i], address))
			return true;
	return !n;
}

static bool has_selector(const struct otseg_rule *rule, u32 selector)
{
	size_t i;

	for (i = 0; i < rule->selectors.n; i++)
		if (rule->selectors.items[i].first <= selector &&
		    rule->selectors.items[i].last >= selector)
			return true;
	return false;
}

static size_t search(const struct otseg_policy *policy, const struct otseg_prefix *src,
		     const struct otseg_prefix *dst, u32 selector, u32 *found)
{
	u16 from = zone_of(policy, src), to = zone_of(policy, dst);
	size_t i, k, n = 0, index = 0;

	for (i = 0; i < policy->n_conduits; i++) {
		const struct otseg_conduit *conduit = &policy->conduits[i];

		for (k = 0; k < conduit->n_rules; k++, index++) {
			const struct otseg_rule *rule = &conduit->rules[k];

			if (conduit->from == from && conduit->to == to &&
			    end_holds(policy, rule->from, rule->n_from, src) &&
			    end_holds(policy, rule->to, rule->n_to, dst) &&
			    has_selector(rule, selector))
				found[n++] = index;
		}
	}
	return n;
}

static struct otseg_prefix random_address(u8 family)
{
	struct otseg_prefix address = { .family = family, .len = family == 4 ? 32 : 128 };
	u32 low = pick(3) ? pick(4) << 14 | pick(4) * 0x101 : 0x6300 | pick(16);

	if (pick(2))
		low += pick(3) - 1;
	if (family == 4) {
		address.first.hi = (u64)((pick(8) ? 10u : 11u) << 24 | pick(pick(4) ? 3 : 5) << 16 |
					 (low & 0xffff))
				   << 32;
	} else {
		address.first.hi = (u64)(0xfd000000u | pick(pick(4) ? 3 : 5)) << 32 | !pick(8);
		address.first.lo = pick(4) << 16 | pick(4);
	}
	return address;
}

static u32 class_of(const void *image, const struct otseg_prefix *address)
{
	if (address->family == 4)
		return image_walk_class4(image, address->first.hi >> 32);
	return image_walk_class6(image, address->first.hi, address->first.lo);
}

static u32 random_selector(void)
{
	static const u32 carriers[] = { OTSEG_SEL_ICMP, OTSEG_SEL_TCP, OTSEG_SEL_TCP,
					OTSEG_SEL_UDP,	OTSEG_SEL_ARP, OTSEG_SEL_ICMPV6 };
	u32 carrier = carriers[pick(6)];

	return OTSEG_SEL(carrier, carrier == OTSEG_SEL_ICMP ? pick(11) << 8 | !pick(4) : pick(12));
}

static unsigned int n_hits;

static bool check_packet(const struct otseg_policy *policy, const void *image)
{
	u8 family = pick(4) ? 4 : 6;
	struct otseg_prefix src = random_address(family), dst = random_address(family);
	u32 selector = random_selector(), wanted[64];
	size_t n = search(policy, &src, &dst, selector, wanted);
	const struct otseg_img_leaf *leaf =
		image_walk_leaf(image, class_of(image, &src), class_of(image, &dst), selector);
	const struct otseg_img_class *class = OTSEG_IMAGE_RECORDS(image, CLASSES);
	char one[OTSEG_PREFIX_TEXT], other[OTSEG_PREFIX_TEXT];

	n_hits += n > 0;
	if (class[class_of(image, &src)].zone == zone_of(policy, &src) &&
	    (leaf ? leaf->n_rules : 0) == n &&
	    (!n || !memcmp(OTSEG_IMAGE_RECORDS(image, LEAF_RULES) + leaf->rules, wanted, n * 4)))
		return true;
	printf("# from %s to %s, selector 0x%x: %zu rules instead of %u\n",
	       otseg_prefix_print(one, &src), otseg_prefix_print(other, &dst), selector, n,
	       leaf ? leaf->n_rules : 0);
	return false;
}

static bool check_policy(unsigned int number)
{
	struct otseg_diag diag = {};
	struct otseg_blob image = {};
	struct otseg_policy *policy;
	bool good = true;
	char *text;
	int i;

	random_state = number;
	text = random_policy();
	policy = otseg_policy_parse("random", text, strlen(text), &diag);
	if (!policy || otseg_policy_compile(policy, &image, &diag)) {
		otseg_diag_print(stdout, &diag);
		good = false;
	}
	for (i = 0; good && i < PACKETS; i++)
		good = check_packet(policy, image.data);
	if (!good)
		printf("# policy %u:\n%s\n", number, text);
	otseg_blob_free(&image);
	otseg_policy_free(policy);
	otseg_diag_free(&diag);
	free(text);
	return good;
}

static void test_policies(void)
{
	unsigned int i;

	for (i = 0; i < POLICIES && CHECK(check_policy(i), "policy %u", i); i++)
		;
}

/* A comparison of nothing with nothing would prove nothing. */
static void test_hits(void)
{
	CHECK(n_hits > POLICIES * PACKETS / 100, "only %u packets met a rule", n_hits);
	printf("# %u of %u packets met a rule\n", n_hits, POLICIES * PACKETS);
}

int main(void)
{
	static const struct ktap_case cases[] = {
		{ "the tables lead to the rules that a search finds", test_policies },
		{ "enough packets met a rule", test_hits },
	};

	return ktap_run(cases, 2);
}
