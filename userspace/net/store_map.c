// SPDX-License-Identifier: GPL-2.0-only
/*
 * Two BPF maps as owner of the policy. The outer map holds one region; a commit
 * replaces it in one step, and the kernel waits for the frames that still read
 * the old one. Counters of a generation are in its own slot; what earlier ones
 * counted is in the carry map, under the generation that it belongs to.
 *
 * There is no verifier in the kernel here, so an image is checked before it is
 * written. Whoever commits holds the folder's lock.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../command.h"
#include "backend.h"
#include "carry.h"

/* Value of the carry map, at entry generation & 1. */
struct carry {
	u64 generation;
	u64 block[OTSEG_CTR_COUNT];
};

/*
 * @region is the active region, mapped when first asked for, NULL without one;
 * @staged the next one, in the map @staged_fd. @previous owned the policy before,
 * where this set is to take over from another one; if @has_taken_over, what it has
 * counted since is in the counters here.
 */
struct store_map {
	struct otseg_backend base;
	const struct otseg_pins *pins;
	struct otseg_backend *previous;
	const void *state; /* to begin with, where nothing is in force */
	bool has_taken_over;
	struct otseg_class room;
	int policy;
	int counters;
	u8 *region;
	u8 *staged;
	int staged_fd;
};

static struct store_map *map_of(struct otseg_backend *backend)
{
	return (struct store_map *)backend;
}

static struct otseg_runtime *runtime_of(u8 *region)
{
	return (struct otseg_runtime *)region;
}

static int fail(const char *what, int err)
{
	otseg_error_print("map-backed policy: %s: %s", what, strerror(-err));
	return err;
}

static void region_unmap(const struct store_map *store, u8 *region)
{
	if (region)
		munmap(region, otseg_room_region(&store->room));
}

/* Maps the active region; a policy that becomes active later does not change it. */
static int region_load(struct store_map *store)
{
	u32 zero = 0, inner_id;
	u8 *region;
	int fd, err;

	if (store->region)
		return 0;
	if (bpf_map_lookup_elem(store->policy, &zero, &inner_id))
		return errno == ENOENT ? 0 : fail("read", -errno);
	fd = bpf_map_get_fd_by_id(inner_id);
	if (fd < 0)
		return fail("read", -errno);
	region = mmap(NULL, otseg_room_region(&store->room), PROT_READ, MAP_SHARED, fd, 0);
	err = region == MAP_FAILED ? -errno : 0;
	close(fd);
	if (err)
		return fail("read", err);
	if (runtime_of(region)->magic != OTSEG_RUNTIME_MAGIC ||
	    runtime_of(region)->image_size > otseg_room_image(&store->room)) {
		region_unmap(store, region);
		return fail("read", -EPROTO);
	}
	store->region = region;
	return 0;
}

static int map_active(struct otseg_backend *backend, u32 *generation)
{
	struct store_map *store = map_of(backend);
	int err = region_load(store);

	if (err)
		return err;
	*generation = store->region ? runtime_of(store->region)->generation : 0;
	return 0;
}

static int map_read(struct otseg_backend *backend, struct otseg_blob *image, u32 *generation)
{
	struct store_map *store = map_of(backend);
	int err = map_active(backend, generation);

	if (err)
		return err;
	if (!*generation)
		return -ENOENT;
	image->len = runtime_of(store->region)->image_size;
	image->data = malloc(image->len);
	if (!image->data)
		return fail("read", -ENOMEM);
	memcpy(image->data, store->region + OTSEG_REGION_IMAGE, image->len);
	return 0;
}

/* Adds @one, a block in the room that there is here, to the whole block @block. */
static void block_add(const struct store_map *store, const u64 *one, u64 *block)
{
	u32 n_rules = otseg_room_rules(&store->room) * OTSEG_CTR_RULE_LEN;
	u32 rules = otseg_room_block(&store->room) / 8 - n_rules;
	u32 i;

	for (i = 0; i < rules; i++)
		block[i] += one[i];
	for (i = 0; i < n_rules; i++)
		block[OTSEG_CTR_RULE + i] += one[rules + i];
}

/* Adds what the processors have counted in @slot to @block. */
static int slot_add(const struct store_map *store, u32 slot, u64 *block)
{
	int n_cpus = libbpf_num_possible_cpus();
	u64 *one = malloc(otseg_room_block(&store->room));
	int cpu, err = 0;
	u32 key;

	if (!one)
		return -ENOMEM;
	for (cpu = 0; cpu < n_cpus; cpu++) {
		key = slot * (u32)n_cpus + (u32)cpu;
		if (bpf_map_lookup_elem(store->counters, &key, one)) {
			err = -errno;
			break;
		}
		block_add(store, one, block);
	}
	free(one);
	return err;
}

static int slot_clear(struct store_map *store, u32 slot)
{
	int n_cpus = libbpf_num_possible_cpus();
	u64 *zeroes = calloc(1, otseg_room_block(&store->room));
	int cpu, err = 0;
	u32 key;

	if (!zeroes)
		return -ENOMEM;
	for (cpu = 0; !err && cpu < n_cpus; cpu++) {
		key = slot * (u32)n_cpus + (u32)cpu;
		if (bpf_map_update_elem(store->counters, &key, zeroes, BPF_ANY))
			err = -errno;
	}
	free(zeroes);
	return err;
}

static int carry_open(struct store_map *store, bool create)
{
	char path[OTSEG_PIN_PATH];
	int fd, err;

	err = otseg_pins_path(store->pins, path, "carry");
	if (err)
		return err;
	fd = bpf_obj_get(path);
	if (fd >= 0 || errno != ENOENT || !create)
		return fd < 0 ? -errno : fd;
	fd = bpf_map_create(BPF_MAP_TYPE_ARRAY, "otseg_carry", sizeof(u32), sizeof(struct carry), 2,
			    NULL);
	if (fd < 0)
		return -errno;
	if (bpf_obj_pin(fd, path)) {
		err = -errno;
		close(fd);
		return err;
	}
	return fd;
}

/* Adds to @block what earlier generations counted for @generation's things. */
static int carry_add(struct store_map *store, u32 generation, u64 *block)
{
	struct carry *carry;
	u32 key = generation & 1;
	int fd, err = 0;
	size_t i;

	fd = carry_open(store, false);
	if (fd < 0)
		return fd == -ENOENT ? 0 : fd;
	carry = malloc(sizeof(*carry));
	if (!carry)
		err = -ENOMEM;
	else if (bpf_map_lookup_elem(fd, &key, carry))
		err = -errno;
	for (i = 0; !err && carry->generation == generation && i < OTSEG_CTR_COUNT; i++)
		block[i] += carry->block[i];
	free(carry);
	close(fd);
	return err;
}

static int map_counters(struct otseg_backend *backend, u32 generation, u64 *block)
{
	struct store_map *store = map_of(backend);
	int err = region_load(store);

	if (err)
		return err;
	if (!store->region)
		return fail("counters", -ENOENT);
	memset(block, 0, OTSEG_CTR_SIZE);
	err = slot_add(store, runtime_of(store->region)->counter_slot & 1, block);
	if (!err)
		err = carry_add(store, generation, block);
	return err ? fail("counters", err) : 0;
}

/* Writes what @owner has counted so far as the past of the staged generation. */
static int carry_write(struct store_map *store, struct otseg_backend *owner, u32 was,
		       const struct otseg_blob *old_image)
{
	u32 generation = runtime_of(store->staged)->generation;
	struct carry *carry = calloc(1, sizeof(*carry));
	u64 *block = malloc(OTSEG_CTR_SIZE);
	u32 key = generation & 1;
	int fd = -1, err = -ENOMEM;

	if (!carry || !block)
		goto out;
	carry->generation = generation;
	if (was) {
		err = owner->ops->counters(owner, was, block);
		if (!err && store->has_taken_over)
			err = slot_add(store, was & 1, block);
		if (!err)
			err = otseg_carry_move(old_image->data, block,
					       store->staged + OTSEG_REGION_IMAGE, carry->block);
		if (err)
			goto out;
	}
	fd = carry_open(store, true);
	err = fd < 0 ? fd : 0;
	if (!err && bpf_map_update_elem(fd, &key, carry, BPF_ANY))
		err = -errno;
	if (fd >= 0)
		close(fd);
out:
	free(block);
	free(carry);
	return err;
}

/* Maps a new region; the datapath does not know of it yet. */
static int region_create(const struct store_map *store, int *fd, u8 **region)
{
	u8 *at;

	*fd = otseg_bpf_region(&store->room);
	if (*fd < 0)
		return *fd;
	at = mmap(NULL, otseg_room_region(&store->room), PROT_READ | PROT_WRITE, MAP_SHARED, *fd, 0);
	if (at == MAP_FAILED)
		return -errno;
	*region = at;
	return 0;
}

static void region_fill(u8 *region, const struct otseg_blob *image, u32 generation)
{
	struct otseg_runtime *runtime = runtime_of(region);

	memcpy(region + OTSEG_REGION_IMAGE, image->data, image->len);
	runtime->magic = OTSEG_RUNTIME_MAGIC;
	runtime->generation = generation;
	runtime->image_size = (u32)image->len;
	runtime->counter_slot = generation & 1;
	memcpy(runtime->digest, ((const struct otseg_image *)image->data)->digest,
	       sizeof(runtime->digest));
}

static int map_stage(struct otseg_backend *backend, const struct otseg_blob *image,
		     const struct otseg_blob *signature)
{
	struct store_map *store = map_of(backend);
	struct otseg_backend *owner = store->previous ? store->previous : backend;
	struct otseg_blob before = {};
	char why[256];
	u32 generation = 0;
	int err;

	if (signature) {
		otseg_error_print("signature: needs the module: in map-backed mode nothing in the "
				  "kernel verifies it; 'otseg policy verify' does, before");
		return -ECANCELED;
	}
	err = otseg_image_check(image->data, image->len, why, sizeof(why));
	if (err) {
		otseg_error_print("map-backed policy: %s", why);
		return err;
	}
	if (image->len > otseg_room_image(&store->room))
		return fail("stage", -E2BIG);
	err = owner->ops->read(owner, &before, &generation);
	if (err && err != -ENOENT)
		return err;
	err = region_create(store, &store->staged_fd, &store->staged);
	if (err) {
		fail("stage", err);
	} else {
		region_fill(store->staged, image, generation + 1 ? generation + 1 : 1);
		if (before.data || store->state)
			otseg_image_inherit(store->staged + OTSEG_REGION_IMAGE,
					    before.data ? before.data : store->state);
	}
	otseg_blob_free(&before);
	return err;
}

static int map_commit(struct otseg_backend *backend, u32 expect, u32 *generation)
{
	struct store_map *store = map_of(backend);
	struct otseg_backend *owner = store->previous ? store->previous : backend;
	struct otseg_blob old_image = {};
	u32 zero = 0, was;
	int err;

	if (!store->staged)
		return fail("commit", -EINVAL);
	err = owner->ops->read(owner, &old_image, &was);
	if (err == -ENOENT)
		was = 0;
	else if (err)
		return err;
	if (was != expect) {
		err = fail("commit: another policy has become active", -EBUSY);
		goto out;
	}
	err = slot_clear(store, runtime_of(store->staged)->counter_slot);
	if (!err)
		err = carry_write(store, owner, was, &old_image);
	if (!err && bpf_map_update_elem(store->policy, &zero, &store->staged_fd, BPF_ANY))
		err = -errno;
	if (err) {
		fail("commit", err);
		goto out;
	}
	*generation = runtime_of(store->staged)->generation;
	/* Again, for the frames since; a failure here loses them, not the policy. */
	if (carry_write(store, owner, was, &old_image))
		fail("counters", -EIO);
	region_unmap(store, store->region);
	store->region = store->staged;
	store->staged = NULL;
out:
	otseg_blob_free(&old_image);
	return err;
}

/* The same image with another state of its conduits, as the next generation. */
static int map_change(struct otseg_backend *backend, const struct otseg_change *change,
		      u32 *generation)
{
	struct store_map *store = map_of(backend);
	struct otseg_blob image = {};
	u32 was, at = 0;
	int err;

	err = map_read(backend, &image, &was);
	if (err)
		return err;
	if (change->name)
		at = otseg_state_find(image.data, change->name);
	otseg_image_change(image.data, at, change->change);
	err = region_create(store, &store->staged_fd, &store->staged);
	if (err) {
		fail("change", err);
	} else {
		region_fill(store->staged, &image, was + 1 ? was + 1 : 1);
		err = map_commit(backend, was, generation);
	}
	otseg_blob_free(&image);
	return err;
}

/**
 * otseg_backend_take_over - have the policy in force in the maps of this set, too
 * @backend: opened by otseg_backend_open_map() with a previous owner, which has a policy
 *
 * Its programs then decide as those of the previous owner do, under the same generation.
 *
 * Return: 0 or a negative errno, which has been told.
 */
int otseg_backend_take_over(struct otseg_backend *backend)
{
	struct store_map *store = map_of(backend);
	struct otseg_blob image = {};
	u32 generation, zero = 0;
	u8 *region = NULL;
	int fd = -1, err;

	err = store->previous->ops->read(store->previous, &image, &generation);
	if (err)
		return err;
	if (image.len > otseg_room_image(&store->room))
		err = -E2BIG;
	if (!err)
		err = slot_clear(store, generation & 1);
	if (!err)
		err = region_create(store, &fd, &region);
	if (!err) {
		region_fill(region, &image, generation);
		region_unmap(store, region);
		if (bpf_map_update_elem(store->policy, &zero, &fd, BPF_ANY))
			err = -errno;
	}
	if (fd >= 0)
		close(fd);
	otseg_blob_free(&image);
	if (err)
		return fail("take over", err);
	store->has_taken_over = true;
	return 0;
}

/* No guard without the module: nothing stands behind the datapath here. */
static int map_bind(struct otseg_backend *backend, u32 ifindex, const char *role)
{
	(void)backend;
	(void)ifindex;
	(void)role;
	return 0;
}

static int map_unbind(struct otseg_backend *backend, u32 ifindex)
{
	(void)backend;
	(void)ifindex;
	return 0;
}

static void map_close(struct otseg_backend *backend)
{
	struct store_map *store = map_of(backend);

	if (store->staged_fd >= 0)
		close(store->staged_fd);
	region_unmap(store, store->region);
	region_unmap(store, store->staged);
	free(store);
}

static const struct otseg_backend_ops map_ops = {
	.name = "map",
	.active = map_active,
	.read = map_read,
	.stage = map_stage,
	.commit = map_commit,
	.change = map_change,
	.counters = map_counters,
	.bind = map_bind,
	.unbind = map_unbind,
	.close = map_close,
};

/**
 * otseg_backend_open_map - open the maps of a set as owner of the policy
 * @pins: the folder; must outlive the backend
 * @bpf: the set; must outlive the backend
 * @room: what it has room for
 * @state: an image that bears the state that conduits begin with where no policy is in force,
 *	NULL: none; must outlive the backend
 * @previous: the owner that a commit takes over from, NULL: this one
 * @backend: takes it; otseg_backend_close() it
 *
 * Return: 0 or -ENOMEM, which has been told.
 */
int otseg_backend_open_map(const struct otseg_pins *pins, const struct otseg_bpf *bpf,
			   const struct otseg_class *room, const void *state,
			   struct otseg_backend *previous, struct otseg_backend **backend)
{
	struct store_map *store = calloc(1, sizeof(*store));

	if (!store)
		return fail("open", -ENOMEM);
	store->base.ops = &map_ops;
	store->pins = pins;
	store->previous = previous;
	store->state = state;
	store->room = *room;
	store->policy = bpf->policy;
	store->counters = bpf->counters;
	store->staged_fd = -1;
	*backend = &store->base;
	return 0;
}
