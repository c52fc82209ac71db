// SPDX-License-Identifier: GPL-2.0-only
/*
 * Windows of conduits against the C library's own idea of local time: through both changes of
 * the clocks, midnight, the end of the week and of the year; nothing changes between two edges;
 * and the image does not depend on the time zone of whoever compiles it.
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "ktap.h"
#include "userspace/policy/when.h"

#define HOUR 3600ull
#define DAY_S (24 * HOUR)

/* The windows of one conduit, in a policy of their own. */
static struct otseg_blob image_make(const char *when)
{
	struct otseg_blob image = {};
	struct otseg_diag diag = {};
	struct otseg_policy *policy;
	char *text;

	if (asprintf(&text,
		     "otseg: 1\nname: test\nzones:\n"
		     "  a: {level: 3, interfaces: [it0], prefixes: [10.0.0.0/16]}\n"
		     "  b: {level: 2, interfaces: [ot0], prefixes: [10.1.0.0/16]}\n"
		     "conduits:\n"
		     "  always: {reason: x, from: a, to: b, rules: {r: {service: tcp}}}\n"
		     "  timed: {reason: x, from: b, to: a, when: [%s], rules: {r: {service: tcp}}}\n",
		     when) < 0)
		abort();
	policy = otseg_policy_parse("test", text, strlen(text), &diag);
	if (policy)
		otseg_policy_compile(policy, &image, &diag);
	if (!image.data) {
		otseg_diag_print(stdout, &diag);
		printf("Bail out! it does not compile:\n%s", text);
		exit(1);
	}
	otseg_policy_free(policy);
	otseg_diag_free(&diag);
	free(text);
	return image;
}

static bool is_open(const struct otseg_blob *image, u64 now)
{
	u32 at = 0, within = 0;

	CHECK(otseg_when_next_conduit(image->data, &at, now, &within) == 1);
	return within;
}

static u64 utc(int year, int month, int day, int hour, int minute)
{
	struct tm tm = {
		.tm_year = year - 1900,
		.tm_mon = month - 1,
		.tm_mday = day,
		.tm_hour = hour,
		.tm_min = minute,
	};

	return (u64)timegm(&tm);
}

/* The windows are open from one second on up to the one before the other. */
static bool opens(const struct otseg_blob *image, u64 from, u64 until)
{
	return CHECK(!is_open(image, from - 1)) && CHECK(is_open(image, from)) &&
	       CHECK(is_open(image, until - 1)) && CHECK(!is_open(image, until));
}

static void test_spring(void)
{
	struct otseg_blob image = image_make("\"Sun 01:30-02:30 Europe/Berlin\"");

	/* Clocks go from 02:00 to 03:00 at 01:00 UTC: the rest of it does not exist. */
	opens(&image, utc(2027, 3, 28, 0, 30), utc(2027, 3, 28, 1, 0));
	opens(&image, utc(2027, 3, 21, 0, 30), utc(2027, 3, 21, 1, 30));
	opens(&image, utc(2027, 4, 3, 23, 30), utc(2027, 4, 4, 0, 30));
	otseg_blob_free(&image);
	image = image_make("\"Sun 02:15-04:00 Europe/Berlin\"");
	opens(&image, utc(2027, 3, 28, 1, 0), utc(2027, 3, 28, 2, 0));
	otseg_blob_free(&image);
	image = image_make("\"Sun 02:15-02:45 Europe/Berlin\"");
	CHECK(!is_open(&image, utc(2027, 3, 28, 0, 30)) && !is_open(&image, utc(2027, 3, 28, 1, 30)));
	otseg_blob_free(&image);
}

static void test_autumn(void)
{
	struct otseg_blob image = image_make("\"Sun 02:00-02:30 Europe/Berlin\"");

	/* Clocks go from 03:00 to 02:00 at 01:00 UTC: the hour comes twice, and so does it. */
	opens(&image, utc(2027, 10, 31, 0, 0), utc(2027, 10, 31, 0, 30));
	opens(&image, utc(2027, 10, 31, 1, 0), utc(2027, 10, 31, 1, 30));
	otseg_blob_free(&image);
	image = image_make("\"Sun 01:00-04:00 Europe/Berlin\"");
	opens(&image, utc(2027, 10, 30, 23, 0), utc(2027, 10, 31, 3, 0));
	otseg_blob_free(&image);
}

static void test_midnight(void)
{
	struct otseg_blob image = image_make("\"Fri,Sun 22:00-06:00 Europe/Berlin\"");

	opens(&image, utc(2027, 1, 1, 21, 0), utc(2027, 1, 2, 5, 0));
	opens(&image, utc(2027, 1, 3, 21, 0), utc(2027, 1, 4, 5, 0));
	otseg_blob_free(&image);
	/* The last day of the year is a Thursday, and so is the first of 1970. */
	image = image_make("\"Thu 22:00-00:00 UTC\", \"Fri 00:00-01:00 UTC\"");
	opens(&image, utc(2026, 12, 31, 22, 0), utc(2027, 1, 1, 1, 0));
	otseg_blob_free(&image);
	image = image_make("\"Thu 23:30-00:30 Pacific/Auckland\"");
	opens(&image, utc(2026, 12, 31, 10, 30), utc(2026, 12, 31, 11, 30));
	otseg_blob_free(&image);
	image = image_make("\"Sat-Mon 00:00-24:00 UTC\"");
	opens(&image, utc(2026, 11, 28, 0, 0), utc(2026, 12, 1, 0, 0));
	otseg_blob_free(&image);
}

/* Where nothing is known of the time, nothing is open. */
static void test_ends(void)
{
	struct otseg_blob image = image_make("\"Mon-Sun 00:00-24:00 Europe/Berlin\"");
	struct otseg_when_look look;

	CHECK(!is_open(&image, 0) && !is_open(&image, utc(2000, 1, 1, 0, 0)));
	opens(&image, utc(2026, 1, 1, 0, 0), utc(2066, 1, 1, 0, 0));
	CHECK(!is_open(&image, utc(2100, 1, 1, 0, 0)) && !is_open(&image, OTSEG_TIME_MAX));
	CHECK(!is_open(&image, OTSEG_NEVER - 1));
	CHECK(otseg_when_next_edge(image.data, 0, 1, 0) == utc(2026, 1, 1, 0, 0));
	CHECK(otseg_when_next_edge(image.data, 0, 1, utc(2066, 1, 1, 0, 0)) == OTSEG_NEVER);
	CHECK(otseg_when_look(image.data, 1, utc(2030, 1, 1, 0, 0), &look));
	CHECK(look.is_open && look.until == OTSEG_NEVER);
	CHECK(otseg_when_look(image.data, 1, 60, &look));
	CHECK(!look.is_open && look.until == utc(2026, 1, 1, 0, 0));
	CHECK(!otseg_when_look(image.data, 0, 60, &look));
	otseg_blob_free(&image);
}

/* The same question, asked of the C library. */
static bool is_open_by_libc(const struct otseg_img_window *window, u64 now)
{
	time_t at = (time_t)now;
	struct tm tm;
	int minute, day;

	localtime_r(&at, &tm);
	minute = tm.tm_hour * 60 + tm.tm_min;
	day = (tm.tm_wday + 6) % 7;
	if (window->from < window->until)
		return window->days >> day & 1 && minute >= window->from && minute < window->until;
	return (window->days >> day & 1 && minute >= window->from) ||
	       (window->days >> (day + 6) % 7 & 1 && minute < window->until);
}

/* Each edge is one, and between two of them nothing changes. */
static void edges_walk(const struct otseg_blob *image, u64 from, u64 until)
{
	const struct otseg_img_window *windows = OTSEG_IMAGE_RECORDS(image->data, WINDOWS);
	u32 n = OTSEG_IMAGE_COUNT(image->data, WINDOWS), i;
	u64 at = from, next, probe;
	bool is_right = true;

	while (at < until && is_right) {
		bool open = false;

		next = otseg_when_next_edge(image->data, 0, n, at);
		if (!CHECK(next > at && next <= at + DAY_S))
			return;
		for (i = 0; i < n; i++)
			open |= is_open_by_libc(&windows[i], at);
		for (probe = at; probe < next; probe += 7 * 60)
			is_right = is_right && is_open(image, probe) == open;
		is_right = is_right && is_open(image, next - 1) == open;
		CHECK(is_right, "from %llu to %llu", (unsigned long long)at,
		      (unsigned long long)next);
		at = next;
	}
}

static void test_library(void)
{
	static const char *const zones[] = {
		"Europe/Berlin",
		"America/New_York",
		"Asia/Kolkata",
		"Australia/Lord_Howe",
		"Africa/Casablanca",
		"America/St_Johns",
		"Pacific/Apia",
	};
	struct otseg_blob image;
	char *when, *zone;
	size_t i;

	for (i = 0; i < sizeof(zones) / sizeof(zones[0]); i++) {
		if (asprintf(&when,
			     "\"Mon-Wed,Fri 05:17-18:00 %s\", \"Fri-Sun 21:30-02:20 %s\"",
			     zones[i], zones[i]) < 0 ||
		    asprintf(&zone, ":/usr/share/zoneinfo/%s", zones[i]) < 0)
			abort();
		image = image_make(when);
		setenv("TZ", zone, 1);
		tzset();
		edges_walk(&image, utc(2026, 12, 20, 0, 0), utc(2027, 12, 20, 0, 0));
		edges_walk(&image, utc(2065, 3, 1, 0, 0), utc(2065, 4, 10, 0, 0));
		unsetenv("TZ");
		tzset();
		otseg_blob_free(&image);
		free(when);
		free(zone);
	}
}

static void test_same(void)
{
	struct otseg_blob one = image_make("\"Mon 00:00-24:00 Europe/Berlin\""), other;

	setenv("TZ", "Asia/Tokyo", 1);
	other = image_make("\"Mon 00:00-24:00 Europe/Berlin\"");
	CHECK(!strcmp(getenv("TZ"), "Asia/Tokyo"));
	unsetenv("TZ");
	tzset();
	CHECK(one.len == other.len && !memcmp(one.data, other.data, one.len));
	otseg_blob_free(&one);
	otseg_blob_free(&other);
}

static void test_words(void)
{
	struct otseg_blob image = image_make("\"Mon-Fri 06:00-18:00 Europe/Berlin\"");
	const u64 friday = utc(2026, 11, 27, 12, 0);
	char text[OTSEG_WHEN_TEXT];
	struct otseg_when_look look;

	CHECK(otseg_when_look(image.data, 1, friday, &look) && look.is_open);
	otseg_when_time(image.data, look.clock, friday, look.until, text);
	CHECK(!strcmp(text, "Fri 18:00 CET"), "%s", text);
	CHECK(otseg_when_look(image.data, 1, friday + 6 * HOUR, &look) && !look.is_open);
	otseg_when_time(image.data, look.clock, friday, look.until, text);
	CHECK(!strcmp(text, "Mon 06:00 CET"), "%s", text);
	CHECK(otseg_when_look(image.data, 1, 7, &look) && !look.is_open);
	otseg_when_time(image.data, look.clock, 7, look.until, text);
	CHECK(!strcmp(text, "2026-01-01 06:00 CET"), "%s", text);
	otseg_blob_free(&image);
}

static bool same_hours(const char *one, const char *other)
{
	struct otseg_blob a = image_make(one), b = image_make(other);
	bool is = otseg_when_is_same(a.data, 1, b.data, 1);

	CHECK(otseg_when_is_same(b.data, 1, a.data, 1) == is);
	CHECK(!otseg_when_is_same(a.data, 0, b.data, 1) && otseg_when_is_same(a.data, 0, b.data, 0));
	otseg_blob_free(&a);
	otseg_blob_free(&b);
	return is;
}

/* What is written otherwise and is the same, and what is not. */
static void test_compare(void)
{
	CHECK(same_hours("\"Mon-Tue 06:00-08:00 UTC\"", "\"Mon 06:00-08:00 UTC\", \"Tue 06:00-08:00 UTC\""));
	CHECK(same_hours("\"Sun 22:00-06:00 UTC\"", "\"Mon 00:00-06:00 UTC\", \"Sun 22:00-24:00 UTC\""));
	CHECK(same_hours("\"Mon 06:00-08:00 Europe/Berlin\"", "\"Mon 06:00-08:00 Europe/Vienna\""));
	CHECK(!same_hours("\"Mon 06:00-08:00 Europe/Berlin\"", "\"Mon 06:00-08:00 Europe/London\""));
	CHECK(!same_hours("\"Mon 06:00-08:00 UTC\"", "\"Mon 06:00-08:01 UTC\""));
	CHECK(!same_hours("\"Mon 06:00-08:00 UTC\"",
			  "\"Mon 06:00-08:00 UTC\", \"Mon 06:00-08:00 Europe/Berlin\""));
}

/* Nothing of what is plain is open; windows that open bring the conduit, and what hangs on it. */
static void test_state(void)
{
	struct otseg_blob image = image_make("\"Mon-Fri 06:00-18:00 UTC\"");
	const struct otseg_img_conduit *timed =
		OTSEG_IMAGE_RECORDS(image.data, CONDUITS) + 1;
	const u64 friday = utc(2026, 11, 27, 12, 0);
	char why[256];

	CHECK(otseg_state_is_plain(image.data) && !(timed->flags & OTSEG_CONDUIT_ENABLED));
	otseg_when_open(image.data, friday + 6 * HOUR);
	CHECK(otseg_state_is_plain(image.data));
	otseg_when_open(image.data, friday);
	CHECK(timed->flags & OTSEG_CONDUIT_ENABLED && !otseg_image_is_by_hand(image.data));
	CHECK(!otseg_image_check_active(image.data, image.len, why, sizeof(why)), "%s", why);
	CHECK(otseg_image_check(image.data, image.len, why, sizeof(why)) == -22);
	otseg_image_change(image.data, 0, OTSEG_CONDUIT_CHANGE_ISLAND_ON);
	CHECK(!(timed->flags & OTSEG_CONDUIT_ENABLED));
	otseg_image_change(image.data, 0, OTSEG_CONDUIT_CHANGE_ISLAND_OFF);
	otseg_image_change(image.data, 1, OTSEG_CONDUIT_CHANGE_DISABLE);
	CHECK(!(timed->flags & OTSEG_CONDUIT_ENABLED) && otseg_image_is_by_hand(image.data));
	otseg_image_change(image.data, 1, OTSEG_CONDUIT_CHANGE_ENABLE);
	otseg_when_open(image.data, friday + 6 * HOUR);
	CHECK(!(timed->flags & OTSEG_CONDUIT_ENABLED));
	/* A grant has an end of its own. */
	otseg_image_change(image.data, 1, OTSEG_CONDUIT_CHANGE_GRANT);
	CHECK(timed->flags & OTSEG_CONDUIT_ENABLED);
	CHECK(!otseg_image_check_active(image.data, image.len, why, sizeof(why)), "%s", why);
	otseg_image_plain(image.data);
	CHECK(!otseg_image_check(image.data, image.len, why, sizeof(why)), "%s", why);
	otseg_blob_free(&image);
}

int main(void)
{
	static const struct ktap_case cases[] = {
		{ "clocks that go forward", test_spring },
		{ "clocks that go back", test_autumn },
		{ "midnight, the end of the week and of the year", test_midnight },
		{ "a clock that is not set, and the end of the table", test_ends },
		{ "the C library says the same, and edges are where something changes", test_library },
		{ "the image is the same in every time zone", test_same },
		{ "moments in words", test_words },
		{ "hours are compared, not texts", test_compare },
		{ "windows and the state of conduits", test_state },
	};

	return ktap_run(cases, sizeof(cases) / sizeof(cases[0]));
}
