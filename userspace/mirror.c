// SPDX-License-Identifier: GPL-2.0-only
/*
 * Mirroring the links of wires. Of two ends, one that is missing, that somebody
 * has taken down, or that is up and has no carrier is a cause to take the other
 * one down; when the cause is gone, it is taken up again. Three rules:
 *
 * An end that was taken down from here is no cause, so the two never wait for
 * each other. An end that has just come up is none either until it has had a
 * carrier, or time enough to find one; else both would go down in turns. What is
 * taken down is marked so first, in the datapath's table of interfaces: who comes
 * after a process that has died knows which ends to take up again, and which an
 * administrator wants down.
 *
 * Everything follows from the state that is found, not from what has happened.
 */
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "active.h"
#include "mirror.h"
#include "net/link_watch.h"
#include "print.h"

#define LOOK_MS 1000 /* policies and attachments change without a message */
#define SETTLE_S 10
#define SETTLE_MAX_S 3600

/* What is remembered of an interface between two looks. */
struct memory {
	char role[OTSEG_DEVICE_NAME];
	u32 ifindex;
	bool was_up;
	bool had_carrier; /* since it came up */
	u64 up_ms;
};

/* One end of a wire at one look; @at is NULL if it is missing. */
struct end {
	const char *role;
	const struct otseg_attachment *at;
	const struct memory *memory;
};

/**
 * struct mirror - a run of the command
 * @cli: the command line, for the output
 * @settle_ms: how long an end may take to find its link
 * @active: what is in force, as long as @is_open
 * @is_open: there is an @active
 * @memories: of interfaces, by name
 * @n_memories: their number
 * @next_ms: when there is something to do even if nothing happens
 */
struct mirror {
	const struct otseg_cli *cli;
	u64 settle_ms;
	struct otseg_active active;
	bool is_open;
	struct memory *memories;
	size_t n_memories;
	u64 next_ms;
};

static u64 now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (u64)now.tv_sec * 1000 + (u64)now.tv_nsec / 1000000;
}

static bool is_held(const struct otseg_attachment *at)
{
	return at->link_flags & OTSEG_LINK_HELD;
}

static struct memory *memory_get(struct mirror *mirror, const char *role)
{
	struct memory *grown;
	size_t i;

	for (i = 0; i < mirror->n_memories; i++) {
		if (!strcmp(mirror->memories[i].role, role))
			return &mirror->memories[i];
	}
	grown = reallocarray(mirror->memories, mirror->n_memories + 1, sizeof(*grown));
	if (!grown)
		return NULL;
	mirror->memories = grown;
	memset(&grown[i], 0, sizeof(grown[i]));
	snprintf(grown[i].role, sizeof(grown[i].role), "%s", role);
	mirror->n_memories++;
	return &grown[i];
}

/* When has it come up, and has it had a carrier since? */
static int device_note(struct mirror *mirror, const struct otseg_attachment *at, u64 now)
{
	struct memory *memory = memory_get(mirror, at->role);

	if (!memory)
		return -ENOMEM;
	if (memory->ifindex != at->device.ifindex)
		memory->was_up = false;
	memory->ifindex = at->device.ifindex;
	if (at->device.is_up && !memory->was_up) {
		memory->up_ms = now;
		memory->had_carrier = false;
	}
	memory->was_up = at->device.is_up;
	memory->had_carrier = memory->had_carrier || at->device.has_carrier;
	return 0;
}

static struct end end_find(const struct mirror *mirror, const struct otseg_attachment *list,
			   size_t n_list, const char *role)
{
	struct end end = { .role = role, .at = otseg_attach_find(list, n_list, role) };
	size_t i;

	for (i = 0; i < mirror->n_memories; i++) {
		if (!strcmp(mirror->memories[i].role, role))
			end.memory = &mirror->memories[i];
	}
	return end;
}

/* Why the other end is to be down, NULL: it is not. */
static const char *cause_of(struct mirror *mirror, const struct end *end, u64 now)
{
	u64 settled_ms;

	if (!end->at || !end->memory)
		return "is missing";
	if (is_held(end->at))
		return NULL;
	if (!end->at->device.is_up)
		return "is down";
	if (end->at->device.has_carrier)
		return NULL;
	settled_ms = end->memory->up_ms + mirror->settle_ms;
	if (end->memory->had_carrier || now >= settled_ms)
		return "has no carrier";
	if (settled_ms < mirror->next_ms)
		mirror->next_ms = settled_ms;
	return NULL;
}

static void change_print(const struct mirror *mirror, const struct otseg_attachment *at,
			 const char *wire, const char *other, const char *cause)
{
	json_t *document;

	if (!mirror->cli->json) {
		if (cause)
			printf("wire %s: %s taken down: %s %s\n", wire, at->role, other, cause);
		else
			printf("wire %s: %s taken up again\n", wire, at->role);
	} else {
		document = json_pack("{s:s, s:s, s:b, s:s*, s:s*}", "wire", wire, "name", at->role,
				     "up", !cause, "other", cause ? other : NULL, "cause", cause);
		otseg_print_json(mirror->cli, document);
		json_decref(document);
	}
	fflush(stdout);
}

/*
 * Takes an interface down, or up again. The mark comes first and goes last: whoever
 * dies in between leaves one that is marked and up, which the next look mends. What
 * is taken up is marked already; that it still can be says that it is still governed,
 * and what was detached since the look is nobody's to change.
 */
static int device_hold(const struct mirror *mirror, const struct otseg_attachment *at, bool hold)
{
	struct otseg_pins lock;
	int err;

	err = otseg_pins_open(&lock);
	if (!err)
		err = otseg_pins_lock(&lock);
	if (!err && lock.state.set != mirror->active.pins.state.set)
		err = -EAGAIN;
	if (!err)
		err = otseg_attach_hold(&mirror->active.bpf, at, true);
	if (!err) {
		err = otseg_device_set_up(&at->device, !hold);
		if (err)
			otseg_error_print("%s: cannot be taken %s: %s", at->device.name,
					  hold ? "down" : "up", strerror(-err));
	}
	if (!err && !hold)
		err = otseg_attach_hold(&mirror->active.bpf, at, false);
	otseg_pins_close(&lock);
	return err;
}

/* Has an end follow the other one; *changed: it did, so look again. */
static int end_follow(struct mirror *mirror, const char *wire, const struct end *end,
		      const struct end *other, u64 now, bool *changed)
{
	const char *cause = cause_of(mirror, other, now);
	int err;

	if (!end->at || (cause ? !end->at->device.is_up : !is_held(end->at)))
		return 0;
	err = device_hold(mirror, end->at, cause);
	if (err)
		return err;
	*changed = true;
	change_print(mirror, end->at, wire, other->role, cause);
	return 0;
}

static bool is_mirrored(const void *image, const char *role)
{
	const struct otseg_img_link *links = OTSEG_IMAGE_RECORDS(image, LINKS);
	const struct otseg_img_wire *wire;
	u32 i;

	for (i = 0; i < 2 * OTSEG_IMAGE_COUNT(image, WIRES); i++) {
		wire = &OTSEG_IMAGE_RECORDS(image, WIRES)[i / 2];
		if (wire->flags & OTSEG_WIRE_MIRROR &&
		    !strcmp((const char *)links[wire->ends[i % 2]].name, role))
			return true;
	}
	return false;
}

/* Whoever waits for an end that the policy mirrors no longer waits in vain. */
static int strays_release(struct mirror *mirror, const struct otseg_attachment *list, size_t n_list)
{
	size_t i;
	int err;

	for (i = 0; i < n_list; i++) {
		if (!list[i].device.name[0] || !is_held(&list[i]) ||
		    is_mirrored(mirror->active.image.data, list[i].role))
			continue;
		err = device_hold(mirror, &list[i], false);
		if (err)
			return err;
		change_print(mirror, &list[i], "-", NULL, NULL);
	}
	return 0;
}

static int wires_follow(struct mirror *mirror, const struct otseg_attachment *list, size_t n_list,
			bool *changed)
{
	const void *image = mirror->active.image.data;
	const struct otseg_img_link *links = OTSEG_IMAGE_RECORDS(image, LINKS);
	u64 now = now_ms();
	size_t i;
	int err;

	for (i = 0; i < n_list; i++) {
		err = list[i].device.name[0] ? device_note(mirror, &list[i], now) : 0;
		if (err)
			return err;
	}
	for (i = 0; i < 2 * OTSEG_IMAGE_COUNT(image, WIRES) && !*changed; i++) {
		const struct otseg_img_wire *wire = &OTSEG_IMAGE_RECORDS(image, WIRES)[i / 2];
		struct end end, other;

		if (!(wire->flags & OTSEG_WIRE_MIRROR))
			continue;
		end = end_find(mirror, list, n_list, (const char *)links[wire->ends[i % 2]].name);
		other = end_find(mirror, list, n_list, (const char *)links[wire->ends[!(i % 2)]].name);
		err = end_follow(mirror, otseg_image_string(image, wire->name), &end, &other, now,
				 changed);
		if (err)
			return err;
	}
	return strays_release(mirror, list, n_list);
}

static int look_once(struct mirror *mirror, bool *changed)
{
	struct otseg_attachment *list = NULL;
	size_t n_list = 0;
	int err;

	if (!mirror->is_open || !otseg_active_is_current(&mirror->active)) {
		if (mirror->is_open)
			otseg_active_close(&mirror->active);
		mirror->is_open = true;
		err = otseg_active_open(&mirror->active, false);
		if (err)
			return err;
	}
	if (!mirror->active.has_bpf || !mirror->active.generation)
		return 0;
	err = otseg_attach_list(&mirror->active.pins, &mirror->active.bpf, &list, &n_list);
	if (!err)
		err = wires_follow(mirror, list, n_list, changed);
	free(list);
	return err;
}

/* One change at a time, each from a fresh look. */
static int look(void *data, int *wait_ms)
{
	struct mirror *mirror = data;
	bool changed;
	u64 now;
	int err;

	mirror->next_ms = now_ms() + LOOK_MS;
	do {
		changed = false;
		err = look_once(mirror, &changed);
	} while (!err && changed && !otseg_link_watch_is_over());
	now = now_ms();
	*wait_ms = mirror->next_ms > now ? (int)(mirror->next_ms - now) : 0;
	return err;
}

/* Two at a time would disagree about how long ends have been up. The name dies with us. */
static int be_the_only_one(void)
{
	static const char name[] = "otseg-mirror";
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	memcpy(address.sun_path + 1, name, strlen(name));
	if (fd < 0 || bind(fd, (struct sockaddr *)&address,
			   (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + strlen(name))))
		return errno == EADDRINUSE ? -EBUSY : -errno;
	return 0;
}

static int settle_parse(const char *text, u64 *ms)
{
	unsigned long seconds = SETTLE_S;
	char *end;

	if (text) {
		seconds = strtoul(text, &end, 10);
		if (!*text || *end || *text == '-' || seconds > SETTLE_MAX_S)
			return -EINVAL;
	}
	*ms = seconds * 1000;
	return 0;
}

/**
 * otseg_mirror_run - mirror links until a signal comes
 * @cli: the command line, for the output
 * @settle: seconds that an end may take to find its link, NULL: the default
 *
 * Ends that are down then stay down, for the next run to take up again.
 *
 * Return: enum otseg_exit.
 */
int otseg_mirror_run(const struct otseg_cli *cli, const char *settle)
{
	struct mirror mirror = { .cli = cli };
	int err;

	if (settle_parse(settle, &mirror.settle_ms)) {
		otseg_error_print("'settle %s': a number of seconds up to %d\n"
				  "Try 'otseg interface mirror help'.",
				  settle, SETTLE_MAX_S);
		return OTSEG_EXIT_USAGE;
	}
	err = be_the_only_one();
	if (err) {
		otseg_error_print("mirror: %s",
				  err == -EBUSY ? "another one is at work" : strerror(-err));
		return err == -EBUSY ? OTSEG_EXIT_REFUSED : OTSEG_EXIT_SYSTEM;
	}
	err = otseg_link_watch(look, &mirror);
	if (mirror.is_open)
		otseg_active_close(&mirror.active);
	free(mirror.memories);
	return err ? OTSEG_EXIT_SYSTEM : OTSEG_EXIT_OK;
}
