// SPDX-License-Identifier: GPL-2.0-only
/*
 * Two BPF maps as owner of the policy. The outer map holds one region; a commit
 * replaces it in one step, and the kernel waits for the frames that still read
 * the old one. Counters of a generation are in its own slot; what earlier ones
 * counted is in the carry map, under the generation that it belongs to. That map is as
 * large as the policy needs; a larger one takes its place with all that is in it.
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
#include "need.h"

/*
 * Value of the carry map, at entry generation & 1: a block in @room. What an older tool has
 * written has zero there: a whole block.
 */
struct carry {
	u32 generation;
	struct otseg_class room; /* for conduits and rules; the same in both entries */
	u64 block[];
};

/*
 * @region is the active region, mapped when first asked for, NULL without one;
 * @staged the next one, in the map @staged_fd. @previous owned the policy before,
 * where this set is to take over from another one; if it has, @copied is what that one had
 * counted by then, with which the counters here have begun.
 */
struct store_map {
	struct otseg_backend base;
	const struct otseg_pins *pins;
	struct otseg_backend *previous;
	const void *state; /* to begin with, where nothing is in force */
	u64 *copied;
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

/* Adds @one, a block in @room, to the whole block @block. */
static void block_add(const struct otseg_class *room, const u64 *one, u64 *block)
{
	u32 n_rules = otseg_room_rules(room) * OTSEG_CTR_RULE_LEN;
	u32 rules = otseg_room_block(room) / 8 - n_rules;
	u32 i;

	for (i = 0; i < rules; i++)
		block[i] += one[i];
	for (i = 0; i < n_rules; i++)
		block[OTSEG_CTR_RULE + i] += one[rules + i];
}

/* The other way round: @one takes what the whole block @block has in @room. */
static void block_pack(const struct otseg_class *room, const u64 *block, u64 *one)
{
	u32 n_rules = otseg_room_rules(room) * OTSEG_CTR_RULE_LEN;
	u32 rules = otseg_room_block(room) / 8 - n_rules;

	memcpy(one, block, rules * sizeof(u64));
	memcpy(one + rules, block + OTSEG_CTR_RULE, n_rules * sizeof(u64));
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
		block_add(&store->room, one, block);
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

/* Has the counters of @slot begin with the whole block @block. */
static int slot_begin(struct store_map *store, u32 slot, const u64 *block)
{
	u32 key = slot * (u32)libbpf_num_possible_cpus();
	u64 *one = malloc(otseg_room_block(&store->room));
	int err = one ? slot_clear(store, slot) : -ENOMEM;

	if (!err) {
		block_pack(&store->room, block, one);
		err = bpf_map_update_elem(store->counters, &key, one, BPF_ANY) ? -errno : 0;
	}
	free(one);
	return err;
}

static size_t carry_size(const struct otseg_class *room)
{
	return sizeof(struct carry) + otseg_room_block(room);
}

/* The map that is pinned; -ENOENT without one. */
static int carry_open(const struct store_map *store)
{
	char path[OTSEG_PIN_PATH];
	int fd, err;

	err = otseg_pins_path(store->pins, path, OTSEG_PIN_CARRY);
	if (err)
		return err;
	fd = bpf_obj_get(path);
	return fd < 0 ? -errno : fd;
}

/* Entry @key of the map @fd; free() it. */
static int carry_read(int fd, u32 key, struct carry **carry)
{
	struct bpf_map_info info = {};
	u32 len = sizeof(info);
	struct carry *entry;
	int err = 0;

	if (bpf_obj_get_info_by_fd(fd, &info, &len))
		return -errno;
	entry = malloc(info.value_size);
	if (!entry)
		return -ENOMEM;
	if (bpf_map_lookup_elem(fd, &key, entry))
		err = -errno;
	else if (info.value_size != carry_size(&entry->room))
		err = -EPROTO;
	if (err)
		free(entry);
	else
		*carry = entry;
	return err;
}

/* Writes the whole block @block for @generation into the map @fd, which has @room. */
static int carry_put(int fd, u32 key, const struct otseg_class *room, u32 generation,
		     const u64 *block)
{
	struct carry *carry = malloc(carry_size(room));
	int err = 0;

	if (!carry)
		return -ENOMEM;
	carry->generation = generation;
	carry->room = *room;
	block_pack(room, block, carry->block);
	if (bpf_map_update_elem(fd, &key, carry, BPF_ANY))
		err = -errno;
	free(carry);
	return err;
}

/* Has the map @to, with room @room, hold what entry @key of @from does; @from -1: nothing. */
static int carry_copy(int from, int to, u32 key, const struct otseg_class *room)
{
	u64 *block = calloc(1, OTSEG_CTR_SIZE);
	struct carry *carry = NULL;
	int err = block ? 0 : -ENOMEM;

	if (!err && from >= 0)
		err = carry_read(from, key, &carry);
	if (carry)
		block_add(&carry->room, carry->block, block);
	if (!err)
		err = carry_put(to, key, room, carry ? carry->generation : 0, block);
	free(carry);
	free(block);
	return err;
}

/* Pins @fd in the place of the map that is pinned, in one step. */
static int carry_pin(const struct store_map *store, int fd)
{
	char path[OTSEG_PIN_PATH], next[OTSEG_PIN_PATH];
	int err;

	err = otseg_pins_path(store->pins, path, OTSEG_PIN_CARRY);
	if (!err)
		err = otseg_pins_path(store->pins, next, OTSEG_PIN_CARRY_NEXT);
	if (err)
		return err;
	if (unlink(next) && errno != ENOENT)
		return -errno;
	if (bpf_obj_pin(fd, next))
		return -errno;
	if (rename(next, path)) {
		err = -errno;
		unlink(next);
	}
	return err;
}

/* A map with room @room and what is in the map @from, pinned in its place; -1: there is none. */
static int carry_make(const struct store_map *store, int from, const struct otseg_class *room)
{
	int fd, err;

	fd = bpf_map_create(BPF_MAP_TYPE_ARRAY, "otseg_carry", sizeof(u32), (u32)carry_size(room),
			    2, NULL);
	if (fd < 0)
		return -errno;
	err = carry_copy(from, fd, 0, room);
	if (!err)
		err = carry_copy(from, fd, 1, room);
	if (!err)
		err = carry_pin(store, fd);
	if (!err)
		return fd;
	close(fd);
	return err;
}

/* The map with as much room as is needed here at least; @room takes what it has. */
static int carry_provide(const struct store_map *store, struct otseg_class *room)
{
	int fd = carry_open(store), larger, err;
	struct carry *carry;

	*room = store->room;
	if (fd == -ENOENT)
		return carry_make(store, -1, room);
	if (fd < 0)
		return fd;
	err = carry_read(fd, 0, &carry);
	if (err) {
		close(fd);
		return err;
	}
	otseg_room_join(room, &carry->room);
	larger = carry_size(room) > carry_size(&carry->room) ? carry_make(store, fd, room) : fd;
	if (larger == fd)
		*room = carry->room;
	else
		close(fd);
	free(carry);
	return larger;
}

/* Adds to @block what earlier generations counted for @generation's things. */
static int carry_add(struct store_map *store, u32 generation, u64 *block)
{
	int fd = carry_open(store), err;
	struct carry *carry;

	if (fd < 0)
		return fd == -ENOENT ? 0 : fd;
	err = carry_read(fd, generation & 1, &carry);
	close(fd);
	if (err)
		return err;
	if (carry->generation == generation)
		block_add(&carry->room, carry->block, block);
	free(carry);
	return 0;
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

/* What @owner and those before it have counted, and since it was taken over from, what is here. */
static int past_add(struct store_map *store, struct otseg_backend *owner, u32 was, u64 *block)
{
	int err = owner->ops->counters(owner, was, block);
	size_t i;

	if (err || !store->copied)
		return err;
	for (i = 0; i < OTSEG_CTR_COUNT; i++)
		block[i] -= store->copied[i];
	return slot_add(store, was & 1, block);
}

/* Writes what @owner has counted so far as the past of the staged generation. */
static int carry_write(struct store_map *store, struct otseg_backend *owner, u32 was,
		       const struct otseg_blob *old_image)
{
	u32 generation = runtime_of(store->staged)->generation;
	u64 *past = calloc(1, OTSEG_CTR_SIZE);
	u64 *block = malloc(OTSEG_CTR_SIZE);
	int fd = -1, err = past && block ? 0 : -ENOMEM;
	struct otseg_class room;

	if (!err && was) {
		err = past_add(store, owner, was, block);
		if (!err)
			err = otseg_carry_move(old_image->data, block,
					       store->staged + OTSEG_REGION_IMAGE, past);
	}
	if (!err) {
		fd = carry_provide(store, &room);
		err = fd < 0 ? fd : carry_put(fd, generation & 1, &room, generation, past);
	}
	if (fd >= 0)
		close(fd);
	free(block);
	free(past);
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
 * Its programs then decide as those of the previous owner do, under the same generation, and
 * count on.
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
	store->copied = calloc(1, OTSEG_CTR_SIZE);
	if (!store->copied)
		err = -ENOMEM;
	else if (image.len > otseg_room_image(&store->room))
		err = -E2BIG;
	/* What is counted there from now until the switch is added with the next policy. */
	if (!err)
		err = slot_add(map_of(store->previous), generation & 1, store->copied);
	if (!err)
		err = slot_begin(store, generation & 1, store->copied);
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
	return err ? fail("take over", err) : 0;
}

/* No guard without the module: nothing stands behind the datapath here. */
static int map_bind(struct otseg_backend *backend, u32 ifindex, const char *role,
		    bool is_provisional)
{
	(void)backend;
	(void)ifindex;
	(void)role;
	(void)is_provisional;
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
	free(store->copied);
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
