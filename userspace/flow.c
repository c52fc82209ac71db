// SPDX-License-Identifier: GPL-2.0-only
/*
 * otseg flow: the conversations that live in the datapath's flow table. The
 * table goes on changing while it is read: a flow may be missing or half new.
 */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#include "../bpf/engine/env.h"
#include "active.h"
#include "net/root.h"
#include "net/segment.h"
#include "object.h"
#include "print.h"
#include "service.h"

/* The table, mapped: it goes on changing while it is read. */
struct table {
	const struct otseg_flow_line *lines;
	u32 n_segments;
};

static int table_map(const struct otseg_bpf *bpf, struct table *table)
{
	struct otseg_root *root;
	void *lines = NULL;
	int err;

	err = otseg_root_map(bpf, PROT_READ, &root);
	if (err)
		return err;
	table->n_segments = (otseg_table_mask(otseg_read(root->table)) + 1) / OTSEG_SEGMENT_BUCKETS;
	otseg_root_unmap(root);
	err = otseg_segments_map(&otseg_flow_segments, bpf->table, table->n_segments, PROT_READ,
				 &lines);
	table->lines = lines;
	return err;
}

static void table_unmap(struct table *table)
{
	otseg_segments_unmap(&otseg_flow_segments, (void *)table->lines, table->n_segments);
}

static const char *protocol_name(u8 protocol)
{
	switch (protocol) {
	case OTSEG_SEL_TCP:
		return "tcp";
	case OTSEG_SEL_UDP:
		return "udp";
	case OTSEG_SEL_ICMP:
		return "icmp";
	case OTSEG_SEL_ICMPV6:
		return "icmpv6";
	default:
		return "other";
	}
}

static void name_add(const void *image, u32 string, json_t *row, const char *key)
{
	json_object_set_new(row, key, json_string(otseg_image_string(image, string)));
}

/* Names of what allowed it; only the active policy knows names. */
static void names_add(const void *image, const struct otseg_flow *flow, json_t *row)
{
	const struct otseg_img_conduit *conduits = OTSEG_IMAGE_RECORDS(image, CONDUITS);
	const struct otseg_img_rule *rules = OTSEG_IMAGE_RECORDS(image, RULES);
	const struct otseg_img_zone *zones = OTSEG_IMAGE_RECORDS(image, ZONES);
	u32 n_zones = OTSEG_IMAGE_COUNT(image, ZONES);

	if (flow->conduit >= OTSEG_IMAGE_COUNT(image, CONDUITS) || flow->zone[0] >= n_zones ||
	    flow->zone[1] >= n_zones)
		return;
	name_add(image, zones[flow->zone[0]].name, row, "src_zone");
	name_add(image, zones[flow->zone[1]].name, row, "dst_zone");
	name_add(image, conduits[flow->conduit].name, row, "conduit");
	if (flow->rule < OTSEG_IMAGE_COUNT(image, RULES))
		name_add(image, rules[flow->rule].name, row, "rule");
}

static json_t *flow_json(const struct otseg_active *active, const struct otseg_flow *flow,
			 u32 left_s)
{
	const struct otseg_flow_key *key = &flow->key;
	bool from_b = flow->flags & OTSEG_FLOW_FROM_B;
	char src[64], dst[64];
	json_t *row;

	otseg_print_address(src, sizeof(src), key->family, from_b ? &key->b : &key->a);
	otseg_print_address(dst, sizeof(dst), key->family, from_b ? &key->a : &key->b);
	row = json_pack("{s:s, s:s, s:s}", "protocol", protocol_name(key->proto), "src", src, "dst",
			dst);
	if (key->proto == OTSEG_SEL_TCP || key->proto == OTSEG_SEL_UDP) {
		json_object_set_new(row, "src_port",
				    json_integer(from_b ? key->b_port : key->a_port));
		json_object_set_new(row, "dst_port",
				    json_integer(from_b ? key->a_port : key->b_port));
	}
	json_object_set_new(row, "service", json_string(otseg_service_name(flow->service)));
	json_object_set_new(row, "inspected", json_boolean(flow->flags & OTSEG_FLOW_INSPECTED));
	json_object_set_new(row, "generation", json_integer(flow->generation));
	json_object_set_new(row, "expires_s", json_integer(left_s));
	json_object_set_new(row, "packets", json_integer(flow->dir[0].packets));
	json_object_set_new(row, "bytes", json_integer((json_int_t)flow->dir[0].bytes));
	json_object_set_new(row, "reply_packets", json_integer(flow->dir[1].packets));
	json_object_set_new(row, "reply_bytes", json_integer((json_int_t)flow->dir[1].bytes));
	if (flow->generation == active->generation)
		names_add(active->image.data, flow, row);
	return row;
}

static json_t *flows_json(const struct otseg_active *active, const struct table *table,
			  const char *conduit)
{
	json_t *rows = json_array(), *row;
	const char *name;
	struct timespec now;
	struct otseg_flow flow;
	u32 now_s, place;

	clock_gettime(CLOCK_MONOTONIC, &now);
	now_s = otseg_seconds((u64)now.tv_sec * 1000000000 + (u64)now.tv_nsec);
	for (place = 0; place < table->n_segments * OTSEG_SEGMENT_PLACES; place++) {
		const struct otseg_flow_line *line = &table->lines[place / OTSEG_FLOW_WAYS];
		u32 way = place % OTSEG_FLOW_WAYS;
		s32 left_s = (s32)(line->bucket.deadline_s[way] - now_s);

		if (line->bucket.tag[way] <= OTSEG_TAG_BUSY || left_s < 0)
			continue;
		flow = line->flows[way];
		row = flow_json(active, &flow, (u32)left_s);
		name = json_string_value(json_object_get(row, "conduit"));
		if (!conduit || (name && !strcmp(name, conduit)))
			json_array_append_new(rows, row);
		else
			json_decref(row);
	}
	return rows;
}

static int show_run(const struct otseg_cli *cli)
{
	static const struct otseg_column columns[] = {
		{ "PROTO", "protocol", false },	  { "SOURCE", "src", false },
		{ "PORT", "src_port", true },	  { "DESTINATION", "dst", false },
		{ "PORT", "dst_port", true },	  { "CONDUIT", "conduit", false },
		{ "RULE", "rule", false },	  { "SERVICE", "service", false },
		{ "EXPIRES", "expires_s", true }, {},
	};
	static const struct otseg_column stats_columns[] = {
		{ "PROTO", "protocol", false },
		{ "SOURCE", "src", false },
		{ "PORT", "src_port", true },
		{ "DESTINATION", "dst", false },
		{ "PORT", "dst_port", true },
		{ "CONDUIT", "conduit", false },
		{ "RULE", "rule", false },
		{ "EXPIRES", "expires_s", true },
		{ "PACKETS", "packets", true },
		{ "BYTES", "bytes", true },
		{ "REPLIES", "reply_packets", true },
		{ "BYTES", "reply_bytes", true },
		{},
	};
	struct otseg_active active;
	struct table table = {};
	json_t *rows = NULL;
	int err, ret = OTSEG_EXIT_SYSTEM;

	err = otseg_active_open(&active, false);
	if (err)
		goto out;
	if (active.has_bpf && active.generation) {
		err = table_map(&active.bpf, &table);
		if (err) {
			otseg_error_print("flow table: %s", strerror(-err));
			goto out;
		}
		rows = flows_json(&active, &table, cli->keys[0]);
	} else {
		rows = json_array();
	}
	ret = otseg_print_rows(cli, "flows", rows, cli->stats ? stats_columns : columns);
out:
	table_unmap(&table);
	otseg_active_close(&active);
	return ret;
}

static const struct otseg_command commands[] = {
	{
		.name = "show",
		.keys = { { "name", "CONDUIT", "only flows through this conduit", false } },
		.sentence = "List the conversations that live in the flow table.",
		.run = show_run,
	},
	{},
};

const struct otseg_object otseg_object_flow = {
	.name = "flow",
	.sentence = "conversations that a rule has allowed",
	.commands = commands,
	.default_command = 0,
};
