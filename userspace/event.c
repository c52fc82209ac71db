// SPDX-License-Identifier: GPL-2.0-only
/*
 * otseg event: what the datapath tells of frames that it dropped, or that passed only
 * in monitor mode. Looks for them ten times a second.
 */
#include <errno.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../bpf/engine/packet.h"
#include "../bpf/engine/message.h"
#include "active.h"
#include "event.h"
#include "message.h"
#include "net/ring.h"
#include "object.h"
#include "print.h"
#include "reason.h"
#include "service.h"
#include "unenforced.h"

#define LOOK_NS 100000000 /* between two looks into an empty ring */
#define LOOKS 10 /* in vain, until it is seen whether the datapath is still the same */
#define REMIND_NS 60000000000 /* between two words about what is not enforced */
#define ENOUGH (-ECANCELED) /* as many as were asked for have come */

/**
 * struct monitor - an observer of events
 * @cli: the command line
 * @active: what is in force, for names
 * @tried: generation whose policy was last looked for
 * @since_ns: what the monotonic clock and the time of day differ by
 * @left: events until it ends, 0: it does not
 * @reminded_ns: when it was last said what is not enforced, 0: not yet
 * @ear: where the module tells what it does by itself, NULL: there is none
 */
struct monitor {
	const struct otseg_cli *cli;
	struct otseg_active active;
	u32 tried;
	s64 since_ns;
	u64 left;
	s64 reminded_ns;
	struct otseg_genl *ear;
};

static s64 clock_ns(clockid_t clock)
{
	struct timespec at;

	clock_gettime(clock, &at);
	return (s64)at.tv_sec * 1000000000 + at.tv_nsec;
}

static json_t *time_json(const struct monitor *monitor, u64 mono_ns)
{
	s64 ns = (s64)mono_ns + monitor->since_ns;
	time_t seconds = ns / 1000000000;
	struct tm tm;
	char text[32];

	gmtime_r(&seconds, &tm);
	strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &tm);
	return json_sprintf("%s.%03dZ", text, (int)(ns / 1000000 % 1000));
}

static const char *protocol_name(const struct otseg_event *event)
{
	if (event->ethertype == OTSEG_ETH_ARP)
		return "arp";
	if (!event->family)
		return NULL;
	switch (event->proto) {
	case OTSEG_PROTO_TCP:
		return "tcp";
	case OTSEG_PROTO_UDP:
		return "udp";
	case OTSEG_PROTO_ICMP:
		return "icmp";
	case OTSEG_PROTO_ICMPV6:
		return "icmpv6";
	default:
		return NULL;
	}
}

static void ends_add(json_t *row, const struct otseg_event *event)
{
	const char *protocol = protocol_name(event);
	char text[64];

	otseg_print_mac(text, sizeof(text), event->src_mac);
	json_object_set_new(row, "src_mac", json_string(text));
	if (event->ethertype)
		json_object_set_new(row, "ethertype", json_integer(event->ethertype));
	if (protocol)
		json_object_set_new(row, "protocol", json_string(protocol));
	if (!event->family && event->ethertype != OTSEG_ETH_ARP)
		return;
	if (event->family)
		json_object_set_new(row, "ip_protocol", json_integer(event->proto));
	otseg_print_address(text, sizeof(text), event->family, event->src);
	json_object_set_new(row, "src", json_string(text));
	otseg_print_address(text, sizeof(text), event->family, event->dst);
	json_object_set_new(row, "dst", json_string(text));
	if (event->proto == OTSEG_PROTO_TCP || event->proto == OTSEG_PROTO_UDP) {
		json_object_set_new(row, "src_port", json_integer(event->sport));
		json_object_set_new(row, "dst_port", json_integer(event->dport));
	} else if (event->proto == OTSEG_PROTO_ICMP || event->proto == OTSEG_PROTO_ICMPV6) {
		json_object_set_new(row, "type", json_integer(event->dport >> 8));
		json_object_set_new(row, "code", json_integer(event->dport & 0xff));
	}
}

static void name_add(json_t *row, const char *key, const void *image, u32 string)
{
	json_object_set_new(row, key, json_string(otseg_image_string(image, string)));
}

/* Names, where the policy that the event speaks of is at hand. */
static void names_add(json_t *row, const void *image, const struct otseg_event *event)
{
	const struct otseg_img_conduit *conduits = OTSEG_IMAGE_RECORDS(image, CONDUITS);
	const struct otseg_img_rule *rules = OTSEG_IMAGE_RECORDS(image, RULES);
	const struct otseg_img_zone *zones = OTSEG_IMAGE_RECORDS(image, ZONES);
	u32 n_zones = OTSEG_IMAGE_COUNT(image, ZONES);

	if (event->src_zone < n_zones)
		name_add(row, "src_zone", image, zones[event->src_zone].name);
	if (event->dst_zone < n_zones)
		name_add(row, "dst_zone", image, zones[event->dst_zone].name);
	if (event->conduit < OTSEG_IMAGE_COUNT(image, CONDUITS))
		name_add(row, "conduit", image, conduits[event->conduit].name);
	if (event->rule < OTSEG_IMAGE_COUNT(image, RULES))
		name_add(row, "rule", image, rules[event->rule].name);
}

/* The policy by its generation, which may have become active since the last event. */
static bool policy_find(struct monitor *monitor, u32 generation)
{
	if (monitor->active.generation != generation && monitor->tried != generation) {
		monitor->tried = generation;
		otseg_active_close(&monitor->active);
		if (otseg_active_open(&monitor->active, false))
			monitor->active.generation = 0;
	}
	return monitor->active.generation == generation;
}

static json_t *message_json(const struct otseg_event *event)
{
	struct otseg_msg msg = {
		.function = event->function,
		.unit = event->unit,
		.access = event->access,
		.dir = OTSEG_DIR_REQUEST,
		.service = event->service,
	};

	if (!(event->flags & OTSEG_EVENT_UNIT))
		msg.flags |= OTSEG_MSG_NO_UNIT;
	if (!(event->flags & OTSEG_EVENT_FUNCTION))
		msg.flags |= OTSEG_MSG_NO_FUNCTION;
	if (event->flags & OTSEG_EVENT_OBJECT) {
		msg.n_objects = 1;
		msg.objects[0].type = event->object_type;
		msg.objects[0].access = event->access;
		msg.objects[0].first = event->first;
		msg.objects[0].last = event->last;
	}
	return otseg_message_json(&msg, NULL, 0);
}

static json_t *event_json(struct monitor *monitor, const struct otseg_event *event)
{
	bool is_known = policy_find(monitor, event->generation);
	char device[IF_NAMESIZE];
	json_t *row;

	row = json_pack("{s:o, s:s, s:s, s:s}", "time", time_json(monitor, event->time_ns), "verdict",
			event->action == OTSEG_ACTION_PASS ? "pass" : "drop", "reason",
			otseg_reason_name(event->reason), "class",
			otseg_reason_class_name(event->reason));
	if (if_indextoname(event->ifindex, device))
		json_object_set_new(row, "device", json_string(device));
	if (event->vlan) {
		json_object_set_new(row, "vlan", json_integer(event->vlan & 0xffff));
		if (event->vlan >> 16)
			json_object_set_new(row, "inner_vlan", json_integer(event->vlan >> 16));
	}
	ends_add(row, event);
	if (is_known)
		names_add(row, monitor->active.image.data, event);
	if (event->service)
		json_object_set_new(row, "service", json_string(otseg_service_name(event->service)));
	if (event->flags & OTSEG_EVENT_MESSAGE)
		json_object_set_new(row, "message", message_json(event));
	if (event->denial)
		json_object_set_new(row, "told", json_string(otseg_denial_name(event->denial)));
	json_object_set_new(row, "length", json_integer(event->frame_len));
	json_object_set_new(row, "generation", json_integer(event->generation));
	if (event->suppressed)
		json_object_set_new(row, "suppressed", json_integer(event->suppressed));
	return row;
}

static void word_put(const json_t *row, const char *key, const char *before)
{
	const char *word = json_string_value(json_object_get(row, key));

	if (word)
		printf("%s%s", before, word);
}

static void number_put(const json_t *row, const char *key, const char *before)
{
	const json_t *number = json_object_get(row, key);

	if (number)
		printf("%s%lld", before, (long long)json_integer_value(number));
}

static void event_text(const json_t *row)
{
	word_put(row, "time", "");
	word_put(row, "verdict", " ");
	word_put(row, "reason", " ");
	word_put(row, "device", " ");
	number_put(row, "vlan", ".");
	number_put(row, "inner_vlan", ".");
	word_put(row, "protocol", " ");
	if (json_object_get(row, "src")) {
		word_put(row, "src", " ");
		number_put(row, "src_port", " port ");
		word_put(row, "dst", " > ");
		number_put(row, "dst_port", " port ");
		number_put(row, "type", " type ");
	} else {
		word_put(row, "src_mac", " ");
	}
	word_put(row, "src_zone", ", zones ");
	word_put(row, "dst_zone", " > ");
	word_put(row, "conduit", ", conduit ");
	word_put(row, "rule", ", rule ");
	if (json_object_get(row, "message")) {
		fputs(", ", stdout);
		otseg_message_text(stdout, json_object_get(row, "message"));
	}
	word_put(row, "told", ", told by ");
	number_put(row, "suppressed", ", not told: ");
	putchar('\n');
}

static int event_handle(void *data, const struct otseg_event *event)
{
	struct monitor *monitor = data;
	json_t *row = event_json(monitor, event);

	if (monitor->cli->json)
		otseg_print_json(monitor->cli, row);
	else
		event_text(row);
	json_decref(row);
	if (ferror(stdout))
		return -EPIPE;
	return monitor->left && !--monitor->left ? ENOUGH : 0;
}

/* Whether the set that is read is still the one in use; else the other one is read. */
static int datapath_follow(struct monitor *monitor, u32 *set, struct otseg_ring **ring)
{
	struct otseg_pins pins;
	int err = otseg_pins_open(&pins);

	if (!err && pins.state.backend == OTSEG_BACKEND_NONE) {
		otseg_error_print("events: the datapath is gone");
		err = -ENODEV;
	} else if (!err && pins.state.set != *set) {
		otseg_ring_close(*ring);
		*ring = NULL;
		err = otseg_ring_open(&pins, event_handle, monitor, ring);
		*set = pins.state.set;
	}
	otseg_pins_close(&pins);
	return err;
}

/* What becomes of a conduit, in words; and as a word for machines. */
static const struct {
	const char *text;
	const char *word;
} changes[] = {
	[OTSEG_CONDUIT_CHANGE_ENABLE] = { "is enabled", "enable" },
	[OTSEG_CONDUIT_CHANGE_DISABLE] = { "is disabled", "disable" },
	[OTSEG_CONDUIT_CHANGE_GRANT] = { "is granted", "grant" },
	[OTSEG_CONDUIT_CHANGE_REVOKE] = { "is no longer granted: revoked", "revoke" },
	[OTSEG_CONDUIT_CHANGE_ISLAND_ON] = { "island mode is on", "island-on" },
	[OTSEG_CONDUIT_CHANGE_ISLAND_OFF] = { "island mode is off", "island-off" },
	[OTSEG_CONDUIT_CHANGE_EXPIRE] = { "is no longer granted: its time is over", "expire" },
	[OTSEG_CONDUIT_CHANGE_DROP] = { "is what the new policy says", "drop" },
	[OTSEG_CONDUIT_CHANGE_WINDOW_BEGIN] = { "is within its window from now on",
						"window-begin" },
	[OTSEG_CONDUIT_CHANGE_WINDOW_END] = { "is out of its window from now on", "window-end" },
};

static void change_text(const json_t *row, const struct otseg_genl_news *news)
{
	word_put(row, "time", "");
	word_put(row, "conduit", " conduit ");
	printf(" %s", changes[news->change].text);
	number_put(row, "seconds_left", " for ");
	if (news->seconds_left)
		fputs(" s", stdout);
	word_put(row, "why", ": ");
	putchar('\n');
}

/* The state of a conduit, or island mode, has changed. */
static void change_handle(struct monitor *monitor, const struct otseg_genl_news *news)
{
	json_t *row;

	if (news->change >= sizeof(changes) / sizeof(changes[0]))
		return;
	row = json_pack("{s:o, s:s, s:s}", "time",
			time_json(monitor, (u64)clock_ns(CLOCK_MONOTONIC)), "event", "conduit",
			"change", changes[news->change].word);
	if (*news->name)
		json_object_set_new(row, "conduit", json_string(news->name));
	if (news->seconds_left)
		json_object_set_new(row, "seconds_left", json_integer(news->seconds_left));
	if (*news->reason)
		json_object_set_new(row, "why", json_string(news->reason));
	if (monitor->cli->json)
		otseg_print_json(monitor->cli, row);
	else
		change_text(row, news);
	json_decref(row);
}

/* All news of the module; what it says of monitor mode is said with names. */
static void news_read(struct monitor *monitor)
{
	struct otseg_genl_news news;
	int heard;

	while (monitor->ear && (heard = otseg_genl_hear(monitor->ear, &news)) != 0) {
		if (heard == -ENOBUFS) {
			otseg_error_print("warning: news of conduits was lost");
		} else if (heard < 0) {
			otseg_error_print("warning: no more news of conduits: %s",
					  strerror(-heard));
			otseg_genl_close(monitor->ear);
			monitor->ear = NULL;
		} else if (news.is_unenforced) {
			monitor->reminded_ns = 0;
		} else {
			change_handle(monitor, &news);
		}
	}
}

/*
 * As long as anything is in monitor mode, say so: at once, and once a minute, by the module's
 * clock if there is a module. It is no event of a frame, and does not count as one.
 */
static void remind(struct monitor *monitor)
{
	s64 now = clock_ns(CLOCK_MONOTONIC);
	struct otseg_active active;
	json_t *unenforced;
	char prefix[64];

	if (monitor->reminded_ns && (monitor->ear || now - monitor->reminded_ns < REMIND_NS))
		return;
	monitor->reminded_ns = now;
	if (!otseg_active_open(&active, true) && active.generation) {
		unenforced = otseg_unenforced_json(active.image.data, &active);
		if (unenforced) {
			json_object_set_new(unenforced, "time", time_json(monitor, now));
			json_object_set_new(unenforced, "event", json_string("not-enforced"));
			json_object_set_new(unenforced, "generation",
					    json_integer(active.generation));
			snprintf(prefix, sizeof(prefix), "%s ",
				 json_string_value(json_object_get(unenforced, "time")));
			if (monitor->cli->json)
				otseg_print_json(monitor->cli, unenforced);
			else
				otseg_unenforced_print(stdout, prefix, unenforced);
			json_decref(unenforced);
		}
	}
	otseg_active_close(&active);
}

static int events_follow(struct monitor *monitor, struct otseg_ring **ring)
{
	const struct timespec pause = { .tv_nsec = LOOK_NS };
	u32 set = monitor->active.pins.state.set;
	int err, looks = 0;

	for (;;) {
		/* The time of day may be set meanwhile. */
		monitor->since_ns = clock_ns(CLOCK_REALTIME) - clock_ns(CLOCK_MONOTONIC);
		news_read(monitor);
		remind(monitor);
		err = otseg_ring_read(*ring);
		fflush(stdout);
		if (err < 0)
			return err;
		if (err > 0)
			continue;
		nanosleep(&pause, NULL);
		if (++looks % LOOKS)
			continue;
		err = datapath_follow(monitor, &set, ring);
		if (err)
			return err;
	}
}

static int monitor_run(const struct otseg_cli *cli)
{
	struct monitor monitor = { .cli = cli };
	int err, ret = OTSEG_EXIT_SYSTEM;
	struct otseg_ring *ring = NULL;
	char *end;

	if (cli->keys[0]) {
		monitor.left = strtoull(cli->keys[0], &end, 10);
		if (!monitor.left || *end || cli->keys[0][0] == '-') {
			otseg_error_print("'count %s': expected a number from 1 on", cli->keys[0]);
			return OTSEG_EXIT_USAGE;
		}
	}
	err = otseg_active_open(&monitor.active, false);
	if (err)
		goto out;
	if (otseg_active_need_policy(&monitor.active)) {
		ret = OTSEG_EXIT_REFUSED;
		goto out;
	}
	if (!monitor.active.has_bpf) {
		otseg_error_print("events: no interface has a datapath");
		ret = OTSEG_EXIT_REFUSED;
		goto out;
	}
	if (otseg_backend_genl(monitor.active.backend))
		otseg_genl_listen(&monitor.ear);
	err = otseg_ring_open(&monitor.active.pins, event_handle, &monitor, &ring);
	if (err == -EBUSY)
		ret = OTSEG_EXIT_REFUSED;
	if (!err)
		err = events_follow(&monitor, &ring);
	if (err == ENOUGH || err == -EPIPE)
		ret = OTSEG_EXIT_OK;
out:
	otseg_ring_close(ring);
	otseg_genl_close(monitor.ear);
	otseg_active_close(&monitor.active);
	return ret;
}

/**
 * otseg_event_counts - how many events there were
 * @counters: a counter block
 *
 * Return: an object.
 */
json_t *otseg_event_counts(const u64 *counters)
{
	const u64 *events = counters + OTSEG_CTR_EVENT;

	return json_pack("{s:I, s:I, s:I}", "told", (json_int_t)events[OTSEG_CTR_EVENT_TOLD],
			 "suppressed", (json_int_t)events[OTSEG_CTR_EVENT_SUPPRESSED], "lost",
			 (json_int_t)events[OTSEG_CTR_EVENT_LOST]);
}

/**
 * otseg_denial_counts - how many refused frames somebody was told of
 * @counters: a counter block
 *
 * Return: an object.
 */
json_t *otseg_denial_counts(const u64 *counters)
{
	const u64 *denials = counters + OTSEG_CTR_DENIAL;

	return json_pack("{s:I, s:I, s:I}", "told", (json_int_t)denials[OTSEG_CTR_DENIAL_TOLD],
			 "suppressed", (json_int_t)denials[OTSEG_CTR_DENIAL_SUPPRESSED], "failed",
			 (json_int_t)denials[OTSEG_CTR_DENIAL_FAILED]);
}

static int show_run(const struct otseg_cli *cli)
{
	static const struct otseg_column columns[] = {
		{ "TOLD", "told", true },
		{ "SUPPRESSED", "suppressed", true },
		{ "LOST", "lost", true },
		{},
	};
	struct otseg_active active;
	int err, ret = OTSEG_EXIT_SYSTEM;
	json_t *counts, *rows;

	err = otseg_active_open(&active, true);
	if (!err && otseg_active_need_policy(&active)) {
		ret = OTSEG_EXIT_REFUSED;
	} else if (!err) {
		counts = otseg_event_counts(active.counters);
		if (cli->json) {
			otseg_print_json(cli, counts);
		} else {
			rows = json_pack("[O]", counts);
			otseg_print_table(rows, columns);
			json_decref(rows);
		}
		json_decref(counts);
		ret = OTSEG_EXIT_OK;
	}
	otseg_active_close(&active);
	return ret;
}

static const struct otseg_command commands[] = {
	{
		.name = "show",
		.sentence = "Show how many events were told, and how many were not.",
		.run = show_run,
	},
	{
		.name = "monitor",
		.keys = { { "count", "NUMBER", "end after so many", false } },
		.sentence = "Print events as they come: what was dropped, and why.",
		.run = monitor_run,
	},
	{},
};

const struct otseg_object otseg_object_event = {
	.name = "event",
	.sentence = "what was dropped, one by one, as far as it is told",
	.commands = commands,
	.default_command = 0,
};
