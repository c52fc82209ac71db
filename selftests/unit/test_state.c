// SPDX-License-Identifier: GPL-2.0-only
/*
 * The state of conduits in images: an image that is given a state equals the image of a
 * policy that says so itself, but for the flags that say who said it; without the state it
 * is what it was, byte for byte; and every refusal is told apart. Policies are random, with
 * conduits that share endpoints and ports, in all modes, on a wire.
 */
#include <stdlib.h>
#include <string.h>

#include "image_walk.h"
#include "ktap.h"
#include "userspace/policy/policy.h"

#define CONDUITS 12
#define ROUNDS 60

static u64 random_state;

static u32 pick(u32 n)
{
	random_state = random_state * 6364136223846793005ull + 1442695040888963407ull;
	return (u32)((random_state >> 33) % n);
}

/* What a conduit of a random policy is like; @open: what its text says. */
struct plan {
	u32 from;
	u32 to;
	bool is_monitor;
	bool survives;
	bool open;
	u32 services[3];
};

static void plan_make(struct plan plans[CONDUITS])
{
	u32 i, k;

	for (i = 0; i < CONDUITS; i++) {
		plans[i] = (struct plan){
			.from = pick(3),
			.is_monitor = !pick(3),
			.survives = !pick(3),
			.open = pick(2),
		};
		plans[i].to = (plans[i].from + 1 + pick(2)) % 3;
		for (k = 0; k < 3; k++)
			plans[i].services[k] = pick(4);
	}
}

static char *text_make(const struct plan plans[CONDUITS], const bool open[CONDUITS])
{
	static const char *const services[] = {
		"{service: modbus, access: read}", "{service: modbus, access: write}",
		"{service: tcp, port: 502}", "{service: ads}", /* without an inspector */
	};
	char *text;
	size_t len;
	FILE *out = open_memstream(&text, &len);
	u32 i, k;

	fputs("otseg: 1\nname: random\nzones:\n"
	      "  z0: {level: 3, interfaces: [it0], prefixes: [10.0.0.0/16]}\n"
	      "  z1: {level: 2, interfaces: [ot0], prefixes: [10.1.0.0/16]}\n"
	      "  z2: {level: 1, interfaces: [ot0], prefixes: [10.2.0.0/16]}\n"
	      "wires:\n  w: [it0, ot0]\nconduits:\n",
	      out);
	for (i = 0; i < CONDUITS; i++) {
		fprintf(out,
			"  c%u:\n    reason: x\n    from: z%u\n    to: z%u\n    state: %s\n"
			"    mode: %s\n    survives-island: %s\n    rules:\n",
			i, plans[i].from, plans[i].to, open[i] ? "enabled" : "disabled",
			plans[i].is_monitor ? "monitor" : "enforce",
			plans[i].survives ? "true" : "false");
		for (k = 0; k < 3; k++)
			fprintf(out, "      r%u: %s\n", k, services[plans[i].services[k]]);
	}
	fputs("intra:\n  z1: {reason: x, rules: {r: {service: tcp, port: 502}}}\n", out);
	fclose(out);
	return text;
}

static struct otseg_blob image_make(const struct plan plans[CONDUITS], const bool open[CONDUITS])
{
	char *text = text_make(plans, open);
	struct otseg_diag diag = {};
	struct otseg_blob image = {};
	struct otseg_policy *policy = otseg_policy_parse("test", text, strlen(text), &diag);

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

static struct otseg_img_conduit *conduits_of(void *image)
{
	return (struct otseg_img_conduit *)(uintptr_t)OTSEG_IMAGE_RECORDS(image, CONDUITS);
}

/* Takes away who said what: what is left is what the datapath heeds. */
static void strip(void *image)
{
	struct otseg_image *header = image;
	u32 i;

	header->flags &= ~OTSEG_IMG_ISLAND;
	memset(header->digest, 0, sizeof(header->digest));
	for (i = 0; i < header->sec[OTSEG_SEC_CONDUITS].count; i++)
		conduits_of(image)[i].flags &= OTSEG_CONDUIT_ENABLED | OTSEG_CONDUIT_MONITOR |
					       OTSEG_CONDUIT_INTRA;
}

static bool heeds_the_same(const struct otseg_blob *a, const struct otseg_blob *b)
{
	void *one = malloc(a->len), *other = malloc(b->len);
	bool same = false;

	if (a->len == b->len) {
		memcpy(one, a->data, a->len);
		memcpy(other, b->data, b->len);
		strip(one);
		strip(other);
		same = !memcmp(one, other, a->len);
	}
	free(one);
	free(other);
	return same;
}

/* Asks for any change of any conduit; @open follows what was accepted. */
static void change_one(void *image, bool open[CONDUITS], bool *island)
{
	enum otseg_conduit_change what = pick(6);
	struct otseg_image *header = image;
	u32 at = pick(CONDUITS);
	u32 flags = what < OTSEG_CONDUIT_CHANGE_ISLAND_ON ? conduits_of(image)[at].flags :
							    header->flags;

	if (otseg_state_refusal(flags, what))
		return;
	otseg_image_change(image, at, what);
	switch (what) {
	case OTSEG_CONDUIT_CHANGE_ENABLE:
	case OTSEG_CONDUIT_CHANGE_GRANT:
		open[at] = true;
		break;
	case OTSEG_CONDUIT_CHANGE_DISABLE:
	case OTSEG_CONDUIT_CHANGE_REVOKE:
		open[at] = false;
		break;
	default:
		*island = what == OTSEG_CONDUIT_CHANGE_ISLAND_ON;
	}
}

static bool check_state(const struct otseg_blob *image, const struct plan plans[CONDUITS],
			const bool open[CONDUITS], bool island)
{
	bool in_force[CONDUITS];
	struct otseg_blob wanted;
	char why[256];
	bool good;
	u32 i;

	for (i = 0; i < CONDUITS; i++)
		in_force[i] = open[i] && (!island || plans[i].survives);
	wanted = image_make(plans, in_force);
	good = CHECK(!otseg_image_check_active(image->data, image->len, why, sizeof(why)), "%s",
		     why) &&
	       CHECK(heeds_the_same(image, &wanted));
	image_walk_all(image->data);
	otseg_blob_free(&wanted);
	return good;
}

static void test_changes(void)
{
	struct plan plans[CONDUITS];
	struct otseg_blob plain, image;
	bool open[CONDUITS], island;
	u32 round, i, k;

	for (round = 0; round < ROUNDS; round++) {
		random_state = round;
		plan_make(plans);
		for (i = 0; i < CONDUITS; i++)
			open[i] = plans[i].open;
		island = false;
		plain = image_make(plans, open);
		image = image_make(plans, open);
		for (i = 0; i < 4; i++) {
			for (k = 0; k < 5; k++)
				change_one(image.data, open, &island);
			if (!check_state(&image, plans, open, island))
				goto out;
		}
		otseg_image_plain(image.data);
		if (!CHECK(image.len == plain.len && !memcmp(image.data, plain.data, plain.len)))
			goto out;
		otseg_blob_free(&plain);
		otseg_blob_free(&image);
	}
	return;

out:
	printf("# round %u\n", round);
	otseg_blob_free(&plain);
	otseg_blob_free(&image);
}

/* Nothing but a plain image is a policy. */
static void test_plain(void)
{
	struct plan plans[CONDUITS];
	struct otseg_blob image;
	bool open[CONDUITS] = {};
	char why[256];

	random_state = 7;
	plan_make(plans);
	image = image_make(plans, open);
	CHECK(otseg_state_is_plain(image.data));
	otseg_image_change(image.data, 3, OTSEG_CONDUIT_CHANGE_ENABLE);
	CHECK(!otseg_state_is_plain(image.data));
	CHECK(otseg_image_check(image.data, image.len, why, sizeof(why)) == -22);
	CHECK(strstr(why, "it bears the state that conduits had"), "%s", why);
	CHECK(!otseg_image_check_active(image.data, image.len, why, sizeof(why)));
	/* What is in force and does not follow from anything is refused. */
	conduits_of(image.data)[4].flags |= OTSEG_CONDUIT_ENABLED;
	CHECK(otseg_image_check_active(image.data, image.len, why, sizeof(why)) == -22);
	CHECK(strstr(why, "CONDUITS[4]: wrong flags"), "%s", why);
	otseg_blob_free(&image);
}

/* What another policy takes over: what closes. */
static void test_inherit(void)
{
	bool open[CONDUITS] = { true, true }, other[CONDUITS] = { true, false, true };
	struct otseg_blob before, after;
	struct plan plans[CONDUITS];
	char why[256];

	random_state = 11;
	plan_make(plans);
	plans[0].survives = true;
	before = image_make(plans, open);
	after = image_make(plans, other);
	otseg_image_change(before.data, 0, OTSEG_CONDUIT_CHANGE_DISABLE);
	otseg_image_change(before.data, 1, OTSEG_CONDUIT_CHANGE_DISABLE);
	otseg_image_change(before.data, 5, OTSEG_CONDUIT_CHANGE_ENABLE);
	otseg_image_change(before.data, 0, OTSEG_CONDUIT_CHANGE_ISLAND_ON);
	otseg_image_inherit(after.data, before.data);
	CHECK(!otseg_image_check_active(after.data, after.len, why, sizeof(why)), "%s", why);
	CHECK(((struct otseg_image *)after.data)->flags & OTSEG_IMG_ISLAND);
	otseg_image_change(after.data, 0, OTSEG_CONDUIT_CHANGE_ISLAND_OFF);
	CHECK(!(conduits_of(after.data)[0].flags & OTSEG_CONDUIT_ENABLED));
	CHECK(!(conduits_of(after.data)[1].flags & OTSEG_CONDUIT_ENABLED));
	CHECK(conduits_of(after.data)[2].flags & OTSEG_CONDUIT_ENABLED);
	CHECK(!(conduits_of(after.data)[5].flags & OTSEG_CONDUIT_ENABLED));
	otseg_blob_free(&before);
	otseg_blob_free(&after);
}

static void test_refusals(void)
{
	const u32 standing = OTSEG_CONDUIT_STANDING, closed = standing | OTSEG_CONDUIT_CLOSED;
	const u32 granted = OTSEG_CONDUIT_GRANTED, opened = OTSEG_CONDUIT_OPENED;
	const struct {
		u32 flags;
		enum otseg_conduit_change change;
		const char *why;
	} asked[] = {
		{ 0, OTSEG_CONDUIT_CHANGE_ENABLE, NULL },
		{ closed, OTSEG_CONDUIT_CHANGE_ENABLE, NULL },
		{ standing, OTSEG_CONDUIT_CHANGE_ENABLE, "is enabled already" },
		{ opened, OTSEG_CONDUIT_CHANGE_ENABLE, "is enabled already" },
		{ granted, OTSEG_CONDUIT_CHANGE_ENABLE,
		  "is granted for a time: revoke that first" },
		{ standing, OTSEG_CONDUIT_CHANGE_DISABLE, NULL },
		{ opened, OTSEG_CONDUIT_CHANGE_DISABLE, NULL },
		{ 0, OTSEG_CONDUIT_CHANGE_DISABLE, "is disabled already" },
		{ closed, OTSEG_CONDUIT_CHANGE_DISABLE, "is disabled already" },
		{ granted, OTSEG_CONDUIT_CHANGE_DISABLE,
		  "is granted for a time: revoke ends that" },
		{ 0, OTSEG_CONDUIT_CHANGE_GRANT, NULL },
		{ closed, OTSEG_CONDUIT_CHANGE_GRANT, NULL },
		{ granted | closed, OTSEG_CONDUIT_CHANGE_GRANT, "is granted already" },
		{ standing, OTSEG_CONDUIT_CHANGE_GRANT, "is enabled: there is nothing to grant" },
		{ opened, OTSEG_CONDUIT_CHANGE_GRANT, "is enabled: there is nothing to grant" },
		{ granted, OTSEG_CONDUIT_CHANGE_REVOKE, NULL },
		{ opened, OTSEG_CONDUIT_CHANGE_REVOKE, "is not granted" },
		{ 0, OTSEG_CONDUIT_CHANGE_ISLAND_ON, NULL },
		{ 0, OTSEG_CONDUIT_CHANGE_ISLAND_OFF, "is off already" },
		{ OTSEG_IMG_ISLAND, OTSEG_CONDUIT_CHANGE_ISLAND_ON, "is on already" },
		{ OTSEG_IMG_ISLAND, OTSEG_CONDUIT_CHANGE_ISLAND_OFF, NULL },
	};
	size_t i;

	for (i = 0; i < sizeof(asked) / sizeof(asked[0]); i++) {
		const char *why = otseg_state_refusal(asked[i].flags, asked[i].change);

		CHECK(!why == !asked[i].why && (!why || !strcmp(why, asked[i].why)),
		      "flags 0x%x, change %u: %s", asked[i].flags, asked[i].change,
		      why ? why : "none");
	}
}

int main(void)
{
	static const struct ktap_case cases[] = {
		{ "a state makes what a policy would that says so", test_changes },
		{ "an image that bears a state is no policy", test_plain },
		{ "another policy takes over what closes", test_inherit },
		{ "refusals", test_refusals },
	};

	return ktap_run(cases, sizeof(cases) / sizeof(cases[0]));
}
