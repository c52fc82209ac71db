// SPDX-License-Identifier: GPL-2.0-only
/*
 * Prints a policy that uses every capacity of the image format at once: 256
 * zones, 4096 conduits, 32768 rules, 65536 prefixes of both families and 4095
 * endpoint classes. The same text every time.
 */
#include <stdio.h>

#define ZONES 256
#define ZONE_PREFIXES4 120
#define ZONE_PREFIXES6 61
#define ASSETS 15 /* of each zone, and one fewer of the first: class 0 is no asset's */
#define ASSET_ADDRESSES4 3
#define ASSET_ADDRESSES6 2
#define CONDUITS 16 /* from each zone */
#define RULES 8 /* of each conduit */

static unsigned int assets_of(unsigned int zone)
{
	return zone ? ASSETS : ASSETS - 1;
}

/* The first address of a zone's prefix: no two of a zone share 16 bits. */
static void print_address4(unsigned int zone, unsigned int prefix, unsigned int host)
{
	printf("%u.%u.%u.%u", prefix + 1, zone, (prefix * 7 + zone) % 256, prefix % 4 * 64 + host);
}

static void print_zone(unsigned int zone)
{
	unsigned int i, extra = zone ? 0 : ASSET_ADDRESSES4 + ASSET_ADDRESSES6;

	printf("  z%u:\n    level: %u\n    interfaces: [{name: eth%u, vlan: %u}]\n    prefixes:\n",
	       zone, zone % 6, zone % 8, zone + 1);
	for (i = 0; i < ZONE_PREFIXES4; i++) {
		printf("      - ");
		print_address4(zone, i, 0);
		printf("/26\n");
	}
	for (i = 0; i < ZONE_PREFIXES6 + extra; i++)
		printf("      - fd%02x:%x::/64\n", zone, i);
}

static void print_asset(unsigned int zone, unsigned int asset)
{
	unsigned int i;

	printf("  z%u-a%u: {zone: z%u, address: [", zone, asset, zone);
	for (i = 0; i < ASSET_ADDRESSES4; i++) {
		printf("%s", i ? ", " : "");
		print_address4(zone, (asset * ASSET_ADDRESSES4 + i) % ZONE_PREFIXES4, asset + 1);
	}
	for (i = 0; i < ASSET_ADDRESSES6; i++)
		printf(", \"fd%02x:%x::%x\"", zone, asset, i + 1);
	printf("]}\n");
}

static void print_rule(unsigned int from, unsigned int to, unsigned int conduit, unsigned int rule)
{
	printf("      r%u: {from: z%u-a%u, to: z%u-a%u, ", rule, from,
	       (conduit * RULES + rule) % assets_of(from), to,
	       (conduit + rule * 3) % assets_of(to));
	if (rule % 4 == 0)
		printf("service: modbus, units: %u, functions: [3, 16], "
		       "objects: {holding-register: [%u-%u, %u]}, rate: {packets: %u/s}}\n",
		       conduit + 1, rule * 100, rule * 100 + conduit, rule * 100 + 90,
		       100 + conduit);
	else
		printf("service: %s, port: [%u, %u-%u]}\n", rule % 2 ? "tcp" : "udp",
		       1000 + from * 8 + rule, 5000 + conduit * 100, 5000 + conduit * 100 + rule);
}

int main(void)
{
	unsigned int zone, i, rule;

	printf("otseg: 1\nname: capacity\n\nzones:\n");
	for (zone = 0; zone < ZONES; zone++)
		print_zone(zone);
	printf("\nassets:\n");
	for (zone = 0; zone < ZONES; zone++)
		for (i = 0; i < assets_of(zone); i++)
			print_asset(zone, i);
	printf("\nconduits:\n");
	for (zone = 0; zone < ZONES; zone++)
		for (i = 0; i < CONDUITS; i++) {
			unsigned int to = (zone + 1 + i) % ZONES;

			printf("  c%u-%u:\n    reason: CHG-%u\n    from: z%u\n    to: z%u\n"
			       "    rules:\n",
			       zone, to, zone * CONDUITS + i, zone, to);
			for (rule = 0; rule < RULES; rule++)
				print_rule(zone, to, i, rule);
		}
	return 0;
}
